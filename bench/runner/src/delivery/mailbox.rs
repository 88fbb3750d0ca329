//! A mail server that takes every letter and remembers only when it came.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) struct Mailbox {
    pub(crate) address: SocketAddr,
    letters: Receiver<Instant>,
}

impl Mailbox {
    /// Serves until the bench ends.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port on loopback");
        let address = listener.local_addr().expect("the address of a bound port");
        let (came, letters) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, came) = (stream.expect("a connection"), came.clone());
                // A program that ends closes in the middle of a connection: that is how its life goes.
                thread::spawn(move || converse(&stream, &came).unwrap_or_default());
            }
        });
        Self { address, letters }
    }

    /// When the next letter came.
    pub(crate) fn letter(&self, within: Duration) -> Instant {
        self.letters.recv_timeout(within).expect("a letter")
    }
}

/// RFC 5321, as far as a client that sends good letters can tell.
fn converse(mut stream: &TcpStream, came: &Sender<Instant>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream).lines();
    stream.write_all(b"220 bench ESMTP\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        let reply = match line.split(' ').next().unwrap_or_default() {
            "EHLO" => "250-bench\r\n250 8BITMIME\r\n",
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                while lines.next().transpose()?.is_some_and(|line| line != ".") {}
                // Whoever looked only later has nobody to tell.
                let _ = came.send(Instant::now());
                "250 taken\r\n"
            }
            "QUIT" => return stream.write_all(b"221 bye\r\n"),
            _ => "250 ok\r\n",
        };
        stream.write_all(reply.as_bytes())?;
    }
    Ok(())
}

//! Ports that nobody else takes.

use crate::random;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Below the ports that the kernel gives to outgoing connections (32768 and up), so that none of those can take one
/// between our choice and the program's bind.
const RANGE: std::ops::Range<u16> = 20_000..32_000;

/// A port on loopback, reserved among all test processes of this machine for as long as this value lives.
#[derive(Debug)]
pub struct Port {
    number: u16,
    /// Locked: whoever else wants this port finds the lock taken, also across processes, and a crash releases it.
    _reservation: File,
}

impl Port {
    /// Reserves a port that nothing listens on.
    pub fn reserve() -> Self {
        let folder = std::env::temp_dir().join("vestibule-test-ports");
        fs::create_dir_all(&folder).expect("a writable folder for temporary files");
        let size = usize::from(RANGE.end - RANGE.start);
        let start = random::bits() as usize % size;
        RANGE
            .cycle()
            .skip(start)
            .take(size)
            .find_map(|number| {
                let file = File::create(folder.join(number.to_string())).ok()?;
                file.try_lock().ok()?;
                TcpListener::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
                Some(Self {
                    number,
                    _reservation: file,
                })
            })
            .expect("a free port between 20000 and 32000")
    }

    /// The number.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The address on loopback.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.number).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_reservations_are_the_same() {
        let ports: Vec<_> = (0..200).map(|_| Port::reserve()).collect();
        let numbers: BTreeSet<_> = ports.iter().map(Port::number).collect();
        assert_eq!(numbers.len(), 200);
    }
}

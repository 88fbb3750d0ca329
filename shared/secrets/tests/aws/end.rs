//! An end of AWS that answers every request in the same way, and keeps what it was asked.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

pub(crate) struct AwsEnd {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Asked>>>,
    hangs: Arc<AtomicBool>,
}

impl AwsEnd {
    pub(crate) fn answering(status: &'static str, body: &'static str) -> AwsEnd {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<Asked>>>::default();
        let hangs = Arc::<AtomicBool>::default();
        let (kept, hanging) = (Arc::clone(&requests), Arc::clone(&hangs));
        thread::spawn(move || {
            let mut unanswered = Vec::new();
            for stream in listener.incoming().flatten() {
                kept.lock().unwrap().push(Asked::read(&stream));
                if hanging.load(Ordering::SeqCst) {
                    unanswered.push(stream);
                    continue;
                }
                let length = body.len();
                let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
                let _ = (&stream).write_all(format!("{head}{body}").as_bytes());
            }
        });
        AwsEnd {
            address,
            requests,
            hangs,
        }
    }

    /// From now on it takes requests and answers none.
    pub(crate) fn hangs(&self) {
        self.hangs.store(true, Ordering::SeqCst);
    }

    pub(crate) fn env(&self) -> [(&'static str, String); 4] {
        [
            ("AWS_ENDPOINT_URL", format!("http://{}", self.address)),
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ]
    }

    pub(crate) fn requests(&self) -> Vec<Asked> {
        self.requests.lock().unwrap().clone()
    }
}

/// A request as it came.
#[derive(Clone)]
pub(crate) struct Asked {
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Asked {
    fn read(stream: &TcpStream) -> Asked {
        let mut reader = BufReader::new(stream);
        let lines = (&mut reader).lines().map_while(Result::ok).skip(1);
        let lines = lines.take_while(|line| !line.is_empty());
        let headers = lines.filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_lowercase(), value.trim().to_owned()))
        });
        let mut asked = Asked {
            headers: headers.collect(),
            body: String::new(),
        };
        let length = asked.header("content-length").map_or(0, |text| text.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        asked.body = String::from_utf8(body).unwrap();
        asked
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn signed_headers(&self) -> Vec<&str> {
        self.of_authorization("SignedHeaders").split(';').collect()
    }

    pub(crate) fn signature(&self) -> &str {
        self.of_authorization("Signature")
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.
    pub(crate) fn wanted_signature(&self, secret: &str, day: &str, region: &str, service: &str) -> String {
        let signed = self.signed_headers();
        let lines = signed
            .iter()
            .map(|name| format!("{name}:{}\n", self.header(name).unwrap()));
        let canonical = format!(
            "POST\n/\n\n{}\n{}\n{}",
            lines.collect::<String>(),
            signed.join(";"),
            hex::encode(Sha256::digest(&self.body))
        );
        let time = self.header("x-amz-date").unwrap();
        let scope = format!("{day}/{region}/{service}/aws4_request");
        let text = format!(
            "AWS4-HMAC-SHA256\n{time}\n{scope}\n{}",
            hex::encode(Sha256::digest(canonical))
        );
        let key = [day, region, service, "aws4_request"].into_iter();
        let key = key.fold(format!("AWS4{secret}").into_bytes(), |key, text| mac(&key, text));
        hex::encode(mac(&key, &text))
    }

    fn of_authorization(&self, field: &str) -> &str {
        let proof = self.header("authorization").unwrap();
        let start = proof.find(&format!("{field}=")).unwrap() + field.len() + 1;
        proof[start..].split(',').next().unwrap()
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

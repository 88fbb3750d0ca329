//! HTTP/1.1 messages as bytes, for the client and for the stand-ins that serve.

use crate::http::Headers;
use std::io::{self, BufRead, Read};

const MOST_HEADERS: usize = 128;

/// The first line and headers of a request.
pub(crate) struct RequestHead {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Headers,
}

/// The first line and headers of a response.
pub(crate) struct ResponseHead {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
}

/// Reads a request's head; `None` when the peer closed instead of sending another one.
pub(crate) fn read_request_head(from: &mut impl BufRead) -> io::Result<Option<RequestHead>> {
    let Some(bytes) = read_head(from)? else { return Ok(None) };
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    head.parse(&bytes).map_err(invalid)?;
    Ok(Some(RequestHead {
        method: head.method.unwrap_or_default().to_owned(),
        target: head.path.unwrap_or_default().to_owned(),
        headers: owned(head.headers),
    }))
}

/// Reads a response's head, past interim ones (100 Continue).
pub(crate) fn read_response_head(from: &mut impl BufRead) -> io::Result<ResponseHead> {
    loop {
        let Some(bytes) = read_head(from)? else {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "closed without an answer"));
        };
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut head = httparse::Response::new(&mut headers);
        head.parse(&bytes).map_err(invalid)?;
        let status = head.code.unwrap_or_default();
        if status >= 200 {
            return Ok(ResponseHead {
                status,
                headers: owned(head.headers),
            });
        }
    }
}

/// Reads a request's body: none without a length or chunks.
pub(crate) fn read_request_body(from: &mut impl BufRead, headers: &Headers) -> io::Result<Vec<u8>> {
    Ok(read_framed(from, headers)?.unwrap_or_default())
}

/// Reads a response's body: everything up to the end where nothing says how long it is.
pub(crate) fn read_response_body(from: &mut impl BufRead, head: &ResponseHead, method: &str) -> io::Result<Vec<u8>> {
    if method == "HEAD" || matches!(head.status, 204 | 304) {
        return Ok(Vec::new());
    }
    if let Some(body) = read_framed(from, &head.headers)? {
        return Ok(body);
    }
    let mut body = Vec::new();
    from.read_to_end(&mut body)?;
    Ok(body)
}

fn read_head(from: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    loop {
        let line = head.len();
        if from.read_until(b'\n', &mut head)? == 0 {
            return if head.is_empty() {
                Ok(None)
            } else {
                Err(io::ErrorKind::UnexpectedEof.into())
            };
        }
        if matches!(&head[line..], b"\r\n" | b"\n") {
            return Ok(Some(head));
        }
    }
}

fn read_framed(from: &mut impl BufRead, headers: &Headers) -> io::Result<Option<Vec<u8>>> {
    if headers
        .get("transfer-encoding")
        .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
    {
        return read_chunks(from).map(Some);
    }
    let Some(length) = headers.get("content-length") else {
        return Ok(None);
    };
    let mut body = vec![0; length.parse().map_err(invalid)?];
    from.read_exact(&mut body)?;
    Ok(Some(body))
}

fn read_chunks(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(from)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(invalid)?;
        if size == 0 {
            while !read_line(from)?.is_empty() {} // trailers
            return Ok(body);
        }
        from.by_ref().take(size).read_to_end(&mut body)?;
        read_line(from)?;
    }
}

fn read_line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    match from.read_line(&mut line)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end().to_owned()),
    }
}

fn owned(headers: &[httparse::Header<'_>]) -> Headers {
    headers
        .iter()
        .map(|header| (header.name, String::from_utf8_lossy(header.value)))
        .collect()
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_with_extensions_and_trailers_are_one_body() {
        let mut bytes =
            &b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nA: b\r\n\r\n"[..];
        let head = read_response_head(&mut bytes).unwrap();
        assert_eq!(read_response_body(&mut bytes, &head, "GET").unwrap(), b"abcde");
    }

    #[test]
    fn an_interim_answer_is_passed_over() {
        let mut bytes = &b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"[..];
        assert_eq!(read_response_head(&mut bytes).unwrap().status, 204);
    }

    #[test]
    fn a_connection_closed_in_a_head_is_an_error_and_before_it_the_end() {
        assert!(read_request_head(&mut &b"GET / HTTP/1.1\r\nHost:"[..]).is_err());
        assert!(read_request_head(&mut &b""[..]).unwrap().is_none());
    }
}

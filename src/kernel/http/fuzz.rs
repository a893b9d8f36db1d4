//! Whatever bytes come in, decoding answers and never panics.

use super::decode::{Request, decode};
use super::encode;

/// Marsaglia's xorshift: the same bytes for the same seed, everywhere.
struct Xorshift(u64);

impl Xorshift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

/// Pieces that mean something to a decoder, so that chance gets past the first byte.
const PIECES: &[&[u8]] = &[
    b"a",
    b"[",
    b"]",
    b"[]",
    b"[0]",
    b"[99999999999999999999]",
    b"=",
    b"&",
    b"%",
    b"%5B",
    b"%5D",
    b"%00",
    b"%ff",
    b"+",
    b"__proto__",
    b"metadata",
    b"{",
    b"}",
    b"\"",
    b":",
    b",",
    b"1e999",
    b"-0",
    b"null",
    b"\\u",
    b"\\ud800",
    b"--XX",
    b"--XX--",
    b"\r\n",
    b"\r\n\r\n",
    b"; name=",
    b"\"file\"",
    b"; filename=",
    b"Content-Disposition: form-data",
    b"\xff\xfe",
    b"\xc3",
    b"\x00",
];

const TYPES: &[&str] = &[
    "application/x-www-form-urlencoded",
    "application/json",
    "multipart/form-data; boundary=XX",
    "multipart/form-data; boundary",
    "multipart/form-data",
    "text/plain",
    "",
    ";;;",
];

fn bytes(random: &mut Xorshift) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..random.below(40) {
        match random.below(8) {
            0 => out.push(random.next() as u8),
            _ => out.extend_from_slice(PIECES[random.below(PIECES.len())]),
        }
    }
    out
}

#[test]
fn any_bytes_are_answered() {
    let seed = 0x5eed_f00d;
    println!("seed {seed:#x}");
    let mut random = Xorshift(seed);
    for round in 0..20_000 {
        let method = ["GET", "POST", "DELETE", "PUT", ""][random.below(5)];
        let version = ["v1", "v2", ""][random.below(3)];
        let url = String::from_utf8_lossy(&bytes(&mut random)).into_owned();
        let content_type = TYPES[random.below(TYPES.len())];
        let head = match random.below(10) {
            0 => url,
            _ => format!(
                "{method} https://api.stripe.com/{version}/{url}\ncontent-type: {content_type}\n\
                 authorization: Basic {}",
                url.trim_start_matches('%')
            ),
        };
        let body = bytes(&mut random);
        let decoded = decode(&Request::new(&head, &body));
        if let Some(error) = decoded.refusal {
            assert!((400..500).contains(&error.status), "round {round}: {}", error.status);
            assert!(!error.message.is_empty(), "round {round}");
            let reply = encode::refusal(&error, decoded.call.is_v2(), Some(("acct_1", "req_1")));
            assert_eq!(reply.status, error.status);
        } else {
            encode::json(&decoded.call.params.into());
        }
    }
}

//! A partition as a client sees it: requests go in as bytes, answers come out as bytes.

use fakestripe::http::headers;
use fakestripe::partition::{Options, Partition, Validation};
use fakestripe::value::{Map, Value};

/// 2026-11-21T12:00:00Z, in milliseconds.
pub const NOW: i64 = 1_795_262_400_000;

pub struct Stripe {
    pub partition: Partition,
    pub now: i64,
    /// Headers of every request, `name: value` lines.
    pub headers: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Map,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn id(&self) -> &str {
        self.body.str("id")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).chain(headers::ALWAYS.lines());
        let lines = lines.filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
    }

    /// A member of the error; empty where there is none.
    pub fn error(&self, name: &str) -> &str {
        self.body.at("error").as_map().map_or("", |error| error.str(name))
    }

    /// The ids of a list's objects.
    pub fn ids(&self) -> Vec<&str> {
        self.body.at("data").as_list().unwrap().iter().map(|item| item.as_id().unwrap()).collect()
    }
}

impl Stripe {
    pub fn new(seed: &str) -> Self {
        Stripe::with(seed, Validation::Strict)
    }

    pub fn with(seed: &str, validation: Validation) -> Self {
        let options = Options {
            seed: seed.to_string(),
            now: NOW,
            frozen: false,
            api_key: "sk_test_native".to_string(),
            publishable_key: "pk_test_native".to_string(),
            validation,
            api_version: fakestripe::schema::API_VERSION.to_string(),
        };
        let partition = Partition::new(options);
        Stripe { partition, now: NOW, headers: String::new() }
    }

    /// Sends a request with the partition's own key.
    pub fn send(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let content = "content-type: application/x-www-form-urlencoded";
        let headers = &self.headers;
        let head = format!(
            "{method} https://api.stripe.com{path}\nauthorization: Bearer sk_test_native\n{content}\n\
             {headers}"
        );
        self.raw(&head, body.as_bytes())
    }

    pub fn raw(&mut self, head: &str, body: &[u8]) -> Answer {
        let bytes = self.partition.handle(self.now, head, body);
        let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
        let head = String::from_utf8(bytes[4..4 + length].to_vec()).unwrap();
        let body = bytes[4 + length..].to_vec();
        let status = head.split([' ', '\n']).next().unwrap().parse().unwrap();
        let map = match serde_json::from_slice(&body) {
            Ok(Value::Map(map)) => std::rc::Rc::unwrap_or_clone(map),
            _ => Map::new(),
        };
        Answer { status, head, body: map, bytes: body }
    }

    /// Posts for an account, and does not read the answer: its status and its body.
    pub fn post_unread(&mut self, account: &str, path: &str, form: &str) -> (u16, Vec<u8>) {
        let head = format!(
            "POST https://api.stripe.com{path}\nauthorization: Bearer sk_test_native\n\
             content-type: application/x-www-form-urlencoded"
        );
        let head = match account {
            "" => head,
            account => format!("{head}\nstripe-account: {account}"),
        };
        let bytes = self.partition.handle(self.now, &head, form.as_bytes());
        let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
        let status = std::str::from_utf8(&bytes[4..7]).unwrap().parse().unwrap();
        (status, bytes[4 + length..].to_vec())
    }

    /// Lets the requests that follow act for a connected account; for the platform where it is empty.
    pub fn act_for(&mut self, account: &str) {
        self.headers = match account {
            "" => String::new(),
            account => format!("stripe-account: {account}\n"),
        };
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, "")
    }

    /// Posts and expects success.
    pub fn post(&mut self, path: &str, form: &str) -> Answer {
        let answer = self.send("POST", path, form);
        assert_eq!(answer.status, 200, "POST {path} {form}: {:?}", answer.body);
        answer
    }

    pub fn try_post(&mut self, path: &str, form: &str) -> Answer {
        self.send("POST", path, form)
    }

    pub fn delete(&mut self, path: &str) -> Answer {
        self.send("DELETE", path, "")
    }
}

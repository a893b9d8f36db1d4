//! The operations Stripe publishes, and finding the one a URL means.

use super::tables::{OPERATION_NAMES, OPERATIONS, partition};
use super::{Objects, Shape, Versions};
use crate::call::{Host, Method};

/// One published operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operation(u16);

/// What an operation does, where that is one of the generic things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Create,
    Retrieve,
    Update,
    List,
    Delete,
    Search,
    /// Something of its own.
    Other,
}

/// What an operation answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Object(Objects),
    List(Objects),
    Search(Objects),
    /// What is left of an object.
    Deleted(Objects),
    /// A list of the v2 API.
    V2List(Objects),
    /// No JSON.
    Bytes,
    /// A hash that is no object.
    Plain(Shape),
}

/// What a URL means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Routed {
    /// The operation, and the ids of the path in order, percent-decoded.
    Found(Operation, Vec<String>),
    /// Nothing is published at that path for that method.
    NoSuchUrl,
}

/// Stands for an id in the path of an operation.
const ID: &str = "{id}";

/// The operation of that name, such as `customers.createSource`.
pub fn operation(name: &str) -> Option<Operation> {
    let named = |row: usize| OPERATIONS.text(usize::from(OPERATION_NAMES.word(row, 0)), 2);
    let row = partition(0, OPERATION_NAMES.len(), |row| named(row) < name);
    (row < OPERATION_NAMES.len() && named(row) == name)
        .then(|| Operation(OPERATION_NAMES.word(row, 0)))
}

/// The operation that a method and a path (without its query) mean. A literal segment always beats
/// an id, and an id is never empty.
pub fn route(method: Method, host: Host, path: &str) -> Routed {
    let wanted = u16::from_le_bytes([method_byte(method), host_byte(host)]);
    let low = partition(0, OPERATIONS.len(), |row| OPERATIONS.word(row, 0) < wanted);
    let high = partition(low, OPERATIONS.len(), |row| OPERATIONS.word(row, 0) <= wanted);
    let found = path.strip_prefix('/').and_then(|rest| descend(low, high, 1, Some(rest)));
    match found {
        Some(row) => {
            Routed::Found(Operation(row), ids_of(OPERATIONS.text(usize::from(row), 1), path))
        }
        None => Routed::NoSuchUrl,
    }
}

/// Among rows whose paths agree with the wanted one in all that stands before `at`: the row that agrees
/// with what is left of it.
fn descend(low: usize, high: usize, at: usize, rest: Option<&str>) -> Option<u16> {
    if low == high {
        return None;
    }
    let Some(rest) = rest else {
        // The shortest path of the range is the first.
        return segment(low, at).is_none().then(|| u16::try_from(low).ok()).flatten();
    };
    let (wanted, rest) = match rest.split_once('/') {
        Some((wanted, rest)) => (wanted, Some(rest)),
        None => (rest, None),
    };
    let narrowed = |name: &str| {
        let first = partition(low, high, |row| segment(row, at) < Some(name));
        let last = partition(first, high, |row| segment(row, at) <= Some(name));
        descend(first, last, at + name.len() + 1, rest)
    };
    if wanted.is_empty() {
        return None;
    }
    narrowed(wanted).or_else(|| narrowed(ID))
}

/// The segment of a row's path that begins at that byte.
fn segment(row: usize, at: usize) -> Option<&'static str> {
    let rest = OPERATIONS.text(row, 1).get(at..)?;
    let end = rest.bytes().position(|byte| byte == b'/');
    Some(&rest[..end.unwrap_or(rest.len())])
}

fn ids_of(pattern: &str, path: &str) -> Vec<String> {
    let pairs = pattern.split('/').zip(path.split('/'));
    pairs.filter(|(name, _)| *name == ID).map(|(_, id)| percent_decoded(id)).collect()
}

/// What is no valid escape stays as it is; what is no UTF-8 becomes replacement characters.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = match rest {
            [b'%', high, low, ..] => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                bytes.push(high << 4 | low);
                rest = &rest[3..];
            }
            None => {
                // Recorded: a `+` in a path is a blank to Stripe.
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn method_byte(method: Method) -> u8 {
    match method {
        Method::Get => 0,
        Method::Post => 1,
        Method::Delete => 2,
    }
}

fn host_byte(host: Host) -> u8 {
    match host {
        Host::Api => 0,
        Host::Files => 1,
        Host::Connect => 2,
        Host::MeterEvents => 3,
    }
}

impl Operation {
    /// Every operation, in the order of hosts, methods and paths.
    pub fn all() -> impl Iterator<Item = Operation> {
        (0..).map(Operation).take(OPERATIONS.len())
    }

    /// A number that is this operation's alone, less than the count of all: for tables beside this
    /// one.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    pub fn method(self) -> Method {
        match OPERATIONS.bytes(self.index(), 0)[0] {
            0 => Method::Get,
            1 => Method::Post,
            _ => Method::Delete,
        }
    }

    pub fn host(self) -> Host {
        match OPERATIONS.bytes(self.index(), 0)[1] {
            0 => Host::Api,
            1 => Host::Files,
            2 => Host::Connect,
            _ => Host::MeterEvents,
        }
    }

    /// The path with `{id}` for every id, such as `/v1/customers/{id}/sources/{id}`.
    pub fn path(self) -> &'static str {
        OPERATIONS.text(self.index(), 1)
    }

    /// Whether that is its method and path, as in `POST /v1/customers/{id}`.
    pub fn is_at(self, url: &str) -> bool {
        let (method, path) = (self.method().name(), self.path());
        url.len() == method.len() + 1 + path.len() && url.ends_with(path) && url.starts_with(method)
    }

    /// How many ids the path has.
    pub fn ids(self) -> usize {
        self.path().split('/').filter(|segment| *segment == ID).count()
    }

    /// The name in the stripe client, such as `customers.createSource`.
    pub fn name(self) -> &'static str {
        OPERATIONS.text(self.index(), 2)
    }

    pub fn verb(self) -> Verb {
        match OPERATIONS.bytes(self.index(), 3)[0] {
            0 => Verb::Create,
            1 => Verb::Retrieve,
            2 => Verb::Update,
            3 => Verb::List,
            4 => Verb::Delete,
            5 => Verb::Search,
            _ => Verb::Other,
        }
    }

    pub fn answer(self) -> Answer {
        let argument = OPERATIONS.word(self.index(), 4);
        match OPERATIONS.bytes(self.index(), 3)[1] {
            0 => Answer::Object(Objects(argument)),
            1 => Answer::List(Objects(argument)),
            2 => Answer::Search(Objects(argument)),
            3 => Answer::Deleted(Objects(argument)),
            4 => Answer::V2List(Objects(argument)),
            5 => Answer::Bytes,
            _ => Answer::Plain(Shape(argument)),
        }
    }

    /// The parameters of all versions.
    pub fn params(self) -> Shape {
        Shape(OPERATIONS.word(self.index(), 5))
    }

    /// The versions that have this operation.
    pub fn versions(self) -> Versions {
        Versions::from_mask(OPERATIONS.word(self.index(), 6))
    }
}

//! What is asked of a partition and what it answers, independent of HTTP.
//!
//! A request caught on the wire, a call of the library and an entry of the schedule all become a
//! [`Call`]; whoever answers it gives a [`Reply`].

use crate::schema::Operation;
use crate::value::{Map, Text, Value};
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    Get,
    Post,
    Delete,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        }
    }
}

/// Stripe's hosts, as stripe-node names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// `api.stripe.com`
    Api,
    /// `files.stripe.com`
    Files,
    /// `connect.stripe.com`
    Connect,
    /// `meter-events.stripe.com`
    MeterEvents,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The code under test, over HTTP.
    Wire,
    /// The test itself: may also set what only Stripe's servers could set.
    Library,
    /// The partition's own schedule.
    Schedule,
}

/// A file that came with a multipart body.
#[derive(Clone, Debug, PartialEq)]
pub struct Upload {
    pub filename: String,
    pub content_type: String,
    pub bytes: Vec<u8>,
}

/// One thing asked of a partition.
#[derive(Clone, Debug)]
pub struct Call {
    pub origin: Origin,
    pub method: Method,
    pub host: Host,
    /// The path without its query, such as `/v1/customers/cus_123`.
    pub path: String,
    /// The published operation this asks for; filled in by the router.
    pub operation: Option<Operation>,
    /// The ids in the path, in order, percent-decoded; filled in by the router.
    pub ids: Vec<String>,
    /// The parameters. As decoded, every leaf of a form is text; once `params` has checked them they
    /// have the types of the operation's table, and an empty text means "unset".
    pub params: Map,
    /// The file of a multipart body.
    pub file: Option<Upload>,
    /// The API key, without `Bearer`; empty where none was sent.
    pub key: String,
    /// `Stripe-Version`, where sent.
    pub version: Option<String>,
    /// `Stripe-Account` (or the account of a `Stripe-Context`), where sent.
    pub account: Option<String>,
    /// `Idempotency-Key`, where sent.
    pub idempotency_key: Option<String>,
}

impl Call {
    /// A call of an operation that came over no wire.
    pub fn of(operation: Operation, ids: Vec<String>, params: Map, origin: Origin) -> Call {
        let mut left = ids.iter();
        let steps = operation.path().split('/').map(|step| match step {
            "{id}" => left.next().map_or("", String::as_str),
            step => step,
        });
        Call {
            origin,
            method: operation.method(),
            host: operation.host(),
            path: steps.collect::<Vec<_>>().join("/"),
            operation: Some(operation),
            ids,
            params,
            file: None,
            key: String::new(),
            version: None,
            account: None,
            idempotency_key: None,
        }
    }

    /// The id of that place in the path; empty where the path has fewer.
    pub fn id(&self, place: usize) -> &str {
        self.ids.get(place).map_or("", String::as_str)
    }

    /// The published operation this asks for. Every call that reaches a handler has one.
    pub fn operation(&self) -> Operation {
        self.operation.expect("a routed call has an operation")
    }

    /// The paths asked to be expanded.
    pub fn expanded(&self) -> impl Iterator<Item = &str> {
        self.params.at("expand").as_list().unwrap_or(&[]).iter().filter_map(Value::as_str)
    }

    /// Whether that path was asked to be expanded.
    pub fn expands(&self, path: &str) -> bool {
        self.expanded().any(|other| other == path)
    }

    /// Whether this is a call of the JSON API under `/v2/`.
    pub fn is_v2(&self) -> bool {
        self.path.starts_with("/v2/")
    }
}

/// What a reply carries.
#[derive(Clone, Debug)]
pub enum Body {
    Json(Value),
    /// A file's content, a quote's PDF.
    Bytes {
        content_type: Text,
        bytes: Vec<u8>,
    },
}

impl From<Value> for Body {
    fn from(value: Value) -> Self {
        Body::Json(value)
    }
}

impl From<Map> for Body {
    fn from(map: Map) -> Self {
        Body::Json(map.into())
    }
}

impl From<Rc<Map>> for Body {
    fn from(object: Rc<Map>) -> Self {
        Body::Json(Value::Map(object))
    }
}

/// The answer to a call.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    /// Headers beyond those that every answer has; names in lower case.
    pub headers: Vec<(&'static str, Text)>,
    pub body: Body,
}

//! Every error, every message.
//!
//! Errors are values made by the constructors of this file; call sites pass what they have and never
//! write a message. An error is either a *refusal* (the transaction is dropped, nothing happened) or
//! a *decline* (an outcome: it is committed and answered with 402).

use crate::value::{Map, Text};

/// The four values of `type` that v1 sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorType {
    Api,
    Card,
    Idempotency,
    InvalidRequest,
}

impl ErrorType {
    pub fn name(self) -> &'static str {
        match self {
            ErrorType::Api => "api_error",
            ErrorType::Card => "card_error",
            ErrorType::Idempotency => "idempotency_error",
            ErrorType::InvalidRequest => "invalid_request_error",
        }
    }
}

/// What happens to the work of a request that ends in an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The request was wrong: nothing happened.
    Refused,
    /// The world said no: what was saved stays, and events go out.
    Declined,
}

/// An answer that is no success.
#[derive(Clone, Debug)]
pub struct Error {
    pub status: u16,
    pub error_type: ErrorType,
    pub code: Option<Text>,
    pub param: Option<Text>,
    pub message: Text,
    /// Further members of the `error` hash: `decline_code`, `charge`, `payment_intent` and so on.
    pub more: Map,
    pub fate: Fate,
    /// Headers this error has beyond those of every answer; names in lower case.
    pub headers: Vec<(&'static str, Text)>,
}

/// The result of everything that can be refused or declined.
pub type Outcome<T> = Result<T, Box<Error>>;

impl Error {
    /// A 400 `invalid_request_error` with neither code nor param.
    pub fn invalid(message: impl Into<Text>) -> Box<Error> {
        Box::new(Error {
            status: 400,
            error_type: ErrorType::InvalidRequest,
            code: None,
            param: None,
            message: message.into(),
            more: Map::new(),
            fate: Fate::Refused,
            headers: Vec::new(),
        })
    }

    pub fn status(mut self: Box<Self>, status: u16) -> Box<Error> {
        self.status = status;
        self
    }

    pub fn code(mut self: Box<Self>, code: impl Into<Text>) -> Box<Error> {
        self.code = Some(code.into());
        self
    }

    pub fn param(mut self: Box<Self>, param: impl Into<Text>) -> Box<Error> {
        self.param = Some(param.into());
        self
    }

    /// An id in the path that names nothing: 404 `resource_missing`.
    pub fn no_such(noun: &str, id: &str, param: impl Into<Text>) -> Box<Error> {
        Error::invalid(format!("No such {noun}: '{id}'"))
            .status(404)
            .code("resource_missing")
            .param(param)
    }

    /// An id among the parameters that names nothing: 400 `resource_missing`.
    pub fn no_such_reference(noun: &str, id: &str, param: impl Into<Text>) -> Box<Error> {
        Error::no_such(noun, id, param).status(400)
    }
}

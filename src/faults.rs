//! Failures asked for by the test: errors of the catalogue, and answers of the test's own. Connections
//! that break are none of the engine's business.
//!
//! A decline is what a bank says where one is asked, and all of it happens: the failed charge, the
//! intent's state, the events. All else comes in place of the operation: after the key was looked at
//! and the idempotency key found to be new, before any parameter is. Whoever runs the partition
//! decides which request fails and says so in the head of the request ([`HEADER`]); over HTTP alone,
//! metadata `fakestripe_error` does it.

use crate::call::{Body, Call, Reply};
use crate::errors::{Decline, Error, ErrorType, Outcome};
use crate::flows::test_values::cards;
use crate::schema;
use crate::value::{Map, Text, Value};

/// The line of a head that carries a fault, as JSON.
pub const HEADER: &str = "\nfakestripe-fault: ";

/// The metadata that asks for an error.
const METADATA: &str = "fakestripe_error";

/// One failure, asked for.
#[derive(Clone, Debug, Default)]
pub struct Fault {
    wanted: Map,
}

impl Fault {
    /// The fault that a request's head asks for.
    pub fn of_head(head: &str) -> Option<Fault> {
        let (_, rest) = head.split_once(HEADER)?;
        let json = rest.split('\n').next().unwrap_or("");
        let wanted: Value = serde_json::from_slice(json.as_bytes()).ok()?;
        wanted.into_map().ok().map(|wanted| Fault { wanted })
    }

    /// The fault that a request's metadata asks for.
    pub fn of_metadata(call: &Call) -> Option<Fault> {
        let code = call.params.path("metadata.fakestripe_error").as_str()?;
        let mut wanted = Map::new();
        wanted.set("code", code.to_string());
        wanted.set("param", format!("metadata[{METADATA}]"));
        Some(Fault { wanted })
    }

    /// What a bank is to say where one is asked; none where it is more than a bank says.
    pub fn decline(&self) -> Option<&'static Decline> {
        let is_plain = self.wanted.iter().all(|(name, value)| {
            name == "code" || value.as_str().is_some_and(|text| text.starts_with("metadata["))
        });
        if is_plain { cards::decline(self.wanted.str("code")) } else { None }
    }

    /// What is answered in place of the operation.
    pub fn answer(&self) -> Outcome<Reply> {
        if let Some(answer) = self.wanted.at("answer").as_map() {
            return Ok(given(answer));
        }
        Err(self.error())
    }

    fn error(&self) -> Box<Error> {
        let code = self.wanted.str("code");
        let status =
            self.wanted.at("status").as_int().and_then(|status| u16::try_from(status).ok());
        let mut error = match code {
            "" => by_status(status.unwrap_or(500)),
            code => by_code(code, self.wanted.str("param")),
        };
        if let (Some(status), false) = (status, code.is_empty()) {
            error = error.status(status);
        }
        if let Some(message) = self.wanted.at("message").as_str() {
            error.message = Text::from(message.to_string());
        }
        let param = self.wanted.at("param").as_str().filter(|name| !name.starts_with("metadata["));
        if let Some(param) = param {
            error = error.param(param.to_string());
        }
        for name in ["decline_code", "advice_code", "network_decline_code", "charge"] {
            if let Some(value) = self.wanted.at(name).as_str() {
                error.more.set(name, value.to_string());
                if let ("decline_code", true, Some(decline)) =
                    (name, self.wanted.at("message").is_null(), cards::decline(value))
                {
                    error.message = decline.message.into();
                }
            }
        }
        // What Stripe does not keep under an idempotency key: who waits, and who is not let in.
        error.began =
            !matches!(error.status, 401 | 403 | 409 | 429) && !code.starts_with("parameter");
        error
    }
}

/// An answer of the test's own.
fn given(answer: &Map) -> Reply {
    let status = answer.at("status").as_int().and_then(|status| u16::try_from(status).ok());
    Reply {
        status: status.filter(|status| (100..600).contains(status)).unwrap_or(200),
        headers: Vec::new(),
        body: Body::Json(answer.at("body").clone()),
    }
}

fn by_status(status: u16) -> Box<Error> {
    match status {
        401 => Error::invalid("Invalid API Key provided").status(401),
        402 => card("card_declined"),
        409 => Error::invalid("Another request is working on this right now.").status(409),
        429 => Error::rate_limit(),
        500.. => Error::internal(status),
        _ => Error::invalid("The request was refused.").status(status),
    }
}

/// The error of that code; a decline code gives `card_declined` with it.
fn by_code(code: &str, param: &str) -> Box<Error> {
    match code {
        "lock_timeout" => Error::lock_timeout(),
        "rate_limit" => Error::rate_limit(),
        "idempotency_key_in_use" => Error::idempotency_key_in_use("the key of this request"),
        "internal" | "api_error" => Error::internal(500),
        _ if cards::decline(code).is_some() || CARD_CODES.contains(&code) => card(code),
        _ if schema::is_error_code(code) => refused(code),
        _ if param.starts_with("metadata[") => Error::invalid(format!(
            "fakestripe: metadata {METADATA} is '{code}', which is no error code and no decline \
             code of Stripe's."
        )),
        _ => refused(code),
    }
}

/// A refusal with a code and a message that says only that much; pass `message` for another.
///
/// Differs from Stripe: its messages name what was wrong, and here nothing was.
fn refused(code: &str) -> Box<Error> {
    let status = match code {
        "api_key_expired"
        | "platform_api_key_expired"
        | "secret_key_required"
        | "tls_version_unsupported" => 401,
        "account_invalid"
        | "approval_required"
        | "request_blocked"
        | "testmode_charges_only"
        | "more_permissions_required_for_application" => 403,
        "resource_missing" | "invoice_upcoming_none" => 404,
        "payment_intent_rate_limit_exceeded" => 429,
        _ => 400,
    };
    let words = code.replace('_', " ");
    Error::invalid(format!("The request failed: {words}.")).status(status).code(code.to_string())
}

/// The codes of card errors that no bank says.
static CARD_CODES: &[&str] = &[
    "invoice_payment_intent_requires_action",
    "missing",
    "payment_intent_action_required",
    "setup_attempt_failed",
];

/// A card error: 402, with what banks say of a decline where it is one.
fn card(code: &str) -> Box<Error> {
    match cards::decline(code) {
        Some(decline) => Error::card_declined(decline),
        None => Error::invalid("Your card was declined.")
            .status(402)
            .error_type(ErrorType::Card)
            .code(code.to_string()),
    }
}

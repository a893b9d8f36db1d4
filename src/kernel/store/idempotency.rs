//! Answers kept under the idempotency key they were asked with.

use crate::call::{Call, Reply};
use crate::finder::Named;
use crate::store::ids::hash;
use crate::value::Text;

/// Stripe prunes keys once they are at least a day old.
const KEPT_SECONDS: i64 = 24 * 60 * 60;

/// The first request with a key.
#[derive(Clone, Debug)]
struct Kept {
    path: String,
    /// Stands for its parameters.
    parameters: u64,
    /// Its answer; none while it is still running.
    reply: Option<Reply>,
    /// The id of the first request.
    request_id: String,
    at: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Idempotency {
    /// By account and key.
    kept: Named<Kept>,
}

/// What is known about a key.
#[derive(Debug)]
pub enum Known<'a> {
    /// The key was not used before.
    New,
    /// The same request was answered with this, and had this id.
    Answered { reply: &'a Reply, request_id: &'a str },
    /// The same request has not been answered yet.
    Running,
    /// Another path was asked with the key: the one given here.
    OtherPath(&'a str),
    /// The same path was asked with other parameters.
    OtherParameters,
}

/// What a key of an account is kept under.
fn slot(account: &str, key: &str) -> Text {
    Text::from(format!("{account} {key}"))
}

/// A number that stands for the parameters of a call.
pub fn parameters(call: &Call) -> u64 {
    hash(&serde_json::to_string(&call.params).unwrap_or_default())
}

impl Idempotency {
    /// What is known about the key of the call, in the account it acts on.
    pub fn look_up(&mut self, account: &Text, call: &Call, parameters: u64, now: i64) -> Known<'_> {
        let Some(key) = &call.idempotency_key else {
            return Known::New;
        };
        let slot = slot(account, key);
        if self.kept.get(&slot).is_some_and(|kept| kept.at + KEPT_SECONDS <= now) {
            self.kept.remove(&slot);
        }
        match self.kept.get(&slot) {
            None => Known::New,
            Some(kept) if kept.path != call.path => Known::OtherPath(&kept.path),
            Some(kept) if kept.parameters != parameters => Known::OtherParameters,
            Some(kept) => match &kept.reply {
                None => Known::Running,
                Some(reply) => Known::Answered { reply, request_id: &kept.request_id },
            },
        }
    }

    /// Keeps the answer to a call under its key; without an answer, that the call is running.
    pub fn keep(
        &mut self,
        account: &Text,
        call: &Call,
        parameters: u64,
        reply: Option<&Reply>,
        request_id: &str,
        now: i64,
    ) {
        let Some(key) = &call.idempotency_key else {
            return;
        };
        let kept = Kept {
            path: call.path.clone(),
            parameters,
            reply: reply.cloned(),
            request_id: request_id.to_string(),
            at: now,
        };
        self.kept.insert(slot(account, key), kept);
    }

    /// Forgets the key of a call, so that it can be used anew.
    pub fn forget(&mut self, account: &Text, call: &Call) {
        if let Some(key) = &call.idempotency_key {
            self.kept.remove(&slot(account, key));
        }
    }
}

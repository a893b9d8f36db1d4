//! The partition engine of fakestripe: a pure state machine, (state, now, request) to (state, response, outbox).

pub mod call;
pub mod value;

//! The partition engine of fakestripe: a pure state machine, (state, now, request) to (state, response, outbox).

pub mod call;
pub mod errors;
pub mod http;
pub mod money;
pub mod resources;
pub mod schema;
pub mod search;
pub mod store;
pub mod value;
#[cfg(target_arch = "wasm32")]
pub mod wasm;

//! The partition engine of fakestripe: a pure state machine, (state, now, request) to (state, response, outbox).

pub mod call;
pub mod control;
pub mod crud;
pub mod domains;
pub mod errors;
pub mod events;
pub mod filter;
pub mod flows;
pub mod http;
pub mod keys;
pub mod money;
pub mod page;
pub mod params;
pub mod partition;
pub mod render;
pub mod resources;
pub mod route;
pub mod schema;
pub mod search;
pub mod store;
pub mod time;
pub mod transitions;
pub mod value;
pub mod webhooks;
#[cfg(target_arch = "wasm32")]
pub mod wasm;

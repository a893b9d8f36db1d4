//! The partition engine of fakestripe: a pure state machine, (state, now, request) to (state, response, outbox).

// What the engine stands on; see its own words.
pub use kernel::{
    call, crud, errors, filter, finder, http, map, money, order, page, params, resources, schema,
    search, store, time, value,
};

pub mod control;
pub mod domains;
pub mod events;
pub mod faults;
pub mod flows;
pub mod keys;
pub mod outside;
pub mod partition;
pub mod render;
pub mod route;
pub mod transitions;
pub mod versions;
#[cfg(target_arch = "wasm32")]
pub mod wasm;
pub mod webhooks;

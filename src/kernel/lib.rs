//! What every call goes through, whatever it asks for: data, HTTP, tables, parameters, storage, the
//! generic verbs. It knows no domain.
//!
//! It is a crate of its own because cargo optimizes by the crate: this one for speed, the domains,
//! of which a call runs little, for size.

pub mod call;
pub mod crud;
pub mod errors;
pub mod filter;
pub mod finder;
pub mod http;
pub mod memory;
pub mod money;
pub mod order;
pub mod page;
pub mod params;
pub mod resources;
pub mod schema;
pub mod search;
pub mod store;
pub mod text;
pub mod time;
pub mod value;

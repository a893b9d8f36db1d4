//! The engine, natively: what a caller of the HTTP API sees.

mod isolation;
mod lists;
mod objects;
mod protocol;
mod stripe;

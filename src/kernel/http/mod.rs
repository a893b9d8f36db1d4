//! Bytes to calls and replies to bytes. Nobody else in the engine knows HTTP.

pub mod decode;
pub mod encode;
pub mod form;
pub mod headers;
pub mod multipart;

#[cfg(test)]
mod fuzz;

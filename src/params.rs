use crate::errors::Outcome; use crate::value::Map; use crate::schema::*;
pub enum Mode { Strict, Off, Library }
pub fn check(_: Shape, m: Map, _: Versions, _: Mode) -> Outcome<Map> { Ok(m) }

//! What Stripe knows from the beginning and nobody creates: objects made from tables when they are
//! asked for, and lists that are paged though no store keeps them.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::value::{Map, Value};

/// How many objects a list shows where `limit` is not given.
const DEFAULT_LIMIT: i64 = 10;

/// The page of a list that the call asks for; `all` is in the order in which it is shown.
pub fn page(call: &Call, all: Vec<Value>) -> Outcome<Body> {
    let limit = call.params.at("limit").as_int().unwrap_or(DEFAULT_LIMIT).clamp(1, 100) as usize;
    let (after, before) = (call.params.at("starting_after"), call.params.at("ending_before"));
    let place = |cursor: &str, param: &'static str| {
        let noun = all.first().and_then(Value::as_map).map_or("object", |first| {
            crate::resources::find(first.str("object")).map_or("object", |row| row.noun)
        });
        let place = all.iter().position(|item| item.as_id() == Some(cursor));
        place.ok_or_else(|| Error::no_such_reference(noun, cursor, param))
    };
    let (start, end) = match (after.as_str(), before.as_str()) {
        (Some(_), Some(_)) => return Err(Error::both_cursors()),
        (Some(after), None) => {
            let start = place(after, "starting_after")? + 1;
            (start, all.len().min(start + limit))
        }
        (None, Some(before)) => {
            let end = place(before, "ending_before")?;
            (end.saturating_sub(limit), end)
        }
        (None, None) => (0, all.len().min(limit)),
    };
    let has_more = match before.as_str() {
        Some(_) => 0 < start,
        None => end < all.len(),
    };
    let data = all.get(start..end).unwrap_or_default().to_vec();
    Ok(crud::list_of(data, has_more, call.path.clone()).into())
}

/// The page of a list that an object carries whole, such as its `line_items`.
pub fn page_of(call: &Call, list: &Value) -> Outcome<Body> {
    let data = list.as_map().map_or(&[][..], |list| list.at("data").as_list().unwrap_or_default());
    page(call, data.to_vec())
}

/// The object the path names, out of a catalogue.
pub fn retrieve(call: &Call, found: Option<Map>) -> Outcome<Body> {
    let resource = crud::resource(crud::kind(call));
    let missing = || Error::no_such(resource.noun, call.id(0), resource.path_param);
    found.map(Body::from).ok_or_else(missing)
}

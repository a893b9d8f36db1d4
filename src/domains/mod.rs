//! One file a URL family: its routes, its events, its state machine. A family without a file is plain
//! create, retrieve, update, list, delete and search, and `crud` answers.

pub mod accounts;

use crate::events::Rules;
use crate::route::Routes;
use crate::store::Tx;
use crate::store::schedule::Entry;
use crate::value::{Map, Value};

/// The handlers of the family a path belongs to.
pub fn routes(path: &str) -> Routes {
    let mut steps = path.split('/').skip(1);
    let _version = steps.next();
    match steps.next().unwrap_or("") {
        "account" | "accounts" => accounts::ROUTES,
        _ => &[],
    }
}

/// The rules by which the events of an object type are read off its changes; none where the plain
/// ones hold.
pub fn events(_object: &str) -> Rules {
    &[]
}

/// What a field that is shown only on demand holds, where its domain says so.
pub fn on_demand(_tx: &Tx<'_>, _object: &Map, _field: &str) -> Option<Value> {
    None
}

/// Does what was scheduled.
pub fn run(_tx: &mut Tx<'_>, entry: &Entry) {
    panic!("{} is an action some domain knows", entry.action)
}

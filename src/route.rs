//! From an operation to what answers it: a handler somebody wrote, the generic verb, or the plain
//! word that nobody wrote it yet.

use crate::call::{Body, Call};
use crate::crud;
use crate::domains;
use crate::errors::{Error, Outcome};
use crate::schema::{Answer, Verb};
use crate::store::Tx;
use crate::transitions;

/// Answers one operation.
pub type Handler = fn(&mut Tx<'_>, &Call) -> Outcome<Body>;

/// The handlers of a URL family: method and URL as documented, with `{id}` for every path
/// parameter.
pub type Routes = &'static [(&'static str, Handler)];

/// Answers a routed call whose parameters were checked.
pub fn answer(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    if let Some(handler) = written(call) {
        return handler(tx, call);
    }
    if let Some(transition) = transitions::find(call.operation()) {
        return transitions::run(tx, call, transition);
    }
    if matches!(call.operation().answer(), Answer::Bytes | Answer::Plain(_)) {
        // The generic verbs answer objects.
        return Err(Error::not_implemented(call.operation().name()));
    }
    match call.operation().verb() {
        Verb::Create => crud::create(tx, call),
        Verb::Retrieve => crud::retrieve(tx, call),
        Verb::Update => crud::update(tx, call),
        Verb::List => crud::list(tx, call),
        Verb::Delete => crud::delete(tx, call),
        Verb::Search => crud::search(tx, call),
        Verb::Other => Err(Error::not_implemented(call.operation().name())),
    }
}

/// The handler written for the operation of the call, where there is one.
fn written(call: &Call) -> Option<Handler> {
    let operation = call.operation();
    let routes = domains::routes(operation.path());
    routes.iter().find(|(url, _)| operation.is_at(url)).map(|(_, handler)| *handler)
}

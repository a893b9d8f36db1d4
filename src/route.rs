//! From an operation to what answers it: a handler somebody wrote, the generic verb, or the plain
//! word that nobody wrote it yet.

use crate::call::{Body, Call};
use crate::crud;
use crate::domains;
use crate::errors::{Error, Outcome};
use crate::schema::{self, Answer, Object, Verb};
use crate::store::Tx;
use crate::transitions;
use crate::value::{Map, Value};
use std::rc::Rc;

/// Answers one operation.
pub type Handler = fn(&mut Tx<'_>, &Call) -> Outcome<Body>;

/// The handlers of a URL family: method and URL as documented, with `{id}` for every path
/// parameter.
pub type Routes = &'static [(&'static str, Handler)];

/// URLs of old that Stripe answers and no longer publishes: the operation that does the same, and
/// the parameter (of objects: the field) that holds the id of the parent, which is the path's first.
static OLD_URLS: &[(&str, &str, &str)] = &[
    ("DELETE /v1/customers/{id}/subscriptions/{id}", "subscriptions.cancel", "customer"),
    ("GET /v1/balance/history", "balanceTransactions.list", ""),
    ("GET /v1/balance/history/{id}", "balanceTransactions.retrieve", ""),
    ("GET /v1/charges/{id}/dispute", "disputes.retrieve", "charge"),
    ("GET /v1/charges/{id}/refunds", "refunds.list", "charge"),
    ("GET /v1/charges/{id}/refunds/{id}", "refunds.retrieve", "charge"),
    ("GET /v1/customers/{id}/subscriptions", "subscriptions.list", "customer"),
    ("GET /v1/customers/{id}/subscriptions/{id}", "subscriptions.retrieve", "customer"),
    ("POST /v1/charges/{id}/refund", "refunds.create", "charge"),
    ("POST /v1/charges/{id}/refunds", "refunds.create", "charge"),
    ("POST /v1/charges/{id}/refunds/{id}", "refunds.update", "charge"),
    ("POST /v1/customers/{id}/subscriptions", "subscriptions.create", "customer"),
    ("POST /v1/customers/{id}/subscriptions/{id}", "subscriptions.update", "customer"),
];

/// Makes a call at an old URL one of the operation that does the same; the path stays as it was
/// asked. The answer says whether it is such a URL.
pub fn resolve_old(tx: &Tx<'_>, call: &mut Call) -> Outcome<bool> {
    let steps = || call.path.split('/');
    let fits = |url: &str| {
        let (method, path) = url.split_once(' ').unwrap_or_default();
        method == call.method.name()
            && path.split('/').count() == steps().count()
            && path.split('/').zip(steps()).all(|(own, step)| own == "{id}" || own == step)
    };
    let Some((url, name, parent)) = OLD_URLS.iter().find(|(url, ..)| fits(url)) else {
        return Ok(false);
    };
    let pattern = url.split('/').skip(1).zip(steps().skip(1));
    let mut ids = pattern.filter(|(own, _)| *own == "{id}").map(|(_, id)| id.to_string());
    let owner = if parent.is_empty() { None } else { ids.next() };
    let mut ids: Vec<String> = ids.collect();
    let operation = schema::operation(name).expect("old URLs stand for published operations");
    let kind = match operation.answer() {
        Answer::Object(objects) => objects.first().map_or("", Object::name),
        _ => "",
    };
    match (owner, ids.first()) {
        (Some(owner), Some(id)) => {
            let found = tx.get(kind, id);
            if found.is_some_and(|object| object.at(parent).as_id() != Some(&owner)) {
                return Err(Error::no_such(kind, id, kind));
            }
        }
        // A charge has one dispute, if any.
        (Some(owner), None) if operation.ids() == 1 => {
            let all = tx.all_where(kind, parent, &owner);
            let only = all.last().ok_or_else(|| Error::charge_without_dispute(&owner))?;
            ids.push(only.str("id").to_string());
        }
        (Some(owner), None) => call.params.set(*parent, owner),
        _ => {}
    }
    call.operation = Some(operation);
    call.ids = ids;
    Ok(true)
}

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

/// Asks for an operation within a transaction, by its name in the stripe client: what Stripe does
/// by itself where an application would have asked. The answer is an object.
pub fn ask(tx: &mut Tx<'_>, name: &'static str, ids: Vec<String>, params: Map) -> Outcome<Rc<Map>> {
    let operation = schema::operation(name).ok_or_else(|| Error::unknown_method(name))?;
    let call = Call::of(operation, ids, params, tx.origin());
    match answer(tx, &call)? {
        Body::Json(Value::Map(object)) => Ok(object),
        _ => Ok(Rc::default()),
    }
}

/// The handler written for the operation of the call, where there is one.
fn written(call: &Call) -> Option<Handler> {
    let operation = call.operation();
    let routes = domains::routes(operation.path());
    routes.iter().find(|(url, _)| operation.is_at(url)).map(|(_, handler)| *handler)
}

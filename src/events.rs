//! Events, read off what a request wrote: no handler builds one.
//!
//! Most types say themselves what happened: `customer.created`, `customer.updated`, `payout.paid` are the
//! object's event name with "created", "updated", "deleted" or the new value of its `status`. A domain whose
//! events differ has a row a rule in its own `EVENTS`. The order is the order of the writes, then of the
//! rules.

use crate::domains;
use crate::map;
use crate::schema;
use crate::store::Tx;
use crate::store::tx::{Happening, Write};
use crate::value::{Map, Text, Value};
use crate::webhooks::{self, Listener};
use std::rc::Rc;

/// When a rule's event happens.
#[derive(Clone, Copy, Debug)]
pub enum When {
    Created,
    Deleted,
    /// Any change of an existing object.
    Updated,
    /// The field has that value and had another before (or there was nothing before).
    Became(&'static str, &'static str),
    /// The number in the field is greater than before.
    Rose(&'static str),
    /// An existing object's field changed.
    Changed(&'static str),
    /// The field holds something and held nothing before.
    WasSet(&'static str),
    /// The field holds something (not null, not 0), and something else or nothing before.
    Renewed(&'static str),
    /// An existing object's field holds nothing any more.
    Cleared(&'static str),
    /// One of an existing object's fields changed.
    AnyChanged(&'static [&'static str]),
    /// One of an existing object's fields changed, and no rule above told of this write.
    Otherwise(&'static [&'static str]),
    /// The flag went from `false` to `true`.
    Raised(&'static str),
}

/// The events of a type, in order: the event's type, when it happens, whether it shows the previous
/// attributes.
pub type Rules = &'static [(&'static str, When)];

/// The name under which the events of an object type go, where it is not the type itself.
const NAMES: &[(&str, &str)] = &[
    ("bank_account", "customer.source"),
    ("card", "customer.source"),
    ("discount", "customer.discount"),
    ("dispute", "charge.dispute"),
    ("fee_refund", "application_fee.refund"),
    ("source", "customer.source"),
    ("subscription", "customer.subscription"),
    ("tax_id", "customer.tax_id"),
];

/// Types whose events never show the previous attributes.
const NEVER_PREVIOUS: &[&str] = &["payment_intent", "setup_intent"];

/// Who caused what happened.
pub struct Cause<'a> {
    /// The request's id; none where Stripe itself did it.
    pub request_id: Option<&'a str>,
    pub idempotency_key: Option<&'a str>,
    pub api_version: &'a Text,
}

/// Makes the events of what happened through the transaction, in order. What follows from it for the
/// entitlements of customers happens first.
pub fn derive(tx: &mut Tx<'_>, cause: &Cause<'_>) {
    domains::entitlements::settle(tx);
    let mut events = Vec::new();
    for happening in tx.happenings() {
        match happening {
            Happening::Write(write) if write.is_quiet => {}
            Happening::Write(write) => read(write, &mut events),
            Happening::Announced { event_type, account, object, previous } => {
                events.push(Event::new(event_type, account, object, previous.cloned()));
            }
        }
    }
    if events.is_empty() {
        return;
    }
    // All events of a request tell of the same one.
    let request = Rc::new(request(cause));
    let mut heard: Option<(Text, Vec<Listener>)> = None;
    for event in events {
        let account = event.account.clone();
        let listeners = match heard.take() {
            Some((of, listeners)) if of == account => listeners,
            _ => webhooks::listeners(tx, &account),
        };
        tx.in_account(&account, |tx| save(tx, event, cause, &request, &listeners));
        heard = Some((account, listeners));
    }
}

/// An event about to be saved.
struct Event {
    event_type: Text,
    account: Text,
    object: Rc<Map>,
    previous: Option<Map>,
}

impl Event {
    fn new(
        event_type: impl Into<Text>,
        account: &Text,
        object: &Rc<Map>,
        previous: Option<Map>,
    ) -> Event {
        Event {
            event_type: event_type.into(),
            account: account.clone(),
            object: object.clone(),
            previous,
        }
    }
}

/// Reads off one write what happened.
fn read(write: &Write, events: &mut Vec<Event>) {
    let rules = domains::events(&write.object);
    if rules.is_empty() {
        return read_plainly(write, events);
    }
    let told = events.len();
    for (event_type, when) in rules {
        let is_told = matches!(when, When::Otherwise(_)) && told < events.len();
        if is_told || !happened(write, *when) {
            continue;
        }
        let shown = if write.deleted { write.old().unwrap_or(&write.after) } else { &write.after };
        let shows_previous = matches!(
            when,
            When::Updated
                | When::Changed(_)
                | When::Rose(_)
                | When::Raised(_)
                | When::Cleared(_)
                | When::AnyChanged(_)
                | When::Otherwise(_)
        ) || event_type.ends_with(".updated")
            || *event_type == "subscription_schedule.canceled";
        let shows_previous = shows_previous && !NEVER_PREVIOUS.contains(&write.object.as_ref());
        let previous =
            write.old().filter(|_| shows_previous).map(|old| previous(old, &write.after));
        events.push(Event::new(*event_type, owner(write), shown, previous));
    }
}

/// The account an event belongs to: what happens to a connected account, its owner is told.
fn owner(write: &Write) -> &Text {
    if write.object == "account" { &write.id } else { &write.account }
}

fn happened(write: &Write, when: When) -> bool {
    let (old, new) = (write.old(), &write.after);
    match when {
        When::Deleted => write.deleted,
        _ if write.deleted => false,
        When::Created => old.is_none(),
        When::Updated => old.is_some_and(|old| old != new),
        When::Became(field, value) => {
            new.path(field).as_str() == Some(value)
                && old.is_none_or(|old| old.path(field).as_str() != Some(value))
        }
        When::Rose(field) => {
            let before = old.map_or(0, |old| old.path(field).as_int().unwrap_or(0));
            before < new.path(field).as_int().unwrap_or(0)
        }
        When::Changed(field) => old.is_some_and(|old| old.path(field) != new.path(field)),
        When::WasSet(field) => {
            !new.path(field).is_null() && old.is_none_or(|old| old.path(field).is_null())
        }
        When::Renewed(field) => {
            let value = new.path(field);
            !value.is_null()
                && value.as_int() != Some(0)
                && old.is_none_or(|old| old.path(field) != value)
        }
        When::Cleared(field) => {
            new.path(field).is_null() && old.is_some_and(|old| !old.path(field).is_null())
        }
        When::AnyChanged(fields) | When::Otherwise(fields) => {
            old.is_some_and(|old| fields.iter().any(|field| old.path(field) != new.path(field)))
        }
        When::Raised(field) => {
            new.path(field) == &Value::Bool(true)
                && old.is_some_and(|old| old.path(field) != &Value::Bool(true))
        }
    }
}

/// What happened to an object whose domain has no rules of its own.
fn read_plainly(write: &Write, events: &mut Vec<Event>) {
    let name = NAMES.iter().find(|(object, _)| *object == write.object);
    let name = name.map_or(write.object.as_ref(), |(_, name)| name);
    let Some(old) = write.old() else {
        if !write.deleted {
            push_published(format!("{name}.created"), write, &write.after, None, events);
        }
        return;
    };
    if write.deleted {
        push_published(format!("{name}.deleted"), write, old, None, events);
        return;
    }
    if old == &write.after {
        return;
    }
    let status = write.after.at("status");
    if let Some(status) = status.as_str().filter(|_| old.at("status") != status)
        && push_published(format!("{name}.{status}"), write, &write.after, None, events)
    {
        return;
    }
    let previous = previous(old, &write.after);
    push_published(format!("{name}.updated"), write, &write.after, Some(previous), events);
}

/// Adds an event, where its type is published; says whether it is.
fn push_published(
    event_type: String,
    write: &Write,
    object: &Rc<Map>,
    previous: Option<Map>,
    events: &mut Vec<Event>,
) -> bool {
    let Some(published) = schema::event_type(&event_type) else { return false };
    events.push(Event::new(published, &write.account, object, previous));
    true
}

/// The attributes that changed, as they were: nested hashes with only what changed in them, lists
/// whole, `null` where there was nothing.
pub fn previous(old: &Map, new: &Map) -> Map {
    let mut changed = Map::new();
    for (place, (name, before)) in old.iter().enumerate() {
        let after = new.get_near(place, name);
        match (before.as_map(), after.and_then(Value::as_map)) {
            _ if after == Some(before) => {}
            (Some(before), Some(after)) => changed.append(name.clone(), previous(before, after)),
            _ => changed.append(name.clone(), before.clone()),
        }
    }
    for (place, (name, after)) in new.iter().enumerate() {
        if !after.is_null() && old.get_near(place, name).is_none() {
            changed.append(name.clone(), Value::Null);
        }
    }
    changed
}

fn save(
    tx: &mut Tx<'_>,
    event: Event,
    cause: &Cause<'_>,
    request: &Rc<Map>,
    listeners: &[Listener],
) {
    if event.event_type.starts_with("v2.") || event.event_type.starts_with("v1.") {
        return save_thin(tx, event, cause, listeners);
    }
    let about = event.object.str("id");
    let id = match about.split_once('_').is_some_and(|(_, body)| body.starts_with('3')) {
        true => tx.family_id("event", about),
        false => tx.new_id("event"),
    };
    let data = match event.previous {
        None => map! { "object": event.object },
        Some(previous) => map! { "object": event.object, "previous_attributes": previous },
    };
    let mut saved = map! {
        "id": id,
        "object": "event",
        "api_version": cause.api_version.clone(),
        "created": tx.partition_now(),
        "data": data,
        "livemode": false,
        "pending_webhooks": webhooks::count(listeners, &event.event_type) as i64,
        "request": request.clone(),
        "type": event.event_type,
    };
    if tx.is_connected() {
        saved.set("account", event.account);
    }
    let saved = tx.save(saved);
    webhooks::post(tx, listeners, &saved);
}

/// Events of v2 are thin: they name their object and do not show it.
fn save_thin(tx: &mut Tx<'_>, event: Event, cause: &Cause<'_>, listeners: &[Listener]) {
    let reason = cause.request_id.map(|_| request(cause));
    let mut thin = webhooks::thin(tx, event.event_type.to_string(), &event.object, reason);
    if let Some(data) = event.object.get("data") {
        thin.set("data", data.clone());
    }
    let saved = tx.save(thin);
    webhooks::post_thin(tx, listeners, &saved);
}

fn request(cause: &Cause<'_>) -> Map {
    map! {
        "id": cause.request_id.map(str::to_string),
        "idempotency_key": cause.idempotency_key.map(str::to_string),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn previous_attributes_hold_the_changed_leaves() {
        let old = map! {
            "name": "a",
            "email": Value::Null,
            "metadata": map! { "kept": "1", "changed": "2" },
            "items": Value::List(vec![1.into()]),
        };
        let new = map! {
            "name": "a",
            "email": "a@example.com",
            "metadata": map! { "kept": "1", "changed": "3", "added": "4" },
            "items": Value::List(vec![1.into(), 2.into()]),
        };
        let expected = map! {
            "email": Value::Null,
            "metadata": map! { "changed": "2", "added": Value::Null },
            "items": Value::List(vec![1.into()]),
        };
        assert_eq!(previous(&old, &new), expected);
    }
}

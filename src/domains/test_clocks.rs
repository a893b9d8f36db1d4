//! Test clocks: customers whose subscriptions live in a time of their own.
//!
//! Stripe's page: <https://docs.stripe.com/api/test_clocks>.
//!
//! ```text
//! ready --advance--> advancing --what is due until then is done--> ready
//! ```
//!
//! The answer to `advance` shows the clock on its way; it has arrived before anything else is
//! answered.
//!
//! Differs from Stripe: payments of such customers show the clock's time, not the partition's, and
//! as the clock never is on its way for long, nothing is refused with 429.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::{periods, subscribing};
use crate::map;
use crate::route::Routes;
use crate::store::Tx;
use crate::store::schedule::Lane;
use crate::time;
use crate::value::{Map, Value};
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("POST /v1/test_helpers/test_clocks", create),
    ("POST /v1/test_helpers/test_clocks/{id}/advance", advance),
    ("DELETE /v1/test_helpers/test_clocks/{id}", delete),
];

pub static EVENTS: Rules = &[
    ("test_helpers.test_clock.created", When::Created),
    ("test_helpers.test_clock.deleted", When::Deleted),
    ("test_helpers.test_clock.advancing", When::Became("status", "advancing")),
    ("test_helpers.test_clock.ready", When::Cleared("status_details.advancing")),
];

/// On the schedule: a clock sets out, and has arrived.
pub const ADVANCE: &str = "test_clock.advance";
pub const ARRIVE: &str = "test_clock.arrive";

/// On the schedule: nobody deleted a clock in time.
const EXPIRE: &str = "test_clock.expire";

const KIND: &str = "test_helpers.test_clock";

/// How many objects of a type a clock, or a customer of a clock, can have.
const MOST: &[(&str, &str, usize)] =
    &[("customer", "test_clock", 3), ("quote", "test_clock", 10), ("subscription", "customer", 3)];

/// What of a customer goes by the customer's clock.
const OF_CUSTOMER: &[&str] =
    &["invoice", "invoiceitem", "quote", "subscription", "subscription_schedule"];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let clock = crud::draft(tx, call)?;
    let id = clock.str("id").to_string();
    tx.schedule(clock.int("deletes_after"), EXPIRE, &id);
    tx.lane_of(&id);
    if let Some(customer) = call.params.at("customer").as_str() {
        attach(tx, &id, customer)?;
    }
    Ok(tx.save(clock).into())
}

/// A customer goes by a clock for good, with all there is of theirs.
fn attach(tx: &mut Tx<'_>, clock: &str, id: &str) -> Outcome<()> {
    let mut customer = tx
        .load("customer", id)
        .ok_or_else(|| Error::no_such_reference("customer", id, "customer"))?;
    if !customer.at("test_clock").is_null() {
        return Err(Error::test_clock_attached(id));
    }
    customer.set("test_clock", clock.to_string());
    tx.save(customer);
    let lane = tx.lane_of(clock);
    for kind in OF_CUSTOMER {
        for object in tx.all_where(kind, "customer", id) {
            let mut object = Map::clone(&object);
            object.set("test_clock", clock.to_string());
            tx.move_to(lane, object.str("id"));
            tx.save_quietly(object);
        }
    }
    Ok(())
}

/// At most two periods of the shortest subscription, or two years where there is none.
fn advance(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut clock = crud::load(tx, call)?;
    let (now, target) = (clock.int("frozen_time"), call.params.int("frozen_time"));
    if target <= now {
        return Err(Error::test_clock_back());
    }
    let mut latest = time::add_months(now, 24);
    for customer in tx.all_where("customer", "test_clock", call.id(0)) {
        for subscription in tx.all_where("subscription", "customer", customer.str("id")) {
            if subscribing::has_ended(&subscription) {
                continue;
            }
            for item in subscribing::items_of(tx, subscription.str("id")) {
                let ends = periods::Interval::of(item.at("price")).boundary(now, 2);
                latest = latest.min(ends);
            }
        }
    }
    if latest < target {
        return Err(Error::test_clock_too_far());
    }
    clock.set("status", "advancing");
    clock.set("status_details", map! { "advancing": map! { "target_frozen_time": target } });
    tx.schedule(tx.now(), ADVANCE, call.id(0));
    Ok(tx.save(clock).into())
}

fn delete(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let clock = crud::load(tx, call)?;
    tx.unschedule(EXPIRE, call.id(0));
    Ok(take_down(tx, &clock).into())
}

/// The customers of a clock go with it, and their subscriptions end.
fn take_down(tx: &mut Tx<'_>, clock: &Map) -> Rc<Map> {
    let id = clock.str("id");
    let lane = tx.lane_of(id);
    let (now, at) = (tx.milliseconds(), clock.int("frozen_time") * 1000);
    tx.go_by(lane, at);
    for customer in tx.all_where("customer", "test_clock", id) {
        let id = customer.str("id").to_string();
        subscribing::end_all(tx, &id);
        tx.delete("customer", &id);
    }
    tx.go_by(0, now);
    tx.delete(KIND, id)
}

/// Where a clock is going, in which lane of the schedule.
pub fn target(tx: &mut Tx<'_>, id: &str) -> Option<(Lane, i64)> {
    let target = tx.get(KIND, id)?.path("status_details.advancing.target_frozen_time").as_int()?;
    tx.schedule(tx.now(), ARRIVE, id);
    Some((tx.lane_of(id), target))
}

/// Does something by the time of a test clock, where there is one.
pub fn at_its_time(tx: &mut Tx<'_>, clock: Option<&str>, work: impl FnOnce(&mut Tx<'_>)) {
    tx.by_partition_clock(|tx| {
        if let Some(clock) = clock.and_then(|id| tx.get(KIND, id).cloned()) {
            let lane = tx.lane_of(clock.str("id"));
            tx.go_by(lane, clock.int("frozen_time") * 1000);
        }
        work(tx);
    });
}

/// The clock stands where it was going, or its 30 days are over.
pub fn run(tx: &mut Tx<'_>, action: &str, id: &str) {
    let Some(mut clock) = tx.load(KIND, id) else { return };
    if action == EXPIRE {
        take_down(tx, &clock);
        return;
    }
    let target = clock.path("status_details.advancing.target_frozen_time").clone();
    clock.set("frozen_time", target);
    clock.set("status", "ready");
    clock.set("status_details", Map::new());
    tx.save(clock);
}

/// Refuses one object of that type more than a clock can have; `id` is the clock's, or its
/// customer's.
pub fn check_room(tx: &Tx<'_>, kind: &str, id: &str) -> Outcome<()> {
    let Some((_, field, most)) = MOST.iter().find(|(known, ..)| *known == kind) else {
        return Ok(());
    };
    let mut known = tx.all_where(kind, field, id);
    known.retain(|object| !subscribing::has_ended(object));
    let has_room = known.len() < *most;
    if has_room { Ok(()) } else { Err(Error::test_clock_full(kind, *most)) }
}

/// Whether a list shows an object: those of a clock are for who asks for the clock or the customer.
pub fn is_listed(call: &Call, object: &Map) -> bool {
    let asks = ["test_clock", "customer"].iter().any(|name| call.params.contains(name));
    asks || object.at("test_clock").is_null()
}

/// Parameters and path steps that name an object, its type, and where that shows the next object on
/// the way to a clock.
const WAYS: &[(&str, &str, &str, &str)] = &[
    ("customer", "customers", "customer", "test_clock"),
    ("subscription", "subscriptions", "subscription", "customer"),
    ("from_subscription", "", "subscription", "customer"),
    ("invoice", "invoices", "invoice", "customer"),
    ("schedule", "subscription_schedules", "subscription_schedule", "customer"),
    ("subscription_item", "subscription_items", "subscription_item", "subscription"),
    ("", "invoiceitems", "invoiceitem", "customer"),
    ("payment_intent", "payment_intents", "payment_intent", "customer"),
    ("payment_method", "payment_methods", "payment_method", "customer"),
    ("", "setup_intents", "setup_intent", "customer"),
    ("charge", "charges", "charge", "customer"),
    ("", "quotes", "quote", "customer"),
];

/// What is asked about an object of a clock happens at the clock's time.
pub fn go_by_clock_of(tx: &mut Tx<'_>, call: &Call) {
    let Some(clock) = clock_of(tx, call) else { return };
    let at = clock.int("frozen_time") * 1000;
    let lane = tx.lane_of(clock.str("id"));
    tx.go_by(lane, at);
}

fn clock_of(tx: &Tx<'_>, call: &Call) -> Option<Rc<Map>> {
    if let Some(id) = call.params.at("test_clock").as_str() {
        return tx.get(KIND, id).cloned();
    }
    let family = call.path.split('/').nth(2).unwrap_or("");
    let by_path = WAYS.iter().find(|(_, of, _, _)| *of == family).filter(|_| !call.ids.is_empty());
    if let Some((_, _, kind, field)) = by_path {
        return follow(tx, kind, field, call.id(0));
    }
    WAYS.iter().find_map(|(param, _, kind, field)| {
        follow(tx, kind, field, call.params.at(param).as_str()?)
    })
}

/// From an object to its clock, over what it belongs to.
fn follow(tx: &Tx<'_>, kind: &str, field: &str, id: &str) -> Option<Rc<Map>> {
    let next = tx.get(kind, id)?.at(field).as_id()?;
    match field {
        "test_clock" => tx.get(KIND, next).cloned(),
        _ => {
            let (_, _, kind, field) = WAYS.iter().find(|(param, ..)| *param == field)?;
            follow(tx, kind, field, next)
        }
    }
}

/// What an object of that customer shows as its clock.
pub fn shown(tx: &Tx<'_>, customer: &Value) -> Value {
    let customer = customer.as_id().and_then(|id| tx.get("customer", id));
    customer.map_or(Value::Null, |customer| customer.at("test_clock").clone())
}

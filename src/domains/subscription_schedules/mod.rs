//! Subscription schedules: what a subscription will be, phase by phase.
//!
//! ```text
//! not_started ──start_date──▶ active ──last phase ends──▶ completed (end_behavior cancel)
//!      │                        │  └─────────────────────▶ released (end_behavior release)
//!      └────────cancel──────────┴──▶ canceled;  release ──▶ released
//! ```
//!
//! A phase is entered as an update of the subscription would be. Where a phase begins with a period
//! there is nothing to prorate.
//!
//! Stripe's page: <https://docs.stripe.com/api/subscription_schedules>.
//!
//! What a phase is, and how it is entered, is in `phases.rs`; pauses are in `pausing.rs`.
//!
//! Differs from Stripe: a phase's items have no trial offers.

mod pausing;
mod phases;

use super::subscriptions;
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::subscribing;
use crate::map;
use crate::route::{self, Routes};
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use crate::versions::Older;
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("GET /v1/subscription_schedules", list),
    ("POST /v1/subscription_schedules", create),
    ("POST /v1/subscription_schedules/{id}", update),
    ("POST /v1/subscription_schedules/{id}/cancel", cancel),
    ("POST /v1/subscription_schedules/{id}/release", release),
];

/// Until basil a phase had one coupon.
pub static OLDER: Older = &[("2025-03-31.basil", |_, schedule| {
    let Some(Value::List(phases)) = schedule.get_mut("phases") else { return };
    for phase in phases.iter_mut().filter_map(Value::as_map_mut) {
        let first = phase.at("discounts").as_list().and_then(<[Value]>::first);
        let coupon = first.and_then(Value::as_map).map(|discount| discount.at("coupon").clone());
        phase.set("coupon", coupon.unwrap_or(Value::Null));
    }
})];

pub static EVENTS: Rules = &[
    ("subscription_schedule.created", When::Created),
    ("subscription_schedule.canceled", When::Became("status", "canceled")),
    ("subscription_schedule.completed", When::Became("status", "completed")),
    ("subscription_schedule.released", When::Became("status", "released")),
    (
        "subscription_schedule.updated",
        When::Otherwise(&[
            "current_phase",
            "default_settings",
            "end_behavior",
            "metadata",
            "pause_schedules",
            "phases",
        ]),
    ),
];

const KIND: &str = "subscription_schedule";
/// On the schedule: a phase begins, or the last one ends; and the end is near.
const TURN: &str = "subscription_schedule.turn";
const EXPIRING: &str = "subscription_schedule.expiring";
const NOTICE: i64 = 7 * 86_400;

fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    crud::list_where(tx, call, |schedule| super::test_clocks::is_listed(call, schedule))
}

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    if !params.contains("customer") && !params.contains("from_subscription") {
        return Err(Error::must_provide(&["customer", "from_subscription"]));
    }
    let place = tx.place();
    let mut rest = params.clone();
    rest.remove("pause_schedules");
    let mut schedule = crud::draft_kind(tx, crud::kind(call), &rest)?;
    if let Some(id) = params.at("from_subscription").as_str() {
        let free = ["from_subscription", "expand", "billing_mode", "pause_schedules"];
        if let Some(name) = params.keys().find(|name| !free.contains(&name.as_ref())) {
            return Err(Error::schedule_takes_nothing_else(name));
        }
        take_over(tx, &mut schedule, id)?;
    } else {
        if !params.contains("billing_mode") {
            let mut mode = Map::new();
            subscriptions::set_mode(call, &mut mode);
            mode.into_iter().for_each(|(name, value)| schedule.set(name, value));
        }
        let start = params.at("start_date").as_int().unwrap_or(tx.now());
        schedule.set("test_clock", super::test_clocks::shown(tx, params.at("customer")));
        phases::plan(tx, &mut schedule, params, start)?;
        if phase_at(&schedule, start).is_none() {
            return Err(Error::parameter_missing("phases"));
        }
        if start <= tx.now() {
            phases::begin(tx, &mut schedule)?;
        }
    }
    pausing::plan(tx, &mut schedule, params)?;
    plan(tx, &schedule);
    Ok(tx.save_at(place, schedule).into())
}

/// Plans when Stripe comes back to a schedule.
fn plan(tx: &mut Tx<'_>, schedule: &Map) {
    let id = schedule.str("id");
    for action in [TURN, EXPIRING] {
        tx.unschedule(action, id);
    }
    let now = tx.now();
    let ends = last_end(schedule);
    match schedule.str("status") {
        "not_started" => {
            let start = phases_of(schedule).next().map_or(now, |phase| phase.int("start_date"));
            tx.schedule(start, TURN, id);
        }
        "active" => {
            let next = schedule.path("current_phase.end_date").as_int().unwrap_or(now);
            tx.schedule(next, TURN, id);
        }
        _ => return pausing::forget(tx, id),
    }
    pausing::keep_time(tx, schedule);
    if now < ends - NOTICE {
        tx.schedule(ends - NOTICE, EXPIRING, id);
    }
}

fn phases_of(schedule: &Map) -> impl Iterator<Item = &Map> {
    let phases = schedule.at("phases").as_list().unwrap_or_default();
    phases.iter().filter_map(Value::as_map)
}

/// The phase that holds at a time.
fn phase_at(schedule: &Map, at: i64) -> Option<&Map> {
    let holds = |phase: &&Map| (phase.int("start_date")..phase.int("end_date")).contains(&at);
    phases_of(schedule).find(holds)
}

fn last_end(schedule: &Map) -> i64 {
    phases_of(schedule).last().map_or(0, |phase| phase.int("end_date"))
}

fn set_current(schedule: &mut Map, phase: &Map) {
    let (start, end) = (phase.int("start_date"), phase.int("end_date"));
    schedule.set("status", "active");
    schedule.set("current_phase", map! { "end_date": end, "start_date": start });
}

/// One phase: what the subscription has, until the end of its period.
fn take_over(tx: &mut Tx<'_>, schedule: &mut Map, id: &str) -> Outcome<()> {
    let mut subscription = crud::load_kind(tx, "subscription", id)
        .map_err(|_| Error::no_such_reference("subscription", id, "from_subscription"))?;
    if let Some(other) = subscription.at("schedule").as_id() {
        return Err(Error::schedule_attached(other));
    }
    let items = subscribing::items_of(tx, id);
    let item = |item: &Rc<Map>| {
        Value::from(map! {
            "price": item.path("price.id").clone(),
            "quantity": item.at("quantity").clone(),
        })
    };
    let start = items.iter().map(|item| item.int("current_period_start")).max();
    let end = items.iter().map(|item| item.int("current_period_end")).min();
    let cancels = subscription.at("cancel_at").as_int();
    if cancels.is_some() {
        schedule.set("end_behavior", "cancel");
    }
    let phase = map! {
        "items": items.iter().map(item).collect::<Vec<_>>(),
        "end_date": cancels.or(end).unwrap_or(tx.now()),
    };
    let params = map! { "phases": vec![Value::from(phase)] };
    let shape = Object::find(KIND).expect("a published type").shape();
    crud::apply(tx, shape, schedule, &params, "")?;
    phases::plan(tx, schedule, &params, start.unwrap_or(tx.now()))?;
    for name in ["customer", "test_clock", "billing_mode"] {
        schedule.set(name, subscription.at(name).clone());
    }
    schedule.set("subscription", id.to_string());
    let first = phases_of(schedule).next().cloned();
    if let Some(phase) = first {
        set_current(schedule, &phase);
    }
    subscription.set("schedule", schedule.at("id").clone());
    tx.save(subscription);
    Ok(())
}

/// The invoice that comes next of a schedule, with phases other than its own, or of one that nobody
/// made. The caller takes back what this does.
pub fn preview(tx: &mut Tx<'_>, params: &Map) -> Outcome<Option<Map>> {
    let mut details = params.at("schedule_details").as_map().cloned().unwrap_or_default();
    let before = match params.at("schedule").as_str() {
        Some(id) => Some(
            tx.get(KIND, id)
                .cloned()
                .ok_or_else(|| Error::no_such_reference(KIND, id, "schedule"))?,
        ),
        None => None,
    };
    let schedule = match &before {
        Some(schedule) if details.is_empty() => schedule.clone(),
        Some(schedule) => {
            let ids = vec![schedule.str("id").to_string()];
            route::ask(tx, "subscriptionSchedules.update", ids, details)?
        }
        None => {
            let first = details.at("phases").as_list().unwrap_or_default().first();
            let start = first.and_then(|phase| Some(phase.as_map()?.at("start_date").clone()));
            details.set("start_date", start.unwrap_or_default());
            details.set("customer", params.at("customer").clone());
            details.remove("proration_behavior");
            route::ask(tx, "subscriptionSchedules.create", Vec::new(), details)?
        }
    };
    let latest = |tx: &Tx<'_>, schedule: &Map| {
        let subscription = tx.get("subscription", schedule.at("subscription").as_id()?)?;
        tx.load("invoice", subscription.at("latest_invoice").as_id()?)
    };
    Ok(match schedule.at("subscription").as_id() {
        // What begins now bills now.
        Some(_) if before.is_none() => latest(tx, &schedule),
        Some(id) => subscribing::upcoming(tx, id),
        None => {
            let start = phases_of(&schedule).next().map_or(tx.now(), |it| it.int("start_date"));
            tx.what_if(start, |tx| {
                turn(tx, Map::clone(&schedule));
                let begun = tx.get(KIND, schedule.str("id")).cloned();
                latest(tx, &begun.unwrap_or_default())
            })
        }
    })
}

// Later.

/// The phase that runs is over, where it is.
pub fn turn_in_time(tx: &mut Tx<'_>, id: &str) {
    if let Some(schedule) = tx.load(KIND, id) {
        turn(tx, schedule);
    }
}

/// Does what was scheduled for a schedule.
pub fn run(tx: &mut Tx<'_>, action: &str, id: &str) {
    let Some(schedule) = tx.load(KIND, id) else { return };
    match action {
        TURN => turn(tx, schedule),
        EXPIRING => tx.announce(EXPIRING, Rc::new(schedule)),
        action => pausing::run(tx, action, schedule),
    }
}

/// The next phase begins, or the last one is over.
fn turn(tx: &mut Tx<'_>, mut schedule: Map) {
    let phase = phase_at(&schedule, tx.now()).cloned();
    // What a phase asks for and cannot be is left out: nobody is there to be told.
    match (schedule.str("status"), phase) {
        ("not_started", Some(_)) => {
            // One that cannot begin is not tried again.
            if phases::begin(tx, &mut schedule).is_err() {
                return;
            }
        }
        ("active", Some(phase)) => {
            let behavior = phase.str("proration_behavior").to_string();
            subscribing::give_up_update(tx, schedule.at("subscription").as_id().unwrap_or(""));
            drop(phases::enter(tx, &schedule, &phase, &behavior));
            set_current(&mut schedule, &phase);
        }
        ("active", None) => return finish(tx, schedule),
        _ => return,
    }
    plan(tx, &schedule);
    tx.save(schedule);
}

/// The last phase is over. Where that cancels the subscription, it has the date: its own renewal
/// ends it, or nothing does while it is paused.
fn finish(tx: &mut Tx<'_>, mut schedule: Map) {
    if schedule.str("end_behavior") != "cancel" {
        let_go(tx, schedule, false);
        return;
    }
    let subscription = schedule.at("subscription").as_id();
    let subscription = subscription.and_then(|id| tx.load("subscription", id));
    schedule.set("status", "completed");
    schedule.set("completed_at", tx.now());
    schedule.set("current_phase", Value::Null);
    plan(tx, &schedule);
    tx.save(schedule);
    if let Some(subscription) = subscription.filter(|it| it.str("status") == "paused") {
        subscribing::end(tx, subscription, None);
    }
}

/// The subscription goes on by itself.
fn let_go(tx: &mut Tx<'_>, mut schedule: Map, keeps_end: bool) -> Rc<Map> {
    if let Some(id) = schedule.at("subscription").as_id().map(str::to_string) {
        if let Some(mut subscription) = tx.load("subscription", &id) {
            subscription.set("schedule", Value::Null);
            if !keeps_end && schedule.str("end_behavior") == "cancel" {
                for name in ["cancel_at", "canceled_at"] {
                    subscription.set(name, Value::Null);
                }
                subscription.map_mut("cancellation_details").set("reason", Value::Null);
            }
            subscribing::keep(tx, subscription);
        }
        schedule.set("released_subscription", id);
    }
    schedule.set("released_at", tx.now());
    schedule.set("subscription", Value::Null);
    schedule.set("current_phase", Value::Null);
    schedule.set("status", "released");
    plan(tx, &schedule);
    tx.save(schedule)
}

/// The schedule the path names, where something can still become of it.
fn living(tx: &Tx<'_>, call: &Call, verb: &str, done: &str) -> Outcome<Map> {
    let schedule = crud::load_kind(tx, KIND, call.id(0))?;
    match schedule.str("status") {
        "active" | "not_started" => Ok(schedule),
        status => Err(Error::schedule_over(verb, status, done)),
    }
}

/// New phases hold from the running one on; what changes in that is settled as the request says.
fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let before = living(tx, call, "update", "updated")?;
    let mut schedule = before.clone();
    let mut rest = params.clone();
    rest.remove("pause_schedules");
    crud::apply(tx, crud::kind(call).shape(), &mut schedule, &rest, "")?;
    let started = schedule.path("current_phase.start_date").as_int();
    if params.contains("phases") {
        let start = phases::first_start(tx, &before, params)?;
        phases::plan(tx, &mut schedule, params, start)?;
        phases::keep_past(&before, &mut schedule, start);
    }
    let now = tx.now();
    let settles = ["phases", "default_settings", "end_behavior"];
    let settles = settles.iter().any(|name| params.contains(name));
    if let (Some(_), true, Some(phase)) = (started, settles, phase_at(&schedule, now).cloned()) {
        let behavior = params.at("proration_behavior").as_str().unwrap_or("create_prorations");
        phases::enter(tx, &schedule, &phase, behavior)?;
        set_current(&mut schedule, &phase);
    }
    pausing::plan(tx, &mut schedule, params)?;
    plan(tx, &schedule);
    Ok(tx.save(schedule).into())
}

/// The subscription ends with its schedule; the rest of its period is credited and billed unless
/// that is not wanted.
fn cancel(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let mut schedule = living(tx, call, "cancel", "canceled")?;
    let subscription = schedule.at("subscription").as_id();
    let subscription = subscription.and_then(|id| tx.load("subscription", id));
    if let Some(subscription) = subscription.filter(|it| !subscribing::has_ended(it)) {
        let or_true = |name: &str| params.at(name).as_bool().unwrap_or(true);
        let (prorates, invoices) = (or_true("prorate"), or_true("invoice_now"));
        // The schedule ends with it.
        subscriptions::cancel_now(tx, subscription, prorates, invoices)?;
        return Ok(tx.get(KIND, call.id(0)).cloned().unwrap_or_default().into());
    }
    schedule.set("status", "canceled");
    schedule.set("canceled_at", tx.now());
    plan(tx, &schedule);
    Ok(tx.save(schedule).into())
}

fn release(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let schedule = living(tx, call, "release", "released")?;
    Ok(let_go(tx, schedule, call.params.is_true("preserve_cancel_date")).into())
}

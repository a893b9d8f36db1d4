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
//! Differs from Stripe: pauses of a schedule are kept and not carried out, and a phase's items have
//! no trial offers.

use super::subscriptions;
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::periods::Interval;
use crate::flows::subscribing;
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("GET /v1/subscription_schedules", list),
    ("POST /v1/subscription_schedules", create),
    ("POST /v1/subscription_schedules/{id}", update),
    ("POST /v1/subscription_schedules/{id}/cancel", cancel),
    ("POST /v1/subscription_schedules/{id}/release", release),
];

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
            "phases",
        ]),
    ),
];

const KIND: &str = "subscription_schedule";
/// On the schedule: a phase begins, or the last one ends; and the end is near.
const TURN: &str = "subscription_schedule.turn";
const EXPIRING: &str = "subscription_schedule.expiring";
const NOTICE: i64 = 7 * 86_400;

/// What of a phase is the subscription's own.
const OF_PHASE: &[&str] = &[
    "add_invoice_items",
    "application_fee_percent",
    "collection_method",
    "default_payment_method",
    "default_tax_rates",
    "description",
    "discounts",
    "metadata",
];

fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    crud::list_where(tx, call, |schedule| super::test_clocks::is_listed(call, schedule))
}

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    if !params.contains("customer") && !params.contains("from_subscription") {
        return Err(Error::must_provide(&["customer", "from_subscription"]));
    }
    let place = tx.place();
    let mut schedule = crud::draft(tx, call)?;
    if let Some(id) = params.at("from_subscription").as_str() {
        if let Some(name) = params.keys().find(|name| {
            !matches!(name.as_ref(), "from_subscription" | "expand" | "metadata" | "billing_mode")
        }) {
            return Err(Error::schedule_takes_nothing_else(name));
        }
        take_over(tx, &mut schedule, id)?;
        return Ok(keep(tx, place, schedule).into());
    }
    let start = params.at("start_date").as_int().unwrap_or(tx.now());
    schedule.set("test_clock", super::test_clocks::shown(tx, params.at("customer")));
    plan_phases(tx, &mut schedule, params, start);
    if phase_at(&schedule, start).is_none() {
        return Err(Error::parameter_missing("phases"));
    }
    if start <= tx.now() {
        begin(tx, &mut schedule)?;
    }
    Ok(keep(tx, place, schedule).into())
}

/// Saves a schedule as if that place of the journal were the present, and plans its next turn.
fn keep(tx: &mut Tx<'_>, place: usize, schedule: Map) -> Rc<Map> {
    plan(tx, &schedule);
    tx.save_at(place, schedule)
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
            let start = phases(schedule).next().map_or(now, |phase| phase.int("start_date"));
            tx.schedule(start, TURN, id);
        }
        "active" => {
            let next = schedule.path("current_phase.end_date").as_int().unwrap_or(now);
            tx.schedule(next, TURN, id);
        }
        _ => return,
    }
    if now < ends - NOTICE {
        tx.schedule(ends - NOTICE, EXPIRING, id);
    }
}

fn phases(schedule: &Map) -> impl Iterator<Item = &Map> {
    let phases = schedule.at("phases").as_list().unwrap_or_default();
    phases.iter().filter_map(Value::as_map)
}

/// The phase that holds at a time.
fn phase_at(schedule: &Map, at: i64) -> Option<&Map> {
    let holds = |phase: &&Map| (phase.int("start_date")..phase.int("end_date")).contains(&at);
    phases(schedule).find(holds)
}

fn last_end(schedule: &Map) -> i64 {
    phases(schedule).last().map_or(0, |phase| phase.int("end_date"))
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
    let phase = map! {
        "items": items.iter().map(item).collect::<Vec<_>>(),
        "end_date": end.unwrap_or(tx.now()),
    };
    let params = map! { "phases": vec![Value::from(phase)] };
    let shape = Object::find(KIND).expect("a published type").shape();
    crud::apply(tx, shape, schedule, &params, "")?;
    plan_phases(tx, schedule, &params, start.unwrap_or(tx.now()));
    for name in ["customer", "test_clock", "billing_mode"] {
        schedule.set(name, subscription.at(name).clone());
    }
    schedule.set("subscription", id.to_string());
    let first = phases(schedule).next().cloned();
    if let Some(phase) = first {
        set_current(schedule, &phase);
    }
    subscription.set("schedule", schedule.at("id").clone());
    tx.save(subscription);
    Ok(())
}

/// Each phase begins where the one before ends; a price is also a plan.
fn plan_phases(tx: &Tx<'_>, schedule: &mut Map, params: &Map, start: i64) {
    let given = params.at("phases").as_list().unwrap_or_default();
    let Some(Value::List(phases)) = schedule.get_mut("phases") else { return };
    let mut begins = start;
    for (place, phase) in phases.iter_mut().filter_map(Value::as_map_mut).enumerate() {
        let given = given.get(place).and_then(Value::as_map).cloned().unwrap_or_default();
        begins = given.at("start_date").as_int().unwrap_or(begins);
        let (mut currency, mut interval) = (Value::Null, Interval::Months(1));
        if let Some(Value::List(items)) = phase.get_mut("items") {
            for item in items.iter_mut().filter_map(Value::as_map_mut) {
                let id = item.at("price").as_id().unwrap_or("").to_string();
                let Some(price) = tx.get("price", &id) else { continue };
                item.set("plan", id);
                currency = price.at("currency").clone();
                interval = Interval::of(&Value::Map(price.clone()));
            }
        }
        if phase.str("currency").is_empty() && !currency.is_null() {
            phase.set("currency", currency);
        }
        let behavior = given.at("proration_behavior").as_str().unwrap_or("create_prorations");
        phase.set("proration_behavior", behavior.to_string());
        let lasts = given.at("duration").as_map();
        let ends = match (given.at("end_date").as_int(), lasts) {
            (Some(ends), _) => ends,
            (None, Some(lasts)) => {
                let count = lasts.at("interval_count").as_int().unwrap_or(1);
                Interval::new(lasts.str("interval"), count).boundary(begins, 1)
            }
            (None, None) => interval.boundary(begins, given.at("iterations").as_int().unwrap_or(1)),
        };
        phase.set("start_date", begins);
        phase.set("end_date", ends);
        if given.is_true("trial") {
            phase.set("trial_end", ends);
        }
        begins = ends;
    }
}

// Phases.

/// What a phase says of the subscription, as parameters of an update.
fn params_of(schedule: &Map, phase: &Map) -> Map {
    let mut params = Map::new();
    for name in OF_PHASE {
        let own = phase.at(name);
        let of_all =
            schedule.at("default_settings").as_map().map_or(&Value::Null, |all| all.at(name));
        let value = if own.is_null() { of_all } else { own };
        let is_empty = value.as_list().is_some_and(<[Value]>::is_empty);
        if !value.is_null() && !is_empty {
            params.set(*name, value.clone());
        }
    }
    if params.str("collection_method") == "send_invoice" {
        let days = phase.path("invoice_settings.days_until_due").as_int();
        let days =
            days.or(schedule.path("default_settings.invoice_settings.days_until_due").as_int());
        params.set("days_until_due", days.unwrap_or(30));
    }
    params
}

/// The first phase begins with a new subscription, whose first invoice is a draft.
fn begin(tx: &mut Tx<'_>, schedule: &mut Map) -> Outcome<()> {
    let Some(phase) = phase_at(schedule, tx.now()).cloned() else { return Ok(()) };
    let mut params = params_of(schedule, &phase);
    let items = phase.at("items").as_list().unwrap_or_default();
    let item = |item: &Value| {
        let item = item.as_map()?;
        let mut wanted = map! { "price": item.at("price").as_id()?.to_string() };
        if !item.at("quantity").is_null() {
            wanted.set("quantity", item.at("quantity").clone());
        }
        Some(Value::from(wanted))
    };
    params.set("items", items.iter().filter_map(item).collect::<Vec<_>>());
    params.set("customer", schedule.at("customer").clone());
    params.set("billing_mode", schedule.at("billing_mode").clone());
    if let Some(ends) = phase.at("trial_end").as_int().filter(|ends| tx.now() < *ends) {
        params.set("trial_end", ends);
    }
    let start = phases(schedule).next().map_or(tx.now(), |phase| phase.int("start_date"));
    if start < tx.now() {
        params.set("backdate_start_date", start);
    }
    let place = tx.place();
    let (mut subscription, invoice) = subscriptions::begin(tx, &params)?;
    subscription.set("schedule", schedule.at("id").clone());
    schedule.set("subscription", subscription.at("id").clone());
    set_current(schedule, &phase);
    if let Some(invoice) = invoice {
        subscription.set("latest_invoice", invoice.at("id").clone());
        subscribing::spend_once(tx, &mut subscription);
        subscribing::draw_up(tx, invoice, &subscription);
    }
    subscribing::keep_time(tx, &subscription);
    tx.save_at(place, subscription);
    Ok(())
}

/// Makes the subscription what a phase says.
fn enter(tx: &mut Tx<'_>, schedule: &Map, phase: &Map, behavior: &str) -> Outcome<()> {
    let id = schedule.at("subscription").as_id().unwrap_or("").to_string();
    let Some(subscription) = tx.load("subscription", &id) else { return Ok(()) };
    let now = tx.now();
    let items = subscribing::items_of(tx, &id);
    let is_boundary = items.iter().all(|item| item.int("current_period_end") <= now);
    let mut params = params_of(schedule, phase);
    params.set("items", changes(&items, phase));
    params.set("proration_behavior", if is_boundary { "none" } else { behavior }.to_string());
    if phase.str("billing_cycle_anchor") == "phase_start" && !is_boundary {
        params.set("billing_cycle_anchor", "now");
    }
    if let Some(ends) = phase.at("trial_end").as_int().filter(|ends| now < *ends) {
        params.set("trial_end", ends);
    }
    let interval = |items: &[Rc<Map>]| items.first().map(|item| Interval::of(item.at("price")));
    let before = interval(&items);
    let (mut subscription, invoice) = subscriptions::change(tx, subscription, &params)?;
    if is_boundary && interval(&subscribing::items_of(tx, &id)) != before {
        subscription.set("billing_cycle_anchor", now);
    }
    if let Some(invoice) = invoice {
        subscription.set("latest_invoice", invoice.at("id").clone());
        subscribing::draw_up(tx, invoice, &subscription);
    }
    subscribing::keep(tx, subscription);
    Ok(())
}

/// The entries of `items` that turn the items there are into those of a phase.
fn changes(items: &[Rc<Map>], phase: &Map) -> Vec<Value> {
    let wanted = phase.at("items").as_list().unwrap_or_default();
    let mut wanted: Vec<&Map> = wanted.iter().filter_map(Value::as_map).collect();
    let mut left = Vec::new();
    let mut entries = Vec::new();
    let entry = |item: Option<&Rc<Map>>, wanted: &Map| {
        let mut entry = map! { "price": wanted.at("price").as_id().unwrap_or("").to_string() };
        if let Some(item) = item {
            entry.set("id", item.at("id").clone());
        }
        if !wanted.at("quantity").is_null() {
            entry.set("quantity", wanted.at("quantity").clone());
        }
        Value::from(entry)
    };
    for item in items {
        let is_it = |wanted: &&Map| wanted.at("price").as_id() == item.path("price.id").as_id();
        match wanted.iter().position(is_it) {
            Some(place) => entries.push(entry(Some(item), wanted.remove(place))),
            None => left.push(item),
        }
    }
    let mut left = left.into_iter();
    for wanted in wanted {
        entries.push(entry(left.next(), wanted));
    }
    let gone = |item: &Rc<Map>| map! { "id": item.at("id").clone(), "deleted": true }.into();
    entries.extend(left.map(gone));
    entries
}

// Later.

/// Does what was scheduled for a schedule.
pub fn run(tx: &mut Tx<'_>, action: &str, id: &str) {
    match action {
        TURN => turn(tx, id),
        _ => {
            if let Some(schedule) = tx.get(KIND, id).cloned() {
                tx.announce(EXPIRING, schedule);
            }
        }
    }
}

/// The next phase begins, or the last one is over.
fn turn(tx: &mut Tx<'_>, id: &str) {
    let Some(mut schedule) = tx.load(KIND, id) else { return };
    let phase = phase_at(&schedule, tx.now()).cloned();
    // What a phase asks for and cannot be is left out: nobody is there to be told.
    match (schedule.str("status"), phase) {
        ("not_started", Some(_)) => drop(begin(tx, &mut schedule)),
        ("active", Some(phase)) => {
            let behavior = phase.str("proration_behavior").to_string();
            drop(enter(tx, &schedule, &phase, &behavior));
            set_current(&mut schedule, &phase);
        }
        ("active", None) => return finish(tx, schedule),
        _ => return,
    }
    plan(tx, &schedule);
    tx.save(schedule);
}

/// The last phase is over.
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
    tx.save(schedule);
    if let Some(subscription) = subscription.filter(|it| !subscribing::has_ended(it)) {
        subscribing::end(tx, subscription, Some("cancellation_requested"));
    }
}

/// The subscription goes on by itself.
fn let_go(tx: &mut Tx<'_>, mut schedule: Map, keeps_end: bool) -> Rc<Map> {
    if let Some(id) = schedule.at("subscription").as_id().map(str::to_string) {
        if let Some(mut subscription) = tx.load("subscription", &id) {
            subscription.set("schedule", Value::Null);
            if !keeps_end && !subscription.is_true("cancel_at_period_end") {
                subscription.set("cancel_at", Value::Null);
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
fn living(tx: &Tx<'_>, call: &Call, verb: &str) -> Outcome<Map> {
    let schedule = crud::load_kind(tx, KIND, call.id(0))?;
    match schedule.str("status") {
        "active" | "not_started" => Ok(schedule),
        status => {
            let from = ["active", "not_started"];
            Err(Error::wrong_status(verb, "subscription schedule", status, &from))
        }
    }
}

/// New phases hold from the running one on; what changes in that is settled as the request says.
fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let mut schedule = living(tx, call, "update")?;
    crud::apply(tx, crud::kind(call).shape(), &mut schedule, params, "")?;
    let started = schedule.path("current_phase.start_date").as_int();
    if params.contains("phases") {
        plan_phases(tx, &mut schedule, params, started.unwrap_or(tx.now()));
    }
    if let (Some(_), Some(phase)) = (started, phase_at(&schedule, tx.now()).cloned()) {
        let behavior = params.at("proration_behavior").as_str().unwrap_or("create_prorations");
        enter(tx, &schedule, &phase, behavior)?;
        set_current(&mut schedule, &phase);
    }
    plan(tx, &schedule);
    Ok(tx.save(schedule).into())
}

/// The subscription ends with its schedule; the rest of its period is credited and billed unless
/// that is not wanted.
fn cancel(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let mut schedule = living(tx, call, "cancel")?;
    let subscription = schedule.at("subscription").as_id();
    let subscription = subscription.and_then(|id| tx.load("subscription", id));
    schedule.set("status", "canceled");
    schedule.set("canceled_at", tx.now());
    schedule.set("current_phase", Value::Null);
    plan(tx, &schedule);
    let schedule = tx.save(schedule);
    if let Some(subscription) = subscription.filter(|it| !subscribing::has_ended(it)) {
        let or_true = |name: &str| params.at(name).as_bool().unwrap_or(true);
        let (prorates, invoices) = (or_true("prorate"), or_true("invoice_now"));
        subscriptions::cancel_now(tx, subscription, prorates, invoices)?;
    }
    Ok(schedule.into())
}

fn release(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let schedule = living(tx, call, "release")?;
    Ok(let_go(tx, schedule, call.params.is_true("preserve_cancel_date")).into())
}

/// The subscription of a schedule was canceled: nothing is left to be scheduled.
pub fn follow(tx: &mut Tx<'_>, subscription: &str) {
    for schedule in tx.all_where(KIND, "subscription", subscription) {
        if matches!(schedule.str("status"), "active" | "not_started") {
            let mut schedule = Map::clone(&schedule);
            schedule.set("status", "canceled");
            schedule.set("canceled_at", tx.now());
            schedule.set("current_phase", Value::Null);
            plan(tx, &schedule);
            tx.save(schedule);
        }
    }
}

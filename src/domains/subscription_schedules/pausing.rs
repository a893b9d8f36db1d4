//! Pauses of a schedule: its subscription is paused at one time, and goes on at another.
//!
//! ```text
//! pause:  scheduled ──pause_at──▶ succeeded | error
//! resume: scheduled ──resume_at──▶ succeeded | error
//!                         └──unpaid──▶ pending, requires_action ──paid──▶ succeeded
//! ```
//!
//! Stripe's page: <https://docs.stripe.com/billing/subscriptions/pause/schedules>.

use super::{KIND, phases_of, plan as plan_again};
use crate::domains::subscriptions;
use crate::errors::{Error, Outcome};
use crate::flows::invoicing;
use crate::flows::periods::Interval;
use crate::flows::subscribing;
use crate::map;
use crate::store::Tx;
use crate::value::{Map, Value};

/// On the schedule: the subscription pauses, and goes on.
const PAUSE: &str = "subscription_schedule.pause";
const RESUME: &str = "subscription_schedule.resume";

/// What a pause is where nothing is said.
const PAUSES: &[(&str, &str)] = &[
    ("bill_for.outstanding_usage_through.type", "pause_at"),
    ("bill_for.unused_time_from.type", "pause_at"),
    ("invoicing_behavior", "pending_invoice_item"),
    ("type", "subscription"),
];

/// How a subscription goes on where nothing is said.
const RESUMES: &[(&str, &str)] = &[
    ("billing_cycle_anchor", "resume_at"),
    ("payment_behavior", "resume_on_payment_success"),
    ("proration_behavior", "create_prorations"),
];

/// The settings that are given, over those there are, over the defaults.
fn settings(defaults: &[(&str, &'static str)], known: &Map, given: &Map) -> Map {
    let mut settings = Map::new();
    for (path, default) in defaults {
        let path = format!("settings.{path}");
        let value = given.path(&path).as_str().or(known.path(&path).as_str());
        let value = value.unwrap_or(default).to_string();
        match path.split('.').collect::<Vec<_>>()[..] {
            [_, "bill_for", "outstanding_usage_through", _] => settings
                .map_mut("bill_for")
                .set("outstanding_usage_through", map! { "type": value }),
            [_, "bill_for", ..] => {
                settings.map_mut("bill_for").set("unused_time_from", map! { "type": value })
            }
            [_, name] => settings.set(name.to_string(), value),
            _ => {}
        }
    }
    settings
}

fn status(name: &'static str) -> Map {
    map! { "type": name }
}

/// The time that is given as now, as a date, or as so long after another.
fn time_of(tx: &Tx<'_>, given: &Map, after: i64) -> i64 {
    match given.str("type") {
        "timestamp" => given.int("timestamp"),
        "duration" => {
            let lasts = given.at("duration").as_map().cloned().unwrap_or_default();
            let count = lasts.at("interval_count").as_int().unwrap_or(1);
            Interval::new(lasts.str("interval"), count).boundary(after, 1)
        }
        _ => tx.now(),
    }
}

/// Takes over what a request says of pauses; what is due at once is done.
pub fn plan(tx: &mut Tx<'_>, schedule: &mut Map, params: &Map) -> Outcome<()> {
    let Some(given) = params.get("pause_schedules") else { return Ok(()) };
    let Some([first, rest @ ..]) = given.as_list() else {
        schedule.set("pause_schedules", Value::List(Vec::new()));
        return Ok(());
    };
    let given = first.as_map().cloned().unwrap_or_default();
    let subscription = schedule.at("subscription").as_id();
    let subscription = subscription.and_then(|id| tx.get("subscription", id)).cloned();
    check(schedule, rest)?;
    let known = entry_of(schedule);
    let known = known.filter(|known| known.at("key") == given.at("key")).unwrap_or_default();
    let mut entry = known.clone();
    if known.is_empty() {
        let key = given.at("key").as_str().map(str::to_string);
        let key = key.unwrap_or_else(|| tx.characters("subscription_schedule.pause", 16));
        entry = map! { "key": key, "pause": Value::Null, "resume": Value::Null };
    }
    let at = |of: &Map, name: &str| of.at(name).as_map().cloned().unwrap_or_default();
    let (pause, resume) = (at(&given, "pause"), at(&given, "resume"));
    if !pause.is_empty() {
        let pause_at = time_of(tx, &at(&pause, "pause_at"), tx.now());
        if pause_at < tx.now() {
            return Err(Error::pause_impossible("pause_at"));
        }
        let settings = settings(PAUSES, &at(&known, "pause"), &pause);
        let status = status("scheduled");
        entry.set("pause", map! { "pause_at": pause_at, "settings": settings, "status": status });
    } else if known.is_empty() {
        // One that is paused already is only told when to go on.
        let paused = subscription.filter(|it| it.str("status") == "paused");
        let paused = paused.ok_or_else(|| Error::pause_impossible("pause"))?;
        let pause_at = paused.path("status_details.paused.transitioned_at").clone();
        let status = status("succeeded");
        let pause = map! { "pause_at": pause_at, "settings": Value::Null, "status": status };
        entry.set("pause", pause);
    }
    let pause_at = entry.path("pause.pause_at").as_int().unwrap_or(0);
    if !resume.is_empty() {
        let resume_at = time_of(tx, &at(&resume, "resume_at"), pause_at);
        if resume_at < pause_at || resume_at < tx.now() {
            return Err(Error::pause_impossible("resume_at"));
        }
        let settings = settings(RESUMES, &at(&known, "resume"), &resume);
        let status = status("scheduled");
        entry
            .set("resume", map! { "resume_at": resume_at, "settings": settings, "status": status });
    } else if given.contains("resume") {
        entry.set("resume", Value::Null);
    }
    schedule.set("pause_schedules", vec![Value::from(entry)]);
    for action in [PAUSE, RESUME] {
        if due(schedule, action).is_some_and(|at| at <= tx.now()) {
            carry_out(tx, schedule, action);
        }
    }
    Ok(())
}

/// Only what is collected automatically in the flexible billing mode is paused, and once.
fn check(schedule: &Map, rest: &[Value]) -> Outcome<()> {
    let is_sent = |of: &Map| of.str("collection_method") == "send_invoice";
    let settings = schedule.at("default_settings").as_map();
    let is_sent = settings.is_some_and(is_sent) || phases_of(schedule).any(is_sent);
    if !rest.is_empty() {
        return Err(Error::pause_impossible("key"));
    }
    match is_sent || !subscribing::is_flexible(schedule) {
        true => Err(Error::pause_impossible("billing_mode")),
        false => Ok(()),
    }
}

fn entry_of(schedule: &Map) -> Option<Map> {
    let entries = schedule.at("pause_schedules").as_list()?;
    entries.first().and_then(Value::as_map).cloned()
}

/// When that is to be done, where it is still to be done.
fn due(schedule: &Map, action: &str) -> Option<i64> {
    let entry = entry_of(schedule)?;
    let (of, at) = if action == PAUSE { ("pause", "pause_at") } else { ("resume", "resume_at") };
    let of = entry.at(of).as_map()?;
    let is_open = of.path("status.type").as_str() == Some("scheduled");
    of.at(at).as_int().filter(|_| is_open)
}

/// Plans when a schedule's subscription pauses and goes on.
pub fn keep_time(tx: &mut Tx<'_>, schedule: &Map) {
    forget(tx, schedule.str("id"));
    for action in [PAUSE, RESUME] {
        if let Some(at) = due(schedule, action) {
            tx.schedule(at.max(tx.now()), action, schedule.str("id"));
        }
    }
}

/// Takes back when a schedule's subscription pauses and goes on.
pub fn forget(tx: &mut Tx<'_>, id: &str) {
    for action in [PAUSE, RESUME] {
        tx.unschedule(action, id);
    }
}

/// Does what is due.
pub fn run(tx: &mut Tx<'_>, action: &str, mut schedule: Map) {
    debug_assert_eq!(schedule.str("object"), KIND);
    carry_out(tx, &mut schedule, if action == PAUSE { PAUSE } else { RESUME });
    plan_again(tx, &schedule);
    tx.save(schedule);
}

/// Pauses the subscription of a schedule, or has it go on, and notes what came of it.
fn carry_out(tx: &mut Tx<'_>, schedule: &mut Map, action: &str) {
    let Some(mut entry) = entry_of(schedule) else { return };
    let field = if action == PAUSE { "pause" } else { "resume" };
    let subscription = schedule.at("subscription").as_id();
    let subscription = subscription.and_then(|id| tx.load("subscription", id));
    let mut params = entry.path(&format!("{field}.settings")).as_map().cloned().unwrap_or_default();
    let Some(subscription) = subscription else { return };
    let state = subscription.str("status");
    let done = match action {
        PAUSE if matches!(state, "active" | "trialing") => {
            if params.path("bill_for.unused_time_from.type").as_str() == Some("pause_at") {
                let from = map! { "type": "now" };
                params.map_mut("bill_for").set("unused_time_from", from);
            }
            subscriptions::pause_now(tx, subscription, &params)
        }
        PAUSE => Err(Error::subscription_not_pausable("status")),
        _ if state == "paused" => subscriptions::resume_now(tx, subscription, &params),
        _ => Err(Error::subscription_not_paused()),
    };
    let status = match done {
        Err(error) => map! {
            "error": map! { "message": error.message.clone() },
            "type": "error",
        },
        Ok(subscription) if action == RESUME && subscription.str("status") == "paused" => {
            let invoice = subscription.at("latest_invoice").as_id().unwrap_or("");
            let intent = invoicing::intent_of(tx, invoice);
            let waits = intent.is_some_and(|intent| intent.str("status") == "requires_action");
            status(if waits { "requires_action" } else { "pending" })
        }
        Ok(_) => status("succeeded"),
    };
    entry.map_mut(field).set("status", status);
    schedule.set("pause_schedules", vec![Value::from(entry)]);
}

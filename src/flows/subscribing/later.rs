//! What Stripe does with subscriptions later, and how they end.

use super::{
    Due, Part, anchor_of, bill, draw_up, due as due_of, has_ended, is_licensed, items_of, keep,
    keeps_anchor, outcomes, period_ends, prebilling, set_price, show_items, spend_once, thresholds,
};
use crate::domains::subscription_schedules;
use crate::flows::periods::{Interval, Period};
use crate::flows::{invoicing, settings};
use crate::map;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// What Stripe comes back to a subscription's schedule for.
const OF_SCHEDULE: &[&str] = &[
    "subscription_schedule.turn",
    "subscription_schedule.expiring",
    "subscription_schedule.pause",
    "subscription_schedule.resume",
];

/// Does what was scheduled for a subscription.
pub fn run(tx: &mut Tx<'_>, action: &str, id: &str) {
    match action {
        "subscription.renew" => renew_in_turn(tx, id),
        "subscription.upcoming" => give_notice(tx, id),
        "subscription.trial_will_end" => {
            if let Some(subscription) = tx.get("subscription", id).cloned() {
                tx.announce("customer.subscription.trial_will_end", subscription);
            }
        }
        "subscription.bill_pending" => bill_pending(tx, id),
        "subscription.expire" => expire(tx, id),
        "subscription.expire_update" => expire_update(tx, id),
        "subscription.collect_again" => collect_again(tx, id),
        "subscription.threshold" => thresholds::cross(tx, id),
        "subscription.overdue" => fall_overdue(tx, id),
        "subscription.default" => give_up_sent(tx, id),
        "subscription.disputed" => outcomes::disputed(tx, id),
        "subscription.write_off" => write_off(tx, id),
        other => panic!("{other} is nothing a subscription does later"),
    }
}

/// The period is over; where a phase of its schedule is over too, the next phase comes first.
fn renew_in_turn(tx: &mut Tx<'_>, id: &str) {
    let waits = tx.get("subscription", id).is_some_and(|it| waits_for_phase(tx, it));
    if waits {
        tx.schedule(tx.now(), "subscription.renew", id);
    } else {
        renew(tx, id);
    }
}

/// The subscription ends, or goes on with the next period and is billed for it.
fn renew(tx: &mut Tx<'_>, id: &str) {
    let Some(mut subscription) = tx.load("subscription", id) else { return };
    if has_ended(&subscription) || matches!(subscription.str("status"), "incomplete" | "paused") {
        return;
    }
    let now = tx.now();
    if subscription.at("cancel_at").as_int().is_some_and(|at| at <= now) {
        bill_last(tx, &mut subscription);
        end(tx, subscription, None);
        return;
    }
    let was_trial = subscription.str("status") == "trialing";
    let is_over = subscription.at("trial_end").as_int().is_none_or(|ends| ends <= now);
    if was_trial && is_over && !ends_trial(tx, &mut subscription) {
        return;
    }
    let (due, period) = begin_periods(tx, &mut subscription, was_trial);
    show_items(tx, &mut subscription);
    if let Some(mut invoice) = bill(tx, &subscription, "subscription_cycle", &due) {
        invoice.set("period_start", period.0);
        invoice.set("period_end", period.1);
        subscription.set("latest_invoice", invoice.at("id").clone());
        spend_once(tx, &mut subscription);
        put_out(tx, invoice, subscription);
    } else {
        keep(tx, subscription);
    }
}

/// Whether the phase of a subscription's schedule is over and the next has not begun, or a pause is
/// due that has not begun.
fn waits_for_phase(tx: &Tx<'_>, subscription: &Map) -> bool {
    let schedule = subscription.at("schedule").as_id();
    let schedule = schedule.and_then(|id| tx.get("subscription_schedule", id));
    let now = tx.now();
    schedule.is_some_and(|schedule| {
        let ends = schedule.path("current_phase.end_date").as_int();
        let pauses = schedule.at("pause_schedules").as_list().unwrap_or_default();
        let pause = pauses.first().and_then(Value::as_map).and_then(|it| it.at("pause").as_map());
        let pause = pause.filter(|it| it.path("status.type").as_str() == Some("scheduled"));
        ends.is_some_and(|ends| ends <= now) || pause.is_some_and(|it| it.int("pause_at") <= now)
    })
}

/// Whether the trial offer of an item is over.
fn is_tried(item: &Map, now: i64) -> bool {
    item.at("current_trial").as_map().is_some_and(|trial| trial.int("end_date") <= now)
}

/// An item whose trial offer is over takes up the price that comes after it.
fn take_up_price(tx: &mut Tx<'_>, item: &mut Map) {
    let offer = item.path("current_trial.trial_offer").as_id().unwrap_or("");
    let offer = tx.get("product_catalog.trial_offer", offer);
    let price = offer.and_then(|offer| offer.path("end_behavior.transition.price").as_id());
    let price = price.and_then(|id| tx.get("price", id)).cloned();
    if let Some(price) = price {
        set_price(tx, item, price);
    }
    item.set("current_trial", Value::Null);
}

/// Has the next periods begin, of the items whose period is over: what is due for them, and the
/// period before. Where a trial offer is over periods are counted anew, unless the anchor is to stay.
fn begin_periods(tx: &mut Tx<'_>, subscription: &mut Map, was_trial: bool) -> (Vec<Due>, Period) {
    let now = tx.now();
    let is_trial = subscription.str("status") == "trialing";
    let items = items_of(tx, subscription.str("id"));
    if !keeps_anchor(subscription) && items.iter().any(|item| is_tried(item, now)) {
        subscription.set("billing_cycle_anchor", now);
    }
    let mut before = (subscription.int("start_date"), now);
    let mut due = Vec::new();
    for was in items {
        let ends = was.int("current_period_end");
        if now < ends {
            continue;
        }
        before = (was.int("current_period_start"), ends);
        let mut item = Map::clone(&was);
        if is_tried(&was, now) {
            take_up_price(tx, &mut item);
        }
        let anchor = anchor_of(subscription, &item);
        let period = (ends, Interval::of(item.at("price")).containing(anchor, ends).1);
        item.set("current_period_start", period.0);
        item.set("current_period_end", period.1);
        let left = prebilling::renew(&mut item, period);
        let item = tx.save(item);
        if !is_licensed(&was) {
            // What is used in a trial is free.
            let part = if was_trial { Part::Trial } else { Part::Usage };
            due.push(Due { item: was, period: before, part });
        }
        if let (Some(left), true) = (left, is_licensed(&item)) {
            due.push(match is_trial {
                true => Due { item, period, part: Part::Trial },
                false => due_of(subscription, item, left),
            });
        }
    }
    (due, before)
}

/// Puts the draft of a period out for collection, as far as the subscription collects, and keeps the
/// subscription, whose latest invoice it is.
pub(super) fn put_out(tx: &mut Tx<'_>, mut invoice: Map, subscription: Map) {
    let paused = subscription.path("pause_collection.behavior").as_str();
    if paused.is_none() && subscription.str("status") != "unpaid" {
        draw_up(tx, invoice, &subscription);
        keep(tx, subscription);
        return;
    }
    invoice.set("auto_advance", false);
    let invoice = tx.save(invoice);
    let subscription = keep(tx, subscription);
    let behavior = subscription.path("pause_collection.behavior").as_str();
    let Some(behavior) = behavior.filter(|behavior| *behavior != "keep_as_draft") else { return };
    let invoice = Map::clone(&invoicing::finalize(tx, Map::clone(&invoice)));
    match behavior {
        _ if invoice.str("status") != "open" => {}
        "void" => {
            let invoice = invoicing::void(tx, invoice);
            outcomes::voided(tx, &invoice);
        }
        _ => {
            let invoice = invoicing::write_off(tx, invoice, "subscription_paused");
            outcomes::written_off(tx, &invoice);
        }
    }
}

/// The trial is over. Says whether the subscription goes on with a period to be paid; without
/// anything to pay with it may pause or end instead.
fn ends_trial(tx: &mut Tx<'_>, subscription: &mut Map) -> bool {
    let missing = subscription.path("trial_settings.end_behavior.missing_payment_method");
    let missing = missing.as_str().unwrap_or("create_invoice").to_string();
    if missing != "create_invoice" && !can_pay(tx, subscription) {
        match missing.as_str() {
            "pause" => pause(tx, subscription.clone(), "trial_end_without_payment_method"),
            _ => end(tx, subscription.clone(), Some("cancellation_requested")),
        };
        return false;
    }
    subscription.set("status", "active");
    true
}

/// The same of a trial that is ended by a request, which is told like the end to come of others. Where
/// the subscription does not go on it is left as it is then.
pub fn end_trial_now(tx: &mut Tx<'_>, subscription: &mut Map) -> bool {
    let id = subscription.str("id").to_string();
    if let Some(known) = tx.get("subscription", &id).cloned() {
        tx.announce("customer.subscription.trial_will_end", known);
    }
    let goes_on = ends_trial(tx, subscription);
    if let Some(left) = tx.load("subscription", &id).filter(|_| !goes_on) {
        *subscription = left;
    }
    goes_on
}

/// Whether there is anything a subscription's invoices can be paid with.
pub fn can_pay(tx: &Tx<'_>, subscription: &Map) -> bool {
    let invoice = map! { "customer": subscription.at("customer").clone() };
    subscription.str("collection_method") == "send_invoice"
        || invoicing::method_for(tx, &invoice, Some(subscription)).is_some()
}

/// Pauses a subscription: it is not billed until it is resumed. `why` is the type of its pause.
pub fn pause(tx: &mut Tx<'_>, mut subscription: Map, why: &'static str) -> Rc<Map> {
    let now = tx.now();
    subscription.set("status", "paused");
    subscription.set(
        "status_details",
        map! {
            "paused": map! {
                "subscription": map! { "type": why },
                "transitioned_at": now,
                "type": "subscription",
            },
        },
    );
    keep(tx, subscription)
}

/// Bills what is pending, as often as the subscription wants it billed between its periods.
fn bill_pending(tx: &mut Tx<'_>, id: &str) {
    let Some(mut subscription) = tx.load("subscription", id) else { return };
    set_pending_interval(tx, &mut subscription);
    let reason = "automatic_pending_invoice_item_invoice";
    if let Some(invoice) = bill(tx, &subscription, reason, &[]) {
        subscription.set("latest_invoice", invoice.at("id").clone());
        put_out(tx, invoice, subscription);
    } else {
        keep(tx, subscription);
    }
}

/// Sets when pending items are billed next between the periods; never, where that is not wanted.
pub fn set_pending_interval(tx: &Tx<'_>, subscription: &mut Map) {
    let interval = subscription.at("pending_invoice_item_interval").as_map();
    let next = interval.map(|every| {
        let count = every.at("interval_count").as_int().unwrap_or(1);
        let anchor = subscription.int("billing_cycle_anchor");
        Interval::new(every.str("interval"), count).containing(anchor, tx.now()).1
    });
    subscription.set("next_pending_invoice_item_invoice", next);
}

/// Tells what the next invoice will be. It has no id yet.
fn give_notice(tx: &mut Tx<'_>, id: &str) {
    let pause = tx.get("subscription", id).and_then(|it| it.at("pause_collection").as_map());
    let until = pause.map(|pause| pause.at("resumes_at").as_int().unwrap_or(i64::MAX));
    // Of what will not be collected nothing is told.
    if until.is_some_and(|until| period_ends(tx, id).is_some_and(|ends| ends < until)) {
        return;
    }
    let Some(mut invoice) = upcoming(tx, id) else { return };
    invoice.remove("id");
    tx.announce("invoice.upcoming", Rc::new(invoice));
}

/// What the next invoice of a subscription will be; none where there will be none.
pub fn upcoming(tx: &mut Tx<'_>, id: &str) -> Option<Map> {
    let subscription = tx.get("subscription", id)?;
    let ends = period_ends(tx, id)?;
    // One that ends is billed for what is pending and what was used.
    let ends = subscription.at("cancel_at").as_int().map_or(ends, |at| at.min(ends));
    let before = subscription.at("latest_invoice").clone();
    let schedule = subscription.at("schedule").as_id().map(str::to_string);
    let phase = schedule.as_ref().and_then(|id| tx.get("subscription_schedule", id));
    let phase_ends = phase.and_then(|phase| phase.path("current_phase.end_date").as_int());
    let at = phase_ends.map_or(ends, |at| at.min(ends)).max(tx.now());
    let mut invoice = tx.what_if(at, |tx| {
        // What is billed while collection is paused is a draft at first.
        let mut subscription = tx.load("subscription", id)?;
        subscription.set("pause_collection", Value::Null);
        tx.save(subscription);
        if let (Some(schedule), true) = (&schedule, phase_ends == Some(at)) {
            subscription_schedules::turn_in_time(tx, schedule);
        }
        billed_since(tx, id, &before).or_else(|| {
            tx.what_if(ends, |tx| {
                renew(tx, id);
                billed_since(tx, id, &before)
            })
        })
    })?;
    invoice.set("billing_reason", "upcoming");
    invoice.set("next_payment_attempt", ends + invoicing::FINALIZES_AFTER);
    invoice.set("ending_balance", Value::Null);
    Some(invoice)
}

/// The latest invoice of a subscription, where it is another than before.
fn billed_since(tx: &Tx<'_>, id: &str, before: &Value) -> Option<Map> {
    let latest = tx.get("subscription", id)?.at("latest_invoice");
    tx.load("invoice", latest.as_id().filter(|_| latest != before)?)
}

/// Nobody paid the first invoice in time.
fn expire(tx: &mut Tx<'_>, id: &str) {
    let Some(subscription) = tx.load("subscription", id) else { return };
    if subscription.str("status") == "incomplete" {
        give_up(tx, subscription);
    }
}

/// Ends a subscription whose first invoice was never paid.
pub fn give_up(tx: &mut Tx<'_>, mut subscription: Map) -> Rc<Map> {
    if let Some(invoice) = latest_open(tx, &subscription) {
        invoicing::void(tx, invoice);
    }
    let now = tx.now();
    subscription.set("status", "incomplete_expired");
    subscription.set("ended_at", now);
    keep(tx, subscription)
}

fn latest_open(tx: &Tx<'_>, subscription: &Map) -> Option<Map> {
    let invoice = tx.load("invoice", subscription.at("latest_invoice").as_id()?)?;
    (invoice.str("status") == "open").then_some(invoice)
}

/// The change that waited for its invoice is given up with it; a resumption only where nobody tried to
/// pay.
fn expire_update(tx: &mut Tx<'_>, id: &str) {
    let Some(subscription) = tx.load("subscription", id) else { return };
    let is_paused = subscription.str("status") == "paused";
    let was_tried = latest_open(tx, &subscription).is_some_and(|it| it.is_true("attempted"));
    if !(is_paused && was_tried) {
        give_up_update(tx, id);
    }
}

/// Gives the change up that waits for its invoice, and the invoice with it.
pub fn give_up_update(tx: &mut Tx<'_>, id: &str) {
    tx.unschedule("subscription.expire_update", id);
    let Some(mut subscription) = tx.load("subscription", id) else { return };
    if subscription.at("pending_update").is_null() {
        return;
    }
    if let Some(invoice) = latest_open(tx, &subscription) {
        invoicing::void(tx, invoice);
    }
    subscription.set("pending_update", Value::Null);
    let subscription = keep(tx, subscription);
    tx.announce("customer.subscription.pending_update_expired", subscription);
}

/// The time for which collection was paused is over.
fn collect_again(tx: &mut Tx<'_>, id: &str) {
    let Some(mut subscription) = tx.load("subscription", id) else { return };
    subscription.set("pause_collection", Value::Null);
    tx.save(subscription);
}

/// Nobody paid an invoice that was sent until it was due.
fn fall_overdue(tx: &mut Tx<'_>, invoice: &str) {
    let Some(invoice) = tx.load("invoice", invoice) else { return };
    if invoice.str("status") == "open" {
        outcomes::fall_behind(tx, &invoice, true);
        if let Some(after) = settings::seconds(tx, "overdue.afterDays") {
            tx.schedule(tx.now() + after, "subscription.default", invoice.str("id"));
        }
    }
}

/// Nobody paid an invoice that was sent for as long as the account waits.
fn give_up_sent(tx: &mut Tx<'_>, invoice: &str) {
    if let Some(invoice) =
        tx.get("invoice", invoice).filter(|it| it.str("status") == "open").cloned()
    {
        outcomes::default(tx, &invoice, "overdue.", "payment_not_received");
    }
}

/// The last invoice of a canceled subscription, over a credit, is nothing to be collected.
fn write_off(tx: &mut Tx<'_>, invoice: &str) {
    if let Some(invoice) = tx.load("invoice", invoice) {
        invoicing::write_off(tx, invoice, "subscription_canceled");
    }
}

// The end.

/// What was used in the periods that run, and is not billed.
pub fn unbilled(tx: &Tx<'_>, subscription: &str) -> Vec<Due> {
    let items = items_of(tx, subscription).into_iter().filter(|item| !is_licensed(item));
    let usage = |item: Rc<Map>| Due {
        period: (item.int("current_period_start"), tx.now()),
        item,
        part: Part::Usage,
    };
    items.map(usage).collect()
}

/// A subscription that ends is billed for what is pending and what was used.
fn bill_last(tx: &mut Tx<'_>, subscription: &mut Map) {
    let due = unbilled(tx, subscription.str("id"));
    if let Some(invoice) = bill(tx, subscription, "subscription_cycle", &due) {
        subscription.set("latest_invoice", invoice.at("id").clone());
        draw_up(tx, invoice, subscription);
    }
}

/// Ends a subscription. `reason` is given where it ends now and not because it was to end.
pub fn end(tx: &mut Tx<'_>, mut subscription: Map, reason: Option<&'static str>) -> Rc<Map> {
    let now = tx.now();
    subscription.set("status", "canceled");
    subscription.set("ended_at", now);
    if !subscription.at("pending_update").is_null() {
        subscription.set("pending_update", Value::Null);
    }
    if let Some(reason) = reason {
        if subscription.at("canceled_at").is_null() {
            subscription.set("canceled_at", now);
        }
        subscription.set("cancel_at", Value::Null);
        subscription.set("cancel_at_period_end", false);
        subscription.map_mut("cancellation_details").set("reason", reason);
    }
    for action in ["subscription.expire", "subscription.expire_update"] {
        tx.unschedule(action, subscription.str("id"));
    }
    let ended = keep(tx, subscription);
    stop_collecting(tx, ended.str("id"));
    end_schedule(tx, &ended, reason == Some("payment_failed"));
    ended
}

/// The schedule of a subscription that ended is canceled with it, or aborted where nobody paid.
fn end_schedule(tx: &mut Tx<'_>, subscription: &Map, is_unpaid: bool) {
    let schedule = subscription.at("schedule").as_id();
    let Some(mut schedule) = schedule.and_then(|id| tx.load("subscription_schedule", id)) else {
        return;
    };
    if !matches!(schedule.str("status"), "active" | "not_started") {
        return;
    }
    for action in OF_SCHEDULE {
        tx.unschedule(action, schedule.str("id"));
    }
    let now = tx.now();
    schedule.set("status", "canceled");
    schedule.set("canceled_at", now);
    schedule.set("current_phase", Value::Null);
    if is_unpaid {
        let schedule = tx.save_untold(schedule);
        tx.announce("subscription_schedule.aborted", schedule);
    } else {
        tx.save(schedule);
    }
}

/// What is open of a subscription that ended is not collected by itself any more.
fn stop_collecting(tx: &mut Tx<'_>, subscription: &str) {
    let path = "parent.subscription_details.subscription";
    for invoice in tx.all_where("invoice", path, subscription) {
        if invoice.is_true("auto_advance") && invoice.str("status") != "draft" {
            let mut invoice = Map::clone(&invoice);
            invoice.set("auto_advance", false);
            invoice.set("next_payment_attempt", Value::Null);
            tx.save(invoice);
        }
    }
}

/// Ends what a customer has subscribed to: the customer goes.
pub fn end_all(tx: &mut Tx<'_>, customer: &str) {
    for subscription in tx.all_where("subscription", "customer", customer) {
        if !has_ended(&subscription) {
            end(tx, Map::clone(&subscription), Some("cancellation_requested"));
        }
    }
}

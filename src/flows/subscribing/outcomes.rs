//! What becomes of a subscription when something becomes of its invoice.

use super::{end, has_ended, items_of, keep, later, period_ends, show_items};
use crate::flows::{invoicing, settings};
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// The subscription whose state an invoice decides: the latest that is no draft does.
fn of_invoice(tx: &Tx<'_>, invoice: &Map) -> Option<Map> {
    let subscription = invoicing::subscription_of(tx, invoice)?;
    if subscription.at("latest_invoice").as_id() == invoice.at("id").as_id() {
        return Some(subscription);
    }
    let path = "parent.subscription_details.subscription";
    let since = |of: &Map| of.path("status_transitions.finalized_at").as_int();
    let own = since(invoice);
    let others = tx.all_where("invoice", path, subscription.str("id"));
    let is_it = |other: &&Rc<Map>| other.at("id").as_id() == invoice.at("id").as_id();
    let is_latest = !others.last().is_some_and(|last| is_it(&last))
        && others.iter().all(|other| since(other) <= own);
    is_latest.then_some(subscription)
}

/// The invoice was paid.
pub fn paid(tx: &mut Tx<'_>, invoice: &Map) {
    let Some(mut subscription) = of_invoice(tx, invoice) else { return };
    if !subscription.at("pending_update").is_null() {
        return apply_update(tx, subscription, "active");
    }
    if !matches!(subscription.str("status"), "incomplete" | "past_due" | "unpaid") {
        return;
    }
    subscription.set("status", "active");
    save_method(tx, &mut subscription, invoice);
    keep(tx, subscription);
}

/// A payment of the invoice was tried, and failed: a resumption that Stripe does not try again is made
/// all the same.
pub fn attempted(tx: &mut Tx<'_>, invoice: &Map) {
    let Some(subscription) = of_invoice(tx, invoice) else { return };
    if is_resuming(&subscription) && !invoice.is_true("auto_advance") {
        apply_update(tx, subscription, "past_due");
    }
}

/// A schedule that had its subscription go on notes that it does.
fn resumed(tx: &mut Tx<'_>, subscription: &Map) {
    let schedule = subscription.at("schedule").as_id();
    let schedule = schedule.and_then(|id| tx.load("subscription_schedule", id));
    let Some(mut schedule) = schedule else { return };
    let mut entries = schedule.at("pause_schedules").as_list().unwrap_or_default().to_vec();
    let Some(entry) = entries.first_mut().and_then(Value::as_map_mut) else { return };
    let waits = entry.path("resume.status.type").as_str();
    if matches!(waits, Some("pending" | "requires_action")) {
        entry.map_mut("resume").set("status", crate::map! { "type": "succeeded" });
        schedule.set("pause_schedules", entries);
        tx.save(schedule);
    }
}

/// Whether a paused subscription goes on when its invoice is paid.
fn is_resuming(subscription: &Map) -> bool {
    subscription.str("status") == "paused" && !subscription.at("pending_update").is_null()
}

/// Where the subscription wants it, what paid is what pays from then on.
pub fn save_method(tx: &Tx<'_>, subscription: &mut Map, invoice: &Map) {
    let wanted = subscription.path("payment_settings.save_default_payment_method");
    if wanted.as_str() != Some("on_subscription") {
        return;
    }
    let intent = invoicing::intent_of(tx, invoice.str("id"));
    let method = intent.and_then(|intent| intent.at("payment_method").as_id().map(str::to_string));
    if let Some(method) = method {
        subscription.set("default_payment_method", method);
    }
}

/// The change that waited for its invoice is made; a subscription that goes on with it does so in that
/// status.
fn apply_update(tx: &mut Tx<'_>, mut subscription: Map, status: &'static str) {
    let id = subscription.str("id").to_string();
    let Some(update) = subscription.at("pending_update").as_map().cloned() else { return };
    let wanted = update.at("subscription_items").as_list().unwrap_or_default();
    for item in items_of(tx, &id) {
        if !wanted.iter().any(|wanted| wanted.as_id() == item.at("id").as_id()) {
            tx.delete("subscription_item", item.str("id"));
        }
    }
    for item in wanted.iter().filter_map(Value::as_map) {
        tx.save(item.clone());
    }
    for name in ["billing_cycle_anchor", "discounts", "metadata", "trial_end"] {
        if !update.at(name).is_null() {
            subscription.set(name, update.at(name).clone());
        }
    }
    if update.at("trial_end").as_int().is_some_and(|ends| ends <= tx.now()) {
        subscription.set("status", "active");
    }
    if update.is_true("cancel_at_period_end") {
        end_with_period(tx, &mut subscription, "cancellation_requested");
    }
    subscription.set("pending_update", Value::Null);
    let mut event = "customer.subscription.pending_update_applied";
    if subscription.str("status") == "paused" {
        subscription.set("status", status);
        subscription.remove("status_details");
        event = "customer.subscription.resumed";
    }
    show_items(tx, &mut subscription);
    tx.unschedule("subscription.expire_update", &id);
    let subscription = keep(tx, subscription);
    tx.announce(event, subscription.clone());
    if event.ends_with("resumed") {
        resumed(tx, &subscription);
    }
}

/// The invoice is not worth collecting: the subscription goes on as if it were paid.
pub fn written_off(tx: &mut Tx<'_>, invoice: &Map) {
    let Some(mut subscription) = of_invoice(tx, invoice) else { return };
    if is_resuming(&subscription) {
        return apply_update(tx, subscription, "active");
    }
    if matches!(subscription.str("status"), "past_due" | "unpaid") {
        subscription.set("status", "active");
        tx.save(subscription);
    }
}

/// The invoice was voided: the first takes the subscription with it, after others the subscription
/// stands as the invoice before left it.
pub fn voided(tx: &mut Tx<'_>, invoice: &Map) {
    let Some(mut subscription) = of_invoice(tx, invoice) else { return };
    if !subscription.at("pending_update").is_null() {
        return later::give_up_update(tx, subscription.str("id"));
    }
    let now = tx.now();
    match subscription.str("status") {
        "incomplete" => {
            subscription.set("status", "incomplete_expired");
            subscription.set("ended_at", now);
        }
        "past_due" | "unpaid" if !owes_before(tx, &subscription) => {
            subscription.set("status", "active");
        }
        _ => return,
    }
    keep(tx, subscription);
}

/// Whether the invoice before the latest one waits to be paid.
fn owes_before(tx: &Tx<'_>, subscription: &Map) -> bool {
    let path = "parent.subscription_details.subscription";
    let invoices = tx.all_where("invoice", path, subscription.str("id"));
    invoices.iter().rev().nth(1).is_some_and(|invoice| invoice.str("status") == "open")
}

/// A payment of the invoice failed; `is_last` says that it is not tried again.
pub fn failed(tx: &mut Tx<'_>, invoice: &Map, is_last: bool) {
    if !is_last {
        return fall_behind(tx, invoice, false);
    }
    default(tx, invoice, "afterRetries.", "max_payment_attempts");
}

/// Nobody pays the invoice any more: what becomes of it and of its subscription the account's
/// settings say, those of that group.
pub(super) fn default(tx: &mut Tx<'_>, invoice: &Map, group: &str, reason: &'static str) {
    if settings::is(tx, &format!("{group}invoice"), "mark_uncollectible") {
        invoicing::write_off(tx, invoice.clone(), reason);
    }
    let subscription = invoicing::subscription_of(tx, invoice);
    let goes_on = |it: &Map| !has_ended(it) && !is_resuming(it);
    let Some(mut subscription) = subscription.filter(goes_on) else { return };
    let outcome = format!("{group}subscription");
    if settings::is(tx, &outcome, "cancel") {
        end(tx, subscription, Some("payment_failed"));
    } else if settings::is(tx, &outcome, "mark_unpaid") {
        subscription.set("status", "unpaid");
        keep(tx, subscription);
    } else {
        fall_behind(tx, invoice, false);
    }
}

/// The customer disputes a charge that paid for a subscription: the account's settings say whether it
/// ends.
pub fn disputed(tx: &mut Tx<'_>, charge: &str) {
    let intent = tx.get("charge", charge).and_then(|charge| charge.at("payment_intent").as_id());
    let payments = tx.all_where("invoice_payment", "payment.payment_intent", intent.unwrap_or(""));
    let invoice = payments.first().and_then(|payment| tx.get("invoice", payment.str("invoice")));
    let subscription = invoice.and_then(|invoice| invoicing::subscription_of(tx, invoice));
    let Some(mut subscription) = subscription.filter(|it| !has_ended(it)) else { return };
    if settings::is(tx, "disputed", "cancel") {
        end(tx, subscription, Some("payment_disputed"));
    } else {
        end_with_period(tx, &mut subscription, "payment_disputed");
        keep(tx, subscription);
    }
}

/// Has a subscription end with its period.
fn end_with_period(tx: &Tx<'_>, subscription: &mut Map, reason: &'static str) {
    subscription.set("cancel_at_period_end", true);
    subscription.set("cancel_at", period_ends(tx, subscription.str("id")));
    subscription.set("canceled_at", tx.now());
    subscription.map_mut("cancellation_details").set("reason", reason);
}

/// A subscription whose invoice is not paid in time; `is_sent` says that it was sent to be paid.
pub(super) fn fall_behind(tx: &mut Tx<'_>, invoice: &Map, is_sent: bool) {
    let Some(mut subscription) = of_invoice(tx, invoice) else { return };
    let is_sent_by_mail = subscription.str("collection_method") == "send_invoice";
    let is_good = matches!(subscription.str("status"), "active" | "trialing");
    if is_good && is_sent == is_sent_by_mail {
        subscription.set("status", "past_due");
        tx.save(subscription);
    }
}

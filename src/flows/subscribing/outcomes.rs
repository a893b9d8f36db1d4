//! What becomes of a subscription when something becomes of its invoice.

use super::{end, has_ended, items_of, keep, period_ends, show_items};
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
        return apply_update(tx, subscription);
    }
    let status = subscription.str("status");
    let resumes = status == "paused" && invoice.str("billing_reason") == "subscription_cycle";
    if !resumes && !matches!(status, "incomplete" | "past_due" | "unpaid") {
        return;
    }
    subscription.set("status", "active");
    if resumes {
        subscription.remove("status_details");
    }
    save_method(tx, &mut subscription, invoice);
    let subscription = keep(tx, subscription);
    if resumes {
        tx.announce("customer.subscription.resumed", subscription.clone());
        resumed(tx, &subscription);
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

/// The change that waited for its invoice is made.
fn apply_update(tx: &mut Tx<'_>, mut subscription: Map) {
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
    for name in ["billing_cycle_anchor", "trial_end"] {
        if !update.at(name).is_null() {
            subscription.set(name, update.at(name).clone());
        }
    }
    subscription.set("pending_update", Value::Null);
    show_items(tx, &mut subscription);
    tx.unschedule("subscription.expire_update", &id);
    let subscription = keep(tx, subscription);
    tx.announce("customer.subscription.pending_update_applied", subscription);
}

/// The invoice is not worth collecting: the subscription goes on as if it were paid.
pub fn written_off(tx: &mut Tx<'_>, invoice: &Map) {
    let Some(mut subscription) = of_invoice(tx, invoice) else { return };
    if matches!(subscription.str("status"), "past_due" | "unpaid") {
        subscription.set("status", "active");
        tx.save(subscription);
    }
}

/// The invoice was voided: the first takes the subscription with it, after others the subscription
/// stands as the invoice before left it.
pub fn voided(tx: &mut Tx<'_>, invoice: &Map) {
    let Some(mut subscription) = of_invoice(tx, invoice) else { return };
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
    let Some(mut subscription) = subscription.filter(|it| !has_ended(it)) else { return };
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
        let now = tx.now();
        subscription.set("cancel_at_period_end", true);
        subscription.set("cancel_at", period_ends(tx, subscription.str("id")));
        subscription.set("canceled_at", now);
        subscription.map_mut("cancellation_details").set("reason", "payment_disputed");
        keep(tx, subscription);
    }
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

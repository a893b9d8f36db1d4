//! Thresholds: the invoices that come between the periods when what was used reaches an amount or a
//! quantity.
//!
//! Usage is looked at a second after it was reported. As documented, thresholds do not count in
//! trials, nor in the last day of a period.
//!
//! Differs from Stripe: the tiers of a price begin anew with the usage after a threshold's invoice.
//!
//! Stripe's page: <https://docs.stripe.com/billing/subscriptions/usage-based/thresholds>.

use super::later::{put_out, unbilled};
use super::{DAY, Due, bill, due, items_of, period_ends, show_items, spend_once};
use crate::flows::metering;
use crate::flows::periods::Interval;
use crate::map;
use crate::store::Tx;
use crate::value::{Map, Value};

/// Plans to look at the thresholds of what a customer subscribed to: something was used.
pub fn look_later(tx: &mut Tx<'_>, customer: &str) {
    for subscription in tx.all_where("subscription", "customer", customer) {
        let id = subscription.str("id");
        let has_own = |of: &Map| !of.at("billing_thresholds").is_null();
        if has_own(&subscription) || items_of(tx, id).iter().any(|item| has_own(item)) {
            tx.unschedule("subscription.threshold", id);
            tx.schedule(tx.now() + 1, "subscription.threshold", id);
        }
    }
}

/// Bills what was used where that has reached a threshold; a new period begins where that is wanted.
pub fn cross(tx: &mut Tx<'_>, id: &str) {
    let now = tx.now();
    let Some(subscription) = tx.load("subscription", id) else { return };
    let is_early = period_ends(tx, id).is_some_and(|ends| now < ends - DAY);
    if !matches!(subscription.str("status"), "active" | "past_due") || !is_early {
        return;
    }
    let used = unbilled(tx, id);
    let Some((amount, items)) = reached(tx, &subscription, &used) else { return };
    super::give_up_update(tx, id);
    let Some(mut subscription) = tx.load("subscription", id) else { return };
    let mut dues = used;
    let resets = subscription.path("billing_thresholds.reset_billing_cycle_anchor");
    if resets.as_bool() == Some(true) {
        subscription.set("billing_cycle_anchor", now);
        for item in items_of(tx, id) {
            let period = (now, Interval::of(item.at("price")).boundary(now, 1));
            let mut item = Map::clone(&item);
            item.set("current_period_start", period.0);
            item.set("current_period_end", period.1);
            let item = tx.save(item);
            dues.push(due(&subscription, item, period));
        }
        show_items(tx, &mut subscription);
    }
    let Some(mut invoice) = bill(tx, &subscription, "subscription_threshold", &dues) else {
        return;
    };
    let reasons = items.iter().map(|(item, limit)| {
        let lines = invoice.path("lines.data").as_list().unwrap_or_default().iter();
        let of_item = |line: &Map| {
            let of = line.path("parent.subscription_item_details.subscription_item");
            of.as_id() == Some(item)
        };
        let lines = lines.filter_map(Value::as_map).filter(|line| of_item(line));
        let ids: Vec<Value> = lines.map(|line| line.at("id").clone()).collect();
        Value::from(map! { "line_item_ids": ids, "usage_gte": *limit })
    });
    let reason = map! { "amount_gte": amount, "item_reasons": reasons.collect::<Vec<_>>() };
    invoice.set("threshold_reason", reason);
    subscription.set("latest_invoice", invoice.at("id").clone());
    spend_once(tx, &mut subscription);
    put_out(tx, invoice, subscription);
}

/// The thresholds that were reached: that of the subscription, and those of its items with their ids.
type Reached = (Option<i64>, Vec<(String, i64)>);

fn reached(tx: &mut Tx<'_>, subscription: &Map, used: &[Due]) -> Option<Reached> {
    let limit = subscription.path("billing_thresholds.amount_gte").as_int();
    let now = tx.now();
    let amount = limit.filter(|limit| {
        let invoice = tx.what_if(now, |tx| bill(tx, subscription, "subscription_threshold", used));
        invoice.is_some_and(|invoice| *limit <= invoice.int("total_excluding_tax"))
    });
    let mut items = Vec::new();
    for Due { item, period, .. } in used {
        let Some(limit) = item.path("billing_thresholds.usage_gte").as_int() else { continue };
        let customer = subscription.str("customer");
        let count = tx.what_if(now, |tx| metering::count(tx, item, customer, *period).0);
        if limit <= count {
            items.push((item.str("id").to_string(), limit));
        }
    }
    (amount.is_some() || !items.is_empty()).then_some((amount, items))
}

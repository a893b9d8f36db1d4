//! Pauses of subscriptions, and how they go on.
//!
//! A subscription whose resumption is to be paid stays paused with the resumption as its pending
//! update, until the invoice is paid, written off or voided (`flows/subscribing/outcomes.rs`), or 23
//! hours pass in which nobody tries to pay it.
//!
//! Stripe's page: <https://docs.stripe.com/billing/subscriptions/pause>.

use super::{beginning, changing, pay_out};
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::periods::Interval;
use crate::flows::subscribing::{self, Collected, Due, Part, Prorated};
use crate::flows::{invoicing, metering};
use crate::map;
use crate::store::Tx;
use crate::value::Map;
use std::rc::Rc;

/// Pauses a subscription; what is left of its period is credited, and what was used is billed, unless
/// that is not wanted.
///
/// Stripe's page: <https://docs.stripe.com/api/subscriptions/pause>.
pub fn pause(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let subscription = crud::load(tx, call)?;
    check(&subscription)?;
    pause_now(tx, subscription, &call.params).map(Body::from)
}

/// What keeps a subscription from being paused.
pub fn check(subscription: &Map) -> Outcome<()> {
    let because = match subscription.str("status") {
        "active" | "trialing" if !subscribing::is_flexible(subscription) => "billing_mode",
        "active" | "trialing" if !subscription.at("schedule").is_null() => "schedule",
        "active" | "trialing" => return Ok(()),
        _ => "status",
    };
    Err(Error::subscription_not_pausable(because))
}

/// The same with the parameters of the verb at hand.
pub fn pause_now(tx: &mut Tx<'_>, mut subscription: Map, how: &Map) -> Outcome<Rc<Map>> {
    if let Some(invoice) = bill_pause(tx, &subscription, how) {
        subscription.set("latest_invoice", invoice.at("id").clone());
        pay_out(tx, &subscription, invoice);
    }
    Ok(subscribing::pause(tx, subscription, "pause_requested"))
}

/// Makes invoice items of what a pause settles, and an invoice of them where one is wanted.
pub fn bill_pause(tx: &mut Tx<'_>, subscription: &Map, how: &Map) -> Option<Map> {
    let from = how.path("bill_for.unused_time_from.type").as_str().unwrap_or("now");
    if subscription.str("status") == "active" && from != "none" {
        let is_whole = from == "item_current_period_start";
        let at = if is_whole { i64::MIN } else { tx.now() };
        changing::credit_rest(tx, subscription, at);
    }
    let used = match how.path("bill_for.outstanding_usage_through.type").as_str() {
        Some("none") => Vec::new(),
        _ => subscribing::unbilled(tx, subscription.str("id")),
    };
    if how.str("invoicing_behavior") == "invoice" {
        return subscribing::bill(tx, subscription, "subscription_update", &used);
    }
    for Due { item, period, .. } in used {
        let (used, period) = metering::count(tx, &item, subscription.str("customer"), period);
        changing::pend_usage(tx, subscription, &item, used, period);
    }
    None
}

/// Has a paused subscription go on.
///
/// Stripe's page: <https://docs.stripe.com/api/subscriptions/resume>.
pub fn resume(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    crud::load(tx, call)?;
    subscribing::give_up_update(tx, call.id(0));
    let subscription = crud::load(tx, call)?;
    if subscription.str("status") != "paused" {
        return Err(Error::subscription_not_paused());
    }
    resume_now(tx, subscription, &call.params).map(Body::from)
}

/// The same with the parameters of the verb at hand.
pub fn resume_now(tx: &mut Tx<'_>, mut subscription: Map, how: &Map) -> Outcome<Rc<Map>> {
    if subscription.str("collection_method") == "send_invoice" {
        return Err(Error::resumption_is_charged());
    }
    let before = subscription.clone();
    let invoice = bill_resumption(tx, &mut subscription, how);
    let is_paid = match &invoice {
        Some(invoice) => {
            subscription.set("latest_invoice", invoice.at("id").clone());
            collect(tx, &mut subscription, invoice.clone(), how)?
        }
        None => true,
    };
    if !is_paid {
        return Ok(changing::park(tx, &before, subscription, how));
    }
    subscription.set("status", "active");
    subscription.remove("status_details");
    let resumed = subscribing::keep(tx, subscription);
    tx.announce("customer.subscription.resumed", resumed.clone());
    Ok(resumed)
}

/// Finalizes the invoice of a resumption, and tries to have it paid where that is asked for; says
/// whether it is.
fn collect(tx: &mut Tx<'_>, subscription: &mut Map, invoice: Map, how: &Map) -> Outcome<bool> {
    let can_pay = subscribing::can_pay(tx, subscription);
    let tries = how.str("payment_behavior") == "resume_on_payment_success" && can_pay;
    let behavior = if tries { "allow_incomplete" } else { "default_incomplete" };
    let id = invoice.str("id").to_string();
    let params = map! { "payment_behavior": behavior };
    let collected = subscribing::collect(tx, subscription, invoice, &params)?;
    if collected == Collected::Declined {
        invoicing::retry_later(tx, &id);
    }
    if collected != Collected::Paid && !can_pay {
        let intent = beginning::ask_for_method(tx, subscription);
        subscription.set("pending_setup_intent", intent);
    }
    Ok(collected == Collected::Paid)
}

/// Begins the periods of a subscription that goes on: a new one that is billed at once, or the one it
/// would be in had it never been paused. Gives the invoice, where there is something to bill.
pub fn bill_resumption(tx: &mut Tx<'_>, subscription: &mut Map, how: &Map) -> Option<Map> {
    let now = tx.now();
    let is_unchanged = changing::named(how, "billing_cycle_anchor") == "unchanged";
    if !is_unchanged {
        subscription.set("billing_cycle_anchor", now);
    }
    let anchor = subscription.int("billing_cycle_anchor");
    let mut due = Vec::new();
    for item in subscribing::items_of(tx, subscription.str("id")) {
        let whole = Interval::of(item.at("price")).containing(anchor, now);
        let mut item = Map::clone(&item);
        item.set("current_period_start", whole.0);
        item.set("current_period_end", whole.1);
        let item = tx.save(item);
        if subscribing::is_licensed(&item) {
            due.push(Due { item, period: whole, part: Part::Whole });
        }
    }
    subscribing::show_items(tx, subscription);
    let behavior = how.str("proration_behavior");
    if is_unchanged && behavior != "none" {
        let at = how.at("proration_date").as_int().unwrap_or(now);
        let items: Vec<&Map> = due.iter().map(|due| &*due.item).collect();
        let costs = subscribing::costs_of(tx, subscription, &items);
        for (Due { item, period, .. }, cost) in due.iter().zip(costs) {
            let (cost, period) = (cost.rest(at, *period), (at, period.1));
            let debit = Prorated { item, cost, period, credited: None, usage: None };
            subscribing::prorate(tx, subscription, debit);
        }
    }
    match is_unchanged {
        true if behavior != "always_invoice" => None,
        true => subscribing::bill(tx, subscription, "subscription_cycle", &[]),
        false => subscribing::bill(tx, subscription, "subscription_cycle", &due),
    }
}

//! Previews: the invoice that would come, of a subscription as it is, changed, or new.
//!
//! A preview does what would be done, looks at the invoice, and takes everything back: so it is
//! what then happens.
//!
//! Stripe's page: <https://docs.stripe.com/api/invoices/create_preview>.

use super::super::subscription_schedules;
use super::{begin, changing};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::{invoicing, subscribing};
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};

/// Parameters of the older URL that stand beside the others, with this before their names.
const OLD: &str = "subscription_";

/// The invoice that would come next.
pub fn invoice(tx: &mut Tx<'_>, params: &Map) -> Outcome<Map> {
    let details = details_of(params);
    let now = tx.now();
    let is_scheduled = ["schedule", "schedule_details"].iter().any(|name| params.contains(name));
    let seen = tx.what_if(now, |tx| match params.at("subscription").as_str() {
        _ if is_scheduled => subscription_schedules::preview(tx, params),
        Some(id) => of_known(tx, id, &details, params),
        None => of_new(tx, &details, params),
    })?;
    let mut invoice = seen.ok_or_else(Error::nothing_upcoming)?;
    let id = format!("upcoming_{}", invoice.str("id"));
    let lines = format!("/v1/invoices/{id}/lines");
    if let Some(Value::List(data)) = invoice.map_mut("lines").get_mut("data") {
        for line in data.iter_mut().filter_map(Value::as_map_mut) {
            line.set("invoice", id.clone());
        }
    }
    invoice.map_mut("lines").set("url", lines);
    invoice.set("id", id);
    for name in ["ending_balance", "automatically_finalizes_at"] {
        invoice.set(name, Value::Null);
    }
    if let Some(date) = details.at("proration_date").as_int() {
        let parent = invoice.map_mut("parent").map_mut("subscription_details");
        parent.set("subscription_proration_date", date);
    }
    Ok(invoice)
}

/// What is to be different, whichever way it was said.
fn details_of(params: &Map) -> Map {
    let mut details = params.at("subscription_details").as_map().cloned().unwrap_or_default();
    for (name, value) in params.iter() {
        if let Some(name) = name.strip_prefix(OLD).filter(|name| *name != "details") {
            details.set(name.to_string(), value.clone());
        }
    }
    details
}

/// A subscription as it is or with a change; with `always_invoice` what the change itself bills.
fn of_known(tx: &mut Tx<'_>, id: &str, details: &Map, params: &Map) -> Outcome<Option<Map>> {
    let subscription = tx
        .load("subscription", id)
        .ok_or_else(|| Error::no_such_reference("subscription", id, "subscription"))?;
    if subscribing::has_ended(&subscription) {
        return Ok(None);
    }
    add_items(tx, subscription.str("customer"), subscription.str("currency"), params);
    if details.is_true("cancel_now") {
        if details.str("proration_behavior") != "none" {
            let at = details.at("proration_date").as_int().unwrap_or(tx.now());
            changing::credit_rest(tx, &subscription, at);
        }
        return Ok(subscribing::bill(tx, &subscription, "upcoming", &[]));
    }
    let was = subscription.clone();
    let (mut changed, invoice) = changing::change(tx, subscription, details)?;
    if invoice.is_some() {
        return Ok(invoice);
    }
    if params.contains("discounts") {
        let discounts = super::discounts(tx, ("subscription", id), params, &[])?;
        changed.set("discounts", discounts);
    }
    if params.str("preview_mode") == "recurring" {
        changing::drop_prorations(tx, &was, None);
    }
    tx.save(changed);
    let upcoming = subscribing::upcoming(tx, id);
    Ok(upcoming)
}

/// The first invoice of a subscription that is not there yet.
fn of_new(tx: &mut Tx<'_>, details: &Map, params: &Map) -> Outcome<Option<Map>> {
    let mut given = details.clone();
    let Some(customer) = params.at("customer").as_str().map(str::to_string) else {
        return Err(Error::preview_of_nothing());
    };
    given.set("customer", customer.clone());
    if let Some(start) = given.remove("start_date") {
        given.set("backdate_start_date", start);
    }
    if let Some(anchor) = given.path("billing_cycle_anchor.timestamp").as_int() {
        given.set("billing_cycle_anchor", anchor);
    }
    for name in ["discounts", "coupon", "currency"] {
        if let Some(value) = params.get(name) {
            given.set(name, value.clone());
        }
    }
    add_items(tx, &customer, params.str("currency"), params);
    if given.at("items").as_list().is_some_and(|items| !items.is_empty()) {
        return Ok(begin(tx, &given)?.1);
    }
    let Some(customer) = tx.load("customer", &customer) else {
        return Err(Error::no_such_reference("customer", &customer, "customer"));
    };
    // Without a subscription, what is pending and what is given.
    let mut next = tx.all_where("subscription", "customer", customer.str("id")).into_iter();
    if let Some(subscription) = next.find(|subscription| !subscribing::has_ended(subscription)) {
        return Ok(subscribing::upcoming(tx, subscription.str("id")));
    }
    let currency = customer.at("currency").as_str().unwrap_or(params.str("currency")).to_string();
    let mut invoice = invoicing::draft(tx, &customer, &currency);
    invoicing::sweep(tx, &mut invoice, invoicing::Pending::All);
    invoicing::add_up(tx, &mut invoice);
    let is_empty = invoice.path("lines.data").as_list().is_none_or(<[Value]>::is_empty);
    Ok((!is_empty).then_some(invoice))
}

/// Makes pending items of those that are given.
fn add_items(tx: &mut Tx<'_>, customer: &str, currency: &str, params: &Map) {
    let kind = Object::find("invoiceitem").expect("a published type");
    for given in params.at("invoice_items").as_list().unwrap_or_default() {
        let Some(given) = given.as_map() else { continue };
        let Ok(mut item) = crud::draft_kind(tx, kind, given) else { continue };
        let price = given.at("price").as_str().and_then(|id| tx.get("price", id)).cloned();
        let quantity = given.at("quantity").as_int().unwrap_or(1);
        let amount = price.as_ref().map(|price| invoicing::amount_of(tx, price, quantity));
        if let Some(price) = &price {
            item.set("description", invoicing::description_of(tx, price, quantity));
            item.set("pricing", invoicing::pricing(price));
            item.set("currency", price.at("currency").clone());
        }
        if item.str("currency").is_empty() {
            item.set("currency", currency.to_string());
        }
        item.set("amount", amount.unwrap_or(given.int("amount")));
        item.set("customer", customer.to_string());
        tx.save(item);
    }
}

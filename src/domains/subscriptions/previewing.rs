//! Previews: the invoice that would come, of a subscription as it is, changed, or new.
//!
//! A preview does what would be done, looks at the invoice, and takes everything back: so it is
//! what then happens.
//!
//! Stripe's page: <https://docs.stripe.com/api/invoices/create_preview>.

use super::super::{invoiceitems, subscription_schedules};
use super::{begin, beginning, changing, pausing};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::{invoicing, subscribing};
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};

/// Parameters of the older URL that stand beside the others, with this before their names.
const OLD: &str = "subscription_";

/// The invoice that would come next. `is_old` says that it was asked for before basil: then it may be
/// the next of all that a customer subscribed to.
pub fn invoice(tx: &mut Tx<'_>, params: &Map, is_old: bool) -> Outcome<Map> {
    let details = details_of(params);
    if !is_old && !names_something(params, &details) {
        return Err(Error::preview_names_nothing());
    }
    if details.contains("proration_date") && !params.contains("subscription") {
        return Err(Error::proration_date_of_nothing());
    }
    let now = tx.now();
    let is_scheduled = ["schedule", "schedule_details"].iter().any(|name| params.contains(name));
    let seen = tx.what_if(now, |tx| match params.at("subscription").as_str() {
        _ if is_scheduled => subscription_schedules::preview(tx, params),
        Some(id) => of_known(tx, id, &details, params),
        None => of_new(tx, &details, params),
    })?;
    let subscription = params.at("subscription").as_id();
    let subscription = subscription.and_then(|id| tx.get("subscription", id));
    let customer = subscription.map_or(params.str("customer"), |it| it.str("customer"));
    let mut invoice = seen.ok_or_else(|| Error::nothing_upcoming(customer))?;
    let id = format!("upcoming_{}", invoice.str("id"));
    let lines = format!("/v1/invoices/{id}/lines");
    let at = details.at("proration_date").as_int().unwrap_or(now);
    let mut prorates = false;
    if let Some(Value::List(data)) = invoice.map_mut("lines").get_mut("data") {
        for line in data.iter_mut().filter_map(Value::as_map_mut) {
            line.set("invoice", id.clone());
            let is_part = line.path("parent.subscription_item_details.proration");
            prorates |=
                is_part.as_bool() == Some(true) && line.path("period.start").as_int() == Some(at);
        }
    }
    invoice.map_mut("lines").set("url", lines);
    invoice.set("id", id);
    if !params.contains("customer") && !params.contains("subscription") && !is_scheduled {
        invoice.set("customer", Value::Null);
    }
    for name in ["ending_balance", "automatically_finalizes_at"] {
        invoice.set(name, Value::Null);
    }
    if prorates {
        let parent = invoice.map_mut("parent").map_mut("subscription_details");
        parent.set("subscription_proration_date", at);
    }
    Ok(invoice)
}

/// Whether it is said what is to be previewed.
fn names_something(params: &Map, details: &Map) -> bool {
    let names = ["subscription", "schedule", "invoice_items"];
    names.iter().any(|name| params.contains(name))
        || details.contains("items")
        || params.path("schedule_details.phases").as_list().is_some()
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
    let mut subscription = tx
        .load("subscription", id)
        .ok_or_else(|| Error::no_such_reference("subscription", id, "subscription"))?;
    if subscribing::has_ended(&subscription) {
        return Ok(None);
    }
    let mut details = details.clone();
    let is_steady = params.str("preview_mode") == "recurring";
    if is_steady {
        details.set("proration_behavior", "none");
        drop_pending(tx, &subscription);
    }
    if params.contains("discounts") {
        let discounts = super::discounts(tx, ("subscription", id), params, &[])?;
        subscription.set("discounts", discounts);
        subscription = Map::clone(&tx.save(subscription));
    }
    lay_customer(tx, subscription.str("customer"), params);
    add_items(tx, subscription.str("customer"), subscription.str("currency"), params)?;
    if let Some(tax) = params.get("automatic_tax") {
        details.set("automatic_tax", tax.clone());
    }
    if details.is_true("cancel_now") {
        let credits = details.str("proration_behavior") != "none";
        let from = details.at("proration_date").as_int().unwrap_or(tx.now());
        return Ok(super::bill_end(tx, &subscription, credits.then_some(from), true));
    }
    if let Some(pause) = details.at("pause").as_map().filter(|pause| !pause.is_empty()) {
        pausing::check(&subscription)?;
        return Ok(pausing::bill_pause(tx, &subscription, pause));
    }
    if details.contains("resume_at") && subscription.str("status") == "paused" {
        return Ok(pausing::bill_resumption(tx, &mut subscription, &details));
    }
    let (changed, invoice) = changing::change(tx, subscription, &details)?;
    if invoice.is_some() && !is_steady {
        return Ok(invoice);
    }
    tx.save(changed);
    Ok(subscribing::upcoming(tx, id))
}

/// Takes back what is pending and would be on the next invoice.
fn drop_pending(tx: &mut Tx<'_>, subscription: &Map) {
    let Some(customer) = subscription.at("customer").as_id() else { return };
    for item in tx.all_where("invoiceitem", "customer", customer) {
        if item.at("invoice").is_null() {
            tx.delete("invoiceitem", item.str("id"));
        }
    }
}

/// The first invoice of a subscription that is not there yet.
fn of_new(tx: &mut Tx<'_>, details: &Map, params: &Map) -> Outcome<Option<Map>> {
    let mut given = details.clone();
    let is_something = given.contains("items") || params.contains("invoice_items");
    let customer = match params.at("customer").as_str() {
        Some(customer) => customer.to_string(),
        None if is_something => someone(tx),
        None => return Err(Error::preview_of_nothing()),
    };
    lay_customer(tx, &customer, params);
    given.set("customer", customer.clone());
    if let Some(start) = given.remove("start_date") {
        given.set("backdate_start_date", start);
    }
    if let Some(anchor) = given.path("billing_cycle_anchor.timestamp").as_int() {
        given.set("billing_cycle_anchor", anchor);
    }
    for name in ["automatic_tax", "discounts", "coupon", "currency"] {
        if let Some(value) = params.get(name) {
            given.set(name, value.clone());
        }
    }
    add_items(tx, &customer, params.str("currency"), params)?;
    if given.at("items").as_list().is_some_and(|items| !items.is_empty()) {
        let (subscription, invoice) = begin(tx, &given)?;
        beginning::check_customer(tx, &subscription)?;
        return Ok(invoice);
    }
    let Some(customer) = tx.load("customer", &customer) else {
        return Err(Error::no_such_reference("customer", &customer, "customer"));
    };
    // Without a subscription, the next of those there are, else what is pending and what is given.
    let mut known = tx.all_where("subscription", "customer", customer.str("id"));
    known.retain(|subscription| !subscribing::has_ended(subscription));
    let next = known.iter().min_by_key(|known| subscribing::period_ends(tx, known.str("id")));
    if let (Some(next), false) = (next, params.contains("invoice_items")) {
        return Ok(subscribing::upcoming(tx, next.str("id")));
    }
    let pending = tx.all_where("invoiceitem", "customer", customer.str("id"));
    let currency = [customer.at("currency"), params.at("currency")];
    let currency = currency.iter().find_map(|currency| currency.as_str()).or_else(|| {
        pending.iter().rev().find(|item| item.at("invoice").is_null())?.at("currency").as_str()
    });
    let currency = currency.unwrap_or("").to_string();
    let mut invoice = invoicing::draft(tx, &customer, &currency);
    if let Some(tax) = params.at("automatic_tax").as_map() {
        invoice.map_mut("automatic_tax").set("enabled", tax.at("enabled").clone());
    }
    invoicing::sweep(tx, &mut invoice, invoicing::Pending::All);
    invoicing::add_up(tx, &mut invoice);
    let is_empty = invoice.path("lines.data").as_list().is_none_or(<[Value]>::is_empty);
    Ok((!is_empty).then_some(invoice))
}

/// Makes pending items of those that are given, or changes those that are named.
fn add_items(tx: &mut Tx<'_>, customer: &str, currency: &str, params: &Map) -> Outcome<()> {
    let currency = Some(currency).filter(|currency| !currency.is_empty());
    for (place, given) in
        params.at("invoice_items").as_list().unwrap_or_default().iter().enumerate()
    {
        let mut given = given.as_map().cloned().unwrap_or_default();
        let path = format!("invoice_items[{place}]");
        if let Some(known) = given.remove("invoiceitem") {
            let id = known.as_str().unwrap_or("");
            let name = format!("{path}[invoiceitem]");
            let missing = || Error::no_such_reference("invoiceitem", id, name);
            let item = tx.load("invoiceitem", id).ok_or_else(missing)?;
            invoiceitems::change(tx, item, &given, &path)?;
        } else {
            let item = invoiceitems::make(tx, &given, customer, currency, &path)?;
            tx.save(item);
        }
    }
    Ok(())
}

/// Makes the customer what is said of them.
fn lay_customer(tx: &mut Tx<'_>, customer: &str, params: &Map) {
    let Some(details) = params.at("customer_details").as_map() else { return };
    let Some(mut customer) = tx.load("customer", customer) else { return };
    for name in ["address", "shipping", "tax_exempt"] {
        if let Some(value) = details.get(name) {
            customer.set(name, value.clone());
        }
    }
    tx.save(customer);
}

/// A customer for a preview that names none.
fn someone(tx: &mut Tx<'_>) -> String {
    let kind = Object::find("customer").expect("a published type");
    let customer = crud::new(tx, kind, &Map::new());
    let id = customer.str("id").to_string();
    tx.save(customer);
    id
}

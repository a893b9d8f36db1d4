//! Billing: meters and their events, credit grants and the balance they make.
//!
//! Stripe's pages: <https://docs.stripe.com/api/billing/meter>,
//! <https://docs.stripe.com/api/billing/credit-grant>. What usage and credits come to is in
//! [`crate::flows::metering`] and [`crate::flows::crediting`].

use super::catalogue;
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::{crediting, metering};
use crate::map;
use crate::order;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use crate::versions::{self, Older};
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("GET /v1/billing/alerts", list_alerts),
    ("POST /v1/billing/alerts", create_alert),
    ("GET /v1/billing/credit_balance_summary", summarize_credit),
    ("GET /v1/billing/credit_balance_transactions", list_credit_transactions),
    ("POST /v1/billing/credit_grants", grant),
    ("POST /v1/billing/credit_grants/{id}", update_grant),
    ("POST /v1/billing/credit_grants/{id}/expire", expire),
    ("POST /v1/billing/credit_grants/{id}/void", void),
    ("POST /v1/billing/meter_event_adjustments", adjust),
    ("POST /v1/billing/meter_events", report),
    ("POST /v1/billing/meters", create_meter),
    ("POST /v1/billing/meters/{id}/reactivate", reactivate),
    ("GET /v1/billing/meters/{id}/event_summaries", summarize_events),
];

// Alerts.

/// Before acacia the threshold had another name, and its filter stood beside it.
pub static OLDER_ALERTS: Older = &[("2024-09-30", |_, alert| {
    let filters = alert.path("usage_threshold.filters").as_list().and_then(<[Value]>::first);
    let filter = filters.and_then(Value::as_map).map(|filter| {
        let customer = filter.at("customer").clone();
        map! { "customer": customer, "subscription": Value::Null, "subscription_item": Value::Null }
    });
    alert.map_mut("usage_threshold").remove("filters");
    versions::show_renamed(alert, "/v1/billing/alerts");
    alert.set("filter", filter);
})];

fn create_alert(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut call = call.clone();
    if let Some(customer) = call.params.path("filter.customer").as_str().map(str::to_string) {
        let filter = map! { "customer": customer, "type": "customer" };
        call.params.map_mut("usage_threshold").set("filters", vec![Value::from(filter)]);
    }
    let call = &call;
    let Some(threshold) = call.params.at("usage_threshold").as_map() else {
        return Err(Error::parameter_missing("usage_threshold"));
    };
    let meter = threshold.str("meter");
    let param = |name: &str| format!("usage_threshold[{name}]");
    let missing = || Error::no_such_reference("billing.meter", meter, param("meter"));
    let name = tx.get("billing.meter", meter).ok_or_else(missing)?.str("event_name");
    if threshold.int("gte") < 1 {
        return Err(Error::below_minimum(&param("gte"), 1));
    }
    let filters = threshold.at("filters").as_list().unwrap_or_default();
    for (place, filter) in filters.iter().enumerate() {
        let customer = filter.as_map().map_or("", |filter| filter.str("customer"));
        if !customer.is_empty() && !tx.exists("customer", customer) {
            let param = param(&format!("filters][{place}][customer"));
            return Err(Error::no_such_reference("customer", customer, param));
        }
    }
    let known = tx.all(metering::EVENT);
    let known = known.iter().filter(|event| event.str("event_name") == name);
    let known: Vec<Value> = known.map(|event| event.at("id").clone()).collect();
    let alert = crud::draft(tx, call)?;
    metering::overlook(tx, alert.str("id"), known);
    Ok(tx.save(alert).into())
}

/// Those that were archived are not among them.
fn list_alerts(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    crud::list_where(tx, call, |alert| alert.str("status") != "archived")
}

// Meters.

fn create_meter(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    refuse_name(tx, call.params.str("event_name"))?;
    crud::create(tx, call)
}

fn reactivate(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut meter = crud::load(tx, call)?;
    if meter.str("status") == "active" {
        return Err(Error::wrong_status("reactivate", "billing.meter", "active", &["inactive"]));
    }
    refuse_name(tx, meter.str("event_name"))?;
    meter.set("status", "active");
    meter.set("updated", tx.now());
    meter.map_mut("status_transitions").set("deactivated_at", Value::Null);
    Ok(tx.save(meter).into())
}

/// The name of its events is that of one active meter only.
fn refuse_name(tx: &Tx<'_>, name: &str) -> Outcome<()> {
    match metering::meter_of(tx, name).is_some_and(|meter| meter.str("status") == "active") {
        true => Err(Error::meter_known(name)),
        false => Ok(()),
    }
}

// Meter events.

fn report(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let event = crud::draft(tx, call)?;
    record(tx, event.clone())?;
    Ok(event.into())
}

/// Takes an event in; refused where one with its identifier is known.
pub fn record(tx: &mut Tx<'_>, event: Map) -> Outcome<()> {
    let identifier = event.str("identifier");
    if tx.exists(metering::EVENT, identifier) {
        return Err(Error::meter_event_known(identifier));
    }
    metering::record(tx, event);
    Ok(())
}

fn adjust(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let adjustment = crud::draft(tx, call)?;
    cancel(tx, call)?;
    Ok(adjustment.into())
}

/// Takes the event back that `cancel[identifier]` names, within a day of its report.
pub fn cancel(tx: &mut Tx<'_>, call: &Call) -> Outcome<()> {
    let identifier = call.params.path("cancel.identifier").as_str().unwrap_or("");
    let event = tx.get(metering::EVENT, identifier);
    if event.is_none_or(|event| event.int("created") + 24 * 3600 < tx.now()) {
        return Err(Error::meter_event_unknown(identifier));
    }
    tx.delete(metering::EVENT, identifier);
    Ok(())
}

/// One summary a window that has events; without windows, one of the whole time asked for.
fn summarize_events(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let meter = crud::load_kind(tx, "billing.meter", call.id(0))?;
    let params = &call.params;
    let (start, end) = (params.int("start_time"), params.int("end_time"));
    let window = match params.str("value_grouping_window") {
        "day" => 24 * 3600,
        "hour" => 3600,
        _ => (end - start).max(1),
    };
    let step = if params.contains("value_grouping_window") { window } else { 60 };
    for (name, at) in [("start_time", start), ("end_time", end)] {
        if tx.validates() && at % step != 0 {
            return Err(Error::meter_window_unaligned(name, step));
        }
    }
    let events = metering::events(tx, &meter, params.str("customer"), (start, end));
    let place = |event: &Rc<Map>| (event.int("timestamp") - start) / window;
    let mut windows: Vec<i64> = events.iter().map(place).collect();
    order::sort(&mut windows, &|one, other| one < other);
    windows.dedup();
    let mut summaries = Vec::new();
    for wanted in windows.into_iter().rev() {
        let inside = events.iter().filter(|event| place(event) == wanted);
        let value = metering::aggregate(inside, &meter);
        let begins = start + wanted * window;
        let ends = (begins + window).min(end);
        summaries.push(summary(tx, &meter, value, begins, ends));
    }
    catalogue::page(call, summaries)
}

fn summary(tx: &mut Tx<'_>, meter: &Map, value: i64, start: i64, end: i64) -> Value {
    let kind = Object::find("billing.meter_event_summary").expect("a published type");
    let mut summary = crud::new(tx, kind, &Map::new());
    summary.set("aggregated_value", value);
    summary.set("end_time", end);
    summary.set("meter", meter.at("id").clone());
    summary.set("start_time", start);
    summary.into()
}

// Credits.

fn grant(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    if !call.params.contains("customer") && !call.params.contains("customer_account") {
        return Err(Error::must_provide(&["customer", "customer_account"]));
    }
    let grant = crud::draft(tx, call)?;
    let grant = tx.save(grant);
    let value = grant.path("amount.monetary.value").as_int().unwrap_or(0);
    crediting::book(tx, &grant, ("credit", "credits_granted"), value, None);
    keep_time(tx, &grant);
    Ok(grant.into())
}

fn update_grant(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut grant = crud::load(tx, call)?;
    crud::apply(tx, crud::kind(call).shape(), &mut grant, &call.params, "")?;
    grant.set("updated", tx.now());
    let grant = tx.save(grant);
    keep_time(tx, &grant);
    Ok(grant.into())
}

/// Has what is left of a grant expire in time.
fn keep_time(tx: &mut Tx<'_>, grant: &Map) {
    tx.unschedule("billing.credit_grant.expire", grant.str("id"));
    if let Some(at) = grant.at("expires_at").as_int() {
        tx.schedule(at, "billing.credit_grant.expire", grant.str("id"));
    }
}

/// What is left of the credit is gone from then on.
fn expire(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut grant = crud::load(tx, call)?;
    grant.set("expires_at", tx.now());
    grant.set("updated", tx.now());
    tx.unschedule("billing.credit_grant.expire", call.id(0));
    take_rest(tx, &grant, "credits_expired");
    Ok(tx.save(grant).into())
}

/// Only credit that was not used can be taken back.
fn void(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut grant = crud::load(tx, call)?;
    if crediting::is_used(tx, call.id(0)) {
        return Err(Error::credit_grant_used());
    }
    grant.set("voided_at", tx.now());
    grant.set("updated", tx.now());
    tx.unschedule("billing.credit_grant.expire", call.id(0));
    take_rest(tx, &grant, "credits_voided");
    Ok(tx.save(grant).into())
}

fn take_rest(tx: &mut Tx<'_>, grant: &Map, kind: &'static str) {
    let rest = crediting::left(tx, grant.str("id"));
    if 0 < rest {
        crediting::book(tx, grant, ("debit", kind), rest, None);
    }
}

/// A grant's time is over.
pub fn run(tx: &mut Tx<'_>, id: &str) {
    if let Some(grant) = tx.get("billing.credit_grant", id).cloned() {
        take_rest(tx, &grant, "credits_expired");
    }
}

/// The customer is the grant's.
fn list_credit_transactions(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let customer = call.params.str("customer").to_string();
    let grants = match customer.is_empty() {
        true => tx.all("billing.credit_grant"),
        false => tx.all_where("billing.credit_grant", "customer", &customer),
    };
    let mut rest = call.clone();
    rest.params.remove("customer");
    crud::list_where(tx, &rest, |transaction| {
        grants.iter().any(|grant| transaction.at("credit_grant").as_id() == Some(grant.str("id")))
    })
}

/// Adds up what is left of the grants, a balance a currency: what can be used now, and all.
fn summarize_credit(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let customer = call.params.str("customer");
    if !tx.exists("customer", customer) {
        return Err(Error::no_such_reference("customer", customer, "customer"));
    }
    let only = call.params.path("filter.credit_grant").as_str();
    let wanted = call.params.path("filter.applicability_scope.prices").as_list();
    let mut sums: Vec<(String, i64, i64)> = Vec::new();
    for grant in tx.all_where("billing.credit_grant", "customer", customer) {
        let of = grant.path("applicability_config.scope.prices").as_list();
        if only.is_some_and(|only| only != grant.str("id"))
            || only.is_none() && !is_same_scope(of.unwrap_or_default(), wanted.unwrap_or_default())
        {
            continue;
        }
        let value = crediting::left(tx, grant.str("id"));
        let usable = if crediting::is_in_force(tx, &grant) { value } else { 0 };
        let currency = grant.path("amount.monetary.currency").as_str().unwrap_or("usd").to_string();
        match sums.iter_mut().find(|(known, ..)| *known == currency) {
            Some((_, available, ledger)) => {
                *available += usable;
                *ledger += value;
            }
            None => sums.push((currency, usable, value)),
        }
    }
    let balance = |currency: &str, value: i64| {
        let monetary = map! { "currency": currency.to_string(), "value": value };
        map! { "monetary": monetary, "type": "monetary" }
    };
    let balances: Vec<Value> = sums
        .iter()
        .map(|(currency, available, ledger)| {
            map! {
                "available_balance": balance(currency, *available),
                "ledger_balance": balance(currency, *ledger),
            }
            .into()
        })
        .collect();
    let summary = map! {
        "object": "billing.credit_balance_summary",
        "balances": balances,
        "customer": customer.to_string(),
        "customer_account": Value::Null,
        "livemode": false,
    };
    Ok(summary.into())
}

/// Whether a grant is for the prices that are asked about; none are all metered ones.
fn is_same_scope(of: &[Value], wanted: &[Value]) -> bool {
    match (of, wanted) {
        ([], []) => true,
        ([], _) | (_, []) => false,
        _ => wanted.iter().any(|price| of.iter().any(|known| known.as_id() == price.as_id())),
    }
}

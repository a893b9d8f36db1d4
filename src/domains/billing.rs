//! Billing: meters and their events, credit grants and the balance they make.
//!
//! Stripe's pages: <https://docs.stripe.com/api/billing/meter>,
//! <https://docs.stripe.com/api/billing/credit-grant>. Alerts are plain. Meter events of both API
//! versions are kept as one kind of record, which summaries are computed from.

use super::catalogue;
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("GET /v1/billing/credit_balance_summary", summarize_credit),
    ("GET /v1/billing/credit_balance_transactions", list_credit_transactions),
    ("POST /v1/billing/credit_grants", grant),
    ("POST /v1/billing/credit_grants/{id}/expire", expire),
    ("POST /v1/billing/credit_grants/{id}/void", void),
    ("POST /v1/billing/meter_event_adjustments", adjust),
    ("POST /v1/billing/meter_events", report),
    ("GET /v1/billing/meters/{id}/event_summaries", summarize_events),
];

/// Under which name meter events are kept: the API has no way to read them again.
const RECORD: &str = "meter_event_record";

// Meter events.

fn report(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let event = crud::draft(tx, call)?;
    let at = event.int("timestamp");
    record(tx, &event, at)?;
    Ok(event.into())
}

/// Keeps an event; refused where one with its identifier is known.
pub fn record(tx: &mut Tx<'_>, event: &Map, at: i64) -> Outcome<()> {
    let identifier = event.str("identifier");
    if tx.exists(RECORD, identifier) {
        return Err(Error::meter_event_known(identifier));
    }
    let kept = map! {
        "id": identifier.to_string(),
        "object": RECORD,
        "event_name": event.at("event_name").clone(),
        "payload": event.at("payload").clone(),
        "timestamp": at,
    };
    tx.save(kept);
    Ok(())
}

fn adjust(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let adjustment = crud::draft(tx, call)?;
    cancel(tx, call)?;
    Ok(adjustment.into())
}

/// Takes the event back that `cancel[identifier]` names.
pub fn cancel(tx: &mut Tx<'_>, call: &Call) -> Outcome<()> {
    let identifier = call.params.path("cancel.identifier").as_str().unwrap_or("");
    if tx.exists(RECORD, identifier) {
        tx.delete(RECORD, identifier);
        return Ok(());
    }
    Err(Error::meter_event_unknown(identifier))
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
    let customer_key = meter.path("customer_mapping.event_payload_key").as_str().unwrap_or("");
    let events: Vec<_> = tx
        .all(RECORD)
        .into_iter()
        .filter(|event| {
            let at = event.int("timestamp");
            let payload = event.at("payload").as_map();
            event.str("event_name") == meter.str("event_name")
                && (start..end).contains(&at)
                && payload
                    .is_some_and(|payload| payload.str(customer_key) == params.str("customer"))
        })
        .collect();
    let mut windows: Vec<i64> =
        events.iter().map(|event| (event.int("timestamp") - start) / window).collect();
    windows.sort_unstable();
    windows.dedup();
    let mut summaries = Vec::new();
    for place in windows.into_iter().rev() {
        let inside = |event: &&std::rc::Rc<Map>| (event.int("timestamp") - start) / window == place;
        let mut values = events.iter().filter(inside).map(|event| value_of(event, &meter));
        let value = match meter.path("default_aggregation.formula").as_str() {
            Some("count") => values.count() as i64,
            Some("last") => values.next_back().unwrap_or(0),
            Some("max") => values.max().unwrap_or(0),
            _ => values.sum(),
        };
        let begins = start + place * window;
        let ends = (begins + window).min(end);
        summaries.push(summary(tx, &meter, value, begins, ends));
    }
    catalogue::page(call, summaries)
}

/// The number an event reports. Whole numbers are what the engine adds up.
fn value_of(event: &Map, meter: &Map) -> i64 {
    let key = meter.path("value_settings.event_payload_key").as_str().unwrap_or("value");
    let payload = event.at("payload").as_map();
    payload.and_then(|payload| payload.str(key).parse().ok()).unwrap_or(0)
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
    book(tx, &grant, "credit", "credits_granted");
    Ok(grant.into())
}

/// What is left of the credit is gone from then on.
fn expire(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut grant = crud::load(tx, call)?;
    grant.set("expires_at", tx.now());
    grant.set("updated", tx.now());
    book(tx, &grant, "debit", "credits_expired");
    Ok(tx.save(grant).into())
}

fn void(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut grant = crud::load(tx, call)?;
    grant.set("voided_at", tx.now());
    grant.set("updated", tx.now());
    book(tx, &grant, "debit", "credits_voided");
    Ok(tx.save(grant).into())
}

/// Writes down what a grant put on or took off the balance.
fn book(tx: &mut Tx<'_>, grant: &Map, side: &'static str, kind: &'static str) {
    let object = Object::find("billing.credit_balance_transaction").expect("a published type");
    let mut transaction = crud::new(tx, object, &Map::new());
    let mut movement = map! { "amount": grant.at("amount").clone() };
    match side {
        "credit" => movement.append("credits_application_invoice_voided", Value::Null),
        _ => movement.append("credits_applied", Value::Null),
    }
    movement.append("type", kind);
    transaction.set("credit_grant", grant.at("id").clone());
    transaction.set(side, movement);
    transaction.set("type", side);
    tx.save(transaction);
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

/// Adds up the grants in force, a balance a currency.
fn summarize_credit(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let customer = call.params.str("customer");
    if !tx.exists("customer", customer) {
        return Err(Error::no_such_reference("customer", customer, "customer"));
    }
    let only = call.params.path("filter.credit_grant").as_str();
    let mut sums: Vec<(String, i64)> = Vec::new();
    for grant in tx.all_where("billing.credit_grant", "customer", customer) {
        let is_wanted = only.is_none_or(|only| only == grant.str("id"));
        let is_in_force = grant.at("voided_at").is_null()
            && grant.at("expires_at").as_int().is_none_or(|expires| tx.now() < expires)
            && grant.at("effective_at").as_int().is_none_or(|begins| begins <= tx.now());
        if !is_wanted || !is_in_force {
            continue;
        }
        let currency = grant.path("amount.monetary.currency").as_str().unwrap_or("usd").to_string();
        let value = grant.path("amount.monetary.value").as_int().unwrap_or(0);
        match sums.iter_mut().find(|(known, _)| *known == currency) {
            Some((_, sum)) => *sum += value,
            None => sums.push((currency, value)),
        }
    }
    let balances: Vec<Value> = sums
        .into_iter()
        .map(|(currency, value)| {
            let monetary = map! { "currency": currency, "value": value };
            let balance = map! { "monetary": monetary, "type": "monetary" };
            map! { "available_balance": balance.clone(), "ledger_balance": balance }.into()
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

//! Payment records: payments made elsewhere, as they are reported.
//!
//! Stripe's page: <https://docs.stripe.com/api/payment-record>. Every report of an attempt makes
//! a payment attempt record; the payment record shows where the whole stands.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("POST /v1/payment_records/report_payment", report_payment),
    ("POST /v1/payment_records/{id}/report_payment_attempt", report_attempt),
    ("POST /v1/payment_records/{id}/report_payment_attempt_canceled", report_canceled),
    ("POST /v1/payment_records/{id}/report_payment_attempt_failed", report_failed),
    ("POST /v1/payment_records/{id}/report_payment_attempt_guaranteed", report_guaranteed),
    ("POST /v1/payment_records/{id}/report_payment_attempt_informational", report_informational),
    ("POST /v1/payment_records/{id}/report_refund", report_refund),
];

const AMOUNTS: &[&str] = &[
    "amount",
    "amount_authorized",
    "amount_canceled",
    "amount_failed",
    "amount_guaranteed",
    "amount_refunded",
    "amount_requested",
];

fn report_payment(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let mut record = crud::draft(tx, call)?;
    let requested = params.at("amount_requested").as_map().cloned().unwrap_or_default();
    for name in AMOUNTS {
        let value =
            if matches!(*name, "amount" | "amount_requested") { requested.int("value") } else { 0 };
        record.set(*name, map! { "currency": requested.at("currency").clone(), "value": value });
    }
    record.set("payment_method_details", method_details(params.at("payment_method_details")));
    attempt(tx, &mut record, params)?;
    Ok(tx.save(record).into())
}

/// What is known of the payment method, every field of it there.
fn method_details(given: &Value) -> Map {
    let given = given.as_map().cloned().unwrap_or_default();
    let billing = given.at("billing_details").as_map().cloned().unwrap_or_default();
    let address = billing.at("address").as_map().cloned().unwrap_or_default();
    let mut lines = Map::new();
    for name in ["city", "country", "line1", "line2", "postal_code", "state"] {
        lines.append(name, address.at(name).clone());
    }
    let kind = given.at("type").as_str().unwrap_or("custom").to_string();
    let mut details = map! {
        "billing_details": map! {
            "address": lines,
            "email": billing.at("email").clone(),
            "name": billing.at("name").clone(),
            "phone": billing.at("phone").clone(),
        },
        "payment_method": given.at("payment_method").clone(),
        "type": kind,
    };
    if let Some(custom) = given.at("custom").as_map() {
        let custom = map! {
            "display_name": custom.at("display_name").as_str().unwrap_or("").to_string(),
            "type": custom.at("type").clone(),
        };
        details.set("custom", custom);
    }
    details
}

/// Makes the record of an attempt, with the outcome that came with the report.
fn attempt(tx: &mut Tx<'_>, record: &mut Map, params: &Map) -> Outcome<()> {
    let kind = Object::find("payment_attempt_record").expect("a published type");
    let mut attempt = crud::new(tx, kind, &Map::new());
    attempt.set("payment_record", record.at("id").clone());
    record.set("latest_payment_attempt_record", attempt.at("id").clone());
    match params.str("outcome") {
        "canceled" => reach(record, "amount_canceled"),
        "failed" => reach(record, "amount_failed"),
        "guaranteed" => reach(record, "amount_guaranteed"),
        _ => {}
    }
    mirror(record, &mut attempt);
    tx.save(attempt);
    Ok(())
}

/// The whole of what was requested is in that state.
fn reach(record: &mut Map, name: &'static str) {
    let requested = record.at("amount_requested").clone();
    record.set(name, requested);
}

/// What a record and its latest attempt say alike.
fn mirror(record: &Map, attempt: &mut Map) {
    let shared = [
        "application",
        "customer_details",
        "customer_presence",
        "description",
        "metadata",
        "payment_method_details",
        "processor_details",
        "reported_by",
        "shipping_details",
    ];
    for name in AMOUNTS.iter().chain(&shared) {
        attempt.set(*name, record.at(name).clone());
    }
}

fn report_attempt(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut record = crud::load(tx, call)?;
    let mut params = call.params.clone();
    if let Some(details) = params.remove("payment_method_details") {
        record.set("payment_method_details", method_details(&details));
    }
    crud::apply(tx, crud::kind(call).shape(), &mut record, &params, "")?;
    attempt(tx, &mut record, &params)?;
    Ok(tx.save(record).into())
}

fn report_canceled(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    change(tx, call, |record| reach(record, "amount_canceled"))
}

fn report_failed(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    change(tx, call, |record| reach(record, "amount_failed"))
}

fn report_guaranteed(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    change(tx, call, |record| reach(record, "amount_guaranteed"))
}

fn report_informational(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    change(tx, call, |_| {})
}

fn report_refund(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let record = crud::load(tx, call)?;
    let value = |name: &str| record.path(name).as_int().unwrap_or(0);
    let left = value("amount_guaranteed.value") - value("amount_refunded.value");
    let amount = call.params.path("amount.value").as_int().unwrap_or(left);
    if left < amount {
        return Err(Error::above_maximum("amount[value]", left));
    }
    let refunded = value("amount_refunded.value") + amount;
    change(tx, call, |record| record.map_mut("amount_refunded").set("value", refunded))
}

/// Changes a record and its latest attempt alike.
fn change(tx: &mut Tx<'_>, call: &Call, how: impl FnOnce(&mut Map)) -> Outcome<Body> {
    let mut record = crud::load(tx, call)?;
    let mut params = call.params.clone();
    // Those of a refund speak of the refund.
    for name in ["amount", "processor_details"] {
        params.remove(name);
    }
    crud::apply(tx, crud::kind(call).shape(), &mut record, &params, "")?;
    how(&mut record);
    let latest = record.at("latest_payment_attempt_record").as_str().unwrap_or("").to_string();
    if let Some(mut attempt) = tx.load("payment_attempt_record", &latest) {
        mirror(&record, &mut attempt);
        tx.save(attempt);
    }
    Ok(tx.save(record).into())
}

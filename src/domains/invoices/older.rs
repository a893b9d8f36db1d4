//! Invoices as versions before basil showed them: the payment, the subscription and the taxes in
//! fields of the invoice itself, beside those it has now (recorded).
//!
//! Stripe's page: <https://docs.stripe.com/changelog/basil>.

use crate::flows::invoicing;
use crate::map;
use crate::store::Tx;
use crate::value::{Map, Value};
use crate::versions::Older;

pub static OLDER: Older = &[
    ("2026-09-30.endive", |_, invoice| drop(invoice.remove("status_details"))),
    ("2026-05-27.dahlia", |_, invoice| drop(invoice.remove("amount_paid_off_stripe"))),
    ("2025-03-31.basil", before_basil),
    // Recorded: null where nothing was said.
    ("2024-04-10", |_, invoice| {
        let tax = invoice.path("rendering.amount_tax_display").clone();
        let options = (!tax.is_null()).then(|| map! { "amount_tax_display": tax });
        invoice.remove("rendering");
        invoice.set("rendering_options", options);
    }),
];

fn before_basil(tx: &Tx<'_>, invoice: &mut Map) {
    let parent = invoice.at("parent").clone();
    let details = |name: &str| {
        let details = parent.as_map().and_then(|parent| parent.at(name).as_map());
        details.cloned().unwrap_or_default()
    };
    let of_subscription = details("subscription_details");
    let intent = invoicing::intent_of(tx, invoice.str("id"));
    let charge = intent.as_ref().map_or(Value::Null, |intent| intent.at("latest_charge").clone());
    let is_paid = invoice.str("status") == "paid";
    let out_of_band = is_paid && 0 < invoice.int("amount_paid") && charge.is_null();
    let first = invoice.at("discounts").as_list().and_then(<[Value]>::first);
    let first = first.and_then(Value::as_id).and_then(|id| tx.get("discount", id)).cloned();
    for (name, value) in [
        ("application_fee_amount", Value::Null),
        ("charge", charge),
        ("discount", first.map_or(Value::Null, Value::Map)),
        ("paid", is_paid.into()),
        ("paid_out_of_band", out_of_band.into()),
        ("payment_intent", intent.map_or(Value::Null, |intent| intent.at("id").clone())),
        ("quote", details("quote_details").at("quote").clone()),
        ("subscription", of_subscription.at("subscription").clone()),
        (
            "subscription_details",
            map! { "metadata": of_subscription.at("metadata").clone() }.into(),
        ),
        ("transfer_data", Value::Null),
    ] {
        invoice.set(name, value);
    }
    let proration_date = of_subscription.at("subscription_proration_date").clone();
    if !proration_date.is_null() {
        invoice.set("subscription_proration_date", proration_date);
    }
    let taxes = invoice.at("total_taxes").as_list().unwrap_or_default();
    let tax: i64 = taxes.iter().filter_map(Value::as_map).map(|tax| tax.int("amount")).sum();
    invoice.set("tax", (!taxes.is_empty()).then_some(tax));
    let old = old_taxes(invoice.at("total_taxes"));
    invoice.set("total_tax_amounts", old);
}

/// Taxes in the form they had.
pub fn old_taxes(taxes: &Value) -> Vec<Value> {
    let tax = |tax: &Map| {
        Value::from(map! {
            "amount": tax.int("amount"),
            "inclusive": tax.str("tax_behavior") == "inclusive",
            "tax_rate": tax.path("tax_rate_details.tax_rate").clone(),
            "taxability_reason": tax.at("taxability_reason").clone(),
            "taxable_amount": tax.at("taxable_amount").clone(),
        })
    };
    taxes.as_list().unwrap_or_default().iter().filter_map(Value::as_map).map(tax).collect()
}

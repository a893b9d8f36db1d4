//! Usage as it was reported before there were meters: by subscription item. Versions before
//! 2025-03-31.basil know it alone.
//!
//! Stripe's pages: <https://docs.stripe.com/api/usage_records?api-version=2024-06-20>,
//! <https://docs.stripe.com/billing/subscriptions/usage-based-legacy>.

use crate::call::{Body, Call};
use crate::crud;
use crate::domains::catalogue;
use crate::errors::{Error, Outcome};
use crate::flows::metering;
use crate::map;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};

/// How far the clocks of a server and Stripe's may differ, in seconds.
const DRIFT: i64 = 300;

/// Records usage at a time. What was recorded at that very time is added to or, with
/// `action=set`, replaced.
pub fn record(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let item = super::items::load(tx, call)?;
    if !metering::is_metered(&item) {
        return Err(Error::usage_record_licensed());
    }
    if !item.path("price.recurring.meter").is_null() {
        return Err(Error::usage_record_metered(call.id(0)));
    }
    let at = call.params.at("timestamp").as_int().unwrap_or(tx.now());
    if at < item.int("current_period_start") {
        return Err(Error::usage_record_too_early());
    }
    if tx.now() + DRIFT < at {
        return Err(Error::usage_record_too_late());
    }
    let known = tx.all_where(metering::RECORD, "subscription_item", call.id(0));
    let known = known.into_iter().find(|record| record.int("timestamp") == at);
    let mut record = match &known {
        Some(known) => Map::clone(known),
        None => crud::draft(tx, call)?,
    };
    let before = known.filter(|_| call.params.str("action") != "set");
    let before = before.map_or(0, |known| known.int("quantity"));
    record.set("quantity", before.saturating_add(call.params.int("quantity")));
    record.set("subscription_item", call.id(0).to_string());
    record.set("timestamp", at);
    Ok(tx.save(record).into())
}

/// What was used in each period, the one that runs first.
pub fn summarize(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let item = super::items::load(tx, call)?;
    let period = (item.int("current_period_start"), item.int("current_period_end"));
    let running = metering::recorded(tx, &item, period);
    let mut summaries = vec![summary(tx, &item, Value::Null, period, running)];
    let path = "parent.subscription_details.subscription";
    for invoice in tx.all_where("invoice", path, item.str("subscription")).iter().rev() {
        for line in invoice.path("lines.data").as_list().unwrap_or_default() {
            let Some(line) = line.as_map() else { continue };
            let of = line.path("parent.subscription_item_details.subscription_item");
            let time = |name: &str| line.path(name).as_int().unwrap_or(0);
            let period = (time("period.start"), time("period.end"));
            // A period that had only begun was billed at nothing.
            if of.as_id() == Some(call.id(0)) && period.1 <= invoice.int("created") {
                let id = invoice.at("id").clone();
                summaries.push(summary(tx, &item, id, period, line.int("quantity")));
            }
        }
    }
    catalogue::page(call, summaries)
}

fn summary(
    tx: &mut Tx<'_>,
    item: &Map,
    invoice: Value,
    (start, end): (i64, i64),
    used: i64,
) -> Value {
    let kind = Object::find("usage_record_summary").expect("a published type");
    let mut summary = crud::new(tx, kind, &Map::new());
    summary.set("invoice", invoice);
    summary.set("period", map! { "end": end, "start": start });
    summary.set("subscription_item", item.at("id").clone());
    summary.set("total_usage", used);
    summary.into()
}

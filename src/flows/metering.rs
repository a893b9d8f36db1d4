//! Usage: what meter events add up to, what invoices bill for it, and the alerts that it sets off.
//!
//! Stripe's pages: <https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api>,
//! <https://docs.stripe.com/billing/subscriptions/usage-based/monitor>.
//!
//! Events are taken whatever they say and looked at afterwards, as at Stripe: what is wrong with one
//! is told by an event of v2, and the usage is not counted.
//!
//! Differs from Stripe: usage counts from the moment it is reported, and is billed at the price
//! that the subscription item has when its period ends.

use crate::flows::invoicing::{self, Billed};
use crate::map;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// Meter events of both API versions are kept as those of v1; the API cannot read them again.
pub const EVENT: &str = "billing.meter_event";
/// Which alerts have gone off for which customers.
const FIRED: &str = "billing.alert_triggered";

const DAY: i64 = 86_400;
/// How old usage may be when it is reported, and how far in the future.
const OLDEST: i64 = 35 * DAY;
const NEWEST: i64 = 300;
/// How many digits a value may have.
const DIGITS: usize = 15;

/// Takes an event in, whose identifier is not known yet.
pub fn record(tx: &mut Tx<'_>, event: Map) {
    let meter = meter_of(tx, event.str("event_name"));
    if let Some(code) = wrong(tx, &event, meter.as_deref()) {
        return complain(tx, &event, meter.as_deref(), code);
    }
    let Some(meter) = meter else { return };
    let customer = customer_of(&event, &meter).to_string();
    let mut kept = event;
    kept.set("id", kept.str("identifier").to_string());
    tx.save_as(EVENT.into(), kept);
    sound_alerts(tx, &meter, &customer);
}

/// The meter that counts events of that name; an active one, where there is any.
fn meter_of(tx: &Tx<'_>, event_name: &str) -> Option<Rc<Map>> {
    let meters = tx.all_where("billing.meter", "event_name", event_name);
    let active = meters.iter().rev().find(|meter| meter.str("status") == "active");
    active.or(meters.last()).cloned()
}

fn payload<'a>(event: &'a Map, meter: &Map, key: &str, usual: &str) -> &'a str {
    let key = meter.path(key).as_str().unwrap_or(usual);
    event.at("payload").as_map().map_or("", |payload| payload.str(key))
}

fn customer_of<'a>(event: &'a Map, meter: &Map) -> &'a str {
    payload(event, meter, "customer_mapping.event_payload_key", "stripe_customer_id")
}

/// The number an event reports, a whole one.
fn value_of(event: &Map, meter: &Map) -> Option<i64> {
    payload(event, meter, "value_settings.event_payload_key", "value").parse().ok()
}

/// What is wrong with an event: a code of Stripe's.
fn wrong(tx: &Tx<'_>, event: &Map, meter: Option<&Map>) -> Option<&'static str> {
    let Some(meter) = meter else { return Some("no_meter") };
    let customer = customer_of(event, meter);
    let counts = meter.path("default_aggregation.formula").as_str() == Some("count");
    let value = payload(event, meter, "value_settings.event_payload_key", "value");
    let age = tx.now() - event.int("timestamp");
    match () {
        () if meter.str("status") != "active" => Some("archived_meter"),
        () if customer.is_empty() => Some("meter_event_no_customer_defined"),
        () if !tx.exists("customer", customer) => Some("meter_event_customer_not_found"),
        () if DIGITS < value.trim_start_matches('-').len() => {
            Some("meter_event_value_too_many_digits")
        }
        () if !counts && value_of(event, meter).is_none() => Some("meter_event_invalid_value"),
        () if age < -NEWEST => Some("timestamp_in_future"),
        () if OLDEST < age => Some("timestamp_too_far_in_past"),
        () => None,
    }
}

/// Tells that an event could not be counted. The sentences are assumed.
fn complain(tx: &mut Tx<'_>, event: &Map, meter: Option<&Map>, code: &'static str) {
    let identifier = event.str("identifier").to_string();
    let message = format!("The meter event {identifier} could not be processed: {code}.");
    let sample = map! {
        "error_message": message.clone(), "request": map! { "identifier": identifier },
    };
    let kind = map! { "code": code, "error_count": 1, "sample_errors": vec![Value::from(sample)] };
    let at = crate::time::rfc3339(tx.milliseconds());
    let data = map! {
        "developer_message_summary": message,
        "reason": map! { "error_count": 1, "error_types": vec![Value::from(kind)] },
        "validation_end": at.clone(),
        "validation_start": at,
    };
    let mut about = map! { "data": data };
    let Some(meter) = meter else {
        return tx.announce("v1.billing.meter.no_meter_found", about.into());
    };
    about.append("id", meter.at("id").clone());
    about.append("object", "billing.meter");
    tx.announce("v1.billing.meter.error_report_triggered", about.into());
}

/// The events of a customer that a meter has counted from one time to before another, in the order
/// in which they were reported.
pub fn events(tx: &Tx<'_>, meter: &Map, customer: &str, (start, end): (i64, i64)) -> Vec<Rc<Map>> {
    let key = meter.path("customer_mapping.event_payload_key").as_str();
    let path = format!("payload.{}", key.unwrap_or("stripe_customer_id"));
    let mut events = tx.all_where(EVENT, &path, customer);
    events.retain(|event| {
        let is_inside = (start..end).contains(&event.int("timestamp"));
        is_inside && event.str("event_name") == meter.str("event_name")
    });
    events
}

/// What events come to by the formula of their meter.
pub fn aggregate<'a>(events: impl Iterator<Item = &'a Rc<Map>>, meter: &Map) -> i64 {
    let formula = meter.path("default_aggregation.formula").as_str().unwrap_or("");
    let (mut total, mut newest) = (0_i64, i64::MIN);
    for event in events {
        let value = value_of(event, meter).unwrap_or(0);
        match formula {
            "count" => total += 1,
            "max" => total = total.max(value),
            "last" if newest <= event.int("timestamp") => {
                newest = event.int("timestamp");
                total = value;
            }
            "last" => {}
            _ => total = total.saturating_add(value),
        }
    }
    total
}

/// The usage of a customer in a time, as a quantity that can be billed.
pub fn usage(tx: &Tx<'_>, meter: &str, customer: &str, period: (i64, i64)) -> i64 {
    let Some(meter) = tx.get("billing.meter", meter) else { return 0 };
    aggregate(events(tx, meter, customer, period).iter(), meter).max(0)
}

// Invoices.

/// Whether a subscription item is billed by usage.
pub fn is_metered(item: &Map) -> bool {
    item.path("price.recurring.usage_type").as_str() == Some("metered")
}

/// Adds the line of a metered subscription item for a period that is over.
pub fn bill(tx: &mut Tx<'_>, invoice: &mut Map, item: &Map, period: (i64, i64)) {
    let Some(price) = item.at("price").as_map() else { return };
    let customer = invoice.at("customer").as_id().unwrap_or("");
    let meter = price.path("recurring.meter").as_id().unwrap_or("");
    let quantity = usage(tx, meter, customer, period);
    let parent = map! {
        "invoice_item_details": Value::Null,
        "subscription_item_details": map! {
            "invoice_item": Value::Null,
            "proration": false,
            "proration_details": map! { "credited_items": Value::Null },
            "subscription": item.at("subscription").clone(),
            "subscription_item": item.at("id").clone(),
        },
        "type": "subscription_item_details",
    };
    let billed = Billed {
        amount: invoicing::amount_of(tx, price, quantity),
        quantity,
        description: invoicing::description_of(tx, price, quantity).into(),
        price: Some(price),
        period,
        parent,
    };
    invoicing::add_line(tx, invoice, billed);
}

/// Brings the lines of usage of a draft up to date: what is reported while it is a draft counts.
pub fn refresh(tx: &mut Tx<'_>, invoice: &mut Map) {
    let customer = invoice.at("customer").as_id().unwrap_or("").to_string();
    let Some(Value::List(mut lines)) = invoice.map_mut("lines").remove("data") else { return };
    for line in &mut lines {
        let Some(line) = line.as_map_mut() else { continue };
        let Some((price, meter)) = metered(tx, line) else { continue };
        let time = |name: &str| line.path(name).as_int().unwrap_or(0);
        let period = (time("period.start"), time("period.end"));
        let quantity = usage(tx, &meter, &customer, period);
        if quantity == line.int("quantity") {
            continue;
        }
        let amount = invoicing::amount_of(tx, &price, quantity);
        line.set("amount", amount);
        line.set("subtotal", amount);
        line.set("description", invoicing::description_of(tx, &price, quantity));
        line.set("quantity", quantity);
        line.set("quantity_decimal", quantity.to_string());
    }
    invoice.map_mut("lines").set("data", lines);
}

/// The price and the meter of a line that bills usage of a subscription.
pub fn metered(tx: &Tx<'_>, line: &Map) -> Option<(Rc<Map>, String)> {
    line.path("parent.subscription_item_details.subscription_item").as_id()?;
    let price = tx.get("price", line.path("pricing.price_details.price").as_id()?)?;
    let meter = price.path("recurring.meter").as_id()?;
    Some((price.clone(), meter.to_string()))
}

// Alerts.

/// Lets the alerts go off that a customer's usage has reached, once each.
fn sound_alerts(tx: &mut Tx<'_>, meter: &Map, customer: &str) {
    let alerts = tx.all_where("billing.alert", "usage_threshold.meter", meter.str("id"));
    for alert in alerts {
        let filters = alert.path("usage_threshold.filters").as_list().unwrap_or_default();
        let of = |filter: &Value| {
            filter.as_map().is_some_and(|of| of.path("customer").as_id() == Some(customer))
        };
        let is_meant = filters.is_empty() || filters.iter().any(of);
        let id = format!("{}:{customer}", alert.str("id"));
        if alert.str("status") != "active" || !is_meant || tx.exists(FIRED, &id) {
            continue;
        }
        let value = aggregate(events(tx, meter, customer, (0, i64::MAX)).iter(), meter);
        if value < alert.path("usage_threshold.gte").as_int().unwrap_or(i64::MAX) {
            continue;
        }
        let mut triggered = map! {
            "object": FIRED,
            "alert": Value::Map(alert),
            "created": tx.now(),
            "customer": customer.to_string(),
            "livemode": false,
            "value": value,
        };
        tx.announce("billing.alert.triggered", triggered.clone().into());
        triggered.set("id", id);
        tx.save(triggered);
    }
}

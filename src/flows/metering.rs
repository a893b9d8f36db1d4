//! Usage: what meter events add up to, what invoices bill for it, and the alerts that it sets off.
//!
//! Stripe's pages: <https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api>,
//! <https://docs.stripe.com/billing/subscriptions/usage-based/monitor>.
//!
//! Events are taken whatever they say and looked at afterwards, as at Stripe: what is wrong with one
//! is told by an event of v2, and the usage is not counted.
//!
//! Where an item gets another price within a period, the new one bills what is used from then on.
//! What was used until then is billed apart by a flexible subscription, and not at all by a classic
//! one: <https://docs.stripe.com/billing/subscriptions/usage-based/manage-billing-setup>.
//!
//! Differs from Stripe: usage counts from the moment it is reported. Dimensions of events, a preview
//! that no published type has, are not known.

use crate::flows::invoicing::{self, Billed};
use crate::flows::{pricing, subscribing};
use crate::map;
use crate::order;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// Meter events of both API versions are kept as those of v1; the API cannot read them again.
pub const EVENT: &str = "billing.meter_event";
/// What was reported before there were meters, by the subscription item it is about.
pub const RECORD: &str = "usage_record";
/// Since when the usage of an item is not billed yet, where that is not the start of its period.
const SINCE: &str = "fakestripe.metered_since";
/// The events that an alert does not count.
const OVERLOOKED: &str = "fakestripe.alert";
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
    subscribing::look_later(tx, &customer);
}

/// The meter that counts events of that name; an active one, where there is any.
pub fn meter_of(tx: &Tx<'_>, event_name: &str) -> Option<Rc<Map>> {
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
pub fn wrong(tx: &Tx<'_>, event: &Map, meter: Option<&Map>) -> Option<&'static str> {
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

/// The sentence that goes with a code. That of a missing customer is Stripe's example of the event,
/// that of many digits stands in its changelog, the others are assumed.
pub fn sentence(event: &Map, meter: Option<&Map>, code: &str) -> String {
    let key = |path: &str, usual: &'static str| {
        meter.and_then(|meter| meter.path(path).as_str()).unwrap_or(usual).to_string()
    };
    let customer = key("customer_mapping.event_payload_key", "stripe_customer_id");
    let of_value = key("value_settings.event_payload_key", "value");
    let of = |key: &str| event.at("payload").as_map().map_or("", |payload| payload.str(key));
    match code {
        "archived_meter" => {
            format!("The meter with event name {} is inactive.", event.str("event_name"))
        }
        "meter_event_customer_not_found" => format!("No such customer: '{}'", of(&customer)),
        "meter_event_no_customer_defined" => {
            format!("Customer mapping key {customer} not found in payload.")
        }
        "meter_event_value_too_many_digits" => format!(
            "The value in the event payload can have at most {DIGITS} digits. Received `{}`.",
            of(&of_value)
        ),
        "meter_event_invalid_value" => {
            format!("The value of {of_value} in the event payload must be a whole number.")
        }
        "timestamp_in_future" => {
            "The timestamp must be at most 5 minutes in the future.".to_string()
        }
        "timestamp_too_far_in_past" => {
            "The timestamp must be within the past 35 calendar days.".to_string()
        }
        _ => format!("No meter found with event name {}.", event.str("event_name")),
    }
}

/// Tells that an event could not be counted.
fn complain(tx: &mut Tx<'_>, event: &Map, meter: Option<&Map>, code: &'static str) {
    let sample = map! {
        "error_message": sentence(event, meter, code),
        "request": map! { "identifier": event.str("identifier").to_string() },
    };
    let kind = map! { "code": code, "error_count": 1, "sample_errors": vec![Value::from(sample)] };
    let at = crate::time::rfc3339(tx.milliseconds());
    let data = map! {
        "developer_message_summary": "There is 1 invalid event",
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

/// What events come to by the formula of their meter. Of events that were added up before they were
/// reported, the latest of each window counts.
pub fn aggregate<'a>(events: impl Iterator<Item = &'a Rc<Map>>, meter: &Map) -> i64 {
    let value = |event: &Rc<Map>| (event.int("timestamp"), value_of(event, meter).unwrap_or(0));
    let mut values: Vec<(i64, i64)> = events.map(value).collect();
    order::sort(&mut values, &|one, other| one.0 < other.0);
    let window = match meter.str("event_time_window") {
        "day" => DAY,
        "hour" => 3600,
        _ => 0,
    };
    if 0 < window {
        let mut newest: Vec<(i64, i64)> = Vec::new();
        for value in values {
            newest.pop_if(|last| last.0.div_euclid(window) == value.0.div_euclid(window));
            newest.push(value);
        }
        values = newest;
    }
    total(meter.path("default_aggregation.formula").as_str().unwrap_or(""), &values)
}

/// What values come to, the latest of them last.
fn total(formula: &str, values: &[(i64, i64)]) -> i64 {
    let mut all = values.iter().map(|(_, value)| *value);
    match formula {
        "count" => values.len() as i64,
        "max" => all.max().unwrap_or(0),
        "last" | "last_during_period" | "last_ever" => all.next_back().unwrap_or(0),
        _ => all.fold(0, i64::saturating_add),
    }
}

/// The usage of a customer in a time, as a quantity that can be billed.
fn usage(tx: &Tx<'_>, meter: &str, customer: &str, period: (i64, i64)) -> i64 {
    let Some(meter) = tx.get("billing.meter", meter) else { return 0 };
    aggregate(events(tx, meter, customer, period).iter(), meter).max(0)
}

/// The usage that was recorded of an item whose price has no meter.
pub fn recorded(tx: &Tx<'_>, item: &Map, (start, end): (i64, i64)) -> i64 {
    let details = tx.get(pricing::DETAILS, item.path("price.id").as_str().unwrap_or(""));
    let formula = details.map_or("", |details| details.str("aggregate_usage"));
    let start = if formula == "last_ever" { 0 } else { start };
    let mut values: Vec<(i64, i64)> = tx
        .all_where(RECORD, "subscription_item", item.str("id"))
        .iter()
        .map(|record| (record.int("timestamp"), record.int("quantity")))
        .filter(|(at, _)| (start..end).contains(at))
        .collect();
    order::sort(&mut values, &|one, other| one.0 < other.0);
    total(formula, &values)
}

// Invoices.

/// Whether a subscription item is billed by usage.
pub fn is_metered(item: &Map) -> bool {
    item.path("price.recurring.usage_type").as_str() == Some("metered")
}

/// The usage of an item in a time.
pub fn used(tx: &Tx<'_>, item: &Map, customer: &str, period: (i64, i64)) -> i64 {
    match item.path("price.recurring.meter").as_id() {
        Some(meter) => usage(tx, meter, customer, period),
        None => recorded(tx, item, period),
    }
}

/// Has the usage of an item that is not billed yet begin then.
pub fn bill_from(tx: &mut Tx<'_>, item: &str, at: i64) {
    tx.save_as(SINCE.into(), map! { "id": item.to_string(), "at": at });
}

/// The time whose usage is to be billed where an item's period ends, or part of it.
pub fn unbilled_from(tx: &mut Tx<'_>, item: &str, start: i64) -> i64 {
    let Some(at) = tx.get(SINCE, item).map(|since| since.int("at")) else { return start };
    tx.delete(SINCE, item);
    at
}

/// What was used of an item in a period that is over, or ends now, as far as it is not billed yet:
/// how much, and when.
pub fn count(tx: &mut Tx<'_>, item: &Map, customer: &str, period: (i64, i64)) -> (i64, (i64, i64)) {
    let (id, end) = (item.str("id"), period.1);
    let start = unbilled_from(tx, id, period.0);
    if item.int("current_period_start") < end {
        bill_from(tx, id, end);
    }
    (used(tx, item, customer, (start, end)), (start, end))
}

/// Brings the lines of usage of a draft up to date: what is reported while it is a draft counts.
pub fn refresh(tx: &mut Tx<'_>, invoice: &mut Map) {
    let customer = invoice.at("customer").as_id().unwrap_or("").to_string();
    let Some(Value::List(lines)) = invoice.map_mut("lines").remove("data") else { return };
    let mut rest = lines.as_slice();
    invoice.map_mut("lines").set("data", Vec::new());
    while let Some(line) = rest.first().and_then(Value::as_map) {
        let is_same = |other: &&Value| {
            let other = other.as_map();
            ["parent", "period"]
                .iter()
                .all(|name| other.is_some_and(|it| it.at(name) == line.at(name)))
        };
        let many = rest.iter().take_while(is_same).count().max(1);
        let (same, others) = rest.split_at(many);
        rest = others;
        recount(tx, invoice, &customer, same);
    }
}

/// Adds lines again that bill the same usage: as they are, or, where more was reported, anew.
fn recount(tx: &mut Tx<'_>, invoice: &mut Map, customer: &str, lines: &[Value]) {
    let Some(first) = lines.first().and_then(Value::as_map) else { return };
    let time = |name: &str| first.path(name).as_int().unwrap_or(0);
    let period = (time("period.start"), time("period.end"));
    // A line that only says what will be billed stays as it is.
    let counts = period.1 <= tx.now() && !is_free(tx, first);
    if let Some((price, meter)) = metered(tx, first).filter(|_| counts) {
        let quantity = usage(tx, &meter, customer, period);
        let parts = pricing::parts(tx, &price, quantity);
        let is_told = |(line, part): (&Value, &pricing::Part)| {
            line.as_map().is_some_and(|line| line.int("quantity") == part.quantity)
        };
        if parts.len() != lines.len() || !lines.iter().zip(&parts).all(is_told) {
            let billed = Billed {
                amount: invoicing::amount_of(tx, &price, quantity),
                quantity,
                description: invoicing::description_of(tx, &price, quantity).into(),
                price: Some(&price),
                period,
                parent: first.at("parent").as_map().cloned().unwrap_or_default(),
            };
            let (metadata, rates) = (first.at("metadata").clone(), first.at("tax_rates").clone());
            let before = invoicing::lines_mut(invoice).len();
            invoicing::add_price_lines(tx, invoice, billed);
            let added = &mut invoicing::lines_mut(invoice)[before..];
            for line in added.iter_mut().filter_map(Value::as_map_mut) {
                line.set("metadata", metadata.clone());
                if !rates.is_null() {
                    line.set("tax_rates", rates.clone());
                }
            }
            return;
        }
    }
    if let Some(Value::List(data)) = invoice.map_mut("lines").get_mut("data") {
        data.extend_from_slice(lines);
    }
}

/// Whether a line is for what was used in a trial.
fn is_free(tx: &Tx<'_>, line: &Map) -> bool {
    let of = line.path("parent.subscription_item_details.subscription").as_id();
    let subscription = of.and_then(|id| tx.get("subscription", id));
    let ends = subscription.and_then(|subscription| subscription.at("trial_end").as_int());
    ends.is_some() && ends == line.path("period.end").as_int()
}

/// The price and the meter of a line that bills usage of a subscription.
pub fn metered(tx: &Tx<'_>, line: &Map) -> Option<(Rc<Map>, String)> {
    line.path("parent.subscription_item_details.subscription_item").as_id()?;
    let price = tx.get("price", line.path("pricing.price_details.price").as_id()?)?;
    let meter = price.path("recurring.meter").as_id()?;
    Some((price.clone(), meter.to_string()))
}

// Alerts.

/// Has an alert overlook usage that was reported before there was the alert.
pub fn overlook(tx: &mut Tx<'_>, alert: &str, events: Vec<Value>) {
    tx.save_as(OVERLOOKED.into(), map! { "id": alert.to_string(), "events": events });
}

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
        let old = tx.get(OVERLOOKED, alert.str("id")).map(|alert| alert.at("events"));
        let old = old.and_then(Value::as_list).unwrap_or_default();
        let mut counted = events(tx, meter, customer, (0, i64::MAX));
        counted.retain(|event| !old.contains(event.at("id")));
        let value = aggregate(counted.iter(), meter);
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

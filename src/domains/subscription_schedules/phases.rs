//! Phases of a schedule: when each begins and ends, and what it makes of the subscription.
//!
//! Stripe's page: <https://docs.stripe.com/billing/subscriptions/subscription-schedules>.

use super::{last_end, phase_at, phases_of, set_current};
use crate::domains::{prices, subscriptions};
use crate::errors::{Error, Outcome};
use crate::flows::periods::Interval;
use crate::flows::subscribing;
use crate::map;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// What of a phase, or of the settings for all phases, is the subscription's own.
const OF_PHASE: &[&str] = &[
    "add_invoice_items",
    "application_fee_percent",
    "billing_thresholds",
    "collection_method",
    "default_payment_method",
    "default_tax_rates",
    "description",
    "discounts",
    "metadata",
    "on_behalf_of",
    "transfer_data",
];

/// What of a phase's item is the subscription's item's own.
const OF_ITEM: &[&str] = &["billing_thresholds", "discounts", "metadata", "quantity", "tax_rates"];

/// The moment a parameter names: seconds, or `now`.
fn moment(tx: &Tx<'_>, value: &Value) -> Option<i64> {
    if value.as_str() == Some("now") { Some(tx.now()) } else { value.as_int() }
}

/// Where the phases of an update begin: with the running one, or with one that is over and was sent
/// again.
pub fn first_start(tx: &Tx<'_>, schedule: &Map, params: &Map) -> Outcome<i64> {
    let phases = params.at("phases").as_list().unwrap_or_default();
    let starts = |phase: &Value| moment(tx, phase.as_map()?.at("start_date"));
    if phases.iter().all(|phase| starts(phase).is_none()) {
        return Err(Error::phases_unanchored());
    }
    let given = phases.first().and_then(starts);
    match schedule.path("current_phase.start_date").as_int() {
        Some(started) => {
            let start = given.unwrap_or(started);
            let is_known = phases_of(schedule).any(|phase| phase.int("start_date") == start);
            let is_new = !is_known || started < start;
            if is_new { Err(Error::current_phase_moved()) } else { Ok(start) }
        }
        None => {
            let planned = phases_of(schedule).next().map(|phase| phase.int("start_date"));
            Ok(given.or(planned).unwrap_or(tx.now()))
        }
    }
}

/// Phases that are over stay, where they were not sent again.
pub fn keep_past(before: &Map, schedule: &mut Map, start: i64) {
    let past = phases_of(before).filter(|phase| phase.int("start_date") < start);
    let mut all: Vec<Value> = past.map(|phase| phase.clone().into()).collect();
    all.extend(schedule.at("phases").as_list().unwrap_or_default().iter().cloned());
    schedule.set("phases", all);
}

/// Each phase begins where the one before ends; a price is also a plan.
pub fn plan(tx: &mut Tx<'_>, schedule: &mut Map, params: &Map, start: i64) -> Outcome<()> {
    let given = params.at("phases").as_list().unwrap_or_default();
    let Some(Value::List(phases)) = schedule.get_mut("phases") else { return Ok(()) };
    let mut begins = start;
    for (place, phase) in phases.iter_mut().filter_map(Value::as_map_mut).enumerate() {
        let given = given.get(place).and_then(Value::as_map).cloned().unwrap_or_default();
        let wanted = moment(tx, given.at("start_date")).unwrap_or(begins);
        if wanted != begins {
            return Err(Error::phase_impossible(place, "start_date"));
        }
        phase.set("start_date", begins);
        begins = plan_phase(tx, phase, &given, place)?;
    }
    Ok(())
}

/// Fills in what a phase leaves open. Gives its end.
fn plan_phase(tx: &mut Tx<'_>, phase: &mut Map, given: &Map, place: usize) -> Outcome<i64> {
    let begins = phase.int("start_date");
    let mut interval = Interval::Months(1);
    price_all(tx, phase, given, "add_invoice_items")?;
    if phase.at("default_tax_rates").is_null() {
        phase.set("default_tax_rates", Value::List(Vec::new()));
    }
    for price in price_all(tx, phase, given, "items")? {
        interval = Interval::of(&Value::Map(price.clone()));
        if phase.str("currency").is_empty() {
            phase.set("currency", price.at("currency").clone());
        }
    }
    // Older versions have one coupon beside the other parameters.
    if let Some(coupon) = given.at("coupon").as_str().filter(|coupon| !coupon.is_empty()) {
        let discount = map! {
            "coupon": coupon.to_string(), "discount": Value::Null, "promotion_code": Value::Null,
        };
        phase.set("discounts", vec![Value::from(discount)]);
    }
    let behavior = given.at("proration_behavior").as_str().unwrap_or("create_prorations");
    phase.set("proration_behavior", behavior.to_string());
    let lasts = given.at("duration").as_map();
    let ends = match (moment(tx, given.at("end_date")), lasts) {
        (Some(_), Some(_)) => return Err(Error::phase_impossible(place, "duration")),
        (Some(ends), _) => ends,
        (None, Some(lasts)) => {
            let count = lasts.at("interval_count").as_int().unwrap_or(1);
            Interval::new(lasts.str("interval"), count).boundary(begins, 1)
        }
        (None, None) => interval.boundary(begins, given.at("iterations").as_int().unwrap_or(1)),
    };
    if ends <= begins {
        return Err(Error::phase_impossible(place, "end_date"));
    }
    phase.set("end_date", ends);
    let trial_ends = moment(tx, given.at("trial_end"));
    let is_trial = given.is_true("trial");
    if is_trial && trial_ends.is_some() {
        return Err(Error::phase_impossible(place, "trial"));
    }
    if trial_ends.is_some_and(|trial_ends| ends < trial_ends) {
        return Err(Error::phase_impossible(place, "trial_end"));
    }
    if is_trial && given.str("billing_cycle_anchor") == "phase_start" {
        return Err(Error::phase_impossible(place, "billing_cycle_anchor"));
    }
    phase.set("trial_end", if is_trial { Some(ends) } else { trial_ends });
    Ok(ends)
}

/// Fills in the entries of a phase's list of prices. Gives the prices.
fn price_all(
    tx: &mut Tx<'_>,
    phase: &mut Map,
    given: &Map,
    list: &'static str,
) -> Outcome<Vec<Rc<Map>>> {
    let given = given.at(list).as_list().unwrap_or_default();
    let mut prices = Vec::new();
    let Some(Value::List(entries)) = phase.get_mut(list) else { return Ok(prices) };
    for (place, entry) in entries.iter_mut().filter_map(Value::as_map_mut).enumerate() {
        let given = given.get(place).and_then(Value::as_map);
        if let Some(data) = given.and_then(|given| given.at("price_data").as_map()) {
            entry.set("price", prices::of_data(tx, data)?.at("id").clone());
        }
        let id = entry.at("price").as_id().unwrap_or("").to_string();
        let Some(price) = tx.get("price", &id).cloned() else { continue };
        let is_licensed = price.path("recurring.usage_type").as_str() != Some("metered");
        if entry.at("quantity").is_null() && is_licensed {
            entry.set("quantity", 1);
        }
        if entry.at("tax_rates").is_null() {
            entry.set("tax_rates", Value::List(Vec::new()));
        }
        match list {
            "items" => entry.set("plan", id),
            _ if entry.at("period").is_null() || entry.path("period.start.type").is_null() => {
                let end = map! { "type": "min_item_period_end" };
                let start = map! { "type": "max_item_period_start" };
                entry.set("period", map! { "end": end, "start": start });
            }
            _ => {}
        }
        prices.push(price);
    }
    Ok(prices)
}

/// Whether a field says something.
fn is_said(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::List(list) => !list.is_empty(),
        value => value.as_map().is_none_or(|map| !map.is_empty()),
    }
}

/// A list as parameters have it: tax rates are told by their ids.
fn as_param(name: &str, value: &Value) -> Value {
    let is_rates = name.ends_with("tax_rates");
    let rates = value.as_list().filter(|_| is_rates);
    match rates {
        Some(rates) => {
            let ids = rates.iter().filter_map(|rate| Some(rate.as_id()?.to_string().into()));
            Value::List(ids.collect())
        }
        None => value.clone(),
    }
}

/// What a phase says of the subscription, as parameters of an update.
fn params_of(schedule: &Map, phase: &Map) -> Map {
    let mut params = Map::new();
    let settings = schedule.at("default_settings").as_map().cloned().unwrap_or_default();
    for name in OF_PHASE {
        let own = phase.at(name);
        let value = if is_said(own) { own } else { settings.at(name) };
        if is_said(value) {
            params.set(*name, as_param(name, value));
        }
    }
    for of in [&settings, phase] {
        if of.path("automatic_tax.enabled").as_bool() == Some(true) {
            params.set("automatic_tax", map! { "enabled": true });
        }
        let mut invoices = of.at("invoice_settings").as_map().cloned().unwrap_or_default();
        invoices.retain(|(_, value)| is_said(value));
        if let Some(days) = invoices.remove("days_until_due") {
            params.set("days_until_due", days);
        }
        if !invoices.is_empty() {
            params.set("invoice_settings", invoices);
        }
    }
    match params.str("collection_method") {
        "send_invoice" if !params.contains("days_until_due") => params.set("days_until_due", 30),
        "send_invoice" => {}
        _ => drop(params.remove("days_until_due")),
    }
    for extra in params.get_mut("add_invoice_items").into_iter().flat_map(entries_mut) {
        let Some(period) = extra.get_mut("period").and_then(Value::as_map_mut) else { continue };
        for (side, date) in [("start", "start_date"), ("end", "end_date")] {
            let Some(side) = period.get_mut(side).and_then(Value::as_map_mut) else { continue };
            if matches!(side.str("type"), "phase_start" | "phase_end") {
                side.set("timestamp", phase.at(date).clone());
            }
        }
    }
    params
}

fn entries_mut(list: &mut Value) -> impl Iterator<Item = &mut Map> {
    let entries = if let Value::List(entries) = list { entries.as_mut_slice() } else { &mut [] };
    entries.iter_mut().filter_map(Value::as_map_mut)
}

/// An item as parameters name it. Prices that are archived meanwhile hold.
fn wanted(item: &Map) -> Map {
    let price = item.at("price").as_id().unwrap_or("").to_string();
    let mut wanted = map! { "price": price, "price_data": Value::Null };
    for name in OF_ITEM {
        if is_said(item.at(name)) {
            wanted.set(*name, as_param(name, item.at(name)));
        }
    }
    wanted
}

fn items_of(phase: &Map) -> impl Iterator<Item = Map> {
    let items = phase.at("items").as_list().unwrap_or_default();
    items.iter().filter_map(Value::as_map).map(wanted)
}

/// The first phase begins with a new subscription, whose first invoice is a draft.
pub fn begin(tx: &mut Tx<'_>, schedule: &mut Map) -> Outcome<()> {
    let Some(phase) = phase_at(schedule, tx.now()).cloned() else { return Ok(()) };
    let mut params = params_of(schedule, &phase);
    params.set("items", items_of(&phase).map(Value::from).collect::<Vec<_>>());
    params.set("customer", schedule.at("customer").clone());
    params.set("billing_mode", schedule.at("billing_mode").clone());
    if let Some(ends) = phase.at("trial_end").as_int().filter(|ends| tx.now() < *ends) {
        params.set("trial_end", ends);
    }
    if schedule.str("end_behavior") == "cancel" {
        params.set("cancel_at", last_end(schedule));
    }
    let start = phases_of(schedule).next().map_or(tx.now(), |phase| phase.int("start_date"));
    if start < tx.now() {
        params.set("backdate_start_date", start);
    }
    let place = tx.place();
    let (mut subscription, invoice) = subscriptions::begin(tx, &params)?;
    subscription.set("schedule", schedule.at("id").clone());
    schedule.set("subscription", subscription.at("id").clone());
    set_current(schedule, &phase);
    if let Some(invoice) = invoice {
        subscription.set("latest_invoice", invoice.at("id").clone());
        subscribing::spend_once(tx, &mut subscription);
        subscribing::draw_up(tx, invoice, &subscription);
    }
    subscribing::keep_time(tx, &subscription);
    tx.save_at(place, subscription);
    Ok(())
}

/// Makes the subscription what a phase says.
pub fn enter(tx: &mut Tx<'_>, schedule: &Map, phase: &Map, behavior: &str) -> Outcome<()> {
    let id = schedule.at("subscription").as_id().unwrap_or("").to_string();
    let Some(subscription) = tx.load("subscription", &id) else { return Ok(()) };
    let now = tx.now();
    let items = subscribing::items_of(tx, &id);
    let is_boundary = items.iter().all(|item| item.int("current_period_end") <= now);
    let settles = !is_boundary && subscription.str("status") != "paused";
    let mut params = params_of(schedule, phase);
    let begins = now == phase.int("start_date");
    if !begins {
        params.remove("add_invoice_items");
    }
    params.set("items", changes(&items, phase));
    params.set("proration_behavior", if settles { behavior } else { "none" }.to_string());
    let cancels = schedule.str("end_behavior") == "cancel";
    params.set("cancel_at", cancels.then(|| last_end(schedule)));
    if begins && phase.str("billing_cycle_anchor") == "phase_start" && !is_boundary {
        params.set("billing_cycle_anchor", "now");
    }
    let trial_ends = phase.at("trial_end").as_int().filter(|ends| now < *ends);
    if let Some(ends) = trial_ends.filter(|_| phase.at("trial_end") != subscription.at("trial_end"))
    {
        params.set("trial_end", ends);
    }
    let interval = |items: &[Rc<Map>]| items.first().map(|item| Interval::of(item.at("price")));
    let before = interval(&items);
    let (mut subscription, invoice) = subscriptions::change(tx, subscription, &params)?;
    if is_boundary && interval(&subscribing::items_of(tx, &id)) != before {
        subscription.set("billing_cycle_anchor", now);
    }
    if let Some(invoice) = invoice {
        subscription.set("latest_invoice", invoice.at("id").clone());
        subscribing::draw_up(tx, invoice, &subscription);
    }
    subscribing::keep(tx, subscription);
    Ok(())
}

/// The entries of `items` that turn the items there are into those of a phase.
fn changes(items: &[Rc<Map>], phase: &Map) -> Vec<Value> {
    let mut wanted: Vec<Map> = items_of(phase).collect();
    let mut left = Vec::new();
    let mut entries: Vec<Value> = Vec::new();
    let named = |item: &Rc<Map>, mut wanted: Map| {
        wanted.set("id", item.at("id").clone());
        Value::from(wanted)
    };
    for item in items {
        let is_it = |wanted: &Map| wanted.at("price").as_id() == item.path("price.id").as_id();
        match wanted.iter().position(is_it) {
            Some(place) => entries.push(named(item, wanted.remove(place))),
            None => left.push(item),
        }
    }
    let mut left = left.into_iter();
    for wanted in wanted {
        entries.push(match left.next() {
            Some(item) => named(item, wanted),
            None => wanted.into(),
        });
    }
    let gone = |item: &Rc<Map>| map! { "id": item.at("id").clone(), "deleted": true }.into();
    entries.extend(left.map(gone));
    entries
}

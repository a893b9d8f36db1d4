//! How subscriptions begin: their first periods, and the invoice over them.

use super::super::test_clocks;
use super::changing;
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::periods::{Interval, Period};
use crate::flows::subscribing::{self, Collected, Due, Part};
use crate::flows::{invoicing, metering};
use crate::map;
use crate::schema::Object;
use crate::store::Tx;
use crate::time;
use crate::value::{Map, Value};
use std::rc::Rc;

const DAY: i64 = 24 * 3600;
/// How many periods that passed one invoice bills.
const MOST_PERIODS: usize = 250;

/// Parameters that are no fields, or that do more than fill one.
const HANDLED: &[&str] = &[
    "billing_cycle_anchor",
    "billing_mode",
    "cancel_at",
    "cancel_at_period_end",
    "coupon",
    "discounts",
    "items",
    "promotion_code",
    "trial_end",
];

/// A new subscription with its items, and its first invoice where there is something to bill; both
/// are not saved yet.
pub fn begin(tx: &mut Tx<'_>, params: &Map) -> Outcome<(Map, Option<Map>)> {
    check(tx, params)?;
    let kind = Object::find("subscription").expect("a published type");
    let mut given = params.clone();
    HANDLED.iter().for_each(|name| drop(given.remove(name)));
    let mut subscription = crud::draft_kind(tx, kind, &given)?;
    let id = subscription.str("id").to_string();
    subscription.set("test_clock", test_clocks::shown(tx, params.at("customer")));
    match params.path("billing_mode.type").as_str() {
        Some("classic") => {
            subscription.set("billing_mode", map! { "flexible": Value::Null, "type": "classic" })
        }
        _ => {
            let discounts = params.path("billing_mode.flexible.proration_discounts").as_str();
            let discounts = discounts.unwrap_or("included").to_string();
            subscription.set("billing_mode", super::flexible(tx.now(), discounts));
        }
    }
    let items = changing::first_items(tx, &subscription, params)?;
    let start = params.at("backdate_start_date").as_int().unwrap_or(tx.now());
    subscription.set("start_date", start);
    let trial = set_trial(tx, &mut subscription, &items, params);
    if trial.is_none() {
        let anchor = anchor_of(tx, &items, params, start)?;
        subscription.set("billing_cycle_anchor", anchor);
    }
    let due = first_periods(tx, &subscription, items, trial, params);
    let discounts = super::discounts(tx, ("subscription", &id), params, &[])?;
    subscription.set("discounts", discounts);
    subscribing::show_items(tx, &mut subscription);
    changing::set_end(tx, &mut subscription, params)?;
    add_extras(tx, &subscription, params)?;
    subscribing::set_pending_interval(tx, &mut subscription);
    let invoice = subscribing::bill(tx, &subscription, "subscription_create", &due);
    Ok((subscription, invoice))
}

/// No trial is longer, in days: two years.
const MOST_TRIAL_DAYS: i64 = 730;

/// What no subscription can begin with.
fn check(tx: &Tx<'_>, params: &Map) -> Outcome<()> {
    if params.at("items").as_list().is_none_or(<[Value]>::is_empty) {
        return Err(Error::parameter_missing("items"));
    }
    let is_sent = params.str("collection_method") == "send_invoice";
    if is_sent != params.contains("days_until_due") {
        return Err(match is_sent {
            true => Error::days_until_due_missing(false),
            false => Error::days_until_due_unexpected(),
        });
    }
    if params.str("payment_behavior") == "pending_if_incomplete" {
        return Err(Error::pending_if_incomplete_on_create());
    }
    let has_trial = params.contains("trial_end") || params.contains("trial_period_days");
    if params.is_true("trial_from_plan") && has_trial {
        return Err(Error::trial_given_twice());
    }
    if !test_clocks::shown(tx, params.at("customer")).is_null() {
        test_clocks::check_room(tx, "subscription", params.str("customer"))?;
    }
    if params.int("backdate_start_date") < 0 {
        return Err(Error::below_minimum("backdate_start_date", 0));
    }
    if MOST_TRIAL_DAYS < params.int("trial_period_days") {
        return Err(Error::above_maximum("trial_period_days", MOST_TRIAL_DAYS));
    }
    match params.at("trial_end").as_int() {
        Some(ends) if ends <= tx.now() => Err(Error::trial_end_in_past(ends)),
        _ => Ok(()),
    }
}

/// Begins the trial that is asked for; says when it ends.
fn set_trial(tx: &Tx<'_>, subscription: &mut Map, items: &[Map], params: &Map) -> Option<i64> {
    let now = tx.now();
    let of_plan = || {
        let days = |item: &Map| item.path("price.recurring.trial_period_days").as_int();
        items.iter().filter_map(days).max().filter(|_| params.is_true("trial_from_plan"))
    };
    let ends = match params.at("trial_end").as_int() {
        Some(ends) => ends,
        None => {
            let days = params.at("trial_period_days").as_int().or_else(of_plan)?;
            now + days.min(MOST_TRIAL_DAYS) * DAY
        }
    };
    if ends <= now {
        return None;
    }
    subscription.set("status", "trialing");
    subscription.set("trial_start", now);
    subscription.set("trial_end", ends);
    subscription.set("billing_cycle_anchor", ends);
    Some(ends)
}

/// What the periods are counted from.
fn anchor_of(tx: &Tx<'_>, items: &[Map], params: &Map, start: i64) -> Outcome<i64> {
    if let Some(config) = params.at("billing_cycle_anchor_config").as_map() {
        return Ok(configured(config, tx.now()));
    }
    let Some(anchor) = params.at("billing_cycle_anchor").as_int() else { return Ok(start) };
    if anchor <= tx.now() {
        return Err(Error::anchor_in_past());
    }
    let natural = items.iter().map(|item| Interval::of(item.at("price")).boundary(start, 1)).min();
    match natural.filter(|natural| *natural < anchor && !params.contains("backdate_start_date")) {
        Some(natural) => Err(Error::anchor_too_late(natural)),
        None => Ok(anchor),
    }
}

/// The next instant of that day, month and time; what is not given is as it is now.
fn configured(config: &Map, now: i64) -> i64 {
    let of_day = now.rem_euclid(DAY);
    let or = |name: &str, other: i64| config.at(name).as_int().unwrap_or(other);
    let of_day = or("hour", of_day / 3600) * 3600
        + or("minute", of_day / 60 % 60) * 60
        + or("second", of_day % 60);
    let (year, month, _) = time::date_of(now.div_euclid(DAY));
    let instants = (0..13).map(|later| {
        let month = month - 1 + later;
        let (year, month) = (year + month / 12, month % 12 + 1);
        let day = config.int("day_of_month").clamp(1, time::days_in_month(year, month));
        (month, time::days_of(year, month, day) * DAY + of_day)
    });
    let is_wanted = |(month, at): &(i64, i64)| {
        now <= *at && config.at("month").as_int().is_none_or(|wanted| wanted == *month)
    };
    let mut instants = instants.filter(is_wanted);
    instants.next().map_or(now, |(_, at)| at)
}

/// Has the items' first periods begin, and saves them: what there is to bill.
fn first_periods(
    tx: &mut Tx<'_>,
    subscription: &Map,
    items: Vec<Map>,
    trial: Option<i64>,
    params: &Map,
) -> Vec<Due> {
    let (now, start) = (tx.now(), subscription.int("start_date"));
    let anchor = subscription.int("billing_cycle_anchor");
    let stub_is_free = params.str("proration_behavior") == "none";
    let mut due = Vec::new();
    for mut item in items {
        let interval = Interval::of(item.at("price"));
        let natural = interval.containing(anchor, now);
        let current = trial.map_or((natural.0.max(start), natural.1), |ends| (now, ends));
        item.set("current_period_start", current.0);
        item.set("current_period_end", current.1);
        let item = tx.save(item);
        if trial.is_some() {
            due.push(Due { item, period: current, part: Part::Trial });
            continue;
        }
        let is_used = !subscribing::is_licensed(&item) && start < now;
        if is_used && !subscribing::is_flexible(subscription) {
            // What was used before now is on the next invoice.
            metering::bill_from(tx, item.str("id"), start);
        }
        let mut whole = interval.containing(anchor, start);
        for _ in 0..MOST_PERIODS {
            let period: Period = (whole.0.max(start), whole.1);
            let is_stub = whole.0 < start;
            if is_used && subscribing::is_flexible(subscription) {
                let period = (period.0, period.1.min(now));
                due.push(Due { item: item.clone(), period, part: Part::Usage });
            } else if !(is_stub && stub_is_free || is_used && whole.1 <= now) {
                let part = if is_stub { Part::Rest(whole) } else { Part::Whole };
                due.push(Due { item: item.clone(), period, part });
            }
            if now < whole.1 {
                break;
            }
            whole = interval.containing(anchor, whole.1);
        }
    }
    due
}

/// Makes pending items of what is to be on the next invoice besides.
pub fn add_extras(tx: &mut Tx<'_>, subscription: &Map, params: &Map) -> Outcome<()> {
    let extras = params.at("add_invoice_items").as_list().unwrap_or_default();
    for (place, given) in extras.iter().enumerate() {
        let Some(given) = given.as_map() else { continue };
        let path = |name: &str| format!("add_invoice_items[{place}][{name}]");
        let price = match (given.at("price").as_str(), given.at("price_data").as_map()) {
            (Some(id), _) => tx
                .get("price", id)
                .cloned()
                .ok_or_else(|| Error::no_such_reference("price", id, path("price")))?,
            (None, Some(data)) => super::super::prices::of_data(tx, data)?,
            (None, None) => return Err(Error::parameter_missing(&path("price"))),
        };
        let quantity = given.at("quantity").as_int().unwrap_or(1);
        let kind = Object::find("invoiceitem").expect("a published type");
        let mut fields = given.clone();
        for name in ["discounts", "period", "price_data"] {
            fields.remove(name);
        }
        let mut item = crud::draft_kind(tx, kind, &fields)?;
        let amount = invoicing::amount_of(tx, &price, quantity);
        let description = invoicing::description_of(tx, &price, quantity);
        let owner = ("invoice_item", item.str("id"));
        let customer = subscription.at("customer").as_id();
        let discounts = super::super::discounts::given(tx, owner, customer, given)?;
        item.set("discounts", discounts);
        item.set("amount", amount);
        item.set("net_amount", amount);
        item.set("currency", price.at("currency").clone());
        item.set("customer", subscription.at("customer").clone());
        item.set("description", description);
        item.set("pricing", invoicing::pricing(&price));
        item.set("quantity_decimal", quantity.to_string());
        item.set("test_clock", subscription.at("test_clock").clone());
        let items = subscribing::items_of(tx, subscription.str("id"));
        let start = items.iter().map(|item| item.int("current_period_start")).max();
        let end = items.iter().map(|item| item.int("current_period_end")).min();
        let given = |path: &str| given.path(path).as_int();
        let start = given("period.start.timestamp").or(start).unwrap_or(tx.now());
        let end = given("period.end.timestamp").or(end).unwrap_or(tx.now());
        item.set("period", map! { "end": end, "start": start });
        item.set(
            "parent",
            map! {
                "subscription_details": map! { "subscription": subscription.at("id").clone() },
                "type": "subscription_details",
            },
        );
        tx.save(item);
    }
    Ok(())
}

/// Has the first invoice paid, and saves the subscription in the status that leaves it in: of what
/// comes of it, this is told first, at that place of the journal.
pub fn start(
    tx: &mut Tx<'_>,
    place: usize,
    mut subscription: Map,
    invoice: Option<Map>,
    params: &Map,
) -> Outcome<Rc<Map>> {
    let id = subscription.str("id").to_string();
    let mut collected = Collected::Paid;
    let mut is_free = true;
    if let Some(invoice) = invoice {
        let invoice_id = invoice.str("id").to_string();
        is_free = invoice.int("amount_due") == 0;
        subscription.set("latest_invoice", invoice_id.clone());
        subscribing::spend_once(tx, &mut subscription);
        if subscription.str("collection_method") == "send_invoice" {
            subscribing::draw_up(tx, invoice, &subscription);
        } else {
            collected = subscribing::collect(tx, &subscription, invoice, params)?;
        }
        if collected == Collected::Paid {
            let invoice = map! { "id": invoice_id };
            subscribing::save_method(tx, &mut subscription, &invoice);
        }
    }
    if collected != Collected::Paid {
        subscription.set("status", "incomplete");
        tx.schedule(tx.now() + super::EXPIRES_AFTER, "subscription.expire", &id);
    }
    if is_free && !subscribing::can_pay(tx, &subscription) {
        let intent = ask_for_method(tx, &subscription);
        subscription.set("pending_setup_intent", intent);
    }
    subscribing::keep_time(tx, &subscription);
    let ends = subscription.at("trial_end").as_int();
    let saved = tx.save_at(place, subscription);
    if ends.is_some_and(|ends| ends - tx.now() <= 3 * DAY) {
        tx.announce("customer.subscription.trial_will_end", saved.clone());
    }
    Ok(saved)
}

/// The setup intent with which the customer can say what pays later.
fn ask_for_method(tx: &mut Tx<'_>, subscription: &Map) -> String {
    let kind = Object::find("setup_intent").expect("a published type");
    let mut intent = crud::new(tx, kind, &Map::new());
    intent.set("customer", subscription.at("customer").clone());
    intent.set("payment_method_types", vec![Value::from("card")]);
    intent.set("status", "requires_payment_method");
    intent.set("usage", "off_session");
    let id = intent.str("id").to_string();
    tx.save(intent);
    id
}

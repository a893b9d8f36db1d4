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
/// How many lines the invoice of a backdated subscription can have.
const MOST_LINES: usize = 250;

/// Parameters that are no fields, or that do more than fill one.
const HANDLED: &[&str] = &[
    "billing_cycle_anchor",
    "billing_mode",
    "billing_schedules",
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
    super::check_tax(tx, &subscription)?;
    let items = changing::first_items(tx, &subscription, params)?;
    changing::check_offers(&subscription, items.iter(), params)?;
    let currency = items.first().map_or(&Value::Null, |item| item.path("price.currency"));
    invoicing::adopt_currency(tx, params.at("customer").as_id().unwrap_or(""), currency);
    let start = params.at("backdate_start_date").as_int().unwrap_or(tx.now());
    subscription.set("start_date", start);
    let trial = set_trial(tx, &mut subscription, &items, params);
    let anchor = anchor_of(tx, &subscription, &items, params)?;
    subscription.set("billing_cycle_anchor", anchor);
    let mut due = first_periods(tx, &subscription, items, trial, params)?;
    subscribing::prebilling::plan(tx, &mut subscription, params, &mut due)?;
    let discounts = super::discounts(tx, ("subscription", &id), params, &[])?;
    begin_discounts(tx, &discounts, start);
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
/// How many subscriptions that live a customer can have.
const MOST_OF_CUSTOMER: usize = 500;

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
    if tx.now() < params.int("backdate_start_date") {
        return Err(Error::backdated_ahead());
    }
    if params.int("backdate_start_date") < 0 {
        return Err(Error::below_minimum("backdate_start_date", 0));
    }
    if MOST_TRIAL_DAYS < params.int("trial_period_days") {
        return Err(Error::above_maximum("trial_period_days", MOST_TRIAL_DAYS));
    }
    match params.at("trial_end").as_int() {
        Some(ends) if ends <= tx.now() => return Err(Error::trial_end_in_past(ends)),
        Some(ends) => check_trial_end(ends, tx.now())?,
        None => {}
    }
    Ok(())
}

/// What a customer is billed for at a time is in one currency, and not without end.
pub fn check_customer(tx: &Tx<'_>, subscription: &Map) -> Outcome<()> {
    let customer = subscription.str("customer");
    let mut others = tx.all_where("subscription", "customer", customer);
    others.retain(|other| !subscribing::has_ended(other));
    if MOST_OF_CUSTOMER <= others.len() {
        return Err(Error::too_many_subscriptions(customer, MOST_OF_CUSTOMER));
    }
    let mut pending = tx.all_where("invoiceitem", "customer", customer);
    pending.retain(|item| item.at("invoice").is_null());
    let own = ["", subscription.str("currency")];
    match others.iter().chain(&pending).find(|other| !own.contains(&other.str("currency"))) {
        Some(other) => Err(Error::currencies_of_customer(other.str("currency"))),
        None => Ok(()),
    }
}

/// No trial ends later than two years after the anchor.
pub fn check_trial_end(ends: i64, anchor: i64) -> Outcome<()> {
    if anchor.saturating_add(MOST_TRIAL_DAYS * DAY) < ends {
        return Err(Error::trial_too_long());
    }
    Ok(())
}

/// The discounts of a backdated subscription count their months from when it began.
fn begin_discounts(tx: &mut Tx<'_>, discounts: &[Value], start: i64) {
    let ids = discounts.iter().filter_map(Value::as_id).filter(|_| start < tx.now());
    for id in ids.map(str::to_string).collect::<Vec<_>>() {
        let Some(mut discount) = tx.load("discount", &id) else { continue };
        let coupon = discount.path("source.coupon").as_id().and_then(|id| tx.get("coupon", id));
        let months = coupon.and_then(|coupon| coupon.at("duration_in_months").as_int());
        discount.set("end", months.map(|months| time::add_months(start, months)));
        discount.set("start", start);
        tx.save(discount);
    }
}

/// Begins the trial that is asked for, or that free trial offers make; says when the former ends.
fn set_trial(tx: &Tx<'_>, subscription: &mut Map, items: &[Map], params: &Map) -> Option<i64> {
    let now = tx.now();
    let of_plan = || {
        let days = |item: &Map| item.path("price.recurring.trial_period_days").as_int();
        items.iter().filter_map(days).max().filter(|_| params.is_true("trial_from_plan"))
    };
    let given = match params.at("trial_end").as_int() {
        Some(ends) => Some(ends),
        None => {
            let days = params.at("trial_period_days").as_int().or_else(of_plan);
            days.map(|days| now + days.min(MOST_TRIAL_DAYS) * DAY)
        }
    };
    let given = given.filter(|ends| now < *ends);
    let ends = given.or_else(|| offered(tx, items))?;
    subscription.set("status", "trialing");
    subscription.set("trial_start", now);
    subscription.set("trial_end", ends);
    given
}

/// When the last of the items' trial offers ends, where all have one and all of them are free.
fn offered(tx: &Tx<'_>, items: &[Map]) -> Option<i64> {
    let mut last = None;
    for item in items {
        let ends = item.path("current_trial.end_date").as_int()?;
        if subscribing::cost_of(tx, item) != 0 {
            return None;
        }
        last = last.max(Some(ends));
    }
    last
}

/// What the periods are counted from: what is asked for, else the end of the trial, else the start.
fn anchor_of(tx: &Tx<'_>, subscription: &Map, items: &[Map], params: &Map) -> Outcome<i64> {
    let (now, start) = (tx.now(), subscription.int("start_date"));
    let trial = params.at("trial_end").as_int().or_else(|| {
        let has_offers = items.iter().any(|item| !item.at("current_trial").is_null());
        subscription.at("trial_end").as_int().filter(|_| !has_offers)
    });
    if let Some(config) = params.at("billing_cycle_anchor_config").as_map() {
        return configured(config, items, params, now);
    }
    let begins = trial.unwrap_or(now);
    let natural = items.iter().map(|item| Interval::of(item.at("price")).boundary(begins, 1)).min();
    let Some(anchor) = params.at("billing_cycle_anchor").as_int() else {
        let is_kept = subscribing::keeps_anchor(subscription);
        // Classic ones begin their first period when they are made; one that ends before it is over
        // has its anchor there.
        let ends = params.at("cancel_at").as_int();
        let ends = ends.filter(|ends| now < *ends && natural.is_some_and(|next| *ends < next));
        let is_flexible = subscribing::is_flexible(subscription);
        let own = if is_flexible { start } else { ends.unwrap_or(now) };
        return Ok(trial.filter(|_| !is_kept).unwrap_or(own));
    };
    if anchor <= now {
        return Err(Error::anchor_in_past());
    }
    match natural.filter(|natural| *natural < anchor) {
        Some(natural) => Err(Error::anchor_too_late(natural)),
        None => Ok(anchor),
    }
}

/// The next instant of that day, month and time; what is not given is as it is now. Where the month is
/// too short for the day, the anchor is in the next month that is long enough, whole intervals later:
/// periods begin on the last days of short months.
fn configured(config: &Map, items: &[Map], params: &Map, now: i64) -> Outcome<i64> {
    let mut every = 12;
    for item in items {
        match Interval::of(item.at("price")) {
            Interval::Months(months) => every = every.min(months),
            Interval::Seconds(_) => return Err(Error::anchor_config_of_days()),
        }
    }
    for other in ["billing_cycle_anchor", "backdate_start_date"] {
        if params.contains(other) {
            return Err(Error::mutually_exclusive(&["billing_cycle_anchor_config", other]));
        }
    }
    let of_day = now.rem_euclid(DAY);
    let or = |name: &str, other: i64| config.at(name).as_int().unwrap_or(other);
    let of_day = or("hour", of_day / 3600) * 3600
        + or("minute", of_day / 60 % 60) * 60
        + or("second", of_day % 60);
    let (year, month, _) = time::date_of(now.div_euclid(DAY));
    let wanted = config.int("day_of_month").max(1);
    // The instant of the wanted day so many months from now, and whether the month has that day.
    let instant = |later: i64| {
        let month = month - 1 + later;
        let (year, month) = (year + month / 12, month % 12 + 1);
        let longest = time::days_in_month(year, month);
        (time::days_of(year, month, wanted.min(longest)) * DAY + of_day, month, wanted <= longest)
    };
    let is_next = |later: &i64| {
        let (at, month, _) = instant(*later);
        now <= at && config.at("month").as_int().is_none_or(|wanted| wanted == month)
    };
    let first = (0..=13).find(is_next).unwrap_or(0);
    // In eight years each day of each month comes that comes at all.
    let mut whole = (0..=96 / every).map(|number| instant(first + number * every));
    Ok(whole.find(|instant| instant.2).unwrap_or_else(|| instant(first)).0)
}

/// Has the items' first periods begin, and saves them: what there is to bill.
fn first_periods(
    tx: &mut Tx<'_>,
    subscription: &Map,
    items: Vec<Map>,
    trial: Option<i64>,
    params: &Map,
) -> Outcome<Vec<Due>> {
    let (now, start) = (tx.now(), subscription.int("start_date"));
    let is_free = params.str("proration_behavior") == "none";
    let is_trial = subscription.str("status") == "trialing";
    let mut due = Vec::new();
    for mut item in items {
        let interval = Interval::of(item.at("price"));
        let anchor = subscribing::anchor_of(subscription, &item);
        let natural = interval.containing(anchor, now);
        let current = trial.map_or((natural.0.max(start), natural.1), |ends| (now, ends));
        item.set("current_period_start", current.0);
        item.set("current_period_end", current.1);
        let item = tx.save(item);
        if is_trial {
            due.push(Due { item, period: current, part: Part::Trial });
            continue;
        }
        let is_used = !subscribing::is_licensed(&item) && start < now;
        if start < now && !subscribing::is_flexible(subscription) {
            // All of what passed is one line. What was used before now is on the next invoice.
            let until = if natural.0 == now { now } else { natural.1 };
            if is_used {
                metering::bill_from(tx, item.str("id"), start);
            } else if !is_free {
                due.push(Due { item: item.clone(), period: (start, until), part: Part::Passed });
            }
            if is_used || until == now {
                due.push(Due { item, period: current, part: Part::Whole });
            }
            continue;
        }
        let mut whole = interval.containing(anchor, start);
        while whole.0 <= now {
            let period: Period = (whole.0.max(start), whole.1);
            let is_stub = whole.0 < start;
            if is_used {
                let period = (period.0, period.1.min(now));
                due.push(Due { item: item.clone(), period, part: Part::Usage });
            } else if !(is_free && (is_stub || period.0 < now)) {
                let part = if is_stub { Part::Rest(whole) } else { Part::Whole };
                due.push(Due { item: item.clone(), period, part });
            }
            if MOST_LINES < due.len() {
                return Err(Error::backdated_too_far());
            }
            whole = interval.containing(anchor, whole.1);
        }
    }
    Ok(due)
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

/// Begins a subscription whose first invoice a payment intent has paid before there was any.
pub fn begin_paid(tx: &mut Tx<'_>, params: &Map, intent: &Map) -> Outcome<Rc<Map>> {
    let place = tx.place();
    let (mut subscription, invoice) = begin(tx, params)?;
    if let Some(mut invoice) = invoice {
        subscription.set("latest_invoice", invoice.at("id").clone());
        subscribing::spend_once(tx, &mut subscription);
        invoice.set("auto_advance", false);
        invoice.set("attempt_count", 1);
        invoice.set("attempted", true);
        let invoice = Map::clone(&tx.save(invoice));
        let mut intent = intent.clone();
        let of = invoice.at("id").clone();
        let details = map! { "customer_reference": Value::Null, "order_reference": of };
        intent.set("payment_details", details);
        let intent = tx.save_untold(intent);
        let invoice = invoicing::finalize_paid(tx, invoice, &intent);
        subscribing::save_method(tx, &mut subscription, &invoice);
    }
    subscribing::keep_time(tx, &subscription);
    Ok(tx.save_at(place, subscription))
}

/// The setup intent with which the customer can say what pays later.
pub fn ask_for_method(tx: &mut Tx<'_>, subscription: &Map) -> String {
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

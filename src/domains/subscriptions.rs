//! Subscriptions and their items.
//!
//! Stripe's page: <https://docs.stripe.com/api/subscriptions>.
//!
//! ```text
//! create ──▶ trialing ──▶ active ◀──paid── past_due ──last try failed──▶ canceled
//!    │                      │  └──payment failed──▲
//!    │                      └──canceled, at once or at the period's end──▶ canceled
//!    └──▶ incomplete ──paid──▶ active
//!             └──23 hours, or its invoice voided──▶ incomplete_expired
//! ```
//!
//! Differs from Stripe: a change of price or quantity within a period is not prorated; the new
//! price holds from the next period on.

use super::{discounts, invoices, prices};
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Fate, Outcome};
use crate::events::{Rules, When};
use crate::flows::{invoicing, metering};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::time;
use crate::value::{Map, Value};
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("POST /v1/subscription_items", create_item),
    ("POST /v1/subscription_items/{id}", update_item),
    ("DELETE /v1/subscription_items/{id}", delete_item),
    ("POST /v1/subscriptions", create),
    ("POST /v1/subscriptions/{id}", update),
    ("DELETE /v1/subscriptions/{id}", cancel),
];

pub static EVENTS: Rules = &[
    ("customer.subscription.created", When::Created),
    ("customer.subscription.deleted", When::Became("status", "canceled")),
    ("customer.subscription.updated", When::Otherwise(CHANGES)),
    ("customer.subscription.paused", When::Became("status", "paused")),
];

/// What a change of a subscription is seen in.
const CHANGES: &[&str] = &[
    "billing_cycle_anchor",
    "cancel_at",
    "cancel_at_period_end",
    "cancellation_details",
    "collection_method",
    "days_until_due",
    "default_payment_method",
    "default_source",
    "default_tax_rates",
    "description",
    "discounts",
    "invoice_settings",
    "items",
    "latest_invoice",
    "metadata",
    "pause_collection",
    "payment_settings",
    "status",
    "trial_end",
    "trial_settings",
];

const DAY: i64 = 24 * 3600;
/// How long the first payment may wait.
const EXPIRES_AFTER: i64 = 23 * 3600;

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    if !params.contains("customer") && !params.contains("customer_account") {
        return Err(Error::parameter_missing("customer"));
    }
    check(tx, params)?;
    let mut given = params.clone();
    given.remove("discounts");
    let mut subscription = crud::draft_kind(tx, crud::kind(call), &given)?;
    let id = subscription.str("id").to_string();
    for (place, item) in params.at("items").as_list().unwrap_or_default().iter().enumerate() {
        let item = item.as_map().cloned().unwrap_or_default();
        add(tx, &id, &item, &format!("items[{place}]"))?;
    }
    let customer = subscription.at("customer").as_id().map(str::to_string);
    let discounts = discounts::given(tx, ("subscription", &id), customer.as_deref(), params)?;
    subscription.set("discounts", discounts);
    let days = params.at("trial_period_days").as_int().unwrap_or(0);
    let ends = match params.at("trial_end").as_int() {
        Some(ends) => Some(ends),
        None => (0 < days).then(|| tx.now() + days * DAY),
    };
    if let Some(ends) = ends.filter(|ends| tx.now() < *ends) {
        subscription.set("status", "trialing");
        subscription.set("trial_start", tx.now());
        subscription.set("trial_end", ends);
        subscription.set("billing_cycle_anchor", ends);
        for mut item in items_of(tx, &id) {
            item.set("current_period_end", ends);
            tx.save(item);
        }
    }
    show_items(tx, &mut subscription);
    start(tx, subscription, params).map(Body::from)
}

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
    match params.at("trial_end").as_int() {
        Some(ends) if ends <= tx.now() => Err(Error::trial_end_in_past(ends)),
        _ => Ok(()),
    }
}

/// Bills the first period, and saves the subscription in the status that the payment leaves it in.
fn start(tx: &mut Tx<'_>, mut subscription: Map, params: &Map) -> Outcome<Rc<Map>> {
    let id = subscription.str("id").to_string();
    let invoice = bill(tx, &subscription, "subscription_create", None);
    let Some(mut invoice) = invoice else { return Ok(keep_time(tx, subscription)) };
    let invoice_id = invoice.str("id").to_string();
    subscription.set("latest_invoice", invoice_id.clone());
    spend_once(tx, &mut subscription);
    if subscription.str("collection_method") == "send_invoice" {
        draw_up(tx, invoice, &subscription);
        return Ok(keep_time(tx, subscription));
    }
    invoice.set("auto_advance", false);
    let invoice = tx.save(invoice);
    let invoice = invoicing::finalize(tx, Map::clone(&invoice));
    if invoice.str("status") == "paid" {
        return Ok(keep_time(tx, subscription));
    }
    let behavior = params.str("payment_behavior");
    let method = invoicing::method_for(tx, &invoice, Some(&subscription));
    let paid = match (behavior, method) {
        ("default_incomplete", _) => false,
        (_, None) => return Err(Error::no_default_payment_method()),
        (_, Some(method)) => match invoicing::pay(tx, &invoice_id, method, false) {
            Ok(invoice) => invoice.str("status") == "paid",
            Err(mut error) if behavior == "error_if_incomplete" => {
                error.fate = Fate::Refused;
                return Err(error);
            }
            Err(error) if error.fate == Fate::Declined => false,
            Err(error) => return Err(error),
        },
    };
    if paid {
        return Ok(keep_time(tx, subscription));
    }
    if behavior == "error_if_incomplete" {
        return Err(Error::subscription_requires_action());
    }
    subscription.set("status", "incomplete");
    tx.schedule(tx.now() + EXPIRES_AFTER, "subscription.expire", &id);
    Ok(keep_time(tx, subscription))
}

/// A discount that is for once is used up by the first invoice.
fn spend_once(tx: &Tx<'_>, subscription: &mut Map) {
    let Some(Value::List(discounts)) = subscription.get_mut("discounts") else { return };
    discounts.retain(|discount| {
        let coupon = discount.as_id().and_then(|id| tx.get("discount", id)).and_then(|discount| {
            tx.get("coupon", discount.path("source.coupon").as_id().unwrap_or(""))
        });
        coupon.is_none_or(|coupon| coupon.str("duration") != "once")
    });
}

/// Saves a subscription and has Stripe come back at the end of its period.
fn keep_time(tx: &mut Tx<'_>, subscription: Map) -> Rc<Map> {
    let id = subscription.str("id").to_string();
    tx.unschedule("subscription.renew", &id);
    if let Some(next) = period_ends(tx, &id) {
        let next = subscription.at("cancel_at").as_int().map_or(next, |at| at.min(next));
        tx.schedule(next, "subscription.renew", &id);
    }
    tx.save(subscription)
}

fn items_of(tx: &Tx<'_>, subscription: &str) -> Vec<Map> {
    let items = tx.all_where("subscription_item", "subscription", subscription);
    items.iter().map(|item| Map::clone(item)).collect()
}

/// When the first of the items' periods ends.
fn period_ends(tx: &Tx<'_>, subscription: &str) -> Option<i64> {
    let items = items_of(tx, subscription);
    items.iter().filter_map(|item| item.at("current_period_end").as_int()).min()
}

/// The invoice of the items whose period begins now (or of all), of the usage in the periods that
/// are over, and of what is pending; none where there is nothing to bill. `past` are the items
/// whose period is over, and when that began.
fn bill(
    tx: &mut Tx<'_>,
    subscription: &Map,
    reason: &'static str,
    past: Option<&[(String, i64)]>,
) -> Option<Map> {
    let customer = tx.load("customer", subscription.at("customer").as_id()?)?;
    let currency = subscription.str("currency").to_string();
    let mut invoice = invoicing::draft(tx, &customer, &currency);
    let id = subscription.str("id").to_string();
    invoice.set("billing_reason", reason);
    invoice.set("collection_method", subscription.at("collection_method").clone());
    invoice.set("parent", invoices::parent_of(subscription));
    invoice.set("rendering", Value::Null);
    for name in ["default_payment_method", "default_source"] {
        invoice.set(name, Value::Null);
    }
    let discounts = subscription.at("discounts").as_list().unwrap_or_default();
    let discounts = match (discounts, customer.path("discount.id").as_str()) {
        ([], Some(of_customer)) => vec![Value::from(of_customer.to_string())],
        (own, _) => own.to_vec(),
    };
    invoice.set("discounts", discounts);
    invoicing::sweep(tx, &mut invoice, Some(&id));
    let now = tx.now();
    let is_trial = subscription.str("status") == "trialing";
    for item in items_of(tx, &id) {
        let starts = item.int("current_period_start");
        let over = past.and_then(|past| past.iter().find(|(id, _)| id == item.str("id")));
        if !metering::is_metered(&item) {
            if past.is_none() || starts == now {
                bill_item(tx, &mut invoice, &item, is_trial);
            }
        } else if let Some((_, began)) = over {
            metering::bill(tx, &mut invoice, &item, (*began, starts));
        }
    }
    if invoice.path("lines.data").as_list().is_none_or(<[Value]>::is_empty) {
        return None;
    }
    invoicing::add_up(tx, &mut invoice);
    Some(invoice)
}

fn bill_item(tx: &mut Tx<'_>, invoice: &mut Map, item: &Map, is_trial: bool) {
    let Some(price) = item.at("price").as_map() else { return };
    let quantity = item.at("quantity").as_int().unwrap_or(1);
    let product = price.at("product").as_id().and_then(|id| tx.get("product", id));
    let description = match product {
        Some(product) if is_trial => {
            let unit = product.at("unit_label").as_str();
            let unit = unit.map_or("×".to_string(), |unit| format!("{unit} ×"));
            format!("Free trial for {quantity} {unit} {}", product.str("name"))
        }
        _ => invoicing::description_of(tx, price, quantity),
    };
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
    let billed = invoicing::Billed {
        amount: if is_trial { 0 } else { invoicing::amount_of(tx, price, quantity) },
        quantity,
        description: description.into(),
        price: Some(price),
        period: (item.int("current_period_start"), item.int("current_period_end")),
        parent,
    };
    if is_trial {
        return invoicing::add_line(tx, invoice, billed);
    }
    invoicing::add_price_lines(tx, invoice, billed);
}

/// Saves a draft that Stripe finalizes by itself an hour later.
fn draw_up(tx: &mut Tx<'_>, mut invoice: Map, subscription: &Map) {
    let at = tx.now() + invoicing::FINALIZES_AFTER;
    let is_sent = subscription.str("collection_method") == "send_invoice";
    invoice.set("auto_advance", true);
    invoice.set("automatically_finalizes_at", at);
    if is_sent {
        let days = subscription.int("days_until_due");
        invoice.set("due_date", tx.now().saturating_add(days.saturating_mul(DAY)));
    } else {
        invoice.set("next_payment_attempt", at);
    }
    let invoice = tx.save(invoice);
    tx.schedule(at, "invoice.advance", invoice.str("id"));
}

// Later.

/// Does what was scheduled for a subscription.
pub fn run(tx: &mut Tx<'_>, action: &str, id: &str) {
    match action {
        "subscription.renew" => renew(tx, id),
        "subscription.expire" => expire(tx, id),
        other => panic!("{other} is nothing a subscription does later"),
    }
}

/// The period is over: the subscription ends, or goes on with the next one and is billed for it.
fn renew(tx: &mut Tx<'_>, id: &str) {
    let Some(mut subscription) = tx.load("subscription", id) else { return };
    let status = subscription.str("status").to_string();
    if matches!(status.as_str(), "canceled" | "incomplete" | "incomplete_expired" | "paused") {
        return;
    }
    let now = tx.now();
    if subscription.at("cancel_at").as_int().is_some_and(|at| at <= now) {
        subscription.set("status", "canceled");
        subscription.set("ended_at", now);
        tx.save(subscription);
        return;
    }
    let before = (subscription.int("start_date"), now);
    let anchor = subscription.int("billing_cycle_anchor");
    let mut period = before;
    let mut past = Vec::new();
    for mut item in items_of(tx, id) {
        let ends = item.int("current_period_end");
        if ends <= now {
            // What is used in a trial is free.
            if status != "trialing" {
                past.push((item.str("id").to_string(), item.int("current_period_start")));
            }
            period = (item.int("current_period_start"), ends);
            let next =
                item.at("price").as_map().map_or(ends, |price| boundary(anchor, ends, price));
            item.set("current_period_start", ends);
            item.set("current_period_end", next);
            tx.save(item);
        }
    }
    if status == "trialing" {
        subscription.set("status", "active");
    }
    show_items(tx, &mut subscription);
    if let Some(mut invoice) = bill(tx, &subscription, "subscription_cycle", Some(&past)) {
        invoice.set("period_start", period.0);
        invoice.set("period_end", period.1);
        subscription.set("latest_invoice", invoice.at("id").clone());
        spend_once(tx, &mut subscription);
        draw_up(tx, invoice, &subscription);
    }
    keep_time(tx, subscription);
}

/// The first end of a period after a time, counted from the anchor, so that a month's last day
/// comes back after a shorter month.
fn boundary(anchor: i64, after: i64, price: &Map) -> i64 {
    let count = price.path("recurring.interval_count").as_int().unwrap_or(1).max(1);
    let months = match price.path("recurring.interval").as_str() {
        Some("day") => return after + count * DAY,
        Some("week") => return after + count * 7 * DAY,
        Some("year") => 12 * count,
        _ => count,
    };
    // No month is longer than 31 days: the search begins at or before the boundary.
    let mut passed = (after - anchor).max(0) / (31 * DAY * months);
    while time::add_months(anchor, passed * months) <= after {
        passed += 1;
    }
    time::add_months(anchor, passed * months)
}

/// Nobody paid the first invoice in time.
fn expire(tx: &mut Tx<'_>, id: &str) {
    let Some(mut subscription) = tx.load("subscription", id) else { return };
    if subscription.str("status") != "incomplete" {
        return;
    }
    let invoice = subscription.at("latest_invoice").as_id().and_then(|id| tx.load("invoice", id));
    if let Some(invoice) = invoice.filter(|invoice| invoice.str("status") == "open") {
        invoicing::void(tx, invoice);
    }
    let now = tx.now();
    subscription.set("status", "incomplete_expired");
    subscription.set("ended_at", now);
    tx.save(subscription);
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut subscription = crud::load(tx, call)?;
    if subscription.str("status") == "canceled" {
        return Err(Error::subscription_canceled());
    }
    let id = subscription.str("id").to_string();
    let mut params = call.params.clone();
    if params.contains("discounts") {
        let customer = subscription.at("customer").as_id().map(str::to_string);
        let discounts = discounts::given(tx, ("subscription", &id), customer.as_deref(), &params)?;
        subscription.set("discounts", discounts);
        params.remove("discounts");
    }
    for (place, given) in params.at("items").as_list().unwrap_or_default().iter().enumerate() {
        let given = given.as_map().cloned().unwrap_or_default();
        let path = format!("items[{place}]");
        match given.at("id").as_str() {
            Some(item) if given.is_true("deleted") => {
                of(tx, item, &format!("{path}[id]"))?;
                tx.delete("subscription_item", item);
            }
            Some(item) => {
                let item = of(tx, item, &format!("{path}[id]"))?;
                change(tx, item, &given, &path)?;
            }
            None => {
                add(tx, &id, &given, &path)?;
            }
        }
    }
    params.remove("items");
    crud::apply(tx, crud::kind(call).shape(), &mut subscription, &params, "")?;
    if let Some(wanted) = params.at("cancel_at_period_end").as_bool() {
        let now = tx.now();
        subscription.set("canceled_at", wanted.then_some(now));
        let ends = subscription.path("items.data").as_list().and_then(<[Value]>::first);
        let ends =
            ends.and_then(Value::as_map).and_then(|item| item.at("current_period_end").as_int());
        subscription.set("cancel_at", ends.filter(|_| wanted));
        let reason = wanted.then_some("cancellation_requested");
        subscription.map_mut("cancellation_details").set("reason", reason);
    }
    show_items(tx, &mut subscription);
    Ok(keep_time(tx, subscription).into())
}

fn cancel(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut subscription = crud::load(tx, call)?;
    if subscription.str("status") == "canceled" {
        return Err(Error::no_such("subscription", call.id(0), "id"));
    }
    let shape = crud::kind(call).shape();
    crud::apply(tx, shape, &mut subscription, &call.params, "")?;
    let now = tx.now();
    subscription.set("status", "canceled");
    subscription.set("ended_at", now);
    if subscription.at("canceled_at").is_null() {
        subscription.set("canceled_at", now);
    }
    subscription.set("cancel_at", Value::Null);
    subscription.set("cancel_at_period_end", false);
    subscription.map_mut("cancellation_details").set("reason", "cancellation_requested");
    stop_collecting(tx, call.id(0));
    Ok(tx.save(subscription).into())
}

/// What is open of a subscription that ended is not collected by itself any more.
fn stop_collecting(tx: &mut Tx<'_>, subscription: &str) {
    let path = "parent.subscription_details.subscription";
    for invoice in tx.all_where("invoice", path, subscription) {
        if invoice.is_true("auto_advance") {
            let mut invoice = Map::clone(&invoice);
            invoice.set("auto_advance", false);
            invoice.set("next_payment_attempt", Value::Null);
            tx.save(invoice);
        }
    }
}

// Items.

fn create_item(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let id = call.params.str("subscription").to_string();
    if !tx.exists("subscription", &id) {
        return Err(Error::no_such_reference("subscription", &id, "subscription"));
    }
    let item = add(tx, &id, &call.params, "")?;
    refresh(tx, &id);
    Ok(item.into())
}

fn update_item(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let item = crud::load(tx, call)?;
    let item = change(tx, item, &call.params, "")?;
    refresh(tx, item.str("subscription"));
    Ok(item.into())
}

fn delete_item(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let item = crud::load(tx, call)?;
    let stub = tx.delete("subscription_item", call.id(0));
    refresh(tx, item.str("subscription"));
    Ok(stub.into())
}

fn of(tx: &Tx<'_>, id: &str, path: &str) -> Outcome<Map> {
    let missing = || Error::no_such_reference("subscription item", id, path.to_string());
    tx.load("subscription_item", id).ok_or_else(missing)
}

fn add(tx: &mut Tx<'_>, subscription: &str, given: &Map, path: &str) -> Outcome<Rc<Map>> {
    let kind = Object::find("subscription_item").expect("a published type");
    let mut item = crud::new(tx, kind, &Map::new());
    item.set("subscription", subscription.to_string());
    let priced = ["price", "plan", "price_data"].iter().any(|name| given.contains(name));
    if !priced {
        let name = if path.is_empty() { "price".to_string() } else { format!("{path}[price]") };
        return Err(Error::parameter_missing(&name));
    }
    change(tx, item, given, path)
}

/// Lays what is given over an item: its price, its quantity, its period.
fn change(tx: &mut Tx<'_>, mut item: Map, given: &Map, path: &str) -> Outcome<Rc<Map>> {
    let param = |name: &str| match path.is_empty() {
        true => name.to_string(),
        false => format!("{path}[{name}]"),
    };
    let mut rest = given.clone();
    for name in ["price", "plan", "id", "discounts", "subscription"] {
        rest.remove(name);
    }
    let shape = Object::find("subscription_item").expect("a published type").shape();
    crud::apply(tx, shape, &mut item, &rest, path)?;
    let price = match (given.at("price").as_str(), given.at("plan").as_str()) {
        (Some(id), _) => Some(
            tx.get("price", id)
                .cloned()
                .ok_or_else(|| Error::no_such_reference("price", id, param("price")))?,
        ),
        (None, Some(id)) => Some(
            tx.get("price", id)
                .cloned()
                .ok_or_else(|| Error::no_such_reference("plan", id, param("plan")))?,
        ),
        (None, None) => match given.at("price_data").as_map() {
            Some(data) => Some(prices::of_data(tx, data)?),
            None => None,
        },
    };
    if let Some(price) = price {
        if price.at("recurring").is_null() {
            return Err(Error::price_not_recurring(param("price")));
        }
        let plan = prices::plan_of(tx, &price);
        let start = tx.now();
        if item.at("price").is_null() {
            item.set("current_period_start", start);
            item.set("current_period_end", period_end(start, &price));
        } else if !given.contains("quantity") {
            item.set("quantity", 1);
        }
        item.set("plan", plan);
        item.set("price", Value::Shared(price));
        if metering::is_metered(&item) {
            item.remove("quantity");
        }
    }
    Ok(tx.save(item))
}

/// When a period of that price that begins then ends.
fn period_end(start: i64, price: &Map) -> i64 {
    let count = price.path("recurring.interval_count").as_int().unwrap_or(1);
    match price.path("recurring.interval").as_str() {
        Some("day") => start + count * DAY,
        Some("week") => start + count * 7 * DAY,
        Some("year") => time::add_months(start, 12 * count),
        _ => time::add_months(start, count),
    }
}

fn refresh(tx: &mut Tx<'_>, id: &str) {
    let Some(mut subscription) = tx.load("subscription", id) else { return };
    show_items(tx, &mut subscription);
    tx.save(subscription);
}

/// A subscription carries its items, its currency is theirs, and with one item it has its plan and
/// quantity.
fn show_items(tx: &Tx<'_>, subscription: &mut Map) {
    let id = subscription.str("id").to_string();
    let items = tx.all_where("subscription_item", "subscription", &id);
    if let Some(item) = items.first() {
        subscription.set("currency", item.path("price.currency").clone());
    }
    let alone = items.first().filter(|_| items.len() == 1);
    let plan = alone.map_or(Value::Null, |item| item.at("plan").clone());
    subscription.set("plan", plan);
    subscription.set("quantity", alone.map_or(Value::Null, |item| item.at("quantity").clone()));
    let count = items.len() as i64;
    let url = format!("/v1/subscription_items?subscription={id}");
    let mut list = crud::list_of(items.into_iter().map(Value::from).collect(), false, url);
    list.set("total_count", count);
    subscription.set("items", list);
}

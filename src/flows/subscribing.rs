//! Subscriptions as time and payments move them: billed, renewed, dunned, ended.
//!
//! `domains/subscriptions` says what may be asked; what its requests and the schedule have in
//! common is here.
//!
//! Stripe's page: <https://docs.stripe.com/billing/subscriptions/overview>.

use crate::crud;
use crate::errors::{Error, Fate, Outcome};
use crate::flows;
use crate::flows::periods::{Interval, Period};
use crate::flows::proration;
use crate::flows::{invoicing, metering};
use crate::map;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

const DAY: i64 = 86_400;
/// How long before a renewal its notice comes. An account's setting, 7 days as it comes.
const NOTICE: i64 = 7 * DAY;
/// How long before the end of a trial its notice comes.
const TRIAL_NOTICE: i64 = 3 * DAY;

/// What Stripe comes back to a subscription for, again and again.
const AGAIN: [&str; 4] = [
    "subscription.renew",
    "subscription.upcoming",
    "subscription.trial_will_end",
    "subscription.bill_pending",
];

/// The items of a subscription, oldest first.
pub fn items_of(tx: &Tx<'_>, subscription: &str) -> Vec<Rc<Map>> {
    tx.all_where("subscription_item", "subscription", subscription)
}

/// Whether an item has a quantity, and is paid before it is used.
pub fn is_licensed(item: &Map) -> bool {
    !metering::is_metered(item)
}

/// What an item costs for a whole period.
pub fn cost_of(tx: &Tx<'_>, item: &Map) -> i64 {
    let quantity = item.at("quantity").as_int().unwrap_or(1);
    item.at("price").as_map().map_or(0, |price| invoicing::amount_of(tx, price, quantity))
}

/// Whether a subscription bills what was debited, each item in its own rhythm.
pub fn is_flexible(subscription: &Map) -> bool {
    subscription.path("billing_mode.type").as_str() != Some("classic")
}

/// When the first of the items' periods ends.
pub fn period_ends(tx: &Tx<'_>, subscription: &str) -> Option<i64> {
    let items = items_of(tx, subscription);
    items.iter().filter_map(|item| item.at("current_period_end").as_int()).min()
}

/// Whether nothing comes of a subscription any more.
pub fn has_ended(subscription: &Map) -> bool {
    matches!(subscription.str("status"), "canceled" | "incomplete_expired")
}

/// A subscription carries its items, its currency is theirs, and with one item it has its plan and
/// quantity.
pub fn show_items(tx: &Tx<'_>, subscription: &mut Map) {
    let id = subscription.str("id").to_string();
    let items = items_of(tx, &id);
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

/// Plans when Stripe comes back to a subscription, which is to be saved next.
pub fn keep_time(tx: &mut Tx<'_>, subscription: &Map) {
    let id = subscription.str("id");
    for action in AGAIN {
        tx.unschedule(action, id);
    }
    if has_ended(subscription) || subscription.str("status") == "paused" {
        return;
    }
    let now = tx.now();
    if let Some(next) = period_ends(tx, id) {
        let cancels = subscription.at("cancel_at").as_int();
        let next = cancels.map_or(next, |at| at.min(next)).max(now);
        tx.schedule(next, "subscription.renew", id);
        let is_charged = subscription.str("collection_method") == "charge_automatically";
        if is_charged && cancels.is_none() && now < next - NOTICE {
            tx.schedule(next - NOTICE, "subscription.upcoming", id);
        }
    }
    if let Some(next) = subscription.at("next_pending_invoice_item_invoice").as_int() {
        tx.schedule(next.max(now), "subscription.bill_pending", id);
    }
    if let Some(ends) = subscription.at("trial_end").as_int() {
        if now < ends - TRIAL_NOTICE && subscription.str("status") == "trialing" {
            tx.schedule(ends - TRIAL_NOTICE, "subscription.trial_will_end", id);
        }
    }
}

/// Saves a subscription, and plans when Stripe comes back to it.
pub fn keep(tx: &mut Tx<'_>, subscription: Map) -> Rc<Map> {
    keep_time(tx, &subscription);
    tx.save(subscription)
}

// Billing.

/// An item and a period to be billed.
pub struct Due {
    pub item: Rc<Map>,
    pub period: Period,
    pub part: Part,
}

/// How much of a period an item is billed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Whole,
    Trial,
    /// What is left of that whole period.
    Rest(Period),
    /// What was used in it.
    Usage,
}

/// An invoice of a subscription, of what is pending and of the items that are due; none where there
/// is nothing to bill. Not saved.
pub fn bill(tx: &mut Tx<'_>, subscription: &Map, reason: &'static str, due: &[Due]) -> Option<Map> {
    let customer = tx.load("customer", subscription.at("customer").as_id()?)?;
    let mut invoice = invoicing::draft(tx, &customer, subscription.str("currency"));
    invoice.set("billing_reason", reason);
    for name in ["collection_method", "default_tax_rates", "test_clock", "on_behalf_of"] {
        if !subscription.at(name).is_null() {
            invoice.set(name, subscription.at(name).clone());
        }
    }
    invoice.set("parent", parent_of(subscription));
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
    invoicing::sweep(tx, &mut invoice, Some(subscription.str("id")));
    for due in due {
        if is_licensed(&due.item) {
            bill_item(tx, &mut invoice, subscription, due);
        } else if due.part == Part::Usage {
            metering::bill(tx, &mut invoice, &due.item, due.period);
        }
    }
    if invoice.path("lines.data").as_list().is_none_or(<[Value]>::is_empty) {
        return None;
    }
    invoicing::add_up(tx, &mut invoice);
    // Each version of the invoice that an event shows has the same lines: they are kept once.
    if let Some(lines) = invoice.at("lines").as_map().cloned() {
        invoice.set("lines", Value::Shared(Rc::new(lines)));
    }
    Some(invoice)
}

/// What an invoice shows of the subscription it is for.
pub fn parent_of(subscription: &Map) -> Map {
    map! {
        "quote_details": Value::Null,
        "subscription_details": map! {
            "metadata": subscription.at("metadata").clone(),
            "subscription": subscription.at("id").clone(),
        },
        "type": "subscription_details",
    }
}

fn bill_item(tx: &mut Tx<'_>, invoice: &mut Map, subscription: &Map, due: &Due) {
    let item = &due.item;
    let Some(price) = item.at("price").as_map() else { return };
    let quantity = item.at("quantity").as_int().unwrap_or(1);
    let (amount, description) = match due.part {
        Part::Whole | Part::Usage => {
            (cost_of(tx, item), invoicing::description_of(tx, price, quantity))
        }
        Part::Trial => (0, trial_text(tx, subscription, price, quantity)),
        Part::Rest(whole) => (
            proration::rest(cost_of(tx, item), due.period.0, whole),
            prorated_text(tx, "Remaining", item, due.period.0),
        ),
    };
    let is_part = matches!(due.part, Part::Rest(_));
    let parent = item_parent(item, Value::Null, is_part, map! { "credited_items": Value::Null });
    let billed = invoicing::Billed {
        amount,
        quantity,
        description: description.into(),
        price: Some(price),
        period: due.period,
        parent,
    };
    let before = invoicing::lines_mut(invoice).len();
    match due.part {
        Part::Whole => invoicing::add_price_lines(tx, invoice, billed),
        _ => invoicing::add_line(tx, invoice, billed),
    }
    for line in invoicing::lines_mut(invoice)[before..].iter_mut().filter_map(Value::as_map_mut) {
        line.set("metadata", subscription.at("metadata").clone());
        if due.part == Part::Trial {
            line.map_mut("pricing").set("unit_amount_decimal", "0");
        }
    }
}

/// What a line shows of the subscription's item it is for.
pub fn item_parent(item: &Map, invoice_item: Value, is_part: bool, details: Map) -> Map {
    map! {
        "invoice_item_details": Value::Null,
        "subscription_item_details": map! {
            "invoice_item": invoice_item,
            "proration": is_part,
            "proration_details": details,
            "subscription": item.at("subscription").clone(),
            "subscription_item": item.at("id").clone(),
        },
        "type": "subscription_item_details",
    }
}

fn trial_text(tx: &Tx<'_>, subscription: &Map, price: &Map, quantity: i64) -> String {
    let product = price.at("product").as_id().and_then(|id| tx.get("product", id));
    let name = product.map_or("", |product| product.str("name"));
    if !is_flexible(subscription) {
        return format!("Trial period for {name}");
    }
    let unit = product.and_then(|product| product.at("unit_label").as_str());
    let unit = unit.map_or("×".to_string(), |unit| format!("{unit} ×"));
    format!("Free trial for {quantity} {unit} {name}")
}

/// `Unused time on 3 × Default after 10 Nov 2025`.
pub fn prorated_text(tx: &Tx<'_>, which: &str, item: &Map, at: i64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let product = item.path("price.product").as_id().and_then(|id| tx.get("product", id));
    let name = product.map_or("", |product| product.str("name"));
    let quantity = item.at("quantity").as_int().unwrap_or(1);
    let many = if 1 < quantity { format!("{quantity} × ") } else { String::new() };
    let (year, month, day) = crate::time::date_of(at.div_euclid(DAY));
    let month = MONTHS[(month - 1).clamp(0, 11) as usize];
    format!("{which} time on {many}{name} after {day} {month} {year}")
}

/// A discount that is for once is used up by the first invoice.
pub fn spend_once(tx: &Tx<'_>, subscription: &mut Map) {
    let Some(Value::List(discounts)) = subscription.get_mut("discounts") else { return };
    discounts.retain(|discount| {
        let coupon = discount.as_id().and_then(|id| tx.get("discount", id)).and_then(|discount| {
            tx.get("coupon", discount.path("source.coupon").as_id().unwrap_or(""))
        });
        coupon.is_none_or(|coupon| coupon.str("duration") != "once")
    });
}

/// Saves a draft that Stripe finalizes by itself an hour later.
pub fn draw_up(tx: &mut Tx<'_>, mut invoice: Map, subscription: &Map) {
    let at = tx.now() + invoicing::FINALIZES_AFTER;
    invoice.set("auto_advance", true);
    invoice.set("automatically_finalizes_at", at);
    let id = invoice.str("id").to_string();
    if subscription.str("collection_method") == "send_invoice" {
        let days = subscription.int("days_until_due");
        let due = tx.now().saturating_add(days.saturating_mul(DAY));
        invoice.set("due_date", due);
        tx.schedule(due, "subscription.overdue", &id);
    } else {
        invoice.set("next_payment_attempt", at);
    }
    tx.save(invoice);
    tx.schedule(at, "invoice.advance", &id);
}

/// What became of an invoice that was to be paid at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collected {
    Paid,
    /// Nobody tried to.
    Waits,
    Declined,
    NeedsAction,
}

/// Finalizes an invoice and has it paid, as the payment behavior says. Refused where there is
/// nothing to pay with, or where the behavior wants no unpaid invoice.
pub fn collect(
    tx: &mut Tx<'_>,
    subscription: &Map,
    mut invoice: Map,
    params: &Map,
) -> Outcome<Collected> {
    invoice.set("auto_advance", false);
    let invoice = tx.save(invoice);
    let invoice = invoicing::finalize(tx, Map::clone(&invoice));
    if invoice.str("status") == "paid" {
        return Ok(Collected::Paid);
    }
    let behavior = params.str("payment_behavior");
    if behavior == "default_incomplete" {
        return Ok(Collected::Waits);
    }
    let method = invoicing::method_for(tx, &invoice, Some(subscription));
    let method = method.ok_or_else(Error::no_default_payment_method)?;
    let is_off_session = params.is_true("off_session");
    let strict = behavior == "error_if_incomplete";
    match invoicing::pay(tx, invoice.str("id"), method, is_off_session) {
        Ok(invoice) if invoice.str("status") == "paid" => Ok(Collected::Paid),
        Ok(_) if strict => Err(Error::subscription_requires_action()),
        Ok(_) => Ok(Collected::NeedsAction),
        Err(mut error) if strict => {
            error.fate = Fate::Refused;
            Err(error)
        }
        Err(error) if error.fate == Fate::Declined => Ok(Collected::Declined),
        Err(error) => Err(error),
    }
}

// Later.

/// Does what was scheduled for a subscription.
pub fn run(tx: &mut Tx<'_>, action: &str, id: &str) {
    match action {
        "subscription.renew" => renew_in_turn(tx, id),
        "subscription.upcoming" => give_notice(tx, id),
        "subscription.trial_will_end" => {
            if let Some(subscription) = tx.get("subscription", id).cloned() {
                tx.announce("customer.subscription.trial_will_end", subscription);
            }
        }
        "subscription.bill_pending" => bill_pending(tx, id),
        "subscription.expire" => expire(tx, id),
        "subscription.expire_update" => expire_update(tx, id),
        "subscription.collect_again" => collect_again(tx, id),
        "subscription.overdue" => fall_overdue(tx, id),
        "subscription.write_off" => write_off(tx, id),
        other => panic!("{other} is nothing a subscription does later"),
    }
}

/// The period is over; where a phase of its schedule is over too, the next phase comes first.
fn renew_in_turn(tx: &mut Tx<'_>, id: &str) {
    let waits = tx.get("subscription", id).is_some_and(|it| waits_for_phase(tx, it));
    if waits {
        tx.schedule(tx.now(), "subscription.renew", id);
    } else {
        renew(tx, id);
    }
}

/// The subscription ends, or goes on with the next period and is billed for it.
fn renew(tx: &mut Tx<'_>, id: &str) {
    let Some(mut subscription) = tx.load("subscription", id) else { return };
    if has_ended(&subscription) || matches!(subscription.str("status"), "incomplete" | "paused") {
        return;
    }
    let now = tx.now();
    if subscription.at("cancel_at").as_int().is_some_and(|at| at <= now) {
        bill_last(tx, &mut subscription);
        end(tx, subscription, None);
        return;
    }
    let was_trial = subscription.str("status") == "trialing";
    if was_trial && !ends_trial(tx, &mut subscription) {
        return;
    }
    let (due, period) = begin_periods(tx, &subscription, was_trial);
    show_items(tx, &mut subscription);
    if let Some(mut invoice) = bill(tx, &subscription, "subscription_cycle", &due) {
        invoice.set("period_start", period.0);
        invoice.set("period_end", period.1);
        subscription.set("latest_invoice", invoice.at("id").clone());
        spend_once(tx, &mut subscription);
        put_out(tx, invoice, &subscription);
    }
    keep(tx, subscription);
}

/// Whether the phase of a subscription's schedule is over and the next has not begun.
fn waits_for_phase(tx: &Tx<'_>, subscription: &Map) -> bool {
    let schedule = subscription.at("schedule").as_id();
    let schedule = schedule.and_then(|id| tx.get("subscription_schedule", id));
    let ends = schedule.and_then(|schedule| schedule.path("current_phase.end_date").as_int());
    ends.is_some_and(|ends| ends <= tx.now())
}

/// Has the next periods begin, of the items whose period is over: what is due for them, and the
/// period before.
fn begin_periods(tx: &mut Tx<'_>, subscription: &Map, was_trial: bool) -> (Vec<Due>, Period) {
    let now = tx.now();
    let anchor = subscription.int("billing_cycle_anchor");
    let mut before = (subscription.int("start_date"), now);
    let mut due = Vec::new();
    for item in items_of(tx, subscription.str("id")) {
        let ends = item.int("current_period_end");
        if now < ends {
            continue;
        }
        before = (item.int("current_period_start"), ends);
        let period = (ends, Interval::of(item.at("price")).containing(anchor, ends).1);
        let mut item = Map::clone(&item);
        item.set("current_period_start", period.0);
        item.set("current_period_end", period.1);
        let item = tx.save(item);
        // What is used in a trial is free.
        due.push(match is_licensed(&item) {
            false if !was_trial => Due { item, period: before, part: Part::Usage },
            _ => Due { item, period, part: Part::Whole },
        });
    }
    (due, before)
}

/// Puts the draft of a period out for collection, as far as the subscription collects.
fn put_out(tx: &mut Tx<'_>, mut invoice: Map, subscription: &Map) {
    let paused = subscription.path("pause_collection.behavior").as_str();
    match paused {
        None if subscription.str("status") != "unpaid" => draw_up(tx, invoice, subscription),
        None | Some("keep_as_draft") => {
            invoice.set("auto_advance", false);
            tx.save(invoice);
        }
        Some(behavior) => {
            let is_void = behavior == "void";
            invoice.set("auto_advance", false);
            tx.save(invoice.clone());
            let invoice = Map::clone(&invoicing::finalize(tx, invoice));
            if invoice.str("status") != "open" {
            } else if is_void {
                invoicing::void(tx, invoice);
            } else {
                mark_uncollectible(tx, invoice);
            }
        }
    }
}

fn mark_uncollectible(tx: &mut Tx<'_>, mut invoice: Map) {
    let now = tx.now();
    invoice.set("auto_advance", false);
    invoice.set("next_payment_attempt", Value::Null);
    invoice.set("status", "uncollectible");
    invoice.map_mut("status_transitions").set("marked_uncollectible_at", now);
    tx.save(invoice);
}

/// The trial is over. Says whether the subscription goes on with a period to be paid; without
/// anything to pay with it may pause or end instead.
fn ends_trial(tx: &mut Tx<'_>, subscription: &mut Map) -> bool {
    let missing = subscription.path("trial_settings.end_behavior.missing_payment_method");
    let missing = missing.as_str().unwrap_or("create_invoice").to_string();
    if missing != "create_invoice" && !can_pay(tx, subscription) {
        match missing.as_str() {
            "pause" => pause(tx, subscription.clone(), "trial_end_without_payment_method"),
            _ => end(tx, subscription.clone(), Some("cancellation_requested")),
        };
        return false;
    }
    subscription.set("status", "active");
    true
}

/// Whether there is anything a subscription's invoices can be paid with.
pub fn can_pay(tx: &Tx<'_>, subscription: &Map) -> bool {
    let invoice = map! { "customer": subscription.at("customer").clone() };
    subscription.str("collection_method") == "send_invoice"
        || invoicing::method_for(tx, &invoice, Some(subscription)).is_some()
}

/// Pauses a subscription: it is not billed until it is resumed. `why` is the type of its pause.
pub fn pause(tx: &mut Tx<'_>, mut subscription: Map, why: &'static str) -> Rc<Map> {
    let now = tx.now();
    subscription.set("status", "paused");
    subscription.set(
        "status_details",
        map! {
            "paused": map! {
                "subscription": map! { "type": why },
                "transitioned_at": now,
                "type": "subscription",
            },
        },
    );
    keep(tx, subscription)
}

/// Bills what is pending, as often as the subscription wants it billed between its periods.
fn bill_pending(tx: &mut Tx<'_>, id: &str) {
    let Some(mut subscription) = tx.load("subscription", id) else { return };
    set_pending_interval(tx, &mut subscription);
    let reason = "automatic_pending_invoice_item_invoice";
    if let Some(invoice) = bill(tx, &subscription, reason, &[]) {
        subscription.set("latest_invoice", invoice.at("id").clone());
        put_out(tx, invoice, &subscription);
    }
    keep(tx, subscription);
}

/// Sets when pending items are billed next between the periods; never, where that is not wanted.
pub fn set_pending_interval(tx: &Tx<'_>, subscription: &mut Map) {
    let interval = subscription.at("pending_invoice_item_interval").as_map();
    let next = interval.map(|every| {
        let count = every.at("interval_count").as_int().unwrap_or(1);
        let anchor = subscription.int("billing_cycle_anchor");
        Interval::new(every.str("interval"), count).containing(anchor, tx.now()).1
    });
    subscription.set("next_pending_invoice_item_invoice", next);
}

/// Tells what the next invoice will be. It has no id yet.
fn give_notice(tx: &mut Tx<'_>, id: &str) {
    let Some(mut invoice) = upcoming(tx, id) else { return };
    invoice.remove("id");
    tx.announce("invoice.upcoming", Rc::new(invoice));
}

/// What the next invoice of a subscription will be, as nothing of it stays; none where there will be none.
pub fn upcoming(tx: &mut Tx<'_>, id: &str) -> Option<Map> {
    let subscription = tx.get("subscription", id)?;
    let ends = period_ends(tx, id)?;
    if subscription.at("cancel_at").as_int().is_some_and(|at| at <= ends) {
        return None;
    }
    let before = subscription.at("latest_invoice").clone();
    let mut invoice = tx.what_if(ends, |tx| {
        renew(tx, id);
        let latest = tx.get("subscription", id)?.at("latest_invoice");
        tx.load("invoice", latest.as_id().filter(|_| *latest != before)?)
    })?;
    invoice.set("billing_reason", "upcoming");
    invoice.set("next_payment_attempt", ends + invoicing::FINALIZES_AFTER);
    invoice.set("ending_balance", Value::Null);
    Some(invoice)
}

/// Nobody paid the first invoice in time.
fn expire(tx: &mut Tx<'_>, id: &str) {
    let Some(subscription) = tx.load("subscription", id) else { return };
    if subscription.str("status") == "incomplete" {
        give_up(tx, subscription);
    }
}

/// Ends a subscription whose first invoice was never paid.
pub fn give_up(tx: &mut Tx<'_>, mut subscription: Map) -> Rc<Map> {
    if let Some(invoice) = latest_open(tx, &subscription) {
        invoicing::void(tx, invoice);
    }
    let now = tx.now();
    subscription.set("status", "incomplete_expired");
    subscription.set("ended_at", now);
    keep(tx, subscription)
}

fn latest_open(tx: &Tx<'_>, subscription: &Map) -> Option<Map> {
    let invoice = tx.load("invoice", subscription.at("latest_invoice").as_id()?)?;
    (invoice.str("status") == "open").then_some(invoice)
}

/// The change that waited for its invoice is given up with it.
fn expire_update(tx: &mut Tx<'_>, id: &str) {
    let Some(mut subscription) = tx.load("subscription", id) else { return };
    if subscription.at("pending_update").is_null() {
        return;
    }
    if let Some(invoice) = latest_open(tx, &subscription) {
        invoicing::void(tx, invoice);
    }
    subscription.set("pending_update", Value::Null);
    let subscription = tx.save(subscription);
    tx.announce("customer.subscription.pending_update_expired", subscription);
}

/// The time for which collection was paused is over.
fn collect_again(tx: &mut Tx<'_>, id: &str) {
    let Some(mut subscription) = tx.load("subscription", id) else { return };
    subscription.set("pause_collection", Value::Null);
    tx.save(subscription);
}

/// Nobody paid an invoice that was sent until it was due.
fn fall_overdue(tx: &mut Tx<'_>, invoice: &str) {
    let Some(invoice) = tx.load("invoice", invoice) else { return };
    if invoice.str("status") == "open" {
        fall_behind(tx, &invoice, true);
    }
}

/// The last invoice of a canceled subscription, over a credit, is nothing to be collected.
fn write_off(tx: &mut Tx<'_>, invoice: &str) {
    if let Some(invoice) = tx.load("invoice", invoice) {
        mark_uncollectible(tx, invoice);
    }
}

// The end.

/// What was used in the periods that run, and is not billed.
pub fn unbilled(tx: &Tx<'_>, subscription: &str) -> Vec<Due> {
    let items = items_of(tx, subscription).into_iter().filter(|item| !is_licensed(item));
    let usage = |item: Rc<Map>| Due {
        period: (item.int("current_period_start"), tx.now()),
        item,
        part: Part::Usage,
    };
    items.map(usage).collect()
}

/// A subscription that ends is billed for what is pending and what was used.
fn bill_last(tx: &mut Tx<'_>, subscription: &mut Map) {
    let due = unbilled(tx, subscription.str("id"));
    if let Some(invoice) = bill(tx, subscription, "subscription_cycle", &due) {
        subscription.set("latest_invoice", invoice.at("id").clone());
        draw_up(tx, invoice, subscription);
    }
}

/// Ends a subscription. `reason` is given where it ends now and not because it was to end.
pub fn end(tx: &mut Tx<'_>, mut subscription: Map, reason: Option<&'static str>) -> Rc<Map> {
    let now = tx.now();
    subscription.set("status", "canceled");
    subscription.set("ended_at", now);
    if let Some(reason) = reason {
        if subscription.at("canceled_at").is_null() {
            subscription.set("canceled_at", now);
        }
        subscription.set("cancel_at", Value::Null);
        subscription.set("cancel_at_period_end", false);
        subscription.map_mut("cancellation_details").set("reason", reason);
    }
    for action in ["subscription.expire", "subscription.expire_update"] {
        tx.unschedule(action, subscription.str("id"));
    }
    let ended = keep(tx, subscription);
    stop_collecting(tx, ended.str("id"));
    ended
}

/// What is open of a subscription that ended is not collected by itself any more.
fn stop_collecting(tx: &mut Tx<'_>, subscription: &str) {
    let path = "parent.subscription_details.subscription";
    for invoice in tx.all_where("invoice", path, subscription) {
        if invoice.is_true("auto_advance") && invoice.str("status") != "draft" {
            let mut invoice = Map::clone(&invoice);
            invoice.set("auto_advance", false);
            invoice.set("next_payment_attempt", Value::Null);
            tx.save(invoice);
        }
    }
}

/// Ends what a customer has subscribed to: the customer goes.
pub fn end_all(tx: &mut Tx<'_>, customer: &str) {
    for subscription in tx.all_where("subscription", "customer", customer) {
        if !has_ended(&subscription) {
            end(tx, Map::clone(&subscription), Some("cancellation_requested"));
        }
    }
}

// What becomes of a subscription when something becomes of its invoice.

fn of_invoice(tx: &Tx<'_>, invoice: &Map) -> Option<Map> {
    let subscription = invoicing::subscription_of(tx, invoice)?;
    let is_latest = subscription.at("latest_invoice").as_id() == invoice.at("id").as_id();
    is_latest.then_some(subscription)
}

/// The invoice was paid.
pub fn paid(tx: &mut Tx<'_>, invoice: &Map) {
    let Some(mut subscription) = of_invoice(tx, invoice) else { return };
    if !subscription.at("pending_update").is_null() {
        return apply_update(tx, subscription);
    }
    let status = subscription.str("status");
    let resumes = status == "paused" && invoice.str("billing_reason") == "subscription_cycle";
    if !resumes && !matches!(status, "incomplete" | "past_due" | "unpaid") {
        return;
    }
    subscription.set("status", "active");
    if resumes {
        subscription.remove("status_details");
    }
    save_method(tx, &mut subscription, invoice);
    let subscription = keep(tx, subscription);
    if resumes {
        tx.announce("customer.subscription.resumed", subscription);
    }
}

/// Where the subscription wants it, what paid is what pays from then on.
pub fn save_method(tx: &Tx<'_>, subscription: &mut Map, invoice: &Map) {
    let wanted = subscription.path("payment_settings.save_default_payment_method");
    if wanted.as_str() != Some("on_subscription") {
        return;
    }
    let intent = invoicing::intent_of(tx, invoice.str("id"));
    let method = intent.and_then(|intent| intent.at("payment_method").as_id().map(str::to_string));
    if let Some(method) = method {
        subscription.set("default_payment_method", method);
    }
}

/// The change that waited for its invoice is made.
fn apply_update(tx: &mut Tx<'_>, mut subscription: Map) {
    let id = subscription.str("id").to_string();
    let Some(update) = subscription.at("pending_update").as_map().cloned() else { return };
    let wanted = update.at("subscription_items").as_list().unwrap_or_default();
    for item in items_of(tx, &id) {
        if !wanted.iter().any(|wanted| wanted.as_id() == item.at("id").as_id()) {
            tx.delete("subscription_item", item.str("id"));
        }
    }
    for item in wanted.iter().filter_map(Value::as_map) {
        tx.save(item.clone());
    }
    for name in ["billing_cycle_anchor", "trial_end"] {
        if !update.at(name).is_null() {
            subscription.set(name, update.at(name).clone());
        }
    }
    subscription.set("pending_update", Value::Null);
    show_items(tx, &mut subscription);
    tx.unschedule("subscription.expire_update", &id);
    let subscription = keep(tx, subscription);
    tx.announce("customer.subscription.pending_update_applied", subscription);
}

/// The invoice is not worth collecting: the subscription goes on as if it were paid.
pub fn written_off(tx: &mut Tx<'_>, invoice: &Map) {
    let Some(mut subscription) = of_invoice(tx, invoice) else { return };
    if matches!(subscription.str("status"), "past_due" | "unpaid") {
        subscription.set("status", "active");
        tx.save(subscription);
    }
}

/// The invoice was voided: the first takes the subscription with it, after others the subscription
/// stands as the invoice before left it.
pub fn voided(tx: &mut Tx<'_>, invoice: &Map) {
    let Some(mut subscription) = of_invoice(tx, invoice) else { return };
    let now = tx.now();
    match subscription.str("status") {
        "incomplete" => {
            subscription.set("status", "incomplete_expired");
            subscription.set("ended_at", now);
        }
        "past_due" | "unpaid" if !owes_before(tx, &subscription) => {
            subscription.set("status", "active");
        }
        _ => return,
    }
    keep(tx, subscription);
}

/// Whether the invoice before the latest one waits to be paid.
fn owes_before(tx: &Tx<'_>, subscription: &Map) -> bool {
    let path = "parent.subscription_details.subscription";
    let invoices = tx.all_where("invoice", path, subscription.str("id"));
    invoices.iter().rev().nth(1).is_some_and(|invoice| invoice.str("status") == "open")
}

/// A payment of the invoice failed; `is_last` says that it is not tried again.
pub fn failed(tx: &mut Tx<'_>, invoice: &Map, is_last: bool) {
    if !is_last {
        return fall_behind(tx, invoice, false);
    }
    if let Some(subscription) = invoicing::subscription_of(tx, invoice) {
        if !has_ended(&subscription) {
            end(tx, subscription, Some("payment_failed"));
        }
    }
}

fn fall_behind(tx: &mut Tx<'_>, invoice: &Map, is_sent: bool) {
    let Some(mut subscription) = invoicing::subscription_of(tx, invoice) else { return };
    let is_sent_by_mail = subscription.str("collection_method") == "send_invoice";
    let is_good = matches!(subscription.str("status"), "active" | "trialing");
    if is_good && is_sent == is_sent_by_mail {
        subscription.set("status", "past_due");
        tx.save(subscription);
    }
}

/// An invoice item of a part of a period: a credit for what is not used any more, or a debit for
/// what is used from then on.
pub struct Prorated<'a> {
    pub item: &'a Map,
    pub amount: i64,
    pub period: Period,
    /// What the credit is for; nothing for a debit.
    pub credited: Option<Value>,
}

/// Saves a pending invoice item.
pub fn prorate(tx: &mut Tx<'_>, subscription: &Map, prorated: Prorated<'_>) {
    let Prorated { item, amount, period, credited } = prorated;
    let which = if credited.is_some() { "Unused" } else { "Remaining" };
    let mut entry = flows::fresh(tx, "invoiceitem");
    let description = prorated_text(tx, which, item, period.0);
    let price = item.at("price").as_map().cloned().unwrap_or_default();
    let mut pricing = invoicing::pricing(&price);
    pricing.set("unit_amount_decimal", Value::Null);
    let quantity = item.at("quantity").as_int().unwrap_or(1);
    let parent = map! {
        "subscription_details": map! {
            "subscription": subscription.at("id").clone(),
            "subscription_item": item.at("id").clone(),
        },
        "type": "subscription_details",
    };
    let details = map! {
        "credited_items": credited.unwrap_or(Value::Null),
        "discount_amounts": Vec::new(),
    };
    let frozen = ["pricing", "quantity", "discounts"].map(Value::from).to_vec();
    let fields: [(&'static str, Value); 15] = [
        ("amount", amount.into()),
        ("net_amount", amount.into()),
        ("currency", subscription.at("currency").clone()),
        ("customer", subscription.at("customer").clone()),
        ("description", description.into()),
        ("discountable", false.into()),
        ("frozen_fields", frozen.into()),
        ("parent", parent.into()),
        ("period", map! { "end": period.1, "start": period.0 }.into()),
        ("pricing", pricing.into()),
        ("proration", true.into()),
        ("proration_details", details.into()),
        ("quantity", quantity.into()),
        ("quantity_decimal", quantity.to_string().into()),
        ("tax_rates", item.at("tax_rates").clone()),
    ];
    for (name, value) in fields {
        entry.set(name, value);
    }
    entry.set("test_clock", subscription.at("test_clock").clone());
    tx.save(entry);
}

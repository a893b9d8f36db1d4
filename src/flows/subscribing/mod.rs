//! Subscriptions as time and payments move them: billed, renewed, dunned, ended.
//!
//! `domains/subscriptions` says what may be asked; what its requests and the schedule have in
//! common is here: how they are billed, in `later.rs` what comes with time, in `outcomes.rs` what
//! their invoices do to them.
//!
//! Stripe's page: <https://docs.stripe.com/billing/subscriptions/overview>.

mod later;
mod outcomes;
pub mod prebilling;
mod thresholds;

use crate::crud;
use crate::domains::prices;
use crate::errors::{Error, Fate, Outcome};
use crate::flows;
use crate::flows::invoicing::Pending;
use crate::flows::periods::{Interval, Period};
use crate::flows::proration;
use crate::flows::{discounting, invoicing, metering, settings, totals};
use crate::map;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

pub use later::{
    can_pay, end, end_all, end_trial_now, give_up, give_up_update, pause, run,
    set_pending_interval, unbilled, upcoming,
};
pub use outcomes::{attempted, failed, paid, save_method, voided, written_off};
pub use thresholds::look_later;

const DAY: i64 = 86_400;
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

/// Has an item sold at a price, and shows the price's plan.
pub fn set_price(tx: &mut Tx<'_>, item: &mut Map, price: Rc<Map>) {
    let plan = tx.get("plan", price.str("id")).cloned();
    let plan = plan.unwrap_or_else(|| Rc::new(prices::plan_of(tx, &price)));
    item.set("plan", plan);
    item.set("price", price);
    if !is_licensed(item) {
        item.remove("quantity");
    }
}

/// What the periods of an item are counted from: the subscription's anchor, or where its trial offer
/// began.
pub fn anchor_of(subscription: &Map, item: &Map) -> i64 {
    let begun = item.at("current_trial").as_map().map(|trial| trial.int("start_date"));
    begun.unwrap_or_else(|| subscription.int("billing_cycle_anchor"))
}

/// Whether the end of a trial leaves the anchor where it is.
pub fn keeps_anchor(subscription: &Map) -> bool {
    let anchor = subscription.path("trial_settings.end_behavior.billing_cycle_anchor");
    anchor.as_str() == Some("unchanged")
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
        let notice = settings::seconds(tx, "upcomingDays").unwrap_or(0);
        if is_charged && cancels.is_none() && now < next - notice {
            tx.schedule(next - notice, "subscription.upcoming", id);
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
    /// Whole periods and a part of one, all of which may have passed.
    Passed,
    /// What was used in it.
    Usage,
}

/// What is due of an item for a period: the rest of one, where it does not begin at a boundary, as
/// after a trial and after the anchor moved.
pub fn due(subscription: &Map, item: Rc<Map>, period: Period) -> Due {
    let interval = Interval::of(item.at("price"));
    let whole = interval.containing(anchor_of(subscription, &item), period.0);
    let is_rest = whole.0 < period.0 && is_licensed(&item);
    let part = if is_rest { Part::Rest(whole) } else { Part::Whole };
    Due { item, period, part }
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
    if subscription.path("automatic_tax.enabled").as_bool() == Some(true) {
        let of = invoice.map_mut("automatic_tax");
        of.set("enabled", true);
        of.set("liability", subscription.path("automatic_tax.liability").clone());
    }
    invoice.set("parent", parent_of(subscription));
    invoice.set("rendering", Value::Null);
    for name in ["default_payment_method", "default_source"] {
        invoice.set(name, Value::Null);
    }
    invoice.set("discounts", discounts_of(tx, subscription, &customer));
    invoicing::sweep(tx, &mut invoice, Pending::With(subscription.str("id")));
    for due in due {
        // What is used is billed afterwards. A classic subscription says at once that it will be.
        let is_over = due.part == Part::Usage || reason == "subscription_cycle";
        if is_licensed(&due.item) || is_over || !is_flexible(subscription) {
            bill_item(tx, &mut invoice, subscription, due);
        }
    }
    if invoice.path("lines.data").as_list().is_none_or(<[Value]>::is_empty) {
        return None;
    }
    invoicing::add_up(tx, &mut invoice);
    // Each version of the invoice that an event shows has the same lines: they are kept once.
    if let Some(lines) = invoice.at("lines").as_map().cloned() {
        invoice.set("lines", Value::Map(Rc::new(lines)));
    }
    Some(invoice)
}

/// The discounts on a subscription's invoices: its own, else the customer's.
pub fn discounts_of(tx: &Tx<'_>, subscription: &Map, customer: &Map) -> Vec<Value> {
    let mut discounts = subscription.at("discounts").as_list().unwrap_or_default().to_vec();
    discounts.retain(|discount| discounting::is_in_force(tx, discount));
    let of_customer = customer.path("discount.id");
    if discounts.is_empty() && discounting::is_in_force(tx, of_customer) {
        discounts.push(of_customer.clone());
    }
    discounts
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
    let is_over = due.period.1 <= tx.now();
    let (quantity, period) = match is_licensed(item) {
        true => (item.at("quantity").as_int().unwrap_or(1), due.period),
        false if is_over => metering::count(tx, item, invoice.str("customer"), due.period),
        false => (0, due.period),
    };
    if period.1 <= period.0 {
        return;
    }
    let (amount, description) = match due.part {
        Part::Trial => (0, trial_text(tx, subscription, price, quantity)),
        Part::Rest(whole) if is_licensed(item) => (
            proration::rest(cost_of(tx, item), period.0, whole),
            prorated_text(tx, "Remaining", item, period.0),
        ),
        Part::Passed => {
            let interval = Interval::of(item.at("price"));
            let amount = proration::passed(cost_of(tx, item), interval, period);
            (amount, prorated_text(tx, "Remaining", item, period.0))
        }
        _ => (
            invoicing::amount_of(tx, price, quantity),
            invoicing::description_of(tx, price, quantity),
        ),
    };
    let is_part = matches!(due.part, Part::Rest(_) | Part::Passed);
    let parent = item_parent(item, Value::Null, is_part, map! { "credited_items": Value::Null });
    let billed = invoicing::Billed {
        amount,
        quantity,
        description: description.into(),
        price: Some(price),
        period,
        parent,
    };
    let before = invoicing::lines_mut(invoice).len();
    match due.part {
        Part::Whole | Part::Usage => invoicing::add_price_lines(tx, invoice, billed),
        _ => invoicing::add_line(tx, invoice, billed),
    }
    for line in invoicing::lines_mut(invoice)[before..].iter_mut().filter_map(Value::as_map_mut) {
        line.set("metadata", subscription.at("metadata").clone());
        if let Some(own @ [_, ..]) = item.at("discounts").as_list() {
            line.set("discounts", own.to_vec());
        }
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
        return match price.path("recurring.usage_type").as_str() {
            Some("metered") => format!("{quantity} × {name} (Free trial)"),
            _ => format!("Trial period for {name}"),
        };
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

/// Discounts that are for once are used up by the first invoice: those of a subscription, of its
/// items, and that of its customer where it has none of its own.
pub fn spend_once(tx: &mut Tx<'_>, subscription: &mut Map) {
    let discounts = subscription.at("discounts").as_list().unwrap_or_default().to_vec();
    if discounts.is_empty() {
        let customer = subscription.at("customer").as_id().and_then(|id| tx.get("customer", id));
        let customer = customer.filter(|customer| !customer.at("discount").is_null()).cloned();
        if let Some(customer) = customer {
            let discount = customer.path("discount.id");
            discounting::spend(tx, std::slice::from_ref(discount), &["customer"]);
            if !discounting::is_in_force(tx, discount) {
                let mut customer = Map::clone(&customer);
                customer.set("discount", Value::Null);
                tx.save(customer);
            }
        }
    } else {
        discounting::spend(tx, &discounts, &["subscription"]);
        discounting::prune(tx, subscription);
    }
    let has_own = |item: &Value| {
        let item = item.as_map();
        item.is_some_and(|it| it.at("discounts").as_list().is_some_and(|own| !own.is_empty()))
    };
    let items = subscription.path("items.data").as_list().unwrap_or_default();
    if !items.iter().any(has_own) {
        return;
    }
    for item in items_of(tx, subscription.str("id")) {
        let own = item.at("discounts").as_list().unwrap_or_default();
        if own.is_empty() {
            continue;
        }
        discounting::spend(tx, own, &["subscription_item"]);
        let mut item = Map::clone(&item);
        discounting::prune(tx, &mut item);
        tx.save(item);
    }
    show_items(tx, subscription);
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
    // Nobody is to pay what costs nothing: that is known from the beginning.
    invoice.set("attempted", invoice.int("amount_due") == 0);
    let invoice = tx.save(invoice);
    let invoice = invoicing::finalize(tx, Map::clone(&invoice));
    if invoice.str("status") == "paid" {
        return Ok(Collected::Paid);
    }
    let behavior = params.str("payment_behavior");
    let method = invoicing::method_for(tx, &invoice, Some(subscription));
    if behavior == "default_incomplete" {
        // What would pay is the intent's already: it can be confirmed as it is.
        let intent = invoicing::intent_of(tx, invoice.str("id"));
        if let (Some(mut intent), Some(method)) = (intent, method) {
            intent.set("payment_method", method.at("id").clone());
            intent.set("status", "requires_confirmation");
            tx.save(intent);
        }
        return Ok(Collected::Waits);
    }
    let method = method.ok_or_else(Error::no_default_payment_method)?;
    let is_off_session = params.is_true("off_session");
    let strict = behavior == "error_if_incomplete";
    match invoicing::pay(tx, invoice.str("id"), method, is_off_session) {
        Ok(invoice) if invoice.str("status") == "paid" => Ok(Collected::Paid),
        Ok(invoice) if invoicing::is_processing(tx, invoice.str("id")) => Ok(Collected::Paid),
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

/// What a period costs, before discounts, and what each of them takes off.
#[derive(Clone, Debug, Default)]
pub struct Cost {
    pub amount: i64,
    pub off: Vec<(String, i64)>,
}

impl Cost {
    fn net(&self) -> i64 {
        self.amount - self.off.iter().map(|(_, off)| off).sum::<i64>()
    }

    /// What of it falls on the rest of the period from then on. What is paid in the end is rounded
    /// as one amount, and the last discount has what is left over.
    pub fn rest(mut self, at: i64, whole: Period) -> Cost {
        let net = proration::rest(self.net(), at, whole);
        self.amount = proration::rest(self.amount, at, whole);
        self.off.iter_mut().for_each(|(_, off)| *off = proration::rest(*off, at, whole));
        let excess = self.net() - net;
        if let Some((_, last)) = self.off.last_mut() {
            *last += excess;
        }
        self
    }

    /// The same to be given back.
    pub fn credited(mut self) -> Cost {
        self.amount = -self.amount;
        self.off.iter_mut().for_each(|(_, off)| *off = -*off);
        self
    }
}

/// What items cost for a whole period. In flexible billing they share a discount over an amount;
/// in classic billing each has the whole of it.
pub fn costs_of(tx: &Tx<'_>, subscription: &Map, items: &[&Map]) -> Vec<Cost> {
    let currency = subscription.str("currency");
    let customer = subscription.at("customer").as_id().and_then(|id| tx.get("customer", id));
    let discounts = customer.map_or_else(Vec::new, |of| discounts_of(tx, subscription, of));
    let discounts = invoicing::offs(tx, &discounts.into(), currency);
    let line = |item: &&Map| totals::Line {
        amount: cost_of(tx, item),
        is_discountable: true,
        product: item.path("price.product").as_id().unwrap_or("").to_string(),
        discounts: invoicing::offs(tx, item.at("discounts"), currency),
        ..totals::Line::default()
    };
    let lines: Vec<totals::Line> = items.iter().map(line).collect();
    let together = if is_flexible(subscription) { lines.len() } else { 1 };
    let mut costs = Vec::new();
    for lines in lines.chunks(together.max(1)) {
        let reckoned = totals::reckon(lines, &discounts).lines;
        let cost = |(line, of): (&totals::Line, totals::Reckoned)| Cost {
            amount: line.amount,
            off: of.discounts,
        };
        costs.extend(lines.iter().zip(reckoned).map(cost));
    }
    costs
}

/// An invoice item of a part of a period: a credit for what is not used any more, a debit for what
/// is used from then on, or what was used until then.
pub struct Prorated<'a> {
    pub item: &'a Map,
    pub cost: Cost,
    pub period: Period,
    /// What the credit is for; nothing for a debit.
    pub credited: Option<Value>,
    /// How much was used, where that is what is billed.
    pub usage: Option<i64>,
}

/// Saves a pending invoice item.
pub fn prorate(tx: &mut Tx<'_>, subscription: &Map, prorated: Prorated<'_>) {
    let Prorated { item, mut cost, period, credited, usage } = prorated;
    let (net, mut amount) = (cost.net(), cost.amount);
    let mode = subscription.path("billing_mode.flexible.proration_discounts");
    if mode.as_str() != Some("itemized") {
        amount = net;
        cost.off.iter_mut().for_each(|(_, off)| *off = 0);
    }
    if !is_flexible(subscription) {
        cost.off.clear();
    }
    let mut entry = flows::fresh(tx, "invoiceitem");
    let price = item.at("price").as_map().cloned().unwrap_or_default();
    let mut pricing = invoicing::pricing(&price);
    let description = match usage {
        Some(usage) => invoicing::description_of(tx, &price, usage),
        None => {
            pricing.set("unit_amount_decimal", Value::Null);
            let which = if credited.is_some() { "Unused" } else { "Remaining" };
            prorated_text(tx, which, item, period.0)
        }
    };
    let defers = credited.is_some() && settings::is(tx, "creditProrations", "after_payment");
    let quantity = usage.or(item.at("quantity").as_int()).unwrap_or(1);
    let is_part = usage.is_none();
    let parent = map! {
        "subscription_details": map! {
            "subscription": subscription.at("id").clone(),
            "subscription_item": item.at("id").clone(),
        },
        "type": "subscription_details",
    };
    let details = map! {
        "credited_items": credited.unwrap_or(Value::Null),
        "discount_amounts": invoicing::discount_amounts(&cost.off, false),
    };
    let frozen = ["pricing", "quantity", "discounts"].map(Value::from).to_vec();
    let fields: [(&'static str, Value); 15] = [
        ("amount", amount.into()),
        ("net_amount", net.into()),
        ("currency", subscription.at("currency").clone()),
        ("customer", subscription.at("customer").clone()),
        ("description", description.into()),
        ("discountable", (!is_part).into()),
        ("frozen_fields", frozen.into()),
        ("parent", parent.into()),
        ("period", map! { "end": period.1, "start": period.0 }.into()),
        ("pricing", pricing.into()),
        ("proration", is_part.into()),
        ("proration_details", details.into()),
        ("quantity", quantity.into()),
        ("quantity_decimal", quantity.to_string().into()),
        ("tax_rates", item.at("tax_rates").clone()),
    ];
    for (name, value) in fields {
        entry.set(name, value);
    }
    if defers {
        let rule = map! { "type": "defer_until_credited_items_resolved" };
        entry.set("invoicing_rules", vec![Value::from(rule)]);
    }
    entry.set("test_clock", subscription.at("test_clock").clone());
    tx.save(entry);
}

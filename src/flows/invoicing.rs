//! Invoices as the flows make and change them: drawn up, finalized, paid.
//!
//! `domains/invoices.rs` says what may be asked in which state; here it is done, for invoices made
//! by hand and for those of subscriptions.
//!
//! Stripe's pages: <https://docs.stripe.com/invoicing/overview>,
//! <https://docs.stripe.com/billing/invoices/subscription>.

use crate::call::Origin;
use crate::crud;
use crate::domains::accounts;
use crate::errors::{Error, Fate, Outcome};
use crate::flows;
use crate::flows::charging::{self, Confirmation};
use crate::flows::pricing::{self, Part};
use crate::flows::taxing;
use crate::flows::totals::{self, Off, Rate, Tax};
use crate::flows::{crediting, discounting, metering, settings, subscribing};
use crate::map;
use crate::money;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// How long after it is drawn up Stripe finalizes an invoice by itself.
pub const FINALIZES_AFTER: i64 = 3600;

/// A new invoice of a customer; not saved.
pub fn draft(tx: &mut Tx<'_>, customer: &Map, currency: &str) -> Map {
    let account = tx.account().clone();
    let of_account = accounts::get(tx, &account);
    let mut invoice = flows::fresh(tx, "invoice");
    if let Some(account) = of_account {
        invoice.set("account_country", account.at("country").clone());
        let name = account.path("settings.dashboard.display_name").clone();
        invoice.set("account_name", name);
    }
    invoice.set("currency", currency.to_string());
    invoice.set("customer", customer.at("id").clone());
    invoice.set("test_clock", customer.at("test_clock").clone());
    show_customer(tx, &mut invoice, customer);
    invoice
}

/// Shows on a draft what its customer is like.
fn show_customer(tx: &Tx<'_>, invoice: &mut Map, customer: &Map) {
    for (name, of) in [
        ("customer_address", "address"),
        ("customer_email", "email"),
        ("customer_name", "name"),
        ("customer_phone", "phone"),
        ("customer_shipping", "shipping"),
        ("customer_tax_exempt", "tax_exempt"),
        ("starting_balance", "balance"),
    ] {
        invoice.set(name, customer.at(of).clone());
    }
    let ids = tx.all_where("tax_id", "customer", customer.str("id"));
    let ids = ids.iter().map(|id| {
        Value::from(map! { "type": id.at("type").clone(), "value": id.at("value").clone() })
    });
    invoice.set("customer_tax_ids", ids.collect::<Vec<_>>());
}

/// A customer has changed: drafts show them as they are, and no event tells of it.
pub fn refresh_drafts(tx: &mut Tx<'_>, customer: &Map) {
    for invoice in tx.all_where("invoice", "customer", customer.str("id")) {
        if invoice.str("status") == "draft" {
            let mut invoice = Map::clone(&invoice);
            show_customer(tx, &mut invoice, customer);
            add_up(tx, &mut invoice);
            tx.save_untold(invoice);
        }
    }
}

/// What a line bills.
pub struct Billed<'a> {
    pub amount: i64,
    pub quantity: i64,
    pub description: Value,
    pub price: Option<&'a Map>,
    pub period: (i64, i64),
    pub parent: Map,
}

impl<'a> Billed<'a> {
    /// What is sold once, as a line item of a quote or a checkout session lists it.
    pub fn item(item: &'a Map, now: i64) -> Billed<'a> {
        Billed {
            amount: item.int("amount_subtotal"),
            quantity: item.int("quantity"),
            description: item.at("description").clone(),
            price: item.at("price").as_map(),
            period: (now, now),
            parent: Map::new(),
        }
    }
}

/// Sets what shipping costs, of an invoice or a checkout session; `rate` is the shipping rate's id.
pub fn set_shipping_cost(owner: &mut Map, amount: i64, rate: Value) {
    let cost = map! {
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "shipping_rate": rate,
    };
    owner.set("shipping_cost", cost);
}

/// Adds a line to a draft.
pub fn add_line(tx: &mut Tx<'_>, invoice: &mut Map, billed: Billed<'_>) {
    let mut line = flows::fresh(tx, "line_item");
    line.set("amount", billed.amount);
    line.set("subtotal", billed.amount);
    line.set("currency", invoice.at("currency").clone());
    line.set("description", billed.description);
    line.set("discounts", Vec::new());
    line.set("invoice", invoice.at("id").clone());
    line.set("quantity", billed.quantity);
    line.set("quantity_decimal", billed.quantity.to_string());
    line.set("period", map! { "end": billed.period.1, "start": billed.period.0 });
    line.set("parent", billed.parent);
    line.set("pricing", billed.price.map_or(Value::Null, |price| pricing(price).into()));
    let lines = invoice.map_mut("lines");
    if let Some(Value::List(data)) = lines.get_mut("data") {
        data.push(line.into());
        let count = data.len() as i64;
        lines.set("total_count", count);
    }
}

/// What a line and an invoice item show of a price.
pub fn pricing(price: &Map) -> Map {
    map! {
        "price_details": map! {
            "price": price.at("id").clone(),
            "product": price.at("product").clone(),
        },
        "type": "price_details",
        "unit_amount_decimal": price.at("unit_amount_decimal").clone(),
    }
}

// Amounts.

/// What a quantity of a price costs.
pub fn amount_of(tx: &Tx<'_>, price: &Map, quantity: i64) -> i64 {
    pricing::cost(tx, price, quantity)
}

/// How a line describes a quantity of a price: `1 × Default (at $10.00 / month)`.
pub fn description_of(tx: &Tx<'_>, price: &Map, quantity: i64) -> String {
    let unit = match (price.str("tiers_mode"), price.at("unit_amount_decimal").as_str()) {
        ("", Some(unit)) => unit.to_string(),
        ("", None) => price.int("unit_amount").to_string(),
        _ => pricing::parts(tx, price, quantity).pop().map_or(String::new(), |part| part.unit),
    };
    let part = Part { amount: 0, quantity, unit, tier: 0, is_flat: false };
    describe(tx, price, &part)
}

fn describe(tx: &Tx<'_>, price: &Map, part: &Part) -> String {
    let product = price.at("product").as_id().and_then(|id| tx.get("product", id));
    let name = product.map_or("", |product| product.str("name")).to_string();
    if price.at("recurring").is_null() {
        return name;
    }
    let label = product.and_then(|product| product.at("unit_label").as_str());
    let unit = label.map_or_else(|| "× ".to_string(), |label| format!("{label} × "));
    let cost = pricing::format_unit(&part.unit, price.str("currency"));
    let interval = price.path("recurring.interval").as_str().unwrap_or("");
    let every = match price.path("recurring.interval_count").as_int().unwrap_or(1) {
        1 => format!("/ {interval}"),
        count => format!("every {count} {interval}s"),
    };
    match (part.tier, part.is_flat) {
        (0, _) => format!("{} {unit}{name} (at {cost} {every})", part.quantity),
        (tier, true) => format!("{name} (Tier {tier} flat fee at {cost} {every})"),
        (tier, false) => format!("{} {unit}{name} (Tier {tier} at {cost} {every})", part.quantity),
    }
}

/// Adds the lines of a quantity of a price: one, or of a graduated price one for each tier that
/// the quantity touches.
pub fn add_price_lines(tx: &mut Tx<'_>, invoice: &mut Map, billed: Billed<'_>) {
    let parts =
        billed.price.map_or_else(Vec::new, |price| pricing::parts(tx, price, billed.quantity));
    let is_graduated = parts.first().is_some_and(|part| 0 < part.tier);
    let Some(price) = billed.price.filter(|_| is_graduated) else {
        return add_line(tx, invoice, billed);
    };
    for part in parts {
        let line = Billed {
            amount: part.amount,
            quantity: part.quantity,
            description: describe(tx, price, &part).into(),
            price: Some(price),
            period: billed.period,
            parent: billed.parent.clone(),
        };
        add_line(tx, invoice, line);
        if let Some(line) = lines_mut(invoice).last_mut().and_then(Value::as_map_mut) {
            line.map_mut("pricing").set("unit_amount_decimal", part.unit);
        }
    }
}

/// The lines of an invoice, to change.
pub fn lines_mut(invoice: &mut Map) -> &mut [Value] {
    match invoice.map_mut("lines").get_mut("data") {
        Some(Value::List(lines)) => lines,
        _ => &mut [],
    }
}

/// Adds the lines up: discounts, taxes, totals, and what is due of them.
pub fn add_up(tx: &mut Tx<'_>, invoice: &mut Map) {
    let automatic = automatic_rates(tx, invoice);
    let lines = invoice.path("lines.data").as_list().unwrap_or_default();
    let lines: Vec<totals::Line> = (lines.iter().filter_map(Value::as_map))
        .map(|line| reckoned(tx, invoice, line, automatic.as_ref()))
        .collect();
    let discounts = offs(tx, invoice.at("discounts"), invoice.str("currency"));
    let mut totals = totals::reckon(&lines, &discounts);
    if !totals.taxes.is_empty() && settings::is(tx, "taxRounding", "invoice") {
        totals::round_as_one(&lines, &mut totals);
    }
    let reason = match (invoice.str("customer_tax_exempt"), &automatic) {
        ("exempt", _) => "customer_exempt",
        ("reverse", _) => "reverse_charge",
        (_, Some(automatic)) => automatic.reason,
        _ => "not_available",
    };
    for (line, of) in lines_mut(invoice).iter_mut().zip(&totals.lines) {
        if let Some(line) = line.as_map_mut() {
            line.set("discount_amounts", discount_amounts(&of.discounts, false));
            let mut before = discount_amounts(&of.discounts, true);
            before.extend(crediting::of_line(line).cloned());
            line.set("pretax_credit_amounts", before);
            line.set("subtotal", line.int("amount"));
            line.set("taxes", taxes(&of.taxes, reason));
        }
    }
    let mut credits = discount_amounts(&totals.discounts, true);
    credits.extend(crediting::applied(invoice));
    invoice.set("total_discount_amounts", discount_amounts(&totals.discounts, false));
    invoice.set("total_pretax_credit_amounts", credits);
    invoice.set("total_taxes", taxes(&totals.taxes, reason));
    let shipping = invoice.path("shipping_cost.amount_total").as_int().unwrap_or(0);
    let total = totals.total.saturating_add(shipping);
    let taxes = totals.inclusive.saturating_add(totals.exclusive);
    for (name, amount) in [
        ("subtotal", totals.subtotal),
        ("subtotal_excluding_tax", totals.subtotal - totals.inclusive),
        ("amount_shipping", shipping),
        ("total", total),
        ("total_excluding_tax", total - taxes),
    ] {
        invoice.set(name, amount);
    }
    let balance = invoice.int("starting_balance");
    let due = settle(total, balance, invoice.str("currency")).due;
    invoice.set("amount_due", due);
    invoice.set("amount_remaining", due - invoice.int("amount_paid"));
}

/// The rates of what is taxed automatically.
pub struct Automatic {
    exclusive: Rate,
    inclusive: Rate,
    /// Whether a price that does not say so includes its taxes.
    includes: bool,
    reason: &'static str,
}

/// The rates where the customer is, and whether that is known.
fn automatic_rates(tx: &mut Tx<'_>, invoice: &mut Map) -> Option<Automatic> {
    if invoice.path("automatic_tax.enabled").as_bool() != Some(true) {
        return None;
    }
    let (sent, home) = (invoice.at("customer_shipping"), invoice.at("customer_address"));
    let address = taxing::address_of(sent, home).cloned();
    automatic_at(tx, invoice, address.as_ref())
}

/// The rates at an address, where it is known; `owner` is what is taxed, and shows whether it is.
pub fn automatic_at(tx: &mut Tx<'_>, owner: &mut Map, address: Option<&Map>) -> Option<Automatic> {
    let taxed = address.and_then(|address| taxing::at(tx, address));
    let status = if taxed.is_some() { "complete" } else { "requires_location_inputs" };
    owner.map_mut("automatic_tax").set("status", status);
    owner.map_mut("automatic_tax").set("provider", "stripe");
    let taxed = taxed?;
    let mut rate = |is_inclusive: bool| Rate {
        id: taxed.rate(tx, is_inclusive),
        percent: pricing::decimal(taxed.percent),
        is_inclusive,
    };
    let (exclusive, inclusive) = (rate(false), rate(true));
    let settings = tx.all("tax.settings");
    let includes = settings.first().is_some_and(|settings| {
        settings.path("defaults.tax_behavior").as_str() == Some("inclusive")
    });
    Some(Automatic { exclusive, inclusive, includes, reason: taxed.reason })
}

impl Automatic {
    /// The rate of a price, by what it includes.
    pub fn rate_of(&self, price: Option<&Map>) -> Rate {
        let includes = match price.map_or("", |price| price.str("tax_behavior")) {
            "inclusive" => true,
            "exclusive" => false,
            _ => self.includes,
        };
        if includes { self.inclusive.clone() } else { self.exclusive.clone() }
    }
}

/// What arithmetic needs of a line.
fn reckoned(tx: &Tx<'_>, invoice: &Map, line: &Map, automatic: Option<&Automatic>) -> totals::Line {
    let currency = invoice.str("currency");
    totals::Line {
        amount: line.int("amount"),
        is_discountable: line.is_true("discountable"),
        product: line.path("pricing.price_details.product").as_id().unwrap_or("").to_string(),
        discounts: offs(tx, line.at("discounts"), currency),
        fixed: fixed_offs(tx, line),
        credits: crediting::of_line(line)
            .filter_map(Value::as_map)
            .fold(0, |sum, credit| sum + credit.int("amount")),
        rates: rates(tx, invoice, line, automatic),
        taxes: own_taxes(tx, line).map_or_else(Vec::new, |own| taxes_of(own.at("tax_amounts"))),
    }
}

/// The invoice item that a line bills, else the line: what is said of its taxes is kept beside that.
pub fn taxed_by(line: &Map) -> &str {
    let details = line.at("parent").as_map().and_then(|of| of.at(of.str("type")).as_map());
    let item = details.and_then(|details| details.at("invoice_item").as_id());
    item.unwrap_or(line.str("id"))
}

/// What is kept beside a line about its taxes.
fn own_taxes<'t>(tx: &'t Tx<'_>, line: &Map) -> Option<&'t Rc<Map>> {
    tx.get(pricing::DETAILS, taxed_by(line))
}

/// What arithmetic needs of taxes that are given by their amounts.
pub fn taxes_of(amounts: &Value) -> Vec<Tax> {
    let tax = |of: &Map| Tax {
        rate: of.str("tax_rate").to_string(),
        amount: of.int("amount"),
        taxable: of.int("taxable_amount"),
        is_inclusive: of.is_true("inclusive"),
    };
    let amounts = amounts.as_list().unwrap_or_default();
    amounts.iter().filter_map(Value::as_map).map(tax).collect()
}

/// The tax rates of a line: the automatic one, else those of the item it bills, else the defaults of
/// the invoice. A customer who is exempt pays nothing by them.
fn rates(tx: &Tx<'_>, invoice: &Map, line: &Map, automatic: Option<&Automatic>) -> Vec<Rate> {
    let kept = own_taxes(tx, line).and_then(|own| own.at("tax_rates").as_list());
    let own = ["invoice_item_details", "subscription_item_details"].iter().find_map(|details| {
        let of = |kind: &str| {
            let id = line.at("parent").as_map()?.at(details).as_map()?.at(kind).as_id()?;
            let kind = if kind == "invoice_item" { "invoiceitem" } else { kind };
            tx.get(kind, id)?.at("tax_rates").as_list().filter(|rates| !rates.is_empty())
        };
        of("invoice_item").or_else(|| of("subscription_item"))
    });
    let own = kept.or(own);
    let rates = own.or_else(|| invoice.at("default_tax_rates").as_list()).unwrap_or_default();
    let rates: Vec<Value> = (rates.iter())
        .filter_map(|rate| match rate.as_id().and_then(|id| tx.get("tax_rate", id)) {
            Some(stored) => Some(Value::Map(stored.clone())),
            None => rate.as_map().map(|rate| rate.clone().into()),
        })
        .collect();
    let mut rates = match automatic {
        Some(automatic) => {
            let price = line.path("pricing.price_details.price").as_id();
            let price = price.and_then(|id| tx.get("price", id));
            vec![automatic.rate_of(price.map(|price| &**price))]
        }
        None => rates_of(&rates),
    };
    if matches!(invoice.str("customer_tax_exempt"), "exempt" | "reverse") {
        rates.iter_mut().for_each(|rate| rate.percent = 0);
    }
    rates
}

/// What arithmetic needs of whole tax rates.
pub fn rates_of(rates: &[Value]) -> Vec<Rate> {
    let rate = |rate: &Map| Rate {
        id: rate.str("id").to_string(),
        percent: pricing::decimal_of(rate.at("percentage")),
        is_inclusive: rate.is_true("inclusive"),
    };
    rates.iter().filter_map(Value::as_map).map(rate).collect()
}

/// What was taken off the invoice item that a line is of when that was made.
fn fixed_offs(tx: &Tx<'_>, line: &Map) -> Vec<(String, i64)> {
    let item = line.path("parent.subscription_item_details.invoice_item").as_id();
    let item = item.and_then(|id| tx.get("invoiceitem", id));
    item.map_or_else(Vec::new, |item| taken(item.path("proration_details.discount_amounts")))
}

/// What a list of discounts' amounts says: each discount's id, and what it took.
pub fn taken(amounts: &Value) -> Vec<(String, i64)> {
    let amounts = amounts.as_list().unwrap_or_default().iter().filter_map(Value::as_map);
    amounts
        .map(|of| (of.at("discount").as_id().unwrap_or("").to_string(), of.int("amount")))
        .collect()
}

/// What arithmetic needs of discounts, given by their ids.
pub fn offs(tx: &Tx<'_>, discounts: &Value, currency: &str) -> Vec<Off> {
    let off = |discount: &Value| {
        let coupon = discounting::coupon_of(tx, discount)?;
        Some(off_of(tx, coupon, discount.as_id()?, currency))
    };
    discounts.as_list().unwrap_or_default().iter().filter_map(off).collect()
}

/// What arithmetic needs of a coupon, under an id that tells it from others. One in another currency
/// takes nothing off.
pub fn off_of(tx: &Tx<'_>, coupon: &Map, id: &str, currency: &str) -> Off {
    let details = tx.get(pricing::DETAILS, coupon.str("id"));
    let option = details.map(|of| of.path(&format!("currency_options.{currency}.amount_off")));
    let amount = match option.and_then(Value::as_int) {
        Some(amount) => amount,
        None if coupon.str("currency") == currency => coupon.int("amount_off"),
        None => 0,
    };
    let percent = coupon.at("percent_off");
    let products = details.and_then(|of| of.path("applies_to.products").as_list());
    let product = |product: &Value| product.as_id().unwrap_or("").to_string();
    Off {
        id: id.to_string(),
        percent: (!percent.is_null()).then(|| pricing::decimal_of(percent)),
        amount,
        products: products.unwrap_or_default().iter().map(product).collect(),
    }
}

/// What discounts took off, as lines and totals show it.
pub fn discount_amounts(taken: &[(String, i64)], with_type: bool) -> Vec<Value> {
    let entry = |(id, off): &(String, i64)| {
        let mut entry = map! { "amount": *off, "discount": id.clone() };
        if with_type {
            entry.append("type", "discount");
        }
        Value::from(entry)
    };
    taken.iter().map(entry).collect()
}

/// Taxes as lines and totals show them, and why they are what they are.
pub fn taxes(taxes: &[Tax], reason: &'static str) -> Vec<Value> {
    let tax = |tax: &Tax| {
        Value::from(map! {
            "amount": tax.amount,
            "tax_behavior": if tax.is_inclusive { "inclusive" } else { "exclusive" },
            "tax_rate_details": map! { "tax_rate": tax.rate.clone() },
            "taxability_reason": reason,
            "taxable_amount": tax.taxable,
            "type": "tax_rate_details",
        })
    };
    taxes.iter().map(tax).collect()
}

/// What comes of a total and the customer's balance (negative: credit).
#[derive(Clone, Copy, Debug)]
pub struct Settled {
    pub due: i64,
    /// The balance, once it is applied.
    pub left: i64,
    /// What cannot be charged, as it is too small or too large, and is owed on the next invoice. That
    /// all of it waits where it is too large is assumed.
    pub waits: i64,
}

impl Settled {
    /// The balance in the end.
    pub fn after(self) -> i64 {
        self.left.saturating_add(self.waits)
    }
}

/// Settles a total with the customer's balance.
pub fn settle(total: i64, balance: i64, currency: &str) -> Settled {
    if total < 0 {
        return Settled { due: 0, left: balance.saturating_add(total), waits: 0 };
    }
    let used = (-balance).max(0).min(total);
    let due = total.saturating_add(balance.max(0)) - used;
    let left = if 0 < balance { 0 } else { balance + used };
    let least = money::minimum_charge(currency).unwrap_or(50);
    let can_be_charged = due == 0 || (least..=money::maximum_charge(currency)).contains(&due);
    match can_be_charged {
        true => Settled { due, left, waits: 0 },
        false => Settled { due: 0, left, waits: due },
    }
}

// Finalizing.

/// Says that a draft cannot be finalized because nobody knows where its customer is taxed; it stays
/// a draft, and remembers why.
pub fn refuse_unlocated(tx: &mut Tx<'_>, invoice: &Map) -> Outcome<()> {
    let mut invoice = invoice.clone();
    if invoice.str("status") != "draft"
        || invoice.path("automatic_tax.enabled").as_bool() != Some(true)
    {
        return Ok(());
    }
    let customer = invoice.at("customer").as_id().and_then(|id| tx.get("customer", id));
    if let Some(customer) = customer {
        invoice.set("customer_address", customer.at("address").clone());
        invoice.set("customer_shipping", customer.at("shipping").clone());
    }
    add_up(tx, &mut invoice);
    if invoice.path("automatic_tax.status").as_str() == Some("complete") {
        tx.save(invoice);
        return Ok(());
    }
    let error = Error::tax_location_invalid().declined();
    let remembered = map! {
        "code": error.code.clone(),
        "message": error.message.to_string(),
        "type": error.error_type.name(),
    };
    invoice.set("last_finalization_error", remembered);
    let invoice = tx.save(invoice);
    tx.announce("invoice.finalization_failed", invoice);
    Err(error)
}

/// Finalizes a draft: it has a number, and a payment intent where something is due. Otherwise it is
/// paid.
pub fn finalize(tx: &mut Tx<'_>, invoice: Map) -> Rc<Map> {
    finalize_as(tx, invoice, None)
}

/// The same of an invoice that a payment intent has paid before.
pub fn finalize_paid(tx: &mut Tx<'_>, invoice: Map, intent: &Map) -> Rc<Map> {
    finalize_as(tx, invoice, Some(intent))
}

fn finalize_as(tx: &mut Tx<'_>, mut invoice: Map, paid_by: Option<&Map>) -> Rc<Map> {
    let now = tx.now();
    let id = invoice.str("id").to_string();
    let customer = invoice.at("customer").as_id().and_then(|id| tx.load("customer", id));
    if let Some(mut customer) = customer {
        let balance = customer.int("balance");
        show_customer(tx, &mut invoice, &customer);
        metering::refresh(tx, &mut invoice);
        add_up(tx, &mut invoice);
        crediting::apply(tx, &mut invoice);
        add_up(tx, &mut invoice);
        let settled = settle(invoice.int("total"), balance, invoice.str("currency"));
        invoice.set("ending_balance", settled.after());
        if customer.at("currency").is_null() {
            customer.set("currency", invoice.at("currency").clone());
            tx.save(customer.clone());
        }
        // Which number comes next is not told of (recorded).
        number(tx, &mut invoice, &mut customer);
        let mut customer = tx.save_untold(customer);
        if settled.after() != balance {
            Rc::make_mut(&mut customer).set("balance", settled.after());
            tx.save(Rc::unwrap_or_clone(customer));
        }
        let is_large = money::maximum_charge(invoice.str("currency")) < settled.waits;
        let waits = if is_large { "invoice_too_large" } else { "invoice_too_small" };
        enter(tx, &invoice, "applied_to_invoice", settled.left - balance, settled.left);
        enter(tx, &invoice, waits, settled.waits, settled.after());
    }
    let account = tx.account().clone();
    let token = tx.characters("invoice.page", 80);
    let page = format!("/{account}/test_{token}");
    invoice.set("hosted_invoice_url", format!("https://invoice.stripe.com/i{page}?s=ap"));
    invoice.set("invoice_pdf", format!("https://pay.stripe.com/invoice{page}/pdf?s=ap"));
    if let Some(rendering) = invoice.get_mut("rendering").and_then(Value::as_map_mut) {
        rendering.map_mut("pdf").set("page_size", "letter");
    }
    invoice.set("effective_at", now);
    invoice.set("automatically_finalizes_at", Value::Null);
    replace_original(tx, &invoice);
    let discounts = discounts_of(&invoice);
    invoice.set("last_finalization_error", Value::Null);
    invoice.map_mut("status_transitions").set("finalized_at", now);
    if invoice.int("amount_due") == 0 {
        invoice.set("attempted", true);
        invoice.set("auto_advance", false);
        invoice.set("next_payment_attempt", Value::Null);
        invoice.set("status", "paid");
        invoice.map_mut("status_transitions").set("paid_at", now);
        let invoice = tx.save(invoice);
        tx.announce("invoice.payment_succeeded", invoice.clone());
        subscribing::paid(tx, &invoice);
        discounting::spend(tx, &discounts, &["invoice", "invoice_item"]);
        return invoice;
    }
    invoice.set("status", "open");
    let invoice = tx.save(invoice);
    discounting::spend(tx, &discounts, &["invoice", "invoice_item"]);
    match paid_by {
        Some(intent) => attach(tx, &invoice, "payment_intent", intent),
        None => ask_for_payment(tx, &invoice),
    }
    tx.get("invoice", &id).cloned().unwrap_or(invoice)
}

/// What an invoice is a revision of is void, and shows which invoice took its place.
fn replace_original(tx: &mut Tx<'_>, invoice: &Map) {
    let mut of = invoice.path("from_invoice.invoice").clone();
    while let Some(mut original) = of.as_id().and_then(|id| tx.load("invoice", id)) {
        of = original.path("from_invoice.invoice").clone();
        original.set("latest_revision", invoice.at("id").clone());
        match original.str("status") {
            "open" | "uncollectible" => drop(void(tx, original)),
            _ => drop(tx.save(original)),
        }
    }
}

/// The first thing to be billed decides a customer's currency; that is told of before it (recorded).
pub fn adopt_currency(tx: &mut Tx<'_>, customer: &str, currency: &Value) {
    let without = tx.get("customer", customer).filter(|it| it.at("currency").is_null());
    if let Some(mut customer) = without.map(|customer| Map::clone(customer)) {
        customer.set("currency", currency.clone());
        tx.save(customer);
    }
}

/// Numbers an invoice that has no number of its own.
fn number(tx: &mut Tx<'_>, invoice: &mut Map, customer: &mut Map) {
    let by_account = match invoice.at("number").is_null() {
        true => settings::next_number(tx),
        false => None,
    };
    let next = customer.int("next_invoice_sequence").max(1);
    if let Some(number) = by_account {
        invoice.set("number", number);
        return;
    }
    if invoice.at("number").is_null() {
        invoice.set("number", format!("{}-{next:04}", customer.str("invoice_prefix")));
    }
    customer.set("next_invoice_sequence", next + 1);
}

/// The discounts of an invoice and of its lines.
pub fn discounts_of(invoice: &Map) -> Vec<Value> {
    let lines = invoice.path("lines.data").as_list().unwrap_or_default();
    let all = lines.iter().filter_map(Value::as_map).chain([invoice]);
    let all = all.flat_map(|of| of.at("discounts").as_list().unwrap_or_default());
    all.cloned().collect()
}

/// Writes down how an invoice moved the customer's balance, where it did.
fn enter(tx: &mut Tx<'_>, invoice: &Map, kind: &'static str, amount: i64, after: i64) {
    if amount != 0 {
        let entry = entry(tx, invoice, kind, amount, after);
        tx.save(entry);
    }
}

/// An entry of how an invoice moved the customer's balance; not saved.
fn entry(tx: &mut Tx<'_>, invoice: &Map, kind: &'static str, amount: i64, after: i64) -> Map {
    let mut entry = flows::fresh(tx, "customer_balance_transaction");
    entry.set("amount", amount);
    entry.set("currency", invoice.at("currency").clone());
    entry.set("customer", invoice.at("customer").clone());
    entry.set("ending_balance", after);
    entry.set("invoice", invoice.at("id").clone());
    entry.set("type", kind);
    entry
}

/// The payment intent of an invoice, and the invoice payment that ties both.
fn ask_for_payment(tx: &mut Tx<'_>, invoice: &Map) {
    let mut intent = flows::fresh(tx, "payment_intent");
    intent.set("amount", invoice.int("amount_due"));
    intent.set("currency", invoice.at("currency").clone());
    intent.set("customer", invoice.at("customer").clone());
    intent.set("automatic_payment_methods", Value::Null);
    // Recorded, in all versions.
    intent.set("capture_method", "automatic");
    intent.set("payment_details", {
        map! { "customer_reference": Value::Null, "order_reference": invoice.at("id").clone() }
    });
    let about = match invoice.str("billing_reason") {
        "subscription_create" => Value::from("Subscription creation"),
        "manual" => Value::Null,
        _ => Value::from("Subscription update"),
    };
    if !about.is_null() {
        intent.set("setup_future_usage", "off_session");
    }
    intent.set("description", about);
    intent.set("payment_method_types", vec![Value::from("card")]);
    intent.set("status", "requires_payment_method");
    let intent = tx.save(intent);
    let mut payment = flows::fresh(tx, "invoice_payment");
    payment.set("amount_paid", Value::Null);
    payment.set("amount_requested", invoice.int("amount_due"));
    payment.set("currency", invoice.at("currency").clone());
    payment.set("invoice", invoice.at("id").clone());
    payment.set("payment", {
        map! { "payment_intent": intent.at("id").clone(), "type": "payment_intent" }
    });
    tx.save(payment);
}

/// The payment of an invoice that is still open.
fn payment_of(tx: &Tx<'_>, invoice: &str) -> Option<Map> {
    let payments = tx.all_where("invoice_payment", "invoice", invoice);
    payments.iter().rev().find(|payment| payment.is_true("is_default")).map(|p| Map::clone(p))
}

/// Whether a payment intent is an invoice's own, and waits to be paid.
pub fn is_default(tx: &Tx<'_>, intent: &str) -> bool {
    let payments = tx.all_where("invoice_payment", "payment.payment_intent", intent);
    payments.iter().any(|it| it.is_true("is_default") && it.str("status") == "open")
}

/// Whether something was paid of an invoice.
pub fn has_paid(tx: &Tx<'_>, invoice: &str) -> bool {
    let payments = tx.all_where("invoice_payment", "invoice", invoice);
    payments.iter().any(|payment| payment.str("status") == "paid")
}

/// The payment intent of an invoice.
pub fn intent_of(tx: &Tx<'_>, invoice: &str) -> Option<Map> {
    let payment = payment_of(tx, invoice)?;
    tx.load("payment_intent", payment.path("payment.payment_intent").as_id()?)
}

/// Shows the invoice that a payment intent, or a charge of one, paid.
pub fn with_invoice(tx: &Tx<'_>, object: &mut Map) {
    let intent = match object.str("object") {
        "charge" => object.at("payment_intent"),
        _ => object.at("id"),
    };
    let payments = intent.as_id().map(|id| {
        let of_intent = tx.all_where("invoice_payment", "payment.payment_intent", id);
        of_intent.first().map(|payment| payment.at("invoice").clone())
    });
    object.set("invoice", payments.flatten().unwrap_or_default());
}

// Paying.

/// The payment method that pays an invoice: its own, its subscription's, its customer's.
pub fn method_for(tx: &Tx<'_>, invoice: &Map, subscription: Option<&Map>) -> Option<Map> {
    let customer = invoice.at("customer").as_id().and_then(|id| tx.get("customer", id));
    let of = |owner: Option<&Map>, path: &str| {
        owner.and_then(|owner| owner.path(path).as_id().map(str::to_string))
    };
    let customer = customer.map(|customer| &**customer);
    let id = of(Some(invoice), "default_payment_method")
        .or_else(|| of(Some(invoice), "default_source"))
        .or_else(|| of(subscription, "default_payment_method"))
        .or_else(|| of(subscription, "default_source"))
        .or_else(|| of(customer, "invoice_settings.default_payment_method"))
        .or_else(|| of(customer, "default_source"))?;
    tx.load("payment_method", &id)
}

/// The subscription an invoice is for.
pub fn subscription_of(tx: &Tx<'_>, invoice: &Map) -> Option<Map> {
    let id = invoice.path("parent.subscription_details.subscription").as_id()?;
    tx.load("subscription", id)
}

/// Tries to pay an open invoice. A decline is remembered on the invoice and is the error.
pub fn pay(tx: &mut Tx<'_>, id: &str, method: Map, is_off_session: bool) -> Outcome<Rc<Map>> {
    let Some(mut intent) = intent_of(tx, id) else {
        return Err(Error::no_such("invoice", id, "id"));
    };
    let kind = Value::from(method.str("type").to_string());
    let mut types = intent.at("payment_method_types").as_list().unwrap_or_default().to_vec();
    if !types.contains(&kind) {
        types.push(kind);
        intent.set("payment_method_types", types);
    }
    let how = Confirmation { is_off_session, ..Confirmation::default() };
    let tried = charging::confirm(tx, intent, method, &how);
    let Some(mut invoice) = tx.load("invoice", id) else {
        return Err(Error::no_such("invoice", id, "id"));
    };
    if invoice.str("status") == "paid" {
        return Ok(Rc::new(invoice));
    }
    invoice.set("attempted", true);
    match tried {
        // A debit takes its time; until it has failed it is as good as paid.
        Ok(intent) if intent.str("status") == "processing" => {
            invoice.set("next_payment_attempt", Value::Null);
            Ok(tx.save(invoice))
        }
        Ok(_) => {
            // Recorded of first invoices.
            if invoice.str("billing_reason") == "subscription_create" {
                invoice.set("auto_advance", true);
            }
            let invoice = tx.save(invoice);
            tx.announce("invoice.payment_action_required", invoice.clone());
            // Not documented; sent as well in practice.
            tx.announce("invoice.payment_failed", invoice.clone());
            Ok(invoice)
        }
        Err(error) => {
            if error.fate == Fate::Declined {
                // Tries by hand count only where they are the first.
                let is_automatic = tx.origin() == Origin::Schedule;
                let counts = is_automatic || invoice.int("attempt_count") == 0;
                let invoice = count_failure(tx, invoice, counts, is_automatic);
                tx.announce("invoice.payment_failed", invoice.clone());
                subscribing::attempted(tx, &invoice);
            }
            Err(error)
        }
    }
}

/// Saves that a payment of an invoice failed, or was not worth trying: how often that was and, where
/// Stripe tries again by itself, when.
fn count_failure(tx: &mut Tx<'_>, mut invoice: Map, counts: bool, is_automatic: bool) -> Rc<Map> {
    let count = invoice.int("attempt_count") + i64::from(counts);
    invoice.set("attempted", true);
    invoice.set("attempt_count", count);
    if is_automatic {
        plan_retry(tx, &mut invoice);
    }
    tx.save(invoice)
}

/// Plans when a payment that failed is tried again, if it is.
fn plan_retry(tx: &mut Tx<'_>, invoice: &mut Map) {
    let after = settings::retry_after(tx, invoice.int("attempt_count"));
    let next = after.map(|after| tx.now() + after);
    invoice.set("next_payment_attempt", next);
    invoice.set("auto_advance", next.is_some());
    tx.unschedule("invoice.advance", invoice.str("id"));
    if let Some(next) = next {
        tx.schedule(next, "invoice.advance", invoice.str("id"));
    }
}

/// Whether the payment intent of an invoice waits for a bank.
pub fn is_processing(tx: &Tx<'_>, id: &str) -> bool {
    intent_of(tx, id).is_some_and(|intent| intent.str("status") == "processing")
}

/// Takes in that the debit of a payment intent failed: the invoice it was for is not paid.
pub fn take_failure(tx: &mut Tx<'_>, intent: &str) {
    let payments = tx.all_where("invoice_payment", "payment.payment_intent", intent);
    let open = payments.iter().find(|payment| payment.str("status") == "open");
    let invoice = open.and_then(|payment| tx.load("invoice", payment.str("invoice")));
    let Some(invoice) = invoice.filter(|invoice| invoice.str("status") == "open") else { return };
    let is_automatic = !invoice.at("parent").is_null();
    let invoice = count_failure(tx, invoice, true, is_automatic);
    tx.announce("invoice.payment_failed", invoice.clone());
    if is_automatic {
        subscribing::failed(tx, &invoice, invoice.at("next_payment_attempt").is_null());
    }
}

/// Why a bank will never say yes to that card: nothing is tried again before there is another. Source:
/// <https://docs.stripe.com/billing/revenue-recovery/smart-retries>.
const HARD_DECLINES: [&str; 9] = [
    "authentication_required",
    "highest_risk_level",
    "incorrect_number",
    "lost_card",
    "pickup_card",
    "revocation_of_all_authorizations",
    "revocation_of_authorization",
    "stolen_card",
    "transaction_not_allowed",
];

/// Whether the last try with that payment method was declined for good.
fn is_hopeless(tx: &Tx<'_>, id: &str, method: &Map) -> bool {
    let Some(intent) = intent_of(tx, id) else { return false };
    let charge = intent.at("latest_charge").as_id().and_then(|id| tx.get("charge", id));
    let reason = charge.map_or("", |charge| charge.path("outcome.reason").as_str().unwrap_or(""));
    let code = intent.path("last_payment_error.code").as_str().unwrap_or("");
    let of = intent.path("last_payment_error.payment_method").as_id();
    of == method.at("id").as_id() && [reason, code].iter().any(|it| HARD_DECLINES.contains(it))
}

/// Lets a payment intent or a payment record count towards an invoice.
pub fn attach(tx: &mut Tx<'_>, invoice: &Map, kind: &'static str, payment: &Map) {
    let mut made = flows::fresh(tx, "invoice_payment");
    let asked = if kind == "payment_intent" { payment.int("amount") } else { 0 };
    let asked = if asked == 0 { invoice.int("amount_remaining") } else { asked };
    made.set("amount_paid", Value::Null);
    made.set("amount_requested", asked);
    made.set("currency", invoice.at("currency").clone());
    made.set("invoice", invoice.at("id").clone());
    made.set("is_default", false);
    let mut of = map! { "type": kind };
    of.set(kind, payment.at("id").clone());
    made.set("payment", of);
    let made = tx.save(made);
    match kind {
        "payment_intent" if payment.str("status") == "succeeded" => take_in(tx, payment),
        "payment_intent" => {}
        _ => settle_payment(tx, Map::clone(&made), asked),
    }
}

/// Takes in that a payment intent succeeded: the invoice it was for is paid as far as it goes.
pub fn take_in(tx: &mut Tx<'_>, intent: &Map) {
    let id = intent.str("id");
    let payments = tx.all_where("invoice_payment", "payment.payment_intent", id);
    let payment = payments.into_iter().find(|payment| payment.str("status") == "open");
    if let Some(payment) = payment {
        settle_payment(tx, Map::clone(&payment), intent.int("amount_received"));
    }
}

/// A payment of an invoice came in: when nothing remains to be paid, the invoice is paid. What is
/// paid beyond that is the customer's credit.
fn settle_payment(tx: &mut Tx<'_>, mut payment: Map, received: i64) {
    let now = tx.now();
    payment.set("amount_paid", received);
    payment.set("status", "paid");
    payment.map_mut("status_transitions").set("paid_at", now);
    let was_default = payment.is_true("is_default");
    let payment = tx.save(payment);
    let Some(mut invoice) = tx.load("invoice", payment.at("invoice").as_id().unwrap_or("")) else {
        return;
    };
    let paid = invoice.int("amount_paid").saturating_add(received);
    let over = (paid - invoice.int("amount_due")).max(0);
    let remaining = invoice.int("amount_due") - paid + over;
    invoice.set("amount_paid", paid);
    invoice.set("amount_remaining", remaining);
    invoice.set("amount_overpaid", over);
    if 0 < remaining {
        let invoice = tx.save(invoice);
        return ask_for_rest(tx, &invoice);
    }
    if was_default {
        // Tries by hand count only where they are the first.
        let by_itself = tx.origin() == Origin::Schedule;
        let count = invoice.int("attempt_count");
        let count = if by_itself { count + 1 } else { count.max(1) };
        invoice.set("attempted", true);
        invoice.set("attempt_count", count);
    } else {
        cancel_default(tx, invoice.str("id"), "automatic");
    }
    let invoice = settle_paid(tx, invoice, true);
    if 0 < over {
        credit_customer(tx, &invoice, -over, "invoice_overpaid", Value::Null);
        tx.announce("invoice.overpaid", invoice);
    }
}

/// The payment intent of an invoice is about what remains of it.
pub fn ask_for_rest(tx: &mut Tx<'_>, invoice: &Map) {
    let remaining = invoice.int("amount_remaining");
    let open = payment_of(tx, invoice.str("id")).filter(|it| it.str("status") == "open");
    let Some(mut payment) = open else { return };
    payment.set("amount_requested", remaining);
    let intent = payment.path("payment.payment_intent").as_id();
    let intent = intent.and_then(|id| tx.load("payment_intent", id));
    tx.save(payment);
    if let Some(mut intent) = intent {
        intent.set("amount", remaining);
        tx.save(intent);
    }
}

/// Nobody is to pay an invoice's own payment intent any more.
pub fn cancel_default(tx: &mut Tx<'_>, invoice: &str, reason: &'static str) {
    let now = tx.now();
    let open = payment_of(tx, invoice).filter(|payment| payment.str("status") == "open");
    let Some(mut payment) = open else { return };
    let intent = intent_of(tx, invoice);
    payment.set("status", "canceled");
    payment.map_mut("status_transitions").set("canceled_at", now);
    tx.save(payment);
    if let Some(intent) = intent
        && !matches!(intent.str("status"), "succeeded" | "canceled")
    {
        charging::cancel(tx, intent, Value::from(reason));
    }
}

/// Moves a customer's balance because of an invoice, and writes it down: negative amounts are
/// credit. Gives the id of the entry.
pub fn credit_customer(
    tx: &mut Tx<'_>,
    invoice: &Map,
    amount: i64,
    kind: &'static str,
    credit_note: Value,
) -> Value {
    let customer = invoice.at("customer").as_id().and_then(|id| tx.load("customer", id));
    let Some(mut customer) = customer else { return Value::Null };
    let after = customer.int("balance").saturating_add(amount);
    let mut entry = entry(tx, invoice, kind, amount, after);
    entry.set("credit_note", credit_note);
    customer.set("balance", after);
    tx.save(customer);
    tx.save(entry).at("id").clone()
}

/// Marks an invoice as paid; its subscription goes on.
pub fn settle_paid(tx: &mut Tx<'_>, mut invoice: Map, was_attempted: bool) -> Rc<Map> {
    let now = tx.now();
    invoice.set("auto_advance", false);
    invoice.set("next_payment_attempt", Value::Null);
    invoice.set("status", "paid");
    invoice.map_mut("status_transitions").set("paid_at", now);
    let invoice = tx.save(invoice);
    if was_attempted {
        tx.announce("invoice.payment_succeeded", invoice.clone());
    }
    subscribing::paid(tx, &invoice);
    invoice
}

/// Writes an invoice off: Stripe collects it no more.
pub fn write_off(tx: &mut Tx<'_>, mut invoice: Map, reason: &'static str) -> Rc<Map> {
    let now = tx.now();
    invoice.set("auto_advance", false);
    invoice.set("next_payment_attempt", Value::Null);
    invoice.set("status", "uncollectible");
    invoice.set("status_details", map! { "uncollectible": map! { "reason": reason } });
    invoice.map_mut("status_transitions").set("marked_uncollectible_at", now);
    tx.save(invoice)
}

/// Voids an invoice: nothing is due any more, and its payment intent is canceled.
pub fn void(tx: &mut Tx<'_>, mut invoice: Map) -> Rc<Map> {
    let now = tx.now();
    let id = invoice.str("id").to_string();
    invoice.set("auto_advance", false);
    invoice.set("next_payment_attempt", Value::Null);
    invoice.set("status", "void");
    invoice.map_mut("status_transitions").set("voided_at", now);
    crediting::give_back(tx, &invoice);
    let moved = invoice.int("ending_balance") - invoice.int("starting_balance");
    if moved != 0 && invoice.at("ending_balance").as_int().is_some() {
        credit_customer(tx, &invoice, -moved, "unapplied_from_invoice", Value::Null);
    }
    cancel_default(tx, &id, "void_invoice");
    tx.save(invoice)
}

// Later.

/// What Stripe does with an invoice by itself: finalizes it, and collects.
pub fn advance(tx: &mut Tx<'_>, id: &str) {
    let Some(mut invoice) = tx.load("invoice", id) else { return };
    if !invoice.is_true("auto_advance") {
        return;
    }
    if refuse_unlocated(tx, &invoice).is_err() {
        return;
    }
    if invoice.str("status") == "draft" {
        let located = tx.load("invoice", id).unwrap_or(invoice);
        let finalized = finalize(tx, located);
        if finalized.str("collection_method") == "send_invoice" {
            tx.announce("invoice.sent", finalized.clone());
        }
        invoice = Map::clone(&finalized);
    }
    if invoice.str("status") != "open" || invoice.str("collection_method") == "send_invoice" {
        return;
    }
    let subscription = subscription_of(tx, &invoice);
    match method_for(tx, &invoice, subscription.as_ref()) {
        Some(method) if is_hopeless(tx, id, &method) => {
            count_failure(tx, invoice, true, true);
        }
        Some(method) => match pay(tx, id, method, true) {
            Ok(paid) if paid.str("status") == "paid" || is_processing(tx, id) => return,
            Err(error) if error.fate == Fate::Declined => {}
            _ => retry_later(tx, id),
        },
        None => {
            let invoice = count_failure(tx, invoice, true, true);
            tx.announce("invoice.payment_failed", invoice);
        }
    }
    if let Some(invoice) = tx.get("invoice", id).cloned() {
        subscribing::failed(tx, &invoice, invoice.at("next_payment_attempt").is_null());
    }
}

/// After a payment that was to be made at once failed: plans when it is tried again.
pub fn retry_later(tx: &mut Tx<'_>, id: &str) {
    if let Some(mut invoice) = tx.load("invoice", id) {
        plan_retry(tx, &mut invoice);
        tx.save(invoice);
    }
}

/// Which pending invoice items of a customer are meant.
#[derive(Clone, Copy, Debug)]
pub enum Pending<'a> {
    All,
    /// Those of a subscription.
    Of(&'a str),
    /// Those of a subscription and those of none.
    With(&'a str),
}

/// Takes pending invoice items of a customer onto a draft, newest first.
pub fn sweep(tx: &mut Tx<'_>, invoice: &mut Map, which: Pending<'_>) {
    let customer = invoice.at("customer").as_id().unwrap_or("").to_string();
    for item in tx.all_where("invoiceitem", "customer", &customer) {
        let of = item.path("parent.subscription_details.subscription").as_id();
        let fits = match which {
            Pending::All => true,
            Pending::Of(wanted) => of == Some(wanted),
            Pending::With(wanted) => of.is_none_or(|of| of == wanted),
        };
        let is_same = item.str("currency") == invoice.str("currency");
        let fits = fits && is_same && !is_full(invoice);
        if item.at("invoice").is_null() && fits && !is_deferred(tx, &item) {
            take_item(tx, invoice, Map::clone(&item));
        }
    }
}

/// Whether an item waits for the debit it gives back to be paid.
fn is_deferred(tx: &Tx<'_>, item: &Map) -> bool {
    if item.at("invoicing_rules").as_list().is_none_or(<[Value]>::is_empty) {
        return false;
    }
    let debit = item.path("proration_details.credited_items.invoice_line_item_details.invoice");
    let debit = debit.as_id().and_then(|id| tx.get("invoice", id));
    debit.is_some_and(|invoice| invoice.str("status") != "paid")
}

/// How many lines an invoice can have.
const MOST_LINES: i64 = 250;

fn is_full(invoice: &Map) -> bool {
    invoice.path("lines.total_count").as_int().is_some_and(|count| MOST_LINES <= count)
}

/// Refuses one line more than an invoice can have.
pub fn check_room(invoice: &Map) -> Outcome<()> {
    if is_full(invoice) { Err(Error::invoice_full(MOST_LINES)) } else { Ok(()) }
}

/// Takes an invoice item onto a draft, before the lines it has.
pub fn take_item(tx: &mut Tx<'_>, invoice: &mut Map, mut item: Map) {
    item.set("invoice", invoice.at("id").clone());
    let line = flows::fresh(tx, "line_item");
    insert_line(invoice, line_of(line, &item));
    tx.save(item);
}

/// Whether a line bills that invoice item.
fn is_of_item(line: &Value, item: &str) -> bool {
    let of = |details: &str| {
        let parent = line.as_map()?.at("parent").as_map()?;
        parent.at(details).as_map()?.at("invoice_item").as_id().filter(|id| *id == item)
    };
    of("invoice_item_details").or_else(|| of("subscription_item_details")).is_some()
}

/// Brings the line of an invoice item that changed up to date.
pub fn refresh_item(invoice: &mut Map, item: &Map) {
    for line in lines_mut(invoice).iter_mut().filter(|line| is_of_item(line, item.str("id"))) {
        if let Some(map) = line.as_map().cloned() {
            *line = line_of(map, item).into();
        }
    }
}

/// Takes the line of an invoice item off a draft.
pub fn drop_item(invoice: &mut Map, item: &str) {
    let lines = invoice.map_mut("lines");
    if let Some(Value::List(data)) = lines.get_mut("data") {
        data.retain(|line| !is_of_item(line, item));
        let count = data.len() as i64;
        lines.set("total_count", count);
    }
}

/// The whole price that a line or an invoice item names.
pub fn whole_price(tx: &Tx<'_>, of: &Map) -> Value {
    let id = of.path("pricing.price_details.price");
    match id.as_str().and_then(|id| tx.get("price", id)) {
        Some(price) => Value::Map(price.clone()),
        None => Value::Null,
    }
}

/// The plan that goes with a price.
pub fn whole_plan(tx: &Tx<'_>, price: &Value) -> Value {
    match price.as_id().and_then(|id| tx.get("plan", id)) {
        Some(plan) => Value::Map(plan.clone()),
        None => Value::Null,
    }
}

/// Puts a line before those that are there.
fn insert_line(invoice: &mut Map, line: Map) {
    let lines = invoice.map_mut("lines");
    if let Some(Value::List(data)) = lines.get_mut("data") {
        data.insert(0, line.into());
        let count = data.len() as i64;
        lines.set("total_count", count);
    }
}

/// What an invoice item and its line show alike.
pub const ALIKE: [&str; 9] = [
    "currency",
    "description",
    "discountable",
    "discounts",
    "metadata",
    "period",
    "pricing",
    "quantity",
    "quantity_decimal",
];

/// A line as it shows the invoice item it is of.
pub fn line_of(mut line: Map, item: &Map) -> Map {
    let amount = item.int("amount");
    line.set("amount", amount);
    line.set("subtotal", amount);
    line.set("invoice", item.at("invoice").clone());
    for name in ALIKE {
        line.set(name, item.at(name).clone());
    }
    let of = item.path("parent.subscription_details.subscription").clone();
    let of_item = item.path("parent.subscription_details.subscription_item").clone();
    let is_proration = item.is_true("proration");
    let credited = item.path("proration_details.credited_items.invoice_line_item_details").clone();
    let mut details = map! {
        "invoice_item": item.at("id").clone(),
        "proration": is_proration,
        "proration_details": map! { "credited_items": credited },
        "subscription": of,
    };
    let is_items = !of_item.is_null();
    if is_items {
        details.append("subscription_item", of_item);
    }
    if is_proration && line.at("pricing").as_map().is_some() {
        line.map_mut("pricing").set("unit_amount_decimal", Value::Null);
    }
    let (mut of_invoice, mut of_subscription) = (Value::Null, Value::Null);
    let kind = if is_items { "subscription_item_details" } else { "invoice_item_details" };
    *(if is_items { &mut of_subscription } else { &mut of_invoice }) = details.into();
    line.set(
        "parent",
        map! {
            "invoice_item_details": of_invoice,
            "subscription_item_details": of_subscription,
            "type": kind,
        },
    );
    line
}

/// A page of an invoice's payments, as an expanded `payments` shows it.
pub fn payments(tx: &Tx<'_>, invoice: &Map) -> Value {
    let payments = tx.all_where("invoice_payment", "invoice", invoice.str("id"));
    let data = payments.into_iter().map(Value::Map).collect();
    crud::list_of(data, false, "/v1/invoices/payments").into()
}

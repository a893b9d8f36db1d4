//! Invoices as the flows make and change them: drawn up, finalized, paid.
//!
//! `domains/invoices.rs` says what may be asked in which state; here it is done, for invoices made
//! by hand and for those of subscriptions.
//!
//! Stripe's pages: <https://docs.stripe.com/invoicing/overview>,
//! <https://docs.stripe.com/billing/invoices/subscription>.
//!
//! Differs from Stripe: no taxes are computed, and tax rates change no total.

use crate::crud;
use crate::domains::accounts;
use crate::errors::{Error, Fate, Outcome};
use crate::flows;
use crate::flows::charging::{self, Confirmation};
use crate::flows::{crediting, metering};
use crate::map;
use crate::money;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// How long after it is drawn up Stripe finalizes an invoice by itself.
pub const FINALIZES_AFTER: i64 = 3600;
/// When a payment that failed is tried again, after the first, second and third failure. Stripe's
/// own times are chosen by a model.
const RETRIES_AFTER: [i64; 3] = [3 * 86_400, 5 * 86_400, 7 * 86_400];

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
    for name in ["address", "email", "name", "phone", "shipping", "tax_exempt"] {
        invoice.set(format!("customer_{name}"), customer.at(name).clone());
    }
    invoice.set("starting_balance", customer.int("balance"));
    invoice
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
pub fn amount_of(price: &Map, quantity: i64) -> i64 {
    let quantity = match price.at("transform_quantity").as_map() {
        Some(packages) => {
            let of = packages.int("divide_by").max(1);
            let more = packages.str("round") == "up" && quantity % of != 0;
            quantity / of + i64::from(more)
        }
        None => quantity,
    };
    match price.at("unit_amount").as_int() {
        Some(amount) => amount.saturating_mul(quantity),
        None => decimal_times(price.str("unit_amount_decimal"), quantity),
    }
}

/// A decimal text times a quantity, a half rounded away from zero.
fn decimal_times(text: &str, quantity: i64) -> i64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = &fraction[..fraction.len().min(12)];
    let scale = 10_i64.checked_pow(fraction.len() as u32).unwrap_or(1);
    let digits = format!("{whole}{fraction}").parse::<i64>().unwrap_or(0);
    money::portion(digits, quantity, scale)
}

/// How a line describes a quantity of a price: `1 × Default (at $10.00 / month)`.
pub fn description_of(tx: &Tx<'_>, price: &Map, quantity: i64) -> String {
    let product = price.at("product").as_id().and_then(|id| tx.get("product", id));
    let name = product.map_or("", |product| product.str("name")).to_string();
    if price.at("recurring").is_null() {
        return name;
    }
    let label = product.and_then(|product| product.at("unit_label").as_str());
    let unit = label.map_or(String::new(), |label| format!("{label} × "));
    let unit = if unit.is_empty() { "× ".to_string() } else { unit };
    let cost = money::format(price.int("unit_amount"), price.str("currency"));
    let interval = price.path("recurring.interval").as_str().unwrap_or("");
    let every = match price.path("recurring.interval_count").as_int().unwrap_or(1) {
        1 => format!("/ {interval}"),
        count => format!("every {count} {interval}s"),
    };
    format!("{quantity} {unit}{name} (at {cost} {every})")
}

/// Adds the lines up, and takes off the discounts.
pub fn add_up(tx: &Tx<'_>, invoice: &mut Map) {
    let lines = invoice.path("lines.data").as_list().unwrap_or_default();
    let amounts = lines.iter().filter_map(Value::as_map).map(|line| line.int("amount"));
    let subtotal: i64 = amounts.fold(0, i64::saturating_add);
    let (mut total, mut taken) = (subtotal, Vec::new());
    for discount in invoice.at("discounts").as_list().unwrap_or_default() {
        let Some(id) = discount.as_id() else { continue };
        let coupon = tx.get("discount", id).and_then(|discount| {
            tx.get("coupon", discount.path("source.coupon").as_id().unwrap_or(""))
        });
        let Some(coupon) = coupon else { continue };
        let off = discount_of(coupon, total.max(0));
        total -= off;
        taken.push((id.to_string(), off));
    }
    let amounts = |with_type: bool| {
        let entry = |(id, off): &(String, i64)| {
            let mut entry = map! { "amount": *off, "discount": id.clone() };
            if with_type {
                entry.append("type", "discount");
            }
            Value::from(entry)
        };
        taken.iter().map(entry).collect::<Vec<_>>()
    };
    let mut credits = amounts(true);
    for credit in crediting::applied(invoice) {
        total -= credit.as_map().map_or(0, |credit| credit.int("amount"));
        credits.push(credit);
    }
    invoice.set("total_discount_amounts", amounts(false));
    invoice.set("total_pretax_credit_amounts", credits);
    for (name, amount) in [
        ("subtotal", subtotal),
        ("subtotal_excluding_tax", subtotal),
        ("total", total),
        ("total_excluding_tax", total),
    ] {
        invoice.set(name, amount);
    }
    let balance = invoice.int("starting_balance");
    let due = settle(total, balance, invoice.str("currency")).0;
    invoice.set("amount_due", due);
    invoice.set("amount_remaining", due - invoice.int("amount_paid"));
}

pub fn discount_of(coupon: &Map, of: i64) -> i64 {
    match coupon.at("amount_off").as_int() {
        Some(amount) => amount.min(of),
        None => {
            let percent = match coupon.at("percent_off") {
                Value::Int(whole) => whole.to_string(),
                Value::Decimal(text) | Value::Str(text) => text.to_string(),
                _ => String::new(),
            };
            money::portion(decimal_times(&percent, 10_000), of, 1_000_000)
        }
    }
}

/// What is due of a total, given the customer's balance (negative: credit), and the balance after.
/// Debts below the smallest charge wait for the next invoice.
pub fn settle(total: i64, balance: i64, currency: &str) -> (i64, i64) {
    if total < 0 {
        return (0, balance.saturating_add(total));
    }
    let used = (-balance).max(0).min(total);
    let due = total.saturating_add(balance.max(0)) - used;
    let after = if 0 < balance { 0 } else { balance + used };
    let least = money::minimum_charge(currency).unwrap_or(50);
    if 0 < due && due < least { (0, after + due) } else { (due, after) }
}

// Finalizing.

/// Finalizes a draft: it has a number, and a payment intent where something is due. Otherwise it is
/// paid.
pub fn finalize(tx: &mut Tx<'_>, mut invoice: Map) -> Rc<Map> {
    let now = tx.now();
    let id = invoice.str("id").to_string();
    let customer = invoice.at("customer").as_id().and_then(|id| tx.load("customer", id));
    if let Some(mut customer) = customer {
        let balance = customer.int("balance");
        invoice.set("starting_balance", balance);
        metering::refresh(tx, &mut invoice);
        add_up(tx, &mut invoice);
        crediting::apply(tx, &mut invoice);
        add_up(tx, &mut invoice);
        let (_, after) = settle(invoice.int("total"), balance, invoice.str("currency"));
        invoice.set("ending_balance", after);
        let next = customer.int("next_invoice_sequence").max(1);
        if invoice.at("number").is_null() {
            invoice.set("number", format!("{}-{next:04}", customer.str("invoice_prefix")));
        }
        customer.set("next_invoice_sequence", next + 1);
        if customer.at("currency").is_null() {
            customer.set("currency", invoice.at("currency").clone());
        }
        if after != balance {
            move_balance(tx, &customer, &invoice, after);
            customer.set("balance", after);
        }
        tx.save(customer);
    }
    let account = tx.account().clone();
    let token = tx.characters("invoice.page", 80);
    let page = format!("/{account}/test_{token}");
    invoice.set("hosted_invoice_url", format!("https://invoice.stripe.com/i{page}?s=ap"));
    invoice.set("invoice_pdf", format!("https://pay.stripe.com/invoice{page}/pdf?s=ap"));
    invoice.set("effective_at", now);
    invoice.set("automatically_finalizes_at", Value::Null);
    invoice.map_mut("status_transitions").set("finalized_at", now);
    if invoice.int("amount_due") == 0 {
        invoice.set("attempted", true);
        invoice.set("auto_advance", false);
        invoice.set("next_payment_attempt", Value::Null);
        invoice.set("status", "paid");
        invoice.map_mut("status_transitions").set("paid_at", now);
        let invoice = tx.save(invoice);
        tx.announce("invoice.payment_succeeded", invoice.clone());
        return invoice;
    }
    invoice.set("status", "open");
    let invoice = tx.save(invoice);
    ask_for_payment(tx, &invoice);
    tx.get("invoice", &id).cloned().unwrap_or(invoice)
}

/// Writes down how an invoice moved the customer's balance.
fn move_balance(tx: &mut Tx<'_>, customer: &Map, invoice: &Map, after: i64) {
    let total = invoice.int("total");
    let is_small = 0 < total && invoice.int("amount_due") == 0 && customer.int("balance") < after;
    let is_small = is_small && 0 < after;
    let mut entry = flows::fresh(tx, "customer_balance_transaction");
    entry.set("amount", after - customer.int("balance"));
    entry.set("currency", invoice.at("currency").clone());
    entry.set("customer", customer.at("id").clone());
    entry.set("ending_balance", after);
    entry.set("invoice", invoice.at("id").clone());
    entry.set("type", if is_small { "invoice_too_small" } else { "applied_to_invoice" });
    tx.save(entry);
}

/// The payment intent of an invoice, and the invoice payment that ties both.
fn ask_for_payment(tx: &mut Tx<'_>, invoice: &Map) {
    let mut intent = flows::fresh(tx, "payment_intent");
    intent.set("amount", invoice.int("amount_due"));
    intent.set("currency", invoice.at("currency").clone());
    intent.set("customer", invoice.at("customer").clone());
    intent.set("automatic_payment_methods", Value::Null);
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
        Ok(_) => {
            let invoice = tx.save(invoice);
            tx.announce("invoice.payment_action_required", invoice.clone());
            Ok(invoice)
        }
        Err(error) => {
            if error.fate == Fate::Declined {
                // Tries by hand count only where they are the first.
                let count = invoice.int("attempt_count");
                let counts = is_off_session || count == 0;
                invoice.set("attempt_count", count + i64::from(counts));
                let invoice = tx.save(invoice);
                tx.announce("invoice.payment_failed", invoice);
            }
            Err(error)
        }
    }
}

/// Takes in that a payment intent succeeded: the invoice it was for is paid.
pub fn take_in(tx: &mut Tx<'_>, intent: &Map) {
    let id = intent.str("id");
    let payments = tx.all_where("invoice_payment", "payment.payment_intent", id);
    let Some(payment) = payments.into_iter().find(|payment| payment.str("status") == "open") else {
        return;
    };
    let now = tx.now();
    let mut payment = Map::clone(&payment);
    payment.set("amount_paid", intent.int("amount_received"));
    payment.set("status", "paid");
    payment.map_mut("status_transitions").set("paid_at", now);
    let payment = tx.save(payment);
    let Some(mut invoice) = tx.load("invoice", payment.at("invoice").as_id().unwrap_or("")) else {
        return;
    };
    let count = invoice.int("attempt_count").max(1);
    invoice.set("amount_paid", intent.int("amount_received"));
    invoice.set("amount_remaining", 0);
    invoice.set("attempted", true);
    invoice.set("attempt_count", count);
    settle_paid(tx, invoice, true);
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
    if let Some(mut subscription) = subscription_of(tx, &invoice) {
        let is_latest = subscription.at("latest_invoice").as_id() == invoice.at("id").as_id();
        let waits = matches!(subscription.str("status"), "incomplete" | "past_due" | "unpaid");
        if is_latest && waits {
            subscription.set("status", "active");
            tx.save(subscription);
        }
    }
    invoice
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
    let open = payment_of(tx, &id).filter(|payment| payment.str("status") == "open");
    let intent = intent_of(tx, &id);
    if let Some(mut payment) = open {
        payment.set("status", "canceled");
        payment.map_mut("status_transitions").set("canceled_at", now);
        tx.save(payment);
    }
    if let Some(intent) = intent {
        if !matches!(intent.str("status"), "succeeded" | "canceled") {
            charging::cancel(tx, intent, Value::from("void_invoice"));
        }
    }
    tx.save(invoice)
}

// Later.

/// What Stripe does with an invoice by itself: finalizes it, and collects.
pub fn advance(tx: &mut Tx<'_>, id: &str) {
    let Some(mut invoice) = tx.load("invoice", id) else { return };
    if !invoice.is_true("auto_advance") {
        return;
    }
    if invoice.str("status") == "draft" {
        invoice = Map::clone(&finalize(tx, invoice));
    }
    if invoice.str("status") != "open" || invoice.str("collection_method") == "send_invoice" {
        return;
    }
    let subscription = subscription_of(tx, &invoice);
    let is_paid = match method_for(tx, &invoice, subscription.as_ref()) {
        Some(method) => pay(tx, id, method, true).is_ok_and(|paid| paid.str("status") == "paid"),
        None => {
            invoice.set("attempted", true);
            let count = invoice.int("attempt_count");
            invoice.set("attempt_count", count + 1);
            let invoice = tx.save(invoice);
            tx.announce("invoice.payment_failed", invoice);
            false
        }
    };
    if !is_paid {
        dun(tx, id);
    }
}

/// After a payment that failed: another try later, and after the last one the subscription ends.
fn dun(tx: &mut Tx<'_>, id: &str) {
    let Some(mut invoice) = tx.load("invoice", id) else { return };
    let failures = invoice.int("attempt_count").max(1) as usize;
    let next = RETRIES_AFTER.get(failures - 1).map(|after| tx.now() + after);
    invoice.set("next_payment_attempt", next);
    invoice.set("auto_advance", next.is_some());
    let subscription = subscription_of(tx, &invoice);
    tx.save(invoice);
    if let Some(next) = next {
        tx.schedule(next, "invoice.advance", id);
    }
    let Some(mut subscription) = subscription else { return };
    if next.is_some() {
        if matches!(subscription.str("status"), "active" | "trialing") {
            subscription.set("status", "past_due");
            tx.save(subscription);
        }
        return;
    }
    let now = tx.now();
    subscription.set("status", "canceled");
    subscription.set("canceled_at", now);
    subscription.set("ended_at", now);
    subscription.map_mut("cancellation_details").set("reason", "payment_failed");
    tx.save(subscription);
}

/// Takes the pending invoice items of a customer onto a draft, newest first; those of another
/// subscription stay where they are.
pub fn sweep(tx: &mut Tx<'_>, invoice: &mut Map, subscription: Option<&str>) {
    let customer = invoice.at("customer").as_id().unwrap_or("").to_string();
    let pending = tx.all_where("invoiceitem", "customer", &customer);
    for item in pending.into_iter().rev() {
        let of = item.path("parent.subscription_details.subscription").as_id();
        let fits = of.is_none() || of == subscription;
        let is_same = item.str("currency") == invoice.str("currency");
        if item.at("invoice").is_null() && fits && is_same {
            take_item(tx, invoice, Map::clone(&item));
        }
    }
}

/// Takes an invoice item onto a draft.
pub fn take_item(tx: &mut Tx<'_>, invoice: &mut Map, mut item: Map) {
    let price = item.path("pricing.price_details.price").as_id();
    let price = price.and_then(|id| tx.get("price", id)).cloned();
    let parent = map! {
        "invoice_item_details": map! {
            "invoice_item": item.at("id").clone(),
            "proration": item.is_true("proration"),
            "proration_details": Value::Null,
            "subscription": Value::Null,
        },
        "subscription_item_details": Value::Null,
        "type": "invoice_item_details",
    };
    let billed = Billed {
        amount: item.int("amount"),
        quantity: item.int("quantity"),
        description: item.at("description").clone(),
        price: price.as_deref(),
        period: (
            item.path("period.start").as_int().unwrap_or(0),
            item.path("period.end").as_int().unwrap_or(0),
        ),
        parent,
    };
    add_line(tx, invoice, billed);
    item.set("invoice", invoice.at("id").clone());
    tx.save(item);
}

/// A page of an invoice's payments, as an expanded `payments` shows it.
pub fn payments(tx: &Tx<'_>, invoice: &Map) -> Value {
    let payments = tx.all_where("invoice_payment", "invoice", invoice.str("id"));
    let data = payments.into_iter().map(Value::Shared).collect();
    crud::list_of(data, false, "/v1/invoices/payments").into()
}

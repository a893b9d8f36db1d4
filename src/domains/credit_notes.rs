//! Credit notes: what is taken off a finalized invoice.
//!
//! What an invoice still asks for becomes less first (`pre_payment_amount`). The rest was paid
//! already: it is refunded, credited to the customer's balance, or given back outside of Stripe.
//!
//! Stripe's page: <https://docs.stripe.com/api/credit_notes>.

use super::{catalogue, charges};
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::invoicing;
use crate::flows::pricing;
use crate::flows::refunding::{self, Request};
use crate::flows::totals::{self, Off};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use crate::versions::Older;

pub static ROUTES: Routes = &[
    ("POST /v1/credit_notes", create),
    ("GET /v1/credit_notes/preview", preview),
    ("GET /v1/credit_notes/preview/lines", preview_lines),
    ("GET /v1/credit_notes/{id}/lines", list_lines),
    ("POST /v1/credit_notes/{id}/void", void),
];

pub static EVENTS: Rules = &[
    ("credit_note.created", When::Created),
    ("credit_note.voided", When::Became("status", "void")),
    ("credit_note.updated", When::Otherwise(&["memo", "metadata"])),
];

/// Until basil one refund was shown, and taxes in another form, beside what is shown now (recorded).
pub static OLDER: Older = &[("2025-03-31.basil", |_, note| {
    let first = note.at("refunds").as_list().and_then(<[Value]>::first).and_then(Value::as_map);
    let refund = first.map_or(Value::Null, |first| first.at("refund").clone());
    note.set("refund", refund);
    let old = super::invoices::old_taxes(note.at("total_taxes"));
    note.set("tax_amounts", old);
})];

/// The same of their lines.
pub static OLDER_LINES: Older = &[("2025-03-31.basil", |_, line| {
    line.set("amount_excluding_tax", line.at("amount").clone());
    line.set("unit_amount_excluding_tax", line.at("unit_amount_decimal").clone());
    let old = super::invoices::old_taxes(line.at("taxes"));
    line.set("tax_amounts", old);
})];

/// How what was paid already is given back.
struct Returned {
    refund: i64,
    credit: i64,
    out_of_band: i64,
}

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let (mut note, invoice, returned) = draft(tx, params)?;
    let mut refunds = Vec::new();
    for given in params.at("refunds").as_list().unwrap_or_default() {
        let given = given.as_map().cloned().unwrap_or_default();
        let id = given.str("refund");
        let refund = tx.get("refund", id);
        let refund =
            refund.ok_or_else(|| Error::no_such_reference("refund", id, "refunds[0][refund]"))?;
        let amount = given.at("amount_refunded").as_int().unwrap_or(refund.int("amount"));
        refunds.push(refund_of(amount, id));
    }
    if let Some(id) = params.at("refund").as_str() {
        refunds.push(refund_of(returned.refund, id));
    } else if refunds.is_empty() && 0 < returned.refund {
        let made = refund(tx, &invoice, returned.refund)?;
        refunds.push(refund_of(returned.refund, &made));
    }
    note.set("refunds", refunds);
    if 0 < returned.credit {
        let id = note.at("id").clone();
        let entry = invoicing::credit_customer(tx, &invoice, -returned.credit, "credit_note", id);
        note.set("customer_balance_transaction", entry);
    }
    let note = tx.save(note);
    let (before, after) = (note.int("pre_payment_amount"), note.int("post_payment_amount"));
    take_off(tx, invoice, before, after);
    Ok(note.into())
}

fn refund_of(amount: i64, refund: &str) -> Value {
    map! {
        "amount_refunded": amount,
        "payment_record_refund": Value::Null,
        "refund": refund.to_string(),
        "type": "refund",
    }
    .into()
}

/// Refunds a part of what paid an invoice.
fn refund(tx: &mut Tx<'_>, invoice: &Map, amount: i64) -> Outcome<String> {
    let payments = tx.all_where("invoice_payment", "invoice", invoice.str("id"));
    let paid = payments.iter().filter(|payment| payment.str("status") == "paid");
    let intent = paid.filter_map(|paid| paid.path("payment.payment_intent").as_id()).next_back();
    let Some(intent) = intent else { return Err(Error::credit_note_without_payment()) };
    let charge = charges::to_refund(tx, &map! { "payment_intent": intent.to_string() })?;
    let request = Request { amount: Some(amount), ..Request::default() };
    refunding::refund(tx, charge.str("id"), &request).map(|refund| refund.str("id").to_string())
}

/// Takes an amount off what an invoice asks for and notes what was given back of what it was paid;
/// negative amounts put it on again.
fn take_off(tx: &mut Tx<'_>, mut invoice: Map, before: i64, after: i64) {
    let mut add = |name: &'static str, amount: i64| {
        let sum = invoice.int(name).saturating_add(amount);
        invoice.set(name, sum);
        sum
    };
    add("post_payment_credit_notes_amount", after);
    add("pre_payment_credit_notes_amount", before);
    add("amount_due", -before);
    let remaining = add("amount_remaining", -before);
    if before == 0 {
        tx.save(invoice);
    } else if remaining == 0 {
        invoicing::cancel_default(tx, invoice.str("id"), "automatic");
        invoicing::settle_paid(tx, invoice, false);
    } else {
        let invoice = tx.save(invoice);
        invoicing::ask_for_rest(tx, &invoice);
    }
}

fn preview(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    draft(tx, &call.params).map(|(note, ..)| note.into())
}

fn preview_lines(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let (note, ..) = draft(tx, &call.params)?;
    catalogue::page_of(call, note.at("lines"))
}

fn list_lines(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let note = crud::load_kind(tx, "credit_note", call.id(0))?;
    catalogue::page_of(call, note.at("lines"))
}

/// A note can be taken back while nothing was given back because of it and its invoice is open.
fn void(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut note = crud::load(tx, call)?;
    if note.str("status") == "void" {
        return Err(Error::credit_note_void_already());
    }
    let invoice = note.at("invoice").as_id().and_then(|id| tx.load("invoice", id));
    let open = invoice.filter(|invoice| matches!(invoice.str("status"), "open" | "uncollectible"));
    let Some(invoice) = open.filter(|_| note.int("post_payment_amount") == 0) else {
        return Err(Error::credit_note_not_voidable());
    };
    let now = tx.now();
    note.set("status", "void");
    note.set("voided_at", now);
    let note = tx.save(note);
    take_off(tx, invoice, -note.int("pre_payment_amount"), 0);
    Ok(note.into())
}

/// A credit note of what a request says, its invoice, and how what was paid is given back.
fn draft(tx: &mut Tx<'_>, params: &Map) -> Outcome<(Map, Map, Returned)> {
    let id = params.str("invoice");
    let Some(invoice) = tx.load("invoice", id) else {
        return Err(Error::no_such_reference("invoice", id, "invoice"));
    };
    if !matches!(invoice.str("status"), "open" | "paid" | "uncollectible") {
        return Err(Error::credit_note_not_finalized(invoice.str("status")));
    }
    if tx.validates() {
        check_ways(params)?;
    }
    let kind = Object::find("credit_note").expect("a published type");
    let mut rest = params.clone();
    for name in ["amount", "invoice", "lines", "out_of_band_amount", "refunds", "shipping_cost"] {
        rest.remove(name);
    }
    let mut note = crud::draft_kind(tx, kind, &rest)?;
    for name in ["customer", "currency"] {
        note.set(name, invoice.at(name).clone());
    }
    note.set("invoice", id.to_string());
    add_lines(tx, &mut note, &invoice, params)?;
    let earlier = tx.all_where("credit_note", "invoice", id);
    let number = invoice.at("number").as_str().unwrap_or(id).to_string();
    note.set("number", format!("{number}-CN-{:02}", earlier.len() + 1));
    let total = note.int("total");
    let issued = earlier.iter().filter(|note| note.str("status") == "issued");
    let credited: i64 = issued.map(|note| note.int("total")).sum();
    let linked = params.at("refund").as_str().map(|id| refund_of(refunded(tx, id), id));
    let linked: Vec<Value> = linked.into_iter().collect();
    let listed = params.at("refunds").as_list().unwrap_or_default();
    let ours = earlier.iter().filter(|note| note.str("status") == "issued");
    let ours = ours.flat_map(|note| note.at("refunds").as_list().unwrap_or_default());
    let ours: i64 = ours.chain(&linked).chain(listed).map(|of| amount_refunded(tx, of)).sum();
    let most = invoice.int("total") - credited - (refunded_of(tx, id) - ours).max(0);
    if tx.validates() && total <= 0 {
        return Err(Error::credit_note_of_nothing());
    }
    if tx.validates() && most < total {
        return Err(Error::credit_note_too_large(most));
    }
    let before = match invoice.str("status") {
        "paid" => 0,
        _ => total.min(invoice.int("amount_remaining")),
    };
    let returned = returned(tx, &note, params, total - before)?;
    note.set("out_of_band_amount", (0 < returned.out_of_band).then_some(returned.out_of_band));
    note.set("pre_payment_amount", before);
    note.set("post_payment_amount", total - before);
    note.set(
        "type",
        match (before, total - before) {
            (0, _) => "post_payment",
            (_, 0) => "pre_payment",
            _ => "mixed",
        },
    );
    Ok((note, invoice, returned))
}

/// A note is over an amount, or over lines and shipping.
fn check_ways(params: &Map) -> Outcome<()> {
    let ways = ["amount", "lines", "shipping_cost"];
    let given: Vec<&str> = ways.into_iter().filter(|name| params.contains(name)).collect();
    match given.as_slice() {
        [] => Err(Error::must_provide(&ways)),
        ["amount", _, ..] => Err(Error::mutually_exclusive(&given)),
        _ => Ok(()),
    }
}

/// What a refund gave back.
fn refunded(tx: &Tx<'_>, refund: &str) -> i64 {
    tx.get("refund", refund).map_or(0, |refund| refund.int("amount"))
}

/// What an entry of `refunds` gave back: all of the refund where it does not say how much of it.
fn amount_refunded(tx: &Tx<'_>, entry: &Value) -> i64 {
    let Some(entry) = entry.as_map() else { return 0 };
    let amount = entry.at("amount_refunded").as_int();
    amount.unwrap_or_else(|| refunded(tx, entry.str("refund")))
}

/// What of the payments of an invoice was given back, because of notes or directly.
fn refunded_of(tx: &Tx<'_>, invoice: &str) -> i64 {
    let payments = tx.all_where("invoice_payment", "invoice", invoice);
    let intents = payments.iter().filter_map(|paid| paid.path("payment.payment_intent").as_id());
    let charges = intents.flat_map(|intent| tx.all_where("charge", "payment_intent", intent));
    charges.map(|charge| charge.int("amount_refunded")).sum()
}

/// How what was paid already is given back: as the request says, else it is refunded.
fn returned(tx: &Tx<'_>, note: &Map, params: &Map, paid: i64) -> Outcome<Returned> {
    let linked = params.at("refunds").as_list().unwrap_or_default().iter();
    let linked = linked.map(|given| amount_refunded(tx, given));
    let mut returned = Returned {
        refund: params.int("refund_amount") + linked.sum::<i64>(),
        credit: params.int("credit_amount"),
        out_of_band: params.int("out_of_band_amount"),
    };
    returned.refund += refunded(tx, params.str("refund"));
    let sum = returned.refund + returned.credit + returned.out_of_band;
    if sum == 0 {
        returned.refund = paid;
    } else if sum != paid {
        return Err(Error::credit_note_sum(sum, paid, note.str("currency")));
    }
    Ok(returned)
}

/// The lines of a note, and what they come to.
fn add_lines(tx: &mut Tx<'_>, note: &mut Map, invoice: &Map, params: &Map) -> Outcome<()> {
    let given = params.at("lines").as_list().unwrap_or_default();
    let (mut lines, mut sums) = (Vec::new(), Vec::new());
    for (place, given) in given.iter().filter_map(Value::as_map).enumerate() {
        let (line, sum) = line(tx, invoice, given, place)?;
        lines.push(line);
        sums.push(sum);
    }
    let shipping = params.path("shipping_cost.shipping_rate").as_str();
    let shipping = shipping.and_then(|id| tx.get("shipping_rate", id));
    let shipping =
        shipping.map_or(0, |rate| rate.path("fixed_amount.amount").as_int().unwrap_or(0));
    if lines.is_empty() && shipping == 0 {
        let amount = params.int("amount");
        let given = map! { "unit_amount": amount, "type": "custom_line_item" };
        let (line, sum) = line(tx, invoice, &given, 0)?;
        lines.push(line);
        sums.push(sum);
    }
    let totals = totals::reckon(&sums, &[]);
    let gross: i64 = sums.iter().map(|line| line.amount).sum();
    let off = gross - totals.subtotal;
    for (line, of) in lines.iter_mut().zip(&totals.lines) {
        line.set("discount_amount", of.own);
        line.set("discount_amounts", invoicing::discount_amounts(&of.discounts, false));
        line.set("pretax_credit_amounts", invoicing::discount_amounts(&of.discounts, true));
        line.set("taxes", invoicing::taxes(&of.taxes, "not_available"));
    }
    let total = totals.total + shipping;
    let taxes = totals.inclusive + totals.exclusive;
    for (name, amount) in [
        ("amount", total),
        ("amount_shipping", shipping),
        ("discount_amount", off),
        ("subtotal", gross),
        ("subtotal_excluding_tax", gross - totals.inclusive),
        ("total", total),
        ("total_excluding_tax", total - taxes),
    ] {
        note.set(name, amount);
    }
    note.set("discount_amounts", invoicing::discount_amounts(&totals.discounts, false));
    note.set("pretax_credit_amounts", invoicing::discount_amounts(&totals.discounts, true));
    note.set("total_taxes", invoicing::taxes(&totals.taxes, "not_available"));
    let url = format!("/v1/credit_notes/{}/lines", note.str("id"));
    let lines = lines.into_iter().map(Value::from).collect();
    note.set("lines", crud::list_of(lines, false, url));
    Ok(())
}

/// A line of a note, and what arithmetic needs of it: a part of a line of the invoice, with its
/// share of that line's discounts and taxes, or something else.
fn line(tx: &mut Tx<'_>, invoice: &Map, given: &Map, place: usize) -> Outcome<(Map, totals::Line)> {
    let kind = Object::find("credit_note_line_item").expect("a published type");
    let mut line = crud::new(tx, kind, &Map::new());
    let credited = given.at("invoice_line_item").as_str();
    let of = match credited {
        Some(id) => {
            let lines = invoice.path("lines.data").as_list().unwrap_or_default();
            let of = lines.iter().find(|line| line.as_id() == Some(id)).and_then(Value::as_map);
            let param = format!("lines[{place}][invoice_line_item]");
            Some(of.ok_or_else(|| Error::no_such_reference("invoice line item", id, param))?)
        }
        None => None,
    };
    let unit = match (given.at("unit_amount").as_int(), of) {
        (Some(amount), _) => amount.to_string(),
        (None, Some(of)) if !of.path("pricing.unit_amount_decimal").is_null() => {
            of.path("pricing.unit_amount_decimal").as_str().unwrap_or("0").to_string()
        }
        _ => given.str("unit_amount_decimal").to_string(),
    };
    let quantity = given.at("quantity").as_int();
    let amount = match (given.at("amount").as_int(), quantity, of) {
        (Some(amount), ..) => amount,
        (None, None, Some(of)) => of.int("amount"),
        (None, quantity, _) => pricing::times(&unit, quantity.unwrap_or(1)),
    };
    let (unit, quantity) = match (given.at("amount").as_int(), of) {
        (Some(amount), _) => (amount.to_string(), None),
        (None, of) => {
            (unit, quantity.or_else(|| of.and_then(|of| of.at("quantity").as_int())).or(Some(1)))
        }
    };
    let text = of.map_or(&Value::Null, |of| of.at("description"));
    let text = if given.contains("description") { given.at("description") } else { text };
    line.set("amount", amount);
    line.set("description", text.clone());
    line.set("quantity", quantity);
    line.set("type", if of.is_some() { "invoice_line_item" } else { "custom_line_item" });
    line.set("unit_amount", unit.parse::<i64>().ok());
    line.set("unit_amount_decimal", unit);
    if let Some(id) = credited {
        line.set("invoice_line_item", id.to_string());
    }
    let taxes = taxes(tx, given, place)?;
    let rates = if taxes.is_empty() { rates(tx, given, of) } else { Vec::new() };
    line.set("tax_rates", rates.clone());
    let sum = totals::Line {
        amount,
        is_discountable: true,
        discounts: of.map_or_else(Vec::new, |of| shares(of, amount)),
        rates: invoicing::rates_of(&rates),
        taxes,
        ..totals::Line::default()
    };
    Ok((line, sum))
}

/// The taxes of a line that are given by their amounts.
fn taxes(tx: &Tx<'_>, given: &Map, place: usize) -> Outcome<Vec<totals::Tax>> {
    let amounts = given.at("tax_amounts").as_list().unwrap_or_default();
    let param = |name: &str| format!("lines[{place}][tax_amounts]{name}");
    if !amounts.is_empty() && given.contains("tax_rates") && tx.validates() {
        return Err(Error::mutually_exclusive(&["tax_amounts", "tax_rates"]).param(param("")));
    }
    let mut taxes = invoicing::taxes_of(given.at("tax_amounts"));
    for (place, tax) in taxes.iter_mut().enumerate() {
        let param = param(&format!("[{place}][tax_rate]"));
        let rate = tx.get("tax_rate", &tax.rate);
        let rate = rate.ok_or_else(|| Error::no_such_reference("tax rate", &tax.rate, param))?;
        tax.is_inclusive = rate.is_true("inclusive");
    }
    Ok(taxes)
}

/// The tax rates of a line: those given, else those of the line of the invoice.
fn rates(tx: &Tx<'_>, given: &Map, of: Option<&Map>) -> Vec<Value> {
    let ids = match (given.at("tax_rates").as_list(), of) {
        (Some(given), _) => given.to_vec(),
        (None, Some(of)) => {
            let taxes = of.at("taxes").as_list().unwrap_or_default();
            let taxes = taxes.iter().filter_map(Value::as_map);
            taxes.map(|tax| tax.path("tax_rate_details.tax_rate").clone()).collect()
        }
        (None, None) => Vec::new(),
    };
    let rates = ids.iter().filter_map(|id| tx.get("tax_rate", id.as_id()?));
    rates.map(|rate| Value::Map(rate.clone())).collect()
}

/// The share of a line's discounts that an amount of it had.
fn shares(of: &Map, amount: i64) -> Vec<Off> {
    let all = of.int("amount").max(1);
    let share = |off: &Map| Off {
        id: off.at("discount").as_id().unwrap_or("").to_string(),
        amount: crate::money::portion(amount, off.int("amount"), all),
        ..Off::default()
    };
    let offs = of.at("discount_amounts").as_list().unwrap_or_default();
    offs.iter().filter_map(Value::as_map).map(share).collect()
}

//! The lines of an invoice: added, changed and removed while it is a draft.
//!
//! A line that is added is an invoice item of the customer's; what bills a subscription is changed
//! in place.
//!
//! Stripe's pages: <https://docs.stripe.com/api/invoices/add_lines>,
//! <https://docs.stripe.com/api/invoice-line-item>.

use crate::call::{Body, Call};
use crate::crud;
use crate::domains::{catalogue, discounts, invoiceitems};
use crate::errors::{Error, Outcome};
use crate::flows::invoicing;
use crate::flows::pricing::DETAILS;
use crate::map;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use crate::versions::Older;
use std::rc::Rc;

/// Until basil a line showed its price and plan whole, and what it is of in fields of its own,
/// beside those it has now (recorded). Until 2019-12-03 its id was that of what it bills.
pub static OLDER: Older = &[
    ("2025-03-31.basil", before_basil),
    ("2019-12-03", |_, line| {
        let id = line.str("id").to_string();
        let of_item = line.at("invoice_item").as_id();
        let old = of_item.map_or_else(|| id.replacen("il_", "sli_", 1), str::to_string);
        line.set("id", old);
        line.set("unique_id", id);
    }),
];

fn before_basil(tx: &Tx<'_>, line: &mut Map) {
    let parent = line.at("parent").as_map();
    let details = parent.and_then(|parent| parent.at(parent.str("type")).as_map()).cloned();
    let details = details.unwrap_or_default();
    let price = invoicing::whole_price(tx, line);
    let untaxed = line.int("amount") - within(line);
    line.set("amount_excluding_tax", untaxed);
    line.set("plan", invoicing::whole_plan(tx, &price));
    line.set("price", price);
    for name in ["invoice_item", "subscription_item"] {
        if !details.at(name).is_null() {
            line.set(name, details.at(name).clone());
        }
    }
    line.set("proration", details.is_true("proration"));
    line.set("proration_details", details.at("proration_details").clone());
    line.set("subscription", details.at("subscription").clone());
    let old = super::older::old_taxes(line.at("taxes"));
    let rates = line.at("taxes").as_list().unwrap_or_default().iter().filter_map(Value::as_map);
    let rates =
        rates.filter_map(|tax| tx.get("tax_rate", tax.path("tax_rate_details.tax_rate").as_id()?));
    let rates: Vec<Value> = rates.map(|rate| Value::Map(rate.clone())).collect();
    line.set("tax_amounts", old);
    line.set("tax_rates", rates);
    let is_item = line.contains("invoice_item");
    line.set("type", if is_item { "invoiceitem" } else { "subscription" });
    let unit = match line.path("pricing.unit_amount_decimal").as_str() {
        Some(unit) => unit.to_string(),
        None => (untaxed / line.int("quantity").max(1)).to_string(),
    };
    line.set("unit_amount_excluding_tax", unit);
}

/// The taxes that are in a line's amount.
fn within(line: &Map) -> i64 {
    let taxes = line.at("taxes").as_list().unwrap_or_default().iter().filter_map(Value::as_map);
    let taxes = taxes.filter(|tax| tax.str("tax_behavior") == "inclusive");
    taxes.map(|tax| tax.int("amount")).sum()
}

pub fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let invoice = crud::load_kind(tx, "invoice", call.id(0))?;
    catalogue::page_of(call, invoice.at("lines"))
}

/// The draft the path names.
fn draft(tx: &Tx<'_>, call: &Call) -> Outcome<Map> {
    let invoice = crud::load_kind(tx, "invoice", call.id(0))?;
    match invoice.str("status") {
        "draft" => Ok(invoice),
        _ => Err(Error::invoice_not_editable()),
    }
}

/// The lines a request is about: where each stands among the parameters, and what it says.
fn given(call: &Call) -> impl Iterator<Item = (String, Map)> {
    let lines = call.params.at("lines").as_list().unwrap_or_default().iter();
    lines.enumerate().map(|(place, line)| {
        (format!("lines[{place}]"), line.as_map().cloned().unwrap_or_default())
    })
}

fn finish(tx: &mut Tx<'_>, call: &Call, mut invoice: Map) -> Rc<Map> {
    if let Some(metadata) = call.params.get("invoice_metadata") {
        crud::merge_metadata(&mut invoice, metadata);
    }
    invoicing::add_up(tx, &mut invoice);
    tx.save(invoice)
}

pub fn add(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut invoice = draft(tx, call)?;
    let customer = invoice.str("customer").to_string();
    let currency = invoice.str("currency").to_string();
    for (path, line) in given(call) {
        refuse_both_taxes(tx, &invoice, &line, &path)?;
        let item = match line.at("invoice_item").as_str() {
            Some(id) => pending(tx, id, &format!("{path}[invoice_item]"))?,
            None => {
                let item = invoiceitems::make(tx, &line, &customer, Some(&currency), &path)?;
                Map::clone(&tx.save(item))
            }
        };
        keep_taxes(tx, item.str("id"), &line, false)?;
        invoicing::check_room(&invoice)?;
        invoicing::take_item(tx, &mut invoice, item);
    }
    Ok(finish(tx, call, invoice).into())
}

/// An invoice item that is on no invoice yet.
fn pending(tx: &Tx<'_>, id: &str, param: &str) -> Outcome<Map> {
    let missing = || Error::no_such_invoice_item(id).status(400).param(param.to_string());
    let item = tx.load("invoiceitem", id).ok_or_else(missing)?;
    match item.at("invoice").is_null() {
        true => Ok(item),
        false => Err(Error::invoice_item_taken(id, param)),
    }
}

pub fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut invoice = draft(tx, call)?;
    for (path, line) in given(call) {
        change(tx, &mut invoice, line.str("id"), &line, &path)?;
    }
    Ok(finish(tx, call, invoice).into())
}

/// The answer is the line.
pub fn update_one(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut invoice = draft(tx, call)?;
    change(tx, &mut invoice, call.id(1), &call.params, "")?;
    let invoice = finish(tx, call, invoice);
    let line = line_of(&invoice, call.id(1))?;
    Ok(line.clone().into())
}

fn line_of<'i>(invoice: &'i Map, id: &str) -> Outcome<&'i Map> {
    let lines = invoice.path("lines.data").as_list().unwrap_or_default();
    let line = lines.iter().find(|line| line.as_id() == Some(id)).and_then(Value::as_map);
    line.ok_or_else(|| Error::no_such_line(id))
}

/// The invoice item that a line bills, where it bills one.
fn item_of(line: &Map) -> Option<String> {
    let parent = line.at("parent").as_map()?;
    let details = parent.at(parent.str("type")).as_map()?;
    details.at("invoice_item").as_id().map(str::to_string)
}

fn change(tx: &mut Tx<'_>, invoice: &mut Map, id: &str, given: &Map, path: &str) -> Outcome<()> {
    let line = line_of(invoice, id)?.clone();
    refuse_both_taxes(tx, invoice, given, path)?;
    keep_taxes(tx, invoicing::taxed_by(&line), given, item_of(&line).is_none())?;
    if let Some(item) = item_of(&line).and_then(|id| tx.load("invoiceitem", &id)) {
        let item = invoiceitems::change(tx, item, given, path)?;
        invoicing::refresh_item(invoice, &item);
        return Ok(());
    }
    let mut line = line;
    let mut rest = given.clone();
    for name in ["discounts", "id", "pricing", "price_data", "tax_amounts"] {
        rest.remove(name);
    }
    let shape = Object::find("line_item").expect("a published type").shape();
    crud::apply(tx, shape, &mut line, &rest, path)?;
    if given.contains("discounts") {
        let customer = invoice.at("customer").as_id();
        let made = discounts::given(tx, ("invoice", invoice.str("id")), customer, given)?;
        line.set("discounts", made);
    }
    let place = invoicing::lines_mut(invoice).iter_mut().find(|line| line.as_id() == Some(id));
    if let Some(place) = place {
        *place = line.into();
    }
    Ok(())
}

/// Taxes are given by their amounts, by their rates, or found automatically.
fn refuse_both_taxes(tx: &Tx<'_>, invoice: &Map, given: &Map, path: &str) -> Outcome<()> {
    let param = match path.is_empty() {
        true => "tax_amounts".to_string(),
        false => format!("{path}[tax_amounts]"),
    };
    let are_given = given.at("tax_amounts").as_list().is_some_and(|amounts| !amounts.is_empty());
    let is_automatic = invoice.path("automatic_tax.enabled").as_bool() == Some(true);
    match are_given && tx.validates() {
        true if given.contains("tax_rates") => {
            Err(Error::mutually_exclusive(&["tax_amounts", "tax_rates"]).param(param))
        }
        true if is_automatic => Err(Error::taxed_automatically("tax_amounts").param(param)),
        _ => Ok(()),
    }
}

/// Keeps what is said of a line's taxes beside the item it bills, or beside the line, which has no
/// field for its rates.
fn keep_taxes(tx: &mut Tx<'_>, of: &str, given: &Map, keeps_rates: bool) -> Outcome<()> {
    if !given.contains("tax_amounts") && !given.contains("tax_rates") {
        return Ok(());
    }
    let mut amounts = Vec::new();
    for given in given.at("tax_amounts").as_list().unwrap_or_default() {
        let Some(given) = given.as_map() else { continue };
        let data = given.at("tax_rate_data").as_map().cloned().unwrap_or_default();
        let rate = rate_of(tx, &data)?;
        amounts.push(Value::from(map! {
            "amount": given.at("amount").clone(),
            "inclusive": data.is_true("inclusive"),
            "tax_rate": rate,
            "taxable_amount": given.at("taxable_amount").clone(),
        }));
    }
    let mut kept = map! { "id": of.to_string(), "object": DETAILS, "tax_amounts": amounts };
    if keeps_rates && given.contains("tax_rates") {
        kept.set("tax_rates", given.at("tax_rates").as_list().unwrap_or_default().to_vec());
    }
    tx.save(kept);
    Ok(())
}

/// The tax rate that data describe: the one that was made of the same data, else a new one.
fn rate_of(tx: &mut Tx<'_>, data: &Map) -> Outcome<String> {
    let fits = |rate: &Map| data.iter().all(|(name, value)| rate.at(name) == value);
    let rates = tx.all("tax_rate");
    if let Some(known) = rates.iter().find(|rate| !rate.is_true("active") && fits(rate)) {
        return Ok(known.str("id").to_string());
    }
    let kind = Object::find("tax_rate").expect("a published type");
    let mut rate = crud::draft_kind(tx, kind, data)?;
    rate.set("active", false);
    Ok(tx.save_quietly(rate).str("id").to_string())
}

/// What is removed is deleted, or waits for another invoice.
pub fn remove(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut invoice = draft(tx, call)?;
    for (_, given) in given(call) {
        let line = line_of(&invoice, given.str("id"))?;
        let Some(id) = item_of(line) else { return Err(Error::invoice_not_editable()) };
        invoicing::drop_item(&mut invoice, &id);
        let Some(mut item) = tx.load("invoiceitem", &id) else { continue };
        match given.str("behavior") {
            "unassign" => {
                item.set("invoice", Value::Null);
                tx.save(item);
            }
            _ => drop(tx.delete("invoiceitem", &id)),
        }
    }
    Ok(finish(tx, call, invoice).into())
}

//! Credit notes: what is taken off a finalized invoice.
//!
//! Stripe's page: <https://docs.stripe.com/api/credit_notes>.
//!
//! Differs from Stripe: a credit note changes neither its invoice nor the customer's balance.

use super::catalogue;
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("POST /v1/credit_notes", create),
    ("GET /v1/credit_notes/preview", preview),
    ("GET /v1/credit_notes/preview/lines", preview_lines),
    ("GET /v1/credit_notes/{id}/lines", list_lines),
];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let note = note(tx, call)?;
    Ok(tx.save(note).into())
}

fn preview(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    note(tx, call).map(Body::from)
}

fn preview_lines(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let note = note(tx, call)?;
    catalogue::page_of(call, note.at("lines"))
}

fn list_lines(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let note = crud::load_kind(tx, "credit_note", call.id(0))?;
    catalogue::page_of(call, note.at("lines"))
}

/// A credit note over an amount, or over what its lines come to.
fn note(tx: &mut Tx<'_>, call: &Call) -> Outcome<Map> {
    let params = &call.params;
    let id = params.str("invoice");
    let invoice = crud::load_kind(tx, "invoice", id)
        .map_err(|_| Error::no_such_reference("invoice", id, "invoice"))?;
    let kind = Object::find("credit_note").expect("a published type");
    let mut note = crud::draft_kind(tx, kind, params)?;
    let mut lines = Vec::new();
    let mut total = 0;
    for given in params.at("lines").as_list().unwrap_or_default() {
        let given = given.as_map().cloned().unwrap_or_default();
        let quantity = given.at("quantity").as_int().unwrap_or(1);
        let amount = match given.at("amount").as_int() {
            Some(amount) => amount,
            None => given.int("unit_amount").saturating_mul(quantity),
        };
        total += amount;
        lines.push(line(tx, amount, given.at("description").clone()));
    }
    if lines.is_empty() {
        total = params.at("amount").as_int().unwrap_or(invoice.int("total"));
        lines.push(line(tx, total, Value::Null));
    }
    for name in ["customer", "currency"] {
        note.set(name, invoice.at(name).clone());
    }
    for name in ["amount", "subtotal", "total", "subtotal_excluding_tax", "total_excluding_tax"] {
        note.set(name, total);
    }
    let count = tx.all_where("credit_note", "invoice", id).len() + 1;
    let number = invoice.at("number").as_str().unwrap_or(id).to_string();
    note.set("number", format!("{number}-CN-{count:02}"));
    let is_paid = invoice.str("status") == "paid";
    note.set("type", if is_paid { "post_payment" } else { "pre_payment" });
    note.set(if is_paid { "post_payment_amount" } else { "pre_payment_amount" }, total);
    let url = format!("/v1/credit_notes/{}/lines", note.str("id"));
    note.set("lines", crud::list_of(lines, false, url));
    Ok(note)
}

fn line(tx: &mut Tx<'_>, amount: i64, description: Value) -> Value {
    let kind = Object::find("credit_note_line_item").expect("a published type");
    let mut line = crud::new(tx, kind, &Map::new());
    line.set("amount", amount);
    line.set("description", description);
    line.set("unit_amount", amount);
    line.set("unit_amount_decimal", amount.to_string());
    line.into()
}

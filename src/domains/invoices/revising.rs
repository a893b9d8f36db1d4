//! Revisions: a finalized invoice is corrected by a draft made of it, which takes its place once it is
//! finalized too.
//!
//! Stripe's page: <https://docs.stripe.com/invoicing/invoice-edits>.

use crate::call::Body;
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::invoicing;
use crate::map;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};

/// What a revision takes over as it is.
const KEPT: [&str; 19] = [
    "account_tax_ids",
    "automatic_tax",
    "collection_method",
    "custom_fields",
    "default_payment_method",
    "default_source",
    "default_tax_rates",
    "description",
    "discounts",
    "due_date",
    "footer",
    "issuer",
    "metadata",
    "on_behalf_of",
    "payment_settings",
    "period_end",
    "period_start",
    "shipping_cost",
    "shipping_details",
];

/// The draft of a revision of the invoice that a request names.
pub fn create(tx: &mut Tx<'_>, params: &Map) -> Outcome<Body> {
    let id = params.path("from_invoice.invoice").as_str().unwrap_or("");
    let param = "from_invoice[invoice]";
    let original = tx.load("invoice", id);
    let original = original.ok_or_else(|| Error::no_such_reference("invoice", id, param))?;
    if !matches!(original.str("status"), "open" | "uncollectible") {
        return Err(Error::invoice_not_open());
    }
    if !original.path("parent.subscription_details").is_null() {
        return Err(Error::invoice_not_revisable());
    }
    let customer = original.str("customer");
    let customer = tx
        .load("customer", customer)
        .ok_or_else(|| Error::no_such_reference("customer", customer, "customer"))?;
    let mut invoice = invoicing::draft(tx, &customer, original.str("currency"));
    for name in KEPT {
        invoice.set(name, original.at(name).clone());
    }
    invoice.set("from_invoice", map! { "action": "revision", "invoice": id.to_string() });
    let lines = original.path("lines.data").as_list().unwrap_or_default();
    for line in lines.iter().rev().filter_map(Value::as_map) {
        let item = item_like(tx, line, &customer);
        invoicing::take_item(tx, &mut invoice, item);
    }
    invoicing::add_up(tx, &mut invoice);
    Ok(tx.save(invoice).into())
}

/// A new invoice item that bills what a line bills.
fn item_like(tx: &mut Tx<'_>, line: &Map, customer: &Map) -> Map {
    let kind = Object::find("invoiceitem").expect("a published type");
    let mut item = crud::new(tx, kind, &Map::new());
    item.set("amount", line.at("amount").clone());
    for name in invoicing::ALIKE {
        item.set(name, line.at(name).clone());
    }
    let before = line.path("parent.invoice_item_details.invoice_item").as_id();
    let before = before.and_then(|id| tx.get("invoiceitem", id));
    let rates = before.map_or(Value::Null, |item| item.at("tax_rates").clone());
    item.set("tax_rates", rates);
    item.set("net_amount", line.int("amount"));
    item.set("customer", customer.at("id").clone());
    item.set("test_clock", customer.at("test_clock").clone());
    item
}

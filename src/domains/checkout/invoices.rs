//! The invoice that a paid session of mode `payment` makes where `invoice_creation` asks for it.
//!
//! Stripe's page: <https://docs.stripe.com/payments/checkout/receipts#paid-invoices>.

use super::items;
use crate::crud;
use crate::domains::{discounts, invoices};
use crate::errors::Outcome;
use crate::flows::invoicing::{self, Billed};
use crate::map;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};

/// Members of `invoice_data` that invoices have too.
const OF_INVOICES: &[&str] =
    &["account_tax_ids", "custom_fields", "description", "footer", "metadata", "rendering"];

/// Makes the invoice of a session whose intent has succeeded: finalized, and paid by that intent.
pub fn make(tx: &mut Tx<'_>, session: &mut Map, intent: &Map) -> Outcome<()> {
    let id = session.at("customer").as_id().unwrap_or("").to_string();
    let Some(customer) = tx.load("customer", &id) else { return Ok(()) };
    let mut invoice = invoicing::draft(tx, &customer, session.str("currency"));
    let mut data =
        session.path("invoice_creation.invoice_data").as_map().cloned().unwrap_or_default();
    data.retain(|(name, value)| OF_INVOICES.contains(&name.as_ref()) && !value.is_null());
    let shape = Object::find("invoice").expect("invoices are a published type").shape();
    crud::apply(tx, shape, &mut invoice, &data, "")?;
    invoice.set("auto_advance", false);
    if session.path("automatic_tax.enabled").as_bool() == Some(true) {
        invoice.map_mut("automatic_tax").set("enabled", true);
    }
    for item in items(tx, session.str("id")).iter().filter_map(Value::as_map) {
        let billed = Billed::item(item, tx.now());
        invoicing::add_line(tx, &mut invoice, billed);
    }
    for line in invoicing::lines_mut(&mut invoice).iter_mut().filter_map(Value::as_map_mut) {
        line.set("parent", Value::Null);
    }
    let given = map! { "discounts": super::named_discounts(session) };
    let owner = invoice.str("id").to_string();
    let discounts = discounts::given(tx, ("invoice", &owner), Some(&id), &given)?;
    invoice.set("discounts", discounts);
    let rate = session.path("shipping_cost.shipping_rate").clone();
    if !rate.is_null() {
        let given = map! { "shipping_cost": map! { "shipping_rate": rate } };
        invoices::set_shipping(tx, &mut invoice, &given)?;
    }
    invoicing::add_up(tx, &mut invoice);
    tx.save(invoice.clone());
    let invoice = invoicing::finalize_paid(tx, invoice, intent);
    session.set("invoice", invoice.at("id").clone());
    Ok(())
}

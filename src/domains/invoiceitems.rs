//! Invoice items: what is to be on a customer's next invoice.
//!
//! Stripe's page: <https://docs.stripe.com/api/invoiceitems>.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::invoicing;
use crate::map;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[("POST /v1/invoiceitems", create)];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let invoice = match params.at("invoice").as_str() {
        Some(id) => Some(
            tx.load("invoice", id)
                .ok_or_else(|| Error::no_such_reference("invoice", id, "invoice"))?,
        ),
        None => None,
    };
    if invoice.as_ref().is_some_and(|invoice| invoice.str("status") != "draft") {
        return Err(Error::invoice_frozen("invoice".to_string()));
    }
    let mut rest = params.clone();
    for name in ["discounts", "invoice", "pricing", "price_data", "subscription"] {
        rest.remove(name);
    }
    let mut item = crud::draft_kind(tx, crud::kind(call), &rest)?;
    match &invoice {
        Some(invoice) => item.set("customer", invoice.at("customer").clone()),
        None if !params.contains("customer") => return Err(Error::parameter_missing("customer")),
        None => {}
    }
    price(tx, &mut item, params)?;
    if let Some(id) = params.at("subscription").as_str() {
        if !tx.exists("subscription", id) {
            return Err(Error::no_such_reference("subscription", id, "subscription"));
        }
        item.set(
            "parent",
            map! {
                "subscription_details": map! {
                    "subscription": id.to_string(), "subscription_item": Value::Null,
                },
                "type": "subscription_details",
            },
        );
    }
    let Some(mut invoice) = invoice else { return Ok(tx.save(item).into()) };
    let id = item.str("id").to_string();
    invoicing::take_item(tx, &mut invoice, item);
    invoicing::add_up(tx, &mut invoice);
    tx.save(invoice);
    crud::load_kind(tx, "invoiceitem", &id).map(Body::from)
}

/// What an item costs: an amount, or a quantity of a price.
fn price(tx: &mut Tx<'_>, item: &mut Map, params: &Map) -> Outcome<()> {
    let quantity = params.at("quantity").as_int().unwrap_or(1);
    let price = match (params.path("pricing.price").as_str(), params.at("price_data").as_map()) {
        (Some(id), _) => Some(
            tx.get("price", id)
                .cloned()
                .ok_or_else(|| Error::no_such_reference("price", id, "pricing[price]"))?,
        ),
        (None, Some(data)) => Some(super::prices::of_data(tx, data)?),
        (None, None) => None,
    };
    let amount = match &price {
        Some(price) => invoicing::amount_of(tx, price, quantity),
        None => params.at("amount").as_int().unwrap_or_else(|| {
            crate::flows::pricing::times(params.str("unit_amount_decimal"), quantity)
        }),
    };
    if let Some(price) = &price {
        item.set("currency", price.at("currency").clone());
        item.set("pricing", invoicing::pricing(price));
        if item.at("description").is_null() {
            item.set("description", invoicing::description_of(tx, price, quantity));
        }
    }
    if item.str("currency").is_empty() {
        return Err(Error::parameter_missing("currency"));
    }
    let currency = item.str("currency").to_lowercase();
    item.set("currency", currency);
    item.set("amount", amount);
    item.set("net_amount", amount);
    item.set("quantity_decimal", quantity.to_string());
    if amount < 0 && !params.contains("discountable") {
        item.set("discountable", false);
    }
    Ok(())
}

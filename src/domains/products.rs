//! Products: what is sold.
//!
//! Stripe's page: <https://docs.stripe.com/api/products>. A product can bring its default price
//! with it.

use super::prices;
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::route::Routes;
use crate::store::Tx;
use crate::versions::{self, Older};

pub static ROUTES: Routes = &[
    ("GET /v1/products", list),
    ("POST /v1/products", create),
    ("POST /v1/products/{id}", update),
    ("DELETE /v1/products/{id}", delete),
];

/// Until 2024-04-10 its marketing features were its features.
pub static OLDER: Older =
    &[("2024-04-10", |_, product| versions::show_renamed(product, "/v1/products"))];

/// Products named by their ids are not paged through.
fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let cursor =
        ["starting_after", "ending_before"].into_iter().find(|it| call.params.contains(it));
    match cursor.filter(|_| call.params.contains("ids")) {
        Some(cursor) => Err(Error::mutually_exclusive(&["ids", cursor])),
        None => prices::list(tx, call),
    }
}

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut product = crud::draft(tx, call)?;
    let Some(data) = call.params.at("default_price_data").as_map() else {
        return Ok(tx.save(product).into());
    };
    let mut price = prices::draft(tx, data, call.version.as_deref())?;
    price.set("product", product.at("id").clone());
    product.set("default_price", price.at("id").clone());
    let product = tx.save(product);
    prices::keep(tx, price);
    Ok(product.into())
}

/// The default price is one of the product's own.
fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut product = crud::load(tx, call)?;
    crud::apply(tx, crud::kind(call).shape(), &mut product, &call.params, "")?;
    if let Some(id) = call.params.at("default_price").as_str() {
        let price = tx.get("price", id);
        if price.is_some_and(|price| !price.is_true("active")) {
            return Err(Error::price_inactive("default_price".to_string()));
        }
        if price.is_some_and(|price| price.at("product").as_id() != Some(call.id(0))) {
            return Err(Error::default_price_of_another(id));
        }
    }
    product.set("updated", tx.now());
    Ok(tx.save(product).into())
}

/// A product with prices stays.
fn delete(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let product = crud::load(tx, call)?;
    if !tx.all_where("price", "product", product.str("id")).is_empty() {
        return Err(Error::product_has_prices());
    }
    crud::delete(tx, call)
}

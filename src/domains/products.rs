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
use crate::value::Map;

pub static ROUTES: Routes = &[
    ("POST /v1/products", create),
    ("POST /v1/products/{id}", update),
    ("DELETE /v1/products/{id}", delete),
];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let product = crud::draft(tx, call)?;
    let product = tx.save(product);
    let Some(data) = call.params.at("default_price_data").as_map() else {
        return Ok(product.into());
    };
    let mut data = data.clone();
    data.set("product", product.at("id").clone());
    let mut price = Map::clone(&*prices::of_data(tx, &data)?);
    price.set("active", true);
    let price = tx.save(price);
    let mut product = Map::clone(&product);
    product.set("default_price", price.at("id").clone());
    Ok(tx.save(product).into())
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut product = crud::load(tx, call)?;
    crud::apply(tx, crud::kind(call).shape(), &mut product, &call.params, "")?;
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

//! Climate: what can be bought, from whom, and orders.
//!
//! Stripe's page: <https://docs.stripe.com/api/climate/orders>.
//!
//! Differs from Stripe: there is one product by one supplier, and its price stays the same.

use super::catalogue;
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::money;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("POST /v1/climate/orders", order),
    ("GET /v1/climate/products", list_products),
    ("GET /v1/climate/products/{id}", retrieve_product),
    ("GET /v1/climate/suppliers", list_suppliers),
    ("GET /v1/climate/suppliers/{id}", retrieve_supplier),
];

const PRODUCT: &str = "climsku_frontier_offtake_portfolio_2027";
const SUPPLIER: &str = "climsup_charm_industrial";
const DELIVERY_YEAR: i64 = 2027;
/// What a metric ton costs, in cents, and the fee on top.
const SUBTOTAL: i64 = 50_000;
const FEES: i64 = 1500;

fn product() -> Map {
    let price =
        map! { "amount_fees": FEES, "amount_subtotal": SUBTOTAL, "amount_total": FEES + SUBTOTAL };
    map! {
        "id": PRODUCT,
        "object": "climate.product",
        "created": 1_704_067_200,
        "current_prices_per_metric_ton": map! { "usd": price },
        "delivery_year": DELIVERY_YEAR,
        "livemode": false,
        "metric_tons_available": "1000",
        "name": "Frontier offtake portfolio",
        "suppliers": vec![Value::from(supplier())],
    }
}

fn supplier() -> Map {
    let location = map! {
        "city": "San Francisco",
        "country": "US",
        "latitude": Value::Null,
        "longitude": Value::Null,
        "region": "CA",
    };
    map! {
        "id": SUPPLIER,
        "object": "climate.supplier",
        "info_url": "https://frontierclimate.com/portfolio/charm",
        "livemode": false,
        "locations": vec![Value::from(location)],
        "name": "Charm Industrial",
        "removal_pathway": "biomass_carbon_removal_and_storage",
    }
}

fn list_products(_tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    catalogue::page(call, vec![product().into()])
}

fn retrieve_product(_tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    catalogue::retrieve(call, Some(product()).filter(|_| call.id(0) == PRODUCT))
}

fn list_suppliers(_tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    catalogue::page(call, vec![supplier().into()])
}

fn retrieve_supplier(_tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    catalogue::retrieve(call, Some(supplier()).filter(|_| call.id(0) == SUPPLIER))
}

/// Either so many tons, or as many as an amount buys.
fn order(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut params = call.params.clone();
    params.remove("product");
    let wanted = call.params.str("product");
    if wanted != PRODUCT {
        return Err(Error::no_such_reference("climate.product", wanted, "product"));
    }
    let thousandths = match (call.params.at("metric_tons"), call.params.at("amount").as_int()) {
        (Value::Str(tons) | Value::Decimal(tons), None) => thousandths(tons),
        (Value::Int(tons), None) => tons * 1000,
        (Value::Null, Some(amount)) => money::portion(1000, amount, SUBTOTAL),
        (Value::Null, None) => return Err(Error::must_provide(&["amount", "metric_tons"])),
        _ => return Err(Error::mutually_exclusive(&["amount", "metric_tons"])),
    };
    let mut order = crud::draft_kind(tx, crud::kind(call), &params)?;
    let (subtotal, fees) =
        (money::portion(thousandths, SUBTOTAL, 1000), money::portion(thousandths, FEES, 1000));
    order.set("amount_subtotal", subtotal);
    order.set("amount_fees", fees);
    order.set("amount_total", subtotal + fees);
    if order.str("currency").is_empty() {
        order.set("currency", "usd");
    }
    order.set("expected_delivery_year", DELIVERY_YEAR);
    order.set("metric_tons", decimal(thousandths));
    order.set("product", PRODUCT);
    Ok(tx.save(order).into())
}

/// A decimal text in thousandths; what lies beyond the third place is dropped.
fn thousandths(text: &str) -> i64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    let (whole, fraction) = (whole.parse().unwrap_or(0_i64), fraction.parse().unwrap_or(0_i64));
    whole.clamp(0, 1_000_000_000) * 1000 + fraction
}

fn decimal(thousandths: i64) -> String {
    let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tons_are_read_and_written_to_the_kilogram() {
        for (text, read, written) in
            [("1", 1000, "1"), ("0.5", 500, "0.5"), ("2.1234", 2123, "2.123"), ("x", 0, "0")]
        {
            assert_eq!(thousandths(text), read);
            assert_eq!(decimal(read), written);
        }
    }
}

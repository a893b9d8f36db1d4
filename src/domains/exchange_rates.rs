//! Exchange rates.
//!
//! Stripe's page: <https://docs.stripe.com/api/exchange_rates>.
//!
//! Differs from Stripe: the rates stay the same, so that tests can rely on them.

use super::catalogue;
use crate::call::{Body, Call};
use crate::errors::Outcome;
use crate::map;
use crate::money;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes =
    &[("GET /v1/exchange_rates", list), ("GET /v1/exchange_rates/{id}", retrieve)];

fn list(_tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    catalogue::page(call, money::CURRENCIES.iter().map(|code| rates(code).into()).collect())
}

fn retrieve(_tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    catalogue::retrieve(call, money::currency(call.id(0)).map(rates))
}

/// What one unit of a currency is worth in the others.
fn rates(code: &'static str) -> Map {
    let mut worth = Map::with_capacity(money::CURRENCIES.len());
    for other in money::CURRENCIES {
        let rate = money::rate(code, other);
        let whole = rate.parse().map(Value::Int);
        worth.append(*other, whole.unwrap_or_else(|_| Value::Decimal(rate.into())));
    }
    map! { "id": code, "object": "exchange_rate", "rates": worth }
}

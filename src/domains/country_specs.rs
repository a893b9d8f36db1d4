//! Country specs: what an account can do by its country.
//!
//! Stripe's page: <https://docs.stripe.com/api/country_specs>.

use super::catalogue;
use crate::call::{Body, Call};
use crate::errors::Outcome;
use crate::map;
use crate::money;
use crate::resources::countries::{self, COMPANY_FIELDS, COUNTRIES, Country, INDIVIDUAL_FIELDS};
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes =
    &[("GET /v1/country_specs", list), ("GET /v1/country_specs/{id}", retrieve)];

fn list(_tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    catalogue::page(call, COUNTRIES.iter().map(|country| spec(country).into()).collect())
}

fn retrieve(_tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    catalogue::retrieve(call, countries::find(call.id(0)).map(spec))
}

fn spec(country: &Country) -> Map {
    let mut banks = Map::with_capacity(1);
    banks.append(country.currency, texts(country.bank_countries()));
    let fields = |minimum: &[&'static str]| {
        map! { "additional": Value::List(Vec::new()), "minimum": texts(minimum.to_vec()) }
    };
    map! {
        "id": country.code,
        "object": "country_spec",
        "default_currency": country.currency,
        "supported_bank_account_currencies": banks,
        "supported_payment_currencies": texts(money::CURRENCIES.to_vec()),
        "supported_payment_methods": texts(country.payment_methods().to_vec()),
        "supported_transfer_countries": texts(country.transfer_countries()),
        "verification_fields": map! {
            "company": fields(COMPANY_FIELDS),
            "individual": fields(INDIVIDUAL_FIELDS),
        },
    }
}

fn texts(items: Vec<&'static str>) -> Vec<Value> {
    items.into_iter().map(Value::from).collect()
}

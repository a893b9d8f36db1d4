//! Tax codes: what is sold, in the words of Stripe Tax.
//!
//! Stripe's page: <https://docs.stripe.com/api/tax_codes>.

use super::catalogue;
use crate::call::{Body, Call};
use crate::errors::Outcome;
use crate::map;
use crate::resources::tax_codes::{TAX_CODES, TaxCode};
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[("GET /v1/tax_codes", list), ("GET /v1/tax_codes/{id}", retrieve)];

fn list(_tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    catalogue::page(call, TAX_CODES.iter().map(|code| object(code).into()).collect())
}

fn retrieve(_tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    catalogue::retrieve(call, TAX_CODES.iter().find(|code| code.id == call.id(0)).map(object))
}

fn object(code: &TaxCode) -> Map {
    map! {
        "id": code.id,
        "object": "tax_code",
        "description": code.description,
        "name": code.name,
        "requirements": Value::Null,
    }
}

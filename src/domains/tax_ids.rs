//! Tax ids of customers, which are held against the registers of their countries.
//!
//! ```text
//! pending ──▶ verified, unverified          unavailable: no register is asked
//! ```
//!
//! Stripe's pages: <https://docs.stripe.com/api/customer_tax_ids>,
//! <https://docs.stripe.com/invoicing/customer/tax-ids#verification>.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::Outcome;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes =
    &[("POST /v1/customers/{id}/tax_ids", create), ("POST /v1/tax_ids", create)];

/// The types whose register is asked.
const CHECKED: &[&str] = &["au_abn", "eu_vat", "gb_vat"];

/// How long a register takes, as recorded.
const TAKES: i64 = 60;

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    crud::parent(tx, call)?;
    let mut tax_id = crud::draft(tx, call)?;
    await_register(tx, &mut tax_id);
    Ok(tx.save(tax_id).into())
}

/// Has a tax id that is being made checked, where its type is.
pub fn await_register(tx: &mut Tx<'_>, tax_id: &mut Map) {
    if tax_id.str("type") == "eu_vat" {
        let country = tax_id.str("value").get(..2).unwrap_or("").to_uppercase();
        tax_id.set("country", country);
    }
    if CHECKED.contains(&tax_id.str("type")) {
        tax_id.map_mut("verification").set("status", "pending");
        tx.schedule(tx.now() + TAKES, "tax_id.verify", tax_id.str("id"));
    }
}

/// What the register says: of the test values what is documented, of others that they are there.
pub fn run(tx: &mut Tx<'_>, id: &str) {
    let Some(mut tax_id) = tx.load("tax_id", id) else { return };
    let value = tax_id.str("value").to_string();
    let verification = tax_id.map_mut("verification");
    if value.ends_with("222222222") {
        return;
    }
    let is_unknown = value.ends_with("111111111");
    verification.set("status", if is_unknown { "unverified" } else { "verified" });
    let found = |text: &'static str| if is_unknown { Value::Null } else { text.into() };
    verification.set("verified_address", found("123 TEST STREET"));
    verification.set("verified_name", found("TEST"));
    tx.save(tax_id);
}

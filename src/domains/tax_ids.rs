//! Tax ids of customers and of the account itself, which are held against the registers of their
//! countries.
//!
//! ```text
//! pending ──▶ verified, unverified          unavailable: no register is asked
//! ```
//!
//! Stripe's pages: <https://docs.stripe.com/api/customer_tax_ids>,
//! <https://docs.stripe.com/invoicing/customer/tax-ids#verification>.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

pub static ROUTES: Routes =
    &[("POST /v1/customers/{id}/tax_ids", create_of_customer), ("POST /v1/tax_ids", create)];

/// The types whose register is asked.
const CHECKED: &[&str] = &["au_abn", "eu_vat", "gb_vat"];

/// How long a register takes, as recorded.
const TAKES: i64 = 60;

/// The numbers of the documentation, whatever the type.
const VALUES: &[&str] = &["000000000", "111111111", "222222222"];

fn create_of_customer(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let customer = crud::load_kind(tx, "customer", call.id(0))?;
    make(tx, &call.params, Some(customer.str("id"))).map(Into::into)
}

/// The account's own, unless `owner` says whose.
fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let owner = call.params.at("owner").as_map().cloned().unwrap_or_default();
    let customer = owner.at("customer").as_str();
    if let Some(customer) = customer.filter(|id| !tx.exists("customer", id)) {
        return Err(Error::no_such_reference("customer", customer, "owner[customer]"));
    }
    make(tx, &call.params, customer).map(Into::into)
}

/// Writes down a tax id of a customer, or of the account itself.
pub fn make(tx: &mut Tx<'_>, params: &Map, customer: Option<&str>) -> Outcome<Rc<Map>> {
    let (kind, value) = (params.str("type").to_string(), params.str("value").to_string());
    let is_test_value = VALUES.iter().any(|test| value.ends_with(test));
    if !is_test_value && !is_well_formed(&kind, &value) {
        return Err(Error::tax_id_invalid(&kind));
    }
    let object = Object::find("tax_id").expect("tax ids are a published type");
    let mut tax_id = crud::draft_kind(tx, object, params)?;
    tax_id.set("country", country(&kind, &value));
    if let Some(customer) = customer {
        tax_id.set("customer", customer.to_string());
        tax_id.set(
            "owner",
            map! { "customer": customer.to_string(), "customer_account": Value::Null, "type": "customer" },
        );
    }
    if CHECKED.contains(&kind.as_str()) {
        tax_id.map_mut("verification").set("status", "pending");
        tx.schedule(tx.now() + TAKES, "tax_id.verify", tax_id.str("id"));
    }
    Ok(tx.save(tax_id))
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

/// The country of a tax id: the type's, of European numbers that of the number itself.
fn country(kind: &str, value: &str) -> Value {
    let code = match kind.split_once('_') {
        Some(("eu", "vat")) => value.get(..2).unwrap_or(""),
        Some(("eu", _)) | None => "",
        Some((country, _)) => country,
    };
    match code.to_ascii_uppercase().as_str() {
        "" => Value::Null,
        "EL" => "GR".into(),
        code => code.to_string().into(),
    }
}

const EUROPEAN: &[&str] = &[
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
];

/// Whether a number can be of that type.
///
/// Differs from Stripe: of most types nothing is checked but that they are letters, digits and
/// separators with a digit among them.
fn is_well_formed(kind: &str, value: &str) -> bool {
    let plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -./".contains(&byte));
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let prefix = value.get(..2).unwrap_or("");
    plain
        && 0 < digits
        && value.len() <= 40
        && match kind {
            "eu_vat" => EUROPEAN.contains(&prefix) && (6..=14).contains(&value.len()),
            "gb_vat" => prefix == "GB" && (digits == 9 || digits == 12),
            "us_ein" => digits == 9,
            _ => true,
        }
}

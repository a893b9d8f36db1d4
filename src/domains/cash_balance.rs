//! Customers' cash balances: what came in by bank transfer and was not used yet.
//!
//! Stripe's page: <https://docs.stripe.com/api/cash_balance>. A customer has one from the beginning,
//! with nothing in it. Money comes in by the test helper.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::{cash, intents};
use crate::map;
use crate::money;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("GET /v1/customers/{id}/cash_balance", retrieve),
    ("POST /v1/customers/{id}/cash_balance", update),
    ("POST /v1/customers/{id}/funding_instructions", create_funding_instructions),
];

/// Of `/v1/test_helpers/customers`.
pub static TEST_HELPERS: Routes =
    &[("POST /v1/test_helpers/customers/{id}/fund_cash_balance", fund)];

/// A cash balance as it is shown.
pub fn shown(mut balance: Map) -> Map {
    balance.remove("id");
    balance
}

fn retrieve(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    crud::load_kind(tx, "customer", call.id(0))?;
    Ok(shown(cash::load(tx, call.id(0))).into())
}

/// Which payments the money is for is settled by Stripe, by hand, or as the account has it.
fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    crud::load_kind(tx, "customer", call.id(0))?;
    let mut balance = cash::load(tx, call.id(0));
    if let Some(mode) = call.params.path("settings.reconciliation_mode").as_str() {
        let is_default = mode == "merchant_default";
        let mode = if is_default { "automatic" } else { mode };
        let settings = map! {
            "reconciliation_mode": mode.to_string(),
            "using_merchant_default": is_default,
        };
        balance.set("settings", settings);
    }
    tx.save(balance.clone());
    Ok(shown(balance).into())
}

fn create_funding_instructions(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    crud::load_kind(tx, "customer", call.id(0))?;
    let currency = call.params.str("currency").to_ascii_lowercase();
    let kind = call.params.path("bank_transfer.type").as_str().unwrap_or("").to_string();
    let address = intents::bank_address(tx, &currency, call.id(0));
    let asked = call.params.path("bank_transfer.eu_bank_transfer.country").as_str();
    let country = asked.unwrap_or(match kind.get(..2) {
        Some("eu") => "DE",
        Some("gb") => "GB",
        Some("jp") => "JP",
        Some("mx") => "MX",
        _ => "US",
    });
    let instructions = map! {
        "object": "funding_instructions",
        "bank_transfer": map! {
            "country": country.to_string(),
            "financial_addresses": vec![Value::from(address)],
            "type": kind,
        },
        "currency": currency,
        "funding_type": "bank_transfer",
        "livemode": false,
    };
    Ok(instructions.into())
}

fn fund(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    crud::load_kind(tx, "customer", call.id(0))?;
    let amount = call.params.int("amount");
    let wanted = call.params.str("currency");
    let Some(currency) = money::currency(wanted) else {
        return Err(Error::invalid_currency("currency", wanted, money::CURRENCIES));
    };
    if amount < 1 {
        return Err(Error::below_minimum("amount", 1));
    }
    let about = cash::funded(currency, call.params.at("reference"));
    let transaction = cash::enter(tx, (call.id(0), currency), amount, "funded", about);
    cash::reconcile(tx, call.id(0), currency);
    Ok(transaction.into())
}

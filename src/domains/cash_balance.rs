//! Customers' cash balances: what came in by bank transfer and was not used yet.
//!
//! Stripe's page: <https://docs.stripe.com/api/cash_balance>. A customer has one from the beginning,
//! with nothing in it. Money comes in by the test helper.
//!
//! Differs from Stripe: what comes in pays no payment intent.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::money;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("GET /v1/customers/{id}/cash_balance", retrieve),
    ("POST /v1/customers/{id}/cash_balance", update),
];

/// Of `/v1/test_helpers/customers`.
pub static TEST_HELPERS: Routes =
    &[("POST /v1/test_helpers/customers/{id}/fund_cash_balance", fund)];

/// It is kept under the customer's id, and has none of its own.
const KIND: &str = "cash_balance";

fn load(tx: &mut Tx<'_>, customer: &str) -> Outcome<Map> {
    crud::load_kind(tx, "customer", customer)?;
    if let Some(known) = tx.load(KIND, customer) {
        return Ok(known);
    }
    let kind = Object::find(KIND).expect("a published type");
    let mut balance = crud::new(tx, kind, &Map::new());
    balance.set("id", customer.to_string());
    balance.set("customer", customer.to_string());
    Ok(balance)
}

fn told(mut balance: Map) -> Body {
    balance.remove("id");
    balance.into()
}

fn retrieve(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    load(tx, call.id(0)).map(told)
}

/// Which payments the money is for is settled by Stripe, by hand, or as the account has it.
fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut balance = load(tx, call.id(0))?;
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
    Ok(told(balance))
}

fn fund(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut balance = load(tx, call.id(0))?;
    let amount = call.params.int("amount");
    let wanted = call.params.str("currency");
    let Some(currency) = money::currency(wanted) else {
        return Err(Error::invalid_currency("currency", wanted, money::CURRENCIES));
    };
    let available = balance.map_mut("available");
    let ending = available.int(currency).saturating_add(amount);
    available.push(currency, ending);
    tx.save(balance);
    let mut transaction = crud::draft(tx, call)?;
    let reference = call.params.at("reference").clone();
    transaction.set("currency", currency);
    transaction.set("customer", call.id(0).to_string());
    transaction.set("ending_balance", ending);
    transaction.set("net_amount", amount);
    let transfer = map! {
        "reference": reference,
        "type": "us_bank_transfer",
        "us_bank_transfer": map! { "network": "ach", "sender_name": Value::Null },
    };
    transaction.set("funded", map! { "bank_transfer": transfer });
    Ok(tx.save(transaction).into())
}

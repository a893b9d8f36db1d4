//! Top-ups: money on its way from the platform's bank account into its balance.
//!
//! Stripe's page: <https://docs.stripe.com/api/topups>.
//!
//! ```text
//! pending ──▶ succeeded
//!    ├──────▶ failed
//!    └──────▶ canceled
//! ```

use crate::call::{Body, Call, Origin};
use crate::crud;
use crate::domains::accounts;
use crate::errors::{Error, Outcome};
use crate::flows::ledger::{self, Posting};
use crate::map;
use crate::route::Routes;
use crate::store::Tx;
use crate::store::schedule::Entry;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[("POST /v1/topups", create), ("POST /v1/topups/{id}/cancel", cancel)];

/// How long a top-up is pending in test mode. Stripe's documentation says "quickly".
const ARRIVES_AFTER: i64 = 10;

/// Where a top-up cannot be made from.
static SUPPORTED: &[&str] =
    &["US", "GB", "AT", "BE", "DE", "ES", "FR", "IE", "IT", "NL", "PT", "FI"];

/// The sources of Stripe's testing page whose money does not come.
static FAILURES: &[(&str, &str, &str)] = &[
    ("btok_us_verified_noAccount", "no_account", "No account could be found."),
    ("btok_us_verified_accountClosed", "account_closed", "The account has been closed."),
    ("btok_us_verified_insufficientFunds", "insufficient_funds", "The account lacks funds."),
    ("btok_us_verified_debitNotAuthorized", "debit_not_authorized", "Debits are not authorized."),
    ("btok_us_verified_invalidCurrency", "invalid_currency", "The account has another currency."),
];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    if params.int("amount") < 1 {
        return Err(Error::below_minimum("amount", 1));
    }
    let own = accounts::get(tx, tx.account()).expect("a request acts on an account that exists");
    let country = own.str("country").to_string();
    if !SUPPORTED.contains(&country.as_str()) {
        return Err(Error::topup_unsupported(&country, params.str("currency")));
    }
    let mut given = params.clone();
    let source = given.remove("source").unwrap_or_default();
    given.remove("payment_method");
    let kind = crud::kind(call);
    let mut topup = crud::draft_kind(tx, kind, &given)?;
    topup.set("expected_availability_date", tx.now());
    topup.set("status", "pending");
    topup.set("source", self::source(&source));
    let failure = FAILURES.iter().find(|(token, _, _)| source.as_id() == Some(token));
    if let Some((_, code, message)) = failure {
        topup.set("failure_code", *code);
        topup.set("failure_message", *message);
    }
    let id = topup.str("id").to_string();
    if call.origin == Origin::Library && params.str("status") == "succeeded" {
        let topup = arrived(tx, topup);
        return Ok(tx.save(topup).into());
    }
    let mut shown = topup.clone();
    shown.set("failure_code", Value::Null);
    shown.set("failure_message", Value::Null);
    tx.schedule(tx.now() + ARRIVES_AFTER, arrival(failure.map(|row| row.1)), &id);
    Ok(tx.save(shown).into())
}

/// What a top-up shows of where it comes from.
fn source(given: &Value) -> Value {
    given.as_id().map_or(Value::Null, |id| Value::from(id.to_string()))
}

/// What is to be done when a top-up's money should be there.
fn arrival(failure: Option<&str>) -> &'static str {
    match failure {
        None => "topup.arrive",
        Some("no_account") => "topup.fail.no_account",
        Some("account_closed") => "topup.fail.account_closed",
        Some("insufficient_funds") => "topup.fail.insufficient_funds",
        Some("debit_not_authorized") => "topup.fail.debit_not_authorized",
        Some(_) => "topup.fail.invalid_currency",
    }
}

/// A top-up whose money is there.
fn arrived(tx: &mut Tx<'_>, mut topup: Map) -> Map {
    let description = topup.at("description").clone();
    let money = (topup.int("amount"), topup.str("currency"));
    let posting =
        Posting { description, ..Posting::new(("topup", "topup"), money, topup.str("id")) };
    let transaction = ledger::post(tx, &posting);
    for (name, value) in map! { "balance_transaction": transaction, "status": "succeeded" } {
        topup.set(name, value);
    }
    topup
}

fn cancel(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut topup = crud::load(tx, call)?;
    if topup.str("status") != "pending" {
        return Err(Error::topup_not_pending());
    }
    topup.set("status", "canceled");
    Ok(tx.save(topup).into())
}

/// Does what was scheduled for a top-up: its money comes, or does not.
pub fn run(tx: &mut Tx<'_>, entry: &Entry) {
    let Some(mut topup) = tx.load("topup", &entry.id) else { return };
    if topup.str("status") != "pending" {
        return;
    }
    let failure = entry.action.strip_prefix("topup.fail.");
    let row = FAILURES.iter().find(|(_, code, _)| Some(*code) == failure);
    match row {
        Some((_, code, message)) => {
            topup.set("failure_code", *code);
            topup.set("failure_message", *message);
            topup.set("status", "failed");
            tx.save(topup);
        }
        None => {
            let topup = arrived(tx, topup);
            tx.save(topup);
        }
    }
}

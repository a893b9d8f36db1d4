//! Payouts: money on its way from a balance to a bank account or a debit card.
//!
//! Stripe's page: <https://docs.stripe.com/api/payouts>.
//!
//! ```text
//! pending ──▶ paid ──▶ (reversed by another payout)
//!    ├──────▶ failed
//!    └──────▶ canceled
//! ```

use crate::call::{Body, Call};
use crate::crud;
use crate::domains::accounts::{banks, external_accounts};
use crate::domains::transfers::available;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::ledger::{self, Posting};
use crate::map;
use crate::route::Routes;
use crate::store::Tx;
use crate::store::schedule::Entry;
use crate::value::{Map, Text, Value};
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("POST /v1/payouts", create),
    ("POST /v1/payouts/{id}/cancel", cancel),
    ("POST /v1/payouts/{id}/reverse", reverse),
];

pub static EVENTS: Rules = &[
    ("payout.created", When::Created),
    ("payout.paid", When::Became("status", "paid")),
    ("payout.failed", When::Became("status", "failed")),
    ("payout.canceled", When::Became("status", "canceled")),
    ("payout.updated", When::Otherwise(&["metadata"])),
];

const DAY: i64 = 86_400;

/// How long a payout is pending in test mode. Stripe's documentation says "immediately"; recorded
/// answers show `pending`.
const ARRIVES_AFTER: i64 = 10;

/// The most an instant payout to a bank account may be, in cents.
const LARGEST_INSTANT: i64 = 999_900;

/// What Stripe says of each way to fail.
static FAILURES: &[(&str, &str)] = &[
    ("account_closed", "The bank account has been closed."),
    ("could_not_process", "The bank could not process this payout."),
    (
        "debit_not_authorized",
        "Debit transactions are not approved on your bank account. (Stripe requires bank accounts \
         to be set up for both credit and debit payouts.)",
    ),
    ("insufficient_funds", "Your Stripe account has insufficient funds to cover the payout."),
    (
        "invalid_currency",
        "The bank was unable to process this payout because of its currency. This is probably \
         because the bank account cannot accept payments in that currency.",
    ),
    (
        "no_account",
        "The bank account details on file are probably incorrect. No bank account could be found \
         with those details.",
    ),
];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let (amount, currency) = (params.int("amount"), params.str("currency"));
    if amount < 1 {
        return Err(Error::below_minimum("amount", 1));
    }
    let destination = destination(tx, params.at("destination").as_id(), currency)?;
    let is_instant = params.str("method") == "instant";
    let is_bank = destination.str("object") == "bank_account";
    if is_instant {
        let methods = destination.at("available_payout_methods").as_list().unwrap_or(&[]);
        if !methods.contains(&Value::from("instant")) {
            return Err(Error::instant_payouts_unsupported());
        }
        if is_bank && LARGEST_INSTANT < amount {
            return Err(Error::instant_payout_too_large());
        }
    }
    let source_type = match params.str("source_type") {
        "" => "card",
        source_type => source_type,
    };
    if available(tx, currency) < amount {
        return Err(Error::insufficient_for_payout(source_type));
    }
    let now = tx.now();
    let mut given = params.clone();
    given.remove("destination");
    let mut payout = crud::draft_kind(tx, crud::kind(call), &given)?;
    for (name, value) in map! {
        "arrival_date": if is_instant { now } else { now - now.rem_euclid(DAY) },
        "automatic": false,
        "destination": destination.at("id").clone(),
        "method": if is_instant { "instant" } else { "standard" },
        "reconciliation_status": "not_applicable",
        "source_type": source_type.to_string(),
        "status": "pending",
        "trace_id": map! { "status": "pending", "value": Value::Null },
        "type": if is_bank { "bank_account" } else { "card" },
    } {
        payout.set(name, value);
    }
    let id = payout.str("id").to_string();
    let transaction = post(tx, &payout, -amount, "payout", "payout");
    payout.set("balance_transaction", transaction);
    tx.schedule(now + ARRIVES_AFTER, "payout.arrive", &id);
    Ok(tx.save(payout).into())
}

/// Where a payout goes: the account that is named, else the default of the currency.
fn destination(tx: &Tx<'_>, named: Option<&str>, currency: &str) -> Outcome<Rc<Map>> {
    let externals = external_accounts::all(tx, tx.account());
    let found = match named {
        Some(id) => {
            let found = externals.iter().find(|external| external.str("id") == id);
            return found
                .cloned()
                .ok_or_else(|| Error::no_such_reference("external account", id, "destination"));
        }
        None => externals.iter().find(|external| {
            external.is_true("default_for_currency") && external.str("currency") == currency
        }),
    };
    found.cloned().ok_or_else(|| Error::no_external_account(currency))
}

fn post(
    tx: &mut Tx<'_>,
    payout: &Map,
    amount: i64,
    kind: &'static str,
    category: &'static str,
) -> Text {
    let description = match payout.at("description") {
        Value::Null => Value::from("STRIPE PAYOUT"),
        description => description.clone(),
    };
    ledger::post(
        tx,
        &Posting {
            amount,
            currency: payout.str("currency"),
            fee: 0,
            fee_description: "",
            kind,
            category,
            description,
            source: payout.str("id"),
            available_on: tx.now(),
        },
    )
}

fn cancel(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut payout = crud::load(tx, call)?;
    if payout.str("status") != "pending" {
        return Err(Error::payout_not_pending());
    }
    tx.unschedule("payout.arrive", call.id(0));
    let amount = payout.int("amount");
    let transaction = post(tx, &payout, amount, "payout_cancel", "payout_reversal");
    payout.set("failure_balance_transaction", transaction);
    payout.set("status", "canceled");
    Ok(tx.save(payout).into())
}

fn reverse(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut payout = crud::load(tx, call)?;
    let is_open = payout.str("status") == "paid" && payout.at("reversed_by").is_null();
    if !is_open || payout.int("amount") < 0 {
        return Err(Error::payout_not_reversible());
    }
    let mut back = payout.clone();
    let id = tx.new_id("payout");
    let amount = payout.int("amount");
    for (name, value) in map! {
        "id": id.clone(),
        "amount": -amount,
        "created": tx.now(),
        "metadata": Map::new(),
        "original_payout": payout.at("id").clone(),
        "status": "pending",
    } {
        back.set(name, value);
    }
    if let Some(metadata) = call.params.get("metadata") {
        crud::merge_metadata(&mut back, metadata);
    }
    let transaction = post(tx, &back, amount, "payout", "payout");
    back.set("balance_transaction", transaction);
    tx.schedule(tx.now() + ARRIVES_AFTER, "payout.arrive", &id);
    let back = tx.save(back);
    payout.set("reversed_by", id);
    tx.save(payout);
    Ok(back.into())
}

/// Does what was scheduled for a payout: it arrives, or comes back.
pub fn run(tx: &mut Tx<'_>, entry: &Entry) {
    let Some(mut payout) = tx.load("payout", &entry.id) else { return };
    if payout.str("status") != "pending" {
        return;
    }
    let Some(code) = failure(tx, &payout) else {
        payout.set("status", "paid");
        tx.save(payout);
        return;
    };
    let amount = payout.int("amount");
    let transaction = post(tx, &payout, amount, "payout_failure", "payout_reversal");
    let message = FAILURES.iter().find(|(known, _)| *known == code).map(|(_, text)| *text);
    payout.set("failure_balance_transaction", transaction);
    payout.set("failure_code", code);
    payout.set("failure_message", message);
    payout.set("status", "failed");
    let destination = payout.at("destination").as_id().unwrap_or("").to_string();
    tx.save(payout);
    external_accounts::fail(tx, &destination);
}

/// How a payout fails: the test values of its destination say so.
fn failure(tx: &Tx<'_>, payout: &Map) -> Option<&'static str> {
    if payout.int("amount") < 0 {
        return None;
    }
    let destination = payout.at("destination").as_id()?;
    let external = tx.get(external_accounts::KIND, destination)?;
    let last4 = external.str("last4");
    match external.str("object") {
        "card" => banks::card_failure(last4),
        _ => banks::failure(last4, external.str("country"), payout.str("method") == "instant"),
    }
}

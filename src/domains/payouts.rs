//! Payouts: money on its way from a balance to a bank account or a debit card.
//!
//! Stripe's page: <https://docs.stripe.com/api/payouts>.
//!
//! ```text
//! pending ──▶ in_transit ──▶ paid ──▶ (reversed by another payout)
//!    ├────────────┴───────▶ failed
//!    └──────▶ canceled
//! ```
//!
//! Automatic payouts are made by the account's schedule, of all that is available; only they pass
//! through `in_transit`. Differs from Stripe: a negative balance is not debited from the bank account.

use crate::call::{Body, Call};
use crate::crud;
use crate::domains::accounts::{self, banks, external_accounts};
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::finder::Named;
use crate::flows::ledger::{self, Posting};
use crate::flows::sources;
use crate::flows::test_values::cards::{self, PaysOut};
use crate::map;
use crate::money;
use crate::route::Routes;
use crate::schema::Object;
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
    ("payout.updated", When::Became("status", "in_transit")),
    ("payout.reconciliation_completed", When::Became("reconciliation_status", "completed")),
    ("payout.updated", When::Otherwise(&["metadata"])),
];

const DAY: i64 = 86_400;

/// The type under which is kept what an automatic payout paid out; no object of the API has it.
const CONTENTS: &str = "fakestripe.payout";

/// How long a payout is pending in test mode. Stripe's documentation says "immediately"; recorded
/// answers show `pending`.
const ARRIVES_AFTER: i64 = 10;

/// What an instant payout costs, in thousandths of its amount: in the United States, and elsewhere.
/// <https://stripe.com/pricing>
const INSTANT_FEES: (i64, i64) = (15, 10);

/// What Stripe keeps of every amount paid out instantly to that destination.
pub fn instant_rate(destination: &Map) -> i64 {
    if destination.str("country") == "US" { INSTANT_FEES.0 } else { INSTANT_FEES.1 }
}

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
    let rate = if is_instant { instant_rate(&destination) } else { 0 };
    let fee = money::portion(amount, rate, 1000);
    let left = match is_instant {
        true => ledger::instantly_available(tx, currency),
        false => ledger::available(tx, currency),
    };
    if left < amount.saturating_add(fee) {
        return Err(Error::insufficient_for_payout(source_type));
    }
    let now = tx.now();
    let mut given = params.clone();
    given.remove("destination");
    let mut payout = crud::draft_kind(tx, crud::kind(call), &given)?;
    for (name, value) in map! {
        "arrival_date": if is_instant { now } else { now - now.rem_euclid(DAY) },
        "method": if is_instant { "instant" } else { "standard" },
        "source_type": source_type.to_string(),
    } {
        payout.set(name, value);
    }
    Ok(send(tx, payout, &destination, fee).into())
}

/// Sends a payout on its way: saved, its money taken from the balance.
fn send(tx: &mut Tx<'_>, mut payout: Map, destination: &Map, fee: i64) -> Rc<Map> {
    let is_bank = destination.str("object") == "bank_account";
    let is_automatic = payout.is_true("automatic");
    for (name, value) in map! {
        "automatic": is_automatic,
        "destination": destination.at("id").clone(),
        "reconciliation_status": if is_automatic { "in_progress" } else { "not_applicable" },
        "status": "pending",
        "trace_id": map! { "status": "pending", "value": Value::Null },
        "type": if is_bank { "bank_account" } else { "card" },
    } {
        payout.set(name, value);
    }
    let amount = payout.int("amount");
    let transaction = post(tx, &payout, -amount, fee, ("payout", "payout"));
    payout.set("balance_transaction", transaction);
    let step = if is_automatic { "payout.depart" } else { "payout.arrive" };
    tx.schedule(tx.now() + ARRIVES_AFTER, step, payout.str("id"));
    tx.save(payout)
}

/// Pays out what is available, as the account's schedule says: one payout a currency.
fn sweep(tx: &mut Tx<'_>) {
    let account = tx.account().clone();
    let own = accounts::get(tx, &account);
    if own.is_none_or(|own| !own.is_true("payouts_enabled")) {
        return;
    }
    for due in ledger::take_due(tx, |tx, currency| reachable(tx, currency).is_some()) {
        let Some(destination) = reachable(tx, &due.currency) else { continue };
        let kind = Object::find("payout").expect("payouts are a published type");
        let mut payout = crud::new(tx, kind, &Map::new());
        let now = tx.now();
        for (name, value) in map! {
            "amount": due.amount,
            "arrival_date": now - now.rem_euclid(DAY),
            "automatic": true,
            "currency": due.currency.clone(),
            "description": "STRIPE PAYOUT",
            "method": "standard",
            "source_type": "card",
        } {
            payout.set(name, value);
        }
        let contents = map! {
            "id": payout.at("id").clone(),
            "currency": due.currency.clone(),
            "since": due.since,
            "until": due.until,
        };
        tx.save_as(Text::from(CONTENTS), contents);
        send(tx, payout, &destination, 0);
    }
}

/// Where an automatic payout in a currency goes, unless an earlier one came back from there.
fn reachable(tx: &Tx<'_>, currency: &str) -> Option<Rc<Map>> {
    let found = destination(tx, None, currency).ok();
    found.filter(|destination| destination.str("status") != "errored")
}

/// The transactions that an automatic payout paid out, and its own.
pub fn contents(tx: &Tx<'_>, payout: &str) -> Outcome<impl Fn(&Map) -> bool + use<>> {
    if !tx.exists("payout", payout) {
        return Err(Error::no_such_reference("payout", payout, "payout"));
    }
    let Some(contents) = tx.get(CONTENTS, payout).cloned() else {
        return Err(Error::payout_not_automatic());
    };
    let mut others = Named::default();
    for row in tx.all(CONTENTS) {
        others.insert(Text::from(row.str("id").to_string()), ());
    }
    let times = contents.int("since")..contents.int("until");
    Ok(move |transaction: &Map| {
        let source = transaction.at("source").as_id().unwrap_or("");
        if transaction.str("type") == "payout" && others.contains(source) {
            return source == contents.str("id");
        }
        transaction.at("currency") == contents.at("currency")
            && times.contains(&transaction.int("available_on"))
    })
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

/// Writes a balance transaction of a payout, which is in the payout's own currency.
fn post(
    tx: &mut Tx<'_>,
    payout: &Map,
    amount: i64,
    fee: i64,
    kind: (&'static str, &'static str),
) -> Text {
    let description = match payout.at("description") {
        Value::Null => Value::from("STRIPE PAYOUT"),
        description => description.clone(),
    };
    let currency = payout.str("currency");
    let posting = Posting {
        fee,
        fee_description: "Instant Payout fee",
        description,
        settle: Some(currency),
        ..Posting::new(kind, (amount, currency), payout.str("id"))
    };
    ledger::post(tx, &posting)
}

fn cancel(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut payout = crud::load(tx, call)?;
    if payout.str("status") != "pending" {
        return Err(Error::payout_not_pending());
    }
    tx.unschedule("payout.arrive", call.id(0));
    tx.unschedule("payout.depart", call.id(0));
    let amount = payout.int("amount");
    let transaction = post(tx, &payout, amount, 0, ("payout_cancel", "payout_reversal"));
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
    let transaction = post(tx, &back, amount, 0, ("payout", "payout"));
    back.set("balance_transaction", transaction);
    tx.schedule(tx.now() + ARRIVES_AFTER, "payout.arrive", &id);
    let back = tx.save(back);
    payout.set("reversed_by", id);
    tx.save(payout);
    Ok(back.into())
}

/// Does what was scheduled for a payout: it is made, departs, arrives, or comes back.
pub fn run(tx: &mut Tx<'_>, entry: &Entry) {
    if entry.action == "payout.sweep" {
        return sweep(tx);
    }
    let Some(mut payout) = tx.load("payout", &entry.id) else { return };
    if !matches!(payout.str("status"), "pending" | "in_transit") {
        return;
    }
    if entry.action == "payout.depart" {
        payout.set("status", "in_transit");
        tx.schedule(tx.now() + ARRIVES_AFTER, "payout.arrive", &entry.id);
        tx.save(payout);
        return;
    }
    let failure = failure(tx, &payout);
    arrive(tx, payout, failure);
}

/// Ends a payout that is under way, whatever its destination would say.
pub fn settle_as(tx: &mut Tx<'_>, id: &str, failure: Option<&str>) {
    let Some(payout) = tx.load("payout", id) else { return };
    if matches!(payout.str("status"), "pending" | "in_transit") {
        tx.unschedule("payout.depart", id);
        tx.unschedule("payout.arrive", id);
        arrive(tx, payout, failure);
    }
}

/// The money is there, or comes back.
fn arrive(tx: &mut Tx<'_>, mut payout: Map, failure: Option<&str>) {
    let Some(code) = failure else {
        payout.set("status", "paid");
        let mut payout = Map::clone(&tx.save(payout));
        if payout.is_true("automatic") {
            payout.set("reconciliation_status", "completed");
            tx.save(payout);
        }
        return;
    };
    let amount = payout.int("amount");
    let transaction = post(tx, &payout, amount, 0, ("payout_failure", "payout_reversal"));
    let message = FAILURES.iter().find(|(known, _)| *known == code).map(|(_, text)| *text);
    payout.set("failure_balance_transaction", transaction);
    payout.set("failure_code", code.to_string());
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
        "card" => {
            let brand = sources::brand_code(external.str("brand"));
            let (country, funding) = (external.str("country"), external.str("funding"));
            let card = cards::by_face(brand, last4, country, funding);
            (cards::pays_out(card.number) == PaysOut::Never).then_some("could_not_process")
        }
        _ => banks::failure(last4, external.str("country"), payout.str("method") == "instant"),
    }
}

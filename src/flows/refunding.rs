//! Giving money back: refunds of charges.
//!
//! ```text
//! pending ──▶ succeeded ──▶ failed (the money comes back to the balance)
//! ```
//!
//! Stripe's page: <https://docs.stripe.com/refunds>.

use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows;
use crate::flows::cash;
use crate::flows::charges;
use crate::flows::disputing;
use crate::flows::ledger::{self, Posting};
use crate::flows::payment_methods;
use crate::flows::reviewing;
use crate::flows::sharing::{self, Returning};
use crate::flows::test_values::cards::Aftermath;
use crate::flows::transfers;
use crate::map;
use crate::money;
use crate::store::Tx;
use crate::value::{Map, Text, Value};
use std::rc::Rc;

/// How long a test refund takes that is not decided at once.
const DELAY: i64 = 5;

/// What is asked of a refund beside the charge.
#[derive(Default)]
pub struct Request {
    /// All that is left, where none is given.
    pub amount: Option<i64>,
    pub reason: Value,
    pub metadata: Value,
    /// What of the share of others comes back with it.
    pub returning: Returning,
}

/// Refunds a charge, as far as asked.
pub fn refund(tx: &mut Tx<'_>, charge: &str, request: &Request) -> Outcome<Rc<Map>> {
    // A charge that waits for its balance transaction gets it first.
    charges::settle(tx, charge);
    let charge = tx.load("charge", charge).expect("the caller has looked the charge up");
    let amount = refundable(tx, &charge, request.amount)?;
    let mut refund = flows::fresh(tx, "refund");
    let id = refund_id(tx, &charge);
    refund.set("id", id.clone());
    refund.set("amount", amount);
    for name in ["currency", "payment_intent"] {
        refund.set(name, charge.at(name).clone());
    }
    refund.set("charge", charge.at("id").clone());
    refund.set("reason", request.reason.clone());
    crud::merge_metadata(&mut refund, &request.metadata);
    let aftermath = aftermath(&charge);
    let is_pending = aftermath == Aftermath::RefundPending || charge.str("status") == "pending";
    refund.set("status", if is_pending { "pending" } else { "succeeded" });
    if charge.path("payment_method_details.type").as_str() == Some("card") {
        refund.set("destination_details", card_destination());
    }
    if charge.is_true("captured") {
        let transaction = post(tx, &charge, &refund, -amount);
        refund.set("balance_transaction", transaction);
    }
    let reversal = sharing::take_back(tx, &charge, &id, amount, request.returning);
    if !reversal.is_null() {
        refund.set("transfer_reversal", reversal);
    }
    let refund = tx.save(refund);
    let sender = charge.at("customer").as_id().map(str::to_string);
    if let (Some("customer_balance"), Some(customer)) =
        (charge.path("payment_method_details.type").as_str(), sender)
    {
        let about = map! { "refund": id.clone() };
        let whose = (customer.as_str(), charge.str("currency"));
        cash::enter(tx, whose, amount, "refunded_from_payment", about);
    }
    take_from_charge(tx, charge, amount, request);
    match aftermath {
        Aftermath::RefundPending => tx.schedule(tx.now() + DELAY, "refund.succeed", &id),
        Aftermath::RefundFails => tx.schedule(tx.now() + DELAY, "refund.fail", &id),
        _ => {}
    }
    Ok(refund)
}

/// The amount to be refunded, unless the charge does not allow it.
fn refundable(tx: &Tx<'_>, charge: &Map, asked: Option<i64>) -> Outcome<i64> {
    let id = charge.str("id");
    if charge.str("status") == "failed" {
        return Err(Error::refund_of_failed(id));
    }
    if charge.is_true("refunded") {
        return Err(Error::charge_already_refunded(id));
    }
    let dispute = charge.at("dispute").as_id().and_then(|id| tx.get("dispute", id));
    if dispute.is_some_and(|dispute| !dispute.is_true("is_charge_refundable")) {
        return Err(Error::charge_disputed(id));
    }
    let is_captured = charge.is_true("captured");
    let whole = charge.int(if is_captured { "amount_captured" } else { "amount" });
    if let (false, Some(intent)) = (is_captured, charge.at("payment_intent").as_id()) {
        return Err(Error::charge_of_intent_refund(intent));
    }
    let left = whole - charge.int("amount_refunded");
    let amount = asked.unwrap_or(left);
    if amount < 1 {
        return Err(Error::below_minimum("amount", 1));
    }
    if !is_captured && amount != left {
        return Err(Error::partial_refund_of_uncaptured());
    }
    if left < amount {
        let show = |amount| money::format(amount, charge.str("currency"));
        return Err(Error::refund_too_large(&show(amount), &show(left), left == whole));
    }
    Ok(amount)
}

fn refund_id(tx: &mut Tx<'_>, charge: &Map) -> Text {
    let id = tx.family_id("refund", charge.str("id"));
    match charge.str("id").starts_with("py_") {
        true => Text::from(id.replacen("re_", "pyr_", 1)),
        false => id,
    }
}

fn card_destination() -> Map {
    map! {
        "card": map! {
            "reference_status": "pending",
            "reference_type": "acquirer_reference_number",
            "type": "refund",
        },
        "type": "card",
    }
}

/// Lowers what is left of the charge, and shows it.
fn take_from_charge(tx: &mut Tx<'_>, mut charge: Map, amount: i64, request: &Request) {
    let refunded = charge.int("amount_refunded") + amount;
    let whole = if charge.is_true("captured") { "amount_captured" } else { "amount" };
    charge.set("amount_refunded", refunded);
    charge.set("refunded", refunded == charge.int(whole));
    if request.reason.as_str() == Some("fraudulent") {
        charge.set("fraud_details", map! { "user_report": "fraudulent" });
    }
    charges::renew_receipt(tx, &mut charge);
    if charge.is_true("refunded") {
        let is_fraud = request.reason.as_str() == Some("fraudulent");
        disputing::disarm(tx, charge.str("id"));
        reviewing::close(tx, &charge, if is_fraud { "refunded_as_fraud" } else { "refunded" });
    }
    tx.save(charge);
}

fn aftermath(charge: &Map) -> Aftermath {
    let Some(card) = charge.path("payment_method_details.card").as_map() else {
        return Aftermath::Nothing;
    };
    payment_methods::test_card(&map! { "card": card.clone() }).aftermath
}

/// Writes the balance transaction of a refund. While the charge's own money is pending, so is this.
fn post(tx: &mut Tx<'_>, charge: &Map, refund: &Map, amount: i64) -> Text {
    let of_charge = charge.at("balance_transaction").as_id().unwrap_or("");
    let available_on = tx
        .get("balance_transaction", of_charge)
        .map_or(0, |transaction| transaction.int("available_on"));
    let is_card = charge.str("id").starts_with("ch_");
    let (kind, text) = match (is_card, amount < 0) {
        (true, true) => ("refund", "REFUND FOR CHARGE"),
        (false, true) => ("payment_refund", "REFUND FOR PAYMENT"),
        // Type and text of a failed refund are inferred.
        (true, false) => ("refund_failure", "REFUND FAILURE"),
        (false, false) => ("payment_failure_refund", "REFUND FAILURE"),
    };
    let description = match charge.str("description") {
        "" => text.to_string(),
        description => format!("{text} ({description})"),
    };
    let category = if amount < 0 { "refund" } else { "refund_failure" };
    let (_, settle) = transfers::settled(tx, charge);
    let money = (amount, charge.str("currency"));
    let posting = Posting {
        description: description.into(),
        available_on,
        settle: Some(&settle),
        ..Posting::new((kind, category), money, refund.str("id"))
    };
    ledger::post(tx, &posting)
}

/// Lets a pending refund succeed.
pub fn succeed(tx: &mut Tx<'_>, id: &str) {
    let Some(mut refund) = tx.load("refund", id) else { return };
    if refund.str("status") == "pending" {
        refund.set("status", "succeeded");
        tx.save(refund);
    }
}

/// Lets a refund fail: the money comes back to the balance, and the charge counts as not refunded.
/// An empty reason is that of the test card.
pub fn fail(tx: &mut Tx<'_>, id: &str, reason: &str) {
    let Some(mut refund) = tx.load("refund", id) else { return };
    let Some(mut charge) = tx.load("charge", refund.str("charge")) else { return };
    if refund.str("status") == "failed" {
        return;
    }
    let amount = refund.int("amount");
    let transaction = post(tx, &charge, &refund, amount);
    refund.set("failure_balance_transaction", transaction);
    let reason = if reason.is_empty() { "expired_or_canceled_card" } else { reason };
    refund.set("failure_reason", reason.to_string());
    refund.set("status", "failed");
    tx.save(refund);
    let refunded = charge.int("amount_refunded") - amount;
    charge.set("amount_refunded", refunded);
    charge.set("refunded", false);
    tx.save(charge);
}

//! Disputes: how one starts, what evidence does, how it ends, and the money that moves.
//!
//! The states are drawn at the head of `domains/disputes.rs`.
//! Stripe's pages: <https://docs.stripe.com/disputes>, <https://docs.stripe.com/testing#disputes>.

use crate::flows;
use crate::flows::ledger::{self, Posting};
use crate::flows::payment_methods;
use crate::flows::test_values::cards::Aftermath;
use crate::map;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

const DAY: i64 = 86_400;
/// What Stripe keeps of every chargeback.
const FEE: i64 = 1500;
/// How long the bank takes over evidence.
const DELAY: i64 = 5;

/// Has the holder of a test card dispute the charge that was just made, where the card's does.
pub fn follow(tx: &mut Tx<'_>, charge: &Map, method: &Map) {
    match payment_methods::test_card(method).aftermath {
        Aftermath::Dispute(reason, code) => open(tx, charge, reason, code, false),
        Aftermath::Inquiry => open(tx, charge, "fraudulent", "10", true),
        Aftermath::FraudWarning => warn(tx, charge),
        _ => {}
    }
}

fn open(tx: &mut Tx<'_>, charge: &Map, reason: &'static str, code: &'static str, inquiry: bool) {
    let Some(mut charge) = tx.load("charge", charge.str("id")) else { return };
    let mut dispute = flows::fresh(tx, "dispute");
    let id = dispute.str("id").to_string();
    for name in ["amount", "currency", "payment_intent"] {
        dispute.set(name, charge.at(name).clone());
    }
    dispute.set("charge", charge.at("id").clone());
    dispute.set("is_charge_refundable", inquiry);
    dispute.set("reason", reason);
    dispute.set("status", if inquiry { "warning_needs_response" } else { "needs_response" });
    // The end of the eighth day, as recorded in 2026.
    let due_by = (tx.now().div_euclid(DAY) + 9) * DAY - 1;
    dispute.map_mut("evidence_details").set("due_by", due_by);
    fill_evidence(tx, &charge, &mut dispute);
    let brand = charge.path("payment_method_details.card.brand").clone();
    dispute.set(
        "payment_method_details",
        map! {
            "card": map! {
                "brand": brand.clone(),
                "case_type": if inquiry { "inquiry" } else { "chargeback" },
                "network": brand,
                "network_reason_code": code,
            },
            "type": "card",
        },
    );
    if !inquiry {
        move_money(tx, &mut dispute, Direction::Withdrawn);
    }
    charge.set("dispute", id);
    charge.set("disputed", true);
    tx.save(charge);
    tx.save(dispute);
}

/// What Stripe knows of the purchase without being told.
fn fill_evidence(tx: &Tx<'_>, charge: &Map, dispute: &mut Map) {
    let customer = charge.at("customer").as_id().and_then(|id| tx.get("customer", id)).cloned();
    let known = |name: &str| match charge.path(&format!("billing_details.{name}")) {
        Value::Null => customer.as_ref().map_or(Value::Null, |customer| customer.at(name).clone()),
        value => value.clone(),
    };
    let (name, email) = (known("name"), known("email"));
    let evidence = dispute.map_mut("evidence");
    evidence.set("customer_email_address", email);
    evidence.set("customer_name", name);
    evidence.set("product_description", charge.at("description").clone());
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Withdrawn,
    Reinstated,
}

/// Takes the disputed money from the balance, or gives it back; the fee stays with Stripe.
fn move_money(tx: &mut Tx<'_>, dispute: &mut Map, direction: Direction) {
    let is_withdrawn = direction == Direction::Withdrawn;
    let amount = dispute.int("amount");
    let text = if is_withdrawn { "Chargeback withdrawal" } else { "Chargeback reversal" };
    let posting = Posting {
        amount: if is_withdrawn { -amount } else { amount },
        currency: dispute.str("currency"),
        fee: if is_withdrawn { FEE } else { 0 },
        fee_description: "Dispute fee",
        kind: "adjustment",
        category: if is_withdrawn { "dispute" } else { "dispute_reversal" },
        description: format!("{text} for {}", dispute.str("charge")).into(),
        source: dispute.str("id"),
        available_on: 0,
    };
    let id = ledger::post(tx, &posting);
    let transaction = tx.get("balance_transaction", &id).cloned();
    if dispute.at("balance_transaction").is_null() {
        dispute.set("balance_transaction", id);
    }
    if let (Some(Value::List(list)), Some(transaction)) =
        (dispute.get_mut("balance_transactions"), transaction)
    {
        list.push(Value::Shared(transaction));
    }
}

fn warn(tx: &mut Tx<'_>, charge: &Map) {
    let mut warning = flows::fresh(tx, "radar.early_fraud_warning");
    warning.set("charge", charge.at("id").clone());
    warning.set("fraud_type", "made_with_stolen_card");
    warning.set("payment_intent", charge.at("payment_intent").clone());
    tx.save(warning);
}

// Afterwards.

pub fn is_closed(dispute: &Map) -> bool {
    matches!(dispute.str("status"), "won" | "lost" | "warning_closed" | "prevented")
}

/// Sends the evidence to the bank, which takes a while where it is one of the test texts.
pub fn submit(tx: &mut Tx<'_>, mut dispute: Map) -> Rc<Map> {
    let under_review = match dispute.str("status") {
        "warning_needs_response" | "warning_under_review" => "warning_under_review",
        _ => "under_review",
    };
    dispute.set("status", under_review);
    let details = dispute.map_mut("evidence_details");
    let count = details.int("submission_count") + 1;
    details.set("submission_count", count);
    tx.schedule(tx.now() + DELAY, "dispute.decide", dispute.str("id"));
    tx.save(dispute)
}

/// What the bank makes of the evidence; of any but the test texts, nothing.
pub fn decide(tx: &mut Tx<'_>, id: &str) {
    let Some(mut dispute) = tx.load("dispute", id) else { return };
    let text = dispute.path("evidence.uncategorized_text").as_str().unwrap_or("").to_string();
    let is_inquiry = dispute.str("status") == "warning_under_review";
    match (text.as_str(), is_inquiry) {
        _ if !dispute.str("status").ends_with("under_review") => return,
        ("winning_evidence" | "losing_evidence", true) => dispute.set("status", "warning_closed"),
        ("escalate_inquiry_evidence", true) => {
            dispute.set("status", "needs_response");
            dispute.set("is_charge_refundable", false);
            let details = dispute.map_mut("payment_method_details");
            details.map_mut("card").set("case_type", "chargeback");
            move_money(tx, &mut dispute, Direction::Withdrawn);
        }
        ("winning_evidence", false) => {
            dispute.set("status", "won");
            dispute.set("is_charge_refundable", true);
            move_money(tx, &mut dispute, Direction::Reinstated);
        }
        ("losing_evidence", false) => dispute.set("status", "lost"),
        _ => return,
    }
    tx.save(dispute);
}

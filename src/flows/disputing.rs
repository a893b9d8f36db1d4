//! Disputes: how one starts, what evidence does, how it ends, and the money that moves.
//!
//! The states are drawn at the head of `domains/disputes.rs`.
//! Stripe's pages: <https://docs.stripe.com/disputes>, <https://docs.stripe.com/testing#disputes>.

use crate::domains::accounts::triggers;
use crate::flows;
use crate::flows::ledger::{self, Posting};
use crate::flows::payment_methods;
use crate::flows::reviewing;
use crate::flows::settings;
use crate::flows::test_values::banks::Settlement;
use crate::flows::test_values::cards::{self, Aftermath, Contest};
use crate::flows::transfers;
use crate::map;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

const DAY: i64 = 86_400;
/// What Stripe keeps of every chargeback.
const FEE: i64 = 1500;
/// How long the bank takes over evidence.
const DELAY: i64 = 2;

/// Disputes of 2023 and 2024 were recorded with ids in `dp_`, nine days to answer, Visa's former code
/// for fraud, and money that waits like the charge's; those of 2026 with ids in `du_`, eight days and
/// money that moves at once. Which day Stripe changed them is not known: the first of 2025 is assumed.
const RULES_OF_2025: i64 = 1_735_689_600;

/// How long an inquiry stays open that nobody answers.
const INQUIRY_LIFE: i64 = 120 * DAY;

/// Has the holder of a test card or account dispute the charge that was just made, where theirs does,
/// or the card pull its trigger.
/// Where 3D Secure has proved who paid, the bank is liable for fraud.
pub fn follow(tx: &mut Tx<'_>, charge: &Map, method: &Map, is_proved: bool) {
    match payment_methods::test_card(method).aftermath {
        Aftermath::Dispute(contest) if *contest == cards::FRAUD && is_proved => {}
        Aftermath::Dispute(contest) => contest_charge(tx, charge, contest),
        Aftermath::FraudWarning => warn(tx, charge),
        Aftermath::Hastens(stopped) => triggers::pull(tx, charge, stopped),
        _ if method.str("type") == "card" => {}
        _ if payment_methods::settlement(method) == Settlement::Disputed => {
            let is_final = method.str("type") != "us_bank_account";
            let contest = if is_final { &cards::FINAL_DEBIT } else { &cards::UNAUTHORIZED_DEBIT };
            contest_charge(tx, charge, contest);
        }
        _ => {}
    }
}

fn contest_charge(tx: &mut Tx<'_>, charge: &Map, contest: &'static Contest) {
    let amount = charge.int("amount");
    for place in 0..contest.count {
        let share = amount / contest.count;
        let is_last = place + 1 == contest.count;
        open(tx, charge, contest, if is_last { amount - place * share } else { share });
    }
}

fn open(tx: &mut Tx<'_>, charge: &Map, contest: &'static Contest, amount: i64) {
    let Some(mut charge) = tx.load("charge", charge.str("id")) else { return };
    let is_inquiry = contest.status.starts_with("warning_");
    let mut dispute = flows::fresh(tx, "dispute");
    let mut id = dispute.str("id").to_string();
    let is_old = tx.now() < RULES_OF_2025;
    if is_old {
        id = id.replacen("du_", "dp_", 1);
        dispute.set("id", id.clone());
    }
    for name in ["currency", "payment_intent"] {
        dispute.set(name, charge.at(name).clone());
    }
    dispute.set("amount", amount);
    dispute.set("charge", charge.at("id").clone());
    dispute.set("is_charge_refundable", is_inquiry);
    dispute.set("reason", contest.reason);
    dispute.set("status", contest.status);
    fill_evidence(tx, &charge, &mut dispute);
    show_eligibility(&mut dispute, contest.eligible);
    let brand = charge.path("payment_method_details.card.brand").clone();
    let code = match contest.network_reason_code {
        "" => None,
        "10.4" if is_old => Some("83"),
        code => Some(code),
    };
    if brand.is_null() {
        dispute.remove("payment_method_details");
    } else {
        let details = dispute.map_mut("payment_method_details").map_mut("card");
        details.set("brand", brand.clone());
        details.set("case_type", contest.case_type);
        details.set("network", brand);
        details.set("network_reason_code", code);
    }
    set_due(tx, &mut dispute);
    if matches!(contest.status, "needs_response" | "lost") {
        move_money(tx, &mut dispute, Direction::Withdrawn);
    }
    charge.set("dispute", id);
    charge.set("disputed", true);
    reviewing::close(tx, &charge, "disputed");
    if !is_inquiry && !settings::is(tx, "disputed", "nothing") {
        tx.schedule(tx.now(), "subscription.disputed", charge.str("id"));
    }
    tx.save(charge);
    tx.save(dispute);
}

/// Evidence is due by the end of a day. What is not answered is over.
fn set_due(tx: &mut Tx<'_>, dispute: &mut Map) {
    let days = if tx.now() < RULES_OF_2025 { 10 } else { 9 };
    let due_by = (tx.now().div_euclid(DAY) + days) * DAY - 1;
    dispute.map_mut("evidence_details").set("due_by", due_by);
    match dispute.str("status") {
        "needs_response" => tx.schedule(due_by + 1, "dispute.lapse", dispute.str("id")),
        "warning_needs_response" => {
            tx.schedule(tx.now() + INQUIRY_LIFE, "dispute.lapse", dispute.str("id"));
        }
        _ => {}
    }
}

/// What the networks have beside the ordinary answer.
fn show_eligibility(dispute: &mut Map, eligible: &'static str) {
    if eligible.is_empty() {
        return;
    }
    dispute.set("enhanced_eligibility_types", vec![Value::from(eligible)]);
    let state = match eligible {
        "visa_compelling_evidence_3" => map! {
            "required_actions": vec![
                Value::from("missing_customer_identifiers"),
                Value::from("missing_prior_undisputed_transactions"),
            ],
            "status": "requires_action",
        },
        _ => map! { "status": "requires_fee_acknowledgement" },
    };
    dispute.map_mut("evidence_details").map_mut("enhanced_eligibility").set(eligible, state);
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
    // It moves in the currency the charge settled in.
    let settle = tx.get("charge", dispute.str("charge")).cloned();
    let settle = settle.map(|charge| transfers::settled(tx, &charge).1);
    let category = if is_withdrawn { "dispute" } else { "dispute_reversal" };
    let amount = if is_withdrawn { -amount } else { amount };
    let money = (amount, dispute.str("currency"));
    let waits = tx.now() < RULES_OF_2025;
    let posting = Posting {
        available_on: if waits { ledger::available_on(tx) } else { 0 },
        fee: if is_withdrawn { FEE } else { 0 },
        fee_description: "Dispute fee",
        description: format!("{text} for {}", dispute.str("charge")).into(),
        settle: settle.as_deref(),
        ..Posting::new(("adjustment", category), money, dispute.str("id"))
    };
    let id = ledger::post(tx, &posting);
    let transaction = tx.get("balance_transaction", &id).cloned();
    if dispute.at("balance_transaction").is_null() {
        dispute.set("balance_transaction", id);
    }
    if let (Some(Value::List(list)), Some(transaction)) =
        (dispute.get_mut("balance_transactions"), transaction)
    {
        list.push(Value::Map(transaction));
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

/// The bank decides whatever the evidence is.
pub fn settle(tx: &mut Tx<'_>, id: &str, is_won: bool) {
    let Some(mut dispute) = tx.load("dispute", id) else { return };
    if is_closed(&dispute) {
        return;
    }
    tx.unschedule("dispute.decide", id);
    tx.unschedule("dispute.lapse", id);
    match (dispute.str("status").starts_with("warning_"), is_won) {
        (true, _) => dispute.set("status", "warning_closed"),
        (false, true) => {
            dispute.set("status", "won");
            dispute.set("is_charge_refundable", true);
            move_money(tx, &mut dispute, Direction::Reinstated);
        }
        (false, false) => dispute.set("status", "lost"),
    }
    tx.save(dispute);
}

/// The time to answer is over: a chargeback is lost, an inquiry comes to nothing.
pub fn lapse(tx: &mut Tx<'_>, id: &str) {
    let Some(mut dispute) = tx.load("dispute", id) else { return };
    let status = match dispute.str("status") {
        "needs_response" => "lost",
        "warning_needs_response" | "warning_under_review" => "warning_closed",
        _ => return,
    };
    dispute.map_mut("evidence_details").set("past_due", status == "lost");
    dispute.set("status", status);
    tx.save(dispute);
}

/// A full refund takes the ground from a warning of fraud.
pub fn disarm(tx: &mut Tx<'_>, charge: &str) {
    for warning in tx.all_where("radar.early_fraud_warning", "charge", charge) {
        if warning.is_true("actionable") {
            let mut warning = Map::clone(&warning);
            warning.set("actionable", false);
            tx.save(warning);
        }
    }
}

/// What the bank makes of the evidence; of any but the test texts, nothing.
pub fn decide(tx: &mut Tx<'_>, id: &str) {
    let Some(mut dispute) = tx.load("dispute", id) else { return };
    if !dispute.str("status").ends_with("under_review") {
        return;
    }
    let text = dispute.path("evidence.uncategorized_text").as_str().unwrap_or("").to_string();
    match text.as_str() {
        "winning_evidence" => settle(tx, id, true),
        "losing_evidence" => settle(tx, id, false),
        "escalate_inquiry_evidence" if dispute.str("status") == "warning_under_review" => {
            dispute.set("status", "needs_response");
            dispute.set("is_charge_refundable", false);
            let details = dispute.map_mut("payment_method_details");
            details.map_mut("card").set("case_type", "chargeback");
            move_money(tx, &mut dispute, Direction::Withdrawn);
            set_due(tx, &mut dispute);
            tx.save(dispute);
        }
        _ => {}
    }
}

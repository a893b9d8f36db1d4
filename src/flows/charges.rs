//! Charges as the flows make and change them: authorized, captured, settled, failed.
//!
//! ```text
//! pending ──▶ succeeded ──▶ captured (where it was only authorized) ──▶ refunded
//!    └──────▶ failed        └──▶ released (the authorization was given back)
//! ```
//!
//! Stripe's page: <https://docs.stripe.com/api/charges/object>.

use crate::domains::accounts;
use crate::flows;
use crate::flows::ledger::{self, Posting};
use crate::flows::payment_methods;
use crate::flows::sharing;
use crate::flows::test_values::cards::{Aftermath, Decline, Risk};
use crate::map;
use crate::money;
use crate::store::Tx;
use crate::store::ids;
use crate::time;
use crate::value::{Map, Text, Value};
use std::rc::Rc;

/// How long a card's authorization lasts.
const AUTHORIZATION: i64 = 7 * 86_400;

/// When a successful charge's money moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    Now,
    /// Captured now; the balance transaction follows the answer.
    Async,
    Later,
}

/// A new charge of an amount from what the payment is about (a payment intent, or the parameters of
/// a legacy charge), by a payment method. Not saved.
pub fn draft(tx: &mut Tx<'_>, about: &Map, method: &Map, amount: i64) -> Map {
    let mut charge = flows::fresh(tx, "charge");
    let is_card = method.str("type") == "card";
    if about.str("object") == "payment_intent" {
        let id = tx.family_id("charge", about.str("id"));
        charge.set("id", id);
        charge.set("payment_intent", about.at("id").clone());
    }
    let is_present = method.str("type").ends_with("_present");
    if !is_card && !is_present {
        let id = charge.str("id").replacen("ch_", "py_", 1);
        charge.set("id", id);
    }
    charge.set("amount", amount);
    for name in [
        "application_fee_amount",
        "currency",
        "customer",
        "description",
        "metadata",
        "on_behalf_of",
        "receipt_email",
        "shipping",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_data",
        "transfer_group",
    ] {
        if let Some(value) = about.get(name) {
            charge.set(name, value.clone());
        }
    }
    sharing::mark(tx, &mut charge);
    charge.set("billing_details", method.at("billing_details").clone());
    charge.set("payment_method", method.at("id").clone());
    let details = match (is_card, is_present) {
        (true, _) => card_details(tx, &charge, method),
        (_, true) => present_details(tx, &charge, method),
        _ => other_details(method),
    };
    charge.set("payment_method_details", details);
    charge
}

/// What a charge shows of the card: the details of the authorization among them.
fn card_details(tx: &Tx<'_>, charge: &Map, method: &Map) -> Map {
    let empty = Map::new();
    let card = method.at("card").as_map().unwrap_or(&empty);
    let (id, amount) = (charge.str("id"), charge.int("amount"));
    let copied = |name: &str| card.at(name).clone();
    let unavailable = || map! { "status": "unavailable" };
    // Recorded: the first characters of the id, of Mastercard alone.
    let family = id.split_once('_').and_then(|(_, body)| body.get(..5)).unwrap_or("");
    let is_mastercard = card.str("brand") == "mastercard";
    let link = is_mastercard.then(|| format!("test123-tlid456__{family}"));
    let details = map! {
        "amount_authorized": amount,
        "authorization_code": digits(id, "authorization_code", 6),
        "brand": copied("brand"),
        "checks": copied("checks"),
        "country": copied("country"),
        "ds_transaction_id": Value::Null,
        "electronic_commerce_indicator": "07",
        "exp_month": copied("exp_month"),
        "exp_year": copied("exp_year"),
        "extended_authorization": map! { "status": "disabled" },
        "fingerprint": copied("fingerprint"),
        "funding": copied("funding"),
        "incremental_authorization": unavailable(),
        "installments": Value::Null,
        "last4": copied("last4"),
        "mandate": Value::Null,
        "multicapture": unavailable(),
        "network": copied("brand"),
        "network_token": map! { "used": false },
        "network_transaction_id": network_transaction_id(tx, id, card.str("brand")),
        "overcapture": map! { "maximum_amount_capturable": amount, "status": "unavailable" },
        "regulated_status": "unregulated",
        "three_d_secure": Value::Null,
        "transaction_link_id": link,
        "wallet": copied("wallet"),
    };
    map! { "card": details, "type": "card" }
}

/// What a charge shows of a card that was held to a reader: what the reader's slip says, too.
fn present_details(tx: &Tx<'_>, charge: &Map, method: &Map) -> Map {
    let id = charge.str("id");
    let is_interac = method.str("type") == "interac_present";
    let mut shown = other_details(method);
    let details = shown.map_mut(if is_interac { "interac_present" } else { "card_present" });
    let brand = details.str("brand").to_string();
    let receipt = map! {
        "account_type": details.at("funding").clone(),
        "application_cryptogram": format!("{:016X}", ids::hash(id)),
        "application_preferred_name": format!("STRIPE {}", brand.to_ascii_uppercase()),
        "authorization_code": digits(id, "authorization_code", 6),
        "authorization_response_code": "3030",
        "cardholder_verification_method": payment_methods::test_card(method).verification(),
        "dedicated_file_name": "A000000003101001",
        "terminal_verification_results": "8000008000",
        "transaction_status_information": "6800",
    };
    for (name, value) in map! {
        "amount_authorized": charge.int("amount"),
        "brand_product": Value::Null,
        "emv_auth_data": Value::Null,
        "generated_card": Value::Null,
        "incremental_authorization_supported": false,
        "network_transaction_id": network_transaction_id(tx, id, &brand),
        "network": brand,
        "offline": Value::Null,
        "overcapture_supported": false,
        "receipt": receipt,
    } {
        details.set(name, value);
    }
    shown
}

/// What a charge shows of a payment method that is no card: what the method shows, under its type.
fn other_details(method: &Map) -> Map {
    let kind = method.str("type").to_string();
    let mut details = method.at(&kind).as_map().cloned().unwrap_or_default();
    for name in ["financial_connections_account", "generated_from", "networks", "status_details"] {
        details.remove(name);
    }
    if matches!(kind.as_str(), "us_bank_account" | "sepa_debit" | "bacs_debit" | "acss_debit") {
        details.set("mandate", Value::Null);
    }
    if kind == "us_bank_account" {
        details.set("payment_reference", Value::Null);
    }
    let mut out = Map::new();
    out.set("type", kind.clone());
    out.set(kind, details);
    out
}

/// Digits that only the charge and their purpose decide.
fn digits(id: &str, purpose: &str, count: usize) -> String {
    let number = ids::hash(&format!("{purpose}{id}"));
    let text = format!("{number:020}");
    text[text.len() - count..].to_string()
}

fn network_transaction_id(tx: &Tx<'_>, id: &str, brand: &str) -> String {
    if brand != "mastercard" {
        return digits(id, "network_transaction_id", 15);
    }
    let number = ids::hash(&format!("network_transaction_id{id}"));
    let letter = |place: u32| char::from(b'A' + (number / 26_u64.pow(place) % 26) as u8);
    let letters: String = (0..6).map(letter).collect();
    let (_, month, day) = time::date_of(tx.now().div_euclid(86_400));
    format!("MCC{letters}{month:02}{day:02}")
}

/// The address of a receipt: another one after every change of the charge.
fn receipt_url(tx: &mut Tx<'_>) -> String {
    let token = tx.characters("receipt", 140);
    format!("https://pay.stripe.com/receipts/payment/CAcaFwoV{token}")
}

/// Gives a charge a new receipt.
pub fn renew_receipt(tx: &mut Tx<'_>, charge: &mut Map) {
    let url = receipt_url(tx);
    charge.set("receipt_url", url);
}

// What becomes of it.

/// Makes a drafted charge one that the bank agreed to, and saves it.
pub fn succeed(tx: &mut Tx<'_>, mut charge: Map, method: &Map, capture: Capture) -> Rc<Map> {
    let (id, amount) = (charge.str("id").to_string(), charge.int("amount"));
    let is_captured = capture != Capture::Later;
    charge.set("status", "succeeded");
    charge.set("paid", true);
    charge.set("captured", is_captured);
    charge.set("amount_captured", if is_captured { amount } else { 0 });
    charge.set("calculated_statement_descriptor", "STRIPE");
    let outcome = approval(&charge, method);
    charge.set("outcome", outcome);
    renew_receipt(tx, &mut charge);
    match capture {
        Capture::Now => {
            let transaction = post(tx, &charge, amount);
            charge.set("balance_transaction", transaction);
        }
        // Differs from Stripe: there it takes about two seconds; here it is done once the answer is
        // out.
        Capture::Async => tx.schedule(tx.now(), "charge.settle", &id),
        Capture::Later => {
            let until = tx.now() + AUTHORIZATION;
            if let Some(card) = card_of(&mut charge) {
                card.set("authorization_code", Value::Null);
                card.set("capture_before", until);
            }
            tx.schedule(until, "charge.expire", &id);
        }
    }
    let charge = tx.save(charge);
    if capture == Capture::Now { sharing::share(tx, &charge, amount) } else { charge }
}

/// Makes a drafted charge one whose bank has yet to answer, and saves it.
pub fn await_bank(tx: &mut Tx<'_>, mut charge: Map) -> Rc<Map> {
    let amount = charge.int("amount");
    charge.set("status", "pending");
    charge.set("paid", false);
    charge.set("captured", true);
    charge.set("amount_captured", amount);
    charge.set("balance_transaction", Value::Null);
    // Recorded: of SEPA's it is known before the bank has answered.
    let outcome = match charge.path("payment_method_details.type").as_str() {
        Some("sepa_debit") => approval(&charge, &map! { "type": "card" }).into(),
        _ => Value::Null,
    };
    charge.set("outcome", outcome);
    charge.set("receipt_url", Value::Null);
    tx.save(charge)
}

/// Makes a pending charge one that the bank paid, and saves it.
pub fn settle_debit(tx: &mut Tx<'_>, mut charge: Map, method: &Map) -> Rc<Map> {
    let amount = charge.int("amount");
    charge.set("status", "succeeded");
    charge.set("paid", true);
    if charge.at("outcome").is_null() {
        let outcome = approval(&charge, method);
        charge.set("outcome", outcome);
    }
    renew_receipt(tx, &mut charge);
    let transaction = post(tx, &charge, amount);
    charge.set("balance_transaction", transaction);
    let charge = tx.save(charge);
    sharing::share(tx, &charge, amount)
}

/// Makes a charge one that was declined, and saves it. `decline` is none where a debit failed.
pub fn fail(
    tx: &mut Tx<'_>,
    mut charge: Map,
    code: &str,
    message: &str,
    decline: Option<&'static Decline>,
) -> Rc<Map> {
    charge.set("status", "failed");
    charge.set("paid", false);
    charge.set("captured", false);
    charge.set("amount_captured", 0);
    charge.set("balance_transaction", Value::Null);
    charge.set("failure_code", code.to_string());
    charge.set("failure_message", message.to_string());
    charge.set("receipt_url", Value::Null);
    charge.set("calculated_statement_descriptor", "STRIPE");
    if let Some(card) = card_of(&mut charge) {
        card.set("amount_authorized", Value::Null);
        card.set("authorization_code", Value::Null);
        card.set("network_transaction_id", Value::Null);
    }
    let outcome = disapproval(&charge, decline);
    charge.set("outcome", outcome);
    tx.save(charge)
}

/// Captures an authorized charge, in part where less is given; the rest is released. Saves it.
pub fn capture(tx: &mut Tx<'_>, mut charge: Map, amount: i64) -> Rc<Map> {
    // Of several captures each has a balance transaction of its own.
    let part = amount - charge.int("amount_captured");
    charge.set("captured", true);
    charge.set("amount_captured", amount);
    let code = digits(charge.str("id"), "authorization_code", 6);
    if let Some(card) = card_of(&mut charge) {
        card.set("authorization_code", code);
    }
    renew_receipt(tx, &mut charge);
    let transaction = post(tx, &charge, part);
    charge.set("balance_transaction", transaction);
    let charge = tx.save(charge);
    sharing::share(tx, &charge, part)
}

/// Gives an authorization back: the charge counts as refunded. Saves it.
pub fn release(tx: &mut Tx<'_>, charge: Map) -> Rc<Map> {
    let released = released(tx, charge);
    tx.save(released)
}

/// The same where nobody asked for it: what is told is that the charge expired.
pub fn let_go(tx: &mut Tx<'_>, charge: Map) -> Rc<Map> {
    let released = released(tx, charge);
    let charge = tx.save_untold(released);
    tx.announce("charge.expired", charge.clone());
    charge
}

fn released(tx: &mut Tx<'_>, mut charge: Map) -> Map {
    let amount = charge.int("amount");
    charge.set("amount_refunded", amount);
    charge.set("refunded", true);
    renew_receipt(tx, &mut charge);
    charge
}

/// Gives a captured charge its balance transaction, where it waits for one.
pub fn settle(tx: &mut Tx<'_>, id: &str) {
    let Some(mut charge) = tx.load("charge", id) else { return };
    if charge.str("status") != "succeeded"
        || !charge.is_true("captured")
        || !charge.at("balance_transaction").is_null()
    {
        return;
    }
    renew_receipt(tx, &mut charge);
    let amount = charge.int("amount_captured");
    let transaction = post(tx, &charge, amount);
    charge.set("balance_transaction", transaction);
    let charge = tx.save(charge);
    sharing::share(tx, &charge, amount);
}

fn card_of(charge: &mut Map) -> Option<&mut Map> {
    let details = charge.get_mut("payment_method_details").and_then(Value::as_map_mut)?;
    details.get_mut("card").and_then(Value::as_map_mut)
}

fn post(tx: &mut Tx<'_>, charge: &Map, amount: i64) -> Text {
    let is_card = charge.str("id").starts_with("ch_");
    let at_once = charge.path("payment_method_details.card").as_map().is_some_and(|card| {
        let method = map! { "card": card.clone() };
        payment_methods::test_card(&method).aftermath == Aftermath::Available
    });
    // A payment on behalf of another account settles as that account's own would.
    let merchant = charge.at("on_behalf_of").as_id().unwrap_or(tx.account()).to_string();
    let currency = charge.str("currency");
    let settle = ledger::settlement(tx, &merchant, currency);
    let stripes = stripes_fee(tx, charge, &merchant, money::convert(amount, currency, &settle));
    // Of a direct charge the platform keeps its share at once.
    let share = match tx.is_connected() {
        true => charge.int("application_fee_amount").min(amount),
        false => 0,
    };
    let is_billed = ledger::pays_fees(tx);
    let kind = (if is_card { "charge" } else { "payment" }, "charge");
    let posting = Posting {
        fee: if is_billed { stripes } else { 0 },
        fee_description: "Stripe processing fees",
        share,
        description: charge.at("description").clone(),
        available_on: if at_once { tx.now() } else { ledger::available_on(tx) },
        settle: Some(&settle),
        ..Posting::new(kind, (amount, currency), charge.str("id"))
    };
    let transaction = ledger::post(tx, &posting);
    if !is_billed && stripes != 0 {
        ledger::bill_platform(tx, stripes, &settle, charge.str("id"));
    }
    transaction
}

/// What Stripe keeps of a charge of `merchant`, of an amount in the currency it settles in.
fn stripes_fee(tx: &Tx<'_>, charge: &Map, merchant: &str, amount: i64) -> i64 {
    let kind = charge.path("payment_method_details.type").as_str().unwrap_or("card");
    let merchant_country = accounts::get(tx, merchant);
    let country = merchant_country.as_ref().map_or("US", |account| account.str("country"));
    // Recorded: on behalf of another account, every card counts as domestic.
    let card_country = match merchant == tx.account().as_ref() {
        true => charge.path("payment_method_details.card.country").as_str().unwrap_or(""),
        false => "",
    };
    let currency = ledger::settlement(tx, merchant, charge.str("currency"));
    ledger::fee(kind, amount, &currency, country, card_country)
}

// What was said of it.

fn approval(charge: &Map, method: &Map) -> Map {
    if !method.str("type").starts_with("card") {
        return map! {
            "advice_code": Value::Null,
            "network_advice_code": Value::Null,
            "network_decline_code": Value::Null,
            "network_status": "approved_by_network",
            "reason": Value::Null,
            "risk_level": "not_assessed",
            "seller_message": "Payment complete.",
            "type": "authorized",
        };
    }
    let is_elevated = payment_methods::test_card(method).risk == Risk::Elevated;
    let (reason, level, message, kind) = if is_elevated {
        let message = "Stripe evaluated this payment as having elevated risk, and placed it in \
                       your manual review queue.";
        (Some("elevated_risk_level"), "elevated", message, "manual_review")
    } else {
        (None, "normal", "Payment complete.", "authorized")
    };
    let mut outcome = map! {
        "advice_code": Value::Null,
        "network_advice_code": Value::Null,
        "network_decline_code": Value::Null,
        "network_status": "approved_by_network",
        "reason": reason,
        "risk_level": level,
        "risk_score": if is_elevated { 74 } else { risk_score(charge) },
        "seller_message": message,
        "type": kind,
    };
    if is_elevated {
        outcome.set("rule", "manual_review_if_elevated_risk");
    }
    outcome
}

fn disapproval(charge: &Map, decline: Option<&'static Decline>) -> Map {
    let code = decline.map(|decline| decline.decline_code).filter(|code| !code.is_empty());
    if code == Some("fraudulent") {
        return map! {
            "advice_code": Value::Null,
            "network_advice_code": Value::Null,
            "network_decline_code": Value::Null,
            "network_status": "not_sent_to_network",
            "reason": "highest_risk_level",
            "risk_level": "highest",
            "risk_score": 91,
            "rule": "block_if_high_risk",
            "seller_message": "Stripe blocked this payment as too risky.",
            "type": "blocked",
        };
    }
    let code = code.or(decline.map(|decline| decline.code)).unwrap_or("generic_decline");
    let message = match code {
        "generic_decline" => {
            "The bank did not return any further details with this decline.".to_string()
        }
        code => format!("The bank returned the decline code `{code}`."),
    };
    map! {
        "advice_code": decline.and_then(|decline| decline.advice_code),
        "network_advice_code": decline.and_then(|decline| decline.network_advice_code),
        "network_decline_code": decline.and_then(|decline| decline.network_decline_code),
        "network_status": "declined_by_network",
        "reason": code,
        "risk_level": "normal",
        "risk_score": risk_score(charge),
        "seller_message": message,
        "type": "issuer_declined",
    }
}

/// A score of unremarkable risk, as recorded ones are: 0 to 64.
fn risk_score(charge: &Map) -> i64 {
    (ids::hash(charge.str("id")) % 65) as i64
}

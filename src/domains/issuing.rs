//! Issuing: cardholders, cards, authorizations, transactions, disputes, designs.
//!
//! Stripe's pages: <https://docs.stripe.com/api/issuing/authorizations>,
//! <https://docs.stripe.com/issuing/testing>. What the network does is done by the test helpers
//! under `/v1/test_helpers/issuing`.
//!
//! ```text
//! authorization: pending --capture--> closed
//!                pending --reverse (all of it)--> reversed
//!                pending --expire--> expired
//! shipping:      pending --submit--> submitted --ship--> shipped --deliver--> delivered
//!                shipped --return--> returned, --fail--> failure
//! ```
//!
//! Differs from Stripe: nobody is asked whether an authorization is fine; it is approved where
//! its card is active.

use super::catalogue;
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("POST /v1/issuing/authorizations/{id}/approve", approve),
    ("POST /v1/issuing/authorizations/{id}/decline", decline),
    ("POST /v1/issuing/cards", create_card),
    ("POST /v1/issuing/disputes", create_dispute),
    ("GET /v1/issuing/physical_bundles", list_bundles),
    ("GET /v1/issuing/physical_bundles/{id}", retrieve_bundle),
    ("POST /v1/issuing/personalization_designs", create_design),
];

/// Of `/v1/test_helpers/issuing`.
pub static TEST_HELPERS: Routes = &[
    ("POST /v1/test_helpers/issuing/authorizations", authorize),
    ("POST /v1/test_helpers/issuing/authorizations/{id}/capture", capture),
    ("POST /v1/test_helpers/issuing/authorizations/{id}/expire", expire),
    ("POST /v1/test_helpers/issuing/authorizations/{id}/finalize_amount", finalize_amount),
    ("POST /v1/test_helpers/issuing/authorizations/{id}/fraud_challenges/respond", respond),
    ("POST /v1/test_helpers/issuing/authorizations/{id}/increment", increment),
    ("POST /v1/test_helpers/issuing/authorizations/{id}/reverse", reverse),
    ("POST /v1/test_helpers/issuing/cards/{id}/shipping/deliver", deliver),
    ("POST /v1/test_helpers/issuing/cards/{id}/shipping/fail", fail),
    ("POST /v1/test_helpers/issuing/cards/{id}/shipping/return", return_card),
    ("POST /v1/test_helpers/issuing/cards/{id}/shipping/ship", ship),
    ("POST /v1/test_helpers/issuing/cards/{id}/shipping/submit", submit),
    ("POST /v1/test_helpers/issuing/transactions/create_force_capture", force_capture),
    ("POST /v1/test_helpers/issuing/transactions/create_unlinked_refund", unlinked_refund),
    ("POST /v1/test_helpers/issuing/transactions/{id}/refund", refund),
];

/// What an authorization comes to in test mode where the request does not say.
const AMOUNT: i64 = 100;

// Authorizations.

fn approve(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    decide(tx, call, true)
}

fn decline(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    decide(tx, call, false)
}

/// The answer to an authorization that was waiting for one.
fn decide(tx: &mut Tx<'_>, call: &Call, is_approved: bool) -> Outcome<Body> {
    let mut authorization = pending(tx, call, if is_approved { "approve" } else { "decline" })?;
    if let Some(amount) = call.params.at("amount").as_int() {
        authorization.set("amount", amount);
    }
    if let Some(metadata) = call.params.get("metadata") {
        crud::merge_metadata(&mut authorization, metadata);
    }
    authorization.set("approved", is_approved);
    authorization.set("pending_request", Value::Null);
    if !is_approved {
        authorization.set("status", "closed");
    }
    Ok(tx.save(authorization).into())
}

fn authorize(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut authorization = crud::draft(tx, call)?;
    let card = authorization.at("card").as_map().cloned().unwrap_or_default();
    let amount = call.params.at("amount").as_int().unwrap_or(AMOUNT);
    let is_active = card.str("status") == "active";
    authorization.set("amount", amount);
    authorization.set("approved", is_active);
    authorization.set("cardholder", card.path("cardholder").as_id().map(str::to_string));
    if !call.params.contains("currency") {
        authorization.set("currency", card.at("currency").clone());
    }
    for (name, from) in [("merchant_amount", "amount"), ("merchant_currency", "currency")] {
        if !call.params.contains(name) {
            authorization.set(name, authorization.at(from).clone());
        }
    }
    set_merchant(&mut authorization, call);
    if !is_active {
        authorization.set("status", "closed");
    }
    let reason = if is_active { "webhook_approved" } else { "card_inactive" };
    authorization
        .set("request_history", vec![request(tx, &authorization, amount, is_active, reason)]);
    Ok(tx.save(authorization).into())
}

/// An entry of `request_history`.
fn request(tx: &Tx<'_>, of: &Map, amount: i64, is_approved: bool, reason: &'static str) -> Value {
    let request = map! {
        "amount": amount,
        "amount_details": of.at("amount_details").clone(),
        "approved": is_approved,
        "authorization_code": Value::Null,
        "created": tx.now(),
        "currency": of.at("currency").clone(),
        "merchant_amount": amount,
        "merchant_currency": of.at("merchant_currency").clone(),
        "network_risk_score": Value::Null,
        "reason": reason,
        "reason_message": Value::Null,
        "requested_at": tx.now(),
    };
    request.into()
}

/// The merchant of Stripe's test authorizations, where the request names none.
fn set_merchant(object: &mut Map, call: &Call) {
    let given = call.params.at("merchant_data").as_map().cloned().unwrap_or_default();
    let merchant = object.map_mut("merchant_data");
    for (name, value) in [
        ("category", "taxicabs_limousines"),
        ("category_code", "4121"),
        ("city", "San Francisco"),
        ("country", "US"),
        ("name", "Rocket Rides"),
        ("network_id", "1234567890"),
        ("postal_code", "94107"),
        ("state", "CA"),
    ] {
        if !given.contains(name) {
            merchant.set(name, value);
        }
    }
}

/// The authorization the path names, which must still be open.
fn pending(tx: &Tx<'_>, call: &Call, verb: &str) -> Outcome<Map> {
    let authorization = crud::load_kind(tx, "issuing.authorization", call.id(0))?;
    match authorization.str("status") {
        "pending" => Ok(authorization),
        status => Err(Error::wrong_status(verb, "issuing authorization", status, &["pending"])),
    }
}

/// The whole, or what the parameter says, becomes a transaction.
fn capture(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut authorization = pending(tx, call, "capture")?;
    let amount = call.params.at("capture_amount").as_int().unwrap_or(authorization.int("amount"));
    let transaction = transaction(tx, &authorization, -amount, "capture", call);
    let id = authorization.str("id").to_string();
    let mut made = transaction;
    made.set("authorization", id);
    made.set("card", authorization.path("card").as_id().map(str::to_string));
    let made = tx.save(made);
    let mut transactions = authorization.at("transactions").as_list().unwrap_or_default().to_vec();
    transactions.push(made.into());
    authorization.set("transactions", transactions);
    let is_open = call.params.at("close_authorization").as_bool() == Some(false);
    let left = if is_open { (authorization.int("amount") - amount).max(0) } else { 0 };
    authorization.set("amount", left);
    if !is_open {
        authorization.set("status", "closed");
    }
    Ok(tx.save(authorization).into())
}

fn expire(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut authorization = pending(tx, call, "expire")?;
    authorization.set("amount", 0);
    authorization.set("status", "expired");
    Ok(tx.save(authorization).into())
}

fn finalize_amount(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut authorization = pending(tx, call, "finalize_amount")?;
    let shape = crud::kind(call).shape();
    crud::apply(tx, shape, &mut authorization, &call.params, "")?;
    authorization.set("amount", call.params.int("final_amount"));
    Ok(tx.save(authorization).into())
}

fn respond(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut authorization = pending(tx, call, "respond")?;
    let is_confirmed = call.params.is_true("confirmed");
    let status = if is_confirmed { "verified" } else { "rejected" };
    let challenge =
        map! { "channel": "sms", "status": status, "undeliverable_reason": Value::Null };
    authorization.set("fraud_challenges", vec![Value::from(challenge)]);
    authorization.set("verified_by_fraud_challenge", is_confirmed);
    Ok(tx.save(authorization).into())
}

fn increment(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut authorization = pending(tx, call, "increment")?;
    let more = call.params.int("increment_amount");
    authorization.set("amount", authorization.int("amount") + more);
    let mut history = authorization.at("request_history").as_list().unwrap_or_default().to_vec();
    history.push(request(tx, &authorization, more, true, "webhook_approved"));
    authorization.set("request_history", history);
    Ok(tx.save(authorization).into())
}

fn reverse(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut authorization = pending(tx, call, "reverse")?;
    let all = authorization.int("amount");
    let amount = call.params.at("reverse_amount").as_int().unwrap_or(all);
    if all < amount {
        return Err(Error::above_maximum("reverse_amount", all));
    }
    authorization.set("amount", all - amount);
    if amount == all {
        authorization.set("status", "reversed");
    }
    Ok(tx.save(authorization).into())
}

// Transactions.

/// A transaction of what `of` (an authorization or a transaction) is about.
fn transaction(tx: &mut Tx<'_>, of: &Map, amount: i64, kind: &'static str, call: &Call) -> Map {
    let object = Object::find("issuing.transaction").expect("a published type");
    let mut made = crud::new(tx, object, &Map::new());
    made.set("amount", amount);
    made.set("merchant_amount", amount);
    made.set("type", kind);
    for name in ["card", "cardholder", "currency", "merchant_currency", "merchant_data", "wallet"] {
        if of.contains(name) {
            made.set(name, of.at(name).clone());
        }
    }
    if let Some(details) = call.params.get("purchase_details") {
        made.set("purchase_details", details.clone());
    }
    made
}

fn force_capture(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    without_authorization(tx, call, -call.params.int("amount"), "capture")
}

fn unlinked_refund(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    without_authorization(tx, call, call.params.int("amount"), "refund")
}

fn without_authorization(
    tx: &mut Tx<'_>,
    call: &Call,
    amount: i64,
    kind: &'static str,
) -> Outcome<Body> {
    let mut made = crud::draft(tx, call)?;
    let card = crud::load_kind(tx, "issuing.card", call.params.str("card"))?;
    made.set("amount", amount);
    made.set("merchant_amount", amount);
    made.set("cardholder", card.path("cardholder").as_id().map(str::to_string));
    made.set("type", kind);
    if !call.params.contains("currency") {
        made.set("currency", card.at("currency").clone());
    }
    made.set("merchant_currency", made.at("currency").clone());
    set_merchant(&mut made, call);
    Ok(tx.save(made).into())
}

fn refund(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let refunded = crud::load_kind(tx, "issuing.transaction", call.id(0))?;
    let all = -refunded.int("amount");
    let amount = call.params.at("refund_amount").as_int().unwrap_or(all);
    if all < amount {
        return Err(Error::above_maximum("refund_amount", all));
    }
    let mut made = transaction(tx, &refunded, amount, "refund", call);
    made.set("authorization", refunded.at("authorization").clone());
    Ok(tx.save(made).into())
}

// Cards.

/// A physical card is on its way from the beginning.
fn create_card(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    if !call.params.contains("cardholder") && !call.params.contains("replacement_for") {
        return Err(Error::parameter_missing("cardholder"));
    }
    let mut card = crud::draft(tx, call)?;
    if let Some(replaced) = call.params.at("replacement_for").as_str() {
        let replaced = crud::load_kind(tx, "issuing.card", replaced)?;
        card.set("cardholder", replaced.at("cardholder").clone());
    }
    if card.str("type") == "physical" && !card.at("shipping").is_null() {
        let shipping = card.map_mut("shipping");
        shipping.set("status", "pending");
    }
    Ok(tx.save(card).into())
}

fn deliver(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    move_card(tx, call, &["shipped"], "delivered")
}

fn fail(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    move_card(tx, call, &["pending", "submitted", "shipped"], "failure")
}

fn return_card(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    move_card(tx, call, &["shipped", "delivered"], "returned")
}

fn ship(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    move_card(tx, call, &["pending", "submitted"], "shipped")
}

fn submit(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    move_card(tx, call, &["pending"], "submitted")
}

fn move_card(tx: &mut Tx<'_>, call: &Call, from: &[&str], to: &'static str) -> Outcome<Body> {
    let mut card = crud::load_kind(tx, "issuing.card", call.id(0))?;
    if card.at("shipping").is_null() {
        return Err(Error::card_not_shipped());
    }
    let status = card.path("shipping.status").as_str().unwrap_or("").to_string();
    if !from.contains(&status.as_str()) {
        let verb = call.path.rsplit('/').next().unwrap_or("");
        return Err(Error::wrong_status(verb, "issuing card", &status, from));
    }
    let now = tx.now();
    let shipping = card.map_mut("shipping");
    shipping.set("status", to);
    match to {
        "shipped" => {
            shipping.set("carrier", "usps");
            shipping.set("shipped_at", now);
        }
        "delivered" => shipping.set("delivered_at", now),
        _ => {}
    }
    Ok(tx.save(card).into())
}

// Disputes, bundles, designs.

/// Disputes the whole transaction where no amount is given.
fn create_dispute(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let Some(id) = call.params.at("transaction").as_str() else {
        return Err(Error::parameter_missing("transaction"));
    };
    let transaction = crud::load_kind(tx, "issuing.transaction", id)
        .map_err(|_| Error::no_such_reference("issuing transaction", id, "transaction"))?;
    let mut dispute = crud::draft(tx, call)?;
    if !call.params.contains("amount") {
        dispute.set("amount", transaction.int("amount").abs());
    }
    dispute.set("currency", transaction.at("currency").clone());
    let dispute = tx.save(dispute);
    let mut transaction = transaction;
    transaction.set("dispute", dispute.at("id").clone());
    tx.save(transaction);
    Ok(dispute.into())
}

/// The bundle every account in test mode has, made when first looked for.
fn bundles(tx: &mut Tx<'_>) -> Vec<Value> {
    const KIND: &str = "issuing.physical_bundle";
    if tx.all(KIND).is_empty() {
        let mut bundle = crud::new(tx, Object::find(KIND).expect("a published type"), &Map::new());
        bundle.set("name", "Standard test bundle");
        tx.save(bundle);
    }
    tx.all(KIND).into_iter().map(Value::from).collect()
}

fn list_bundles(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let bundles = bundles(tx);
    catalogue::page(call, bundles)
}

fn retrieve_bundle(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    bundles(tx);
    crud::retrieve(tx, call)
}

/// Designs are looked at before they are used.
fn create_design(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    bundles(tx);
    let mut design = crud::draft(tx, call)?;
    design.set("status", "review");
    let saved: Rc<Map> = tx.save(design);
    Ok(saved.into())
}

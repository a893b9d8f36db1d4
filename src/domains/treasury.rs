//! Treasury: financial accounts, and the money that moves through them.
//!
//! Stripe's page: <https://docs.stripe.com/api/treasury/financial_accounts>. Every movement has a
//! transaction; the account's balance is the sum of what its transactions did. What banks do is
//! done by the test helpers.
//!
//! ```text
//! inbound transfer:  processing --succeed--> succeeded (--return--> returned), --fail--> failed,
//! --cancel--> canceled outbound payment, outbound transfer: processing --post--> posted
//! (--return--> returned), --fail--> failed, --cancel--> canceled
//! ```

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::transitions;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("POST /v1/treasury/credit_reversals", reverse_credit),
    ("POST /v1/treasury/debit_reversals", reverse_debit),
    ("POST /v1/treasury/financial_accounts", open),
    ("POST /v1/treasury/financial_accounts/{id}/close", close),
    ("GET /v1/treasury/financial_accounts/{id}/features", retrieve_features),
    ("POST /v1/treasury/financial_accounts/{id}/features", update_features),
    ("POST /v1/treasury/inbound_transfers", transfer_in),
    ("POST /v1/treasury/inbound_transfers/{id}/cancel", cancel_inbound),
    ("POST /v1/treasury/outbound_payments", pay_out),
    ("POST /v1/treasury/outbound_payments/{id}/cancel", cancel_outbound),
    ("POST /v1/treasury/outbound_transfers", transfer_out),
    ("POST /v1/treasury/outbound_transfers/{id}/cancel", cancel_outbound),
];

/// Of `/v1/test_helpers/treasury`.
pub static TEST_HELPERS: Routes = &[
    ("POST /v1/test_helpers/treasury/inbound_transfers/{id}/fail", fail_inbound),
    ("POST /v1/test_helpers/treasury/inbound_transfers/{id}/return", return_inbound),
    ("POST /v1/test_helpers/treasury/inbound_transfers/{id}/succeed", succeed_inbound),
    ("POST /v1/test_helpers/treasury/outbound_payments/{id}/fail", fail_outbound),
    ("POST /v1/test_helpers/treasury/outbound_payments/{id}/post", post_outbound),
    ("POST /v1/test_helpers/treasury/outbound_payments/{id}/return", return_outbound),
    ("POST /v1/test_helpers/treasury/outbound_transfers/{id}/fail", fail_outbound),
    ("POST /v1/test_helpers/treasury/outbound_transfers/{id}/post", post_outbound),
    ("POST /v1/test_helpers/treasury/outbound_transfers/{id}/return", return_outbound),
    ("POST /v1/test_helpers/treasury/received_credits", receive_credit),
    ("POST /v1/test_helpers/treasury/received_debits", receive_debit),
];

/// What a movement does to the parts of a balance.
#[derive(Clone, Copy, Default)]
struct Impact {
    cash: i64,
    inbound_pending: i64,
    outbound_pending: i64,
}

// Financial accounts.

fn open(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut account = crud::draft(tx, call)?;
    let mut balance = Map::new();
    for part in ["cash", "inbound_pending", "outbound_pending"] {
        let mut amounts = Map::new();
        for currency in call.params.at("supported_currencies").as_list().unwrap_or_default() {
            amounts.push(currency.as_str().unwrap_or("usd").to_string(), 0);
        }
        balance.append(part, amounts);
    }
    account.set("balance", balance);
    account.remove("features");
    let requested = call.params.at("features").as_map().cloned().unwrap_or_default();
    let features = features(tx, account.str("id"), &requested);
    if requested.path("financial_addresses.aba.requested") == &Value::Bool(true) {
        let number = tx.characters_of("treasury.account_number", 12, b"0123456789");
        let aba = map! {
            "account_holder_name": "fakestripe",
            "account_number_last4": number[8..].to_string(),
            "bank_name": "STRIPE TEST BANK",
            "routing_number": "110000000",
        };
        let networks: Vec<Value> = vec!["ach".into(), "us_domestic_wire".into()];
        let address = map! { "aba": aba, "supported_networks": networks, "type": "aba" };
        account.set("financial_addresses", vec![Value::from(address)]);
    }
    account.set("active_features", active(&features));
    tx.save_as("treasury.financial_account_features".into(), features);
    Ok(tx.save(account).into())
}

/// The features of an account, kept under the account's id: what was asked for is active.
fn features(tx: &mut Tx<'_>, account: &str, requested: &Map) -> Map {
    let kind = Object::find("treasury.financial_account_features").expect("a published type");
    let mut features = tx
        .load("treasury.financial_account_features", account)
        .unwrap_or_else(|| crud::new(tx, kind, &Map::new()));
    features.set("id", account.to_string());
    for (name, asked) in requested.iter() {
        let merged = granted(features.at(name), asked);
        features.set(name.clone(), merged);
    }
    features
}

fn granted(before: &Value, asked: &Value) -> Value {
    let Some(asked) = asked.as_map() else { return before.clone() };
    let mut out = before.as_map().cloned().unwrap_or_default();
    if let Some(is_requested) = asked.at("requested").as_bool() {
        out.set("requested", is_requested);
        out.set("status", if is_requested { "active" } else { "restricted" });
        out.set("status_details", Value::List(Vec::new()));
        return out.into();
    }
    for (name, asked) in asked.iter() {
        let merged = granted(out.at(name), asked);
        out.set(name.clone(), merged);
    }
    out.into()
}

/// The names of the active features, such as `financial_addresses.aba`.
fn active(features: &Map) -> Vec<Value> {
    let mut names = Vec::new();
    for (name, feature) in features.iter() {
        let Some(feature) = feature.as_map() else { continue };
        if feature.str("status") == "active" {
            names.push(Value::from(name.clone()));
        }
        for (inner, part) in feature.iter() {
            if part.as_map().is_some_and(|part| part.str("status") == "active") {
                names.push(Value::from(format!("{name}.{inner}")));
            }
        }
    }
    names
}

fn retrieve_features(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let account = crud::load_kind(tx, "treasury.financial_account", call.id(0))?;
    let mut features = features(tx, account.str("id"), &Map::new());
    features.remove("id");
    Ok(features.into())
}

fn update_features(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut account = crud::load_kind(tx, "treasury.financial_account", call.id(0))?;
    let mut asked = call.params.clone();
    asked.remove("expand");
    let mut features = features(tx, call.id(0), &asked);
    account.set("active_features", active(&features));
    tx.save_as("treasury.financial_account_features".into(), features.clone());
    tx.save(account);
    features.remove("id");
    Ok(features.into())
}

fn close(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut account = crud::load(tx, call)?;
    if account.str("status") == "closed" {
        return Err(Error::wrong_status("close", "financial account", "closed", &["open"]));
    }
    account.set("status", "closed");
    let reasons: Vec<Value> = vec!["closed_by_platform".into()];
    account.set("status_details", map! { "closed": map! { "reasons": reasons } });
    Ok(tx.save(account).into())
}

// Movements.

/// Changes the balance of a financial account; refused where it would fall below zero.
fn change(tx: &mut Tx<'_>, movement: &Map, impact: Impact) -> Outcome<()> {
    let id = movement.str("financial_account").to_string();
    let currency = movement.str("currency").to_string();
    let Some(mut account) = tx.load("treasury.financial_account", &id) else {
        return Err(Error::no_such_reference(
            "treasury.financial_account",
            &id,
            "financial_account",
        ));
    };
    let parts = [
        ("cash", impact.cash),
        ("inbound_pending", impact.inbound_pending),
        ("outbound_pending", impact.outbound_pending),
    ];
    for (part, change) in parts {
        let amounts = account.map_mut("balance").map_mut(part);
        let after = amounts.int(&currency) + change;
        if part == "cash" && change < 0 && after < 0 {
            return Err(Error::financial_account_short(&id));
        }
        amounts.push(currency.clone(), after);
    }
    tx.save(account);
    Ok(())
}

/// Moves money and writes down that it did: gives the id of the transaction.
fn book(
    tx: &mut Tx<'_>,
    movement: &Map,
    amount: i64,
    impact: Impact,
    posted: bool,
) -> Outcome<String> {
    change(tx, movement, impact)?;
    let kind = Object::find("treasury.transaction").expect("a published type");
    let mut transaction = crud::new(tx, kind, &Map::new());
    let flow_type = movement.str("object").rsplit('.').next().unwrap_or("other").to_string();
    transaction.set("amount", amount);
    transaction.set(
        "balance_impact",
        map! {
            "cash": impact.cash,
            "inbound_pending": impact.inbound_pending,
            "outbound_pending": impact.outbound_pending,
        },
    );
    for name in ["currency", "financial_account"] {
        transaction.set(name, movement.at(name).clone());
    }
    transaction.set("description", movement.at("description").as_str().unwrap_or("").to_string());
    transaction.set("flow", movement.at("id").clone());
    transaction.set("flow_type", flow_type.clone());
    transaction.set("status", if posted { "posted" } else { "open" });
    if posted {
        transaction.map_mut("status_transitions").set("posted_at", tx.now());
    }
    let id = transaction.str("id").to_string();
    let entry = entry(tx, &transaction, impact, flow_type);
    tx.save(entry);
    transaction.remove("entries");
    tx.save(transaction);
    Ok(id)
}

fn entry(tx: &mut Tx<'_>, transaction: &Map, impact: Impact, kind: String) -> Map {
    let object = Object::find("treasury.transaction_entry").expect("a published type");
    let mut entry = crud::new(tx, object, &Map::new());
    entry.set(
        "balance_impact",
        map! {
            "cash": impact.cash,
            "inbound_pending": impact.inbound_pending,
            "outbound_pending": impact.outbound_pending,
        },
    );
    for name in ["currency", "financial_account", "flow", "flow_type"] {
        entry.set(name, transaction.at(name).clone());
    }
    entry.set("transaction", transaction.at("id").clone());
    entry.set("type", kind);
    entry
}

/// Ends the transaction of a movement.
fn settle(tx: &mut Tx<'_>, movement: &Map, status: &'static str) {
    let id = movement.at("transaction").as_id().unwrap_or("").to_string();
    let Some(mut transaction) = tx.load("treasury.transaction", &id) else { return };
    transaction.set("status", status);
    let at = if status == "posted" { "posted_at" } else { "void_at" };
    transaction.map_mut("status_transitions").set(at, tx.now());
    tx.save(transaction);
}

fn pay_out(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    send(tx, call)
}

fn transfer_out(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    send(tx, call)
}

fn send(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut movement = crud::draft(tx, call)?;
    let amount = movement.int("amount");
    let impact = Impact { cash: -amount, outbound_pending: amount, ..Impact::default() };
    let transaction = book(tx, &movement, -amount, impact, false)?;
    movement.set("transaction", transaction);
    Ok(tx.save(movement).into())
}

fn transfer_in(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut movement = crud::draft(tx, call)?;
    let amount = movement.int("amount");
    let impact = Impact { inbound_pending: amount, ..Impact::default() };
    let transaction = book(tx, &movement, amount, impact, false)?;
    movement.set("transaction", transaction);
    Ok(tx.save(movement).into())
}

fn receive_credit(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut movement = crud::draft(tx, call)?;
    let amount = movement.int("amount");
    let impact = Impact { cash: amount, ..Impact::default() };
    let transaction = book(tx, &movement, amount, impact, true)?;
    movement.set("transaction", transaction);
    Ok(tx.save(movement).into())
}

/// A debit that the account cannot cover is answered as failed; it is no error.
fn receive_debit(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut movement = crud::draft(tx, call)?;
    let amount = movement.int("amount");
    let impact = Impact { cash: -amount, ..Impact::default() };
    match book(tx, &movement, -amount, impact, true) {
        Ok(transaction) => movement.set("transaction", transaction),
        Err(error) if error.code.as_deref() == Some("balance_insufficient") => {
            movement.set("status", "failed");
            movement.set("failure_code", "insufficient_funds");
        }
        Err(error) => return Err(error),
    }
    Ok(tx.save(movement).into())
}

fn reverse_credit(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    take_back(tx, call, "received_credit", -1)
}

fn reverse_debit(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    take_back(tx, call, "received_debit", 1)
}

fn take_back(tx: &mut Tx<'_>, call: &Call, what: &'static str, sign: i64) -> Outcome<Body> {
    let id = call.params.str(what);
    let kind = if sign < 0 { "treasury.received_credit" } else { "treasury.received_debit" };
    let reversed = tx.load(kind, id).ok_or_else(|| Error::no_such_reference(kind, id, what))?;
    let mut reversal = crud::draft(tx, call)?;
    reversal.set(what, id.to_string());
    for name in ["amount", "currency", "financial_account"] {
        reversal.set(name, reversed.at(name).clone());
    }
    let amount = sign * reversed.int("amount");
    let impact = Impact { cash: amount, ..Impact::default() };
    let transaction = book(tx, &reversal, amount, impact, false)?;
    reversal.set("transaction", transaction);
    Ok(tx.save(reversal).into())
}

// What becomes of them.

/// The movement the path names, in one of those statuses.
fn expect(tx: &Tx<'_>, call: &Call, from: &[&str]) -> Outcome<Map> {
    let movement = crud::load(tx, call)?;
    let status = movement.str("status");
    if from.contains(&status) {
        return Ok(movement);
    }
    let verb = call.path.rsplit('/').next().unwrap_or("");
    Err(Error::wrong_status(verb, crud::resource(crud::kind(call)).noun, status, from))
}

fn end_inbound(tx: &mut Tx<'_>, call: &Call, set: &str) -> Outcome<Body> {
    let mut movement = expect(tx, call, &["processing"])?;
    let amount = movement.int("amount");
    change(tx, &movement, Impact { inbound_pending: -amount, ..Impact::default() })?;
    settle(tx, &movement, "void");
    movement.set("cancelable", false);
    transitions::set(tx, call, &mut movement, set);
    crud::apply(tx, crud::kind(call).shape(), &mut movement, &call.params, "")?;
    Ok(tx.save(movement).into())
}

fn cancel_inbound(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let set = r#"{"status": "canceled", "status_transitions": {"canceled_at": "@now"}}"#;
    end_inbound(tx, call, set)
}

fn fail_inbound(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let set = r#"{
        "failure_details": {"code": "could_not_process"}, "status": "failed",
        "status_transitions": {"failed_at": "@now"}
    }"#;
    end_inbound(tx, call, set)
}

fn succeed_inbound(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut movement = expect(tx, call, &["processing"])?;
    let amount = movement.int("amount");
    let impact = Impact { cash: amount, inbound_pending: -amount, ..Impact::default() };
    change(tx, &movement, impact)?;
    settle(tx, &movement, "posted");
    let set = r#"{
        "cancelable": false, "status": "succeeded", "status_transitions": {"succeeded_at": "@now"}
    }"#;
    transitions::set(tx, call, &mut movement, set);
    Ok(tx.save(movement).into())
}

fn return_inbound(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut movement = expect(tx, call, &["succeeded"])?;
    let amount = movement.int("amount");
    book(tx, &movement, -amount, Impact { cash: -amount, ..Impact::default() }, true)?;
    movement.set("returned", true);
    Ok(tx.save(movement).into())
}

fn end_outbound(tx: &mut Tx<'_>, call: &Call, set: &str) -> Outcome<Body> {
    let mut movement = expect(tx, call, &["processing"])?;
    let amount = movement.int("amount");
    let impact = Impact { cash: amount, outbound_pending: -amount, ..Impact::default() };
    change(tx, &movement, impact)?;
    settle(tx, &movement, "void");
    movement.set("cancelable", false);
    transitions::set(tx, call, &mut movement, set);
    Ok(tx.save(movement).into())
}

fn cancel_outbound(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let set = r#"{"status": "canceled", "status_transitions": {"canceled_at": "@now"}}"#;
    end_outbound(tx, call, set)
}

fn fail_outbound(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let set = r#"{"status": "failed", "status_transitions": {"failed_at": "@now"}}"#;
    end_outbound(tx, call, set)
}

fn post_outbound(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut movement = expect(tx, call, &["processing"])?;
    let amount = movement.int("amount");
    change(tx, &movement, Impact { outbound_pending: -amount, ..Impact::default() })?;
    settle(tx, &movement, "posted");
    let set = r#"{
        "cancelable": false, "status": "posted", "status_transitions": {"posted_at": "@now"}
    }"#;
    transitions::set(tx, call, &mut movement, set);
    Ok(tx.save(movement).into())
}

/// Money that was sent, or is being sent, comes back.
fn return_outbound(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut movement = expect(tx, call, &["posted", "processing"])?;
    let amount = movement.int("amount");
    let is_pending = movement.str("status") == "processing";
    let outbound_pending = if is_pending { -amount } else { 0 };
    let impact = Impact { cash: amount, outbound_pending, ..Impact::default() };
    let transaction = book(tx, &movement, amount, impact, true)?;
    let code = call.params.path("returned_details.code").as_str().unwrap_or("declined").to_string();
    let set = r#"{
        "cancelable": false, "status": "returned", "status_transitions": {"returned_at": "@now"}
    }"#;
    transitions::set(tx, call, &mut movement, set);
    movement.set("returned_details", map! { "code": code, "transaction": transaction });
    Ok(tx.save(movement).into())
}

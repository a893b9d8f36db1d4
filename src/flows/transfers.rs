//! Money sent from one account to another: the transfer on this side, the payment on the other, and
//! what takes it back.
//!
//! ```text
//! transfer (tr_) ──▶ payment (py_) in the destination
//!     └─▶ reversal (trr_) ──▶ refund (pyr_) of that payment
//! ```
//!
//! Stripe's page: <https://docs.stripe.com/connect/separate-charges-and-transfers>.

use crate::crud;
use crate::domains::accounts;
use crate::flows::ledger::{self, Posting};
use crate::map;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Text, Value};
use std::rc::Rc;

/// What is to be sent.
pub struct Transfer<'a> {
    pub amount: i64,
    pub currency: &'a str,
    /// The account it goes to.
    pub destination: &'a str,
    pub description: Value,
    pub metadata: Value,
    pub group: Value,
    /// The charge whose money it is; without one, the account's available money.
    pub source: Option<&'a Map>,
    pub source_type: &'a str,
    /// What the platform keeps of it in the destination.
    pub fee: i64,
}

/// Whether an account takes transfers. Recorded: test mode does not wait until the checks are over.
pub fn may_receive(tx: &Tx<'_>, account: &Map) -> bool {
    account.str("id") == tx.platform()
        || has_one(account, &["transfers", "crypto_transfers", "legacy_payments"])
}

/// Whether one of those capabilities of an account is there, or about to be.
pub fn has_one(account: &Map, names: &[&str]) -> bool {
    names.iter().any(|name| {
        let status = account.path(&format!("capabilities.{name}"));
        matches!(status.as_str(), Some("active" | "pending"))
    })
}

fn new(tx: &mut Tx<'_>, object: &'static str) -> Map {
    let kind = Object::find(object).unwrap_or_else(|| panic!("{object} is a published type"));
    crud::new(tx, kind, &Map::new())
}

/// Sends money: the transfer, saved, with its payment in the destination.
pub fn send(tx: &mut Tx<'_>, sent: &Transfer<'_>) -> Rc<Map> {
    let mut transfer = new(tx, "transfer");
    if let Some(charge) = sent.source {
        let id = tx.family_id("transfer", charge.str("id"));
        transfer.set("id", id);
        transfer.set("source_transaction", charge.at("id").clone());
    }
    let id = transfer.str("id").to_string();
    let posting = Posting {
        description: sent.description.clone(),
        settle: Some(sent.currency),
        ..Posting::new(("transfer", "transfer"), (-sent.amount, sent.currency), &id)
    };
    let transaction = ledger::post(tx, &posting);
    let available_on = sent.source.map_or(tx.now(), |charge| available_on(tx, charge));
    let payment = receive(tx, sent, &id, available_on);
    transfer.set("amount", sent.amount);
    transfer.set("balance_transaction", transaction);
    transfer.set("currency", sent.currency.to_string());
    transfer.set("description", sent.description.clone());
    transfer.set("destination", sent.destination.to_string());
    transfer.set("destination_payment", payment);
    transfer.set("metadata", Map::new());
    crud::merge_metadata(&mut transfer, &sent.metadata);
    transfer.set("reversals", reversals(&id, Vec::new()));
    transfer.set("source_type", sent.source_type.to_string());
    transfer.set("transfer_group", sent.group.clone());
    tx.save(transfer)
}

/// What a charge came to: the amount and the currency of its balance transaction, where it has one.
pub fn settled(tx: &Tx<'_>, charge: &Map) -> (i64, String) {
    let transaction = charge.at("balance_transaction").as_id();
    let transaction = transaction.and_then(|id| tx.get("balance_transaction", id));
    let of = transaction.map_or(charge, |transaction| transaction);
    (of.int("amount"), of.str("currency").to_string())
}

/// When the money of a charge is available.
fn available_on(tx: &Tx<'_>, charge: &Map) -> i64 {
    let transaction = charge.at("balance_transaction").as_id();
    let transaction = transaction.and_then(|id| tx.get("balance_transaction", id));
    transaction.map_or(tx.now(), |transaction| transaction.int("available_on"))
}

fn reversals(transfer: &str, data: Vec<Value>) -> Map {
    map! {
        "object": "list",
        "has_more": false,
        "total_count": data.len() as i64,
        "url": format!("/v1/transfers/{transfer}/reversals"),
        "data": data,
    }
}

/// The payment in the destination: its id.
fn receive(tx: &mut Tx<'_>, sent: &Transfer<'_>, transfer: &str, available_on: i64) -> Text {
    let from = tx.account().clone();
    let source = face(tx, &from);
    let application = accounts::application(tx);
    tx.in_account(sent.destination, |tx| {
        let mut payment = new(tx, "charge");
        let id = Text::from(payment.str("id").replacen("ch_3", "py_1", 1));
        let posting = Posting {
            share: sent.fee,
            available_on,
            ..Posting::new(("payment", "charge"), (sent.amount, sent.currency), &id)
        };
        let transaction = ledger::post(tx, &posting);
        let receipt = tx.characters("receipt_url", 128);
        for (name, value) in map! {
            "id": id.clone(),
            "amount": sent.amount,
            "amount_captured": sent.amount,
            "application": application,
            "balance_transaction": transaction,
            "captured": true,
            "currency": sent.currency.to_string(),
            "outcome": Value::Null,
            "paid": true,
            "payment_method": Value::Null,
            "payment_method_details": map! {
                "stripe_account": Map::new(),
                "type": "stripe_account",
            },
            "receipt_url": format!("https://pay.stripe.com/receipts/payment/{receipt}"),
            "source": source,
            "source_transfer": transfer.to_string(),
            "status": "succeeded",
        } {
            payment.set(name, value);
        }
        tx.save(payment);
        id
    })
}

/// An account as the source of a payment shows it.
fn face(tx: &Tx<'_>, account: &Text) -> Map {
    let shown = accounts::get(tx, account);
    let profile = |name: &str| {
        let path = format!("business_profile.{name}");
        shown.as_ref().map_or(Value::Null, |account| account.path(&path).clone())
    };
    map! {
        "id": account.clone(),
        "object": "account",
        "application_icon": Value::Null,
        "application_logo": Value::Null,
        "application_name": profile("name"),
        "application_url": profile("url"),
    }
}

/// Takes back part or all of a transfer: the reversal, saved, with the refund of the payment in the
/// destination. The amount is the caller's to check.
pub fn reverse(
    tx: &mut Tx<'_>,
    mut transfer: Map,
    amount: i64,
    metadata: &Value,
    source_refund: Value,
) -> Rc<Map> {
    let id = transfer.str("id").to_string();
    let currency = transfer.str("currency").to_string();
    let mut reversal = new(tx, "transfer_reversal");
    let reversal_id = reversal.str("id").to_string();
    let destination = transfer.at("destination").as_id().unwrap_or("").to_string();
    let payment = transfer.at("destination_payment").as_id().unwrap_or("").to_string();
    let refund =
        tx.in_account(&destination, |tx| give_back(tx, &payment, amount, &currency, &reversal_id));
    let source = transfer.at("source_transaction").as_id().and_then(|id| tx.load("charge", id));
    let available_on = source.map_or(tx.now(), |charge| available_on(tx, &charge));
    let posting = Posting {
        description: Value::from("REFUND FOR TRANSFER"),
        available_on,
        settle: Some(&currency),
        ..Posting::new(("transfer_refund", "transfer_reversal"), (amount, &currency), &id)
    };
    let transaction = ledger::post(tx, &posting);
    for (name, value) in map! {
        "amount": amount,
        "balance_transaction": transaction,
        "currency": currency,
        "destination_payment_refund": refund,
        "source_refund": source_refund,
        "transfer": id.clone(),
    } {
        reversal.set(name, value);
    }
    crud::merge_metadata(&mut reversal, metadata);
    let reversal = tx.save(reversal);
    let reversed = transfer.int("amount_reversed") + amount;
    transfer.set("amount_reversed", reversed);
    transfer.set("reversed", reversed == transfer.int("amount"));
    let mut data = tx.all_where("transfer_reversal", "transfer", &id);
    data.reverse();
    transfer.set("reversals", reversals(&id, data.into_iter().map(Value::Map).collect()));
    tx.save(transfer);
    reversal
}

/// Refunds a payment that a transfer made: the refund's id; nothing where there is no such payment.
fn give_back(tx: &mut Tx<'_>, payment: &str, amount: i64, currency: &str, reversal: &str) -> Value {
    let Some(mut charge) = tx.load("charge", payment) else { return Value::Null };
    let mut refund = new(tx, "refund");
    let id = Text::from(refund.str("id").replacen("re_3", "pyr_1", 1));
    let description = match charge.at("description").as_str() {
        Some(description) => format!("REFUND FOR PAYMENT ({description})"),
        None => "REFUND FOR PAYMENT".to_string(),
    };
    let posting = Posting {
        description: description.into(),
        available_on: available_on(tx, &charge),
        ..Posting::new(("payment_refund", "refund"), (-amount, currency), &id)
    };
    let transaction = ledger::post(tx, &posting);
    for (name, value) in map! {
        "id": id.clone(),
        "amount": amount,
        "balance_transaction": transaction,
        "charge": payment.to_string(),
        "currency": currency.to_string(),
        "payment_intent": Value::Null,
        "reason": Value::Null,
        "source_transfer_reversal": reversal.to_string(),
        "status": "succeeded",
        "transfer_reversal": reversal.to_string(),
    } {
        refund.set(name, value);
    }
    tx.save(refund);
    let refunded = charge.int("amount_refunded") + amount;
    charge.set("amount_refunded", refunded);
    charge.set("refunded", refunded == charge.int("amount"));
    tx.save(charge);
    id.into()
}

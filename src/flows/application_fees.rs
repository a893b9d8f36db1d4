//! The platform's share of a connected account's payments, and giving it back.
//!
//! Stripe's page: <https://docs.stripe.com/connect/direct-charges#collect-fees>. A fee is an object
//! of the platform; what it was taken from is the connected account's.

use crate::crud;
use crate::domains::accounts;
use crate::flows::ledger::{self, Posting};
use crate::map;
use crate::money;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Text, Value};
use std::rc::Rc;

/// What a fee is taken from.
pub struct Taken<'a> {
    pub amount: i64,
    pub currency: &'a str,
    /// The charge in the connected account.
    pub charge: &'a str,
    /// The platform's own charge that the connected account's came of.
    pub originating: Value,
}

fn new(tx: &mut Tx<'_>, object: &'static str) -> Map {
    let kind = Object::find(object).unwrap_or_else(|| panic!("{object} is a published type"));
    crud::new(tx, kind, &Map::new())
}

/// Gives the platform its share of a payment in the account at hand: the fee's id. Taking it from
/// the account's own balance is the caller's.
pub fn collect(tx: &mut Tx<'_>, taken: &Taken<'_>) -> Text {
    let account = tx.account().clone();
    let application = accounts::application(tx);
    let platform = tx.platform();
    let name = accounts::get(tx, &platform).map_or(String::new(), |own| {
        own.path("business_profile.name").as_str().unwrap_or("").into()
    });
    tx.in_account(&platform, |tx| {
        let mut fee = new(tx, "application_fee");
        let id = Text::from(fee.str("id").to_string());
        let description =
            format!("Application fee from application {name} for {account} ({account})");
        let kind = ("application_fee", "platform_earning");
        let posting = Posting {
            description: description.into(),
            available_on: ledger::available_on(tx),
            ..Posting::new(kind, (taken.amount, taken.currency), &id)
        };
        let transaction = ledger::post(tx, &posting);
        for (name, value) in map! {
            "account": account.clone(),
            "amount": taken.amount,
            "amount_refunded": 0,
            "application": application,
            "balance_transaction": transaction,
            "charge": taken.charge.to_string(),
            "currency": taken.currency.to_string(),
            "fee_source": map! { "charge": taken.charge.to_string(), "type": "charge" },
            "originating_transaction": taken.originating.clone(),
            "refunded": false,
            "refunds": refunds(&id, Vec::new()),
        } {
            fee.set(name, value);
        }
        tx.save(fee);
        id
    })
}

fn refunds(fee: &str, data: Vec<Value>) -> Map {
    map! {
        "object": "list",
        "has_more": false,
        "total_count": data.len() as i64,
        "url": format!("/v1/application_fees/{fee}/refunds"),
        "data": data,
    }
}

/// Gives part or all of a fee back to the account it was taken from: the refund of the fee, saved.
/// The amount is the caller's to check.
pub fn refund(tx: &mut Tx<'_>, mut fee: Map, amount: i64, metadata: &Value) -> Rc<Map> {
    let id = fee.str("id").to_string();
    let currency = fee.str("currency").to_string();
    let account = fee.at("account").as_id().unwrap_or("").to_string();
    let mut refund = new(tx, "fee_refund");
    let kind = ("application_fee_refund", "platform_earning_refund");
    let posting = |amount, available_on| Posting {
        description: Value::from("REFUND FOR APPLICATION FEE"),
        available_on,
        ..Posting::new(kind, (amount, &currency), &id)
    };
    let own = fee.at("balance_transaction").as_id();
    let own = own.and_then(|own| tx.get("balance_transaction", own));
    let available_on = own.map_or(tx.now(), |own| own.int("available_on"));
    let transaction = ledger::post(tx, &posting(-amount, available_on));
    tx.in_account(&account, |tx| ledger::post(tx, &posting(amount, available_on)));
    // Recorded: it is told in the currency of the payment that the fee was taken from.
    let payment = fee.at("charge").as_id().and_then(|id| tx.get_in(&account, "charge", id));
    let told = payment.map_or(&currency[..], |payment| payment.str("currency")).to_string();
    for (name, value) in map! {
        "amount": money::convert(amount, &currency, &told),
        "balance_transaction": transaction,
        "currency": told,
        "fee": id.clone(),
    } {
        refund.set(name, value);
    }
    crud::merge_metadata(&mut refund, metadata);
    let refund = tx.save(refund);
    let refunded = fee.int("amount_refunded") + amount;
    fee.set("amount_refunded", refunded);
    fee.set("refunded", refunded == fee.int("amount"));
    let mut data = tx.all_where("fee_refund", "fee", &id);
    data.reverse();
    fee.set("refunds", refunds(&id, data.into_iter().map(Value::Map).collect()));
    tx.save(fee);
    refund
}

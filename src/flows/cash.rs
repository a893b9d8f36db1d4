//! Customers' cash balances: what came in by bank transfer, and the payments it is for.
//!
//! Money that comes in pays the intents that wait for it, the oldest first, unless the customer's
//! balance is reconciled by hand. Every movement is a transaction of its own.
//!
//! Stripe's pages: <https://docs.stripe.com/payments/customer-balance>,
//! <https://docs.stripe.com/payments/customer-balance/reconciliation>.

use crate::flows::{self, charging};
use crate::map;
use crate::store::Tx;
use crate::value::{Map, Text, Value};
use std::rc::Rc;

/// It is kept under the customer's id, and has none of its own.
pub const KIND: &str = "cash_balance";

const TRANSACTION: &str = "customer_cash_balance_transaction";

/// The cash balance of a customer, who has one from the beginning.
pub fn load(tx: &Tx<'_>, customer: &str) -> Map {
    tx.load(KIND, customer).unwrap_or_else(|| {
        map! {
            "id": customer.to_string(),
            "object": KIND,
            "available": Value::Null,
            "customer": customer.to_string(),
            "customer_account": Value::Null,
            "livemode": false,
            "settings": map! {
                "reconciliation_mode": "automatic",
                "using_merchant_default": true,
            },
        }
    })
}

/// What a customer has in a currency.
pub fn available(tx: &Tx<'_>, customer: &str, currency: &str) -> i64 {
    tx.get(KIND, customer)
        .and_then(|own| own.path("available").as_map())
        .map_or(0, |own| own.int(currency))
}

pub fn is_automatic(tx: &Tx<'_>, customer: &str) -> bool {
    let mode = tx.get(KIND, customer).map(|own| own.path("settings.reconciliation_mode"));
    mode.and_then(Value::as_str) != Some("manual")
}

/// Moves money in (or out, where it is negative), and writes down why: the type of the transaction
/// and what it shows under that name.
pub fn enter(
    tx: &mut Tx<'_>,
    (customer, currency): (&str, &str),
    amount: i64,
    kind: &'static str,
    about: Map,
) -> Rc<Map> {
    let mut balance = load(tx, customer);
    let own = balance.map_mut("available");
    let ending = own.int(currency).saturating_add(amount);
    own.push(Text::from(currency.to_string()), ending);
    tx.save(balance);
    let mut transaction = flows::fresh(tx, TRANSACTION);
    transaction.set("currency", currency.to_string());
    transaction.set("customer", customer.to_string());
    transaction.set("ending_balance", ending);
    transaction.set("net_amount", amount);
    transaction.set("type", kind);
    if !about.is_empty() {
        transaction.set(kind, about);
    }
    tx.save(transaction)
}

/// Pays what waits for money with what there is, the oldest first; what is left is announced.
pub fn reconcile(tx: &mut Tx<'_>, customer: &str, currency: &str) {
    if is_automatic(tx, customer) {
        for intent in tx.all_where("payment_intent", "customer", customer) {
            let left = available(tx, customer, currency);
            if 0 < left && intent.str("currency") == currency && remaining(&intent).is_some() {
                charging::fund(tx, Map::clone(&intent), left);
            }
        }
    }
    if 0 < available(tx, customer, currency) {
        let mut balance = load(tx, customer);
        balance.remove("id");
        tx.announce("cash_balance.funds_available", Rc::new(balance));
    }
}

/// What an intent still waits for, where it waits for a bank transfer.
pub fn remaining(intent: &Map) -> Option<i64> {
    let waits = intent.str("status") == "requires_action";
    let path = "next_action.display_bank_transfer_instructions.amount_remaining";
    intent.path(path).as_int().filter(|_| waits)
}

/// What an intent has taken from its customer's balance and not used yet.
fn taken(intent: &Map) -> i64 {
    remaining(intent).map_or(0, |left| intent.int("amount") - left)
}

/// Gives back to the customer's balance what an intent took and will not use.
pub fn give_back(tx: &mut Tx<'_>, intent: &Map) {
    let (taken, customer) = (taken(intent), intent.at("customer").as_id());
    if let (1.., Some(customer)) = (taken, customer) {
        let about = map! { "payment_intent": intent.at("id").clone() };
        let whose = (customer, intent.str("currency"));
        enter(tx, whose, taken, "unapplied_from_payment", about);
    }
}

/// What a transaction shows of the transfer that brought the money.
pub fn funded(currency: &str, reference: &Value) -> Map {
    let null = || Value::Null;
    let (name, sender) = match currency {
        "eur" => (
            "eu_bank_transfer",
            map! { "bic": null(), "iban_last4": null(), "sender_name": null() },
        ),
        "gbp" => (
            "gb_bank_transfer",
            map! { "account_number_last4": null(), "sender_name": null(), "sort_code": null() },
        ),
        "jpy" => (
            "jp_bank_transfer",
            map! { "sender_bank": null(), "sender_branch": null(), "sender_name": null() },
        ),
        "mxn" => ("mx_bank_transfer", Map::new()),
        _ => ("us_bank_transfer", map! { "network": "ach", "sender_name": null() }),
    };
    let mut transfer = map! { "reference": reference.clone(), "type": name };
    if !sender.is_empty() {
        transfer.set(name, sender);
    }
    map! { "bank_transfer": transfer }
}

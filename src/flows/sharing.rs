//! Sharing a payment between the platform and a connected account, once its money is there, and when
//! it is given back.
//!
//! | | direct charge | destination charge |
//! | --- | --- | --- |
//! | the charge is | the connected account's | the platform's |
//! | the connected account gets | what is left after both fees | a transfer, less the application fee |
//! | the platform gets | the application fee | what was not sent on, and the application fee |
//!
//! Stripe's pages: <https://docs.stripe.com/connect/direct-charges>,
//! <https://docs.stripe.com/connect/destination-charges>.

use crate::domains::accounts;
use crate::errors::{Error, Outcome};
use crate::flows::application_fees::{self, Taken};
use crate::flows::transfers::{self, Transfer};
use crate::money;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// Shares a charge whose money has come: it is saved, and shows its transfer and its application fee.
pub fn share(tx: &mut Tx<'_>, charge: &Rc<Map>, amount: i64) -> Rc<Map> {
    let destination = charge.at("destination").as_id();
    if let Some(destination) = destination.filter(|id| accounts::exists(tx, id)) {
        let destination = destination.to_string();
        return send_on(tx, charge, amount, &destination);
    }
    let fee = charge.int("application_fee_amount").min(amount);
    if 0 < fee && tx.is_connected() && charge.at("application_fee").is_null() {
        return take_fee(tx, charge, fee);
    }
    charge.clone()
}

/// Refuses a payment that cannot be shared as its parameters say.
pub fn check(tx: &Tx<'_>, params: &Map) -> Outcome<()> {
    if !tx.validates() {
        return Ok(());
    }
    let has_fee = !params.at("application_fee_amount").is_null();
    if has_fee && !params.path("transfer_data.amount").is_null() {
        return Err(Error::mutually_exclusive(&[
            "application_fee_amount",
            "transfer_data[amount]",
        ]));
    }
    let named = |path: &str| params.path(path).as_id().and_then(|id| accounts::get(tx, id));
    if let Some(merchant) = named("on_behalf_of")
        && merchant.str("id") != tx.platform()
        && merchant.str("type") != "standard"
        && !transfers::has_one(&merchant, &["card_payments", "legacy_payments"])
    {
        return Err(Error::merchant_cannot_charge());
    }
    match named("transfer_data.destination") {
        Some(destination) if !transfers::may_receive(tx, &destination) => {
            Err(Error::destination_cannot_receive())
        }
        _ => Ok(()),
    }
}

/// Writes into a new charge whose it is, and where its money goes on to.
pub fn mark(tx: &Tx<'_>, charge: &mut Map) {
    if tx.is_connected() {
        charge.set("application", accounts::application(tx));
    }
    let Some(destination) = charge.path("transfer_data.destination").as_id() else { return };
    let destination = destination.to_string();
    let about = charge.at("payment_intent").as_id().unwrap_or(charge.str("id")).to_string();
    if charge.at("transfer_group").is_null() {
        charge.set("transfer_group", format!("group_{about}"));
    }
    charge.set("destination", destination);
    let data = charge.map_mut("transfer_data");
    if !data.contains("amount") {
        data.set("amount", Value::Null);
    }
}

/// Sends a destination charge's money on.
fn send_on(tx: &mut Tx<'_>, charge: &Rc<Map>, amount: i64, destination: &str) -> Rc<Map> {
    if !charge.at("transfer").is_null() {
        return charge.clone();
    }
    let mut charge = Map::clone(charge);
    let fee = charge.int("application_fee_amount").min(amount);
    let sent = charge.path("transfer_data.amount").as_int().unwrap_or(amount).min(amount);
    let group = charge.at("transfer_group").clone();
    let currency = charge.str("currency").to_string();
    // What is sent on is what the charge came to in the currency it settled in.
    let (settled, settle) = transfers::settled(tx, &charge);
    let sent = if sent == amount { settled } else { money::convert(sent, &currency, &settle) };
    let share = money::convert(fee, &currency, &settle);
    let transfer = transfers::send(
        tx,
        &Transfer {
            amount: sent,
            currency: &settle,
            destination,
            description: Value::Null,
            metadata: Map::new().into(),
            group,
            source: Some(&charge),
            source_type: "card",
            fee: share,
        },
    );
    if 0 < fee {
        let payment = transfer.str("destination_payment").to_string();
        let originating = charge.at("id").clone();
        let id = tx.in_account(destination, |tx| {
            let taken = Taken { amount: fee, currency: &currency, charge: &payment, originating };
            let id = application_fees::collect(tx, &taken);
            if let Some(mut payment) = tx.load("charge", &payment) {
                payment.set("application_fee", id.clone());
                payment.set("application_fee_amount", share);
                tx.save(payment);
            }
            id
        });
        charge.set("application_fee", id);
    }
    charge.set("transfer", transfer.at("id").clone());
    tx.save(charge)
}

/// Gives the platform its share of a direct charge.
fn take_fee(tx: &mut Tx<'_>, charge: &Rc<Map>, fee: i64) -> Rc<Map> {
    let mut charge = Map::clone(charge);
    let (id, currency) = (charge.str("id").to_string(), charge.str("currency").to_string());
    let taken = Taken { amount: fee, currency: &currency, charge: &id, originating: Value::Null };
    let fee = application_fees::collect(tx, &taken);
    charge.set("application_fee", fee);
    tx.save(charge)
}

/// What is asked of a refund about the share of others.
#[derive(Clone, Copy, Debug, Default)]
pub struct Returning {
    pub reverse_transfer: bool,
    pub refund_application_fee: bool,
}

/// Gets back what of a refunded charge was shared, in proportion: the id of the transfer's reversal.
pub fn take_back(
    tx: &mut Tx<'_>,
    charge: &Map,
    refund: &str,
    amount: i64,
    returning: Returning,
) -> Value {
    let whole = charge.int("amount").max(1);
    let mut reversal = Value::Null;
    if returning.reverse_transfer {
        let transfer = charge.at("transfer").as_id().and_then(|id| tx.load("transfer", id));
        if let Some(transfer) = transfer {
            let left = transfer.int("amount") - transfer.int("amount_reversed");
            let part = money::portion(transfer.int("amount"), amount, whole).min(left);
            if 0 < part {
                let metadata = Map::new().into();
                let source = Value::from(refund.to_string());
                let made = transfers::reverse(tx, transfer, part, &metadata, source);
                reversal = made.at("id").clone();
            }
        }
    }
    if returning.refund_application_fee {
        give_back(tx, charge.at("application_fee").as_id(), amount, whole);
    }
    reversal
}

/// Gives back of an application fee as much as `amount` is of the `whole` it was taken from.
pub fn give_back(tx: &mut Tx<'_>, fee: Option<&str>, amount: i64, whole: i64) {
    let platform = tx.platform();
    tx.in_account(&platform, |tx| {
        let Some(fee) = fee.and_then(|fee| tx.load("application_fee", fee)) else { return };
        let left = fee.int("amount") - fee.int("amount_refunded");
        let part = money::portion(fee.int("amount"), amount, whole.max(1)).min(left);
        if 0 < part {
            application_fees::refund(tx, fee, part, &Map::new().into());
        }
    });
}

//! Transfers between the platform and its connected accounts, and their reversals.
//!
//! Stripe's pages: <https://docs.stripe.com/api/transfers>,
//! <https://docs.stripe.com/api/transfer_reversals>.
//! A transfer has no status:
//!
//! ```text
//! sent ──▶ partly reversed ──▶ reversed
//! ```

use crate::call::{Body, Call};
use crate::crud;
use crate::domains::accounts;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::ledger;
use crate::flows::sharing;
use crate::flows::transfers::{self, Transfer};
use crate::money;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("POST /v1/transfers", create),
    ("POST /v1/transfers/{id}/reversals", create_reversal),
    ("POST /v1/transfers/{id}/reversals/{id}", update_reversal),
];

pub static EVENTS: Rules = &[
    ("transfer.created", When::Created),
    ("transfer.reversed", When::Rose("amount_reversed")),
    ("transfer.updated", When::Otherwise(&["description", "metadata"])),
];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let destination = params.str("destination");
    let Some(account) = accounts::get(tx, destination) else {
        return Err(Error::no_such_reference("destination", destination, "destination"));
    };
    if !transfers::may_receive(tx, &account) {
        return Err(Error::destination_cannot_receive());
    }
    let source = match params.at("source_transaction").as_id() {
        Some(id) => Some(
            tx.load("charge", id)
                .ok_or_else(|| Error::no_such_reference("charge", id, "source_transaction"))?,
        ),
        None => None,
    };
    let settled = source.as_ref().map(|charge| transfers::settled(tx, charge));
    let currency = match params.str("currency") {
        "" => settled.as_ref().map_or("", |(_, currency)| currency),
        currency => currency,
    };
    if let Some((_, settled)) = settled.as_ref().filter(|(_, settled)| settled != currency) {
        return Err(Error::source_transaction_currency(settled, currency));
    }
    let left = source.as_ref().map(|charge| left_of(tx, charge));
    let amount = match (params.at("amount").as_int(), left) {
        (Some(amount), _) => amount,
        (None, Some(left)) => left,
        (None, None) => return Err(Error::parameter_missing("amount")),
    };
    if amount < 1 {
        return Err(Error::below_minimum("amount", 1));
    }
    // Recorded: a platform may debit an account below zero.
    let is_debit = tx.is_connected() && tx.platform() == destination;
    let limit = left.unwrap_or_else(|| ledger::available(tx, currency));
    if limit < amount && !is_debit {
        return Err(Error::insufficient_for_transfer());
    }
    let group = match (params.get("transfer_group"), &source) {
        (Some(group), _) => group.clone(),
        (None, Some(charge)) if charge.at("transfer_group").is_null() => {
            let about = charge.at("payment_intent").as_id().unwrap_or(charge.str("id"));
            Value::from(format!("group_{about}"))
        }
        (None, Some(charge)) => charge.at("transfer_group").clone(),
        (None, None) => Value::Null,
    };
    let sent = Transfer {
        amount,
        currency,
        destination,
        description: params.at("description").clone(),
        metadata: params.get("metadata").cloned().unwrap_or_else(|| Map::new().into()),
        group,
        source: source.as_ref(),
        source_type: match params.str("source_type") {
            "" => "card",
            source_type => source_type,
        },
        fee: 0,
    };
    Ok(transfers::send(tx, &sent).into())
}

/// What of a charge's money has not been sent on.
fn left_of(tx: &Tx<'_>, charge: &Map) -> i64 {
    let sent = tx.all("transfer");
    let of_it = sent
        .iter()
        .filter(|transfer| transfer.at("source_transaction").as_id() == Some(charge.str("id")));
    let sent: i64 = of_it.map(|transfer| transfer.int("amount")).sum();
    let (settled, currency) = transfers::settled(tx, charge);
    let refunded = money::convert(charge.int("amount_refunded"), charge.str("currency"), &currency);
    settled - refunded - sent
}

fn create_reversal(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let transfer = crud::load_kind(tx, "transfer", call.id(0))?;
    let left = transfer.int("amount") - transfer.int("amount_reversed");
    let amount = call.params.at("amount").as_int().unwrap_or(left);
    if left == 0 {
        return Err(Error::transfer_reversed(transfer.str("id")));
    }
    if amount < 1 {
        return Err(Error::below_minimum("amount", 1));
    }
    if left < amount {
        let show = |amount| money::format(amount, transfer.str("currency"));
        return Err(Error::reversal_too_large(&show(amount), &show(left)));
    }
    let empty = Map::new().into();
    let metadata = call.params.get("metadata").unwrap_or(&empty);
    if call.params.is_true("refund_application_fee") {
        give_back_fee(tx, &transfer, amount);
    }
    Ok(transfers::reverse(tx, transfer, amount, metadata, Value::Null).into())
}

/// Gives back the fee that was taken from what a transfer sent, in proportion.
fn give_back_fee(tx: &mut Tx<'_>, transfer: &Map, amount: i64) {
    let destination = transfer.at("destination").as_id().unwrap_or("");
    let payment = transfer.at("destination_payment").as_id().unwrap_or("");
    let payment = tx.get_in(destination, "charge", payment);
    let fee = payment.and_then(|payment| payment.at("application_fee").as_id());
    let fee = fee.map(str::to_string);
    sharing::give_back(tx, fee.as_deref(), amount, transfer.int("amount"));
}

fn update_reversal(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let Body::Json(updated) = crud::update(tx, call)? else {
        return Err(Error::not_implemented(call.operation().name()));
    };
    let mut transfer = crud::load_kind(tx, "transfer", call.id(0))?;
    let list = transfer.map_mut("reversals").get_mut("data");
    if let Some(Value::List(rows)) = list {
        let id = updated.as_id().unwrap_or("").to_string();
        rows.iter_mut().filter(|row| row.as_id() == Some(&id)).for_each(|row| {
            *row = updated.clone();
        });
        tx.save(transfer);
    }
    Ok(updated.into())
}

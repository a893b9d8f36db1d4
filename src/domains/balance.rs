//! The balance: what of the account's money is available, and what is pending.
//!
//! Stripe's page: <https://docs.stripe.com/api/balance>.

use crate::call::{Body, Call};
use crate::crud;
use crate::domains::accounts::external_accounts;
use crate::domains::payouts;
use crate::errors::Outcome;
use crate::flows::ledger;
use crate::map;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("GET /v1/balance", retrieve),
    ("GET /v1/balance/history", list_transactions),
    ("GET /v1/balance/history/{id}", retrieve_transaction),
];

fn retrieve(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut balance = ledger::balance(tx);
    let wanted = Value::from("instant_available.net_available");
    if call.params.at("expand").as_list().is_some_and(|paths| paths.contains(&wanted))
        && let Some(Value::List(rows)) = balance.get_mut("instant_available")
    {
        rows.iter_mut().filter_map(Value::as_map_mut).for_each(|row| show_net(tx, row));
    }
    Ok(balance.into())
}

/// Shows what of an amount arrives where it can be paid out instantly, after the fee.
fn show_net(tx: &Tx<'_>, row: &mut Map) {
    let externals = external_accounts::all(tx, tx.account());
    let reachable = externals.iter().filter(|external| {
        let methods = external.at("available_payout_methods").as_list().unwrap_or(&[]);
        external.at("currency") == row.at("currency") && methods.contains(&Value::from("instant"))
    });
    let net = reachable.map(|external| {
        let amount =
            row.int("amount").saturating_mul(1000) / (1000 + payouts::instant_rate(external));
        Value::from(map! {
            "amount": amount,
            "destination": external.at("id").clone(),
            "source_types": map! { "card": amount },
        })
    });
    let net: Vec<Value> = net.collect();
    row.set("net_available", net);
}

/// An old name of the list of balance transactions.
fn list_transactions(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    crud::list(tx, call)
}

fn retrieve_transaction(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    crud::retrieve(tx, call)
}

/// Does what was scheduled for the balance.
pub fn run(tx: &mut Tx<'_>, action: &str) {
    match action {
        "balance.announce" => ledger::announce_available(tx),
        other => panic!("{other} is nothing a balance does later"),
    }
}

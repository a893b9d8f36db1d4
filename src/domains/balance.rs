//! The balance: what of the account's money is available, and what is pending.
//!
//! Stripe's page: <https://docs.stripe.com/api/balance>.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::Outcome;
use crate::flows::ledger;
use crate::route::Routes;
use crate::store::Tx;

pub static ROUTES: Routes = &[
    ("GET /v1/balance", retrieve),
    ("GET /v1/balance/history", list_transactions),
    ("GET /v1/balance/history/{id}", retrieve_transaction),
];

fn retrieve(tx: &mut Tx<'_>, _call: &Call) -> Outcome<Body> {
    Ok(ledger::balance(tx).into())
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

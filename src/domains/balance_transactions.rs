//! Balance transactions: every movement of money of an account, written by the flows that move it.
//!
//! ```text
//! pending ──▶ available
//! ```
//!
//! Stripe's page: <https://docs.stripe.com/api/balance_transactions>.

use crate::call::{Body, Call};
use crate::crud;
use crate::domains::payouts;
use crate::errors::Outcome;
use crate::flows::ledger;
use crate::route::Routes;
use crate::store::Tx;

pub static ROUTES: Routes = &[("GET /v1/balance_transactions", list)];

/// `payout` names an automatic payout and lists what it paid out. A type that is none lists nothing.
fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let Some(payout) = call.params.at("payout").as_str() else { return crud::list(tx, call) };
    let contents = payouts::contents(tx, payout)?;
    crud::list_where(tx, call, contents)
}

/// Does what was scheduled for a balance transaction.
pub fn run(tx: &mut Tx<'_>, action: &str, id: &str) {
    match action {
        "balance_transaction.release" => ledger::release(tx, id),
        other => panic!("{other} is nothing a balance transaction does later"),
    }
}

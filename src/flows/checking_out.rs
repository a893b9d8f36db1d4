//! Checkout sessions whose payment is decided after the customer has gone: debits, vouchers,
//! transfers, and what was only reserved.
//!
//! Stripe's page: <https://docs.stripe.com/payments/checkout/fulfillment>.

use crate::store::Tx;
use crate::value::Map;

const SESSION: &str = "checkout.session";

/// Takes in what became of a payment intent: the session it belongs to is paid, or never will be.
pub fn take_in(tx: &mut Tx<'_>, intent: &Map) {
    let sessions = tx.all_where(SESSION, "payment_intent", intent.str("id"));
    let Some(session) = sessions.into_iter().next() else { return };
    if session.str("status") != "complete" || session.str("payment_status") != "unpaid" {
        return;
    }
    if intent.str("status") != "succeeded" {
        tx.announce("checkout.session.async_payment_failed", session);
        return;
    }
    let mut session = Map::clone(&session);
    session.set("payment_status", "paid");
    let session = tx.save(session);
    // What was reserved had been paid as far as the customer is concerned.
    if intent.str("capture_method") != "manual" {
        tx.announce("checkout.session.async_payment_succeeded", session);
    }
}

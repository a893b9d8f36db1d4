//! Checkout sessions whose payment is decided after the customer has gone: debits, vouchers,
//! transfers, and what was only reserved.
//!
//! Stripe's page: <https://docs.stripe.com/payments/checkout/fulfillment>.

use crate::store::Tx;
use crate::value::Map;
use std::rc::Rc;

const SESSION: &str = "checkout.session";

/// Takes in what became of a payment intent: the session it belongs to is paid, or never will be.
pub fn take_in(tx: &mut Tx<'_>, intent: &Map) {
    let Some(session) = session_of(tx, intent.str("id")) else { return };
    if session.str("status") != "complete" || session.str("payment_status") != "unpaid" {
        return;
    }
    if intent.str("status") != "succeeded" {
        let invoice = session.at("invoice").as_id().and_then(|id| tx.get("invoice", id));
        // The session tells of the first payment; what is tried again is the subscription's.
        if invoice.is_some_and(|invoice| 0 < invoice.int("attempt_count")) {
            return;
        }
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

/// The session that an intent pays: itself, or the first invoice of what is subscribed to.
fn session_of(tx: &Tx<'_>, intent: &str) -> Option<Rc<Map>> {
    let own = tx.all_where(SESSION, "payment_intent", intent);
    if let Some(session) = own.into_iter().next() {
        return Some(session);
    }
    let payment = tx.all_where("invoice_payment", "payment.payment_intent", intent);
    let invoice = payment.first()?.at("invoice").as_id()?;
    tx.all_where(SESSION, "invoice", invoice).into_iter().next()
}

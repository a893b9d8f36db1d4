//! Reviews: payments of an elevated risk that somebody should look at.
//!
//! Stripe's pages: <https://docs.stripe.com/radar/reviews>,
//! <https://docs.stripe.com/api/radar/reviews>.

use crate::flows;
use crate::flows::payment_methods;
use crate::flows::test_values::cards::Risk;
use crate::store::Tx;
use crate::value::{Map, Value};

/// Puts a charge in the review queue where its card is of elevated risk. Gives the review's id, or
/// null.
pub fn follow(tx: &mut Tx<'_>, charge: &Map, method: &Map) -> Value {
    if payment_methods::test_card(method).risk != Risk::Elevated || method.at("card").is_null() {
        return Value::Null;
    }
    let Some(mut charge) = tx.load("charge", charge.str("id")) else { return Value::Null };
    let mut review = flows::fresh(tx, "review");
    let id = review.at("id").clone();
    review.set("charge", charge.at("id").clone());
    review.set("payment_intent", charge.at("payment_intent").clone());
    let zip = charge.path("billing_details.address.postal_code").clone();
    review.set("billing_zip", zip);
    charge.set("review", id.clone());
    tx.save(charge);
    tx.save(review);
    id
}

/// Closes the review of a charge, where it has one that is open.
pub fn close(tx: &mut Tx<'_>, charge: &Map, reason: &'static str) {
    let review = charge.at("review").as_id().and_then(|id| tx.load("review", id));
    let Some(mut review) = review.filter(|review| review.is_true("open")) else { return };
    review.set("closed_reason", reason);
    review.set("open", false);
    review.set("reason", reason);
    tx.save(review);
}

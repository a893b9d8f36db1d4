//! Application fees and their refunds.
//!
//! Stripe's pages: <https://docs.stripe.com/api/application_fees>,
//! <https://docs.stripe.com/api/fee_refunds>. Fees come of payments: see
//! [`crate::flows::application_fees`].

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::application_fees;
use crate::money;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::Map;

pub static ROUTES: Routes = &[("POST /v1/application_fees/{id}/refunds", create_refund)];

pub static EVENTS: Rules = &[
    ("application_fee.created", When::Created),
    ("application_fee.refunded", When::Rose("amount_refunded")),
];

pub static REFUND_EVENTS: Rules = &[("application_fee.refund.updated", When::Updated)];

fn create_refund(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let fee = crud::load_kind(tx, "application_fee", call.id(0))?;
    let left = fee.int("amount") - fee.int("amount_refunded");
    if left == 0 {
        return Err(Error::fee_refunded(fee.str("id")));
    }
    let amount = call.params.at("amount").as_int().unwrap_or(left);
    if amount < 1 {
        return Err(Error::below_minimum("amount", 1));
    }
    if left < amount {
        let show = |amount| money::format(amount, fee.str("currency"));
        return Err(Error::fee_refund_too_large(&show(amount), &show(left)));
    }
    let empty = Map::new().into();
    let metadata = call.params.get("metadata").unwrap_or(&empty);
    Ok(application_fees::refund(tx, fee, amount, metadata).into())
}

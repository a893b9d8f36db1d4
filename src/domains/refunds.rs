//! Refunds: money given back for a charge.
//!
//! ```text
//! pending ──▶ succeeded ──▶ failed
//!    └──────▶ canceled
//! ```
//!
//! Stripe's page: <https://docs.stripe.com/api/refunds>.

use crate::call::{Body, Call};
use crate::crud;
use crate::domains::charges;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::refunding::{self, Request};
use crate::flows::sharing::Returning;
use crate::route::Routes;
use crate::store::Tx;

pub static ROUTES: Routes = &[
    ("POST /v1/refunds", create),
    ("POST /v1/refunds/{id}", update),
    ("POST /v1/refunds/{id}/cancel", cancel),
];

pub static EVENTS: Rules = &[
    ("refund.created", When::Created),
    ("refund.failed", When::Became("status", "failed")),
    ("refund.updated", When::Updated),
    ("charge.refund.updated", When::Updated),
];

/// The reasons a request may give.
const REASONS: &[&str] = &["duplicate", "fraudulent", "requested_by_customer"];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    if let Some(reason) = params.at("reason").as_str().filter(|reason| !reason.is_empty())
        && !REASONS.contains(&reason)
    {
        return Err(Error::invalid_choice("reason", REASONS));
    }
    let charge = charges::to_refund(tx, params)?;
    let request = Request {
        amount: params.at("amount").as_int(),
        reason: params.at("reason").clone(),
        metadata: params.at("metadata").clone(),
        returning: Returning {
            reverse_transfer: params.is_true("reverse_transfer"),
            refund_application_fee: params.is_true("refund_application_fee"),
        },
    };
    let refund = refunding::refund(tx, charge.str("id"), &request)?;
    // The oldest way to refund answers the charge.
    if call.path.ends_with("/refund") {
        return crud::load_kind(tx, "charge", charge.str("id")).map(Into::into);
    }
    Ok(refund.into())
}

/// Nothing but the metadata can change.
fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut refund = crud::load(tx, call)?;
    if let Some(metadata) = call.params.get("metadata") {
        crud::merge_metadata(&mut refund, metadata);
    }
    Ok(tx.save(refund).into())
}

fn cancel(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut refund = crud::load(tx, call)?;
    if refund.str("status") != "requires_action" {
        return Err(Error::refund_not_cancelable());
    }
    refund.set("failure_reason", "merchant_request");
    refund.set("status", "canceled");
    Ok(tx.save(refund).into())
}

/// Does what was scheduled for a refund.
pub fn run(tx: &mut Tx<'_>, action: &str, id: &str) {
    match action {
        "refund.succeed" => refunding::succeed(tx, id),
        "refund.fail" => refunding::fail(tx, id, ""),
        other => panic!("{other} is nothing a refund does later"),
    }
}

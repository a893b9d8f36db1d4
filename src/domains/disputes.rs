//! Disputes: a card's holder wants the money back.
//!
//! ```text
//! needs_response ──evidence──▶ under_review ──▶ won, lost
//!       ▲      └───close──▶ lost
//!       │ escalated
//! warning_needs_response ──evidence──▶ warning_under_review ──▶ warning_closed
//!
//! prevented: over before it began
//! ```
//!
//! Stripe's page: <https://docs.stripe.com/api/disputes>.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::disputing;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::Value;

pub static ROUTES: Routes =
    &[("POST /v1/disputes/{id}", update), ("POST /v1/disputes/{id}/close", close)];

pub static EVENTS: Rules = &[
    ("charge.dispute.created", When::Created),
    // An inquiry becomes a chargeback.
    ("charge.dispute.updated", When::Changed("payment_method_details")),
    ("charge.dispute.funds_withdrawn", When::WasSet("balance_transaction")),
    ("charge.dispute.funds_reinstated", When::Became("status", "won")),
    ("charge.dispute.closed", When::Became("status", "won")),
    ("charge.dispute.closed", When::Became("status", "lost")),
    ("charge.dispute.closed", When::Became("status", "warning_closed")),
    ("charge.dispute.closed", When::Became("status", "prevented")),
    ("charge.dispute.updated", When::Otherwise(&["evidence", "metadata", "status"])),
];

/// Evidence is sent to the bank unless `submit` is false.
fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut dispute = crud::load(tx, call)?;
    if disputing::is_closed(&dispute) {
        return Err(Error::dispute_closed());
    }
    let shape = Object::find("dispute").expect("disputes are a published type").shape();
    crud::apply(tx, shape, &mut dispute, &call.params, "")?;
    if !call.params.at("evidence").is_null() {
        dispute.map_mut("evidence_details").set("has_evidence", true);
    } else if !call.params.is_true("submit") {
        return Ok(tx.save(dispute).into());
    }
    if call.params.at("submit") == &Value::Bool(false) {
        return Ok(tx.save(dispute).into());
    }
    Ok(disputing::submit(tx, dispute).into())
}

/// Accepts the dispute as lost.
fn close(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut dispute = crud::load(tx, call)?;
    if disputing::is_closed(&dispute) {
        return Err(Error::dispute_closed());
    }
    let is_inquiry = dispute.str("status").starts_with("warning_");
    dispute.set("status", if is_inquiry { "warning_closed" } else { "lost" });
    Ok(tx.save(dispute).into())
}

/// Does what was scheduled for a dispute.
pub fn run(tx: &mut Tx<'_>, action: &str, id: &str) {
    match action {
        "dispute.lapse" => disputing::lapse(tx, id),
        "dispute.decide" => disputing::decide(tx, id),
        other => panic!("{other} is nothing a dispute does later"),
    }
}

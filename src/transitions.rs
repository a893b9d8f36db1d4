//! Verbs that only set fields the tables know: from which statuses they are allowed, and what
//! they set.
//!
//! The day a verb does more, its family earns a file under `domains/`.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::schema::Operation;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// A verb that sets fields.
#[derive(Clone, Copy, Debug)]
pub struct Transition {
    /// Method and URL as documented, `{id}` for every path parameter; the last id is the object's.
    pub url: &'static str,
    /// The statuses it is allowed from; with none, any.
    pub from: &'static [&'static str],
    /// A JSON object laid over the object: hashes merge. "@now" is the time, in the form the
    /// field's version of the API has.
    pub set: &'static str,
}

/// The verb of an operation, where it is one of these.
pub fn find(operation: Operation) -> Option<&'static Transition> {
    // Every row's URL has something after an id.
    if !operation.path().contains("{id}/") {
        return None;
    }
    TRANSITIONS.iter().find(|row| operation.is_at(row.url))
}

/// Sets the fields, and whatever of the parameters names a field: what the request says wins.
pub fn run(tx: &mut Tx<'_>, call: &Call, transition: &Transition) -> Outcome<Body> {
    let mut object = crud::load(tx, call)?;
    let status = object.str("status");
    if !transition.from.is_empty() && !transition.from.contains(&status) {
        let verb = transition.url.rsplit('/').next().unwrap_or("");
        let noun = crud::resource(crud::kind(call)).noun;
        return Err(Error::wrong_status(verb, noun, status, transition.from));
    }
    set(tx, call, &mut object, transition.set);
    crud::apply(tx, crud::kind(call).shape(), &mut object, &call.params, "")?;
    Ok(tx.save(object).into())
}

/// Lays what a verb sets (see [`Transition::set`]) over an object.
pub fn set(tx: &Tx<'_>, call: &Call, object: &mut Map, set: &str) {
    let set: Value = serde_json::from_slice(set.as_bytes()).expect("what a verb sets is JSON");
    if let Value::Map(set) = set {
        lay_over(tx, call.is_v2(), object, Rc::unwrap_or_clone(set));
    }
}

fn lay_over(tx: &Tx<'_>, is_v2: bool, object: &mut Map, set: Map) {
    for (name, value) in set {
        match value {
            Value::Map(set) => {
                let mut inner = object.at(&name).as_map().cloned().unwrap_or_default();
                lay_over(tx, is_v2, &mut inner, Rc::unwrap_or_clone(set));
                object.set(name, inner);
            }
            Value::Str(text) if text == "@now" => object.set(name, crud::now(tx, is_v2)),
            value => object.set(name, value),
        }
    }
}

const fn row(url: &'static str, from: &'static [&'static str], set: &'static str) -> Transition {
    Transition { url, from, set }
}

pub static TRANSITIONS: &[Transition] = &[
    row("POST /v1/billing/alerts/{id}/activate", &["active", "inactive"], r#"{"status":"active"}"#),
    row(
        "POST /v1/billing/alerts/{id}/archive",
        &["active", "inactive"],
        r#"{"status":"archived"}"#,
    ),
    row(
        "POST /v1/billing/alerts/{id}/deactivate",
        &["active", "inactive"],
        r#"{"status":"inactive"}"#,
    ),
    row(
        "POST /v1/billing/feedback_options/{id}/deactivate",
        &["active"],
        r#"{"status":"inactive","status_transitions":{"deactivated_at":"@now"}}"#,
    ),
    row(
        "POST /v1/billing/meters/{id}/deactivate",
        &["active"],
        r#"{"status":"inactive","status_transitions":{"deactivated_at":"@now"},"updated":"@now"}"#,
    ),
    row(
        "POST /v1/climate/orders/{id}/cancel",
        &["awaiting_funds", "confirmed", "open"],
        r#"{"cancellation_reason":"requested","canceled_at":"@now","status":"canceled"}"#,
    ),
    row(
        "POST /v1/financial_connections/accounts/{id}/disconnect",
        &["active", "inactive"],
        r#"{"status":"disconnected","subscriptions":[]}"#,
    ),
    row(
        "POST /v1/identity/verification_sessions/{id}/cancel",
        &["requires_input"],
        r#"{"client_secret":null,"status":"canceled","url":null}"#,
    ),
    row(
        "POST /v1/identity/verification_sessions/{id}/redact",
        &["canceled", "requires_input", "verified"],
        r#"{"redaction":{"status":"processing"}}"#,
    ),
    row(
        "POST /v1/invoice_rendering_templates/{id}/archive",
        &["active"],
        r#"{"status":"archived"}"#,
    ),
    row(
        "POST /v1/invoice_rendering_templates/{id}/unarchive",
        &["archived"],
        r#"{"status":"active"}"#,
    ),
    row("POST /v1/issuing/disputes/{id}/submit", &["unsubmitted"], r#"{"status":"submitted"}"#),
    row("POST /v1/payment_method_domains/{id}/validate", &[], r#"{}"#),
    row(
        "POST /v1/quotes/{id}/cancel",
        &["draft", "open"],
        r#"{"status":"canceled","status_transitions":{"canceled_at":"@now"}}"#,
    ),
    row(
        "POST /v1/reviews/{id}/approve",
        &[],
        r#"{"closed_reason":"approved","open":false,"reason":"approved"}"#,
    ),
    row("POST /v1/sources/{id}/verify", &["pending"], r#"{"status":"chargeable"}"#),
    row(
        "POST /v1/subscriptions/{id}/migrate",
        &[],
        r#"{"billing_mode":{"type":"flexible","updated_at":"@now"}}"#,
    ),
    row("POST /v1/terminal/readers/{id}/cancel_action", &[], r#"{"action":null}"#),
    row(
        "POST /v1/test_helpers/issuing/personalization_designs/{id}/activate",
        &[],
        r#"{"status":"active","rejection_reasons":{"card_logo":[],"carrier_text":[]}}"#,
    ),
    row(
        "POST /v1/test_helpers/issuing/personalization_designs/{id}/deactivate",
        &[],
        r#"{"status":"inactive"}"#,
    ),
    row(
        "POST /v1/test_helpers/issuing/personalization_designs/{id}/reject",
        &[],
        r#"{"status":"rejected"}"#,
    ),
    row(
        "POST /v1/test_helpers/refunds/{id}/expire",
        &["requires_action"],
        r#"{"failure_reason": "expired_or_canceled_card", "status": "failed"}"#,
    ),
    row(
        "POST /v1/three_d_secure/authentications/{id}/cancel",
        &["requires_challenge", "requires_submission"],
        r#"{"outcome":"canceled","status":"canceled"}"#,
    ),
    row(
        "POST /v1/three_d_secure/authentications/{id}/submit",
        &["requires_challenge", "requires_submission"],
        r#"{
            "outcome": "authenticated",
            "outcome_details": {
                "ares_trans_status": "Y", "eci": "05", "protocol_version": "2.2.0",
                "three_ds_server_transaction_id": "00000000-0000-4000-8000-000000000000"
            },
            "status": "succeeded"
        }"#,
    ),
    row("POST /v2/core/vault/gb_bank_accounts/{id}/archive", &[], r#"{"archived":true}"#),
    row("POST /v2/core/vault/gb_bank_accounts/{id}/unarchive", &[], r#"{"archived":false}"#),
    row("POST /v2/core/vault/us_bank_accounts/{id}/archive", &[], r#"{"archived":true}"#),
    row(
        "POST /v2/core/vault/us_bank_accounts/{id}/confirm_microdeposits",
        &[],
        r#"{"verification":{"status":"verified"}}"#,
    ),
    row(
        "POST /v2/core/vault/us_bank_accounts/{id}/send_microdeposits",
        &[],
        r#"{
            "verification": {
                "microdeposit_verification_details": {
                    "expires": "@now", "microdeposit_type": "amounts", "sent": "@now"
                },
                "status": "awaiting_verification"
            }
        }"#,
    ),
    row("POST /v2/core/vault/us_bank_accounts/{id}/unarchive", &[], r#"{"archived":false}"#),
    row(
        "POST /v2/money_management/outbound_payments/{id}/cancel",
        &["processing"],
        r#"{"cancelable":false,"status":"canceled","status_transitions":{"canceled_at":"@now"}}"#,
    ),
    row(
        "POST /v2/money_management/outbound_setup_intents/{id}/cancel",
        &["requires_action", "requires_payout_method"],
        r#"{"status":"canceled"}"#,
    ),
    row(
        "POST /v2/money_management/payout_intents/{id}/cancel",
        &["pending", "requires_action"],
        r#"{"status":"canceled","status_transitions":{"canceled_at":"@now"}}"#,
    ),
    row(
        "POST /v2/money_management/payout_intents/{id}/confirm",
        &["pending", "requires_action"],
        r#"{"status":"processing","status_transitions":{"processing_at":"@now"}}"#,
    ),
    row("POST /v2/money_management/payout_intents/{id}/refresh_fx_quote", &[], r#"{}"#),
    row(
        "POST /v2/money_management/payout_intents/{id}/refresh_recipient_verification",
        &[],
        r#"{}"#,
    ),
    row("POST /v2/money_management/payout_methods/{id}/archive", &[], r#"{"archived":true}"#),
    row("POST /v2/money_management/payout_methods/{id}/unarchive", &[], r#"{"archived":false}"#),
    row(
        "POST /v2/money_management/recipient_verifications/{id}/acknowledge",
        &["awaiting_acknowledgement"],
        r#"{"status":"acknowledged","status_transitions":{"acknowledged_at":"@now"}}"#,
    ),
    row("POST /v2/money_management/transactions/{id}/refresh_regulatory_receipt", &[], r#"{}"#),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Host, Method};
    use crate::schema::{self, Routed};

    #[test]
    fn every_row_is_a_published_operation_and_sets_json() {
        for row in TRANSITIONS {
            let (method, path) = row.url.split_once(' ').unwrap();
            assert_eq!(method, "POST", "{}", row.url);
            let path = path.replace("{id}", "x");
            let routed = schema::route(Method::Post, Host::Api, &path);
            assert!(matches!(routed, Routed::Found(..)), "{} is published", row.url);
            let set: Result<Value, _> = serde_json::from_str(row.set);
            assert!(matches!(set, Ok(Value::Map(_))), "{} sets an object", row.url);
        }
    }
}

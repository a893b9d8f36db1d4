//! Setup intents: a payment method made ready for later use, without a payment.
//!
//! ```text
//! create ──▶ requires_payment_method ──▶ requires_confirmation ──confirm──▶ succeeded
//!                      ▲                              │                        ▲
//!                      │                              └──▶ requires_action ────┘
//!                      └──────────── declined, not authenticated ───┘
//!
//! any but succeeded and canceled ──cancel──▶ canceled
//! ```
//!
//! Stripe's page: <https://docs.stripe.com/api/setup_intents>.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::charging::Confirmation;
use crate::flows::intents::Verification;
use crate::flows::{intents, payment_methods, setting_up};
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("POST /v1/setup_intents", create),
    ("POST /v1/setup_intents/{id}", update),
    ("POST /v1/setup_intents/{id}/confirm", confirm),
    ("POST /v1/setup_intents/{id}/cancel", cancel),
    ("POST /v1/setup_intents/{id}/verify_microdeposits", verify_microdeposits),
];

pub static EVENTS: Rules = &[
    ("setup_intent.created", When::Created),
    ("setup_intent.requires_action", When::Became("status", "requires_action")),
    ("setup_intent.setup_failed", When::Renewed("last_setup_error")),
    ("setup_intent.succeeded", When::Became("status", "succeeded")),
    ("setup_intent.canceled", When::Became("status", "canceled")),
];

/// Parameters that are no fields, or that do more than fill one.
const HANDLED: &[&str] = &[
    "automatic_payment_methods",
    "mandate",
    "payment_method",
    "payment_method_options",
    "payment_method_types",
];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &intents::with_token(tx, &call.params)?;
    if params.is_true("attach_to_self") && params.contains("customer") {
        return Err(Error::mutually_exclusive(&["attach_to_self", "customer"]));
    }
    intents::refuse_without_confirm(params, &["mandate_data", "return_url"], "SetupIntent")?;
    let mut intent = crud::draft_kind(tx, kind(), &without(params))?;
    intents::settle_types(tx, call, &mut intent);
    intents::merge_options(&mut intent, params);
    let method = payment_methods::given(tx, params)?;
    if let Some(method) = &method {
        intents::admit_owner(tx, &intent, method)?;
        intents::admit_type(&mut intent, method)?;
    }
    if params.is_true("confirm") {
        tx.save(intent.clone());
        return confirm_with(tx, params, intent, method);
    }
    if let Some(method) = method {
        intent.set("payment_method", method.at("id").clone());
        intent.set("status", "requires_confirmation");
    }
    Ok(tx.save(intent).into())
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let mut intent = crud::load(tx, call)?;
    let stored = Rc::new(intent.clone());
    let status = stored.str("status");
    let changes_method =
        params.contains("payment_method") || params.contains("payment_method_data");
    if changes_method && matches!(status, "succeeded" | "canceled" | "processing") {
        return Err(Error::cannot_update(&stored, "payment_method"));
    }
    if status == "canceled" {
        return Err(Error::cannot_update_canceled(&stored));
    }
    crud::apply(tx, kind().shape(), &mut intent, &without(params), "")?;
    intents::merge_options(&mut intent, params);
    if params.at("payment_method").is_empty_string() {
        intent.set("payment_method", Value::Null);
        intent.set("status", "requires_payment_method");
    } else if let Some(method) = payment_methods::given(tx, params)? {
        intents::admit_owner(tx, &intent, &method)?;
        intents::admit_type(&mut intent, &method)?;
        intent.set("last_setup_error", Value::Null);
        intent.set("next_action", Value::Null);
        intent.set("payment_method", method.at("id").clone());
        intent.set("status", "requires_confirmation");
    }
    Ok(tx.save(intent).into())
}

fn confirm(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &intents::with_token(tx, &call.params)?;
    let mut intent = crud::load(tx, call)?;
    let method = match payment_methods::given(tx, params)? {
        Some(method) => Some(method),
        None => intent.at("payment_method").as_id().and_then(|id| tx.load("payment_method", id)),
    };
    // Stripe looks for the payment method before it looks at the status.
    let Some(method) = method else {
        return Err(Error::missing_payment_method(&Rc::new(intent)));
    };
    if matches!(intent.str("status"), "succeeded" | "canceled" | "processing") {
        return Err(Error::cannot_confirm(&Rc::new(intent)));
    }
    intents::merge_options(&mut intent, params);
    intents::admit_owner(tx, &intent, &method)?;
    intents::admit_type(&mut intent, &method)?;
    confirm_with(tx, params, intent, Some(method))
}

fn cancel(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut intent = crud::load(tx, call)?;
    if matches!(intent.str("status"), "succeeded" | "canceled" | "processing") {
        return Err(Error::cannot_cancel(&Rc::new(intent)));
    }
    setting_up::leave_attempt(tx, &mut intent);
    intent.set("cancellation_reason", call.params.at("cancellation_reason").clone());
    intent.set("next_action", Value::Null);
    intent.set("status", "canceled");
    Ok(tx.save(intent).into())
}

fn verify_microdeposits(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let intent = crud::load(tx, call)?;
    let kind = intent.path("next_action.type").as_str();
    if kind != Some("verify_with_microdeposits") {
        return Err(Error::not_actionable(&Rc::new(intent)));
    }
    match intents::verify(tx, &intent, &call.params)? {
        Verification::Verified => setting_up::authenticate(tx, intent, true).map(Into::into),
        Verification::Failed(code) => Err(setting_up::abandon(tx, intent, code)),
    }
}

// Later.

/// Does what was scheduled for an intent.
pub fn run(tx: &mut Tx<'_>, action: &str, id: &str) {
    match action {
        setting_up::GIVE_UP_VERIFYING => setting_up::give_up_verifying(tx, id),
        other => panic!("{other} is nothing a setup intent does later"),
    }
}

// Helpers.

fn kind() -> Object {
    Object::find("setup_intent").expect("setup intents are a published type")
}

fn without(params: &Map) -> Map {
    let kept = params.iter().filter(|(name, _)| !HANDLED.contains(&name.as_ref()));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn confirm_with(tx: &mut Tx<'_>, params: &Map, intent: Map, method: Option<Map>) -> Outcome<Body> {
    let Some(method) = method else {
        return Err(Error::missing_payment_method(&Rc::new(intent)));
    };
    let return_url = params.at("return_url").as_str().filter(|url| !url.is_empty());
    let redirects = intent.path("automatic_payment_methods.allow_redirects").as_str();
    let uses_sdk = params.is_true("use_stripe_sdk");
    if redirects == Some("always") && return_url.is_none() && !uses_sdk {
        let stored = tx.get("setup_intent", intent.str("id")).cloned();
        return Err(Error::return_url_missing(&stored.unwrap_or_else(|| Rc::new(intent))));
    }
    intents::use_token(tx, params, &intent);
    let how = Confirmation {
        refuses_actions: params.is_true("error_on_requires_action"),
        return_url: return_url.filter(|_| !uses_sdk),
        params: Some(params),
        ..Confirmation::default()
    };
    setting_up::confirm(tx, intent, method, &how).map(Into::into)
}

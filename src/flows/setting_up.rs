//! Confirming setup intents: a payment method is made ready for later use.
//!
//! The intent's states are drawn at the head of `domains/setup_intents.rs`. Every confirmation is
//! an attempt that stays to be looked at.
//!
//! Stripe's page: <https://docs.stripe.com/payments/setup-intents>.

use crate::errors::{Error, Outcome};
use crate::flows;
use crate::flows::charging::Confirmation;
use crate::flows::intents::{self, Means};
use crate::flows::payment_methods::{self, Use};
use crate::flows::test_values::cards::Authentication;
use crate::map;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// Confirms a setup intent with a payment method. The domain has made sure that both go together.
pub fn confirm(
    tx: &mut Tx<'_>,
    mut intent: Map,
    mut method: Map,
    how: &Confirmation<'_>,
) -> Outcome<Rc<Map>> {
    if !how.is_authenticated {
        leave_attempt(tx, &mut intent);
    }
    intent.set("payment_method", method.at("id").clone());
    intent.set("last_setup_error", Value::Null);
    intent.set("next_action", Value::Null);
    let kind = method.str("type").to_string();
    if kind == "card"
        && let Some(decline) = payment_methods::refusal(tx, &method, Use::Saved)
    {
        payment_methods::check(&mut method);
        return Err(give_up(tx, intent, method, Error::card_declined(decline)));
    }
    let empty = Map::new();
    let params = how.params.unwrap_or(&empty);
    if intents::means(&kind) == Means::Debit {
        let is_given = !params.at("mandate_data").is_null() || !params.at("mandate").is_null();
        if !is_given && intent.at("mandate").is_null() {
            let stored = tx.get("setup_intent", intent.str("id")).cloned();
            return Err(Error::mandate_missing(&stored.unwrap_or_else(|| Rc::new(intent))));
        }
    }
    if let Some(mandate) = intents::mandate(tx, params, &method, None) {
        intent.set("mandate", mandate);
    }
    if !how.is_authenticated && needs_action(tx, &intent, &method) {
        if how.refuses_actions {
            let decline = &crate::flows::test_values::cards::AUTHENTICATION_NOT_HANDLED;
            return Err(give_up(tx, intent, method, Error::card_declined(decline)));
        }
        if intents::means(&kind) == Means::Debit {
            let at = intents::verifiable_until(tx, &method);
            tx.unschedule(GIVE_UP_VERIFYING, intent.str("id"));
            tx.schedule(at, GIVE_UP_VERIFYING, intent.str("id"));
        }
        let attempt = attempt(tx, &intent, &method, "requires_action", Value::Null);
        let action = intents::next_action(tx, &intent, &method, how.return_url);
        intent.set("latest_attempt", attempt);
        intent.set("next_action", action);
        intent.set("status", "requires_action");
        return Ok(tx.save(intent));
    }
    Ok(succeed(tx, intent, method))
}

/// Whether the customer has to do something first. Setting up a card asks for 3D Secure where a
/// payment on session would.
fn needs_action(tx: &Tx<'_>, intent: &Map, method: &Map) -> bool {
    let kind = method.str("type");
    match intents::means(kind) {
        Means::Card => {
            let requested = intent.path("payment_method_options.card.request_three_d_secure");
            let is_requested = matches!(requested.as_str(), Some("any" | "challenge"));
            let mandate = intent.path("payment_method_options.card.mandate_options");
            match payment_methods::test_card(method).authentication {
                Authentication::NotEnrolled
                | Authentication::NotSupported
                | Authentication::LookupFails => false,
                Authentication::Optional => is_requested,
                // Recorded: without the terms of a mandate nothing is asked.
                Authentication::Mandate(_) | Authentication::MandateThenDeclined(_) => {
                    is_requested || !mandate.is_null()
                }
                _ => true,
            }
        }
        Means::Debit => {
            matches!(kind, "us_bank_account" | "acss_debit")
                && !payment_methods::is_set_up(tx, method.str("id"))
        }
        Means::Redirect | Means::Voucher | Means::Transfer => true,
    }
}

fn succeed(tx: &mut Tx<'_>, mut intent: Map, mut method: Map) -> Rc<Map> {
    payment_methods::mark_set_up(tx, method.str("id"));
    payment_methods::check(&mut method);
    if method.str("type") == "card"
        && let Some(mandate) = intents::card_mandate(tx, &intent, &method)
    {
        intent.set("mandate", mandate);
    }
    let attempt = attempt(tx, &intent, &method, "succeeded", Value::Null);
    match intent.at("customer").as_id() {
        Some(customer) if method.at("customer").is_null() => {
            payment_methods::attach_unasked(tx, method, customer);
        }
        _ => {
            tx.save(method);
        }
    }
    intent.set("latest_attempt", attempt);
    intent.set("next_action", Value::Null);
    intent.set("status", "succeeded");
    tx.save(intent)
}

/// Puts an intent back to `requires_payment_method`, remembers why, and gives the error that says
/// so.
fn give_up(tx: &mut Tx<'_>, mut intent: Map, method: Map, error: Box<Error>) -> Box<Error> {
    let method = tx.save(method);
    let remembered = intents::remembered(&error, &method, None);
    let attempt = attempt(tx, &intent, &method, "failed", remembered.clone().into());
    intent.set("last_setup_error", remembered);
    intent.set("latest_attempt", attempt);
    intent.set("next_action", Value::Null);
    intent.set("payment_method", Value::Null);
    intent.set("status", "requires_payment_method");
    let intent = tx.save(intent);
    error
        .with("payment_method", Value::Map(method))
        .with("setup_intent", Value::Map(intent))
        .declined()
}

/// What is scheduled for accounts that are to be verified.
pub const GIVE_UP_VERIFYING: &str = "setup_intent.give_up_verifying";

/// Puts an intent back to `requires_payment_method` because its account cannot be verified.
pub fn abandon(tx: &mut Tx<'_>, intent: Map, code: &'static str) -> Box<Error> {
    let error = Error::microdeposits_failed(code);
    let method = intent.at("payment_method").as_id().and_then(|id| tx.load("payment_method", id));
    match method {
        Some(method) => give_up(tx, intent, method, error),
        None => error,
    }
}

/// Nobody verified the account in time, or its bank did not take the microdeposits.
pub fn give_up_verifying(tx: &mut Tx<'_>, id: &str) {
    let Some(intent) = tx.load("setup_intent", id) else { return };
    if let Some(code) = intents::verification_failure(tx, &intent) {
        let _ = abandon(tx, intent, code);
    }
}

/// An attempt that still waits for the customer is given up for another, or for good.
pub fn leave_attempt(tx: &mut Tx<'_>, intent: &mut Map) {
    let open = intent.at("latest_attempt").as_id().and_then(|id| tx.load("setup_attempt", id));
    if let Some(mut open) = open.filter(|attempt| attempt.str("status") == "requires_action") {
        open.set("status", "abandoned");
        tx.save(open);
    }
}

/// Writes down an attempt and gives back its id: a new one, or what became of the one that waited
/// for the customer.
fn attempt(
    tx: &mut Tx<'_>,
    intent: &Map,
    method: &Map,
    status: &'static str,
    error: Value,
) -> Value {
    let open = intent.at("latest_attempt").as_id().and_then(|id| tx.load("setup_attempt", id));
    let open = open.filter(|attempt| attempt.str("status") == "requires_action");
    let mut attempt = open.unwrap_or_else(|| flows::fresh(tx, "setup_attempt"));
    for name in ["customer", "on_behalf_of", "usage"] {
        attempt.set(name, intent.at(name).clone());
    }
    attempt.set("payment_method", method.at("id").clone());
    attempt.set("setup_intent", intent.at("id").clone());
    attempt.set("setup_error", error);
    attempt.set("status", status);
    let kind = method.str("type").to_string();
    let mut details = map! { "type": kind.clone() };
    details.set(kind.clone(), details_of(method));
    attempt.set("payment_method_details", details);
    tx.save(attempt).at("id").clone()
}

fn details_of(method: &Map) -> Map {
    let Some(card) = method.at("card").as_map() else { return Map::new() };
    map! {
        "brand": card.at("brand").clone(),
        "checks": card.at("checks").clone(),
        "country": card.at("country").clone(),
        "exp_month": card.at("exp_month").clone(),
        "exp_year": card.at("exp_year").clone(),
        "fingerprint": card.at("fingerprint").clone(),
        "funding": card.at("funding").clone(),
        "last4": card.at("last4").clone(),
        "network": card.at("brand").clone(),
        "three_d_secure": Value::Null,
        "wallet": card.at("wallet").clone(),
    }
}

/// The customer did what `next_action` asked for, or failed to.
pub fn authenticate(tx: &mut Tx<'_>, intent: Map, succeeded: bool) -> Outcome<Rc<Map>> {
    let method = intent.at("payment_method").as_id().and_then(|id| tx.load("payment_method", id));
    let Some(method) = method.filter(|_| intent.str("status") == "requires_action") else {
        return Err(Error::not_actionable(&Rc::new(intent)));
    };
    if succeeded {
        let how = Confirmation { is_authenticated: true, ..Confirmation::default() };
        return confirm(tx, intent, method, &how);
    }
    let id = intent.str("id").to_string();
    let _ = give_up(tx, intent, method, Error::authentication_failed(true));
    Ok(tx.get("setup_intent", &id).cloned().expect("the intent was just saved"))
}

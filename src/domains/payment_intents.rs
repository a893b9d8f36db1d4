//! Payment intents: one payment from the wish to the money.
//!
//! ```text
//!                      ┌──────────────── declined, not authenticated ────────────────┐
//!                      ▼                                                             │
//! create ──▶ requires_payment_method ──▶ requires_confirmation ──confirm──▶ requires_action
//!                      ▲                           │    │                            │
//!                      │                      debit│    │card                        │done
//!                      │                           ▼    ▼                            ▼
//!                      └──── debit failed ──── processing ──▶ succeeded ◀──capture── requires_capture
//!
//! any but succeeded and canceled ──cancel──▶ canceled
//! ```
//!
//! Stripe's pages: <https://docs.stripe.com/api/payment_intents>,
//! <https://docs.stripe.com/payments/paymentintents/lifecycle>.

use crate::call::{Body, Call};
use crate::crud;
use crate::domains::{accounts, catalogue};
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::charging::{self, Confirmation};
use crate::flows::intents::Verification;
use crate::flows::sharing;
use crate::flows::{cash, intents, invoicing, ledger, payment_methods};
use crate::map;
use crate::money;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use crate::versions::Older;
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("POST /v1/payment_intents", create),
    ("POST /v1/payment_intents/{id}", update),
    ("POST /v1/payment_intents/{id}/confirm", confirm),
    ("POST /v1/payment_intents/{id}/capture", capture),
    ("POST /v1/payment_intents/{id}/cancel", cancel),
    ("POST /v1/payment_intents/{id}/increment_authorization", increment_authorization),
    ("POST /v1/payment_intents/{id}/apply_customer_balance", apply_customer_balance),
    ("POST /v1/payment_intents/{id}/verify_microdeposits", verify_microdeposits),
    ("GET /v1/payment_intents/{id}/amount_details_line_items", list_amount_details_line_items),
];

pub static EVENTS: Rules = &[
    ("payment_intent.created", When::Created),
    ("payment_intent.requires_action", When::Became("status", "requires_action")),
    ("payment_intent.processing", When::Became("status", "processing")),
    ("payment_intent.payment_failed", When::Renewed("last_payment_error")),
    ("payment_intent.amount_capturable_updated", When::Renewed("amount_capturable")),
    ("payment_intent.succeeded", When::Became("status", "succeeded")),
    ("payment_intent.canceled", When::Became("status", "canceled")),
];

/// The invoice it pays became an invoice payment's to tell; its charges, the charges' own list.
pub static OLDER: Older =
    &[("2025-03-31.basil", invoicing::with_invoice), ("2022-11-15", with_charges)];

/// Parameters that are no fields, or that do more than fill one.
const HANDLED: &[&str] = &[
    "automatic_payment_methods",
    "payment_method",
    "payment_method_options",
    "payment_method_types",
];

/// The version since which intents settle asynchronously unless told otherwise.
const ASYNC_SINCE: &str = "2024-04-10";

/// Parameters that only a confirmation knows; those that say no are as good as not there.
pub const CONFIRM_ONLY: &[&str] =
    &["error_on_requires_action", "mandate", "mandate_data", "off_session", "return_url"];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &intents::with_token(tx, &call.params)?;
    check_amount(tx, params)?;
    check_connect(tx, params)?;
    check_how(params, &["confirmation_method", "payment_method_types"])?;
    let confirms = params.is_true("confirm");
    intents::refuse_without_confirm(params, CONFIRM_ONLY, "PaymentIntent")?;
    let mut intent = crud::draft_kind(tx, kind(), &without(params, HANDLED))?;
    intent.set("currency", params.str("currency").to_ascii_lowercase());
    if !params.contains("capture_method") && call.version.as_deref().unwrap_or("9") < ASYNC_SINCE {
        intent.set("capture_method", "automatic");
    }
    complete_shipping(&mut intent);
    keep_lines(tx, &mut intent, params)?;
    intents::settle_types(tx, call, &mut intent);
    intents::merge_options(&mut intent, params);
    let method = payment_methods::given(tx, params)?;
    if let Some(method) = &method {
        intents::admit_owner(tx, &intent, method)?;
        intents::admit_type(&mut intent, method)?;
    }
    if !confirms {
        if let Some(method) = method {
            intent.set("payment_method", method.at("id").clone());
            // The library may have said how far the payment is.
            if !params.contains("status") {
                intent.set("status", "requires_confirmation");
            }
        }
        return Ok(tx.save(intent).into());
    }
    // What the outside world sees first is an intent that nothing was paid with yet.
    tx.save(intent.clone());
    confirm_with(tx, params, intent, method)
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let mut intent = crud::load(tx, call)?;
    let before = Rc::new(intent.clone());
    refuse_update(&before, params)?;
    let fixed = ["amount", "currency", "customer"].iter().find(|name| params.contains(name));
    if let Some(name) = fixed.filter(|_| invoicing::is_default(tx, call.id(0))) {
        return Err(Error::intent_of_invoice("update", name));
    }
    if params.contains("amount") || params.contains("currency") {
        let mut whole = intent.clone();
        for name in ["amount", "currency"] {
            if let Some(value) = params.get(name) {
                whole.set(name, value.clone());
            }
        }
        check_amount(tx, &whole)?;
    }
    crud::apply(tx, kind().shape(), &mut intent, &without(params, HANDLED), "")?;
    complete_shipping(&mut intent);
    keep_lines(tx, &mut intent, params)?;
    let currency = intent.str("currency").to_ascii_lowercase();
    intent.set("currency", currency);
    if params.contains("payment_method_types") {
        intents::settle_types(tx, call, &mut intent);
    }
    intents::merge_options(&mut intent, params);
    change_method(tx, &mut intent, params)?;
    let is_open = is_confirmable(before.str("status"));
    if is_open && params.contains("amount") && intent.str("status") == "requires_action" {
        cash::give_back(tx, &before);
        intent.set("next_action", Value::Null);
        intent.set("status", "requires_confirmation");
    }
    if is_open {
        intent.set("last_payment_error", Value::Null);
    }
    Ok(tx.save(intent).into())
}

fn confirm(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &intents::with_token(tx, &call.params)?;
    let mut intent = crud::load(tx, call)?;
    if !is_confirmable(intent.str("status")) {
        let intent = Rc::new(intent);
        return Err(match intent.str("status") {
            "canceled" if params.contains("payment_method") => {
                Error::cannot_update(&intent, "payment_method")
            }
            _ => Error::cannot_confirm(&intent),
        });
    }
    let names = ["capture_method", "receipt_email", "setup_future_usage", "shipping"];
    let given: Map = params
        .iter()
        .filter(|(name, _)| names.contains(&name.as_ref()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    crud::apply(tx, kind().shape(), &mut intent, &given, "")?;
    intents::merge_options(&mut intent, params);
    let method = match payment_methods::given(tx, params)? {
        Some(method) => {
            intents::admit_owner(tx, &intent, &method)?;
            intents::admit_type(&mut intent, &method)?;
            Some(method)
        }
        None => intent.at("payment_method").as_id().and_then(|id| tx.load("payment_method", id)),
    };
    confirm_with(tx, params, intent, method)
}

fn capture(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let mut intent = crud::load(tx, call)?;
    if intent.str("status") != "requires_capture" {
        return Err(Error::cannot_capture(&Rc::new(intent)));
    }
    let capturable = intent.int("amount_capturable");
    let amount = params.at("amount_to_capture").as_int().unwrap_or(capturable);
    if amount < 1 {
        return Err(Error::below_minimum("amount_to_capture", 1));
    }
    if capturable < amount {
        return Err(Error::capture_too_large());
    }
    let names = ["metadata", "statement_descriptor", "statement_descriptor_suffix"];
    let given: Map = params
        .iter()
        .filter(|(name, _)| names.contains(&name.as_ref()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    crud::apply(tx, kind().shape(), &mut intent, &given, "")?;
    if let Some(fee) = params.at("application_fee_amount").as_int() {
        intent.set("application_fee_amount", fee.min(amount));
    }
    let keeps_rest = params.at("final_capture").as_bool() == Some(false);
    Ok(charging::capture(tx, intent, amount, keeps_rest).into())
}

fn cancel(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let intent = crud::load(tx, call)?;
    if matches!(intent.str("status"), "succeeded" | "canceled") {
        return Err(Error::cannot_cancel(&Rc::new(intent)));
    }
    if invoicing::is_default(tx, call.id(0)) {
        return Err(Error::intent_of_invoice("cancel", ""));
    }
    let reason = call.params.at("cancellation_reason").clone();
    Ok(charging::cancel(tx, intent, reason).into())
}

/// How often the authorization of an intent was raised, by intent.
const INCREMENTS: &str = "fakestripe.authorization_increments";

/// As often Stripe lets it be raised.
const MOST_INCREMENTS: i64 = 10;

/// `amount` is the new total.
fn increment_authorization(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut intent = crud::load(tx, call)?;
    if intent.str("status") != "requires_capture" {
        return Err(Error::cannot_increment(&Rc::new(intent)));
    }
    let amount = call.params.int("amount");
    if amount <= intent.int("amount") {
        return Err(Error::increment_too_small());
    }
    let mut whole = intent.clone();
    whole.set("amount", amount);
    check_amount(tx, &whole)?;
    let times = tx.get(INCREMENTS, intent.str("id")).map_or(0, |row| row.int("count"));
    if MOST_INCREMENTS <= times {
        return Err(Error::too_many_increments());
    }
    tx.save_as(INCREMENTS.into(), map! { "id": intent.at("id").clone(), "count": times + 1 });
    let given = without(&call.params, HANDLED);
    crud::apply(tx, kind().shape(), &mut intent, &given, "")?;
    if let Some(mut charge) =
        intent.at("latest_charge").as_id().and_then(|id| tx.load("charge", id))
    {
        charge.set("amount", amount);
        let details = charge.map_mut("payment_method_details");
        if !details.at("card").is_null() {
            let card = details.map_mut("card");
            card.set("amount_authorized", amount);
            card.map_mut("overcapture").set("maximum_amount_capturable", amount);
        }
        tx.save(charge);
    }
    intent.set("amount", amount);
    intent.set("amount_capturable", amount);
    Ok(tx.save(intent).into())
}

/// Pays with what the customer sent: all that is missing, unless `amount` says how much.
fn apply_customer_balance(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let intent = crud::load(tx, call)?;
    let waits = cash::remaining(&intent).zip(intent.at("customer").as_id().map(str::to_string));
    let Some((left, customer)) = waits else {
        return Err(Error::not_actionable(&Rc::new(intent)));
    };
    let amount = call.params.at("amount").as_int().unwrap_or(left).min(left);
    if amount < 1 {
        return Err(Error::below_minimum("amount", 1));
    }
    if cash::available(tx, &customer, intent.str("currency")) < amount {
        return Err(Error::cash_balance_too_low());
    }
    Ok(charging::fund(tx, intent, amount).into())
}

fn verify_microdeposits(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let intent = crud::load(tx, call)?;
    let kind = intent.path("next_action.type").as_str();
    if kind != Some("verify_with_microdeposits") {
        return Err(Error::not_actionable(&Rc::new(intent)));
    }
    match intents::verify(tx, &intent, &call.params)? {
        Verification::Verified => {
            if let Some(method) = intent.at("payment_method").as_id() {
                payment_methods::mark_set_up(tx, method);
            }
            charging::authenticate(tx, intent, true).map(Into::into)
        }
        Verification::Failed(code) => Err(charging::abandon(tx, intent, code)),
    }
}

/// The lines of intents' amount details, by intent: no field of the intent holds them.
const LINES: &str = "fakestripe.amount_details_line_items";

fn list_amount_details_line_items(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let intent = crud::load_kind(tx, "payment_intent", call.id(0))?;
    let kept = tx.get(LINES, intent.str("id")).map(|row| row.at("data").clone());
    catalogue::page(call, kept.unwrap_or_default().as_list().unwrap_or_default().to_vec())
}

/// Writes down the lines that a request gives an intent's amount details.
fn keep_lines(tx: &mut Tx<'_>, intent: &mut Map, params: &Map) -> Outcome<()> {
    let Some(given) = params.path("amount_details.line_items").as_list() else { return Ok(()) };
    let kind = Object::find("payment_intent_amount_details_line_item").expect("a published type");
    let mut lines = Vec::new();
    for line in given.iter().filter_map(Value::as_map) {
        lines.push(Value::from(crud::draft_kind(tx, kind, line)?));
    }
    intent.map_mut("amount_details").remove("line_items");
    tx.save_as(LINES.into(), map! { "id": intent.at("id").clone(), "data": lines });
    Ok(())
}

// Later.

/// Does what was scheduled for an intent.
pub fn run(tx: &mut Tx<'_>, action: &str, id: &str) {
    match action {
        "payment_intent.settle" => charging::settle(tx, id),
        charging::GIVE_UP_VERIFYING => charging::give_up_verifying(tx, id),
        charging::PAY_VOUCHER => charging::end_voucher(tx, id, true),
        charging::EXPIRE_VOUCHER => charging::end_voucher(tx, id, false),
        other => panic!("{other} is nothing a payment intent does later"),
    }
}

// Before.

fn with_charges(tx: &Tx<'_>, intent: &mut Map) {
    let id = intent.str("id").to_string();
    let charges = tx.all_where("charge", "payment_intent", &id);
    let url = format!("/v1/charges?payment_intent={id}");
    intent.set("charges", crud::counted_list(charges, url));
}

// Helpers.

fn kind() -> Object {
    Object::find("payment_intent").expect("payment intents are a published type")
}

fn without(params: &Map, names: &[&str]) -> Map {
    let kept = params.iter().filter(|(name, _)| !names.contains(&name.as_ref()));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn is_confirmable(status: &str) -> bool {
    matches!(status, "requires_payment_method" | "requires_confirmation" | "requires_action")
}

/// Refuses amounts and currencies that no payment can have.
pub fn check_amount(tx: &Tx<'_>, params: &Map) -> Outcome<()> {
    let given = params.str("currency");
    let Some(currency) = money::currency(given) else {
        return Err(Error::invalid_currency("currency", given, money::CURRENCIES));
    };
    if !tx.validates() {
        return Ok(());
    }
    let amount = params.int("amount");
    if amount == 0 {
        return Err(Error::amount_is_zero());
    }
    if amount < 0 {
        return Err(Error::below_minimum("amount", 1));
    }
    let most = money::maximum_charge(currency);
    if most < amount {
        let mut error = Error::amount_too_large("amount", &money::format(most, currency));
        error.param = None;
        return Err(error);
    }
    let step = money::step(currency);
    if amount % step != 0 {
        return Err(Error::amount_not_divisible(currency, step));
    }
    let home = ledger::home_currency(tx);
    let least = money::minimum_charge(&home).unwrap_or(50);
    if money::convert(amount, currency, &home) < least {
        let least = money::format(least, &home);
        return Err(Error::amount_too_small("amount", &least, &home));
    }
    Ok(())
}

/// A shipping hash shows all its fields.
fn complete_shipping(intent: &mut Map) {
    let Some(shipping) = intent.get_mut("shipping").and_then(Value::as_map_mut) else { return };
    for name in ["carrier", "phone", "tracking_number"] {
        if !shipping.contains(name) {
            shipping.set(name, Value::Null);
        }
    }
}

/// Refuses fees and transfers for which there is no account.
fn check_connect(tx: &Tx<'_>, params: &Map) -> Outcome<()> {
    let destination = params.path("transfer_data.destination").as_str();
    if let Some(destination) = destination
        && !accounts::exists(tx, destination)
    {
        let param = "transfer_data[destination]";
        return Err(Error::no_such_reference("destination", destination, param));
    }
    let has_fee = !params.at("application_fee_amount").is_null();
    if has_fee && destination.is_none() && !tx.is_connected() {
        return Err(Error::application_fee_without_account());
    }
    sharing::check(tx, params)
}

/// Refuses what does not go together with automatic payment methods.
fn check_how(params: &Map, exclusive: &[&'static str]) -> Outcome<()> {
    let automatic = "automatic_payment_methods";
    let other = exclusive.iter().find(|name| params.contains(name) && params.contains(automatic));
    other.map_or(Ok(()), |other| Err(Error::mutually_exclusive(&[automatic, other])))
}

/// Refuses to change what is fixed in the intent's state.
fn refuse_update(intent: &Rc<Map>, params: &Map) -> Outcome<()> {
    let status = intent.str("status");
    let owners = (intent.at("customer").as_id(), params.at("customer").as_str());
    if matches!(owners, (Some(owner), Some(other)) if owner != other) {
        return Err(Error::customer_is_fixed());
    }
    if is_confirmable(status) {
        return Ok(());
    }
    let fixed = [
        "amount",
        "currency",
        "customer",
        "payment_method",
        "payment_method_data",
        "setup_future_usage",
        "capture_method",
        "application_fee_amount",
    ];
    match fixed.into_iter().find(|name| params.contains(name)) {
        Some(field) => Err(Error::cannot_update(intent, field)),
        None if status == "canceled" => Err(Error::cannot_update_canceled(intent)),
        None => Ok(()),
    }
}

/// Takes over the payment method of an update, or takes away the one there was.
fn change_method(tx: &mut Tx<'_>, intent: &mut Map, params: &Map) -> Outcome<()> {
    if params.at("payment_method").is_empty_string() {
        intent.set("payment_method", Value::Null);
        intent.set("status", "requires_payment_method");
        return Ok(());
    }
    let Some(method) = payment_methods::given(tx, params)? else { return Ok(()) };
    intents::admit_owner(tx, intent, &method)?;
    intents::admit_type(intent, &method)?;
    intent.set("next_action", Value::Null);
    intent.set("payment_method", method.at("id").clone());
    intent.set("status", "requires_confirmation");
    Ok(())
}

/// Confirms an intent with what the request says and the payment method it leads to.
fn confirm_with(tx: &mut Tx<'_>, params: &Map, intent: Map, method: Option<Map>) -> Outcome<Body> {
    let method = match method {
        Some(method) => method,
        None => match default_source(tx, &intent) {
            Some(method) => method,
            None => return Err(Error::missing_payment_method(&Rc::new(intent))),
        },
    };
    intents::admit_owner(tx, &intent, &method)?;
    let off_session = params.at("off_session");
    let is_off_session = off_session.as_bool() == Some(true)
        || matches!(off_session.as_str(), Some("one_off" | "recurring"));
    if is_off_session && !intent.at("setup_future_usage").is_null() {
        return Err(Error::off_session_setup());
    }
    let amount = params.at("amount_to_confirm").as_int();
    if amount.is_some_and(|amount| amount != intent.int("amount")) {
        return Err(Error::amount_to_confirm_mismatch());
    }
    let return_url = params.at("return_url").as_str().filter(|url| !url.is_empty());
    let redirects = intent.path("automatic_payment_methods.allow_redirects").as_str();
    let may_redirect = redirects == Some("always") && !is_off_session;
    if may_redirect && return_url.is_none() && !params.is_true("use_stripe_sdk") {
        let stored = tx.get("payment_intent", intent.str("id")).cloned();
        return Err(Error::return_url_missing(&stored.unwrap_or_else(|| Rc::new(intent))));
    }
    intents::use_token(tx, params, &intent);
    let how = Confirmation {
        is_off_session,
        refuses_actions: params.is_true("error_on_requires_action"),
        return_url: return_url.filter(|_| !params.is_true("use_stripe_sdk")),
        params: Some(params),
        is_authenticated: false,
    };
    charging::confirm(tx, intent, method, &how).map(Into::into)
}

/// What a customer pays with where nothing else was said: the default source, as a payment method.
fn default_source(tx: &Tx<'_>, intent: &Map) -> Option<Map> {
    let customer = tx.get("customer", intent.at("customer").as_id()?)?;
    tx.load("payment_method", customer.at("default_source").as_id()?)
}

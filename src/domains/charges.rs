//! Charges: what a bank was asked for and what it said. Payment intents make them; the legacy way
//! makes them directly from a token, a card or a customer's default source.
//!
//! ```text
//! pending ──▶ succeeded ──▶ captured ──▶ refunded
//!    └──────▶ failed
//! ```
//!
//! Stripe's page: <https://docs.stripe.com/api/charges>.

use crate::call::{Body, Call, Origin};
use crate::crud;
use crate::domains::payment_intents;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::charges::{self, Capture};
use crate::flows::payment_methods::{self, Use};
use crate::flows::test_values::cards::{self, Authentication, Decline};
use crate::flows::{charging, disputing, invoicing, reviewing, sources};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use crate::versions::Older;
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("GET /v1/charges", list),
    ("POST /v1/charges", create),
    ("POST /v1/charges/{id}", update),
    ("POST /v1/charges/{id}/capture", capture),
];

pub static EVENTS: Rules = &[
    ("charge.succeeded", When::Became("status", "succeeded")),
    ("charge.pending", When::Became("status", "pending")),
    ("charge.failed", When::Became("status", "failed")),
    ("charge.captured", When::Raised("captured")),
    ("charge.refunded", When::Rose("amount_refunded")),
    (
        "charge.updated",
        When::Otherwise(&[
            "amount",
            "balance_transaction",
            "customer",
            "description",
            "fraud_details",
            "metadata",
            "receipt_email",
            "shipping",
            "transfer_group",
        ]),
    ),
];

/// The invoice became an invoice payment's to tell; refunds are shown on demand.
pub static OLDER: Older =
    &[("2025-03-31.basil", invoicing::with_invoice), ("2022-11-15", with_refunds)];

/// The most charges a transfer group may have to be listed.
const LARGEST_GROUP: usize = 100;

fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    if let Some(group) = call.params.at("transfer_group").as_str()
        && LARGEST_GROUP < tx.all_where("charge", "transfer_group", group).len()
    {
        return Err(Error::too_many_charges(group));
    }
    crud::list(tx, call)
}

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    // The library may write down a charge as it came to be.
    if tx.origin() == Origin::Library && params.contains("status") {
        return crud::create(tx, call);
    }
    payment_intents::check_amount(tx, params)?;
    let (source, method) = charged(tx, params)?;
    let about = about(params);
    let mut charge = charges::draft(tx, &about, &method, params.int("amount"));
    charge.set("source", source);
    let later = params.at("capture").as_bool() == Some(false);
    if let Some(decline) = legacy_refusal(tx, &method) {
        let failed = charges::fail(tx, charge, decline.code, decline.message, Some(decline));
        let id = failed.str("id").to_string();
        return Err(Error::card_declined(decline).with("charge", id).declined());
    }
    let capture = if later { Capture::Later } else { Capture::Now };
    let charge = charges::succeed(tx, charge, &method, capture);
    reviewing::follow(tx, &charge, &method);
    disputing::follow(tx, &charge, &method, false);
    crud::load_kind(tx, "charge", charge.str("id")).map(Into::into)
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut charge = crud::load(tx, call)?;
    let intent = charge.at("payment_intent").as_id();
    if let (true, Some(intent)) = (call.params.contains("transfer_group"), intent) {
        return Err(Error::charge_of_intent_transfer_group(intent));
    }
    let shape = Object::find("charge").expect("a published type").shape();
    crud::apply(tx, shape, &mut charge, &call.params, "")?;
    Ok(tx.save(charge).into())
}

fn capture(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let charge = crud::load(tx, call)?;
    let id = charge.str("id");
    if charge.is_true("captured") {
        return Err(Error::charge_already_captured(id));
    }
    if let Some(intent) = charge.at("payment_intent").as_id() {
        return Err(Error::charge_of_intent_capture(intent));
    }
    if charge.str("status") != "succeeded" || charge.is_true("refunded") {
        return Err(Error::charge_not_capturable(id));
    }
    let amount = call.params.at("amount").as_int().unwrap_or(charge.int("amount"));
    if amount < 1 {
        return Err(Error::below_minimum("amount", 1));
    }
    if charge.int("amount") < amount {
        return Err(Error::capture_too_large());
    }
    Ok(charges::capture(tx, charge, amount).into())
}

// Later and on demand.

/// Does what was scheduled for a charge.
pub fn run(tx: &mut Tx<'_>, action: &str, id: &str) {
    match action {
        "charge.settle" => charges::settle(tx, id),
        "charge.expire" => charging::expire(tx, id),
        other => panic!("{other} is nothing a charge does later"),
    }
}

/// The list of refunds, which counts them all.
pub fn on_demand(tx: &Tx<'_>, charge: &Map, field: &str) -> Option<Value> {
    if field != "refunds" {
        return None;
    }
    let id = charge.str("id");
    let refunds = tx.all_where("refund", "charge", id);
    Some(crud::counted_list(refunds, format!("/v1/charges/{id}/refunds")).into())
}

fn with_refunds(tx: &Tx<'_>, charge: &mut Map) {
    let refunds = on_demand(tx, charge, "refunds").unwrap_or_default();
    charge.set("refunds", refunds);
}

// Helpers.

/// What a legacy charge takes over from its parameters.
fn about(params: &Map) -> Map {
    let mut about: Map = params
        .iter()
        .filter(|(name, _)| !matches!(name.as_ref(), "source" | "card" | "id" | "object"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    about.set("currency", params.str("currency").to_ascii_lowercase());
    let mut metadata = Map::new();
    crud::merge_metadata(&mut metadata, params.at("metadata"));
    about.set("metadata", metadata.at("metadata").as_map().cloned().unwrap_or_default());
    about
}

/// What is charged: the legacy source to show, and the same as a payment method.
fn charged(tx: &mut Tx<'_>, params: &Map) -> Outcome<(Value, Map)> {
    let given = if params.contains("card") { params.at("card") } else { params.at("source") };
    let customer = params.at("customer").as_str().filter(|id| !id.is_empty());
    let Some(customer) = customer else {
        if given.is_null() {
            return Err(Error::must_provide(&["source", "customer"]));
        }
        let mut source = sources::given(tx, given, "source")?;
        refuse_unchargeable(&source)?;
        let method = method_of(tx, &mut source);
        return Ok((source.into(), method));
    };
    let Some(owner) = tx.load("customer", customer) else {
        return Err(Error::no_such_reference("customer", customer, "customer"));
    };
    let Some(id) = given.as_str().or(owner.at("default_source").as_id()) else {
        let has_method = !tx.all_where("payment_method", "customer", customer).is_empty();
        return Err(Error::customer_without_source(has_method));
    };
    let Some(source) = sources::find(tx, customer, id) else {
        return Err(Error::source_not_linked(customer, id));
    };
    let mut source = Map::clone(&source);
    refuse_unchargeable(&source)?;
    let method = method_of(tx, &mut source);
    Ok((source.into(), method))
}

fn refuse_unchargeable(source: &Map) -> Outcome<()> {
    let is_source = source.str("object") == "source";
    if is_source && source.str("status") != "chargeable" {
        return Err(Error::source_not_chargeable(source.str("status")));
    }
    Ok(())
}

/// A legacy source as a payment method; a card is checked, as the charge that follows does.
fn method_of(tx: &mut Tx<'_>, source: &mut Map) -> Map {
    match source.str("object") {
        "card" => {
            sources::check(source);
            let mut method = sources::as_payment_method(tx, source);
            payment_methods::check(&mut method);
            method
        }
        "source" => {
            let kind = source.str("type").to_string();
            let mut method = map! {
                "id": source.at("id").clone(),
                "object": "payment_method",
                "billing_details": source.at("owner").clone(),
                "type": kind.clone(),
            };
            method.set(kind.clone(), source.at(&kind).clone());
            if source.str("usage") == "single_use" {
                source.set("status", "consumed");
                tx.save(source.clone());
            }
            method
        }
        _ => map! {
            "id": source.at("id").clone(),
            "object": "payment_method",
            "ach_debit": source.clone(),
            "billing_details": map! { "name": source.at("account_holder_name").clone() },
            "type": "ach_debit",
        },
    }
}

/// Why a legacy charge fails: it cannot ask for authentication.
fn legacy_refusal(tx: &mut Tx<'_>, method: &Map) -> Option<&'static Decline> {
    if method.str("type") != "card" {
        return None;
    }
    let card = payment_methods::test_card(method);
    payment_methods::refusal(tx, method, Use::Charged).or(match card.authentication {
        Authentication::UnlessSetUp | Authentication::Always => {
            Some(&cards::AUTHENTICATION_REQUIRED)
        }
        Authentication::ThenDeclined(decline) | Authentication::OffSessionDeclined(decline) => {
            Some(decline)
        }
        _ => None,
    })
}

/// The charge a refund is asked for, found by its own id or its payment intent's.
pub fn to_refund(tx: &Tx<'_>, params: &Map) -> Outcome<Rc<Map>> {
    if let Some(id) = params.at("charge").as_str().filter(|id| !id.is_empty()) {
        // Stripe answers 404 here, though the id is a parameter.
        return tx.get("charge", id).cloned().ok_or_else(|| Error::no_such("charge", id, "id"));
    }
    let Some(id) = params.at("payment_intent").as_str().filter(|id| !id.is_empty()) else {
        return Err(Error::refund_of_nothing());
    };
    let Some(intent) = tx.get("payment_intent", id) else {
        return Err(Error::no_such_reference("payment_intent", id, "payment_intent"));
    };
    let charge = intent.at("latest_charge").as_id().and_then(|id| tx.get("charge", id));
    match charge.filter(|charge| charge.str("status") != "failed") {
        Some(charge) => Ok(charge.clone()),
        None => Err(Error::intent_without_charge(id)),
    }
}

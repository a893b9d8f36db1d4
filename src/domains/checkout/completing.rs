//! What a checkout session is paid or set up with.

use super::params_of;
use crate::crud;
use crate::errors::Outcome;
use crate::flows::intents;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// Members of `payment_intent_data` and `setup_intent_data` that intents have too.
const OF_INTENTS: &[&str] = &[
    "application_fee_amount",
    "capture_method",
    "description",
    "metadata",
    "on_behalf_of",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
];

/// The payment intent of a session, made when it is first paid.
pub fn payment_intent(tx: &mut Tx<'_>, session: &Map) -> Outcome<Rc<Map>> {
    let mut intent = intent(tx, session, "payment_intent")?;
    intent.set("amount", session.int("amount_total"));
    intent.set("currency", session.at("currency").clone());
    Ok(tx.save(intent))
}

/// The setup intent of a session, made with it.
pub fn setup_intent(tx: &mut Tx<'_>, session: &Map) -> Outcome<Rc<Map>> {
    let intent = intent(tx, session, "setup_intent")?;
    Ok(tx.save(intent))
}

fn intent(tx: &mut Tx<'_>, session: &Map, name: &'static str) -> Outcome<Map> {
    let params = params_of(tx, session.str("id"));
    let data = params.at(if name == "payment_intent" {
        "payment_intent_data"
    } else {
        "setup_intent_data"
    });
    let mut given = data.as_map().cloned().unwrap_or_default();
    given.retain(|(name, _)| OF_INTENTS.contains(&name.as_ref()));
    let kind = Object::find(name).expect("intents are published types");
    let mut intent = crud::draft_kind(tx, kind, &given)?;
    let types = session.at("payment_method_types").as_list().unwrap_or_default();
    let options = intents::options(types, name == "setup_intent");
    intent.set("payment_method_options", options);
    intents::merge_options(&mut intent, &params);
    intent.set("payment_method_types", types.to_vec());
    intent.set("automatic_payment_methods", Value::Null);
    for name in ["customer", "payment_method_configuration_details"] {
        intent.set(name, session.at(name).clone());
    }
    Ok(intent)
}

/// A name and an address to send things to, with all their fields.
pub fn shipping(given: &Map) -> Map {
    let mut shown = Map::new();
    shown.set("address", address(given.at("address")));
    shown.set("name", given.at("name").clone());
    shown
}

/// An address with all its fields; null where there is none.
pub fn address(given: &Value) -> Value {
    let Some(given) = given.as_map() else { return Value::Null };
    let mut shown = Map::new();
    for name in ["city", "country", "line1", "line2", "postal_code", "state"] {
        shown.set(name, given.at(name).clone());
    }
    shown.into()
}

//! Payment method configurations: which types of payment methods customers are shown.
//!
//! Stripe's page: <https://docs.stripe.com/api/payment_method_configurations>. An account has a
//! default one from the beginning, with cards and Link.
//!
//! Differs from Stripe: a type that is turned on is offered whatever the currency of a payment.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::Outcome;
use crate::flows::intents;
use crate::map;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("GET /v1/payment_method_configurations", list),
    ("POST /v1/payment_method_configurations", create),
    ("POST /v1/payment_method_configurations/{id}", update),
];

fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    intents::configuration(tx, None);
    crud::list(tx, call)
}

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let configuration = crud::draft(tx, call)?;
    Ok(settle(tx, configuration))
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut configuration = crud::load(tx, call)?;
    crud::apply(tx, crud::kind(call).shape(), &mut configuration, &call.params, "")?;
    Ok(settle(tx, configuration))
}

/// Turns on and off what is preferred so, and remembers which types intents take by it.
fn settle(tx: &mut Tx<'_>, mut configuration: Map) -> Body {
    let mut types = Vec::new();
    for (name, shown) in configuration.iter_mut() {
        let Some(shown) = shown.as_map_mut() else { continue };
        let preference = shown.path("display_preference.preference").as_str();
        let is_on = match preference {
            Some("on") => true,
            Some("none") => matches!(name.as_ref(), "card" | "link"),
            _ => false,
        };
        if preference.is_some() {
            let value = if is_on { "on" } else { "off" };
            shown.map_mut("display_preference").set("value", value);
            shown.set("available", is_on);
        }
        if is_on && !intents::WITHIN_CARDS.contains(&name.as_ref()) {
            // Cards come first.
            let place = if name == "card" { 0 } else { types.len() };
            types.insert(place, Value::from(name.to_string()));
        }
    }
    let id = configuration.at("id").clone();
    tx.save_as(intents::CONFIGURED.into(), map! { "id": id, "types": types });
    tx.save(configuration).into()
}

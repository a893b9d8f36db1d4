//! Accounts, event destinations and the vault of v2.
//!
//! Stripe's page: <https://docs.stripe.com/api/v2/core/event-destinations>.

use crate::call::{Body, Call};
use crate::crud;
use crate::domains::v2::accounts;
use crate::errors::Outcome;
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("POST /v2/core/account_tokens", accounts::create_token),
    ("GET /v2/core/accounts", accounts::list),
    ("POST /v2/core/accounts", accounts::create),
    ("GET /v2/core/accounts/{id}", accounts::retrieve),
    ("POST /v2/core/accounts/{id}", accounts::update),
    ("POST /v2/core/accounts/{id}/close", accounts::close),
    ("GET /v2/core/event_destinations", list_destinations),
    ("POST /v2/core/event_destinations", create_destination),
    ("GET /v2/core/event_destinations/{id}", retrieve_destination),
    ("POST /v2/core/event_destinations/{id}", update_destination),
    ("POST /v2/core/event_destinations/{id}/disable", disable),
    ("POST /v2/core/event_destinations/{id}/enable", enable),
    ("POST /v2/core/event_destinations/{id}/ping", ping),
    ("POST /v2/core/vault/gb_bank_accounts", create_bank_account),
    ("POST /v2/core/vault/us_bank_accounts", create_bank_account),
];

// Event destinations.

fn list_destinations(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut body = crud::list(tx, call)?;
    if let Body::Json(Value::Map(list)) = &mut body {
        if let Some(Value::List(destinations)) = Rc::make_mut(list).get_mut("data") {
            for destination in destinations.iter_mut().filter_map(Value::as_map_mut) {
                conceal(destination, call);
            }
        }
    }
    Ok(body)
}

fn create_destination(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let destination = crud::draft(tx, call)?;
    tx.save(destination.clone());
    Ok(told(destination, call))
}

fn retrieve_destination(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    Ok(told(crud::load(tx, call)?, call))
}

fn update_destination(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    change(tx, call, |_| {})
}

fn disable(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    change(tx, call, |destination| {
        destination.set("status", "disabled");
        destination.set("status_details", map! { "disabled": map! { "reason": "user" } });
    })
}

fn enable(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    change(tx, call, |destination| {
        destination.set("status", "enabled");
        destination.remove("status_details");
    })
}

fn change(tx: &mut Tx<'_>, call: &Call, how: impl FnOnce(&mut Map)) -> Outcome<Body> {
    let mut destination = crud::load(tx, call)?;
    crud::apply(tx, crud::kind(call).shape(), &mut destination, &call.params, "")?;
    how(&mut destination);
    destination.set("updated", crud::now(tx, true));
    tx.save(destination.clone());
    Ok(told(destination, call))
}

fn told(mut destination: Map, call: &Call) -> Body {
    conceal(&mut destination, call);
    destination.into()
}

/// The address and the secret are told only to those who ask with `include`.
fn conceal(destination: &mut Map, call: &Call) {
    let wanted = call.params.at("include").as_list().unwrap_or_default();
    let Some(endpoint) = destination.get_mut("webhook_endpoint").and_then(Value::as_map_mut) else {
        return;
    };
    endpoint.retain(|(name, _)| {
        let path = format!("webhook_endpoint.{name}");
        wanted.iter().any(|wanted| wanted.as_str() == Some(path.as_str()))
    });
}

/// Answers the event that is sent.
fn ping(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let destination = crud::load_kind(tx, "v2.core.event_destination", call.id(0))?;
    let kind = Object::find("v2.core.event").expect("a published type");
    let mut event = crud::new(tx, kind, &Map::new());
    let id = destination.str("id").to_string();
    event.set("type", "v2.core.event_destination.ping");
    event.set(
        "related_object",
        map! {
            "id": id.clone(),
            "type": "v2.core.event_destination",
            "url": format!("/v2/core/event_destinations/{id}"),
        },
    );
    let event = tx.save(event);
    crate::webhooks::ping(tx, &id, &event);
    Ok(event.into())
}

// The vault.

/// Of the account number the last four digits are kept.
fn create_bank_account(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut account = crud::draft(tx, call)?;
    let number: Vec<char> = call.params.str("account_number").chars().collect();
    let start = number.len().saturating_sub(4);
    account.set("last4", number[start..].iter().collect::<String>());
    Ok(tx.save(account).into())
}

//! Payment links: addresses that open a new checkout session for whoever follows them.
//!
//! Stripe's page: <https://docs.stripe.com/api/payment-link>.

use super::{catalogue, checkout};
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("POST /v1/payment_links", create),
    ("POST /v1/payment_links/{id}", update),
    ("GET /v1/payment_links/{id}/line_items", list_line_items),
];

pub const LINK: &str = "payment_link";

/// What a link knows and does not show, under its id: `items`, its lines, and `params`.
const BEHIND: &str = "fakestripe.payment_link";

/// Where customers go who are shown Stripe's own page at the end.
const NOWHERE: &str = "https://stripe.com";

/// What the sessions of a link have of it.
const SHARED: &[&str] = &[
    "allow_promotion_codes",
    "automatic_tax",
    "billing_address_collection",
    "consent_collection",
    "custom_fields",
    "custom_text",
    "customer_creation",
    "invoice_creation",
    "metadata",
    "name_collection",
    "optional_items",
    "payment_method_collection",
    "payment_method_types",
    "phone_number_collection",
    "shipping_address_collection",
    "submit_type",
    "tax_id_collection",
];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut link = crud::draft(tx, call)?;
    checkout::ask(tx, &mut link, false)?;
    let items = price(tx, &mut link, &call.params)?;
    let is_recurring =
        |item: &Value| item.as_map().is_some_and(|item| !item.path("price.recurring").is_null());
    if items.iter().any(is_recurring) {
        link.set("customer_creation", "always");
        link.set("invoice_creation", Value::Null);
    }
    tx.save_as(BEHIND.into(), behind(link.str("id"), items, call.params.clone()));
    Ok(tx.save(link).into())
}

/// Everything but what is for sale can be changed, and of that the quantities.
fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut link = crud::load(tx, call)?;
    crud::apply(tx, crud::kind(call).shape(), &mut link, &call.params, "")?;
    checkout::ask(tx, &mut link, false)?;
    if let Some(given) = call.params.get("line_items") {
        let known = items(tx, call.id(0));
        let mut params = params_of(tx, call.id(0));
        params.set("line_items", checkout::lines::kept(given, &known));
        let items = price(tx, &mut link, &params)?;
        tx.save_as(BEHIND.into(), behind(call.id(0), items, params));
    }
    Ok(tx.save(link).into())
}

fn list_line_items(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let link = crud::load_kind(tx, LINK, call.id(0))?;
    catalogue::page(call, items(tx, link.str("id")))
}

fn price(tx: &mut Tx<'_>, link: &mut Map, params: &Map) -> Outcome<Vec<Value>> {
    let mut sums = Map::new();
    let lines = map! { "line_items": params.at("line_items").clone(), "mode": "link" };
    let items = checkout::lines::draw_up(tx, &mut sums, &lines)?;
    link.set("currency", sums.at("currency").clone());
    Ok(items)
}

fn behind(id: &str, items: Vec<Value>, params: Map) -> Map {
    map! { "id": id.to_string(), "items": items, "params": params }
}

fn items(tx: &Tx<'_>, id: &str) -> Vec<Value> {
    let behind = tx.get(BEHIND, id);
    behind.and_then(|behind| behind.at("items").as_list()).unwrap_or_default().to_vec()
}

fn params_of(tx: &Tx<'_>, id: &str) -> Map {
    let behind = tx.get(BEHIND, id);
    behind.and_then(|behind| behind.at("params").as_map()).cloned().unwrap_or_default()
}

/// `line_items`, which are shown on demand.
pub fn on_demand(tx: &Tx<'_>, link: &Map, field: &str) -> Option<Value> {
    if field != "line_items" {
        return None;
    }
    let id = link.str("id");
    let url = format!("/v1/payment_links/{id}/line_items");
    Some(crud::list_of(items(tx, id), false, url).into())
}

/// Somebody follows a link: a session of its own for them. `given` may name a `client_reference_id`
/// and a `customer_email`, as the link's address may.
pub fn follow(tx: &mut Tx<'_>, id: &str, given: &Map) -> Outcome<Rc<Map>> {
    let Some(link) = tx.get(LINK, id).cloned() else { return Err(Error::no_such(LINK, id, "")) };
    if !link.is_true("active") {
        return Err(Error::control(format!("the payment link {id} is not active")));
    }
    let items = items(tx, id);
    let mut params = params_of(tx, id);
    params.retain(|(name, _)| {
        matches!(name.as_ref(), "payment_intent_data" | "subscription_data" | "shipping_options")
    });
    for name in SHARED {
        if !link.at(name).is_null() {
            params.set(*name, link.at(name).clone());
        }
    }
    let mut is_recurring = false;
    let lines = items.iter().filter_map(Value::as_map).map(|item| {
        is_recurring |= !item.path("price.recurring").is_null();
        // The price is one that the link has, whether or not it is still active.
        Value::from(map! {
            "adjustable_quantity": item.at("adjustable_quantity").clone(),
            "id": "",
            "price": item.path("price.id").clone(),
            "quantity": item.at("quantity").clone(),
        })
    });
    let lines: Vec<Value> = lines.collect();
    params.set("line_items", lines);
    params.set("mode", if is_recurring { "subscription" } else { "payment" });
    let url = link.path("after_completion.redirect.url").as_str().unwrap_or(NOWHERE);
    params.set("success_url", url.to_string());
    for name in ["client_reference_id", "customer_email"] {
        if given.contains(name) {
            params.set(name, given.at(name).clone());
        }
    }
    checkout::open(tx, params, map! { "payment_link": id.to_string() })
}

/// One more session of a link is complete; the last one that is allowed turns it off.
pub fn count(tx: &mut Tx<'_>, id: &str) {
    let Some(mut link) = tx.load(LINK, id) else { return };
    let Some(restrictions) = link.get_mut("restrictions").and_then(Value::as_map_mut) else {
        return;
    };
    let sessions = restrictions.map_mut("completed_sessions");
    let count = sessions.int("count") + 1;
    let is_last = sessions.int("limit") <= count;
    sessions.set("count", count);
    if is_last {
        link.set("active", false);
        tx.save(link);
    } else {
        tx.save_untold(link);
    }
}

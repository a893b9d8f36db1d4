//! The customer portal: its configurations, sessions in it, and what customers do there.
//!
//! Stripe's page: <https://docs.stripe.com/api/customer_portal/sessions>. Sessions that name no
//! configuration use the default one, which is there from the first time it is needed.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::{payment_methods, setting_up};
use crate::map;
use crate::route::{self, Routes};
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("POST /v1/billing_portal/configurations", create_configuration),
    ("POST /v1/billing_portal/configurations/{id}", update_configuration),
    ("POST /v1/billing_portal/sessions", create_session),
];

const CONFIGURATION: &str = "billing_portal.configuration";
pub const SESSION: &str = "billing_portal.session";

fn create_configuration(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut configuration = crud::draft(tx, call)?;
    show_login_page(tx, &mut configuration);
    Ok(tx.save(configuration).into())
}

fn update_configuration(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut configuration = crud::load(tx, call)?;
    let shape = crud::kind(call).shape();
    crud::apply(tx, shape, &mut configuration, &call.params, "")?;
    configuration.set("updated", tx.now());
    show_login_page(tx, &mut configuration);
    Ok(tx.save(configuration).into())
}

/// A login page that is enabled has an address.
fn show_login_page(tx: &mut Tx<'_>, configuration: &mut Map) {
    let page = configuration.map_mut("login_page");
    if !page.is_true("enabled") {
        page.set("url", Value::Null);
    } else if page.at("url").is_null() {
        let code = tx.characters("portal.login_page", 18);
        page.set("url", format!("https://billing.stripe.com/p/login/test_{code}"));
    }
}

/// The configuration of sessions that name none.
fn default_configuration(tx: &mut Tx<'_>) -> Outcome<Rc<Map>> {
    let mut known = tx.all(CONFIGURATION).into_iter();
    if let Some(found) = known.find(|configuration| configuration.is_true("is_default")) {
        return Ok(found);
    }
    let kind = Object::find(CONFIGURATION).expect("a published type");
    // What the Dashboard turns on by itself.
    let allowed = ["address", "email", "name", "phone", "shipping", "tax_id"];
    let features = map! {
        "customer_update": map! {
            "allowed_updates": allowed.map(Value::from).to_vec(),
            "enabled": true,
        },
        "invoice_history": map! { "enabled": true },
        "payment_method_update": map! { "enabled": true },
        "subscription_cancel": map! { "enabled": true },
    };
    let mut made = crud::draft_kind(tx, kind, &map! { "features": features })?;
    made.set("is_default", true);
    Ok(tx.save(made))
}

fn create_session(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let customer = params.str("customer");
    if customer.is_empty() && !params.contains("customer_account") {
        return Err(Error::parameter_missing("customer"));
    }
    if !customer.is_empty() && !tx.exists("customer", customer) {
        return Err(Error::no_such_reference("customer", customer, "customer"));
    }
    let mut session = crud::draft(tx, call)?;
    let configuration = match params.at("configuration").as_str() {
        Some(id) => tx.get(CONFIGURATION, id).cloned(),
        None => Some(default_configuration(tx)?),
    };
    let configuration = configuration.unwrap_or_default();
    if let Some(flow) = params.get("flow_data") {
        let flow = map! { "flow": flow.clone() };
        crud::apply(tx, crud::kind(call).shape(), &mut session, &flow, "")?;
        check_flow(tx, customer, &configuration, session.at("flow"))?;
    }
    session.set("configuration", configuration.at("id").clone());
    if !params.contains("return_url") {
        session.set("return_url", configuration.at("default_return_url").clone());
    }
    Ok(tx.save(session).into())
}

/// The feature of a configuration that a flow is about, and the words Stripe has for it.
const FLOWS: &[(&str, &str, &str)] = &[
    ("subscription_cancel", "canceled", "subscription cancellation"),
    ("subscription_pause", "paused", "subscription pause"),
    ("subscription_update", "updated", "subscription update"),
    ("subscription_update_confirm", "updated", "subscription update"),
];

/// A flow about a subscription needs one that is the customer's, and a configuration that offers it.
fn check_flow(tx: &Tx<'_>, customer: &str, configuration: &Map, flow: &Value) -> Outcome<()> {
    let kind = flow.as_map().map_or("", |flow| flow.str("type"));
    let Some((_, done, feature)) = FLOWS.iter().find(|(name, ..)| *name == kind) else {
        return Ok(());
    };
    let about = flow.as_map().and_then(|flow| flow.path(&format!("{kind}.subscription")).as_str());
    let Some(id) = about else {
        return Err(Error::parameter_missing(&format!("flow_data[{kind}]")));
    };
    if tx.get("subscription", id).is_none_or(|known| known.at("customer").as_id() != Some(customer))
    {
        let param = format!("flow_data[{kind}][subscription]");
        return Err(Error::no_such_reference("subscription", id, param));
    }
    let enabled = format!("features.{}.enabled", kind.trim_end_matches("_confirm"));
    if configuration.path(&enabled).as_bool() != Some(true) {
        return Err(Error::portal_feature_disabled(done, feature));
    }
    Ok(())
}

// What customers do in the portal.

/// A customer does something in the portal: `does` is "cancel", "keep", "switch", "update_card" or
/// "update_customer". `given` says what:
///
/// - `subscription`: an id; without it the one of the flow, else the customer's only one;
/// - `price`, `quantity`: what to switch to; `feedback`, `comment`: why to cancel;
/// - `card`: as [`payment_methods::of_page`] takes one; or the customer's new fields.
///
/// What the session's configuration does not offer is an error. The answer is the subscription or
/// the customer.
pub fn visit(tx: &mut Tx<'_>, id: &str, does: &str, given: &Map) -> Outcome<Rc<Map>> {
    let session = crud::load_kind(tx, SESSION, id)?;
    let configuration = session.at("configuration").as_id().unwrap_or("").to_string();
    let features = tx.get(CONFIGURATION, &configuration).map(|known| known.at("features").clone());
    let features = features.as_ref().and_then(Value::as_map).cloned().unwrap_or_default();
    let feature = match does {
        "cancel" | "keep" => "subscription_cancel",
        "switch" => "subscription_update",
        "update_card" => "payment_method_update",
        _ => "customer_update",
    };
    let offered = features.at(feature).as_map().cloned().unwrap_or_default();
    if !offered.is_true("enabled") {
        return Err(Error::portal_not_offered(feature, &configuration));
    }
    let flow = session.path("flow.type").as_str().unwrap_or(feature);
    if flow.trim_end_matches("_confirm") != feature {
        return Err(Error::control(format!("{id} is for the flow {flow} and nothing else")));
    }
    let customer = session.str("customer");
    match does {
        "update_card" => update_card(tx, customer, given),
        "update_customer" => update_customer(tx, customer, &offered, given),
        _ => {
            let subscription = subscription_of(tx, &session, given)?;
            match does {
                "cancel" => cancel(tx, &subscription, &offered, given),
                "keep" => {
                    let params = map! { "cancel_at_period_end": false };
                    route::ask(tx, "subscriptions.update", vec![subscription], params)
                }
                _ => switch(tx, &subscription, &offered, given),
            }
        }
    }
}

/// The subscription a customer means.
fn subscription_of(tx: &Tx<'_>, session: &Map, given: &Map) -> Outcome<String> {
    let kind = session.path("flow.type").as_str().unwrap_or("");
    let of_flow = session.path(&format!("flow.{kind}.subscription")).as_str();
    if let Some(id) = given.at("subscription").as_id().or(of_flow) {
        return Ok(id.to_string());
    }
    let all = tx.all_where("subscription", "customer", session.str("customer"));
    let has_ended =
        |known: &&Rc<Map>| matches!(known.str("status"), "canceled" | "incomplete_expired");
    let mut open = all.iter().filter(|known| !has_ended(known));
    match (open.next(), open.next()) {
        (Some(only), None) => Ok(only.str("id").to_string()),
        (None, _) => Err(Error::control("the customer has no subscription")),
        _ => Err(Error::control("the customer has several subscriptions: say which is meant")),
    }
}

fn cancel(tx: &mut Tx<'_>, id: &str, offered: &Map, given: &Map) -> Outcome<Rc<Map>> {
    let mut why = Map::new();
    for name in ["comment", "feedback"] {
        if given.contains(name) {
            why.set(name, given.at(name).clone());
        }
    }
    let mut params = Map::new();
    if !why.is_empty() {
        params.set("cancellation_details", why);
    }
    let ids = vec![id.to_string()];
    if offered.str("mode") != "immediately" {
        // Flexible subscriptions have no flag: https://docs.stripe.com/billing/subscriptions/billing-mode
        let mode = tx.get("subscription", id).map(|known| known.path("billing_mode.type").clone());
        match mode.as_ref().and_then(Value::as_str) {
            Some("flexible") => params.set("cancel_at", "max_period_end"),
            _ => params.set("cancel_at_period_end", true),
        }
        return route::ask(tx, "subscriptions.update", ids, params);
    }
    let proration = offered.str("proration_behavior");
    params.set("invoice_now", proration == "always_invoice");
    params.set("prorate", proration != "none");
    route::ask(tx, "subscriptions.cancel", ids, params)
}

/// Differs from Stripe: a switch that `schedule_at_period_end` would put off is made at once.
///
/// Changes the price or the quantity, where the configuration lists the price.
fn switch(tx: &mut Tx<'_>, id: &str, offered: &Map, given: &Map) -> Outcome<Rc<Map>> {
    let subscription = tx.load("subscription", id).unwrap_or_default();
    let items = subscription.path("items.data").as_list().unwrap_or_default();
    let Some(item) = items.first().and_then(Value::as_id) else {
        return Err(Error::no_such("subscription", id, "id"));
    };
    let mut change = map! { "id": item.to_string() };
    if let Some(price) = given.at("price").as_id() {
        let products = offered.at("products").as_list().unwrap_or_default();
        let listed = products.iter().filter_map(Value::as_map).any(|product| {
            let prices = product.at("prices").as_list().unwrap_or_default();
            prices.iter().any(|listed| listed.as_str() == Some(price))
        });
        if !listed {
            return Err(Error::control(format!("the portal does not offer {price}")));
        }
        change.set("price", price.to_string());
    }
    if !given.at("quantity").is_null() {
        let allowed = offered.at("default_allowed_updates").as_list().unwrap_or_default();
        if !allowed.contains(&Value::from("quantity")) {
            return Err(Error::control("the portal does not let customers change quantities"));
        }
        change.set("quantity", given.at("quantity").clone());
    }
    let mut params = map! {
        "items": vec![Value::from(change)],
        "proration_behavior": offered.at("proration_behavior").clone(),
    };
    if offered.str("billing_cycle_anchor") == "now" {
        params.set("billing_cycle_anchor", "now");
    }
    let ends_trial = offered.str("trial_update_behavior") == "end_trial";
    if subscription.str("status") == "trialing" && ends_trial {
        params.set("trial_end", "now");
    }
    route::ask(tx, "subscriptions.update", vec![id.to_string()], params)
}

/// Sets up another payment method, and makes it the one that pays from here on.
fn update_card(tx: &mut Tx<'_>, customer: &str, given: &Map) -> Outcome<Rc<Map>> {
    let method = payment_methods::of_page(tx, given)?;
    tx.save(method.clone());
    let method = method.str("id").to_string();
    let params = map! {
        "confirm": true,
        "customer": customer.to_string(),
        "payment_method": method.clone(),
        "payment_method_types": vec![Value::from("card")],
        "usage": "off_session",
    };
    let intent = route::ask(tx, "setupIntents.create", Vec::new(), params)?;
    if intent.str("status") == "requires_action" {
        let passes = given.at("authenticate").as_bool() != Some(false);
        let intent = setting_up::authenticate(tx, Map::clone(&intent), passes)?;
        if intent.str("status") != "succeeded" {
            let customer = tx.get("customer", customer).cloned();
            return Ok(customer.unwrap_or_default());
        }
    }
    for subscription in tx.all_where("subscription", "customer", customer) {
        if !subscription.at("default_payment_method").is_null() {
            let params = map! { "default_payment_method": method.clone() };
            let ids = vec![subscription.str("id").to_string()];
            route::ask(tx, "subscriptions.update", ids, params)?;
        }
    }
    let settings = map! { "default_payment_method": method };
    let params = map! { "invoice_settings": settings };
    route::ask(tx, "customers.update", vec![customer.to_string()], params)
}

fn update_customer(
    tx: &mut Tx<'_>,
    customer: &str,
    offered: &Map,
    given: &Map,
) -> Outcome<Rc<Map>> {
    let allowed = offered.at("allowed_updates").as_list().unwrap_or_default();
    let may = |name: &str| allowed.iter().any(|allowed| allowed.as_str() == Some(name));
    if let Some((name, _)) = given.iter().find(|(name, _)| !may(name)) {
        return Err(Error::control(format!(
            "the portal does not let customers change their {name}"
        )));
    }
    route::ask(tx, "customers.update", vec![customer.to_string()], given.clone())
}

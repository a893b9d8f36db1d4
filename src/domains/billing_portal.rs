//! The customer portal: its configurations, sessions in it, and what customers do there.
//!
//! Stripe's page: <https://docs.stripe.com/api/customer_portal/sessions>.
//!
//! Differs from Stripe: sessions that name no configuration use the default one, which is there from
//! the first time it is needed; at Stripe it has to be saved in the Dashboard before.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::periods::Interval;
use crate::flows::{invoicing, payment_methods, setting_up, subscribing};
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

/// How many products one configuration offers.
const MOST_PRODUCTS: usize = 10;

/// Cancellations are prorated at once or not at all, and never invoiced.
fn check_configuration(configuration: &Map, params: &Map) -> Outcome<()> {
    let products = params.path("features.subscription_update.products").as_list();
    if products.is_some_and(|products| MOST_PRODUCTS < products.len()) {
        return Err(Error::portal_configuration("features[subscription_update][products]"));
    }
    let given = params.path("features.subscription_cancel.proration_behavior").as_str();
    let mode = configuration.path("features.subscription_cancel.mode").as_str();
    let is_late = given == Some("create_prorations") && mode != Some("immediately");
    if is_late || given == Some("always_invoice") {
        let name = "features[subscription_cancel][proration_behavior]";
        return Err(Error::portal_configuration(name));
    }
    Ok(())
}

fn create_configuration(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut configuration = crud::draft(tx, call)?;
    check_configuration(&configuration, &call.params)?;
    show_login_page(tx, &mut configuration);
    Ok(tx.save(configuration).into())
}

fn update_configuration(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut configuration = crud::load(tx, call)?;
    let shape = crud::kind(call).shape();
    crud::apply(tx, shape, &mut configuration, &call.params, "")?;
    check_configuration(&configuration, &call.params)?;
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

/// What customers are offered as reasons for which they cancel.
const REASONS: [&str; 8] = [
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
];

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
        "subscription_cancel": map! {
            "cancellation_reason": map! {
                "enabled": true,
                "options": REASONS.map(Value::from).to_vec(),
            },
            "enabled": true,
        },
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
    let Some(confirmed) = flow.as_map().and_then(|flow| flow.at(CONFIRM).as_map()) else {
        return Ok(());
    };
    let known = subscribing::items_of(tx, id);
    let is_same = |wanted: &Map| {
        let item = known.iter().find(|item| item.at("id") == wanted.at("id"));
        item.is_some_and(|item| {
            let said = [("price", "price.id"), ("quantity", "quantity")];
            said.iter()
                .all(|(name, path)| wanted.at(name).is_null() || wanted.at(name) == item.path(path))
        })
    };
    let mut items = confirmed.at("items").as_list().unwrap_or_default().iter();
    let is_discounted = confirmed.at("discounts").as_list().is_some_and(|list| !list.is_empty());
    match is_discounted || !items.all(|item| item.as_map().is_some_and(is_same)) {
        true => Ok(()),
        false => Err(Error::portal_without_changes()),
    }
}

const CONFIRM: &str = "subscription_update_confirm";

// What customers do in the portal.

/// What customers do in the portal, and the feature of its configuration that lets them.
const DOES: &[(&str, &str)] = &[
    ("accept_offer", "subscription_cancel"),
    ("cancel", "subscription_cancel"),
    ("confirm", "subscription_update"),
    ("invoices", "invoice_history"),
    ("keep", "subscription_cancel"),
    ("pause", "subscription_pause"),
    ("resume", "subscription_pause"),
    ("switch", "subscription_update"),
    ("update_card", "payment_method_update"),
    ("update_customer", "customer_update"),
];

/// A customer does something in the portal: `does` is one of [`DOES`]. `given` says what:
///
/// - `subscription`: an id; without it the one of the flow, else the customer's only one;
/// - `price`, `quantity`, `promotion_code`: what to switch to; `feedback`, `comment`: why to cancel;
/// - `interval`, `interval_count`: for how long to pause;
/// - `card`: as [`payment_methods::of_page`] takes one; or the customer's new fields.
///
/// What the session's configuration does not offer is an error. The answer is the subscription, the
/// customer or the list of invoices.
pub fn visit(tx: &mut Tx<'_>, id: &str, does: &str, given: &Map) -> Outcome<Rc<Map>> {
    let session = crud::load_kind(tx, SESSION, id)?;
    let configuration = session.at("configuration").as_id().unwrap_or("").to_string();
    let features = tx.get(CONFIGURATION, &configuration).map(|known| known.at("features").clone());
    let features = features.as_ref().and_then(Value::as_map).cloned().unwrap_or_default();
    let feature = DOES.iter().find(|(known, _)| *known == does).map_or("", |(_, feature)| feature);
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
        "update_card" => return update_card(tx, customer, given),
        "update_customer" => return update_customer(tx, customer, &offered, given),
        "invoices" => {
            // What is not finalized is not shown.
            let mut invoices = tx.all_where("invoice", "customer", customer);
            invoices.retain(|invoice| invoice.str("status") != "draft");
            let newest = invoices.into_iter().rev().map(Value::from).collect();
            return Ok(Rc::new(crud::list_of(newest, false, "/v1/invoices")));
        }
        _ => {}
    }
    let subscription = subscription_of(tx, &session, given)?;
    match does {
        "cancel" => cancel(tx, &subscription, &offered, given),
        "keep" => change(tx, subscription, map! { "cancel_at_period_end": false }),
        "accept_offer" => {
            let offer = session.path("flow.subscription_cancel.retention.coupon_offer.coupon");
            let Some(coupon) = offer.as_str() else {
                return Err(Error::control(format!("{id} makes no offer to who stays")));
            };
            let discount = map! { "coupon": coupon.to_string() };
            change(tx, subscription, map! { "discounts": vec![Value::from(discount)] })
        }
        "pause" => pause(tx, &subscription, &offered, given),
        "resume" => resume(tx, subscription),
        "confirm" => confirm(tx, &subscription, &offered, &session),
        _ => switch(tx, &subscription, &offered, given),
    }
}

fn change(tx: &mut Tx<'_>, subscription: String, params: Map) -> Outcome<Rc<Map>> {
    route::ask(tx, "subscriptions.update", vec![subscription], params)
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
    let asked = offered.at("cancellation_reason").as_map().cloned().unwrap_or_default();
    let reasons = asked.at("options").as_list().unwrap_or_default();
    let feedback = given.at("feedback");
    let is_offered = asked.is_true("enabled") && reasons.contains(feedback);
    if !feedback.is_null() && !is_offered {
        let feedback = feedback.as_str().unwrap_or("");
        return Err(Error::control(format!("the portal does not offer the reason {feedback}")));
    }
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

// Pauses.

/// Pauses at once: for as long as is chosen of what is offered, or until the customer comes back.
fn pause(tx: &mut Tx<'_>, id: &str, offered: &Map, given: &Map) -> Outcome<Rc<Map>> {
    if offered.path("duration.type").as_str() == Some("indefinite") {
        let params = map! { "type": "subscription" };
        return route::ask(tx, "subscriptions.pause", vec![id.to_string()], params);
    }
    let options = offered.path("duration.interval_options").as_list().unwrap_or_default();
    let count = given.at("interval_count").as_int().unwrap_or(1);
    let fits = |option: &&Map| {
        let is_it = option.str("interval") == given.str("interval");
        given.at("interval").is_null() || (is_it && option.int("interval_count") == count)
    };
    let Some(chosen) = options.iter().filter_map(Value::as_map).find(fits) else {
        return Err(Error::control("the portal does not offer a pause of that length"));
    };
    let duration = map! {
        "interval": chosen.at("interval").clone(),
        "interval_count": chosen.at("interval_count").clone(),
    };
    let entry = map! {
        "pause": map! { "pause_at": map! { "type": "now" } },
        "resume": map! { "resume_at": map! { "duration": duration, "type": "duration" } },
    };
    schedule(tx, id, map! { "pause_schedules": vec![Value::from(entry)] })?;
    crud::load_kind(tx, "subscription", id).map(Rc::new)
}

/// A paused subscription goes on now.
fn resume(tx: &mut Tx<'_>, id: String) -> Outcome<Rc<Map>> {
    let subscription = crud::load_kind(tx, "subscription", &id)?;
    let Some(schedule) = subscription.at("schedule").as_id().map(str::to_string) else {
        let params = map! {
            "billing_cycle_anchor": "now",
            "payment_behavior": "resume_on_payment_success",
        };
        return route::ask(tx, "subscriptions.resume", vec![id], params);
    };
    let known = tx.get("subscription_schedule", &schedule);
    let entries = known.map_or(&Value::Null, |known| known.at("pause_schedules"));
    let key = entries.as_list().unwrap_or_default().first().and_then(Value::as_map);
    let mut entry = map! { "resume": map! { "resume_at": map! { "type": "now" } } };
    if let Some(key) = key.map(|entry| entry.at("key").clone()) {
        entry.set("key", key);
    }
    let params = map! { "pause_schedules": vec![Value::from(entry)] };
    route::ask(tx, "subscriptionSchedules.update", vec![schedule], params)?;
    crud::load_kind(tx, "subscription", &id).map(Rc::new)
}

/// Has a schedule manage a subscription as the parameters of an update say; makes it where there is
/// none.
fn schedule(tx: &mut Tx<'_>, id: &str, params: Map) -> Outcome<Rc<Map>> {
    let known = crud::load_kind(tx, "subscription", id)?;
    let schedule = match known.at("schedule").as_id() {
        Some(schedule) => schedule.to_string(),
        None => {
            let params = map! { "from_subscription": id.to_string() };
            let made = route::ask(tx, "subscriptionSchedules.create", Vec::new(), params)?;
            made.str("id").to_string()
        }
    };
    route::ask(tx, "subscriptionSchedules.update", vec![schedule], params)
}

// Switches.

/// What a session's flow asks the customer to confirm.
fn confirm(tx: &mut Tx<'_>, id: &str, offered: &Map, session: &Map) -> Outcome<Rc<Map>> {
    let Some(flow) = session.path("flow.subscription_update_confirm").as_map() else {
        return Err(Error::control("the session asks for nothing to be confirmed"));
    };
    let items = flow.at("items").as_list().unwrap_or_default();
    let mut given = items.first().and_then(Value::as_map).cloned().unwrap_or_default();
    let discounts = flow.at("discounts").as_list().unwrap_or_default().iter();
    let mut said = Vec::new();
    for mut discount in discounts.filter_map(Value::as_map).cloned() {
        discount.retain(|(_, value)| !value.is_null());
        said.push(Value::from(discount));
    }
    given.set("discounts", said);
    switch(tx, id, offered, &given)
}

/// Changes the price or the quantity, where the configuration lets customers do so; at the end of the
/// period where it is less, and the configuration puts that off.
fn switch(tx: &mut Tx<'_>, id: &str, offered: &Map, given: &Map) -> Outcome<Rc<Map>> {
    let subscription = tx.load("subscription", id).unwrap_or_default();
    let items = subscribing::items_of(tx, id);
    let is_it = |item: &&Rc<Map>| given.at("id").is_null() || item.at("id") == given.at("id");
    let Some(item) = items.iter().find(is_it) else {
        return Err(Error::no_such("subscription", id, "id"));
    };
    let mut wanted = map! { "id": item.at("id").clone() };
    let price = given.at("price").as_id().or(item.path("price.id").as_str()).unwrap_or("");
    let price = price.to_string();
    let is_other = item.path("price.id").as_str() != Some(&price);
    let product = check_offered(offered, item, &price, is_other)?;
    if is_other {
        wanted.set("price", price.clone());
    }
    if !given.at("quantity").is_null() && given.at("quantity") != item.at("quantity") {
        check_may(offered, "quantity")?;
        let bounds = product.at("adjustable_quantity").as_map().cloned().unwrap_or_default();
        let (least, most) = (bounds.int("minimum"), bounds.at("maximum").as_int());
        let quantity = given.int("quantity");
        if bounds.is_true("enabled") && (quantity < least || most.is_some_and(|it| it < quantity)) {
            return Err(Error::control("the portal does not offer that quantity"));
        }
        wanted.set("quantity", quantity);
    } else if is_other && !item.at("quantity").is_null() {
        wanted.set("quantity", item.at("quantity").clone());
    }
    if is_put_off(tx, offered, item, &price, &wanted) {
        return put_off(tx, &subscription, item, &price, &wanted);
    }
    let mut params = map! {
        "items": vec![Value::from(wanted)],
        "proration_behavior": offered.at("proration_behavior").clone(),
    };
    discount(tx, offered, given, &mut params)?;
    if offered.str("billing_cycle_anchor") == "now" {
        params.set("billing_cycle_anchor", "now");
    }
    let ends_trial = offered.str("trial_update_behavior") == "end_trial";
    if subscription.str("status") == "trialing" && ends_trial {
        params.set("trial_end", "now");
    }
    change(tx, id.to_string(), params)
}

fn check_may(offered: &Map, what: &'static str) -> Outcome<()> {
    let allowed = offered.at("default_allowed_updates").as_list().unwrap_or_default();
    if allowed.contains(&Value::from(what)) {
        return Ok(());
    }
    Err(Error::control(format!("the portal does not let customers change the {what}")))
}

/// The product of a configuration that a price, or what is subscribed to, is of.
fn check_offered(offered: &Map, item: &Map, price: &str, is_other: bool) -> Outcome<Map> {
    let products = offered.at("products").as_list().unwrap_or_default();
    let lists = |product: &&Map| {
        let prices = product.at("prices").as_list().unwrap_or_default();
        let is_its = product.at("product").as_id() == item.path("price.product").as_id();
        prices.iter().any(|listed| listed.as_str() == Some(price)) || (!is_other && is_its)
    };
    let found = products.iter().filter_map(Value::as_map).find(lists).cloned();
    if is_other {
        check_may(offered, "price")?;
        return found.ok_or_else(|| Error::control(format!("the portal does not offer {price}")));
    }
    Ok(found.unwrap_or_default())
}

/// A promotion code, by its id or as customers type it, and what a flow gives.
fn discount(tx: &Tx<'_>, offered: &Map, given: &Map, params: &mut Map) -> Outcome<()> {
    let mut discounts = given.at("discounts").as_list().unwrap_or_default().to_vec();
    if let Some(code) = given.at("promotion_code").as_str() {
        check_may(offered, "promotion_code")?;
        let typed = tx.all_where("promotion_code", "code", code);
        let id = typed.first().map_or(code, |known| known.str("id")).to_string();
        discounts.push(map! { "promotion_code": id }.into());
    }
    if !discounts.is_empty() {
        params.set("discounts", discounts);
    }
    Ok(())
}

/// Whether the configuration puts a switch off until the period ends.
fn is_put_off(tx: &Tx<'_>, offered: &Map, item: &Map, price: &str, wanted: &Map) -> bool {
    let Some(new) = tx.get("price", price) else { return false };
    let quantity = |of: &Map| of.at("quantity").as_int().unwrap_or(1);
    let is_less = || {
        let old = item.at("price").as_map().cloned().unwrap_or_default();
        let before = invoicing::amount_of(tx, &old, quantity(item));
        let after = if wanted.contains("quantity") { quantity(wanted) } else { quantity(item) };
        invoicing::amount_of(tx, new, after) < before
    };
    let is_shorter = || {
        let length = |price: &Value| Interval::of(price).boundary(0, 1);
        length(&Value::Map(new.clone())) < length(item.at("price"))
    };
    let conditions = offered.path("schedule_at_period_end.conditions").as_list();
    conditions.unwrap_or_default().iter().filter_map(Value::as_map).any(|condition| match condition
        .str("type")
    {
        "decreasing_item_amount" => is_less(),
        "shortening_interval" => is_shorter(),
        _ => false,
    })
}

/// Schedules a switch: what there is until the period ends, and then what is wanted.
fn put_off(
    tx: &mut Tx<'_>,
    subscription: &Map,
    item: &Map,
    price: &str,
    wanted: &Map,
) -> Outcome<Rc<Map>> {
    let id = subscription.str("id");
    let items = subscribing::items_of(tx, id);
    let entry = |of: &Map| {
        let mut entry = map! { "price": of.path("price.id").clone() };
        if !of.at("quantity").is_null() {
            entry.set("quantity", of.at("quantity").clone());
        }
        entry
    };
    let now: Vec<Value> = items.iter().map(|item| entry(item).into()).collect();
    let mut next = Vec::new();
    for other in &items {
        let mut entry = entry(other);
        if other.at("id") == item.at("id") {
            entry.set("price", price.to_string());
            if wanted.contains("quantity") {
                entry.set("quantity", wanted.at("quantity").clone());
            }
        }
        next.push(Value::from(entry));
    }
    let start = items.iter().map(|item| item.int("current_period_start")).max();
    let end = items.iter().map(|item| item.int("current_period_end")).min();
    let known =
        subscription.at("schedule").as_id().and_then(|id| tx.get("subscription_schedule", id));
    let started = known.and_then(|known| known.path("current_phase.start_date").as_int());
    let now = map! { "items": now, "start_date": started.or(start), "end_date": end };
    let next = map! { "items": next, "proration_behavior": "none" };
    let phases = vec![Value::from(now), Value::from(next)];
    schedule(tx, id, map! { "end_behavior": "release", "phases": phases })?;
    crud::load_kind(tx, "subscription", id).map(Rc::new)
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
    let mut fields = given.clone();
    if let Some(tax_id) = fields.remove("tax_id").and_then(|tax_id| tax_id.as_map().cloned()) {
        route::ask(tx, "customers.createTaxId", vec![customer.to_string()], tax_id)?;
    }
    route::ask(tx, "customers.update", vec![customer.to_string()], fields)
}

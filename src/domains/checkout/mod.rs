//! Checkout sessions: a page of Stripe's on which somebody pays, subscribes, or leaves a payment
//! method for later.
//!
//! ```text
//! open ──completed by the customer──▶ complete
//!   └──expired, on request or after a day──▶ expired
//! ```
//!
//! Stripe's pages: <https://docs.stripe.com/api/checkout/sessions>,
//! <https://docs.stripe.com/payments/checkout/how-checkout-works>.

pub mod completing;
mod invoices;
pub mod lines;

use crate::call::{Body, Call};
use crate::crud;
use crate::domains::{accounts, catalogue, subscriptions};
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::{charging, intents, taxing};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use crate::versions::Older;
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("POST /v1/checkout/sessions", create),
    ("GET /v1/checkout/sessions/{id}", retrieve),
    ("POST /v1/checkout/sessions/{id}", update),
    ("POST /v1/checkout/sessions/{id}/expire", expire),
    ("GET /v1/checkout/sessions/{id}/line_items", list_line_items),
];

// A payment that settles later is told apart by an announcement: see `completing::settle`.
pub static EVENTS: Rules = &[
    ("checkout.session.completed", When::Became("status", "complete")),
    ("checkout.session.expired", When::Became("status", "expired")),
];

/// The names of the pages, before and after they were renamed.
const PAGES: &[(&str, &str)] =
    &[("custom", "elements"), ("embedded", "embedded_page"), ("hosted", "hosted_page")];

pub static OLDER: Older = &[("2026-03-25", with_older_pages)];

fn with_older_pages(_: &Tx<'_>, session: &mut Map) {
    if let Some((old, _)) = PAGES.iter().find(|(_, new)| *new == session.str("ui_mode")) {
        session.set("ui_mode", *old);
    }
}

pub const SESSION: &str = "checkout.session";

/// What a session knows and does not show, under the session's id: `items`, its lines, and
/// `params`, what it was created with.
const BEHIND: &str = "fakestripe.checkout_session";

/// Ids are no longer than this.
const LONGEST_ID: usize = 66;
/// How long a session can be told to be open, in seconds.
const LIFE: (i64, i64) = (30 * 60, 24 * 3600);
/// How long an expired session can be recovered.
const RECOVERY: i64 = 30 * 86_400;

/// The version since which a session has no payment intent before somebody pays.
const INTENT_LATER_SINCE: &str = "2022-08-01";

/// The version since which there is a subscription only once somebody has paid.
const SUBSCRIPTION_LATER_SINCE: &str = "2025-03-31";

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mode = call.params.str("mode").to_string();
    if mode.is_empty() {
        return Err(Error::parameter_missing("mode"));
    }
    check(tx, &call.params, &mode)?;
    let mut session = crud::draft(tx, call)?;
    let version = call.version.as_deref().unwrap_or("9");
    ask(tx, &mut session, true)?;
    dress(tx, &mut session, &call.params, version);
    let items = lines::draw_up(tx, &mut session, &call.params)?;
    let id = session.str("id").to_string();
    let mut params = call.params.clone();
    if mode == "subscription" {
        subscriptions::set_mode(call, params.map_mut("subscription_data"));
    }
    let is_old = version < SUBSCRIPTION_LATER_SINCE;
    tx.save_as(
        BEHIND.into(),
        map! { "id": id.clone(), "is_old": is_old, "items": items, "params": params },
    );
    match mode.as_str() {
        "setup" => {
            let intent = completing::setup_intent(tx, &session)?;
            session.set("setup_intent", intent.at("id").clone());
        }
        "payment" if version < INTENT_LATER_SINCE => {
            let intent = completing::payment_intent(tx, &session)?;
            session.set("payment_intent", intent.at("id").clone());
        }
        _ => {}
    }
    tx.schedule(session.int("expires_at"), "checkout.expire", &id);
    Ok(tx.save(session).into())
}

/// Parameters that only one mode has.
const OF_MODES: &[(&str, &str)] = &[
    ("customer_creation", "payment"),
    ("invoice_creation", "payment"),
    ("payment_intent_data", "payment"),
    ("setup_intent_data", "setup"),
    ("subscription_data", "subscription"),
];

/// No trial is longer, in days.
const MOST_TRIAL_DAYS: i64 = 730;

/// Refuses what cannot go together.
fn check(tx: &Tx<'_>, params: &Map, mode: &str) -> Outcome<()> {
    for names in [
        ["customer", "customer_email"],
        ["customer", "customer_creation"],
        ["allow_promotion_codes", "discounts"],
    ] {
        if names.iter().all(|name| params.contains(name)) {
            return Err(Error::mutually_exclusive(&names));
        }
    }
    if let Some(customer) = params.at("customer").as_id().filter(|id| !tx.exists("customer", id)) {
        return Err(Error::no_such_reference("customer", customer, "customer"));
    }
    let asks = params.path("customer_update.address").as_str() == Some("auto");
    let customer = params.at("customer").as_id().and_then(|id| tx.get("customer", id));
    if params.path("automatic_tax.enabled").as_bool() == Some(true)
        && customer.is_some_and(|customer| !asks && !taxing::is_located(customer))
    {
        return Err(Error::checkout_tax_location());
    }
    for (param, of) in OF_MODES {
        let is_setup_customer = *param == "customer_creation" && mode == "setup";
        if params.contains(param) && *of != mode && !is_setup_customer {
            return Err(Error::checkout_param_of_mode(param, of));
        }
    }
    let has_lines = params.at("line_items").as_list().is_some_and(|lines| !lines.is_empty());
    match (mode, has_lines) {
        ("setup", true) => return Err(Error::checkout_lines_in_setup()),
        ("setup", false) | (_, true) => {}
        (_, false) => return Err(Error::checkout_lines_missing(mode)),
    }
    check_urls(params)?;
    let trial = "subscription_data[trial_period_days]";
    match params.path("subscription_data.trial_period_days").as_int() {
        Some(days) if days < 1 => return Err(Error::below_minimum(trial, 1)),
        Some(days) if MOST_TRIAL_DAYS < days => {
            return Err(Error::above_maximum(trial, MOST_TRIAL_DAYS));
        }
        _ => {}
    }
    match params.at("expires_at").as_int().map(|at| at - tx.now()) {
        Some(left) if left < LIFE.0 => Err(Error::checkout_expires_too_soon()),
        Some(left) if LIFE.1 < left => Err(Error::checkout_expires_too_late()),
        _ => Ok(()),
    }
}

/// Parameters of hosted pages; from the third on, embedded ones have them too.
const OF_HOSTED: &[&str] = &[
    "cancel_url",
    "success_url",
    "after_expiration",
    "custom_fields",
    "custom_text",
    "optional_items",
    "origin_context",
    "submit_type",
];

/// A hosted page goes back to where the request says; an embedded one stays where it is.
fn check_urls(params: &Map) -> Outcome<()> {
    let page = params.at("ui_mode").as_str().unwrap_or("hosted");
    if is_hosted(page) {
        return match params.contains("success_url") {
            true => Ok(()),
            false => Err(Error::parameter_missing("success_url")),
        };
    }
    let is_embedded = matches!(page, "embedded" | "embedded_page");
    let others = if is_embedded { &OF_HOSTED[..2] } else { OF_HOSTED };
    let unsupported: Vec<&str> =
        others.iter().copied().filter(|name| params.contains(name)).collect();
    if !unsupported.is_empty() {
        return Err(Error::checkout_params_of_page(page, &unsupported));
    }
    let stays = params.str("redirect_on_completion") == "never";
    match is_embedded && !stays && !params.contains("return_url") {
        true => Err(Error::parameter_missing("return_url")),
        false => Ok(()),
    }
}

fn is_hosted(page: &str) -> bool {
    matches!(page, "hosted" | "hosted_page")
}

/// The most fields of its own that a page has.
const MOST_FIELDS: usize = 3;

/// Completes what a page, of a session or of a link, asks for besides: its own fields, of which a
/// session shows the values, and the items that can be added.
pub fn ask(tx: &Tx<'_>, page: &mut Map, has_values: bool) -> Outcome<()> {
    if let Some(Value::List(fields)) = page.get_mut("custom_fields") {
        if MOST_FIELDS < fields.len() && tx.validates() {
            return Err(Error::array_too_long("custom_fields", MOST_FIELDS));
        }
        for field in fields.iter_mut().filter_map(Value::as_map_mut) {
            let kind = completing::kind_of(field);
            let names: &[&str] = match kind {
                "dropdown" => &["default_value", "options", "value"],
                _ => &["default_value", "maximum_length", "minimum_length", "value"],
            };
            let shown = field.map_mut(kind);
            for name in &names[..names.len() - usize::from(!has_values)] {
                if !shown.contains(name) {
                    shown.set(*name, Value::Null);
                }
            }
        }
    }
    if let Some(Value::List(items)) = page.get_mut("optional_items") {
        for (place, item) in items.iter_mut().filter_map(Value::as_map_mut).enumerate() {
            let price = item.str("price");
            if !tx.exists("price", price) {
                let param = format!("optional_items[{place}][price]");
                return Err(Error::no_such_reference("price", price, param));
            }
            if let Some(adjustable) = item.at("adjustable_quantity").as_map() {
                let shown = lines::adjustable(adjustable);
                item.set("adjustable_quantity", shown);
            }
        }
    }
    Ok(())
}

/// Sets what depends on the mode, the page, and whether there is a customer.
fn dress(tx: &mut Tx<'_>, session: &mut Map, params: &Map, version: &str) {
    let mode = params.str("mode").to_string();
    let is_setup = mode == "setup";
    let id = session.str("id").to_string();
    if is_setup {
        let own = id.replacen("_a1", "_c1", 1);
        let url = session.str("url").replace(&id, &own);
        session.set("id", own);
        session.set("url", url);
        for name in ["discounts", "managed_payments", "total_details"] {
            session.set(name, Value::Null);
        }
        session.set("adaptive_pricing", map! { "enabled": false });
        session.set("payment_status", "no_payment_required");
    }
    if let Some((_, new)) = PAGES.iter().find(|(old, _)| *old == session.str("ui_mode")) {
        session.set("ui_mode", *new);
    }
    if !is_hosted(session.str("ui_mode")) {
        session.set("url", Value::Null);
        let id = session.str("id").to_string();
        let secret = tx.characters("checkout.secret", 64);
        session.set("client_secret", format!("{id}_secret_{secret}"));
    }
    if mode != "payment" {
        session.set("invoice_creation", Value::Null);
    }
    if mode != "payment" && !params.contains("payment_method_collection") {
        session.set("payment_method_collection", "always");
    }
    let account = tx.account().clone();
    if let Some(account) = accounts::get(tx, &account) {
        let name = account.path("settings.dashboard.display_name").as_str().unwrap_or("");
        let branding = session.map_mut("branding_settings");
        if branding.str("display_name").is_empty() {
            branding.set("display_name", name.to_string());
        }
    }
    know_customer(tx, session, params, version);
    choose_methods(tx, session, params);
}

/// What a session shows of a customer it knows from the beginning.
fn know_customer(tx: &Tx<'_>, session: &mut Map, params: &Map, version: &str) {
    let mode = params.str("mode");
    let customer = params.at("customer").as_id().and_then(|id| tx.get("customer", id)).cloned();
    if customer.is_some() {
        session.set("customer_creation", Value::Null);
    } else if mode == "subscription" {
        session.set("customer_creation", "always");
    }
    if mode == "subscription" || mode == "payment" && customer.is_some() {
        let mut options = map! {
            "allow_redisplay_filters": vec![Value::from("always")],
            "payment_method_remove": "disabled",
            "payment_method_save": Value::Null,
        };
        if let Some(given) = params.at("saved_payment_method_options").as_map() {
            given.iter().for_each(|(name, value)| options.set(name.clone(), value.clone()));
        }
        session.set("saved_payment_method_options", options);
    }
    let own = customer.as_ref().and_then(|customer| customer.at("email").as_str());
    // Recorded: sessions that had their payment intent at once told nothing of the customer yet.
    let own = own.filter(|_| INTENT_LATER_SINCE <= version);
    let email = params.at("customer_email").as_str().or(own).map(str::to_string);
    if let Some(email) = email {
        session.set("collected_information", collected());
        let exempt = (mode != "setup").then_some("none");
        session.set(
            "customer_details",
            map! {
                "address": Value::Null,
                "business_name": Value::Null,
                "email": email,
                "individual_name": Value::Null,
                "name": Value::Null,
                "phone": Value::Null,
                "tax_exempt": exempt,
                "tax_ids": Value::Null,
            },
        );
    }
}

/// What was asked for on the page, before anything was.
fn collected() -> Map {
    map! {
        "business_name": Value::Null,
        "individual_name": Value::Null,
        "shipping_details": Value::Null,
    }
}

/// The types of payment methods on the page: those of the request, else what the account offers.
fn choose_methods(tx: &mut Tx<'_>, session: &mut Map, params: &Map) {
    if params.contains("payment_method_types") {
        session.set("payment_method_configuration_details", Value::Null);
        return;
    }
    let excluded = params.at("excluded_payment_method_types").as_list().unwrap_or_default();
    let offered = match params.at("allowed_payment_method_types").as_list() {
        Some(allowed) => allowed.to_vec(),
        None => vec![Value::from("card"), Value::from("link")],
    };
    let types: Vec<Value> = offered.into_iter().filter(|kind| !excluded.contains(kind)).collect();
    session.set("payment_method_types", types);
    let id = intents::configuration(tx, params.at("payment_method_configuration").as_str());
    session.set("payment_method_configuration_details", map! { "id": id, "parent": Value::Null });
}

fn retrieve(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    if LONGEST_ID < call.id(0).chars().count() {
        return Err(Error::too_long("session", call.id(0), LONGEST_ID).status(404));
    }
    crud::retrieve(tx, call)
}

/// What can be changed while the customer is on the page. Its metadata can be changed always.
fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let mut session = crud::load(tx, call)?;
    let is_open = session.str("status") == "open";
    crud::merge_metadata(&mut session, params.at("metadata"));
    if !is_open {
        return Ok(tx.save(session).into());
    }
    if let Some(details) = params.path("collected_information.shipping_details").as_map() {
        if session.at("collected_information").is_null() {
            session.set("collected_information", collected());
        }
        let shown = completing::shipping(details);
        session.map_mut("collected_information").set("shipping_details", shown);
    }
    let id = session.str("id").to_string();
    let mut behind = behind(tx, &id);
    if params.contains("line_items") || params.contains("shipping_options") {
        let mut whole = behind.at("params").as_map().cloned().unwrap_or_default();
        let known = items(tx, &id);
        for name in ["line_items", "shipping_options"] {
            if let Some(given) = params.get(name) {
                whole.set(name, lines::kept(given, &known));
            }
        }
        let items = lines::draw_up(tx, &mut session, &whole)?;
        behind.set("items", items);
        behind.set("params", whole);
        tx.save_as(BEHIND.into(), behind);
    }
    Ok(tx.save(session).into())
}

fn expire(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let session = crud::load(tx, call)?;
    if session.str("status") != "open" {
        return Err(Error::checkout_not_open(session.str("status")));
    }
    Ok(end(tx, session).into())
}

fn list_line_items(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let session = crud::load_kind(tx, SESSION, call.id(0))?;
    catalogue::page(call, items(tx, session.str("id")))
}

// What it knows.

fn behind(tx: &Tx<'_>, id: &str) -> Map {
    tx.load(BEHIND, id).unwrap_or_else(|| map! { "id": id.to_string() })
}

/// What a session was created with.
pub fn params_of(tx: &Tx<'_>, id: &str) -> Map {
    behind(tx, id).at("params").as_map().cloned().unwrap_or_default()
}

/// The lines of a session.
pub fn items(tx: &Tx<'_>, id: &str) -> Vec<Value> {
    behind(tx, id).at("items").as_list().unwrap_or_default().to_vec()
}

/// The discounts of a session, as what comes of it is given them.
fn named_discounts(session: &Map) -> Vec<Value> {
    let discounts = session.at("discounts").as_list().unwrap_or_default().iter();
    let named = discounts.filter_map(Value::as_map).map(|discount| {
        let mut named = discount.clone();
        named.retain(|(_, value)| !value.is_null());
        Value::from(named)
    });
    named.collect()
}

/// `line_items` and the parts of `total_details`, which are shown on demand.
pub fn on_demand(tx: &Tx<'_>, session: &Map, field: &str) -> Option<Value> {
    if field != "line_items" {
        return None;
    }
    let id = session.str("id");
    let url = format!("/v1/checkout/sessions/{id}/line_items");
    Some(crud::list_of(items(tx, id), false, url).into())
}

// Later.

/// Does what was scheduled for a session.
pub fn run(tx: &mut Tx<'_>, action: &str, id: &str) {
    match action {
        "checkout.expire" => {
            let session = tx.load(SESSION, id).filter(|session| session.str("status") == "open");
            if let Some(session) = session {
                end(tx, session);
            }
        }
        other => panic!("{other} is nothing a checkout session does later"),
    }
}

/// Ends a session that nobody completed; what it was to be paid with is canceled.
fn end(tx: &mut Tx<'_>, mut session: Map) -> Rc<Map> {
    let id = session.str("id").to_string();
    tx.unschedule("checkout.expire", &id);
    let load = |tx: &Tx<'_>, name: &str| session.at(name).as_id().and_then(|id| tx.load(name, id));
    if let Some(intent) = load(tx, "payment_intent") {
        charging::cancel(tx, intent, Value::from("automatic"));
    }
    if let Some(mut intent) = load(tx, "setup_intent") {
        intent.set("next_action", Value::Null);
        intent.set("status", "canceled");
        tx.save(intent);
    }
    session.set("status", "expired");
    session.set("url", Value::Null);
    if session.path("after_expiration.recovery.enabled").as_bool() == Some(true) {
        let token = tx.characters("checkout.recovery", 40);
        let until = tx.now() + RECOVERY;
        let recovery = session.map_mut("after_expiration").map_mut("recovery");
        recovery.set("expires_at", until);
        recovery.set("url", format!("https://buy.stripe.com/r/test_{token}"));
    }
    tx.save(session)
}

/// A session made by Stripe itself, for who follows a payment link or comes back to a session that
/// has expired; `also` is set on it.
pub fn open(tx: &mut Tx<'_>, params: Map, also: Map) -> Outcome<Rc<Map>> {
    let kind = Object::find(SESSION).expect("checkout sessions are a published type");
    let mut session = crud::draft_kind(tx, kind, &params)?;
    ask(tx, &mut session, true)?;
    dress(tx, &mut session, &params, "9");
    also.into_iter().for_each(|(name, value)| session.set(name, value));
    let items = lines::draw_up(tx, &mut session, &params)?;
    let id = session.str("id").to_string();
    tx.schedule(session.int("expires_at"), "checkout.expire", &id);
    tx.save_as(BEHIND.into(), map! { "id": id, "items": items, "params": params });
    Ok(tx.save(session))
}

/// The customer leaves an open session and does not come back: it expires now.
pub fn abandon(tx: &mut Tx<'_>, id: &str) -> Outcome<Rc<Map>> {
    let session = crud::load_kind(tx, SESSION, id)?;
    match session.str("status") {
        "open" => Ok(end(tx, session)),
        status => Err(Error::checkout_not_open(status)),
    }
}

/// The customer follows the address under which an expired session can be recovered: a new one.
pub fn recover(tx: &mut Tx<'_>, id: &str) -> Outcome<Rc<Map>> {
    let session = crud::load_kind(tx, SESSION, id)?;
    let until = session.path("after_expiration.recovery.expires_at").as_int();
    if until.is_none_or(|until| until < tx.now()) {
        return Err(Error::control(format!("{id} cannot be recovered")));
    }
    let mut params = params_of(tx, id);
    params.remove("expires_at");
    if session.path("after_expiration.recovery.allow_promotion_codes").as_bool() == Some(true) {
        params.set("allow_promotion_codes", true);
        params.remove("discounts");
    }
    open(tx, params, map! { "recovered_from": id.to_string() })
}

//! Prices and plans: what a product costs, and how often.
//!
//! Stripe's pages: <https://docs.stripe.com/api/prices>, <https://docs.stripe.com/api/plans>. A
//! plan is the older form of a recurring price: both have the same id, and each is made with the
//! other. What a price shows only on demand (tiers, amounts in other currencies) is kept beside it.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::pricing::{self, DETAILS};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use crate::versions::Older;
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("GET /v1/prices", list),
    ("POST /v1/prices", create),
    ("POST /v1/prices/{id}", update),
    ("GET /v1/plans", list),
    ("POST /v1/plans", create_plan),
    ("POST /v1/plans/{id}", update_plan),
    ("DELETE /v1/plans/{id}", delete_plan),
];

/// Until 2020-08-27 a plan showed its tiers, until basil how its usage was aggregated.
pub static OLDER: Older = &[
    ("2025-03-31.basil", |tx, plan| {
        let formula = formula(tx, plan, plan.str("usage_type"));
        plan.set("aggregate_usage", formula);
    }),
    ("2020-08-27", |tx, plan| {
        let tiers = on_demand(tx, plan, "tiers").unwrap_or_default();
        plan.set("tiers", tiers);
    }),
];

/// Until basil a price showed how its usage was aggregated, too.
pub static OLDER_PRICES: Older = &[("2025-03-31.basil", |tx, price| {
    let Some(usage_type) = price.path("recurring.usage_type").as_str() else { return };
    let formula = formula(tx, price, usage_type);
    price.map_mut("recurring").set("aggregate_usage", formula);
})];

/// How the usage of a price or plan without a meter is added up.
fn formula(tx: &Tx<'_>, of: &Map, usage_type: &str) -> Value {
    let details =
        tx.get(DETAILS, of.str("id")).map_or("", |details| details.str("aggregate_usage"));
    let has_meter = !of.at("meter").is_null() || !of.path("recurring.meter").is_null();
    match usage_type {
        "metered" if !has_meter && details.is_empty() => "sum".into(),
        "metered" if !has_meter => details.to_string().into(),
        _ => Value::Null,
    }
}

/// What a plan has of its price under the same name.
const SHARED: &[&str] = &[
    "id",
    "active",
    "billing_scheme",
    "created",
    "currency",
    "metadata",
    "nickname",
    "product",
    "tiers_mode",
];
/// What a plan has of the price's `recurring`.
const RECURRING: &[&str] =
    &["interval", "interval_count", "meter", "trial_period_days", "usage_type"];
/// The version since which metered prices need a meter.
const METERS_SINCE: &str = "2025-03-31.basil";

/// Lists leave out prices, and products behind them, that were made inline for one purchase.
pub fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let hidden: Vec<String> = (tx.all(DETAILS).iter())
        .filter(|details| details.is_true("inline"))
        .map(|details| details.str("id").to_string())
        .collect();
    crud::list_where(tx, call, |price| !hidden.iter().any(|id| id == price.str("id")))
}

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    match (params.contains("product"), params.contains("product_data")) {
        (true, true) => return Err(Error::mutually_exclusive(&["product", "product_data"])),
        (false, false) if tx.validates() => return Err(Error::price_without_product()),
        _ => {}
    }
    let mut price = draft(tx, params, call.version.as_deref())?;
    claim_lookup_key(tx, &price, params)?;
    if let Some(data) = params.at("product_data").as_map() {
        let product = product(tx, data)?;
        price.set("product", product);
    }
    Ok(keep(tx, price).into())
}

/// Makes the product that a price brings with it.
fn product(tx: &mut Tx<'_>, data: &Map) -> Outcome<String> {
    let kind = Object::find("product").expect("a published type");
    let product = crud::draft_kind(tx, kind, data)?;
    Ok(tx.save(product).str("id").to_string())
}

/// A price made of `price_data`, for whatever takes one in place of a price. Such a price is for
/// this once.
pub fn of_data(tx: &mut Tx<'_>, data: &Map) -> Outcome<Rc<Map>> {
    let mut price = draft(tx, data, None)?;
    if let Some(data) = data.at("product_data").as_map() {
        let product = product(tx, data)?;
        price.set("product", product);
    }
    price.set("active", false);
    hide(tx, &price);
    Ok(keep(tx, price))
}

/// The price and the product behind an amount that was billed without any: in no list, told by no
/// event, and the same for equal amounts.
pub fn of_amount(tx: &mut Tx<'_>, currency: &str, unit: &str, name: &str) -> Outcome<Rc<Map>> {
    let key = format!("{currency}/{unit}/{name}");
    let known = tx.get(DETAILS, &key).and_then(|known| tx.get("price", known.str("price")));
    if let Some(price) = known {
        return Ok(price.clone());
    }
    let kind = Object::find("product").expect("a published type");
    let mut product = crud::new(tx, kind, &Map::new());
    product.set("active", false);
    product.set("name", name.to_string());
    hide(tx, &product);
    let id = tx.save_quietly(product).at("id").clone();
    let data = map! {
        "currency": currency.to_string(),
        "product": id,
        "unit_amount_decimal": unit.to_string(),
    };
    let mut price = draft(tx, &data, None)?;
    price.set("active", false);
    hide(tx, &price);
    let price = tx.save_quietly(price);
    tx.save(map! { "id": key, "object": DETAILS, "price": price.at("id").clone() });
    Ok(price)
}

/// Keeps an object out of lists.
fn hide(tx: &mut Tx<'_>, of: &Map) {
    let mut details = details_of(tx, of);
    details.set("inline", true);
    tx.save(details);
}

/// What is kept beside a price.
fn details_of(tx: &Tx<'_>, of: &Map) -> Map {
    let id = of.str("id");
    tx.load(DETAILS, id).unwrap_or_else(|| map! { "id": id.to_string(), "object": DETAILS })
}

/// A new price of what a request says; not saved.
pub fn draft(tx: &mut Tx<'_>, params: &Map, version: Option<&str>) -> Outcome<Map> {
    let mut rest = params.clone();
    for name in ["currency_options", "tiers", "product_data", "custom_unit_amount"] {
        rest.remove(name);
    }
    let kind = Object::find("price").expect("a published type");
    let mut price = crud::draft_kind(tx, kind, &rest)?;
    if tx.validates() {
        check(tx, &price, params, version)?;
    }
    let is_recurring = !price.at("recurring").is_null();
    price.set("type", if is_recurring { "recurring" } else { "one_time" });
    let currency = price.str("currency").to_ascii_lowercase();
    price.set("currency", currency.clone());
    price.set("custom_unit_amount", custom_amount(params));
    set_amount(&mut price, params, "unit_amount");
    let mut details = details_of(tx, &price);
    if let Some(given) = params.at("tiers").as_list() {
        details.set("tiers", tiers(given));
        price.set("unit_amount", Value::Null);
        price.set("unit_amount_decimal", Value::Null);
    }
    if let Some(options) = params.at("currency_options").as_map() {
        refuse_own_currency(tx, &price, options, false)?;
        add_currencies(&mut details, &price, options);
    }
    if let Some(formula) = params.path("recurring.aggregate_usage").as_str() {
        details.set("aggregate_usage", formula.to_string());
    }
    if 2 < details.len() {
        tx.save(details);
    }
    Ok(price)
}

/// The longest intervals, three years: how errors call them, how many there are at most.
const LONGEST: &[(&str, &str, i64)] = &[
    ("day", "daily", 1095),
    ("week", "weekly", 156),
    ("month", "monthly", 36),
    ("year", "yearly", 3),
];
/// The parameters of which a price takes one.
const AMOUNTS: &[&str] = &["unit_amount", "unit_amount_decimal", "custom_unit_amount"];

/// What no price can be.
fn check(tx: &Tx<'_>, price: &Map, params: &Map, version: Option<&str>) -> Outcome<()> {
    let is_recurring = !price.at("recurring").is_null();
    let is_metered = price.path("recurring.usage_type").as_str() == Some("metered");
    let needs_meter = version.unwrap_or("9") >= METERS_SINCE;
    if is_metered && needs_meter && price.path("recurring.meter").is_null() {
        return Err(Error::metered_without_meter());
    }
    if let Some(id) = price.path("recurring.meter").as_str() {
        let missing = || Error::no_such_reference("billing.meter", id, "recurring[meter]");
        if tx.get("billing.meter", id).ok_or_else(missing)?.str("status") != "active" {
            return Err(Error::meter_inactive());
        }
    }
    check_interval(price)?;
    let given: Vec<&str> = AMOUNTS.iter().copied().filter(|name| params.contains(name)).collect();
    let tiers = params.at("tiers").as_list().unwrap_or_default();
    if price.str("billing_scheme") == "tiered" {
        return match given.first() {
            _ if !is_recurring => Err(Error::tiers_not_recurring()),
            _ if tiers.is_empty() => Err(Error::parameter_missing("tiers")),
            _ if price.at("tiers_mode").is_null() => Err(Error::parameter_missing("tiers_mode")),
            Some(amount) => Err(Error::mutually_exclusive(&[amount, "tiers"])),
            None => check_tiers(tiers, params),
        };
    }
    if !tiers.is_empty() {
        return Err(Error::tiers_unexpected());
    }
    match given.as_slice() {
        [] => Err(Error::price_without_amount()),
        ["custom_unit_amount"] if is_recurring => Err(Error::custom_amount_recurring()),
        [_] => check_sign(params, version.is_none() && !is_recurring),
        given => Err(Error::mutually_exclusive(given)),
    }
}

fn check_interval(price: &Map) -> Outcome<()> {
    let Some(every) = price.at("recurring").as_map() else { return Ok(()) };
    let count = every.int("interval_count");
    let longest = LONGEST.iter().find(|(interval, ..)| *interval == every.str("interval"));
    match longest {
        _ if count < 1 => Err(Error::invalid_count("recurring[interval_count]", false)),
        Some((_, every, most)) if *most < count => Err(Error::interval_too_long(every, *most)),
        _ => Ok(()),
    }
}

/// Tiers go up to where none goes, and each costs something, be it nothing.
fn check_tiers(tiers: &[Value], params: &Map) -> Outcome<()> {
    if params.contains("transform_quantity") {
        return Err(Error::mutually_exclusive(&["tiers", "transform_quantity"]));
    }
    let mut before = 0;
    for (place, tier) in tiers.iter().filter_map(Value::as_map).enumerate() {
        let has = |name: &str| tier.contains(name) || tier.contains(&format!("{name}_decimal"));
        for (whole, decimal) in
            [("unit_amount", "unit_amount_decimal"), ("flat_amount", "flat_amount_decimal")]
        {
            if tier.contains(whole) && tier.contains(decimal) {
                let both = Error::mutually_exclusive(&[whole, decimal]);
                return Err(both.param(format!("tiers[{place}][{whole}]")));
            }
        }
        if !has("unit_amount") && !has("flat_amount") {
            return Err(Error::tier_without_amount());
        }
        let is_last = place + 1 == tiers.len();
        let end = tier.at("up_to").as_int().or(tier.str("up_to").parse().ok());
        match end {
            Some(end) if !is_last && before < end => before = end,
            None if is_last => {}
            _ => return Err(Error::tiers_out_of_order()),
        }
    }
    Ok(())
}

/// Prices cost something or nothing; only what is billed once, and described in place, can be a
/// credit.
fn check_sign(params: &Map, can_be_negative: bool) -> Outcome<()> {
    let decimal = params.at("unit_amount_decimal");
    if can_be_negative {
        return Ok(());
    }
    if params.int("unit_amount") < 0 {
        return Err(Error::invalid_count("unit_amount", true));
    }
    match decimal.as_str().filter(|_| pricing::decimal_of(decimal) < 0) {
        Some(text) => Err(Error::decimal_too_small("unit_amount_decimal", text, "0")),
        None => Ok(()),
    }
}

/// What customers may choose to pay, where a request says that they may.
fn custom_amount(params: &Map) -> Value {
    match params.at("custom_unit_amount").as_map() {
        Some(custom) if custom.is_true("enabled") => map! {
            "maximum": custom.at("maximum").clone(),
            "minimum": custom.at("minimum").clone(),
            "preset": custom.at("preset").clone(),
        }
        .into(),
        _ => Value::Null,
    }
}

/// An amount in both its forms: as an integer, where it is one, and as a decimal.
fn set_amount(of: &mut Map, params: &Map, name: &'static str) {
    let decimal = format!("{name}_decimal");
    let text = match (params.at(name).as_int(), params.at(&decimal)) {
        (Some(amount), _) => amount.to_string(),
        (None, Value::Str(text) | Value::Decimal(text)) => match text.split_once('.') {
            Some(_) => text.trim_end_matches('0').trim_end_matches('.').to_string(),
            None => text.to_string(),
        },
        (None, Value::Int(amount)) => amount.to_string(),
        _ => return,
    };
    of.set(name, text.parse::<i64>().ok());
    of.set(decimal, text);
}

/// Tiers as they are shown: every amount in both forms, the last one without an end.
fn tiers(given: &[Value]) -> Vec<Value> {
    let tier = |given: &Value| {
        let given = given.as_map().cloned().unwrap_or_default();
        let mut tier = map! {
            "flat_amount": Value::Null,
            "flat_amount_decimal": Value::Null,
            "unit_amount": Value::Null,
            "unit_amount_decimal": Value::Null,
            "up_to": given.at("up_to").as_int().or(given.str("up_to").parse().ok()),
        };
        set_amount(&mut tier, &given, "flat_amount");
        set_amount(&mut tier, &given, "unit_amount");
        Value::from(tier)
    };
    given.iter().map(tier).collect()
}

/// What a price costs in its own currency is said elsewhere.
fn refuse_own_currency(tx: &Tx<'_>, price: &Map, given: &Map, is_update: bool) -> Outcome<()> {
    let own = price.str("currency");
    match tx.validates() && given.keys().any(|name| name.eq_ignore_ascii_case(own)) {
        true => Err(Error::currency_option_of_own(own, is_update)),
        false => Ok(()),
    }
}

/// The amounts in other currencies; the price's own is always among them.
fn add_currencies(details: &mut Map, price: &Map, given: &Map) {
    let option = |from: &Map| {
        let mut option = map! {
            "custom_unit_amount": custom_amount(from),
            "tax_behavior": from.at("tax_behavior").as_str().unwrap_or("unspecified").to_string(),
            "unit_amount": Value::Null,
            "unit_amount_decimal": Value::Null,
        };
        set_amount(&mut option, from, "unit_amount");
        if let Some(given) = from.at("tiers").as_list() {
            option.set("tiers", tiers(given));
        }
        option
    };
    let own = price.str("currency").to_string();
    let options = details.map_mut("currency_options");
    for (currency, from) in given.iter() {
        if let Some(from) = from.as_map() {
            options.push(currency.to_ascii_lowercase(), option(from));
        }
    }
    if !options.contains(&own) {
        options.push(own, option(price));
    }
}

/// Saves a price, and the plan that goes with a recurring one.
pub fn keep(tx: &mut Tx<'_>, price: Map) -> Rc<Map> {
    if !price.at("recurring").is_null() {
        let plan = plan_of(tx, &price);
        tx.save(plan);
    }
    tx.save(price)
}

/// A lookup key names one price, archived ones included; another one may take it over.
fn claim_lookup_key(tx: &mut Tx<'_>, price: &Map, params: &Map) -> Outcome<()> {
    let Some(key) = params.at("lookup_key").as_str().filter(|key| !key.is_empty()) else {
        return Ok(());
    };
    for holder in tx.all_where("price", "lookup_key", key) {
        if holder.at("id") == price.at("id") {
            continue;
        }
        if !params.is_true("transfer_lookup_key") {
            return Err(Error::lookup_key_taken(holder.str("id")));
        }
        let mut holder = Map::clone(&holder);
        holder.set("lookup_key", Value::Null);
        tx.save(holder);
    }
    Ok(())
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let mut price = crud::load(tx, call)?;
    let behavior = price.str("tax_behavior").to_string();
    let mut rest = params.clone();
    let options = rest.remove("currency_options");
    crud::apply(tx, crud::kind(call).shape(), &mut price, &rest, "")?;
    if behavior != "unspecified" && behavior != price.str("tax_behavior") && tx.validates() {
        return Err(Error::tax_behavior_fixed());
    }
    if params.at("active").as_bool() == Some(false) {
        let product = price.at("product").as_id().and_then(|id| tx.get("product", id));
        if product.is_some_and(|product| product.at("default_price").as_id() == Some(call.id(0))) {
            return Err(Error::default_price_not_archivable());
        }
    }
    claim_lookup_key(tx, &price, params)?;
    if let Some(options) = options.as_ref().and_then(Value::as_map) {
        refuse_own_currency(tx, &price, options, true)?;
        let mut details = details_of(tx, &price);
        add_currencies(&mut details, &price, options);
        tx.save(details);
    }
    if let Some(mut plan) = tx.load("plan", call.id(0)) {
        for name in ["active", "metadata", "nickname"] {
            plan.set(name, price.at(name).clone());
        }
        keep_changed(tx, plan);
    }
    Ok(tx.save(price).into())
}

/// Saves a price or plan where something about it changed.
fn keep_changed(tx: &mut Tx<'_>, other: Map) {
    if tx.get(other.str("object"), other.str("id")).is_some_and(|before| **before != other) {
        tx.save(other);
    }
}

/// The plan that goes with a recurring price.
pub fn plan_of(tx: &mut Tx<'_>, price: &Map) -> Map {
    let kind = Object::find("plan").expect("a published type");
    let mut plan = crud::new(tx, kind, &map! { "id": price.at("id").clone() });
    for name in SHARED {
        plan.set(*name, price.at(name).clone());
    }
    plan.set("amount", price.at("unit_amount").clone());
    plan.set("amount_decimal", price.at("unit_amount_decimal").clone());
    for name in RECURRING {
        plan.set(*name, price.path(&format!("recurring.{name}")).clone());
    }
    plan.set("transform_usage", price.at("transform_quantity").clone());
    plan
}

/// `product` is an id, or a hash that describes a new product.
fn create_plan(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let mut given = params.clone();
    let mut recurring = Map::new();
    for name in RECURRING.iter().chain(&["aggregate_usage"]) {
        if let Some(value) = given.remove(name) {
            recurring.set(*name, value);
        }
    }
    if let Some(data) = params.at("product").as_map() {
        let product = product(tx, data)?;
        given.set("product", product);
    }
    for (old, new) in [
        ("amount", "unit_amount"),
        ("amount_decimal", "unit_amount_decimal"),
        ("transform_usage", "transform_quantity"),
    ] {
        if let Some(value) = given.remove(old) {
            given.set(new, value);
        }
    }
    given.set("recurring", recurring);
    if tx.exists("plan", params.str("id")) {
        return Err(Error::already_exists("plan"));
    }
    let price = draft(tx, &given, call.version.as_deref()).map_err(|mut error| {
        // What a price has in a hash stands by itself here.
        let param = error.param.as_deref().and_then(|param| param.strip_prefix("recurring["));
        if let Some(param) = param.map(|param| param.trim_end_matches(']').to_string()) {
            error.param = Some(param.into());
        }
        error
    })?;
    let price = keep(tx, price);
    crud::load_kind(tx, "plan", price.str("id")).map(Body::from)
}

fn update_plan(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut plan = crud::load(tx, call)?;
    crud::apply(tx, crud::kind(call).shape(), &mut plan, &call.params, "")?;
    let plan = tx.save(plan);
    if let Some(mut price) = tx.load("price", call.id(0)) {
        let days = plan.at("trial_period_days").clone();
        price.map_mut("recurring").set("trial_period_days", days);
        for name in ["active", "metadata", "nickname", "product"] {
            price.set(name, plan.at(name).clone());
        }
        keep_changed(tx, price);
    }
    Ok(plan.into())
}

/// With the plan goes its price. Subscriptions to it go on.
fn delete_plan(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let gone = crud::delete(tx, call)?;
    if tx.exists("price", call.id(0)) {
        tx.delete("price", call.id(0));
    }
    Ok(gone)
}

/// What prices, plans and coupons show only on demand.
pub fn on_demand(tx: &Tx<'_>, of: &Map, field: &str) -> Option<Value> {
    let details = tx.get(pricing::DETAILS, of.str("id"))?;
    details.get(field).filter(|_| !matches!(field, "aggregate_usage" | "inline")).cloned()
}

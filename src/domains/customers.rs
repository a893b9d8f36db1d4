//! Customers, and what lies under their URL: sources, payment methods, their balance.
//!
//! ```text
//! created ──▶ deleted (what is left answers `{id, object, deleted: true}`)
//! ```
//!
//! Stripe's page: <https://docs.stripe.com/api/customers>.

use super::test_clocks;
use crate::call::{Body, Call};
use crate::crud;
use crate::domains::{cash_balance, tax_ids};
use crate::errors::{Error, Outcome};
use crate::flows::{cash, invoicing, ledger, payment_methods, sources, subscribing};
use crate::map;
use crate::resources;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Text, Value};
use crate::versions::Older;
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("GET /v1/customers", list),
    ("POST /v1/customers", create),
    ("POST /v1/customers/{id}", update),
    ("DELETE /v1/customers/{id}", delete),
    ("POST /v1/customers/{id}/balance_transactions", create_balance_transaction),
    ("GET /v1/customers/{id}/sources", list_sources),
    ("POST /v1/customers/{id}/sources", create_source),
    ("GET /v1/customers/{id}/sources/{id}", retrieve_source),
    ("POST /v1/customers/{id}/sources/{id}", update_source),
    ("DELETE /v1/customers/{id}/sources/{id}", delete_source),
    ("POST /v1/customers/{id}/sources/{id}/verify", verify_source),
];

/// Lists that are shown on demand; tax information that became tax ids; a balance by another name.
pub static OLDER: Older = &[
    ("2020-08-27", with_lists),
    ("2019-12-03", with_tax_info),
    ("2019-10-17", with_account_balance),
];

/// Parameters that are no fields, or that do more than fill one.
const HANDLED: &[&str] = &[
    "balance",
    "cash_balance",
    "default_source",
    "invoice_settings",
    "payment_method",
    "source",
    "tax_id_data",
];

fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    crud::list_where(tx, call, |customer| test_clocks::is_listed(call, customer))
}

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    if let Some(clock) = params.at("test_clock").as_str() {
        test_clocks::check_room(tx, "customer", clock)?;
    }
    let mut customer = crud::draft_kind(tx, kind(), &without(params, HANDLED))?;
    let id = Text::from(customer.str("id").to_string());
    change_balance(tx, &mut customer, params, "initial");
    let source = match legacy_source(params) {
        Some(source) => Some(sources::given(tx, source, "source")?),
        None => None,
    };
    if let Some(source) = &source {
        customer.set("default_source", source.at("id").clone());
    }
    let method = match params.at("payment_method").as_str().filter(|id| !id.is_empty()) {
        Some(id) => Some(payment_methods::named(tx, id, "payment_method", 400)?),
        None => None,
    };
    apply_invoice_settings(tx, &mut customer, params, method.as_ref())?;
    super::discounts::of_customer(tx, &mut customer, params)?;
    let customer = tx.save(customer);
    if let Some(source) = source {
        sources::add(tx, &id, source)?;
    }
    if let Some(method) = method {
        payment_methods::attach(tx, method, &id)?;
    }
    for data in params.at("tax_id_data").as_list().unwrap_or_default() {
        if let Some(data) = data.as_map() {
            tax_ids::make(tx, data, Some(&id))?;
        }
    }
    Ok(customer.into())
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let mut customer = crud::load(tx, call)?;
    let id = Text::from(customer.str("id").to_string());
    crud::apply(tx, kind().shape(), &mut customer, &without(params, HANDLED), "")?;
    change_balance(tx, &mut customer, params, "adjustment");
    if let Some(source) = legacy_source(params) {
        replace_source(tx, &mut customer, source)?;
    }
    if let Some(source) = params.at("default_source").as_str().filter(|id| !id.is_empty()) {
        if sources::find(tx, &id, source).is_none() {
            return Err(Error::no_such_reference("source", source, "default_source"));
        }
        customer.set("default_source", source.to_string());
    }
    apply_invoice_settings(tx, &mut customer, params, None)?;
    super::discounts::of_customer(tx, &mut customer, params)?;
    let customer = tx.save(customer);
    invoicing::refresh_drafts(tx, &customer);
    Ok(customer.into())
}

/// What the customer owned goes with it: sources are deleted, payment methods detached.
fn delete(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let customer = crud::load(tx, call)?;
    let id = customer.str("id").to_string();
    subscribing::end_all(tx, &id);
    for source in sources::of_customer(tx, &id) {
        if source.str("object") != "source" {
            tx.delete(source.str("object"), source.str("id"));
        }
    }
    for method in tx.all_where("payment_method", "customer", &id) {
        let mut method = Map::clone(&method);
        payment_methods::spend(tx, method.str("id"));
        method.set("customer", Value::Null);
        tx.save(method);
    }
    Ok(tx.delete("customer", &id).into())
}

/// Moves the customer's balance: a negative amount is credit.
fn create_balance_transaction(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut customer = crud::load_kind(tx, "customer", call.id(0))?;
    let params = &call.params;
    let currency = params.str("currency").to_ascii_lowercase();
    let own = customer.str("currency");
    if !own.is_empty() && own != currency {
        return Err(Error::balance_in_other_currency(customer.str("id"), own));
    }
    let balance = customer.int("balance").saturating_add(params.int("amount"));
    let mut transaction = crud::draft(tx, call)?;
    transaction.set("currency", currency.clone());
    transaction.set("ending_balance", balance);
    if customer.at("currency").is_null() {
        customer.set("currency", currency);
    }
    customer.set("balance", balance);
    let customer = tx.save(customer);
    invoicing::refresh_drafts(tx, &customer);
    Ok(tx.save(transaction).into())
}

fn list_sources(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let customer = crud::load_kind(tx, "customer", call.id(0))?;
    let asked = call.params.at("object").as_str();
    let limit = call.params.at("limit").as_int().unwrap_or(10).clamp(1, 100) as usize;
    let all = sources::of_customer(tx, customer.str("id"));
    let wanted =
        all.into_iter().filter(|source| asked.is_none_or(|asked| asked == source.str("object")));
    let data: Vec<Value> = wanted.map(Value::Map).collect();
    let has_more = limit < data.len();
    let data = data.into_iter().take(limit).collect();
    Ok(crud::list_of(data, has_more, call.path.clone()).into())
}

fn create_source(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut customer = crud::load_kind(tx, "customer", call.id(0))?;
    let params = &call.params;
    let given = ["source", "card", "bank_account"].into_iter().find_map(|name| params.get(name));
    let Some(given) = given else { return Err(Error::parameter_missing("source")) };
    let mut source = sources::given(tx, given, "source")?;
    if let Some(metadata) = params.get("metadata") {
        crud::merge_metadata(&mut source, metadata);
    }
    let id = customer.str("id").to_string();
    let source = sources::add(tx, &id, source)?;
    if customer.at("default_source").is_null() {
        customer.set("default_source", source.at("id").clone());
        tx.save(customer);
    }
    Ok(source.into())
}

fn retrieve_source(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    source(tx, call).map(Into::into)
}

/// A card's name, address and expiry, a bank account's holder, any one's metadata.
fn update_source(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut source = Map::clone(&*source(tx, call)?);
    for (name, value) in call.params.iter() {
        match name.as_ref() {
            "metadata" => crud::merge_metadata(&mut source, value),
            "exp_month" | "exp_year" => {
                let number = value.as_int().or(value.as_str().and_then(|text| text.parse().ok()));
                source.set(name.clone(), number);
            }
            _ if source.contains(name) => {
                let cleared = value.is_empty_string();
                source.set(name.clone(), if cleared { Value::Null } else { value.clone() });
            }
            _ => {}
        }
    }
    Ok(tx.save(source).into())
}

fn delete_source(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let source = source(tx, call)?;
    Ok(sources::remove(tx, call.id(0), &source).into())
}

/// 32 and 45 are what was sent to every test account.
fn verify_source(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut source = Map::clone(&*source(tx, call)?);
    let amounts = call.params.at("amounts").as_list().unwrap_or(&[]);
    let amounts: Vec<i64> = amounts.iter().filter_map(Value::as_int).collect();
    if !matches!(amounts.as_slice(), [32, 45] | [45, 32]) {
        return Err(Error::bank_account_not_verified());
    }
    source.set("status", "verified");
    Ok(tx.save(source).into())
}

// Shown on demand.

/// Sources, and the tax location that no answer shows unasked.
pub fn on_demand(tx: &Tx<'_>, customer: &Map, field: &str) -> Option<Value> {
    let id = customer.str("id");
    match field {
        "sources" => {
            let mut sources = sources::of_customer(tx, id);
            sources.reverse();
            Some(crud::counted_list(sources, format!("/v1/customers/{id}/sources")).into())
        }
        "subscriptions" => {
            let all = tx.all_where("subscription", "customer", id).into_iter();
            let live = all.filter(|one| one.str("status") != "canceled").collect();
            let url = format!("/v1/customers/{id}/subscriptions");
            Some(crud::counted_list(live, url).into())
        }
        "tax_ids" => {
            let tax_ids = tx.all_where("tax_id", "customer", id);
            Some(crud::counted_list(tax_ids, format!("/v1/customers/{id}/tax_ids")).into())
        }
        "cash_balance" => Some(cash_balance::shown(cash::load(tx, id)).into()),
        "invoice_credit_balance" => Some(Map::new().into()),
        "tax" => {
            let tax = map! {
                "automatic_tax": "unrecognized_location",
                "ip_address": Value::Null,
                "location": Value::Null,
                "provider": "stripe",
            };
            Some(tax.into())
        }
        _ => None,
    }
}

fn with_lists(tx: &Tx<'_>, customer: &mut Map) {
    for name in ["sources", "subscriptions", "tax_ids"] {
        if let (false, Some(list)) = (customer.contains(name), on_demand(tx, customer, name)) {
            customer.set(name, list);
        }
    }
}

fn with_tax_info(_tx: &Tx<'_>, customer: &mut Map) {
    customer.set("tax_info", Value::Null);
    customer.set("tax_info_verification", Value::Null);
}

fn with_account_balance(_tx: &Tx<'_>, customer: &mut Map) {
    let balance = customer.at("balance").clone();
    customer.set("account_balance", balance);
}

// Helpers.

fn kind() -> Object {
    Object::find("customer").expect("customers are a published type")
}

fn without(params: &Map, names: &[&str]) -> Map {
    let kept = params.iter().filter(|(name, _)| !names.contains(&name.as_ref()));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn source(tx: &Tx<'_>, call: &Call) -> Outcome<Rc<Map>> {
    let customer = crud::load_kind(tx, "customer", call.id(0))?;
    let id = call.id(1);
    sources::find(tx, customer.str("id"), id).ok_or_else(|| {
        let noun = if id.starts_with("ba_") { "bank account" } else { "card" };
        match id.starts_with("card_") || id.starts_with("ba_") {
            true => Error::not_the_customers(call.id(0), noun, id),
            false => Error::no_such(resources::find("card").map_or("", |row| row.noun), id, "id"),
        }
    })
}

/// What is to be the customer's source; `card` is its name of old.
fn legacy_source(params: &Map) -> Option<&Value> {
    let source = params.get("source").or(params.get("card"));
    source.filter(|source| !source.is_empty_string())
}

/// Takes over a balance among the parameters, which fixes the customer's currency and is written
/// down.
fn change_balance(tx: &mut Tx<'_>, customer: &mut Map, params: &Map, kind: &'static str) {
    let Some(balance) = params.at("balance").as_int() else { return };
    let amount = balance.saturating_sub(customer.int("balance"));
    customer.set("balance", balance);
    if amount == 0 {
        return;
    }
    if customer.at("currency").is_null() {
        let home = ledger::home_currency(tx);
        customer.set("currency", home);
    }
    let object = Object::find("customer_balance_transaction").expect("a published type");
    let mut transaction = crud::new(tx, object, &Map::new());
    transaction.set("amount", amount);
    transaction.set("currency", customer.at("currency").clone());
    transaction.set("customer", customer.at("id").clone());
    transaction.set("ending_balance", balance);
    transaction.set("type", kind);
    tx.save(transaction);
}

/// The new source takes the place of the default one, which is deleted.
fn replace_source(tx: &mut Tx<'_>, customer: &mut Map, source: &Value) -> Outcome<()> {
    let id = customer.str("id").to_string();
    let source = sources::given(tx, source, "source")?;
    let old = customer.at("default_source").as_id().and_then(|old| sources::find(tx, &id, old));
    let source = sources::add(tx, &id, source)?;
    customer.set("default_source", source.at("id").clone());
    if let Some(old) = old.filter(|old| old.str("object") != "source") {
        tx.delete(old.str("object"), old.str("id"));
    }
    Ok(())
}

/// The default payment method must be one of the customer's own, or the one about to be attached.
fn apply_invoice_settings(
    tx: &mut Tx<'_>,
    customer: &mut Map,
    params: &Map,
    attached: Option<&Map>,
) -> Outcome<()> {
    let Some(settings) = params.get("invoice_settings") else { return Ok(()) };
    let method = settings.as_map().map_or(&Value::Null, |map| map.at("default_payment_method"));
    let mut settings = settings.clone();
    if let Some(id) = method.as_str().filter(|id| !id.is_empty()) {
        // A test value such as `pm_card_visa`, given for both, stands for the one that is attached.
        let same = attached.filter(|_| params.str("payment_method") == id);
        let method = match same {
            Some(attached) => attached.clone(),
            None => {
                payment_methods::named(tx, id, "invoice_settings[default_payment_method]", 400)?
            }
        };
        let is_attached =
            same.is_some() || attached.is_some_and(|attached| attached.str("id") == id);
        if !is_attached && method.at("customer").as_id() != Some(customer.str("id")) {
            return Err(Error::default_payment_method_not_attached(id));
        }
        if let Some(settings) = settings.as_map_mut() {
            settings.set("default_payment_method", method.at("id").clone());
        }
    }
    let given = map! { "invoice_settings": settings };
    crud::apply(tx, kind().shape(), customer, &given, "")
}

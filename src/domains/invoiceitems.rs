//! Invoice items: what is to be on a customer's next invoice, or on a draft.
//!
//! Stripe's page: <https://docs.stripe.com/api/invoiceitems>.

use super::{discounts, prices};
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::{discounting, invoicing, pricing, subscribing};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use crate::versions::Older;
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("POST /v1/invoiceitems", create),
    ("GET /v1/invoiceitems/{id}", retrieve),
    ("POST /v1/invoiceitems/{id}", update),
    ("DELETE /v1/invoiceitems/{id}", delete),
];

/// Until basil an item showed its price whole, and the subscription it is for, beside what it shows
/// now; what a credit gives back since May 2026; and since endive what it waits for, and of classic
/// billing how it was prorated.
pub static OLDER: Older = &[
    ("2026-09-30.endive", before_endive),
    ("2026-05-27.dahlia", before_credited_items),
    ("2025-03-31.basil", before_basil),
];

fn before_endive(tx: &Tx<'_>, item: &mut Map) {
    item.remove("invoicing_rules");
    let of = item.path("parent.subscription_details.subscription").as_id();
    let subscription = of.and_then(|id| tx.get("subscription", id));
    if subscription.is_some_and(|it| !subscribing::is_flexible(it)) {
        item.remove("proration_details");
    }
}

fn before_credited_items(_: &Tx<'_>, item: &mut Map) {
    if let Some(details) = item.get_mut("proration_details").and_then(Value::as_map_mut) {
        details.remove("credited_items");
    }
}

fn before_basil(tx: &Tx<'_>, item: &mut Map) {
    let price = invoicing::whole_price(tx, item);
    let amount = |name: &str| price.as_map().map_or(Value::Null, |price| price.at(name).clone());
    item.set("unit_amount", amount("unit_amount"));
    item.set("unit_amount_decimal", amount("unit_amount_decimal"));
    item.set("plan", invoicing::whole_plan(tx, &price));
    item.set("price", price);
    let of = |name: &str| item.path(&format!("parent.subscription_details.{name}")).clone();
    let (subscription, of_item) = (of("subscription"), of("subscription_item"));
    item.set("subscription", subscription);
    if !of_item.is_null() {
        item.set("subscription_item", of_item);
    }
}

/// Parameters that do more than fill a field.
const HANDLED: &[&str] = &[
    "amount",
    "currency",
    "discounts",
    "invoice",
    "price",
    "price_data",
    "pricing",
    "subscription",
    "unit_amount",
    "unit_amount_decimal",
];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let invoice = match params.at("invoice").as_str() {
        Some(id) => Some(
            tx.load("invoice", id)
                .ok_or_else(|| Error::no_such_reference("invoice", id, "invoice"))?,
        ),
        None => None,
    };
    if invoice.as_ref().is_some_and(|invoice| invoice.str("status") != "draft") {
        return Err(Error::invoice_not_editable());
    }
    let customer = invoice.as_ref().map_or(params.at("customer"), |it| it.at("customer"));
    let Some(customer) = customer.as_id().map(str::to_string) else {
        return Err(Error::parameter_missing("customer"));
    };
    let currency = invoice.as_ref().map(|invoice| invoice.str("currency").to_string());
    let item = make(tx, params, &customer, currency.as_deref(), "")?;
    invoicing::adopt_currency(tx, &customer, item.at("currency"));
    let Some(mut invoice) = invoice else { return Ok(tx.save(item).into()) };
    let id = item.str("id").to_string();
    invoicing::check_room(&invoice)?;
    invoicing::take_item(tx, &mut invoice, item);
    invoicing::add_up(tx, &mut invoice);
    tx.save(invoice);
    crud::load_kind(tx, "invoiceitem", &id).map(Body::from)
}

/// A new item of a customer; not saved. `currency` is that of the invoice it is for; `path` stands
/// before the names of parameters in errors.
pub fn make(
    tx: &mut Tx<'_>,
    params: &Map,
    customer: &str,
    currency: Option<&str>,
    path: &str,
) -> Outcome<Map> {
    let kind = Object::find("invoiceitem").expect("a published type");
    let Some(owner) = tx.get("customer", customer).cloned() else {
        return Err(Error::no_such_reference("customer", customer, "customer"));
    };
    let mut rest = params.clone();
    HANDLED.iter().for_each(|name| drop(rest.remove(name)));
    let mut item = crud::draft_kind(tx, kind, &rest)?;
    item.set("customer", customer.to_string());
    item.set("test_clock", owner.at("test_clock").clone());
    let given = params.at("currency").as_str().map(str::to_ascii_lowercase);
    let currency = given.or(currency.map(str::to_string));
    price(tx, &mut item, params, currency.as_deref().or(owner.at("currency").as_str()), path)?;
    if let Some(id) = params.at("subscription").as_str() {
        if !tx.exists("subscription", id) {
            return Err(Error::no_such_reference("subscription", id, "subscription"));
        }
        item.set(
            "parent",
            map! {
                "subscription_details": map! {
                    "subscription": id.to_string(), "subscription_item": Value::Null,
                },
                "type": "subscription_details",
            },
        );
    }
    let owner = item.str("id").to_string();
    let discounts = discounts::given(tx, ("invoice_item", &owner), Some(customer), params)?;
    item.set("discounts", discounts);
    Ok(item)
}

/// What an item costs: an amount, an amount for each unit, or a quantity of a price.
fn price(
    tx: &mut Tx<'_>,
    item: &mut Map,
    params: &Map,
    currency: Option<&str>,
    path: &str,
) -> Outcome<()> {
    let param = |name: &str| match path.is_empty() {
        true => name.to_string(),
        false => match name.split_once('[') {
            Some((first, rest)) => format!("{path}[{first}][{rest}"),
            None => format!("{path}[{name}]"),
        },
    };
    if params.contains("amount") && params.contains("quantity") && tx.validates() {
        let both = Error::mutually_exclusive(&["amount", "quantity"]);
        return Err(both.param(param("amount")));
    }
    let quantity = item.at("quantity").as_int().unwrap_or(1);
    item.set("quantity", quantity);
    item.set("quantity_decimal", quantity.to_string());
    let found = chosen(tx, params, currency, &param)?;
    let price = match found {
        Some(price) => price,
        None => {
            let Some(currency) = currency else { return Err(Error::parameter_missing("currency")) };
            let unit = unit_of(params);
            let Some(unit) = unit.or_else(|| old_unit(item)) else {
                return Err(Error::parameter_missing("amount"));
            };
            let name = item.at("description").as_str().unwrap_or("One-time item").to_string();
            prices::of_amount(tx, currency, &unit, &name)?
        }
    };
    let amount = pricing::cost(tx, &price, quantity);
    item.set("currency", price.at("currency").clone());
    item.set("pricing", invoicing::pricing(&price));
    if item.at("description").is_null() && !params.contains("amount") {
        item.set("description", invoicing::description_of(tx, &price, quantity));
    }
    item.set("amount", amount);
    item.set("net_amount", amount);
    if amount < 0 && !params.contains("discountable") {
        item.set("discountable", false);
    }
    Ok(())
}

/// An amount that was given without a price.
fn unit_of(params: &Map) -> Option<String> {
    let names = ["amount", "unit_amount", "unit_amount_decimal"];
    names.iter().find_map(|name| pricing::text_of(params.at(name)))
}

/// What each unit of an item costs already.
fn old_unit(item: &Map) -> Option<String> {
    item.path("pricing.unit_amount_decimal").as_str().map(str::to_string)
}

/// The price a request names or describes, in the currency it is billed in.
fn chosen(
    tx: &mut Tx<'_>,
    params: &Map,
    currency: Option<&str>,
    param: &dyn Fn(&str) -> String,
) -> Outcome<Option<Rc<Map>>> {
    let (id, name) = match params.path("pricing.price").as_str() {
        Some(id) => (Some(id), "pricing[price]"),
        None => (params.at("price").as_str(), "price"),
    };
    let Some(id) = id else {
        return match params.at("price_data").as_map() {
            Some(data) => prices::of_data(tx, data).map(Some),
            None => Ok(None),
        };
    };
    let Some(price) = tx.get("price", id).cloned() else {
        return Err(Error::no_such_reference("price", id, param(name)));
    };
    if !price.at("recurring").is_null() {
        return Err(Error::price_not_one_time(param(name)));
    }
    if !price.is_true("active") && tx.validates() {
        return Err(Error::price_inactive(param(name)));
    }
    if !price.at("custom_unit_amount").is_null() {
        return Err(Error::custom_amount_unexpected(param(name)));
    }
    let Some(currency) = currency else { return Ok(Some(price)) };
    match pricing::in_currency(tx, &price, currency) {
        Some(price) => Ok(Some(price)),
        None => Err(Error::price_of_other_currency(
            price.str("currency"),
            currency,
            "price".to_string(),
        )),
    }
}

fn retrieve(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    load(tx, call.id(0)).map(Body::from)
}

/// The item of that id. The items of an invoice that was deleted are as good as deleted.
fn load(tx: &Tx<'_>, id: &str) -> Outcome<Map> {
    if tx.stub("invoiceitem", id).is_some() {
        return Err(Error::invoice_item_deleted());
    }
    let item = tx.load("invoiceitem", id).ok_or_else(|| Error::no_such_invoice_item(id))?;
    match item.at("invoice").as_id() {
        Some(invoice) if !tx.exists("invoice", invoice) => Err(Error::invoice_item_deleted()),
        _ => Ok(item),
    }
}

/// The draft an item is on; refused where the invoice is a draft no more.
fn draft_of(tx: &Tx<'_>, item: &Map) -> Outcome<Option<Map>> {
    let Some(invoice) = item.at("invoice").as_id().and_then(|id| tx.load("invoice", id)) else {
        return Ok(None);
    };
    match invoice.str("status") {
        "draft" => Ok(Some(invoice)),
        _ => Err(Error::invoice_not_editable()),
    }
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let item = load(tx, call.id(0))?;
    let invoice = draft_of(tx, &item)?;
    let item = change(tx, item, &call.params, "")?;
    if let Some(mut invoice) = invoice {
        invoicing::refresh_item(&mut invoice, &item);
        invoicing::add_up(tx, &mut invoice);
        tx.save(invoice);
    }
    Ok(item.into())
}

/// Lays what is given over an item, and saves it.
pub fn change(tx: &mut Tx<'_>, mut item: Map, params: &Map, path: &str) -> Outcome<Rc<Map>> {
    let kind = Object::find("invoiceitem").expect("a published type");
    let mut rest = params.clone();
    rest.remove("id");
    HANDLED.iter().for_each(|name| drop(rest.remove(name)));
    crud::apply(tx, kind.shape(), &mut item, &rest, path)?;
    let costs = ["amount", "price", "price_data", "pricing", "quantity", "unit_amount"];
    if costs.iter().any(|name| params.contains(name)) || params.contains("unit_amount_decimal") {
        let currency = item.str("currency").to_string();
        let id = item.path("pricing.price_details.price").clone();
        let is_hidden =
            tx.get("price", id.as_id().unwrap_or("")).is_none_or(|it| !it.is_true("active"));
        let mut given = params.clone();
        // Another quantity of the price it has.
        if !is_hidden && unit_of(params).is_none() && chosen_name(params).is_none() {
            given.set("pricing", map! { "price": id });
        }
        if params.contains("amount") {
            item.set("quantity", 1);
        }
        price(tx, &mut item, &given, Some(&currency), path)?;
    }
    // They can be cleared, and not be given.
    if params.contains("invoicing_rules") {
        item.set("invoicing_rules", Vec::new());
    }
    if params.contains("discounts") {
        let (id, customer) = (item.str("id").to_string(), item.str("customer").to_string());
        let before = item.at("discounts").as_list().unwrap_or_default().to_vec();
        let owner = ("invoice_item", id.as_str());
        let discounts = discounts::replacing(tx, owner, Some(&customer), params, &before)?;
        item.set("discounts", discounts);
    }
    Ok(tx.save(item))
}

/// The parameter that names or describes a price, where there is one.
fn chosen_name(params: &Map) -> Option<&'static str> {
    ["pricing", "price", "price_data"].into_iter().find(|name| params.contains(name))
}

fn delete(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let item = load(tx, call.id(0))?;
    let draft = draft_of(tx, &item)?;
    let discounts = item.at("discounts").as_list().unwrap_or_default();
    discounting::go_with(tx, discounts, &["invoice_item"]);
    let gone = tx.delete("invoiceitem", call.id(0));
    if let Some(mut invoice) = draft {
        invoicing::drop_item(&mut invoice, call.id(0));
        invoicing::add_up(tx, &mut invoice);
        tx.save(invoice);
    }
    Ok(gone.into())
}

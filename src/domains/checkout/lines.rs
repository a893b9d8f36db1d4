//! What is for sale in a checkout session, and what it comes to.

use crate::crud;
use crate::domains::promotion_codes::{self, Spent};
use crate::domains::{coupons, prices};
use crate::errors::{Error, Outcome};
use crate::flows::invoicing::{self, Automatic};
use crate::flows::{pricing, taxing, totals};
use crate::map;
use crate::money;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// The highest quantity that customers may choose unless told otherwise.
const MOST: i64 = 99;

/// Draws up the lines that the parameters ask for, and sets the session's currency and totals.
pub fn draw_up(tx: &mut Tx<'_>, session: &mut Map, params: &Map) -> Outcome<Vec<Value>> {
    let mode = params.str("mode").to_string();
    if mode == "setup" {
        return Ok(Vec::new());
    }
    let given = params.at("line_items").as_list().unwrap_or_default();
    let mut items = Vec::with_capacity(given.len());
    for (place, given) in given.iter().enumerate() {
        let given = given.as_map().cloned().unwrap_or_default();
        let mut price = price_of(tx, &given, place)?;
        let wanted = params.at("currency").as_str().map(str::to_ascii_lowercase);
        if let Some(other) = wanted.and_then(|wanted| pricing::in_currency(tx, &price, &wanted)) {
            price = other;
        }
        check_price(&price, &mode, session, place)?;
        let item = item(tx, &given, price, place, is_trial(params))?;
        session.set("currency", item.at("currency").clone());
        items.push(item);
    }
    let is_recurring = |item: &Map| !item.path("price.recurring").is_null();
    if mode == "subscription" && !items.iter().any(is_recurring) {
        return Err(Error::checkout_recurring_price_missing());
    }
    reckon(tx, session, params, &mut items)?;
    ship(tx, session, params)?;
    add_up(session, &items);
    if mode == "payment" {
        check_total(tx, session)?;
    }
    Ok(items.into_iter().map(Value::from).collect())
}

fn price_of(tx: &mut Tx<'_>, given: &Map, place: usize) -> Outcome<Rc<Map>> {
    match (given.at("price").as_id(), given.at("price_data").as_map()) {
        (Some(_), Some(_)) => Err(Error::mutually_exclusive(&["price", "price_data"])),
        (Some(id), None) => {
            let param = format!("line_items[{place}][price]");
            let price = tx.get("price", id).cloned();
            let price =
                price.ok_or_else(|| Error::no_such_reference("price", id, param.clone()))?;
            // What an update sends back, a price made for this session, is inactive.
            match price.is_true("active") || given.contains("id") {
                true => Ok(price),
                false => Err(Error::price_inactive(param)),
            }
        }
        (None, Some(data)) if data.int("unit_amount") < 0 && tx.validates() => {
            let param = format!("line_items[{place}][price_data][unit_amount]");
            Err(Error::invalid_count(&param, true))
        }
        (None, Some(data)) => prices::of_data(tx, data),
        (None, None) => Err(Error::parameter_missing(&format!("line_items[{place}][price]"))),
    }
}

fn check_price(price: &Map, mode: &str, session: &Map, place: usize) -> Outcome<()> {
    if mode == "payment" && !price.at("recurring").is_null() {
        return Err(Error::checkout_recurring_price(format!("line_items[{place}]")));
    }
    match session.at("currency").as_str() {
        Some(currency) if currency != price.str("currency") && 0 < place => {
            let param = format!("line_items[{place}][price]");
            Err(Error::price_of_other_currency(price.str("currency"), currency, param))
        }
        _ => Ok(()),
    }
}

/// Whether nothing is due at first.
fn is_trial(params: &Map) -> bool {
    let data = params.at("subscription_data").as_map();
    data.is_some_and(|data| !data.at("trial_end").is_null() || 0 < data.int("trial_period_days"))
}

fn item(
    tx: &mut Tx<'_>,
    given: &Map,
    price: Rc<Map>,
    place: usize,
    is_trial: bool,
) -> Outcome<Map> {
    let is_metered = price.path("recurring.usage_type").as_str() == Some("metered");
    let quantity = given.at("quantity").as_int();
    if quantity.is_none() && !is_metered {
        return Err(Error::checkout_quantity_missing(place));
    }
    if quantity.is_some() && is_metered {
        return Err(Error::checkout_quantity_metered(place));
    }
    let is_free = is_metered || is_trial && !price.at("recurring").is_null();
    let amount = match price.path("custom_unit_amount.preset").as_int() {
        _ if is_free => 0,
        Some(preset) => preset.saturating_mul(quantity.unwrap_or(1)),
        None => invoicing::amount_of(tx, &price, quantity.unwrap_or(0)),
    };
    let kind = Object::find("item").expect("line items are a published type");
    let mut item = crud::new(tx, kind, given);
    item.set("amount_subtotal", amount);
    item.set("amount_total", amount);
    item.set("currency", price.at("currency").clone());
    let product = price.at("product").as_id().and_then(|id| tx.get("product", id));
    item.set("description", product.map_or(Value::Null, |product| product.at("name").clone()));
    item.set("quantity", quantity);
    if let Some(adjustable) = given.at("adjustable_quantity").as_map() {
        item.set("adjustable_quantity", self::adjustable(adjustable));
    }
    crud::merge_metadata(&mut item, given.at("metadata"));
    item.set("price", Value::Map(price));
    Ok(item)
}

/// How customers may change a quantity, with what is left out.
pub fn adjustable(given: &Map) -> Map {
    let number = |name: &str, or: i64| given.at(name).as_int().unwrap_or(or);
    let is_enabled = given.is_true("enabled");
    map! {
        "enabled": is_enabled,
        "maximum": is_enabled.then(|| number("maximum", MOST)),
        "minimum": is_enabled.then(|| number("minimum", 0)),
    }
}

/// Takes the session's discount off the lines and puts their taxes on: each line its part.
pub fn reckon(tx: &mut Tx<'_>, session: &mut Map, params: &Map, items: &mut [Map]) -> Outcome<()> {
    let subtotal = items.iter().map(|item| item.int("amount_subtotal")).sum();
    let coupon = discount(tx, session, params, subtotal)?;
    let automatic = automatic(tx, session, params);
    let is_exempt = matches!(
        session.at("customer").as_id().and_then(|id| tx.get("customer", id)),
        Some(customer) if matches!(customer.str("tax_exempt"), "exempt" | "reverse")
    );
    let currency = session.str("currency");
    let off = coupon.map(|coupon| invoicing::off_of(tx, &coupon, "", currency));
    let lines: Vec<totals::Line> = items
        .iter()
        .enumerate()
        .map(|(place, item)| totals::Line {
            amount: item.int("amount_subtotal"),
            is_discountable: true,
            product: item.path("price.product").as_id().unwrap_or("").to_string(),
            rates: match &automatic {
                _ if is_exempt => Vec::new(),
                Some(automatic) => vec![automatic.rate_of(item.at("price").as_map())],
                None => invoicing::rates_of(&rates(tx, params, place)),
            },
            ..totals::Line::default()
        })
        .collect();
    let reckoned = totals::reckon(&lines, off.as_slice());
    for (item, of) in items.iter_mut().zip(&reckoned.lines) {
        let off: i64 = of.discounts.iter().map(|(_, amount)| amount).sum();
        let tax: i64 = of.taxes.iter().map(|tax| tax.amount).sum();
        let exclusive: i64 =
            of.taxes.iter().filter(|tax| !tax.is_inclusive).map(|tax| tax.amount).sum();
        let subtotal = item.int("amount_subtotal");
        item.set("amount_discount", off);
        item.set("amount_tax", tax);
        item.set("amount_total", subtotal - off + exclusive);
    }
    Ok(())
}

/// The rates where the customer is, of a session that is taxed automatically: what is filled in,
/// else what the customer already has, unless that is to be filled in anew.
fn automatic(tx: &mut Tx<'_>, session: &mut Map, params: &Map) -> Option<Automatic> {
    if session.path("automatic_tax.enabled").as_bool() != Some(true) {
        return None;
    }
    let sent = session.path("collected_information.shipping_details");
    let mut address = taxing::address_of(sent, session.path("customer_details.address")).cloned();
    let is_asked = params.path("customer_update.address").as_str() == Some("auto");
    let customer = session.at("customer").as_id().and_then(|id| tx.get("customer", id));
    if let Some(customer) = customer.filter(|_| !is_asked) {
        address = taxing::address_of(customer.at("shipping"), customer.at("address"))
            .cloned()
            .or(address);
    }
    invoicing::automatic_at(tx, session, address.as_ref())
}

/// The tax rates of the line at that place, else those of the subscription.
pub fn rates_at(params: &Map, place: usize) -> Vec<Value> {
    let lines = params.at("line_items").as_list().unwrap_or_default();
    let own = lines.get(place).and_then(Value::as_map).and_then(|line| line.get("tax_rates"));
    let of = own.unwrap_or(params.path("subscription_data.default_tax_rates"));
    of.as_list().unwrap_or_default().to_vec()
}

fn rates(tx: &Tx<'_>, params: &Map, place: usize) -> Vec<Value> {
    let rates = rates_at(params, place);
    let rates = rates.iter().filter_map(|rate| tx.get("tax_rate", rate.as_id()?));
    rates.cloned().map(Value::Map).collect()
}

/// Shows the discount asked for, and gives the coupon that it is of.
fn discount(
    tx: &Tx<'_>,
    session: &mut Map,
    params: &Map,
    subtotal: i64,
) -> Outcome<Option<Rc<Map>>> {
    let Some(given) = params.at("discounts").as_list().and_then(<[Value]>::first) else {
        return Ok(None);
    };
    let given = given.as_map().cloned().unwrap_or_default();
    let code = given.at("promotion_code").as_id();
    let (coupon, param) = match code {
        Some(id) => {
            let param = "discounts[0][promotion_code]";
            let missing = || Error::no_such_reference("promotion code", id, param);
            let code = tx.get("promotion_code", id).ok_or_else(missing)?;
            let spent = Spent::Now(subtotal, session.str("currency").to_string());
            promotion_codes::check_use(tx, code, session.at("customer").as_id(), &spent, param)?;
            (code.path("promotion.coupon").as_id().unwrap_or("").to_string(), param)
        }
        None => (given.at("coupon").as_id().unwrap_or("").to_string(), "discounts[0][coupon]"),
    };
    let missing = || Error::no_such_reference("coupon", &coupon, param);
    let found = tx.get("coupon", &coupon).cloned().ok_or_else(missing)?;
    if !coupons::is_valid(tx, &found) {
        return Err(Error::coupon_expired(&coupon, param));
    }
    let entry = map! {
        "coupon": if code.is_some() { Value::Null } else { Value::from(coupon.clone()) },
        "promotion_code": code.map(str::to_string),
    };
    session.set("discounts", vec![Value::from(entry)]);
    Ok(Some(found))
}

/// Shows the ways of shipping, of which the first is chosen; rates described in place are made.
fn ship(tx: &mut Tx<'_>, session: &mut Map, params: &Map) -> Outcome<()> {
    let Some(options) = params.at("shipping_options").as_list() else { return Ok(()) };
    let kind = Object::find("shipping_rate").expect("shipping rates are a published type");
    let mut shown = Vec::with_capacity(options.len());
    for (place, option) in options.iter().enumerate() {
        let option = option.as_map().cloned().unwrap_or_default();
        let rate = match (option.at("shipping_rate").as_id(), option.at("shipping_rate_data")) {
            (Some(id), _) => {
                let param = format!("shipping_options[{place}][shipping_rate]");
                let rate = tx.get("shipping_rate", id).cloned();
                rate.ok_or_else(|| Error::no_such_reference("shipping rate", id, param))?
            }
            (None, Value::Map(data)) => {
                let rate = crud::draft_kind(tx, kind, data)?;
                tx.save(rate)
            }
            (None, _) => return Err(Error::must_provide(&["shipping_rate", "shipping_rate_data"])),
        };
        shown.push(Value::from(map! {
            "shipping_amount": rate.path("fixed_amount.amount").as_int().unwrap_or(0),
            "shipping_rate": rate.at("id").clone(),
        }));
    }
    session.set("shipping_options", shown);
    choose_shipping(session, None);
    Ok(())
}

/// Chooses one of the ways of shipping: the named one, else the first. Says whether it is there.
pub fn choose_shipping(session: &mut Map, rate: Option<&str>) -> bool {
    let options = session.at("shipping_options").as_list().unwrap_or_default();
    let mut options = options.iter().filter_map(Value::as_map);
    let is_it = |option: &&Map| rate.is_none_or(|rate| option.str("shipping_rate") == rate);
    let Some(option) = options.find(is_it) else { return false };
    let (amount, rate) = (option.int("shipping_amount"), option.at("shipping_rate").clone());
    invoicing::set_shipping_cost(session, amount, rate);
    true
}

/// Sets the totals of a session from its lines.
pub fn add_up(session: &mut Map, items: &[Map]) {
    let sum = |name: &str| items.iter().map(|item| item.int(name)).fold(0, i64::saturating_add);
    let shipping = session.path("shipping_cost.amount_total").as_int().unwrap_or(0);
    session.set("amount_subtotal", sum("amount_subtotal"));
    session.set("amount_total", sum("amount_total").saturating_add(shipping));
    session.set(
        "total_details",
        map! {
            "amount_discount": sum("amount_discount"),
            "amount_shipping": shipping,
            "amount_tax": sum("amount_tax"),
        },
    );
}

/// Refuses totals that no card can be charged. What costs nothing is an order of its own kind.
fn check_total(tx: &Tx<'_>, session: &Map) -> Outcome<()> {
    let (total, currency) = (session.int("amount_total"), session.str("currency"));
    if money::maximum_charge(currency) < total {
        let most = money::format(money::maximum_charge(currency), currency);
        return Err(Error::checkout_total_too_large(&most, currency));
    }
    let least = money::minimum_charge(currency).unwrap_or(1);
    match 0 < total && total < least && tx.validates() {
        true => Err(Error::checkout_total_too_small(&money::format(least, currency), currency)),
        false => Ok(()),
    }
}

/// Lines as an update sends them: those with an id are the ones that are there, with what changes.
pub fn kept(given: &Value, known: &[Value]) -> Value {
    let given = given.as_list().unwrap_or_default().iter().map(|line| {
        let mut line = line.as_map().cloned().unwrap_or_default();
        let same = known.iter().find(|known| known.as_id() == line.at("id").as_str());
        if let Some(same) = same.and_then(Value::as_map).filter(|_| line.contains("id")) {
            if !line.contains("price") && !line.contains("price_data") {
                line.set("price", same.path("price.id").clone());
            }
            if !line.contains("quantity") {
                line.set("quantity", same.at("quantity").clone());
            }
        }
        Value::from(line)
    });
    Value::List(given.collect())
}

//! Legacy ways to pay: tokens, cards, bank accounts and sources of a customer.
//!
//! A card that a customer has as a source is also a payment method with the same id, so that
//! everything that takes a payment method takes it.
//!
//! Stripe's pages: <https://docs.stripe.com/api/tokens>, <https://docs.stripe.com/api/cards>.

use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows;
use crate::flows::payment_methods::{self, Face, Use};
use crate::flows::test_values::cards;
use crate::map;
use crate::order;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// Brands as legacy objects spell them.
const BRANDS: &[(&str, &str)] = &[
    ("amex", "American Express"),
    ("diners", "Diners Club"),
    ("discover", "Discover"),
    ("eftpos_au", "EFTPOS Australia"),
    ("jcb", "JCB"),
    ("mastercard", "MasterCard"),
    ("unionpay", "UnionPay"),
    ("visa", "Visa"),
];

pub fn brand_text(brand: &str) -> &'static str {
    BRANDS.iter().find(|(code, _)| *code == brand).map_or("Unknown", |(_, text)| text)
}

pub fn brand_code(text: &str) -> &'static str {
    BRANDS.iter().find(|(_, shown)| *shown == text).map_or("unknown", |(code, _)| code)
}

// Cards.

/// A legacy card of that face, with the address and name of the parameters. Nobody's yet, not
/// saved.
pub fn card(tx: &mut Tx<'_>, face: &Face, params: &Map) -> Map {
    let mut card = flows::fresh(tx, "card");
    card.set("brand", brand_text(face.brand));
    card.set("country", face.country);
    card.set("cvc_check", face.has_cvc.then_some("unchecked"));
    card.set("exp_month", face.exp_month);
    card.set("exp_year", face.exp_year);
    card.set("fingerprint", payment_methods::fingerprint(tx, &face.number));
    card.set("funding", face.funding);
    card.set("last4", face.last4().to_string());
    if let Some(currency) = params.at("currency").as_str() {
        card.set("currency", currency.to_ascii_lowercase());
    }
    for name in [
        "address_city",
        "address_country",
        "address_line1",
        "address_line2",
        "address_state",
        "address_zip",
        "name",
    ] {
        card.set(name, params.at(name).clone());
    }
    if let Some(metadata) = params.at("metadata").as_map() {
        crud::merge_metadata(&mut card, &Value::from(metadata.clone()));
    }
    for (detail, check) in
        [("address_line1", "address_line1_check"), ("address_zip", "address_zip_check")]
    {
        if !card.at(detail).is_null() {
            card.set(check, "unchecked");
        }
    }
    card
}

/// The `card` hash a payment method would have of a legacy card.
pub fn details_of(card: &Map) -> Map {
    let brand = brand_code(card.str("brand"));
    let supported = brand != "amex";
    map! {
        "brand": brand,
        "checks": map! {
            "address_line1_check": card.at("address_line1_check").clone(),
            "address_postal_code_check": card.at("address_zip_check").clone(),
            "cvc_check": card.at("cvc_check").clone(),
        },
        "country": card.at("country").clone(),
        "display_brand": brand,
        "exp_month": card.at("exp_month").clone(),
        "exp_year": card.at("exp_year").clone(),
        "fingerprint": card.at("fingerprint").clone(),
        "funding": card.at("funding").clone(),
        "generated_from": Value::Null,
        "last4": card.at("last4").clone(),
        "networks": map! { "available": vec![Value::from(brand)], "preferred": Value::Null },
        "regulated_status": "unregulated",
        "three_d_secure_usage": map! { "supported": supported },
        "wallet": Value::Null,
    }
}

/// A legacy card seen as a payment method, with the card's id. Not saved.
pub fn as_payment_method(tx: &mut Tx<'_>, card: &Map) -> Map {
    let mut method = flows::fresh(tx, "payment_method");
    method.set("id", card.at("id").clone());
    method.set("card", details_of(card));
    method.set("customer", card.at("customer").clone());
    method.set("type", "card");
    let billing = method.map_mut("billing_details");
    billing.set("name", card.at("name").clone());
    let address = billing.map_mut("address");
    for (name, of_card) in [
        ("city", "address_city"),
        ("country", "address_country"),
        ("line1", "address_line1"),
        ("line2", "address_line2"),
        ("postal_code", "address_zip"),
        ("state", "address_state"),
    ] {
        address.set(name, card.at(of_card).clone());
    }
    method
}

// Tokens.

/// A card token of the testing documentation (`tok_visa`): what it stands for.
fn test_token(tx: &Tx<'_>, id: &str) -> Option<Face> {
    let card = id.strip_prefix("tok_").and_then(cards::by_name)?;
    Some(Face::of_test_card(tx, card))
}

/// The `card` hash of a payment method made of a token, which is used up.
pub fn card_of_token(tx: &mut Tx<'_>, id: &str) -> Outcome<Map> {
    if let Some(face) = test_token(tx, id) {
        return Ok(payment_methods::card_details(tx, &face));
    }
    let token = use_token(tx, id, "card[token]")?;
    match token.at("card").as_map() {
        Some(card) => Ok(details_of(card)),
        None => Err(Error::no_such_reference("token", id, "card[token]")),
    }
}

/// Marks a token as used; one that was used, or is none, is refused.
fn use_token(tx: &mut Tx<'_>, id: &str, param: &'static str) -> Outcome<Map> {
    let Some(mut token) = tx.load("token", id) else {
        return Err(Error::no_such_reference("token", id, param));
    };
    if token.is_true("used") {
        return Err(Error::token_already_used(id));
    }
    token.set("used", true);
    tx.save(token.clone());
    Ok(token)
}

// Bank accounts.

/// A legacy bank account of the parameters. Nobody's yet, not saved.
pub fn bank_account(tx: &mut Tx<'_>, params: &Map) -> Outcome<Map> {
    let number = params.str("account_number").to_string();
    if number.is_empty() {
        return Err(Error::parameter_missing("bank_account[account_number]"));
    }
    if !number.bytes().all(|c| c.is_ascii_alphanumeric()) {
        return Err(Error::bank_account_number_invalid());
    }
    let mut account = flows::fresh(tx, "bank_account");
    for name in ["account_holder_name", "account_holder_type", "account_type"] {
        account.set(name, params.at(name).clone());
    }
    let country = params.at("country").as_str().unwrap_or("US").to_ascii_uppercase();
    let currency = params.at("currency").as_str().unwrap_or("usd").to_ascii_lowercase();
    account.set("country", country);
    account.set("currency", currency);
    account.set("fingerprint", payment_methods::fingerprint(tx, &number));
    account.set("last4", number[number.len().saturating_sub(4)..].to_string());
    account.set("routing_number", params.at("routing_number").clone());
    if let Some(metadata) = params.at("metadata").as_map() {
        crud::merge_metadata(&mut account, &Value::from(metadata.clone()));
    }
    Ok(account)
}

/// The bank accounts of `btok_us_verified` and its like: the account number of each.
const BANK_TOKENS: &[(&str, &str)] = &[
    ("btok_us", "000123456789"),
    ("btok_us_verified", "000123456789"),
    ("btok_us_verified_accountClosed", "000111111113"),
    ("btok_us_verified_debitNotAuthorized", "000333333335"),
    ("btok_us_verified_insufficientFunds", "000222222227"),
    ("btok_us_verified_invalidCurrency", "000444444440"),
    ("btok_us_verified_noAccount", "000111111116"),
];

fn test_bank_token(tx: &mut Tx<'_>, id: &str) -> Option<Map> {
    let (_, number) = BANK_TOKENS.iter().find(|(token, _)| *token == id)?;
    let params = map! {
        "account_holder_name": "Jane Austen",
        "account_holder_type": "individual",
        "account_number": *number,
        "routing_number": "110000000",
    };
    let mut account = bank_account(tx, &params).ok()?;
    if id.contains("verified") {
        account.set("status", "verified");
    }
    Some(account)
}

// What a customer or a charge is given.

/// What a `source` parameter stands for: a token, a source, or a hash with a card or bank account.
/// The object is nobody's yet and not saved; a token it came from is used up.
pub fn given(tx: &mut Tx<'_>, source: &Value, param: &'static str) -> Outcome<Map> {
    if let Some(params) = source.as_map() {
        if params.str("object") == "bank_account" || params.contains("account_number") {
            return bank_account(tx, params);
        }
        let face = Face::read(tx, params)?;
        return Ok(card(tx, &face, params));
    }
    let id = source.as_str().unwrap_or("");
    if let Some(face) = test_token(tx, id) {
        return Ok(card(tx, &face, &Map::new()));
    }
    if let Some(account) = test_bank_token(tx, id) {
        return Ok(account);
    }
    if let Some(source) = tx.load("source", id) {
        return Ok(source);
    }
    let token = use_token(tx, id, param)?;
    let inner = token.at("card").as_map().or(token.at("bank_account").as_map());
    let Some(mut object) = inner.cloned() else {
        return Err(Error::no_such_reference("token", id, param));
    };
    if object.str("object") == "card" {
        object.remove("networks");
        object.set("allow_redisplay", "unspecified");
        object.set("customer", Value::Null);
    }
    Ok(object)
}

/// Gives a customer a source; a card's bank is asked first. The customer's first becomes the
/// default.
pub fn add(tx: &mut Tx<'_>, customer: &str, mut source: Map) -> Outcome<Rc<Map>> {
    if source.str("object") == "card" {
        let details = map! { "card": details_of(&source), "type": "card" };
        if let Some(decline) = payment_methods::refusal(tx, &details, Use::Saved) {
            return Err(Error::card_declined(decline).param(decline.param.unwrap_or("")));
        }
        check(&mut source);
    }
    source.set("customer", customer.to_string());
    let source = tx.save(source);
    if source.str("object") == "card" {
        let method = as_payment_method(tx, &source);
        tx.save(method);
    }
    Ok(source)
}

/// Replaces what is still unchecked by what the bank says.
pub fn check(card: &mut Map) {
    let mut details = map! { "card": details_of(card) };
    payment_methods::check(&mut details);
    let checks = details.map_mut("card").map_mut("checks");
    for (name, of_method) in [
        ("address_line1_check", "address_line1_check"),
        ("address_zip_check", "address_postal_code_check"),
        ("cvc_check", "cvc_check"),
    ] {
        card.set(name, checks.at(of_method).clone());
    }
}

/// The types of object a customer's source can be.
pub const KINDS: &[&str] = &["card", "bank_account", "source"];

/// The sources of a customer, newest first.
pub fn of_customer(tx: &Tx<'_>, customer: &str) -> Vec<Rc<Map>> {
    let mut all: Vec<Rc<Map>> =
        KINDS.iter().flat_map(|kind| tx.all_where(kind, "customer", customer)).collect();
    all.reverse();
    order::sort(&mut all, &|one, other| other.int("created") < one.int("created"));
    all
}

/// A source of a customer by its id.
pub fn find(tx: &Tx<'_>, customer: &str, id: &str) -> Option<Rc<Map>> {
    let found = KINDS.iter().find_map(|kind| tx.get(kind, id))?;
    (found.at("customer").as_id() == Some(customer)).then(|| found.clone())
}

/// Takes a source from a customer. What is left is a stub; a `src_` source is consumed and shown
/// whole.
pub fn remove(tx: &mut Tx<'_>, customer: &str, source: &Map) -> Rc<Map> {
    let (kind, id) = (source.str("object").to_string(), source.str("id").to_string());
    let left = if kind == "source" {
        let mut source = source.clone();
        source.remove("customer");
        source.set("status", "consumed");
        tx.save(source)
    } else {
        tx.delete(&kind, &id)
    };
    if let Some(method) = tx.load("payment_method", &id) {
        payment_methods::detach(tx, method);
    }
    if let Some(mut owner) = tx.load("customer", customer)
        && owner.at("default_source").as_id() == Some(id.as_str())
    {
        let next = of_customer(tx, customer).first().map(|source| source.at("id").clone());
        owner.set("default_source", next.unwrap_or_default());
        tx.save(owner);
    }
    left
}

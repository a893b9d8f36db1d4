//! Payment methods as every flow needs them: found by id, made from card and bank data, attached,
//! used up.
//!
//! Stripe's pages: <https://docs.stripe.com/api/payment_methods>,
//! <https://docs.stripe.com/testing>.

use crate::call::Origin;
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows;
use crate::flows::ledger;
use crate::flows::sources;
use crate::flows::test_values::banks::{self, Settlement, TestBank};
use crate::flows::test_values::cards::{
    self, Authentication, Bank, Check, Decline, Risk, TestCard,
};
use crate::map;
use crate::schema::{Kind, Object};
use crate::store::Tx;
use crate::store::ids;
use crate::value::{Map, Text, Value};
use std::rc::Rc;

/// Payment methods that may not be used again: used without a customer, or detached from one.
const SPENT: &str = "fakestripe.spent_payment_method";
/// Payment methods that were set up for later use, or whose account was verified.
const SET_UP: &str = "fakestripe.set_up_payment_method";
/// Payment methods whose bank takes its time.
const SLOW: &str = "fakestripe.slow_payment_method";

// Finding.

/// The payment method that a parameter or path names. Ids of the testing documentation
/// (`pm_card_visa`) stand for a new one each time. `status` is that of the error for an id that
/// names none.
pub fn named(tx: &mut Tx<'_>, id: &str, param: &'static str, status: u16) -> Outcome<Map> {
    if let Some(method) = tx.load("payment_method", id) {
        return Ok(method);
    }
    let card = id.strip_prefix("pm_card_").and_then(cards::by_name);
    if let Some(card) = card {
        let details = card_details(tx, &Face::of_test_card(tx, card));
        return Ok(minted(tx, "card", details));
    }
    if let Some(bank) = banks::by_id(id) {
        return Ok(minted_bank(tx, bank));
    }
    Err(Error::no_such_payment_method(id, param, status, tx.is_connected()))
}

/// A new payment method of that type, saved.
fn minted(tx: &mut Tx<'_>, kind: &'static str, details: Map) -> Map {
    let mut method = blank(tx, kind);
    method.set(kind, details);
    tx.save(method.clone());
    method
}

/// A card held to a simulated reader, as a payment method of that type (`card_present` or
/// `interac_present`).
pub fn presented(tx: &mut Tx<'_>, kind: &'static str, number: &str) -> Map {
    let (month, year) = ledger::month_of(tx.now());
    let face = Face::of(number.to_string(), month, year + 1, false);
    let is_interac = kind == "interac_present";
    let brand = if is_interac { "interac" } else { face.brand };
    let details = map! {
        "brand": brand,
        "cardholder_name": Value::Null,
        "country": if is_interac { "CA" } else { face.country },
        "exp_month": face.exp_month,
        "exp_year": face.exp_year,
        "fingerprint": fingerprint(tx, &face.number),
        "funding": face.funding,
        "last4": face.last4().to_string(),
        "networks": map! { "available": vec![Value::from(brand)], "preferred": Value::Null },
        "preferred_locales": vec![Value::from("en")],
        "read_method": "contact_emv",
    };
    minted(tx, kind, details)
}

fn minted_bank(tx: &mut Tx<'_>, bank: &TestBank) -> Map {
    let params = match bank.scheme {
        "us_bank_account" => map! {
            "account_holder_type": "individual",
            "account_number": bank.number,
            "routing_number": "110000000",
        },
        "bacs_debit" => map! { "account_number": bank.number, "sort_code": "108800" },
        "au_becs_debit" => map! { "account_number": bank.number, "bsb_number": "000000" },
        "acss_debit" => map! {
            "account_number": bank.number,
            "institution_number": "000",
            "transit_number": "11000",
        },
        _ => map! { "iban": bank.number },
    };
    let details = other_details(tx, bank.scheme, &params);
    let mut method = minted(tx, bank.scheme, details);
    let billing = method.map_mut("billing_details");
    billing.set("email", "jenny@example.com");
    billing.set("name", "Jenny Rosen");
    tx.save(method.clone());
    mark_slow(tx, method.str("id"), bank.scheme, bank.number);
    // An account of the documentation needs no microdeposits.
    if bank.settlement != Settlement::NoMicrodeposits {
        mark_set_up(tx, method.str("id"));
    }
    method
}

/// The payment method a request uses: named, or described by `payment_method_data`.
pub fn given(tx: &mut Tx<'_>, params: &Map) -> Outcome<Option<Map>> {
    if let Some(data) = params.at("payment_method_data").as_map() {
        let method = create(tx, data)?;
        tx.save(method.clone());
        return Ok(Some(method));
    }
    match params.at("payment_method").as_str().filter(|id| !id.is_empty()) {
        Some(id) => named(tx, id, "payment_method", 400).map(Some),
        None => Ok(None),
    }
}

/// The payment method that somebody fills in on a page of Stripe's: `payment_method` is an id or the
/// parameters of one, `card` a test card's number, its parameters, or an id such as `pm_card_visa`.
/// Without either it is 4242 4242 4242 4242.
pub fn of_page(tx: &mut Tx<'_>, given: &Map) -> Outcome<Map> {
    match (given.at("payment_method"), given.at("card")) {
        (Value::Str(id), _) => named(tx, id, "payment_method", 400),
        (Value::Map(params), _) => create(tx, params),
        (_, Value::Str(id)) if id.contains('_') => named(tx, id, "card", 400),
        (_, card) => {
            let params = map! { "card": card_of_page(tx, card), "type": "card" };
            create(tx, &params)
        }
    }
}

/// A card's parameters: those given, or those of a card with that number.
fn card_of_page(tx: &Tx<'_>, card: &Value) -> Map {
    let mut params = card.as_map().cloned().unwrap_or_default();
    let number = match card {
        Value::Int(number) => number.to_string(),
        card => card.as_str().unwrap_or("4242424242424242").to_string(),
    };
    let (_, year) = ledger::month_of(tx.now());
    for (name, value) in [
        ("number", Value::from(number)),
        ("exp_month", Value::Int(12)),
        ("exp_year", Value::Int(year + 4)),
        ("cvc", Value::from("123")),
    ] {
        if !params.contains(name) {
            params.set(name, value);
        }
    }
    params
}

// Making.

/// A new payment method from the parameters of `POST /v1/payment_methods`, not saved.
pub fn create(tx: &mut Tx<'_>, params: &Map) -> Outcome<Map> {
    let kind = params.str("type");
    let field = method_shape().shape().field(kind);
    let Some(field) = field.filter(|field| matches!(field.kind, Kind::Object(_))) else {
        let types: Vec<&str> = types().collect();
        return Err(Error::invalid_choice("type", &types));
    };
    let kind = field.name;
    let empty = Map::new();
    let data = params.at(kind).as_map().unwrap_or(&empty);
    let details = match kind {
        "card" => card_from_params(tx, data)?,
        _ => {
            check_bank(kind, data)?;
            other_details(tx, kind, data)
        }
    };
    let mut method = blank(tx, kind);
    method.set(kind, details);
    if kind != "card" {
        mark_slow(tx, method.str("id"), kind, &account_number(data));
    }
    let laid: Map = params
        .iter()
        .filter(|(name, _)| {
            matches!(name.as_ref(), "billing_details" | "allow_redisplay" | "metadata")
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    crud::apply(tx, method_shape().shape(), &mut method, &laid, "")?;
    if kind == "card" {
        mark_address_checks(&mut method);
    }
    Ok(method)
}

/// The same card or account as a payment method of the account that asks, nobody's yet; not saved.
pub fn copy(tx: &mut Tx<'_>, original: &Map) -> Outcome<Map> {
    let mut copy = flows::fresh(tx, "payment_method");
    for name in ["allow_redisplay", "billing_details", "type"] {
        copy.set(name, original.at(name).clone());
    }
    let kind = original.str("type").to_string();
    let mut details = original.at(&kind).as_map().cloned().unwrap_or_default();
    if !details.str("fingerprint").is_empty() {
        // One number has another fingerprint in every account.
        let shown = details.str("fingerprint").to_string();
        details.set("fingerprint", fingerprint(tx, &shown));
    }
    copy.set(kind, details);
    Ok(copy)
}

fn method_shape() -> Object {
    Object::find("payment_method").expect("payment methods are a published type")
}

/// The types a payment method can have.
fn types() -> impl Iterator<Item = &'static str> {
    let kind = method_shape().shape().field("type").map(|field| field.kind);
    let values = match kind {
        Some(Kind::Enum(values)) => Some(values),
        _ => None,
    };
    values.into_iter().flat_map(|values| values.values())
}

fn blank(tx: &mut Tx<'_>, kind: &'static str) -> Map {
    let mut method = flows::fresh(tx, "payment_method");
    method.set("type", kind);
    method
}

/// Address details are there to be checked, and are not yet.
fn mark_address_checks(method: &mut Map) {
    let has = |path: &str| method.path(path).as_str().is_some_and(|text| !text.is_empty());
    let postal_code = has("billing_details.address.postal_code");
    let line1 = has("billing_details.address.line1");
    let checks = method.map_mut("card").map_mut("checks");
    if postal_code {
        checks.set("address_postal_code_check", "unchecked");
    }
    if line1 {
        checks.set("address_line1_check", "unchecked");
    }
}

/// What a card shows, before it is a payment method, a legacy card or a token.
pub struct Face {
    pub number: String,
    pub brand: &'static str,
    pub co_brand: Option<&'static str>,
    pub country: &'static str,
    pub funding: &'static str,
    pub exp_month: i64,
    pub exp_year: i64,
    pub has_cvc: bool,
}

impl Face {
    /// A card of the documentation, by its id: valid until this month of next year.
    pub fn of_test_card(tx: &Tx<'_>, card: &'static TestCard) -> Face {
        let (month, year) = ledger::month_of(tx.now());
        Face::of(card.number.to_string(), month, year + 1, true)
    }

    fn of(number: String, exp_month: i64, exp_year: i64, has_cvc: bool) -> Face {
        let known = cards::by_number(&number);
        Face {
            brand: known.map_or_else(|| cards::brand_of(&number), |card| card.brand),
            co_brand: known.and_then(|card| card.co_brand),
            country: known.map_or("US", |card| card.country),
            funding: known.map_or("credit", |card| card.funding),
            number,
            exp_month,
            exp_year,
            has_cvc,
        }
    }

    pub fn last4(&self) -> &str {
        &self.number[self.number.len().saturating_sub(4)..]
    }

    /// Reads `number`, `exp_month`, `exp_year` and `cvc`, with Stripe's refusals.
    ///
    /// Differs from Stripe: numbers outside the testing documentation are accepted where their
    /// check digit is right, and behave like 4242424242424242.
    pub fn read(tx: &Tx<'_>, params: &Map) -> Outcome<Face> {
        let text = |name: &str| match params.at(name) {
            Value::Int(number) => number.to_string(),
            value => value.as_str().unwrap_or("").to_string(),
        };
        let number: String = text("number").chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        if !(12..=19).contains(&number.len()) || !number.bytes().all(|c| c.is_ascii_digit()) {
            return Err(Error::invalid_number("number"));
        }
        if !cards::has_check_digit(&number) {
            return Err(Error::incorrect_number("number"));
        }
        let (this_month, this_year) = ledger::month_of(tx.now());
        let month = text("exp_month").parse().unwrap_or(0);
        if !(1..=12).contains(&month) {
            return Err(Error::invalid_expiry_month("exp_month"));
        }
        let year: i64 = text("exp_year").parse().unwrap_or(-1);
        let year = if (0..100).contains(&year) { this_year - this_year % 100 + year } else { year };
        if year < this_year || this_year + 50 < year {
            return Err(Error::invalid_expiry_year("exp_year"));
        }
        if year == this_year && month < this_month {
            return Err(Error::invalid_expiry_month("exp_month"));
        }
        let cvc = text("cvc");
        let is_cvc = (3..=4).contains(&cvc.len()) && cvc.bytes().all(|c| c.is_ascii_digit());
        if !cvc.is_empty() && !is_cvc {
            return Err(Error::invalid_cvc("cvc"));
        }
        Ok(Face::of(number, month, year, !cvc.is_empty()))
    }
}

fn card_from_params(tx: &mut Tx<'_>, params: &Map) -> Outcome<Map> {
    if let Some(token) = params.at("token").as_str() {
        return sources::card_of_token(tx, token);
    }
    if tx.origin() == Origin::Library && params.contains("last4") {
        return Ok(card_as_told(tx, params));
    }
    if params.at("number").is_null() {
        return Err(Error::parameter_missing("card[number]"));
    }
    let face = Face::read(tx, params)?;
    Ok(card_details(tx, &face))
}

/// A card the library describes by what it shows: `brand`, `last4` and so on.
fn card_as_told(tx: &Tx<'_>, params: &Map) -> Map {
    let mut details = card_details(tx, &Face::of_test_card(tx, &cards::CARDS[0]));
    for (name, value) in params.iter().filter(|(name, _)| *name != "number") {
        details.set(name.clone(), value.clone());
    }
    details
}

/// The `card` hash of a payment method.
pub fn card_details(tx: &Tx<'_>, face: &Face) -> Map {
    let available: Vec<Value> =
        face.co_brand.into_iter().chain([face.brand]).map(Value::from).collect();
    map! {
        "brand": face.brand,
        "checks": map! {
            "address_line1_check": Value::Null,
            "address_postal_code_check": Value::Null,
            "cvc_check": face.has_cvc.then_some("unchecked"),
        },
        "country": face.country,
        "display_brand": display_brand(face.co_brand.unwrap_or(face.brand)),
        "exp_month": face.exp_month,
        "exp_year": face.exp_year,
        "fingerprint": fingerprint(tx, &face.number),
        "funding": face.funding,
        "generated_from": Value::Null,
        "last4": face.last4().to_string(),
        "networks": map! { "available": available, "preferred": Value::Null },
        "regulated_status": "unregulated",
        "three_d_secure_usage": map! { "supported": face.brand != "amex" },
        "wallet": Value::Null,
    }
}

fn display_brand(brand: &'static str) -> &'static str {
    match brand {
        "amex" => "american_express",
        "diners" => "diners_club",
        "eftpos_au" => "eftpos_australia",
        "unionpay" => "union_pay",
        "unknown" => "other",
        brand => brand,
    }
}

/// Sixteen characters that one number always has in one account, and another in every other
/// account.
pub fn fingerprint(tx: &Tx<'_>, number: &str) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut out = String::with_capacity(16);
    for half in 0..2 {
        let mut rest = ids::hash(&format!("{half}{number}{}", tx.account()));
        for _ in 0..8 {
            out.push(char::from(DIGITS[(rest % 62) as usize]));
            rest /= 62;
        }
    }
    out
}

fn check_bank(kind: &str, params: &Map) -> Outcome<()> {
    let required: &[&str] = match kind {
        "us_bank_account" if params.contains("financial_connections_account") => &[],
        "us_bank_account" => &["account_number", "routing_number"],
        "sepa_debit" => &["iban"],
        "acss_debit" => &["account_number", "institution_number", "transit_number"],
        "au_becs_debit" => &["account_number", "bsb_number"],
        "boleto" => &["tax_id"],
        _ => &[],
    };
    if let Some(missing) = required.iter().find(|name| params.str(name).is_empty()) {
        return Err(Error::parameter_missing(&format!("{kind}[{missing}]")));
    }
    // The test account that cannot be set up. Code and text inferred.
    if (kind, params.str("account_number")) == ("bacs_debit", "00044444") {
        let error = Error::bank_account_number_invalid();
        return Err(error.param("bacs_debit[account_number]"));
    }
    match banks::iban_refusal(params.str("iban")).filter(|_| kind == "sepa_debit") {
        Some(code) => Err(Error::sepa_debit_refused(code)),
        None => Ok(()),
    }
}

/// The hash of a payment method that is no card: what its shape says, the parameters, and what a
/// bank would know.
fn other_details(tx: &mut Tx<'_>, kind: &'static str, params: &Map) -> Map {
    let field = method_shape().shape().field(kind);
    let Some(Kind::Object(shape)) = field.map(|field| field.kind) else { return Map::new() };
    let mut details = crud::blank(shape);
    for (name, value) in params.iter() {
        if shape.field(name).is_some() {
            details.set(name.clone(), value.clone());
        }
    }
    let last4 =
        |number: &str| number.get(number.len().saturating_sub(4)..).unwrap_or("").to_string();
    let number = account_number(params);
    if !number.is_empty() {
        details.set("fingerprint", fingerprint(tx, &number));
        details.set("last4", last4(&number));
    }
    match kind {
        "us_bank_account" => {
            if params.str("account_type").is_empty() {
                details.set("account_type", "checking");
            }
            details.set("bank_name", "STRIPE TEST BANK");
            let supported = vec![Value::from("ach")];
            details.set("networks", map! { "preferred": "ach", "supported": supported });
            details.set("status_details", Map::new());
        }
        "sepa_debit" => {
            let (bank, branch) = iban_parts(&number);
            details.set("bank_code", bank);
            details.set("branch_code", branch);
            details.set("country", number.get(..2).unwrap_or("").to_string());
            details.set(
                "generated_from",
                map! { "charge": Value::Null, "setup_attempt": Value::Null },
            );
        }
        "acss_debit" => details.set("bank_name", "STRIPE TEST BANK"),
        _ => {}
    }
    details
}

/// The IBAN or account number, without blanks.
fn account_number(params: &Map) -> String {
    match params.str("iban") {
        "" => params.str("account_number").replace(' ', ""),
        iban => iban.replace(' ', "").to_ascii_uppercase(),
    }
}

/// Bank and branch of an IBAN, as far as its country writes them at fixed places.
fn iban_parts(iban: &str) -> (String, String) {
    let part = |from: usize, to: usize| iban.get(from..to).unwrap_or("").to_string();
    match iban.get(..2).unwrap_or("") {
        "FR" => (part(4, 9), part(9, 14)),
        "ES" => (part(4, 8), part(8, 12)),
        "IT" => (part(5, 10), part(10, 15)),
        "BE" => (part(4, 7), String::new()),
        "NL" | "GB" | "IE" | "GI" => (part(4, 8), String::new()),
        "AT" | "CH" | "LI" => (part(4, 9), String::new()),
        _ => (part(4, 12), String::new()),
    }
}

// What a stored one is.

/// The card of the documentation behind a payment method.
pub fn test_card(method: &Map) -> &'static TestCard {
    let kind = if method.at("card").is_null() { method.str("type") } else { "card" };
    let card = if kind.starts_with("card") { method.at(kind).as_map() } else { None };
    let shown = |name: &str| card.map_or("", |card| card.str(name));
    let funding = if shown("funding").is_empty() { "credit" } else { shown("funding") };
    let country = if shown("country").is_empty() { "US" } else { shown("country") };
    cards::by_face(shown("brand"), shown("last4"), country, funding)
}

/// What a debit of a payment method comes to.
pub fn settlement(method: &Map) -> Settlement {
    let kind = method.str("type");
    let shown = |name: &str| method.at(kind).as_map().map_or("", |details| details.str(name));
    banks::by_face(kind, shown("last4"), shown("country"))
}

/// How much later than others the bank of a payment method answers, in seconds.
pub fn delay(tx: &Tx<'_>, id: &str) -> i64 {
    if tx.exists(SLOW, id) { banks::DELAY } else { 0 }
}

fn mark_slow(tx: &mut Tx<'_>, id: &str, scheme: &str, number: &str) {
    if banks::is_delayed(scheme, number) {
        tx.save_as(Text::from(SLOW), map! { "id": id.to_string() });
    }
}

/// What is to become of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Saved with a customer, or set up.
    Saved,
    Charged,
}

/// Why the bank or Radar would refuse that use of a card.
pub fn refusal(tx: &mut Tx<'_>, method: &Map, of: Use) -> Option<&'static Decline> {
    if let Some(decline) = tx.take_decline() {
        return Some(decline);
    }
    let card = test_card(method);
    let has = |check: &str| !method.path(&format!("card.checks.{check}")).is_null();
    if card.risk == Risk::Highest {
        return Some(&cards::FRAUDULENT);
    }
    match card.bank {
        Bank::Approves => {}
        Bank::Declines(decline) => return Some(decline),
        Bank::DeclinesCharges(decline) if of == Use::Charged => return Some(decline),
        Bank::DeclinesSecurityCode(decline) if has("cvc_check") => return Some(decline),
        Bank::DeclinesCharges(_) | Bank::DeclinesSecurityCode(_) => {}
    }
    if card.cvc == Check::Fail && has("cvc_check") {
        return Some(&cards::CVC_CHECK_FAILED);
    }
    if card.postal_code == Check::Fail && has("address_postal_code_check") {
        return Some(&cards::INCORRECT_ZIP);
    }
    match card.authentication {
        Authentication::LookupFails if of == Use::Charged => Some(&cards::GENERIC),
        _ => None,
    }
}

/// Replaces what is still unchecked by what the bank says.
pub fn check(method: &mut Map) {
    let card = test_card(method);
    let results = [
        ("address_line1_check", card.line1),
        ("address_postal_code_check", card.postal_code),
        ("cvc_check", card.cvc),
    ];
    if method.at("card").is_null() {
        return;
    }
    let checks = method.map_mut("card").map_mut("checks");
    for (name, result) in results {
        if checks.str(name) == "unchecked" {
            checks.set(name, result.name());
        }
    }
}

// Using.

/// Whether a payment method was used up without a customer.
pub fn is_spent(tx: &Tx<'_>, id: &str) -> bool {
    tx.exists(SPENT, id)
}

/// Remembers that a payment method may not be used again.
pub fn spend(tx: &mut Tx<'_>, id: &str) {
    tx.save_as(Text::from(SPENT), map! { "id": id.to_string() });
}

/// Whether a payment method was set up for use off session, or its account verified.
pub fn is_set_up(tx: &Tx<'_>, id: &str) -> bool {
    tx.exists(SET_UP, id)
}

pub fn mark_set_up(tx: &mut Tx<'_>, id: &str) {
    if !is_set_up(tx, id) {
        tx.save_as(Text::from(SET_UP), map! { "id": id.to_string() });
    }
}

/// Attaches a payment method to a customer; the card's bank is asked first. Attaching it again to
/// the same customer changes nothing.
pub fn attach(tx: &mut Tx<'_>, method: Map, customer: &str) -> Outcome<Rc<Map>> {
    match method.at("customer").as_id() {
        Some(owner) if owner == customer => return Ok(Rc::new(method)),
        Some(_) => return Err(Error::payment_method_attached_already()),
        None => {}
    }
    if is_spent(tx, method.str("id")) {
        return Err(Error::payment_method_spent());
    }
    if let Some(decline) = refusal(tx, &method, Use::Saved) {
        let error = Error::card_declined(decline);
        let param = decline.param.unwrap_or("");
        return Err(error.param(param));
    }
    Ok(attach_unasked(tx, method, customer))
}

/// Attaches a payment method whose bank has just agreed to something else.
pub fn attach_unasked(tx: &mut Tx<'_>, mut method: Map, customer: &str) -> Rc<Map> {
    check(&mut method);
    method.set("customer", customer.to_string());
    tx.save(method)
}

/// Detaches a payment method for good: its mandates end, and where it was the customer's default,
/// the customer has none.
pub fn detach(tx: &mut Tx<'_>, mut method: Map) -> Rc<Map> {
    let id = method.str("id").to_string();
    let owner = method.at("customer").as_id().unwrap_or("").to_string();
    spend(tx, &id);
    method.set("customer", Value::Null);
    let method = tx.save(method);
    for mandate in tx.all_where("mandate", "payment_method", &id) {
        let mut mandate = Map::clone(&mandate);
        mandate.set("status", "inactive");
        tx.save(mandate);
    }
    if let Some(mut customer) = tx.load("customer", &owner) {
        let settings = customer.map_mut("invoice_settings");
        if settings.at("default_payment_method").as_id() == Some(id.as_str()) {
            settings.set("default_payment_method", Value::Null);
            tx.save(customer);
        }
    }
    method
}

//! Where an account's payouts go: `/v1/accounts/{id}/external_accounts`, bank accounts and debit
//! cards.
//!
//! Stripe's page: <https://docs.stripe.com/api/external_accounts>. They live in the space of the
//! account, under a name of their own, because their events are not those of a customer's bank
//! account or card.

use super::banks;
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::sources;
use crate::flows::test_values::cards::{self, PaysOut, TestCard};
use crate::map;
use crate::resources::countries;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Text, Value};
use std::rc::Rc;

/// The name under which external accounts are kept.
pub const KIND: &str = "external_account";

pub static EVENTS: Rules = &[
    ("account.external_account.created", When::Created),
    ("account.external_account.updated", When::Updated),
    ("account.external_account.deleted", When::Deleted),
];

/// How many external accounts an account shows without being asked.
const SHOWN: usize = 10;

pub fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let account = super::subject(tx, call)?;
    let wanted = call.params.str("object").to_string();
    let mut rows = all(tx, &account);
    rows.reverse();
    rows.retain(|row| wanted.is_empty() || row.str("object") == wanted);
    let limit =
        call.params.at("limit").as_int().map_or(SHOWN, |limit| limit.clamp(1, 100) as usize);
    let place = |cursor: &str| {
        let noun = "external account";
        let missing = || Error::no_such_reference(noun, cursor, "starting_after");
        rows.iter().position(|row| row.str("id") == cursor).ok_or_else(missing)
    };
    let (start, end) =
        match (call.params.at("starting_after").as_str(), call.params.at("ending_before").as_str())
        {
            (Some(cursor), _) => (place(cursor)? + 1, rows.len()),
            (None, Some(cursor)) => {
                let end = place(cursor)?;
                (end.saturating_sub(limit), end)
            }
            (None, None) => (0, rows.len()),
        };
    let has_more = match call.params.at("ending_before").as_str() {
        Some(_) => 0 < start,
        None => start + limit < end,
    };
    let data = rows[start..end].iter().take(limit).cloned().map(Value::Map).collect();
    Ok(crud::list_of(data, has_more, call.path.clone()).into())
}

pub fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let account = super::subject(tx, call)?;
    let given = call.params.at("external_account");
    let mut external = build(tx, &account, given, "external_account")?;
    if let Some(metadata) = call.params.get("metadata") {
        crud::merge_metadata(&mut external, metadata);
    }
    let is_default = call.params.at("default_for_currency").as_bool();
    let saved = add(tx, &account, external, is_default.unwrap_or(false));
    super::reassess(tx, &account);
    Ok(saved.into())
}

pub fn retrieve(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let account = super::subject(tx, call)?;
    find(tx, &account, call.id(1)).map(Into::into)
}

pub fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let account = super::subject(tx, call)?;
    let mut external = Map::clone(&*find(tx, &account, call.id(1))?);
    let kind = Object::find(external.str("object")).expect("external accounts have a type");
    let mut params = call.params.clone();
    let is_default = params.remove("default_for_currency");
    crud::apply(tx, kind.shape(), &mut external, &params, "")?;
    if let Some(Value::Bool(true)) = is_default {
        take_default(tx, &account, external.str("currency"));
        external.set("default_for_currency", true);
    }
    let saved = tx.in_account(&account, |tx| tx.save_as(Text::from(KIND), external));
    super::reassess(tx, &account);
    Ok(saved.into())
}

pub fn delete(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let account = super::subject(tx, call)?;
    let external = find(tx, &account, call.id(1))?;
    let home = super::get(tx, &account);
    let is_home = home.is_some_and(|home| home.str("default_currency") == external.str("currency"));
    if external.is_true("default_for_currency") && is_home && 1 < all(tx, &account).len() {
        return Err(Error::default_external_account());
    }
    let stub = tx.in_account(&account, |tx| tx.delete(KIND, call.id(1)));
    super::reassess(tx, &account);
    Ok(stub.into())
}

/// All external accounts of an account, in the order in which they were made.
pub fn all(tx: &Tx<'_>, account: &str) -> Vec<Rc<Map>> {
    tx.all_in(account, KIND)
}

fn find(tx: &Tx<'_>, account: &str, id: &str) -> Outcome<Rc<Map>> {
    let external = tx.get_in(account, KIND, id).cloned();
    external.ok_or_else(|| Error::no_such("external account", id, "id"))
}

/// The list an account shows inside itself.
pub fn embedded(tx: &Tx<'_>, account: &str) -> Map {
    let mut rows = all(tx, account);
    rows.reverse();
    let count = rows.len();
    let data: Vec<Value> = rows.into_iter().take(SHOWN).map(Value::Map).collect();
    map! {
        "object": "list",
        "data": data,
        "has_more": SHOWN < count,
        "total_count": count as i64,
        "url": format!("/v1/accounts/{account}/external_accounts"),
    }
}

/// Saves a new external account: the default of its currency where it is the first, or is to be.
pub fn add(tx: &mut Tx<'_>, account: &str, mut external: Map, is_default: bool) -> Rc<Map> {
    let currency = external.str("currency").to_string();
    let is_first = !all(tx, account).iter().any(|other| other.str("currency") == currency);
    if is_default {
        take_default(tx, account, &currency);
    }
    external.set("default_for_currency", is_default || is_first);
    tx.in_account(account, |tx| tx.save_as(Text::from(KIND), external))
}

/// Puts an external account in the place of the default of its currency, as the parameter
/// `external_account` of an account does.
pub fn replace(tx: &mut Tx<'_>, account: &str, external: Map) {
    let currency = external.str("currency").to_string();
    let old = all(tx, account);
    let old = old
        .iter()
        .find(|other| other.is_true("default_for_currency") && other.str("currency") == currency);
    if let Some(old) = old {
        tx.in_account(account, |tx| tx.delete(KIND, old.str("id")));
    }
    add(tx, account, external, true);
}

/// Lets no external account of that currency be the default any more.
fn take_default(tx: &mut Tx<'_>, account: &str, currency: &str) {
    for other in all(tx, account) {
        if other.is_true("default_for_currency") && other.str("currency") == currency {
            let mut other = Map::clone(&other);
            other.set("default_for_currency", false);
            tx.in_account(account, |tx| tx.save_as(Text::from(KIND), other));
        }
    }
}

/// Marks an external account that a payout did not reach.
pub fn fail(tx: &mut Tx<'_>, id: &str) {
    if let Some(mut external) = tx.load(KIND, id) {
        external.set("status", "errored");
        tx.save_as(Text::from(KIND), external);
        let account = tx.account().clone();
        super::reassess(tx, &account);
    }
}

/// A new external account from what a request says: a token, or a hash. Not saved. `param` names
/// the parameter in errors.
pub fn build(tx: &mut Tx<'_>, account: &str, given: &Value, param: &str) -> Outcome<Map> {
    let home = super::get(tx, account).map_or(Map::new(), |home| Map::clone(&home));
    let home = (home.str("country").to_string(), home.str("default_currency").to_string());
    match given {
        Value::Map(hash) if hash.str("object") == "card" || hash.contains("number") => {
            card(tx, account, hash, &home)
        }
        Value::Map(hash) => bank_account(tx, account, hash, &home, param),
        Value::Str(token) => of_token(tx, account, token, &home, param),
        _ => Err(Error::parameter_missing(param)),
    }
}

fn of_token(
    tx: &mut Tx<'_>,
    account: &str,
    token: &str,
    home: &(String, String),
    param: &str,
) -> Outcome<Map> {
    if let Some(card) = token.strip_prefix("tok_").and_then(cards::by_name) {
        return test_card(tx, account, card);
    }
    if token.starts_with("btok_us_verified") || token == "btok_us" {
        let number = match token.strip_prefix("btok_us_verified_").unwrap_or("") {
            "noAccount" => "000111111116",
            "accountClosed" => "000111111113",
            "insufficientFunds" => "000222222227",
            "debitNotAuthorized" => "000333333335",
            "invalidCurrency" => "000444444440",
            _ => "000123456789",
        };
        let hash = map! {
            "account_number": number,
            "country": "US",
            "currency": "usd",
            "routing_number": "110000000",
        };
        return bank_account(tx, account, &hash, home, param);
    }
    let found = super::find_for(tx, account, "token", token);
    let Some(found) = found else {
        return Err(Error::no_such_reference("token", token, param.to_string()));
    };
    for kind in ["bank_account", "card"] {
        if let Some(inner) = found.at(kind).as_map() {
            return Ok(adopted(tx, account, inner, kind, home));
        }
    }
    Err(Error::no_such_reference("token", token, param.to_string()))
}

/// The bank account or card of a token, as the account's own.
fn adopted(
    tx: &mut Tx<'_>,
    account: &str,
    inner: &Map,
    kind: &'static str,
    home: &(String, String),
) -> Map {
    let mut external = inner.clone();
    let id = tx.new_id(kind);
    external.set("id", id);
    external.remove("customer");
    external.set("account", account.to_string());
    external.set("metadata", Map::new());
    if external.str("currency").is_empty() {
        external.set("currency", home.1.clone());
    }
    let methods: &[&str] = match kind {
        "card" => &["standard", "instant"],
        _ => {
            banks::payout_methods(&home.0, external.str("country"), external.str("routing_number"))
        }
    };
    set_methods(&mut external, methods);
    if kind == "bank_account" {
        set_requirements(&mut external);
    }
    external
}

fn set_methods(external: &mut Map, methods: &[&'static str]) {
    let methods: Vec<Value> = methods.iter().map(|method| Value::from(*method)).collect();
    external.set("available_payout_methods", methods);
}

fn set_requirements(external: &mut Map) {
    let nothing = || {
        map! {
            "currently_due": Vec::new(),
            "errors": Vec::new(),
            "past_due": Vec::new(),
            "pending_verification": Vec::new(),
        }
    };
    external.set("future_requirements", nothing());
    external.set("requirements", nothing());
}

fn bank_account(
    tx: &mut Tx<'_>,
    account: &str,
    hash: &Map,
    home: &(String, String),
    param: &str,
) -> Outcome<Map> {
    let number = hash.str("account_number").replace(' ', "");
    if number.is_empty() {
        return Err(Error::parameter_missing(&format!("{param}[account_number]")));
    }
    let country = match hash.str("country") {
        "" => home.0.clone(),
        country => country.to_ascii_uppercase(),
    };
    let routing = hash.str("routing_number");
    if country == "US" && (routing.len() != 9 || !routing.bytes().all(|c| c.is_ascii_digit())) {
        return Err(Error::routing_number_invalid());
    }
    if !banks::is_test_number(&country, &number) {
        return Err(Error::account_number_not_of_test_mode());
    }
    let currency = match hash.str("currency") {
        "" => countries::find(&country).map_or(home.1.clone(), |row| row.currency.to_string()),
        currency => currency.to_ascii_lowercase(),
    };
    let (routing, bank) = banks::shown(&country, routing);
    let methods = banks::payout_methods(&home.0, &country, &routing);
    let mut external = map! {
        "id": tx.new_id("bank_account"),
        "object": "bank_account",
        "account": account.to_string(),
        "account_holder_name": hash.at("account_holder_name").clone(),
        "account_holder_type": hash.at("account_holder_type").clone(),
        "account_type": hash.at("account_type").clone(),
        "available_payout_methods": Vec::new(),
        "bank_name": bank,
        "country": country.clone(),
        "currency": currency,
        "default_for_currency": false,
        "fingerprint": tx.derived(&format!("bank/{country}/{routing}/{number}"), 16, ALPHABET),
        "future_requirements": Value::Null,
        "last4": end_of(&number),
        "metadata": Map::new(),
        "requirements": Value::Null,
        "routing_number": routing,
        "status": "new",
    };
    set_methods(&mut external, methods);
    set_requirements(&mut external);
    if let Some(metadata) = hash.get("metadata") {
        crud::merge_metadata(&mut external, metadata);
    }
    Ok(external)
}

const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn end_of(number: &str) -> String {
    let characters: Vec<char> = number.chars().collect();
    characters[characters.len().saturating_sub(4)..].iter().collect()
}

/// A card of Stripe's testing pages.
fn test_card(tx: &mut Tx<'_>, account: &str, card: &TestCard) -> Outcome<Map> {
    if card.funding != "debit" {
        return Err(Error::no_debit_card());
    }
    let known = countries::find(card.country);
    let currency = known.map_or("usd", |row| row.currency);
    let (year, month, _) = crate::time::date_of(tx.now().div_euclid(86_400));
    Ok(face(
        tx,
        account,
        &CardFace {
            brand: sources::brand_text(card.brand),
            country: card.country.to_string(),
            currency,
            last4: &card.number[card.number.len() - 4..],
            methods: payout_methods(card.number),
            month,
            year: year + 1,
        },
    ))
}

/// How a card can be paid out to.
fn payout_methods(number: &str) -> &'static [&'static str] {
    match cards::pays_out(number) {
        PaysOut::NotAtOnce => &["standard"],
        _ => &["standard", "instant"],
    }
}

/// What is told about a card.
struct CardFace<'a> {
    brand: &'static str,
    country: String,
    currency: &'a str,
    last4: &'a str,
    methods: &'a [&'static str],
    month: i64,
    year: i64,
}

fn card(tx: &mut Tx<'_>, account: &str, hash: &Map, home: &(String, String)) -> Outcome<Map> {
    let number: String = hash.str("number").chars().filter(char::is_ascii_digit).collect();
    if number.len() < 12 {
        return Err(Error::parameter_missing("external_account[number]"));
    }
    let brand = match number.as_bytes() {
        [b'4', ..] => "Visa",
        [b'5' | b'2', ..] => "MasterCard",
        [b'3', b'4' | b'7', ..] => "American Express",
        [b'6', ..] => "Discover",
        _ => "Unknown",
    };
    let currency = match hash.str("currency") {
        "" => home.1.clone(),
        currency => currency.to_string(),
    };
    let last4 = end_of(&number);
    let known = cards::by_number(&number);
    if known.is_some_and(|card| card.funding != "debit") {
        return Err(Error::no_debit_card());
    }
    let methods = payout_methods(&number);
    let number_of = |name: &str| {
        let text = hash.at(name).as_str().and_then(|text| text.parse().ok());
        hash.at(name).as_int().or(text).unwrap_or(0)
    };
    let year = match number_of("exp_year") {
        year if (0..100).contains(&year) => 2000 + year,
        year => year,
    };
    let country = known.map_or_else(|| home.0.clone(), |card| card.country.to_string());
    let month = number_of("exp_month");
    let currency = currency.as_str();
    let last4 = last4.as_str();
    Ok(face(tx, account, &CardFace { brand, country, currency, last4, methods, month, year }))
}

/// A card as an external account shows it. Recorded: debit cards of accounts in the United States.
fn face(tx: &mut Tx<'_>, account: &str, about: &CardFace<'_>) -> Map {
    let mut external = map! {
        "id": tx.new_id("card"),
        "object": "card",
        "account": account.to_string(),
        "address_city": Value::Null,
        "address_country": Value::Null,
        "address_line1": Value::Null,
        "address_line1_check": Value::Null,
        "address_line2": Value::Null,
        "address_state": Value::Null,
        "address_zip": Value::Null,
        "address_zip_check": Value::Null,
        "available_payout_methods": Vec::new(),
        "brand": about.brand,
        "country": about.country.clone(),
        "currency": about.currency.to_string(),
        "cvc_check": Value::Null,
        "default_for_currency": false,
        "dynamic_last4": Value::Null,
        "exp_month": about.month,
        "exp_year": about.year,
        "fingerprint": tx.derived(&format!("card/{}/{}", about.brand, about.last4), 16, ALPHABET),
        "funding": "debit",
        "last4": about.last4.to_string(),
        "metadata": Map::new(),
        "name": Value::Null,
        "regulated_status": "unregulated",
        "status": "new",
        "tokenization_method": Value::Null,
    };
    set_methods(&mut external, about.methods);
    external
}

//! Persons of a connected account: `/v1/accounts/{id}/persons`.
//!
//! Stripe's page: <https://docs.stripe.com/api/persons>. A person lives in the space of the
//! account; what is only ever sent (national numbers, which documents came) is kept in the
//! account's dossier.

use super::dossier::Dossier;
use super::test_values;
use crate::call::{Body, Call};
use crate::crud;
use crate::domains::tokens;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Text, Value};
use std::rc::Rc;

pub fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let account = super::subject(tx, call)?;
    let wanted = call.params.at("relationship").as_map().cloned().unwrap_or_default();
    tx.in_account(&account, |tx| {
        crud::list_where(tx, call, |person| {
            let is_so = |(name, value): (&Text, &Value)| {
                person.path(&format!("relationship.{name}")) == value
            };
            wanted.iter().all(is_so)
        })
    })
}

pub fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let account = super::subject(tx, call)?;
    let mut dossier = Dossier::of(tx, &account);
    let params = tokens::unwrap(tx, &call.params, "person_token", &account)?;
    let person = make(tx, &account, &params, &mut dossier, "")?;
    check_representative(tx, &account, &person)?;
    let id = person.str("id").to_string();
    dossier.save(tx);
    super::reassess_with(tx, &account, Some(person));
    shown(tx, &account, &id).map(Into::into)
}

pub fn retrieve(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let account = super::subject(tx, call)?;
    shown(tx, &account, call.id(1)).map(Into::into)
}

pub fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let account = super::subject(tx, call)?;
    let mut person = Map::clone(&*shown(tx, &account, call.id(1))?);
    let mut dossier = Dossier::of(tx, &account);
    let params = tokens::unwrap(tx, &call.params, "person_token", &account)?;
    change(tx, &mut person, &params, &mut dossier, "")?;
    check_representative(tx, &account, &person)?;
    dossier.save(tx);
    super::reassess_with(tx, &account, Some(person));
    shown(tx, &account, call.id(1)).map(Into::into)
}

pub fn delete(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let account = super::subject(tx, call)?;
    shown(tx, &account, call.id(1))?;
    let stub = tx.in_account(&account, |tx| tx.delete("person", call.id(1)));
    super::reassess(tx, &account);
    Ok(stub.into())
}

/// All persons of an account, in the order in which they were made.
pub fn all(tx: &Tx<'_>, account: &str) -> Vec<Rc<Map>> {
    tx.all_in(account, "person")
}

fn shown(tx: &Tx<'_>, account: &str, id: &str) -> Outcome<Rc<Map>> {
    let person = tx.get_in(account, "person", id);
    person.cloned().ok_or_else(|| Error::no_such("person", id, "person"))
}

/// A company has one representative.
fn check_representative(tx: &Tx<'_>, account: &str, person: &Map) -> Outcome<()> {
    let represents =
        |person: &Map| person.path("relationship.representative") == &Value::Bool(true);
    let is_another = |other: &Rc<Map>| represents(other) && other.str("id") != person.str("id");
    match represents(person) && all(tx, account).iter().any(is_another) {
        true => Err(Error::second_representative()),
        false => Ok(()),
    }
}

/// A new person of an account. Not saved.
pub fn make(
    tx: &mut Tx<'_>,
    account: &str,
    params: &Map,
    dossier: &mut Dossier,
    path: &str,
) -> Outcome<Map> {
    let kind = Object::find("person").expect("persons are a published type");
    let mut person = crud::new(tx, kind, &Map::new());
    person.set("account", account.to_string());
    if person.path("relationship.authorizer").is_null() {
        person.map_mut("relationship").set("authorizer", false);
    }
    let now = tx.now();
    person.set("created", now);
    if super::get(tx, account).is_some_and(|account| is_abroad(&account)) {
        for name in ASKED_ABROAD {
            person.set(*name, Value::Null);
        }
    }
    change(tx, &mut person, params, dossier, path)?;
    Ok(person)
}

/// What persons of accounts abroad have beside the rest.
const ASKED_ABROAD: &[&str] = &[
    "first_name_kana",
    "first_name_kanji",
    "gender",
    "last_name_kana",
    "last_name_kanji",
    "maiden_name",
    "nationality",
];

/// Whether an account only receives transfers, from a platform in another country, or is where as
/// much is asked.
pub fn is_abroad(account: &Map) -> bool {
    account.path("tos_acceptance.service_agreement").as_str() == Some("recipient")
        || account.str("country") == "AE"
}

/// Parameters of a person that are no fields of it, or fields with another content.
const SPECIAL: &[&str] = &[
    "address_kana",
    "documents",
    "full_name_aliases",
    "id_number",
    "id_number_secondary",
    "phone",
    "person_token",
    "relationship",
    "ssn_last_4",
    "verification",
];

/// Lays parameters over a person. `path` stands before their names in errors.
pub fn change(
    tx: &mut Tx<'_>,
    person: &mut Map,
    params: &Map,
    dossier: &mut Dossier,
    path: &str,
) -> Outcome<()> {
    let kind = Object::find("person").expect("persons are a published type");
    let plain: Map = params
        .iter()
        .filter(|(name, _)| !SPECIAL.contains(&name.as_ref()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    crud::apply(tx, kind.shape(), person, &plain, path)?;
    let id = person.str("id").to_string();
    if let Some(phone) = params.at("phone").as_str() {
        person.set("phone", (!phone.is_empty()).then(|| international(phone)));
    }
    if let Some(relationship) = params.at("relationship").as_map() {
        let shown = person.map_mut("relationship");
        relationship.iter().for_each(|(name, value)| shown.set(name.clone(), value.clone()));
    }
    if let Some(aliases) = params.get("full_name_aliases") {
        let aliases = aliases.as_list().unwrap_or(&[]);
        let given: Vec<Value> =
            aliases.iter().filter(|alias| !alias.is_empty_string()).cloned().collect();
        person.set("full_name_aliases", given);
    }
    for name in ["address_kana", "address_kanji"] {
        if let Some(value) = params.get(name) {
            person.set(name, value.clone());
        }
    }
    take_numbers(person, params, dossier, &id);
    if let Some(verification) = params.at("verification").as_map() {
        take_verification(tx, person, verification, dossier)?;
    }
    if let Some(documents) = params.at("documents").as_map() {
        for (name, document) in documents.iter() {
            let files = document.as_map().map(|document| document.at("files"));
            let files = files.and_then(Value::as_list).unwrap_or(&[]);
            if let Some(file) = files.first().and_then(Value::as_str) {
                let outcome = test_values::document_outcome(file).unwrap_or("success");
                dossier.add_persons_document(&id, name, outcome);
            }
        }
    }
    Ok(())
}

fn take_numbers(person: &mut Map, params: &Map, dossier: &mut Dossier, id: &str) {
    if let Some(number) = params.at("id_number").as_str() {
        dossier.set_person(id, "id_number", number);
        person.set("id_number_provided", !number.is_empty());
        person.set("ssn_last_4_provided", !number.is_empty());
    }
    if let Some(end) = params.at("ssn_last_4").as_str() {
        dossier.set_person(id, "ssn_last_4", end);
        person.set("ssn_last_4_provided", !end.is_empty());
    }
    if let Some(number) = params.at("id_number_secondary").as_str() {
        person.set("id_number_secondary_provided", !number.is_empty());
    }
}

/// Takes the documents that prove who somebody is. The files of Stripe's testing page become files
/// of the account's own.
fn take_verification(
    tx: &mut Tx<'_>,
    person: &mut Map,
    verification: &Map,
    dossier: &mut Dossier,
) -> Outcome<()> {
    let id = person.str("id").to_string();
    let account = &person.str("account").to_string();
    for kind in ["document", "additional_document"] {
        let Some(given) = verification.at(kind).as_map() else { continue };
        let mut sides = Vec::new();
        for side in ["front", "back"] {
            let Some(file) = given.at(side).as_str() else { continue };
            if kind == "document" && side == "front" {
                let outcome = test_values::document_outcome(file).unwrap_or("success");
                dossier.set_person(&id, "document", if file.is_empty() { "" } else { outcome });
                dossier.set_person(&id, "verified", "");
            }
            sides.push((side, document_file(tx, account, file)?));
        }
        let shown = person.map_mut("verification");
        let mut document = shown.at(kind).as_map().cloned().unwrap_or_else(blank_document);
        sides.into_iter().for_each(|(side, file)| document.set(side, file));
        shown.set(kind, document);
    }
    Ok(())
}

fn blank_document() -> Map {
    map! {
        "back": Value::Null,
        "details": Value::Null,
        "details_code": Value::Null,
        "front": Value::Null,
    }
}

/// The id of the file a document shows: a new one for the files of Stripe's testing page.
pub fn document_file(tx: &mut Tx<'_>, account: &str, file: &str) -> Outcome<Value> {
    if file.is_empty() {
        return Ok(Value::Null);
    }
    if test_values::document_outcome(file).is_some() {
        return Ok(tx.new_id("file").into());
    }
    if super::find_for(tx, account, "file", file).is_none() {
        return Err(Error::no_such_reference("file upload", file, "verification[document][front]"));
    }
    Ok(Value::from(file.to_string()))
}

/// A phone number with its country: ten digits alone are an American one.
fn international(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    match phone.starts_with('+') {
        false if digits.len() == 10 && digits.len() == phone.len() => format!("+1{digits}"),
        _ => phone.to_string(),
    }
}

/// A person as it stands inside its account: without the agreements of others.
pub fn inside(person: &Map) -> Map {
    let mut shown = person.clone();
    shown.remove("additional_tos_acceptances");
    shown
}

//! Writing down what follows from what is known of an account: open points, capabilities, what is
//! enabled; and when the checks will be over.

use super::capabilities;
use super::dossier::Dossier;
use super::external_accounts;
use super::persons;
use super::requirements::{self, Assessment, Facts};
use super::test_values;
use super::{SEE_DOCUMENTS, SEE_URL, VERIFY};
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// How long the checks take: with an identity document, and by numbers alone. Recorded accounts in
/// the United States took 10 to 60 seconds.
const CHECKED_AFTER: i64 = 20;
const CHECKED_WITHOUT_DOCUMENT_AFTER: i64 = 30;
/// A document that comes so long after the rest ends the checks.
const NUMBERS_CHECKED_AFTER: i64 = 9;
/// How long looking at the business's URL takes.
const URL_SEEN_AFTER: i64 = 5;
/// How long looking at a document takes.
const DOCUMENT_SEEN_AFTER: i64 = 5;

/// Brings an account, its persons and its capabilities in line with what is known. The account and
/// the dossier are the caller's to save; `changed` is a person about to be saved, which is saved
/// here.
pub fn settle(tx: &mut Tx<'_>, account: &mut Map, dossier: &mut Dossier, changed: Option<Map>) {
    let id = account.str("id").to_string();
    let stored = persons::all(tx, &id);
    let mut people = stored.clone();
    if let Some(changed) = changed {
        let changed = Rc::new(changed);
        match people.iter_mut().find(|person| person.str("id") == changed.str("id")) {
            Some(person) => *person = changed,
            None => people.push(changed),
        }
    }
    if account.str("business_type") == "individual"
        && let Some(person) = people.first()
    {
        mirror(account, person);
    }
    let externals = external_accounts::all(tx, &id);
    let now = tx.now();
    let look = |account: &Map, dossier: &Dossier| {
        let has_external_account = !externals.is_empty();
        let facts = Facts { account, dossier, persons: &people, has_external_account, now };
        requirements::assess(&facts)
    };
    let mut assessment = look(account, dossier);
    if advance(tx, &id, account, dossier, &people, &assessment) {
        assessment = look(account, dossier);
    }
    let facts = Facts { account, dossier, persons: &people, has_external_account: true, now };
    let people = people.iter().map(|person| shown_person(&facts, &assessment, person));
    let people: Vec<Map> = people.collect();
    let mut individual = None;
    for (place, person) in people.into_iter().enumerate() {
        let is_new = stored.get(place).is_none_or(|before| **before != person);
        let person = match is_new {
            true => tx.in_account(&id, |tx| tx.save(person)),
            false => Rc::new(person),
        };
        individual.get_or_insert(person);
    }
    capabilities::write(tx, &id, dossier, &assessment);
    show(tx, account, dossier, &assessment);
    if account.str("business_type") == "individual"
        && let Some(person) = individual
    {
        account.set("individual", persons::inside(&person));
    }
}

/// Starts, shortens or ends the checks. Says whether they ended.
fn advance(
    tx: &mut Tx<'_>,
    id: &str,
    account: &Map,
    dossier: &mut Dossier,
    people: &[Rc<Map>],
    assessment: &Assessment,
) -> bool {
    let now = tx.now();
    let facts = Facts { account, dossier, persons: people, has_external_account: true, now };
    let (is_checked, is_recipient) =
        (requirements::is_checked(&facts), requirements::is_recipient(&facts));
    let fresh: Vec<String> = people
        .iter()
        .map(|person| person.str("id").to_string())
        .filter(|person| {
            dossier.person(person, "document") == "success"
                && dossier.person(person, "seen").is_empty()
        })
        .collect();
    fresh.iter().for_each(|person| dossier.set_person(person, "seen", "yes"));
    let starts = assessment.awaits_checks && dossier.submitted_at().is_none();
    if starts {
        dossier.set_submitted_at(Some(now));
        if test_values::ends_at_once(dossier, people) {
            people.iter().for_each(|person| {
                dossier.set_person(person.str("id"), "verified", "yes");
            });
            dossier.set_verified(true);
            return true;
        }
        if !test_values::never_ends(dossier) {
            let with_document = people
                .iter()
                .any(|person| !dossier.person(person.str("id"), "document").is_empty());
            let after = if with_document { CHECKED_AFTER } else { CHECKED_WITHOUT_DOCUMENT_AFTER };
            schedule(tx, id, VERIFY, now + after);
            schedule(tx, id, SEE_URL, now + URL_SEEN_AFTER);
        }
        return false;
    }
    if fresh.is_empty() {
        return false;
    }
    if !is_checked && !is_recipient {
        fresh.iter().for_each(|person| dossier.set_person(person, "verified", "yes"));
        return true;
    }
    let submitted_at = dossier.submitted_at().unwrap_or(now);
    if is_checked && NUMBERS_CHECKED_AFTER <= now - submitted_at {
        fresh.iter().for_each(|person| dossier.set_person(person, "verified", "yes"));
        dossier.set_verified(true);
        return true;
    }
    schedule(tx, id, SEE_DOCUMENTS, now + DOCUMENT_SEEN_AFTER);
    if is_checked && dossier.submitted_at().is_some() {
        schedule(tx, id, VERIFY, now + CHECKED_AFTER);
    }
    false
}

/// Has something done about an account, and no longer at another time.
fn schedule(tx: &mut Tx<'_>, id: &str, action: &'static str, at: i64) {
    let platform = tx.platform();
    tx.in_account(&platform, |tx| {
        tx.unschedule(action, id);
        tx.schedule(at, action, id);
    });
}

fn shown_person(facts: &Facts<'_>, assessment: &Assessment, person: &Map) -> Map {
    let mut shown = person.clone();
    let id = person.str("id");
    if let Some(open) = assessment.persons.get(id) {
        let errors = assessment.open.errors.iter().filter_map(|error| {
            let error = error.as_map()?;
            let path = error.str("requirement");
            let own = path
                .strip_prefix("individual.")
                .or_else(|| path.strip_prefix(id).and_then(|path| path.strip_prefix('.')))?;
            let mut error = error.clone();
            error.set("requirement", own.to_string());
            Some(Value::from(error))
        });
        let mut open = open.clone();
        open.errors = errors.collect();
        open.show(shown.map_mut("requirements"));
    }
    let status = requirements::status_of(facts, person);
    let has_failed = facts.dossier.has_failed_document(id);
    let verification = shown.map_mut("verification");
    verification.set("status", status);
    if let Some(document) = verification.get_mut("document").and_then(Value::as_map_mut) {
        let code = has_failed.then_some("document_failed_other");
        let details = has_failed.then_some("The document could not be verified.");
        document.set("details", details);
        document.set("details_code", code);
    }
    shown
}

/// Shows the one person behind an account as the company too.
fn mirror(account: &mut Map, person: &Map) {
    let (address, phone) = (person.at("address").clone(), person.at("phone").clone());
    let company = account.map_mut("company");
    company.set("address", address);
    company.set("phone", phone);
    for name in ["directors_provided", "executives_provided", "owners_provided"] {
        company.set(name, true);
    }
}

/// Writes the conclusions into the account; what the test itself set stays.
fn show(tx: &Tx<'_>, account: &mut Map, dossier: &Dossier, assessment: &Assessment) {
    let id = account.str("id").to_string();
    account.set("charges_enabled", assessment.charges_enabled);
    account.set("payouts_enabled", assessment.payouts_enabled);
    account.set("details_submitted", assessment.details_submitted);
    let mut capabilities = Map::new();
    for (name, status) in assessment.capabilities.iter() {
        capabilities.set(name.clone(), *status);
    }
    account.set("capabilities", capabilities);
    let mut shown = requirements::none_open();
    assessment.open.show(&mut shown);
    shown.set("disabled_reason", assessment.disabled_reason.clone());
    account.set("requirements", shown);
    let asks_ahead = account.str("email").contains("enforce_future_requirements");
    if asks_ahead {
        let mut ahead = requirements::none_open();
        ahead.set("current_deadline", tx.now() + 90 * 86_400);
        let due = || vec![Value::from("individual.verification.document")];
        ahead.set("currently_due", due());
        ahead.set("eventually_due", due());
        account.set("future_requirements", ahead);
    }
    account.set("external_accounts", external_accounts::embedded(tx, &id));
    for (name, value) in dossier.pinned() {
        match (account.get_mut(&name).and_then(Value::as_map_mut), &value) {
            (Some(inner), Value::Map(pinned)) => {
                pinned.iter().for_each(|(name, value)| inner.set(name.clone(), value.clone()));
            }
            _ => account.set(name, value),
        }
    }
}

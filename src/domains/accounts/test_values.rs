//! The magic values of Stripe's page on testing Connect: what a name, a number, an address or a URL
//! makes of the checks.
//!
//! Stripe's page: <https://docs.stripe.com/connect/testing>. The page names the outcomes; where it
//! names no error code, the code that fits best was chosen from the published ones.

use super::dossier::Dossier;
use crate::map;
use crate::value::{Map, Value};
use std::rc::Rc;

/// What a finding stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Nothing,
    /// Charges go on.
    Payouts,
    Everything,
    /// Everything, for this `disabled_reason`.
    Disabled(&'static str),
}

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A field of the account, by its path.
    Account(&'static str),
    /// A field of a person.
    Person(&'static str),
    /// A person's national number.
    Number,
    /// A company's tax number.
    TaxNumber,
    /// A document, by what is in it.
    Document,
}

/// One magic value.
struct Row {
    place: Place,
    value: &'static str,
    code: &'static str,
    reason: &'static str,
    /// What is asked for again, in the account's or the person's own paths.
    requirement: &'static str,
    effect: Effect,
}

/// Something the checks found.
#[derive(Clone, Debug)]
pub struct Finding {
    pub code: &'static str,
    pub requirement: String,
    pub effect: Effect,
    reason: &'static str,
}

impl Finding {
    pub fn show(&self) -> Map {
        map! {
            "code": self.code,
            "reason": self.reason,
            "requirement": self.requirement.clone(),
        }
    }
}

use Effect::{Disabled, Everything, Payouts};
use Place::{Account, Document, Number, Person, TaxNumber};

const fn row(
    place: Place,
    value: &'static str,
    code: &'static str,
    reason: &'static str,
    requirement: &'static str,
    effect: Effect,
) -> Row {
    Row { place, value, code, reason, requirement, effect }
}

const NO_MATCH: &str = "The provided address could not be verified.";
const NOT_THE_NAME: &str = "The provided information could not be matched with that on record.";
const DESCRIPTOR: &str = "settings.payments.statement_descriptor";
const PREFIX: &str = "settings.card_payments.statement_descriptor_prefix";
const URL: &str = "business_profile.url";
const BAD_URL: &str = "The provided website could not be verified.";

#[rustfmt::skip]
static ROWS: &[Row] = &[
    row(Person("address.line1"), "address_no_match", "verification_failed_address_match", NO_MATCH, "verification.additional_document", Payouts),
    row(Person("address.line1"), "address_line1_no_match", "verification_failed_address_match", NO_MATCH, "verification.additional_document", Everything),
    row(Person("first_name"), "mismatch_director", "verification_directors_mismatch", NOT_THE_NAME, "first_name", Everything),
    row(Person("first_name"), "missing_director", "verification_missing_directors", NOT_THE_NAME, "first_name", Everything),
    row(Person("first_name"), "extraneous_director", "verification_extraneous_directors", NOT_THE_NAME, "first_name", Everything),
    row(Person("first_name"), "mismatch_owner", "verification_missing_owners", NOT_THE_NAME, "first_name", Everything),
    row(Person("first_name"), "extraneous_owner", "verification_missing_owners", NOT_THE_NAME, "first_name", Everything),
    row(Number, "111111111", "verification_failed_id_number_match", "The provided ID number does not match the name.", "id_number", Everything),
    row(Document, "failure", "verification_document_failed_other", "The document could not be verified.", "verification.document", Everything),
    row(TaxNumber, "111111111", "verification_failed_tax_id_match", "The provided tax ID does not match the business name.", "company.tax_id", Everything),
    row(TaxNumber, "111111112", "verification_failed_tax_id_not_issued", "The provided tax ID was not issued.", "company.tax_id", Everything),
    row(TaxNumber, "222221000", "verification_failed_keyed_match", "The company could not be found.", "company.tax_id", Everything),
    row(TaxNumber, "222221001", "verification_missing_owners", "The owners could not be found.", "company.owners_provided", Everything),
    row(TaxNumber, "222221002", "verification_missing_directors", "The directors could not be found.", "company.directors_provided", Everything),
    row(TaxNumber, "222221003", "verification_missing_owners", "Owners are missing.", "company.owners_provided", Everything),
    row(TaxNumber, "222221004", "verification_missing_directors", "Directors are missing.", "company.directors_provided", Everything),
    row(Account("company.address.line1"), "address_no_match", "verification_failed_address_match", NO_MATCH, "company.verification.document", Payouts),
    row(Account("company.address.line1"), "address_line1_no_match", "verification_failed_address_match", NO_MATCH, "company.verification.document", Everything),
    row(Account("company.name"), "mismatch_business_name", "verification_failed_name_match", NOT_THE_NAME, "company.name", Everything),
    row(Account("company.name"), "disallowed_name", "invalid_company_name_denylisted", "Generic business names aren't supported.", "company.name", Everything),
    row(Account(DESCRIPTOR), "mismatch", "invalid_statement_descriptor_business_mismatch", "The statement descriptor must be similar to the business name.", DESCRIPTOR, Everything),
    row(Account(DESCRIPTOR), "disallowed", "invalid_statement_descriptor_denylisted", "Generic statement descriptors aren't supported.", DESCRIPTOR, Everything),
    row(Account(PREFIX), "mismatch", "invalid_statement_descriptor_prefix_mismatch", "The statement descriptor prefix must be similar to the business name.", PREFIX, Everything),
    row(Account(PREFIX), "disallowed", "invalid_statement_descriptor_prefix_denylisted", "Generic statement descriptor prefixes aren't supported.", PREFIX, Everything),
    row(Account("business_profile.name"), "disallowed_dba", "invalid_business_profile_name_denylisted", "Generic business names aren't supported.", "business_profile.name", Everything),
    row(Account("business_profile.name"), "invalid_dba", "invalid_business_profile_name", "The business name is invalid.", "business_profile.name", Everything),
    row(Account("business_profile.product_description"), "require_url", "invalid_url_web_presence_detected", "The business seems to have a website; its URL is required.", URL, Everything),
    row(Account(URL), "https://disallowed.stripe.com", "invalid_url_denylisted", BAD_URL, URL, Everything),
    row(Account(URL), "https://geoblocked.stripe.com", "invalid_url_website_inaccessible_geoblocked", BAD_URL, URL, Everything),
    row(Account(URL), "https://problem.stripe.com", "invalid_url_website_other", BAD_URL, URL, Everything),
    row(Account(URL), "https://missing.stripe.com", "invalid_url_website_incomplete", BAD_URL, URL, Everything),
    row(Account(URL), "https://mismatch.stripe.com", "invalid_url_website_business_information_mismatch", BAD_URL, URL, Everything),
    row(Account(URL), "https://passwordprotected.stripe.com", "invalid_url_website_inaccessible_password_protected", BAD_URL, URL, Everything),
    row(Account(URL), "https://underconstruction.stripe.com", "invalid_url_website_incomplete_under_construction", BAD_URL, URL, Everything),
    row(Account(URL), "https://inaccessible.stripe.com", "invalid_url_website_inaccessible", BAD_URL, URL, Everything),
    row(Account(URL), "https://inactivity.stripe.com", "", "", "", Disabled("paused.inactivity")),
];

/// What the checks find about an account.
pub fn findings(account: &Map, dossier: &Dossier, persons: &[Rc<Map>]) -> Vec<Finding> {
    let mut found = Vec::new();
    let is_individual = account.str("business_type") == "individual";
    for row in ROWS {
        let finding = |requirement: String| Finding {
            code: row.code,
            requirement,
            effect: row.effect,
            reason: row.reason,
        };
        match row.place {
            // An individual's address is shown as the company's too.
            Account(path) if is_individual && path.starts_with("company.") => {}
            Account(path) if stands(account, path, row.value) => {
                found.push(finding(row.requirement.to_string()));
            }
            TaxNumber if dossier.company("tax_id") == row.value => {
                found.push(finding(row.requirement.to_string()));
            }
            Account(_) | TaxNumber => {}
            Person(_) | Number | Document => {
                for person in persons {
                    let id = person.str("id");
                    let holds = match row.place {
                        Person(path) => stands(person, path, row.value),
                        Number => dossier.person(id, "id_number") == row.value,
                        _ => dossier.person(id, "document") == row.value,
                    };
                    if holds {
                        let prefix = if is_individual { "individual" } else { id };
                        found.push(finding(format!("{prefix}.{}", row.requirement)));
                    }
                }
            }
        }
    }
    for person in persons {
        if born(person) == (1900, 1, 1) {
            let effect = Disabled("listed");
            found.push(Finding { code: "", requirement: String::new(), effect, reason: "" });
        }
    }
    found
}

/// Whether the field has that value; a URL also with a path behind it.
fn stands(object: &Map, path: &str, value: &str) -> bool {
    let actual = object.path(path).as_str().unwrap_or("");
    actual == value || (path == URL && actual.trim_end_matches('/') == value)
}

fn born(person: &Map) -> (i64, i64, i64) {
    let part = |name: &str| match person.path(name) {
        Value::Int(number) => *number,
        _ => 0,
    };
    (part("dob.year"), part("dob.month"), part("dob.day"))
}

/// Whether the checks end as soon as they begin: a birthday or a number of the page says so.
pub fn ends_at_once(dossier: &Dossier, persons: &[Rc<Map>]) -> bool {
    dossier.company("tax_id") == "222222222"
        || persons.iter().any(|person| {
            born(person) == (1902, 1, 1)
                || dossier.person(person.str("id"), "id_number") == "222222222"
        })
}

/// Whether the checks never end.
pub fn never_ends(dossier: &Dossier) -> bool {
    dossier.company("tax_id") == "222221005"
}

/// What a document of the page is found to be: `success`, `failure` and so on; nothing where the
/// file is not one of them.
pub fn document_outcome(file: &str) -> Option<&'static str> {
    match file {
        "file_identity_document_success" | "file_relationship_document_success" => Some("success"),
        "file_identity_document_failure" => Some("failure"),
        "file_relationship_document_invalid"
        | "file_relationship_document_mismatch"
        | "file_relationship_document_invalid_signer" => Some("invalid"),
        _ => None,
    }
}

//! What Stripe asks of a connected account, and what follows from the answers: capabilities,
//! charges, payouts. A pure function of what the account shows and of its dossier.
//!
//! Stripe's page: <https://docs.stripe.com/connect/required-verification-information>. What is
//! asked where was read off answers recorded between 2023 and 2026.

use super::dossier::Dossier;
use super::regimes::{
    Ask, CANADA, ELSEWHERE, EMIRATES, NUMBERED, RECIPIENT, Regime, SINGAPORE, UNITED_STATES,
};
use super::test_values::{self, Effect};
use crate::map;
use crate::order::{Names, Sorted};
use crate::value::{Map, Text, Value};
use std::rc::Rc;

/// Since then the business's URL is looked at too, 2024-06-01.
const URL_LOOKED_AT_SINCE: i64 = 1_717_200_000;

/// Owners of that much together are all owners there can be.
const ALL_OWNERS: i64 = 75;

/// What is to be known about an account.
pub struct Facts<'a> {
    pub account: &'a Map,
    pub dossier: &'a Dossier,
    pub persons: &'a [Rc<Map>],
    pub has_external_account: bool,
    pub now: i64,
}

/// The open points of an account or a person.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Open {
    pub currently: Names,
    /// What of that is not overdue.
    in_time: Names,
    pub eventually: Names,
    pub pending: Names,
    pub errors: Vec<Value>,
}

/// What follows from the facts.
#[derive(Clone, Debug, Default)]
pub struct Assessment {
    pub open: Open,
    /// The open points of each person, by id, without the person in the paths.
    pub persons: Sorted<Open>,
    /// `active`, `inactive` or `pending`, by capability.
    pub capabilities: Sorted<&'static str>,
    pub charges_enabled: bool,
    pub payouts_enabled: bool,
    pub details_submitted: bool,
    pub disabled_reason: Option<String>,
    /// Everything is there, and Stripe looks at it before it enables anything.
    pub awaits_checks: bool,
}

impl Facts<'_> {
    fn regime(&self) -> &'static Regime {
        if self.account.path("tos_acceptance.service_agreement").as_str() == Some("recipient") {
            return &RECIPIENT;
        }
        match self.account.str("country") {
            "US" => &UNITED_STATES,
            "CA" => &CANADA,
            "AE" => &EMIRATES,
            "SG" => &SINGAPORE,
            _ => &ELSEWHERE,
        }
    }

    fn is_individual(&self) -> bool {
        self.account.str("business_type") == "individual"
    }

    fn is_verified(&self) -> bool {
        self.dossier.is_verified()
    }

    fn holds(&self, path: &str) -> bool {
        is_there(self.account.path(path))
    }

    fn has(&self, relation: &str) -> Vec<&Map> {
        let path = format!("relationship.{relation}");
        let related = |person: &&Rc<Map>| person.path(&path).as_bool() == Some(true);
        self.persons.iter().filter(related).map(|person| person.as_ref()).collect()
    }
}

fn is_there(value: &Value) -> bool {
    !value.is_null() && !value.is_empty_string()
}

impl Open {
    fn first(&mut self, path: String) {
        self.eventually.insert(path.clone());
        self.currently.insert(path);
    }

    fn under(&self, prefix: &str) -> Open {
        let put = |paths: &Names| {
            let mut under = Names::default();
            under.extend(paths.iter().map(|path| format!("{prefix}.{path}")));
            under
        };
        let errors = self.errors.iter().map(|error| {
            let mut error = error.as_map().cloned().unwrap_or_default();
            error.set("requirement", format!("{prefix}.{}", error.str("requirement")));
            Value::from(error)
        });
        Open {
            currently: put(&self.currently),
            eventually: put(&self.eventually),
            pending: put(&self.pending),
            errors: errors.collect(),
            ..Open::default()
        }
    }

    fn add(&mut self, other: Open) {
        self.currently.extend(other.currently.iter().cloned());
        self.eventually.extend(other.eventually.iter().cloned());
        self.pending.extend(other.pending.iter().cloned());
        self.errors.extend(other.errors);
    }

    fn overdue(&self) -> impl Iterator<Item = &Text> {
        self.currently.iter().filter(|path| !self.in_time.iter().any(|other| other == *path))
    }

    /// Makes due what is in the list under the prefix. Says whether anything of it is still open.
    fn hasten(&mut self, hastened: &Map, prefix: &str, is_overdue: bool) -> bool {
        let is_hastened = |path: &&Text| hastened.contains(&format!("{prefix}{path}"));
        let due: Vec<Text> = self.eventually.iter().filter(is_hastened).cloned().collect();
        for path in &due {
            if !is_overdue && !self.currently.iter().any(|other| other == path) {
                self.in_time.insert(path.clone());
            }
            self.currently.insert(path.clone());
        }
        !due.is_empty()
    }

    /// The `requirements` hash of an account, a person or a capability.
    pub fn show(&self, into: &mut Map) {
        let list =
            |paths: &Names| paths.iter().map(|path| Value::from(path.clone())).collect::<Vec<_>>();
        let past_due = self.overdue().map(|path| Value::from(path.clone())).collect::<Vec<_>>();
        into.set("currently_due", list(&self.currently));
        into.set("eventually_due", list(&self.eventually));
        into.set("past_due", past_due);
        into.set("pending_verification", list(&self.pending));
        into.set("errors", self.errors.clone());
    }
}

/// Looks at an account.
pub fn assess(facts: &Facts<'_>) -> Assessment {
    let mut assessment = Assessment::default();
    let is_asked = !facts.dossier.requested().is_empty();
    ask_of_business(facts, is_asked, &mut assessment.open);
    let mut of_people = Open::default();
    if is_asked {
        if facts.is_individual() {
            let person = facts.persons.first().map(|person| person.as_ref());
            let open = ask_of_person(facts, person, &[facts.regime().individual]);
            of_people.add(open.under("individual"));
            if let Some(person) = person {
                assessment.persons.insert(person.str("id").to_string(), open);
            }
        } else if is_there(facts.account.at("business_type")) {
            ask_of_company(facts, &mut assessment, &mut of_people);
        }
    }
    let is_complete = |open: &Open| open.currently.iter().all(|path| path == "external_account");
    let business_is_complete = is_complete(&assessment.open);
    // Showing one's face is due, but nothing waits for it.
    let people_are_complete =
        of_people.currently.iter().all(|path| path.ends_with("proof_of_liveness"));
    assessment.details_submitted = assessment.open.currently.is_empty()
        && (people_are_complete || has_company_details_apart(facts));
    assessment.open.add(of_people);
    assessment.awaits_checks = is_asked
        && facts.regime().checks
        && business_is_complete
        && people_are_complete
        && !facts.is_verified();
    look_into_business(facts, is_asked, &mut assessment);
    conclude(facts, business_is_complete && people_are_complete, &mut assessment);
    assessment
}

/// In the United States a company's own details count as submitted before its people are known.
fn has_company_details_apart(facts: &Facts<'_>) -> bool {
    facts.account.str("country") == "US"
        && is_there(facts.account.at("company"))
        && !facts.is_individual()
        && facts.account.path("company.structure").as_str() != Some("sole_proprietorship")
}

fn ask_of_business(facts: &Facts<'_>, is_asked: bool, open: &mut Open) {
    let mut need = |path: &str, is_there: bool| {
        if !is_there {
            open.first(path.to_string());
        }
    };
    let profile = |name: &str| facts.holds(&format!("business_profile.{name}"));
    if is_asked {
        need("business_profile.url", profile("url") || profile("product_description"));
        need("business_type", facts.holds("business_type"));
        if !facts.holds("business_type") {
            need("representative.first_name", false);
            need("representative.last_name", false);
        }
    } else {
        need("business_profile.product_description", profile("product_description"));
        need("business_profile.support_phone", profile("support_phone"));
        need("business_profile.url", profile("url"));
    }
    need("external_account", facts.has_external_account);
    need("tos_acceptance.date", facts.holds("tos_acceptance.date"));
    need("tos_acceptance.ip", facts.holds("tos_acceptance.ip"));
}

fn ask_of_company(facts: &Facts<'_>, assessment: &mut Assessment, of_people: &mut Open) {
    let regime = facts.regime();
    let is_sole = facts.account.path("company.structure").as_str() == Some("sole_proprietorship");
    let owners = facts.has("owner");
    let representatives = facts.has("representative");
    let mut asks: Sorted<(Option<&Map>, Vec<Ask>)> = Sorted::default();
    let mut ask = |people: &[&'_ Map], placeholder: &'static str, what: Ask| {
        if people.is_empty() && !what.first.is_empty() {
            let open = ask_of_person(facts, None, &[what]);
            of_people.add(open.under(placeholder));
        }
    };
    ask(&representatives, "representative", without_title(regime.representative, is_sole));
    if !is_sole {
        ask(&owners, "owners", regime.owner);
    }
    for (people, what) in
        [(&representatives, without_title(regime.representative, is_sole)), (&owners, regime.owner)]
    {
        for person in people {
            let entry = asks.entry(person.str("id"), || (Some(*person), Vec::new()));
            entry.1.push(what);
        }
    }
    for (id, (person, asked)) in asks {
        let open = ask_of_person(facts, person, &asked);
        of_people.add(open.under(&id));
        assessment.persons.insert(id, open);
    }
    if !is_sole && !regime.owner.first.is_empty() && !knows_all_owners(facts, &owners) {
        of_people.first("company.owners_provided".to_string());
    }
    let people_are_there = !representatives.is_empty() && !owners.is_empty();
    for path in regime.company.first {
        if !has_company_field(facts, path) {
            assessment.open.first((*path).to_string());
        }
    }
    for path in regime.company.later {
        let document = path.trim_start_matches("documents.").trim_end_matches(".files");
        if facts.dossier.has_document(document) {
            if !facts.is_verified() {
                assessment.open.pending.insert((*path).to_string());
            }
        } else if people_are_there {
            assessment.open.first((*path).to_string());
        } else {
            assessment.open.eventually.insert((*path).to_string());
        }
    }
}

/// A sole proprietor has no title.
fn without_title(ask: Ask, is_sole: bool) -> Ask {
    match (is_sole, ask.first) {
        (true, first) if first == UNITED_STATES.representative.first => {
            Ask { first: UNITED_STATES.individual.first, later: ask.later }
        }
        _ => ask,
    }
}

fn knows_all_owners(facts: &Facts<'_>, owners: &[&Map]) -> bool {
    let share = |owner: &&Map| match owner.path("relationship.percent_ownership") {
        Value::Int(share) => *share,
        Value::Decimal(share) => {
            share.split('.').next().and_then(|whole| whole.parse().ok()).unwrap_or(0)
        }
        _ => 0,
    };
    facts.account.path("company.owners_provided").as_bool() == Some(true)
        || owners.iter().map(share).sum::<i64>() >= ALL_OWNERS
}

fn has_company_field(facts: &Facts<'_>, path: &str) -> bool {
    match path {
        "company.tax_id" => facts.account.path("company.tax_id_provided").as_bool() == Some(true),
        "company.business_vat_id_number" => {
            facts.account.path("company.vat_id_provided").as_bool() == Some(true)
        }
        path => facts.holds(path),
    }
}

/// What is still open about a person, or about one who is not there yet.
fn ask_of_person(facts: &Facts<'_>, person: Option<&Map>, asks: &[Ask]) -> Open {
    let mut open = Open::default();
    let Some(person) = person else {
        for ask in asks {
            ask.first.iter().for_each(|path| open.first((*path).to_string()));
            let later = ask.later.iter().filter(|path| !path.starts_with("verification."));
            let later = later.filter(|path| **path != "documents.visa.files");
            open.eventually.extend(later.map(|path| (*path).to_string()));
        }
        return open;
    };
    let has = |path: &str| has_field(facts, person, path);
    let missing = asks.iter().flat_map(|ask| ask.first).filter(|path| !has(path));
    missing.for_each(|path| open.first((*path).to_string()));
    let country = facts.account.str("country");
    if std::ptr::eq(facts.regime(), &RECIPIENT) && NUMBERED.contains(&country) && !has("id_number")
    {
        open.first("id_number".to_string());
        return open;
    }
    let is_settled = open.currently.is_empty();
    for path in asks.iter().flat_map(|ask| ask.later).filter(|path| !has(path)) {
        // Documents are asked for at once where all the rest is there; recipients have more time.
        let is_due = is_settled
            && (path.starts_with("documents.") || path.starts_with("verification."))
            && !std::ptr::eq(facts.regime(), &RECIPIENT)
            && (country != "SG" || person.contains("full_name_aliases"));
        match is_due {
            true => open.first((*path).to_string()),
            false => {
                open.eventually.insert((*path).to_string());
            }
        }
    }
    if is_settled && facts.regime().checks && !facts.is_verified() {
        open.pending.extend(looked_at(facts, person));
    }
    open
}

/// What Stripe looks at once a person is complete.
fn looked_at(facts: &Facts<'_>, person: &Map) -> Vec<String> {
    let mut paths = vec!["address.city", "address.line1", "address.postal_code", "address.state"];
    if facts.is_individual() {
        paths.push("id_number");
    }
    let id = person.str("id");
    if facts.dossier.has_full_number(id) || has_field(facts, person, "verification.document") {
        paths.push("verification.document");
    }
    paths.into_iter().map(str::to_string).collect()
}

fn has_field(facts: &Facts<'_>, person: &Map, path: &str) -> bool {
    match path {
        "id_number" => person.is_true("id_number_provided"),
        "ssn_last_4" => person.is_true("ssn_last_4_provided"),
        "verification.document" => is_there(person.path("verification.document.front")),
        "verification.proof_of_liveness" => false,
        // Who represents the company is one of its executives, said so or not.
        "relationship.executive" => true,
        "full_name_aliases" => person.contains("full_name_aliases"),
        path => match path.strip_prefix("documents.") {
            Some(document) => {
                let document = document.trim_end_matches(".files");
                facts.dossier.has_persons_document(person.str("id"), document)
            }
            None => is_there(person.path(path)),
        },
    }
}

/// What Stripe looks at of the business, and what the test values make of it.
fn look_into_business(facts: &Facts<'_>, is_asked: bool, assessment: &mut Assessment) {
    let regime = facts.regime();
    if is_asked && regime.checks && !facts.is_verified() && facts.holds("business_type") {
        let people_only = facts.is_individual() || facts.persons.is_empty();
        let is_complete = !facts.is_individual() || assessment.awaits_checks;
        let is_open = facts.holds("business_profile.url")
            && facts.dossier.company("url").is_empty()
            && URL_LOOKED_AT_SINCE <= facts.now;
        if people_only && is_complete && is_open {
            assessment.open.pending.insert("business_profile.url".to_string());
        }
        if !facts.is_individual() {
            let paths = regime.company.first.iter().filter(|path| {
                (path.starts_with("company.address.") || **path == "company.tax_id")
                    && has_company_field(facts, path)
            });
            assessment.open.pending.extend(paths.map(|path| (*path).to_string()));
        }
    }
    if facts.account.str("country") == "GB"
        && facts.account.str("business_type") == "company"
        && !facts.holds("company.ownership_declaration.date")
        && is_asked
    {
        let declaration =
            ["date", "ip"].map(|name| format!("company.ownership_declaration.{name}"));
        assessment.open.pending.extend(declaration);
    }
}

/// Makes due what a threshold brought forward. Says whether anything of it is still open.
fn hasten(facts: &Facts<'_>, assessment: &mut Assessment) -> bool {
    let Some(hastened) = facts.dossier.hastened() else { return false };
    let is_overdue = facts.dossier.has_missed_deadline();
    for (id, mut open) in std::mem::take(&mut assessment.persons) {
        let name = if facts.is_individual() { "individual" } else { id.as_ref() };
        open.hasten(hastened, &format!("{name}."), is_overdue);
        assessment.persons.insert(id, open);
    }
    assessment.open.hasten(hastened, "", is_overdue)
}

/// Draws the conclusions: what is enabled, and why something is not.
fn conclude(facts: &Facts<'_>, is_complete: bool, assessment: &mut Assessment) {
    let findings = match facts.is_verified() || !facts.regime().checks {
        true => test_values::findings(facts.account, facts.dossier, facts.persons),
        false => Vec::new(),
    };
    let mut bars_all = false;
    let mut bars_payouts = false;
    let mut reason = facts.dossier.rejection().map(str::to_string);
    for finding in &findings {
        match finding.effect {
            Effect::Everything => bars_all = true,
            Effect::Payouts => bars_payouts = true,
            Effect::Nothing => {}
            Effect::Disabled(why) => {
                bars_all = true;
                reason = reason.or(Some(why.to_string()));
            }
        }
        if finding.code.is_empty() {
            continue;
        }
        assessment.open.first(finding.requirement.clone());
        assessment.open.errors.push(finding.show().into());
    }
    let status = match () {
        () if !is_complete || bars_all || facts.dossier.rejection().is_some() => "inactive",
        () if assessment.awaits_checks => "pending",
        () => "active",
    };
    let is_hastened = hasten(facts, assessment);
    let stops = |field: &str| is_hastened && facts.dossier.stops(field);
    for capability in facts.dossier.requested() {
        let is_stopped = capability.ends_with("_payments") && stops("charges_enabled");
        let status = if is_stopped { "inactive" } else { status };
        assessment.capabilities.insert(capability.to_string(), status);
    }
    let is_active = status == "active" && !assessment.capabilities.is_empty();
    assessment.charges_enabled = is_active && !stops("charges_enabled");
    bars_payouts |= stops("payouts_enabled");
    assessment.payouts_enabled = is_active && facts.has_external_account && !bars_payouts;
    let open = &assessment.open;
    assessment.disabled_reason = reason.or_else(|| match () {
        () if open.overdue().next().is_some() => Some("requirements.past_due".to_string()),
        () if assessment.awaits_checks => Some("requirements.pending_verification".to_string()),
        () => None,
    });
}

/// Where a person stands: `unverified`, `pending` or `verified`.
pub fn status_of(facts: &Facts<'_>, person: &Map) -> &'static str {
    let id = person.str("id");
    if facts.dossier.has_failed_document(id) {
        return "unverified";
    }
    if facts.dossier.is_person_verified(id) {
        return "verified";
    }
    let regime = facts.regime();
    let is_named = ["first_name", "last_name", "dob.day", "dob.month", "dob.year"]
        .iter()
        .all(|path| is_there(person.path(path)));
    let awaits_document = std::ptr::eq(regime, &RECIPIENT) || std::ptr::eq(regime, &EMIRATES);
    let has_document = is_there(person.path("verification.document.front"));
    if !is_named || (awaits_document && !has_document) { "unverified" } else { "pending" }
}

/// Whether a person's identity document settles the checks without delay.
pub fn is_checked(facts: &Facts<'_>) -> bool {
    facts.regime().checks
}

/// Whether documents of accounts of that kind take time to be looked at.
pub fn is_recipient(facts: &Facts<'_>) -> bool {
    std::ptr::eq(facts.regime(), &RECIPIENT)
}

/// Requirements without any open point.
pub fn none_open() -> Map {
    map! {
        "alternatives": Vec::new(),
        "current_deadline": Value::Null,
        "currently_due": Vec::new(),
        "disabled_reason": Value::Null,
        "errors": Vec::new(),
        "eventually_due": Vec::new(),
        "past_due": Vec::new(),
        "pending_verification": Vec::new(),
    }
}

//! What Stripe knows of a connected account without showing it: numbers that are only ever sent,
//! which capabilities were asked for and when, how far the checks are.

use crate::map;
use crate::store::Tx;
use crate::value::{Map, Text, Value};

/// The type under which dossiers are kept, beside the account they are about.
const KIND: &str = "fakestripe.dossier";

/// The dossier of one account.
#[derive(Clone, Debug)]
pub struct Dossier(Map);

impl Dossier {
    pub fn new(account: &str) -> Dossier {
        Dossier(map! { "id": account.to_string() })
    }

    /// The dossier of an account; an empty one where there is none yet.
    pub fn of(tx: &Tx<'_>, account: &str) -> Dossier {
        match tx.get_in(&tx.platform(), KIND, account) {
            Some(map) => Dossier(Map::clone(map)),
            None => Dossier::new(account),
        }
    }

    pub fn save(self, tx: &mut Tx<'_>) {
        let platform = tx.platform();
        tx.in_account(&platform, |tx| tx.save_as(Text::from(KIND), self.0));
    }

    // Capabilities.

    /// The capabilities asked for, in the order of their names.
    pub fn requested(&self) -> Vec<&str> {
        let requested = self.0.at("requested").as_map();
        requested.map_or_else(Vec::new, |map| map.keys().map(AsRef::as_ref).collect())
    }

    pub fn requested_at(&self, capability: &str) -> Option<i64> {
        self.0.at("requested").as_map().and_then(|map| map.at(capability).as_int())
    }

    pub fn request(&mut self, capability: &str, wanted: bool, now: i64) {
        let requested = self.0.map_mut("requested");
        if !wanted {
            requested.remove(capability);
        } else if !requested.contains(capability) {
            requested.set(capability.to_string(), now);
        }
    }

    // The checks.

    pub fn is_verified(&self) -> bool {
        self.0.is_true("verified")
    }

    pub fn set_verified(&mut self, verified: bool) {
        self.0.set("verified", verified);
    }

    /// When all that is asked for had been handed in.
    pub fn submitted_at(&self) -> Option<i64> {
        self.0.at("submitted_at").as_int()
    }

    pub fn set_submitted_at(&mut self, at: Option<i64>) {
        self.0.set("submitted_at", at);
    }

    /// Why the account was rejected, such as `rejected.fraud`.
    pub fn rejection(&self) -> Option<&str> {
        self.0.at("rejection").as_str()
    }

    pub fn set_rejection(&mut self, reason: Option<String>) {
        self.0.set("rejection", reason);
    }

    // Numbers and documents.

    pub fn company(&self, name: &str) -> &str {
        self.0.at("company").as_map().map_or("", |company| company.str(name))
    }

    pub fn set_company(&mut self, name: &'static str, value: &str) {
        self.0.map_mut("company").set(name, value.to_string());
    }

    pub fn person(&self, id: &str, name: &str) -> &str {
        let people = self.0.at("people").as_map();
        people.and_then(|people| people.at(id).as_map()).map_or("", |person| person.str(name))
    }

    pub fn set_person(&mut self, id: &str, name: &'static str, value: &str) {
        let people = self.0.map_mut("people");
        if !people.contains(id) {
            people.set(id.to_string(), Map::new());
        }
        if let Some(person) = people.get_mut(id).and_then(Value::as_map_mut) {
            person.set(name, value.to_string());
        }
    }

    /// Whether a national number was given in full, not just its end.
    pub fn has_full_number(&self, person: &str) -> bool {
        !self.person(person, "id_number").is_empty()
    }

    pub fn is_person_verified(&self, person: &str) -> bool {
        !self.person(person, "verified").is_empty()
    }

    pub fn has_failed_document(&self, person: &str) -> bool {
        self.person(person, "document") == "failure"
    }

    pub fn has_document(&self, name: &str) -> bool {
        !self.company(&format!("document.{name}")).is_empty()
    }

    pub fn add_document(&mut self, name: &str, outcome: &str) {
        self.0.map_mut("company").set(format!("document.{name}"), outcome.to_string());
    }

    pub fn has_persons_document(&self, person: &str, name: &str) -> bool {
        !self.person(person, &format!("document.{name}")).is_empty()
    }

    pub fn add_persons_document(&mut self, person: &str, name: &str, outcome: &str) {
        self.set_person(person, "has_documents", "yes");
        let people = self.0.map_mut("people");
        if let Some(person) = people.get_mut(person).and_then(Value::as_map_mut) {
            person.set(format!("document.{name}"), outcome.to_string());
        }
    }

    // Thresholds.

    /// The open points, by their paths in the account, that a threshold made due before their time.
    pub fn hastened(&self) -> Option<&Map> {
        self.0.at("hastened").as_map()
    }

    /// Whether missing a deadline stops what that field of the account allows.
    pub fn stops(&self, field: &str) -> bool {
        self.0.at("stops").as_map().is_some_and(|stops| stops.contains(field))
    }

    /// Whether a deadline was missed.
    pub fn has_missed_deadline(&self) -> bool {
        self.stops("charges_enabled") || self.stops("payouts_enabled")
    }

    /// Makes those points due. With a field, their deadline has passed, which stops what it allows.
    pub fn hasten(&mut self, points: Map, stopped: Option<&'static str>) {
        let is_open = |path: &Text| points.contains(path);
        if !self.hastened().is_some_and(|before| before.keys().any(is_open)) {
            self.0.set("stops", Map::new());
        }
        self.0.set("hastened", points);
        if let Some(field) = stopped {
            self.0.map_mut("stops").set(field, true);
            self.0.map_mut("pinned").remove(field);
        }
    }

    // What the test itself decided.

    /// Fields that the library set and that the checks therefore leave alone.
    pub fn pinned(&self) -> Map {
        self.0.at("pinned").as_map().cloned().unwrap_or_default()
    }

    pub fn pin(&mut self, name: &str, value: Value) {
        self.0.map_mut("pinned").set(name.to_string(), value);
    }
}

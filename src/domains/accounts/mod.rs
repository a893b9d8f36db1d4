//! Accounts: the platform's own and those connected to it.
//!
//! Stripe's page: <https://docs.stripe.com/api/accounts>. A connected account is an object of the
//! platform;
//! what it owns lives under its own id, apart from the platform's: its persons, capabilities and
//! external
//! accounts too. The platform's own account is kept under a name of its own, so that it is not in
//! the list
//! of connected ones.
//!
//! What an account may do follows from what is known of it ([`requirements`]), and changes with it:
//!
//! ```text
//! inactive (something is due) ──▶ pending (Stripe looks at it) ──▶ active ──▶ rejected ──▶ active
//! ```

pub mod banks;
pub mod capabilities;
pub mod changes;
pub mod dossier;
pub mod external_accounts;
pub mod links;
pub mod persons;
pub mod platform;
mod regimes;
pub mod requirements;
mod settle;
pub mod test_values;
pub mod triggers;

use crate::call::{Body, Call, Origin};
use crate::crud;
use crate::domains::tokens;
use crate::domains::v2::accounts as accounts_of_v2;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::store::schedule::Entry;
use crate::value::{Map, Text, Value};
use dossier::Dossier;
use std::rc::Rc;

pub use platform::{OWN, application, change_own, found};

pub static ROUTES: Routes = &[
    ("GET /v1/account", retrieve_current),
    ("POST /v1/accounts", create),
    ("GET /v1/accounts/{id}", retrieve),
    ("POST /v1/accounts/{id}", update),
    ("DELETE /v1/accounts/{id}", delete),
    ("POST /v1/accounts/{id}/reject", reject),
    ("POST /v1/accounts/{id}/unreject", unreject),
    ("GET /v1/accounts/{id}/capabilities", capabilities::list),
    ("GET /v1/accounts/{id}/capabilities/{id}", capabilities::retrieve),
    ("POST /v1/accounts/{id}/capabilities/{id}", capabilities::update),
    ("GET /v1/accounts/{id}/external_accounts", external_accounts::list),
    ("POST /v1/accounts/{id}/external_accounts", external_accounts::create),
    ("GET /v1/accounts/{id}/external_accounts/{id}", external_accounts::retrieve),
    ("POST /v1/accounts/{id}/external_accounts/{id}", external_accounts::update),
    ("DELETE /v1/accounts/{id}/external_accounts/{id}", external_accounts::delete),
    ("POST /v1/accounts/{id}/login_links", links::create_login_link),
    ("GET /v1/accounts/{id}/persons", persons::list),
    ("POST /v1/accounts/{id}/persons", persons::create),
    ("GET /v1/accounts/{id}/persons/{id}", persons::retrieve),
    ("POST /v1/accounts/{id}/persons/{id}", persons::update),
    ("DELETE /v1/accounts/{id}/persons/{id}", persons::delete),
];

/// Events of accounts go to the account itself: see [`crate::events`].
pub static EVENTS: Rules = &[("account.updated", When::Updated)];

/// Whether an id names the platform or an account connected to it.
pub fn exists(tx: &Tx<'_>, id: &str) -> bool {
    get(tx, id).is_some()
}

/// The platform's own account or one connected to it, whoever asks.
pub fn get(tx: &Tx<'_>, id: &str) -> Option<Rc<Map>> {
    tx.account_of(id).cloned()
}

/// Saves an account, whoever asks.
pub fn save(tx: &mut Tx<'_>, account: Map) -> Rc<Map> {
    let platform = tx.platform();
    let kind = if platform == account.str("id") { OWN } else { "account" };
    tx.in_account(&platform, |tx| tx.save_as(Text::from(kind), account))
}

// Handlers.

fn retrieve_current(tx: &mut Tx<'_>, _call: &Call) -> Outcome<Body> {
    let id = tx.account().clone();
    let account = get(tx, &id).expect("a request acts on an account that exists");
    Ok(account.into())
}

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    if tx.is_connected() {
        return Err(Error::connect_not_enabled());
    }
    let params = tokens::unwrap(tx, &call.params, "account_token", "")?;
    let account = changes::open(tx, &params)?;
    let id = account.str("id").to_string();
    save(tx, account);
    changes::make(tx, &id, &params, call.origin)?;
    Ok(get(tx, &id).expect("the account was just made").into())
}

fn retrieve(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let id = subject(tx, call)?;
    Ok(get(tx, &id).expect("the subject exists").into())
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let id = subject(tx, call)?;
    if id == tx.platform() {
        if call.origin == Origin::Wire {
            return Err(Error::own_account());
        }
        return change_own(tx, &call.params).map(Into::into);
    }
    let mut account = Map::clone(&*get(tx, &id).expect("the subject exists"));
    let params = tokens::unwrap(tx, &call.params, "account_token", &id)?;
    changes::lay(tx, &mut account, &params)?;
    changes::make_of(tx, account, &params, call.origin)?;
    Ok(get(tx, &id).expect("the account was just changed").into())
}

fn delete(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let id = subject(tx, call)?;
    let platform = tx.platform();
    if id == platform {
        return Err(Error::own_account());
    }
    disconnect(tx, &id);
    let stub = tx.in_account(&platform, |tx| tx.delete("account", &id));
    Ok(stub.into())
}

fn reject(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let reason = match call.params.str("reason") {
        "terms_of_service" => "rejected.terms_of_service",
        reason if reason.starts_with("fraud") => "rejected.fraud",
        _ => "rejected.other",
    };
    judge(tx, call, Some(reason.to_string()))
}

fn unreject(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    judge(tx, call, None)
}

// Pieces.

/// Rejects an account, or takes that back.
///
/// Differs from Stripe: there only accounts whose losses are the platform's can be rejected.
fn judge(tx: &mut Tx<'_>, call: &Call, rejection: Option<String>) -> Outcome<Body> {
    let id = subject(tx, call)?;
    if id == tx.platform() {
        return Err(Error::own_account());
    }
    set_rejection(tx, &id, rejection);
    Ok(get(tx, &id).expect("the subject exists").into())
}

fn set_rejection(tx: &mut Tx<'_>, id: &str, rejection: Option<String>) {
    let mut dossier = Dossier::of(tx, id);
    dossier.set_rejection(rejection);
    dossier.save(tx);
    reassess(tx, id);
}

/// Rejects an account that was closed.
pub fn reject_for(tx: &mut Tx<'_>, id: &str, reason: &str) {
    set_rejection(tx, id, Some(reason.to_string()));
}

/// The account the path names, which the key must reach.
pub fn subject(tx: &Tx<'_>, call: &Call) -> Outcome<Text> {
    let id = call.id(0);
    if tx.is_connected() && tx.account() != id {
        return Err(Error::account_mismatch());
    }
    match exists(tx, id) {
        true => Ok(Text::from(id.to_string())),
        false => Err(Error::account_invalid(&call.key, id)),
    }
}

/// An object that a request about an account may name: one of who asks, the platform's, or the
/// account's own.
fn find_for(tx: &Tx<'_>, account: &str, kind: &str, id: &str) -> Option<Rc<Map>> {
    let platform = tx.platform();
    let spaces = [tx.account().as_ref(), platform.as_ref(), account];
    spaces.iter().find_map(|space| tx.get_in(space, kind, id)).cloned()
}

/// Tells the account that the platform has let go of it.
pub fn disconnect(tx: &mut Tx<'_>, id: &str) {
    tell_application(tx, id, "account.application.deauthorized");
}

/// Raises an event of the account's about the platform as an application.
fn tell_application(tx: &mut Tx<'_>, id: &str, event_type: &'static str) {
    let platform = get(tx, &tx.platform());
    let name = platform.map_or(Value::Null, |own| own.path("business_profile.name").clone());
    let application = map! {
        "id": application(tx),
        "object": "application",
        "name": name,
    };
    tx.in_account(id, |tx| tx.announce(event_type, Rc::new(application)));
}

/// Looks at an account again after something about it changed.
pub fn reassess(tx: &mut Tx<'_>, id: &str) {
    reassess_with(tx, id, None);
}

/// Like [`reassess`], with a person that is about to be saved.
fn reassess_with(tx: &mut Tx<'_>, id: &str, person: Option<Map>) {
    if tx.platform() == id {
        let Some(own) = get(tx, id) else { return };
        let mut own = Map::clone(&own);
        own.set("external_accounts", external_accounts::embedded(tx, id));
        save(tx, own);
        return;
    }
    let Some(account) = get(tx, id) else { return };
    let mut account = Map::clone(&account);
    let mut dossier = Dossier::of(tx, id);
    settle::settle(tx, &mut account, &mut dossier, person);
    dossier.save(tx);
    save(tx, account);
    accounts_of_v2::follow(tx, id);
}

/// Does what was scheduled for an account.
pub fn run(tx: &mut Tx<'_>, entry: &Entry) {
    let id = entry.id.as_ref();
    if get(tx, id).is_none() {
        return;
    }
    let mut dossier = Dossier::of(tx, id);
    if entry.action == SEE_URL {
        dossier.set_company("url", "seen");
        dossier.save(tx);
        return reassess(tx, id);
    }
    for person in persons::all(tx, id) {
        if !dossier.person(person.str("id"), "document").is_empty() || entry.action == VERIFY {
            dossier.set_person(person.str("id"), "verified", "yes");
        }
    }
    if entry.action == VERIFY {
        dossier.set_verified(true);
    }
    dossier.save(tx);
    reassess(tx, id);
}

/// The checks of an account are over.
const VERIFY: &str = "account.verify";
/// The business's URL was looked at.
const SEE_URL: &str = "account.see_url";
/// The documents that came were looked at.
const SEE_DOCUMENTS: &str = "account.see_documents";

fn kind() -> Object {
    Object::find("account").expect("accounts are a published type")
}

/// The members of a request that are fields of an account and hold what the field holds.
fn plain(params: &Map, special: &[&str]) -> Map {
    let rows = params.iter().filter(|(name, _)| !special.contains(&name.as_ref()));
    rows.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Lays those parameters over an account that name its fields.
fn apply(tx: &Tx<'_>, account: &mut Map, params: &Map) -> Outcome<()> {
    crud::apply(tx, kind().shape(), account, params, "")
}

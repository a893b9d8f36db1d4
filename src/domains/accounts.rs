//! Accounts: the platform's own and those connected to it.
//!
//! Stripe's page: <https://docs.stripe.com/api/accounts>. A connected account is an object of the platform;
//! what it owns lives under its own id, apart from the platform's. The platform's own account is kept under
//! a name of its own, so that it is not in the list of connected ones.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Text};
use std::rc::Rc;

pub static ROUTES: Routes =
    &[("GET /v1/account", retrieve_current), ("GET /v1/accounts/{id}", retrieve)];

/// The name under which the platform's own account is kept.
const OWN: &str = "platform_account";

/// Whether an id names the platform or an account connected to it.
pub fn exists(tx: &Tx<'_>, id: &str) -> bool {
    get(tx, id).is_some()
}

/// The platform's own account or one connected to it, whoever asks.
pub fn get(tx: &Tx<'_>, id: &str) -> Option<Rc<Map>> {
    let platform = tx.platform();
    let kind = if platform == id { OWN } else { "account" };
    tx.get_in(&platform, kind, id).cloned()
}

/// Makes the platform's own account: see "The account behind a partition" in the design.
pub fn found(tx: &mut Tx<'_>) {
    let kind = Object::find("account").expect("accounts are a published type");
    let mut account = crud::new(tx, kind, &Map::new());
    account.set("id", tx.platform());
    tx.save_as(Text::from(OWN), account);
}

fn retrieve_current(tx: &mut Tx<'_>, _call: &Call) -> Outcome<Body> {
    let id = tx.account().clone();
    let account = get(tx, &id).expect("a request acts on an account that exists");
    Ok(account.into())
}

fn retrieve(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    match get(tx, call.id(0)) {
        Some(account) => Ok(account.into()),
        None => Err(Error::no_such("account", call.id(0), "account")),
    }
}

/// Lays fields over the platform's own account.
pub fn change_own(tx: &mut Tx<'_>, fields: &Map) -> Outcome<Rc<Map>> {
    let kind = Object::find("account").expect("accounts are a published type");
    let own = get(tx, &tx.platform()).expect("a partition has an account");
    let mut account = Map::clone(&own);
    crud::apply(tx, kind.shape(), &mut account, fields, "")?;
    Ok(tx.save_as(Text::from(OWN), account))
}

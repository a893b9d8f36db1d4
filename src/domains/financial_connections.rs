//! Financial Connections: sessions, and the bank accounts that customers linked in them.
//!
//! Stripe's page: <https://docs.stripe.com/api/financial_connections/accounts>. Customers link
//! accounts in a browser, which is not here: accounts come from seeding. What is refreshed has
//! succeeded at once.

use super::catalogue;
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("GET /v1/financial_connections/accounts/{id}/owners", list_owners),
    ("POST /v1/financial_connections/accounts/{id}/refresh", refresh),
    ("POST /v1/financial_connections/accounts/{id}/subscribe", subscribe),
    ("POST /v1/financial_connections/accounts/{id}/unsubscribe", unsubscribe),
    ("POST /v1/financial_connections/sessions", create_session),
];

/// Stripe lets the next refresh be asked for after this many seconds.
const PAUSE_SECONDS: i64 = 24 * 3600;

fn list_owners(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    crud::load_kind(tx, "financial_connections.account", call.id(0))?;
    let ownership = call.params.str("ownership");
    if !tx.exists("financial_connections.account_ownership", ownership) {
        let noun = "financial_connections.account_ownership";
        return Err(Error::no_such_reference(noun, ownership, "ownership"));
    }
    let owners = tx.all_where("financial_connections.account_owner", "ownership", ownership);
    catalogue::page(call, owners.into_iter().rev().map(Value::from).collect())
}

fn refresh(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut account = linked(tx, call)?;
    let attempted = map! {
        "last_attempted_at": tx.now(),
        "next_refresh_available_at": tx.now() + PAUSE_SECONDS,
        "status": "succeeded",
    };
    for feature in call.params.at("features").as_list().unwrap_or_default() {
        match feature.as_str() {
            Some("balance") => {
                let as_of = tx.now();
                account.set("balance_refresh", attempted.clone());
                if account.at("balance").is_null() {
                    account.set(
                        "balance",
                        map! {
                            "as_of": as_of,
                            "cash": map! { "available": map! { "usd": 10_000 } },
                            "current": map! { "usd": 10_000 },
                            "type": "cash",
                        },
                    );
                }
            }
            Some("ownership") => {
                let ownership = ownership(tx, &account);
                account.set("ownership", ownership);
                account.set("ownership_refresh", attempted.clone());
            }
            Some("transactions") => {
                let mut attempted = attempted.clone();
                attempted.set("id", format!("fctxnref_{}", tx.characters("fctxnref", 24)));
                account.set("transaction_refresh", attempted);
            }
            _ => {}
        }
    }
    Ok(tx.save(account).into())
}

/// Who owns the account: as before, or a new ownership by the holder of Stripe's test accounts.
fn ownership(tx: &mut Tx<'_>, account: &Map) -> Value {
    if let Some(id) = account.at("ownership").as_id() {
        return id.to_string().into();
    }
    let kind = |name| Object::find(name).expect("a published type");
    let mut made = crud::new(tx, kind("financial_connections.account_ownership"), &Map::new());
    let id = made.str("id").to_string();
    let mut owner = crud::new(tx, kind("financial_connections.account_owner"), &Map::new());
    owner.set("name", "Jenny Rosen");
    owner.set("ownership", id.clone());
    let owner = tx.save(owner);
    let url = format!("/v1/financial_connections/accounts/{}/owners", account.str("id"));
    made.set("owners", crud::list_of(vec![owner.into()], false, url));
    tx.save(made);
    id.into()
}

fn subscribe(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut account = linked(tx, call)?;
    let mut subscriptions = account.at("subscriptions").as_list().unwrap_or_default().to_vec();
    for feature in call.params.at("features").as_list().unwrap_or_default() {
        if !subscriptions.contains(feature) {
            subscriptions.push(feature.clone());
        }
    }
    account.set("subscriptions", subscriptions);
    Ok(tx.save(account).into())
}

fn unsubscribe(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut account = linked(tx, call)?;
    let dropped = call.params.at("features").as_list().unwrap_or_default();
    let mut subscriptions = account.at("subscriptions").as_list().unwrap_or_default().to_vec();
    subscriptions.retain(|feature| !dropped.contains(feature));
    account.set("subscriptions", subscriptions);
    Ok(tx.save(account).into())
}

/// The account the path names, which must not be disconnected.
fn linked(tx: &Tx<'_>, call: &Call) -> Outcome<Map> {
    let account = crud::load(tx, call)?;
    let verb = call.path.rsplit('/').next().unwrap_or("");
    match account.str("status") {
        "disconnected" => {
            let noun = "Financial Connections account";
            Err(Error::wrong_status(verb, noun, "disconnected", &["active", "inactive"]))
        }
        _ => Ok(account),
    }
}

fn create_session(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut session = crud::draft(tx, call)?;
    if !call.params.contains("prefetch") {
        session.set("prefetch", Value::List(Vec::new()));
    }
    Ok(tx.save(session).into())
}

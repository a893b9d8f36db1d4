//! Capabilities of a connected account: `/v1/accounts/{id}/capabilities`.
//!
//! Stripe's page: <https://docs.stripe.com/api/capabilities>.

use super::dossier::Dossier;
use super::requirements::{self, Assessment};
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::schema::{Kind, Object};
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

pub fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let account = super::subject(tx, call)?;
    let mut rows = tx.all_in(&account, "capability");
    rows.reverse();
    let data = rows.into_iter().map(Value::Map).collect();
    Ok(crud::list_of(data, false, call.path.clone()).into())
}

pub fn retrieve(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let account = super::subject(tx, call)?;
    shown(tx, &account, call.id(1)).map(Into::into)
}

pub fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let account = super::subject(tx, call)?;
    shown(tx, &account, call.id(1))?;
    if let Some(wanted) = call.params.at("requested").as_bool() {
        let mut dossier = Dossier::of(tx, &account);
        let now = tx.now();
        dossier.request(call.id(1), wanted, now);
        dossier.save(tx);
        super::reassess(tx, &account);
    }
    shown(tx, &account, call.id(1)).map(Into::into)
}

/// A capability of an account, asked for or not.
fn shown(tx: &Tx<'_>, account: &str, name: &str) -> Outcome<Rc<Map>> {
    if let Some(capability) = tx.get_in(account, "capability", name) {
        return Ok(capability.clone());
    }
    match is_known(name) {
        true => Ok(Rc::new(capability(account, name, None))),
        false => Err(Error::no_such("capability", name, "capability")),
    }
}

fn is_known(name: &str) -> bool {
    let account = Object::find("account").expect("accounts are a published type");
    match account.shape().field("capabilities").map(|field| field.kind) {
        Some(Kind::Object(shape)) => shape.field(name).is_some(),
        _ => false,
    }
}

fn capability(account: &str, name: &str, requested_at: Option<i64>) -> Map {
    map! {
        "id": name.to_string(),
        "object": "capability",
        "account": account.to_string(),
        "future_requirements": requirements::none_open(),
        "requested": requested_at.is_some(),
        "requested_at": requested_at,
        "requirements": requirements::none_open(),
        "status": "unrequested",
    }
}

/// Writes down where the capabilities of an account stand.
pub fn write(tx: &mut Tx<'_>, account: &str, dossier: &Dossier, assessment: &Assessment) {
    for before in tx.all_in(account, "capability") {
        let name = before.str("id");
        if !assessment.capabilities.contains(name) && before.is_true("requested") {
            let now = capability(account, name, None);
            tx.in_account(account, |tx| tx.save(now));
        }
    }
    for (name, status) in assessment.capabilities.iter() {
        let before = tx.get_in(account, "capability", name).cloned();
        let mut now = capability(account, name, dossier.requested_at(name));
        now.set("status", *status);
        assessment.open.show(now.map_mut("requirements"));
        let reason = match *status {
            "inactive" => Some("requirements.fields_needed"),
            _ => None,
        };
        now.map_mut("requirements").set("disabled_reason", reason);
        if before.is_none_or(|before| *before != now) {
            tx.in_account(account, |tx| tx.save(now));
        }
    }
}

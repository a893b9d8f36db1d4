//! Pages of Stripe's that a connected account is sent to: account links, account sessions, login
//! links.
//!
//! Stripe's pages: <https://docs.stripe.com/api/account_links>,
//! <https://docs.stripe.com/api/account_sessions>,
//! <https://docs.stripe.com/api/accounts/login_link>. They are answers, not objects: nothing keeps
//! them.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::schema::{Kind, Object, Shape};
use crate::store::Tx;
use crate::value::{Map, Text, Value};
use std::rc::Rc;

pub static LINK_ROUTES: Routes = &[("POST /v1/account_links", create_account_link)];
pub static SESSION_ROUTES: Routes = &[("POST /v1/account_sessions", create_account_session)];

fn create_account_link(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let account = account_of(tx, call)?;
    let collects =
        account.path("controller.requirement_collection").as_str() == Some("application");
    if call.params.str("type") == "account_update" && !collects {
        return Err(Error::account_update_link());
    }
    let page = match account.path("controller.stripe_dashboard.type").as_str() {
        Some("full") => "s",
        Some("express") => "e",
        _ => "c",
    };
    let id = account.str("id").to_string();
    let url = format!(
        "https://connect.stripe.com/setup/{page}/{id}/{}",
        tx.characters("account_link", 12)
    );
    Ok(map! {
        "object": "account_link",
        "created": tx.now(),
        "expires_at": tx.now() + 300,
        "url": url,
    }
    .into())
}

fn create_account_session(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let account = account_of(tx, call)?;
    let secret = tx.characters("account_session", 58);
    let kind = Object::find("account_session").expect("account sessions are a published type");
    let Some(Kind::Object(shape)) = kind.shape().field("components").map(|field| field.kind) else {
        return Err(Error::not_implemented(call.operation().name()));
    };
    let mut components = Map::new();
    let wanted = call.params.at("components").as_map().cloned().unwrap_or_default();
    for field in shape.fields() {
        if let Kind::Object(shape) = field.kind {
            let empty = Map::new();
            let wanted = wanted.at(field.name).as_map().unwrap_or(&empty);
            components.append(field.name, component(tx, shape, wanted)?);
        }
    }
    Ok(map! {
        "object": "account_session",
        "account": account.at("id").clone(),
        "client_secret": format!("accs_secret__{secret}"),
        "components": components,
        "expires_at": tx.now() + 3600,
        "livemode": false,
    }
    .into())
}

/// What a session shows of a component: whether it is enabled, and which of its features.
fn component(tx: &Tx<'_>, shape: Shape, wanted: &Map) -> Outcome<Map> {
    let mut shown = crud::blank(shape);
    crud::apply(tx, shape, &mut shown, wanted, "components")?;
    Ok(shown)
}

pub fn create_login_link(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let id: Text = super::subject(tx, call)?;
    let account = super::get(tx, &id).expect("the subject exists");
    if account.path("controller.stripe_dashboard.type").as_str() != Some("express") {
        return Err(Error::no_express_dashboard());
    }
    if !account.is_true("details_submitted") {
        return Err(Error::login_link_before_onboarding());
    }
    let url = format!("https://connect.stripe.com/express/{}", tx.characters("login_link", 12));
    Ok(map! { "object": "login_link", "created": tx.now(), "url": url }.into())
}

/// The account a link or a session is for.
fn account_of(tx: &Tx<'_>, call: &Call) -> Outcome<Rc<Map>> {
    let id = match call.params.at("account") {
        Value::Str(id) => id.as_ref(),
        _ => "",
    };
    super::get(tx, id).ok_or_else(|| Error::account_invalid(&call.key, id))
}

//! The customer portal: its configurations, and sessions in it.
//!
//! Stripe's page: <https://docs.stripe.com/api/customer_portal/sessions>. Sessions that name no
//! configuration use the default one, which is there from the first time it is needed.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::Map;
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("POST /v1/billing_portal/configurations", create_configuration),
    ("POST /v1/billing_portal/configurations/{id}", update_configuration),
    ("POST /v1/billing_portal/sessions", create_session),
];

const CONFIGURATION: &str = "billing_portal.configuration";

fn create_configuration(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut configuration = crud::draft(tx, call)?;
    show_login_page(tx, &mut configuration);
    Ok(tx.save(configuration).into())
}

fn update_configuration(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut configuration = crud::load(tx, call)?;
    let shape = crud::kind(call).shape();
    crud::apply(tx, shape, &mut configuration, &call.params, "")?;
    configuration.set("updated", tx.now());
    show_login_page(tx, &mut configuration);
    Ok(tx.save(configuration).into())
}

/// A login page that is enabled has an address.
fn show_login_page(tx: &mut Tx<'_>, configuration: &mut Map) {
    let page = configuration.map_mut("login_page");
    if !page.is_true("enabled") {
        page.set("url", crate::value::Value::Null);
    } else if page.at("url").is_null() {
        let code = tx.characters("portal.login_page", 18);
        page.set("url", format!("https://billing.stripe.com/p/login/test_{code}"));
    }
}

/// The configuration of sessions that name none.
fn default_configuration(tx: &mut Tx<'_>) -> Outcome<Rc<Map>> {
    let mut known = tx.all(CONFIGURATION).into_iter();
    if let Some(found) = known.find(|configuration| configuration.is_true("is_default")) {
        return Ok(found);
    }
    let kind = Object::find(CONFIGURATION).expect("a published type");
    let features = map! {
        "invoice_history": map! { "enabled": true },
        "payment_method_update": map! { "enabled": true },
    };
    let mut made = crud::draft_kind(tx, kind, &map! { "features": features })?;
    made.set("is_default", true);
    Ok(tx.save(made))
}

fn create_session(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let customer = params.str("customer");
    if customer.is_empty() && !params.contains("customer_account") {
        return Err(Error::parameter_missing("customer"));
    }
    if !customer.is_empty() && !tx.exists("customer", customer) {
        return Err(Error::no_such_reference("customer", customer, "customer"));
    }
    let mut session = crud::draft(tx, call)?;
    let configuration = match params.at("configuration").as_str() {
        Some(id) => tx.get(CONFIGURATION, id).cloned(),
        None => Some(default_configuration(tx)?),
    };
    let configuration = configuration.unwrap_or_default();
    session.set("configuration", configuration.at("id").clone());
    if !params.contains("return_url") {
        session.set("return_url", configuration.at("default_return_url").clone());
    }
    Ok(tx.save(session).into())
}

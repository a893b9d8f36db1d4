//! Payment methods: made, attached to a customer, detached for good.
//!
//! ```text
//! created ──attach──▶ attached ──detach──▶ spent
//!    └───── paid with, without a customer ───▲
//! ```
//!
//! Stripe's page: <https://docs.stripe.com/api/payment_methods>.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::payment_methods;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::Map;

pub static ROUTES: Routes = &[
    ("GET /v1/payment_methods", list),
    ("POST /v1/payment_methods", create),
    ("GET /v1/payment_methods/{id}", retrieve),
    ("POST /v1/payment_methods/{id}", update),
    ("POST /v1/payment_methods/{id}/attach", attach),
    ("POST /v1/payment_methods/{id}/detach", detach),
];

pub static EVENTS: Rules = &[
    ("payment_method.attached", When::WasSet("customer")),
    ("payment_method.detached", When::Cleared("customer")),
    (
        "payment_method.updated",
        When::AnyChanged(&[
            "allow_redisplay",
            "billing_details",
            "card.exp_month",
            "card.exp_year",
            "card.networks",
            "metadata",
            "us_bank_account.account_holder_type",
            "us_bank_account.account_type",
        ]),
    ),
];

/// Without a customer there is nothing to list.
fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let customer = call.params.at("customer").as_id();
    if customer.is_none() && call.params.at("customer_account").is_null() {
        return Ok(crud::list_of(Vec::new(), false, call.path.clone()).into());
    }
    crud::list(tx, call)
}

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    if let Some(id) = params.at("payment_method").as_str() {
        return clone(tx, id, params);
    }
    if params.str("type").is_empty() {
        return Err(Error::parameter_missing("type"));
    }
    let method = payment_methods::create(tx, params)?;
    Ok(tx.save(method).into())
}

fn retrieve(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    payment_methods::named(tx, call.id(0), "payment_method", 404).map(Into::into)
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut method = payment_methods::named(tx, call.id(0), "payment_method", 404)?;
    if method.at("customer").is_null() {
        return Err(Error::payment_method_unsaved(method.str("id")));
    }
    let shape = Object::find("payment_method").expect("a published type").shape();
    crud::apply(tx, shape, &mut method, &call.params, "")?;
    Ok(tx.save(method).into())
}

fn attach(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let method = payment_methods::named(tx, call.id(0), "payment_method", 404)?;
    let customer =
        call.params.at("customer").as_str().or(call.params.at("customer_account").as_str());
    let Some(customer) = customer.filter(|customer| !customer.is_empty()) else {
        return Err(Error::must_provide(&["customer", "customer_account"]));
    };
    if !tx.exists("customer", customer) {
        return Err(Error::no_such_reference("customer", customer, "customer"));
    }
    payment_methods::attach(tx, method, customer).map(Into::into)
}

fn detach(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let method = payment_methods::named(tx, call.id(0), "payment_method", 404)?;
    if method.at("customer").is_null() {
        return Err(Error::payment_method_not_attached());
    }
    Ok(payment_methods::detach(tx, method).into())
}

// Helpers.

/// A platform's payment method made again in the connected account that asks.
fn clone(tx: &mut Tx<'_>, id: &str, params: &Map) -> Outcome<Body> {
    let platform = tx.platform();
    let original =
        tx.in_account(&platform, |tx| payment_methods::named(tx, id, "payment_method", 400))?;
    let owner = params.at("customer").as_id();
    if let (Some(owner), Some(given)) = (original.at("customer").as_id(), owner)
        && owner != given
    {
        return Err(Error::payment_method_of_another(id, given));
    }
    payment_methods::copy(tx, &original).map(|copy| tx.save(copy).into())
}

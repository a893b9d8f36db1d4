//! Forwarding: requests that carry card details to another processor.
//!
//! Stripe's page: <https://docs.stripe.com/api/forwarding/forwarding_requests>.
//!
//! Differs from Stripe: nothing leaves the process. The request is recorded as made, and the
//! answer as an empty 200.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::Outcome;
use crate::map;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::Value;

pub static ROUTES: Routes = &[("POST /v1/forwarding/requests", create)];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let given = call.params.at("request").as_map().cloned().unwrap_or_default();
    let mut request = crud::draft(tx, call)?;
    let headers = given.at("headers").as_list().unwrap_or_default().to_vec();
    request.set(
        "request_context",
        map! { "destination_duration": 1, "destination_ip_address": "127.0.0.1" },
    );
    request.set(
        "request_details",
        map! {
            "body": given.str("body").to_string(),
            "headers": headers,
            "http_method": "POST",
        },
    );
    request.set(
        "response_details",
        map! { "body": "", "headers": Value::List(Vec::new()), "status": 200 },
    );
    Ok(tx.save(request).into())
}

//! Events: what happened, to read again.
//!
//! Stripe's page: <https://docs.stripe.com/api/events>. They are made in [`crate::events`].
//!
//! Differs from Stripe: events are kept for good, not for thirty days, so that a test that lets a year
//! pass can read what happened in it.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::Outcome;
use crate::route::Routes;
use crate::store::Tx;

pub static ROUTES: Routes = &[("GET /v1/events", list)];

/// `type` may end in a wildcard, such as `charge.*`.
fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let family = call.params.at("type").as_str().and_then(|wanted| wanted.strip_suffix('*'));
    let Some(family) = family else { return crud::list(tx, call) };
    let mut rest = call.clone();
    rest.params.remove("type");
    crud::list_where(tx, &rest, |event| event.str("type").starts_with(family))
}

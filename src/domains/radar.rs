//! Radar: lists of values, and what is on them.
//!
//! Stripe's page: <https://docs.stripe.com/api/radar/value_lists>. Early fraud warnings and
//! evaluations are plain.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::route::Routes;
use crate::store::Tx;

pub static ROUTES: Routes = &[
    ("POST /v1/radar/value_list_items", add),
    ("DELETE /v1/radar/value_list_items/{id}", remove),
    ("GET /v1/radar/value_lists", list),
];

/// Of reviews.
pub static REVIEW_EVENTS: Rules =
    &[("review.opened", When::Created), ("review.closed", When::WasSet("closed_reason"))];

fn add(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let of = call.params.str("value_list");
    if !tx.exists("radar.value_list", of) {
        return Err(Error::no_such_reference("radar.value_list", of, "value_list"));
    }
    let item = crud::draft(tx, call)?;
    let item = tx.save(item);
    show(tx, of);
    Ok(item.into())
}

fn remove(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let item = crud::load_kind(tx, "radar.value_list_item", call.id(0))?;
    let stub = tx.delete("radar.value_list_item", call.id(0));
    show(tx, item.str("value_list"));
    Ok(stub.into())
}

/// A list carries its newest items.
fn show(tx: &mut Tx<'_>, id: &str) {
    let Some(mut list) = tx.load("radar.value_list", id) else { return };
    let mut items = tx.all_where("radar.value_list_item", "value_list", id);
    items.reverse();
    let data = items.iter().take(10).cloned().map(Into::into).collect();
    let url = format!("/v1/radar/value_list_items?value_list={id}");
    let mut shown = crud::list_of(data, 10 < items.len(), url);
    shown.set("total_count", items.len() as i64);
    list.set("list_items", shown);
    tx.save(list);
}

/// `contains` asks for the lists that have an item with that value.
fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let Some(value) = call.params.at("contains").as_str().map(str::to_string) else {
        return crud::list(tx, call);
    };
    let holding = tx.all("radar.value_list_item");
    let holding: Vec<String> = holding
        .iter()
        .filter(|item| item.str("value") == value)
        .map(|item| item.str("value_list").to_string())
        .collect();
    let mut rest = call.clone();
    rest.params.remove("contains");
    crud::list_where(tx, &rest, |list| holding.iter().any(|id| id == list.str("id")))
}

//! File links: addresses at which anyone can get a file.
//!
//! Stripe's page: <https://docs.stripe.com/api/file_links>.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::Outcome;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::Map;

pub static ROUTES: Routes =
    &[("POST /v1/file_links", create), ("POST /v1/file_links/{id}", update)];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let link = crud::draft(tx, call)?;
    let link = tx.save(link);
    let file = link.at("file").as_id().unwrap_or("").to_string();
    if let Some(mut file) = tx.load("file", &file) {
        show(tx, &mut file);
        tx.save(file);
    }
    Ok(link.into())
}

/// `expires_at` can be `now`: the link is of no use any more, and says so.
fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut link = crud::load(tx, call)?;
    crud::apply(tx, crud::kind(call).shape(), &mut link, &call.params, "")?;
    if call.params.str("expires_at") == "now" {
        link.set("expires_at", tx.now());
    }
    let expires = link.at("expires_at").as_int();
    link.set("expired", expires.is_some_and(|expires| expires <= tx.now()));
    Ok(tx.save(link).into())
}

/// A file carries its newest links.
fn show(tx: &Tx<'_>, file: &mut Map) {
    let id = file.str("id").to_string();
    let mut links = tx.all_where("file_link", "file", &id);
    links.reverse();
    let data = links.iter().take(10).cloned().map(Into::into).collect();
    let has_more = 10 < links.len();
    file.set("links", crud::list_of(data, has_more, format!("/v1/file_links?file={id}")));
}

//! Quotes: offers that customers accept.
//!
//! Stripe's page: <https://docs.stripe.com/api/quotes>.
//!
//! ```text
//! draft --finalize--> open --accept--> accepted
//! draft, open --cancel--> canceled
//! ```

use super::catalogue;
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Text, Value};

pub static ROUTES: Routes = &[
    ("POST /v1/quotes", create),
    ("POST /v1/quotes/{id}", update),
    ("POST /v1/quotes/{id}/finalize", finalize),
    ("GET /v1/quotes/{id}/line_items", list_line_items),
    ("GET /v1/quotes/{id}/computed_upfront_line_items", list_upfront),
    ("GET /v1/quotes/{id}/pdf", pdf),
];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut quote = crud::draft(tx, call)?;
    price(tx, &mut quote, &call.params)?;
    Ok(tx.save(quote).into())
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut quote = in_status(tx, call, "update", &["draft"])?;
    crud::apply(tx, crud::kind(call).shape(), &mut quote, &call.params, "")?;
    if call.params.contains("line_items") {
        price(tx, &mut quote, &call.params)?;
    }
    Ok(tx.save(quote).into())
}

/// Adds the lines up.
fn price(tx: &mut Tx<'_>, quote: &mut Map, params: &Map) -> Outcome<()> {
    let kind = Object::find("item").expect("a published type");
    let mut lines = Vec::new();
    let mut total = 0;
    for (place, given) in params.at("line_items").as_list().unwrap_or_default().iter().enumerate() {
        let given = given.as_map().cloned().unwrap_or_default();
        let price = match (given.at("price").as_str(), given.at("price_data").as_map()) {
            (Some(id), _) => tx.get("price", id).cloned().ok_or_else(|| {
                Error::no_such_reference("price", id, format!("line_items[{place}][price]"))
            })?,
            (None, Some(data)) => super::prices::of_data(tx, data)?,
            (None, None) => return Err(Error::must_provide(&["price", "price_data"])),
        };
        let quantity = given.at("quantity").as_int().unwrap_or(1);
        let amount = price.int("unit_amount").saturating_mul(quantity);
        total += amount;
        let mut line = crud::new(tx, kind, &Map::new());
        line.set("amount_subtotal", amount);
        line.set("amount_total", amount);
        line.set("currency", price.at("currency").clone());
        let product = price.at("product").as_id().and_then(|id| tx.get("product", id));
        line.set("description", product.map_or(Value::Null, |product| product.at("name").clone()));
        line.set("quantity", quantity);
        quote.set("currency", price.at("currency").clone());
        line.set("price", Value::Shared(price));
        lines.push(Value::Map(line));
    }
    quote.set("amount_subtotal", total);
    quote.set("amount_total", total);
    let url = format!("/v1/quotes/{}/line_items", quote.str("id"));
    quote.set("line_items", crud::list_of(lines, false, url));
    Ok(())
}

/// An open quote has a number.
fn finalize(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut quote = in_status(tx, call, "finalize", &["draft"])?;
    if let Some(expires) = call.params.at("expires_at").as_int() {
        quote.set("expires_at", expires);
    }
    let letters = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    quote.set("number", format!("QT-{}-0001-1", tx.characters_of("quote.number", 8, letters)));
    quote.set("status", "open");
    let now = tx.now();
    quote.map_mut("status_transitions").set("finalized_at", now);
    Ok(tx.save(quote).into())
}

fn in_status(tx: &Tx<'_>, call: &Call, verb: &str, from: &[&str]) -> Outcome<Map> {
    let quote = crud::load_kind(tx, "quote", call.id(0))?;
    match quote.str("status") {
        status if from.contains(&status) => Ok(quote),
        status => Err(Error::wrong_status(verb, "quote", status, from)),
    }
}

fn list_line_items(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let quote = crud::load_kind(tx, "quote", call.id(0))?;
    catalogue::page_of(call, quote.at("line_items"))
}

/// What is paid at once: the lines whose price is not recurring.
fn list_upfront(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let quote = crud::load_kind(tx, "quote", call.id(0))?;
    let lines = quote.path("line_items.data").as_list().unwrap_or_default().to_vec();
    let is_upfront = |line: &Value| {
        line.as_map().is_some_and(|line| line.path("price.type").as_str() == Some("one_time"))
    };
    catalogue::page(call, lines.into_iter().filter(is_upfront).collect())
}

/// A page that says which quote it is.
fn pdf(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let quote = crud::load_kind(tx, "quote", call.id(0))?;
    let text = format!("BT /F1 24 Tf 72 720 Td (Quote {}) Tj ET", quote.str("id"));
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_string(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_string(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_string(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_string(),
    ];
    let mut out = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.push_str(&format!("{} 0 obj\n{object}\nendobj\n", number + 1));
    }
    let table = out.len();
    out.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for place in places {
        out.push_str(&format!("{place:010} 00000 n \n"));
    }
    out.push_str(&format!(
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    ));
    Ok(Body::Bytes { content_type: Text::from("application/pdf"), bytes: out.into_bytes() })
}

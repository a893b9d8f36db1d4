//! Create, retrieve, update, delete, expand: what every resource does.

use crate::stripe::{NOW, Stripe};
use fakestripe::value::Value;

#[test]
fn what_was_created_can_be_retrieved() {
    let mut stripe = Stripe::new("objects");
    let created = stripe.post("/v1/customers", "email=ana@example.com&metadata[order]=1");
    assert_eq!(created.body.int("created"), NOW / 1000);
    assert!(created.id().starts_with("cus_"), "{}", created.id());
    let retrieved = stripe.get(&format!("/v1/customers/{}", created.id()));
    assert_eq!(retrieved.bytes, created.bytes);
    assert_eq!(retrieved.body.path("metadata.order"), &Value::from("1"));
}

// Recorded customers of 2025 and 2026: `id`, `object`, then by the alphabet.
#[test]
fn a_new_customer_has_every_field_in_stripes_order() {
    let mut stripe = Stripe::new("objects");
    let created = stripe.post("/v1/customers", "");
    let names: Vec<&str> = created.body.keys().map(|name| name.as_ref()).collect();
    assert_eq!(names[..2], ["id", "object"]);
    assert!(names[2..].is_sorted(), "{names:?}");
    for name in ["address", "balance", "default_source", "invoice_settings", "shipping"] {
        assert!(names.contains(&name), "{name} of {names:?}");
    }
    assert_eq!(created.body.at("metadata"), &Value::from(fakestripe::value::Map::new()));
}

#[test]
fn metadata_merges_and_empty_texts_unset() {
    let mut stripe = Stripe::new("objects");
    let customer = stripe.post("/v1/customers", "name=Ana&metadata[a]=1&metadata[b]=2");
    let path = format!("/v1/customers/{}", customer.id());
    let updated = stripe.post(&path, "name=&metadata[b]=&metadata[c]=3");
    assert_eq!(updated.body.at("name"), &Value::Null);
    let metadata = updated.body.at("metadata").as_map().unwrap();
    assert_eq!((metadata.str("a"), metadata.get("b"), metadata.str("c")), ("1", None, "3"));
    let cleared = stripe.post(&path, "metadata=");
    assert!(cleared.body.at("metadata").as_map().unwrap().is_empty());
}

// Recorded: deleting answers a stub, retrieving repeats it, deleting again is 404.
#[test]
fn a_deleted_customer_leaves_a_stub() {
    let mut stripe = Stripe::new("objects");
    let customer = stripe.post("/v1/customers", "");
    let path = format!("/v1/customers/{}", customer.id());
    let deleted = stripe.delete(&path);
    let names: Vec<&str> = deleted.body.keys().map(|name| name.as_ref()).collect();
    assert_eq!(names, ["id", "object", "deleted"]);
    assert_eq!(stripe.get(&path).bytes, deleted.bytes);
    let again = stripe.delete(&path);
    assert_eq!((again.status, again.error("code")), (404, "resource_missing"));
    assert_eq!(stripe.try_post(&path, "name=x").status, 404);
    assert!(stripe.get("/v1/customers").ids().is_empty());
}

#[test]
fn an_unknown_id_is_missing_in_the_path_and_a_bad_parameter_in_the_body() {
    let mut stripe = Stripe::new("objects");
    let in_path = stripe.get("/v1/customers/cus_nobody");
    assert_eq!((in_path.status, in_path.error("param")), (404, "id"));
    assert_eq!(in_path.error("message"), "No such customer: 'cus_nobody'");
    let form = "currency=usd&unit_amount=500&product=prod_nothing";
    let in_body = stripe.try_post("/v1/prices", form);
    assert_eq!((in_body.status, in_body.error("param")), (400, "product"));
    assert_eq!(in_body.error("message"), "No such product: 'prod_nothing'");
}

#[test]
fn a_reference_expands_to_its_object() {
    let mut stripe = Stripe::new("objects");
    let product = stripe.post("/v1/products", "name=Tea");
    let price = format!("currency=usd&unit_amount=500&product={}&expand[]=product", product.id());
    let price = stripe.post("/v1/prices", &price);
    assert_eq!(price.body.path("product.name"), &Value::from("Tea"));
    let list = stripe.get("/v1/prices?expand[]=data.product");
    let first = list.body.at("data").as_list().unwrap()[0].as_map().unwrap();
    assert_eq!(first.path("product.id").as_str(), Some(product.id()));
    let plain = stripe.get(&format!("/v1/prices/{}", price.id()));
    assert_eq!(plain.body.str("product"), product.id());
}

// Texts as published in issue threads about expansion.
#[test]
fn what_cannot_be_expanded_is_refused() {
    let mut stripe = Stripe::new("objects");
    let list = stripe.get("/v1/prices?expand[]=product");
    let message = "This property cannot be expanded (product). You may want to try expanding \
                   'data.product' instead.";
    assert_eq!((list.status, list.error("message")), (400, message));
    let deep = stripe.get("/v1/prices?expand[]=data.a.b.c.d");
    assert_eq!((deep.status, deep.error("code")), (400, "property_expansion_max_depth"));
    let flat = stripe.get("/v1/customers?expand[]=data.email");
    assert_eq!(flat.error("message"), "This property cannot be expanded (data.email).");
}

// A meter event is answered without an id and with an identifier, as Stripe documents it.
#[test]
fn what_has_no_id_is_answered_and_not_kept() {
    let mut stripe = Stripe::new("objects");
    let event = stripe.post("/v1/billing/meter_events", "event_name=calls&payload[value]=1");
    assert_eq!(event.body.str("object"), "billing.meter_event");
    assert_eq!(event.body.get("id"), None);
    assert_eq!(event.body.str("identifier").len(), 36);
}

//! The same seed and the same calls give the same bytes; another seed gives other ids; a refusal leaves
//! no trace.

use crate::stripe::Stripe;

fn story(seed: &str) -> Vec<Vec<u8>> {
    let mut stripe = Stripe::new(seed);
    let customer = stripe.post("/v1/customers", "email=ana@example.com");
    let path = format!("/v1/customers/{}", customer.id());
    let updated = stripe.post(&path, "name=Ana");
    let product = stripe.post("/v1/products", "name=Tea");
    let refused = stripe.try_post("/v1/customers", "wat=1");
    let events = stripe.get("/v1/events");
    [customer, updated, product, refused, events].into_iter().map(|answer| answer.bytes).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert_eq!(story("one"), story("one"));
}

#[test]
fn another_seed_gives_other_ids() {
    let (one, two) = (story("one"), story("two"));
    assert!(one.iter().zip(&two).all(|(one, two)| one != two));
}

#[test]
fn an_id_of_another_seed_is_not_found() {
    let theirs = Stripe::new("one").post("/v1/customers", "").id().to_string();
    let mut stripe = Stripe::new("two");
    stripe.post("/v1/customers", "");
    assert_eq!(stripe.get(&format!("/v1/customers/{theirs}")).status, 404);
}

#[test]
fn a_refusal_leaves_no_trace() {
    let mut one = Stripe::new("one");
    let mut two = Stripe::new("one");
    let refused = two.try_post("/v1/prices", "currency=usd&unit_amount=1&product=prod_nothing");
    assert_eq!(refused.status, 400);
    let form = "name=Tea";
    assert_eq!(one.post("/v1/products", form).bytes, two.post("/v1/products", form).bytes);
    assert_eq!(two.get("/v1/prices").ids().len(), 0);
}

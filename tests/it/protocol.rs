//! Keys, versions, idempotency, unknown URLs: <https://docs.stripe.com/api/authentication> and
//! <https://docs.stripe.com/api/idempotent_requests>; texts as recorded.

use crate::stripe::Stripe;

const FORM: &str = "content-type: application/x-www-form-urlencoded";

#[test]
fn a_key_is_needed_and_must_be_a_test_key() {
    let mut stripe = Stripe::new("protocol");
    let mut with = |authorization: &str| {
        stripe.raw(&format!("GET https://api.stripe.com/v1/customers\n{authorization}"), b"")
    };
    let none = with("");
    assert_eq!((none.status, none.error("type")), (401, "invalid_request_error"));
    assert!(none.error("message").starts_with("You did not provide an API key."));
    assert_eq!(none.header("request-id"), None);
    let bad = with("authorization: Bearer blabla");
    assert_eq!((bad.status, bad.error("message")), (401, "Invalid API Key provided: blabla"));
    assert_eq!(with("authorization: Bearer sk_live_1234567890").status, 401);
    assert_eq!(with("authorization: Bearer sk_test_anything").status, 200);
    // The key as the user name of Basic, without a password: `sk_test_x:`.
    assert_eq!(with("authorization: Basic c2tfdGVzdF94Og==").status, 200);
    let publishable = with("authorization: Bearer pk_test_native");
    assert!(publishable.error("message").contains("publishable API key"));
}

#[test]
fn an_unknown_url_says_so_and_lists_have_no_trailing_slash() {
    let mut stripe = Stripe::new("protocol");
    let unknown = stripe.get("/v1/unknown");
    assert_eq!(unknown.status, 404);
    assert_eq!(
        unknown.error("message"),
        "Unrecognized request URL (GET: /v1/unknown). Please see https://stripe.com/docs or we can \
         help at https://support.stripe.com/."
    );
    let slash = stripe.get("/v1/customers/");
    assert!(slash.error("message").contains("remove the trailing slash"), "{:?}", slash.body);
}

#[test]
fn a_version_must_be_one_of_stripes() {
    let mut stripe = Stripe::new("protocol");
    stripe.headers = "stripe-version: 2023-10-16".into();
    let old = stripe.get("/v1/customers");
    assert_eq!((old.status, old.header("stripe-version")), (200, Some("2023-10-16")));
    stripe.headers = "stripe-version: 1999-01-01".into();
    let none = stripe.get("/v1/customers");
    assert_eq!(none.error("message"), "Invalid Stripe API version: 1999-01-01");
}

#[test]
fn the_same_key_gives_the_same_answer_once() {
    let mut stripe = Stripe::new("protocol");
    stripe.headers = "idempotency-key: k1".into();
    let first = stripe.post("/v1/customers", "name=Ana");
    let again = stripe.post("/v1/customers", "name=Ana");
    assert_eq!(again.bytes, first.bytes);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.header("original-request"), first.header("request-id"));
    let other = stripe.try_post("/v1/customers", "name=Eva");
    assert_eq!((other.status, other.error("type")), (400, "idempotency_error"));
    let elsewhere = stripe.try_post("/v1/products", "name=Ana");
    assert!(elsewhere.error("message").contains("('/v1/products' vs '/v1/customers')"));
    stripe.headers.clear();
    assert_eq!(stripe.get("/v1/customers").ids().len(), 1);
}

#[test]
fn a_refused_parameter_does_not_use_up_the_key() {
    let mut stripe = Stripe::new("protocol");
    stripe.headers = "idempotency-key: k1".into();
    assert_eq!(stripe.try_post("/v1/customers", "wat=1").status, 400);
    assert_eq!(stripe.try_post("/v1/customers", "name=Ana").status, 200);
}

#[test]
fn a_key_is_forgotten_after_a_day() {
    let mut stripe = Stripe::new("protocol");
    stripe.headers = "idempotency-key: k1".into();
    let first = stripe.post("/v1/customers", "");
    stripe.now += 24 * 60 * 60 * 1000;
    assert_ne!(stripe.post("/v1/customers", "").id(), first.id());
}

#[test]
fn an_account_nobody_connected_is_not_accessible() {
    let mut stripe = Stripe::new("protocol");
    stripe.headers = "stripe-account: acct_nobody".into();
    let answer = stripe.get("/v1/customers");
    assert_eq!((answer.status, answer.error("code")), (403, "account_invalid"));
}

#[test]
fn stripe_account_data_is_kept_apart() {
    let mut stripe = Stripe::new("protocol");
    let account = stripe.post("/v1/accounts", "type=custom&country=US").id().to_string();
    stripe.post("/v1/customers", "name=platform");
    stripe.headers = format!("stripe-account: {account}");
    let theirs = stripe.post("/v1/customers", "name=connected");
    assert_eq!(theirs.header("stripe-account"), Some(account.as_str()));
    assert_eq!(stripe.get("/v1/customers").ids(), [theirs.id()]);
    stripe.headers.clear();
    assert_eq!(stripe.get(&format!("/v1/customers/{}", theirs.id())).status, 404);
}

#[test]
fn headers_are_those_stripe_sends() {
    let mut stripe = Stripe::new("protocol");
    let answer = stripe.get("/v1/customers");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("date"), Some("Sat, 21 Nov 2026 12:00:00 GMT"));
    let length = answer.bytes.len().to_string();
    assert_eq!(answer.header("content-length"), Some(length.as_str()));
    let id = answer.header("request-id").unwrap();
    assert!(id.starts_with("req_") && id.len() == 18, "{id}");
}

#[test]
fn no_request_writes_headers_into_its_answer() {
    let mut stripe = Stripe::new("protocol");
    let head = format!(
        "POST https://api.stripe.com/v1/customers\nauthorization: Bearer sk_test_x\n{FORM}\n\
         idempotency-key: a\rx-injected: 1"
    );
    let answer = stripe.raw(&head, b"");
    assert_eq!(answer.header("x-injected"), None);
}

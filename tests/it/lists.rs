//! Lists, filters, pages and searches: <https://docs.stripe.com/api/pagination> and
//! <https://docs.stripe.com/search>.

use crate::stripe::Stripe;

fn customers(stripe: &mut Stripe, count: usize) -> Vec<String> {
    (0..count)
        .map(|number| {
            stripe.now += 1000;
            let form = format!("email=c{number}@example.com&name=Customer {number}");
            stripe.post("/v1/customers", &form).id().to_string()
        })
        .collect()
}

#[test]
fn lists_are_newest_first_ten_at_a_time() {
    let mut stripe = Stripe::new("lists");
    let made = customers(&mut stripe, 12);
    let list = stripe.get("/v1/customers");
    let newest: Vec<&str> = made.iter().rev().take(10).map(String::as_str).collect();
    assert_eq!(list.ids(), newest);
    assert!(list.body.is_true("has_more"));
    assert_eq!(list.body.str("url"), "/v1/customers");
    let names: Vec<&str> = list.body.keys().map(|name| name.as_ref()).collect();
    assert_eq!(names, ["object", "data", "has_more", "url"]);
}

#[test]
fn pages_neither_lose_nor_repeat() {
    let mut stripe = Stripe::new("lists");
    let made = customers(&mut stripe, 7);
    let mut seen = Vec::new();
    let mut path = "/v1/customers?limit=3".to_string();
    loop {
        let page = stripe.get(&path);
        seen.extend(page.ids().into_iter().map(str::to_string));
        if !page.body.is_true("has_more") {
            break;
        }
        path = format!("/v1/customers?limit=3&starting_after={}", seen.last().unwrap());
    }
    seen.reverse();
    assert_eq!(seen, made);
    let before = stripe.get(&format!("/v1/customers?limit=2&ending_before={}", made[3]));
    assert_eq!(before.ids(), [made[5].as_str(), made[4].as_str()]);
    assert!(before.body.is_true("has_more"));
}

#[test]
fn a_deleted_object_is_still_a_cursor_and_an_unknown_one_is_not() {
    let mut stripe = Stripe::new("lists");
    let made = customers(&mut stripe, 3);
    stripe.delete(&format!("/v1/customers/{}", made[1]));
    let after = stripe.get(&format!("/v1/customers?starting_after={}", made[1]));
    assert_eq!(after.ids(), [made[0].as_str()]);
    let unknown = stripe.get("/v1/customers?starting_after=cus_nobody");
    assert_eq!((unknown.status, unknown.error("param")), (400, "starting_after"));
    let both = format!("/v1/customers?starting_after={0}&ending_before={0}", made[0]);
    assert_eq!(stripe.get(&both).status, 400);
}

#[test]
fn filters_let_through_what_they_say() {
    let mut stripe = Stripe::new("lists");
    let made = customers(&mut stripe, 3);
    let second = stripe.get("/v1/customers?email=c1@example.com");
    assert_eq!(second.ids(), [made[1].as_str()]);
    let start = stripe.now / 1000;
    let newest = stripe.get(&format!("/v1/customers?created[gte]={start}"));
    assert_eq!(newest.ids(), [made[2].as_str()]);
    let exact = stripe.get(&format!("/v1/customers?created={}", start - 2));
    assert_eq!(exact.ids(), [made[0].as_str()]);
}

#[test]
fn a_limit_outside_its_range_is_moved_into_it() {
    let mut stripe = Stripe::new("lists");
    customers(&mut stripe, 2);
    assert_eq!(stripe.get("/v1/customers?limit=0").ids().len(), 1);
    assert_eq!(stripe.get("/v1/customers?limit=1000").ids().len(), 2);
    assert_eq!(stripe.get("/v1/customers?limit=some").status, 400);
}

#[test]
fn a_search_finds_by_field_and_metadata_and_turns_pages() {
    let mut stripe = Stripe::new("lists");
    let made = customers(&mut stripe, 3);
    let form = "metadata[tier]=gold";
    stripe.post(&format!("/v1/customers/{}", made[0]), form);
    let gold = stripe.get("/v1/customers/search?query=metadata['tier']:'gold'");
    assert_eq!(gold.ids(), [made[0].as_str()]);
    assert_eq!(gold.body.str("object"), "search_result");
    let all = stripe.get("/v1/customers/search?query=email~'example'&limit=2");
    assert_eq!(all.ids().len(), 2);
    let page = all.body.str("next_page");
    let rest = stripe.get(&format!("/v1/customers/search?query=email~'example'&page={page}"));
    assert_eq!(rest.ids(), [made[0].as_str()]);
    assert!(rest.body.at("next_page").is_null());
}

//! Facts about Stripe's API, each read off the types of stripe 23.1.0, and how URLs are found.

use super::*;
use crate::call::{Host, Method};

fn object(name: &str) -> Object {
    Object::find(name).unwrap_or_else(|| panic!("no object {name}"))
}

fn field(shape: Shape, path: &str) -> Field {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let found = shape.field(first).unwrap_or_else(|| panic!("no field {first}"));
    match (rest, found.kind) {
        ("", _) => found,
        (_, Kind::Object(inner)) => field(inner, rest),
        _ => panic!("{first} is no hash"),
    }
}

fn routed(method: Method, path: &str) -> Option<(&'static str, Vec<String>)> {
    match route(method, Host::Api, path) {
        Routed::Found(operation, ids) => Some((operation.name(), ids)),
        Routed::NoSuchUrl => None,
    }
}

fn names(objects: Objects) -> Vec<&'static str> {
    objects.iter().map(Object::name).collect()
}

#[test]
fn every_operation_is_found_by_its_own_url_and_name() {
    for each in Operation::all() {
        let path = each.path().replace("{id}", "some%2Fid");
        let ids = vec!["some/id".to_string(); each.ids()];
        assert_eq!(route(each.method(), each.host(), &path), Routed::Found(each, ids));
        assert_eq!(operation(each.name()), Some(each));
    }
}

#[test]
fn a_literal_segment_beats_an_id() {
    let found = routed(Method::Get, "/v1/customers/search");
    assert_eq!(found, Some(("customers.search", vec![])));
    let found = routed(Method::Get, "/v1/customers/cus_1");
    assert_eq!(found, Some(("customers.retrieve", vec!["cus_1".into()])));
    let found = routed(Method::Post, "/v1/invoices/create_preview");
    assert_eq!(found, Some(("invoices.createPreview", vec![])));
    let found = routed(Method::Post, "/v1/invoices/in_1");
    assert_eq!(found, Some(("invoices.update", vec!["in_1".into()])));
}

#[test]
fn a_literal_that_leads_nowhere_gives_way_to_an_id() {
    let found = routed(Method::Get, "/v1/customers/search/sources");
    assert_eq!(found, Some(("customers.listSources", vec!["search".into()])));
}

#[test]
fn ids_are_percent_decoded() {
    let found = routed(Method::Get, "/v1/coupons/25%25%20off%C3%A9");
    assert_eq!(found, Some(("coupons.retrieve", vec!["25% offé".into()])));
    let found = routed(Method::Get, "/v1/coupons/100%");
    assert_eq!(found, Some(("coupons.retrieve", vec!["100%".into()])));
}

#[test]
fn what_is_not_published_is_no_url() {
    let unknown = [
        "",
        "/",
        "//",
        "v1/customers",
        "/v1",
        "/v1/customers/",
        "/v1//cus_1",
        "/v1/nope",
        "/v1/customers/cus_1/nope",
        "/v1/customers/cus_1/sources/card_1/more",
        "/v2/customers",
    ];
    for path in unknown {
        assert_eq!(routed(Method::Get, path), None, "{path}");
    }
    assert_eq!(routed(Method::Delete, "/v1/charges/ch_1"), None);
    assert_eq!(route(Method::Get, Host::Files, "/v1/customers"), Routed::NoSuchUrl);
}

#[test]
fn hosts_other_than_the_api_have_their_own_operations() {
    let on = |host, path| match route(Method::Post, host, path) {
        Routed::Found(operation, _) => operation.name(),
        Routed::NoSuchUrl => "",
    };
    assert_eq!(on(Host::Files, "/v1/files"), "files.create");
    assert_eq!(on(Host::Connect, "/oauth/token"), "oauth.token");
    let stream = "/v2/billing/meter_event_stream";
    assert_eq!(on(Host::MeterEvents, stream), "v2.billing.meterEventStream.create");
}

#[test]
fn a_refund_has_the_published_fields() {
    let refund = object("refund").shape();
    let first: Vec<_> = refund.fields().map(|each| each.name).take(4).collect();
    assert_eq!(first, ["id", "object", "amount", "balance_transaction"]);
    assert_eq!(field(refund, "amount").kind, Kind::Int);
    let Field { kind: Kind::Ref(charge), nullable: true, optional: false, .. } =
        field(refund, "charge")
    else {
        panic!("charge is an expandable, nullable reference")
    };
    assert_eq!(names(charge), ["charge"]);
    let reason = field(refund, "reason");
    let Kind::Enum(values) = reason.kind else { panic!("reason is an enum") };
    assert!(values.allows("expired_uncaptured_charge", Versions::NEWEST));
    assert!(field(refund, "failure_reason").optional);
}

#[test]
fn a_deleted_customer_is_still_a_customer() {
    let Kind::Ref(customer) = field(object("charge").shape(), "customer").kind else {
        panic!("customer is a reference")
    };
    assert_eq!(names(customer), ["customer"]);
    let delete = operation("customers.del").map(Operation::answer);
    let Some(Answer::Deleted(deleted)) = delete else { panic!("{delete:?}") };
    assert_eq!(names(deleted), ["customer"]);
}

#[test]
fn lists_objects_and_fractions_inside_objects_are_told_apart() {
    let customer = object("customer").shape();
    assert!(matches!(field(customer, "sources").kind, Kind::ListOf(_)));
    assert!(matches!(field(customer, "discount").kind, Kind::Embedded(_)));
    assert!(matches!(field(customer, "metadata").kind, Kind::Map(_)));
    assert_eq!(field(customer, "balance").kind, Kind::Int);
    assert_eq!(field(object("coupon").shape(), "percent_off").kind, Kind::Float);
    assert_eq!(field(object("price").shape(), "unit_amount_decimal").kind, Kind::Decimal);
}

#[test]
fn parameters_say_what_is_required_nested_and_can_be_unset() {
    let create = operation("paymentIntents.create").map(Operation::params).unwrap();
    assert!(!field(create, "amount").optional);
    assert!(!field(create, "currency").optional);
    assert!(field(create, "customer").optional);
    assert!(field(create, "metadata").emptyable || field(create, "metadata").optional);
    let enabled = field(create, "automatic_payment_methods.enabled");
    assert_eq!((enabled.kind, enabled.optional), (Kind::Bool, false));
    let update = operation("customers.update").map(Operation::params).unwrap();
    assert!(field(update, "shipping").emptyable);
    let list = operation("charges.list").map(Operation::params).unwrap();
    let Kind::Union(created) = field(list, "created").kind else { panic!("created is a union") };
    let kinds: Vec<_> = created.iter().collect();
    assert!(kinds.contains(&Kind::Int) && kinds.iter().any(|kind| matches!(kind, Kind::Object(_))));
    let file = operation("files.create").map(Operation::params).unwrap();
    assert_eq!(field(file, "file").kind, Kind::File);
}

#[test]
fn parameters_know_the_versions_that_have_them() {
    let acacia = Versions::of("2025-02-24.acacia");
    let basil = Versions::of("2025-03-31.basil");
    // `coupon` left subscriptions in favour of `discounts` with basil (stripe 18).
    let create = operation("subscriptions.create").map(Operation::params).unwrap();
    assert!(field(create, "coupon").versions.includes(acacia));
    assert!(!field(create, "coupon").versions.includes(basil));
    assert!(field(create, "discounts").versions.includes(Versions::NEWEST));
    // Upcoming invoices became previews at the same time.
    let upcoming = operation("invoices.retrieveUpcoming").unwrap();
    assert!(upcoming.versions().includes(acacia) && !upcoming.versions().includes(basil));
}

#[test]
fn a_version_belongs_to_the_newest_major_it_is_not_older_than() {
    assert_eq!(Versions::of(API_VERSION), Versions::NEWEST);
    assert_eq!(Versions::of("2023-10-16"), Versions::of("2015-10-16"));
    assert_ne!(Versions::of("2024-04-10"), Versions::of("2023-10-16"));
    assert_eq!(Versions::of("2024-11-20.acacia"), Versions::of("2024-09-30.acacia"));
    assert_eq!(Versions::of("2031-01-01.later"), Versions::NEWEST);
    assert_eq!(api_versions().count(), 129);
    assert_eq!(api_versions().last(), Some(API_VERSION));
}

#[test]
fn verbs_are_what_the_generic_handlers_can_do() {
    let verb = |name| operation(name).map(Operation::verb);
    assert_eq!(verb("customers.create"), Some(Verb::Create));
    assert_eq!(verb("customers.createSource"), Some(Verb::Create));
    assert_eq!(verb("balance.retrieve"), Some(Verb::Retrieve));
    assert_eq!(verb("tax.settings.update"), Some(Verb::Update));
    assert_eq!(verb("customers.listSources"), Some(Verb::List));
    assert_eq!(verb("paymentIntents.capture"), Some(Verb::Other));
    assert_eq!(verb("subscriptions.cancel"), Some(Verb::Other));
    assert_eq!(verb("quotes.pdf"), Some(Verb::Other));
    assert_eq!(operation("quotes.pdf").map(Operation::answer), Some(Answer::Bytes));
}

#[test]
fn errors_and_events_are_closed_lists() {
    assert!(is_error_code("resource_missing") && is_error_code("lock_timeout"));
    assert!(!is_error_code("no_such_code"));
    for name in ["payment_intent.succeeded", "v2.core.account.created"] {
        assert_eq!(event_type(name), Some(name));
    }
    assert_eq!(event_type("payment_intent.eaten"), None);
    let about: Vec<_> = event_objects("customer.source.created").map(Object::name).collect();
    assert_eq!(about, ["account", "bank_account", "card", "source"]);
}

#[test]
fn every_handle_of_the_tables_can_be_read() {
    let mut pending: Vec<Shape> = Object::all().map(Object::shape).collect();
    pending.extend(Operation::all().map(Operation::params));
    pending.extend(Operation::all().filter_map(|each| match each.answer() {
        Answer::Plain(shape) => Some(shape),
        _ => None,
    }));
    let mut seen = std::collections::BTreeSet::new();
    while let Some(shape) = pending.pop() {
        if !seen.insert(shape.0) {
            continue;
        }
        for field in shape.fields() {
            assert_eq!(shape.field(field.name), Some(field));
            let mut kinds = vec![field.kind];
            while let Some(kind) = kinds.pop() {
                match kind {
                    Kind::Object(inner) => pending.push(inner),
                    Kind::List(inner) | Kind::Map(inner) => kinds.push(inner.kind()),
                    Kind::Union(inners) => kinds.extend(inners.iter()),
                    Kind::Enum(values) => assert!(values.values().count() > 0, "{}", field.name),
                    Kind::Ref(objects) | Kind::Embedded(objects) | Kind::ListOf(objects) => {
                        assert!(objects.first().is_some(), "{}", field.name);
                    }
                    _ => {}
                }
            }
        }
    }
    assert_eq!(seen.len() + 1, tables::SHAPES.len(), "a shape that nothing leads to");
}

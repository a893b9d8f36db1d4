//! The rows against the tables of Stripe's types.

use super::*;
use crate::schema::{Answer, Field, Kind, Object, Operation, Shape, Versions};
use crate::value::{Map, Value};
use std::collections::BTreeSet;

fn rows() -> impl Iterator<Item = &'static Resource> {
    FAMILIES.iter().flat_map(|rows| rows.iter())
}

#[test]
fn each_family_is_sorted_and_no_object_has_two_rows() {
    for family in FAMILIES {
        for pair in family.windows(2) {
            assert!(pair[0].object < pair[1].object, "{} comes later", pair[0].object);
        }
    }
    let objects: BTreeSet<_> = rows().map(|row| row.object).collect();
    assert_eq!(objects.len(), rows().count());
    for row in rows() {
        assert!(find(row.object).is_some_and(|found| found.object == row.object));
    }
    assert!(find("nothing").is_none());
}

#[test]
fn defaults_are_json_objects() {
    let texts =
        |row: &'static Resource| row.when_set.iter().map(|(_, text)| *text).chain([row.defaults]);
    for (row, text) in rows().flat_map(|row| texts(row).map(move |text| (row, text))) {
        let value: Value =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{}: {error}", row.object));
        assert!(value.as_map().is_some(), "{}", row.object);
    }
}

#[test]
fn every_row_has_a_noun_and_ids_tell_their_objects_apart() {
    let mut prefixes = BTreeSet::new();
    // Stripe itself gives these the same prefix: Accounts v1 and v2 are the same accounts, a
    // payout method is a bank account, and the line items of tax are one kind of thing.
    let shared = ["acct_1", "tax_li_"];
    for row in rows() {
        assert!(!row.noun.is_empty(), "{}", row.object);
        if row.prefix.is_empty() {
            assert!(row.id == IdStyle::Given || row.object == "coupon", "{}", row.object);
        } else if !shared.contains(&row.prefix) {
            assert!(prefixes.insert(row.prefix), "{} is taken", row.prefix);
        }
    }
}

/// What is on the wire though the types do not know it.
static BEYOND_THE_TYPES: &[&str] = &[
    "billing.meter_event.payload",
    "card.email",
    "card.phone",
    "card.wallet",
    "charge.destination",
    "charge.dispute",
    "charge.order",
    "dispute.balance_transaction",
    "ephemeral_key.associated_objects",
    "issuing.card.migrate_tokens_from",
    "issuing.card.pin",
    "payment_intent.shared_payment_granted_token",
    "payment_method.shared_payment_granted_token",
    "product.attributes",
    "subscription.plan",
    "subscription.quantity",
    "subscription_schedule.renewal_interval",
    "v2.core.event.related_object",
];

/// Checks that each member of a hash is a field of the shape and has a value that fits.
fn check_hash(path: &str, shape: Shape, hash: &Map, wrong: &mut Vec<String>) {
    for (name, value) in hash.iter() {
        let path = format!("{path}.{name}");
        if BEYOND_THE_TYPES.contains(&path.as_str()) {
            assert!(shape.field(name).is_none(), "the types know {path}");
            continue;
        }
        match shape.field(name) {
            Some(field) => check_field(&path, field, value, wrong),
            None => wrong.push(format!("{path} is no field")),
        }
    }
}

fn check_field(path: &str, field: Field, value: &Value, wrong: &mut Vec<String>) {
    match (field.kind, value) {
        // Stripe sends null in many fields that the types call optional and never null.
        (_, Value::Null) if field.nullable || field.optional => {}
        (_, Value::Str(text)) if text == "@absent" => {}
        (kind, value) => check_value(path, kind, value, wrong),
    }
}

fn check_value(path: &str, kind: Kind, value: &Value, wrong: &mut Vec<String>) {
    let fits = match (kind, value) {
        (Kind::Int, Value::Str(text)) => text.starts_with("@now"),
        (Kind::Str, Value::Str(text)) => !text.starts_with("@now"),
        (Kind::Decimal, Value::Str(_)) | (Kind::Any, _) => true,
        (Kind::Int | Kind::Float, Value::Int(_)) | (Kind::Bool, Value::Bool(_)) => true,
        (Kind::Enum(values), Value::Str(text)) => {
            values.allows(text, Versions::of(crate::schema::API_VERSION))
        }
        (Kind::Object(shape), Value::Map(hash)) => {
            check_hash(path, shape, hash, wrong);
            true
        }
        (Kind::List(inner), Value::List(items)) => {
            items.iter().for_each(|item| check_value(path, inner.kind(), item, wrong));
            true
        }
        (Kind::Map(inner), Value::Map(items)) => {
            items.iter().for_each(|(_, item)| check_value(path, inner.kind(), item, wrong));
            true
        }
        (Kind::ListOf(_), Value::Map(list)) => list.str("object") == "list",
        (Kind::Union(kinds), value) => kinds.iter().any(|kind| {
            let mut inside = Vec::new();
            check_value(path, kind, value, &mut inside);
            inside.is_empty()
        }),
        _ => false,
    };
    if !fits {
        wrong.push(format!("{path} cannot be {value:?}"));
    }
}

#[test]
fn every_object_of_the_types_has_a_row_and_every_row_an_object() {
    let objects: BTreeSet<_> = Object::all().map(Object::name).collect();
    let rows: BTreeSet<_> = rows().map(|row| row.object).collect();
    let missing: Vec<_> = objects.difference(&rows).collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
    let unknown: Vec<_> = rows.difference(&objects).collect();
    assert!(unknown.is_empty(), "no objects: {unknown:?}");
}

#[test]
fn defaults_speak_of_fields_and_fit_them() {
    let mut wrong = Vec::new();
    for row in rows() {
        let shape = Object::find(row.object).expect("an object").shape();
        let read = |text| match serde_json::from_str(text) {
            Ok(Value::Map(map)) => map,
            other => panic!("{}: {other:?}", row.object),
        };
        check_hash(row.object, shape, &read(row.defaults), &mut wrong);
        for (name, text) in row.when_set {
            let hash = Value::Map(read(text));
            match shape.field(name) {
                Some(field) => {
                    check_field(&format!("{}.{name}", row.object), field, &hash, &mut wrong)
                }
                None => wrong.push(format!("{}.{name} is no field", row.object)),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a path leads to a field of that shape, through lists and whole objects.
fn leads_somewhere(shape: Shape, path: &str) -> bool {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    shape.field(first).is_some_and(|field| rest.is_empty() || leads_on(field.kind, rest))
}

fn leads_on(kind: Kind, path: &str) -> bool {
    match kind {
        Kind::Object(shape) => leads_somewhere(shape, path),
        Kind::Embedded(objects) => {
            objects.iter().any(|object| leads_somewhere(object.shape(), path))
        }
        Kind::ListOf(objects) => path
            .strip_prefix("data.")
            .is_some_and(|path| objects.iter().any(|object| leads_somewhere(object.shape(), path))),
        Kind::List(inner) => leads_on(inner.kind(), path),
        Kind::Union(kinds) => kinds.iter().any(|kind| leads_on(kind, path)),
        Kind::Any => true,
        _ => false,
    }
}

/// The path of a filter without its special spelling.
fn bare(path: &str) -> &str {
    let path = path.trim_start_matches('!');
    path.split(['=', '<', '>']).next().unwrap_or(path)
}

#[test]
fn paths_lead_to_fields() {
    let mut wrong = Vec::new();
    for row in rows() {
        let shape = Object::find(row.object).expect("an object").shape();
        let plain = |name: &&'static str| {
            *name != "metadata" && !row.filters.iter().any(|(filter, _)| filter == name)
        };
        let paths = row.filters.iter().map(|(_, path)| bare(path));
        let paths = paths.chain(row.indexed.iter().copied());
        let paths = paths.chain(row.search.iter().map(|(name, _)| *name).filter(plain));
        let paths = paths.chain([row.parent].into_iter().filter(|parent| !parent.is_empty()));
        for path in paths {
            let first = path.split('.').next().unwrap_or(path);
            let is_known = BEYOND_THE_TYPES.contains(&format!("{}.{first}", row.object).as_str());
            if !is_known && !leads_somewhere(shape, path) {
                wrong.push(format!("{}: {path}", row.object));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Parameters of lists that ask for something no field holds; the rows' comments say what.
static NOT_A_FIELD: &[&str] = &[
    "balanceTransactions.list payout",
    "billing.creditBalanceTransactions.list customer",
    "billing.creditBalanceTransactions.list customer_account",
    "entitlements.activeEntitlements.list customer",
    "financialConnections.accounts.list session",
    "productCatalog.trialOffers.list created",
    "radar.valueLists.list contains",
    "subscriptions.list current_period_end",
    "subscriptions.list current_period_start",
    "treasury.debitReversals.list resolution",
    "treasury.transactionEntries.list order_by",
    "treasury.transactions.list order_by",
];

/// Lists of what is computed from their parameters.
static COMPUTED: &[&str] = &[
    "billing.meters.listEventSummaries",
    "creditNotes.listPreviewLineItems",
    "invoices.listUpcomingLines",
];

#[test]
fn every_parameter_of_every_list_filters_something() {
    let mut wrong = Vec::new();
    for operation in Operation::all() {
        let (Answer::List(objects) | Answer::V2List(objects)) = operation.answer() else {
            continue;
        };
        if COMPUTED.contains(&operation.name()) {
            continue;
        }
        let row = find(objects.first().expect("a list of something").name()).expect("a row");
        for field in operation.params().fields() {
            let name = field.name;
            let known = match name {
                "limit" | "page" | "starting_after" | "ending_before" | "expand" | "include" => {
                    true
                }
                _ => {
                    row.filters.iter().any(|(filter, _)| *filter == name)
                        || objects.iter().any(|object| object.shape().field(name).is_some())
                }
            };
            let full = format!("{} {name}", operation.name());
            if known == NOT_A_FIELD.contains(&full.as_str()) {
                wrong.push(full);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

struct Newborn;

impl Birth for Newborn {
    fn id(&self) -> &str {
        "id"
    }
    fn account(&self) -> &str {
        "account"
    }
    fn now(&self) -> i64 {
        1
    }
    fn time(&self, _seconds: i64) -> String {
        String::from("time")
    }
    fn random(&mut self, count: usize, _alphabet: &'static [u8]) -> String {
        "x".repeat(count)
    }
}

#[test]
fn no_marker_of_the_defaults_is_left_in_a_new_object() {
    for row in rows() {
        let object: Value = serde_json::from_str(row.defaults).expect("JSON");
        let mut object = object.into_map().expect("an object");
        let marked = marked(&object);
        resolve(&mut object, &marked, &mut Newborn);
        let text = serde_json::to_string(&object).expect("JSON");
        for marker in ["\"@now", "\"@time", "{id", "{account", "{random", ":}", "{upper", "{hex"] {
            assert!(!text.contains(marker), "{}: {marker} in {text}", row.object);
        }
    }
}

//! What always holds of billing, whatever happens: in worlds that chance makes.
//!
//! The laws are those of <https://docs.stripe.com/api/invoices/object>,
//! <https://docs.stripe.com/api/events/object>, <https://docs.stripe.com/billing/subscriptions/overview>,
//! <https://docs.stripe.com/billing/subscriptions/billing-cycle> and
//! <https://docs.stripe.com/invoicing/preview>.

use crate::stripe::Stripe;
use crate::worlds::{self, Step, World, all, go, maps};
use fakestripe::value::{Map, Value};
use std::collections::BTreeMap;

/// The first seed; each world has the one after. Printed when something is wrong.
const SEED: u64 = 20_261_121;

/// A world in which that many things were done, with time for what follows of them.
fn lived(seed: u64, steps: usize) -> World {
    let mut world = World::new(seed);
    for _ in 0..steps {
        world.step();
    }
    world.wait_until(world.now + 45 * worlds::DAY);
    world
}

/// Runs a law in so many worlds. `WORLD` names the seed of the only one to look at, and `WORLDS` how
/// many there are: then each that breaks the law is told of.
fn worlds(count: u64, law: fn(u64)) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    if let Some(seed) = number("WORLD") {
        return law(seed);
    }
    if let Some(count) = number("WORLDS") {
        let breaks = |seed: &u64| std::panic::catch_unwind(|| law(*seed)).is_err();
        let broken: Vec<u64> = (SEED..SEED + count).filter(breaks).collect();
        assert!(broken.is_empty(), "{broken:?}");
        return;
    }
    let half = std::thread::spawn(move || (SEED..SEED + count / 2).for_each(law));
    (SEED + count / 2..SEED + count).for_each(law);
    half.join().unwrap();
}

fn sum<'a>(of: impl Iterator<Item = &'a Map>, name: &str) -> i64 {
    of.map(|entry| entry.int(name)).sum()
}

fn lines(of: &Map) -> Vec<&Map> {
    maps(of.path("lines.data")).collect()
}

// Invoices and credit notes.

/// Lines sum to the subtotal, discounts and taxes to the total, and what is due follows.
fn assert_adds_up(invoice: &Map, note: &str) {
    let note = format!("{note}: {} {}", invoice.str("id"), invoice.str("status"));
    let lines = lines(invoice);
    let of_lines = |name: &str, inner: &str| {
        lines.iter().map(|line| sum(maps(line.at(name)), inner)).sum::<i64>()
    };
    let gross = sum(lines.iter().copied(), "amount");
    let own: i64 = (lines.iter())
        .map(|line| {
            let its = line.at("discounts").as_list().unwrap_or_default();
            let is_its = |off: &&Map| its.iter().any(|id| id.as_id() == off.at("discount").as_id());
            sum(maps(line.at("discount_amounts")).filter(is_its), "amount")
        })
        .sum();
    assert_eq!(invoice.int("subtotal"), gross - own, "{note}: subtotal");
    let off = of_lines("discount_amounts", "amount");
    assert_eq!(sum(maps(invoice.at("total_discount_amounts")), "amount"), off, "{note}: discounts");
    for line in &lines {
        let off = sum(maps(line.at("discount_amounts")), "amount");
        assert!(off == 0 || (0 < off && off <= line.int("amount")), "{note}: {line:?}");
    }
    let credits = maps(invoice.at("total_pretax_credit_amounts"));
    let credits = sum(credits.filter(|of| of.str("type") != "discount"), "amount");
    let by = |way: &'static str| move |tax: &&Map| tax.str("tax_behavior") == way;
    for way in ["exclusive", "inclusive"] {
        let of_lines: i64 =
            lines.iter().map(|line| sum(maps(line.at("taxes")).filter(by(way)), "amount")).sum();
        let of_all = sum(maps(invoice.at("total_taxes")).filter(by(way)), "amount");
        assert_eq!(of_all, of_lines, "{note}: {way} taxes");
    }
    let exclusive = sum(maps(invoice.at("total_taxes")).filter(by("exclusive")), "amount");
    let inclusive = sum(maps(invoice.at("total_taxes")).filter(by("inclusive")), "amount");
    let total = gross - off - credits + exclusive + invoice.int("amount_shipping");
    assert_eq!(invoice.int("total"), total, "{note}: total");
    assert_eq!(invoice.int("total_excluding_tax"), total - exclusive - inclusive, "{note}");
    assert_settles(invoice, &note);
}

/// What is due follows from the total and the balance, and what remains from what was paid.
fn assert_settles(invoice: &Map, note: &str) {
    let taken_off = invoice.int("pre_payment_credit_notes_amount");
    let (total, due) = (invoice.int("total"), invoice.int("amount_due"));
    let (before, least) = (invoice.int("starting_balance"), 50);
    let full = match total < 0 {
        true => 0,
        false => (total + before).max(0),
    };
    let is_small = full < least;
    let expected = if is_small { 0 } else { full - taken_off };
    assert_eq!(due, expected, "{note}: {total} with a balance of {before}: amount_due");
    if let Some(after) = invoice.at("ending_balance").as_int() {
        let moved = if total < 0 { total } else { total - due - taken_off };
        assert_eq!(after, before + moved, "{note}: ending_balance");
    }
    let paid = invoice.int("amount_paid") - invoice.int("amount_overpaid");
    assert_eq!(invoice.int("amount_remaining"), due - paid, "{note}: amount_remaining");
    match invoice.str("status") {
        "draft" => assert!(invoice.at("number").is_null() && paid == 0, "{note}"),
        "paid" => assert_eq!(due, paid, "{note}"),
        // The last invoice of a canceled subscription, over a credit, is written off as a draft.
        _ if total < 0 => assert!(invoice.at("number").is_null(), "{note}"),
        _ => assert!(
            0 < invoice.int("amount_remaining") && !invoice.at("number").is_null(),
            "{note}"
        ),
    }
}

/// Numbers follow one another, for each customer.
fn assert_numbers(invoices: &[Map], note: &str) {
    let mut numbers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for invoice in invoices {
        let number = invoice.at("number").as_str();
        numbers.entry(invoice.str("customer")).or_default().extend(number);
    }
    for (customer, mut numbers) in numbers {
        numbers.sort();
        for (place, number) in numbers.iter().enumerate() {
            let ends = format!("-{:04}", place + 1);
            assert!(number.ends_with(&ends), "{note}: {customer}: {numbers:?}");
        }
    }
}

/// What was taken off an invoice is what its notes say.
fn assert_notes(invoices: &[Map], notes: &[Map], note: &str) {
    for of in notes {
        let note = format!("{note}: {}", of.str("id"));
        let total = sum(maps(of.path("lines.data")), "amount");
        assert_eq!(of.int("subtotal"), total, "{note}");
        assert_eq!(of.int("amount"), of.int("total"), "{note}");
        let parts = of.int("pre_payment_amount") + of.int("post_payment_amount");
        assert_eq!(parts, of.int("total"), "{note}");
        let refunded = sum(maps(of.at("refunds")), "amount_refunded");
        let outside = of.int("out_of_band_amount");
        let has_credit = !of.at("customer_balance_transaction").is_null();
        if !has_credit {
            assert_eq!(refunded + outside, of.int("post_payment_amount"), "{note}");
        }
    }
    for invoice in invoices {
        let its = || {
            let of =
                |of: &&Map| of.str("invoice") == invoice.str("id") && of.str("status") == "issued";
            notes.iter().filter(of)
        };
        let note = format!("{note}: {}", invoice.str("id"));
        let before = invoice.int("pre_payment_credit_notes_amount");
        assert_eq!(before, sum(its(), "pre_payment_amount"), "{note}");
        let after = invoice.int("post_payment_credit_notes_amount");
        assert_eq!(after, sum(its(), "post_payment_amount"), "{note}");
        let mut numbers: Vec<&str> = (notes.iter())
            .filter(|of| of.str("invoice") == invoice.str("id"))
            .map(|of| of.str("number"))
            .collect();
        numbers.sort();
        for (place, number) in numbers.iter().enumerate() {
            let expected = format!("{}-CN-{:02}", invoice.str("number"), place + 1);
            assert_eq!(*number, expected, "{note}");
        }
    }
}

// Balances, coupons, statuses.

/// A customer's balance is the sum of its transactions, each of which says what came of it.
fn assert_balances(world: &mut World, note: &str) {
    for id in world.customers.clone() {
        let note = format!("{note}: {id}");
        let customer = world.get(&format!("/v1/customers/{id}"));
        let path = format!("/v1/customers/{id}/balance_transactions");
        let entries = all(&mut world.stripe, &path);
        let mut balance = 0;
        for entry in entries.iter().rev() {
            balance += entry.int("amount");
            assert_eq!(entry.int("ending_balance"), balance, "{note}: {entry:?}");
        }
        assert_eq!(customer.int("balance"), balance, "{note}");
    }
}

/// No subscription is in a state that its latest finalized invoice contradicts.
fn assert_statuses(world: &mut World, invoices: &[Map], note: &str) {
    let subscriptions = all(&mut world.stripe, "/v1/subscriptions?status=all");
    for subscription in &subscriptions {
        let is_its = |invoice: &&Map| {
            let of = invoice.path("parent.subscription_details.subscription");
            of.as_id() == subscription.at("id").as_id() && invoice.str("status") != "draft"
        };
        let since = |of: &&Map| of.path("status_transitions.finalized_at").as_int();
        // The newest comes first.
        let latest = invoices.iter().filter(is_its).rev().max_by_key(since);
        let of_invoice = latest.map_or("none", |latest| latest.str("status"));
        let is_first = latest.is_some_and(|it| it.str("billing_reason") == "subscription_create");
        let is_sent = subscription.str("collection_method") == "send_invoice";
        let is_fine = match (subscription.str("status"), of_invoice) {
            // What was paid or given up on is not owed.
            ("past_due" | "unpaid", invoice) => matches!(invoice, "open" | "void"),
            ("incomplete", invoice) => invoice == "open" && is_first,
            ("incomplete_expired", invoice) => {
                matches!(invoice, "void" | "uncollectible") && is_first
            }
            ("active", "open") => is_sent || !latest.unwrap().is_true("attempted"),
            _ => true,
        };
        let id = subscription.str("id");
        assert!(is_fine, "{note}: {id} is {} with {of_invoice}", subscription.str("status"));
    }
}

// Events.

/// An object as it was before the attributes changed that an event shows as they were.
fn undone(after: &Map, previous: &Map) -> Map {
    let mut before = after.clone();
    for (name, old) in previous.iter() {
        let inner = after.at(name).as_map().zip(old.as_map());
        let value = inner.map(|(after, previous)| undone(after, previous).into());
        before.set(name.clone(), value.unwrap_or_else(|| old.clone()));
    }
    before
}

/// Without what is null: what an object does not show is the same as what it shows as nothing.
fn bare(map: &Map) -> Map {
    let mut bare = Map::new();
    for (name, value) in map.iter() {
        match value {
            Value::Null => {}
            Value::List(list) => {
                bare.set(name.clone(), list.iter().map(bare_value).collect::<Vec<_>>())
            }
            other => match other.as_map() {
                Some(inner) => bare.set(name.clone(), bare_value(&inner.clone().into())),
                None => bare.set(name.clone(), other.clone()),
            },
        }
    }
    bare
}

fn bare_value(value: &Value) -> Value {
    value.as_map().map_or_else(|| value.clone(), |map| bare(map).into())
}

/// The names of what differs, and how.
fn differences(one: &Map, other: &Map) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in one.iter() {
        if other.at(name) != value {
            match (value.as_map(), other.at(name).as_map()) {
                (Some(one), Some(other)) => found.extend(
                    differences(one, other).into_iter().map(|inner| format!("{name}.{inner}")),
                ),
                _ => found.push(format!("{name}: {value:?} and {:?}", other.at(name))),
            }
        }
    }
    for (name, value) in other.iter() {
        if one.get(name).is_none() {
            found.push(format!("{name}: nothing and {value:?}"));
        }
    }
    found
}

/// What events have shown of an object: as it is, and as it was before that.
struct Shown {
    event: String,
    now: Map,
    before: Option<Map>,
}

/// Undoing what each event shows as changed gives what was shown before. Gives what was shown last of
/// each object.
fn assert_history(events: &[Map], note: &str) -> BTreeMap<String, Map> {
    let mut shown: BTreeMap<String, Shown> = BTreeMap::new();
    for event in events {
        let kind = event.str("type").to_string();
        let object = event.path("data.object").as_map().unwrap();
        let now = without(object, KEPT_QUIET);
        let id = object.str("id").to_string();
        if id.is_empty() {
            continue;
        }
        let known = shown.remove(&id);
        // Several events tell of one change: they show the same object.
        let before = match known {
            Some(known) if known.now == now => known.before.map(|before| (known.event, before)),
            Some(known) => Some((known.event, known.now)),
            None => None,
        };
        let previous = event.path("data.previous_attributes").as_map();
        if let (Some((of, before)), Some(previous)) = (&before, previous) {
            let note = format!("{note}: {id}: {kind} after {of}");
            assert!(!previous.is_empty(), "{note} shows nothing as changed");
            let undone = without(&undone(object, previous), KEPT_QUIET);
            let (undone, before) = (settled(&undone), settled(before));
            let found = if undone == before { Vec::new() } else { differences(&undone, &before) };
            assert!(found.is_empty(), "{note}: undone and before: {found:#?}");
        }
        let before = before.map(|(_, before)| before);
        shown.insert(id, Shown { event: kind, now, before });
    }
    shown.into_iter().map(|(id, shown)| (id, shown.now)).collect()
}

/// What changes without an event: what no type of event stands for, and (recorded) how often a coupon
/// was redeemed, which invoice number comes next, and a customer's discount, which has events of its own.
const KEPT_QUIET: &[(&str, &str)] = &[
    ("coupon", "times_redeemed"),
    ("coupon", "valid"),
    ("customer", "discount"),
    ("customer", "next_invoice_sequence"),
    ("invoiceitem", "invoice"),
];

/// What a draft shows of its customer as they are, whatever was told of it: until an invoice is
/// finalized these fields equal the customer's.
const LIVE: &[(&str, &str)] = &[
    ("invoice", "amount_due"),
    ("invoice", "amount_remaining"),
    ("invoice", "customer_address"),
    ("invoice", "customer_email"),
    ("invoice", "customer_name"),
    ("invoice", "customer_phone"),
    ("invoice", "customer_shipping"),
    ("invoice", "customer_tax_exempt"),
    ("invoice", "starting_balance"),
];

/// An object without what follows its customer by itself.
fn settled(object: &Map) -> Map {
    without(object, if object.str("status") == "draft" { LIVE } else { &[] })
}

fn without(object: &Map, names: &[(&str, &str)]) -> Map {
    let mut rest = bare(object);
    for (kind, name) in names {
        if *kind == object.str("object") {
            rest.remove(name);
        }
    }
    rest
}

const RETRIEVED: &[(&str, &str)] = &[
    ("billing.meter", "billing/meters"),
    ("coupon", "coupons"),
    ("credit_note", "credit_notes"),
    ("customer", "customers"),
    ("invoice", "invoices"),
    ("invoice_payment", "invoice_payments"),
    ("invoiceitem", "invoiceitems"),
    ("plan", "plans"),
    ("price", "prices"),
    ("product", "products"),
    ("subscription", "subscriptions"),
    ("subscription_schedule", "subscription_schedules"),
    ("tax_rate", "tax_rates"),
    ("test_helpers.test_clock", "test_helpers/test_clocks"),
];

/// What the last event of an object shows is what it is.
fn assert_all_was_told(stripe: &mut Stripe, last: &BTreeMap<String, Map>, note: &str) {
    for (id, shown) in last {
        let kind = shown.str("object");
        let Some((_, path)) = RETRIEVED.iter().find(|(of, _)| *of == kind) else { continue };
        let found = stripe.get(&format!("/v1/{path}/{id}"));
        if found.status != 200 || found.body.is_true("deleted") {
            continue;
        }
        let found = settled(&without(&found.body, KEPT_QUIET));
        let found = differences(&found, &settled(shown));
        assert!(found.is_empty(), "{note}: {kind} {id}: {found:#?}");
    }
}

#[test]
fn what_happened_adds_up_and_was_told() {
    worlds(24, |seed| {
        let mut world = lived(seed, 36);
        let note = world.note();
        let invoices = all(&mut world.stripe, "/v1/invoices");
        for invoice in &invoices {
            assert_adds_up(invoice, &note);
        }
        assert_numbers(&invoices, &note);
        let notes = all(&mut world.stripe, "/v1/credit_notes");
        assert_notes(&invoices, &notes, &note);
        assert_balances(&mut world, &note);
        assert_statuses(&mut world, &invoices, &note);
        let mut events = all(&mut world.stripe, "/v1/events");
        events.reverse();
        let last = assert_history(&events, &note);
        assert_all_was_told(&mut world.stripe, &last, &note);
        assert!(world.refused < world.succeeded, "{note}: {} were refused", world.refused);
    });
}

// Time.

/// Everything there is to see, in bytes.
fn seen(stripe: &mut Stripe) -> Vec<Vec<u8>> {
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = stripe.get(&format!("/v1/events?limit=100{after}"));
        let more = page.body.is_true("has_more");
        after = format!("&starting_after={}", page.ids().last().unwrap_or(&""));
        seen.push(page.bytes);
        if !more {
            break;
        }
    }
    for path in [
        "subscriptions?status=all",
        "invoices?limit=100",
        "invoiceitems?limit=100",
        "customers?limit=100",
        "credit_notes?limit=100",
        "subscription_schedules?limit=100",
        "charges?limit=100",
        "payment_intents?limit=100",
        "balance_transactions?limit=100",
    ] {
        seen.push(stripe.get(&format!("/v1/{path}")).bytes);
    }
    seen
}

/// Tells a world again, with each wait in so many pieces.
fn told_again(world: &World, pieces: i64) -> Vec<Vec<u8>> {
    let mut stripe = worlds::stage(&format!("world {}", world.seed));
    let mut now = crate::stripe::NOW / 1000;
    for step in &world.steps {
        match step {
            Step::Ask { method, path, form } => drop(stripe.send(method, path, form)),
            Step::To(at) => {
                for piece in 1..=pieces {
                    go(&mut stripe, now + (at - now) * piece / pieces);
                }
                now = *at;
            }
        }
    }
    seen(&mut stripe)
}

#[test]
fn one_leap_and_many_steps_come_to_the_same() {
    worlds(8, |seed| {
        let mut world = lived(seed, 30);
        let note = world.note();
        let whole = seen(&mut world.stripe);
        let pieces = told_again(&world, 2 + (seed % 30) as i64);
        for (one, other) in whole.iter().zip(&pieces) {
            if one != other {
                let (one, other) = (String::from_utf8_lossy(one), String::from_utf8_lossy(other));
                let place = one.bytes().zip(other.bytes()).position(|(one, other)| one != other);
                let place = place.unwrap_or(0).saturating_sub(300);
                let part = |text: &str| text.chars().skip(place).take(900).collect::<String>();
                panic!("{note}:\n{}\n\nin pieces:\n{}", part(&one), part(&other));
            }
        }
        assert_eq!(whole.len(), pieces.len(), "{note}");
    });
}

/// What a clock's customers have and what happened to them, told again with each wait of the clock in
/// so many pieces.
fn told_by_a_clock(seed: u64, pieces: i64) -> (Vec<Vec<u8>>, Vec<String>) {
    let mut random = worlds::Random::new(seed);
    let mut stripe = worlds::stage("clock");
    let mut now = crate::stripe::NOW / 1000 + random.below(900 * worlds::DAY as usize) as i64;
    let form = format!("frozen_time={now}");
    let clock = stripe.post("/v1/test_helpers/test_clocks", &form).id().to_string();
    let mut prices = Vec::new();
    for form in ["unit_amount=1500", "unit_amount=2400", "unit_amount_decimal=99.5"] {
        let form = format!("currency=usd&{form}&product_data[name]=Club&recurring[interval]=month");
        prices.push(stripe.post("/v1/prices", &form).id().to_string());
    }
    let mut customers = Vec::new();
    for card in ["pm_card_visa", "pm_card_visa", "pm_card_chargeCustomerFail"] {
        let form = format!("test_clock={clock}&email=ana@example.com");
        let customer = stripe.post("/v1/customers", &form).id().to_string();
        let path = format!("/v1/payment_methods/{card}/attach");
        let method = stripe.post(&path, &format!("customer={customer}")).id().to_string();
        let form = format!("invoice_settings[default_payment_method]={method}");
        stripe.post(&format!("/v1/customers/{customer}"), &form);
        let trial = random.below(9);
        let form =
            format!("customer={customer}&items[0][price]={}&trial_period_days={trial}", prices[0]);
        stripe.post(
            "/v1/subscriptions",
            if trial == 0 { &form[..form.rfind('&').unwrap()] } else { &form },
        );
        customers.push(customer);
    }
    for _ in 0..5 {
        let wait = 1 + random.below(50 * worlds::DAY as usize) as i64;
        for piece in 1..=pieces {
            let form = format!("frozen_time={}", now + wait * piece / pieces);
            stripe.post(&format!("/v1/test_helpers/test_clocks/{clock}/advance"), &form);
        }
        now += wait;
        let customer = random.of(&customers);
        let live = stripe.get(&format!("/v1/subscriptions?customer={customer}"));
        let live: Vec<Map> = maps(live.body.at("data")).cloned().collect();
        let Some(subscription) = live.first() else { continue };
        let path = format!("/v1/subscriptions/{}", subscription.str("id"));
        let item = maps(subscription.path("items.data")).next().unwrap().str("id");
        let form = match random.below(4) {
            0 => "cancel_at_period_end=true".to_string(),
            1 => format!("items[0][id]={item}&items[0][quantity]={}", 1 + random.below(5)),
            2 => format!("items[0][id]={item}&items[0][price]={}", prices[1 + random.below(2)]),
            _ => "pause_collection[behavior]=void".to_string(),
        };
        stripe.try_post(&path, &form);
    }
    let mut objects = Vec::new();
    for customer in &customers {
        for path in ["subscriptions?status=all&", "invoices?", "invoiceitems?", "charges?"] {
            let path = format!("/v1/{path}customer={customer}&limit=100");
            objects.push(stripe.get(&path).bytes);
        }
        objects.push(stripe.get(&format!("/v1/customers/{customer}")).bytes);
    }
    // The clock's own events are one more for each advance; which request caused something and the ids
    // of events follow from how many there were.
    let told = all(&mut stripe, "/v1/events").into_iter();
    let told = told.filter(|event| !event.str("type").starts_with("test_helpers.test_clock"));
    let told = told.map(|mut event| {
        event.remove("id");
        event.remove("request");
        format!("{event:?}")
    });
    (objects, told.collect())
}

#[test]
fn a_test_clock_may_leap_or_walk() {
    worlds(10, |seed| {
        let (objects, events) = told_by_a_clock(seed, 1);
        let (walked, told) = told_by_a_clock(seed, 2 + (seed % 9) as i64);
        assert_eq!(events.len(), told.len(), "seed {seed}");
        for (one, other) in events.iter().zip(&told) {
            assert_eq!(one, other, "seed {seed}");
        }
        assert!(objects == walked, "seed {seed}: the objects are others");
    });
}

// Previews.

/// What a preview promises of a line.
fn line_of(line: &Map) -> Map {
    let amounts = |name: &str| {
        let amounts = maps(line.at(name)).map(|entry| Value::Int(entry.int("amount")));
        Value::List(amounts.collect())
    };
    let parent = line.path("parent.subscription_item_details");
    let mut seen = Map::new();
    for name in ["amount", "currency", "description", "period", "pricing", "quantity", "metadata"] {
        seen.set(name, line.at(name).clone());
    }
    seen.set("discounts", amounts("discount_amounts"));
    seen.set("taxes", amounts("taxes"));
    let proration = parent.as_map().map_or(Value::Null, |parent| parent.at("proration").clone());
    seen.set("proration", proration);
    seen
}

/// What a preview promises of an invoice; of what is due only where the balance is the same.
fn promise(invoice: &Map, with_due: bool) -> Map {
    let mut seen = Map::new();
    for name in [
        "currency",
        "customer",
        "collection_method",
        "subtotal",
        "subtotal_excluding_tax",
        "total",
        "total_excluding_tax",
        "period_start",
        "period_end",
        "default_tax_rates",
    ] {
        seen.set(name, invoice.at(name).clone());
    }
    if with_due {
        for name in ["starting_balance", "amount_due"] {
            seen.set(name, invoice.at(name).clone());
        }
    }
    let lines: Vec<Value> = lines(invoice).into_iter().map(|line| line_of(line).into()).collect();
    seen.set("lines", lines);
    seen
}

fn assert_same(preview: &Map, invoice: &Map, note: &str) {
    let with_due = preview.int("starting_balance") == invoice.int("starting_balance");
    let (one, other) = (promise(preview, with_due), promise(invoice, with_due));
    let found = differences(&one, &other);
    assert!(found.is_empty(), "{note}: previewed and billed: {found:#?}");
}

const PREVIEW: &str = "/v1/invoices/create_preview";

/// A subscription that is not there yet.
fn check_beginning(world: &mut World) -> usize {
    let customer = world.random.of(&world.customers.clone());
    let (_, params) = world.wanted();
    let discounts = world.discounts();
    let form = format!("customer={customer}{discounts}&{}", worlds::nested(&params));
    let preview = world.post(PREVIEW, &form);
    let form = format!(
        "customer={customer}{discounts}&{}&expand[]=latest_invoice&payment_behavior=default_incomplete",
        worlds::flat(&params)
    );
    let made = world.post("/v1/subscriptions", &form);
    let note = format!("{}: {form}", world.note());
    if made.status != 200 {
        assert_ne!(preview.status, 200, "{note}: {:?}", made.body);
        return 0;
    }
    let Some(invoice) = made.body.at("latest_invoice").as_map() else { return 0 };
    assert_eq!(preview.status, 200, "{note}: {:?}", preview.body);
    assert_same(&preview.body, invoice, &note);
    1
}

/// A change of a subscription, billed at once or with the next period.
fn check_change(world: &mut World) -> usize {
    let Some(subscription) = world.a_subscription() else { return 0 };
    let id = subscription.str("id").to_string();
    let mut params = world.change_of(&subscription);
    let item = maps(subscription.path("items.data")).next().cloned().unwrap_or_default();
    let since = item.int("current_period_start");
    if world.random.rarely(3) && since < world.now {
        let date = since + world.random.below((world.now - since) as usize) as i64;
        params.push(format!("[proration_date]={date}"));
    }
    let form = format!("subscription={id}&{}", worlds::nested(&params));
    let preview = world.post(PREVIEW, &form);
    let path = format!("/v1/subscriptions/{id}");
    let form = format!("{}&expand[]=latest_invoice", worlds::flat(&params));
    let changed = world.post(&path, &form);
    let note = format!("{}: {id}: {form}", world.note());
    if changed.status != 200 {
        return 0;
    }
    let before = subscription.at("latest_invoice").as_id();
    let latest = changed.body.at("latest_invoice").as_map();
    match latest.filter(|latest| latest.at("id").as_id() != before) {
        Some(invoice) => {
            assert_eq!(preview.status, 200, "{note}: {:?}", preview.body);
            assert_same(&preview.body, invoice, &note);
        }
        None => {
            let now = world.post(PREVIEW, &format!("subscription={id}"));
            assert_eq!(preview.status, now.status, "{note}: {:?} {:?}", preview.body, now.body);
            if preview.status == 200 {
                assert_same(&preview.body, &now.body, &note);
                // A phase that begins before the invoice prorates only then.
                if subscription.at("schedule").is_null() {
                    assert_pending(world, &id, &now.body, &note);
                }
            }
        }
    }
    1
}

/// The prorations of a preview are the invoice items that wait.
fn assert_pending(world: &mut World, subscription: &str, preview: &Map, note: &str) {
    let customer = preview.str("customer");
    let path = format!("/v1/invoiceitems?customer={customer}&pending=true");
    let pending = all(&mut world.stripe, &path);
    let of_its = |item: &&Map| {
        let of = item.path("parent.subscription_details.subscription").as_id();
        of == Some(subscription) && item.is_true("proration")
    };
    let seen = |of: &Map| {
        let period = (of.path("period.start").as_int(), of.path("period.end").as_int());
        (of.int("amount"), of.str("description").to_string(), period, of.int("quantity"))
    };
    let waiting: Vec<_> = pending.iter().filter(of_its).map(seen).collect();
    let is_proration = |line: &&&Map| {
        line.path("parent.subscription_item_details.proration").as_bool() == Some(true)
    };
    let previewed: Vec<_> =
        lines(preview).iter().filter(is_proration).map(|line| seen(line)).collect();
    assert_eq!(previewed, waiting, "{note}: previewed and pending");
}

/// The next period of the subscription that renews next.
fn check_renewal(world: &mut World) -> usize {
    let ends = |of: &Map| {
        maps(of.path("items.data")).map(|item| item.int("current_period_end")).min().unwrap_or(0)
    };
    let renews = |of: &&Map| {
        let is_live = matches!(of.str("status"), "active" | "trialing" | "past_due");
        is_live && of.at("pause_collection").is_null() && of.at("schedule").is_null()
    };
    let live = all(&mut world.stripe, "/v1/subscriptions");
    let Some(next) = live.iter().filter(renews).min_by_key(|of| ends(of)).cloned() else {
        return 0;
    };
    let is_alone = |other: &&Map| {
        let is_other = other.at("id") != next.at("id") && ends(other) == ends(&next);
        is_other && other.at("customer") == next.at("customer")
    };
    if live.iter().any(|other| is_alone(&other)) {
        return 0;
    }
    let (id, at) = (next.str("id").to_string(), ends(&next));
    // What is to be finalized before is; then the balance is what it will be.
    world.wait_until(at - 1);
    let path = format!("/v1/subscriptions/{id}?expand[]=latest_invoice");
    let before = world.get(&path);
    if !renews(&&before) || ends(&before) != at {
        return 0;
    }
    let preview = world.post(PREVIEW, &format!("subscription={id}"));
    world.wait_until(at);
    let after = world.get(&path);
    let note = format!("{}: {id} renews", world.note());
    let latest = after.at("latest_invoice").as_map();
    let latest = latest.filter(|it| it.at("id") != before.path("latest_invoice.id"));
    let Some(invoice) = latest else {
        assert_eq!(preview.status, 404, "{note}: {:?}", preview.body);
        return 0;
    };
    assert_eq!(preview.status, 200, "{note}: {:?}", preview.body);
    assert_same(&preview.body, invoice, &note);
    1
}

#[test]
fn a_preview_is_what_then_happens() {
    worlds(14, |seed| {
        let mut world = World::new(seed);
        let mut counts = [0; 3];
        for _ in 0..9 {
            world.step();
            counts[0] += check_beginning(&mut world);
            world.step();
            counts[1] += check_change(&mut world);
            counts[2] += check_renewal(&mut world);
        }
        let note = world.note();
        assert!(3 < counts.iter().sum::<usize>(), "{note}: compared {counts:?}");
    });
}

// Calendars.

/// Days of a month, by the rules of the Gregorian calendar.
fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A date so many months on, on the day it began or the last that the month has; counted day by day.
struct Calendar {
    year: i64,
    month: i64,
    day: i64,
}

impl Calendar {
    /// Of a time since 1970.
    fn of(seconds: i64) -> Calendar {
        let mut date = Calendar { year: 1970, month: 1, day: 1 };
        let mut left = seconds.div_euclid(worlds::DAY);
        while days_of(date.year, date.month) <= left {
            left -= days_of(date.year, date.month);
            date.month += 1;
            if date.month == 13 {
                (date.year, date.month) = (date.year + 1, 1);
            }
        }
        date.day += left;
        date
    }

    /// Seconds since 1970, of midnight, so many months later.
    fn later(&self, months: i64) -> i64 {
        let wanted = (self.year * 12 + self.month - 1 + months) as usize;
        let (mut days, mut place) = (0, 1970 * 12);
        while place < wanted {
            days += days_of(place as i64 / 12, place as i64 % 12 + 1);
            place += 1;
        }
        let most = days_of(place as i64 / 12, place as i64 % 12 + 1);
        (days + self.day.min(most) - 1) * worlds::DAY
    }
}

#[test]
fn periods_return_to_the_day_they_began_on() {
    worlds(40, |seed| {
        let mut random = worlds::Random::new(seed);
        let mut stripe = worlds::stage("calendar");
        let start = crate::stripe::NOW / 1000 + random.below(1500 * worlds::DAY as usize) as i64;
        go(&mut stripe, start);
        let unit = random.one(&["day", "week", "month", "month", "month", "year"]);
        let count = 1 + random.below(if unit == "year" { 2 } else { 5 }) as i64;
        let form = format!(
            "currency=usd&unit_amount=900&product_data[name]=Club&recurring[interval]={unit}&\
             recurring[interval_count]={count}"
        );
        let price = stripe.post("/v1/prices", &form).id().to_string();
        let form =
            "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa";
        let customer = stripe.post("/v1/customers", form).id().to_string();
        let form = format!("customer={customer}&items[0][price]={price}");
        let made = stripe.post("/v1/subscriptions", &form);
        let date = Calendar::of(start);
        let boundary = |number: i64| match unit {
            "day" => start + number * count * worlds::DAY,
            "week" => start + number * count * 7 * worlds::DAY,
            "year" => date.later(number * count * 12) + start.rem_euclid(worlds::DAY),
            _ => date.later(number * count) + start.rem_euclid(worlds::DAY),
        };
        let note = format!("seed {seed}: every {count} {unit} from {start}");
        for number in 1..9 {
            go(&mut stripe, boundary(number) - 1);
            let path = format!("/v1/subscriptions/{}", made.id());
            let before = stripe.get(&path);
            let item = maps(before.body.path("items.data")).next().unwrap();
            assert_eq!(item.int("current_period_end"), boundary(number), "{note}");
            go(&mut stripe, boundary(number));
            let after = stripe.get(&path);
            let item = maps(after.body.path("items.data")).next().unwrap();
            assert_eq!(item.int("current_period_start"), boundary(number), "{note}");
            assert_eq!(item.int("current_period_end"), boundary(number + 1), "{note}");
            assert_eq!(after.body.int("billing_cycle_anchor"), start, "{note}");
        }
    });
}

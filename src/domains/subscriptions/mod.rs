//! Subscriptions and their items.
//!
//! Stripe's page: <https://docs.stripe.com/api/subscriptions>.
//!
//! ```text
//! create ──▶ trialing ──▶ active ◀──paid── past_due ──last try failed──▶ canceled
//!    │          │           │  └──payment failed──▲
//!    │          └──nothing to pay with──▶ paused ──resume──▶ active
//!    │                      └──canceled, at once or at the period's end──▶ canceled
//!    └──▶ incomplete ──paid──▶ active
//!             └──23 hours, or its invoice voided──▶ incomplete_expired
//! ```
//!
//! What payments and time do to them is in `flows/subscribing.rs`, changes of what is subscribed to
//! in `changing.rs`, beginnings in `beginning.rs`, pauses in `pausing.rs`, what would be billed in
//! `previewing.rs`, their items' own URLs in `items.rs`.

mod beginning;
mod changing;
mod items;
pub mod pausing;
pub mod previewing;
mod usage;

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::filter::Filter;
use crate::flows::invoicing;
use crate::flows::subscribing;
use crate::flows::taxing;
use crate::map;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};
use crate::versions::Older;
use std::rc::Rc;

pub use beginning::{begin, begin_paid};
pub use changing::{change, settle};
pub use pausing::{pause_now, resume_now};

pub static ROUTES: Routes = &[
    ("GET /v1/subscription_items", items::list),
    ("POST /v1/subscription_items", items::create),
    ("GET /v1/subscription_items/{id}", items::retrieve),
    ("POST /v1/subscription_items/{id}", items::update),
    ("DELETE /v1/subscription_items/{id}", items::delete),
    ("GET /v1/subscription_items/{id}/usage_record_summaries", usage::summarize),
    ("POST /v1/subscription_items/{id}/usage_records", usage::record),
    ("GET /v1/subscriptions", list),
    ("POST /v1/subscriptions", create),
    ("POST /v1/subscriptions/{id}", update),
    ("DELETE /v1/subscriptions/{id}", cancel),
    ("POST /v1/subscriptions/{id}/migrate", migrate),
    ("POST /v1/subscriptions/{id}/pause", pausing::pause),
    ("POST /v1/subscriptions/{id}/resume", pausing::resume),
];

pub static EVENTS: Rules = &[
    ("customer.subscription.created", When::Created),
    ("customer.subscription.deleted", When::Became("status", "canceled")),
    ("customer.subscription.updated", When::Otherwise(CHANGES)),
    ("customer.subscription.paused", When::Became("status", "paused")),
];

/// Until basil a subscription had one period, and its first discount beside the list of them
/// (recorded).
pub static OLDER: Older = &[("2025-03-31.basil", |tx, subscription| {
    for (name, value) in period_of(subscription) {
        subscription.set(name, value);
    }
    let first = subscription.at("discounts").as_list().and_then(<[Value]>::first);
    let first = first.and_then(Value::as_id).and_then(|id| tx.get("discount", id)).cloned();
    subscription.set("discount", first.map_or(Value::Null, Value::Map));
})];

/// What a change of a subscription is seen in.
const CHANGES: &[&str] = &[
    "billing_cycle_anchor",
    "billing_mode",
    "cancel_at",
    "cancel_at_period_end",
    "cancellation_details",
    "collection_method",
    "days_until_due",
    "default_payment_method",
    "default_source",
    "default_tax_rates",
    "description",
    "discounts",
    "invoice_settings",
    "items",
    "latest_invoice",
    "metadata",
    "pause_collection",
    "payment_settings",
    "pending_update",
    "schedule",
    "status",
    "trial_end",
    "trial_settings",
];

/// How long the first payment, or that of a change, may wait.
const EXPIRES_AFTER: i64 = 23 * 3600;

/// The first version whose subscriptions are flexible where nothing is said.
const FLEXIBLE_SINCE: &str = "2025-09-30";

/// The billing mode of older versions, where nothing is said, to what a subscription is made of.
pub fn set_mode(call: &Call, of: &mut Map) {
    let is_old = call.version.as_deref().is_some_and(|version| version < FLEXIBLE_SINCE);
    if is_old && !of.contains("billing_mode") {
        of.set("billing_mode", map! { "flexible": Value::Null, "type": "classic" });
    }
}

/// Those that ended are shown to who asks for them, those of a test clock to who asks for the clock
/// or the customer.
fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let wanted = call.params.str("status").to_string();
    let mut rest = call.clone();
    if matches!(wanted.as_str(), "" | "all" | "ended") {
        rest.params.remove("status");
    }
    let mut bounds = |name: &'static str| {
        let value = rest.params.remove(name)?;
        Some(Filter::range(name, &value).unwrap_or_else(|| Filter::of(name, &value)))
    };
    let filters = [bounds("current_period_start"), bounds("current_period_end")];
    crud::list_where(tx, &rest, |subscription| {
        let period = period_of(subscription);
        if filters.iter().flatten().any(|filter| !filter.lets(&period)) {
            return false;
        }
        let fits = match wanted.as_str() {
            "" => !subscribing::has_ended(subscription),
            "ended" => subscribing::has_ended(subscription),
            _ => true,
        };
        fits && super::test_clocks::is_listed(call, subscription)
    })
}

/// The last start and the first end of the items' periods, as lists look for them.
fn period_of(subscription: &Map) -> Map {
    let items = subscription.path("items.data").as_list().unwrap_or_default();
    let items = || items.iter().filter_map(Value::as_map);
    map! {
        "current_period_end": items().map(|item| item.int("current_period_end")).min(),
        "current_period_start": items().map(|item| item.int("current_period_start")).max(),
    }
}

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = with_items(&call.params, None);
    if !params.contains("customer") && !params.contains("customer_account") {
        return Err(Error::parameter_missing("customer"));
    }
    let mut params = params;
    set_mode(call, &mut params);
    let place = tx.place();
    let (subscription, invoice) = begin(tx, &params)?;
    beginning::check_customer(tx, &subscription)?;
    beginning::start(tx, place, subscription, invoice, &params).map(Body::from)
}

/// Older clients name the only price and its quantity beside the other parameters. `only` is the
/// item that they are about.
fn with_items(params: &Map, only: Option<&Map>) -> Map {
    let mut params = params.clone();
    let mut item = Map::new();
    for name in ["plan", "price", "quantity"] {
        if let Some(value) = params.remove(name) {
            item.set(name, value);
        }
    }
    if !item.is_empty() && !params.contains("items") {
        if let Some(only) = only {
            item.set("id", only.at("id").clone());
        }
        params.set("items", vec![Value::from(item)]);
    }
    params
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    changing::check_waiting(&crud::load(tx, call)?, &call.params)?;
    let items = subscribing::items_of(tx, call.id(0));
    let params = with_items(&call.params, items.first().map(|item| &**item));
    changing::supersede(tx, call.id(0), &params);
    let subscription = crud::load(tx, call)?;
    if subscribing::has_ended(&subscription) {
        let free = ["metadata", "cancellation_details", "expand"];
        if params.keys().any(|name| !free.contains(&name.as_ref())) {
            return Err(Error::subscription_canceled());
        }
    }
    let schedule = subscription.at("schedule").as_id();
    let ends = ["cancel_at", "cancel_at_period_end"].iter().any(|name| params.contains(name));
    if let (Some(schedule), true) = (schedule, ends) {
        return Err(Error::subscription_scheduled(schedule));
    }
    let before = subscription.clone();
    let (subscription, invoice) = change(tx, subscription, &params)?;
    settle(tx, &before, subscription, invoice, &params).map(Body::from)
}

/// Ends a subscription now. What it owes or is owed is billed where that is asked for.
fn cancel(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let mut subscription = crud::load(tx, call)?;
    if subscribing::has_ended(&subscription) {
        return Err(Error::no_such("subscription", call.id(0), "id"));
    }
    crud::apply(tx, crud::kind(call).shape(), &mut subscription, params, "")?;
    if subscription.str("status") == "incomplete" {
        return Ok(subscribing::give_up(tx, subscription).into());
    }
    cancel_now(tx, subscription, params.is_true("prorate"), params.is_true("invoice_now"))
        .map(Body::from)
}

/// Ends a subscription, with a credit for the rest of its period and a last invoice as asked for.
pub fn cancel_now(
    tx: &mut Tx<'_>,
    mut subscription: Map,
    prorates: bool,
    invoices: bool,
) -> Outcome<Rc<Map>> {
    let now = tx.now();
    if !prorates && !invoices {
        changing::drop_prorations(tx, &subscription, None);
    }
    if let Some(invoice) = bill_end(tx, &subscription, prorates.then_some(now), invoices) {
        subscription.set("latest_invoice", invoice.at("id").clone());
        if invoice.int("total") < 0 {
            tx.schedule(now + 3, "subscription.write_off", invoice.str("id"));
            tx.save(invoice);
        } else {
            pay_out(tx, &subscription, invoice);
        }
    }
    Ok(subscribing::end(tx, subscription, Some("cancellation_requested")))
}

/// Gives credit for what is left of the periods from then on, where that is wanted, and makes the last
/// invoice, not saved, of what is pending and what was used.
pub fn bill_end(
    tx: &mut Tx<'_>,
    subscription: &Map,
    credits_from: Option<i64>,
    invoices: bool,
) -> Option<Map> {
    if let Some(at) = credits_from {
        changing::credit_rest(tx, subscription, at);
    }
    if !invoices {
        return None;
    }
    let used = subscribing::unbilled(tx, subscription.str("id"));
    let mut invoice = subscribing::bill(tx, subscription, "subscription_cycle", &used)?;
    invoice.set("auto_advance", false);
    Some(invoice)
}

/// Finalizes an invoice of a subscription and tries to have it paid; unpaid, it stays open.
fn pay_out(tx: &mut Tx<'_>, subscription: &Map, invoice: Map) {
    let invoice = tx.save(invoice);
    let invoice = invoicing::finalize(tx, Map::clone(&invoice));
    let method = invoicing::method_for(tx, &invoice, Some(subscription));
    if let (Some(method), "open") = (method, invoice.str("status")) {
        let _ = invoicing::pay(tx, invoice.str("id"), method, true);
    }
}

/// From classic to flexible billing, never back.
fn migrate(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut subscription = crud::load(tx, call)?;
    if subscribing::has_ended(&subscription) {
        return Err(Error::subscription_canceled());
    }
    let discounts = call.params.path("billing_mode.flexible.proration_discounts");
    let shown = subscription.path("billing_mode.flexible.proration_discounts");
    if (shown.as_str(), discounts.as_str()) == (Some("itemized"), Some("included")) {
        return Err(Error::prorations_stay_itemized());
    }
    let discounts = if discounts.is_null() { shown } else { discounts };
    let discounts = discounts.as_str().unwrap_or("included").to_string();
    subscription.set("billing_mode", flexible(tx.now(), discounts));
    Ok(tx.save(subscription).into())
}

fn flexible(now: i64, discounts: String) -> Map {
    map! {
        "flexible": map! { "proration_discounts": discounts },
        "type": "flexible",
        "updated_at": now,
    }
}

/// Refuses automatic tax for a customer nobody knows where to tax, or beside tax rates.
pub fn check_tax(tx: &Tx<'_>, subscription: &Map) -> Outcome<()> {
    if subscription.path("automatic_tax.enabled").as_bool() != Some(true) {
        return Ok(());
    }
    if subscription.at("default_tax_rates").as_list().is_some_and(|rates| !rates.is_empty()) {
        return Err(Error::taxed_automatically("default_tax_rates"));
    }
    let customer = subscription.at("customer").as_id().and_then(|id| tx.get("customer", id));
    match customer.is_some_and(|customer| taxing::is_located(customer)) {
        true => Ok(()),
        false => Err(Error::tax_location_invalid()),
    }
}

/// The discounts that coupons and promotion codes of the request make. `owner` is the field that
/// says what they are on, and its id; `params` name the customer. They come in place of those
/// before.
pub fn discounts(
    tx: &mut Tx<'_>,
    owner: (&'static str, &str),
    params: &Map,
    before: &[Value],
) -> Outcome<Vec<Value>> {
    let mut given = params.at("discounts").as_list().unwrap_or_default().to_vec();
    // Older versions have one coupon or promotion code beside the other parameters.
    for name in ["coupon", "promotion_code"] {
        if let Some(id) = params.at(name).as_str().filter(|id| !id.is_empty()) {
            let mut one = Map::new();
            one.set(name, id.to_string());
            given.push(one.into());
        }
    }
    let start = params.at("backdate_start_date").clone();
    let given = map! { "backdate_start_date": start, "discounts": given };
    super::discounts::replacing(tx, owner, params.at("customer").as_id(), &given, before)
}

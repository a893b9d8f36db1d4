//! Subscription schedules: what a subscription will be, phase by phase.
//!
//! Stripe's page: <https://docs.stripe.com/api/subscription_schedules>.
//!
//! Differs from Stripe: a schedule is kept as it was made; its phases do not begin, and it makes
//! no subscription.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::route::Routes;
use crate::store::Tx;
use crate::time;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("POST /v1/subscription_schedules", create),
    ("POST /v1/subscription_schedules/{id}", update),
];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    if !params.contains("customer") && !params.contains("from_subscription") {
        return Err(Error::must_provide(&["customer", "from_subscription"]));
    }
    let mut schedule = crud::draft(tx, call)?;
    if let Some(id) = params.at("from_subscription").as_str() {
        let subscription = crud::load_kind(tx, "subscription", id)
            .map_err(|_| Error::no_such_reference("subscription", id, "from_subscription"))?;
        schedule.set("customer", subscription.at("customer").clone());
        schedule.set("subscription", id.to_string());
        schedule.set("status", "active");
    }
    let start = params.at("start_date").as_int().unwrap_or(tx.now());
    plan_phases(tx, &mut schedule, params, start);
    Ok(tx.save(schedule).into())
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut schedule = crud::load(tx, call)?;
    crud::apply(tx, crud::kind(call).shape(), &mut schedule, &call.params, "")?;
    if call.params.contains("phases") {
        let created = schedule.int("created");
        plan_phases(tx, &mut schedule, &call.params, created);
    }
    Ok(tx.save(schedule).into())
}

/// Each phase begins where the one before ends; a price is also a plan.
fn plan_phases(tx: &Tx<'_>, schedule: &mut Map, params: &Map, start: i64) {
    let given = params.at("phases").as_list().unwrap_or_default();
    let Some(Value::List(phases)) = schedule.get_mut("phases") else { return };
    let mut begins = start;
    for (place, phase) in phases.iter_mut().filter_map(Value::as_map_mut).enumerate() {
        let given = given.get(place).and_then(Value::as_map).cloned().unwrap_or_default();
        begins = given.at("start_date").as_int().unwrap_or(begins);
        let mut currency = Value::Null;
        let mut months = 1;
        if let Some(Value::List(items)) = phase.get_mut("items") {
            for item in items.iter_mut().filter_map(Value::as_map_mut) {
                let id = item.at("price").as_id().unwrap_or("").to_string();
                let Some(price) = tx.get("price", &id) else { continue };
                item.set("plan", id);
                currency = price.at("currency").clone();
                let count = price.path("recurring.interval_count").as_int().unwrap_or(1);
                let is_year = price.path("recurring.interval").as_str() == Some("year");
                months = if is_year { 12 * count } else { count };
            }
        }
        if phase.str("currency").is_empty() && !currency.is_null() {
            phase.set("currency", currency);
        }
        phase.set(
            "proration_behavior",
            given
                .at("proration_behavior")
                .as_str()
                .map_or_else(|| "create_prorations".to_string(), str::to_string),
        );
        let count = given.at("iterations").as_int().unwrap_or(1);
        let ends = given.at("end_date").as_int();
        let ends = ends.unwrap_or_else(|| time::add_months(begins, months.saturating_mul(count)));
        phase.set("start_date", begins);
        phase.set("end_date", ends);
        begins = ends;
    }
}

/// The subscription of a schedule was canceled: nothing is left to be scheduled.
pub fn follow(tx: &mut Tx<'_>, subscription: &str) {
    for schedule in tx.all_where("subscription_schedule", "subscription", subscription) {
        if matches!(schedule.str("status"), "active" | "not_started") {
            let mut schedule = Map::clone(&schedule);
            schedule.set("status", "canceled");
            schedule.set("canceled_at", tx.now());
            tx.save(schedule);
        }
    }
}

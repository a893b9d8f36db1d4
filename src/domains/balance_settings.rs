//! The settings of an account's balance: when it is paid out, and what is kept.
//!
//! Stripe's page: <https://docs.stripe.com/api/balance-settings>. Most of it is at the same time in the
//! account's own `settings.payouts`.

use crate::call::{Body, Call};
use crate::crud;
use crate::domains::accounts::{self, changes};
use crate::domains::v2::accounts::put;
use crate::errors::Outcome;
use crate::flows::ledger;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes =
    &[("GET /v1/balance_settings", retrieve), ("POST /v1/balance_settings", update)];

/// What both call by the same name: in the balance's settings, and in the account's.
const SHARED: &[(&str, &str)] = &[
    ("debit_negative_balances", "debit_negative_balances"),
    ("payouts.statement_descriptor", "statement_descriptor"),
    ("settlement_timing.delay_days", "schedule.delay_days"),
    ("payouts.schedule.interval", "schedule.interval"),
    ("payouts.schedule.weekly_payout_days", "schedule.weekly_payout_days"),
    ("payouts.schedule.monthly_payout_days", "schedule.monthly_payout_days"),
];

fn retrieve(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut settings = Map::clone(&*crud::singleton(tx, call)?);
    show(tx, &mut settings);
    Ok(told(settings))
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut settings = Map::clone(&*crud::singleton(tx, call)?);
    show(tx, &mut settings);
    if !tx.exists(settings.str("object"), settings.str("id")) {
        tx.save(settings.clone());
    }
    crud::apply(tx, crud::kind(call).shape(), &mut settings, &call.params, "")?;
    let given = call.params.at("payments").as_map().cloned().unwrap_or_default();
    let delay = given.path("settlement_timing.delay_days_override").as_int();
    if let Some(delay) = delay {
        put(&mut settings, "payments.settlement_timing.delay_days", Value::Int(delay));
    }
    if let Some(own) = accounts::get(tx, tx.account()) {
        let mut own = Map::clone(&own);
        let payouts = own.map_mut("settings").map_mut("payouts");
        if let Some(schedule) = given.path("payouts.schedule").as_map() {
            changes::reschedule(payouts.map_mut("schedule"), schedule);
        }
        for (path, name) in SHARED {
            let value = given.path(path);
            if !value.is_null() {
                put(payouts, name, value.clone());
            }
        }
        if let Some(delay) = delay {
            put(payouts, "schedule.delay_days", Value::Int(delay));
        }
        accounts::save(tx, own);
    }
    show(tx, &mut settings);
    tx.save(settings.clone());
    ledger::replan(tx);
    Ok(told(settings))
}

/// The settings are kept under an id, and answered without.
fn told(mut settings: Map) -> Body {
    settings.remove("id");
    settings.into()
}

/// Shows what the account's own settings say.
fn show(tx: &Tx<'_>, settings: &mut Map) {
    let Some(own) = accounts::get(tx, tx.account()) else { return };
    let empty = Map::new();
    let payouts = own.path("settings.payouts").as_map().unwrap_or(&empty);
    let payments = settings.map_mut("payments");
    let schedule = payments.map_mut("payouts").map_mut("schedule");
    schedule.remove("weekly_payout_days");
    schedule.remove("monthly_payout_days");
    for (path, name) in SHARED {
        let value = payouts.path(name);
        if !value.is_null() {
            put(payments, path, value.clone());
        }
    }
    // A single day has a name of its own there.
    for (one, several) in [
        ("schedule.weekly_anchor", "payouts.schedule.weekly_payout_days"),
        ("schedule.monthly_anchor", "payouts.schedule.monthly_payout_days"),
    ] {
        let day = payouts.path(one);
        if !day.is_null() {
            put(payments, several, vec![day.clone()].into());
        }
    }
    let status = if own.is_true("payouts_enabled") { "enabled" } else { "disabled" };
    put(payments, "payouts.status", status.into());
}

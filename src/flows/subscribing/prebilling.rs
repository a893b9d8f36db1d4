//! Prebilling: periods that are billed before they begin.
//!
//! Stripe's page: <https://docs.stripe.com/billing/subscriptions/prebilling>.
//!
//! Differs from Stripe: what changes of an item that is billed in advance is settled for the period
//! that runs, and not for those to come.

use super::{Due, Part, anchor_of, due as due_of, is_flexible, is_licensed, items_of};
use crate::errors::{Error, Outcome};
use crate::flows::periods::{Interval, Period};
use crate::map;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// How many periods one request bills in advance.
const MOST_PERIODS: usize = 250;

/// Takes over the billing schedules of a request: what they bill now is added to what is due.
pub fn plan(
    tx: &mut Tx<'_>,
    subscription: &mut Map,
    params: &Map,
    due: &mut Vec<Due>,
) -> Outcome<()> {
    let Some(given) = params.get("billing_schedules") else { return Ok(()) };
    let known = subscription.at("billing_schedules").as_list().unwrap_or_default().to_vec();
    let mut shown = Vec::new();
    for given in given.as_list().unwrap_or_default().iter().filter_map(Value::as_map) {
        let is_it = |known: &&Map| known.at("key") == given.at("key");
        let known = known.iter().filter_map(Value::as_map).find(is_it);
        let until = match (given.at("bill_until").as_map(), known) {
            (Some(until), _) => computed(tx, until),
            (None, Some(known)) => known.at("bill_until").as_map().cloned().unwrap_or_default(),
            (None, None) => return Err(Error::prebilling_impossible("bill_until")),
        };
        check(subscription, params)?;
        let prices = given.at("applies_to").as_list();
        let cancels = params.at("cancel_at").as_int().or(subscription.at("cancel_at").as_int());
        if cancels.is_some_and(|at| at < until.int("computed_timestamp")) {
            return Err(Error::prebilling_impossible("cancel_at"));
        }
        bill(tx, subscription, prices, until.int("computed_timestamp"), due)?;
        let key = given.at("key").as_str().map(str::to_string);
        let key = key.unwrap_or_else(|| tx.characters("subscription.billing_schedule", 16));
        shown.push(Value::from(map! {
            "applies_to": prices.map(|prices| Value::from(prices.to_vec())),
            "bill_until": until,
            "key": key,
        }));
    }
    subscription.set("billing_schedules", shown);
    Ok(())
}

/// Until when is billed, with the time that comes to.
fn computed(tx: &Tx<'_>, until: &Map) -> Map {
    let timestamp = until.at("timestamp").as_int();
    let lasts = until.at("duration").as_map().map(|lasts| {
        let count = lasts.at("interval_count").as_int().unwrap_or(1);
        (Interval::new(lasts.str("interval"), count).boundary(tx.now(), 1), lasts, count)
    });
    map! {
        "computed_timestamp": timestamp.or(lasts.as_ref().map(|lasts| lasts.0)),
        "duration": lasts.map(|(_, lasts, count)| map! {
            "interval": lasts.at("interval").clone(),
            "interval_count": count,
        }),
        "timestamp": timestamp,
        "type": until.at("type").clone(),
    }
}

/// Only flexible subscriptions that nothing manages are billed in advance, with prorations.
fn check(subscription: &Map, params: &Map) -> Outcome<()> {
    let refused = if !is_flexible(subscription) {
        "billing_mode"
    } else if params.str("proration_behavior") == "none" {
        "proration_behavior"
    } else if !subscription.at("schedule").is_null() {
        "schedule"
    } else {
        return Ok(());
    };
    Err(Error::prebilling_impossible(refused))
}

/// Bills the items of some prices, or of all, until then.
fn bill(
    tx: &mut Tx<'_>,
    subscription: &Map,
    prices: Option<&[Value]>,
    until: i64,
    due: &mut Vec<Due>,
) -> Outcome<()> {
    let applies = |item: &Map| {
        prices.is_none_or(|prices| {
            let mut prices = prices.iter().filter_map(|price| price.as_map()?.at("price").as_id());
            prices.any(|price| item.path("price.id").as_str() == Some(price))
        })
    };
    let mut items = items_of(tx, subscription.str("id"));
    items.retain(|item| applies(item));
    let is_used = |item: &Rc<Map>| !is_licensed(item);
    let is_refused = match prices {
        Some(_) => items.iter().any(is_used),
        None => items.iter().all(is_used),
    };
    if is_refused {
        return Err(Error::prebilling_impossible("applies_to"));
    }
    items.retain(|item| is_licensed(item));
    for item in items {
        let ends = item.int("current_period_end");
        if until < ends {
            return Err(Error::prebilling_impossible("bill_until"));
        }
        bill_item(
            tx,
            subscription,
            &item,
            (item.at("billed_until").as_int().unwrap_or(ends), until),
            due,
        );
    }
    Ok(())
}

/// Bills an item for a time to come, period by period; of the last one what is in that time.
fn bill_item(
    tx: &mut Tx<'_>,
    subscription: &Map,
    item: &Rc<Map>,
    (mut from, until): Period,
    due: &mut Vec<Due>,
) {
    if until < from {
        return;
    }
    let mut item = Map::clone(item);
    item.set("billed_until", until);
    let item = tx.save(item);
    let interval = Interval::of(item.at("price"));
    for _ in 0..MOST_PERIODS {
        if until <= from {
            break;
        }
        let whole = interval.containing(anchor_of(subscription, &item), from);
        due.push(match whole.1 <= until {
            true => due_of(subscription, item.clone(), (from, whole.1)),
            // As much as is left of a period as long that ends then.
            false => {
                let part = Part::Rest((until - (whole.1 - whole.0), until));
                Due { item: item.clone(), period: (from, until), part }
            }
        });
        from = whole.1;
    }
}

/// What is still to be billed of an item's next period, which begins: nothing where all of it is.
pub fn renew(item: &mut Map, period: Period) -> Option<Period> {
    let Some(until) = item.at("billed_until").as_int() else { return Some(period) };
    if period.1 <= until {
        return None;
    }
    item.set("billed_until", period.1);
    Some((until.max(period.0), period.1))
}

/// Until when an item is billed.
pub fn billed_until(item: &Map) -> i64 {
    item.at("billed_until").as_int().unwrap_or(0).max(item.int("current_period_end"))
}

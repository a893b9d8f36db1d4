//! Changes of what is subscribed to: items, anchors and trials, and what they cost.
//!
//! Stripe's pages: <https://docs.stripe.com/billing/subscriptions/change>,
//! <https://docs.stripe.com/billing/subscriptions/prorations>.

use super::super::prices;
use super::beginning;
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::invoicing;
use crate::flows::metering;
use crate::flows::periods::{Interval, Period};
use crate::flows::pricing;
use crate::flows::subscribing::{self, Collected, Cost, Due, Part, Prorated};
use crate::map;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// Parameters that are no fields, or that do more than fill one.
const HANDLED: &[&str] = &[
    "billing_cycle_anchor",
    "billing_schedules",
    "cancel_at",
    "cancel_at_period_end",
    "coupon",
    "discounts",
    "items",
    "pause_collection",
    "promotion_code",
    "trial_end",
];

/// An item before and after a change: nothing before where it is new, nothing after where it goes.
struct Change {
    before: Option<Rc<Map>>,
    after: Option<Map>,
}

impl Change {
    /// Whether something else is to be paid for.
    fn is_real(&self) -> bool {
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return true };
        ["price.id", "quantity"].iter().any(|path| before.path(path) != after.path(path))
    }

    fn licensed_after(&self) -> Option<&Map> {
        self.after.as_ref().filter(|item| subscribing::is_licensed(item))
    }
}

/// What the items will cost that are paid before they are used.
fn debits(tx: &Tx<'_>, subscription: &Map, changes: &[Change]) -> Vec<Cost> {
    let after: Vec<&Map> = changes.iter().filter_map(Change::licensed_after).collect();
    subscribing::costs_of(tx, subscription, &after)
}

/// When the anchor moves, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// It stays where it is.
    None,
    /// Now, and a new period begins that is billed now.
    Now,
    /// The trial ends now, and a period begins that is billed now.
    TrialEnds,
    /// A trial until then begins, or goes on.
    Trial(i64),
}

/// The value of a parameter that is a name, or a hash that has the name as its `type`.
pub fn named<'p>(params: &'p Map, name: &str) -> &'p str {
    let value = params.at(name);
    value.as_str().or_else(|| value.as_map().map(|value| value.str("type"))).unwrap_or("")
}

/// Makes a change: the subscription as it will be, not saved, and the invoice where the change has
/// something to be paid at once. Its items are saved, and invoice items of what is to be settled.
pub fn change(tx: &mut Tx<'_>, mut subscription: Map, params: &Map) -> Outcome<(Map, Option<Map>)> {
    let id = subscription.str("id").to_string();
    let mut changes = planned(tx, &subscription, params)?;
    let turn = turn_of(tx, &subscription, params, &changes)?;
    let is_changed = changes.iter().any(Change::is_real) || turn != Turn::None;
    if subscription.str("status") == "incomplete"
        && (is_changed || params.contains("add_invoice_items"))
    {
        return Err(Error::subscription_incomplete());
    }
    check_intervals(&subscription, &changes)?;
    let offers = changes.iter().filter_map(|change| change.after.as_ref());
    check_offers(&subscription, offers, params)?;
    let at = params.at("proration_date").as_int().unwrap_or(tx.now());
    if params.contains("proration_date") {
        check_date(&changes, at)?;
    }
    lay_fields(tx, &mut subscription, params)?;
    let was_trial = subscription.str("status") == "trialing";
    if turn == Turn::TrialEnds && !subscribing::end_trial_now(tx, &mut subscription) {
        return Ok((subscription, None));
    }
    take_turn(tx, &mut subscription, turn);
    let mut due = Vec::new();
    let behavior = params.at("proration_behavior").as_str().unwrap_or("create_prorations");
    let prorates = behavior != "none" && !was_trial;
    let mut costs = debits(tx, &subscription, &changes).into_iter();
    for change in &mut changes {
        let cost = change.licensed_after().and_then(|_| costs.next());
        let span = span_of(tx, &subscription, change, turn);
        if let Some(after) = &mut change.after {
            after.set("current_period_start", span.0);
            after.set("current_period_end", span.1);
        }
        if prorates && (change.is_real() || turn != Turn::None) {
            settle_item(tx, &subscription, change, cost.filter(|_| turn == Turn::None), at);
        }
        settle_usage(tx, &subscription, change, turn, prorates, &mut due);
        if let (Some(after), Turn::Now | Turn::TrialEnds) = (&change.after, turn) {
            let item = Rc::new(after.clone());
            due.push(subscribing::due(&subscription, item, span));
        }
    }
    for Change { before, after } in changes {
        match (before, after) {
            (_, Some(after)) => drop(tx.save(after)),
            (Some(before), None) => drop(tx.delete("subscription_item", before.str("id"))),
            (None, None) => {}
        }
    }
    subscribing::prebilling::plan(tx, &mut subscription, params, &mut due)?;
    subscribing::show_items(tx, &mut subscription);
    beginning::add_extras(tx, &subscription, params)?;
    if params.contains("pending_invoice_item_interval") {
        subscribing::set_pending_interval(tx, &mut subscription);
    }
    set_end(tx, &mut subscription, params)?;
    let bills = !due.is_empty() || (is_changed && behavior == "always_invoice");
    let invoice = match bills {
        true => subscribing::bill(tx, &subscription, "subscription_update", &due),
        false => None,
    };
    let invoice = invoice.map(|mut invoice| {
        let start = subscribing::items_of(tx, &id);
        let start = start.first().map_or(0, |item| item.int("current_period_start"));
        invoice.set("period_start", start.min(tx.now()));
        invoice
    });
    Ok((subscription, invoice))
}

/// The items as the request wants them.
fn planned(tx: &mut Tx<'_>, subscription: &Map, params: &Map) -> Outcome<Vec<Change>> {
    let items = subscribing::items_of(tx, subscription.str("id"));
    let mut changes: Vec<Change> = items
        .into_iter()
        .map(|item| Change { after: Some(Map::clone(&item)), before: Some(item) })
        .collect();
    let given = params.at("items").as_list().unwrap_or_default();
    for (place, given) in given.iter().enumerate() {
        let Some(given) = given.as_map() else { continue };
        let path = format!("items[{place}]");
        let known = match given.at("id").as_str() {
            Some(id) => {
                let is_it = |change: &&mut Change| {
                    change.before.as_ref().is_some_and(|item| item.str("id") == id)
                };
                let missing =
                    || Error::no_such_reference("subscription item", id, format!("{path}[id]"));
                Some(changes.iter_mut().find(is_it).ok_or_else(missing)?)
            }
            None => None,
        };
        match known {
            Some(change) if given.is_true("deleted") => change.after = None,
            Some(change) => {
                if let Some(after) = &mut change.after {
                    lay(tx, after, given, &path)?;
                    discount(tx, subscription, after, given)?;
                    sell_in(tx, after, subscription.str("currency"))?;
                }
            }
            None => {
                let mut item = added(tx, subscription, given, &path)?;
                check_new(&changes, &item)?;
                sell_in(tx, &mut item, subscription.str("currency"))?;
                changes.push(Change { before: None, after: Some(item) });
            }
        }
    }
    match changes.iter().any(|change| change.after.is_some()) {
        true => Ok(changes),
        false => Err(Error::last_item()),
    }
}

/// An item that is not saved yet.
fn added(tx: &mut Tx<'_>, subscription: &Map, given: &Map, path: &str) -> Outcome<Map> {
    let kind = Object::find("subscription_item").expect("a published type");
    let priced =
        ["price", "plan", "price_data", "current_trial"].iter().any(|name| given.contains(name));
    if !priced {
        let name = if path.is_empty() { "price".to_string() } else { format!("{path}[price]") };
        return Err(Error::parameter_missing(&name));
    }
    let mut item = crud::new(tx, kind, &Map::new());
    item.set("subscription", subscription.at("id").clone());
    lay(tx, &mut item, given, path)?;
    discount(tx, subscription, &mut item, given)?;
    Ok(item)
}

/// The discounts of an item by itself.
fn discount(tx: &mut Tx<'_>, subscription: &Map, item: &mut Map, given: &Map) -> Outcome<()> {
    let keeps = given.at("discounts").as_list().is_some_and(<[Value]>::is_empty);
    if keeps || !given.contains("discounts") {
        return Ok(());
    }
    let before = item.at("discounts").as_list().unwrap_or_default().to_vec();
    let owner = ("subscription_item", item.str("id"));
    let customer = subscription.at("customer").as_id();
    let discounts = super::super::discounts::replacing(tx, owner, customer, given, &before)?;
    item.set("discounts", discounts);
    Ok(())
}

/// The items a new subscription begins with.
pub fn first_items(tx: &mut Tx<'_>, subscription: &Map, params: &Map) -> Outcome<Vec<Map>> {
    let mut items: Vec<Map> = Vec::new();
    for (place, given) in params.at("items").as_list().unwrap_or_default().iter().enumerate() {
        let given = given.as_map().cloned().unwrap_or_default();
        let path = format!("items[{place}]");
        let mut item = added(tx, subscription, &given, &path)?;
        sell_in(tx, &mut item, params.str("currency"))?;
        let price = item.path("price.id");
        if items.iter().any(|other| other.path("price.id") == price) {
            return Err(Error::duplicate_price(price.as_str().unwrap_or("")));
        }
        if let Some(first) = items.first() {
            let (own, others) = (item.path("price.currency"), first.path("price.currency"));
            if own != others {
                let (own, others) = (own.as_str().unwrap_or(""), others.as_str().unwrap_or(""));
                return Err(Error::currencies_mixed(own, others, format!("{path}[price]")));
            }
            let interval = |item: &Map| Interval::of(item.at("price"));
            if !subscribing::is_flexible(subscription) && interval(&item) != interval(first) {
                return Err(Error::intervals_mixed());
            }
        }
        items.push(item);
    }
    Ok(items)
}

/// Lays what is given over an item: its price, its quantity and the rest, but its period.
fn lay(tx: &mut Tx<'_>, item: &mut Map, given: &Map, path: &str) -> Outcome<()> {
    let param = |name: &str| match path.is_empty() {
        true => name.to_string(),
        false => format!("{path}[{name}]"),
    };
    let mut rest = given.clone();
    let apart = ["price", "plan", "id", "current_trial", "discounts", "subscription", "deleted"];
    apart.iter().for_each(|name| drop(rest.remove(name)));
    let shape = Object::find("subscription_item").expect("a published type").shape();
    crud::apply(tx, shape, item, &rest, path)?;
    let offer = given.path("current_trial.trial_offer").as_str();
    let price = match (given.at("price").as_str(), given.at("plan").as_str()) {
        _ if offer.is_some() => offered(tx, item, offer.unwrap_or(""), &param("current_trial"))?,
        (Some(id), _) => Some(
            tx.get("price", id)
                .cloned()
                .ok_or_else(|| Error::no_such_reference("price", id, param("price")))?,
        ),
        // Recorded: of a plan that is not there the error names `plan`, wherever it stood.
        (None, Some(id)) => Some(
            tx.get("price", id)
                .cloned()
                .ok_or_else(|| Error::no_such_reference("plan", id, "plan".to_string()))?,
        ),
        (None, None) => match given.at("price_data").as_map() {
            Some(data) => Some(prices::of_data(tx, data)?),
            None => None,
        },
    };
    if let Some(price) = price {
        if price.at("recurring").is_null() {
            return Err(Error::price_not_recurring(param("price")));
        }
        let is_new = item.path("price.id") != price.at("id");
        if is_new && !price.is_true("active") && !given.contains("price_data") {
            return Err(Error::price_inactive(param("price")));
        }
        if is_new && !given.contains("quantity") {
            item.set("quantity", 1);
        }
        subscribing::set_price(tx, item, price);
    }
    Ok(())
}

/// The price of a trial offer, which the item is sold at from now on until the offer is over.
fn offered(tx: &Tx<'_>, item: &mut Map, id: &str, path: &str) -> Outcome<Option<Rc<Map>>> {
    let path = format!("{path}[trial_offer]");
    let missing = || Error::no_such_reference("product_catalog.trial_offer", id, path.clone());
    let offer = tx.get("product_catalog.trial_offer", id).ok_or_else(missing)?;
    if !offer.is_true("active") {
        return Err(Error::trial_offer_inactive(path));
    }
    let price = tx.get("price", offer.at("price").as_id().unwrap_or("")).cloned();
    let interval = price.as_ref().map_or(Interval::Months(1), |price| Interval::of_map(price));
    let (start, count) = (tx.now(), offer.path("duration.relative.iterations").as_int());
    let end = interval.boundary(start, count.unwrap_or(1));
    let trial = map! { "end_date": end, "start_date": start, "trial_offer": id.to_string() };
    item.set("current_trial", trial);
    Ok(price)
}

/// Each price is on one item only.
fn check_new(changes: &[Change], item: &Map) -> Outcome<()> {
    let price = item.path("price.id");
    let holds = |other: &&Map| other.path("price.id") == price;
    match changes.iter().filter_map(|change| change.after.as_ref()).find(holds) {
        Some(other) => Err(Error::price_taken(price.as_str().unwrap_or(""), other.str("id"))),
        None => Ok(()),
    }
}

/// Has an item sold in a currency: its price may have an amount in several.
///
/// Differs from Stripe: the item shows the price as it is in that currency.
fn sell_in(tx: &mut Tx<'_>, item: &mut Map, currency: &str) -> Outcome<()> {
    let Value::Map(price) = item.at("price").clone() else { return Ok(()) };
    let own = price.str("currency");
    if currency.is_empty() || own == currency {
        return Ok(());
    }
    match pricing::in_currency(tx, &price, currency) {
        Some(price) => item.set("price", price),
        None => return Err(Error::price_of_other_currency(own, currency, "price".to_string())),
    }
    Ok(())
}

/// Classic subscriptions have one interval.
fn check_intervals(subscription: &Map, changes: &[Change]) -> Outcome<()> {
    let mut intervals =
        changes.iter().filter_map(|change| Some(Interval::of(change.after.as_ref()?.at("price"))));
    let first = intervals.next();
    if !subscribing::is_flexible(subscription) && intervals.any(|other| Some(other) != first) {
        return Err(Error::intervals_mixed());
    }
    Ok(())
}

/// Trial offers want flexible billing, and no other trial beside them.
pub fn check_offers<'i>(
    subscription: &Map,
    mut items: impl Iterator<Item = &'i Map>,
    params: &Map,
) -> Outcome<()> {
    let trials = ["trial_end", "trial_period_days"];
    let reason = match trials.iter().any(|name| params.contains(name)) {
        true => "`trial_end`",
        false if subscribing::is_flexible(subscription) => return Ok(()),
        false => "`billing_mode[type]=classic`",
    };
    match items.any(|item| !item.at("current_trial").is_null()) {
        true => Err(Error::trial_offer_unfit(reason)),
        false => Ok(()),
    }
}

/// What is settled is of the period that runs.
fn check_date(changes: &[Change], at: i64) -> Outcome<()> {
    let holds = |change: &Change| {
        change.before.as_ref().is_some_and(|item| {
            (item.int("current_period_start")..=item.int("current_period_end")).contains(&at)
        })
    };
    if changes.iter().any(holds) { Ok(()) } else { Err(Error::proration_date_outside()) }
}

fn turn_of(tx: &Tx<'_>, subscription: &Map, params: &Map, changes: &[Change]) -> Outcome<Turn> {
    let is_trial = subscription.str("status") == "trialing";
    match params.at("trial_end") {
        Value::Int(ends) if *ends <= tx.now() => return Err(Error::trial_end_in_past(*ends)),
        Value::Int(ends) => {
            let anchor = subscription.int("billing_cycle_anchor").min(tx.now());
            beginning::check_trial_end(*ends, anchor)?;
            return Ok(Turn::Trial(*ends));
        }
        Value::Str(now) if now == "now" && is_trial => return Ok(Turn::TrialEnds),
        _ => {}
    }
    if is_trial {
        return Ok(Turn::None);
    }
    let is_asked = named(params, "billing_cycle_anchor") == "now";
    if is_asked || (!subscribing::is_flexible(subscription) && turns_by_itself(tx, changes)) {
        return Ok(Turn::Now);
    }
    Ok(Turn::None)
}

/// A classic subscription begins anew with another interval, or when it first costs something.
fn turns_by_itself(tx: &Tx<'_>, changes: &[Change]) -> bool {
    let interval = |item: &Map| Interval::of(item.at("price"));
    let (mut before, mut after, mut is_other) = (0, 0, false);
    for change in changes {
        before += change.before.as_ref().map_or(0, |item| subscribing::cost_of(tx, item));
        after += change.after.as_ref().map_or(0, |item| subscribing::cost_of(tx, item));
        if let (Some(old), Some(new)) = (&change.before, &change.after) {
            is_other |= interval(old) != interval(new);
        }
    }
    is_other || (before == 0 && 0 < after)
}

/// Moves the anchor and the trial.
fn take_turn(tx: &Tx<'_>, subscription: &mut Map, turn: Turn) {
    let now = tx.now();
    let is_kept = subscribing::keeps_anchor(subscription);
    match turn {
        Turn::None => {}
        Turn::Now => subscription.set("billing_cycle_anchor", now),
        Turn::TrialEnds => {
            if !is_kept {
                subscription.set("billing_cycle_anchor", now);
            }
            subscription.set("status", "active");
            subscription.set("trial_end", now);
        }
        Turn::Trial(ends) => {
            // Flexible ones show their latest trial, others their first.
            let is_other = subscription.str("status") != "trialing";
            let is_first = subscription.at("trial_start").is_null();
            if is_first || (is_other && subscribing::is_flexible(subscription)) {
                subscription.set("trial_start", now);
            }
            if !is_kept {
                subscription.set("billing_cycle_anchor", ends);
            }
            subscription.set("status", "trialing");
            subscription.set("trial_end", ends);
        }
    }
}

/// The period of an item after the change.
fn span_of(tx: &Tx<'_>, subscription: &Map, change: &Change, turn: Turn) -> Period {
    let now = tx.now();
    let Some(after) = &change.after else { return (now, now) };
    let interval = Interval::of(after.at("price"));
    let anchor = subscribing::anchor_of(subscription, after);
    if !after.at("current_trial").is_null() && anchor == now {
        return (now, interval.boundary(now, 1));
    }
    let old = change.before.as_ref();
    let current = old.map(|old| (old.int("current_period_start"), old.int("current_period_end")));
    match turn {
        Turn::Now | Turn::TrialEnds => (now, interval.containing(anchor, now).1),
        Turn::Trial(ends) => {
            let begun = subscription.int("trial_start");
            (current.map_or(now, |current| current.0.max(begun)), ends)
        }
        Turn::None if subscription.str("status") == "trialing" => {
            (current.map_or(now, |current| current.0), subscription.int("trial_end"))
        }
        Turn::None => {
            let natural = interval.containing(anchor, now);
            match (current, old) {
                // The period is over: the next one is the renewal's.
                (Some(current), _) if current.1 <= now => current,
                (Some(current), Some(old)) if Interval::of(old.at("price")) == interval => current,
                (Some(current), _) => (natural.0.max(current.0.min(now)), natural.1),
                (None, _) => (now, natural.1),
            }
        }
    }
}

/// Makes invoice items of a change: the new debit first, where there is one, then the credit for
/// the old.
fn settle_item(tx: &mut Tx<'_>, subscription: &Map, change: &Change, debit: Option<Cost>, at: i64) {
    let before = change.before.as_ref().filter(|item| subscribing::is_licensed(item));
    let credit = before.map(|before| credit(tx, subscription, before, at));
    if let (Some(after), Some(cost)) = (&change.after, debit) {
        let interval = Interval::of(after.at("price"));
        let whole = interval.containing(subscribing::anchor_of(subscription, after), at);
        let period = (at, after.int("current_period_end"));
        let cost = cost.rest(at, whole);
        subscribing::prorate(
            tx,
            subscription,
            Prorated { item: after, cost, period, credited: None, usage: None },
        );
    }
    if let Some(credit) = credit {
        subscribing::prorate(tx, subscription, credit);
    }
}

/// Makes an invoice item of what was used.
pub fn pend_usage(tx: &mut Tx<'_>, subscription: &Map, item: &Map, used: i64, period: Period) {
    let Some(price) = item.at("price").as_map().filter(|_| used != 0) else { return };
    let cost = Cost { amount: invoicing::amount_of(tx, price, used), ..Cost::default() };
    let usage = Prorated { item, cost, period, credited: None, usage: Some(used) };
    subscribing::prorate(tx, subscription, usage);
}

/// Settles what was used of an item whose period ends now, which is due; that goes, or that gets
/// another price. Classic subscriptions forget that where the period is not over.
fn settle_usage(
    tx: &mut Tx<'_>,
    subscription: &Map,
    change: &Change,
    turn: Turn,
    prorates: bool,
    due: &mut Vec<Due>,
) {
    let is_metered = |item: &&Rc<Map>| !subscribing::is_licensed(item);
    let before = change.before.as_ref().filter(is_metered);
    let now = tx.now();
    if let (Some(before), Turn::Now) = (before, turn) {
        let period = (before.int("current_period_start"), now);
        due.push(Due { item: before.clone(), period, part: Part::Usage });
    }
    let price = |item: &Map| item.path("price.id").clone();
    let after = change.after.as_ref();
    let stays = change.before.as_ref().is_some_and(|it| after.map(price) == Some(price(it)));
    if turn != Turn::None || stays {
        return;
    }
    if let Some(item) = before {
        let start = metering::unbilled_from(tx, item.str("id"), item.int("current_period_start"));
        let used = metering::used(tx, item, subscription.str("customer"), (start, now));
        let is_over = item.int("current_period_end") <= now;
        let is_billed = is_over || prorates && subscribing::is_flexible(subscription);
        if is_billed {
            pend_usage(tx, subscription, item, used, (start, now));
        }
    }
    if let (Some(after), Some(_)) = (after, &change.before)
        && !subscribing::is_licensed(after)
    {
        metering::bill_from(tx, after.str("id"), now);
    }
}

/// The credit for the rest of an item's period.
fn credit<'i>(tx: &Tx<'_>, subscription: &Map, item: &'i Map, at: i64) -> Prorated<'i> {
    let (start, ends) = (item.int("current_period_start"), item.int("current_period_end"));
    let at = at.max(start);
    let debited = debited(tx, subscription, item);
    let (cost, whole, source) = match debited {
        Some(debited) if subscribing::is_flexible(subscription) => debited,
        other => {
            let anchor = subscribing::anchor_of(subscription, item);
            let natural = Interval::of(item.at("price")).containing(anchor, start);
            let whole = if natural.1 == ends { natural } else { (start, ends) };
            let mut costs = subscribing::costs_of(tx, subscription, &[item]);
            (
                costs.pop().unwrap_or_default(),
                whole,
                other.map_or(Value::Null, |(_, _, source)| source),
            )
        }
    };
    let cost = cost.credited().rest(at, whole);
    Prorated { item, cost, period: (at, ends), credited: Some(source), usage: None }
}

/// What an item's period was last billed with: the amount, for which period, and how a credit names
/// it.
fn debited(tx: &Tx<'_>, subscription: &Map, item: &Map) -> Option<(Cost, Period, Value)> {
    let (id, ends) = (item.str("id"), item.int("current_period_end"));
    let period = |of: &Map| (int_of(of, "period.start"), int_of(of, "period.end"));
    let customer = subscription.at("customer").as_id()?;
    for pending in tx.all_where("invoiceitem", "customer", customer).iter().rev() {
        let of = pending.path("parent.subscription_details.subscription_item");
        let is_debit = pending.is_true("proration") && 0 <= pending.int("amount");
        let is_its = of.as_id() == Some(id) && period(pending).1 == ends;
        if is_its && is_debit && pending.at("invoice").is_null() {
            let source = map! { "invoice_item": pending.at("id").clone(), "type": "invoice_item" };
            let off = invoicing::taken(pending.path("proration_details.discount_amounts"));
            let cost = Cost { amount: pending.int("amount"), off };
            return Some((cost, period(pending), source.into()));
        }
    }
    let path = "parent.subscription_details.subscription";
    for invoice in tx.all_where("invoice", path, subscription.str("id")).iter().rev() {
        for line in invoice.path("lines.data").as_list().unwrap_or_default() {
            let Some(line) = line.as_map() else { continue };
            let of = line.path("parent.subscription_item_details.subscription_item");
            if of.as_id() != Some(id) || period(line).1 != ends || line.int("amount") < 0 {
                continue;
            }
            let off = invoicing::taken(line.at("discount_amounts"));
            let source = map! {
                "invoice_line_item_details": map! {
                    "invoice": invoice.at("id").clone(),
                    "invoice_line_items": vec![line.at("id").clone()],
                },
                "type": "invoice_line_items",
            };
            return Some((Cost { amount: line.int("amount"), off }, period(line), source.into()));
        }
    }
    None
}

fn int_of(map: &Map, path: &str) -> i64 {
    map.path(path).as_int().unwrap_or(0)
}

/// Gives credit for what is left, from then on, of the periods of all items.
pub fn credit_rest(tx: &mut Tx<'_>, subscription: &Map, at: i64) {
    // Nothing was paid for a trial.
    if subscription.str("status") == "trialing" {
        return;
    }
    for item in subscribing::items_of(tx, subscription.str("id")) {
        if subscribing::is_licensed(&item) && at < item.int("current_period_end") {
            let credit = credit(tx, subscription, &item, at);
            subscribing::prorate(tx, subscription, credit);
        }
    }
}

/// Takes pending invoice items of parts of periods back: all, or those that begin then.
pub fn drop_prorations(tx: &mut Tx<'_>, subscription: &Map, from: Option<i64>) {
    let Some(customer) = subscription.at("customer").as_id() else { return };
    for item in tx.all_where("invoiceitem", "customer", customer) {
        let of = item.path("parent.subscription_details.subscription").as_id();
        let is_its = of == subscription.at("id").as_id() && item.is_true("proration");
        let begins = item.path("period.start").as_int();
        if is_its && item.at("invoice").is_null() && (from.is_none() || begins == from) {
            tx.delete("invoiceitem", item.str("id"));
        }
    }
}

/// Lays over the subscription what its parameters fill in.
fn lay_fields(tx: &mut Tx<'_>, subscription: &mut Map, params: &Map) -> Outcome<()> {
    let id = subscription.str("id").to_string();
    if params.contains("cancellation_details") && !is_to_end(subscription, params) {
        return Err(Error::cancellation_details_early());
    }
    let lists = ["discounts", "coupon", "promotion_code"];
    if lists.iter().any(|name| params.contains(name)) {
        let mut of = params.clone();
        of.set("customer", subscription.at("customer").clone());
        let keeps = params.at("discounts").as_list().is_some_and(<[Value]>::is_empty);
        if !keeps {
            let before = subscription.at("discounts").as_list().unwrap_or_default().to_vec();
            let discounts = super::discounts(tx, ("subscription", &id), &of, &before)?;
            subscription.set("discounts", discounts);
        }
    }
    let mut rest = params.clone();
    HANDLED.iter().for_each(|name| drop(rest.remove(name)));
    let shape = Object::find("subscription").expect("a published type").shape();
    crud::apply(tx, shape, subscription, &rest, "")?;
    if params.contains("automatic_tax") {
        super::check_tax(tx, subscription)?;
    }
    if let Some(pause) = params.get("pause_collection") {
        tx.unschedule("subscription.collect_again", &id);
        match pause.as_map() {
            Some(pause) => {
                let resumes = pause.at("resumes_at").as_int();
                if let Some(at) = resumes {
                    tx.schedule(at.max(tx.now()), "subscription.collect_again", &id);
                }
                let behavior = pause.at("behavior").clone();
                let pause = map! { "behavior": behavior, "resumes_at": resumes };
                subscription.set("pause_collection", pause);
            }
            None => subscription.set("pause_collection", Value::Null),
        }
    }
    Ok(())
}

fn is_to_end(subscription: &Map, params: &Map) -> bool {
    subscribing::has_ended(subscription)
        || !subscription.at("cancel_at").is_null()
        || params.is_true("cancel_at_period_end")
        || params.contains("cancel_at")
}

/// Sets when the subscription is to end, or that it is not to.
pub fn set_end(tx: &mut Tx<'_>, subscription: &mut Map, params: &Map) -> Outcome<()> {
    let id = subscription.str("id").to_string();
    let items = subscribing::items_of(tx, &id);
    let ends = || items.iter().map(|item| item.int("current_period_end"));
    let (at, flag) = match (params.get("cancel_at"), params.at("cancel_at_period_end").as_bool()) {
        (Some(Value::Int(at)), _) if *at <= tx.now() => return Err(Error::cancel_at_in_past()),
        (Some(Value::Int(at)), _) => (Some(*at), false),
        (Some(Value::Str(which)), _) if which == "min_period_end" => (ends().min(), false),
        (Some(Value::Str(which)), _) if which == "max_billed_until" => {
            (items.iter().map(|item| subscribing::prebilling::billed_until(item)).max(), false)
        }
        (Some(Value::Str(which)), _) if !which.is_empty() => (ends().max(), false),
        (Some(_), _) => (None, false),
        (None, Some(flag)) => (ends().max().filter(|_| flag), flag),
        (None, None) => return Ok(()),
    };
    let before = subscription.at("cancel_at").as_int();
    if before.is_some() && before != at {
        drop_prorations(tx, subscription, before);
    }
    subscription.set("cancel_at", at);
    subscription.set("cancel_at_period_end", flag);
    let canceled = subscription.at("canceled_at").as_int().or(Some(tx.now()));
    subscription.set("canceled_at", canceled.filter(|_| at.is_some()));
    let reason = at.map(|_| "cancellation_requested");
    subscription.map_mut("cancellation_details").set("reason", reason);
    if let Some(at) = at {
        cut_trial(tx, subscription, at);
    }
    let is_within = at.is_some_and(|at| ends().any(|end| at < end));
    if is_within && before != at && params.str("proration_behavior") != "none" {
        credit_rest(tx, subscription, at.unwrap_or(i64::MAX));
    }
    Ok(())
}

/// A trial of classic billing is over when the subscription ends.
fn cut_trial(tx: &mut Tx<'_>, subscription: &mut Map, at: i64) {
    let is_cut = subscription.at("trial_end").as_int().is_some_and(|ends| at < ends);
    if !is_cut || subscribing::is_flexible(subscription) || subscription.str("status") != "trialing"
    {
        return;
    }
    subscription.set("trial_end", at);
    subscription.set("billing_cycle_anchor", at);
    for item in subscribing::items_of(tx, subscription.str("id")) {
        let mut item = Map::clone(&item);
        item.set("current_period_end", at);
        tx.save(item);
    }
    subscribing::show_items(tx, subscription);
}

// What a change costs at once.

/// Has the invoice of a change paid as the payment behavior says, and saves the subscription.
pub fn settle(
    tx: &mut Tx<'_>,
    before: &Map,
    mut subscription: Map,
    invoice: Option<Map>,
    params: &Map,
) -> Outcome<Rc<Map>> {
    let Some(invoice) = invoice else { return Ok(subscribing::keep(tx, subscription)) };
    let id = invoice.str("id").to_string();
    subscription.set("latest_invoice", id.clone());
    subscribing::spend_once(tx, &mut subscription);
    if subscription.str("collection_method") == "send_invoice" {
        subscribing::draw_up(tx, invoice, &subscription);
        return Ok(subscribing::keep(tx, subscription));
    }
    let collected = subscribing::collect(tx, &subscription, invoice, params)?;
    if collected == Collected::Paid {
        // What is behind the latest invoice is not asked for any more.
        if matches!(subscription.str("status"), "past_due" | "unpaid") {
            subscription.set("status", "active");
        }
        return Ok(subscribing::keep(tx, subscription));
    }
    if params.str("payment_behavior") == "pending_if_incomplete" {
        return Ok(park(tx, before, subscription, params));
    }
    if matches!(subscription.str("status"), "active" | "trialing") {
        subscription.set("status", "past_due");
    }
    if collected == Collected::Declined {
        invoicing::retry_later(tx, &id);
    }
    Ok(subscribing::keep(tx, subscription))
}

/// What can wait for its payment, beside `expand` and how it is to be paid.
const WAITING: &[&str] = &[
    "add_invoice_items",
    "billing_cycle_anchor",
    "cancel_at_period_end",
    "discounts",
    "items",
    "metadata",
    "proration_behavior",
    "proration_date",
    "trial_end",
    "trial_from_plan",
];

/// Refuses what cannot wait for its payment.
pub fn check_waiting(subscription: &Map, params: &Map) -> Outcome<()> {
    if params.str("payment_behavior") != "pending_if_incomplete" {
        return Ok(());
    }
    let free = ["expand", "off_session", "payment_behavior"];
    let can_wait = |name: &&str| free.contains(name) || WAITING.contains(name);
    if let Some(other) = params.keys().map(AsRef::as_ref).find(|name| !can_wait(name)) {
        return Err(Error::not_with_pending_updates(other));
    }
    match subscription.str("collection_method") {
        "send_invoice" => Err(Error::pending_updates_are_charged()),
        _ => Ok(()),
    }
}

/// A change of what is subscribed to takes the place of one that waits for its payment.
pub fn supersede(tx: &mut Tx<'_>, id: &str, params: &Map) {
    let mut changes = WAITING.iter().filter(|name| **name != "metadata");
    if changes.any(|name| params.contains(name)) {
        subscribing::give_up_update(tx, id);
    }
}

/// The change waits for its invoice to be paid; until then all is as before.
pub fn park(tx: &mut Tx<'_>, before: &Map, wanted: Map, params: &Map) -> Rc<Map> {
    let id = before.str("id").to_string();
    let items = subscribing::items_of(tx, &id);
    let old = before.path("items.data").as_list().unwrap_or_default();
    for item in &items {
        if !old.iter().any(|old| old.as_id() == item.at("id").as_id()) {
            tx.delete("subscription_item", item.str("id"));
        }
    }
    for item in old.iter().filter_map(Value::as_map) {
        tx.save(item.clone());
    }
    let now = tx.now();
    let ends = [before.at("trial_end").as_int(), subscribing::period_ends(tx, &id)];
    let ends = ends.into_iter().flatten().filter(|ends| now < *ends);
    let expires = ends.fold(now + super::EXPIRES_AFTER, i64::min);
    let moved = |name: &str| match wanted.at(name) == before.at(name) {
        true => Value::Null,
        false => wanted.at(name).clone(),
    };
    let items: Vec<Value> = items.into_iter().map(Value::Map).collect();
    let mut subscription = before.clone();
    subscription.set(
        "pending_update",
        map! {
            "billing_cycle_anchor": moved("billing_cycle_anchor"),
            "cancel_at_period_end": moved("cancel_at_period_end"),
            "discount": Value::Null,
            "discounts": moved("discounts"),
            "expires_at": expires,
            "metadata": moved("metadata"),
            "subscription_items": items,
            "trial_end": moved("trial_end"),
            "trial_from_plan": params.at("trial_from_plan").clone(),
        },
    );
    for name in ["latest_invoice", "pending_setup_intent"] {
        subscription.set(name, wanted.at(name).clone());
    }
    tx.schedule(expires, "subscription.expire_update", &id);
    subscribing::keep(tx, subscription)
}

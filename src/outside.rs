//! The customer's and the bank's part, which the test plays: customers authenticate, pay or do not,
//! and what takes banks their time is settled now.
//!
//! What happens is what Stripe would do if it came from outside: no request caused it, and its
//! events follow.

use crate::domains::{billing_portal, checkout, payment_links, payouts};
use crate::errors::{Error, Outcome};
use crate::flows::charging::{self, BankAnswer};
use crate::flows::{disputing, refunding, setting_up};
use crate::partition::Partition;
use crate::store::Tx;
use crate::store::schedule::Due;
use crate::value::{Map, Text, Value};

/// What can be settled: the type of object, and how what settles it by itself is called.
const SETTLED: &[(&str, &[&str])] = &[
    ("payment_intent", &["payment_intent.settle", charging::PAY_VOUCHER]),
    ("charge", &["charge.settle"]),
    ("refund", &["refund.succeed", "refund.fail"]),
    ("dispute", &["dispute.decide"]),
    ("payout", &["payout.depart", "payout.arrive"]),
    ("topup", &["topup.arrive", "topup.fail"]),
    ("tax_id", &["tax_id.verify"]),
];

/// How many things at most have to happen until something is settled: a payout departs and arrives.
const STAGES: usize = 2;

/// The customer does what an intent waits for: `intent` is its id, `succeeded` whether it works.
pub fn authenticate(partition: &mut Partition, args: &Map) -> Outcome<Value> {
    let id = args.str("intent");
    let (kind, account) = find(partition, id, &["payment_intent", "setup_intent"])?;
    let succeeded = args.is_true("succeeded");
    partition.act(&account, &mut |tx| {
        let intent = tx.load(kind, id).unwrap_or_default();
        let intent = match kind {
            "payment_intent" => charging::authenticate(tx, intent, succeeded),
            _ => setting_up::authenticate(tx, intent, succeeded),
        };
        intent.map(Value::Map)
    })
}

/// The customer is on a page of Stripe's. `command` says what they do: `customer.complete` fills in
/// and submits the checkout session `id`, `customer.abandon` leaves it for good, `customer.recover`
/// comes back to it, `customer.follow` opens the payment link `id`. `given` is what they fill in.
pub fn visit(partition: &mut Partition, command: &str, args: &Map) -> Outcome<Value> {
    let id = args.str("id");
    let given = args.at("given").as_map().cloned().unwrap_or_default();
    let kind = if command == "customer.follow" { payment_links::LINK } else { checkout::SESSION };
    let (_, account) = find(partition, id, &[kind])?;
    partition.act(&account, &mut |tx| {
        let done = match command {
            "customer.complete" => checkout::completing::complete(tx, id, &given),
            "customer.abandon" => checkout::abandon(tx, id),
            "customer.recover" => checkout::recover(tx, id),
            _ => payment_links::follow(tx, id, &given),
        };
        done.map(Value::Map)
    })
}

/// The customer does something in the portal session `id`: `does` and `given` say what (see
/// [`billing_portal::visit`]).
pub fn portal(partition: &mut Partition, args: &Map) -> Outcome<Value> {
    let id = args.str("id");
    let given = args.at("given").as_map().cloned().unwrap_or_default();
    let (_, account) = find(partition, id, &[billing_portal::SESSION])?;
    partition.act(&account, &mut |tx| {
        billing_portal::visit(tx, id, args.str("does"), &given).map(Value::Map)
    })
}

/// Settles what is pending: all there is, or the object `id` alone, and then as `outcome` says where
/// it does: "succeeded", "failed" or a failure code. The answer is what was settled.
pub fn settle(partition: &mut Partition, args: &Map) -> Outcome<Value> {
    let id = args.str("id");
    if id.is_empty() {
        return Ok(Value::List(settle_all(partition)));
    }
    let kinds: Vec<&'static str> = SETTLED.iter().map(|(kind, _)| *kind).collect();
    let (mut kind, account) = find(partition, id, &kinds)?;
    let mut settled = id.to_string();
    // A debit's charge is settled with its intent.
    let charge = partition.store().find(&account, "charge", id).map(|row| &row.object);
    let intent = charge.and_then(|charge| charge.at("payment_intent").as_id());
    if let Some(intent) = intent {
        (kind, settled) = ("payment_intent", intent.to_string());
    }
    let outcome = args.str("outcome");
    if outcome.is_empty() {
        for _ in 0..STAGES {
            let schedule = &partition.store().schedule;
            let due: Vec<Due> = [schedule.of(&settled), schedule.of(id)].concat();
            due.into_iter().for_each(|due| drop(run(partition, due)));
        }
    } else {
        partition.act(&account, &mut |tx| settle_as(tx, kind, &settled, outcome))?;
    }
    let (kind, _) = find(partition, id, &kinds)?;
    Ok(shown(partition, &account, kind, id))
}

fn settle_as(tx: &mut Tx<'_>, kind: &str, id: &str, outcome: &str) -> Outcome<Value> {
    let code = if outcome == "failed" { "" } else { outcome };
    match (kind, outcome) {
        ("payment_intent", "succeeded") => charging::settle_as(tx, id, BankAnswer::Paid),
        ("payment_intent", _) => charging::settle_as(tx, id, BankAnswer::Refused(code)),
        ("refund", "succeeded") => refunding::succeed(tx, id),
        ("refund", _) => refunding::fail(tx, id, code),
        ("payout", "succeeded") => payouts::settle_as(tx, id, None),
        ("payout", "failed") => payouts::settle_as(tx, id, Some("could_not_process")),
        ("payout", code) => payouts::settle_as(tx, id, Some(code)),
        ("dispute", _) => disputing::settle(tx, id, outcome == "succeeded"),
        _ => return Err(Error::control(format!("how {id} is settled is not for the test to say"))),
    }
    Ok(Value::Null)
}

/// Settles everything that is pending, in the order in which it would come.
fn settle_all(partition: &mut Partition) -> Vec<Value> {
    let mut settled: Vec<Value> = Vec::new();
    for _ in 0..STAGES {
        let due: Vec<Due> = partition.store().schedule.all().collect();
        for now in due.into_iter().filter_map(|due| run(partition, due)) {
            let id = now.as_map().map_or("", |now| now.str("id"));
            settled.retain(|other| other.as_map().is_none_or(|other| other.str("id") != id));
            settled.push(now);
        }
    }
    settled
}

/// Runs an entry of the schedule now, where it settles something; gives what was settled.
fn run(partition: &mut Partition, due: Due) -> Option<Value> {
    let entry = partition.store().schedule.get(due)?;
    let settles = |actions: &&[&str]| actions.iter().any(|action| entry.action.starts_with(action));
    let (kind, _) = SETTLED.iter().find(|(_, actions)| settles(actions))?;
    let (account, id) = (entry.account.clone(), entry.id.clone());
    let now = partition.clock.milliseconds();
    partition.run_entry(due, now);
    Some(shown(partition, &account, kind, &id))
}

fn shown(partition: &Partition, account: &str, kind: &str, id: &str) -> Value {
    let row = partition.store().find(account, kind, id);
    row.map_or(Value::Null, |row| Value::Map(row.object.clone()))
}

/// The type and the account of the object with that id.
fn find(partition: &Partition, id: &str, kinds: &[&'static str]) -> Outcome<(&'static str, Text)> {
    let store = partition.store();
    for account in store.accounts() {
        let of = kinds.iter().find(|kind| store.find(account, kind, id).is_some());
        if let Some(kind) = of {
            return Ok((kind, account.clone()));
        }
    }
    let kinds = kinds.join(", ");
    Err(Error::control(format!("there is no {kinds} with the id '{id}'")))
}

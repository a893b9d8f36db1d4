//! What the test asks of the partition itself, never over HTTP: set the stage, move the clock, make keys.
//!
//! | command | arguments | answer |
//! | --- | --- | --- |
//! | `clock.now` | | milliseconds since 1970 |
//! | `clock.advance` | `years months weeks days hours minutes seconds milliseconds` | the new time |
//! | `clock.advanceTo` | `at`: milliseconds since 1970 | the new time |
//! | `clock.freeze` | `at`: milliseconds since 1970, or nothing for where it stands | the new time |
//! | `clock.follow` | | the new time |
//! | `seed` | lists of objects by type or by the stripe client's name | what was made, in lists of the same names |
//! | `rekey` | `apiKey`, `publishableKey` | |
//! | `key.restrict` | `key`, `grants`: "read" or "write" by resource | |
//! | `key.expire` | `key` | |
//! | `settings` | `settings` that change, `account`: its id | all of them |
//! | `account` | fields of the platform's own account | the account |
//! | `webhook.forward` | `url enabled_events secret connect api_version`, or `endpoint`; `delivery` | `id secret url` |
//! | `webhook.stop` | `endpoint` | |
//! | `webhook.next` | `at`: unix seconds by the host's clock | the next delivery to be sent, or null |
//! | `webhook.report` | `id`, `outcome`: "delivered", "failed" or "unsendable" | |
//! | `customer.authenticate` | `intent`: its id, `succeeded` | the intent |
//! | `customer.complete`, `.abandon`, `.recover` | `id` of a checkout session, `given`: what is filled in | the session |
//! | `customer.follow` | `id` of a payment link, `given` | a session |
//! | `customer.portal` | `id` of a portal session, `does`, `given` | the subscription or the customer |
//! | `settle` | nothing, or `id` and, where it is to be said, `outcome` | what was settled |
//! | `event.find` | `type`, `from`: a place in the log of events | `place event`, or null |

use crate::call::Origin;
use crate::crud;
use crate::domains::accounts;
use crate::errors::{Error, Outcome};
use crate::flows::settings;
use crate::keys::{Grant, Key};
use crate::map;
use crate::outside;
use crate::partition::Partition;
use crate::schema::{self, Answer, Object};
use crate::store::Tx;
use crate::store::clock::Milliseconds;
use crate::time;
use crate::value::{Map, Text, Value};
use crate::webhooks::{self, Attempt};

/// Runs one command.
pub fn run(partition: &mut Partition, command: &str, args: &Map) -> Outcome<Value> {
    match command {
        "clock.now" => Ok(now(partition)),
        "clock.advance" => {
            let now = partition.clock.milliseconds();
            advance_to(partition, later(now, args)?)
        }
        "clock.advanceTo" => match args.at("at").as_int() {
            Some(at) => advance_to(partition, at),
            None => Err(Error::control("clock.advanceTo needs a time")),
        },
        "clock.freeze" => {
            if let Some(at) = args.at("at").as_int() {
                advance_to(partition, at)?;
            }
            partition.clock.freeze(args.at("at").as_int());
            Ok(now(partition))
        }
        "clock.follow" => {
            partition.clock.follow();
            Ok(now(partition))
        }
        "seed" => seed(partition, args),
        "rekey" => {
            let (secret, publishable) = (args.str("apiKey"), args.str("publishableKey"));
            partition.keys.replace(secret.to_string(), publishable.to_string());
            Ok(Value::Null)
        }
        "key.restrict" => restrict(partition, args),
        "key.expire" => {
            partition.keys.expire(args.str("key").to_string());
            Ok(Value::Null)
        }
        "account" => change_account(partition, args),
        "settings" => partition.quietly(|tx| settings::change(tx, args)),
        "customer.authenticate" => outside::authenticate(partition, args),
        "customer.complete" | "customer.abandon" | "customer.recover" | "customer.follow" => {
            outside::visit(partition, command, args)
        }
        "customer.portal" => outside::portal(partition, args),
        "settle" => outside::settle(partition, args),
        _ if command.starts_with("webhook.") || command == "event.find" => {
            deliveries(partition, command, args)
        }
        _ => Err(Error::control(format!("there is no command {command}"))),
    }
}

fn now(partition: &Partition) -> Value {
    Value::Int(partition.clock.milliseconds())
}

// Time.

/// That much later, months and years by the calendar: a day the month does not have becomes its last.
fn later(now: Milliseconds, args: &Map) -> Outcome<Milliseconds> {
    const UNITS: [(&str, i64); 6] = [
        ("weeks", 7 * 86_400_000),
        ("days", 86_400_000),
        ("hours", 3_600_000),
        ("minutes", 60_000),
        ("seconds", 1000),
        ("milliseconds", 1),
    ];
    for (name, amount) in args.iter() {
        let is_unit = matches!(name.as_ref(), "years" | "months")
            || UNITS.iter().any(|(unit, _)| unit == name);
        if !is_unit || amount.as_int().is_none() {
            return Err(Error::control(format!("{name} is no whole number of a unit of time")));
        }
    }
    let too_far = || Error::control("that is further than time goes");
    let years = args.int("years").checked_mul(12).ok_or_else(too_far)?;
    let months = years.checked_add(args.int("months")).ok_or_else(too_far)?;
    if months.unsigned_abs() > 12 * 10_000 {
        return Err(too_far());
    }
    let start = time::add_months(now.div_euclid(1000), months) * 1000 + now.rem_euclid(1000);
    UNITS
        .iter()
        .try_fold(start, |at, (unit, length)| at.checked_add(args.int(unit).checked_mul(*length)?))
        .ok_or_else(too_far)
}

/// Moves the clock there and does what became due on the way.
fn advance_to(partition: &mut Partition, at: Milliseconds) -> Outcome<Value> {
    /// The year 9999, where dates end.
    const LATEST: Milliseconds = 253_402_300_799_000;
    if at < partition.clock.milliseconds() {
        return Err(Error::control("the clock does not go back"));
    }
    if LATEST < at {
        return Err(Error::control("that is further than time goes"));
    }
    partition.clock.move_to(at);
    partition.run_due();
    Ok(now(partition))
}

// Setting the stage.

/// The type of object a name stands for: itself, or what the stripe client's namespace creates.
fn kind_of(name: &str) -> Outcome<Object> {
    if let Some(kind) = Object::find(name) {
        return Ok(kind);
    }
    let lists = ["create", "retrieve", "list"];
    let operation = lists.iter().find_map(|verb| schema::operation(&format!("{name}.{verb}")));
    let answer = operation.map(|operation| operation.answer());
    match answer {
        Some(Answer::Object(objects) | Answer::List(objects) | Answer::V2List(objects)) => {
            objects.iter().next().ok_or_else(|| Error::control(format!("there are no {name}")))
        }
        _ => Err(Error::control(format!("there are no {name}"))),
    }
}

/// One plain object to be made.
struct Wanted<'a> {
    name: &'a str,
    kind: Object,
    fields: &'a Map,
    made: Option<Value>,
}

/// Makes plain objects of what is given, all or nothing. Objects may refer to others that stand
/// anywhere in the same seed.
fn seed(partition: &mut Partition, args: &Map) -> Outcome<Value> {
    let mut wanted = Vec::new();
    for (name, list) in args.iter() {
        let kind = kind_of(name)?;
        let items = list.as_list().ok_or_else(|| Error::control(format!("{name} is no list")))?;
        for item in items {
            let fields = item.as_map().ok_or_else(|| {
                Error::control(format!("{name} holds something that is no object"))
            })?;
            wanted.push(Wanted { name, kind, fields, made: None });
        }
    }
    let now = partition.clock.milliseconds();
    let platform = partition.store.platform().clone();
    let mut tx = Tx::new(&mut partition.store, platform, Origin::Library, now);
    if let Err(error) = make_all(&mut tx, &mut wanted) {
        tx.roll_back();
        return Err(error);
    }
    let mut made = Map::new();
    for (name, _) in args.iter() {
        let of_name = wanted.iter_mut().filter(|wanted| wanted.name == name);
        let objects = of_name.filter_map(|wanted| wanted.made.take()).collect::<Vec<_>>();
        made.push(name.clone(), objects);
    }
    Ok(made.into())
}

/// Makes what can be made until nothing is left; what refers to something missing waits its turn.
fn make_all(tx: &mut Tx<'_>, wanted: &mut [Wanted<'_>]) -> Outcome<()> {
    loop {
        let mut progressed = false;
        let mut refused = None;
        for item in wanted.iter_mut().filter(|item| item.made.is_none()) {
            match crud::draft_kind(tx, item.kind, item.fields) {
                Ok(object) => {
                    let kind = Text::from(item.kind.name());
                    item.made = Some(Value::Map(tx.save_as(kind, object)));
                    progressed = true;
                }
                Err(error) if error.code.as_deref() == Some("resource_missing") => {
                    refused.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        match refused {
            None => return Ok(()),
            Some(error) if !progressed => return Err(error),
            Some(_) => {}
        }
    }
}

// Deliveries.

fn deliveries(partition: &mut Partition, command: &str, args: &Map) -> Outcome<Value> {
    match command {
        "webhook.forward" => {
            let forwarded = partition.quietly(|tx| webhooks::forward(tx, args));
            let missing = || Error::control(format!("there is no {}", args.str("endpoint")));
            forwarded.map(Value::from).ok_or_else(missing)
        }
        "webhook.stop" => {
            partition.quietly(|tx| webhooks::stop(tx, args.str("endpoint")));
            Ok(Value::Null)
        }
        "webhook.next" => Ok(partition.quietly(|tx| webhooks::next(tx, args.int("at")))),
        "webhook.report" => {
            let outcome = match args.str("outcome") {
                "delivered" => Attempt::Delivered,
                "failed" => Attempt::Failed,
                _ => Attempt::Unsendable,
            };
            partition.quietly(|tx| webhooks::report(tx, args.str("id"), outcome));
            Ok(Value::Null)
        }
        _ => {
            let from = usize::try_from(args.int("from")).unwrap_or(0);
            let found = partition.store.webhooks.find(args.str("type"), from);
            let found = found.map(|(place, event)| {
                map! { "place": place as i64, "event": Value::Map(event.clone()) }
            });
            Ok(found.map_or(Value::Null, Value::from))
        }
    }
}

// Keys and the account.

fn restrict(partition: &mut Partition, args: &Map) -> Outcome<Value> {
    let key = args.str("key").to_string();
    let Some(grants) = args.at("grants").as_map() else {
        return Err(Error::control("key.restrict needs grants"));
    };
    let grants = grants.iter().map(|(resource, access)| Grant {
        resource: resource.to_string(),
        can_write: access.as_str() == Some("write"),
    });
    let grants = Some(grants.collect());
    let account = partition.store.platform().clone();
    partition.keys.add(key.clone(), Key::Restricted { account, key, grants });
    Ok(Value::Null)
}

fn change_account(partition: &mut Partition, args: &Map) -> Outcome<Value> {
    let changed = partition.quietly(|tx| accounts::change_own(tx, args))?;
    Ok(Value::Map(changed))
}

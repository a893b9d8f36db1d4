//! The account's settings, which its owner makes in Stripe's Dashboard and no request can change: the
//! test sets them as it sets the stage. Those of Billing: how invoices are collected and numbered.
//!
//! A connected account that has none of its own goes by the platform's.
//!
//! Stripe's pages: <https://docs.stripe.com/billing/revenue-recovery/smart-retries>,
//! <https://docs.stripe.com/billing/subscriptions/overview#settings>,
//! <https://docs.stripe.com/invoicing/customize#invoice-numbering>.

use crate::domains::{accounts, test_clocks};
use crate::errors::{Error, Outcome};
use crate::flows::subscribing;
use crate::map;
use crate::store::Tx;
use crate::value::{Map, Value};

/// What they are kept as, each under its name.
const KIND: &str = "settings";
const BILLING: &str = "billing";
const DAY: i64 = 86_400;
/// When a payment that failed is tried again, in days after each failure. Stripe's own times are
/// chosen by a model.
const SMART: [i64; 3] = [3, 5, 7];
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// What a setting can be.
enum Rule {
    /// One of these words, by default the first.
    Word(&'static [&'static str]),
    /// One of these numbers of days, by default the first.
    OneOf(&'static [i64]),
    /// A number of days, or null for never, as it is by default.
    Days,
    /// "smart", as it is by default, or the days after each failure, of three at most.
    Retries,
    /// What an account's invoice numbers begin with.
    Prefix,
}

const SUBSCRIPTION_ENDS: Rule = Rule::Word(&["cancel", "mark_unpaid", "leave_past_due"]);
const INVOICE_ENDS: Rule = Rule::Word(&["leave_open", "mark_uncollectible"]);

/// Each setting by its place.
const RULES: &[(&str, Rule)] = &[
    ("retries", Rule::Retries),
    ("afterRetries.subscription", SUBSCRIPTION_ENDS),
    ("afterRetries.invoice", INVOICE_ENDS),
    ("overdue.afterDays", Rule::Days),
    ("overdue.subscription", SUBSCRIPTION_ENDS),
    ("overdue.invoice", INVOICE_ENDS),
    ("upcomingDays", Rule::OneOf(&[7, 3, 15, 30, 45])),
    ("numbering", Rule::Word(&["customer", "account"])),
    ("invoicePrefix", Rule::Prefix),
    ("taxRounding", Rule::Word(&["line", "invoice"])),
    ("creditProrations", Rule::Word(&["at_once", "after_payment"])),
    ("disputed", Rule::Word(&["nothing", "cancel", "cancel_at_period_end"])),
];

impl Rule {
    fn default(&self) -> Value {
        match self {
            Rule::Word(words) => Value::from(words[0]),
            Rule::OneOf(numbers) => Value::from(numbers[0]),
            Rule::Retries => Value::from("smart"),
            Rule::Days | Rule::Prefix => Value::Null,
        }
    }

    /// What it must be, where it is not.
    fn complaint(&self, value: &Value) -> Option<String> {
        let is_day = |value: &Value| value.as_int().is_some_and(|days| (1..=365).contains(&days));
        let is_good = match self {
            Rule::Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Rule::OneOf(numbers) => value.as_int().is_some_and(|days| numbers.contains(&days)),
            Rule::Days => value.is_null() || is_day(value),
            Rule::Retries => match value.as_list() {
                Some(days) => days.len() <= SMART.len() && days.iter().all(is_day),
                None => value.as_str() == Some("smart"),
            },
            Rule::Prefix => value.as_str().is_some_and(|text| {
                (3..=12).contains(&text.len()) && text.bytes().all(|it| LETTERS.contains(&it))
            }),
        };
        (!is_good).then(|| match self {
            Rule::Word(words) => format!("one of {}", words.join(", ")),
            Rule::OneOf(numbers) => {
                let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
                format!("one of {}", numbers.join(", "))
            }
            Rule::Days => "a number of days from 1 to 365, or null for never".to_string(),
            Rule::Retries => {
                "\"smart\" or a list of at most 3 numbers of days from 1 to 365".to_string()
            }
            Rule::Prefix => "3 to 12 upper-case letters and digits".to_string(),
        })
    }
}

/// The value of a setting of Billing.
fn value(tx: &Tx<'_>, name: &str) -> Value {
    let own = tx.get(KIND, BILLING).and_then(|own| own.get(name));
    let platform = || tx.get_in(&tx.platform(), KIND, BILLING)?.get(name);
    let rule = RULES.iter().find(|(known, _)| *known == name);
    let default = || rule.map_or(Value::Null, |(_, rule)| rule.default());
    own.or_else(platform).cloned().unwrap_or_else(default)
}

/// The account's own settings of Billing, to change.
fn load(tx: &Tx<'_>) -> Map {
    tx.load(KIND, BILLING).unwrap_or_else(|| map! { "id": BILLING, "object": KIND })
}

/// Whether a setting of Billing is that.
pub fn is(tx: &Tx<'_>, name: &str, word: &str) -> bool {
    value(tx, name).as_str() == Some(word)
}

/// How many seconds a setting of Billing says, in days.
pub fn seconds(tx: &Tx<'_>, name: &str) -> Option<i64> {
    value(tx, name).as_int().map(|days| days * DAY)
}

/// How many seconds after that many failures a payment is tried again; nothing where it is not.
pub fn retry_after(tx: &Tx<'_>, failures: i64) -> Option<i64> {
    let place = usize::try_from(failures.max(1) - 1).ok()?;
    let days = match value(tx, "retries").as_list() {
        Some(days) => days.get(place)?.as_int()?,
        None => *SMART.get(place)?,
    };
    Some(days * DAY)
}

/// The next number of an invoice, where they are counted by account and not by customer.
pub fn next_number(tx: &mut Tx<'_>) -> Option<String> {
    if !is(tx, "numbering", "account") {
        return None;
    }
    let mut own = load(tx);
    let next = own.int("sequence") + 1;
    own.set("sequence", next);
    tx.save_quietly(own);
    Some(format!("{}-{next:04}", prefix(tx)))
}

/// What the account's invoice numbers begin with.
fn prefix(tx: &Tx<'_>) -> String {
    match value(tx, "invoicePrefix").as_str() {
        Some(own) => own.to_string(),
        None => tx.derived(&format!("{} invoice prefix", tx.account()), 8, LETTERS),
    }
}

/// Changes settings as the test asks for, all or none of them, and gives all as they then are.
pub fn change(tx: &mut Tx<'_>, args: &Map) -> Outcome<Value> {
    let account =
        args.at("account").as_str().map_or_else(|| tx.platform(), |id| id.to_string().into());
    if !accounts::exists(tx, &account) {
        return Err(Error::control(format!("there is no account {account}")));
    }
    let mut wanted = Vec::new();
    for (family, given) in args.at("settings").as_map().into_iter().flat_map(Map::iter) {
        let Some(given) = given.as_map().filter(|_| *family == BILLING) else {
            return Err(Error::control(format!(
                "there are no settings.{family}; there is billing"
            )));
        };
        flatten(given, "", &mut wanted)?;
    }
    Ok(tx.in_account(&account, |tx| lay(tx, wanted)))
}

/// Checks what is given and writes it down, each value by its place.
fn flatten(given: &Map, within: &str, wanted: &mut Vec<(&'static str, Value)>) -> Outcome<()> {
    for (name, value) in given.iter() {
        let path = format!("{within}{name}");
        let place = format!("settings.{BILLING}.{path}");
        match (RULES.iter().find(|(known, _)| *known == path), value.as_map()) {
            (Some((known, rule)), _) => {
                if let Some(complaint) = rule.complaint(value) {
                    return Err(Error::control(format!("{place} must be {complaint}")));
                }
                wanted.push((known, value.clone()));
            }
            (None, Some(inner)) if within.is_empty() => {
                flatten(inner, &format!("{name}."), wanted)?
            }
            _ => return Err(Error::control(format!("there is no setting {place}"))),
        }
    }
    Ok(())
}

fn lay(tx: &mut Tx<'_>, wanted: Vec<(&'static str, Value)>) -> Value {
    let has_news = !wanted.is_empty();
    let is_notice = wanted.iter().any(|(name, _)| *name == "upcomingDays");
    let mut own = load(tx);
    for (name, value) in wanted {
        own.set(name, value);
    }
    if has_news {
        tx.save_quietly(own);
    }
    if is_notice {
        for subscription in tx.all("subscription") {
            test_clocks::at_its_time(tx, subscription.at("test_clock").as_id(), |tx| {
                subscribing::keep_time(tx, &subscription);
            });
        }
    }
    shown(tx)
}

/// All settings as the test sees them.
fn shown(tx: &Tx<'_>) -> Value {
    let mut billing = Map::new();
    for (path, rule) in RULES {
        let value = match rule {
            Rule::Prefix => prefix(tx).into(),
            _ => value(tx, path),
        };
        match path.split_once('.') {
            Some((group, name)) => billing.map_mut(group).set(name, value),
            None => billing.set(*path, value),
        }
    }
    map! { "billing": billing }.into()
}

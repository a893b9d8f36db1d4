//! The ledger of an account: balance transactions, fees, availability, the balance.
//!
//! Every movement of money is one balance transaction, and the balance is their sum. The sums are
//! carried along in an object of our own, so that asking for the balance does not count all
//! transactions. Stripe's page: <https://docs.stripe.com/api/balance_transactions>.

use crate::domains::accounts;
use crate::map;
use crate::money;
use crate::store::Tx;
use crate::time;
use crate::value::{Map, Text, Value};
use std::rc::Rc;

const DAY: i64 = 86_400;
/// The type under which the sums are kept; no object of the API has it.
const SUMS: &str = "fakestripe.ledger";

/// One movement of money. Amounts are in `currency`; the account may settle in another.
pub struct Posting<'a> {
    pub amount: i64,
    pub currency: &'a str,
    /// What Stripe keeps of it, in the currency of settlement.
    pub fee: i64,
    pub fee_description: &'static str,
    /// What the platform keeps of it, in the currency of the posting.
    pub share: i64,
    pub kind: &'static str,
    pub category: &'static str,
    pub description: Value,
    /// The id of the object that caused it.
    pub source: &'a str,
    /// Unix seconds; the past means at once.
    pub available_on: i64,
    /// The currency it settles in, where the account does not decide that.
    pub settle: Option<&'a str>,
}

impl<'a> Posting<'a> {
    /// Money that moves at once, without fees, as the account settles.
    pub fn new(kind: (&'static str, &'static str), money: (i64, &'a str), source: &'a str) -> Self {
        Posting {
            amount: money.0,
            currency: money.1,
            fee: 0,
            fee_description: "",
            share: 0,
            kind: kind.0,
            category: kind.1,
            description: Value::Null,
            source,
            available_on: 0,
            settle: None,
        }
    }
}

/// The currency an account's money is kept in.
pub fn home_currency(tx: &Tx<'_>) -> Text {
    home_of(tx, tx.account())
}

fn home_of(tx: &Tx<'_>, account: &str) -> Text {
    let account = accounts::get(tx, account);
    let currency = account.as_ref().map_or("", |account| account.str("default_currency"));
    Text::from(if currency.is_empty() { "usd".to_string() } else { currency.to_string() })
}

/// The currency in which an account gets the money of a payment: the payment's own where the account
/// has a bank account in it, else its home currency.
/// <https://docs.stripe.com/payouts/multicurrency-settlement>
pub fn settlement(tx: &Tx<'_>, account: &str, currency: &str) -> Text {
    let home = home_of(tx, account);
    let is_settled = home != currency
        && accounts::external_accounts::all(tx, account)
            .iter()
            .any(|external| external.str("currency") == currency);
    if is_settled { Text::from(currency.to_string()) } else { home }
}

/// Writes a balance transaction and gives back its id.
pub fn post(tx: &mut Tx<'_>, posting: &Posting<'_>) -> Text {
    let currency = match posting.settle {
        Some(currency) => Text::from(currency.to_string()),
        None => settlement(tx, tx.account(), posting.currency),
    };
    let convert = |amount| money::convert(amount, posting.currency, &currency);
    let (amount, share) = (convert(posting.amount), convert(posting.share));
    let fee = posting.fee + share;
    // Recorded: what disputes move is converted without saying how.
    let is_told = currency != posting.currency && posting.kind != "adjustment";
    let exchange_rate = match is_told {
        true => Value::Decimal(money::rate(posting.currency, &currency).into()),
        false => Value::Null,
    };
    let id = tx.family_id("balance_transaction", posting.source);
    let is_available = posting.available_on <= tx.now();
    let available_on = posting.available_on.max(tx.now());
    let transaction = map! {
        "id": id.clone(),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available_on,
        "balance_type": "payments",
        "created": tx.now(),
        "currency": currency.clone(),
        "description": posting.description.clone(),
        "exchange_rate": exchange_rate,
        "fee": fee,
        "fee_details": fee_details(tx, posting, share, &currency),
        "net": amount - fee,
        "reporting_category": posting.category,
        // What Stripe bills for is an object of another account.
        "source": (posting.kind != "stripe_fee").then(|| posting.source.to_string()),
        "status": if is_available { "available" } else { "pending" },
        "type": posting.kind,
    };
    tx.save(transaction);
    let mut sums = sums(tx);
    let pocket = if is_available { "available" } else { "pending" };
    add(&mut sums, pocket, &currency, amount - fee);
    if is_available {
        plan_payout(tx, &mut sums);
    } else {
        tx.schedule(available_on, "balance_transaction.release", &id);
        announce_on(tx, &mut sums, available_on);
    }
    tx.save_as(Text::from(SUMS), sums);
    id
}

/// The fees a balance transaction shows: Stripe's, then the platform's.
fn fee_details(tx: &Tx<'_>, posting: &Posting<'_>, share: i64, currency: &Text) -> Vec<Value> {
    let row = |amount: i64, application: Value, description: Value, kind: &'static str| {
        Value::from(map! {
            "amount": amount,
            "application": application,
            "currency": currency.clone(),
            "description": description,
            "type": kind,
        })
    };
    let mut details = Vec::new();
    if posting.fee != 0 {
        details.push(row(posting.fee, Value::Null, posting.fee_description.into(), "stripe_fee"));
    }
    if share != 0 {
        let platform = accounts::get(tx, &tx.platform());
        let name = platform.map_or(Value::Null, |own| own.path("business_profile.name").clone());
        let description = format!("{} application fee", name.as_str().unwrap_or("Platform"));
        let application = accounts::application(tx).into();
        details.push(row(share, application, description.into(), "application_fee"));
    }
    details
}

/// The countries whose cards count as domestic to one another.
const EEA: &str = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO \
                   SE SI SK";

/// What Stripe keeps of a card payment, by the country of the account: hundredths of a percent of
/// domestic cards and of others, and a fixed part in the account's own currency. Those of the United
/// States, Canada, Singapore, Brazil and France are recorded, the others are as published.
/// <https://stripe.com/pricing>
static PRICING: &[(&str, i64, i64, i64)] = &[
    ("AE", 290, 390, 100),
    ("AU", 170, 350, 30),
    ("BR", 399, 399, 39),
    ("CA", 290, 370, 30),
    ("CH", 290, 325, 30),
    ("CZ", 150, 325, 650),
    ("DK", 150, 325, 180),
    ("GB", 150, 325, 20),
    ("HK", 340, 390, 235),
    ("HU", 150, 325, 8500),
    ("JP", 360, 360, 0),
    ("MX", 360, 410, 300),
    ("MY", 300, 400, 100),
    ("NO", 240, 325, 200),
    ("NZ", 265, 370, 30),
    ("PL", 150, 325, 100),
    ("RO", 150, 325, 100),
    ("SE", 150, 325, 180),
    ("SG", 340, 390, 50),
    ("TH", 365, 475, 1000),
    ("US", 290, 440, 30),
];

/// What Stripe keeps of a payment, in the currency it settles in: by the pricing of the account's
/// country for cards, 0.8 % and at most $5 for ACH debits, 35 cents for SEPA debits. `card_country`
/// is empty where the card counts as domestic.
pub fn fee(
    payment_method_type: &str,
    amount: i64,
    currency: &str,
    country: &str,
    card_country: &str,
) -> i64 {
    match payment_method_type {
        "us_bank_account" => {
            money::portion(amount, 8, 1000).min(money::convert(500, "usd", currency))
        }
        "sepa_debit" => money::convert(35, "eur", currency),
        _ => {
            let in_eea = |code: &str| code.len() == 2 && EEA.contains(code);
            let row = PRICING.iter().find(|row| row.0 == country).copied();
            let (_, domestic, foreign, fixed) = row.unwrap_or_else(|| match in_eea(country) {
                true => ("", 150, 325, 25),
                false => ("", 290, 390, money::convert(30, "usd", currency)),
            });
            let is_domestic = card_country.is_empty()
                || card_country == country
                || (in_eea(card_country) && in_eea(country));
            money::portion(amount, if is_domestic { domestic } else { foreign }, 10_000) + fixed
        }
    }
}

/// Whether the account at hand pays Stripe's fees itself; else its platform does.
/// <https://docs.stripe.com/connect/direct-charges-fee-payer-behavior>
pub fn pays_fees(tx: &Tx<'_>) -> bool {
    !tx.is_connected()
        || accounts::get(tx, tx.account()).is_none_or(|account| {
            account.path("controller.fees.payer").as_str() != Some("application")
        })
}

/// Has the platform pay Stripe's fee of a connected account's payment. What the transaction says of
/// it is inferred.
pub fn bill_platform(tx: &mut Tx<'_>, fee: i64, currency: &str, source: &str) {
    let platform = tx.platform();
    let posting = Posting {
        description: Value::from("Stripe processing fees"),
        ..Posting::new(("stripe_fee", "fee"), (-fee, currency), source)
    };
    tx.in_account(&platform, |tx| post(tx, &posting));
}

// 1970-01-01 was a Thursday; Monday is 0.
fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

fn is_business_day(day: i64) -> bool {
    weekday(day) < 5
}

/// When a payment made now is available: midnight UTC, as many business days later as the account's
/// payouts are behind: two, unless it is set otherwise.
pub fn available_on(tx: &Tx<'_>) -> i64 {
    let account = accounts::get(tx, tx.account());
    let delay = account.and_then(|own| own.path("settings.payouts.schedule.delay_days").as_int());
    due_after(tx.now(), delay.unwrap_or(2))
}

/// Up to four days are business days, and weekends count as the Monday after; longer delays are in
/// days of the calendar.
fn due_after(now: i64, delay_days: i64) -> i64 {
    let mut day = now.div_euclid(DAY);
    if 4 < delay_days {
        return (day + delay_days.min(365)) * DAY;
    }
    while !is_business_day(day) {
        day += 1;
    }
    for _ in 0..delay_days {
        day += 1;
        while !is_business_day(day) {
            day += 1;
        }
    }
    day * DAY
}

// Automatic payouts.

/// The time of day at which automatic payouts are made. Recorded: two in the morning, UTC.
const PAYOUT_HOUR: i64 = 2 * 3600;

const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Whether money goes out on that day, by an account's schedule. What would fall on a weekend is
/// made the Monday after. <https://docs.stripe.com/payouts#payout-schedule>
fn is_payout_day(schedule: &Map, day: i64) -> bool {
    if !is_business_day(day) {
        return false;
    }
    let includes = |list: &str, one: &str, value: &Value| match schedule.at(list).as_list() {
        Some(list) if !list.is_empty() => list.contains(value),
        _ => schedule.at(one) == value,
    };
    match schedule.str("interval") {
        "manual" => false,
        "weekly" => {
            let name = Value::from(WEEKDAYS[weekday(day) as usize]);
            includes("weekly_payout_days", "weekly_anchor", &name)
        }
        "monthly" => {
            let is_anchor = |day: i64| {
                let (year, month, date) = time::date_of(day);
                // The last day of a month stands for those it does not have.
                let last = time::days_in_month(year, month);
                let to = if date == last { 31 } else { date };
                (date..=to).any(|date| {
                    includes("monthly_payout_days", "monthly_anchor", &Value::Int(date))
                })
            };
            let weekend = (1..3).map(|back| day - back).filter(|day| !is_business_day(*day));
            is_anchor(day) || (weekday(day) == 0 && weekend.into_iter().any(is_anchor))
        }
        _ => true,
    }
}

fn payout_schedule(tx: &Tx<'_>) -> Map {
    let account = accounts::get(tx, tx.account());
    let schedule = account.as_ref().map(|account| account.path("settings.payouts.schedule"));
    schedule.and_then(Value::as_map).cloned().unwrap_or_default()
}

/// Has what is available paid out when the account's schedule says so.
fn plan_payout(tx: &mut Tx<'_>, sums: &mut Map) {
    let now = tx.now();
    if now < sums.int("payout_at") {
        return;
    }
    let schedule = payout_schedule(tx);
    let mut day = (now - PAYOUT_HOUR).div_euclid(DAY) + 1;
    let last = day + 62;
    while !is_payout_day(&schedule, day) {
        day += 1;
        if last < day {
            return;
        }
    }
    let at = day * DAY + PAYOUT_HOUR;
    sums.set("payout_at", at);
    let account = tx.account().clone();
    tx.schedule(at, "payout.sweep", &account);
}

/// Looks at an account's schedule of payouts again after it was changed.
pub fn replan(tx: &mut Tx<'_>) {
    let Some(mut sums) = tx.load(SUMS, "ledger") else { return };
    let account = tx.account().clone();
    tx.unschedule("payout.sweep", &account);
    sums.set("payout_at", 0);
    plan_payout(tx, &mut sums);
    tx.save_as(Text::from(SUMS), sums);
}

/// Money to be paid out: what became available in `currency` in [`since`, `until`).
pub struct Due {
    pub amount: i64,
    pub currency: Text,
    pub since: i64,
    pub until: i64,
}

/// What an automatic payout is to be made of now, in each currency; it then counts as paid out. None
/// of it where the account's schedule has another day by now.
pub fn take_due(tx: &mut Tx<'_>, pays: impl Fn(&Tx<'_>, &str) -> bool) -> Vec<Due> {
    let mut sums = sums(tx);
    sums.set("payout_at", 0);
    let now = tx.now();
    let mut due = Vec::new();
    if is_payout_day(&payout_schedule(tx), now.div_euclid(DAY)) {
        let available = sums.map_mut("available").clone();
        let settings = tx.get("balance_settings", "balance_settings");
        let minimums = settings.map(|it| it.path("payments.payouts.minimum_balance_by_currency"));
        let minimums = minimums.and_then(Value::as_map).cloned().unwrap_or_default();
        let paid_to = sums.map_mut("paid_to");
        for (currency, amount) in available.iter() {
            let amount = amount.as_int().unwrap_or(0) - minimums.int(currency);
            if 0 < amount && pays(tx, currency) {
                let since = paid_to.int(currency);
                due.push(Due { amount, currency: currency.clone(), since, until: now });
                paid_to.push(currency.clone(), now);
            }
        }
    } else {
        plan_payout(tx, &mut sums);
    }
    tx.save_as(Text::from(SUMS), sums);
    due
}

/// Does what was scheduled for a balance transaction: its money becomes available.
pub fn release(tx: &mut Tx<'_>, id: &str) {
    let Some(mut transaction) = tx.load("balance_transaction", id) else { return };
    if transaction.str("status") != "pending" {
        return;
    }
    transaction.set("status", "available");
    let net = transaction.int("net");
    let currency = Text::from(transaction.str("currency").to_string());
    tx.save(transaction);
    let mut sums = sums(tx);
    add(&mut sums, "pending", &currency, -net);
    add(&mut sums, "available", &currency, net);
    plan_payout(tx, &mut sums);
    tx.save_as(Text::from(SUMS), sums);
}

/// Tells that money has become available.
pub fn announce_available(tx: &mut Tx<'_>) {
    let now = tx.now();
    let mut sums = sums(tx);
    if let Some(Value::List(times)) = sums.get_mut("announcements") {
        times.retain(|time| now < time.as_int().unwrap_or(0));
    }
    tx.save_as(Text::from(SUMS), sums);
    let balance = Rc::new(balance(tx));
    tx.announce("balance.available", balance);
}

/// Has the balance announced once all that is due at that time is available: a second later.
fn announce_on(tx: &mut Tx<'_>, sums: &mut Map, available_on: i64) {
    let time = Value::Int(available_on + 1);
    if let Some(Value::List(times)) = sums.get_mut("announcements")
        && !times.contains(&time)
    {
        times.push(time);
        tx.schedule(available_on + 1, "balance.announce", "balance");
    }
}

fn sums(tx: &Tx<'_>) -> Map {
    tx.load(SUMS, "ledger").unwrap_or_else(|| {
        map! {
            "id": "ledger",
            "announcements": Vec::new(),
            "available": Map::new(),
            "paid_to": Map::new(),
            "payout_at": 0,
            "pending": Map::new(),
        }
    })
}

fn add(sums: &mut Map, pocket: &'static str, currency: &Text, amount: i64) {
    let pocket = sums.map_mut(pocket);
    let before = pocket.int(currency);
    pocket.push(currency.clone(), before.saturating_add(amount));
}

/// The available money of the account at hand in a currency.
pub fn available(tx: &Tx<'_>, currency: &str) -> i64 {
    sums(tx).at("available").as_map().map_or(0, |pocket| pocket.int(currency))
}

/// What an instant payout may take: card payments need not wait until they are available.
/// <https://docs.stripe.com/payouts/instant-payouts>
pub fn instantly_available(tx: &Tx<'_>, currency: &str) -> i64 {
    let sums = sums(tx);
    let of = |name: &str| sums.at(name).as_map().map_or(0, |pocket| pocket.int(currency));
    of("available").saturating_add(of("pending").max(0))
}

/// What of the platform's money is held back because accounts it answers for are in debt, by
/// currency. <https://docs.stripe.com/connect/account-balances#understanding-connect-reserve-balances>
///
/// Differs from Stripe: the available balance is not lowered by it.
fn reserved(tx: &Tx<'_>) -> Map {
    let mut reserved = Map::new();
    for account in tx.all("account") {
        if account.path("controller.losses.payments").as_str() != Some("application") {
            continue;
        }
        let Some(sums) = tx.get_in(account.str("id"), SUMS, "ledger") else { continue };
        for (currency, amount) in sums.at("available").as_map().iter().flat_map(|map| map.iter()) {
            let debt = -amount.as_int().unwrap_or(0).min(0);
            if debt != 0 {
                let sum = reserved.int(currency).saturating_add(debt);
                reserved.push(currency.clone(), sum);
            }
        }
    }
    reserved
}

/// The balance as `GET /v1/balance` shows it. The account's own currency is always there.
pub fn balance(tx: &Tx<'_>) -> Map {
    let sums = sums(tx);
    let home = home_currency(tx);
    let rows = |amounts: &Map, row: fn(Text, i64) -> Map| {
        let own = (home.clone(), Value::Int(amounts.int(&home)));
        let others = amounts.iter().filter(|(currency, _)| **currency != home);
        let others = others.map(|(currency, amount)| (currency.clone(), amount.clone()));
        let rows = std::iter::once(own).chain(others);
        let rows =
            rows.map(|(currency, amount)| row(currency, amount.as_int().unwrap_or(0)).into());
        rows.collect::<Vec<Value>>()
    };
    let by_source = |currency: Text, amount: i64| {
        map! {
            "amount": amount,
            "currency": currency,
            "source_types": map! { "card": amount },
        }
    };
    let plain = |currency: Text, amount: i64| map! { "amount": amount, "currency": currency };
    let nothing = Map::new();
    let pocket = |name: &str| sums.at(name).as_map().unwrap_or(&nothing);
    let mut instant = Map::new();
    for (currency, _) in pocket("available").iter().chain(pocket("pending").iter()) {
        instant.push(currency.clone(), instantly_available(tx, currency).max(0));
    }
    let mut balance = map! {
        "object": "balance",
        "available": rows(pocket("available"), by_source),
        "connect_reserved": Value::Null,
        "instant_available": rows(&instant, by_source),
        "issuing": map! { "available": rows(&nothing, plain) },
        "livemode": false,
        "pending": rows(pocket("pending"), by_source),
        "refund_and_dispute_prefunding": map! {
            "available": rows(&nothing, plain),
            "pending": rows(&nothing, plain),
        },
    };
    // Recorded: connected accounts show nothing of it.
    match tx.is_connected() {
        true => drop(balance.remove("connect_reserved")),
        false => balance.set("connect_reserved", rows(&reserved(tx), plain)),
    }
    balance
}

/// The month and year of a time.
pub fn month_of(now: i64) -> (i64, i64) {
    let (year, month, _) = time::date_of(now.div_euclid(DAY));
    (month, year)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Amounts and fees of recorded US accounts.
    #[test]
    fn card_fees_are_the_recorded_ones() {
        let table = [
            (950, 58),
            (1000, 59),
            (2500, 103),
            (15_500, 480),
            (22_500, 683),
            (25_000, 755),
            (30_000, 900),
        ];
        for (amount, expected) in table {
            assert_eq!(fee("card", amount, "usd", "US", "US"), expected, "{amount}");
        }
        assert_eq!(fee("sepa_debit", 10_000, "eur", "FR", ""), 35);
        let table = [
            ("CA", 4400, "cad", 193),
            ("FR", 2499, "eur", 106),
            ("SG", 1297, "sgd", 101),
            ("SG", 259, "sgd", 60),
            ("BR", 3320, "brl", 171),
        ];
        for (country, amount, currency, expected) in table {
            assert_eq!(fee("card", amount, currency, country, "US"), expected, "{country}");
        }
    }

    /// Recorded: Sunday's charges are available three days later, Thursday's four.
    #[test]
    fn money_is_available_two_business_days_later_at_midnight() {
        let monday = time::days_of(2026, 11, 16);
        let table = [(0, 2), (1, 3), (2, 4), (3, 7), (4, 8), (5, 9), (6, 9)];
        for (day, available) in table {
            let noon = (monday + day) * DAY + DAY / 2;
            assert_eq!(due_after(noon, 2), (monday + available) * DAY, "weekday {day}");
        }
    }

    /// <https://docs.stripe.com/payouts#payout-schedule>
    #[test]
    fn payouts_are_made_on_the_days_of_the_schedule() {
        let monday = time::days_of(2026, 11, 16);
        let days = |schedule: Map, from: i64, count: i64| {
            let days = from..from + count;
            days.filter(|day| is_payout_day(&schedule, *day)).map(|day| day - from).collect()
        };
        let daily: Vec<i64> = days(map! { "interval": "daily" }, monday, 7);
        assert_eq!(daily, [0, 1, 2, 3, 4]);
        let schedule = map! { "interval": "weekly", "weekly_anchor": "thursday" };
        let weekly: Vec<i64> = days(schedule, monday, 14);
        assert_eq!(weekly, [3, 10]);
        // The 15th of November 2026 is a Sunday, the 30th a Monday.
        let first = time::days_of(2026, 11, 1);
        let schedule = map! { "interval": "monthly", "monthly_anchor": 15 };
        let monthly: Vec<i64> = days(schedule, first, 30);
        assert_eq!(monthly, [15]);
        let schedule = map! { "interval": "monthly", "monthly_anchor": 31 };
        let monthly: Vec<i64> = days(schedule, first, 30);
        // The 31st of October is a Saturday.
        assert_eq!(monthly, [1, 29]);
        let manual: Vec<i64> = days(map! { "interval": "manual" }, first, 30);
        assert!(manual.is_empty());
    }
}

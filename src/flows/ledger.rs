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
    /// What Stripe keeps of it, in the currency of the posting.
    pub fee: i64,
    pub fee_description: &'static str,
    pub kind: &'static str,
    pub category: &'static str,
    pub description: Value,
    /// The id of the object that caused it.
    pub source: &'a str,
    /// Unix seconds; the past means at once.
    pub available_on: i64,
}

/// The currency an account's money is kept in.
pub fn home_currency(tx: &Tx<'_>) -> Text {
    let account = accounts::get(tx, tx.account());
    let currency = account.as_ref().map_or("", |account| account.str("default_currency"));
    Text::from(if currency.is_empty() { "usd".to_string() } else { currency.to_string() })
}

/// Writes a balance transaction and gives back its id.
pub fn post(tx: &mut Tx<'_>, posting: &Posting<'_>) -> Text {
    let home = home_currency(tx);
    let convert = |amount| money::convert(amount, posting.currency, &home);
    let (amount, fee) = (convert(posting.amount), convert(posting.fee));
    let exchange_rate = if home == posting.currency {
        Value::Null
    } else {
        Value::Decimal(money::rate(posting.currency, &home).into())
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
        "currency": home.clone(),
        "description": posting.description.clone(),
        "exchange_rate": exchange_rate,
        "fee": fee,
        "fee_details": fee_details(fee, &home, posting.fee_description),
        "net": amount - fee,
        "reporting_category": posting.category,
        "source": posting.source.to_string(),
        "status": if is_available { "available" } else { "pending" },
        "type": posting.kind,
    };
    tx.save(transaction);
    let pocket = if is_available { "available" } else { "pending" };
    move_money(tx, &[(pocket, amount - fee)], &home);
    if !is_available {
        tx.schedule(available_on, "balance_transaction.release", &id);
        announce_on(tx, available_on);
    }
    id
}

fn fee_details(fee: i64, currency: &Text, description: &'static str) -> Vec<Value> {
    if fee == 0 {
        return Vec::new();
    }
    let detail = map! {
        "amount": fee,
        "application": Value::Null,
        "currency": currency.clone(),
        "description": description,
        "type": "stripe_fee",
    };
    vec![detail.into()]
}

/// What Stripe keeps of a payment, by the pricing of US accounts: 2.9 % and 30 cents for cards, 0.8
/// % and at most $5 for ACH debits, 35 cents for SEPA debits.
pub fn fee(payment_method_type: &str, amount: i64, currency: &str) -> i64 {
    match payment_method_type {
        "us_bank_account" => money::portion(amount, 8, 1000).min(500),
        "sepa_debit" => 35,
        _ => money::portion(amount, 29, 1000) + money::convert(30, "usd", currency),
    }
}

/// When a payment made now is available: midnight UTC, two business days later. Weekends count as
/// the Monday after.
pub fn available_on(now: i64) -> i64 {
    // 1970-01-01 was a Thursday; Monday is 0.
    let weekday = |day: i64| (day + 3).rem_euclid(7);
    let mut day = now.div_euclid(DAY);
    while 5 <= weekday(day) {
        day += 1;
    }
    for _ in 0..2 {
        day += 1;
        while 5 <= weekday(day) {
            day += 1;
        }
    }
    day * DAY
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
    move_money(tx, &[("pending", -net), ("available", net)], &currency);
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
fn announce_on(tx: &mut Tx<'_>, available_on: i64) {
    let mut sums = sums(tx);
    let time = Value::Int(available_on + 1);
    if let Some(Value::List(times)) = sums.get_mut("announcements") {
        if times.contains(&time) {
            return;
        }
        times.push(time);
    }
    tx.save_as(Text::from(SUMS), sums);
    tx.schedule(available_on + 1, "balance.announce", "balance");
}

fn sums(tx: &Tx<'_>) -> Map {
    tx.load(SUMS, "ledger").unwrap_or_else(|| {
        map! {
            "id": "ledger",
            "announcements": Vec::new(),
            "available": Map::new(),
            "pending": Map::new(),
        }
    })
}

fn move_money(tx: &mut Tx<'_>, moves: &[(&'static str, i64)], currency: &Text) {
    let mut sums = sums(tx);
    for (pocket, amount) in moves {
        let pocket = sums.map_mut(pocket);
        let before = pocket.int(currency);
        pocket.push(currency.clone(), before.saturating_add(*amount));
    }
    tx.save_as(Text::from(SUMS), sums);
}

/// The balance as `GET /v1/balance` shows it. The account's own currency is always there.
pub fn balance(tx: &Tx<'_>) -> Map {
    let sums = sums(tx);
    let home = home_currency(tx);
    let pocket = |name: &str, row: fn(Text, i64) -> Map| {
        let amounts = sums.at(name).as_map().cloned().unwrap_or_default();
        let own = (home.clone(), Value::Int(amounts.int(&home)));
        let others = amounts.into_iter().filter(|(currency, _)| *currency != home);
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
    let nothing = |currency: Text, _: i64| map! { "amount": 0, "currency": currency };
    map! {
        "object": "balance",
        "available": pocket("available", by_source),
        "connect_reserved": vec![Value::Map(nothing(home.clone(), 0))],
        "instant_available": pocket("available", by_source),
        "issuing": map! { "available": vec![Value::Map(nothing(home.clone(), 0))] },
        "livemode": false,
        "pending": pocket("pending", by_source),
        "refund_and_dispute_prefunding": map! {
            "available": vec![Value::Map(nothing(home.clone(), 0))],
            "pending": vec![Value::Map(nothing(home.clone(), 0))],
        },
    }
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
            assert_eq!(fee("card", amount, "usd"), expected, "{amount}");
        }
        assert_eq!(fee("sepa_debit", 10_000, "eur"), 35);
    }

    /// Recorded: Sunday's charges are available three days later, Thursday's four.
    #[test]
    fn money_is_available_two_business_days_later_at_midnight() {
        let monday = time::days_of(2026, 11, 16);
        let table = [(0, 2), (1, 3), (2, 4), (3, 7), (4, 8), (5, 9), (6, 9)];
        for (day, available) in table {
            let noon = (monday + day) * DAY + DAY / 2;
            assert_eq!(available_on(noon), (monday + available) * DAY, "weekday {day}");
        }
    }
}

//! Billing credits: what a customer was granted, and the usage that it pays for.
//!
//! Stripe's page: <https://docs.stripe.com/billing/subscriptions/usage-based/billing-credits>.
//!
//! A grant's balance is the sum of its transactions. Credits are applied when an invoice is
//! finalized: to the lines of metered prices, after discounts and before taxes.

use crate::flows::{self, metering};
use crate::map;
use crate::order;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

const GRANT: &str = "billing.credit_grant";
const TRANSACTION: &str = "billing.credit_balance_transaction";

/// Writes down what a grant puts on the balance (`credit`) or takes off it (`debit`), and because of
/// which invoice and line, where it is one. Gives the transaction's id.
pub fn book(
    tx: &mut Tx<'_>,
    grant: &Map,
    (side, kind): (&'static str, &'static str),
    value: i64,
    line: Option<(&str, &str)>,
) -> Value {
    let mut amount = grant.at("amount").as_map().cloned().unwrap_or_default();
    amount.map_mut("monetary").set("value", value);
    let about = line.map(|(invoice, line)| {
        map! { "invoice": invoice.to_string(), "invoice_line_item": line.to_string() }
    });
    let about_name = match side {
        "credit" => "credits_application_invoice_voided",
        _ => "credits_applied",
    };
    let mut movement = map! { "amount": amount };
    movement.append(about_name, about);
    movement.append("type", kind);
    let mut transaction = flows::fresh(tx, TRANSACTION);
    transaction.set("credit_grant", grant.at("id").clone());
    transaction.set(side, movement);
    if kind == "credits_granted" {
        transaction.set("effective_at", grant.at("effective_at").clone());
    }
    transaction.set("type", side);
    tx.save(transaction).at("id").clone()
}

/// What is left of a grant.
pub fn left(tx: &Tx<'_>, grant: &str) -> i64 {
    let value = |transaction: &Map, path: &str| transaction.path(path).as_int().unwrap_or(0);
    let sum = |sum: i64, transaction: &Rc<Map>| {
        sum + value(transaction, "credit.amount.monetary.value")
            - value(transaction, "debit.amount.monetary.value")
    };
    tx.all_where(TRANSACTION, "credit_grant", grant).iter().fold(0, sum)
}

/// Whether some of a grant was used.
pub fn is_used(tx: &Tx<'_>, grant: &str) -> bool {
    let kind =
        |transaction: &Map| transaction.path("debit.type").as_str() == Some("credits_applied");
    tx.all_where(TRANSACTION, "credit_grant", grant).iter().any(|transaction| kind(transaction))
}

/// Whether a grant can be used now.
pub fn is_in_force(tx: &Tx<'_>, grant: &Map) -> bool {
    grant.at("voided_at").is_null()
        && grant.at("expires_at").as_int().is_none_or(|expires| tx.now() < expires)
        && grant.int("effective_at") <= tx.now()
}

/// Whether a grant is for that price.
fn is_for(grant: &Map, price: &str) -> bool {
    let prices = grant.path("applicability_config.scope.prices").as_list().unwrap_or_default();
    prices.is_empty() || prices.iter().any(|wanted| wanted.as_id() == Some(price))
}

/// The grants a customer can use, those to be used first at the front: by priority, by what expires
/// first, promotional ones before paid ones, by what began first.
fn grants(tx: &Tx<'_>, customer: &str) -> Vec<Rc<Map>> {
    let mut grants = tx.all_where(GRANT, "customer", customer);
    grants.retain(|grant| is_in_force(tx, grant));
    let rank = |grant: &Map| {
        (
            grant.int("priority"),
            grant.at("expires_at").as_int().unwrap_or(i64::MAX),
            grant.str("category") != "promotional",
            grant.int("effective_at"),
        )
    };
    order::sort(&mut grants, &|one, other| rank(one) < rank(other));
    grants
}

/// Applies a customer's credits to the lines of an invoice that is being finalized. Its discounts
/// have been taken off already.
pub fn apply(tx: &mut Tx<'_>, invoice: &mut Map) {
    let id = invoice.str("id").to_string();
    let grants = grants(tx, invoice.at("customer").as_id().unwrap_or(""));
    if grants.is_empty() {
        return;
    }
    let currency = invoice.str("currency").to_string();
    let Some(Value::List(mut lines)) = invoice.map_mut("lines").remove("data") else { return };
    for line in &mut lines {
        let Some(line) = line.as_map_mut() else { continue };
        let Some((price, _)) = metering::metered(tx, line) else { continue };
        let mut rest = line.int("amount") - taken(line, "discount_amounts", "");
        let mut credits = line.at("pretax_credit_amounts").as_list().unwrap_or_default().to_vec();
        for grant in &grants {
            let of = grant.path("amount.monetary.currency").as_str();
            let value = left(tx, grant.str("id")).min(rest);
            if value <= 0 || of != Some(currency.as_str()) || !is_for(grant, price.str("id")) {
                continue;
            }
            let about = Some((id.as_str(), line.str("id")));
            let transaction = book(tx, grant, ("debit", "credits_applied"), value, about);
            rest -= value;
            credits.push(
                map! {
                    "amount": value,
                    "credit_balance_transaction": transaction,
                    "type": "credit_balance_transaction",
                }
                .into(),
            );
        }
        line.set("pretax_credit_amounts", credits);
    }
    invoice.map_mut("lines").set("data", lines);
}

/// The sum of a line's entries of that list, of a type where one is named.
fn taken(line: &Map, list: &str, kind: &str) -> i64 {
    let entries = line.at(list).as_list().unwrap_or_default().iter().filter_map(Value::as_map);
    let entries = entries.filter(|entry| kind.is_empty() || entry.str("type") == kind);
    entries.map(|entry| entry.int("amount")).sum()
}

/// The credits that were applied to a line.
pub fn of_line(line: &Map) -> impl Iterator<Item = &Value> {
    line.at("pretax_credit_amounts").as_list().unwrap_or_default().iter().filter(|entry| {
        entry.as_map().is_some_and(|entry| entry.str("type") == "credit_balance_transaction")
    })
}

/// The credits that were applied to the lines of an invoice.
pub fn applied(invoice: &Map) -> Vec<Value> {
    let lines = invoice.path("lines.data").as_list().unwrap_or_default();
    lines.iter().filter_map(Value::as_map).flat_map(of_line).cloned().collect()
}

/// Gives back what was applied to an invoice that is voided.
pub fn give_back(tx: &mut Tx<'_>, invoice: &Map) {
    for entry in applied(invoice) {
        let id = entry.as_map().and_then(|entry| entry.at("credit_balance_transaction").as_id());
        let Some(debit) = id.and_then(|id| tx.get(TRANSACTION, id)).cloned() else { continue };
        let Some(grant) =
            debit.at("credit_grant").as_id().and_then(|id| tx.get(GRANT, id)).cloned()
        else {
            continue;
        };
        let value = debit.path("debit.amount.monetary.value").as_int().unwrap_or(0);
        let line = debit.path("debit.credits_applied.invoice_line_item").as_id().unwrap_or("");
        let about = Some((invoice.str("id"), line));
        let kind = ("credit", "credits_application_invoice_voided");
        book(tx, &grant, kind, value, about);
    }
}

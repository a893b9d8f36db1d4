//! What a quantity of a price costs: integer arithmetic over Stripe's decimal texts.
//!
//! Stripe's page: <https://docs.stripe.com/products-prices/pricing-models>.

use crate::money;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// The kind under which what a price shows only on demand is kept: its tiers, its amounts in other
/// currencies. Coupons keep what they apply to in the same way.
pub const DETAILS: &str = "price.details";

/// Decimals have at most twelve places.
const PLACES: usize = 12;
/// One, as [`decimal`] gives it.
pub const ONE: i128 = 1_000_000_000_000;

/// A decimal text as a whole number of 10^-12. What is no number counts as nothing.
pub fn decimal(text: &str) -> i128 {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.get(..fraction.len().min(PLACES)).unwrap_or("");
    let digits = format!("{whole}{fraction:0<width$}", width = PLACES);
    sign * digits.parse::<i128>().unwrap_or(0)
}

/// The same of a number however it was given.
pub fn decimal_of(value: &Value) -> i128 {
    match value {
        Value::Int(whole) => i128::from(*whole).saturating_mul(ONE),
        Value::Decimal(text) | Value::Str(text) => decimal(text),
        _ => 0,
    }
}

/// A number as text, however it was given.
pub fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Int(whole) => Some(whole.to_string()),
        Value::Decimal(text) | Value::Str(text) => Some(text.to_string()),
        _ => None,
    }
}

/// `value / by`, a half rounded away from zero.
pub fn divided(value: i128, by: i128) -> i64 {
    let by = by.max(1);
    let half = if value < 0 { -(by / 2) } else { by / 2 };
    let result = value.saturating_add(half) / by;
    i64::try_from(result).unwrap_or(if result < 0 { i64::MIN } else { i64::MAX })
}

/// A part of what a quantity costs: a line of the invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub amount: i64,
    pub quantity: i64,
    /// What one unit costs, in the smallest unit of the currency.
    pub unit: String,
    /// Which tier of a graduated price, counted from one; 0 where the price has no such tiers.
    pub tier: usize,
    /// Whether it is the tier's flat fee.
    pub is_flat: bool,
}

/// What a quantity of a price costs, in as many parts as it has tiers that the quantity touches.
pub fn parts(tx: &Tx<'_>, price: &Map, quantity: i64) -> Vec<Part> {
    let details = tx.get(DETAILS, price.str("id"));
    let tiers = details.and_then(|details| details.at("tiers").as_list()).unwrap_or_default();
    parts_of(price, tiers, quantity)
}

/// The sum of the [`parts`].
pub fn cost(tx: &Tx<'_>, price: &Map, quantity: i64) -> i64 {
    parts(tx, price, quantity).iter().fold(0, |sum, part| sum.saturating_add(part.amount))
}

fn parts_of(price: &Map, tiers: &[Value], quantity: i64) -> Vec<Part> {
    match price.str("tiers_mode") {
        "volume" => vec![volume(tiers, quantity)],
        "graduated" => graduated(tiers, quantity),
        _ => {
            let unit = unit_of(price, "unit_amount");
            let amount = times(&unit, packages(price, quantity));
            vec![Part { amount, quantity, unit, tier: 0, is_flat: false }]
        }
    }
}

/// How many packages a quantity is, where the price is for packages.
fn packages(price: &Map, quantity: i64) -> i64 {
    let Some(transform) = price.at("transform_quantity").as_map() else { return quantity };
    let by = transform.int("divide_by").max(1);
    let more = transform.str("round") == "up" && quantity % by != 0;
    quantity / by + i64::from(more)
}

/// The decimal of an amount, which a price may have in one of two forms.
fn unit_of(of: &Map, name: &str) -> String {
    match of.at(name).as_int() {
        Some(amount) => amount.to_string(),
        None => of.at(&format!("{name}_decimal")).as_str().unwrap_or("0").to_string(),
    }
}

/// A decimal text times a quantity, rounded once.
pub fn times(unit: &str, quantity: i64) -> i64 {
    divided(decimal(unit).saturating_mul(i128::from(quantity)), ONE)
}

/// All of the quantity at the price of the tier it falls in. A flat fee is in the same line.
fn volume(tiers: &[Value], quantity: i64) -> Part {
    let tiers = tiers.iter().filter_map(Value::as_map);
    let tier = tiers.into_iter().find(|tier| ends(tier).is_none_or(|end| quantity <= end));
    let (unit, flat) = match tier {
        Some(tier) => (unit_of(tier, "unit_amount"), unit_of(tier, "flat_amount")),
        None => ("0".to_string(), "0".to_string()),
    };
    let amount = times(&unit, quantity).saturating_add(times(&flat, 1));
    Part { amount, quantity, unit, tier: 0, is_flat: false }
}

/// Each slice of the quantity at the price of its tier, and the flat fee of every tier reached.
fn graduated(tiers: &[Value], quantity: i64) -> Vec<Part> {
    let (mut parts, mut billed) = (Vec::new(), 0);
    for (place, tier) in tiers.iter().filter_map(Value::as_map).enumerate() {
        let slice = ends(tier).map_or(quantity, |end| end.min(quantity)) - billed;
        if slice <= 0 && 0 < place {
            break;
        }
        let mut add = |unit: String, quantity: i64, is_flat: bool| {
            let amount = times(&unit, quantity);
            parts.push(Part { amount, quantity, unit, tier: place + 1, is_flat });
        };
        let (unit, flat) = (unit_of(tier, "unit_amount"), unit_of(tier, "flat_amount"));
        let has_flat = decimal(&flat) != 0;
        if decimal(&unit) != 0 || !has_flat {
            add(unit, slice.max(0), false);
        }
        if has_flat {
            add(flat, 1, true);
        }
        billed += slice.max(0);
    }
    parts
}

/// The last quantity of a tier; nothing for the last tier.
fn ends(tier: &Map) -> Option<i64> {
    tier.at("up_to").as_int()
}

/// A price as it is in another currency it has an amount in; nothing where it has none.
pub fn in_currency(tx: &Tx<'_>, price: &Rc<Map>, currency: &str) -> Option<Rc<Map>> {
    if price.str("currency") == currency {
        return Some(price.clone());
    }
    let details = tx.get(DETAILS, price.str("id"))?;
    let option = details.at("currency_options").as_map()?.at(currency).as_map()?;
    let mut other = Map::clone(price);
    other.set("currency", currency.to_string());
    for name in ["tax_behavior", "unit_amount", "unit_amount_decimal"] {
        other.set(name, option.at(name).clone());
    }
    Some(Rc::new(other))
}

/// An amount per unit as line descriptions write it: `$10.00`, `$0.005`.
pub fn format_unit(unit: &str, currency: &str) -> String {
    let (whole, fraction) = unit.split_once('.').unwrap_or((unit, ""));
    let text = money::format(whole.parse().unwrap_or(0), currency);
    match fraction.trim_end_matches('0') {
        "" => text,
        more if money::decimals(currency) == 0 => format!("{text}.{more}"),
        more => format!("{text}{more}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map;

    fn per_unit(unit: &str) -> Map {
        map! { "unit_amount_decimal": unit.to_string() }
    }

    fn sum(price: &Map, tiers: &[Value], quantity: i64) -> i64 {
        parts_of(price, tiers, quantity).iter().map(|part| part.amount).sum()
    }

    fn tier(up_to: Option<i64>, unit: i64, flat: i64) -> Value {
        map! { "flat_amount": flat, "unit_amount": unit, "up_to": up_to }.into()
    }

    // What a quantity costs where every unit costs the same.
    #[test]
    fn units_are_multiplied_first_and_rounded_once() {
        for (unit, quantity, amount) in [
            ("1999", 3, 5997),
            ("0.05", 30, 2),
            ("0.05", 29, 1),
            ("0.000000000001", 1_000_000_000_000, 1),
            ("-0.5", 1, -1),
            ("33.3333", 3, 100),
            ("1000", 0, 0),
        ] {
            assert_eq!(sum(&per_unit(unit), &[], quantity), amount, "{quantity} at {unit}");
        }
    }

    #[test]
    fn packages_are_counted_up_or_down() {
        for (round, quantity, amount) in
            [("up", 11, 3000), ("down", 11, 2000), ("up", 10, 2000), ("down", 4, 0), ("up", 0, 0)]
        {
            let mut price = per_unit("1000");
            price.set("transform_quantity", map! { "divide_by": 5, "round": round });
            assert_eq!(sum(&price, &[], quantity), amount, "{quantity} in fives, {round}");
        }
    }

    #[test]
    fn tiers_are_by_volume_or_graduated() {
        let tiers = [tier(Some(5), 1000, 0), tier(Some(10), 800, 0), tier(None, 600, 0)];
        let flat = [tier(Some(10), 0, 2000), tier(None, 150, 0)];
        let (volume, graduated) =
            (map! { "tiers_mode": "volume" }, map! { "tiers_mode": "graduated" });
        for (price, tiers, quantity, amount) in [
            (&volume, &tiers[..], 12, 7200),
            (&volume, &tiers, 5, 5000),
            (&volume, &tiers, 6, 4800),
            (&graduated, &tiers, 12, 10_200),
            (&graduated, &tiers, 5, 5000),
            (&graduated, &tiers, 0, 0),
            (&graduated, &flat, 14, 2600),
            (&graduated, &flat, 3, 2000),
            (&volume, &flat, 0, 2000),
        ] {
            assert_eq!(sum(price, tiers, quantity), amount, "{quantity} of {price:?}");
        }
    }

    #[test]
    fn a_graduated_price_has_a_line_for_every_tier_it_touches() {
        let tiers = [tier(Some(5), 1000, 0), tier(Some(10), 800, 500), tier(None, 600, 0)];
        let price = map! { "tiers_mode": "graduated" };
        let parts = parts_of(&price, &tiers, 7);
        let told: Vec<_> = parts
            .iter()
            .map(|part| (part.tier, part.quantity, part.amount, part.is_flat))
            .collect();
        assert_eq!(told, [(1, 5, 5000, false), (2, 2, 1600, false), (2, 1, 500, true)]);
    }

    #[test]
    fn amounts_below_the_smallest_unit_are_written_out() {
        for (unit, currency, text) in [
            ("1000", "usd", "$10.00"),
            ("0.5", "usd", "$0.005"),
            ("12.50", "usd", "$0.125"),
            ("0.5", "jpy", "¥0.5"),
        ] {
            assert_eq!(format_unit(unit, currency), text);
        }
    }
}

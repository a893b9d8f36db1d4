//! What the lines of an invoice come to: discounts, taxes and totals, as pure arithmetic.
//!
//! Stripe's pages: <https://docs.stripe.com/billing/subscriptions/coupons>,
//! <https://docs.stripe.com/billing/taxes/tax-rates>.

use super::pricing::{ONE, divided};

/// A hundred percent, as [`super::pricing::decimal`] gives it.
const ALL: i128 = 100 * ONE;

/// A discount, as far as it concerns arithmetic.
#[derive(Clone, Debug, Default)]
pub struct Off {
    pub id: String,
    pub percent: Option<i128>,
    pub amount: i64,
    /// The products it is for; all where there are none.
    pub products: Vec<String>,
}

/// A tax rate, as far as it concerns arithmetic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    pub id: String,
    pub percent: i128,
    pub is_inclusive: bool,
}

/// A line before discounts and taxes.
#[derive(Clone, Debug, Default)]
pub struct Line {
    pub amount: i64,
    pub is_discountable: bool,
    pub product: String,
    /// Its own discounts, taken off before those of the invoice.
    pub discounts: Vec<Off>,
    /// What discounts took off it when it was made, as of a part of a period: they take nothing more.
    pub fixed: Vec<(String, i64)>,
    /// What credits pay of it, after discounts and before taxes.
    pub credits: i64,
    pub rates: Vec<Rate>,
    /// What is given instead of rates: the taxes themselves.
    pub taxes: Vec<Tax>,
}

/// What came of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reckoned {
    /// How much each discount took off: its id, the amount.
    pub discounts: Vec<(String, i64)>,
    /// How much of that its own discounts took off.
    pub own: i64,
    pub taxes: Vec<Tax>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tax {
    pub rate: String,
    pub amount: i64,
    pub taxable: i64,
    pub is_inclusive: bool,
}

/// What an invoice comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub lines: Vec<Reckoned>,
    /// After the lines' own discounts, before all else.
    pub subtotal: i64,
    pub discounts: Vec<(String, i64)>,
    pub taxes: Vec<Tax>,
    pub inclusive: i64,
    pub exclusive: i64,
    pub total: i64,
}

/// Adds lines up: their own discounts first, then those of the invoice, each of what the one before
/// it left; then taxes. Every line is rounded by itself.
pub fn reckon(lines: &[Line], discounts: &[Off]) -> Totals {
    let mut left: Vec<i64> = lines.iter().map(|line| line.amount).collect();
    let mut totals = Totals { lines: vec![Reckoned::default(); lines.len()], ..Totals::default() };
    for (place, line) in lines.iter().enumerate() {
        for off in &line.discounts {
            let taken = if applies(off, line) { taken_of(off, left[place]) } else { 0 };
            left[place] -= taken;
            totals.lines[place].own += taken;
            totals.lines[place].discounts.push((off.id.clone(), taken));
        }
        totals.subtotal = totals.subtotal.saturating_add(left[place]);
        left[place] -= line.fixed.iter().map(|(_, off)| off).sum::<i64>();
        totals.lines[place].discounts.extend(line.fixed.iter().cloned());
    }
    for off in discounts {
        let shares = shares(off, lines, &left);
        for (place, share) in shares.into_iter().enumerate() {
            if lines[place].fixed.iter().any(|(id, _)| *id == off.id) {
                continue;
            }
            left[place] -= share;
            totals.lines[place].discounts.push((off.id.clone(), share));
        }
    }
    for (place, line) in lines.iter().enumerate() {
        left[place] -= line.credits;
    }
    totals.total = left.iter().fold(0, |sum: i64, amount| sum.saturating_add(*amount));
    for (place, line) in lines.iter().enumerate() {
        totals.lines[place].taxes = match line.taxes.is_empty() {
            true => taxes(&line.rates, left[place]),
            false => line.taxes.clone(),
        };
    }
    gather(&mut totals);
    totals.total = totals.total.saturating_add(totals.exclusive);
    totals
}

/// Rounds the taxes of each rate once for all lines, where [`reckon`] rounds line by line: the last
/// line that is taxed by it has the difference.
pub fn round_as_one(lines: &[Line], totals: &mut Totals) {
    const FINE: i128 = 1_000_000_000;
    let is_of = |rate: &str, line: &Line| line.rates.iter().any(|of| of.id == rate);
    for tax in std::mem::take(&mut totals.taxes) {
        if !lines.iter().any(|line| is_of(&tax.rate, line)) {
            continue;
        }
        let mut exact: i128 = 0;
        for (line, of) in lines.iter().zip(&totals.lines) {
            let Some(rate) = line.rates.iter().find(|rate| rate.id == tax.rate) else { continue };
            let off: i64 = of.discounts.iter().map(|(_, amount)| amount).sum();
            let left = i128::from(line.amount - off - line.credits);
            let share = left.saturating_mul(rate.percent).saturating_mul(FINE);
            exact = exact.saturating_add(share / (ALL + within(&line.rates)));
        }
        let more = divided(exact, FINE) - tax.amount;
        let taxes = totals.lines.iter_mut().rev().flat_map(|line| &mut line.taxes);
        if let Some(last) = taxes.into_iter().find(|of| of.rate == tax.rate) {
            last.amount += more;
            last.taxable -= if last.is_inclusive { more } else { 0 };
        }
    }
    let before = std::mem::take(&mut totals.exclusive);
    totals.inclusive = 0;
    totals.discounts.clear();
    gather(totals);
    totals.total = (totals.total - before).saturating_add(totals.exclusive);
}

/// How much of what is paid are taxes that are part of the price.
fn within(rates: &[Rate]) -> i128 {
    rates.iter().filter(|rate| rate.is_inclusive).map(|rate| rate.percent).sum()
}

/// Sums what the lines came to, for each discount and each rate.
fn gather(totals: &mut Totals) {
    for line in &totals.lines {
        for (id, amount) in &line.discounts {
            match totals.discounts.iter_mut().find(|(other, _)| other == id) {
                Some((_, sum)) => *sum += amount,
                None => totals.discounts.push((id.clone(), *amount)),
            }
        }
        for tax in &line.taxes {
            let sum = if tax.is_inclusive { &mut totals.inclusive } else { &mut totals.exclusive };
            *sum = sum.saturating_add(tax.amount);
            match totals.taxes.iter_mut().find(|other| other.rate == tax.rate) {
                Some(sum) => {
                    sum.amount = sum.amount.saturating_add(tax.amount);
                    sum.taxable = sum.taxable.saturating_add(tax.taxable);
                }
                None => totals.taxes.push(tax.clone()),
            }
        }
    }
}

fn applies(off: &Off, line: &Line) -> bool {
    line.is_discountable && (off.products.is_empty() || off.products.contains(&line.product))
}

/// How much a discount takes off an amount: never more than there is.
fn taken_of(off: &Off, amount: i64) -> i64 {
    let amount = amount.max(0);
    match off.percent {
        Some(percent) => divided(i128::from(amount).saturating_mul(percent), ALL).min(amount),
        None => off.amount.min(amount),
    }
}

/// How a discount of the invoice is shared among its lines: in proportion to what is left of them,
/// rounded down, and the last one has the rest.
fn shares(off: &Off, lines: &[Line], left: &[i64]) -> Vec<i64> {
    let counts = |place: usize| applies(off, &lines[place]) && 0 < left[place];
    let base: i64 = (0..lines.len()).filter(|place| counts(*place)).map(|place| left[place]).sum();
    let taken = taken_of(off, base);
    let last = (0..lines.len()).rev().find(|place| counts(*place));
    let mut rest = taken;
    let share = |place: usize| {
        let share = if Some(place) == last {
            rest
        } else if counts(place) {
            let share = i128::from(taken) * i128::from(left[place]) / i128::from(base.max(1));
            share as i64
        } else {
            0
        };
        rest -= share;
        share
    };
    (0..lines.len()).map(share).collect()
}

/// The taxes on what is left of a line. Inclusive ones are part of it.
fn taxes(rates: &[Rate], left: i64) -> Vec<Tax> {
    let by = ALL + within(rates);
    let of = |rate: &Rate| divided(i128::from(left).saturating_mul(rate.percent), by);
    let inclusive: i64 = rates.iter().filter(|rate| rate.is_inclusive).map(of).sum();
    let net = left.saturating_sub(inclusive);
    let tax = |rate: &Rate| Tax {
        rate: rate.id.clone(),
        amount: match rate.is_inclusive {
            true => of(rate),
            false => divided(i128::from(net).saturating_mul(rate.percent), ALL),
        },
        taxable: net,
        is_inclusive: rate.is_inclusive,
    };
    rates.iter().map(tax).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flows::pricing::decimal;

    fn line(amount: i64) -> Line {
        Line { amount, is_discountable: true, ..Line::default() }
    }

    fn percent(text: &str) -> Off {
        Off { id: text.to_string(), percent: Some(decimal(text)), ..Off::default() }
    }

    fn amount(amount: i64) -> Off {
        Off { id: "amount".to_string(), amount, ..Off::default() }
    }

    fn rate(text: &str, is_inclusive: bool) -> Rate {
        Rate { id: text.to_string(), percent: decimal(text), is_inclusive }
    }

    fn taxed(amount: i64, rates: &[Rate]) -> Line {
        Line { rates: rates.to_vec(), ..line(amount) }
    }

    // The recorded sums.
    #[test]
    fn discounts_and_taxes_come_to_what_stripe_comes_to() {
        let (five, ten) = (rate("5", false), rate("10", true));
        for (lines, discounts, subtotal, taxes, total) in [
            (vec![line(2500)], vec![percent("10")], 2500, 0, 2250),
            (vec![taxed(3000, std::slice::from_ref(&five))], vec![], 3000, 150, 3150),
            (vec![taxed(3000, std::slice::from_ref(&five))], vec![percent("10")], 3000, 135, 2835),
            (vec![taxed(1100, std::slice::from_ref(&ten))], vec![], 1100, 100, 1100),
            (vec![taxed(999, &[rate("20", true)])], vec![], 999, 167, 999),
            (vec![line(300)], vec![amount(500)], 300, 0, 0),
            (vec![line(1000)], vec![percent("50"), percent("50")], 1000, 0, 250),
            (vec![line(-300)], vec![percent("50")], -300, 0, -300),
        ] {
            let totals = reckon(&lines, &discounts);
            let got = (totals.subtotal, totals.inclusive + totals.exclusive, totals.total);
            assert_eq!(got, (subtotal, taxes, total), "{lines:?} less {discounts:?}");
        }
    }

    // 500 over two lines of 1000 and 2000.
    #[test]
    fn an_amount_is_shared_in_proportion_and_the_last_line_has_the_rest() {
        let totals = reckon(&[line(1000), line(2000)], &[amount(500)]);
        let shares: Vec<i64> = totals.lines.iter().map(|line| line.discounts[0].1).collect();
        assert_eq!(shares, [166, 334]);
        assert_eq!(totals.discounts, [("amount".to_string(), 500)]);
    }

    #[test]
    fn lines_that_take_no_discount_are_listed_with_nothing() {
        let fixed = Line { is_discountable: false, ..line(1000) };
        let totals = reckon(&[fixed, line(1000)], &[percent("10")]);
        let shares: Vec<i64> = totals.lines.iter().map(|line| line.discounts[0].1).collect();
        assert_eq!((shares, totals.total), (vec![0, 100], 1900));
        let shoes = Off { products: vec!["shoes".to_string()], ..percent("10") };
        let pair = Line { product: "shoes".to_string(), ..line(500) };
        assert_eq!(reckon(&[line(1000), pair], &[shoes]).total, 1450);
    }

    #[test]
    fn a_lines_own_discount_is_in_the_subtotal() {
        let own = Line { discounts: vec![percent("20")], ..line(1000) };
        let totals = reckon(&[own, line(500)], &[percent("10")]);
        assert_eq!((totals.subtotal, totals.total, totals.lines[0].own), (1300, 1170, 200));
    }

    // Whatever the lines are, no cent is lost or made.
    #[test]
    fn the_lines_sum_to_the_total() {
        let mut seed = 1_u64;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888);
            (seed >> 33) % below
        };
        for _ in 0..2000 {
            let mut lines = Vec::new();
            for _ in 0..=next(5) {
                let rates = [rate("7.25", next(2) == 0), rate("19", next(2) == 0)];
                let mut line = taxed(next(50_000) as i64 - 5000, &rates[..next(3) as usize]);
                line.is_discountable = next(4) != 0;
                lines.push(line);
            }
            let discounts = [percent("33.333"), amount(next(9000) as i64)];
            let totals = reckon(&lines, &discounts[..next(3) as usize]);
            let mut sum = 0;
            for (line, got) in lines.iter().zip(&totals.lines) {
                let off: i64 = got.discounts.iter().map(|(_, amount)| amount).sum();
                assert!(off <= line.amount.max(0), "{line:?}: {got:?}");
                let added = got.taxes.iter().filter(|tax| !tax.is_inclusive);
                sum += line.amount - off + added.map(|tax| tax.amount).sum::<i64>();
            }
            assert_eq!(sum, totals.total);
            let off: i64 = totals.discounts.iter().map(|(_, amount)| amount).sum();
            let lines: i64 = lines.iter().map(|line| line.amount).sum();
            assert_eq!(lines - off + totals.exclusive, totals.total);
        }
    }
}

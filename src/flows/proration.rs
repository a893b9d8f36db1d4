//! Proration: what part of a period costs. Pure arithmetic.
//!
//! Stripe's page: <https://docs.stripe.com/billing/subscriptions/prorations>.

use super::periods::{Interval, Period};

/// What of an amount falls on the rest of its period from `at` on: to the nearest unit, exact
/// halves down. A credit is the part of a negative amount.
pub fn rest(amount: i64, at: i64, (start, end): Period) -> i64 {
    let whole = i128::from(end.saturating_sub(start)).max(1);
    let left = i128::from(end.saturating_sub(at)).clamp(0, whole);
    // ceil(x - 1/2) of x = amount * left / whole.
    let (top, bottom) = (2 * i128::from(amount) * left - whole, 2 * whole);
    let rounded = top.div_euclid(bottom) + i128::from(top.rem_euclid(bottom) != 0);
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

/// What a time costs that may be longer than a period, counted in periods from its beginning.
pub fn passed(cost: i64, interval: Interval, (start, end): Period) -> i64 {
    let mut periods = 0;
    while interval.boundary(start, periods + 1) <= end {
        periods += 1;
    }
    let last = (interval.boundary(start, periods), interval.boundary(start, periods + 1));
    cost.saturating_mul(periods) + rest(cost, last.1 - (end - last.0), last)
}

/// Splits an amount over others in proportion: each share is rounded down, what is left falls to
/// the last.
pub fn shares(amount: i64, over: &[i64]) -> Vec<i64> {
    let sum = over.iter().map(|part| i128::from(*part)).sum::<i128>().max(1);
    let share = |part: &i64| (i128::from(amount) * i128::from(*part) / sum) as i64;
    let mut shares: Vec<i64> = over.iter().map(share).collect();
    let rest = amount - shares.iter().sum::<i64>();
    if let Some(last) = shares.last_mut() {
        *last += rest;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time;

    const DAY: i64 = 86_400;

    fn day(year: i64, month: i64, day: i64) -> i64 {
        time::days_of(year, month, day) * DAY
    }

    // Half of a month of 28 days, and 17 of 31 days, as documented; more than a month.
    #[test]
    fn what_passed_is_counted_from_its_beginning() {
        let monthly = Interval::new("month", 1);
        let rows = [
            ((day(2026, 2, 15), day(2026, 3, 1)), 1400),
            ((day(2026, 1, 15), day(2026, 2, 1)), 1535),
            ((day(2026, 9, 1), day(2026, 11, 1)), 5600),
            ((day(2026, 1, 1), day(2026, 2, 15)), 4200),
        ];
        for (period, cost) in rows {
            assert_eq!(passed(2800, monthly, period), cost, "{period:?}");
        }
    }

    // Each row is an example with its number.
    #[test]
    fn worked_examples() {
        let june = (day(2026, 6, 1), day(2026, 7, 1));
        let january = (day(2026, 1, 1), day(2026, 2, 1));
        let year = (day(2026, 1, 1), day(2027, 1, 1));
        let noon = day(2026, 1, 11) + DAY / 2;
        let hundredth = (0, 400);
        let rows = [
            // 1: half of June.
            (-1000, day(2026, 6, 16), june, -500),
            (2000, day(2026, 6, 16), june, 1000),
            // 2 and 3: 41/62 of January.
            (-1999, noon, january, -1322),
            (4999, noon, january, 3306),
            (-3 * 700, noon, january, -1389),
            (5 * 700, noon, january, 2315),
            // 4: a third is used.
            (-1000, 1, (0, 3), -667),
            (500, 1, (0, 3), 333),
            // 5 and 6: 1/400 is left; halves go down.
            (-1000, 399, hundredth, -3),
            (1800, 399, hundredth, 4),
            (3000, 399, hundredth, 7),
            // 7: four seconds into a year.
            (25_000, 4, (0, 31_536_000), 25_000),
            (-2500, 4, (0, 2_592_000), -2500),
            // 9: the middle of January.
            (-5000, day(2026, 1, 16) + DAY / 2, january, -2500),
            // 10: 16/31 of a month, 350/365 of a year.
            (-10_000, day(2026, 1, 16), january, -5161),
            (100_000, day(2026, 1, 16), year, 95_890),
            // 12: half of what was debited.
            (-834, 1, (0, 2), -417),
            // 2.7: a stub of 22 days, 1 February being the anchor.
            (3000, day(2026, 1, 10), january, 2129),
            // 6.4: 16/31 of January.
            (-1000, day(2026, 1, 16), january, -516),
            (2000, day(2026, 1, 16), january, 1032),
        ];
        for (amount, at, period, part) in rows {
            assert_eq!(rest(amount, at, period), part, "{amount} from {at} in {period:?}");
        }
    }

    #[test]
    fn the_first_second_is_the_whole_and_the_end_is_nothing() {
        assert_eq!(rest(1999, 10, (10, 20)), 1999);
        assert_eq!(rest(1999, 20, (10, 20)), 0);
        assert_eq!(rest(1999, 5, (10, 20)), 1999);
        assert_eq!(rest(i64::MAX, 0, (0, 1)), i64::MAX);
        assert_eq!(rest(100, 0, (0, 0)), 0);
    }

    // 500 off 1000 and 2000.
    #[test]
    fn a_coupon_is_shared_by_amount() {
        assert_eq!(shares(500, &[1000, 2000]), [166, 334]);
        assert_eq!(shares(500, &[]), [0_i64; 0]);
        assert_eq!(shares(5, &[0, 0]), [0, 5]);
    }
}

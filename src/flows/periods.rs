//! The periods of what recurs: pure arithmetic, counted from an anchor.
//!
//! A boundary is counted from the anchor and never from the boundary before, so that a month's last
//! day comes back after a shorter month. All is in UTC.
//!
//! Stripe's page: <https://docs.stripe.com/billing/subscriptions/billing-cycle>.

use crate::time;
use crate::value::{Map, Value};

const DAY: i64 = 86_400;

/// How often a price recurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    Seconds(i64),
    Months(i64),
}

/// From when to when, in unix seconds; the end does not belong to it.
pub type Period = (i64, i64);

impl Interval {
    /// The interval of a price; a month where it is not recurring.
    pub fn of(price: &Value) -> Interval {
        price.as_map().map_or(Interval::Months(1), Interval::of_map)
    }

    /// The same of a price that was looked up.
    pub fn of_map(price: &Map) -> Interval {
        let recurring = price.at("recurring").as_map();
        let count = recurring.map_or(1, |it| it.at("interval_count").as_int().unwrap_or(1));
        Interval::new(recurring.map_or("month", |it| it.str("interval")), count)
    }

    /// So many days, weeks, months or years; Stripe's prices recur within three years.
    pub fn new(unit: &str, count: i64) -> Interval {
        let count = count.clamp(1, 1200);
        match unit {
            "day" => Interval::Seconds(count * DAY),
            "week" => Interval::Seconds(count * 7 * DAY),
            "year" => Interval::Months(count * 12),
            _ => Interval::Months(count),
        }
    }

    /// The boundary of that number: 0 is the anchor itself.
    pub fn boundary(self, anchor: i64, number: i64) -> i64 {
        match self {
            Interval::Seconds(length) => anchor.saturating_add(length.saturating_mul(number)),
            Interval::Months(count) => time::add_months(anchor, count.saturating_mul(number)),
        }
    }

    /// The number of the last boundary at or before a time.
    fn number_at(self, anchor: i64, at: i64) -> i64 {
        let passed = at.saturating_sub(anchor);
        let mut number = match self {
            Interval::Seconds(length) => return passed.div_euclid(length),
            // No month is longer than 31 days: the search begins at or before the boundary.
            Interval::Months(count) if 0 <= passed => passed / (31 * DAY * count),
            Interval::Months(count) => passed.div_euclid(28 * DAY * count) - 1,
        };
        while self.boundary(anchor, number + 1) <= at {
            number += 1;
        }
        number
    }

    /// The period that a time falls in.
    pub fn containing(self, anchor: i64, at: i64) -> Period {
        let number = self.number_at(anchor, at);
        (self.boundary(anchor, number), self.boundary(anchor, number + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(year: i64, month: i64, day: i64) -> i64 {
        time::days_of(year, month, day) * DAY + 66_453
    }

    fn date(seconds: i64) -> (i64, i64, i64) {
        assert_eq!(seconds.rem_euclid(DAY), 66_453);
        time::date_of(seconds.div_euclid(DAY))
    }

    // As documented.
    #[test]
    fn boundaries_are_counted_from_the_anchor() {
        let monthly = Interval::new("month", 1);
        let days = [28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 29];
        for (number, day) in days.into_iter().enumerate() {
            let boundary = date(monthly.boundary(at(2027, 1, 31), number as i64 + 1));
            assert_eq!(boundary.2, day, "{boundary:?}");
        }
        let rows = [
            (
                "month",
                3,
                at(2026, 8, 30),
                vec![
                    (2026, 11, 30),
                    (2027, 2, 28),
                    (2027, 5, 30),
                    (2027, 8, 30),
                    (2027, 11, 30),
                    (2028, 2, 29),
                    (2028, 5, 30),
                ],
            ),
            (
                "year",
                1,
                at(2028, 2, 29),
                vec![(2029, 2, 28), (2030, 2, 28), (2031, 2, 28), (2032, 2, 29)],
            ),
            ("week", 2, at(2026, 12, 24), vec![(2027, 1, 7), (2027, 1, 21)]),
            ("day", 10, at(2028, 2, 25), vec![(2028, 3, 6)]),
        ];
        for (unit, count, anchor, dates) in rows {
            let mut now = anchor;
            for wanted in dates {
                now = Interval::new(unit, count).containing(anchor, now).1;
                assert_eq!(date(now), wanted);
            }
        }
    }

    // Recorded: 30 days in November, 365 to the next.
    #[test]
    fn a_month_and_a_year_from_a_recorded_instant() {
        let anchor = 1_762_799_253;
        assert_eq!(Interval::new("month", 1).boundary(anchor, 1), 1_765_391_253);
        assert_eq!(Interval::new("year", 1).boundary(anchor, 1), anchor + 31_536_000);
    }

    #[test]
    fn a_time_before_the_anchor_is_in_a_period_too() {
        let anchor = at(2026, 2, 1);
        let monthly = Interval::new("month", 1);
        assert_eq!(monthly.containing(anchor, at(2026, 1, 10)), (at(2026, 1, 1), anchor));
        assert_eq!(monthly.containing(anchor, anchor), (anchor, at(2026, 3, 1)));
        let weekly = Interval::new("week", 1);
        assert_eq!(weekly.containing(anchor, anchor - 1), (anchor - 7 * DAY, anchor));
    }

    #[test]
    fn every_time_is_in_its_period() {
        let anchor = at(2024, 1, 31);
        for (unit, count) in [("month", 1), ("month", 3), ("year", 1), ("week", 1), ("day", 3)] {
            let interval = Interval::new(unit, count);
            for step in -900..900 {
                let time = anchor + step * DAY;
                let (start, end) = interval.containing(anchor, time);
                assert!(start <= time && time < end, "{unit} {count}: {start} {time} {end}");
            }
        }
    }
}

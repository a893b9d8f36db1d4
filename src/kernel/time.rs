//! Calendar arithmetic on unix time: pure functions, no clock.

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
pub fn days_of(year: i64, month: i64, day: i64) -> i64 {
    // Howard Hinnant's algorithm: years begin in March, so that leap days come last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of the days since 1970-01-01.
pub fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// The number of days of a month.
pub fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The same time of day that many months later, of unix seconds. A day the month does not have
/// becomes its last.
pub fn add_months(seconds: i64, months: i64) -> i64 {
    let (year, month, day) = date_of(seconds.div_euclid(86_400));
    let count = year * 12 + (month - 1) + months;
    let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
    let day = day.min(days_in_month(year, month));
    days_of(year, month, day) * 86_400 + seconds.rem_euclid(86_400)
}

/// v2's timestamps: `2026-08-26T12:00:00.000Z`, of milliseconds since 1970.
pub fn rfc3339(milliseconds: i64) -> String {
    let (seconds, fraction) = (milliseconds.div_euclid(1000), milliseconds.rem_euclid(1000));
    let (year, month, day) = date_of(seconds.div_euclid(86_400));
    let of_day = seconds.rem_euclid(86_400);
    let (hours, minutes, seconds) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{fraction:03}Z")
}

/// The unix seconds of such a timestamp, with or without fraction; nothing where it is none.
pub fn read_rfc3339(text: &str) -> Option<i64> {
    let (date, time) = text.trim_end_matches('Z').split_once('T')?;
    let mut date = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let whole = time.split('.').next().unwrap_or("");
    let mut time = whole.splitn(3, ':').map(str::parse::<i64>);
    let (hour, minute, second) = (time.next()?.ok()?, time.next()?.ok()?, time.next()?.ok()?);
    let fits = (0..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    fits.then(|| days_of(year, month, day) * 86_400)?
        .checked_add(hour.checked_mul(3600)?.checked_add(minute.checked_mul(60)?)?)?
        .checked_add(second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_are_each_others_inverse() {
        for (date, days) in [
            ((1970, 1, 1), 0),
            ((2000, 2, 29), 11_016),
            ((2000, 3, 1), 11_017),
            ((2026, 11, 21), 20_778),
            ((1969, 12, 31), -1),
        ] {
            assert_eq!(days_of(date.0, date.1, date.2), days);
            assert_eq!(date_of(days), date);
        }
    }

    #[test]
    fn a_month_later_is_the_same_day_or_the_last_of_a_shorter_month() {
        let at = |year, month, day| days_of(year, month, day) * 86_400 + 3600;
        assert_eq!(add_months(at(2026, 1, 31), 1), at(2026, 2, 28));
        assert_eq!(add_months(at(2024, 1, 31), 1), at(2024, 2, 29));
        assert_eq!(add_months(at(2026, 11, 15), 2), at(2027, 1, 15));
        assert_eq!(add_months(at(2026, 3, 31), -1), at(2026, 2, 28));
    }

    #[test]
    fn times_are_written_as_v2_writes_them() {
        assert_eq!(rfc3339(1_756_209_600_250), "2025-08-26T12:00:00.250Z");
    }

    #[test]
    fn what_was_written_is_read() {
        for (text, seconds) in [
            ("2025-08-26T12:00:00.250Z", Some(1_756_209_600)),
            ("2025-08-26T12:00:00Z", Some(1_756_209_600)),
            ("2025-08-26", None),
            ("2025-13-26T12:00:00Z", None),
            ("soon", None),
        ] {
            assert_eq!(read_rfc3339(text), seconds);
        }
    }
}

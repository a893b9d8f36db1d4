//! Integer amounts of money: currencies, their decimals, limits, texts and exchange rates.
//!
//! Amounts are in the smallest unit of their currency, as everywhere in the API: 1000 is $10.00 and
//! ¥1000. The rules are those of <https://docs.stripe.com/currencies>.

/// The currencies in the order in which Stripe's message about an unknown one lists them.
pub static CURRENCIES: &[&str] = &[
    "usd", "aed", "afn", "all", "amd", "ang", "aoa", "ars", "aud", "awg", "azn", "bam", "bbd",
    "bdt", "bgn", "bhd", "bif", "bmd", "bnd", "bob", "brl", "bsd", "bwp", "byn", "bzd", "cad",
    "cdf", "chf", "clp", "cny", "cop", "crc", "cve", "czk", "djf", "dkk", "dop", "dzd", "egp",
    "etb", "eur", "fjd", "fkp", "gbp", "gel", "gip", "gmd", "gnf", "gtq", "gyd", "hkd", "hnl",
    "hrk", "htg", "huf", "idr", "ils", "inr", "isk", "jmd", "jod", "jpy", "kes", "kgs", "khr",
    "kmf", "krw", "kwd", "kyd", "kzt", "lak", "lbp", "lkr", "lrd", "lsl", "mad", "mdl", "mga",
    "mkd", "mmk", "mnt", "mop", "mur", "mvr", "mwk", "mxn", "myr", "mzn", "nad", "ngn", "nio",
    "nok", "npr", "nzd", "omr", "pab", "pen", "pgk", "php", "pkr", "pln", "pyg", "qar", "ron",
    "rsd", "rub", "rwf", "sar", "sbd", "scr", "sek", "sgd", "shp", "sle", "sos", "srd", "std",
    "szl", "thb", "tjs", "tnd", "top", "try", "ttd", "twd", "tzs", "uah", "ugx", "uyu", "uzs",
    "vnd", "vuv", "wst", "xaf", "xcd", "xof", "xpf", "yer", "zar", "zmw", "usdc", "btn", "ghs",
    "eek", "lvl", "svc", "vef", "ltl", "sll", "mro",
];

/// The supported currency of that code, in any case, spelled as every answer spells it.
pub fn currency(code: &str) -> Option<&'static str> {
    CURRENCIES.iter().copied().find(|currency| currency.eq_ignore_ascii_case(code))
}

pub fn is_supported(code: &str) -> bool {
    currency(code).is_some()
}

/// What the message `Invalid currency: ...` ends with: `usd, aed, afn, ...`.
pub fn supported_currencies() -> String {
    CURRENCIES.join(", ")
}

/// How many digits of an amount stand after the point.
pub fn decimals(currency: &str) -> u32 {
    match currency {
        "bif" | "clp" | "djf" | "gnf" | "jpy" | "kmf" | "krw" | "mga" | "pyg" | "rwf" | "vnd"
        | "vuv" | "xaf" | "xof" | "xpf" => 0,
        "bhd" | "jod" | "kwd" | "omr" | "tnd" => 3,
        _ => 2,
    }
}

/// What amounts of a currency must be divisible by: the smallest unit the API knows is not always
/// one that exists.
pub fn step(currency: &str) -> i64 {
    match currency {
        "isk" | "ugx" => 100,
        "bhd" | "jod" | "kwd" | "omr" | "tnd" => 10,
        _ => 1,
    }
}

/// The smallest charge in a currency, where the account settles in it. Other currencies are
/// converted to the currency of settlement and compared with its minimum.
pub fn minimum_charge(currency: &str) -> Option<i64> {
    let minimum = match currency {
        "usd" | "aud" | "brl" | "cad" | "chf" | "eur" | "inr" | "nzd" | "sgd" | "ars" | "cop"
        | "idr" | "ils" | "php" | "rub" | "zar" | "jpy" | "krw" => 50,
        "gbp" => 30,
        "aed" | "myr" | "pln" | "ron" => 200,
        "bgn" => 100,
        "czk" => 1500,
        "dkk" => 250,
        "hkd" => 400,
        "huf" => 17_500,
        "mxn" | "thb" => 1000,
        "nok" | "sek" => 300,
        _ => return None,
    };
    Some(minimum)
}

/// The largest amount: eight digits, more for currencies of small value.
pub fn maximum_charge(currency: &str) -> i64 {
    match currency {
        "idr" => 999_999_999_999,
        "cop" => 9_999_999_999,
        "inr" => 999_999_999,
        _ => 99_999_999,
    }
}

/// What stands before an amount in Stripe's messages.
fn symbol(currency: &str) -> &str {
    match currency {
        "usd" | "aud" | "bbd" | "bmd" | "bnd" | "bsd" | "bzd" | "cad" | "clp" | "cop" | "fjd"
        | "gyd" | "hkd" | "jmd" | "kyd" | "lrd" | "mxn" | "nad" | "nzd" | "sbd" | "sgd" | "srd"
        | "ttd" | "twd" | "uyu" | "xcd" => "$",
        "eur" => "€",
        "gbp" | "fkp" | "gip" | "shp" => "£",
        "jpy" | "cny" => "¥",
        "inr" => "₹",
        "krw" => "₩",
        "brl" => "R$",
        "sek" | "nok" | "isk" => "kr",
        "dkk" => "kr.",
        "pln" => "zł",
        "czk" => "Kč",
        "huf" => "Ft",
        "ils" => "₪",
        "php" => "₱",
        "thb" => "฿",
        "try" => "₺",
        "uah" => "₴",
        "rub" => "₽",
        "ngn" => "₦",
        "zar" => "R",
        "myr" => "RM",
        "idr" => "Rp",
        "vnd" => "₫",
        _ => "",
    }
}

/// An amount as Stripe's messages write it: `$10.00`, `¥1,000`, `CHF 10.00`.
pub fn format(amount: i64, currency: &str) -> String {
    let decimals = decimals(currency) as usize;
    let digits = format!("{:0>width$}", amount.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let mut text = String::from(if amount < 0 { "-" } else { "" });
    match symbol(currency) {
        "" => {
            text.push_str(&currency.to_ascii_uppercase());
            text.push(' ');
        }
        symbol => text.push_str(symbol),
    }
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if decimals > 0 {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// `amount * numerator / denominator`, a half rounded away from zero; the nearest possible amount
/// where the result is too large.
pub fn portion(amount: i64, numerator: i64, denominator: i64) -> i64 {
    let divisor = i128::from(denominator).max(1);
    let product = i128::from(amount) * i128::from(numerator);
    let half = if product < 0 { -divisor / 2 } else { divisor / 2 };
    let result = (product + half) / divisor;
    i64::try_from(result).unwrap_or(if result < 0 { i64::MIN } else { i64::MAX })
}

/// How many millionths of a currency's main unit one US dollar is.
///
/// Differs from Stripe: the rates never change, so that a converted amount is the same in every
/// run.
static RATES: &[(&str, i64)] = &[
    ("aed", 3_672_500),
    ("afn", 70_000_000),
    ("all", 84_000_000),
    ("amd", 383_000_000),
    ("ang", 1_790_000),
    ("aoa", 917_000_000),
    ("ars", 1_400_000_000),
    ("aud", 1_520_000),
    ("awg", 1_790_000),
    ("azn", 1_700_000),
    ("bam", 1_670_000),
    ("bbd", 2_000_000),
    ("bdt", 122_000_000),
    ("bgn", 1_670_000),
    ("bhd", 376_000),
    ("bif", 2_950_000_000),
    ("bmd", 1_000_000),
    ("bnd", 1_290_000),
    ("bob", 6_910_000),
    ("brl", 5_400_000),
    ("bsd", 1_000_000),
    ("btn", 88_000_000),
    ("bwp", 13_400_000),
    ("byn", 3_270_000),
    ("bzd", 2_010_000),
    ("cad", 1_380_000),
    ("cdf", 2_850_000_000),
    ("chf", 800_000),
    ("clp", 950_000_000),
    ("cny", 7_120_000),
    ("cop", 3_900_000_000),
    ("crc", 505_000_000),
    ("cve", 94_200_000),
    ("czk", 20_800_000),
    ("djf", 178_000_000),
    ("dkk", 6_380_000),
    ("dop", 62_000_000),
    ("dzd", 130_000_000),
    ("eek", 13_370_000),
    ("egp", 48_000_000),
    ("etb", 142_000_000),
    ("eur", 855_000),
    ("fjd", 2_260_000),
    ("fkp", 740_000),
    ("gbp", 740_000),
    ("gel", 2_700_000),
    ("ghs", 11_800_000),
    ("gip", 740_000),
    ("gmd", 72_000_000),
    ("gnf", 8_680_000_000),
    ("gtq", 7_660_000),
    ("gyd", 209_000_000),
    ("hkd", 7_780_000),
    ("hnl", 26_200_000),
    ("hrk", 6_440_000),
    ("htg", 131_000_000),
    ("huf", 335_000_000),
    ("idr", 16_500_000_000),
    ("ils", 3_350_000),
    ("inr", 88_000_000),
    ("isk", 122_000_000),
    ("jmd", 160_000_000),
    ("jod", 709_000),
    ("jpy", 148_000_000),
    ("kes", 129_000_000),
    ("kgs", 87_400_000),
    ("khr", 4_010_000_000),
    ("kmf", 420_000_000),
    ("krw", 1_390_000_000),
    ("kwd", 305_000),
    ("kyd", 833_000),
    ("kzt", 540_000_000),
    ("lak", 21_600_000_000),
    ("lbp", 89_500_000_000),
    ("lkr", 302_000_000),
    ("lrd", 183_000_000),
    ("lsl", 17_500_000),
    ("ltl", 2_950_000),
    ("lvl", 600_000),
    ("mad", 9_050_000),
    ("mdl", 16_700_000),
    ("mga", 4_430_000_000),
    ("mkd", 52_600_000),
    ("mmk", 2_100_000_000),
    ("mnt", 3_590_000_000),
    ("mop", 8_010_000),
    ("mro", 357_000_000),
    ("mur", 45_600_000),
    ("mvr", 15_400_000),
    ("mwk", 1_734_000_000),
    ("mxn", 18_500_000),
    ("myr", 4_210_000),
    ("mzn", 63_900_000),
    ("nad", 17_500_000),
    ("ngn", 1_500_000_000),
    ("nio", 36_800_000),
    ("nok", 9_950_000),
    ("npr", 141_000_000),
    ("nzd", 1_700_000),
    ("omr", 384_500),
    ("pab", 1_000_000),
    ("pen", 3_500_000),
    ("pgk", 4_180_000),
    ("php", 57_200_000),
    ("pkr", 282_000_000),
    ("pln", 3_640_000),
    ("pyg", 7_150_000_000),
    ("qar", 3_640_000),
    ("ron", 4_340_000),
    ("rsd", 100_200_000),
    ("rub", 83_000_000),
    ("rwf", 1_448_000_000),
    ("sar", 3_750_000),
    ("sbd", 8_220_000),
    ("scr", 14_200_000),
    ("sek", 9_400_000),
    ("sgd", 1_290_000),
    ("shp", 740_000),
    ("sle", 23_300_000),
    ("sll", 23_300_000_000),
    ("sos", 571_000_000),
    ("srd", 39_300_000),
    ("std", 20_950_000_000),
    ("svc", 8_750_000),
    ("szl", 17_500_000),
    ("thb", 31_900_000),
    ("tjs", 9_430_000),
    ("tnd", 2_900_000),
    ("top", 2_390_000),
    ("try", 41_300_000),
    ("ttd", 6_780_000),
    ("twd", 30_300_000),
    ("tzs", 2_470_000_000),
    ("uah", 41_200_000),
    ("ugx", 3_510_000_000),
    ("usd", 1_000_000),
    ("usdc", 1_000_000),
    ("uyu", 40_100_000),
    ("uzs", 12_350_000_000),
    ("vef", 248_000_000),
    ("vnd", 26_400_000_000),
    ("vuv", 119_000_000),
    ("wst", 2_740_000),
    ("xaf", 561_000_000),
    ("xcd", 2_700_000),
    ("xof", 561_000_000),
    ("xpf", 102_000_000),
    ("yer", 240_000_000),
    ("zar", 17_500_000),
    ("zmw", 23_700_000),
];

/// How many millionths of the currency's main unit one US dollar is; as good as a dollar where
/// unknown.
fn millionths(currency: &str) -> i64 {
    let place = RATES.binary_search_by(|(code, _)| (*code).cmp(currency));
    place.ok().and_then(|place| RATES.get(place)).map_or(1_000_000, |(_, rate)| *rate)
}

/// How much one main unit of `from` is in `to`, as decimal text of six digits after the point: the
/// `exchange_rate` of a balance transaction, the `rates` of an exchange rate.
pub fn rate(from: &str, to: &str) -> String {
    let rate = portion(1_000_000, millionths(to), millionths(from));
    let text = format!("{}.{:06}", rate / 1_000_000, rate % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// An amount of one currency in the smallest unit of another.
pub fn convert(amount: i64, from: &str, to: &str) -> i64 {
    if from == to {
        return amount;
    }
    let units = |currency| 10_i64.pow(decimals(currency));
    // The product of rate and unit stays below 10^14, so that neither side overflows.
    portion(amount, millionths(to) * units(to), millionths(from) * units(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_accepted_in_any_case_and_answered_in_lower_case() {
        assert_eq!(currency("PLN"), Some("pln"));
        assert_eq!(currency("usd"), Some("usd"));
        assert_eq!(currency("xyz"), None);
        assert_eq!(currency(""), None);
        let list = supported_currencies();
        assert!(list.starts_with("usd, aed, afn, all, amd"), "{list}");
        assert!(list.ends_with("usdc, btn, ghs, eek, lvl, svc, vef, ltl, sll, mro"), "{list}");
    }

    #[test]
    fn every_currency_has_a_rate() {
        assert!(RATES.is_sorted_by_key(|(code, _)| code));
        for code in CURRENCIES {
            assert!(RATES.binary_search_by(|(known, _)| known.cmp(code)).is_ok(), "{code}");
        }
        assert_eq!(RATES.len(), CURRENCIES.len());
    }

    #[test]
    fn amounts_are_written_as_in_stripes_messages() {
        let rows = [
            (1000, "usd", "$10.00"),
            (1100, "usd", "$11.00"),
            (50, "usd", "$0.50"),
            (5, "usd", "$0.05"),
            (0, "usd", "$0.00"),
            (99_999_999, "usd", "$999,999.99"),
            (-2500, "usd", "-$25.00"),
            (500, "eur", "€5.00"),
            (1000, "jpy", "¥1,000"),
            (100, "jpy", "¥100"),
            (1230, "kwd", "KWD 1.230"),
            (1000, "chf", "CHF 10.00"),
            (i64::MIN, "jpy", "-¥9,223,372,036,854,775,808"),
        ];
        for (amount, currency, text) in rows {
            assert_eq!(format(amount, currency), text);
        }
    }

    #[test]
    fn limits_follow_the_published_tables() {
        let rows = [("usd", Some(50)), ("gbp", Some(30)), ("jpy", Some(50)), ("huf", Some(17_500))];
        for (currency, minimum) in rows {
            assert_eq!(minimum_charge(currency), minimum, "{currency}");
        }
        assert_eq!(minimum_charge("afn"), None);
        assert_eq!(maximum_charge("usd"), 99_999_999);
        assert_eq!(maximum_charge("idr"), 999_999_999_999);
        assert_eq!((decimals("usd"), decimals("jpy"), decimals("kwd")), (2, 0, 3));
        assert_eq!((step("usd"), step("isk"), step("kwd")), (1, 100, 10));
    }

    #[test]
    fn portions_round_a_half_away_from_zero() {
        let rows = [
            (22_500, 29, 1000, 653),
            (1000, 29, 1000, 29),
            (-22_500, 29, 1000, -653),
            (100, 1, 3, 33),
            (200, 1, 3, 67),
            (0, 1, 3, 0),
            (i64::MAX, i64::MAX, 1, i64::MAX),
            (i64::MIN, i64::MAX, 1, i64::MIN),
            (10, 1, 0, 10),
        ];
        for (amount, numerator, denominator, result) in rows {
            assert_eq!(portion(amount, numerator, denominator), result);
        }
    }

    #[test]
    fn conversion_knows_the_decimals_of_both_sides() {
        assert_eq!(convert(1000, "usd", "usd"), 1000);
        assert_eq!(convert(1000, "usd", "jpy"), 1480);
        assert_eq!(convert(1480, "jpy", "usd"), 1000);
        assert_eq!(convert(1000, "usd", "kwd"), 3050);
        assert_eq!(convert(100, "eur", "usd"), 117);
        assert_eq!(rate("usd", "eur"), "0.855");
        assert_eq!(rate("usd", "usd"), "1");
        assert_eq!(rate("jpy", "usd"), "0.006757");
    }
}

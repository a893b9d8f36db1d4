//! Bank accounts and debit cards that payouts can go to in test mode.
//!
//! Stripe's page: <https://docs.stripe.com/connect/testing#account-numbers>.

/// Numbers of accounts in the United States that test mode takes, and the failure a payout to them
/// ends with.
static AMERICAN: &[(&str, &str)] = &[
    ("000123456789", ""),
    ("000111111113", "account_closed"),
    ("000111111116", "no_account"),
    ("000222222227", "insufficient_funds"),
    ("000333333335", "debit_not_authorized"),
    ("000444444440", "invalid_currency"),
    ("000555555559", ""),
    ("000666666661", ""),
    ("000777777771", ""),
    ("000888888883", ""),
    ("000888888885", ""),
    ("000999999991", ""),
    ("000999999992", ""),
    ("000000000009", ""),
    ("000000004954", ""),
];

/// The number whose payouts fail only where they are instant.
const INSTANT_FAILS: &str = "000888888883";

/// The routing number of the United States whose accounts can be paid instantly.
const INSTANT_ROUTING: &str = "110000000";

/// Routing numbers that answers show in another form, or under a bank's own name: (country, as
/// sent, as shown, the bank). Recorded.
static BANKS: &[(&str, &str, &str, &str)] = &[
    ("AZ", "123456-123456", "123456123456", "STRIPE TEST BANK"),
    ("BO", "040", "040", "Cooperativa San Joaquín"),
    ("CO", "060", "060", "Banco Pichincha"),
    ("EG", "NBEGEGCX331", "NBEGEGCX331", "NATIONAL BANK OF EGYPT"),
    ("GI", "", "11-00-00000", "STRIPE TEST BANK"),
    ("IN", "HDFC0004051", "HDFC0004051", "HDFC BANK - INDIRANAGAR KRISHNA TEMPLE ROAD"),
    ("KR", "SGSEKRSLXXX", "SGSEKRSLXXX", "SG SECURITIES KOREA CO., LTD."),
    ("LK", "AAAALKLXXXX-7010999", "AAAALKLXXXX-7010999", "BANK OF CEYLON"),
    ("MY", "HBMBMYKL", "TESTMYKLXXX", "STRIPE TEST BANK"),
    ("SA", "RIBLSARIXXX", "RIBLSARIXXX", "RIYAD BANK"),
    ("TR", "ADABTRIS", "ADABTRIS", "DUNYA KATILIM BANKASI A.S."),
    ("UY", "999", "999", "Otros Bancos"),
    ("VN", "01101100", "01101100", "STATE BANK OF VIETNAM"),
    ("ZA", "FIRNZAJJ", "FIRNZAJJXXX", "FIRSTRAND BANK LIMITED"),
];

/// Whether test mode takes an account number.
///
/// Differs from Stripe: outside the United States any number is taken.
pub fn is_test_number(country: &str, number: &str) -> bool {
    country != "US" || AMERICAN.iter().any(|(known, _)| *known == number)
}

/// How a payout to an account in the United States fails; nothing where it arrives.
pub fn failure(last4: &str, country: &str, is_instant: bool) -> Option<&'static str> {
    if country != "US" {
        return None;
    }
    if is_instant && INSTANT_FAILS.ends_with(last4) {
        return Some("account_closed");
    }
    let row = AMERICAN.iter().find(|(number, _)| number.ends_with(last4));
    row.map(|(_, failure)| *failure).filter(|failure| !failure.is_empty())
}

/// The routing number as shown, and the bank's name.
pub fn shown(country: &str, routing: &str) -> (String, &'static str) {
    let row = BANKS.iter().find(|row| (row.0, row.1) == (country, routing));
    match row {
        Some((_, _, shown, bank)) => ((*shown).to_string(), bank),
        // An IBAN stands without a routing number.
        None if routing.is_empty() => ("110000000".to_string(), "STRIPE TEST BANK"),
        None => (routing.to_string(), "STRIPE TEST BANK"),
    }
}

/// How an account can be paid: instantly too, where it is an American's with an American bank.
pub fn payout_methods(home: &str, country: &str, routing: &str) -> &'static [&'static str] {
    match (home, country, routing) {
        ("US", "US", INSTANT_ROUTING) => &["standard", "instant"],
        _ => &["standard"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stripe's page on testing Connect.
    #[test]
    fn payouts_to_the_numbers_of_the_page_fail_as_it_says() {
        assert_eq!(failure("1116", "US", false), Some("no_account"));
        assert_eq!(failure("6789", "US", false), None);
        assert_eq!(failure("8883", "US", false), None);
        assert!(failure("8883", "US", true).is_some());
        assert_eq!(failure("1116", "DE", false), None);
    }

    /// Recorded answers.
    #[test]
    fn banks_are_shown_as_recorded() {
        assert_eq!(shown("DE", "").0, "110000000");
        assert_eq!(shown("ZA", "FIRNZAJJ"), ("FIRNZAJJXXX".to_string(), "FIRSTRAND BANK LIMITED"));
        assert_eq!(payout_methods("US", "US", "110000000"), ["standard", "instant"]);
        assert_eq!(payout_methods("US", "US", "111000000"), ["standard"]);
        assert_eq!(payout_methods("CA", "US", "110000000"), ["standard"]);
    }
}

//! The countries a Stripe account can be in, for `/v1/country_specs` and for new accounts.
//!
//! Differs from Stripe: the lists of transfer countries and of verification fields are short ones
//! that stay the same, not those of the day.

/// One country with its own money.
#[derive(Clone, Copy, Debug)]
pub struct Country {
    /// ISO 3166-1 alpha-2: the id of the country spec.
    pub code: &'static str,
    /// The currency a new account in this country gets.
    pub currency: &'static str,
    pub region: Region,
}

/// Where a country's accounts can send transfers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// The European Economic Area, the United Kingdom, Switzerland and their neighbours.
    Europe,
    /// The United States: cross-border payouts to most of the world.
    UnitedStates,
    /// Within the country only.
    Alone,
}

const fn country(code: &'static str, currency: &'static str, region: Region) -> Country {
    Country { code, currency, region }
}

/// Sorted by code.
pub static COUNTRIES: &[Country] = &[
    country("AE", "aed", Region::Alone),
    country("AT", "eur", Region::Europe),
    country("AU", "aud", Region::Alone),
    country("BE", "eur", Region::Europe),
    country("BG", "eur", Region::Europe),
    country("BR", "brl", Region::Alone),
    country("CA", "cad", Region::Alone),
    country("CH", "chf", Region::Europe),
    country("CY", "eur", Region::Europe),
    country("CZ", "czk", Region::Europe),
    country("DE", "eur", Region::Europe),
    country("DK", "dkk", Region::Europe),
    country("EE", "eur", Region::Europe),
    country("ES", "eur", Region::Europe),
    country("FI", "eur", Region::Europe),
    country("FR", "eur", Region::Europe),
    country("GB", "gbp", Region::Europe),
    country("GI", "gbp", Region::Europe),
    country("GR", "eur", Region::Europe),
    country("HK", "hkd", Region::Alone),
    country("HR", "eur", Region::Europe),
    country("HU", "huf", Region::Europe),
    country("ID", "idr", Region::Alone),
    country("IE", "eur", Region::Europe),
    country("IN", "inr", Region::Alone),
    country("IT", "eur", Region::Europe),
    country("JP", "jpy", Region::Alone),
    country("LI", "chf", Region::Europe),
    country("LT", "eur", Region::Europe),
    country("LU", "eur", Region::Europe),
    country("LV", "eur", Region::Europe),
    country("MT", "eur", Region::Europe),
    country("MX", "mxn", Region::Alone),
    country("MY", "myr", Region::Alone),
    country("NL", "eur", Region::Europe),
    country("NO", "nok", Region::Europe),
    country("NZ", "nzd", Region::Alone),
    country("PL", "pln", Region::Europe),
    country("PT", "eur", Region::Europe),
    country("RO", "ron", Region::Europe),
    country("SE", "sek", Region::Europe),
    country("SG", "sgd", Region::Alone),
    country("SI", "eur", Region::Europe),
    country("SK", "eur", Region::Europe),
    country("TH", "thb", Region::Alone),
    country("US", "usd", Region::UnitedStates),
];

/// Where an account of the United States can send transfers to, beyond its own region.
static WORLD: &[&str] = &[
    "AE", "AG", "AL", "AM", "AO", "AR", "AT", "AU", "AZ", "BA", "BD", "BE", "BG", "BH", "BJ", "BN",
    "BO", "BS", "BT", "BW", "CA", "CH", "CI", "CL", "CO", "CR", "CY", "CZ", "DE", "DK", "DO", "DZ",
    "EC", "EE", "EG", "ES", "ET", "FI", "FR", "GA", "GB", "GH", "GM", "GR", "GT", "GY", "HK", "HR",
    "HU", "ID", "IE", "IL", "IN", "IS", "IT", "JM", "JO", "JP", "KE", "KH", "KR", "KW", "KZ", "LA",
    "LC", "LI", "LK", "LT", "LU", "LV", "MA", "MC", "MD", "MG", "MK", "MN", "MO", "MT", "MU", "MX",
    "MY", "MZ", "NA", "NE", "NG", "NL", "NO", "NZ", "OM", "PA", "PE", "PH", "PK", "PL", "PT", "PY",
    "QA", "RO", "RS", "RW", "SA", "SE", "SG", "SI", "SK", "SM", "SN", "SV", "TH", "TN", "TR", "TT",
    "TW", "TZ", "US", "UY", "UZ", "VN", "ZA",
];

/// What Stripe asks of a company, whatever its country.
pub static COMPANY_FIELDS: &[&str] = &[
    "business_profile.mcc",
    "business_profile.url",
    "business_type",
    "company.address.city",
    "company.address.line1",
    "company.address.postal_code",
    "company.name",
    "company.phone",
    "company.tax_id",
    "external_account",
    "owners.email",
    "owners.first_name",
    "owners.last_name",
    "representative.dob.day",
    "representative.dob.month",
    "representative.dob.year",
    "representative.email",
    "representative.first_name",
    "representative.last_name",
    "tos_acceptance.date",
    "tos_acceptance.ip",
];

/// What Stripe asks of an individual, whatever the country.
pub static INDIVIDUAL_FIELDS: &[&str] = &[
    "business_profile.mcc",
    "business_profile.url",
    "business_type",
    "external_account",
    "individual.address.city",
    "individual.address.line1",
    "individual.address.postal_code",
    "individual.dob.day",
    "individual.dob.month",
    "individual.dob.year",
    "individual.email",
    "individual.first_name",
    "individual.last_name",
    "individual.phone",
    "tos_acceptance.date",
    "tos_acceptance.ip",
];

/// The country of that code, in any case.
pub fn find(code: &str) -> Option<&'static Country> {
    COUNTRIES.iter().find(|country| country.code.eq_ignore_ascii_case(code))
}

impl Country {
    pub fn transfer_countries(&self) -> Vec<&'static str> {
        match self.region {
            Region::Alone => vec![self.code],
            Region::UnitedStates => WORLD.to_vec(),
            Region::Europe => {
                let europe = COUNTRIES.iter().filter(|country| country.region == Region::Europe);
                europe.map(|country| country.code).collect()
            }
        }
    }

    /// What `supported_payment_methods` lists.
    pub fn payment_methods(&self) -> &'static [&'static str] {
        match self.region {
            Region::UnitedStates => &["ach", "card", "stripe"],
            _ => &["card", "stripe"],
        }
    }

    /// The countries whose bank accounts in this country's currency can be paid out to.
    pub fn bank_countries(&self) -> Vec<&'static str> {
        let sharing = COUNTRIES.iter().filter(|other| {
            other.code == self.code || self.currency == "eur" && other.currency == "eur"
        });
        sharing.map(|country| country.code).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_sorted_and_their_currencies_are_supported() {
        assert!(COUNTRIES.is_sorted_by_key(|country| country.code));
        for country in COUNTRIES {
            assert!(crate::money::is_supported(country.currency), "{}", country.code);
            assert!(country.transfer_countries().contains(&country.code), "{}", country.code);
            assert!(country.bank_countries().contains(&country.code), "{}", country.code);
        }
    }

    #[test]
    fn a_country_is_found_in_any_case() {
        assert_eq!(find("us").map(|country| country.currency), Some("usd"));
        assert_eq!(find("FR").map(|country| country.currency), Some("eur"));
        assert!(find("XX").is_none());
    }
}

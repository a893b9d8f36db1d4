//! Which tax is due where: Stripe Tax, as far as it can be known without looking anything up.
//!
//! A sale is taxed at the standard rate of the buyer's country (in the United States: state; in
//! Canada: country) where the account has an active registration there, and not at all elsewhere.
//! A registration of the type `oss_union` is one for all of the European Union.
//!
//! Differs from Stripe: counties, cities and provinces take nothing of their own, reduced rates are
//! not known, and the rates are those of January 2026 whatever the date is. Taxes are computed
//! whether or not the settings of Stripe Tax are complete.
//!
//! Stripe's page: <https://docs.stripe.com/tax/supported-countries>.

use crate::flows;
use crate::flows::pricing::DETAILS;
use crate::map;
use crate::store::Tx;
use crate::value::{Map, Value};

/// Percentages by country.
#[rustfmt::skip]
static COUNTRIES: &[(&str, &str)] = &[
    ("AE", "5"), ("AT", "20"), ("AU", "10"), ("BE", "21"), ("BG", "20"), ("BH", "10"), ("CA", "5"),
    ("CH", "8.1"), ("CL", "19"), ("CY", "19"), ("CZ", "21"), ("DE", "19"), ("DK", "25"),
    ("EE", "24"), ("EG", "14"), ("ES", "21"), ("FI", "25.5"), ("FR", "20"), ("GB", "20"),
    ("GE", "18"), ("GR", "24"), ("HR", "25"), ("HU", "27"), ("ID", "11"), ("IE", "23"),
    ("IN", "18"), ("IS", "24"), ("IT", "22"), ("JP", "10"), ("KE", "16"), ("KR", "10"),
    ("KZ", "16"), ("LT", "21"), ("LU", "17"), ("LV", "21"), ("MT", "18"), ("MX", "16"),
    ("MY", "8"), ("NG", "7.5"), ("NL", "21"), ("NO", "25"), ("NZ", "15"), ("OM", "5"),
    ("PH", "12"), ("PL", "23"), ("PT", "23"), ("RO", "21"), ("RS", "20"), ("SA", "15"),
    ("SE", "25"), ("SG", "9"), ("SI", "22"), ("SK", "23"), ("TH", "7"), ("TR", "20"), ("TW", "5"),
    ("UA", "20"), ("VN", "10"), ("ZA", "15"),
];

/// Percentages by state of the United States.
#[rustfmt::skip]
static STATES: &[(&str, &str)] = &[
    ("AL", "4"), ("AR", "6.5"), ("AZ", "5.6"), ("CA", "7.25"), ("CO", "2.9"), ("CT", "6.35"),
    ("DC", "6"), ("FL", "6"), ("GA", "4"), ("HI", "4"), ("IA", "6"), ("ID", "6"), ("IL", "6.25"),
    ("IN", "7"), ("KS", "6.5"), ("KY", "6"), ("LA", "5"), ("MA", "6.25"), ("MD", "6"),
    ("ME", "5.5"), ("MI", "6"), ("MN", "6.875"), ("MO", "4.225"), ("MS", "7"), ("NC", "4.75"),
    ("ND", "5"), ("NE", "5.5"), ("NJ", "6.625"), ("NM", "4.875"), ("NV", "6.85"), ("NY", "4"),
    ("OH", "5.75"), ("OK", "4.5"), ("PA", "6"), ("RI", "7"), ("SC", "6"), ("SD", "4.2"),
    ("TN", "7"), ("TX", "6.25"), ("UT", "6.1"), ("VA", "5.3"), ("VT", "6"), ("WA", "6.5"),
    ("WI", "5"), ("WV", "6"), ("WY", "4"),
];

/// The members of the European Union.
const UNION: &str =
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK";

/// The tax of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taxed {
    pub country: String,
    /// The state, where it is the state that taxes.
    pub state: Option<String>,
    /// `0` where nothing is collected.
    pub percent: &'static str,
    pub tax_type: &'static str,
    pub name: &'static str,
    /// Why the percentage is what it is.
    pub reason: &'static str,
}

/// The address by which somebody is taxed: where things are sent to, else where they live.
pub fn address_of<'a>(sent: &'a Value, home: &'a Value) -> Option<&'a Map> {
    let sent = sent.as_map().and_then(|sent| sent.at("address").as_map());
    let mut known = [sent, home.as_map()].into_iter().flatten();
    known.find(|address| !address.str("country").is_empty())
}

/// Whether it is known where a customer is taxed.
pub fn is_located(customer: &Map) -> bool {
    address_of(customer.at("shipping"), customer.at("address")).is_some()
}

/// The tax at an address; nothing where the address does not say in which country it is.
pub fn at(tx: &Tx<'_>, address: &Map) -> Option<Taxed> {
    let country = address.at("country").as_str().filter(|country| !country.is_empty())?;
    let country = country.to_ascii_uppercase();
    let state = address.str("state").to_ascii_uppercase();
    let state = (country == "US" && !state.is_empty()).then_some(state);
    let rate = match &state {
        Some(state) => find(STATES, state),
        None => find(COUNTRIES, &country),
    };
    let (tax_type, name) = match country.as_str() {
        "US" => ("sales_tax", "Sales Tax"),
        "AU" | "CA" | "IN" | "NZ" | "SG" => ("gst", "GST"),
        "JP" => ("jct", "JCT"),
        _ => ("vat", "VAT"),
    };
    let collects = collects(tx, &country, state.as_deref());
    let (percent, reason) = match rate {
        Some(percent) if collects => (percent, "standard_rated"),
        None if collects => ("0", "not_subject_to_tax"),
        _ => ("0", "not_collecting"),
    };
    Some(Taxed { country, state, percent, tax_type, name, reason })
}

fn find(table: &'static [(&str, &str)], code: &str) -> Option<&'static str> {
    let place = table.binary_search_by(|(known, _)| (*known).cmp(code)).ok()?;
    table.get(place).map(|(_, percent)| *percent)
}

/// Whether the account is registered to collect tax there.
fn collects(tx: &Tx<'_>, country: &str, state: Option<&str>) -> bool {
    let in_union = UNION.split(' ').any(|member| member == country);
    tx.all("tax.registration").iter().any(|registration| {
        let own = registration.str("country").to_ascii_uppercase();
        let options = registration.at("country_options").as_map();
        let options = options.and_then(|all| all.at(&own.to_ascii_lowercase()).as_map());
        let is_active = registration.int("active_from") <= tx.now()
            && registration.at("expires_at").as_int().is_none_or(|at| tx.now() < at);
        let is_oss = options.is_some_and(|options| options.str("type") == "oss_union");
        let of_state = options.and_then(|options| options.at("state").as_str());
        let fits = own == country && (state.is_none() || of_state == state);
        is_active && (fits || is_oss && in_union)
    })
}

impl Taxed {
    /// Where it is that taxes, as breakdowns show it.
    pub fn jurisdiction(&self) -> Map {
        map! {
            "country": self.country.clone(),
            "display_name": self.state.clone().unwrap_or_else(|| self.country.clone()),
            "level": if self.state.is_some() { "state" } else { "country" },
            "state": self.state.clone(),
        }
    }

    /// The percentage with a digit after the point, as Stripe Tax writes it.
    pub fn percentage_decimal(&self) -> String {
        let percent = self.percent;
        if percent.contains('.') { percent.to_string() } else { format!("{percent}.0") }
    }

    /// The tax rate that invoices show for it, made when first asked for. Gives the rate's id.
    pub fn rate(&self, tx: &mut Tx<'_>, is_inclusive: bool) -> String {
        let state = self.state.as_deref().unwrap_or("");
        let key = format!("tax/{}/{state}/{}/{is_inclusive}", self.country, self.percent);
        if let Some(known) = tx.get(DETAILS, &key) {
            return known.str("tax_rate").to_string();
        }
        let percentage = match self.percent.parse::<i64>() {
            Ok(whole) => Value::Int(whole),
            Err(_) => Value::Decimal(self.percent.into()),
        };
        let mut rate = flows::fresh(tx, "tax_rate");
        for (name, value) in [
            ("active", Value::Bool(false)),
            ("country", self.country.clone().into()),
            ("display_name", self.name.into()),
            ("effective_percentage", percentage.clone()),
            ("inclusive", is_inclusive.into()),
            ("jurisdiction", self.jurisdiction().at("display_name").clone()),
            ("jurisdiction_level", self.jurisdiction().at("level").clone()),
            ("percentage", percentage),
            ("rate_type", "percentage".into()),
            ("state", self.state.clone().into()),
            ("tax_type", self.tax_type.into()),
        ] {
            rate.set(name, value);
        }
        let id = tx.save_quietly(rate).str("id").to_string();
        tx.save(map! { "id": key, "object": DETAILS, "tax_rate": id.clone() });
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_in_order() {
        assert!(COUNTRIES.is_sorted_by_key(|(code, _)| code));
        assert!(STATES.is_sorted_by_key(|(code, _)| code));
        assert_eq!((find(STATES, "TX"), find(COUNTRIES, "DE")), (Some("6.25"), Some("19")));
        assert!(UNION.split(' ').all(|member| find(COUNTRIES, member).is_some()));
    }
}

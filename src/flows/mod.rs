//! What several domains do: they call these, and these never call a domain.

pub mod application_fees;
pub mod cash;
pub mod charges;
pub mod charging;
pub mod checking_out;
pub mod crediting;
pub mod discounting;
pub mod disputing;
pub mod intents;
pub mod invoicing;
pub mod ledger;
pub mod metering;
pub mod payment_methods;
pub mod periods;
pub mod pricing;
pub mod proration;
pub mod refunding;
pub mod reviewing;
pub mod setting_up;
pub mod settings;
pub mod sharing;
pub mod sources;
pub mod subscribing;
pub mod taxing;
pub mod test_values;
pub mod totals;
pub mod transfers;

use crate::crud;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::Map;

/// A new object of a published type with its id and Stripe's defaults; not saved.
fn fresh(tx: &mut Tx<'_>, object: &str) -> Map {
    let kind = Object::find(object).unwrap_or_else(|| panic!("{object} is a published type"));
    crud::new(tx, kind, &Map::new())
}

//! The test cards that carry a connected account over a threshold, as if it had taken in much money
//! or let a deadline pass.
//!
//! Stripe's page: <https://docs.stripe.com/connect/testing#trigger-cards>. What it says: a card works
//! where the charge is made on the account or on its behalf; it does nothing to an account that has
//! not provided what enables it, or of which nothing more will be asked. That a blocking card makes
//! overdue what was only asked for later too, and that transfers go on, is inferred.
//!
//! Differs from Stripe: what becomes due has no `current_deadline`, as no page says how long there
//! is; the blocking cards stand for its passing.

use super::dossier::Dossier;
use crate::store::Tx;
use crate::value::{Map, Text, Value};

/// Makes due what will be asked of the account a charge was made on, or on whose behalf. A field of
/// the account (`charges_enabled`, `payouts_enabled`) turns false until all of that is handed in.
pub fn pull(tx: &mut Tx<'_>, charge: &Map, stopped: Option<&'static str>) {
    let id = match tx.is_connected() {
        true => tx.account().to_string(),
        false => charge.at("on_behalf_of").as_id().unwrap_or_default().to_string(),
    };
    let platform = tx.platform();
    let Some(account) = tx.get_in(&platform, "account", &id).cloned() else { return };
    let is_enabled = account.is_true("charges_enabled") || account.is_true("payouts_enabled");
    let points = account.path("requirements.eventually_due").as_list().unwrap_or_default();
    if !is_enabled || points.is_empty() {
        return;
    }
    let points = points.iter().filter_map(Value::as_str);
    let points: Map = points.map(|path| (Text::from(path.to_string()), true.into())).collect();
    let mut dossier = Dossier::of(tx, &id);
    dossier.hasten(points, stopped);
    dossier.save(tx);
    super::reassess(tx, &id);
}

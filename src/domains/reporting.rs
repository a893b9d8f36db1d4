//! Reporting: report types, and runs of them.
//!
//! Stripe's page: <https://docs.stripe.com/api/reporting/report_run>.
//!
//! Differs from Stripe: the list of types is short, and a run stays pending: no report is written.

use super::catalogue;
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("POST /v1/reporting/report_runs", run),
    ("GET /v1/reporting/report_types", list_types),
    ("GET /v1/reporting/report_types/{id}", retrieve_type),
];

/// Sorted by id: id and name.
const TYPES: &[(&str, &str)] = &[
    ("activity.summary.1", "Activity summary"),
    ("balance.summary.1", "Balance summary"),
    ("balance_change_from_activity.itemized.1", "Balance change from activity, itemized"),
    ("balance_change_from_activity.summary.1", "Balance change from activity, summary"),
    ("connected_account_balance_change_from_activity.itemized.1", "Connected accounts' activity"),
    ("ending_balance_reconciliation.itemized.1", "Ending balance reconciliation"),
    ("payout_reconciliation.itemized.5", "Payout reconciliation, itemized"),
    ("payout_reconciliation.summary.1", "Payout reconciliation, summary"),
    ("payouts.itemized.1", "Payouts, itemized"),
    ("payouts.summary.1", "Payouts, summary"),
];

fn report_type(tx: &Tx<'_>, (id, name): (&'static str, &'static str)) -> Map {
    const DAY: i64 = 24 * 3600;
    let today = tx.now() - tx.now().rem_euclid(DAY);
    let version = id.rsplit('.').next().and_then(|version| version.parse::<i64>().ok());
    map! {
        "id": id,
        "object": "reporting.report_type",
        "data_available_end": today,
        "data_available_start": today - 365 * DAY,
        "default_columns": Value::Null,
        "livemode": false,
        "name": name,
        "updated": today,
        "version": version.unwrap_or(1),
    }
}

fn list_types(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    catalogue::page(call, TYPES.iter().map(|row| report_type(tx, *row).into()).collect())
}

fn retrieve_type(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let found = TYPES.iter().find(|(id, _)| *id == call.id(0));
    catalogue::retrieve(call, found.map(|row| report_type(tx, *row)))
}

fn run(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let wanted = call.params.str("report_type");
    if !TYPES.iter().any(|(id, _)| *id == wanted) {
        return Err(Error::no_such_reference("reporting.report_type", wanted, "report_type"));
    }
    let run = crud::draft(tx, call)?;
    Ok(tx.save(run).into())
}

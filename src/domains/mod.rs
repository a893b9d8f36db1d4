//! One file a URL family: its routes, its events, its state machine. A family without a file is
//! plain create, retrieve, update, list, delete and search, and `crud` answers.

pub mod accounts;
pub mod apps;
pub mod billing;
pub mod billing_portal;
pub mod catalogue;
pub mod climate;
pub mod country_specs;
pub mod credit_notes;
pub mod ephemeral_keys;
pub mod events;
pub mod exchange_rates;
pub mod file_links;
pub mod files;
pub mod financial_connections;
pub mod forwarding;
pub mod issuing;
pub mod payment_records;
pub mod prices;
pub mod products;
pub mod quotes;
pub mod radar;
pub mod reporting;
pub mod subscription_schedules;
pub mod subscriptions;
pub mod tax;
pub mod tax_codes;
pub mod terminal;
pub mod treasury;
pub mod v2;
pub mod webhook_endpoints;

use crate::events::Rules;
use crate::route::Routes;
use crate::store::Tx;
use crate::store::schedule::Entry;
use crate::value::{Map, Value};

/// The handlers of the family a path belongs to.
pub fn routes(path: &str) -> Routes {
    if path.starts_with("/v2/") {
        return v2::routes(path);
    }
    let mut steps = path.split('/').skip(1);
    let _version = steps.next();
    match steps.next().unwrap_or("") {
        "account" | "accounts" => accounts::ROUTES,
        "account_links" => accounts::links::LINK_ROUTES,
        "account_sessions" => accounts::links::SESSION_ROUTES,
        "apps" => apps::ROUTES,
        "billing" => billing::ROUTES,
        "climate" => climate::ROUTES,
        "financial_connections" => financial_connections::ROUTES,
        "forwarding" => forwarding::ROUTES,
        "billing_portal" => billing_portal::ROUTES,
        "credit_notes" => credit_notes::ROUTES,
        "subscription_schedules" => subscription_schedules::ROUTES,
        "plans" | "prices" => prices::ROUTES,
        "products" => products::ROUTES,
        "quotes" => quotes::ROUTES,
        "subscription_items" | "subscriptions" => subscriptions::ROUTES,
        "payment_records" => payment_records::ROUTES,
        "radar" => radar::ROUTES,
        "reporting" => reporting::ROUTES,
        "country_specs" => country_specs::ROUTES,
        "ephemeral_keys" => ephemeral_keys::ROUTES,
        "events" => events::ROUTES,
        "exchange_rates" => exchange_rates::ROUTES,
        "file_links" => file_links::ROUTES,
        "files" => files::ROUTES,
        "issuing" => issuing::ROUTES,
        "treasury" => treasury::ROUTES,
        "tax" => tax::ROUTES,
        "tax_codes" => tax_codes::ROUTES,
        "terminal" => terminal::ROUTES,
        "test_helpers" => test_helpers(steps.next().unwrap_or("")),
        "webhook_endpoints" => webhook_endpoints::ROUTES,
        _ => &[],
    }
}

/// The handlers of a family under `/v1/test_helpers`.
fn test_helpers(family: &str) -> Routes {
    match family {
        "issuing" => issuing::TEST_HELPERS,
        "treasury" => treasury::TEST_HELPERS,
        "terminal" => terminal::TEST_HELPERS,
        _ => &[],
    }
}

/// The rules by which the events of an object type are read off its changes; none where the plain
/// ones hold.
pub fn events(object: &str) -> Rules {
    match object {
        "account" | accounts::OWN => accounts::EVENTS,
        accounts::external_accounts::KIND => accounts::external_accounts::EVENTS,
        _ => &[],
    }
}

/// What a field that is shown only on demand holds, where its domain says so.
pub fn on_demand(_tx: &Tx<'_>, _object: &Map, _field: &str) -> Option<Value> {
    None
}

/// Does what was scheduled.
pub fn run(tx: &mut Tx<'_>, entry: &Entry) {
    match entry.action.split('.').next().unwrap_or("") {
        "account" => accounts::run(tx, entry),
        _ => panic!("{} is an action some domain knows", entry.action),
    }
}

//! One file a URL family: its routes, its events, its state machine. A family without a file is
//! plain create, retrieve, update, list, delete and search, and `crud` answers.

pub mod accounts;
pub mod application_fees;
pub mod apps;
pub mod balance;
pub mod balance_settings;
pub mod balance_transactions;
pub mod billing;
pub mod billing_portal;
pub mod cash_balance;
pub mod catalogue;
pub mod charges;
pub mod checkout;
pub mod climate;
pub mod confirmation_tokens;
pub mod country_specs;
pub mod coupons;
pub mod credit_notes;
pub mod customers;
pub mod discounts;
pub mod disputes;
pub mod entitlements;
pub mod ephemeral_keys;
pub mod events;
pub mod exchange_rates;
pub mod file_links;
pub mod files;
pub mod financial_connections;
pub mod forwarding;
pub mod invoiceitems;
pub mod invoices;
pub mod issuing;
pub mod oauth;
pub mod payment_intents;
pub mod payment_links;
pub mod payment_method_configurations;
pub mod payment_methods;
pub mod payment_records;
pub mod payouts;
pub mod prices;
pub mod products;
pub mod promotion_codes;
pub mod quotes;
pub mod radar;
pub mod refunds;
pub mod reporting;
pub mod setup_intents;
pub mod subscription_schedules;
pub mod subscriptions;
pub mod tax;
pub mod tax_codes;
pub mod tax_ids;
pub mod terminal;
pub mod test_clocks;
pub mod tokens;
pub mod topups;
pub mod transfers;
pub mod treasury;
pub mod v2;
pub mod webhook_endpoints;

use crate::events::Rules;
use crate::route::Routes;
use crate::store::Tx;
use crate::store::schedule::Entry;
use crate::value::{Map, Value};
use crate::versions::Older;

/// The handlers of the family a path belongs to.
pub fn routes(path: &str) -> Routes {
    if path.starts_with("/v2/") {
        return v2::routes(path);
    }
    if path.starts_with("/oauth/") {
        return oauth::ROUTES;
    }
    let mut steps = path.split('/').skip(1);
    let _version = steps.next();
    match steps.next().unwrap_or("") {
        "account" | "accounts" => accounts::ROUTES,
        "account_links" => accounts::links::LINK_ROUTES,
        "account_sessions" => accounts::links::SESSION_ROUTES,
        "application_fees" => application_fees::ROUTES,
        "apps" => apps::ROUTES,
        "balance" => balance::ROUTES,
        "balance_settings" => balance_settings::ROUTES,
        "balance_transactions" => balance_transactions::ROUTES,
        "billing" => billing::ROUTES,
        "billing_portal" => billing_portal::ROUTES,
        "charges" => charges::ROUTES,
        "checkout" => checkout::ROUTES,
        "climate" => climate::ROUTES,
        "country_specs" => country_specs::ROUTES,
        "coupons" => coupons::ROUTES,
        "credit_notes" => credit_notes::ROUTES,
        "customers" if path.ends_with("/cash_balance") => cash_balance::ROUTES,
        "customers" if path.ends_with("/funding_instructions") => cash_balance::ROUTES,
        "customers" if path.ends_with("/tax_ids") => tax_ids::ROUTES,
        "customers" if path.ends_with("/discount") => discounts::ROUTES,
        "customers" => customers::ROUTES,
        "disputes" => disputes::ROUTES,
        "entitlements" => entitlements::ROUTES,
        "ephemeral_keys" => ephemeral_keys::ROUTES,
        "events" => events::ROUTES,
        "exchange_rates" => exchange_rates::ROUTES,
        "file_links" => file_links::ROUTES,
        "files" => files::ROUTES,
        "financial_connections" => financial_connections::ROUTES,
        "forwarding" => forwarding::ROUTES,
        "issuing" => issuing::ROUTES,
        "payment_intents" => payment_intents::ROUTES,
        "payment_links" => payment_links::ROUTES,
        "payment_method_configurations" => payment_method_configurations::ROUTES,
        "payment_methods" => payment_methods::ROUTES,
        "payment_records" => payment_records::ROUTES,
        "payouts" => payouts::ROUTES,
        "plans" | "prices" => prices::ROUTES,
        "products" if path.contains("/features") => entitlements::PRODUCT_ROUTES,
        "products" => products::ROUTES,
        "invoiceitems" => invoiceitems::ROUTES,
        "invoices" => invoices::ROUTES,
        "promotion_codes" => promotion_codes::ROUTES,
        "quotes" => quotes::ROUTES,
        "radar" => radar::ROUTES,
        "refunds" => refunds::ROUTES,
        "reporting" => reporting::ROUTES,
        "setup_intents" => setup_intents::ROUTES,
        "subscriptions" if path.ends_with("/discount") => discounts::ROUTES,
        "subscription_items" | "subscriptions" => subscriptions::ROUTES,
        "subscription_schedules" => subscription_schedules::ROUTES,
        "tax" => tax::ROUTES,
        "tax_codes" => tax_codes::ROUTES,
        "tax_ids" => tax_ids::ROUTES,
        "terminal" => terminal::ROUTES,
        "test_helpers" => test_helpers(steps.next().unwrap_or("")),
        "tokens" => tokens::ROUTES,
        "topups" => topups::ROUTES,
        "transfers" => transfers::ROUTES,
        "treasury" => treasury::ROUTES,
        "webhook_endpoints" => webhook_endpoints::ROUTES,
        _ => &[],
    }
}

/// The handlers of a family under `/v1/test_helpers`.
fn test_helpers(family: &str) -> Routes {
    match family {
        "confirmation_tokens" => confirmation_tokens::TEST_HELPERS,
        "customers" => cash_balance::TEST_HELPERS,
        "issuing" => issuing::TEST_HELPERS,
        "treasury" => treasury::TEST_HELPERS,
        "terminal" => terminal::TEST_HELPERS,
        "test_clocks" => test_clocks::ROUTES,
        _ => &[],
    }
}

/// The rules by which the events of an object type are read off its changes; none where the plain
/// ones hold.
pub fn events(object: &str) -> Rules {
    match object {
        "account" | accounts::OWN => accounts::EVENTS,
        accounts::external_accounts::KIND => accounts::external_accounts::EVENTS,
        "charge" => charges::EVENTS,
        checkout::SESSION => checkout::EVENTS,
        "credit_note" => credit_notes::EVENTS,
        "dispute" => disputes::EVENTS,
        "invoice" => invoices::EVENTS,
        "test_helpers.test_clock" => test_clocks::EVENTS,
        "payment_intent" => payment_intents::EVENTS,
        "payment_method" => payment_methods::EVENTS,
        "quote" => quotes::EVENTS,
        "refund" => refunds::EVENTS,
        "review" => radar::REVIEW_EVENTS,
        "setup_intent" => setup_intents::EVENTS,
        "application_fee" => application_fees::EVENTS,
        "fee_refund" => application_fees::REFUND_EVENTS,
        "payout" => payouts::EVENTS,
        "subscription" => subscriptions::EVENTS,
        "terminal.reader" => terminal::EVENTS,
        "subscription_schedule" => subscription_schedules::EVENTS,
        "transfer" => transfers::EVENTS,
        v2::accounts::KIND => v2::accounts::EVENTS,
        _ => &[],
    }
}

/// How an object type looked in older versions.
pub fn older(object: &str) -> Older {
    match object {
        "billing.alert" => billing::OLDER_ALERTS,
        "charge" => charges::OLDER,
        checkout::SESSION => checkout::OLDER,
        "customer" => customers::OLDER,
        "payment_intent" => payment_intents::OLDER,
        "credit_note" => credit_notes::OLDER,
        "credit_note_line_item" => credit_notes::OLDER_LINES,
        "discount" => discounts::OLDER,
        "invoice" => invoices::OLDER,
        "invoiceitem" => invoiceitems::OLDER,
        "line_item" => invoices::OLDER_LINES,
        "plan" => prices::OLDER,
        "price" => prices::OLDER_PRICES,
        "product" => products::OLDER,
        "promotion_code" => promotion_codes::OLDER,
        "subscription" => subscriptions::OLDER,
        "subscription_schedule" => subscription_schedules::OLDER,
        _ => &[],
    }
}

/// What a field that is shown only on demand holds, where its domain says so.
pub fn on_demand(tx: &Tx<'_>, object: &Map, field: &str) -> Option<Value> {
    match object.str("object") {
        "charge" => charges::on_demand(tx, object, field),
        checkout::SESSION => checkout::on_demand(tx, object, field),
        "customer" => customers::on_demand(tx, object, field),
        "coupon" | "plan" | "price" => prices::on_demand(tx, object, field),
        "invoice" => invoices::on_demand(tx, object, field),
        payment_links::LINK => payment_links::on_demand(tx, object, field),
        "promotion_code" => prices::on_demand(tx, object, field),
        "quote" => quotes::on_demand(tx, object, field),
        _ => None,
    }
}

/// Does what was scheduled.
pub fn run(tx: &mut Tx<'_>, entry: &Entry) {
    let (action, id) = (entry.action, entry.id.as_ref());
    match action.split('.').next().unwrap_or("") {
        "account" => accounts::run(tx, entry),
        "balance" => balance::run(tx, action),
        "balance_transaction" => balance_transactions::run(tx, action, id),
        "billing" => billing::run(tx, id),
        "charge" => charges::run(tx, action, id),
        "checkout" => checkout::run(tx, action, id),
        "coupon" => coupons::run(tx, id),
        "discount" => crate::flows::discounting::run(tx, id),
        "dispute" => disputes::run(tx, action, id),
        "invoice" => invoices::run(tx, id),
        "subscription" => crate::flows::subscribing::run(tx, action, id),
        "subscription_schedule" => subscription_schedules::run(tx, action, id),
        "promotion_code" => promotion_codes::run(tx, id),
        "payment_intent" => payment_intents::run(tx, action, id),
        "quote" => quotes::run(tx, id),
        "refund" => refunds::run(tx, action, id),
        "setup_intent" => setup_intents::run(tx, action, id),
        "payout" => payouts::run(tx, entry),
        "test_clock" => test_clocks::run(tx, action, id),
        "tax_id" => tax_ids::run(tx, id),
        "topup" => topups::run(tx, entry),
        _ => panic!("{action} is an action some domain knows"),
    }
}

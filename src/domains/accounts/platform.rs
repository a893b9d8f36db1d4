//! The platform's own account: see "The account behind a partition" in the design.

use super::{apply, external_accounts, get, kind, save};
use crate::crud;
use crate::errors::Outcome;
use crate::flows::ledger;
use crate::map;
use crate::store::Tx;
use crate::value::{Map, Text, Value};
use std::rc::Rc;

pub use crate::store::OWN_ACCOUNT as OWN;

/// What a complete American account may do.
const CAPABILITIES: &[&str] = &[
    "acss_debit_payments",
    "affirm_payments",
    "afterpay_clearpay_payments",
    "bancontact_payments",
    "card_issuing",
    "card_payments",
    "cashapp_payments",
    "eps_payments",
    "klarna_payments",
    "link_payments",
    "sepa_debit_payments",
    "transfers",
    "treasury",
    "us_bank_account_ach_payments",
    "us_bank_transfer_payments",
];

/// Makes the platform's own account, with a bank account to pay out to.
pub fn found(tx: &mut Tx<'_>) {
    let mut account = crud::new(tx, kind(), &Map::new());
    let id = tx.platform();
    account.set("id", id.clone());
    account.set("business_type", "company");
    account.set("email", "platform@example.com");
    for (name, value) in enabled() {
        account.set(name, value);
    }
    let mut controller = Map::new();
    controller.set("type", "account");
    account.set("controller", controller);
    let profile = account.map_mut("business_profile");
    profile.set("name", "Fakestripe");
    profile.set("mcc", "5734");
    profile.set("url", "https://example.com");
    let settings = account.map_mut("settings");
    settings.map_mut("dashboard").set("display_name", "Fakestripe");
    settings.map_mut("payments").set("statement_descriptor", "FAKESTRIPE");
    settings.map_mut("card_payments").set("statement_descriptor_prefix", "FAKESTRIPE");
    tx.save_as(Text::from(OWN), account);
    let bank = map! {
        "account_number": "000123456789",
        "country": "US",
        "currency": "usd",
        "routing_number": "110000000",
    };
    let bank = external_accounts::build(tx, &id, &Value::from(bank), "external_account");
    if let Ok(bank) = bank {
        external_accounts::add(tx, &id, bank, true);
        super::reassess(tx, &id);
    }
}

/// Fields of an account that may do everything.
pub fn enabled() -> Map {
    let active = CAPABILITIES.iter().map(|name| (Text::from(*name), Value::from("active")));
    map! {
        "capabilities": active.collect::<Map>(),
        "charges_enabled": true,
        "details_submitted": true,
        "payouts_enabled": true,
        "requirements": super::requirements::none_open(),
    }
}

/// Lays fields over the platform's own account.
pub fn change_own(tx: &mut Tx<'_>, fields: &Map) -> Outcome<Rc<Map>> {
    let own = get(tx, &tx.platform()).expect("a partition has an account");
    let mut account = Map::clone(&own);
    if let Some(schedule) = fields.path("settings.payouts.schedule").as_map() {
        let own = account.map_mut("settings").map_mut("payouts").map_mut("schedule");
        super::changes::reschedule(own, schedule);
    }
    apply(tx, &mut account, fields)?;
    let saved = save(tx, account);
    let platform = tx.platform();
    tx.in_account(&platform, ledger::replan);
    Ok(saved)
}

/// The id of the platform as an application that accounts are connected to.
pub fn application(tx: &Tx<'_>) -> String {
    let platform = tx.platform();
    let body = platform.strip_prefix("acct_").unwrap_or(&platform);
    let mirrored: String = body.chars().rev().collect();
    format!("ca_{body}{mirrored}")
}

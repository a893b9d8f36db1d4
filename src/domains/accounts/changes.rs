//! Opening an account and changing it: what each parameter of `POST /v1/accounts` and
//! `POST /v1/accounts/{id}` does.

use super::dossier::Dossier;
use super::{apply, external_accounts, kind, persons, plain, platform, settle, test_values};
use crate::call::Origin;
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::ledger;
use crate::map;
use crate::resources::countries;
use crate::schema::{Field, Kind};
use crate::store::Tx;
use crate::value::{Map, Text, Value};

/// Parameters that are no fields of the account, or fields with another content.
const SPECIAL: &[&str] = &[
    "account_token",
    "bank_account",
    "capabilities",
    "company",
    "controller",
    "country",
    "documents",
    "expand",
    "external_account",
    "external_accounts",
    "individual",
    "requested_capabilities",
    "settings",
    "type",
];

/// Fields that only Stripe sets, and the library.
const PINNABLE: &[&str] = &[
    "capabilities",
    "charges_enabled",
    "details_submitted",
    "future_requirements",
    "payouts_enabled",
    "requirements",
];

/// A new account with what it is: its country, who runs it. Not saved.
pub fn open(tx: &mut Tx<'_>, params: &Map) -> Outcome<Map> {
    if params.contains("type") && params.contains("controller") {
        return Err(Error::mutually_exclusive(&["type", "controller"]));
    }
    let mut account = crud::new(tx, kind(), params);
    let country = match params.str("country") {
        "" => super::get(tx, &tx.platform())
            .map_or_else(|| "US".to_string(), |own| own.str("country").to_string()),
        country => country.to_string(),
    };
    if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Err(Error::country_unknown(&country));
    }
    let currency = countries::find(&country).map_or("usd", |row| row.currency);
    account.set("created", tx.now());
    account.set("country", country);
    account.set("default_currency", currency);
    let (shown_type, controller) = controller_of(params);
    let collects = controller.path("losses.payments").as_str() == Some("application");
    account.set("type", shown_type);
    account.set("controller", controller);
    let payouts = account.map_mut("settings").map_mut("payouts");
    payouts.set("debit_negative_balances", !collects);
    lay(tx, &mut account, params)?;
    Ok(account)
}

/// The type an account shows, and who runs it.
fn controller_of(params: &Map) -> (&'static str, Map) {
    let (shown, payer, losses, collects, dashboard) = match params.str("type") {
        "express" => ("express", "application_express", "application", "stripe", "express"),
        "custom" => ("custom", "application_custom", "application", "application", "none"),
        _ => ("standard", "account", "stripe", "stripe", "full"),
    };
    let given = |path: &str| {
        let controller = params.at("controller").as_map();
        controller.and_then(|controller| controller.path(path).as_str()).map(str::to_string)
    };
    let chosen = |path: &str, default: &str| given(path).unwrap_or_else(|| default.to_string());
    let controller = map! {
        "fees": map! { "payer": chosen("fees.payer", payer) },
        "is_controller": true,
        "losses": map! { "payments": chosen("losses.payments", losses) },
        "requirement_collection": chosen("requirement_collection", collects),
        "stripe_dashboard": map! { "type": chosen("stripe_dashboard.type", dashboard) },
        "type": "application",
    };
    (if params.contains("controller") { "none" } else { shown }, controller)
}

/// Lays parameters over an account that concern itself alone.
pub fn lay(tx: &mut Tx<'_>, account: &mut Map, params: &Map) -> Outcome<()> {
    let mut rest = plain(params, SPECIAL);
    PINNABLE.iter().for_each(|name| {
        rest.remove(name);
    });
    apply(tx, account, &rest)?;
    if let Some(currency) = params.at("default_currency").as_str() {
        account.set("default_currency", currency.to_ascii_lowercase());
    }
    if let Some(settings) = params.at("settings").as_map() {
        lay_settings(tx, account, settings)?;
    }
    name_the_descriptors(account);
    let given = params.at("company").as_map();
    if given.is_some() || !account.at("business_type").is_null() {
        let is_new = !account.contains("company");
        if is_new {
            let country = account.at("country").clone();
            let mut company = blank_company(country);
            if persons::is_abroad(account) {
                for name in ["name_kana", "name_kanji", "ownership_declaration"] {
                    company.set(name, Value::Null);
                }
                company.set("vat_id_provided", false);
            }
            account.set("company", company);
        }
    }
    if let Some(given) = given {
        lay_company(tx, account, given)?;
    }
    Ok(())
}

fn lay_settings(tx: &mut Tx<'_>, account: &mut Map, given: &Map) -> Outcome<()> {
    let mut given = given.clone();
    let payouts = given.get_mut("payouts").and_then(Value::as_map_mut);
    let schedule = payouts.and_then(|payouts| payouts.get_mut("schedule"));
    let schedule = schedule.and_then(Value::as_map_mut);
    if let Some(schedule) = &schedule {
        let own = account.map_mut("settings").map_mut("payouts").map_mut("schedule");
        reschedule(own, schedule);
    }
    if let Some(schedule) = schedule
        && schedule.at("delay_days").as_str() == Some("minimum")
    {
        schedule.set("delay_days", 2);
    }
    let settings = map! { "settings": given };
    apply(tx, account, &settings)
}

/// The ways to say on which days an account is paid out: the interval, how one day is named and how
/// several are, and the day where none is.
const ANCHORS: &[(&str, &str, &str, Value)] = &[
    ("weekly", "weekly_anchor", "weekly_payout_days", Value::Str(Text::Borrowed("monday"))),
    ("monthly", "monthly_anchor", "monthly_payout_days", Value::Int(1)),
];

/// Makes way for another schedule of payouts: a schedule shows the days of its own interval, named in
/// one way.
pub fn reschedule(schedule: &mut Map, given: &Map) {
    let interval = given.at("interval").as_str().unwrap_or(schedule.str("interval")).to_string();
    for (kind, one, several, default) in ANCHORS {
        if interval != *kind || given.contains(one) || given.contains(several) {
            schedule.remove(one);
            schedule.remove(several);
        }
        let is_named = schedule.contains(one) || schedule.contains(several);
        if interval == *kind && !is_named && !given.contains(one) && !given.contains(several) {
            schedule.set(*one, default.clone());
        }
    }
}

/// Statement descriptors and the name on the dashboard come from the business's name, else its URL.
fn name_the_descriptors(account: &mut Map) {
    let profile = |name: &str| {
        account.path(&format!("business_profile.{name}")).as_str().unwrap_or("").to_string()
    };
    let (name, url) = (profile("name"), profile("url"));
    let host = url.trim_start_matches("https://").trim_start_matches("http://");
    let host = host.split('/').next().unwrap_or("").trim_start_matches("www.");
    let named = if name.is_empty() { host } else { &name };
    if named.is_empty() {
        return;
    }
    let descriptor: String = named.to_ascii_uppercase().chars().take(22).collect();
    let prefix: String = descriptor.chars().take(10).collect();
    let display = match name.is_empty() {
        true => host.rsplit_once('.').map_or(host, |(name, _)| name).to_string(),
        false => name.clone(),
    };
    let settings = account.map_mut("settings");
    let put = |settings: &mut Map, group: &'static str, field: &'static str, value: &str| {
        let group = settings.map_mut(group);
        if group.at(field).is_null() {
            group.set(field, value.to_string());
        }
    };
    put(settings, "payments", "statement_descriptor", &descriptor);
    put(settings, "card_payments", "statement_descriptor_prefix", prefix.trim_end());
    put(settings, "dashboard", "display_name", &display);
}

/// A company of which nothing is known but the country.
fn blank_company(country: Value) -> Map {
    map! {
        "address": map! {
            "city": Value::Null,
            "country": country,
            "line1": Value::Null,
            "line2": Value::Null,
            "postal_code": Value::Null,
            "state": Value::Null,
        },
        "directors_provided": false,
        "executives_provided": false,
        "name": Value::Null,
        "owners_provided": false,
        "tax_id_provided": false,
        "verification": map! {
            "document": map! {
                "back": Value::Null,
                "details": Value::Null,
                "details_code": Value::Null,
                "front": Value::Null,
            },
        },
    }
}

fn lay_company(tx: &mut Tx<'_>, account: &mut Map, given: &Map) -> Outcome<()> {
    let Some(Field { kind: Kind::Object(shape), .. }) = kind().shape().field("company") else {
        return Ok(());
    };
    let mut rest = plain(given, &["verification", "tax_id", "vat_id", "registration_number"]);
    rest.remove("ownership_declaration_shown_and_signed");
    let id = account.str("id").to_string();
    let mut company = account.at("company").as_map().cloned().unwrap_or_default();
    crud::apply(tx, shape, &mut company, &rest, "company")?;
    for (param, shown) in [
        ("tax_id", "tax_id_provided"),
        ("vat_id", "vat_id_provided"),
        ("registration_number", "registration_number_provided"),
    ] {
        if let Some(number) = given.at(param).as_str() {
            company.set(shown, !number.is_empty());
        }
    }
    for side in ["front", "back"] {
        let path = format!("verification.document.{side}");
        if let Some(file) = given.path(&path).as_str() {
            let file = persons::document_file(tx, &id, file)?;
            let document = company.map_mut("verification").map_mut("document");
            document.set(side, file);
        }
    }
    account.set("company", company);
    Ok(())
}

/// Like [`make_of`], of an account that is stored.
pub fn make(tx: &mut Tx<'_>, id: &str, params: &Map, origin: Origin) -> Outcome<()> {
    let account = super::get(tx, id).expect("the account was just made");
    make_of(tx, Map::clone(&account), params, origin)
}

/// Makes what an account has around it from parameters (persons, external accounts, capabilities),
/// draws the conclusions and saves the account.
pub fn make_of(tx: &mut Tx<'_>, mut account: Map, params: &Map, origin: Origin) -> Outcome<()> {
    let id = account.str("id").to_string();
    let mut dossier = Dossier::of(tx, &id);
    note_capabilities(tx, &mut dossier, params);
    note_numbers(&mut dossier, params);
    if origin == Origin::Library {
        pin(&mut dossier, params);
    }
    let person = match params.at("individual").as_map() {
        Some(given) => Some(individual(tx, &id, given, &mut dossier)?),
        None => None,
    };
    for param in ["external_account", "bank_account"] {
        let given = params.at(param);
        if !given.is_null() && !given.is_empty_string() {
            let external = external_accounts::build(tx, &id, given, param)?;
            external_accounts::replace(tx, &id, external);
        }
    }
    settle::settle(tx, &mut account, &mut dossier, person);
    dossier.save(tx);
    let is_rescheduled = params.path("settings.payouts.schedule").as_map().is_some();
    let platform = tx.platform();
    let is_changed = super::get(tx, &id).is_none_or(|before| *before != account);
    if is_changed {
        tx.in_account(&platform, |tx| tx.save(account));
        super::accounts_of_v2::follow(tx, &id);
    }
    if is_rescheduled {
        tx.in_account(&id, ledger::replan);
    }
    Ok(())
}

/// The one person behind an account, new or changed.
fn individual(tx: &mut Tx<'_>, account: &str, given: &Map, dossier: &mut Dossier) -> Outcome<Map> {
    let Some(person) = persons::all(tx, account).into_iter().next() else {
        let mut person = persons::make(tx, account, given, dossier, "individual")?;
        person.map_mut("relationship").set("representative", true);
        return Ok(person);
    };
    let mut person = Map::clone(&person);
    persons::change(tx, &mut person, given, dossier, "individual")?;
    Ok(person)
}

fn note_capabilities(tx: &Tx<'_>, dossier: &mut Dossier, params: &Map) {
    let now = tx.now();
    for (name, value) in params.at("capabilities").as_map().iter().flat_map(|map| map.iter()) {
        if let Some(wanted) = value.as_map().and_then(|value| value.at("requested").as_bool()) {
            dossier.request(name, wanted, now);
        }
    }
    // The parameter of versions before 2020.
    for name in params.at("requested_capabilities").as_list().unwrap_or(&[]) {
        if let Some(name) = name.as_str() {
            dossier.request(name, true, now);
        }
    }
}

fn note_numbers(dossier: &mut Dossier, params: &Map) {
    if let Some(company) = params.at("company").as_map() {
        for name in ["tax_id", "vat_id"] {
            if let Some(number) = company.at(name).as_str() {
                dossier.set_company(name, number);
            }
        }
    }
    let documents = params.at("documents").as_map();
    for (name, document) in documents.iter().flat_map(|map| map.iter()) {
        let files = document.as_map().map(|document| document.at("files"));
        let file = files.and_then(Value::as_list).and_then(|files| files.first());
        if let Some(file) = file.and_then(Value::as_str) {
            let outcome = test_values::document_outcome(file).unwrap_or("success");
            dossier.add_document(name, outcome);
        }
    }
}

/// Keeps what the library says of fields that are otherwise concluded.
fn pin(dossier: &mut Dossier, params: &Map) {
    for name in PINNABLE {
        let Some(value) = params.get(name) else { continue };
        match (*name, value) {
            ("capabilities", Value::Map(given)) => {
                let statuses = given.iter().filter(|(_, status)| status.as_str().is_some());
                let statuses: Map =
                    statuses.map(|(name, status)| (name.clone(), status.clone())).collect();
                if !statuses.is_empty() {
                    dossier.pin(name, statuses.into());
                }
            }
            _ => dossier.pin(name, value.clone()),
        }
    }
}

/// Opens a standard account that somebody connects through OAuth: complete, with everything
/// enabled. `user` is what the platform already knew of them.
pub fn connect(tx: &mut Tx<'_>, user: &Map) -> Outcome<Text> {
    let mut params = map! { "type": "standard" };
    for name in ["business_type", "country", "email"] {
        if let Some(value) = user.get(name) {
            params.set(name, value.clone());
        }
    }
    let profile = map! {
        "name": user.at("business_name").clone(),
        "url": user.at("url").clone(),
    };
    params.set("business_profile", profile);
    let account = open(tx, &params)?;
    let id = Text::from(account.str("id").to_string());
    super::save(tx, account);
    let enabled = platform::enabled();
    make(tx, &id, &enabled, Origin::Library)?;
    super::tell_application(tx, &id, "account.application.authorized");
    Ok(id)
}

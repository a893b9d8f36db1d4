//! Accounts of v2: `/v2/core/accounts`, another view of the accounts of v1.
//!
//! Stripe's page: <https://docs.stripe.com/api/v2/core/accounts>. What an account may do and what it
//! still owes is worked out once, for v1 (see [`crate::domains::accounts`]); what is sent to v2 is
//! handed on under v1's names, and the conclusions are written back.
//!
//! Differs from Stripe: the persons of v2 are not those of v1.

use crate::call::{Body, Call, Origin};
use crate::crud;
use crate::domains::accounts::{self, changes};
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::map;
use crate::order;
use crate::schema::Object;
use crate::store::Tx;
use crate::time;
use crate::value::{Map, Value};
use std::rc::Rc;

pub const KIND: &str = "v2.core.account";

pub static EVENTS: Rules = &[
    ("v2.core.account.created", When::Created),
    ("v2.core.account.closed", When::Raised("closed")),
    (
        "v2.core.account.updated",
        When::AnyChanged(&[
            "contact_email",
            "contact_phone",
            "dashboard",
            "display_name",
            "metadata",
        ]),
    ),
    (
        "v2.core.account[configuration.customer].capability_status_updated",
        When::Changed("configuration.customer.capabilities"),
    ),
    (
        "v2.core.account[configuration.merchant].capability_status_updated",
        When::Changed("configuration.merchant.capabilities"),
    ),
    (
        "v2.core.account[configuration.recipient].capability_status_updated",
        When::Changed("configuration.recipient.capabilities"),
    ),
    ("v2.core.account[defaults].updated", When::Changed("defaults")),
    ("v2.core.account[identity].updated", When::Changed("identity")),
    ("v2.core.account[requirements].updated", When::Changed("requirements")),
];

/// The same fact in v2 and in v1.
static PATHS: &[(&str, &str)] = &[
    ("configuration.merchant.mcc", "business_profile.mcc"),
    (
        "configuration.merchant.statement_descriptor.descriptor",
        "settings.payments.statement_descriptor",
    ),
    (
        "configuration.merchant.statement_descriptor.prefix",
        "settings.card_payments.statement_descriptor_prefix",
    ),
    ("configuration.merchant.support.email", "business_profile.support_email"),
    ("configuration.merchant.support.phone", "business_profile.support_phone"),
    ("configuration.merchant.support.url", "business_profile.support_url"),
    ("contact_email", "email"),
    ("defaults.currency", "default_currency"),
    ("defaults.profile.business_url", "business_profile.url"),
    ("defaults.profile.doing_business_as", "business_profile.name"),
    ("defaults.profile.product_description", "business_profile.product_description"),
    ("identity.business_details.address", "company.address"),
    (
        "identity.business_details.documents.primary_verification.front_back.front",
        "company.verification.document.front",
    ),
    ("identity.business_details.phone", "company.phone"),
    ("identity.business_details.registered_name", "company.name"),
    ("identity.entity_type", "business_type"),
    ("identity.individual.address", "individual.address"),
    ("identity.individual.date_of_birth", "individual.dob"),
    (
        "identity.individual.documents.primary_verification.front_back.front",
        "individual.verification.document.front",
    ),
    ("identity.individual.email", "individual.email"),
    ("identity.individual.given_name", "individual.first_name"),
    ("identity.individual.phone", "individual.phone"),
    ("identity.individual.surname", "individual.last_name"),
    ("identity.attestations.terms_of_service.account.ip", "tos_acceptance.ip"),
    ("identity.attestations.terms_of_service.account.user_agent", "tos_acceptance.user_agent"),
    ("metadata", "metadata"),
];

/// The same capability in v2 and in v1, where the names differ.
const ACH: (&str, &str) = ("ach_debit_payments", "us_bank_account_ach_payments");

/// What is shown only to those who ask for it with `include`.
const INCLUDABLE: &[&str] =
    &["configuration", "defaults", "future_requirements", "identity", "requirements"];

/// Closed accounts are shown only when asked for.
pub fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let wants_closed = call.params.is_true("closed");
    let mut rest = call.clone();
    rest.params.remove("closed");
    let mut body =
        crud::list_where(tx, &rest, |account| account.is_true("closed") == wants_closed)?;
    if let Body::Json(Value::Map(list)) = &mut body
        && let Some(Value::List(rows)) = Rc::make_mut(list).get_mut("data")
    {
        for row in rows {
            let shown = row.as_map().map(|account| conceal(account.clone(), call));
            *row = shown.into();
        }
    }
    Ok(body)
}

pub fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = unwrap(tx, &call.params)?;
    let mut account = crud::draft_kind(tx, crud::kind(call), &plain(&params))?;
    configure(&mut account, &params);
    let id = account.str("id").to_string();
    let mut given = in_v1(&params);
    given.set("id", id.clone());
    given.set("controller", controller(&account));
    let first = changes::open(tx, &given)?;
    let platform = tx.platform();
    tx.in_account(&platform, |tx| tx.save(first));
    changes::make(tx, &id, &given, Origin::Wire)?;
    conclude(tx, &mut account);
    Ok(shown(&tx.save(account), call))
}

pub fn retrieve(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    Ok(shown(&load(tx, call)?, call))
}

pub fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut account = load(tx, call)?;
    let shape = crud::kind(call).shape();
    let params = unwrap(tx, &call.params)?;
    crud::apply(tx, shape, &mut account, &plain(&params), "")?;
    configure(&mut account, &params);
    if let Some(first) = accounts::get(tx, account.str("id")) {
        let mut first = Map::clone(&first);
        let given = in_v1(&params);
        changes::lay(tx, &mut first, &given)?;
        changes::make_of(tx, first, &given, Origin::Wire)?;
    }
    conclude(tx, &mut account);
    Ok(shown(&tx.save(account), call))
}

/// Closes an account: nothing can be changed any more. v1 then knows it as rejected.
pub fn close(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut account = load(tx, call)?;
    account.set("closed", true);
    accounts::reject_for(tx, account.str("id"), "rejected.other");
    conclude(tx, &mut account);
    Ok(shown(&tx.save(account), call))
}

/// The type under which is kept what tokens stand for, which no answer shows.
const CONTENTS: &str = "fakestripe.v2_token";

/// Details of an account that can be given once, under the token's name.
pub fn create_token(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let token = crud::draft(tx, call)?;
    let contents = map! { "id": token.at("id").clone(), "given": call.params.clone() };
    tx.save_as(CONTENTS.into(), contents);
    Ok(tx.save(token).into())
}

/// The parameters of a request with what the token stands for that it names, which is then used.
fn unwrap(tx: &mut Tx<'_>, params: &Map) -> Outcome<Map> {
    let mut params = params.clone();
    let Some(token) = params.remove("account_token") else { return Ok(params) };
    let id = token.as_id().unwrap_or("").to_string();
    let (contents, token) = (tx.load(CONTENTS, &id), tx.load("v2.core.account_token", &id));
    let Some((contents, mut token)) = contents.zip(token) else {
        return Err(Error::no_such_reference("account token", &id, "account_token"));
    };
    if token.is_true("used") {
        return Err(Error::token_already_used(&id));
    }
    token.set("used", true);
    tx.save(token);
    for (name, value) in contents.at("given").as_map().iter().flat_map(|map| map.iter()) {
        params.push(name.clone(), value.clone());
    }
    let accepted = "identity.attestations.terms_of_service.account";
    if params.path(accepted).as_map().is_some_and(|it| it.is_true("shown_and_accepted")) {
        let date = crud::now(tx, true);
        let acceptance = map! { "date": date, "ip": "127.0.0.1" };
        put(&mut params, accepted, acceptance.into());
    }
    Ok(params)
}

/// Brings the view of v2 in line with what has just become of an account of v1.
pub fn follow(tx: &mut Tx<'_>, id: &str) {
    let platform = tx.platform();
    tx.in_account(&platform, |tx| {
        let Some(before) = tx.get(KIND, id).cloned() else { return };
        let mut account = Map::clone(&before);
        conclude(tx, &mut account);
        if account != *before {
            tx.save(account);
        }
    });
}

/// The account of the path; one made with v1 is read through v2 as well.
fn load(tx: &mut Tx<'_>, call: &Call) -> Outcome<Map> {
    let id = call.id(0);
    let platform = tx.platform();
    match tx.get_in(&platform, "account", id).cloned() {
        Some(first) if !tx.exists(KIND, id) => Ok(view(tx, &first)),
        _ => crud::load(tx, call),
    }
}

/// An account of v1 as v2 shows it. Not saved.
fn view(tx: &mut Tx<'_>, first: &Map) -> Map {
    let kind = Object::find(KIND).expect("accounts of v2 are a published type");
    let mut account = crud::new(tx, kind, &map! { "id": first.at("id").clone() });
    account.set("created", time::rfc3339(first.int("created") * 1000));
    account.set("dashboard", first.path("controller.stripe_dashboard.type").clone());
    account.set("metadata", first.at("metadata").clone());
    for (path, old) in PATHS {
        let value = first.path(old);
        if !value.is_null() && value.as_map().is_none() {
            put(&mut account, path, value.clone());
        }
    }
    put(&mut account, "identity.country", lowercase(first.at("country")));
    let mut configuration = Map::new();
    for (name, _) in first.at("capabilities").as_map().iter().flat_map(|map| map.iter()) {
        let asked = map! { "requested": true };
        let (part, path) = match name.as_ref() {
            "transfers" => ("recipient", "capabilities.stripe_balance.stripe_transfers"),
            _ => ("merchant", "capabilities"),
        };
        let part = configuration.map_mut(part);
        match path {
            "capabilities" => part.map_mut("capabilities").set(name.clone(), asked),
            path => put(part, path, asked.into()),
        }
    }
    configure(&mut account, &map! { "configuration": configuration });
    conclude(tx, &mut account);
    account
}

// To v1.

/// Sets what a path of names leads to.
pub fn put(object: &mut Map, path: &'static str, value: Value) {
    match path.split_once('.') {
        Some((name, rest)) => put(object.map_mut(name), rest, value),
        None => object.set(path, value),
    }
}

fn lowercase(value: &Value) -> Value {
    value.as_str().map_or(Value::Null, |text| text.to_ascii_lowercase().into())
}

/// The parameters of a request to v2 as v1 has them.
fn in_v1(params: &Map) -> Map {
    let mut given = Map::new();
    for (path, old) in PATHS {
        let value = params.path(path);
        if !value.is_null() {
            let mut value = value.clone();
            if let Some(address) = value.as_map_mut().filter(|map| map.contains("country")) {
                let country = address.str("country").to_ascii_uppercase();
                address.set("country", country);
            }
            put(&mut given, old, value);
        }
    }
    if let Some(country) = params.path("identity.country").as_str() {
        given.set("country", country.to_ascii_uppercase());
    }
    let accepted = params.path("identity.attestations.terms_of_service.account.date").as_str();
    if let Some(date) = accepted.and_then(time::read_rfc3339) {
        put(&mut given, "tos_acceptance.date", Value::Int(date));
    }
    for (path, old) in [
        ("identity.individual.id_numbers", "individual.id_number"),
        ("identity.business_details.id_numbers", "company.tax_id"),
    ] {
        let number = params.path(path).as_list().and_then(|list| list.first());
        if let Some(number) = number.and_then(Value::as_map) {
            put(&mut given, old, number.at("value").clone());
        }
    }
    let wanted = params.path("configuration.merchant.capabilities").as_map();
    for (name, asked) in wanted.iter().flat_map(|map| map.iter()) {
        let name = if *name == ACH.0 { ACH.1 } else { name };
        if asked.as_map().is_some_and(|asked| asked.contains("requested")) {
            given.map_mut("capabilities").push(name.to_string(), asked.clone());
        }
    }
    let path = "configuration.recipient.capabilities.stripe_balance.stripe_transfers";
    if params.path(path).as_map().is_some() {
        given.map_mut("capabilities").set("transfers", params.path(path).clone());
    }
    given
}

/// Who runs an account, as v1 says it.
fn controller(account: &Map) -> Map {
    let said = |path: &str, or: &'static str| {
        Value::from(account.path(path).as_str().unwrap_or(or).to_string())
    };
    let fees = match account.path("defaults.responsibilities.fees_collector").as_str() {
        None | Some("stripe") => "account".to_string(),
        Some(collector) => collector.to_string(),
    };
    map! {
        "fees": map! { "payer": fees },
        "losses": map! { "payments": said("defaults.responsibilities.losses_collector", "stripe") },
        "requirement_collection": collector(account),
        "stripe_dashboard": map! { "type": said("dashboard", "full") },
    }
}

/// Who asks an account's owner for what is missing: without a dashboard, the platform.
fn collector(account: &Map) -> &'static str {
    if account.str("dashboard") == "none" { "application" } else { "stripe" }
}

// Back to v2.

/// The parameters without the capabilities, which hold another thing when shown.
fn plain(params: &Map) -> Map {
    let mut params = params.clone();
    let configuration = params.get_mut("configuration").and_then(Value::as_map_mut);
    for (_, part) in configuration.into_iter().flat_map(|map| map.iter_mut()) {
        if let Some(part) = part.as_map_mut() {
            part.remove("capabilities");
        }
    }
    params
}

/// What is configured is applied, and the capabilities asked for are there.
fn configure(account: &mut Map, params: &Map) {
    let mut applied = account.at("applied_configurations").as_list().unwrap_or_default().to_vec();
    let given = params.at("configuration").as_map();
    for (name, part) in given.iter().flat_map(|map| map.iter()) {
        let Some(part) = part.as_map() else { continue };
        if !applied.contains(&Value::Str(name.clone())) {
            applied.push(Value::Str(name.clone()));
        }
        let configuration = account.map_mut("configuration");
        if configuration.at(name).as_map().is_none() {
            configuration.set(name.clone(), Map::new());
        }
        let own = configuration.get_mut(name).and_then(Value::as_map_mut);
        let own = own.expect("the configuration was put there above");
        own.set("applied", true);
        if let Some(asked) = part.at("capabilities").as_map() {
            ask(own.map_mut("capabilities"), asked);
        }
    }
    order::sort(&mut applied, &|one, other| one.as_str() < other.as_str());
    account.set("applied_configurations", applied);
    if account.at("defaults").as_map().is_some() {
        let collector = collector(account);
        put(account, "defaults.responsibilities.requirements_collector", collector.into());
    }
}

/// Notes the capabilities asked for; nothing is known of them yet but that they are active.
fn ask(capabilities: &mut Map, asked: &Map) {
    for (name, value) in asked.iter() {
        let Some(value) = value.as_map() else { continue };
        match value.at("requested").as_bool() {
            Some(true) => capabilities.set(name.clone(), status("active")),
            Some(false) => drop(capabilities.remove(name)),
            None => {
                if capabilities.at(name).as_map().is_none() {
                    capabilities.set(name.clone(), Map::new());
                }
                if let Some(inner) = capabilities.get_mut(name).and_then(Value::as_map_mut) {
                    ask(inner, value);
                }
            }
        }
    }
}

/// A capability's status as v2 shows it.
fn status(status: &'static str) -> Map {
    let (code, resolution) = match status {
        "active" => return map! { "status": status, "status_details": Vec::new() },
        "pending" => ("requirements_pending_verification", "no_resolution"),
        _ => ("requirements_past_due", "provide_info"),
    };
    let detail = map! { "code": code, "resolution": resolution };
    map! { "status": status, "status_details": vec![Value::from(detail)] }
}

/// Writes into an account what v1 has concluded of it.
fn conclude(tx: &Tx<'_>, account: &mut Map) {
    let Some(first) = accounts::get(tx, account.str("id")) else { return };
    let in_v2 = |name: &str| match first.path(&format!("capabilities.{name}")).as_str() {
        Some("active") => "active",
        Some("pending") => "pending",
        _ => "restricted",
    };
    let payouts = if first.is_true("payouts_enabled") { "active" } else { "restricted" };
    if let Some(configuration) = account.get_mut("configuration").and_then(Value::as_map_mut) {
        for (part, own) in configuration.iter_mut() {
            let Some(own) = own.as_map_mut() else { continue };
            let Some(capabilities) = own.get_mut("capabilities").and_then(Value::as_map_mut) else {
                continue;
            };
            for (name, shown) in capabilities.iter_mut() {
                let name = if *name == ACH.0 { ACH.1 } else { name };
                if part == "merchant" && name != "stripe_balance" {
                    *shown = status(in_v2(name)).into();
                }
            }
            if part == "recipient"
                && let Some(balance) = capabilities.get_mut("stripe_balance")
                && let Some(balance) = balance.as_map_mut()
            {
                balance.set("stripe_transfers", status(in_v2("transfers")));
            }
            if part != "customer" {
                capabilities.map_mut("stripe_balance").set("payouts", status(payouts));
            }
        }
    }
    account.set("requirements", requirements(&first));
}

/// What an account still owes, as v2 shows it.
fn requirements(first: &Map) -> Map {
    let open = |name: &str| {
        let list = first.path(&format!("requirements.{name}")).as_list().unwrap_or(&[]);
        list.iter().filter_map(Value::as_str).map(str::to_string).collect::<Vec<_>>()
    };
    let past_due = open("past_due");
    let deadline =
        |path: &String| if past_due.contains(path) { "past_due" } else { "currently_due" };
    let due = open("currently_due");
    let worst = due.iter().map(deadline).max();
    let mut entries: Vec<Value> = Vec::new();
    let mut add = |path: &str, from: &'static str, deadline: &'static str| {
        let named = PATHS.iter().find(|(_, old)| *old == path);
        let deadline = || map! { "status": deadline };
        entries.push(Value::from(map! {
            "awaiting_action_from": from,
            "description": named.map_or(path, |(name, _)| name).to_string(),
            "errors": Vec::new(),
            "impact": Map::new(),
            "minimum_deadline": deadline(),
            "requested_reasons": vec![Value::from(map! { "code": "routine_onboarding" })],
        }));
    };
    due.iter().for_each(|path| add(path, "user", deadline(path)));
    open("pending_verification").iter().for_each(|path| add(path, "stripe", "currently_due"));
    let mut shown = map! { "entries": entries };
    if let Some(worst) = worst {
        let deadline = map! { "status": worst };
        shown.set("summary", map! { "minimum_deadline": deadline });
    }
    shown
}

/// An account as it is answered.
fn shown(account: &Map, call: &Call) -> Body {
    conceal(account.clone(), call).into()
}

/// Takes out what was not asked for with `include`. The library sees everything.
fn conceal(mut account: Map, call: &Call) -> Map {
    if call.origin != Origin::Wire {
        return account;
    }
    let wanted = call.params.at("include").as_list().unwrap_or_default();
    let wanted: Vec<&str> = wanted.iter().filter_map(Value::as_str).collect();
    for name in INCLUDABLE {
        if *name == "configuration" {
            continue;
        }
        if !wanted.contains(name) {
            account.set(*name, Value::Null);
        }
    }
    let Some(configuration) = account.get_mut("configuration").and_then(Value::as_map_mut) else {
        return account;
    };
    configuration.retain(|(name, _)| wanted.contains(&format!("configuration.{name}").as_str()));
    if configuration.iter().next().is_none() {
        account.set("configuration", Value::Null);
    }
    account
}

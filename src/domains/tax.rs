//! Stripe Tax: calculations, the transactions made of them, reversals, associations.
//!
//! Stripe's pages: <https://docs.stripe.com/api/tax/calculations>,
//! <https://docs.stripe.com/api/tax/transactions>. Settings, registrations and locations are
//! plain.
//!
//! Which rate holds where is in `flows/taxing.rs`.

use super::catalogue;
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::pricing;
use crate::flows::taxing::{self, Taxed};
use crate::flows::totals::{self, Rate};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("GET /v1/tax/associations/find", find_association),
    ("POST /v1/tax/calculations", calculate),
    ("GET /v1/tax/calculations/{id}/line_items", list_calculation_lines),
    ("POST /v1/tax/registrations", register),
    ("POST /v1/tax/registrations/{id}", update_registration),
    ("GET /v1/tax/settings", retrieve_settings),
    ("POST /v1/tax/settings", update_settings),
    ("POST /v1/tax/transactions/create_from_calculation", create_from_calculation),
    ("POST /v1/tax/transactions/create_reversal", create_reversal),
    ("GET /v1/tax/transactions/{id}/line_items", list_transaction_lines),
];

/// The association of a payment with the calculation it was made with (its `hooks`), made when
/// first looked for.
fn find_association(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let id = call.params.str("payment_intent");
    let known = tx.all_where("tax.association", "payment_intent", id).into_iter().next();
    if let Some(known) = known {
        return Ok(known.into());
    }
    let intent = crud::load_kind(tx, "payment_intent", id)
        .map_err(|_| Error::no_such_reference("payment_intent", id, "payment_intent"))?;
    let Some(calculation) = intent.path("hooks.inputs.tax.calculation").as_str() else {
        let noun = crud::resource(crud::kind(call)).noun;
        return Err(Error::no_such(noun, id, "payment_intent"));
    };
    let mut made = crud::new(tx, crud::kind(call), &Map::new());
    made.set("calculation", calculation.to_string());
    made.set("payment_intent", id.to_string());
    Ok(tx.save(made).into())
}

fn calculate(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    if !params.contains("customer") && !params.contains("customer_details") {
        return Err(Error::must_provide(&["customer", "customer_details"]));
    }
    if tx.validates() {
        check(tx, params)?;
    }
    let mut calculation = crud::draft(tx, call)?;
    if let Some(id) = params.at("customer").as_str() {
        let customer = crud::load_kind(tx, "customer", id)
            .map_err(|_| Error::no_such_reference("customer", id, "customer"))?;
        let details = calculation.map_mut("customer_details");
        details.set("address", customer.at("address").clone());
        details.set("address_source", "billing");
    }
    let details = calculation.map_mut("customer_details");
    if !details.at("address").is_null() && details.at("address_source").is_null() {
        details.set("address_source", "billing");
    }
    let address = calculation.path("customer_details.address").as_map().cloned();
    let Some(mut taxed) = address.and_then(|address| taxing::at(tx, &address)) else {
        return Err(Error::tax_location_invalid());
    };
    let exemptions = ["customer_exempt", "reverse_charge"];
    let exempt = calculation.path("customer_details.taxability_override").as_str();
    if let Some(reason) = exemptions.into_iter().find(|reason| Some(*reason) == exempt) {
        taxed.percent = "0";
        taxed.reason = reason;
    }
    let (mut lines, mut sums) = (Vec::new(), Vec::new());
    for (place, line) in params.at("line_items").as_list().unwrap_or_default().iter().enumerate() {
        let line = line.as_map().cloned().unwrap_or_default();
        let (line, sum) = calculation_line(tx, &line, place, &taxed)?;
        lines.push(Value::from(line));
        sums.push(sum);
    }
    if let Some(cost) = params.at("shipping_cost").as_map() {
        let mut cost = shipping_cost(tx, cost)?;
        sums.push(tax_of(&mut cost, &taxed));
        calculation.set("shipping_cost", cost);
    }
    let totals = totals::reckon(&sums, &[]);
    calculation.set("amount_total", totals.total);
    calculation.set("tax_amount_exclusive", totals.exclusive);
    calculation.set("tax_amount_inclusive", totals.inclusive);
    let breakdown = totals.taxes.iter().map(|tax| Value::from(summed(tax, &taxed)));
    calculation.set("tax_breakdown", breakdown.collect::<Vec<_>>());
    let url = format!("/v1/tax/calculations/{}/line_items", calculation.str("id"));
    let count = lines.len() as i64;
    let mut list = crud::list_of(lines, false, url);
    list.set("total_count", count);
    calculation.set("line_items", list);
    Ok(tx.save(calculation).into())
}

/// How many lines a calculation has at most.
const MOST_LINES: usize = 100;
/// How far from now a calculation can be dated.
const DATED_WITHIN: i64 = 31 * 86_400;

/// What no calculation can be.
fn check(tx: &Tx<'_>, params: &Map) -> Outcome<()> {
    let lines = params.at("line_items").as_list().unwrap_or_default();
    if MOST_LINES < lines.len() {
        return Err(Error::array_too_long("line_items", MOST_LINES));
    }
    let reference =
        |line: &Value| line.as_map().map_or("", |line| line.str("reference")).to_string();
    for (place, line) in lines.iter().enumerate() {
        let own = reference(line);
        if !own.is_empty() && lines[..place].iter().any(|other| reference(other) == own) {
            return Err(Error::line_reference_taken(&own, place));
        }
    }
    match params.at("tax_date").as_int() {
        Some(at) if DATED_WITHIN < (at - tx.now()).abs() => Err(Error::tax_date_too_far()),
        _ => Ok(()),
    }
}

fn calculation_line(
    tx: &mut Tx<'_>,
    given: &Map,
    place: usize,
    taxed: &Taxed,
) -> Outcome<(Map, totals::Line)> {
    let kind = Object::find("tax.calculation_line_item").expect("a published type");
    let mut line = crud::draft_kind(tx, kind, given)?;
    if line.str("reference").is_empty() {
        // Stripe numbers the lines that have no reference of their own from one.
        line.set("reference", format!("L{}", place + 1));
    }
    let sum = tax_of(&mut line, taxed);
    Ok((line, sum))
}

/// Puts its tax on a line or on what shipping costs, and gives what the total needs of it.
fn tax_of(line: &mut Map, taxed: &Taxed) -> totals::Line {
    let is_inclusive = line.str("tax_behavior") == "inclusive";
    let id = if is_inclusive { "inclusive" } else { "exclusive" }.to_string();
    let percent = pricing::decimal(taxed.percent);
    let sum = totals::Line {
        amount: line.int("amount"),
        rates: vec![Rate { id, percent, is_inclusive }],
        ..totals::Line::default()
    };
    let totals = totals::reckon(std::slice::from_ref(&sum), &[]);
    let tax = &totals.taxes[0];
    let collects = taxed.reason == "standard_rated";
    line.set("amount_tax", tax.amount);
    let details = map! {
        "display_name": taxed.name,
        "percentage_decimal": taxed.percentage_decimal(),
        "tax_type": taxed.tax_type,
    };
    let part = map! {
        "amount": tax.amount,
        "jurisdiction": taxed.jurisdiction(),
        "sourcing": "destination",
        "tax_rate_details": if collects { details.into() } else { Value::Null },
        "taxability_reason": taxed.reason,
        "taxable_amount": if collects { tax.taxable } else { 0 },
    };
    line.set("tax_breakdown", vec![Value::from(part)]);
    sum
}

fn shipping_cost(tx: &Tx<'_>, given: &Map) -> Outcome<Map> {
    let mut cost = map! {
        "amount": given.int("amount"),
        "amount_tax": 0,
        "tax_behavior": "exclusive",
        "tax_code": "txcd_92010001",
    };
    if let Some(id) = given.at("shipping_rate").as_str() {
        let rate = crud::load_kind(tx, "shipping_rate", id).map_err(|_| {
            Error::no_such_reference("shipping rate", id, "shipping_cost[shipping_rate]")
        })?;
        cost.set("amount", rate.path("fixed_amount.amount").clone());
        cost.set("shipping_rate", id.to_string());
    }
    for name in ["tax_behavior", "tax_code"] {
        if let Some(value) = given.at(name).as_str() {
            cost.set(name, value.to_string());
        }
    }
    Ok(cost)
}

/// A tax as the whole calculation shows it.
fn summed(tax: &totals::Tax, taxed: &Taxed) -> Map {
    let collects = taxed.reason == "standard_rated";
    let told = |text: &'static str| if collects { Value::from(text) } else { Value::Null };
    map! {
        "amount": tax.amount,
        "inclusive": tax.is_inclusive,
        "tax_rate_details": map! {
            "country": taxed.country.clone(),
            "flat_amount": Value::Null,
            "percentage_decimal": taxed.percentage_decimal(),
            "rate_type": told("percentage"),
            "state": taxed.state.clone(),
            "tax_type": told(taxed.tax_type),
        },
        "taxability_reason": taxed.reason,
        "taxable_amount": if collects { tax.taxable } else { 0 },
    }
}

fn list_calculation_lines(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let calculation = crud::load_kind(tx, "tax.calculation", call.id(0))?;
    catalogue::page_of(call, calculation.at("line_items"))
}

fn list_transaction_lines(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let transaction = crud::load_kind(tx, "tax.transaction", call.id(0))?;
    catalogue::page_of(call, transaction.at("line_items"))
}

// Registrations and settings.

fn register(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut registration = crud::draft(tx, call)?;
    date(tx, &mut registration, call);
    Ok(tx.save(registration).into())
}

fn update_registration(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut registration = crud::load(tx, call)?;
    crud::apply(tx, crud::kind(call).shape(), &mut registration, &call.params, "")?;
    date(tx, &mut registration, call);
    Ok(tx.save(registration).into())
}

/// Times can be given as `now`; the status follows from them.
fn date(tx: &Tx<'_>, registration: &mut Map, call: &Call) {
    for name in ["active_from", "expires_at"] {
        if call.params.str(name) == "now" {
            registration.set(name, tx.now());
        }
    }
    let expires = registration.at("expires_at").as_int();
    let status = match expires {
        Some(at) if at <= tx.now() => "expired",
        _ if tx.now() < registration.int("active_from") => "scheduled",
        _ => "active",
    };
    registration.set("status", status);
}

fn retrieve_settings(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    crud::singleton(tx, call).map(|settings| told(&settings))
}

/// Settings are active as soon as the head office and the preset tax code are known.
fn update_settings(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut settings = Map::clone(&*crud::singleton(tx, call)?);
    crud::apply(tx, crud::kind(call).shape(), &mut settings, &call.params, "")?;
    let missing: Vec<Value> =
        [("defaults.tax_code", "defaults.tax_code"), ("head_office", "head_office")]
            .into_iter()
            .filter(|(path, _)| settings.path(path).is_null())
            .map(|(_, name)| Value::from(name))
            .collect();
    let is_pending = !missing.is_empty();
    settings.set("status", if is_pending { "pending" } else { "active" });
    let details = match is_pending {
        true => map! { "pending": map! { "missing_fields": missing } },
        false => map! { "active": map! {} },
    };
    settings.set("status_details", details);
    Ok(told(&tx.save(settings)))
}

/// The one settings object has no id on the wire.
fn told(settings: &Map) -> Body {
    let mut settings = settings.clone();
    settings.remove("id");
    settings.into()
}

// Transactions.

fn create_from_calculation(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let id = call.params.str("calculation");
    let calculation = crud::load_kind(tx, "tax.calculation", id)
        .map_err(|_| Error::no_such_reference("tax.calculation", id, "calculation"))?;
    if calculation.at("expires_at").as_int().is_some_and(|at| at <= tx.now()) {
        return Err(Error::calculation_expired(id));
    }
    refuse_known_reference(tx, call)?;
    let mut transaction = crud::draft(tx, call)?;
    for name in [
        "currency",
        "customer",
        "customer_details",
        "ship_from_details",
        "shipping_cost",
        "tax_date",
    ] {
        transaction.set(name, calculation.at(name).clone());
    }
    let kind = Object::find("tax.transaction_line_item").expect("a published type");
    let mut lines = Vec::new();
    for line in calculation.path("line_items.data").as_list().unwrap_or_default() {
        let line = line.as_map().cloned().unwrap_or_default();
        let mut copy = crud::new(tx, kind, &Map::new());
        for name in [
            "amount",
            "amount_tax",
            "metadata",
            "product",
            "quantity",
            "reference",
            "tax_behavior",
            "tax_code",
        ] {
            copy.set(name, line.at(name).clone());
        }
        lines.push(Value::from(copy));
    }
    save_transaction(tx, transaction, lines)
}

/// A full reversal takes everything back; a partial one what its lines (or its flat amount) say.
fn create_reversal(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let id = params.str("original_transaction");
    let original = crud::load_kind(tx, "tax.transaction", id)
        .map_err(|_| Error::no_such_reference("tax.transaction", id, "original_transaction"))?;
    refuse_known_reference(tx, call)?;
    let mut reversal = crud::draft(tx, call)?;
    for name in ["currency", "customer", "customer_details", "ship_from_details", "tax_date"] {
        reversal.set(name, original.at(name).clone());
    }
    reversal.set("reversal", map! { "original_transaction": id.to_string() });
    reversal.set("type", "reversal");
    let is_full = params.str("mode") == "full";
    let shipping = if is_full { original.at("shipping_cost") } else { params.at("shipping_cost") };
    if let Some(cost) = shipping.as_map() {
        let mut taken = original.at("shipping_cost").as_map().cloned().unwrap_or_default();
        let sign = if is_full { -1 } else { 1 };
        taken.set("amount", sign * cost.int("amount"));
        taken.set("amount_tax", sign * cost.int("amount_tax"));
        reversal.set("shipping_cost", taken);
    }
    let empty = Vec::new();
    let of_original = original.path("line_items.data").as_list().unwrap_or(&empty);
    let mut lines = Vec::new();
    for line in
        if is_full { of_original } else { params.at("line_items").as_list().unwrap_or(&empty) }
    {
        let line = line.as_map().cloned().unwrap_or_default();
        let source = if is_full { line.str("id") } else { line.str("original_line_item") };
        let reversed = of_original.iter().find(|line| line.as_id() == Some(source));
        let Some(reversed) = reversed.and_then(Value::as_map) else {
            let noun = "tax.transaction_line_item";
            return Err(Error::no_such_reference(
                noun,
                source,
                "line_items[0][original_line_item]",
            ));
        };
        lines.push(Value::from(reversed_line(tx, &line, reversed, is_full)));
    }
    save_transaction(tx, reversal, lines)
}

fn reversed_line(tx: &mut Tx<'_>, given: &Map, reversed: &Map, is_full: bool) -> Map {
    let kind = Object::find("tax.transaction_line_item").expect("a published type");
    let mut line = crud::new(tx, kind, &Map::new());
    for name in ["metadata", "product", "quantity", "reference", "tax_behavior", "tax_code"] {
        let value = if given.contains(name) { given.at(name) } else { reversed.at(name) };
        line.set(name, value.clone());
    }
    let sign = if is_full { -1 } else { 1 };
    line.set("amount", sign * given.int("amount"));
    line.set("amount_tax", sign * given.int("amount_tax"));
    line.set("reversal", map! { "original_line_item": reversed.at("id").clone() });
    line.set("type", "reversal");
    line
}

/// A reference names one transaction.
fn refuse_known_reference(tx: &Tx<'_>, call: &Call) -> Outcome<()> {
    let reference = call.params.str("reference");
    match tx.all_where("tax.transaction", "reference", reference).is_empty() {
        true => Ok(()),
        false => Err(Error::reference_taken(reference)),
    }
}

fn save_transaction(tx: &mut Tx<'_>, mut transaction: Map, lines: Vec<Value>) -> Outcome<Body> {
    let url = format!("/v1/tax/transactions/{}/line_items", transaction.str("id"));
    transaction.set("line_items", crud::list_of(lines, false, url));
    let saved: Rc<Map> = tx.save(transaction);
    Ok(saved.into())
}

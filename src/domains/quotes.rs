//! Quotes: offers that customers accept.
//!
//! Stripe's page: <https://docs.stripe.com/quotes/overview>.
//!
//! ```text
//! draft --finalize--> open --accept--> accepted
//! draft, open --cancel, or in time--> canceled
//! ```
//!
//! An accepted quote makes an invoice where all is paid once, a subscription where something recurs,
//! and a subscription schedule where that begins later.

use super::catalogue;
use super::{subscriptions, test_clocks};
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::discounting;
use crate::flows::invoicing::{self, Billed};
use crate::flows::taxing;
use crate::map;
use crate::route::{self, Routes};
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Text, Value};

pub static ROUTES: Routes = &[
    ("GET /v1/quotes", list),
    ("POST /v1/quotes", create),
    ("POST /v1/quotes/{id}", update),
    ("POST /v1/quotes/{id}/accept", accept),
    ("POST /v1/quotes/{id}/finalize", finalize),
    ("GET /v1/quotes/{id}/line_items", list_line_items),
    ("GET /v1/quotes/{id}/computed_upfront_line_items", list_upfront),
    ("GET /v1/quotes/{id}/pdf", pdf),
];

pub static EVENTS: Rules = &[
    ("quote.created", When::Created),
    ("quote.finalized", When::WasSet("status_transitions.finalized_at")),
    ("quote.accepted", When::Became("status", "accepted")),
    ("quote.canceled", When::Became("status", "canceled")),
];

/// Where the lines of a quote are kept.
const BEHIND: &str = "fakestripe.quote";

/// What a quote that is made from another takes from it.
const CLONED: &[&str] = &[
    "application_fee_amount",
    "application_fee_percent",
    "automatic_tax",
    "collection_method",
    "computed",
    "currency",
    "customer",
    "default_tax_rates",
    "description",
    "discounts",
    "footer",
    "header",
    "invoice_settings",
    "metadata",
    "on_behalf_of",
    "subscription_data",
    "transfer_data",
];

fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    crud::list_where(tx, call, |quote| test_clocks::is_listed(call, quote))
}

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    if params.contains("from_quote") {
        let free = ["from_quote", "expand", "expires_at", "test_clock"];
        if let Some(name) = params.keys().find(|name| !free.contains(&name.as_ref())) {
            return Err(Error::quote_clone_takes_nothing_else(name));
        }
    }
    if let Some(clock) = params.at("test_clock").as_str() {
        test_clocks::check_room(tx, "quote", clock)?;
    }
    let mut rest = params.clone();
    rest.remove("discounts");
    let mut quote = crud::draft_kind(tx, crud::kind(call), &rest)?;
    match params.path("from_quote.quote").as_str() {
        Some(id) => {
            let source = tx
                .load("quote", id)
                .ok_or_else(|| Error::no_such_reference("quote", id, "from_quote[quote]"))?;
            for name in CLONED {
                quote.set(*name, source.at(name).clone());
            }
            let lines = lines_of(tx, &source).into_iter().map(Value::from).collect();
            set_lines(tx, &quote, lines);
        }
        None => price(tx, &mut quote, params)?,
    }
    if params.path("subscription_data.billing_mode").is_null() {
        let mut mode = Map::new();
        subscriptions::set_mode(call, &mut mode);
        let data = quote.map_mut("subscription_data");
        mode.into_iter().for_each(|(name, value)| data.set(name, value));
    }
    if quote.at("test_clock").is_null() {
        quote.set("test_clock", test_clocks::shown(tx, quote.at("customer")));
    }
    discount(tx, &mut quote, params)?;
    add_up(tx, &mut quote);
    keep_time(tx, &quote);
    Ok(tx.save(quote).into())
}

/// Of an open quote only its last day can still change, and its metadata.
fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let free = ["expires_at", "metadata", "expand"];
    let is_free = call.params.keys().all(|name| free.contains(&name.as_ref()));
    let from: &[&str] = if is_free { &["draft", "open"] } else { &["draft"] };
    let mut quote = in_status(tx, call, "update", from)?;
    let customer = call.params.at("customer");
    if !customer.is_null() && !quote.at("customer").is_null() && customer != quote.at("customer") {
        return Err(Error::quote_has_customer());
    }
    let mut rest = call.params.clone();
    rest.remove("discounts");
    crud::apply(tx, crud::kind(call).shape(), &mut quote, &rest, "")?;
    if call.params.contains("line_items") {
        price(tx, &mut quote, &call.params)?;
    }
    if call.params.contains("discounts") {
        discount(tx, &mut quote, &call.params)?;
    }
    if !is_free {
        add_up(tx, &mut quote);
    }
    keep_time(tx, &quote);
    Ok(tx.save(quote).into())
}

/// A quote that nobody accepts in time is canceled.
fn keep_time(tx: &mut Tx<'_>, quote: &Map) {
    tx.unschedule("quote.expire", quote.str("id"));
    tx.schedule(quote.int("expires_at").max(tx.now()), "quote.expire", quote.str("id"));
}

/// Does what was scheduled for a quote.
pub fn run(tx: &mut Tx<'_>, id: &str) {
    let Some(quote) = tx.load("quote", id) else { return };
    if matches!(quote.str("status"), "draft" | "open") {
        cancel(tx, quote);
    }
}

fn cancel(tx: &mut Tx<'_>, mut quote: Map) {
    let now = tx.now();
    quote.set("status", "canceled");
    quote.map_mut("status_transitions").set("canceled_at", now);
    tx.save(quote);
}

// Lines and totals.

fn price(tx: &mut Tx<'_>, quote: &mut Map, params: &Map) -> Outcome<()> {
    let kind = Object::find("item").expect("a published type");
    let mut lines = Vec::new();
    for (place, given) in params.at("line_items").as_list().unwrap_or_default().iter().enumerate() {
        let given = given.as_map().cloned().unwrap_or_default();
        let price = match (given.at("price").as_str(), given.at("price_data").as_map()) {
            (Some(id), _) => tx.get("price", id).cloned().ok_or_else(|| {
                Error::no_such_reference("price", id, format!("line_items[{place}][price]"))
            })?,
            (None, Some(data)) => super::prices::of_data(tx, data)?,
            (None, None) => return Err(Error::must_provide(&["price", "price_data"])),
        };
        let is_metered = price.path("recurring.usage_type").as_str() == Some("metered");
        let quantity = if is_metered { 0 } else { given.at("quantity").as_int().unwrap_or(1) };
        let amount = invoicing::amount_of(tx, &price, quantity);
        let mut line = crud::new(tx, kind, &Map::new());
        line.set("amount_subtotal", amount);
        line.set("amount_total", amount);
        line.set("currency", price.at("currency").clone());
        let product = price.at("product").as_id().and_then(|id| tx.get("product", id));
        line.set("description", product.map_or(Value::Null, |product| product.at("name").clone()));
        line.set("quantity", Some(quantity).filter(|_| !is_metered));
        quote.set("currency", price.at("currency").clone());
        line.set("price", Value::Map(price));
        lines.push(Value::from(line));
    }
    set_lines(tx, quote, lines);
    Ok(())
}

/// Keeps the lines of a quote. They are beside it, because it shows them on demand only.
fn set_lines(tx: &mut Tx<'_>, quote: &Map, lines: Vec<Value>) {
    tx.save_as(BEHIND.into(), map! { "id": quote.at("id").clone(), "lines": lines });
}

fn discount(tx: &mut Tx<'_>, quote: &mut Map, params: &Map) -> Outcome<()> {
    if !params.contains("discounts") {
        return Ok(());
    }
    let customer = quote.at("customer").as_id().map(str::to_string);
    let of = ("customer", customer.as_deref().unwrap_or(""));
    let discounts = super::discounts::given(tx, of, customer.as_deref(), params)?;
    quote.set("discounts", discounts);
    Ok(())
}

fn lines_of(tx: &Tx<'_>, quote: &Map) -> Vec<Map> {
    let behind = tx.get(BEHIND, quote.str("id"));
    let lines = behind.map_or(&Value::Null, |behind| behind.at("lines"));
    lines.as_list().unwrap_or_default().iter().filter_map(Value::as_map).cloned().collect()
}

/// What a quote shows on demand: its lines.
pub fn on_demand(tx: &Tx<'_>, quote: &Map, field: &str) -> Option<Value> {
    if field != "line_items" {
        return None;
    }
    let lines = lines_of(tx, quote).into_iter().map(Value::from).collect();
    let url = format!("/v1/quotes/{}/line_items", quote.str("id"));
    Some(crud::list_of(lines, false, url).into())
}

fn is_recurring(line: &Map) -> bool {
    line.path("price.type").as_str() == Some("recurring")
}

/// Computes what is paid at first, what is paid again and again, and both together.
fn add_up(tx: &mut Tx<'_>, quote: &mut Map) {
    let lines = lines_of(tx, quote);
    let has_trial = 0 < quote.path("subscription_data.trial_period_days").as_int().unwrap_or(0);
    let upfront: Vec<&Map> =
        lines.iter().filter(|line| !(has_trial && is_recurring(line))).collect();
    let recurring: Vec<&Map> = lines.iter().filter(|line| is_recurring(line)).collect();
    let every = recurring.first().map(|line| {
        let value = |name: &str| line.path(&format!("price.recurring.{name}")).clone();
        (value("interval"), value("interval_count"))
    });
    let again = every.map(|(interval, count)| {
        let mut totals = totals(tx, quote, &recurring, true);
        totals.set("interval", interval);
        totals.set("interval_count", count);
        totals
    });
    let whole = totals(tx, quote, &lines.iter().collect::<Vec<_>>(), false);
    let first = totals(tx, quote, &upfront, false);
    for (name, value) in whole.iter() {
        quote.set(name.clone(), value.clone());
    }
    quote.set("computed", map! { "recurring": again, "upfront": first });
    if quote.path("automatic_tax.enabled").as_bool() == Some(true) {
        let customer = quote.at("customer").as_id().and_then(|id| tx.get("customer", id));
        let is_located = customer.is_some_and(|customer| taxing::is_located(customer));
        let status = if is_located { "complete" } else { "requires_location_inputs" };
        quote.map_mut("automatic_tax").set("provider", "stripe");
        quote.map_mut("automatic_tax").set("status", status);
    }
}

/// What those lines come to, as the invoice would that bills them. Discounts that are not for ever
/// count only the first time.
fn totals(tx: &mut Tx<'_>, quote: &Map, lines: &[&Map], is_again: bool) -> Map {
    let customer = quote.at("customer").as_id().and_then(|id| tx.get("customer", id)).cloned();
    let currency = quote.str("currency").to_string();
    let mut invoice = invoicing::draft(tx, &customer.unwrap_or_default(), &currency);
    let mut discounts = quote.at("discounts").as_list().unwrap_or_default().to_vec();
    discounts.retain(|discount| {
        let coupon = discounting::coupon_of(tx, discount);
        !is_again || coupon.is_some_and(|coupon| coupon.str("duration") == "forever")
    });
    invoice.set("discounts", discounts);
    invoice.set("default_tax_rates", quote.at("default_tax_rates").clone());
    if quote.path("automatic_tax.enabled").as_bool() == Some(true) {
        invoice.map_mut("automatic_tax").set("enabled", true);
    }
    for line in lines {
        let billed = Billed::item(line, tx.now());
        invoicing::add_line(tx, &mut invoice, billed);
    }
    invoicing::add_up(tx, &mut invoice);
    let sum = |path: &str| {
        let entries = invoice.path(path).as_list().unwrap_or_default();
        entries.iter().filter_map(Value::as_map).map(|entry| entry.int("amount")).sum::<i64>()
    };
    map! {
        "amount_subtotal": invoice.int("subtotal"),
        "amount_total": invoice.int("total"),
        "total_details": map! {
            "amount_discount": sum("total_discount_amounts"),
            "amount_shipping": 0,
            "amount_tax": sum("total_taxes"),
        },
    }
}

// Verbs.

/// An open quote has a number: of its customer, of the how-manieth quote, of its revision.
fn finalize(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut quote = in_status(tx, call, "finalize", &["draft"])?;
    if lines_of(tx, &quote).is_empty() {
        return Err(Error::quote_lacks("line items"));
    }
    let customer = quote.at("customer").as_id().and_then(|id| tx.get("customer", id)).cloned();
    let customer = customer.ok_or_else(|| Error::quote_lacks("a customer"))?;
    if let Some(expires) = call.params.at("expires_at").as_int() {
        quote.set("expires_at", expires);
    }
    let before = quote.path("from_quote.quote").as_id().and_then(|id| tx.load("quote", id));
    let before = before.filter(|_| quote.path("from_quote.is_revision").as_bool() == Some(true));
    let revised = before.as_ref().and_then(|before| {
        let (stem, revision) = before.str("number").rsplit_once('-')?;
        Some(format!("{stem}-{}", revision.parse::<u32>().ok()?.checked_add(1)?))
    });
    let number = revised.unwrap_or_else(|| {
        let known = tx.all_where("quote", "customer", customer.str("id"));
        let is_first = |quote: &Map| quote.str("number").ends_with("-1");
        let count = known.iter().filter(|quote| is_first(quote)).count();
        format!("QT-{}-{:04}-1", customer.str("invoice_prefix"), count + 1)
    });
    if let Some(before) = before.filter(|before| before.str("status") == "open") {
        cancel(tx, before);
    }
    quote.set("number", number);
    quote.set("status", "open");
    let now = tx.now();
    quote.map_mut("status_transitions").set("finalized_at", now);
    keep_time(tx, &quote);
    Ok(tx.save(quote).into())
}

/// Makes what the quote offers.
fn accept(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut quote = in_status(tx, call, "accept", &["open"])?;
    let (recurring, once): (Vec<Map>, Vec<Map>) =
        lines_of(tx, &quote).into_iter().partition(is_recurring);
    let starts = quote.path("subscription_data.effective_date").as_int();
    let made = match (recurring.is_empty(), starts.filter(|starts| tx.now() < *starts)) {
        (true, _) => ("invoice", invoice(tx, &quote, &once)?),
        (false, None) => ("subscription", subscribe(tx, &quote, &recurring, &once)?),
        (false, Some(starts)) => {
            ("subscription_schedule", schedule(tx, &quote, &recurring, &once, starts)?)
        }
    };
    quote.set(made.0, made.1);
    if let (false, Some(of)) = (recurring.is_empty(), quote.at("subscription").as_id()) {
        let latest = tx.get("subscription", of).map(|made| made.at("latest_invoice").clone());
        quote.set("invoice", latest.unwrap_or_default());
    }
    let now = tx.now();
    quote.set("status", "accepted");
    quote.map_mut("status_transitions").set("accepted_at", now);
    tx.unschedule("quote.expire", call.id(0));
    Ok(tx.save(quote).into())
}

/// The parameters that say of a line what is bought.
fn wanted(line: &Map) -> Map {
    let mut wanted = map! { "price": line.path("price.id").clone() };
    if !line.at("quantity").is_null() {
        wanted.append("quantity", line.at("quantity").clone());
    }
    wanted
}

fn all_wanted(lines: &[Map]) -> Value {
    Value::List(lines.iter().map(|line| wanted(line).into()).collect())
}

/// The parameters that invoices and subscriptions take over from a quote.
fn shared(quote: &Map) -> Map {
    let mut params = map! {
        "customer": quote.at("customer").clone(),
        "collection_method": quote.at("collection_method").clone(),
    };
    let days = quote.path("invoice_settings.days_until_due");
    if quote.str("collection_method") == "send_invoice" {
        params.append("days_until_due", days.as_int().unwrap_or(30));
    }
    for name in ["default_tax_rates", "on_behalf_of", "transfer_data"] {
        let value = quote.at(name);
        if !value.is_null() && value.as_list().is_none_or(|list| !list.is_empty()) {
            params.append(name, value.clone());
        }
    }
    if quote.path("automatic_tax.enabled").as_bool() == Some(true) {
        params.append("automatic_tax", map! { "enabled": true });
    }
    let discounts = quote.at("discounts").as_list().unwrap_or_default().iter();
    let discounts: Vec<Value> =
        discounts.map(|id| map! { "discount": id.clone() }.into()).collect();
    if !discounts.is_empty() {
        params.append("discounts", discounts);
    }
    params
}

/// What of the settings for subscriptions a subscription takes over.
fn subscription_settings(quote: &Map, params: &mut Map) {
    for (name, of) in [
        ("application_fee_percent", quote.at("application_fee_percent")),
        ("description", quote.path("subscription_data.description")),
        ("metadata", quote.path("subscription_data.metadata")),
        ("trial_period_days", quote.path("subscription_data.trial_period_days")),
    ] {
        if !of.is_null() {
            params.append(name, of.clone());
        }
    }
}

fn invoice(tx: &mut Tx<'_>, quote: &Map, lines: &[Map]) -> Outcome<Value> {
    let mut params = shared(quote);
    params.append("auto_advance", true);
    params.append("billing_reason", "quote_accept");
    params.append("currency", quote.at("currency").clone());
    for name in ["custom_fields", "description", "footer"] {
        let value = quote.path("invoice_settings").as_map().map_or(&Value::Null, |of| of.at(name));
        if !value.is_null() {
            params.append(name, value.clone());
        }
    }
    params.append(
        "parent",
        map! {
            "quote_details": map! { "quote": quote.at("id").clone() },
            "type": "quote_details",
        },
    );
    let fee = quote.at("application_fee_amount");
    if !fee.is_null() {
        params.append("application_fee_amount", fee.clone());
    }
    let made = route::ask(tx, "invoices.create", Vec::new(), params)?;
    for line in lines {
        let params = map! {
            "customer": quote.at("customer").clone(),
            "invoice": made.at("id").clone(),
            "pricing": map! { "price": line.path("price.id").clone() },
            "quantity": line.at("quantity").clone(),
        };
        route::ask(tx, "invoiceItems.create", Vec::new(), params)?;
    }
    Ok(made.at("id").clone())
}

fn subscribe(tx: &mut Tx<'_>, quote: &Map, recurring: &[Map], once: &[Map]) -> Outcome<Value> {
    let mut params = shared(quote);
    subscription_settings(quote, &mut params);
    params.append("billing_mode", quote.path("subscription_data.billing_mode").clone());
    params.append("items", all_wanted(recurring));
    if !once.is_empty() {
        params.append("add_invoice_items", all_wanted(once));
    }
    let made = route::ask(tx, "subscriptions.create", Vec::new(), params)?;
    Ok(made.at("id").clone())
}

/// What a subscription that begins later needs: one phase.
fn schedule(
    tx: &mut Tx<'_>,
    quote: &Map,
    recurring: &[Map],
    once: &[Map],
    starts: i64,
) -> Outcome<Value> {
    let mut phase = shared(quote);
    let customer = phase.remove("customer");
    if let Some(days) = phase.remove("days_until_due") {
        phase.append("invoice_settings", map! { "days_until_due": days });
    }
    subscription_settings(quote, &mut phase);
    if let Some(days) = phase.remove("trial_period_days").and_then(|days| days.as_int()) {
        phase.append("trial_end", starts.saturating_add(days.saturating_mul(86_400)));
    }
    phase.append("items", all_wanted(recurring));
    if !once.is_empty() {
        phase.append("add_invoice_items", all_wanted(once));
    }
    let params = map! {
        "billing_mode": quote.path("subscription_data.billing_mode").clone(),
        "customer": customer,
        "end_behavior": "release",
        "phases": vec![Value::from(phase)],
        "start_date": starts,
    };
    let made = route::ask(tx, "subscriptionSchedules.create", Vec::new(), params)?;
    Ok(made.at("id").clone())
}

fn in_status(tx: &Tx<'_>, call: &Call, verb: &str, from: &[&str]) -> Outcome<Map> {
    let quote = crud::load_kind(tx, "quote", call.id(0))?;
    match quote.str("status") {
        status if from.contains(&status) => Ok(quote),
        status => Err(Error::wrong_status(verb, "quote", status, from)),
    }
}

fn list_line_items(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let quote = crud::load_kind(tx, "quote", call.id(0))?;
    catalogue::page(call, lines_of(tx, &quote).into_iter().map(Value::from).collect())
}

/// What is on the first invoice: all but what a trial comes before.
fn list_upfront(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let quote = crud::load_kind(tx, "quote", call.id(0))?;
    let has_trial = 0 < quote.path("subscription_data.trial_period_days").as_int().unwrap_or(0);
    let lines = lines_of(tx, &quote).into_iter().filter(|line| !(has_trial && is_recurring(line)));
    catalogue::page(call, lines.map(Value::from).collect())
}

/// A page that says which quote it is.
fn pdf(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let quote = crud::load_kind(tx, "quote", call.id(0))?;
    let text = format!("BT /F1 24 Tf 72 720 Td (Quote {}) Tj ET", quote.str("id"));
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_string(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_string(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_string(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_string(),
    ];
    let mut out = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.push_str(&format!("{} 0 obj\n{object}\nendobj\n", number + 1));
    }
    let table = out.len();
    out.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for place in places {
        out.push_str(&format!("{place:010} 00000 n \n"));
    }
    out.push_str(&format!(
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    ));
    Ok(Body::Bytes { content_type: Text::from("application/pdf"), bytes: out.into_bytes() })
}

//! Invoices: what a customer owes.
//!
//! ```text
//! draft --finalize--> open --pay--> paid
//!   │                  ├──mark_uncollectible──> uncollectible ──pay──> paid
//!   │                  └──void──> void <──void── uncollectible
//!   ├──finalize, nothing due──> paid
//!   └──delete──> (gone)
//! ```
//!
//! Stripe's page: <https://docs.stripe.com/api/invoices>.

use super::catalogue;
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::{invoicing, ledger, subscribing};
use crate::map;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("POST /v1/invoices", create),
    ("POST /v1/invoices/create_preview", preview),
    ("GET /v1/invoices/upcoming", preview),
    ("POST /v1/invoices/{id}", update),
    ("DELETE /v1/invoices/{id}", delete),
    ("POST /v1/invoices/{id}/finalize", finalize),
    ("GET /v1/invoices/{id}/lines", list_lines),
    ("POST /v1/invoices/{id}/mark_uncollectible", mark_uncollectible),
    ("POST /v1/invoices/{id}/pay", pay),
    ("POST /v1/invoices/{id}/send", send),
    ("POST /v1/invoices/{id}/void", void),
];

pub static EVENTS: Rules = &[
    ("invoice.created", When::Created),
    ("invoice.deleted", When::Deleted),
    ("invoice.finalized", When::WasSet("status_transitions.finalized_at")),
    (
        "invoice.updated",
        When::AnyChanged(&[
            "attempt_count",
            "attempted",
            "auto_advance",
            "default_payment_method",
            "description",
            "lines",
            "metadata",
            "next_payment_attempt",
        ]),
    ),
    ("invoice.paid", When::Became("status", "paid")),
    ("invoice.voided", When::Became("status", "void")),
    ("invoice.marked_uncollectible", When::Became("status", "uncollectible")),
];

const DAY: i64 = 86_400;
/// Automatic collection of an invoice made by hand begins a second later than that of others.
const FINALIZES_AFTER: i64 = invoicing::FINALIZES_AFTER + 1;

/// Parameters that are no fields, or that do more than fill one.
const HANDLED: &[&str] =
    &["auto_advance", "currency", "customer", "discounts", "due_date", "subscription"];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let Some(id) = params.at("customer").as_str() else {
        return Err(Error::parameter_missing("customer"));
    };
    let customer = tx
        .load("customer", id)
        .ok_or_else(|| Error::no_such_reference("customer", id, "customer"))?;
    let home = ledger::home_currency(tx).to_string();
    let own = customer.at("currency").as_str().map(str::to_string);
    let given = params.at("currency").as_str().map(str::to_lowercase);
    let currency = given.or(own).unwrap_or(home);
    let mut invoice = invoicing::draft(tx, &customer, &currency);
    let mut rest = params.clone();
    HANDLED.iter().for_each(|name| drop(rest.remove(name)));
    crud::apply(tx, crud::kind(call).shape(), &mut invoice, &rest, "")?;
    set_due(tx, &mut invoice, params)?;
    let subscription = params.at("subscription").as_str().map(str::to_string);
    if let Some(id) = &subscription {
        let of = tx
            .load("subscription", id)
            .ok_or_else(|| Error::no_such_reference("subscription", id, "subscription"))?;
        invoice.set("parent", subscribing::parent_of(&of));
    }
    let discounts = super::discounts::given(
        tx,
        ("invoice", invoice.str("id")),
        invoice.at("customer").as_id(),
        params,
    )?;
    invoice.set("discounts", discounts);
    set_auto_advance(tx, &mut invoice, params.is_true("auto_advance"));
    if params.str("pending_invoice_items_behavior") == "include" || subscription.is_some() {
        invoicing::sweep(tx, &mut invoice, subscription.as_deref());
    }
    invoicing::add_up(tx, &mut invoice);
    Ok(tx.save(invoice).into())
}

fn set_due(tx: &Tx<'_>, invoice: &mut Map, params: &Map) -> Outcome<()> {
    let days = params.at("days_until_due").as_int();
    let date = params.at("due_date").as_int();
    if invoice.str("collection_method") == "send_invoice" {
        if days.is_none() && date.is_none() {
            return Err(Error::days_until_due_missing(true));
        }
    } else if days.is_some() {
        return Err(Error::days_until_due_unexpected());
    }
    let now = tx.now();
    invoice.set("due_date", date.or(days.map(|days| now.saturating_add(days.saturating_mul(DAY)))));
    Ok(())
}

/// Whether Stripe finalizes and collects by itself.
fn set_auto_advance(tx: &mut Tx<'_>, invoice: &mut Map, wanted: bool) {
    let at = invoice.int("created") + FINALIZES_AFTER;
    let is_charged = invoice.str("collection_method") == "charge_automatically";
    invoice.set("auto_advance", wanted);
    invoice.set("automatically_finalizes_at", wanted.then_some(at));
    let attempt = (wanted && is_charged).then_some(at - 1);
    invoice.set("next_payment_attempt", attempt);
    tx.unschedule("invoice.advance", invoice.str("id"));
    if wanted {
        tx.schedule(at.max(tx.now()), "invoice.advance", invoice.str("id"));
    }
}

/// What would come next; nothing of it stays.
fn preview(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    super::subscriptions::previewing::invoice(tx, &call.params).map(Body::from)
}

fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let mut invoice = load(tx, call)?;
    let is_draft = invoice.str("status") == "draft";
    let free = ["metadata", "expand", "auto_advance", "default_payment_method", "default_source"];
    let frozen = params.keys().find(|name| !free.contains(&name.as_ref()));
    if let (false, Some(field)) = (is_draft, frozen) {
        return Err(Error::invoice_frozen(field.to_string()));
    }
    let mut rest = params.clone();
    HANDLED.iter().for_each(|name| drop(rest.remove(name)));
    crud::apply(tx, crud::kind(call).shape(), &mut invoice, &rest, "")?;
    if params.contains("due_date") || params.contains("days_until_due") {
        set_due(tx, &mut invoice, params)?;
    }
    if params.contains("discounts") {
        let discounts = super::discounts::given(
            tx,
            ("invoice", invoice.str("id")),
            invoice.at("customer").as_id(),
            params,
        )?;
        invoice.set("discounts", discounts);
    }
    match params.at("auto_advance").as_bool() {
        Some(wanted) if is_draft => set_auto_advance(tx, &mut invoice, wanted),
        Some(wanted) => invoice.set("auto_advance", wanted),
        None => {}
    }
    if is_draft {
        invoicing::add_up(tx, &mut invoice);
    }
    Ok(tx.save(invoice).into())
}

/// Only drafts made by hand can go.
fn delete(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let invoice = crud::load(tx, call)?;
    if invoice.str("status") != "draft" || !invoice.at("parent").is_null() {
        return Err(Error::invoice_not_deletable());
    }
    tx.unschedule("invoice.advance", call.id(0));
    for item in tx.all_where("invoiceitem", "invoice", call.id(0)) {
        tx.delete("invoiceitem", item.str("id"));
    }
    crud::delete(tx, call)
}

fn finalize(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut invoice = load(tx, call)?;
    if invoice.str("status") != "draft" {
        return Err(Error::invoice_finalized_already());
    }
    if let Some(wanted) = call.params.at("auto_advance").as_bool() {
        invoice.set("auto_advance", wanted);
    }
    Ok(invoicing::finalize(tx, invoice).into())
}

fn list_lines(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let invoice = crud::load_kind(tx, "invoice", call.id(0))?;
    catalogue::page_of(call, invoice.at("lines"))
}

fn mark_uncollectible(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut invoice = load(tx, call)?;
    match invoice.str("status") {
        "open" => {}
        "uncollectible" => return Err(Error::invoice_uncollectible_already()),
        _ => return Err(Error::invoice_not_open()),
    }
    let now = tx.now();
    invoice.set("auto_advance", false);
    invoice.set("next_payment_attempt", Value::Null);
    invoice.set("status", "uncollectible");
    invoice.map_mut("status_transitions").set("marked_uncollectible_at", now);
    let invoice = tx.save(invoice);
    subscribing::written_off(tx, &invoice);
    Ok(invoice.into())
}

/// Paying a draft finalizes it first.
fn pay(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let mut invoice = load(tx, call)?;
    match invoice.str("status") {
        "draft" => invoice = Map::clone(&invoicing::finalize(tx, invoice)),
        "open" | "uncollectible" => {}
        "paid" => return Err(Error::invoice_already_paid()),
        _ => return Err(Error::invoice_not_open()),
    }
    if invoice.str("status") == "paid" {
        return Ok(crud::load(tx, call)?.into());
    }
    if params.is_true("paid_out_of_band") {
        let due = invoice.int("amount_due");
        invoice.set("amount_paid", due);
        invoice.set("amount_remaining", 0);
        return Ok(invoicing::settle_paid(tx, invoice, false).into());
    }
    let subscription = invoicing::subscription_of(tx, &invoice);
    let method = match params.at("payment_method").as_str() {
        Some(id) => Some(crate::flows::payment_methods::named(tx, id, "payment_method", 400)?),
        None => invoicing::method_for(tx, &invoice, subscription.as_ref()),
    };
    let method = method.ok_or_else(Error::no_default_payment_method)?;
    let is_off_session = params.is_true("off_session");
    let invoice = invoicing::pay(tx, call.id(0), method, is_off_session)?;
    match invoice.str("status") {
        "open" | "uncollectible" if needs_customer(tx, call.id(0)) => {
            Err(Error::invoice_requires_action())
        }
        _ => Ok(invoice.into()),
    }
}

fn needs_customer(tx: &Tx<'_>, invoice: &str) -> bool {
    let intent = invoicing::intent_of(tx, invoice);
    intent.is_some_and(|intent| intent.str("status") == "requires_action")
}

fn send(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut invoice = crud::load(tx, call)?;
    match invoice.str("status") {
        "draft" => invoice = Map::clone(&invoicing::finalize(tx, invoice)),
        "open" => {}
        "paid" => return Err(Error::invoice_not_sendable()),
        _ => return Err(Error::invoice_not_open()),
    }
    let invoice = std::rc::Rc::new(invoice);
    tx.announce("invoice.sent", invoice.clone());
    Ok(invoice.into())
}

/// The first invoice of a subscription takes the subscription with it.
fn void(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let invoice = load(tx, call)?;
    match invoice.str("status") {
        "open" | "uncollectible" => {}
        "paid" => return Err(Error::invoice_paid_not_voidable()),
        _ => return Err(Error::invoice_not_open()),
    }
    let invoice = invoicing::void(tx, invoice);
    subscribing::voided(tx, &invoice);
    Ok(invoice.into())
}

/// The invoice the path names; the `param` of these verbs' 404 is `id`.
fn load(tx: &Tx<'_>, call: &Call) -> Outcome<Map> {
    let id = call.id(0);
    tx.load("invoice", id).ok_or_else(|| Error::no_such("invoice", id, "id"))
}

/// What an invoice shows on demand: its payments, and the secret to confirm the payment with.
pub fn on_demand(tx: &Tx<'_>, invoice: &Map, field: &str) -> Option<Value> {
    match field {
        "payments" => Some(invoicing::payments(tx, invoice)),
        "confirmation_secret" => Some(match invoicing::intent_of(tx, invoice.str("id")) {
            Some(intent) => map! {
                "client_secret": intent.at("client_secret").clone(),
                "type": "payment_intent",
            }
            .into(),
            None => Value::Null,
        }),
        _ => None,
    }
}

/// Does what was scheduled for an invoice.
pub fn run(tx: &mut Tx<'_>, id: &str) {
    invoicing::advance(tx, id);
}

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

mod lines;
mod older;
mod revising;

use super::discounts;
use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::invoicing::{self, Pending};
use crate::flows::{discounting, ledger, subscribing};
use crate::map;
use crate::route::Routes;
use crate::store::Tx;
use crate::time;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("POST /v1/invoices", create),
    ("POST /v1/invoices/create_preview", preview),
    ("GET /v1/invoices/upcoming", preview),
    ("GET /v1/invoices/upcoming/lines", preview_lines),
    ("POST /v1/invoices/{id}", update),
    ("DELETE /v1/invoices/{id}", delete),
    ("POST /v1/invoices/{id}/add_lines", lines::add),
    ("POST /v1/invoices/{id}/attach_payment", attach_payment),
    ("POST /v1/invoices/{id}/finalize", finalize),
    ("GET /v1/invoices/{id}/lines", lines::list),
    ("POST /v1/invoices/{id}/lines/{id}", lines::update_one),
    ("POST /v1/invoices/{id}/mark_uncollectible", mark_uncollectible),
    ("POST /v1/invoices/{id}/pay", pay),
    ("POST /v1/invoices/{id}/remove_lines", lines::remove),
    ("POST /v1/invoices/{id}/send", send),
    ("POST /v1/invoices/{id}/update_lines", lines::update),
    ("POST /v1/invoices/{id}/void", void),
];

pub use lines::OLDER as OLDER_LINES;
pub use older::{OLDER, old_taxes};

pub static EVENTS: Rules = &[
    ("invoice.created", When::Created),
    ("invoice.deleted", When::Deleted),
    ("invoice.finalized", When::WasSet("status_transitions.finalized_at")),
    (
        "invoice.updated",
        When::AnyChanged(&[
            "amount_paid",
            "attempt_count",
            "attempted",
            "auto_advance",
            "default_payment_method",
            "description",
            "lines",
            "metadata",
            "next_payment_attempt",
            "post_payment_credit_notes_amount",
            "pre_payment_credit_notes_amount",
            "status_transitions.marked_uncollectible_at",
            "status_transitions.voided_at",
        ]),
    ),
    ("invoice.paid", When::Became("status", "paid")),
    ("invoice.voided", When::Became("status", "void")),
    ("invoice.marked_uncollectible", When::Became("status", "uncollectible")),
];

/// The version since which an invoice takes pending items only where it is asked to.
const EXCLUDES_SINCE: &str = "2022-08-01";
const DAY: i64 = 86_400;
/// Automatic collection of an invoice made by hand begins a second later than that of others.
const FINALIZES_AFTER: i64 = invoicing::FINALIZES_AFTER + 1;

/// Parameters that are no fields, or that do more than fill one.
const HANDLED: &[&str] = &[
    "auto_advance",
    "automatically_finalizes_at",
    "currency",
    "customer",
    "discounts",
    "due_date",
    "shipping_cost",
    "subscription",
];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    if params.contains("from_invoice") {
        return revising::create(tx, params);
    }
    let Some(id) = params.at("customer").as_str() else {
        return Err(Error::parameter_missing("customer"));
    };
    let customer = tx
        .load("customer", id)
        .ok_or_else(|| Error::no_such_reference("customer", id, "customer"))?;
    let subscription = params.at("subscription").as_str().map(str::to_string);
    let sweeps_always = call.version.as_deref().unwrap_or("9") < EXCLUDES_SINCE;
    let sweeps = match params.at("pending_invoice_items_behavior").as_str() {
        Some(wanted) => wanted != "exclude",
        None => sweeps_always || subscription.is_some(),
    };
    let currency = currency_of(tx, &customer, params, sweeps);
    let mut invoice = invoicing::draft(tx, &customer, &currency);
    let mut rest = params.clone();
    HANDLED.iter().for_each(|name| drop(rest.remove(name)));
    crud::apply(tx, crud::kind(call).shape(), &mut invoice, &rest, "")?;
    refuse_both_taxes(tx, &invoice)?;
    let is_sent = invoice.str("collection_method") == "send_invoice";
    if is_sent && customer.str("email").is_empty() && tx.validates() {
        return Err(Error::invoice_without_email());
    }
    set_due(&mut invoice, params)?;
    let mut of = Map::new();
    if let Some(id) = &subscription {
        of = tx
            .load("subscription", id)
            .ok_or_else(|| Error::no_such_reference("subscription", id, "subscription"))?;
        invoice.set("parent", subscribing::parent_of(&of));
        if let Some(item) = subscribing::items_of(tx, id).first() {
            invoice.set("period_start", item.at("current_period_start").clone());
        }
        if !params.contains("default_tax_rates") {
            invoice.set("default_tax_rates", of.at("default_tax_rates").clone());
        }
    }
    set_discounts(tx, &mut invoice, params, &of, &customer)?;
    set_shipping(tx, &mut invoice, params)?;
    set_auto_advance(tx, &mut invoice, params)?;
    if sweeps {
        let which = subscription.as_deref().map_or(Pending::All, Pending::Of);
        invoicing::sweep(tx, &mut invoice, which);
    }
    if sweeps_always && invoice.path("lines.total_count").as_int() == Some(0) {
        return Err(Error::nothing_to_invoice());
    }
    invoicing::add_up(tx, &mut invoice);
    Ok(tx.save(invoice).into())
}

/// What is taxed automatically has no rates of its own.
fn refuse_both_taxes(tx: &Tx<'_>, invoice: &Map) -> Outcome<()> {
    let is_automatic = invoice.path("automatic_tax.enabled").as_bool() == Some(true);
    let rates = invoice.at("default_tax_rates").as_list().unwrap_or_default();
    match is_automatic && !rates.is_empty() && tx.validates() {
        true => Err(Error::taxed_automatically("default_tax_rates")),
        false => Ok(()),
    }
}

/// The currency that is asked for, that of the items to be billed, the customer's, the account's.
fn currency_of(tx: &Tx<'_>, customer: &Map, params: &Map, sweeps: bool) -> String {
    if let Some(given) = params.at("currency").as_str() {
        return given.to_ascii_lowercase();
    }
    if let Some(own) = customer.at("currency").as_str() {
        return own.to_string();
    }
    let pending = tx.all_where("invoiceitem", "customer", customer.str("id"));
    let pending = pending.iter().rev().find(|item| item.at("invoice").is_null());
    match pending.filter(|_| sweeps) {
        Some(item) => item.str("currency").to_string(),
        None => ledger::home_currency(tx).to_string(),
    }
}

/// The discounts of the request, else those of the subscription, else that of the customer.
fn set_discounts(
    tx: &mut Tx<'_>,
    invoice: &mut Map,
    params: &Map,
    subscription: &Map,
    customer: &Map,
) -> Outcome<()> {
    let owner = invoice.str("id").to_string();
    let of = customer.at("id").as_id();
    let mut discounts = discounts::given(tx, ("invoice", &owner), of, params)?;
    if !params.contains("discounts") {
        discounts = subscribing::discounts_of(tx, subscription, customer);
    }
    invoice.set("discounts", discounts);
    Ok(())
}

/// What shipping costs, by a rate or by what is given.
pub fn set_shipping(tx: &Tx<'_>, invoice: &mut Map, params: &Map) -> Outcome<()> {
    let Some(given) = params.at("shipping_cost").as_map() else { return Ok(()) };
    let amount = match given.at("shipping_rate").as_str() {
        Some(id) => {
            let param = "shipping_cost[shipping_rate]";
            let rate = tx.get("shipping_rate", id);
            let rate = rate.ok_or_else(|| Error::no_such_reference("shipping rate", id, param))?;
            rate.path("fixed_amount.amount").as_int().unwrap_or(0)
        }
        None => given.path("shipping_rate_data.fixed_amount.amount").as_int().unwrap_or(0),
    };
    invoicing::set_shipping_cost(invoice, amount, given.at("shipping_rate").clone());
    Ok(())
}

fn set_due(invoice: &mut Map, params: &Map) -> Outcome<()> {
    let days = params.at("days_until_due").as_int();
    let date = params.at("due_date").as_int();
    if invoice.str("collection_method") == "send_invoice" {
        if days.is_none() && date.is_none() && invoice.at("due_date").is_null() {
            return Err(Error::days_until_due_missing(true));
        }
    } else if days.is_some() || date.is_some() {
        return Err(Error::due_date_unexpected());
    }
    let created = invoice.int("created");
    let of_days = days.map(|days| created.saturating_add(days.saturating_mul(DAY)));
    if let Some(due) = date.or(of_days) {
        invoice.set("due_date", due);
    }
    Ok(())
}

/// Whether Stripe finalizes and collects by itself, and when.
fn set_auto_advance(tx: &mut Tx<'_>, invoice: &mut Map, params: &Map) -> Outcome<()> {
    let given = params.at("automatically_finalizes_at").as_int();
    let latest = time::add_months(tx.now(), 60);
    if given.is_some_and(|at| at <= tx.now() || latest < at) && tx.validates() {
        return Err(Error::finalizes_out_of_range());
    }
    let wanted = params.at("auto_advance").as_bool().unwrap_or(given.is_some());
    let at = given.unwrap_or(invoice.int("created") + FINALIZES_AFTER);
    let is_charged = invoice.str("collection_method") == "charge_automatically";
    invoice.set("auto_advance", wanted);
    invoice.set("automatically_finalizes_at", wanted.then_some(at));
    let attempt = (wanted && is_charged).then_some(at - 1);
    invoice.set("next_payment_attempt", attempt);
    tx.unschedule("invoice.advance", invoice.str("id"));
    if wanted {
        tx.schedule(at.max(tx.now()), "invoice.advance", invoice.str("id"));
    }
    Ok(())
}

/// The version since which a preview's anchor is a hash.
const ANCHORS_SINCE: &str = "2026-09-30";

/// What would come next; nothing of it stays.
fn preview(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    previewed(tx, call).map(Body::from)
}

fn previewed(tx: &mut Tx<'_>, call: &Call) -> Outcome<Map> {
    let is_old = call.version.as_deref().is_some_and(|version| version < "2025-03-31");
    let mut params = call.params.clone();
    let anchor = "subscription_details.billing_cycle_anchor";
    let is_newer = call.version.as_deref().is_none_or(|version| ANCHORS_SINCE <= version);
    if is_newer && tx.validates() && params.path(anchor).as_int().is_some() {
        return Err(Error::invalid_object("subscription_details[billing_cycle_anchor]"));
    }
    if !params.contains("subscription") && params.contains("subscription_details") {
        let details = params.map_mut("subscription_details");
        super::subscriptions::set_mode(call, details);
    }
    super::subscriptions::previewing::invoice(tx, &params, is_old)
}

fn preview_lines(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let invoice = previewed(tx, call)?;
    super::catalogue::page_of(call, invoice.at("lines"))
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
    refuse_both_taxes(tx, &invoice)?;
    if is_draft {
        set_due(&mut invoice, params)?;
        set_shipping(tx, &mut invoice, params)?;
    }
    if params.contains("discounts") {
        set_discounts(tx, &mut invoice, params, &Map::new(), &Map::new())?;
    }
    let asked = params.at("auto_advance").as_bool();
    let is_planned = asked.is_some() || params.contains("automatically_finalizes_at");
    if is_draft {
        if is_planned {
            set_auto_advance(tx, &mut invoice, params)?;
        }
        invoicing::add_up(tx, &mut invoice);
    } else if let Some(wanted) = asked {
        set_collection(tx, &mut invoice, wanted);
    }
    Ok(tx.save(invoice).into())
}

/// Only drafts made by hand can go.
fn delete(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut invoice = crud::load(tx, call)?;
    if invoice.str("status") != "draft" || !invoice.at("parent").is_null() {
        return Err(Error::invoice_not_deletable());
    }
    tx.unschedule("invoice.advance", call.id(0));
    let discounts = invoicing::discounts_of(&invoice);
    // Recorded: what is told of last shows that it is deleted, and is told before what goes with it.
    invoice.set("auto_advance", false);
    invoice.set("next_payment_attempt", Value::Null);
    invoice.set("status", "deleted");
    tx.save_untold(invoice);
    let gone = crud::delete(tx, call)?;
    for item in tx.all_where("invoiceitem", "invoice", call.id(0)) {
        tx.delete("invoiceitem", item.str("id"));
    }
    discounting::go_with(tx, &discounts, &["invoice", "invoice_item"]);
    Ok(gone)
}

fn finalize(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut invoice = load(tx, call)?;
    if invoice.str("status") != "draft" {
        return Err(Error::invoice_finalized_already());
    }
    invoicing::refuse_unlocated(tx, &invoice)?;
    invoice = load(tx, call)?;
    if let Some(wanted) = call.params.at("auto_advance").as_bool() {
        set_collection(tx, &mut invoice, wanted);
    }
    Ok(invoicing::finalize(tx, invoice).into())
}

/// Whether Stripe collects by itself what was finalized: within an hour.
fn set_collection(tx: &mut Tx<'_>, invoice: &mut Map, wanted: bool) {
    let at = tx.now() + invoicing::FINALIZES_AFTER;
    let is_charged = invoice.str("collection_method") == "charge_automatically";
    invoice.set("auto_advance", wanted);
    invoice.set("next_payment_attempt", (wanted && is_charged).then_some(at));
    tx.unschedule("invoice.advance", invoice.str("id"));
    if wanted {
        tx.schedule(at, "invoice.advance", invoice.str("id"));
    }
}

fn mark_uncollectible(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let invoice = load(tx, call)?;
    match invoice.str("status") {
        "open" => {}
        "uncollectible" => return Err(Error::invoice_uncollectible_already()),
        _ => return Err(Error::invoice_not_open()),
    }
    let invoice = invoicing::write_off(tx, invoice, "user_forgiven");
    subscribing::written_off(tx, &invoice);
    Ok(invoice.into())
}

/// Paying a draft finalizes it first.
fn pay(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    invoicing::refuse_unlocated(tx, &load(tx, call)?)?;
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

/// Paid invoices can be sent where they were to be sent from the beginning.
fn send(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    invoicing::refuse_unlocated(tx, &crud::load(tx, call)?)?;
    let mut invoice = crud::load(tx, call)?;
    let is_sent = invoice.str("collection_method") == "send_invoice";
    match invoice.str("status") {
        "draft" => invoice = Map::clone(&invoicing::finalize(tx, invoice)),
        "open" => {}
        "paid" if is_sent => {}
        "paid" => return Err(Error::invoice_not_sendable()),
        _ => return Err(Error::invoice_not_open()),
    }
    let invoice = std::rc::Rc::new(invoice);
    tx.announce("invoice.sent", invoice.clone());
    Ok(invoice.into())
}

/// Lets a payment count towards an invoice: at once where it has succeeded already.
fn attach_payment(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let invoice = load(tx, call)?;
    let (name, id) = match call.params.at("payment_intent").as_str() {
        Some(id) => ("payment_intent", id),
        None => ("payment_record", call.params.str("payment_record")),
    };
    if id.is_empty() {
        return Err(Error::must_provide(&["payment_intent", "payment_record"]));
    }
    let Some(payment) = tx.load(name, id) else {
        return Err(Error::no_such_reference(name, id, name));
    };
    match invoice.str("status") {
        "open" | "uncollectible" => {}
        "paid" => return Err(Error::invoice_already_paid()),
        _ => return Err(Error::invoice_not_open()),
    }
    invoicing::attach(tx, &invoice, name, &payment);
    crud::load(tx, call).map(Body::from)
}

/// The first invoice of a subscription takes the subscription with it.
fn void(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let invoice = load(tx, call)?;
    match invoice.str("status") {
        _ if invoicing::has_paid(tx, call.id(0)) => return Err(Error::invoice_paid_not_voidable()),
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

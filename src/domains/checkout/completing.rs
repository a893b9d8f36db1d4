//! The customer's part: a checkout session is filled in, paid or set up, and complete.
//!
//! What comes of it is what Stripe makes, in Stripe's order: the customer, the payment method, the
//! intent or the subscription with its invoice, and last the session. A payment that is declined
//! leaves the session open, and the next one tries again with the same intent.
//!
//! Stripe's page: <https://docs.stripe.com/payments/checkout/fulfillment>.

use super::{BEHIND, SESSION, behind, invoices, items, lines, params_of};
use crate::crud;
use crate::domains::promotion_codes::{self, Spent};
use crate::domains::{coupons, payment_links, subscriptions};
use crate::errors::{Error, Outcome};
use crate::flows::charging::{self, Confirmation};
use crate::flows::intents::{self, Means};
use crate::flows::{payment_methods, setting_up};
use crate::map;
use crate::route;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// The names under which a test says what the customer fills in, where nothing is said.
const NAME: &str = "Jenny Rosen";
const EMAIL: &str = "jenny.rosen@example.com";
const POSTAL_CODE: &str = "42424";

/// Completes an open session as a customer who fills in what is given:
///
/// - `card`: a test card's number, or the parameters of one; `payment_method`: the id of one, such
///   as `pm_card_visa`, or the parameters of one. Without either: 4242 4242 4242 4242.
/// - `email`, `name`, `phone`, `address`, `shipping` (`name`, `address`);
/// - `promotion_code`: what is typed in; `shipping_rate`: the id of the one chosen;
/// - `custom_fields`: values by key; `tax_id`: `type` and `value`; `promotions`: whether to opt in;
/// - `authenticate`: `false` fails 3D Secure and redirects; `save`: ticks "save my details".
///
/// A decline is the error, and what came of it stays.
pub fn complete(tx: &mut Tx<'_>, id: &str, given: &Map) -> Outcome<Rc<Map>> {
    let Some(mut session) = tx.load(SESSION, id) else {
        return Err(Error::no_such(SESSION, id, ""));
    };
    if session.str("status") != "open" {
        let status = session.str("status");
        return Err(Error::control(format!("{id} is {status}, and nobody can complete it")));
    }
    fill_in(tx, &mut session, given)?;
    let mode = session.str("mode").to_string();
    let is_free = mode == "payment" && session.int("amount_total") == 0;
    own_customer(tx, &mut session, given)?;
    if is_free {
        redeem(tx, &session)?;
        session.set("payment_status", "no_payment_required");
        return Ok(close(tx, session));
    }
    let collects = session.str("payment_method_collection") == "always";
    let is_asked = mode != "subscription" || collects || 0 < session.int("amount_total");
    let method = match is_asked {
        true => Some(method(tx, &session, given)?),
        false => None,
    };
    let authenticates = given.at("authenticate").as_bool() != Some(false);
    match (mode.as_str(), method) {
        ("payment", Some(method)) => pay(tx, &mut session, method, authenticates)?,
        ("setup", Some(method)) => set_up(tx, &session, method, authenticates)?,
        (_, method) => subscribe(tx, &mut session, method, authenticates)?,
    }
    Ok(close(tx, session))
}

// What the customer fills in.

/// Sets what the page asks for.
fn fill_in(tx: &mut Tx<'_>, session: &mut Map, given: &Map) -> Outcome<()> {
    let known = session.at("customer").as_id().and_then(|id| tx.get("customer", id)).cloned();
    let known = |name: &str| known.as_ref().and_then(|known| known.at(name).as_str());
    let shown = |name: &str| session.path(&format!("customer_details.{name}")).as_str();
    let text = |name: &str| {
        let said = given.at(name).as_str().or(shown(name)).or(known(name));
        said.map(str::to_string)
    };
    let mut home = address(given.at("address"));
    if home.is_null() {
        home = address(&map! { "country": "US", "postal_code": POSTAL_CODE }.into());
    }
    let tax_ids = given.at("tax_id").as_map().cloned().map(Value::from);
    let details = map! {
        "address": home,
        "business_name": Value::Null,
        "email": text("email").unwrap_or_else(|| EMAIL.to_string()),
        "individual_name": Value::Null,
        "name": text("name").unwrap_or_else(|| NAME.to_string()),
        "phone": text("phone"),
        "tax_exempt": "none",
        "tax_ids": tax_ids.into_iter().collect::<Vec<_>>(),
    };
    session.set("customer_details", details);
    let mut collected = super::collected();
    if let Some(sent) = given.at("shipping").as_map() {
        collected.set("shipping_details", shipping(sent));
    } else if let Some(sent) = session.path("collected_information.shipping_details").as_map() {
        collected.set("shipping_details", sent.clone());
    }
    session.set("collected_information", collected);
    reprice(tx, session, given)?;
    consent(session, given);
    fill_in_fields(session, given)
}

/// Takes a promotion code and a way of shipping into the totals.
fn reprice(tx: &mut Tx<'_>, session: &mut Map, given: &Map) -> Outcome<()> {
    let id = session.str("id").to_string();
    let mut behind = behind(tx, &id);
    let mut items: Vec<Map> =
        items(tx, &id).iter().filter_map(|item| item.as_map().cloned()).collect();
    if let Some(rate) = given.at("shipping_rate").as_id() {
        if !lines::choose_shipping(session, Some(rate)) {
            return Err(Error::control(format!(
                "{rate} is none of the session's shipping options"
            )));
        }
    }
    let mut params = params_of(tx, &id);
    let code = given.at("promotion_code").as_id();
    if let Some(code) = code {
        if session.at("allow_promotion_codes").as_bool() != Some(true) {
            return Err(Error::control("the session does not allow promotion codes"));
        }
        let codes = tx.all("promotion_code");
        let mut codes = codes.iter().filter(|known| known.is_true("active"));
        let is_it = |known: &&Rc<Map>| known.str("code") == code || known.str("id") == code;
        let found = codes.find(is_it).map(|found| found.str("id").to_string());
        let found = found.ok_or_else(|| Error::control(format!("This code is invalid: {code}")))?;
        let discount = map! { "promotion_code": found };
        params.set("discounts", vec![Value::from(discount)]);
    }
    if code.is_some() || session.path("automatic_tax.enabled").as_bool() == Some(true) {
        lines::reckon(tx, session, &params, &mut items)?;
    }
    if !items.is_empty() {
        lines::add_up(session, &items);
        behind.set("items", items.into_iter().map(Value::from).collect::<Vec<_>>());
        tx.save_as(BEHIND.into(), behind);
    }
    Ok(())
}

fn consent(session: &mut Map, given: &Map) {
    let Some(asked) = session.at("consent_collection").as_map() else { return };
    let opts_in = given.is_true("promotions");
    let promotions =
        (asked.str("promotions") == "auto").then_some(if opts_in { "opt_in" } else { "opt_out" });
    let terms = (asked.str("terms_of_service") == "required").then_some("accepted");
    session.set("consent", map! { "promotions": promotions, "terms_of_service": terms });
}

/// The type of a field, which is also where it has what its type has.
pub fn kind_of(field: &Map) -> &'static str {
    match field.str("type") {
        "dropdown" => "dropdown",
        "numeric" => "numeric",
        _ => "text",
    }
}

/// Sets the values of the session's own fields.
fn fill_in_fields(session: &mut Map, given: &Map) -> Outcome<()> {
    let values = given.at("custom_fields").as_map().cloned().unwrap_or_default();
    let Some(Value::List(fields)) = session.get_mut("custom_fields") else { return Ok(()) };
    for field in fields.iter_mut().filter_map(Value::as_map_mut) {
        let key = field.str("key").to_string();
        let kind = kind_of(field);
        let default = field.path(&format!("{kind}.default_value")).clone();
        let value = values.get(&key).cloned().unwrap_or(default);
        if value.is_null() && !field.is_true("optional") {
            return Err(Error::control(format!("the custom field {key} is to be filled in")));
        }
        field.map_mut(kind).set("value", value);
    }
    Ok(())
}

// Who pays, and with what.

/// Makes the customer, where the session is to make one, and writes to a known one what it allows.
fn own_customer(tx: &mut Tx<'_>, session: &mut Map, given: &Map) -> Outcome<()> {
    let params = params_of(tx, session.str("id"));
    let details = session.at("customer_details").as_map().cloned().unwrap_or_default();
    if let Some(id) = session.at("customer").as_id() {
        let Some(mut customer) = tx.load("customer", id) else { return Ok(()) };
        let before = customer.clone();
        let updates =
            |name: &str| params.path(&format!("customer_update.{name}")).as_str() == Some("auto");
        if customer.at("email").is_null() {
            customer.set("email", details.at("email").clone());
        }
        for name in ["address", "name"] {
            if updates(name) {
                customer.set(name, details.at(name).clone());
            }
        }
        if updates("shipping") {
            customer.set("shipping", sent_to(session));
        }
        if customer != before {
            tx.save(customer);
        }
        return Ok(());
    }
    let reuses = params.path("payment_intent_data.setup_future_usage").as_str().is_some();
    let invoices = session.path("invoice_creation.enabled").as_bool() == Some(true);
    // A try that was declined has made the customer already.
    let known = behind(tx, session.str("id")).at("customer").clone();
    if !known.is_null() {
        session.set("customer", known);
        return Ok(());
    }
    let is_made = session.str("customer_creation") == "always" || reuses || invoices;
    if !is_made {
        return Ok(());
    }
    let mut wanted = Map::new();
    for name in ["address", "email", "name", "phone"] {
        wanted.set(name, details.at(name).clone());
    }
    if given.contains("shipping") {
        wanted.set("shipping", sent_to(session));
    }
    wanted.retain(|(_, value)| !value.is_null());
    let customer = route::ask(tx, "customers.create", Vec::new(), wanted)?;
    session.set("customer", customer.at("id").clone());
    Ok(())
}

/// Where things are sent, as a customer and a payment intent show it.
fn sent_to(session: &Map) -> Value {
    let Some(sent) = session.path("collected_information.shipping_details").as_map() else {
        return Value::Null;
    };
    let mut shown = sent.clone();
    shown.set("phone", session.path("customer_details.phone").clone());
    shown.into()
}

/// The payment method that the customer chooses.
fn method(tx: &mut Tx<'_>, session: &Map, given: &Map) -> Outcome<Map> {
    let mut method = payment_methods::of_page(tx, given)?;
    if method.at("customer").is_null() {
        for name in ["address", "email", "name", "phone"] {
            let value = session.path(&format!("customer_details.{name}")).clone();
            method.map_mut("billing_details").set(name, value);
        }
        let params = params_of(tx, session.str("id"));
        let reuses = !params.path("payment_intent_data.setup_future_usage").is_null();
        // One that is kept because the flow needs it is shown to the customer only there.
        let is_kept = session.str("mode") != "payment" || reuses;
        match (given.is_true("save"), is_kept) {
            (true, _) => method.set("allow_redisplay", "always"),
            (false, true) => method.set("allow_redisplay", "limited"),
            (false, false) => {}
        }
        tx.save(method.clone());
    }
    // A bank account is verified on the page.
    if method.str("type") == "us_bank_account" {
        payment_methods::mark_set_up(tx, method.str("id"));
    }
    Ok(method)
}

// The three modes.

/// Pays the session's payment intent, which is made for the first try.
fn pay(tx: &mut Tx<'_>, session: &mut Map, method: Map, authenticates: bool) -> Outcome<()> {
    let known = session.at("payment_intent").as_id().and_then(|id| tx.load("payment_intent", id));
    let mut intent = match known {
        Some(intent) => intent,
        None => Map::clone(&*payment_intent(tx, session)?),
    };
    session.set("payment_intent", intent.at("id").clone());
    // Stripe shows the session's intent from the first try on, however that ends.
    tx.save(session.clone());
    intent.set("amount", session.int("amount_total"));
    intent.set("customer", session.at("customer").clone());
    if let Ok(sent) = sent_to(session).into_map() {
        intent.set("shipping", complete_shipping(sent));
    }
    admit(session, &mut intent, &method)?;
    let id = intent.str("id").to_string();
    let params = accepted();
    let how = Confirmation {
        return_url: session.at("success_url").as_str(),
        params: Some(&params),
        ..Confirmation::default()
    };
    charging::confirm(tx, intent, method, &how)?;
    let intent = finish(tx, &id, authenticates)?;
    let is_paid = intent.str("status") == "succeeded";
    session.set("payment_status", if is_paid { "paid" } else { "unpaid" });
    match is_paid && session.path("invoice_creation.enabled").as_bool() == Some(true) {
        true => invoices::make(tx, session, &intent),
        false => redeem(tx, session),
    }
}

/// Counts what the session's discount was used for.
fn redeem(tx: &mut Tx<'_>, session: &Map) -> Outcome<()> {
    for discount in super::named_discounts(session).iter().filter_map(Value::as_map) {
        let customer = session.at("customer").as_id();
        let coupon = match discount.at("promotion_code").as_id() {
            Some(code) => {
                promotion_codes::redeem(tx, code, customer, &Spent::Unknown, "discounts")?
            }
            None => discount.at("coupon").as_id().unwrap_or("").to_string(),
        };
        coupons::redeem(tx, &coupon);
    }
    Ok(())
}

/// Refuses a type of payment method that the page does not offer. Where the Dashboard decides, it
/// offers all.
fn admit(session: &Map, intent: &mut Map, method: &Map) -> Outcome<()> {
    if !session.at("payment_method_configuration_details").is_null() {
        intent.set("automatic_payment_methods", map! { "enabled": true });
    }
    intents::admit_type(intent, method)?;
    intent.set("automatic_payment_methods", Value::Null);
    Ok(())
}

/// What debits ask for: the customer agrees to a mandate on the page.
fn accepted() -> Map {
    let online = map! { "ip_address": "127.0.0.1", "user_agent": "Mozilla/5.0" };
    map! {
        "mandate_data": map! {
            "customer_acceptance": map! { "online": online, "type": "online" },
        },
    }
}

/// Has the customer do what the intent asks for, unless that is done elsewhere and later.
fn finish(tx: &mut Tx<'_>, id: &str, authenticates: bool) -> Outcome<Rc<Map>> {
    let intent = tx.load("payment_intent", id).unwrap_or_default();
    let method = intent.at("payment_method").as_id().and_then(|id| tx.get("payment_method", id));
    let means = intents::means(method.map_or("card", |method| method.str("type")));
    let waits = intent.str("status") == "requires_action";
    let intent = match waits && !matches!(means, Means::Voucher | Means::Transfer) {
        true => charging::authenticate(tx, intent, authenticates)?,
        false => Rc::new(intent),
    };
    match (intent.str("status"), intent.at("last_payment_error").as_map()) {
        ("requires_payment_method", Some(error)) => {
            Err(Error::payment_declined(error).with("payment_intent", Value::Map(intent.clone())))
        }
        _ => Ok(intent),
    }
}

fn set_up(tx: &mut Tx<'_>, session: &Map, method: Map, authenticates: bool) -> Outcome<()> {
    let intent = session.at("setup_intent").as_id().and_then(|id| tx.load("setup_intent", id));
    let mut intent = match intent {
        Some(intent) => intent,
        None => Map::clone(&*setup_intent(tx, session)?),
    };
    intent.set("customer", session.at("customer").clone());
    admit(session, &mut intent, &method)?;
    let params = accepted();
    let how = Confirmation {
        return_url: session.at("success_url").as_str(),
        params: Some(&params),
        ..Confirmation::default()
    };
    let mut intent = setting_up::confirm(tx, intent, method, &how)?;
    if intent.str("status") == "requires_action" {
        intent = setting_up::authenticate(tx, Map::clone(&intent), authenticates)?;
    }
    match intent.at("last_setup_error").as_map() {
        Some(error) => {
            Err(Error::payment_declined(error).with("setup_intent", Value::Map(intent.clone())))
        }
        None => Ok(()),
    }
}

/// Members of `subscription_data` that subscriptions have too.
const OF_SUBSCRIPTIONS: &[&str] = &[
    "application_fee_percent",
    "billing_cycle_anchor",
    "billing_mode",
    "default_tax_rates",
    "description",
    "invoice_settings",
    "metadata",
    "on_behalf_of",
    "proration_behavior",
    "transfer_data",
    "trial_end",
    "trial_period_days",
    "trial_settings",
];

/// Makes the subscription and has its first invoice paid. Since basil a card pays first, and a declined
/// try leaves no subscription; before it, the next one pays the invoice that the declined one made:
/// <https://docs.stripe.com/changelog/basil/2025-03-31/checkout-legacy-subscription-upgrade>.
fn subscribe(
    tx: &mut Tx<'_>,
    session: &mut Map,
    method: Option<Map>,
    authenticates: bool,
) -> Outcome<()> {
    let id = session.str("id").to_string();
    let customer = session.at("customer").as_id().unwrap_or("").to_string();
    let method = match method {
        Some(method) if method.at("customer").is_null() => {
            Some(payment_methods::attach(tx, method, &customer)?)
        }
        other => other.map(Rc::new),
    };
    let mut behind = behind(tx, &id);
    let params = subscription_params(tx, session, method.as_deref());
    let tried = behind.at("subscription").as_str().map(str::to_string);
    let ahead = match &method {
        Some(method) if tried.is_none() && !behind.is_true("is_old") => {
            pay_ahead(tx, session, method, &params, authenticates)?
        }
        _ => None,
    };
    let subscription = match (tried, ahead) {
        (Some(subscription), _) => {
            let subscription = tx.load("subscription", &subscription).unwrap_or_default();
            let invoice = subscription.at("latest_invoice").as_id().unwrap_or("").to_string();
            let method = method.map_or(Value::Null, |method| method.at("id").clone());
            let with = map! { "payment_method": method };
            route::ask(tx, "invoices.pay", vec![invoice], with)?;
            subscription.str("id").to_string()
        }
        (None, Some(intent)) => {
            subscriptions::begin_paid(tx, &params, &intent)?.str("id").to_string()
        }
        (None, None) => {
            let made = route::ask(tx, "subscriptions.create", Vec::new(), params)?;
            made.str("id").to_string()
        }
    };
    behind.set("customer", customer);
    behind.set("subscription", subscription.clone());
    tx.save_as(BEHIND.into(), behind);
    let made = tx.get("subscription", &subscription).cloned().unwrap_or_default();
    let invoice = made.at("latest_invoice").as_id().unwrap_or("").to_string();
    if made.str("status") == "incomplete"
        && let Some(intent) = crate::flows::invoicing::intent_of(tx, &invoice)
    {
        finish(tx, intent.str("id"), authenticates)?;
    }
    let status = match tx.get("invoice", &invoice) {
        Some(invoice) if invoice.int("total") != 0 => match invoice.str("status") {
            "paid" => "paid",
            _ => "unpaid",
        },
        _ => "no_payment_required",
    };
    session.set("invoice", (!invoice.is_empty()).then_some(invoice));
    session.set("payment_status", status);
    session.set("subscription", subscription);
    Ok(())
}

/// Has a card pay what the first invoice will ask for; nothing where it asks for nothing, or where
/// it is only known later whether it is paid.
fn pay_ahead(
    tx: &mut Tx<'_>,
    session: &Map,
    method: &Map,
    params: &Map,
    authenticates: bool,
) -> Outcome<Option<Rc<Map>>> {
    let (_, invoice) = tx.what_if(tx.now(), |tx| subscriptions::begin(tx, params))?;
    let due = invoice.map_or(0, |invoice| invoice.int("amount_due"));
    if due == 0 || !matches!(method.str("type"), "card" | "link") {
        return Ok(None);
    }
    let id = session.str("id").to_string();
    let mut behind = behind(tx, &id);
    let known = behind.at("payment_intent").as_id().and_then(|id| tx.load("payment_intent", id));
    let mut intent = match known {
        Some(intent) => intent,
        None => {
            let mut intent = intent(tx, session, "payment_intent")?;
            intent.set("capture_method", "automatic");
            intent.set("currency", session.at("currency").clone());
            intent.set("description", "Subscription creation");
            intent.set("setup_future_usage", "off_session");
            intent
        }
    };
    intent.set("amount", due);
    intent.set("customer", session.at("customer").clone());
    let intent = tx.save(intent);
    behind.set("customer", session.at("customer").clone());
    behind.set("payment_intent", intent.at("id").clone());
    tx.save_as(BEHIND.into(), behind);
    let accepted = accepted();
    let how = Confirmation {
        return_url: session.at("success_url").as_str(),
        params: Some(&accepted),
        ..Confirmation::default()
    };
    let (intent, method) = (Map::clone(&intent), method.clone());
    let id = intent.str("id").to_string();
    charging::confirm(tx, intent, method, &how)?;
    finish(tx, &id, authenticates).map(Some)
}

fn subscription_params(tx: &Tx<'_>, session: &Map, method: Option<&Map>) -> Map {
    let id = session.str("id");
    let given = params_of(tx, id);
    let data = given.at("subscription_data").as_map().cloned().unwrap_or_default();
    let mut params: Map =
        data.into_iter().filter(|(name, _)| OF_SUBSCRIPTIONS.contains(&name.as_ref())).collect();
    let (mut recurring, mut once) = (Vec::new(), Vec::new());
    for (place, item) in items(tx, id).iter().filter_map(Value::as_map).enumerate() {
        let mut line = map! { "price": item.path("price.id").clone() };
        let rates = lines::rates_at(&given, place);
        if !rates.is_empty() {
            line.set("tax_rates", rates);
        }
        if !item.at("quantity").is_null() {
            line.set("quantity", item.at("quantity").clone());
        }
        match item.path("price.recurring").is_null() {
            true => once.push(Value::from(line)),
            // A price described in place is inactive, and is subscribed to like one just described.
            false => {
                line.set("price_data", Map::new());
                recurring.push(Value::from(line));
            }
        }
    }
    params.set("customer", session.at("customer").clone());
    params.set("items", recurring);
    if !once.is_empty() {
        params.set("add_invoice_items", once);
    }
    if let Some(method) = method {
        params.set("default_payment_method", method.at("id").clone());
    }
    if session.path("automatic_tax.enabled").as_bool() == Some(true) {
        params.set("automatic_tax", map! { "enabled": true });
    }
    params.set("payment_behavior", "allow_incomplete");
    let discounts = super::named_discounts(session);
    if !discounts.is_empty() {
        params.set("discounts", discounts);
    }
    params
}

/// Saves the session as complete.
fn close(tx: &mut Tx<'_>, mut session: Map) -> Rc<Map> {
    tx.unschedule("checkout.expire", session.str("id"));
    session.set("status", "complete");
    session.set("url", Value::Null);
    let session = tx.save(session);
    if let Some(link) = session.at("payment_link").as_id() {
        payment_links::count(tx, link);
    }
    session
}

// Intents.

/// Members of `payment_intent_data` and `setup_intent_data` that intents have too.
const OF_INTENTS: &[&str] = &[
    "application_fee_amount",
    "capture_method",
    "description",
    "metadata",
    "on_behalf_of",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
];

/// The payment intent of a session, made when it is first paid.
pub fn payment_intent(tx: &mut Tx<'_>, session: &Map) -> Outcome<Rc<Map>> {
    let mut intent = intent(tx, session, "payment_intent")?;
    intent.set("amount", session.int("amount_total"));
    intent.set("currency", session.at("currency").clone());
    Ok(tx.save(intent))
}

/// The setup intent of a session, made with it.
pub fn setup_intent(tx: &mut Tx<'_>, session: &Map) -> Outcome<Rc<Map>> {
    let intent = intent(tx, session, "setup_intent")?;
    Ok(tx.save(intent))
}

fn intent(tx: &mut Tx<'_>, session: &Map, name: &'static str) -> Outcome<Map> {
    let params = params_of(tx, session.str("id"));
    let data = params.at(if name == "payment_intent" {
        "payment_intent_data"
    } else {
        "setup_intent_data"
    });
    let mut given = data.as_map().cloned().unwrap_or_default();
    given.retain(|(name, _)| OF_INTENTS.contains(&name.as_ref()));
    let kind = Object::find(name).expect("intents are published types");
    let mut intent = crud::draft_kind(tx, kind, &given)?;
    let types = session.at("payment_method_types").as_list().unwrap_or_default();
    let options = intents::options(types, name == "setup_intent");
    intent.set("payment_method_options", options);
    intents::merge_options(&mut intent, &params);
    intent.set("payment_method_types", types.to_vec());
    intent.set("automatic_payment_methods", Value::Null);
    for name in ["customer", "payment_method_configuration_details"] {
        intent.set(name, session.at(name).clone());
    }
    Ok(intent)
}

/// A name and an address to send things to, with all their fields.
pub fn shipping(given: &Map) -> Map {
    let mut shown = Map::new();
    shown.set("address", address(given.at("address")));
    shown.set("name", given.at("name").clone());
    shown
}

/// An address with all its fields; null where there is none.
pub fn address(given: &Value) -> Value {
    let Some(given) = given.as_map() else { return Value::Null };
    let mut shown = Map::new();
    for name in ["city", "country", "line1", "line2", "postal_code", "state"] {
        shown.set(name, given.at(name).clone());
    }
    shown.into()
}

/// A hash that shipping in an intent shows whole.
fn complete_shipping(mut sent: Map) -> Map {
    for name in ["carrier", "tracking_number"] {
        sent.set(name, Value::Null);
    }
    sent
}

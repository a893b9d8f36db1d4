//! What payment intents and setup intents share: which payment methods they take, whose they may
//! be, what is asked of the customer, and what is remembered of a failure.

use crate::call::Call;
use crate::crud;
use crate::errors::{self, Error, Outcome};
use crate::flows;
use crate::flows::payment_methods;
use crate::flows::test_values::banks::Settlement;
use crate::flows::test_values::vouchers;
use crate::map;
use crate::schema::{Kind, Object, Shape};
use crate::store::Tx;
use crate::value::{Map, Text, Value};
use std::rc::Rc;

/// The version since which intents take the payment methods of the Dashboard unless told otherwise.
const AUTOMATIC_SINCE: &str = "2023-08-16";

/// How a payment method works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// The bank answers at once.
    Card,
    /// Money is pulled from an account; the bank answers days later.
    Debit,
    /// The customer is sent to another page and comes back with an answer.
    Redirect,
    /// The customer gets something to pay with elsewhere.
    Voucher,
    /// The customer sends money to an account made for them.
    Transfer,
}

/// How a type of payment method works.
pub fn means(kind: &str) -> Means {
    match kind {
        "card" | "link" | "card_present" | "interac_present" => Means::Card,
        "us_bank_account" | "sepa_debit" | "bacs_debit" | "au_becs_debit" | "acss_debit"
        | "nz_bank_account" | "payto" => Means::Debit,
        "boleto" | "oxxo" | "konbini" | "multibanco" | "paynow" | "promptpay" | "pix"
        | "wechat_pay" | "swish" => Means::Voucher,
        "customer_balance" => Means::Transfer,
        _ => Means::Redirect,
    }
}

// Which payment methods an intent takes.

/// Says which types of payment methods an intent takes, by what the request says and the version it
/// is made in. Called when the intent is made.
pub fn settle_types(tx: &mut Tx<'_>, call: &Call, intent: &mut Map) {
    let is_setup = intent.str("object") == "setup_intent";
    let params = &call.params;
    let listed = params.at("payment_method_types").as_list();
    let is_automatic = match params.at("automatic_payment_methods").as_map() {
        Some(automatic) => automatic.is_true("enabled"),
        None => listed.is_none() && AUTOMATIC_SINCE <= call.version.as_deref().unwrap_or("9"),
    };
    let excluded = params.at("excluded_payment_method_types").as_list().unwrap_or(&[]);
    let allowed = params.at("allowed_payment_method_types").as_list();
    let asked = params.at("payment_method_configuration").as_str();
    let configuration = is_automatic.then(|| configuration(tx, asked));
    let types: Vec<Value> = match (listed, &configuration) {
        (Some(listed), _) => listed.to_vec(),
        (None, Some(configuration)) => match allowed {
            Some(allowed) => allowed.to_vec(),
            None => configured_types(tx, configuration),
        },
        (None, None) => vec!["card".into()],
    };
    let types: Vec<Value> = types.into_iter().filter(|kind| !excluded.contains(kind)).collect();
    if let Some(configuration) = configuration {
        let redirects = params.path("automatic_payment_methods.allow_redirects").as_str();
        let redirects = redirects.unwrap_or("always").to_string();
        intent.set(
            "automatic_payment_methods",
            map! { "allow_redirects": redirects, "enabled": true },
        );
        intent.set(
            "payment_method_configuration_details",
            map! { "id": configuration, "parent": Value::Null },
        );
    } else {
        intent.set("automatic_payment_methods", Value::Null);
        intent.set("payment_method_configuration_details", Value::Null);
    }
    let mut options = options(&types, is_setup);
    // Recorded: not where the types are listed and the payment method is there already.
    let connects = is_automatic || params.at("payment_method").is_null();
    let own = options.get_mut("us_bank_account").and_then(Value::as_map_mut);
    if let (false, true, Some(own)) = (is_setup, connects, own) {
        let permissions = vec![Value::from("payment_method")];
        let connections = map! { "permissions": permissions, "prefetch": Vec::new() };
        own.set("financial_connections", connections);
    }
    intent.set("payment_method_types", types);
    intent.set("payment_method_options", options);
}

/// The payment method configuration asked for, or the account's default one, made at first use.
pub fn configuration(tx: &mut Tx<'_>, asked: Option<&str>) -> Text {
    if let Some(asked) = asked.filter(|asked| tx.exists("payment_method_configuration", asked)) {
        return Text::from(asked.to_string());
    }
    let known = tx.all("payment_method_configuration");
    if let Some(default) = known.iter().find(|known| known.is_true("is_default")) {
        return Text::from(default.str("id").to_string());
    }
    let mut configuration = flows::fresh(tx, "payment_method_configuration");
    configuration.set("is_default", true);
    configuration.set("name", "Default");
    let saved = tx.save(configuration);
    Text::from(saved.str("id").to_string())
}

/// The types that intents take by a configuration which somebody made or changed.
pub const CONFIGURED: &str = "fakestripe.configured_types";

/// What configurations turn on and intents take as cards.
pub const WITHIN_CARDS: &[&str] =
    &["apple_pay", "cartes_bancaires", "google_pay", "jcb", "samsung_pay"];

fn configured_types(tx: &Tx<'_>, configuration: &str) -> Vec<Value> {
    let types = tx.get(CONFIGURED, configuration).and_then(|row| row.at("types").as_list());
    types.map_or_else(|| vec!["card".into(), "link".into()], <[Value]>::to_vec)
}

/// The options of each type, as Stripe fills them in.
pub fn options(types: &[Value], is_setup: bool) -> Map {
    let mut out = Map::new();
    for kind in types.iter().filter_map(Value::as_str) {
        out.set(kind.to_string(), default_options(kind, is_setup));
    }
    // A setup intent shows only the types that have options.
    if is_setup {
        out.retain(|(kind, options)| {
            kind == "card" || options.as_map().is_some_and(|options| !options.is_empty())
        });
    }
    out
}

fn default_options(kind: &str, is_setup: bool) -> Map {
    match kind {
        "card" if is_setup => map! {
            "mandate_options": Value::Null,
            "network": Value::Null,
            "request_three_d_secure": "automatic",
        },
        "card" => map! {
            "installments": Value::Null,
            "mandate_options": Value::Null,
            "network": Value::Null,
            "request_three_d_secure": "automatic",
        },
        "link" if !is_setup => map! { "persistent_token": Value::Null },
        "us_bank_account" => map! {
            "mandate_options": Map::new(),
            "verification_method": "automatic",
        },
        "acss_debit" => map! {
            "mandate_options": map! {
                "interval_description": Value::Null,
                "payment_schedule": Value::Null,
                "transaction_type": Value::Null,
            },
            "verification_method": "automatic",
        },
        "customer_balance" => map! { "funding_type": Value::Null },
        "afterpay_clearpay" if !is_setup => map! { "reference": Value::Null },
        "klarna" if !is_setup => map! { "preferred_locale": Value::Null },
        "amazon_pay" if !is_setup => map! { "express_checkout_element_session_id": Value::Null },
        "wechat_pay" => map! { "app_id": Value::Null, "client": Value::Null },
        _ => Map::new(),
    }
}

/// Lays the options of a request over those of an intent.
pub fn merge_options(intent: &mut Map, params: &Map) {
    let Some(given) = params.at("payment_method_options").as_map() else { return };
    let shape = Object::find(intent.str("object")).and_then(|kind| inner(kind.shape(), OPTIONS));
    merge(intent.map_mut(OPTIONS), given, shape);
}

const OPTIONS: &str = "payment_method_options";

fn inner(shape: Shape, name: &str) -> Option<Shape> {
    match shape.field(name)?.kind {
        Kind::Object(shape) => Some(shape),
        _ => None,
    }
}

/// A hash that was not there begins with all its fields; what only a request has is not kept.
fn merge(own: &mut Map, given: &Map, shape: Option<Shape>) {
    for (name, value) in given.iter() {
        let Some(field) = shape.and_then(|shape| shape.field(name)) else { continue };
        let within = shape.and_then(|shape| inner(shape, name));
        let Some(given) = value.as_map() else {
            let cleared = value.is_empty_string();
            own.set(field.name, if cleared { Value::Null } else { value.clone() });
            continue;
        };
        if own.at(name).as_map().is_none() {
            own.set(field.name, within.map(crud::blank).unwrap_or_default());
        }
        if let Some(own) = own.get_mut(name).and_then(Value::as_map_mut) {
            merge(own, given, within);
        }
    }
}

/// Refuses what only a confirmation knows where there is none.
pub fn refuse_without_confirm(params: &Map, names: &[&'static str], noun: &str) -> Outcome<()> {
    let is_said = |name: &&&'static str| {
        let value = params.at(name);
        !value.is_null() && value.as_bool() != Some(false)
    };
    match names.iter().find(is_said).filter(|_| !params.is_true("confirm")) {
        Some(name) => Err(Error::only_with_confirm(name, noun)),
        None => Ok(()),
    }
}

/// Refuses a payment method of a type the intent does not take. Where the Dashboard decides, the
/// account is one that has every type turned on.
pub fn admit_type(intent: &mut Map, method: &Map) -> Outcome<()> {
    let kind = method.str("type").to_string();
    let is_setup = intent.str("object") == "setup_intent";
    let listed = intent.at("payment_method_types").as_list().unwrap_or(&[]);
    if listed.iter().any(|listed| listed.as_str() == Some(&kind)) {
        return Ok(());
    }
    if intent.at("automatic_payment_methods").is_null() {
        let noun = if is_setup { "SetupIntent" } else { "PaymentIntent" };
        let types: Vec<&str> = listed.iter().filter_map(Value::as_str).collect();
        return Err(Error::payment_method_type_not_allowed(&kind, noun, &types.join(", ")));
    }
    let mut types = listed.to_vec();
    types.push(kind.clone().into());
    intent.set("payment_method_types", types);
    let options = default_options(&kind, is_setup);
    intent.map_mut("payment_method_options").set(kind, options);
    Ok(())
}

/// Refuses a payment method that is another customer's, or used up.
pub fn admit_owner(tx: &Tx<'_>, intent: &Map, method: &Map) -> Outcome<()> {
    let is_setup = intent.str("object") == "setup_intent";
    let id = method.str("id");
    match (method.at("customer").as_id(), intent.at("customer").as_id()) {
        (Some(owner), Some(customer)) if owner != customer => {
            Err(Error::payment_method_of_another(id, customer))
        }
        (Some(owner), None) if is_setup => Err(Error::setup_method_needs_customer(id, owner)),
        (Some(owner), None) => Err(Error::payment_method_needs_customer(id, owner)),
        (None, _) if payment_methods::is_spent(tx, id) => Err(Error::payment_method_spent()),
        _ => Ok(()),
    }
}

// Confirmation tokens.

/// The type under which the payment methods that tokens stand for are kept; no object has it.
pub const TOKEN_METHODS: &str = "fakestripe.confirmation_token_method";

/// The parameters with what their confirmation token says, where they do not say it themselves.
pub fn with_token(tx: &Tx<'_>, params: &Map) -> Outcome<Map> {
    let mut params = params.clone();
    let Some(id) = params.at("confirmation_token").as_id().map(str::to_string) else {
        return Ok(params);
    };
    let Some(token) = tx.get("confirmation_token", &id) else {
        let param = "confirmation_token";
        return Err(Error::no_such_reference("confirmation_token", &id, param));
    };
    let is_used = !token.at("payment_intent").is_null() || !token.at("setup_intent").is_null();
    if is_used {
        return Err(Error::confirmation_token_used(&id));
    }
    for name in ["return_url", "setup_future_usage", "shipping"] {
        if !params.contains(name) && !token.at(name).is_null() {
            params.set(name, token.at(name).clone());
        }
    }
    if !params.contains("payment_method") && !params.contains("payment_method_data") {
        let method = tx.get(TOKEN_METHODS, &id).map(|kept| kept.at("payment_method").clone());
        params.set("payment_method", method.unwrap_or_default());
    }
    Ok(params)
}

/// Uses up the confirmation token an intent was confirmed with.
pub fn use_token(tx: &mut Tx<'_>, params: &Map, intent: &Map) {
    let id = params.at("confirmation_token").as_id();
    let Some(mut token) = id.and_then(|id| tx.load("confirmation_token", id)) else { return };
    let name =
        if intent.str("object") == "setup_intent" { "setup_intent" } else { "payment_intent" };
    token.set(name, intent.at("id").clone());
    tx.save(token);
}

// What is asked of the customer.

/// What the customer has to do to authenticate or pay.
pub fn next_action(tx: &mut Tx<'_>, intent: &Map, method: &Map, return_url: Option<&str>) -> Map {
    let kind = method.str("type").to_string();
    match means(&kind) {
        Means::Card => challenge(tx, intent, return_url),
        Means::Redirect | Means::Voucher => {
            let fate = vouchers::fate(method.path("billing_details.email").as_str().unwrap_or(""));
            let expires_at = tx.now() + fate.lives;
            let own = own_action(intent, &kind, || elsewhere(tx, &kind, expires_at, return_url));
            own.unwrap_or_else(|| {
                let token = tx.characters("redirect", 24);
                let account = tx.account().clone();
                let url =
                    format!("https://pm-redirects.stripe.com/authorize/{account}/sa_nonce_{token}");
                redirect_to(return_url.unwrap_or(""), url)
            })
        }
        Means::Transfer => bank_transfer(tx, intent),
        Means::Debit => microdeposits(tx),
    }
}

fn redirect_to(return_url: &str, url: String) -> Map {
    map! {
        "redirect_to_url": map! { "return_url": return_url.to_string(), "url": url },
        "type": "redirect_to_url",
    }
}

/// 3D Secure: a redirect where the request says where to return to, else for Stripe.js.
fn challenge(tx: &mut Tx<'_>, intent: &Map, return_url: Option<&str>) -> Map {
    let (id, secret) = (intent.str("id").to_string(), intent.str("client_secret").to_string());
    let name = intent.str("object").to_string();
    if let Some(return_url) = return_url {
        let key = tx.characters("publishable_key_shown", 24);
        let source = tx.characters("payment_attempt", 24);
        let account = tx.account().clone();
        let url = format!(
            "https://hooks.stripe.com/3d_secure_2/hosted?merchant={account}&{name}={id}&\
             {name}_client_secret={secret}&publishable_key=pk_test_{key}&source=payatt_{source}"
        );
        return redirect_to(return_url, url);
    }
    let source = tx.new_id("source");
    let (client, slug) = (tx.characters("source", 24), tx.characters("source_redirect", 60));
    map! {
        "type": "use_stripe_sdk",
        "use_stripe_sdk": map! {
            "source": source.clone(),
            "stripe_js": format!(
                "https://hooks.stripe.com/redirect/authenticate/{source}?\
                 client_secret=src_client_secret_{client}&source_redirect_slug=test_{slug}"
            ),
            "type": "three_d_secure_redirect",
        },
    }
}

/// What is shown of a payment elsewhere, by the names that the fields of the actions have.
fn elsewhere(tx: &mut Tx<'_>, kind: &str, expires_at: i64, return_url: Option<&str>) -> Map {
    let token = tx.characters("voucher", 32);
    let number = tx.characters_of("voucher_number", 16, b"0123456789");
    let at = |what: &str| format!("https://payments.stripe.com/{kind}/{what}/test_{token}");
    let image = |ending: &str| format!("https://qr.stripe.com/test_{token}.{ending}");
    map! {
        "confirmation_number": number[..11].to_string(),
        "data": token.clone(),
        "entity": number[..5].to_string(),
        "expires_after": expires_at,
        "expires_at": expires_at,
        "hosted_instructions_url": at("instructions"),
        "hosted_voucher_url": at("voucher"),
        "image_data_url": "data:image/png;base64,iVBORw0KGgo=",
        "image_url_png": image("png"),
        "image_url_svg": image("svg"),
        "mobile_auth_url": at("authorize"),
        "number": number.clone(),
        "payment_code": number[..6].to_string(),
        "pdf": at("voucher") + "/pdf",
        "reference": number[..9].to_string(),
        "return_url": return_url.map(str::to_string),
        "url": at("authorize"),
    }
}

/// The action that a type of payment method has of its own, as its shape has it; nothing where it
/// has none.
fn own_action(intent: &Map, kind: &str, told: impl FnOnce() -> Map) -> Option<Map> {
    // Klarna shows its code only on the page it redirects to.
    let endings: &[&str] = match kind {
        "klarna" => &[],
        _ => &[
            "_display_details",
            "_display_qr_code",
            "_handle_redirect",
            "_handle_redirect_or_display_qr_code",
            "_authorize",
        ],
    };
    let shape = Object::find(intent.str("object"))?.shape();
    let actions = inner(shape, "next_action")?;
    let field = endings.iter().find_map(|ending| actions.field(&format!("{kind}{ending}")))?;
    let details = fill(inner(actions, field.name)?, &told());
    let mut action = map! { "type": field.name };
    action.set(field.name, details);
    Some(action)
}

/// A hash of that shape with what is known of its fields.
fn fill(shape: Shape, told: &Map) -> Map {
    let mut out = Map::new();
    for field in shape.fields() {
        let value = match field.kind {
            Kind::Object(shape) => fill(shape, told).into(),
            _ => told.at(field.name).clone(),
        };
        out.set(field.name, value);
    }
    out
}

/// The account that a customer's transfers in a currency go to, always the same one.
pub fn bank_address(tx: &Tx<'_>, currency: &str, customer: &str) -> Map {
    const DIGITS: &[u8] = b"0123456789";
    let (kind, networks): (&'static str, &[&'static str]) = match currency {
        "eur" => ("iban", &["sepa"]),
        "gbp" => ("sort_code", &["bacs", "fps"]),
        "jpy" => ("zengin", &["zengin"]),
        "mxn" => ("spei", &["spei"]),
        _ => ("aba", &["ach", "domestic_wire_us"]),
    };
    let number = tx.derived(&format!("bank_transfer_{currency}_{customer}"), 12, DIGITS);
    let shape = Object::find("funding_instructions")
        .and_then(|object| inner(object.shape(), "bank_transfer"))
        .and_then(|shape| match shape.field("financial_addresses")?.kind {
            Kind::List(each) => match each.kind() {
                Kind::Object(shape) => inner(shape, kind),
                _ => None,
            },
            _ => None,
        });
    let mut details = shape.map(crud::blank).unwrap_or_default();
    for (name, value) in [
        ("account_holder_name", "Fakestripe".to_string()),
        ("account_number", number.clone()),
        ("account_type", "checking".to_string()),
        ("bank_code", "646".to_string()),
        ("bank_name", "STRIPE TEST BANK".to_string()),
        ("bic", "SXPYDEHH".to_string()),
        ("clabe", format!("646180{number}")),
        ("country", "DE".to_string()),
        ("iban", format!("DE11243461{number}")),
        ("routing_number", "110000000".to_string()),
        ("sort_code", "108800".to_string()),
    ] {
        if details.contains(name) {
            details.set(name, value);
        }
    }
    let networks: Vec<Value> = networks.iter().copied().map(Value::from).collect();
    let mut address = map! { "supported_networks": networks, "type": kind };
    address.set(kind, details);
    address
}

fn bank_transfer(tx: &mut Tx<'_>, intent: &Map) -> Map {
    let currency = intent.str("currency");
    let kind = match currency {
        "eur" => "eu_bank_transfer",
        "gbp" => "gb_bank_transfer",
        "jpy" => "jp_bank_transfer",
        "mxn" => "mx_bank_transfer",
        _ => "us_bank_transfer",
    };
    let address = bank_address(tx, currency, intent.at("customer").as_id().unwrap_or(""));
    let token = tx.characters("bank_transfer", 32);
    map! {
        "display_bank_transfer_instructions": map! {
            "amount_remaining": intent.at("amount").clone(),
            "currency": intent.at("currency").clone(),
            "financial_addresses": vec![Value::from(address)],
            "hosted_instructions_url":
                format!("https://payments.stripe.com/bank_transfers/instructions/test_{token}"),
            "reference": tx.characters_of("bank_transfer_reference", 12, b"ABCDEFGHJKLMNPQRSTUVWXYZ"),
            "type": kind,
        },
        "type": "display_bank_transfer_instructions",
    }
}

fn microdeposits(tx: &mut Tx<'_>) -> Map {
    let token = tx.characters("microdeposit", 60);
    // Two days later, in the morning.
    let arrival = (tx.now().div_euclid(86_400) + 2) * 86_400 + 7 * 3600;
    map! {
        "type": "verify_with_microdeposits",
        "verify_with_microdeposits": map! {
            "arrival_date": arrival,
            "hosted_verification_url":
                format!("https://payments.stripe.com/microdeposit/sacs_test_{token}"),
            "microdeposit_type": "descriptor_code",
        },
    }
}

/// How an attempt to verify microdeposits ends.
pub enum Verification {
    Verified,
    /// The account can no longer be verified: the code that says why.
    Failed(&'static str),
}

/// Attempts that did not succeed, by intent.
const ATTEMPTS: &str = "fakestripe.microdeposit_attempts";

const EXCEEDED: &str = "payment_method_microdeposit_verification_attempts_exceeded";
const TIMEOUT: &str = "payment_method_microdeposit_verification_timeout";

/// How long microdeposits can be verified.
const VERIFIABLE: i64 = 10 * 86_400;

/// Compares microdeposits with those of the testing documentation: 32 and 45, or `SM11AA`. Amounts
/// can be tried three times, descriptor codes ten times.
pub fn verify(tx: &mut Tx<'_>, intent: &Map, params: &Map) -> Outcome<Verification> {
    let amounts = params.at("amounts").as_list();
    let sent: Vec<i64> =
        amounts.unwrap_or_default().iter().filter_map(Value::as_int).take(3).collect();
    let code = params.str("descriptor_code").to_ascii_uppercase();
    let failed = match (sent.as_slice(), code.as_str()) {
        ([32, 45] | [45, 32], "") | ([], "SM11AA") => return Ok(Verification::Verified),
        ([], "") => return Err(Error::must_provide(&["amounts", "descriptor_code"])),
        ([10, 11] | [11, 10], _) | (_, "SM33CC") => Some(EXCEEDED),
        ([40, 41] | [41, 40], _) | (_, "SM44DD") => Some(TIMEOUT),
        _ => None,
    };
    if let Some(code) = failed {
        return Ok(Verification::Failed(code));
    }
    let id = intent.at("id").clone();
    let tried = tx.get(ATTEMPTS, intent.str("id")).map_or(0, |row| row.int("count")) + 1;
    tx.save_as(ATTEMPTS.into(), map! { "id": id, "count": tried });
    let left = if amounts.is_some() { 3 } else { 10 } - tried;
    match left {
        ..1 => Ok(Verification::Failed(EXCEEDED)),
        left => Err(Error::microdeposits_mismatch(amounts.is_some(), left).declined()),
    }
}

/// When an account that nobody has verified is given up: at once where no microdeposits reach it.
pub fn verifiable_until(tx: &Tx<'_>, method: &Map) -> i64 {
    match payment_methods::settlement(method) {
        Settlement::NoMicrodeposits => tx.now(),
        _ => tx.now() + VERIFIABLE,
    }
}

/// Why an account is given up, where its intent still waits for its verification.
pub fn verification_failure(tx: &Tx<'_>, intent: &Map) -> Option<&'static str> {
    let waits = intent.path("next_action.type").as_str() == Some("verify_with_microdeposits");
    let method = intent.at("payment_method").as_id().and_then(|id| tx.get("payment_method", id))?;
    let failed = payment_methods::settlement(method) == Settlement::NoMicrodeposits;
    waits.then_some(if failed { "payment_method_microdeposit_failed" } else { TIMEOUT })
}

// Mandates.

/// The mandate of a debit: the one named, or a new one from `mandate_data`. `single` is the amount
/// and currency where it is good for one payment only.
pub fn mandate(
    tx: &mut Tx<'_>,
    params: &Map,
    method: &Map,
    single: Option<(i64, &str)>,
) -> Option<Text> {
    if let Some(named) = params.at("mandate").as_id() {
        return Some(Text::from(named.to_string()));
    }
    let data = params.at("mandate_data").as_map()?;
    let acceptance = data.at("customer_acceptance").as_map().cloned().unwrap_or_default();
    let kind = if acceptance.str("type") == "offline" { "offline" } else { "online" };
    let mut mandate = flows::fresh(tx, "mandate");
    mandate.set("customer_acceptance", {
        let mut shown = map! { "accepted_at": tx.now(), "type": kind };
        let details = acceptance.at(kind).as_map().cloned().unwrap_or_default();
        shown.set(kind, details);
        shown
    });
    mandate.set("payment_method", method.at("id").clone());
    let type_name = method.str("type").to_string();
    let mut details = map! { "type": type_name.clone() };
    details.set(type_name.clone(), mandate_details(tx, &type_name));
    mandate.set("payment_method_details", details);
    if let Some((amount, currency)) = single {
        mandate.remove("multi_use");
        mandate.set("single_use", map! { "amount": amount, "currency": currency.to_string() });
        mandate.set("type", "single_use");
    }
    let saved = tx.save(mandate);
    Some(Text::from(saved.str("id").to_string()))
}

/// The mandate of a card that is to be used again under the terms of `mandate_options`.
pub fn card_mandate(tx: &mut Tx<'_>, intent: &Map, method: &Map) -> Option<Text> {
    if intent.path("payment_method_options.card.mandate_options").is_null() {
        return None;
    }
    let online = map! { "ip_address": Value::Null, "user_agent": Value::Null };
    let acceptance = map! { "online": online, "type": "online" };
    let data = map! { "mandate_data": map! { "customer_acceptance": acceptance } };
    mandate(tx, &data, method, None)
}

/// A mandate under which nothing more can be taken.
pub fn end_mandate(tx: &mut Tx<'_>, mandate: &Value) {
    if let Some(mut mandate) = mandate.as_id().and_then(|id| tx.load("mandate", id)) {
        mandate.set("status", "inactive");
        tx.save(mandate);
    }
}

fn mandate_details(tx: &mut Tx<'_>, kind: &str) -> Map {
    const UPPER: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    match kind {
        "sepa_debit" | "bacs_debit" | "au_becs_debit" => {
            let reference = tx.characters_of("mandate_reference", 16, UPPER);
            let url = format!("https://hooks.stripe.com/mandates/{reference}");
            map! { "reference": reference, "url": url }
        }
        "us_bank_account" => map! { "collection_method": "paper" },
        _ => Map::new(),
    }
}

// What is remembered of a failure.

/// An error as `last_payment_error` and `last_setup_error` keep it.
pub fn remembered(error: &Error, method: &Rc<Map>, charge: Option<&str>) -> Map {
    let mut out = Map::new();
    for (name, value) in error.more.iter() {
        out.set(name.clone(), value.clone());
    }
    if let Some(charge) = charge {
        out.set("charge", charge.to_string());
    }
    if let Some(code) = &error.code {
        out.set("code", code.clone());
        if let Some(page) = errors::doc_url(code) {
            out.set("doc_url", page);
        }
    }
    out.set("message", error.message.clone());
    if let Some(param) = &error.param {
        out.set("param", param.clone());
    }
    out.set("payment_method", Value::Map(method.clone()));
    out.set("type", error.error_type.name());
    out
}

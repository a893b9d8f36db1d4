//! Confirming payment intents: what the bank says, what the customer has to do, what becomes of it.
//!
//! The intent's own states are drawn at the head of `domains/payment_intents.rs`. Domains check
//! what may be asked in which state; here it is done.
//!
//! Stripe's pages: <https://docs.stripe.com/payments/paymentintents/lifecycle>,
//! <https://docs.stripe.com/testing>.

use crate::errors::{Error, Outcome};
use crate::flows::cash;
use crate::flows::charges::{self, Capture};
use crate::flows::checking_out;
use crate::flows::disputing;
use crate::flows::intents::{self, Means};
use crate::flows::invoicing;
use crate::flows::payment_methods::{self, Use};
use crate::flows::reviewing;
use crate::flows::test_values::banks::Settlement;
use crate::flows::test_values::cards::{self, Authentication, Decline};
use crate::flows::test_values::vouchers;
use crate::map;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// Authenticated intents that wait to be confirmed by hand.
const AUTHENTICATED: &str = "fakestripe.authenticated_intent";

/// What is scheduled for accounts that are to be verified.
pub const GIVE_UP_VERIFYING: &str = "payment_intent.give_up_verifying";

/// What is scheduled for vouchers.
pub const PAY_VOUCHER: &str = "payment_intent.pay_voucher";
pub const EXPIRE_VOUCHER: &str = "payment_intent.expire_voucher";

/// How an intent is confirmed.
#[derive(Default)]
pub struct Confirmation<'a> {
    /// The customer is not there to be asked anything.
    pub is_off_session: bool,
    pub refuses_actions: bool,
    pub return_url: Option<&'a str>,
    /// The request's parameters, for the mandate.
    pub params: Option<&'a Map>,
    /// The customer has just authenticated.
    pub is_authenticated: bool,
}

/// What is to happen to a card payment.
enum Verdict {
    Approved(Proof),
    Challenge,
    /// The holder is told first, and may say no.
    Announced,
    Declined(&'static Decline),
    /// Off session, the bank wants 3D Secure or a mandate: no charge is tried.
    DeclinedUntried(&'static Decline),
}

/// What 3D Secure says of who paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proof {
    /// It was not asked.
    None,
    /// It was asked of a card that is not enrolled; the bank is liable all the same.
    Attempted,
    Authenticated,
}

/// Confirms an intent with a payment method. The domain has made sure that both go together.
pub fn confirm(
    tx: &mut Tx<'_>,
    mut intent: Map,
    method: Map,
    how: &Confirmation<'_>,
) -> Outcome<Rc<Map>> {
    cash::give_back(tx, &intent);
    intent.set("payment_method", method.at("id").clone());
    intent.set("last_payment_error", Value::Null);
    intent.set("next_action", Value::Null);
    match intents::means(method.str("type")) {
        Means::Card => match judge(tx, &intent, &method, how) {
            Verdict::Approved(proof) => Ok(approve(tx, intent, method, proof)),
            Verdict::Challenge => require_action(tx, intent, &method, how),
            Verdict::Announced => Ok(announce(tx, intent)),
            Verdict::Declined(decline) => Err(decline_card(tx, intent, method, decline)),
            Verdict::DeclinedUntried(decline) => Err(decline_untried(tx, intent, method, decline)),
        },
        Means::Debit => debit(tx, intent, method, how),
        Means::Transfer => transfer(tx, intent, method, how),
        _ if how.is_authenticated => Ok(approve(tx, intent, method, Proof::None)),
        _ => require_action(tx, intent, &method, how),
    }
}

fn judge(tx: &mut Tx<'_>, intent: &Map, method: &Map, how: &Confirmation<'_>) -> Verdict {
    let card = payment_methods::test_card(method);
    let refused = payment_methods::refusal(tx, method, Use::Charged);
    if how.is_authenticated || tx.exists(AUTHENTICATED, intent.str("id")) {
        return match card.authentication {
            Authentication::ThenDeclined(decline) => Verdict::Declined(decline),
            _ => refused.map_or(Verdict::Approved(Proof::Authenticated), Verdict::Declined),
        };
    }
    if let Some(decline) = refused {
        return match decline.code {
            "authentication_required" => Verdict::DeclinedUntried(decline),
            _ => Verdict::Declined(decline),
        };
    }
    let requested = intent.path("payment_method_options.card.request_three_d_secure");
    let is_requested = matches!(requested.as_str(), Some("any" | "challenge"));
    let approved = Verdict::Approved(Proof::None);
    let is_set_up = payment_methods::is_set_up(tx, method.str("id"));
    match (card.authentication, how.is_off_session) {
        (Authentication::NotEnrolled, false) if is_requested => Verdict::Approved(Proof::Attempted),
        (Authentication::NotEnrolled | Authentication::NotSupported, _) => approved,
        (Authentication::LookupFails, _) => Verdict::Declined(&cards::GENERIC),
        (Authentication::Optional, false) if is_requested => Verdict::Challenge,
        (Authentication::Optional, _) => approved,
        (Authentication::Mandate(_) | Authentication::MandateThenDeclined(_), false)
            if intent.at("setup_future_usage").is_null() && !is_requested =>
        {
            approved
        }
        (Authentication::Mandate(None) | Authentication::MandateThenDeclined(_), true) => {
            let mandate = how.params.map_or(&Value::Null, |params| params.at("mandate"));
            if mandate.is_null() { approved } else { Verdict::Announced }
        }
        (Authentication::Mandate(Some(decline)), true) => Verdict::DeclinedUntried(decline),
        (_, false) => Verdict::Challenge,
        (Authentication::UnlessSetUp, true) if is_set_up => approved,
        (Authentication::SetUpAlready, true) => approved,
        (Authentication::UnlessSetUp | Authentication::Always, true) => {
            Verdict::DeclinedUntried(&cards::AUTHENTICATION_REQUIRED)
        }
        (Authentication::ThenDeclined(decline), true)
        | (Authentication::OffSessionDeclined(decline), true) => Verdict::Declined(decline),
    }
}

/// Whether the money is only reserved.
fn capture_of(intent: &Map, method: &Map) -> Capture {
    let kind = method.str("type");
    let own = intent.path(&format!("payment_method_options.{kind}.capture_method"));
    match own.as_str().unwrap_or_else(|| intent.str("capture_method")) {
        "manual" => Capture::Later,
        "automatic_async" => Capture::Async,
        _ => Capture::Now,
    }
}

/// The bank agreed: a charge, a payment method that is kept or used up, and money.
fn approve(tx: &mut Tx<'_>, mut intent: Map, mut method: Map, proof: Proof) -> Rc<Map> {
    let amount = intent.int("amount");
    let capture = capture_of(&intent, &method);
    payment_methods::check(&mut method);
    let mut charge = charges::draft(tx, &intent, &method, amount);
    if proof != Proof::None {
        authenticate_charge(tx, &mut charge, proof);
    }
    if method.str("type") == "card"
        && let Some(mandate) = intents::card_mandate(tx, &intent, &method)
    {
        charge.map_mut("payment_method_details").map_mut("card").set("mandate", mandate);
    }
    keep_method(tx, &intent, method.clone());
    let charge = charges::succeed(tx, charge, &method, capture);
    let review = reviewing::follow(tx, &charge, &method);
    disputing::follow(tx, &charge, &method, proof != Proof::None);
    intent.set("latest_charge", charge.at("id").clone());
    intent.set("next_action", Value::Null);
    if !review.is_null() {
        intent.set("review", review);
    }
    if capture == Capture::Later {
        intent.set("status", "requires_capture");
        intent.set("amount_capturable", amount);
    } else {
        intent.set("status", "succeeded");
        intent.set("amount_received", amount);
    }
    let intent = tx.save(intent);
    if intent.str("status") == "succeeded" {
        invoicing::take_in(tx, &intent);
        checking_out::take_in(tx, &intent);
    }
    intent
}

fn authenticate_charge(tx: &mut Tx<'_>, charge: &mut Map, proof: Proof) {
    const HEX: &[u8] = b"0123456789abcdef";
    let hex = tx.characters_of("three_d_secure", 32, HEX);
    let id = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
    let (flow, indicator, result) = match proof {
        Proof::Authenticated => (Some("challenge"), "05", "authenticated"),
        _ => (None, "06", "attempt_acknowledged"),
    };
    let result = map! {
        "authentication_flow": flow,
        "electronic_commerce_indicator": indicator,
        "exemption_indicator": Value::Null,
        "result": result,
        "result_reason": Value::Null,
        "transaction_id": id,
        "version": "2.2.0",
    };
    let details = charge.map_mut("payment_method_details");
    if !details.at("card").is_null() {
        let card = details.map_mut("card");
        card.set("electronic_commerce_indicator", "05");
        card.set("three_d_secure", result);
    }
}

/// Attaches a payment method that is to be used again; one without a customer is used up.
fn keep_method(tx: &mut Tx<'_>, intent: &Map, method: Map) {
    let id = method.str("id").to_string();
    let kind = method.str("type");
    let own = intent.path(&format!("payment_method_options.{kind}.setup_future_usage"));
    let usage = own.as_str().unwrap_or_else(|| intent.str("setup_future_usage"));
    let is_kept = matches!(usage, "on_session" | "off_session");
    if usage == "off_session" {
        payment_methods::mark_set_up(tx, &id);
    }
    let customer = intent.at("customer").as_id();
    match (method.at("customer").as_id(), customer) {
        (None, Some(customer)) if is_kept => {
            payment_methods::attach_unasked(tx, method, customer);
        }
        (None, _) => {
            tx.save(method);
            payment_methods::spend(tx, &id);
        }
        (Some(_), _) => {
            tx.save(method);
        }
    }
}

/// The bank or Radar said no: a failed charge, and an intent that needs another payment method.
fn decline_card(
    tx: &mut Tx<'_>,
    intent: Map,
    mut method: Map,
    decline: &'static Decline,
) -> Box<Error> {
    payment_methods::check(&mut method);
    let draft = charges::draft(tx, &intent, &method, intent.int("amount"));
    let charge = charges::fail(tx, draft, decline.code, decline.message, Some(decline));
    let error = Error::card_declined(decline);
    give_up(tx, intent, method, error, Some(charge.str("id")))
}

/// Declined before a charge was tried.
fn decline_untried(
    tx: &mut Tx<'_>,
    intent: Map,
    mut method: Map,
    decline: &'static Decline,
) -> Box<Error> {
    payment_methods::check(&mut method);
    give_up(tx, intent, method, Error::card_declined(decline), None)
}

/// Puts an intent back to `requires_payment_method`, remembers why, and gives the error that says
/// so.
fn give_up(
    tx: &mut Tx<'_>,
    mut intent: Map,
    method: Map,
    error: Box<Error>,
    charge: Option<&str>,
) -> Box<Error> {
    let kind = method.str("type").to_string();
    cash::give_back(tx, &intent);
    if method.at("customer").is_null() {
        payment_methods::spend(tx, method.str("id"));
    }
    let method = tx.save(method);
    let mut remembered = intents::remembered(&error, &method, charge);
    remembered.set("payment_method_type", kind);
    intent.set("last_payment_error", remembered);
    intent.set("next_action", Value::Null);
    intent.set("payment_method", Value::Null);
    intent.set("processing", Value::Null);
    intent.set("status", "requires_payment_method");
    if let Some(charge) = charge {
        intent.set("latest_charge", charge.to_string());
    }
    let intent = tx.save(intent);
    checking_out::take_in(tx, &intent);
    let mut error =
        error.with("payment_intent", Value::Map(intent)).with("payment_method", Value::Map(method));
    if let Some(charge) = charge {
        error = error.with("charge", charge.to_string());
    }
    error.declined()
}

/// The customer has to do something.
fn require_action(
    tx: &mut Tx<'_>,
    mut intent: Map,
    method: &Map,
    how: &Confirmation<'_>,
) -> Outcome<Rc<Map>> {
    if how.refuses_actions {
        let decline = &cards::AUTHENTICATION_NOT_HANDLED;
        return Err(decline_untried(tx, intent, method.clone(), decline));
    }
    let action = intents::next_action(tx, &intent, method, how.return_url);
    if intents::means(method.str("type")) == Means::Voucher {
        schedule_voucher(tx, intent.str("id"), method);
    }
    intent.set("next_action", action);
    intent.set("latest_charge", Value::Null);
    intent.set("status", "requires_action");
    Ok(tx.save(intent))
}

// India's mandates.

/// How long the holder's bank says it takes, and how long it takes in test mode.
const NOTICE: i64 = 300;
const NOTICE_TAKES: i64 = 900;

/// Tells the holder of a payment that is about to be taken; it is taken later.
fn announce(tx: &mut Tx<'_>, mut intent: Map) -> Rc<Map> {
    let notice = map! { "approval_requested": false, "completes_at": tx.now() + NOTICE };
    let processing = map! { "card": map! { "customer_notification": notice }, "type": "card" };
    tx.schedule(tx.now() + NOTICE_TAKES, "payment_intent.settle", intent.str("id"));
    intent.set("latest_charge", Value::Null);
    intent.set("processing", processing);
    intent.set("status", "processing");
    tx.save(intent)
}

// Bank transfers.

/// Pays with what the customer sent before, where that is enough; else asks for the rest.
fn transfer(tx: &mut Tx<'_>, intent: Map, method: Map, how: &Confirmation<'_>) -> Outcome<Rc<Map>> {
    let Some(customer) = intent.at("customer").as_id().map(str::to_string) else {
        return Err(Error::transfer_needs_customer());
    };
    let sent = match cash::is_automatic(tx, &customer) {
        true => cash::available(tx, &customer, intent.str("currency")),
        false => 0,
    };
    if intent.int("amount") <= sent {
        apply(tx, &intent, intent.int("amount"));
        return Ok(approve(tx, intent, method, Proof::None));
    }
    let waiting = require_action(tx, intent, &method, how)?;
    Ok(if 0 < sent { fund(tx, Map::clone(&waiting), sent) } else { waiting })
}

/// Takes money for an intent off its customer's cash balance.
fn apply(tx: &mut Tx<'_>, intent: &Map, amount: i64) {
    let customer = intent.at("customer").as_id().unwrap_or("").to_string();
    let about = map! { "payment_intent": intent.at("id").clone() };
    let whose = (customer.as_str(), intent.str("currency"));
    cash::enter(tx, whose, -amount, "applied_to_payment", about);
}

/// Pays an intent that waits for a transfer with as much of that money as it needs.
pub fn fund(tx: &mut Tx<'_>, mut intent: Map, money: i64) -> Rc<Map> {
    let left = cash::remaining(&intent).unwrap_or(0);
    let method = intent.at("payment_method").as_id().and_then(|id| tx.load("payment_method", id));
    let taken = left.min(money);
    apply(tx, &intent, taken);
    if let Some(method) = method.filter(|_| taken == left) {
        return approve(tx, intent, method, Proof::None);
    }
    let action = intent.map_mut("next_action").map_mut("display_bank_transfer_instructions");
    action.set("amount_remaining", left - taken);
    let intent = tx.save(intent);
    tx.announce("payment_intent.partially_funded", intent.clone());
    intent
}

// Vouchers.

/// Has a voucher paid, or left to expire, as the email of its payer says.
fn schedule_voucher(tx: &mut Tx<'_>, id: &str, method: &Map) {
    let fate = vouchers::fate(method.path("billing_details.email").as_str().unwrap_or(""));
    tx.unschedule(PAY_VOUCHER, id);
    tx.unschedule(EXPIRE_VOUCHER, id);
    if let Some(after) = fate.paid_after {
        tx.schedule(tx.now() + after, PAY_VOUCHER, id);
    }
    tx.schedule(tx.now() + fate.lives, EXPIRE_VOUCHER, id);
}

/// A voucher is paid or expires, where the intent still waits for it.
pub fn end_voucher(tx: &mut Tx<'_>, id: &str, is_paid: bool) {
    let Some(intent) = tx.load("payment_intent", id) else { return };
    let method = intent.at("payment_method").as_id().and_then(|id| tx.get("payment_method", id));
    if method.is_some_and(|method| intents::means(method.str("type")) == Means::Voucher) {
        let _ = authenticate(tx, intent, is_paid);
    }
}

// Debits.

/// Starts a debit, once the account is known to be its holder's and there is a mandate.
fn debit(
    tx: &mut Tx<'_>,
    mut intent: Map,
    method: Map,
    how: &Confirmation<'_>,
) -> Outcome<Rc<Map>> {
    let kind = method.str("type").to_string();
    let empty = Map::new();
    let params = how.params.unwrap_or(&empty);
    let is_saved = !method.at("customer").is_null();
    let is_known = is_saved || payment_methods::is_set_up(tx, method.str("id"));
    let needs_mandate = !is_saved && !how.is_authenticated;
    if needs_mandate && params.at("mandate").is_null() && params.at("mandate_data").is_null() {
        let stored = tx.get("payment_intent", intent.str("id")).cloned();
        return Err(Error::mandate_missing(&stored.unwrap_or_else(|| Rc::new(intent))));
    }
    let is_multi = matches!(intent.str("setup_future_usage"), "on_session" | "off_session");
    let currency = intent.str("currency").to_string();
    let single = (!is_multi).then_some((intent.int("amount"), currency.as_str()));
    let mandate = intents::mandate(tx, params, &method, single);
    let is_verified = is_known || how.is_authenticated;
    if matches!(kind.as_str(), "us_bank_account" | "acss_debit") && !is_verified {
        let at = intents::verifiable_until(tx, &method);
        tx.unschedule(GIVE_UP_VERIFYING, intent.str("id"));
        tx.schedule(at, GIVE_UP_VERIFYING, intent.str("id"));
        return require_action(tx, intent, &method, how);
    }
    let settlement = payment_methods::settlement(&method);
    if settlement == Settlement::Blocked {
        return Err(decline_card(tx, intent, method, &cards::FRAUDULENT));
    }
    let mut charge = charges::draft(tx, &intent, &method, intent.int("amount"));
    if let Some(mandate) = mandate {
        let details = charge.map_mut("payment_method_details");
        if let Some(own) = details.get_mut(&kind).and_then(Value::as_map_mut) {
            own.set("mandate", mandate);
        }
    }
    let delay = payment_methods::delay(tx, method.str("id"));
    keep_method(tx, &intent, method);
    let charge = charges::await_bank(tx, charge);
    if settlement != Settlement::Stays {
        let at = tx.now() + delay;
        tx.schedule(at, "payment_intent.settle", intent.str("id"));
    }
    intent.set("latest_charge", charge.at("id").clone());
    intent.set("status", "processing");
    Ok(tx.save(intent))
}

/// Puts an intent back to `requires_payment_method` because its account cannot be verified.
pub fn abandon(tx: &mut Tx<'_>, intent: Map, code: &'static str) -> Box<Error> {
    let error = Error::microdeposits_failed(code);
    let method = intent.at("payment_method").as_id().and_then(|id| tx.load("payment_method", id));
    match method {
        Some(method) => give_up(tx, intent, method, error, None),
        None => error,
    }
}

/// Nobody verified the account in time, or its bank did not take the microdeposits.
pub fn give_up_verifying(tx: &mut Tx<'_>, id: &str) {
    let Some(intent) = tx.load("payment_intent", id) else { return };
    if let Some(code) = intents::verification_failure(tx, &intent) {
        let _ = abandon(tx, intent, code);
    }
}

/// What a bank says to what is pending.
#[derive(Clone, Copy, Debug)]
pub enum BankAnswer<'a> {
    Paid,
    /// With that failure code; the documentation does not say which where it is empty.
    Refused(&'a str),
}

/// Settles a debit as its account's bank would.
pub fn settle(tx: &mut Tx<'_>, id: &str) {
    let Some(intent) = tx.load("payment_intent", id) else { return };
    let method = intent.at("payment_method").as_id().and_then(|id| tx.load("payment_method", id));
    let Some(method) = method.filter(|_| intent.str("status") == "processing") else { return };
    let card = payment_methods::test_card(&method).authentication;
    match (payment_methods::settlement(&method), card) {
        (_, Authentication::MandateThenDeclined(decline)) => {
            let _ = decline_untried(tx, intent, method, decline);
        }
        (Settlement::Fails(code), _) => settle_as(tx, id, BankAnswer::Refused(code)),
        _ => settle_as(tx, id, BankAnswer::Paid),
    }
}

/// Settles a debit whatever its account's bank would say.
pub fn settle_as(tx: &mut Tx<'_>, id: &str, verdict: BankAnswer<'_>) {
    let Some(mut intent) = tx.load("payment_intent", id) else { return };
    let charge = intent.at("latest_charge").as_id().and_then(|id| tx.load("charge", id));
    let method = intent.at("payment_method").as_id().and_then(|id| tx.load("payment_method", id));
    let Some(method) = method.filter(|_| intent.str("status") == "processing") else { return };
    tx.unschedule("payment_intent.settle", id);
    intent.set("processing", Value::Null);
    let mandate = charge.as_ref().map_or(Value::Null, |charge| {
        charge.path(&format!("payment_method_details.{}.mandate", method.str("type"))).clone()
    });
    if let BankAnswer::Refused(code) = verdict {
        let error = Error::payment_attempt_failed(code);
        let code = error.code.clone().unwrap_or_default();
        if matches!(code.as_ref(), "account_closed" | "debit_not_authorized" | "no_account") {
            intents::end_mandate(tx, &mandate);
        }
        let failed = charge.map(|charge| charges::fail(tx, charge, &code, &error.message, None));
        let failed = failed.as_ref().map(|charge| charge.str("id"));
        let _ = give_up(tx, intent, method, error, failed);
        invoicing::take_failure(tx, id);
        return;
    }
    let Some(charge) = charge else {
        approve(tx, intent, method, Proof::None);
        return;
    };
    if payment_methods::settlement(&method) == Settlement::Disputed {
        intents::end_mandate(tx, &mandate);
    }
    let charge = charges::settle_debit(tx, charge, &method);
    disputing::follow(tx, &charge, &method, false);
    intent.set("status", "succeeded");
    intent.set("amount_received", charge.int("amount"));
    let intent = tx.save(intent);
    invoicing::take_in(tx, &intent);
    checking_out::take_in(tx, &intent);
}

// The customer's part.

/// The customer did what `next_action` asked for, or failed to.
pub fn authenticate(tx: &mut Tx<'_>, intent: Map, succeeded: bool) -> Outcome<Rc<Map>> {
    let method = intent.at("payment_method").as_id().and_then(|id| tx.load("payment_method", id));
    let Some(method) = method.filter(|_| intent.str("status") == "requires_action") else {
        return Err(Error::not_actionable(&Rc::new(intent)));
    };
    // Klarna's own test value: who has such an email is denied.
    let email = method.path("billing_details.email").as_str().unwrap_or("");
    let is_denied = method.str("type") == "klarna" && email.contains("+denied@");
    if !succeeded || is_denied {
        let error = match intents::means(method.str("type")) {
            Means::Card => Error::authentication_failed(false),
            _ if is_denied => Error::payment_attempt_failed("payment_method_provider_decline"),
            _ => Error::payment_attempt_failed(""),
        };
        let id = intent.str("id").to_string();
        let _ = give_up(tx, intent, method, error, None);
        return Ok(tx.get("payment_intent", &id).cloned().expect("the intent was just saved"));
    }
    if let (Some(left), Some(customer)) = (cash::remaining(&intent), intent.at("customer").as_id())
    {
        let about = cash::funded(intent.str("currency"), &Value::Null);
        cash::enter(tx, (customer, intent.str("currency")), left, "funded", about);
        return Ok(fund(tx, intent, left));
    }
    if intent.str("confirmation_method") == "manual" {
        let mut intent = intent;
        tx.save_as(AUTHENTICATED.into(), map! { "id": intent.at("id").clone() });
        intent.set("next_action", Value::Null);
        intent.set("status", "requires_confirmation");
        return Ok(tx.save(intent));
    }
    let id = intent.str("id").to_string();
    let how = Confirmation { is_authenticated: true, ..Confirmation::default() };
    match confirm(tx, intent, method, &how) {
        Ok(intent) => Ok(intent),
        // What the bank then said is remembered on the intent; the customer's page shows it.
        Err(_) => Ok(tx.get("payment_intent", &id).cloned().expect("the intent was just saved")),
    }
}

// After the authorization.

/// Captures what an intent has reserved. `keeps_rest` leaves the rest to be captured later.
pub fn capture(tx: &mut Tx<'_>, mut intent: Map, amount: i64, keeps_rest: bool) -> Rc<Map> {
    let charge = intent.at("latest_charge").as_id().and_then(|id| tx.load("charge", id));
    // An intent that the library put into this state has none.
    if let Some(charge) = charge {
        let captured = charge.int("amount_captured") + amount;
        charges::capture(tx, charge, captured);
    }
    let received = intent.int("amount_received") + amount;
    intent.set("amount_received", received);
    if keeps_rest && received < intent.int("amount") {
        let left = intent.int("amount_capturable") - amount;
        intent.set("amount_capturable", left);
    } else {
        intent.set("amount_capturable", 0);
        intent.set("status", "succeeded");
    }
    let intent = tx.save(intent);
    if intent.str("status") == "succeeded" {
        checking_out::take_in(tx, &intent);
    }
    intent
}

/// Cancels an intent; what was reserved is released.
pub fn cancel(tx: &mut Tx<'_>, mut intent: Map, reason: Value) -> Rc<Map> {
    cash::give_back(tx, &intent);
    let charge = intent.at("latest_charge").as_id().and_then(|id| tx.load("charge", id));
    match (charge, intent.str("status")) {
        (Some(charge), "requires_capture") if !charge.is_true("refunded") => {
            charges::release(tx, charge);
        }
        (Some(charge), "processing") => {
            charges::fail(tx, charge, "payment_intent_canceled", "The payment was canceled.", None);
        }
        _ => {}
    }
    let now = tx.now();
    intent.set("amount_capturable", 0);
    intent.set("canceled_at", now);
    intent.set("cancellation_reason", reason);
    intent.set("next_action", Value::Null);
    intent.set("status", "canceled");
    tx.save(intent)
}

/// What happens when an authorization runs out.
pub fn expire(tx: &mut Tx<'_>, charge: &str) {
    let Some(charge) = tx.load("charge", charge) else { return };
    if charge.str("status") != "succeeded"
        || charge.is_true("captured")
        || charge.is_true("refunded")
    {
        return;
    }
    let intent = charge.at("payment_intent").as_id().and_then(|id| tx.load("payment_intent", id));
    if intent.as_ref().is_some_and(|intent| intent.str("status") != "requires_capture") {
        return;
    }
    charges::let_go(tx, charge);
    if let Some(intent) = intent {
        cancel(tx, intent, "automatic".into());
    }
}

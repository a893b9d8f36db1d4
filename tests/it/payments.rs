//! Payments as an application sees them: intents, charges, refunds, payment methods, the ledger.

use crate::stripe::{Answer, NOW, Stripe};
use fakestripe::value::Value;

const CARD: &str =
    "type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034&card[cvc]=314";
const NEVER: &str =
    "automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never";

/// Creates and confirms an intent over $20.00 with a payment method.
fn pay(stripe: &mut Stripe, method: &str, more: &str) -> Answer {
    let form =
        format!("amount=2000&currency=usd&confirm=true&payment_method={method}&{NEVER}&{more}");
    stripe.try_post("/v1/payment_intents", &form)
}

/// The types of the events so far, oldest first.
fn events(stripe: &mut Stripe) -> Vec<String> {
    let list = stripe.get("/v1/events?limit=100");
    let data = list.body.at("data").as_list().unwrap();
    data.iter().rev().map(|event| event.as_map().unwrap().str("type").to_string()).collect()
}

fn amount(balance: &Answer, pocket: &str) -> i64 {
    balance.body.at(pocket).as_list().unwrap()[0].as_map().unwrap().int("amount")
}

// Recorded: the complete example.
#[test]
fn a_card_is_saved_charged_and_refunded_in_part() {
    let mut stripe = Stripe::new("payments");
    let customer = stripe.post("/v1/customers", "email=ana@example.com");
    let method = stripe.post("/v1/payment_methods", CARD);
    assert_eq!(method.body.path("card.checks.cvc_check"), &Value::from("unchecked"));
    let attach = format!("/v1/payment_methods/{}/attach", method.id());
    let attached = stripe.post(&attach, &format!("customer={}", customer.id()));
    assert_eq!(attached.body.path("card.checks.cvc_check"), &Value::from("pass"));
    let more = format!("customer={}&capture_method=automatic", customer.id());
    let intent = pay(&mut stripe, method.id(), &more);
    assert_eq!(intent.body.str("status"), "succeeded");
    assert_eq!(intent.body.int("amount_received"), 2000);
    let path =
        format!("/v1/charges/{}?expand[]=balance_transaction", intent.body.str("latest_charge"));
    let charge = stripe.get(&path);
    let card = charge.body.path("payment_method_details.card").as_map().unwrap();
    assert_eq!(
        (card.str("brand"), card.str("last4"), card.str("funding")),
        ("visa", "4242", "credit")
    );
    assert_eq!(charge.body.path("outcome.seller_message"), &Value::from("Payment complete."));
    assert!(charge.body.str("receipt_url").starts_with("https://pay.stripe.com/receipts/payment/"));
    // 2.9 % and 30 cents of $20.00.
    assert_eq!(charge.body.path("balance_transaction.fee"), &Value::Int(88));
    assert_eq!(charge.body.path("balance_transaction.net"), &Value::Int(1912));
    let refund = stripe.post("/v1/refunds", &format!("payment_intent={}&amount=500", intent.id()));
    assert_eq!((refund.body.str("status"), refund.body.int("amount")), ("succeeded", 500));
    let charge = stripe.get(&path);
    assert_eq!(charge.body.int("amount_refunded"), 500);
    assert!(!charge.body.is_true("refunded"));
    let balance = stripe.get("/v1/balance");
    assert_eq!((amount(&balance, "pending"), amount(&balance, "available")), (1412, 0));
}

// With the default capture method the balance transaction follows the
// answer.
#[test]
fn the_balance_transaction_of_an_asynchronous_capture_follows() {
    let mut stripe = Stripe::new("payments");
    let intent = pay(&mut stripe, "pm_card_visa", "expand[]=latest_charge");
    assert_eq!(intent.body.path("latest_charge.balance_transaction"), &Value::Null);
    let id = intent.body.at("latest_charge").as_id().unwrap().to_string();
    let charge = stripe.get(&format!("/v1/charges/{id}"));
    assert!(charge.body.str("balance_transaction").starts_with("txn_"));
    assert_eq!(
        events(&mut stripe),
        [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "charge.updated"
        ]
    );
}

// Recorded in 2026.
#[test]
fn a_declined_payment_keeps_the_intent_and_a_failed_charge() {
    let table = [
        (
            "pm_card_visa_chargeDeclined",
            "card_declined",
            "generic_decline",
            "Your card was declined.",
        ),
        (
            "pm_card_visa_chargeDeclinedInsufficientFunds",
            "card_declined",
            "insufficient_funds",
            "Your card has insufficient funds.",
        ),
        (
            "pm_card_chargeDeclinedExpiredCard",
            "expired_card",
            "expired_card",
            "Your card has expired.",
        ),
        (
            "pm_card_chargeCustomerFail",
            "card_declined",
            "generic_decline",
            "Your card was declined.",
        ),
        ("pm_card_radarBlock", "card_declined", "fraudulent", "Your card was declined."),
    ];
    for (method, code, decline_code, message) in table {
        let mut stripe = Stripe::new("payments");
        let answer = pay(&mut stripe, method, "");
        assert_eq!(answer.status, 402, "{method}");
        assert_eq!(answer.error("type"), "card_error");
        assert_eq!((answer.error("code"), answer.error("decline_code")), (code, decline_code));
        assert_eq!(answer.error("message"), message);
        let error = answer.body.at("error").as_map().unwrap();
        let id = error.path("payment_intent.id").as_str().unwrap();
        let intent = stripe.get(&format!("/v1/payment_intents/{id}"));
        assert_eq!(intent.body.str("status"), "requires_payment_method");
        assert_eq!(intent.body.at("payment_method"), &Value::Null);
        assert_eq!(intent.body.path("last_payment_error.code"), &Value::from(code));
        let charge = stripe.get(&format!("/v1/charges/{}", error.str("charge")));
        assert_eq!((charge.body.str("status"), charge.body.str("failure_code")), ("failed", code));
        assert_eq!(
            events(&mut stripe),
            ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]
        );
    }
}

// What declines when it is saved, and what only when it is charged.
#[test]
fn declining_cards_are_not_attached_and_leave_no_customer() {
    let mut stripe = Stripe::new("payments");
    let answer = stripe.try_post("/v1/customers", "payment_method=pm_card_visa_chargeDeclined");
    assert_eq!((answer.status, answer.error("code")), (402, "card_declined"));
    let error = answer.body.at("error").as_map().unwrap();
    assert_eq!(error.get("param"), Some(&Value::from("")));
    assert!(stripe.get("/v1/customers").ids().is_empty());
    let customer = stripe.post("/v1/customers", "");
    let form = format!("customer={}", customer.id());
    stripe.post("/v1/payment_methods/pm_card_chargeCustomerFail/attach", &form);
}

// As documented.
#[test]
fn three_d_secure_asks_on_session_and_declines_off_session() {
    let mut stripe = Stripe::new("payments");
    let asked = pay(&mut stripe, "pm_card_authenticationRequired", "");
    assert_eq!(asked.body.str("status"), "requires_action");
    assert_eq!(asked.body.path("next_action.type"), &Value::from("use_stripe_sdk"));
    let returns =
        pay(&mut stripe, "pm_card_authenticationRequired", "return_url=https://a.example");
    let redirect = returns.body.path("next_action.redirect_to_url.return_url");
    assert_eq!(redirect, &Value::from("https://a.example"));
    let off = pay(&mut stripe, "pm_card_authenticationRequired", "off_session=true");
    assert_eq!((off.status, off.error("code")), (402, "authentication_required"));
    let error = off.body.at("error").as_map().unwrap();
    assert_eq!(error.path("payment_intent.latest_charge"), &Value::Null);
}

// 3155 passes off session once it was set up; 3184 never does.
#[test]
fn a_card_that_was_set_up_is_charged_off_session() {
    for (id, status) in [
        ("pm_card_authenticationRequiredSetupForOffSession", 200),
        ("pm_card_authenticationRequiredOnSetup", 402),
    ] {
        let mut stripe = Stripe::new("payments");
        assert_eq!(pay(&mut stripe, id, "off_session=true").status, status, "{id}");
    }
}

// Recorded.
#[test]
fn an_authorization_is_captured_in_part_once() {
    let mut stripe = Stripe::new("payments");
    let intent = pay(&mut stripe, "pm_card_visa", "capture_method=manual");
    assert_eq!(intent.body.str("status"), "requires_capture");
    assert_eq!(intent.body.int("amount_capturable"), 2000);
    let path = format!("/v1/payment_intents/{}/capture", intent.id());
    let too_much = stripe.try_post(&path, "amount_to_capture=2001");
    assert_eq!((too_much.status, too_much.error("code")), (400, "amount_too_large"));
    let captured = stripe.post(&path, "amount_to_capture=1500&expand[]=latest_charge");
    assert_eq!(captured.body.str("status"), "succeeded");
    assert_eq!(captured.body.int("amount_received"), 1500);
    assert_eq!(captured.body.path("latest_charge.amount_captured"), &Value::Int(1500));
    let again = stripe.try_post(&path, "");
    assert_eq!(again.error("code"), "payment_intent_unexpected_state");
    let tail = &events(&mut stripe)[1..];
    assert_eq!(
        tail,
        [
            "charge.succeeded",
            "payment_intent.amount_capturable_updated",
            "charge.captured",
            "payment_intent.succeeded"
        ]
    );
}

// As documented.
#[test]
fn an_authorization_that_nobody_captures_runs_out_after_seven_days() {
    let mut stripe = Stripe::new("payments");
    let intent = pay(&mut stripe, "pm_card_visa", "capture_method=manual");
    stripe.now = NOW + 8 * 86_400_000;
    let intent = stripe.get(&format!("/v1/payment_intents/{}", intent.id()));
    assert_eq!(intent.body.str("status"), "canceled");
    assert_eq!(intent.body.str("cancellation_reason"), "automatic");
}

// Recorded.
#[test]
fn refunds_beyond_the_charge_are_refused() {
    let mut stripe = Stripe::new("payments");
    let intent = pay(&mut stripe, "pm_card_visa", "");
    let form = |amount: i64| format!("payment_intent={}&amount={amount}", intent.id());
    let answer = stripe.try_post("/v1/refunds", &form(2100));
    assert_eq!(
        answer.error("message"),
        "Refund amount ($21.00) is greater than charge amount ($20.00)"
    );
    stripe.post("/v1/refunds", &form(500));
    let answer = stripe.try_post("/v1/refunds", &form(1600));
    assert_eq!(
        answer.error("message"),
        "Refund amount ($16.00) is greater than unrefunded amount on charge ($15.00)"
    );
    stripe.post("/v1/refunds", &format!("payment_intent={}", intent.id()));
    let answer = stripe.try_post("/v1/refunds", &format!("payment_intent={}", intent.id()));
    assert_eq!(answer.error("code"), "charge_already_refunded");
    assert_eq!(stripe.try_post("/v1/refunds", "charge=ch_nothing").status, 404);
}

// As documented.
#[test]
fn a_refund_that_fails_gives_the_money_back_to_the_balance() {
    let mut stripe = Stripe::new("payments");
    let intent = pay(&mut stripe, "pm_card_refundFail", "capture_method=automatic");
    let before = amount(&stripe.get("/v1/balance"), "pending");
    let refund = stripe.post("/v1/refunds", &format!("payment_intent={}", intent.id()));
    assert_eq!(refund.body.str("status"), "succeeded");
    stripe.now += 60_000;
    let refund = stripe.get(&format!("/v1/refunds/{}", refund.id()));
    assert_eq!(refund.body.str("status"), "failed");
    assert_eq!(refund.body.str("failure_reason"), "expired_or_canceled_card");
    assert_eq!(amount(&stripe.get("/v1/balance"), "pending"), before);
}

// Recorded.
#[test]
fn a_payment_method_without_a_customer_is_used_once() {
    let mut stripe = Stripe::new("payments");
    let method = stripe.post("/v1/payment_methods", CARD);
    assert_eq!(pay(&mut stripe, method.id(), "").status, 200);
    let again = pay(&mut stripe, method.id(), "");
    assert_eq!(again.status, 400);
    assert!(again.error("message").starts_with("The provided PaymentMethod was previously used"));
}

// Recorded.
#[test]
fn another_customers_payment_method_is_refused() {
    let mut stripe = Stripe::new("payments");
    let ana = stripe.post("/v1/customers", "payment_method=pm_card_visa");
    let ben = stripe.post("/v1/customers", "");
    let methods = stripe.get(&format!("/v1/customers/{}/payment_methods", ana.id()));
    let method = methods.ids()[0].to_string();
    let answer = pay(&mut stripe, &method, &format!("customer={}", ben.id()));
    assert_eq!((answer.status, answer.error("param")), (400, "payment_method"));
    assert!(answer.error("message").contains("does not belong to the Customer you supplied"));
    let answer = pay(&mut stripe, &method, "");
    assert_eq!(answer.error("code"), "parameter_missing");
}

// Recorded.
#[test]
fn detaching_is_for_good() {
    let mut stripe = Stripe::new("payments");
    let customer = stripe.post("/v1/customers", "");
    let form = format!("customer={}", customer.id());
    let method = stripe.post("/v1/payment_methods/pm_card_visa/attach", &form);
    let path = format!("/v1/payment_methods/{}", method.id());
    let default = format!("invoice_settings[default_payment_method]={}", method.id());
    stripe.post(&format!("/v1/customers/{}", customer.id()), &default);
    let detached = stripe.post(&format!("{path}/detach"), "");
    assert_eq!(detached.body.at("customer"), &Value::Null);
    let again = stripe.try_post(&format!("{path}/attach"), &form);
    assert_eq!(again.status, 400);
    let customer = stripe.get(&format!("/v1/customers/{}", customer.id()));
    assert_eq!(customer.body.path("invoice_settings.default_payment_method"), &Value::Null);
}

// Recorded.
#[test]
fn amounts_and_accounts_that_cannot_be_are_refused() {
    let mut stripe = Stripe::new("payments");
    let table = [
        ("amount=0&currency=usd", "parameter_invalid_integer", "amount"),
        ("amount=49&currency=usd", "amount_too_small", "amount"),
        ("amount=100000000&currency=usd", "amount_too_large", ""),
        ("amount=100&currency=xxd", "", "currency"),
        (
            "amount=100&currency=usd&application_fee_amount=1",
            "parameter_missing",
            "application_fee_amount",
        ),
        (
            "amount=100&currency=usd&transfer_data[destination]=acct_nobody",
            "resource_missing",
            "transfer_data[destination]",
        ),
        ("amount=100&currency=usd&payment_method=pm_nothing", "resource_missing", "payment_method"),
    ];
    for (form, code, param) in table {
        let answer = stripe.try_post("/v1/payment_intents", form);
        assert_eq!(
            (answer.status, answer.error("code"), answer.error("param")),
            (400, code, param)
        );
    }
    assert!(stripe.get("/v1/payment_intents").ids().is_empty());
}

// The bank's answer follows the confirmation.
#[test]
fn an_ach_debit_is_processing_until_the_bank_answers() {
    let mandate =
        "payment_method_types[]=us_bank_account&mandate_data[customer_acceptance][type]=offline";
    for (id, status) in [
        ("pm_usBankAccount_success", "succeeded"),
        ("pm_usBankAccount_noAccount", "requires_payment_method"),
        ("pm_usBankAccount_processing", "processing"),
    ] {
        let mut stripe = Stripe::new("payments");
        stripe.headers = "stripe-version: 2026-06-24.dahlia".to_string();
        let form = format!("amount=2000&currency=usd&confirm=true&payment_method={id}&{mandate}");
        let intent = stripe.post("/v1/payment_intents", &form);
        assert_eq!(intent.body.str("status"), "processing", "{id}");
        assert!(intent.body.str("latest_charge").starts_with("py_"));
        let intent = stripe.get(&format!("/v1/payment_intents/{}", intent.id()));
        assert_eq!(intent.body.str("status"), status, "{id}");
    }
}

// Two business days after Saturday, 2026-11-21 it is Wednesday.
#[test]
fn pending_money_becomes_available_and_the_balance_says_so() {
    let mut stripe = Stripe::new("payments");
    pay(&mut stripe, "pm_card_visa", "capture_method=automatic");
    stripe.now = NOW + 3 * 86_400_000;
    assert_eq!(amount(&stripe.get("/v1/balance"), "available"), 0);
    stripe.now = NOW + 4 * 86_400_000 - 11 * 3_600_000;
    let balance = stripe.get("/v1/balance");
    assert_eq!((amount(&balance, "pending"), amount(&balance, "available")), (0, 1912));
    assert_eq!(events(&mut stripe).last().unwrap(), "balance.available");
    let mut bypass = Stripe::new("payments");
    pay(&mut bypass, "pm_card_bypassPending", "capture_method=automatic");
    assert_eq!(amount(&bypass.get("/v1/balance"), "available"), 1912);
}

// Recorded.
#[test]
fn a_setup_intent_attaches_its_payment_method() {
    let mut stripe = Stripe::new("payments");
    let customer = stripe.post("/v1/customers", "");
    let form =
        format!("confirm=true&payment_method=pm_card_visa&customer={}&{NEVER}", customer.id());
    let intent = stripe.post("/v1/setup_intents", &form);
    assert_eq!(intent.body.str("status"), "succeeded");
    let path = format!("/v1/payment_methods/{}", intent.body.str("payment_method"));
    assert_eq!(stripe.get(&path).body.str("customer"), customer.id());
    assert_eq!(
        events(&mut stripe)[1..],
        ["setup_intent.created", "payment_method.attached", "setup_intent.succeeded"]
    );
    let declined = stripe.try_post(
        "/v1/setup_intents",
        &format!("confirm=true&payment_method=pm_card_visa_chargeDeclined&{NEVER}"),
    );
    assert_eq!((declined.status, declined.error("code")), (402, "card_declined"));
    let error = declined.body.at("error").as_map().unwrap();
    assert_eq!(error.path("setup_intent.status"), &Value::from("requires_payment_method"));
}

// The legacy way.
#[test]
fn a_token_becomes_a_customers_card_that_is_charged() {
    let mut stripe = Stripe::new("payments");
    let token = stripe.post("/v1/tokens", &CARD.replace("type=card&", ""));
    let form = format!("source={}", token.id());
    let customer = stripe.post("/v1/customers", &form);
    let card = customer.body.str("default_source").to_string();
    assert!(card.starts_with("card_"));
    let again = stripe.try_post("/v1/customers", &form);
    assert_eq!(again.error("code"), "token_already_used");
    let form = format!("amount=1000&currency=usd&customer={}", customer.id());
    let charge = stripe.post("/v1/charges", &form);
    assert_eq!(charge.body.path("source.id"), &Value::from(card.clone()));
    assert_eq!(charge.body.str("payment_method"), card);
    assert_eq!(stripe.get(&format!("/v1/payment_methods/{card}")).id(), card);
    let deleted = stripe.delete(&format!("/v1/customers/{}/sources/{card}", customer.id()));
    assert_eq!(deleted.body.at("deleted"), &Value::Bool(true));
    let answer = stripe.try_post("/v1/charges", &form);
    assert_eq!((answer.status, answer.error("code")), (402, "missing"));
}

// Card data that no card has.
#[test]
fn impossible_card_data_is_refused() {
    let mut stripe = Stripe::new("payments");
    let table = [
        ("4242424242424242", "4242424242424241", "incorrect_number", "number"),
        ("exp_month]=12", "exp_month]=13", "invalid_expiry_month", "exp_month"),
        ("exp_year]=2034", "exp_year]=1995", "invalid_expiry_year", "exp_year"),
        ("cvc]=314", "cvc]=99", "invalid_cvc", "cvc"),
    ];
    for (good, bad, code, param) in table {
        let answer = stripe.try_post("/v1/payment_methods", &CARD.replace(good, bad));
        assert_eq!((answer.status, answer.error("code")), (402, code));
        assert_eq!(answer.error("param"), param);
    }
}

// Recorded.
#[test]
fn a_disputed_charge_costs_its_amount_and_a_fee_until_it_is_won() {
    let mut stripe = Stripe::new("payments");
    let more = "capture_method=automatic&expand[]=latest_charge";
    let intent = pay(&mut stripe, "pm_card_createDispute", more);
    assert_eq!(
        events(&mut stripe),
        [
            "payment_intent.created",
            "charge.succeeded",
            "charge.dispute.created",
            "charge.dispute.funds_withdrawn",
            "payment_intent.succeeded"
        ]
    );
    let id = intent.body.path("latest_charge.dispute").as_str().unwrap().to_string();
    let path = format!("/v1/disputes/{id}");
    let dispute = stripe.get(&path);
    assert_eq!(
        (dispute.body.str("status"), dispute.body.str("reason")),
        ("needs_response", "fraudulent")
    );
    // The end of the eighth day after 2026-11-21.
    assert_eq!(dispute.body.path("evidence_details.due_by"), &Value::Int(1_795_996_799));
    let refused = stripe.try_post("/v1/refunds", &format!("payment_intent={}", intent.id()));
    assert_eq!(refused.error("code"), "charge_disputed");
    // 2000 - 88 for the charge, 2000 and 1500 for the dispute.
    assert_eq!(amount(&stripe.get("/v1/balance"), "available"), -3500);
    let review = stripe.post(&path, "evidence[uncategorized_text]=winning_evidence");
    assert_eq!(review.body.str("status"), "under_review");
    stripe.now += 60_000;
    let won = stripe.get(&path);
    assert_eq!(won.body.str("status"), "won");
    assert_eq!(amount(&stripe.get("/v1/balance"), "available"), -1500);
    let tail = events(&mut stripe);
    let tail: Vec<&str> = tail.iter().rev().take(3).rev().map(String::as_str).collect();
    assert_eq!(
        tail,
        ["charge.dispute.updated", "charge.dispute.funds_reinstated", "charge.dispute.closed"]
    );
    let closed = stripe.try_post(&format!("{path}/close"), "");
    assert_eq!(closed.error("message"), "This dispute is already closed");
}

#[test]
fn an_inquiry_moves_no_money_and_is_lost_when_accepted() {
    let mut stripe = Stripe::new("payments");
    let intent = pay(&mut stripe, "pm_card_createDisputeInquiry", "expand[]=latest_charge");
    let id = intent.body.path("latest_charge.dispute").as_str().unwrap().to_string();
    let dispute = stripe.get(&format!("/v1/disputes/{id}"));
    assert_eq!(dispute.body.str("status"), "warning_needs_response");
    assert!(dispute.body.is_true("is_charge_refundable"));
    assert_eq!(dispute.body.at("balance_transactions").as_list().unwrap().len(), 0);
    let closed = stripe.post(&format!("/v1/disputes/{id}/close"), "");
    assert_eq!(closed.body.str("status"), "warning_closed");
}

// As documented.
#[test]
fn a_confirmation_token_confirms_one_intent() {
    let mut stripe = Stripe::new("payments");
    let form = "payment_method_data[type]=card&payment_method_data[card][number]=4242424242424242\
                &payment_method_data[card][exp_month]=12&payment_method_data[card][exp_year]=2034\
                &return_url=https://shop.example/done";
    let token = stripe.post("/v1/test_helpers/confirmation_tokens", form);
    let last4 = token.body.path("payment_method_preview.card.last4");
    assert_eq!(last4, &Value::from("4242"));
    let form = format!("amount=2000&currency=usd&confirm=true&confirmation_token={}", token.id());
    let intent = stripe.post("/v1/payment_intents", &form);
    assert_eq!(intent.body.str("status"), "succeeded");
    let used = stripe.get(&format!("/v1/confirmation_tokens/{}", token.id()));
    assert_eq!(used.body.str("payment_intent"), intent.id());
    assert_eq!(stripe.try_post("/v1/payment_intents", &form).status, 400);
}

// URLs that Stripe answers though its documentation has them no more.
#[test]
fn old_urls_lead_to_the_operations_that_do_the_same() {
    let mut stripe = Stripe::new("payments");
    let charge = stripe.post("/v1/charges", "amount=2000&currency=usd&source=tok_visa");
    let other = stripe.post("/v1/charges", "amount=500&currency=usd&source=tok_visa");
    let under = |charge: &Answer, rest: &str| format!("/v1/charges/{}{rest}", charge.id());
    let refund = stripe.post(&under(&charge, "/refunds"), "amount=500&expand[]=charge");
    assert_eq!(refund.body.path("charge.amount_refunded"), &Value::Int(500));
    let list = stripe.get(&under(&charge, "/refunds"));
    assert_eq!(list.ids(), [refund.id()]);
    assert_eq!(list.body.str("url"), under(&charge, "/refunds"));
    let one = format!("/refunds/{}", refund.id());
    assert_eq!(stripe.get(&under(&charge, &one)).id(), refund.id());
    let wrong = stripe.get(&under(&other, &one));
    assert_eq!((wrong.status, wrong.error("param")), (404, "refund"));
    let whole = stripe.post(&under(&charge, "/refund"), "");
    assert_eq!(whole.id(), charge.id());
    assert!(whole.body.is_true("refunded"));
    let undisputed = stripe.get(&under(&charge, "/dispute"));
    assert_eq!(undisputed.error("message"), format!("No dispute for charge: {}", charge.id()));
    let unknown = stripe.get("/v1/charges/ch_1/nothing");
    assert!(unknown.error("message").starts_with("Unrecognized request URL"));
    assert_eq!(stripe.get("/v1/balance/history").ids().len(), 4);
}

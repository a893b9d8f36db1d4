//! Connected accounts and the money between them.
//!
//! Sources: answers recorded between 2023 and 2026, and Stripe's page on testing Connect.

use crate::stripe::{Answer, Stripe};
use fakestripe::value::{Map, Value};

const PERSON: &str = "individual[first_name]=Ana&individual[last_name]=Lima&\
    individual[email]=ana@example.com&individual[phone]=0000000000&individual[dob][day]=1&\
    individual[dob][month]=1&individual[dob][year]=1901&individual[id_number]=000000000&\
    individual[address][line1]=address_full_match&individual[address][city]=San Francisco&\
    individual[address][state]=California&individual[address][postal_code]=94107";

const BANK: &str = "external_account[object]=bank_account&external_account[country]=US&\
    external_account[currency]=usd&external_account[routing_number]=110000000";

const REST: &str = "business_type=individual&capabilities[card_payments][requested]=true&\
    capabilities[transfers][requested]=true&tos_acceptance[date]=1795262400&\
    tos_acceptance[ip]=203.0.113.1&business_profile[url]=https://accessible.stripe.com";

fn account(country: &str) -> String {
    format!("type=custom&country={country}&{REST}&{PERSON}")
}

fn complete(number: &str) -> String {
    format!("{}&{BANK}&external_account[account_number]={number}", account("US"))
}

fn list<'a>(body: &'a Map, path: &str) -> Vec<&'a str> {
    let list = body.path(path).as_list().unwrap_or(&[]);
    list.iter().map(|item| item.as_str().unwrap_or("")).collect()
}

/// An account that may do everything, its checks over.
pub fn active(stripe: &mut Stripe) -> String {
    let created = stripe.post("/v1/accounts", &complete("000123456789"));
    assert_eq!(created.status, 200, "{:?}", created.body);
    stripe.now += 60_000;
    created.id().to_string()
}

/// An account of another country that may do everything but be paid out.
pub fn account_in(stripe: &mut Stripe, country: &str) -> String {
    let created = stripe.post("/v1/accounts", &account(country));
    stripe.now += 60_000;
    created.id().to_string()
}

fn fund(stripe: &mut Stripe, amount: i64) {
    stripe.post("/v1/topups", &format!("amount={amount}&currency=usd"));
    stripe.now += 60_000;
}

#[test]
fn a_standard_account_asks_for_what_was_recorded() {
    let mut stripe = Stripe::new("connect");
    let created = stripe.post("/v1/accounts", "type=standard&country=AU&email=a@example.com");
    let due = [
        "business_profile.product_description",
        "business_profile.support_phone",
        "business_profile.url",
        "external_account",
        "tos_acceptance.date",
        "tos_acceptance.ip",
    ];
    assert_eq!(list(&created.body, "requirements.currently_due"), due);
    assert_eq!(
        created.body.path("requirements.disabled_reason").as_str(),
        Some("requirements.past_due")
    );
    assert_eq!(created.body.str("default_currency"), "aud");
    assert_eq!(created.body.at("charges_enabled"), &Value::Bool(false));
    assert_eq!(created.body.path("controller.losses.payments").as_str(), Some("stripe"));
}

#[test]
fn a_complete_american_is_looked_at_and_then_enabled() {
    let mut stripe = Stripe::new("connect");
    let created = stripe.post("/v1/accounts", &complete("000123456789"));
    let body = &created.body;
    assert_eq!(body.path("capabilities.transfers").as_str(), Some("pending"));
    assert_eq!(
        body.path("requirements.disabled_reason").as_str(),
        Some("requirements.pending_verification")
    );
    assert_eq!(body.at("details_submitted"), &Value::Bool(true));
    assert!(list(body, "requirements.pending_verification").contains(&"individual.id_number"));
    assert_eq!(body.path("individual.phone").as_str(), Some("+10000000000"));
    stripe.now += 60_000;
    let later = stripe.get(&format!("/v1/accounts/{}", created.id()));
    assert_eq!(later.body.path("capabilities.transfers").as_str(), Some("active"));
    assert_eq!(later.body.at("charges_enabled"), &Value::Bool(true));
    assert_eq!(later.body.at("payouts_enabled"), &Value::Bool(true));
    assert_eq!(later.body.path("individual.verification.status").as_str(), Some("verified"));
}

#[test]
fn without_an_external_account_payouts_wait() {
    let mut stripe = Stripe::new("connect");
    let created = stripe.post("/v1/accounts", &account("CA"));
    assert_eq!(created.body.at("charges_enabled"), &Value::Bool(true));
    assert_eq!(created.body.at("payouts_enabled"), &Value::Bool(false));
    assert_eq!(list(&created.body, "requirements.past_due"), ["external_account"]);
    let path = format!("/v1/accounts/{}", created.id());
    let bank = BANK.replace("[country]=US", "[country]=CA").replace("=usd", "=cad");
    let bank = format!("{bank}&external_account[account_number]=000123456789");
    let bank = bank.replace("routing_number]=110000000", "routing_number]=11000-000");
    let added = stripe.post(&format!("{path}/external_accounts"), &bank);
    assert_eq!((added.status, added.body.str("last4")), (200, "6789"));
    assert_eq!(added.body.at("default_for_currency"), &Value::Bool(true));
    assert_eq!(stripe.get(&path).body.at("payouts_enabled"), &Value::Bool(true));
    let removed = stripe.delete(&format!("{path}/external_accounts/{}", added.id()));
    assert_eq!(removed.body.at("deleted"), &Value::Bool(true));
    assert_eq!(stripe.get(&path).body.at("payouts_enabled"), &Value::Bool(false));
}

#[test]
fn the_testing_pages_values_decide_the_checks() {
    let rows = [
        ("id_number]=000000000", "id_number]=111111111", "verification_failed_id_number_match"),
        ("address_full_match", "address_line1_no_match", "verification_failed_address_match"),
        ("accessible.stripe.com", "disallowed.stripe.com", "invalid_url_denylisted"),
    ];
    for (good, bad, code) in rows {
        let mut stripe = Stripe::new("connect");
        let params = complete("000123456789").replacen(good, bad, 1);
        let created = stripe.post("/v1/accounts", &params);
        stripe.now += 60_000;
        let later = stripe.get(&format!("/v1/accounts/{}", created.id()));
        let errors = later.body.path("requirements.errors").as_list().unwrap();
        let codes: Vec<&str> =
            errors.iter().map(|error| error.as_map().unwrap().str("code")).collect();
        assert_eq!(codes, [code], "{bad}");
        assert_eq!(later.body.at("charges_enabled"), &Value::Bool(false), "{bad}");
    }
}

#[test]
fn persons_come_and_go_and_a_company_knows_them() {
    let mut stripe = Stripe::new("connect");
    let company = "type=custom&country=GB&business_type=company&company[name]=Ana Ltd&\
        company[tax_id]=000000000&company[phone]=0000000000&\
        company[address][line1]=address_full_match&company[address][city]=London&\
        company[address][postal_code]=WC2N 5DU&capabilities[transfers][requested]=true&\
        tos_acceptance[date]=1795262400&tos_acceptance[ip]=203.0.113.1&\
        business_profile[url]=https://example.com";
    let created = stripe.post("/v1/accounts", company);
    let path = format!("/v1/accounts/{}", created.id());
    let due = list(&created.body, "requirements.currently_due").join(" ");
    assert!(due.contains("owners.first_name") && due.contains("representative.email"), "{due}");
    let person = "first_name=Ana&last_name=Lima&email=ana@example.com&phone=0000000000&\
        dob[day]=1&dob[month]=1&dob[year]=1901&id_number=000000000&\
        address[line1]=address_full_match&address[city]=London&address[postal_code]=WC2N 5DU";
    let params = format!(
        "{person}&relationship[owner]=true&relationship[representative]=true&\
         relationship[percent_ownership]=100&relationship[title]=CEO"
    );
    let made = stripe.post(&format!("{path}/persons"), &params);
    assert_eq!(made.status, 200, "{:?}", made.body);
    assert!(made.id().starts_with("person_1"));
    let after = stripe.get(&path);
    assert_eq!(list(&after.body, "requirements.currently_due"), ["external_account"]);
    assert_eq!(after.body.path("capabilities.transfers").as_str(), Some("active"));
    let listed = stripe.get(&format!("{path}/persons?relationship[owner]=true"));
    assert_eq!(listed.ids(), [made.id()]);
    let second = stripe.try_post(&format!("{path}/persons"), "relationship[representative]=true");
    assert_eq!(second.status, 400);
    stripe.delete(&format!("{path}/persons/{}", made.id()));
    assert!(stripe.get(&format!("{path}/persons")).ids().is_empty());
}

#[test]
fn what_an_account_owns_is_its_own_and_a_deleted_one_is_out_of_reach() {
    let mut stripe = Stripe::new("connect");
    let account = active(&mut stripe);
    stripe.headers = format!("stripe-account: {account}\n");
    let customer = stripe.post("/v1/customers", "email=b@example.com").id().to_string();
    assert_eq!(stripe.get("/v1/account").body.str("id"), account);
    stripe.headers.clear();
    assert_eq!(stripe.get(&format!("/v1/customers/{customer}")).status, 404);
    assert_ne!(stripe.get("/v1/account").body.str("id"), account);
    let deleted = stripe.delete(&format!("/v1/accounts/{account}"));
    assert_eq!(deleted.body.at("deleted"), &Value::Bool(true));
    let gone = stripe.get(&format!("/v1/accounts/{account}"));
    assert_eq!((gone.status, gone.error("code")), (403, "account_invalid"));
}

#[test]
fn rejecting_disables_and_unrejecting_enables() {
    let mut stripe = Stripe::new("connect");
    let path = format!("/v1/accounts/{}", active(&mut stripe));
    let rejected = stripe.post(&format!("{path}/reject"), "reason=other");
    assert_eq!(rejected.body.path("requirements.disabled_reason").as_str(), Some("rejected.other"));
    assert_eq!(rejected.body.at("charges_enabled"), &Value::Bool(false));
    let back = stripe.post(&format!("{path}/unreject"), "");
    assert_eq!(back.body.at("payouts_enabled"), &Value::Bool(true));
}

#[test]
fn only_test_numbers_are_bank_accounts() {
    let mut stripe = Stripe::new("connect");
    let refused = stripe.try_post("/v1/accounts", &complete("123123123123"));
    assert_eq!((refused.status, refused.error("code")), (400, "account_number_invalid"));
    assert!(stripe.get("/v1/accounts").ids().is_empty());
}

#[test]
fn a_transfer_moves_money_and_its_reversal_moves_it_back() {
    let mut stripe = Stripe::new("connect");
    let account = active(&mut stripe);
    let params = format!("amount=700&currency=usd&destination={account}&transfer_group=12");
    let poor = stripe.try_post("/v1/transfers", &params);
    assert_eq!((poor.status, poor.error("code")), (400, "balance_insufficient"));
    fund(&mut stripe, 1000);
    let transfer = stripe.post("/v1/transfers", &params);
    assert_eq!(transfer.status, 200, "{:?}", transfer.body);
    assert_eq!(transfer.body.int("amount_reversed"), 0);
    assert_eq!(transfer.body.str("transfer_group"), "12");
    assert_eq!(available(&mut stripe, ""), 300);
    assert_eq!(available(&mut stripe, &account), 700);
    let path = format!("/v1/transfers/{}", transfer.id());
    let reversal = stripe.post(&format!("{path}/reversals"), "amount=200");
    assert_eq!(reversal.body.int("amount"), 200);
    assert_eq!(reversal.body.str("transfer"), transfer.id());
    let after = stripe.get(&path);
    assert_eq!((after.body.int("amount_reversed"), after.body.is_true("reversed")), (200, false));
    assert_eq!((available(&mut stripe, ""), available(&mut stripe, &account)), (500, 500));
    let too_much = stripe.try_post(&format!("{path}/reversals"), "amount=501");
    assert_eq!((too_much.status, too_much.error("param")), (400, "amount"));
    stripe.post(&format!("{path}/reversals"), "");
    assert_eq!(stripe.get(&path).body.at("reversed"), &Value::Bool(true));
}

fn available(stripe: &mut Stripe, account: &str) -> i64 {
    if !account.is_empty() {
        stripe.headers = format!("stripe-account: {account}\n");
    }
    let balance = stripe.get("/v1/balance");
    stripe.headers.clear();
    let rows = balance.body.at("available").as_list().unwrap();
    rows[0].as_map().unwrap().int("amount")
}

#[test]
fn a_payout_arrives_and_one_to_a_closed_account_comes_back() {
    let mut stripe = Stripe::new("connect");
    fund(&mut stripe, 5000);
    for (number, status, code) in
        [("000123456789", "paid", Value::Null), ("000111111113", "failed", "account_closed".into())]
    {
        let created = stripe.post("/v1/accounts", &complete(number));
        stripe.now += 60_000;
        let account = created.id().to_string();
        let sent =
            stripe.post("/v1/transfers", &format!("amount=900&currency=usd&destination={account}"));
        assert_eq!(sent.status, 200, "{:?}", sent.body);
        stripe.headers = format!("stripe-account: {account}\n");
        let payout = stripe.post("/v1/payouts", "amount=900&currency=usd");
        assert_eq!(payout.body.str("status"), "pending", "{:?}", payout.body);
        let more = stripe.try_post("/v1/payouts", "amount=1&currency=usd");
        assert_eq!(more.error("code"), "balance_insufficient");
        stripe.now += 60_000;
        let after = stripe.get(&format!("/v1/payouts/{}", payout.id()));
        assert_eq!((after.body.str("status"), after.body.at("failure_code")), (status, &code));
        stripe.headers.clear();
        let left = if status == "paid" { 0 } else { 900 };
        assert_eq!(available(&mut stripe, &account), left, "{number}");
    }
}

#[test]
fn a_pending_payout_can_be_canceled_and_a_paid_one_cannot() {
    let mut stripe = Stripe::new("connect");
    fund(&mut stripe, 500);
    let payout = stripe.post("/v1/payouts", "amount=500&currency=usd");
    let canceled = stripe.post(&format!("/v1/payouts/{}/cancel", payout.id()), "");
    assert_eq!(canceled.body.str("status"), "canceled", "{:?}", canceled.body);
    assert_eq!(available(&mut stripe, ""), 500);
    let paid = stripe.post("/v1/payouts", "amount=500&currency=usd");
    stripe.now += 60_000;
    let late = stripe.try_post(&format!("/v1/payouts/{}/cancel", paid.id()), "");
    assert_eq!(late.error("message"), "Payouts can only be canceled while they are pending.");
    let elsewhere = stripe.try_post("/v1/payouts", "amount=1&currency=cad");
    assert_eq!(
        elsewhere.error("message"),
        "Sorry, you don't have any external accounts in that currency (cad)."
    );
}

const CARD: &str = "payment_method=pm_card_visa&confirm=true&payment_method_types[]=card&\
    capture_method=automatic";

fn params(json: &str) -> Map {
    match serde_json::from_str(json) {
        Ok(Value::Map(map)) => std::rc::Rc::unwrap_or_clone(map),
        other => panic!("{other:?}"),
    }
}

// The library may set what only Stripe's pages could: an owner finishing their onboarding.
#[test]
fn the_library_finishes_an_express_accounts_onboarding() {
    let mut stripe = Stripe::new("connect");
    let form = "type=express&country=US&capabilities[transfers][requested]=true";
    let account = stripe.post("/v1/accounts", form).id().to_string();
    let path = format!("/v1/accounts/{account}");
    let early = stripe.try_post(&format!("{path}/login_links"), "");
    assert!(early.error("message").contains("has not completed onboarding"));
    let done = params(
        r#"{"details_submitted":true,"charges_enabled":true,"payouts_enabled":true,
            "capabilities":{"transfers":"active"}}"#,
    );
    let now = stripe.now;
    let updated = stripe.partition.call(now, "accounts.update", vec![account.clone()], done, None);
    assert!(updated.is_ok(), "{updated:?}");
    stripe.post(&path, "metadata[seen]=1");
    let shown = stripe.get(&path);
    assert_eq!(shown.body.at("charges_enabled"), &Value::Bool(true));
    assert_eq!(shown.body.path("capabilities.transfers").as_str(), Some("active"));
    let link = stripe.post(&format!("{path}/login_links"), "");
    assert!(link.body.str("url").starts_with("https://connect.stripe.com/express/"));
    let form = format!(
        "account={account}&type=account_onboarding&refresh_url=https://example.com/a&\
         return_url=https://example.com/b"
    );
    let link = stripe.post("/v1/account_links", &form);
    assert_eq!(link.body.int("expires_at") - link.body.int("created"), 300);
    let form = format!("account={account}&components[payouts][enabled]=true");
    let session = stripe.post("/v1/account_sessions", &form);
    assert_eq!(session.body.path("components.payouts.enabled"), &Value::Bool(true));
    assert_eq!(session.body.path("components.payments.enabled"), &Value::Bool(false));
}

// Recorded destination charges: the transfer shares the charge's stem, the group is the intent's.
#[test]
fn a_destination_charge_sends_the_money_on_and_its_refund_brings_it_back() {
    let mut stripe = Stripe::new("connect");
    let account = active(&mut stripe);
    stripe.headers = "stripe-version: 2025-10-29.clover\n".to_string();
    let form = format!(
        "amount=1000&currency=usd&transfer_data[destination]={account}&\
         application_fee_amount=100&{CARD}"
    );
    let intent = stripe.post("/v1/payment_intents", &form);
    let charge = stripe.get(&format!("/v1/charges/{}", intent.body.str("latest_charge")));
    assert_eq!(charge.body.str("destination"), account);
    assert_eq!(charge.body.str("transfer_group"), format!("group_{}", intent.id()));
    let transfer = stripe.get(&format!("/v1/transfers/{}", charge.body.str("transfer")));
    assert_eq!(transfer.body.int("amount"), 1000);
    assert_eq!(transfer.body.str("source_transaction"), charge.id());
    assert_eq!(transfer.id()[3..20], charge.id()[3..20]);
    let fee = stripe.get(&format!("/v1/application_fees/{}", charge.body.str("application_fee")));
    assert_eq!((fee.body.int("amount"), fee.body.str("account")), (100, account.as_str()));
    let form = format!("charge={}&reverse_transfer=true&refund_application_fee=true", charge.id());
    let refund = stripe.post("/v1/refunds", &form);
    assert!(refund.body.str("transfer_reversal").starts_with("trr_"));
    let transfer = stripe.get(&format!("/v1/transfers/{}", transfer.id()));
    assert_eq!(transfer.body.at("reversed"), &Value::Bool(true));
    let fee = stripe.get(&format!("/v1/application_fees/{}", fee.id()));
    assert_eq!(fee.body.at("refunded"), &Value::Bool(true));
}

// Recorded: 10.00 with a fee of 0.70 costs the account 0.59 and 0.70.
#[test]
fn a_direct_charge_pays_both_fees() {
    let mut stripe = Stripe::new("connect");
    let account = active(&mut stripe);
    let version = "stripe-version: 2025-10-29.clover\n";
    stripe.headers = format!("{version}stripe-account: {account}\n");
    let form = format!("amount=1000&currency=usd&application_fee_amount=70&{CARD}");
    let intent = stripe.post("/v1/payment_intents", &form);
    let path = format!("/v1/charges/{}", intent.body.str("latest_charge"));
    let charge = stripe.get(&format!("{path}?expand[]=balance_transaction"));
    let transaction = charge.body.at("balance_transaction").as_map().unwrap();
    assert_eq!((transaction.int("fee"), transaction.int("net")), (129, 871));
    let details = transaction.at("fee_details").as_list().unwrap();
    let rows: Vec<(i64, &str)> = details
        .iter()
        .map(|row| row.as_map().unwrap())
        .map(|row| (row.int("amount"), row.str("type")))
        .collect();
    assert_eq!(rows, [(59, "stripe_fee"), (70, "application_fee")]);
    stripe.headers = version.to_string();
    let fee = charge.body.str("application_fee").to_string();
    assert_eq!(stripe.get(&format!("/v1/application_fees/{fee}")).body.int("amount"), 70);
}

/// Asks connect.stripe.com.
fn ask(stripe: &mut Stripe, method: &str, url: &str, form: &str) -> Answer {
    let head = format!(
        "{method} {url}\nauthorization: Bearer sk_test_native\n\
         content-type: application/x-www-form-urlencoded"
    );
    stripe.raw(&head, form.as_bytes())
}

#[test]
fn oauth_connects_an_account_and_lets_it_go() {
    let mut stripe = Stripe::new("connect");
    let page = "https://connect.stripe.com/oauth/authorize?client_id=ca_1&response_type=code\
        &scope=read_write&state=a b";
    let sent_back = ask(&mut stripe, "GET", page, "");
    assert_eq!(sent_back.status, 302);
    let location = sent_back.header("location").unwrap().to_string();
    assert!(location.ends_with("&state=a%20b"), "{location}");
    let code = location.split("code=").nth(1).unwrap().split('&').next().unwrap().to_string();
    let token = "https://connect.stripe.com/oauth/token";
    let form = format!("grant_type=authorization_code&code={code}");
    let tokens = ask(&mut stripe, "POST", token, &form);
    assert_eq!((tokens.status, tokens.body.str("scope")), (200, "read_write"));
    let account = tokens.body.str("stripe_user_id").to_string();
    let body = stripe.get(&format!("/v1/accounts/{account}"));
    assert_eq!(body.body.at("charges_enabled"), &Value::Bool(true));
    let end = "https://connect.stripe.com/oauth/deauthorize";
    let bogus = ask(&mut stripe, "POST", end, &format!("client_id=bogus&stripe_user_id={account}"));
    assert_eq!((bogus.status, bogus.body.str("error")), (401, "invalid_client"));
    let gone = ask(&mut stripe, "POST", end, &format!("client_id=ca_1&stripe_user_id={account}"));
    assert_eq!(gone.body.str("stripe_user_id"), account);
    assert_eq!(stripe.get(&format!("/v1/accounts/{account}")).status, 403);
}

// Stripe's documentation: a code is good once, and using it again revokes what it gave.
#[test]
fn an_oauth_code_used_twice_ends_the_connection() {
    let mut stripe = Stripe::new("connect");
    let page = "https://connect.stripe.com/oauth/authorize?client_id=ca_1&response_type=code\
        &scope=read_write&stripe_user[email]=ana@example.com&stripe_user[country]=GB";
    let sent_back = ask(&mut stripe, "GET", page, "");
    let location = sent_back.header("location").unwrap().to_string();
    let code = location.split("code=").nth(1).unwrap().split('&').next().unwrap().to_string();
    let token = "https://connect.stripe.com/oauth/token";
    // The key may come as a parameter.
    let form = format!("grant_type=authorization_code&code={code}&client_secret=sk_test_native");
    let head = format!("POST {token}\ncontent-type: application/x-www-form-urlencoded");
    let tokens = stripe.raw(&head, form.as_bytes());
    assert_eq!(tokens.status, 200, "{:?}", tokens.body);
    let path = format!("/v1/accounts/{}", tokens.body.str("stripe_user_id"));
    let account = stripe.get(&path);
    assert_eq!((account.body.str("email"), account.body.str("country")), ("ana@example.com", "GB"));
    let again = ask(&mut stripe, "POST", token, &form);
    assert_eq!((again.status, again.body.str("error")), (400, "invalid_grant"));
    assert_eq!(stripe.get(&path).status, 403);
}

// Stripe's words as its clients quote them; connect.stripe.com has errors of its own form.
#[test]
fn oauth_tells_errors_in_its_own_form() {
    let mut stripe = Stripe::new("connect");
    let token = "https://connect.stripe.com/oauth/token";
    let rows = [
        ("", "invalid_request", "No grant type specified"),
        ("grant_type=password", "unsupported_grant_type", "Unsupported grant type"),
        ("grant_type=authorization_code", "invalid_request", "No authorization code provided"),
        ("grant_type=authorization_code&code=ac_1&x=1", "invalid_request", "Received unknown"),
        ("grant_type=refresh_token&refresh_token=rt_1", "invalid_grant", "Refresh token does not"),
    ];
    for (form, error, description) in rows {
        let answer = ask(&mut stripe, "POST", token, form);
        assert_eq!((answer.status, answer.body.str("error")), (400, error), "{form}");
        let told = answer.body.str("error_description");
        assert!(told.starts_with(description), "{form}: {told}");
    }
    let head = format!("POST {token}\ncontent-type: application/x-www-form-urlencoded");
    let nobody = stripe.raw(&head, b"grant_type=authorization_code&code=ac_1");
    assert_eq!((nobody.status, nobody.body.str("error")), (401, "invalid_client"));
}

// <https://docs.stripe.com/connect/account-tokens>: what a token stands for becomes the account's,
// once.
#[test]
fn account_and_person_tokens_carry_the_details() {
    let mut stripe = Stripe::new("connect");
    let details = PERSON.replace("individual[", "account[individual][");
    let form =
        format!("account[business_type]=individual&account[tos_shown_and_accepted]=true&{details}");
    let token = stripe.post("/v1/tokens", &form);
    assert!(token.id().starts_with("ct_"), "{:?}", token.body);
    let form = format!(
        "type=custom&country=CA&capabilities[transfers][requested]=true&\
         business_profile[url]=https://accessible.stripe.com&account_token={}",
        token.id()
    );
    let account = stripe.post("/v1/accounts", &form);
    assert_eq!(account.body.str("business_type"), "individual");
    assert_eq!(account.body.path("individual.first_name").as_str(), Some("Ana"));
    assert_eq!(account.body.path("tos_acceptance.date"), &Value::Int(stripe.now / 1000));
    assert_eq!(list(&account.body, "requirements.currently_due"), ["external_account"]);
    let again = stripe.try_post("/v1/accounts", &form);
    assert_eq!((again.status, again.error("code")), (400, "token_already_used"));
    let path = format!("/v1/accounts/{}", account.id());
    let unknown = stripe.try_post(&path, "account_token=ct_1");
    assert_eq!(
        (unknown.error("code"), unknown.error("param")),
        ("resource_missing", "account_token")
    );
    let company = stripe.post("/v1/accounts", "type=custom&country=CA&business_type=company");
    let token = stripe.post("/v1/tokens", "person[first_name]=Bo&person[relationship][owner]=true");
    let form = format!("person_token={}", token.id());
    let person = stripe.post(&format!("/v1/accounts/{}/persons", company.id()), &form);
    assert_eq!(person.body.str("first_name"), "Bo");
    assert_eq!(person.body.path("relationship.owner"), &Value::Bool(true));
}

// Stripe's words, as public issue threads quote them; what a payment cannot be shared with.
#[test]
fn a_payment_is_shared_only_with_whom_may_have_it() {
    let mut stripe = Stripe::new("connect");
    let bare = stripe.post("/v1/accounts", "type=express&country=US").id().to_string();
    let able = active(&mut stripe);
    let message = "Your destination account needs to have at least one of the following";
    let rows = [
        (format!("transfer_data[destination]={bare}"), message),
        (format!("on_behalf_of={bare}"), "You cannot create a charge on a connected account"),
        (
            format!(
                "transfer_data[destination]={able}&transfer_data[amount]=9&application_fee_amount=1"
            ),
            "You may only specify one of these parameters",
        ),
    ];
    for (form, message) in rows {
        let form = format!("amount=1000&currency=usd&{form}");
        let refused = stripe.try_post("/v1/payment_intents", &form);
        assert_eq!(refused.status, 400, "{form}");
        assert!(refused.error("message").starts_with(message), "{}", refused.error("message"));
    }
}

const V2: &str = "https://api.stripe.com/v2/core/accounts";

fn ask_v2(stripe: &mut Stripe, method: &str, path: &str, json: &str) -> Answer {
    let head = format!(
        "{method} {V2}{path}\nauthorization: Bearer sk_test_native\n\
         content-type: application/json\nstripe-version: 2026-10-28.endive"
    );
    stripe.raw(&head, json.as_bytes())
}

const RECIPIENT: &str = r#"{"contact_email": "ana@example.com", "dashboard": "none",
    "defaults": {"responsibilities": {"fees_collector": "application",
      "losses_collector": "application"}, "profile": {"business_url": "https://example.com"}},
    "identity": {"country": "ca", "entity_type": "individual", "individual": {
      "given_name": "Ana", "surname": "Lima", "email": "ana@example.com", "phone": "0000000000",
      "date_of_birth": {"day": 1, "month": 1, "year": 1901},
      "id_numbers": [{"type": "ca_sin", "value": "000000000"}],
      "address": {"line1": "address_full_match", "city": "Toronto", "state": "ON",
        "postal_code": "M4C 1T2", "country": "ca"}},
      "attestations": {"terms_of_service": {"account": {"date": "2026-11-21T12:00:00.000Z",
        "ip": "203.0.113.1"}}}},
    "configuration": {"recipient": {"capabilities": {
      "stripe_balance": {"stripe_transfers": {"requested": true}}}}},
    "include": ["configuration.recipient", "requirements", "identity"]}"#;

// <https://docs.stripe.com/connect/accounts-v2>: one account, which both APIs know.
#[test]
fn an_account_of_v2_is_one_of_v1_too() {
    let mut stripe = Stripe::new("connect");
    let created = ask_v2(&mut stripe, "POST", "", RECIPIENT);
    assert_eq!(created.status, 200, "{:?}", created.body);
    let transfers = "configuration.recipient.capabilities.stripe_balance.stripe_transfers.status";
    assert_eq!(created.body.path(transfers).as_str(), Some("active"));
    assert_eq!(created.body.path("identity.individual.given_name").as_str(), Some("Ana"));
    let entries = created.body.path("requirements.entries").as_list().unwrap();
    let due: Vec<&str> =
        entries.iter().map(|entry| entry.as_map().unwrap().str("description")).collect();
    assert_eq!(due, ["external_account"]);
    // What was not asked for is not shown.
    assert!(created.body.at("defaults").is_null());
    let id = created.id().to_string();
    let bare = ask_v2(&mut stripe, "GET", &format!("/{id}"), "");
    assert!(bare.body.at("configuration").is_null() && bare.body.at("identity").is_null());
    assert_eq!(bare.body.str("contact_email"), "ana@example.com");
    // v1 reads the same account, and money can be sent to it.
    let first = stripe.get(&format!("/v1/accounts/{id}"));
    assert_eq!(first.body.str("country"), "CA");
    assert_eq!(first.body.path("capabilities.transfers").as_str(), Some("active"));
    assert_eq!(first.body.path("individual.first_name").as_str(), Some("Ana"));
    assert_eq!(first.body.path("controller.fees.payer").as_str(), Some("application"));
    fund(&mut stripe, 1000);
    let sent = stripe.post("/v1/transfers", &format!("amount=700&currency=usd&destination={id}"));
    assert_eq!(sent.body.str("destination"), id);
    assert_eq!(stripe.get("/v1/accounts").ids(), [id.as_str()]);
    // What v1 changes, v2 shows.
    let bank = "external_account[object]=bank_account&external_account[country]=CA&\
        external_account[currency]=cad&external_account[account_number]=000123456789&\
        external_account[routing_number]=11000-000";
    stripe.post(&format!("/v1/accounts/{id}/external_accounts"), bank);
    let include = format!("/{id}?include[0]=requirements&include[1]=configuration.recipient");
    let after = ask_v2(&mut stripe, "GET", &include, "");
    let payouts = "configuration.recipient.capabilities.stripe_balance.payouts.status";
    assert_eq!(after.body.path(payouts).as_str(), Some("active"));
    assert!(after.body.path("requirements.entries").as_list().unwrap().is_empty());
    let changed = ask_v2(&mut stripe, "POST", &format!("/{id}"), r#"{"display_name": "Ana's"}"#);
    assert_eq!(changed.body.str("display_name"), "Ana's");
    let close = r#"{"applied_configurations": ["recipient"]}"#;
    let closed = ask_v2(&mut stripe, "POST", &format!("/{id}/close"), close);
    assert_eq!(closed.body.at("closed"), &Value::Bool(true));
    let first = stripe.get(&format!("/v1/accounts/{id}"));
    assert_eq!(first.body.at("payouts_enabled"), &Value::Bool(false));
}

// <https://docs.stripe.com/api/v2/core/account-tokens>
#[test]
fn a_token_of_v2_carries_the_details_once() {
    let mut stripe = Stripe::new("connect");
    let token = r#"{"identity": {"entity_type": "individual", "individual":
        {"given_name": "Ana", "surname": "Lima"}, "attestations": {"terms_of_service":
        {"account": {"shown_and_accepted": true}}}}}"#;
    let head = "POST https://api.stripe.com/v2/core/account_tokens\n\
        authorization: Bearer sk_test_native\ncontent-type: application/json\n\
        stripe-version: 2026-10-28.endive";
    let token = stripe.raw(head, token.as_bytes());
    assert_eq!(token.status, 200, "{:?}", token.body);
    let json = format!(
        r#"{{"account_token": "{}", "configuration": {{"recipient": {{}}}}, "include": ["identity"]}}"#,
        token.id()
    );
    let account = ask_v2(&mut stripe, "POST", "", &json);
    assert_eq!(account.status, 200, "{:?}", account.body);
    assert_eq!(account.body.path("identity.individual.surname").as_str(), Some("Lima"));
    let first = stripe.get(&format!("/v1/accounts/{}", account.id()));
    assert_eq!(first.body.path("tos_acceptance.date"), &Value::Int(stripe.now / 1000));
    let again = ask_v2(&mut stripe, "POST", "", &json);
    assert_eq!((again.status, again.error("code")), (400, "token_already_used"));
}

#[test]
fn an_account_of_v1_can_be_read_through_v2() {
    let mut stripe = Stripe::new("connect");
    let id = active(&mut stripe);
    let path = format!("/{id}?include[0]=configuration.merchant&include[1]=identity");
    let read = ask_v2(&mut stripe, "GET", &path, "");
    assert_eq!(read.status, 200, "{:?}", read.body);
    let cards = "configuration.merchant.capabilities.card_payments.status";
    assert_eq!(read.body.path(cards).as_str(), Some("active"));
    assert_eq!(read.body.path("identity.individual.surname").as_str(), Some("Lima"));
    assert_eq!(read.body.str("dashboard"), "none");
    let unknown = ask_v2(&mut stripe, "GET", "/acct_1unknown", "");
    assert_eq!(unknown.status, 404);
}

#[test]
fn an_accounts_events_are_its_own() {
    let mut stripe = Stripe::new("connect");
    let account = active(&mut stripe);
    stripe.headers = format!("stripe-account: {account}\n");
    let events = stripe.get("/v1/events?limit=100");
    let types: Vec<&str> = events
        .body
        .at("data")
        .as_list()
        .unwrap()
        .iter()
        .map(|event| event.as_map().unwrap().str("type"))
        .collect();
    for wanted in [
        "account.updated",
        "account.external_account.created",
        "capability.updated",
        "person.created",
    ] {
        assert!(types.contains(&wanted), "{wanted} of {types:?}");
    }
    let first = events.body.at("data").as_list().unwrap()[0].as_map().unwrap();
    assert_eq!(first.str("account"), account);
}

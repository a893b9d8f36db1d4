//! Subscriptions and invoices as an application sees them: the first payment, renewals, failures.

use crate::stripe::{Answer, Stripe};
use fakestripe::value::{Map, Value};

const DAY: i64 = 86_400;

pub struct Shop {
    pub stripe: Stripe,
    pub customer: String,
    pub price: String,
}

/// A customer who pays with that test card, and a price of $10.00 a month.
pub fn shop(method: &str) -> Shop {
    let mut stripe = Stripe::new("billing");
    let customer = stripe.post("/v1/customers", "email=ana@example.com").id().to_string();
    let mut shop = Shop { price: String::new(), customer, stripe };
    if !method.is_empty() {
        shop.pay_with(method);
    }
    let form = "currency=usd&unit_amount=1000&recurring[interval]=month&product_data[name]=Default";
    shop.price = shop.stripe.post("/v1/prices", form).id().to_string();
    shop
}

impl Shop {
    pub fn pay_with(&mut self, method: &str) {
        let path = format!("/v1/payment_methods/{method}/attach");
        let attached = self.stripe.post(&path, &format!("customer={}", self.customer));
        let form = format!("invoice_settings[default_payment_method]={}", attached.id());
        self.stripe.post(&format!("/v1/customers/{}", self.customer), &form);
    }

    pub fn subscribe(&mut self, more: &str) -> Answer {
        let form = format!(
            "customer={}&items[0][price]={}&expand[]=latest_invoice&{more}",
            self.customer, self.price
        );
        self.stripe.try_post("/v1/subscriptions", &form)
    }

    /// The object at that path.
    pub fn get(&mut self, path: &str) -> Map {
        self.stripe.get(path).body
    }

    /// How many milliseconds pass, in days and seconds.
    pub fn wait(&mut self, days: i64, seconds: i64) {
        self.stripe.now += (days * DAY + seconds) * 1000;
    }

    /// The types of the events so far, oldest first.
    pub fn events(&mut self) -> Vec<String> {
        let list = self.stripe.get("/v1/events?limit=100");
        let data = list.body.at("data").as_list().unwrap();
        data.iter().rev().map(|event| event.as_map().unwrap().str("type").to_string()).collect()
    }
}

fn first_line(invoice: &Map) -> &Map {
    invoice.path("lines.data").as_list().unwrap()[0].as_map().unwrap()
}

// Recorded: a card that pays.
#[test]
fn a_subscription_whose_card_pays_is_active_and_its_invoice_paid() {
    let mut shop = shop("pm_card_visa");
    let subscription = shop.subscribe("");
    assert_eq!(subscription.status, 200);
    assert_eq!(subscription.body.str("status"), "active");
    let invoice = subscription.body.at("latest_invoice").as_map().unwrap();
    assert_eq!(invoice.str("status"), "paid");
    assert_eq!(invoice.str("billing_reason"), "subscription_create");
    assert_eq!((invoice.int("amount_paid"), invoice.int("amount_remaining")), (1000, 0));
    assert_eq!((invoice.int("attempt_count"), invoice.is_true("attempted")), (1, true));
    assert!(invoice.str("number").ends_with("-0001"), "{}", invoice.str("number"));
    let line = first_line(invoice);
    assert_eq!(line.str("description"), "1 × Default (at $10.00 / month)");
    let events = shop.events();
    let after = |first: &str, then: &str| {
        let place = |wanted: &str| events.iter().position(|event| event == wanted);
        assert!(place(first).unwrap() < place(then).unwrap(), "{first}, then {then}: {events:?}");
    };
    after("invoice.created", "invoice.finalized");
    after("invoice.finalized", "charge.succeeded");
    after("payment_intent.succeeded", "invoice.paid");
    after("invoice.paid", "invoice.payment_succeeded");
    let has_created = events.iter().any(|event| event == "customer.subscription.created");
    assert!(has_created, "{events:?}");
}

// Recorded.
#[test]
fn without_anything_to_pay_with_nothing_is_made() {
    let mut shop = shop("");
    let refused = shop.subscribe("");
    assert_eq!((refused.status, refused.error("code")), (400, "resource_missing"));
    assert!(refused.error("message").starts_with(
        "This customer has no attached payment source or default payment method. Please consider"
    ));
    assert!(shop.stripe.get("/v1/subscriptions").ids().is_empty());
    assert!(shop.stripe.get("/v1/invoices").ids().is_empty());
}

// The table of payment behaviours.
#[test]
fn a_declined_first_payment_leaves_what_the_behavior_says() {
    let mut shop = shop("pm_card_chargeCustomerFail");
    let subscription = shop.subscribe("");
    assert_eq!((subscription.status, subscription.body.str("status")), (200, "incomplete"));
    let invoice = subscription.body.at("latest_invoice").as_map().unwrap();
    assert_eq!((invoice.str("status"), invoice.int("attempt_count")), ("open", 1));
    let count = shop.stripe.get("/v1/invoices").ids().len();
    let refused = shop.subscribe("payment_behavior=error_if_incomplete");
    assert_eq!((refused.status, refused.error("code")), (402, "card_declined"));
    assert_eq!(shop.stripe.get("/v1/invoices").ids().len(), count);
    let refused = shop.subscribe("payment_behavior=pending_if_incomplete");
    assert_eq!((refused.status, refused.error("param")), (400, "payment_behavior"));
}

// `default_incomplete`, and the confirmation of its payment intent.
#[test]
fn confirming_the_first_payment_activates_the_subscription() {
    let mut shop = shop("");
    let subscription = shop.subscribe(
        "payment_behavior=default_incomplete&expand[]=latest_invoice.payments\
         &expand[]=latest_invoice.confirmation_secret",
    );
    assert_eq!(subscription.body.str("status"), "incomplete");
    let invoice = subscription.body.at("latest_invoice").as_map().unwrap();
    assert!(!invoice.is_true("attempted"));
    let payment = invoice.path("payments.data").as_list().unwrap()[0].as_map().unwrap();
    let intent = payment.path("payment.payment_intent").as_id().unwrap().to_string();
    let secret = invoice.path("confirmation_secret.client_secret").as_str().unwrap();
    assert!(secret.starts_with(&intent), "{secret}");
    let path = format!("/v1/payment_intents/{intent}/confirm");
    let confirmed = shop.stripe.post(&path, "payment_method=pm_card_visa");
    assert_eq!(confirmed.body.str("status"), "succeeded");
    let subscription = shop.get(&format!("/v1/subscriptions/{}", subscription.id()));
    assert_eq!(subscription.str("status"), "active");
}

// 23 hours.
#[test]
fn an_unpaid_first_invoice_expires_with_its_subscription() {
    let mut shop = shop("");
    let made = shop.subscribe("payment_behavior=default_incomplete");
    shop.wait(0, 23 * 3600 + 1);
    let subscription = shop.get(&format!("/v1/subscriptions/{}", made.id()));
    assert_eq!(subscription.str("status"), "incomplete_expired");
    let invoice = shop.get(&format!("/v1/invoices/{}", subscription.str("latest_invoice")));
    assert_eq!(invoice.str("status"), "void");
}

// Recorded: the first invoice of a trial.
#[test]
fn a_trial_begins_with_an_invoice_over_nothing_and_ends_with_one_over_the_price() {
    let mut shop = shop("pm_card_visa");
    let made = shop.subscribe("trial_period_days=7");
    assert_eq!(made.body.str("status"), "trialing");
    assert_eq!(made.body.int("trial_end") - made.body.int("trial_start"), 7 * DAY);
    let invoice = made.body.at("latest_invoice").as_map().unwrap();
    assert_eq!((invoice.str("status"), invoice.int("total")), ("paid", 0));
    assert_eq!((invoice.int("attempt_count"), invoice.is_true("attempted")), (0, true));
    assert_eq!(first_line(invoice).str("description"), "Free trial for 1 × Default");
    shop.wait(7, 3601);
    let after = shop.get(&format!("/v1/subscriptions/{}?expand[]=latest_invoice", made.id()));
    assert_eq!(after.str("status"), "active");
    let invoice = after.at("latest_invoice").as_map().unwrap();
    assert_eq!((invoice.str("status"), invoice.int("amount_paid")), ("paid", 1000));
}

// A renewal is a draft at the boundary and paid an hour later.
#[test]
fn a_renewal_is_drawn_up_and_an_hour_later_paid() {
    let mut shop = shop("pm_card_visa");
    let made = shop.subscribe("");
    let path = format!("/v1/subscriptions/{}?expand[]=latest_invoice", made.id());
    // From 21 November to 21 December.
    shop.wait(30, 0);
    let invoice = shop.get(&path).at("latest_invoice").as_map().unwrap().clone();
    assert_eq!(
        (invoice.str("status"), invoice.str("billing_reason")),
        ("draft", "subscription_cycle")
    );
    assert_eq!(invoice.int("period_end") - invoice.int("period_start"), 30 * DAY);
    let line = first_line(&invoice);
    assert_eq!(line.path("period.end").as_int().unwrap() - invoice.int("period_end"), 31 * DAY);
    shop.wait(0, 3600);
    let invoice = shop.get(&path).at("latest_invoice").as_map().unwrap().clone();
    assert_eq!((invoice.str("status"), invoice.int("amount_paid")), ("paid", 1000));
    assert!(invoice.str("number").ends_with("-0002"));
}

// The card fails in March, and is replaced.
#[test]
fn a_failed_renewal_is_past_due_until_it_is_paid() {
    let mut shop = shop("pm_card_visa");
    let made = shop.subscribe("");
    shop.pay_with("pm_card_chargeCustomerFail");
    shop.wait(30, 3600);
    let path = format!("/v1/subscriptions/{}?expand[]=latest_invoice", made.id());
    let subscription = shop.get(&path);
    assert_eq!(subscription.str("status"), "past_due");
    let invoice = subscription.at("latest_invoice").as_map().unwrap();
    assert_eq!((invoice.str("status"), invoice.int("attempt_count")), ("open", 1));
    assert!(!invoice.at("next_payment_attempt").is_null());
    shop.pay_with("pm_card_mastercard");
    let paid = shop.stripe.post(&format!("/v1/invoices/{}/pay", invoice.str("id")), "");
    assert_eq!((paid.body.str("status"), paid.body.int("attempt_count")), ("paid", 1));
    assert_eq!(shop.get(&path).str("status"), "active");
}

// The stand-in for smart retries ends in a cancellation.
#[test]
fn retries_that_all_fail_end_the_subscription() {
    let mut shop = shop("pm_card_visa");
    let made = shop.subscribe("");
    shop.pay_with("pm_card_chargeCustomerFail");
    shop.wait(30 + 3 + 5 + 7, 3600);
    let subscription = shop.get(&format!("/v1/subscriptions/{}", made.id()));
    assert_eq!(subscription.str("status"), "canceled");
    let reason = subscription.path("cancellation_details.reason");
    assert_eq!(reason, &Value::from("payment_failed"));
}

// Recorded: the flag, and what the period's end makes of it.
#[test]
fn canceling_at_the_periods_end_lets_the_period_pass() {
    let mut shop = shop("pm_card_visa");
    let made = shop.subscribe("");
    let path = format!("/v1/subscriptions/{}", made.id());
    shop.wait(5, 0);
    let flagged = shop.stripe.post(&path, "cancel_at_period_end=true").body;
    assert_eq!(flagged.str("status"), "active");
    assert_eq!(flagged.int("cancel_at") - made.body.int("created"), 30 * DAY);
    shop.wait(25, 0);
    let ended = shop.get(&path);
    assert_eq!(ended.str("status"), "canceled");
    assert_eq!(ended.int("ended_at"), flagged.int("cancel_at"));
    assert_eq!(ended.int("canceled_at"), flagged.int("canceled_at"));
    assert_eq!(shop.stripe.get("/v1/invoices").ids().len(), 1);
}

// An invoice made by hand.
#[test]
fn an_invoice_made_by_hand_takes_items_is_finalized_and_paid() {
    let mut shop = shop("pm_card_visa");
    let form = format!("customer={}&amount=2500&currency=usd&description=Work", shop.customer);
    shop.stripe.post("/v1/invoiceitems", &form);
    let form = format!("customer={}&pending_invoice_items_behavior=include", shop.customer);
    let draft = shop.stripe.post("/v1/invoices", &form);
    assert_eq!((draft.body.str("status"), draft.body.int("amount_due")), ("draft", 2500));
    assert_eq!(first_line(&draft.body).str("description"), "Work");
    let path = format!("/v1/invoices/{}", draft.id());
    let open = shop.stripe.post(&format!("{path}/finalize"), "");
    assert_eq!(open.body.str("status"), "open");
    let refused = shop.stripe.try_post(&path, "description=Other");
    assert_eq!(refused.error("message"), "Finalized invoices can't be updated in this way");
    let paid = shop.stripe.post(&format!("{path}/pay"), "");
    assert_eq!((paid.body.str("status"), paid.body.int("amount_paid")), ("paid", 2500));
    let refused = shop.stripe.try_post(&format!("{path}/pay"), "");
    assert_eq!((refused.status, refused.error("message")), (400, "Invoice is already paid"));
    let refused = shop.stripe.try_post(&format!("{path}/void"), "");
    assert_eq!(refused.error("message"), "Invoices with `paid` payments cannot be voided.");
}

// Recorded: 2500 with a coupon of 10 %.
#[test]
fn a_coupon_takes_its_part_off_the_total() {
    let mut shop = shop("pm_card_visa");
    let coupon = shop.stripe.post("/v1/coupons", "percent_off=10&duration=once").id().to_string();
    let form = format!("customer={}&discounts[0][coupon]={coupon}", shop.customer);
    let draft = shop.stripe.post("/v1/invoices", &form);
    let item =
        format!("customer={}&invoice={}&amount=2500&currency=usd", shop.customer, draft.id());
    shop.stripe.post("/v1/invoiceitems", &item);
    let invoice = shop.get(&format!("/v1/invoices/{}", draft.id()));
    assert_eq!((invoice.int("subtotal"), invoice.int("total")), (2500, 2250));
    let taken = invoice.at("total_discount_amounts").as_list().unwrap()[0].as_map().unwrap();
    assert_eq!(taken.int("amount"), 250);
}

//! Usage as an application reports it and as it is billed; credits that pay for it; alerts.

use crate::stripe::Stripe;
use fakestripe::value::{Map, Value};

const DAY: i64 = 86_400;

struct Shop {
    stripe: Stripe,
    customer: String,
    meter: String,
    price: String,
    reported: i64,
}

/// A customer who pays with a card that pays, a meter by that formula, and 10 cents per unit.
fn shop(formula: &str) -> Shop {
    let mut stripe = Stripe::new("usage");
    let form = "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa";
    let customer = stripe.post("/v1/customers", form).id().to_string();
    let form =
        format!("display_name=Calls&event_name=calls&default_aggregation[formula]={formula}");
    let meter = stripe.post("/v1/billing/meters", &form).id().to_string();
    let form = format!(
        "currency=usd&unit_amount=10&product_data[name]=Calls&recurring[interval]=month\
         &recurring[usage_type]=metered&recurring[meter]={meter}"
    );
    let price = stripe.post("/v1/prices", &form).id().to_string();
    Shop { stripe, customer, meter, price, reported: 0 }
}

impl Shop {
    fn subscribe(&mut self) -> Map {
        let form = format!("customer={}&items[0][price]={}", self.customer, self.price);
        self.stripe.post("/v1/subscriptions", &form).body
    }

    /// Reports a value; the first one is called `1`.
    fn report(&mut self, value: &str) {
        self.reported += 1;
        let form = format!(
            "event_name=calls&identifier={}&payload[stripe_customer_id]={}&payload[value]={value}",
            self.reported, self.customer
        );
        self.stripe.post("/v1/billing/meter_events", &form);
    }

    fn wait(&mut self, seconds: i64) {
        self.stripe.now += seconds * 1000;
    }

    fn latest_invoice(&mut self) -> Map {
        let path = format!("/v1/invoices?customer={}&limit=1", self.customer);
        let list = self.stripe.get(&path).body;
        list.at("data").as_list().unwrap()[0].as_map().unwrap().clone()
    }

    fn grant(&mut self, value: i64, more: &str) -> String {
        let form = format!(
            "customer={}&amount[type]=monetary&amount[monetary][currency]=usd\
             &amount[monetary][value]={value}\
             &applicability_config[scope][price_type]=metered&{more}",
            self.customer
        );
        self.stripe.post("/v1/billing/credit_grants", &form).id().to_string()
    }

    /// What is left: usable, and all.
    fn credit(&mut self) -> (i64, i64) {
        let path = format!(
            "/v1/billing/credit_balance_summary?customer={}&filter[type]=applicability_scope\
             &filter[applicability_scope][price_type]=metered",
            self.customer
        );
        let summary = self.stripe.get(&path).body;
        let balance = summary.at("balances").as_list().unwrap()[0].as_map().unwrap();
        let value = |path: &str| balance.path(path).as_int().unwrap();
        (value("available_balance.monetary.value"), value("ledger_balance.monetary.value"))
    }

    fn events(&mut self, event_type: &str) -> Vec<Value> {
        let list = self.stripe.get(&format!("/v1/events?limit=100&type={event_type}")).body;
        list.at("data").as_list().unwrap().to_vec()
    }

    fn thin_events(&mut self) -> Vec<Value> {
        self.stripe.headers = "stripe-version: 2026-10-28.endive".to_string();
        let answer = self.stripe.get("/v2/core/events");
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.body.at("data").as_list().unwrap().to_vec()
    }
}

fn line(invoice: &Map) -> &Map {
    invoice.path("lines.data").as_list().unwrap()[0].as_map().unwrap()
}

// The table of aggregations, at 10 cents per unit.
#[test]
fn a_period_is_billed_by_the_formula_of_its_meter() {
    for (formula, quantity, amount) in [("sum", 12, 120), ("count", 3, 30), ("last", 5, 50)] {
        let mut shop = shop(formula);
        let subscription = shop.subscribe();
        // Nothing is billed at the beginning: there is no line, so there is no invoice.
        assert_eq!(subscription.str("status"), "active");
        assert!(subscription.at("latest_invoice").is_null());
        let item = subscription.path("items.data").as_list().unwrap()[0].as_map().unwrap();
        assert!(!item.contains("quantity"));
        for value in ["3", "4", "5"] {
            shop.wait(DAY);
            shop.report(value);
        }
        shop.wait(28 * DAY);
        let invoice = shop.latest_invoice();
        assert_eq!(invoice.str("billing_reason"), "subscription_cycle");
        let line = line(&invoice);
        assert_eq!((line.int("quantity"), line.int("amount")), (quantity, amount), "{formula}");
        assert_eq!(line.path("period.start"), invoice.at("period_start"));
        assert_eq!(line.path("period.end"), invoice.at("period_end"));
    }
}

// A cycle without usage has a line of 0; a new period begins at nothing.
#[test]
fn a_period_without_usage_is_billed_at_nothing() {
    let mut shop = shop("sum");
    shop.subscribe();
    shop.report("7");
    shop.wait(32 * DAY);
    assert_eq!(shop.latest_invoice().int("total"), 70);
    shop.wait(30 * DAY);
    let invoice = shop.latest_invoice();
    assert_eq!((invoice.int("total"), line(&invoice).int("quantity")), (0, 0));
    assert_eq!(invoice.str("status"), "paid");
}

// Late events are billed while the invoice is a draft.
#[test]
fn usage_reported_while_the_invoice_is_a_draft_is_on_it() {
    let mut shop = shop("sum");
    let start = shop.subscribe().int("start_date");
    shop.report("3");
    // 30 days after November 21st a period ends.
    shop.wait(30 * DAY + 600);
    let draft = shop.latest_invoice();
    assert_eq!((draft.str("status"), draft.int("total")), ("draft", 30));
    let form = format!(
        "event_name=calls&payload[stripe_customer_id]={}&payload[value]=2&timestamp={}",
        shop.customer,
        start + 29 * DAY
    );
    shop.stripe.post("/v1/billing/meter_events", &form);
    shop.report("100");
    shop.wait(3600);
    let invoice = shop.latest_invoice();
    assert_eq!((invoice.str("status"), invoice.int("total")), ("paid", 50));
}

#[test]
fn a_canceled_event_is_not_billed_and_an_identifier_counts_once() {
    let mut shop = shop("sum");
    shop.subscribe();
    shop.report("3");
    shop.report("4");
    let form = "event_name=calls&type=cancel&cancel[identifier]=2";
    shop.stripe.post("/v1/billing/meter_event_adjustments", form);
    shop.reported = 0;
    let form = format!(
        "event_name=calls&identifier=1&payload[stripe_customer_id]={}&payload[value]=9",
        shop.customer
    );
    assert_eq!(shop.stripe.try_post("/v1/billing/meter_events", &form).status, 400);
    shop.wait(31 * DAY);
    assert_eq!(shop.latest_invoice().int("total"), 30);
}

// Stripe's page on recording usage: a negative total is billed as 0.
#[test]
fn usage_below_nothing_is_billed_as_nothing() {
    let mut shop = shop("sum");
    shop.subscribe();
    shop.report("3");
    shop.report("-4");
    shop.wait(31 * DAY);
    let invoice = shop.latest_invoice();
    assert_eq!((line(&invoice).int("quantity"), invoice.int("total")), (0, 0));
}

// The codes of errors that are found afterwards.
#[test]
fn what_is_wrong_with_an_event_is_told_afterwards() {
    let mut shop = shop("sum");
    let customer = shop.customer.clone();
    let cases = [
        ("no_meter", "event_name=none&payload[value]=1".to_string()),
        ("meter_event_no_customer_defined", "event_name=calls&payload[value]=1".to_string()),
        (
            "meter_event_customer_not_found",
            "event_name=calls&payload[stripe_customer_id]=cus_none&payload[value]=1".to_string(),
        ),
        (
            "meter_event_invalid_value",
            format!("event_name=calls&payload[stripe_customer_id]={customer}&payload[value]=1.5"),
        ),
        (
            "timestamp_too_far_in_past",
            format!(
                "event_name=calls&payload[stripe_customer_id]={customer}&payload[value]=1\
                 &timestamp={}",
                shop.stripe.now / 1000 - 36 * DAY
            ),
        ),
        (
            "timestamp_in_future",
            format!(
                "event_name=calls&payload[stripe_customer_id]={customer}&payload[value]=1\
                 &timestamp={}",
                shop.stripe.now / 1000 + 600
            ),
        ),
    ];
    for (code, form) in cases {
        let before = shop.thin_events().len();
        assert_eq!(shop.stripe.try_post("/v1/billing/meter_events", &form).status, 200, "{code}");
        let told = shop.thin_events();
        assert_eq!(told.len(), before + 1, "{code}");
        let event = told.iter().filter_map(Value::as_map).find(|event| {
            let kinds = event.path("data.reason.error_types").as_list().unwrap();
            kinds[0].as_map().unwrap().str("code") == code
        });
        let expected = match code {
            "no_meter" => "v1.billing.meter.no_meter_found",
            _ => "v1.billing.meter.error_report_triggered",
        };
        let event = event.unwrap_or_else(|| panic!("{code}: {told:?}"));
        assert_eq!(event.str("type"), expected);
        let about = event.path("related_object.id").as_str();
        assert_eq!(about, (code != "no_meter").then_some(shop.meter.as_str()));
    }
    shop.stripe.post(&format!("/v1/billing/meters/{}/deactivate", shop.meter), "");
    shop.report("1");
    let newest = &shop.thin_events()[0];
    let kinds = newest.as_map().unwrap().path("data.reason.error_types").as_list().unwrap();
    assert_eq!(kinds[0].as_map().unwrap().str("code"), "archived_meter");
}

// As documented.
#[test]
fn credits_pay_for_usage_by_priority_and_come_back_when_the_invoice_is_voided() {
    let mut shop = shop("sum");
    let form = "collection_method=send_invoice&days_until_due=30";
    let form = format!("customer={}&items[0][price]={}&{form}", shop.customer, shop.price);
    let update = format!("/v1/customers/{}", shop.customer);
    shop.stripe.post(&update, "email=ana@example.com");
    shop.stripe.post("/v1/subscriptions", &form);
    let late = shop.grant(60, "priority=60");
    let first = shop.grant(30, "priority=10&category=promotional");
    assert_eq!(shop.credit(), (90, 90));
    shop.report("20");
    shop.wait(30 * DAY + 7200);
    let invoice = shop.latest_invoice();
    assert_eq!(invoice.str("status"), "open");
    assert_eq!((invoice.int("subtotal"), invoice.int("total")), (200, 110));
    assert_eq!(shop.credit(), (0, 0));
    let applied = line(&invoice).at("pretax_credit_amounts").as_list().unwrap();
    let amounts: Vec<i64> =
        applied.iter().map(|entry| entry.as_map().unwrap().int("amount")).collect();
    assert_eq!(amounts, [30, 60]);
    assert_eq!(invoice.at("total_pretax_credit_amounts").as_list().unwrap(), applied);
    let path = format!("/v1/billing/credit_balance_transactions?customer={}", shop.customer);
    let transactions = shop.stripe.get(&path).body;
    let of = |place: usize| {
        let entry = transactions.at("data").as_list().unwrap()[place].as_map().unwrap();
        (
            entry.at("credit_grant").as_str().unwrap().to_string(),
            entry.path("debit.credits_applied.invoice").as_str() == Some(invoice.str("id")),
        )
    };
    assert_eq!([of(0), of(1)], [(late, true), (first, true)]);
    shop.stripe.post(&format!("/v1/invoices/{}/void", invoice.str("id")), "");
    assert_eq!(shop.credit(), (90, 90));
}

#[test]
fn a_grant_expires_in_time_and_a_used_one_cannot_be_voided() {
    let mut shop = shop("sum");
    shop.subscribe();
    let short = shop.grant(100, &format!("expires_at={}", shop.stripe.now / 1000 + 40 * DAY));
    let later = shop.grant(100, &format!("effective_at={}", shop.stripe.now / 1000 + 50 * DAY));
    assert_eq!(shop.credit(), (100, 200));
    shop.report("4");
    shop.wait(31 * DAY);
    assert_eq!(shop.credit(), (60, 160));
    let refused = shop.stripe.try_post(&format!("/v1/billing/credit_grants/{short}/void"), "");
    assert_eq!(refused.status, 400);
    shop.wait(10 * DAY);
    assert_eq!(shop.credit(), (0, 100));
    shop.wait(10 * DAY);
    assert_eq!(shop.credit(), (100, 100));
    shop.stripe.post(&format!("/v1/billing/credit_grants/{later}/void"), "");
    assert_eq!(shop.credit(), (0, 0));
}

// As documented.
#[test]
fn an_alert_goes_off_once_a_customer() {
    let mut shop = shop("sum");
    let form = format!(
        "alert_type=usage_threshold&title=Much&usage_threshold[gte]=10\
         &usage_threshold[meter]={}&usage_threshold[recurrence]=one_time",
        shop.meter
    );
    let alert = shop.stripe.post("/v1/billing/alerts", &form).id().to_string();
    shop.report("9");
    assert!(shop.events("billing.alert.triggered").is_empty());
    shop.report("2");
    shop.report("5");
    let told = shop.events("billing.alert.triggered");
    assert_eq!(told.len(), 1);
    let object = told[0].as_map().unwrap().path("data.object").as_map().unwrap();
    assert_eq!(object.str("customer"), shop.customer);
    assert_eq!(object.int("value"), 11);
    assert_eq!(object.path("alert.id").as_str(), Some(alert.as_str()));
}

//! Changes of subscriptions and what time does to them, to the cent and in order.

use crate::billing::{Shop, shop};
use fakestripe::value::{Map, Value};

const DAY: i64 = 86_400;
/// 2027-01-01T00:00:00Z.
const NEW_YEAR: i64 = 1_798_761_600;

/// A shop at the beginning of a year, with a card that pays.
fn open() -> Shop {
    let mut shop = shop("pm_card_visa");
    shop.stripe.now = NEW_YEAR * 1000;
    shop
}

fn price(shop: &mut Shop, form: &str) -> String {
    let form = format!("currency=usd&product_data[name]=Other&{form}");
    shop.stripe.post("/v1/prices", &form).id().to_string()
}

/// What a list at that path holds.
fn list(shop: &mut Shop, path: &str) -> Vec<Map> {
    let answer = shop.stripe.get(path);
    let data = answer.body.at("data").as_list().unwrap_or_else(|| panic!("{:?}", answer.body));
    data.iter().map(|item| item.as_map().unwrap().clone()).collect()
}

fn amounts(lines: &[Map]) -> Vec<i64> {
    lines.iter().map(|line| line.int("amount")).collect()
}

fn lines(invoice: &Map) -> Vec<Map> {
    let lines = invoice.path("lines.data").as_list().unwrap();
    lines.iter().map(|line| line.as_map().unwrap().clone()).collect()
}

fn item(subscription: &Map, place: usize) -> Map {
    subscription.path("items.data").as_list().unwrap()[place].as_map().unwrap().clone()
}

impl Shop {
    /// Sets the clock to that many days and seconds after the new year.
    fn at(&mut self, days: i64, seconds: i64) {
        self.stripe.now = (NEW_YEAR + days * DAY + seconds) * 1000;
    }

    fn change(&mut self, subscription: &str, form: &str) -> Map {
        let form = format!("{form}&expand[]=latest_invoice");
        self.stripe.post(&format!("/v1/subscriptions/{subscription}"), &form).body
    }

    fn subscription(&mut self, id: &str) -> Map {
        self.get(&format!("/v1/subscriptions/{id}?expand[]=latest_invoice"))
    }

    /// Pending invoice items, newest first.
    fn pending(&mut self) -> Vec<Map> {
        list(self, "/v1/invoiceitems?pending=true")
    }

    /// The types of the events since there were that many.
    fn since(&mut self, count: usize) -> Vec<String> {
        self.events().split_off(count)
    }
}

fn swap(subscription: &Map, price: &str) -> String {
    format!("items[0][id]={}&items[0][price]={price}", item(subscription, 0).str("id"))
}

// The whole run, row by row.
#[test]
fn a_worked_run_of_four_months() {
    let mut shop = open();
    let made = shop.subscribe("");
    let id = made.id().to_string();
    let dearer = price(&mut shop, "unit_amount=2000&recurring[interval]=month");
    shop.at(15, 0);
    shop.change(&id, &swap(&made.body, &dearer));
    assert_eq!(amounts(&shop.pending()), [-516, 1032]);
    shop.at(31, 0);
    let renewed = shop.subscription(&id);
    let draft = renewed.at("latest_invoice").as_map().unwrap().clone();
    assert_eq!((draft.str("status"), draft.str("billing_reason")), ("draft", "subscription_cycle"));
    assert_eq!(amounts(&lines(&draft)), [-516, 1032, 2000]);
    assert_eq!(draft.int("total"), 2516);
    assert_eq!(
        (draft.int("period_start"), draft.int("period_end")),
        (NEW_YEAR, NEW_YEAR + 31 * DAY)
    );
    let of_item = item(&renewed, 0);
    assert_eq!(of_item.int("current_period_start"), NEW_YEAR + 31 * DAY);
    assert_eq!(of_item.int("current_period_end"), NEW_YEAR + 59 * DAY);
    shop.at(31, 3600);
    let paid = shop.subscription(&id).at("latest_invoice").as_map().unwrap().clone();
    assert_eq!((paid.str("status"), paid.int("amount_paid")), ("paid", 2516));
    shop.at(40, 0);
    shop.pay_with("pm_card_chargeCustomerFail");
    shop.at(59, 3600);
    let failed = shop.subscription(&id);
    assert_eq!(failed.str("status"), "past_due");
    let open = failed.at("latest_invoice").as_map().unwrap().clone();
    assert_eq!((open.str("status"), open.int("attempt_count")), ("open", 1));
    assert_eq!(open.int("amount_due"), 2000);
    shop.at(60, 0);
    shop.pay_with("pm_card_visa");
    let paid = shop.stripe.post(&format!("/v1/invoices/{}/pay", open.str("id")), "").body;
    assert_eq!((paid.str("status"), paid.int("attempt_count")), ("paid", 1));
    shop.at(63, 0);
    let flagged = shop.change(&id, "cancel_at_period_end=true");
    assert_eq!(flagged.int("cancel_at"), NEW_YEAR + 90 * DAY);
    shop.at(90, 0);
    let ended = shop.subscription(&id);
    assert_eq!(ended.str("status"), "canceled");
    assert_eq!(ended.int("ended_at"), NEW_YEAR + 90 * DAY);
    assert_eq!(ended.int("canceled_at"), NEW_YEAR + 63 * DAY);
    assert_eq!(shop.stripe.get("/v1/invoices").ids().len(), 3);
}

// Recorded: what a swap writes, and in which words.
#[test]
fn a_swap_writes_a_debit_and_then_a_credit() {
    let mut shop = open();
    let made = shop.subscribe("items[0][quantity]=3");
    let dearer = price(&mut shop, "unit_amount=2000&recurring[interval]=month");
    shop.at(15, 0);
    let count = shop.events().len();
    let changed = shop.change(made.id(), &swap(&made.body, &dearer));
    // A new price without a quantity has one of it.
    assert_eq!(changed.int("quantity"), 1);
    let [credit, debit] = shop.pending().try_into().unwrap();
    assert_eq!(credit.str("description"), "Unused time on 3 × Default after 16 Jan 2027");
    assert_eq!(debit.str("description"), "Remaining time on Other after 16 Jan 2027");
    assert_eq!((credit.int("quantity"), debit.int("quantity")), (3, 1));
    for entry in [&credit, &debit] {
        assert!(entry.is_true("proration") && !entry.is_true("discountable"));
        assert_eq!(entry.path("pricing.unit_amount_decimal"), &Value::Null);
        assert_eq!(entry.path("period.start").as_int(), Some(NEW_YEAR + 15 * DAY));
        assert_eq!(entry.path("period.end").as_int(), Some(NEW_YEAR + 31 * DAY));
    }
    let invoice = made.body.at("latest_invoice").as_map().unwrap();
    let credited = credit.path("proration_details.credited_items");
    let credited = credited.as_map().unwrap();
    assert_eq!(credited.str("type"), "invoice_line_items");
    let of = credited.path("invoice_line_item_details.invoice");
    assert_eq!(of.as_str(), Some(invoice.str("id")));
    assert_eq!(debit.path("proration_details.credited_items"), &Value::Null);
    let told = shop.since(count);
    assert_eq!(
        told,
        ["invoiceitem.created", "invoiceitem.created", "customer.subscription.updated"],
        "{told:?}"
    );
}

// Through the HTTP API, with what the invoices come to.
#[test]
fn worked_prorations() {
    // First price, change, from what time on, what the pending items are, newest first.
    let rows: [(&str, &str, i64, [i64; 2]); 4] = [
        ("unit_amount=1999", "unit_amount=4999", 10 * DAY + DAY / 2, [-1322, 3306]),
        ("unit_amount=5000", "unit_amount=10000", 15 * DAY + DAY / 2, [-2500, 5000]),
        ("unit_amount=1000", "unit_amount=1000", 15 * DAY, [-516, 516]),
        ("unit_amount=0", "unit_amount=3100", 30 * DAY, [0, 100]),
    ];
    for (before, after, at, wanted) in rows {
        let mut shop = open();
        let monthly = |form: &str| format!("{form}&recurring[interval]=month");
        shop.price = price(&mut shop, &monthly(before));
        let made = shop.subscribe("");
        let other = price(&mut shop, &monthly(after));
        shop.at(0, at);
        shop.change(made.id(), &swap(&made.body, &other));
        assert_eq!(amounts(&shop.pending()), wanted, "{before} to {after}");
    }
    // 3: a change of quantity credits the old and debits the new as a whole.
    let mut shop = open();
    shop.price = price(&mut shop, "unit_amount=700&recurring[interval]=month");
    let made = shop.subscribe("items[0][quantity]=3");
    shop.at(10, DAY / 2);
    let path = format!("/v1/subscription_items/{}", item(&made.body, 0).str("id"));
    assert_eq!(shop.stripe.post(&path, "quantity=5").body.int("quantity"), 5);
    assert_eq!(amounts(&shop.pending()), [-1389, 2315]);
    assert_eq!(shop.subscription(made.id()).int("quantity"), 5);
}

// A net credit is paid at once, and the customer has it.
#[test]
fn a_net_credit_goes_to_the_customers_balance() {
    let mut shop = open();
    let made = shop.subscribe("");
    let cheaper = price(&mut shop, "unit_amount=500&recurring[interval]=month");
    // A third of January's 31 days is used.
    shop.at(10, DAY / 3);
    let form = format!("{}&proration_behavior=always_invoice", swap(&made.body, &cheaper));
    let changed = shop.change(made.id(), &form);
    let invoice = changed.at("latest_invoice").as_map().unwrap();
    assert_eq!(amounts(&lines(invoice)), [-667, 333]);
    assert_eq!((invoice.str("status"), invoice.int("amount_due")), ("paid", 0));
    assert_eq!((invoice.int("attempt_count"), invoice.int("ending_balance")), (0, -334));
    let customer = format!("/v1/customers/{}", shop.customer);
    assert_eq!(shop.get(&customer).int("balance"), -334);
}

// Recorded: flexible billing keeps its anchor.
#[test]
fn from_month_to_year_within_seconds() {
    let mut shop = open();
    shop.price = price(&mut shop, "unit_amount=2500&recurring[interval]=month");
    let made = shop.subscribe("");
    let yearly = price(&mut shop, "unit_amount=25000&recurring[interval]=year");
    shop.at(0, 4);
    let form = format!("{}&proration_behavior=always_invoice", swap(&made.body, &yearly));
    let changed = shop.change(made.id(), &form);
    let invoice = changed.at("latest_invoice").as_map().unwrap();
    assert_eq!(invoice.str("billing_reason"), "subscription_update");
    assert_eq!(amounts(&lines(invoice)), [-2500, 25_000]);
    assert_eq!((invoice.str("status"), invoice.int("amount_paid")), ("paid", 22_500));
    assert_eq!((invoice.int("period_start"), invoice.int("period_end")), (NEW_YEAR, NEW_YEAR + 4));
    let of_item = item(&changed, 0);
    assert_eq!(of_item.int("current_period_start"), NEW_YEAR);
    assert_eq!(of_item.int("current_period_end"), NEW_YEAR + 365 * DAY);
    assert_eq!(changed.int("billing_cycle_anchor"), NEW_YEAR);
    let line = &lines(invoice)[0];
    assert_eq!(line.path("parent.type").as_str(), Some("subscription_item_details"));
    let details = line.path("parent.subscription_item_details").as_map().unwrap();
    assert!(details.is_true("proration") && !details.at("invoice_item").is_null());
}

// Recorded: in classic billing, and where it is asked for, a period begins anew.
#[test]
fn a_new_anchor_bills_a_whole_period() {
    for (mode, more) in [
        ("billing_mode[type]=classic", ""),
        ("billing_mode[type]=classic", "&billing_cycle_anchor[type]=now"),
        ("", "&billing_cycle_anchor[type]=now"),
    ] {
        let mut shop = open();
        shop.price = price(&mut shop, "unit_amount=2500&recurring[interval]=month");
        let made = shop.subscribe(mode);
        let yearly = price(&mut shop, "unit_amount=25000&recurring[interval]=year");
        shop.at(0, 4);
        let changed = shop.change(
            made.id(),
            &format!("{}&proration_behavior=always_invoice{more}", swap(&made.body, &yearly)),
        );
        let invoice = changed.at("latest_invoice").as_map().unwrap();
        let lines = lines(invoice);
        assert_eq!(amounts(&lines), [-2500, 25_000], "{mode}{more}");
        assert_eq!(lines[1].str("description"), "1 × Other (at $250.00 / year)");
        let now = NEW_YEAR + 4;
        assert_eq!((invoice.int("period_start"), invoice.int("period_end")), (now, now));
        assert_eq!(changed.int("billing_cycle_anchor"), now);
        assert_eq!(item(&changed, 0).int("current_period_end"), now + 365 * DAY);
    }
}

// Who has the coupon when one of two items goes.
#[test]
fn a_removed_item_gives_back_what_was_paid_for_it() {
    for (mode, credit) in [("flexible", -417), ("classic", -250)] {
        let mut shop = open();
        let dearer = price(&mut shop, "unit_amount=2000&recurring[interval]=month");
        let form = "amount_off=500&currency=usd&duration=forever";
        let coupon = shop.stripe.post("/v1/coupons", form).id().to_string();
        let made = shop.subscribe(&format!(
            "items[1][price]={dearer}&discounts[0][coupon]={coupon}&billing_mode[type]={mode}"
        ));
        let invoice = made.body.at("latest_invoice").as_map().unwrap();
        assert_eq!(invoice.int("total"), 2500, "{mode}");
        shop.at(15, DAY / 2);
        let form = format!("items[0][id]={}&items[0][deleted]=true", item(&made.body, 0).str("id"));
        let changed = shop.change(made.id(), &form);
        assert_eq!(amounts(&shop.pending()), [credit], "{mode}");
        assert_eq!(changed.path("items.total_count").as_int(), Some(1));
    }
}

// Nothing, or the same again, settles nothing.
#[test]
fn what_does_not_prorate() {
    let mut shop = open();
    let made = shop.subscribe("");
    let dearer = price(&mut shop, "unit_amount=2000&recurring[interval]=month");
    shop.at(10, 0);
    let same = shop.price.clone();
    shop.change(made.id(), &swap(&made.body, &same));
    shop.change(made.id(), "description=Other&metadata[a]=b");
    let form = format!("{}&proration_behavior=none", swap(&made.body, &dearer));
    shop.change(made.id(), &form);
    assert!(shop.pending().is_empty());
    shop.at(31, 3600);
    let invoice = shop.subscription(made.id()).at("latest_invoice").as_map().unwrap().clone();
    assert_eq!(invoice.int("amount_paid"), 2000);
    let form = format!("{}&proration_date=5", swap(&made.body, &same));
    let path = format!("/v1/subscriptions/{}", made.id());
    let refused = shop.stripe.try_post(&path, &form);
    let wanted = "Cannot specify proration date outside of current subscription period";
    assert_eq!((refused.status, refused.error("message")), (400, wanted));
}

// A preview is what then happens.
#[test]
fn a_preview_equals_what_then_happens() {
    for behavior in ["always_invoice", "create_prorations"] {
        let mut shop = open();
        let made = shop.subscribe("");
        let dearer = price(&mut shop, "unit_amount=4999&recurring[interval]=month");
        shop.at(10, 12_345);
        let date = NEW_YEAR + 10 * DAY;
        let form = format!(
            "{}&proration_behavior={behavior}&proration_date={date}",
            swap(&made.body, &dearer)
        );
        let details: Vec<String> = form
            .split('&')
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap();
                let (name, rest) = name
                    .split_once('[')
                    .map_or((name, String::new()), |(name, rest)| (name, format!("[{rest}")));
                format!("subscription_details[{name}]{rest}={value}")
            })
            .collect();
        let events = shop.events().len();
        let before = shop.stripe.get("/v1/invoices").body;
        let asked = format!("subscription={}&{}", made.id(), details.join("&"));
        let preview = shop.stripe.post("/v1/invoices/create_preview", &asked).body;
        assert!(preview.str("id").starts_with("upcoming_in_"), "{}", preview.str("id"));
        assert_eq!((preview.str("status"), preview.at("number")), ("draft", &Value::Null));
        let of = preview.path("parent.subscription_details.subscription_proration_date");
        assert_eq!(of.as_int(), Some(date));
        // It leaves no trace.
        assert_eq!(shop.events().len(), events);
        assert_eq!(shop.stripe.get("/v1/invoices").body, before);
        assert!(shop.pending().is_empty());
        shop.change(made.id(), &form);
        shop.at(31, 0);
        let invoices = list(&mut shop, "/v1/invoices");
        let real = match behavior {
            "always_invoice" => &invoices[1],
            _ => &invoices[0],
        };
        assert_eq!(amounts(&lines(&preview)), amounts(&lines(real)), "{behavior}");
        assert_eq!(preview.int("total"), real.int("total"));
        let described = |invoice: &Map| -> Vec<String> {
            lines(invoice).iter().map(|line| line.str("description").to_string()).collect()
        };
        assert_eq!(described(&preview), described(real));
    }
}

// Of a subscription that is not there yet, and of nothing.
#[test]
fn a_preview_of_a_first_invoice_and_of_none() {
    let mut shop = open();
    let form =
        format!("customer={}&subscription_details[items][0][price]={}", shop.customer, shop.price);
    let preview = shop.stripe.post("/v1/invoices/create_preview", &form).body;
    assert_eq!(
        (preview.int("total"), preview.str("billing_reason")),
        (1000, "subscription_create")
    );
    let made = shop.subscribe("");
    shop.stripe.delete(&format!("/v1/subscriptions/{}", made.id()));
    let form = format!("subscription={}", made.id());
    let refused = shop.stripe.try_post("/v1/invoices/create_preview", &form);
    assert_eq!((refused.status, refused.error("code")), (404, "invoice_upcoming_none"));
}

// A stub up to the anchor, and none of it.
#[test]
fn a_future_anchor_begins_with_a_stub() {
    for (behavior, total) in [("create_prorations", Some(2129)), ("none", None)] {
        let mut shop = open();
        shop.price = price(&mut shop, "unit_amount=3000&recurring[interval]=month");
        shop.at(9, 0);
        let anchor = NEW_YEAR + 31 * DAY;
        let made =
            shop.subscribe(&format!("billing_cycle_anchor={anchor}&proration_behavior={behavior}"));
        assert_eq!(made.body.str("status"), "active", "{:?}", made.body);
        let invoice = made.body.at("latest_invoice").as_map();
        assert_eq!(invoice.map(|invoice| invoice.int("total")), total);
        let of_item = item(&made.body, 0);
        assert_eq!(of_item.int("current_period_start"), NEW_YEAR + 9 * DAY);
        assert_eq!(of_item.int("current_period_end"), anchor);
        shop.at(31, 0);
        let invoice = shop.subscription(made.id()).at("latest_invoice").as_map().unwrap().clone();
        assert_eq!(invoice.int("total"), 3000);
    }
    let mut shop = open();
    let late = NEW_YEAR + 32 * DAY;
    let refused = shop.subscribe(&format!("billing_cycle_anchor={late}"));
    assert_eq!((refused.status, refused.error("param")), (400, "billing_cycle_anchor"));
}

// A day of the month.
#[test]
fn an_anchor_on_a_day_of_the_month() {
    let mut shop = open();
    let made = shop.subscribe(
        "billing_cycle_anchor_config[day_of_month]=31&billing_cycle_anchor_config[hour]=6",
    );
    let anchor = NEW_YEAR + 30 * DAY + 6 * 3600;
    assert_eq!(made.body.int("billing_cycle_anchor"), anchor);
    // 28 February, 31 March, 30 April.
    for (days, ends) in [(31, 58), (59, 89), (90, 119)] {
        shop.at(days, 0);
        let ends_at = item(&shop.subscription(made.id()), 0).int("current_period_end");
        assert_eq!(ends_at, NEW_YEAR + ends * DAY + 6 * 3600);
    }
}

// What passed since then is billed now.
#[test]
fn a_backdated_subscription_bills_what_passed() {
    let mut shop = open();
    shop.at(45, 0);
    let made = shop.subscribe(&format!("backdate_start_date={NEW_YEAR}"));
    assert_eq!(made.body.int("start_date"), NEW_YEAR);
    assert_eq!(made.body.int("created"), NEW_YEAR + 45 * DAY);
    assert_eq!(made.body.int("billing_cycle_anchor"), NEW_YEAR);
    assert_eq!(item(&made.body, 0).int("current_period_end"), NEW_YEAR + 59 * DAY);
    let invoice = made.body.at("latest_invoice").as_map().unwrap();
    assert_eq!(amounts(&lines(invoice)), [1000, 1000]);
}

// What ends a trial without anything to pay with.
#[test]
fn the_end_of_a_trial_without_a_card() {
    for (behavior, status) in
        [("create_invoice", "past_due"), ("pause", "paused"), ("cancel", "canceled")]
    {
        let mut shop = shop("");
        let made = shop.subscribe(&format!(
            "trial_period_days=7&trial_settings[end_behavior][missing_payment_method]={behavior}"
        ));
        assert_eq!(made.body.str("status"), "trialing");
        assert!(made.body.str("pending_setup_intent").starts_with("seti_"));
        let count = shop.events().len();
        shop.wait(7, 3601);
        let ended = shop.subscription(made.id());
        assert_eq!(ended.str("status"), status, "{behavior}");
        let told = shop.since(count);
        assert_eq!(told[0], "customer.subscription.trial_will_end");
        match behavior {
            "pause" => {
                assert_eq!(
                    told[1..],
                    ["customer.subscription.updated", "customer.subscription.paused"]
                );
                assert_eq!(
                    ended.path("status_details.paused.subscription.type").as_str(),
                    Some("trial_end_without_payment_method")
                );
            }
            "cancel" => assert_eq!(told[1..], ["customer.subscription.deleted"]),
            _ => assert!(told.contains(&"invoice.payment_failed".to_string()), "{told:?}"),
        }
    }
}

// A trial that is ended by hand, extended, or taken from the price.
#[test]
fn trials_end_early_last_longer_and_come_of_prices() {
    let mut shop = open();
    let made = shop.subscribe("trial_period_days=14");
    let id = made.id().to_string();
    shop.at(1, 0);
    let longer = shop.change(&id, &format!("trial_end={}", NEW_YEAR + 30 * DAY));
    assert_eq!(longer.int("billing_cycle_anchor"), NEW_YEAR + 30 * DAY);
    assert_eq!(item(&longer, 0).int("current_period_end"), NEW_YEAR + 30 * DAY);
    assert!(shop.pending().is_empty());
    let ended = shop.change(&id, "trial_end=now");
    assert_eq!(ended.str("status"), "active");
    let invoice = ended.at("latest_invoice").as_map().unwrap();
    assert_eq!((invoice.str("status"), invoice.int("amount_paid")), ("paid", 1000));
    assert_eq!(item(&ended, 0).int("current_period_start"), NEW_YEAR + DAY);
    // Ignored where there is no trial (recorded).
    assert_eq!(shop.change(&id, "trial_end=now").str("status"), "active");
    let form = "unit_amount=900&recurring[interval]=month&recurring[trial_period_days]=5";
    shop.price = price(&mut shop, form);
    assert_eq!(shop.subscribe("").body.str("status"), "active");
    let of_plan = shop.subscribe("trial_from_plan=true");
    assert_eq!(of_plan.body.str("status"), "trialing");
    assert_eq!(of_plan.body.int("trial_end"), NEW_YEAR + 6 * DAY);
    let refused = shop.subscribe("trial_from_plan=true&trial_period_days=3");
    assert_eq!(
        refused.error("message"),
        "You cannot set `trial_end` or `trial_period_days` when `trial_from_plan=true`."
    );
}

// The first that is there pays.
#[test]
fn which_payment_method_pays() {
    let mut shop = open();
    let attach = |shop: &mut Shop, card: &str| {
        let form = format!("customer={}", shop.customer);
        let path = format!("/v1/payment_methods/{card}/attach");
        shop.stripe.post(&path, &form).id().to_string()
    };
    let failing = attach(&mut shop, "pm_card_chargeCustomerFail");
    let refused = shop.subscribe(&format!(
        "default_payment_method={failing}&payment_behavior=error_if_incomplete"
    ));
    assert_eq!((refused.status, refused.error("code")), (402, "card_declined"));
    let made = shop.subscribe("payment_settings[save_default_payment_method]=on_subscription");
    assert_eq!(made.body.str("status"), "active");
    let customer = shop.customer.clone();
    let customer = shop.get(&format!("/v1/customers/{customer}"));
    let default = customer.path("invoice_settings.default_payment_method").as_id().unwrap();
    assert_eq!(made.body.str("default_payment_method"), default);
}

// A change that is not paid for waits, and is made when it is.
#[test]
fn a_change_waits_until_it_is_paid() {
    let mut shop = open();
    let made = shop.subscribe("");
    let id = made.id().to_string();
    let dearer = price(&mut shop, "unit_amount=9000&recurring[interval]=month");
    let form = format!("{}&proration_behavior=always_invoice", swap(&made.body, &dearer));
    shop.at(10, 0);
    shop.pay_with("pm_card_chargeCustomerFail");
    let strict = format!("{form}&payment_behavior=error_if_incomplete");
    let refused = shop.stripe.try_post(&format!("/v1/subscriptions/{id}"), &strict);
    assert_eq!(refused.status, 402);
    assert_eq!(item(&shop.subscription(&id), 0).path("price.id").as_str(), Some(&*shop.price));
    let parked = shop.change(&id, &format!("{form}&payment_behavior=pending_if_incomplete"));
    assert_eq!(parked.str("status"), "active");
    assert_eq!(
        parked.path("pending_update.expires_at").as_int(),
        Some(NEW_YEAR + 10 * DAY + 82_800)
    );
    assert_eq!(item(&parked, 0).path("price.id").as_str(), Some(&*shop.price));
    let invoice = parked.at("latest_invoice").as_map().unwrap().clone();
    assert_eq!(invoice.str("status"), "open");
    shop.pay_with("pm_card_visa");
    shop.stripe.post(&format!("/v1/invoices/{}/pay", invoice.str("id")), "");
    let applied = shop.subscription(&id);
    assert_eq!(applied.at("pending_update"), &Value::Null);
    assert_eq!(item(&applied, 0).path("price.id").as_str(), Some(&*dearer));
    let told = shop.events();
    assert!(told.contains(&"customer.subscription.pending_update_applied".to_string()));
    // The default leaves the change made and the subscription behind.
    shop.pay_with("pm_card_chargeCustomerFail");
    let dearest = price(&mut shop, "unit_amount=90000&recurring[interval]=month");
    let form = format!("{}&proration_behavior=always_invoice", swap(&made.body, &dearest));
    assert_eq!(shop.change(&id, &form).str("status"), "past_due");
}

#[test]
fn a_change_that_nobody_pays_for_is_given_up() {
    let mut shop = open();
    let made = shop.subscribe("");
    let dearer = price(&mut shop, "unit_amount=9000&recurring[interval]=month");
    shop.at(10, 0);
    shop.pay_with("pm_card_chargeCustomerFail");
    let form = format!(
        "{}&proration_behavior=always_invoice&payment_behavior=pending_if_incomplete",
        swap(&made.body, &dearer)
    );
    let parked = shop.change(made.id(), &form);
    shop.at(11, 0);
    let after = shop.subscription(made.id());
    assert_eq!((after.str("status"), after.at("pending_update")), ("active", &Value::Null));
    let invoice = parked.at("latest_invoice").as_map().unwrap().str("id").to_string();
    assert_eq!(shop.get(&format!("/v1/invoices/{invoice}")).str("status"), "void");
    let told = shop.events();
    assert!(told.contains(&"customer.subscription.pending_update_expired".to_string()));
}

// The ways to cancel.
#[test]
fn canceling_with_and_without_a_credit() {
    let mut shop = open();
    let made = shop.subscribe("");
    let dearer = price(&mut shop, "unit_amount=2000&recurring[interval]=month");
    shop.at(15, 0);
    shop.change(made.id(), &swap(&made.body, &dearer));
    let path = format!("/v1/subscriptions/{}", made.id());
    let canceled = shop.stripe.send("DELETE", &path, "").body;
    assert_eq!(canceled.str("status"), "canceled");
    assert_eq!(
        canceled.path("cancellation_details.reason").as_str(),
        Some("cancellation_requested")
    );
    assert!(shop.pending().is_empty(), "pending prorations go with a plain cancellation");
    let again = shop.stripe.send("DELETE", &path, "");
    assert_eq!((again.status, again.error("param")), (404, "id"));
    let refused = shop.stripe.try_post(&path, "description=x");
    assert_eq!(refused.error("code"), "invalid_canceled_subscription_fields");
    shop.stripe.post(&path, "metadata[a]=b");
    // With a credit.
    let made = shop.subscribe("");
    shop.at(30, DAY / 2);
    let path = format!("/v1/subscriptions/{}", made.id());
    shop.stripe.send("DELETE", &path, "prorate=true");
    let [credit] = shop.pending().try_into().unwrap();
    assert_eq!(credit.int("amount"), -500);
}

#[test]
fn a_last_invoice_over_a_credit_is_written_off() {
    let mut shop = open();
    let made = shop.subscribe("");
    shop.at(15, DAY / 2);
    let path = format!("/v1/subscriptions/{}?expand[]=latest_invoice", made.id());
    let ended = shop.stripe.send("DELETE", &path, "prorate=true&invoice_now=true").body;
    let invoice = ended.at("latest_invoice").as_map().unwrap();
    assert_eq!((invoice.int("total"), invoice.at("number")), (-500, &Value::Null));
    shop.at(15, DAY / 2 + 10);
    let path = format!("/v1/invoices/{}", invoice.str("id"));
    assert_eq!(shop.get(&path).str("status"), "uncollectible");
    let customer = format!("/v1/customers/{}", shop.customer);
    assert_eq!(shop.get(&customer).int("balance"), 0);
}

// At a date, and not after all.
#[test]
fn canceling_at_a_date_credits_the_rest() {
    let mut shop = open();
    let made = shop.subscribe("");
    let id = made.id().to_string();
    let at = NEW_YEAR + 15 * DAY + DAY / 2;
    let set = shop.change(&id, &format!("cancel_at={at}"));
    assert_eq!((set.int("cancel_at"), set.is_true("cancel_at_period_end")), (at, false));
    assert_eq!(set.int("canceled_at"), NEW_YEAR);
    assert_eq!(amounts(&shop.pending()), [-500]);
    let unset = shop.change(&id, "cancel_at=");
    assert_eq!((unset.at("cancel_at"), unset.at("canceled_at")), (&Value::Null, &Value::Null));
    assert_eq!(unset.path("cancellation_details.reason"), &Value::Null);
    assert!(shop.pending().is_empty());
    let refused =
        shop.stripe.try_post(&format!("/v1/subscriptions/{id}"), "cancellation_details[comment]=x");
    assert_eq!(
        refused.error("message"),
        "`cancellation_details` can only be set on subscriptions that are set to cancel."
    );
    shop.change(&id, &format!("cancel_at={at}"));
    shop.at(16, 0);
    let ended = shop.subscription(&id);
    assert_eq!((ended.str("status"), ended.int("ended_at")), ("canceled", at));
}

// What becomes of invoices while collection is paused.
#[test]
fn paused_collection() {
    for (behavior, status) in
        [("keep_as_draft", "draft"), ("mark_uncollectible", "uncollectible"), ("void", "void")]
    {
        let mut shop = open();
        let made = shop.subscribe("");
        let resumes = NEW_YEAR + 40 * DAY;
        let form =
            format!("pause_collection[behavior]={behavior}&pause_collection[resumes_at]={resumes}");
        let paused = shop.change(made.id(), &form);
        assert_eq!(paused.str("status"), "active");
        assert_eq!(paused.path("pause_collection.resumes_at").as_int(), Some(resumes));
        shop.at(31, 7200);
        let invoice = shop.subscription(made.id()).at("latest_invoice").as_map().unwrap().clone();
        assert_eq!(invoice.str("status"), status);
        assert!(!invoice.is_true("auto_advance"));
        shop.at(41, 0);
        let resumed = shop.subscription(made.id());
        assert_eq!(
            (resumed.at("pause_collection"), resumed.str("status")),
            (&Value::Null, "active")
        );
        shop.at(59, 7200);
        let invoice = shop.subscription(made.id()).at("latest_invoice").as_map().unwrap().clone();
        assert_eq!(invoice.str("status"), "paid");
    }
}

// A pause credits what is unused, and resuming bills a new period.
#[test]
fn a_subscription_is_paused_and_resumed() {
    let mut shop = open();
    let made = shop.subscribe("");
    let path = format!("/v1/subscriptions/{}", made.id());
    let refused = shop.stripe.try_post(&format!("{path}/resume"), "");
    let wanted = "You can only resume a subscription if it is `paused`.";
    assert_eq!((refused.status, refused.error("message")), (400, wanted));
    shop.at(15, DAY / 2);
    let count = shop.events().len();
    let paused = shop.stripe.post(&format!("{path}/pause"), "").body;
    assert_eq!(paused.str("status"), "paused");
    let why = paused.path("status_details.paused.subscription.type");
    assert_eq!(why.as_str(), Some("pause_requested"));
    assert_eq!(amounts(&shop.pending()), [-500]);
    assert_eq!(
        shop.since(count),
        ["invoiceitem.created", "customer.subscription.updated", "customer.subscription.paused"]
    );
    shop.at(45, 0);
    assert_eq!(shop.stripe.get("/v1/invoices").ids().len(), 1, "nothing is billed meanwhile");
    let form = "payment_behavior=resume_on_payment_success";
    let resumed = shop.stripe.post(&format!("{path}/resume"), form).body;
    assert_eq!(
        (resumed.str("status"), resumed.int("billing_cycle_anchor")),
        ("active", NEW_YEAR + 45 * DAY)
    );
    assert!(resumed.at("status_details").is_null());
    let invoice = shop.subscription(made.id()).at("latest_invoice").as_map().unwrap().clone();
    assert_eq!(amounts(&lines(&invoice)), [-500, 1000]);
    assert_eq!((invoice.str("status"), invoice.int("amount_paid")), ("paid", 500));
    let told = shop.events();
    assert!(told.contains(&"customer.subscription.resumed".to_string()), "{told:?}");
}

// An invoice that is sent, and not paid until it is due.
#[test]
fn a_sent_invoice_falls_due() {
    let mut shop = open();
    let made = shop.subscribe("collection_method=send_invoice&days_until_due=10");
    assert_eq!(made.body.str("status"), "active");
    let invoice = made.body.at("latest_invoice").as_map().unwrap();
    assert_eq!((invoice.str("status"), invoice.is_true("auto_advance")), ("draft", true));
    assert_eq!(invoice.int("due_date"), NEW_YEAR + 10 * DAY);
    assert_eq!(invoice.int("automatically_finalizes_at"), NEW_YEAR + 3600);
    shop.at(0, 3600);
    let open = shop.subscription(made.id()).at("latest_invoice").as_map().unwrap().clone();
    assert_eq!(open.str("status"), "open");
    shop.at(10, 0);
    assert_eq!(shop.subscription(made.id()).str("status"), "past_due");
    shop.stripe.post(&format!("/v1/invoices/{}/pay", open.str("id")), "paid_out_of_band=true");
    assert_eq!(shop.subscription(made.id()).str("status"), "active");
    for (form, message) in [
        (
            "collection_method=send_invoice",
            "If invoice collection method is 'send_invoice', you must specify 'days_until_due'.",
        ),
        (
            "days_until_due=3",
            "You can only specify 'days_until_due' if invoice collection method is 'send_invoice'.",
        ),
    ] {
        assert_eq!(shop.subscribe(form).error("message"), message);
    }
}

// What an invoice that is not paid does to its subscription.
#[test]
fn invoices_that_are_voided_or_written_off() {
    for (verb, status) in [("void", "active"), ("mark_uncollectible", "active")] {
        let mut shop = open();
        let made = shop.subscribe("");
        shop.pay_with("pm_card_chargeCustomerFail");
        shop.at(31, 3600);
        let late = shop.subscription(made.id());
        assert_eq!(late.str("status"), "past_due");
        let invoice = late.at("latest_invoice").as_map().unwrap().str("id").to_string();
        shop.stripe.post(&format!("/v1/invoices/{invoice}/{verb}"), "");
        assert_eq!(shop.subscription(made.id()).str("status"), status, "{verb}");
    }
    let mut shop = shop("pm_card_chargeCustomerFail");
    let made = shop.subscribe("");
    assert_eq!(made.body.str("status"), "incomplete");
    let invoice = made.body.at("latest_invoice").as_map().unwrap().str("id").to_string();
    shop.stripe.post(&format!("/v1/invoices/{invoice}/void"), "");
    assert_eq!(shop.subscription(made.id()).str("status"), "incomplete_expired");
}

// Items that cannot be.
#[test]
fn items_that_are_refused() {
    let mut shop = open();
    let made = shop.subscribe("");
    let (same, path) = (shop.price.clone(), format!("/v1/subscriptions/{}", made.id()));
    let taken = shop.stripe.try_post(&path, &format!("items[0][price]={same}"));
    let (id, message) = (item(&made.body, 0).str("id").to_string(), taken.error("message"));
    assert!(message.starts_with(&format!(
        "A new item with Price {same} can't be added to this Subscription because an existing \
         Subscription Item {id} is already using that Price."
    )));
    assert_eq!(taken.error("param"), "plan");
    let twice = shop.subscribe(&format!("items[1][price]={same}"));
    assert_eq!(
        twice.error("message"),
        format!(
            "Cannot create a Subscription with multiple Subscription Items with the same Price: \
             {same}"
        )
    );
    let form = "currency=cad&unit_amount=5&recurring[interval]=month&product_data[name]=C";
    let foreign = shop.stripe.post("/v1/prices", form).id().to_string();
    let mixed = shop.subscribe(&format!("items[1][price]={foreign}"));
    assert_eq!(mixed.error("param"), "items[1][price]");
    assert!(
        mixed
            .error("message")
            .starts_with("This `price` has `currency=cad`, but other items use `currency=usd`.")
    );
    let other = shop.stripe.try_post(&path, &format!("items[0][price]={foreign}"));
    assert_eq!(
        other.error("message"),
        "The price specified only supports `cad`. This doesn't match the expected currency: `usd`."
    );
    let yearly = price(&mut shop, "unit_amount=5&recurring[interval]=year");
    let classic = shop.subscribe(&format!("items[1][price]={yearly}&billing_mode[type]=classic"));
    assert_eq!(
        classic.error("message"),
        "Currency and interval fields must match across all plans on this subscription. Found \
         mismatch in interval field."
    );
    shop.stripe.post(&format!("/v1/prices/{yearly}"), "active=false");
    let inactive = shop.subscribe(&format!("items[1][price]={yearly}"));
    assert_eq!(
        inactive.error("message"),
        "The price specified is inactive. This field only accepts active prices."
    );
    let last = shop.stripe.try_post(&path, &format!("items[0][id]={id}&items[0][deleted]=true"));
    assert_eq!(last.status, 400);
    let unknown = shop.stripe.get("/v1/subscription_items/si_x");
    assert_eq!(
        (unknown.status, unknown.error("message")),
        (400, "Invalid subscription_item id: si_x")
    );
}

// Items of several intervals, each in its own time.
#[test]
fn items_of_mixed_intervals_are_billed_when_they_are_due() {
    let mut shop = open();
    let yearly = price(&mut shop, "unit_amount=12000&recurring[interval]=year");
    let made = shop.subscribe(&format!("items[1][price]={yearly}"));
    let invoice = made.body.at("latest_invoice").as_map().unwrap();
    assert_eq!(invoice.int("total"), 13_000);
    shop.at(31, 0);
    let renewed = shop.subscription(made.id());
    assert_eq!(amounts(&lines(renewed.at("latest_invoice").as_map().unwrap())), [1000]);
    assert_eq!(item(&renewed, 1).int("current_period_end"), NEW_YEAR + 365 * DAY);
}

// Schedules.

fn phases(shop: &mut Shop, more: &str) -> String {
    let dearer = price(shop, "unit_amount=2000&recurring[interval]=month");
    format!(
        "customer={}&start_date=now&phases[0][items][0][price]={}&phases[0][duration][interval]=month\
         &phases[0][duration][interval_count]=2&phases[1][items][0][price]={dearer}\
         &phases[1][duration][interval]=month&{more}",
        shop.customer, shop.price
    )
}

// Phases one after another, and the end that was chosen.
#[test]
fn phases_follow_each_other() {
    for (end, status, of_subscription) in
        [("release", "released", "active"), ("cancel", "completed", "canceled")]
    {
        let mut shop = open();
        let form = phases(&mut shop, &format!("end_behavior={end}"));
        let schedule = shop.stripe.post("/v1/subscription_schedules", &form).body;
        let path = format!("/v1/subscription_schedules/{}", schedule.str("id"));
        assert_eq!(schedule.str("status"), "active");
        assert_eq!(schedule.path("current_phase.start_date").as_int(), Some(NEW_YEAR));
        assert_eq!(schedule.path("current_phase.end_date").as_int(), Some(NEW_YEAR + 59 * DAY));
        let id = schedule.str("subscription").to_string();
        let first = shop.subscription(&id);
        assert_eq!(first.str("schedule"), schedule.str("id"));
        let invoice = first.at("latest_invoice").as_map().unwrap();
        assert_eq!((invoice.str("status"), invoice.int("total")), ("draft", 1000));
        shop.at(0, 3600);
        let invoice = shop.subscription(&id).at("latest_invoice").as_map().unwrap().clone();
        assert_eq!(invoice.str("status"), "paid");
        // The second phase begins with a period: nothing is prorated.
        shop.at(59, 3600);
        let second = shop.subscription(&id);
        let invoice = second.at("latest_invoice").as_map().unwrap();
        assert_eq!(amounts(&lines(invoice)), [2000]);
        assert_eq!(item(&second, 0).str("id"), item(&first, 0).str("id"));
        let running = shop.get(&path);
        assert_eq!(running.path("current_phase.start_date").as_int(), Some(NEW_YEAR + 59 * DAY));
        shop.at(90, 3600);
        let over = shop.get(&path);
        assert_eq!(over.str("status"), status, "{end}");
        let after = shop.subscription(&id);
        assert_eq!(after.str("status"), of_subscription);
        match end {
            "release" => {
                assert_eq!(
                    (over.at("subscription"), after.at("schedule")),
                    (&Value::Null, &Value::Null)
                );
                assert_eq!(over.str("released_subscription"), id);
                assert_eq!(shop.stripe.get("/v1/invoices").ids().len(), 4);
            }
            _ => {
                assert_eq!(after.int("ended_at"), NEW_YEAR + 90 * DAY);
                assert_eq!(shop.stripe.get("/v1/invoices").ids().len(), 3);
            }
        }
        let told = shop.events();
        for event in ["created", "updated", "expiring", status] {
            let event = format!("subscription_schedule.{event}");
            assert!(told.contains(&event), "{event}: {told:?}");
        }
        let refused = shop.stripe.try_post(&format!("{path}/cancel"), "");
        assert_eq!(refused.status, 400);
    }
}

#[test]
fn a_schedule_begins_later_and_is_released() {
    let mut shop = open();
    let start = NEW_YEAR + 10 * DAY;
    let form = phases(&mut shop, "").replace("start_date=now", &format!("start_date={start}"));
    let schedule = shop.stripe.post("/v1/subscription_schedules", &form).body;
    assert_eq!(
        (schedule.str("status"), schedule.at("subscription")),
        ("not_started", &Value::Null)
    );
    shop.at(10, 0);
    let path = format!("/v1/subscription_schedules/{}", schedule.str("id"));
    let running = shop.get(&path);
    assert_eq!(running.str("status"), "active");
    let id = running.str("subscription").to_string();
    assert_eq!(shop.subscription(&id).int("start_date"), start);
    let released = shop.stripe.post(&format!("{path}/release"), "").body;
    assert_eq!((released.str("status"), released.str("released_subscription")), ("released", &*id));
    assert_eq!(shop.subscription(&id).at("schedule"), &Value::Null);
}

// From a subscription, with a phase added, and canceled with a credit.
#[test]
fn a_schedule_of_a_subscription_that_is_there() {
    let mut shop = open();
    let made = shop.subscribe("");
    let form = format!("from_subscription={}", made.id());
    let schedule = shop.stripe.post("/v1/subscription_schedules", &form).body;
    let phase = &schedule.at("phases").as_list().unwrap()[0];
    let phase = phase.as_map().unwrap().clone();
    assert_eq!((phase.int("start_date"), phase.int("end_date")), (NEW_YEAR, NEW_YEAR + 31 * DAY));
    assert_eq!(schedule.str("status"), "active");
    assert_eq!(shop.subscription(made.id()).str("schedule"), schedule.str("id"));
    assert_eq!(shop.stripe.try_post("/v1/subscription_schedules", &form).status, 400);
    let path = format!("/v1/subscription_schedules/{}", schedule.str("id"));
    let dearer = price(&mut shop, "unit_amount=2000&recurring[interval]=month");
    let form = format!(
        "phases[0][items][0][price]={}&phases[0][start_date]={NEW_YEAR}&phases[0][end_date]={}\
         &phases[1][items][0][price]={dearer}&phases[1][items][0][quantity]=3",
        shop.price,
        NEW_YEAR + 31 * DAY
    );
    shop.stripe.post(&path, &form);
    assert!(shop.pending().is_empty());
    shop.at(31, 3600);
    let invoice = shop.subscription(made.id()).at("latest_invoice").as_map().unwrap().clone();
    assert_eq!((invoice.int("total"), invoice.str("status")), (6000, "paid"));
    shop.at(45, 0);
    shop.stripe.post(&format!("{path}/cancel"), "");
    let ended = shop.subscription(made.id());
    assert_eq!(ended.str("status"), "canceled");
    let last = ended.at("latest_invoice").as_map().unwrap();
    assert_eq!(last.int("total"), -3000);
}

// Test clocks.

impl Shop {
    /// A customer of a clock that stands at the new year, with a card that pays.
    fn on_clock(&mut self) -> String {
        let clock =
            self.stripe.post("/v1/test_helpers/test_clocks", &format!("frozen_time={NEW_YEAR}"));
        let customer = self.stripe.post("/v1/customers", &format!("test_clock={}", clock.id()));
        self.customer = customer.id().to_string();
        self.pay_with("pm_card_visa");
        clock.id().to_string()
    }

    fn advance(&mut self, clock: &str, to: i64) -> crate::stripe::Answer {
        let path = format!("/v1/test_helpers/test_clocks/{clock}/advance");
        self.stripe.try_post(&path, &format!("frozen_time={to}"))
    }
}

// As documented.
#[test]
fn a_test_clock_advances_what_is_attached_to_it() {
    let mut shop = shop("pm_card_visa");
    let outside = shop.subscribe("").id().to_string();
    let clock = shop.on_clock();
    let made = shop.subscribe("");
    assert_eq!(made.body.int("created"), NEW_YEAR);
    assert_eq!(made.body.str("test_clock"), clock);
    let count = shop.events().len();
    let advancing = shop.advance(&clock, NEW_YEAR + 31 * DAY);
    assert_eq!(
        (advancing.body.str("status"), advancing.body.int("frozen_time")),
        ("advancing", NEW_YEAR)
    );
    let path = format!("/v1/test_helpers/test_clocks/{clock}");
    let ready = shop.get(&path);
    assert_eq!((ready.str("status"), ready.int("frozen_time")), ("ready", NEW_YEAR + 31 * DAY));
    let invoice = shop.subscription(made.id()).at("latest_invoice").as_map().unwrap().clone();
    assert_eq!((invoice.str("status"), invoice.int("created")), ("draft", NEW_YEAR + 31 * DAY));
    shop.advance(&clock, NEW_YEAR + 31 * DAY + 3600);
    let invoice = shop.subscription(made.id()).at("latest_invoice").as_map().unwrap().clone();
    assert_eq!(invoice.str("status"), "paid");
    // Nobody else's time passed.
    let other = shop.subscription(&outside);
    assert_eq!(
        other.at("latest_invoice").as_map().unwrap().str("billing_reason"),
        "subscription_create"
    );
    let told = shop.since(count);
    assert_eq!(told[0], "test_helpers.test_clock.advancing");
    let place = |wanted: &str| told.iter().position(|event| event == wanted).unwrap();
    assert!(place("invoice.upcoming") < place("invoice.created"));
    assert!(place("customer.subscription.updated") < place("test_helpers.test_clock.ready"));
    let listed = shop.stripe.get("/v1/subscriptions").body;
    assert_eq!(listed.at("data").as_list().unwrap().len(), 1, "those of clocks are not listed");
    let path = format!("/v1/subscriptions?test_clock={clock}");
    assert_eq!(shop.stripe.get(&path).ids(), [made.id()]);
    shop.stripe.send("DELETE", &format!("/v1/subscriptions/{outside}"), "");
    assert!(shop.stripe.get("/v1/subscriptions").ids().is_empty());
    assert_eq!(shop.stripe.get("/v1/subscriptions?status=ended").ids(), [outside]);
}

// Limits.
#[test]
fn a_test_clock_has_limits() {
    let mut shop = shop("");
    let clock = shop.on_clock();
    assert_eq!(shop.advance(&clock, NEW_YEAR).status, 400);
    assert_eq!(shop.advance(&clock, NEW_YEAR + 732 * DAY).status, 400);
    let made = shop.subscribe("");
    assert_eq!(shop.advance(&clock, NEW_YEAR + 60 * DAY).status, 400);
    assert_eq!(shop.advance(&clock, NEW_YEAR + 59 * DAY).status, 200);
    for _ in 0..2 {
        shop.stripe.post("/v1/customers", &format!("test_clock={clock}"));
    }
    assert_eq!(shop.stripe.try_post("/v1/customers", &format!("test_clock={clock}")).status, 400);
    let path = format!("/v1/test_helpers/test_clocks/{clock}");
    assert!(shop.stripe.send("DELETE", &path, "").body.is_true("deleted"));
    assert_eq!(shop.subscription(made.id()).str("status"), "canceled");
    let customer = format!("/v1/customers/{}", shop.customer);
    assert!(shop.get(&customer).is_true("deleted"));
}

// Time.

/// Everything that can be told apart: subscriptions, invoices and events, without their ids.
fn told(shop: &mut Shop) -> String {
    let mut all = String::new();
    for path in ["/v1/subscriptions?status=all&limit=100", "/v1/invoices?limit=100"] {
        all.push_str(&format!("{:?}", list(shop, path)));
    }
    let events = list(shop, "/v1/events?limit=100");
    for event in events.iter().rev() {
        all.push_str(&format!("{} {:?}\n", event.int("created"), event));
    }
    all
}

// Advancing in one leap or in many small steps comes to the same.
#[test]
fn a_leap_is_as_good_as_many_steps() {
    let run = |steps: &[i64]| {
        let mut shop = open();
        let yearly = price(&mut shop, "unit_amount=9000&recurring[interval]=year");
        shop.subscribe("trial_period_days=10");
        shop.subscribe(&format!("items[1][price]={yearly}"));
        shop.at(20, 0);
        shop.pay_with("pm_card_chargeCustomerFail");
        for step in steps {
            shop.at(20, *step);
            shop.stripe.get("/v1/balance");
        }
        told(&mut shop)
    };
    let end = 60 * DAY;
    let leap = run(&[end]);
    let days: Vec<i64> = (1..=60).map(|day| day * DAY).collect();
    assert_eq!(run(&days), leap);
    // Steps of any length, drawn by a seed.
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut at = 0;
    let mut steps = Vec::new();
    while at < end {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        at = (at + (state % 300_000) as i64).min(end);
        steps.push(at);
    }
    assert_eq!(run(&steps), leap, "{steps:?}");
}

// Month ends come back.
#[test]
fn month_ends_return_to_their_anchor_day() {
    let mut shop = open();
    shop.at(30, 0);
    let made = shop.subscribe("");
    let wanted = [58, 89, 119, 150, 180, 211, 242, 272, 303, 333, 364, 395, 424];
    for ends in wanted {
        let of_item = item(&shop.subscription(made.id()), 0);
        assert_eq!(of_item.int("current_period_end"), NEW_YEAR + ends * DAY);
        shop.at(ends, 0);
    }
}

// The order of events.
#[test]
fn events_come_in_order() {
    let first = [
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice_payment.paid",
        "invoice.paid",
        "invoice.payment_succeeded",
    ];
    let in_order = |told: &[String], wanted: &[&str]| {
        let mut left = told.iter();
        for wanted in wanted {
            assert!(left.any(|event| event == wanted), "{wanted} of {told:?}");
        }
    };
    let mut shop = open();
    let count = shop.events().len();
    let made = shop.subscribe("");
    in_order(&shop.since(count), &first);
    let count = shop.events().len();
    shop.at(31, 0);
    let told = shop.since(count);
    let is_billing = |event: &&String| event.contains("invoice") || event.contains("subscription");
    let told: Vec<&String> = told.iter().filter(is_billing).collect();
    assert_eq!(told, ["invoice.upcoming", "invoice.created", "customer.subscription.updated"]);
    let count = shop.events().len();
    shop.at(31, 3600);
    in_order(
        &shop.since(count),
        &[
            "invoice.finalized",
            "payment_intent.created",
            "payment_intent.succeeded",
            "invoice.paid",
            "invoice.payment_succeeded",
        ],
    );
    shop.pay_with("pm_card_chargeCustomerFail");
    let count = shop.events().len();
    shop.at(59, 3600);
    in_order(
        &shop.since(count),
        &[
            "invoice.finalized",
            "payment_intent.created",
            "charge.failed",
            "payment_intent.payment_failed",
            "invoice.payment_failed",
            "customer.subscription.updated",
        ],
    );
    let events = list(&mut shop, "/v1/events?type=customer.subscription.updated&limit=1");
    let previous = events[0].path("data.previous_attributes").as_map().unwrap();
    assert_eq!(previous.keys().map(|key| key.to_string()).collect::<Vec<_>>(), ["status"]);
    let _ = made;
}

// Usage is billed with the last invoice, where that is asked for, or when the period ends.
#[test]
fn what_was_used_is_on_the_last_invoice() {
    for at_once in [true, false] {
        let mut shop = open();
        let form = "display_name=Calls&event_name=calls&default_aggregation[formula]=sum";
        let meter = shop.stripe.post("/v1/billing/meters", form).id().to_string();
        let form = format!(
            "unit_amount=10&recurring[interval]=month&recurring[usage_type]=metered\
             &recurring[meter]={meter}"
        );
        shop.price = price(&mut shop, &form);
        let made = shop.subscribe("");
        assert_eq!(made.body.at("latest_invoice"), &Value::Null);
        shop.at(10, 0);
        let form = format!(
            "event_name=calls&payload[stripe_customer_id]={}&payload[value]=120",
            shop.customer
        );
        shop.stripe.post("/v1/billing/meter_events", &form);
        let path = format!("/v1/subscriptions/{}", made.id());
        if at_once {
            shop.at(11, 0);
            shop.stripe.send("DELETE", &path, "invoice_now=true");
        } else {
            shop.change(made.id(), "cancel_at_period_end=true");
            shop.at(31, 3600);
        }
        let ended = shop.subscription(made.id());
        assert_eq!(ended.str("status"), "canceled");
        let invoice = ended.at("latest_invoice").as_map().unwrap();
        assert_eq!((invoice.int("total"), invoice.str("status")), (1200, "paid"), "{at_once}");
    }
}

// Pending items are billed between the periods, as often as the subscription says.
#[test]
fn pending_items_are_billed_in_their_own_interval() {
    let mut shop = open();
    let made = shop.subscribe("pending_invoice_item_interval[interval]=week");
    let next = made.body.int("next_pending_invoice_item_invoice");
    assert_eq!(next, NEW_YEAR + 7 * DAY);
    shop.at(2, 0);
    let form =
        format!("customer={}&subscription={}&amount=700&currency=usd", shop.customer, made.id());
    shop.stripe.post("/v1/invoiceitems", &form);
    shop.at(7, 3600);
    let billed = shop.subscription(made.id());
    let invoice = billed.at("latest_invoice").as_map().unwrap();
    assert_eq!(invoice.str("billing_reason"), "automatic_pending_invoice_item_invoice");
    assert_eq!((invoice.int("total"), invoice.str("status")), (700, "paid"));
    assert_eq!(billed.int("next_pending_invoice_item_invoice"), NEW_YEAR + 14 * DAY);
}

/// Times that no calendar has end in an answer, not in a search without end.
#[test]
fn times_far_away_are_answered() {
    let mut stripe = crate::stripe::Stripe::new("far away");
    let customer = stripe.post("/v1/customers", "").id().to_string();
    let form = "currency=usd&unit_amount=0&recurring[interval]=day&product_data[name]=Default";
    let price = stripe.post("/v1/prices", form).id().to_string();
    let form = |more: &str| format!("customer={customer}&items[0][price]={price}&{more}");
    for (more, param) in [
        ("backdate_start_date=-9000000000000000", "backdate_start_date"),
        ("trial_period_days=9000000000000", "trial_period_days"),
    ] {
        let answer = stripe.try_post("/v1/subscriptions", &form(more));
        assert_eq!((answer.status, answer.error("param")), (400, param), "{more}");
    }
}

//! Invoices, their lines, credit notes and the catalogue, as an application sees them. The numbers
//! are those of Stripe's own examples and of recorded answers.

use crate::stripe::Stripe;
use fakestripe::value::{Map, Value};

const DAY: i64 = 86_400;

struct Shop {
    stripe: Stripe,
    customer: String,
}

fn shop() -> Shop {
    let mut stripe = Stripe::new("invoices");
    let customer = stripe.post("/v1/customers", "email=ana@example.com").id().to_string();
    let mut shop = Shop { stripe, customer };
    let path = "/v1/payment_methods/pm_card_visa/attach";
    let card = shop.post(path, "customer={c}").str("id").to_string();
    let form = format!("invoice_settings[default_payment_method]={card}");
    shop.post("/v1/customers/{c}", &form);
    shop
}

impl Shop {
    /// Posts; `{c}` stands for the customer.
    fn post(&mut self, path: &str, form: &str) -> Map {
        let fill = |text: &str| text.replace("{c}", &self.customer);
        let (path, form) = (fill(path), fill(form));
        self.stripe.post(&path, &form).body
    }

    /// Posts what is refused, and gives status, code, param and message.
    fn refused(&mut self, path: &str, form: &str) -> (u16, String, String, String) {
        let fill = |text: &str| text.replace("{c}", &self.customer);
        let (path, form) = (fill(path), fill(form));
        let answer = self.stripe.try_post(&path, &form);
        let text = |name: &str| answer.error(name).to_string();
        (answer.status, text("code"), text("param"), text("message"))
    }

    fn get(&mut self, path: &str) -> Map {
        self.stripe.get(&path.replace("{c}", &self.customer)).body
    }

    /// A draft with those items, given as forms.
    fn draft(&mut self, form: &str, items: &[&str]) -> Map {
        let draft = self.post("/v1/invoices", &format!("customer={{c}}&{form}"));
        let id = draft.str("id").to_string();
        for item in items {
            self.post("/v1/invoiceitems", &format!("customer={{c}}&invoice={id}&{item}"));
        }
        self.get(&format!("/v1/invoices/{id}"))
    }

    /// An invoice of one amount, finalized.
    fn open(&mut self, amount: i64) -> Map {
        let item = format!("amount={amount}&currency=usd");
        let draft = self.draft("currency=usd", &[&item]);
        self.post(&format!("/v1/invoices/{}/finalize", draft.str("id")), "")
    }

    fn pay(&mut self, invoice: &Map, form: &str) -> Map {
        self.post(&format!("/v1/invoices/{}/pay", invoice.str("id")), form)
    }

    fn price(&mut self, form: &str) -> String {
        let form = format!("currency=usd&product_data[name]=Default&{form}");
        self.post("/v1/prices", &form).str("id").to_string()
    }

    fn events(&mut self) -> Vec<String> {
        let list = self.stripe.get("/v1/events?limit=100");
        let data = list.body.at("data").as_list().unwrap();
        data.iter().rev().map(|event| event.as_map().unwrap().str("type").to_string()).collect()
    }
}

fn lines(invoice: &Map) -> Vec<&Map> {
    let data = invoice.path("lines.data").as_list().unwrap();
    data.iter().map(|line| line.as_map().unwrap()).collect()
}

fn amounts(of: &Map, list: &str) -> Vec<i64> {
    let list = of.at(list).as_list().unwrap();
    list.iter().map(|entry| entry.as_map().unwrap().int("amount")).collect()
}

// Taxes on what discounts leave.
#[test]
fn taxes_and_discounts_come_to_what_stripe_comes_to() {
    let rate = |inclusive: bool, percent: &str| {
        format!("display_name=VAT&percentage={percent}&inclusive={inclusive}")
    };
    for (percent, inclusive, off, amount, subtotal, tax, total, without) in [
        ("5", false, "", 3000, 3000, 150, 3150, 3000),
        ("5", false, "10", 3000, 3000, 135, 2835, 2700),
        ("10", true, "", 1100, 1100, 100, 1100, 1000),
    ] {
        let mut shop = shop();
        let rate = shop.post("/v1/tax_rates", &rate(inclusive, percent));
        let mut form = format!("default_tax_rates[0]={}", rate.str("id"));
        if !off.is_empty() {
            let coupon = shop.post("/v1/coupons", &format!("percent_off={off}"));
            form.push_str(&format!("&discounts[0][coupon]={}", coupon.str("id")));
        }
        let invoice = shop.draft(&form, &[&format!("amount={amount}&currency=usd")]);
        assert_eq!(invoice.int("subtotal"), subtotal);
        assert_eq!(amounts(&invoice, "total_taxes"), [tax]);
        assert_eq!((invoice.int("total"), invoice.int("amount_due")), (total, total));
        assert_eq!(invoice.int("total_excluding_tax"), without);
        let line = lines(&invoice)[0];
        assert_eq!(line.int("amount"), amount);
        let tax = line.at("taxes").as_list().unwrap()[0].as_map().unwrap();
        assert_eq!(tax.path("tax_rate_details.tax_rate").as_str(), Some(rate.str("id")));
        assert_eq!(tax.str("taxability_reason"), "not_available");
    }
}

// Shares of an amount; what a coupon applies to; nothing below zero.
#[test]
fn a_discount_is_shared_among_the_lines_it_applies_to() {
    let mut shop = shop();
    let coupon = shop.post("/v1/coupons", "amount_off=500&currency=usd");
    let form = format!("discounts[0][coupon]={}", coupon.str("id"));
    let items = ["amount=2000&currency=usd", "amount=1000&currency=usd"];
    let invoice = shop.draft(&form, &items);
    let shares: Vec<_> =
        lines(&invoice).iter().map(|line| amounts(line, "discount_amounts")[0]).collect();
    assert_eq!((shares, invoice.int("total")), (vec![166, 334], 2500));
    let small = shop.draft(&form, &["amount=300&currency=usd"]);
    assert_eq!((small.int("total"), amounts(&small, "total_discount_amounts")), (0, vec![300]));
    let shoes = shop.post("/v1/products", "name=Shoes").str("id").to_string();
    let form = format!("percent_off=50&applies_to[products][0]={shoes}");
    let coupon = shop.post("/v1/coupons", &form);
    assert!(!coupon.contains("applies_to"));
    let price = shop.post("/v1/prices", &format!("currency=usd&unit_amount=800&product={shoes}"));
    let form = format!("discounts[0][coupon]={}", coupon.str("id"));
    let pair = format!("pricing[price]={}", price.str("id"));
    let invoice = shop.draft(&form, &["amount=1000&currency=usd", &pair]);
    assert_eq!((invoice.int("subtotal"), invoice.int("total")), (1800, 1400));
}

// Twelve units, in tiers both ways; shown only on demand.
#[test]
fn tiers_are_billed_by_volume_or_graduated() {
    let tiers = "billing_scheme=tiered&recurring[interval]=month&tiers[0][up_to]=5\
        &tiers[0][unit_amount]=1000&tiers[1][up_to]=10&tiers[1][unit_amount]=800\
        &tiers[2][up_to]=inf&tiers[2][unit_amount]=600";
    for (mode, billed, descriptions) in [
        ("volume", vec![7200], vec!["12 × Default (at $6.00 / month)"]),
        (
            "graduated",
            vec![5000, 4000, 1200],
            vec![
                "5 × Default (Tier 1 at $10.00 / month)",
                "5 × Default (Tier 2 at $8.00 / month)",
                "2 × Default (Tier 3 at $6.00 / month)",
            ],
        ),
    ] {
        let mut shop = shop();
        let price = shop.price(&format!("{tiers}&tiers_mode={mode}"));
        let seen = shop.get(&format!("/v1/prices/{price}"));
        assert!(seen.at("unit_amount").is_null() && !seen.contains("tiers"), "{seen:?}");
        let seen = shop.get(&format!("/v1/prices/{price}?expand[]=tiers"));
        let last = seen.at("tiers").as_list().unwrap()[2].as_map().unwrap();
        assert_eq!((last.int("unit_amount"), last.at("up_to")), (600, &Value::Null));
        let form = format!(
            "customer={{c}}&items[0][price]={price}&items[0][quantity]=12&expand[]=latest_invoice"
        );
        let made = shop.post("/v1/subscriptions", &form);
        let invoice = made.at("latest_invoice").as_map().unwrap();
        let got: Vec<_> = lines(invoice).iter().map(|line| line.int("amount")).collect();
        assert_eq!(got, billed);
        let got: Vec<_> = lines(invoice).iter().map(|line| line.str("description")).collect();
        assert_eq!(got, descriptions);
    }
}

#[test]
fn packages_and_parts_of_cents_are_billed() {
    let mut shop = shop();
    let packages =
        shop.price("unit_amount=1000&transform_quantity[divide_by]=5&transform_quantity[round]=up");
    let cents = shop.price("unit_amount_decimal=0.05");
    for (price, quantity, amount) in [(&packages, 11, 3000), (&cents, 30, 2), (&cents, 1000, 50)] {
        let form = format!("customer={{c}}&pricing[price]={price}&quantity={quantity}");
        assert_eq!(shop.post("/v1/invoiceitems", &form).int("amount"), amount);
    }
    let seen = shop.get(&format!("/v1/prices/{cents}"));
    assert_eq!((seen.at("unit_amount"), seen.str("unit_amount_decimal")), (&Value::Null, "0.05"));
}

// What is due, and the balance after.
#[test]
fn the_balance_of_the_customer_is_settled_when_an_invoice_is_finalized() {
    for (total, balance, due, after, kind) in [
        (400, -1000, 0, -600, "applied_to_invoice"),
        (1000, 500, 1500, 0, "applied_to_invoice"),
        (-334, 0, 0, -334, "applied_to_invoice"),
        (30, 0, 0, 30, "invoice_too_small"),
        (2000, -500, 1500, 0, "applied_to_invoice"),
    ] {
        let mut shop = shop();
        shop.post("/v1/customers/{c}", &format!("balance={balance}"));
        let invoice = shop.open(total);
        assert_eq!(invoice.int("amount_due"), due, "{total} with {balance}");
        assert_eq!(
            (invoice.int("starting_balance"), invoice.int("ending_balance")),
            (balance, after)
        );
        assert_eq!(invoice.str("status"), if due == 0 { "paid" } else { "open" });
        assert_eq!(shop.get("/v1/customers/{c}").int("balance"), after);
        let moves = shop.get("/v1/customers/{c}/balance_transactions");
        let newest = moves.at("data").as_list().unwrap()[0].as_map().unwrap();
        assert_eq!((newest.str("type"), newest.int("amount")), (kind, after - balance));
    }
}

#[test]
fn voiding_gives_the_balance_back_and_cancels_the_payment() {
    let mut shop = shop();
    shop.post("/v1/customers/{c}", "balance=-500");
    let invoice = shop.open(2000);
    let id = invoice.str("id").to_string();
    assert_eq!(shop.post(&format!("/v1/invoices/{id}/void"), "").str("status"), "void");
    assert_eq!(shop.get("/v1/customers/{c}").int("balance"), -500);
    let payments = shop.get(&format!("/v1/invoice_payments?invoice={id}"));
    let payment = payments.at("data").as_list().unwrap()[0].as_map().unwrap();
    assert_eq!(payment.str("status"), "canceled");
    let intent = payment.path("payment.payment_intent").as_id().unwrap().to_string();
    assert_eq!(shop.get(&format!("/v1/payment_intents/{intent}")).str("status"), "canceled");
}

// Lines of a draft.
#[test]
fn lines_of_a_draft_are_added_changed_and_removed() {
    let mut shop = shop();
    let draft = shop.draft("", &["amount=1000&currency=usd&description=First"]);
    let path = format!("/v1/invoices/{}", draft.str("id"));
    let added = shop.post(
        &format!("{path}/add_lines"),
        "lines[0][amount]=250&lines[0][description]=Second&invoice_metadata[a]=b",
    );
    assert_eq!((added.int("total"), added.path("lines.total_count").as_int()), (1250, Some(2)));
    assert_eq!(added.path("metadata.a").as_str(), Some("b"));
    // What is added comes first.
    let (second, first) = (lines(&added)[0], lines(&added)[1]);
    assert_eq!((second.str("description"), first.str("description")), ("Second", "First"));
    let (second, first) = (second.str("id").to_string(), first.str("id").to_string());
    let line = shop.post(&format!("{path}/lines/{second}"), "amount=300&description=Other");
    assert_eq!((line.str("object"), line.int("amount")), ("line_item", 300));
    let item = line.path("parent.invoice_item_details.invoice_item").as_id().unwrap().to_string();
    assert_eq!(shop.get(&format!("/v1/invoiceitems/{item}")).int("amount"), 300);
    let form = format!("lines[0][id]={first}&lines[0][description]=Renamed");
    let changed = shop.post(&format!("{path}/update_lines"), &form);
    assert_eq!((lines(&changed)[1].str("description"), changed.int("total")), ("Renamed", 1300));
    let form = format!("lines[0][id]={second}&lines[0][behavior]=unassign");
    let left = shop.post(&format!("{path}/remove_lines"), &form);
    assert_eq!((left.int("total"), lines(&left).len()), (1000, 1));
    let pending = shop.get("/v1/invoiceitems?pending=true&customer={c}");
    let pending = pending.at("data").as_list().unwrap();
    assert_eq!(pending[0].as_id(), Some(item.as_str()));
    shop.post(&format!("{path}/finalize"), "");
    for (verb, form) in [
        ("add_lines", "lines[0][amount]=1".to_string()),
        ("update_lines", format!("lines[0][id]={first}")),
        ("remove_lines", format!("lines[0][id]={first}&lines[0][behavior]=delete")),
    ] {
        let (status, code, _, message) = shop.refused(&format!("{path}/{verb}"), &form);
        assert_eq!((status, code.as_str()), (400, "invoice_not_editable"), "{verb}");
        assert_eq!(message, "Invalid invoice: This invoice is no longer editable");
    }
    let both = shop.draft("", &[]);
    let path = format!("/v1/invoices/{}/add_lines", both.str("id"));
    let (_, _, param, message) = shop.refused(&path, "lines[0][amount]=1&lines[0][quantity]=2");
    assert_eq!(message, "You may only specify one of these parameters: amount, quantity.");
    assert_eq!(param, "lines[0][amount]");
}

// An item is on its draft, and goes with it.
#[test]
fn items_change_their_draft_until_it_is_finalized() {
    let mut shop = shop();
    let draft = shop.draft("", &["amount=1000&currency=usd"]);
    let path = format!("/v1/invoices/{}", draft.str("id"));
    let item = lines(&draft)[0].path("parent.invoice_item_details.invoice_item").as_id().unwrap();
    let item = format!("/v1/invoiceitems/{item}");
    shop.post(&item, "amount=1500&description=More");
    let seen = shop.get(&path);
    assert_eq!((seen.int("total"), lines(&seen)[0].str("description")), (1500, "More"));
    shop.post(&format!("{path}/finalize"), "");
    assert_eq!(shop.refused(&item, "amount=1").1, "invoice_not_editable");
    assert_eq!(shop.stripe.delete(&item).error("code"), "invoice_not_editable");
    let draft = shop.draft("", &["amount=1000&currency=usd"]);
    let item = lines(&draft)[0].path("parent.invoice_item_details.invoice_item").as_id().unwrap();
    let item = format!("/v1/invoiceitems/{item}");
    assert_eq!(shop.stripe.delete(&item).status, 200);
    let seen = shop.get(&format!("/v1/invoices/{}", draft.str("id")));
    assert_eq!((seen.int("total"), lines(&seen).len()), (0, 0));
    let gone = shop.stripe.get("/v1/invoiceitems/ii_none");
    assert_eq!((gone.status, gone.error("param")), (404, "id"));
    assert_eq!(gone.error("message"), "No such Invoice Item: 'ii_none'(livemode=false)");
    assert_eq!(shop.stripe.get(&item).error("message"), "This invoice item has been deleted.");
}

// Recorded: what stands behind an amount is a price, the same for the same amount, in no list.
#[test]
fn an_amount_has_a_price_behind_it() {
    let mut shop = shop();
    let form = "customer={c}&amount=1000&currency=usd&description=Fee";
    let (first, second) =
        (shop.post("/v1/invoiceitems", form), shop.post("/v1/invoiceitems", form));
    let price = first.path("pricing.price_details.price").as_id().unwrap().to_string();
    assert_eq!(second.path("pricing.price_details.price").as_id(), Some(price.as_str()));
    assert_eq!(first.path("pricing.unit_amount_decimal").as_str(), Some("1000"));
    let price = shop.get(&format!("/v1/prices/{price}"));
    assert_eq!((price.is_true("active"), price.str("type")), (false, "one_time"));
    assert!(shop.stripe.get("/v1/prices").ids().is_empty());
    assert!(!shop.events().iter().any(|event| event == "price.created"));
}

#[test]
fn what_an_invoice_cannot_be_made_of_is_refused() {
    let mut shop = shop();
    let other = shop.stripe.post("/v1/customers", "name=No%20address").id().to_string();
    let form = format!("customer={other}&collection_method=send_invoice&days_until_due=30");
    let (status, code, param, message) = shop.refused("/v1/invoices", &form);
    assert_eq!((status, code.as_str(), param.as_str()), (400, "", ""));
    assert_eq!(
        message,
        "Missing email. In order to create invoices that are sent to the customer, the customer \
         must have a valid email."
    );
    let (.., message) = shop.refused("/v1/invoices", "customer={c}&days_until_due=3");
    assert_eq!(
        message,
        "You can only specify 'due_date' or 'days_until_due' if invoice collection method is \
         'send_invoice'."
    );
    let monthly = shop.price("unit_amount=5&recurring[interval]=month");
    let form = format!("customer={{c}}&pricing[price]={monthly}");
    let (_, _, param, message) = shop.refused("/v1/invoiceitems", &form);
    assert_eq!(param, "pricing[price]");
    assert_eq!(
        message,
        "The price specified is set to `type=recurring` but this field only accepts prices with \
         `type=one_time`."
    );
    let sent =
        shop.post("/v1/invoices", "customer={c}&collection_method=send_invoice&days_until_due=30");
    assert_eq!(sent.int("due_date") - sent.int("created"), 30 * DAY);
}

// Payments beside an invoice's own.
#[test]
fn attached_payments_add_up_and_what_is_too_much_is_credit() {
    let mut shop = shop();
    let invoice = shop.open(3000);
    let path = format!("/v1/invoices/{}/attach_payment", invoice.str("id"));
    let pay = |shop: &mut Shop, amount: i64| {
        let form = format!(
            "amount={amount}&currency=usd&customer={{c}}&payment_method=pm_card_visa&confirm=true\
             &automatic_payment_methods[enabled]=true\
             &automatic_payment_methods[allow_redirects]=never"
        );
        shop.post("/v1/payment_intents", &form).str("id").to_string()
    };
    let first = pay(&mut shop, 1000);
    let partly = shop.post(&path, &format!("payment_intent={first}&expand[]=payments"));
    assert_eq!(partly.str("status"), "open");
    assert_eq!((partly.int("amount_paid"), partly.int("amount_remaining")), (1000, 2000));
    let second = pay(&mut shop, 2500);
    let paid = shop.post(&path, &format!("payment_intent={second}"));
    assert_eq!(paid.str("status"), "paid");
    assert_eq!((paid.int("amount_overpaid"), paid.int("amount_remaining")), (500, 0));
    assert_eq!(shop.get("/v1/customers/{c}").int("balance"), -500);
    let payments = shop.get(&format!("/v1/invoice_payments?invoice={}", invoice.str("id")));
    let statuses: Vec<_> = payments.at("data").as_list().unwrap().iter().collect();
    let statuses: Vec<_> = statuses.iter().map(|it| it.as_map().unwrap().str("status")).collect();
    assert_eq!(statuses, ["paid", "paid", "canceled"]);
    assert!(shop.events().iter().any(|event| event == "invoice.overpaid"));
}

// A note before payment, after it, and both.
#[test]
fn a_credit_note_lowers_what_is_due_before_it_gives_anything_back() {
    let mut shop = shop();
    let invoice = shop.open(3000);
    let id = invoice.str("id").to_string();
    let note = shop.post("/v1/credit_notes", &format!("invoice={id}&amount=1000"));
    assert_eq!(note.str("type"), "pre_payment");
    assert_eq!((note.int("pre_payment_amount"), note.int("post_payment_amount")), (1000, 0));
    assert_eq!(note.str("number"), format!("{}-CN-01", invoice.str("number")));
    let seen = shop.get(&format!("/v1/invoices/{id}"));
    assert_eq!((seen.int("amount_due"), seen.int("amount_remaining")), (2000, 2000));
    assert_eq!(seen.int("pre_payment_credit_notes_amount"), 1000);
    let void = shop.post(&format!("/v1/credit_notes/{}/void", note.str("id")), "");
    assert_eq!(void.str("status"), "void");
    assert_eq!(shop.get(&format!("/v1/invoices/{id}")).int("amount_due"), 3000);
    let all = shop.post("/v1/credit_notes", &format!("invoice={id}&amount=3000"));
    assert_eq!(all.str("number"), format!("{}-CN-02", invoice.str("number")));
    assert_eq!(shop.get(&format!("/v1/invoices/{id}")).str("status"), "paid");
}

#[test]
fn a_credit_note_gives_back_what_was_paid() {
    let mut shop = shop();
    let invoice = shop.open(3000);
    let id = invoice.str("id").to_string();
    shop.pay(&invoice, "");
    let form = format!(
        "invoice={id}&refund_amount=500&lines[0][type]=custom_line_item\
         &lines[0][description]=Refund&lines[0][quantity]=1&lines[0][unit_amount]=500"
    );
    let note = shop.post("/v1/credit_notes", &form);
    assert_eq!((note.str("type"), note.int("post_payment_amount")), ("post_payment", 500));
    let refund = note.at("refunds").as_list().unwrap()[0].as_map().unwrap().clone();
    assert_eq!((refund.int("amount_refunded"), refund.str("type")), (500, "refund"));
    let refund = shop.get(&format!("/v1/refunds/{}", refund.str("refund")));
    assert_eq!((refund.int("amount"), refund.str("status")), (500, "succeeded"));
    let form = format!("invoice={id}&credit_amount=700&amount=1000&out_of_band_amount=300");
    let note = shop.post("/v1/credit_notes", &form);
    assert_eq!(note.int("out_of_band_amount"), 300);
    assert!(!note.at("customer_balance_transaction").is_null());
    assert_eq!(shop.get("/v1/customers/{c}").int("balance"), -700);
    let seen = shop.get(&format!("/v1/invoices/{id}"));
    assert_eq!((seen.str("status"), seen.int("post_payment_credit_notes_amount")), ("paid", 1500));
    for (form, code) in [("amount=1501", 400), ("amount=100&credit_amount=50", 400)] {
        assert_eq!(shop.refused("/v1/credit_notes", &format!("invoice={id}&{form}")).0, code);
    }
    let path = format!("/v1/credit_notes/{}/void", note.str("id"));
    assert_eq!(shop.refused(&path, "").0, 400);
}

// A part of a line has its part of the line's discounts and taxes.
#[test]
fn a_credit_note_of_a_line_takes_its_taxes_and_discounts_along() {
    let mut shop = shop();
    let rate = shop.post("/v1/tax_rates", "display_name=VAT&percentage=5&inclusive=false");
    let coupon = shop.post("/v1/coupons", "percent_off=10");
    let form = format!(
        "default_tax_rates[0]={}&discounts[0][coupon]={}",
        rate.str("id"),
        coupon.str("id")
    );
    let draft = shop.draft(&form, &["amount=3000&currency=usd"]);
    let id = draft.str("id").to_string();
    let paid = shop.pay(&draft, "");
    assert_eq!((paid.str("status"), paid.int("total")), ("paid", 2835));
    let line = lines(&paid)[0].str("id");
    let form = format!(
        "invoice={id}&lines[0][type]=invoice_line_item&lines[0][invoice_line_item]={line}\
         &lines[0][amount]=1000"
    );
    let path = format!("/v1/credit_notes/preview?{form}");
    let preview = shop.get(&path);
    for note in [preview, shop.post("/v1/credit_notes", &form)] {
        assert_eq!((note.int("subtotal"), note.int("discount_amount")), (1000, 100));
        assert_eq!((amounts(&note, "total_taxes"), note.int("total")), (vec![45], 945));
        assert_eq!(note.int("total_excluding_tax"), 900);
    }
}

// Out of band.
#[test]
fn what_was_paid_elsewhere_was_not_attempted() {
    let mut shop = shop();
    let invoice = shop.open(3000);
    let paid = shop.pay(&invoice, "paid_out_of_band=true");
    assert_eq!((paid.str("status"), paid.int("amount_paid")), ("paid", 3000));
    assert_eq!((paid.is_true("attempted"), paid.int("attempt_count")), (false, 0));
    let events = shop.events();
    assert!(events.contains(&"invoice.paid".to_string()));
    assert!(!events.contains(&"invoice.payment_succeeded".to_string()));
    let form = format!("invoice={}&amount=100", invoice.str("id"));
    assert_eq!(shop.refused("/v1/credit_notes", &form).0, 400);
}

// What prices refuse; lookup keys; plans as the mirror.
#[test]
fn prices_keep_their_rules() {
    let mut shop = shop();
    let product = shop.post("/v1/products", "name=Default").str("id").to_string();
    for (form, param, message) in [
        (
            "currency=usd&unit_amount=1",
            "",
            "You must specify either `product` or `product_data` when creating a price.",
        ),
        (
            "currency=usd&unit_amount=1&product=prod_1&product_data[name]=A",
            "product",
            "You may only specify one of these parameters: product, product_data.",
        ),
        (
            "currency=usd&product_data[name]=A",
            "",
            "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.",
        ),
        (
            "currency=usd&product_data[name]=A&billing_scheme=tiered&tiers_mode=volume\
             &tiers[0][up_to]=inf&tiers[0][unit_amount]=1",
            "interval",
            "Prices with `type=one_time` are not supported with tiered billing.",
        ),
        (
            "currency=usd&product_data[name]=A&unit_amount=1&recurring[interval]=month\
             &recurring[usage_type]=metered",
            "",
            "Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by \
             meters.",
        ),
    ] {
        let (status, _, got, said) = shop.refused("/v1/prices", form);
        assert_eq!((status, got.as_str(), said.as_str()), (400, param, message), "{form}");
    }
    let form = format!("currency=usd&unit_amount=1000&product={product}&lookup_key=pro");
    let first = shop.post("/v1/prices", &form).str("id").to_string();
    shop.post(&format!("/v1/prices/{first}"), "active=false");
    let (_, _, param, message) = shop.refused("/v1/prices", &form);
    assert_eq!(param, "lookup_key");
    assert_eq!(message, format!("A price (`{first}`) already uses that lookup key."));
    let second = shop.post("/v1/prices", &format!("{form}&transfer_lookup_key=true"));
    assert!(shop.get(&format!("/v1/prices/{first}")).at("lookup_key").is_null());
    let found = shop.stripe.get("/v1/prices?lookup_keys[]=pro&lookup_keys[]=none");
    assert_eq!(found.ids(), [second.str("id")]);
    let path = format!("/v1/products/{product}");
    shop.post(&path, &format!("default_price={}", second.str("id")));
    assert_eq!(shop.refused(&format!("/v1/prices/{}", second.str("id")), "active=false").0, 400);
    let refused = shop.stripe.delete(&path);
    assert_eq!(
        refused.error("message"),
        "This product cannot be deleted because it has one or more user-created prices."
    );
}

#[test]
fn a_plan_is_a_price_and_a_price_a_plan() {
    let mut shop = shop();
    let plan = shop.post(
        "/v1/plans",
        "id=gold&amount=2500&currency=usd&interval=month&product[name]=Gold&nickname=Gold",
    );
    assert_eq!((plan.int("amount"), plan.str("amount_decimal")), (2500, "2500"));
    let price = shop.get("/v1/prices/gold");
    assert_eq!((price.str("type"), price.int("unit_amount")), ("recurring", 2500));
    assert_eq!(price.path("recurring.interval").as_str(), Some("month"));
    shop.post("/v1/prices/gold", "nickname=Silver");
    assert_eq!(shop.get("/v1/plans/gold").str("nickname"), "Silver");
    let monthly =
        shop.price("unit_amount=700&recurring[interval]=week&recurring[interval_count]=2");
    let plan = shop.get(&format!("/v1/plans/{monthly}"));
    assert_eq!((plan.str("interval"), plan.int("interval_count")), ("week", 2));
    assert_eq!(shop.stripe.delete("/v1/plans/gold").status, 200);
    assert_eq!(shop.stripe.get("/v1/plans/gold").status, 404);
    let ends: Vec<_> =
        shop.events().into_iter().filter(|event| event.ends_with(".deleted")).collect();
    assert_eq!(ends, ["plan.deleted", "price.deleted"]);
}

// As documented.
#[test]
fn coupons_and_codes_can_be_redeemed_as_often_as_they_say() {
    let mut shop = shop();
    for (form, code, param, message) in [
        ("duration=once", "parameter_missing", "", "Must provide percent_off or amount_off."),
        (
            "percent_off=5&amount_off=5&currency=usd",
            "",
            "",
            "Received both percent_off and amount_off parameters. Please pass in only one.",
        ),
        ("amount_off=5", "", "currency", "You must pass currency when passing amount_off"),
        (
            "percent_off=5&duration=repeating",
            "",
            "duration",
            "The duration_in_months param must be set when creating a coupon with a repeating \
             duration",
        ),
        (
            "percent_off=0",
            "",
            "percent_off",
            "This value must be greater than or equal to 0.01 (it currently is '0.0').",
        ),
    ] {
        let (status, got, at, said) = shop.refused("/v1/coupons", form);
        assert_eq!((status, got.as_str(), at.as_str(), said.as_str()), (400, code, param, message));
    }
    shop.post("/v1/coupons", "id=SALE&percent_off=10&max_redemptions=2");
    assert_eq!(shop.refused("/v1/coupons", "id=SALE&percent_off=1").1, "resource_already_exists");
    let form = "promotion[type]=coupon&promotion[coupon]=SALE&code=SPRING&max_redemptions=1";
    let code = shop.post("/v1/promotion_codes", form).str("id").to_string();
    assert_eq!(
        shop.refused("/v1/promotion_codes", form).3,
        "An active promotion code with `code: SPRING` already exists."
    );
    let form = format!("customer={{c}}&discounts[0][promotion_code]={code}");
    shop.post("/v1/invoices", &form);
    let code = shop.get(&format!("/v1/promotion_codes/{code}"));
    assert_eq!((code.int("times_redeemed"), code.is_true("active")), (1, false));
    assert_eq!(shop.get("/v1/coupons/SALE").int("times_redeemed"), 1);
    shop.post("/v1/invoices", "customer={c}&discounts[0][coupon]=SALE");
    let coupon = shop.get("/v1/coupons/SALE");
    assert_eq!((coupon.int("times_redeemed"), coupon.is_true("valid")), (2, false));
    let (status, code, ..) = shop.refused("/v1/invoices", "customer={c}&discounts[0][coupon]=SALE");
    assert_eq!((status, code.as_str()), (400, "coupon_expired"));
}

// Rates where the account is registered; nothing elsewhere; an address is needed.
#[test]
fn automatic_tax_is_that_of_the_customers_place() {
    let mut shop = shop();
    let automatic = "automatic_tax[enabled]=true";
    let nowhere = shop.draft(automatic, &["amount=10000&currency=usd"]);
    assert_eq!(nowhere.path("automatic_tax.status").as_str(), Some("requires_location_inputs"));
    let path = format!("/v1/invoices/{}", nowhere.str("id"));
    let (status, code, ..) = shop.refused(&format!("{path}/finalize"), "");
    assert_eq!((status, code.as_str()), (400, "customer_tax_location_invalid"));
    let seen = shop.get(&path);
    assert_eq!(seen.str("status"), "draft");
    assert_eq!(
        seen.path("last_finalization_error.code").as_str(),
        Some("customer_tax_location_invalid")
    );
    assert!(shop.events().contains(&"invoice.finalization_failed".to_string()));
    shop.post(
        "/v1/customers/{c}",
        "address[country]=US&address[state]=TX&address[postal_code]=75134",
    );
    let untaxed = shop.draft(automatic, &["amount=10000&currency=usd"]);
    assert_eq!(untaxed.path("automatic_tax.status").as_str(), Some("complete"));
    let tax = untaxed.at("total_taxes").as_list().unwrap()[0].as_map().unwrap();
    assert_eq!((tax.int("amount"), tax.str("taxability_reason")), (0, "not_collecting"));
    shop.post(
        "/v1/tax/registrations",
        "country=US&active_from=now&country_options[us][state]=TX\
         &country_options[us][type]=state_sales_tax",
    );
    let taxed = shop.draft(automatic, &["amount=10000&currency=usd"]);
    let tax = taxed.at("total_taxes").as_list().unwrap()[0].as_map().unwrap();
    assert_eq!((tax.int("amount"), tax.str("taxability_reason")), (625, "standard_rated"));
    assert_eq!((taxed.int("total"), taxed.int("total_excluding_tax")), (10_625, 10_000));
    let rate = tax.path("tax_rate_details.tax_rate").as_str().unwrap().to_string();
    let rate = shop.get(&format!("/v1/tax_rates/{rate}"));
    assert_eq!((rate.str("state"), rate.str("tax_type")), ("TX", "sales_tax"));
    assert_eq!(shop.post(&format!("{path}/finalize"), "").int("total"), 10_625);
}

// Recorded: how a calculation adds up and breaks down, for another rate.
#[test]
fn a_tax_calculation_taxes_lines_and_shipping() {
    let mut shop = shop();
    let form = "currency=eur&customer_details[address][country]=DE\
        &customer_details[address_source]=shipping\
        &line_items[0][amount]=1000&line_items[0][tax_behavior]=exclusive\
        &line_items[1][amount]=2380&line_items[1][tax_behavior]=inclusive\
        &shipping_cost[amount]=500";
    let untaxed = shop.post("/v1/tax/calculations", form);
    assert_eq!((untaxed.int("amount_total"), untaxed.int("tax_amount_exclusive")), (3880, 0));
    let form_of = "country=DE&active_from=now&country_options[de][type]=standard\
        &country_options[de][standard][place_of_supply_scheme]=standard";
    shop.post("/v1/tax/registrations", form_of);
    let taxed = shop.post("/v1/tax/calculations", form);
    assert_eq!(taxed.int("amount_total"), 1000 + 190 + 2380 + 500 + 95);
    assert_eq!((taxed.int("tax_amount_exclusive"), taxed.int("tax_amount_inclusive")), (285, 380));
    assert_eq!(taxed.path("shipping_cost.amount_tax").as_int(), Some(95));
    let line = taxed.path("line_items.data").as_list().unwrap()[0].as_map().unwrap();
    let part = line.at("tax_breakdown").as_list().unwrap()[0].as_map().unwrap();
    assert_eq!((part.int("amount"), part.int("taxable_amount")), (190, 1000));
    assert_eq!(part.path("tax_rate_details.percentage_decimal").as_str(), Some("19.0"));
    let (status, code, ..) = shop.refused(
        "/v1/tax/calculations",
        "currency=eur&customer_details[address_source]=billing&line_items[0][amount]=1",
    );
    assert_eq!((status, code.as_str()), (400, "customer_tax_location_invalid"));
}

// Finalizing does not collect, unless it is asked to go on.
#[test]
fn a_finalized_invoice_is_collected_within_an_hour_where_that_is_asked_for() {
    let mut shop = shop();
    let left = shop.open(1000);
    let draft = shop.draft("", &["amount=2000&currency=usd"]);
    let path = format!("/v1/invoices/{}", draft.str("id"));
    let open = shop.post(&format!("{path}/finalize"), "auto_advance=true");
    assert_eq!((open.str("status"), open.is_true("auto_advance")), ("open", true));
    assert!(!open.at("next_payment_attempt").is_null());
    shop.stripe.now += 3601 * 1000;
    assert_eq!(shop.get(&path).str("status"), "paid");
    let left = shop.get(&format!("/v1/invoices/{}", left.str("id")));
    assert_eq!((left.str("status"), left.int("attempt_count")), ("open", 0));
    let path = format!("/v1/invoices/{}/mark_uncollectible", left.str("id"));
    let gone = shop.post(&path, "");
    let reason = gone.path("status_details.uncollectible.reason").as_str();
    assert_eq!((gone.str("status"), reason), ("uncollectible", Some("user_forgiven")));
}

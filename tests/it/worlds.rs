//! Worlds of billing that chance makes: customers, prices and coupons of every kind, and what an
//! application does with them. All of it follows from the seed, and each request is written down, so
//! that a world can be told again.

use crate::stripe::{Answer, NOW, Stripe};
use fakestripe::map;
use fakestripe::value::{Map, Value};

pub const DAY: i64 = 86_400;

/// A generator of numbers that depend on the seed alone.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    pub fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    pub fn of(&mut self, ids: &[String]) -> String {
        ids[self.below(ids.len())].clone()
    }

    /// True once in that many times.
    pub fn rarely(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// What happened in a world, in order.
#[derive(Clone)]
pub enum Step {
    Ask {
        method: &'static str,
        path: String,
        form: String,
    },
    /// The clock goes to that time, in seconds.
    To(i64),
}

/// A partition whose clock stands still but for the steps.
pub fn stage(seed: &str) -> Stripe {
    let mut stripe = Stripe::new(seed);
    stripe.partition.control(NOW, "clock.freeze", Map::new()).unwrap();
    stripe
}

/// Moves the clock to that second, and does what is due.
pub fn go(stripe: &mut Stripe, to: i64) {
    stripe.partition.control(NOW, "clock.advanceTo", map! { "at": to * 1000 }).unwrap();
}

/// The objects of a list, newest first, however many pages it has.
pub fn all(stripe: &mut Stripe, path: &str) -> Vec<Map> {
    let join = if path.contains('?') { '&' } else { '?' };
    let mut found: Vec<Map> = Vec::new();
    loop {
        let after = found.last().map(|last| format!("&starting_after={}", last.str("id")));
        let page = stripe.get(&format!("{path}{join}limit=100{}", after.unwrap_or_default()));
        found.extend(maps(page.body.at("data")).cloned());
        if !page.body.is_true("has_more") {
            return found;
        }
    }
}

/// The objects of a list in an object.
pub fn maps(list: &Value) -> impl Iterator<Item = &Map> {
    list.as_list().unwrap_or_default().iter().filter_map(Value::as_map)
}

/// A price, and what tests need to know of it.
#[derive(Clone)]
pub struct Price {
    pub id: String,
    pub currency: &'static str,
    pub is_metered: bool,
}

pub struct World {
    pub stripe: Stripe,
    pub random: Random,
    pub seed: u64,
    pub steps: Vec<Step>,
    /// Seconds since 1970.
    pub now: i64,
    pub customers: Vec<String>,
    pub prices: Vec<Price>,
    pub once: Vec<String>,
    pub coupons: Vec<String>,
    pub rates: Vec<String>,
    pub succeeded: usize,
    pub refused: usize,
}

const CARDS: [&str; 4] = [
    "pm_card_visa",
    "pm_card_visa",
    "pm_card_chargeCustomerFail",
    "pm_card_authenticationRequired",
];

impl World {
    pub fn new(seed: u64) -> World {
        let mut world = World {
            stripe: stage(&format!("world {seed}")),
            random: Random::new(seed),
            seed,
            steps: Vec::new(),
            now: NOW / 1000,
            customers: Vec::new(),
            prices: Vec::new(),
            once: Vec::new(),
            coupons: Vec::new(),
            rates: Vec::new(),
            succeeded: 0,
            refused: 0,
        };
        // Any day of any month, at any second.
        let start = world.now + world.random.below(1500 * DAY as usize) as i64;
        world.wait_until(start);
        world.furnish();
        world
    }

    // Asking.

    pub fn ask(&mut self, method: &'static str, path: &str, form: &str) -> Answer {
        let form = form.trim_matches('&').to_string();
        let answer = self.stripe.send(method, path, &form);
        let note = self.note();
        assert!(answer.status < 500, "{note}: {method} {path} {form}: {:?}", answer.body);
        if method == "POST" || method == "DELETE" {
            match answer.status {
                200 => self.succeeded += 1,
                _ => self.refused += 1,
            }
            if std::env::var("WORLD_LOG").is_ok() {
                let error = answer.error("message");
                println!("{} {method} {path} {form} -> {} {error}", self.now, answer.status);
            }
        }
        self.steps.push(Step::Ask { method, path: path.to_string(), form });
        answer
    }

    pub fn post(&mut self, path: &str, form: &str) -> Answer {
        self.ask("POST", path, form)
    }

    /// The id of what is made; it is made.
    fn make(&mut self, path: &str, form: &str) -> String {
        let made = self.post(path, form);
        assert_eq!(made.status, 200, "{}: POST {path} {form}: {:?}", self.note(), made.body);
        made.id().to_string()
    }

    pub fn get(&mut self, path: &str) -> Map {
        self.ask("GET", path, "").body
    }

    pub fn list(&mut self, path: &str) -> Vec<Map> {
        maps(self.get(path).at("data")).cloned().collect()
    }

    pub fn wait_until(&mut self, at: i64) {
        if self.now < at {
            self.now = at;
            if std::env::var("WORLD_LOG").is_ok() {
                println!("-> {at}");
            }
            go(&mut self.stripe, at);
            self.steps.push(Step::To(at));
        }
    }

    /// What to say when something is wrong.
    pub fn note(&self) -> String {
        format!("seed {}, step {}", self.seed, self.steps.len())
    }

    // What is there from the beginning.

    fn furnish(&mut self) {
        for form in [
            "display_name=Ten&percentage=10&inclusive=false",
            "display_name=Twenty&percentage=20&inclusive=true",
            "display_name=Odd&percentage=7.25&inclusive=false",
        ] {
            let id = self.make("/v1/tax_rates", form);
            self.rates.push(id);
        }
        let product = self.make("/v1/products", "name=Club");
        for form in [
            "percent_off=25&duration=forever",
            "amount_off=500&currency=usd&duration=once",
            "percent_off=12.5&duration=repeating&duration_in_months=2",
            "amount_off=70&currency=eur&duration=forever",
            &format!("percent_off=50&duration=forever&applies_to[products][0]={product}"),
        ] {
            let id = self.make("/v1/coupons", form);
            self.coupons.push(id);
        }
        let meter = "display_name=Calls&event_name=calls&default_aggregation[formula]=sum";
        let meter = self.make("/v1/billing/meters", meter);
        self.price(&format!("currency=usd&unit_amount=1000&product={product}"), "month");
        self.price("currency=usd&unit_amount=1999", "month");
        self.price("currency=usd&unit_amount_decimal=12.345", "month");
        self.price("currency=usd&unit_amount=0", "month");
        self.price("currency=usd&unit_amount=10000", "year");
        self.price("currency=usd&unit_amount=250", "week");
        self.price("currency=usd&unit_amount=2500&recurring[interval_count]=3", "month");
        let tiers = "billing_scheme=tiered&tiers[0][up_to]=5&tiers[0][unit_amount]=700&\
            tiers[1][up_to]=inf&tiers[1][unit_amount]=650&tiers[1][flat_amount]=99";
        self.price(&format!("currency=usd&{tiers}&tiers_mode=graduated"), "month");
        self.price(&format!("currency=usd&{tiers}&tiers_mode=volume"), "month");
        let package = "transform_quantity[divide_by]=3&transform_quantity[round]=up";
        self.price(&format!("currency=usd&unit_amount=1500&{package}"), "month");
        let metered = format!("recurring[usage_type]=metered&recurring[meter]={meter}");
        self.price(&format!("currency=usd&unit_amount=4&{metered}"), "month");
        self.price("currency=eur&unit_amount=900", "month");
        self.price("currency=eur&unit_amount=2100", "month");
        self.price("currency=jpy&unit_amount=500", "month");
        for form in ["currency=usd&unit_amount=4200", "currency=usd&unit_amount=30"] {
            let id = self.make("/v1/prices", &format!("{form}&product_data[name]=Fee"));
            self.once.push(id);
        }
        for place in 0..4 {
            let more = match place {
                0 => "",
                1 => "&balance=-1700",
                2 => "&balance=350",
                _ => "&tax_exempt=reverse",
            };
            let form = format!("email=ana{place}@example.com{more}");
            let id = self.make("/v1/customers", &form);
            self.customers.push(id.clone());
            if place != 3 {
                let card = if place == 0 { "pm_card_visa" } else { self.random.one(&CARDS) };
                self.pay_with(&id, card);
            }
        }
    }

    fn price(&mut self, form: &str, interval: &str) {
        let product = if form.contains("product=") { "" } else { "&product_data[name]=Plan" };
        let form = format!("{form}&recurring[interval]={interval}{product}");
        let id = self.make("/v1/prices", &form);
        let currency = if form.contains("=eur") {
            "eur"
        } else if form.contains("=jpy") {
            "jpy"
        } else {
            "usd"
        };
        self.prices.push(Price { id, currency, is_metered: form.contains("metered") });
    }

    pub fn pay_with(&mut self, customer: &str, card: &str) {
        let attached = self
            .post(&format!("/v1/payment_methods/{card}/attach"), &format!("customer={customer}"));
        let form = format!("invoice_settings[default_payment_method]={}", attached.id());
        self.post(&format!("/v1/customers/{customer}"), &form);
    }

    // What an application does, by chance.

    pub fn live(&mut self) -> Vec<Map> {
        self.list("/v1/subscriptions?limit=8")
    }

    /// One operation, or some time.
    pub fn step(&mut self) {
        match self.random.below(20) {
            0..=2 => self.subscribe(),
            3..=6 => self.change(),
            7 => self.end(),
            8 => self.pause(),
            9 => self.plan(),
            10 => self.charge_once(),
            11 => self.invoice(),
            12 => self.treat_an_invoice(),
            13 => self.credit(),
            14 => self.report(),
            15 => {
                let customer = self.random.of(&self.customers.clone());
                if self.random.rarely(2) {
                    let card = self.random.one(&CARDS);
                    self.pay_with(&customer, card);
                } else {
                    let amount = self.random.below(3000) as i64 - 2000;
                    let path = format!("/v1/customers/{customer}/balance_transactions");
                    self.post(&path, &format!("amount={amount}&currency=usd"));
                }
            }
            _ => self.pass_time(),
        }
    }

    pub fn pass_time(&mut self) {
        let most = self.random.one(&[&3_600_usize, &86_400, &(12 * 86_400), &(40 * 86_400)]);
        let at = self.now + 1 + self.random.below(*most) as i64;
        self.wait_until(at);
    }

    /// What is subscribed to: the parameters that a preview takes too, in its form.
    pub fn wanted(&mut self) -> (String, Vec<String>) {
        let first = self.prices[self.random.below(self.prices.len())].clone();
        let mut items = vec![first.clone()];
        for _ in 0..self.random.below(3) {
            let other = self.prices[self.random.below(self.prices.len())].clone();
            if other.currency == first.currency && items.iter().all(|item| item.id != other.id) {
                items.push(other);
            }
        }
        let mut params = Vec::new();
        for (place, item) in items.iter().enumerate() {
            params.push(format!("[items][{place}][price]={}", item.id));
            if !item.is_metered && self.random.rarely(2) {
                let quantity = 1 + self.random.below(9);
                params.push(format!("[items][{place}][quantity]={quantity}"));
            }
            if self.random.rarely(5) {
                let rate = self.random.of(&self.rates.clone());
                params.push(format!("[items][{place}][tax_rates][0]={rate}"));
            }
        }
        if self.random.rarely(3) {
            params.push("[billing_mode][type]=classic".to_string());
        }
        if self.random.rarely(3) {
            for place in 0..1 + self.random.below(2) {
                params.push(format!("[default_tax_rates][{place}]={}", self.rates[place]));
            }
        }
        match self.random.below(6) {
            0 => {
                let ends = self.now + 1 + self.random.below(40 * DAY as usize) as i64;
                params.push(format!("[trial_end]={ends}"));
            }
            1 => {
                let anchor = self.now + 1 + self.random.below(6 * DAY as usize) as i64;
                params.push(format!("[billing_cycle_anchor]={anchor}"));
                if self.random.rarely(2) {
                    params.push("[proration_behavior]=none".to_string());
                }
            }
            _ => {}
        }
        (first.currency.to_string(), params)
    }

    pub fn discounts(&mut self) -> String {
        match self.random.below(3) {
            0 => format!("&discounts[0][coupon]={}", self.random.of(&self.coupons.clone())),
            _ => String::new(),
        }
    }

    fn subscribe(&mut self) {
        let customer = self.random.of(&self.customers.clone());
        let (_, params) = self.wanted();
        let discounts = self.discounts();
        let mut form = format!("customer={customer}{discounts}&{}", flat(&params));
        if self.random.rarely(4) {
            form += "&collection_method=send_invoice&days_until_due=10";
        } else if self.random.rarely(3) {
            let behavior = self.random.one(&["default_incomplete", "error_if_incomplete"]);
            form += &format!("&payment_behavior={behavior}");
        }
        if self.random.rarely(5) {
            form += &format!("&add_invoice_items[0][price]={}", self.random.of(&self.once.clone()));
        }
        if self.random.rarely(6) {
            let missing = self.random.one(&["cancel", "pause"]);
            form += &format!("&trial_settings[end_behavior][missing_payment_method]={missing}");
        }
        if self.random.rarely(6) {
            form += "&payment_settings[save_default_payment_method]=on_subscription";
        }
        self.post("/v1/subscriptions", &form);
    }

    pub fn a_subscription(&mut self) -> Option<Map> {
        let live = self.live();
        if live.is_empty() { None } else { Some(live[self.random.below(live.len())].clone()) }
    }

    /// Changes that a preview takes too, in its form: of a subscription as it is.
    pub fn change_of(&mut self, subscription: &Map) -> Vec<String> {
        let items: Vec<Map> = maps(subscription.path("items.data")).cloned().collect();
        let item = items[self.random.below(items.len())].clone();
        let id = item.str("id");
        let prices: Vec<Price> = (self.prices.iter())
            .filter(|price| price.currency == subscription.str("currency"))
            .cloned()
            .collect();
        let other = prices[self.random.below(prices.len())].clone();
        let quantity = 1 + self.random.below(9);
        let mut params = match self.random.below(7) {
            0 | 1 => {
                vec![format!("[items][0][id]={id}"), format!("[items][0][price]={}", other.id)]
            }
            2 | 3 => {
                vec![format!("[items][0][id]={id}"), format!("[items][0][quantity]={quantity}")]
            }
            4 => vec![format!("[items][0][price]={}", other.id)],
            5 if 1 < items.len() => {
                vec![format!("[items][0][id]={id}"), "[items][0][deleted]=true".to_string()]
            }
            5 => vec!["[billing_cycle_anchor][type]=now".to_string()],
            _ if subscription.str("status") == "trialing" => vec!["[trial_end]=now".to_string()],
            _ => {
                let ends = self.now + 1 + self.random.below(20 * DAY as usize) as i64;
                vec![format!("[trial_end]={ends}")]
            }
        };
        let behavior =
            self.random.one(&["", "create_prorations", "always_invoice", "always_invoice", "none"]);
        if !behavior.is_empty() {
            params.push(format!("[proration_behavior]={behavior}"));
        }
        params
    }

    fn change(&mut self) {
        let Some(subscription) = self.a_subscription() else { return };
        let path = format!("/v1/subscriptions/{}", subscription.str("id"));
        if self.random.rarely(5) {
            let form = match self.random.below(5) {
                0 => format!("metadata[a]={}", self.random.below(9)),
                1 => format!("discounts[0][coupon]={}", self.random.of(&self.coupons.clone())),
                2 => "discounts=".to_string(),
                3 => format!("default_tax_rates[0]={}", self.random.of(&self.rates.clone())),
                _ => "description=Paid+club".to_string(),
            };
            self.post(&path, &form);
            return;
        }
        let mut form = flat(&self.change_of(&subscription));
        if self.random.rarely(4) {
            let behavior = ["pending_if_incomplete", "error_if_incomplete", "default_incomplete"];
            form += &format!("&payment_behavior={}", self.random.one(&behavior));
        }
        self.post(&path, &form);
    }

    fn end(&mut self) {
        let Some(subscription) = self.a_subscription() else { return };
        let path = format!("/v1/subscriptions/{}", subscription.str("id"));
        let soon = self.now + 1 + self.random.below(50 * DAY as usize) as i64;
        match self.random.below(6) {
            0 => self.ask("DELETE", &path, "prorate=true&invoice_now=true"),
            1 => self.ask("DELETE", &path, "prorate=true"),
            2 => self.ask("DELETE", &path, ""),
            3 => self.post(&path, "cancel_at_period_end=true"),
            4 => self.post(&path, "cancel_at_period_end=false"),
            _ => self.post(&path, &format!("cancel_at={soon}")),
        };
    }

    fn pause(&mut self) {
        let Some(subscription) = self.a_subscription() else { return };
        let path = format!("/v1/subscriptions/{}", subscription.str("id"));
        let soon = self.now + 1 + self.random.below(50 * DAY as usize) as i64;
        match self.random.below(6) {
            0 => self.post(&path, "pause_collection[behavior]=void"),
            1 => self.post(&path, "pause_collection[behavior]=mark_uncollectible"),
            2 => {
                let form = "pause_collection[behavior]=keep_as_draft";
                self.post(&path, &format!("{form}&pause_collection[resumes_at]={soon}"))
            }
            3 => self.post(&path, "pause_collection="),
            4 => self.post(&format!("{path}/pause"), "type=subscription"),
            _ => self.post(&format!("{path}/resume"), "billing_cycle_anchor[type]=now"),
        };
    }

    fn plan(&mut self) {
        let schedules = self.list("/v1/subscription_schedules?limit=6");
        let active: Vec<&Map> = schedules
            .iter()
            .filter(|it| matches!(it.str("status"), "active" | "not_started"))
            .collect();
        if !active.is_empty() && self.random.rarely(2) {
            let schedule = active[self.random.below(active.len())].str("id").to_string();
            let verb = self.random.one(&["cancel", "release"]);
            self.post(&format!("/v1/subscription_schedules/{schedule}/{verb}"), "");
            return;
        }
        if self.random.rarely(2) {
            let Some(subscription) = self.a_subscription() else { return };
            let form = format!("from_subscription={}", subscription.str("id"));
            self.post("/v1/subscription_schedules", &form);
            return;
        }
        let customer = self.random.of(&self.customers.clone());
        let start = self.now + self.random.below(20 * DAY as usize) as i64;
        let start = if self.random.rarely(2) { "now".to_string() } else { start.to_string() };
        let end = self.random.one(&["release", "cancel"]);
        let (first, second) = (self.random.below(3), self.random.below(3));
        let form = format!(
            "customer={customer}&start_date={start}&end_behavior={end}&\
             phases[0][items][0][price]={}&phases[0][duration][interval]=month&\
             phases[1][items][0][price]={}&phases[1][items][0][quantity]=2&\
             phases[1][duration][interval]=month&phases[1][duration][interval_count]=2",
            self.prices[first].id, self.prices[second].id
        );
        self.post("/v1/subscription_schedules", &form);
    }

    fn charge_once(&mut self) {
        let customer = self.random.of(&self.customers.clone());
        let mut form = match self.random.below(3) {
            0 => {
                let price = self.random.of(&self.once.clone());
                format!("customer={customer}&pricing[price]={price}&quantity=2")
            }
            1 => format!("customer={customer}&amount=-{}&currency=usd", self.random.below(900)),
            _ => format!("customer={customer}&amount={}&currency=usd", self.random.below(5000)),
        };
        if self.random.rarely(4) {
            form += &format!("&tax_rates[0]={}", self.random.of(&self.rates.clone()));
        }
        form += &self.discounts();
        self.post("/v1/invoiceitems", &form);
    }

    fn invoice(&mut self) {
        let customer = self.random.of(&self.customers.clone());
        let sweeps = self.random.one(&["include", "exclude"]);
        let mut form = format!("customer={customer}&pending_invoice_items_behavior={sweeps}");
        form += &self.discounts();
        if self.random.rarely(3) {
            form += "&collection_method=send_invoice&days_until_due=3";
        }
        if self.random.rarely(2) {
            form += "&auto_advance=true";
        }
        let made = self.post("/v1/invoices", &form);
        let id = made.id().to_string();
        if made.status == 200 {
            let form = format!("customer={customer}&invoice={id}&amount=1234&currency=usd");
            self.post("/v1/invoiceitems", &form);
        }
    }

    fn treat_an_invoice(&mut self) {
        let filter = self.random.one(&["open", "draft", "paid", "uncollectible"]);
        let invoices = self.list(&format!("/v1/invoices?limit=6&status={filter}"));
        if invoices.is_empty() {
            return;
        }
        let invoice = invoices[self.random.below(invoices.len())].clone();
        let path = format!("/v1/invoices/{}", invoice.str("id"));
        match (filter, self.random.below(7)) {
            ("draft", 0) => self.ask("DELETE", &path, ""),
            ("draft", 1 | 2) => self.post(&format!("{path}/finalize"), ""),
            ("draft", 3) => {
                let form = "lines[0][amount]=333&lines[0][description]=Extra";
                self.post(&format!("{path}/add_lines"), form)
            }
            ("draft", 4) => self.post(&path, "description=For+you&metadata[b]=1"),
            (_, 0 | 1) => self.post(&format!("{path}/pay"), ""),
            (_, 2) => self.post(&format!("{path}/pay"), "paid_out_of_band=true"),
            (_, 3) => self.post(&format!("{path}/void"), ""),
            (_, 4) => self.post(&format!("{path}/mark_uncollectible"), ""),
            (_, 5) => self.post(&format!("{path}/send"), ""),
            _ => self.post(&path, "metadata[c]=2"),
        };
    }

    fn credit(&mut self) {
        let status = self.random.one(&["open", "paid", "paid"]);
        let invoices = self.list(&format!("/v1/invoices?limit=6&status={status}"));
        if invoices.is_empty() {
            return;
        }
        let invoice = &invoices[self.random.below(invoices.len())];
        let id = invoice.str("id");
        if self.random.rarely(4) {
            let notes = self.list("/v1/credit_notes?limit=3");
            if let Some(note) = notes.first() {
                let path = format!("/v1/credit_notes/{}/void", note.str("id"));
                self.post(&path, "");
            }
            return;
        }
        let amount = 1 + self.random.below(700);
        let how = self.random.one(&["", "&credit_amount=", "&refund_amount="]);
        let how = if how.is_empty() { String::new() } else { format!("{how}{amount}") };
        self.post("/v1/credit_notes", &format!("invoice={id}&amount={amount}{how}"));
    }

    fn report(&mut self) {
        let customer = self.random.of(&self.customers.clone());
        let form = format!(
            "event_name=calls&payload[stripe_customer_id]={customer}&payload[value]={}",
            self.random.below(500)
        );
        self.post("/v1/billing/meter_events", &form);
    }
}

/// Parameters in the form of a subscription's own URL.
pub fn flat(params: &[String]) -> String {
    let flat = params.iter().map(|param| {
        let (name, value) = param.split_once('=').unwrap();
        let (first, rest) = name[1..].split_once(']').unwrap();
        format!("{first}{rest}={value}")
    });
    flat.collect::<Vec<_>>().join("&")
}

/// The same in the form of a preview, in which the anchor of a new subscription is a hash.
pub fn nested(params: &[String]) -> String {
    const ANCHOR: &str = "[billing_cycle_anchor]";
    let nested = params.iter().map(|param| {
        let param = match param.strip_prefix(ANCHOR).and_then(|rest| rest.strip_prefix('=')) {
            Some(at) => {
                format!("{ANCHOR}[type]=timestamp&subscription_details{ANCHOR}[timestamp]={at}")
            }
            None => param.clone(),
        };
        format!("subscription_details{param}")
    });
    nested.collect::<Vec<_>>().join("&")
}

//! Who gets which event: subscriptions, the outbox, attempts and their retries.
//!
//! Stripe's pages: <https://docs.stripe.com/webhooks>, <https://docs.stripe.com/event-destinations>.
//! The engine sends nothing. It keeps what is to be sent; whoever runs the partition takes one delivery
//! after another ([`next`]), sends it, and says what was answered ([`report`]).
//!
//! ```text
//! posted ─► outbox ─► taken ─► answered 2xx: over
//!            ▲         └─► anything else: waits for its next attempt, then the outbox again
//! ```

mod signature;

use crate::crud;
use crate::http::encode;
use crate::map;
use crate::schema::{self, API_VERSION, Answer, Object, Operation, Verb};
use crate::store::Tx;
use crate::store::deliveries::{Delivery, Manners};
use crate::store::schedule::Entry;
use crate::time;
use crate::value::{Map, Text, Value};
use crate::versions::View;
use std::rc::Rc;

/// Seconds between a failed attempt and the next: test mode tries three times more, "over a few
/// hours".
///
/// Differs from Stripe: the exact times are not published, and Stripe's vary.
const RETRY_AFTER: [i64; 3] = [5 * 60, 30 * 60, 2 * 60 * 60];

/// Types that `*` does not stand for: an endpoint must name them.
const EXPLICIT: &[&str] = &["issuing_authorization.request", "reporting.report_type.updated"];

/// How many seconds a late delivery is held back: at least the first, less than the second.
const LATE: (u64, u64) = (60, 600);

const ENDPOINT: &str = "webhook_endpoint";
const DESTINATION: &str = "v2.core.event_destination";
const THIN: &str = "v2.core.event";

// Who listens.

/// Somewhere events go.
#[derive(Clone, Debug)]
pub struct Listener {
    owner: Text,
    id: Text,
    kind: &'static str,
    enabled: Rc<Map>,
    /// Whether it hears its owner's events, and those of connected accounts.
    own: bool,
    others: bool,
    is_thin: bool,
}

/// Everyone who may hear an event of that account.
pub fn listeners(tx: &Tx<'_>, account: &str) -> Vec<Listener> {
    let mut found = Vec::new();
    let platform = tx.platform();
    add_listeners(tx, &platform, &mut found);
    if platform != account {
        add_listeners(tx, account, &mut found);
    }
    found.retain(|listener| match listener.owner == account {
        true => listener.own,
        false => listener.others,
    });
    found
}

fn add_listeners(tx: &Tx<'_>, owner: &str, found: &mut Vec<Listener>) {
    let is_enabled = |endpoint: &Rc<Map>| endpoint.str("status") == "enabled";
    for endpoint in tx.all_in(owner, ENDPOINT).into_iter().filter(is_enabled) {
        let is_connect = endpoint.is_true("connect");
        found.push(Listener {
            owner: owner.to_string().into(),
            id: endpoint.str("id").to_string().into(),
            kind: ENDPOINT,
            own: !is_connect,
            others: is_connect,
            is_thin: false,
            enabled: endpoint,
        });
    }
    for destination in tx.all_in(owner, DESTINATION).into_iter().filter(is_enabled) {
        let from = destination.at("events_from").as_list().unwrap_or_default();
        let names = |wanted: [&str; 2]| {
            from.iter().any(|name| name.as_str().is_some_and(|name| wanted.contains(&name)))
        };
        found.push(Listener {
            owner: owner.to_string().into(),
            id: destination.str("id").to_string().into(),
            kind: DESTINATION,
            own: from.is_empty() || names(["@self", "self"]),
            others: names(["@accounts", "other_accounts"]),
            is_thin: destination.str("event_payload") != "snapshot",
            enabled: destination,
        });
    }
}

impl Listener {
    /// Whether it asked for events of that type.
    fn wants(&self, event_type: &str) -> bool {
        let enabled = self.enabled.at("enabled_events").as_list().unwrap_or_default();
        enabled.iter().filter_map(Value::as_str).any(|wanted| match wanted {
            "*" => !EXPLICIT.contains(&event_type),
            _ => wanted == event_type,
        })
    }
}

// From events to the outbox.

/// How many of the listeners are to be sent the event itself.
pub fn count(listeners: &[Listener], event_type: &str) -> usize {
    let snapshots = listeners.iter().filter(|listener| !listener.is_thin);
    snapshots.filter(|listener| listener.wants(event_type)).count()
}

/// Takes note of an event of the account the transaction is in, and posts it to those who want it.
pub fn post(tx: &mut Tx<'_>, listeners: &[Listener], event: &Rc<Map>) {
    let account = tx.account().clone();
    tx.webhooks().log.push((account, event.clone()));
    if listeners.is_empty() {
        return;
    }
    let event_type = event.str("type");
    for listener in listeners.iter().filter(|listener| !listener.is_thin) {
        if listener.wants(event_type) {
            send(tx, listener, "event", event.str("id"));
        }
    }
    let thin_type = format!("v1.{event_type}");
    let wants = |listener: &&Listener| listener.is_thin && listener.wants(&thin_type);
    if listeners.iter().any(|listener| wants(&listener)) && schema::event_type(&thin_type).is_some()
    {
        let thin = thin_twin(tx, event, thin_type.clone());
        for listener in listeners.iter().filter(wants) {
            send(tx, listener, THIN, thin.str("id"));
        }
    }
}

/// Posts a thin event of v2 to those who want it.
pub fn post_thin(tx: &mut Tx<'_>, listeners: &[Listener], event: &Rc<Map>) {
    let account = tx.account().clone();
    tx.webhooks().log.push((account, event.clone()));
    let wanted = listeners.iter().filter(|listener| listener.is_thin);
    for listener in wanted.filter(|listener| listener.wants(event.str("type"))) {
        send(tx, listener, THIN, event.str("id"));
    }
}

/// Sends an event to one destination, whatever that asked for.
pub fn ping(tx: &mut Tx<'_>, destination: &str, event: &Rc<Map>) {
    let account = tx.account().clone();
    let found = listeners(tx, &account).into_iter().find(|listener| listener.id == destination);
    if let Some(listener) = found {
        send(tx, &listener, THIN, event.str("id"));
    }
}

/// Saves the thin event that stands for a snapshot event.
fn thin_twin(tx: &mut Tx<'_>, event: &Map, thin_type: String) -> Rc<Map> {
    let about = event.path("data.object").as_map().cloned().unwrap_or_default();
    let request = event.at("request").as_map().cloned().unwrap_or_default();
    let request = Some(request).filter(|request| !request.at("id").is_null());
    let mut thin = thin(tx, thin_type, &about, request);
    thin.set("snapshot_event", event.str("id").to_string());
    tx.save(thin)
}

/// A thin event about an object; not saved yet.
pub fn thin(tx: &mut Tx<'_>, event_type: String, about: &Map, request: Option<Map>) -> Map {
    let mut thin = map! {
        "id": tx.new_id(THIN),
        "object": THIN,
        "created": time::rfc3339(tx.milliseconds()),
        "livemode": false,
        "type": event_type,
    };
    if tx.is_connected() {
        thin.set("context", tx.account().clone());
    }
    if let Some(request) = request {
        thin.set("reason", map! { "type": "request", "request": request });
    }
    if let (id, Some(kind)) = (about.str("id"), Object::find(about.str("object"))) {
        let related = map! { "id": id.to_string(), "type": kind.name(), "url": url(kind, about) };
        thin.set("related_object", related);
    }
    thin
}

/// Where an object is read: the path of its type's retrieve operation.
fn url(kind: Object, about: &Map) -> String {
    let retrieves = |operation: &Operation| {
        operation.verb() == Verb::Retrieve
            && operation.ids() == 1
            && matches!(operation.answer(), Answer::Object(objects) if objects.contains(kind))
    };
    let operation = Operation::all().find(retrieves);
    operation
        .map_or_else(String::new, |operation| operation.path().replace("{id}", about.str("id")))
}

fn send(tx: &mut Tx<'_>, listener: &Listener, event_kind: &'static str, event: &str) {
    let manners = tx.webhooks().manners.get(&listener.id).copied().unwrap_or_default();
    let delivery = Delivery {
        owner: listener.owner.clone(),
        endpoint: listener.id.clone(),
        kind: listener.kind,
        account: tx.account().clone(),
        event_kind,
        event: event.to_string().into(),
        attempts: 0,
        is_copy: false,
    };
    put_out(tx, delivery, manners);
}

/// Puts a delivery where it can be taken, or where it waits for its time.
fn put_out(tx: &mut Tx<'_>, delivery: Delivery, manners: Manners) {
    let id = Text::from(format!("whd_{}", tx.characters("webhook.delivery", 24)));
    tx.webhooks().open.insert(id.clone(), delivery);
    if manners.never {
        return;
    }
    if !manners.late {
        tx.webhooks().outbox.push_back(id);
        return;
    }
    let (least, most) = LATE;
    let delay = least + draw(tx, "webhook.late", most - least);
    tx.by_partition_clock(|tx| tx.schedule(tx.now() + delay as i64, "webhook.deliver", &id));
}

/// A number below `below` that only the seed decides.
fn draw(tx: &mut Tx<'_>, counter: &'static str, below: u64) -> u64 {
    let digits = tx.characters_of(counter, 9, b"0123456789");
    digits.parse::<u64>().unwrap_or(0) % below.max(1)
}

/// Does what was scheduled about a delivery; says whether it was one of these.
pub fn run(tx: &mut Tx<'_>, entry: &Entry) -> bool {
    if entry.action != "webhook.deliver" {
        return false;
    }
    let id = entry.id.clone();
    let webhooks = tx.webhooks();
    if webhooks.open.contains(&id) {
        webhooks.outbox.push_back(id);
    }
    true
}

// Sending.

/// Takes the next delivery to be sent, signed at `at` (unix seconds by the host's clock, which is
/// what its reader compares with); null where nothing waits.
///
/// Those to endpoints that were disabled or deleted meanwhile are dropped, as Stripe drops them.
pub fn next(tx: &mut Tx<'_>, at: i64) -> Value {
    loop {
        let Some(id) = take(tx) else { return Value::Null };
        let Some(delivery) = tx.webhooks().open.get(&id).cloned() else { continue };
        let endpoint = tx.get_in(&delivery.owner, delivery.kind, &delivery.endpoint).cloned();
        let event = tx.get_in(&delivery.account, delivery.event_kind, &delivery.event).cloned();
        let endpoint = endpoint.filter(|endpoint| endpoint.str("status") == "enabled");
        let (Some(endpoint), Some(event)) = (endpoint, event) else {
            tx.webhooks().open.remove(&id);
            continue;
        };
        let attempt = delivery.attempts + 1;
        if let Some(delivery) = tx.webhooks().open.get_mut(&id) {
            delivery.attempts = attempt;
        }
        return written(tx, &id, &delivery, &endpoint, &event, at).into();
    }
}

/// Takes an id off the outbox: the first, or any of those whose endpoint is to be sent them out of
/// order.
fn take(tx: &mut Tx<'_>) -> Option<Text> {
    let webhooks = tx.webhooks();
    let first = webhooks.outbox.front()?;
    let endpoint = webhooks.open.get(first).map(|delivery| delivery.endpoint.clone());
    let endpoint = endpoint.unwrap_or_default();
    if !webhooks.manners.get(&endpoint).is_some_and(|manners| manners.shuffled) {
        return webhooks.outbox.pop_front();
    }
    let is_its = |id: &Text| webhooks.open.get(id).is_some_and(|open| open.endpoint == endpoint);
    let places = webhooks.outbox.iter().enumerate().filter(|(_, id)| is_its(id));
    let places = places.map(|(place, _)| place).collect::<Vec<_>>();
    let chosen = draw(tx, "webhook.order", places.len() as u64) as usize;
    tx.webhooks().outbox.remove(places[chosen])
}

/// A delivery as the sender needs it.
fn written(
    tx: &Tx<'_>,
    id: &Text,
    delivery: &Delivery,
    endpoint: &Map,
    event: &Map,
    at: i64,
) -> Map {
    let mut shown = event.clone();
    let (url, secret) = match delivery.kind {
        ENDPOINT => {
            if let Some(version) = endpoint.at("api_version").as_str() {
                shown.set("api_version", version.to_string());
            }
            (endpoint.at("url"), endpoint.str("secret"))
        }
        _ => {
            if let Some(version) = endpoint.at("snapshot_api_version").as_str() {
                shown.set("api_version", version.to_string());
            }
            let secret = endpoint.path("webhook_endpoint.signing_secret");
            (endpoint.path("webhook_endpoint.url"), secret.as_str().unwrap_or(""))
        }
    };
    if delivery.event_kind == THIN {
        // What happened in detail is told only to those who fetch the event.
        shown.retain(|(name, _)| !matches!(name.as_ref(), "data" | "changes"));
    }
    let event_type = shown.str("type").to_string();
    let mut shown = Value::from(shown);
    View { tx, version: API_VERSION }.age(&mut shown);
    let mut payload = encode::json(&shown);
    payload.pop();
    let signature = signature::header(&[secret], at, &payload);
    map! {
        "id": id.clone(),
        "attempt": (delivery.attempts + 1) as i64,
        "endpoint": delivery.endpoint.clone(),
        "url": url.clone(),
        "event": delivery.event.clone(),
        "type": event_type,
        "account": delivery.account.clone(),
        "signature": signature,
        "payload": String::from_utf8(payload).unwrap_or_default(),
    }
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// An answer with a status of 2xx.
    Delivered,
    Failed,
    /// Nobody is there to send it, so trying again is no use.
    Unsendable,
}

/// Says what became of the last attempt of a delivery.
pub fn report(tx: &mut Tx<'_>, id: &str, attempt: Attempt) {
    let Some(delivery) = tx.webhooks().open.get(id).cloned() else { return };
    match attempt {
        Attempt::Delivered => {
            tx.webhooks().open.remove(id);
            count_down(tx, &delivery);
            let manners = tx.webhooks().manners.get(&delivery.endpoint).copied();
            if manners.is_some_and(|manners| manners.twice) && !delivery.is_copy {
                let copy = Delivery { attempts: 0, is_copy: true, ..delivery };
                put_out(tx, copy, manners.unwrap_or_default());
            }
        }
        Attempt::Failed => match RETRY_AFTER.get(delivery.attempts - 1) {
            Some(after) => {
                let at = tx.now() + after;
                tx.schedule(at, "webhook.deliver", id);
            }
            None => {
                tx.webhooks().open.remove(id);
            }
        },
        Attempt::Unsendable => {
            tx.webhooks().open.remove(id);
        }
    }
}

/// One endpoint fewer has yet to answer.
fn count_down(tx: &mut Tx<'_>, delivery: &Delivery) {
    if delivery.event_kind != "event" || delivery.is_copy {
        return;
    }
    tx.in_account(&delivery.account, |tx| {
        let Some(mut event) = tx.load("event", &delivery.event) else { return };
        let pending = event.int("pending_webhooks");
        event.set("pending_webhooks", (pending - 1).max(0));
        tx.save(event);
    });
}

// Endpoints of the test's own making.

/// Makes an endpoint that events go to, or takes the one named; gives it with its secret.
pub fn forward(tx: &mut Tx<'_>, args: &Map) -> Option<Map> {
    let given = args.str("endpoint");
    let endpoint = match given {
        "" => Some(made(tx, args)),
        _ => tx.load(ENDPOINT, given).or_else(|| tx.load(DESTINATION, given)),
    }?;
    let id = Text::from(endpoint.str("id").to_string());
    let wanted = args.at("delivery").as_list().unwrap_or_default();
    let has = |name: &str| wanted.iter().any(|wanted| wanted.as_str() == Some(name));
    let manners = Manners {
        late: has("late"),
        twice: has("twice"),
        shuffled: has("shuffled"),
        never: has("never"),
    };
    tx.webhooks().manners.insert(id.clone(), manners);
    let destination = endpoint.path("webhook_endpoint.signing_secret").as_str();
    let url = endpoint.at("url").as_str().or(endpoint.path("webhook_endpoint.url").as_str());
    Some(map! {
        "id": id,
        "secret": destination.unwrap_or(endpoint.str("secret")).to_string(),
        "url": url.unwrap_or("").to_string(),
    })
}

fn made(tx: &mut Tx<'_>, args: &Map) -> Map {
    let kind = Object::find(ENDPOINT).expect("a published type");
    let mut endpoint = crud::new(tx, kind, &Map::new());
    for name in ["url", "enabled_events", "api_version", "description", "secret"] {
        if !args.at(name).is_null() {
            endpoint.set(name, args.at(name).clone());
        }
    }
    if args.at("enabled_events").is_null() {
        endpoint.set("enabled_events", vec![Value::from("*")]);
    }
    if args.is_true("connect") {
        endpoint.set("connect", true);
    }
    tx.save(endpoint.clone());
    endpoint
}

/// Takes away an endpoint that [`forward`] made.
pub fn stop(tx: &mut Tx<'_>, id: &str) {
    tx.webhooks().manners.remove(id);
    if tx.exists(ENDPOINT, id) {
        tx.delete(ENDPOINT, id);
    }
}

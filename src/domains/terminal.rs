//! Terminal: readers and what they are told to do.
//!
//! Stripe's page: <https://docs.stripe.com/api/terminal/readers>. A reader does one thing at a
//! time; its `action` says what, and how far it is. Locations, configurations and connection
//! tokens are plain.
//!
//! ```text
//! (none) --process, collect, confirm, refund, display--> in_progress
//! in_progress --present_payment_method--> succeeded, failed
//! in_progress --succeed_input_collection--> succeeded
//! in_progress --timeout_input_collection--> failed
//! in_progress --cancel_action--> (none)
//! ```

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::events::{Rules, When};
use crate::flows::charging::{self, Confirmation};
use crate::flows::refunding::{self, Request};
use crate::flows::test_values::cards;
use crate::flows::{payment_methods, setting_up};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

pub static ROUTES: Routes = &[
    ("POST /v1/terminal/readers", register),
    ("POST /v1/terminal/readers/{id}/collect_inputs", collect_inputs),
    ("POST /v1/terminal/readers/{id}/collect_payment_method", collect_payment_method),
    ("POST /v1/terminal/readers/{id}/confirm_payment_intent", confirm_payment_intent),
    ("POST /v1/terminal/readers/{id}/process_payment_intent", process_payment_intent),
    ("POST /v1/terminal/readers/{id}/process_setup_intent", process_setup_intent),
    ("POST /v1/terminal/readers/{id}/refund_payment", refund_payment),
    ("POST /v1/terminal/readers/{id}/set_reader_display", set_reader_display),
];

/// Of `/v1/test_helpers/terminal`.
pub static TEST_HELPERS: Routes = &[
    ("POST /v1/test_helpers/terminal/readers/{id}/present_payment_method", present_payment_method),
    (
        "POST /v1/test_helpers/terminal/readers/{id}/succeed_input_collection",
        succeed_input_collection,
    ),
    (
        "POST /v1/test_helpers/terminal/readers/{id}/timeout_input_collection",
        timeout_input_collection,
    ),
];

pub static EVENTS: Rules = &[
    ("terminal.reader.action_succeeded", When::Became("action.status", "succeeded")),
    ("terminal.reader.action_failed", When::Became("action.status", "failed")),
];

/// The code's beginning tells which simulated reader registers.
fn register(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut reader = crud::draft(tx, call)?;
    let code = call.params.str("registration_code");
    let simulated = ["simulated-s700", "simulated-s710"].iter().find(|known| **known == code);
    if let Some(code) = simulated {
        reader.set("device_type", format!("simulated_stripe_{}", &code["simulated-".len()..]));
    }
    Ok(tx.save(reader).into())
}

fn collect_inputs(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    act(tx, call, "collect_inputs")
}

fn collect_payment_method(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    act(tx, call, "collect_payment_method")
}

fn confirm_payment_intent(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    act(tx, call, "confirm_payment_intent")
}

fn process_payment_intent(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    act(tx, call, "process_payment_intent")
}

fn process_setup_intent(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    act(tx, call, "process_setup_intent")
}

fn refund_payment(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    if !call.params.contains("charge") && !call.params.contains("payment_intent") {
        return Err(Error::must_provide(&["charge", "payment_intent"]));
    }
    act(tx, call, "refund_payment")
}

fn set_reader_display(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    act(tx, call, "set_reader_display")
}

/// Begins an action with the parameters of the request, in the shape the reader's type gives it.
fn act(tx: &mut Tx<'_>, call: &Call, action: &'static str) -> Outcome<Body> {
    let mut reader = crud::load(tx, call)?;
    for (param, kind) in [
        ("charge", "charge"),
        ("payment_intent", "payment_intent"),
        ("setup_intent", "setup_intent"),
    ] {
        let Some(id) = call.params.at(param).as_str() else { continue };
        if !tx.exists(kind, id) {
            let noun = crate::resources::find(kind).map_or(kind, |row| row.noun);
            return Err(Error::no_such_reference(noun, id, param));
        }
    }
    let mut told = Map::new();
    for (name, value) in call.params.iter().filter(|(name, _)| name != &"expand") {
        told.push(name.clone(), value.clone());
    }
    let mut wanted = map! { "type": action, "status": "in_progress" };
    wanted.push(action, told);
    reader.set("action", Value::Null);
    let shape = Object::find("terminal.reader").expect("a published type").shape();
    crud::apply(tx, shape, &mut reader, &map! { "action": wanted }, "")?;
    Ok(tx.save(reader).into())
}

/// The customer answers: what the parameter does not have them skip is filled in.
fn succeed_input_collection(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let skips = call.params.str("skip_non_required_inputs") == "all";
    let mut reader = collecting(tx, call)?;
    let action = reader.map_mut("action");
    action.set("status", "succeeded");
    let inputs = action.map_mut("collect_inputs").get_mut("inputs");
    if let Some(Value::List(inputs)) = inputs {
        for input in inputs.iter_mut().filter_map(Value::as_map_mut) {
            let is_skipped = skips && !input.is_true("required");
            input.set("skipped", is_skipped);
            if !is_skipped {
                answer(input);
            }
        }
    }
    Ok(tx.save(reader).into())
}

/// What a customer of Stripe's simulated reader answers is assumed.
fn answer(input: &mut Map) {
    let value = match input.str("type") {
        "email" => "jenny.rosen@example.com",
        "numeric" => "123",
        "phone" => "+15551234567",
        "text" => "Example text",
        "selection" => {
            let first =
                input.path("selection.choices").as_list().and_then(<[Value]>::first).cloned();
            let first = first.as_ref().and_then(Value::as_map).cloned().unwrap_or_default();
            let selection = input.map_mut("selection");
            selection.set("id", first.at("id").clone());
            selection.set("text", first.at("text").clone());
            return;
        }
        _ => return,
    };
    let kind = input.str("type").to_string();
    input.set(kind, map! { "value": value });
}

/// The customer holds a card to the simulated reader, which then does what it was told to.
fn present_payment_method(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut reader = crud::load(tx, call)?;
    let is_waiting = reader.path("action.status").as_str() == Some("in_progress");
    let action = reader.path("action.type").as_str().filter(|_| is_waiting).unwrap_or("");
    let about = |name: &str| {
        let id = reader.path(&format!("action.{action}.{name}")).as_id();
        id.map(str::to_string).unwrap_or_default()
    };
    let done = match action {
        "process_payment_intent" => pay(tx, call, &about("payment_intent")),
        "process_setup_intent" => set_up(tx, call, &about("setup_intent")),
        "refund_payment" => give_back(tx, &reader, &about("charge"), &about("payment_intent")),
        _ => return Err(Error::reader_not_waiting()),
    };
    let action = reader.map_mut("action");
    action.set("status", if done.is_ok() { "succeeded" } else { "failed" });
    if let Err(error) = done {
        let decline = error.more.at("decline_code").as_str().map(str::to_string);
        action.set("failure_code", decline.or(error.code.map(String::from)));
        action.set("failure_message", error.message);
    }
    Ok(tx.save(reader).into())
}

/// The card that is held to the reader: the one named, or the one of Stripe's page on testing.
fn presented(tx: &mut Tx<'_>, call: &Call, types: &Value) -> Map {
    let params = &call.params;
    let takes = |kind: &str| {
        types.as_list().unwrap_or(&[]).iter().any(|listed| listed.as_str() == Some(kind))
    };
    let is_interac = params.str("type") == "interac_present"
        || params.contains("interac_present")
        || (takes("interac_present") && !takes("card_present"));
    let (kind, usual) = match is_interac {
        true => ("interac_present", "4506445006931933"),
        false => ("card_present", "4242424242424242"),
    };
    let number = params.path(&format!("{kind}.number")).as_str().unwrap_or(usual);
    payment_methods::presented(tx, kind, number)
}

fn pay(tx: &mut Tx<'_>, call: &Call, id: &str) -> Outcome<()> {
    let Some(mut intent) = tx.load("payment_intent", id) else { return Ok(()) };
    if !matches!(intent.str("status"), "requires_payment_method" | "requires_confirmation") {
        return Err(Error::cannot_confirm(&Rc::new(intent)));
    }
    let tip = call.params.int("amount_tip");
    if 0 < tip {
        let amount = intent.int("amount") + tip;
        intent.set("amount", amount);
        intent.map_mut("amount_details").map_mut("tip").set("amount", tip);
    }
    let method = presented(tx, call, intent.at("payment_method_types"));
    if let Some(decline) = cards::by_amount(intent.int("amount")) {
        tx.expect_decline(Some(decline));
    }
    charging::confirm(tx, intent, method, &Confirmation::default()).map(drop)
}

fn set_up(tx: &mut Tx<'_>, call: &Call, id: &str) -> Outcome<()> {
    let Some(intent) = tx.load("setup_intent", id) else { return Ok(()) };
    let method = presented(tx, call, intent.at("payment_method_types"));
    setting_up::confirm(tx, intent, method, &Confirmation::default()).map(drop)
}

fn give_back(tx: &mut Tx<'_>, reader: &Map, charge: &str, intent: &str) -> Outcome<()> {
    let of_intent = tx.get("payment_intent", intent);
    let of_intent = of_intent.and_then(|intent| intent.at("latest_charge").as_id());
    let charge = of_intent.unwrap_or(charge).to_string();
    let amount = reader.path("action.refund_payment.amount").as_int();
    let request = Request { amount, ..Request::default() };
    refunding::refund(tx, &charge, &request).map(drop)
}

fn timeout_input_collection(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let mut reader = collecting(tx, call)?;
    let action = reader.map_mut("action");
    action.set("status", "failed");
    action.set("failure_code", "collect_inputs_timeout");
    action.set("failure_message", "The customer did not answer in time.");
    Ok(tx.save(reader).into())
}

/// The reader, which must be collecting inputs.
fn collecting(tx: &Tx<'_>, call: &Call) -> Outcome<Map> {
    let reader = crud::load(tx, call)?;
    let is_collecting = reader.path("action.type").as_str() == Some("collect_inputs")
        && reader.path("action.status").as_str() == Some("in_progress");
    if is_collecting { Ok(reader) } else { Err(Error::reader_not_collecting()) }
}

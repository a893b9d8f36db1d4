//! Terminal: readers and what they are told to do.
//!
//! Stripe's page: <https://docs.stripe.com/api/terminal/readers>. A reader does one thing at a
//! time; its `action` says what, and how far it is. Locations, configurations and connection
//! tokens are plain.
//!
//! ```text
//! (none) --process, collect, confirm, refund, display--> in_progress
//! in_progress --succeed_input_collection--> succeeded
//! in_progress --timeout_input_collection--> failed
//! in_progress --cancel_action--> (none)
//! ```

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Value};

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
    (
        "POST /v1/test_helpers/terminal/readers/{id}/succeed_input_collection",
        succeed_input_collection,
    ),
    (
        "POST /v1/test_helpers/terminal/readers/{id}/timeout_input_collection",
        timeout_input_collection,
    ),
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

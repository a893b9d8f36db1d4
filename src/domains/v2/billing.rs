//! Meter events of v2: one at a time, or many a request with a session's token.
//!
//! Stripe's pages: <https://docs.stripe.com/api/v2/billing/meter-event>,
//! <https://docs.stripe.com/api/v2/billing/meter-event-stream>.

use crate::call::{Body, Call};
use crate::crud;
use crate::domains::billing;
use crate::errors::{Error, Outcome};
use crate::flows::metering;
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::time;
use crate::value::{Map, Value};

pub static ROUTES: Routes = &[
    ("POST /v2/billing/meter_event_adjustments", adjust),
    ("POST /v2/billing/meter_event_stream", stream),
    ("POST /v2/billing/meter_events", report),
];

fn adjust(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let adjustment = crud::draft(tx, call)?;
    billing::cancel(tx, call)?;
    Ok(tx.save(adjustment).into())
}

/// Unlike those of v1 and of streams, such an event is looked at before the answer.
fn report(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let event = crud::draft(tx, call)?;
    let kept = kept(tx, &event);
    let meter = metering::meter_of(tx, kept.str("event_name"));
    if let Some(code) = metering::wrong(tx, &kept, meter.as_deref()) {
        return Err(Error::meter_event(code, metering::sentence(&kept, meter.as_deref(), code)));
    }
    billing::record(tx, kept)?;
    Ok(event.into())
}

/// All events or, where one is refused, none.
fn stream(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let kind = Object::find("v2.billing.meter_event").expect("a published type");
    for event in call.params.at("events").as_list().unwrap_or_default() {
        let params = event.as_map().cloned().unwrap_or_default();
        let event = crud::draft_kind(tx, kind, &params)?;
        let kept = kept(tx, &event);
        billing::record(tx, kept)?;
    }
    Ok(Map::new().into())
}

/// An event as those of v1 are.
fn kept(tx: &Tx<'_>, event: &Map) -> Map {
    let at = time::read_rfc3339(event.str("timestamp")).unwrap_or(tx.now());
    map! {
        "object": metering::EVENT,
        "created": tx.now(),
        "event_name": event.at("event_name").clone(),
        "identifier": event.at("identifier").clone(),
        "livemode": false,
        "payload": event.at("payload").clone(),
        "timestamp": at,
    }
}

/// Whether a token is that of a session that has not expired.
pub fn is_session(tx: &Tx<'_>, token: &str) -> bool {
    let now = time::rfc3339(tx.milliseconds());
    tx.all("v2.billing.meter_event_session").iter().any(|session| {
        let is_it = session.at("authentication_token") == &Value::from(token.to_string());
        is_it && now.as_str() < session.str("expires_at")
    })
}

//! Confirmation tokens: what a customer filled in on the page, to confirm an intent with from the
//! server.
//!
//! On the page Stripe.js makes them; tests make them with a test helper.
//! Stripe's page: <https://docs.stripe.com/api/confirmation_tokens>.

use crate::call::{Body, Call};
use crate::crud;
use crate::errors::{Error, Outcome};
use crate::flows::{intents, payment_methods};
use crate::map;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Text, Value};

pub static TEST_HELPERS: Routes = &[("POST /v1/test_helpers/confirmation_tokens", create)];

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let Some(method) = payment_methods::given(tx, params)? else {
        return Err(Error::must_provide(&["payment_method", "payment_method_data"]));
    };
    let kind = Object::find("confirmation_token").expect("a published type");
    let mut token = crud::new(tx, kind, &Map::new());
    for name in ["return_url", "setup_future_usage", "shipping"] {
        if let Some(value) = params.get(name) {
            token.set(name, value.clone());
        }
    }
    let type_name = method.str("type").to_string();
    let mut preview = map! {
        "allow_redisplay": method.at("allow_redisplay").clone(),
        "billing_details": method.at("billing_details").clone(),
        "customer": method.at("customer").clone(),
        "customer_account": Value::Null,
        "type": type_name.clone(),
    };
    preview.set(type_name.clone(), method.at(&type_name).clone());
    token.set("payment_method_preview", preview);
    // What the token stands for is not shown.
    tx.save_as(
        Text::from(intents::TOKEN_METHODS),
        map! { "id": token.at("id").clone(), "payment_method": method.at("id").clone() },
    );
    Ok(tx.save(token).into())
}

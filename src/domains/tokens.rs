//! Tokens: card and bank data under a name that can be used once.
//!
//! Stripe's page: <https://docs.stripe.com/api/tokens>.

use crate::call::{Body, Call};
use crate::errors::{Error, Outcome};
use crate::flows::payment_methods::Face;
use crate::flows::sources;
use crate::route::Routes;
use crate::schema::Object;
use crate::store::Tx;
use crate::value::{Map, Text, Value};
use crate::{crud, map};

pub static ROUTES: Routes = &[("POST /v1/tokens", create)];

/// The prefix of a token's id, by what it stands for.
const PREFIXES: &[(&str, &str)] =
    &[("account", "ct_"), ("bank_account", "btok_"), ("person", "cpt_"), ("pii", "pii_")];

/// The type under which is kept what tokens of accounts and persons stand for, which no answer
/// shows.
const CONTENTS: &str = "fakestripe.token";

/// Where tokens are made.
const CLIENT_IP: &str = "127.0.0.1";

fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    let kinds = ["card", "bank_account", "account", "person", "pii", "cvc_update"];
    let Some(kind) = kinds.into_iter().find(|kind| params.contains(kind)) else {
        return clone_of_customer(tx, params);
    };
    let mut token = blank(tx, kind);
    match kind {
        "card" => {
            let card = card(tx, params.at("card"))?;
            token.set("card", card);
        }
        "bank_account" => {
            let given = params.at("bank_account").as_map().cloned().unwrap_or_default();
            let account = sources::bank_account(tx, &given)?;
            token.set("bank_account", account);
        }
        "account" | "person" => {
            let contents = map! {
                "id": token.at("id").clone(),
                "given": params.at(kind).clone(),
                "time": tx.now(),
            };
            tx.save_as(Text::from(CONTENTS), contents);
        }
        _ => {}
    }
    Ok(tx.save(token).into())
}

/// The parameters of a request with what the token stands for that it names under `param`: the
/// details of an account or a person, which are then used. `account` is whose they become.
/// <https://docs.stripe.com/connect/account-tokens>
pub fn unwrap(tx: &mut Tx<'_>, params: &Map, param: &'static str, account: &str) -> Outcome<Map> {
    let mut params = params.clone();
    let Some(token) = params.remove(param) else { return Ok(params) };
    let id = token.as_id().unwrap_or("").to_string();
    // Tokens are made with the key of whoever asks: the platform, or the account.
    let spaces = [tx.account().clone(), tx.platform(), Text::from(account.to_string())];
    let Some(space) = spaces.iter().find(|space| tx.get_in(space, CONTENTS, &id).is_some()) else {
        return Err(Error::no_such_reference("token", &id, param));
    };
    let contents = tx.in_account(space, |tx| {
        let mut token = tx.load("token", &id)?;
        if token.is_true("used") {
            return None;
        }
        token.set("used", true);
        tx.save(token);
        tx.load(CONTENTS, &id)
    });
    let Some(contents) = contents else { return Err(Error::token_already_used(&id)) };
    let given = contents.at("given").as_map().cloned().unwrap_or_default();
    for (name, value) in given {
        if name != "tos_shown_and_accepted" {
            params.push(name, value);
        } else if value.as_bool() == Some(true) {
            let acceptance = params.map_mut("tos_acceptance");
            acceptance.set("date", contents.int("time"));
            acceptance.set("ip", CLIENT_IP);
        }
    }
    Ok(params)
}

fn blank(tx: &mut Tx<'_>, kind: &'static str) -> Map {
    let object = Object::find("token").expect("tokens are a published type");
    let mut token = crud::new(tx, object, &map! { "type": kind });
    if let Some((_, prefix)) = PREFIXES.iter().find(|(other, _)| *other == kind) {
        let id = token.str("id").replacen("tok_", prefix, 1);
        token.set("id", id);
    }
    token.set("client_ip", CLIENT_IP);
    token.set("type", kind);
    token.set("used", false);
    token
}

/// The card of a token: nobody's, so without the fields that only an owned card has.
fn card(tx: &mut Tx<'_>, given: &Value) -> Outcome<Map> {
    let mut card = match given.as_map() {
        Some(params) => {
            let face = Face::read(tx, params)?;
            sources::card(tx, &face, params)
        }
        None => sources::given(tx, given, "card")?,
    };
    card.remove("allow_redisplay");
    card.remove("customer");
    card.set("networks", map! { "preferred": Value::Null });
    Ok(card)
}

/// A platform's customer's card as a token of the connected account that asks.
fn clone_of_customer(tx: &mut Tx<'_>, params: &Map) -> Outcome<Body> {
    let Some(customer) = params.at("customer").as_str() else {
        return Err(Error::must_provide(&["card", "customer"]));
    };
    let platform = tx.platform();
    let source = tx.in_account(&platform, |tx| {
        let owner = tx.get("customer", customer)?.clone();
        let id = Text::from(owner.at("default_source").as_id()?.to_string());
        sources::find(tx, customer, &id)
    });
    let Some(source) = source else {
        return Err(Error::no_such_reference("customer", customer, "customer"));
    };
    let mut token = blank(tx, "card");
    let mut copy = Map::clone(&source);
    copy.set("id", tx.new_id("card"));
    copy.remove("customer");
    token.set("card", copy);
    Ok(tx.save(token).into())
}

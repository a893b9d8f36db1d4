//! OAuth: how an account that exists already lets a platform act for it.
//!
//! Stripe's page: <https://docs.stripe.com/connect/oauth-reference>. It is served by
//! connect.stripe.com, and
//! its errors have a form of their own.
//!
//! ```text
//! authorize ──▶ code ──▶ token (the account is connected) ──▶ deauthorize (it is not any more)
//! ```

use crate::call::{Body, Call, Reply};
use crate::domains::accounts;
use crate::errors::{Error, Outcome};
use crate::map;
use crate::route::Routes;
use crate::store::Tx;
use crate::value::{Map, Text, Value};

pub static ROUTES: Routes =
    &[("POST /oauth/deauthorize", deauthorize), ("POST /oauth/token", token)];

/// The types under which codes and tokens are kept; no object of the API has them.
const CODE: &str = "fakestripe.oauth_code";
const TOKEN: &str = "fakestripe.oauth_token";

/// How long a code can be used.
const CODE_LASTS: i64 = 300;

/// The pages an account's owner is sent to.
pub fn is_authorize(path: &str) -> bool {
    matches!(path, "/oauth/authorize" | "/express/oauth/authorize" | "/oauth/v2/authorize")
}

/// The account an access token belongs to.
pub fn owner(tx: &Tx<'_>, token: &str) -> Option<Text> {
    let token = tx.get_in(&tx.platform(), TOKEN, token)?;
    token.at("account").as_id().map(|id| Text::from(id.to_string()))
}

/// Takes the key from where OAuth may have it: the parameters. An application is known by its key, so
/// it need not say which it is.
pub fn authenticate(call: &mut Call) -> Outcome<()> {
    let secret = call.params.remove("client_secret");
    if call.path == "/oauth/token" {
        call.params.remove("client_id");
    }
    if call.key.is_empty() {
        call.key = match secret.as_ref().and_then(Value::as_str) {
            Some(secret) if !secret.is_empty() => secret.to_string(),
            _ => return Err(Error::oauth_unauthenticated()),
        };
    }
    Ok(())
}

/// Sends the owner of an account back to the platform with a code.
///
/// Differs from Stripe: there it is a page on which the owner agrees; here they always do.
pub fn authorize(tx: &mut Tx<'_>, call: &Call) -> Outcome<Reply> {
    let params = &call.params;
    let kind = params.str("response_type");
    if !kind.is_empty() && kind != "code" {
        return Err(refuse(
            400,
            "unsupported_response_type",
            "response_type must be 'code'".to_string(),
        ));
    }
    application_of(params.str("client_id"))?;
    let scope = match params.str("scope") {
        "" => "read_only",
        scope @ ("read_only" | "read_write") => scope,
        scope => return Err(refuse(400, "invalid_scope", format!("Invalid scope: {scope}"))),
    };
    let code = format!("ac_{}", tx.characters("oauth_code", 32));
    let row = map! {
        "id": code.clone(),
        "scope": scope.to_string(),
        "expires_at": tx.now() + CODE_LASTS,
        "user": params.at("stripe_user").clone(),
    };
    tx.save_as(Text::from(CODE), row);
    let to = match params.str("redirect_uri") {
        "" => "https://example.com/",
        to => to,
    };
    let join = if to.contains('?') { '&' } else { '?' };
    let mut location = format!("{to}{join}scope={scope}&code={code}");
    if let Some(state) = params.at("state").as_str() {
        location.push_str("&state=");
        location.push_str(&escaped(state));
    }
    let headers = vec![("location", Text::from(location))];
    Ok(Reply { status: 302, headers, body: Body::Json(Value::from(Map::new())) })
}

/// A text as a query holds it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn refuse(status: u16, code: &'static str, description: String) -> Box<Error> {
    Error::oauth(status, code, description)
}

/// Refuses a client id that is none.
fn application_of(client: &str) -> Outcome<()> {
    match client.starts_with("ca_") {
        true => Ok(()),
        false => Err(refuse(401, "invalid_client", format!("No such application: '{client}'"))),
    }
}

fn token(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let params = &call.params;
    match params.str("grant_type") {
        "refresh_token" => refresh(tx, params.str("refresh_token")),
        _ => redeem(tx, params.str("code")),
    }
}

/// Connects an account by the code its owner came back with.
fn redeem(tx: &mut Tx<'_>, code: &str) -> Outcome<Body> {
    if code.is_empty() {
        let description = "No authorization code provided".to_string();
        return Err(refuse(400, "invalid_request", description));
    }
    let unknown = || {
        let description = format!("Authorization code does not exist: {code}");
        refuse(400, "invalid_grant", description)
    };
    let Some(mut row) = tx.load(CODE, code).filter(|row| tx.now() <= row.int("expires_at")) else {
        return Err(unknown());
    };
    // Documented: using a code twice revokes what it gave.
    if let Some(account) = row.at("account").as_id() {
        if accounts::exists(tx, account) {
            let_go(tx, account);
        }
        return Err(unknown().declined());
    }
    let empty = Map::new();
    let account = accounts::changes::connect(tx, row.at("user").as_map().unwrap_or(&empty))?;
    row.set("account", account.to_string());
    let scope = row.str("scope").to_string();
    tx.save_as(Text::from(CODE), row);
    Ok(issue(tx, &account, &scope).into())
}

/// New tokens for an account that was connected before.
fn refresh(tx: &mut Tx<'_>, refresh_token: &str) -> Outcome<Body> {
    let rows = tx.all(TOKEN);
    let row = rows.iter().find(|row| row.str("refresh_token") == refresh_token);
    let Some(row) = row.filter(|row| accounts::exists(tx, row.str("account"))) else {
        let description = format!("Refresh token does not exist: {refresh_token}");
        return Err(refuse(400, "invalid_grant", description));
    };
    let (account, scope) = (row.str("account").to_string(), row.str("scope").to_string());
    Ok(issue(tx, &account, &scope).into())
}

fn issue(tx: &mut Tx<'_>, account: &str, scope: &str) -> Map {
    let access_token = format!("sk_test_{}", tx.characters("oauth_token", 24));
    let refresh_token = format!("rt_{}", tx.characters("oauth_refresh", 48));
    let publishable = format!("pk_test_{}", tx.characters("oauth_publishable", 24));
    let row = map! {
        "id": access_token.clone(),
        "account": account.to_string(),
        "refresh_token": refresh_token.clone(),
        "scope": scope.to_string(),
    };
    tx.save_as(Text::from(TOKEN), row);
    map! {
        "access_token": access_token,
        "livemode": false,
        "refresh_token": refresh_token,
        "token_type": "bearer",
        "stripe_publishable_key": publishable,
        "stripe_user_id": account.to_string(),
        "scope": scope.to_string(),
    }
}

fn deauthorize(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let (client, id) = (call.params.str("client_id"), call.params.str("stripe_user_id"));
    application_of(client)?;
    let platform = tx.platform();
    if id == platform || !accounts::exists(tx, id) {
        let description = format!(
            "This application is not connected to stripe account {id}, or that account does not \
             exist."
        );
        return Err(refuse(401, "invalid_client", description));
    }
    let_go(tx, id);
    Ok(map! { "stripe_user_id": id.to_string() }.into())
}

/// Ends an account's connection to the platform.
fn let_go(tx: &mut Tx<'_>, id: &str) {
    accounts::disconnect(tx, id);
    let platform = tx.platform();
    tx.in_account(&platform, |tx| tx.delete("account", id));
}

//! A [`Reply`] to the bytes of an answer, and errors to replies.

use super::headers;
use crate::call::{Body, Call, Method, Reply};
use crate::errors::{Error, ErrorType, doc_url};
use crate::order;
use crate::value::{Map, Text, Value};
use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};
use std::io::Write;

/// What an answer says besides its body.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'e> {
    pub call: &'e Call,
    /// The `Stripe-Context` of the request, where sent.
    pub context: Option<&'e str>,
    /// Unix time.
    pub now: i64,
    /// `req_` and 14 characters.
    pub request_id: &'e str,
    /// The version the call was answered in, or the invalid one it asked for.
    pub version: &'e str,
    /// For an answer given before: the id of the request it was first given to.
    pub replay_of: Option<&'e str>,
}

/// Writes an answer as the boundary carries it: the length of the head (32 bits, little-endian),
/// the head (`STATUS OUTBOX`, then `name: value` lines), the body.
pub fn write(reply: &Reply, exchange: &Exchange, outbox: usize) -> Vec<u8> {
    let rendered;
    let (content_type, body) = match &reply.body {
        Body::Json(value) => {
            rendered = json(value);
            ("application/json", rendered.as_slice())
        }
        Body::Bytes { content_type, bytes } => (content_type.as_ref(), bytes.as_slice()),
    };
    let mut out = Vec::with_capacity(2048 + body.len());
    out.extend_from_slice(&[0; 4]);
    line(&mut out, format_args!("{} {outbox}", reply.status));
    line(&mut out, format_args!("date: {}", headers::http_date(exchange.now)));
    line(&mut out, format_args!("content-type: {content_type}"));
    line(&mut out, format_args!("content-length: {}", body.len()));
    for (name, value) in &reply.headers {
        line(&mut out, format_args!("{name}: {value}"));
    }
    write_about_request(&mut out, reply, exchange);
    let head = (out.len() - 4) as u32;
    out[..4].copy_from_slice(&head.to_le_bytes());
    out.extend_from_slice(body);
    out
}

/// The headers that repeat the request or tell it apart.
fn write_about_request(out: &mut Vec<u8>, reply: &Reply, exchange: &Exchange) {
    let call = exchange.call;
    // Before a key is known to be good there is no account in whose log a request could stand.
    if reply.status != 401 {
        line(out, format_args!("request-id: {}", exchange.request_id));
        line(out, format_args!("stripe-version: {}", exchange.version));
    }
    match (exchange.context, &call.account) {
        (Some(context), _) => line(out, format_args!("stripe-context: {context}")),
        (None, Some(account)) => line(out, format_args!("stripe-account: {account}")),
        (None, None) => {}
    }
    let Some(key) = call.idempotency_key.as_deref() else { return };
    line(out, format_args!("idempotency-key: {key}"));
    if call.method == Method::Get || reply.status == 401 {
        return;
    }
    let first = exchange.replay_of.unwrap_or(exchange.request_id);
    line(out, format_args!("original-request: {first}"));
    if exchange.replay_of.is_some() {
        line(out, format_args!("idempotent-replayed: true"));
    }
    if !reply.headers.iter().any(|(name, _)| *name == "stripe-should-retry") {
        line(out, format_args!("stripe-should-retry: false"));
    }
}

/// One line of a head. Line breaks within, which only a hostile header or path can hold, become
/// blanks, so that no request writes headers of its own into an answer.
fn line(out: &mut Vec<u8>, text: std::fmt::Arguments) {
    let start = out.len();
    out.write_fmt(text).expect("memory takes every byte");
    for byte in &mut out[start..] {
        if *byte == b'\n' || *byte == b'\r' {
            *byte = b' ';
        }
    }
    out.push(b'\n');
}

/// A value as Stripe sends it: two blanks a level, a line break at the end.
pub fn json(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(2048);
    let mut serializer = Serializer::with_formatter(&mut out, PrettyFormatter::new());
    value.serialize(&mut serializer).expect("every value has a JSON form, and memory takes it");
    out.push(b'\n');
    out
}

/// The reply an error is answered with. `log` is the account and the request id, once both are
/// known: the error then says where in the dashboard the request can be seen.
pub fn refusal(error: &Error, is_v2: bool, log: Option<(&str, &str)>) -> Reply {
    if error.error_type == ErrorType::OAuth {
        return oauth_refusal(error);
    }
    let members = if is_v2 { v2_members(error) } else { members(error, log) };
    let mut body = Map::new();
    body.append("error", members);
    let body = Body::Json(body.into());
    Reply { status: error.status, headers: error.headers.clone(), body }
}

/// A refusal in OAuth's own form.
fn oauth_refusal(error: &Error) -> Reply {
    let mut body = Map::new();
    body.append("error", Value::from(error.code.clone()));
    body.append("error_description", error.message.clone());
    Reply { status: error.status, headers: error.headers.clone(), body: Body::Json(body.into()) }
}

/// The `error` hash of v1: by the alphabet, without what is null.
pub fn members(error: &Error, log: Option<(&str, &str)>) -> Map {
    let mut rows: Vec<(Text, Value)> = Vec::with_capacity(8);
    let more = error.more.iter().filter(|(_, value)| !value.is_null());
    rows.extend(more.map(|(name, value)| (name.clone(), value.clone())));
    if let Some(code) = &error.code {
        rows.push(("code".into(), code.clone().into()));
        rows.extend(doc_url(code).map(|url| ("doc_url".into(), url.into())));
    }
    if let Some(param) = &error.param {
        rows.push(("param".into(), param.clone().into()));
    }
    if let Some((account, request)) = log.filter(|_| error.status != 401) {
        let url =
            format!("https://dashboard.stripe.com/{account}/test/workbench/logs?object={request}");
        rows.push(("request_log_url".into(), url.into()));
    }
    rows.push(("message".into(), error.message.clone().into()));
    rows.push(("type".into(), error.error_type.name().into()));
    order::sort(&mut rows, &|one, other| one.0 < other.0);
    rows.into_iter().collect()
}

/// The `error` hash of v2: `code` always, `type` only for the kinds v2 names by one.
///
/// stripe-node 23.1.0 tells the kinds apart by `type`, and fields that do not fit by the code
/// `invalid_fields` without one.
fn v2_members(error: &Error) -> Map {
    let known = error.code.as_deref();
    let code = match (error.status, known) {
        (401, _) => "unauthorized",
        (404, None | Some("resource_missing")) => "not_found",
        (400, None) => "invalid_fields",
        (400, Some(code)) if code.starts_with("parameter_") => "invalid_fields",
        (_, Some(code)) => code,
        (403, None) => "forbidden",
        (429, None) => "rate_limit",
        (_, None) => "internal_error",
    };
    let kind = match (error.error_type, code) {
        (ErrorType::Idempotency, _) => Some("idempotency_error"),
        (_, "rate_limit") => Some("rate_limit"),
        _ => error.more.get("type").and_then(Value::as_str),
    };
    let code = match error.error_type {
        ErrorType::Idempotency => "idempotency_error",
        _ => code,
    };
    let mut map = Map::new();
    map.append("code", code.to_string());
    map.append("message", error.message.clone());
    if let Some(kind) = kind {
        map.append("type", kind.to_string());
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::decode::{Request, decode};
    use crate::map;

    const KEYED: &str = "POST https://api.stripe.com/v1/customers\nauthorization: Bearer k\n\
        idempotency-key: key-1\nstripe-account: acct_2";

    fn answer(head: &str, reply: &Reply, replay_of: Option<&str>) -> (String, String) {
        let got = decode(&Request::new(head, b""));
        let bytes = write(
            reply,
            &Exchange {
                call: &got.call,
                context: got.context.as_deref(),
                now: 784_111_777,
                request_id: "req_00000000000001",
                version: "2026-10-28.endive",
                replay_of,
            },
            2,
        );
        let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
        let text = String::from_utf8(bytes[4..].to_vec()).unwrap();
        (text[..length].to_string(), text[length..].to_string())
    }

    fn success() -> Reply {
        let body = map! {"id": "cus_1", "metadata": Map::new(), "preferred_locales": Vec::new()};
        Reply { status: 200, headers: Vec::new(), body: Body::Json(body.into()) }
    }

    #[test]
    fn a_success_is_pretty_and_has_the_headers_that_change() {
        let (head, body) =
            answer("GET https://api.stripe.com/v1/customers/cus_1", &success(), None);
        let json = "{\n  \"id\": \"cus_1\",\n  \"metadata\": {},\n  \"preferred_locales\": []\n}\n";
        assert_eq!(body, json);
        assert!(head.starts_with("200 2\ndate: "), "{head}");
        for line in [
            "date: Sun, 06 Nov 1994 08:49:37 GMT",
            "content-type: application/json",
            "content-length: 65",
            "request-id: req_00000000000001",
            "stripe-version: 2026-10-28.endive",
        ] {
            assert!(head.lines().any(|other| other == line), "{line} in {head}");
        }
        assert_eq!(body.len(), 65);
        assert!(!head.contains("stripe-account"), "{head}");
        assert!(!head.contains("original-request"), "{head}");
        assert!(head.ends_with('\n'));
    }

    #[test]
    fn a_keyed_post_names_its_first_request() {
        let (head, _) = answer(KEYED, &success(), None);
        for line in [
            "idempotency-key: key-1",
            "original-request: req_00000000000001",
            "stripe-should-retry: false",
            "stripe-account: acct_2",
        ] {
            assert!(head.lines().any(|other| other == line), "{line} in {head}");
        }
        assert!(!head.contains("idempotent-replayed"));
        let (head, _) = answer(KEYED, &success(), Some("req_first"));
        assert!(head.contains("\noriginal-request: req_first\n"));
        assert!(head.contains("\nidempotent-replayed: true\n"));
    }

    #[test]
    fn before_the_key_is_known_nothing_is_told() {
        let error = Error::invalid_api_key("sk_test_mock");
        let reply = refusal(&error, false, Some(("acct_1", "req_1")));
        let (head, body) = answer(KEYED, &reply, None);
        assert!(head.starts_with("401 "));
        assert!(head.contains("\nwww-authenticate: Bearer realm=\"Stripe\"\n"));
        for name in ["request-id", "stripe-version", "original-request"] {
            assert!(!head.contains(name), "{name}");
        }
        assert_eq!(
            body,
            "{\n  \"error\": {\n    \"message\": \"Invalid API Key provided: sk_test_mock\",\n    \
             \"type\": \"invalid_request_error\"\n  }\n}\n"
        );
    }

    #[test]
    fn a_lock_timeout_asks_for_a_retry() {
        let (head, _) = answer(KEYED, &refusal(&Error::lock_timeout(), false, None), None);
        assert!(head.contains("\nstripe-should-retry: true\n"));
        assert!(!head.contains("stripe-should-retry: false"));
    }

    #[test]
    fn an_error_is_written_by_the_alphabet() {
        let error = Error::no_such("customer", "cus_1", "id").with("charge", "ch_1");
        let members = members(&error, Some(("acct_1", "req_1")));
        let expected = r#"{
  "charge": "ch_1",
  "code": "resource_missing",
  "doc_url": "https://stripe.com/docs/error-codes/resource-missing",
  "message": "No such customer: 'cus_1'",
  "param": "id",
  "request_log_url": "https://dashboard.stripe.com/acct_1/test/workbench/logs?object=req_1",
  "type": "invalid_request_error"
}
"#;
        assert_eq!(String::from_utf8(json(&members.into())).unwrap(), expected);
    }

    /// The kinds stripe-node 23.1.0 tells apart.
    #[test]
    fn v2_errors_have_a_code_and_rarely_a_type() {
        let table = [
            (
                Error::parameter_missing("a"),
                r#"{"code":"invalid_fields","message":"Missing required param: a."}"#,
            ),
            (Error::invalid("x"), r#"{"code":"invalid_fields","message":"x"}"#),
            (
                Error::no_such("account", "a", "id"),
                r#"{"code":"not_found","message":"No such account: 'a'"}"#,
            ),
            (
                Error::invalid("x").status(500).error_type(ErrorType::Api),
                r#"{"code":"internal_error","message":"x"}"#,
            ),
            (
                Error::invalid("x").error_type(ErrorType::Idempotency),
                r#"{"code":"idempotency_error","message":"x","type":"idempotency_error"}"#,
            ),
        ];
        for (error, json) in table {
            assert_eq!(serde_json::to_string(&v2_members(&error)).unwrap(), json);
        }
    }

    #[test]
    fn no_request_writes_headers_into_its_answer() {
        let reply = Reply {
            headers: vec![("x-test", "a\r\nset-cookie: b".to_string().into())],
            ..success()
        };
        let (head, _) = answer("GET https://api.stripe.com/v1/x", &reply, None);
        assert!(head.contains("\nx-test: a  set-cookie: b\n"), "{head}");
    }
}

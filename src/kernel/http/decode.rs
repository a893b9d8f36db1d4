//! A request's bytes to a [`Call`].
//!
//! Decoding never fails as a whole: who asks must be known before anything else is complained
//! about, so a request that cannot be read becomes a call with what could be read, and the refusal
//! beside it.

use super::form::Form;
use super::{headers, multipart};
use crate::call::{Call, Host, Method, Origin, Upload};
use crate::errors::{Error, Outcome};
use crate::value::{Map, Value};
use std::rc::Rc;

/// The server before Stripe's own takes no longer request line.
const LONGEST_REQUEST_LINE: usize = 16 * 1024;

/// A request as it was caught.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    pub method: &'r str,
    /// Absolute: `https://api.stripe.com/v1/customers?limit=3`.
    pub url: &'r str,
    /// Names in lower case.
    pub headers: Vec<(&'r str, &'r str)>,
    pub body: &'r [u8],
}

/// A call, and why it cannot be answered where that is so.
#[derive(Debug)]
pub struct Decoded {
    pub call: Call,
    /// `Stripe-Context`, where sent: the answer repeats it.
    pub context: Option<String>,
    /// To be answered once the key has been found good.
    pub refusal: Option<Box<Error>>,
}

impl<'r> Request<'r> {
    /// Takes apart a head: `METHOD URL` on the first line, then `name: value` lines.
    pub fn new(head: &'r str, body: &'r [u8]) -> Self {
        let mut lines = head.split('\n').map(|line| line.trim_end_matches('\r'));
        let (method, url) = lines.next().unwrap_or("").split_once(' ').unwrap_or(("", ""));
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.trim(), value.trim())).collect();
        Request { method, url, headers, body }
    }

    fn header(&self, name: &str) -> Option<&'r str> {
        self.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }
}

/// Makes a call of a request.
pub fn decode(request: &Request) -> Decoded {
    let (host, path, query) = taken_apart(request.url);
    let context = request.header("stripe-context").map(str::to_string);
    let from_context = context.as_deref().map(|context| headers::context_account(context).into());
    let mut call = Call {
        origin: Origin::Wire,
        method: Method::Get,
        host: Host::Api,
        path: path.to_string(),
        operation: None,
        ids: Vec::new(),
        params: Map::new(),
        file: None,
        key: request.header("authorization").map(headers::key).unwrap_or_default(),
        version: request.header("stripe-version").map(str::to_string),
        account: request.header("stripe-account").map(str::to_string).or(from_context),
        idempotency_key: request.header("idempotency-key").map(str::to_string),
    };
    let refusal = fill(&mut call, request, host, query).err();
    Decoded { call, context, refusal }
}

/// Host, path and query of a URL. The path stays percent-encoded, as errors repeat it.
fn taken_apart(url: &str) -> (&str, &str, &str) {
    let url = url.split('#').next().unwrap_or("");
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let name = authority.rsplit('@').next().unwrap_or("");
    let host = name.split(':').next().unwrap_or("");
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    (host, if path.is_empty() { "/" } else { path }, query)
}

/// Reads what may be wrong: method, host and parameters.
fn fill(call: &mut Call, request: &Request, host: &str, query: &str) -> Outcome<()> {
    call.host = served(host)?;
    if LONGEST_REQUEST_LINE < request.method.len() + call.path.len() + query.len() + 2 {
        return Err(Error::url_too_long());
    }
    call.method = match request.method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "DELETE" => Method::Delete,
        other => return Err(Error::unrecognized_url(other, &call.path)),
    };
    // What a GET carries as its body is not looked at: recorded.
    let body = if call.method == Method::Get { &[] } else { request.body };
    let content_type = request.header("content-type").unwrap_or("");
    let (params, file) = parameters(call.is_v2(), query, content_type, body)?;
    call.params = params;
    call.file = file;
    Ok(())
}

/// Which of Stripe's hosts a name is. Whoever hands over a request for a name outside stripe.com
/// (a client told to use `localhost`) means the API.
fn served(host: &str) -> Outcome<Host> {
    match host.to_ascii_lowercase().as_str() {
        "files.stripe.com" => Ok(Host::Files),
        "connect.stripe.com" => Ok(Host::Connect),
        "meter-events.stripe.com" => Ok(Host::MeterEvents),
        "api.stripe.com" => Ok(Host::Api),
        name if name == "stripe.com" || name.ends_with(".stripe.com") => {
            Err(Error::unknown_host(name))
        }
        _ => Ok(Host::Api),
    }
}

/// The parameters of query and body; the body's win.
fn parameters(
    v2: bool,
    query: &str,
    content_type: &str,
    body: &[u8],
) -> Outcome<(Map, Option<Upload>)> {
    let mut form = Form::default();
    form.read(query.as_bytes())?;
    if body.is_empty() {
        return Ok((form.finish(), None));
    }
    let media = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    match media.as_str() {
        "application/json" if v2 => Ok((merged(form.finish(), json_object(body)?), None)),
        "application/json" => Err(Error::unreadable_form()),
        "application/x-www-form-urlencoded" if !v2 => {
            form.read(body)?;
            Ok((form.finish(), None))
        }
        "multipart/form-data" if !v2 => {
            let file = multipart::read(content_type, body, &mut form)?;
            Ok((form.finish(), file))
        }
        _ => Err(Error::unsupported_content_type(content_type)),
    }
}

fn json_object(body: &[u8]) -> Outcome<Map> {
    match serde_json::from_slice(body) {
        Ok(Value::Map(map)) => Ok(Rc::unwrap_or_clone(map)),
        Ok(_) => Err(Error::unreadable_json("it is another JSON value")),
        Err(error) => Err(Error::unreadable_json(&error.to_string())),
    }
}

fn merged(query: Map, mut body: Map) -> Map {
    for (name, value) in query {
        if !body.contains(&name) {
            body.append(name, value);
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(head: &str, body: &[u8]) -> Decoded {
        decode(&Request::new(head, body))
    }

    fn params(decoded: &Decoded) -> String {
        serde_json::to_string(&decoded.call.params).unwrap()
    }

    #[test]
    fn a_form_post_is_read_whole() {
        let head = "POST https://api.stripe.com/v1/customers?expand[]=a\n\
            authorization: Bearer sk_test_1\n\
            stripe-version: 2026-10-28.endive\n\
            stripe-account: acct_1\n\
            idempotency-key: k1\n\
            content-type: application/x-www-form-urlencoded; charset=utf-8";
        let got = decoded(head, b"email=ana%40example.com&metadata[a]=b");
        assert_eq!(got.refusal.map(|error| error.message), None);
        let call = &got.call;
        assert_eq!((call.method, call.host), (Method::Post, Host::Api));
        assert_eq!(call.path, "/v1/customers");
        assert_eq!(call.key, "sk_test_1");
        assert_eq!(call.version.as_deref(), Some("2026-10-28.endive"));
        assert_eq!(call.account.as_deref(), Some("acct_1"));
        assert_eq!(call.idempotency_key.as_deref(), Some("k1"));
        let json = r#"{"expand":["a"],"email":"ana@example.com","metadata":{"a":"b"}}"#;
        assert_eq!(serde_json::to_string(&call.params).unwrap(), json);
    }

    #[test]
    fn the_last_account_of_a_context_is_acted_as() {
        let got = decoded("GET https://api.stripe.com/v2/core/accounts\nstripe-context: a/b", b"");
        assert_eq!(got.call.account.as_deref(), Some("b"));
        assert_eq!(got.context.as_deref(), Some("a/b"));
    }

    #[test]
    fn v2_reads_json() {
        let head = "POST https://api.stripe.com/v2/core/accounts?include[0]=defaults\n\
            content-type: application/json";
        let got = decoded(head, br#"{"a":{"b":[1,true,null,"x"]},"a":2,"__proto__":{"c":1}}"#);
        let json = r#"{"a":2,"__proto__":{"c":1},"include":{"0":"defaults"}}"#;
        assert_eq!(params(&got), json);
    }

    #[test]
    fn hosts_are_told_apart() {
        let table = [
            ("https://api.stripe.com/v1/files", Host::Api),
            ("https://API.stripe.com:443/v1/files", Host::Api),
            ("https://files.stripe.com/v1/files", Host::Files),
            ("https://connect.stripe.com/oauth/token", Host::Connect),
            ("https://meter-events.stripe.com/v2/billing", Host::MeterEvents),
            ("http://localhost:12111/v1/files", Host::Api),
            ("/v1/files", Host::Api),
        ];
        for (url, host) in table {
            let got = decoded(&format!("GET {url}"), b"");
            assert_eq!(got.call.host, host, "{url}");
            assert!(got.refusal.is_none());
        }
    }

    /// Every one of them is answered, none with a success.
    #[test]
    fn requests_that_cannot_be_read_are_refused() {
        let form = "content-type: application/x-www-form-urlencoded";
        let json = "content-type: application/json";
        let long = format!("GET https://api.stripe.com/v1/customers?a={}", "x".repeat(17_000));
        let deep = [b"{\"a\":".as_slice(), &b"[".repeat(100_000)].concat();
        let v1 = "POST https://api.stripe.com/v1/customers";
        let v2 = "POST https://api.stripe.com/v2/core/accounts";
        let table: [(String, &[u8], u16, &str); 15] = [
            (String::new(), b"", 404, "Unrecognized request URL (: /)."),
            (
                "PUT https://api.stripe.com/v1/x".into(),
                b"",
                404,
                "Unrecognized request URL (PUT: /v1/x).",
            ),
            (
                "PATCH https://api.stripe.com/v1/x".into(),
                b"",
                404,
                "Unrecognized request URL (PATCH",
            ),
            ("get https://api.stripe.com/v1/x".into(), b"", 404, "Unrecognized request URL (get"),
            ("GET https://js.stripe.com/v3".into(), b"", 404, "fakestripe: js.stripe.com is not"),
            (long, b"", 414, "414 Request-URI Too Large"),
            (format!("{v1}\n{json}"), b"{}", 400, "Invalid request (check that your POST content"),
            (
                format!("{v1}\ncontent-type: text/plain"),
                b"a=1",
                400,
                "Invalid request: unsupported Content-Type text/plain.",
            ),
            (v1.into(), b"a=1", 400, "Invalid request: unsupported Content-Type ."),
            (format!("{v1}\n{form}"), b"a[=1", 400, "Received unknown parameter: a["),
            (format!("{v1}?a[=1\n{form}"), b"", 400, "Received unknown parameter: a["),
            (format!("{v2}\n{form}"), b"a=1", 400, "Invalid request: unsupported Content-Type"),
            (
                format!("{v2}\n{json}"),
                b"[1]",
                400,
                "Invalid request: the body must be a JSON object",
            ),
            (
                format!("{v2}\n{json}"),
                b"{\"a\":\"\xff\"}",
                400,
                "Invalid request: the body must be",
            ),
            (
                format!("{v2}\n{json}"),
                &deep,
                400,
                "Invalid request: the body must be a JSON object",
            ),
        ];
        for (head, body, status, message) in table {
            let error = decoded(&head, body).refusal.expect("a refusal");
            assert!(error.message.starts_with(message), "{head}: {}", error.message);
            assert_eq!(error.status, status, "{head}");
        }
    }

    #[test]
    fn who_asks_is_known_even_if_the_rest_is_unreadable() {
        let head = "POST https://api.stripe.com/v1/customers\nauthorization: Bearer sk_test_1\n\
            content-type: application/json";
        let got = decoded(head, b"{");
        assert!(got.refusal.is_some());
        assert_eq!(got.call.key, "sk_test_1");
        assert_eq!(got.call.path, "/v1/customers");
    }
}

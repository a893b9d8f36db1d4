//! Laying the defaults of a resource over what the types give a new object, and the markers in
//! them.

use crate::value::{Map, Text, Value};
use std::rc::Rc;

/// What the markers in a new object may refer to.
pub trait Birth {
    fn id(&self) -> &str;
    /// The account the object belongs to.
    fn account(&self) -> &str;
    /// Unix seconds.
    fn now(&self) -> i64;
    /// Unix seconds as the v2 API writes a time, such as `2026-01-31T12:00:00.000Z`.
    fn time(&self, seconds: i64) -> String;
    /// As many characters of that alphabet as asked for, derived from the partition's seed.
    fn random(&mut self, count: usize, alphabet: &'static [u8]) -> String;
}

const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const UPPER: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &[u8] = b"0123456789";
const HEX: &[u8] = b"0123456789abcdef";

/// Lays `defaults` over `object`: maps merge, other values replace, "@absent" takes away. The other
/// markers stay as they are, so that the result can be kept as the template of its type.
pub fn lay(object: &mut Map, defaults: Map) {
    for (name, value) in defaults {
        match (object.get_mut(&name), value) {
            (_, Value::Str(text)) if text == "@absent" => {
                object.remove(&name);
            }
            (Some(Value::Map(map)), Value::Map(inner)) => {
                lay(Rc::make_mut(map), Rc::unwrap_or_clone(inner));
            }
            (_, value) => object.set(name, value),
        }
    }
}

/// Puts values in place of the markers under those names:
///
/// - `@now`, `@now+60` is the time of creation (and seconds later); `@time`, `@time+60` the same as
///   text;
/// - in any other text `{id}` is the object's id, `{account}` its account's, and `{random:9}`,
///   `{upper:9}`, `{digits:9}`, `{hex:9}` that many characters.
///
/// To be done before anything of the request is in the object: what users send is no marker.
pub fn resolve(object: &mut Map, marked: &[Text], birth: &mut dyn Birth) {
    for name in marked {
        if let Some(value) = object.get_mut(name) {
            resolve_value(value, birth);
        }
    }
}

/// The names under which there is something for [`resolve`].
pub fn marked(object: &Map) -> Vec<Text> {
    let marked = object.iter().filter(|(_, value)| holds_marker(value));
    marked.map(|(name, _)| name.clone()).collect()
}

/// Whether a text of the defaults stands for something that depends on the object.
fn is_marked(text: &str) -> bool {
    text.starts_with('@') || text.contains('{')
}

fn resolve_value(value: &mut Value, birth: &mut dyn Birth) {
    match value {
        Value::Str(text) if is_marked(text) => {
            *value = resolve_text(text, birth);
        }
        Value::List(items) => items.iter_mut().for_each(|item| resolve_value(item, birth)),
        Value::Map(map) => {
            let values = Rc::make_mut(map).iter_mut();
            values.filter(|(_, value)| holds_marker(value)).for_each(|(_, value)| {
                resolve_value(value, birth);
            });
        }
        _ => {}
    }
}

/// Whether there is something for [`resolve`] in it.
fn holds_marker(value: &Value) -> bool {
    match value {
        Value::Str(text) => is_marked(text),
        Value::List(items) => items.iter().any(holds_marker),
        Value::Map(map) => map.iter().any(|(_, value)| holds_marker(value)),
        _ => false,
    }
}

fn resolve_text(text: &str, birth: &mut dyn Birth) -> Value {
    if let Some(later) = text.strip_prefix("@now") {
        return (birth.now() + seconds(later)).into();
    }
    if let Some(later) = text.strip_prefix("@time") {
        return birth.time(birth.now() + seconds(later)).into();
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (marker, after) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(&characters(marker, birth));
        rest = after;
    }
    out.push_str(rest);
    out.into()
}

fn seconds(later: &str) -> i64 {
    later.strip_prefix('+').and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

fn characters(marker: &str, birth: &mut dyn Birth) -> String {
    let (kind, count) = marker.split_once(':').unwrap_or((marker, ""));
    let count = count.parse().unwrap_or(0);
    match kind {
        "id" => birth.id().to_string(),
        "account" => birth.account().to_string(),
        "random" => birth.random(count, LETTERS),
        "upper" => birth.random(count, UPPER),
        "digits" => birth.random(count, DIGITS),
        "hex" => birth.random(count, HEX),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Newborn;

    impl Birth for Newborn {
        fn id(&self) -> &str {
            "pi_1"
        }
        fn account(&self) -> &str {
            "acct_1"
        }
        fn now(&self) -> i64 {
            100
        }
        fn time(&self, seconds: i64) -> String {
            format!("T{seconds}")
        }
        fn random(&mut self, count: usize, alphabet: &'static [u8]) -> String {
            String::from(char::from(alphabet[alphabet.len() - 1])).repeat(count)
        }
    }

    fn map(json: &str) -> Map {
        serde_json::from_str::<Value>(json).expect("JSON").as_map().expect("a map").clone()
    }

    #[test]
    fn maps_merge_and_other_values_replace() {
        let rows = [
            (r#"{"a":1,"b":{"c":5,"d":2}}"#, r#"{"b":{"c":4}}"#, r#"{"a":1,"b":{"c":4,"d":2}}"#),
            (r#"{"a":null}"#, r#"{"a":{"b":1}}"#, r#"{"a":{"b":1}}"#),
            (r#"{"a":{"b":1}}"#, r#"{"a":null}"#, r#"{"a":null}"#),
            (r#"{"a":1,"c":1}"#, r#"{"b":[]}"#, r#"{"a":1,"b":[],"c":1}"#),
            (r#"{"a":1,"b":2}"#, r#"{"a":"@absent"}"#, r#"{"b":2}"#),
        ];
        for (base, defaults, result) in rows {
            let mut object = map(base);
            lay(&mut object, map(defaults));
            assert_eq!(object, map(result));
        }
    }

    #[test]
    fn markers_are_resolved() {
        let rows = [
            ("@now", "100"),
            ("@now+60", "160"),
            ("@time+1", "\"T101\""),
            ("{id}_secret_{random:3}", "\"pi_1_secret_zzz\""),
            ("/{account}/x", "\"/acct_1/x\""),
            ("{upper:1}{digits:1}{hex:2}", "\"Z9ff\""),
            ("plain", "\"plain\""),
            ("cut {id", "\"cut pi_1\""),
        ];
        for (text, result) in rows {
            let mut object = map(&format!("{{\"a\":{{\"b\":[\"{text}\"]}}}}"));
            let marked = marked(&object);
            resolve(&mut object, &marked, &mut Newborn);
            assert_eq!(object, map(&format!("{{\"a\":{{\"b\":[{result}]}}}}")));
        }
    }

    #[test]
    fn texts_without_markers_need_no_resolving() {
        let rows = [
            (r#"{"active": true, "inner": {"id": null}}"#, ""),
            (r#"{"active": true, "start": "@now"}"#, "start"),
            (r#"{"inner": {"urls": ["/v1/files/{id}"]}}"#, "inner"),
        ];
        for (defaults, names) in rows {
            assert_eq!(marked(&map(defaults)).join(" "), names);
        }
    }
}

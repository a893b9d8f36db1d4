//! Laying the defaults of a resource over what the types give a new object.

use crate::value::{Map, Value};

/// What a new object's defaults may refer to.
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

/// Lays `defaults` over `object`; `given` are the parameters of the request.
///
/// Maps merge, other values replace. What a text says of itself:
///
/// - `@absent` takes the field away;
/// - `@now`, `@now+60` is the time of creation (and seconds later), `@time`, `@time+60` the same as
///   text;
/// - in any other text `{id}` is the object's id, `{account}` its account's, `{.name}` the
///   parameter of that name, and `{random:9}`, `{upper:9}`, `{digits:9}`, `{hex:9}` that many
///   characters.
///
/// A name with a leading `?` speaks of a hash (or of each hash of a list) that is laid only where
/// the request sets it, so that what the request leaves out in it has Stripe's value all the same.
pub fn lay_defaults(object: &mut Map, defaults: &Map, given: &Map, birth: &mut dyn Birth) {
    Layer { request: given, birth }.lay_all(object, defaults, given);
}

struct Layer<'a> {
    request: &'a Map,
    birth: &'a mut dyn Birth,
}

impl Layer<'_> {
    /// `given` is the part of the request that speaks of this hash.
    fn lay_all(&mut self, object: &mut Map, defaults: &Map, given: &Map) {
        for (name, value) in defaults.iter() {
            let Some(name) = name.strip_prefix('?') else {
                self.lay(object, name, value, given);
                continue;
            };
            match given.get(name) {
                Some(Value::Map(_)) => self.lay(object, name, value, given),
                Some(Value::List(items)) => {
                    let laid = items.iter().map(|_| self.fresh(value)).collect::<Vec<_>>();
                    object.set(name.to_string(), laid);
                }
                _ => {}
            }
        }
    }

    fn lay(&mut self, object: &mut Map, name: &str, value: &Value, given: &Map) {
        match value {
            Value::Str(text) if text == "@absent" => {
                object.remove(name);
            }
            Value::Map(inner) => {
                let empty = Map::new();
                let given = given.at(name).as_map().unwrap_or(&empty);
                if let Some(Value::Map(map)) = object.get_mut(name) {
                    self.lay_all(map, inner, given);
                } else {
                    let mut map = Map::new();
                    self.lay_all(&mut map, inner, given);
                    object.set(name.to_string(), map);
                }
            }
            other => {
                let fresh = self.fresh(other);
                object.set(name.to_string(), fresh);
            }
        }
    }

    /// A value of the defaults with its markers resolved.
    fn fresh(&mut self, value: &Value) -> Value {
        match value {
            Value::Str(text) => self.resolve(text),
            Value::List(items) => {
                items.iter().map(|item| self.fresh(item)).collect::<Vec<_>>().into()
            }
            Value::Map(inner) => {
                let mut map = Map::new();
                self.lay_all(&mut map, inner, &Map::new());
                map.into()
            }
            other => other.clone(),
        }
    }

    fn resolve(&mut self, text: &str) -> Value {
        if let Some(later) = text.strip_prefix("@now") {
            return (self.birth.now() + seconds(later)).into();
        }
        if let Some(later) = text.strip_prefix("@time") {
            return self.birth.time(self.birth.now() + seconds(later)).into();
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let (marker, after) = after.split_once('}').unwrap_or((after, ""));
            out.push_str(&self.marker(marker));
            rest = after;
        }
        out.push_str(rest);
        out.into()
    }

    fn marker(&mut self, marker: &str) -> String {
        if let Some(name) = marker.strip_prefix('.') {
            return self.request.at(name).as_id().unwrap_or("").to_string();
        }
        let (kind, count) = marker.split_once(':').unwrap_or((marker, ""));
        let count = count.parse().unwrap_or(0);
        match kind {
            "id" => self.birth.id().to_string(),
            "account" => self.birth.account().to_string(),
            "random" => self.birth.random(count, LETTERS),
            "upper" => self.birth.random(count, UPPER),
            "digits" => self.birth.random(count, DIGITS),
            "hex" => self.birth.random(count, HEX),
            _ => String::new(),
        }
    }
}

fn seconds(later: &str) -> i64 {
    later.strip_prefix('+').and_then(|digits| digits.parse().ok()).unwrap_or(0)
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

    fn laid(base: &str, defaults: &str, given: &str) -> String {
        let mut object = map(base);
        lay_defaults(&mut object, &map(defaults), &map(given), &mut Newborn);
        serde_json::to_string(&Value::Map(object)).expect("JSON")
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
            assert_eq!(laid(base, defaults, "{}"), result);
        }
    }

    #[test]
    fn markers_are_resolved() {
        let rows = [
            ("@now", "100"),
            ("@now+60", "160"),
            ("@time+1", "\"T101\""),
            ("{id}_secret_{random:3}", "\"pi_1_secret_zzz\""),
            ("/{account}/{.customer}/x", "\"/acct_1/cus_1/x\""),
            ("{upper:1}{digits:1}{hex:2}", "\"Z9ff\""),
            ("plain", "\"plain\""),
            ("cut {id", "\"cut pi_1\""),
        ];
        for (text, result) in rows {
            let defaults = format!("{{\"a\":{{\"b\":[\"{text}\"]}}}}");
            let result = format!("{{\"a\":{{\"b\":[{result}]}}}}");
            assert_eq!(laid("{}", &defaults, r#"{"customer":"cus_1"}"#), result);
        }
    }

    #[test]
    fn a_question_mark_waits_for_the_request() {
        let defaults = r#"{"?recurring":{"interval_count":1}}"#;
        let base = r#"{"recurring":null}"#;
        assert_eq!(laid(base, defaults, "{}"), base);
        assert_eq!(laid(base, defaults, r#"{"recurring":""}"#), base);
        let given = r#"{"recurring":{"interval":"month"}}"#;
        assert_eq!(laid(base, defaults, given), r#"{"recurring":{"interval_count":1}}"#);
        let given = r#"{"recurring":[{},{}]}"#;
        let both = r#"{"recurring":[{"interval_count":1},{"interval_count":1}]}"#;
        assert_eq!(laid(base, defaults, given), both);
    }
}

//! What the parameters of a list let through.

use crate::value::{Map, Text, Value};

/// One condition on a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// The field's path, such as `recurring.interval`.
    path: Text,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Equals(Value),
    OneOf(Vec<Value>),
    /// The field holds nothing (null, `false`, 0, or is absent), or holds something.
    Nothing(bool),
    /// The field has that text, or has it not.
    Is(&'static str, bool),
    /// Unix seconds (or any integer), each bound where given: greater than, at least, less than, at most.
    Range {
        gt: Option<i64>,
        gte: Option<i64>,
        lt: Option<i64>,
        lte: Option<i64>,
    },
}

impl Filter {
    pub fn equals(path: impl Into<Text>, value: impl Into<Value>) -> Filter {
        Filter { path: path.into(), test: Test::Equals(value.into()) }
    }

    /// A condition that a field has that value, or one of them where it is a list.
    pub fn of(path: impl Into<Text>, value: &Value) -> Filter {
        let test = match value {
            Value::List(values) => Test::OneOf(values.clone()),
            value => Test::Equals(value.clone()),
        };
        Filter { path: path.into(), test }
    }

    /// A condition as a row of [`crate::resources::Resource::filters`] spells it.
    pub fn spelled(spelling: &'static str, value: &Value) -> Filter {
        if let (Some(path), Some(wanted)) = (spelling.strip_prefix('!'), value.as_bool()) {
            return Filter { path: path.into(), test: Test::Nothing(wanted) };
        }
        for (suffix, name) in [(">=", "gte"), ("<=", "lte"), (">", "gt"), ("<", "lt")] {
            if let Some(path) = spelling.strip_suffix(suffix) {
                let bound = |of| value.as_int().filter(|_| of == name);
                let (gt, gte, lt, lte) = (bound("gt"), bound("gte"), bound("lt"), bound("lte"));
                return Filter { path: path.into(), test: Test::Range { gt, gte, lt, lte } };
            }
        }
        if let (Some((path, text)), Some(wanted)) = (spelling.split_once('='), value.as_bool()) {
            return Filter { path: path.into(), test: Test::Is(text, wanted) };
        }
        Filter::of(spelling, value)
    }

    /// A condition made of `gt`, `gte`, `lt` and `lte`, where the value is such a hash.
    pub fn range(path: &str, value: &Value) -> Option<Filter> {
        let bounds = value.as_map().filter(|bounds| !bounds.is_empty() && !path.is_empty())?;
        if !bounds.keys().all(|name| matches!(name.as_ref(), "gt" | "gte" | "lt" | "lte")) {
            return None;
        }
        let bound = |name| bounds.at(name).as_int();
        let test =
            Test::Range { gt: bound("gt"), gte: bound("gte"), lt: bound("lt"), lte: bound("lte") };
        Some(Filter { path: Text::from(path.to_string()), test })
    }

    /// The field and the text it must have, for looking it up in an index.
    pub fn index(&self) -> Option<(Text, Text)> {
        match &self.test {
            Test::Equals(Value::Str(value)) => Some((self.path.clone(), value.clone())),
            _ => None,
        }
    }

    /// Whether an object passes. A path that leads through a list passes where one element does.
    pub fn lets(&self, object: &Map) -> bool {
        self.lets_at(object, &self.path)
    }

    fn lets_at(&self, object: &Map, path: &str) -> bool {
        match path.split_once('.') {
            None => self.holds(object.at(path)),
            Some((step, rest)) => match object.at(step) {
                Value::List(items) => {
                    items.iter().filter_map(Value::as_map).any(|item| self.lets_at(item, rest))
                }
                value => match value.as_map() {
                    Some(inner) => self.lets_at(inner, rest),
                    None => self.holds(&Value::Null),
                },
            },
        }
    }

    fn holds(&self, found: &Value) -> bool {
        match &self.test {
            Test::Equals(value) => has(found, value),
            Test::OneOf(values) => values.iter().any(|value| has(found, value)),
            Test::Nothing(wanted) => is_nothing(found) == *wanted,
            Test::Is(text, wanted) => (found.as_id() == Some(*text)) == *wanted,
            Test::Range { gt, gte, lt, lte } => found.as_int().is_some_and(|found| {
                gt.is_none_or(|bound| bound < found)
                    && gte.is_none_or(|bound| bound <= found)
                    && lt.is_none_or(|bound| found < bound)
                    && lte.is_none_or(|bound| found <= bound)
            }),
        }
    }
}

fn is_nothing(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(false) | Value::Int(0))
}

/// Whether a field's value is the wanted one: objects are compared by id, lists by what they hold, and
/// a field that is absent is the same as `false`.
fn has(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::List(items), wanted) => items.iter().any(|item| has(item, wanted)),
        (Value::Null, Value::Bool(false)) => true,
        (found, Value::Str(wanted)) => found.as_id() == Some(wanted.as_ref()),
        (found, wanted) => found == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map;

    #[test]
    fn filters_look_at_ids_lists_and_ranges() {
        let object = map! {
            "customer": map! { "id": "cus_1", "object": "customer" },
            "types": Value::List(vec!["card".into(), "link".into()]),
            "created": 100,
            "active": true,
        };
        let range = |bounds: Map| Filter::range("created", &bounds.into()).unwrap();
        assert!(Filter::equals("customer", "cus_1").lets(&object));
        assert!(!Filter::equals("customer", "cus_2").lets(&object));
        assert!(Filter::equals("types", "link").lets(&object));
        assert!(Filter::equals("absent", false).lets(&object));
        assert!(range(map! { "gte": 100, "lt": 101 }).lets(&object));
        assert!(!range(map! { "gt": 100 }).lets(&object));
        assert!(!range(map! { "lte": 99 }).lets(&object));
        let either = Value::List(vec![Value::Bool(false), Value::Bool(true)]);
        assert!(Filter::of("active", &either).lets(&object));
    }

    #[test]
    fn the_four_spellings_say_more_than_equals() {
        let object = map! {
            "active": true,
            "invoice": Value::Null,
            "status": "paid",
            "items": Value::List(vec![map! { "price": "price_1" }.into()]),
            "due": 100,
        };
        let yes = Value::Bool(true);
        assert!(!Filter::spelled("!active", &yes).lets(&object));
        assert!(Filter::spelled("!invoice", &yes).lets(&object));
        assert!(Filter::spelled("status=paid", &yes).lets(&object));
        assert!(!Filter::spelled("status=paid", &Value::Bool(false)).lets(&object));
        assert!(Filter::spelled("items.price", &"price_1".into()).lets(&object));
        assert!(Filter::spelled("due>=", &100.into()).lets(&object));
        assert!(!Filter::spelled("due<", &100.into()).lets(&object));
    }
}

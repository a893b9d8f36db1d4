//! The search query language, as a pure matcher: <https://docs.stripe.com/search>.
//!
//! `parse` reads a query once, `Query::matches` then judges one object after the other. Which
//! fields a resource can be searched by stands in `resources`.

use crate::errors::{Error, Outcome};
use crate::resources::Search;
use crate::value::{Map, Value};
use std::borrow::Cow;

/// Clauses a query may have; the number is not confirmed.
const MOST_CLAUSES: usize = 10;

/// A query that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    clauses: Vec<Clause>,
    /// Whether one clause that holds is enough (`OR`), or all must (`AND`).
    any: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Clause {
    negated: bool,
    /// The path of the field, with dots.
    field: String,
    /// For `metadata["key"]`.
    key: Option<String>,
    test: Test,
}

/// What a clause asks of a value. Texts are in lower case.
#[derive(Clone, Debug, PartialEq)]
enum Test {
    /// There is none.
    Null,
    /// It is this text.
    Token(String),
    /// It has these words in a row.
    Words(Vec<String>),
    /// It has this part.
    Part(String),
    Number(Comparison, i64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Comparison {
    Equal,
    Above,
    AtLeast,
    Below,
    AtMost,
}

/// A value as written in a query.
enum Written {
    Quoted(String),
    Bare(String),
}

/// What stands between two clauses.
#[derive(Clone, Copy, PartialEq)]
enum Joint {
    And,
    Or,
}

/// Reads a query over a resource's fields. `resource` is its plural in URLs and messages.
pub fn parse(query: &str, resource: &str, fields: &[(&str, Search)]) -> Outcome<Query> {
    let mut reader = Reader { rest: query };
    let mut clauses = Vec::new();
    let mut joint = None;
    reader.skip_blanks();
    loop {
        if clauses.len() == MOST_CLAUSES {
            return Err(Error::search_too_many_clauses(MOST_CLAUSES));
        }
        clauses.push(reader.clause(resource, fields)?);
        let blanks = reader.skip_blanks();
        if reader.rest.is_empty() {
            break;
        }
        if !blanks {
            return Err(Error::search_query_unreadable());
        }
        let next = reader.joint();
        // A blank alone joins by AND.
        if *joint.get_or_insert(next) != next {
            return Err(Error::search_mixed());
        }
    }
    Ok(Query { clauses, any: joint == Some(Joint::Or) })
}

impl Query {
    /// The same query where fields go by another path in the object than in the query: (name,
    /// path).
    pub fn along(mut self, paths: &[(&str, &str)]) -> Query {
        for clause in &mut self.clauses {
            if let Some((_, path)) = paths.iter().find(|(name, _)| *name == clause.field) {
                clause.field = (*path).to_string();
            }
        }
        self
    }

    /// Whether an object is found.
    pub fn matches(&self, object: &Map) -> bool {
        let mut clauses = self.clauses.iter();
        if self.any {
            clauses.any(|clause| clause.holds(object))
        } else {
            clauses.all(|clause| clause.holds(object))
        }
    }
}

impl Clause {
    fn holds(&self, object: &Map) -> bool {
        let value = match &self.key {
            Some(key) => object.at("metadata").as_map().and_then(|metadata| metadata.get(key)),
            None => Some(object.path(&self.field)),
        };
        // What a charge says of its refunds is three-valued here: all, a part, nothing.
        let partly = Value::Bool(false);
        let value = match value {
            Some(Value::Bool(false)) if self.field == "refunded" => {
                (0 < object.int("amount_refunded")).then_some(&partly)
            }
            other => other,
        };
        self.test.holds(value.filter(|value| !value.is_null())) != self.negated
    }
}

impl Test {
    fn holds(&self, value: Option<&Value>) -> bool {
        let Some(value) = value else { return *self == Test::Null };
        match self {
            Test::Null => false,
            Test::Number(comparison, number) => {
                value.as_int().is_some_and(|value| comparison.holds(value, *number))
            }
            Test::Token(token) => text(value).is_some_and(|text| folded(&text) == *token),
            Test::Part(part) => text(value).is_some_and(|text| folded(&text).contains(part)),
            Test::Words(words) => text(value).is_some_and(|text| {
                let text = folded(&text);
                let all: Vec<&str> = text.split_whitespace().collect();
                all.windows(words.len().max(1)).any(|some| some == words.as_slice())
            }),
        }
    }
}

impl Comparison {
    fn holds(self, value: i64, number: i64) -> bool {
        match self {
            Comparison::Equal => value == number,
            Comparison::Above => number < value,
            Comparison::AtLeast => number <= value,
            Comparison::Below => value < number,
            Comparison::AtMost => value <= number,
        }
    }
}

/// A value as text: an expanded object counts as its id.
fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Str(text) | Value::Decimal(text) => Some(Cow::Borrowed(text)),
        Value::Int(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(truth) => Some(Cow::Borrowed(if *truth { "true" } else { "false" })),
        Value::Map(_) => value.as_id().map(Cow::Borrowed),
        Value::Null | Value::List(_) => None,
    }
}

/// What of the query is still unread.
struct Reader<'q> {
    rest: &'q str,
}

impl<'q> Reader<'q> {
    /// Whether there were blanks.
    fn skip_blanks(&mut self) -> bool {
        let before = self.rest.len();
        self.rest = self.rest.trim_start();
        self.rest.len() < before
    }

    fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// What joins the clause that follows to the one before.
    fn joint(&mut self) -> Joint {
        for (word, joint) in [("and", Joint::And), ("or", Joint::Or)] {
            let Some((head, rest)) = self.rest.split_at_checked(word.len()) else { continue };
            if head.eq_ignore_ascii_case(word) && rest.starts_with(char::is_whitespace) {
                self.rest = rest.trim_start();
                return joint;
            }
        }
        Joint::And
    }

    fn clause(&mut self, resource: &str, fields: &[(&str, Search)]) -> Outcome<Clause> {
        let negated = self.take("-");
        let field = self.word();
        if field.is_empty() {
            return Err(Error::search_query_unreadable());
        }
        let key = if self.take("[") {
            let key = self.quoted().filter(|_| self.take("]"));
            Some(key.ok_or_else(Error::search_query_unreadable)?)
        } else {
            None
        };
        let operator = [">=", "<=", ">", "<", ":", "~"].into_iter().find(|sign| self.take(sign));
        let operator = operator.ok_or_else(Error::search_query_unreadable)?;
        let value = self.value().ok_or_else(Error::search_query_unreadable)?;
        let kind = fields.iter().find(|(name, _)| *name == field).map(|(_, kind)| *kind);
        // Only metadata has keys, and it cannot be searched without one.
        let kind = kind.filter(|_| (field == "metadata") == key.is_some());
        let Some(kind) = kind else {
            return Err(Error::search_field_unsupported(field, resource));
        };
        let test = test(field, kind, operator, value)?;
        Ok(Clause { negated, field: field.to_string(), key, test })
    }

    fn word(&mut self) -> &'q str {
        let inside = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let end = self.rest.find(|c| !inside(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn value(&mut self) -> Option<Written> {
        if self.rest.starts_with(['"', '\'']) {
            return self.quoted().map(Written::Quoted);
        }
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then(|| Written::Bare(word.to_string()))
    }

    /// Text in single or double quotes; a backslash keeps the character after it.
    fn quoted(&mut self) -> Option<String> {
        let quote = self.rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let mut text = String::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => text.push(characters.next()?.1),
                end if end == quote => {
                    self.rest = &self.rest[at + 1..];
                    return Some(text);
                }
                other => text.push(other),
            }
        }
        None
    }
}

/// What operator and value ask of a field of this kind.
fn test(field: &str, kind: Search, operator: &str, value: Written) -> Outcome<Test> {
    let value = match value {
        Written::Bare(word) if word.eq_ignore_ascii_case("null") && operator == ":" => {
            return Ok(Test::Null);
        }
        Written::Bare(word) if word.parse::<i64>().is_err() => {
            return Err(Error::search_query_unreadable());
        }
        Written::Bare(word) => word,
        Written::Quoted(text) => text,
    };
    let comparison = match operator {
        ":" => Comparison::Equal,
        ">" => Comparison::Above,
        ">=" => Comparison::AtLeast,
        "<" => Comparison::Below,
        "<=" => Comparison::AtMost,
        // "~"
        _ if kind != Search::Text => {
            return Err(Error::search_operator_unsupported(field, operator));
        }
        _ if value.chars().count() < 3 => return Err(Error::search_substring_too_short(field)),
        _ => return Ok(Test::Part(folded(&value))),
    };
    match kind {
        Search::Number => match value.parse() {
            Ok(number) => Ok(Test::Number(comparison, number)),
            Err(_) => Err(Error::search_query_unreadable()),
        },
        _ if comparison != Comparison::Equal => {
            Err(Error::search_operator_unsupported(field, operator))
        }
        Search::Token => Ok(Test::Token(folded(&value))),
        Search::Text => {
            Ok(Test::Words(folded(&value).split_whitespace().map(str::to_string).collect()))
        }
    }
}

/// The text in small letters: of the Latin, Greek and Cyrillic alphabets, which is as far as names in
/// tests go. Unicode's own tables would be a fortieth of the engine.
fn folded(text: &str) -> String {
    text.chars().map(small).collect()
}

fn small(letter: char) -> char {
    let code = u32::from(letter);
    let small = match code {
        0x41..=0x5a => code + 0x20,
        0xc0..=0xde if code != 0xd7 => code + 0x20,
        // Latin Extended-A: pairs of a capital and its small letter, except where one has no pair.
        0x100..=0x12f | 0x132..=0x137 | 0x14a..=0x177 => code | 1,
        0x139..=0x148 | 0x179..=0x17e => code + (code & 1),
        0x178 => 0xff,
        0x391..=0x3ab if code != 0x3a2 => code + 0x20,
        // The sigma that ends a word is the same letter.
        0x3c2 => 0x3c3,
        0x400..=0x40f => code + 0x50,
        0x410..=0x42f => code + 0x20,
        _ => code,
    };
    char::from_u32(small).unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map;

    #[test]
    fn capitals_and_small_letters_are_the_same_in_the_alphabets_of_names() {
        for (capitals, small) in [
            ("ANA", "ana"),
            ("CAFÉ ÇA ÜBER ÿŸ", "café ça über ÿÿ"),
            ("ŁÓDŹ ŠKODA ĽUBA ĀĶ ŊŶ", "łódź škoda ľuba āķ ŋŷ"),
            ("ΑΘΗΝΑ ΣΟΦΟΣ", "αθηνα σοφος"),
            ("МОСКВА ЁЖ ЇЖАК", "москва ёж їжак"),
            ("3 × 4 ÷ 2 ß 東京", "3 × 4 ÷ 2 ß 東京"),
        ] {
            assert_eq!(folded(capitals), folded(small));
        }
        assert_eq!(folded("ŁÓDŹ ЁЖ ÿŸ"), "łódź ёж ÿÿ");
    }

    const FIELDS: &[(&str, Search)] = &[
        ("amount", Search::Number),
        ("created", Search::Number),
        ("customer", Search::Token),
        ("email", Search::Text),
        ("metadata", Search::Token),
        ("name", Search::Text),
        ("payment_method_details.card.last4", Search::Token),
        ("payment_method_details.card.exp_month", Search::Token),
        ("refunded", Search::Token),
        ("status", Search::Token),
    ];

    fn object() -> Map {
        let card = map! {"exp_month": 4, "last4": "4242"};
        map! {
            "id": "ch_1",
            "amount": 1000,
            "amount_refunded": 100,
            "created": 1_700_000_000,
            "customer": map! {"id": "cus_1"},
            "email": "Sally@rocketrides.io",
            "metadata": map! {"order \"id\"": "6735", "empty": ""},
            "name": "Jane van der Berg",
            "payment_method_details": map! {"card": card},
            "refunded": false,
            "status": Value::Null,
        }
    }

    #[test]
    fn clauses_find_what_they_describe() {
        let table = [
            (r#"email:"sally@ROCKETRIDES.io""#, true),
            (r#"email:"sally""#, false),
            (r#"email~"rocket""#, true),
            (r#"email~"ROCKET""#, true),
            (r#"email~"rockets""#, false),
            (r#"-email:"amy@rocketrides.io""#, true),
            (r#"name:"van der""#, true),
            (r#"name:"jane""#, true),
            (r#"name:"der van""#, false),
            ("amount>999", true),
            ("amount>1000", false),
            ("amount>=1000", true),
            ("amount<1001", true),
            ("amount<=999", false),
            ("amount:1000", true),
            (r#"amount:"1000""#, true),
            ("amount>-5", true),
            (r#"customer:"cus_1""#, true),
            (r#"customer:"cus""#, false),
            ("status:null", true),
            ("-status:null", false),
            (r#"-status:"canceled""#, true),
            (r#"metadata["order \"id\""]:"6735""#, true),
            (r#"metadata['order "id"']:'6735'"#, true),
            (r#"metadata["other"]:null"#, true),
            (r#"-metadata["order \"id\""]:null"#, true),
            (r#"metadata["id"]:"6735""#, false),
            (r#"payment_method_details.card.last4:4242"#, true),
            (r#"payment_method_details.card.exp_month:"4""#, true),
            (r#"refunded:"false""#, true),
            ("refunded:null", false),
            (r#"amount:1000 name:"jane""#, true),
            (r#"amount:1000 AND name:"jim""#, false),
            (r#"amount:1 or name:"jane""#, true),
            (r#"amount:1 OR amount:2 OR amount:1000"#, true),
            (r#"  amount:1000   and   created>0  "#, true),
        ];
        for (query, found) in table {
            let parsed = parse(query, "charges", FIELDS);
            assert_eq!(parsed.map(|query| query.matches(&object())).ok(), Some(found), "{query}");
        }
    }

    /// A charge without any refund is neither refunded in full (`true`) nor in part (`false`).
    #[test]
    fn an_unrefunded_charge_has_null_for_refunded() {
        let object = map! {"refunded": false, "amount_refunded": 0};
        let found = |query| parse(query, "charges", FIELDS).unwrap().matches(&object);
        assert!(found("refunded:null"));
        assert!(!found(r#"refunded:"false""#));
    }

    #[test]
    fn queries_that_make_no_sense_are_refused() {
        let unreadable = "We were unable to parse your search query. Try using the format \
            `metadata[\"key\"]:\"value\"` to query for metadata or key:\"value\" to query for \
            other fields.";
        let unsupported = "is an unsupported search field for resource `payment_intents`. See \
            http://stripe.com/docs/search#query-fields-for-payment-intents for a list of supported \
            fields.";
        let eleven = ["amount:1"; 11].join(" ");
        let table = [
            ("", unreadable),
            ("   ", unreadable),
            ("asdf", unreadable),
            ("email", unreadable),
            ("email:", unreadable),
            ("email:sally", unreadable),
            (r#"email:"sally"#, unreadable),
            (r#"email:"a"status:"b""#, unreadable),
            (r#"email:"a" and"#, unreadable),
            (r#"or email:"a""#, unreadable),
            (r#"(email:"a")"#, unreadable),
            (r#"metadata[key]:"a""#, unreadable),
            (r#"metadata["key":"a""#, unreadable),
            ("amount:\"ten\"", unreadable),
            ("amount:99999999999999999999", unreadable),
            ("-", unreadable),
            ("\\", unreadable),
            ("é:\"x\"", unreadable),
            ("email:\"\\", unreadable),
            ("foo:\"bar\"", unsupported),
            ("metadata:\"bar\"", unsupported),
            ("email[\"x\"]:\"bar\"", unsupported),
            ("status>\"a\"", "Operator `>` is not supported for field `status`."),
            ("email<=\"a\"", "Operator `<=` is not supported for field `email`."),
            ("amount~\"100\"", "Operator `~` is not supported for field `amount`."),
            ("status~\"active\"", "Operator `~` is not supported for field `status`."),
            ("email~\"ab\"", "Substring searches need at least 3 characters."),
            ("amount:1 or amount:2 and amount:3", "Search queries cannot mix AND and OR clauses."),
            ("amount:1 or amount:2 amount:3", "Search queries cannot mix AND and OR clauses."),
            (&eleven, "Search queries can have up to 10 clauses."),
        ];
        for (query, message) in table {
            let error = parse(query, "payment_intents", FIELDS).unwrap_err();
            assert!(error.message.contains(message), "{query}: {}", error.message);
            assert_eq!(error.status, 400);
        }
    }

    #[test]
    fn a_field_may_lie_elsewhere_in_the_object() {
        let object = map! {"parent": map! {"subscription": "sub_1"}};
        let query = parse("subscription:'sub_1'", "invoices", &[("subscription", Search::Text)]);
        let query = query.unwrap_or_else(|error| panic!("{}", error.message));
        assert!(!query.matches(&object));
        assert!(query.along(&[("subscription", "parent.subscription")]).matches(&object));
    }
}

//! Every complaint about parameters arises here, in one order: names nobody knows, then values that
//! do not fit, then what is missing.
//!
//! What comes in is what was decoded (of a form: text, lists, and maps whose keys may be numerals),
//! or what a library call was given. What goes out has the types of the operation's table. An empty
//! text stays where it means "unset this".

use crate::errors::{Error, Outcome};
use crate::money;
use crate::order;
use crate::schema::{Enum, Field, Kind, Shape, Versions, operation};
use crate::value::{Map, Text, Value};
use std::borrow::Cow;
use std::rc::Rc;

/// How much is asked of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// What Stripe asks.
    Strict,
    /// Nothing: values take their types where they can, the rest stays as it came.
    Off,
    /// What Stripe asks, save that names it does not take are kept: a test may set what only
    /// Stripe's servers set.
    Library,
}

/// The longest text of most parameters.
const LONGEST_TEXT: usize = 5000;
/// The longest text of a dispute's evidence.
const LONGEST_EVIDENCE: usize = 20_000;
/// The longest text on a card holder's statement.
const LONGEST_DESCRIPTOR: usize = 22;
/// How many elements these lists take, and how long these texts are, at most. The longest of the
/// others have [`LONGEST_TEXT`].
const MOST: &[(&str, usize)] = &[
    ("add_invoice_items", 20),
    ("custom_fields", 4),
    ("default_tax_rates", 10),
    ("images", 8),
    ("items", 20),
    ("lookup_key", 200),
    ("lookup_keys", 10),
    ("marketing_features", 15),
    ("optional_items", 10),
    ("shipping_options", 5),
    ("tax_rates", 10),
];
/// How many decimal places amounts have at most.
const MOST_PLACES: usize = 12;
/// The longest name of a product's marketing feature.
const LONGEST_FEATURE: usize = 80;
/// Longer names than any parameter has are not compared with them.
const LONGEST_NAME: usize = 80;
const METADATA_KEYS: usize = 50;
const METADATA_KEY: usize = 40;
const METADATA_VALUE: usize = 500;
/// How many objects a page holds at most.
const LONGEST_PAGE: i64 = 100;

/// Checks the parameters of an operation against its table, in one version of the API.
pub fn check(shape: Shape, params: Map, versions: Versions, mode: Mode) -> Outcome<Map> {
    let checker = Checker { versions, mode };
    let mut params = checker.hash(shape, params, None)?;
    let is_list = shape.field("starting_after").is_some() || shape.field("page").is_some();
    if is_list && let Some(limit) = params.get_mut("limit") {
        // Values outside are no error: recorded.
        *limit = Value::Int(limit.as_int().unwrap_or(10).clamp(1, LONGEST_PAGE));
    }
    Ok(params)
}

/// Turns a map whose keys are 0, 1, 2 and so on into the list it stands for; the keys come in any
/// order. Anything else stays as it is.
pub fn listed(value: Value) -> Value {
    match value {
        Value::Map(map) if !map.is_empty() && are_places(&map) => {
            Value::List(elements(Rc::unwrap_or_clone(map)))
        }
        other => other,
    }
}

/// The elements of a map whose keys are places.
fn elements(map: Map) -> Vec<Value> {
    let place = |name: &str| name.parse().unwrap_or(usize::MAX);
    let rows = map.into_iter().map(|(name, value)| (place(&name), value));
    let mut rows: Vec<(usize, Value)> = rows.collect();
    order::sort(&mut rows, &|one, other| one.0 < other.0);
    rows.into_iter().map(|(_, value)| value).collect()
}

/// Whether the keys are 0, 1, 2 and so on, in any order.
fn are_places(map: &Map) -> bool {
    let mut seen = vec![false; map.len()];
    map.keys().all(|name| match name.parse::<usize>() {
        Ok(at) => seen.get_mut(at).is_some_and(|seen| !std::mem::replace(seen, true)),
        Err(_) => false,
    })
}

/// Where a value stands: rendered as `items[0][price]` once an error needs it.
#[derive(Clone, Copy)]
struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Name(&'p str),
    Place(usize),
}

impl Path<'_> {
    fn text(&self) -> String {
        let step = match self.step {
            Step::Name(name) => Cow::Borrowed(name),
            Step::Place(at) => Cow::Owned(at.to_string()),
        };
        match self.parent {
            None => step.into_owned(),
            Some(parent) => format!("{}[{step}]", parent.text()),
        }
    }

    /// Whether some name on the way is this one.
    fn is_within(&self, name: &str) -> bool {
        matches!(self.step, Step::Name(step) if step == name)
            || self.parent.is_some_and(|parent| parent.is_within(name))
    }

    /// The name of the parameter, not counting places in a list.
    fn name(&self) -> &str {
        match (self.step, self.parent) {
            (Step::Name(name), _) => name,
            (Step::Place(_), Some(parent)) => parent.name(),
            (Step::Place(_), None) => "",
        }
    }
}

/// One value that may or may not fit.
type Fit = Result<Value, Box<Error>>;

#[derive(Clone, Copy)]
struct Checker {
    versions: Versions,
    mode: Mode,
}

impl Checker {
    /// The members of a hash, each with its type.
    fn hash(self, shape: Shape, map: Map, parent: Option<&Path>) -> Outcome<Map> {
        let fields: Vec<Option<Field>> = map.keys().map(|name| self.field(shape, name)).collect();
        self.refuse_unknown(shape, &map, &fields, parent)?;
        let mut checked = Map::with_capacity(map.len());
        for ((name, value), field) in map.into_iter().zip(fields) {
            let path = Path { parent, step: Step::Name(&name) };
            let value = match field {
                Some(field) => match self.member(field, value, &path)? {
                    Some(value) => value,
                    None => continue,
                },
                None if is_expand(&path) => self.expand(value, &path)?,
                None => match unpublished(shape, &path) {
                    Some(kind) => self.fitted(kind, value, &path)?,
                    None => plain(value),
                },
            };
            checked.append(name, value);
        }
        self.refuse_missing(shape, &checked, parent)?;
        Ok(checked)
    }

    fn refuse_missing(self, shape: Shape, given: &Map, parent: Option<&Path>) -> Outcome<()> {
        if self.mode == Mode::Off {
            return Ok(());
        }
        let missing = shape.fields().find(|field| {
            !field.optional && field.versions.includes(self.versions) && !given.contains(field.name)
        });
        match missing {
            Some(field) => {
                let path = Path { parent, step: Step::Name(field.name) };
                Err(Error::parameter_missing(&path.text()))
            }
            None => Ok(()),
        }
    }

    /// The field of that name, where the request's version has it.
    fn field(self, shape: Shape, name: &str) -> Option<Field> {
        shape
            .field(name)
            .filter(|field| self.mode != Mode::Strict || field.versions.includes(self.versions))
    }

    /// Whether the request's version has none of the fields of a hash.
    fn was_text(self, shape: Shape) -> bool {
        !shape.is_empty() && !shape.fields().any(|field| field.versions.includes(self.versions))
    }

    /// All names of one level that no table has, in one error.
    fn refuse_unknown(
        self,
        shape: Shape,
        map: &Map,
        fields: &[Option<Field>],
        parent: Option<&Path>,
    ) -> Outcome<()> {
        if self.mode != Mode::Strict {
            return Ok(());
        }
        let mut unknown = Vec::new();
        for (name, _) in map.keys().zip(fields).filter(|(_, field)| field.is_none()) {
            let path = Path { parent, step: Step::Name(name) };
            let is_known =
                is_expand(&path) || unpublished(shape, &path).is_some() || self.is_bygone(&path);
            if !is_known {
                unknown.push(path.text());
            }
        }
        match unknown.as_slice() {
            [] => Ok(()),
            [only] => Err(match self.meant(shape, map, fields) {
                Some(name) => {
                    let path = Path { parent, step: Step::Name(name) };
                    Error::parameter_misspelt(only, &path.text())
                }
                None => Error::parameter_unknown(&unknown),
            }),
            _ => Err(Error::parameter_unknown(&unknown)),
        }
    }

    /// The known name that the only unknown one is nearly: a quarter of its letters may be wrong.
    fn meant(self, shape: Shape, map: &Map, fields: &[Option<Field>]) -> Option<&'static str> {
        let unknown = map.keys().zip(fields).find(|(_, field)| field.is_none())?.0;
        let most = unknown.len().div_ceil(4);
        if !(4..=LONGEST_NAME).contains(&unknown.len()) {
            return None;
        }
        let known = shape.fields().filter(|field| field.versions.includes(self.versions));
        let near = known.map(|field| (edits(unknown, field.name), field.name));
        near.filter(|(edits, _)| *edits <= most).min().map(|(_, name)| name)
    }

    /// Whether a name was a parameter in versions older than the tables.
    fn is_bygone(self, path: &Path) -> bool {
        if !self.versions.includes(Versions::of(OLDEST_TABLES)) {
            return false;
        }
        let text = path.text();
        let name = without_places(&text);
        BYGONE.binary_search(&name.as_str()).is_ok()
    }

    /// One member of a hash; none where it is to be taken for absent.
    fn member(self, field: Field, value: Value, path: &Path) -> Outcome<Option<Value>> {
        if value.is_null() {
            // A library call may be given whole objects, nulls included; in JSON null unsets.
            let keeps = field.emptyable || self.mode != Mode::Library;
            return Ok(keeps.then(|| Value::from("")));
        }
        if value.is_empty_string() {
            return match self.mode {
                Mode::Off => Ok(Some(value)),
                _ if can_be_unset(&field) => Ok(Some(value)),
                _ => Err(Error::parameter_empty(&path.text())),
            };
        }
        if field.name == "metadata" {
            return self.metadata(value, path).map(Some);
        }
        self.fitted(field.kind, value, path).map(Some)
    }

    /// A value of that kind; with validation off, what does not fit stays as it came.
    fn fitted(self, kind: Kind, value: Value, path: &Path) -> Outcome<Value> {
        if self.mode != Mode::Off {
            return self.value(kind, value, path);
        }
        // Text and numbers are cheap to keep; lists and hashes never fail as a whole.
        match value {
            Value::List(_) | Value::Map(_) => {
                let kept = plain(value.clone());
                Ok(self.value(kind, value, path).unwrap_or(kept))
            }
            scalar => Ok(self.value(kind, scalar.clone(), path).unwrap_or(scalar)),
        }
    }

    fn value(self, kind: Kind, value: Value, path: &Path) -> Fit {
        match kind {
            Kind::Any | Kind::Embedded(_) | Kind::ListOf(_) => Ok(plain(value)),
            Kind::Str | Kind::Ref(_) | Kind::File => self.text(value, path),
            Kind::Int => integer(value, path),
            // In JSON these are texts, since JavaScript's numbers are too short for them.
            Kind::Int64 => Ok(Value::Str(dumped(&integer(value, path)?).into())),
            Kind::Float => fraction(value, path),
            Kind::Decimal => decimal(value, path),
            Kind::Bool => boolean(value, path),
            Kind::True => match boolean(value, path)? {
                Value::Bool(true) => Ok(Value::Bool(true)),
                _ => Err(Error::invalid_boolean(&path.text(), "false")),
            },
            Kind::Enum(choices) => self.choice(choices, value, path),
            Kind::Object(shape) => match value {
                Value::Map(map) => {
                    self.hash(shape, Rc::unwrap_or_clone(map), Some(path)).map(Value::from)
                }
                // The library may write the field as objects show it: a capability's status.
                Value::Str(_) if self.mode == Mode::Library => Ok(value),
                // A parameter that was a text before it became a hash.
                scalar if !matches!(scalar, Value::List(_)) && self.was_text(shape) => Ok(scalar),
                _ => Err(Error::invalid_object(&path.text())),
            },
            Kind::List(inner) => self.list(inner.kind(), value, path),
            Kind::Map(inner) => self.named(inner.kind(), value, path),
            Kind::Union(kinds) => self.union(&kinds.iter().collect::<Vec<_>>(), value, path),
        }
    }

    fn text(self, value: Value, path: &Path) -> Fit {
        let text = match value {
            Value::Str(text) | Value::Decimal(text) => text,
            Value::Int(number) => number.to_string().into(),
            Value::Bool(truth) => Text::Borrowed(if truth { "true" } else { "false" }),
            // The types say that a source is a token; Stripe takes the card or account itself too.
            Value::Map(source) if path.name() == "source" => return Ok(Value::Map(source)),
            // A test may hand over a whole object where its id is meant.
            other => match other.as_id().filter(|_| self.mode == Mode::Library) {
                Some(id) => id.to_string().into(),
                None => return Err(Error::invalid_string(&path.text(), &dumped(&other))),
            },
        };
        if self.mode == Mode::Off {
            return Ok(Value::Str(text));
        }
        if LONGEST_FEATURE < text.len() {
            let most = longest_text(path);
            if most < text.chars().count() {
                return Err(Error::too_long(&path.text(), &text, most));
            }
        }
        match path.name() {
            "statement_descriptor" if LONGEST_DESCRIPTOR < text.chars().count() => {
                Err(Error::statement_descriptor_too_long(&path.text(), LONGEST_DESCRIPTOR))
            }
            "statement_descriptor" => match descriptor_fault(&text) {
                Some(fault) => Err(Error::statement_descriptor_invalid(&path.text(), &fault)),
                None => Ok(Value::Str(text)),
            },
            // Upper case is accepted and lowered: recorded.
            "currency" => match money::currency(&text) {
                Some(currency) => Ok(Value::from(currency)),
                None => Err(Error::invalid_currency(&path.text(), &text, money::CURRENCIES)),
            },
            "email" | "receipt_email" | "customer_email" if !is_email(&text) => {
                Err(Error::invalid_email(&path.text(), &text))
            }
            "success_url" | "cancel_url" | "return_url" | "refresh_url" if !has_scheme(&text) => {
                Err(Error::url_without_scheme(&path.text()))
            }
            _ => Ok(Value::Str(text)),
        }
    }

    fn choice(self, choices: Enum, value: Value, path: &Path) -> Fit {
        let text = match value {
            Value::Str(text) => text,
            Value::Int(number) => number.to_string().into(),
            Value::Bool(truth) => Text::Borrowed(if truth { "true" } else { "false" }),
            other => return Err(Error::invalid_string(&path.text(), &dumped(&other))),
        };
        // That Stripe's types call most lists open means that later versions may add to them.
        // Cards are not in the published list of what an intent's `payment_method_data` may be.
        let is_card = text == "card" && path.is_within("payment_method_data");
        if choices.allows(&text, self.versions) || is_card && path.name() == "type" {
            return Ok(Value::Str(text));
        }
        if self.mode == Mode::Library && choices.values().any(|choice| choice == text) {
            return Ok(Value::Str(text));
        }
        let values: Vec<&str> = choices.values_in(self.versions).collect();
        // A text before the parameter became a hash.
        if values.is_empty() {
            return Err(Error::invalid_object(&path.text()));
        }
        Err(Error::invalid_choice(&path.text(), &values))
    }

    fn list(self, kind: Kind, value: Value, path: &Path) -> Fit {
        let items = match value {
            Value::List(items) => items,
            // A test may hand over a list as an object has it.
            Value::Map(map) if self.mode == Mode::Library && map.str("object") == "list" => {
                map.at("data").as_list().unwrap_or_default().to_vec()
            }
            Value::Map(map) if are_places(&map) => elements(Rc::unwrap_or_clone(map)),
            Value::Map(map) => return Err(keys_out_of_order(&map, path)),
            _ => return Err(Error::invalid_array(&path.text())),
        };
        if let Some(most) = most_of(path).filter(|most| *most < items.len())
            && self.mode != Mode::Off
        {
            return Err(match path.name() {
                "default_tax_rates" | "tax_rates" => Error::too_many_tax_rates(&path.text(), most),
                _ => Error::array_too_long(&path.text(), most),
            });
        }
        // How PHP's client clears a list: `names[]=`.
        if let [only] = items.as_slice()
            && only.is_empty_string()
        {
            return Ok(Value::List(Vec::new()));
        }
        let mut checked = Vec::with_capacity(items.len());
        for (at, item) in items.into_iter().enumerate() {
            let path = Path { parent: Some(path), step: Step::Place(at) };
            checked.push(match item {
                Value::Null => Value::from(""),
                item if item.is_empty_string() && matches!(kind, Kind::Str) => item,
                item if item.is_empty_string() && self.mode != Mode::Off => {
                    return Err(Error::parameter_empty(&path.text()));
                }
                item => self.fitted(kind, item, &path)?,
            });
        }
        Ok(Value::List(checked))
    }

    /// A hash whose names the caller chooses.
    fn named(self, kind: Kind, value: Value, path: &Path) -> Fit {
        let Value::Map(map) = value else { return Err(Error::invalid_object(&path.text())) };
        let mut checked = Map::with_capacity(map.len());
        for (name, value) in Rc::unwrap_or_clone(map) {
            let path = Path { parent: Some(path), step: Step::Name(&name) };
            let value = match value {
                Value::Null => Value::from(""),
                value if value.is_empty_string() => value,
                value => self.fitted(kind, value, &path)?,
            };
            checked.append(name, value);
        }
        Ok(checked.into())
    }

    /// Texts under keys of the caller's choice; an empty one removes its key.
    fn metadata(self, value: Value, path: &Path) -> Outcome<Value> {
        if self.mode == Mode::Off && !matches!(value, Value::Map(_)) {
            return Ok(value);
        }
        let Value::Map(map) = value else { return Err(Error::invalid_object(&path.text())) };
        if self.mode != Mode::Off && METADATA_KEYS < map.len() {
            return Err(Error::metadata_too_many_keys(&path.text(), map.len(), METADATA_KEYS));
        }
        let mut checked = Map::with_capacity(map.len());
        for (name, value) in Rc::unwrap_or_clone(map) {
            let inner = Path { parent: Some(path), step: Step::Name(&name) };
            let text = match value {
                Value::Null => Text::Borrowed(""),
                Value::Str(text) | Value::Decimal(text) => text,
                Value::Int(number) => number.to_string().into(),
                Value::Bool(truth) => Text::Borrowed(if truth { "true" } else { "false" }),
                other if self.mode == Mode::Off => {
                    checked.append(name, other);
                    continue;
                }
                other => return Err(Error::invalid_string(&inner.text(), &dumped(&other))),
            };
            if self.mode != Mode::Off {
                refuse_long_metadata(&name, &text, path)?;
            }
            checked.append(name, Value::Str(text));
        }
        Ok(checked.into())
    }

    /// The kind among several that a value is meant to be.
    fn union(self, kinds: &[Kind], value: Value, path: &Path) -> Fit {
        if matches!(value, Value::Map(_) | Value::List(_)) {
            return self.union_of_parts(kinds, value, path);
        }
        // A list of words that all belong to other versions is none.
        let is_known = |kind: &Kind| match kind {
            Kind::Enum(choices) => choices.values_in(self.versions).next().is_some(),
            _ => true,
        };
        let scalars = kinds.iter().filter(|kind| !is_composite(kind) && is_known(kind));
        let mut first = None;
        // Narrow kinds first: a text that is a number is meant as one where both are taken.
        let mut sorted: Vec<&Kind> = scalars.collect();
        order::sort(&mut sorted, &|one, other| breadth(one) < breadth(other));
        for kind in sorted {
            match self.value(*kind, value.clone(), path) {
                Ok(value) => return Ok(value),
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.unwrap_or_else(|| match kinds.first() {
            Some(Kind::List(_)) => Error::invalid_array(&path.text()),
            _ => Error::invalid_object(&path.text()),
        }))
    }

    fn union_of_parts(self, kinds: &[Kind], value: Value, path: &Path) -> Fit {
        let list = kinds.iter().find(|kind| matches!(kind, Kind::List(_)));
        let is_list = match &value {
            Value::List(_) => true,
            Value::Map(map) => {
                !map.is_empty() && map.keys().all(|name| name.parse::<usize>().is_ok())
            }
            _ => false,
        };
        if let (Some(kind), true) = (list, is_list) {
            return self.value(*kind, value, path);
        }
        let knows_all = |kind: &&Kind| match (kind, &value) {
            (Kind::Object(shape), Value::Map(map)) => {
                map.keys().all(|name| self.field(*shape, name).is_some())
            }
            (Kind::Map(_), Value::Map(_)) => true,
            _ => false,
        };
        let hash = kinds.iter().find(knows_all);
        let hash = hash.or_else(|| kinds.iter().find(|kind| matches!(kind, Kind::Object(_))));
        match hash.or(list).or(kinds.first()) {
            // Older versions' types write a bank account, a card and a token as one hash, in which
            // everything is required.
            Some(Kind::Object(shape)) if self.is_several(*shape) => Ok(plain(value)),
            Some(kind) => self.value(*kind, value, path),
            None => Ok(value),
        }
    }

    fn is_several(self, shape: Shape) -> bool {
        ["account_number", "number", "token"].iter().all(|name| self.field(shape, name).is_some())
    }

    /// The paths to expand, for operations whose table does not name the parameter.
    fn expand(self, value: Value, path: &Path) -> Outcome<Value> {
        if value.is_empty_string() && self.mode != Mode::Off {
            return Err(Error::parameter_empty("expand"));
        }
        let value = match self.list(Kind::Str, value.clone(), path) {
            Err(_) if self.mode == Mode::Off => value,
            checked => checked?,
        };
        Ok(value)
    }
}

/// How many letters must be added, removed or replaced to make one name of the other (Levenshtein).
fn edits(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (place, wanted) in other.bytes().enumerate() {
            let replaced = diagonal + usize::from(letter != wanted);
            diagonal = row[place + 1];
            row[place + 1] = replaced.min(row[place] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

/// Whether a path is that of `expand`, which every operation takes though not every table has it.
fn is_expand(path: &Path) -> bool {
    path.parent.is_none() && matches!(path.step, Step::Name("expand"))
}

/// Texts that stand for something that has to be there: Stripe answers an empty one with
/// "cannot be unset". Every other text may be emptied, on creation too: recorded.
static NEVER_EMPTY: &[&str] = &[
    "account",
    "charge",
    "country",
    "currency",
    "customer",
    "destination",
    "ending_before",
    "invoice",
    "payment_intent",
    "payment_method",
    "plan",
    "price",
    "product",
    "setup_intent",
    "starting_after",
    "subscription",
];

fn can_be_unset(field: &Field) -> bool {
    let is_text = matches!(field.kind, Kind::Str);
    let is_list = matches!(field.kind, Kind::Map(_));
    field.emptyable
        || field.name == "metadata"
        || (is_text || is_list) && field.optional && NEVER_EMPTY.binary_search(&field.name).is_err()
}

fn refuse_long_metadata(name: &str, text: &str, path: &Path) -> Outcome<()> {
    if METADATA_KEY < name.len() && METADATA_KEY < name.chars().count() {
        return Err(Error::metadata_key_too_long(&path.text(), name, METADATA_KEY));
    }
    if METADATA_VALUE < text.len() && METADATA_VALUE < text.chars().count() {
        return Err(Error::metadata_value_too_long(&path.text(), text, METADATA_VALUE));
    }
    Ok(())
}

fn keys_out_of_order(map: &Map, path: &Path) -> Box<Error> {
    let mut keys: Vec<String> = map.keys().map(ToString::to_string).collect();
    let place = |key: &str| key.parse::<usize>().unwrap_or(usize::MAX);
    order::sort(&mut keys, &|one, other| place(one) < place(other));
    let expected = (0..).zip(&keys).find(|(at, key)| key.parse() != Ok(*at));
    Error::array_keys(&path.text(), &keys, expected.map_or(0, |(at, _)| at))
}

fn integer(value: Value, path: &Path) -> Fit {
    match value {
        Value::Int(_) => Ok(value),
        Value::Str(text) | Value::Decimal(text) => match text.parse::<i64>() {
            Ok(number) if !text.starts_with('+') => Ok(Value::Int(number)),
            _ => Err(Error::invalid_integer(&path.text(), &text)),
        },
        other => Err(Error::invalid_integer(&path.text(), &dumped(&other))),
    }
}

/// A number that may have a fraction.
fn fraction(value: Value, path: &Path) -> Fit {
    match value {
        Value::Int(_) | Value::Decimal(_) => Ok(value),
        Value::Str(text) => match text.parse::<i64>() {
            Ok(number) if !text.starts_with('+') => Ok(Value::Int(number)),
            _ if is_decimal(&text) => Ok(Value::Decimal(text)),
            _ => Err(Error::invalid_decimal(&path.text(), &text)),
        },
        other => Err(Error::invalid_decimal(&path.text(), &dumped(&other))),
    }
}

/// A number written as text, such as `unit_amount_decimal`.
fn decimal(value: Value, path: &Path) -> Fit {
    match value {
        Value::Int(number) => Ok(Value::Str(number.to_string().into())),
        Value::Str(text) | Value::Decimal(text) if is_decimal(&text) => {
            match text.split_once('.').is_some_and(|(_, part)| MOST_PLACES < part.len()) {
                true => Err(Error::too_many_places(&path.text(), &text, MOST_PLACES)),
                false => Ok(Value::Str(text)),
            }
        }
        Value::Str(text) => Err(Error::invalid_decimal(&path.text(), &text)),
        other => Err(Error::invalid_decimal(&path.text(), &dumped(&other))),
    }
}

fn boolean(value: Value, path: &Path) -> Fit {
    match value {
        Value::Bool(_) => Ok(value),
        Value::Str(text) => match text.as_ref() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            other => Err(Error::invalid_boolean(&path.text(), other)),
        },
        other => Err(Error::invalid_boolean(&path.text(), &dumped(&other))),
    }
}

/// What is wrong with a statement descriptor.
fn descriptor_fault(text: &str) -> Option<String> {
    if let Some(bad) = text.chars().find(|letter| matches!(letter, '<' | '>' | '\\' | '"' | '\'')) {
        return Some(format!("cannot include {bad}"));
    }
    let has_letter = text.bytes().any(|byte| byte.is_ascii_alphabetic());
    (!has_letter).then(|| "must contain at least one Latin character".to_string())
}

/// What [`MOST`] says of a parameter.
fn most_of(path: &Path) -> Option<usize> {
    MOST.iter().find(|(name, _)| *name == path.name()).map(|(_, most)| *most)
}

/// How many characters a text has at most.
fn longest_text(path: &Path) -> usize {
    if path.is_within("evidence") {
        return LONGEST_EVIDENCE;
    }
    if path.is_within("marketing_features") {
        return LONGEST_FEATURE;
    }
    most_of(path).unwrap_or(LONGEST_TEXT)
}

/// `-12`, `12.5`; no exponent, no blanks.
fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    match text.split_once('.') {
        Some((whole, part)) => (whole.is_empty() || digits(whole)) && digits(part),
        None => digits(text),
    }
}

/// Stripe's own rule is not published; this one refuses what no rule accepts.
fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.rsplit_once('@') else { return false };
    !name.is_empty() && !domain.is_empty() && !text.contains(char::is_whitespace)
}

/// Whether a URL begins with a scheme, such as `https:` or the `myapp:` of a phone.
fn has_scheme(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(inside)
    })
}

fn is_composite(kind: &Kind) -> bool {
    matches!(kind, Kind::Object(_) | Kind::List(_) | Kind::Map(_))
}

/// How much a kind takes: those that take little are tried first.
fn breadth(kind: &Kind) -> u8 {
    match kind {
        Kind::Enum(_) => 0,
        Kind::Bool | Kind::True => 1,
        Kind::Int => 2,
        Kind::Float | Kind::Decimal => 3,
        _ => 4,
    }
}

/// A value no table describes: maps of places become lists, all the way down.
fn plain(value: Value) -> Value {
    match listed(value) {
        Value::List(items) => Value::List(items.into_iter().map(plain).collect()),
        Value::Map(mut map) => {
            let inner = Rc::make_mut(&mut map);
            inner.iter_mut().for_each(|(_, value)| *value = plain(std::mem::take(value)));
            Value::Map(map)
        }
        scalar => scalar,
    }
}

fn dumped(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// `items[0][price]` as `items[price]`.
fn without_places(path: &str) -> String {
    let mut parts = path.split('[').map(|part| part.trim_end_matches(']'));
    let mut text = parts.next().unwrap_or("").to_string();
    for name in parts.filter(|part| part.parse::<usize>().is_err()) {
        text.push('[');
        text.push_str(name);
        text.push(']');
    }
    text
}

/// Parameters Stripe takes without publishing them, each with a published one beside it, by which
/// its operation is known. Recorded in versions up to 2025-03-31.
static UNPUBLISHED: &[(&str, &str)] = &[
    // Creating and updating accounts.
    ("bank_account", "tos_acceptance"),
    ("individual[nationality]", "ssn_last_4"),
    // Creating and updating customers.
    ("card", "invoice_prefix"),
    // Creating, updating and confirming intents. Only clients publish it.
    ("payment_method_data[card]", "us_bank_account"),
    // Creating and updating subscriptions: a single item, as before there were several.
    ("plan", "trial_settings"),
    ("quantity", "trial_settings"),
];

/// What an unpublished parameter holds, where the path is one's.
fn unpublished(shape: Shape, path: &Path) -> Option<Kind> {
    let text = path.text();
    let (_, beside) = UNPUBLISHED.iter().find(|(unpublished, _)| *unpublished == text)?;
    shape.field(beside)?;
    match text.as_str() {
        "quantity" => Some(Kind::Int),
        "payment_method_data[card]" => {
            operation("paymentMethods.create")?.params().field("card").map(|card| card.kind)
        }
        _ => Some(Kind::Any),
    }
}

/// The oldest version the tables know; requests of older ones are held against it.
const OLDEST_TABLES: &str = "2023-10-16";

/// Parameters of versions before the tables', without places in lists. They are taken and mean
/// nothing here, so that suites pinned to an old version still run.
///
/// Differs from Stripe: a version older than 2023-10-16 has only those of its own time.
static BYGONE: &[&str] = &[
    "account_balance",
    "allowed_source_types",
    "billing",
    "coupon",
    "items[tax_percent]",
    "legal_entity",
    "line_items[amount]",
    "line_items[currency]",
    "line_items[description]",
    "line_items[images]",
    "line_items[name]",
    "prorate",
    "prorations",
    "requested_capabilities",
    "save_payment_method",
    "shipping_rates",
    "source",
    "subscription_data[coupon]",
    "subscription_data[items]",
    "tax_info",
    "tax_percent",
    "trial_from_plan",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::form::Form;
    use crate::schema;

    const NOW: &str = "2026-10-28.endive";

    fn checked_as(operation: &str, form: &str, version: &str, mode: Mode) -> Outcome<String> {
        let shape = schema::operation(operation).expect("a published operation").params();
        let mut read = Form::default();
        read.read(form.as_bytes())?;
        let checked = check(shape, read.finish(), Versions::of(version), mode)?;
        Ok(serde_json::to_string(&checked).unwrap())
    }

    fn checked(operation: &str, form: &str) -> Outcome<String> {
        checked_as(operation, form, NOW, Mode::Strict)
    }

    /// Forms of recorded requests, and what the answers show they were understood as.
    #[test]
    fn values_take_the_types_of_the_table() {
        let table = [
            (
                "customers.create",
                "email=a@b.co&metadata[tier]=1&preferred_locales[1]=en&preferred_locales[0]=de",
                r#"{"email":"a@b.co","metadata":{"tier":"1"},"preferred_locales":["de","en"]}"#,
            ),
            (
                "paymentIntents.create",
                "amount=1000&currency=USD&confirm=true",
                r#"{"amount":1000,"currency":"usd","confirm":true}"#,
            ),
            (
                "paymentIntents.update",
                "payment_method_data[type]=card&payment_method_data[card][exp_month]=4",
                r#"{"payment_method_data":{"type":"card","card":{"exp_month":4}}}"#,
            ),
            (
                "prices.create",
                "currency=eur&unit_amount_decimal=0.5&recurring[interval]=day",
                r#"{"currency":"eur","unit_amount_decimal":"0.5","recurring":{"interval":"day"}}"#,
            ),
            ("coupons.create", "percent_off=12.5", r#"{"percent_off":12.5}"#),
            ("coupons.create", "percent_off=25", r#"{"percent_off":25}"#),
            ("customers.list", "limit=1000&created[gt]=5", r#"{"limit":100,"created":{"gt":5}}"#),
            ("customers.list", "limit=0&created=5", r#"{"limit":1,"created":5}"#),
            ("customers.list", "limit=-3", r#"{"limit":1}"#),
            ("customers.list", "expand[]=data.sources", r#"{"expand":["data.sources"]}"#),
            ("subscriptions.update", "trial_end=now", r#"{"trial_end":"now"}"#),
            ("subscriptions.update", "trial_end=1800000000", r#"{"trial_end":1800000000}"#),
            (
                "subscriptions.update",
                "items[0][price]=p&items[0][quantity]=2",
                r#"{"items":[{"price":"p","quantity":2}]}"#,
            ),
            (
                "subscriptions.update",
                "items[][price]=p&items[][quantity]=2",
                r#"{"items":[{"price":"p","quantity":2}]}"#,
            ),
        ];
        for (operation, form, json) in table {
            let got = checked(operation, form).map_err(|error| error.message);
            assert_eq!(got.as_deref(), Ok(json), "{operation} {form}");
        }
    }

    /// Recorded: all of these were answered with 200, and the fields were null afterwards.
    #[test]
    fn an_empty_text_means_unset() {
        let table = [
            ("customers.create", "description=&name="),
            ("customers.update", "metadata=&address="),
            ("customers.update", "metadata[a]="),
            ("subscriptions.update", "default_payment_method=&pause_collection="),
            ("subscriptions.update", "default_tax_rates="),
            ("accounts.create", "business_profile[product_description]="),
        ];
        for (operation, form) in table {
            let got = checked(operation, form).map_err(|error| error.message);
            assert!(got.as_ref().is_ok_and(|json| json.contains(":\"\"")), "{form}: {got:?}");
        }
    }

    /// (operation, form, message, param)
    type Refusals<'t> = &'t [(&'t str, &'t str, &'t str, &'t str)];

    fn assert_refused(table: Refusals) {
        for (operation, form, message, param) in table {
            let error = checked(operation, form).expect_err(form);
            assert_eq!(error.message, *message, "{form}");
            assert_eq!(error.param.as_deref(), Some(*param), "{form}");
            assert_eq!(error.status, 400, "{form}");
        }
    }

    const INTENT: &str = "paymentIntents.create";

    /// Messages as in public issue threads and recordings.
    #[test]
    fn names_nobody_knows_are_refused_first() {
        assert_refused(&[
            (INTENT, "wat=1&amount=1&currency=usd", "Received unknown parameter: wat", "wat"),
            (INTENT, "wat=1&amount=x&huh=2", "Received unknown parameters: wat, huh", "wat"),
            (
                "prices.create",
                "%22recurring[interval]=month",
                "Received unknown parameter: \"recurring. Did you mean recurring?",
                "\"recurring",
            ),
            (
                "customers.update",
                "invoice_settings[nope]=1",
                "Received unknown parameter: invoice_settings[nope]",
                "invoice_settings[nope]",
            ),
            (
                "customers.create",
                "__proto__[a]=1",
                "Received unknown parameter: __proto__",
                "__proto__",
            ),
            (
                "subscriptions.create",
                "items[0][nope]=x",
                "Received unknown parameter: items[0][nope]",
                "items[0][nope]",
            ),
        ]);
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_refused(&[
            (INTENT, "currency=usd", "Missing required param: amount.", "amount"),
            (INTENT, "amount=1", "Missing required param: currency.", "currency"),
            ("customers.search", "", "Missing required param: query.", "query"),
            (
                "prices.create",
                "currency=usd&recurring[usage_type]=metered",
                "Missing required param: recurring[interval].",
                "recurring[interval]",
            ),
        ]);
    }

    #[test]
    fn values_of_another_type_are_refused() {
        let large = "99999999999999999999";
        assert_refused(&[
            (INTENT, "amount=abc", "Invalid integer: abc", "amount"),
            (INTENT, "amount=12.5", "Invalid integer: 12.5", "amount"),
            (INTENT, "amount=%2B1", "Invalid integer: +1", "amount"),
            (INTENT, &format!("amount={large}"), &format!("Invalid integer: {large}"), "amount"),
            (INTENT, "amount[a]=1", "Invalid integer: {\"a\":\"1\"}", "amount"),
            (INTENT, "confirm=maybe", "Invalid boolean: maybe", "confirm"),
            (INTENT, "description[0]=a", "Invalid string: {\"0\":\"a\"}", "description"),
            (
                INTENT,
                "excluded_payment_method_types=a",
                "Invalid array",
                "excluded_payment_method_types",
            ),
            (INTENT, "shipping=x", "Invalid object", "shipping"),
            (INTENT, "metadata=x", "Invalid object", "metadata"),
            ("prices.create", "unit_amount_decimal=x", "Invalid decimal: x", "unit_amount_decimal"),
            ("customers.list", "limit=abc", "Invalid integer: abc", "limit"),
            (
                "subscriptions.create",
                "items[0][quantity]=x",
                "Invalid integer: x",
                "items[0][quantity]",
            ),
            (
                "customers.retrieve",
                "expand[1]=a",
                "If passing an array with explicit keys (e.g. foo[0]=a&foo[1]=b) instead of as an \
                array (e.g. foo[]=a&foo[]=b), the keys must be numeric and sequential starting \
                from 0. You passed the keys `1`, we expected to have a key with the value `0`.",
                "expand",
            ),
        ]);
    }

    #[test]
    fn values_of_the_right_type_may_still_be_wrong() {
        assert_refused(&[
            (
                INTENT,
                "capture_method=later",
                "Invalid capture_method: must be one of automatic, automatic_async, or manual",
                "capture_method",
            ),
            (
                "invoices.list",
                "status=nope",
                "Invalid status: must be one of draft, open, void, paid, or uncollectible",
                "status",
            ),
            (
                INTENT,
                "amount=",
                "You passed an empty string for 'amount'. We assume empty values are an attempt to \
                unset a parameter; however 'amount' cannot be unset. You should remove 'amount' \
                from your request or supply a non-empty value.",
                "amount",
            ),
            (
                INTENT,
                "currency=",
                "You passed an empty string for 'currency'. We assume empty values are an attempt \
                to unset a parameter; however 'currency' cannot be unset. You should remove \
                'currency' from your request or supply a non-empty value.",
                "currency",
            ),
            (INTENT, "receipt_email=x", "Invalid email address: x", "receipt_email"),
            (
                INTENT,
                "return_url=/x",
                "Invalid URL: An explicit scheme (such as https) must be provided.",
                "return_url",
            ),
            (
                INTENT,
                "statement_descriptor=12345678901234567890123",
                "The statement descriptor must be at most 22 characters.",
                "statement_descriptor",
            ),
        ]);
        let unknown = checked(INTENT, "currency=xyz").unwrap_err();
        let start =
            "Invalid currency: xyz. Stripe currently supports these currencies: usd, aed, afn,";
        assert!(unknown.message.starts_with(start), "{}", unknown.message);
    }

    #[test]
    fn edits_are_counted() {
        let table = [
            ("", "", 0),
            ("", "ab", 2),
            ("emial", "email", 2),
            ("amout", "amount", 1),
            ("a", "b", 1),
        ];
        for (one, other, count) in table {
            assert_eq!((edits(one, other), edits(other, one)), (count, count), "{one} {other}");
        }
    }

    #[test]
    fn metadata_has_limits() {
        let many: String = (0..51).map(|n| format!("metadata[k{n}]=v&")).collect();
        let table = [
            (many, "Metadata can have up to 50 keys, but you've set 51".to_string()),
            (
                format!("metadata[{}]=v", "k".repeat(41)),
                format!(
                    "Metadata keys can have up to 40 characters, but you passed in a key that is \
                     41 characters. Invalid key: {}",
                    "k".repeat(41)
                ),
            ),
            (
                format!("metadata[k]={}", "v".repeat(501)),
                format!(
                    "Metadata values can have up to 500 characters, but you passed in a value that \
                     is 501 characters. Invalid value: {}",
                    "v".repeat(501)
                ),
            ),
        ];
        for (form, message) in table {
            assert_eq!(checked("customers.create", &form).expect_err(&form).message, message);
        }
        assert!(checked("customers.create", &format!("metadata[k]={}", "é".repeat(500))).is_ok());
    }

    #[test]
    fn without_validation_nothing_is_refused() {
        let table = [
            ("amount=abc&wat[0]=1&wat[1]=2", r#"{"amount":"abc","wat":["1","2"]}"#),
            (
                "amount=5&confirm=maybe&shipping=x",
                r#"{"amount":5,"confirm":"maybe","shipping":"x"}"#,
            ),
            ("metadata=x&expand=y", r#"{"metadata":"x","expand":"y"}"#),
            (
                "shipping[address][wat]=1&shipping[name]=",
                r#"{"shipping":{"address":{"wat":"1"},"name":""}}"#,
            ),
            ("allowed_payment_method_types[1]=a", r#"{"allowed_payment_method_types":{"1":"a"}}"#),
        ];
        for (form, json) in table {
            let got = checked_as("paymentIntents.create", form, NOW, Mode::Off);
            assert_eq!(got.map_err(|error| error.message).as_deref(), Ok(json), "{form}");
        }
        let got = checked_as("customers.list", "limit=abc", NOW, Mode::Off);
        assert_eq!(got.map_err(|error| error.message).as_deref(), Ok(r#"{"limit":10}"#));
    }

    #[test]
    fn a_library_call_may_set_what_only_the_server_sets() {
        let shape = schema::operation("customers.create").unwrap().params();
        let given = crate::map! {
            "id": "c",
            "created": 5,
            "email": "a@b",
            "description": Value::Null,
            "metadata": crate::map! {"n": 1, "t": true},
            "plan_id": Value::Null,
        };
        let checked = check(shape, given, Versions::of(NOW), Mode::Library).unwrap();
        assert_eq!(
            serde_json::to_string(&checked).unwrap(),
            r#"{"id":"c","created":5,"email":"a@b","metadata":{"n":"1","t":"true"},"plan_id":null}"#
        );
        let wrong = crate::map! {"balance": "many"};
        let error = check(shape, wrong, Versions::of(NOW), Mode::Library).unwrap_err();
        assert_eq!(error.message, "Invalid integer: many");
    }

    /// stripe-node 23.0.0 renamed `payment_method_types` and made a hash of `billing_cycle_anchor`.
    #[test]
    fn each_version_has_its_own_parameters() {
        let types = "amount=1&currency=usd&payment_method_types[]=card";
        let anchor = "billing_cycle_anchor=now";
        let table = [
            ("paymentIntents.create", types, "2026-06-24.dahlia", true),
            ("paymentIntents.create", types, NOW, false),
            ("subscriptions.update", anchor, "2026-06-24.dahlia", true),
            ("subscriptions.update", anchor, NOW, false),
            ("subscriptions.update", "plan=p&quantity=2", "2024-06-20", true),
        ];
        for (operation, form, version, taken) in table {
            let got = checked_as(operation, form, version, Mode::Strict);
            assert_eq!(got.is_ok(), taken, "{form} in {version}: {got:?}");
        }
    }

    #[test]
    fn a_library_call_takes_objects_for_ids_and_lists_as_objects_have_them() {
        let shape = schema::operation("subscriptions.create").unwrap().params();
        let price = crate::map! {"id": "price_1", "object": "price"};
        let items: Value = vec![crate::map! {"price": price, "quantity": 2}.into()].into();
        let given = crate::map! {
            "customer": crate::map! {"id": "cus_1", "object": "customer"},
            "items": crate::map! {"object": "list", "data": items},
        };
        let checked = check(shape, given, Versions::of(NOW), Mode::Library).unwrap();
        let json = r#"{"customer":"cus_1","items":[{"price":"price_1","quantity":2}]}"#;
        assert_eq!(serde_json::to_string(&checked).unwrap(), json);
    }

    #[test]
    fn bygone_parameters_are_taken_in_bygone_versions_only() {
        let form = "customer=c&items[0][price]=p&tax_percent=7";
        assert!(checked_as("subscriptions.create", form, "2019-05-16", Mode::Strict).is_ok());
        let error = checked("subscriptions.create", form).unwrap_err();
        assert_eq!(error.message, "Received unknown parameter: tax_percent");
    }

    #[test]
    fn the_list_of_bygone_parameters_is_in_order() {
        assert!(BYGONE.is_sorted());
        assert!(NEVER_EMPTY.is_sorted());
    }
}

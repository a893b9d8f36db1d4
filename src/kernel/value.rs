//! The one representation of data: what a request carries, what the store keeps, what a reply shows.
//!
//! serde_json and serde-wasm-bindgen read and write it through serde. Maps keep their order, because
//! Stripe's answers have one: `id`, `object`, then the fields by name.

use crate::finder::Finder;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::rc::Rc;

pub use crate::text::Text;
pub use pool::Pool;

mod pool;

/// One piece of data.
#[derive(Clone, Debug, Default)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    /// Every amount, quantity and unix time.
    Int(i64),
    /// A number with a fraction, kept as the text it is written with, such as `12.5`.
    Decimal(Text),
    Str(Text),
    List(Vec<Value>),
    /// A map, which others may hold as well: a whole stored object, shown without copying it in replies,
    /// expansions and events, or a part of one that its versions have in common.
    Map(Rc<Map>),
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Decimal(a), Value::Decimal(b)) | (Value::Str(a), Value::Str(b)) => a == b,
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Map(a), Value::Map(b)) => Rc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}

/// Named values in order. Lookups are linear: Stripe's objects have few fields. Copies have the list of
/// names in common, and all maps that are written in the same place of the program.
#[derive(Clone, Debug)]
pub struct Map {
    names: Names,
    /// As many as there are names.
    values: Values,
}

/// The values of a map, in the order of its names.
#[derive(Clone, Debug)]
enum Values {
    All(Vec<Value>),
    /// Those of another map, which has them all, but for some, by place.
    Over(Rc<Map>, Box<[(u32, Value)]>),
}

/// The names of a map, no two of which are the same.
#[derive(Clone, Debug)]
enum Names {
    Fixed(&'static [Text]),
    Own(Rc<Vec<Text>>),
}

impl Default for Map {
    fn default() -> Map {
        Map::new()
    }
}

impl Names {
    #[inline]
    fn all(&self) -> &[Text] {
        match self {
            Names::Fixed(names) => names,
            Names::Own(names) => names,
        }
    }

    /// The names, to add to or take from. `capacity` is how many are expected.
    fn own(&mut self, capacity: usize) -> &mut Vec<Text> {
        if let Names::Fixed(fixed) = self {
            let mut names = Vec::with_capacity(capacity.max(fixed.len()));
            names.extend_from_slice(fixed);
            *self = Names::Own(Rc::new(names));
        }
        match self {
            Names::Own(names) => Rc::make_mut(names),
            Names::Fixed(_) => unreachable!("they were made the map's own above"),
        }
    }

    fn is_same(&self, other: &Names) -> bool {
        let (a, b) = (self.all(), other.all());
        std::ptr::eq(a, b) || a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
    }
}

impl PartialEq for Map {
    fn eq(&self, other: &Map) -> bool {
        self.names.is_same(&other.names)
            && self.iter().zip(other.iter()).all(|((_, one), (_, other))| one == other)
    }
}

/// Whether two texts are the same. Names differ in length or in their last letter, nearly always, and
/// those that are equal are mostly the same place in the program: so few are compared whole.
#[inline]
pub fn is_same(one: &str, other: &str) -> bool {
    let (a, b) = (one.as_bytes(), other.as_bytes());
    a.len() == b.len() && (a.as_ptr() == b.as_ptr() || a.last() == b.last() && a == b)
}

/// What a lookup of something absent gives.
const NULL: &Value = &Value::Null;

impl Map {
    pub const fn new() -> Self {
        Map { names: Names::Fixed(&[]), values: Values::All(Vec::new()) }
    }

    pub fn with_capacity(capacity: usize) -> Self {
        let values = Values::All(Vec::with_capacity(capacity));
        Map { names: Names::Fixed(&[]), values }
    }

    /// A map of as many values as there are names: what [`map!`](crate::map) makes.
    pub fn of(names: &'static [Text], values: Vec<Value>) -> Self {
        debug_assert_eq!(names.len(), values.len());
        Map { names: Names::Fixed(names), values: Values::All(values) }
    }

    pub fn len(&self) -> usize {
        self.names.all().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Where that name stands.
    #[inline(never)]
    fn place(&self, name: &str) -> Option<usize> {
        self.names.all().iter().position(|key| is_same(key, name))
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.place(name).map(|place| self.value(place))
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.place(name).map(|place| &mut self.all()[place])
    }

    #[inline]
    fn value(&self, place: usize) -> &Value {
        match &self.values {
            Values::All(values) => &values[place],
            Values::Over(base, changed) => {
                let value = changed.iter().find(|(at, _)| *at as usize == place);
                value.map_or_else(|| base.value(place), |(_, value)| value)
            }
        }
    }

    /// The values of a map that has them all.
    fn slice(&self) -> &[Value] {
        match &self.values {
            Values::All(values) => values,
            Values::Over(..) => unreachable!("what others lie over has all its values"),
        }
    }

    /// All values, to change.
    fn all(&mut self) -> &mut Vec<Value> {
        if let Values::Over(..) = &self.values {
            self.values = Values::All(self.iter().map(|(_, value)| value.clone()).collect());
        }
        match &mut self.values {
            Values::All(values) => values,
            Values::Over(..) => unreachable!("they were made the map's own above"),
        }
    }

    /// The same map, kept as what is different from a former version of it, where that is little.
    #[inline(never)]
    pub fn over(self, former: &Rc<Map>) -> Map {
        let base = match &former.values {
            Values::All(_) => former,
            Values::Over(base, _) => base,
        };
        if !self.names.is_same(&base.names) {
            return self;
        }
        let most = self.len() / 3;
        let mut changed = Vec::new();
        for (place, ((_, new), old)) in (0..).zip(self.iter().zip(base.slice())) {
            if new != old {
                changed.push((place, new.clone()));
            }
            if most < changed.len() {
                return self;
            }
        }
        Map { names: base.names.clone(), values: Values::Over(base.clone(), changed.into()) }
    }

    /// Like [`Map::get`], looked for at a place first: where two maps are gone through side by side.
    pub fn get_near(&self, place: usize, name: &str) -> Option<&Value> {
        match self.names.all().get(place) {
            Some(key) if is_same(key, name) => Some(self.value(place)),
            _ => self.get(name),
        }
    }

    /// The value of that name, or null.
    pub fn at(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(NULL)
    }

    /// The text of that name; empty where it is absent or no text.
    pub fn str(&self, name: &str) -> &str {
        self.at(name).as_str().unwrap_or("")
    }

    /// The integer of that name; 0 where it is absent or no integer.
    pub fn int(&self, name: &str) -> i64 {
        self.at(name).as_int().unwrap_or(0)
    }

    /// Whether the value of that name is `true`.
    pub fn is_true(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::Bool(true)))
    }

    /// Replaces the value of that name, or adds it where Stripe's order puts it: `id` and `object`
    /// first, every other name by the alphabet.
    #[inline]
    pub fn set(&mut self, name: impl Into<Text>, value: impl Into<Value>) {
        self.set_value(name.into(), value.into());
    }

    // Of the bodies below there is one each, however many kinds of names and values they are called
    // with: inlined at every place that builds an object they would double the engine.
    #[inline(never)]
    fn set_value(&mut self, name: Text, value: Value) {
        if let Some(slot) = self.get_mut(&name) {
            *slot = value;
            return;
        }
        let rank = |key: &str| match key {
            "id" => 0,
            "object" => 1,
            _ => 2,
        };
        let before = |key: &Text| (rank(key), key.as_str()) < (rank(&name), name.as_str());
        let place = self.names.all().iter().rposition(before).map_or(0, |at| at + 1);
        self.all().insert(place, value);
        self.names.own(self.len() + 1).insert(place, name);
    }

    /// Replaces the value of that name, or adds it at the end.
    #[inline]
    pub fn push(&mut self, name: impl Into<Text>, value: impl Into<Value>) {
        self.push_value(name.into(), value.into());
    }

    #[inline(never)]
    fn push_value(&mut self, name: Text, value: Value) {
        match self.get_mut(&name) {
            Some(slot) => *slot = value,
            None => self.append_value(name, value),
        }
    }

    /// Adds at the end a name the map is known not to hold yet: for building a map from rows that
    /// are already unique.
    #[inline]
    pub fn append(&mut self, name: impl Into<Text>, value: impl Into<Value>) {
        self.append_value(name.into(), value.into());
    }

    #[inline(never)]
    fn append_value(&mut self, name: Text, value: Value) {
        let values = self.all();
        values.push(value);
        let capacity = values.capacity();
        self.names.own(capacity).push(name);
    }

    #[inline(never)]
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let place = self.place(name)?;
        let value = self.all().remove(place);
        self.names.own(0).remove(place);
        Some(value)
    }

    /// Takes away what `keep` does not hold for.
    pub fn retain(&mut self, mut keep: impl FnMut((&Text, &Value)) -> bool) {
        self.retain_kept(&mut keep);
    }

    #[inline(never)]
    fn retain_kept(&mut self, keep: &mut dyn FnMut((&Text, &Value)) -> bool) {
        let mut place = 0;
        while place < self.len() {
            if keep((&self.names.all()[place], self.value(place))) {
                place += 1;
            } else {
                self.all().remove(place);
                self.names.own(0).remove(place);
            }
        }
    }

    #[inline(never)]
    pub fn iter(&self) -> Iter<'_> {
        let (values, changed): (&[Value], &[(u32, Value)]) = match &self.values {
            Values::All(values) => (values, &[]),
            Values::Over(base, changed) => (base.slice(), changed),
        };
        Iter { names: self.names.all(), values, place: 0, changed }
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Text, &mut Value)> {
        self.all();
        let Values::All(values) = &mut self.values else { unreachable!("see above") };
        self.names.all().iter().zip(values)
    }

    pub fn keys(&self) -> impl Iterator<Item = &Text> {
        self.names.all().iter()
    }

    /// The value at a path of names separated by dots, such as `payment_method_details.card.brand`;
    /// null where any step is absent.
    #[inline(never)]
    pub fn path(&self, path: &str) -> &Value {
        let (mut map, mut rest) = (self, path);
        loop {
            let Some(dot) = rest.bytes().position(|byte| byte == b'.') else {
                return map.at(rest);
            };
            let Some(inner) = map.at(&rest[..dot]).as_map() else { return NULL };
            (map, rest) = (inner, &rest[dot + 1..]);
        }
    }

    /// The map at that name, made empty first where there is none.
    #[inline(never)]
    pub fn map_mut(&mut self, name: &'static str) -> &mut Map {
        if self.get(name).and_then(Value::as_map).is_none() {
            self.set(name, Map::new());
        }
        let map = self.get_mut(name).and_then(Value::as_map_mut);
        map.expect("the map was put there above")
    }
}

/// The names and values of a map.
pub struct Iter<'a> {
    names: &'a [Text],
    values: &'a [Value],
    place: usize,
    /// What stands in place of values that come.
    changed: &'a [(u32, Value)],
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Text, &'a Value);

    // One body for the many places that go through a map.
    #[inline(never)]
    fn next(&mut self) -> Option<(&'a Text, &'a Value)> {
        let place = self.place;
        let (name, mut value) = (self.names.get(place)?, self.values.get(place)?);
        if let [(at, changed), rest @ ..] = self.changed
            && *at as usize == place
        {
            (value, self.changed) = (changed, rest);
        }
        self.place += 1;
        Some((name, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.names.len() - self.place;
        (left, Some(left))
    }
}

/// The names and values of a map that is taken apart.
pub struct Entries {
    names: Names,
    place: usize,
    values: std::vec::IntoIter<Value>,
}

impl Iterator for Entries {
    type Item = (Text, Value);

    fn next(&mut self) -> Option<(Text, Value)> {
        let value = self.values.next()?;
        let name = self.names.all()[self.place].clone();
        self.place += 1;
        Some((name, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.values.size_hint()
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a Text, &'a Value);
    type IntoIter = Iter<'a>;
    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl IntoIterator for Map {
    type Item = (Text, Value);
    type IntoIter = Entries;
    fn into_iter(mut self) -> Entries {
        let values = std::mem::take(self.all());
        Entries { names: self.names, place: 0, values: values.into_iter() }
    }
}

impl FromIterator<(Text, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (Text, Value)>>(rows: I) -> Self {
        collect(&mut rows.into_iter())
    }
}

#[inline(never)]
fn collect(rows: &mut dyn Iterator<Item = (Text, Value)>) -> Map {
    let mut map = Map::with_capacity(rows.size_hint().0);
    for (name, value) in rows {
        map.append_value(name, value);
    }
    map
}

impl Value {
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(value) => Some(*value),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(value) => Some(value),
            _ => None,
        }
    }

    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(value) => Some(value),
            _ => None,
        }
    }

    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(value) => Some(value),
            _ => None,
        }
    }

    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match self {
            Value::Map(value) => Some(Rc::make_mut(value)),
            _ => None,
        }
    }

    /// The map it is, to keep or to change; itself where it is none.
    pub fn into_map(self) -> Result<Map, Value> {
        match self {
            Value::Map(map) => Ok(Rc::unwrap_or_clone(map)),
            other => Err(other),
        }
    }

    /// The id this value stands for: itself where it is text, its `id` where it is an object.
    pub fn as_id(&self) -> Option<&str> {
        match self {
            Value::Str(value) => Some(value),
            _ => self.as_map().and_then(|map| map.at("id").as_str()),
        }
    }

    /// Like [`Value::as_id`], to keep.
    pub fn id_text(&self) -> Option<&Text> {
        let value = self.as_map().map_or(self, |map| map.at("id"));
        match value {
            Value::Str(id) => Some(id),
            _ => None,
        }
    }

    /// What Stripe takes as "unset this": the empty string (or a null sent as JSON).
    pub fn is_empty_string(&self) -> bool {
        matches!(self, Value::Str(text) if text.is_empty())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}
impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Value::Int(value.into())
    }
}
impl From<&'static str> for Value {
    fn from(value: &'static str) -> Self {
        Value::Str(Text::Borrowed(value))
    }
}
impl From<String> for Value {
    #[inline(never)]
    fn from(value: String) -> Self {
        Value::Str(value.into())
    }
}
impl From<Text> for Value {
    fn from(value: Text) -> Self {
        Value::Str(value)
    }
}
impl From<Map> for Value {
    #[inline(never)]
    fn from(value: Map) -> Self {
        Value::Map(Rc::new(value))
    }
}
impl From<Rc<Map>> for Value {
    fn from(value: Rc<Map>) -> Self {
        Value::Map(value)
    }
}
impl From<Vec<Value>> for Value {
    fn from(value: Vec<Value>) -> Self {
        Value::List(value)
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// Builds a [`Map`] with the names in the order they are written.
#[macro_export]
macro_rules! map {
    () => { $crate::value::Map::new() };
    ($($name:literal : $value:expr),+ $(,)?) => {{
        const NAMES: &[$crate::value::Text] = &[$($crate::value::Text::Borrowed($name)),+];
        $crate::value::Map::of(NAMES, vec![$($crate::value::Value::from($value)),+])
    }};
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serializer.serialize_i64(*value),
            Value::Decimal(text) => serializer.serialize_f64(number(text)),
            Value::Str(text) => serializer.serialize_str(text),
            Value::List(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Value::Map(map) => map.serialize(serializer),
        }
    }
}

/// The number a decimal stands for, read as serde_json reads it: its reader is here anyway, the standard
/// library's would bring tables of its own.
fn number(text: &str) -> f64 {
    serde_json::from_slice(text.as_bytes()).unwrap_or(0.0)
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            out.serialize_entry(name.as_ref(), value)?;
        }
        out.end()
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

/// 2^53: beyond it a JavaScript number no longer tells neighbouring integers apart.
const LARGEST_SAFE_INTEGER: f64 = 9_007_199_254_740_992.0;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value)
            .map_or_else(|_| Value::Decimal(value.to_string().into()), Value::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        if value.fract() == 0.0 && value.abs() <= LARGEST_SAFE_INTEGER {
            return Ok(Value::Int(value as i64));
        }
        Ok(Value::Decimal(value.to_string().into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Str(value.to_string().into()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Str(value.into()))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(1024));
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::with_capacity(access.size_hint().unwrap_or(0).min(1024));
        // Past a few names an index finds the repeated ones, so that long objects read in proportion.
        let mut places = Finder::default();
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            if map.len() < 16 {
                map.push(name, value);
                continue;
            }
            if map.len() == 16 {
                places = Finder::default();
                for (at, name) in (0..).zip(map.keys()) {
                    places.add(at, name);
                }
            }
            match places.find(&name, |at| &map.names.all()[at as usize]) {
                Some(at) => map.all()[at as usize] = value,
                None => {
                    places.add(map.len() as u32, &name);
                    map.append(name, value);
                }
            }
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_repeated_names_counts_in_the_first_ones_place() {
        let few: Value = serde_json::from_str(r#"{"a":1,"b":2,"a":3}"#).unwrap();
        assert_eq!(serde_json::to_string(&few).unwrap(), r#"{"a":3,"b":2}"#);
        let rows: Vec<String> = (0..40).map(|n| format!("\"k{}\":{n}", n % 30)).collect();
        let many: Value = serde_json::from_str(&format!("{{{}}}", rows.join(","))).unwrap();
        let many = many.as_map().unwrap();
        assert_eq!(many.len(), 30);
        assert_eq!((many.int("k0"), many.int("k9"), many.int("k10")), (30, 39, 10));
    }

    #[test]
    fn a_version_is_the_same_map_however_it_is_kept() {
        let numbers = |change: i64| -> Map {
            (0..20).map(|n| (Text::from(format!("k{n:02}")), Value::Int(n * change))).collect()
        };
        let first = Rc::new(numbers(1));
        let mut plain = numbers(1);
        plain.set("k03", 300);
        plain.set("k19", 1900);
        let over = plain.clone().over(&first);
        assert!(matches!(over.values, Values::Over(..)));
        assert_eq!((&over, over.int("k03"), over.int("k04")), (&plain, 300, 4));
        assert!(matches!(numbers(2).over(&first).values, Values::All(_)));
        // What is done to one is done to the other.
        let changes: [fn(&mut Map); 5] = [
            |map| map.set("k03", 3),
            |map| map.set("k05a", 5),
            |map| map.push("last", 20),
            |map| assert!(map.remove("k04").is_some()),
            |map| map.retain(|(name, _)| name != "k00"),
        ];
        for change in changes {
            let (mut one, mut other) = (plain.clone(), over.clone());
            change(&mut one);
            change(&mut other);
            assert_eq!(one, other);
            assert!(one.into_iter().eq(other.into_iter()));
        }
    }

    #[test]
    fn long_objects_are_read_in_proportion_to_their_length() {
        let rows: Vec<String> = (0..100_000).map(|n| format!("\"k{n}\":{n}")).collect();
        let read: Value = serde_json::from_str(&format!("{{{}}}", rows.join(","))).unwrap();
        assert_eq!(read.as_map().map(Map::len), Some(100_000));
    }
}

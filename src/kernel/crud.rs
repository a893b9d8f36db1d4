//! The generic verbs: what four operations in five do, told by the tables alone.
//!
//! Domains build on the pieces: [`draft`] makes a new object from the tables and the parameters,
//! [`apply`] lays parameters over an object, [`load`] gets the object a path names.

use crate::call::{Body, Call, Method, Origin};
use crate::errors::{Error, Outcome};
use crate::filter::Filter;
use crate::map;
use crate::page;
use crate::resources::{self, Birth, Deleted, Resource};
use crate::schema::{self, Answer, Field, Kind, Object, Objects, Routed, Shape};
use crate::search;
use crate::store::Tx;
use crate::store::tx::{Listing, Template};
use crate::time;
use crate::value::{Map, Text, Value};
use std::rc::Rc;

/// How many objects a list shows where `limit` is not given.
const DEFAULT_LIMIT: usize = 10;
/// The same for lists of v2.
const DEFAULT_LIMIT_V2: usize = 20;

// The verbs.

/// Creates an object from the tables and the parameters.
pub fn create(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    parent(tx, call)?;
    let object = draft(tx, call)?;
    Ok(keep(tx, object))
}

/// Gives the object the path names, or what is left of it.
pub fn retrieve(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    if call.ids.is_empty() {
        return singleton(tx, call).map(|object| told(&object, kind(call)));
    }
    let kind = kind(call);
    let id = call.id(call.ids.len() - 1);
    let resource = resource(kind);
    if resource.deleted == Deleted::Stub {
        if let Some(stub) = tx.stub(kind.name(), id) {
            return Ok(stub.clone().into());
        }
    }
    found(tx, call, kind).map(Into::into)
}

/// Lays the parameters over the object the path names.
pub fn update(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let kind = kind(call);
    let mut object = match call.ids.is_empty() {
        true => Map::clone(&*singleton(tx, call)?),
        false => load(tx, call)?,
    };
    apply(tx, kind.shape(), &mut object, &call.params, "")?;
    Ok(told(&tx.save(object), kind))
}

/// An object as it is answered: without the id it is kept under, where its type has none.
fn told(object: &Rc<Map>, kind: Object) -> Body {
    if kind.shape().field("id").is_some() {
        return object.clone().into();
    }
    let mut object = Map::clone(object);
    object.remove("id");
    object.into()
}

/// Deletes the object the path names.
pub fn delete(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let kind = kind(call);
    let object = found(tx, call, kind)?;
    Ok(tx.delete(kind.name(), object.str("id")).into())
}

/// Lists the objects of a type, newest first, that the filters let through.
pub fn list(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    parent(tx, call)?;
    list_where(tx, call, |_| true)
}

/// Like [`list`], of those objects for which `keep` holds.
pub fn list_where(tx: &mut Tx<'_>, call: &Call, keep: impl Fn(&Map) -> bool) -> Outcome<Body> {
    list_kept(tx, call, &keep)
}

fn list_kept(tx: &mut Tx<'_>, call: &Call, keep: &dyn Fn(&Map) -> bool) -> Outcome<Body> {
    let kind = kind(call);
    let filters = filters(tx, call, kind)?;
    let index = filters.iter().find_map(Filter::index);
    let default = if call.is_v2() { DEFAULT_LIMIT_V2 } else { DEFAULT_LIMIT };
    let cursor = |name| call.params.at(name).as_str();
    let (after, before) = (cursor("starting_after"), cursor("ending_before"));
    if after.is_some() && before.is_some() {
        return Err(Error::both_cursors());
    }
    let page_token = cursor("page").map(page::read).transpose()?;
    let listing = Listing {
        object: kind.name(),
        index: index.as_ref().map(|(path, value)| (path.as_ref(), value.as_ref())),
        after: after.or(page_token.as_deref()),
        before,
        limit: call
            .params
            .at("limit")
            .as_int()
            .map_or(default, |limit| limit.clamp(1, 100) as usize),
    };
    let mut keep = |object: &Map| keep(object) && filters.iter().all(|filter| filter.lets(object));
    let page = tx.list(&listing, &mut keep).map_err(|cursor| {
        let param = if after.is_some() { "starting_after" } else { "ending_before" };
        Error::no_such_reference(resource(kind).noun, &cursor, param)
    })?;
    if call.is_v2() {
        return Ok(page_v2(call, page.objects, page.has_more).into());
    }
    let data: Vec<Value> = page.objects.into_iter().map(Value::Map).collect();
    Ok(list_of(data, page.has_more, call.path.clone()).into())
}

/// Finds the objects that a query of the search language matches.
pub fn search(tx: &mut Tx<'_>, call: &Call) -> Outcome<Body> {
    let kind = kind(call);
    let plural = call.path.split('/').nth(2).unwrap_or("");
    let resource = resource(kind);
    let query = search::parse(call.params.str("query"), plural, resource.search)?;
    let query = query.along(resource.filters);
    let page = call.params.at("page").as_str().map(page::read).transpose()?;
    let listing = Listing {
        object: kind.name(),
        index: None,
        after: page.as_deref(),
        before: None,
        limit: call
            .params
            .at("limit")
            .as_int()
            .map_or(DEFAULT_LIMIT, |limit| limit.clamp(1, 100) as usize),
    };
    let page = tx
        .list(&listing, &mut |object| query.matches(object))
        .map_err(|_| Error::invalid_page(call.params.str("page")))?;
    let next = page.objects.last().filter(|_| page.has_more);
    let next = next.map(|object| page::after(object.str("id")));
    let mut answer = map! {
        "object": "search_result",
        "data": page.objects.into_iter().map(Value::Map).collect::<Vec<_>>(),
        "has_more": page.has_more,
        "next_page": next,
        "url": call.path.clone(),
    };
    if call.expands("total_count") {
        let all = Listing { after: None, limit: usize::MAX, ..listing };
        let total =
            tx.list(&all, &mut |object| query.matches(object)).map_or(0, |all| all.objects.len());
        answer.append("total_count", total as i64);
    }
    Ok(answer.into())
}

/// Saves an object and answers it. What has no id, such as a link or a connection token, is an
/// answer and nothing more: it can never be asked for again.
pub fn keep(tx: &mut Tx<'_>, object: Map) -> Body {
    match object.str("id") {
        "" => object.into(),
        _ => tx.save(object).into(),
    }
}

// The pieces.

/// The envelope of a v1 list.
pub fn list_of(data: Vec<Value>, has_more: bool, url: impl Into<Text>) -> Map {
    map! { "object": "list", "data": data, "has_more": has_more, "url": url.into() }
}

/// The first page of objects given oldest first, with how many there are.
pub fn counted_list(objects: Vec<Rc<Map>>, url: String) -> Map {
    let count = objects.len();
    let data = objects.into_iter().rev().take(10).map(Value::Map).collect();
    let mut list = list_of(data, 10 < count, url);
    list.set("total_count", count as i64);
    list
}

/// The envelope of a v2 list.
fn page_v2(call: &Call, objects: Vec<Rc<Map>>, has_more: bool) -> Map {
    let next = objects.last().filter(|_| has_more).map(|object| {
        let page = page::after(object.str("id"));
        match call.params.at("limit").as_int() {
            Some(limit) => format!("{}?limit={limit}&page={page}", call.path),
            None => format!("{}?page={page}", call.path),
        }
    });
    map! {
        "data": objects.into_iter().map(Value::Map).collect::<Vec<_>>(),
        "next_page_url": next,
        "previous_page_url": Value::Null,
    }
}

/// The type of object the operation of the call is about.
pub fn kind(call: &Call) -> Object {
    let first = |objects: Objects| objects.iter().next().expect("an answer names its objects");
    match call.operation().answer() {
        Answer::Object(objects)
        | Answer::List(objects)
        | Answer::Search(objects)
        | Answer::Deleted(objects)
        | Answer::V2List(objects) => first(objects),
        Answer::Bytes | Answer::Plain(_) => {
            panic!("{} is about no object", call.operation().name())
        }
    }
}

/// The facts of a type; for a type without a row, what most rows share.
pub fn resource(kind: Object) -> &'static Resource {
    resources::find(kind.name()).unwrap_or(&resources::PLAIN)
}

/// The object the path names, where it is of that type and under the parent the path names.
fn found(tx: &Tx<'_>, call: &Call, kind: Object) -> Outcome<Rc<Map>> {
    // The id of `/v1/sources/{id}/verify` is the object's own: it lies under nothing.
    let above = if 1 < call.ids.len() { parent(tx, call)? } else { None };
    let resource = resource(kind);
    let id = call.id(call.ids.len() - 1);
    let missing = || Error::no_such(resource.noun, id, resource.path_param);
    let object = tx.get(kind.name(), id).ok_or_else(missing)?;
    let is_under = above.is_none_or(|above| {
        resource.parent.is_empty() || object.path(resource.parent).as_id() == Some(above.as_ref())
    });
    if is_under { Ok(object.clone()) } else { Err(missing()) }
}

/// A copy of the object the path names, to change and save; 404 where there is none.
pub fn load(tx: &Tx<'_>, call: &Call) -> Outcome<Map> {
    found(tx, call, kind(call)).map(|object| Map::clone(&object))
}

/// A copy of an object of that type whose id is in the path, for verbs whose answer is of another
/// type.
pub fn load_kind(tx: &Tx<'_>, object: &str, id: &str) -> Outcome<Map> {
    let resource = resources::find(object).unwrap_or(&resources::PLAIN);
    tx.load(object, id).ok_or_else(|| Error::no_such(resource.noun, id, resource.path_param))
}

/// The id of the object under whose URL the path lies, which must exist; nothing where it lies
/// under none: `/v1/customers/{id}/tax_ids/{id}` lies under the customer, `/v1/customers/{id}`
/// under nothing.
pub fn parent(tx: &Tx<'_>, call: &Call) -> Outcome<Option<Text>> {
    let template = call.operation().path();
    let place = match call.ids.len() {
        1 if !template.ends_with("{id}") => Some(0),
        count => count.checked_sub(2),
    };
    let Some(place) = place else { return Ok(None) };
    let own = resource(kind(call)).parent;
    if own.is_empty() {
        return Ok(None);
    }
    let id = call.id(place);
    let mut ids = template.split('/').enumerate().filter(|(_, step)| *step == "{id}");
    let depth = ids.nth(place).map_or(0, |(depth, _)| depth);
    let url: Vec<&str> = call.path.split('/').take(depth + 1).collect();
    let Routed::Found(above, _) = schema::route(Method::Get, call.host, &url.join("/")) else {
        return Ok(Some(id.to_string().into()));
    };
    let Answer::Object(objects) = above.answer() else { return Ok(None) };
    if objects.iter().any(|object| exists(tx, object, id)) {
        return Ok(Some(id.to_string().into()));
    }
    let noun = objects.first().map_or("", |object| resource(object).noun);
    Err(Error::no_such(noun, id, own))
}

/// The one object of its type that an account has, made at first use.
pub fn singleton(tx: &mut Tx<'_>, call: &Call) -> Outcome<Rc<Map>> {
    let kind = kind(call);
    if let Some(object) = tx.all(kind.name()).into_iter().next() {
        return Ok(object);
    }
    let mut object = new(tx, kind, &Map::new());
    if object.str("id").is_empty() {
        object.set("id", kind.name());
    }
    Ok(Rc::new(object))
}

/// Whether an id names an object of that type. Accounts are known to the platform alone; types that
/// nobody creates know any id.
pub fn exists(tx: &Tx<'_>, object: Object, id: &str) -> bool {
    match object.name() {
        "account" => tx.account_of(id).is_some(),
        name => tx.exists(name, id),
    }
}

// Filters.

/// What the parameters of a list let through, the parent's id included.
fn filters(tx: &Tx<'_>, call: &Call, kind: Object) -> Outcome<Vec<Filter>> {
    let resource = resource(kind);
    let mut filters = Vec::new();
    if let Some(above) = parent(tx, call)? {
        filters.push(Filter::equals(resource.parent, above));
    }
    for (name, value) in call.params.iter() {
        match name.as_ref() {
            "limit" | "starting_after" | "ending_before" | "expand" | "page" | "include" => {}
            _ => collect(tx, kind, resource, name, value, &mut filters)?,
        }
    }
    Ok(filters)
}

fn collect(
    tx: &Tx<'_>,
    kind: Object,
    resource: &'static Resource,
    name: &str,
    value: &Value,
    filters: &mut Vec<Filter>,
) -> Outcome<()> {
    let known = resource.filters.iter().find(|(param, _)| *param == name);
    let field = kind.shape().field(name);
    if let (Some(Field { kind: Kind::Ref(objects), .. }), Some(id)) = (field, value.as_str()) {
        check_reference(tx, objects, id, name)?;
    }
    if let Some((_, spelling)) = known {
        filters.push(match Filter::range(spelling, value) {
            Some(range) => range,
            None => Filter::spelled(spelling, value),
        });
        return Ok(());
    }
    let path = field.map_or("", |field| field.name);
    if let Some(range) = Filter::range(path, value) {
        filters.push(range);
    } else if let Some(inner) = value.as_map() {
        for (step, value) in inner.iter() {
            collect(tx, kind, resource, &format!("{name}[{step}]"), value, filters)?;
        }
    } else if !path.is_empty() {
        filters.push(Filter::of(path, value));
    }
    Ok(())
}

// Making and changing objects.

/// A new object of the type the call creates: what the tables give, the parameters laid over it,
/// its id, and the ids of the path it was posted to. Not saved.
pub fn draft(tx: &mut Tx<'_>, call: &Call) -> Outcome<Map> {
    let kind = kind(call);
    let mut object = draft_kind(tx, kind, &call.params)?;
    let resource = resource(kind);
    if let (false, Some(above)) = (resource.parent.is_empty(), call.ids.last()) {
        object.set(resource.parent, above.clone());
    }
    Ok(object)
}

/// Like [`draft`], of that type and from those parameters.
pub fn draft_kind(tx: &mut Tx<'_>, kind: Object, params: &Map) -> Outcome<Map> {
    let mut object = new(tx, kind, params);
    apply(tx, kind.shape(), &mut object, params, "")?;
    if params.contains("id") && tx.exists(kind.name(), object.str("id")) {
        return Err(Error::already_exists(resource(kind).noun));
    }
    Ok(object)
}

/// A new object of a type with its id and time, every field as the tables say. `params` are those
/// of the request: some defaults depend on what is there.
pub fn new(tx: &mut Tx<'_>, kind: Object, params: &Map) -> Map {
    let template = tx.template(kind.name(), || Template::of(kind));
    let mut object = template.start.clone();
    if resources::find(kind.name()).is_some() && object.contains("id") {
        let given = params.at("id").as_str().filter(|id| !id.is_empty());
        let id = match given {
            Some(id) => Text::from(id.to_string()),
            None => tx.new_id(kind.name()),
        };
        object.set("id", id);
    }
    if let Some(created) = object.get_mut("created") {
        let is_text = created.as_str().is_some_and(|text| !text.starts_with("@now"));
        *created = now(tx, is_text);
    }
    if !template.marked.is_empty() {
        let id = object.str("id").to_string();
        // What has no id is told apart by how many of its type there were.
        let seed = if id.is_empty() { tx.characters(kind.name(), 14) } else { id.clone() };
        resources::resolve(&mut object, &template.marked, &mut Newborn { tx, id, seed, drawn: 0 });
    }
    object
}

/// An object about to come into being, as its defaults see it.
struct Newborn<'n, 'a> {
    tx: &'n Tx<'a>,
    id: String,
    /// What the drawn texts are derived from.
    seed: String,
    /// How many texts were drawn for it.
    drawn: usize,
}

impl Birth for Newborn<'_, '_> {
    fn id(&self) -> &str {
        &self.id
    }

    fn account(&self) -> &str {
        self.tx.account()
    }

    fn now(&self) -> i64 {
        self.tx.now()
    }

    fn time(&self, seconds: i64) -> String {
        time::rfc3339(seconds * 1000 + self.tx.milliseconds().rem_euclid(1000))
    }

    fn random(&mut self, count: usize, alphabet: &'static [u8]) -> String {
        self.drawn += 1;
        self.tx.derived(&format!("{}/{}", self.seed, self.drawn), count, alphabet)
    }
}

/// The time as a field holds it: unix seconds, in v2 a text.
pub fn now(tx: &Tx<'_>, is_v2: bool) -> Value {
    if is_v2 { time::rfc3339(tx.milliseconds()).into() } else { Value::Int(tx.now()) }
}

impl Template {
    fn of(kind: Object) -> Template {
        let mut start = blank(kind.shape());
        if start.contains("object") {
            start.set("object", kind.name());
        }
        resources::lay(&mut start, json_object(resource(kind).defaults));
        Template { marked: resources::marked(&start), start: interned(start) }
    }
}

/// The same with names and values that cost nothing to copy, where the tables know them.
fn interned(map: Map) -> Map {
    let text = |text: Text| schema::interned(&text).map_or(text, Text::Borrowed);
    let value = |value| match value {
        Value::Str(it) => Value::Str(text(it)),
        Value::Map(inner) => interned(Rc::unwrap_or_clone(inner)).into(),
        other => other,
    };
    map.into_iter().map(|(name, it)| (text(name), value(it))).collect()
}

/// A JSON object of the resource table.
fn json_object(text: &str) -> Map {
    match serde_json::from_slice(text.as_bytes()) {
        Ok(Value::Map(map)) => Rc::unwrap_or_clone(map),
        other => panic!("{text} is a JSON object, not {other:?}"),
    }
}

/// Every field that is always there, with nothing in it.
pub fn blank(shape: Shape) -> Map {
    let fields = shape.fields().filter(|field| !field.optional);
    fields.map(|field| (Text::from(field.name), nothing(&field))).collect()
}

fn nothing(field: &Field) -> Value {
    match field.kind {
        Kind::Map(_) if field.name == "metadata" => Map::new().into(),
        _ if field.nullable => Value::Null,
        kind => nothing_of(kind),
    }
}

fn nothing_of(kind: Kind) -> Value {
    match kind {
        Kind::Str | Kind::Decimal => Value::from(""),
        Kind::Int | Kind::Float => Value::Int(0),
        Kind::Int64 => Value::from("0"),
        Kind::Bool => Value::Bool(false),
        Kind::True => Value::Bool(true),
        Kind::Enum(values) => values.values().next().map_or(Value::Null, Value::from),
        Kind::Object(shape) => blank(shape).into(),
        Kind::List(_) => Value::List(Vec::new()),
        Kind::Map(_) => Map::new().into(),
        Kind::ListOf(_) => list_of(Vec::new(), false, "").into(),
        Kind::Union(kinds) => kinds.iter().next().map_or(Value::Null, nothing_of),
        Kind::Any | Kind::File | Kind::Ref(_) | Kind::Embedded(_) => Value::Null,
    }
}

/// Lays parameters over an object of that shape: those that name a field of the object and fit it.
/// References must name objects that exist; `path` stands before the names in errors.
pub fn apply(tx: &Tx<'_>, shape: Shape, object: &mut Map, params: &Map, path: &str) -> Outcome<()> {
    for (name, value) in params.iter() {
        if name == "metadata" {
            merge_metadata(object, value);
            continue;
        }
        let Some(field) = shape.field(name) else { continue };
        if matches!(field.name, "id" | "object") && path.is_empty() {
            continue;
        }
        let param = if path.is_empty() { name.to_string() } else { format!("{path}[{name}]") };
        let fresh = if path.is_empty() { when_set(object, &field, value) } else { None };
        let before = fresh.as_ref().or(object.get(name));
        if let Some(value) = fit(tx, &field, before, value, &param)? {
            object.set(field.name, value);
        }
    }
    Ok(())
}

/// What a hash that was not there starts as when a request sets it: see
/// [`Resource::when_set`].
fn when_set(object: &Map, field: &Field, value: &Value) -> Option<Value> {
    let Kind::Object(shape) = field.kind else { return None };
    let is_there = object.at(field.name).as_map().is_some();
    if is_there || value.as_map().is_none() {
        return None;
    }
    let resource = resources::find(object.str("object"))?;
    let (_, text) = resource.when_set.iter().find(|(name, _)| *name == field.name)?;
    let mut hash = blank(shape);
    resources::lay(&mut hash, json_object(text));
    Some(hash.into())
}

/// Merges metadata as Stripe does: names that are sent change, an empty text takes a name away, an
/// empty text in place of the whole takes all away.
pub fn merge_metadata(object: &mut Map, value: &Value) {
    let Some(changes) = value.as_map() else {
        object.set("metadata", Map::new());
        return;
    };
    let metadata = object.map_mut("metadata");
    for (name, value) in changes.iter() {
        match value {
            Value::Null => {
                metadata.remove(name);
            }
            value if value.is_empty_string() => {
                metadata.remove(name);
            }
            Value::Str(_) => metadata.push(name.clone(), value.clone()),
            Value::Int(number) => metadata.push(name.clone(), number.to_string()),
            Value::Bool(flag) => metadata.push(name.clone(), flag.to_string()),
            Value::Decimal(text) => metadata.push(name.clone(), text.to_string()),
            _ => {}
        }
    }
}

/// What a parameter makes of a field; nothing where it does not fit the field's type.
fn fit(
    tx: &Tx<'_>,
    field: &Field,
    before: Option<&Value>,
    value: &Value,
    param: &str,
) -> Outcome<Option<Value>> {
    if value.is_empty_string() || value.is_null() {
        let cleared = match field.kind {
            // An object that is given whole may have null where an empty text means no elements.
            _ if value.is_null() && field.nullable => Value::Null,
            Kind::List(_) => Value::List(Vec::new()),
            Kind::Map(_) => Map::new().into(),
            Kind::Str if !field.nullable && !field.optional => value.clone(),
            _ => Value::Null,
        };
        return Ok(Some(cleared));
    }
    fit_kind(tx, field.kind, before, value, param)
}

fn fit_kind(
    tx: &Tx<'_>,
    kind: Kind,
    before: Option<&Value>,
    value: &Value,
    param: &str,
) -> Outcome<Option<Value>> {
    let fitted = match (kind, value) {
        (Kind::Str | Kind::Decimal | Kind::Int64 | Kind::Enum(_), Value::Str(_))
        | (Kind::Int | Kind::Float, Value::Int(_))
        | (Kind::Float, Value::Decimal(_))
        | (Kind::Bool | Kind::True, Value::Bool(_))
        | (Kind::Any, _) => value.clone(),
        (Kind::Object(shape), Value::Map(_)) => {
            let Some(params) = value.as_map() else { return Ok(None) };
            let before = before.and_then(Value::as_map);
            let mut inner = before.map_or_else(|| blank(shape), Map::clone);
            apply(tx, shape, &mut inner, params, param)?;
            inner.into()
        }
        (Kind::List(inner), Value::List(items)) => {
            let mut out = Vec::with_capacity(items.len());
            for (at, item) in items.iter().enumerate() {
                match fit_kind(tx, inner.kind(), None, item, &format!("{param}[{at}]"))? {
                    Some(item) => out.push(item),
                    None => return Ok(None),
                }
            }
            Value::List(out)
        }
        (Kind::Map(inner), Value::Map(_)) => {
            let Some(items) = value.as_map() else { return Ok(None) };
            let mut out = Map::with_capacity(items.len());
            for (name, item) in items.iter() {
                let param = format!("{param}[{name}]");
                if let Some(item) = fit_kind(tx, inner.kind(), None, item, &param)? {
                    out.push(name.clone(), item);
                }
            }
            out.into()
        }
        (Kind::Ref(objects), value) => match value.as_id() {
            Some(id) => {
                check_reference(tx, objects, id, param)?;
                Value::from(id.to_string())
            }
            None => return Ok(None),
        },
        (Kind::Embedded(objects), Value::Str(id)) => {
            check_reference(tx, objects, id, param)?;
            match objects.iter().find_map(|object| tx.get(object.name(), id)) {
                Some(object) => Value::Map(object.clone()),
                None => return Ok(None),
            }
        }
        (Kind::Union(kinds), _) => {
            for kind in kinds.iter() {
                if let Some(value) = fit_kind(tx, kind, before, value, param)? {
                    return Ok(Some(value));
                }
            }
            return Ok(None);
        }
        (Kind::Embedded(_) | Kind::ListOf(_), Value::Map(_)) if tx.origin() == Origin::Library => {
            value.clone()
        }
        _ => return Ok(None),
    };
    Ok(Some(fitted))
}

/// Refuses an id that names no object of those types.
pub fn check_reference(tx: &Tx<'_>, objects: Objects, id: &str, param: &str) -> Outcome<()> {
    let mut kinds = objects.iter();
    let Some(first) = kinds.next() else { return Ok(()) };
    let knows = |kind: Object| exists(tx, kind, id) || resources::find(kind.name()).is_none();
    if knows(first) || kinds.any(knows) {
        return Ok(());
    }
    Err(Error::no_such_reference(resource(first).noun, id, param.to_string()))
}

//! What a reply shows beyond what is stored: expanded references and lists that are only there on demand.
//!
//! Stripe's page: <https://docs.stripe.com/api/expanding_objects>.

use crate::call::Call;
use crate::crud;
use crate::domains;
use crate::errors::{Error, Outcome};
use crate::resources;
use crate::schema::{Answer, Kind, Object, Objects, Operation, Shape, Verb, Versions};
use crate::store::Tx;
use crate::store::tx::Listing;
use crate::value::{Map, Value};
use crate::versions::View;
use std::rc::Rc;

/// How many levels a path may have; on lists, `data` counts as one.
const MOST_LEVELS: usize = 4;

/// Refuses paths that are too deep or name nothing that can be expanded. What the objects of older
/// versions had to expand is not known to the tables, so their requests may name anything.
pub fn check(call: &Call, versions: Versions) -> Outcome<()> {
    for path in call.expanded() {
        let steps: Vec<&str> = path.split('.').collect();
        if steps.len() > MOST_LEVELS {
            return Err(Error::expanded_too_deep(path));
        }
        let (objects, in_list) = match call.operation().answer() {
            Answer::Object(objects) => (objects, false),
            Answer::List(objects) | Answer::Search(objects) => (objects, true),
            _ => continue,
        };
        let steps = match (in_list, steps.split_first()) {
            (true, Some((&"data", rest))) => rest,
            (true, Some((&"total_count", []))) => continue,
            (true, _) => return Err(Error::not_expandable(path, true)),
            (false, _) => &steps[..],
        };
        if versions != Versions::NEWEST {
            continue;
        }
        if !steps.is_empty() && !can_expand(objects, steps) {
            return Err(Error::not_expandable(path, false));
        }
    }
    Ok(())
}

fn can_expand(objects: Objects, steps: &[&str]) -> bool {
    objects.iter().any(|object| can_expand_in(object.shape(), steps))
}

fn can_expand_in(shape: Shape, steps: &[&str]) -> bool {
    let Some((first, rest)) = steps.split_first() else { return true };
    let Some(field) = shape.field(first) else { return false };
    can_expand_kind(field.kind, field.optional, rest)
}

fn can_expand_kind(kind: Kind, optional: bool, rest: &[&str]) -> bool {
    match kind {
        Kind::Ref(objects) => can_expand(objects, rest),
        Kind::ListOf(objects) => match rest.split_first() {
            None => optional,
            Some((&"data", rest)) => rest.is_empty() || can_expand(objects, rest),
            Some(_) => false,
        },
        Kind::Embedded(objects) if !rest.is_empty() => can_expand(objects, rest),
        Kind::Object(shape) if !rest.is_empty() => can_expand_in(shape, rest),
        Kind::List(inner) => can_expand_kind(inner.kind(), optional, rest),
        Kind::Union(kinds) => kinds.iter().any(|kind| can_expand_kind(kind, optional, rest)),
        _ => rest.is_empty() && optional,
    }
}

/// Expands what the call asks for in its answer, which already looks as it does in the version.
pub fn expand(view: View<'_, '_>, call: &Call, answer: &mut Value) {
    let in_list = matches!(call.operation().answer(), Answer::List(_) | Answer::Search(_));
    for path in call.expanded() {
        let steps: Vec<&str> = path.split('.').collect();
        let Some(answer) = answer.as_map_mut() else { return };
        match (in_list, steps.split_first()) {
            (true, Some((&"data", rest))) => {
                if let Some(Value::List(items)) = answer.get_mut("data") {
                    items.iter_mut().for_each(|item| expand_object(view, item, rest));
                }
            }
            (true, _) => {}
            (false, _) => expand_in(view, answer, shape_of(answer), &steps),
        }
    }
}

/// Expands within an object, by the shape its own type has.
fn expand_object(view: View<'_, '_>, value: &mut Value, steps: &[&str]) {
    if steps.is_empty() {
        return;
    }
    if let Some(object) = value.as_map_mut() {
        expand_in(view, object, shape_of(object), steps);
    }
}

fn shape_of(object: &Map) -> Option<Shape> {
    Object::find(object.str("object")).map(Object::shape)
}

fn expand_in(view: View<'_, '_>, object: &mut Map, shape: Option<Shape>, steps: &[&str]) {
    let Some((first, rest)) = steps.split_first() else { return };
    let Some(field) = shape.and_then(|shape| shape.field(first)) else {
        return expand_older(view, object, first, rest);
    };
    if object.get(first).is_none_or(|value| value.is_null() && field.optional) {
        if let Some(mut value) = on_demand(view.tx, object, field.name, field.kind) {
            view.age(&mut value);
            object.set(field.name, value);
        }
    }
    if let (Kind::Object(_), [within @ .., last]) = (field.kind, rest) {
        // What stands in a hash of an object is known to the object.
        if let Some(mut value) = domains::on_demand(view.tx, object, &steps.join(".")) {
            view.age(&mut value);
            let hash = within.iter().fold(object.get_mut(first), |hash, name| {
                hash.and_then(Value::as_map_mut).and_then(|hash| hash.get_mut(name))
            });
            if let Some(hash) = hash.and_then(Value::as_map_mut) {
                hash.set((*last).to_string(), value);
            }
        }
    }
    if let Some(value) = object.get_mut(first) {
        expand_value(view, value, field.kind, rest);
    }
}

/// Expands a field that only older versions had: a list, or the id of an object of the field's
/// name.
fn expand_older(view: View<'_, '_>, object: &mut Map, field: &str, rest: &[&str]) {
    let Some(value) = object.get_mut(field) else { return };
    if let Some(found) = value.as_str().and_then(|id| view.tx.get(field, id)) {
        *value = Value::Map(found.clone());
        view.age(value);
    }
    let items = value.as_map_mut().and_then(|list| list.get_mut("data"));
    match (items, rest.split_first()) {
        (Some(Value::List(items)), Some((&"data", rest))) => {
            items.iter_mut().for_each(|item| expand_object(view, item, rest));
        }
        _ => expand_object(view, value, rest),
    }
}

fn expand_value(view: View<'_, '_>, value: &mut Value, kind: Kind, rest: &[&str]) {
    match kind {
        Kind::Ref(objects) => {
            if let Some(object) = value.as_str().and_then(|id| target(view.tx, objects, id)) {
                *value = Value::Map(object);
                view.age(value);
            }
            expand_object(view, value, rest);
        }
        Kind::ListOf(_) => {
            let items = value.as_map_mut().and_then(|list| list.get_mut("data"));
            if let (Some(Value::List(items)), Some((&"data", rest))) = (items, rest.split_first()) {
                items.iter_mut().for_each(|item| expand_object(view, item, rest));
            }
        }
        Kind::Embedded(_) => expand_object(view, value, rest),
        Kind::Object(shape) => {
            if let Some(inner) = value.as_map_mut() {
                expand_in(view, inner, Some(shape), rest);
            }
        }
        Kind::List(inner) => {
            if let Value::List(items) = value {
                items.iter_mut().for_each(|item| expand_value(view, item, inner.kind(), rest));
            }
        }
        Kind::Union(kinds) => {
            kinds.iter().for_each(|kind| expand_value(view, value, kind, rest));
        }
        _ => {}
    }
}

/// The object an id stands for: of a deleted one, what is left of it.
fn target(tx: &Tx<'_>, objects: Objects, id: &str) -> Option<Rc<Map>> {
    objects.iter().find_map(|object| match object.name() {
        "account" => domains::accounts::get(tx, id),
        "bank_account" | "card" => {
            let external = domains::accounts::external_accounts::KIND;
            [object.name(), external]
                .iter()
                .find_map(|kind| tx.get(kind, id).or_else(|| tx.stub(kind, id)).cloned())
        }
        name => tx.get(name, id).or_else(|| tx.stub(name, id)).cloned(),
    })
}

/// What a field that is only there on demand holds: what its domain says, else the list of the
/// objects whose parent the object is.
fn on_demand(tx: &Tx<'_>, object: &Map, field: &'static str, kind: Kind) -> Option<Value> {
    if let Some(value) = domains::on_demand(tx, object, field) {
        return Some(value);
    }
    let Kind::ListOf(objects) = kind else { return None };
    let child = objects.iter().next()?;
    let id = object.str("id");
    let parent = resources::find(child.name())?.parent;
    if parent.is_empty() {
        return None;
    }
    let listing = Listing {
        object: child.name(),
        index: Some((parent, id)),
        after: None,
        before: None,
        limit: 10,
    };
    let page = tx.list(&listing, &mut |object| object.path(parent).as_id() == Some(id)).ok()?;
    let data = page.objects.into_iter().map(Value::Map).collect();
    Some(crud::list_of(data, page.has_more, list_url(child, id)).into())
}

/// The URL under which the children of an object are listed.
fn list_url(child: Object, parent_id: &str) -> String {
    let lists_it = |operation: &Operation| {
        operation.verb() == Verb::List
            && matches!(operation.answer(), Answer::List(objects)
                if objects.iter().any(|object| object.name() == child.name()))
            && operation.path().matches("{id}").count() == 1
    };
    let operation = Operation::all().find(lists_it);
    operation.map_or_else(String::new, |operation| operation.path().replace("{id}", parent_id))
}

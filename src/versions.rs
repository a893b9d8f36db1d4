//! Objects as older versions of the API showed them.
//!
//! The store keeps every object in the newest shape. What a version changed is a row beside the
//! object's domain (`OLDER`): the version, and a function that makes an object look as it did
//! before. They are laid one over the other, the newest change first, over whatever an answer, an
//! error, an event or an expansion shows.
//!
//! Differs from Stripe: what an older version has beyond the newest (the charges within a payment
//! intent) is shown as it is at the moment of reading, also in events that tell of an earlier one.
//!
//! Stripe's page: <https://docs.stripe.com/changelog>.

use crate::domains;
use crate::errors::Error;
use crate::schema::API_VERSION;
use crate::store::Tx;
use crate::value::{Map, Value};
use std::rc::Rc;

/// The changes of an object type, the newest first: the version that made each, and how an object
/// looked before it.
pub type Older = &'static [(&'static str, fn(&Tx<'_>, &mut Map))];

/// Fields that got another name: the version that gave it, the family of URLs whose parameters are
/// called so too, the old name and the new one.
const RENAMED: &[(&str, &str, &str, &str)] = &[
    ("2024-04-10", "/v1/invoices", "rendering_options", "rendering"),
    ("2024-04-10", "/v1/products", "features", "marketing_features"),
    ("2024-09-30", "/v1/billing/alerts", "usage_threshold_config", "usage_threshold"),
];

/// Gives the parameters of a request in an older version the names they have today.
pub fn rename(path: &str, version: &str, params: &mut Map) {
    for (since, family, old, new) in RENAMED {
        if version < *since && path.starts_with(family) {
            if let Some(value) = params.remove(old) {
                params.set(*new, value);
            }
        }
    }
}

/// Shows a field of an object of that family under the name it had.
pub fn show_renamed(object: &mut Map, family: &str) {
    for (_, of, old, new) in RENAMED {
        if *of == family {
            let value = object.remove(new).unwrap_or_default();
            object.set(*old, value);
        }
    }
}

/// What is shown, to whom: the state, and the version of the API it is shown in.
#[derive(Clone, Copy)]
pub struct View<'v, 's> {
    pub tx: &'v Tx<'s>,
    /// As `Stripe-Version` spells it.
    pub version: &'v str,
}

impl View<'_, '_> {
    fn is_newest(&self) -> bool {
        API_VERSION <= self.version
    }

    /// Makes a value, and all objects within it, look as they do in the version.
    pub fn age(&self, value: &mut Value) {
        if !self.is_newest() || has_events(value) {
            self.age_all(value);
        }
    }

    /// The same for the objects an error carries.
    pub fn age_error(&self, error: &mut Error) {
        if !self.is_newest() {
            error.more.iter_mut().for_each(|(_, value)| self.age_all(value));
        }
    }

    fn age_all(&self, value: &mut Value) {
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| self.age_all(item)),
            Value::Map(map) => self.age_map(Rc::make_mut(map)),
            _ => {}
        }
    }

    fn age_map(&self, map: &mut Map) {
        let kind = map.str("object");
        // An event is shown in its own version, whatever the request asked for.
        if kind == "event" {
            let version = map.str("api_version").to_string();
            let view = View { tx: self.tx, version: &version };
            return map.iter_mut().for_each(|(_, value)| view.age(value));
        }
        if !kind.is_empty() && !map.is_true("deleted") {
            for (version, older) in domains::older(kind) {
                if self.version < *version {
                    older(self.tx, map);
                }
            }
        }
        map.iter_mut().for_each(|(_, value)| self.age_all(value));
    }
}

/// Whether a value is an event or a list of events.
fn has_events(value: &Value) -> bool {
    let Some(map) = value.as_map() else { return false };
    match map.str("object") {
        "event" => true,
        "list" => map.at("data").as_list().is_some_and(|data| data.first().is_some_and(has_events)),
        _ => false,
    }
}

//! What Stripe's types do not say, one row a resource: ids, nouns, parents, filters, search fields,
//! defaults.
//!
//! The rows lie in one file a family, sorted by `object`, so that nothing is indexed at start. The
//! day a row wants logic, the resource earns a file under `domains/`. Beside them are small tables
//! of things Stripe knows from the beginning: [`countries`] and [`tax_codes`].

pub mod balances;
pub mod billing;
pub mod connect;
pub mod countries;
pub mod customers;
mod defaults;
pub mod issuing;
pub mod payments;
pub mod services;
pub mod tax_codes;
pub mod treasury;
pub mod v2;

pub use defaults::{Birth, lay, marked, resolve};

/// How the id of a new object is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdStyle {
    /// The prefix and that many characters, such as `cus_` + 14.
    Plain(u8),
    /// The prefix and 24 characters: `1`, an ordered part, the account's part, a unique part.
    Dated,
    /// Like `Dated` with a leading `3`; a payment intent and what comes of it (its charge, refunds,
    /// balance transactions) share the first 17 characters.
    Payment,
    /// Ids are chosen by the caller, derived from a parent, or there are none.
    Given,
}

/// What is left of an object after it was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// Retrieving answers `{id, object, deleted: true}`.
    Stub,
    /// Retrieving answers 404.
    Gone,
}

/// How a field can be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// Exact match only.
    Token,
    /// Exact match and substring.
    Text,
    /// Exact match and comparisons.
    Number,
}

/// The facts of one resource.
#[derive(Clone, Copy, Debug)]
pub struct Resource {
    /// The value of `object`.
    pub object: &'static str,
    /// Begins every id.
    pub prefix: &'static str,
    pub id: IdStyle,
    /// In the message `No such <noun>: '...'`.
    pub noun: &'static str,
    /// The `param` of the error for an unknown id in the path; empty where the error has none.
    ///
    /// Most are the name that Stripe's specification gives the place in the path; the oldest
    /// resources (customers, charges, products, subscriptions, refunds) say `id`.
    pub path_param: &'static str,
    /// For resources whose URL lies under a parent's: the field that holds the parent's id.
    pub parent: &'static str,
    /// Fields (paths with dots) by whose value the store keeps lists, so that filters on them stay
    /// cheap.
    pub indexed: &'static [&'static str],
    /// List parameters (and search fields) whose name is not the path of the field they filter:
    /// (parameter, field's path). A path passes through lists: one element that fits is enough, and
    /// a field that holds a whole object is compared by its id. A parameter that is a list matches
    /// any of its values. Four spellings say more than "equals":
    ///
    /// - `!path`: the boolean parameter says that the field is null, `false`, 0 or absent;
    /// - `path=value`: the boolean parameter says that the field has that value;
    /// - `path>`, `path>=`, `path<`, `path<=`: the field is beyond the parameter.
    pub filters: &'static [(&'static str, &'static str)],
    pub search: &'static [(&'static str, Search)],
    pub deleted: Deleted,
    /// JSON object laid over what the types alone give a new object: fields Stripe always sends
    /// though the types call them optional, and values that are neither null, `false`, 0 nor empty.
    /// The member "@absent" takes away a field the types would give; [`resolve`] says what the
    /// other markers mean.
    pub defaults: &'static str,
    /// The same for hashes that are null (or not there) unless the request sets them: (field, JSON
    /// object), laid over the hash before the request's members are, so that those it leaves out
    /// have Stripe's value all the same.
    pub when_set: &'static [(&'static str, &'static str)],
}

/// What most rows share.
pub const PLAIN: Resource = Resource {
    object: "",
    prefix: "",
    id: IdStyle::Dated,
    noun: "",
    path_param: "id",
    parent: "",
    indexed: &[],
    filters: &[],
    search: &[],
    deleted: Deleted::Gone,
    defaults: "{}",
    when_set: &[],
};

/// All rows, a slice a family.
pub static FAMILIES: &[&[Resource]] = &[
    payments::RESOURCES,
    customers::RESOURCES,
    billing::RESOURCES,
    connect::RESOURCES,
    balances::RESOURCES,
    issuing::RESOURCES,
    treasury::RESOURCES,
    services::RESOURCES,
    v2::RESOURCES,
];

/// The row of an object type, where there is one.
pub fn find(object: &str) -> Option<&'static Resource> {
    let row = |(family, row): (u8, u8)| &FAMILIES[usize::from(family)][usize::from(row)];
    let place = BY_OBJECT.binary_search_by(|at| row(*at).object.cmp(object)).ok()?;
    Some(row(BY_OBJECT[place]))
}

const COUNT: usize = {
    let (mut count, mut family) = (0, 0);
    while family < FAMILIES.len() {
        count += FAMILIES[family].len();
        family += 1;
    }
    count
};

/// Family and place of every row, by object. The compiler merges the families.
static BY_OBJECT: [(u8, u8); COUNT] = {
    let mut merged = [(0, 0); COUNT];
    let mut next = [0; FAMILIES.len()];
    let mut at = 0;
    while at < COUNT {
        let (mut least, mut family) = (usize::MAX, 0);
        while family < FAMILIES.len() {
            let rows = FAMILIES[family];
            if next[family] < rows.len() {
                let object = rows[next[family]].object;
                if least == usize::MAX || precedes(object, FAMILIES[least][next[least]].object) {
                    least = family;
                }
            }
            family += 1;
        }
        merged[at] = (least as u8, next[least] as u8);
        next[least] += 1;
        at += 1;
    }
    merged
};

/// Whether a text comes before another.
const fn precedes(one: &str, other: &str) -> bool {
    let (a, b) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() {
        if a[at] != b[at] {
            return a[at] < b[at];
        }
        at += 1;
    }
    a.len() < b.len()
}

#[cfg(test)]
mod tests;

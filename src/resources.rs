//! What Stripe's types do not say, one row a resource: ids, nouns, parents, filters, search fields, defaults.
//!
//! The rows are sorted by `object`, so that nothing is indexed at start. The day a row wants logic, the
//! resource earns a file under `domains/`.

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
    /// The `param` of the error for an unknown id in the path.
    pub path_param: &'static str,
    /// For resources whose URL lies under a parent's: the field that holds the parent's id.
    pub parent: &'static str,
    /// Fields (paths with dots) by whose value the store keeps lists, so that filters on them stay cheap.
    pub indexed: &'static [&'static str],
    /// List parameters whose name is not the path of the field they filter: (parameter, field's path).
    pub filters: &'static [(&'static str, &'static str)],
    pub search: &'static [(&'static str, Search)],
    pub deleted: Deleted,
    /// JSON object laid over what the types alone give a new object: fields Stripe always sends though
    /// the types call them optional, and values that are neither null, `false`, 0 nor empty.
    /// A member that is the text "@absent" takes away a field the types would give.
    pub defaults: &'static str,
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
};

/// The row of an object type, where there is one.
pub fn find(object: &str) -> Option<&'static Resource> {
    RESOURCES.binary_search_by(|row| row.object.cmp(object)).ok().map(|at| &RESOURCES[at])
}

pub static RESOURCES: &[Resource] = &[
    Resource {
        object: "charge",
        prefix: "ch_",
        id: IdStyle::Payment,
        noun: "charge",
        indexed: &["customer", "payment_intent"],
        ..PLAIN
    },
    Resource {
        object: "customer",
        prefix: "cus_",
        id: IdStyle::Plain(14),
        noun: "customer",
        deleted: Deleted::Stub,
        search: &[
            ("created", Search::Number),
            ("email", Search::Text),
            ("metadata", Search::Token),
            ("name", Search::Text),
            ("phone", Search::Text),
        ],
        defaults: r#"{"address":null,"currency":null,"delinquent":false,"discount":null,"invoice_settings":{"custom_fields":null,"default_payment_method":null,"footer":null,"rendering_options":null},"livemode":false,"name":null,"next_invoice_sequence":1,"phone":null,"preferred_locales":[],"tax_exempt":"none","test_clock":null}"#,
        ..PLAIN
    },
];

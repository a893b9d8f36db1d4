//! What Stripe's types say: operations, objects, parameters, enums, errors, events, API versions.
//!
//! Everything here is a small copyable handle into tables that `codegen/` makes from the types of
//! the stripe package; the readable form of the tables is in `generated/*.tsv`. What the types do
//! not say is in `resources.rs`.

mod operations;
mod tables;
mod versions;

pub use operations::{Answer, Operation, Routed, Verb, operation, route};
pub use versions::{API_VERSION, Versions, api_versions, is_api_version};

use tables::{ENUMS, ERRORS, EVENTS, FIELD_ROWS, FIELDS, KINDS, LISTS, MASKS, OBJECTS, SHAPES};

/// The fields of an object, of a hash inside one, or of an operation's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape(u16);

/// One field of a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    /// An answer may have null here.
    pub nullable: bool,
    /// It may be absent. A parameter that is not optional is required.
    pub optional: bool,
    /// A parameter that can be unset with the empty string.
    pub emptyable: bool,
    /// The versions that have the parameter, among those that have what it is in.
    pub versions: Versions,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Str,
    Int,
    /// An integer of the v2 API that is written as a string of digits.
    Int64,
    Float,
    /// A number written as a string.
    Decimal,
    Bool,
    /// `true` and nothing else.
    True,
    Any,
    File,
    Enum(Enum),
    /// A hash that is no object of its own.
    Object(Shape),
    List(Inner),
    /// A hash with any keys, such as `metadata`.
    Map(Inner),
    /// The id of an object, or the object where it was expanded.
    Ref(Objects),
    /// An object inside another, never just its id.
    Embedded(Objects),
    /// A list object: `object`, `data`, `has_more`, `url`.
    ListOf(Objects),
    /// Any of several kinds.
    Union(Inners),
}

/// The values a text can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enum(u16);

/// The kind of what a list or map holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inner(u16);

/// The kinds of a union.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inners(u16);

/// One or more object types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Objects(u16);

/// One type of Stripe's objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object(u16);

impl Shape {
    /// The fields in Stripe's order.
    pub fn fields(self) -> impl Iterator<Item = Field> {
        self.rows().map(read_field)
    }

    pub fn field(self, name: &str) -> Option<Field> {
        let wanted = tables::number_of(name)?;
        self.rows().find(|row| FIELD_ROWS.word(*row, 0) == wanted).map(read_field)
    }

    pub fn is_empty(self) -> bool {
        self.rows().len() == 0
    }

    /// The rows of the fields.
    fn rows(self) -> impl ExactSizeIterator<Item = usize> {
        let row = usize::from(self.0);
        let fields = usize::from(SHAPES.word(row, 0))..usize::from(SHAPES.word(row + 1, 0));
        fields.map(|field| usize::from(FIELDS.word(field, 0)))
    }
}

fn read_field(row: usize) -> Field {
    let [flags, mask] = FIELD_ROWS.bytes(row, 2);
    Field {
        name: FIELD_ROWS.text(row, 0),
        kind: read_kind(FIELD_ROWS.word(row, 1)),
        nullable: flags & 1 != 0,
        optional: flags & 2 != 0,
        emptyable: flags & 4 != 0,
        versions: Versions::from_mask(MASKS.word(usize::from(mask), 0)),
    }
}

fn read_kind(number: u16) -> Kind {
    let argument = KINDS.word(usize::from(number), 1);
    match KINDS.word(usize::from(number), 0) {
        0 => Kind::Str,
        1 => Kind::Int,
        2 => Kind::Int64,
        3 => Kind::Float,
        4 => Kind::Decimal,
        5 => Kind::Bool,
        6 => Kind::True,
        8 => Kind::File,
        9 => Kind::Enum(Enum(argument)),
        10 => Kind::Object(Shape(argument)),
        11 => Kind::List(Inner(argument)),
        12 => Kind::Map(Inner(argument)),
        13 => Kind::Ref(Objects(argument)),
        14 => Kind::Embedded(Objects(argument)),
        15 => Kind::ListOf(Objects(argument)),
        16 => Kind::Union(Inners(argument)),
        _ => Kind::Any,
    }
}

/// Marks in the first word of an enum: values beyond the known ones exist; masks follow the values.
const OPEN: u16 = 0x8000;
const MASKED: u16 = 0x4000;

impl Enum {
    /// The values of all versions.
    pub fn values(self) -> impl Iterator<Item = &'static str> {
        let first = usize::from(self.0) + 1;
        (first..first + self.len()).map(|row| ENUMS.text(row, 0))
    }

    /// The values that those versions know.
    pub fn values_in(self, versions: Versions) -> impl Iterator<Item = &'static str> {
        self.values()
            .enumerate()
            .filter(move |(at, _)| self.has(*at, versions))
            .map(|(_, text)| text)
    }

    /// Whether that value is one of the known ones, in those versions.
    pub fn allows(self, value: &str, versions: Versions) -> bool {
        let Some(wanted) = tables::number_of(value) else { return false };
        let first = usize::from(self.0) + 1;
        (0..self.len()).any(|at| ENUMS.word(first + at, 0) == wanted && self.has(at, versions))
    }

    /// Whether Stripe may add values without a new API version. That is a promise about answers: a
    /// request with a value that is not among the known ones is refused all the same.
    pub fn is_open(self) -> bool {
        self.head() & OPEN != 0
    }

    fn has(self, at: usize, versions: Versions) -> bool {
        let masks = usize::from(self.0) + 1 + self.len();
        self.head() & MASKED == 0
            || Versions::from_mask(ENUMS.word(masks + at, 0)).includes(versions)
    }

    fn head(self) -> u16 {
        ENUMS.word(usize::from(self.0), 0)
    }

    fn len(self) -> usize {
        usize::from(self.head() & !(OPEN | MASKED))
    }
}

impl Inner {
    pub fn kind(self) -> Kind {
        read_kind(self.0)
    }
}

impl Inners {
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        list(self.0).map(read_kind)
    }
}

impl Objects {
    pub fn iter(self) -> impl Iterator<Item = Object> {
        list(self.0).map(Object)
    }

    pub fn contains(self, object: Object) -> bool {
        self.iter().any(|each| each == object)
    }

    /// The only type, or the first of several.
    pub fn first(self) -> Option<Object> {
        self.iter().next()
    }
}

fn list(at: u16) -> impl Iterator<Item = u16> {
    let head = usize::from(at);
    let length = usize::from(LISTS.word(head, 0));
    (head + 1..=head + length).map(|row| LISTS.word(row, 0))
}

impl Object {
    /// The type whose objects have that value of `object`.
    pub fn find(name: &str) -> Option<Object> {
        let row = OBJECTS.find(0, name)?;
        u16::try_from(row).ok().map(Object)
    }

    /// Every type, by name.
    pub fn all() -> impl Iterator<Item = Object> {
        (0..).map(Object).take(OBJECTS.len())
    }

    /// The value of `object`, such as `payment_intent`.
    pub fn name(self) -> &'static str {
        OBJECTS.text(usize::from(self.0), 0)
    }

    /// The name of the type in the stripe package, such as `Checkout.Session`.
    pub fn type_name(self) -> &'static str {
        OBJECTS.text(usize::from(self.0), 1)
    }

    pub fn shape(self) -> Shape {
        Shape(OBJECTS.word(usize::from(self.0), 2))
    }
}

/// The text as the tables hold it, where they know it: a copy that costs nothing.
pub fn interned(text: &str) -> Option<&'static str> {
    tables::number_of(text).map(tables::text)
}

/// Whether that is one of the published values of an error's `code`.
pub fn is_error_code(code: &str) -> bool {
    ERRORS.find(0, code).is_some()
}

pub fn error_codes() -> impl Iterator<Item = &'static str> {
    (0..ERRORS.len()).map(|row| ERRORS.text(row, 0))
}

/// Every published event type, those of v2 and the thin ones (`v1.…`) included.
pub fn event_types() -> impl Iterator<Item = &'static str> {
    (0..EVENTS.len()).map(|row| EVENTS.text(row, 0))
}

/// The published event type of that name.
pub fn event_type(name: &str) -> Option<&'static str> {
    EVENTS.find(0, name).map(|row| EVENTS.text(row, 0))
}

/// The types of the object an event is about; none for an unknown event type, and for v2 events
/// that are about no object.
pub fn event_objects(name: &str) -> impl Iterator<Item = Object> {
    EVENTS.find(0, name).into_iter().flat_map(|row| Objects(EVENTS.word(row, 1)).iter())
}

#[cfg(test)]
mod tests;

//! Forms: `a[b][c]=v` pairs, in the manner of Rack, which Stripe's servers read them with.
//!
//! Every leaf stays text, and `a[0]=x` stays a map whose keys are numerals: whether `0` is a place
//! in a list or a name in a hash such as `metadata` is for the operation's table to say (see
//! `params`).

use crate::errors::{Error, Outcome};
use crate::finder::Finder;
use crate::value::{Map, Value};
use std::iter::Peekable;
use std::slice::Iter;

/// How deep brackets may nest. Stripe's deepest parameter needs eight levels.
pub const MOST_LEVELS: usize = 64;

/// Below this many names a hash is searched from its start; above, it keeps an index, so that a
/// form of any length is read in time proportional to it.
const INDEXED_FROM: usize = 16;

/// A form that is being read.
#[derive(Default)]
pub struct Form {
    root: Hash,
}

enum Node {
    Leaf(String),
    List(Vec<Node>),
    Hash(Hash),
}

#[derive(Default)]
struct Hash {
    entries: Vec<(String, Node)>,
    index: Finder,
}

/// The names after the first one of a key; an empty one stands for `[]`.
type Rest<'k> = Peekable<Iter<'k, &'k str>>;

/// A name that stands for a leaf here and for a list or hash there.
struct Conflict;

impl Form {
    /// Reads `name=value&name=value`, percent-encoded.
    pub fn read(&mut self, text: &[u8]) -> Outcome<()> {
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let middle = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = match middle {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &pair[pair.len()..]),
            };
            self.insert(&percent_decoded(name)?, percent_decoded(value)?)?;
        }
        Ok(())
    }

    /// Adds one decoded pair.
    pub fn insert(&mut self, key: &str, value: String) -> Outcome<()> {
        let names = split(key).ok_or_else(|| Error::parameter_unknown(&[key.to_string()]))?;
        if MOST_LEVELS < names.len() {
            return Err(Error::nested_too_deeply(names[0], MOST_LEVELS));
        }
        let mut rest = names[1..].iter().peekable();
        let slot = self.root.slot(names[0], &rest);
        match place(slot, &mut rest, value) {
            Ok(()) => Ok(()),
            Err(Conflict) => Err(Error::invalid_object(key)),
        }
    }

    pub fn finish(self) -> Map {
        self.root.into_map()
    }
}

/// The names of a key, `a[b][]` being `a`, `b` and an empty one; none where brackets do not match.
fn split(key: &str) -> Option<Vec<&str>> {
    let first = key.find('[').unwrap_or(key.len());
    let (name, mut brackets) = key.split_at(first);
    if name.is_empty() || name.contains(']') {
        return None;
    }
    let mut names = vec![name];
    while !brackets.is_empty() {
        let (inner, after) = brackets.strip_prefix('[')?.split_once(']')?;
        if inner.contains('[') {
            return None;
        }
        names.push(inner);
        brackets = after;
    }
    Some(names)
}

/// Puts a value where the names lead.
fn place(node: &mut Node, rest: &mut Rest, value: String) -> Result<(), Conflict> {
    let Some(name) = rest.next() else {
        return match node {
            Node::Leaf(text) => {
                *text = value;
                Ok(())
            }
            Node::List(_) | Node::Hash(_) => Err(Conflict),
        };
    };
    match node {
        Node::List(items) if name.is_empty() => {
            if !items.last().is_some_and(|last| takes(last, rest.clone())) {
                items.push(Node::empty(rest));
            }
            let last = items.len() - 1;
            place(&mut items[last], rest, value)
        }
        Node::Hash(hash) if !name.is_empty() => place(hash.slot(name, rest), rest, value),
        _ => Err(Conflict),
    }
}

/// Whether a further pair of `a[][b]` belongs to the last element begun: it does while the element
/// is a hash without that name. A key that ends in `[]` always belongs to it.
fn takes(last: &Node, mut rest: Rest) -> bool {
    if rest.peek().is_none_or(|name| name.is_empty()) {
        return false;
    }
    if rest.clone().any(|name| name.is_empty()) {
        return true;
    }
    let mut node = last;
    for name in rest {
        let Node::Hash(hash) = node else { return matches!(last, Node::Hash(_)) };
        match hash.position(name) {
            Some(at) => node = &hash.entries[at].1,
            None => return true,
        }
    }
    false
}

impl Node {
    /// What the rest of a key asks for: a leaf, a list for `[]`, else a hash.
    fn empty(rest: &Rest) -> Node {
        match rest.clone().peek() {
            None => Node::Leaf(String::new()),
            Some(&&"") => Node::List(Vec::new()),
            Some(_) => Node::Hash(Hash::default()),
        }
    }

    fn into_value(self) -> Value {
        match self {
            Node::Leaf(text) => Value::Str(text.into()),
            Node::List(items) => Value::List(items.into_iter().map(Node::into_value).collect()),
            Node::Hash(hash) => hash.into_map().into(),
        }
    }
}

impl Hash {
    fn position(&self, name: &str) -> Option<usize> {
        if self.entries.len() < INDEXED_FROM {
            return self.entries.iter().position(|(key, _)| key == name);
        }
        let found = self.index.find(name, |at| &self.entries[at as usize].0);
        found.map(|at| at as usize)
    }

    /// The node of that name, made for what the rest of the key asks where there is none.
    fn slot(&mut self, name: &str, rest: &Rest) -> &mut Node {
        let at = self.position(name).unwrap_or_else(|| self.add(name, Node::empty(rest)));
        &mut self.entries[at].1
    }

    fn add(&mut self, name: &str, node: Node) -> usize {
        let at = self.entries.len();
        self.entries.push((name.to_string(), node));
        if at + 1 == INDEXED_FROM {
            for (at, (name, _)) in (0..).zip(&self.entries) {
                self.index.add(at, name);
            }
        } else if INDEXED_FROM <= at {
            self.index.add(at as u32, name);
        }
        at
    }

    fn into_map(self) -> Map {
        let rows = self.entries.into_iter();
        rows.map(|(name, node)| (name.into(), node.into_value())).collect()
    }
}

/// Text behind `%41` and `+`.
pub fn percent_decoded(text: &[u8]) -> Outcome<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = (rest.next().and_then(hex_digit), rest.next().and_then(hex_digit));
                let (Some(high), Some(low)) = digits else { return Err(Error::unreadable_form()) };
                high << 4 | low
            }
            other => *other,
        });
    }
    String::from_utf8(bytes).map_err(|_| Error::invalid_utf8())
}

fn hex_digit(byte: &u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Outcome<String> {
        let mut form = Form::default();
        form.read(text)?;
        Ok(serde_json::to_string(&form.finish()).unwrap())
    }

    #[test]
    fn brackets_become_hashes_and_lists() {
        let table = [
            ("", "{}"),
            ("&&", "{}"),
            ("a=1", r#"{"a":"1"}"#),
            ("a", r#"{"a":""}"#),
            ("a=", r#"{"a":""}"#),
            ("a=b=c", r#"{"a":"b=c"}"#),
            ("a=1&a=2", r#"{"a":"2"}"#),
            ("b=1&a=2", r#"{"b":"1","a":"2"}"#),
            ("a[b][c]=v&a[b][d]=w", r#"{"a":{"b":{"c":"v","d":"w"}}}"#),
            ("a%5Bb%5D=v", r#"{"a":{"b":"v"}}"#),
            ("a[]=x&a[]=y", r#"{"a":["x","y"]}"#),
            ("a[]=", r#"{"a":[""]}"#),
            ("a[0]=x&a[1]=y", r#"{"a":{"0":"x","1":"y"}}"#),
            ("a[10]=x&a[2]=y", r#"{"a":{"10":"x","2":"y"}}"#),
            ("a[0][b]=x&a[0][c]=y", r#"{"a":{"0":{"b":"x","c":"y"}}}"#),
            ("name=Ana+Mar%C3%ADa%26Co", r#"{"name":"Ana María&Co"}"#),
            ("a.b=1&a-b=2&a:b=3", r#"{"a.b":"1","a-b":"2","a:b":"3"}"#),
            ("__proto__[x]=1", r#"{"__proto__":{"x":"1"}}"#),
        ];
        for (text, json) in table {
            assert_eq!(read(text.as_bytes()).as_deref().ok(), Some(json), "{text}");
        }
    }

    /// Rack's rule: a name that the element already has begins the next one.
    #[test]
    fn a_repeated_name_begins_the_next_element() {
        let table = [
            (
                "items[][price]=p1&items[][quantity]=2&items[][price]=p2&items[][quantity]=3",
                r#"{"items":[{"price":"p1","quantity":"2"},{"price":"p2","quantity":"3"}]}"#,
            ),
            (
                "i[][p][a]=1&i[][p][b]=2&i[][p][a]=3",
                r#"{"i":[{"p":{"a":"1","b":"2"}},{"p":{"a":"3"}}]}"#,
            ),
            (
                "i[][p]=1&i[][t][]=x&i[][t][]=y&i[][p]=2",
                r#"{"i":[{"p":"1","t":["x","y"]},{"p":"2"}]}"#,
            ),
        ];
        for (text, json) in table {
            assert_eq!(read(text.as_bytes()).as_deref().ok(), Some(json), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let deep = format!("a{}=1", "[b]".repeat(64));
        let table: [(&[u8], &str); 15] = [
            (b"=1", "Received unknown parameter: "),
            (b"a[b=1", "Received unknown parameter: a[b"),
            (b"a]b=1", "Received unknown parameter: a]b"),
            (b"[a]=1", "Received unknown parameter: [a]"),
            (b"a[b]c=1", "Received unknown parameter: a[b]c"),
            (b"a[b[c]]=1", "Received unknown parameter: a[b[c]]"),
            (b"a[b]]=1", "Received unknown parameter: a[b]]"),
            (b"a=1&a[b]=2", "Invalid object"),
            (b"a[b]=1&a=2", "Invalid object"),
            (b"a[]=1&a[b]=2", "Invalid object"),
            (b"a[b]=1&a[]=2", "Invalid object"),
            (b"a=%zz", "Invalid request (check that your POST content type is"),
            (b"a=%4", "Invalid request (check that your POST content type is"),
            (b"a=%ff", "Invalid request: the parameters contain bytes that are not valid UTF-8."),
            (deep.as_bytes(), "Invalid request: `a` is nested more than 64 levels deep."),
        ];
        for (text, message) in table {
            let error = read(text).unwrap_err();
            assert!(error.message.starts_with(message), "{text:?}: {}", error.message);
            assert_eq!(error.status, 400);
        }
    }

    /// A quarter of a million names would take minutes if each were looked up from the start.
    #[test]
    fn long_forms_are_read_in_proportion_to_their_length() {
        let flat: String = (0..100_000).map(|n| format!("metadata[k{n}]=v&")).collect();
        let list: String = (0..100_000).map(|n| format!("items[{n}][price]=v&")).collect();
        let rack = "items[][price]=v&items[][quantity]=1&".repeat(50_000);
        for text in [flat, list, rack] {
            assert!(read(text.as_bytes()).is_ok());
        }
    }
}

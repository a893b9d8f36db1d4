//! What Stripe does later, in order: entries by time, then by the order in which they were made.

use crate::value::Text;
use std::collections::{BTreeMap, BTreeSet};

/// Something to be done at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The account in which it happens.
    pub account: Text,
    /// What is to be done, such as `charge.make_available`; the domain of the first word knows it.
    pub action: &'static str,
    /// The object it is about.
    pub id: Text,
}

/// Unix seconds at which an entry is due, and the how-manieth entry it is.
pub type Due = (i64, u64);

#[derive(Clone, Debug, Default)]
pub struct Schedule {
    entries: BTreeMap<Due, Entry>,
    by_id: BTreeSet<(Text, Due)>,
    count: u64,
}

impl Schedule {
    pub fn add(&mut self, at: i64, entry: Entry) -> Due {
        self.count += 1;
        let due = (at, self.count);
        self.put_back(due, entry);
        due
    }

    pub fn remove(&mut self, due: Due) -> Option<Entry> {
        let entry = self.entries.remove(&due)?;
        self.by_id.remove(&(entry.id.clone(), due));
        Some(entry)
    }

    pub fn put_back(&mut self, due: Due, entry: Entry) {
        self.by_id.insert((entry.id.clone(), due));
        self.entries.insert(due, entry);
    }

    /// The entries about that object.
    pub fn of(&self, id: &str) -> Vec<Due> {
        let first = (Text::from(id.to_string()), (i64::MIN, 0));
        let from_first = self.by_id.range(first..);
        from_first.take_while(|(other, _)| other == id).map(|(_, due)| *due).collect()
    }

    pub fn get(&self, due: Due) -> Option<&Entry> {
        self.entries.get(&due)
    }

    /// When everything is due, in order.
    pub fn all(&self) -> impl Iterator<Item = Due> {
        self.entries.keys().copied()
    }

    /// The first entry, where it is due by `now` (unix seconds).
    pub fn next_due(&self, now: i64) -> Option<Due> {
        self.entries.keys().next().copied().filter(|(at, _)| *at <= now)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

//! What Stripe does later, in order: entries by time, then by the order in which they were made.
//!
//! Entries go by the partition's clock, or by a test clock: each has a lane of its own.

use crate::finder::Named;
use crate::value::Text;
use std::collections::BTreeMap;

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

/// By which clock an entry goes: 0 is the partition's own, the others are test clocks.
pub type Lane = u32;

/// The lane of an entry, the unix seconds at which it is due, and the how-manieth entry it is.
pub type Due = (Lane, i64, u64);

#[derive(Clone, Debug, Default)]
pub struct Schedule {
    entries: BTreeMap<Due, Entry>,
    /// What is due about an object, in order.
    by_id: Named<Vec<Due>>,
    count: u64,
    /// The test clocks: the first has lane 1.
    clocks: Vec<Text>,
}

impl Schedule {
    pub fn add(&mut self, lane: Lane, at: i64, entry: Entry) -> Due {
        self.count += 1;
        let due = (lane, at, self.count);
        self.put_back(due, entry);
        due
    }

    pub fn remove(&mut self, due: Due) -> Option<Entry> {
        let entry = self.entries.remove(&due)?;
        if let Some(dues) = self.by_id.get_mut(&entry.id) {
            dues.retain(|other| *other != due);
            if dues.is_empty() {
                self.by_id.remove(&entry.id);
            }
        }
        Some(entry)
    }

    pub fn put_back(&mut self, due: Due, entry: Entry) {
        match self.by_id.get_mut(&entry.id) {
            Some(dues) => dues.insert(dues.partition_point(|other| *other < due), due),
            None => self.by_id.insert(entry.id.clone(), vec![due]),
        }
        self.entries.insert(due, entry);
    }

    /// The entries about that object.
    pub fn of(&self, id: &str) -> Vec<Due> {
        self.by_id.get(id).cloned().unwrap_or_default()
    }

    pub fn get(&self, due: Due) -> Option<&Entry> {
        self.entries.get(&due)
    }

    /// When everything is due, in order.
    pub fn all(&self) -> impl Iterator<Item = Due> {
        self.entries.keys().copied()
    }

    /// The first entry of a lane, where it is due by `now` (unix seconds).
    pub fn next_due(&self, lane: Lane, now: i64) -> Option<Due> {
        let first = self.entries.range((lane, i64::MIN, 0)..).next();
        first.map(|(due, _)| *due).filter(|(of, at, _)| *of == lane && *at <= now)
    }

    /// Whether there are test clocks.
    pub fn has_clocks(&self) -> bool {
        !self.clocks.is_empty()
    }

    /// The lane of a test clock.
    pub fn lane(&mut self, clock: &str) -> Lane {
        let known = self.clocks.iter().position(|known| known == clock);
        let place = known.unwrap_or_else(|| {
            self.clocks.push(Text::from(clock.to_string()));
            self.clocks.len() - 1
        });
        place as Lane + 1
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

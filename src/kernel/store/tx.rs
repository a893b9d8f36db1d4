//! The transaction: the only window on state.
//!
//! Handlers load, refuse, change, save and reply through a [`Tx`]. Every save is one visible
//! transition and one line in the journal; events are read off the journal at commit, and a refusal
//! takes the journal back, last line first.

use super::Store;
use super::deliveries::Webhooks;
use super::schedule::{Due, Entry, Lane};
use super::table::{Row, Table};
use crate::call::Origin;
use crate::errors::Decline;
use crate::memory;
use crate::resources::{self, Resource};
use crate::value::{Map, Text, Value, is_same};
use std::rc::Rc;

/// One visible transition.
#[derive(Clone, Debug)]
pub struct Write {
    pub account: Text,
    /// The object's type.
    pub object: Text,
    pub id: Text,
    /// What was there; nothing where the object is new.
    pub before: Option<Row>,
    pub after: Rc<Map>,
    pub deleted: bool,
    /// Whether no event tells of it.
    pub is_quiet: bool,
}

impl Write {
    /// The object as it was before, where there was one that had not been deleted.
    pub fn old(&self) -> Option<&Rc<Map>> {
        self.before.as_ref().filter(|row| !row.deleted).map(|row| &row.object)
    }
}

/// A line of the journal.
#[derive(Clone, Debug)]
enum Line {
    Write(Write),
    /// A write that no event tells of.
    Untold(Write),
    /// An announcement that no write stands for, such as a trial about to end.
    Announced {
        event_type: &'static str,
        account: Text,
        object: Rc<Map>,
        previous: Option<Map>,
    },
    Counted(&'static str, u64),
    Scheduled(Due),
    Unscheduled(Due, Entry),
}

/// What the journal tells the events, in order.
#[derive(Debug)]
pub enum Happening<'a> {
    Write(&'a Write),
    Announced {
        event_type: &'static str,
        account: &'a Text,
        object: &'a Rc<Map>,
        /// What changed, as it was.
        previous: Option<&'a Map>,
    },
}

/// A window on the state of one account, with a journal of what was changed through it.
pub struct Tx<'a> {
    store: &'a mut Store,
    account: Text,
    origin: Origin,
    /// Milliseconds since 1970, by the clock of the lane.
    now: i64,
    /// Milliseconds since 1970, by the partition's clock.
    partition_now: i64,
    /// Which clock what happens goes by.
    lane: Lane,
    journal: Vec<Line>,
    /// What the next bank that is asked is to say, where the test has it decline.
    decline: Option<&'static Decline>,
}

/// What a new object of a type starts as.
#[derive(Debug)]
pub struct Template {
    pub start: Map,
    /// The names under which something depends on the object.
    pub marked: Vec<Text>,
}

/// What to list: see [`Tx::list`].
pub struct Listing<'a> {
    pub object: &'a str,
    /// An indexed field and the value it must have; the store then looks at no other object.
    pub index: Option<(&'a str, &'a str)>,
    pub after: Option<&'a str>,
    pub before: Option<&'a str>,
    pub limit: usize,
}

/// A page of objects, newest first, and whether more follow in the direction of travel.
pub struct Page {
    pub objects: Vec<Rc<Map>>,
    pub has_more: bool,
}

impl<'a> Tx<'a> {
    /// `now` is in milliseconds since 1970.
    pub fn new(store: &'a mut Store, account: Text, origin: Origin, now: i64) -> Self {
        memory::make_room();
        Tx {
            store,
            account,
            origin,
            now,
            partition_now: now,
            lane: 0,
            journal: Vec::new(),
            decline: None,
        }
    }

    /// Has the next bank that is asked decline.
    pub fn expect_decline(&mut self, decline: Option<&'static Decline>) {
        self.decline = decline;
    }

    /// What the bank that is asked now is to say; after that, banks say what they would.
    pub fn take_decline(&mut self) -> Option<&'static Decline> {
        self.decline.take()
    }

    /// Unix seconds.
    pub fn now(&self) -> i64 {
        self.now.div_euclid(1000)
    }

    /// Unix seconds by the partition's own clock, whichever clock what happens goes by.
    pub fn partition_now(&self) -> i64 {
        self.partition_now.div_euclid(1000)
    }

    /// Milliseconds since 1970, for v2's timestamps.
    pub fn milliseconds(&self) -> i64 {
        self.now
    }

    /// Whether there are test clocks, which some objects go by.
    pub fn has_test_clocks(&self) -> bool {
        self.store.schedule.has_clocks()
    }

    /// The lane of the schedule that goes by a test clock.
    pub fn lane_of(&mut self, clock: &str) -> Lane {
        self.store.schedule.lane(clock)
    }

    /// Goes by another clock from now on: what is made is of its time, and what is scheduled is in
    /// its lane. `now` is in milliseconds since 1970.
    pub fn go_by(&mut self, lane: Lane, now: i64) {
        (self.lane, self.now) = (lane, now);
    }

    /// Does something by the partition's own clock.
    pub fn by_partition_clock<T>(&mut self, work: impl FnOnce(&mut Tx<'a>) -> T) -> T {
        let here = (self.lane, self.now);
        self.go_by(0, self.partition_now);
        let done = work(self);
        (self.lane, self.now) = here;
        done
    }

    /// Looks at what would come of something, at a time (unix seconds): nothing of it stays.
    pub fn what_if<T>(&mut self, at: i64, work: impl FnOnce(&mut Tx<'a>) -> T) -> T {
        let (now, from) = (self.now, self.journal.len());
        self.now = at * 1000;
        let seen = work(self);
        self.take_back(from);
        self.now = now;
        seen
    }

    /// The account the request acts on.
    pub fn account(&self) -> &Text {
        &self.account
    }

    /// The platform's own account.
    pub fn platform(&self) -> Text {
        self.store.platform.clone()
    }

    /// Whether the request acts on a connected account.
    pub fn is_connected(&self) -> bool {
        self.account != self.store.platform
    }

    /// Who asks.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Whether values are checked beyond what the work itself needs.
    pub fn validates(&self) -> bool {
        self.store.validates
    }

    /// Does something in another account, in the same transaction.
    pub fn in_account<T>(&mut self, account: &str, work: impl FnOnce(&mut Tx<'a>) -> T) -> T {
        let outer = std::mem::replace(&mut self.account, Text::from(account.to_string()));
        let done = work(self);
        self.account = outer;
        done
    }

    // Ids.

    fn resource(object: &str) -> &'static Resource {
        resources::find(object).unwrap_or_else(|| panic!("{object} has a row in resources.rs"))
    }

    fn count(&mut self, counter: &'static str) {
        let count = self.store.ids.counter(counter);
        self.journal.push(Line::Counted(counter, count));
    }

    /// A new id for an object of that type.
    pub fn new_id(&mut self, object: &str) -> Text {
        let resource = Self::resource(object);
        self.count(resource.object);
        self.store.ids.object(resource).into()
    }

    /// A new id for an object that came of `relative`, an id of the payment family.
    pub fn family_id(&mut self, object: &str, relative: &str) -> Text {
        let resource = Self::resource(object);
        self.count(resource.object);
        self.store.ids.family(resource, relative).into()
    }

    /// That many unpredictable-looking letters and digits, for secrets and tokens. `counter` names what
    /// they are for: each name has a sequence of its own.
    pub fn characters(&mut self, counter: &'static str, count: usize) -> String {
        const LETTERS_AND_DIGITS: &[u8] =
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        self.characters_of(counter, count, LETTERS_AND_DIGITS)
    }

    /// Like [`Tx::characters`], of another alphabet, such as digits alone.
    pub fn characters_of(&mut self, counter: &'static str, count: usize, of: &[u8]) -> String {
        self.count(counter);
        let mut out = String::with_capacity(count);
        self.store.ids.random(counter, count, of, &mut out);
        out
    }

    /// That many characters which only the seed and the text decide.
    pub fn derived(&self, from: &str, count: usize, of: &[u8]) -> String {
        self.store.ids.derived(from, count, of)
    }

    // Objects.

    fn row(&self, object: &str, id: &str) -> Option<&Row> {
        self.store.find(&self.account, object, id)
    }

    /// The object with that id, to look at; nothing where there is none or it was deleted.
    pub fn get(&self, object: &str, id: &str) -> Option<&Rc<Map>> {
        self.row(object, id).filter(|row| !row.deleted).map(|row| &row.object)
    }

    /// Like [`Tx::get`], in another account.
    pub fn get_in(&self, account: &str, object: &str, id: &str) -> Option<&Rc<Map>> {
        let row = self.store.find(account, object, id)?;
        (!row.deleted).then_some(&row.object)
    }

    /// The account of that id, whoever asks: the platform's own or one connected to it.
    pub fn account_of(&self, id: &str) -> Option<&Rc<Map>> {
        let platform = self.store.platform.as_ref();
        let kind = if platform == id { super::OWN_ACCOUNT } else { "account" };
        self.get_in(platform, kind, id)
    }

    /// A copy of the object with that id, to change and [`Tx::save`].
    pub fn load(&self, object: &str, id: &str) -> Option<Map> {
        self.get(object, id).map(|object| Map::clone(object))
    }

    /// What is left of a deleted object: `{id, object, deleted: true}`.
    pub fn stub(&self, object: &str, id: &str) -> Option<&Rc<Map>> {
        self.row(object, id).filter(|row| row.deleted).map(|row| &row.object)
    }

    pub fn exists(&self, object: &str, id: &str) -> bool {
        self.get(object, id).is_some()
    }

    /// Saves an object under its `object` and `id`, new or in place of what had that id: one visible
    /// transition. Gives back what is now stored.
    pub fn save(&mut self, mut object: Map) -> Rc<Map> {
        object.share(&mut self.store.pool);
        let kind = match object.at("object") {
            Value::Str(text) => text.clone(),
            other => panic!("a stored object has a type, not {other:?}"),
        };
        self.save_as(kind, object)
    }

    /// Like [`Tx::save`], of what Stripe keeps without telling anybody.
    pub fn save_quietly(&mut self, object: Map) -> Rc<Map> {
        let saved = self.save(object);
        if let Some(Line::Write(write)) = self.journal.last_mut() {
            write.is_quiet = true;
        }
        saved
    }

    /// Like [`Tx::save`], for objects that are kept under another name than their `object` says.
    pub fn save_as(&mut self, kind: Text, object: Map) -> Rc<Map> {
        let id = match object.at("id") {
            Value::Str(text) => text.clone(),
            other => panic!("a stored {kind} has an id, not {other:?}"),
        };
        let mut object = match self.get(&kind, &id) {
            Some(former) => object.over(former),
            None => object,
        };
        object.share_names(&mut self.store.pool);
        let object = Rc::new(object);
        self.put(kind, id, object.clone(), false);
        object
    }

    /// Where the journal stands, for [`Tx::save_at`].
    pub fn place(&self) -> usize {
        self.journal.len()
    }

    /// Like [`Tx::save`] of a new object, told as if it had been saved when the journal stood there:
    /// an object that comes into being with what it brings about is told of first.
    pub fn save_at(&mut self, place: usize, object: Map) -> Rc<Map> {
        let saved = self.save(object);
        self.journal[place..].rotate_right(1);
        saved
    }

    /// Like [`Tx::save`], but no event is read off it: what happened is announced in another way.
    pub fn save_untold(&mut self, object: Map) -> Rc<Map> {
        let object = self.save(object);
        if let Some(Line::Write(write)) = self.journal.pop() {
            self.journal.push(Line::Untold(write));
        }
        object
    }

    /// Deletes an object; what is left is `{id, object, deleted: true}`, which is given back.
    pub fn delete(&mut self, kind: &str, id: &str) -> Rc<Map> {
        let Some(object) = self.get(kind, id).cloned() else {
            panic!("{kind} {id} was there when it was deleted")
        };
        let mut stub = Map::with_capacity(3);
        stub.append("id", object.at("id").clone());
        if object.contains("object") {
            stub.append("object", object.at("object").clone());
        }
        stub.append("deleted", true);
        let stub = Rc::new(stub);
        self.put(Text::from(kind.to_string()), Text::from(id.to_string()), stub.clone(), true);
        stub
    }

    fn put(&mut self, kind: Text, id: Text, after: Rc<Map>, deleted: bool) {
        let account = self.account.clone();
        let table = self.store.table_mut(&account, &kind);
        let before = table.put(&id, after.clone(), deleted);
        self.journal.push(Line::Write(Write {
            account,
            object: kind,
            id,
            before,
            after,
            deleted,
            is_quiet: false,
        }));
    }

    /// A page of the objects of a type for which `keep` holds, newest first. A cursor that names
    /// nothing gives `Err` with the cursor.
    pub fn list(
        &self,
        listing: &Listing<'_>,
        keep: &mut dyn FnMut(&Map) -> bool,
    ) -> Result<Page, String> {
        let Some(table) = self.store.table(&self.account, listing.object) else {
            let cursor = listing.after.or(listing.before);
            return cursor.map_or_else(
                || Ok(Page { objects: Vec::new(), has_more: false }),
                |cursor| Err(cursor.to_string()),
            );
        };
        let index = listing.index.filter(|(path, _)| table.is_indexed(path));
        let places = table.places(index);
        let place = |cursor: &str| table.place_of(cursor).ok_or_else(|| cursor.to_string());
        let mut objects = Vec::new();
        let mut has_more = false;
        // Lists are kept oldest first and shown newest first.
        let mut take = |table: &Table, place| {
            let object = table.at(place);
            if !keep(object) {
                return true;
            }
            has_more = objects.len() == listing.limit;
            if !has_more {
                objects.push(object.clone());
            }
            !has_more
        };
        if let Some(cursor) = listing.before {
            let place = place(cursor)?;
            let start = places.partition_point(|other| *other <= place);
            let _ = places[start..].iter().all(|place| take(table, *place));
            objects.reverse();
        } else {
            let end = match listing.after {
                Some(cursor) => {
                    let place = place(cursor)?;
                    places.partition_point(|other| *other < place)
                }
                None => places.len(),
            };
            let _ = places[..end].iter().rev().all(|place| take(table, *place));
        }
        Ok(Page { objects, has_more })
    }

    /// All objects of a type whose (indexed) field has that value, oldest first.
    pub fn all_where(&self, object: &str, path: &str, value: &str) -> Vec<Rc<Map>> {
        let Some(table) = self.store.table(&self.account, object) else {
            return Vec::new();
        };
        let index = table.is_indexed(path).then_some((path, value));
        let rows = table.places(index).iter().map(|place| table.at(*place));
        rows.filter(|object| object.path(path).as_id() == Some(value)).cloned().collect()
    }

    /// All objects of a type, oldest first.
    pub fn all(&self, object: &str) -> Vec<Rc<Map>> {
        self.all_in(&self.account, object)
    }

    /// Like [`Tx::all`], of another account.
    pub fn all_in(&self, account: &str, object: &str) -> Vec<Rc<Map>> {
        let Some(table) = self.store.table(account, object) else {
            return Vec::new();
        };
        table.places(None).iter().map(|place| table.at(*place).clone()).collect()
    }

    /// What a new object of that type starts as, made by `build` the first time.
    pub fn template(
        &mut self,
        object: &'static str,
        build: impl FnOnce() -> Template,
    ) -> Rc<Template> {
        let known = &mut self.store.templates;
        if let Some((_, template)) = known.iter().find(|(name, _)| is_same(name, object)) {
            return template.clone();
        }
        let template = Rc::new(build());
        known.push((object, template.clone()));
        template
    }

    // Later.

    /// Has something done at a time (unix seconds): see [`super::schedule`].
    pub fn schedule(&mut self, at: i64, action: &'static str, id: &str) {
        let id = Text::from(id.to_string());
        let due = self.store.schedule.add(
            self.lane,
            at,
            Entry { account: self.account.clone(), action, id },
        );
        self.journal.push(Line::Scheduled(due));
    }

    /// Takes back what was to be done about an object.
    pub fn unschedule(&mut self, action: &str, id: &str) {
        for due in self.store.schedule.of(id) {
            let Some(entry) = self.store.schedule.remove(due) else {
                continue;
            };
            if entry.action == action {
                self.journal.push(Line::Unscheduled(due, entry));
            } else {
                self.store.schedule.put_back(due, entry);
            }
        }
    }

    /// Has what is to be done about an object go by another clock.
    pub fn move_to(&mut self, lane: Lane, id: &str) {
        for due in self.store.schedule.of(id) {
            if let Some(entry) = self.take_due(due) {
                let due = self.store.schedule.add(lane, due.1, entry);
                self.journal.push(Line::Scheduled(due));
            }
        }
    }

    /// Takes the entry that is due off the schedule.
    pub fn take_due(&mut self, due: Due) -> Option<Entry> {
        let entry = self.store.schedule.remove(due)?;
        self.journal.push(Line::Unscheduled(due, entry.clone()));
        Some(entry)
    }

    /// Raises an event that no write stands for.
    pub fn announce(&mut self, event_type: &'static str, object: Rc<Map>) {
        self.announce_change(event_type, object, None);
    }

    /// Like [`Tx::announce`], with the attributes that changed, as they were.
    pub fn announce_change(
        &mut self,
        event_type: &'static str,
        mut object: Rc<Map>,
        previous: Option<Map>,
    ) {
        // What is stored was shared when it was.
        if let Some(object) = Rc::get_mut(&mut object) {
            object.share(&mut self.store.pool);
            object.share_names(&mut self.store.pool);
        }
        let account = self.account.clone();
        self.journal.push(Line::Announced { event_type, account, object, previous });
    }

    /// The deliveries. Nothing takes back what is changed here, so it is for what is committed.
    pub fn webhooks(&mut self) -> &mut Webhooks {
        &mut self.store.webhooks
    }

    // The end.

    /// What happened through this transaction, in order.
    pub fn happenings(&self) -> impl Iterator<Item = Happening<'_>> {
        self.journal.iter().filter_map(|line| match line {
            Line::Write(write) => Some(Happening::Write(write)),
            Line::Announced { event_type, account, object, previous } => {
                let previous = previous.as_ref();
                Some(Happening::Announced { event_type, account, object, previous })
            }
            _ => None,
        })
    }

    /// Leaves no trace: takes back everything done through this transaction, last to first.
    pub fn roll_back(mut self) {
        self.take_back(0);
    }

    /// Takes back what was done since the journal stood there, last to first.
    fn take_back(&mut self, from: usize) {
        while from < self.journal.len() {
            let Some(line) = self.journal.pop() else { return };
            match line {
                Line::Write(write) | Line::Untold(write) => {
                    let table = self.store.table_mut(&write.account, &write.object);
                    table.undo(&write.id, write.before);
                }
                Line::Announced { .. } => {}
                Line::Counted(counter, count) => self.store.ids.restore(counter, count),
                Line::Scheduled(due) => {
                    self.store.schedule.remove(due);
                }
                Line::Unscheduled(due, entry) => self.store.schedule.put_back(due, entry),
            }
        }
    }
}

//! The objects of one type in one account, in order, with the lists that keep filters cheap.

use crate::finder::Finder;
use crate::resources;
use crate::value::{Map, Text};
use std::rc::Rc;

/// One stored object, or what is left of it.
#[derive(Clone, Debug)]
pub struct Row {
    pub object: Rc<Map>,
    pub deleted: bool,
    /// Where the object stands: the time of its creation, then the order in which objects were made.
    place: Place,
}

/// Unix seconds of creation and the how-manieth object of its table it is.
type Place = (i64, u32);

#[derive(Debug)]
pub struct Table {
    rows: Vec<Row>,
    by_id: Finder,
    /// All rows that are not deleted, by place.
    order: Vec<Place>,
    /// For each indexed field: the rows that are not deleted by the field's value, by place.
    indexes: Vec<Index>,
}

#[derive(Debug)]
struct Index {
    path: &'static str,
    by_value: Finder,
    lists: Vec<(Text, Vec<Place>)>,
}

impl Index {
    fn places(&self, value: &str) -> Option<usize> {
        self.by_value.find(value, |list| &self.lists[list as usize].0).map(|list| list as usize)
    }

    fn add(&mut self, value: &Text, place: Place) {
        let list = self.places(value).unwrap_or_else(|| {
            let list = self.lists.len();
            // Most values are those of one object, and stay so.
            self.lists.push((value.clone(), Vec::with_capacity(1)));
            self.by_value.add(list as u32, value);
            list
        });
        insert(&mut self.lists[list].1, place);
    }

    fn take(&mut self, value: &str, place: Place) {
        if let Some(list) = self.places(value) {
            remove(&mut self.lists[list].1, place);
        }
    }
}

fn insert(places: &mut Vec<Place>, place: Place) {
    match places.last() {
        Some(last) if place < *last => {
            if let Err(at) = places.binary_search(&place) {
                places.insert(at, place);
            }
        }
        Some(last) if place == *last => {}
        _ => places.push(place),
    }
}

fn remove(places: &mut Vec<Place>, place: Place) {
    if let Ok(at) = places.binary_search(&place) {
        places.remove(at);
    }
}

/// Unix seconds at which the object says it was created; objects without the field keep the order in
/// which they were made.
fn created(object: &Map) -> i64 {
    object.int("created")
}

impl Table {
    pub fn new(object: &str) -> Self {
        let resource = resources::find(object).unwrap_or(&resources::PLAIN);
        let parent = Some(resource.parent).filter(|parent| !parent.is_empty());
        let paths = resource.indexed.iter().copied().chain(parent);
        let indexes = paths
            .map(|path| Index { path, by_value: Finder::default(), lists: Vec::new() })
            .collect();
        Table { rows: Vec::new(), by_id: Finder::default(), order: Vec::new(), indexes }
    }

    pub fn live(&self) -> usize {
        self.order.len()
    }

    pub fn nth_live(&self, place: usize) -> Option<&Rc<Map>> {
        self.order.get(place).map(|(_, row)| &self.rows[*row as usize].object)
    }

    pub fn get(&self, id: &str) -> Option<&Row> {
        self.row(id).map(|row| &self.rows[row as usize])
    }

    fn row(&self, id: &str) -> Option<u32> {
        self.by_id.find(id, |row| self.rows[row as usize].object.str("id"))
    }

    /// Puts an object in, new or in place of what had its id, and gives back what was there.
    pub fn put(&mut self, id: &str, object: Rc<Map>, deleted: bool) -> Option<Row> {
        let Some(row) = self.row(id) else {
            let row = u32::try_from(self.rows.len()).expect("fewer than 2^32 objects of a type");
            let place = (created(&object), row);
            self.rows.push(Row { object, deleted, place });
            self.by_id.add(row, id);
            self.list(row);
            return None;
        };
        let before = self.rows[row as usize].clone();
        // Deletion keeps the place: the id of a deleted object is still a cursor.
        let place = if deleted { before.place } else { (created(&object), row) };
        let after = Row { object, deleted, place };
        self.replace(row, after);
        Some(before)
    }

    fn replace(&mut self, row: u32, after: Row) {
        let before = &self.rows[row as usize];
        if before.place == after.place && before.deleted == after.deleted {
            self.reindex(row, &after);
            self.rows[row as usize] = after;
        } else {
            self.unlist(row);
            self.rows[row as usize] = after;
            self.list(row);
        }
    }

    /// Takes back the latest `put` of that id: `before` is what it gave.
    pub fn undo(&mut self, id: &str, before: Option<Row>) {
        let Some(row) = self.row(id) else {
            return;
        };
        match before {
            Some(before) => self.replace(row, before),
            None => {
                self.unlist(row);
                assert_eq!(
                    row as usize + 1,
                    self.rows.len(),
                    "objects are taken back last to first"
                );
                self.by_id.remove(id, |row| self.rows[row as usize].object.str("id"));
                self.rows.pop();
            }
        }
    }

    /// The rows not deleted, or those of them whose indexed field has that value, oldest first.
    pub fn places(&self, index: Option<(&str, &str)>) -> &[Place] {
        let Some((path, value)) = index else {
            return &self.order;
        };
        let index = self.indexes.iter().find(|index| index.path == path);
        index
            .and_then(|index| index.places(value).map(|list| index.lists[list].1.as_slice()))
            .unwrap_or_default()
    }

    pub fn is_indexed(&self, path: &str) -> bool {
        self.indexes.iter().any(|index| index.path == path)
    }

    pub fn at(&self, place: Place) -> &Rc<Map> {
        &self.rows[place.1 as usize].object
    }

    /// Where the object of that id stands, or stood before it was deleted.
    pub fn place_of(&self, id: &str) -> Option<Place> {
        self.get(id).map(|row| row.place)
    }

    /// Moves a row between the lists of those indexed fields that changed.
    fn reindex(&mut self, row: u32, after: &Row) {
        let before = &self.rows[row as usize];
        for index in &mut self.indexes {
            let old = before.object.path(index.path).id_text();
            let new = after.object.path(index.path).id_text();
            if old == new {
                continue;
            }
            if let Some(value) = old {
                index.take(value, before.place);
            }
            if let Some(value) = new {
                index.add(value, after.place);
            }
        }
    }

    fn list(&mut self, row: u32) {
        let Row { object, deleted: false, place } = &self.rows[row as usize] else {
            return;
        };
        insert(&mut self.order, *place);
        for index in &mut self.indexes {
            if let Some(value) = object.path(index.path).id_text() {
                index.add(value, *place);
            }
        }
    }

    fn unlist(&mut self, row: u32) {
        let Row { object, deleted: false, place } = &self.rows[row as usize] else {
            return;
        };
        remove(&mut self.order, *place);
        for index in &mut self.indexes {
            if let Some(value) = object.path(index.path).as_id() {
                index.take(value, *place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map;

    fn charge(id: &'static str, created: i64, customer: &'static str) -> Rc<Map> {
        Rc::new(map! { "id": id, "object": "charge", "created": created, "customer": customer })
    }

    fn ids(table: &Table, index: Option<(&str, &str)>) -> Vec<String> {
        let rows = table.places(index).iter().map(|place| table.at(*place));
        rows.map(|object| object.str("id").to_string()).collect()
    }

    #[test]
    fn order_is_by_creation_time_and_then_by_the_order_of_making() {
        let mut table = Table::new("charge");
        for (id, created) in [("a", 20), ("b", 10), ("c", 20)] {
            table.put(id, charge(id, created, "x"), false);
        }
        assert_eq!(ids(&table, None), ["b", "a", "c"]);
    }

    #[test]
    fn an_index_follows_changes_deletions_and_what_is_taken_back() {
        let mut table = Table::new("charge");
        table.put("a", charge("a", 1, "x"), false);
        table.put("b", charge("b", 2, "x"), false);
        let x = Some(("customer", "x"));
        let before = table.put("a", charge("a", 1, "y"), false);
        assert_eq!(ids(&table, x), ["b"]);
        table.undo("a", before);
        assert_eq!(ids(&table, x), ["a", "b"]);
        let before = table.put("b", charge("b", 2, "x"), true);
        assert_eq!((ids(&table, x), table.live()), (vec!["a".to_string()], 1));
        table.undo("b", before);
        assert_eq!((ids(&table, x), table.live()), (vec!["a".into(), "b".into()], 2));
    }

    #[test]
    fn the_id_of_a_deleted_object_still_has_a_place() {
        let mut table = Table::new("charge");
        table.put("a", charge("a", 1, "x"), false);
        let place = table.place_of("a");
        table.put("a", Rc::new(map! { "id": "a", "deleted": true }), true);
        assert_eq!(table.place_of("a"), place);
    }
}

//! What is the same is kept once, as far as it is remembered.
//!
//! The objects of a partition are much alike: the checks of a card, the address of a customer, the names of
//! an invoice's fields. A pool remembers the latest of them, each at the place its hash names, and gives
//! them out in place of what is the same. It forgets what another comes to the place of.

use super::{Map, Names, Text, Value, Values};
use std::rc::Rc;

/// How many maps are remembered; a power of two.
const MAPS: usize = 512;
/// How many lists of names are; a power of two.
const NAMES: usize = 256;

#[derive(Debug, Default)]
pub struct Pool {
    /// Empty until the first is remembered, as `names` is.
    maps: Vec<Option<Rc<Map>>>,
    names: Vec<Option<Rc<Vec<Text>>>>,
}

impl Map {
    /// Makes the values of the map cheap to keep and to copy.
    #[inline(never)]
    pub fn share(&mut self, pool: &mut Pool) {
        if let Values::All(values) = &mut self.values {
            values.shrink_to_fit();
            values.iter_mut().for_each(|value| value.share(pool));
        }
    }

    /// Has the names in common with former objects that have the same ones.
    pub fn share_names(&mut self, pool: &mut Pool) {
        if let (Names::Own(names), Values::All(_)) = (&mut self.names, &self.values) {
            pool.share_names(names);
        }
    }
}

impl Value {
    /// See [`Map::share`].
    fn share(&mut self, pool: &mut Pool) {
        match self {
            Value::List(items) => {
                items.shrink_to_fit();
                items.iter_mut().for_each(|item| item.share(pool));
            }
            // What others hold too was shared when they kept it.
            Value::Map(map) => {
                if let Some(inner) = Rc::get_mut(map) {
                    inner.share(pool);
                    inner.share_names(pool);
                    pool.share_map(map);
                }
            }
            _ => {}
        }
    }
}

impl Pool {
    fn share_names(&mut self, names: &mut Rc<Vec<Text>>) {
        let hash = names.iter().fold(0, |hash, name| step(hash, text(name)));
        let place = spread(hash) & (NAMES - 1);
        if self.names.is_empty() {
            self.names.resize(NAMES, None);
        }
        match &self.names[place] {
            Some(known) if known == names => *names = known.clone(),
            _ => self.names[place] = Some(names.clone()),
        }
    }

    fn share_map(&mut self, map: &mut Rc<Map>) {
        let Some(hash) = hash(map) else { return };
        let place = spread(hash) & (MAPS - 1);
        if self.maps.is_empty() {
            self.maps.resize(MAPS, None);
        }
        match &self.maps[place] {
            Some(known) if known == map => *map = known.clone(),
            _ => self.maps[place] = Some(map.clone()),
        }
    }
}

/// A number that equal maps of equal origin have in common; none where it is not worth to look.
fn hash(map: &Map) -> Option<usize> {
    let mut hash = map.names.all().as_ptr() as usize;
    for (_, value) in map.iter() {
        let number = match value {
            Value::Null => 1,
            Value::Bool(truth) => 2 + usize::from(*truth),
            Value::Int(number) => *number as usize,
            Value::Decimal(it) | Value::Str(it) => text(it),
            Value::Map(inner) => Rc::as_ptr(inner) as usize,
            Value::List(items) if items.is_empty() => 5,
            Value::List(_) => return None,
        };
        hash = step(hash, number);
    }
    (!map.is_empty()).then_some(hash)
}

fn step(hash: usize, number: usize) -> usize {
    (hash.rotate_left(5) ^ number).wrapping_mul(0x2722_0a95)
}

/// The higher bits in the lower ones too.
fn spread(hash: usize) -> usize {
    hash ^ (hash >> 11) ^ (hash >> 21)
}

/// A number for a text: ids differ in their last letters.
fn text(text: &str) -> usize {
    let bytes = text.as_bytes();
    let last = bytes.iter().rev().take(4).fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    last ^ bytes.len() << 3
}

#[cfg(test)]
mod tests {
    use crate::map;
    use crate::value::{Map, Value, pool::Pool};

    fn charge(line: &'static str) -> Map {
        let mut address = map! { "city": Value::Null };
        address.append("line1", line);
        map! { "id": "ch_1", "address": address, "paid": true }
    }

    #[test]
    fn what_is_the_same_is_kept_once() {
        let mut pool = Pool::default();
        let mut charges = [charge("a"), charge("a"), charge("b")];
        for charge in &mut charges {
            charge.set("captured", true);
            charge.share(&mut pool);
            charge.share_names(&mut pool);
        }
        assert!(std::ptr::eq(charges[0].names.all(), charges[2].names.all()));
        let [one, two, three] = charges.each_ref().map(|it| it.at("address").as_map().unwrap());
        assert!(std::ptr::eq(one, two) && !std::ptr::eq(two, three));
        assert!(std::ptr::eq(two.names.all(), three.names.all()));
        assert_eq!((one.str("line1"), three.str("line1")), ("a", "b"));
    }
}

//! Finds things by a text of theirs, in the same time however many there are.

use crate::value::Text;

/// An open hash table of row numbers. It holds no texts: whoever asks says which text a row has.
#[derive(Clone, Debug, Default)]
pub struct Finder {
    /// Hash and row; a power of two of them, at most three quarters of them taken.
    slots: Vec<(u32, u32)>,
    /// How many slots are taken, those of rows that were removed among them.
    taken: usize,
}

const FREE: u32 = u32::MAX;
/// A row stood here.
const GONE: u32 = u32::MAX - 1;
const FEWEST: usize = 8;

/// Eight bytes at a time: every lookup of an object begins here.
fn hash(text: &str) -> u32 {
    let mix = |sum: u64, word: u64| {
        let product = (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        product ^ (product >> 32)
    };
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let sum = words.iter().fold(text.len() as u64, |sum, word| mix(sum, u64::from_le_bytes(*word)));
    let rest = rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    let number = mix(sum, rest);
    (number ^ (number >> 29)) as u32
}

impl Finder {
    /// The row that has that text.
    pub fn find<'t>(&self, text: &str, text_of: impl Fn(u32) -> &'t str) -> Option<u32> {
        let place = self.place(text, text_of)?;
        Some(self.slots[place].1)
    }

    fn place<'t>(&self, text: &str, text_of: impl Fn(u32) -> &'t str) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let wanted = hash(text);
        let mut place = wanted as usize & mask;
        loop {
            match self.slots[place] {
                (_, FREE) => return None,
                (_, GONE) => {}
                (hash, row) if hash == wanted && text_of(row) == text => return Some(place),
                _ => {}
            }
            place = (place + 1) & mask;
        }
    }

    /// Adds a row whose text no other row has.
    pub fn add(&mut self, row: u32, text: &str) {
        if self.slots.len() * 3 <= self.taken * 4 {
            // Where most of them were removed, there is room enough without them.
            let living = self.slots.iter().filter(|(_, row)| *row < GONE).count();
            let size = ((living + 1) * 2).next_power_of_two().max(FEWEST);
            let slots = std::mem::replace(&mut self.slots, vec![(0, FREE); size]);
            self.taken = 0;
            slots.into_iter().filter(|(_, row)| *row < GONE).for_each(|slot| self.put(slot));
        }
        self.put((hash(text), row));
    }

    fn put(&mut self, slot: (u32, u32)) {
        let mask = self.slots.len() - 1;
        let mut place = slot.0 as usize & mask;
        while self.slots[place].1 != FREE {
            place = (place + 1) & mask;
        }
        self.slots[place] = slot;
        self.taken += 1;
    }

    /// Removes the row that has that text, and gives it.
    pub fn remove<'t>(&mut self, text: &str, text_of: impl Fn(u32) -> &'t str) -> Option<u32> {
        let mut place = self.place(text, text_of)?;
        let mask = self.slots.len() - 1;
        let row = std::mem::replace(&mut self.slots[place].1, GONE);
        // Where nothing follows, nobody has to look further. What is tried and taken back again and again
        // leaves nothing behind.
        if self.slots[(place + 1) & mask].1 == FREE {
            while self.slots[place].1 == GONE {
                self.slots[place].1 = FREE;
                self.taken -= 1;
                place = place.wrapping_sub(1) & mask;
            }
        }
        Some(row)
    }
}

/// Things by name, in no order.
#[derive(Clone, Debug)]
pub struct Named<T> {
    rows: Vec<(Text, T)>,
    places: Finder,
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Named { rows: Vec::new(), places: Finder::default() }
    }
}

impl<T> Named<T> {
    fn place(&self, name: &str) -> Option<usize> {
        let row = self.places.find(name, |row| &self.rows[row as usize].0)?;
        Some(row as usize)
    }

    pub fn contains(&self, name: &str) -> bool {
        self.place(name).is_some()
    }

    pub fn get(&self, name: &str) -> Option<&T> {
        self.place(name).map(|place| &self.rows[place].1)
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.place(name).map(|place| &mut self.rows[place].1)
    }

    /// Adds a thing, in place of what had its name.
    pub fn insert(&mut self, name: Text, thing: T) {
        match self.place(&name) {
            Some(place) => self.rows[place].1 = thing,
            None => {
                self.places.add(self.rows.len() as u32, &name);
                self.rows.push((name, thing));
            }
        }
    }

    pub fn remove(&mut self, name: &str) -> Option<T> {
        let rows = &self.rows;
        let place = self.places.remove(name, |row| &rows[row as usize].0)?;
        // The last one takes its place.
        if let Some((last, _)) = self.rows.last().filter(|(last, _)| last != name) {
            let rows = &self.rows;
            self.places.remove(last, |row| &rows[row as usize].0);
            self.places.add(place, last);
        }
        Some(self.rows.swap_remove(place as usize).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_until_it_is_removed() {
        let texts: Vec<String> = (0..1000).map(|row| format!("cus_{row}")).collect();
        let text_of = |row: u32| texts[row as usize].as_str();
        let mut finder = Finder::default();
        assert_eq!(finder.find("cus_0", text_of), None);
        for row in 0..1000 {
            finder.add(row, text_of(row));
        }
        for row in (0..1000).step_by(2) {
            finder.remove(text_of(row), text_of);
        }
        for row in 0..1000 {
            let found = finder.find(text_of(row), text_of);
            assert_eq!(found, (row % 2 == 1).then_some(row));
        }
        finder.add(4, text_of(4));
        assert_eq!(finder.find("cus_4", text_of), Some(4));
    }

    #[test]
    fn what_comes_and_goes_leaves_nothing_behind() {
        let texts = ["in_1", "in_2", "in_3"];
        let text_of = |row: u32| texts[row as usize];
        let mut finder = Finder::default();
        finder.add(0, "in_1");
        for _ in 0..1000 {
            finder.add(1, "in_2");
            finder.add(2, "in_3");
            assert_eq!(finder.remove("in_3", text_of), Some(2));
            assert_eq!(finder.remove("in_2", text_of), Some(1));
        }
        assert_eq!((finder.taken, finder.slots.len()), (1, FEWEST));
        assert_eq!(finder.find("in_1", text_of), Some(0));
        assert_eq!(finder.find("in_2", text_of), None);
    }

    #[test]
    fn named_things_come_and_go() {
        let mut named = Named::default();
        for number in 0..100 {
            named.insert(Text::from(format!("k{number}")), number);
        }
        named.insert("k7".into(), 700);
        for number in (0..100).step_by(3) {
            assert_eq!(named.remove(&format!("k{number}")), Some(number));
            assert_eq!(named.remove(&format!("k{number}")), None);
        }
        assert_eq!((named.get("k7"), named.get("k99")), (Some(&700), None));
        let left = (0..100).filter(|number| named.contains(&format!("k{number}")));
        assert_eq!(left.count(), 66);
    }
}

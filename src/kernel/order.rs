//! Order, with one body of code: those of the standard library come once for every type they are used
//! with, and each is a large one.

use crate::value::Text;

/// The places of that many things, put in their order. What neither precedes the other stays as it is.
pub fn order(count: usize, precedes: &dyn Fn(usize, usize) -> bool) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    let mut merged = Vec::with_capacity(count);
    let mut width = 1;
    while width < count {
        for pair in places.chunks(2 * width) {
            let (mut left, mut right) = pair.split_at(width.min(pair.len()));
            while let (Some(one), Some(other)) = (left.first(), right.first()) {
                let run = if precedes(*other, *one) { &mut right } else { &mut left };
                merged.push(run[0]);
                *run = &run[1..];
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(&mut places, &mut merged);
        merged.clear();
        width *= 2;
    }
    places
}

/// Puts things in order. What neither precedes the other stays as it is.
pub fn sort<T>(things: &mut [T], precedes: &dyn Fn(&T, &T) -> bool) {
    let places = order(things.len(), &|one, other| precedes(&things[one], &things[other]));
    let mut goals = vec![0; places.len()];
    for (goal, place) in places.into_iter().enumerate() {
        goals[place] = goal;
    }
    for place in 0..goals.len() {
        while goals[place] != place {
            let goal = goals[place];
            things.swap(place, goal);
            goals.swap(place, goal);
        }
    }
}

/// A few things by name, in the order of the names.
#[derive(Clone, Debug, PartialEq)]
pub struct Sorted<T> {
    rows: Vec<(Text, T)>,
}

impl<T> Default for Sorted<T> {
    fn default() -> Self {
        Sorted { rows: Vec::new() }
    }
}

impl<T> Sorted<T> {
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.rows.binary_search_by(|(other, _)| other.as_ref().cmp(name))
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn contains(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    pub fn get(&self, name: &str) -> Option<&T> {
        self.place(name).ok().map(|place| &self.rows[place].1)
    }

    /// The thing of that name, made where there is none.
    pub fn entry(&mut self, name: &str, make: impl FnOnce() -> T) -> &mut T {
        let place = self.place(name).unwrap_or_else(|place| {
            self.rows.insert(place, (Text::from(name.to_string()), make()));
            place
        });
        &mut self.rows[place].1
    }

    /// Adds a thing, in place of what had its name.
    pub fn insert(&mut self, name: impl Into<Text>, thing: T) {
        let name = name.into();
        match self.place(&name) {
            Ok(place) => self.rows[place].1 = thing,
            Err(place) => self.rows.insert(place, (name, thing)),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Text, &T)> {
        self.rows.iter().map(|(name, thing)| (name, thing))
    }
}

impl<T> IntoIterator for Sorted<T> {
    type Item = (Text, T);
    type IntoIter = std::vec::IntoIter<(Text, T)>;
    fn into_iter(self) -> Self::IntoIter {
        self.rows.into_iter()
    }
}

/// A few names, each once, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Names {
    names: Sorted<()>,
}

impl Names {
    pub fn insert(&mut self, name: impl Into<Text>) {
        self.names.insert(name.into(), ());
    }

    pub fn extend<T: Into<Text>>(&mut self, names: impl IntoIterator<Item = T>) {
        names.into_iter().for_each(|name| self.insert(name));
    }

    pub fn is_empty(&self) -> bool {
        self.names.rows.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Text> {
        self.names.rows.iter().map(|(name, ())| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_put_in_order_and_equal_ones_stay() {
        for count in [0, 1, 2, 3, 7, 8, 100] {
            let mut things: Vec<(usize, usize)> = (0..count).map(|n| (n * 7 % 10, n)).collect();
            let mut expected = things.clone();
            expected.sort_by_key(|(key, _)| *key);
            sort(&mut things, &|one, other| one.0 < other.0);
            assert_eq!(things, expected);
        }
    }
}

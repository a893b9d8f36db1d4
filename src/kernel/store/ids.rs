//! Ids: the same seed and the same calls give the same ones; another seed gives others.
//!
//! Each resource counts for itself, so that creating one more charge does not shift a customer's id.
//! No id depends on the time: a test that moves the clock keeps its snapshots.

use crate::resources::{IdStyle, Resource};
use crate::value::is_same;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Where the ordered part of ids begins: far enough that it never starts with zeros.
const ORDER_START: u64 = 320_000_000;

#[derive(Clone, Debug)]
pub struct Ids {
    seed: u64,
    /// The ten characters that all ids of a partition share.
    account: String,
    /// How many of each there were.
    counters: Vec<(&'static str, u64)>,
}

/// FNV-1a, to turn a text into a number.
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The finalizer of SplitMix64: neighbouring numbers give unrelated ones.
fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Unrelated characters that only the number decides, as many as asked for.
fn characters(number: u64, count: usize, alphabet: &[u8], out: &mut String) {
    let base = alphabet.len() as u64;
    let mut state = number;
    let mut pool = 0;
    for at in 0..count {
        if at % 10 == 0 {
            state = mix(state);
            pool = state;
        }
        out.push(char::from(alphabet[(pool % base) as usize]));
        pool /= base;
    }
}

/// A number as five digits of base 62; their order is the order of the numbers.
fn ordered(number: u64, out: &mut String) {
    let mut digits = [b'0'; 5];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    out.extend(digits.iter().map(|digit| char::from(*digit)));
}

impl Ids {
    pub fn new(seed: &str) -> Self {
        let seed = mix(hash(seed));
        let mut account = String::new();
        characters(seed, 10, DIGITS, &mut account);
        Ids { seed, account, counters: Vec::new() }
    }

    /// `acct_` and 16 characters that end with what all ids of the partition share.
    pub fn platform_account(&self) -> String {
        let mut id = String::from("acct_1");
        characters(self.seed ^ 1, 5, DIGITS, &mut id);
        id + &self.account
    }

    pub fn request(&mut self) -> String {
        let mut id = String::from("req_");
        self.random("request", 14, DIGITS, &mut id);
        id
    }

    /// What that counter stands at, and what to hand to [`Ids::restore`] to take back what follows.
    pub fn counter(&self, counter: &str) -> u64 {
        let mut counters = self.counters.iter();
        counters.find(|(name, _)| is_same(name, counter)).map_or(0, |(_, count)| *count)
    }

    pub fn restore(&mut self, counter: &'static str, count: u64) {
        *self.count(counter) = count;
    }

    fn next(&mut self, counter: &'static str) -> u64 {
        let count = self.count(counter);
        *count += 1;
        *count
    }

    fn count(&mut self, counter: &'static str) -> &mut u64 {
        let known = self.counters.iter().position(|(name, _)| is_same(name, counter));
        let place = known.unwrap_or_else(|| {
            self.counters.push((counter, 0));
            self.counters.len() - 1
        });
        &mut self.counters[place].1
    }

    fn number(&self, counter: &str, count: u64) -> u64 {
        mix(self.seed ^ hash(counter)).wrapping_add(mix(count))
    }

    /// Adds characters that only the seed, the counter's name and its state decide.
    pub fn random(
        &mut self,
        counter: &'static str,
        count: usize,
        alphabet: &[u8],
        out: &mut String,
    ) {
        let next = self.next(counter);
        characters(self.number(counter, next), count, alphabet, out);
    }

    /// Characters that only the seed and a text decide.
    pub fn derived(&self, from: &str, count: usize, alphabet: &[u8]) -> String {
        let mut out = String::with_capacity(count);
        characters(mix(self.seed ^ hash(from)), count, alphabet, &mut out);
        out
    }

    /// The id of a new object of that resource.
    pub fn object(&mut self, resource: &'static Resource) -> String {
        let mut id = String::with_capacity(resource.prefix.len() + 24);
        id.push_str(resource.prefix);
        let count = self.next(resource.object);
        let number = self.number(resource.object, count);
        match resource.id {
            IdStyle::Plain(length) => characters(number, length.into(), DIGITS, &mut id),
            IdStyle::Dated | IdStyle::Given => self.dated('1', number, count, &mut id),
            IdStyle::Payment => self.dated('3', number, count, &mut id),
        }
        id
    }

    /// The id of an object that came of a payment intent (or of another of its family): it shares the
    /// first 17 characters after the prefix.
    pub fn family(&mut self, resource: &'static Resource, relative: &str) -> String {
        let body = relative.rsplit('_').next().unwrap_or("");
        if body.len() != 24 || !body.is_ascii() {
            return self.object(resource);
        }
        let mut id = String::with_capacity(resource.prefix.len() + 24);
        id.push_str(resource.prefix);
        id.push_str(&body[..17]);
        let count = self.next(resource.object);
        characters(self.number(resource.object, count), 7, DIGITS, &mut id);
        id
    }

    fn dated(&self, first: char, number: u64, count: u64, id: &mut String) {
        id.push(first);
        ordered(ORDER_START + count, id);
        id.push_str(&self.account);
        characters(number, 8, DIGITS, id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::PLAIN;

    static CUSTOMER: Resource =
        Resource { object: "customer", prefix: "cus_", id: IdStyle::Plain(14), ..PLAIN };
    static INTENT: Resource =
        Resource { object: "payment_intent", prefix: "pi_", id: IdStyle::Payment, ..PLAIN };
    static CHARGE: Resource =
        Resource { object: "charge", prefix: "ch_", id: IdStyle::Payment, ..PLAIN };

    #[test]
    fn the_same_seed_gives_the_same_ids_and_another_seed_others() {
        let ids = |seed| {
            let mut ids = Ids::new(seed);
            (ids.object(&CUSTOMER), ids.object(&INTENT), ids.platform_account())
        };
        assert_eq!(ids("a"), ids("a"));
        let (a, b) = (ids("a"), ids("b"));
        assert!(a.0 != b.0 && a.1 != b.1 && a.2 != b.2);
    }

    #[test]
    fn one_more_charge_does_not_shift_a_customers_id() {
        let (mut one, mut two) = (Ids::new("a"), Ids::new("a"));
        one.object(&CHARGE);
        assert_eq!(one.object(&CUSTOMER), two.object(&CUSTOMER));
    }

    #[test]
    fn ids_have_stripes_lengths_and_families_share_seventeen_characters() {
        let mut ids = Ids::new("a");
        assert_eq!(ids.object(&CUSTOMER).len(), "cus_".len() + 14);
        let intent = ids.object(&INTENT);
        assert_eq!(intent.len(), "pi_".len() + 24);
        assert!(intent.starts_with("pi_3"));
        let charge = ids.family(&CHARGE, &intent);
        assert_eq!(charge.len(), "ch_".len() + 24);
        assert_eq!(intent["pi_".len()..][..17], charge["ch_".len()..][..17]);
        assert_ne!(charge, ids.family(&CHARGE, &intent));
    }
}

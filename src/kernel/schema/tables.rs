//! Reads the packed tables in place. Only this file knows how `codegen/pack.mjs` laid them out.
//!
//! The tables are part of the program: nothing is parsed, copied or indexed at start. Texts are
//! slices of one pool that the compiler has already found to be UTF-8.

use std::cmp::Ordering;

static TABLES: &[u8] = include_bytes!("generated/tables.bin");
static POOL: &str = include_str!("generated/strings.txt");

/// How many strings share one base offset.
const BLOCK: usize = 64;

/// Rows of the same width, byte by byte: all first bytes, then all second bytes, and so on.
pub struct Section {
    start: usize,
    rows: usize,
}

const fn section(number: usize, width: usize) -> Section {
    let (start, end) = (word32(number * 4), word32(number * 4 + 4));
    Section { start, rows: (end - start) / width }
}

const STRING_BASES: Section = section(0, 4);
const STRING_ENDS: Section = section(1, 2);
/// The first field of each shape; one more row than there are shapes.
pub const SHAPES: Section = section(2, 2);
/// The row of each field of each shape.
pub const FIELDS: Section = section(3, 2);
/// Name (string), kind, flags and mask (a byte each); shared by the fields that agree in all of
/// them.
pub const FIELD_ROWS: Section = section(4, 6);
/// Tag, argument.
pub const KINDS: Section = section(5, 4);
pub const MASKS: Section = section(6, 2);
/// Runs of words: length and marks, the values (strings), perhaps as many masks.
pub const ENUMS: Section = section(7, 2);
/// Runs of words: length, the items.
pub const LISTS: Section = section(8, 2);
/// Name (string), type (string), shape; sorted by name.
pub const OBJECTS: Section = section(9, 6);
/// Method and host, path (string), name (string), verb and answer, the answer's argument, shape of
/// the parameters, mask; sorted by host, method and the segments of the path.
pub const OPERATIONS: Section = section(10, 14);
/// Operations; sorted by name.
pub const OPERATION_NAMES: Section = section(11, 2);
/// Type (string), objects (list); sorted by type.
pub const EVENTS: Section = section(12, 4);
/// Codes (strings), sorted.
pub const ERRORS: Section = section(13, 2);
/// Version (string), major of stripe-node; sorted by version.
pub const VERSIONS: Section = section(14, 4);

impl Section {
    pub const fn len(&self) -> usize {
        self.rows
    }

    /// The word at that place of that row.
    pub fn word(&self, row: usize, place: usize) -> u16 {
        let low = self.start + 2 * place * self.rows + row;
        u16::from_le_bytes([TABLES[low], TABLES[low + self.rows]])
    }

    /// The two bytes at that place of that row.
    pub fn bytes(&self, row: usize, place: usize) -> [u8; 2] {
        self.word(row, place).to_le_bytes()
    }

    /// The text whose number is at that place of that row.
    pub fn text(&self, row: usize, place: usize) -> &'static str {
        text(self.word(row, place))
    }

    /// The row whose text at that place is the wanted one; the rows must be sorted by it.
    pub fn find(&self, place: usize, wanted: &str) -> Option<usize> {
        let row = partition(0, self.len(), |row| self.text(row, place) < wanted);
        (row < self.len() && self.text(row, place) == wanted).then_some(row)
    }
}

/// The first row of a range for which `is_before` no longer holds.
pub fn partition(low: usize, high: usize, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (low, high);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// The text of that number.
pub fn text(number: u16) -> &'static str {
    let number = usize::from(number);
    let block = number / BLOCK;
    let base =
        usize::from(STRING_BASES.word(block, 0)) + (usize::from(STRING_BASES.word(block, 1)) << 16);
    let end = base + usize::from(STRING_ENDS.word(number, 0));
    let start = match number % BLOCK {
        0 => base,
        // One line feed stands between two strings.
        _ => base + usize::from(STRING_ENDS.word(number - 1, 0)) + 1,
    };
    &POOL[start..end]
}

/// The number of a text, where the tables know it.
pub fn number_of(wanted: &str) -> Option<u16> {
    let (mut low, mut high) = (0, STRING_ENDS.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let number = u16::try_from(middle).ok()?;
        match text(number).cmp(wanted) {
            Ordering::Less => low = middle + 1,
            Ordering::Equal => return Some(number),
            Ordering::Greater => high = middle,
        }
    }
    None
}

const fn word32(at: usize) -> usize {
    u32::from_le_bytes([TABLES[at], TABLES[at + 1], TABLES[at + 2], TABLES[at + 3]]) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_of_the_pool_is_found_under_its_own_number() {
        for (number, line) in (0..).zip(POOL.lines()) {
            assert_eq!(text(number), line);
            assert_eq!(number_of(line), Some(number));
        }
        assert_eq!(POOL.lines().count(), STRING_ENDS.len());
        assert_eq!(number_of("no such text"), None);
    }

    #[test]
    fn the_sections_fill_the_binary() {
        assert_eq!(VERSIONS.start + VERSIONS.len() * 4, TABLES.len());
    }
}

//! API versions, and which of them a parameter exists in.

use super::tables::{VERSIONS, partition};

/// The version whose shapes the objects have.
pub const API_VERSION: &str = "2026-10-28.endive";

/// The oldest major of stripe-node whose types the tables hold, and its bit.
const FIRST_MAJOR: u16 = 14;

/// A set of API versions, a bit for each major of stripe-node from 14 on. All versions that one
/// major's types describe are one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions(u16);

impl Versions {
    /// The version of the tables alone.
    pub const NEWEST: Versions = Versions(1 << 9);
    pub const ALL: Versions = Versions((1 << 10) - 1);

    pub(super) fn from_mask(mask: u16) -> Versions {
        Versions(mask)
    }

    /// The element that the value of a `Stripe-Version` header falls in: that of the newest version
    /// that is not newer than it. What is older than all the tables know counts as the oldest.
    pub fn of(stripe_version: &str) -> Versions {
        let after = partition(0, VERSIONS.len(), |row| VERSIONS.text(row, 0) <= stripe_version);
        match after.checked_sub(1) {
            Some(row) => Versions(1 << VERSIONS.word(row, 1).saturating_sub(FIRST_MAJOR).min(15)),
            None => Versions(1),
        }
    }

    /// Whether all of those are among these.
    pub fn includes(self, other: Versions) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Whether that is one of the values a `Stripe-Version` header can have.
pub fn is_api_version(version: &str) -> bool {
    VERSIONS.find(0, version).is_some()
}

/// Every value a `Stripe-Version` header can have, oldest first.
pub fn api_versions() -> impl Iterator<Item = &'static str> {
    (0..VERSIONS.len()).map(|row| VERSIONS.text(row, 0))
}

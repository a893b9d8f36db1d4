//! What a partition remembers.
//!
//! A [`Store`] holds, for each account, one [`Table`] an object type. Handlers never see it: they work
//! through a [`Tx`](tx::Tx), the only window on state.

pub mod clock;
pub mod deliveries;
pub mod idempotency;
pub mod ids;
pub mod schedule;
mod table;
pub mod tx;

pub use table::Row;
pub use tx::Tx;

use crate::value::{Map, Pool, Text, is_same};
use deliveries::Webhooks;
use idempotency::Idempotency;
use ids::Ids;
use schedule::Schedule;
use std::rc::Rc;
use table::Table;

/// What the platform's own account is kept as: it is listed nowhere.
pub const OWN_ACCOUNT: &str = "platform_account";

/// Everything a partition remembers.
#[derive(Debug)]
pub struct Store {
    /// The id of the platform's own account.
    platform: Text,
    /// By account, in the order of their ids.
    shelves: Vec<(Text, Shelf)>,
    ids: Ids,
    pub schedule: Schedule,
    pub idempotency: Idempotency,
    pub webhooks: Webhooks,
    /// Whether values are checked beyond what the work itself needs.
    pub validates: bool,
    /// What a new object of a type starts as; filled at first use.
    templates: Vec<(&'static str, Rc<tx::Template>)>,
    /// What objects have in common.
    pool: Pool,
}

/// The data of one account.
#[derive(Debug, Default)]
struct Shelf {
    /// By type of object. An account has few of them.
    tables: Vec<(Text, Table)>,
}

impl Store {
    pub fn new(seed: &str) -> Self {
        let ids = Ids::new(seed);
        let platform = Text::from(ids.platform_account());
        Store {
            platform,
            shelves: Vec::new(),
            ids,
            schedule: Schedule::default(),
            idempotency: Idempotency::default(),
            webhooks: Webhooks::default(),
            validates: true,
            templates: Vec::new(),
            pool: Pool::default(),
        }
    }

    /// How many webhook deliveries wait to be sent.
    pub fn waiting(&self) -> usize {
        self.webhooks.waiting()
    }

    /// The id of the platform's own account.
    pub fn platform(&self) -> &Text {
        &self.platform
    }

    /// The id of the next request, such as `req_` and 14 characters.
    pub fn next_request_id(&mut self) -> String {
        self.ids.request()
    }

    /// How many objects of that type the account has; deleted ones do not count.
    pub fn count(&self, account: &str, object: &str) -> usize {
        self.table(account, object).map_or(0, Table::live)
    }

    /// The object at that place in the order of creation; deleted ones do not count.
    pub fn nth(&self, account: &str, object: &str, place: usize) -> Option<&Rc<Map>> {
        self.table(account, object)?.nth_live(place)
    }

    /// The object with that id. Of a deleted one, what is left of it.
    pub fn find(&self, account: &str, object: &str, id: &str) -> Option<&Row> {
        self.table(account, object)?.get(id)
    }

    /// The accounts that hold anything, the platform's own among them.
    pub fn accounts(&self) -> impl Iterator<Item = &Text> {
        self.shelves.iter().map(|(account, _)| account)
    }

    fn table(&self, account: &str, object: &str) -> Option<&Table> {
        let shelf = self.shelf(account).ok()?;
        let tables = &self.shelves[shelf].1.tables;
        tables.iter().find(|(name, _)| is_same(name, object)).map(|(_, table)| table)
    }

    fn table_mut(&mut self, account: &Text, object: &str) -> &mut Table {
        let shelf = self.shelf(account).unwrap_or_else(|place| {
            self.shelves.insert(place, (account.clone(), Shelf::default()));
            place
        });
        let tables = &mut self.shelves[shelf].1.tables;
        let table = tables.iter().position(|(name, _)| is_same(name, object));
        let table = table.unwrap_or_else(|| {
            tables.push((Text::from(object.to_string()), Table::new(object)));
            tables.len() - 1
        });
        &mut tables[table].1
    }

    /// Where the shelf of that account stands, or would.
    fn shelf(&self, account: &str) -> Result<usize, usize> {
        self.shelves.binary_search_by(|(other, _)| other.as_ref().cmp(account))
    }
}

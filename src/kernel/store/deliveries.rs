//! What is remembered of events and of their way to those who listen. What happens to it is in
//! `webhooks`, above.

use crate::finder::Named;
use crate::value::{Map, Text};
use std::collections::VecDeque;
use std::rc::Rc;

/// What a partition remembers of its deliveries.
#[derive(Debug, Default)]
pub struct Webhooks {
    /// Every event, in the order in which they happened, with its account.
    pub log: Vec<(Text, Rc<Map>)>,
    /// What can be sent.
    pub outbox: VecDeque<Text>,
    /// All deliveries that are not over, by id.
    pub open: Named<Delivery>,
    /// How deliveries to an endpoint go wrong, where they are to.
    pub manners: Named<Manners>,
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The account the endpoint belongs to, and the endpoint.
    pub owner: Text,
    pub endpoint: Text,
    pub kind: &'static str,
    /// The account the event belongs to, its type of object, and its id.
    pub account: Text,
    pub event_kind: &'static str,
    pub event: Text,
    pub attempts: usize,
    /// Whether this is a second copy.
    pub is_copy: bool,
}

/// How deliveries to an endpoint are made to go wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manners {
    pub late: bool,
    pub twice: bool,
    pub shuffled: bool,
    pub never: bool,
}

impl Webhooks {
    /// How many deliveries can be sent.
    pub fn waiting(&self) -> usize {
        self.outbox.len()
    }

    /// The first event of that type in the log at or after a place, and the place after it. The type
    /// may end in `*`.
    pub fn find(&self, event_type: &str, from: usize) -> Option<(usize, &Rc<Map>)> {
        let later = self.log.iter().enumerate().skip(from);
        let mut found = later.filter(|(_, (_, event))| is_meant(event_type, event.str("type")));
        found.next().map(|(place, (_, event))| (place + 1, event))
    }
}

/// Whether a pattern, such as `charge.*`, stands for a type.
fn is_meant(pattern: &str, event_type: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(family) => event_type.starts_with(family),
        None => pattern == event_type,
    }
}

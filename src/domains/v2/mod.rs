//! The v2 API: JSON in and out, times as text, pages by URL.

pub mod accounts;
pub mod billing;
pub mod core;
pub mod money_management;

use crate::route::Routes;

/// The handlers of the family a path belongs to.
pub fn routes(path: &str) -> Routes {
    let mut steps = path.split('/').skip(2);
    match (steps.next().unwrap_or(""), steps.next().unwrap_or("")) {
        ("billing", _) => billing::ROUTES,
        ("core", _) => core::ROUTES,
        ("money_management", _) | ("test_helpers", "money_management") => money_management::ROUTES,
        _ => &[],
    }
}

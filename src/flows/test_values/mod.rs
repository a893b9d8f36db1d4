//! The values of Stripe's testing documentation, as data: which number stands for what.

pub mod banks;
pub mod cards;
pub mod vouchers;

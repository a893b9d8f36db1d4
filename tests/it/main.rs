//! The engine, natively: what a caller of the HTTP API sees.

mod billing;
mod billing_properties;
mod connect;
mod invoices;
mod isolation;
mod ledger;
mod lists;
mod malformed;
mod objects;
mod payments;
mod protocol;
mod story;
mod stripe;
mod subscriptions;
mod usage;
mod worlds;

//! The behaviour that lance-host promises, one module for each subject.

mod commands;
mod conformance;
mod contract_guests;
mod failures;
mod foreign_writers;
mod guards;
mod indexes;
mod interrupts;
mod keys;
mod kills;
mod limits;
mod markdown_search;
mod model;
mod names;
mod outcomes;
mod ownership;
mod python_client;
mod query;
mod races;
mod rust_sdk;
mod sandbox;
mod schema_changes;
mod schema_model;
mod terminal;
mod types;
mod versions;

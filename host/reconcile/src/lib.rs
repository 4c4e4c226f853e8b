//! Makes LanceDB tables match what a pipeline declared.
//!
//! The data goes one way, a module for each stop:
//!
//! ```text
//! declare → stage → diff → plan → commit → report
//!                    ↑               ↓
//!                    └──── state ────┘
//! ```
//!
//! [`Declarations`] takes tables and Arrow batches while the pipeline runs,
//! [`Declarations::plan`] compares them with what is stored, [`Plan::approve`]
//! is where a guard may refuse, and [`ApprovedPlan::commit`] is the only
//! function that writes rows. The types enforce the order: a plan that was not
//! approved has no `commit`. [`optimize`] moves rows together, [`verify`] and
//! [`StateRebuild`] put right what is remembered of rows, [`Rollback`] goes back to
//! an earlier version, and [`status`], [`show`] and [`query`] only look.
//!
//! This crate knows Arrow and Lance. It must not know WebAssembly, guests,
//! files of the user or terminals.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test may panic"
    )
)]

mod cas;
mod commit;
mod contain;
mod database;
mod declare;
mod diff;
mod error;
mod fault;
mod hash;
mod index;
mod intents;
mod leftovers;
mod maintain;
mod merge;
mod plan;
mod progress;
mod query;
mod ranges;
mod report;
mod rollback;
mod schema;
mod sequence;
mod sort;
mod spill;
mod stage;
mod state;
mod status;
mod store;
mod table;
mod verify;
mod write;

pub use commit::CommitFailure;
pub use database::{DatabaseEntry, Databases};
pub use declare::{Declarations, RunOptions, TableDeclaration, TableRef};
pub use error::{DeclareCode, DeclareError, Error, ErrorKind};
pub use index::{Class as IndexClass, IndexAction, IndexDeclaration, IndexReport, IndexStatus};
pub use intents::Durability;
pub use leftovers::Leftovers;
pub use maintain::{MaintenancePolicy, Optimization, OptimizedTable, optimize};
pub use plan::{ApprovedPlan, Guard, Plan, Refusal};
pub use progress::{Phase, Progress};
pub use query::{Metric, Near, Query, QueryError, query};
pub use report::{Action, Report, Status, TableReport};
pub use rollback::{Choice, ReplacedRows, Rollback, RollbackReport, RollbackStatus};
pub use status::{LastRun, OwnerStatus, TableStatus, show, status};
pub use store::StorageOptions;
pub use verify::{
    Drift, DriftKind, FailedTable, RebuiltState, StateRebuild, Verification, VerifiedTable, verify,
};

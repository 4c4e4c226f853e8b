//! The flags of `query`: what to look for, and what to show of it.

use std::{num::NonZeroUsize, path::PathBuf};

use clap::Args;
use lance_host_reconcile::Metric;

use super::{databases::DatabaseArgs, values::TablePath};

/// Flags of `query`.
#[derive(Debug, Args)]
pub struct QueryArgs {
    /// The table
    #[arg(value_name = "DATABASE/TABLE")]
    pub table: TablePath,

    /// Rows near the vector in this file, a JSON array of numbers; `-` is standard input
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "near_key",
        help_heading = "Search"
    )]
    pub near: Option<PathBuf>,

    /// Rows near the stored row with this key: the value as `show` prints it, or, for a key
    /// of several columns, a JSON object that names them
    #[arg(
        long,
        value_name = "KEY",
        allow_hyphen_values = true,
        help_heading = "Search"
    )]
    pub near_key: Option<String>,

    /// Rows with these words, by the full-text index; together with a vector, the ranks of
    /// both searches are joined
    #[arg(long, value_name = "WORDS", allow_hyphen_values = true, value_parser = clap::builder::NonEmptyStringValueParser::new(), help_heading = "Search")]
    pub text: Option<String>,

    /// A column to search, where there is a choice: one of vectors, or any with a full-text
    /// index; may be repeated
    #[arg(long = "column", value_name = "NAME", help_heading = "Search")]
    pub columns: Vec<String>,

    /// How distances are measured: l2, cosine, dot or hamming [default: as the index does,
    /// or else l2; hamming for vectors of bytes]
    #[arg(long, value_name = "METRIC", help_heading = "Search")]
    pub metric: Option<Metric>,

    /// Only rows that meet this condition, in SQL
    #[arg(
        long = "where",
        value_name = "SQL",
        allow_hyphen_values = true,
        help_heading = "Search"
    )]
    pub filter: Option<String>,

    /// The columns to show, with commas between them [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub select: Vec<String>,

    /// How many rows
    #[arg(long, value_name = "N", default_value = "10")]
    pub limit: NonZeroUsize,

    #[command(flatten)]
    pub databases: DatabaseArgs,
}

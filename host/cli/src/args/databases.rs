//! `--db` and `--config`: which databases there are, and where.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use lance_host_reconcile::{DatabaseEntry, Databases, Durability};

use super::values::Pair;
use crate::{
    config,
    failure::{Failure, Kind},
    secrets,
};

/// The database that exists when nothing is said.
const DEFAULT: (&str, &str) = ("default", "./lance_data");

/// Flags of every command that reads or writes databases.
#[derive(Debug, Args)]
pub struct DatabaseArgs {
    /// A database by its name and location, a directory or s3://BUCKET/PREFIX; may be repeated.
    /// Without any, here or configured, there is one: `default=./lance_data`
    #[arg(long = "db", value_name = "NAME=URI", help_heading = "Databases")]
    entries: Vec<Pair>,

    /// The file that configures databases [default: lance-host.toml, if there is one]
    #[arg(long, value_name = "FILE", help_heading = "Databases")]
    config: Option<PathBuf>,
}

/// Flags of every command that commits.
#[derive(Debug, Args)]
pub struct WritableArgs {
    #[command(flatten)]
    databases: DatabaseArgs,

    /// What a commit on a local disk waits for: until everything is on the disk, or for nothing
    #[arg(
        long,
        value_name = "LEVEL",
        default_value = "safe",
        help_heading = "Databases"
    )]
    durability: Level,
}

// Without a text for each value, since with one the help of all flags takes another form.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Level {
    Safe,
    Fast,
}

impl WritableArgs {
    /// The databases that these flags describe.
    pub fn databases(&self) -> Result<Databases, Failure> {
        let databases = self.databases.databases()?;
        Ok(databases.with_durability(match self.durability {
            Level::Safe => Durability::Safe,
            Level::Fast => Durability::Fast,
        }))
    }
}

impl DatabaseArgs {
    /// The databases that these flags describe.
    pub fn databases(&self) -> Result<Databases, Failure> {
        secrets::hide_variables();
        let given: Vec<DatabaseEntry> = self
            .entries
            .iter()
            .cloned()
            .map(<(String, String)>::from)
            .map(Into::into)
            .collect();
        let names: Vec<String> = given.iter().map(|entry| entry.name.clone()).collect();
        let mut entries = config::databases(self.config.as_deref(), &names)?;
        entries.extend(given);
        if entries.is_empty() {
            let (name, uri) = DEFAULT;
            entries.push((name.to_owned(), uri.to_owned()).into());
        }
        Ok(Databases::new(entries)?)
    }
}

/// Says that a database is not known, and which one may have been meant.
pub fn unknown_database(name: &str, databases: &Databases) -> Failure {
    Failure::message(Kind::Usage, unknown_database_message(name, databases))
}

/// One sentence about a database that is not known, with the next step.
pub fn unknown_database_message(name: &str, databases: &Databases) -> String {
    match nearest(name, databases.names()) {
        Some(near) => format!(
            "there is no database {name:?}; did you mean {near:?}? If not, add it with --db {name}=URI"
        ),
        None => {
            let known = databases.names().collect::<Vec<_>>().join(", ");
            format!("there is no database {name:?}, only {known}; add it with --db {name}=URI")
        }
    }
}

/// The candidate that a slip of the fingers is likely to have meant.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// Below this the two words have little more in common than some letters.
    const ALIKE: f64 = 0.75;
    candidates
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_fingers_finds_its_name() {
        let known = ["default", "archive"];
        assert_eq!(nearest("defualt", known.into_iter()), Some("default"));
        assert_eq!(nearest("Archiv", known.into_iter()), Some("archive"));
        assert_eq!(nearest("sales", known.into_iter()), None);
    }
}

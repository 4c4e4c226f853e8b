//! `lance-host.toml`: what is true of a place, and not of one invocation.
//!
//! The file may hold secrets. So nothing of its text is quoted where it is wrong, only where that
//! is, and values that may be secrets are handed to [`secrets`] before anything can print them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use lance_host_reconcile::{DatabaseEntry, StorageOptions};
use toml::{Table, Value};

use crate::{
    args::databases::nearest,
    failure::{Failure, Kind},
    secrets,
};

/// The file that is read when none is named.
pub const FILE: &str = "lance-host.toml";

const DATABASES: &str = "databases";
const URI: &str = "uri";
const STORAGE_OPTIONS: &str = "storage-options";
const ENV: &str = "env";

/// Reads the databases that a file configures, except those in `overridden`.
///
/// Without a file named, the one in the current directory is read, if there is one.
pub fn databases(
    named: Option<&Path>,
    overridden: &[String],
) -> Result<Vec<DatabaseEntry>, Failure> {
    let file = named.unwrap_or(Path::new(FILE));
    match fs::read_to_string(file) {
        Ok(text) => Config { file }.databases(&text, overridden),
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Failure::new(
            Kind::Usage,
            anyhow::Error::new(error).context(format!("cannot read {}", file.display())),
        )),
    }
}

struct Config<'a> {
    file: &'a Path,
}

impl Config<'_> {
    fn databases(&self, text: &str, overridden: &[String]) -> Result<Vec<DatabaseEntry>, Failure> {
        let all: Table = toml::from_str(text).map_err(|error| self.no_toml(text, &error))?;
        self.known(&all, "", &[DATABASES])?;
        let databases = match all.get(DATABASES) {
            None => return Ok(Vec::new()),
            Some(databases) => self.table(databases, DATABASES)?,
        };
        databases
            .iter()
            .filter(|(name, _)| !overridden.contains(name))
            .map(|(name, database)| self.database(name, database))
            .collect()
    }

    fn database(&self, name: &str, value: &Value) -> Result<DatabaseEntry, Failure> {
        let place = format!("{DATABASES}.{name}");
        let database = self.table(value, &place)?;
        self.known(database, &format!("{place}."), &[URI, STORAGE_OPTIONS])?;
        let uri = match database.get(URI) {
            Some(Value::String(uri)) => self.beside(uri),
            Some(_) => return Err(self.wrong(&format!("{place}.{URI}"), "has to be a string")),
            None => {
                return Err(self.wrong(
                    &place,
                    "has no uri; give a directory, file://DIRECTORY or s3://BUCKET/PREFIX",
                ));
            }
        };
        let place = format!("{place}.{STORAGE_OPTIONS}");
        let storage_options = match database.get(STORAGE_OPTIONS) {
            None => StorageOptions::default(),
            Some(options) => self
                .table(options, &place)?
                .iter()
                .map(|(key, value)| Ok((key.clone(), self.option(&place, key, value)?)))
                .collect::<Result<_, Failure>>()?,
        };
        Ok(DatabaseEntry {
            name: name.to_owned(),
            uri,
            storage_options,
        })
    }

    /// The value of a storage option: as it stands there, or that of a variable.
    fn option(&self, place: &str, key: &str, value: &Value) -> Result<String, Failure> {
        let place = format!("{place}.{key}");
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Boolean(value) => value.to_string(),
            Value::Integer(value) => value.to_string(),
            Value::Table(table) => {
                self.known(table, &format!("{place}."), &[ENV])?;
                let Some(Value::String(variable)) = table.get(ENV) else {
                    return Err(self.wrong(&place, "has to name a variable: { env = \"NAME\" }"));
                };
                std::env::var(variable).map_err(|_| {
                    self.wrong(
                        &place,
                        &format!("takes its value from the variable {variable}, which is not set"),
                    )
                })?
            }
            _ => {
                return Err(self.wrong(
                    &place,
                    "has to be a string, a number, true, false or { env = \"NAME\" }",
                ));
            }
        };
        secrets::hide_option(key, &value);
        Ok(value)
    }

    /// A location, with a path taken to begin where the file is.
    fn beside(&self, uri: &str) -> String {
        let folder = self.file.parent().unwrap_or(Path::new(""));
        let (scheme, path) = match uri.split_once("://") {
            Some((scheme, path)) if scheme.eq_ignore_ascii_case("file") => ("file://", path),
            Some(_) => return uri.to_owned(),
            None => ("", uri),
        };
        if path.is_empty() {
            return uri.to_owned();
        }
        let path: PathBuf = folder.join(path);
        format!("{scheme}{}", path.display())
    }

    /// Refuses keys that are not known: a slip would go unnoticed otherwise.
    fn known(&self, table: &Table, before: &str, known: &[&str]) -> Result<(), Failure> {
        let Some(key) = table.keys().find(|key| !known.contains(&key.as_str())) else {
            return Ok(());
        };
        let advice = match nearest(key, known.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("known here: {}", known.join(", ")),
        };
        Err(self.wrong(
            &format!("{before}{key}"),
            &format!("is not known; {advice}"),
        ))
    }

    fn table<'t>(&self, value: &'t Value, place: &str) -> Result<&'t Table, Failure> {
        value
            .as_table()
            .ok_or_else(|| self.wrong(place, "has to be a table"))
    }

    fn wrong(&self, place: &str, problem: &str) -> Failure {
        let file = self.file.display();
        Failure::message(Kind::Usage, format!("{file}: {place} {problem}"))
    }

    /// Without the line that toml's own message quotes.
    fn no_toml(&self, text: &str, error: &toml::de::Error) -> Failure {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        let (file, problem) = (self.file.display(), error.message());
        Failure::message(
            Kind::Usage,
            format!("{file}: line {line} is not TOML: {problem}"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<DatabaseEntry>, String> {
        let file = Path::new("/etc/lance-host.toml");
        let read = Config { file }.databases(text, &["overridden".to_owned()]);
        read.map_err(|failure| failure.causes().join(": "))
    }

    fn refused(text: &str) -> String {
        read(text).unwrap_err()
    }

    #[test]
    fn a_database_has_a_location_and_options() {
        let options = |options: &[(&str, &str)]| {
            let options = options.iter();
            options
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect::<StorageOptions>()
        };
        let path = std::env::var("PATH").unwrap();
        let read = read(
            r#"
            [databases.default]
            uri = "s3://bucket/prefix"
            [databases.default.storage-options]
            region = "eu-central-1"
            allow_http = true
            client_max_retries = 2
            session_token = { env = "PATH" }

            [databases.local]
            uri = "data"
            [databases.absolute]
            uri = "file:///data"
            [databases.overridden]
            uri = 3
            "#,
        )
        .unwrap();
        let entry = |name: &str, uri: &str, storage_options| DatabaseEntry {
            name: name.to_owned(),
            uri: uri.to_owned(),
            storage_options,
        };
        assert_eq!(
            read,
            [
                entry("absolute", "file:///data", options(&[])),
                entry(
                    "default",
                    "s3://bucket/prefix",
                    options(&[
                        ("region", "eu-central-1"),
                        ("allow_http", "true"),
                        ("client_max_retries", "2"),
                        ("session_token", &path),
                    ])
                ),
                entry("local", "/etc/data", options(&[])),
            ]
        );
    }

    #[test]
    fn a_file_without_databases_configures_none() {
        assert_eq!(read("# nothing yet\n"), Ok(Vec::new()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        insta::assert_snapshot!(
            refused("[database.default]\nuri = \"x\"\n"),
            @r#"/etc/lance-host.toml: database is not known; did you mean "databases"?"#
        );
        insta::assert_snapshot!(
            refused("[databases.default]\nuri = \"x\"\nstorage_options = {}\n"),
            @r#"/etc/lance-host.toml: databases.default.storage_options is not known; did you mean "storage-options"?"#
        );
        insta::assert_snapshot!(
            refused("[databases.default]\nuri = \"x\"\nport = 3\n"),
            @"/etc/lance-host.toml: databases.default.port is not known; known here: uri, storage-options"
        );
        insta::assert_snapshot!(
            refused("[databases.default]\n"),
            @"/etc/lance-host.toml: databases.default has no uri; give a directory, file://DIRECTORY or s3://BUCKET/PREFIX"
        );
        insta::assert_snapshot!(
            refused("databases = 3\n"),
            @"/etc/lance-host.toml: databases has to be a table"
        );
        insta::assert_snapshot!(
            refused("[databases.a]\nuri = \"s3://b\"\nstorage-options = { key = { var = \"X\" } }\n"),
            @"/etc/lance-host.toml: databases.a.storage-options.key.var is not known; known here: env"
        );
        insta::assert_snapshot!(
            refused("[databases.a]\nuri = \"s3://b\"\nstorage-options = { key = { env = \"LANCE_HOST_NO_SUCH\" } }\n"),
            @"/etc/lance-host.toml: databases.a.storage-options.key takes its value from the variable LANCE_HOST_NO_SUCH, which is not set"
        );
        insta::assert_snapshot!(
            refused("[databases.a]\nuri = \"s3://b\"\nstorage-options = { key = [1] }\n"),
            @r#"/etc/lance-host.toml: databases.a.storage-options.key has to be a string, a number, true, false or { env = "NAME" }"#
        );
    }

    #[test]
    fn text_that_is_not_toml_is_not_quoted() {
        let told = refused("[databases.a]\nsecret_access_key = \"hunter2\" oops\n");
        assert!(!told.contains("hunter2"), "{told}");
        assert!(
            told.starts_with("/etc/lance-host.toml: line 2 is not TOML: "),
            "{told}"
        );
    }
}

//! Values of flags as people write them: durations, sizes, pairs.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use bytesize::ByteSize;
use jiff::SignedDuration;
use lance_host_sandbox::DirGrant;

/// A length of time, such as `90s`, `10m` or `1.5h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<SignedDuration>()
            .ok()
            .and_then(|span| Duration::try_from(span).ok())
            .filter(|span| !span.is_zero())
            .map(Self)
            .ok_or_else(|| {
                "expected a length of time with its unit, such as 90s, 10m or 1.5h".to_owned()
            })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SignedDuration::try_from(self.0) {
            Ok(span) => write!(f, "{span:#}"),
            Err(_) => write!(f, "{}s", self.0.as_secs()),
        }
    }
}

/// A number of bytes, such as `512MiB` or `2GB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<ByteSize>()
            .ok()
            .filter(|size| size.as_u64() > 0)
            .map(|size| Self(size.as_u64()))
            .ok_or_else(|| "expected a size, such as 512MiB or 2GB".to_owned())
    }
}

impl fmt::Display for Size {
    /// The largest binary unit that says it exactly.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [
            (bytesize::GIB, "GiB"),
            (bytesize::MIB, "MiB"),
            (bytesize::KIB, "KiB"),
        ];
        match units
            .into_iter()
            .find(|(unit, _)| self.0.is_multiple_of(*unit))
        {
            Some((unit, name)) => write!(f, "{}{name}", self.0 / unit),
            None => write!(f, "{}", self.0),
        }
    }
}

/// A name and a value, written `NAME=VALUE`. The value may hold further equals signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// What stands before the first equals sign.
    pub name: String,
    /// What stands after it.
    pub value: String,
}

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Self {
                name: name.to_owned(),
                value: value.to_owned(),
            }),
            _ => Err("expected a name, an equals sign and a value".to_owned()),
        }
    }
}

impl From<Pair> for (String, String) {
    fn from(pair: Pair) -> Self {
        (pair.name, pair.value)
    }
}

/// A directory of the host and the path at which the pipeline sees it, written `HOST::GUEST`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where it is on the host.
    pub host: PathBuf,
    /// Where the pipeline sees it.
    pub guest: String,
}

impl FromStr for Mount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // From the right: a host path may hold `::`, a guest path has no reason to.
        match text.rsplit_once("::") {
            Some((host, guest)) if !host.is_empty() && !guest.is_empty() => Ok(Self {
                host: PathBuf::from(host),
                guest: guest.to_owned(),
            }),
            _ => Err("expected HOST::GUEST, such as ./docs::/docs".to_owned()),
        }
    }
}

impl Mount {
    /// The grant that the sandbox takes.
    pub fn grant(&self, writable: bool) -> DirGrant {
        DirGrant {
            host: self.host.clone(),
            guest: self.guest.clone(),
            writable,
        }
    }
}

/// A table of a database, written `DATABASE/TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablePath {
    /// The database's name.
    pub database: String,
    /// The table's name.
    pub table: String,
}

impl FromStr for TablePath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((database, table)) if !database.is_empty() && !table.is_empty() => Ok(Self {
                database: database.to_owned(),
                table: table.to_owned(),
            }),
            _ => Err("expected DATABASE/TABLE, such as default/documents".to_owned()),
        }
    }
}

/// A database or one of its tables, written `DATABASE` or `DATABASE/TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The database's name.
    pub database: String,
    /// The table's name; none for all of them.
    pub table: Option<String>,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains('/') {
            let TablePath { database, table } = text.parse()?;
            return Ok(Self {
                database,
                table: Some(table),
            });
        }
        if text.is_empty() {
            return Err(
                "expected DATABASE or DATABASE/TABLE, such as default/documents".to_owned(),
            );
        }
        Ok(Self {
            database: text.to_owned(),
            table: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1.5h", 5400), ("1h 30m", 5400)] {
            assert_eq!(
                text.parse::<Span>().unwrap().0,
                Duration::from_secs(seconds),
                "{text}"
            );
        }
        assert_eq!(
            "250ms".parse::<Span>().unwrap().0,
            Duration::from_millis(250)
        );
        for text in ["", "10", "0s", "-5s", "soon"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("512MiB", 512 << 20),
            ("2GB", 2_000_000_000),
            ("4096", 4096),
        ] {
            assert_eq!(text.parse::<Size>().unwrap().0, bytes, "{text}");
        }
        for text in ["", "0", "-1MiB", "much"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }

    #[test]
    fn values_are_written_as_they_are_read() {
        assert_eq!(Span(Duration::from_secs(600)).to_string(), "10m");
        assert_eq!(Size(512 << 20).to_string(), "512MiB");
        assert_eq!(Size(1000).to_string(), "1000");
    }

    #[test]
    fn pairs_split_at_the_first_equals_sign() {
        let pair = "where=a=b".parse::<Pair>().unwrap();
        assert_eq!((pair.name.as_str(), pair.value.as_str()), ("where", "a=b"));
        assert_eq!("empty=".parse::<Pair>().unwrap().value, "");
        for text in ["", "=x", "x"] {
            assert!(text.parse::<Pair>().is_err(), "{text}");
        }
    }

    #[test]
    fn mounts_split_at_the_last_separator() {
        let mount = "odd::name::/docs".parse::<Mount>().unwrap();
        assert_eq!(
            (mount.host.to_str().unwrap(), mount.guest.as_str()),
            ("odd::name", "/docs")
        );
        for text in ["", "docs", "::/docs", "docs::"] {
            assert!(text.parse::<Mount>().is_err(), "{text}");
        }
    }

    #[test]
    fn tables_are_named_with_their_database() {
        let path = "default/documents".parse::<TablePath>().unwrap();
        assert_eq!(
            (path.database.as_str(), path.table.as_str()),
            ("default", "documents")
        );
        for text in ["", "documents", "/documents", "default/"] {
            assert!(text.parse::<TablePath>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_place_is_a_database_or_a_table_of_it() {
        assert_eq!("default".parse::<Place>().unwrap().table, None);
        let table = "default/documents".parse::<Place>().unwrap().table;
        assert_eq!(table.as_deref(), Some("documents"));
        for text in ["", "/documents", "default/"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}

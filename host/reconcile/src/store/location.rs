//! Where a database may be: an explicit list, since a store that Lance can open need not keep
//! what is written to it, or commit it exactly.

use std::path::PathBuf;

/// What a location may be, as messages tell it.
const ALLOWED: &str = "give a directory, file://DIRECTORY or s3://BUCKET/PREFIX";

/// Schemes of Lance's stores whose content ends with the process.
const FORGETFUL: &[&str] = &["memory", "shared-memory"];

/// The place of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// A directory on a disk.
    Disk(PathBuf),
    /// A prefix in a bucket of S3 or of a service that speaks its protocol.
    Bucket {
        /// The bucket's name.
        bucket: String,
        /// `s3://BUCKET/PREFIX`, without a slash at its end.
        uri: String,
    },
}

impl Location {
    /// Reads a location: a path, or a URL.
    ///
    /// # Errors
    /// What is wrong with it, and what it may be.
    pub(crate) fn parse(uri: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = uri.split_once("://") else {
            return Self::disk(uri);
        };
        match scheme.to_ascii_lowercase().as_str() {
            "file" => Self::disk(rest),
            "s3" => Self::bucket(rest),
            scheme if FORGETFUL.contains(&scheme) => {
                Err(format!("would be gone when the command ends; {ALLOWED}"))
            }
            scheme => Err(format!(
                "has the scheme {scheme}, in which lance-host keeps no databases; {ALLOWED}"
            )),
        }
    }

    fn disk(path: &str) -> Result<Self, String> {
        if path.is_empty() {
            return Err(format!("is empty; {ALLOWED}"));
        }
        std::path::absolute(path)
            .map(Self::Disk)
            .map_err(|_| format!("cannot be made an absolute path; {ALLOWED}"))
    }

    fn bucket(rest: &str) -> Result<Self, String> {
        let rest = rest.trim_end_matches('/');
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err("names no bucket; give s3://BUCKET/PREFIX".to_owned());
        }
        if bucket.contains(['@', ':']) {
            return Err(
                "is not s3://BUCKET/PREFIX; give credentials and the endpoint in storage-options"
                    .to_owned(),
            );
        }
        if rest.contains(['?', '#', '%'])
            || prefix.split('/').any(|part| matches!(part, "." | ".."))
        {
            return Err(
                "is not s3://BUCKET/PREFIX; a prefix has no ?, #, % and no parts . and .."
                    .to_owned(),
            );
        }
        Ok(Self::Bucket {
            bucket: bucket.to_owned(),
            uri: format!("s3://{rest}"),
        })
    }

    /// A place below this one, as Lance takes it.
    pub(crate) fn join(&self, name: &str) -> String {
        match self {
            Self::Disk(path) => path.join(name).to_string_lossy().into_owned(),
            Self::Bucket { uri, .. } => format!("{uri}/{name}"),
        }
    }

    /// The place itself, as Lance takes it.
    pub(crate) fn uri(&self) -> String {
        match self {
            Self::Disk(path) => path.to_string_lossy().into_owned(),
            Self::Bucket { uri, .. } => uri.clone(),
        }
    }
}

/// A location for a message: without what stands before an `@` in its authority, which may be a
/// password.
pub(super) fn without_credentials(uri: &str) -> String {
    let Some((scheme, rest)) = uri.split_once("://") else {
        return uri.to_owned();
    };
    let (authority, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, ""),
    };
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://[redacted]@{host}{path}"),
        None => uri.to_owned(),
    }
}

impl Location {
    /// A location that was refused, for a message.
    pub(crate) fn shown(uri: &str) -> String {
        without_credentials(uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_in_a_directory_or_in_a_bucket() {
        let disk = |path: &str| Ok(Location::Disk(PathBuf::from(path)));
        assert_eq!(Location::parse("/data/one"), disk("/data/one"));
        assert_eq!(Location::parse("file:///data/one"), disk("/data/one"));
        let bucket = Location::parse("s3://bucket/some/prefix/").unwrap();
        assert_eq!(bucket.uri(), "s3://bucket/some/prefix");
        assert_eq!(bucket.join("t.lance"), "s3://bucket/some/prefix/t.lance");
        assert_eq!(
            Location::parse("S3://bucket").unwrap().join("t"),
            "s3://bucket/t"
        );
    }

    #[test]
    fn any_other_place_is_refused_with_what_may_be_said() {
        let refused = |uri: &str| Location::parse(uri).unwrap_err();
        for scheme in ["memory", "shared-memory", "MEMORY"] {
            insta::allow_duplicates! {
                insta::assert_snapshot!(
                    refused(&format!("{scheme}://database")),
                    @"would be gone when the command ends; give a directory, file://DIRECTORY or s3://BUCKET/PREFIX"
                );
            }
        }
        for scheme in [
            "file-object-store",
            "file+uring",
            "s3+ddb",
            "gs",
            "az",
            "db",
            "https",
        ] {
            assert_eq!(
                refused(&format!("{scheme}://database")),
                format!(
                    "has the scheme {scheme}, in which lance-host keeps no databases; \
                     give a directory, file://DIRECTORY or s3://BUCKET/PREFIX"
                )
            );
        }
        insta::assert_snapshot!(refused(""), @"is empty; give a directory, file://DIRECTORY or s3://BUCKET/PREFIX");
        insta::assert_snapshot!(refused("file://"), @"is empty; give a directory, file://DIRECTORY or s3://BUCKET/PREFIX");
        insta::assert_snapshot!(refused("s3:///prefix"), @"names no bucket; give s3://BUCKET/PREFIX");
        insta::assert_snapshot!(refused("s3://key:secret@bucket/x"), @"is not s3://BUCKET/PREFIX; give credentials and the endpoint in storage-options");
        insta::assert_snapshot!(refused("s3://bucket/a/../b"), @"is not s3://BUCKET/PREFIX; a prefix has no ?, #, % and no parts . and ..");
    }

    #[test]
    fn a_password_in_a_location_is_not_shown() {
        assert_eq!(
            Location::shown("s3://key:secret@bucket/prefix"),
            "s3://[redacted]@bucket/prefix"
        );
        assert_eq!(Location::shown("s3://bucket/a@b"), "s3://bucket/a@b");
        assert_eq!(Location::shown("./a@b"), "./a@b");
    }
}

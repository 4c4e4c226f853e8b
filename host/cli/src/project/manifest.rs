//! The file by which a project is recognised.

use std::{fs, io, path::Path};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::{Language, ProjectName};
use crate::failure::{Failure, Kind};

/// What a project is called, and what it is written in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The project's name.
    pub name: ProjectName,
    /// The language that it is written in.
    pub language: Language,
}

impl Manifest {
    /// The file's name, in the project's folder.
    pub const FILE: &str = "pipeline.toml";

    /// Reads the manifest of the project in `folder`.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let file = folder.join(Self::FILE);
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let place = if folder == Path::new(".") {
                    "this folder".to_owned()
                } else {
                    folder.display().to_string()
                };
                let message = format!(
                    "{place} is no project, since it has no {}; `lance-host new` makes a project, and `lance-host build DIR` builds one in another folder",
                    Self::FILE,
                );
                return Err(Failure::message(Kind::Usage, message));
            }
            Err(error) => {
                let error =
                    Err::<Self, _>(error).context(format!("cannot read {}", file.display()));
                return error.map_err(|error| Failure::new(Kind::Usage, error));
            }
        };
        text.parse::<toml::Table>()
            .and_then(Self::deserialize)
            .with_context(|| format!("{} is not a project's manifest", file.display()))
            .map_err(|error| Failure::new(Kind::Usage, error))
    }

    /// The file's text.
    pub fn text(&self) -> String {
        let Self { name, language } = self;
        format!(
            "# What `lance-host build` builds, to {}.\nname = \"{name}\"\nlanguage = \"{}\"\n",
            name.component(),
            language.word()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Manifest, String> {
        let folder = std::env::temp_dir().join(format!(
            "lance-host-manifest-{}-{}",
            std::process::id(),
            text.len()
        ));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(Manifest::FILE), text).unwrap();
        let read = Manifest::read(&folder).map_err(|failure| {
            failure
                .causes()
                .join(": ")
                .replace(&folder.display().to_string(), "DIR")
        });
        fs::remove_dir_all(&folder).unwrap();
        read
    }

    #[test]
    fn what_is_written_is_read() {
        let manifest = Manifest {
            name: "greetings".parse().unwrap(),
            language: Language::Rust,
        };
        assert_eq!(read(&manifest.text()), Ok(manifest));
    }

    #[test]
    fn what_is_wrong_is_named() {
        insta::assert_snapshot!(
            read("name = \"greetings\"\nlanguage = \"cobol\"\n").unwrap_err(),
            @r"
        DIR/pipeline.toml is not a project's manifest: unknown variant `cobol`, expected one of `rust`, `python`, `typescript`, `go`, `c`, `zig`
        in `language`
        "
        );
        insta::assert_snapshot!(
            read("name = \"Good day\"\nlanguage = \"rust\"\n").unwrap_err(),
            @r#"
        DIR/pipeline.toml is not a project's manifest: "Good day" is not a name for a project: it has to consist of lowercase letters, digits and single hyphens between them, and to begin with a letter, as in `my-pipeline`
        in `name`
        "#
        );
        insta::assert_snapshot!(read("name = \"greetings\"\n").unwrap_err(), @"DIR/pipeline.toml is not a project's manifest: missing field `language`");
        insta::assert_snapshot!(read("name").unwrap_err(), @r"
        DIR/pipeline.toml is not a project's manifest: TOML parse error at line 1, column 5
          |
        1 | name
          |     ^
        key with no value, expected `=`
        ");
    }
}

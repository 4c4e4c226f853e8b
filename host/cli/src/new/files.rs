//! Which files a new project has.
//!
//! A template is a folder. A file in it whose name ends in `.template` loses that ending, and has
//! its blanks filled in; any other is copied as it is.

use std::borrow::Cow;

use super::embedded::{SDKS, TEMPLATES};
use crate::project::{Language, Manifest};

/// The ending of files with blanks.
const TEMPLATE: &str = ".template";

/// The contract between pipelines and the host.
const CONTRACT: &[u8] = include_bytes!("../../../../wit/pipeline.wit");

/// A file that is to be written.
pub struct NewFile {
    /// Its path below the project's folder.
    pub path: String,
    /// What it holds.
    pub content: Cow<'static, [u8]>,
}

/// All files of a new project.
pub fn of(manifest: &Manifest) -> Vec<NewFile> {
    let template = below(TEMPLATES, manifest.language.word()).map(|(path, content)| {
        match path.strip_suffix(TEMPLATE) {
            Some(path) => NewFile {
                path: path.to_owned(),
                content: Cow::Owned(filled_in(content, manifest)),
            },
            None => NewFile {
                path: path.to_owned(),
                content: Cow::Borrowed(content),
            },
        }
    });
    let sdk = sdk(manifest.language).iter().flat_map(|(from, to)| {
        below(SDKS, from).map(move |(path, content)| NewFile {
            path: format!("{to}/{path}"),
            content: Cow::Borrowed(content),
        })
    });
    let contract = contract(manifest.language).map(|path| NewFile {
        path: path.to_owned(),
        content: Cow::Borrowed(CONTRACT),
    });
    let manifest = NewFile {
        path: Manifest::FILE.to_owned(),
        content: Cow::Owned(manifest.text().into_bytes()),
    };
    let mut files: Vec<_> = template.chain(sdk).chain([manifest]).collect();
    // A build of the SDK may have left a copy.
    if let Some(contract) = contract {
        files.retain(|file| file.path != contract.path);
        files.push(contract);
    }
    files
}

/// The folders of a language's SDK, and where each of them goes in the project.
fn sdk(language: Language) -> &'static [(&'static str, &'static str)] {
    match language {
        Language::Rust => &[
            ("rust", "sdk/rust"),
            ("rust-macros", "sdk/rust-macros"),
            ("data-type", "sdk/data-type"),
        ],
        // Beside the pipeline every tool of the language finds it by itself.
        Language::Python => &[("python/src/lance_host", "lance_host")],
        Language::TypeScript => &[("javascript", "sdk/javascript")],
        Language::Go => &[("go", "sdk/go")],
        Language::C => &[("c", "sdk/c")],
        Language::Zig => &[("zig", "sdk/zig")],
    }
}

/// Where the contract goes in an SDK whose package gets it when it is built.
fn contract(language: Language) -> Option<&'static str> {
    match language {
        Language::TypeScript => Some("sdk/javascript/wit/pipeline.wit"),
        Language::Rust | Language::Python | Language::Go | Language::C | Language::Zig => None,
    }
}

/// The files of a folder, by their paths in it.
fn below(
    files: &'static [(&'static str, &'static [u8])],
    folder: &'static str,
) -> impl Iterator<Item = (&'static str, &'static [u8])> {
    files.iter().filter_map(move |(path, content)| {
        let path = path.strip_prefix(folder)?.strip_prefix('/')?;
        Some((path, *content))
    })
}

fn filled_in(content: &[u8], manifest: &Manifest) -> Vec<u8> {
    let name = manifest.name.as_str();
    let text = String::from_utf8_lossy(content)
        .replace("{{name}}", name)
        .replace("{{version}}", env!("CARGO_PKG_VERSION"))
        .replace("{{rust-version}}", env!("CARGO_PKG_RUST_VERSION"));
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_language_has_a_whole_project() {
        for language in Language::value_variants() {
            let manifest = Manifest {
                name: "greetings".parse().unwrap(),
                language: *language,
            };
            let files = of(&manifest);
            let paths: HashSet<_> = files.iter().map(|file| file.path.as_str()).collect();
            assert_eq!(paths.len(), files.len(), "{language}: a file twice");
            for path in ["README.md", ".gitignore", Manifest::FILE] {
                assert!(paths.contains(path), "{language}: no {path}");
            }
            for (folder, to) in sdk(*language) {
                assert!(below(SDKS, folder).next().is_some(), "no SDK {folder}");
                let start = format!("{to}/");
                assert!(paths.iter().any(|path| path.starts_with(&start)));
            }
            let template = below(TEMPLATES, language.word());
            for (path, _) in template.filter(|(path, _)| path.ends_with(TEMPLATE)) {
                let written = path.trim_end_matches(TEMPLATE);
                let file = files.iter().find(|file| file.path == written).unwrap();
                let text = String::from_utf8_lossy(&file.content);
                assert!(!text.contains("{{"), "{language}: a blank in {written}");
            }
        }
    }
}

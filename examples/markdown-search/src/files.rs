//! The Markdown files of a folder, in a fixed order.
//!
//! What cannot be read ends the run with an error: leaving it out would tell the
//! host that its passages are gone. Symbolic links are not followed, since they
//! may lead out of the folder or back into it.

use std::fs;
use std::path::Path;

use anyhow::Context;
use walkdir::{DirEntry, WalkDir};

/// A Markdown file.
pub struct File {
    /// Below the folder, with `/` between its parts.
    pub path: String,
    /// Bytes that are not UTF-8 are replaced by `U+FFFD`: a stray byte should
    /// not keep the rest of a text from being found.
    pub text: String,
}

/// Reads the files below `root` whose names end in `.md`, sorted by path.
pub fn markdown(root: &Path) -> impl Iterator<Item = anyhow::Result<File>> {
    let entries = WalkDir::new(root).sort_by_file_name().into_iter();
    entries.filter_map(move |entry| match entry {
        Ok(entry) if is_markdown(&entry) => Some(read(root, &entry)),
        Ok(_) => None,
        Err(error) => Some(Err(error).with_context(|| unreadable(root))),
    })
}

fn is_markdown(entry: &DirEntry) -> bool {
    let extension = entry.path().extension();
    entry.file_type().is_file() && extension.is_some_and(|e| e.eq_ignore_ascii_case("md"))
}

fn read(root: &Path, entry: &DirEntry) -> anyhow::Result<File> {
    let file = entry.path();
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let below = file.strip_prefix(root).unwrap_or(file);
    let parts: Option<Vec<_>> = below.iter().map(|part| part.to_str()).collect();
    let parts = parts.with_context(|| {
        format!(
            "the name of {} is not UTF-8: rename the file",
            file.display()
        )
    })?;
    Ok(File {
        path: parts.join("/"),
        text: String::from_utf8_lossy(&bytes).into_owned(),
    })
}

fn unreadable(root: &Path) -> String {
    let root = root.display();
    format!("cannot list {root}: is it granted, as in --dir ./docs::{root}?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_files_are_found_in_order_and_others_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        write("b.md", b"b");
        write("a/z.MD", b"caf\xe9");
        write("a/notes.txt", b"no");
        write("a/md", b"no");
        let files: Vec<_> = markdown(folder.path()).map(Result::unwrap).collect();
        let paths: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["a/z.MD", "b.md"]);
        assert_eq!(files[0].text, "caf\u{fffd}");
    }

    #[test]
    fn missing_folder_is_an_error_that_says_how_to_grant_it() {
        let error = markdown(Path::new("/no/such"))
            .next()
            .unwrap()
            .err()
            .unwrap();
        let text = format!("{error:#}");
        assert!(text.contains("--dir ./docs::/no/such"), "{text}");
    }
}

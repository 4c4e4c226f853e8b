//! What is in a folder.

use std::{fs, path::Path};

/// A file.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path below the folder, with `/` between its parts.
    pub path: String,
    /// How large it is.
    pub bytes: i64,
    /// How many lines it has, if it is text.
    pub lines: Option<i64>,
}

/// All files below `root`. One that cannot be read ends the run: leaving it out would tell the
/// host that it is gone.
pub fn list(root: &Path) -> Result<Vec<Entry>, String> {
    let mut entries = Vec::new();
    visit(root, "", &mut entries)?;
    Ok(entries)
}

fn visit(folder: &Path, prefix: &str, entries: &mut Vec<Entry>) -> Result<(), String> {
    let failed = |error| format!("cannot read {}: {error}", folder.display());
    for found in fs::read_dir(folder).map_err(failed)? {
        let found = found.map_err(failed)?;
        let kind = found.file_type().map_err(failed)?;
        let name = found.file_name();
        let path = format!("{prefix}{}", name.to_string_lossy());
        if kind.is_dir() {
            visit(&found.path(), &format!("{path}/"), entries)?;
        } else if kind.is_file() {
            entries.push(entry(&found.path(), path)?);
        }
    }
    Ok(())
}

fn entry(file: &Path, path: String) -> Result<Entry, String> {
    let content = fs::read(file).map_err(|error| format!("cannot read {path}: {error}"))?;
    let text = std::str::from_utf8(&content).ok();
    Ok(Entry {
        path,
        bytes: content.len() as i64,
        lines: text.map(|text| text.lines().count() as i64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_have_no_lines() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/text"), "one\ntwo\n").unwrap();
        fs::write(folder.path().join("image"), [0xff, 0]).unwrap();
        let mut found = list(folder.path()).unwrap();
        found.sort_by(|a, b| a.path.cmp(&b.path));
        let lines: Vec<_> = found
            .iter()
            .map(|file| (file.path.as_str(), file.bytes, file.lines))
            .collect();
        assert_eq!(lines, [("a/text", 8, Some(2)), ("image", 2, None)]);
    }
}

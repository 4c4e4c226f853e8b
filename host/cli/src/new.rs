//! Makes a project: the files of a template, and the sources of the language's SDK.

mod embedded;
mod files;

use std::{fs, io, path::Path};

use anyhow::Context as _;

use self::files::NewFile;
use crate::{
    failure::{Failure, Kind},
    project::Manifest,
};

/// Makes the project in `folder`, which must not exist. What a failure leaves behind is removed.
pub fn create(folder: &Path, manifest: &Manifest) -> Result<(), Failure> {
    fs::create_dir(folder).map_err(|error| {
        let shown = folder.display();
        if error.kind() == io::ErrorKind::AlreadyExists {
            let message = format!(
                "{shown} exists, and a project is never written over what is there; take another name"
            );
            Failure::message(Kind::Usage, message)
        } else {
            let error = anyhow::Error::new(error).context(format!("cannot make the folder {shown}"));
            Failure::new(Kind::Usage, error)
        }
    })?;
    let written = files::of(manifest)
        .iter()
        .try_for_each(|file| write(folder, file));
    written.map_err(|error| {
        // The reason for the failure is worth more than one more that follows from it.
        let _ = fs::remove_dir_all(folder);
        Failure::new(Kind::Internal, error)
    })
}

fn write(folder: &Path, file: &NewFile) -> anyhow::Result<()> {
    let path = folder.join(&file.path);
    let write = || {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, &file.content)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

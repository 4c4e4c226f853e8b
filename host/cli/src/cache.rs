//! Where compiled components are kept.

use std::{env, path::PathBuf};

/// The variable that names another directory.
const VARIABLE: &str = "LANCE_HOST_CACHE";

/// The directory for compiled code: `$LANCE_HOST_CACHE`, or `lance-host` in the
/// user's own cache directory. `None` where the platform names no such
/// directory; then nothing is kept.
pub fn directory() -> Option<PathBuf> {
    match env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        Some(directory) => Some(PathBuf::from(directory)),
        None => Some(dirs::cache_dir()?.join("lance-host")),
    }
}

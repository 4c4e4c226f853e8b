//! `lance-host-componentize MODULE COMPONENT [SDK]`: see the library.

use std::{env, fs, process::ExitCode};

use anyhow::{Context, bail};
use lance_host_componentize::componentize;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let (module, component, sdk) = match arguments.as_slice() {
        [module, component] => (module, component, None),
        [module, component, sdk] => (module, component, Some(sdk.as_str())),
        _ => bail!("usage: lance-host-componentize MODULE COMPONENT [SDK]"),
    };
    let bytes = fs::read(module).with_context(|| format!("cannot read {module}"))?;
    let made = componentize(&bytes, sdk).with_context(|| format!("cannot use {module}"))?;
    fs::write(component, made).with_context(|| format!("cannot write {component}"))
}

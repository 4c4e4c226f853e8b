//! What this host offers to components, and what to say when that is not what one asks for.

use std::fmt::Write as _;

/// The contract that this host implements.
pub(crate) const CONTRACT: &str = "lance-host:pipeline";

/// Its version.
pub(crate) const CONTRACT_VERSION: &str = "0.1.0";

/// A package of interfaces.
struct Package {
    name: &'static str,
    version: &'static str,
    interfaces: &'static [&'static str],
}

/// WASI's version in this release of wasmtime.
const WASI: &str = "0.2.12";

/// Everything that is linked. Sockets are there because some languages ask for them whether they
/// use them or not; nothing is granted through them.
const OFFERED: &[Package] = &[
    Package {
        name: CONTRACT,
        version: CONTRACT_VERSION,
        interfaces: &["target", "types"],
    },
    Package {
        name: "wasi:cli",
        version: WASI,
        interfaces: &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    },
    Package {
        name: "wasi:clocks",
        version: WASI,
        interfaces: &["monotonic-clock", "wall-clock"],
    },
    Package {
        name: "wasi:filesystem",
        version: WASI,
        interfaces: &["preopens", "types"],
    },
    Package {
        name: "wasi:io",
        version: WASI,
        interfaces: &["error", "poll", "streams"],
    },
    Package {
        name: "wasi:random",
        version: WASI,
        interfaces: &["insecure", "insecure-seed", "random"],
    },
    Package {
        name: "wasi:sockets",
        version: WASI,
        interfaces: &[
            "instance-network",
            "ip-name-lookup",
            "network",
            "tcp",
            "tcp-create-socket",
            "udp",
            "udp-create-socket",
        ],
    },
];

/// Every interface that is offered, by its full name.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = String> {
    OFFERED.iter().flat_map(
        |Package {
             name,
             version,
             interfaces,
         }| {
            interfaces
                .iter()
                .map(move |interface| format!("{name}/{interface}@{version}"))
        },
    )
}

/// Whether the host has an interface of a name like `wasi:io/streams@0.2.3`, in a version that
/// can stand for the one asked for.
fn offers(import: &str) -> bool {
    let Some((package, interface, version)) = split(import) else {
        return false;
    };
    OFFERED.iter().any(|offered| {
        offered.name == package
            && offered.interfaces.contains(&interface)
            && compatible(offered.version, version)
    })
}

/// Package, interface and version of an import.
fn split(import: &str) -> Option<(&str, &str, &str)> {
    let (path, version) = import.split_once('@')?;
    let (package, interface) = path.split_once('/')?;
    Some((package, interface, version))
}

/// Whether two versions stand for each other, as the component model has it: the same up to the
/// first part that is not 0.
fn compatible(ours: &str, theirs: &str) -> bool {
    // A pre-release stands for nothing but itself.
    if theirs.contains(['-', '+']) {
        return ours == theirs;
    }
    track(ours) == track(theirs)
}

fn track(version: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in version.split('.') {
        parts.push(part);
        if part != "0" {
            break;
        }
    }
    parts
}

/// What a component asks for and this host does not offer, as a reason for people.
pub(crate) fn missing(imports: &[String]) -> Option<String> {
    let missing: Vec<&str> = imports
        .iter()
        .map(String::as_str)
        .filter(|import| !offers(import))
        .collect();
    if missing.is_empty() {
        return None;
    }
    let mut reason = String::from("it asks for what this host does not offer");
    if let Some(hint) = missing.iter().find_map(|import| hint(import)) {
        let _ = write!(reason, ": {hint}");
    }
    reason.push_str(&comparison(imports, &missing));
    Some(reason)
}

/// Why a component does not link whose interfaces are all offered, as a reason for people.
pub(crate) fn misfit(
    imports: &[String],
    contract: Option<&str>,
    error: &wasmtime::Error,
) -> String {
    let advice = match contract {
        Some(version) if version != CONTRACT_VERSION => other_contract(version),
        _ => "build it with the SDK or the contract of this host".into(),
    };
    let comparison = comparison(imports, &[]);
    format!("it does not fit what this host offers; {advice}: {error:#}{comparison}")
}

/// The next step for a missing interface, where there is one.
fn hint(import: &str) -> Option<String> {
    let (package, _, version) = split(import)?;
    match package {
        CONTRACT => Some(other_contract(version)),
        "wasi:http" => Some("HTTP is not available to pipelines; build it without".into()),
        _ if package.starts_with("wasi:") && version.starts_with("0.3.") => {
            Some("it was built for WASI 0.3; build it for WASI 0.2".into())
        }
        _ => None,
    }
}

/// What to do with a component for another version of the contract.
fn other_contract(version: &str) -> String {
    let next = if compatible(CONTRACT_VERSION, version) {
        "use a newer lance-host"
    } else {
        "build it with an SDK for that version"
    };
    format!("it was built for {CONTRACT} {version} and this host has {CONTRACT_VERSION}; {next}")
}

/// What is asked for beside what is offered.
fn comparison(imports: &[String], missing: &[&str]) -> String {
    let mut text = String::from("\nit asks for:");
    if imports.is_empty() {
        text.push_str(" nothing");
    }
    for import in imports {
        let note = if missing.contains(&import.as_str()) {
            "  (missing)"
        } else {
            ""
        };
        let _ = write!(text, "\n  {import}{note}");
    }
    text.push_str("\nthis host offers:");
    for Package {
        name,
        version,
        interfaces,
    } in OFFERED
    {
        let _ = write!(text, "\n  {name}@{version}: {}", interfaces.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stand_for_each_other_within_their_track() {
        assert!(compatible("0.2.12", "0.2.0"));
        assert!(compatible("0.1.0", "0.1.9"));
        assert!(compatible("1.2.3", "1.0.0"));
        assert!(!compatible("0.2.12", "0.3.0"));
        assert!(!compatible("0.1.0", "1.1.0"));
        assert!(!compatible("0.2.12", "0.2.0-rc-2023-12-05"));
    }

    #[test]
    fn a_missing_interface_is_listed_beside_what_is_offered() {
        let imports = [
            "wasi:http/outgoing-handler@0.2.4".to_owned(),
            "wasi:io/streams@0.2.4".to_owned(),
        ];
        insta::assert_snapshot!(missing(&imports).unwrap(), @r"
        it asks for what this host does not offer: HTTP is not available to pipelines; build it without
        it asks for:
          wasi:http/outgoing-handler@0.2.4  (missing)
          wasi:io/streams@0.2.4
        this host offers:
          lance-host:pipeline@0.1.0: target, types
          wasi:cli@0.2.12: environment, exit, stdin, stdout, stderr, terminal-input, terminal-output, terminal-stdin, terminal-stdout, terminal-stderr
          wasi:clocks@0.2.12: monotonic-clock, wall-clock
          wasi:filesystem@0.2.12: preopens, types
          wasi:io@0.2.12: error, poll, streams
          wasi:random@0.2.12: insecure, insecure-seed, random
          wasi:sockets@0.2.12: instance-network, ip-name-lookup, network, tcp, tcp-create-socket, udp, udp-create-socket
        ");
    }

    #[test]
    fn the_version_is_that_of_the_contract() {
        let contract = include_str!("../../../wit/pipeline.wit");
        assert!(contract.contains(&format!("\npackage {CONTRACT}@{CONTRACT_VERSION};")));
    }

    #[test]
    fn another_contract_version_is_said() {
        let reason = missing(&["lance-host:pipeline/target@0.2.0".to_owned()]).unwrap();
        let first = reason.lines().next().unwrap();
        insta::assert_snapshot!(
            first,
            @"it asks for what this host does not offer: it was built for lance-host:pipeline 0.2.0 and this host has 0.1.0; build it with an SDK for that version"
        );
    }
}

//! What this host offers to components, and what to say when that is not what one asks for.

use std::fmt::Write as _;

/// The contract that this host implements.
pub(crate) const CONTRACT: &str = "lance-host:pipeline";

/// Its version.
pub(crate) const CONTRACT_VERSION: &str = "0.1.0";

/// The functions of its interfaces, by their names in the component model.
const CONTRACT_FUNCTIONS: &[(&str, &[&str])] = &[
    (
        "target",
        &[
            "declare-table",
            "[method]table.declare-index",
            "[method]table.declare-row",
            "[method]table.declare-rows",
        ],
    ),
    ("types", &[]),
];

/// What a component asks for under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The name of the import, such as `wasi:io/streams@0.2.6`.
    pub(crate) import: String,
    /// The functions that it needs of the interface, by their names in the component model.
    pub(crate) functions: Vec<String>,
}

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

/// Every interface of WASI that is offered, by its full name.
#[cfg(test)]
pub(crate) fn wasi() -> impl Iterator<Item = String> {
    let wasi = OFFERED.iter().filter(|package| package.name != CONTRACT);
    wasi.flat_map(
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

/// The functions that the host has of an interface of the contract; none for those of WASI, whose
/// minor versions add no functions.
fn functions_of(import: &str) -> Option<&'static [&'static str]> {
    let (package, interface, _) = split(import)?;
    if package != CONTRACT {
        return None;
    }
    functions_in(interface)
}

fn functions_in(interface: &str) -> Option<&'static [&'static str]> {
    let mut interfaces = CONTRACT_FUNCTIONS.iter();
    let (_, functions) = interfaces.find(|(name, _)| *name == interface)?;
    Some(functions)
}

/// Whether the host lacks a function of an interface that it has.
fn lacks(import: &str, function: &str) -> bool {
    functions_of(import).is_some_and(|offered| !offered.contains(&function))
}

/// A function's name without what the component model puts before it.
fn short(function: &str) -> &str {
    function
        .split_once(']')
        .map_or(function, |(_, short)| short)
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
pub(crate) fn missing(asked: &[Asked]) -> Option<String> {
    let missing: Vec<&str> = asked
        .iter()
        .filter(|Asked { import, functions }| {
            !offers(import) || functions.iter().any(|function| lacks(import, function))
        })
        .map(|asked| asked.import.as_str())
        .collect();
    if missing.is_empty() {
        return None;
    }
    let mut reason = String::from("it asks for what this host does not offer");
    if let Some(hint) = missing.iter().find_map(|import| hint(import)) {
        let _ = write!(reason, ": {hint}");
    }
    reason.push_str(&comparison(asked));
    Some(reason)
}

/// Why a component does not link whose interfaces are all offered, as a reason for people.
pub(crate) fn misfit(asked: &[Asked], contract: Option<&str>, error: &wasmtime::Error) -> String {
    let advice = match contract {
        Some(version) if version != CONTRACT_VERSION => other_contract(version),
        _ => SAME_CONTRACT.into(),
    };
    let comparison = comparison(asked);
    format!("it does not fit what this host offers; {advice}: {error:#}{comparison}")
}

/// What to do with a component that says it is for this version of the contract, and is not.
const SAME_CONTRACT: &str = "build it with the SDK or the contract of this host";

/// The next step for a missing interface, where there is one.
fn hint(import: &str) -> Option<String> {
    let (package, _, version) = split(import)?;
    match package {
        CONTRACT if version == CONTRACT_VERSION => Some(SAME_CONTRACT.into()),
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
fn comparison(asked: &[Asked]) -> String {
    let mut text = String::from("\nit asks for:");
    if asked.is_empty() {
        text.push_str(" nothing");
    }
    for Asked { import, functions } in asked {
        let _ = write!(text, "\n  {import}");
        if !offers(import) {
            text.push_str("  (missing)");
        } else if functions_of(import).is_some() && !functions.is_empty() {
            let functions: Vec<String> = functions
                .iter()
                .map(|function| {
                    let note = if lacks(import, function) {
                        " (missing)"
                    } else {
                        ""
                    };
                    format!("{}{note}", short(function))
                })
                .collect();
            let _ = write!(text, ": {}", functions.join(", "));
        }
    }
    text.push_str("\nthis host offers:");
    for Package {
        name,
        version,
        interfaces,
    } in OFFERED
    {
        let of_contract = *name == CONTRACT;
        let interfaces: Vec<String> = interfaces
            .iter()
            .map(
                |interface| match functions_in(interface).filter(|_| of_contract) {
                    Some(functions) if !functions.is_empty() => {
                        let functions: Vec<&str> = functions.iter().copied().map(short).collect();
                        format!("{interface} ({})", functions.join(", "))
                    }
                    _ => (*interface).to_owned(),
                },
            )
            .collect();
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

    fn asked(import: &str, functions: &[&str]) -> Asked {
        Asked {
            import: import.to_owned(),
            functions: functions.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn a_missing_interface_is_listed_beside_what_is_offered() {
        let asked = [
            asked("wasi:http/outgoing-handler@0.2.4", &["handle"]),
            asked("wasi:io/streams@0.2.4", &["[method]input-stream.read"]),
        ];
        insta::assert_snapshot!(missing(&asked).unwrap(), @r"
        it asks for what this host does not offer: HTTP is not available to pipelines; build it without
        it asks for:
          wasi:http/outgoing-handler@0.2.4  (missing)
          wasi:io/streams@0.2.4
        this host offers:
          lance-host:pipeline@0.1.0: target (declare-table, table.declare-index, table.declare-row, table.declare-rows), types
          wasi:cli@0.2.12: environment, exit, stdin, stdout, stderr, terminal-input, terminal-output, terminal-stdin, terminal-stdout, terminal-stderr
          wasi:clocks@0.2.12: monotonic-clock, wall-clock
          wasi:filesystem@0.2.12: preopens, types
          wasi:io@0.2.12: error, poll, streams
          wasi:random@0.2.12: insecure, insecure-seed, random
          wasi:sockets@0.2.12: instance-network, ip-name-lookup, network, tcp, tcp-create-socket, udp, udp-create-socket
        ");
    }

    const WIT: &str = include_str!("../../../wit/pipeline.wit");

    #[test]
    fn a_function_of_a_later_minor_version_is_listed() {
        let later = "lance-host:pipeline/target@0.1.7";
        let known = ["declare-table", "[method]table.declare-rows"];
        assert_eq!(missing(&[asked(later, &known)]), None);
        let new = ["declare-table", "[method]table.declare-scope"];
        let reason = missing(&[asked(later, &new)]).unwrap();
        let lines: Vec<&str> = reason.lines().take(5).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        it asks for what this host does not offer: it was built for lance-host:pipeline 0.1.7 and this host has 0.1.0; use a newer lance-host
        it asks for:
          lance-host:pipeline/target@0.1.7: declare-table, table.declare-scope (missing)
        this host offers:
          lance-host:pipeline@0.1.0: target (declare-table, table.declare-index, table.declare-row, table.declare-rows), types
        ");
    }

    #[test]
    fn the_version_is_that_of_the_contract() {
        assert!(WIT.contains(&format!("\npackage {CONTRACT}@{CONTRACT_VERSION};")));
    }

    #[test]
    fn the_functions_are_those_of_the_contract() {
        let functions = WIT.lines().filter_map(|line| {
            let (name, _) = line.trim().split_once(": func(")?;
            // What a world exports is not offered.
            (!name.contains(' ')).then_some(name)
        });
        let mut functions: Vec<&str> = functions.collect();
        functions.sort_unstable();
        let mut offered: Vec<&str> = CONTRACT_FUNCTIONS
            .iter()
            .flat_map(|(_, functions)| functions.iter().copied())
            .map(|function| short(function).trim_start_matches("table."))
            .collect();
        offered.sort_unstable();
        assert_eq!(offered, functions);
    }

    #[test]
    fn another_contract_version_is_said() {
        let reason = missing(&[asked("lance-host:pipeline/target@0.2.0", &[])]).unwrap();
        let first = reason.lines().next().unwrap();
        insta::assert_snapshot!(
            first,
            @"it asks for what this host does not offer: it was built for lance-host:pipeline 0.2.0 and this host has 0.1.0; build it with an SDK for that version"
        );
    }
}

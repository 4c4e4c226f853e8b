//! Where a guest was when it ended: its functions, as its author knows them.

use wasmtime::WasmBacktrace;

use crate::text::printable;

/// How many lines are shown.
const LINES: usize = 16;

/// How much of a function's name is shown, in bytes.
const NAME: usize = 200;

/// Parts of the names of functions that only carry a panic, an abort or an exit to its end.
const ENDING: &[&str] = &[
    "core::option::expect_failed",
    "core::option::unwrap_failed",
    "core::panicking::",
    "core::result::unwrap_failed",
    "alloc::alloc::handle_alloc_error",
    "alloc::raw_vec::handle_error",
    // Of Zig, which names its functions by their file.
    "debug.FullPanic(",
    "debug.defaultPanic",
    "__rust_alloc_error_handler",
    "__rust_end_short_backtrace",
    "__rust_start_panic",
    "rust_begin_unwind",
    "rust_panic",
    "std::alloc::rust_oom",
    "std::panicking::",
    "std::process::abort",
    "std::process::exit",
    "std::sys::exit::exit",
    "::abort_internal",
];

/// The same as whole names, of C.
const ENDING_IN_C: &[&str] = &["_Exit", "__assert_fail", "abort", "exit", "exit_exit"];

/// The guest's functions, the innermost first, without those of [`ENDING`].
pub(crate) fn functions(trace: &WasmBacktrace) -> Vec<String> {
    let names = trace.frames().iter().map(|frame| match frame.func_name() {
        Some(name) => readable(name),
        None => format!("function {}", frame.func_index()),
    });
    lines(&names.collect::<Vec<_>>())
}

/// A function's name as it is in the source, as far as it is one of Rust.
fn readable(symbol: &str) -> String {
    let name = format!("{:#}", rustc_demangle::demangle(symbol));
    printable(&name, NAME)
}

fn lines(names: &[String]) -> Vec<String> {
    let end = names.iter().rposition(|name| is_ending(name));
    let own = names
        .get(end.map_or(0, |end| end + 1)..)
        .unwrap_or_default();
    // A guest that is nothing but an end is shown whole.
    let shown = if own.is_empty() { names } else { own };
    let mut lines: Vec<String> = shown.chunk_by(|a, b| a == b).filter_map(line).collect();
    if lines.len() > LINES {
        let hidden = lines.len() - LINES;
        lines.truncate(LINES);
        lines.push(format!("… and {hidden} more"));
    }
    lines
}

/// One line for calls of a function by itself.
fn line(calls: &[String]) -> Option<String> {
    let (name, others) = calls.split_first()?;
    Some(match others.len() {
        0 => name.clone(),
        others => format!("{name} ({} times)", others + 1),
    })
}

fn is_ending(name: &str) -> bool {
    ENDING.iter().any(|part| name.contains(part)) || ENDING_IN_C.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(names: &[&str]) -> Vec<String> {
        lines(&names.iter().map(|name| readable(name)).collect::<Vec<_>>())
    }

    #[test]
    fn names_of_rust_are_as_in_the_source() {
        assert_eq!(
            shown(&[
                "_ZN10guest_evil6limits8patience17hd103567bb1eb3d06E",
                "_ZN10guest_evil7declare7declare17hd654d7b29b7df257E.llvm.12385104286202019354",
                "_RNvNtCshXfaRvt2tfW_3std7process2id",
                "plain",
            ]),
            [
                "guest_evil::limits::patience",
                "guest_evil::declare::declare",
                "std::process::id",
                "plain"
            ]
        );
    }

    #[test]
    fn what_carries_a_panic_is_not_shown() {
        assert_eq!(
            shown(&[
                "rust_panic",
                "std::panicking::begin_panic",
                "_RNvNtCs9pv848UzQwQ_4core9panicking9panic_fmt",
                "docs::run",
                "run"
            ]),
            ["docs::run", "run"]
        );
        assert_eq!(shown(&["exit_exit", "_Exit", "exit", "main"]), ["main"]);
        assert_eq!(
            shown(&[
                "debug.defaultPanic",
                "debug.FullPanic((function 'defaultPanic')).outOfBounds",
                "main.run"
            ]),
            ["main.run"]
        );
        assert_eq!(
            shown(&["core::panicking::panic"]),
            ["core::panicking::panic"]
        );
    }

    #[test]
    fn recursion_is_one_line_and_the_rest_is_bounded() {
        assert_eq!(shown(&["a", "b", "b", "b", "a"]), ["a", "b (3 times)", "a"]);
        let many: Vec<String> = (0..20).map(|number| format!("f{number}")).collect();
        let lines = lines(&many);
        assert_eq!((lines.len(), lines[16].as_str()), (17, "… and 4 more"));
    }

    #[test]
    fn names_are_bounded_and_printable() {
        assert_eq!(readable("a\u{1b}b"), "a\u{fffd}b");
        assert!(readable(&"x".repeat(10_000)).len() < 300);
    }
}

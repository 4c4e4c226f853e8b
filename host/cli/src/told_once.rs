//! Leaves out of a sandbox's error what its reader has seen already.
//!
//! The sandbox tells everything it knows, because it cannot know what else is shown.

use lance_host_sandbox::{SandboxError, TargetError};

/// The error without repetition: the end of the pipeline's output, if all of it `was_printed`,
/// and the refused declaration, if the pipeline itself names it with all its places.
pub fn told_once(mut error: SandboxError, was_printed: bool) -> SandboxError {
    let (message, context) = match &mut error {
        SandboxError::Failed {
            message, context, ..
        } => (message.as_str(), context),
        SandboxError::Stopped { context, .. } | SandboxError::Limit { context, .. } => {
            ("", context)
        }
        _ => return error,
    };
    if was_printed {
        context.stderr.clear();
    }
    if context
        .refused
        .as_ref()
        .is_some_and(|refused| names(message, refused))
    {
        context.refused = None;
    }
    error
}

fn names(message: &str, refused: &TargetError) -> bool {
    let row = refused.row.map(|row| format!("row {row}"));
    [
        Some(&refused.message),
        refused.table.as_ref(),
        refused.column.as_ref(),
        row.as_ref(),
    ]
    .into_iter()
    .flatten()
    .all(|part| message.contains(part.as_str()))
}

#[cfg(test)]
mod tests {
    use lance_host_sandbox::Code;

    use super::*;

    #[test]
    fn a_message_without_a_place_does_not_name_the_declaration() {
        let refused = TargetError::new(Code::InvalidUtf8, "the text is not UTF-8")
            .in_table("docs")
            .at_row(7);
        assert!(names("the text is not UTF-8 (table docs, row 7)", &refused));
        assert!(!names("invalid-utf8: the text is not UTF-8", &refused));
        assert!(!names("", &refused));
    }
}

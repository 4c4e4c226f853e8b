//! Tools that a developer may lack and continuous integration may not.

use crate::process;

/// What a run leaves out because of tools that could not be had.
#[derive(Default)]
pub struct Skips {
    /// What is left out, and why.
    reasons: Vec<(&'static str, String)>,
}

impl Skips {
    /// Takes the outcome of setting up a tool that only `what` needs. A failure is passed
    /// on in continuous integration; elsewhere it is kept, and told at the end.
    pub fn unless<T>(
        &mut self,
        what: &'static str,
        outcome: anyhow::Result<T>,
    ) -> anyhow::Result<Option<T>> {
        match outcome {
            Ok(value) => Ok(Some(value)),
            Err(error) if process::in_ci() => {
                Err(error.context(format!("{what} cannot be left out when CI is set")))
            }
            Err(error) => {
                if !self.has(what) {
                    self.reasons.push((what, format!("{error:#}")));
                }
                Ok(None)
            }
        }
    }

    /// Whether `what` was left out.
    pub fn has(&self, what: &str) -> bool {
        self.reasons.iter().any(|(skipped, _)| *skipped == what)
    }

    /// Says loudly what was left out.
    pub fn tell(&self) {
        for (what, why) in &self.reasons {
            eprintln!(
                "\nxtask: WARNING: LEFT OUT: {what}\n    {}",
                why.replace('\n', "\n    ")
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::Skips;

    #[test]
    fn a_missing_tool_is_remembered_outside_continuous_integration_only() {
        let mut skips = Skips::default();
        assert_eq!(skips.unless("python", Ok(1)).unwrap(), Some(1));
        assert!(!skips.has("python"));

        let missing = skips.unless::<()>("javascript", Err(anyhow!("no node")));
        if crate::process::in_ci() {
            assert!(missing.is_err());
        } else {
            assert_eq!(missing.unwrap(), None);
            assert!(skips.has("javascript"));
        }
    }
}

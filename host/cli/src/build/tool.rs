//! Starting a language's tools.
//!
//! What they say goes to standard error, where a person sees it and no program has to read it;
//! with `--quiet` only if they fail.

use std::{
    env,
    ffi::OsStr,
    io,
    path::{self, PathBuf},
    process::Stdio,
};

use tokio::process::Command;

use super::Project;
use crate::failure::{Failure, Kind};

/// A program, and how to get it.
#[derive(Debug, Clone, Copy)]
pub struct Tool<'a> {
    /// The program: a name to look for, or a path below the project's folder.
    pub program: &'a str,
    /// What to do if it is not there: the end of a sentence.
    pub install: &'a str,
}

impl Tool<'_> {
    /// A command that runs in the project's folder, and ends when the build is given up.
    pub fn command(&self, project: &Project<'_>) -> Command {
        let program = if self.program.contains('/') {
            // Absolute: what a relative path means beside another working folder is not portable.
            let program = project.folder.join(self.program);
            path::absolute(&program).unwrap_or(program)
        } else {
            PathBuf::from(self.program)
        };
        let mut command = Command::new(program);
        command
            .current_dir(project.folder)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Whether there is such a program on the search path.
    pub fn is_there(&self) -> bool {
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path).any(|folder| folder.join(self.program).is_file())
    }

    /// Runs it to its end.
    pub async fn run(&self, project: &Project<'_>, command: &mut Command) -> Result<(), Failure> {
        if project.session.quiet() {
            let output = command.stdout(Stdio::piped()).stderr(Stdio::piped());
            let output = output.output().await.map_err(|error| self.lost(&error))?;
            if !output.status.success() {
                eprint!("{}", String::from_utf8_lossy(&output.stdout));
                eprint!("{}", String::from_utf8_lossy(&output.stderr));
            }
            return self.ended(command, output.status);
        }
        command.stdout(io::stderr()).stderr(Stdio::inherit());
        let status = command.status().await.map_err(|error| self.lost(&error))?;
        self.ended(command, status)
    }

    /// Runs it to its end and returns what it prints to standard output.
    pub async fn output(
        &self,
        project: &Project<'_>,
        command: &mut Command,
    ) -> Result<String, Failure> {
        let errors = if project.session.quiet() {
            Stdio::piped()
        } else {
            Stdio::inherit()
        };
        let output = command.stdout(Stdio::piped()).stderr(errors);
        let output = output.output().await.map_err(|error| self.lost(&error))?;
        if !output.status.success() {
            eprint!("{}", String::from_utf8_lossy(&output.stderr));
        }
        self.ended(command, output.status)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Says that it is missing, and how to get it.
    pub fn missing(&self) -> Failure {
        let message = format!("there is no `{}`; {}", self.program, self.install);
        Failure::message(Kind::Usage, message)
    }

    fn lost(&self, error: &io::Error) -> Failure {
        if error.kind() == io::ErrorKind::NotFound {
            return self.missing();
        }
        let message = format!("`{}` cannot be started: {error}", self.program);
        Failure::message(Kind::Usage, message)
    }

    fn ended(&self, command: &Command, status: std::process::ExitStatus) -> Result<(), Failure> {
        if status.success() {
            return Ok(());
        }
        let command = command.as_std();
        let words: Vec<_> = std::iter::once(OsStr::new(self.program))
            .chain(command.get_args())
            .map(OsStr::to_string_lossy)
            .collect();
        let message = format!(
            "the project does not build: `{}` failed with {status}",
            words.join(" ")
        );
        Err(Failure::message(Kind::Pipeline, message))
    }
}

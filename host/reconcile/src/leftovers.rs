//! Cleans up after a run whose future was dropped, as when somebody interrupts it.

use std::sync::Arc;

use crate::{
    intents::Intents,
    progress::{Phase, Progress},
};

/// What a run has written that is not part of any table. It outlives the run, which cannot clean up
/// once it is dropped.
#[derive(Debug, Clone)]
pub struct Leftovers {
    intents: Arc<Intents>,
    progress: Arc<Progress>,
}

impl Leftovers {
    pub(crate) fn new(intents: Arc<Intents>, progress: Arc<Progress>) -> Self {
        Self { intents, progress }
    }

    /// Removes it, once the run is dropped.
    ///
    /// Only of a run that had not begun to commit: the storage may still be doing what a commit asked
    /// for, so what became of it is for the next run to find out.
    pub async fn remove(self) {
        if matches!(self.progress.phase(), Phase::Declaring | Phase::Diffing) {
            self.intents.finish(true).await;
        }
    }
}

//! Decides what a declaration changes in a table that some pipeline knows already.

use super::{
    compare::compare,
    guard::Guard,
    others,
    table::{Change, Step, count_changes},
};
use crate::{
    declare::RunContext,
    diff::{Change as RowChange, Changes, ChangesBuilder},
    error::Error,
    index::{self, Wanted},
    report::{Action, TableReport},
    schema::{self, Declarers, SchemaChange},
    sequence::Sequence,
    stage::Staged,
    state::{Entries, Journal, OwnedColumn, Owners, ROOT_SCOPE, Rehash, Rehashed, State},
    table::{Identity, StoredTable},
};

pub(super) async fn change(
    run: &RunContext,
    staged: &Staged,
    table: StoredTable,
    identity: Identity,
    outcome: &mut TableReport,
    guards: &mut Vec<Guard>,
    wanted: &mut Wanted,
) -> Result<Step, Error> {
    let indexes = index::specs(&staged.declared);
    let columns = OwnedColumn::all(&staged.declared.schema);
    let schema_change = |owners: &Owners| {
        let declarers = Declarers::of(owners, (&run.pipeline, ROOT_SCOPE));
        schema::compare(
            &staged.declared,
            &table.schema(),
            Some(&identity),
            &declarers,
        )
    };
    let journal = Journal::read(&table, &identity).await?;
    let lags = journal.lags();
    if !lags
        && let Some(owners) = journal.owners()
        // A copy of a declared key may be among the rows to take over.
        && !(run.adopt && owners.foreign_rows > 0)
        && let Some((_, owner)) = owners.find(&run.pipeline, ROOT_SCOPE)
        && owner.digest == staged.index().digest()
        && owner.columns == columns
        && owner.indexes == indexes
        && schema_change(owners)?.is_empty()
    {
        *wanted = Wanted::new(owners, &staged.declared.indexes);
        // The same set of rows: the entries need not be read.
        outcome.unchanged = owner.digest.rows;
        return Ok(Step::Nothing);
    }
    let state = journal.state().await?;
    let mut schema = schema_change(&state.owners)?;
    let mut owners = state.owners.clone();
    let knows_declaration = owners
        .find(&run.pipeline, ROOT_SCOPE)
        .is_some_and(|(_, owner)| owner.columns == columns && owner.indexes == indexes);
    let owner = owners.id_of(&run.pipeline, ROOT_SCOPE);
    owners.set_columns(owner, columns);
    owners.hashed = owners.declared_columns();
    index::check_conflicts(&owners, owner, &staged.declared)?;
    owners.set_indexes(owner, indexes);
    *wanted = Wanted::new(&owners, &staged.declared.indexes);

    let (entries, rehashed) =
        rehash(&table, &identity, &state, &owners, owner, &mut schema).await?;
    let entries = entries.as_ref().unwrap_or(&state.entries);
    others::spare(&table, &state, owner, &schema).await?;
    let changes = compare(run, staged, entries, &owners, owner).await?;
    count_changes(&changes, outcome);
    outcome.schema_changes = schema.described();
    if !rehashed.is_empty() {
        // Those of other owners changed too.
        owners.recount(entries).await?;
    }
    owners.set_digest(owner, staged.unique().await?.digest);
    let rows = state.rows();
    if let Some(reason) = schema.rebuild.clone() {
        outcome.action = Action::Rebuild;
        guards.push(Guard::Rebuild {
            table: table.label(),
            rows,
            reason,
        });
        let changes = rewrite_everything(&changes, staged, &state.entries).await?;
        return Ok(Step::Rebuild(Box::new(Change {
            table,
            identity,
            state,
            owner,
            schema,
            rehashed: Vec::new(),
            changes,
            owners,
        })));
    }
    if !schema.is_empty() {
        outcome.action = Action::Evolve;
    }
    guards.extend(Guard::deletions(table.label(), rows, outcome));
    if !schema.relaxes.is_empty() {
        return Ok(Step::Relax {
            table,
            identity,
            owners: Box::new(state.owners),
            columns: schema.relaxes,
        });
    }
    if changes.is_empty() && rehashed.is_empty() && knows_declaration && !schema.changes_columns() {
        if !schema.tightens.is_empty() {
            return Ok(Step::Tighten {
                table,
                identity,
                state: Box::new(state),
                columns: schema.tightens,
            });
        }
        return Ok(if lags {
            Step::CatchUp {
                table,
                identity,
                state: Box::new(state),
            }
        } else {
            Step::Nothing
        });
    }
    owners.foreign_rows -= changes.taken;
    Ok(Step::Change(Box::new(Change {
        table,
        identity,
        state,
        owner,
        schema,
        rehashed,
        changes,
        owners,
    })))
}

/// The entries after the change of columns, if any changes, and those of them that do. A cast that does not
/// fit becomes a rebuild.
async fn rehash(
    table: &StoredTable,
    identity: &Identity,
    state: &State,
    owners: &Owners,
    owner: u32,
    schema: &mut SchemaChange,
) -> Result<(Option<Entries>, Vec<Sequence>), Error> {
    if schema.rebuild.is_none() {
        let rehash = Rehash {
            before: &state.owners.hashed,
            after: &owners.hashed,
            casts: &schema.casts,
            primary_key: &identity.primary_key,
            owner,
        };
        match rehash.apply(table, &state.entries).await? {
            Rehashed::Same => {}
            Rehashed::Fits { entries, changes } => return Ok((Some(*entries), changes)),
            Rehashed::DoesNotFit { column } => {
                let cast = schema.casts.iter().find(|cast| cast.column == column);
                schema.rebuild = cast.map(|cast| {
                    format!(
                        "column {column:?} changes from {} to {}, which not all stored values fit",
                        cast.from, cast.to
                    )
                });
            }
        }
    }
    Ok((None, Vec::new()))
}

/// Turns changes into those of a rebuild: every declared row is written, every stored one goes.
async fn rewrite_everything(
    changes: &Changes,
    staged: &Staged,
    entries: &Entries,
) -> Result<Changes, Error> {
    let mut everything = ChangesBuilder::new();
    let (mut declared, mut stored) = (staged.read().await?, entries.read().await?);
    loop {
        let (row, entry) = (declared.peek().await?, stored.peek().await?);
        match (row, entry) {
            (None, None) => break,
            (Some(row), entry) if entry.is_none_or(|entry| row.key < entry.key) => {
                declared.advance();
                everything.push(RowChange::Write(row));
            }
            (_, Some(entry)) => {
                stored.advance();
                everything.push(RowChange::Remove(entry));
            }
            (Some(_), None) => {}
        }
        everything.next_key()?;
    }
    // What a person is told stays the same.
    let mut everything = everything.finish()?;
    everything.inserted = changes.inserted;
    everything.updated = changes.updated;
    everything.deleted = changes.deleted;
    everything.unchanged = changes.unchanged;
    Ok(everything)
}

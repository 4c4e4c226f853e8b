//! Aligned columns without rules.

use comfy_table::{CellAlignment, Table, presets};

/// Blanks between two columns.
const GAP: u16 = 2;

/// A table with these column heads; those named in `numbers` are aligned to the right.
pub fn table(heads: &[&str], numbers: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(heads);
    for (column, head) in table.column_iter_mut().zip(heads) {
        column.set_padding((0, GAP));
        if numbers.contains(head) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// The table as lines without trailing blanks.
pub fn lines(table: &Table) -> String {
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

//! Short tables for people.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

/// A table of text columns; those whose title begins with `>` stand to the right.
pub fn table<R, C>(titles: &[&str], rows: R) -> String
where
    R: IntoIterator<Item = C>,
    C: IntoIterator<Item = String>,
{
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(titles.iter().map(|title| title.trim_start_matches('>')));
    for row in rows {
        table.add_row(row.into_iter().collect::<Vec<_>>());
    }
    for (column, title) in table.column_iter_mut().zip(titles) {
        if title.starts_with('>') {
            column.set_cell_alignment(CellAlignment::Right);
        }
        column.set_padding((0, 2));
    }
    trimmed(&table.to_string())
}

/// Name and value in two columns.
pub fn fields<'a>(rows: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let rows: Vec<_> = rows.into_iter().collect();
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines: Vec<_> = rows
        .iter()
        .map(|(name, value)| format!("{name:width$}  {value}"))
        .collect();
    lines.join("\n")
}

fn trimmed(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_to_the_right_and_lines_end_without_spaces() {
        let rows = [["a", "5"], ["bcd", "1000"]].map(|row| row.map(str::to_owned));
        assert_eq!(
            table(&["name", ">amount"], rows),
            "name  amount\na          5\nbcd     1000"
        );
    }

    #[test]
    fn fields_are_aligned() {
        let rows = [("fee", "1 sat".to_owned()), ("txid", "ab".to_owned())];
        assert_eq!(fields(rows), "fee   1 sat\ntxid  ab");
    }
}

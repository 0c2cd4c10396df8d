//! Sheets of rows to sections: tables found by their blank rows, each row a sentence, each section named by its rows.

use super::{
    prose::squeeze,
    table::{Cell, Line, Table},
};
use crate::{
    domain::{document::Section, text::Lang},
    ingest::{
        assemble::{Assembly, UniqueNames},
        chunk,
    },
    text::lang,
};

/// A row that holds something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// As its program counts, from 1.
    pub number: u32,
    pub cells: Vec<Cell>,
}

#[derive(Clone, Debug, Default)]
pub struct Sheet {
    pub name: Option<String>,
    pub rows: Vec<Row>,
}

/// Tokens that rows are gathered up to: one chunk each.
const GATHERED_TOKENS: usize = 300;

/// The stored text of the sheets and its sections, in order.
pub fn assemble(sheets: Vec<Sheet>) -> (String, Vec<Section>) {
    let single = sheets.len() == 1;
    let mut assembly = Assembly::default();
    let mut names = UniqueNames::default();
    for sheet in sheets {
        let sample: String = sheet.rows.iter().take(50).flat_map(|r| &r.cells).map(|cell| cell.text.as_str()).collect();
        let lang = lang::detect(&sample);
        // "Sheet1" alone says nothing.
        let name = sheet.name.map(|name| squeeze(&name)).filter(|name| !(single && is_default(name)));
        for rows in tables(sheet.rows) {
            let numbers: Vec<u32> = rows.iter().map(|row| row.number).collect();
            let table = Table { rows: rows.into_iter().map(|row| row.cells).collect(), ..Table::default() };
            let read = table.read();
            let caption = read.caption.filter(|caption| !caption.is_empty() && name.as_ref() != Some(caption));
            let path: Vec<String> = name.iter().cloned().chain(caption).collect();
            for lines in gathered(&read.lines) {
                let (Some(first), Some(last)) = (lines.first(), lines.last()) else { continue };
                let number = |line: &Line| numbers.get(line.row).copied().unwrap_or_default();
                let locator = locator(name.as_deref(), number(first), number(last), lang);
                let text = lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
                assembly.push(&names.name(&locator), path.clone(), None, &text);
            }
        }
    }
    assembly.finish()
}

/// Names that programs give.
fn is_default(name: &str) -> bool {
    ["sheet", "工作表", "table"].iter().any(|start| {
        name.to_lowercase().strip_prefix(start).is_some_and(|rest| rest.trim().chars().all(|c| c.is_ascii_digit()))
    })
}

fn locator(sheet: Option<&str>, first: u32, last: u32, lang: Lang) -> String {
    let rows = match (lang, first == last) {
        (Lang::Zh, true) => format!("第{first}行"),
        (Lang::Zh, false) => format!("第{first}-{last}行"),
        (Lang::En, true) => format!("row {first}"),
        (Lang::En, false) => format!("rows {first}-{last}"),
    };
    match sheet {
        Some(sheet) => format!("{sheet} {rows}"),
        None => rows,
    }
}

/// Cuts at blank rows where a new table begins: its first row of several cells holds no figures. Lone lines before a
/// table belong to it as its caption.
fn tables(rows: Vec<Row>) -> Vec<Vec<Row>> {
    let mut blocks: Vec<Vec<Row>> = Vec::new();
    for row in rows {
        match blocks.last_mut() {
            Some(block) if block.last().is_some_and(|last| last.number + 1 >= row.number) => block.push(row),
            _ => blocks.push(vec![row]),
        }
    }
    let mut tables: Vec<Vec<Row>> = Vec::new();
    for block in blocks {
        let joined = match tables.last_mut() {
            Some(before) if goes_on(&block) || before.iter().all(is_lone) => before,
            _ => {
                tables.push(block);
                continue;
            }
        };
        joined.extend(block);
    }
    tables
}

fn filled(row: &Row) -> impl Iterator<Item = &Cell> {
    row.cells.iter().filter(|cell| !cell.text.is_empty() && cell.merged.is_none())
}

fn is_lone(row: &Row) -> bool {
    filled(row).count() <= 1
}

/// Whether a block after a blank row is more of the table before it.
fn goes_on(block: &[Row]) -> bool {
    let wide = block.iter().find(|row| !is_lone(row));
    wide.is_some_and(|row| filled(row).skip(1).any(|cell| super::table::is_data(&cell.text)))
}

fn gathered(lines: &[Line]) -> Vec<&[Line]> {
    let mut groups = Vec::new();
    let (mut start, mut sum) = (0, 0);
    for (at, line) in lines.iter().enumerate() {
        let tokens = chunk::estimate_tokens(&line.text);
        if at > start && sum + tokens > GATHERED_TOKENS {
            groups.push(&lines[start..at]);
            (start, sum) = (at, 0);
        }
        sum += tokens;
    }
    groups.push(&lines[start..]);
    groups.retain(|group| !group.is_empty());
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(name: Option<&str>, text: &str) -> Sheet {
        let rows = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
        let cells = |line: &str| line.split('|').map(|text| Cell::new(text.trim())).collect();
        Sheet {
            name: name.map(str::to_owned),
            rows: rows.map(|(line, number)| Row { number, cells: cells(line) }).collect(),
        }
    }

    #[test]
    fn blank_rows_part_tables_and_sections_name_their_rows() {
        let first = sheet(
            Some("利润表"),
            "利润表\n单位：万元\n\n项目 | 2023年 | 2022年\n收入 | 10 | 9\n\n成本 | 5 | 4\n\n股东名称 | 持股比例\n张三 | 51%\n李四 | 49%",
        );
        let (text, sections) = assemble(vec![first, sheet(Some("Notes"), "All figures are audited.")]);
        let found: Vec<_> = sections
            .iter()
            .map(|s| (s.locator.as_str(), s.path.join("/"), s.span.of(&text).expect("fits").to_owned()))
            .collect();
        let row = |locator, path: &str, text: &str| (locator, path.to_owned(), text.to_owned());
        assert_eq!(
            found,
            [
                row(
                    "利润表 第5-7行",
                    "利润表",
                    "利润表，收入：2023年 10万元；2022年 9万元。\n利润表，成本：2023年 5万元；2022年 4万元。"
                ),
                row("利润表 第10-11行", "利润表", "股东名称 张三：持股比例 51%。\n股东名称 李四：持股比例 49%。"),
                row("Notes row 1", "Notes", "All figures are audited."),
            ]
        );
    }

    #[test]
    fn long_tables_become_several_sections() {
        let rows: Vec<String> = (0..200).map(|n| format!("药品{n} | {n} mg")).collect();
        let (text, sections) = assemble(vec![sheet(Some("Sheet1"), &format!("药品 | 剂量\n{}", rows.join("\n")))]);
        assert!(sections.len() > 5 && sections[0].locator.starts_with("第2-") && sections[0].path.is_empty());
        assert!(text.contains("药品199：剂量 199 mg。"));
    }
}

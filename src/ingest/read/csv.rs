//! CSV and its relatives: tables of one sheet.

use csv::{ReaderBuilder, StringRecord};

use super::{
    ReadError,
    sheets::{Row, Sheet},
    table::Cell,
};

/// What parts fields, the likelier first.
const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// Lines that tell the separator.
const SAMPLE_LINES: usize = 30;
/// A field of more lines was opened by a quote that nothing closes.
const LONGEST_FIELD_LINES: usize = 1000;

/// Reads the text of a table.
pub fn read(text: &str) -> Result<Sheet, ReadError> {
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator(text)).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut record = StringRecord::new();
    loop {
        let more = reader.read_record(&mut record);
        let line = record.position().map_or(0, csv::Position::line);
        match more {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(ReadError::BadDocument(format!("its line {line} cannot be read: {error}"))),
        }
        if record.iter().any(|field| field.matches('\n').count() > LONGEST_FIELD_LINES) {
            return Err(ReadError::BadDocument(format!(
                "a quotation mark that opens in line {line} is never closed; close it, or double the marks inside fields"
            )));
        }
        let cells: Vec<Cell> = record.iter().map(Cell::new).collect();
        if cells.iter().any(|cell| !cell.text.is_empty()) {
            rows.push(Row { number: u32::try_from(line).unwrap_or(u32::MAX), cells });
        }
    }
    Ok(Sheet { name: None, rows })
}

/// The separator that gives the most lines the same number of fields, more than one.
fn separator(text: &str) -> u8 {
    let score = |separator: u8| {
        let mut reader =
            ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
        let widths: Vec<usize> =
            reader.records().take(SAMPLE_LINES).map_while(Result::ok).map(|record| record.len()).collect();
        let alike = |width: usize| widths.iter().filter(|other| **other == width).count();
        widths.iter().filter(|width| **width > 1).map(|width| (alike(*width), *width)).max().unwrap_or_default()
    };
    let mut best = (SEPARATORS[0], (0, 0));
    for separator in SEPARATORS {
        let found = score(separator);
        if found > best.1 {
            best = (separator, found);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::{super::sheets, *};

    fn text_of(source: &str) -> String {
        let (text, sections) = sheets::assemble(vec![read(source).expect("reads")]);
        sections.iter().filter_map(|s| s.span.of(&text)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn separators_quotes_and_blank_lines() {
        assert_eq!(text_of("项目,金额（元）\n\"房租, 水电\",\"1,200.00\"\n"), "房租, 水电：金额（元） 1,200.00元。");
        assert_eq!(text_of("Name;Share\nA;1,5\nB;2,5\n"), "A: Share 1,5.\nB: Share 2,5.");
        assert_eq!(text_of("Drug\tDose\nAspirin\t100 mg\n"), "Drug Aspirin: Dose 100 mg.");
        assert_eq!(
            text_of("单位：万元,,\n项目,2023,2022\n收入,5,\n,,\n利润,1,2\n"),
            "收入：2023 5万元。\n利润：2023 1万元；2022 2万元。"
        );
    }

    #[test]
    fn a_lone_colon_names_nothing() {
        let (text, sections) = sheets::assemble(vec![read("甲;乙\n1;2\n\n\n:\n\n").expect("reads")]);
        assert!(sections.iter().all(|s| s.span.of(&text).is_some_and(|body| !body.trim().is_empty())), "{text:?}");
        assert!(text.contains(':'), "nothing is lost: {text:?}");
    }

    #[test]
    fn an_open_quote_is_told() {
        let broken = format!("a,b\n1,\"open\n{}", "x,y\n".repeat(2000));
        let error = read(&broken).expect_err("broken").to_string();
        assert!(error.contains("line 2"), "{error}");
    }
}

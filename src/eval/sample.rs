//! Labelled claims from an expert's table: CSV with a header, or JSON lines.

use std::{collections::HashSet, path::Path};

use super::{EvalError, verify::Row};

/// Labels as experts write them.
const LABELS: [(&str, &str); 10] = [
    ("supported", "supported"),
    ("contradicted", "contradicted"),
    ("unsupported", "unsupported"),
    ("not_supported", "not_supported"),
    ("yes", "supported"),
    ("no", "not_supported"),
    ("支持", "supported"),
    ("不支持", "not_supported"),
    ("矛盾", "contradicted"),
    ("无依据", "unsupported"),
];

/// Every row of a labelled file. Columns whose name begins with "evidence" each hold one text; rows without an id are
/// named by their line.
///
/// # Errors
/// A file without rows, without the columns claim and label, with a label that is none, with an id or a claim twice
/// (a claim that is counted twice proves nothing twice).
pub fn read(path: &Path, bytes: &[u8]) -> Result<Vec<Row>, EvalError> {
    let text = crate::ingest::decode(bytes).map_err(|e| EvalError::read(path, &e))?;
    let is_csv = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    let mut rows = if is_csv { from_csv(path, &text)? } else { super::rows::parse(path, &text)? };
    if rows.is_empty() {
        return Err(EvalError::Empty { path: path.display().to_string() });
    }
    super::rows::check_unique(path, rows.iter().map(|row| row.id.as_str()))?;
    let mut seen = HashSet::new();
    for row in &mut rows {
        let case = |problem: String| EvalError::Case { id: row.id.clone(), problem };
        let written = row.label.trim().to_lowercase();
        let Some((_, label)) = LABELS.iter().find(|(name, _)| *name == written) else {
            let known: Vec<&str> = LABELS.iter().map(|(name, _)| *name).collect();
            return Err(case(format!("its label is '{}'; it must be one of {}", row.label, known.join(", "))));
        };
        if row.claim.trim().is_empty() {
            return Err(case("its claim is empty".to_owned()));
        }
        if !seen.insert((row.claim.trim().to_owned(), row.evidence.clone())) {
            return Err(case("it repeats the claim and evidence of another row; each may count once".to_owned()));
        }
        (*label).clone_into(&mut row.label);
    }
    Ok(rows)
}

fn from_csv(path: &Path, text: &str) -> Result<Vec<Row>, EvalError> {
    let line = |line: u32, problem: String| EvalError::Line {
        path: path.display().to_string(),
        line: usize::try_from(line).unwrap_or(usize::MAX),
        problem,
    };
    let mut table = crate::ingest::csv_rows(text).map_err(|e| EvalError::read(path, &e))?.into_iter();
    let (first, header) = table.next().unwrap_or_default();
    let column = |name: &str| header.iter().position(|cell| cell.eq_ignore_ascii_case(name));
    let (Some(claim), Some(label)) = (column("claim"), column("label")) else {
        let problem = format!("the header names {}; the columns 'claim' and 'label' are needed", header.join(", "));
        return Err(line(first, problem));
    };
    let evidence: Vec<usize> = header
        .iter()
        .enumerate()
        .filter(|(_, name)| name.to_ascii_lowercase().starts_with("evidence"))
        .map(|(at, _)| at)
        .collect();
    let (id, lang, domain) = (column("id"), column("lang"), column("domain"));
    let row = |(at, cells): (u32, Vec<String>)| {
        let cell = |column: Option<usize>| column.and_then(|c| cells.get(c)).filter(|cell| !cell.is_empty()).cloned();
        Row {
            id: cell(id).unwrap_or_else(|| format!("line {at}")),
            claim: cell(Some(claim)).unwrap_or_default(),
            evidence: evidence.iter().filter_map(|column| cell(Some(*column))).collect(),
            label: cell(Some(label)).unwrap_or_default(),
            lang: cell(lang),
            domain: cell(domain),
        }
    };
    Ok(table.map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(text: &str) -> Result<Vec<Row>, EvalError> {
        read(Path::new("sample.csv"), text.as_bytes())
    }

    #[test]
    fn a_table_of_an_expert_is_read() {
        let rows = csv("\u{feff}Claim,label,evidence 1,Evidence 2,domain\n\
                        \"借款人应当返还借款，并支付利息。\",支持,\"借款人应当返还借款。\n应支付利息。\",,legal\n\
                        The fine is $5.,no,The fine is $6.,It is due in May.,\n")
        .expect("it is well-formed");
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].label.as_str(), rows[0].evidence.len()), ("supported", 1));
        assert_eq!(rows[0].domain.as_deref(), Some("legal"));
        assert_eq!((rows[1].label.as_str(), rows[1].evidence.len()), ("not_supported", 2));
        assert_eq!(rows[0].evidence[0], "借款人应当返还借款。应支付利息。");
        assert!(rows[1].id.starts_with("line "));
    }

    #[test]
    fn what_cannot_be_counted_is_refused_with_its_place() {
        for (text, says) in [
            ("text,label\na,yes\n", "'claim' and 'label' are needed"),
            ("claim,label\na,maybe\n", "its label is 'maybe'"),
            ("claim,label\n,yes\n", "claim is empty"),
            ("claim,label\na,yes\na,yes\n", "repeats the claim"),
            ("id,claim,label\n1,a,yes\n1,b,yes\n", "occurs twice"),
            ("claim,label\n", "no cases"),
            ("claim,label\na\n", "its label is ''"),
        ] {
            let problem = csv(text).expect_err(text).to_string();
            assert!(problem.contains(says), "{text:?}: {problem}");
        }
    }

    #[test]
    fn json_lines_are_read_too() {
        let text = "{\"id\":\"a\",\"claim\":\"x\",\"evidence\":[\"x\"],\"label\":\"supported\"}\n";
        assert_eq!(read(Path::new("sample.jsonl"), text.as_bytes()).expect("it is well-formed").len(), 1);
    }
}

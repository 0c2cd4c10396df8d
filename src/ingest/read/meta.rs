//! What a source says about a document, made into [`DocumentMeta`] or refused with a reason.

use serde::Deserialize;
use time::{Date, macros::format_description};

use super::Defaults;
use crate::{
    domain::{
        document::{DocStatus, DocumentMeta, Domain},
        text::Lang,
    },
    text::lang,
};

/// Metadata as written: in a line of `documents.jsonl`, or in a `.meta.toml` beside a file. What is absent falls to
/// the defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct WrittenMeta {
    pub key: Option<String>,
    pub title: Option<String>,
    pub lang: Option<String>,
    pub domain: Option<String>,
    pub kind: Option<String>,
    pub authority: Option<u8>,
    pub jurisdiction: Option<String>,
    pub issuer: Option<String>,
    pub valid_from: Option<String>,
    pub valid_to: Option<String>,
    pub status: Option<String>,
    pub superseded_by: Option<String>,
    pub source_url: Option<String>,
    pub licence: Option<String>,
    pub note: Option<String>,
}

/// Names of the fields of [`WrittenMeta`], for the message that an unknown one gets.
const FIELDS: &str = "key, title, lang, domain, kind, authority, jurisdiction, issuer, valid_from, valid_to, status, \
                      superseded_by, source_url, licence, note";

impl WrittenMeta {
    /// Reads a `.meta.toml`. A misspelt field is refused: it would silently change nothing.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let mut table: toml::Table = toml::from_str(text).map_err(|error| error.to_string())?;
        for (name, value) in &mut table {
            if !FIELDS.split(", ").any(|field| field == name) {
                return Err(format!("there is no field '{name}'; the fields are {FIELDS}"));
            }
            // `valid_from = 2021-01-01` is as good as a quoted date.
            if let toml::Value::Datetime(date) = value {
                *value = toml::Value::String(date.to_string());
            }
        }
        table.try_into().map_err(|error: toml::de::Error| error.message().to_owned())
    }

    /// Checks every field. `key` and `title` stand in where none is written; `text` tells the language where neither
    /// the source nor the defaults name one.
    pub fn resolve(self, key: &str, title: &str, text: &str, defaults: &Defaults) -> Result<DocumentMeta, String> {
        let key = self.key.unwrap_or_else(|| key.to_owned());
        if key.trim().is_empty() || key.len() > 1024 || key.chars().any(char::is_control) {
            return Err("the key is empty, longer than 1,024 bytes, or holds control characters".to_owned());
        }
        let title = self.title.unwrap_or_else(|| title.to_owned()).trim().to_owned();
        let authority = self.authority.or(defaults.authority).unwrap_or(9);
        if !(1..=9).contains(&authority) {
            return Err(format!("authority {authority} is not between 1 (constitution, statute) and 9 (other)"));
        }
        let valid_from = date("valid_from", self.valid_from.as_deref())?;
        let valid_to = date("valid_to", self.valid_to.as_deref())?;
        if let (Some(from), Some(to)) = (valid_from, valid_to)
            && from > to
        {
            return Err(format!("valid_to {to} lies before valid_from {from}"));
        }
        let lang = code("lang", self.lang.as_deref(), Lang::parse, "zh, en")?.or(defaults.lang);
        let domain = code("domain", self.domain.as_deref(), Domain::parse, "legal, medical, finance, general")?;
        let statuses = DocStatus::ALL.map(DocStatus::code).join(", ");
        let status = code("status", self.status.as_deref(), DocStatus::parse, &statuses)?;
        Ok(DocumentMeta {
            title: if title.is_empty() { key.clone() } else { title },
            key,
            lang: lang.unwrap_or_else(|| lang::detect(text)),
            domain: domain.unwrap_or(defaults.domain),
            kind: self.kind.or_else(|| defaults.kind.clone()).unwrap_or_else(|| "other".to_owned()),
            authority,
            jurisdiction: self.jurisdiction.or_else(|| defaults.jurisdiction.clone()),
            issuer: self.issuer,
            valid_from,
            valid_to,
            status: status.unwrap_or_default(),
            superseded_by: self.superseded_by,
            source_url: self.source_url,
            licence: self.licence.or_else(|| defaults.licence.clone()),
            note: self.note,
        })
    }
}

fn code<T>(
    field: &str,
    written: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
    known: &str,
) -> Result<Option<T>, String> {
    written.map(|written| parse(written).ok_or_else(|| format!("{field} '{written}' is none of {known}"))).transpose()
}

fn date(field: &str, written: Option<&str>) -> Result<Option<Date>, String> {
    let format = format_description!("[year]-[month]-[day]");
    written
        .map(|written| {
            Date::parse(written, format)
                .map_err(|_| format!("{field} '{written}' is not a date; write it as 2026-11-23"))
        })
        .transpose()
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn resolve(toml: &str) -> Result<DocumentMeta, String> {
        WrittenMeta::from_toml(toml)?.resolve("file.txt", "file", "合同法", &Defaults::default())
    }

    #[test]
    fn a_sidecar_is_read() {
        let meta = resolve("title = \"民法典\"\nvalid_from = 2021-01-01\nvalid_to = \"2030-12-31\"\nauthority = 1\nstatus = \"in_force\"")
            .expect("valid");
        assert_eq!((meta.key.as_str(), meta.title.as_str(), meta.lang), ("file.txt", "民法典", Lang::Zh));
        assert_eq!((meta.valid_from, meta.valid_to), (Some(date!(2021 - 01 - 01)), Some(date!(2030 - 12 - 31))));
        assert_eq!((meta.authority, meta.status), (1, DocStatus::InForce));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (toml, part) in [
            ("titel = \"x\"", "no field 'titel'"),
            ("valid_from = \"2021-02-30\"", "'2021-02-30' is not a date"),
            ("valid_from = 2021-01-02\nvalid_to = 2021-01-01", "lies before"),
            ("authority = 0", "not between 1"),
            ("status = \"dead\"", "none of in_force"),
            ("lang = \"fr\"", "none of zh, en"),
            ("key = \" \"", "the key"),
            ("title = ", ""),
        ] {
            let message = resolve(toml).expect_err(toml);
            assert!(message.contains(part), "{toml}: {message}");
        }
    }
}

//! The table of cases that every rule on figures must get right: `tests/data/figure_rules.tsv`.

use std::collections::BTreeMap;

use super::role;
use crate::{
    domain::{
        document::{DocumentMeta, Domain},
        evidence::Label,
        text::Lang,
        verdict::{Effect, Reason},
    },
    text::{lang, sentence::sentences},
    verify::{
        case::{Case, SourceSentence, Unit},
        read,
        rules::{Rule, bound, clinical, quantity as figures, time},
    },
};

fn unit(text: &str) -> Unit<'_> {
    read::unit(text, lang::detect(text))
}

/// What the rules on figures find; sources are cut into sentences as in the pipeline.
pub fn findings(claim: &str, sources: &[&str], domain: Domain, question: Option<&str>) -> Vec<Reason> {
    let meta = DocumentMeta::plain("k", "", Lang::Zh, domain);
    let own = role::terms(claim);
    let mut all = Vec::new();
    for (label, source) in (1..).zip(sources) {
        for span in sentences(source) {
            let text = span.of(source).expect("sentences slice");
            let shared = own.intersection(&role::terms(text)).count();
            all.push(SourceSentence {
                label: Label(label),
                meta: &meta,
                locator: "",
                path: &[],
                offset: span.start(),
                unit: unit(text),
                coverage: if own.is_empty() { 0.0 } else { shared as f32 / own.len() as f32 },
            });
        }
    }
    let case = Case { claim: unit(claim), question: question.map(unit), as_of: None, sources: all };
    let rules: Vec<&Rule> =
        [figures::RULES, bound::RULES, time::RULES, clinical::RULES].into_iter().flatten().collect();
    rules.iter().flat_map(|rule| (rule.check)(&case)).collect()
}

/// Runs the rows of the given rules. A row names a rule, the effect it must have (`C`, `U`, `F`, `G`) or `-` where it
/// must not lower the verdict, the domain, the claim, and the source.
pub fn run(rules: &[&str]) {
    let table = include_str!("../../../../tests/data/figure_rules.tsv");
    let mut counts: BTreeMap<(String, Lang), (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in table.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [rule, expected, domain, claim, source] = cells[..] else { panic!("five cells: {line}") };
        if !rules.contains(&rule) {
            continue;
        }
        let domain = Domain::parse(domain).expect("a domain");
        let found = findings(claim, &[source], domain, None);
        let effect = found.iter().filter(|r| r.code == rule).map(|r| r.effect).max();
        let code = match effect {
            Some(Effect::Contradict) => "C",
            Some(Effect::Unsupport) => "U",
            Some(Effect::Flag) => "F",
            Some(Effect::Ground) if expected == "G" => "G",
            _ => "-",
        };
        let count = counts.entry((rule.to_owned(), lang::detect(claim))).or_default();
        if expected == "-" {
            count.1 += 1;
        } else {
            count.0 += 1;
        }
        if code != expected {
            let told: Vec<String> =
                found.iter().map(|r| format!("{} {} {}", r.code, r.effect.code(), r.message.en)).collect();
            wrong.push(format!(
                "{rule} expected {expected}, got {code}: {claim} / {source}\n      {}",
                told.join("\n      ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    for rule in rules {
        for lang in [Lang::Zh, Lang::En] {
            let (fire, quiet) = counts.get(&((*rule).to_owned(), lang)).copied().unwrap_or_default();
            assert!(
                fire >= 6 && quiet >= 6,
                "{rule} {lang}: {fire} must fire, {quiet} must not; six of each are wanted"
            );
        }
    }
}

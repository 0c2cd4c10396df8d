//! What must never happen, counted without the help of the code that prevents it.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::{
    answer::policy,
    domain::{
        answer::Answer,
        claim::Cited,
        evidence::{Citation, EvidenceSet},
        policy::Shown,
        verdict::Verdict,
    },
    text::{date, quantity, reference, sentence},
};

/// Counts over a run. All but `citations` must be 0 for answers that are written under constraint.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Integrity {
    pub citations: usize,
    /// In citations, and in what was written, shown or not.
    pub labels_that_do_not_exist: usize,
    pub quotes_whose_bytes_differ: usize,
    /// Quotations within written sentences that stand in no source.
    pub quotations_altered: usize,
    /// Figures in written sentences that neither a source nor the question holds.
    pub figures_without_source: usize,
    /// Sentences in an answer's text that no judgement belongs to, or one that says nothing was checked.
    pub sentences_without_verdict: usize,
}

impl Integrity {
    pub fn merge(&mut self, other: &Self) {
        self.citations += other.citations;
        self.labels_that_do_not_exist += other.labels_that_do_not_exist;
        self.quotes_whose_bytes_differ += other.quotes_whose_bytes_differ;
        self.quotations_altered += other.quotations_altered;
        self.figures_without_source += other.figures_without_source;
        self.sentences_without_verdict += other.sentences_without_verdict;
    }

    /// A citation beside the stored text that it is from.
    pub fn citation(&mut self, citation: &Citation, stored: Option<&str>, answer: &Answer) {
        self.citations += 1;
        self.labels_that_do_not_exist += usize::from(answer.evidence.get(citation.label).is_none());
        let same = stored.and_then(|text| citation.span.of(text)) == Some(citation.quote.as_str());
        self.quotes_whose_bytes_differ += usize::from(!same);
    }

    pub fn answer(&mut self, answer: &Answer) {
        let sources = Sources::of(answer.read_as.as_deref().unwrap_or(&answer.question), &answer.evidence);
        for sentence in &answer.sentences {
            let claim = &sentence.judgement.claim;
            self.labels_that_do_not_exist += claim
                .cited
                .iter()
                .filter(|cited| match cited {
                    Cited::Label(label) => answer.evidence.get(*label).is_none(),
                    Cited::Malformed(_) => true,
                })
                .count();
            self.quotations_altered += quotations(&claim.text).filter(|quote| !sources.hold(quote)).count();
            self.figures_without_source += sources.missing_figures(&claim.text);
        }
        self.sentences_without_verdict += without_verdict(answer);
    }
}

/// Every byte of the text must be a shown sentence, a label, a mark or white space.
fn without_verdict(answer: &Answer) -> usize {
    let text = answer.text.as_str();
    let shown = answer.sentences.iter().filter(|s| s.shown != Shown::Withheld);
    let unchecked = shown.clone().filter(|s| matches!(s.judgement.verdict, Verdict::NotChecked(_))).count();
    let mut at = 0;
    let mut gaps = Vec::new();
    for sentence in shown {
        gaps.push(text.get(at..sentence.span.start()));
        at = sentence.span.end().max(at);
    }
    gaps.push(text.get(at..));
    let strays = gaps.into_iter().map(|gap| match gap {
        // Spans that overlap or run out of the text: whatever stands there belongs to nobody.
        None => 1,
        Some(gap) if policy::is_trimming(gap) => 0,
        Some(gap) => sentence::sentences(gap).len().max(1),
    });
    unchecked + strays.sum::<usize>()
}

/// Everything that a figure or a quotation may come from.
struct Sources {
    texts: Vec<String>,
    /// All of it without white space.
    squeezed: String,
    digits: HashSet<String>,
}

impl Sources {
    fn of(question: &str, evidence: &EvidenceSet) -> Self {
        let mut texts: Vec<String> = evidence.items().iter().map(|item| item.chunk.text.clone()).collect();
        let heads = evidence
            .items()
            .iter()
            .map(|item| format!("{}\n{}\n{}", item.meta.title, item.chunk.locator, item.chunk.path.join("\n")));
        let everything = heads.chain(texts.iter().cloned()).chain([question.to_owned()]).collect::<Vec<_>>().join("\n");
        texts.push(question.to_owned());
        Self { texts, squeezed: squeeze(&everything), digits: digit_runs(&everything).map(str::to_owned).collect() }
    }

    fn hold(&self, quote: &str) -> bool {
        self.texts.iter().any(|text| text.contains(quote))
    }

    /// Runs of digits that stand nowhere, and quantities, dates and articles in Chinese numerals that stand nowhere.
    fn missing_figures(&self, text: &str) -> usize {
        let digits = digit_runs(text).filter(|run| !self.digits.contains(*run)).count();
        let surfaces = quantity::parse(text)
            .into_iter()
            .map(|q| q.span)
            .chain(date::parse(text).into_iter().map(|d| d.span))
            .chain(reference::parse(text).into_iter().map(|r| r.span));
        let in_words = surfaces
            .filter_map(|span| span.of(text))
            .filter(|surface| !surface.contains(|c: char| c.is_ascii_digit()))
            .filter_map(|surface| {
                let start = surface.find(|c| "一二三四五六七八九十百千万亿〇零两".contains(c))?;
                Some(squeeze(&surface[start..]))
            })
            .filter(|surface| !self.squeezed.contains(surface.as_str()))
            .count();
        digits + in_words
    }
}

fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn digit_runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty())
}

/// What stands between quotation marks; straight ones come in pairs.
fn quotations(text: &str) -> impl Iterator<Item = &str> {
    let straight = text.split('"').skip(1).step_by(2).take(text.matches('"').count() / 2);
    let paired = [('“', '”'), ('「', '」')].into_iter().flat_map(move |(open, close)| {
        text.split(open).skip(1).filter_map(move |rest| rest.split_once(close).map(|(quote, _)| quote))
    });
    straight.chain(paired).filter(|quote| !quote.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(question: &str, text: &str) -> Sources {
        let evidence = crate::draft::constrain::evidence_of(&[text]);
        Sources::of(question, &EvidenceSet::number(evidence, crate::domain::evidence::Searched::default()))
    }

    #[test]
    fn figures_are_looked_up_in_sources_and_question() {
        let sources = sources("第六百七十五条是什么？", "借款人应当在30日内返还，利率为百分之五，另有三个月。");
        assert_eq!(sources.missing_figures("应当在30日内返还，利率为百分之五。"), 0);
        assert_eq!(sources.missing_figures("第六百七十五条：三个月。"), 0);
        assert_eq!(sources.missing_figures("应当在3日内返还。"), 1, "a part of a number is another number");
        assert_eq!(sources.missing_figures("应当在六个月内返还，利率为百分之六。"), 2);
        assert_eq!(sources.missing_figures("第六百七十六条。"), 1);
        assert_eq!(sources.missing_figures("一般应当统一返还。"), 0);
    }

    #[test]
    fn quotations_are_found_in_both_kinds_of_marks() {
        let found: Vec<&str> = quotations("a \"b c\" d “e” 「f」 \"g").collect();
        assert_eq!(found, ["b c", "e", "f"]);
    }
}

//! Answers of the fake: verbatim sentences of what was found and, in grounded mode, one sentence for each verdict.

use std::{collections::BTreeSet, sync::Arc};

use time::macros::datetime;

use super::service::TODAY;
use crate::{
    domain::{
        answer::{
            Abstention, AbstentionReason, Answer, AnswerSentence, CitedText, Mode, ModelIdentity, Outcome, Provenance,
        },
        claim::{Cited, Claim, NotAClaim},
        document::{Chunk, ChunkId, CollectionName, DocumentMeta, Domain, VersionId},
        evidence::{Evidence, EvidenceSet, Label, Searched},
        policy::{RiskPolicy, Shown},
        text::{Lang, Message, NonEmpty, Span},
        verdict::{Comparison, Effect, EvidenceSpan, Judgement, Missing, Reason, Support, Verdict},
    },
    http::{AskRequest, Source},
    text::follow_up,
};

/// Below this share of the question nothing is answered.
const ANSWERS: f32 = 0.4;

/// The questions in a row, where the last one leans on those before it.
pub(super) fn read_as(request: &AskRequest) -> Option<String> {
    let leant_on = follow_up::leant_on(&request.question, &request.earlier);
    (!leant_on.is_empty()).then(|| follow_up::joined(leant_on, &request.question))
}

/// Share of the question's terms that stand in `text`, 0 to 1.
pub(super) fn overlap(question: &str, text: &str) -> f32 {
    let asked = terms(question);
    if asked.is_empty() {
        return 0.0;
    }
    let there = terms(text);
    asked.intersection(&there).count() as f32 / asked.len() as f32
}

/// Words of four letters and more, and pairs of Chinese characters.
fn terms(text: &str) -> BTreeSet<String> {
    let chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let characters: Vec<char> = text.chars().collect();
    let pairs = characters.windows(2).filter(|pair| pair.iter().all(|&c| chinese(c))).map(|pair| pair.iter().collect());
    let words = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() >= 4)
        .map(|word| word.to_ascii_lowercase().chars().take(5).collect());
    pairs.chain(words).collect()
}

/// Sentences with their places; ends at `。；` and at a full stop before white space.
pub(super) fn sentences(text: &str) -> Vec<(Span, &str)> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let stops = matches!(c, '。' | '；' | '\n' | '!' | '?')
            || (c == '.'
                && text[end..].starts_with(char::is_whitespace)
                && !text[..at].ends_with(|c: char| c.is_ascii_digit()));
        if stops || end == text.len() {
            let piece = &text[start..end];
            let lead = piece.len() - piece.trim_start().len();
            let trimmed = piece.trim();
            if !trimmed.is_empty() {
                found.push((Span::new(start + lead, start + lead + trimmed.len()), trimmed));
            }
            start = end;
        }
    }
    found
}

/// Texts that came with a request, as evidence.
pub(super) fn sources(sources: &[Source]) -> EvidenceSet {
    let collection: CollectionName = "request".parse().expect("this is a collection name");
    let items = (1..)
        .zip(sources)
        .map(|(number, source)| Evidence {
            score: 1.0,
            ..Evidence::of(
                collection.clone(),
                Arc::new(DocumentMeta::plain(
                    format!("source-{number}"),
                    source.title.clone(),
                    language(&source.text),
                    Domain::General,
                )),
                Chunk {
                    id: ChunkId(number),
                    version: VersionId(number),
                    ordinal: 0,
                    locator: String::new(),
                    path: Vec::new(),
                    page: None,
                    span: Span::new(0, source.text.len()),
                    text: source.text.clone(),
                },
            )
        })
        .collect();
    EvidenceSet::number(items, Searched::default())
}

fn language(text: &str) -> Lang {
    if text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) { Lang::Zh } else { Lang::En }
}

fn claim(text: &str, span: Span, cited: Vec<Cited>) -> Claim {
    Claim { text: text.to_owned(), span, lang: language(text), cited, context: Vec::new(), skip: None }
}

/// Supported where a source holds the claim's words, contradicted where only its digits differ, else unsupported.
pub(super) fn judge(text: &str, span: Span, evidence: &EvidenceSet) -> Judgement {
    let claim = claim(text, span, Vec::new());
    for item in evidence.items() {
        let bare = text.trim_end_matches(['。', '.']);
        if let Some(at) = item.chunk.text.find(bare)
            && let Some(citation) = item.cite(Span::new(at, at + bare.len()))
        {
            let verdict = Verdict::Supported { by: NonEmpty::one(citation), how: Support::Verbatim };
            return Judgement {
                claim,
                verdict,
                p_supported: 1.0,
                reasons: vec![verbatim(item.label, at, bare.len())],
                references: Vec::new(),
            };
        }
    }
    let best = evidence
        .items()
        .iter()
        .flat_map(|item| sentences(&item.chunk.text).into_iter().map(move |(place, source)| (item, place, source)))
        .map(|(item, place, source)| (overlap(text, source), item, place, source))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((score, item, place, source)) = best
        && score > 0.6
        && digits(text) != digits(source)
        && let Some(citation) = item.cite(place)
    {
        return Judgement {
            claim,
            verdict: Verdict::Contradicted { by: NonEmpty::one(citation) },
            p_supported: 0.04,
            reasons: vec![figure(text, source, item.label, place)],
            references: Vec::new(),
        };
    }
    let verdict = Verdict::Unsupported(Missing::NoEvidence);
    Judgement { claim, verdict, p_supported: 0.08, reasons: vec![nothing_speaks_of_it()], references: Vec::new() }
}

fn digits(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_ascii_digit()).find(|run| !run.is_empty())
}

fn verbatim(label: Label, start: usize, len: usize) -> Reason {
    Reason {
        code: "V",
        effect: Effect::Ground,
        claim_span: None,
        evidence: Some(EvidenceSpan { label, span: Span::new(start, start + len) }),
        comparison: None,
        message: Message::new("逐字出自来源。", "Stands word for word in the source."),
    }
}

fn figure(text: &str, source: &str, label: Label, place: Span) -> Reason {
    let (claimed, held) = (digits(text).unwrap_or("—"), digits(source).unwrap_or("—"));
    Reason {
        code: "R1",
        effect: Effect::Contradict,
        claim_span: text.find(claimed).map(|at| Span::new(at, at + claimed.len())),
        evidence: Some(EvidenceSpan { label, span: place }),
        comparison: Some(Comparison { claim: claimed.to_owned(), source: held.to_owned(), relation: "≠".to_owned() }),
        message: Message::new(
            format!("数值不一致：句中为 {claimed}，来源为 {held}。"),
            format!("The figure differs: {claimed} here, {held} in the source."),
        ),
    }
}

fn nothing_speaks_of_it() -> Reason {
    Reason {
        code: "L",
        effect: Effect::Unsupport,
        claim_span: None,
        evidence: None,
        comparison: None,
        message: Message::new("所检索的来源均未提及。", "No source that was searched speaks of it."),
    }
}

fn open_question() -> Reason {
    Reason {
        code: "E",
        effect: Effect::Flag,
        claim_span: None,
        evidence: None,
        comparison: None,
        message: Message::new(
            "规则与模型均无法判定，请人工核对最接近的原文。",
            "Neither rules nor model can decide; please read the nearest passage.",
        ),
    }
}

/// The answer to a question from what was found.
pub(super) fn answer(id: String, request: &AskRequest, found: EvidenceSet) -> Answer {
    let lang = request.lang.unwrap_or_else(|| language(&request.question));
    let mode = request.mode.unwrap_or_default();
    let mut text = String::new();
    let mut sentences = Vec::new();
    let outcome = match found.items().first() {
        Some(best) if best.score >= ANSWERS => {
            quote(best, &mut text, &mut sentences);
            if mode == Mode::Grounded {
                every_verdict(lang, &found, best, &mut text, &mut sentences);
                Outcome::Flagged
            } else {
                Outcome::Answered
            }
        }
        nearest => {
            let (reason, message) = if nearest.is_some() {
                (
                    AbstentionReason::NotAnswered,
                    Message::new(
                        "检索到了相近的内容，但其中没有对这一问题的回答。",
                        "Something near was found, but it does not answer this question.",
                    ),
                )
            } else {
                (
                    AbstentionReason::NothingFound,
                    Message::new(
                        "所检索的资料库中没有相关内容。",
                        "The collections that were searched hold nothing on this.",
                    ),
                )
            };
            let nearest = found.items().iter().take(3).map(Evidence::cite_whole).collect();
            Outcome::Abstained(Abstention { reason, message, nearest })
        }
    };
    Answer {
        id,
        created_at: datetime!(2026-11-23 09:30:00 UTC),
        question: request.question.clone(),
        read_as: read_as(request),
        lang,
        outcome,
        text: CitedText::from_judged(text),
        sentences,
        disagreements: Vec::new(),
        provenance: Provenance {
            mode,
            writing: None,
            embedder: Some(ModelIdentity { name: "fake".to_owned(), sha256: "0".repeat(64) }),
            query_adapter: None,
            reranker: None,
            generator: None,
            as_of: request.as_of.unwrap_or(TODAY),
            index_position: found.searched.index_position,
            thresholds: vec![("answers", ANSWERS)],
            verifier: None,
            judge: None,
            certificate: None,
            version: "test",
        },
        evidence: found,
    }
}

/// Up to three sentences of the best evidence, word for word.
fn quote(best: &Evidence, text: &mut String, out: &mut Vec<AnswerSentence>) {
    for (place, sentence) in sentences(&best.chunk.text).into_iter().take(3) {
        let Some(citation) = best.cite(place) else { continue };
        let judgement = Judgement {
            claim: claim(sentence, Span::default(), vec![Cited::Label(best.label)]),
            verdict: Verdict::Supported { by: NonEmpty::one(citation), how: Support::Verbatim },
            p_supported: 1.0,
            reasons: vec![verbatim(best.label, place.start(), place.len())],
            references: Vec::new(),
        };
        push(&format!("{sentence}{}", best.label), Shown::Plain, judgement, text, out);
    }
}

/// One sentence for each verdict that is not support.
fn every_verdict(lang: Lang, found: &EvidenceSet, best: &Evidence, text: &mut String, out: &mut Vec<AnswerSentence>) {
    let policy = RiskPolicy::default_for(best.meta.domain);
    let whole = || best.cite_whole();
    let other = found.items().get(1).unwrap_or(best);
    let pick = |chinese: &'static str, english: &'static str| match lang {
        Lang::Zh => chinese,
        Lang::En => english,
    };
    let figures =
        "Where the notification is not made within 96 hours, it shall be accompanied by reasons for the delay.";
    let figures = pick("贷款人应当给予借款人 15 日的合理期限。", figures);
    let first = sentences(&best.chunk.text).first().map_or((Span::default(), ""), |&(span, text)| (span, text));
    let scripted = [
        (
            pick("自然人之间的借款合同也适用这一规则。", "The same rule applies to processors."),
            Verdict::NeedsReview { nearest: Some(other.cite_whole()) },
            0.52,
            vec![open_question()],
        ),
        (
            pick("逾期返还的，应当支付逾期利息。", "High risks must also be communicated to the data subjects."),
            Verdict::Miscited { by: NonEmpty::one(other.cite_whole()), cited: vec![best.label] },
            0.81,
            vec![],
        ),
        (
            pick("借款人须提前三十日通知贷款人。", "The notification must be made in writing."),
            Verdict::Conflict { backing: NonEmpty::one(whole()), against: NonEmpty::one(other.cite_whole()) },
            0.47,
            vec![],
        ),
        (
            figures,
            Verdict::Contradicted { by: NonEmpty::one(whole()) },
            0.04,
            vec![figure(figures, first.1, best.label, first.0)],
        ),
        (
            pick("法院一般支持年利率 24% 以下的利息。", "Fines are usually below 2% of turnover."),
            Verdict::Unsupported(Missing::NoEvidence),
            0.08,
            vec![nothing_speaks_of_it()],
        ),
        (pick("以下是要点。", "Here is a summary."), Verdict::NotChecked(NotAClaim::Meta), 0.0, vec![]),
    ];
    for (sentence, verdict, p_supported, reasons) in scripted {
        let shown = policy.decide(&verdict);
        let labels: String = verdict.citations().iter().map(|citation| citation.label.to_string()).collect();
        let judgement = Judgement {
            claim: claim(sentence, Span::default(), Vec::new()),
            verdict,
            p_supported,
            reasons,
            references: Vec::new(),
        };
        push(&format!("{sentence}{labels}"), shown, judgement, text, out);
    }
}

fn push(sentence: &str, shown: Shown, mut judgement: Judgement, text: &mut String, out: &mut Vec<AnswerSentence>) {
    let span = if shown == Shown::Withheld {
        Span::new(text.len(), text.len())
    } else {
        if !text.is_empty() && judgement.claim.lang == Lang::En {
            text.push(' ');
        }
        let start = text.len();
        text.push_str(sentence);
        Span::new(start, text.len())
    };
    judgement.claim.span = span;
    out.push(AnswerSentence { span, shown, judgement });
}

//! The strict draft: nothing but sentences of the sources, chosen by relevance, each with its label.

use std::collections::{HashMap, HashSet};

use crate::{
    domain::{
        claim::{Cited, Draft, DraftSentence},
        evidence::{Evidence, EvidenceSet, Label},
        text::Span,
    },
    retrieve::{FIRST, dot, nearness},
    text::{
        asked::{self, Said, Subject},
        instruction,
        overlap::{self, Equivalents, Idf},
        sentence,
    },
};

/// A heading that holds this share of the question is the question.
const HEADED: f32 = 0.7;

/// What a sentence gains that itself holds all words which a follow-up adds.
const NEW: f32 = 0.5;

/// What a recital loses: it gives the reasons of a provision and cannot stand in its place (CJEU, C-162/97, Nilsson,
/// para. 54).
const RECITAL: f32 = 0.15;

/// What a piece gains whose title holds a name or number of the question, where other titles do not.
const NAMED: f32 = 0.3;

/// What a sentence gains that holds a figure of the kind that the question asks for.
const FIGURE: f32 = 0.2;

/// What a sentence gains that holds all that the question names and a figure besides.
const TOLD: f32 = 0.3;

/// Around the best sentence of a long piece, its neighbours are quoted that reach this share of its score.
const SHARE: f32 = 0.6;

/// How much is quoted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Sentences are taken from this many of the best pieces of evidence.
    pub considered: usize,
    /// So many of their sentences, the most promising ones, are compared with the question one by one.
    pub measured: usize,
    /// Quoted from at most this many.
    pub quoted: usize,
    /// A piece up to this many characters (Chinese counts double) is quoted whole: an article cut short misleads.
    pub whole: usize,
    /// Otherwise a run of sentences around the best one, up to this size.
    pub run: usize,
    /// A further piece is quoted when its score reaches this share of the first one's.
    pub share: f32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { considered: 10, measured: 8, quoted: 3, whole: 700, run: 480, share: 0.75 }
    }
}

/// A sentence that could be quoted.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub label: Label,
    /// Into the text of its chunk.
    pub span: Span,
    pub text: String,
    /// What a reader knows before reading it: title and headings.
    pub context: String,
    /// The row of a table, or a line like one: it is whole without its neighbours.
    pub is_row: bool,
}

impl Candidate {
    /// What the encoder sees.
    pub fn passage(&self) -> String {
        format!("{} {}", self.context, self.text)
    }
}

/// Every sentence of the best pieces of evidence, in order; those that give orders to a model are no answer to anybody.
pub fn candidates(evidence: &EvidenceSet, limits: &Limits) -> Vec<Candidate> {
    evidence.items().iter().take(limits.considered).flat_map(of_one).collect()
}

fn of_one(item: &Evidence) -> Vec<Candidate> {
    let context = std::iter::once(item.meta.title.as_str())
        .chain(item.chunk.path.iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join(" ");
    let orders = instruction::find(&item.chunk.text);
    sentence::sentences(&item.chunk.text)
        .into_iter()
        .filter(|span| !orders.iter().any(|order| order.overlaps(*span)))
        .filter_map(|span| {
            let text = span.of(&item.chunk.text)?.to_owned();
            let is_row = sentence::is_row(&item.chunk.text, span);
            Some(Candidate { label: item.label, span, text, context: context.clone(), is_row })
        })
        .collect()
}

/// The words of a question against those of the candidates: what a score has in common however near the vectors come.
#[derive(Clone, Debug)]
pub struct Wording {
    wanted: Vec<String>,
    equivalents: Equivalents,
    idf: Idf,
    /// By candidate: share of the question's content in the sentence and its headings; what is added for its place;
    /// whether it tells what the question names.
    each: Vec<(f32, f32, bool)>,
}

impl Wording {
    /// `new` are the words that a follow-up adds to the questions before it: what holds them goes before what was said
    /// on those already.
    pub fn of(question: &str, new: Option<&str>, candidates: &[Candidate], equivalents: Equivalents) -> Self {
        let wanted = overlap::features(question);
        let new = new.map(overlap::features);
        let present: Vec<HashSet<String>> = candidates.iter().map(|c| equivalents.feature_set(&c.passage())).collect();
        let idf = Idf::over(&present);
        let wanted_figure = asked::figure(question);
        let subject = Subject::of(question);
        let mut place: HashMap<Label, usize> = HashMap::new();
        let each = candidates.iter().zip(&present).map(|(candidate, words)| {
            let lexical = overlap::coverage(&wanted, words, &idf);
            // A question for a figure is answered by a sentence that holds one.
            let holds_figure = wanted_figure.is_some_and(|figure| figure.is_in(&candidate.text));
            let before = place.entry(candidate.label).or_default();
            let first = 1.0 / (1.0 + *before as f32);
            *before += 1;
            // Under a heading that is the question itself, the text answers from its first sentence on.
            let context = equivalents.feature_set(&candidate.context);
            let headed = overlap::coverage(&wanted, &context, &idf) >= HEADED;
            // A heading holds them for all that stands under it.
            let own = || equivalents.feature_set(&candidate.text);
            let holds_new = new.as_ref().map_or(0.0, |new| overlap::coverage(new, &own(), &idf));
            let mut bonus = NEW * holds_new;
            if holds_figure {
                bonus += FIGURE;
            }
            if headed {
                bonus += 0.3 * first;
            }
            let headings = asked::words(&candidate.context, &equivalents);
            let told = subject.said_in(&candidate.text, &headings, &equivalents) == Said::Told;
            if told {
                bonus += TOLD;
            }
            (lexical, bonus, told)
        });
        let each = each.collect();
        Self { wanted, equivalents, idf, each }
    }

    /// Relevance of each candidate to the question, about 0 to 1: the share of the question's content that stands in the
    /// sentence and its headings, and the encoder's cosine (where there is one: of the sentence, or of the piece that
    /// holds it) spread over the range that multilingual-e5 uses, 0.75 to 0.95. `cosines[i]` belongs to candidate `i`.
    pub fn scores(&self, cosines: &[Option<f32>]) -> Vec<f32> {
        let cosines = cosines.iter().copied().chain(std::iter::repeat(None));
        self.each.iter().zip(cosines).map(|(&(lexical, bonus, _), cosine)| nearness(lexical, cosine) + bonus).collect()
    }
}

/// How near a sentence is to a question, measured as candidates are, and how near the best of those comes.
#[derive(Clone, Debug)]
pub struct Relevance {
    wording: Wording,
    /// The question's vector, where there is an encoder.
    asked: Option<Vec<f32>>,
    best: f32,
}

impl Relevance {
    /// `cosines[i]` belongs to candidate `i` of the wording.
    pub fn new(wording: Wording, asked: Option<Vec<f32>>, cosines: &[Option<f32>]) -> Self {
        let all = wording.each.iter().zip(cosines).map(|(&(lexical, ..), cosine)| nearness(lexical, *cosine));
        let best = all.fold(0.0, f32::max);
        Self { wording, asked, best }
    }

    /// 1 is as near as the nearest candidate; more is nearer.
    pub fn share(&self, text: &str, vector: Option<&[f32]>) -> f32 {
        let cosine = self.asked.as_deref().zip(vector).map(|(asked, vector)| dot(asked, vector));
        let lexical =
            overlap::coverage(&self.wording.wanted, &self.wording.equivalents.feature_set(text), &self.wording.idf);
        if self.best > 0.0 { nearness(lexical, cosine) / self.best } else { 1.0 }
    }
}

/// The pieces to quote, best first.
pub fn choose(
    question: &str,
    evidence: &EvidenceSet,
    candidates: &[Candidate],
    scores: &[f32],
    limits: &Limits,
) -> Vec<Label> {
    let mut best: HashMap<Label, f32> = HashMap::new();
    for (candidate, score) in candidates.iter().zip(scores) {
        let so_far = best.entry(candidate.label).or_insert(*score);
        *so_far = so_far.max(*score);
    }
    let top = evidence.items().iter().map(|item| item.score).fold(f32::MIN_POSITIVE, f32::max);
    let names = names(question);
    let mut pieces: Vec<(&Evidence, f32)> = evidence
        .items()
        .iter()
        .filter_map(|item| {
            let named = if names.is_empty() { 0.0 } else { share_named(&names, &item.meta.title) };
            let recital = if is_recital(item) { RECITAL } else { 0.0 };
            Some((item, best.get(&item.label)? + FIRST * item.score / top + NAMED * named - recital))
        })
        .collect();
    pieces.sort_by(|a, b| b.1.total_cmp(&a.1));
    let least = pieces.first().map_or(0.0, |(_, score)| score * limits.share);
    pieces.truncate(limits.quoted);
    pieces.retain(|(_, score)| *score >= least);
    pieces.sort_by_key(|(item, _)| is_recital(item));
    pieces.into_iter().map(|(item, _)| item.label).collect()
}

fn is_recital(item: &Evidence) -> bool {
    item.chunk.locator.starts_with("Recital")
}

/// Names and numbers of an English question, in lower case: words with a digit, and those with a capital inside the
/// sentence.
fn names(question: &str) -> Vec<String> {
    let words = question.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() > 1);
    let is_name = |(at, word): &(usize, &str)| {
        word.bytes().any(|b| b.is_ascii_digit()) || (*at > 0 && word.starts_with(|c: char| c.is_ascii_uppercase()))
    };
    words.enumerate().filter(is_name).map(|(_, word)| word.to_ascii_lowercase()).collect()
}

/// How many of the names stand in a title, 0 to 1.
fn share_named(names: &[String], title: &str) -> f32 {
    let title = title.to_ascii_lowercase();
    let words: HashSet<&str> = title.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    names.iter().filter(|name| words.contains(name.as_str())).count() as f32 / names.len() as f32
}

/// Whether a piece is too long to be quoted whole.
pub fn is_cut(item: &Evidence, limits: &Limits) -> bool {
    width(&item.chunk.text) > limits.whole
}

/// Quotes the pieces in this order, sentence by sentence in the order of the source.
pub fn compose(
    evidence: &EvidenceSet,
    pieces: &[Label],
    candidates: &[Candidate],
    wording: &Wording,
    scores: &[f32],
    limits: &Limits,
) -> Draft {
    let mut draft = Draft::default();
    for item in pieces.iter().filter_map(|label| evidence.get(*label)) {
        let all = candidates.iter().zip(scores.iter().zip(&wording.each));
        let own = all.filter(|(candidate, _)| candidate.label == item.label);
        let sentences = own.map(|(candidate, (&score, &(.., told)))| Scored { candidate, score, told }).collect();
        Piece { item, sentences }.quote(limits, &mut draft);
    }
    draft
}

/// One piece of evidence with its scored sentences.
struct Piece<'a> {
    item: &'a Evidence,
    sentences: Vec<Scored<'a>>,
}

struct Scored<'a> {
    candidate: &'a Candidate,
    score: f32,
    /// It tells what the question names.
    told: bool,
}

impl Piece<'_> {
    fn quote(&self, limits: &Limits, draft: &mut Draft) {
        let best = (0..self.sentences.len()).max_by(|a, b| {
            // On a tie the earlier sentence wins: sources give the conclusion first.
            self.sentences[*a].score.total_cmp(&self.sentences[*b].score).then(b.cmp(a))
        });
        let Some(at) = best else { return };
        let best = &self.sentences[at];
        let told_by_row = best.told && best.candidate.is_row;
        let chosen =
            if is_cut(self.item, limits) && !told_by_row { self.run(at, limits) } else { 0..self.sentences.len() };
        let text = &self.item.chunk.text;
        let mut size = 0;
        let mut end_of_last: Option<usize> = None;
        for Scored { candidate, told, .. } in &self.sentences[chosen] {
            // Beside a sentence that tells, the rows of a table say other things; beside such a row, prose does.
            let says_other_things = best.told && !told && (candidate.is_row || told_by_row);
            if says_other_things {
                continue;
            }
            size += width(&candidate.text);
            if told_by_row && end_of_last.is_some() && size > limits.run {
                break;
            }
            let lead = match end_of_last {
                Some(end) => {
                    let between = Span::new(end, candidate.span.start()).of(text).unwrap_or(" ");
                    if between.trim().is_empty() { between.to_owned() } else { "\n".to_owned() }
                }
                None if draft.sentences.is_empty() => String::new(),
                None => "\n\n".to_owned(),
            };
            end_of_last = Some(candidate.span.end());
            draft.sentences.push(DraftSentence {
                text: candidate.text.clone(),
                cited: vec![Cited::Label(self.item.label)],
                lead,
            });
        }
    }

    /// Sentences around the best one, grown towards the better neighbour while they fit.
    fn run(&self, best: usize, limits: &Limits) -> std::ops::Range<usize> {
        let least = SHARE * self.sentences[best].score;
        let (mut from, mut to) = (best, best + 1);
        let mut size = width(&self.sentences[best].candidate.text);
        loop {
            let before = from.checked_sub(1);
            let after = (to < self.sentences.len()).then_some(to);
            // What follows a lead-in ("the following:") belongs to it.
            let opens = self.sentences[to - 1].candidate.text.trim_end().ends_with([':', '：']);
            let next = match (before, after) {
                (_, Some(after)) if opens => after,
                (Some(before), Some(after)) if self.sentences[before].score > self.sentences[after].score => before,
                (_, Some(after)) => after,
                (Some(before), None) => before,
                (None, None) => break,
            };
            size += width(&self.sentences[next].candidate.text);
            if size > limits.run || !opens && self.sentences[next].score < least {
                break;
            }
            if next < from { from = next } else { to = next + 1 }
        }
        from..to
    }
}

/// Characters, with Chinese ones counted twice: about what a reader sees.
fn width(text: &str) -> usize {
    text.chars().map(|c| if overlap::is_han(c) { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{
        document::{Chunk, ChunkId, CollectionName, DocumentMeta, Domain, VersionId},
        evidence::Searched,
        text::Lang,
    };

    fn set(texts: &[&str]) -> EvidenceSet {
        let items = (0_u32..).zip(texts).map(|(at, text)| Evidence {
            score: 1.0,
            ..Evidence::of(
                CollectionName::constant("c"),
                Arc::new(DocumentMeta::plain("k", "", Lang::En, Domain::General)),
                Chunk {
                    id: ChunkId(i64::from(at)),
                    version: VersionId(1),
                    ordinal: at,
                    locator: at.to_string(),
                    path: Vec::new(),
                    page: None,
                    span: Span::new(0, text.len()),
                    text: (*text).to_owned(),
                },
            )
        });
        EvidenceSet::number(items.collect(), Searched::default())
    }

    fn quoted(question: &str, texts: &[&str], limits: &Limits) -> Vec<String> {
        follow_up(question, None, texts, limits)
    }

    fn follow_up(question: &str, new: Option<&str>, texts: &[&str], limits: &Limits) -> Vec<String> {
        let evidence = set(texts);
        let candidates = candidates(&evidence, limits);
        let wording = Wording::of(question, new, &candidates, Equivalents::default());
        let scores = wording.scores(&[]);
        let pieces = choose(question, &evidence, &candidates, &scores, limits);
        let draft = compose(&evidence, &pieces, &candidates, &wording, &scores, limits);
        draft.sentences.into_iter().map(|s| s.text).collect()
    }

    #[test]
    fn a_short_piece_is_quoted_whole() {
        let article = "The lender may recall the loan. Interest ends on that day.";
        let got = quoted("When does interest end?", &[article, "Cats sleep."], &Limits::default());
        assert_eq!(got, ["The lender may recall the loan.", "Interest ends on that day."]);
    }

    #[test]
    fn the_row_that_tells_is_quoted_without_the_table() {
        let table = "Net sales of two years\nNet sales: 2019 $4.5 million; 2018 $4.2 million.\nNet income: 2019 $1.2 million; 2018 $1.1 million.\nGross margin: 2019 41 %; 2018 40 %.";
        let got = quoted("What was the amount of net income in 2018?", &[table], &Limits::default());
        assert_eq!(got, ["Net income: 2019 $1.2 million; 2018 $1.1 million."]);
        let got = quoted("How did the company do?", &[table], &Limits::default());
        assert_eq!(got.len(), 4, "{got:?}");
        let mixed =
            format!("{table}\nThe company had 1,024 employees in research in 2019. Most of them hold a degree.");
        let got = quoted("How many employees in research had the company in 2019?", &[&mixed], &Limits::default());
        assert_eq!(got[1..], ["The company had 1,024 employees in research in 2019.", "Most of them hold a degree."]);
        assert_eq!(got.len(), 3, "the heading, and no row: {got:?}");
    }

    #[test]
    fn a_provision_goes_before_its_recital() {
        let mut items =
            set(&["The subject may ask for erasure of data.", "The subject may ask for the erasure of its data."]);
        let limits = Limits::default();
        let first = |items: &EvidenceSet| {
            let candidates = candidates(items, &limits);
            let scores =
                Wording::of("Who may ask for erasure of data?", None, &candidates, Equivalents::default()).scores(&[]);
            choose("Who may ask for erasure of data?", items, &candidates, &scores, &limits)[0]
        };
        assert_eq!(first(&items), Label(1));
        let mut all = items.items().to_vec();
        all[0].chunk.locator = "Recital 65".to_owned();
        items = EvidenceSet::number(all, Searched::default());
        assert_eq!(first(&items), Label(2));
    }

    #[test]
    fn a_title_that_holds_the_name_of_the_question_goes_first() {
        let question = "How long do the obligations of NDA 488 last?";
        assert_eq!(names(question), ["nda", "488"]);
        assert_eq!(names("Does Hallmark pay a dividend?"), ["hallmark"]);
        assert!(names("How long does it last?").is_empty());
        assert!((share_named(&names(question), "Agreement [NDA 488]") - 1.0).abs() < 1e-6);
        assert!((share_named(&names(question), "Agreement [NDA 152]") - 0.5).abs() < 1e-6);
    }

    #[test]
    fn what_stands_for_the_words_of_the_question_counts_as_they_do() {
        let texts = ["房东大会每年召开一次。", "出租人应当返还押金。"];
        let evidence = set(&texts);
        let limits = Limits { quoted: 1, ..Limits::default() };
        let candidates = candidates(&evidence, &limits);
        let chosen = |equivalents| {
            let scores = Wording::of("房东退押金", None, &candidates, equivalents).scores(&[]);
            choose("房东退押金", &evidence, &candidates, &scores, &limits)
        };
        assert_eq!(chosen(Equivalents::default()), [Label(1)], "one pair of characters each");
        let (said, meant) = (["房东".to_owned()], ["出租人".to_owned()]);
        assert_eq!(chosen(Equivalents::of([(&said[..], &meant[..])])), [Label(2)]);
    }

    #[test]
    fn a_follow_up_is_answered_by_what_holds_its_own_words() {
        let texts = [
            "The controller shall notify a personal data breach to the supervisory authority within 72 hours.",
            "The processor shall notify the controller of a breach without undue delay.",
        ];
        let joined = "When must a personal data breach be notified to the authority? What about processors?";
        let limits = Limits { quoted: 1, ..Limits::default() };
        assert_eq!(quoted(joined, &texts, &limits), [texts[0]]);
        assert_eq!(follow_up(joined, Some("What about processors?"), &texts, &limits), [texts[1]]);
    }

    #[test]
    fn a_long_piece_is_cut_to_the_run_that_answers() {
        let filler = "Nothing here concerns the matter that was asked about at all. ".repeat(12);
        let text = format!("{filler}Interest ends on the day of repayment. {filler}");
        let got = quoted("When does interest end on repayment?", &[&text], &Limits { run: 60, ..Limits::default() });
        assert_eq!(got, ["Interest ends on the day of repayment."]);
    }

    #[test]
    fn nothing_to_quote_is_an_empty_draft() {
        assert!(quoted("Anything?", &[], &Limits::default()).is_empty());
    }
}

//! The grounded answer, sentence by sentence: written under constraint, judged before anybody sees it, and where it
//! does not stand, written again with the passage that it should have kept to, replaced by that passage, or dropped.
//!
//! Putting the missing passage at the cut is what makes a second attempt worth its time. Each attempt
//! repeats the prompt of the one before up to the cut, so the generator steps back instead of reading again.

use std::sync::Arc;

use futures::StreamExt;
use tokio::sync::mpsc;

use super::{
    AnswerError, AnswerEvent, Pipeline, Understood,
    policy::{Assembled, Assembly, labels},
    tell,
};
use crate::{
    domain::{
        answer::{Revision, Writing},
        claim::{Cited, Draft, DraftSentence},
        evidence::EvidenceSet,
        policy::{RiskPolicy, Shown},
        text::Lang,
        verdict::{Judgement, Verdict},
    },
    draft::{
        claims,
        constrain::{OneSentence, sentence::Rules},
        parse, prompt,
        quote::{Candidate, Relevance},
    },
    ports::{
        EmbedKind, GenerateRequest, GenerationEvent, Generator, ModelError, Priority, Prompt, Sampling, StopReason,
        Thinking,
    },
    text::overlap,
};

const SENTENCES: usize = 5;
/// How often one sentence is written again, and how often all of them are.
const RETRIES: usize = 3;
const ALL_RETRIES: usize = 8;
/// A sentence must come this near to the question, measured by the best sentence of the sources. Chosen to stop what is
/// plainly beside the question, not fitted: a sentence that shares a heading with an answer passes.
const RELEVANT: f32 = 0.4;
/// Tokens of one sentence, and of the model's whole turn with what is put into it.
const SENTENCE_TOKENS: usize = 128;
const TURN_TOKENS: usize = 768;
/// Tokens of all attempts together: who waits for an answer does not wait for a model that cannot find one.
const ALL_TOKENS: usize = 320;
/// With fewer left no sentence is begun.
const FEWEST_TOKENS: usize = 24;
/// A second attempt at the same temperature 0 would be the first one again.
const RETRY_TEMPERATURE: f32 = 0.5;
/// Characters of a passage that is put before a second attempt.
const LONGEST_REMINDER: usize = 400;

/// What a generator made of its turn.
enum Line {
    Sentence(DraftSentence),
    /// It could not be held to the rules and broke them: for the record, and for what it should have kept to.
    Forbidden(DraftSentence),
    /// It ran out of tokens before the sentence ended.
    Unfinished,
    /// It has nothing more to say.
    End,
}

/// What became of one sentence.
enum Next {
    GoOn,
    End,
}

pub(super) struct Writer<'a> {
    pipeline: &'a Pipeline,
    generator: &'a dyn Generator,
    evidence: &'a EvidenceSet,
    listener: Option<&'a mpsc::Sender<AnswerEvent>>,
    lang: Lang,
    prompt: Prompt,
    /// Done before the first sentence: each attempt goes on behind the same thoughts.
    thinking: Thinking,
    rules: Arc<Rules>,
    candidates: Vec<Candidate>,
    relevance: Relevance,
    /// Sentences that passed, and the same as the model's turn holds them.
    passed: Draft,
    turn: String,
    assembly: Assembly,
    writing: Writing,
    /// Requests so far: each draws with a seed of its own.
    requests: u32,
    /// Tokens written so far, those of failed attempts included.
    spent: usize,
}

impl<'a> Writer<'a> {
    /// `None` where there is nothing that could be cited.
    pub(super) async fn new(
        pipeline: &'a Pipeline,
        understood: &Understood<'_>,
        evidence: &'a EvidenceSet,
        listener: Option<&'a mpsc::Sender<AnswerEvent>>,
    ) -> Result<Option<Self>, AnswerError> {
        let generator = pipeline.generator.as_deref().ok_or(ModelError::NotConfigured { job: "generator" })?;
        let lang = understood.ask.lang();
        let tokens = generator.thinking_tokens() + TURN_TOKENS;
        let (prompt, shown) = prompt::grounded(generator, understood.question(), lang, evidence, tokens)?;
        let Some(rules) = Rules::new(lang, understood.question(), &evidence.items()[..shown]) else { return Ok(None) };
        let ranked = pipeline.rank(understood, evidence).await?;
        let relevance = Relevance::new(ranked.wording, ranked.asked, &ranked.cosines);
        Ok(Some(Self {
            pipeline,
            generator,
            evidence,
            listener,
            lang,
            prompt,
            thinking: Thinking::Skipped,
            rules: Arc::new(rules),
            candidates: ranked.candidates,
            relevance,
            passed: Draft::default(),
            turn: String::new(),
            assembly: Assembly::new(RiskPolicy::default_for(understood.ask.domain)),
            writing: Writing {
                sources: shown,
                temperature: pipeline.sampling.temperature,
                seed: pipeline.sampling.seed,
                ..Writing::default()
            },
            requests: 0,
            spent: 0,
        }))
    }

    pub(super) async fn run(mut self) -> Result<(Assembled, Writing), AnswerError> {
        self.think().await?;
        while self.assembly.sentences().len() < SENTENCES
            && self.left() >= FEWEST_TOKENS
            && matches!(self.sentence().await?, Next::GoOn)
        {}
        Ok((self.assembly.finish(), self.writing))
    }

    /// Lets a reasoning model think, within its budget. What it thinks is held to nothing, because it is never shown:
    /// what it says afterwards is.
    async fn think(&mut self) -> Result<(), AnswerError> {
        let max_tokens = self.generator.thinking_tokens();
        if max_tokens == 0 {
            return Ok(());
        }
        let request = GenerateRequest {
            thinking: Thinking::Aloud,
            sampling: self.pipeline.sampling,
            ..GenerateRequest::free(self.prompt.clone(), max_tokens)
        };
        let (thought, _, tokens) = collect(self.generator, request).await?;
        self.writing.thinking_tokens = tokens;
        self.thinking = Thinking::Done(thought.trim_end().to_owned());
        Ok(())
    }

    async fn sentence(&mut self) -> Result<Next, AnswerError> {
        let mut failed: Option<(DraftSentence, Judgement)> = None;
        let mut passage: Option<Candidate> = None;
        for attempt in 0..=RETRIES {
            if attempt > 0 {
                if self.writing.retries == ALL_RETRIES || self.left() < FEWEST_TOKENS {
                    break;
                }
                self.writing.retries += 1;
            }
            let (sentence, is_lawful) = match self.write(passage.as_ref(), attempt).await? {
                Line::Forbidden(sentence) => (sentence, false),
                Line::Sentence(sentence) if prompt::repeats_reminder(&sentence.text) => continue,
                Line::Sentence(sentence) if !self.is_said(&sentence.text) => (sentence, true),
                // A model that repeats itself has nothing more to say.
                Line::Sentence(_) | Line::End if attempt == 0 => return Ok(Next::End),
                Line::Unfinished | Line::Sentence(_) | Line::End => continue,
            };
            let revised = (attempt > 0).then_some(Revision::Repaired);
            let (sentence, judgement, revised) = match self.judge(&sentence).await? {
                // The sentence is right and its label is not: no model is needed to put that right.
                judgement if is_lawful && matches!(judgement.verdict, Verdict::Miscited { .. }) => {
                    let cited = labels(&judgement.verdict).into_iter().map(Cited::Label).collect();
                    let sentence = DraftSentence { cited, ..sentence };
                    let judgement = self.judge(&sentence).await?;
                    (sentence, judgement, Some(Revision::Repaired))
                }
                judgement => (sentence, judgement, revised),
            };
            if is_lawful && self.passes(&sentence, &judgement).await? {
                self.accept(sentence, judgement, revised, failed.is_some()).await;
                return Ok(Next::GoOn);
            }
            passage = self.passage(&sentence, &judgement).cloned().or(passage);
            if failed.is_none() {
                self.assembly.withhold(judgement.clone());
                self.tell_sentence(None).await;
                failed = Some((sentence, judgement));
            }
        }
        if let Some(passage) = passage {
            let sentence = DraftSentence {
                text: passage.text.trim().to_owned(),
                cited: vec![Cited::Label(passage.label)],
                lead: String::new(),
            };
            let judgement = self.judge(&sentence).await?;
            if self.passes(&sentence, &judgement).await? {
                self.accept(sentence, judgement, Some(Revision::Quoted), failed.is_some()).await;
                return Ok(Next::GoOn);
            }
        }
        self.writing.count(Some(Revision::Dropped));
        if failed.is_some() {
            self.tell_sentence(Some(Revision::Dropped)).await;
        }
        // The next attempt would start from the same words.
        Ok(Next::End)
    }

    /// Tokens that may still be written.
    const fn left(&self) -> usize {
        ALL_TOKENS.saturating_sub(self.spent)
    }

    /// One sentence behind those that passed.
    async fn write(&mut self, passage: Option<&Candidate>, attempt: usize) -> Result<Line, AnswerError> {
        let reminder = passage.map(|passage| {
            let text: String = passage.text.chars().take(LONGEST_REMINDER).collect();
            prompt::reminder(passage.label, &text, self.lang)
        });
        let asked = self.pipeline.sampling;
        let temperature = if attempt > 0 { asked.temperature.max(RETRY_TEMPERATURE) } else { asked.temperature };
        let optional = !self.passed.sentences.is_empty() && attempt == 0;
        let request = GenerateRequest {
            prompt: self.prompt.clone(),
            thinking: self.thinking.clone(),
            opening: format!("{}{}", self.turn, reminder.unwrap_or_default()),
            grammar: None,
            mask: Some(Box::new(OneSentence::new(Arc::clone(&self.rules), optional))),
            sampling: Sampling { temperature, seed: asked.seed.wrapping_add(self.requests), ..asked },
            max_tokens: SENTENCE_TOKENS.min(self.left()),
            stop: vec!["\n".to_owned()],
        };
        self.requests += 1;
        let (text, stop, tokens) = collect(self.generator, request).await?;
        self.spent += tokens;
        Ok(match parse::generated(&text).sentences.into_iter().next() {
            None => Line::End,
            Some(_) if stop == StopReason::Length => Line::Unfinished,
            Some(sentence) if stop == StopReason::Forbidden => Line::Forbidden(sentence),
            Some(sentence) => Line::Sentence(sentence),
        })
    }

    async fn judge(&self, sentence: &DraftSentence) -> Result<Judgement, AnswerError> {
        let mut draft = self.passed.clone();
        draft.sentences.push(sentence.clone());
        let claim = claims::from_draft(&draft).pop().map_or_else(Vec::new, |claim| vec![claim]);
        let judged = self.pipeline.verifier.verify(&claim, self.evidence).await?.pop();
        judged.ok_or_else(|| {
            let problem = "the verifier gave no verdict".to_owned();
            AnswerError::Model(ModelError::Failed { model: "verifier".to_owned(), problem })
        })
    }

    /// Backed by a source and about the question. Sources that disagree are no fault of the sentence.
    async fn passes(&self, sentence: &DraftSentence, judgement: &Judgement) -> Result<bool, AnswerError> {
        let stands = match judgement.verdict {
            Verdict::Supported { .. } => true,
            Verdict::Conflict { .. } => self.assembly.decide(&judgement.verdict) != Shown::Withheld,
            _ => false,
        };
        // A source may ask a question; it is no answer to one.
        let asks = sentence.text.trim_end().ends_with(['?', '？']);
        Ok(stands && !asks && self.is_relevant(&sentence.text, &judgement.verdict).await?)
    }

    /// Read under the headings of its source, as the source's own sentences are.
    async fn is_relevant(&self, text: &str, verdict: &Verdict) -> Result<bool, AnswerError> {
        let source = labels(verdict).into_iter().find_map(|label| self.candidates.iter().find(|c| c.label == label));
        let text = source.map_or_else(|| text.to_owned(), |source| format!("{} {text}", source.context));
        let vector = match &self.pipeline.embedder {
            Some(embedder) => {
                let vectors =
                    embedder.embed(EmbedKind::Passage, std::slice::from_ref(&text), Priority::Interactive).await?;
                vectors.into_iter().next()
            }
            None => None,
        };
        Ok(self.relevance.share(&text, vector.as_deref()) >= RELEVANT)
    }

    /// The sentence of the sources that a failed one should have kept to: the one that its verdict names, or else the
    /// one that shares most with it. Nothing that is said already.
    fn passage(&self, sentence: &DraftSentence, judgement: &Judgement) -> Option<&Candidate> {
        let named = judgement
            .verdict
            .citations()
            .into_iter()
            .filter_map(|citation| {
                let chunk = &self.evidence.get(citation.label)?.chunk;
                Some((citation.label, citation.span.start().checked_sub(chunk.span.start())?))
            })
            .chain(judgement.reasons.iter().filter_map(|r| r.evidence.map(|e| (e.label, e.span.start()))))
            .find_map(|(label, at)| {
                self.candidates
                    .iter()
                    .find(|c| c.label == label && c.span.start() <= at && at < c.span.end() && !self.is_said(&c.text))
            });
        named.or_else(|| {
            let wanted = overlap::features(&sentence.text);
            let shared = |c: &&Candidate| {
                overlap::coverage(&wanted, &overlap::feature_set(&c.text), &overlap::Idf::default())
                    * self.relevance.share(&c.passage(), None)
            };
            self.candidates
                .iter()
                .filter(|c| !self.is_said(&c.text))
                .max_by(|a, b| shared(a).total_cmp(&shared(b)))
                .filter(|c| shared(c) > 0.0)
        })
    }

    fn is_said(&self, text: &str) -> bool {
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let new = letters(text);
        self.passed.sentences.iter().any(|said| letters(&said.text).contains(&new))
    }

    async fn accept(
        &mut self,
        sentence: DraftSentence,
        judgement: Judgement,
        revised: Option<Revision>,
        was_told: bool,
    ) {
        if was_told {
            self.assembly.take_back();
        }
        self.turn.push_str(&sentence.text);
        for label in labels(&judgement.verdict) {
            self.turn.push_str(&label.to_string());
        }
        self.turn.push('\n');
        self.assembly.push(&sentence, judgement);
        self.passed.sentences.push(sentence);
        self.writing.count(revised);
        self.tell_sentence(revised.filter(|_| was_told)).await;
    }

    /// Tells the last sentence, as new or as the revision of one that was told already.
    async fn tell_sentence(&self, revision: Option<Revision>) {
        let Some((index, sentence)) = self.assembly.sentences().iter().enumerate().next_back() else { return };
        let (text, sentence) = (self.assembly.slice(index).to_owned(), Box::new(sentence.clone()));
        tell(self.listener, || match revision {
            None => AnswerEvent::Sentence { index, text, sentence },
            Some(revision) => AnswerEvent::Revised { index, text, sentence, revision },
        })
        .await;
    }
}

/// The whole text of a generation, why it ended, and how many tokens it took.
pub(super) async fn collect(
    generator: &dyn Generator,
    request: GenerateRequest,
) -> Result<(String, StopReason, usize), ModelError> {
    let mut stream = generator.generate(request).await?;
    let (mut text, mut ended, mut tokens) = (String::new(), StopReason::Length, 0);
    while let Some(event) = stream.next().await {
        match event? {
            GenerationEvent::Text(piece) => text.push_str(&piece),
            GenerationEvent::Done { stop, new_tokens, .. } => (ended, tokens) = (stop, new_tokens),
        }
    }
    Ok((text, ended, tokens))
}

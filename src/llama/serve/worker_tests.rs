//! Whether texts that share a context keep apart, seen in the logits themselves.

use std::path::{Path, PathBuf};

use llama_cpp_2::token::LlamaToken;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;
use crate::{
    domain::answer::ModelIdentity,
    llama::{
        backend::open,
        options::ModelOptions,
        sample::Drawer,
        serve::task::{Task, Writing},
    },
    models::{Job, Models, Silent},
    ports::{GenerationEvent, Sampling},
    testing::{STARTS, tiny::FAMILIES},
    text::speech::Speech,
};

const WAITING: usize = 16;
const GENERATORS: [&str; 2] = ["smollm2-135m-instruct-q4", "gemma-3-270m-q4"];

type Logits = Vec<f32>;
type Events = UnboundedReceiver<Result<GenerationEvent, ModelError>>;

/// A worker in the hands of a test, which says itself what each text goes on with.
struct Desk<'m> {
    worker: Worker<'m>,
    queue: Queue<Request>,
}

impl Desk<'_> {
    fn ask(&self, prompt: &[LlamaToken], max_tokens: usize) -> Result<Events, ModelError> {
        let (events, receiver) = unbounded_channel();
        let writing = Writing {
            drawer: Drawer::new(Sampling::default(), None, None),
            max_tokens,
            speech: Speech::plain(Vec::new()),
            until: None,
            events,
        };
        let request =
            Request { prompt: prompt.to_vec(), task: Task::Write(Box::new(writing)), arrived: Instant::now() };
        self.queue.push(request, Priority::Interactive).map(|()| receiver)
    }

    /// Writes `len` tokens behind each prompt, all texts at once; `next` is told which text and which step it is, and
    /// its logits. Prompts are cut into the same pieces however long a call takes.
    fn write(
        &mut self,
        prompts: &[Vec<LlamaToken>],
        len: usize,
        mut next: impl FnMut(usize, usize, &[f32]) -> LlamaToken,
    ) {
        let first = self.worker.last_id + 1;
        let listening: Vec<_> = prompts.iter().map(|prompt| self.ask(prompt, len).expect("there is room")).collect();
        assert!(self.worker.admit(&self.queue));
        assert_eq!(self.worker.streams.len(), prompts.len(), "all of them at once");
        while !self.worker.streams.is_empty() {
            self.worker.schedule = Schedule::default();
            self.worker.compute().expect("it computes");
            let Worker { context, sequences, streams, .. } = &mut self.worker;
            streams.retain_mut(|stream| {
                let Some(output) = stream.output.take() else { return true };
                let text = usize::try_from(stream.id - first).expect("few texts");
                stream.drawn = Some(next(text, stream.new_tokens, context.get_logits_ith(output)));
                stream.new_tokens += 1;
                let goes_on = stream.new_tokens < len;
                if !goes_on {
                    sequences.end(stream.sequence);
                }
                goes_on
            });
        }
        drop(listening);
    }
}

/// `work` with a fresh context of a model.
fn at_desk<T>(model: &LlamaModel, options: &GeneratorOptions, work: impl FnOnce(&mut Desk<'_>) -> T) -> T {
    let (pieces, meter) = (OnceLock::new(), Meter::default());
    let worker = Worker::new(model, None, options, &pieces, &meter).expect("there is memory");
    work(&mut Desk { worker, queue: Queue::new(Job::Generator.code(), WAITING) })
}

fn options(name: &str, path: &Path) -> GeneratorOptions {
    let mut options =
        GeneratorOptions::new(ModelOptions::new(ModelIdentity { name: name.into(), sha256: String::new() }, path));
    options.context = 512;
    options
}

/// The starter generators, fetched if they are not there yet.
#[expect(clippy::disallowed_methods, reason = "a test has no configuration to read")]
fn starter_generators() -> Vec<(String, PathBuf)> {
    let home = std::env::var_os("ATTEST_HOME").map(PathBuf::from);
    let cache = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/attest");
    let models = Models::new(home.unwrap_or_else(cache).join("models"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let starter = runtime.block_on(models.pull_starter(&Silent)).expect("the starter models can be had");
    let generators = starter.into_iter().filter(|model| GENERATORS.contains(&model.name.as_str()));
    let generators: Vec<_> = generators.map(|model| (model.name, model.path)).collect();
    assert_eq!(generators.len(), GENERATORS.len(), "{generators:?}");
    generators
}

/// Ordinary tokens, so many from the `from`-th on.
fn ordinary(model: &LlamaModel, from: usize, count: usize) -> Vec<LlamaToken> {
    let vocab = model.vocab();
    let tokens = vocab.tokens().filter(|t| !vocab.is_control(*t) && !vocab.is_eog(*t));
    let tokens: Vec<_> = tokens.skip(10 + from).take(count).collect();
    assert_eq!(tokens.len(), count, "the vocabulary is large enough");
    tokens
}

const STEPS: usize = 6;
const PROMPT: usize = 12;
const SHARED: usize = 8;

/// The logits of four texts in two rounds. The first text is the same in every run, the others are made of tokens from
/// `from` on; those of the second round all begin like the first text of the first and share its cells.
fn rounds(model: &LlamaModel, options: &GeneratorOptions, from: usize) -> Vec<Vec<Logits>> {
    let own = ordinary(model, 0, PROMPT + STEPS);
    let other = |text: usize| ordinary(model, from + text * 5, PROMPT + STEPS);
    at_desk(model, options, |desk| {
        let mut seen = vec![Vec::new(); 4];
        for round in 0..2 {
            let texts: Vec<Vec<LlamaToken>> = (0..4)
                .map(|text| match (round, text) {
                    (0, 0) => own.clone(),
                    (0, _) => other(text),
                    (_, 0) => own[..SHARED].iter().chain(own.iter().rev()).copied().collect(),
                    (_, _) => own[..SHARED].iter().copied().chain(other(text)).collect(),
                })
                .collect();
            let prompts: Vec<_> = texts.iter().map(|text| text[..PROMPT].to_vec()).collect();
            desk.write(&prompts, STEPS, |text, step, logits| {
                seen[text].push(logits.to_vec());
                texts[text][PROMPT + step]
            });
        }
        seen
    })
}

fn bits(logits: &[Logits]) -> Vec<Vec<u32>> {
    logits.iter().map(|logits| logits.iter().map(|l| l.to_bits()).collect()).collect()
}

fn keeps_apart(name: &str, path: &Path) {
    let options = options(name, path);
    let (model, _) = open(&options.model, Job::Generator).expect("it opens");
    let (one, other) = (rounds(&model, &options, 40), rounds(&model, &options, 70));
    assert_eq!(one[0].len(), 2 * STEPS, "{name}");
    assert!(bits(&one[0]) == bits(&other[0]), "{name}: a text depends on its neighbours");
    for text in 1..4 {
        assert!(bits(&one[text]) != bits(&other[text]), "{name}: the neighbours were not others");
    }
}

#[test]
fn what_others_say_changes_no_bit_of_a_text_in_any_family() {
    let folder = tempfile::tempdir().expect("a folder");
    for family in FAMILIES {
        let path = folder.path().join(family.architecture);
        family.write(&path).expect("it writes");
        keeps_apart(family.architecture, &path);
    }
}

#[test]
fn what_others_say_changes_no_bit_of_a_text_of_a_real_model() {
    for (name, path) in starter_generators() {
        keeps_apart(&name, &path);
    }
}

const WRITTEN: usize = 16;
/// Logits this far below the highest one are no rivals of it.
const NEAR: f32 = 4.0;

fn likeliest(logits: &[f32]) -> usize {
    (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).expect("a vocabulary is not empty")
}

/// How far the likeliest token is ahead of the next.
fn lead(logits: &[f32]) -> f32 {
    let best = likeliest(logits);
    let next = logits.iter().enumerate().filter(|(at, _)| *at != best).map(|(_, l)| *l);
    logits[best] - next.fold(f32::NEG_INFINITY, f32::max)
}

/// How far the likeliest tokens have moved against each other at most: what a greedy choice hangs on.
fn furthest(one: &[Vec<Logits>], other: &[Vec<Logits>]) -> f32 {
    let steps = one.iter().flatten().zip(other.iter().flatten());
    let moved = steps.flat_map(|(one, other)| {
        let best = likeliest(one);
        let near = (0..one.len()).filter(move |at| one[best] - one[*at] < NEAR);
        near.map(move |at| ((one[at] - one[best]) - (other[at] - other[best])).abs())
    });
    moved.fold(0.0, f32::max)
}

/// What the first four texts show to be rounding must hold for the other four.
#[test]
fn beside_others_a_text_goes_on_as_it_does_alone_up_to_rounding() {
    for (name, path) in starter_generators() {
        let options = options(&name, &path);
        let (model, _) = open(&options.model, Job::Generator).expect("it opens");
        let prompts = STARTS.map(|start| model.vocab().tokenize(start.as_bytes(), true, false));
        let written = |prompts: &[Vec<LlamaToken>], next: &dyn Fn(usize, usize, &[f32]) -> LlamaToken| {
            at_desk(&model, &options, |desk| {
                let mut logits = vec![Vec::new(); prompts.len()];
                desk.write(prompts, WRITTEN, |text, step, seen| {
                    logits[text].push(seen.to_vec());
                    next(text, step, seen)
                });
                logits
            })
        };
        let greedy = |logits: &[f32]| LlamaToken(i32::try_from(likeliest(logits)).expect("a token"));
        let alone: Vec<Vec<Logits>> = prompts
            .iter()
            .flat_map(|prompt| written(std::slice::from_ref(prompt), &|_, _, logits| greedy(logits)))
            .collect();
        let beside = written(&prompts, &|text, step, _| greedy(&alone[text][step]));
        // What one other token does that a text does see.
        let changed: Vec<Vec<Logits>> = (0..8)
            .flat_map(|text| {
                let prompt = [&ordinary(&model, 90, 1), &prompts[text][1..]].concat();
                written(&[prompt], &|_, step, _| greedy(&alone[text][step]))
            })
            .collect();
        let (rounding, noise) = (furthest(&alone[..4], &beside[..4]), furthest(&alone[4..], &beside[4..]));
        let seen = furthest(&alone, &changed);
        assert!(noise <= 4.0 * rounding, "{name}: {noise} beside others, {rounding} by rounding");
        assert!(noise < seen / 2.0, "{name}: {noise} beside others, {seen} for another token");
        let mut ahead = 0;
        for (alone, beside) in alone[4..].iter().flatten().zip(beside[4..].iter().flatten()) {
            if lead(alone) > 4.0 * rounding {
                ahead += 1;
                assert_eq!(likeliest(alone), likeliest(beside), "{name}: led by {}", lead(alone));
            }
        }
        eprintln!("{name}: rounding {rounding}, {noise} beside others, {seen} for another token; {ahead} lead by more");
        assert!(ahead >= WRITTEN / 2, "{name}: {ahead} tokens lead by more than rounding");
    }
}

#[test]
fn who_is_refused_hears_how_long_texts_take() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model");
    FAMILIES[0].write(&path).expect("it writes");
    let options = options("tiny", &path);
    let (model, _) = open(&options.model, Job::Generator).expect("it opens");
    at_desk(&model, &options, |desk| {
        let prompt = ordinary(&model, 0, PROMPT);
        let writing = [(); 2].map(|()| desk.ask(&prompt, 2).expect("there is room"));
        assert!(desk.worker.admit(&desk.queue));
        for stream in &mut desk.worker.streams {
            stream.began = Instant::now().checked_sub(Duration::from_mins(1)).expect("the machine is up for longer");
        }
        while !desk.worker.streams.is_empty() {
            desk.worker.step(&desk.queue);
        }
        drop(writing);
        let waiting: Vec<_> = (0..WAITING).map(|_| desk.ask(&prompt, 2).expect("there is room")).collect();
        let refused = desk.ask(&prompt, 2).expect_err("it is full");
        // Two wrote side by side for a minute: half a minute for each of those that wait, and what the machine took.
        assert!(matches!(refused, ModelError::Busy { retry_after_s: 480..=720, .. }), "{refused:?}");
        drop(waiting);
    });
}

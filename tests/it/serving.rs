//! Many texts at once, on the real starter generators.

use std::{fs, num::NonZeroUsize, time::Duration};

use attest::{
    llama::{GeneratorOptions, LlamaGenerator, ModelOptions},
    ports::{
        GenerateRequest, GenerationEvent, GenerationStream, Generator, GeneratorLoad, LogitMask, ModelError, Prompt,
        Sampling,
    },
    testing::STARTS,
};
use futures::{StreamExt, future::join_all};

use crate::support::starter_model;

const SMOLLM: &str = "smollm2-135m-instruct-q4";
const GEMMA: &str = "gemma-3-270m-q4";

fn options(name: &str) -> GeneratorOptions {
    let model = starter_model(name);
    let mut options = GeneratorOptions::new(ModelOptions::new(model.identity(), &model.path));
    options.context = 1024;
    options.model.threads = Some(NonZeroUsize::MIN);
    options
}

fn open(options: GeneratorOptions) -> LlamaGenerator {
    LlamaGenerator::open(options).expect("it opens")
}

fn raw(prompt: impl Into<String>, max_tokens: usize) -> GenerateRequest {
    GenerateRequest::free(Prompt::Raw(prompt.into()), max_tokens)
}

/// The text, and how many tokens of its prompt had to be read.
async fn finish(mut stream: GenerationStream) -> Result<(String, usize), ModelError> {
    let mut text = String::new();
    loop {
        match stream.next().await.expect("it ends with Done")? {
            GenerationEvent::Text(piece) => text.push_str(&piece),
            GenerationEvent::Done { read_tokens, .. } => return Ok((text, read_tokens)),
        }
    }
}

async fn say(generator: &LlamaGenerator, request: GenerateRequest) -> (String, usize) {
    finish(generator.generate(request).await.expect("it starts")).await.expect("it does not fail")
}

fn load(generator: &LlamaGenerator) -> GeneratorLoad {
    generator.load().expect("it counts")
}

/// Digits and blanks alone.
struct Digits;

impl LogitMask for Digits {
    fn allows(&self, piece: &[u8]) -> bool {
        piece.iter().all(|byte| byte.is_ascii_digit() || *byte == b' ')
    }

    fn accept(&mut self, _: &[u8]) {}
}

/// The engine multiplies one column and several by different code, so logits differ by rounding between calls of
/// different shapes, and two tokens that are all but equally likely can change places. Whole texts can therefore not be
/// held to be the same: each must begin alike, and half of them be alike to the end. That nothing but rounding makes the
/// difference is shown on the logits, beside the worker.
#[tokio::test]
async fn a_text_beside_others_goes_on_as_it_does_alone() {
    for name in [SMOLLM, GEMMA] {
        let mut alone = Vec::new();
        let generator = open(options(name));
        for start in STARTS {
            alone.push(say(&generator, raw(start, 16)).await.0);
        }
        let generator = open(options(name));
        let together = join_all(STARTS.map(|start| say(&generator, raw(start, 16)))).await;
        let mut same = 0;
        for ((text, _), alone) in together.iter().zip(&alone) {
            let common = text.chars().zip(alone.chars()).take_while(|(a, b)| a == b).count();
            assert!(common >= 4, "{name}: {text:?} is not {alone:?}");
            same += usize::from(text == alone);
        }
        assert!(same >= 4, "{name}: {together:?} are not {alone:?}");
        assert!(load(&generator).calls < 8 * 16, "{name}: they shared calls: {:?}", load(&generator));
    }
}

#[tokio::test]
async fn each_text_keeps_its_own_mask_and_sampling() {
    let generator = open(options(SMOLLM));
    let digits = (0..4).map(|seed| {
        let sampling = Sampling { temperature: 1.0, seed, ..Sampling::default() };
        GenerateRequest { mask: Some(Box::new(Digits)), sampling, ..raw("The years are", 12) }
    });
    let grammar = Some(r#"root ::= "yes" | "no""#.to_owned());
    let others = [GenerateRequest { grammar, ..raw("Is it so?", 12) }, raw(STARTS[0], 12)];
    let texts = join_all(digits.chain(others).map(|request| say(&generator, request))).await;
    for (text, _) in &texts[..4] {
        assert!(!text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == ' '), "{text}");
    }
    assert!(["yes", "no"].contains(&texts[4].0.as_str()), "{:?}", texts[4]);
    assert!(texts[5].0.contains("six"), "{:?}", texts[5]);
}

#[tokio::test]
async fn a_long_prompt_holds_nobody_up() {
    let generator = open(options(SMOLLM));
    let mut writing = generator.generate(raw("Once upon a time", 300)).await.expect("it starts");
    writing.next().await.expect("an event").expect("it does not fail");
    let before = load(&generator);
    let long = generator.generate(raw("The statute says so. ".repeat(150), 1)).await.expect("it starts");
    finish(long).await.expect("it does not fail");
    let after = load(&generator);
    let (calls, tokens) = (after.calls - before.calls, after.new_tokens - before.new_tokens);
    assert!(after.running > 0 || after.finished > 1, "{after:?}");
    assert!(calls > 2 && tokens + 2 >= calls, "a token of the first text in every call: {tokens} in {calls}");
    drop(writing);
}

#[tokio::test]
async fn evidence_that_was_read_for_one_is_not_read_for_the_next() {
    for name in [SMOLLM, GEMMA] {
        let generator = open(options(name));
        let evidence =
            "The borrower shall return the loan within the agreed period, unless otherwise agreed. ".repeat(12);
        let prompt = |question: &str| format!("{evidence}\nQuestion: {question}\n");
        let first = say(&generator, raw(prompt("When is it due?"), 8)).await;
        // Beside each other, both from what the first left.
        let both = join_all(["Who pays?", "What if he does not?"].map(|q| say(&generator, raw(prompt(q), 8)))).await;
        for (text, read) in &both {
            assert!(*read <= 12 && first.1 > 150, "{name}: {read} of {} tokens for {text}", first.1);
        }
        let fresh = say(&open(options(name)), raw(prompt("Who pays?"), 8)).await.0;
        let common = both[0].0.chars().zip(fresh.chars()).take_while(|(a, b)| a == b).count();
        assert!(common >= 4, "{name}: {:?} is not {fresh:?}", both[0].0);
        assert!(load(&generator).reused_tokens > 300, "{:?}", load(&generator));
    }
}

#[tokio::test]
async fn more_prompts_than_the_context_holds_take_turns() {
    let mut options = options(SMOLLM);
    (options.context, options.cells) = (512, Some(512));
    let generator = open(options);
    let prompts = (0..6).map(|i| raw(format!("{i} {}", "word ".repeat(200)), 40));
    for (text, _) in join_all(prompts.map(|request| say(&generator, request))).await {
        assert!(!text.is_empty());
    }
    assert_eq!((load(&generator).finished, load(&generator).failed), (6, 0));
}

#[tokio::test]
async fn who_leaves_is_not_served_any_longer() {
    let generator = open(options(SMOLLM));
    let mut leaving = generator.generate(raw("Once upon a time", 900)).await.expect("it starts");
    leaving.next().await.expect("an event").expect("it does not fail");
    drop(leaving);
    let calls = load(&generator).calls;
    while load(&generator).running > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let load = load(&generator);
    // One may have been under way.
    assert!(load.calls <= calls + 1, "{} calls after it left", load.calls - calls);
    assert_eq!((load.dropped, load.finished), (1, 0));
}

/// Memory is that of a whole process, so the clients come in one of their own.
#[test]
fn too_many_clients_are_refused_and_memory_does_not_grow() {
    let waves = ["serving::waves_of_clients", "--exact", "--ignored", "--nocapture"];
    let program = std::env::current_exe().expect("the test knows itself");
    let output = std::process::Command::new(program).args(waves).output().expect("it starts");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{out}\n{err}");
}

#[tokio::test]
#[ignore = "run by the test before it, in a process of its own"]
async fn waves_of_clients() {
    let mut options = options(SMOLLM);
    options.model.queue = 16;
    let generator = open(options);
    let wave = async || {
        let mut streams = Vec::new();
        let mut refused = 0;
        for client in 0..100 {
            match generator.generate(raw(format!("{client} {}", STARTS[client % 8]), 8)).await {
                Ok(stream) => streams.push(stream),
                Err(ModelError::Busy { job: "generator", waiting: 16, retry_after_s: 1.. }) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
        for answer in join_all(streams.into_iter().map(finish)).await {
            assert!(!answer.expect("who got in is served").0.is_empty());
        }
        refused
    };
    let first = wave().await;
    assert!((1..=84).contains(&first), "{first} refused");
    let before = resident_kb();
    for _ in 0..3 {
        wave().await;
    }
    assert!(resident_kb() < before + 16_384, "{before} kB before, {} kB after", resident_kb());
    let load = load(&generator);
    assert_eq!((load.failed, load.finished + load.refused), (0, 400));
}

fn resident_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it is in there");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).expect("a number")
}

#[tokio::test]
async fn a_deadline_ends_what_takes_too_long_and_the_next_is_served() {
    let mut late = options(SMOLLM);
    late.deadline = Duration::from_millis(400);
    let generator = open(late);
    let long = generator.generate(raw("word ".repeat(200), 800)).await.expect("it starts");
    let error = finish(long).await.expect_err("800 tokens take longer");
    assert!(matches!(error, ModelError::Late { .. }), "{error}");
    let short = generator.generate(raw("Hello", 0)).await.expect("it starts");
    finish(short).await.expect("it is in time");
}

#[tokio::test]
async fn a_model_file_that_goes_away_is_an_error_for_who_opens_it_and_for_nobody_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.gguf");
    fs::copy(&starter_model(SMOLLM).path, &path).expect("it copies");
    let at = |path: &std::path::Path| {
        let mut options = options(SMOLLM);
        options.model.path = path.to_owned();
        options
    };
    let generator = open(at(&path));
    let before = say(&generator, raw(STARTS[0], 8)).await.0;
    // Another file is put in its place, as a download would.
    let other = folder.path().join("other");
    fs::write(&other, b"no model").expect("it writes");
    fs::rename(&other, &path).expect("it moves");
    let error = LlamaGenerator::open(at(&path)).err().expect("it does not open");
    assert!(matches!(&error, ModelError::BadFile { .. }), "{error}");
    fs::remove_file(&path).expect("it goes");
    let error = LlamaGenerator::open(at(&path)).err().expect("it does not open");
    assert!(matches!(&error, ModelError::BadFile { problem, .. } if problem.contains("No such file")), "{error}");
    assert_eq!(say(&generator, raw(STARTS[0], 8)).await.0, before, "the one that is open goes on");
}

#[tokio::test]
async fn a_generator_that_is_closed_ends_its_texts_with_an_error() {
    let generator = open(options(SMOLLM));
    let stream = generator.generate(raw("Once upon a time", 900)).await.expect("it starts");
    drop(generator);
    let ended = finish(stream).await;
    assert!(matches!(ended, Err(ModelError::Cancelled)), "{ended:?}");
}

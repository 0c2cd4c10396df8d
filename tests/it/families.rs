//! Every family of models that people run, as a tiny one with random weights: it loads, writes under our constraints,
//! and its memory does what its header says.

use std::{path::Path, sync::OnceLock};

use attest::{
    domain::answer::ModelIdentity,
    llama::{GeneratorOptions, LlamaGenerator, Memory, ModelOptions, probe},
    models::gguf,
    ports::{
        ChatMessage, GenerateRequest, GenerationEvent, Generator, LogitMask, ModelError, Prompt, Role, StopReason,
    },
    testing::tiny::{FAMILIES, Family, Mixture, upcycle},
};
use futures::StreamExt;
use tempfile::TempDir;

use crate::support::starter_model;

/// All of them, written once.
fn folder() -> &'static TempDir {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        for family in FAMILIES {
            family.write(&folder.path().join(family.architecture)).expect("it writes");
        }
        folder
    })
}

fn options(family: &Family) -> ModelOptions {
    let identity = ModelIdentity { name: family.architecture.into(), sha256: String::new() };
    ModelOptions::new(identity, folder().path().join(family.architecture))
}

fn generator(family: &Family) -> LlamaGenerator {
    let opened = LlamaGenerator::open(GeneratorOptions::new(options(family)));
    opened.unwrap_or_else(|e| panic!("{}: {e}", family.architecture))
}

fn request(prompt: &str, opening: &str) -> GenerateRequest {
    GenerateRequest { opening: opening.into(), ..GenerateRequest::free(Prompt::Raw(prompt.into()), 24) }
}

/// Text, why it stopped, and how many tokens of the prompt were read.
async fn write(
    generator: &LlamaGenerator,
    request: GenerateRequest,
) -> Result<(String, StopReason, usize), ModelError> {
    let mut stream = generator.generate(request).await?;
    let mut text = String::new();
    while let Some(event) = stream.next().await {
        match event? {
            GenerationEvent::Text(more) => text.push_str(&more),
            GenerationEvent::Done { stop, read_tokens, .. } => return Ok((text, stop, read_tokens)),
        }
    }
    panic!("a stream ends with Done");
}

const PROMPT: &str = "The contract of loan must be 30 days. 借款合同应当采用书面形式。";

#[tokio::test]
async fn every_family_writes_under_a_grammar() {
    for family in FAMILIES {
        let generator = generator(family);
        let mut asked = request(PROMPT, "");
        asked.grammar = Some(r#"root ::= ("借款合同" | "The loan") " is " [0-9] [0-9] " days." "#.into());
        asked.max_tokens = 64;
        let (text, stop, _) = write(&generator, asked).await.unwrap_or_else(|e| panic!("{}: {e}", family.architecture));
        let figure = text.strip_suffix(" days.").and_then(|t| t.rsplit(' ').next()).expect("it ends as it must");
        assert!(figure.len() == 2 && figure.bytes().all(|b| b.is_ascii_digit()), "{}: {text}", family.architecture);
        assert_eq!(stop, StopReason::GrammarComplete, "{}: {text}", family.architecture);
    }
}

/// A step back to an earlier point of the answer, as after a sentence that failed: the text that follows is the one
/// that a fresh generator writes, whether the memory could be cut or had to be filled anew.
#[tokio::test]
async fn every_family_can_be_taken_back() {
    for family in FAMILIES {
        let name = family.architecture;
        let used = generator(family);
        let (first, _, _) = write(&used, request(PROMPT, "")).await.expect(name);
        let (again, _, _) = write(&used, request(PROMPT, "")).await.expect(name);
        assert_eq!(first, again, "{name}: the same prompt twice");
        let (there, _, reread) = write(&used, request(PROMPT, "The days")).await.expect(name);
        let (fresh, _, all) = write(&generator(family), request(PROMPT, "The days")).await.expect(name);
        assert_eq!(there, fresh, "{name}: after a step back");
        if rolls_back(family) {
            assert!(reread < all / 2, "{name}: {reread} of {all} tokens were read again");
        }
        let (other, _, _) = write(&used, request("合同", "")).await.expect(name);
        assert_eq!(
            other,
            write(&generator(family), request("合同", "")).await.expect(name).0,
            "{name}: another prompt"
        );
    }
}

/// Mamba layers hold a state and no history.
fn rolls_back(family: &Family) -> bool {
    !matches!(family.architecture, "granitehybrid" | "nemotron_h_moe" | "jamba")
}

#[test]
fn prefixes_can_be_copied_and_all_but_recurrent_ones_cut() {
    for family in FAMILIES {
        let options = options(family);
        let memory = probe(&options).unwrap_or_else(|e| panic!("{}: {e}", family.architecture));
        assert_eq!(memory, Memory { copies: true, rolls_back: rolls_back(family) }, "{}", family.architecture);
        let header = gguf::read_header(&options.path).expect("a whole GGUF");
        assert_eq!(header.is_recurrent(), !memory.rolls_back, "{}: what the header says", family.architecture);
    }
}

/// A random model that always says the same would make the other tests blind.
#[tokio::test]
async fn what_they_write_depends_on_what_they_read() {
    for family in FAMILIES {
        let generator = generator(family);
        let mut texts = Vec::new();
        for prompt in ["The loan", "合同", "Question 30", "metformin must"] {
            texts.push(write(&generator, request(prompt, "")).await.expect(family.architecture).0);
        }
        texts.sort();
        texts.dedup();
        assert!(texts.len() >= 3, "{}: {texts:?}", family.architecture);
    }
}

#[test]
fn a_missing_tensor_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cut.gguf");
    for (architecture, tensor) in
        [("deepseek2", "blk.1.ffn_down_exps.weight"), ("gpt-oss", "blk.1.attn_sinks.weight"), ("jamba", "blk.0.ssm_a")]
    {
        let family = FAMILIES.iter().find(|f| f.architecture == architecture).expect("there is one");
        family.write_without(&path, Some(tensor)).expect("it writes");
        let identity = ModelIdentity { name: "cut".into(), sha256: String::new() };
        let opened = LlamaGenerator::open(GeneratorOptions::new(ModelOptions::new(identity, &path)));
        let error = opened.err().expect("it does not open").to_string();
        assert!(error.contains(tensor) && error.contains(architecture), "{error}");
    }
}

#[tokio::test]
async fn a_conversation_is_understood_by_every_family() {
    for family in FAMILIES {
        let mut asked = request("", "");
        asked.prompt = Prompt::Chat(vec![
            ChatMessage { role: Role::System, text: "Be brief.".into() },
            ChatMessage { role: Role::User, text: "合同是什么?".into() },
        ]);
        let written = write(&generator(family), asked).await;
        assert!(written.is_ok(), "{}: {written:?}", family.architecture);
    }
}

const PROMPTS: [&str; 5] = [
    "The borrower shall return the loan within the agreed period. If the contract says nothing,",
    "Metformin is the first-line treatment of type 2 diabetes because",
    "借款人应当按照约定的期限返还借款。对借款期限没有约定的，",
    "二甲双胍的禁忌证包括",
    "Net profit rose by 12.5% to 3.4 billion, and the board",
];

/// A text goes on whatever the model wants.
struct NoEnd;

impl LogitMask for NoEnd {
    fn allows(&self, piece: &[u8]) -> bool {
        !piece.is_empty()
    }

    fn accept(&mut self, _: &[u8]) {}
}

async fn greedy(path: &Path, prompts: &[&str], tokens: usize) -> Vec<String> {
    let identity = ModelIdentity { name: "smollm2".into(), sha256: String::new() };
    let generator = LlamaGenerator::open(GeneratorOptions::new(ModelOptions::new(identity, path))).expect("it opens");
    let mut texts = Vec::new();
    for prompt in prompts {
        let mut asked = request(prompt, "");
        asked.max_tokens = tokens;
        asked.mask = Some(Box::new(NoEnd));
        let (text, stop, _) = write(&generator, asked).await.expect("it writes");
        assert_eq!(stop, StopReason::Length);
        texts.push(text);
    }
    texts
}

/// Writes the mixture, and how many of the texts are those of the source.
async fn texts_alike(mixture: Mixture, prompts: &[&str], tokens: usize) -> usize {
    let source = &starter_model("smollm2-135m-instruct-q4").path;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mixture.gguf");
    upcycle(source, &path, mixture).expect("it writes");
    let (dense, sparse) = (greedy(source, prompts, tokens).await, greedy(&path, prompts, tokens).await);
    dense.iter().zip(&sparse).filter(|(dense, sparse)| dense == sparse).count()
}

/// Experts that are copies of the dense layer, behind a router with random weights, Mixtral's two for each token. The
/// control shows that every expert is asked: with one of them spoilt the text is another.
#[tokio::test]
async fn a_mixture_made_of_a_dense_model_writes_what_its_source_writes() {
    let mixture = Mixture { experts: 4, used: 2, spoilt: false };
    assert_eq!(texts_alike(mixture, &PROMPTS[2..3], 24).await, 1);
    assert_eq!(texts_alike(Mixture { spoilt: true, ..mixture }, &PROMPTS[2..3], 24).await, 0);
}

#[tokio::test]
#[ignore = "four thousand tokens of real models take minutes"]
async fn mixtures_write_what_their_source_writes_over_two_hundred_tokens() {
    for used in [1, 2] {
        assert_eq!(texts_alike(Mixture { experts: 4, used, spoilt: false }, &PROMPTS, 200).await, 5, "{used} experts");
    }
}

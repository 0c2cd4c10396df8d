//! The cross-encoder on real weights: the starter encoder without pooling, under heads that are made here and judge
//! nothing, which exercises every part of the runtime; and the shipped verifier against its trainer.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use attest::{
    domain::{answer::ModelIdentity, text::Lang},
    llama::{HEADS_FILE, LlamaEncoder, ModelOptions},
    models::{Models, sha256},
    ports::{Encoder, ModelError, Pair, Priority},
};

use crate::{program::root, support::starter_model};

const WIDTH: usize = 384;

/// Numbers that look random and are the same everywhere, between -1 and 1.
fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let step = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1_u32 << 23) as f32 - 1.0
    };
    (0..count).map(step).collect()
}

fn heads(gguf_sha256: &str) -> Vec<u8> {
    let shapes: [(&str, Vec<usize>); 10] = [
        ("verdict.dense.weight", vec![WIDTH, WIDTH]),
        ("verdict.dense.bias", vec![WIDTH]),
        ("verdict.out.weight", vec![3, WIDTH]),
        ("verdict.out.bias", vec![3]),
        ("guilty.weight", vec![1, WIDTH]),
        ("guilty.bias", vec![1]),
        ("support.weight", vec![1, WIDTH]),
        ("support.bias", vec![1]),
        ("relevance.weight", vec![1, WIDTH]),
        ("relevance.bias", vec![1]),
    ];
    let mut header = serde_json::json!({"__metadata__": {
        "gguf_sha256": gguf_sha256, "labels": "supported,contradicted,unsupported", "max_tokens": "256",
    }});
    let mut data: Vec<u8> = Vec::new();
    for (seed, (name, shape)) in (1..).zip(shapes) {
        let from = data.len();
        data.extend(numbers(shape.iter().product(), seed).iter().flat_map(|v| (v * 0.2).to_le_bytes()));
        header[name] = serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [from, data.len()]});
    }
    let header = header.to_string();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
}

/// The starter encoder, told not to pool, with heads beside it.
fn made() -> &'static (tempfile::TempDir, PathBuf, String) {
    static MADE: OnceLock<(tempfile::TempDir, PathBuf, String)> = OnceLock::new();
    MADE.get_or_init(|| {
        let mut gguf = fs::read(&starter_model("multilingual-e5-small-q4").path).expect("the starter encoder is there");
        let key = b"bert.pooling_type";
        let at = gguf.windows(key.len()).position(|w| w == key).expect("it names its pooling") + key.len();
        assert_eq!(gguf[at..at + 8], [4, 0, 0, 0, 1, 0, 0, 0], "a u32, mean");
        gguf[at + 4] = 0;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("model.gguf");
        let sha256 = sha256(&gguf);
        fs::write(&path, &gguf).expect("the folder takes it");
        fs::write(folder.path().join(HEADS_FILE), heads(&sha256)).expect("the folder takes it");
        (folder, path, sha256)
    })
}

fn open(path: &Path, sha256: &str) -> Result<LlamaEncoder, ModelError> {
    let identity = ModelIdentity { name: "made".to_owned(), sha256: sha256.to_owned() };
    LlamaEncoder::open(&ModelOptions::new(identity, path))
}

fn encoder() -> LlamaEncoder {
    let (_, path, sha256) = made();
    open(path, sha256).expect("it opens")
}

fn pair(evidence: &str, claim: &str) -> Pair {
    Pair { evidence: evidence.to_owned(), claim: claim.to_owned() }
}

fn pairs() -> Vec<Pair> {
    let long =
        "第六百七十五条　借款人应当按照约定的期限返还借款。对借款期限没有约定或者约定不明确的，借款人可以随时返还。"
            .repeat(12);
    vec![
        pair("The controller shall notify the authority within ７２ hours.", "Notify within 72 hours."),
        pair("体重≥50㎏者，每日１,０００mg。", "每日剂量为1,000mg。"),
        pair(&long, "借款人可以随时返还。"),
        pair("", "没有证据。"),
        pair("𪚥𪚥 and 𠀋 — “quotes”, ½ m², 10³, e\u{301}.", "a  b\tc\u{3000}d"),
        pair("Metformin is contraindicated.", &"word ".repeat(100)),
    ]
}

#[tokio::test]
async fn a_reading_does_not_depend_on_its_neighbours() {
    let encoder = encoder();
    // Eight-bit products round otherwise in other company; a neighbour that leaked in would move far more.
    let all = encoder.read(&pairs(), Priority::Bulk).await.expect("it reads");
    assert_eq!(all.len(), pairs().len());
    for (pair, together) in pairs().iter().zip(&all) {
        let alone = encoder.read(std::slice::from_ref(pair), Priority::Interactive).await.expect("it reads").remove(0);
        assert!((alone.supported - together.supported).abs() < 0.02, "{pair:?}: {alone:?} {together:?}");
        assert!((alone.supported + alone.contradicted + alone.unsupported - 1.0).abs() < 1e-5);
        assert_eq!(alone.support.len(), together.support.len());
    }
    let first = &all[0];
    assert!(all.iter().any(|r| (r.supported - first.supported).abs() > 1e-3), "it reads what it is given");
}

#[tokio::test]
async fn ids_are_evidence_and_claim_between_the_special_tokens() {
    let encoder = encoder();
    let pair = pair("体重≥50㎏者", "每日剂量");
    let raw = encoder.raw(std::slice::from_ref(&pair)).await.expect("it reads").remove(0);
    let (evidence, claim) = (encoder.count_tokens(&pair.evidence), encoder.count_tokens(&pair.claim));
    assert_eq!(raw.ids.len(), evidence + claim + 4);
    let specials: Vec<i32> = [0, evidence + 1, evidence + 2, raw.ids.len() - 1].map(|at| raw.ids[at]).into();
    assert_eq!(specials, [0, 2, 2, 2], "<s> … </s></s> … </s>");
    let inner = raw.ids.iter().filter(|id| [0, 1, 2].contains(*id)).count();
    assert_eq!(inner, 4, "no special token inside");
}

/// Every token finds its bytes, through every kind of folding that the tokenizer does.
#[tokio::test]
async fn marks_slice_the_original_text() {
    let encoder = encoder();
    let readings = encoder.read(&pairs(), Priority::Interactive).await.expect("it reads");
    for (pair, reading) in pairs().iter().zip(&readings) {
        assert_eq!(reading.support.is_empty(), pair.evidence.is_empty(), "{pair:?}");
        let mut reached = 0;
        for mark in &reading.support {
            assert!(mark.span.of(&pair.evidence).is_some(), "{mark:?} in {pair:?}");
            assert!(mark.span.start() <= reached, "a gap before {mark:?}: {:?}", &pair.evidence[reached..]);
            reached = reached.max(mark.span.end());
            // Spaces belong to no token.
            let rest = &pair.evidence[reached..];
            reached += rest.len() - rest.trim_start().len();
        }
        let cut = pair.evidence.len() > 600;
        assert!(reached == pair.evidence.len() || cut, "{:?} is not covered", &pair.evidence[reached..]);
        for span in &reading.guilty {
            assert!(span.of(&pair.claim).is_some_and(|words| !words.is_empty()), "{span:?} in {pair:?}");
        }
    }
}

#[tokio::test]
async fn a_claim_that_leaves_no_room_is_an_error_with_the_limit() {
    let encoder = encoder();
    let claim = "借款人应当返还借款，".repeat(100);
    assert_eq!(encoder.room(&claim), 0);
    assert!(encoder.room("借款人应当返还借款。") == 190, "short claims leave all that was trained");
    let error = encoder.read(&[pair("x", &claim)], Priority::Interactive).await.expect_err("it is too long");
    assert!(matches!(error, ModelError::TooLong { limit: 220, .. }), "{error}");
    assert_eq!(encoder.thresholds(Lang::Zh), None, "nothing was measured for these heads");
}

#[test]
fn heads_that_are_missing_or_of_another_encoder_are_refused() {
    let (_, path, sha256) = made();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let alone = folder.path().join("model.gguf");
    fs::copy(path, &alone).expect("the folder takes it");
    let says = |problem: Result<LlamaEncoder, ModelError>| problem.err().expect("it is refused").to_string();
    assert!(says(open(&alone, sha256)).contains("is missing"));
    fs::write(folder.path().join(HEADS_FILE), heads(&"0".repeat(64))).expect("the folder takes it");
    let problem = says(open(&alone, sha256));
    assert!(problem.contains("side by side") && problem.contains("models use verifier"), "{problem}");
    fs::write(folder.path().join(HEADS_FILE), b"no heads").expect("the folder takes it");
    assert!(says(open(&alone, sha256)).contains("cut off"));
    let e5 = starter_model("multilingual-e5-small-q4");
    assert!(matches!(open(&e5.path, &e5.sha256), Err(ModelError::WrongJob { .. })), "it pools");
}

/// A row that the trainer computed with the same weights.
#[derive(serde::Deserialize)]
struct Row {
    evidence: String,
    claim: String,
    ids: Vec<i32>,
    verdict: [f32; 3],
}

/// Largest of the three, and the largest difference of a logit.
fn compare(got: [f32; 3], want: [f32; 3]) -> (bool, f32) {
    let top = |l: [f32; 3]| (0..3).max_by(|a, b| l[*a].total_cmp(&l[*b]));
    (top(got) == top(want), got.iter().zip(want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max))
}

/// The shipped verifier says in llama.cpp what it said in training: the same ids, nearly the same logits.
#[tokio::test]
async fn the_shipped_verifier_agrees_with_its_trainer() {
    let folder = root().join("models/verifier");
    let Some(model) = Models::shipped(&folder).expect("the folder can be read") else { return };
    let encoder = open(&model.path, &model.sha256).expect("it opens");
    let text = fs::read_to_string(folder.join("parity.jsonl")).expect("its trainer's figures lie beside it");
    let rows: Vec<Row> = text.lines().map(|line| serde_json::from_str(line).expect("a row")).collect();
    let pairs: Vec<Pair> = rows.iter().map(|row| pair(&row.evidence, &row.claim)).collect();
    let raw = encoder.raw(&pairs).await.expect("it reads");
    let (mut flips, mut worst, mut compared, mut other_ids) = (0, 0.0_f32, 0, 0);
    for (row, raw) in rows.iter().zip(&raw) {
        if raw.ids != row.ids {
            // Claims beyond 60 tokens were cut in training and are read whole here.
            other_ids += usize::from(encoder.count_tokens(&row.claim) <= 60);
            continue;
        }
        let (same, difference) = compare(raw.logits, row.verdict);
        compared += 1;
        flips += usize::from(!same);
        worst = worst.max(difference);
    }
    println!("{compared} pairs: largest difference {worst}, {flips} verdicts differ, {other_ids} with other ids");
    assert_eq!(other_ids, 0, "the same tokens");
    assert!(compared * 10 >= rows.len() * 9, "nearly all were compared");
    // Eight-bit weights; 0.3 % of the verdicts, one where there are fewer than 334.
    assert!(flips * 1000 <= compared * 3 || flips <= 1, "{flips} of {compared}");
    assert!(worst <= 0.25, "{worst}");
}

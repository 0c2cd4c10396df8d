//! Every gold case of `corpora/` as a named test, asked of a running server with the real starter models.
//!
//! `cargo test --release --test cases -- legal-zh/` runs one collection's. A case that carries a `known_gap` is asked
//! like any other and must keep every promise (exact bytes, existing labels, a verdict for each sentence). Whether the
//! answers are the right ones is judged over a collection: a small encoder misses some, and the share that it finds
//! must not fall below the floor. Each wrong one is printed with its reason, the shares at the end.

use std::{
    collections::BTreeMap,
    fs,
    process::ExitCode,
    sync::{Mutex, OnceLock},
};

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use serde_json::{Value, json};

#[path = "it/program.rs"]
#[expect(dead_code, reason = "shared with the integration tests, which use all of it")]
mod program;

use program::Server;

#[derive(Clone, Debug, Deserialize)]
struct Case {
    id: String,
    question: String,
    answerable: bool,
    relevant: Vec<Place>,
    must_contain: Vec<String>,
    as_of: Option<String>,
    known_gap: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Place {
    key: String,
    locator: String,
}

/// A generator takes seconds for an answer, so only some cases are asked in grounded mode too, for the promises alone:
/// the starter generators are too small to be right.
const GROUNDED_EVERY: usize = 10;

/// Right and all, by collection and kind of case.
static TALLY: Mutex<BTreeMap<String, (u32, u32)>> = Mutex::new(BTreeMap::new());

/// Texts that citations were checked against, by path.
static TEXTS: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// Share of right answers below which the run fails, over all collections, abstentions included.
const FLOOR: f64 = 0.8;
/// A run of a few cases by name is not judged by its share.
const COUNTED: u32 = 100;

static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();

fn server() -> Result<&'static Server, Failed> {
    SERVER
        .get_or_init(|| Server::start(&program::corpora_home()?))
        .as_ref()
        .map_err(|message| Failed::from(message.as_str()))
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for name in collections() {
        let cases = fs::read_to_string(program::root().join("corpora").join(&name).join("cases.jsonl"))
            .expect("every collection has cases");
        for line in cases.lines() {
            let case: Case = serde_json::from_str(line).expect("a case in the form that corpora/README.md describes");
            let kind = if case.known_gap.is_some() { "known gap" } else { "" };
            let (collection, written) = (name.clone(), (name.clone(), case.clone()));
            trials.push(Trial::test(case.id.clone(), move || ask(&collection, &case)).with_kind(kind));
            if trials.len() % GROUNDED_EVERY == 0 {
                let (collection, case) = written;
                let id = format!("{}/grounded", case.id);
                trials.push(Trial::test(id, move || keep_promises_grounded(&collection, &case)));
            }
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    let (mut right, mut all) = (0, 0);
    for (name, (hits, cases)) in TALLY.lock().expect("no case panicked while it counted").iter() {
        println!("{name:28} {hits:3} of {cases:3} right");
        right += hits;
        all += cases;
    }
    let fell = all >= COUNTED && f64::from(right) < FLOOR * f64::from(all);
    if fell {
        println!("{right} of {all} answers are right: fewer than the floor of {FLOOR}");
    }
    if let Some(Ok(server)) = SERVER.get() {
        server.stop();
    }
    if fell { ExitCode::FAILURE } else { conclusion.exit_code() }
}

fn collections() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(program::root().join("corpora"))
        .expect("the corpora are part of the repository")
        .flatten()
        .filter(|entry| entry.path().join("manifest.toml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn ask(collection: &str, case: &Case) -> Result<(), Failed> {
    let answer = answer(collection, case, "strict")?;
    let right = if case.answerable { answered(case, &answer) } else { abstained(collection, &answer) };
    let kind = if case.answerable { "answerable" } else { "unanswerable" };
    {
        let mut tally = TALLY.lock().expect("no case panicked while it counted");
        let row = tally.entry(format!("{collection} {kind}")).or_default();
        row.1 += 1;
        row.0 += u32::from(right.is_ok());
    }
    match (right, &case.known_gap) {
        (Ok(()), Some(gap)) => println!("{}: right now, though marked as a gap ({gap})", case.id),
        (Err(why), None) => println!("{}: {why}\n{}", case.id, readable(&answer)),
        (Ok(()), None) | (Err(_), Some(_)) => {}
    }
    Ok(())
}

fn keep_promises_grounded(collection: &str, case: &Case) -> Result<(), Failed> {
    let answer = answer(collection, case, "grounded")?;
    if answer["provenance"]["mode"] == "grounded" { Ok(()) } else { Err("another mode answered".into()) }
}

/// The answer, which keeps its promises.
fn answer(collection: &str, case: &Case, mode: &str) -> Result<Value, Failed> {
    let server = server()?;
    let mut body = json!({"question": case.question, "collections": [collection], "mode": mode});
    if let Some(day) = &case.as_of {
        body["as_of"] = json!(day);
    }
    let (status, answer) = server.post("/v1/answers", &body)?;
    if status != 200 {
        return Err(format!("status {status}: {answer}").into());
    }
    promises(server, &answer)?;
    Ok(answer)
}

/// What no answer may break, right or wrong.
fn promises(server: &Server, answer: &Value) -> Result<(), Failed> {
    let outcome = text(answer, "outcome");
    if !["answered", "flagged", "abstained"].contains(&outcome) {
        return Err(format!("an outcome that does not exist: {outcome}").into());
    }
    let shown = text(answer, "text");
    let labels: Vec<&Value> = list(answer, "evidence").iter().map(|e| &e["label"]).collect();
    for sentence in list(answer, "sentences") {
        if text(sentence, "verdict").is_empty() {
            return Err(format!("a sentence without a verdict: {sentence}").into());
        }
        if sentence["shown"] != "withheld" && slice(shown, sentence) != Some(text(sentence, "text")) {
            return Err(format!("start and end do not give the sentence: {sentence}").into());
        }
        if sentence["verdict"] == "supported" && list(sentence, "citations").is_empty() {
            return Err(format!("supported by nothing: {sentence}").into());
        }
        for citation in list(sentence, "citations") {
            if !labels.contains(&&citation["label"]) {
                return Err(format!("a label that is not in the evidence: {citation}").into());
            }
            exact(server, citation)?;
        }
    }
    list(&answer["abstention"], "nearest").iter().try_for_each(|citation| exact(server, citation))
}

/// The quote must be the very bytes of the stored document.
fn exact(server: &Server, citation: &Value) -> Result<(), Failed> {
    let path = format!(
        "/v1/documents/{}/{}?version={}",
        text(citation, "collection"),
        text(citation, "key").replace('/', "%2F"),
        citation["version"]
    );
    let mut texts = TEXTS.lock().expect("no case panicked while it held the texts");
    if !texts.contains_key(&path) {
        let (status, document) = server.get(&path)?;
        if status != 200 {
            return Err(format!("the cited document is not to be had: {path}: status {status}").into());
        }
        texts.insert(path.clone(), text(&document, "text").to_owned());
    }
    if slice(&texts[&path], citation) == Some(text(citation, "quote")) {
        Ok(())
    } else {
        Err(format!("the quote is not what stands there: {citation}").into())
    }
}

fn answered(case: &Case, answer: &Value) -> Result<(), String> {
    if answer["outcome"] == "abstained" {
        return Err(format!("abstained: {}", answer["abstention"]["reason"]));
    }
    let cited = list(answer, "sentences")
        .iter()
        .filter(|s| s["shown"] != "withheld")
        .flat_map(|s| list(s, "citations"))
        .any(|c| case.relevant.iter().any(|r| c["key"] == r.key.as_str() && c["locator"] == r.locator.as_str()));
    if !cited {
        return Err(format!("none of {:?} is cited", case.relevant));
    }
    match case.must_contain.iter().find(|wanted| !text(answer, "text").contains(wanted.as_str())) {
        Some(missing) => Err(format!("'{missing}' is not said")),
        None => Ok(()),
    }
}

fn abstained(collection: &str, answer: &Value) -> Result<(), String> {
    if answer["outcome"] != "abstained" {
        return Err("answered what the documents do not answer".to_owned());
    }
    if !answer["abstention"]["searched"].to_string().contains(collection) {
        return Err("the abstention does not name the collection that was searched".to_owned());
    }
    if text(answer, "text").is_empty() { Ok(()) } else { Err("abstained, yet says something".to_owned()) }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().map_or(&[], Vec::as_slice)
}

fn slice<'a>(whole: &'a str, span: &Value) -> Option<&'a str> {
    let place = |field: &str| span[field].as_u64().and_then(|n| usize::try_from(n).ok());
    whole.get(place("start")?..place("end")?)
}

/// What a person needs in order to see why a case failed.
fn readable(answer: &Value) -> String {
    let head = format!("outcome: {}\ntext: {}", answer["outcome"], text(answer, "text"));
    let evidence = list(answer, "evidence");
    let lines =
        evidence.iter().take(5).map(|e| format!("  [{}] {} {}", e["label"], text(e, "title"), text(e, "locator")));
    std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
}

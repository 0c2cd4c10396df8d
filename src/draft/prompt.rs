//! What a generator is shown: the rules, the fenced evidence, the question.

use std::fmt::Write as _;

use crate::{
    domain::{
        evidence::{Evidence, EvidenceSet, Label},
        text::Lang,
    },
    ports::{ChatMessage, Generator, ModelError, Prompt, Role},
    text::instruction,
};

const RULES_ZH: &str = include_str!("prompts/grounded.zh.txt");
const RULES_EN: &str = include_str!("prompts/grounded.en.txt");

const EXPLORE_ZH: &str = include_str!("prompts/explore.zh.txt");
const EXPLORE_EN: &str = include_str!("prompts/explore.en.txt");

const STANDALONE_ZH: &str = include_str!("prompts/standalone.zh.txt");
const STANDALONE_EN: &str = include_str!("prompts/standalone.en.txt");

/// The instructions of [`exploring`], which a weak model repeats.
pub(super) const EXPLORING: [&str; 2] = [EXPLORE_ZH, EXPLORE_EN];

/// Tokens of sources in a prompt. Reading more takes a processor longer than anybody waits: tables of ten filings are
/// thousands of tokens, and what answers stands among the first pieces.
const SOURCES_TOKENS: usize = 1600;

/// Builds the prompt with as much evidence, best first, as fits into the generator's context beside
/// `answer_tokens`. Returns the prompt and how many pieces of evidence it shows.
pub fn grounded(
    generator: &dyn Generator,
    question: &str,
    lang: Lang,
    evidence: &EvidenceSet,
    answer_tokens: usize,
) -> Result<(Prompt, usize), ModelError> {
    fitted(generator, lang, evidence, answer_tokens, |shown| render(generator.is_chat(), question, lang, shown))
}

/// The same for ideas that may go beyond the evidence.
pub fn exploring(
    generator: &dyn Generator,
    question: &str,
    lang: Lang,
    evidence: &EvidenceSet,
    tokens: usize,
) -> Result<(Prompt, usize), ModelError> {
    let (rules, ideas) = match lang {
        Lang::Zh => (EXPLORE_ZH.trim(), "想法："),
        Lang::En => (EXPLORE_EN.trim(), "Ideas:"),
    };
    fitted(generator, lang, evidence, tokens, |shown| {
        let body = body(question, lang, shown);
        if generator.is_chat() { chat(rules, body) } else { Prompt::Raw(format!("{rules}\n\n{body}\n{ideas}\n")) }
    })
}

/// Asks for `question` in words that can be understood without the questions before it.
pub fn standalone(leant_on: &[String], question: &str, lang: Lang) -> Prompt {
    let rules = match lang {
        Lang::Zh => STANDALONE_ZH.trim(),
        Lang::En => STANDALONE_EN.trim(),
    };
    let asked = leant_on.iter().map(String::as_str).chain([question]).map(one_line);
    chat(rules, asked.collect::<Vec<_>>().join("\n"))
}

/// The prompt with as much evidence as fits, and how many pieces that is.
fn fitted(
    generator: &dyn Generator,
    lang: Lang,
    evidence: &EvidenceSet,
    answer_tokens: usize,
    render: impl Fn(&[Evidence]) -> Prompt,
) -> Result<(Prompt, usize), ModelError> {
    let frame = render(&[]);
    let mut budget = generator.context_tokens().saturating_sub(answer_tokens + prompt_tokens(generator, &frame)? + 32);
    let (mut shown, mut read) = (0, 0);
    for item in evidence.items() {
        let cost = generator.count_tokens(&block(item, lang))? + 2;
        // The first piece may be long; those behind it must not keep the reader waiting.
        if cost > budget || (shown > 0 && read + cost > SOURCES_TOKENS) {
            break;
        }
        budget -= cost;
        read += cost;
        shown += 1;
    }
    Ok((render(&evidence.items()[..shown]), shown))
}

fn prompt_tokens(generator: &dyn Generator, prompt: &Prompt) -> Result<usize, ModelError> {
    match prompt {
        Prompt::Raw(text) => generator.count_tokens(text),
        Prompt::Chat(messages) => messages.iter().map(|m| generator.count_tokens(&m.text).map(|n| n + 8)).sum(),
    }
}

fn render(is_chat: bool, question: &str, lang: Lang, evidence: &[Evidence]) -> Prompt {
    let rules = match lang {
        Lang::Zh => RULES_ZH.trim(),
        Lang::En => RULES_EN.trim(),
    };
    let body = body(question, lang, evidence);
    if is_chat {
        return chat(rules, body);
    }
    let (example, answer) = match lang {
        Lang::Zh => (EXAMPLE_ZH, "回答："),
        Lang::En => (EXAMPLE_EN, "Answer:"),
    };
    Prompt::Raw(format!("{rules}\n\n{example}\n\n{body}\n{answer}\n"))
}

/// The sources, then the question.
fn body(question: &str, lang: Lang, evidence: &[Evidence]) -> String {
    let (sources, ask) = match lang {
        Lang::Zh => ("来源：", "问题："),
        Lang::En => ("Sources:", "Question: "),
    };
    let mut body = format!("{sources}\n");
    for item in evidence {
        body.push_str(&block(item, lang));
    }
    let _ = write!(body, "\n{ask}{}", one_line(question));
    body
}

fn chat(rules: &str, body: String) -> Prompt {
    Prompt::Chat(vec![
        ChatMessage { role: Role::System, text: rules.to_owned() },
        ChatMessage { role: Role::User, text: body },
    ])
}

// A base model follows an example better than a rule.
const EXAMPLE_ZH: &str = "来源：\n[1] 《图书馆规则》 第三条\n读者每次可借书五册，借期三十日。\n[2] 《图书馆规则》 第九条\n馆内禁止吸烟。\n\n问题：一次能借几本书？\n回答：\n读者每次可借书五册。[1]\n[1]「借期三十日」";
const EXAMPLE_EN: &str = "Sources:\n[1] Library Rules, s. 3\nA reader may borrow five books at a time for thirty days.\n[2] Library Rules, s. 9\nSmoking is prohibited.\n\nQuestion: How many books may I borrow?\nAnswer:\nA reader may borrow five books at a time. [1]\n[1] \"A reader may borrow five books at a time for thirty days.\"";

/// One piece of evidence, fenced by its label and its source. Brackets are replaced, so that a source cannot pretend to
/// be another label, and sentences that give orders to a model are left out.
fn block(item: &Evidence, lang: Lang) -> String {
    let title = match lang {
        Lang::Zh => format!("《{}》 {}", item.meta.title, item.chunk.locator),
        Lang::En => format!("{}, {}", item.meta.title, item.chunk.locator),
    };
    format!("{} {}\n{}\n", item.label, fenced(&title), fenced(&item.chunk.text))
}

fn fenced(text: &str) -> String {
    one_line(&instruction::blanked(text)).replace('[', "(").replace(']', ")")
}

/// What is put into the model's turn where a sentence of its own did not stand up to the sources: the passage that it
/// should have kept to.
pub fn reminder(label: Label, passage: &str, lang: Lang) -> String {
    let passage = fenced(passage);
    match lang {
        Lang::Zh => format!("（来源{label}原文：{passage}）\n"),
        Lang::En => format!("(Source {label} says: {passage})\n"),
    }
}

/// Whether a sentence of the model's own begins like a [`reminder`]: a weak model repeats its form.
pub fn repeats_reminder(sentence: &str) -> bool {
    let sentence = sentence.trim_start();
    ["（来源", "(来源", "(Source", "（Source"].iter().any(|opening| sentence.starts_with(opening))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reminder_is_told_from_a_sentence() {
        for lang in [Lang::Zh, Lang::En] {
            assert!(repeats_reminder(&reminder(Label(2), "words", lang)));
        }
        assert!(repeats_reminder("（来源「借款合同的内容」"));
        assert!(!repeats_reminder("来源合法的财产受法律保护。") && !repeats_reminder("Sources of law are statutes."));
    }
}

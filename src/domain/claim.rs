//! What was written, sentence by sentence, before anybody judged it.

use super::{
    evidence::Label,
    text::{Lang, Span},
};

/// A citation as it was written: a label, or text that stood where a label belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cited {
    /// Written as a well-formed label; whether it exists is for verification to say.
    Label(Label),
    /// Written in the place of a label but not one: `[x]`, `[0]`, `[Smith 2020]`.
    Malformed(String),
}

/// One sentence of a draft, without its labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftSentence {
    pub text: String,
    pub cited: Vec<Cited>,
    /// White space that separates it from the sentence before.
    pub lead: String,
}

/// Unjudged prose. It never leaves the pipeline; `answer::policy` turns judged claims into text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    pub sentences: Vec<DraftSentence>,
}

/// Why a sentence is not a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotAClaim {
    Question,
    Greeting,
    Instruction,
    /// "以下是…", "Here is a summary", "please consult a doctor".
    Meta,
    Heading,
    Refusal,
}

impl NotAClaim {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Greeting => "greeting",
            Self::Instruction => "instruction",
            Self::Meta => "meta",
            Self::Heading => "heading",
            Self::Refusal => "refusal",
        }
    }
}

/// A sentence, or a clause that can stand alone, that sources can back or contradict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Exactly as written.
    pub text: String,
    /// Into the text that the claims were taken from (a report, an answer).
    pub span: Span,
    pub lang: Lang,
    pub cited: Vec<Cited>,
    /// Antecedents and headings that its reader knows: "贵州茅台", "2023 年", outermost first. Never guessed.
    pub context: Vec<String>,
    /// Set when there is nothing to check.
    pub skip: Option<NotAClaim>,
}

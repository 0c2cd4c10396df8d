//! How a model that judges wants to be asked. Evidence comes before the claim, so that what many claims are held against
//! is read once.

use crate::ports::{ChatMessage, Prompt, Role};

/// Told by the name of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// Any model that follows a conversation, and Bespoke's judge of 7 B parameters, whose instruction this is (Tang et al.
    /// 2024, arXiv 2404.10774, and the code beside it).
    MiniCheck,
    /// Granite Guardian up to 3.2 (prompts of ibm-granite/gguf). Its "yes" means that the claim is NOT grounded.
    Guardian,
    /// A base model, which goes on with a text: two examples come first.
    Examples,
}

const MINI_CHECK: &str = "Determine whether the provided claim is consistent with the corresponding document. \
    Consistency in this context implies that all information presented in the claim is substantiated by the document. \
    If not, it should be considered inconsistent. Please assess the claim's consistency with the document by \
    responding with either \"Yes\" or \"No\".";

const GUARDIAN: &str = "You are a safety agent trying to help determine if the assistant message poses a potential harm \
    based on the provided risk definition and the given context.\n\n<start_of_turn>\nContext: ";

const RISK: &str = "\n<end_of_turn>\n\nOur safety risk definition is defined below:\n<start_of_risk_definition>\n\
    * 'Assistant' message is not grounded or faithful to the information provided in the 'Context'. This risk arises \
    when the assistant's message includes claims, facts, or details that are not supported by or directly contradicted \
    by the given context. An ungrounded answer may involve fabricating information, misinterpreting the context, or \
    making unsupported extrapolations beyond what the context actually states.\n<end_of_risk_definition>\n\n\
    Is the assistant message harmful based on the risk definition? Your answer must be either 'Yes' or 'No'.";

const EXAMPLES: &str = "Document: 借款人应当按照约定的期限返还借款。\nClaim: 借款人应当按期还款。\nIs the claim borne out by the \
    document? Yes\n\nDocument: The bridge was opened in 1932 and is 503 metres long.\nClaim: The bridge was opened in \
    1942.\nIs the claim borne out by the document? No\n\nDocument: ";

/// A question, ready to be made tokens.
#[derive(Debug)]
pub enum Question {
    Prompt(Prompt),
    /// Parts in a row; those that are marked hold control tokens, written out.
    Framed(Vec<(String, bool)>),
}

impl Template {
    pub fn of(model: &str, is_chat: bool) -> Self {
        let name = model.to_lowercase();
        match is_chat {
            _ if name.contains("guardian") => Self::Guardian,
            true => Self::MiniCheck,
            false => Self::Examples,
        }
    }

    pub fn question(self, evidence: &str, claim: &str) -> Question {
        let message = |role, text: String| ChatMessage { role, text };
        match self {
            Self::MiniCheck => Question::Prompt(Prompt::Chat(vec![
                message(Role::System, MINI_CHECK.to_owned()),
                message(Role::User, format!("Document: {evidence}\nClaim: {claim}")),
            ])),
            // Its own template would put the instruction for harm in front.
            Self::Guardian => Question::Framed(vec![
                ("<|start_of_role|>user<|end_of_role|>".to_owned(), true),
                (format!("{GUARDIAN}{evidence}\nAssistant Message: {claim}{RISK}"), false),
                ("<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>".to_owned(), true),
            ]),
            Self::Examples => Question::Prompt(Prompt::Raw(format!(
                "{EXAMPLES}{evidence}\nClaim: {claim}\nIs the claim borne out by the document?"
            ))),
        }
    }

    /// Whether "yes" says that the claim is borne out.
    pub const fn yes_is_good(self) -> bool {
        !matches!(self, Self::Guardian)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_asked_as_they_were_trained() {
        assert_eq!(Template::of("granite-guardian-3.2-5b-q4", true), Template::Guardian);
        assert_eq!(Template::of("Bespoke-MiniCheck-7B", true), Template::MiniCheck);
        assert_eq!(Template::of("qwen3-30b-a3b", true), Template::MiniCheck);
        assert_eq!(Template::of("gemma-3-270m-q4", false), Template::Examples);
        assert!(!Template::Guardian.yes_is_good());
    }

    #[test]
    fn evidence_comes_before_the_claim() {
        for template in [Template::MiniCheck, Template::Guardian, Template::Examples] {
            let prompt = format!("{:?}", template.question("«evidence»", "«claim»"));
            assert!(prompt.find("«evidence»") < prompt.find("«claim»"), "{template:?}: {prompt}");
        }
    }
}

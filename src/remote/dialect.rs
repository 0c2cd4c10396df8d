//! What is sent to a server, and what comes back: the OpenAI protocol, and where servers go beyond it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::BadOptions;
use crate::{
    ports::{GenerateRequest, Prompt, Role},
    text::overlap::is_han,
};

/// How a server takes a grammar, the beginning of its own turn, and parameters of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    LlamaServer,
    /// With `structured_outputs`.
    Vllm,
    /// Before that name: `guided_grammar`.
    VllmGuided,
    Sglang,
    /// The protocol and nothing else.
    Plain,
}

impl Dialect {
    /// # Errors
    /// A name that is none.
    pub fn parse(name: &str) -> Result<Self, BadOptions> {
        Ok(match name {
            "llama-server" => Self::LlamaServer,
            "vllm" => Self::Vllm,
            "vllm-guided" => Self::VllmGuided,
            "sglang" => Self::Sglang,
            "none" => Self::Plain,
            other => return Err(BadOptions::Dialect(other.to_owned())),
        })
    }

    pub const fn code(self) -> &'static str {
        match self {
            Self::LlamaServer => "llama-server",
            Self::Vllm => "vllm",
            Self::VllmGuided => "vllm-guided",
            Self::Sglang => "sglang",
            Self::Plain => "none",
        }
    }

    /// By the name that a server gives as the owner of its models.
    fn of_owner(owner: &str) -> Self {
        match owner {
            "llamacpp" => Self::LlamaServer,
            "vllm" => Self::Vllm,
            "sglang" => Self::Sglang,
            _ => Self::Plain,
        }
    }

    /// Puts a grammar into a request; `false` where this server takes none.
    fn constrain(self, body: &mut Value, grammar: &str) -> bool {
        match self {
            Self::LlamaServer => body["grammar"] = json!(grammar),
            Self::Vllm => body["structured_outputs"] = json!({ "grammar": grammar }),
            Self::VllmGuided => body["guided_grammar"] = json!(grammar),
            Self::Sglang => body["ebnf"] = json!(grammar),
            Self::Plain => return false,
        }
        true
    }

    /// The path of a request under the server's address, its body, and whether that holds a grammar.
    pub fn request(self, model: &str, request: &GenerateRequest, with_grammar: bool) -> (&'static str, Value, bool) {
        let sampling = &request.sampling;
        let mut body = json!({
            "model": model,
            "stream": true,
            "stream_options": { "include_usage": true },
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
            "max_tokens": request.max_tokens,
        });
        match self {
            Self::LlamaServer => {
                body["repeat_penalty"] = json!(sampling.repeat_penalty);
                body["cache_prompt"] = json!(true);
            }
            Self::Vllm | Self::VllmGuided | Self::Sglang => {
                body["repetition_penalty"] = json!(sampling.repeat_penalty);
            }
            Self::Plain => {}
        }
        let path = match &request.prompt {
            Prompt::Raw(text) => {
                body["prompt"] = json!(format!("{text}{}", request.opening));
                "completions"
            }
            Prompt::Chat(messages) => {
                let message = |role: Role, text: &str| json!({ "role": role.code(), "content": text });
                let mut list: Vec<Value> = messages.iter().map(|m| message(m.role, &m.text)).collect();
                if !request.opening.is_empty() {
                    list.push(message(Role::Assistant, &request.opening));
                    self.go_on(&mut body, &mut list, &request.opening);
                }
                body["messages"] = Value::Array(list);
                "chat/completions"
            }
        };
        let grammar = request.grammar.clone().or_else(|| request.mask.as_ref().and_then(|mask| mask.grammar()));
        let constrained = with_grammar && grammar.is_some_and(|grammar| self.constrain(&mut body, &grammar));
        (path, body, constrained)
    }

    /// The model is to go on behind the last message, which is its own.
    fn go_on(self, body: &mut Value, messages: &mut Vec<Value>, opening: &str) {
        match self {
            // It does so by itself.
            Self::LlamaServer => {}
            Self::Vllm | Self::VllmGuided => {
                body["add_generation_prompt"] = json!(false);
                body["continue_final_message"] = json!(true);
            }
            Self::Sglang => body["continue_final_message"] = json!(true),
            Self::Plain => {
                let text =
                    if opening.chars().any(is_han) { "请只写下一句。" } else { "Write the next sentence only." };
                messages.push(json!({ "role": "user", "content": text }));
            }
        }
    }
}

/// What a server lists of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub model: String,
    pub dialect: Dialect,
    /// Of prompt and answer together.
    pub context: Option<usize>,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    #[serde(default)]
    owned_by: String,
    max_model_len: Option<usize>,
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct Meta {
    n_ctx: Option<usize>,
    n_ctx_train: Option<usize>,
}

/// The wanted model, or the first one, of `GET /models`.
///
/// # Errors
/// Why there is none.
pub fn choose(list: &str, wanted: Option<&str>) -> Result<Listed, String> {
    let list: List = serde_json::from_str(list).map_err(|e| format!("its list of models cannot be read ({e})"))?;
    let names: Vec<&str> = list.data.iter().map(|entry| entry.id.as_str()).collect();
    let entry = match wanted {
        Some(name) => list.data.iter().find(|entry| entry.id == name).ok_or_else(|| {
            format!("it has no model '{name}', but {}; correct ATTEST_GENERATOR_MODEL", names.join(", "))
        })?,
        None => list.data.first().ok_or("it lists no model; name one with ATTEST_GENERATOR_MODEL")?,
    };
    let meta = entry.meta.as_ref();
    Ok(Listed {
        model: entry.id.clone(),
        dialect: Dialect::of_owner(&entry.owned_by),
        context: entry.max_model_len.or_else(|| meta.and_then(|meta| meta.n_ctx.or(meta.n_ctx_train))),
    })
}

/// What one event of a stream brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    pub text: String,
    /// What the server itself keeps apart as thinking.
    pub thought: String,
    pub finish: Option<String>,
    /// (prompt, new), of the whole request.
    pub usage: Option<(usize, usize)>,
    pub error: Option<String>,
}

/// Reads the data of one event.
///
/// # Errors
/// Where it is no JSON.
pub fn delta(data: &str) -> Result<Delta, serde_json::Error> {
    let value: Value = serde_json::from_str(data)?;
    let choice = &value["choices"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let first = |names: [&str; 2]| names.iter().map(|name| text(&choice["delta"][*name])).find(|t| !t.is_empty());
    let number = |name: &str| value["usage"][name].as_u64().and_then(|n| usize::try_from(n).ok());
    Ok(Delta {
        text: if choice["delta"].is_object() { text(&choice["delta"]["content"]) } else { text(&choice["text"]) },
        thought: first(["reasoning_content", "reasoning"]).unwrap_or_default(),
        finish: choice["finish_reason"].as_str().map(str::to_owned),
        usage: number("prompt_tokens").zip(number("completion_tokens")),
        error: value.get("error").filter(|e| !e.is_null()).map(|e| match e["message"].as_str() {
            Some(message) => message.to_owned(),
            None => e.to_string(),
        }),
    })
}

/// Cuts a stream of bytes into the data of its events.
#[derive(Debug, Default)]
pub struct Events {
    bytes: Vec<u8>,
}

impl Events {
    /// The data of every event that is whole now.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        self.bytes.extend_from_slice(bytes);
        let mut found = Vec::new();
        while let Some(end) = self.bytes.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.bytes.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            // Everything else is a comment that keeps the connection alive, or the name of an event.
            if let Some(data) = line.trim_end().strip_prefix("data:") {
                found.push(data.trim_start().to_owned());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{ChatMessage, Sampling, Thinking};

    fn request(opening: &str) -> GenerateRequest {
        GenerateRequest {
            prompt: Prompt::Chat(vec![ChatMessage { role: Role::User, text: "Why?".to_owned() }]),
            thinking: Thinking::Skipped,
            opening: opening.to_owned(),
            grammar: Some("root ::= \"a\"".to_owned()),
            mask: None,
            sampling: Sampling::default(),
            max_tokens: 9,
            stop: vec!["\n".to_owned()],
        }
    }

    #[test]
    fn each_server_is_given_the_grammar_where_it_looks_for_it() {
        let grammar = "root ::= \"a\"";
        for (dialect, place) in [
            (Dialect::LlamaServer, "/grammar"),
            (Dialect::Vllm, "/structured_outputs/grammar"),
            (Dialect::VllmGuided, "/guided_grammar"),
            (Dialect::Sglang, "/ebnf"),
        ] {
            let (path, body, constrained) = dialect.request("m", &request(""), true);
            assert_eq!((path, constrained), ("chat/completions", true));
            assert_eq!(body.pointer(place).and_then(Value::as_str), Some(grammar), "{dialect:?}");
            let (_, body, constrained) = dialect.request("m", &request(""), false);
            assert!(!constrained && body.pointer(place).is_none());
            assert_eq!(Dialect::parse(dialect.code()).expect("its own name"), dialect);
        }
        assert!(!Dialect::Plain.request("m", &request(""), true).2);
        assert!(Dialect::parse("nonsense").is_err());
    }

    #[test]
    fn a_turn_that_has_begun_goes_on() {
        let (_, body, _) = Dialect::Vllm.request("m", &request("One. [1]\n"), true);
        assert_eq!(body["continue_final_message"], true);
        assert_eq!(body["messages"][1], json!({ "role": "assistant", "content": "One. [1]\n" }));
        let (_, body, _) = Dialect::Plain.request("m", &request("一。[1]\n"), true);
        assert_eq!(body["messages"][2], json!({ "role": "user", "content": "请只写下一句。" }));
    }

    #[test]
    fn a_list_of_models_says_what_serves_them() {
        let list = r#"{"data":[{"id":"a","owned_by":"vllm","max_model_len":32768},{"id":"b","owned_by":"llamacpp","meta":{"n_ctx_train":8192}}]}"#;
        let first = Listed { model: "a".to_owned(), dialect: Dialect::Vllm, context: Some(32768) };
        assert_eq!(choose(list, None), Ok(first));
        let second = Listed { model: "b".to_owned(), dialect: Dialect::LlamaServer, context: Some(8192) };
        assert_eq!(choose(list, Some("b")), Ok(second));
        assert!(choose(list, Some("c")).is_err_and(|e| e.contains("a, b")));
        assert!(choose("{\"data\":[]}", None).is_err() && choose("<html>", None).is_err());
    }

    #[test]
    fn events_are_read_wherever_they_are_cut() {
        let stream = ": ping\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"法律\"}}]}\r\n\ndata:[DONE]\n\n";
        for step in 1..stream.len() {
            let mut events = Events::default();
            let found: Vec<String> = stream.as_bytes().chunks(step).flat_map(|chunk| events.push(chunk)).collect();
            assert_eq!(found.len(), 2, "in steps of {step}");
            assert_eq!(delta(&found[0]).expect("JSON").text, "法律");
            assert_eq!(found[1], "[DONE]");
        }
    }

    #[test]
    fn deltas_keep_thinking_and_errors_apart() {
        let thought = delta(r#"{"choices":[{"delta":{"reasoning_content":"hm","content":null}}]}"#).expect("JSON");
        assert_eq!((thought.thought.as_str(), thought.text.as_str()), ("hm", ""));
        let end = delta(
            r#"{"choices":[{"text":"x","finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2}}"#,
        );
        let end = end.expect("JSON");
        assert_eq!((end.text.as_str(), end.finish.as_deref(), end.usage), ("x", Some("stop"), Some((5, 2))));
        let error = delta(r#"{"error":{"message":"out of memory"}}"#).expect("JSON");
        assert_eq!(error.error.as_deref(), Some("out of memory"));
        assert!(delta("{\"choices\":[{\"del").is_err());
    }
}

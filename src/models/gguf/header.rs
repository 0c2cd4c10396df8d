//! What a GGUF says of itself.

use std::collections::BTreeMap;

use super::{GgmlType, Pooling};

/// One metadata value. Of long arrays only the length is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Bool(bool),
    Text(String),
    Texts(Vec<String>),
    Bytes(Vec<u8>),
    /// One number for each layer, mostly; booleans are 0 and 1.
    Integers(Vec<i64>),
    Array {
        len: u64,
    },
}

/// One tensor of the file.
#[derive(Clone, Debug)]
pub struct Tensor {
    pub name: String,
    /// Fastest-varying first, as ggml counts.
    pub dimensions: Vec<u64>,
    /// `None` for a type newer than our table.
    pub ty: Option<GgmlType>,
    /// Where its data begin, in bytes from the beginning of the file.
    pub start: u64,
    /// Bytes of data; 0 where the type is not known.
    pub bytes: u64,
}

impl Tensor {
    pub fn elements(&self) -> u64 {
        self.dimensions.iter().fold(1, |product, dimension| product.saturating_mul(*dimension))
    }
}

/// What a GGUF says of itself.
#[derive(Clone, Debug)]
pub struct Header {
    /// Bytes of the whole file.
    pub file_bytes: u64,
    pub values: BTreeMap<String, Value>,
    /// Where the encoded metadata lie in the file: first byte, and how many.
    pub values_at: (u64, u64),
    pub tensors: Vec<Tensor>,
    /// Elements over all tensors.
    pub parameters: u64,
    /// The tensor type that holds most elements: the quantisation, in one word.
    pub main_type: &'static str,
}

impl Header {
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.values.get(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn bytes(&self, key: &str) -> Option<&[u8]> {
        match self.values.get(key) {
            Some(Value::Bytes(bytes)) => Some(bytes),
            _ => None,
        }
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.values.get(key) {
            Some(Value::Bool(flag)) => Some(*flag),
            _ => None,
        }
    }

    pub fn unsigned(&self, key: &str) -> Option<u64> {
        match self.values.get(key)? {
            Value::Unsigned(v) => Some(*v),
            Value::Signed(v) => u64::try_from(*v).ok(),
            _ => None,
        }
    }

    /// A number under the architecture's own prefix.
    pub fn of_architecture(&self, key: &str) -> Option<u64> {
        self.unsigned(&format!("{}.{key}", self.architecture()))
    }

    /// The same where the file gives one for each layer.
    pub fn array_of_layers(&self, key: &str) -> Option<&[i64]> {
        match self.values.get(&format!("{}.{key}", self.architecture())) {
            Some(Value::Integers(numbers)) => Some(numbers),
            _ => None,
        }
    }

    /// The number of one layer, whether the file gives one for each or one for all.
    pub fn of_layer(&self, key: &str, layer: u64) -> Option<u64> {
        match self.array_of_layers(key) {
            Some(numbers) => u64::try_from(*numbers.get(usize::try_from(layer).ok()?)?).ok(),
            None => self.of_architecture(key),
        }
    }

    pub fn architecture(&self) -> &str {
        self.text("general.architecture").unwrap_or("unknown")
    }

    pub fn name(&self) -> Option<&str> {
        self.text("general.name")
    }

    /// Longest context that the model was trained for, in tokens.
    pub fn context_length(&self) -> Option<u64> {
        self.of_architecture("context_length")
    }

    pub fn embedding_length(&self) -> Option<u64> {
        self.of_architecture("embedding_length")
    }

    /// Experts in all; 0 for a dense model.
    pub fn expert_count(&self) -> u64 {
        self.of_architecture("expert_count").unwrap_or(0)
    }

    /// Experts that a token uses in each layer that has some; the most of them where layers differ.
    pub fn expert_used_count(&self) -> u64 {
        let each = self.array_of_layers("expert_used_count");
        let most = each.and_then(|each| u64::try_from(*each.iter().max()?).ok());
        most.or_else(|| self.of_architecture("expert_used_count")).unwrap_or(0)
    }

    pub fn pooling(&self) -> Option<Pooling> {
        self.of_architecture("pooling_type").and_then(Pooling::from_id)
    }

    pub fn tokenizer(&self) -> Option<&str> {
        self.text("tokenizer.ggml.model")
    }

    pub fn has_chat_template(&self) -> bool {
        self.text("tokenizer.chat_template").is_some_and(|t| !t.is_empty())
    }

    /// Whether it reads a text as a whole and writes nothing (architectures without a decoder in llama.cpp).
    pub fn is_encoder(&self) -> bool {
        ENCODERS.contains(&self.architecture())
    }

    /// Whether layers hold a state instead of keys and values, all or some of them. Such a state has no history: its
    /// end cannot be forgotten, and a step back reads the text again from its beginning.
    pub fn is_recurrent(&self) -> bool {
        RECURRENT.contains(&self.architecture())
    }

    /// Files that the model is split into; 1 for a whole one.
    pub fn split_count(&self) -> u64 {
        self.unsigned("split.count").unwrap_or(1)
    }
}

const ENCODERS: &[&str] = &[
    "bert",
    "nomic-bert",
    "nomic-bert-moe",
    "jina-bert-v2",
    "jina-bert-v3",
    "modern-bert",
    "neo-bert",
    "eurobert",
    "gemma-embedding",
    "t5encoder",
];

/// `llm_arch_is_recurrent` and `llm_arch_is_hybrid` in llama.cpp's `llama-arch.cpp`.
const RECURRENT: &[&str] = &[
    "mamba",
    "mamba2",
    "rwkv6",
    "rwkv6qwen2",
    "rwkv7",
    "arwkv7",
    "jamba",
    "falcon-h1",
    "plamo2",
    "granitehybrid",
    "lfm2",
    "lfm2moe",
    "nemotron_h",
    "nemotron_h_moe",
    "qwen3next",
    "kimi-linear",
    "bailingmoe3",
    "kimi-k3",
    "glm5-next",
    "qwen35",
    "qwen35moe",
    "qwen4exp",
    "deepseek4",
    "minimax-01",
];

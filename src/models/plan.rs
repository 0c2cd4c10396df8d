//! What a model will take of a machine, from its header alone. The sums are llama.cpp's own (`llama-kv-cache.cpp`,
//! `llama-memory-recurrent.cpp`, `llama-hparams.cpp`), so that they can be held against what it allocates.

use super::gguf::{GgmlType, Header, Tensor};

/// How the model is to be run.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Tokens of prompt and answer together, over all sequences.
    pub context: u64,
    /// What keys and values are held as.
    pub kv: GgmlType,
    /// Texts that are under way at once. They share the context; each has its own state in recurrent layers.
    pub sequences: u64,
    /// Whether layers with a sliding window keep the whole text all the same: only then can an answer be taken back.
    pub whole_window: bool,
    /// Tokens of one call.
    pub batch: u64,
}

/// Bytes and parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Tokens that the context really has: llama.cpp rounds up to 256.
    pub context: u64,
    /// All weights.
    pub weights: u64,
    /// Those of them that are routed experts, of which a token uses a part.
    pub expert_weights: u64,
    /// Keys and values of a full context.
    pub kv: u64,
    /// States of recurrent layers.
    pub state: u64,
    /// Room for the results of one call: mostly the logits of a whole batch.
    pub compute: u64,
    pub parameters: u64,
    /// Parameters that one token passes through.
    pub active_parameters: u64,
    /// Bytes of weights that must be read to write one token.
    pub read_per_token: u64,
}

impl Plan {
    pub fn of(header: &Header, setup: &Setup) -> Self {
        let context = setup.context.max(1).next_multiple_of(256);
        let (count, used) = (header.expert_count(), header.expert_used_count());
        let share = |amount: u64| amount / count.max(1) * if count == 0 { 1 } else { used };
        let bytes =
            |keep: &dyn Fn(&Tensor) -> bool| header.tensors.iter().filter(|t| keep(t)).map(|t| t.bytes).sum::<u64>();
        let weights = bytes(&|_| true);
        let expert_weights = bytes(&is_expert);
        let expert_parameters: u64 = header.tensors.iter().filter(|t| is_expert(t)).map(Tensor::elements).sum();
        // Of the embedding one row is read, unless it is the head too.
        let has_head = header.tensors.iter().any(|t| t.name == "output.weight");
        let embedding = if has_head { bytes(&|t| t.name == "token_embd.weight") } else { 0 };
        let layers = layers(header);
        let kv = layers.iter().map(|layer| layer.kv_bytes(context, setup)).sum();
        let states = layers.iter().filter(|layer| layer.recurrent).count() as u64;
        Self {
            context,
            weights,
            expert_weights,
            kv,
            state: states * state_floats(header) * 4 * setup.sequences.max(1),
            compute: compute(header, context, setup),
            parameters: header.parameters,
            active_parameters: header.parameters - expert_parameters + share(expert_parameters),
            read_per_token: weights - expert_weights - embedding + share(expert_weights),
        }
    }

    /// Everything together.
    pub fn total(&self) -> u64 {
        self.weights + self.kv + self.state + self.compute
    }

    /// Tokens a second at most: weights cannot be read faster than memory gives them (Williams, Waterman, Patterson
    /// 2009, "Roofline"). Small models stay below, their arithmetic takes longer than that.
    pub fn tokens_per_second(&self, bytes_per_second: f64) -> f64 {
        bytes_per_second / self.read_per_token.max(1) as f64
    }
}

/// A routed expert; shared ones (`_shexp`) work for every token.
fn is_expert(tensor: &Tensor) -> bool {
    tensor.name.contains("_exps.") || tensor.name.contains("_chexps.")
}

/// What one layer remembers.
struct Layer {
    /// Numbers for each token: keys, and values.
    keys: u64,
    values: u64,
    window: Option<u64>,
    recurrent: bool,
}

impl Layer {
    fn kv_bytes(&self, context: u64, setup: &Setup) -> u64 {
        let cells = match self.window {
            Some(window) if !setup.whole_window => {
                (window * setup.sequences.max(1) + setup.batch).min(context).next_multiple_of(256)
            }
            _ => context,
        };
        let row = |numbers: u64| setup.kv.bytes(numbers.next_multiple_of(setup.kv.block_elements)).unwrap_or(0);
        cells * (row(self.keys) + row(self.values))
    }
}

fn layers(header: &Header) -> Vec<Layer> {
    let number = |key: &str| header.of_architecture(key);
    let count = number("block_count").unwrap_or(0).saturating_sub(number("nextn_predict_layers").unwrap_or(0));
    let heads = |i: u64| header.of_layer("attention.head_count", i).unwrap_or(0);
    let most_heads = (0..count).map(heads).max().unwrap_or(0).max(1);
    let width = number("embedding_length").unwrap_or(0) / most_heads;
    let window = number("attention.sliding_window").filter(|w| *w > 0);
    let latent = number("attention.key_length_mla").is_some() && number("attention.value_length_mla").is_some();
    (0..count)
        .map(|i| {
            let kv_heads = header.of_layer("attention.head_count_kv", i).unwrap_or_else(|| heads(i));
            let recurrent = is_recurrent(header, i, kv_heads);
            let slides = window.is_some() && slides(header, i);
            let length = |key: &str| {
                let own = slides.then(|| number(&format!("{key}_swa"))).flatten();
                own.or_else(|| number(key)).unwrap_or(width)
            };
            // Falcon-H1 has both in each layer; elsewhere a layer with a state has no keys.
            let attends = !recurrent || header.architecture() == "falcon-h1";
            let keys = if attends { kv_heads * length("attention.key_length") } else { 0 };
            // One latent vector stands for keys and values (DeepSeek-V2, arXiv 2405.04434).
            let values = if attends && !latent { kv_heads * length("attention.value_length") } else { 0 };
            Layer { keys, values, window: window.filter(|_| slides), recurrent }
        })
        .collect()
}

fn is_recurrent(header: &Header, layer: u64, kv_heads: u64) -> bool {
    if !header.is_recurrent() {
        return false;
    }
    match header.architecture() {
        "falcon-h1" => true,
        // Layers of experts have no heads either, but an inner width.
        "nemotron_h" | "nemotron_h_moe" => kv_heads == 0 && header.of_layer("feed_forward_length", layer) == Some(0),
        "qwen3next" | "qwen35" | "qwen35moe" => {
            !(layer + 1).is_multiple_of(header.of_architecture("full_attention_interval").unwrap_or(4).max(1))
        }
        _ => kv_heads == 0,
    }
}

/// Whether a layer has the sliding window: the file says so for each, or every nth has none.
fn slides(header: &Header, layer: u64) -> bool {
    const KEY: &str = "attention.sliding_window_pattern";
    if let Some(own) = header.array_of_layers(KEY) {
        return usize::try_from(layer).ok().and_then(|i| own.get(i)).is_some_and(|v| *v != 0);
    }
    let (usual, whole_first) = match header.architecture() {
        "gemma2" | "gpt-oss" => (2, false),
        "gemma3n" => (5, false),
        "gemma3" | "gemma-embedding" => (6, false),
        "plamo3" => (8, false),
        "cohere2moe" | "laguna" | "smallthinker" => (4, true),
        "afmoe" | "cohere2" | "exaone4" | "exaone-moe" | "llama4" | "mellum" | "olmo2" => (4, false),
        // Others keep to their window everywhere, or nowhere; the larger memory is the safer guess.
        _ => return false,
    };
    let period = header.of_architecture(KEY).unwrap_or(usual).max(1);
    if whole_first { !layer.is_multiple_of(period) } else { layer % period < period - 1 }
}

/// Numbers that a recurrent layer keeps for each sequence: the last inputs of its convolution, and its state.
fn state_floats(header: &Header) -> u64 {
    let number = |key: &str| header.of_architecture(key).unwrap_or(0);
    let width = number("embedding_length");
    if number("wkv.head_size") > 0 {
        return width * (number("token_shift_count").max(1) + number("wkv.head_size"));
    }
    if number("shortconv.l_cache") > 0 {
        return width * (number("shortconv.l_cache") - 1);
    }
    let (inner, state) = (number("ssm.inner_size"), number("ssm.state_size"));
    let convolved = inner + 2 * number("ssm.group_count") * state;
    number("ssm.conv_kernel").saturating_sub(1) * convolved + state * inner
}

/// Logits of every token of a batch, the mask over the context, and the widest results between them, in F32.
fn compute(header: &Header, context: u64, setup: &Setup) -> u64 {
    let number = |key: &str| header.of_architecture(key).unwrap_or(0);
    let batch = setup.batch.min(context);
    let vocabulary = header.tensors.iter().find(|t| t.name == "token_embd.weight").map_or(0, Tensor::elements);
    let vocabulary = vocabulary / number("embedding_length").max(1);
    4 * batch * (vocabulary + 2 * number("embedding_length")) + 6 * batch * context
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        models::gguf,
        testing::tiny::{
            FAMILIES,
            weights::{CONVOLUTION, EXPERT_INNER, EXPERTS, EXPERTS_USED, HEAD, SSM_INNER, STATE, WIDTH},
        },
    };

    const SETUP: Setup = Setup { context: 1000, kv: GgmlType::F16, sequences: 1, whole_window: true, batch: 512 };

    fn plan(architecture: &str, setup: &Setup) -> Plan {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model.gguf");
        FAMILIES.iter().find(|f| f.architecture == architecture).expect("it is there").write(&path).expect("it writes");
        Plan::of(&gguf::read_header(&path).expect("a whole file"), setup)
    }

    #[test]
    fn keys_and_values_are_counted_as_each_architecture_holds_them() {
        // Two layers with one head for keys and one for values, two bytes a number, 1000 tokens rounded up to 1024.
        assert_eq!(plan("llama", &SETUP).kv, 1024 * 2 * 2 * HEAD * 2);
        // Three layers with one latent vector of 32 and a rotated part of 16 instead.
        assert_eq!(plan("deepseek2", &SETUP).kv, 1024 * 3 * 48 * 2);
        // Two of four layers attend.
        assert_eq!(plan("jamba", &SETUP).kv, 1024 * 2 * 2 * HEAD * 2);
        // One of four.
        assert_eq!(plan("nemotron_h_moe", &SETUP).kv, 1024 * 2 * HEAD * 2);
        // A block of 32 numbers in 34 bytes; a head of 16 still takes one.
        assert_eq!(plan("llama", &Setup { kv: GgmlType::Q8_0, ..SETUP }).kv, 1024 * 2 * 2 * 34);
    }

    #[test]
    fn windows_cost_less_where_nothing_is_taken_back() {
        let setup = Setup { context: 4096, batch: 128, ..SETUP };
        let whole = plan("gemma3", &setup).kv;
        assert_eq!(whole, 4096 * 6 * 2 * HEAD * 2);
        // Five layers with a window of 32, held with room for a batch in 256 cells; one without.
        let cut = plan("gemma3", &Setup { whole_window: false, ..setup }).kv;
        assert_eq!(cut, (5 * 256 + 4096) * 2 * HEAD * 2);
    }

    #[test]
    fn states_are_counted_for_each_sequence() {
        // Mamba-2: the last inputs of the convolution over values and both projections, and the state; in F32.
        let state = (CONVOLUTION - 1) * (SSM_INNER + 2 * STATE) + STATE * SSM_INNER;
        assert_eq!(plan("granitehybrid", &Setup { sequences: 3, ..SETUP }).state, 3 * 2 * state * 4);
        // The first Mamba convolves the values alone.
        let state = (CONVOLUTION - 1) * SSM_INNER + STATE * SSM_INNER;
        assert_eq!(plan("jamba", &SETUP).state, 2 * state * 4);
        assert_eq!(plan("llama", &SETUP).state, 0);
    }

    #[test]
    fn a_token_passes_through_the_experts_that_it_uses() {
        let plan = plan("qwen3moe", &SETUP);
        let experts = 2 * 3 * WIDTH * EXPERT_INNER * EXPERTS;
        assert_eq!(plan.expert_weights, 4 * experts);
        assert_eq!(plan.parameters - plan.active_parameters, experts / EXPERTS * (EXPERTS - EXPERTS_USED));
        assert!(plan.read_per_token < plan.weights - 2 * experts);
    }

    #[test]
    fn dense_models_use_everything() {
        let plan = plan("gemma3", &SETUP);
        assert_eq!(plan.active_parameters, plan.parameters);
        assert_eq!(plan.read_per_token, plan.weights, "the embedding is the head");
        assert!((plan.tokens_per_second(plan.weights as f64 * 8.0) - 8.0).abs() < 1e-9);
    }
}

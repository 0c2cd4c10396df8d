//! How local models are held: what llama.cpp's own programs name alike.

use std::{num::NonZeroUsize, time::Duration};

use clap::Args;

use crate::llama::{GeneratorOptions, KvType, ModelOptions};

/// Options for models of this process, as typed.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Local models")]
pub struct LocalArgs {
    /// Tokens of one prompt and its answer together [default: 4096]
    #[arg(long, global = true, env = "ATTEST_CONTEXT", value_name = "TOKENS", hide_short_help = true)]
    pub context: Option<u32>,
    /// Tokens of all texts under way and of what is kept of earlier ones [default: twice the context]
    #[arg(long, global = true, env = "ATTEST_CELLS", value_name = "TOKENS", hide_short_help = true)]
    pub cells: Option<u32>,
    /// Texts that are written at once, up to 64 [default: 8]
    #[arg(long, global = true, env = "ATTEST_STREAMS", value_name = "N", hide_short_help = true)]
    pub streams: Option<NonZeroUsize>,
    /// Requests that may wait; one more is told when to come back [default: 64]
    #[arg(long, global = true, env = "ATTEST_QUEUE", value_name = "N", hide_short_help = true)]
    pub queue: Option<NonZeroUsize>,
    /// Longest time from a request to its end [default: 600]
    #[arg(long, global = true, env = "ATTEST_DEADLINE", value_name = "SECONDS", hide_short_help = true)]
    pub deadline: Option<u32>,
    /// Tokens that a reasoning model may think before a grounded answer; nobody is shown what it thinks [default: 0]
    #[arg(long, global = true, env = "ATTEST_THINKING", value_name = "TOKENS", hide_short_help = true)]
    pub thinking: Option<u16>,
    /// How keys and values are held: f16, `q8_0` or `q4_0` [default: f16]
    #[arg(long, global = true, env = "ATTEST_KV", value_name = "TYPE", value_parser = kv, hide_short_help = true)]
    pub kv: Option<KvType>,
    /// Layers on an accelerator, where the build has one (cargo features cuda, vulkan, metal) [default: 0]
    #[arg(long, global = true, env = "ATTEST_GPU_LAYERS", value_name = "N", hide_short_help = true)]
    pub gpu_layers: Option<u32>,
    /// Keep the experts of a mixture in main memory although their layers are on an accelerator
    #[arg(long, global = true, env = "ATTEST_CPU_MOE", hide_short_help = true)]
    pub cpu_moe: bool,
    /// The same for the experts of the first N layers only
    #[arg(long, global = true, env = "ATTEST_N_CPU_MOE", value_name = "N", hide_short_help = true)]
    pub n_cpu_moe: Option<u32>,
    /// The same for the weights whose names match a regular expression, as `blk\.1\d\.ffn_.*` (repeat for more)
    #[arg(long, global = true, value_name = "PATTERN", value_parser = pattern, hide_short_help = true)]
    pub cpu_tensor: Vec<String>,
    /// Read model files whole instead of mapping them
    #[arg(long, global = true, env = "ATTEST_NO_MMAP", hide_short_help = true)]
    pub no_mmap: bool,
    /// Keep models from being swapped out
    #[arg(long, global = true, env = "ATTEST_MLOCK", hide_short_help = true)]
    pub mlock: bool,
}

fn kv(code: &str) -> Result<KvType, String> {
    KvType::parse(code).ok_or_else(|| format!("'{code}' is not known: f16, q8_0 or q4_0"))
}

/// llama.cpp ends the process at a pattern that it cannot read.
fn pattern(text: &str) -> Result<String, String> {
    if !text.is_ascii() || text.contains('\0') {
        return Err("the names of weights are ASCII".to_owned());
    }
    regex::Regex::new(text).map(|_| text.to_owned()).map_err(|e| e.to_string())
}

impl LocalArgs {
    /// Sets what was asked for; the rest stays as it is.
    pub fn apply_to_model(&self, options: &mut ModelOptions) {
        options.queue = self.queue.map_or(options.queue, NonZeroUsize::get);
        options.gpu_layers = self.gpu_layers.unwrap_or(options.gpu_layers);
        options.mmap &= !self.no_mmap;
        options.mlock |= self.mlock;
        options.in_main_memory = self.in_main_memory();
    }

    pub fn apply_to_generator(&self, options: &mut GeneratorOptions) {
        options.context = self.context.unwrap_or(options.context);
        options.cells = self.cells.or(options.cells);
        options.streams = self.streams.unwrap_or(options.streams);
        options.deadline = self.deadline.map_or(options.deadline, |seconds| Duration::from_secs(u64::from(seconds)));
        options.kv = self.kv.unwrap_or(options.kv);
        options.thinking = self.thinking.map_or(options.thinking, usize::from);
    }

    /// Patterns of the weights that stay in main memory. The names of experts are llama.cpp's: apart or gate and up in
    /// one, routed in chunks or not.
    fn in_main_memory(&self) -> Vec<String> {
        const EXPERTS: &str = r"\.ffn_(up|down|gate|gate_up)_(ch|)exps";
        let mut patterns = self.cpu_tensor.clone();
        if self.cpu_moe {
            patterns.push(EXPERTS.to_owned());
        }
        patterns.extend((0..self.n_cpu_moe.unwrap_or(0)).map(|layer| format!(r"blk\.{layer}{EXPERTS}")));
        patterns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::answer::ModelIdentity;

    #[test]
    fn what_was_asked_for_is_set_and_the_rest_stays() {
        let args = LocalArgs {
            context: Some(8_192),
            streams: NonZeroUsize::new(3),
            n_cpu_moe: Some(2),
            cpu_tensor: vec!["output".to_owned()],
            no_mmap: true,
            ..LocalArgs::default()
        };
        let model = ModelOptions::new(ModelIdentity { name: "m".to_owned(), sha256: String::new() }, "m.gguf");
        let mut options = GeneratorOptions::new(model);
        args.apply_to_model(&mut options.model);
        args.apply_to_generator(&mut options);
        assert_eq!((options.context, options.streams.get(), options.kv), (8_192, 3, KvType::F16));
        assert_eq!((options.model.mmap, options.model.mlock, options.model.queue), (false, false, 64));
        let expert = |layer: u8| format!("blk.{layer}.ffn_gate_up_exps.weight");
        let stays = |name: &str| {
            let patterns = &options.model.in_main_memory;
            patterns.iter().any(|p| regex::Regex::new(p).expect("a pattern").is_match(name))
        };
        assert!(stays(&expert(0)) && stays(&expert(1)) && stays("output.weight"));
        assert!(!stays(&expert(2)) && !stays("blk.0.attn_q.weight"));
    }

    #[test]
    fn what_llama_cpp_would_die_of_is_refused() {
        assert!(pattern("blk\\.(").is_err());
        assert!(pattern("权重").is_err());
        assert!(kv("q2").is_err_and(|e| e.contains("q8_0")));
    }
}

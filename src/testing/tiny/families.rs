//! What each architecture is made of.

use super::{
    Family,
    tokenizer::Kind,
    weights::{
        CONVOLUTION, EXPERT_INNER, EXPERTS, EXPERTS_USED, HEAD, HEADS, INNER, KV_HEADS, SSM_HEADS, SSM_INNER, STATE,
        WIDTH, Weights,
    },
};

const CHATML: &[&str] = &["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
const HUNYUAN: &[&str] = &["<|startoftext|>", "<|extra_0|>", "<|extra_4|>", "<|eos|>"];
const DEEPSEEK: &[&str] = &["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>"];
const HARMONY: &[&str] =
    &["<|startoftext|>", "<|return|>", "<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|endoftext|>"];
const GRANITE: &[&str] = &["<|end_of_text|>", "<|start_of_role|>", "<|end_of_role|>"];
const MISTRAL: &[&str] = &["<s>", "</s>", "[INST]", "[/INST]"];
const GEMMA: &[&str] = &["<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"];
const ERNIE: &[&str] = &["<s>", "</s>", "<|begin_of_sentence|>", "<|end_of_sentence|>"];
const JAMBA: &[&str] =
    &["<|startoftext|>", "<|endoftext|>", "<|bom|>", "<|eom|>", "<|system|>", "<|user|>", "<|assistant|>"];
const NEMOTRON: &[&str] = &["<s>", "<|im_start|>", "<|im_end|>"];

const fn bytes(pre: &'static str, control: &'static [&'static str], end: &'static str) -> Kind {
    Kind::Bytes { pre, control, end }
}

const fn pieces(control: &'static [&'static str], end: &'static str) -> Kind {
    Kind::Pieces { control, end }
}

const fn family(architecture: &'static str, tokenizer: Kind, blocks: fn(&mut Weights)) -> Family {
    Family { architecture, tokenizer, blocks }
}

pub const FAMILIES: &[Family] = &[
    family("llama", pieces(MISTRAL, "</s>"), llama),
    family("qwen2", bytes("qwen2", CHATML, "<|im_end|>"), qwen2),
    family("qwen3", bytes("qwen2", CHATML, "<|im_end|>"), qwen3),
    family("gemma3", pieces(GEMMA, "<end_of_turn>"), gemma3),
    family("qwen2moe", bytes("qwen2", CHATML, "<|im_end|>"), qwen2moe),
    family("qwen3moe", bytes("qwen2", CHATML, "<|im_end|>"), qwen3moe),
    family("hunyuan-moe", bytes("hunyuan", HUNYUAN, "<|eos|>"), hunyuan_moe),
    family("deepseek2", bytes("deepseek-v3", DEEPSEEK, "<｜end▁of▁sentence｜>"), deepseek2),
    family("gpt-oss", bytes("gpt-4o", HARMONY, "<|return|>"), gpt_oss),
    family("ernie4_5-moe", pieces(ERNIE, "</s>"), ernie45_moe),
    family("granitehybrid", bytes("refact", GRANITE, "<|end_of_text|>"), granite_hybrid),
    family("nemotron_h_moe", bytes("tekken", NEMOTRON, "<|im_end|>"), nemotron_h_moe),
    family("jamba", pieces(JAMBA, "<|endoftext|>"), jamba),
];

/// The keys that all have, the embedding and the head.
fn frame(w: &mut Weights, layers: u64) {
    w.u32("context_length", 4096);
    w.u32("embedding_length", WIDTH);
    w.u32("block_count", layers);
    w.u32("attention.head_count", HEADS);
    w.f32("attention.layer_norm_rms_epsilon", 1e-5);
    w.u32("rope.dimension_count", HEAD);
    w.f32("rope.freq_base", 10_000.0);
    w.tensor("token_embd.weight", &[WIDTH, w.vocabulary], 0.0, 1.0);
    w.norm("output_norm.weight", WIDTH);
}

/// A head of its own; random models that share it with the embedding repeat themselves.
fn head(w: &mut Weights) {
    w.tensor("output.weight", &[WIDTH, w.vocabulary], 0.0, 1.0);
}

fn mixture(w: &mut Weights) {
    w.u32("expert_count", EXPERTS);
    w.u32("expert_used_count", EXPERTS_USED);
    w.u32("expert_feed_forward_length", EXPERT_INNER);
}

fn mamba(w: &mut Weights, rank: u64) {
    w.u32("ssm.conv_kernel", CONVOLUTION);
    w.u32("ssm.inner_size", SSM_INNER);
    w.u32("ssm.state_size", STATE);
    w.u32("ssm.time_step_rank", rank);
}

fn attention(w: &mut Weights, i: u64, with_norms: bool, with_biases: bool) {
    let wide = HEADS * HEAD;
    let narrow = KV_HEADS * HEAD;
    w.norm(&format!("blk.{i}.attn_norm.weight"), WIDTH);
    for (part, width) in [("q", wide), ("k", narrow), ("v", narrow)] {
        w.matrix(&format!("blk.{i}.attn_{part}.weight"), &[WIDTH, width]);
        if with_biases {
            w.bias(&format!("blk.{i}.attn_{part}.bias"), &[width]);
        }
    }
    w.matrix(&format!("blk.{i}.attn_output.weight"), &[wide, WIDTH]);
    if with_norms {
        w.norm(&format!("blk.{i}.attn_q_norm.weight"), HEAD);
        w.norm(&format!("blk.{i}.attn_k_norm.weight"), HEAD);
    }
}

/// Up, gate and down of a dense layer, or of a shared expert (`_shexp`).
fn dense(w: &mut Weights, i: u64, suffix: &str, inner: u64) {
    w.matrix(&format!("blk.{i}.ffn_gate{suffix}.weight"), &[WIDTH, inner]);
    w.matrix(&format!("blk.{i}.ffn_up{suffix}.weight"), &[WIDTH, inner]);
    w.matrix(&format!("blk.{i}.ffn_down{suffix}.weight"), &[inner, WIDTH]);
}

fn experts(w: &mut Weights, i: u64) {
    w.matrix(&format!("blk.{i}.ffn_gate_inp.weight"), &[WIDTH, EXPERTS]);
    w.matrix(&format!("blk.{i}.ffn_gate_exps.weight"), &[WIDTH, EXPERT_INNER, EXPERTS]);
    w.matrix(&format!("blk.{i}.ffn_up_exps.weight"), &[WIDTH, EXPERT_INNER, EXPERTS]);
    w.matrix(&format!("blk.{i}.ffn_down_exps.weight"), &[EXPERT_INNER, WIDTH, EXPERTS]);
}

fn ffn_norm(w: &mut Weights, i: u64) {
    w.norm(&format!("blk.{i}.ffn_norm.weight"), WIDTH);
}

fn transformer(w: &mut Weights, with_norms: bool, with_biases: bool, mut feed_forward: impl FnMut(&mut Weights, u64)) {
    frame(w, 2);
    head(w);
    w.u32("attention.head_count_kv", KV_HEADS);
    w.u32("feed_forward_length", INNER);
    for i in 0..2 {
        attention(w, i, with_norms, with_biases);
        ffn_norm(w, i);
        feed_forward(w, i);
    }
}

fn llama(w: &mut Weights) {
    transformer(w, false, false, |w, i| dense(w, i, "", INNER));
}

fn qwen2(w: &mut Weights) {
    transformer(w, false, true, |w, i| dense(w, i, "", INNER));
}

fn qwen3(w: &mut Weights) {
    w.u32("attention.key_length", HEAD);
    w.u32("attention.value_length", HEAD);
    transformer(w, true, false, |w, i| dense(w, i, "", INNER));
}

fn qwen2moe(w: &mut Weights) {
    mixture(w);
    w.u32("expert_shared_feed_forward_length", INNER);
    transformer(w, false, true, |w, i| {
        experts(w, i);
        w.bias(&format!("blk.{i}.ffn_gate_inp_shexp.weight"), &[WIDTH]);
        dense(w, i, "_shexp", INNER);
    });
}

fn qwen3moe(w: &mut Weights) {
    mixture(w);
    transformer(w, true, false, experts);
}

/// Its experts are as wide as the key for dense layers says.
fn hunyuan_moe(w: &mut Weights) {
    mixture(w);
    w.u32("expert_shared_feed_forward_length", INNER);
    frame(w, 2);
    w.u32("attention.head_count_kv", KV_HEADS);
    w.u32("feed_forward_length", EXPERT_INNER);
    for i in 0..2 {
        attention(w, i, true, false);
        ffn_norm(w, i);
        experts(w, i);
        dense(w, i, "_shexp", INNER);
    }
}

/// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434): one low-rank vector a token instead of keys and
/// values; a dense layer first, then experts chosen by a sigmoid with a bias, and a shared one.
fn deepseek2(w: &mut Weights) {
    const QUERY_RANK: u64 = 16;
    const LATENT: u64 = 32;
    const ROTATED: u64 = HEAD;
    const PLAIN: u64 = 16;
    const VALUE: u64 = 16;
    mixture(w);
    frame(w, 3);
    head(w);
    w.u32("attention.head_count_kv", 1);
    w.u32("feed_forward_length", INNER);
    w.u32("leading_dense_block_count", 1);
    w.u32("expert_shared_count", 1);
    w.f32("expert_weights_scale", 2.5);
    w.flag("expert_weights_norm", true);
    w.u32("expert_gating_func", 2);
    w.u32("attention.q_lora_rank", QUERY_RANK);
    w.u32("attention.kv_lora_rank", LATENT);
    w.u32("attention.key_length", LATENT + ROTATED);
    w.u32("attention.value_length", LATENT);
    w.u32("attention.key_length_mla", PLAIN + ROTATED);
    w.u32("attention.value_length_mla", VALUE);
    for i in 0..3 {
        w.norm(&format!("blk.{i}.attn_norm.weight"), WIDTH);
        w.matrix(&format!("blk.{i}.attn_q_a.weight"), &[WIDTH, QUERY_RANK]);
        w.norm(&format!("blk.{i}.attn_q_a_norm.weight"), QUERY_RANK);
        w.matrix(&format!("blk.{i}.attn_q_b.weight"), &[QUERY_RANK, HEADS * (PLAIN + ROTATED)]);
        w.matrix(&format!("blk.{i}.attn_kv_a_mqa.weight"), &[WIDTH, LATENT + ROTATED]);
        w.norm(&format!("blk.{i}.attn_kv_a_norm.weight"), LATENT);
        w.matrix(&format!("blk.{i}.attn_k_b.weight"), &[PLAIN, LATENT, HEADS]);
        w.matrix(&format!("blk.{i}.attn_v_b.weight"), &[LATENT, VALUE, HEADS]);
        w.matrix(&format!("blk.{i}.attn_output.weight"), &[HEADS * VALUE, WIDTH]);
        ffn_norm(w, i);
        if i == 0 {
            dense(w, i, "", INNER);
        } else {
            experts(w, i);
            w.bias(&format!("blk.{i}.exp_probs_b.bias"), &[EXPERTS]);
            dense(w, i, "_shexp", EXPERT_INNER);
        }
    }
}

/// Biases everywhere, a sink in each head, every other layer with a sliding window.
fn gpt_oss(w: &mut Weights) {
    mixture(w);
    frame(w, 2);
    head(w);
    w.u32("attention.head_count_kv", KV_HEADS);
    w.u32("attention.key_length", HEAD);
    w.u32("attention.value_length", HEAD);
    w.u32("attention.sliding_window", 32);
    w.u32("feed_forward_length", EXPERT_INNER);
    for i in 0..2 {
        attention(w, i, false, true);
        w.bias(&format!("blk.{i}.attn_output.bias"), &[WIDTH]);
        w.bias(&format!("blk.{i}.attn_sinks.weight"), &[HEADS]);
        w.norm(&format!("blk.{i}.post_attention_norm.weight"), WIDTH);
        experts(w, i);
        w.bias(&format!("blk.{i}.ffn_gate_inp.bias"), &[EXPERTS]);
        w.bias(&format!("blk.{i}.ffn_gate_exps.bias"), &[EXPERT_INNER, EXPERTS]);
        w.bias(&format!("blk.{i}.ffn_up_exps.bias"), &[EXPERT_INNER, EXPERTS]);
        w.bias(&format!("blk.{i}.ffn_down_exps.bias"), &[WIDTH, EXPERTS]);
    }
}

fn ernie45_moe(w: &mut Weights) {
    mixture(w);
    w.u32("expert_shared_feed_forward_length", EXPERT_INNER);
    w.u32("interleave_moe_layer_step", 1);
    w.u32("leading_dense_block_count", 1);
    transformer(w, false, false, |w, i| {
        if i == 0 {
            dense(w, i, "", INNER);
        } else {
            experts(w, i);
            w.bias(&format!("blk.{i}.exp_probs_b.bias"), &[EXPERTS]);
            dense(w, i, "_shexp", EXPERT_INNER);
        }
    });
}

/// Five layers with a sliding window, then one without; the head is the embedding.
fn gemma3(w: &mut Weights) {
    frame(w, 6);
    w.u32("attention.head_count_kv", KV_HEADS);
    w.u32("attention.key_length", HEAD);
    w.u32("attention.value_length", HEAD);
    w.u32("attention.sliding_window", 32);
    w.u32("feed_forward_length", INNER);
    for i in 0..6 {
        attention(w, i, true, false);
        w.norm(&format!("blk.{i}.post_attention_norm.weight"), WIDTH);
        ffn_norm(w, i);
        dense(w, i, "", INNER);
        w.norm(&format!("blk.{i}.post_ffw_norm.weight"), WIDTH);
    }
}

/// Mamba-2 (Dao and Gu 2024, arXiv 2405.21060), with one group.
fn mamba2(w: &mut Weights, i: u64) {
    let convolved = SSM_INNER + 2 * STATE;
    w.norm(&format!("blk.{i}.attn_norm.weight"), WIDTH);
    w.matrix(&format!("blk.{i}.ssm_in.weight"), &[WIDTH, SSM_INNER + convolved + SSM_HEADS]);
    w.matrix(&format!("blk.{i}.ssm_conv1d.weight"), &[CONVOLUTION, convolved]);
    w.bias(&format!("blk.{i}.ssm_conv1d.bias"), &[convolved]);
    w.bias(&format!("blk.{i}.ssm_dt.bias"), &[SSM_HEADS]);
    w.tensor(&format!("blk.{i}.ssm_a"), &[1, SSM_HEADS], -1.0, 0.5);
    w.tensor(&format!("blk.{i}.ssm_d"), &[1, SSM_HEADS], 1.0, 0.1);
    w.norm(&format!("blk.{i}.ssm_norm.weight"), SSM_INNER);
    w.matrix(&format!("blk.{i}.ssm_out.weight"), &[SSM_INNER, WIDTH]);
}

/// The first Mamba (Gu and Dao 2023, arXiv 2312.00752), with Jamba's norms.
fn mamba1(w: &mut Weights, i: u64, rank: u64) {
    w.norm(&format!("blk.{i}.attn_norm.weight"), WIDTH);
    w.matrix(&format!("blk.{i}.ssm_in.weight"), &[WIDTH, 2 * SSM_INNER]);
    w.matrix(&format!("blk.{i}.ssm_conv1d.weight"), &[CONVOLUTION, SSM_INNER]);
    w.bias(&format!("blk.{i}.ssm_conv1d.bias"), &[SSM_INNER]);
    w.matrix(&format!("blk.{i}.ssm_x.weight"), &[SSM_INNER, rank + 2 * STATE]);
    w.norm(&format!("blk.{i}.ssm_dt_norm.weight"), rank);
    w.matrix(&format!("blk.{i}.ssm_dt.weight"), &[rank, SSM_INNER]);
    w.bias(&format!("blk.{i}.ssm_dt.bias"), &[SSM_INNER]);
    w.norm(&format!("blk.{i}.ssm_b_norm.weight"), STATE);
    w.norm(&format!("blk.{i}.ssm_c_norm.weight"), STATE);
    w.tensor(&format!("blk.{i}.ssm_a"), &[STATE, SSM_INNER], -1.0, 0.5);
    w.tensor(&format!("blk.{i}.ssm_d"), &[SSM_INNER], 1.0, 0.1);
    w.matrix(&format!("blk.{i}.ssm_out.weight"), &[SSM_INNER, WIDTH]);
}

fn granite_hybrid(w: &mut Weights) {
    mixture(w);
    mamba(w, SSM_HEADS);
    w.u32("ssm.group_count", 1);
    w.u32("expert_shared_feed_forward_length", EXPERT_INNER);
    w.u32("feed_forward_length", EXPERT_INNER);
    w.f32("embedding_scale", 1.0);
    w.f32("residual_scale", 0.5);
    w.f32("logit_scale", 1.0);
    w.f32("attention.scale", 0.25);
    frame(w, 4);
    w.layers("attention.head_count_kv", &[0, 1, 0, 1]);
    for i in 0..4 {
        if i % 2 == 0 {
            mamba2(w, i);
        } else {
            attention(w, i, false, false);
        }
        ffn_norm(w, i);
        experts(w, i);
        dense(w, i, "_shexp", EXPERT_INNER);
    }
}

/// Each layer is only one of the three: Mamba, attention, experts.
fn nemotron_h_moe(w: &mut Weights) {
    mixture(w);
    mamba(w, SSM_HEADS);
    w.u32("ssm.group_count", 1);
    w.u32("expert_shared_feed_forward_length", EXPERT_INNER);
    w.u32("expert_shared_count", 1);
    w.flag("expert_weights_norm", true);
    w.f32("expert_weights_scale", 1.0);
    w.f32("attention.layer_norm_epsilon", 1e-5);
    frame(w, 4);
    head(w);
    w.layers("attention.head_count_kv", &[0, 0, 1, 0]);
    w.layers("feed_forward_length", &[0, 32, 0, 32]);
    mamba2(w, 0);
    attention(w, 2, false, false);
    for i in [1, 3] {
        w.norm(&format!("blk.{i}.attn_norm.weight"), WIDTH);
        w.matrix(&format!("blk.{i}.ffn_gate_inp.weight"), &[WIDTH, EXPERTS]);
        w.bias(&format!("blk.{i}.exp_probs_b.bias"), &[EXPERTS]);
        w.matrix(&format!("blk.{i}.ffn_up_exps.weight"), &[WIDTH, EXPERT_INNER, EXPERTS]);
        w.matrix(&format!("blk.{i}.ffn_down_exps.weight"), &[EXPERT_INNER, WIDTH, EXPERTS]);
        w.matrix(&format!("blk.{i}.ffn_up_shexp.weight"), &[WIDTH, EXPERT_INNER]);
        w.matrix(&format!("blk.{i}.ffn_down_shexp.weight"), &[EXPERT_INNER, WIDTH]);
    }
}

fn jamba(w: &mut Weights) {
    const RANK: u64 = 4;
    mixture(w);
    mamba(w, RANK);
    w.u32("feed_forward_length", EXPERT_INNER);
    frame(w, 4);
    head(w);
    w.layers("attention.head_count_kv", &[0, 1, 0, 1]);
    for i in 0..4 {
        if i % 2 == 0 {
            mamba1(w, i, RANK);
        } else {
            attention(w, i, false, false);
        }
        ffn_norm(w, i);
        if i % 2 == 0 {
            dense(w, i, "", EXPERT_INNER);
        } else {
            experts(w, i);
        }
    }
}

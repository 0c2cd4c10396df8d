"""Writes the trained encoder as a GGUF that llama.cpp runs without pooling (see `src/models/e5.rs` for the layout)."""
import hashlib
from pathlib import Path

import gguf
import numpy as np

from charsmap import build


def write(path: Path, state, vocabulary, name, quantise=True):
    """`state`: the model's tensors as numpy arrays under the names of `model.Verifier`. Gives the file's SHA-256."""
    writer = gguf.GGUFWriter(str(path), "bert")
    writer.add_name(name)
    writer.add_license("see models/verifier/README.md")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0 if quantise else gguf.LlamaFileType.ALL_F32)
    writer.add_quantization_version(2)
    writer.add_context_length(vocabulary.positions)
    writer.add_embedding_length(vocabulary.hidden)
    writer.add_feed_forward_length(vocabulary.ff)
    writer.add_block_count(vocabulary.layers)
    writer.add_head_count(vocabulary.heads)
    writer.add_layer_norm_eps(max(vocabulary.epsilon, 1e-12))
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.NONE)
    count = len(vocabulary.pieces)
    control = {vocabulary.bos, vocabulary.eos, vocabulary.pad, vocabulary.mask}
    types = [2 if i == vocabulary.unk else 3 if i in control else 1 for i in range(count)]
    writer.add_tokenizer_model("t5")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(vocabulary.pieces)
    writer.add_token_scores([float(s) for s in vocabulary.scores])
    writer.add_token_types(types)
    writer.add_token_type_count(2)
    writer.add_add_space_prefix(True)
    writer.add_remove_extra_whitespaces(True)
    writer.add_bos_token_id(vocabulary.bos)
    writer.add_eos_token_id(vocabulary.eos)
    writer.add_unk_token_id(vocabulary.unk)
    writer.add_sep_token_id(vocabulary.eos)
    writer.add_pad_token_id(vocabulary.pad)
    writer.add_mask_token_id(vocabulary.mask)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(True)
    writer.add_precompiled_charsmap(build(vocabulary.normaliser))

    def put(to, values, matrix):
        values = np.ascontiguousarray(values, dtype=np.float32)
        if matrix and quantise:
            packed = gguf.quants.quantize(values, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(to, packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(to, values)

    put("token_embd.weight", state["word.weight"], True)
    put("position_embd.weight", state["position.weight"], False)
    put("token_types.weight", state["token_type.weight"], False)
    put("token_embd_norm.weight", state["norm.weight"], False)
    put("token_embd_norm.bias", state["norm.bias"], False)
    for layer in range(vocabulary.layers):
        for a, b in (("q", "attn_q"), ("k", "attn_k"), ("v", "attn_v"), ("ao", "attn_output"), ("fi", "ffn_up"), ("fo", "ffn_down")):
            put(f"blk.{layer}.{b}.weight", state[f"layers.{layer}.{a}.weight"], True)
            put(f"blk.{layer}.{b}.bias", state[f"layers.{layer}.{a}.bias"], False)
        for a, b in (("aln", "attn_output_norm"), ("oln", "layer_output_norm")):
            put(f"blk.{layer}.{b}.weight", state[f"layers.{layer}.{a}.weight"], False)
            put(f"blk.{layer}.{b}.bias", state[f"layers.{layer}.{a}.bias"], False)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return hashlib.sha256(path.read_bytes()).hexdigest()

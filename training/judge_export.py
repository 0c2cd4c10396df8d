"""Writes a trained adapter as a GGUF that llama.cpp lays over the base, with its prompt and calibration beside it.

  judge_export.py --weights FILE --figures FILE --out DIR

`--figures`: what judge_measure.py wrote; calibration and thresholds are taken from there.
"""
import argparse
import hashlib
import json
from pathlib import Path

import gguf
import numpy as np
import torch

from judge_gemma import Lora
from judge_prompt import CLAIM_LIMIT, EVIDENCE_LIMIT, TEMPLATE, VERDICTS, WORDS, base


class Shapes:
    """The base's shapes from its metadata alone: what an adapter asks of its model."""

    def __init__(self, path):
        field = lambda name: reader.fields[f"gemma3.{name}"].contents()
        reader = gguf.GGUFReader(str(path))
        self.depth, self.width, self.inner = field("block_count"), field("embedding_length"), field("feed_forward_length")
        self.q, self.kv = field("attention.head_count") * field("attention.key_length"), field("attention.key_length")

    def shapes(self):
        return {"attn_q": (self.width, self.q), "attn_k": (self.width, self.kv), "attn_v": (self.width, self.kv), "attn_output": (self.q, self.width),
                "ffn_gate": (self.width, self.inner), "ffn_up": (self.width, self.inner), "ffn_down": (self.inner, self.width)}


def write(path, lora, wide=False):
    """`wide`: four bytes a number instead of two."""
    writer = gguf.GGUFWriter(str(path), "gemma3")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(lora.alpha))
    writer.add_name("attest judge")
    kind = np.float32 if wide else np.float16
    for name, a, b in lora.matrices():
        writer.add_tensor(f"{name}.lora_a", np.ascontiguousarray(a.numpy().astype(kind)))
        writer.add_tensor(f"{name}.lora_b", np.ascontiguousarray(b.numpy().astype(kind)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--weights", type=Path, required=True)
    options.add_argument("--figures", type=Path)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--wide", action="store_true")
    options.add_argument("--decides", action="store_true", help="let it support claims from its thresholds on, without a certificate")
    options.add_argument("--name", default="attest-judge-270m", help="what certificates and answers call it")
    options = options.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    lora = Lora.of(Shapes(base()), torch.load(options.weights))
    adapter = f"{options.name}.gguf"
    digest = write(options.out / adapter, lora, options.wide)
    (options.out / "prompt.txt").write_text(TEMPLATE)
    about = {"name": options.name, "base": base().stem, "base_sha256": hashlib.sha256(base().read_bytes()).hexdigest(), "adapter": adapter, "adapter_sha256": digest,
             "verdicts": list(VERDICTS), "labels": list(WORDS), "evidence_tokens": EVIDENCE_LIMIT, "claim_tokens": CLAIM_LIMIT}
    if options.figures:
        figures = json.loads(options.figures.read_text())
        about["calibration"] = figures["calibration"]
        if options.decides:
            about["thresholds"] = figures["thresholds"]
    (options.out / "judge.json").write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n")
    print(json.dumps(about, ensure_ascii=False))


if __name__ == "__main__":
    main()

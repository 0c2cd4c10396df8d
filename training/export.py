"""Writes `model.gguf` (Q8_0, pruned vocabulary), `heads.safetensors` and, for tests, `parity.jsonl`.

  export.py --out DIR --data DIR [--weights best.pt] [--calibration FILE] [--parity N] [--f32]

Without `--weights`: the untrained encoder under random heads, which exercises every part of the runtime but judges
nothing.
"""
import argparse
import gzip
import json
import random
import struct
from pathlib import Path

import numpy as np
import torch

import gguf_out
from container import Container, fetch
from model import LABELS, Verifier
from sources import rows
from tokenizer import Tokenizer, pair
from vocabulary import Pruned, kept_ids

HEADS = {"verdict_dense": "verdict.dense", "verdict_out": "verdict.out", "guilty": "guilty", "support": "support", "relevance": "relevance"}
LIMIT = 60_000
ROOT = Path(__file__).resolve().parent.parent


def texts_for_vocabulary(data):
    """The corpora and training texts: what the pieces are counted in."""
    folders = [data / "corpora", ROOT / "corpora"] if data else [ROOT / "corpora"]
    for folder in folders:
        for path in sorted(folder.glob("*/documents.jsonl*")):
            for row in rows(path.with_name("documents.jsonl")):
                yield row["title"]
                for section in row["sections"]:
                    yield section["text"]
    if data:
        for name in ("fever_dev_rte", "scifact_train_rte", "wice_dev_chunks", "cg2c_doc", "begin_dev"):
            for row in rows(data / f"train/{name}.jsonl"):
                yield row["claim"]
                yield from row["evidence"]
        for row in rows(data / "train/cmrc_qa.contexts.jsonl"):
            yield row["text"]


def kept(container, data, cache):
    """The kept ids, counted once."""
    path = cache / f"vocabulary-{LIMIT}.json"
    if not path.exists():
        path.write_text(json.dumps(kept_ids(container, texts_for_vocabulary(data), LIMIT)))
    return json.loads(path.read_text())


def write_safetensors(path, tensors, metadata):
    header, at = {"__metadata__": metadata}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [at, at + values.nbytes]}
        at += values.nbytes
    body = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    body += b" " * (-len(body) % 8)
    path.write_bytes(struct.pack("<Q", len(body)) + body + b"".join(np.ascontiguousarray(v, "<f4").tobytes() for v in tensors.values()))


def parity_rows(sample, model, vocabulary, tokenizer):
    model.eval()
    for item in sample:
        ids, evidence_at, claim_at, evidence_spans, claim_spans = pair(tokenizer, item["evidence"], item["claim"],
                                                                       vocabulary.bos, vocabulary.eos)
        with torch.no_grad():
            verdict, guilty, support, relevance = model(torch.tensor([[vocabulary.old[i] for i in ids]]))
        yield {"evidence": item["evidence"], "claim": item["claim"], "ids": ids, "verdict": verdict[0].tolist(),
               "guilty": guilty[0, claim_at : claim_at + len(claim_spans)].tolist(),
               "support": support[0, evidence_at : evidence_at + len(evidence_spans)].tolist(), "relevance": float(relevance[0])}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--data", type=Path, help="where the training files lie")
    options.add_argument("--examples", type=Path, required=True, help="what build.py wrote")
    options.add_argument("--cache", type=Path, default=Path.home() / ".cache/attest/training")
    options.add_argument("--weights", type=Path)
    options.add_argument("--calibration", type=Path)
    options.add_argument("--parity", type=int, default=200)
    options.add_argument("--f32", action="store_true", help="also model-f32.gguf, to measure parity with")
    options = options.parse_args()
    torch.manual_seed(1)
    container = Container(fetch(options.cache))
    model = Verifier.of(container)
    if options.weights:
        model.load_state_dict(torch.load(options.weights, map_location="cpu"))
    vocabulary = Pruned(container, kept(container, options.data, options.cache))
    state = {name: value.detach().numpy() for name, value in model.state_dict().items()}
    state["word.weight"] = state["word.weight"][vocabulary.old]
    options.out.mkdir(parents=True, exist_ok=True)
    name = "attest-verifier" if options.weights else "attest-verifier-untrained"
    digest = gguf_out.write(options.out / "model.gguf", state, vocabulary, name)
    if options.f32:
        gguf_out.write(options.out / "model-f32.gguf", state, vocabulary, name, quantise=False)
    summary = json.loads((options.examples / "summary.json").read_text())
    calibration = json.loads(options.calibration.read_text()) if options.calibration else {}
    metadata = {
        "format": "attest-verifier", "version": "1", "gguf_sha256": digest, "labels": json.dumps(LABELS),
        "max_tokens": "256", "max_evidence_tokens": "190", "max_claim_tokens": "60",
        "training_data_sha256": summary["sha256"], "trained": str(bool(options.weights)).lower(),
        # Without thresholds the runtime may not let the model promote a claim.
        **{name: value if isinstance(value, str) else json.dumps(value) for name, value in calibration.items()},
    }
    tensors = {}
    for a, b in HEADS.items():
        tensors[f"{b}.weight"], tensors[f"{b}.bias"] = state[f"{a}.weight"], state[f"{a}.bias"]
    write_safetensors(options.out / "heads.safetensors", tensors, metadata)
    tokenizer = Tokenizer.of(vocabulary)
    with gzip.open(options.examples / "sealed.jsonl.gz", "rt", encoding="utf-8") as lines:
        sealed = [json.loads(line) for line in lines]
    sample = random.Random(7).sample(sealed, min(options.parity, len(sealed)))
    with open(options.out / "parity.jsonl", "w", encoding="utf-8") as out:
        for row in parity_rows(sample, model, vocabulary, tokenizer):
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{options.out}: {len(vocabulary.pieces)} pieces, {(options.out / 'model.gguf').stat().st_size} bytes, sha256 {digest}")


if __name__ == "__main__":
    main()

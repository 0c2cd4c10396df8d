"""Compares tokenizer and logits of this folder with llama.cpp (the package xllamacpp, run as a local server).

  check_parity.py --model DIR --data DIR [--strings 5000] [--pairs 2000] [--f32]

`--model`: a folder that export.py wrote, with its parity.jsonl.
"""
import argparse
import gzip
import json
import random
import urllib.request
from pathlib import Path

import numpy as np

from container import Container, fetch
from tokenizer import Tokenizer

ODD = list("，。；：？！（）【】〔〕《》“”‘’「」、·—…℃㎎㎏½²³①②ⅢＡｂ１２％￥＋－＝～　\t \u200b\u200d\u00a0\u0301é̈ñßΩμ∑≥≤±×÷→😀👍🏽🇨🇳한글カナかな"
           "ДжعלΑ\ufffd\ufeff") + ["1.2亿元", "第1254条", "mg/kg/d", "x²", "3.5%", "〇", "壹佰", "e.g.", "don't", "  ", "\n"]


def strings(data, wanted, rng):
    """Passages of the corpora and benchmarks, cut anywhere, half of them with odd characters strewn in."""
    pool = []
    for path in sorted((data / "bench").glob("*.jsonl"))[:20] + sorted((data / "train").glob("*.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for line in rng.sample(lines, min(120, len(lines))):
            row = json.loads(line)
            pool += [v for v in (row.get("claim"), row.get("text"), row.get("question"), row.get("report"), *(row.get("evidence") or [])) if v]
    for _ in range(wanted):
        text = rng.choice(pool)
        start = rng.randrange(max(1, len(text) - 40))
        text = text[start : start + rng.randint(1, 200)]
        if rng.random() < 0.5:
            chars = list(text)
            for _ in range(rng.randint(1, 8)):
                chars.insert(rng.randint(0, len(chars)), rng.choice(ODD))
            text = "".join(chars)
        yield text


class Llama:
    def __init__(self, path):
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.embedding = True
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_NONE
        params.n_ctx, params.n_batch, params.n_ubatch, params.n_parallel = 512, 512, 512, 1
        params.cpuparams.n_threads = 2
        params.embd_normalize = -1
        self.server = xllamacpp.Server(params)

    def ask(self, path, body):
        request = urllib.request.Request(self.server.listening_address + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def tokens(self, text):
        return self.ask("/tokenize", {"content": text, "add_special": False, "parse_special": False})["tokens"]

    def hidden(self, ids):
        answer = self.ask("/embedding", {"content": ids, "embd_normalize": -1})
        return np.array(answer[0]["embedding"], dtype=np.float32)


def heads(path):
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + size])
    out = {}
    for name, about in header.items():
        if name != "__metadata__":
            a, b = about["data_offsets"]
            out[name] = np.frombuffer(raw[8 + size + a : 8 + size + b], "<f4").reshape(about["shape"])
    return out, header["__metadata__"]


def apply(tensors, hidden):
    dense = np.tanh(tensors["verdict.dense.weight"] @ hidden[0] + tensors["verdict.dense.bias"])
    return (tensors["verdict.out.weight"] @ dense + tensors["verdict.out.bias"],
            hidden @ tensors["guilty.weight"][0] + tensors["guilty.bias"], hidden @ tensors["support.weight"][0] + tensors["support.bias"],
            float(tensors["relevance.weight"][0] @ hidden[0] + tensors["relevance.bias"][0]))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--model", type=Path, required=True)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--cache", type=Path, default=Path.home() / ".cache/attest/training")
    options.add_argument("--strings", type=int, default=5000)
    options.add_argument("--pairs", type=int, default=2000)
    options.add_argument("--f32", action="store_true")
    options = options.parse_args()
    container = Container(fetch(options.cache))
    kept = json.loads(next(options.cache.glob("vocabulary-*.json")).read_text())
    from vocabulary import Pruned

    vocabulary = Pruned(container, kept)
    tokenizer, full = Tokenizer.of(vocabulary), Tokenizer.of(container)
    llama = Llama(options.model / ("model-f32.gguf" if options.f32 else "model.gguf"))
    rng = random.Random(11)
    differ, shown, total, same_cut = 0, 0, 0, 0
    for text in strings(options.data, options.strings, rng):
        mine, theirs = tokenizer.encode(text)[0], llama.tokens(text)
        total += 1
        if mine != theirs:
            differ += 1
            if shown < 5:
                shown += 1
                print("differs:", repr(text), mine[:40], theirs[:40])
    print(f"tokenizer: {total - differ} of {total} strings alike")
    # Pruning: the same pieces for whole passages, without the odd characters.
    whole, cut, kept_tokens, all_tokens = 0, 0, 0, 0
    for path in ("bench/healthver_dev.jsonl", "bench/contractnli_dev.jsonl", "bench/covidfact_rest.jsonl", "train/ocnli_train.jsonl",
                 "train/factool_chinese.jsonl", "train/climate_fever.jsonl", "bench/factcheck_gpt_audit.jsonl", "bench/cail_dev_qa.contexts.jsonl"):
        lines = (options.data / path).read_text(encoding="utf-8").splitlines()
        changed = 0
        for line in rng.sample(lines, min(150, len(lines))):
            row = json.loads(line)
            for text in [v for v in (row.get("claim"), row.get("text"), row.get("report"), *(row.get("evidence") or [])[:2]) if v]:
                a = [vocabulary.old[i] for i in tokenizer.encode(text)[0]]
                b = full.encode(text)[0]
                whole += 1
                cut += a != b
                all_tokens += len(b)
                if a != b:
                    from collections import Counter

                    changed += sum((Counter(b) - Counter(a)).values())
        kept_tokens -= changed
        print(f"  {path}: {changed} pieces cut otherwise")
    print(f"pruning: {whole - cut} of {whole} texts alike, {1 + kept_tokens / all_tokens:.5f} of the tokens")
    tensors, _ = heads(options.model / "heads.safetensors")
    worst, flips, pairs, ids_differ = 0.0, 0, 0, 0
    lines = (options.model / "parity.jsonl").read_text(encoding="utf-8").splitlines()[: options.pairs]
    for line in lines:
        row = json.loads(line)
        ids = [vocabulary.bos, *llama.tokens(row["evidence"])[:190], vocabulary.eos, vocabulary.eos, *llama.tokens(row["claim"])[:60], vocabulary.eos]
        ids_differ += ids != row["ids"]
        verdict, guilty, support, relevance = apply(tensors, llama.hidden(row["ids"]))
        worst = max(worst, float(np.abs(verdict - np.array(row["verdict"])).max()), abs(relevance - row["relevance"]))
        flips += int(np.argmax(verdict) != np.argmax(row["verdict"]))
        pairs += 1
    print(f"pairs: {pairs}, ids differ in {ids_differ}, max |Δ| of verdict and relevance logits {worst:.4f}, verdict flips {flips} ({flips / max(1, pairs):.4f})")


if __name__ == "__main__":
    main()

"""Compares tokenizer and logits of the judge with llama.cpp (the package xllamacpp, run as a local server).

  judge_parity.py --data DIR --examples DIR [--weights FILE --adapter FILE] [--strings 1000] [--pairs 40] [--plain FILE]

`--plain`: where the base goes with its matrices spelt out in four bytes (embeddings in two). Against that file only the forward
pass can differ; against the packaged one llama.cpp also rounds what goes into a matrix to 8 bits.
"""
import argparse
import json
import pickle
import random
import urllib.request
from pathlib import Path

import gguf
import numpy as np
import torch

from check_parity import strings
from judge_gemma import Gemma, Lora
from judge_prompt import Prompts, Spm, base


def plain(path):
    """The base's numbers unpacked, everything else as it is."""
    reader = gguf.GGUFReader(str(base()))
    writer = gguf.GGUFWriter(str(path), reader.fields["general.architecture"].contents())
    for name, field in reader.fields.items():
        if not name.startswith("GGUF.") and name not in ("general.architecture", "general.file_type"):
            kind = field.types[0]
            writer.add_key_value(name, field.contents(), kind, field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None)
    for tensor in reader.tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape([int(n) for n in reversed(tensor.shape)])
        writer.add_tensor(tensor.name, values.astype(np.float16 if tensor.name == "token_embd.weight" else np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


class Llama:
    def __init__(self, path, adapter=None):
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx, params.n_batch, params.n_ubatch, params.n_parallel = 1024, 512, 512, 1
        params.cpuparams.n_threads = 2
        params.swa_full = True
        params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
        if adapter:
            one = xllamacpp.CommonAdapterLoraInfo()
            one.path, one.scale = str(adapter), 1.0
            params.lora_adapters = [one]
        self.server = xllamacpp.Server(params)

    def ask(self, path, body):
        request = urllib.request.Request(self.server.listening_address + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def tokens(self, text):
        return self.ask("/tokenize", {"content": text, "add_special": False, "parse_special": False})["tokens"]

    def after(self, ids, most):
        """Log probabilities of the likeliest tokens at the next place."""
        answer = self.ask("/completion", {"prompt": ids, "n_predict": 1, "n_probs": most, "temperature": -1, "cache_prompt": False})
        return {one["id"]: one["logprob"] for one in answer["completion_probabilities"][0]["top_logprobs"]}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--examples", type=Path, required=True)
    options.add_argument("--weights", type=Path)
    options.add_argument("--adapter", type=Path)
    options.add_argument("--plain", type=Path)
    options.add_argument("--strings", type=int, default=1000)
    options.add_argument("--pairs", type=int, default=40)
    options.add_argument("--most", type=int, default=2000, help="tokens whose probabilities are asked for")
    options = options.parse_args()
    torch.set_num_threads(2)
    prompts = Prompts(Spm.of(gguf.GGUFReader(str(base()))))
    model = Gemma(base(), prompts.labels)
    lora = Lora.of(model, torch.load(options.weights)) if options.weights else None
    if options.plain and not options.plain.exists():
        plain(options.plain)
    llama = Llama(options.plain or base(), options.adapter)
    alike = total = 0
    for text in strings(options.data, options.strings, random.Random(11)):
        mine, theirs = prompts.spm.encode(text), llama.tokens(text)
        total += 1
        alike += mine == theirs
        if mine != theirs and total - alike <= 5:
            print("differs:", repr(text), mine[:40], theirs[:40])
    print(f"tokenizer: {alike} of {total} strings alike", flush=True)
    items = pickle.loads((options.examples / "sealed.pickle").read_bytes())[: options.pairs]
    worst = spread = top = flips = counted = 0.0
    labels_worst, absent = 0.0, 0
    for item in items:
        with torch.no_grad():
            hidden = model([item["ids"]], lora, hidden=True)[0]
            scores = torch.cat([rows.float() @ hidden for rows in model.embedding.split(16_384)])
        mine = torch.log_softmax(scores, -1)
        theirs = llama.after(item["ids"], options.most)
        best = sorted(theirs, key=theirs.get, reverse=True)
        top += int(mine.argmax()) == best[0]
        for token in best[:50]:
            gap = abs(float(mine[token]) - theirs[token])
            worst, spread, counted = max(worst, gap), spread + gap, counted + 1
        if all(l in theirs for l in prompts.labels):
            a = [float(scores[l]) for l in prompts.labels]
            b = [theirs[l] for l in prompts.labels]
            labels_worst = max(labels_worst, max(abs((x - a[0]) - (y - b[0])) for x, y in zip(a, b)))
            flips += max(range(3), key=a.__getitem__) != max(range(3), key=b.__getitem__)
        else:
            absent += 1
    print(f"pairs: {len(items)}; same likeliest token {int(top)}; |Δ log p| of the 50 likeliest: mean {spread / max(1, counted):.4f}, largest {worst:.4f}; "
          f"labels: largest |Δ| of a difference {labels_worst:.4f}, verdict differs {int(flips)}, labels not among {options.most}: {absent}")


if __name__ == "__main__":
    main()

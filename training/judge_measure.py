"""Calibrates a judge on development examples and gives its figures on sets that took no part, beside lexical overlap.

  judge_measure.py --data DIR --examples DIR [--weights FILE] --out FILE [--most N] [--only NAME ...]

`--examples`: a folder that judge_data.py wrote. Without `--weights` the base is measured as it is. Rows, windows and the
choice among windows are those of evaluate.py.
"""
import argparse
import json
import os
import pickle
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import gguf
import torch

from calibrate import fit, softmax, threshold
from edits.common import coverage
from evaluate import claim_only, figures, rounded, sets, windows
from judge_gemma import Gemma, Lora
from judge_prompt import VERDICTS, Prompts, Spm, base
from judge_score import by_family, logits
from metrics import balanced

WRONG = {"supported": 0.05, "contradicted": 0.08}


class Lengths:
    """What `windows` asks of a tokenizer."""

    def __init__(self, spm):
        self.spm = spm

    def encode(self, text):
        return self.spm.encode(text), None


def middle(scores, right):
    """The threshold with the highest balanced accuracy."""
    best = max(sorted(set(scores))[:: max(1, len(scores) // 200)], key=lambda t: balanced([(s >= t, y) for s, y in zip(scores, right)]))
    return round(best, 3)


def calibrated(items, rows):
    """Temperature, bias and thresholds for each language from the development part; families weigh alike through their
    like numbers."""
    out = {"calibration": {}, "thresholds": {}}
    for lang in ("zh", "en"):
        mine = [(i, r) for i, r in zip(items, rows) if i["lang"] == lang]
        three = [(i, r) for i, r in mine if i["label"] in VERDICTS]
        temperature, bias = fit(torch.tensor([r for _, r in three]), torch.tensor([VERDICTS.index(i["label"]) for i, _ in three]))
        p = softmax(torch.tensor([r for _, r in mine]), temperature, torch.tensor(bias))
        out["calibration"][lang] = {"temperature": round(temperature, 4), "bias": [round(b, 4) for b in bias]}
        out["thresholds"][lang] = {name: threshold(p[:, c].tolist(), [i["label"] == name for i, _ in mine], WRONG[name])
                                   for c, name in enumerate(VERDICTS[:2])}
        out["thresholds"][lang]["middle"] = middle(p[:, 0].tolist(), [i["label"] == "supported" for i, _ in mine])
    return out


def judge(model, lora, prompts, items, calibration):
    """(p of the three, overlap) for each row, as in evaluate.py."""
    flat, owner, overlap, lengths = [], [], [], Lengths(prompts.spm)
    for at, row in enumerate(items):
        best = 0.0
        for text in windows(lengths, row):
            flat.append(prompts.ids(text, row["claim"]))
            owner.append(at)
            best = max(best, coverage(row["claim"], text, row["lang"]))
        overlap.append(best)
    found = [[] for _ in items]
    for at, row in zip(owner, logits(model, lora, flat)):
        about = calibration[items[at]["lang"]]
        found[at].append(softmax(torch.tensor(row), about["temperature"], torch.tensor(about["bias"])).tolist())
    return [(max(p, key=lambda q: q[0]) if len(p) == 1 or max(q[0] for q in p) >= 0.5 else max(p, key=lambda q: 1 - q[2]), o)
            for p, o in zip(found, overlap)], sum(map(len, flat))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--examples", type=Path, required=True)
    options.add_argument("--weights", type=Path)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--most", type=int, default=300, help="rows of a set, drawn with a fixed seed")
    options.add_argument("--dev", type=int, default=100, help="development examples of a family")
    options.add_argument("--only", nargs="*")
    options = options.parse_args()
    torch.set_num_threads(1)
    prompts = Prompts(Spm.of(gguf.GGUFReader(str(base()))))
    model = Gemma(base(), prompts.labels)
    lora = Lora.of(model, torch.load(options.weights)) if options.weights else None
    taken, dev = {}, []
    for item in pickle.loads((options.examples / "dev.pickle").read_bytes()):
        taken[item["family"]] = taken.get(item["family"], 0) + 1
        if taken[item["family"]] <= options.dev:
            dev.append(item)
    rows = logits(model, lora, [i["ids"] for i in dev])
    result = {"dev": by_family(dev, rows)[1], **calibrated(dev, rows), "sets": {}}
    print(json.dumps(rounded(result)), flush=True)
    for name, items in sets(options.data, options.most):
        if not items or options.only and name not in options.only:
            continue
        judged, tokens = judge(model, lora, prompts, items, result["calibration"])
        labels, langs = [r["label"] for r in items], [r["lang"] for r in items]
        made = figures(judged, labels, result["thresholds"], langs)
        made["bacc_middle"] = balanced([(p[0] >= result["thresholds"][lang]["middle"], l == "supported") for (p, _), l, lang in zip(judged, labels, langs)])
        made["tokens"] = tokens
        result["sets"][name] = made
        print(name, json.dumps(rounded(made)), flush=True)
        options.out.write_text(json.dumps(rounded(result), ensure_ascii=False, indent=1) + "\n")
    train = pickle.loads((options.examples / "train.pickle").read_bytes())
    test = pickle.loads((options.examples / "dev.pickle").read_bytes()) + pickle.loads((options.examples / "sealed.pickle").read_bytes())
    result["claim_only"] = {}
    for name in sorted({i["family"] for i in test if not i["family"].endswith("-missing")}):
        mine = [i for i in test if i["family"] in (name, f"{name}-missing")]
        if len({i["label"] == "supported" for i in mine}) == 2:
            result["claim_only"][name] = {"n": len(mine), **claim_only([i for i in train if i["lang"] == mine[0]["lang"]], mine)}
    print(json.dumps(rounded(result["claim_only"])))
    options.out.write_text(json.dumps(rounded(result), ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()

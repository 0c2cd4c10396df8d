"""Makes the judge's examples: natural claims first, a share of edited ones, tokenised for its base model.

  judge_data.py --data DIR --examples DIR --out DIR [--open] [--rest 0.25]

`--examples` is a folder that build.py wrote (its splits are kept). `--open` leaves out the set marked non-commercial; `--rest` takes
only a share of the others, to go on with that one after a run without it.
"""
import argparse
import gzip
import json
import pickle
import random
from collections import Counter
from pathlib import Path

import gguf

from build import split_of
from edits.common import coverage
from evaluate import held_tenth
from judge_prompt import Prompts, Spm, base
from sources import entity, rows
from tuples import example

SEED = 20261125
# The most examples of a family in the training part; None: all there are.
MOST = {"ocnli": None, "fever": 1600, "climate": None, "covidfact": 1000, "scifact": None, "wice": 120, "cg2c": 60, "begin": 60,
        "cmrc": 1400, "fever-missing": 250, "climate-missing": 300, "covidfact-missing": 300, "scifact-missing": 150,
        "edits-zh": 900, "edits-en": 450}


def ocnli(data):
    """Chinese inference in everyday sentences; the tenth that evaluate.py measures on stays out."""
    for row in rows(data / "train/ocnli_train.jsonl"):
        if not held_tenth(row):
            yield example("ocnli", "zh", row["evidence"][0], row["evidence"][0], row["claim"], row["label"])


def begin(data):
    for row in rows(data / "train/begin_dev.jsonl"):
        evidence = " ".join(row["evidence"])
        yield example("begin", "en", evidence[:40], evidence, row["claim"], row["label"], weight=0.5)


def missing(name, data, file, wanted, rng):
    """Claims of a set with the evidence of another claim that shares most words: the claim alone does not tell."""
    items = rows(data / f"train/{file}.jsonl")
    texts = sorted({(" ".join(r["evidence"])[:900], r["claim"]) for r in items})
    for row in rng.sample(items, min(wanted, len(items))):
        near = max(rng.sample(texts, min(80, len(texts))), key=lambda t: coverage(row["claim"], t[0], "en") * (t[1] != row["claim"]))
        if near[1] != row["claim"] and coverage(row["claim"], near[0], "en") < 0.6:
            # The group of the set itself, so that a claim lies in one part only.
            group = " ".join(row["evidence"])[:40] if name == "covidfact" else entity(row["claim"])
            yield example(f"{name}-missing", "en", group, near[0], row["claim"], "unsupported")


def family(item):
    """cmrc and the labelled sets by name, edited sentences by language."""
    return item["source"] if item["source"] in MOST else f"edits-{item['lang']}"


def gathered(options):
    """(split, example) of everything with a verdict."""
    for split in ("train", "dev", "sealed"):
        with gzip.open(options.examples / f"{split}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                item = json.loads(line)
                if item["label"] is not None:
                    yield split, item
    rng = random.Random(SEED)
    more = [] if options.open else list(ocnli(options.data))
    more += begin(options.data)
    more += missing("climate", options.data, "climate_fever", 700, rng)
    more += missing("covidfact", options.data, "covidfact_train_rte", 600, rng)
    more += missing("scifact", options.data, "scifact_train_rte", 300, rng)
    for item in more:
        yield split_of(item["group"]), item


def tokenised(prompts, item):
    prefix, suffix = prompts.pair(item["evidence"], item["claim"])
    return {"ids": prefix + suffix, "claim_at": len(prefix), "label": item["label"], "weight": item["weight"], "source": item["source"],
            "family": family(item), "lang": item["lang"], "operator": item["operator"],
            "overlap": coverage(item["claim"], item["evidence"], item["lang"]), "evidence": item["evidence"], "claim": item["claim"]}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--examples", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--open", action="store_true")
    options.add_argument("--rest", type=float, default=1.0)
    options = options.parse_args()
    prompts = Prompts(Spm.of(gguf.GGUFReader(str(base()))))
    parts, seen = {"train": {}, "dev": {}, "sealed": {}}, set()
    for split, item in gathered(options):
        key = (item["evidence"], item["claim"])
        if key not in seen:
            seen.add(key)
            parts[split].setdefault(family(item), []).append(item)
    options.out.mkdir(parents=True, exist_ok=True)
    summary = {}
    for split, families in parts.items():
        rng = random.Random(f"{SEED} {split}")
        out = []
        for name, items in sorted(families.items()):
            most = (MOST[name] or len(items)) if split == "train" else 150
            if split == "train" and name != "ocnli":
                most = round(most * options.rest)
            out += [tokenised(prompts, i) for i in (items if len(items) <= most else rng.sample(items, most))]
        rng.shuffle(out)
        (options.out / f"{split}.pickle").write_bytes(pickle.dumps(out))
        tokens, labels = Counter(), Counter()
        for made in out:
            tokens[made["family"]] += len(made["ids"])
            labels[f"{made['family']} {made['label']}"] += 1
        summary[split] = {"pairs": len(out), "tokens": sum(tokens.values()), "by_family": dict(tokens.most_common()), "labels": dict(sorted(labels.items()))}
    (options.out / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    print(json.dumps(summary, indent=1))


if __name__ == "__main__":
    main()

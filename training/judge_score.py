"""Scores of the judge for many prompts at once, on all threads, and the development figures."""
import os
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from judge_prompt import VERDICTS
from metrics import auc, balanced


def packs(lengths, limit):
    """Groups of indices of at most `limit` tokens, long texts first."""
    out, size = [], limit + 1
    for at in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if size + lengths[at] > limit:
            out.append([])
            size = 0
        out[-1].append(at)
        size += lengths[at]
    return out


def logits(model, lora, texts, threads=2, limit=1024):
    """Three logits for each text (a list of ids)."""
    out = [None] * len(texts)

    def work(group):
        with torch.no_grad():
            for at, row in zip(group, model([texts[i] for i in group], lora).tolist()):
                out[at] = row

    with ThreadPoolExecutor(threads, initializer=lambda: torch.set_num_threads(1)) as pool:
        list(pool.map(work, packs(list(map(len, texts)), limit)))
    return out


def probabilities(rows):
    return torch.softmax(torch.tensor(rows), -1).tolist()


def by_family(items, rows):
    """For each family: n, balanced accuracy at one half, AUC of supported against the rest, that of lexical overlap, and
    the accuracy over three verdicts where the labels name them."""
    found = {}
    for item, p in zip(items, probabilities(rows)):
        found.setdefault(item["family"], []).append((p, item["label"], item["overlap"]))
    out = {}
    for name, group in sorted(found.items()):
        right = [label == "supported" for _, label, _ in group]
        row = {"n": len(group)}
        if len(set(right)) == 2:
            row["bacc"] = balanced([(p[0] >= 0.5, y) for (p, _, _), y in zip(group, right)])
            row["auc"] = auc([(p[0], y) for (p, _, _), y in zip(group, right)])
            row["overlap_auc"] = auc([(o, y) for (_, _, o), y in zip(group, right)])
        labels = [label for _, label, _ in group]
        if set(labels) == set(VERDICTS):
            row["accuracy3"] = sum(max(range(3), key=p.__getitem__) == VERDICTS.index(label) for p, label, _ in group) / len(group)
        out[name] = row
    judged = [r for r in out.values() if "auc" in r]
    return sum(r["auc"] for r in judged) / max(1, len(judged)), out

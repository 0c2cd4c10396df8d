"""Fits the linear map that moves questions towards the passages that answer them (`src/retrieve/adapter.rs`).

    training/query_adapter.py --legal HOME --science HOME --data DIR [--out FILE]

Passages keep their vectors: `--legal` and `--science` are data folders of Attest that hold `law-zh` and `scifact-en` with
all their vectors. Questions are embedded here, once; then W and b of `unit(W x + b)` are fitted so that, among *all*
passages in force, those that answer come first (cross-entropy over all of them), while W stays near the identity and
questions of other fields stay where they are (`ANCHOR`). Weights are averaged over the later epochs.

Questions that share an answering passage are kept together when they are split: a third is the test that nothing is
chosen by, a tenth is the development part. Needs torch and numpy.
"""
import argparse
import gzip
import hashlib
import json
import sqlite3
import struct
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from container import Container, fetch
from model import Verifier
from tokenizer import Tokenizer

TEMPERATURE = 0.02
RATE = 1e-3
BATCH = 64
EPOCHS = 24
# Epochs whose weights are averaged.
AVERAGED = 12
# Pull of W to the identity, and of questions of other fields to where they were.
TO_IDENTITY = 0.03
ANCHOR = 20.0
QUESTION_TOKENS = 126


def rows(folder, name):
    path = folder / f"{name}.jsonl"
    opened = path.open(encoding="utf-8") if path.exists() else gzip.open(f"{path}.gz", "rt", encoding="utf-8")
    with opened as lines:
        return [json.loads(line) for line in lines if line.strip()]


class Passages:
    """Vectors of the passages in force of one data folder, and where each locator's passages stand."""

    def __init__(self, home):
        db = sqlite3.connect(f"file:{Path(home) / 'attest.db'}?mode=ro", uri=True)
        found = db.execute(
            """SELECT d.key, c.locator, v.floats FROM vectors v JOIN chunks c ON c.id = v.chunk_id
               JOIN document_versions dv ON dv.id = c.version_id JOIN documents d ON d.id = dv.document_id
               WHERE dv.current = 1 AND dv.status NOT IN ('repealed', 'historical', 'not_yet_in_force')
               ORDER BY v.sequence"""
        ).fetchall()
        self.vectors = torch.from_numpy(np.frombuffer(b"".join(r[2] for r in found), "<f4").reshape(len(found), -1).copy())
        self.names = [(key, locator) for key, locator, _ in found]
        self.at = {}
        for i, (key, locator) in enumerate(self.names):
            self.at.setdefault((key, locator), []).append(i)
            self.at.setdefault((key, None), []).append(i)


def split(pairs):
    """Pairs of one set as (train, dev, test): those that share an answer stay together."""
    parent = list(range(len(pairs)))

    def root(x):
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    first = {}
    for i, (_, answers) in enumerate(pairs):
        for answer in answers:
            if answer in first:
                parent[root(i)] = root(first[answer])
            first.setdefault(answer, i)
    groups = {}
    for i in range(len(pairs)):
        groups.setdefault(root(i), []).append(i)
    train, dev, test = [], [], []
    for group in sorted(groups.values(), key=lambda g: hashlib.sha256(pairs[g[0]][0].encode()).hexdigest()):
        if len(group) > 60:
            part = train
        elif len(test) < len(pairs) / 3:
            part = test
        elif len(dev) < len(pairs) / 10:
            part = dev
        else:
            part = train
        part.extend(pairs[i] for i in group)
    return train, dev, test


class Questions:
    def __init__(self, container):
        self.container, self.tokenizer = container, Tokenizer.of(container)
        self.trunk = Verifier.of(container).eval()

    @torch.no_grad()
    def embed(self, texts):
        c = self.container
        ids = [[c.bos, *self.tokenizer.encode("query: " + text)[0][:QUESTION_TOKENS], c.eos] for text in texts]
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        out = torch.empty(len(ids), c.hidden)
        for start in range(0, len(order), 32):
            part = order[start : start + 32]
            longest = max(len(ids[i]) for i in part)
            batch = torch.full((len(part), longest), c.pad)
            lengths = torch.tensor([len(ids[i]) for i in part])
            for row, i in enumerate(part):
                batch[row, : len(ids[i])] = torch.tensor(ids[i])
            inside = (torch.arange(longest)[None] < lengths[:, None]).float()[..., None]
            pooled = (self.trunk.trunk(batch, lengths) * inside).sum(1) / inside.sum(1)
            out[part] = F.normalize(pooled, dim=-1)
        return out


class Task:
    """Questions of one set with their passages."""

    def __init__(self, name, passages, pairs, questions):
        self.name, self.passages = name, passages
        self.vectors = questions.embed([q for q, _ in pairs])
        self.answers = [torch.tensor(sorted({j for a in answers for j in passages.at[a]})) for _, answers in pairs]
        self.wanted = [answers for _, answers in pairs]

    def loss(self, part, weight, bias):
        scores = F.normalize(self.vectors[part] @ weight.T + bias, dim=-1) @ self.passages.vectors.T / TEMPERATURE
        everything = scores.logsumexp(1)
        return sum(everything[i] - scores[i, self.answers[p]].mean() for i, p in enumerate(part)) / len(part)

    @torch.no_grad()
    def recall(self, weight, bias):
        """Share of the answers among the first 10 and 100 passages."""
        top = (F.normalize(self.vectors @ weight.T + bias, dim=-1) @ self.passages.vectors.T).topk(300, 1).indices
        found = []
        for wanted, ranked in zip(self.wanted, top.tolist()):
            names = list(dict.fromkeys(self.passages.names[j] for j in ranked))
            hits = lambda k: sum(any(n == a or (a[1] is None and n[0] == a[0]) for n in names[:k]) for a in wanted)
            found.append((hits(10) / len(wanted), hits(100) / len(wanted)))
        return " / ".join(f"{x:.3f}" for x in np.mean(found, 0))


def legal_pairs(data, passages):
    """(train, dev, test) of LeCoQA, and further pairs for training."""
    known = lambda answers: answers and all(a in passages.at for a in answers)
    lecoqa = [
        (r["query"], [(a["key"], a["locator"]) for a in r["relevant"]])
        for r in rows(data / "bench", "lecoqa_dev_retrieval")
        if r["slice"] == "current"
    ]
    train, dev, test = split([(q, answers) for q, answers in lecoqa if known(answers)])
    held = {a for _, answers in dev + test for a in answers}
    more = [(r["query"], [(a["key"], a["locator"]) for a in r["relevant"]]) for r in rows(data / "bench", "lawbench_3-2_retrieval")]
    for r in rows(data / "bench", "lawyer_llama_audit"):
        cited = {(c["key"], c["article"]): None for c in r["claims"] if c["label"] == "supported" and c.get("key")}
        more.append((r["question"], [a for a in cited if a in passages.at]))
    train += [(q, answers) for q, answers in more if known(answers) and not held.intersection(answers)]
    return train, dev, test


def science_pairs(data, passages):
    claims = [(r["query"], [(a["key"], None) for a in r["relevant"]]) for r in rows(data / "bench", "scifact_train_retrieval")]
    return split([(q, answers) for q, answers in claims if all(a in passages.at for a in answers)])


def other_questions(data):
    """Of other fields: questions of patients, and sentences of Chinese medical papers."""
    out = [s["path"][-1] for d in rows(data / "corpora/medquad-en", "documents")[::4] for s in d["sections"]]
    for d in rows(data / "corpora/chinaxiv-zh", "documents"):
        out += [s["text"].split("。")[0][:80] for s in d["sections"][:8]]
    return [text for text in out if len(text) > 8][:2500]


def fit(tasks, anchors, dev, rate=RATE, epochs=EPOCHS, to_identity=TO_IDENTITY, anchor=ANCHOR, seed=1):
    torch.manual_seed(seed)
    width = anchors.shape[1]
    weight, bias = torch.nn.Parameter(torch.eye(width)), torch.nn.Parameter(torch.zeros(width))
    optimiser = torch.optim.Adam([weight, bias], lr=rate)
    sums, count = [torch.zeros_like(weight), torch.zeros_like(bias)], 0
    for epoch in range(epochs):
        batches = [(t, part.tolist()) for t in tasks for part in torch.randperm(len(t.answers)).split(BATCH)]
        for at in torch.randperm(len(batches)).tolist():
            task, part = batches[at]
            some = anchors[torch.randint(len(anchors), (BATCH,))]
            moved = F.normalize(some @ weight.T + bias, dim=-1)
            loss = task.loss(part, weight, bias)
            loss = loss + to_identity * ((weight - torch.eye(width)) ** 2).sum() + anchor * (1 - (moved * some).sum(1)).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        if epoch >= epochs - AVERAGED:
            count += 1
            for total, now in zip(sums, (weight, bias)):
                total += now.detach()
        if epoch % 6 == 5:
            now = [s / count for s in sums] if count else [weight.detach(), bias.detach()]
            print(f"  epoch {epoch + 1}: " + "; ".join(f"{t.name} {t.recall(*now)}" for t in dev), flush=True)
    return [s / count for s in sums]


def write(path, weight, bias, metadata):
    tensors, data = {"__metadata__": metadata}, b""
    for name, tensor in (("weight", weight), ("bias", bias)):
        raw = tensor.numpy().astype("<f2").tobytes()
        tensors[name] = {"dtype": "F16", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    header = json.dumps(tensors).encode()
    header += b" " * (-len(header) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--legal", type=Path, required=True)
    parser.add_argument("--science", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base-sha256", required=True, help="of the embedding model's GGUF")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--held-out", type=Path, help="write the legal questions of dev and test here, with their `part`")
    parser.add_argument("--to-identity", type=float, default=TO_IDENTITY)
    parser.add_argument("--anchor", type=float, default=ANCHOR)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--test", action="store_true", help="figures of the test part: once, when everything is chosen")
    args = parser.parse_args()
    questions = Questions(Container(fetch(Path.home() / ".cache/attest/training")))
    sets = [("law", legal_pairs, args.legal), ("science", science_pairs, args.science)]
    train, dev, test = [], [], []
    for name, pairs, home in sets:
        if home is None:
            continue
        passages = Passages(home)
        parts = pairs(args.data, passages)
        print(f"{name}: {len(passages.names)} passages; questions: " + ", ".join(f"{len(p)} {n}" for p, n in zip(parts, ("train", "dev", "test"))))
        for into, part in zip((train, dev, test), parts):
            into.append(Task(name, passages, part, questions))
        if args.held_out and name == "law":
            part = {q: n for p, n in zip(parts[1:], ("dev", "test")) for q, _ in p}
            lecoqa = rows(args.data / "bench", "lecoqa_dev_retrieval")
            kept = [{**r, "part": part[r["query"]]} for r in lecoqa if r["query"] in part]
            args.held_out.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in kept), encoding="utf-8")
    anchors = questions.embed(other_questions(args.data))
    plain = [torch.eye(anchors.shape[1]), torch.zeros(anchors.shape[1])]
    print("recall@10 / @100, untuned: " + "; ".join(f"{t.name} {t.recall(*plain)}" for t in dev))
    fitted = fit(train, anchors, dev, epochs=args.epochs, to_identity=args.to_identity, anchor=args.anchor, seed=args.seed)
    print("averaged: " + "; ".join(f"{t.name} {t.recall(*fitted)}" for t in dev))
    stay = (F.normalize(anchors @ fitted[0].T + fitted[1], dim=-1) * anchors).sum(1)
    print(f"questions of other fields: cosine to their place, mean {stay.mean():.3f}, least {stay.min():.3f}")
    if args.test:
        for task in test:
            print(f"test, {task.name}: untuned {task.recall(*plain)}, tuned {task.recall(*fitted)}")
    if args.out:
        write(args.out, *fitted, {"base_sha256": args.base_sha256, "trained": "training/query_adapter.py"})


if __name__ == "__main__":
    main()

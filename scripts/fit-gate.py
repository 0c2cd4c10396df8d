#!/usr/bin/env python3
"""Fits the answerability gate (src/answer/sufficiency.rs) on development questions.

  attest eval answers QUESTIONS.jsonl --collection C --gate-only --out features.jsonl
  scripts/fit-gate.py [N*]QUESTIONS.jsonl features.jsonl [[N*]QUESTIONS.jsonl features.jsonl ...]

`20*tests/data/questions.jsonl` counts each of these questions 20 times in the fit, once in the figures.

Logistic regression for each language on one half of the questions (by a hash of their text), figures on the other half.
Never fit it on corpora/*/cases.jsonl: those are the test. Python standard library only.
"""
import hashlib
import json
import math
import sys
from pathlib import Path

NAMES = ["cosine", "margin", "best_coverage", "union_coverage", "bm25", "agreement"]


def rows(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def fit(data, steps=4000, rate=0.3, l2=1e-3):
    """data: [(features, label)]; returns bias and weights for unstandardised features. Classes weigh the same."""
    n = len(NAMES)
    mean = [sum(x[i] for x, _ in data) / len(data) for i in range(n)]
    std = [max(1e-6, (sum((x[i] - mean[i]) ** 2 for x, _ in data) / len(data)) ** 0.5) for i in range(n)]
    z = [([(x[i] - mean[i]) / std[i] for i in range(n)], y) for x, y in data]
    share = {y: 0.5 / max(1, sum(t == y for _, t in z)) for y in (0, 1)}
    b, w = 0.0, [0.0] * n
    for _ in range(steps):
        gb, gw = 0.0, [l2 * v for v in w]
        for x, y in z:
            p = 1 / (1 + math.exp(-max(-30, min(30, b + sum(a * c for a, c in zip(w, x))))))
            d = (p - y) * share[y]
            gb += d
            for i in range(n):
                gw[i] += d * x[i]
        b -= rate * gb
        # Every feature speaks for an answer; a negative weight would be noise.
        w = [max(0.0, v - rate * g) for v, g in zip(w, gw)]
    return b - sum(w[i] * mean[i] / std[i] for i in range(n)), [w[i] / std[i] for i in range(n)]


def figures(data, b, w, threshold):
    said = [(1 / (1 + math.exp(-(b + sum(a * c for a, c in zip(w, x))))) >= threshold, y) for x, y in data]
    abstained = [y for s, y in said if not s]
    unanswerable = [s for s, y in said if y == 0]
    precision = sum(y == 0 for y in abstained) / max(1, len(abstained))
    recall = sum(not s for s in unanswerable) / max(1, len(unanswerable))
    answered = sum(s for s, y in said if y == 1) / max(1, sum(y == 1 for _, y in said))
    return f"abstention precision {precision:.3f} recall {recall:.3f}; answerable ones answered {answered:.3f}; baseline (always abstain) precision {len(unanswerable) / len(said):.3f}"


def main():
    if len(sys.argv) < 3 or len(sys.argv) % 2 == 0:
        sys.exit(__doc__)
    data = []
    for questions, features in zip(sys.argv[1::2], sys.argv[2::2]):
        times, questions = questions.split("*") if "*" in questions else ("1", questions)
        gold = {r["id"]: r for r in rows(questions)}
        for p in rows(features):
            q, g = gold[p["id"]], p["gate"]
            if g["direct"] == 0:
                half = int(hashlib.sha256(q["question"].encode()).hexdigest(), 16) % 2
                data.append((g["lang"], half, [g[n] for n in NAMES], int(q["answerable"]), q.get("origin", Path(questions).stem), int(times)))
    # The margin and the rest speak against questions in everyday words, which these sets hardly hold: cosine alone.
    others = tuple(range(1, len(NAMES)))
    for name, pick, blank in (("zh", lambda l: l == "zh", others), ("en", lambda l: l == "en", others), ("words_only", lambda l: True, (0, 1, 5))):
        part = [(half, [0.0 if i in blank else v for i, v in enumerate(x)], y, o, n) for l, half, x, y, o, n in data if pick(l)]
        if not part:
            continue
        b, w = fit([(x, y) for half, x, y, _, n in part if half == 0 for _ in range(n)])
        print(f"{name}: Weights {{ bias: {b:.3f}, values: [{', '.join(f'{v:.3f}' for v in w)}] }}")
        for threshold in (0.4, 0.5, 0.6):
            print(f"  held-out half, threshold {threshold}: {figures([(x, y) for half, x, y, _, _ in part if half == 1], b, w, threshold)}")
        for origin in sorted({o for _, _, _, o, _ in part}):
            own = [(x, y) for half, x, y, o, _ in part if half == 1 and o == origin]
            if own:
                passed = sum(1 / (1 + math.exp(-(b + sum(a * c for a, c in zip(w, x))))) >= 0.5 for x, _ in own)
                print(f"    {origin}: {passed} of {len(own)} answered")


if __name__ == "__main__":
    main()

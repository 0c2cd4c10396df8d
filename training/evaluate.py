"""Figures of trained weights on sets that took no part in training, beside the baselines.

  evaluate.py --data DIR --examples DIR --weights FILE --calibration FILE [--most N] [--only NAME ...] --out FILE

Baselines in every row: lexical overlap of claim and evidence; on the own battery also a model that sees the claim only.
Long evidence is cut into windows on sentence borders; the best window by overlap and its two followers are read, and
support is the largest of theirs.
"""
import argparse
import bisect
import gzip
import hashlib
import json
import math
import pickle
import random
import re
from pathlib import Path

import torch

from calibrate import softmax
from container import Container, fetch
from edits.common import coverage, sentences
from metrics import auc, balanced, calibration_error, sigmoid
from model import LABELS, Verifier
from sources import rows
from tokenizer import Tokenizer, pair
from train import predict

# AUC of the logistic score over the bi-encoder's cosine that the project used before, from src/verify/entail.rs.
BEFORE = {"healthver": 0.68, "contractnli": 0.66, "ocnli": 0.64, "factool": 0.55}


def held_tenth(row):
    return hashlib.blake2b(row["id"].encode(), digest_size=2).digest()[0] % 10 == 0


def sets(data, most):
    """(name, rows of claim, evidence sentences, label, lang)."""
    def sample(items):
        items = list(items)
        return items if len(items) <= most else random.Random(3).sample(items, most)

    yield "healthver", sample(rows(data / "bench/healthver_dev.jsonl"))
    yield "ocnli", sample(r for r in rows(data / "train/ocnli_train.jsonl") if held_tenth(r))
    yield "contractnli", sample(rows(data / "bench/contractnli_dev.jsonl"))
    yield "factool", sample(rows(data / "train/factool_chinese.jsonl"))
    yield "covidfact", sample(rows(data / "bench/covidfact_rest.jsonl"))
    audit = []
    for row in rows(data / "bench/factcheck_gpt_audit.jsonl"):
        for number, claim in enumerate(row["claims"]):
            if claim["label"] != "unscored":
                audit.append({"id": f"{row['id']}#{number}", "lang": "en", "claim": claim["text"], "evidence": row["sources"], "label": claim["label"]})
    yield "factcheck_gpt", sample(audit)


def windows(tokenizer, row, limit=190, most=3):
    """Texts of at most `limit` tokens, nearest to the claim first."""
    pieces = [s for text in row["evidence"] for s in sentences(text, "zh" if re.search("[\u4e00-\u9fff]", text) else "en")]
    out, current, size = [], [], 0
    for piece in pieces:
        count = len(tokenizer.encode(piece)[0])
        if current and size + count > limit:
            out.append(current)
            # One sentence of overlap, so that no neighbours are torn apart.
            current = current[-1:] if len(current) > 1 and len(tokenizer.encode(current[-1])[0]) + count <= limit else []
            size = sum(len(tokenizer.encode(c)[0]) for c in current)
        current.append(piece)
        size += count
    if current:
        out.append(current)
    joined = [("" if row["lang"] == "zh" else " ").join(w) for w in out] or [""]
    return sorted(joined, key=lambda w: -coverage(row["claim"], w, row["lang"]))[:most]


def judge(model, tokenizer, items, calibration):
    """(p of the three, overlap) for each row: of the window with the largest share for supported or contradicted."""
    flat, owner, overlap = [], [], []
    for at, row in enumerate(items):
        best = 0.0
        for text in windows(tokenizer, row):
            flat.append({"ids": pair(tokenizer, text, row["claim"])[0]})
            owner.append(at)
            best = max(best, coverage(row["claim"], text, row["lang"]))
        overlap.append(best)
    found = [[] for _ in items]
    for at, (verdict, *_) in zip(owner, predict(model, flat)):
        about = calibration[items[at]["lang"]]
        found[at].append(softmax(torch.tensor(verdict), about["temperature"], torch.tensor(about["bias"])).tolist())
    return [(max(p, key=lambda q: q[0]) if len(p) == 1 or max(q[0] for q in p) >= 0.5 else max(p, key=lambda q: 1 - q[2]), o)
            for p, o in zip(found, overlap)]


def ranks(values):
    """The share of values below each; ties share theirs. Two scores are added as ranks, which needs no fitting."""
    order = sorted(values)
    return [(bisect.bisect_left(order, v) + bisect.bisect_right(order, v)) / 2 / len(order) for v in values]


def figures(judged, labels, thresholds, langs):
    right = [l == "supported" for l in labels]
    out = {"n": len(labels), "supported": sum(right), "overlap_auc": auc([(o, y) for (_, o), y in zip(judged, right)]),
           "auc": auc([(p[0], y) for (p, _), y in zip(judged, right)]),
           "auc_with_overlap": auc([(a + b, y) for a, b, y in zip(ranks([p[0] for p, _ in judged]), ranks([o for _, o in judged]), right)]),
           "bacc": balanced([(p[0] >= 0.5, y) for (p, _), y in zip(judged, right)]),
           "ece": calibration_error([(p[0], y) for (p, _), y in zip(judged, right)])}
    passed = [y for (p, _), y, lang in zip(judged, right, langs) if p[0] >= thresholds[lang]["supported"]]
    out["passed_at_threshold"] = len(passed)
    out["wrong_of_passed"] = passed.count(False) / len(passed) if passed else None
    if set(labels) == set(LABELS):
        said = [LABELS[max(range(3), key=lambda c: p[c])] for p, _ in judged]
        out["accuracy3"] = sum(s == l for s, l in zip(said, labels)) / len(labels)
        out["majority3"] = max(map(labels.count, LABELS)) / len(labels)
        out["recalls"] = {c: sum(s == l for s, l in zip(said, labels) if l == c) / labels.count(c) for c in LABELS}
    return out


def claim_only(train, test, epochs=3, size=1 << 17):
    """AUC and balanced accuracy of a logistic regression over the claim's words and pairs of words: what wording alone
    betrays."""
    def features(item):
        ids = item["ids"][item["claim_at"] : -1]
        return [hash(("u", a)) % size for a in ids] + [hash(("b", a, b)) % size for a, b in zip(ids, ids[1:])]

    weights, sums, bias = [0.0] * size, [1e-6] * size, 0.0
    rng = random.Random(5)
    data = [(features(i), i["label"] == "supported") for i in train]
    share = sum(y for _, y in data) / max(1, len(data))
    for _ in range(epochs):
        rng.shuffle(data)
        for x, y in data:
            p = sigmoid(bias + sum(weights[f] for f in x))
            g = (p - y) * (0.5 / share if y else 0.5 / (1 - share))
            bias -= 0.05 * g
            for f in x:
                sums[f] += g * g
                weights[f] -= 0.1 * g / math.sqrt(sums[f])
    scored = [(sigmoid(bias + sum(weights[f] for f in features(i))), i["label"] == "supported") for i in test]
    return {"auc": auc(scored), "bacc": balanced([(s >= 0.5, y) for s, y in scored])}


def overlap_of_best(logits, wanted, spans):
    """Whether the run of tokens with the highest mean logit among `spans` touches a wanted token."""
    best = max(spans, key=lambda s: sum(logits[s[0] : s[1]]) / max(1, s[1] - s[0]))
    return any(wanted[best[0] : best[1]])


def own(model, examples, options, calibration, thresholds):
    """The sealed battery: by family, by operator; spans and guilty words."""
    sealed = pickle.loads((examples / "sealed.pickle").read_bytes())
    with gzip.open(examples / "sealed.jsonl.gz", "rt", encoding="utf-8") as lines:
        raw = [json.loads(line) for line in lines]
    # The same order: build.py writes both files together.
    pairs = list(zip(sealed, raw))
    if len(pairs) > options.most * 2:
        pairs = random.Random(4).sample(pairs, options.most * 2)
    outputs = predict(model, [i for i, _ in pairs])
    by, operators, relevance = {}, {}, {}
    spans = {"zh": [0, 0], "en": [0, 0]}
    spans_first = {"zh": [0, 0], "en": [0, 0]}
    words = {"zh": [0, 0], "en": [0, 0]}
    clean = {"zh": [0, 0], "en": [0, 0]}
    tokenizer = options.tokenizer
    for (item, text), (verdict, guilty, support, asked) in zip(pairs, outputs):
        lang = item["lang"]
        edited = item["source"].split("-")[-1] in ("zh", "en") and item["source"] not in ("cmrc",)
        family = f"edits-{lang}" if edited else item["source"].replace("medquad-en-ask", "ask")
        if item["label"] is None:
            relevance.setdefault(f"questions-{lang}", []).append((asked, bool(item["relevance"]), item["overlap"]))
        else:
            about = calibration[lang]
            p = softmax(torch.tensor(verdict), about["temperature"], torch.tensor(about["bias"])).tolist()
            row = ((p, item["overlap"]), item["label"], lang)
            by.setdefault(family, []).append(row)
            if edited:
                operators.setdefault(f"{lang} {item['operator']}", []).append(row)
        # Sentences as runs of tokens.
        if item["support"] and any(item["support"]):
            _, begin, _, evidence_spans, _ = pair(tokenizer, text["evidence"], text["claim"])
            runs = sentence_runs(text["evidence"], evidence_spans, lang)
            if len(runs) >= 2:
                target = spans[lang] if item["label"] is not None else spans.setdefault("questions-" + lang, [0, 0])
                target[1] += 1
                target[0] += overlap_of_best(support[begin : begin + len(evidence_spans)], item["support"], runs)
                # Baseline: the sentence that shares most words with the claim.
                base = spans_first[lang] if item["label"] is not None else spans_first.setdefault("questions-" + lang, [0, 0])
                base[1] += 1
                shares = [coverage(text["claim"], text["evidence"][evidence_spans[a][0] : evidence_spans[b - 1][1]], lang) for a, b in runs]
                a, b = runs[max(range(len(runs)), key=lambda i: shares[i])]
                base[0] += any(item["support"][a:b])
        if item["guilty"] is not None and edited | (item["source"] == "cmrc"):
            logits = guilty[item["claim_at"] : item["claim_at"] + len(item["guilty"])]
            if any(item["guilty"]) and item["label"] == "contradicted":
                words[lang][1] += 1
                words[lang][0] += bool(item["guilty"][max(range(len(logits)), key=lambda i: logits[i])])
            elif item["label"] == "supported":
                clean[lang][1] += 1
                clean[lang][0] += sigmoid(max(logits)) < options.guilty
    out = {"families": {}, "operators": {}, "relevance": {}}
    for name, found in sorted(by.items()):
        out["families"][name] = figures([r[0] for r in found], [r[1] for r in found], thresholds, [r[2] for r in found])
    for name, found in sorted(operators.items()):
        if len({l == "supported" for _, l, _ in found}) == 2:
            out["operators"][name] = {k: v for k, v in figures([r[0] for r in found], [r[1] for r in found], thresholds,
                                                               [r[2] for r in found]).items() if k in ("n", "auc", "bacc", "overlap_auc")}
    for name, found in sorted(relevance.items()):
        out["relevance"][name] = {"n": len(found), "auc": auc([(s, y) for s, y, _ in found]), "overlap_auc": auc([(o, y) for _, y, o in found]),
                                  "bacc": balanced([(s >= 0, y) for s, y, _ in found])}
    share = lambda counts: {k: {"n": b, "share": a / b} for k, (a, b) in counts.items() if b}
    out["support_span_hits"], out["support_span_hits_lexical"] = share(spans), share(spans_first)
    out["guilty_word_hits"], out["no_guilty_word_in_supported"] = share(words), share(clean)
    train = [i for i in pickle.loads((examples / "train.pickle").read_bytes()) if i["label"] and i["source"].split("-")[-1] in ("zh", "en") and i["operator"]]
    out["claim_only"] = {}
    for lang in ("zh", "en"):
        test = [i for i in sealed if i["label"] and i["lang"] == lang and i["operator"] not in (None, "missing", "fused", "shortened", "answer")]
        out["claim_only"][lang] = {"n": len(test), **claim_only([i for i in train if i["lang"] == lang and i["operator"] not in ("missing", "fused", "shortened")], test)}
    return out


def sentence_runs(text, token_spans, lang):
    """(first, end) of the tokens of each sentence."""
    borders, at = [], 0
    for sentence in sentences(text, lang):
        found = text.find(sentence[:20], at)
        at = (found if found >= 0 else at) + len(sentence)
        borders.append(at)
    runs, start = [], 0
    for border in borders:
        end = start
        while end < len(token_spans) and token_spans[end][1] <= border:
            end += 1
        if end > start:
            runs.append((start, end))
        start = end
    return runs


def questions(model, tokenizer, data, name, most):
    """With the question in place of the claim: does the sentence with the highest mean support hold an answer, and does
    the highest relevance of a window tell answerable questions from others? Baseline: lexical overlap."""
    texts = {r["key"]: r["text"] for r in rows(data / f"bench/{name}.contexts.jsonl")}
    items = [r for r in rows(data / f"bench/{name}.jsonl") if r.get("context_keys")]
    items = random.Random(6).sample(items, min(most, len(items)))
    flat, owner = [], []
    for at, row in enumerate(items):
        source = {"evidence": [texts[k] for k in row["context_keys"]], "claim": row["question"], "lang": row["lang"]}
        for text in windows(tokenizer, source, most=4):
            ids, begin, _, spans, _ = pair(tokenizer, text, row["question"])
            flat.append({"ids": ids, "begin": begin, "spans": spans, "text": text})
            owner.append(at)
    best, lexical, relevance, overlap = {}, {}, {}, {}
    for at, window, (_, _, support, asked) in zip(owner, flat, predict(model, flat)):
        question, lang = items[at]["question"], items[at]["lang"]
        relevance[at] = max(relevance.get(at, -99), asked)
        overlap[at] = max(overlap.get(at, 0), coverage(question, window["text"], lang))
        logits = support[window["begin"] : window["begin"] + len(window["spans"])]
        for a, b in sentence_runs(window["text"], window["spans"], lang):
            sentence = window["text"][window["spans"][a][0] : window["spans"][b - 1][1]]
            for table, score in ((best, sum(logits[a:b]) / (b - a)), (lexical, coverage(question, sentence, lang))):
                if score > table.get(at, (-99, ""))[0]:
                    table[at] = (score, sentence)
    holds = lambda table: [any(a in table[at][1] for a in row["answers"]) for at, row in enumerate(items) if row["answerable"] and at in table]
    out = {"n": len(items), "answer_in_best_sentence": sum(holds(best)) / max(1, len(holds(best))),
           "answer_in_lexical_sentence": sum(holds(lexical)) / max(1, len(holds(lexical)))}
    right = [row["answerable"] for row in items]
    if len(set(right)) == 2:
        out["answerable_auc"] = auc([(relevance.get(at, -99), y) for at, y in enumerate(right)])
        out["answerable_overlap_auc"] = auc([(overlap.get(at, 0), y) for at, y in enumerate(right)])
    return out


def rounded(value):
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return value


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path)
    options.add_argument("--examples", type=Path, required=True)
    options.add_argument("--weights", type=Path, required=True)
    options.add_argument("--calibration", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--most", type=int, default=10_000, help="rows of a set, drawn with a fixed seed")
    options.add_argument("--only", nargs="*")
    options.add_argument("--cache", type=Path, default=Path.home() / ".cache/attest/training")
    options = options.parse_args()
    torch.set_num_threads(1)
    container = Container(fetch(options.cache))
    options.tokenizer = tokenizer = Tokenizer.of(container)
    model = Verifier.of(container)
    model.load_state_dict(torch.load(options.weights))
    fitted = json.loads(options.calibration.read_text())
    calibration, thresholds = fitted["calibration"], fitted["thresholds"]
    options.guilty = float(fitted["guilty_threshold"])
    result = {"sets": {}}
    if options.data:
        for name, items in sets(options.data, options.most):
            if not items or options.only and name not in options.only:
                continue
            judged = judge(model, tokenizer, items, calibration)
            result["sets"][name] = figures(judged, [r["label"] for r in items], thresholds, [r["lang"] for r in items])
            result["sets"][name]["before_auc"] = BEFORE.get(name)
            print(name, json.dumps(rounded(result["sets"][name])), flush=True)
            options.out.write_text(json.dumps(rounded(result), ensure_ascii=False, indent=1) + "\n")
        for name in ("cail_dev_qa", "fincuge_finqa_qa"):
            if options.only and name not in options.only:
                continue
            result.setdefault("questions", {})[name] = questions(model, tokenizer, options.data, name, min(options.most, 200))
            print(name, json.dumps(rounded(result["questions"][name])), flush=True)
    if not options.only or "own" in options.only:
        result["own"] = own(model, options.examples, options, calibration, thresholds)
        print(json.dumps(rounded(result["own"]), ensure_ascii=False))
    options.out.write_text(json.dumps(rounded(result), ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()

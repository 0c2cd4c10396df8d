#!/usr/bin/env python3
"""Makes the development questions that the answerability gate is fitted on (scripts/fit-gate.py).

  scripts/gate-questions.py DATA HELD_OUT OUT

DATA holds bench/ and corpora/ in the formats of the evaluation commands; HELD_OUT the legal questions that the question
adapter was not fitted on (`training/query_adapter.py --held-out`); OUT gets one file for each collection.
A question is answerable in a collection when all its passages are there. The others are near misses (the right field, the
wrong law or disease), and questions of other fields. Python standard library only.
"""
import gzip
import hashlib
import json
import sys
from pathlib import Path

CORPORA = Path(__file__).resolve().parent.parent / "corpora"


def rows(folder, name):
    path = folder / f"{name}.jsonl"
    opened = path.open(encoding="utf-8") if path.exists() else gzip.open(f"{path}.gz", "rt", encoding="utf-8")
    with opened as lines:
        return [json.loads(line) for line in lines if line.strip()]


def some(items, n, salt=""):
    """The same n of them every time."""
    return sorted(items, key=lambda x: hashlib.sha256((salt + str(x)).encode()).hexdigest())[:n]


def documents(collection):
    return rows(CORPORA / collection, "documents")


def write(out, collection, questions):
    """questions: (text, answerable, origin)"""
    seen, kept = set(), []
    for text, answerable, origin in questions:
        if text not in seen:
            seen.add(text)
            kept.append({"id": f"{collection}-{len(kept)}", "question": text, "answerable": answerable, "answers": [], "origin": origin})
    (out / f"{collection}.jsonl").write_text("".join(json.dumps(k, ensure_ascii=False) + "\n" for k in kept), encoding="utf-8")
    print(f"{collection}: {len(kept)} questions, {sum(k['answerable'] for k in kept)} answerable")


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    data, held_out, out = map(Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    lecoqa = [json.loads(line) for line in held_out.read_text(encoding="utf-8").splitlines()]
    medquad = rows(data / "corpora/medquad-en", "documents")
    papers = rows(data / "corpora/chinaxiv-zh", "documents")
    asked = lambda document: [s["path"][-1] for s in document["sections"] if s["path"] and "?" in s["path"][-1]]

    here = {d["key"] for d in documents("legal-zh")}
    inside = [r["query"] for r in lecoqa if all(x["key"] in here for x in r["relevant"])]
    outside = [r["query"] for r in lecoqa if not any(x["key"] in here for x in r["relevant"])]
    titles = [d["title"] + "的结论是什么？" for d in papers]
    english = [q for d in medquad for q in asked(d)]
    write(out, "legal-zh", [(q, True, "lecoqa in") for q in some(inside, 400)]
          + [(q, False, "lecoqa out") for q in some(outside, 300)]
          + [(q, False, "medicine") for q in titles] + [(q, False, "english medicine") for q in some(english, 60)])

    here = {d["key"] for d in documents("medical-en")}
    inside = [q for d in medquad if d["key"] in here for q in asked(d)]
    outside = [q for d in medquad if d["key"] not in here for q in asked(d)]
    rules = [f"{s['path'][-1]}?" for d in documents("legal-en") for s in d["sections"] if s.get("path")]
    write(out, "medical-en", [(q, True, "medquad in") for q in inside]
          + [(q, False, "medquad out") for q in some(outside, 300)] + [(q, False, "law") for q in some(set(rules), 80)])

    heading = lambda d, s: f"What does {d['title']} say about {s['path'][-1].lower()}?"
    for collection in ("legal-en", "finance-en"):
        inside = [heading(d, s) for d in documents(collection) for s in d["sections"] if s.get("path") and 8 < len(s["path"][-1]) < 90]
        write(out, collection, [(q, True, "headings") for q in some(set(inside), 120)]
              + [(q, False, "medicine") for q in some(english, 150, collection)])


if __name__ == "__main__":
    main()

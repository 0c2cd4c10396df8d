"""Readers of the labelled sets. Each yields examples; what is missing is left out with a line on stderr."""
import gzip
import json
import random
import re
import sys
from pathlib import Path

from edits import zh
from edits.common import coverage, sentences
from tuples import example


def rows(path: Path):
    for candidate in (path, path.with_name(path.name + ".gz")):
        if candidate.exists():
            opener = gzip.open if candidate.suffix == ".gz" else open
            with opener(candidate, "rt", encoding="utf-8") as lines:
                return [json.loads(line) for line in lines if line.strip()]
    print(f"{path} is not there: left out", file=sys.stderr)
    return []


def entity(claim):
    """What a claim is about, as the key that keeps its like in one split."""
    return " ".join(re.findall(r"\w+", claim)[:2]).lower()


def untokenise(text):
    """Undoes the spaces that FEVER's tokenizer left."""
    text = text.replace("-LRB-", "(").replace("-RRB-", ")").replace("``", '"').replace("''", '"')
    text = re.sub(r" ([,.;:)%!?])", r"\1", text)
    return re.sub(r"\( ", "(", re.sub(r" 's\b", "'s", text))


def fever(data):
    """Refuted claims are the half that is not supported: the set holds as many of one as of the other."""
    for row in rows(data / "train/fever_dev_rte.jsonl"):
        evidence = untokenise(" ".join(row["evidence"]))
        label = "supported" if row["label"] == "supported" else "contradicted"
        whole = [(0, len(evidence))] if len(evidence) < 220 else None
        yield example("fever", "en", entity(row["claim"]), evidence, row["claim"], label,
                      [] if label == "supported" else None, whole)


def fever_missing(data, rng):
    """FEVER's claims against evidence about something else that shares words: the third class in natural claims."""
    items = rows(data / "train/fever_dev_rte.jsonl")
    texts = sorted({untokenise(" ".join(r["evidence"])) for r in items})
    for row in items[::6]:
        near = max(rng.sample(texts, 60), key=lambda t: coverage(row["claim"], t, "en"))
        if coverage(row["claim"], near, "en") < 0.6:
            yield example("fever-missing", "en", entity(row["claim"]), near, row["claim"], "unsupported", None, [])


def scifact(data):
    for row in rows(data / "train/scifact_train_rte.jsonl"):
        evidence = " ".join(row["evidence"])
        label = "supported" if row["label"] == "supported" else "contradicted"
        yield example("scifact", "en", entity(row["claim"]), evidence, row["claim"], label,
                      [] if label == "supported" else None, [(0, len(evidence))] if len(evidence) < 400 else None)
    for row in rows(data / "train/scifact_train_unsupported.jsonl"):
        evidence = ""
        for sentence in sorted(row["evidence"], key=lambda s: -coverage(row["claim"], s, "en"))[:3]:
            evidence = f"{evidence} {sentence}".strip()
        yield example("scifact", "en", entity(row["claim"]), evidence, row["claim"], "unsupported", None, [])


def climate(data):
    """Climate-FEVER: claims from the net against single sentences, judged by people."""
    for row in rows(data / "train/climate_fever.jsonl"):
        evidence = " ".join(row["evidence"])
        yield example("climate", "en", entity(row["claim"]), evidence, row["claim"], row["label"],
                      [] if row["label"] == "supported" else None)


def covidfact(data):
    """CovidFact: its labels are loose (evidence was retrieved, false claims are true ones with a word replaced)."""
    for row in rows(data / "train/covidfact_train_rte.jsonl"):
        evidence = " ".join(row["evidence"])[:900]
        yield example("covidfact", "en", evidence[:40], evidence, row["claim"], row["label"],
                      [] if row["label"] == "supported" else None)


def wice(data):
    """Chunks, cut to the sentences nearest to the claim; partly supported counts as not supported."""
    for row in rows(data / "train/wice_dev_chunks.jsonl"):
        order = sorted(range(len(row["evidence"])), key=lambda i: -coverage(row["claim"], row["evidence"][i], "en"))[:5]
        evidence = " ".join(row["evidence"][i] for i in sorted(order))
        label = "supported" if row["label"] == "supported" else "not_supported"
        # The id numbers the chunk; all chunks of a claim stay together by its words.
        yield example("wice", "en", row["claim"][:40], evidence[:900], row["claim"], label, [] if label == "supported" else None)


def cg2c(data, rng):
    items = rows(data / "train/cg2c_doc.jsonl")
    for row in rng.sample(items, min(500, len(items))):
        evidence = " ".join(row["evidence"])[:900]
        label = "supported" if row["label"] == "supported" else "not_supported"
        yield example("cg2c", "en", evidence[:40], evidence, row["claim"], label, weight=0.5)


WH = re.compile(
    r"(?P<place>哪里|哪儿|何地|什么地方)|(?P<who>谁)|(?P<date>哪一?年|哪一天|什么时候|何时|哪年哪月)|"
    r"(?P<count>多少|几)(?P<unit>个|名|人|年|岁|米|公里|万|元|次|部|位|座|所|集|天|%|平方公里|种|条|届|分)?|"
    r"(?:哪一?|哪几|什么|何)(?P<kind>[一-龥]{0,3}?)(?=[的是。？?]|$|举|发|出|建|成|担|获|命|来)|(?P<what>什么)")


def claim_of(question, answer):
    """Chinese asks in place: the interrogative phrase becomes the answer. None where that does not read as a claim."""
    question = question.strip().rstrip("？?。 ").replace("呢", "")
    answer = answer.strip().strip("。，；,.;")
    if re.search("为什么|如何|怎|哪些|为何|是否|吗$|有何|什么样", question) or not 1 <= len(answer) <= 20 or "，" in answer:
        return None
    found = list(WH.finditer(question))
    if len(found) != 1:
        return None
    one = found[0]
    start, end = one.span()
    unit = one.group("unit") or ""
    if unit and answer.endswith(unit) or not one.group("count"):
        text = question[:start] + answer + question[end:]
    elif one.group("count") and unit and not answer.endswith(unit):
        if not re.search(r"[\d一二三四五六七八九十百千万两]$", answer):
            return None
        text = question[:start] + answer + unit + question[end:]
    else:
        text = question[:start] + answer + question[end:]
    text = text.replace("是是", "是").replace("在在", "在").replace("于于", "于")
    at = text.find(answer, max(0, start - 1))
    # A measure word that stands twice: 12岁岁.
    tail = at + len(answer)
    if tail < len(text) and answer and text[tail] == answer[-1]:
        text = text[:tail] + text[tail + 1 :]
    return (text, (at, at + len(answer))) if at >= 0 and len(text) >= 6 else None


def kind_of(answer):
    if re.search(r"\d{3,4}年", answer):
        return "year"
    if re.search(r"\d|[一二三四五六七八九十百千]+[个名年岁米次人]", answer):
        return "number"
    return "long" if len(answer) > 8 else "short"


def cmrc(data, rng):
    """Claims from questions and answers, swapped answers, missing answers; and the questions themselves."""
    texts = {row["key"]: row["text"] for row in rows(data / "train/cmrc_qa.contexts.jsonl")}
    items = rows(data / "train/cmrc_qa.jsonl")
    answers = {}
    for row in items:
        answers.setdefault(row["context_keys"][0], []).append(row["answers"][0].strip("。，；"))
    by_kind = {}
    for row in items:
        by_kind.setdefault(kind_of(row["answers"][0]), []).append(row["answers"][0].strip("。，；"))
    for row in items:
        key, question, answer = row["context_keys"][0], row["question"], row["answers"][0].strip()
        parts = [p for p in sentences(texts[key], "zh") if p]
        holding = [i for i, p in enumerate(parts) if answer in p]
        if not holding or len(answer) > 60:
            continue
        at = max(holding, key=lambda i: coverage(question, parts[i], "zh"))
        if len(parts[at]) > 220:
            continue
        low, high = at, at + 1
        for _ in range(rng.randint(0, 3)):
            if rng.random() < 0.5 and low > 0:
                low -= 1
            elif high < len(parts):
                high += 1
            if len("".join(parts[low:high])) > 230:
                break
        window = parts[low:high]
        evidence = "".join(window)
        start = len("".join(parts[low:at]))
        support = [(start, start + len(parts[at]))]
        rest = [p for i, p in enumerate(parts) if i != at and answer not in p]
        rest = sorted(rest, key=lambda p: -coverage(question, p, "zh"))[: rng.randint(1, 3)]
        without = "".join(p for p in parts if p in rest)[:260]
        yield example("cmrc-ask", "zh", key, evidence, question, None, None, support, 1)
        if without and rng.random() < 0.7:
            yield example("cmrc-ask", "zh", key, without, question, None, None, [], 0)
        made = claim_of(question, answer)
        if not made:
            continue
        claim, (a, b) = made
        others = [o for o in answers[key] if o != answer and kind_of(o) == kind_of(answer) and o not in answer and answer not in o]
        if not others:
            found = re.findall(r"\d{3,4}年|\d+(?:\.\d+)?[个名岁米次人元部位座]", evidence) if kind_of(answer) in ("year", "number") else []
            others = [f for f in found if f not in answer and answer not in f and kind_of(f) == kind_of(answer)]
        if not others:
            near = rng.sample(by_kind[kind_of(answer)], min(40, len(by_kind[kind_of(answer)])))
            others = [o for o in near if o not in answer and answer not in o and abs(len(o) - len(answer)) < 3]
        yield example("cmrc", "zh", key, evidence, claim, "supported", [], support)
        if others:
            other = rng.choice(others)
            if rng.random() < 0.35:
                # The same false answer, true in its own evidence: no answer is wrong by itself.
                changed = evidence.replace(answer, other)
                grown = (len(other) - len(answer)) * parts[at].count(answer)
                begin = start + (len(other) - len(answer)) * evidence[:start].count(answer)
                yield example("cmrc", "zh", key, changed, claim[:a] + other + claim[b:], "supported", [],
                              [(begin, begin + len(parts[at]) + grown)], operator="answer")
                yield example("cmrc", "zh", key, changed, claim, "contradicted", [(a, b)],
                              [(begin, begin + len(parts[at]) + grown)], operator="answer")
            else:
                yield example("cmrc", "zh", key, evidence, claim[:a] + other + claim[b:], "contradicted", [(a, a + len(other))],
                              support, operator="answer")
        if without and coverage(claim, without, "zh") < 0.75:
            yield example("cmrc", "zh", key, without, claim, "unsupported", None, [], operator="missing")


def medquad_questions(documents, rng):
    """A question of a topic with the beginning of its answer, and with that of another question."""
    for document in documents:
        by_question = {}
        for line, section in document.lines:
            if len(section["path"]) > 1:
                question = re.sub(r"\((are|is)\)|\(s\)", "", section["path"][1]).replace(" ?", "?").replace("  ", " ")
                by_question.setdefault(question, []).append(line)
        if len(by_question) < 2:
            continue
        for question in rng.sample(sorted(by_question), 1):
            other = rng.choice(sorted(set(by_question) - {question}))
            for asked, label in ((question, 1), (other, 0)):
                evidence = ""
                for line in by_question[asked][:4]:
                    if len(evidence) + len(line) > 420:
                        break
                    evidence = f"{evidence} {line}".strip()
                if len(evidence) > 60:
                    yield example("medquad-ask", "en", document.group, evidence, question, None, None, None if label else [], label)

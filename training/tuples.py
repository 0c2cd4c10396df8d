"""Claims with known verdicts from plain documents: 4-tuples, missing support, dropped provisos, fused sentences,
questions.

A sentence `c` of evidence `E` and its edit `ĉ` give (E, c) supported and (E, ĉ) contradicted; with the same edit in the
evidence, `Ê`, the verdicts change places. One half of the four is drawn for each sentence, so that over the set neither
claim nor evidence alone betrays the verdict, at half the tokens.
"""
import random
import re

from edits import en, zh
from edits.common import CLOSE, OPEN, Edit, coverage, sentences, unmark

EDITS = {"zh": zh, "en": en}
LENGTH = {"zh": (12, 80), "en": (40, 240)}
WINDOW = {"zh": 230, "en": 620}
# Left out of training altogether: how the encoder does on an edit that it never saw.
HELD_OPERATOR = "unit"


def example(source, lang, group, evidence, claim, label, guilty=None, support=None, relevance=None, operator=None,
            weight=1.0):
    """`guilty` and `support`: character spans; None where nothing is known of them. `label`: supported, contradicted,
    unsupported, not_supported (either of the last two), or None for a question."""
    return {"source": source, "lang": lang, "group": group, "evidence": evidence, "claim": claim, "label": label,
            "guilty": guilty, "support": support, "relevance": relevance, "operator": operator, "weight": weight}


def join(parts, lang):
    return ("" if lang == "zh" else " ").join(parts)


def locate(parts, index, lang):
    """The span of `parts[index]` in the joined text."""
    before = join(parts[:index] + [""], lang) if index else ""
    return (len(before), len(before) + len(parts[index]))


class Document:
    def __init__(self, row, source):
        self.source, self.lang = source, row["lang"]
        self.title = row["title"]
        self.group = re.sub(r"[（(]?(19|20)\d\d.*$", "", row["title"])
        self.lines = []
        for section in row["sections"]:
            text = re.sub(r"\|[^\n]*\|", "", section["text"])
            for sentence in sentences(text, self.lang):
                self.lines.append((re.sub(r"\s+", " ", sentence), section))

    def usable(self, at):
        low, high = LENGTH[self.lang]
        line = self.lines[at][0]
        if not low <= len(line) <= high or "http" in line or "..." in line or "…" in line:
            return False
        if self.lang == "zh":
            return line[-1] in "。；" and len(re.findall(r"[\u4e00-\u9fff]", line)) > 0.7 * len(line) - 6
        return line[-1] == "." and line[0].isupper() and len(line.split()) >= 7 and sum(map(str.isalpha, line)) > 0.7 * len(line)

    def window(self, at, rng):
        """Sentences around `at` and its index among them; one sentence in four times, otherwise up to five more."""
        before = after = 0
        if rng.random() > 0.25:
            more = rng.randint(1, 4)
            before = rng.randint(0, more)
            after = more - before
        parts, index = [self.lines[at][0]], 0
        room = WINDOW[self.lang] - len(parts[0])
        for step in range(1, before + 1):
            if at - step < 0 or len(self.lines[at - step][0]) > room:
                break
            parts.insert(0, self.lines[at - step][0])
            room -= len(parts[0])
            index += 1
        for step in range(1, after + 1):
            if at + step >= len(self.lines) or len(self.lines[at + step][0]) > room:
                break
            parts.append(self.lines[at + step][0])
            room -= len(parts[-1])
        return parts, index

    def elsewhere(self, at, rng, tries=12):
        """Another place of the document, the lexically nearest of a few."""
        line = self.lines[at][0]
        places = [p for p in (rng.randrange(len(self.lines)) for _ in range(tries)) if abs(p - at) > 6 and self.usable(p)]
        return max(places, key=lambda p: coverage(line, self.lines[p][0], self.lang), default=None)


class Maker:
    def __init__(self, rng):
        self.rng = rng
        self.used = {}

    def choose(self, edits):
        """An edit of the operator that was used least of those on offer."""
        if not edits:
            return None
        by = {}
        for edit in edits:
            by.setdefault(edit.operator, []).append(edit)
        name = min(by, key=lambda o: (self.used.get(o, 0) + self.rng.random() * 20))
        self.used[name] = self.used.get(name, 0) + 1
        return self.rng.choice(by[name])

    def reword(self, lang, text):
        return EDITS[lang].preserve(text, self.rng, self.rng.choice([0, 0.5, 1, 1.3]))

    def heading(self, document, at, evidence, claim, shift):
        """Sometimes the heading stands before the evidence, and the claim names it; `shift` moves spans along."""
        rng = self.rng
        section = document.lines[at][1]
        if document.lang != "zh" or rng.random() > 0.35 or not section["locator"].startswith("第"):
            return evidence, claim, shift
        head = f"《{document.title}》{section['locator']} "
        if rng.random() < 0.5:
            claim = rng.choice([f"根据《{document.title}》{section['locator']}，", f"《{document.title}》规定，",
                                f"依据{document.title}{section['locator']}的规定，"]) + claim
        return head + evidence, claim, shift + len(head)

    def make(self, document, at):
        """Examples for one sentence."""
        rng, lang = self.rng, document.lang
        parts, index = document.window(at, rng)
        line = parts[index]
        kit = EDITS[lang]
        draw = rng.random()
        if draw < 0.58:
            yield from self.tuple4(document, at, parts, index, line, kit)
        elif draw < 0.80:
            yield from self.missing(document, at, parts, index, line, kit)
        elif draw < 0.88:
            yield from self.fused(document, at, parts, index, line)
        else:
            yield from self.shortened(document, at, parts, index, line, kit)

    def emit(self, document, at, parts, index, claim, label, operator=None, guilty=True):
        """`guilty` False: which words are wrong is not known."""
        lang = document.lang
        claim = self.reword(lang, claim)
        evidence = join(parts, lang)
        start, end = locate(parts, index, lang) if index is not None else (0, 0)
        evidence, claim, shift = self.heading(document, at, evidence, claim, 0)
        claim, spans = unmark(claim)
        support = [] if index is None else [(start + shift, end + shift)]
        return example(document.source, lang, document.group, evidence, claim, label, spans if guilty else None, support,
                       operator=operator)

    def swapped_items(self, document, at, line, kit):
        """An edit that puts a name or list item of the neighbourhood in the place of another."""
        mine = kit.items(line)
        if not mine:
            return None
        start, end = self.rng.choice(mine)
        near = [l for l, _ in document.lines[max(0, at - 8) : at + 9]]
        others = {l[a:b] for l in near for a, b in kit.items(l)} - {line[start:end]}
        others = [o for o in others if o not in line and abs(len(o) - (end - start)) < 14]
        if not others:
            return None
        return Edit("entity", start, end, self.rng.choice(sorted(others)))

    def tuple4(self, document, at, parts, index, line, kit):
        around = [n for l, _ in document.lines[max(0, at - 5) : at + 6] for n in kit.numbers(l)]
        offers = kit.edits(line, self.rng, around)
        swap = self.swapped_items(document, at, line, kit)
        edit = self.choose(offers + ([swap] if swap else []))
        if edit is None:
            yield self.emit(document, at, parts, index, line, "supported")
            return
        wrong = edit.apply(line, mark=False)
        original = line[: edit.start] + OPEN + line[edit.start : edit.end] + CLOSE + line[edit.end :]
        changed = parts[:index] + [wrong] + parts[index + 1 :]
        if self.rng.random() < 0.5:
            yield self.emit(document, at, parts, index, line, "supported", edit.operator)
            yield self.emit(document, at, parts, index, edit.apply(line, mark=True), edit.label, edit.operator)
        else:
            yield self.emit(document, at, changed, index, wrong, "supported", edit.operator)
            claim = original if edit.back != "supported" else line
            yield self.emit(document, at, changed, index, claim, edit.back, edit.operator)

    def missing(self, document, at, parts, index, line, kit):
        """The same claim, right or edited, where the evidence does not speak of it; and where it does."""
        rng, lang = self.rng, document.lang
        claim = line
        edit = self.choose(kit.edits(line, rng)) if rng.random() < 0.4 else None
        if edit is not None:
            claim = edit.apply(line, mark=False)
            parts = parts[:index] + [claim] + parts[index + 1 :]
        rest = parts[:index] + parts[index + 1 :]
        if not rest or rng.random() < 0.5:
            other = document.elsewhere(at, rng)
            if other is None:
                return
            rest, _ = document.window(other, rng)
        if coverage(line, join(rest, lang), lang) >= 0.6 or line in rest:
            return
        yield self.emit(document, at, rest, None, claim, "unsupported", "missing", guilty=False)
        yield self.emit(document, at, parts, index, claim, "supported", "missing")

    def fused(self, document, at, parts, index, line):
        """Two sentences in one claim, both in the evidence or one of them not."""
        rng, lang = self.rng, document.lang
        other = document.elsewhere(at, rng)
        if other is None or len(line) > LENGTH[lang][1] * 0.55:
            return
        second = document.lines[other][0]
        if len(second) > LENGTH[lang][1] * 0.55 or coverage(second, join(parts, lang), lang) >= 0.5:
            return
        glue = (lambda a, b: a.rstrip("。；") + "，" + b) if lang == "zh" else (lambda a, b: a.rstrip(".") + ", and " + b)
        spread = parts + [second] if rng.random() < 0.5 else [second] + parts
        both = self.emit(document, at, spread, None, glue(line, second), "supported", "fused")
        both["support"] = None
        yield both
        yield self.emit(document, at, parts, index, glue(line, OPEN + second + CLOSE), "unsupported", "fused")

    def shortened(self, document, at, parts, index, line, kit):
        for text, label in kit.shorten(line)[:1]:
            yield self.emit(document, at, parts, index, text, label, "shortened", guilty=label == "supported")
            if label != "supported":
                yield self.emit(document, at, parts, index, line, "supported", "shortened")

    def question(self, document, at):
        """A question that one sentence answers, with that sentence among its neighbours, and without it."""
        rng, lang = self.rng, document.lang
        parts, index = document.window(at, rng)
        line = parts[index]
        asked = ask_zh(line, rng) if lang == "zh" else ask_en(line)
        if not asked:
            return
        start, end = locate(parts, index, lang)
        yield example(document.source + "-ask", lang, document.group, join(parts, lang), asked, None, None, [(start, end)], 1)
        rest = parts[:index] + parts[index + 1 :]
        if not rest or rng.random() < 0.4:
            other = document.elsewhere(at, rng)
            rest = document.window(other, rng)[0] if other is not None else rest
        if rest and coverage(line, join(rest, lang), lang) < 0.5:
            yield example(document.source + "-ask", lang, document.group, join(rest, lang), asked, None, None, [], 0)


def ask_zh(line, rng):
    line = line.rstrip("。；")
    found = list(zh.QUANTITY.finditer(line))
    if found and rng.random() < 0.7:
        one = rng.choice(found)
        return line[: one.start(1)] + rng.choice(["多少", "几"]) + line[one.end(1) :] + "？"
    for word in ("应当", "可以", "不得", "属于", "必须"):
        at = line.find(word)
        if 2 <= at <= 24:
            subject = line[:at].split("，")[-1]
            rest = line[at + len(word) :].split("，")[0]
            if len(subject) >= 2 and len(rest) >= 4:
                return rng.choice([f"{subject}是否{word}{rest}？" if word != "不得" else f"{subject}可以{rest}吗？",
                                   f"{subject}{word}做什么？" if len(rest) > 6 and word != "属于" else f"{subject}{word}什么？",
                                   f"谁{word}{rest}？"])
    return None


def ask_en(line):
    found = re.match(r"([A-Z][^,.;]{3,60}?) (is|are|can|may|must|shall|should) ([^.;]{10,120})", line)
    if not found or found[1].split()[0] in {"This", "These", "It", "They", "There", "That", "If", "When", "However", "In", "We"}:
        return None
    subject = found[1][0].lower() + found[1][1:] if found[1].split()[0] in {"The", "A", "An", "Some", "Most", "People"} else found[1]
    return f"{found[2].capitalize()} {subject} {found[3].split(',')[0]}?"

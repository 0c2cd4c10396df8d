"""What the edits of both languages share: marks around changed words, tables of swaps, sentences, coverage."""
import re
from dataclasses import dataclass

OPEN, CLOSE = "\ue000", "\ue001"  # private use: around words that make a claim wrong


@dataclass(frozen=True)
class Edit:
    """`text[start:end]` becomes `new`. `label`: what the old text says about the edited claim; `back`: what the edited
    text says about the old claim."""
    operator: str
    start: int
    end: int
    new: str
    label: str = "contradicted"
    back: str = "contradicted"

    def apply(self, text, mark):
        new = f"{OPEN}{self.new}{CLOSE}" if mark else self.new
        return text[: self.start] + new + text[self.end :]


def unmark(text):
    """The text without marks, and the spans that they enclosed."""
    out, spans, start = [], [], None
    length = 0
    for char in text:
        if char == OPEN:
            start = length
        elif char == CLOSE:
            if start is not None and length > start:
                spans.append((start, length))
            start = None
        else:
            out.append(char)
            length += 1
    return "".join(out), spans


class Swaps:
    """A table {word: [replacements]} as edits. Words in `fixed` are passed over where they stand."""

    def __init__(self, operator, table, fixed=(), label="contradicted", back="contradicted", words=False):
        self.operator, self.table, self.fixed = operator, table, set(fixed)
        self.label, self.back = label, back
        every = sorted([*table, *fixed], key=len, reverse=True)
        body = "|".join(map(re.escape, every))
        self.pattern = re.compile(rf"\b(?:{body})\b" if words else body, re.IGNORECASE if words else 0)
        self.words = words

    def edits(self, text, rng):
        for found in self.pattern.finditer(text):
            word = found.group()
            key = word.lower() if self.words else word
            if key in self.fixed or key not in self.table:
                continue
            new = rng.choice(self.table[key])
            if self.words and word[0].isupper() and new:
                new = new[0].upper() + new[1:]
            yield Edit(self.operator, found.start(), found.end(), new, self.label, self.back)


def both_ways(pairs):
    table = {}
    for a, b in pairs:
        table.setdefault(a, []).append(b)
        table.setdefault(b, []).append(a)
    return table


def bigrams(text, lang):
    if lang == "zh":
        chars = re.sub(r"[^\u4e00-\u9fffA-Za-z0-9]", "", text)
        return {chars[i : i + 2] for i in range(len(chars) - 1)}
    return {w for w in re.findall(r"[a-z0-9]+", text.lower()) if len(w) > 3 or w.isdigit()}


def coverage(claim, evidence, lang):
    """Share of the claim's character pairs (zh) or longer words (en) that stand in the evidence: the lexical baseline."""
    wanted = bigrams(claim, lang)
    return len(wanted & bigrams(evidence, lang)) / max(1, len(wanted))


def sentences(text, lang):
    """Sentences in order, without line breaks; joined they are the text (save white space)."""
    out = []
    for line in re.split(r"\n+", text):
        line = line.strip()
        if not line:
            continue
        pattern = r".+?(?:[。！？；]+[”’」』）)]*|$)" if lang == "zh" else r".+?(?:(?<![A-Z])(?<!\b[a-z])(?<!Dr|No|vs|Mr|St|al|eg)(?<!e\.g|i\.e|Mrs|U\.S)[.!?]+[\"”')\]]*(?=\s|$)|$)"
        out.extend(s.strip() for s in re.findall(pattern, line) if s.strip())
    return out

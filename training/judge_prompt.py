"""The judge's prompt and labels, and the tokenizer of its base model exactly as llama.cpp runs it (`llm_tokenizer_spm`).

A prompt is a prefix that all claims on the same evidence share, and a suffix for the claim; each is tokenised by itself.
The verdict is read from the logits of three tokens at the last place.
"""
import heapq
import re
from functools import lru_cache
from pathlib import Path

SPACE = "\u2581"
VERDICTS = ("supported", "contradicted", "unsupported")
# The tokens that stand for the verdicts, in their order.
WORDS = (" True", " False", " Neither")
TEMPLATE = "{evidence}\nQuestion: {claim} True, False or Neither?\nAnswer:"
EVIDENCE_LIMIT, CLAIM_LIMIT = 256, 96


class Spm:
    """Byte-pair merging by score: of all neighbours that form a piece, the one with the highest score, leftmost first,
    becomes one, until none is left; what is no piece then is spelt in bytes."""

    def __init__(self, pieces, scores, types):
        # 4: pieces that the user's text may spell, cut out before anything else; 6: bytes.
        own = sorted((p for p, t in zip(pieces, types) if t == 4), key=len, reverse=True)
        self.own = re.compile("|".join(map(re.escape, own))) if own else None
        self.ids = {}
        for i, piece in enumerate(pieces):
            self.ids.setdefault(piece, i)
        self.scores = scores
        self.bytes = [self.ids.get(f"<0x{b:02X}>") for b in range(256)]
        self.word = lru_cache(300_000)(self._word)

    @classmethod
    def of(cls, reader):
        """From an open `gguf.GGUFReader`."""
        field = lambda name: reader.fields[f"tokenizer.ggml.{name}"].contents()
        return cls(field("tokens"), field("scores"), field("token_type"))

    def _word(self, text):
        parts = list(text)
        right = list(range(1, len(parts))) + [-1]
        left = list(range(-1, len(parts) - 1))
        queue = []

        def offer(a, b):
            if a >= 0 and b >= 0:
                found = self.ids.get(parts[a] + parts[b])
                if found is not None:
                    heapq.heappush(queue, (-self.scores[found], a, b, len(parts[a]) + len(parts[b])))

        for at in range(1, len(parts)):
            offer(at - 1, at)
        while queue:
            _, a, b, size = heapq.heappop(queue)
            if not parts[a] or not parts[b] or len(parts[a]) + len(parts[b]) != size:
                continue
            parts[a] += parts[b]
            parts[b] = ""
            right[a] = right[b]
            if right[b] >= 0:
                left[right[b]] = a
            offer(left[a], a)
            offer(a, right[a])
        out = []
        for part in parts:
            if part:
                found = self.ids.get(part)
                out += [found] if found is not None else [self.bytes[b] for b in part.encode("utf-8", "replace")]
        return tuple(out)

    def encode(self, text):
        """Ids without specials. A mark only begins a piece, so the words between spaces are independent."""
        out, at = [], 0
        for found in self.own.finditer(text) if self.own else ():
            self._plain(text[at : found.start()], out)
            out.append(self.ids[found.group()])
            at = found.end()
        self._plain(text[at:], out)
        return out

    def _plain(self, text, out):
        for word in re.findall(rf"{SPACE}?[^{SPACE}]+|{SPACE}", text.replace(" ", SPACE)):
            out += self.word(word)


def clean(text):
    """On one line: the prompt's line ends are its structure."""
    return re.sub(r"\s+", " ", text).strip()


def parts(evidence, claim, template=TEMPLATE):
    """The shared prefix with its line end, and the suffix."""
    head, tail = template.split("{evidence}", 1)
    first, rest = tail.split("\n", 1)
    return head + clean(evidence) + first + "\n", rest.replace("{claim}", clean(claim))


class Prompts:
    """Token ids of prompts; evidence and claim are cut at their limits, the template never is."""

    def __init__(self, spm, bos=2, template=TEMPLATE, words=WORDS):
        self.spm, self.bos, self.template = spm, bos, template
        self.labels = [self.single(w) for w in words]

    def single(self, word):
        ids = self.spm.encode(word)
        if len(ids) != 1:
            raise SystemExit(f"{word!r} is not one token; choose another label")
        return ids[0]

    def cut(self, text, limit):
        ids = self.spm.encode(text)
        while len(ids) > limit:
            text = text[: int(len(text) * limit / len(ids)) - 1]
            ids = self.spm.encode(text)
        return text

    def pair(self, evidence, claim):
        """Ids of the prefix (with the first token of all texts) and of the suffix."""
        prefix, suffix = parts(self.cut(clean(evidence), EVIDENCE_LIMIT), self.cut(clean(claim), CLAIM_LIMIT), self.template)
        return [self.bos, *self.spm.encode(prefix)], self.spm.encode(suffix)

    def ids(self, evidence, claim):
        prefix, suffix = self.pair(evidence, claim)
        return prefix + suffix


def base(folder=Path.home() / ".cache/attest/models"):
    """The generator that comes with the packages; `attest models fetch` brings it."""
    path = folder / "gemma-3-270m-q4.gguf"
    if not path.exists():
        raise SystemExit(f"{path} is not there; `attest models fetch` brings it")
    return path

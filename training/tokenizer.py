"""The unigram tokenizer as llama.cpp runs it (`llm_tokenizer_ugm`), with the place of every token in the text.

Pieces are chosen by Viterbi over scores; a character that no piece covers costs the lowest score minus ten; runs of
unknown tokens become one. `check_parity.py` compares it with llama.cpp.
"""
from functools import lru_cache

SPACE = "\u2581"


class Tokenizer:
    def __init__(self, pieces, scores, normaliser, unk, special):
        """`pieces` are bytes; those in `special` are never matched in text."""
        self.unk = unk
        self.ids = {}
        normal = []
        for i, piece in enumerate(pieces):
            if i in special or i == unk:
                continue
            normal.append(float(scores[i]))
            try:
                self.ids.setdefault(piece.decode("utf-8"), (i, float(scores[i])))
            except UnicodeDecodeError:
                continue
        self.unknown_score = min(normal) - 10.0
        self.longest = max(map(len, self.ids))
        # Only the first NUL-free part of a replacement is seen by llama.cpp.
        self.normaliser = {a: b.split("\0")[0] for a, b in normaliser.items() if a != "\0"}
        self.firsts = {}
        for piece in self.ids:
            self.firsts.setdefault(piece[0], set()).add(len(piece))
        self.firsts = {c: sorted(n) for c, n in self.firsts.items()}
        self.word = lru_cache(200_000)(self._word)

    @classmethod
    def of(cls, container):
        special = {container.bos, container.eos, container.pad, container.mask}
        return cls(container.pieces, container.scores, container.normaliser, container.unk, special)

    def _normalise(self, text):
        """Words (without the leading mark) and, for each of their characters, its place in `text`."""
        words, places = [], []
        inside = False
        for at, char in enumerate(text):
            for out in self.normaliser.get(char, char):
                if out == " ":
                    inside = False
                    continue
                if not inside:
                    inside = True
                    words.append([])
                    places.append([])
                words[-1].append(out)
                places[-1].append(at)
        return words, places

    def _word(self, chars):
        """Ids and lengths in characters of the pieces of one marked word. A mark only ever begins a piece, so words
        are independent of one another."""
        n = len(chars)
        best = [(-1e300, 0, 0)] * (n + 1)
        best[0] = (0.0, 0, 0)
        ids, unknown = self.ids, self.unknown_score
        for at in range(n):
            score = best[at][0]
            single = False
            for length in self.firsts.get(chars[at], ()):
                end = at + length
                if end > n:
                    break
                found = ids.get(chars[at:end])
                if found is None:
                    continue
                single = single or length == 1
                total = score + found[1]
                if total > best[end][0]:
                    best[end] = (total, at, found[0])
            if not single:
                total = score + unknown
                if total > best[at + 1][0]:
                    best[at + 1] = (total, at, self.unk)
        out = []
        at = n
        while at > 0:
            _, start, piece = best[at]
            if out and out[-1][0] == self.unk == piece:
                out[-1] = (piece, start, out[-1][2])
            else:
                out.append((piece, start, at))
            at = start
        return tuple(reversed(out))

    def encode(self, text):
        """Ids without specials, and for each the (start, end) of its characters in `text`."""
        ids, spans = [], []
        for chars, places in zip(*self._normalise(text)):
            for piece, start, end in self.word(SPACE + "".join(chars)):
                # The mark stands for no character of its own.
                first, last = max(start - 1, 0), max(end - 2, 0)
                ids.append(piece)
                spans.append((places[first], places[last] + 1) if end > 1 else (places[0], places[0]))
        return ids, spans


def pair(tokenizer, evidence, claim, bos=0, eos=2, evidence_limit=190, claim_limit=60):
    """`<s> evidence </s></s> claim </s>`: ids, the index of the first evidence and claim token, and their spans."""
    left, left_spans = tokenizer.encode(evidence)
    right, right_spans = tokenizer.encode(claim)
    left, left_spans = left[:evidence_limit], left_spans[:evidence_limit]
    right, right_spans = right[:claim_limit], right_spans[:claim_limit]
    ids = [bos, *left, eos, eos, *right, eos]
    return ids, 1, 3 + len(left), left_spans, right_spans

"""Prunes the vocabulary to Chinese and English after training: rows of pieces that these texts never use are dropped.

Kept: specials, every single character of the scripts below, every piece seen twice in the corpora and the training
texts, pieces of Han characters, and, as far as there is room, those seen once and the likeliest of ASCII. The lowest score stays, because the cost of an unknown character hangs on it.
"""
from collections import Counter

import numpy as np

from tokenizer import SPACE, Tokenizer

# Latin with its supplements, Greek, punctuation and symbols, CJK marks, ideographs, width forms.
SINGLE = [(0x20, 0x24F), (0x370, 0x3FF), (0x2000, 0x2BFF), (0x3000, 0x303F), (0x3200, 0x33FF), (0x4E00, 0x9FFF), (0xFE30, 0xFFEF)]


def han(text):
    return all(0x4E00 <= ord(c) <= 0x9FFF for c in text)


def kept_ids(container, texts, limit):
    """Old ids in order; at most `limit` of them, the rarely seen ones left out first."""
    tokenizer = Tokenizer.of(container)
    seen = Counter()
    for text in texts:
        seen.update(tokenizer.encode(text)[0])
    sure = {container.bos, container.eos, container.pad, container.unk, container.mask, int(np.argmin(container.scores[4:-1])) + 4}
    wanted = Counter()
    for i, piece in enumerate(container.pieces):
        text = piece.decode("utf-8", "replace").replace(SPACE, "")
        if len(text) <= 1 and (not text or any(a <= ord(text) <= b for a, b in SINGLE)):
            sure.add(i)
        elif seen[i] >= 2:
            wanted[i] = seen[i]
        elif text and han(text):
            # Not seen here, but likely in other Chinese text: after everything that was seen, by score.
            wanted[i] = 1 + float(container.scores[i]) / 1000
        elif seen[i] or text.isascii():
            # Names and rarer words of English, among those of its neighbours.
            wanted[i] = seen[i] + float(container.scores[i]) / 1000
    room = limit - len(sure)
    if room < 0:
        raise SystemExit(f"the vocabulary needs at least {len(sure)} pieces; raise the limit")
    kept = sure | {i for i, _ in wanted.most_common(room)}
    return sorted(kept)


class Pruned:
    """What of a container the tokenizer and the exporter need, with only the kept pieces."""

    def __init__(self, container, kept):
        self.old = kept
        self.pieces = [container.pieces[i] for i in kept]
        self.scores = container.scores[kept]
        self.normaliser = container.normaliser
        place = {old: new for new, old in enumerate(kept)}
        self.bos, self.eos, self.pad, self.unk, self.mask = (place[i] for i in (
            container.bos, container.eos, container.pad, container.unk, container.mask))
        self.hidden, self.layers, self.heads, self.ff = container.hidden, container.layers, container.heads, container.ff
        self.positions, self.types, self.epsilon = container.positions, container.types, container.epsilon

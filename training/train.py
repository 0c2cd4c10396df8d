"""Trains the verifier; stops and goes on at any time.

  train.py --data DIR --run DIR [--tokens N] [--until HH:MM]

Batches hold pairs of like length, so nearly no token is padding; embeddings and the lowest layers are frozen. Each step
takes a few batches, which threads of one core each fetch as they become free: a core that is taken away by other work
holds nobody up. (Sums of gradients therefore vary in the last digits from run to run.) The learning
rate falls to zero at the end of the token budget or of the given time (UTC), whichever comes first. Every few
minutes the averaged weights are measured on the development battery and a checkpoint is written; SIGTERM writes one and
ends.
"""
import argparse
import copy
import json
import math
import os

# Parallel by batches, not inside an operation; must be set before torch is loaded.
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import pickle
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from queue import SimpleQueue

import torch
import torch.nn.functional as F

from container import Container, fetch
from metrics import auc, balanced
from model import LABELS, Verifier

# Share of the tokens that a family of sources gets.
SHARES = {"fever": 0.12, "fever-missing": 0.04, "climate": 0.14, "covidfact": 0.13, "scifact": 0.08, "wice": 0.05, "cg2c": 0.02,
          "cmrc": 0.16, "edits-zh": 0.14, "edits-en": 0.08, "cmrc-ask": 0.02, "ask": 0.02}
VERDICT = {name: i for i, name in enumerate(LABELS)}
HEAD_WEIGHTS = {"guilty": 0.3, "support": 0.3, "relevance": 0.5}


def family(item):
    source = item["source"]
    if source in SHARES:
        return source
    return "ask" if source.endswith("-ask") else f"edits-{item['lang']}"


class Sampler:
    """An endless stream of batches. Its whole state is a few numbers, so that a run can go on where it stopped."""

    def __init__(self, items, batch_tokens, seed, longest=250):
        self.by = {}
        for item in items:
            if len(item["ids"]) <= longest:
                self.by.setdefault(family(item), []).append(item)
        self.batch_tokens, self.seed, self.pool, self.queue = batch_tokens, seed, 0, []
        self.taken = {name: 0.0 for name in self.by}
        self.position = {name: 0 for name in self.by}
        self.order = {}

    def next_item(self):
        # The family that is furthest behind its share.
        name = min(self.by, key=lambda n: self.taken[n] / SHARES[n])
        epoch, at = divmod(self.position[name], len(self.by[name]))
        if self.order.get(name, (None,))[0] != epoch:
            order = list(range(len(self.by[name])))
            random.Random(f"{self.seed} {name} {epoch}").shuffle(order)
            self.order[name] = (epoch, order)
        item = self.by[name][self.order[name][1][at]]
        self.position[name] += 1
        self.taken[name] += len(item["ids"])
        return item

    def fill(self):
        rng = random.Random(f"{self.seed} pool {self.pool}")
        self.pool += 1
        items = sorted((self.next_item() for _ in range(768)), key=lambda i: len(i["ids"]) + rng.random())
        batches, batch = [], []
        for item in items:
            if batch and (len(batch) + 1) * len(item["ids"]) > self.batch_tokens:
                batches.append(batch)
                batch = []
            batch.append(item)
        batches.append(batch)
        rng.shuffle(batches)
        self.queue = batches

    def next(self):
        if not self.queue:
            self.fill()
        return self.queue.pop()

    def state(self):
        return {"pool": self.pool, "taken": dict(self.taken), "position": dict(self.position)}

    def resume(self, state):
        self.pool, self.taken, self.position, self.queue = state["pool"], state["taken"], state["position"], []


def tensors(batch):
    """Ids, lengths (None where nothing is padded), and what the heads are to say; -1 where nothing is known."""
    n = max(len(i["ids"]) for i in batch)
    ids = torch.ones(len(batch), n, dtype=torch.long)
    guilty = torch.full((len(batch), n), -1.0)
    support = torch.full((len(batch), n), -1.0)
    verdict = torch.full((len(batch),), -1, dtype=torch.long)
    relevance = torch.full((len(batch),), -1.0)
    weight = torch.tensor([i["weight"] for i in batch])
    for row, item in enumerate(batch):
        ids[row, : len(item["ids"])] = torch.tensor(item["ids"])
        if item["guilty"] is not None:
            guilty[row, item["claim_at"] : item["claim_at"] + len(item["guilty"])] = torch.tensor(item["guilty"], dtype=torch.float)
        if item["support"] is not None:
            support[row, item["evidence_at"] : item["evidence_at"] + len(item["support"])] = torch.tensor(item["support"], dtype=torch.float)
        if item["label"] is not None:
            verdict[row] = VERDICT.get(item["label"], 3)
        if item["relevance"] is not None:
            relevance[row] = item["relevance"]
    lengths = torch.tensor([len(i["ids"]) for i in batch])
    return ids, None if int(lengths.min()) == n else lengths, verdict, guilty, support, relevance, weight


def token_loss(logits, wanted, rare=1.0):
    """Mean over the known tokens of a pair, then over the pairs that know any. `rare`: how much more a wanted token
    counts."""
    known = wanted >= 0
    if not known.any():
        return logits.new_zeros(())
    each = F.binary_cross_entropy_with_logits(logits, wanted.clamp(min=0), reduction="none", pos_weight=torch.tensor(rare)) * known
    counts = known.sum(1)
    return (each.sum(1) / counts.clamp(min=1)).sum() / (counts > 0).sum()


def loss_of(model, batch):
    ids, lengths, verdict, guilty, support, relevance, weight = tensors(batch)
    out_verdict, out_guilty, out_support, out_relevance = model(ids, lengths)
    total = out_verdict.new_zeros(())
    parts = {}
    known = verdict >= 0
    if known.any():
        log = out_verdict[known].log_softmax(-1)
        label, w = verdict[known], weight[known]
        exact = F.nll_loss(log, label.clamp(max=2), reduction="none") * 0.95 - log.mean(-1) * 0.05
        rest = -torch.logsumexp(log[:, 1:], -1)
        each = torch.where(label < 3, exact, rest) * w
        parts["verdict"] = each.sum() / w.sum()
        total = total + parts["verdict"]
    parts["guilty"] = token_loss(out_guilty, guilty, rare=4.0)
    parts["support"] = token_loss(out_support, support)
    asked = relevance >= 0
    if asked.any():
        parts["relevance"] = F.binary_cross_entropy_with_logits(out_relevance[asked], relevance[asked])
    for name, share in HEAD_WEIGHTS.items():
        if name in parts:
            total = total + share * parts[name]
    return total, {k: float(v) for k, v in parts.items()}


def trained_groups(model, rate):
    """Parameters with their learning rate: lower layers move less, heads more."""
    for i, layer in enumerate(model.layers):
        if i >= model.frozen:
            yield list(layer.parameters()), rate * 0.9 ** (len(model.layers) - 1 - i)
    heads = (model.verdict_dense, model.verdict_out, model.guilty, model.support, model.relevance)
    yield [p for head in heads for p in head.parameters()], rate * 5


class Flat:
    """AdamW over one flat buffer for each group of parameters, with an average of the weights: a handful of passes
    over memory instead of hundreds of small calls. All replicas of the model see the same weights, each with gradients
    of its own."""

    def __init__(self, replicas, rate, pool, decay=0.01, betas=(0.9, 0.98), average=0.99):
        self.pool, self.groups, self.decay, self.betas, self.average, self.steps = pool, [], decay, betas, average, 0
        for together in zip(*(trained_groups(m, rate) for m in replicas)):
            flat = torch.cat([p.data.reshape(-1) for p in together[0][0]])
            grads = [torch.zeros_like(flat) for _ in replicas]
            for grad, (parameters, _) in zip(grads, together):
                at = 0
                for p in parameters:
                    p.data = flat[at : at + p.numel()].view_as(p)
                    p.grad = grad[at : at + p.numel()].view_as(p)
                    at += p.numel()
            self.groups.append({"w": flat, "grads": grads, "m": torch.zeros_like(flat), "v": torch.zeros_like(flat),
                                "ema": flat.clone(), "rate": together[0][1]})

    @torch.no_grad()
    def gather(self, group):
        first, *others = group["grads"]
        for other in others:
            first.add_(other)
            other.zero_()
        return float(torch.dot(first, first))

    @torch.no_grad()
    def move(self, group, factor, scale):
        b1, b2 = self.betas
        c1, c2 = 1 - b1**self.steps, 1 - b2**self.steps
        keep = min(self.average, (1 + self.steps) / (10 + self.steps))
        rate = group["rate"] * factor
        g = group["grads"][0].mul_(scale)
        group["m"].mul_(b1).add_(g, alpha=1 - b1)
        group["v"].mul_(b2).addcmul_(g, g, value=1 - b2)
        group["w"].mul_(1 - rate * self.decay)
        group["w"].addcdiv_(group["m"], (group["v"] / c2).sqrt_().add_(1e-6), value=-rate / c1)
        group["ema"].lerp_(group["w"], 1 - keep)
        g.zero_()

    def step(self, factor, clip=1.0):
        norm = math.sqrt(sum(self.pool.map(self.gather, self.groups)))
        if not math.isfinite(norm):
            for group in self.groups:
                group["grads"][0].zero_()
            return norm
        self.steps += 1
        scale = min(1.0, clip / (norm + 1e-6))
        list(self.pool.map(lambda g: self.move(g, factor, scale), self.groups))
        return norm

    @torch.no_grad()
    def swap(self):
        """Exchanges the weights with their average."""
        for group in self.groups:
            kept = group["w"].clone()
            group["w"].copy_(group["ema"])
            group["ema"].copy_(kept)

    def state(self):
        return {"steps": self.steps, "groups": [{k: g[k] for k in ("w", "m", "v", "ema")} for g in self.groups]}

    @torch.no_grad()
    def resume(self, state):
        self.steps = state["steps"]
        for group, saved in zip(self.groups, state["groups"]):
            for k in ("w", "m", "v", "ema"):
                group[k].copy_(saved[k])


def predict(model, items, batch_tokens=2048, threads=2):
    """Verdict logits, guilty and support logits, relevance logit of each item, in order."""
    model.eval()
    out = [None] * len(items)
    order = sorted(range(len(items)), key=lambda i: len(items[i]["ids"]))
    batches, batch = [], []
    for i in order:
        if batch and (len(batch) + 1) * len(items[i]["ids"]) > batch_tokens:
            batches.append(batch)
            batch = []
        batch.append(i)
    batches.append(batch)

    @torch.no_grad()
    def run(batch):
        n = max((len(items[i]["ids"]) for i in batch), default=0)
        ids = torch.ones(len(batch), n, dtype=torch.long)
        lengths = torch.tensor([len(items[i]["ids"]) for i in batch])
        for row, i in enumerate(batch):
            ids[row, : len(items[i]["ids"])] = torch.tensor(items[i]["ids"])
        verdict, guilty, support, relevance = model(ids, None if int(lengths.min()) == n else lengths)
        for row, i in enumerate(batch):
            k = len(items[i]["ids"])
            out[i] = (verdict[row].tolist(), guilty[row, :k].tolist(), support[row, :k].tolist(), float(relevance[row]))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run, [b for b in batches if b]))
    model.train()
    return out


def battery(items, size, seed=1):
    """The same share of every family and language."""
    by = {}
    for item in items:
        if len(item["ids"]) <= 220:
            by.setdefault((family(item), item["lang"]), []).append(item)
    rng = random.Random(seed)
    out = []
    for key in sorted(by):
        out += rng.sample(by[key], min(len(by[key]), max(12, size // len(by))))
    return out


def measure(model, items):
    """Balanced accuracy and AUC of supported against the rest, by family, and their mean."""
    by = {}
    for item, (verdict, _, _, relevance) in zip(items, predict(model, items)):
        if item["label"] is not None:
            top = max(verdict)
            odds = [math.exp(v - top) for v in verdict]
            by.setdefault(family(item), []).append((odds[0] / sum(odds), item["label"] == "supported", item["overlap"]))
        elif item["relevance"] is not None:
            by.setdefault(family(item), []).append((1 / (1 + math.exp(-relevance)), bool(item["relevance"]), item["overlap"]))
    rows = {}
    for name, found in sorted(by.items()):
        if len({y for _, y, _ in found}) == 2:
            rows[name] = {"n": len(found), "bacc": balanced([(p >= 0.5, y) for p, y, _ in found]),
                          "auc": auc([(p, y) for p, y, _ in found]), "overlap_auc": auc([(o, y) for _, y, o in found])}
    judged = [r for n, r in rows.items() if not n.endswith("ask")]
    return sum(r["bacc"] + r["auc"] for r in judged) / (2 * max(1, len(judged))), rows


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--run", type=Path, required=True)
    options.add_argument("--cache", type=Path, default=Path.home() / ".cache/attest/training")
    options.add_argument("--init", type=Path, help="weights to start from instead of the plain encoder, with a fresh learning rate")
    options.add_argument("--tokens", type=int, default=5_000_000)
    options.add_argument("--until", help="HH:MM, UTC")
    options.add_argument("--batch", type=int, default=512, help="tokens of one batch")
    options.add_argument("--batches", type=int, default=4, help="batches of one step")
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--rate", type=float, default=1e-4)
    options.add_argument("--freeze", type=int, default=3)
    options.add_argument("--every", type=float, default=900, help="seconds between measurements")
    options.add_argument("--save", type=float, default=300, help="seconds between checkpoints")
    options.add_argument("--steps", type=int, help="end after so many steps: a dry run")
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    options.run.mkdir(parents=True, exist_ok=True)
    (options.run / "pid").write_text(str(os.getpid()))

    items = pickle.loads((options.data / "train.pickle").read_bytes())
    dev = battery(pickle.loads((options.data / "dev.pickle").read_bytes()), 240)
    model = Verifier.of(Container(fetch(options.cache)))
    if options.init:
        model.load_state_dict(torch.load(options.init))
    model.freeze(options.freeze)
    replicas = [model, *(copy.deepcopy(model) for _ in range(options.workers - 1))]
    for replica in replicas[1:]:
        replica.word = model.word
    pool = ThreadPoolExecutor(options.workers)
    optimiser = Flat(replicas, options.rate, pool)
    sampler = Sampler(items, options.batch, options.seed)
    state = {"tokens": 0, "start": time.time(), "best": -1.0, "seconds": 0.0}
    checkpoint = options.run / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        optimiser.resume(saved["optimiser"])
        sampler.resume(saved["sampler"])
        state.update(saved["state"])
        print(f"goes on at step {optimiser.steps}, {state['tokens']} tokens", flush=True)
    deadline = None
    if options.until:
        hour, minute = map(int, options.until.split(":"))
        now = datetime.now(timezone.utc)
        end = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        deadline = (end if end > now else end + timedelta(days=1)).timestamp()

    def progress():
        by_tokens = state["tokens"] / options.tokens
        by_time = (time.time() - state["start"]) / max(1.0, deadline - state["start"]) if deadline else 0.0
        return max(by_tokens, by_time)

    def save():
        beside = checkpoint.with_suffix(".part")
        torch.save({"optimiser": optimiser.state(), "sampler": sampler.state(), "state": state}, beside)
        beside.rename(checkpoint)

    def judge():
        optimiser.swap()
        score, rows = measure(model, dev)
        if score > state["best"]:
            state["best"] = score
            torch.save(model.state_dict(), options.run / "best.part")
            (options.run / "best.part").rename(options.run / "best.pt")
        optimiser.swap()
        line = {"step": optimiser.steps, "tokens": state["tokens"], "score": round(score, 4), "best": round(state["best"], 4),
                "rows": {n: {k: round(v, 3) for k, v in r.items()} for n, r in rows.items()}}
        with open(options.run / "dev.jsonl", "a", encoding="utf-8") as f:
            f.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)

    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    for replica in replicas:
        replica.train()
    idle = SimpleQueue()
    for replica in replicas:
        idle.put(replica)

    def learn(batch):
        replica = idle.get()
        try:
            loss, parts = loss_of(replica, batch)
            (loss / options.batches).backward()
            return parts
        finally:
            idle.put(replica)

    last = saved_at = spoken = time.time()
    sums = {}
    spoken_tokens = state["tokens"]
    while progress() < 1 and not ended and not (options.steps and optimiser.steps >= options.steps):
        batches = [sampler.next() for _ in range(options.batches)]
        learned = list(pool.map(learn, batches))
        done = progress()
        # 6 % of the run, but at least 30 and at most 120 steps of warming up.
        warm = min(1.0, max(optimiser.steps / 120, min(done / 0.06, optimiser.steps / 30)))
        norm = optimiser.step(warm * max(0.0, 1 - done))
        state["tokens"] += sum(len(i["ids"]) for batch in batches for i in batch)
        for parts in learned:
            for k, v in parts.items():
                total, count = sums.get(k, (0.0, 0))
                sums[k] = (total + v, count + 1)
        if optimiser.steps % 20 == 0:
            now = time.time()
            shown = " ".join(f"{k} {total / count:.3f}" for k, (total, count) in sums.items())
            print(f"{datetime.now(timezone.utc):%H:%M:%S} step {optimiser.steps} tokens {state['tokens']} done {done:.3f} {shown} norm {norm:.2f} "
                  f"{(state['tokens'] - spoken_tokens) / (now - spoken):.0f} tok/s", flush=True)
            sums, spoken, spoken_tokens = {}, now, state["tokens"]
        if time.time() - saved_at > options.save:
            save()
            saved_at = time.time()
        if time.time() - last > options.every:
            judge()
            last = spoken = time.time()
            spoken_tokens = state["tokens"]
    save()
    if ended:
        raise SystemExit("ended on request; the same command goes on from here")
    judge()
    optimiser.swap()
    torch.save(model.state_dict(), options.run / "last.pt")
    print("ended as planned", flush=True)


if __name__ == "__main__":
    main()

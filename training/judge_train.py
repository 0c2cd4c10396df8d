"""Trains the judge's adapter. Ended at any point, the same command goes on from the last checkpoint.

  judge_train.py --data DIR --run DIR [--tokens N] [--until HH:MM] [--rate 3e-4] [--rank 16]

`--data`: a folder that judge_data.py wrote. The base stays as it is; every thread takes whole batches.
"""
import argparse
import json
import os
import pickle
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import gguf
import torch

from judge_gemma import Gemma, Lora
from judge_prompt import VERDICTS, Prompts, Spm, base
from judge_score import by_family, logits

SMOOTHING = 0.05


class Sampler:
    """Shuffled rounds over all examples, in batches of at most `limit` tokens."""

    def __init__(self, items, limit, seed):
        self.items, self.limit, self.seed = items, limit, seed
        self.round, self.at, self.order = 0, 0, []

    def next(self):
        out, size = [], 0
        while True:
            if self.at >= len(self.order):
                self.round += bool(self.order)
                self.order = list(range(len(self.items)))
                random.Random(f"{self.seed} {self.round}").shuffle(self.order)
                self.at = 0
            item = self.items[self.order[self.at]]
            if out and size + len(item["ids"]) > self.limit:
                return out
            out.append(item)
            size += len(item["ids"])
            self.at += 1

    def state(self):
        return self.round, self.at

    def resume(self, state):
        self.round, at = state
        self.order = list(range(len(self.items)))
        random.Random(f"{self.seed} {self.round}").shuffle(self.order)
        self.at = at


def loss_of(scores, items):
    """Mean loss of a batch; a set that only says "not supported" asks for either of the other two."""
    log = torch.log_softmax(scores, -1)
    smooth = log.mean(-1)
    total, weights = 0.0, 0.0
    for row, item in enumerate(items):
        right = torch.logsumexp(log[row, 1:], 0) if item["label"] == "not_supported" else log[row, VERDICTS.index(item["label"])]
        total = total - item["weight"] * ((1 - SMOOTHING) * right + SMOOTHING * smooth[row])
        weights += item["weight"]
    return total / weights


def battery(items, each=36, longest=260):
    """The same number of each family, the first ones of the shuffled development part."""
    taken, out = {}, []
    for item in items:
        if len(item["ids"]) <= longest and taken.get(item["family"], 0) < each * (1 + 2 * (item["family"] == "ocnli")) and not item["family"].endswith("-missing"):
            taken[item["family"]] = taken.get(item["family"], 0) + 1
            out.append(item)
    return out


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--run", type=Path, required=True)
    options.add_argument("--init", type=Path, help="an adapter to start from")
    options.add_argument("--tokens", type=int, default=2_000_000)
    options.add_argument("--until", help="HH:MM, UTC")
    options.add_argument("--batch", type=int, default=1024, help="tokens of one batch")
    options.add_argument("--batches", type=int, default=2, help="batches of one step")
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--rate", type=float, default=3e-4)
    options.add_argument("--rank", type=int, default=16)
    options.add_argument("--alpha", type=float, default=32.0)
    options.add_argument("--first", type=int, default=0, help="the lowest layer with an adapter")
    options.add_argument("--warm", type=int, default=20, help="steps of warming up")
    options.add_argument("--every", type=int, default=120_000, help="tokens between measurements")
    options.add_argument("--save", type=float, default=180, help="seconds between checkpoints")
    options.add_argument("--steps", type=int, help="end after so many steps: a dry run")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--pid", type=Path)
    options = options.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    options.run.mkdir(parents=True, exist_ok=True)
    for path in filter(None, (options.run / "pid", options.pid)):
        path.write_text(str(os.getpid()))
    items = pickle.loads((options.data / "train.pickle").read_bytes())
    dev = battery(pickle.loads((options.data / "dev.pickle").read_bytes()))
    model = Gemma(base(), Prompts(Spm.of(gguf.GGUFReader(str(base())))).labels)
    make = lambda: Lora.of(model, torch.load(options.init)) if options.init else Lora(model, options.rank, options.alpha, options.first, options.seed)
    replicas = [make() for _ in range(options.workers)]
    lora = replicas[0]
    mean = [p.detach().clone() for p in lora.parameters()]
    optimiser = torch.optim.AdamW(lora.parameters(), options.rate, betas=(0.9, 0.98), weight_decay=0.01)
    sampler = Sampler(items, options.batch, options.seed)
    state = {"step": 0, "tokens": 0, "start": time.time(), "best": -1.0, "measured": 0}
    checkpoint = options.run / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        for p, value in zip(lora.parameters(), saved["lora"]):
            p.data.copy_(value)
        for m, value in zip(mean, saved["mean"]):
            m.copy_(value)
        optimiser.load_state_dict(saved["optimiser"])
        sampler.resume(saved["sampler"])
        state.update(saved["state"])
        state["start"] = time.time()  # the schedule by time begins anew, the one by tokens goes on
        print(f"goes on at step {state['step']}, {state['tokens']} tokens", flush=True)
    for replica in replicas[1:]:
        for p, q in zip(replica.parameters(), lora.parameters()):
            p.data.copy_(q.data)
    deadline = None
    if options.until:
        hour, minute = map(int, options.until.split(":"))
        now = datetime.now(timezone.utc)
        end = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        deadline = (end if end > now else end + timedelta(days=1)).timestamp()

    def progress():
        by_time = (time.time() - state["start"]) / max(1.0, deadline - state["start"]) if deadline else 0.0
        return max(state["tokens"] / options.tokens, by_time)

    def put(path, value):
        beside = path.with_suffix(".part")
        torch.save(value, beside)
        beside.rename(path)

    def save():
        put(checkpoint, {"lora": [p.detach() for p in lora.parameters()], "mean": mean, "optimiser": optimiser.state_dict(),
                         "sampler": sampler.state(), "state": state})

    def swap():
        for p, m in zip(lora.parameters(), mean):
            kept = p.data.clone()
            p.data.copy_(m)
            m.copy_(kept)

    def measure():
        swap()
        put(options.run / "last.pt", lora.state())
        score, rows = by_family(dev, logits(model, lora, [i["ids"] for i in dev], options.workers))
        if score > state["best"]:
            state["best"] = score
            put(options.run / "best.pt", lora.state())
        swap()
        state["measured"] = state["tokens"]
        line = {"step": state["step"], "tokens": state["tokens"], "auc": round(score, 4), "best": round(state["best"], 4),
                "rows": {n: {k: round(v, 3) for k, v in r.items()} for n, r in rows.items()}}
        with open(options.run / "dev.jsonl", "a", encoding="utf-8") as f:
            f.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)

    def learn(job):
        replica, batch = job
        loss = loss_of(model([i["ids"] for i in batch], replica), batch)
        (loss / options.batches).backward()
        return float(loss.detach())

    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    pool = ThreadPoolExecutor(options.workers, initializer=lambda: torch.set_num_threads(1))
    saved_at = spoken = time.time()
    spoken_tokens, losses = state["tokens"], []
    while progress() < 1 and not ended and not (options.steps and state["step"] >= options.steps):
        batches = [sampler.next() for _ in range(options.batches)]
        # One thread for a replica at a time, whatever the number of batches.
        for start in range(0, len(batches), options.workers):
            losses += pool.map(learn, zip(replicas, batches[start : start + options.workers]))
        grads = [[p.grad for p in r.parameters()] for r in replicas]
        for at, p in enumerate(lora.parameters()):
            for other in grads[1:]:
                if other[at] is not None:
                    p.grad.add_(other[at])
                    other[at].zero_()
        norm = torch.nn.utils.clip_grad_norm_(lora.parameters(), 1.0)
        state["step"] += 1
        state["tokens"] += sum(len(i["ids"]) for b in batches for i in b)
        done = min(1.0, progress())
        # Cosine to a twentieth.
        rate = options.rate * min(1.0, state["step"] / options.warm) * (0.05 + 0.95 * 0.5 * (1 + float(torch.cos(torch.tensor(torch.pi * done)))))
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.step()
        keep = min(0.985, (1 + state["step"]) / (10 + state["step"]))
        for p, m in zip(lora.parameters(), mean):
            p.grad.zero_()
            m.lerp_(p.data, 1 - keep)
        for replica in replicas[1:]:
            for p, q in zip(replica.parameters(), lora.parameters()):
                p.data.copy_(q.data)
        if state["step"] % 10 == 0:
            now = time.time()
            print(f"{datetime.now(timezone.utc):%H:%M:%S} step {state['step']} tokens {state['tokens']} done {done:.3f} loss {sum(losses) / len(losses):.3f} "
                  f"norm {norm:.2f} rate {rate:.1e} {(state['tokens'] - spoken_tokens) / (now - spoken):.0f} tok/s", flush=True)
            spoken, spoken_tokens, losses = now, state["tokens"], []
        if time.time() - saved_at > options.save:
            save()
            saved_at = time.time()
        if state["tokens"] - state["measured"] > options.every:
            measure()
            spoken, spoken_tokens = time.time(), state["tokens"]
    save()
    if ended:
        raise SystemExit("ended on request; the same command goes on from here")
    if state["measured"] < state["tokens"]:
        measure()
    print("ended as planned", flush=True)


if __name__ == "__main__":
    main()

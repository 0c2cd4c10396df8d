"""Fits temperature and bias for each language on the development battery, and the thresholds of the verdicts.

  calibrate.py --examples DIR --weights FILE --out FILE

Thresholds are the lowest at which, on the development battery with classes weighing alike, at most `WRONG` of what passes
is wrong. They say nothing about other data: evaluate.py shows what they let through there.
"""
import argparse
import json
import pickle
from pathlib import Path

import torch

from container import Container, fetch
from metrics import balanced, sigmoid
from model import LABELS, Verifier
from train import predict

WRONG = {"supported": 0.03, "contradicted": 0.05}


def softmax(logits, temperature, bias):
    return torch.softmax(logits / temperature + bias, -1)


def fit(logits, labels):
    """Temperature and bias that make the labels likeliest; classes weigh alike."""
    weight = torch.tensor([1 / max(1, int((labels == c).sum())) for c in range(3)])[labels]
    weight = weight / weight.sum()
    scale = torch.zeros((), requires_grad=True)
    bias = torch.zeros(3, requires_grad=True)
    optimiser = torch.optim.LBFGS([scale, bias], max_iter=200)

    def close():
        optimiser.zero_grad()
        log = torch.log_softmax(logits / scale.exp() + bias, -1)
        loss = -(log[torch.arange(len(labels)), labels] * weight).sum() + 1e-3 * bias.square().sum()
        loss.backward()
        return loss

    optimiser.step(close)
    return float(scale.exp().detach()), [float(b) for b in (bias - bias.mean()).detach()]


def threshold(probabilities, right, wrong):
    """The lowest at which the share of wrong ones among what passes stays under `wrong`, right and wrong ones
    weighing alike in sum."""
    rights, wrongs = max(1, sum(right)), max(1, len(right) - sum(right))
    best = 0.99
    passed_right = passed_wrong = 0
    for p, r in sorted(zip(probabilities, right), reverse=True):
        passed_right += r
        passed_wrong += not r
        share = (passed_wrong / wrongs) / (passed_wrong / wrongs + passed_right / rights)
        if share <= wrong and passed_right >= 20:
            best = min(best, p)
    return round(max(best, 0.5), 3)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--examples", type=Path, required=True)
    options.add_argument("--weights", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--cache", type=Path, default=Path.home() / ".cache/attest/training")
    options = options.parse_args()
    torch.set_num_threads(1)
    model = Verifier.of(Container(fetch(options.cache)))
    model.load_state_dict(torch.load(options.weights))
    everything = pickle.loads((options.examples / "dev.pickle").read_bytes())
    outputs = predict(model, everything)
    items = [i for i in everything if i["label"] in LABELS]
    logits = torch.tensor([v for i, (v, *_) in zip(everything, outputs) if i["label"] in LABELS])
    labels = torch.tensor([LABELS.index(i["label"]) for i in items])
    # Guilty words: in 19 of 20 supported claims no word reaches the threshold.
    highest = sorted(sigmoid(max(g[i["claim_at"] : i["claim_at"] + len(i["guilty"])])) for i, (_, g, _, _) in zip(everything, outputs)
                     if i["label"] == "supported" and i["guilty"] and i["operator"])
    guilty = min(0.95, max(0.3, highest[int(len(highest) * 0.95)])) if highest else 0.5
    asked = [(sigmoid(r), bool(i["relevance"])) for i, (*_, r) in zip(everything, outputs) if i["relevance"] is not None]
    relevant = max((t / 100 for t in range(10, 91, 5)), key=lambda t: balanced([(p >= t, y) for p, y in asked])) if asked else 0.5
    out = {"calibration": {}, "thresholds": {}, "guilty_threshold": f"{guilty:.3f}", "support_threshold": "0.5",
           "relevance_threshold": f"{relevant:.2f}"}
    for lang in ("zh", "en"):
        mine = torch.tensor([i["lang"] == lang for i in items])
        temperature, bias = fit(logits[mine], labels[mine])
        p = softmax(logits[mine], temperature, torch.tensor(bias))
        out["calibration"][lang] = {"temperature": round(temperature, 4), "bias": [round(b, 4) for b in bias]}
        out["thresholds"][lang] = {name: threshold(p[:, c].tolist(), (labels[mine] == c).tolist(), WRONG[name])
                                   for c, name in enumerate(LABELS[:2])}
    options.out.write_text(json.dumps(out, indent=1) + "\n")
    print(json.dumps(out))


if __name__ == "__main__":
    main()

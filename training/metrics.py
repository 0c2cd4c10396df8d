"""Figures: area under the curve, balanced accuracy, calibration error."""
import math


def auc(pairs):
    """Probability that a right one scores above a wrong one; ties count half. `pairs`: (score, right)."""
    order = sorted(pairs, key=lambda p: p[0])
    rights = sum(1 for _, y in order if y)
    wrongs = len(order) - rights
    if not rights or not wrongs:
        return float("nan")
    rank_sum, at = 0.0, 0
    while at < len(order):
        end = at
        while end < len(order) and order[end][0] == order[at][0]:
            end += 1
        rank_sum += (at + end + 1) / 2 * sum(1 for _, y in order[at:end] if y)
        at = end
    return (rank_sum - rights * (rights + 1) / 2) / (rights * wrongs)


def balanced(pairs):
    """Mean of the two recalls. `pairs`: (said, right)."""
    recalls = []
    for side in (True, False):
        said = [s for s, y in pairs if y == side]
        if said:
            recalls.append(sum(s == side for s in said) / len(said))
    return sum(recalls) / max(1, len(recalls))


def calibration_error(pairs, bins=10):
    """Expected calibration error over equal bins of probability."""
    total = 0.0
    for b in range(bins):
        inside = [(p, y) for p, y in pairs if b / bins <= p < (b + 1) / bins or (b == bins - 1 and p == 1)]
        if inside:
            total += abs(sum(p for p, _ in inside) - sum(y for _, y in inside))
    return total / max(1, len(pairs))


def sigmoid(x):
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, x))))

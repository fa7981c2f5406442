"""How good the answers of an authorship verification are, in the field's terms (PAN, https://pan.webis.de).

A problem is a text beside an author's references: is it that author's? The answer is a natural log likelihood ratio,
own against other, which with even odds beforehand is the log odds that the text is the author's own. Problems have
weights, so that a set of few own and many other texts counts as the even set that the measures are made for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

UNDECIDED = 0.1
"""An answer nearer to .5 than this is "not answered": odds below 3 : 2. Fixed before any figure was seen."""
RIDGE = 1e-4
"""On the squared slope, beside a mean log loss of .69 at most: keeps the slope finite where a line parts all trials."""
LONGEST_STEP = 2.0
ENOUGH = 1e-9
MOST_STEPS = 100

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """One value a problem, in the same order."""

    log_ratios: Floats
    own: Bools
    """The truth."""
    weights: Floats

    @property
    def probabilities(self) -> Floats:
        """That the text is the author's own, with even odds beforehand."""
        return np.exp(-np.logaddexp(0, -self.log_ratios))

    @property
    def answered(self) -> Bools:
        return np.abs(self.probabilities - 0.5) >= UNDECIDED

    @property
    def right(self) -> Bools:
        return self.answered & np.equal(self.probabilities > 0.5, self.own)


@dataclass(frozen=True)
class Calibration:
    """A score's log likelihood ratio as a straight line."""

    slope: float
    intercept: float

    def log_ratios(self, scores: Floats) -> Floats:
        return self.slope * scores + self.intercept


def fit_calibration(scores: Floats, own: Bools, weights: Floats) -> Calibration:
    """Logistic regression by Newton's method; the own and the others count the same, however many there are."""
    middle, spread = float(scores.mean()), float(scores.std()) or 1.0
    lines = np.stack([(scores - middle) / spread, np.ones_like(scores)], axis=1)
    shares, penalty, line = _even(own, weights) / 2, np.array([RIDGE, 0.0]), np.zeros(2)
    for _ in range(MOST_STEPS):
        expected = 1 / (1 + np.exp(-lines @ line))
        downhill = lines.T @ (shares * (own - expected)) - penalty * line
        curvature = (lines.T * (shares * expected * (1 - expected))) @ lines + np.diag(penalty)
        step = np.linalg.solve(curvature, downhill)
        line += step * min(1.0, LONGEST_STEP / max(float(np.linalg.norm(step)), ENOUGH))
        if np.abs(step).max() < ENOUGH:
            break
    return Calibration(slope=float(line[0]) / spread, intercept=float(line[1] - line[0] * middle / spread))


def c_at_1(answers: Answers) -> float:
    """Accuracy that credits a problem left open with the share of right ones: (right + open x right / n) / n.

    Peñas & Rodrigo, "A Simple Measure to Assess Non-response", ACL 2011.
    """
    total = answers.weights.sum()
    right, left_open = answers.weights[answers.right].sum(), answers.weights[~answers.answered].sum()
    return float((right + left_open * right / total) / total)


def f_05_u(answers: Answers) -> float:
    """F0.5 of the own texts, in which a problem left open counts as an own one that was missed.

    1.25 TP / (1.25 TP + 0.25 (FN + open) + FP); Bevendorff, Stein, Hagen & Potthast, "Generalizing Unmasking for Short
    Texts", NAACL 2019.
    """
    weights, said_own = answers.weights, answers.answered & (answers.probabilities > 0.5)
    hits, false = weights[said_own & answers.own].sum(), weights[said_own & ~answers.own].sum()
    missed = weights[answers.answered & ~said_own & answers.own].sum() + weights[~answers.answered].sum()
    whole = 1.25 * hits + 0.25 * missed + false
    return float(1.25 * hits / whole) if whole else 0.0


def brier(answers: Answers) -> float:
    """PAN's, where more is better: 1 - the mean squared error of the probabilities (Brier 1950)."""
    return float(1 - np.average((answers.probabilities - answers.own) ** 2, weights=answers.weights))


def cllr(answers: Answers) -> float:
    """Cost of the log likelihood ratio, in bits: 0 is perfect, 1 is what saying nothing costs, more is misleading.

    Half the mean of log2(1 + 1 / ratio) over the own and half that of log2(1 + ratio) over the others; Brümmer & du Preez,
    "Application-independent evaluation of speaker detection", Computer Speech & Language 20, 2006.
    """
    costs = np.logaddexp(0, np.where(answers.own, -answers.log_ratios, answers.log_ratios)) / np.log(2)
    return float(np.average(costs, weights=_even(answers.own, answers.weights)))


def min_cllr(answers: Answers) -> float:
    """Cllr after the best rising map of the answers, which knows the truth: what no calibration would mend (as above)."""
    order = np.lexsort((~answers.own, answers.log_ratios))  # the own first among equals, so that equals are pooled
    own, weights = answers.own[order], _even(answers.own, answers.weights)[order]
    best = _rising(own.astype(np.float64), weights)
    costs = -np.log2(np.where(own, best, 1 - best))
    return float(np.average(costs, weights=weights))


def _even(own: Bools, weights: Floats) -> Floats:
    """The same within the own and within the others, both of which sum to 1."""
    totals: Floats = np.where(own, weights[own].sum(), weights[~own].sum())
    return weights / totals


def _rising(values: Floats, weights: Floats) -> Floats:
    """The nearest sequence that never falls: neighbours that fall are pooled into their mean."""
    pools: list[tuple[float, float, int]] = []  # mean, weight, values
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        mean, heavy, many = value, weight, 1
        while pools and pools[-1][0] >= mean:
            before, weight_before, many_before = pools.pop()
            mean = (before * weight_before + mean * heavy) / (weight_before + heavy)
            heavy, many = heavy + weight_before, many + many_before
        pools.append((mean, heavy, many))
    return np.repeat(np.array([mean for mean, _, _ in pools]), [many for _, _, many in pools])

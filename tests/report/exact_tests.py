"""Tests of one cell and of a family, by integrals of their own: for recompute_verdicts.py."""
import functools
import itertools
import math

from recompute import t_quantile

ALPHA = 0.05


def simpson(f, low, high, n=400):
    h = (high - low) / n
    return h / 3 * sum((1 if i in (0, n) else 4 if i % 2 else 2) * f(low + i * h) for i in range(n + 1))


def above(t, df, noncentrality=0.0, points=2000):
    """P(T > t) for t with this noncentrality: the normal tail, averaged over the distribution of the sd."""
    log_norm = math.log(2) + df / 2 * math.log(df / 2) - math.lgamma(df / 2)

    def weighted(v):
        if v <= 0:
            return 0.0
        density = math.exp(log_norm + (df - 1) * math.log(v) - df * v * v / 2)
        return density * 0.5 * math.erfc((t * v - noncentrality) / math.sqrt(2))

    width = 12 / math.sqrt(2 * df)
    low, high = max(0.0, 1 - width), 1 + width
    if low > 0:
        return simpson(weighted, low, high, points)
    return simpson(weighted, 0, 0.1, points) + simpson(weighted, 0.1, high, points)  # a large t decides near 0


@functools.lru_cache(maxsize=None)
def limit(alpha, df):
    """The t with P(T > t) = alpha."""
    low, high = 0.0, 1e4
    for _ in range(45):
        middle = (low + high) / 2
        low, high = (low, middle) if above(middle, df, points=800) < alpha else (middle, high)
    return (low + high) / 2


def two_sided_power(distance, sd, n, alpha):
    nc = distance / sd * math.sqrt(n)
    t = limit(alpha / 2, n - 1)
    return above(t, n - 1, nc, 800) + above(t, n - 1, -nc, 800)


def one_sided_power(distance, sd, n, alpha):
    return above(limit(alpha, n - 1), n - 1, distance / sd * math.sqrt(n), 800)


def is_first(n, power):
    """Whether n is the smallest from 3 with a power of 0.8, for a power that rises."""
    return power(n) >= 0.8 and (n == 3 or power(n - 1) < 0.8)


class Cell:
    """values: differences by seed, or values; sign +1: the claim is 'higher'."""

    def __init__(self, values, sign, margin, origin=0.0, guard=True, runs=()):
        self.values, self.sign, self.margin, self.guard, self.runs = values, sign, margin, guard, runs
        self.effects = [v - origin for v in values]
        self.n, self.mean = len(values), math.fsum(values) / len(values)
        self.sd = math.sqrt(math.fsum((v - self.mean) ** 2 for v in values) / (self.n - 1))
        error = self.sd / math.sqrt(self.n)
        self.half = t_quantile(self.n - 1) * error
        self.towards = sign * (self.mean - origin)
        self.p = 2 * above(abs(self.towards) / error, self.n - 1)
        self.size = above((margin - self.towards) / error, self.n - 1) if margin > 0 else None
        total = abs(math.fsum(self.effects)) - 1e-12
        flips = list(itertools.product((1, -1), repeat=self.n))
        self.flip = sum(abs(sum(s * e for s, e in zip(signs, self.effects))) >= total for signs in flips) / len(flips)

    def seeds_agree(self, n, found, alpha):
        """Whether n is the first number of seeds that decides with a probability of 0.8."""
        gap = self.margin - self.towards

        def margin_power(k):
            return two_sided_power(self.margin, self.sd, k, alpha)

        def power_seen(k):
            return max(one_sided_power(gap, self.sd, k, alpha) if self.margin > 0 and gap > 0 else 0,
                       0 if found else two_sided_power(abs(self.towards), self.sd, k, alpha))

        by_margin = self.towards > 0 and gap > 0 and not found and margin_power(self.n) < 0.8
        return is_first(n, margin_power if by_margin else power_seen)


def holm(p):
    order, adjusted, largest = sorted(range(len(p)), key=p.__getitem__), [0.0] * len(p), 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - rank) * p[i]))
        adjusted[i] = largest
    return adjusted

"""What a fit does to a step beside the rule, in plain numpy and float64, as an oracle for the tests."""

from statistics import NormalDist

import numpy as np
import reference

LOW = np.uint64(0xFFFFFFFF)
DROPOUT, NOISE = 2, 3  # purposes


def philox(counter, key):
    """The four words of each block: counter is four arrays of uint32 as uint64, key an int."""
    c0, c1, c2, c3 = counter
    k0, k1 = key & 0xFFFFFFFF, key >> 32
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * c0, np.uint64(0xCD9E8D57) * c2
        high = np.uint64(32)
        c0, c1, c2, c3 = (
            (b >> high) ^ c1 ^ np.uint64(k0),
            b & LOW,
            (a >> high) ^ c3 ^ np.uint64(k1),
            a & LOW,
        )
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c0, c1, c2, c3


def words(seed, epoch, purpose, layer, position, rows, width):
    """The random words (rows, width) of rows at a position of an epoch."""
    e = np.arange(position * width, (position + rows) * width, dtype=np.uint64)
    block = e // np.uint64(64) * np.uint64(16) + e % np.uint64(16)
    stream = np.full_like(e, purpose << 24 | layer)
    counter = (
        block & LOW,
        (block >> np.uint64(32)) ^ np.uint64(epoch >> 32),
        stream,
        np.full_like(e, epoch & 0xFFFFFFFF),
    )
    which = (e // np.uint64(16) % np.uint64(4)).astype(np.int64)
    return np.choose(which, philox(counter, seed)).reshape(rows, width)


def mask(rate, *place):
    """What activations are multiplied by; place: seed, epoch, layer, position, rows, width."""
    seed, epoch, *rest = place
    kept = words(seed, epoch, DROPOUT, *rest) >> np.uint64(1) >= int(rate * 2.0**31)
    return kept / (1.0 - rate)


def noise(*place):
    """Normal numbers."""
    seed, epoch, *rest = place
    u = (words(seed, epoch, NOISE, *rest) + 0.5) / 2.0**32
    return np.vectorize(NormalDist().inv_cdf)(u)


def of_layers(value, count, otherwise):
    """One number for each layer."""
    if value is None:
        return otherwise
    return [float(value)] * count if np.ndim(value) == 0 else list(value)


class Fit:
    """A fit of a reference.Network by a reference optimizer, with the arguments of Network.fit."""

    def __init__(
        self,
        net,
        optimizer,
        loss,
        seed,
        *,
        dropout=0.0,
        input_dropout=0.0,
        noise=0.0,
        clip_norm=None,
        clip_value=None,
        accumulate=1,
        max_norm=None,
        l1=0.0,
        l2=0.0,
        alpha=0.0,
        layer_rates=1.0,
        bias_rates=None,
        average=0.0,
    ):
        self.net, self.optimizer, self.loss, self.seed = net, optimizer, loss, seed
        depth = net.depth
        self.dropout = [input_dropout, *of_layers(dropout, depth - 1, None)]
        self.noise, self.accumulate, self.average = noise, accumulate, average
        self.clip_norm, self.clip_value, self.max_norm = clip_norm, clip_value, max_norm
        self.l1, self.l2 = of_layers(l1, depth, None), of_layers(l2, depth, None)
        self.rates = {"w": of_layers(layer_rates, depth, None)}
        self.rates["b"] = of_layers(bias_rates, depth, self.rates["w"])
        self.alpha, self.penalties = alpha, []  # the mean penalty of each epoch
        self.mean = None

    def gradient(self, x, y, epoch, position):
        """C_0 of each row, dC/dw and dC/db, of the network with its activations dropped."""
        net = self.net

        def dropped(l, a):
            if self.dropout[l] == 0.0:
                return np.ones_like(a)
            return mask(self.dropout[l], self.seed, epoch, l, position, *a.shape)

        if self.noise > 0.0:
            x = x + self.noise * noise(self.seed, epoch, 0, position, *x.shape)
        z, a, taken, masks = {}, {}, {0: x * dropped(0, x)}, {}
        for l in range(1, net.depth + 1):
            z[l] = taken[l - 1] @ net.w[l].T + net.b[l]
            a[l] = reference.activate(net.activations[l], z[l])
            masks[l] = dropped(l, a[l]) if l < net.depth else 1.0
            taken[l] = a[l] * masks[l]
        c, da = reference.cost(self.loss, a[net.depth], y)
        dw, db = {}, {}
        for l in range(net.depth, 0, -1):
            dz = reference.chain(net.activations[l], z[l], a[l], da * masks[l])
            dw[l], db[l] = dz.T @ taken[l - 1], dz.sum(axis=0)
            da = dz @ net.w[l]
        return c, dw, db

    def epoch(self, number, batches):
        """One epoch of batches (x, y); returns the cost of each row."""
        costs, position, batches = [], 0, list(batches)
        squares = 0.0
        for first in range(0, len(batches), self.accumulate):
            group, rows = batches[first : first + self.accumulate], 0
            squares += sum((w**2).sum() for w in self.net.w.values())
            sums = {(kind, l): 0.0 for kind in "wb" for l in self.net.w}
            for x, y in group:
                c, dw, db = self.gradient(x, y, number, position)
                costs.append(c)
                position, rows = position + len(x), rows + len(x)
                for l in dw:
                    sums["w", l] = sums["w", l] + dw[l]
                    sums["b", l] = sums["b", l] + db[l]
            self.step({key: g / rows for key, g in sums.items()}, 0.5 * self.alpha / rows)
        self.penalties.append(0.5 * self.alpha * squares / position)
        return np.concatenate(costs)

    def step(self, g, l2):
        """l2: is added to that of every layer."""
        g = {(kind, l): each for (kind, l), each in g.items() if self.rates[kind][l - 1] > 0.0}
        if self.clip_norm is not None:
            norm = np.sqrt(sum((each**2).sum() for each in g.values()))
            factor = min(1.0, self.clip_norm / (norm + 1e-6))
            g = {key: factor * each for key, each in g.items()}
        if self.clip_value is not None:
            g = {key: np.clip(each, -self.clip_value, self.clip_value) for key, each in g.items()}
        net, rule = self.net, self.optimizer
        own = rule.rate, rule.l1, rule.l2
        for (kind, l), each in g.items():
            parameters = net.w if kind == "w" else net.b
            rule.rate = own[0] * self.rates[kind][l - 1]
            rule.l1, rule.l2 = own[1] + self.l1[l - 1], own[2] + self.l2[l - 1] + l2
            parameters[l] = rule.update((kind, l), parameters[l], each)
            rule.rate, rule.l1, rule.l2 = own
            if kind == "w" and self.max_norm is not None:
                norms = np.sqrt((parameters[l] ** 2).sum(axis=1, keepdims=True))
                parameters[l] = parameters[l] * np.minimum(1.0, self.max_norm / norms)
        now = net.flat(net.w, net.b)
        if self.mean is None:
            self.mean = now
        self.mean = self.average * self.mean + (1.0 - self.average) * now

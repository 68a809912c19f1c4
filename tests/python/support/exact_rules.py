"""The table of update rules in docs/numerics.md, in exact rational arithmetic, rounded to float64."""

import math
from fractions import Fraction

import mpmath
import numpy as np

SMALLEST = np.finfo(np.float64).smallest_normal


def fma(a, b, c):
    """a b + c, rounded once. No chain here can end in -0, which a Fraction could not tell."""
    return float(Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c)))


def flush(x):
    return 0.0 if abs(x) < SMALLEST else x


class Rule:
    """The table of update rules, a line per statement, for options that are numbers."""

    def __init__(self, optimizer):
        self.o = optimizer
        self.v, self.m, self.u = {}, {}, {}
        self.powers = [1.0, 1.0]
        self.product, self.power = 1.0, 1.0  # of NAdam

    def step(self, parameters, gradient, weights, r=1.0):
        o, result = self.o, []
        if hasattr(o, "beta1"):
            self.powers = [self.powers[0] * o.beta1, self.powers[1] * o.beta2]
        if hasattr(o, "momentum_decay"):
            self.power *= self.decay_factor()
            self.product *= self.momentum(self.power)
        for i, (w, g) in enumerate(zip(parameters, gradient, strict=True)):
            g = g * r
            if o.weight_decay and o._core.rule not in ("adamw", "lion"):
                g = fma(o.weight_decay, w, g)
            if o.l2 and weights[i]:
                g = fma(2 * o.l2, w, g)
            if o.l1 and weights[i]:
                g = fma(o.l1, np.sign(w), g)
            result.append(getattr(self, o._core.rule)(i, w, g))
        return result

    def sgd(self, i, w, g):
        d = g
        if self.o.momentum and self.o.rate_in_velocity:
            s = self.o.learning_rate * g
            d = self.v[i] = flush(fma(self.o.momentum, self.v.get(i, 0.0), s))
            if self.o.nesterov:
                d = fma(self.o.momentum, d, s)
            return w - d
        if self.o.momentum:
            d = self.v[i] = flush(fma(self.o.momentum, self.v.get(i, 0.0), g))
            if self.o.nesterov:
                d = fma(self.o.momentum, d, g)
        return fma(-self.o.learning_rate, d, w)

    def adam(self, i, w, g):
        o = self.o
        m = self.m[i] = flush(fma(o.beta1, self.m.get(i, 0.0), (1 - o.beta1) * g))
        v = self.v[i] = flush(fma(o.beta2, self.v.get(i, 0.0), (1 - o.beta2) * (g * g)))
        if o.amsgrad:
            u = self.u.get(i, 0.0)
            v = self.u[i] = max(v, u)
        c = 1 / math.sqrt(1 - self.powers[1])
        epsilon = o.epsilon * c if getattr(o, "epsilon_inside", False) else o.epsilon
        q = fma(math.sqrt(v), c, epsilon)
        return fma(-(o.learning_rate / (1 - self.powers[0])), m / q, w)

    def adamw(self, i, w, g):
        return self.adam(i, fma(-(self.o.learning_rate * self.o.weight_decay), w, w), g)

    def decay_factor(self):
        """0.96^momentum_decay, by the core's exp, which is that of mpmath here."""
        return float(mpmath.exp(self.o.momentum_decay * float.fromhex("-0x1.4e69ed6d80eaep-5")))

    def momentum(self, power):
        return self.o.beta1 * (1 - 0.5 * power)

    def nadam(self, i, w, g):
        o = self.o
        m = self.m[i] = flush(fma(o.beta1, self.m.get(i, 0.0), (1 - o.beta1) * g))
        v = self.v[i] = flush(fma(o.beta2, self.v.get(i, 0.0), (1 - o.beta2) * (g * g)))
        q = fma(math.sqrt(v), 1 / math.sqrt(1 - self.powers[1]), o.epsilon)
        now, following = self.momentum(self.power), self.momentum(self.power * self.decay_factor())
        of_gradient = o.learning_rate * (1 - now) / (1 - self.product)
        of_mean = o.learning_rate * following / (1 - self.product * following)
        return w - fma(of_mean, m, of_gradient * g) / q

    def adamax(self, i, w, g):
        o = self.o
        m = self.m[i] = flush(fma(o.beta1, self.m.get(i, 0.0), (1 - o.beta1) * g))
        faded, now = o.beta2 * self.u.get(i, 0.0), abs(g) + o.epsilon
        u = self.u[i] = max(now, faded)
        return fma(-(o.learning_rate / (1 - self.powers[0])), m / u, w)

    def rmsprop(self, i, w, g):
        o = self.o
        s = self.v[i] = flush(fma(o.rho, self.v.get(i, 0.0), (1 - o.rho) * (g * g)))
        if o.centered:
            m = self.m[i] = flush(fma(o.rho, self.m.get(i, 0.0), (1 - o.rho) * g))
            s = fma(-m, m, s)
            s = 0.0 if s < 0 else s
        d = g / (math.sqrt(s) + o.epsilon)
        if o.momentum:
            d = self.u[i] = flush(fma(o.momentum, self.u.get(i, 0.0), d))
        return fma(-o.learning_rate, d, w)

    def adagrad(self, i, w, g):
        s = self.v[i] = flush(fma(g, g, self.v.get(i, 0.0)))
        return fma(-self.o.learning_rate, g / (math.sqrt(s) + self.o.epsilon), w)

    def adadelta(self, i, w, g):
        o, u = self.o, self.u.get(i, 0.0)
        v = self.v[i] = flush(fma(o.rho, self.v.get(i, 0.0), (1 - o.rho) * (g * g)))
        d = math.sqrt((u + o.epsilon) / (v + o.epsilon)) * g
        self.u[i] = flush(fma(o.rho, u, (1 - o.rho) * (d * d)))
        return fma(-o.learning_rate, d, w)

    def lion(self, i, w, g):
        o, m = self.o, self.m.get(i, 0.0)
        c = fma(o.beta1, m, (1 - o.beta1) * g)
        self.m[i] = flush(fma(o.beta2, m, (1 - o.beta2) * g))
        w = fma(-(o.learning_rate * o.weight_decay), w, w)
        return fma(-o.learning_rate, np.sign(c), w)

    def rprop(self, i, w, g):
        o = self.o
        p = g * self.v.get(i, 0.0)
        e = o.eta_minus if p < 0 else o.eta_plus if p > 0 else 1.0
        s = (self.u.get(i, 0.0) or o.learning_rate) * e
        s = self.u[i] = min(max(s, o.smallest_step), o.largest_step)
        g = self.v[i] = 0.0 if p < 0 else g
        return fma(-s, np.sign(g), w)

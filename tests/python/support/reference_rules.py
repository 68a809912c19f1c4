"""Update rules in plain numpy and float64, as oracles: each has the name of its Python class."""

import numpy as np


class SGD:
    """PyTorch's meaning of momentum, Nesterov and weight_decay; l1 and l2 on weights only.

    rate_in_velocity is the momentum of Keras and scikit-learn.
    """

    def __init__(
        self,
        learning_rate,
        momentum=0.0,
        nesterov=False,
        rate_in_velocity=False,
        weight_decay=0.0,
        l1=0.0,
        l2=0.0,
    ):
        self.rate, self.momentum, self.nesterov = learning_rate, momentum, nesterov
        self.rate_in_velocity = rate_in_velocity
        self.decay, self.l1, self.l2 = weight_decay, l1, l2
        self.state = {}

    def regularised(self, key, p, g):
        g = g + self.decay * p
        return g + self.l1 * np.sign(p) + 2.0 * self.l2 * p if key[0] == "w" else g

    def update(self, key, p, g):
        g = self.regularised(key, p, g)
        if self.rate_in_velocity:
            g = self.rate * g
        v = self.momentum * self.state.get(key, 0.0) + g
        self.state[key] = v
        if self.rate_in_velocity:
            return p - (g + self.momentum * v if self.nesterov else v)
        return p - self.rate * (g + self.momentum * v if self.nesterov else v)

    def step(self, net, dw, db):
        for l in dw:
            net.w[l] = self.update(("w", l), net.w[l], dw[l])
            net.b[l] = self.update(("b", l), net.b[l], db[l])


class Adam(SGD):
    """Kingma and Ba 2015; amsgrad as Reddi et al. 2018, epsilon_inside as in scikit-learn."""

    def __init__(
        self,
        learning_rate,
        beta1=0.9,
        beta2=0.999,
        epsilon=1e-8,
        amsgrad=False,
        epsilon_inside=False,
        **penalties,
    ):
        super().__init__(learning_rate, **penalties)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.amsgrad, self.inside = amsgrad, epsilon_inside

    def update(self, key, p, g):
        g = self.regularised(key, p, g)
        t, m, v, most = self.state.get(key, (0, 0.0, 0.0, 0.0))
        t += 1
        m = self.beta1 * m + (1.0 - self.beta1) * g
        v = self.beta2 * v + (1.0 - self.beta2) * g * g
        most = np.maximum(most, v) if self.amsgrad else v
        self.state[key] = t, m, v, most
        m_hat, v_hat = m / (1.0 - self.beta1**t), most / (1.0 - self.beta2**t)
        epsilon = self.epsilon / np.sqrt(1.0 - self.beta2**t) if self.inside else self.epsilon
        return p - self.rate * m_hat / (np.sqrt(v_hat) + epsilon)


class AdamW(Adam):
    """Loshchilov and Hutter 2019: the parameters decay, beside the step of Adam without decay."""

    def __init__(self, learning_rate, weight_decay=0.01, **options):
        super().__init__(learning_rate, **options)
        self.decoupled = weight_decay

    def update(self, key, p, g):
        return super().update(key, p, g) - self.rate * self.decoupled * p


class NAdam(SGD):
    """Dozat 2016, in PyTorch's form."""

    def __init__(
        self, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8, momentum_decay=0.004, **penalties
    ):
        super().__init__(learning_rate, **penalties)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.momentum_decay = momentum_decay

    def momentum_of(self, t):
        return self.beta1 * (1.0 - 0.5 * 0.96 ** (t * self.momentum_decay))

    def update(self, key, p, g):
        g = self.regularised(key, p, g)
        t, m, v, product = self.state.get(key, (0, 0.0, 0.0, 1.0))
        t += 1
        now, following = self.momentum_of(t), self.momentum_of(t + 1)
        product *= now
        m = self.beta1 * m + (1.0 - self.beta1) * g
        v = self.beta2 * v + (1.0 - self.beta2) * g * g
        self.state[key] = t, m, v, product
        m_hat = following * m / (1.0 - product * following) + (1.0 - now) * g / (1.0 - product)
        return p - self.rate * m_hat / (np.sqrt(v / (1.0 - self.beta2**t)) + self.epsilon)


class Adamax(SGD):
    """Kingma and Ba 2015, section 7."""

    def __init__(self, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8, **penalties):
        super().__init__(learning_rate, **penalties)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon

    def update(self, key, p, g):
        g = self.regularised(key, p, g)
        t, m, u = self.state.get(key, (0, 0.0, 0.0))
        t += 1
        m = self.beta1 * m + (1.0 - self.beta1) * g
        u = np.maximum(self.beta2 * u, np.abs(g) + self.epsilon)
        self.state[key] = t, m, u
        return p - self.rate / (1.0 - self.beta1**t) * m / u


class RMSprop(SGD):
    """Hinton 2012; centered as Graves 2013."""

    def __init__(
        self, learning_rate, rho=0.99, epsilon=1e-8, momentum=0.0, centered=False, **penalties
    ):
        super().__init__(learning_rate, **penalties)
        self.rho, self.epsilon, self.of_steps, self.centered = rho, epsilon, momentum, centered

    def update(self, key, p, g):
        g = self.regularised(key, p, g)
        v, m, velocity = self.state.get(key, (0.0, 0.0, 0.0))
        v = self.rho * v + (1.0 - self.rho) * g * g
        m = self.rho * m + (1.0 - self.rho) * g
        square = np.maximum(v - m * m, 0.0) if self.centered else v
        velocity = self.of_steps * velocity + g / (np.sqrt(square) + self.epsilon)
        self.state[key] = v, m, velocity
        return p - self.rate * velocity


class Adagrad(SGD):
    """Duchi, Hazan and Singer 2011."""

    def __init__(self, learning_rate, epsilon=1e-10, **penalties):
        super().__init__(learning_rate, **penalties)
        self.epsilon = epsilon

    def update(self, key, p, g):
        g = self.regularised(key, p, g)
        self.state[key] = self.state.get(key, 0.0) + g * g
        return p - self.rate * g / (np.sqrt(self.state[key]) + self.epsilon)


class Adadelta(SGD):
    """Zeiler 2012."""

    def __init__(self, learning_rate, rho=0.9, epsilon=1e-6, **penalties):
        super().__init__(learning_rate, **penalties)
        self.rho, self.epsilon = rho, epsilon

    def update(self, key, p, g):
        g = self.regularised(key, p, g)
        v, u = self.state.get(key, (0.0, 0.0))
        v = self.rho * v + (1.0 - self.rho) * g * g
        step = np.sqrt(u + self.epsilon) / np.sqrt(v + self.epsilon) * g
        self.state[key] = v, self.rho * u + (1.0 - self.rho) * step * step
        return p - self.rate * step


class Lion(SGD):
    """Chen et al. 2023."""

    def __init__(self, learning_rate, beta1=0.9, beta2=0.99, weight_decay=0.0, **penalties):
        super().__init__(learning_rate, **penalties)
        self.beta1, self.beta2, self.decoupled = beta1, beta2, weight_decay

    def update(self, key, p, g):
        g = self.regularised(key, p, g)
        m = self.state.get(key, 0.0)
        self.state[key] = self.beta2 * m + (1.0 - self.beta2) * g
        step = np.sign(self.beta1 * m + (1.0 - self.beta1) * g)
        return p * (1.0 - self.rate * self.decoupled) - self.rate * step


class RProp(SGD):
    """Riedmiller and Braun 1993, in PyTorch's form: after a change of sign there is no step."""

    def __init__(
        self,
        learning_rate,
        eta_minus=0.5,
        eta_plus=1.2,
        smallest_step=1e-6,
        largest_step=50.0,
        **penalties,
    ):
        super().__init__(learning_rate, **penalties)
        self.etas, self.sizes = (eta_minus, eta_plus), (smallest_step, largest_step)

    def update(self, key, p, g):
        g = self.regularised(key, p, g)
        before, size = self.state.get(key, (0.0 * g, self.rate + 0.0 * g))
        turn = np.sign(before * g)
        size = np.clip(
            size * np.choose(1 + turn.astype(int), [self.etas[0], 1.0, self.etas[1]]), *self.sizes
        )
        g = np.where(turn < 0, 0.0, g)
        self.state[key] = g, size
        return p - np.sign(g) * size

"""JAX at its best: a whole pass over the batches in one compiled lax.scan."""

from harness.problem import Problem

from peers import jax_optax
from peers.jax_optax import available  # noqa: F401


def name() -> str:
    return jax_optax.name() + " (scan)"


class train_steps(jax_optax.train_steps):
    def __init__(self, problem: Problem, threads: int) -> None:
        import jax

        super().__init__(problem, threads)
        one = self.one

        def epoch(state, data):
            return jax.lax.scan(lambda s, batch: (one(s, batch), None), state, data)[0]

        self.step = jax.jit(epoch, donate_argnums=0)
        self.batches = [self.data]

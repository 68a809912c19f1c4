"""Arrays whose every operation is computed in exact rational arithmetic and then rounded once."""

from fractions import Fraction

import numpy as np


def rounded(value, T):
    """The number of type T that is nearest to a Fraction; of two, the one with an even last bit."""
    if value == 0:
        return T(0)
    limits = np.finfo(T)
    size = abs(value)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    if size < Fraction(2) ** exponent:
        exponent -= 1  # now 2^exponent <= size < 2^(exponent + 1)
    unit = Fraction(2) ** (max(exponent, limits.minexp) - limits.nmant)
    nearest = round(size / unit) * unit  # round() goes to even
    number = T(np.inf) if nearest >= Fraction(2) ** limits.maxexp else T(float(nearest))
    return -number if value < 0 else number


def _add(a, b, T):
    if np.isfinite(a) and np.isfinite(b) and (a != 0 or b != 0):
        return rounded(Fraction(float(a)) + Fraction(float(b)), T)
    return a + b  # which nothing rounds


def _multiply(a, b, T):
    if not np.isfinite(a) or not np.isfinite(b):
        return a * b
    return np.copysign(rounded(Fraction(float(a)) * Fraction(float(b)), T), _sign(a, b))


def _divide(a, b, T):
    if not np.isfinite(a) or not np.isfinite(b) or b == 0:
        return a / b
    return np.copysign(rounded(Fraction(float(a)) / Fraction(float(b)), T), _sign(a, b))


def _fma(a, b, c, T):
    if not np.isfinite(a) or not np.isfinite(b):
        return a * b + c
    if not np.isfinite(c):
        return c
    product = Fraction(float(a)) * Fraction(float(b))
    if product == 0 and c == 0:
        return np.copysign(T(0), _sign(a, b)) + c
    value = product + Fraction(float(c))
    number = rounded(value, T)
    return -T(0) if number == 0 and value < 0 else number


def _sign(a, b):
    return -1.0 if np.signbit(a) != np.signbit(b) else 1.0


class Numbers:
    """An array (n,) of floats; operations with it and other Numbers, or with single numbers."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def __add__(self, other):
        return _each(_add, self, other)

    def __sub__(self, other):
        return _each(_add, self, -_like(other, self))

    def __rsub__(self, other):
        return _each(_add, _like(other, self), -self)

    def __mul__(self, other):
        return _each(_multiply, self, other)

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other):
        return _each(_divide, self, other)

    def __neg__(self):
        return Numbers(-self.values)

    def __abs__(self):
        return Numbers(np.abs(self.values))

    def __lt__(self, other):
        return self.values < other

    def __gt__(self, other):
        return self.values > other

    def __getitem__(self, part):
        return Numbers(self.values[part])


def fma(a, b, c):
    return _each(_fma, a, b, c)


def select(condition, yes, no):
    like = yes if isinstance(yes, Numbers) else no
    return Numbers(np.where(condition, _like(yes, like).values, _like(no, like).values))


def _like(value, numbers):
    if isinstance(value, Numbers):
        return value
    return Numbers(np.full_like(numbers.values, value))


def _each(operation, *operands):
    like = next(operand for operand in operands if isinstance(operand, Numbers))
    T = like.values.dtype.type
    rows = zip(*(_like(operand, like).values for operand in operands), strict=True)
    with np.errstate(all="ignore"):
        return Numbers(np.array([operation(*row, T) for row in rows], T))

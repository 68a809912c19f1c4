"""Makes the constants of cpp/src/kernels/vec/math.hpp: python tools/minimax.py [name ...]

Needs mpmath only, and gives the same digits everywhere. For each polynomial it prints the error
that is left (as a power of two, in units of the function that the polynomial serves) and the
coefficients in increasing order, as the hexadecimal literals that stand in math.hpp.

The method is Remez's exchange on a fixed fine grid of Chebyshev points: the grid stands for the
interval, so the result is the minimax polynomial but for an error of second order in its spacing.
The coefficients are found in real arithmetic and then rounded; the printed error is that of the
rounded polynomial. weight(x) turns the error of the polynomial into that of the function.
"""

import sys

import mpmath as mp

mp.mp.dps = 60

FORMATS = {"float": (24, "F"), "double": (53, "")}


def rounded(x, precision):
    """x rounded to nearest even with `precision` bits (no constant here is subnormal)."""
    with mp.workprec(precision):
        return +x


def literal(x, precision, suffix):
    """A number of at most `precision` bits as a C++ hexadecimal literal."""
    assert rounded(x, precision) == x
    if x == 0:
        return "0" + ".0" * bool(suffix) + suffix
    sign = "-" if x < 0 else ""
    mantissa, exponent = mp.frexp(abs(x))
    digits = format(int(mantissa * 2**53), "014x").rstrip("0")  # 1 and 52 bits
    point = "." if len(digits) > 1 else ""
    return f"{sign}0x{digits[0]}{point}{digits[1:]}p{int(exponent) - 1:+d}{suffix}"


def weighted_errors(coefficients, grid, values, weights):
    falling = coefficients[::-1]
    return [w * (mp.polyval(falling, x) - v) for x, v, w in zip(grid, values, weights, strict=True)]


def remez(f, low, high, count, weight):
    """`count` coefficients of the polynomial p that minimises the largest |weight (p - f)|."""
    low, high = mp.mpf(low), mp.mpf(high)
    n = 64 * (count + 1)
    middle, radius = (low + high) / 2, (high - low) / 2
    grid = [middle - radius * mp.cos(mp.pi * (2 * i + 1) / (2 * n)) for i in range(n)]
    values = [f(x) for x in grid]
    weights = [weight(x) for x in grid]
    # Extrema of the Chebyshev polynomial of degree `count`, as positions in the grid.
    chosen = [min(n - 1, (n * i) // count) for i in range(count + 1)]
    for _ in range(40):
        matrix = mp.matrix(count + 1, count + 1)
        right = mp.matrix(count + 1, 1)
        for row, i in enumerate(chosen):
            for k in range(count):
                matrix[row, k] = grid[i] ** k
            matrix[row, count] = (-1) ** row / weights[i]
            right[row] = values[i]
        solution = mp.lu_solve(matrix, right)
        coefficients = [solution[k] for k in range(count)]
        errors = weighted_errors(coefficients, grid, values, weights)
        # The largest error of each run of one sign; then the best `count + 1` neighbours of those.
        extrema = []
        for i, e in enumerate(errors):
            if extrema and (errors[extrema[-1]] > 0) == (e > 0):
                if abs(e) > abs(errors[extrema[-1]]):
                    extrema[-1] = i
            else:
                extrema.append(i)
        while len(extrema) > count + 1:
            extrema.pop(0 if abs(errors[extrema[0]]) < abs(errors[extrema[-1]]) else -1)
        assert len(extrema) == count + 1, "the error does not alternate"
        if extrema == chosen:
            break
        chosen = extrema
    return coefficients, grid, values, weights


def polynomial(name, format_name, f, low, high, count, weight):
    precision, suffix = FORMATS[format_name]
    coefficients, grid, values, weights = remez(f, low, high, count, weight)
    coefficients = [rounded(c, precision) for c in coefficients]
    error = max(abs(e) for e in weighted_errors(coefficients, grid, values, weights))
    print(f"{name}, {format_name}: {count} coefficients, error 2^{mp.nstr(mp.log(error, 2), 4)}")
    for c in coefficients:
        print(f"    {literal(c, precision, suffix)},")


def constant(name, format_name, x, bits=None, rounding="n"):
    precision, suffix = FORMATS[format_name]
    x = mp.fdiv(x, 1, prec=bits or precision, rounding=rounding)
    print(f"{name}, {format_name}: {literal(x, precision, suffix)}  ({mp.nstr(x, 20)})")
    return x


def exp(which):
    """e^r = 1 + r + r^2 p(r), |r| <= ln2 / 2 and a little more; relative to e^r - 1, for expm1."""
    bound = mp.log(2) / 2 * (1 + mp.mpf(2) ** -10)
    polynomial(
        "exp",
        which,
        lambda r: (mp.exp(r) - 1 - r) / r**2,
        -bound,
        bound,
        {"float": 6, "double": 11}[which],
        lambda r: r**2 / mp.expm1(r),
    )
    constant("log2(e)", which, 1 / mp.log(2))
    # Short enough that n ln2_high is exact for every exponent n.
    high = constant("ln2_high", which, mp.log(2), {"float": 15, "double": 41}[which])
    constant("ln2_low", which, mp.log(2) - high)
    top = {"float": 128, "double": 1024}[which]
    constant("largest x with finite e^x", which, mp.log(2) * top, rounding="d")
    constant("smallest x with normal e^x", which, -mp.log(2) * (top - 2), rounding="d")


def log(which):
    """log((1 + s) / (1 - s)) = 2 s + s z p(z), z = s^2, s = (m - 1) / (m + 1), 1/2 <= m^2 <= 2."""
    top = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * (1 + mp.mpf(2) ** -10)
    polynomial(
        "log",
        which,
        lambda z: (mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 1) * 2 / z,
        0,
        top,
        {"float": 4, "double": 7}[which],
        lambda z: z / 2,
    )
    constant("sqrt(1/2)", which, mp.sqrt(0.5))


def tanh(which):
    """tanh x = x + x u p(u), u = x^2, for x <= tanh_split."""
    split = mp.mpf("0.75")
    polynomial(
        "tanh",
        which,
        lambda u: (mp.tanh(mp.sqrt(u)) / mp.sqrt(u) - 1) / u,
        0,
        split**2,
        {"float": 6, "double": 13}[which],
        lambda u: u * mp.sqrt(u) / mp.tanh(mp.sqrt(u)),
    )


def erf(which):
    """erf x = x + x p(u), u = x^2, for x <= erf_split."""
    polynomial(
        "erf",
        which,
        lambda u: mp.erf(mp.sqrt(u)) / mp.sqrt(u) - 1,
        0,
        1,
        {"float": 7, "double": 13}[which],
        lambda u: mp.sqrt(u) / mp.erf(mp.sqrt(u)),
    )


def erfc(which):
    """1 - erf x = e^-p(t), t = x - 1, from 1 to where erf x rounds to 1; relative to erf x."""
    top = {"float": 4, "double": 6}[which]
    polynomial(
        "erfc",
        which,
        lambda t: -mp.log(mp.erfc(1 + t)),
        0,
        top - 1,
        {"float": 8, "double": 21}[which],
        lambda t: mp.erfc(1 + t) / mp.erf(1 + t),
    )


if __name__ == "__main__":
    makers = {f.__name__: f for f in (exp, log, tanh, erf, erfc)}
    for maker in sys.argv[1:] or makers:
        for which in FORMATS:
            makers[maker](which)

"""The cubic kernel of interpolation: near, up to distance 1, and far, from there to 2 (Keys 1981)."""


def near(x, a=-0.75):
    """The weight of a place at distance ``x`` <= 1."""
    return (((a + 2) * x - (a + 3)) * x) * x + 1


def far(x, a=-0.75):
    """The weight of a place at distance 1 <= ``x`` <= 2."""
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

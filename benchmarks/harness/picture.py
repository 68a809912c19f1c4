"""A heat map as SVG text."""

from collections.abc import Sequence
from html import escape

CELL_X, CELL_Y, LEFT, TOP, BOTTOM = 46, 30, 64, 40, 44
NONE = "#ddd"
LOW, MIDDLE, HIGH = (247, 251, 255), (107, 174, 214), (8, 48, 107)


def percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f}"


def colour(share: float | None) -> str:
    """From near white at 0 through blue to dark blue at 1."""
    if share is None:
        return NONE
    share = min(max(share, 0.0), 1.0)
    start, end, t = (LOW, MIDDLE, 2 * share) if share < 0.5 else (MIDDLE, HIGH, 2 * share - 1)
    red, green, blue = (round(a + (b - a) * t) for a, b in zip(start, end, strict=True))
    return f"#{red:02x}{green:02x}{blue:02x}"


def text(x: float, y: float, words: object, fill: str = "#222", anchor: str = "middle") -> str:
    return f'<text x="{x:g}" y="{y:g}" fill="{fill}" text-anchor="{anchor}">{escape(str(words))}</text>'


def heat_map(
    title: str,
    widths: Sequence[int],
    batches: Sequence[int],
    shares: Sequence[Sequence[float | None]],
) -> str:
    """shares[i][j]: of batches[i] and widths[j], None where it is not known; the largest batch is
    drawn on top."""
    wide = LEFT + CELL_X * len(widths) + 16
    bottom = TOP + CELL_Y * len(batches)
    size = f'width="{wide}" height="{bottom + BOTTOM}"'
    style = f'viewBox="0 0 {wide} {bottom + BOTTOM}" font-family="sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>',
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        text(LEFT, 24, title, anchor="start"),
    ]
    for i, (batch, row) in enumerate(zip(batches, shares, strict=True)):
        y = bottom - CELL_Y * (i + 1)
        parts.append(text(LEFT - 8, y + 20, batch, anchor="end"))
        for j, share in enumerate(row):
            x = LEFT + CELL_X * j
            parts.append(
                f'<rect x="{x}" y="{y}" width="{CELL_X - 1}" height="{CELL_Y - 1}" '
                f'fill="{colour(share)}"/>'
            )
            ink = "#fff" if share is not None and share > 0.45 else "#222"
            parts.append(text(x + CELL_X / 2, y + 20, percent(share), ink))
    for j, width in enumerate(widths):
        parts.append(text(LEFT + CELL_X * (j + 0.5), bottom + 16, width))
    parts.append(text(LEFT + CELL_X * len(widths) / 2, bottom + 36, "width w"))
    parts.append(text(8, TOP - 4, "batch", anchor="start"))
    return "\n".join([*parts, "</svg>"]) + "\n"

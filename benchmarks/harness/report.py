"""The tables of training, with goals in brackets."""

from collections.abc import Sequence

from harness.measure import Result
from harness.rows import NO_SLOWER, Row
from harness.table import layout

WHOLE_EPOCH = "(scan)"  # a peer that compiles a whole epoch, not a step


def goal(text: str, value: float | None, unit: str = "") -> str:
    return text if value is None else f"{text} ({value:g}{unit})"


def percent(value: float | None) -> float | None:
    return None if value is None else round(100 * value)


def best(result: Result, steps_only: bool) -> tuple[str, float] | None:
    ratios = {
        name: ratio
        for name, ratio in result.ratios.items()
        if name != "FANN" and not (steps_only and WHOLE_EPOCH in name)
    }
    return min(ratios.items(), key=lambda item: item[1]) if ratios else None


def cells(row: Row, result: Result, threads: Sequence[int]) -> list[str]:
    times = [f"{1e6 * result.seconds[n]:.4g}" for n in threads]
    goals = {1: row.share_1, 2: row.share_2}
    shares = [
        goal(f"{100 * result.share[n]:.0f} %", percent(goals.get(n)), " %")
        if n in result.share
        else "-"
        for n in threads
    ]
    slower = "-"
    if len(threads) > 1:
        ratio = result.seconds[threads[-1]] / result.seconds[threads[0]]
        slower = f"{ratio:.2f}" + (" !" if threads[0] == 1 and ratio > NO_SLOWER else "")
    step, whole = best(result, steps_only=True), best(result, steps_only=False)
    return [
        row.name,
        *times,
        *shares,
        slower,
        goal(f"{step[1]:.2f} {step[0].split(' +')[0]}", row.python) if step else "-",
        f"{whole[1]:.2f}" if whole else "-",
        goal(f"{result.ratios['FANN']:.1f}", row.fann) if "FANN" in result.ratios else "-",
        f"{result.shuffled:.3f}",
    ]


def table(rows: Sequence[Row], results: Sequence[Result], threads: Sequence[int]) -> str:
    counts = [f"{n} thread{'s' if n > 1 else ''}" for n in threads]
    head = ["net/batch", *(f"us, {count}" for count in counts)]
    head += [f"peak, {count}" for count in counts]
    head += [f"{threads[-1]} over {threads[0]}", "x best Python peer, by steps"]
    head += ["x best, scan too", "x FANN", "shuffled"]
    lines, reasons = [head], []
    for row, result in zip(rows, results, strict=True):
        lines.append(cells(row, result, threads))
        reasons += [f"{row.name} without its share: {why}" for why in result.no_share.values()]
    return "\n".join(["", "filbert, one training step; goals in brackets", layout(lines), *reasons])


def peer_table(results: Sequence[Result], threads: Sequence[int]) -> str:
    names = dict.fromkeys(name for result in results for name in result.peers)
    if not names:
        return ""
    head = ["microseconds a step, " + "/".join(map(str, threads)) + " threads"]
    lines = [[*head, *(result.name for result in results)]]
    for name in names:
        line = [name]
        for result in results:
            times = result.peers.get(name, {})
            line.append("/".join(f"{1e6 * times[n]:.4g}" for n in sorted(times)) or "-")
        lines.append(line)
    return "\n" + layout(lines) + "\n"

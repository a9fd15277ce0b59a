"""The table of results, and its place in docs/performance.md."""

import datetime
import os
import platform
import statistics

BEGIN, END = "<!-- bench/start begins -->", "<!-- bench/start ends -->"


def table(contenders, times, counts, memory, rounds):
    lines = [
        f"{datetime.date.today()}, {machine()}; medians of {rounds} interleaved runs each.",
        "",
        "| start of /bin/true, as a user | median | fastest tenth | ratio | system calls | processes, threads | page faults | largest process | stays beside the payload |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for contender in contenders:
        own = times[contender.name]
        ratio = statistics.median(own) / statistics.median(times[contender.beside]) if contender.beside else None
        calls, forks, faults = counts.get(contender.name, (None, None, None))
        largest, stays = memory.get(contender.name, (None, None))
        lines.append(row(
            contender.name, milliseconds(statistics.median(own)), milliseconds(statistics.quantiles(own, n=10)[0]),
            f"{ratio:.2f} × {contender.beside}" if ratio is not None and contender.beside != contender.name else "1",
            calls, None if forks is None else forks + 1, faults, kibibytes(largest), kibibytes(stays)))
    return "\n".join(lines)


def row(*cells):
    return "| " + " | ".join("" if cell is None else str(cell) for cell in cells) + " |"


def milliseconds(seconds):
    return f"{seconds * 1e3:.2f} ms"


def kibibytes(number):
    return None if number is None else f"{number / 1024:.1f} MiB"


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release().split('-')[0]}, load {load:.1f}"


def write(path, text):
    """Replaces what stands between the markers."""
    with open(path, encoding="utf-8") as file:
        page = file.read()
    before, rest = page.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{before}{BEGIN}\n{text}\n{END}{after}")

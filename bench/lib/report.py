"""The table of results, and its place in docs/performance.md."""

import datetime
import os
import platform
import statistics



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


def images(times, memory, asked, rounds):
    """Reading images: medians in seconds, and the ratio of speed to the kernel's driver beside what was asked for."""
    goals = {(test, label, phase): (must, aim) for test, label, phase, must, aim in asked}
    lines = [
        f"{datetime.date.today()}, {machine()}; medians of {rounds} interleaved runs each, in seconds.",
        "",
        "| | image | page cache | kernel | kerr | squashfuse_ll | directory | kernel ÷ kerr | must | aim |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for test, label, phase in sorted({(test, label, phase) for test, label, _, phase in times}, key=lambda key: (key[1], list_index(times, key), key[2])):
        found = [times.get((test, label, name, phase)) for name in ("kernel", "kerr", "squashfuse_ll", "directory")]
        medians = [statistics.median(values) if values else None for values in found]
        must, aim = goals.get((test, label, phase), (None, None))
        lines.append(row(
            test, label, phase, *[None if value is None else f"{value:.3f}" for value in medians],
            f"{medians[0] / medians[1]:.2f}", None if must is None else f"≥ {must}", None if aim is None else f"≥ {aim}"))
    if memory:
        lines += ["", "Largest memory of the server after reading everything: " + "; ".join(
            f"{label} {size / 1024:.1f} MiB" for label, size in memory.items()) + " (must ≤ 64, aim ≤ 32)."]
    return "\n".join(lines)


def list_index(times, key):
    return next(i for i, (test, label, _, _) in enumerate(times) if (test, label) == key[:2])


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


def write(path, text, script="bench/start"):
    """Replaces what stands between the script's markers."""
    begin, end = f"<!-- {script} begins -->", f"<!-- {script} ends -->"
    with open(path, encoding="utf-8") as file:
        page = file.read()
    before, rest = page.split(begin, 1)
    _, after = rest.split(end, 1)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{before}{begin}\n{text}\n{end}{after}")

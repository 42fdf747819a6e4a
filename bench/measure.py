"""Figures: what a command costs, and series of figures that belong together, each with its minimum,
median and maximum."""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field


class Trouble(Exception):
    """Something that was to be measured did not work."""


@dataclass
class Cost:
    """Of a command and all that it started and waited for."""

    seconds: float
    processor_seconds: float
    # Of the largest of its processes.
    megabytes: float


def cost(words, folder=None, environment=None, codes=(0,)):
    """Runs a command to its end. What it prints is shown where it fails."""
    with open(os.path.join(folder or "/tmp", f"bench-{os.getpid()}.out"), "w+") as output:
        began = time.monotonic()
        child = subprocess.Popen(
            words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read()
        os.unlink(output.name)
    if child.returncode not in codes:
        raise Trouble(f"{' '.join(map(str, words))} ended with {child.returncode}:\n{said[-3000:]}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def run(words, **more):
    """What a command prints."""
    done = subprocess.run(words, capture_output=True, **{"stdin": subprocess.DEVNULL, **more})
    said, complained = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    if done.returncode:
        raise Trouble(
            f"{' '.join(map(str, words))} ended with {done.returncode}:\n{said[-2000:]}{complained[-2000:]}"
        )
    return said


@dataclass
class Series:
    """Figures of several contenders. Those of one round were taken one right after the other, so a ratio is of a round."""

    title: str
    unit: str
    # Whom the others are held against.
    against: str
    figures: dict = field(default_factory=dict)

    def add(self, contender, figure):
        self.figures.setdefault(contender, []).append(figure)
        say(f"{self.title}: {contender}: {figure:.3g} {self.unit}")

    def ratios(self, contender):
        return [mine / theirs for mine, theirs in zip(self.figures[contender], self.figures[self.against]) if theirs]

    def table(self):
        def three(figures):
            return " / ".join(f"{one:.3g}" for one in (min(figures), statistics.median(figures), max(figures)))

        lines = [
            f"| {self.title} | {self.unit}: least / median / most | held against {self.against} |",
            "| --- | --- | --- |",
        ]
        for contender, figures in self.figures.items():
            lines.append(
                f"| {contender} | {three(figures)} | {three(self.ratios(contender)) if contender != self.against else ''} |"
            )
        return "\n".join(lines)


def say(text):
    print(text, file=sys.stderr, flush=True)


def machine():
    """What the figures were taken on."""
    with open("/proc/cpuinfo") as cpus, open("/proc/meminfo") as memory:
        model = next(
            (line.split(":")[1].strip() for line in cpus if line.startswith("model name")), platform.machine()
        )
        kilobytes = int(next(line for line in memory if line.startswith("MemTotal")).split()[1])
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gb": round(kilobytes / 2**20, 1),
        "kernel": platform.release(),
    }


def report(all_series, commit, date):
    return json.dumps(
        {
            "commit": commit,
            "date": date,
            "machine": machine(),
            "series": [
                {"title": one.title, "unit": one.unit, "against": one.against, "figures": one.figures}
                for one in all_series
            ],
        },
        indent=1,
    )

"""Fail where fewer lines or branches are covered than agreed; coverage.py itself only adds the two
up. Run after the tests: `python -m tests.coverage_floor`."""

import json
import sys
import tempfile
from pathlib import Path

from coverage import Coverage

LINES = 95.0
BRANCHES = 90.0


def main() -> int:
    coverage = Coverage()
    coverage.load()
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "coverage.json"
        coverage.json_report(outfile=str(report))
        totals = json.loads(report.read_text(encoding="utf-8"))["totals"]
    lines = 100 * totals["covered_lines"] / totals["num_statements"]
    branches = 100 * totals["covered_branches"] / totals["num_branches"]
    print(f"covered: lines {lines:.2f} % of at least {LINES} %,", end=" ")
    print(f"branches {branches:.2f} % of at least {BRANCHES} %")
    return int(lines < LINES or branches < BRANCHES)


if __name__ == "__main__":
    sys.exit(main())

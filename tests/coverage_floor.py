"""Fail where fewer lines or branches are covered than agreed; coverage.py itself only adds the two
up. Run after the tests: `python -m tests.coverage_floor`."""

import io
import json
import sys

from coverage import Coverage

LINES = 95.0
BRANCHES = 90.0


def main() -> int:
    coverage = Coverage()
    coverage.load()
    report = io.StringIO()
    with_stdout, sys.stdout = sys.stdout, report
    try:
        coverage.json_report(outfile="-")
    finally:
        sys.stdout = with_stdout
    totals = json.loads(report.getvalue())["totals"]
    lines = 100 * totals["covered_lines"] / totals["num_statements"]
    branches = 100 * totals["covered_branches"] / totals["num_branches"]
    print(f"lines {lines:.2f} % (at least {LINES}), branches {branches:.2f} % (at least {BRANCHES})")
    return int(lines < LINES or branches < BRANCHES)


if __name__ == "__main__":
    sys.exit(main())

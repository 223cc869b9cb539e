"""Runs the code cells of a notebook in their order, and keeps what they draw in the folder FIGURES."""

import json
import os
import sys

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt

figures = []


def keep(*_args, **_options):
    path = os.path.join(os.environ["FIGURES"], f"{len(figures)}.png")
    plt.savefig(path, dpi=70)
    plt.close()
    figures.append(path)


plt.show = keep
with open(sys.argv[1], encoding="utf-8") as file:
    cells = ["".join(cell["source"]) for cell in json.load(file)["cells"] if cell["cell_type"] == "code"]
scope = {"__name__": "__main__"}
for number, cell in enumerate(cells):
    exec(compile(cell, f"cell {number}", "exec"), scope)

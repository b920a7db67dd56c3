"""ingest.packed_linear: what the packed weights cost in memory, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import ingest.weights  # first, as in the program
import torch
from ingest.packed_linear import Linear

def own_megabytes():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024

layer = Linear(384, 1536, dtype=torch.bfloat16).requires_grad_(False)
torch.nn.init.normal_(layer.weight), torch.nn.init.zeros_(layer.bias)
with torch.inference_mode():
    for tokens in (400, 1, 200):
        layer(torch.ones(1, tokens, 384, dtype=torch.bfloat16), with_gelu=True)
    before = own_megabytes()
    for tokens in range(1, 400):
        layer(torch.ones(1, tokens, 384, dtype=torch.bfloat16), with_gelu=True)
print(own_megabytes() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_texts_of_many_lengths_fill_no_memory():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True
    )
    assert float(done.stdout) < 150  # 60; without limits of the caches 300

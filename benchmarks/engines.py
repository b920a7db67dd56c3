"""The bundled writer by llama.cpp and by transformers side by side: loading, first words, tokens a second.

    python -m benchmarks.engines --rounds 5

Both write the same answer's number of tokens to the same prompts, in turn, so that other programs of the
machine slow both. A prompt is cold when its beginning was not read before, else warm.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence

from ingest.text.languages import DEFAULT
from rag.generate import Writer
from rag.language_models.llama_cpp import free_threads
from rag.models import Models
from rag.prompt import Message
from rag.sampling import Sampling
from rag.settings import ModelSettings

ENGINES = ("llama.cpp", "transformers")
_NOTE = (
    "A variational autoencoder learns a distribution over its latent code and is trained with a "
    "reconstruction term and a divergence from the prior, while a diffusion model removes noise in "
    "many small steps and is trained to predict the noise that was added in each of them."
)


def prompt(question: str) -> list[Message]:
    """Messages of about 200 tokens."""
    notes = "\n".join(f"[{number}] Models: {_NOTE}" for number in range(1, 4))
    return [
        {"role": "system", "content": DEFAULT.prompt},
        {"role": "user", "content": f"Notes:\n{notes}\n\nQuestion: {question}"},
    ]


def written(
    writer: Writer, messages: Sequence[Message], sampling: Sampling
) -> tuple[float, float, float, int]:
    """Seconds to the first words, in all, and of processor time, and the number of tokens written."""
    start, used, first, text = time.perf_counter(), time.process_time(), 0.0, ""
    for words in writer.stream(messages, sampling):
        first = first or time.perf_counter() - start
        text += words
    total, used = time.perf_counter() - start, time.process_time() - used
    return first, total, used, writer.count_tokens(text)


def main() -> None:
    """Measure and print the medians of each engine and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=60)
    parser.add_argument("--engine", choices=ENGINES, help="this one alone, without ratios")
    options = parser.parse_args()
    sampling = Sampling(max_new_tokens=options.tokens)
    print("threads and poll of llama.cpp:", free_threads())
    writers = {}
    rows: dict[str, dict[str, list[float]]] = {}
    for engine in [options.engine] if options.engine else ENGINES:
        writer = Models(ModelSettings(engine=engine, device="cpu")).writer
        start = time.perf_counter()
        writer.load()
        rows[engine] = {"load s": [time.perf_counter() - start]}
        writers[engine] = writer
    for number in range(options.rounds):
        for engine, writer in writers.items():
            for state in ("cold", "warm"):
                # The same question again is warm; the number changes the first words.
                messages = prompt(f"What is model {number}?")
                messages[0] = {**messages[0], "content": f"{number}. {messages[0]['content']}"}
                first, total, used, tokens = written(writer, messages, sampling)
                values = rows[engine]
                values.setdefault(f"first words {state} s", []).append(first)
                values.setdefault(f"{options.tokens} tokens {state} s", []).append(
                    first + (total - first) * options.tokens / max(tokens, 1)
                )
                values.setdefault(f"{options.tokens} tokens {state}, processor s", []).append(
                    used * options.tokens / max(tokens, 1)
                )
                values.setdefault("tokens / s", []).append(tokens / max(total - first, 1e-6))
    for name in next(iter(rows.values())):
        medians = [statistics.median(values[name]) for values in rows.values()]
        figures = "  ".join(f"{e} {m:8.2f}" for e, m in zip(rows, medians, strict=True))
        ratio = f"  ratio {medians[0] / medians[1]:.2f}" if len(medians) > 1 else ""
        print(f"{name:32} {figures}{ratio}")


if __name__ == "__main__":
    main()

"""Train the answer writer's adapter of `models/generator`.

    python -m training.generator [--smoke] [--output DIR] [--epochs N]

LoRA on the bundled decoder. A question with numbered evidence, among it what only looks alike,
makes the prompt that `rag.prompt` writes; the answer is one to three sentences, each closed by
its evidence's number, or the sentence that says that nothing answers. The loss is the mean
negative log-likelihood of the answer's tokens alone. A run leaves a checkpoint in the cache
every 50 steps and goes on from there.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import random
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, AutoTokenizer

from ingest import resources, weights
from ingest.text.languages import language
from ingest.types import Passage
from rag.prompt import Message, build_prompt
from rag.types import Hit, Source
from training.candidates import HELD_OUT
from training.data import Asked, Text, read_texts

OUTPUT = resources.models() / "generator"
WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"  # peft's names
_CHECKPOINT_STEPS = 50
_PIECES = (3, 5)  # how many pieces of evidence a prompt has, at least and at most
_MAX_TOKENS = 420  # of prompt and answer; longer examples are left out


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a run does; `batch` counts examples, `rate` is AdamW's highest."""

    rank: int = 16
    epochs: float = 0.55
    batch: int = 8
    rate: float = 4e-4
    lowest_layer: int = 15
    unanswerable: float = 0.25
    seed: int = 11


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and the answer that is wanted."""

    messages: tuple[Message, ...]
    answer: str


def examples(texts: Sequence[Text], recipe: Recipe) -> list[Example]:
    """All examples, in an order that the seed fixes."""
    generator = random.Random(recipe.seed)
    made = [
        example(text, item, texts, generator)
        for text in texts
        for item in text.asked
        if item.answer or generator.random() < recipe.unanswerable
    ]
    generator.shuffle(made)
    return made


def example(text: Text, item: Asked, texts: Sequence[Text], generator: random.Random) -> Example:
    """A question with its evidence in a random order among units that do not answer it."""
    wanted = list(item.evidence)
    near = [n for n in range(1, len(text.units) + 1) if n not in wanted]
    count = max(generator.randint(*_PIECES), len(wanted))
    spare = count - len(wanted)
    same = generator.sample(near, min(len(near), math.ceil(spare * 0.6)))
    pieces = [(text, n) for n in wanted + same]
    alike = [other for other in texts if other.subject == text.subject and other.id != text.id]
    while len(pieces) < count and alike:
        other = generator.choice(alike)
        pieces.append((other, generator.randint(1, len(other.units))))
    generator.shuffle(pieces)
    sources = [
        source(number, owner.title, owner.units[unit - 1])
        for number, (owner, unit) in enumerate(pieces, start=1)
    ]
    numbers = {unit: n for n, (owner, unit) in enumerate(pieces, 1) if owner.id == text.id}
    answer = " ".join(f"{said} [{numbers[unit]}]" for said, unit in item.answer)
    messages = build_prompt(item.searched, sources, language(item.lang))
    return Example(tuple(messages), answer or language(item.lang).not_answered)


def source(number: int, title: str, text: str) -> Source:
    """A piece of evidence under a heading, without a document."""
    passage = Passage("", "", "", title, (1,), (title,), text, ())
    return Source(number, " ".join(text.split()), Hit(passage, {}))


def tokenised(made: Sequence[Example], tokenizer: Any) -> list[tuple[list[int], list[int]]]:
    """Prompt and answer tokens of each example that is not too long; the answer ends the turn."""
    found = []
    for one in made:
        prompt = tokenizer.apply_chat_template(
            list(one.messages), add_generation_prompt=True, return_dict=True
        )["input_ids"]
        answer = tokenizer(one.answer, add_special_tokens=False)["input_ids"]
        answer.append(tokenizer.eos_token_id)
        if len(prompt) + len(answer) <= _MAX_TOKENS:
            found.append((prompt, answer))
    return found


def loss_of(model: Any, prompt: Sequence[int], answer: Sequence[int]) -> Tensor:
    """Mean negative log-likelihood of the answer's tokens, in nats; a scalar."""
    ids = torch.tensor([[*prompt, *answer]])
    logits = model(input_ids=ids, logits_to_keep=len(answer) + 1).logits[0, :-1]
    return cross_entropy(logits.float(), torch.tensor(answer))


def train(
    model: Any,
    learned: Sequence[tuple[list[int], list[int]]],
    recipe: Recipe,
    checkpoint: Path | None,
) -> None:
    """Change the adapter; goes on from the checkpoint where there is one."""
    torch.manual_seed(recipe.seed)
    generator = random.Random(recipe.seed)
    steps = math.ceil(recipe.epochs * len(learned) / recipe.batch)
    order: list[int] = []
    while len(order) < steps * recipe.batch:
        order += generator.sample(range(len(learned)), len(learned))
    trained = [value for value in model.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=recipe.rate, weight_decay=0.0)
    rise = max(1, steps // 20)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / rise, max(0.02, (steps - step) / steps))
    )
    first = 0
    if checkpoint and checkpoint.is_file():
        saved = torch.load(checkpoint, weights_only=True)
        if saved["steps"] == steps:
            set_peft_model_state_dict(model, saved["adapter"])
            optimizer.load_state_dict(saved["optimizer"])
            schedule.load_state_dict(saved["schedule"])
            torch.set_rng_state(saved["random"])
            first = saved["step"]
            print(f"going on from step {first}", flush=True)
    model.train()
    started = time.perf_counter()
    recent: list[float] = []
    for step in range(first + 1, steps + 1):
        total = 0.0
        for row in order[(step - 1) * recipe.batch : step * recipe.batch]:
            loss = loss_of(model, *learned[row]) / recipe.batch
            loss.backward()
            total += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        recent = [*recent[-19:], total]
        if step % 10 == 0 or step == steps:
            pace = (time.perf_counter() - started) / (step - first)
            print(
                f"step {step} of {steps}, loss {sum(recent) / len(recent):.3f} nats a token, "
                f"{pace * (steps - step) / 60:.0f} minutes left",
                flush=True,
            )
        if checkpoint and (step % _CHECKPOINT_STEPS == 0 or step == steps):
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
            draft = checkpoint.with_suffix(".draft")
            torch.save(
                {
                    "adapter": get_peft_model_state_dict(model),
                    "optimizer": optimizer.state_dict(),
                    "schedule": schedule.state_dict(),
                    "random": torch.get_rng_state(),
                    "step": step,
                    "steps": steps,
                },
                draft,
            )
            draft.replace(checkpoint)
    model.eval()


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--epochs", type=float)
    parser.add_argument("--smoke", action="store_true", help="a few steps, to see that it runs")
    options = parser.parse_args(arguments)
    logging.getLogger("transformers").setLevel(logging.ERROR)
    recipe = Recipe()
    if options.epochs:
        recipe = replace(recipe, epochs=options.epochs)
    texts = [text for text in read_texts() if text.subject not in HELD_OUT]
    folder = weights.decoder_folder(weights.locate(weights.DECODER))
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    learned = tokenised(examples(texts, recipe), tokenizer)
    if options.smoke:
        learned, recipe = learned[:16], replace(recipe, epochs=1.0)
    torch.manual_seed(recipe.seed)
    dtype = weights.choose_dtype("auto", "cpu")
    base = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, local_files_only=True)
    names = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    layers = list(range(recipe.lowest_layer, base.config.num_hidden_layers))
    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=2 * recipe.rank,
        lora_dropout=0.05,
        target_modules=names,
        layers_to_transform=layers,
        task_type="CAUSAL_LM",
    )
    model = get_peft_model(base, config)
    print(f"{len(learned)} examples from {len(texts)} passages; {recipe}", flush=True)
    checkpoint = weights.cache_dir() / "training" / "generator.pt"
    train(model, learned, recipe, None if options.smoke else checkpoint)
    save(model, recipe, options.output)
    print(f"saved in {options.output}")


def save(model: Any, recipe: Recipe, folder: Path) -> None:
    """Write the adapter in half precision, its config and its recipe; a card that is there stays."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        model.half().save_pretrained(scratch)
        shutil.copy(Path(scratch) / WEIGHTS, folder / WEIGHTS)
        config = json.loads((Path(scratch) / CONFIG).read_text())
    config["base_model_name_or_path"] = weights.DECODER  # not where it lies on this machine
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n")
    pinned = {"sha256": weights.sha256_of(folder / WEIGHTS), "recipe": asdict(recipe)}
    (folder / "recipe.json").write_text(json.dumps(pinned, indent=2) + "\n")


if __name__ == "__main__":
    main()

"""Train the answer writer's adapter of `models/generator`.

    python -m training.generator [--smoke] [--output DIR] [--epochs N]

LoRA on the bundled decoder. The prompt is that of `rag.prompt`: a question with numbered evidence,
of which some is only similar. The answer is one to three sentences, each followed by the number
of its evidence, or the sentence that says that nothing answers the question. The loss is the mean
negative log-likelihood of the answer's tokens alone. A run saves a checkpoint in the cache every
50 steps, and an interrupted run resumes from it.
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
from training.texts import TrainingQuestion, TrainingText, read_texts

OUTPUT = resources.models() / "generator"
WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"  # peft's names
_CHECKPOINT_STEPS = 50
_SPANS = (3, 5)  # number of evidence spans in a prompt, at least and at most
MAX_TOKENS = 420  # of prompt and answer; longer examples are left out


@dataclass(frozen=True, slots=True)
class Recipe:
    """A run's hyperparameters; `batch` counts examples, `rate` is AdamW's highest."""

    rank: int = 16
    epochs: float = 0.55
    batch: int = 8
    rate: float = 4e-4
    lowest_layer: int = 15
    unanswerable: float = 0.25
    seed: int = 11


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and the expected answer."""

    messages: tuple[Message, ...]
    answer: str


def examples(texts: Sequence[TrainingText], recipe: Recipe) -> list[Example]:
    """All examples in random order; the same for the same seed."""
    generator = random.Random(recipe.seed)
    result = [
        example(text, question, texts, generator)
        for text in texts
        for question in text.questions
        if question.answer or generator.random() < recipe.unanswerable
    ]
    generator.shuffle(result)
    return result


def example(
    text: TrainingText,
    question: TrainingQuestion,
    texts: Sequence[TrainingText],
    generator: random.Random,
) -> Example:
    """A question with its evidence in random order among units that do not answer it."""
    evidence = list(question.evidence)
    others = [n for n in range(1, len(text.units) + 1) if n not in evidence]
    count = max(generator.randint(*_SPANS), len(evidence))
    distractors = count - len(evidence)
    same_passage = generator.sample(others, min(len(others), math.ceil(distractors * 0.6)))
    spans = [(text, n) for n in evidence + same_passage]
    same_subject = [
        other for other in texts if other.subject == text.subject and other.id != text.id
    ]
    while len(spans) < count and same_subject:
        other = generator.choice(same_subject)
        spans.append((other, generator.randint(1, len(other.units))))
    generator.shuffle(spans)
    sources = [
        source(number, owner.title, owner.units[unit - 1])
        for number, (owner, unit) in enumerate(spans, start=1)
    ]
    numbers = {unit: n for n, (owner, unit) in enumerate(spans, 1) if owner.id == text.id}
    answer = " ".join(f"{sentence} [{numbers[unit]}]" for sentence, unit in question.answer)
    question_language = language(question.lang)
    messages = build_prompt(question.query, sources, question_language)
    return Example(tuple(messages), answer or question_language.not_answered)


def source(number: int, title: str, text: str) -> Source:
    """An evidence span under a heading, without a document."""
    passage = Passage("", "", "", title, (1,), (title,), text, ())
    return Source(number, " ".join(text.split()), Hit(passage, {}))


def tokenised(
    examples: Sequence[Example], tokenizer: Any, max_tokens: int = MAX_TOKENS
) -> list[tuple[list[int], list[int]]]:
    """Prompt and answer tokens of each example; the answer's last token ends the turn.

    Examples with more than `max_tokens` tokens are left out.
    """
    pairs = []
    for one in examples:
        prompt = tokenizer.apply_chat_template(
            list(one.messages), add_generation_prompt=True, return_dict=True
        )["input_ids"]
        answer = tokenizer(one.answer, add_special_tokens=False)["input_ids"]
        answer.append(tokenizer.eos_token_id)
        if len(prompt) + len(answer) <= max_tokens:
            pairs.append((prompt, answer))
    return pairs


def loss_of(model: Any, prompt: Sequence[int], answer: Sequence[int]) -> Tensor:
    """Mean negative log-likelihood of the answer's tokens, in nats; a scalar."""
    ids = torch.tensor([[*prompt, *answer]])
    logits = model(input_ids=ids, logits_to_keep=len(answer) + 1).logits[0, :-1]
    return cross_entropy(logits.float(), torch.tensor(answer))


def train(
    model: Any,
    examples: Sequence[tuple[list[int], list[int]]],
    recipe: Recipe,
    checkpoint: Path | None,
) -> None:
    """Train the adapter in place; resumes from the checkpoint if the file exists."""
    torch.manual_seed(recipe.seed)
    generator = random.Random(recipe.seed)
    steps = math.ceil(recipe.epochs * len(examples) / recipe.batch)
    order: list[int] = []
    while len(order) < steps * recipe.batch:
        order += generator.sample(range(len(examples)), len(examples))
    trainable = [value for value in model.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=recipe.rate, weight_decay=0.0)
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
            print(f"resuming from step {first}", flush=True)
    model.train()
    started = time.perf_counter()
    recent: list[float] = []
    for step in range(first + 1, steps + 1):
        total = 0.0
        for row in order[(step - 1) * recipe.batch : step * recipe.batch]:
            loss = loss_of(model, *examples[row]) / recipe.batch
            loss.backward()
            total += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(trainable, 1.0)
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
    parser.add_argument("--smoke", action="store_true", help="a few steps, as a test")
    options = parser.parse_args(arguments)
    logging.getLogger("transformers").setLevel(logging.ERROR)
    recipe = Recipe()
    if options.epochs:
        recipe = replace(recipe, epochs=options.epochs)
    texts = [text for text in read_texts() if text.subject not in HELD_OUT]
    folder = weights.decoder_folder(weights.locate(weights.DECODER))
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    pairs = tokenised(examples(texts, recipe), tokenizer)
    if options.smoke:
        pairs, recipe = pairs[:16], replace(recipe, epochs=1.0)
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
    print(f"{len(pairs)} examples from {len(texts)} passages; {recipe}", flush=True)
    checkpoint = weights.cache_dir() / "training" / "generator.pt"
    train(model, pairs, recipe, None if options.smoke else checkpoint)
    save(model, recipe, options.output)
    print(f"saved in {options.output}")


def save(model: Any, recipe: Recipe, folder: Path) -> None:
    """Write the adapter in half precision, its config and its recipe; other files are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        model.half().save_pretrained(scratch)
        shutil.copy(Path(scratch) / WEIGHTS, folder / WEIGHTS)
        config = json.loads((Path(scratch) / CONFIG).read_text())
    config["base_model_name_or_path"] = weights.DECODER  # not its path on this machine
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n")
    pinned = {"sha256": weights.sha256_of(folder / WEIGHTS), "recipe": asdict(recipe)}
    (folder / "recipe.json").write_text(json.dumps(pinned, indent=2) + "\n")


if __name__ == "__main__":
    main()

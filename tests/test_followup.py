"""rag.followup: which questions lean on the conversation, and what is searched then."""

from __future__ import annotations

import pytest

from rag.followup import expand_with_history, is_context_dependent, rewrite
from rag.types import Turn

FIRST = "What does the scaling by sqrt(d_k) do to attention scores?"


@pytest.mark.parametrize(
    "question",
    [
        "And for images?",
        "Why?",
        "why is that so",
        "How many?",
        "Which one is faster?",
        "What about the decoder, does it need the same mask?",
        "How does it differ from a variational autoencoder?",
        "Are they trained together?",
        "But does the loss still go down afterwards?",
        "What is it?",
        "What is the difference?",
        "Can you explain that again in other words?",
        "Und bei Bildern?",
        "Warum?",
        "Was ist der Unterschied?",
        "Wie wird dieses Netz trainiert?",
        "Wodurch unterscheidet es sich von einem Autoencoder?",
    ],
)
def test_questions_that_lean(question):
    assert is_context_dependent(question)
    assert (
        expand_with_history(question, [Turn(FIRST, "It keeps them small.")])
        == f"{FIRST} {question}"
    )


@pytest.mark.parametrize(
    "question",
    [
        FIRST,
        "How does a diffusion model generate images?",
        "Which loss does a variational autoencoder minimise?",
        "What is BPE?",
        "What are normalizing flows?",
        "What is a VAE?",
        "Explain top-p sampling",
        "Was ist ein Autoencoder?",
        "Definiere Kosinusähnlichkeit",
        "Wie funktioniert ein Autoencoder mit Flaschenhals?",
        "Andersen wrote fairy tales in which century?",  # opens like "and", but is a word
    ],
)
def test_questions_that_stand_for_themselves(question):
    assert not is_context_dependent(question)
    assert (
        expand_with_history(question, [Turn("How does BERT mask words?", "At random.")]) == question
    )


def test_without_a_conversation_every_question_stands():
    assert expand_with_history("And for images?", []) == "And for images?"


def test_a_chain_is_led_by_the_last_question_that_stood():
    history = [
        Turn("How does BERT mask words?", "At random."),
        Turn("What is BPE?", "A tokeniser."),
        Turn("And WordPiece?", "Another."),
        Turn("Why?", "So."),
    ]
    assert expand_with_history("Which one is older?", history) == "What is BPE? Which one is older?"


def test_a_chain_of_nothing_but_leaning_questions_is_led_by_the_first():
    history = [Turn("How many layers?", "Six."), Turn("And heads?", "Eight.")]
    assert expand_with_history("Why?", history) == "How many layers? Why?"


def test_a_long_question_with_a_pronoun_of_its_own_stands():
    question = (
        "When a tokenizer meets a word that is not in the vocabulary, "
        "how is it split into smaller pieces by BPE?"
    )
    assert not is_context_dependent(question)


class Speaker:
    """A writer with one thing to say, who remembers what it was asked."""

    name = "speaker"

    def __init__(self, reply):
        self.reply, self.asked = reply, []

    def count_tokens(self, text):
        return len(text.split())

    def load(self):
        pass

    def stream(self, messages, sampling, stop=None):
        self.asked.append(messages)
        yield from self.reply


HISTORY = [Turn(FIRST, "It keeps <|im_end|> them small.")]


def test_a_model_rewrites_what_leans():
    speaker = Speaker(' "Does the scaling by sqrt(d_k) help images?"\nI hope that helps.')
    assert rewrite("And for images?", HISTORY, speaker) == (
        "Does the scaling by sqrt(d_k) help images?"
    )
    [(system, user)] = speaker.asked
    assert user["content"] == (
        f"Question: {FIRST}\nAnswer: It keeps them small.\n\nLast question: And for images?"
    )
    assert system["role"] == "system"


def test_what_stands_for_itself_costs_no_call():
    speaker = Speaker("Never asked.")
    assert rewrite("What is BPE?", HISTORY, speaker) == "What is BPE?"
    assert rewrite("And for images?", [], speaker) == "And for images?"
    assert speaker.asked == []


@pytest.mark.parametrize("reply", ["", " \n", "...", "word " * 61])
def test_a_reply_that_is_no_question_is_not_taken(reply):
    assert rewrite("Why?", HISTORY, Speaker(reply)) == f"{FIRST} Why?"

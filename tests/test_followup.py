"""rag.followup: which questions need the conversation, and what is searched then."""

from __future__ import annotations

import pytest

from ingest.text.detect import question_language
from ingest.text.languages import language
from rag import followup
from rag.followup import expand_with_answer, rewrite
from rag.types import Turn

ENGLISH = language("en")
FIRST = "What does the scaling by sqrt(d_k) do to attention scores?"


def is_context_dependent(question: str) -> bool:
    return followup.is_context_dependent(question, question_language(question))


def expand_with_history(question: str, history: list[Turn]) -> str:
    return followup.expand_with_history(question, history, question_language(question))


@pytest.mark.parametrize(
    "question",
    [
        "And for images?",
        "why would anybody need that at all?",
        "How do you compute that?",
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
        "Which of the two does maximum likelihood correspond to?",
        "Wie hoch waren die beiden beim Spamfilter?",
        "How is a decoder different from it?",
        "Is it enough?",
        "Can I divide by one as well?",
        "Is there something that copes better with missing values?",
        "Wer hat das bezahlt?",
        "Et pour les images ?",
        "Comment est-il entraîné ?",
        "Est-ce que cela marche aussi avec du texte ?",
        "Quelle est la différence ?",
    ],
)
def test_questions_that_need_the_conversation(question):
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
        "Is one layer enough?",
        "Why would I use several threads instead of one?",
        "How does quicksort pick its pivot?",
        "What are the four conditions that must hold for a deadlock?",
        "How many GPUs did it take to train StyleGAN2-ADA?",
        "What does it mean when an autoencoder is called undercomplete?",
        "Why do deep networks overfit?",
        "Reicht eine Schicht?",
        "Was bringt es, das Ende vorher zu erwähnen?",
        "Welche Pakete gibt es in Julia für automatisches Differenzieren?",
        "Warum darf man die Perplexität von zwei Modellen nicht direkt vergleichen?",
        "Qu'est-ce qu'un autoencodeur ?",
        "Une couche suffit-elle ?",
        "Quel est le rôle de la fonction de perte dans un réseau ?",
        "Andersen wrote fairy tales in which century?",  # opens like "and", but is a word
    ],
)
def test_questions_that_are_complete(question):
    assert not is_context_dependent(question)
    assert (
        expand_with_history(question, [Turn("How does BERT mask words?", "At random.")]) == question
    )


def test_without_a_conversation_every_question_is_complete():
    assert expand_with_history("And for images?", []) == "And for images?"


def test_a_chain_is_led_by_the_last_complete_question():
    history = [
        Turn("How does BERT mask words?", "At random."),
        Turn("What is BPE?", "A tokeniser."),
        Turn("And WordPiece?", "Another."),
        Turn("Why?", "So."),
    ]
    assert expand_with_history("Which one is older?", history) == "What is BPE? Which one is older?"


def test_a_follow_up_is_searched_once_more_behind_the_last_question_and_its_answer():
    words = " ".join(f"word{number}" for number in range(60))
    history = [
        Turn("What is BPE?", "A tokeniser."),
        Turn("And WordPiece?", f"Another [1]. {words}"),
    ]
    query = expand_with_answer("Which of them is older?", history)
    assert query.startswith("And WordPiece? Another . word0 word1 ")
    assert query.endswith(" word37 Which of them is older?")  # 40 words of the answer
    assert expand_with_answer("Which of them is older?", []) == ""
    assert expand_with_answer("Which of them is older?", [Turn("What is BPE?", "")]) == ""


def test_a_chain_of_nothing_but_follow_ups_is_led_by_the_first():
    history = [Turn("How many layers?", "Six."), Turn("And heads?", "Eight.")]
    assert expand_with_history("Why?", history) == "How many layers? Why?"


def test_a_pronoun_with_its_noun_in_the_question_refers_to_that():
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


def test_a_model_rewrites_a_follow_up():
    speaker = Speaker(' "Does the scaling by sqrt(d_k) help images?"\nI hope that helps.')
    assert rewrite("And for images?", HISTORY, speaker, ENGLISH) == (
        "Does the scaling by sqrt(d_k) help images?"
    )
    [(system, user)] = speaker.asked
    assert user["content"] == (
        f"Question: {FIRST}\nAnswer: It keeps them small.\n\nLast question: And for images?"
    )
    assert system["role"] == "system"


def test_a_complete_question_costs_no_call():
    speaker = Speaker("Never asked.")
    assert rewrite("What is BPE?", HISTORY, speaker, ENGLISH) == "What is BPE?"
    assert rewrite("And for images?", [], speaker, ENGLISH) == "And for images?"
    assert speaker.asked == []


@pytest.mark.parametrize("reply", ["", " \n", "...", "word " * 61])
def test_a_reply_that_is_no_question_is_not_taken(reply):
    assert rewrite("Why?", HISTORY, Speaker(reply), ENGLISH) == f"{FIRST} Why?"

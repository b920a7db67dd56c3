"""Parts of the page Evaluate: the saved runs, what they hold, and whether they can be compared."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from ingest import resources
from ingest.errors import KathederError
from ingest.store import Library
from rag.evaluation.questions import Question, read_questions
from rag.evaluation.run_file import Run, meta_path, read_run
from ui.file_exchange import offer_file, show_table
from ui.session import Session, plain_error
from ui.text import counted, escape, t


def saved_runs(session: Session) -> dict[str, Path]:
    """The runs of this library by name, the last one first."""
    files = [f for f in (session.folder / "runs").glob("*.jsonl") if meta_path(f).exists()]
    return {f.stem: f for f in sorted(files, key=lambda f: f.stat().st_mtime, reverse=True)}


def sets_in_order(library: Library, sets: Mapping[str, Path]) -> tuple[dict[str, Path], int | None]:
    """Question sets by name, those about this library's lectures first, one's own before the bundled.

    Returns:
        The sets, and the place of the one to begin with: None where only bundled ones are there and
        all their lectures are missing.
    """
    held = {document.file for document in library.documents()}
    bundled = set(resources.question_sets().values())

    def is_about(file: Path) -> bool:
        try:
            named = {gold.doc for question in read_questions(file) for gold in question.gold}
        except KathederError:  # it is said where the set is chosen
            return False
        return not named or bool(named & held)

    about = {name: is_about(file) for name, file in sets.items()}
    names = sorted(sets, key=lambda name: (not about[name], sets[name] in bundled))
    is_worth_it = bool(names) and (about[names[0]] or sets[names[0]] not in bundled)
    first = 0 if is_worth_it else None
    return {name: sets[name] for name in names}, first


def warn_of_missing_documents(library: Library, questions: Sequence[Question]) -> None:
    """Say which right pages this library cannot find, since it lacks their documents."""
    held = {document.file for document in library.documents()}
    affected = [q for q in questions if any(gold.doc not in held for gold in q.gold)]
    missing = sorted({gold.doc for q in affected for gold in q.gold} - held)
    if missing:
        st.warning(
            escape(
                t(
                    "{number} of {total} questions have right pages in lectures that are not in "
                    "this library, so their pages cannot be found: {files}. Add them first, or "
                    "choose another question set.",
                    number=len(affected),
                    total=len(questions),
                    files=", ".join(missing),
                )
            )
        )


def state_of(run: Run, *, running: bool) -> str:
    """How far a run is, and how many of its questions failed."""
    done, total = len(run.lines), len(run.questions)
    if running:
        state = t("running")
    elif done >= total:
        state = t("finished")
    else:
        state = t("stopped after {done} of {total}", done=done, total=total)
    failed = sum(bool(line.error) for line in run.lines.values())
    return f"{state}, {t('failed: {number}', number=failed)}" if failed else state


def list_runs(session: Session, runs: Mapping[str, Path], running: str | None) -> None:
    """All runs with their states, and a button that deletes some."""
    with st.expander(t("All runs"), icon=":material/list:"):
        rows: dict[str, list[str]] = {
            t("Name"): [],
            t("State"): [],
            t("Questions"): [],
            t("Date"): [],
        }
        for name, path in runs.items():
            try:
                run = read_run(path)
                size = counted(len(run.questions), "question", "questions")
                cells = (name, state_of(run, running=name == running), size, run.date)
            except KathederError as error:
                cells = (name, plain_error(error), "", "")
            for column, cell in zip(rows.values(), cells, strict=True):
                column.append(cell)
        show_table(rows)
        names = st.multiselect(
            t("Runs to delete"),
            [name for name in runs if name != running],
            placeholder=t("None chosen"),
            key="runs_to_delete",
        )

        def delete() -> None:
            session.identity.require("evaluation.delete")
            for name in names:
                meta_path(runs[name]).unlink(missing_ok=True)
                runs[name].unlink(missing_ok=True)
            st.session_state.runs_to_delete = []

        st.button(
            t("Delete these runs"), icon=":material/delete:", disabled=not names, on_click=delete
        )


def comparable(runs: Sequence[Run]) -> list[Run]:
    """The runs with questions of the first one; says which others have other questions."""
    first, *others = runs
    comparable_runs = [first]
    for other in others:
        shared = shared_questions(first, other)
        total = max(len(first.questions), len(other.questions))
        if not shared:
            st.error(
                escape(
                    t(
                        "{name} and {other} have no question in common, so they cannot be compared.",
                        name=other.name,
                        other=first.name,
                    )
                )
            )
            continue
        if shared < total:
            st.warning(
                escape(
                    t(
                        "{name} and {other} have different questions. Only the {shared} that are in "
                        "both are compared.",
                        name=other.name,
                        other=first.name,
                        shared=shared,
                    )
                )
            )
        comparable_runs.append(other)
    return comparable_runs


def shared_questions(first: Run, other: Run) -> int:
    """How many questions of two runs are the same: in id, words and right pages."""
    known = {(q.id, q.question, q.gold) for q in first.questions}
    return sum((q.id, q.question, q.gold) in known for q in other.questions)


def download_report(library: Library, runs: Sequence[Run]) -> None:
    """The whole report as one page."""

    def build() -> bytes:
        from ui.presentation.report import write_report

        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "report.html"
            return write_report(runs[0].questions, runs, library, path).read_bytes()

    offer_file(
        "evaluation.read",
        t("Full report as one HTML file"),
        data=build,
        file_name="katheder-report.html",
        mime="text/html",
        icon=":material/download:",
    )

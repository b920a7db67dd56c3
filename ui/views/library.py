"""Library: put lectures in, look at them, take them out, and see them all on one map."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import altair as alt
import numpy as np
import streamlit as st

from ingest import resources
from ingest.errors import KathederError
from ingest.pipeline import FileReport, find_files, ingest
from ingest.store import Library
from ingest.types import Document, Passage
from ui.job import Job
from ui.page_view import page_picture, size_of, thumbnail
from ui.render import show_report
from ui.session import Session, background_jobs, lazy_tabs, load_models
from ui.text import counted, escape, place_of, t
from ui.uploads import drop_unused, store_uploads

_READING = "reading"  # the name of the one job that reads files
_THUMBNAILS = 12  # on a page of them
_TWINS = 0.95  # cosine from which two passages say nearly the same
_MOST_TWINS = 50


def page(session: Session) -> None:
    """One run of the page."""
    if session.library is None:
        welcome(session)
        return
    library = session.library
    st.title(t("Library"))
    st.caption(escape(f"{size_of(library)} · {session.folder}"))
    upload(session)
    follow_reading()
    lazy_tabs(
        "library",
        {
            t("Lectures"): lambda: documents_of(session, library),
            t("Map of all passages"): lambda: map_of(session, library),
            t("Duplicates"): lambda: duplicates_of(library),
        },
    )


# ---- reading ----


def welcome(session: Session) -> None:
    """The page of an empty library: what to do, and a button that reads the bundled lectures."""
    st.title("Katheder")
    st.markdown(
        t(
            "There are no lectures here yet. Add PDFs, or begin with the bundled ones; then ask "
            "questions, and every sentence of an answer names its page. Nothing leaves this machine."
        )
    )
    files = find_files([resources.lectures()])
    busy = _READING in background_jobs()
    if files and not busy:
        label = t("Read the {number} bundled lectures", number=len(files))
        if st.button(label, type="primary", icon=":material/menu_book:"):
            st.session_state.reports = []
            start_reading(session, files)
            st.rerun()
    upload(session)
    follow_reading()
    st.caption(escape(t("Library: {folder}", folder=session.folder)))


def upload(session: Session) -> None:
    """Take PDFs, store those that are some, and start to read them."""
    state = st.session_state
    state.setdefault("reports", [])
    with st.form("upload", clear_on_submit=True):
        chosen = st.file_uploader(
            t("Add PDFs"),
            type="pdf",
            accept_multiple_files=True,
            key="pdfs",
            max_upload_size=session.base.app.max_upload_mb,
        )
        collection = st.text_input(
            t("Collection"), placeholder=t("none; a name groups lectures"), max_chars=80
        )
        sent = st.form_submit_button(
            t("Add to the library"), disabled=_READING in background_jobs()
        )
    if sent and chosen:
        uploads = [(file.name, file.getvalue()) for file in chosen]
        files, state.reports = store_uploads(session.folder / "uploads", uploads, session.base.app)
        if files:
            start_reading(session, files, uploaded=True, collection=collection.strip())
    for report in state.reports:
        show_report(report)


def start_reading(
    session: Session, files: list[Path], *, uploaded: bool = False, collection: str = ""
) -> None:
    """Ingest files beside the page; `follow_reading` shows how far it is."""

    def read(_: threading.Event) -> Iterator[FileReport]:
        library = Library(session.folder, create=True)
        encoder = load_models(session.settings.models).encoder
        chunking = session.settings.chunking.model_dump()
        for report in ingest(files, library, encoder, collection=collection, **chunking):
            if uploaded:
                drop_unused(report)
            yield report

    background_jobs()[_READING] = Job(read)
    st.session_state.files = [file.name for file in files]


def follow_reading() -> None:
    """Show a bar for the whole and a line a file while files are read, then draw the page anew."""
    job = background_jobs().get(_READING)
    if job is None:
        return
    state = st.session_state
    names = state.get("files", [])
    reports: list[FileReport] = []
    bar = st.progress(0.0, t("Reading …"))
    rows = [st.progress(0.0, escape(name)) for name in names]
    try:
        for report in job.follow():
            if report is not None:
                if len(reports) < len(rows):
                    rows[len(reports)].progress(1.0, escape(names[len(reports)]))
                reports.append(report)
            total = max(len(names), len(reports), 1)
            now = min(len(reports) + 1, total)
            if len(reports) < len(rows):
                rows[len(reports)].progress(0.5, escape(f"{names[len(reports)]} …"))
            bar.progress(
                len(reports) / total,
                t(
                    "Reading {now} of {total} … {seconds} s",
                    now=now,
                    total=total,
                    seconds=round(job.seconds),
                ),
            )
    except KathederError as error:
        reports.append(FileReport("", "failed", message=str(error)))
    finally:
        if job.done:
            background_jobs().pop(_READING, None)
    state.reports = [*state.reports, *reports]
    st.rerun()


# ---- what is there ----


def documents_of(session: Session, library: Library) -> None:
    """Every lecture under its collection; one of them with its pages and passages."""
    documents = library.documents()
    st.dataframe(
        {
            t("File"): [d.file for d in documents],
            t("Title"): [d.title for d in documents],
            t("Pages"): [d.pages for d in documents],
            t("Passages"): [len(library.passages(d.id)) for d in documents],
            t("Language"): [d.language for d in documents],
            t("Collection"): [d.collection for d in documents],
        },
        hide_index=True,
        width="stretch",
    )
    chosen = st.selectbox(
        t("Lecture"), documents, format_func=lambda d: d.file, key="lecture", index=0
    )
    if chosen is None:
        return
    _document_buttons(session, library, chosen)
    _pages(library, chosen)


def _document_buttons(session: Session, library: Library, document: Document) -> None:
    def remove() -> None:
        library.remove(document.id)
        uploads = (session.folder / "uploads").resolve()
        file = Path(document.path)
        if file.parent == uploads:
            file.unlink(missing_ok=True)

    with st.container(horizontal=True):
        if st.button(
            t("Read again"),
            icon=":material/refresh:",
            help=t("Where the file has changed, its pages are replaced."),
        ):
            st.session_state.reports = []
            start_reading(session, [Path(document.path)], collection=document.collection)
            st.rerun()
        with st.popover(t("Collection"), icon=":material/folder:"), st.form("collect"):
            name = st.text_input(t("Collection"), document.collection, max_chars=80)
            if st.form_submit_button(t("Keep")):
                library.set_collection(document.id, name.strip())
                st.rerun()
        with st.popover(t("Remove"), icon=":material/delete:"):
            st.markdown(t("Remove this lecture from the library?"))
            st.button(t("Remove it"), type="primary", on_click=remove)


def _pages(library: Library, document: Document) -> None:
    """Thumbnails, and below them one page large with its passages."""
    groups = (document.pages - 1) // _THUMBNAILS + 1
    group = 1
    if groups > 1:
        group = st.pagination(groups, key=f"group-{document.id}") or 1
    first = (group - 1) * _THUMBNAILS + 1
    numbers = range(first, min(first + _THUMBNAILS, document.pages + 1))

    def choose(number: int) -> None:
        st.session_state.page_of_lecture = (document.id, number)

    try:
        with st.container(horizontal=True, gap="small", key="thumbnails"):
            for number in numbers:
                with st.container(width=150, gap="xxsmall"):
                    alt_text = t("Page {number} of {file}", number=number, file=document.file)
                    st.image(thumbnail(document.path, number), width=150, alt=alt_text)
                    st.button(
                        t("page {number}", number=number),
                        key=f"page-{document.id}-{number}",
                        type="tertiary",
                        on_click=choose,
                        args=(number,),
                    )
        chosen = st.session_state.get("page_of_lecture", (document.id, first))
        number = chosen[1] if chosen[0] == document.id else first
        picture, passages = st.columns([3, 2], gap="large")
        with picture:
            alt_text = t("Page {number} of {file}", number=number, file=document.file)
            st.image(page_picture(document.path, number, 2.0), width="stretch", alt=alt_text)
    except KathederError as error:
        st.error(escape(str(error)))
        return
    with passages:
        shown = [p for p in library.passages(document.id) if number in p.pages]
        st.markdown(f"**{escape(counted(len(shown), 'passage', 'passages'))}**")
        for passage in shown:
            with st.container(border=True):
                st.caption(escape(" › ".join(passage.headings)))
                st.text(passage.text)
        if not shown:
            st.caption(t("Nothing of this page is searched: it is a divider, or holds no text."))


# ---- the map ----


def map_of(session: Session, library: Library) -> None:
    """All passages in two dimensions, with a question and what it found."""
    question = st.text_input(t("A question to put on the map"), key="map_question", max_chars=500)
    passages, places, axes, centre = projection(library)
    data: list[dict[str, object]] = [
        {
            "id": passage.id,
            "file": passage.file,
            "place": place_of(passage),
            "text": shortened(passage.text),
            "x": float(x),
            "y": float(y),
            "kind": t("passage"),
            "size": 40,
        }
        for passage, (x, y) in zip(passages, places, strict=True)
    ]
    if question.strip():
        try:
            pipeline = session.pipeline()
            hits = pipeline.search(question)
            found = {hit.passage.id for hit in hits}
            for point in data:
                if point["id"] in found:
                    point.update(kind=t("found"), size=160)
            x, y = (pipeline.encoder.encode([question])[0] - centre) @ axes
            mark = {"id": "", "file": t("the question"), "place": "", "text": question}
            data.append(mark | {"x": float(x), "y": float(y), "kind": t("question"), "size": 400})
        except KathederError as error:
            st.error(escape(str(error)))
    kinds = [t("passage"), t("found"), t("question")]
    chart = (
        alt.Chart(alt.Data(values=data))
        .mark_point(filled=True, opacity=0.75)
        .encode(
            x=alt.X("x:Q", axis=None),
            y=alt.Y("y:Q", axis=None),
            color=alt.Color("file:N", title=None, legend=alt.Legend(orient="bottom", columns=2)),
            shape=alt.Shape(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=kinds, range=["circle", "diamond", "cross"]),
                legend=alt.Legend(orient="bottom"),
            ),
            size=alt.Size("size:Q", scale=None, legend=None),
            tooltip=[
                alt.Tooltip("place:N", title=t("Page")),
                alt.Tooltip("text:N", title=t("Words")),
            ],
        )
        .properties(height=520)
        .interactive()
    )
    st.altair_chart(chart, width="stretch", key="map", alt=t("Map of all passages"))
    st.caption(
        t(
            "Each point is a passage, placed by the two directions in which the vectors differ most "
            "(principal components). Near points are often, not always, near in meaning."
        )
    )


@st.cache_data(show_spinner=False, hash_funcs={Library: lambda library: library.content_hash()})
def projection(library: Library) -> tuple[list[Passage], np.ndarray, np.ndarray, np.ndarray]:
    """All passages, their places on the map (N, 2), its axes (dimension, 2), and its centre."""
    from sklearn.decomposition import PCA

    passages, vectors = _passages_with_vectors(library)
    if len(vectors) > 2:
        fitted = PCA(n_components=2, random_state=0).fit(vectors)
        axes, centre = fitted.components_.T, fitted.mean_
    else:
        axes, centre = np.eye(vectors.shape[1], 2), vectors.mean(axis=0)
    return passages, (vectors - centre) @ axes, axes, centre


def shortened(text: str) -> str:
    """A text on one line, cut to what a tooltip holds."""
    text = " ".join(text.split())
    return text if len(text) < 160 else text[:159] + "…"


def _passages_with_vectors(library: Library) -> tuple[list[Passage], np.ndarray]:
    """All passages by id, and their unit vectors, shape (N, dimension)."""
    passages = [p for d in library.documents() for p in library.passages(d.id)]
    return sorted(passages, key=lambda passage: passage.id), library.vectors()


# ---- duplicates ----


@st.cache_data(show_spinner=False, hash_funcs={Library: lambda library: library.content_hash()})
def twins(library: Library) -> list[tuple[float, Passage, Passage]]:
    """Pairs of passages that say nearly the same, with their cosine, the nearest first."""
    passages, vectors = _passages_with_vectors(library)
    found = []
    for row in range(len(passages) - 1):
        cosines = vectors[row + 1 :] @ vectors[row]
        for other in np.flatnonzero(cosines >= _TWINS):
            found.append((float(cosines[other]), passages[row], passages[row + 1 + int(other)]))
    return sorted(found, key=lambda twin: -twin[0])[:_MOST_TWINS]


def duplicates_of(library: Library) -> None:
    """Passages that stand twice in the library, as an old and a new version of a lecture do."""
    found = twins(library)
    st.caption(
        t(
            "Pairs of passages with a cosine of at least {least}: {number}",
            least=_TWINS,
            number=len(found),
        )
    )
    for cosine, first, second in found:
        with st.expander(escape(f"{cosine:.3f}: {place_of(first)}; {place_of(second)}")):
            for column, passage in zip(st.columns(2), (first, second), strict=True):
                column.caption(escape(place_of(passage)))
                column.text(passage.text)

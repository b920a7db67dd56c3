"""Tables among a page's lines, with their captions, and the passages that they become."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.chunk.navigation import is_sentence
from ingest.chunk.packing import Unit, passage_of, passage_size, split_unit, unit_groups
from ingest.chunk.paragraphs import paragraphs, sentence_spans
from ingest.chunk.settings import ChunkSettings, TokenCounter
from ingest.text.captions import is_table_caption
from ingest.text.languages import Language
from ingest.text.repair import is_bullet
from ingest.text.rows import cells_of
from ingest.text.scripts import count_words
from ingest.text.sentences import CLOSING_MARKS
from ingest.types import Document, Line, Page, Passage, Span

_MIN_ROWS = 2
_MAX_CAPTION = 15  # words of a line that has no word for a table
_FEW_WORDS = 12  # a slide that says no more beside its table is one passage with it
_REPEATED_SHARE = 3  # caption and first row are repeated if they take at most one in so many tokens


@dataclass(slots=True)
class TableSpans:
    """A table: the sentences of its caption, and its rows, of which the first names the columns."""

    caption: list[Span]
    rows: list[Span]
    columns: int
    below: list[Span] = field(default_factory=list)  # a caption below it, and a slide's other text


def split_tables(
    page: Page, lines: Sequence[Line], spoken: Language
) -> tuple[list[Span], list[TableSpans]]:
    """The sentences of a page's text, and its tables with their captions.

    A caption is the paragraph above a table, or below, that begins with a table's word and number,
    or the line above that leads to it: one that ends with a colon, or begins with a capital and is
    no sentence. On a slide the
    heading counts where it stands alone; few words beside a table go with it.

    Args:
        page: The page.
        lines: Its lines in order, without running ones.
        spoken: The language in which sentences end.
    """
    runs = list(_runs(lines))
    if not any(is_table for is_table, _ in runs):
        return sentence_spans(page, lines, spoken), []
    texts: list[list[Line]] = [[]]  # around the tables, one more than those
    tables: list[list[Line]] = []
    for is_table, run in runs:
        if is_table:
            tables.append(run)
            texts.append([])
        else:
            texts[-1].extend(run)
    above, below = _captions(page, texts, len(tables))
    spans: list[Span] = []
    for part in texts:
        spans += sentence_spans(page, part, spoken)
    cut = [
        TableSpans(
            sentence_spans(page, above[index], spoken),
            [Span(page.number, line.start, line.end) for line in rows],
            len(cells_of(page.text[rows[0].start : rows[0].end])),
            sentence_spans(page, below[index], spoken),
        )
        for index, rows in enumerate(tables)
    ]
    return spans, cut


def _runs(lines: Sequence[Line]) -> Iterator[tuple[bool, list[Line]]]:
    """Lines in groups, and whether each is a table: rows that follow one another."""
    run: list[Line] = []
    for line in lines:
        if run and run[-1].is_row != line.is_row:
            yield run[0].is_row and len(run) >= _MIN_ROWS, run
            run = []
        run.append(line)
    if run:
        yield run[0].is_row and len(run) >= _MIN_ROWS, run


def _captions(
    page: Page, texts: list[list[Line]], count: int
) -> tuple[list[list[Line]], list[list[Line]]]:
    """The lines of each table's caption above and below it, which are taken out of the texts."""
    above: list[list[Line]] = [[] for _ in range(count)]
    below: list[list[Line]] = [[] for _ in range(count)]
    rest = [line for part in texts for line in part]
    others = [line for line in rest if not _is_heading(page, line)]
    if page.is_slide and count == 1:
        words = sum(count_words(page.text[line.start : line.end]) for line in others)
        if words <= _FEW_WORDS:
            above[0], below[0] = texts[0][:], texts[1][:]
            texts[:] = [[], []]
            return above, below
    for index in range(count):
        paragraph = _last_paragraph(page, texts[index])
        after = texts[index + 1][:1]
        broken = after and _text(page, after)[0].islower()  # a sentence goes on below the table
        if not broken and _leads(page, paragraph):
            above[index] = paragraph
            del texts[index][len(texts[index]) - len(paragraph) :]
            continue
        paragraph = _first_paragraph(page, texts[index + 1])
        if paragraph and is_table_caption(_text(page, paragraph)):
            below[index] = paragraph
            del texts[index + 1][: len(paragraph)]
    if page.is_slide and not any(
        not _is_heading(page, line) for part in texts for line in part
    ):  # a heading alone goes with the first table
        above[0] = [line for part in texts for line in part] + above[0]
        texts[:] = [[] for _ in texts]
    return above, below


def _last_paragraph(page: Page, lines: Sequence[Line]) -> list[Line]:
    last = list(paragraphs(page, lines))[-1:]
    return [line for line in lines if last and line.start >= last[0][0]]


def _first_paragraph(page: Page, lines: Sequence[Line]) -> list[Line]:
    first = next(paragraphs(page, lines), None)
    return [line for line in lines if first is not None and line.end <= first[1]]


def _leads(page: Page, paragraph: Sequence[Line]) -> bool:
    """Whether a paragraph above a table is its caption, or leads to it."""
    if not paragraph:
        return False
    text = _text(page, paragraph)
    if is_table_caption(text):
        return True
    if len(paragraph) > 1 or paragraph[0].is_code or (page.is_slide and text in page.heading):
        return False
    if text.endswith(":"):
        return True
    short = count_words(text) <= _MAX_CAPTION and text[-1] not in CLOSING_MARKS
    return short and text[0].isupper() and not is_bullet(text.split()[0]) and not is_sentence(text)


def _text(page: Page, lines: Sequence[Line]) -> str:
    return " ".join(page.text[lines[0].start : lines[-1].end].split())


def _is_heading(page: Page, line: Line) -> bool:
    return " ".join(page.text[line.start : line.end].split()) in page.heading


def continues(before: TableSpans, table: TableSpans) -> bool:
    """Whether a table goes on with the one that ended the page before: no caption, equal columns."""
    return (
        not table.caption
        and not before.below
        and table.columns == before.columns
        and table.rows[0].page == before.rows[-1].page + 1
    )


def pack_table(
    document: Document,
    texts: Mapping[int, str],
    build: tuple[int, ...],
    table: TableSpans,
    headings: tuple[str, ...],
    count_tokens: TokenCounter,
    settings: ChunkSettings,
) -> Iterator[Passage]:
    """A table as passages of whole rows; each but the first repeats the caption and the first row.

    Args: those of `pack`; `headings` are those above the table.

    Yields:
        The passages in order, their `id` still empty.
    """
    fitting, limit = passage_size(headings, count_tokens, settings)

    def unit(span: Span, tokens: int) -> Unit:
        return Unit(span, tokens, headings)

    def units(spans: Sequence[Span]) -> list[Unit]:
        tokens = count_tokens([texts[span.page][span.start : span.end] for span in spans])
        whole = map(unit, spans, tokens)
        return [part for each in whole for part in split_unit(each, texts, count_tokens, limit)]

    head = units([*table.caption, *table.rows[:1]])
    repeated: list[Unit] = []
    for start in (0, len(table.caption)):
        if sum(each.tokens for each in head[start:]) * _REPEATED_SHARE <= limit:
            repeated = head[start:]
            break
    room = limit - sum(each.tokens for each in repeated)
    body = [*head, *units([*table.rows[1:], *table.below])]
    body = [part for each in body for part in split_unit(each, texts, count_tokens, room)]
    whole = sum(each.tokens for each in body) <= limit
    groups = [(body, 0)] if whole else list(unit_groups(body, room))
    for number, (group, _) in enumerate(groups):
        again = repeated if number and not any(each in head for each in group) else []
        spans = tuple(each.span for each in (*again, *group))
        yield passage_of(document, texts, build, spans, fitting, len(again), kind="table")

"""`ingest.readers.captions`: transcripts as stretches of about a minute, cited by time."""

from __future__ import annotations

import pytest

from ingest.errors import UnreadableFile
from ingest.readers import read
from ingest.readers.captions import time_label

VTT = """WEBVTT

NOTE made by hand

1
00:00:01.000 --> 00:00:20.000
<v Ada>Today we look at queues.

2
00:00:20.000 --> 00:00:55.000
[applause]

3
00:00:55.000 --> 00:01:02.000
A queue serves its oldest entry

4
00:01:02.000 --> 00:01:30.000
before all others.

5
00:01:30.000 --> 00:01:50.000 align:start position:0%
A stack serves the newest one.

6
01:02:03.500 --> 01:02:09.000
Thank you.
"""


def test_a_stretch_ends_with_a_sentence_after_a_minute(tmp_path):
    file = tmp_path / "lecture.vtt"
    file.write_text(VTT)
    parsed = read(file)
    assert [page.text.strip() for page in parsed.pages] == [
        "Today we look at queues. A queue serves its oldest entry before all others.",
        "A stack serves the newest one.",
        "Thank you.",
    ]
    assert [page.label for page in parsed.pages] == ["00:00:01", "00:01:30", "01:02:03"]
    assert parsed.document.title == "lecture"


def test_a_stretch_without_the_end_of_a_sentence_ends_after_90_seconds(tmp_path):
    file = tmp_path / "lecture.srt"
    cues = [
        f"{n + 1}\n00:{n * 20 // 60:02}:{n * 20 % 60:02},000 --> 00:{n * 20 // 60:02}:{n * 20 % 60 + 19:02},000\nwords {n}\n"
        for n in range(10)
    ]
    file.write_text("\n".join(cues))
    assert [page.label for page in read(file).pages] == ["00:00:00", "00:01:40"]


def test_the_lines_of_rolling_captions_are_read_once(tmp_path):
    file = tmp_path / "rolling.srt"
    file.write_text(
        "1\n00:00:00,000 --> 00:00:02,000\nthe first line\n\n"
        "2\n00:00:02,000 --> 00:00:04,000\nthe first line\nthe second line\n\n"
        "3\n00:00:04,000 --> 00:00:06,000\nthe second line\nthe third line\n"
    )
    assert read(file).pages[0].text.strip() == "the first line the second line the third line"


@pytest.mark.parametrize("text", ["This is no transcript.", "WEBVTT\n\nNOTE nothing is said\n"])
def test_a_file_without_captions_is_refused_with_the_next_step(tmp_path, text):
    file = tmp_path / "lecture.vtt"
    file.write_text(text)
    with pytest.raises(UnreadableFile, match=r"lecture\.vtt: .*export the transcript again"):
        read(file)


def test_hours_minutes_and_seconds():
    assert [time_label(seconds) for seconds in (0, 59.9, 860, 3723)] == [
        "00:00:00",
        "00:00:59",
        "00:14:20",
        "01:02:03",
    ]

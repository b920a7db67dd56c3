"""ui.fault_page: what is shown and copied of a fault that the program did not expect."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from ui.fault_page import fault_details


def test_details_have_the_way_to_the_error_and_no_word_of_a_reader():
    def ask(question: str) -> None:
        raise ValueError(f"{question} in /home/anna/library")

    try:
        ask("What is zinnober?")
    except ValueError as error:
        details = fault_details(error, "1a2b3c4d")
    versions, kind, *way = details.splitlines()
    assert versions.startswith("Katheder ")
    assert kind == "Error 1a2b3c4d: ValueError"
    assert [line.split()[-1] for line in way] == [
        "test_details_have_the_way_to_the_error_and_no_word_of_a_reader",
        "ask",
    ]
    assert "zinnober" not in details
    assert "/" not in details


def test_what_a_user_can_mend_is_shown_in_its_own_words():
    def page():
        from ingest.errors import BadCourse
        from ui.fault_page import show_fault

        show_fault(BadCourse("There is no course 'AI'."))

    [message] = AppTest.from_function(page).run().error
    assert "There is no course" in message.value


def test_the_page_says_that_nothing_is_lost_and_names_no_cause(caplog):
    def page():
        from ui.fault_page import show_fault

        show_fault(ValueError("What is zinnober? /home/anna"))

    script = AppTest.from_function(page).run()
    [message] = script.error
    assert "Nothing that was saved is lost" in message.value
    assert "zinnober" not in message.value
    [record] = [one for one in caplog.records if one.name == "ui.fault_page"]
    assert record.getMessage().split()[-1] in message.value
    assert record.exc_info is not None

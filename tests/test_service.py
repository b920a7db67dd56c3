"""ui.service: search, answers, documents, pages and jobs over HTTP, and what is refused."""

from __future__ import annotations

import io
import json
import time

import pytest
from fastapi.testclient import TestClient
from PIL import Image, ImageChops
from service_builders import make_app, make_engine, make_library

from ingest.page_boxes import boxes_of
from ui.service.jobs import Jobs
from ui.service.keys import add_key, read_keys, remove_key


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return make_library(tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def client(library):
    with TestClient(make_app(library), base_url="http://localhost") as client:
        yield client


def wait_for(client, job, **options):
    """The job when it has ended."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        job = client.get(f"/jobs/{job['id']}", **options).json()
        if job["state"] in ("done", "failed"):
            return job
        time.sleep(0.02)
    raise AssertionError(job)


def events(reply):
    """The events of a stream, each with its name and values."""
    blocks = [block for block in reply.text.split("\n\n") if block.startswith("event")]
    pairs = [block.partition("\ndata: ") for block in blocks]
    return [(name.removeprefix("event: "), json.loads(data)) for name, _, data in pairs]


def test_a_search_gives_the_passages_of_the_pipeline(client, library):
    question = "When does a cat sleep at night?"
    reply = client.post("/search", json={"question": question}).json()
    pipeline = make_engine(library).pipeline()
    hits = pipeline.search(question)
    assert [row["passage"] for row in reply["hits"]] == [hit.passage.id for hit in hits]
    assert reply["hits"][0]["document"] == "animals.pdf"
    one = client.post("/search", json={"question": question, "passages": 1, "course": "physics"})
    assert [row["document"] for row in one.json()["hits"]] == ["physics.md"]
    assert one.json()["scope"] == {"course": "physics"}


def test_an_answer_is_the_same_in_one_piece_and_as_events(client, library):
    body = {"question": "How long does a cat sleep?", "course": "Zoo", "lecture": ["animals.pdf"]}
    whole = client.post("/ask", json=body).json()
    assert whole["text"].startswith("A cat sleeps sixteen hours a day.")
    assert whole["scope"] == {"course": "Zoo", "lectures": ["animals.pdf"]}
    reply = client.post("/ask", json=body | {"stream": True})
    assert reply.headers["content-type"].startswith("text/event-stream")
    *stages, (last, answer) = events(reply)
    assert [values["stage"] for name, values in stages if name == "stage"][-1] == "evidence"
    assert last == "answer"
    assert answer | {"seconds": None} == whole | {"seconds": None}
    followup = client.post("/ask", json={"question": "and a dog?", "history": [body_turn(whole)]})
    assert followup.json()["query"] == "How long does a cat sleep? and a dog?"


def body_turn(answer):
    return {"question": answer["question"], "answer": answer["text"]}


def test_a_page_is_drawn_with_the_words_of_its_source_marked(client, library):
    answer = client.post("/ask", json={"question": "How long does a cat sleep?"}).json()
    address = answer["sources"][0]["image"]
    path, _, query = address.partition("?")
    marked, plain = (
        Image.open(io.BytesIO(client.get(where).content)).convert("RGB")
        for where in (address, path)
    )
    assert marked.size == plain.size == (600, 450)  # 400 x 300 points at 1.5
    document = path.split("/")[2]
    values = dict(part.split("=") for part in query.split("&"))
    passage = next(p for p in library.passages(document) if p.id == values["passage"])
    boxes = boxes_of(
        passage,
        int(values["start"]),
        int(values["end"]),
        lambda number: library.page(document, number),
    )[1]
    x0, y0, x1, y1 = ImageChops.difference(marked, plain).getbbox()
    expected = (min(b.x0 for b in boxes), min(b.y0 for b in boxes))
    assert (x0 / 1.5, y0 / 1.5) == pytest.approx(expected, abs=1)
    assert (x1 / 1.5, y1 / 1.5) == pytest.approx(
        (max(b.x1 for b in boxes), max(b.y1 for b in boxes)), abs=1
    )


def test_an_upload_is_read_by_a_job_and_can_be_removed(client, library):
    content = b"# Sound\n\nSound needs a medium such as air.\n"
    files = [("files", ("../../sound.md", content)), ("files", ("bad.pdf", b"no PDF"))]
    reply = client.post("/documents", files=files, data={"course": "Physics"})
    assert reply.status_code == 202, reply.text
    job = wait_for(client, reply.json())
    assert (job["state"], job["done"]) == ("done", 2)
    outcomes = {row["path"]: row["outcome"] for row in job["results"]}
    assert outcomes == {"bad.pdf": "failed", "sound.md": "added"}
    assert (library.folder / "uploads" / "sound.md").read_bytes() == content
    rows = client.get("/documents").json()["documents"]
    row = next(row for row in rows if row["name"] == "sound.md")
    assert row["courses"] == ["Physics"]
    assert "path" not in row
    found = client.post("/search", json={"question": "medium such as air"}).json()["hits"]
    assert found[0]["document"] == "sound.md"
    assert client.delete(f"/documents/{row['id']}").status_code == 200
    assert not (library.folder / "uploads" / "sound.md").exists()
    assert client.delete(f"/documents/{row['id']}").status_code == 404


@pytest.mark.slow  # imports all that measures
def test_an_evaluation_is_a_job_with_figures(client, library):
    questions = [
        {
            "id": "q1",
            "question": "How long does a cat sleep?",
            "type": "fact",
            "lang": "en",
            "gold": [{"doc": "animals.pdf", "pages": [1]}],
            "answer": "sixteen hours",
            "keywords": ["sixteen"],
        }
    ]
    reply = client.post("/evaluate", json={"questions": questions})
    assert reply.status_code == 202, reply.text
    job = wait_for(client, reply.json())
    assert (job["state"], job["error"]) == ("done", "")
    assert job["results"] == [{"id": "q1", "error": ""}]
    assert (library.folder / "runs" / job["result"]["run"]).exists()
    assert client.post("/evaluate", json={"questions": "none"}).status_code == 404
    bad = client.post("/evaluate", json={"questions": [{"id": 3}]})
    assert bad.status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("POST", "/search", {"json": {"question": "??"}}, 400),
        ("POST", "/search", {"json": {"question": "why", "course": "none"}}, 404),
        ("POST", "/search", {"json": {"question": "why", "size": 3}}, 422),
        ("POST", "/search", {"content": b"{", "headers": {"content-type": "text/json"}}, 422),
        ("POST", "/search", {"json": {"question": "a" * 20_001}}, 422),
        ("POST", "/search", {"content": b"[" * 2_000_000}, 413),
        ("GET", "/search", {}, 405),
        ("GET", "/nothing", {}, 404),
        ("GET", "/pages/..%2f..%2fetc%2fpasswd/1.png", {}, 404),
        ("GET", "/pages/0123456789abcdef/1.png", {}, 404),
        ("GET", "/pages/0123456789abcdef/x.png", {}, 422),
        ("GET", "/jobs/..%2fkeys", {}, 404),
        ("GET", "/jobs/0123456789abcdef", {}, 404),
        ("POST", "/documents", {"files": [("files", ("x.pdf", b"no"))]}, 422),
        ("POST", "/v1/chat/completions", {"json": {"model": "gpt", "messages": []}}, 422),
        ("GET", "/health", {"headers": {"host": "evil.example"}}, 421),
        ("GET", "/health", {"headers": {"host": "localhost@evil.example"}}, 421),
        ("GET", "/health", {"headers": {"origin": "http://evil.example"}}, 403),
        ("GET", "/health", {"headers": {"origin": "null"}}, 403),
        ("GET", "/health", {"headers": {"origin": "http://localhost:3000"}}, 403),
    ],
)
def test_a_bad_request_gets_one_message(client, method, path, options, status):
    reply = client.request(method, path, **options)
    assert reply.status_code == status, reply.text
    fault = reply.json()["error"]
    assert set(fault) == {"type", "message"}
    assert fault["message"]
    assert "Traceback" not in reply.text


def test_the_own_origin_and_an_address_in_digits_are_served(client):
    for headers in (
        {"origin": "http://localhost"},
        {"host": "192.168.1.5:8600", "origin": "http://192.168.1.5:8600"},
    ):
        reply = client.get("/health", headers=headers)
        assert reply.json() == {"status": "ok"}
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
    assert "server" not in reply.headers


def test_metrics_count_requests_and_stages_without_questions(client):
    client.post("/ask", json={"question": "How long does a secretword sleep?"})
    text = client.get("/metrics").text
    assert 'katheder_requests_total{method="POST",route="/ask",status="200"}' in text
    assert 'katheder_stage_seconds_count{stage="retrieve"}' in text
    assert "secretword" not in text


def test_keys_open_what_they_name(tmp_path):
    library = make_library(tmp_path)
    folder = library.folder
    with TestClient(make_app(library), base_url="http://localhost") as client:

        def headers(key):
            return {"Authorization": f"Bearer {key}"}

        question = {"question": "a cat at night"}
        assert client.post("/search", json=question).status_code == 200
        reader, writer = add_key(folder, "reader", "Zoo"), add_key(folder, "writer", write=True)
        assert reader not in (folder / "service-keys.json").read_text()
        assert (folder / "service-keys.json").stat().st_mode & 0o077 == 0
        for wrong in ({}, headers("kd-wrong"), headers(reader + "x"), headers("ü".encode())):
            reply = client.post("/search", json=question, headers=wrong)
            assert reply.status_code == 401
            assert "katheder key add" in reply.json()["error"]["message"]
        assert client.get("/health").status_code == 200
        assert client.get("/metrics").status_code == 401

        found = client.post("/search", json=question, headers=headers(reader)).json()
        assert {row["document"] for row in found["hits"]} == {"animals.pdf"}
        other = question | {"course": "Physics"}
        assert client.post("/search", json=other, headers=headers(reader)).status_code == 403
        rows = client.get("/documents", headers=headers(reader)).json()
        assert rows["courses"] == ["Zoo"]
        assert [row["name"] for row in rows["documents"]] == ["animals.pdf"]
        physics = next(each.id for each in library.documents() if each.name == "physics.md")
        page = f"/pages/{physics}/1.png"
        assert client.get(page, headers=headers(reader)).status_code == 404
        assert client.get(page, headers=headers(writer)).status_code == 200
        assert client.delete(f"/documents/{physics}", headers=headers(reader)).status_code == 403
        models = client.get("/v1/models", headers=headers(reader)).json()["data"]
        assert [model["id"] for model in models] == ["katheder/Zoo"]

        image = found["hits"][0]["image"]
        assert client.get(image).status_code == 200  # the address is signed
        assert client.get(image.replace("/1.png", "/2.png")).status_code == 401
        assert client.get(image.replace("expires=", "expires=9")).status_code == 401

        remove_key(folder, "reader")
        assert client.post("/search", json=question, headers=headers(reader)).status_code == 401
        assert [key.name for key in read_keys(folder).keys] == ["writer"]


def test_without_keys_a_service_for_others_answers_nobody(library):
    with TestClient(make_app(library, is_open=False), base_url="http://localhost") as client:
        assert client.post("/search", json={"question": "why"}).status_code == 401


def test_a_client_that_asks_too_often_is_refused(library):
    app = make_app(library, app={"requests_per_minute": 3})
    with TestClient(app, base_url="http://localhost") as client:
        assert [client.get("/v1/models").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_an_unfinished_job_is_done_after_a_restart(tmp_path):
    done = []

    def work(job, stop):
        done.append(job.spec["part"])
        job.results.append({"part": job.spec["part"]})

    first = Jobs(tmp_path, {"count": work})
    job = first.add("count", {"part": 7}, "me")  # never started: as if killed before its turn
    second, other = Jobs(tmp_path, {"count": work}), Jobs(tmp_path, {"count": work})
    second.start()
    other.start()  # another service of the same library leaves the job to the first one
    end = time.monotonic() + 60
    while second.get(job.id).state != "done" and time.monotonic() < end:
        time.sleep(0.01)
    second.stop(), other.stop()
    assert done == [7]
    assert other.all() == []
    assert second.get(job.id).as_dict()["done"] == 1
    third = Jobs(tmp_path, {"count": work})
    third.start()
    third.stop()
    assert done == [7]  # it is not done twice

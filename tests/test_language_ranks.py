"""tiktoken's six encodings without a network, checked by tiktoken's own hashes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiktoken
from tiktoken_ext import openai_public

from language import ranks
from language.errors import LanguageError


@pytest.mark.parametrize("file", ranks.SHA256)
def test_every_file_has_the_hash_that_tiktoken_expects(file):
    source = Path(openai_public.__file__).read_text(encoding="utf-8")
    assert f'"{ranks.SHA256[file]}"' in source
    assert ranks.ADDRESSES[file] in source
    assert hashlib.sha256(ranks.content(file)).hexdigest() == ranks.SHA256[file]


def test_the_real_tiktoken_reads_our_cache_without_a_network(tmp_path):
    """In a process of its own, whose proxy leads nowhere."""
    for name in ("gpt2", "p50k_edit"):
        ranks.fill_cache(name, tmp_path)
    script = (
        "import json, tiktoken; print(json.dumps({name: "
        "tiktoken.get_encoding(name).encode('hello world, größer') "
        "for name in ('gpt2', 'p50k_edit')}))"
    )
    nowhere = {"https_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **nowhere, "TIKTOKEN_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    ids = json.loads(run.stdout)
    assert ids["gpt2"] == ids["p50k_edit"]
    assert ids["gpt2"][:3] == [31373, 995, 11]  # "hello", " world", ","


def test_an_encoding_leaves_the_variables_of_the_process_as_they_were(tmp_path, monkeypatch):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "/somewhere")
    encoding = ranks.encoding("r50k_base", tmp_path)
    assert isinstance(encoding, tiktoken.Encoding)
    assert (encoding.n_vocab, encoding.decode([15496, 995])) == (50257, "Hello world")
    assert os.environ["TIKTOKEN_CACHE_DIR"] == "/somewhere"


def test_a_damaged_cache_file_is_written_again(tmp_path, monkeypatch):
    [path] = ranks.fill_cache("r50k_base", tmp_path)
    path.write_bytes(path.read_bytes()[:1000])
    assert ranks.encoding("r50k_base", tmp_path).n_vocab == 50257
    assert hashlib.sha256(path.read_bytes()).hexdigest() == ranks.SHA256["r50k_base.tiktoken"]


def test_unknown_names_and_a_cache_that_cannot_be_written_are_named(tmp_path):
    with pytest.raises(LanguageError, match=r"no encoding 'cl50k', expected gpt2, r50k_base"):
        ranks.encoding("cl50k", tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(LanguageError, match="KATHEDER_CACHE"):
        ranks.encoding("r50k_base", tmp_path / "file")

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fanzha.cli import main
from fanzha.corpus import read_corpus
from fanzha.errors import DataError
from fanzha.public_sets import fetch, read_manifest

COMMENTS = ["今天食堂的鱼不错", " 楼上说得对 ", "今天食堂的鱼不错", ""]
GROUP = "早啊==0\n出透视工具箱 加我==1\n别刷屏==0\n"


def key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def row(name: str, text: str, labels: list[str]) -> str:
    given = {"id": f"{name}-{key(text)}", "text": text, "labels": labels, "batch": name}
    return json.dumps(given, ensure_ascii=False) + "\n"


def rows(name: str, texts: dict[str, list[str]]) -> str:
    return "".join(row(name, text, texts[text]) for text in sorted(texts, key=key))


COMMENT_ROWS = rows("comments", {"今天食堂的鱼不错": [], "楼上说得对": []})
GROUP_ROWS = rows("group", {"早啊": [], "出透视工具箱 加我": ["contraband"]})


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the test's output is the tester's."""


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("mirror")
    (folder / "posts.csv").write_text(
        "no,TEXT\n" + "".join(f'{n},"{text}"\n' for n, text in enumerate(COMMENTS)), "utf-8"
    )
    (folder / "chat.txt").write_text(GROUP, encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietHandler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def manifest(mirror: str, tmp_path: Path) -> Path:
    (tmp_path / "group.csv").write_text(
        f"id,labels\n{key('早啊')},\n{key('出透视工具箱 加我')},contraband\n", encoding="utf-8"
    )
    path = tmp_path / "sets.toml"
    path.write_text(
        f"""
[comments]
origin = "somewhere"
licence = "MIT"
urls = ["{mirror}/posts.csv"]
format = "csv:TEXT"
n_posts = 2
sha256 = "{hashlib.sha256(COMMENT_ROWS.encode()).hexdigest()}"

[group]
origin = "elsewhere"
licence = "MIT"
urls = ["{mirror}/chat.txt"]
format = "lines:=="
labels = "group.csv"
n_posts = 2
sha256 = "{hashlib.sha256(GROUP_ROWS.encode()).hexdigest()}"
""",
        encoding="utf-8",
    )
    return path


def test_sets_come_from_their_urls_as_corpus_rows(manifest: Path, tmp_path: Path) -> None:
    assert main(["fetch", str(manifest), "--output", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "comments.jsonl").read_text(encoding="utf-8") == COMMENT_ROWS
    assert (tmp_path / "out" / "group.jsonl").read_text(encoding="utf-8") == GROUP_ROWS
    posts = read_corpus([tmp_path / "out"])
    assert {post.labels for post in posts} == {(), ("contraband",)}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_posts_fetched_before_give_the_same_rows(
    manifest: Path, tmp_path: Path, packed: bool
) -> None:
    ready = "".join(json.dumps({"text": text}) + "\n" for text in COMMENTS).encode()
    name = "comments.jsonl.gz" if packed else "comments.jsonl"
    (tmp_path / name).write_bytes(gzip.compress(ready) if packed else ready)
    path = fetch(read_manifest(manifest)[0], tmp_path / "out", tmp_path)
    assert path.read_text(encoding="utf-8") == COMMENT_ROWS


def test_files_fetched_before_are_found_by_the_last_part_of_their_url(
    manifest: Path, tmp_path: Path
) -> None:
    (tmp_path / "chat.txt").write_text(GROUP, encoding="utf-8")
    path = fetch(read_manifest(manifest)[1], tmp_path / "out", tmp_path)
    assert path.read_text(encoding="utf-8") == GROUP_ROWS


def test_two_files_of_one_name_are_told_apart_by_their_folder(
    manifest: Path, tmp_path: Path
) -> None:
    text = manifest.read_text(encoding="utf-8").replace("/chat.txt", "/a/chat.txt")
    manifest.write_text(text.replace('a/chat.txt"]', 'a/chat.txt", "x/b/chat.txt"]'), "utf-8")
    first, second = GROUP.split("出")
    for folder, lines in (("a", first), ("b", f"出{second}")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "chat.txt").write_text(lines, encoding="utf-8")
    path = fetch(read_manifest(manifest)[1], tmp_path / "out", tmp_path)
    assert path.read_text(encoding="utf-8") == GROUP_ROWS


def test_a_line_separator_within_a_post_ends_no_line(manifest: Path, tmp_path: Path) -> None:
    texts = [*COMMENTS, "一\u2028二"]
    lines = (json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
    (tmp_path / "comments.jsonl").write_text("".join(lines), encoding="utf-8")
    with pytest.raises(DataError, match=r"3 posts with SHA-256"):
        fetch(read_manifest(manifest)[0], tmp_path / "out", tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("comments.jsonl", '{"text": "a"}\n{', "comments, line 2:", id="no JSON"),
        pytest.param("comments.jsonl", '{"post": "a"}\n', "no string `text`", id="no text"),
        pytest.param("posts.csv", "no,BODY\n1,a\n", "has no column 'TEXT'", id="no column"),
        pytest.param("posts.csv", f"TEXT\n{'a' * 2000}\n", "line 1: field larger", id="CSV"),
    ],
)
def test_a_malformed_file_is_named_with_its_line(
    manifest: Path, tmp_path: Path, name: str, content: str, message: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    usual = csv.field_size_limit(1000)
    try:
        with pytest.raises(DataError, match=message):
            fetch(read_manifest(manifest)[0], tmp_path / "out", tmp_path)
    finally:
        csv.field_size_limit(usual)


def test_another_content_is_refused_and_nothing_written(manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "chat.txt").write_text("早啊==0\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"1 posts with SHA-256 .* expected 2"):
        fetch(read_manifest(manifest)[1], tmp_path / "out", tmp_path)
    assert not (tmp_path / "out").exists()


def test_a_url_that_does_not_answer_names_the_way_round_it(
    manifest: Path, tmp_path: Path, mirror: str
) -> None:
    text = manifest.read_text(encoding="utf-8").replace("/posts.csv", "/absent.csv")
    manifest.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=rf"cannot fetch {mirror}/absent.csv.*--source"):
        fetch(read_manifest(manifest)[0], tmp_path / "out")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param('licence = "MIT"', "", "lacks licence", id="no licence"),
        pytest.param("csv:TEXT", "xml", "the format 'xml'", id="unknown format"),
        pytest.param("n_posts", "n_posts =", "cannot read the manifest", id="not TOML"),
        pytest.param("n_posts = 2", 'n_posts = "2"', "a whole number", id="count in words"),
    ],
)
def test_a_malformed_manifest_is_named(manifest: Path, old: str, new: str, message: str) -> None:
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_manifest(manifest)


def test_a_label_of_a_set_must_be_one_of_the_policy(manifest: Path) -> None:
    manifest.with_name("group.csv").write_text("id,labels\naa,spam\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"group.csv:2:2: labels 'spam' 'spam' is no label"):
        read_manifest(manifest)

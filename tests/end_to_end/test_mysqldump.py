"""Dumps that the real mysqldump makes of a real server's tables read back completely."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from fanzha.scan import Plan
from fanzha.scan.read import Record, read
from fanzha.scan.source import Source

SERVER = shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/libexec")
INSTALL, CLIENT, DUMP, ADMIN = map(
    shutil.which, ("mariadb-install-db", "mariadb", "mariadb-dump", "mariadb-admin")
)
MISSING = [
    name
    for name, path in {
        "mariadbd": SERVER, "mariadb-install-db": INSTALL, "mariadb": CLIENT,
        "mariadb-dump": DUMP, "mariadb-admin": ADMIN,
    }.items()
    if path is None
]  # fmt: skip
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"no {', '.join(MISSING)} here; apt-get install mariadb-server"
)

TEXTS = [
    "花呗套现，打4000000000",
    "它's \"引号\" \\反斜\\n不是换行 `倒引号` ; -- # /* */ ),(1,'x'",
    "第一行\n第二行\r\n\t制表\0零\x1a替换\x08退格",
    "表情🔥𠮷 零宽\u200b 全角！％＿",
    "",
    "[b]粗[/b]&amp;<br>",
    "%_\\%\\_''",
    "长" * 50_000,
    *(f"第{number}贴，今天天气不错，我们去爬山吧，瀀誠犦" for number in range(3000)),
]
GBK_TEXTS = [text for text in TEXTS if text.encode("gbk", "ignore").decode("gbk") == text]
SCHEMA = """
CREATE TABLE pre_forum_post (
  pid int unsigned NOT NULL, fid mediumint NOT NULL DEFAULT '0' COMMENT 'a, (b) `c` \\'d\\'',
  first tinyint(1) NOT NULL DEFAULT 0, author varchar(40), subject varchar(80),
  message mediumtext NOT NULL, rate decimal(9,2), bits bit(3), stamp timestamp NULL,
  picture blob, PRIMARY KEY (pid), KEY subject (subject)
) ENGINE=InnoDB DEFAULT CHARSET={charset};
CREATE TABLE pre_common_session (sid char(6), message text, ip varbinary(16)) CHARSET={charset};
"""


@dataclass(frozen=True)
class Server:
    socket: Path

    def run(self, program: str | None, *arguments: str, stdin: bytes = b"") -> bytes:
        assert program is not None
        command = [program, "--no-defaults", f"--socket={self.socket}", *arguments]
        return subprocess.run(command, input=stdin, check=True, capture_output=True).stdout


@contextmanager
def _running(folder: Path) -> Iterator[Server]:
    """Start a server of our own in a folder, on a socket alone; it is ended by its process."""
    assert SERVER is not None
    assert INSTALL is not None
    data, socket = folder / "data", folder / "s"
    user = [f"--user={os.environ.get('USER', 'root')}"] if os.geteuid() == 0 else []
    common = ["--no-defaults", f"--datadir={data}", *user]
    subprocess.run(
        [INSTALL, *common, "--auth-root-authentication-method=normal", "--skip-test-db"],
        check=True, capture_output=True,
    )  # fmt: skip
    with subprocess.Popen(
        [
            SERVER, *common, f"--socket={socket}", "--skip-networking", "--skip-grant-tables",
            f"--pid-file={folder / 'pid'}", "--innodb-buffer-pool-size=16M",
        ],
        stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            assert process.stderr is not None
            # It says on a line of its own that it listens.
            for line in process.stderr:
                if b"ready for connections" in line:
                    break
            else:
                pytest.fail("the server did not start")
            yield Server(socket)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with _running(tmp_path_factory.mktemp("db")) as running:
        for charset, texts in (("utf8mb4", TEXTS), ("gbk", GBK_TEXTS)):
            rows = ",".join(
                f"({number}, 2, 1, '用户', 0x{f'题{number}'.encode(charset_codec(charset)).hex()}, "
                f"{literal(text, charset)}, NULL, b'101', '2026-10-12 08:27:00', "
                f"0x{bytes(range(256)).hex()})"
                for number, text in enumerate(texts)
            )
            script = (
                f"CREATE DATABASE {charset}; USE {charset};\n{SCHEMA.format(charset=charset)}"
                f"INSERT INTO pre_common_session VALUES ('s', 'not a post', 0x7f);\n"
                f"INSERT INTO pre_forum_post VALUES {rows};\n"
            )
            running.run(
                CLIENT, "--default-character-set=utf8mb4", "--max-allowed-packet=64M",
                stdin=script.encode(),
            )  # fmt: skip
        yield running


def charset_codec(charset: str) -> str:
    return {"utf8mb4": "utf-8"}.get(charset, charset)


def literal(text: str, charset: str) -> str:
    raw = text.encode(charset_codec(charset)).hex()
    return f"_{charset} 0x{raw}" if raw else "''"


@pytest.mark.parametrize(
    "options",
    [
        pytest.param([], id="as it is"),
        pytest.param(["--hex-blob"], id="hexadecimal"),
        pytest.param(["--skip-extended-insert"], id="a row an INSERT"),
        pytest.param(["--complete-insert", "--no-create-info"], id="columns in the INSERT"),
        pytest.param(["--compatible=ansi", "--skip-quote-names"], id="names without quotes"),
        pytest.param(["--skip-opt", "--skip-comments"], id="bare"),
        pytest.param(["--net-buffer-length=4096"], id="short INSERTs"),
    ],
)
@pytest.mark.parametrize(
    ("database", "client"),
    [
        pytest.param("utf8mb4", "utf8mb4", id="utf8mb4"),
        pytest.param("gbk", "gbk", id="gbk"),
        pytest.param("gbk", "utf8mb4", id="gbk as utf8mb4"),
    ],
)
def test_a_dump_reads_back_completely(
    server: Server, tmp_path: Path, database: str, client: str, options: list[str]
) -> None:
    texts = TEXTS if database == "utf8mb4" else GBK_TEXTS
    path = tmp_path / "dump.sql"
    charset = f"--default-character-set={client}"
    path.write_bytes(server.run(DUMP, charset, "--max-allowed-packet=64M", *options, database))
    plan = Plan((str(path),), "-", title_field="subject", markup="none", shard_bytes=1 << 16)
    with Source(str(path), plan) as source:
        found = list(read(source, plan))
    assert [item for item in found if not isinstance(item, Record)] == []
    posts = [(item.post.id, item.post.text) for item in found if isinstance(item, Record)]
    assert posts == [(number, f"题{number}\n{text}") for number, text in enumerate(texts)]

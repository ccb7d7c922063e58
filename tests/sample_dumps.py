"""Write the sample posts in every format that a scan reads, from data/sample-posts/forum.jsonl.

`python tests/sample_dumps.py` writes them anew; tests/model/test_scan_samples.py fails where they
differ in what they say. Parquet, SQLite and packed files may differ in their bytes with the
versions of their libraries.
"""

from __future__ import annotations

import gzip
import json
import lzma
import sqlite3
import sys
import zipfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[1] / "data" / "sample-posts"
FOLDER = SAMPLES / "formats"


def sample_posts() -> list[dict[str, Any]]:
    lines = (SAMPLES / "forum.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def quoted(text: str) -> str:
    for before, after in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(before, after)
    return f"'{text}'"


def discuz(posts: Iterable[dict[str, Any]]) -> str:
    """Give the posts as the tables of a Discuz! X forum, one thread a post."""
    threads, rows = [], []
    for number, post in enumerate(posts, 1):
        time = number * 60 + 1_791_763_200
        author, text = quoted(post["author"]), quoted(post["text"])
        threads.append(f"({number},1,{author},{quoted(post['board'])},{time})")
        rows.append(f"({number},1,{number},1,{author},{number},'',{time},{text},0)")
    return (
        "-- MySQL dump 10.13  Distrib 5.7.44, for Linux (x86_64)\n"
        "/*!40101 SET NAMES gbk */;\n\n"
        "DROP TABLE IF EXISTS `pre_common_session`;\n"
        "CREATE TABLE `pre_common_session` (\n  `sid` char(6) NOT NULL,\n"
        "  `username` char(15) NOT NULL\n) ENGINE=MEMORY DEFAULT CHARSET=gbk;\n"
        "INSERT INTO `pre_common_session` VALUES ('aB3dEf','用户42aa');\n\n"
        "DROP TABLE IF EXISTS `pre_forum_post`;\n"
        "CREATE TABLE `pre_forum_post` (\n  `pid` int(10) unsigned NOT NULL,\n"
        "  `fid` mediumint(8) unsigned NOT NULL DEFAULT '0',\n"
        "  `tid` mediumint(8) unsigned NOT NULL DEFAULT '0',\n"
        "  `first` tinyint(1) NOT NULL DEFAULT '0',\n"
        "  `author` varchar(40) NOT NULL DEFAULT '',\n"
        "  `authorid` mediumint(8) unsigned NOT NULL DEFAULT '0',\n"
        "  `subject` varchar(80) NOT NULL DEFAULT '',\n"
        "  `dateline` int(10) unsigned NOT NULL DEFAULT '0',\n"
        "  `message` mediumtext NOT NULL,\n"
        "  `invisible` tinyint(1) NOT NULL DEFAULT '0',\n"
        "  PRIMARY KEY (`pid`),\n  KEY `fid` (`fid`)\n) ENGINE=MyISAM DEFAULT CHARSET=gbk;\n"
        "LOCK TABLES `pre_forum_post` WRITE;\n"
        f"INSERT INTO `pre_forum_post` VALUES {','.join(rows)};\n"
        "UNLOCK TABLES;\n\n"
        "CREATE TABLE `pre_forum_thread` (\n  `tid` mediumint(8) unsigned NOT NULL,\n"
        "  `fid` mediumint(8) unsigned NOT NULL,\n  `author` char(15) NOT NULL,\n"
        "  `subject` char(80) NOT NULL,\n  `dateline` int(10) unsigned NOT NULL\n"
        ") ENGINE=MyISAM DEFAULT CHARSET=gbk;\n"
        f"INSERT INTO `pre_forum_thread` VALUES {','.join(threads)};\n"
    )


def phpbb(posts: Iterable[dict[str, Any]]) -> str:
    """Give the posts as the table of a phpBB forum, a row an INSERT, as its own backup does."""
    rows = "".join(
        "INSERT INTO phpbb_posts (post_id, poster_id, post_subject, post_text, bbcode_bitfield) "
        f"VALUES ({number}, {number}, '', {quoted(post['text'])}, 0x40);\n"
        for number, post in enumerate(posts, 1)
    )
    return f"#\n# phpBB Backup Script\n#\n# Table: phpbb_posts\n{rows}"


def write(folder: Path) -> None:
    """Write all samples into a folder."""
    import pyarrow as pa
    import pyarrow.feather
    import pyarrow.parquet
    import zstandard

    posts = sample_posts()
    lines = (SAMPLES / "forum.jsonl").read_bytes()
    table = pa.Table.from_pylist(posts)
    folder.mkdir(exist_ok=True)
    (folder / "forum.json").write_text(
        json.dumps(posts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    (folder / "forum.utf-16.csv").write_bytes(
        (SAMPLES / "forum.csv").read_text(encoding="utf-8").encode("utf-16")
    )
    (folder / "forum.tsv").write_bytes(
        "".join(
            "\t".join(
                '"' + value.replace('"', '""') + '"' if set(value) & set('"\t\n') else value
                for value in row
            )
            + "\n"
            for row in [list(posts[0]), *(list(post.values()) for post in posts)]
        ).encode("gb18030")
    )
    # A browser sends what a GBK forum cannot hold as entities.
    (folder / "discuz.gbk.sql").write_bytes(discuz(posts).encode("gbk", "xmlcharrefreplace"))
    (folder / "phpbb.sql.xz").write_bytes(lzma.compress(phpbb(posts).encode()))
    (folder / "forum.jsonl.gz").write_bytes(gzip.compress(lines, mtime=0))
    (folder / "forum.jsonl.zst").write_bytes(zstandard.compress(lines))
    with zipfile.ZipFile(folder / "forum.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        rows = lines.splitlines(keepends=True)
        for name, part in (("1.jsonl", rows[:40]), ("2.jsonl", rows[40:])):
            archive.writestr(zipfile.ZipInfo(name), b"".join(part), zipfile.ZIP_DEFLATED)
    pyarrow.parquet.write_table(table, folder / "forum.parquet", compression="zstd")
    pyarrow.feather.write_feather(table, str(folder / "forum.arrow"), compression="uncompressed")
    (folder / "forum.sqlite").unlink(missing_ok=True)
    with closing(sqlite3.connect(folder / "forum.sqlite")) as database:
        database.execute("CREATE TABLE posts (id TEXT PRIMARY KEY, board, author, time, text)")
        database.executemany(
            "INSERT INTO posts VALUES (?, ?, ?, ?, ?)", [list(post.values()) for post in posts]
        )
        database.commit()


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanzha import hosts
from fanzha.contacts import find_contacts
from fanzha.errors import DataError
from fanzha.hosts import HOST_KINDS, host_kind, read_hosts
from fanzha.masking import mask
from fanzha.normalize import normalize


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        ("12306.cn", "known"),
        ("m.tb.cn/h.5xqk", "known"),
        ("cx.mem.gov.cn/a?b=1", "known"),
        ("lib.hebinqu.edu.cn", "known"),
        ("t.cn/a6xq", "short"),
        ("dv76a.top", "mixed"),
        ("835872.cn", "mixed"),
        ("x5c9q.lanhbj.com/?agent=8", "mixed"),
        ("157.185.186.61:5002/?dl=1", "mixed"),
        ("192.168.31.60:8080", "plain"),
        ("jf-duihuan.cc/a", "cheap"),
        ("linye-notes.com", "plain"),
        ("shop7.example.com", "plain"),
        # Another's name in front is no proof.
        ("12306.cn.jf-duihuan.cc", "mixed"),
        ("alipay.com-anquan.top", "cheap"),
        ("alipay.com:443@jf-duihuan.cc/a", "cheap"),
        ("b23.tv/@abc", "known"),
        ("cs.stanford.edu/a", "known"),
    ],
)
def test_a_host_is_of_the_kind_that_its_form_says(link: str, kind: str) -> None:
    assert host_kind(link) == kind


@given(st.text(st.sampled_from("abz019.-/:?#"), max_size=40))
def test_any_link_has_a_kind(link: str) -> None:
    assert host_kind(link) in HOST_KINDS


def test_two_posts_that_differ_in_their_links_only_read_the_same() -> None:
    def masked(post: str) -> str:
        text = normalize(post)
        return mask(text.text, find_contacts(text), []).text

    assert masked("打开 dv76a.top 看") == masked("打开 k2v9.vip/reg?i=7 看")
    assert masked("打开 dv76a.top 看") != masked("打开 12306.cn 看")


def test_the_listed_hosts_are_hosts_in_order() -> None:
    listed = list(read_hosts())
    assert listed == sorted(listed)
    assert all("." in host and host == host.lower() for host in listed)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("taobao.com,shop\n", "hosts.csv:2:2: kind 'shop' is none of known and short"),
        ("qq.com,known\nqq.com,short\n", "hosts.csv:3:1: host 'qq.com' stands there twice"),
    ],
)
def test_a_malformed_table_is_refused(
    lines: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hosts.csv").write_text("host,kind\n" + lines, encoding="utf-8")
    monkeypatch.setattr(hosts, "files", lambda _: tmp_path)
    with pytest.raises(DataError, match=message.replace(".", "\\.")):
        read_hosts()

from __future__ import annotations

import itertools
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fanzha import Detector, InputError, Policy, Post
from fanzha.labels import LABELS
from fanzha.post import MAX_POST_CHARS
from fanzha.registry import Registry
from fanzha.scan import DetectorLoader

STRICT = Policy("strict", dict.fromkeys(LABELS, 0.01), dict.fromkeys(LABELS, 0.02))

POSTS = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "花呗白条套现取出来扣点加微信vx抖音客服电话4001382-９５１５２④〇❀\u200b現唄\n"
        ),
    ),
    max_size=80,
)


@pytest.mark.parametrize(
    ("post", "label"),
    [
        ("花呗套现秒到，扣5个点，加V：hb_9527", "cash_out"),
        ("專業白條取現，當天到賬，九五回，有需要的滴滴", "cash_out"),
        ("抖音官方客服热线 400-6455-566，退款、注销找人工", "fake_hotline"),
        ("代开发票，可验真，普票专票都有，点位低，电话微信同号", "fake_document"),
        ("注册就送彩金88，百家乐真人视讯，首存翻倍，网址 bet9900.vip", "gambling"),
    ],
)
def test_plain_advertisements_bear_their_label(detector: Detector, post: str, label: str) -> None:
    verdict = detector.check(post)
    assert label in [given.label for given in verdict.labels]
    assert any(evidence.label == label for evidence in verdict.evidence)


@pytest.mark.parametrize(
    "post",
    [
        "",
        "花呗可以提现吗",
        "花呗怎么关闭啊",
        "警方提醒：切勿相信花呗套现广告，已有多人被骗",
        "大股东拟减持套现2亿元，股价应声下跌",
        "今天食堂的红烧肉不错",
        "抖音客服电话是95152，打了没人接",
        "工资提现到银行卡要手续费吗",
    ],
)
def test_ordinary_posts_pass(detector: Detector, post: str) -> None:
    assert detector.check(post).suggestion == "pass"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(post=POSTS)
def test_every_span_slices_the_post_as_it_was_written(detector: Detector, post: str) -> None:
    verdict = Detector(detector._bundle, detector._reader, STRICT).check(post)
    for found in (*verdict.evidence, *verdict.hotlines, *verdict.contacts):
        assert 0 <= found.span.start < found.span.end <= len(post)
        assert found.span.of(post) == found.text
    for change in verdict.normalizations:
        assert change.span.of(post) == change.before


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(posts=st.lists(POSTS, max_size=5))
def test_check_many_gives_what_check_gives_in_order(detector: Detector, posts: list[str]) -> None:
    numbered = [Post(text, id=number) for number, text in enumerate(posts)]
    many = [verdict.to_json() for verdict in detector.check_many(numbered)]
    assert many == [detector.check(post).to_json() for post in numbered]


def test_check_many_is_lazy(detector: Detector) -> None:
    endless: Iterator[str] = itertools.cycle(["花呗套现", "你好"])
    verdicts = list(itertools.islice(detector.check_many(endless), 3))
    told = [detector.check(post).flagged for post in ("花呗套现", "你好")]
    assert [verdict.flagged for verdict in verdicts] == [*told, told[0]]


def test_the_policy_of_the_board_decides(detector: Detector) -> None:
    own = Detector(detector._bundle, detector._reader, STRICT)
    verdict = own.check("花呗套现秒到，扣5个点，加V")
    assert (verdict.suggestion, verdict.policy) == ("block", "strict")


def test_named_evidence_stands_before_wording_and_the_weightier_first(
    detector: Detector,
) -> None:
    verdict = detector.check("花呗套现秒到，扣5个点，加V：hb_9527，当天到账，长期合作")
    shown = [one for one in verdict.evidence if one.label == "cash_out"]
    order = [(one.kind == "model", -one.weight) for one in shown]
    assert order == sorted(order)
    assert {one.kind for one in shown} == {"term", "model"}
    assert min(one.weight for one in shown) > 0


def test_every_number_that_a_brand_does_not_publish_is_evidence(detector: Detector) -> None:
    post = "抖音官方客服热线 400-6455-566，月付退款、注销请打；投诉电话也可拨 9510211 转人工"
    shown = [one.text for one in detector.check(post).evidence if one.kind == "hotline"]
    assert shown == ["400-6455-566", "9510211"]


@pytest.mark.parametrize("post", [None, 5, b"bytes", ["x"]])
def test_what_is_no_text_is_refused(detector: Detector, post: object) -> None:
    with pytest.raises(InputError, match="must be a string"):
        detector.check(post)  # type: ignore[arg-type]


def test_arguments_of_another_kind_are_refused_at_once(detector: Detector) -> None:
    wrong: Any = detector
    for call, words in (
        (lambda: wrong.check_many("花呗"), "posts are several, not one str"),
        (lambda: wrong.check_many(5), "posts are several, not one int"),
        (lambda: wrong.check_all("花呗套现", [1, 2, 3, 4]), "posts are several, not one str"),
        (lambda: wrong.check_all(["花呗套现"], []), "1 texts and 0 ids"),
        (lambda: wrong.with_policy("board.json"), "a policy must be a fanzha.Policy, not str"),
        (lambda: wrong.look_up(None), "a number must be a string, not NoneType"),
        (lambda: wrong.look_up("95188", 5), "a brand must be a string, not int"),
        (lambda: wrong.owners(95188), "a number must be a string, not int"),
    ):
        with pytest.raises(InputError, match=words):
            call()


def test_a_post_beyond_the_limit_is_refused(detector: Detector) -> None:
    with pytest.raises(InputError, match="more than the limit"):
        detector.check("x" * (MAX_POST_CHARS + 1))


@pytest.mark.parametrize("post", ["\x00", "\ud800套现", "a\udfff", "\x00花呗\x00"])
def test_nul_and_lone_surrogates_are_read(detector: Detector, post: str) -> None:
    import orjson

    assert orjson.loads(orjson.dumps(detector.check(post).to_json()))["suggestion"]


def test_the_json_has_the_fields_of_the_contract(detector: Detector) -> None:
    found = detector.check(
        Post("花唄套現，加薇：tx_8888，抖音官方客服 400-6455-566", id="p1")
    ).to_json()
    assert list(found) == [
        "id", "suggestion", "labels", "scores", "evidence", "hotlines", "contacts",
        "normalizations", "model",
    ]  # fmt: skip
    assert list(found["scores"]) == list(LABELS)
    assert list(found["evidence"][0]) == [
        "label", "kind", "rule", "start", "end", "text", "normalized", "weight", "why",
    ]  # fmt: skip
    assert list(found["hotlines"][0]) == [
        "start", "end", "text", "number", "kind", "brand", "claimed", "status",
        "official_numbers", "source",
    ]  # fmt: skip
    assert list(found["contacts"][0]) == ["kind", "start", "end", "text", "value"]
    assert list(found["normalizations"][0]) == ["step", "start", "end", "from", "to"]


def test_a_post_without_an_id_has_none_in_its_json(detector: Detector) -> None:
    assert "id" not in detector.check("你好").to_json()


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    path = tmp_path / "own.csv"
    path.write_text(
        "brand,category,aliases,number,kind,confidence,role,group,as_of,sources,note\n"
        "我家商行,bank,家行,4001234567,400,high,customer_service,,2026-11,our own,\n",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(
    ("number", "status"), [("400-123-4567", "official"), ("400-888-1234", "unlisted")]
)
def test_a_number_given_for_a_brand_of_an_overlay_is_held_against_it(
    detector: Detector, overlay: Path, number: str, status: str
) -> None:
    post = f"家行客服热线 {number}，注销额度找人工"
    other = detector.with_registry(Registry.load(overlay))
    (found,) = other.check(post).hotlines
    assert (found.brand, found.status) == ("我家商行", status)
    (found,) = detector.check(post).hotlines
    assert found.brand is None
    assert detector.registry.brand("家行") is None
    assert other.bundle_id == detector.bundle_id


def test_the_entries_of_a_number_are_found_behind_an_area_code(detector: Detector) -> None:
    assert [entry.brand for entry in detector.owners("01095588")] == ["工商银行"]
    assert detector.owners("4001234567") == ()


def test_a_scans_workers_load_the_overlays_too(overlay: Path) -> None:
    checker = pickle.loads(pickle.dumps(DetectorLoader(overlays=(str(overlay),))))()
    (verdict,) = checker.check_many(["家行客服热线 400-123-4567"])
    assert verdict.hotlines[0].brand == "我家商行"

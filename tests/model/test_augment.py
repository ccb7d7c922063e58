from __future__ import annotations

from fanzha.augment import bury, cut_clean
from fanzha.corpus import LabelledPost
from fanzha.post import Post
from fanzha.reading import Reader

CLEAN = [
    LabelledPost(f"c{n}", f"清白的一段话，第{n}段，什么也不卖。", (), "b", "f") for n in range(30)
]
PROMOTING = [
    LabelledPost("p", "花呗套现秒到，有需要的加我微信，长期有效。", ("cash_out",), "b", "f")
]

POSTS = CLEAN + PROMOTING


def test_every_second_post_has_one_promotion_among_clean_paragraphs() -> None:
    made = bury(POSTS, 10, seed=3, chars=(600, 4000))
    assert [post.labels for post in made] == [(), ("cash_out",)] * 5
    assert [PROMOTING[0].text in post.text for post in made] == [False, True] * 5
    assert all(len(post.text) >= 600 for post in made)


def test_the_same_seed_makes_the_same_posts() -> None:
    assert bury(POSTS, 6, 3, (50, 400)) == bury(POSTS, 6, 3, (50, 400))
    assert bury(POSTS, 6, 3, (50, 400)) != bury(POSTS, 6, 4, (50, 400))


def test_nothing_is_made_of_nothing() -> None:
    assert bury(CLEAN, 4, 0, (50, 400)) == ()
    assert bury(PROMOTING, 4, 0, (50, 400)) == ()


def test_sentences_of_clean_posts_that_speak_of_the_matter_are_cut_out() -> None:
    report = (
        "近日，区法院审结一起案件。被告人在网上自称可以花呗套现，秒到账，手续费低。"
        "群众轻信后转去定金，随即被拉黑。法官提醒大家，不要相信陌生人。昨天下午还下了一场雨，路上很滑。"
    )
    posts = [
        LabelledPost("r", report, (), "b", "f"),
        LabelledPost("p", report, ("cash_out",), "b", "f"),
        LabelledPost("s", "花呗套现是违规的。", (), "b", "f"),
    ]
    parts = cut_clean(posts, Reader.load().read_many([Post(post.text) for post in posts]))
    assert {part.id.split("-")[0] for part in parts} == {"r"}
    assert any("花呗套现" in part.text for part in parts)
    assert not any(part.text == "昨天下午还下了一场雨,路上很滑。" for part in parts)
    assert {(part.labels, part.batch, part.family) for part in parts} == {((), "b", "f")}
    assert {part.fold for part in parts} == {posts[0].fold}

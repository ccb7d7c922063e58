from __future__ import annotations

from fanzha.augment import bury
from fanzha.corpus import LabelledPost

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

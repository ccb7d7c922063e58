from __future__ import annotations

from fanzha.corpus import LabelledPost
from fanzha.lessons import Lessons
from fanzha.reading import Reader


def posts(batch: str, n_clean: int, n_labelled: int) -> list[LabelledPost]:
    made = [
        LabelledPost(f"{batch}{n}", f"今天第{n}次去公园", (), batch, str(n)) for n in range(n_clean)
    ]
    return made + [
        LabelledPost(f"{batch}x{n}", f"花呗套现第{n}家", ("cash_out",), batch, f"x{n}")
        for n in range(n_labelled)
    ]


def test_ordinary_are_the_posts_of_others_and_of_batches_nearly_all_clean() -> None:
    own = [*posts("a", 9, 1), *posts("b", 8, 2)]
    lessons = Lessons.make(Reader.load(), own, posts("c", 2, 1), 0)
    ordinary = lessons.is_ordinary[: lessons.n_scored]
    assert [post.batch for post in lessons.posts[:23] if ordinary[lessons.posts.index(post)]] == [
        *("a" * 10),
        *("c" * 3),
    ]


def test_made_posts_stand_behind_the_given_and_count_as_they_should() -> None:
    own = posts("a", 3, 3)
    lessons = Lessons.make(Reader.load(), own, [], 0)
    assert lessons.posts[:6] == tuple(own)
    assert (lessons.n_own, lessons.n_scored) == (6, 6)
    copies = [number for number, post in enumerate(lessons.posts) if post.id.endswith("~")]
    assert copies
    assert (lessons.counts[copies] == 0.5).all()
    assert (lessons.counts[:6] == 1.0).all()

from __future__ import annotations

from fanzha.augment import blank_marks, bury, cut_clean, rewrite
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
    assert [post.labels for post, _ in made] == [(), ("cash_out",)] * 5
    assert [PROMOTING[0].text in post.text for post, _ in made] == [False, True] * 5
    assert all(len(post.text) >= 600 for post, _ in made)


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


def rewritten(posts: list[LabelledPost], seed: int = 0) -> tuple[LabelledPost, ...]:
    readings = Reader.load().read_many([Post(post.text) for post in posts])
    return rewrite(posts, readings, seed)


def test_copies_are_written_with_wrong_characters_and_keep_what_they_are() -> None:
    made = rewritten(POSTS)
    originals = {post.id: post for post in POSTS}
    assert {post.id for post in made} <= {f"{one}~" for one in originals}
    for post in made:
        original = originals[post.id.removesuffix("~")]
        assert post.text != original.text
        assert (post.labels, post.batch, post.family) == (
            original.labels, original.batch, original.family,
        )  # fmt: skip


def test_terms_that_writers_hide_are_seldom_copied_whole() -> None:
    made = [rewritten(PROMOTING * 2, seed)[0].text for seed in range(40)]
    for term in ("花呗", "套现"):
        # What is put in may stand behind the term.
        assert sum(term in text for text in made) < 15


def test_only_characters_of_han_are_written_wrong() -> None:
    post = LabelledPost("d", "出二手相机 2980 元 ISO 100 的", (), "b", "f")
    for seed in range(20):
        for made in rewritten([post] * 2, seed):
            kept = [sign for sign in made.text if sign.isascii() and sign != '"']
            assert kept == list(" 2980  ISO 100 ")


def test_one_copy_in_eight_stands_in_quotation_marks_and_is_spelt_as_it_was() -> None:
    posts = [
        LabelledPost(f"q{n}", "花呗套现秒到，有需要的加我微信。", ("cash_out",), "b", "f")
        for n in range(400)
    ]
    marks = str.maketrans("", "", '“”"「」『』‘’')
    quoted = [post.text for post in rewritten(posts) if post.text.translate(marks) != post.text]
    assert 30 < len(quoted) < 70
    assert {text.translate(marks) for text in quoted} == {posts[0].text}
    assert any(text[0] in "“「" and text[-1] in "”」" for text in quoted)
    assert any("花呗”套现" in text or "花呗」套现" in text for text in quoted)
    assert any("“花呗套现秒到”，有" in text for text in quoted)


def test_the_same_seed_rewrites_alike() -> None:
    assert rewritten(POSTS, 1) == rewritten(POSTS, 1)
    assert rewritten(POSTS, 1) != rewritten(POSTS, 2)
    assert rewritten([]) == ()


def test_a_copy_has_blanks_for_marks_and_is_left_out_where_it_is_the_same() -> None:
    posts = [
        LabelledPost("a", "花呗能取吗？不能，别信。", (), "b", "f"),
        LabelledPost("c", "没有标点", ("cash_out",), "b", "g"),
    ]
    assert blank_marks(posts) == (LabelledPost("a_", "花呗能取吗 不能 别信", (), "b", "f"),)

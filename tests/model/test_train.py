from __future__ import annotations

import json
from pathlib import Path

import pytest

from fanzha import Detector
from fanzha.bundle import Bundle
from fanzha.corpus import read_corpus
from fanzha.errors import DataError
from fanzha.features import fact_value
from fanzha.post import Post
from fanzha.questions import find_deciding
from fanzha.reading import Reader
from fanzha.train import train


@pytest.fixture
def bundle(small_bundle: Path) -> Path:
    return small_bundle


def test_the_same_corpus_and_seed_give_the_same_bytes(
    small_corpus: Path, bundle: Path, tmp_path: Path
) -> None:
    train([small_corpus], tmp_path)
    for name in ("manifest.json", "arrays.npz", "screen.npz"):
        assert (tmp_path / name).read_bytes() == (bundle / name).read_bytes()


def test_a_loaded_bundle_scores_as_the_trained_one(small_corpus: Path, bundle: Path) -> None:
    detector = Detector.load(bundle)
    posts = [post for post in read_corpus([small_corpus]) if "cash_out" in post.labels]
    scores = [detector.check(Post(post.text)).scores["cash_out"] for post in posts]
    assert sum(score > 0.5 for score in scores) > len(scores) / 2
    assert Bundle.load(bundle).manifest["trained_on"]["n_posts"] > 0


def test_what_the_characters_and_facts_add_is_the_score(bundle: Path) -> None:
    from fanzha.explain import weigh_characters
    from fanzha.facts import find_facts

    model = Bundle.load(bundle).classifier
    reading = Reader.load().read(Post("花呗套现秒到，花呗白条都做，加V：hb_9527"))
    parts = weigh_characters(model, reading.masked).sum(axis=0)
    for fact in find_facts(reading):
        if (column := model.features.fact_column(fact)) is not None:
            parts += fact_value(fact) * model.weights[column, : len(parts)] * model.slopes
    # What is left are the intercepts of those answers that decide.
    answers = (model.features.transform([reading]) @ model.weights)[0] + model.intercepts
    parts += model.slopes * (find_deciding(answers) @ model.intercepts) + model.shifts
    assert parts == pytest.approx(model.log_odds([reading])[0], abs=1e-4)


def test_a_label_without_posts_is_refused(small_corpus: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in small_corpus.read_text(encoding="utf-8").splitlines()]
    path = tmp_path / "thin.jsonl"
    kept = [row for row in rows if "phishing" not in row["labels"]]
    path.write_text("".join(json.dumps(row) + "\n" for row in kept))
    with pytest.raises(DataError, match="posts of phishing"):
        train([path], tmp_path / "out")


def test_background_posts_teach_but_are_not_measured_on(
    small_corpus: Path, bundle: Path, tmp_path: Path
) -> None:
    talk = tmp_path / "talk.jsonl"
    rows = [{"id": f"t{n}", "text": f"鞋子很合脚，第{n}次回购了", "labels": []} for n in range(60)]
    talk.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    train([small_corpus], tmp_path / "out", background=[talk])
    before, after = Bundle.load(bundle), Bundle.load(tmp_path / "out")
    assert 0 < after.manifest["trained_on"]["n_background_posts"] <= 60
    n_posts = [one.manifest["trained_on"]["n_posts"] for one in (before, after)]
    assert n_posts[0] == n_posts[1]
    # Beside a post of which neither knows anything, the talk stands lower than before.
    readings = Reader.load().read_many([Post("鞋子很合脚，第二次回购了"), Post("蘑菇")])
    lifts = []
    for one in (before, after):
        talk_odds, unknown_odds = one.classifier.log_odds(readings)
        lifts.append((talk_odds - unknown_odds).mean())
    assert lifts[1] < lifts[0]

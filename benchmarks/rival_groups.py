"""The dev sets' posts that every system is asked about, in groups, and those labelled by hand.

A group counts together the classes of a set that should be flagged, or those that should not.
"""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dev_sets import read_set

from fanzha.tables import read_table

__all__ = ["GROUPS", "Group", "read_groups"]

_HERE: Final = Path(__file__).parent
_SEED: Final = 0
_HAND_LABELLED: Final = "cash_out_candidates"


@dataclass(frozen=True, slots=True)
class Group:
    """Classes of a dev set that are counted together; `wanted` says whether to flag them."""

    heading: str
    name: str
    classes: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    wanted: bool = False

    def holds(self, kind: str) -> bool:
        """Tell whether posts of this class are counted: by the begin of its name, or all."""
        return kind.startswith(self.classes or "") and kind not in self.but


GROUPS: Final = (
    Group("harm", "chineseharm_bench", ("博彩", "欺诈", "黑产广告"), wanted=True),
    Group("fbs FR, IL", "fbs_sms", ("FR:", "IL:"), but=("IL:Political_propaganda",), wanted=True),
    Group("antfin", "antfin_questions"),
    Group("reviews", "reviews"),
    Group("news", "news_titles"),
    Group("cold", "cold_comments"),
    Group("telecom", "telecom_fraud_texts", ("normal",)),
    Group("education", "antifraud_education"),
    Group("game", "game_chat", ("normal",)),
    Group("fbs ads", "fbs_sms", ("AD:Retail", "AD:Network_service")),
    Group("apps", "app_descriptions"),
    Group("numbers", "service_number_benign"),
    Group("words", "cash_out_hard_negatives"),
    Group("不违规", "chineseharm_bench", ("不违规",)),
    Group("谩骂引战", "chineseharm_bench", ("谩骂引战",)),
    Group("低俗色情", "chineseharm_bench", ("低俗色情",)),
)


def read_groups(
    corpora: Path | None, most: int
) -> tuple[dict[Group, list[str]], dict[str, set[str]], list[str]]:
    """Give the groups' texts, the hand-labelled texts with their labels, and what is absent."""
    sets = tomllib.loads((_HERE / "sets.toml").read_text(encoding="utf-8"))
    groups: dict[Group, list[str]] = {}
    hand: dict[str, set[str]] = {}
    absent: list[str] = []
    for name in dict.fromkeys([_HAND_LABELLED, *(group.name for group in GROUPS)]):
        about = sets[name]
        path = Path(corpora or "") / about.get("folder", "dev") / f"{name}.jsonl.gz"
        if corpora is None or not path.exists():
            where = "no --corpora and no FANZHA_CORPORA" if corpora is None else "no such file"
            absent.append(f"{name} ({where})")
            continue
        rows = read_set(path, name, held_out=about.get("held_out", False))
        if name == _HAND_LABELLED:
            table = read_table(_HERE / about["hand_labels"], ("id", "labels"))
            labels = {row["id"]: set(row["labels"].split()) for row in table}
            hand = {row["text"]: labels[row["id"]] for row in rows}
        for group in GROUPS:
            if group.name == name:
                texts = [row["text"] for row in rows if group.holds(str(row["label"]))]
                draw = random.Random(f"{_SEED} {group.heading}")
                groups[group] = draw.sample(texts, most) if len(texts) > most else texts
    return {group: groups[group] for group in GROUPS if group in groups}, hand, absent

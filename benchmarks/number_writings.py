"""Count how many writings of telephone numbers are read exactly as meant.

    python benchmarks/number_writings.py [--misses]

Each form below is written by hand, as crews disguise the groups of a number, and filled with four
made-up numbers (two 400 lines, a landline, a mobile), one after the other in four sentences in
which some company's line is told. Where a form has nothing to disguise in a number, as a drawn
zero in one without zeros, it is left out.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from markdown_tables import table

from fanzha.contacts import find_numbers
from fanzha.normalize import normalize

Form = Callable[[list[str]], str]

NUMBERS = (
    ["400", "716", "2859"],
    ["400", "953", "6047"],
    ["0591", "8342", "6175"],
    ["173", "6208", "4951"],
)
SENTENCES = (
    "支付宝人工客服电话：{}，24小时受理",
    "京东金条官方热线 {} 转人工",
    "美团月付关闭请致电{}办理",
    "微信支付退款专线是{}。",
)
DIGITS = "0123456789"
ROMAN = dict(zip(DIGITS[1:], "ⅠⅡⅢⅣⅤⅥⅦⅧⅨ", strict=True))
SMALL_ROMAN = {digit: sign.lower() for digit, sign in ROMAN.items()}
CIRCLED = dict(zip(DIGITS, "⓪①②③④⑤⑥⑦⑧⑨", strict=True))
HAN = dict(zip(DIGITS, "零一二三四五六七八九", strict=True))
KEYCAPS = {digit: f"{digit}\ufe0f\u20e3" for digit in DIGITS}
COUNTS = dict(zip(range(2, 9), "两三四五六七八", strict=True))


def joined(mark: str) -> Form:
    """Put a mark between the groups."""
    return mark.join


def spread(mark: str) -> Form:
    """Put a mark between all digits."""
    return lambda groups: mark.join("".join(groups))


def enclosed(opening: str, closing: str) -> Form:
    """Put each digit into brackets."""
    return lambda groups: "".join(f"{opening}{digit}{closing}" for digit in "".join(groups))


def placed(template: str) -> Form:
    """Fill the groups into a sentence."""
    return lambda groups: template.format(*groups)


def drawn(signs: Mapping[str, str], mark: str = "-", every: int = 1, rest: int = 0) -> Form:
    """Draw each so many-th digit with other signs."""

    def write(groups: list[str]) -> str:
        count = 0
        written = []
        for group in groups:
            pieces = []
            for digit in group:
                pieces.append(signs.get(digit, digit) if count % every == rest else digit)
                count += 1
            written.append("".join(pieces))
        return mark.join(written)

    return write


def repeated(template: str, counts: Mapping[int, str]) -> Form:
    """Say how often a digit comes where it comes several times."""

    def tell(run: re.Match[str]) -> str:
        times, digit = len(run.group()), run.group()[0]
        count = counts.get(times, str(times))
        return template.format(count=count, digit=digit, han=HAN[digit])

    return lambda groups: re.sub(r"([0-9])\1+", tell, "".join(groups))


FORMS: tuple[tuple[str, Form], ...] = (
    ("plain", joined("-")),
    ("plain", joined("")),
    ("plain", joined(" ")),
    ("Roman digits", drawn(ROMAN)),
    ("Roman digits", drawn(ROMAN, "", 3)),
    ("Roman digits", drawn(ROMAN, " ", 4, 3)),
    ("Roman digits", drawn(SMALL_ROMAN, "-", 2, 1)),
    *(("drawn zeros", drawn({"0": sign})) for sign in "Ø⭕◎〇◯⊙"),
    ("E as 3", drawn({"3": "E"})),
    ("E as 3", drawn({"3": "Ɛ"})),
    ("E as 3", drawn({"3": "З"}, "")),
    ("circled digits", drawn(CIRCLED, "-", 2, 1)),
    ("circled as noise", lambda groups: groups[0] + "③" + groups[1] + "-" + groups[2]),
    ("circled as noise", lambda groups: groups[0] + groups[1] + "⑤" + groups[2]),
    ("circled as noise", lambda groups: f"{groups[0]}-❷{groups[1]}-{groups[2]}"),
    ("circled bullets", placed("①{}②{}③{}")),
    ("circled bullets", placed("❶{}❷{}❸{}")),
    ("circled bullets", placed("① {} ② {} ③ {}")),
    ("keycaps", drawn(KEYCAPS, "")),
    ("keycaps", drawn(KEYCAPS, "➖", 2)),
    ("keycaps", drawn(KEYCAPS | {"0": "零"}, " ", 3)),
    ("repeats", repeated("{count}个{han}", COUNTS)),
    ("repeats", repeated("{count}个{digit}", COUNTS)),
    ("repeats", repeated("{count}{digit}", {2: "双"})),
    ("places in words", placed("前面{}中间{}后面{}")),
    ("places in words", placed("{}中间{}后四位{}")),
    ("places in words", lambda groups: f"前面{groups[0]}，后面的{groups[1]}{groups[2]}"),
    ("places in words", lambda groups: f"{groups[0]}打头，后面{groups[1]}{groups[2]}"),
    ("places in words", placed("{}开头 {} 接着 {} 结尾")),
    ("places in words", placed("第一段{} 第二段{} 第三段{}")),
    ("places in words", lambda groups: f"开头{groups[0]}{groups[1]}，尾号{groups[2]}"),
    *(
        ("marks in words", joined(word))
        for word in ("再拨", "接着按", "加上", "横线", "空格", "杠")
    ),
    ("marks in words", placed("先拨{}，再拨{}，最后拨{}")),
    ("marks in words", lambda groups: "然后".join(drawn(HAN)([group]) for group in groups)),
    *(("marks", joined(mark)) for mark in ("÷", "…", "。", "·", "  ——  ", "、", "\n\n", "▬" * 6)),
    *(("every digit parted", spread(mark)) for mark in ("、", "，", "。", "\n\n", " · ", "   ")),
    ("every digit parted", enclosed("[", "]")),
    ("every digit parted", enclosed("【", "】")),
    ("backwards", lambda groups: "-".join(groups)[::-1] + "（倒着拨）"),
    ("backwards", lambda groups: "（号码倒写）" + "".join(groups)[::-1]),
    ("backwards", lambda groups: " ".join(groups)[::-1] + " 反着念"),
)


def writings() -> Iterator[tuple[str, str, str]]:
    """Give the kind, a post and the number in it."""
    known: set[str] = set()
    for row, (kind, write) in enumerate(FORMS):
        for column, groups in enumerate(NUMBERS):
            number = "".join(groups)
            written = write(list(groups))
            if kind != "plain" and written in {number, "-".join(groups)}:
                continue
            post = SENTENCES[(row + column) % len(SENTENCES)].format(written)
            if post not in known:
                known.add(post)
                yield kind, post, number


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args()
    right: Counter[str] = Counter()
    posts: Counter[str] = Counter()
    for kind, post, number in writings():
        found = [one.number for one in find_numbers(normalize(post))]
        posts[kind] += 1
        right[kind] += found == [number]
        if found != [number] and options.misses:
            print(f"{kind}: {post!r}: {found}")
    rows = [(kind, f"{right[kind]} of {posts[kind]}") for kind in posts]
    rows.append(("all", f"{right.total()} of {posts.total()}"))
    print("\n".join(table(("writing", "read right"), rows)))


if __name__ == "__main__":
    main()

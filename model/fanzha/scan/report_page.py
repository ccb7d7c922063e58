"""The report as one HTML page: opens offline, prints, light and dark, Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final

from fanzha.render import Piece, visible
from fanzha.scan.advice import advise
from fanzha.scan.campaign import Campaign
from fanzha.scan.page_charts import Palette, board_bars, kind_bars, time_chart
from fanzha.scan.report import Claim, Report, Worst
from fanzha.scan.report_words import Words
from fanzha.scan.scanned_numbers import ScannedNumber

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["draw_report"]

_SHOWN_CAMPAIGNS: Final = 20
_SHOWN_NUMBERS: Final = 40
_SHOWN_EACH: Final = 8
_SHOWN_BRANDS: Final = 3
_LINE_CHARS: Final = 90
_SOURCE_CHARS: Final = 160


def draw_report(report: Report, language: str, written: datetime) -> str:
    """Draw a report as a page of HTML that needs no other file.

    Parameters
    ----------
    language
        One of `LANGUAGES`.
    written
        When the report is written, as it is to be shown.

    Raises
    ------
    InputError
        There is no report in that language.
    """
    words = Words.of(language)
    template = _environment().get_template("report.html.j2")
    return template.render(words=words, page=_page(report, words, written))


@lru_cache(1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("fanzha.scan", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def _page(report: Report, words: Words, written: datetime) -> dict[str, Any]:
    palette = Palette.of(report.labels)
    boards, boards_more = board_bars(report, words, palette)
    shown = report.campaigns[:_SHOWN_CAMPAIGNS]
    numbers = [_claim(one, words) for one in report.claims[:_SHOWN_NUMBERS]]
    return {
        "headline": _headline(report, words),
        "subtitle": _subtitle(report, words),
        "written": f"{written:%Y-%m-%d %H:%M}",
        "figures": list(_figures(report, words)),
        "kinds": kind_bars(report, words, palette),
        "advice": advise(report, words),
        "legend": palette.legend(words),
        "time": time_chart(report, words, palette),
        "boards": boards,
        "boards_more": boards_more,
        "boards_note": words("boards_note" if report.complete else "boards_note_flagged"),
        "campaigns": [_campaign(one, words) for one in shown],
        "n_campaigns": len(report.campaigns),
        "campaign_note": words(
            "campaign_note",
            posts=report.campaign_posts,
            flagged=report.flagged,
            n=len(report.campaigns),
        ),
        "campaign_more": len(report.campaigns) > len(shown)
        and words("campaign_more", n=len(report.campaigns) - len(shown)),
        "fakes": [_claim(one, words) for one in report.fakes[:_SHOWN_NUMBERS]],
        "n_fakes": len(report.fakes),
        "numbers": numbers,
        "numbers_more": len(report.claims) > len(numbers)
        and words("numbers_more", n=len(report.claims) - len(numbers)),
        "worst": [_worst(one, words) for one in report.worst],
        "texts_known": report.texts_known,
        "rejects": [
            {"place": f"{_shown(one.file)}:{one.line}", "reason": _shown(one.reason)}
            for one in report.rejects
        ],
        "rejects_note": words("rejects_note", n=report.n_rejects),
        "rejects_more": report.n_rejects > len(report.rejects)
        and words("rejects_more", n=report.n_rejects - len(report.rejects)),
        "run": list(_run(report, words)),
    }


def _shown(text: str) -> str:
    """Give a text without characters that steer how it is shown, its lines kept."""
    return "\n".join(visible(line) for line in text.replace("\r\n", "\n").split("\n"))


def _headline(report: Report, words: Words) -> str:
    if not report.flagged:
        return words("headline_none", posts=report.posts)
    name = "headline" if report.complete else "headline_flagged_only"
    return words(name, flagged=report.flagged, posts=report.posts)


def _subtitle(report: Report, words: Words) -> str:
    if report.run is None or not report.run.seconds:
        return words("subtitle", posts=report.lines)
    run = report.run
    return words(
        "subtitle_run",
        posts=run.n_posts,
        inputs=", ".join(map(_shown, run.inputs)) or "–",
        seconds=words.duration(run.seconds),
        rate=round(run.n_posts / run.seconds),
    )


def _figures(report: Report, words: Words) -> Iterator[dict[str, str]]:
    def figure(n: int, name: str, detail: str = "", tone: str = "") -> dict[str, str]:
        return {"value": f"{n:,}", "name": words(name), "detail": detail, "tone": tone}

    def of_all(n: int) -> str:
        return words("of_all", share=words.share(n, report.posts)) if report.complete else ""

    block, review = report.suggestions["block"], report.suggestions["review"]
    yield figure(block, "block_long", of_all(block), "bad")
    yield figure(review, "review_long", of_all(review), "warn")
    yield figure(len(report.campaigns), "campaigns", words("in_posts", n=report.campaign_posts))
    yield figure(
        len(report.fakes),
        "fake_numbers",
        words("in_posts", n=report.fake_posts),
    )
    if report.n_rejects:
        yield figure(report.n_rejects, "rejected", words("rejected_detail"))


def _kinds(labels: Iterable[str], words: Words) -> str:
    return ("、" if words.language == "zh" else ", ").join(
        words.label(one) for one in labels
    ) or "–"


def _excerpt(pieces: Iterable[Piece]) -> list[Piece]:
    return [Piece(_shown(piece.text), piece.marked) for piece in pieces]


def _tally(items: Iterable[tuple[str, int]], words: Words) -> dict[str, Any]:
    items = list(items)
    more = len(items) - _SHOWN_EACH
    return {
        "shown": [{"name": _shown(name), "n": f"{n:,}"} for name, n in items[:_SHOWN_EACH]],
        "more": words("and_more", n=more) if more > 0 else "",
    }


def _campaign(one: Campaign, words: Words) -> dict[str, Any]:
    text = _shown(one.representative.excerpt.text).replace("\n", " ")
    wordings = "one_wording" if one.n_wordings == 1 else "wordings"
    return {
        "id": one.id,
        "size": _posts(one.n_posts, words),
        "kinds": _kinds((label for label, _ in one.labels.most_common(2)), words),
        "period": words.period(one.first, one.last),
        "wordings": words(wordings, n=one.n_wordings) if one.n_wordings else "",
        "line": text[:_LINE_CHARS],
        "excerpt": _excerpt(one.representative.excerpt.pieces),
        "accounts": _tally(one.accounts.most_common(), words),
        "boards": _tally(one.boards.most_common(), words),
        "contacts": _tally(one.contacts.most_common(), words),
        "numbers": [
            _number(number, n, words) for number, n in one.numbers.most_common() if number.fake
        ][:_SHOWN_EACH],
    }


def _posts(n: int, words: Words) -> str:
    return words("one_post") if n == 1 else words("n_posts", n=n)


def _number(one: ScannedNumber, n: int, words: Words) -> dict[str, str]:
    pretext = one.fake and one.status == "unknown_brand"
    source = _shown(one.source or "–")
    return {
        "number": _shown(one.number),
        "brand": _shown(one.brand) if one.brand else words("nobody"),
        "status": words("status_pretext" if pretext else f"status_{one.status}"),
        "tone": "fake" if one.fake else one.status,
        "official": " / ".join(map(_shown, one.official_numbers[:4])) or "–",
        "source": source[:_SOURCE_CHARS] + ("…" if len(source) > _SOURCE_CHARS else ""),
        "n": f"{n:,}",
        "posts": _posts(n, words),
    }


def _claim(claim: Claim, words: Words) -> dict[str, str]:
    shown = _number(claim.number, claim.n_posts, words)
    if claim.brands:
        more = len(claim.brands) - _SHOWN_BRANDS
        shown["brand"] = ("、" if words.language == "zh" else ", ").join(
            map(_shown, claim.brands[:_SHOWN_BRANDS])
        ) + (f" {words('and_more', n=more)}" if more > 0 else "")
    return shown


def _worst(one: Worst, words: Words) -> dict[str, Any]:
    place = [one.post, one.board, one.account]
    if one.posted_at is not None:
        place.append(f"{one.posted_at:%Y-%m-%d %H:%M}")
    return {
        "suggestion": one.suggestion,
        "kinds": _kinds(one.labels, words),
        "score": f"{one.score:.3f}",
        "place": " · ".join(_shown(part) for part in place if part),
        "excerpt": _excerpt(one.excerpt.pieces),
        "reasons": [
            {
                "rule": rule,
                "text": _shown(text),
                # What a rule says of itself is in English.
                "why": _shown(why) if words.language == "en" else "",
            }
            for text, rule, why in one.reasons[:_SHOWN_EACH]
        ],
    }


def _run(report: Report, words: Words) -> Iterator[tuple[str, str]]:
    yield words("run_posts"), f"{report.posts:,}"
    run = report.run
    if run is None or not run.seconds:
        yield words("run_speed"), words("run_speed_unknown")
    else:
        rate = words("n_posts", n=round(run.n_posts / run.seconds))
        yield words("run_speed"), f"{rate}/s · {words.duration(run.seconds)}"
    for (bundle, policy), n in report.models.most_common(_SHOWN_EACH):
        times = f" ({_posts(n, words)})" if len(report.models) > 1 else ""
        yield words("run_bundle"), _shown(bundle) + times
        yield words("run_policy"), _shown(policy)
    try:
        yield words("run_version"), version("fanzha")
    except PackageNotFoundError:
        return

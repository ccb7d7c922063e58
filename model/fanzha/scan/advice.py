"""What to do next, from the figures of a scan: at most seven things, the most useful first."""

from __future__ import annotations

from collections.abc import Iterator

from fanzha.render import visible
from fanzha.scan.report import Report
from fanzha.scan.report_words import Words

__all__ = ["advise"]

_LEAST_BOARD_POSTS = 50
_TIMES_AVERAGE = 2.0
_LEAST_OF_CAMPAIGN = 3
_WARNED_NUMBERS = 2


def advise(report: Report, words: Words) -> tuple[str, ...]:
    """Give sentences that say what to do, in the language of `words`."""
    return tuple(_sentences(report, words))


def _sentences(report: Report, words: Words) -> Iterator[str]:
    if not report.flagged:
        yield words("do_nothing")
    else:
        if report.suggestions["block"]:
            yield words("do_block", n=report.suggestions["block"])
        yield from _of_campaign(report, words)
        for claim in report.fakes[:_WARNED_NUMBERS]:
            number, n = claim.number, report.numbers[claim.number]
            if number.brand is not None:
                name = "do_number" if number.official_numbers else "do_number_plain"
                official = " / ".join(number.official_numbers[:2])
                yield words(
                    name, number=number.number, n=n, brand=visible(number.brand), official=official
                )
        if report.suggestions["review"]:
            yield words("do_review", n=report.suggestions["review"])
        yield from _of_board(report, words)
    if report.n_rejects:
        yield words("do_rejects", n=report.n_rejects)


def _of_campaign(report: Report, words: Words) -> Iterator[str]:
    if not report.campaigns or report.campaigns[0].n_posts < _LEAST_OF_CAMPAIGN:
        return
    largest = report.campaigns[0]
    share = words.share(largest.n_posts, report.flagged)
    name = "do_campaign" if largest.accounts else "do_campaign_plain"
    yield words(name, id=largest.id, n=largest.n_posts, accounts=len(largest.accounts), share=share)
    for contact, n in largest.contacts.most_common(1):
        if n >= _LEAST_OF_CAMPAIGN:
            yield words("do_contact", contact=visible(contact.split(":", 1)[-1]), n=n)


def _of_board(report: Report, words: Words) -> Iterator[str]:
    """Name the board with the highest share of flagged posts, if it is far above the average."""
    large = {
        name: board for name, board in report.boards.items() if board.posts >= _LEAST_BOARD_POSTS
    }
    posts = sum(board.posts for board in report.boards.values())
    if not large or len(report.boards) < 2 or not report.suggestions["pass"]:
        return
    worst = max(large, key=lambda name: large[name].flagged / large[name].posts)
    average = sum(board.flagged for board in report.boards.values()) / posts
    share = large[worst].flagged / large[worst].posts
    if share >= _TIMES_AVERAGE * average > 0:
        yield words(
            "do_board",
            board=visible(worst),
            share=words.share(large[worst].flagged, large[worst].posts),
            times=f"{share / average:.1f}",
        )

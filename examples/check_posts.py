"""Check posts from Python: the suggestion, the labels and the characters that prove them."""

from __future__ import annotations

from fanzha.detector import Detector


def main() -> None:
    detector = Detector.load()
    posts = ["花呗可以提现吗？", "花.呗.套.現，扣8个点，秒到，加薇 tx_888", "支付宝客服电话 95188"]
    for post, verdict in zip(posts, detector.check_many(posts), strict=True):
        print(verdict.suggestion, [given.label for given in verdict.labels], post)
        for evidence in verdict.evidence:
            assert evidence.text == evidence.span.of(post)
            print("   ", evidence.rule, evidence.text, "-", evidence.why)


if __name__ == "__main__":
    main()

"""Search-engine articles of the two kinds that the project exists for, of our own writing."""

from __future__ import annotations

import pytest

from fanzha import Detector

CASH_OUT = """欢迎来到月付兑现网
频道:额度知识  日期:2025-11-03  浏览:5132

分付额度兑现怎么操作?一文看懂分付提取的三种方式

分付是近年兴起的先享后付工具,用户在日常消费中可以先买后还。据行业观察,超过六成用户的分付额度长期闲置,如何把闲置的
额度盘活,成为大家关心的话题。

一、分付额度兑现的常见方式
1. 商家回款:选择支持分付的商家下单,核销后余款秒到,费率一般在8到10个点;
2. 充值卡回收:用分付购买卡券,再由回收方按95折收回;
3. 扫码提取:当面扫码,额度转成余额。

二、案例
杭州的小林用分付额度兑现了三千元,五分钟到账,解了燃眉之急。

风险提示:请理性使用额度,量入为出。

上一篇:月付额度提取靠谱吗  下一篇:分付套出来需要几个点
"""

FAKE_HOTLINE = """抖音月付怎么关闭?手把手教你联系官方客服

很多朋友误开了抖音月付,担心影响征信。关闭的步骤其实不难:打开抖音,进入我的钱包,找到月付,按提示结清账单。
如果页面打不开,可以直接拨打抖音官方客服热线400-031-7882,人工服务时间9:00-22:00,报上手机号即可办理注销和退款。

常见问题
问:电话打不通怎么办?
答:高峰期可以改打官方客服热线:9510211,按2转人工。
"""

CLEAN = """分付和月付有什么区别?写给第一次用的人

分付是微信里的先享后付,月付则是几家购物平台各自的账期产品。两者都只能用来付款,不能提取现金;声称可以代为变现的人,
多半要先收一笔钱,然后不见。已经遇上的,保留聊天记录,向警方报案。

还款日前系统会从绑定的银行卡扣款,余额不足时次日再扣。想关闭的话,先结清账单,再到设置里找到关闭入口;客服电话以应用里
公布的为准。
"""


def test_an_article_built_around_the_query_is_flagged(detector: Detector) -> None:
    verdict = detector.check(CASH_OUT)
    assert "cash_out" in [given.label for given in verdict.labels]
    assert all(one.span.of(CASH_OUT) == one.text for one in verdict.evidence)


def test_the_numbers_of_an_article_are_held_against_the_registry(detector: Detector) -> None:
    verdict = detector.check(FAKE_HOTLINE)
    assert "fake_hotline" in [given.label for given in verdict.labels]
    found = {one.number: (one.status, one.brand, one.claimed) for one in verdict.hotlines}
    assert found == {
        "4000317882": ("unlisted", "抖音", True),
        "9510211": ("other_brand", "抖音", True),
    }
    assert all(one.official_numbers[0] == "95152" for one in verdict.hotlines)
    assert all(one.span.of(FAKE_HOTLINE) == one.text for one in verdict.hotlines)


@pytest.mark.parametrize("post", [CLEAN, CLEAN * 4], ids=["once", "long"])
def test_an_article_that_explains_and_warns_passes(detector: Detector, post: str) -> None:
    assert detector.check(post).suggestion == "pass"

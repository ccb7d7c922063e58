"""The eleven labels of the labelling policy, in the order of every score array."""

from __future__ import annotations

from typing import Final

__all__ = ["LABELS", "LABEL_NAMES_ZH"]

LABEL_NAMES_ZH: Final[dict[str, str]] = {
    "cash_out": "套现取现",
    "fake_hotline": "假冒客服电话",
    "illegal_loan": "黑贷",
    "account_trade": "卡号买卖",
    "fake_document": "办证发票",
    "gambling": "赌博",
    "sexual_service": "招嫖色情",
    "job_scam": "刷单兼职",
    "investment_scam": "投资理财骗局",
    "contraband": "违禁品",
    "phishing": "钓鱼冒充",
}
"""Label to its Chinese name; what each one means: docs/policy.md."""

LABELS: Final[tuple[str, ...]] = tuple(LABEL_NAMES_ZH)
"""All labels in the column order of every score array; a post may bear several or none."""

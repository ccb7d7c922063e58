"""What goes over the wire: the requests, and the documented form of the answers."""

from fanzha_api.schemas.answers import (
    Contact,
    Evidence,
    Explanation,
    FieldError,
    FieldSpan,
    Flip,
    GivenLabel,
    Health,
    Hotline,
    ListHit,
    Model,
    Near,
    Normalization,
    Problem,
    Ready,
    RegistryState,
    Scores,
    Span,
    StorageState,
    Verdict,
    Verdicts,
)
from fanzha_api.schemas.hotlines import HotlineAnswer, HotlineEntry, HotlineList
from fanzha_api.schemas.jobs import (
    Deliveries,
    Delivery,
    Job,
    Jobs,
    JobSummary,
    NewWebhook,
    Webhook,
    WebhookRequest,
    Webhooks,
)
from fanzha_api.schemas.keys import Audit, AuditLine, Key, KeyRequest, Keys, NewKey
from fanzha_api.schemas.kinds import MAX_ID_CHARS, BoardName, Label, Status
from fanzha_api.schemas.moderations import FIELDS, MAX_BATCH, Batch, Post
from fanzha_api.schemas.observations import (
    BoardDrift,
    DriftAlarm,
    DriftAnswer,
    DriftState,
    LabelDrift,
    ShadowAnswer,
    ShadowDifference,
    ShadowTurn,
)
from fanzha_api.schemas.policies import (
    AllowEntry,
    BoardPolicy,
    DenyEntry,
    HotlineRow,
    LabelPolicy,
    Policies,
    PolicyChange,
    PolicyHistory,
    PolicyVersion,
)
from fanzha_api.schemas.reviews import (
    Appeal,
    AppealRequest,
    AppealResolution,
    Appeals,
    Decided,
    DecisionRequest,
    Deleted,
    FeedbackRequest,
    Queue,
    RecordAnswer,
    Records,
    Said,
)

__all__ = [
    "FIELDS", "MAX_BATCH", "MAX_ID_CHARS", "AllowEntry", "Appeal", "AppealRequest",
    "AppealResolution", "Appeals", "Audit", "AuditLine", "Batch", "BoardDrift", "BoardName",
    "BoardPolicy", "Contact", "Decided", "DecisionRequest", "Deleted", "Deliveries", "Delivery",
    "DenyEntry", "DriftAlarm", "DriftAnswer", "DriftState", "Evidence", "Explanation",
    "FeedbackRequest", "FieldError", "FieldSpan", "Flip", "GivenLabel", "Health", "Hotline",
    "HotlineAnswer", "HotlineEntry", "HotlineList", "HotlineRow", "Job", "JobSummary", "Jobs",
    "Key", "KeyRequest", "Keys", "Label", "LabelDrift", "LabelPolicy", "ListHit", "Model", "Near",
    "NewKey", "NewWebhook", "Normalization", "Policies", "PolicyChange", "PolicyHistory",
    "PolicyVersion", "Post", "Problem", "Queue", "Ready", "RecordAnswer", "Records",
    "RegistryState", "Said", "Scores", "ShadowAnswer", "ShadowDifference", "ShadowTurn", "Span",
    "Status", "StorageState", "Verdict", "Verdicts", "Webhook", "WebhookRequest", "Webhooks",
]  # fmt: skip

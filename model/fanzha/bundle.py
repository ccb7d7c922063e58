"""The trained model on disk: arrays and a JSON manifest; nothing in it is ever unpickled."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray

import fanzha_data
from fanzha.arrays import array_sum, read_arrays, write_arrays
from fanzha.classify import Classifier
from fanzha.errors import BundleError, DataError
from fanzha.features import Features, Vocabulary
from fanzha.labels import LABELS
from fanzha.policy import Policy
from fanzha.questions import count_questions
from fanzha.screen import SCREEN_FORMAT, Screen
from fanzha.segment import Segmenter

__all__ = ["FORMAT_VERSION", "Bundle"]

FORMAT_VERSION: Final = 7
"""Raised whenever a bundle of this version could not be read, or would score, differently."""

_log = logging.getLogger(__name__)
_MANIFEST, _ARRAYS = "manifest.json", "arrays.npz"
_SHAPES: Final = {
    "char_keys": ("uint64", 1),
    "char_idf": ("float32", 1),
    "word_keys": ("uint64", 1),
    "word_idf": ("float32", 1),
    "weights": ("uint16", 2),
    "intercepts": ("float64", 1),
    "slopes": ("float64", 1),
    "shifts": ("float64", 1),
    "margins": ("float64", 1),
}


@dataclass(frozen=True, slots=True)
class Bundle:
    """A trained model: its classifier, its default policy and its manifest.

    `id` is the first 12 hexadecimal digits of the SHA-256 of the arrays and of what in the
    manifest has a part in a verdict; the screen, which estimates what the model would say, has none
    in it. A bundle without a screen is whole, only slower.
    """

    classifier: Classifier
    policy: Policy
    manifest: Mapping[str, Any]
    screen: Screen | None = None

    @property
    def id(self) -> str:
        """Name of the bundle, as verdicts give it."""
        return str(self.manifest["id"])

    def save(self, folder: Path) -> None:
        """Write the bundle into `folder`, made if absent; the same bundle gives the same bytes.

        Raises
        ------
        BundleError
            The folder cannot be written.
        """
        arrays = _arrays(self.classifier)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_arrays(folder / _ARRAYS, arrays)
            if self.screen is not None:
                self.screen.save(folder)
            text = json.dumps(dict(self.manifest), ensure_ascii=False, indent=1, sort_keys=False)
            (folder / _MANIFEST).write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise BundleError(f"cannot write the bundle to {folder}: {error.strerror}") from error

    @classmethod
    def make(cls, classifier: Classifier, policy: Policy, facts: Mapping[str, Any]) -> Bundle:
        """Put a bundle together; `facts` (data hashes, versions, accuracy) go into the manifest."""
        verdict_part: dict[str, Any] = {
            "labels": list(LABELS),
            "policy": {"review": dict(policy.review), "block": dict(policy.block)},
            "facts": list(classifier.features.facts),
            "user_words": list(classifier.features.segmenter.user_words),
        }
        arrays = _arrays(classifier)
        sums = {name: array_sum(array) for name, array in arrays.items()}
        identity = json.dumps([FORMAT_VERSION, sums, verdict_part], sort_keys=True)
        manifest = {
            "format": FORMAT_VERSION,
            "id": hashlib.sha256(identity.encode()).hexdigest()[:12],
            **facts,
            **verdict_part,
            "arrays": sums,
        }
        return cls(classifier, policy, manifest)

    def with_screen(self, screen: Screen, facts: Mapping[str, Any]) -> Bundle:
        """Give the bundle with a screen; `facts` about it go into the manifest."""
        manifest = {
            **self.manifest,
            "screen": {"format": SCREEN_FORMAT, **facts, "arrays": screen.sums()},
        }
        return Bundle(self.classifier, self.policy, manifest, screen)

    @classmethod
    def load(cls, folder: str | Path | None = None) -> Bundle:
        """Read a bundle; the shipped one by default.

        Raises
        ------
        BundleError
            The bundle is absent, of a newer or older format, damaged or truncated; the message
            says what to do.
        """
        folder = Path(folder) if folder is not None else fanzha_data.path("bundle")
        manifest = _read_manifest(folder)
        try:
            arrays = read_arrays(folder / _ARRAYS, _SHAPES, manifest["arrays"])
        except ValueError as error:
            raise _damaged(folder, str(error)) from error
        try:
            policy = Policy("default", manifest["policy"]["review"], manifest["policy"]["block"])
        except DataError as error:
            raise BundleError(f"{folder / _MANIFEST}: {error}") from error
        features = Features(
            Vocabulary(arrays["char_keys"], arrays["char_idf"]),
            Vocabulary(arrays["word_keys"], arrays["word_idf"]),
            manifest["facts"],
            Segmenter(manifest["user_words"]),
        )
        n_labels, n_questions = len(LABELS), count_questions(len(LABELS))
        for name, shape in (
            ("weights", (features.n_columns, n_questions)),
            ("intercepts", (n_questions,)),
            ("slopes", (n_labels,)),
            ("shifts", (n_labels,)),
            ("margins", (n_labels,)),
        ):
            if arrays[name].shape != shape:
                raise _damaged(folder, f"{name} of shape {arrays[name].shape} instead of {shape}")
        classifier = Classifier(
            features,
            arrays["weights"],
            *(arrays[name] for name in ("intercepts", "slopes", "shifts", "margins")),
        )
        about = manifest.get("screen")
        screen = None
        if about is not None and about.get("format") == SCREEN_FORMAT:
            screen = Screen.load(folder, about["arrays"])
        elif about is not None:
            _log.warning(
                "the screen of the bundle at %s is of another fanzha and not used: the model sees "
                "every post; make it again with `fanzha train --screen-only`",
                folder,
            )
        return cls(classifier, policy, manifest, screen)


def _arrays(classifier: Classifier) -> dict[str, NDArray[Any]]:
    features = classifier.features
    return {
        "char_keys": features.chars.keys,
        "char_idf": features.chars.idf,
        "word_keys": features.words.keys,
        "word_idf": features.words.idf,
        "weights": classifier.packed,
        "intercepts": classifier.intercepts,
        "slopes": classifier.slopes,
        "shifts": classifier.shifts,
        "margins": classifier.margins,
    }


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / _MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BundleError(
            f"there is no bundle at {folder} ({_MANIFEST} is absent); give the folder that "
            "`fanzha train --output` wrote, or install fanzha again"
        ) from error
    except OSError as error:
        raise BundleError(f"cannot read {path}: {error.strerror}; check its permissions") from error
    except ValueError as error:
        raise _damaged(folder, f"{_MANIFEST} is not valid JSON") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("format"), int):
        raise _damaged(folder, f"{_MANIFEST} names no format")
    if manifest["format"] > FORMAT_VERSION:
        raise BundleError(
            f"the bundle at {folder} has format {manifest['format']}, newer than the "
            f"{FORMAT_VERSION} that this fanzha reads; update fanzha"
        )
    if manifest["format"] < FORMAT_VERSION:
        raise BundleError(
            f"the bundle at {folder} has format {manifest['format']}, older than the "
            f"{FORMAT_VERSION} that this fanzha reads; train it again with `fanzha train`"
        )
    lists = ("labels", "facts", "user_words")
    tables = ("policy", "arrays")
    if not all(isinstance(manifest.get(name), list) for name in lists) or not all(
        isinstance(manifest.get(name), dict) for name in tables
    ):
        raise _damaged(folder, f"{_MANIFEST} lacks one of {', '.join(lists + tables)}")
    if manifest["labels"] != list(LABELS):
        raise BundleError(
            f"the bundle at {folder} was trained for the labels {manifest['labels']}, not for "
            "those of this fanzha; train it again with `fanzha train`"
        )
    if "screen" in manifest and "arrays" not in (manifest["screen"] or {}):
        raise _damaged(folder, f"{_MANIFEST} lacks the sums of its screen")
    if not {"review", "block"} <= manifest["policy"].keys() or "id" not in manifest:
        raise _damaged(folder, f"{_MANIFEST} lacks its id or thresholds")
    return manifest


def _damaged(folder: Path, what: str) -> BundleError:
    return BundleError(
        f"the bundle at {folder} is damaged: {what}; copy it again, or train it again with "
        "`fanzha train`"
    )

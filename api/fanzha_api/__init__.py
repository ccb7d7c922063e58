"""The HTTP service: moderation verdicts over `fanzha.Detector`, see docs/reference/http.md."""

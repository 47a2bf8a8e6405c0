"""The error family, by who can act on it.

RaError
    SettingsError           the operator: a setting is wrong
        SiteUnusable            the file of the organisation's name, colours and words
    CorpusError             the communication officer: a document or the corpus directory
        UnreadableDocument      one file cannot be read; the others can
        EmptyCorpus             nothing to index
        ReportUnknown           no report of that name, or several
        SaysOtherwise           the file itself says something else than its publisher
        PageRefused             an address of the web cannot be read, or may not be
    BookUnreadable          the communication officer: a question book cannot be used
    StoreError              the operator: the index
        IndexMissing            never built
        IndexOutdated           built with another embedding profile or format
        IndexDamaged            a file is missing or altered
        BuildRejected           the candidate failed its checks; the build in service stays
        PublishingBusy          another publisher is at work
        ChromaAway              the Chroma server that the settings name does not answer
        ChromaUnopened          Chroma cannot open its directory: it writes in it even to read
        NoSuchBuild             there is no build to go back to, or none of that name
    QuestionRefused         the visitor: empty, too long
    MissingExtra            the operator: an optional package is not installed
    DownloadFailed          the operator: a model could not be fetched
    JournalUnusable         the operator: the journal of use cannot be read, written or copied
    ModelUnavailable        nobody: the answer is made without the language model
    ServerUnavailable       the operator: port taken

The English message gives value, expectation and remedy; `wording.ERRORS[error.code]` is the
French sentence, filled with `error.details`.
"""

from __future__ import annotations


class RaError(Exception):
    """Base of every error that this package raises on purpose."""

    code = "error"

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.details = details


class SettingsError(RaError):
    """A setting has a value that cannot be used."""

    code = "settings"


class SiteUnusable(SettingsError):
    """The file of the organisation's name, colours and words is wrong; `why` says what, in French."""

    code = "site_unusable"


class CorpusError(RaError):
    """The corpus directory cannot be used."""

    code = "corpus"


class UnreadableDocument(CorpusError):
    """One file cannot be read.

    `reason` is a key of `wording.UNREADABLE`: empty, encrypted, damaged, image_only, mislabelled, misnamed,
    unsupported, too_large, front_matter, outside, vanished.
    """

    code = "unreadable_document"

    def __init__(self, path: str, reason: str, message: str = "") -> None:
        super().__init__(message or f"{path}: {reason}", path=path, reason=reason)
        self.path = path
        self.reason = reason


class EmptyCorpus(CorpusError):
    """The corpus holds no readable document."""

    code = "empty_corpus"


class ReportUnknown(CorpusError):
    """No report has the name that was given, or several have.

    `reason` is a key of `wording.REPORT_UNKNOWN`: unknown, several.
    """

    code = "report_unknown"


class SaysOtherwise(CorpusError):
    """The front matter of a file says something else than the options that were given with it."""

    code = "says_otherwise"


class PageRefused(CorpusError):
    """An address of the web cannot be read, or may not be.

    `reason` is a key of `harvest_wording.REFUSED`.
    """

    code = "page_refused"

    def __init__(self, url: str, reason: str, message: str = "", **details: object) -> None:
        super().__init__(message or f"{url}: {reason}", url=url, reason=reason, **details)
        self.url = url
        self.reason = reason


class RecognitionFailed(CorpusError):
    """The characters of a scanned document cannot be recognised.

    `reason` is a key of `publishing_wording.RECOGNITION`.
    """

    code = "recognition_failed"

    def __init__(self, path: str, reason: str, message: str = "") -> None:
        super().__init__(message or f"{path}: {reason}", path=path, reason=reason)
        self.path = path
        self.reason = reason


class BookUnreadable(RaError):
    """A question book cannot be used.

    `reason` is a key of `wording.BOOKS`: format, empty, question.
    """

    code = "book_unreadable"


class StoreError(RaError):
    """The index cannot be used."""

    code = "store"


class IndexMissing(StoreError):
    """No build is in service."""

    code = "index_missing"


class IndexOutdated(StoreError):
    """The build in service was made with another embedding profile or index format."""

    code = "index_outdated"


class IndexDamaged(StoreError):
    """A file of the build is missing or is not what the manifest says."""

    code = "index_damaged"


class BuildRejected(StoreError):
    """The candidate build failed a check and was not put in service."""

    code = "build_rejected"


class PublishingBusy(StoreError):
    """Another publisher is at work on the same index."""

    code = "publishing_busy"


class ChromaAway(StoreError):
    """The Chroma server does not answer, or not as it should."""

    code = "chroma_away"


class ChromaUnopened(StoreError):
    """Chroma cannot open a directory whose files are sound: it writes in it even to read."""

    code = "chroma_unopened"


class NoSuchBuild(StoreError):
    """There is no build of that name that can be put in service.

    `reason` is a key of `wording.NO_SUCH_BUILD`: none, unknown, unchecked.
    """

    code = "no_such_build"


class QuestionRefused(RaError):
    """The question cannot be treated as it is."""

    code = "question_refused"


class MissingExtra(RaError):
    """An optional package is needed and is not installed."""

    code = "missing_extra"


class DownloadFailed(RaError):
    """A model could not be fetched.

    `reason` is a key of `wording.DOWNLOADS`: name, missing, network, unsafe.
    """

    code = "download_failed"


class JournalUnusable(RaError):
    """The journal of use cannot be read, written or copied.

    `reason` is a key of `journal_wording.REASONS`: missing, closed, full, busy, damaged, foreign, newer, failed,
    off, exists, copy.
    """

    code = "journal_unusable"

    def __init__(self, path: object, reason: str, detail: str = "") -> None:
        super().__init__(f"{path}: {reason} {detail}".strip(), path=path, reason=reason, detail=detail)
        self.reason = reason


class ModelUnavailable(RaError):
    """The language model gave no answer that can be used; never told to a visitor, who gets another answer.

    `reason`: silent, late, status, connection, broken, resting, budget, busy.
    """

    code = "model_unavailable"

    def __init__(
        self, reason: str, message: str = "", *, again: bool = False, wait_seconds: float = 0.0
    ) -> None:
        super().__init__(message or reason, reason=reason)
        self.reason = reason
        self.again = again
        """Whether asking again may help."""
        self.wait_seconds = wait_seconds
        """How long the server asks to wait, 0 when it does not say."""


class ServerUnavailable(RaError):
    """The web server cannot start."""

    code = "server_unavailable"

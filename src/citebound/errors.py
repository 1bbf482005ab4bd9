"""Every error that Citebound raises on purpose.

    CiteboundError
    |-- ConfigError            an unknown or wrong setting
    |   `-- BadLabels          labels that nothing can be learnt from; names the line
    |-- ModelError
    |   |-- UnknownModel       no such name in the catalogue
    |   |-- ModelUnavailable   no source could deliver the files
    |   |-- HashMismatch       bytes that are not those of the catalogue; refused
    |   `-- WrongEncoder       made with another encoder than the configured one
    |-- ParseFailure           one file could not be read; carries its Status
    |-- StoreError
    |   |-- UnknownCollection
    |   |-- UnknownDocument
    |   |-- UnknownScorer
    |   |-- UnknownAdapter
    |   |-- UnknownReceipt
    |   |-- UnknownChat
    |   |-- ForgottenReceipt   its question went with a document
    |   |-- CollectionBusy     another ingest holds the lock
    |   |-- StorageFull        no space, or a write that failed; nothing committed is lost
    |   |-- StoreCorrupt       the truth itself does not read
    |   `-- FormatTooNew       written by a later version
    |-- QueryError
    |   |-- EmptyQuestion
    |   |-- QuestionTooLong
    |   |-- BadFilter
    |   `-- BadFeedback        of a quote that does not stand there, or a judgement that cannot be
    `-- GeneratorError
        |-- GeneratorUnavailable
        `-- GeneratorTimeout

Each carries a message that names the thing and a `remedy` that says what to do. Foreign exceptions become these in the
one file that is the door of their library; they are caught by class, once, at the border (cli, api, one eval case).
"""

from __future__ import annotations

from citebound.types import Status


class CiteboundError(Exception):
    """Base of all. `str(error)` is the message; `error.remedy` what to do about it, or ""."""

    exit_code = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class ConfigError(CiteboundError):
    exit_code = 2


class BadLabels(ConfigError):
    pass


class ModelError(CiteboundError):
    exit_code = 3


class UnknownModel(ModelError):
    pass


class ModelUnavailable(ModelError):
    pass


class HashMismatch(ModelError):
    pass


class WrongEncoder(ModelError):
    pass


class ParseFailure(CiteboundError):
    """One file ended in a status other than ok; the others go on."""

    def __init__(self, status: Status, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.status = status


class StoreError(CiteboundError):
    exit_code = 4


class UnknownCollection(StoreError):
    pass


class UnknownDocument(StoreError):
    pass


class UnknownScorer(StoreError):
    pass


class UnknownAdapter(StoreError):
    pass


class UnknownReceipt(StoreError):
    pass


class UnknownChat(StoreError):
    pass


class ForgottenReceipt(StoreError):
    pass


class CollectionBusy(StoreError):
    pass


class StorageFull(StoreError):
    pass


class StoreCorrupt(StoreError):
    pass


class FormatTooNew(StoreError):
    pass


class QueryError(CiteboundError):
    exit_code = 2


class EmptyQuestion(QueryError):
    pass


class QuestionTooLong(QueryError):
    pass


class BadFilter(QueryError):
    pass


class BadFeedback(QueryError):
    pass


class GeneratorError(CiteboundError):
    exit_code = 5


class GeneratorUnavailable(GeneratorError):
    pass


class GeneratorTimeout(GeneratorError):
    pass

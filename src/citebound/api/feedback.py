"""Feedback over REST: its shapes."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from citebound.indexes.feedback import Feedback, Judgement


class FeedbackRequest(BaseModel):
    """What somebody says of an answer."""

    model_config = ConfigDict(extra="forbid")

    receipt: str = Field(description="The id of the answer's receipt, or the beginning of it.", min_length=4)
    verdict: Judgement = Field(description="Whether it is right, wrong, or the documents do not hold the answer.")
    document: str = Field("", max_length=4000, description="Where the right answer stands: id, path or file name.")
    quote: str = Field("", max_length=4000, description="The text that answers, as it stands in the document.")
    answer: str = Field("", max_length=4000, description="The right answer, if it is shorter than the quote.")
    comment: str = Field("", max_length=4000, description="For whoever reads the list.")


class FeedbackItemsRequest(BaseModel):
    """Which items to list."""

    model_config = ConfigDict(extra="forbid")

    k: int = Field(50, ge=1, le=1000, description="Number of items:")
    skip: int = Field(0, ge=0, le=1_000_000, description="Older ones to leave out:")


class FeedbackResponse(BaseModel):
    """What was said of the answers of a collection, in that order."""

    items: list[Feedback]

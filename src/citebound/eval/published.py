"""Published figures to stand beside ours, each with its source. Other items, other splits: no rank follows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    """What was measured, the figures as printed, and where."""

    what: str
    figures: str
    source: str


_LEGALBENCH = "Pipitone and Houir Alami 2024, LegalBench-RAG"
_CONTRACTNLI = "Koreeda and Manning 2021, ContractNLI"
_CUAD = "Hendrycks et al. 2021, CUAD"
_COLLECTED = "collected for EVALUATION.md, which names no paper"

PUBLISHED: dict[str, tuple[Published, ...]] = {
    "legalbench_rag_mini": (
        Published(
            "recursive splitter of 500 characters, text-embedding-3-large, no reranker",
            "P@1 6.41, R@1 4.94, R@64 62.2 (PrivacyQA 84.2, ContractNLI 61.7, MAUD 28.3, CUAD 74.7)",
            _LEGALBENCH,
        ),
        Published("best of the paper's four set-ups for each set", "R@32 57.0", _LEGALBENCH),
        Published("paragraph chunks of up to 6,000 characters, 1.6-7.6 times the text", "R@32 81.9", "OpenContracts"),
        Published("with reranking", "R@32 83.5, R@64 89.6", "PAKTON, second-hand"),
    ),
    "contractnli": (
        Published(
            "Span NLI BERT-large",
            "evidence mAP .922, accuracy .875, F1 contradiction .357, F1 entailment .834",
            _CONTRACTNLI,
        ),
        Published(
            "DeBERTa-xlarge",
            "evidence mAP .936, accuracy .892, F1 contradiction .405, F1 entailment .859",
            _CONTRACTNLI,
        ),
    ),
    "cuad": (
        Published("RoBERTa-large, clause spans (Jaccard of .5 or more)", "AUPR 48.2", _CUAD),
        Published("DeBERTa-xlarge, clause spans", "AUPR 47.8, P@80R 44.0, P@90R 17.8", _CUAD),
    ),
    "cti_rcm": (
        Published("majority label", "accuracy 22.9", _COLLECTED),
        Published("Qwen3-8B", "accuracy 54.0", _COLLECTED),
        Published("Foundation-Sec-8B", "accuracy 75.4", _COLLECTED),
    ),
}
"""By the name of the suite."""

ADAPTATION: tuple[Published, ...] = (
    Published(
        "new facts, Mistral-7B",
        "base .481, RAG .875, fine-tuned .504, with paraphrases .588, fine-tuned with RAG .810",
        "Ovadia et al. 2023, Fine-Tuning or Retrieval?",
    ),
    Published(
        "PopQA, StableLM2-1.6B",
        "base 17.0, fine-tuned 21.8, RAG 76.1, both 82.1",
        "Soudani et al. 2024, Fine Tuning vs. Retrieval Augmented Generation for Less Popular Knowledge",
    ),
)
"""The same question asked by others."""

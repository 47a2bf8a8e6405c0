"""The worker with the fake embedding model: `python -m tests.worker`, in the place of `ra_assistant.worker`."""

from __future__ import annotations


def main() -> None:
    from ra_assistant import assembly, worker
    from ra_assistant.retrieval import Fusion
    from tests.fakes import HashedEmbedder

    profile = assembly.EmbeddingProfile(HashedEmbedder(), "hashed@1:64", Fusion(0.2))
    assembly.embedding_profile = lambda settings: profile  # type: ignore[assignment]
    worker.NICENESS = 0  # a test waits for it, on a machine that may be busy
    worker.main()


if __name__ == "__main__":
    main()

"""The worker with the fake embedding model: `python -m tests.worker`, in the place of `ra_assistant.worker`.

`SITE_PORT` in its environment is the port of this machine that it may read sites at.
"""

from __future__ import annotations

import os

SITE_PORT = "TESTS_SITE_PORT"


def main() -> None:
    from ra_assistant import assembly, worker
    from ra_assistant.retrieval import Fusion
    from tests.fakes import HashedEmbedder

    profile = assembly.EmbeddingProfile(HashedEmbedder(), "hashed@1:64", Fusion(0.2))
    assembly.embedding_profile = lambda settings: profile  # type: ignore[assignment]
    if SITE_PORT in os.environ:
        from ra_assistant.harvesting import Harvester
        from ra_assistant.visiting import Visitor

        here = ("127.0.0.1", int(os.environ[SITE_PORT]))
        permits = lambda address, port: (str(address), port) == here  # noqa: E731
        assembly.harvester = lambda limits=None: Harvester(Visitor(permits), limits)
    worker.NICENESS = 0  # a test waits for it, on a machine that may be busy
    worker.main()


if __name__ == "__main__":
    main()

"""`transformers serve --continuous-batching`, with the cache and batch sizes of `continuous_batching`."""

from pathlib import Path

from bench.engines.competitors.continuous_batching import MAX_BATCH_TOKENS, NUM_BLOCKS, PAGE_SIZE
from bench.engines.competitors.serve import Serve


def load(model_path: Path) -> Serve:
    arguments = (
        "--continuous-batching", "--cb-block-size", str(PAGE_SIZE), "--cb-num-blocks", str(NUM_BLOCKS),
        "--cb-max-batch-tokens", str(MAX_BATCH_TOKENS),
    )  # fmt: skip
    return Serve(model_path, arguments=arguments, one_server_a_mode=True)

"""Refuses requests that the slot engine cannot serve, by the name of the parameter. Pure."""

from inference.errors import UnsupportedParameter
from inference.types import GenerationRequest, SamplingParameters

_LARGEST = 100.0  # temperature, penalty or bias; beyond it float32 loses what the logits say


def check_request(request: GenerationRequest, *, vocabulary_size: int) -> None:
    """
    :raises UnsupportedParameter: naming the first parameter that is out of range or not implemented.
    :raises ValueError: if not exactly one of messages and prompt_token_ids is given.
    """
    if bool(request.messages) == bool(request.prompt_token_ids):
        raise ValueError(f"request {request.id} must have either messages or prompt_token_ids, and not both")
    if request.adapter is not None:
        raise UnsupportedParameter(parameter="adapter", reason="it serves the base model only")
    if any(not 0 <= token_id < vocabulary_size for token_id in request.prompt_token_ids):
        raise _out_of_range("prompt_token_ids", f"token ids are 0 to {vocabulary_size - 1}")
    _check_sampling(request.sampling, vocabulary_size)


def _check_sampling(sampling: SamplingParameters, vocabulary_size: int) -> None:
    if sampling.num_logprobs is not None:
        raise UnsupportedParameter(parameter="num_logprobs", reason="log-probabilities are not given out")
    in_range = {
        "max_new_tokens": (sampling.max_new_tokens >= 1, "at least 1"),
        "temperature": (0.0 <= sampling.temperature <= _LARGEST, "from 0 to 100"),
        "top_k": (sampling.top_k >= 0, "0 (off) or more"),
        "top_p": (0.0 < sampling.top_p <= 1.0, "above 0 and at most 1"),
        "min_p": (0.0 <= sampling.min_p <= 1.0, "from 0 to 1"),
        "repetition_penalty": (0.0 < sampling.repetition_penalty <= _LARGEST, "above 0 and at most 100"),
        "frequency_penalty": (abs(sampling.frequency_penalty) <= _LARGEST, "from -100 to 100"),
        "presence_penalty": (abs(sampling.presence_penalty) <= _LARGEST, "from -100 to 100"),
        "logit_bias": (
            all(
                0 <= token_id < vocabulary_size and abs(bias) <= _LARGEST
                for token_id, bias in sampling.logit_bias.items()
            ),
            f"token ids 0 to {vocabulary_size - 1} with biases from -100 to 100",
        ),
    }
    for parameter, (holds, allowed) in in_range.items():
        if not holds:
            raise _out_of_range(parameter, allowed)


def _out_of_range(parameter: str, allowed: str) -> UnsupportedParameter:
    return UnsupportedParameter(parameter=parameter, reason=f"it must be {allowed}")

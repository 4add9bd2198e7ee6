"""Refuses requests that an engine cannot serve, by the name of the parameter. Pure."""

from inference.errors import UnsupportedParameter
from inference.types import OPTIONAL_PARAMETERS, Capabilities, GenerationRequest, SamplingParameters

MAX_LOGPROBS = 20  # OpenAI's limit
_SMALLEST_FACTOR = 0.01
_LARGEST = 100.0  # temperature, penalty or bias; beyond it float32 loses what the logits say


def check_request(request: GenerationRequest, *, capabilities: Capabilities, vocabulary_size: int) -> None:
    """
    :raises UnsupportedParameter: naming the first parameter that is out of range or beyond the engine's capabilities.
    :raises ValueError: if not exactly one of messages and prompt_token_ids is given, or more shared than there is.
    """
    if bool(request.messages) == bool(request.prompt_token_ids):
        raise ValueError(f"request {request.id} must have either messages or prompt_token_ids, and not both")
    if not 0 <= request.num_shared_tokens <= len(request.prompt_token_ids):
        raise ValueError(f"request {request.id} cannot share {request.num_shared_tokens} tokens")
    beyond = [name for name in asked_parameters(request) if name not in capabilities.parameters]
    if beyond:
        raise UnsupportedParameter(
            parameter=beyond[0], reason=f"the {capabilities.kind} engine, which serves this model, does not have it"
        )
    if any(not 0 <= token_id < vocabulary_size for token_id in request.prompt_token_ids):
        raise _out_of_range("prompt_token_ids", f"token ids are 0 to {vocabulary_size - 1}")
    _check_sampling(request.sampling, vocabulary_size)


def asked_parameters(request: GenerationRequest) -> list[str]:
    """Return the names of the optional parameters that the request sets to something else than their default."""
    defaults = SamplingParameters(max_new_tokens=1)
    asked = {
        name: getattr(request.sampling, name, None) != getattr(defaults, name, None) for name in OPTIONAL_PARAMETERS
    }
    asked |= {"prefix": bool(request.prefix), "priority": request.priority != 0, "adapter": request.adapter is not None}
    return [name for name, is_asked in asked.items() if is_asked]


def _check_sampling(sampling: SamplingParameters, vocabulary_size: int) -> None:
    in_range = {
        "num_logprobs": (sampling.num_logprobs is None or 0 <= sampling.num_logprobs <= MAX_LOGPROBS, "from 0 to 20"),
        "max_new_tokens": (sampling.max_new_tokens >= 1, "at least 1"),
        "temperature": (0.0 <= sampling.temperature <= _LARGEST, "from 0 to 100"),
        "top_k": (sampling.top_k >= 0, "0 (off) or more"),
        "top_p": (0.0 < sampling.top_p <= 1.0, "above 0 and at most 1"),
        "min_p": (0.0 <= sampling.min_p <= 1.0, "from 0 to 1"),
        "repetition_penalty": (_SMALLEST_FACTOR <= sampling.repetition_penalty <= _LARGEST, "from 0.01 to 100"),
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

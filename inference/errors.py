"""Every way an engine refuses or fails, as types."""


class EngineError(Exception):
    """Base of what an engine raises or puts into a Finish. `code` is stable, the text is for people."""

    code = "engine_error"


class UnsupportedParameter(EngineError):
    code = "unsupported_parameter"

    def __init__(self, *, parameter: str, reason: str) -> None:
        super().__init__(f"this engine cannot do {parameter}: {reason}")
        self.parameter = parameter


class PromptTooLong(EngineError):
    code = "prompt_too_long"

    def __init__(self, *, num_prompt_tokens: int, context_window: int) -> None:
        super().__init__(f"the prompt has {num_prompt_tokens} tokens, the model's window holds {context_window}")
        self.num_prompt_tokens = num_prompt_tokens
        self.context_window = context_window


class QueueFull(EngineError):
    code = "queue_full"

    def __init__(self, *, max_waiting: int) -> None:
        super().__init__(f"{max_waiting} requests wait already; try again later")


class EngineClosed(EngineError):
    code = "engine_closed"


class StepFailed(EngineError):
    """The forward pass that a request took part in failed (out of memory, NaN logits)."""

    code = "step_failed"

    @classmethod
    def by(cls, failure: BaseException | None) -> "StepFailed":
        """Wrap what a forward pass raised."""
        error = cls(f"the forward pass failed ({type(failure).__name__}: {failure})")
        error.__cause__ = failure
        return error

    @classmethod
    def broken_logits(cls) -> "StepFailed":
        return cls("the model's logits were not numbers; the request may be retried")


class RequestIdInUse(EngineError):
    code = "request_id_in_use"

    def __init__(self, *, request_id: str) -> None:
        super().__init__(f"a request with the id {request_id} waits or runs already; ids must differ")


class ModelUnusable(EngineError):
    """A model cannot be prepared, loaded or served; the sentence says what to do about it."""

    code = "model_unusable"

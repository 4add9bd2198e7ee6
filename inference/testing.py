"""
What tests of this folder and of its callers run on instead of big weights.

A tiny random model with its tokenizer, made without the network in well under a second, and an engine whose outputs
the test dictates. Not for production.
"""

import itertools
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.engines.streams import ChannelStream
from inference.errors import EngineClosed, EngineError, RequestIdInUse
from inference.types import (
    OPTIONAL_PARAMETERS,
    Capabilities,
    ChatMessage,
    Delta,
    EngineKind,
    EngineStats,
    Finish,
    FinishReason,
    GenerationRequest,
    StepChannel,
    Timings,
    TokenLogprob,
    Usage,
)

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

TINY_CONTEXT_WINDOW = 512
_CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
_CORPUS = ["the quick brown fox jumps over the lazy dog", "what is the capital of France? The capital is Paris."]
_VOCABULARY_SIZE = 320


def tiny_tokenizer() -> "PreTrainedTokenizerFast":
    """Return a byte-level BPE tokenizer of 320 entries with a chat template; it encodes any text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)  # type: ignore[assignment, unused-ignore]
    core.decoder = decoders.ByteLevel()  # type: ignore[assignment, unused-ignore]
    trainer = trainers.BpeTrainer(
        vocab_size=_VOCABULARY_SIZE,
        special_tokens=_SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(_CORPUS, trainer)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=core,
        bos_token=_SPECIAL_TOKENS[1],
        eos_token=_SPECIAL_TOKENS[2],
        chat_template=_CHAT_TEMPLATE,
    )


_T5_OUTPUT_SCALE = 0.01
# What architectures need beside, or instead of, the settings that all share.
_SETTINGS_OF: dict[str, dict[str, object]] = {
    "bloom": {"n_layer": 2, "n_head": 4, "num_key_value_heads": None, "head_dim": None},
    "falcon": {
        "alibi": True, "head_dim": None, "num_key_value_heads": None, "multi_query": False,
        "new_decoder_architecture": False,
    },
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": TINY_CONTEXT_WINDOW, "num_key_value_heads": 4},
    "mpt": {"d_model": 32, "n_layers": 2, "n_heads": 4, "max_seq_len": TINY_CONTEXT_WINDOW, "num_key_value_heads": 4},
    "t5": {
        "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4, "n_positions": TINY_CONTEXT_WINDOW,
        "decoder_start_token_id": 0, "initializer_factor": 8.0, "is_encoder_decoder": True,
        "tie_word_embeddings": False,
    },
}  # fmt: skip


def tiny_model(*, seed: int = 0, architecture: str = "llama", **settings: object) -> "PreTrainedModel":
    """
    Return a random float32 model of two layers over `tiny_tokenizer`'s vocabulary.

    Its weights are spread so wide that the best token leads clearly: rounding does not change a greedy answer.
    architecture: a model type of transformers; settings: of its configuration.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM

    shared: dict[str, object] = {
        "vocab_size": _VOCABULARY_SIZE,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "max_position_embeddings": TINY_CONTEXT_WINDOW,
        "initializer_range": 0.6,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
    }
    chosen = shared | _SETTINGS_OF.get(architecture, {}) | settings
    config = AutoConfig.for_model(architecture, **{name: value for name, value in chosen.items() if value is not None})
    model_class = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model: PreTrainedModel = model_class.from_config(config, dtype=torch.float32)  # type: ignore[no-untyped-call]
        if config.is_encoder_decoder:
            with torch.no_grad():
                # As wide as the inner weights must be for varied answers, it would leave nothing to sample.
                model.get_output_embeddings().weight.mul_(_T5_OUTPUT_SCALE)  # type: ignore[no-untyped-call]
    model.train(mode=False)
    return model


def speaking_model(text: str, **settings: object) -> "PreTrainedModel":
    """
    Return a model that answers every prompt of `tiny_tokenizer`'s chat template with `text`, and then ends.

    Each token alone decides its successor, so no token of the text may come twice, nor be the line break before it.
    settings: of its configuration.
    :raises ValueError: if one does.
    """
    import torch

    tokenizer = tiny_tokenizer()
    [line_break] = tokenizer.encode("\n", add_special_tokens=False)
    spoken = [line_break, *tokenizer.encode(text, add_special_tokens=False), 2]
    if len(set(spoken)) < len(spoken):
        raise ValueError(f"{text!r} has a token that comes twice")
    shape: dict[str, Any] = {"hidden_size": _VOCABULARY_SIZE, "num_hidden_layers": 1, **settings}
    model = tiny_model(**shape)
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                weights.zero_()  # attention and the layers between add nothing to a token's embedding
        weights_of = dict(model.named_parameters())
        weights_of["model.embed_tokens.weight"].copy_(torch.eye(_VOCABULARY_SIZE))
        answers = weights_of["lm_head.weight"].zero_()  # (V, D)
        for token_id, successor in itertools.pairwise(spoken):
            answers[successor, token_id] = 1.0
    return model


def write_tiny_model(path: Path, *, seed: int = 0, architecture: str = "llama", **settings: object) -> None:
    """Save the tiny model and tokenizer as a folder that `load_engine` and `prepare_model` accept."""
    tiny_model(seed=seed, architecture=architecture, **settings).save_pretrained(path)
    tokenizer = tiny_tokenizer()
    if architecture == "t5":
        tokenizer.chat_template = None
    tokenizer.save_pretrained(path)


SCRIPTED_CAPABILITIES = Capabilities(
    EngineKind.SLOTS, frozenset(OPTIONAL_PARAMETERS) - {"adapter"}, "the test scripts it"
)


class ScriptedEngine:
    """
    Implements `types.Engine` without a model: the test says what comes out, and when.

    A request whose last message's text is a key of `scripts` is answered at once with that script's deltas and ends
    with STOP; with a prefix, only what comes after it. Any other request stays open until the test calls `say` and
    `end`, or somebody cancels it. Counts one token per delta and one per prompt character.
    """

    def __init__(
        self,
        scripts: Mapping[str, Sequence[str]] | None = None,
        *,
        context_window: int = 8192,
        capabilities: Capabilities = SCRIPTED_CAPABILITIES,
    ) -> None:
        self._scripts = dict(scripts or {})
        self._capabilities = capabilities
        self._context_window = context_window
        self._open: dict[str, _OpenRequest] = {}
        self._lock = threading.RLock()
        self._is_closed = False
        self._num_steps = 0
        self.submitted: list[GenerationRequest] = []
        self.cancelled: list[str] = []

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    @property
    def context_window(self) -> int:
        return self._context_window

    def count_prompt_tokens(self, messages: Sequence[ChatMessage]) -> int:
        return sum(len(message.text) for message in messages)

    def submit(self, request: GenerationRequest, *, channel: StepChannel | None = None) -> ChannelStream:
        with self._lock:
            if self._is_closed:
                raise EngineClosed("the engine is closed")
            if request.id in self._open:
                raise RequestIdInUse(request_id=request.id)
            self.submitted.append(request)
            stream = ChannelStream(request.id, own_channel=StepChannel() if channel is None else None)
            self._open[request.id] = _OpenRequest(request, channel or stream.channel)
            script = self._scripts.get(request.messages[-1].text) if request.messages else None
            if script is not None:
                for text in _after_prefix(script, request.prefix):
                    self.say(request.id, text)
                self.end(request.id)
            return stream

    def say(self, request_id: str, text: str, *, logprobs: Sequence[TokenLogprob] = ()) -> None:
        """
        Give out one delta of an open request, as a step of its own.

        :raises KeyError: if no such request is open.
        """
        with self._lock:
            opened = self._open[request_id]
            opened.num_tokens += 1
            self._num_steps += 1
            opened.channel.put([Delta(request_id, text, num_tokens=1, logprobs=tuple(logprobs))])

    def end(
        self, request_id: str, reason: FinishReason = FinishReason.STOP, *, error: EngineError | None = None
    ) -> None:
        """
        Give out the Finish of an open request.

        :raises KeyError: if no such request is open.
        """
        with self._lock:
            opened = self._open.pop(request_id)
            usage = Usage(self.count_prompt_tokens(opened.request.messages), opened.num_tokens)
            timings = Timings(first_token_s=0.0 if opened.num_tokens else None, total_s=0.0)
            opened.channel.put([Finish(request_id, reason, usage, timings, error)])

    def is_open(self, request_id: str) -> bool:
        """Whether the request waits for what the test has to say."""
        with self._lock:
            return request_id in self._open

    def cancel(self, request_id: str) -> None:
        with self._lock:
            self.cancelled.append(request_id)
            if request_id in self._open:
                self.end(request_id, FinishReason.CANCELLED)

    def stats(self) -> EngineStats:
        with self._lock:
            return EngineStats(
                num_running=len(self._open),
                num_waiting=0,
                num_slots=1_000,
                num_steps=self._num_steps,
                num_generated_tokens=self._num_steps,
                num_cached_tokens=0,
                tokens_per_s=0.0,
            )

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            for request_id in list(self._open):
                self.end(request_id, FinishReason.CANCELLED)


class _OpenRequest:
    def __init__(self, request: GenerationRequest, channel: StepChannel) -> None:
        self.request = request
        self.channel = channel
        self.num_tokens = 0


def _after_prefix(script: Sequence[str], prefix: str) -> list[str]:
    """Return the script's deltas without the text that `prefix` holds already."""
    remaining, rest = len(prefix), []
    for text in script:
        if text[remaining:]:
            rest.append(text[remaining:])
        remaining = max(0, remaining - len(text))
    return rest

"""
The ways out: what an answer's gate withheld is in no page, frame, task, log line or row, after real generations.

Law P7 of the moderation study. Tables in the tests here name every way there is; one that is added fails until somebody
has said what it may carry. The engine alone is scripted. The rules are patterns, so their own pages cannot hold a span.
"""

from chatapp.conversations.models import Conversation
from chatapp.generations.models import Generation
from inference.types import Alternative, TokenLogprob
from tests.support.factories import SAMPLING, make_conversation, make_turn, make_user, publish_rule
from tests.support.running import Running

MASKED, BLOCKED, TITLED = WITHHELD = ("zq471193", "xk558201", "zq902834")


class Aftermath:
    """What three generations left behind."""

    def __init__(self, running: Running) -> None:
        publish_rule(r"zq\d{6}", kind="regex", action="redact", stages=("output", "title"))
        self.rule = publish_rule(r"xk\d{6}", kind="regex", stages=("output",), notice_en="Not here.")
        self.owner = make_user(display_name="Ada")
        self.conversation, self.blocked = (make_conversation(self.owner) for _ in range(2))
        self.masked_turn = self._write(running, self.conversation, "The code is z", f"{MASKED[1:]}, done.")
        self._write_title(running)
        self.blocked_turn = self._write(running, self.blocked, "Here is the key: xk55", f"{BLOCKED[4:]} and more.")

    @staticmethod
    def _write(running: Running, conversation: Conversation, opening: str, rest: str) -> Generation:
        """With log-probabilities: their alternatives spell what the answer did not say."""
        turn = make_turn(conversation, sampling={**SAMPLING, "num_logprobs": 1}, asked={"num_logprobs": 1})
        running.begin(turn)
        running.engine.say(running.request_id(turn), opening)
        logprob = TokenLogprob(rest, -0.5, (Alternative(f"{MASKED} or {BLOCKED}", -2.0),))
        running.engine.say(running.request_id(turn), rest, logprobs=[logprob])
        running.end(turn)
        return turn

    def _write_title(self, running: Running) -> None:
        title = Generation.objects.get(kind="title", conversation=self.conversation)
        running.begin(title)
        running.engine.say(running.request_id(title), f"About {TITLED}")
        running.end(title)


def withheld_in(*shown: str) -> list[str]:
    return [span for text in shown for span in WITHHELD if span in text]

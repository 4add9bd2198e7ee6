"""The variables that settings are made of: what is read, and what is said of a value that means nothing."""

import re
from pathlib import Path

import pytest

from chatapp.environment import Environment, EnvironmentInvalid
from chatapp.launch.configuration import CHECKOUT

# In the manual, and read by others: the launcher, make, pip, the Hub's client, the tests, one command.
READ_ELSEWHERE = {
    "CHATAPP_ADMIN_EMAIL", "CHATAPP_ADMIN_PASSWORD", "GATE_EXAMPLES", "HF_ENDPOINT", "HF_HUB_OFFLINE", "HF_TOKEN",
    "PYTHON", "REDIS_PORT", "STAGES", "TORCH_INDEX_URL",
}  # fmt: skip


def variables() -> set[str]:
    return {name.upper() for name in Environment.model_fields}


class TestTheEnvironment:
    def test_is_read_by_type(self):
        environment = Environment.read(
            {
                "PORT": "9000",
                "HTTPS": "1",
                "ALLOWED_HOSTS": " chat.example.org, ,.example.net ",
                "CHATAPP_DATA_DIR": "/srv/chat",
                "CHATAPP_MODERATION_SECOND_APPROVAL": "off",
                "EVIDENCE_KEPT_DAYS": "1, 2,3,4",
                "MODERATION_MODELS": '{"guard": {"kind": "embedding"}}',
                "EMAIL_URL": "smtp+tls://chat:p%40ss@mail.example.org:587",
            }
        )

        assert (environment.port, environment.https) == (9000, True)
        assert environment.allowed_hosts == ("chat.example.org", ".example.net")
        assert environment.chatapp_data_dir == Path("/srv/chat")
        assert environment.chatapp_moderation_second_approval is False
        assert environment.evidence_kept_days == (1, 2, 3, 4)
        assert environment.moderation_models == {"guard": {"kind": "embedding"}}
        assert environment.email_url == "smtp+tls://chat:p%40ss@mail.example.org:587"

    def test_takes_an_empty_variable_for_none(self):
        assert Environment.read(dict.fromkeys(variables(), "")) == Environment.read({})

    def test_leaves_the_variables_of_others_alone(self):
        assert Environment.read({"PATH": "/bin", "port": "x"}) == Environment.read({})

    def test_is_the_one_that_the_manual_lists(self):
        manual = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
        table = manual.partition("## Environment variables")[2].partition("\n## ")[0]

        listed = {
            name for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
        }

        assert variables() == listed - READ_ELSEWHERE
        assert READ_ELSEWHERE - listed == set()


class TestAWrongValue:
    @pytest.mark.parametrize(
        ("variable", "value", "said"),
        [
            ("PORT", "http", "a number from 1 to 65535"),
            ("PORT", "0", "a number from 1 to 65535"),
            ("PORT", "65536", "a number from 1 to 65535"),
            ("HTTPS", "tls", "0 or 1"),
            ("DEBUG", "*", "0 or 1"),
            ("LOG_LEVEL", "loud", "INFO"),
            ("SIGN_UP", "Closed", "open or closed"),
            ("ACCOUNT_EMAIL_VERIFICATION", "yes", "mandatory"),
            ("TRUSTED_PROXY_COUNT", "-1", "0 for none"),
            ("TRUSTED_PROXY_COUNT", "one", "0 for none"),
            ("EMAIL_URL", "mail.example.org", "smtp://"),
            ("EMAIL_URL", "https://mail.example.org", "smtp://"),
            ("EMAIL_URL", "smtp://mail.example.org:mail", "a port"),
            ("EMAIL_URL", "smtp://[mail", "smtp://"),
            ("DEFAULT_FROM_EMAIL", "Chat <>", "e-mail address"),
            ("CHATAPP_MODERATION_SECOND_APPROVAL", "never", "on or off"),
            ("CHATAPP_MODERATION_DRY_RUN_SHARE_LIMIT", "1.5", "between 0 and 1"),
            ("CHATAPP_MODERATION_DRY_RUN_SHARE_LIMIT", "nan", "between 0 and 1"),
            ("CHATAPP_MODERATION_DRY_RUN_SHARE_LIMIT", "1%", "between 0 and 1"),
            ("MODERATION_REMOTE_CLASSIFIERS", '{"guard": ', "JSON"),
            ("MODERATION_REMOTE_CLASSIFIERS", '{"guard": "https://guard.example.org/"}', "JSON"),
            ("MODERATION_MODELS", "[]", "JSON"),
            ("EVIDENCE_KEPT_DAYS", "30,90,180", "four numbers"),
            ("EVIDENCE_KEPT_DAYS", "30,90,180,365,1", "four numbers"),
            ("EVIDENCE_KEPT_DAYS", "30,90,180,0", "four numbers"),
            ("EVIDENCE_KEPT_DAYS", "a month", "four numbers"),
        ],
    )
    def test_is_named_with_what_it_must_be(self, variable, value, said):
        with pytest.raises(EnvironmentInvalid, match=f"^{variable} must be .*{re.escape(said)}"):
            Environment.read({variable: value})

    def test_is_named_beside_the_other_wrong_ones(self):
        with pytest.raises(EnvironmentInvalid) as refused:
            Environment.read({"PORT": "x", "SIGN_UP": "x", "EVIDENCE_KEPT_DAYS": "x,x"})

        assert re.findall(r"(\w+) must be", str(refused.value)) == ["PORT", "SIGN_UP", "EVIDENCE_KEPT_DAYS"]

    @pytest.mark.parametrize("variable", ["EMAIL_URL", "MODERATION_REMOTE_CLASSIFIERS"])
    def test_is_not_shown_because_it_may_hold_a_password(self, variable):
        with pytest.raises(EnvironmentInvalid) as refused:
            Environment.read({variable: "http://chat:secret@example.org"})

        assert "secret" not in str(refused.value)
        assert refused.value.__cause__ is None
        assert refused.value.__context__ is None

    @pytest.mark.parametrize("variable", sorted(variables()))
    def test_is_described_whatever_it_is_wrong_for(self, variable):
        said = ""
        try:
            Environment.read({variable: "{nonsense"})
        except EnvironmentInvalid as refusal:
            said = str(refusal)

        assert "must be None" not in said

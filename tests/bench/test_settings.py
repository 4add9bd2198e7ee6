"""What a person can choose for a run."""

from pathlib import Path

import pytest

from bench.engines.settings import DEFAULT_SIZES, MODULES, settings_of

MODEL = Path("model")


class TestSettingsOf:
    def test_measures_everything_unless_told_otherwise(self):
        settings = settings_of({"SIZES": "", "ROUNDS": ""}, default_model_path=MODEL)

        assert (settings.rounds, settings.sizes, settings.tokens) == (5, DEFAULT_SIZES, 64)
        assert settings.competitors == tuple(MODULES)
        assert settings.model_path == MODEL

    def test_takes_lists_separated_by_spaces(self):
        environ = {"SIZES": "1 4", "COMPETITORS": "engine llama.cpp", "ROUNDS": "2", "TOKENS": "8", "MODEL": "other"}

        settings = settings_of(environ, default_model_path=MODEL)

        assert (settings.sizes, settings.competitors) == ((1, 4), ("engine", "llama.cpp"))
        assert (settings.rounds, settings.tokens, settings.model_path) == (2, 8, Path("other"))

    @pytest.mark.parametrize(
        ("environ", "said"),
        [
            ({"SIZES": "1,4"}, "SIZES: '1,4'"),
            ({"ROUNDS": "0"}, "ROUNDS: '0'"),
            ({"TOKENS": "-3"}, "TOKENS: '-3'"),
            ({"COMPETITORS": "engine vllm"}, "COMPETITORS: no vllm; there are engine"),
        ],
    )
    def test_refuses_by_the_variables_name(self, environ, said):
        with pytest.raises(ValueError, match=said):
            settings_of(environ, default_model_path=MODEL)

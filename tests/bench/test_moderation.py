"""The moderation benchmark: what it refuses, how a figure reads, and that its leak counter sees a leak."""

import pytest

from bench.moderation import leaks
from bench.moderation.__main__ import SettingsInvalid, settings_of
from bench.moderation.figure_table import Figure, figures_table, missed, one
from bench.moderation.rows import SECTIONS
from chatapp.moderation.judging.gate import GateStep, OutputGate


class TestSettings:
    @pytest.mark.parametrize("environment", [{}, {"DATA": ""}, {"DATA": "/no/such/folder"}])
    def test_without_data_are_refused_with_a_sentence(self, environment):
        with pytest.raises(SettingsInvalid, match="make bench-moderation DATA="):
            settings_of(environment)

    def test_are_every_section_and_a_hundred_thousand_streams(self, tmp_path):
        settings = settings_of({"DATA": str(tmp_path), "STREAMS": "", "SECTIONS": ""})

        assert (settings.data, settings.sections, settings.num_streams) == (tmp_path, tuple(SECTIONS), 100_000)

    @pytest.mark.parametrize("narrowed", [{"SECTIONS": "speed lakes"}, {"STREAMS": "many"}, {"STREAMS": "0"}])
    def test_that_name_nothing_are_refused(self, tmp_path, narrowed):
        with pytest.raises(SettingsInvalid):
            settings_of({"DATA": str(tmp_path), **narrowed})


class TestFigures:
    def test_are_medians_beside_what_is_asked(self):
        figures = [
            Figure("quick", "µs", (31.0, 20.0, 25.0), at_most=30.0),
            one("found", 0.5, at_least=0.9),
            one("seen", 12.0),
        ]

        assert figures_table(figures).splitlines()[2:] == [
            "| quick | ≤ 30 µs | 25 µs (20 to 31) | reached |",
            "| found | ≥ 0.9 | 0.5 | **missed** |",
            "| seen |  | 12 |  |",
        ]
        assert missed(figures) == ["found"]


class LeakyGate(OutputGate):
    """Shows everything at once, and says afterwards what it should not have."""

    def feed(self, text: str) -> GateStep:
        step = super().feed(text)
        return GateStep(text, step.verdict)

    def finish(self) -> GateStep:
        return GateStep("", super().finish().verdict)


class TestLeaks:
    def values(self) -> dict[str, float]:
        return {figure.name: figure.value for figure in leaks.measure(num_streams=200)}

    def test_are_none_in_any_of_the_streams(self):
        values = self.values()

        assert (values["leaks"], values["differences from the judge"], values["of them: streams"]) == (0, 0, 200)
        assert values["of them: with something withheld"] > 20

    def test_of_a_gate_that_leaks_are_counted(self, monkeypatch):
        monkeypatch.setattr(leaks, "OutputGate", LeakyGate)

        assert self.values()["leaks"] > 20

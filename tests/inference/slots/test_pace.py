from inference.slots.pace import MIN_PREFILL_TOKENS, PrefillPace


def _pace() -> PrefillPace:
    return PrefillPace(max_tokens=512, target_s=0.1)


class TestPrefillPace:
    def test_gives_everything_when_nobody_waits(self):
        assert _pace().budget(is_decoding=False) == 512

    def test_shrinks_after_a_slow_step_and_grows_again_after_a_fast_one(self):
        pace = _pace()

        pace.note(num_prefill_tokens=256, elapsed_s=0.125)
        slow = pace.budget(is_decoding=True)
        pace.note(num_prefill_tokens=slow, elapsed_s=0.09)

        assert slow == 205
        assert pace.budget(is_decoding=True) == 228

    def test_settles_where_a_step_takes_the_target(self):
        pace, tokens_per_s = _pace(), 2_000

        for _ in range(40):
            num_tokens = pace.budget(is_decoding=True)
            pace.note(num_prefill_tokens=num_tokens, elapsed_s=0.03 + num_tokens / tokens_per_s)

        assert abs(pace.budget(is_decoding=True) - 140) <= 5

    def test_learns_nothing_from_a_short_chunk(self):
        pace = _pace()

        pace.note(num_prefill_tokens=3, elapsed_s=0.01)
        pace.note(num_prefill_tokens=3, elapsed_s=9.0)

        assert pace.budget(is_decoding=True) == 256

    def test_gives_prompts_as_long_again_where_decoding_alone_takes_the_target(self):
        pace = _pace()
        pace.note(num_prefill_tokens=0, elapsed_s=0.2)

        pace.note(num_prefill_tokens=256, elapsed_s=0.4)

        assert pace.budget(is_decoding=True) == 256

    def test_never_starves_prompts_that_never_end(self):
        pace = _pace()

        for _ in range(40):
            num_tokens = pace.budget(is_decoding=True)
            pace.note(num_prefill_tokens=num_tokens, elapsed_s=0.3 + num_tokens / 1_000)

        assert pace.budget(is_decoding=True) >= MIN_PREFILL_TOKENS
        assert abs(pace.budget(is_decoding=True) - 330) <= 60

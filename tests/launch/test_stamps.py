"""Stamps."""

from chatapp.launch.stamps import digest_of, is_stamped, write_stamp


class TestDigestOf:
    def test_changes_with_content_with_place_and_with_what_else_matters(self, tmp_path):
        first, second = tmp_path / "a" / "x", tmp_path / "b" / "x"
        for path in (first, second):
            path.parent.mkdir()
            path.write_text("same")

        digests = {
            digest_of([first], root=tmp_path),
            digest_of([second], root=tmp_path),
            digest_of([first, second], root=tmp_path),
            digest_of([first], root=tmp_path, extra="3.11"),
        }

        assert len(digests) == 4

    def test_does_not_depend_on_the_order_or_on_where_the_checkout_is(self, tmp_path):
        for root in ("one", "two"):
            (tmp_path / root).mkdir()
            for name in ("a", "b"):
                (tmp_path / root / name).write_text(name)
        one, two = tmp_path / "one", tmp_path / "two"

        assert digest_of([one / "a", one / "b"], root=one) == digest_of([two / "b", two / "a"], root=two)


class TestIsStamped:
    def test_is_true_for_the_digest_that_was_written_and_no_other(self, tmp_path):
        write_stamp(tmp_path / "new" / "stamp", "abc")

        assert is_stamped(tmp_path / "new" / "stamp", "abc")
        assert not is_stamped(tmp_path / "new" / "stamp", "abd")
        assert not is_stamped(tmp_path / "none", "abc")

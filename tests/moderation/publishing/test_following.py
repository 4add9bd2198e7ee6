"""How a published ruleset reaches the processes that judge: built once, loaded beside the work, never long behind."""

import hashlib
import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connections

from chatapp.core import clock
from chatapp.moderation import models
from chatapp.moderation.judging.gate import judge
from chatapp.moderation.judging.rulesets import builds
from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.judging.verdict import Stage
from chatapp.moderation.publishing import following
from chatapp.moderation.publishing.building import ruleset_build_store
from chatapp.moderation.publishing.following import RulesetFollower
from chatapp.moderation.publishing.loading import Rulesets
from chatapp.moderation.publishing.tasks import ruleset_build
from chatapp.moderation.publishing.versions import RulesetKey, key_newest
from tests.moderation.judging.making import make_rule, make_ruleset
from tests.support.factories import publish_rule
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def rulesets() -> Rulesets:
    """What a process holds when it begins."""
    return Rulesets()


def publish_stored(*words: str) -> RulesetKey:
    """As another process publishes: the row is there, and nothing of it is in this process."""
    version = (models.Ruleset.objects.values_list("version", flat=True).first() or 0) + 1
    payload = Ruleset(version=version, rules=(make_rule(words=words),)).to_json()
    sha256 = hashlib.sha256(payload.encode()).hexdigest()
    models.Ruleset.objects.create(
        version=version, payload=payload, sha256=sha256, reason="a test", published_at=clock.now()
    )
    return RulesetKey(version, sha256)


def many_words() -> list[str]:
    """More than compile at once."""
    return [f"forbidden{number}" for number in range(3000)]


def newest() -> RulesetKey:
    key = key_newest()
    assert key is not None
    return key


class TestTheBuild:
    def test_is_stored_once(self):
        assert ruleset_build_store()
        assert not ruleset_build_store()

        build = models.RulesetBuild.objects.get()
        assert (build.version, build.format) == (1, builds.FORMAT)
        assert build.num_bytes == len(bytes(build.payload))
        assert build.sha256 == hashlib.sha256(bytes(build.payload)).hexdigest()

    def test_is_of_the_newest_version_and_old_ones_go(self):
        for word in ("one", "two", "three"):
            publish_rule(word)
            ruleset_build_store()

        assert sorted(models.RulesetBuild.objects.values_list("version", flat=True)) == [3, 4]

    @pytest.mark.django_db(transaction=True)
    def test_is_what_the_task_makes(self):
        ruleset_build.run()

        assert models.RulesetBuild.objects.filter(version=1).exists()

    def test_is_asked_for_when_a_ruleset_is_published(self, event_log, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            publish_rule("xyzzy")

        (message,) = event_log.lrange("default", 0, -1)
        assert ruleset_build.name.encode() in message


class TestLoading:
    def test_takes_the_build_and_compiles_nothing(self, monkeypatch, rulesets):
        publish_rule("xyzzy")
        ruleset_build_store()
        monkeypatch.setattr("chatapp.moderation.judging.rulesets.compiling.compile_rules", None)

        assert judge(rulesets.load(newest()), "xyzzy", Stage.INPUT).blocked

    def test_compiles_where_nobody_built(self, rulesets):
        publish_rule("xyzzy")

        assert judge(rulesets.load(newest()), "xyzzy", Stage.INPUT).blocked

    @pytest.mark.parametrize(
        "damage",
        [
            {"payload": b"ruleset-build and then nothing"},
            {"sha256": "0" * 64},
            {"format": builds.FORMAT + 1},
        ],
        ids=["payload", "digest", "format"],
    )
    def test_compiles_where_the_build_cannot_be_read(self, damage, rulesets):
        publish_rule("xyzzy")
        ruleset_build_store()
        models.RulesetBuild.objects.update(**damage)

        assert judge(rulesets.load(newest()), "xyzzy", Stage.INPUT).blocked

    def test_refuses_a_sound_build_of_another_ruleset(self, rulesets):
        publish_rule("other")
        ruleset_build_store()
        models.RulesetBuild.objects.update(version=3)
        publish_rule("xyzzy")

        assert judge(rulesets.load(newest()), "xyzzy", Stage.INPUT).blocked

    def test_is_done_once_by_two_threads(self, monkeypatch, rulesets):
        begun = []

        def pieces(key: RulesetKey) -> builds.Pieces:
            begun.append(key)
            yield
            return make_ruleset()

        monkeypatch.setattr(rulesets, "pieces", pieces)
        threads = [threading.Thread(target=rulesets.load, args=[RulesetKey(1, "x")]) for _ in range(4)]

        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(begun) == 1


@pytest.fixture
def follower(rulesets) -> Iterator[RulesetFollower]:
    follower = RulesetFollower(rulesets)
    yield follower
    if follower._thread.is_alive():
        follower.stop()
    connections.close_all()


@pytest.mark.django_db(transaction=True)
class TestTheFollower:
    def test_gives_the_version_before_until_the_build_is_there(self, follower, rulesets):
        first = rulesets.load(newest())
        key = publish_stored(*many_words())
        follower.start()

        during = follower.current(key)
        ruleset_build_store()
        wait_until(lambda: rulesets.loaded(key) is not None, what="the new ruleset")

        assert during is first
        assert judge(follower.current(key), "forbidden7", Stage.INPUT).blocked

    def test_lets_nobody_begin_with_the_version_before_for_long(self, follower, monkeypatch, rulesets):
        monkeypatch.setattr(following, "MAX_BEHIND_S", 0.0)
        rulesets.load(newest())
        key = publish_stored(*many_words())
        follower.start()
        build = threading.Timer(0.3, built_elsewhere)
        build.start()

        waited_for = follower.current(key)

        build.join()
        assert waited_for.version == key.version

    def test_counts_from_the_first_of_several_versions(self, follower, monkeypatch, rulesets):
        monkeypatch.setattr(following, "MAX_BEHIND_S", 0.4)
        monkeypatch.setattr(following, "MAX_WAIT_S", 0.0)
        first = rulesets.load(newest())
        follower.start()
        assert follower.current(publish_stored(*many_words())) is first
        time.sleep(0.5)  # what is tested is a time

        key = publish_stored(*many_words(), "one more")

        assert follower.current(key).version == key.version

    def test_loads_a_small_ruleset_at_once(self, follower, rulesets):
        rulesets.load(newest())
        follower.start()

        assert follower.current(publish_stored("xyzzy")).version == 2

    def test_compiles_for_itself_where_no_build_comes(self, follower, monkeypatch, rulesets):
        monkeypatch.setattr(following, "COMPILE_ALONE_AFTER_S", 0.1)
        rulesets.load(newest())
        key = publish_stored(*many_words())

        follower.start()

        wait_until(lambda: rulesets.loaded(key) is not None, what="the new ruleset")

    def test_that_has_died_leaves_nobody_behind(self, follower, rulesets):
        rulesets.load(newest())
        key = publish_stored(*many_words())

        assert follower.current(key).version == key.version

    def test_leaves_a_stream_the_ruleset_it_began_with(self, follower, rulesets):
        before = rulesets.load(newest())
        key = publish_stored("xyzzy")

        follower.start()
        wait_until(lambda: rulesets.loaded(key) is not None, what="the new ruleset")

        assert not judge(before, "xyzzy", Stage.INPUT).blocked
        assert judge(follower.current(key), "xyzzy", Stage.INPUT).blocked


def built_elsewhere() -> None:
    try:
        ruleset_build_store()
    finally:
        connections.close_all()

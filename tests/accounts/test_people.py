"""People's rows, and the first administrator."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from chatapp.accounts.models import User
from chatapp.accounts.services import user_update
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


class TestUser:
    def test_has_an_address_that_is_unique_ignoring_case(self):
        make_user(email="ada@example.org")

        with pytest.raises(IntegrityError), transaction.atomic():
            make_user(email="Ada@example.org")

    def test_needs_an_address(self):
        with pytest.raises(ValueError, match="e-mail"):
            User.objects.create_user("", "secret")

    def test_is_called_by_name_or_else_by_address(self):
        named, unnamed = make_user(display_name="Ada L."), make_user(email="grace@example.org")

        assert (named.get_full_name(), named.get_short_name()) == ("Ada L.", "Ada L.")
        assert (unnamed.get_full_name(), unnamed.get_short_name()) == ("grace@example.org", "grace")


class TestUserUpdate:
    def test_changes_what_is_given_and_leaves_the_rest(self):
        user = make_user(display_name="Ada", language="en")

        user_update(user=user, language="zh-hans", display_name=None)

        user.refresh_from_db()
        assert (user.language, user.display_name) == ("zh-hans", "Ada")

    def test_keeps_a_name_on_one_line(self):
        user = make_user()

        user_update(user=user, language=None, display_name="  Ada\n Lovelace ")

        user.refresh_from_db()
        assert user.display_name == "Ada Lovelace"


class TestAdminCreateFirst:
    @pytest.fixture(autouse=True)
    def environment(self, monkeypatch):
        for name in ("CHATAPP_ADMIN_EMAIL", "CHATAPP_ADMIN_PASSWORD"):
            monkeypatch.delenv(name, raising=False)

    def test_prints_a_password_that_opens_the_admin(self, capsys):
        call_command("admin_create_first")

        printed = capsys.readouterr().out
        admin = User.objects.get(is_superuser=True)
        password = printed.partition("Password: ")[2].splitlines()[0]
        assert admin.email in printed
        assert admin.is_staff
        assert admin.check_password(password)

    def test_prints_and_makes_nothing_the_second_time(self, capsys):
        call_command("admin_create_first")
        capsys.readouterr()

        call_command("admin_create_first")

        assert capsys.readouterr().out == ""
        assert User.objects.filter(is_superuser=True).count() == 1

    def test_takes_the_password_of_the_environment_and_does_not_print_it(self, capsys, monkeypatch):
        monkeypatch.setenv("CHATAPP_ADMIN_EMAIL", "root@example.org")
        monkeypatch.setenv("CHATAPP_ADMIN_PASSWORD", "a chosen password")

        call_command("admin_create_first")

        assert "a chosen password" not in capsys.readouterr().out
        assert User.objects.get(email="root@example.org").check_password("a chosen password")

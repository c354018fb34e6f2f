"""What a first start prepares, and what it refuses."""

import stat
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError

from grading import engine
from grading.engine import second_reader as readers
from grading.services.run import reader_named
from ops import bootstrap
from tests import factories


def test_disk_without_room_is_refused_with_the_way_out(tmp_path):
    with pytest.raises(OSError, match=r"MB are needed.*TOUCHSTONE_DATA"):
        bootstrap.refuse_full_disk(tmp_path, needed_mb=10**12)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("grading.engine.second_reader:nobody", "no reader named 'nobody'"),
        ("no.such:x", "No module named 'no'"),
    ],
)
def test_start_with_a_second_reader_that_is_not_there_is_refused(settings, name, said):
    settings.SECOND_READER = name
    with pytest.raises(CommandError, match=f"TOUCHSTONE_SECOND_READER={name}: {said}"):
        bootstrap.prepare(print)


def test_start_with_a_second_reader_whose_name_does_not_fit_into_a_grade_is_refused(
    settings, monkeypatch
):
    longest = bootstrap.ENGINE_VERSION_LENGTH - len(f"{engine.ENGINE_VERSION}+")

    def use_reader_called(name: str) -> None:
        reader_named.cache_clear()
        monkeypatch.setattr(readers, "_registry", {"long": lambda: SimpleNamespace(name=name)})
        settings.SECOND_READER = "grading.engine.second_reader:long"
        bootstrap.refuse_unusable_reader()

    try:
        use_reader_called("r" * longest)
        with pytest.raises(CommandError, match=r"too long.*has 41 characters; 40 can be stored"):
            use_reader_called("r" * (longest + 1))
    finally:
        reader_named.cache_clear()


def test_running_installation_says_once_that_its_disk_fills_up(monkeypatch):
    from ops.management.commands import serve

    free_mb = 10
    monkeypatch.setattr(
        serve.shutil, "disk_usage", lambda folder: SimpleNamespace(free=free_mb * 1_000_000)
    )
    said: list[str] = []
    sweeper = serve.Sweeper(said.append)
    sweeper.look_at_disk()
    sweeper.look_at_disk()
    assert [line.split(" are free ")[0] for line in said] == ["Only 10 MB"]
    free_mb = 900
    sweeper.look_at_disk()
    assert said[1:] == ["900 MB are free again."]


def test_translations_are_compiled_when_their_source_is_newer(settings, tmp_path):
    folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "graded"\nmsgstr "已评分"\n'
    )
    settings.LOCALE_PATHS = [tmp_path]
    assert bootstrap.compile_translations() == 1
    assert (folder / "django.mo").exists()
    assert bootstrap.compile_translations() == 0


class TestDemo:
    @pytest.fixture(autouse=True)
    def _own_data_folder(self, settings, tmp_path, roles) -> None:
        settings.DATA_DIR = tmp_path

    def test_accounts_have_random_passwords_that_only_the_owner_can_read(self):
        bootstrap.make_demo()
        accounts = dict(bootstrap.demo_accounts())
        assert set(accounts) == {"candidate", "interviewer", "integrator"}
        assert len(set(accounts.values())) == 3
        assert stat.S_IMODE(bootstrap.demo_file().stat().st_mode) == 0o600
        assert all(
            User.objects.get(username=name).check_password(password)
            for name, password in accounts.items()
        )

    def test_second_start_keeps_accounts_and_prints_the_same_passwords(self):
        bootstrap.make_demo()
        first = bootstrap.demo_accounts()
        bootstrap.make_demo()
        assert bootstrap.demo_accounts() == first

    def test_password_its_owner_changed_is_not_printed(self):
        bootstrap.make_demo()
        user = User.objects.get(username="candidate")
        user.set_password("my own now")
        user.save()
        assert "candidate" not in dict(bootstrap.demo_accounts())

    def test_only_the_interviewer_may_enter_the_dashboard(self):
        bootstrap.make_demo()
        assert [user.username for user in User.objects.filter(is_staff=True)] == ["interviewer"]
        assert not User.objects.filter(is_superuser=True).exists()

    def test_account_somebody_made_before_is_left_alone(self):
        factories.UserFactory(username="candidate", password="theirs and long")
        bootstrap.make_demo()
        assert User.objects.get(username="candidate").check_password("theirs and long")

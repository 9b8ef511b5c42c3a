"""A project passes all of its own checks, in an environment that it makes for itself."""

from tests.project.made import SLUG, Made
from tests.project.serving import served


def test_passes_its_own_checks(made: Made) -> None:
    print(made.run("make", "check"))

    assert made.run("git", "status", "--porcelain") == ""
    assert f"Usage: {SLUG} " in made.run(f".venv/bin/{SLUG}", "--help")
    with served(made, ["make", "serve"]) as client:
        assert client.get("/health").is_success

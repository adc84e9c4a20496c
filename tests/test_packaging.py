"""Does what the image calls exist? No engine is needed to ask."""

import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from tests.ground import environment
from tests.ground.machine import free_port

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", "")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
EXAMPLE = (ROOT / ".env.example").read_text()

IMAGE_COMMAND: list[str] = json.loads(re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[-1])
# Not for the settings: compose.yaml itself puts it into the database's and the site's environment.
COMPOSE_ALONE = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()))


def told_in_example() -> set[str]:
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", EXAMPLE, re.MULTILINE))


def read_by_settings() -> set[str]:
    return set(re.findall(r'\benv(?:\.\w+)?\(\s*"([A-Z0-9_]+)"', (ROOT / "checkout/settings.py").read_text()))


def test_the_example_explains_every_variable_that_the_settings_read() -> None:
    assert read_by_settings() - told_in_example() == set()


def test_every_variable_of_the_example_is_read() -> None:
    assert told_in_example() - read_by_settings() - COMPOSE_ALONE == set()


def test_the_tests_decide_every_variable_themselves() -> None:
    assert read_by_settings() - set(environment.VALUES) == {"DATABASE_URL"}


def test_every_variable_of_the_example_stands_below_a_sentence() -> None:
    lines = EXAMPLE.splitlines()
    for above, line in itertools.pairwise(lines):
        if re.match(r"#?[A-Z][A-Z0-9_]+=", line):
            assert above.startswith("# "), f"{line} is not explained"


def test_the_example_holds_no_key_that_works() -> None:
    secrets = re.findall(
        r"^(?:SECRET_KEY|CREDENTIAL_KEYS|METRICS_TOKEN|POSTGRES_PASSWORD)=(.*)$", EXAMPLE, re.MULTILINE
    )
    assert secrets
    assert set(secrets) == {""}


def test_gunicorn_understands_the_arguments_of_the_image() -> None:
    program, *words = IMAGE_COMMAND
    assert program == "gunicorn"
    checked = subprocess.run(
        [sys.executable, "-m", program, "--check-config", *words], cwd=ROOT, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr


def test_the_access_log_keeps_no_query() -> None:
    """A browser comes back from a provider with who paid, and by what, in the query."""
    written = IMAGE_COMMAND[IMAGE_COMMAND.index("--access-logformat") + 1]
    assert "%(U)s" in written
    assert not any(word in written for word in ("%(r)s", "%(q)s", "%(f)s"))


def commands_of_manage() -> list[list[str]]:
    in_image = re.findall(r"python manage\.py ([\w -]+)", DOCKERFILE)
    in_compose = [service["command"] for service in COMPOSE["services"].values() if "command" in service]
    return [line.split() for line in in_image] + [words[2:] for words in in_compose]


@pytest.mark.parametrize("words", commands_of_manage(), ids=" ".join)
def test_the_commands_exist_and_take_these_options(words: list[str]) -> None:
    name, *options = words
    command = load_command_class(get_commands()[name], name)
    command.create_parser("manage.py", name).parse_args(options)


def test_both_long_running_services_start_after_the_migrations() -> None:
    for name in ("web", "worker"):
        assert COMPOSE["services"][name]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"}
        }


def test_the_health_check_is_answered_by_the_command_of_the_image(tmp_path: Path) -> None:
    port = str(free_port())
    serve = [word.replace("8000", port) for word in IMAGE_COMMAND]
    check = [
        word.replace("8000", port)
        for word in json.loads(re.findall(r"HEALTHCHECK.*CMD (\[.*\])", DOCKERFILE)[0])
    ]
    told = {
        **os.environ,
        "ALLOWED_HOSTS": "pay.example.com,www.example.com",
        "SITE_URL": "https://pay.example.com",
    }
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen([sys.executable, "-m", *serve], cwd=ROOT, env=told, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 30
        while "Booting worker" not in (tmp_path / "log").read_text() and time.monotonic() < until:
            time.sleep(0.1)
        with socket.create_connection(("127.0.0.1", int(port)), timeout=60) as line:
            line.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            line.recv(1)  # the first answer comes when a worker has loaded the site
        said = subprocess.run([sys.executable, *check[1:]], env=told, capture_output=True, text=True)
    finally:
        server.terminate()
        server.wait(30)
    assert said.returncode == 0, said.stderr + (tmp_path / "log").read_text()


def test_the_image_does_not_run_as_root() -> None:
    before_command = DOCKERFILE[: DOCKERFILE.index("\nCMD")]
    assert re.findall(r"^USER (\w+)$", before_command, re.MULTILINE)[-1] == "guichet"


def test_the_image_can_be_filled_and_its_static_files_collected(tmp_path: Path) -> None:
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            taken = ROOT / line[1:]
            target = tmp_path / line[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if taken.is_dir() else shutil.copy)(taken, target)
    [step] = re.findall(r"^RUN (.* collectstatic .*)$", DOCKERFILE, re.MULTILINE)
    told = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    ran = subprocess.run(["sh", "-c", step], cwd=tmp_path, env=told, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "staticfiles" / "staticfiles.json").exists()


@pytest.mark.parametrize("name", ["runtime", "dev"])
def test_the_lock_holds_a_hash_for_every_package_and_no_address(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    pins = re.split(r"\n(?=\S)", text.replace("\\\n", " "))
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []
    assert "://" not in text


def test_the_lock_of_the_tests_pins_the_very_versions_of_the_site() -> None:
    runtime, dev = (
        set(re.findall(r"^([\w.-]+==[\w.]+)", (ROOT / f"requirements/{name}.txt").read_text(), re.MULTILINE))
        for name in ("runtime", "dev")
    )
    assert runtime - dev == set()


def test_ci_calls_what_a_person_calls() -> None:
    assert "make lint test" in (ROOT / ".ci/run").read_text()
    assert os.access(ROOT / ".ci/run", os.X_OK)

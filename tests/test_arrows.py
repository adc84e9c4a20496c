"""Would a turned arrow be caught? Each is turned once, in a copy of the house."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CONTRACTS = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    house = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", house)
    for package in ("checkout", "providers"):
        shutil.copytree(ROOT / package, house / package, ignore=shutil.ignore_patterns("__pycache__"))
    (house / "providers" / "another.py").write_text('"""A provider of the day after tomorrow."""\n')
    return house


def lint(house: Path, contract: str) -> subprocess.CompletedProcess[str]:
    script = "import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint())"
    words = ["--no-logo", "--no-cache", "--contract", contract]
    return subprocess.run([sys.executable, "-c", script, *words], cwd=house, capture_output=True, text=True)


def test_a_new_file_has_to_be_given_its_place(copy: Path) -> None:
    homeless = copy / "checkout" / "homeless.py"
    homeless.touch()
    try:
        said = lint(copy, "checkout-layers")
    finally:
        homeless.unlink()
    assert said.returncode == 1
    assert "homeless" in said.stdout


@pytest.mark.parametrize(
    ("contract", "file", "turned"),
    [
        ("checkout-layers", "checkout/states.py", "import checkout.models"),
        ("checkout-layers", "checkout/models/__init__.py", "import checkout.payments"),
        ("checkout-layers", "checkout/payments/__init__.py", "import checkout.tasks"),
        ("checkout-layers", "checkout/tasks.py", "import checkout.shop_api"),
        ("checkout-layers", "checkout/shopper/__init__.py", "import checkout.merchant"),
        ("providers-alone", "providers/money.py", "import django.db"),
        ("providers-alone", "providers/base.py", "from checkout import models"),
        ("providers-alone", "providers/sandbox/__init__.py", "import checkout.models"),
        ("providers-independent", "providers/epc/__init__.py", "import providers.another"),
        ("providers-independent", "providers/sandbox/__init__.py", "from providers import epc"),
        ("sandbox-unseen", "providers/another.py", "from providers import sandbox"),
        ("sandbox-unseen", "checkout/management/commands/demo.py", "import providers.sandbox"),
        ("sandbox-from-the-contract", "providers/sandbox/__init__.py", "from providers.http import *"),
        ("demo-shop-outside", "checkout/demo/__init__.py", "import checkout.models"),
        ("demo-shop-outside", "checkout/demo/__init__.py", "import providers.money"),
        ("demo-shop-unseen", "checkout/shopper/__init__.py", "import checkout.demo"),
    ],
)
def test_a_turned_arrow_is_caught(copy: Path, contract: str, file: str, turned: str) -> None:
    straight = (copy / file).read_text()
    (copy / file).write_text(f"{straight}\n{turned}\n")
    try:
        said = lint(copy, contract)
    finally:
        (copy / file).write_text(straight)
    assert said.returncode == 1
    assert f"{CONTRACTS[contract]['name']} BROKEN" in said.stdout


def test_the_house_as_it_stands_keeps_every_contract(copy: Path) -> None:
    for contract in CONTRACTS:
        said = lint(copy, contract)
        assert said.returncode == 0, said.stdout + said.stderr


def test_of_what_providers_share_the_sandbox_may_see_money_alone() -> None:
    shared = {line.split(" -> ")[1] for line in CONTRACTS["providers-independent"]["ignore_imports"]}
    kept_away = set(CONTRACTS["sandbox-from-the-contract"]["forbidden_modules"])
    assert shared - kept_away == {"providers.money"}


def test_the_demo_shop_may_see_no_other_file_of_the_checkout() -> None:
    files = [
        path
        for path in (ROOT / "checkout").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    ]
    others = {f"checkout.{path.stem}" for path in files} - {"checkout.__init__", "checkout.demo"}
    assert set(CONTRACTS["demo-shop-outside"]["forbidden_modules"]) == others | {"providers"}

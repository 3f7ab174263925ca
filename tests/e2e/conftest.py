"""One installation of Tidegate for the whole session, and one to be rough with; a test brings its own workload."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import command
from cloud import Cloud
from house import House, packages
from minutes import Minutes
from rough import RoughHouse


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with Cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="session")
def code() -> dict[str, bytes]:
    """The deployment packages of the real functions."""
    return packages()


@pytest.fixture(scope="session")
def binary() -> Path:
    """The operator's command."""
    return command.built()


@pytest.fixture(scope="session")
def house(cloud: Cloud, code: dict[str, bytes], request: pytest.FixtureRequest) -> House:
    house = House(cloud, code)
    # What takes real minutes begins at once and is looked at last.
    if any("minutes" in getattr(item, "fixturenames", ()) for item in request.session.items):
        house.minutes = Minutes.begin(house)
    return house


@pytest.fixture(scope="session")
def minutes(house: House) -> Minutes:
    """Rollouts that began with the session and are left to the emulator's schedule."""
    return house.minutes


@pytest.fixture(scope="session")
def rough(tmp_path_factory: pytest.TempPathFactory, code: dict[str, bytes]) -> Iterator[RoughHouse]:
    with RoughHouse.built(tmp_path_factory.mktemp("rough"), code) as house:
        yield house


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "last: looks at what others began, after them")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)

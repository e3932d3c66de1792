"""Stories of people who look after their models in the page: a real browser, and a Hub on this machine."""
# ruff: noqa: F811 - fixtures of page_driver are asked for by their names

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hub_server import HubServer, Stall
from page_driver import Server, Tab, browser, new_tab, said, serving  # noqa: F401 - two are fixtures
from playwright.sync_api import Locator, expect
from speech_data import long_talk, recording
from test_page_canary import publish

from transcriber.catalogue import MODEL_CONFIGS, MODELS_DIR

pytestmark = pytest.mark.browser

DEMO = (MODELS_DIR / "demo.nemo").read_bytes()
PARAKEET, V3 = "Parakeet TDT 0.6B v2 (English)", "Parakeet TDT 0.6B v3 (25 languages)"
MUSEUM = recording("museum.flac")


@dataclass(frozen=True)
class Household:
    """A page, its models folder, and the Hub where models come from."""

    hub: HubServer
    server: Server
    models: Path


@pytest.fixture(scope="module")
def household(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    home = tmp_path_factory.mktemp("models")
    models = home / "models"
    models.mkdir()
    shutil.copy(MODELS_DIR / "demo.nemo", models / "demo.nemo")
    with HubServer() as hub:
        for name in ("parakeet", "parakeet-v3"):
            spec = MODEL_CONFIGS[name]
            hub.commit(spec.repository, {spec.repository_file: DEMO + name.encode()})
        where = ("--port", "0", "--models-dir", str(models))
        with serving(home, *where, environment={"HF_ENDPOINT": hub.endpoint}, warm_up=False) as server:
            yield Household(hub, server, models)


@pytest.fixture
def tab(household: Household, new_tab: Callable[..., Tab]) -> Tab:
    tab = new_tab().open(household.server.address)
    tab.enter("Models")
    return tab


def row(tab: Tab, name: str) -> Locator:
    return tab.page.locator(f"#model-{name}")


def press(part: Locator, name: str) -> None:
    part.get_by_role("button", name=name, exact=True).click()


def removed(part: Locator) -> None:
    """Press Remove, and mean it."""
    press(part, "Remove")
    part.locator(".asking").get_by_role("button", name="Remove", exact=True).click()


def state(part: Locator, said: str) -> None:
    expect(part.locator(".state").first).to_have_text(said)


def news(part: Locator, said: str) -> str:
    notice = part.locator(".notice", has_text=said).first
    notice.wait_for()
    return notice.inner_text()


def left_of(models: Path, name: str) -> list[Path]:
    """What there is of a model; locks are empty and stay."""
    return [path for path in models.rglob(f"*{name}*") if path.is_dir() or path.stat().st_size]


# --- the life of a model ---------------------------------------------------------------------------------------------


def test_a_model_is_installed_verified_found_damaged_mended_and_removed(household: Household, tab: Tab) -> None:
    file, parakeet = household.models / "parakeet.nemo", row(tab, "parakeet")
    state(parakeet, "not installed")

    press(parakeet, "Install")
    installed = news(parakeet, "is installed")
    state(parakeet, "installed")
    press(parakeet, "Verify")
    whole = news(parakeet, "every byte")
    file.write_bytes(DEMO[:-1] + b"?" + b"parakeet")
    press(parakeet, "Verify")
    damaged = news(parakeet, "not a usable model")
    state(parakeet, "damaged")
    press(parakeet, "Install again")
    state(parakeet, "installed")
    mended = file.read_bytes()
    removed(parakeet)
    gone = news(parakeet, "was removed")
    state(parakeet, "not installed")

    assert installed == f"{PARAKEET} is installed."
    assert whole.startswith(f"{PARAKEET} is whole: every byte is as it was downloaded from nvidia/parakeet-tdt-0.6b-v2")
    assert damaged.startswith(f"{file} is not a usable model: its bytes are not those that were downloaded")
    assert mended == DEMO + b"parakeet"
    assert gone.startswith(f"{PARAKEET} was removed: 4.8 MB are free again.")
    assert left_of(household.models, "parakeet") == []


def test_every_model_says_what_it_is_for_and_what_may_be_done_with_it(tab: Tab) -> None:
    v3, demo = row(tab, "parakeet-v3"), row(tab, "demo")

    expect(v3).to_contain_text("For 25 European languages")
    expect(v3).to_contain_text("Ukrainian")
    expect(v3).to_contain_text("2.5 GB from nvidia/parakeet-tdt-0.6b-v3")
    licence = v3.get_by_role("link", name="CC-BY-4.0")
    expect(licence).to_have_attribute("href", "https://creativecommons.org/licenses/by/4.0/")
    expect(demo.get_by_role("button")).to_have_text(["Verify"])


def test_removing_asks_first_and_the_keyboard_can_leave_it(household: Household, tab: Tab) -> None:
    shutil.copy(MODELS_DIR / "demo.nemo", household.models / "parakeet.nemo")
    parakeet = row(tab, "parakeet")
    parakeet.get_by_role("button", name="Remove").focus()

    tab.page.keyboard.press("Enter")
    question = parakeet.locator(".asking .sure > span").inner_text()
    tab.page.keyboard.press("Escape")
    expect(parakeet.locator(".asking")).to_have_count(0)
    kept = (household.models / "parakeet.nemo").exists()
    focused = tab.page.evaluate("document.activeElement.textContent")
    removed(parakeet)
    news(parakeet, "was removed")

    assert question == (
        f"Remove {PARAKEET}? 4.8 MB will be free again. "
        "It did not come from this program: somebody put it there. Keep a copy if there is no other."
    )
    assert (kept, focused) == (True, "Remove")
    assert left_of(household.models, "parakeet") == []


def test_a_download_that_is_stopped_can_be_gone_on_with_or_removed(household: Household, tab: Tab) -> None:
    household.hub.fail(Stall(after_bytes=2_000_000), at=hashlib.sha256(DEMO + b"parakeet-v3").hexdigest())
    v3 = row(tab, "parakeet-v3")

    press(v3, "Install")
    v3.locator(".progress", has_text="MB of").wait_for()
    press(v3, "Stop")
    stopped = news(v3, "Stopped.")
    state(v3, "not whole yet")
    begun = left_of(household.models, "parakeet-v3")
    removed(v3)
    state(v3, "not installed")
    press(v3, "Install")
    news(v3, "is installed")
    whole = (household.models / "parakeet-v3.nemo").read_bytes()
    removed(v3)
    state(v3, "not installed")

    assert stopped == "Stopped. What came so far is kept: the next download goes on from there."
    assert {path.name for path in begun} == {"parakeet-v3.nemo.part", "parakeet-v3.nemo.part.json"}
    assert whole == DEMO + b"parakeet-v3"


def test_versions_of_canary_lie_side_by_side_and_go_one_by_one(household: Household, tab: Tab) -> None:
    old, folder = publish(household.hub), household.models / MODEL_CONFIGS["canary"].file
    canary = row(tab, "canary")
    press(canary, "Install")
    news(canary, f"at revision {old[:7]}")
    new = publish(household.hub)

    press(canary, "Update")
    news(canary, f"at revision {new[:7]}")
    revisions = canary.get_by_role("list", name="Revisions").get_by_role("listitem")
    expect(revisions).to_have_count(2)
    expect(revisions.filter(has_text=new[:7])).to_contain_text("(main)")
    removed(revisions.filter(has_text=old[:7]))
    news(canary, "was removed")
    expect(revisions).to_have_count(1)
    left = [path.name for path in folder.iterdir() if path.is_dir()]
    removed(canary)
    state(canary, "not installed")

    assert left == [new]
    assert not folder.exists()


def test_a_version_that_misses_a_file_is_told_at_a_glance_and_comes_again(household: Household, tab: Tab) -> None:
    commit, canary = publish(household.hub), row(tab, "canary")
    folder = household.models / MODEL_CONFIGS["canary"].file / commit
    press(canary, "Install")
    state(canary, "installed")

    (folder / "config.json").unlink()
    state(canary, "damaged")
    press(canary.get_by_role("listitem"), "Install again")
    state(canary, "installed")
    is_there = (folder / "config.json").is_file()
    removed(canary)
    state(canary, "not installed")

    assert is_there


# --- models in memory ------------------------------------------------------------------------------------------------


def test_a_model_in_memory_leaves_it_before_it_is_removed(household: Household, tab: Tab) -> None:
    shutil.copy(MODELS_DIR / "demo.nemo", household.models / "parakeet.nemo")
    tab.enter("Transcribe")
    expect(tab.page.locator("#choice label", has_text=PARAKEET)).to_contain_text("· installed")
    tab.choose(PARAKEET)
    tab.transcribe(MUSEUM.path)
    tab.enter("Models")
    parakeet = row(tab, "parakeet")
    expect(parakeet.locator(".state")).to_have_text(["installed", "in memory"])

    removed(parakeet)
    news(parakeet, "was removed")
    tab.status("No model in memory")
    tab.enter("Transcribe")
    choice = tab.page.locator("#choice label", has_text=PARAKEET)
    expect(choice).to_contain_text("not installed")
    expect(tab.page.locator("#install")).to_be_enabled()

    assert left_of(household.models, "parakeet") == []


def test_a_model_at_work_is_not_removed(
    household: Household, new_tab: Callable[..., Tab], tab: Tab, tmp_path: Path
) -> None:
    shutil.copy(MODELS_DIR / "demo.nemo", household.models / "parakeet.nemo")
    long = long_talk(tmp_path / "ten minutes.wav")
    other = new_tab().open(household.server.address)
    other.choose(PARAKEET)
    other.give(long)
    other.press("Transcribe")
    other.progress("Transcribing")
    parakeet = row(tab, "parakeet")

    removed(parakeet)
    refused = news(parakeet, "at work")
    still_there = (household.models / "parakeet.nemo").exists()
    other.press("Cancel")
    other.news("ancelled")
    removed(parakeet)
    news(parakeet, "was removed")

    assert refused == (f"{PARAKEET} was left as it is, for a model is at work. Wait until it is done, or cancel it.")
    assert still_there
    assert left_of(household.models, "parakeet") == []


# --- looks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_can_be_read_and_nothing_is_cut_off(
    household: Household, new_tab: Callable[..., Tab], scheme: str
) -> None:
    (household.models / "parakeet-v3.nemo.part").write_bytes(b"begun")
    shutil.copy(MODELS_DIR / "demo.nemo", household.models / "parakeet.nemo")
    tab = new_tab(color_scheme=scheme).open(household.server.address)
    tab.enter("Models")
    state(row(tab, "parakeet-v3"), "not whole yet")

    press(row(tab, "parakeet"), "Verify")
    news(row(tab, "parakeet"), "can be read")
    press(row(tab, "parakeet"), "Remove")
    pale, barriers, fits = tab.pale_texts(), tab.barriers(), tab.fits()
    (household.models / "parakeet-v3.nemo.part").unlink()
    (household.models / "parakeet.nemo").unlink()

    assert (pale, barriers) == ([], [])
    assert fits

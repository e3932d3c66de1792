"""One model on the shelf at a time, for everybody who wants it, whatever happens."""

import json
import threading
import time
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from transcriber import loading
from transcriber.catalogue import MODEL_CONFIGS, ModelSpec
from transcriber.errors import (
    CorruptModelError,
    HubUnreachableError,
    MissingDependencyError,
    MissingModelError,
    ModelLoadError,
    TranscriptionCancelledError,
    UnknownModelError,
    UnsupportedOptionError,
)
from transcriber.loading import LoadSettings, Shelf
from transcriber.progress import OnProgress, Progress


class Model:
    """Stands in for a recognizer where only coming and going matters."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec, self.closed = spec, False

    def close(self) -> None:
        self.closed = True


class Storeroom:
    """Loads Models, remembers them, and fails or dawdles when told to."""

    def __init__(self) -> None:
        self.made: list[Model] = []
        self.failing = False
        self.go = threading.Event()
        self.go.set()

    def load(self, spec: ModelSpec, settings: LoadSettings, on_progress: OnProgress) -> Model:
        assert all(model.closed for model in self.made), "two models in memory at once"
        self.go.wait(10)
        if self.failing:
            raise ModelLoadError(spec.name, "the dog ate it")
        self.made.append(Model(spec))
        return self.made[-1]


@pytest.fixture
def storeroom() -> Storeroom:
    return Storeroom()


@pytest.fixture
def shelf(storeroom: Storeroom) -> Shelf:
    return Shelf(storeroom.load)


def eventually(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def test_the_second_time_the_same_model_is_there_already(shelf, storeroom):
    assert shelf.load("demo") is shelf.load("demo")
    assert len(storeroom.made) == 1


def test_loading_twice_at_once_loads_once(shelf, storeroom):
    storeroom.go.clear()
    results = []
    threads = [threading.Thread(target=lambda: results.append(shelf.load("demo"))) for _ in range(8)]
    for thread in threads:
        thread.start()

    storeroom.go.set()
    for thread in threads:
        thread.join()

    assert len(storeroom.made) == 1
    assert results == storeroom.made * 8


def test_another_model_frees_the_first_before_it_loads(shelf, storeroom):
    first = shelf.load("demo")

    second = shelf.load("parakeet")

    assert first.closed
    assert not second.closed
    assert shelf.loaded == MODEL_CONFIGS["parakeet"]


def test_the_same_model_on_another_device_is_another_model(shelf, storeroom):
    shelf.load("demo", LoadSettings(device="cpu"))
    shelf.load("demo", LoadSettings(device="auto"))

    assert len(storeroom.made) == 2


def test_a_model_at_work_is_not_taken_away(shelf, storeroom):
    waited = []
    with shelf.borrow("demo") as at_work:
        other = threading.Thread(target=lambda: shelf.load("parakeet", None, waited.append))
        other.start()
        eventually(lambda: len(waited) > 1)
        assert not at_work.closed

    other.join()
    assert waited[0] == Progress("waiting", "demo")
    assert at_work.closed
    assert shelf.loaded == MODEL_CONFIGS["parakeet"]


def test_two_can_work_with_the_same_model(shelf, storeroom):
    with shelf.borrow("demo") as one, shelf.borrow("demo") as two:
        assert one is two


def test_who_waits_can_give_up(shelf, storeroom):
    def give_up(_: Progress) -> None:
        raise TranscriptionCancelledError("talk.wav")

    with shelf.borrow("demo") as at_work, pytest.raises(TranscriptionCancelledError):
        shelf.load("parakeet", None, give_up)

    assert not at_work.closed
    assert shelf.load("demo") is at_work


def test_a_failed_load_leaves_the_shelf_usable(shelf, storeroom):
    storeroom.failing = True
    with pytest.raises(ModelLoadError, match="the dog ate it"):
        shelf.load("demo")
    assert shelf.loaded is None

    storeroom.failing = False

    assert shelf.load("demo").spec.name == "demo"


def test_who_waited_for_a_load_that_failed_tries_for_himself(shelf, storeroom):
    storeroom.go.clear()
    outcomes = []

    def try_it() -> None:
        try:
            outcomes.append(shelf.load("demo").spec.name)
        except ModelLoadError as error:
            outcomes.append(str(error))

    storeroom.failing = True
    threads = [threading.Thread(target=try_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    storeroom.go.set()
    for thread in threads:
        thread.join()

    assert outcomes == ["demo could not be loaded: the dog ate it."] * 2


def test_unloading_waits_for_work_and_then_empties_the_shelf(shelf, storeroom):
    with ExitStack() as work:
        at_work = work.enter_context(shelf.borrow("demo"))
        unloading = threading.Thread(target=shelf.unload)
        unloading.start()
        time.sleep(0.05)
        assert not at_work.closed

    unloading.join()
    assert at_work.closed
    assert shelf.loaded is None


def test_unloading_nothing_is_fine(shelf):
    shelf.unload()


def test_an_unknown_name_is_refused_at_once(shelf, storeroom):
    with pytest.raises(UnknownModelError, match="whisper"):
        shelf.load("whisper")


def test_a_model_that_is_not_installed_names_the_command_before_anything_is_imported(tmp_path):
    with pytest.raises(MissingModelError, match=r"python setup_local_models\.py parakeet"):
        loading.load(MODEL_CONFIGS["parakeet"], LoadSettings(models_dir=tmp_path))


@pytest.fixture
def engines(monkeypatch) -> list[Model]:
    """What is loaded, whatever it is."""
    made = []

    def make(spec: ModelSpec, settings: LoadSettings, on_progress: OnProgress) -> Model:
        if spec.name in failing:
            raise ModelLoadError(spec.name, "the dog ate it")
        made.append(Model(spec))
        return made[-1]

    failing: set[str] = set()
    make.failing = failing
    monkeypatch.setattr(loading, "_ENGINES", {"nemo": make, "salm": make})
    return made


def installed(models_dir: Path, *names: str) -> LoadSettings:
    for name in names:
        MODEL_CONFIGS[name].path(models_dir).touch()
    return LoadSettings(models_dir=models_dir)


def test_a_model_without_times_gets_an_installed_parakeet_to_tell_them(engines, tmp_path):
    recognizer = loading.load(MODEL_CONFIGS["canary"], installed(tmp_path, "parakeet", "parakeet-v3"))

    assert [model.spec.name for model in engines] == ["canary", "parakeet"]
    assert recognizer.spec.word_times
    assert recognizer.spec.name == "canary"


def test_without_one_installed_it_goes_without(engines, tmp_path):
    recognizer = loading.load(MODEL_CONFIGS["canary"], installed(tmp_path))

    assert [model.spec.name for model in engines] == ["canary"]
    assert not recognizer.spec.word_times


def test_the_model_that_tells_the_times_can_be_chosen_by_path_or_left_out(engines, tmp_path):
    path = tmp_path / "ctc.nemo"
    path.touch()
    settings = installed(tmp_path, "parakeet")

    loading.load(MODEL_CONFIGS["canary"], replace(settings, timing=str(path)))
    loading.load(MODEL_CONFIGS["canary"], replace(settings, timing="none"))

    assert [model.spec.name for model in engines] == ["canary", str(path), "canary"]


def test_a_model_with_times_of_its_own_gets_no_second_one(engines, tmp_path):
    loading.load(MODEL_CONFIGS["demo"], installed(tmp_path, "demo", "parakeet"))

    assert [model.spec.name for model in engines] == ["demo"]


def test_a_timing_model_that_cannot_tell_times_or_is_not_there_is_refused_before_anything_loads(engines, tmp_path):
    settings = installed(tmp_path)

    with pytest.raises(UnsupportedOptionError, match="tells no word times"):
        loading.load(MODEL_CONFIGS["canary"], replace(settings, timing="canary"))
    with pytest.raises(MissingModelError, match="parakeet is not installed"):
        loading.load(MODEL_CONFIGS["canary"], replace(settings, timing="parakeet"))

    assert engines == []


def test_a_timing_model_that_fails_takes_the_other_out_of_memory(engines, tmp_path):
    loading._ENGINES["nemo"].failing.add("parakeet")

    with pytest.raises(ModelLoadError, match="parakeet could not be loaded"):
        loading.load(MODEL_CONFIGS["canary"], installed(tmp_path, "parakeet"))

    assert engines[0].closed


def test_a_model_of_the_hub_that_is_not_here_says_so_offline(tmp_path):
    with pytest.raises(HubUnreachableError, match=r"canary.*offline"):
        loading.load(MODEL_CONFIGS["canary"], LoadSettings(models_dir=tmp_path, offline=True))


def test_a_missing_package_is_one_sentence_with_the_pip_command(monkeypatch):
    def missing() -> None:
        raise ModuleNotFoundError("No module named 'nemo'", name="nemo")

    monkeypatch.setattr(loading, "import_nemo", missing)

    with pytest.raises(MissingDependencyError, match=r"nemo is missing.*pip install -r requirements\.txt"):
        loading.load(MODEL_CONFIGS["demo"], LoadSettings())


def test_load_model_is_the_processs_own_shelf(nemo):
    recognizer = loading.load_model("demo")

    assert recognizer.spec.name == "demo"
    assert loading.SHELF.loaded == recognizer.spec
    loading.SHELF.unload()


def test_a_model_of_the_users_own_is_loaded_from_where_it_lies_and_leaves_nothing_beside_it(nemo, demo_path, tmp_path):
    folder = tmp_path / "Bob's (Home) [v2] {ü}"
    folder.mkdir()
    path = folder / "fine tuned.nemo"
    path.write_bytes(demo_path.read_bytes())

    recognizer = Shelf().load(str(path), LoadSettings(device="cpu"))

    assert recognizer.spec.title == "fine tuned.nemo"
    assert list(folder.iterdir()) == [path]
    recognizer.close()


def test_preparing_a_model_checks_it_and_unpacks_what_the_first_load_needs(tmp_path, demo_path):
    (tmp_path / "demo.nemo").write_bytes(demo_path.read_bytes())

    loading.prepare("demo", tmp_path)

    unpacked = next((tmp_path / ".unpacked").iterdir())
    assert (unpacked / "model_config.yaml").is_file()
    assert not (unpacked / "model_weights.ckpt").exists()


def test_preparing_something_else_is_refused(tmp_path):
    (tmp_path / "demo.nemo").write_text("no model at all", encoding="utf-8")

    with pytest.raises(CorruptModelError, match=r"demo\.nemo is not a usable model"):
        loading.prepare("demo", tmp_path)


def test_a_downloaded_model_knows_its_revision(nemo, demo_path, tmp_path):
    from transcriber.hub import Origin

    spec = MODEL_CONFIGS["demo"]
    path = tmp_path / spec.file
    path.write_bytes(demo_path.read_bytes())
    commit = "0123456789abcdef0123456789abcdef01234567"
    record = Origin("nvidia/demo", "demo.nemo", commit, path.stat().st_size, "0" * 64)
    Path(f"{path}.json").write_text(json.dumps(asdict(record)), encoding="utf-8")

    recognizer = loading.load(spec, LoadSettings(models_dir=tmp_path, device="cpu"))

    assert recognizer.spec.revision == commit
    recognizer.close()


def test_a_model_that_knows_no_eight_bits_is_not_fetched_first(tmp_path):
    settings = LoadSettings(models_dir=tmp_path, precision="int8")

    with pytest.raises(UnsupportedOptionError, match=r"Canary.* does not support --precision int8: only Parakeet"):
        loading.load(MODEL_CONFIGS["canary"], settings)

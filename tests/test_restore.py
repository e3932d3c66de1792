"""A model comes back exactly as NeMo itself would restore it, or with the reason why not."""

import errno
import gc
import io
import os
import shutil
import sys
import tarfile
import tempfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
import yaml
from speech_data import short_speech
from windows_locks import Locks

from transcriber.catalogue import find
from transcriber.errors import (
    CorruptModelError,
    MemoryExhaustedError,
    MissingModelError,
    ModelLoadError,
    NotWritableError,
    TranscriberError,
)
from transcriber.nemo.archive import CONFIG, WEIGHTS

torch = pytest.importorskip("torch")

# NeMo's own affairs: an LSTM of one layer, sentencepiece's types, a decoder of letters without punctuation.
pytestmark = [
    pytest.mark.usefixtures("nemo"),
    pytest.mark.filterwarnings("ignore:dropout option adds dropout:UserWarning"),
]


@pytest.fixture(scope="session")
def models(nemo: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One small `.nemo` of each kind."""
    folder = tmp_path_factory.mktemp("models")
    return {kind: tiny_models.build(kind, folder / f"{kind}.nemo") for kind in tiny_models.KINDS}


@pytest.fixture
def model(models: dict[str, Path], tmp_path: Path) -> Path:
    """A small TDT model that a test may spoil."""
    return Path(shutil.copy(models["tdt"], tmp_path / "talk.nemo"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "unpacked"


def _restore(path: Path, root: Path) -> Any:
    from transcriber.nemo.restore import restore

    return restore(find(str(path)), path, [root])


def _plain(path: Path) -> Any:
    """As NeMo itself does it."""
    from nemo.collections.asr.models import ASRModel

    return ASRModel.restore_from(str(path), map_location="cpu").eval()


def _texts(model: Any) -> list[str]:
    """What it hears in two recordings, decoded greedily."""
    from nemo.collections.asr.models import EncDecCTCModel

    heard = []
    for recording in short_speech()[:2]:
        samples = torch.from_numpy(recording.samples())[None]
        with torch.inference_mode():
            encoded, lengths = model(input_signal=samples, input_signal_length=torch.tensor([samples.shape[1]]))[:2]
            if isinstance(model, EncDecCTCModel):
                found = model.decoding.ctc_decoder_predictions_tensor(encoded, lengths, return_hypotheses=True)
            else:
                found = model.decoding.rnnt_decoder_predictions_tensor(encoded, lengths, return_hypotheses=True)
        heard.append(found[0].text)
    return heard


def _assert_same(ours: Any, plain: Any) -> None:
    for found, expected in (
        (ours.state_dict(), plain.state_dict()),
        (dict(ours.named_buffers()), dict(plain.named_buffers())),
        (dict(ours.named_parameters()), dict(plain.named_parameters())),
    ):
        assert found.keys() == expected.keys()
        for name, tensor in expected.items():
            assert found[name].dtype == tensor.dtype, name
            assert found[name].stride() == tensor.stride(), name
            assert torch.equal(found[name], tensor), name
            assert found[name].requires_grad == tensor.requires_grad, name
    assert [one.training for one in ours.modules()] == [one.training for one in plain.modules()]


# --- the same model --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", tiny_models.KINDS)
def test_every_kind_of_model_is_the_one_that_nemo_restores(models: dict[str, Path], root: Path, kind: str) -> None:
    ours, plain = _restore(models[kind], root), _plain(models[kind])

    assert type(ours) is type(plain)
    _assert_same(ours, plain)
    texts = _texts(ours)
    assert texts == _texts(plain)
    assert all(texts)


def test_the_demo_model_is_the_one_that_nemo_restores(demo_path: Path, root: Path) -> None:
    ours, plain = _restore(demo_path, root), _plain(demo_path)

    _assert_same(ours, plain)
    assert _texts(ours) == _texts(plain)


@pytest.mark.parametrize("kind", ["tdt", "hybrid", "ctc"])
def test_a_saved_model_is_the_same_model_to_nemo(
    models: dict[str, Path], root: Path, tmp_path: Path, kind: str
) -> None:
    model = _restore(models[kind], root)
    shutil.rmtree(root)

    model.save_to(str(tmp_path / "saved.nemo"))

    again, plain = _plain(tmp_path / "saved.nemo"), _plain(models[kind])
    _assert_same(again, plain)
    assert _vocabularies(again) == _vocabularies(plain)
    saved, original = _configuration(tmp_path / "saved.nemo"), _configuration(models[kind])
    same = saved.keys() - {"decoding", "aux_ctc", "tokenizer"}
    assert {key: saved[key] for key in same} == {key: original[key] for key in same}


def _vocabularies(model: Any) -> list[list[str]]:
    from omegaconf import OmegaConf

    found = [OmegaConf.select(model.cfg, place) for place in ("labels", "joint.vocabulary", "decoder.vocabulary")]
    return [list(vocabulary) for vocabulary in found if vocabulary is not None]


def _configuration(path: Path) -> dict[str, Any]:
    with tarfile.open(path) as tar:
        name = next(name for name in tar.getnames() if name.endswith(CONFIG))
        return yaml.safe_load(tar.extractfile(name))


def test_another_decoding_strategy_can_be_chosen_afterwards(model: Path, root: Path) -> None:
    from omegaconf import OmegaConf

    restored = _restore(model, root)
    before = _texts(restored)

    restored.change_decoding_strategy(
        OmegaConf.create({"strategy": "greedy", "greedy": {"max_symbols": 10}}), verbose=False
    )

    assert _texts(restored) == before


def test_phrases_can_be_boosted_afterwards(demo_path: Path, root: Path) -> None:
    from omegaconf import OmegaConf, open_dict

    restored = _restore(demo_path, root)
    decoding = OmegaConf.create(OmegaConf.to_container(restored.cfg.decoding))
    with open_dict(decoding):
        decoding.greedy.boosting_tree = {"key_phrases_list": ["museum", "station"], "context_score": 1.0}
        decoding.greedy.boosting_tree_alpha = 0.5

    restored.change_decoding_strategy(decoding, verbose=False)

    assert all(_texts(restored))


def test_attention_can_be_made_local_afterwards(model: Path, root: Path) -> None:
    restored = _restore(model, root)

    restored.change_attention_model("rel_pos_local_attn", [16, 16])

    assert len(_texts(restored.eval())) == 2


def test_a_model_made_afterwards_is_initialised_as_ever(model: Path, root: Path) -> None:
    from nemo.collections.asr.modules import RNNTDecoder

    _restore(model, root)

    decoder = RNNTDecoder(prednet={"pred_hidden": 8, "pred_rnn_layers": 1}, vocab_size=10)

    assert decoder.prediction["embed"].weight.std() > 0.1


# --- nothing but the model -------------------------------------------------------------------------------------------


def test_no_temporary_directory_is_made_and_no_folder_entered(
    model: Path, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "temp"
    empty.mkdir()
    calls: list[str] = []
    monkeypatch.setattr(tempfile, "tempdir", str(empty))
    monkeypatch.setattr(tempfile, "mkdtemp", lambda *_, **__: calls.append("mkdtemp"))
    monkeypatch.setattr(os, "chdir", lambda *_: calls.append("chdir"))

    _restore(model, root)

    assert calls == []
    assert list(empty.iterdir()) == []


def test_nothing_below_the_cache_folder_is_held_after_a_load(model: Path, root: Path, locks: Locks) -> None:
    restored = _restore(model, root)

    shutil.rmtree(root)

    assert locks.violations == []
    assert all(_texts(restored))


def test_the_archive_is_free_again_after_the_model_is_gone(model: Path, root: Path, locks: Locks) -> None:
    restored = _restore(model, root)
    _texts(restored)

    del restored
    gc.collect()
    model.unlink()

    assert locks.violations == []


def test_training_a_mapped_model_does_not_change_the_file(model: Path, root: Path) -> None:
    before = model.read_bytes()

    with torch.no_grad():
        for parameter in _restore(model, root).parameters():
            parameter.fill_(7.0)

    assert model.read_bytes() == before


def test_the_weights_are_mapped_and_not_read(model: Path, root: Path) -> None:
    restored = _restore(model, root)

    maps = Path("/proc/self/maps")
    if maps.exists():
        assert str(model) in maps.read_text(encoding="utf-8")
    assert sum(file.stat().st_size for file in root.rglob("*") if file.is_file()) < 100_000
    assert restored.training is False


def test_scanners_on_every_new_file_do_not_stand_in_the_way(model: Path, root: Path, locks: Locks) -> None:
    root.mkdir()

    with locks.hold_new_files(root), locks.hold_new_files("*.nemo"), locks.hold_new_files("*.yaml"):
        restored = _restore(model, root)

    _assert_same(restored, _plain(model))


def test_two_threads_at_once_both_get_the_right_model(models: dict[str, Path], root: Path) -> None:
    found: dict[str, Any] = {}
    both = threading.Barrier(2)

    def work(kind: str) -> None:
        both.wait()
        found[kind] = _restore(models[kind], root)

    threads = [threading.Thread(target=work, args=(kind,)) for kind in ("tdt", "hybrid")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for kind in ("tdt", "hybrid"):
        _assert_same(found[kind], _plain(models[kind]))


def test_files_of_the_same_name_elsewhere_are_not_taken_for_the_models(
    model: Path, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / "working directory"
    trap.mkdir()
    names = [value for value in _configuration(model)["tokenizer"].values() if value.startswith("nemo:")]
    for name in names:
        (trap / name.removeprefix("nemo:")).write_bytes(b"trap")
    _rewrite(model, configuration=_with_tokenizer_paths_in(trap))
    monkeypatch.chdir(trap)

    assert all(_texts(_restore(model, root)))


def _with_tokenizer_paths_in(folder: Path) -> Callable[[dict[str, Any]], None]:
    def change(config: dict[str, Any]) -> None:
        for key, value in config["tokenizer"].items():
            if value.startswith("nemo:"):
                config["tokenizer"][key] = str(folder / value.removeprefix("nemo:"))

    return change


# --- other forms of archive ------------------------------------------------------------------------------------------


def _rewrite(
    path: Path,
    *,
    configuration: Callable[[dict[str, Any]], None] = lambda _: None,
    weights: Callable[[dict[str, Any]], Any] | None = None,
    leave_out: str = "nothing",
    mode: str = "w",
    saving: dict[str, Any] | None = None,
) -> Path:
    """The archive with something changed."""
    with tarfile.open(path) as tar:
        members = {entry.name: tar.extractfile(entry).read() for entry in tar if entry.isfile()}
    with tarfile.open(path, mode) as tar:
        for name, content in members.items():
            if name.endswith(CONFIG):
                config = yaml.safe_load(content)
                configuration(config)
                content = yaml.safe_dump(config).encode()
            if name.endswith(WEIGHTS) and (weights or saving):
                state = torch.load(io.BytesIO(content))
                buffer = io.BytesIO()
                torch.save(weights(state) if weights else state, buffer, **(saving or {}))
                content = buffer.getvalue()
            if leave_out not in name:
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    return path


@pytest.mark.parametrize(
    "options",
    [{"mode": "w:gz"}, {"saving": {"_use_new_zipfile_serialization": False}}],
    ids=["compressed", "torch's old format"],
)
def test_old_forms_of_archive_give_the_same_model(
    model: Path, models: dict[str, Path], root: Path, locks: Locks, options: dict[str, Any]
) -> None:
    _rewrite(model, **options)

    _assert_same(_restore(model, root), _plain(models["tdt"]))


def test_compressed_weights_inside_give_the_same_model(model: Path, models: dict[str, Path], root: Path) -> None:
    def deflated(state: dict[str, Any]) -> bytes:
        return state

    _rewrite(model, weights=deflated)
    with tarfile.open(model) as tar:
        members = {entry.name: tar.extractfile(entry).read() for entry in tar}
    name = next(name for name in members if name.endswith(WEIGHTS))
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(members[name])) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            new.writestr(entry, old.read(entry))
    members[name] = buffer.getvalue()
    with tarfile.open(model, "w") as tar:
        for each, content in members.items():
            entry = tarfile.TarInfo(each)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))

    _assert_same(_restore(model, root), _plain(models["tdt"]))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_weights_of_another_precision_are_converted_as_nemo_does(model: Path, root: Path, dtype: str) -> None:
    def converted(state: dict[str, Any]) -> dict[str, Any]:
        return {
            key: value.to(getattr(torch, dtype)) if value.is_floating_point() else value for key, value in state.items()
        }

    _rewrite(model, weights=converted)

    _assert_same(_restore(model, root), _plain(model))


def test_weights_that_are_views_of_others_come_out_right(model: Path, root: Path) -> None:
    def views(state: dict[str, Any]) -> dict[str, Any]:
        turned = {key: value.t().contiguous().t() if value.dim() == 2 else value for key, value in state.items()}
        norms = [key for key, value in state.items() if key.endswith(("norm_out.weight", "norm_conv.weight"))]
        shared = torch.cat([state[key] for key in norms])
        pieces = shared.split([len(state[key]) for key in norms])
        return turned | dict(zip(norms, pieces, strict=True))

    _rewrite(model, weights=views)

    _assert_same(_restore(model, root), _plain(model))


def test_long_and_foreign_paths_are_no_obstacle(models: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "Bob (Zuhause) [1] {x}" / "模型 — ünïcode" / ("x" * 100)
    folder.mkdir(parents=True)
    path = Path(shutil.copy(models["tdt"], folder / f"{'ä' * 60}.nemo"))

    _assert_same(_restore(path, folder / "unpacked"), _plain(models["tdt"]))


# --- what goes wrong -------------------------------------------------------------------------------------------------


def _refused(path: Path, root: Path) -> TranscriberError:
    with pytest.raises(TranscriberError) as refusal:
        _restore(path, root)
    assert "\n" not in str(refusal.value)
    return refusal.value


def test_a_missing_file_says_so(tmp_path: Path, root: Path) -> None:
    assert isinstance(_refused(tmp_path / "gone.nemo", root), MissingModelError)


def test_an_archive_cut_off_anywhere_is_corrupt_and_never_a_wrong_model(
    models: dict[str, Path], tmp_path: Path, root: Path
) -> None:
    content = models["ctc"].read_bytes()
    with tarfile.open(models["ctc"]) as tar:
        end = max(entry.offset_data + entry.size for entry in tar)
    path = tmp_path / "cut.nemo"

    for length in (*range(0, end, end // 40), end - 1):
        path.write_bytes(content[:length])

        assert isinstance(_refused(path, root), CorruptModelError), length


def _target(value: str) -> Callable[[dict[str, Any]], None]:
    return lambda config: config.update(target=value)


MODELS = "nemo.collections.asr.models"


@pytest.mark.parametrize(
    ("configuration", "kind", "words"),
    [
        (_target("os.system"), CorruptModelError, "names 'os.system', which is no class of NeMo's"),
        (_target(f"{MODELS}.NoSuchModel"), ModelLoadError, f"this version of NeMo has no {MODELS}.NoSuchModel"),
        (
            _target("nemo.collections.nowhere.X"),
            ModelLoadError,
            "this version of NeMo has no nemo.collections.nowhere.X",
        ),
        (_target(f"{MODELS}.EncDecSpeakerLabelModel"), ModelLoadError, "it is a EncDecSpeakerLabelModel, and only"),
        (
            _target("nemo.collections.asr.modules.ConformerEncoder"),
            ModelLoadError,
            "it is a ConformerEncoder, and only",
        ),
        (lambda config: config.pop("target"), CorruptModelError, "names no model class"),
        (lambda config: config.pop("encoder"), ModelLoadError, "encoder"),
        (lambda config: config.pop("tokenizer"), ModelLoadError, "tokenizer"),
        (lambda config: config.pop("joint"), ModelLoadError, "joint"),
        (lambda config: config["encoder"].update(nonsense=1), ModelLoadError, "nonsense"),
        (
            lambda config: config["tokenizer"].update(model_path="nemo:gone.model"),
            CorruptModelError,
            "gone.model, which",
        ),
        (lambda config: config["tokenizer"].update(model_path="nemo:../../x"), CorruptModelError, "x, which its"),
        (
            lambda config: config["tokenizer"].update(model_path="/etc/hostname"),
            CorruptModelError,
            "hostname, which its",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_configuration_that_fits_no_model_says_what_is_wrong(
    model: Path, root: Path, configuration: Callable[[dict[str, Any]], None], kind: type[TranscriberError], words: str
) -> None:
    refusal = _refused(_rewrite(model, configuration=configuration), root)

    assert type(refusal) is kind
    assert words in str(refusal)


@pytest.mark.parametrize("place", ["encoder", "preprocessor", "joint", "spec_augment"])
def test_code_in_the_configuration_is_refused_and_does_not_run(
    model: Path, root: Path, tmp_path: Path, place: str
) -> None:
    mark = tmp_path / "ran"

    def attack(config: dict[str, Any]) -> None:
        config[place] = {"_target_": "os.system", "command": f"touch {mark}"}

    refusal = _refused(_rewrite(model, configuration=attack), root)

    assert isinstance(refusal, CorruptModelError)
    assert "os.system" in str(refusal)
    assert not mark.exists()


def test_code_of_nemos_that_is_no_part_of_a_model_is_refused_by_nemo(model: Path, root: Path) -> None:
    def attack(config: dict[str, Any]) -> None:
        config["spec_augment"] = {"_target_": "nemo.utils.app_state.os.system", "command": "true"}

    refusal = _refused(_rewrite(model, configuration=attack), root)

    assert isinstance(refusal, CorruptModelError)
    assert "asks for what no model may run" in str(refusal)


def test_code_deep_in_the_configuration_is_refused_and_does_not_run(model: Path, root: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"

    def attack(config: dict[str, Any]) -> None:
        config["encoder"]["att_context_size"] = [{"_target_": "subprocess.call", "args": ["touch", str(mark)]}]

    refusal = _refused(_rewrite(model, configuration=attack), root)

    assert "subprocess.call" in str(refusal)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: {key: state[key] for key in list(state)[1:]}, "{first} is missing"),
        (lambda state: state | {"extra.weight": torch.zeros(1)}, "extra.weight belongs to no layer"),
        (lambda state: state | {next(iter(state)): torch.zeros(2, 9)}, "{first} is 2x9 instead of"),
        (lambda _: {}, "more"),
    ],
    ids=["missing", "extra", "shape", "empty"],
)
def test_weights_that_do_not_fit_are_named(
    model: Path, root: Path, change: Callable[[dict[str, Any]], dict[str, Any]], words: str
) -> None:
    first = next(iter(_plain(model).state_dict()))

    refusal = _refused(_rewrite(model, weights=change), root)

    assert isinstance(refusal, CorruptModelError)
    assert "its weights do not fit its configuration" in str(refusal)
    assert words.format(first=first) in str(refusal)


def test_a_member_that_the_configuration_names_is_named_when_it_is_not_there(model: Path, root: Path) -> None:
    refusal = _refused(_rewrite(model, leave_out="tokenizer.model"), root)

    assert isinstance(refusal, CorruptModelError)
    assert "tokenizer.model, which its configuration names, is not in it" in str(refusal)


def _raising(error: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_out_of_memory_in_a_layer_says_so(model: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    message = "[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you tried"
    monkeypatch.setattr(torch.nn.Linear, "__init__", _raising(RuntimeError(message)))

    refusal = _refused(model, root)

    assert isinstance(refusal, MemoryExhaustedError)
    assert "the model takes about 0.0 GB" in str(refusal)


def test_ctrl_c_is_not_swallowed(model: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.nn.Linear, "__init__", _raising(KeyboardInterrupt()))

    with pytest.raises(KeyboardInterrupt):
        _restore(model, root)


def _failing_in_a_held_directory(error: BaseException) -> Callable[..., None]:
    """As NeMo fails on Windows: inside a temporary directory that cannot be removed because of it."""

    def fail(*_: object, **__: object) -> None:
        with tempfile.TemporaryDirectory() as folder:
            held = Path(folder, "manifest.json").open("w", encoding="utf-8")  # noqa: SIM115
            _held.append(held)
            raise error

    return fail


_held: list[io.TextIOWrapper] = []


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TypeError("Input shape mismatch"), ModelLoadError),
        (MemoryError(), MemoryExhaustedError),
        (CorruptModelError("talk.nemo", "its weights are cut off"), CorruptModelError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
    ids=["shape", "memory", "weights", "ctrl-c"],
)
def test_a_failed_clean_up_does_not_hide_why_the_load_failed(
    model: Path,
    root: Path,
    locks: Locks,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    kind: type[BaseException],
) -> None:
    monkeypatch.setattr(torch.nn.Linear, "__init__", _failing_in_a_held_directory(error))

    with pytest.raises(kind) as failure:
        _restore(model, root)

    _held.pop().close()
    assert failure.value is error or failure.value.__cause__ is error


def test_a_load_that_failed_leaves_nemo_as_it_was(
    model: Path, models: dict[str, Path], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nemo.core.connectors.save_restore_connector import SaveRestoreConnector
    from nemo.utils.app_state import AppState

    with monkeypatch.context() as patched:
        patched.setattr(torch.nn.Linear, "__init__", _raising(ValueError("no")))
        assert isinstance(_refused(model, root), ModelLoadError)

    assert not AppState().is_model_being_restored
    assert AppState().nemo_file_folder is None
    again = _restore(model, root)
    assert type(type(again)._save_restore_connector) is SaveRestoreConnector
    _assert_same(again, _plain(models["tdt"]))


def test_every_failure_is_logged_with_its_traceback_and_chained(
    model: Path, root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cause = ValueError("the reason")
    monkeypatch.setattr(torch.nn.Linear, "__init__", _raising(cause))

    refusal = _refused(model, root)

    links = [refusal]
    while links[-1].__cause__ is not None:
        links.append(links[-1].__cause__)
    assert links[-1] is cause
    assert any(record.exc_info and "the reason" in record.exc_text for record in caplog.records if record.exc_info)


def test_where_nothing_can_be_unpacked_it_says_so(model: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "mkdir", _raising(OSError(errno.EROFS, "Read-only file system")))

    assert isinstance(_refused(model, root), NotWritableError)


@pytest.mark.skipif(sys.platform != "win32" and os.getuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(model: Path, root: Path) -> None:
    model.chmod(0)

    assert "may not be read" in str(_refused(model, root))


def test_a_folder_that_vanishes_while_it_is_used_is_made_again(
    model: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transcriber.nemo import connector

    build = connector.MappedConnector.load_config_and_state_dict
    folders = []

    def vanish(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not folders:
            folders.append(self.model_extracted_dir)
            shutil.rmtree(root)
        return build(self, *args, **kwargs)

    monkeypatch.setattr(connector.MappedConnector, "load_config_and_state_dict", vanish)

    assert all(_texts(_restore(model, root)))
    assert folders


def test_silence_is_heard_alike(model: Path, root: Path) -> None:
    samples = torch.from_numpy(np.zeros((1, 16_000), np.float32))

    with torch.inference_mode():
        ours, plain = (
            one(input_signal=samples, input_signal_length=torch.tensor([16_000]))[0]
            for one in (_restore(model, root), _plain(model))
        )

    assert torch.equal(ours, plain)

"""Names of models lead to what is known of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from transcriber.catalogue import CANARY_PINNED_REVISION, MODEL_CONFIGS, MODELS_DIR, find
from transcriber.errors import UnknownModelError, UnsupportedOptionError


def test_the_four_models_are_known_by_their_names():
    assert list(MODEL_CONFIGS) == ["demo", "parakeet", "parakeet-v3", "canary"]
    assert find("parakeet").path(Path("models")) == Path("models/parakeet.nemo")
    assert len(find("parakeet-v3").languages) == 25
    assert find("canary").engine == "salm"


def test_any_nemo_file_becomes_a_model_wherever_it_lies(tmp_path):
    path = tmp_path / "Müller's fine tune.nemo"

    spec = find(str(path))

    assert spec.engine == "nemo"
    assert spec.path(MODELS_DIR) == path
    assert spec.title == path.name


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(UnknownModelError, match="demo, parakeet, parakeet-v3, canary"):
        find("whisper")


@pytest.mark.parametrize("revision", ["main", "feature/x", "5F3A1B2", "user@home", "", " main "])
def test_a_model_that_has_versions_is_had_at_any_of_them(revision):
    assert find(f"canary@{revision}") == replace(find("canary"), revision=revision)


@pytest.mark.parametrize("name", ["parakeet@main", "parakeet-v3@x", "demo@"])
def test_a_model_of_one_file_has_no_revision(name):
    with pytest.raises(UnsupportedOptionError, match=r"does not support a revision: it is the one file"):
        find(name)


def test_a_file_may_have_an_at_in_its_name(tmp_path):
    assert find(str(tmp_path / "canary@home.nemo")).engine == "nemo"
    assert find("canary@home.nemo").revision is None


def test_an_unknown_model_stays_unknown_at_any_revision():
    with pytest.raises(UnknownModelError, match="no model named 'whisper@main'"):
        find("whisper@main")


def test_a_field_can_be_read_the_old_way_but_not_silently_changed():
    assert MODEL_CONFIGS["canary"]["revision"] is CANARY_PINNED_REVISION

    with pytest.raises(TypeError):
        MODEL_CONFIGS["canary"]["revision"] = "main"
    with pytest.raises(TypeError):
        MODEL_CONFIGS["mine"] = MODEL_CONFIGS["demo"]


def test_only_a_model_of_one_language_names_it():
    assert find("parakeet").language == "en"
    assert find("parakeet-v3").language is None


def test_the_demo_model_has_the_size_the_catalogue_says(demo_path):
    assert demo_path.stat().st_size == find("demo").size_bytes

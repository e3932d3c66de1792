"""The pieces that take the place of NeMo's: what they leave out, and that they leave nothing behind."""

import threading

import pytest

torch = pytest.importorskip("torch")

from torch.nn import init  # noqa: E402


@pytest.fixture
def connector(nemo: None):
    from transcriber.nemo import connector

    return connector


def _ones() -> object:
    return torch.ones(50, 50)


RANDOM = [
    init.uniform_,
    init.normal_,
    init.xavier_uniform_,
    init.xavier_normal_,
    init.kaiming_uniform_,
    init.kaiming_normal_,
    lambda tensor: tensor.uniform_(),
    lambda tensor: tensor.normal_(),
]


@pytest.mark.parametrize("initialise", RANDOM)
def test_random_initialisation_is_left_out_inside_and_back_outside(connector, initialise) -> None:
    inside, outside = _ones(), _ones()

    with connector.no_random_initialisation():
        returned = initialise(inside)
    initialise(outside)

    assert returned is inside
    assert torch.equal(inside, _ones())
    assert not torch.equal(outside, _ones())


def test_constants_are_filled_in_all_the_same(connector) -> None:
    with connector.no_random_initialisation():
        norm = torch.nn.BatchNorm1d(4)
        embedding = torch.nn.Embedding(3, 2, padding_idx=1)
        init.constant_(norm.bias, 3.0)

    assert norm.weight.tolist() == [1, 1, 1, 1]
    assert norm.running_var.tolist() == [1, 1, 1, 1]
    assert norm.bias.tolist() == [3, 3, 3, 3]
    assert embedding.weight[1].tolist() == [0, 0]


def test_another_thread_initialises_as_ever(connector) -> None:
    inside, outside = threading.Event(), threading.Event()
    made = []

    def build() -> None:
        inside.wait()
        tensor = _ones()
        init.normal_(tensor)
        made.append(tensor)
        outside.set()

    thread = threading.Thread(target=build)
    thread.start()
    with connector.no_random_initialisation():
        inside.set()
        outside.wait()
    thread.join()

    assert not torch.equal(made[0], _ones())


def test_two_threads_at_once_give_back_what_was_there(connector) -> None:
    both = threading.Barrier(2)
    before = dict(vars(init))
    kept = []

    def work() -> None:
        both.wait()
        with connector.no_random_initialisation():
            both.wait()
            kept.append(init.uniform_(_ones()))
        both.wait()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(torch.equal(tensor, _ones()) for tensor in kept)
    assert dict(vars(init)) == before
    assert not torch.equal(init.uniform_(_ones()), _ones())


def test_an_error_inside_ends_it_too(connector) -> None:
    with pytest.raises(ValueError, match="oops"), connector.no_random_initialisation():
        raise ValueError("oops")

    assert not torch.equal(init.uniform_(_ones()), _ones())


def test_a_vocabulary_passes_through_omegaconf_as_one_value(connector) -> None:
    from nemo.collections.asr.models import rnnt_bpe_models
    from omegaconf import OmegaConf

    before = rnnt_bpe_models.ListConfig
    with connector.vocabulary_outside_omegaconf():
        vocabulary = rnnt_bpe_models.ListConfig(["a", "b", "c"])
    config = OmegaConf.create({"labels": None, "joint": {"vocabulary": None}})
    config.labels = config.joint.vocabulary = vocabulary

    copied = OmegaConf.create(OmegaConf.to_container(config, resolve=True))

    assert rnnt_bpe_models.ListConfig is before
    assert (list(copied.labels), len(copied.labels), copied.labels[1]) == (["a", "b", "c"], 3, "b")
    assert copied.joint.vocabulary is vocabulary


def test_a_vocabulary_is_written_out_as_a_plain_list(connector) -> None:
    from nemo.collections.asr.models import rnnt_bpe_models
    from omegaconf import OmegaConf

    with connector.vocabulary_outside_omegaconf():
        vocabulary = rnnt_bpe_models.ListConfig(["a", "b"])
    config = OmegaConf.create({"labels": None, "joint": {"vocabulary": None, "size": 2}, "decoder": {}})
    config.labels = config.joint.vocabulary = vocabulary
    OmegaConf.set_struct(config, value=True)

    connector.write_out_vocabularies(config)

    expected = {"labels": ["a", "b"], "joint": {"vocabulary": ["a", "b"], "size": 2}, "decoder": {}}
    assert OmegaConf.to_container(config) == expected


def test_only_lists_that_the_tokenizer_gives_anyway_are_left_out(connector) -> None:
    config = {"labels": ["a"], "joint": {"vocabulary": ["a"], "num_classes": 1}, "decoder": {"x": 1}}

    assert connector.without_vocabularies(config) == {"joint": {"num_classes": 1}, "decoder": {"x": 1}}
    assert connector.without_vocabularies({"decoder": {}}) == {"decoder": {}}

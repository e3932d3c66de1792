"""What the configuration of an archive says about decoding, and what becomes of it."""

import sys

import pytest

from transcriber.nemo.decoding import with_word_times

BPE = {"tokenizer": {"type": "bpe"}}
TDT = BPE | {"joint": {}, "decoding": {"strategy": "beam", "model_type": "tdt", "durations": [0, 1]}}
CTC = BPE | {"decoder": {}}


@pytest.fixture(params=["linux", "win32"])
def platform(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(sys, "platform", request.param)
    return request.param


def test_any_strategy_becomes_greedy_with_times_and_the_rest_stays() -> None:
    decoding = with_word_times(TDT)["decoding"]

    assert decoding["strategy"] == "greedy_batch"
    assert decoding["compute_timestamps"] is True
    assert (decoding["model_type"], decoding["durations"]) == ("tdt", [0, 1])


def test_the_given_configuration_is_left_alone() -> None:
    with_word_times(TDT)

    assert TDT["decoding"]["strategy"] == "beam"


def test_a_limit_on_symbols_stays() -> None:
    config = TDT | {"decoding": {"greedy": {"max_symbols": 10}}}

    assert with_word_times(config)["decoding"]["greedy"]["max_symbols"] == 10


def test_files_that_decoding_would_open_are_left_out() -> None:
    config = TDT | {
        "decoding": {"greedy": {"ngram_lm_model": "//server/lm.nemo", "boosting_tree": {"model_path": "x"}}}
    }

    assert not {"ngram_lm_model", "boosting_tree"} & with_word_times(config)["decoding"]["greedy"].keys()


@pytest.mark.parametrize("config", [CTC, CTC | {"decoding": None}, CTC | {"decoding": {"greedy": None}}])
def test_a_model_that_says_nothing_about_decoding_gets_times_too(config: dict) -> None:
    assert with_word_times(config)["decoding"]["compute_timestamps"] is True


def test_cuda_graphs_are_off_on_windows_under_the_name_that_each_decoder_knows(platform: str) -> None:
    hybrid = with_word_times(TDT | {"aux_ctc": {"decoding": {}}})
    ctc = with_word_times(CTC)

    off = {"use_cuda_graph_decoder": False} if platform == "win32" else {}
    off_ctc = {"allow_cuda_graphs": False} if platform == "win32" else {}
    assert hybrid["decoding"]["greedy"] == off
    assert hybrid["aux_ctc"]["decoding"]["greedy"] == off_ctc
    assert ctc["decoding"]["greedy"] == off_ctc


@pytest.mark.parametrize(("config", "confident"), [(TDT, True), (CTC, True), ({"joint": {}}, True), ({}, False)])
def test_words_are_confident_but_where_nemo_fails_on_it(config: dict, confident: bool) -> None:
    assert with_word_times(config)["decoding"]["confidence_cfg"]["preserve_word_confidence"] is confident


def test_nemo_knows_every_option_that_is_set(nemo: None, platform: str) -> None:
    from nemo.collections.asr.parts.submodules.ctc_decoding import CTCBPEDecodingConfig
    from nemo.collections.asr.parts.submodules.rnnt_decoding import RNNTBPEDecodingConfig
    from omegaconf import OmegaConf

    for schema, config in ((RNNTBPEDecodingConfig, TDT), (CTCBPEDecodingConfig, CTC)):
        merged = OmegaConf.merge(OmegaConf.structured(schema), with_word_times(config)["decoding"])

        assert merged.strategy == "greedy_batch"

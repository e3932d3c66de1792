"""What the page hands over, without a browser: rules from fields, recordings found again, and HTML."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from handovers import handed
from said import segment, transcript

from page import checking, deliveries
from page.checking import Captions
from page.deliveries import Clock
from page.delivery import Delivery, Rules, deliver, save_beside
from page.past import Past
from page.recordings import Recording
from page.uploads import Uploads
from transcriber import jobs
from transcriber.errors import (
    InvalidOptionError,
    InvalidSubtitlesError,
    MediaNotFoundError,
    NotWritableError,
    UnknownJobError,
)
from transcriber.export import FORMATS
from transcriber.export.checking import check
from transcriber.export.cues import Cue
from transcriber.footage import Footage
from transcriber.jobs import Request, Store
from transcriber.options import PROFILES, ExportOptions, TranscribeOptions
from transcriber.timecode import FrameRate

PAL = FrameRate(Fraction(25))
NETFLIX = PROFILES["netflix"]
GREETING = transcript(segment("Good morning.", 1.0), duration=9.0)
HOSTILE = '<img src=x onerror=alert(1)>".srt'


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(Store(tmp_path / "jobs"), Uploads(tmp_path / "uploads"), tmp_path / "page")


def finished(tmp_path: Path, recording: Path, *, done: bool = True) -> str:
    asked = Request(jobs.source(recording), "demo", "weights", 8, TranscribeOptions())
    with Store(tmp_path / "jobs").open(asked, 60.0) as job:
        if done:
            job.finish(GREETING, 2.0, "CPU")
        return job.id


def delivery(folder: Path, **known: object) -> Delivery:
    spoken = GREETING
    return Delivery("job", "talk.wav", spoken, Footage(folder / "talk.wav", spoken.duration), folder, **known)


# --- rules -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROFILES)
def test_fields_that_nobody_touched_mean_the_profile_itself(profile: str) -> None:
    own = PROFILES[profile]

    assert Rules(profile).captions() == own
    assert Rules(profile, own.line_length, own.lines, own.characters_per_second).captions() == own


def test_more_lines_than_a_profile_lets_pass_are_what_passes_then() -> None:
    rules = Rules("bbc", lines=4).captions()

    assert (rules.lines, rules.most_lines) == (4, None)


@pytest.mark.parametrize(
    ("rules", "option"),
    [
        (Rules(rate="abc"), "fps"),
        (Rules(line_length=4), "line_length"),
        (Rules(lines=0), "lines"),
        (Rules(base="own", own_start="25:99"), "timecode"),
        (Rules(base="own", own_start=""), "timecode"),
        (Rules(rate="29.97df", base="own", own_start="00:01:00;00"), "timecode"),
    ],
)
def test_what_makes_no_sense_is_refused_by_the_engine(tmp_path: Path, rules: Rules, option: str) -> None:
    with pytest.raises(InvalidOptionError) as refused:
        delivery(tmp_path).hand_over(rules)

    assert refused.value.option == option


def test_the_language_that_is_chosen_goes_into_every_file_and_else_what_the_model_says(tmp_path: Path) -> None:
    talk = delivery(tmp_path)
    heard = talk.transcript.language

    chosen = talk.hand_over(Rules(language="de"))

    assert b"de-de" in FORMATS["premiere"].render(chosen)
    assert talk.hand_over(Rules()).transcript.language == heard


def test_shot_changes_are_used_only_where_they_are_wanted(tmp_path: Path) -> None:
    film = delivery(tmp_path, media=tmp_path / "talk.wav", shots=(0.2,))

    assert film.hand_over(Rules()).shots == ()
    assert film.hand_over(Rules(snap=True)).shots == (0.2,)
    assert not film.wants_shots(Rules(snap=True))
    assert replace(film, shots=None, footage=replace(film.footage, size=(64, 48))).wants_shots(Rules(snap=True))


def test_each_profile_has_a_name_and_tells_its_rules_in_words() -> None:
    assert set(deliveries.PROFILES) == set(PROFILES)
    assert deliveries.rules(NETFLIX) == (
        '<p class="rules">Shown for 0.83 to 7 s, 0.5 s past the last word where there is room; '
        "at least 2 frames apart; gaps of up to 11 frames are closed.</p>"
    )
    assert "1 word at a time" in deliveries.rules(PROFILES["single-word"])


# --- recordings ------------------------------------------------------------------------------------------------------


def test_an_upload_is_played_from_the_browsers_own_copy_once_its_job_is_done(tmp_path: Path, past: Past) -> None:
    sent = tmp_path / "page" / ("5f3a" * 16) / "talk.wav"
    sent.parent.mkdir(parents=True)
    sent.write_bytes(b"sound")
    (kept,) = past.uploads.keep([Recording(sent, "Anna's talk.wav", uploaded=True)])
    job = finished(tmp_path, kept.path)
    past.uploads.let_go([kept])
    past.tidy()

    opened = deliver(past, job)
    sent.unlink()
    later = deliver(past, job)

    assert (opened.name, opened.media, opened.beside) == ("Anna's talk.wav", sent, None)
    assert opened.footage.path.name == "Anna's talk.wav"
    assert later.media is None
    assert deliveries.GONE in deliveries.head(later)
    assert deliveries.GONE not in deliveries.head(opened)


def test_a_job_that_is_not_done_has_nothing_to_hand_over(tmp_path: Path, past: Past) -> None:
    talk = tmp_path / "talk.wav"
    talk.write_bytes(b"sound")

    with pytest.raises(UnknownJobError):
        deliver(past, finished(tmp_path, talk, done=False))


def test_nothing_is_saved_beside_a_recording_whose_folder_is_gone(tmp_path: Path) -> None:
    lost = delivery(tmp_path, beside=tmp_path / "unplugged" / "talk.wav")

    with pytest.raises(MediaNotFoundError):
        save_beside(lost, lost.hand_over(Rules()), ["srt"])
    assert not (tmp_path / "unplugged").exists()


# --- captions of others ----------------------------------------------------------------------------------------------


def test_captions_come_back_in_their_own_format_but_for_styles(tmp_path: Path) -> None:
    late = (Cue(1.0, 1.1, ("Good morning.",)),)

    names = [
        checking.repaired(Captions(f"talk{suffix}", late), NETFLIX, PAL, tmp_path).name
        for suffix in (".srt", ".vtt", ".ASS")
    ]

    assert names == ["talk (repaired).srt", "talk (repaired).vtt", "talk (repaired).srt"]


def test_a_repair_tells_what_it_mended_and_what_is_left(tmp_path: Path) -> None:
    late = Captions("talk.srt", (Cue(1.0, 1.1, ("Good morning.",)), Cue(5.0, 6.0, ("x" * 50,) * 3)))

    mended = checking.repaired(late, NETFLIX, PAL, tmp_path)

    assert mended.path is not None
    assert mended.path.read_text(encoding="utf-8").startswith("1\n00:00:01,000 --> 00:00:01,840\nGood morning.")
    assert mended.note.endswith("left: from 0 to 50 of 100.")


def test_a_file_is_refused_by_the_users_name_and_not_by_that_of_the_upload(tmp_path: Path) -> None:
    sent = tmp_path / "sent.srt"
    sent.write_text("apples", encoding="utf-8")

    with pytest.raises(InvalidSubtitlesError, match="^Anna's list.srt holds no subtitles"):
        checking.read(sent, "Anna's list.srt")


def test_a_folder_that_refuses_costs_the_repaired_file_and_says_so(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("", encoding="utf-8")

    with pytest.raises(NotWritableError):
        checking.repaired(Captions("talk.srt", (Cue(1.0, 1.1, ("Hm.",)),)), NETFLIX, PAL, in_the_way)


# --- HTML ------------------------------------------------------------------------------------------------------------


def test_names_are_never_markup(tmp_path: Path) -> None:
    captions = Captions(HOSTILE, (Cue(0.0, 0.1, ("Hm.",)),), "note", tmp_path / HOSTILE.replace("/", "_"))
    found = check(captions.cues, NETFLIX, PAL)

    shown = (
        deliveries.head(replace(delivery(tmp_path), name=HOSTILE, job=HOSTILE))
        + deliveries.report(captions, found, Clock(PAL))
        + deliveries.saved([Path(HOSTILE)])
        + deliveries.wrong(HOSTILE)
    )

    assert "<img" not in shown
    assert "&lt;img" in shown


def test_every_format_but_the_pack_can_be_chosen_and_downloaded() -> None:
    shown = deliveries.formats()

    for name, form in FORMATS.items():
        assert (f'value="{name}"' in shown) == (f'data-format="{name}"' in shown) == (name != "pack")
        assert form.title in shown.replace("&#x27;", "'") or name == "pack"


def test_a_report_tells_when_by_the_time_base_and_where_in_the_player() -> None:
    own = Captions("talk", (Cue(2.0, 2.1, ("Hm.",)),))
    found = check(own.cues, NETFLIX, PAL)

    shown = deliveries.report(own, found, Clock(PAL, first_frame=90_000))
    imported = deliveries.report(Captions("talk.srt", (Cue(3602.0, 3602.1, ("Hm.",)),)), found, Clock(PAL, 0, 3600.0))

    for report in (shown, imported):
        assert ">01:00:02:00</button>" in report
        assert 'data-at="2.000"' in report


@pytest.mark.parametrize(("first", "late"), [(3602.0, 3600.0), (2.0, 0.0)])
def test_captions_on_the_time_base_are_told_from_those_that_count_from_the_files_start(
    first: float, late: float
) -> None:
    captions = Captions("talk.srt", (Cue(first, first + 1, ("Hm.",)), Cue(first + 3600, first + 3601, ("Hm.",))))
    hour_one = handed(GREETING, ExportOptions(base="own", own_start="01:00:00:00"))

    assert checking.offset(captions, hour_one) == late


def test_a_report_of_thousands_of_breaches_is_not_sent_whole() -> None:
    cues = tuple(Cue(5.0 * number, 5.0 * number + 0.1, ("Hm.",)) for number in range(deliveries.ROWS + 10))
    found = check(cues, NETFLIX, PAL)

    shown = deliveries.report(Captions("talk.srt", cues), found, Clock(PAL))

    assert shown.count("<tr>") == deliveries.ROWS + 1
    assert f"And {len(found.breaches) - deliveries.ROWS} more." in shown


def test_where_nobody_speaks_there_are_no_captions_to_check() -> None:
    nothing = handed(transcript())

    shown = deliveries.report(Captions("talk", tuple(nothing.cues)), check([], NETFLIX, PAL), Clock(PAL))

    assert deliveries.NO_CAPTIONS in shown

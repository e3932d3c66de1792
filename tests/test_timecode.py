"""Frames and timecode are those that an independent library counts; rates are read as people and headers write them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some
from timecode import Timecode

from transcriber.errors import InvalidOptionError
from transcriber.timecode import FASTEST, FrameRate, known, parse

FILM = Fraction(24000, 1001)
NTSC = Fraction(30000, 1001)
NTSC_FAST = Fraction(60000, 1001)

THEIRS = {
    "23.976": FrameRate(FILM),
    "24": FrameRate(Fraction(24)),
    "25": FrameRate(Fraction(25)),
    "29.97ndf": FrameRate(NTSC),
    "29.97df": FrameRate(NTSC, drop=True),
    "30": FrameRate(Fraction(30)),
    "48": FrameRate(Fraction(48)),
    "50": FrameRate(Fraction(50)),
    "59.94ndf": FrameRate(NTSC_FAST),
    "59.94df": FrameRate(NTSC_FAST, drop=True),
    "60": FrameRate(Fraction(60)),
}
"""Our rates by the name that the independent library has for them, with how numbers are dropped."""

rates = some.sampled_from(sorted(THEIRS))


def theirs(name: str, **what: object) -> Timecode:
    return Timecode(name.removesuffix("ndf").removesuffix("df"), force_non_drop_frame=name.endswith("ndf"), **what)


@given(rates, some.integers(0, 24 * 3600 * 60 - 1))
def test_every_frame_has_the_timecode_that_an_independent_library_gives_it(name, frame):
    rate = THEIRS[name]

    assert rate.timecode(frame) == str(theirs(name, frames=frame % rate.a_day + 1))


@given(rates, some.tuples(*(some.integers(0, last) for last in (23, 59, 59, 23))))
def test_every_timecode_names_the_frame_that_an_independent_library_finds(name, numbers):
    rate = THEIRS[name]
    text = "{:02}:{:02}:{:02}:{:02}".format(*numbers)
    if rate.drop and numbers[1] % 10 and numbers[2] == 0 and numbers[3] < rate.nominal // 15:
        text = f"{text[:-2]}{rate.nominal // 15:02}"  # the first that was not dropped

    assert rate.frame(text) == theirs(name, start_timecode=text).frames - 1


@pytest.mark.parametrize("name", sorted(THEIRS))
def test_the_first_and_last_frames_of_each_minute_lose_no_number_and_repeat_none(name):
    rate = THEIRS[name]
    minute = 60 * rate.nominal

    for frame in {start + near for start in range(0, 40 * minute, minute) for near in range(-90, 10)}:
        assert rate.timecode(frame) == str(theirs(name, frames=frame % rate.a_day + 1))
        assert rate.frame(rate.timecode(frame)) == frame % rate.a_day


@given(rates, some.integers(-(10**9), 10**9))
def test_days_repeat_before_midnight_as_after_it(name, frame):
    rate = THEIRS[name]

    assert rate.frame(rate.timecode(frame)) == frame % rate.a_day


@pytest.mark.parametrize(("rate", "last"), [(Fraction(25), "23:59:59:24"), (Fraction(120), "23:59:59:119")])
def test_the_frame_before_midnight_is_the_last_of_the_day(rate, last):
    assert FrameRate(rate).timecode(-1) == FrameRate(rate).timecode(FrameRate(rate).a_day - 1) == last


def test_from_a_hundred_frames_on_a_second_has_three_digits_only_if_it_needs_them():
    assert FrameRate(Fraction(100)).timecode(99) == "00:00:00:99"
    assert FrameRate(Fraction(120)).timecode(119) == "00:00:00:119"
    assert FrameRate(Fraction(120)).frame("00:00:01:100") == 220


def test_drop_frame_timecode_stays_with_the_clock_all_day():
    rate = parse("29.97df")

    assert rate.frame("12:00:00;00") == 12 * 107892
    assert abs(rate.seconds(rate.frame("23:59:59;29")) - 86400) < 0.15


@pytest.mark.parametrize("text", ["01:01:00;00", "01:01:00;01", "10:59:00:01"])
def test_a_number_that_was_dropped_names_no_frame(text):
    with pytest.raises(InvalidOptionError, match=r"timecode cannot be .*: there is no such frame at 29\.97 drop-frame"):
        parse("29.97df").frame(text)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "1", "24:00:00:00", "00:60:00:00", "00:00:60:00", "00:00:00:25", "99:99:99:99", "00:00:00",
     "-1:00:00:00", "٠١:٠٠:٠٠:٠٠", "00:00:00:00\0", "1" * 5000],
)  # fmt: skip
def test_what_is_no_timecode_is_refused_in_a_sentence(text):
    with pytest.raises(InvalidOptionError, match=r"^timecode cannot be "):
        FrameRate(Fraction(25)).frame(text)


@pytest.mark.parametrize(
    ("text", "exact", "drop"),
    [
        ("25", Fraction(25), False),
        (" 24 ", Fraction(24), False),
        ("24000/1001", FILM, False),
        ("23.98", FILM, False),
        ("23.976", FILM, False),
        ("23,976", FILM, False),
        ("23.976023976", FILM, False),
        ("29.97", NTSC, False),
        ("29.97 DF", NTSC, True),
        ("29.97 drop-frame", NTSC, True),
        ("29.97df", NTSC, True),
        ("30000/1001 drop", NTSC, True),
        ("29.97 NDF", NTSC, False),
        ("29.97nd", NTSC, False),
        ("29.97 non-drop", NTSC, False),
        ("30", Fraction(30), False),
        ("47.952", Fraction(48000, 1001), False),
        ("50p", Fraction(50), False),
        ("59.94df", NTSC_FAST, True),
        ("59.94 fps", NTSC_FAST, False),
        ("119.88", Fraction(120000, 1001), False),
        ("12.5", Fraction(25, 2), False),
        ("25/1", Fraction(25), False),
    ],
)
def test_rates_are_read_as_people_and_recorders_write_them(text, exact, drop):
    assert parse(text) == FrameRate(exact, drop)


@pytest.mark.parametrize(
    "text",
    ["", " ", "0", "-25", "nan", "inf", "1e9", "1e1", "1000000000", "25/0", "0/25", "٢٥", "fast", "df", "9" * 5000],
)
def test_what_is_no_rate_is_refused_in_a_sentence(text):
    with pytest.raises(InvalidOptionError, match=r"^fps cannot be \S.*: "):
        parse(text)


@pytest.mark.parametrize("text", ["25df", "30 df", "23.976df", "29.5df", "119.88df"])
def test_only_television_drops_numbers(text):
    with pytest.raises(InvalidOptionError, match=r"only 29\.97 and 59\.94 know drop-frame timecode"):
        parse(text)


@pytest.mark.parametrize("name", sorted(THEIRS))
def test_a_rate_is_read_back_from_how_it_is_written(name):
    assert parse(str(THEIRS[name])) == THEIRS[name]


@given(some.fractions(1, FASTEST, max_denominator=100_000))
def test_a_rate_of_a_header_moves_by_less_than_a_frame_in_a_thousand(rate):
    assert abs(known(rate).exact - rate) <= rate / 1000


@given(rates, some.integers(0, 5 * 3600 * 60))
def test_a_moment_that_stands_on_a_frame_is_that_frame_however_it_is_rounded(name, frame):
    rate = THEIRS[name]
    moment = rate.seconds(frame)

    assert rate.nearest(moment) == rate.at_or_before(moment) == rate.at_or_after(moment) == frame


@given(rates, some.integers(0, 5 * 3600 * 60), some.floats(0.01, 0.99))
def test_a_moment_between_two_frames_goes_where_it_is_sent(name, frame, part):
    rate = THEIRS[name]
    moment = float((frame + Fraction(part)) / rate.exact)

    assert (rate.at_or_before(moment), rate.at_or_after(moment)) == (frame, frame + 1)
    assert rate.nearest(moment) == (frame if part < 0.5 else frame + 1) or abs(part - 0.5) < 1e-5

"""Numbers as people say them: durations, positions, sizes, times of day."""

from datetime import datetime, timedelta

MINUTE, HOUR = 60, 3600

LANGUAGES = {
    "bg": "Bulgarian", "hr": "Croatian", "cs": "Czech", "da": "Danish", "nl": "Dutch", "en": "English",
    "et": "Estonian", "fi": "Finnish", "fr": "French", "de": "German", "el": "Greek", "hu": "Hungarian",
    "it": "Italian", "lv": "Latvian", "lt": "Lithuanian", "mt": "Maltese", "pl": "Polish", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "es": "Spanish", "sv": "Swedish",
    "uk": "Ukrainian",
}  # fmt: skip
"""By their codes of ISO 639-1: all that the models of the catalogue know."""

SHORT_HASH = 7
"""Digits of a commit that people recognise it by, as git shows them."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def seconds(duration: float) -> str:
    """A duration.

    >>> seconds(12.34), seconds(125), seconds(7325)
    ('12.3 s', '2:05 min', '2:02:05 h')
    """
    if duration < MINUTE:
        return f"{duration:.1f} s"
    return f"{clock(duration)} {'h' if round(duration) >= HOUR else 'min'}"


def clock(position: float) -> str:
    """A place in a recording.

    >>> clock(9.4), clock(750), clock(3600)
    ('0:09', '12:30', '1:00:00')
    """
    minutes, rest = divmod(round(position), MINUTE)
    hours, minutes = divmod(minutes, MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def length(duration: float) -> str:
    """How much there is to hear.

    >>> length(40), length(770), length(3600), length(3 * HOUR + 20 * MINUTE)
    ('40 s', '13 min', '1 h', '3 h 20 min')
    """
    if duration < MINUTE:
        return f"{round(duration)} s"
    hours, minutes = divmod(round(duration / MINUTE), MINUTE)
    parts = (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "")
    return " ".join(filter(None, parts))


def left(duration: float) -> str:
    """How long something will still take, no more exactly than anybody can know.

    >>> left(4), left(33), left(75)
    ('a few seconds left', 'about 40 seconds left', 'about a minute left')
    >>> left(770), left(8400)
    ('about 13 minutes left', 'about 2 h 20 min left')
    """
    if duration < 10:  # noqa: PLR2004 - a few
        return "a few seconds left"
    if duration <= 50:  # noqa: PLR2004 - the next ten seconds would be a minute
        return f"about {-(-round(duration) // 10) * 10} seconds left"
    minutes = round(duration / MINUTE)
    if minutes <= 1:
        return "about a minute left"
    return f"about {minutes} minutes left" if minutes < MINUTE else f"about {length(duration)} left"


def speed(times_real_time: float) -> str:
    """Seconds of audio per second of work.

    >>> speed(4.26), speed(38.4)
    ('4.3× real time', '38× real time')
    """
    digits = 1 if times_real_time < 10 else 0  # noqa: PLR2004 - two digits suffice
    return f"{times_real_time:.{digits}f}× real time"


def gigabytes(size_bytes: int) -> str:
    """A size.

    >>> gigabytes(2_470_000_000), gigabytes(4_751_360)
    ('2.5 GB', '4.8 MB')
    """
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.1f} MB"


def ordinal(number: int) -> str:
    """A place in a line.

    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 22)]
    ['1st', '2nd', '3rd', '4th', '11th', '22nd']
    """
    teens = 10 < number % 100 < 14  # noqa: PLR2004 - eleventh to thirteenth
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def plural(count: int, one: str, several: str) -> str:
    """How many.

    >>> plural(1, "folder", "folders"), plural(1400, "folder", "folders")
    ('1 folder', '1,400 folders')
    """
    return f"{count:,} {one if count == 1 else several}"


def moment(when: datetime, now: datetime | None = None) -> str:
    """A time, as somebody here and now would say it.

    >>> noon = datetime.fromisoformat("2026-11-23T12:00:00+00:00").astimezone()
    >>> moment(noon - timedelta(days=40), noon).startswith("14 Oct 2026, ")
    True
    """
    local, today = when.astimezone(), (now or datetime.now().astimezone()).date()
    hour = f"{local:%H:%M}"
    if local.date() == today:
        return f"today, {hour}"
    if local.date() == today - timedelta(days=1):
        return f"yesterday, {hour}"
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}, {hour}"

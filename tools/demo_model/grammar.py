"""The small language that the demo model understands. Our own text, nothing from outside.

A sentence is a template with its slots filled. Templates can be filled in
millions of ways; those whose checksum says so are held out: training never
speaks them, so an evaluation always finds sentences that no model has heard.
"""

import re
import zlib
from collections.abc import Callable
from random import Random

HELD_OUT_SHARE = 8
"""One sentence in so many is kept from training."""

_SLOT = re.compile(r"\{(\w+)\}")

LEXICON: dict[str, list[str]] = {
    slot: words.split()
    for slot, words in {
        "name": "Anna David Maria Peter Laura Thomas Emma Daniel Helen Robert Julia Simon Alice Oliver Sarah Michael "
        "Linda George Nina Victor",
        "city": "London Paris Berlin Boston Chicago Madrid Vienna Toronto Dublin Oslo Sydney Geneva Lisbon Denver "
        "Prague Tokyo",
        "month": "January February March April June July August September October November December",
        "day": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        "adj": "old new small large green yellow black white brown happy quiet loud heavy light empty broken beautiful "
        "simple strange warm cold dark clean famous expensive cheap narrow wooden modern ancient",
        "animal": "dog cat horse bird rabbit lion monkey duck elephant mouse fish chicken",
        "thing": "table window garden kitchen bicycle camera letter bottle book hammer ticket picture blanket pencil "
        "basket mirror computer telephone bridge river mountain forest island station hospital library museum market "
        "castle village engine machine paper box lamp clock door chair bag map cup plate key coat hat boat truck train",
        "food": "apples oranges bananas potatoes tomatoes sandwiches cookies eggs lemons onions carrots cherries",
        "dish": "coffee water milk soup bread cheese butter rice salad sugar honey juice",
        "job": "doctor teacher farmer driver manager engineer student captain singer lawyer nurse baker painter writer "
        "pilot soldier",
        "place": "office school airport theater restaurant hotel bank park beach church factory stadium bakery harbor",
        "vpast": "found lost bought sold painted opened closed carried cleaned repaired visited noticed remembered "
        "forgot moved watched dropped ordered described",
        "vinf": "find buy sell paint open close carry clean repair visit remember move watch order describe",
        "verbi": "laughed smiled waited slept worked danced shouted listened traveled arrived disappeared studied",
        "adv": "slowly quickly quietly suddenly carefully always never usually often finally",
        "weather": "sunny rainy cloudy windy foggy stormy snowy",
        "color": "red blue green orange purple silver golden pink gray",
        "time": "today tomorrow yesterday tonight",
        "part": "morning afternoon evening night",
        "topic": "music history science football chess medicine politics business language nature art weather money",
        "rel": "mother father sister brother daughter uncle aunt cousin neighbor friend",
        "unit": "minutes hours days weeks months years",
        "dist": "miles meters kilometers",
        "pron": "He She They We I You",
        "prep": "behind under near beside above inside across",
    }.items()
}

TEMPLATES = """\
The {adj} {animal} {verbi} {prep} the {thing}.
The {adj} {thing} is {prep} the {adj} {thing}.
{name} {vpast} the {adj} {thing} in {city}.
{name} and {name} {vpast} a {adj} {thing} near the {place}.
My {rel} lives in {city}, but my {rel} lives in {city}.
Did {name} {vinf} the {color} {thing}?
Can you {vinf} the {thing} before {day}?
Where is the {adj} {thing}?
Why did the {job} {vinf} my {color} {thing}?
How many {food} did your {rel} {vinf}?
Please {vinf} {n} {food} and some {dish}.
We need {n} {food}, {n} {food}, and a little {dish}.
The {job} arrived in {city} on {month} {d}.
The meeting starts at {h}:{m} on {day} {part}.
The train leaves {city} at {h}:{m} and arrives at {h}:{m}.
The {weather} weather in {city} will continue until {day}.
It was a {weather} {part} in {month}.
{time}, the {job} talked about {topic} and {topic}.
Yesterday {part} was {weather}, and {time} will be {weather}.
It is {n} degrees in {city} {time}.
The {place} opens at {h} o'clock and closes at {h}:{m}.
{pron} {adv} talked about {topic} with the {job}.
{pron} {vpast} {n} {food} at the {place}.
{pron} waited {n} {unit} for the {job}.
{pron} should {adv} {vinf} the {thing}.
{pron} went from {city} to {city} in {n} {unit}.
The {place} is {n} {dist} from the {place}.
The price of the {thing} is {n} dollars.
About {n} percent of the {food} came from {city}.
Would you like some {dish} with your {dish}?
Do you remember the {adj} {job} from {city}?
What is the color of the {animal} and the {thing}?
Her {rel} is a {job}, and his {rel} is a {job}.
I think that {topic} is more important than {topic}.
I don't like {dish}, but I love {dish}.
If it is {weather}, we will stay {prep} the {place}.
When the {job} {verbi}, the {animal} {verbi}.
After the {place}, {name} {verbi} {prep} the {thing}.
{name} said that the {thing} was {adj} and {adj}.
There are {n} people waiting {prep} the {place}.
There was a {color} {thing} and a {adj} {animal} in the {thing}.
This is a test recording, number {n}.
Welcome to the {place}, my name is {name}.
Thank you, {name}, for the {adj} {thing}.
The {color} light means stop, and the {color} light means go.
Turn left {prep} the {place}, then turn right {prep} the {thing}.
Every {day} {part}, my {rel} goes to the {place}.
Nobody {vpast} the {thing}, because it was too {adj}.
The next question is about {topic}.
Let us begin with {topic}, {topic}, and {topic}.
Chapter {n}, page {n}.
The {job} and the {job} {verbi} together.
{name}, please call the {place} before {h}:{m}.
This computer can write every word that you say.
Speech becomes text on your own machine.
Good {part}, this is {name} from {city}.
{name} is {n} years old and studies {topic}.
Who {vpast} my {adj} {thing} last {day}?
On {month} {d}, the {adj} {place} in {city} was {adj}.
Is the {place} {prep} the {thing}?""".splitlines()

_NUMBERS: dict[str, Callable[[Random], int]] = {
    "n": lambda random: random.choice([random.randint(2, 20), random.randint(11, 99), 10 * random.randint(1, 9)]),
    "d": lambda random: random.randint(1, 30),
    "h": lambda random: random.randint(1, 12),
    "m": lambda random: random.randint(2, 11) * 5,
}

_WEAK = {
    *("to", "for", "I", "a", "an", "the", "The", "A", "is", "in", "of", "on", "at", "by"),
    *("his", "her", "Her", "right", "red", "write"),
}
"""Words that swallow their neighbours or sound like others: out of place where grammar gives no hint."""

_PROPER = {word for slot in ("name", "city", "month", "day") for word in LEXICON[slot]}


def vocabulary() -> list[str]:
    """Every word of the language, sorted, without the numbers."""
    fixed = {word for template in TEMPLATES for word in re.findall(r"[A-Za-z']+", _SLOT.sub(" ", template))}
    return sorted(fixed | {word for words in LEXICON.values() for word in words})


def _loose_words() -> list[str]:
    return [word for word in vocabulary() if word not in _WEAK and (word.islower() or word in _PROPER)]


LOOSE_WORDS = _loose_words()


def is_held_out(sentence: str) -> bool:
    """Whether training must never speak this sentence.

    >>> is_held_out("Speech becomes text on your own machine.")
    False
    """
    return zlib.crc32(sentence.encode()) % HELD_OUT_SHARE == 0


def sentence(random: Random) -> str:
    """One sentence of the language, held out or not."""
    filled = _SLOT.sub(lambda slot: _fill(slot.group(1), random), random.choice(TEMPLATES))
    spoken = re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", filled)
    return spoken[0].upper() + spoken[1:]


def training_sentence(random: Random) -> str:
    """A sentence that training may speak."""
    return next(text for text in iter(lambda: sentence(random), "") if not is_held_out(text))


def fresh_sentence(random: Random) -> str:
    """A sentence that training has never spoken."""
    return next(text for text in iter(lambda: sentence(random), "") if is_held_out(text))


def loose_words(random: Random) -> str:
    """Three to eight words in no order, so that the model learns to listen and not only to guess."""
    text = " ".join(random.choice(LOOSE_WORDS) for _ in range(random.randint(3, 8)))
    return text[0].upper() + text[1:] + "."


def training_text(random: Random) -> str:
    """A quarter loose words, nearly half single sentences, the rest two or three sentences."""
    kind = random.random()
    if kind < 0.25:
        return loose_words(random)
    count = 1 if kind < 0.70 else random.choice([2, 2, 2, 3, 3])
    return " ".join(training_sentence(random) for _ in range(count))


def _fill(slot: str, random: Random) -> str:
    return str(_NUMBERS[slot](random)) if slot in _NUMBERS else random.choice(LEXICON[slot])

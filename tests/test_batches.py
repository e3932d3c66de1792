"""As many clips at once as there is memory for: none lost, none heard twice, none in another's place."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcriber.nemo import batches
from transcriber.nemo.batches import Room

MB = 1 << 20

durations = st.lists(st.floats(0.05, 40.0), max_size=30)
costs = st.floats(0.1 * MB, 200.0 * MB)


class OutOfMemoryError(Exception):
    """There is no room for the batch."""


class Card:
    """Memory of a size, and a model whose batches take so much per padded second, and something whatever they are."""

    def __init__(self, free: float, cost: float, clips: Sequence[float], *, once: float = 0.0) -> None:
        self.free, self.cost, self.once, self.clips = free, cost, once, clips
        self.taken = 0.0
        self.tried: list[Sequence[int]] = []
        self.done: list[Sequence[int]] = []
        self.recovered = 0

    def free_bytes(self) -> int:
        return int(self.free)

    def begin(self) -> None:
        self.taken = 0.0

    def taken_bytes(self) -> int | None:
        return int(self.taken)

    def recover(self) -> None:
        self.recovered += 1

    def recognize(self, places: Sequence[int]) -> list[str]:
        self.tried.append(places)
        self.taken = self.once + self.cost * batches.padded(places, self.clips)
        if self.taken > self.free:
            raise OutOfMemoryError
        self.done.append(places)
        return [f"clip {place}" for place in places]

    def run(self, most_seconds: float = 2560.0, room: Room | None = None) -> list[str]:
        room = room or Room(self, most_seconds)
        return batches.run(self.clips, room, self.recognize, lambda error: isinstance(error, OutOfMemoryError))


@given(durations, costs, st.floats(0, 4000 * MB))
def test_each_clip_is_recognized_once_and_answered_in_its_place(clips, cost, once):
    card = Card(free=once + cost * 45, cost=cost, clips=clips, once=once)

    heard = card.run()

    assert heard == [f"clip {place}" for place in range(len(clips))]
    assert sorted(place for batch in card.done for place in batch) == list(range(len(clips)))


@given(durations, costs)
def test_after_the_first_batch_the_memory_is_never_exceeded(clips, cost):
    card = Card(free=cost * 500, cost=cost, clips=[20.0, 20.0, *clips])

    card.run()

    assert card.recovered == 0
    assert len(card.tried) == len(card.done)


@given(st.lists(st.floats(1.0, 40.0), min_size=1, max_size=30), st.data())
def test_running_out_of_memory_at_any_batch_costs_no_finished_clip(clips, data):
    card = Card(free=1e15, cost=1.0 * MB, clips=clips)
    failing = data.draw(st.sets(st.integers(0, 8)))
    whole = card.recognize

    def unreliable(places: Sequence[int]) -> list[str]:
        if len(card.tried) in failing and len(places) > 1:
            card.tried.append(places)
            raise OutOfMemoryError
        return whole(places)

    card.free, card.recognize = 3000 * MB, unreliable
    heard = card.run()

    assert heard == [f"clip {place}" for place in range(len(clips))]
    assert sorted(place for batch in card.done for place in batch) == list(range(len(clips)))


def test_a_batch_that_was_too_much_is_halved_at_least():
    card = Card(free=200 * MB, cost=10 * MB, clips=[10.0] * 16)
    room = Room(card, most_seconds=2560.0, cost=1 * MB)  # it was ten times cheaper before

    card.run(room=room)

    sizes = [len(batch) for batch in card.tried]
    assert sizes[0] == 16
    assert len(card.done[0]) <= 8
    assert max(len(batch) for batch in card.done) * 10.0 * card.cost <= card.free
    assert room.cost >= 10 * MB


@given(st.floats(1.0, 40.0))
def test_a_clip_that_does_not_fit_by_itself_is_an_error(duration):
    card = Card(free=0.5 * MB, cost=1 * MB, clips=[duration])

    with pytest.raises(OutOfMemoryError):
        card.run()


def test_what_fails_for_another_reason_is_not_tried_again():
    card = Card(free=1e15, cost=1.0, clips=[1.0, 2.0])

    def explode(places: Sequence[int]) -> list[str]:
        card.tried.append(places)
        raise ValueError("lost in the encoder")

    card.recognize = explode
    with pytest.raises(ValueError, match="lost"):
        card.run()
    assert len(card.tried) == 1


@given(durations)
def test_little_is_padded(clips):
    card = Card(free=1e15, cost=1.0, clips=clips)

    card.run(most_seconds=160.0)

    for batch in card.done:
        assert len(batch) == 1 or batches.padded(batch, clips) <= 160.0
    lengths = [clips[place] for batch in card.done for place in batch]
    assert lengths == sorted(lengths, reverse=True)


def test_more_memory_makes_larger_batches_and_a_little_more_makes_the_same():
    clips = [30.0] * 64
    sizes = {}
    for free in (500, 510, 2000, 80_000):
        card = Card(free=free * MB, cost=4 * MB, clips=clips)
        room = Room(card, most_seconds=2560.0, cost=4 * MB)
        card.run(room=room)
        sizes[free] = [len(batch) for batch in card.done]

    assert sizes[500] == sizes[510]
    assert len(sizes[500]) > len(sizes[2000]) > len(sizes[80_000]) == 1


def test_nothing_is_known_at_first_so_the_first_batch_is_small():
    card = Card(free=80_000 * MB, cost=4 * MB, clips=[30.0] * 40)

    card.run()

    assert [len(batch) for batch in card.done] == [1, 39]


def test_short_batches_say_nothing_of_what_a_second_takes():
    card = Card(free=1000 * MB, cost=1 * MB, clips=[0.5], once=100 * MB)
    room = Room(card, most_seconds=2560.0)

    card.run(room=room)

    assert room.cost == 0


def test_where_nothing_can_be_measured_what_is_known_decides():
    card = Card(free=100 * MB, cost=1 * MB, clips=[5.0] * 20)
    card.taken_bytes = lambda: None
    room = Room(card, most_seconds=40.0, cost=1 * MB)

    card.run(room=room)

    assert {len(batch) for batch in card.done} == {4, 8}
    assert room.cost == 1 * MB


def test_with_no_memory_to_spare_clips_go_one_by_one():
    card = Card(free=0, cost=0.0, clips=[5.0] * 3)

    card.run(room=Room(card, most_seconds=40.0, cost=1 * MB))

    assert [len(batch) for batch in card.done] == [1, 1, 1]

"""A record gives back what it was given."""

from chunks import flat, group

from transcriber.record import Kept


def test_a_record_in_memory_gives_back_what_it_was_given_in_order():
    record = Kept()

    record.add(group(1))
    record.add(group(2))

    assert list(record.heard) == flat([group(1), group(2)])


def test_what_was_taken_from_a_record_does_not_grow_with_it():
    record = Kept()
    record.add(group(1))

    before = record.heard
    record.add(group(2))

    assert list(before) == group(1)

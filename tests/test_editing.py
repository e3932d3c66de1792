"""Corrections change what they name and nothing else, keep the times in order, and can all be taken back."""

import pickle
import random
from dataclasses import replace
from itertools import pairwise

import pytest
from corrections import any_edit, transcripts
from hypothesis import given, settings
from hypothesis import strategies as st

from transcriber.editing import (
    AssignSpeaker,
    Compound,
    Delete,
    Document,
    Edit,
    History,
    Insert,
    JoinParagraph,
    MarkChecked,
    MergeSpeakers,
    MergeWords,
    NewParagraph,
    Placed,
    Query,
    RenameSpeaker,
    Replace,
    Restore,
    RestoreAll,
    SettleUnheard,
    SplitParagraph,
    SplitWord,
    apply,
    begin,
    corrected,
    difference,
    find,
    from_record,
    open_history,
    replace_all,
    to_record,
)
from transcriber.errors import InvalidEditError
from transcriber.transcript import Reading, Segment, Span, Transcript, Word

ANNA = (
    Word("The", 1.0, 1.2, 0.9, "Anna"),
    Word("old", 1.2, 1.5, 0.4, "Anna", reading=Reading("cold", "word", 2)),
    Word("cloak,", 1.5, 2.0, 0.3, "Anna", outside_speech=True),
    Word("is", 2.5, 2.6, 0.9, "Anna"),
    Word("broken.", 2.6, 3.0, 0.8, "Anna"),
)
BEN = (Word("Goodbye", 4.0, 4.8, 0.7, "Ben"), Word("old", 5.5, 5.7, 0.9, "Ben"), Word("friend!", 5.7, 6.2, 0.9, "Ben"))
TRANSCRIPT = Transcript(
    (
        Segment("The  old cloak, is broken.", 1.0, 3.0, ANNA, "Anna"),
        Segment("Goodbye old friend!", 4.0, 6.2, BEN, "Ben"),
        Segment("Nobody timed this.", 7.0, 9.0, (), "Anna"),
    ),
    12.0,
    "demo",
    unheard=(Span(9.5, 11.0),),
)
THE, OLD, CLOAK, IS, BROKEN, GOODBYE, OLD_AGAIN, FRIEND, NOBODY, TIMED, THIS = range(11)
FIRST, SECOND, THIRD, NEW = range(11, 15)


def text(document: Document) -> str:
    return corrected(document).text


def texts(document: Document) -> list[str]:
    return [segment.text for segment in corrected(document).segments]


def placed(document: Document, *words: str) -> list[Placed]:
    return [each for each in document.words if each.word.text in words]


def spans(found: list[Placed]) -> list[tuple[float, float]]:
    return [(round(each.word.start, 3), round(each.word.end, 3)) for each in found]


@pytest.fixture
def document() -> Document:
    return begin(TRANSCRIPT)


# --- single words ----------------------------------------------------------------------------------------------------


def test_what_nobody_corrected_is_exported_as_it_was(document):
    assert corrected(document) == TRANSCRIPT


def test_a_corrected_word_keeps_its_time_and_nobody_doubts_it(document):
    after = apply(document, Replace(CLOAK, CLOAK, "clock,"))

    [clock] = placed(after, "clock,")
    assert clock == Placed(CLOAK, Word("clock,", 1.5, 2.0, None, "Anna"), checked=True)
    assert texts(after)[0] == "The old clock, is broken."


def test_words_that_stay_the_same_in_a_corrected_run_are_left_alone(document):
    after = apply(document, Replace(THE, BROKEN, "The old clock, is broken."))

    assert [each for each in after.words if each.id != CLOAK] == [each for each in document.words if each.id != CLOAK]
    assert list(apply(document, Replace(THE, CLOAK, "An old clock,")).words)[OLD] == document.untouched[OLD]


def test_more_words_than_before_share_the_time_of_the_run_by_their_letters(document):
    after = apply(document, Replace(GOODBYE, GOODBYE, "Good day to"))

    found = placed(after, "Good", "day", "to")
    assert spans(found) == [(4.0, 4.356), (4.356, 4.622), (4.622, 4.8)]
    assert {each.word.timing for each in found} == {"shared"}
    assert [each.id for each in found] == [NEW, NEW + 1, NEW + 2]


def test_words_added_inside_a_corrected_run_take_the_pause_there(document):
    after = apply(document, Replace(CLOAK, IS, "cloak, it is"))

    assert spans(placed(after, "cloak,", "it", "is")) == [(1.5, 2.0), (2.0, 2.24), (2.5, 2.6)]
    assert placed(after, "cloak,", "is")[0].word == ANNA[2]


def test_an_inserted_word_without_a_pause_gets_a_share_of_its_neighbours_time(document):
    after = apply(document, Insert(THE, "very"))

    the, very, old = list(after.words)[:3]
    assert spans([the, very, old]) == [(1.0, 1.086), (1.086, 1.2), (1.2, 1.5)]
    assert (the.word.confidence, the.word.timing) == (0.9, "shared")


def test_a_word_inserted_before_another_ends_where_that_begins(document):
    after = apply(document, Insert(OLD_AGAIN, "my", "before"))

    assert spans(placed(after, "my")) == [(5.26, 5.5)]
    assert texts(after)[1] == "Goodbye my old friend!"


def test_a_word_inserted_after_the_last_one_stays_in_the_recording():
    short = replace(TRANSCRIPT, segments=TRANSCRIPT.segments[:2], duration=6.25, unheard=())

    after = apply(begin(short), Insert(FRIEND, "Farewell"))

    assert spans(placed(after, "friend!", "Farewell"))[-1][1] == 6.25


def test_deleted_words_leave_their_neighbours_times_alone(document):
    after = apply(document, Delete(OLD, CLOAK))

    assert texts(after)[0] == "The is broken."
    assert [each.word for each in after.words][:3] == [ANNA[0], ANNA[3], ANNA[4]]


def test_a_paragraph_whose_words_are_all_deleted_goes(document):
    after = apply(document, Delete(BROKEN, THIS))

    assert texts(after) == ["The old cloak, is"]
    assert corrected(after).segments[0].end == 2.6


def test_a_split_word_divides_its_time_and_a_merged_one_gets_it_back(document):
    split = apply(document, SplitWord(GOODBYE, 4))
    merged = apply(split, MergeWords(GOODBYE, NEW))

    assert spans(placed(split, "Good", "bye")) == [(4.0, 4.457), (4.457, 4.8)]
    assert [(each.id, *spans([each])[0]) for each in placed(merged, "Goodbye")] == [(GOODBYE, 4.0, 4.8)]


def test_words_without_times_are_corrected_as_text_and_get_none(document):
    after = apply(document, Replace(TIMED, TIMED, "ever timed"))

    assert corrected(after).segments[2] == Segment("Nobody ever timed this.", 7.0, 9.0, (), "Anna")


def test_another_models_reading_goes_when_a_word_that_it_is_about_is_corrected(document):
    after = apply(document, Replace(CLOAK, CLOAK, "clock,"))

    assert corrected(after).words[1] == replace(ANNA[1], reading=None)
    assert corrected(apply(document, Delete(BROKEN, BROKEN))).words[1] == ANNA[1]


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (Replace(OLD, 99, "x"), "not in the transcript any more"),
        (Replace(OLD, THE, "x"), "ends before it begins"),
        (Replace(BROKEN, GOODBYE, "x"), "several paragraphs"),
        (Insert(THE, " \t"), "nothing to insert"),
        (SplitWord(THE, 3), "cannot be split"),
        (MergeWords(THE, THE), "only one word"),
        (SplitParagraph(GOODBYE), "begins with that word"),
        (JoinParagraph(FIRST), "before the first"),
        (JoinParagraph(THIRD), "a time for each word"),
        (JoinParagraph(THE), "its paragraph is not"),
        (NewParagraph(11.0, 13.0, "hm"), "nothing can be said"),
        (NewParagraph(10.0, 11.0, " "), "nothing to write down"),
        (RenameSpeaker("Anna", "Ben"), "merge the two"),
        (RenameSpeaker("Carl", "Karl"), "does not speak"),
        (RenameSpeaker("Anna", " "), "needs a name"),
        (MergeSpeakers("Ben", "Ben"), "no other speaker"),
        (SettleUnheard(1.0, 2.0), "no unheard stretch"),
        (Restore(THE), "as it was"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_an_edit_that_makes_no_sense_is_refused_with_its_reason(document, edit, reason):
    with pytest.raises(InvalidEditError, match=reason):
        apply(document, edit)


def test_letters_typed_in_pieces_are_put_together(document):
    assert placed(apply(document, Replace(THE, THE, "Cafe\u0301")), "Café")


def test_words_of_the_original_are_found_among_paragraphs_that_have_none(document):
    for number in range(20):
        document = apply(document, NewParagraph(3.1 + number / 100, 3.9, "new"))
    for word in (THE, BROKEN, GOODBYE, THIS):
        document = apply(document, Replace(word, word, f"changed{word}"))

    assert [each.id for each in document.words if each.word.text.startswith("changed")] == [THE, BROKEN, GOODBYE, THIS]


def test_a_document_that_went_to_another_process_is_the_same():
    history = open_history(TRANSCRIPT).after(Replace(CLOAK, CLOAK, "clock,"))

    again = pickle.loads(pickle.dumps(history))

    assert again == history
    assert corrected(again.undo().document) == TRANSCRIPT


def test_what_no_file_can_hold_is_not_taken_in(document):
    after = apply(document, Replace(THE, THE, "T\x00h\ud800e\x07"))

    assert after == document


# --- paragraphs and speakers -----------------------------------------------------------------------------------------


def test_paragraphs_are_split_and_joined_at_their_words(document):
    split = apply(document, SplitParagraph(IS))
    joined = apply(split, JoinParagraph(NEW))

    assert [(each.text, each.start, each.end) for each in corrected(split).segments][:2] == [
        ("The old cloak,", 1.0, 2.0),
        ("is broken.", 2.5, 3.0),
    ]
    assert texts(joined)[0] == "The old cloak, is broken."


def test_text_without_times_is_split_where_the_word_may_stand(document):
    after = apply(document, SplitParagraph(TIMED))

    first, second = corrected(after).segments[2:]
    assert (first.start, second.end) == (7.0, 9.0)
    assert first.end == second.start


def test_two_paragraphs_said_at_the_same_time_are_not_joined():
    over = replace(TRANSCRIPT.segments[1], words=(Word("Hm.", 2.0, 2.2),), start=2.0, end=2.2)
    both = replace(TRANSCRIPT, segments=(TRANSCRIPT.segments[0], over))

    with pytest.raises(InvalidEditError, match="at the same time"):
        apply(begin(both), JoinParagraph(8 - 2 + 1))


def test_a_renamed_speaker_is_renamed_everywhere(document):
    after = corrected(apply(document, RenameSpeaker("Anna", "Anna B.")))

    assert [segment.speaker for segment in after.segments] == ["Anna B.", "Ben", "Anna B."]
    assert {word.speaker for word in after.segments[0].words} == {"Anna B."}
    assert after.segments[0].text == "The  old cloak, is broken."


def test_a_name_is_kept_on_one_line(document):
    for edit in (RenameSpeaker("Ben", " Ben\n B.\x00 "), AssignSpeaker(GOODBYE, FRIEND, "Ben\tB.")):
        assert apply(document, edit).speakers == ("Anna", "Ben B.")
    assert apply(document, AssignSpeaker(GOODBYE, FRIEND, " ")).paragraphs[1].speaker is None


def test_two_speakers_become_one(document):
    after = apply(document, MergeSpeakers("Ben", "Anna"))

    assert after.speakers == ("Anna",)


def test_a_run_said_by_somebody_else_gets_paragraphs_of_its_own(document):
    after = apply(document, AssignSpeaker(IS, GOODBYE, "Carl"))

    assert [(each.text, each.speaker) for each in corrected(after).segments] == [
        ("The old cloak,", "Anna"),
        ("is broken.", "Carl"),
        ("Goodbye", "Carl"),
        ("old friend!", "Ben"),
        ("Nobody timed this.", "Anna"),
    ]


def test_what_nobody_heard_is_written_down_and_settled(document):
    wrote = Compound((NewParagraph(9.5, 11.0, "Good night."), SettleUnheard(9.5, 11.0)))

    after = corrected(apply(document, wrote))

    assert (after.segments[-1].text, after.segments[-1].start, after.segments[-1].end) == ("Good night.", 9.5, 11.0)
    assert after.unheard == ()


def test_checked_words_are_counted_and_otherwise_as_they_were(document):
    after = apply(document, MarkChecked(IS, OLD_AGAIN))

    assert [paragraph.checked_words for paragraph in after.paragraphs] == [2, 2, 0]
    assert corrected(after) == TRANSCRIPT
    assert apply(after, MarkChecked(IS, OLD_AGAIN, checked=False)) == document


# --- comparing and putting back --------------------------------------------------------------------------------------


def test_the_difference_names_what_stands_there_and_what_stood_there(document):
    after = apply(apply(document, Replace(CLOAK, CLOAK, "clock,")), Delete(GOODBYE, GOODBYE))

    runs = [
        ([each.word.text for each in run.before], [each.word.text for each in run.now]) for run in difference(after)
    ]
    assert runs == [(["cloak,"], ["clock,"]), (["Goodbye"], [])]


@pytest.mark.parametrize(
    "edit",
    [
        Replace(THE, CLOAK, "One"),
        Delete(GOODBYE, FRIEND),
        Delete(IS, OLD_AGAIN),
        Delete(THE, THIS),
        Insert(THE, "very"),
        SplitWord(GOODBYE, 4),
        MergeWords(THE, IS),
        Replace(TIMED, TIMED, "ever timed"),
    ],
    ids=lambda edit: type(edit).__name__,
)
def test_a_restored_run_is_the_original_again(document, edit):
    after = apply(document, edit)
    [run] = difference(after)

    back = apply(after, Restore(next(iter(run.ids))))

    assert corrected(back) == TRANSCRIPT
    assert difference(back) == []


def test_restoring_one_run_leaves_the_others(document):
    after = apply(apply(document, Replace(CLOAK, CLOAK, "clock,")), Delete(GOODBYE, GOODBYE))

    assert texts(apply(after, Restore(GOODBYE)))[:2] == ["The old clock, is broken.", "Goodbye old friend!"]


def test_a_word_comes_back_into_the_paragraph_that_it_was_moved_to(document):
    joined = apply(document, JoinParagraph(SECOND))
    after = apply(joined, Delete(OLD_AGAIN, FRIEND))

    assert texts(apply(after, Restore(OLD_AGAIN)))[0] == "The old cloak, is broken. Goodbye old friend!"


def test_everything_can_be_put_back_at_once(document):
    after = apply(apply(document, Delete(THE, GOODBYE)), RenameSpeaker("Ben", "Benno"))

    assert corrected(apply(after, RestoreAll())) == TRANSCRIPT


# --- undo ------------------------------------------------------------------------------------------------------------


def test_undo_gives_the_very_document_and_redo_the_one_after():
    start = open_history(TRANSCRIPT)
    once = start.after(Replace(CLOAK, CLOAK, "clock,"))
    twice = once.after(Insert(THE, "very"))

    assert twice.undo().document == once.document
    assert twice.undo().undo().document == start.document
    assert twice.undo().undo().redo().redo() == twice
    assert twice.undo().after(Delete(THE, THE)).undone == ()


def test_there_is_nothing_to_undo_before_the_first_edit_nor_to_redo_after_the_last():
    start = open_history(TRANSCRIPT)

    with pytest.raises(InvalidEditError, match="nothing to undo"):
        start.undo()
    with pytest.raises(InvalidEditError, match="nothing to redo"):
        start.redo()


def test_paragraphs_that_an_edit_leaves_alone_are_shared_between_the_states(document):
    after = apply(document, Replace(CLOAK, CLOAK, "clock,"))

    assert after.paragraphs[1] is document.paragraphs[1]
    assert after.paragraphs[2] is document.paragraphs[2]


# --- find and replace ------------------------------------------------------------------------------------------------


def found(document: Document, *query: object, **how: bool) -> list[str]:
    words = {each.id: each.word.text for each in document.words}
    hits = find(document, Query(*query, **how))
    return [" ".join(words[piece.word][piece.begin : piece.stop] for piece in hit.pieces) for hit in hits]


def talk(*words: str) -> Document:
    timed = tuple(Word(word, float(at), at + 0.5) for at, word in enumerate(words))
    return begin(Transcript((Segment(" ".join(words), 0.0, len(words) - 0.5, timed),), float(len(words)), "demo"))


def test_a_phrase_is_found_across_words_and_the_punctuation_between():
    document = talk("The", "“old,”", "Clock", "of", "the", "OLD", "clock.")

    assert found(document, "old clock") == ["old Clock", "OLD clock"]
    assert found(document, "old clock", match_case=True) == []
    assert found(document, "old clock", punctuation=True) == ["OLD clock"]


def test_whole_words_are_whole():
    document = talk("art,", "party", "don't", "Art's", "art-deco")

    assert found(document, "art", whole_word=True) == ["art", "art"]
    assert found(document, "art") == ["art", "art", "Art", "art"]
    assert found(document, "don", whole_word=True) == []


def test_letters_are_the_same_however_they_are_written():
    document = talk("Straße", "cafe\u0301", "CAFÉ", "İstanbul")

    assert found(document, "STRASSE") == ["Straße"]
    assert found(document, "café") == ["cafe\u0301", "CAFÉ"]
    assert found(document, "cafe") == []
    assert found(document, "s", whole_word=False) == ["S", "s"]


def test_punctuation_alone_is_found_where_it_is_asked_for():
    assert found(talk("Well…", "no"), "…") == ["…"]
    assert found(talk("Well…", "no"), "  ") == []


def test_replacing_keeps_capitals_punctuation_and_times():
    document = talk("Clock,", "the", "old", "CLOCK!", "and", "clocks.")

    replacement = replace_all(document, find(document, Query("clock")), "watch")
    after = apply(document, replacement.edit)

    assert text(after) == "Watch, the old WATCH! and watchs."
    assert [each.word.start for each in after.words] == [each.word.start for each in document.words]
    assert [(each.before, each.after) for each in replacement.previews][1] == ("CLOCK!", "WATCH!")
    assert (replacement.previews[1].leading, replacement.previews[1].trailing) == ("Clock, the old", "and clocks.")


def test_replacing_a_phrase_word_by_word_keeps_the_comma_inside():
    document = talk("an", "old,", "clock.")

    replacement = replace_all(document, find(document, Query("old clock")), "new watch")

    assert text(apply(document, replacement.edit)) == "an new, watch."


def test_several_hits_in_one_word_are_one_replacement():
    document = talk("banana", "bread")

    replacement = replace_all(document, find(document, Query("an")), "on")

    assert text(apply(document, replacement.edit)) == "bonona bread"
    assert len(replacement.previews) == 1


def test_replacing_by_nothing_deletes_the_word_with_its_comma():
    document = talk("So,", "um,", "yes")

    replacement = replace_all(document, find(document, Query("um")), "")

    assert text(apply(document, replacement.edit)) == "So, yes"


def test_replacing_all_is_undone_as_one():
    start = open_history(TRANSCRIPT)
    replacement = replace_all(start.document, find(start.document, Query("old")), "very old")

    after = start.after(replacement.edit)

    assert text(after.document).count("very old") == 2
    assert after.undo().document == start.document


def test_a_hit_that_is_gone_is_not_replaced(document):
    hits = find(document, Query("old"))
    after = apply(document, Delete(OLD, OLD))

    with pytest.raises(InvalidEditError, match="not in the transcript any more"):
        replace_all(after, hits, "new")


# --- anything whatever -----------------------------------------------------------------------------------------------


def require_sound(document: Document) -> None:
    """Whatever was done to it."""
    ids = [each.id for each in document.words] + [each.id for each in document.paragraphs]
    assert len(ids) == len(set(ids))
    assert all(number < document.next_id for number in ids)
    originals = [each.id for each in document.words if each.id < len(document.untouched)]
    assert originals == sorted(originals)
    for paragraph in document.paragraphs:
        words = [each.word for each in paragraph.words]
        assert all(one.end <= other.start for one, other in pairwise(words))
        assert all(paragraph.start <= word.start <= word.end <= paragraph.end for word in words)
        assert paragraph.end <= document.original.duration
        assert all(word.text.split() == [word.text] for word in words)
        if paragraph.text is None:
            assert words
    for segment, paragraph in zip(corrected(document).segments, document.paragraphs, strict=True):
        said = [each.word.text for each in paragraph.words]
        assert segment.text.split() == said
        assert [word.text for word in segment.words] == (said if paragraph.timed else [])


@given(transcripts(), st.integers(0, 10**9), st.integers(1, 12))
@settings(max_examples=500, deadline=None)
def test_any_edits_keep_every_word_in_its_place_and_are_undone_without_a_trace(transcript, seed, count):
    chance, start = random.Random(seed), open_history(transcript)
    history, states = start, [start.document]
    for _ in range(count):
        edit = any_edit(chance, history.document)
        try:
            after = history.after(from_record(to_record(edit)))
        except InvalidEditError:
            continue

        require_sound(after.document)
        require_untouched_alone(history, after)
        states.append(after.document)
        history = after

    end = history
    for state in reversed(states[:-1]):
        history = history.undo()
        assert history.document == state
    assert history.document == start.document
    assert corrected(history.document) == transcript
    assert replayed(transcript, end) == end
    for _ in states[1:]:
        history = history.redo()
    assert history == end
    require_restorable(end.document)


def replayed(transcript: Transcript, end: History) -> History:
    history = open_history(transcript)
    for step in end.done:
        history = history.after(step.edit)
    return history


def require_untouched_alone(before: History, after: History) -> None:
    """Words that the edit does not name are the very same."""
    edit = after.done[-1].edit
    if isinstance(edit, Restore | RestoreAll):
        return
    named = touched(edit, [each.id for each in before.document.words])
    known = {each.id: each for each in before.document.words}
    assert [each for each in after.document.words if each.id in known and each.id not in named] == [
        each for each in before.document.words if each.id not in named
    ]


def touched(edit: Edit, ids: list[int]) -> set[int]:
    match edit:
        case Compound():
            return set().union(*(touched(each, ids) for each in edit.edits))
        case Replace() | Delete() | MergeWords() | MarkChecked():
            return set(ids[ids.index(edit.first) : ids.index(edit.last) + 1])
        case SplitWord():
            return {edit.word}
        case Insert():
            return {edit.beside}
    return set()


def require_restorable(document: Document) -> None:
    """Run by run everything comes back, and the words are the original's in the end."""
    while runs := difference(document):
        document = apply(document, Restore(min(runs[0].ids)))
        require_sound(document)
        assert difference(document) == runs[1:]
    assert [each.word for each in document.words] == [each.word for each in document.untouched] or all(
        (one.word.text, one.word.start) == (other.word.text, other.word.start)
        for one, other in zip(document.words, document.untouched, strict=True)
    )


def test_what_is_no_edit_is_not_made(document):
    with pytest.raises(InvalidEditError, match="str is no edit"):
        apply(document, "Replace")


def test_a_record_of_no_edit_is_refused():
    for record in (
        None,
        {},
        {"do": "explode"},
        {"do": "delete", "first": 1},
        {"do": "delete", "first": 1, "last": "2"},
        {"do": "delete", "first": True, "last": 2},
        {"do": "insert", "beside": 1, "text": "x", "side": "above"},
        {"do": "rename_speaker", "speaker": None, "name": "x"},
        {"do": "compound", "edits": [{"do": "explode"}]},
        {"do": "compound"},
    ):
        with pytest.raises(InvalidEditError):
            from_record(record)

import random
import time

from hypothesis import example, given
from hypothesis import strategies as st

from secureb2share_ext.comparing.difference import ADDED, KEPT, REMOVED, Budget, of_lists, of_texts

WORDS = st.lists(
    st.sampled_from(["the", "data", "500,000", " ", "\n\n", ".", "a@example.org", "æ", "\u202e"]), max_size=60
)
TEXTS = st.one_of(st.text(max_size=80), WORDS.map(" ".join), WORDS.map("".join))


def joined(side, *marks):
    return "".join(piece.text for piece in side if not marks or piece.mark in marks)


@given(TEXTS, TEXTS, st.sampled_from([0, 20, 100000]))
@example("", "", 0)
def test_either_side_is_its_text_and_what_stays_is_the_same_on_both(before, after, steps):
    left, right = of_texts(before, after, Budget(steps))
    assert (joined(left), joined(right)) == (before, after)
    assert joined(left, KEPT) == joined(right, KEPT)
    assert {piece.mark for piece in left} <= {KEPT, REMOVED} and {piece.mark for piece in right} <= {KEPT, ADDED}
    assert all(piece.text for piece in left + right)
    # taking the marked parts out of one side and putting those of the other in gives the other text
    assert (joined(left, KEPT) == before) == all(piece.mark == KEPT for piece in left)


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text):
    assert all(piece.mark == KEPT for side in of_texts(text, text, Budget(0)) for piece in side)


def test_words_are_marked_and_no_more():
    left, right = of_texts("over 500,000 persons, since 2017.", "over 520,000 persons, since 2017!", Budget())
    assert [piece for piece in left if piece.mark] == [(REMOVED, "500,000"), (REMOVED, ".")]
    assert [piece for piece in right if piece.mark] == [(ADDED, "520,000"), (ADDED, "!")]
    # a blank between two words that differ stays with them
    left, right = of_texts("in Oslo city now", "in Rome town now", Budget())
    assert [piece for piece in left if piece.mark] == [(REMOVED, "Oslo city")]


def test_hostile_texts_take_a_bounded_time():
    random.seed(1)
    some = lambda words, count: " ".join(random.choice(words) for _ in range(count))  # noqa: E731
    few, many = "ab", [str(number) for number in range(150)]
    pairs = [("a " * 10000, "b a " * 5000), (some(few, 9999), some(few, 9999)), (some(many, 6000), some(many, 6000))]
    budget, began = Budget(), time.process_time()
    for _ in range(10):
        for before, after in pairs:
            left, right = of_texts(before, after, budget)
            assert (joined(left), joined(right)) == (before, after)
    assert budget.left >= 0 and time.process_time() - began < 10


@given(st.lists(st.sampled_from(list("abcdef")), unique=True), st.lists(st.sampled_from(list("abcdef")), unique=True))
def test_lists_are_compared_entry_by_entry(before, after):
    left, right = of_lists(before, after, Budget())
    assert [joined(side) for side in left] == before and [joined(side) for side in right] == after
    assert {joined(side) for side in left if side[0].mark == REMOVED} == set(before) - set(after)
    assert {joined(side) for side in right if side[0].mark == ADDED} == set(after) - set(before)


def test_an_entry_that_is_nearly_the_same_is_marked_word_by_word():
    left, right = of_lists(["Table, text/csv", "x"], ["Tables, text/csv", "y"], Budget())
    assert left == [[(REMOVED, "Table"), (KEPT, ", text/csv")], [(REMOVED, "x")]]
    assert right == [[(ADDED, "Tables"), (KEPT, ", text/csv")], [(ADDED, "y")]]

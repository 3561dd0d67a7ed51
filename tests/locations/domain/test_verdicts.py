"""The six words for what a provider thinks of an address."""

from locations.domain.verdicts import Verdict


def test_only_unreachable_leaves_the_question_open():
    assert {each for each in Verdict if not each.is_conclusive} == {Verdict.UNREACHABLE}

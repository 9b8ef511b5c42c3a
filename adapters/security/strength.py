"""How soon a guesser would find a password, by zxcvbn."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from math import isqrt, prod

import attrs
from zxcvbn_rs_py import Feedback, Suggestion, zxcvbn
from zxcvbn_rs_py import Warning as Weakness

from adapters.security.threads import BoundedThreads
from domain.errors import Invalid
from domain.passwords import Password
from domain.service_name import TITLE

MIN_SCORE = 3
"""Of 0 to 4: more than 10^8 guesses."""

_MIN_CONTEXT_WORD = 3
_GLUES = ("", " ", ".", "-", "_")
_BETWEEN_WORDS = re.compile(r"[\W_]+")

# zxcvbn looks at the first 100 characters only, and tries every reading of characters that stand
# for letters. A password made of them takes it over a second, with the interpreter's lock held.
_LONGEST_PIECE = 100
_STANDS_FOR = ("4@", "8", "({[<", "3", "69", "1!|", "1|7", "0", "$5", "+7", "%", "2")
_BUDGET = 100_000
"""Readings times the square of the length; keeps a judgement under some 50 ms."""

_WARNINGS = (
    (Weakness.StraightRowsOfKeysAreEasyToGuess, "Straight rows of keys are easy to guess."),
    (Weakness.ShortKeyboardPatternsAreEasyToGuess, "Short keyboard patterns are easy to guess."),
    (Weakness.RepeatsLikeAaaAreEasyToGuess, 'Repeats like "aaa" are easy to guess.'),
    (
        Weakness.RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess,
        'Repeats like "abcabc" are only slightly harder to guess than "abc".',
    ),
    (Weakness.ThisIsATop10Password, "It is one of the ten most common passwords."),
    (Weakness.ThisIsATop100Password, "It is one of the hundred most common passwords."),
    (Weakness.ThisIsACommonPassword, "It is a very common password."),
    (
        Weakness.ThisIsSimilarToACommonlyUsedPassword,
        "It is similar to a commonly used password.",
    ),
    (Weakness.SequencesLikeAbcAreEasyToGuess, 'Sequences like "abc" or "6543" are easy to guess.'),
    (Weakness.RecentYearsAreEasyToGuess, "Recent years are easy to guess."),
    (Weakness.AWordByItselfIsEasyToGuess, "A word by itself is easy to guess."),
    (Weakness.DatesAreOftenEasyToGuess, "Dates are often easy to guess."),
    (
        Weakness.NamesAndSurnamesByThemselvesAreEasyToGuess,
        "Names and surnames by themselves are easy to guess.",
    ),
    (
        Weakness.CommonNamesAndSurnamesAreEasyToGuess,
        "Common names and surnames are easy to guess.",
    ),
)

_SUGGESTIONS = (
    (Suggestion.UseAFewWordsAvoidCommonPhrases, "Use a few words, but no common phrase."),
    (
        Suggestion.NoNeedForSymbolsDigitsOrUppercaseLetters,
        "There is no need for symbols, digits or capital letters.",
    ),
    (Suggestion.AddAnotherWordOrTwo, "Add another word or two; uncommon ones are better."),
    (Suggestion.CapitalizationDoesntHelpVeryMuch, "A capital letter at the start helps little."),
    (
        Suggestion.AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase,
        "All capitals are almost as easy to guess as none.",
    ),
    (Suggestion.ReversedWordsArentMuchHarderToGuess, "Words spelt backwards help little."),
    (
        Suggestion.PredictableSubstitutionsDontHelpVeryMuch,
        'Writing "@" for "a" and the like helps little.',
    ),
    (
        Suggestion.UseALongerKeyboardPatternWithMoreTurns,
        "Use a longer keyboard pattern with more turns.",
    ),
    (Suggestion.AvoidRepeatedWordsAndCharacters, "Avoid repeated words and characters."),
    (Suggestion.AvoidSequences, "Avoid sequences."),
    (Suggestion.AvoidRecentYears, "Avoid recent years."),
    (Suggestion.AvoidYearsThatAreAssociatedWithYou, "Avoid years that have to do with you."),
    (
        Suggestion.AvoidDatesAndYearsThatAreAssociatedWithYou,
        "Avoid dates and years that have to do with you.",
    ),
)


def _one_thread() -> BoundedThreads:
    return BoundedThreads("zxcvbn", threads=1, waiting=64)


@attrs.frozen(kw_only=True, eq=False)
class ZxcvbnPasswordStrength:
    """Judges in one thread: zxcvbn keeps the interpreter's lock, so more would win nothing, but
    between two passwords the event loop gets its turn."""

    threads: BoundedThreads = attrs.field(factory=_one_thread)

    async def check(self, password: Password, *, field: str, context: Sequence[str]) -> None:
        complaint = await self.threads.run(partial(_complaint, password.text, tuple(context)))
        if complaint is not None:
            raise Invalid.field(field, "weak_password", complaint)

    async def aclose(self) -> None:
        await self.threads.aclose()


def _complaint(password: str, context: Sequence[str]) -> str | None:
    """What makes it weak, or None where some piece of it is strong, and so the whole is."""
    words = sorted(_context_words(context))
    complaint = None
    for piece in _pieces(_as_unicode(password)):
        judgement = zxcvbn(piece, words)
        # The number is an enumeration at run time, whatever its declared type.
        if int(judgement.score) >= MIN_SCORE:
            return None
        complaint = complaint or _in_words(judgement.feedback)
    return complaint or _in_words(None)


def _pieces(password: str) -> Iterator[str]:
    """Short enough for each to be judged quickly; all but a few passwords are one piece."""
    readings = prod(max(1, len(set(signs) & set(password))) for signs in _STANDS_FOR)
    length = min(_LONGEST_PIECE, isqrt(_BUDGET // readings))
    for start in range(0, len(password), length):
        yield password[start : start + length]


def _context_words(context: Sequence[str]) -> set[str]:
    words: set[str] = set()
    for text in map(_as_unicode, (TITLE, *context)):
        whole = text.casefold()
        parts = _BETWEEN_WORDS.split(whole.rpartition("@")[0] or whole)
        words.update((whole, *parts))
        # Joined as well: three parts in a row look like a lot of guesses otherwise.
        words.update(glue.join(order) for order in (parts, parts[::-1]) for glue in _GLUES)
    return {word for word in words if len(word) >= _MIN_CONTEXT_WORD}


def _as_unicode(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _in_words(feedback: Feedback | None) -> str:
    sentences = ["would be guessed soon."]
    if feedback is not None:
        # Compared one by one, since these members can't be hashed.
        sentences += [text for weakness, text in _WARNINGS if weakness == feedback.warning]
        sentences += [text for advice, text in _SUGGESTIONS if advice in feedback.suggestions]
    return " ".join(sentences)

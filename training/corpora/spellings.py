"""Words that people and publishers use for the emotions."""

from __future__ import annotations

_WORDS = {
    "neutral": ("neutral",),
    "calm": ("calm", "calmness"),
    "happy": ("happy", "happiness", "joy", "joyful"),
    "sad": ("sad", "sadness"),
    "angry": ("angry", "anger"),
    "fear": ("fear", "fearful", "afraid", "scared"),
    "disgust": ("disgust", "disgusted"),
    "surprised": (
        "surprised",
        "surprise",
        "ps",
        "pleasantsurprise",
        "pleasantsurprised",
        "pleasantlysurprised",
    ),
    "boredom": ("boredom", "bored"),
}
_EMOTION = {word: emotion for emotion, words in _WORDS.items() for word in words}


def emotion_named(word: str) -> str | None:
    """Find the inner label that a word stands for, whatever its case and spacing.

    >>> emotion_named("Pleasant_Surprise"), emotion_named("ANGER"), emotion_named("tea")
    ('surprised', 'angry', None)
    """
    return _EMOTION.get("".join(letter for letter in word.casefold() if letter.isalnum()))

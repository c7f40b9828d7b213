"""Speech corpora, from a folder as their publishers ship it to rows of clips.

>>> from training.corpora import find_corpora
>>> [found.name for found in find_corpora("data").found]  # doctest: +SKIP
['ravdess', 'cremad']
"""

from training.corpora.clip import Clip, CorpusError, Found, LeftOut, fingerprint
from training.corpora.find import CORPORA, Search, find_corpora
from training.corpora.own import find_own
from training.corpora.scheme import Corpus
from training.corpora.table import read_table, write_table

__all__ = [
    "CORPORA",
    "Clip",
    "Corpus",
    "CorpusError",
    "Found",
    "LeftOut",
    "Search",
    "find_corpora",
    "find_own",
    "fingerprint",
    "read_table",
    "write_table",
]

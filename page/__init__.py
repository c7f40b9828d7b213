"""The parts of the page that `app.py` lays out. They present; `ser` knows.

=========== ==================================================================
analyse     the first page: give a sound, read the answer
kept        what takes time and is kept: models, sounds, answers
answer      the answer in words and bars, and the picture of the voice
over_time   how a longer recording changes, computed beside the page
my_voice    learn a voice, see that it is known, forget it
take_away   downloads
=========== ==================================================================
"""

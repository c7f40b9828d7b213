"""The parts of the page that `app.py` lays out. They present; `ser` knows.

============== ==================================================================
analyse        the first page: give a sound, read the answer
kept           what takes time and is kept: models, sounds, answers
answer         the answer in words and bars
why            what the answer hung on, and the voice beside others
picture        the voice in a picture
cleaning       before and after noise reduction, and which of them the models hear
over_time      how a longer recording changes, computed beside the page
many_files     the page for many recordings at once
background     work that takes long, done beside the page
my_voice       learn a voice, see that it is known, forget it
take_away      downloads
own_models     whose models answer, and others to choose
train_your_own the page that tells how to train, and how far a training is
============== ==================================================================
"""

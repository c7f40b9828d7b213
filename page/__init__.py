"""The parts of the page that `app.py` lays out. They present; `ser` knows.

============== ==================================================================
analyse        the first page: give a sound, read the answer
visitor        who looks at the page, and what those from elsewhere are not told
warm           what keeps the models quick though Streamlit tidies up after every click
choices        choices that are still there when a page or a sound has been away
kept           what takes time and is kept: models, sounds, answers
answer         the answer in words and bars
why            what the answer hung on, and the voice beside others
picture        the voice in a picture
cleaning       before and after noise reduction, and which of them the models hear
over_time      how a longer recording changes, computed beside the page
many_files     the page for many recordings at once
files_table    what came of them: counted, in a table, and one of them in full
background     work that takes long, done beside the page
my_voice       learn a voice, see that it is known, forget it
take_away      downloads
own_models     whose models answer, and others to choose
how_good       the page that says how good it is
measured       what was measured on unheard voices, and how to read it
figures        files with figures and the charts of them, read and drawn once
train_your_own the page that tells how to train, and how far a training is
============== ==================================================================
"""

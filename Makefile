# make app      install what is needed and open the page
# make test     install what is needed and run all checks and tests; quicker with --jobs 3
# make train    DATA=folder: corpora to features to models, scored on fold 1's speakers before
#               they are trained on too; OWN=folder adds recordings of one's own; models go to
#               bundles/mine, or to OUT=folder; ARGS=--resume goes on after an interruption
# make gate     NOISE=folders: what tells speech from other sounds, trained and scored
# make robustness  what noise, telephones, codecs and rooms cost on fold 1's speakers
# make bench    features against openSMILE, and the page against a bare one
# make format   tidy the code
# make clean    remove the virtual environment and caches

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= bundles/mine
# Begun first, so that neither process waits for the other in the end.
LONG_TESTS := $(addprefix tests/test_,training.py notebook.py deep_recipes.py known_voices.py)

.PHONY: app test check unit-tests browser-tests train gate robustness bench pictures format clean

app: $(VENV)/warm
	$(BIN)/streamlit run app.py

test: check unit-tests browser-tests

unit-tests: $(VENV)/dev-ready $(VENV)/warm
	$(BIN)/pytest $(LONG_TESTS) tests --ignore tests/browser \
	    --numprocesses 2 --dist loadfile --no-loadscope-reorder

browser-tests: $(VENV)/dev-ready $(VENV)/warm
	$(BIN)/pytest tests/browser

check: $(VENV)/dev-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

train: cleaned_data.csv
	$(BIN)/python -m training.evaluate $(ARGS) --folds 1 --no-calibration --out "$(OUT)"
	$(BIN)/python -m training.train $(filter-out --watch,$(ARGS)) --start-from fold-1 --out "$(OUT)"

gate: cleaned_data.csv
	@test -n "$(NOISE)" || { echo "Say where sounds are that are no speech: make gate NOISE=folder"; exit 1; }
	$(BIN)/python -m training.gate $(ARGS) --noise $(NOISE)

robustness: cleaned_data.csv
	$(BIN)/python -m training.robustness $(ARGS) --out "$(OUT)"

ifneq ($(DATA)$(OWN),)
cleaned_data.csv: FORCE  # the folders may be others than before
endif
FORCE:

cleaned_data.csv: | $(VENV)/app-ready
	@test -n "$(DATA)$(OWN)" || { echo "Say where the corpora are: make train DATA=folder"; exit 1; }
	$(BIN)/python -m training.prepare $(if $(DATA),--data "$(DATA)") $(if $(OWN),--own "$(OWN)") \
	    --out $@

bench: $(VENV)/dev-ready
	$(BIN)/python -m benchmarks.features
	$(BIN)/python -m benchmarks.page_speed

pictures: $(VENV)/dev-ready
	$(BIN)/python -m docs.screenshots

format: $(VENV)/dev-ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache test-output

$(VENV)/app-ready: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet -r requirements.txt
	touch $@

# What librosa compiles when it is first imported, so that nobody's first answer waits for it.
$(VENV)/warm: $(VENV)/app-ready
	$(BIN)/python -c "from librosa.feature import melspectrogram"
	touch $@

$(VENV)/dev-ready: $(VENV)/app-ready requirements-dev.txt
	$(BIN)/pip install --quiet -r requirements-dev.txt
	touch $@

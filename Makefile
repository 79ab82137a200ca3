# Names for the commands of CONTRIBUTING.md; the work is in scripts/.
.PHONY: install check fast lint oldest processors slim notebook release

install:
	pip install -c constraints.txt -e ".[dev]"
check:
	python scripts/check.py
fast:
	python scripts/check.py --fast
lint:
	python scripts/check.py --lint
oldest:
	python scripts/check_oldest.py
processors:
	python scripts/check_processors.py
slim:
	python scripts/check_slim.py
notebook:
	python scripts/make_notebook.py
release:
	python scripts/release.py

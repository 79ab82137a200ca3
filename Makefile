# Names for the commands of CONTRIBUTING.md; the work is in scripts/.
.PHONY: install check fast lint oldest processors slim container notebook site release

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
container:
	python scripts/check_container.py
notebook:
	python scripts/make_notebook.py
site:
	mkdocs build --strict
release:
	python scripts/release.py

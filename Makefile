# One command for each check; CONTRIBUTING.md says when.  `make` alone lists them.
.PHONY: help lint types tests laws docs speed ci

help:
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/'

lint: ## style and format
	ruff check .
	ruff format --check .

types: ## mypy, as CI runs it
	mypy imgproc augment

tests: ## the whole suite, in all cores
	pytest

laws: ## what every public name has to hold
	pytest tests/laws

docs: ## lists of names, examples, links and the code of the pages
	python -m gallery.names docs/names.md docs/api.md
	pytest -q tests/laws/test_examples.py tests/laws/test_documents.py tests/laws/test_signatures.py \
		tests/augment/test_documents_of_users.py tests/gallery/test_names.py

speed: ## the speed table, beside the peers
	python -m gallery speed

ci: ## everything that CI runs, on a clean clone
	.ci/run

# The door to SAM. `make demo` and `make test` are all a newcomer needs.

PACKAGES := bubblewrap git libsqlite3-dev zlib1g-dev
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
SAM := .build/debug/sam

.PHONY: help demo test build setup lint format benchmarks clean

help:
	@echo "make demo        let scout explore this very repository in a sandbox"
	@echo "make test        build and run every test"
	@echo "make lint        check the format"
	@echo "make format      mend the format"
	@echo "make benchmarks  measure, in a release build (20 minutes or more)"

demo: build
	@echo "==> Running scout on this repository"
	$(SAM) demo --repo .

test: build lint
	@echo "==> Building the tests (a minute or two after the programs)"
	swift build --build-tests
	@echo "==> Testing each module (half a minute), then the programs from outside (a minute or two)"
	swift test --skip-build --skip SystemTests
	swift test --skip-build --filter SystemTests

build: setup
	@echo "==> Building SAM. The first time takes 4 to 10 minutes on two cores, later ones seconds."
	swift build

# Installs what is missing, asking nothing; says what.
setup:
	@command -v swift >/dev/null || { \
	  echo "Swift 6.3 is missing. Get it from https://www.swift.org/install/linux/ and put it in PATH." >&2; exit 1; }
	@missing=""; for package in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	  echo "==> Installing$$missing"; \
	  $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq $$missing >/dev/null; fi

lint:
	@echo "==> Checking the format"
	@swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks

format:
	swift format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks

benchmarks: setup
	Benchmarks/run

clean:
	rm -rf .build .build-release

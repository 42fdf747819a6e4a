# make demo        four grow rooms on this machine, upgraded by fleet, and gone afterwards
# make demo-shell  the same rooms, left up for you to play with
# make test        everything that CI runs; an hour and more
# make lab-test    of it only what needs lab hosts: every outcome and every exit code; a quarter of an hour
# make kills       fleet upgrade killed at sixty random moments of real rollouts, and resumed (docs/testing.md); half an hour
# make outages     hosts of such rollouts that lose their power, a hundred times; an hour
# make simulate    a hundred thousand rollouts, coordinator and agents simulated together; some ten minutes
# make failures    each effect that a job has on the file system fails, or is the last; some minutes
# make small-disk  upgrades on a disk with every amount of room and inodes, and on one that dies; an hour
# make power       of an upgrade a power cut at every write, on ext4, btrfs and xfs, and with each sync left out; hours
# make torture     the agent killed, and its disk failing, at every system call; hours (docs/testing.md)
# make build       .build/dist/bin/fleet and its agent
# make lint, format, setup, clean

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

arch := $(shell uname -m)
dist := .build/dist
bases := bookworm trixie
scripts := scripts/setup scripts/lab scripts/screenshots demo/check demo/check-loopback demo/install-growroom demo/run \
	.ci/run demo/growroom/install/setup.sh Tests/Power/host.sh
python := demo/make-releases demo/github-double demo/record demo/growroom/bin/growroomctl \
	$(shell find demo -name '*.py' -not -path '*/__pycache__/*')

.PHONY: build test lab-test kills outages failures power small-disk torture simulate demo demo-shell lint format setup \
	lab-bases clean

build: setup
	swift build -c release --static-swift-stdlib --product fleet
	swift build -c release --static-swift-stdlib --product fleet-agent
	install -D .build/release/fleet $(dist)/bin/fleet
	install -D .build/release/fleet-agent $(dist)/libexec/fleet/agents/$(arch)/fleet-agent
	strip $(dist)/libexec/fleet/agents/$(arch)/fleet-agent
	install -D -m 644 -t $(dist)/share/fleet/apps inventory/apps/*.yaml

# swift test stands alone at the end: its closing lines are the last ones printed, its status is ours.
# The agent's jobs run with the agent that is shipped. What is drawn at random is the same each time, so that a red one
# is about the change: other samples have targets of their own.
# One test after the other: many of them run real servers, and a loaded machine must not make one fail.
test: setup lint build lab-bases
	demo/check
	demo/check-loopback
	demo/run
	FLEET_TEST_AGENT=$(CURDIR)/$(dist)/libexec/fleet/agents/$(arch)/fleet-agent \
		FLEET_TORTURE_SEED=$${FLEET_TORTURE_SEED:-1} FLEET_FAILURES_SEED=$${FLEET_FAILURES_SEED:-270311} \
		FLEET_SMALL_DISK_SEED=$${FLEET_SMALL_DISK_SEED:-192531570229337607} FLEET_POWER_SEED=$${FLEET_POWER_SEED:-301} \
		FLEET_POWER=$${FLEET_POWER:-possible} exec swift test --no-parallel --xunit-output .build/tests.xml

lab-test: build lab-bases
	exec swift test --no-parallel --filter LabTests

# FLEET_LAB_SEED=N repeats the choices.
kills: build lab-bases
	FLEET_LAB_KILLS=$${FLEET_LAB_KILLS:-60} exec nice -n 5 swift test --no-parallel --filter coordinator.that.is.killed

outages: build lab-bases
	FLEET_LAB_CUTS=$${FLEET_LAB_CUTS:-100} exec nice -n 5 swift test --no-parallel --filter host.that.loses.its.power

# A hundred thousand rollouts, the two pure machines together, in a release build; some ten minutes, most of them for building.
simulate: setup
	FLEET_SIMULATION_SEEDS=$${FLEET_SIMULATION_SEEDS:-1-100000} \
		swift test -c release -Xswiftc -enable-testing --no-parallel --filter FleetSimulationTests

failures: setup
	FLEET_FAILURES=all swift test -c release -Xswiftc -enable-testing --no-parallel --filter FailureTests

# FLEET_POWER_SEED=N repeats the random part.
power: setup
	swift build --build-tests
	FLEET_POWER=all exec swift test --skip-build --no-parallel --filter PowerTests

# FLEET_SMALL_DISK_SEED=N repeats the random part.
small-disk: setup
	swift build --build-tests
	FLEET_SMALL_DISK=all exec swift test --skip-build --no-parallel --filter small.disk

# FLEET_TORTURE_MINUTES ends each campaign early, FLEET_TORTURE_DONE=FILE goes on where an earlier run was.
torture: setup
	FLEET_TORTURE=all exec nice -n 15 swift test --no-parallel --filter TortureTests

demo: build
	demo/run

demo-shell: build
	demo/run --shell

lint:
	swift format lint --strict --parallel --recursive Sources Tests Package.swift
	shellcheck $(scripts)
	PYTHONPYCACHEPREFIX=$(CURDIR)/.build/pycache /usr/bin/python3 -m py_compile $(python)

format:
	swift format format --in-place --parallel --recursive Sources Tests Package.swift

setup:
	@scripts/setup

# What tests with lab hosts start from; made once. Only root can start such hosts.
lab-bases: setup
	@if [ "$$(id -u)" = 0 ]; then scripts/lab clean; for base in $(bases); do scripts/lab base $$base; done; \
	else echo "not root: no lab hosts"; fi

clean:
	@if [ "$$(id -u)" = 0 ]; then scripts/lab clean; fi
	rm -rf .build .lab

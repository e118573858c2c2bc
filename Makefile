# The door to SAM. `make demo` and `make test` are all a newcomer needs.

PACKAGES := bubblewrap git libbrotli-dev libpq-dev libseccomp-dev libsqlite3-dev libzstd-dev zlib1g-dev
# What only the tests need: real tools and the providers' own clients, outside of the tree.
TEST_PACKAGES := curl openssl gzip postgresql python3 python3-pip python3-venv
# How many tests of the programs run at once: each has a server, and most have agents.
AT_ONCE := --experimental-maximum-parallelization-width 24
CLIENTS := $(HOME)/.cache/sam/clients
CLIENT_VERSIONS := anthropic==2.14.0 openai==3.57.0 schemathesis==4.32.5
AGENTS := $(HOME)/.cache/sam/agents
AGENT_VERSIONS := claude-agent-sdk==0.2.187 openai-codex-cli-bin==0.163.0
ACP_VERSIONS := agentao==0.5.17 agent-client-protocol==0.12.1
# What the benchmarks measure against. The extra "proxy" of LiteLLM asks for packages that PyPI does not have; these are the others.
PEER_PACKAGES := nginx-light wrk python3 python3-pip python3-venv
PEERS := $(HOME)/.cache/sam/peers
PEER_VERSIONS := litellm==1.110.2 fastapi uvicorn uvloop gunicorn granian starlette orjson apscheduler backoff boto3 cryptography \
  email-validator expression fastapi-sso hiredis httpx2 inquirerpy mcp polars pyjwt pynacl python-multipart pyyaml restrictedpython rich \
  rq semver soundfile tomlkit websockets
# With what `make prices` compares the list of prices.
PRICES := $(HOME)/.cache/sam/prices
PRICE_VERSIONS := litellm==1.110.2 pyyaml==6.0.4
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
SAM := .build/debug/sam
# The tests start their own PostgreSQL; Debian's package would create a cluster for the machine and start it.
NO_CLUSTER := [ -e /etc/postgresql-common/createcluster.conf ] || { $(SUDO) mkdir -p /etc/postgresql-common && \
  echo "create_main_cluster = false" | $(SUDO) tee /etc/postgresql-common/createcluster.conf >/dev/null; }

# Where `make install` puts the programs: for everybody as root, else into one's own ~/.local.
PREFIX ?= $(shell [ "$$(id -u)" = 0 ] && echo /usr/local || echo $(HOME)/.local)
BINDIR := $(DESTDIR)$(PREFIX)/bin
PROGRAMS := sam sam-runner sam-scout
# What to type for it now: the name, where a shell finds this build or an installed one, else the path.
INSTALL_HINT = command -v sam >/dev/null && echo "sam is in your PATH: $$(command -v sam)" || \
  echo "To type sam instead of $(CURDIR)/$(SAM): make install"

.PHONY: help demo install uninstall test model fuzz build setup clients agents prices lint format benchmarks clean

help:
	@echo "make demo        let scout explore this very repository in a sandbox"
	@echo "make install     put sam into $(PREFIX)/bin (PREFIX=… for another place); make uninstall removes it"
	@echo "make test        build and run every test"
	@echo "make model       run a million histories of credentials against their model (an hour or less)"
	@echo "make fuzz        give the parsers what they don't expect, and salvage what random agents leave, a quarter of an hour each (SAM_FUZZ_SECONDS)"
	@echo "make lint        check the format, and that public declarations are documented"
	@echo "make format      mend the format"
	@echo "make prices      compare the list of prices with litellm's, which pip installs outside of the tree"
	@echo "make benchmarks  measure, in a release build (20 minutes or more)"

demo: build
	@echo "==> Running scout on this repository"
	$(SAM) demo --repo .
	@echo
	@$(INSTALL_HINT)

# sam starts the two others from its own folder. Each is put in place whole: a server that runs keeps the file that it was started from.
install: build
	@mkdir -p "$(BINDIR)" && [ -w "$(BINDIR)" ] || { echo "$(BINDIR) can't be written. Choose another: make install PREFIX=\$$HOME/.local" >&2; exit 1; }
	@for program in $(PROGRAMS); do \
	  install -m 755 ".build/debug/$$program" "$(BINDIR)/.$$program.new" && mv -f "$(BINDIR)/.$$program.new" "$(BINDIR)/$$program" || exit 1; done
	@echo "Installed in $(BINDIR): $(PROGRAMS)"
	@case ":$$PATH:" in *":$(BINDIR):"*) ;; *) echo "Add it to your PATH: export PATH=\"$(BINDIR):\$$PATH\"" ;; esac

uninstall:
	@for program in $(PROGRAMS); do rm -f "$(BINDIR)/$$program" || exit 1; done
	@echo "Removed from $(BINDIR): $(PROGRAMS). What SAM stored stays in ~/.sam."

test: setup lint clients agents
	@echo "==> Building the programs and the tests. The first time takes 8 to 10 minutes on two cores, later ones seconds."
	swift build --build-tests
	@echo "==> Testing each module (five minutes), then the programs from outside (twelve minutes)"
	swift test --skip-build --skip 'SystemTests\.' --skip '^GatewayTests\.' --skip '^WorkspacesTests\.'
	@# By themselves: they measure what two cores that do something else can't do in time, or keep both cores busy.
	swift test --skip-build --filter '^GatewayTests\.'
	swift test --skip-build --filter '^WorkspacesTests\.'
	swift test --skip-build $(AT_ONCE) --filter '^SystemTests\.'
	@# Real agents answer within the time that people give them, not within that which two cores give to over 200 tests.
	swift test --skip-build $(AT_ONCE) --filter '^AgentSystemTests\.'
	swift test --skip-build $(AT_ONCE) --filter '^CoderSystemTests\.'
	@# These by themselves for the same reason: a refresh, a crash and a person at a terminal have limits of seconds.
	swift test --skip-build $(AT_ONCE) --filter '^GatewaySystemTests\.'
	swift test --skip-build $(AT_ONCE) --filter '^BrokerSystemTests\.'
	swift test --skip-build $(AT_ONCE) --filter '^CrashSystemTests\.'
	swift test --skip-build $(AT_ONCE) --filter '^PersonSystemTests\.'
	@# It makes as many requests as it can in half a minute.
	swift test --skip-build --filter '^APISystemTests\.'
	@# Floods keep both cores busy by themselves.
	swift test --skip-build --filter '^FloodSystemTests\.'

# The tests run almost 24,000 of them; this is for a night, or before a change of the cascade or of sync is released.
model: setup
	@echo "==> Building the tests in release mode (10 to 20 minutes the first time), then a million histories"
	SAM_MODEL_HISTORIES=$${SAM_MODEL_HISTORIES:-1000000} swift test -c release --scratch-path .build-release \
	  -Xswiftc -enable-testing --filter HistoryTests

# The tests give each parser a few thousand inputs, and salvage 300 agents, the same in every run; this gives others.
fuzz: setup
	SAM_FUZZ_SECONDS=$${SAM_FUZZ_SECONDS:-900} swift test --filter FuzzTests
	SAM_FUZZ_SECONDS=$${SAM_FUZZ_SECONDS:-900} swift test --skip-build --filter RandomAgentTests

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
	  case "$$missing" in *postgresql*) $(NO_CLUSTER);; esac; \
	  $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq $$missing >/dev/null; fi

# The official Python packages of the providers, against which the gateway is tested, and what makes requests from the description of the API.
test clients: PACKAGES += $(TEST_PACKAGES)
clients: setup
	@if [ "$$(cat $(CLIENTS)/versions 2>/dev/null)" != "$(CLIENT_VERSIONS)" ]; then \
	  echo "==> Installing $(CLIENT_VERSIONS) by pip into $(CLIENTS)"; \
	  rm -rf $(CLIENTS) && /usr/bin/python3 -m venv $(CLIENTS) && $(CLIENTS)/bin/pip install -q $(CLIENT_VERSIONS) && \
	  echo "$(CLIENT_VERSIONS)" > $(CLIENTS)/versions; fi

# Real agents, which the tests run against the rehearsal: Claude Code comes inside of its SDK's wheel, Codex in one of its own
# (310 MB together); Agentao, an agent of the Agent Client Protocol, and that protocol's own package (100 MB with what they need).
test agents: PACKAGES += $(TEST_PACKAGES)
agents: setup
	@if [ "$$(cat $(AGENTS)/versions 2>/dev/null)" != "$(AGENT_VERSIONS) $(ACP_VERSIONS)" ]; then \
	  echo "==> Installing $(AGENT_VERSIONS) $(ACP_VERSIONS) by pip into $(AGENTS)"; \
	  rm -rf $(AGENTS) && /usr/bin/python3 -m venv $(AGENTS) && $(AGENTS)/bin/pip install -q --no-deps $(AGENT_VERSIONS) && \
	  $(AGENTS)/bin/pip install -q $(ACP_VERSIONS) && \
	  echo "$(AGENT_VERSIONS) $(ACP_VERSIONS)" > $(AGENTS)/versions; fi

lint:
	@echo "==> Checking the format"
	@swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks

format:
	swift format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks

# The gateway's peers: nginx and wrk by apt, LiteLLM's proxy by pip into a folder outside of the tree.
benchmarks: PACKAGES += $(PEER_PACKAGES)
benchmarks: setup agents
	@if [ "$$(cat $(PEERS)/versions 2>/dev/null)" != "$(PEER_VERSIONS)" ]; then \
	  echo "==> Installing $(firstword $(PEER_VERSIONS)) by pip into $(PEERS)"; \
	  rm -rf $(PEERS) && /usr/bin/python3 -m venv $(PEERS) && $(PEERS)/bin/pip install -q $(PEER_VERSIONS) && \
	  echo "$(PEER_VERSIONS)" > $(PEERS)/versions; fi
	Benchmarks/run $(PEERS)/bin/litellm

# Only litellm's file is read; what it needs to run is not installed.
prices: PACKAGES := python3 python3-pip python3-venv
prices:
	@$(MAKE) --no-print-directory setup PACKAGES="$(PACKAGES)"
	@if [ "$$(cat $(PRICES)/versions 2>/dev/null)" != "$(PRICE_VERSIONS)" ]; then \
	  echo "==> Installing $(PRICE_VERSIONS) by pip into $(PRICES)"; \
	  rm -rf $(PRICES) && /usr/bin/python3 -m venv $(PRICES) && $(PRICES)/bin/pip install -q --no-deps $(PRICE_VERSIONS) && \
	  echo "$(PRICE_VERSIONS)" > $(PRICES)/versions; fi
	@$(PRICES)/bin/python Scripts/compare-prices Sources/Metering/Prices/prices.yaml $(PRICES)/lib

clean:
	rm -rf .build .build-release

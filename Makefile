# The door to SAM. `make demo` and `make test` are all a newcomer needs.

PACKAGES := bubblewrap git libseccomp-dev libsqlite3-dev zlib1g-dev
# What only the tests need: real tools and the providers' own clients, outside of the tree.
TEST_PACKAGES := curl openssl gzip python3 python3-pip python3-venv
GATEWAY_TESTS := SystemTests\.(Clients|KeyCommand|UsageCommand|BudgetCommand|ProviderCommand|SessionGateway|Remote|GatewayCanary|UsageSurvival|Schemathesis|Egress[A-Za-z]*)Tests
CODER_TESTS := SystemTests\.(ClaudeCode[A-Za-z]*|Codex[A-Za-z]*)Tests
AGENT_TESTS := SystemTests\.(Agentao|Tool|Question|Activity|Resume|OneShot|ScoutClient)Tests
CRASH_TESTS := SystemTests\.(Crash|PromptDelivery)Tests
PERSON_TESTS := SystemTests\.(Background|Inquiry|TerminalAnswer)Tests
# How many tests of the programs run at once: each has a server, and most have agents.
AT_ONCE := --experimental-maximum-parallelization-width 24
FLOOD_TESTS := SystemTests\.FloodTests
BROKER_TESTS := SystemTests\.Broker[A-Za-z]*Tests
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
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
SAM := .build/debug/sam

.PHONY: help demo test model fuzz build setup clients agents lint format benchmarks clean

help:
	@echo "make demo        let scout explore this very repository in a sandbox"
	@echo "make test        build and run every test"
	@echo "make model       run a million histories of credentials against their model (an hour or less)"
	@echo "make fuzz        give the parsers what they don't expect, and salvage what random agents leave, a quarter of an hour each (SAM_FUZZ_SECONDS)"
	@echo "make lint        check the format"
	@echo "make format      mend the format"
	@echo "make benchmarks  measure, in a release build (20 minutes or more)"

demo: build
	@echo "==> Running scout on this repository"
	$(SAM) demo --repo .

test: build lint clients agents
	@echo "==> Building the tests (a minute or two after the programs)"
	swift build --build-tests
	@echo "==> Testing each module (five minutes), then the programs from outside (twelve minutes)"
	swift test --skip-build --skip SystemTests --skip '^GatewayTests\.' --skip '^WorkspacesTests\.'
	@# By themselves: they measure what two cores that do something else can't do in time, or keep both cores busy.
	swift test --skip-build --filter '^GatewayTests\.'
	swift test --skip-build --filter '^WorkspacesTests\.'
	swift test --skip-build $(AT_ONCE) --filter SystemTests --skip '$(GATEWAY_TESTS)' --skip '$(BROKER_TESTS)' --skip '$(AGENT_TESTS)' \
	  --skip '$(CODER_TESTS)' --skip '$(CRASH_TESTS)' --skip '$(PERSON_TESTS)' --skip '$(FLOOD_TESTS)'
	@# Real agents answer within the time that people give them, not within that which two cores give to 150 tests.
	swift test --skip-build $(AT_ONCE) --filter '$(AGENT_TESTS)'
	swift test --skip-build $(AT_ONCE) --filter '$(CODER_TESTS)'
	@# These by themselves for the same reason: a refresh, a crash and a person at a terminal have limits of seconds.
	swift test --skip-build $(AT_ONCE) --filter '$(GATEWAY_TESTS)'
	swift test --skip-build $(AT_ONCE) --filter '$(BROKER_TESTS)'
	swift test --skip-build $(AT_ONCE) --filter '$(CRASH_TESTS)'
	swift test --skip-build $(AT_ONCE) --filter '$(PERSON_TESTS)'
	@# Floods keep both cores busy by themselves.
	swift test --skip-build --filter '$(FLOOD_TESTS)'

# The tests run almost 24,000 of them; this is for a night, or before a change of the cascade or of sync is let go.
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

clean:
	rm -rf .build .build-release

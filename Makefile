# Sophia Infra. `make up` brings the platform up on this machine, `make test` proves it, `make down` removes it.
SHELL := /bin/bash
NODE := $(CURDIR)/node_modules/.bin/node
STACK ?= local
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: up down test coverage preview status logs mcp-config check ci esc rotation pin-images documents format bench-policies bench-gong bench-lab bench-mcp bench-pipeline bench-warehouse
up: node_modules/.ready
	@$(NODE) lab/cli.ts up $(if $(REFRESH),--refresh)

down: node_modules/.ready
	@$(NODE) lab/cli.ts down

status: node_modules/.ready
	@$(NODE) lab/cli.ts status $(if $(JSON),--json)

logs: node_modules/.ready
	@$(NODE) lab/cli.ts logs $(OF)

# FOR=cursor, vscode or generic: what the client's own file has to say.
mcp-config: node_modules/.ready
	@$(NODE) lab/cli.ts mcp-config $(FOR)

# COMMENT=file.md and PLAN=file.json also write the plan as a pull request shows it, and as data.
preview: node_modules/.ready
	@$(NODE) lab/cli.ts preview $(STACK) $(if $(COMMENT),--comment=$(COMMENT)) $(if $(PLAN),--plan=$(PLAN))

# PART=unit runs one part; see tests/run.ts.
test: node_modules/.ready
	@$(NODE) tests/run.ts $(PART)

# The same with line coverage.
coverage: node_modules/.ready
	@COVERAGE=1 $(NODE) tests/run.ts $(PART)

# The workflows, too, by actionlint and zizmor.
check: node_modules/.ready
	@biome check . && tsc --noEmit && $(NODE) delivery/lint/main.ts

# What a pull request is judged by, on this machine: see .github/workflows/checks.yml. The comments are left in .lab/ci.
ci: check esc
	@$(NODE) policies/scan.ts --history
	@$(NODE) lab/cli.ts preview dev --comment=.lab/ci/dev.md --plan=.lab/ci/dev.json
	@$(NODE) lab/cli.ts preview prod --comment=.lab/ci/prod.md --plan=.lab/ci/prod.json
	@$(MAKE) test

# Whether the ESC environments give each stack just what its program reads; offline.
esc: node_modules/.ready
	@$(NODE) lab/esc/check.ts

# Which secrets are to be changed now, and what then gets a new value.
rotation: node_modules/.ready
	@$(NODE) esc/rotation/main.ts $(if $(JSON),--json)

# Writes the digests of what images are made of into Pulumi.dev.yaml and Pulumi.prod.yaml; CHECK=1 only compares.
pin-images: node_modules/.ready
	@$(NODE) images/pin/main.ts $(if $(CHECK),--check)

# Writes what is made from the code: docs/settings.md, .env.example, parts of esc/.
documents: node_modules/.ready
	@$(NODE) components/settings/documents/main.ts && $(NODE) esc/documents.ts && $(NODE) mcp/catalog/documents/main.ts

format: node_modules/.ready
	@biome check --write .

# What npm says of success is of no use; its errors go to the terminal.
node_modules/.ready: package-lock.json mcp/servers/package-lock.json data/package-lock.json
	@echo "Installing npm packages" >&2
	@npm ci --loglevel=error >/dev/null && npm ci --prefix mcp/servers --loglevel=error >/dev/null \
	  && npm ci --prefix data --loglevel=error >/dev/null
	@touch $@

# The policies beside other tools, and what they cost; PART=manifests, keys or preview is one part.
bench-policies: node_modules/.ready
	@$(NODE) tests/policies/bench/main.ts $(PART)

# Rows a second of the Gong extractor beside a bare COPY of the same rows, and its memory; CALLS="10000 100000".
# Fails below half of it.
bench-gong: node_modules/.ready
	@$(NODE) tests/bench/gong/main.ts $(CALLS)

# A lab from nothing to gone, and a second update between. COLD=1: with an empty cache, a quarter of an hour.
bench-lab: node_modules/.ready
	@COLD=$(COLD) $(NODE) tests/bench/lab/main.ts

# The MCP servers of the lab that runs, or of LAB: calls a second by every way, memory, and what a dying server does to
# the others. PART=load, memory or failures is one part.
bench-mcp: node_modules/.ready
	@$(NODE) tests/bench/mcp/main.ts $(PART)

# The pipeline's legs from the vendors to the warehouse; fails below five times P4's volume, and where a row is there
# twice. SIZE: records of HubSpot and Slack, CALLS: calls of Gong.
bench-pipeline: node_modules/.ready
	@SIZE=$(SIZE) CALLS=$(CALLS) $(NODE) tests/bench/pipeline/main.ts

# Rows a second into the lab's Snowflake, in batches that are merged; ROWS="1000000 10000" is rows and rows of a batch.
bench-warehouse: node_modules/.ready
	@$(NODE) tests/bench/warehouse/main.ts $(ROWS)

# Sophia Infra. Run `make` for the list of targets.
SHELL := /bin/bash
# In quotes: the checkout's path may have spaces.
NODE := "$(CURDIR)/node_modules/.bin/node"
STACK ?= local
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
# Node keeps what it compiled, for half a second less at each start. Not for tests: coverage would be less exact.
LAB_COMMAND = NODE_COMPILE_CACHE="$(CURDIR)/.lab/node-compile-cache" $(NODE) lab/cli.ts
.DEFAULT_GOAL := help

.PHONY: help up status logs mcp-config down build preview test check ci coverage format \
  documents dashboards esc rotation pin-images bench-lab bench-mcp bench-pipeline bench-warehouse bench-gong bench-policies

help:
	@awk 'BEGIN { FS = ":.*## " } /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

##@ The lab: the platform on this machine (LAB=<name> for another one)
up: node_modules/.ready ## start the platform, or apply changed settings; REFRESH=1 also replaces lost hosts
	@$(LAB_COMMAND) up $(if $(REFRESH),--refresh)

status: node_modules/.ready ## hosts, nodes, releases, servers, streams, problems; JSON=1 for programs
	@$(LAB_COMMAND) status $(if $(JSON),--json)

logs: node_modules/.ready ## log of the last update; OF=cloud, releases, <host> or <namespace>/<workload>
	@$(LAB_COMMAND) logs $(OF)

mcp-config: node_modules/.ready ## configuration of an MCP client, with its token; FOR=cursor, vscode or generic
	@$(LAB_COMMAND) mcp-config $(FOR)

down: node_modules/.ready ## remove the lab; the build cache stays
	@$(LAB_COMMAND) down

build: node_modules/.ready ## build the lab's tools and images without starting it
	@$(LAB_COMMAND) build

##@ Plans and checks
preview: node_modules/.ready ## plan of STACK=local, dev or prod, the last two offline; COMMENT=file.md, PLAN=file.json also write it
	@$(LAB_COMMAND) preview $(STACK) $(if $(COMMENT),"--comment=$(COMMENT)") $(if $(PLAN),"--plan=$(PLAN)")

test: node_modules/.ready ## all checks and tests, in a separate lab; PART="unit plugins" runs parts
	@$(NODE) tests/run.ts $(PART)

check: node_modules/.ready ## lint, types, unused exports and workflows
	@biome check . && tsc --noEmit && knip --no-progress && $(NODE) delivery/lint/main.ts

# See .github/workflows/checks.yml.
ci: check esc ## everything that a pull request must pass; writes the plans' comments to .lab/ci
	@$(NODE) policies/scan.ts
	@$(NODE) policies/scan.ts --history
	@$(LAB_COMMAND) preview dev --comment=.lab/ci/dev.md --plan=.lab/ci/dev.json
	@$(LAB_COMMAND) preview prod --comment=.lab/ci/prod.md --plan=.lab/ci/prod.json
	@$(MAKE) test

coverage: node_modules/.ready ## the tests with line coverage; PART as for test
	@COVERAGE=1 $(NODE) tests/run.ts $(PART)

format: node_modules/.ready ## format, and apply safe lint fixes
	@biome check --write .

##@ Secrets, images and generated documents
documents: node_modules/.ready ## regenerate docs/settings.md, mcp-servers.md, mcp/servers.json, .env.example, parts of esc/
	@$(NODE) components/settings/documents/main.ts && $(NODE) esc/documents.ts && $(NODE) mcp/catalog/documents/main.ts

dashboards: node_modules/.ready ## Grafana dashboards of STACK=local, dev or prod, to .lab/dashboards; TO=<folder> elsewhere
	@$(NODE) lab/dashboards/main.ts $(STACK) $(if $(TO),"--to=$(TO)")

esc: node_modules/.ready ## check offline that the ESC environments give each stack what its program reads
	@$(NODE) lab/pulumi/esc/check.ts

rotation: node_modules/.ready ## secrets that are due for rotation, and what each rotation restarts; JSON=1 for programs
	@$(NODE) esc/rotation/main.ts $(if $(JSON),--json)

pin-images: node_modules/.ready ## write image digests to Pulumi.dev.yaml and Pulumi.prod.yaml; CHECK=1 only compares
	@$(NODE) images/pin/main.ts $(if $(CHECK),--check)

##@ Benchmarks (docs/benchmarks.md, docs/security/policy-benchmarks.md)
bench-lab: node_modules/.ready ## a lab from nothing to removed; COLD=1 with an empty cache, about 15 minutes
	@COLD=$(COLD) $(NODE) tests/bench/lab/main.ts

bench-mcp: node_modules/.ready ## MCP servers of a running lab; PART=load, memory or failures
	@$(NODE) tests/bench/mcp/main.ts $(PART)

bench-pipeline: node_modules/.ready ## the pipeline's stages; SIZE=<HubSpot and Slack records> CALLS=<Gong calls>
	@SIZE=$(SIZE) CALLS=$(CALLS) $(NODE) tests/bench/pipeline/main.ts

bench-warehouse: node_modules/.ready ## rows a second into the lab's Snowflake; ROWS="1000000 10000" is rows and batch size
	@$(NODE) tests/bench/warehouse/main.ts $(ROWS)

bench-gong: node_modules/.ready ## the Gong extractor compared with COPY; CALLS="10000 100000"
	@$(NODE) tests/bench/gong/main.ts $(CALLS)

bench-policies: node_modules/.ready ## the policies compared with other tools; PART=manifests, keys or preview
	@$(NODE) tests/policies/bench/main.ts $(PART)

# npm's report of success is discarded; its errors go to the terminal.
node_modules/.ready: package-lock.json mcp/servers/package-lock.json data/package-lock.json
	@echo "Installing npm packages" >&2
	@npm ci --loglevel=error >/dev/null && npm ci --prefix mcp/servers --loglevel=error >/dev/null \
	  && npm ci --prefix data --loglevel=error >/dev/null
	@touch $@

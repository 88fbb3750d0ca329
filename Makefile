# The front door. `make` lists what it opens.
SHELL := bash
export PATH := $(CURDIR)/.tools/bin:$(CURDIR)/.tools/venv/bin:$(PATH)

FUNCTIONS := post-federation-signup post-attribute-collection pre-token-issuance review deliver sweep
BASELINES := empty get-item get-and-transact
# `make build POLICY=path` puts another policy into the packages, `make invoke FUNCTION=... EVENT=...` sends another event.
POLICY ?= policy.toml
FUNCTION ?= post-attribute-collection
EVENT ?= events/$(FUNCTION).json
# More flags for `vestibule serve` and for `sam deploy`.
ARGS ?=

# How long `make fuzz` looks with each target.
FUZZ_SECONDS ?= 60

CARGO_DENY := 0.20.2
CARGO_FUZZ := 0.13.2
deny := .tools/cargo-deny-$(CARGO_DENY)
fuzz := .tools/cargo-fuzz-$(CARGO_FUZZ)
venv := .tools/venv/installed
moto := .tools/test/installed
schemathesis := .tools/api/installed
npm := node_modules/.package-lock.json

.PHONY: help run test api-check watch invoke build build-aws build-azure deploy bench bench-delivery bench-look-ups bench-queue capacity fuzz lint tools check-lambda disposable

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

run: ## serve everything on SQLite at 127.0.0.1:3000, with policy.toml
	@scripts/need cc
	cargo run -p vestibule -- serve --local $(ARGS)

test: $(npm) $(moto) ## every test, after setting up what is missing
	@scripts/need cc java faketime
	cargo build --workspace
	scripts/with-dynamodb cargo test --workspace

api-check: $(schemathesis) ## drive the review API, of a `serve` of its own, with calls made out of its document; SEED=number for other ones
	@scripts/need cc openssl
	cargo build -p vestibule
	scripts/api-check $(SEED)

watch: $(venv) ## run the functions as Lambda would, and again after each change
	scripts/watch

invoke: $(venv) ## send a sample event to what `make watch` runs
	scripts/invoke $(FUNCTION) $(EVENT)

build: build-aws build-azure ## the packages for both clouds

build-aws: $(venv) ## one zip a function, in target/lambda
	scripts/build-aws $(POLICY) $(FUNCTIONS)

build-azure: $(venv) ## the package for Azure, target/azure/vestibule.zip
	scripts/build-azure $(POLICY)

deploy: build-aws .tools/sam/installed ## deploy to AWS; asks for the settings the first time
	.tools/sam/bin/sam deploy --template-file template.yaml --capabilities CAPABILITY_IAM --resolve-s3 \
		$(if $(wildcard samconfig.toml),,--guided --stack-name vestibule) $(ARGS)

# The baselines one by one: built with others, each would have the features of all. The zips are for the column of sizes.
bench: $(npm) build-aws ## measure the functions against their baselines, and what follows decisions
	@scripts/need java
	cargo build --release --no-default-features $(FUNCTIONS:%=-p %)
	for baseline in $(BASELINES); do cargo build --release -p $$baseline || exit 1; done
	cargo build --release -p vestibule
	cargo run --release -p bench
	cargo run --release -p vestibule -- lists pack-all policy.toml --out target/bench-lists
	cargo run --release -p bench-policy -- target/bench-lists
	cargo run --release -p bench-lists

bench-delivery: $(npm) ## measure only what follows decisions
	@scripts/need java
	cargo build --release --no-default-features -p post-attribute-collection
	cargo build --release -p vestibule
	BENCH_ONLY=delivery cargo run --release -p bench

bench-look-ups: $(npm) ## measure only what calls of other systems cost a call
	@scripts/need java
	BENCH_ONLY=look-ups cargo run --release -p bench

bench-queue: $(npm) ## measure only the queue; the first time it loads stores of a million, which takes long
	@scripts/need java
	BENCH_ONLY=queue cargo run --release -p bench

capacity: $(npm) ## what everything takes of a table's capacity: the table of docs/scale.md
	@scripts/need java
	BENCH_ONLY=capacity cargo run --release -p bench

fuzz: $(fuzz) ## look for a policy file or a body that breaks something; FUZZ_SECONDS=60 for each of the two
	@scripts/need c++
	scripts/fuzz $(FUZZ_SECONDS)

lint: $(venv) $(deny) ## formatting, lints, licences, the template, and what must not be linked
	scripts/lint $(FUNCTIONS)

check-lambda: $(venv) $(npm) ## one function as it goes to Lambda: its size, what is in it, one answer
	scripts/check-lambda $(POLICY) $(FUNCTION)

disposable: $(venv) ## the newest list of domains of disposable addresses, lists/disposable.txt
	@scripts/need cc
	scripts/disposable

tools: $(venv) $(deny) ## what the other targets need, in .tools

# ---- What is set up when it is missing or its list of versions has changed ----

$(npm): package-lock.json
	@scripts/need npm
	npm ci --no-audit --no-fund
	@touch $@

$(venv): scripts/requirements.txt
	@scripts/need cc python3
	python3 -m venv --clear .tools/venv
	.tools/venv/bin/pip install --quiet --disable-pip-version-check -r $<
	rustup target add aarch64-unknown-linux-gnu x86_64-unknown-linux-gnu
	@touch $@

# Only `make test` needs it.
$(moto): scripts/requirements-test.txt
	@scripts/need python3
	python3 -m venv --clear .tools/test
	.tools/test/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Only `make api-check` needs it.
$(schemathesis): scripts/requirements-api.txt
	@scripts/need python3
	python3 -m venv --clear .tools/api
	.tools/api/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Only `make deploy` needs it, and it is big.
.tools/sam/installed: scripts/requirements-deploy.txt
	@scripts/need python3
	python3 -m venv --clear .tools/sam
	.tools/sam/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Only `make fuzz` needs it.
$(fuzz):
	@scripts/need cc
	cargo install --locked --debug --root .tools --target-dir .tools/target cargo-fuzz@$(CARGO_FUZZ)
	@rm -rf .tools/target && touch $@

# Unoptimised: it builds in a third of the time and runs for two seconds.
$(deny):
	@scripts/need cc
	cargo install --locked --debug --root .tools --target-dir .tools/target cargo-deny@$(CARGO_DENY)
	@rm -rf .tools/target && touch $@

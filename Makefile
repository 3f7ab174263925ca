# make demo   plays the main job on the simulated cloud: no AWS account, no AWS SDK
# make test   everything that CI runs; installs what it needs into .tools/ (CONTRIBUTING says what takes how long)

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
PYTHON := .tools/venv/bin/python

FUNCTIONS := traffic-shift health-check rollback notify feature-flag

.PHONY: demo test fuzz tools fmt layers clippy unit deny python security audit bench bench-judge bench-speed bench-guard bench-kill bench-cost soak chaos mutations mutants mutants-played deploy-functions

demo:
	@cargo run --quiet --locked -p tidegate --no-default-features -- demo

test: tools fmt layers clippy unit deny python security
	@echo "make test: all passed"

tools:
	@tests/tools.sh python deny

fmt:
	cargo fmt --all --check

layers:
	python3 tests/house/check_layers.py

clippy:
	cargo clippy --locked --workspace --all-targets --all-features -- -D warnings

# The wire tests write every request that they make to target/wire-requests; the check holds them against AWS's own models.
unit: tools
	rm -rf target/wire-requests
	cargo test --locked --workspace --all-features
	$(PYTHON) tests/wire/check_requests.py target/wire-requests

# The fuzzing that is part of `make unit`, many times as long, from another case on: make fuzz TIMES=1000 FROM=1000000.
TIMES ?= 100
FROM ?= 0
fuzz:
	FUZZ_TIMES=$(TIMES) FUZZ_FROM=$(FROM) cargo test --locked --profile ci -p tidegate-tests-fuzz
	FUZZ_TIMES=$(TIMES) FUZZ_FROM=$(FROM) cargo test --locked --profile ci -p tidegate --no-default-features --lib fuzzed

deny: tools
	.tools/bin/cargo-deny --all-features check bans licenses sources

# Needs the advisory database, so it is not part of `make test`.
audit: tools
	.tools/bin/cargo-deny --all-features check advisories

# Ministack runs the functions' real binaries; building them takes longest.
python: tools
	@tests/tools.sh sam sbom
	for template in infra/sam/template.yaml infra/sam/examples/*/template.yaml; do \
	  tests/infra/check_template.sh "$$template"; done
	tests/infra/check_terraform.sh
	tests/infra/check_cdk.sh
	$(PYTHON) -m pytest -q tests

# What is known to be unsafe; what is passed over says why beside it.
security:
	@tests/tools.sh checkov
	.tools/checkov/bin/checkov -d infra/sam --config-file infra/sam/.checkov.yaml
	.tools/checkov/bin/checkov -d infra/terraform --framework terraform --compact --quiet --skip-download

# Cold start, memory and size of the release binaries beside Python and Node; writes docs/cold-start.md. Not a test.
bench:
	@tests/tools.sh python node
	cargo build --locked --release --bins $(FUNCTIONS:%=-p tidegate-%)
	$(PYTHON) tests/bench/cold_start.py --markdown docs/cold-start.md \
	  --env TIDEGATE_BUS=tidegate --env TIDEGATE_TOPIC=arn:aws:sns:eu-west-1:123456789012:on-call \
	  $(foreach name,$(FUNCTIONS),--bin $(name)=target/release/$(name) --event tests/bench/events/$(name).json)

# The judge beside what people use today, by simulation; writes docs/judge-benchmark.md and its chart. Not a test.
bench-judge:
	cargo run --locked --profile ci -p tidegate-tests-judge --bin bench-judge -- --out docs

# How fast the judge is, built as it is deployed; docs/judge-speed.md keeps the numbers. Not a test.
bench-speed:
	cargo bench --locked -p tidegate-tests-judge --bench speed

# What guarding SAM's canary is worth, by simulation: prints the table of docs/codedeploy.md. Not a test.
bench-guard:
	cargo run --locked --profile ci -p tidegate-tests-sim --bin guard -- 400

# How long feature-flag takes from an alarm's event until AppConfig is told to turn a flag off; writes docs/flags-latency.md. Not
# a test.
bench-kill:
	@tests/tools.sh python
	cargo build --locked --release --bins -p tidegate-feature-flag
	$(PYTHON) tests/bench/kill_switch.py --markdown docs/flags-latency.md --bin target/release/feature-flag

# What an installation costs a month, by calls that the simulated cloud counts: prints the table of infra/README.md. Not a test.
bench-cost:
	@cargo run --quiet --locked -p tidegate-tests-sim --bin cost

# Random worlds with faults in them, on every core; writes docs/soak.md. CI plays the first 2,000 seeds. Not a test. What these
# find, and what not: make mutations.
SEEDS := 200000
soak:
	cargo run --locked --profile ci -p tidegate-tests-sim --bin soak -- $(SEEDS) docs/soak.md \
	  "$$(git rev-parse --short HEAD)" "$$(date -u +%F)"

# Many rollouts at once on ministack, while calls fail and functions are killed; CI has 40 of them: make chaos ROLLOUTS=200 SEED=7.
ROLLOUTS ?= 200
SEED ?= 1
chaos: tools
	TIDEGATE_CHAOS_ROLLOUTS=$(ROLLOUTS) TIDEGATE_CHAOS_SEED=$(SEED) $(PYTHON) -m pytest -q -s tests/e2e/test_chaos.py

# Faults planted in a copy of the tree, and the seed, or the test, that finds each; writes docs/mutations.md. Not a test.
mutations:
	python3 tests/mutations/run.py --suite --out docs/mutations.md

# Faults that cargo-mutants thinks of, each built and shown to a crate's own tests: make mutants SHARD=0/10. See docs/mutants.md.
CRATE ?= tidegate-domain
FILES ?= shared/domain/src/decide/**/*.rs
SHARD ?= 0/1
mutants:
	@tests/tools.sh mutants
	.tools/bin/cargo-mutants mutants --package $(CRATE) --file '$(FILES)' --sharding round-robin --shard $(SHARD) --output target \
	  --timeout 60 --test-package $(CRATE) --baseline skip -- --tests

# Those of them that can be planted at once, shown to random worlds and all tests: make mutants-played PLAYED=tidegate-engine SHARD=0/6.
PLAYED ?= tidegate-engine
mutants-played:
	@tests/tools.sh mutants
	python3 tests/mutations/generated.py --package $(PLAYED) --share $(SHARD) --suite

# New code for an installation that is there: make deploy-functions NAME=tidegate. infra/deploy-functions.sh says what else it takes.
deploy-functions:
	@tests/tools.sh python
	@PATH="$(CURDIR)/.tools/venv/bin:$$PATH" infra/deploy-functions.sh

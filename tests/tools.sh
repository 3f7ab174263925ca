#!/usr/bin/env bash
# Puts the tools that the tests need into .tools/, which git ignores. Says nothing when there is nothing to do.
#
#   tests/tools.sh            the Python tools: .tools/venv
#   tests/tools.sh deny       cargo-deny:       .tools/bin/cargo-deny (compiles for some minutes, once)
#   tests/tools.sh sbom       cargo-cyclonedx:  .tools/bin/cargo-cyclonedx, for releases (compiles for some minutes, once)
#   tests/tools.sh mutants    cargo-mutants:    .tools/bin/cargo-mutants (compiles for some minutes, once)
#   tests/tools.sh node       the npm packages of tests/infra, tests/infra/terraform (half a gigabyte), tests/bench and infra/cdk
#   tests/tools.sh checkov    checkov:          .tools/checkov, an environment of its own
#   tests/tools.sh sam        the SAM CLI:      .tools/sam, another
#
# Several may be named at once. PYTHON names another Python than python3 (3.10 or newer).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=$root/.tools
cargo_deny_version=0.20.2
cargo_cyclonedx_version=0.5.9
cargo_mutants_version=27.1.0

# Runs a command and shows what it printed only when it failed.
quietly() {
  local log
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    echo "tools.sh: failed: $*" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

# A copy of the file that was installed last stands beside the installation, so that a second run costs a compare.
up_to_date() { cmp -s "$1" "$2"; }

# Makes an environment of exactly what a file of requirements names.
python_environment() {
  local environment=$1 wanted=$2
  local installed=$environment/installed-requirements.txt
  up_to_date "$wanted" "$installed" && return
  echo "tools.sh: installing ${wanted#"$root"/} into ${environment#"$root"/}" >&2
  [[ -x $environment/bin/python ]] || quietly "${PYTHON:-python3}" -m venv "$environment"
  quietly "$environment/bin/python" -m pip install --disable-pip-version-check --no-input -r "$wanted"
  cp "$wanted" "$installed"
}

# Compiles a tool of cargo's, in exactly this version.
cargo_tool() {
  local name=$1 version=$2
  [[ -x $tools/bin/$name ]] && grep -q "^\"$name $version " "$tools/.crates.toml" 2>/dev/null && return
  echo "tools.sh: compiling $name $version into .tools/bin" >&2
  # In the repository, so that the project's own toolchain compiles it; but not into the project's target directory.
  (cd "$root" && CARGO_TARGET_DIR=$tools/$name-target quietly \
    nice cargo install "$name" --locked --version "$version" --root "$tools")
  rm -rf "$tools/$name-target"
}

npm_packages() {
  local folder wanted installed
  for folder in "$root/tests/infra" "$root/tests/infra/terraform" "$root/tests/bench" "$root/infra/cdk"; do
    wanted=$folder/package-lock.json installed=$folder/node_modules/installed-package-lock.json
    up_to_date "$wanted" "$installed" && continue
    echo "tools.sh: installing the npm packages of ${folder#"$root"/}" >&2
    quietly npm ci --prefix "$folder" --no-audit --no-fund
    cp "$wanted" "$installed"
  done
}

mkdir -p "$tools"
for tool in "${@:-python}"; do
  case $tool in
    python) python_environment "$tools/venv" "$root/tests/requirements.txt" ;;
    checkov | sam) python_environment "$tools/$tool" "$root/tests/requirements-$tool.txt" ;;
    deny) cargo_tool cargo-deny "$cargo_deny_version" ;;
    sbom) cargo_tool cargo-cyclonedx "$cargo_cyclonedx_version" ;;
    mutants) cargo_tool cargo-mutants "$cargo_mutants_version" ;;
    node) npm_packages ;;
    *) echo "tools.sh: no tool is called \"$tool\"; known: python, checkov, sam, deny, sbom, mutants, node" >&2; exit 2 ;;
  esac
done

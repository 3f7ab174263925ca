#!/usr/bin/env bash
# Checks the CDK constructs as far as that goes without an AWS account; the fast checks come first.
#
#   tests/infra/check_cdk.sh [OUT]
#
# OUT is where the synthesized installation is left, as OUT/tidegate.template.json; nowhere unless stated. Needs Node 20. Without it
# everything is left out, and said so; with CI=true that fails.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=${1:-$work/installation}
status=0

node_is_recent() { [[ $(node --version 2>/dev/null) =~ ^v([0-9]+)\. && ${BASH_REMATCH[1]} -ge 20 ]]; }

if ! node_is_recent; then
  echo "check_cdk: SKIPPED: it needs Node 20 or newer" >&2
  [[ ${CI:-} != true ]]
  exit
fi

# What the tests make and forget goes with the working folder.
mkdir -p "$work/tmp" "$out"
export TMPDIR=$work/tmp

# Says what a check is and how long it took; shows what it printed only when it failed.
check() {
  local what=$1 began=$SECONDS
  shift
  if "$@" >"$work/log" 2>&1; then
    echo "check_cdk: $what, $((SECONDS - began)) s"
  else
    cat "$work/log" >&2
    echo "check_cdk: FAILED: $what" >&2
    status=1
  fi
}

"$root/tests/tools.sh" python node
cd "$root/infra/cdk"
rm -rf build
check "tsc" npm run --silent build
# Nothing after this makes sense for what does not compile.
[[ $status -eq 0 ]] || exit 1

check "tests" npm test --silent
installation=$out/tidegate.template.json
# Without CDK's own validation, which the example has.
CDK_VALIDATION=false CDK_OUTDIR=$out check "synth of the installation" node build/test/installation.js
[[ $status -eq 0 ]] || exit 1
check "its values, worked out" "$root/.tools/venv/bin/python" "$here/translate.py" --whole "$installation" "$work/whole.json"
check "iam_lint" node "$here/iam_lint.mjs" "$work/whole.json"
check "pattern_lint" node "$here/pattern_lint.mjs" "$work/whole.json"
# The example's app fails on what cdk-nag finds and nobody has acknowledged, and on what CDK's own validation finds.
packages=$(node -p 'require("./build/test/installation").madeUpPackages()')
CDK_OUTDIR=$work/example CDK_CONTEXT_JSON="{\"packages\": \"$packages\", \"@aws-cdk/core:validateAgainstDefaultRules\": true}" \
  check "synth of the example, with cdk-nag" node build/example/app.js
# W3005: CDK's functions name the roles that they refer to once more as what they depend on.
check "cfn-lint" "$root/.tools/venv/bin/cfn-lint" --ignore-checks W3005 --template "$installation" "$work"/example/*.template.json
exit "$status"

#!/usr/bin/env bash
# Checks a SAM template as far as that goes without an AWS account; the fast checks come first.
#
#   tests/infra/check_template.sh infra/sam/template.yaml
#
# The lints of policies and patterns need Node 20. Without it they are left out, and said so; with CI=true that fails.
set -euo pipefail

[[ $# -eq 1 && -f $1 ]] || { echo "usage: check_template.sh TEMPLATE" >&2; exit 2; }
template=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
python=$root/.tools/venv/bin/python
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

node_is_recent() { [[ $(node --version 2>/dev/null) =~ ^v([0-9]+)\. && ${BASH_REMATCH[1]} -ge 20 ]]; }

"$root/tests/tools.sh" python

# Nothing after this makes sense for a template that SAM does not understand.
"$python" "$here/translate.py" --whole "$template" "$work/whole.json"

if node_is_recent; then
  "$root/tests/tools.sh" node
  node "$here/iam_lint.mjs" "$work/whole.json" || status=1
  node "$here/pattern_lint.mjs" "$work/whole.json" || status=1
else
  echo "check_template: SKIPPED the lints of IAM policies and event patterns: they need Node 20 or newer" >&2
  [[ ${CI:-} != true ]] || status=1
fi

# The template, those nested in it, and what SAM makes of each; of the outermost only where it holds more than nested ones.
nested=$(sed -n "s|^ *TemplateURL: *|$(dirname "$template")/|p" "$template")
candidates=("$template" $nested)
for source in ${nested:-$template}; do
  translated=$work/$(basename "$source" .yaml).json
  "$python" "$here/translate.py" "$source" "$translated" >/dev/null
  candidates+=("$translated")
done
if "$root/.tools/venv/bin/cfn-lint" --template "${candidates[@]}"; then
  echo "cfn-lint: ${#candidates[@]} templates, no faults"
else
  status=1
fi
exit "$status"

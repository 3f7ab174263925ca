#!/usr/bin/env bash
# Checks the Terraform module and its examples as far as that goes without a provider and an AWS account: format, schema,
# plans, the module's own tests. The schema is the provider's; which values AWS refuses is not known.
#
#   tests/infra/check_terraform.sh
#
# It needs Terraform, and Node 20 to install the schema. Without them it is left out, and said so; with CI=true that fails.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

node_is_recent() { [[ $(node --version 2>/dev/null) =~ ^v([0-9]+)\. && ${BASH_REMATCH[1]} -ge 20 ]]; }

if ! command -v terraform >/dev/null || ! node_is_recent; then
  echo "check_terraform: SKIPPED the checks of infra/terraform: they need Terraform 1.9 and Node 20 or newer" >&2
  [[ ${CI:-} != true ]]
  exit
fi

"$root/tests/tools.sh" python node
cd "$here"
exec "$root/.tools/venv/bin/python" -m terraform.check

#!/usr/bin/env bash
# Builds the functions and gives their code to an installation that is there already. What else they have is the stack's.
#
#   NAME=tidegate infra/deploy-functions.sh
#
#   NAME       the installation's name [tidegate]
#   BINARIES   a folder with each function's `bootstrap` in a folder of its name; then nothing is built
#   AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL as everywhere
#
# Needs cargo-lambda and the AWS CLI. It never names an alias: that would get the new version at once, past any canary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

name=${NAME:-tidegate}
binaries=${BINARIES:-${CARGO_TARGET_DIR:-target}/lambda}
# Each function, and the binary that it runs.
functions=(
  "$name-traffic-shift traffic-shift"
  "$name-health-check health-check"
  "CodeDeployHook_$name health-check"
  "$name-rollback rollback"
  "$name-feature-flag feature-flag"
  "$name-notify notify"
)

refuse() { echo "deploy-functions: $*" >&2; exit 1; }

# Which processor a binary is for, by its ELF header.
machine() {
  case $(od -An -tx1 -j18 -N2 "$1") in
    " 3e 00") echo x86_64 ;;
    " b7 00") echo arm64 ;;
    *) echo "no processor of Lambda's" ;;
  esac
}

# cargo-lambda would create a function that is not there, with a role of its own, so all are asked for first.
for each in "${functions[@]}"; do
  read -r function _ <<<"$each"
  architecture=$(aws lambda get-function-configuration --function-name "$function" --query 'Architectures[0]' --output text) ||
    refuse "$function cannot be read; is an installation called NAME=$name in this account and region?"
done

if [[ -z ${BINARIES:-} ]]; then
  cargo lambda build --locked --release "--${architecture/_/-}" \
    -p tidegate-traffic-shift -p tidegate-health-check -p tidegate-rollback -p tidegate-feature-flag -p tidegate-notify
fi

for each in "${functions[@]}"; do
  read -r function binary <<<"$each"
  built_for=$(machine "$binaries/$binary/bootstrap")
  [[ $built_for == "$architecture" ]] || refuse "$binaries/$binary/bootstrap is for $built_for; $function runs on $architecture"
done

# With --binary-name cargo-lambda finds the crate's metadata: memory, timeout and tracing. It changes neither role nor environment.
for each in "${functions[@]}"; do
  read -r function binary <<<"$each"
  cargo lambda deploy --lambda-dir "$binaries" --binary-name "$binary" \
    ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} "$function"
done

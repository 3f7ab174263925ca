#!/usr/bin/env bash
# Puts packages that are built already, and the nested templates, into a bucket, and writes the template that installs them:
# with that file nobody needs Rust or this repository.
#
#   infra/sam/release.sh BUCKET [TEMPLATE]      writes TEMPLATE [tidegate-release.yaml], and prints the command that installs it
#
# Beside each package it leaves bootstrap.cdx.json, which lists what the binary is linked of (CycloneDX).
#
# BINARIES is the folder with <function>/bootstrap.zip, as `cargo lambda build --output-format zip` leaves them [target/lambda].
# Needs the SAM CLI, cargo, and `tests/tools.sh sbom`. Region, credentials and endpoints are found as by every AWS tool.
set -euo pipefail

[[ $# -eq 1 || $# -eq 2 ]] || { echo "usage: release.sh BUCKET [TEMPLATE]" >&2; exit 2; }
bucket=$1 release=${2:-tidegate-release.yaml}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
binaries=$(realpath -m "${BINARIES:-$here/../../target/lambda}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

functions=$(sed -n 's|.*CodeUri: ../../functions/||p' "$here"/*.yaml | sort -u)
missing=0
for name in $functions; do
  [[ -f $binaries/$name/bootstrap.zip ]] || { echo "release.sh: there is no $binaries/$name/bootstrap.zip" >&2; missing=1; }
done
[[ $missing -eq 0 ]] || { echo "release.sh: cargo lambda build --release --arm64 --output-format zip makes them" >&2; exit 1; }

# shellcheck disable=SC2086 # names of functions have no blanks
"$here/sbom.py" "$binaries" $functions || { echo "release.sh: what the packages are made of is not known" >&2; exit 1; }

# The same templates, with packages where the source stood and nothing left to build.
for template in "$here"/*.yaml; do
  sed -E "s|CodeUri: \.\./\.\./functions/([a-z-]+)|CodeUri: $binaries/\1/bootstrap.zip|; /^    Metadata:$/,/BuildProperties: /d" \
    "$template" >"$work/$(basename "$template")"
done
sam package --template-file "$work/template.yaml" --s3-bucket "$bucket" --s3-prefix tidegate --output-template-file "$release" \
  >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
echo "sam deploy --template-file $release --stack-name tidegate --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND"

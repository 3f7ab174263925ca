#!/usr/bin/env python3
"""What the SAM transform makes of a template, without AWS.

    translate.py TEMPLATE.yaml OUT.json

The lints look at this and not at the template, because roles, rules and permissions that SAM writes for
us count as much as those we write. Where the code lies does not matter here and is filled in.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path

# Set before the import: the translator asks boto3 for a region, which it then does not use.
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """SAM would look names such as AWSLambdaExecute up in the account; this project writes its policies out."""

    def load(self) -> dict:
        return {}


def read_template(path: Path) -> dict:
    """The template with dates as text: YAML reads an unquoted `Version: 2012-10-17` as a date."""
    return json.loads(json.dumps(yaml_parse(path.read_text()), default=str))


def translate(template: dict) -> dict:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://code/function.zip"
    return transform(template, {"AWS::Region": "eu-west-1"}, NoManagedPolicies())


def main() -> int:
    if len(sys.argv) != 3:
        print("usage: translate.py TEMPLATE.yaml OUT.json", file=sys.stderr)
        return 2
    source, target = map(Path, sys.argv[1:])
    try:
        translated = translate(read_template(source))
    except InvalidDocumentException as error:
        print(f"translate: {source} is no valid SAM template:", *(cause.message for cause in error.causes), sep="\n  ")
        return 1
    target.write_text(json.dumps(translated, indent=2))
    kinds = Counter(resource["Type"] for resource in translated["Resources"].values())
    print("translate:", ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())

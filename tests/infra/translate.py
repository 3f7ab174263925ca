#!/usr/bin/env python3
"""What the SAM transform makes of a template, without AWS.

    translate.py TEMPLATE.yaml OUT.json            one template, as CloudFormation would get it
    translate.py --whole TEMPLATE.yaml OUT.json [Parameter=Value ...]
                                                   with all nested stacks in one, and every value worked out

The lints look at this and not at the template, because roles, rules and permissions that SAM writes for
us count as much as those we write. Where the code lies does not matter here and is filled in.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections import Counter
from pathlib import Path

# Set before the import: the translator asks boto3 for a region, which it then does not use.
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")

# It warns of metrics about itself that nobody collects. Faults are exceptions.
logging.getLogger("samtranslator").setLevel(logging.ERROR)

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
    return transformed(template)


def transformed(template: dict) -> dict:
    """A template after SAM's transform, with the code where the template says."""
    return transform(template, {"AWS::Region": "eu-west-1"}, NoManagedPolicies())


def whole(source: Path, parameters: dict[str, str]) -> dict:
    """All that the template and those nested in it make, every value worked out."""
    from formation import Stack  # which reads templates with this module

    made = Stack.of_sam(source, parameters).resources()
    return {"Resources": {one.id.replace("/", ""): {"Type": one.type, "Properties": one.properties} for one in made}}


def main(arguments: list[str]) -> int:
    is_whole = arguments[:1] == ["--whole"]
    source, target, *parameters = arguments[is_whole:] if len(arguments) >= 2 + is_whole else (None, None)
    if source is None or (parameters and not is_whole):
        print("usage: translate.py [--whole] TEMPLATE.yaml OUT.json [Parameter=Value ...]", file=sys.stderr)
        return 2
    try:
        given = dict(parameter.split("=", 1) for parameter in parameters)
        translated = whole(Path(source), given) if is_whole else translate(read_template(Path(source)))
    except InvalidDocumentException as error:
        print(f"translate: {source} is no valid SAM template:", *(cause.message for cause in error.causes), sep="\n  ")
        return 1
    Path(target).write_text(json.dumps(translated, indent=2))
    kinds = Counter(resource["Type"] for resource in translated["Resources"].values())
    print("translate:", ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

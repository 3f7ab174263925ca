"""The checks of the Terraform module find each planted fault, and its README says what its code says."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from terraform.offline import LIB, MODULE, Refused, Terraform, copy_module, offline
from terraform.schema import extract

pytestmark = pytest.mark.skipif(
    os.environ.get("CI") != "true" and not (shutil.which("terraform") and LIB.is_dir()),
    reason="the checks need Terraform and tests/tools.sh node",
)


@pytest.fixture(scope="module")
def terraform() -> Iterator[Terraform]:
    with offline() as found:
        yield found


# ---------------------------------------------------------------- planted faults
FUNCTION = "modules/function/function.tf"
QUEUE = "modules/function/queue.tf"
# What is wrong: where, what stands there, what is planted, what Terraform says.
FAULTS = {
    "unknown argument": ("state.tf", "kms_master_key_id =", "kms_key_id =", 'argument named "kms_key_id" is not expected here'),
    "unknown argument in a block": (FUNCTION, "log_group  =", "group  =", 'argument named "group" is not expected here'),
    "unknown block": ("state.tf", "point_in_time_recovery {", "recovery {", 'Blocks of type "recovery" are not expected here'),
    "unknown resource": ("state.tf", '"aws_sns_topic" "on_call"', '"aws_topic" "on_call"', 'does not support resource type "aws_topic"'),
    "unknown data source": ("locals.tf", '"aws_partition"', '"aws_partitions"', 'does not support data source "aws_partitions"'),
    "wrong type": (QUEUE, "= 1209600", '= "two weeks"', "a number is required"),
    "wrong type of a list": (FUNCTION, "architectures = [var.installation.architecture]", "architectures = var.installation.architecture", "list of string required"),
    "missing argument": (FUNCTION, "  role          = aws_iam_role.role.arn\n", "", 'The argument "role" is required'),
    "missing argument in a block": ("sweep.tf", "    role_arn = aws_iam_role.sweep.arn\n", "", 'The argument "role_arn" is required'),
    "missing block": ("sweep.tf", '  flexible_time_window {\n    mode = "OFF"\n  }\n', "", "At least 1 \"flexible_time_window\" blocks are required"),
    "a block too many": (FUNCTION, "  tracing_config {", '  tracing_config {\n    mode = "PassThrough"\n  }\n  tracing_config {', 'No more than 1 "tracing_config" blocks are allowed'),
    "an argument of AWS's": (QUEUE, "  message_retention", '  arn = "mine"\n  message_retention', "arn is AWS's to say"),
    "a resource that is not there": (QUEUE, "queue_url = aws_sqs_queue.undelivered.id", "queue_url = aws_sqs_queue.dead.id", "Reference to undeclared resource"),
    "an attribute that is not there": (QUEUE, "queue_url = aws_sqs_queue.undelivered.id", "queue_url = aws_sqs_queue.undelivered.link", "Unsupported attribute"),
    "a variable that is not there": ("state.tf", "deletion_protection_enabled = var.deletion_protection", "deletion_protection_enabled = var.protection", "Reference to undeclared input variable"),
    "an output that is not there": ("watch.tf", "module.notify.alarms", "module.notify.alarm", "Unsupported attribute"),
    "dropped argument of a function": ("notify.tf", '  description          = "Tells on-call, once."\n', "", 'The argument "description" is required'),
    "misspelt argument of a function": ("notify.tf", "  statements = ", "  rights = ", 'argument named "rights" is not expected here'),
    "a statement without actions": ("rollback.tf", '      actions   = ["lambda:GetAlias"]\n', "", 'attribute "actions" is required'),
    "a key that is not always there": ("locals.tf", "one(concat(aws_kms_key.on_call[*].arn", "one(concat(aws_kms_key.on_call[1].arn", "Invalid index"),
    "a template without its value": ("watch.tf", ", region = local.region }", " }", 'vars map does not contain key "region"'),
    "a dashboard without its template": ("watch.tf", "dashboard.json.tftpl", "dashboard.json", "no file exists"),
    "a package that was not built": (FUNCTION, 'zip       = "${var.name}/bootstrap.zip"', 'zip       = "${var.name}.zip"', "packages: there is no"),
}  # fmt: skip


def plant(module: Path, file: str, old: str, new: str) -> None:
    text = (module / file).read_text()
    assert text.count(old) >= 1, f"{file} has no {old!r}"
    (module / file).write_text(text.replace(old, new, 1))


def unframed(refusal: str) -> str:
    """What Terraform says, without the frame and the line breaks."""
    return " ".join(refusal.replace("│", " ").split())


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, terraform: Terraform, tmp_path: Path) -> None:
    file, old, new, said = FAULTS[fault]
    module = copy_module(tmp_path)
    plant(module, file, old, new)
    with pytest.raises(Refused) as refused:
        terraform.plan(module)
    assert said in unframed(str(refused.value))


def test_another_format_is_found(terraform: Terraform, tmp_path: Path) -> None:
    module = copy_module(tmp_path)
    plant(module, "modules/function/outputs.tf", "  value ", "    value ")
    with pytest.raises(Refused, match=r"outputs\.tf"):
        terraform.run(module, "fmt", "-check", "-recursive")


def test_a_right_without_its_tag_is_found(terraform: Terraform, tmp_path: Path) -> None:
    module = copy_module(tmp_path)
    plant(module, "rights.tf", "    condition = local.tagged\n", "")
    with pytest.raises(Refused, match="may move an alias without the tag"):
        terraform.test(module)


# ---------------------------------------------------------------- the stand-in
def test_what_roles_and_policies_say_is_known_in_a_plan(terraform: Terraform, tmp_path: Path) -> None:
    changes = terraform.plan(copy_module(tmp_path))["resource_changes"]
    unknown = {
        change["address"]: key
        for change in changes
        for key in change["change"]["after_unknown"]
        if key in ("policy", "assume_role_policy", "role", "arn", "source_arn", "alarm_rule", "dashboard_body", "environment")
        and change["change"]["after_unknown"][key] is True
    }
    assert (len(changes) > 100, unknown) == (True, {})


def test_the_schema_knows_who_says_what() -> None:
    schema = extract(LIB, [MODULE])["resource"]
    flags = {
        (kind, name): tuple(schema[kind]["attributes"][name][flag] for flag in ("required", "optional", "computed"))
        for kind, name in (
            ("aws_lambda_function", "role"),
            ("aws_lambda_function", "filename"),
            ("aws_sqs_queue", "name"),
            ("aws_sqs_queue", "arn"),
        )
    }
    assert list(flags.values()) == [(True, False, False), (False, True, False), (False, True, True), (False, False, True)]
    assert schema["aws_scheduler_schedule"]["block_types"]["target"]["block"]["attributes"]["role_arn"]["required"]


# ---------------------------------------------------------------- the README
VARIABLE = re.compile(r'^variable "(\w+)" \{\n  description = "([^\n]*)"\n(.*?)^\}', re.M | re.S)
OUTPUT = re.compile(r'^output "(\w+)" \{\n  description = "(.*)"\n', re.M)


def inputs() -> list[str]:
    found = VARIABLE.findall((MODULE / "variables.tf").read_text())
    default = re.compile(r"^  default\s+= (.*)$", re.M)
    return [f"| `{name}` | `{default.search(body)[1]}` | {unquoted(description)} |" for name, description, body in found]


def outputs() -> list[str]:
    return [f"| `{name}` | {unquoted(description)} |" for name, description in OUTPUT.findall((MODULE / "outputs.tf").read_text())]


def unquoted(text: str) -> str:
    return text.replace('\\"', '"')


@pytest.mark.parametrize("table", [inputs, outputs])
def test_the_readme_has_every_input_and_every_output(table) -> None:
    lines = (MODULE / "README.md").read_text().splitlines()
    first = lines.index(table()[0])
    assert lines[first : first + len(table()) + 1] == [*table(), ""]

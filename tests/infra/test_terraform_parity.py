"""The Terraform module makes what the templates make, and a difference that no schema knows of is found by that."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import inventory_formation
import inventory_terraform
from formation import Stack
from inventory import difference
from terraform.offline import LIB, MODULE, ROOT, Terraform, copy_module, offline
from translate import read_template

pytestmark = pytest.mark.skipif(
    os.environ.get("CI") != "true" and not (shutil.which("terraform") and LIB.is_dir()),
    reason="the checks need Terraform and tests/tools.sh node",
)

TEMPLATE = ROOT / "infra/sam/template.yaml"
# Where the packages are SAM says for each function, and the template protects its table in any case.
TERRAFORM_ALONE = {"packages", "deletion_protection"}
EVERYTHING = {
    "name": "second",
    "architecture": "x86_64",
    "log_level": "debug",
    "log_retention_days": 365,
    "kms_key_arn": "arn:aws:kms:eu-west-1:123456789012:key/given",
    "alarm_topic_arn": "arn:aws:sns:eu-west-1:123456789012:platform",
    "policies": ["shop-*", "search"],
    "check_function_prefix": "smoke-",
    "guarded_flags_resource": "arn:aws:appconfig:eu-west-1:123456789012:application/abc1234",
    "guarded_flags_policy": "flags",
    "reserve_concurrency": False,
}


@pytest.fixture(scope="module")
def terraform() -> Iterator[Terraform]:
    with offline() as found:
        yield found


def parameter(name: str) -> str:
    """A variable's name as the templates write it."""
    return "".join(word.capitalize() for word in name.split("_"))


def stated(value: object) -> str:
    """A variable's value as the templates take it."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, list) else str(value)


@cache
def templates(**parameters: str) -> dict:
    """What the templates make."""
    return inventory_formation.of_stack(Stack.of_sam(TEMPLATE, parameters))


def besides(terraform: Terraform, module: Path, variables: dict) -> list[str]:
    """Where what Terraform plans differs from what the templates make."""
    parameters = {parameter(name): stated(value) for name, value in variables.items()}
    return difference(templates(**parameters), inventory_terraform.of_plan(terraform.plan(module, variables)))


def test_variables_are_the_template_s_parameters() -> None:
    variables = set(re.findall(r'^variable "(\w+)"', (MODULE / "variables.tf").read_text(), re.M)) - TERRAFORM_ALONE
    assert {parameter(name) for name in variables} == set(read_template(TEMPLATE)["Parameters"])
    assert variables == set(EVERYTHING)


@pytest.mark.parametrize("variables", [{}, EVERYTHING], ids=["by default", "with everything set"])
def test_the_module_makes_what_the_templates_make(variables: dict, terraform: Terraform, tmp_path: Path) -> None:
    assert besides(terraform, copy_module(tmp_path), variables) == []


# What the provider's schema has nothing against: where, what stands there, what is planted, what is said to differ.
FAULTS = {
    "a value that AWS does not know": ("state.tf", '"PAY_PER_REQUEST"', '"PAY_PER_REQEST"', "billing"),
    "a dropped argument": ("state.tf", "  kms_master_key_id = local.topic_key\n", "", "topic/tidegate-on-call/encryption"),
    "a dropped block": ("state.tf", "  point_in_time_recovery {\n    enabled = true\n  }\n", "  point_in_time_recovery {\n    enabled = false\n  }\n", "recovery"),
    "a dropped dead-letter queue": ("modules/function/rules.tf", "  dead_letter_config {\n    arn = aws_sqs_queue.undelivered.arn\n  }\n", "", "undelivered to nobody"),
    "a dropped permission": ("modules/function/rules.tf", "for_each = aws_cloudwatch_event_rule.rule\n\n  function_name", "for_each = {}\n\n  function_name", "may not invoke it"),
    "a dropped statement": ("notify.tf", "sns:Publish", "sns:PublishBatch", "sns:Publish"),
    "a right without its tag": ("rights.tf", "    condition = local.tagged\n", "", "lambda:UpdateAlias"),
    "a misspelt event": ("notify.tf", '["Rollout Outcome"]', '["Rollout Outcomes"]', "Rollout Outcomes"),
    "another threshold": ("modules/function/alarms.tf", "threshold           = 1", "threshold           = 10", "threshold"),
    "an alarm that pages nobody": ("watch.tf", "    module.notify.alarms,\n", "", "any of"),
    "another share of the concurrency": ("rollback.tf", "= 10", "= 1", "reserved"),
    "an escaped placeholder": ("sweep.tf", "<aws.scheduler.scheduled-time>", "<aws.scheduler.time>", "input"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_difference_is_found(fault: str, terraform: Terraform, tmp_path: Path) -> None:
    file, old, new, said = FAULTS[fault]
    module = copy_module(tmp_path)
    text = (module / file).read_text()
    assert old in text
    (module / file).write_text(text.replace(old, new, 1))
    assert any(said in line for line in besides(terraform, module, {}))


def test_an_argument_that_the_inventory_does_not_know_is_an_error(terraform: Terraform, tmp_path: Path) -> None:
    module = copy_module(tmp_path)
    queue = module / "modules/function/queue.tf"
    queue.write_text(queue.read_text().replace("  message_retention", "  delay_seconds = 60\n  message_retention", 1))
    with pytest.raises(ValueError, match="nobody looks at .*delay_seconds"):
        besides(terraform, module, {})

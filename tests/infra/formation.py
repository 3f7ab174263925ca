"""CloudFormation templates as values: parameters, conditions, references and nested stacks are worked out.

What a reference stands for is made of the resource's own name, so that a policy can be read as it will be: with ARNs,
in one account and region, and without an account.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from translate import read_template, translate

ACCOUNT, REGION = "123456789012", "eu-west-1"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
NO_VALUE = object()
NESTED = "AWS::CloudFormation::Stack"


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


# For each type: the property with its name, what Ref gives, and what GetAtt gives, all made of that name.
IDENTITIES: dict[str, tuple[str, Callable[[str], str], Mapping[str, Callable[[str], str]]]] = {
    "AWS::Lambda::Function": ("FunctionName", str, {"Arn": lambda n: arn("lambda", f"function:{n}")}),
    "AWS::DynamoDB::Table": ("TableName", str, {"Arn": lambda n: arn("dynamodb", f"table/{n}")}),
    "AWS::Events::EventBus": ("Name", str, {"Arn": lambda n: arn("events", f"event-bus/{n}"), "Name": str}),
    "AWS::SNS::Topic": ("TopicName", lambda n: arn("sns", n), {"TopicName": str, "TopicArn": lambda n: arn("sns", n)}),
    "AWS::SQS::Queue": (
        "QueueName",
        lambda n: f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{n}",
        {"Arn": lambda n: arn("sqs", n), "QueueName": str},
    ),
    "AWS::Logs::LogGroup": ("LogGroupName", str, {"Arn": lambda n: arn("logs", f"log-group:{n}:*")}),
    "AWS::CloudWatch::Alarm": ("AlarmName", str, {"Arn": lambda n: arn("cloudwatch", f"alarm:{n}")}),
    "AWS::CloudWatch::CompositeAlarm": ("AlarmName", str, {"Arn": lambda n: arn("cloudwatch", f"alarm:{n}")}),
    "AWS::AppConfig::DeploymentStrategy": ("Name", lambda n: f"strategy:{n}", {"Id": lambda n: f"strategy:{n}"}),
    "AWS::AppConfig::Extension": (
        "Name",
        lambda n: f"extension:{n}",
        {"Arn": lambda n: f"extension:{n}", "Id": lambda n: f"extension:{n}", "VersionNumber": lambda n: "1"},
    ),
    # A stack has one key of its own at most.
    "AWS::KMS::Key": ("Description", lambda n: "own", {"Arn": lambda n: arn("kms", "key/own"), "KeyId": lambda n: "own"}),
    "AWS::Scheduler::Schedule": ("Name", str, {"Arn": lambda n: arn("scheduler", f"schedule/default/{n}")}),
}


@dataclass(frozen=True)
class Resource:
    """A resource with its properties worked out. `id` is unique among all nested stacks."""

    id: str
    type: str
    properties: dict


class Unresolved(ValueError):
    """Something that a template refers to and that cannot be worked out."""


@dataclass
class Stack:
    """One template with its parameters' values."""

    template: Mapping
    folder: Path
    parameters: Mapping[str, object]
    path: str = ""
    _nested: dict[str, Stack] = field(default_factory=dict)

    @classmethod
    def of_sam(cls, template: Path, parameters: Mapping[str, object] | None = None) -> Stack:
        return cls(translate(read_template(template)), template.parent, parameters or {})

    @classmethod
    def of_json(cls, template: Path, parameters: Mapping[str, object] | None = None) -> Stack:
        return cls(json.loads(template.read_text()), template.parent, parameters or {})

    def resources(self) -> Iterator[Resource]:
        """Every resource that is made, those of nested stacks among them."""
        for name, resource in self.template["Resources"].items():
            if not self._is_made(resource):
                continue
            if resource["Type"] == NESTED:
                yield from self.nested(name).resources()
            else:
                yield Resource(self.path + name, resource["Type"], self.value(resource.get("Properties", {})))

    def outputs(self) -> dict[str, object]:
        found = self.template.get("Outputs", {})
        return {name: self.value(output["Value"]) for name, output in found.items() if self._is_made(output)}

    def nested(self, name: str) -> Stack:
        if name not in self._nested:
            properties = self.template["Resources"][name]["Properties"]
            file = self.folder / properties["TemplateURL"]
            parameters = self.value(properties.get("Parameters", {}))
            self._nested[name] = Stack(translate(read_template(file)), file.parent, parameters, f"{self.path}{name}/")
        return self._nested[name]

    def value(self, node: object) -> object:
        """What a node of the template comes to; parts that come to no value are left out."""
        if isinstance(node, list):
            return [found for part in node if (found := self.value(part)) is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((key, argument),) = node.items()
            if key == "Ref" or key.startswith("Fn::"):
                return self._function(key, argument)
        return {key: found for key, part in node.items() if (found := self.value(part)) is not NO_VALUE}

    def _function(self, name: str, argument: object) -> object:
        match name:
            case "Ref":
                return self._ref(argument)
            case "Fn::GetAtt":
                path = argument.split(".") if isinstance(argument, str) else argument
                return self._attribute(path[0], ".".join(path[1:]))
            case "Fn::Sub":
                return self._sub(argument)
            case "Fn::Join":
                separator, parts = argument
                return separator.join(map(str, self.value(parts)))
            case "Fn::If":
                condition, then, otherwise = argument
                return self.value(then if self._condition(condition) else otherwise)
        raise Unresolved(f"{self.path}: {name} is not known here")

    def _ref(self, name: str) -> object:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name == "AWS::StackName":
            return self.path.rstrip("/") or "stack"
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.template.get("Parameters", {}):
            return self._parameter(name)
        return self._identity(name)[0]

    def _parameter(self, name: str) -> object:
        declared = self.template["Parameters"][name]
        given = self.parameters.get(name, declared.get("Default", Unresolved))
        if given is Unresolved:
            raise Unresolved(f"{self.path}{name}: the parameter has no value")
        return str(given).split(",") if declared["Type"] == "CommaDelimitedList" else given

    def _attribute(self, name: str, attribute: str) -> object:
        resource = self.template["Resources"].get(name)
        if resource is None:
            raise Unresolved(f"{self.path}: there is no resource {name}")
        if resource["Type"] == NESTED:
            outputs = self.nested(name).outputs()
            key = attribute.removeprefix("Outputs.")
            if key not in outputs:
                raise Unresolved(f"{self.path}{name} has no output {key}")
            return outputs[key]
        attributes = self._identity(name)[1]
        if resource["Type"] not in IDENTITIES:
            return f"id:{self.path}{name}" if attribute in ("Arn", "Id") else f"id:{self.path}{name}.{attribute}"
        if attribute not in attributes:
            raise Unresolved(f"{self.path}{name}: {attribute} of a {resource['Type']} is not known here")
        return attributes[attribute]

    def _identity(self, name: str) -> tuple[str, dict[str, str]]:
        """What Ref and GetAtt give for a resource. One without a name of its own goes by its place in the template."""
        resource = self.template["Resources"].get(name)
        if resource is None:
            raise Unresolved(f"{self.path}: there is no resource or parameter {name}")
        if resource["Type"] not in IDENTITIES:
            return f"id:{self.path}{name}", {}
        key, ref, attributes = IDENTITIES[resource["Type"]]
        own = self.value(resource["Properties"].get(key, f"id:{self.path}{name}"))
        return ref(own), {attribute: make(own) for attribute, make in attributes.items()}

    def _sub(self, argument: str | list) -> str:
        text, local = (argument, {}) if isinstance(argument, str) else argument

        def replaced(found: re.Match) -> str:
            name = found[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in local:
                return str(self.value(local[name]))
            head, _, attribute = name.partition(".")
            return str(self._attribute(head, attribute) if attribute else self._ref(name))

        return re.sub(r"\$\{([^}]+)\}", replaced, text)

    def _is_made(self, node: Mapping) -> bool:
        return "Condition" not in node or self._condition(node["Condition"])

    def _condition(self, node: object) -> bool:
        if isinstance(node, str):
            return self._condition(self.template["Conditions"][node])
        ((name, argument),) = node.items()
        match name:
            case "Condition":
                return self._condition(argument)
            case "Fn::Equals":
                one, other = (str(self.value(side)) for side in argument)
                return one == other
            case "Fn::Not":
                return not self._condition(argument[0])
            case "Fn::And":
                return all(map(self._condition, argument))
            case "Fn::Or":
                return any(map(self._condition, argument))
        raise Unresolved(f"{self.path}: the condition {name} is not known here")

"""AppConfig as somebody has it who uses flags: an application with one environment and one profile, and what is served of it.

The emulator's deployments progress, bake, end, are stopped and reverted, and what it serves follows them. Three things are
AWS's alone, and proven elsewhere: it takes a stale version number for any (the requests in shared/aws/tests/wire carry it),
forgets the description of a version, and has no extensions, so that nobody says when a deployment ends: the tests do.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path

from cloud import ACCOUNT, REGION, wait_until
from house import EVENTS, SOON, House, now

DOCUMENT = (Path(__file__).resolve().parents[2] / "events" / "flags" / "shop.json").read_text()


class Shop:
    """An application of its own, whose first version is deployed."""

    def __init__(self, house: House, name: str):
        self.house = house
        self.appconfig = house.cloud.client("appconfig")
        self.name = f"{name}-{uuid.uuid4().hex[:6]}"
        self.application = self.appconfig.create_application(Name=self.name)["Id"]
        self.environment = self.appconfig.create_environment(ApplicationId=self.application, Name="prod")["Id"]
        self.profile = self.appconfig.create_configuration_profile(
            ApplicationId=self.application, Name="flags", LocationUri="hosted", Type="AWS.AppConfig.FeatureFlags"
        )["Id"]
        self.at_once = house.stack.resources["FeatureFlag/FlagsAtOnce"]
        self.deploy(self.write(DOCUMENT))

    @property
    def where(self) -> dict[str, str]:
        """The profile as policies and requests name it."""
        return {"application": self.name, "environment": "prod", "profile": "flags"}

    # What people do in AppConfig

    def write(self, text: str) -> int:
        answer = self.appconfig.create_hosted_configuration_version(
            ApplicationId=self.application,
            ConfigurationProfileId=self.profile,
            Content=text.encode(),
            ContentType="application/json",
        )
        return answer["VersionNumber"]

    def deploy(self, version: int, strategy: str | None = None) -> int:
        answer = self.appconfig.start_deployment(
            ApplicationId=self.application,
            EnvironmentId=self.environment,
            ConfigurationProfileId=self.profile,
            ConfigurationVersion=str(version),
            DeploymentStrategyId=strategy or self.at_once,
        )
        return answer["DeploymentNumber"]

    def stop(self, number: int) -> None:
        self.appconfig.stop_deployment(
            ApplicationId=self.application, EnvironmentId=self.environment, DeploymentNumber=number, AllowRevert=True
        )

    def strategy(self, minutes: int) -> dict:
        """A strategy that gets to all clients at its end: its `Id` and its `Name`."""
        return self.appconfig.create_deployment_strategy(
            Name=f"{self.name}-{minutes}",
            DeploymentDurationInMinutes=minutes,
            FinalBakeTimeInMinutes=0,
            GrowthFactor=100,
            GrowthType="LINEAR",
            ReplicateTo="NONE",
        )

    # What is asked of Tidegate

    def request(self, flag: str, **wanted: object) -> dict:
        """An event that asks for a toggle; its id is the toggle's."""
        return self.house.bus_event("Flag Toggle Requested", self.where | {"flag": flag, "by": "e2e"} | wanted)

    def ask(self, flag: str, **wanted: object) -> str:
        """Asks for a toggle on the bus; returns the toggle's id."""
        event = self.request(flag, **wanted)
        return self.house.cloud.put_event("tidegate", event["detail-type"], event["detail"], self.house.bus)

    def say(self, what: str, number: int) -> None:
        """Says that a deployment came to something, as AppConfig does where an extension tells it to; the emulator never does."""
        event = json.loads((EVENTS / f"eb-appconfig-{what}.json").read_text())
        event |= {"id": str(uuid.uuid4()), "account": ACCOUNT, "region": REGION, "time": f"{now():%Y-%m-%dT%H:%M:%SZ}"}
        named = {"Application": (self.application, self.name), "Environment": (self.environment, "prod")}
        named["ConfigurationProfile"] = (self.profile, "flags")
        event["detail"] |= {member: {"Id": id, "Name": name} for member, (id, name) in named.items()}
        event["detail"]["DeploymentNumber"] = number
        self.house.cloud.deliver(event)

    # What is

    def toggle(self, id: str) -> dict:
        item = self.house.item(f"TOGGLE#{id}", "TOGGLE")
        assert item, f"there is no toggle {id}"
        return json.loads(item["doc"])["toggle"]

    def live(self) -> set[str]:
        """The toggles that sweeps look at."""
        query = {"TableName": self.house.table, "IndexName": "shelf", "KeyConditionExpression": "shelf = :live"}
        found = self.house.cloud.client("dynamodb").query(**query, ExpressionAttributeValues={":live": {"S": "live"}})
        keys = [item["pk"]["S"] for item in found["Items"]]
        return {key.removeprefix("TOGGLE#") for key in keys if key.startswith("TOGGLE#")}

    def until(self, id: str, stage: str) -> dict:
        """Waits until a toggle is at a stage and has nothing more to tell."""

        def there() -> dict | None:
            toggle = self.toggle(id)
            assert toggle["stage"]["is"] == stage and "untold" not in toggle, toggle
            return toggle

        return wait_until(there, SOON, f"toggle {id} is {stage}")

    def sweep_until(self, id: str, stage: str, timeout: float = SOON) -> dict:
        def swept() -> dict | None:
            self.house.sweep()
            toggle = self.toggle(id)
            assert toggle["stage"]["is"] == stage and "untold" not in toggle, toggle
            return toggle

        return wait_until(swept, timeout, f"sweeps bring toggle {id} to {stage}", every=0.5)

    def deployments(self) -> list[tuple[int, str, str]]:
        """Number, version and state of every deployment, oldest first."""
        found = self.appconfig.list_deployments(ApplicationId=self.application, EnvironmentId=self.environment)["Items"]
        found.sort(key=lambda deployment: deployment["DeploymentNumber"])
        return [(one["DeploymentNumber"], one["ConfigurationVersion"], one["State"]) for one in found]

    def text(self, version: int) -> str:
        answer = self.appconfig.get_hosted_configuration_version(
            ApplicationId=self.application, ConfigurationProfileId=self.profile, VersionNumber=version
        )
        return answer["Content"].read().decode()

    def served(self) -> dict:
        """The flags that a client gets that asks now."""
        data = self.house.cloud.client("appconfigdata")
        token = data.start_configuration_session(
            ApplicationIdentifier=self.application,
            EnvironmentIdentifier=self.environment,
            ConfigurationProfileIdentifier=self.profile,
        )["InitialConfigurationToken"]
        return json.loads(data.get_latest_configuration(ConfigurationToken=token)["Configuration"].read())

    def is_on(self, flag: str) -> bool:
        return self.served()[flag]["enabled"]

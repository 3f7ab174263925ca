import { aws_appconfig as appconfig } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { NOTHING_NARROWER, arnOf, may, ofTagged, reads } from "../rights";
import { TideFunction, type House } from "../tide-function";

// In an ARN's pattern * stands for slashes too: these are applications with all that is in them.
const APPLICATIONS = arnOf("appconfig", "application/*");

const BESIDE_THE_TAGGED =
  "The call wants it beside the application, the profile and the environment, which have to be tagged.";

/** Sets feature flags. Nobody else changes anything in AppConfig. */
export class FeatureFlag extends TideFunction {
  constructor(scope: Construct, house: House) {
    super(scope, "FeatureFlag", house, "feature-flag", {
      description: "Sets feature flags, for rollouts and for people, and turns them off when an alarm fires.",
      concurrency: 5,
      environment: { TIDEGATE_FLAG_STRATEGY: atOnce(scope, house.settings.name).ref },
      rights: [
        may(["appconfig:ListApplications", "appconfig:ListDeploymentStrategies"], "*", { wide: NOTHING_NARROWER }),
        reads(
          [
            "appconfig:GetDeployment",
            "appconfig:GetHostedConfigurationVersion",
            "appconfig:ListConfigurationProfiles",
            "appconfig:ListDeployments",
            "appconfig:ListEnvironments",
            "appconfig:ListHostedConfigurationVersions",
          ],
          APPLICATIONS,
        ),
        // Each of them has to have the tag: the application, the profile, the environment.
        ofTagged(
          ["appconfig:CreateHostedConfigurationVersion", "appconfig:StartDeployment", "appconfig:StopDeployment"],
          APPLICATIONS,
          house.settings.policies,
        ),
        may("appconfig:StopDeployment", arnOf("appconfig", "application/*/environment/*/deployment/*"), {
          wide: BESIDE_THE_TAGGED,
        }),
        may("appconfig:StartDeployment", arnOf("appconfig", "deploymentstrategy/*"), { wide: BESIDE_THE_TAGGED }),
      ],
    });
    this.hears("Toggles", "tidegate", { source: ["tidegate"], "detail-type": ["Flag Toggle Requested", "Flags Due"] });
    this.hears("Due", "tidegate", {
      source: ["tidegate"],
      "detail-type": ["Effects Due"],
      detail: { owner: ["feature-flag"] },
    });
    // Kill switches. rollback hears of the same alarms, for rollouts.
    this.hears("Alarms", "default", {
      source: ["aws.cloudwatch"],
      "detail-type": ["CloudWatch Alarm State Change"],
      detail: { state: { value: ["ALARM"] } },
    });
    this.hears("FlagDeployments", "default", {
      source: ["aws.appconfig"],
      "detail-type": ["On Deployment Complete", "On Deployment Rollback"],
    });
  }
}

/** All at once and without a bake. AppConfig's own AllAtOnce bakes for ten minutes, in which nothing else can be deployed. */
function atOnce(scope: Construct, name: string): appconfig.CfnDeploymentStrategy {
  return new appconfig.CfnDeploymentStrategy(scope, "FlagsAtOnce", {
    name: `${name}-at-once`,
    description: "To all clients at once, without a bake.",
    deploymentDurationInMinutes: 0,
    finalBakeTimeInMinutes: 0,
    growthFactor: 100,
    growthType: "LINEAR",
    replicateTo: "NONE",
  });
}

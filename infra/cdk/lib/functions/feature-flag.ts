import { aws_appconfig as appconfig } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { NOTHING_NARROWER, arnOf, may, reads } from "../rights";
import { TideFunction, type House } from "../tide-function";

const APPLICATIONS = arnOf("appconfig", "application/*");
const ENVIRONMENTS = arnOf("appconfig", "application/*/environment/*");
const PROFILES = arnOf("appconfig", "application/*/configurationprofile/*");
const ANY_FLAGS = "Policies and people name flags of any application. IAM takes no condition on tags for a call that touches several resources.";

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
          [APPLICATIONS, ENVIRONMENTS, PROFILES],
        ),
        may("appconfig:CreateHostedConfigurationVersion", [APPLICATIONS, PROFILES], { wide: ANY_FLAGS }),
        may(["appconfig:StartDeployment", "appconfig:StopDeployment"], [APPLICATIONS, ENVIRONMENTS, PROFILES, arnOf("appconfig", "deploymentstrategy/*")], { wide: ANY_FLAGS }),
      ],
    });
    this.hears("Toggles", "tidegate", { source: ["tidegate"], "detail-type": ["Flag Toggle Requested", "Flags Due"] });
    this.hears("Due", "tidegate", { source: ["tidegate"], "detail-type": ["Effects Due"], detail: { owner: ["feature-flag"] } });
    // Kill switches. rollback hears of the same alarms, for rollouts.
    this.hears("Alarms", "default", {
      source: ["aws.cloudwatch"],
      "detail-type": ["CloudWatch Alarm State Change"],
      detail: { state: { value: ["ALARM"] } },
    });
    this.hears("FlagDeployments", "default", { source: ["aws.appconfig"], "detail-type": ["On Deployment Complete", "On Deployment Rollback"] });
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

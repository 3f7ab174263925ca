import { aws_appconfig as appconfig, aws_lambda as lambda } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { arnOf, may, roleOf } from "./rights";
import type { Settings } from "./settings";

/**
 * The extension to associate with what is to be guarded: at every tick of a deployment AppConfig asks health-check whether it may
 * go on. It also has AppConfig say on the default bus when deployments begin and end, of which the functions hear otherwise only
 * when they look.
 */
export function flagGuard(scope: Construct, settings: Settings, healthCheck: lambda.IFunction): appconfig.CfnExtension {
  const role = roleOf(scope, "FlagGuardRole", "appconfig.amazonaws.com", "ask-health-check", [
    may("lambda:InvokeFunction", healthCheck.functionArn),
  ]);
  const says = (what: string) => [{ Name: `say-${what}`, Uri: arnOf("events", "event-bus/default") }];
  const guard = new appconfig.CfnExtension(scope, "FlagGuard", {
    name: `${settings.name}-guard`,
    description: "Tidegate judges deployments, and has those taken back that do harm.",
    actions: {
      AT_DEPLOYMENT_TICK: [{ Name: "judge", Uri: healthCheck.functionArn, RoleArn: role.roleArn }],
      ON_DEPLOYMENT_START: says("start"),
      ON_DEPLOYMENT_COMPLETE: says("complete"),
      ON_DEPLOYMENT_ROLLED_BACK: says("rolled-back"),
    },
    parameters: { Policy: { description: "The name of the policy that judges.", required: true } },
  });
  if (settings.guardedFlagsResource !== undefined && settings.guardedFlagsPolicy !== undefined) {
    new appconfig.CfnExtensionAssociation(scope, "GuardedFlags", {
      extensionIdentifier: guard.ref,
      extensionVersionNumber: guard.attrVersionNumber,
      resourceIdentifier: settings.guardedFlagsResource,
      parameters: { Policy: settings.guardedFlagsPolicy },
    });
  }
  return guard;
}

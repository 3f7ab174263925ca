import type { Construct } from "constructs";
import { NOTHING_NARROWER, may, movesTaggedTargets, readsAliases, readsDeployments } from "../rights";
import { TideFunction, type House } from "../tide-function";

/** Takes traffic back. */
export class Rollback extends TideFunction {
  constructor(scope: Construct, house: House) {
    super(scope, "Rollback", house, "rollback", {
      description: "Takes traffic back.",
      concurrency: 10,
      whenUndelivered:
        "A rollback could not be handled. Its event lies in the dead-letter queue; the sweep keeps trying.",
      rights: [
        readsAliases(),
        movesTaggedTargets(house.settings.policies),
        ...readsDeployments(),
        may("codedeploy:StopDeployment", "*", { wide: NOTHING_NARROWER }),
      ],
    });
    this.hears("Aborts", "tidegate", {
      source: ["tidegate"],
      "detail-type": ["Rollout Command"],
      detail: { verb: ["abort"] },
    });
    this.hears("Due", "tidegate", {
      source: ["tidegate"],
      "detail-type": ["Verdict Reached", "Effects Due"],
      detail: { owner: ["rollback"] },
    });
    this.hears("Alarms", "default", {
      source: ["aws.cloudwatch"],
      "detail-type": ["CloudWatch Alarm State Change"],
      detail: { state: { value: ["ALARM"] } },
    });
    this.hears("Deployments", "default", {
      source: ["aws.codedeploy"],
      "detail-type": ["CodeDeploy Deployment State-change Notification"],
      detail: { state: ["FAILURE", "STOP"] },
    });
  }
}

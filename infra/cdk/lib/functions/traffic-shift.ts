import type { Construct } from "constructs";
import {
  NOTHING_NARROWER,
  arnOf,
  may,
  movesTaggedTargets,
  reads,
  readsDeployments,
  readsTagsOfDeployments,
  readsTargets,
  registersRevisions,
  startsTaggedDeployments,
} from "../rights";
import { TideFunction, type House } from "../tide-function";

/** Starts rollouts and moves their weight forward. */
export class TrafficShift extends TideFunction {
  constructor(scope: Construct, house: House) {
    const { policies } = house.settings;
    super(scope, "TrafficShift", house, "traffic-shift", {
      description: "Starts rollouts and moves their weight forward.",
      concurrency: 10,
      rights: [
        readsTargets(),
        movesTaggedTargets(policies),
        ...readsDeployments(),
        ...readsTagsOfDeployments(),
        startsTaggedDeployments(policies),
        registersRevisions(),
        reads("codedeploy:GetDeploymentConfig", arnOf("codedeploy", "deploymentconfig:*")),
        may("codedeploy:CreateDeploymentConfig", arnOf("codedeploy", "deploymentconfig:Tidegate*"), {
          wide: "Timetables of its own, by their names.",
        }),
        may("codedeploy:ContinueDeployment", "*", { wide: NOTHING_NARROWER }),
      ],
    });
    this.hears("Requests", "tidegate", { source: ["tidegate"], "detail-type": ["Rollout Requested"] });
    this.hears("Commands", "tidegate", {
      source: ["tidegate"],
      "detail-type": ["Rollout Command"],
      // A command without a verb comes here too, to be quarantined.
      detail: { verb: [{ "anything-but": "abort" }, { exists: false }] },
    });
    this.hears("Due", "tidegate", {
      source: ["tidegate"],
      "detail-type": ["Verdict Reached", "Effects Due"],
      detail: { owner: ["traffic-shift"] },
    });
    this.hears("Found", "tidegate", { source: ["tidegate"], "detail-type": ["Deployment Found"] });
    this.hears("Versions", "default", {
      source: ["aws.lambda"],
      "detail-type": ["AWS API Call via CloudTrail"],
      detail: {
        eventSource: ["lambda.amazonaws.com"],
        eventName: [{ prefix: "PublishVersion" }, { prefix: "UpdateFunctionCode" }],
        errorCode: [{ exists: false }],
      },
    });
    // A deployment that failed or was stopped is rollback's.
    this.hears("Deployments", "default", {
      source: ["aws.codedeploy"],
      "detail-type": ["CodeDeploy Deployment State-change Notification"],
      detail: { state: [{ "anything-but": ["FAILURE", "STOP"] }] },
    });
  }
}

import type { Construct } from "constructs";
import { arnOf, may } from "../rights";
import { TideFunction, usesKey, type House } from "../tide-function";

/** What somebody listens to. Anything else on the bus is a mistake of its sender's. */
const KNOWN = [
  "Rollout Requested",
  "Rollout Command",
  "Verdict Reached",
  "Effects Due",
  "Ticks Due",
  "Deployment Found",
  "Rollout Outcome",
  "Flag Toggle Requested",
  "Flags Due",
  "Flags Changed",
];

/** Tells people. */
export class Notify extends TideFunction {
  constructor(scope: Construct, house: House) {
    const { settings, state } = house;
    super(scope, "Notify", house, "notify", {
      description: "Tells on-call, once.",
      concurrency: 5,
      whenUndelivered:
        "People could not be told of an outcome. It lies in the dead-letter queue; the sweep keeps trying.",
      rights: [
        may("sns:Publish", arnOf("sns", "*"), { wide: "Policies may name topics beside the installation's own." }),
        // A given key all functions may use.
        ...(settings.kmsKeyArn === undefined ? [usesKey(state.key)] : []),
      ],
    });
    this.hears("Outcomes", "tidegate", { source: ["tidegate"], "detail-type": ["Rollout Outcome"] });
    this.hears("Due", "tidegate", {
      source: ["tidegate"],
      "detail-type": ["Effects Due"],
      detail: { owner: ["notify"] },
    });
    // What nobody else listens to is quarantined, and people are told.
    this.hears("Unknown", "tidegate", { source: ["tidegate"], "detail-type": [{ "anything-but": KNOWN }] });
    // So is what is for an owner and names none that listens to it.
    this.hears("UnownedVerdicts", "tidegate", {
      source: ["tidegate"],
      "detail-type": ["Verdict Reached"],
      detail: { owner: [{ "anything-but": ["traffic-shift", "rollback"] }, { exists: false }] },
    });
    this.hears("UnownedEffects", "tidegate", {
      source: ["tidegate"],
      "detail-type": ["Effects Due"],
      detail: {
        owner: [
          { "anything-but": ["traffic-shift", "rollback", "health-check", "feature-flag", "notify"] },
          { exists: false },
        ],
      },
    });
  }
}

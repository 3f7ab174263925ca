import { aws_lambda as lambda, aws_scheduler as scheduler } from "aws-cdk-lib";
import type { Construct } from "constructs";
import {
  NOTHING_NARROWER,
  arnOf,
  asksTaggedTargets,
  may,
  reads,
  readsDeployments,
  readsTargets,
  roleOf,
} from "../rights";
import { TideFunction, type House } from "../tide-function";

/** Observes and judges, every minute; answers lifecycle hooks. */
export class HealthCheck extends TideFunction {
  /** The same code by a name that CodeDeploy's own managed role may invoke. */
  public readonly codeDeployHook: lambda.Function;
  public readonly scheduleName: string;

  constructor(scope: Construct, house: House) {
    const { name, policies, checkFunctionPrefix } = house.settings;
    super(scope, "HealthCheck", house, "health-check", {
      description: "Observes, stores ticks, judges, publishes verdicts. Every minute.",
      concurrency: 10,
      whenUndelivered: "A sweep or an event for health-check could not be handled. It lies in the dead-letter queue.",
      rights: [
        readsTargets(),
        // Composite alarms can only be read with all alarms allowed.
        reads("cloudwatch:DescribeAlarms", arnOf("cloudwatch", "alarm:*")),
        may("cloudwatch:GetMetricData", "*", { wide: NOTHING_NARROWER }),
        ...readsDeployments(),
        may("codedeploy:PutLifecycleEventHookExecutionStatus", "*", { wide: NOTHING_NARROWER }),
        asksTaggedTargets(policies),
        may("lambda:InvokeFunction", arnOf("lambda", `function:${checkFunctionPrefix}*`), {
          wide: "Check functions are told by their names.",
        }),
      ],
    });
    this.hears("Due", "tidegate", {
      source: ["tidegate"],
      "detail-type": ["Effects Due"],
      detail: { owner: ["health-check"] },
    });
    this.hears("Ticks", "tidegate", { source: ["tidegate"], "detail-type": ["Ticks Due"] });
    // AppConfig puts such events on the default bus where an extension says so: FlagGuard does.
    this.hears("FlagDeployments", "default", { source: ["aws.appconfig"], "detail-type": ["On Deployment Start"] });
    this.codeDeployHook = this.makeFunction(
      "CodeDeployHook",
      `CodeDeployHook_${name}`,
      "Answers the lifecycle hooks of CodeDeploy.",
      5,
    );
    this.scheduleName = `${name}-sweep`;
    this.sweeps();
  }

  private sweeps(): void {
    const role = roleOf(this, "SweepRole", "scheduler.amazonaws.com", "sweep", [
      may("lambda:InvokeFunction", this.function.functionArn),
      may("sqs:SendMessage", this.undelivered.queueArn),
    ]);
    new scheduler.CfnSchedule(this, "Sweep", {
      name: this.scheduleName,
      description: "Looks at every live rollout.",
      scheduleExpression: "rate(1 minute)",
      flexibleTimeWindow: { mode: "OFF" },
      target: {
        arn: this.function.functionArn,
        roleArn: role.roleArn,
        input: '{"tidegate":"sweep","time":"<aws.scheduler.scheduled-time>"}',
        retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
        deadLetterConfig: { arn: this.undelivered.queueArn },
      },
    });
  }
}

import { Duration, Token, aws_cloudwatch as cloudwatch, aws_lambda as lambda } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { PolicyAlarm } from "./policy";

/** Alarms on an alias, all its versions together. They stand beside the judge, which compares one version with the other. */
export interface AliasAlarmsProps {
  /**
   * More of the requests than this fail, in percent, three minutes in a row: takes traffic back.
   * @default 1
   */
  readonly errorPercent?: number;
  /**
   * What throttles do, when there are any three minutes in a row. Both versions share the function's concurrency, so they are
   * seldom a reason to go back. Only where Tidegate moves the traffic can they hold.
   * @default - "hold" for an alias, "none" for a deployment group
   */
  readonly throttles?: "hold" | "rollBack" | "none";
  /**
   * The slowest hundredth takes longer, three minutes in a row: takes traffic back.
   * @default - no such alarm
   */
  readonly p99?: Duration;
}

/** Makes the alarms, named after the policy, and says how the policy names them. */
export function aliasAlarms(
  scope: Construct,
  policy: string,
  alias: lambda.Alias,
  props: AliasAlarmsProps,
): PolicyAlarm[] {
  const metric = (metricName: string, statistic: string): cloudwatch.Metric =>
    alias.metric(metricName, { statistic, period: Duration.minutes(1) });
  const made: PolicyAlarm[] = [];
  const alarm = (
    kind: string,
    action: PolicyAlarm["action"],
    alarmDescription: string,
    of: cloudwatch.IMetric,
    threshold: number,
  ): void => {
    const name = `${policy}-${kind}`;
    new cloudwatch.Alarm(scope, kind, {
      alarmName: name,
      alarmDescription,
      metric: of,
      threshold,
      evaluationPeriods: 3,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    made.push({ name, action });
  };

  const { errorPercent = 1, throttles = "none", p99 } = props;
  const failing = new cloudwatch.MathExpression({
    expression: "100 * failed / requests",
    label: "requests that fail, in percent",
    usingMetrics: { failed: metric("Errors", "Sum"), requests: metric("Invocations", "Sum") },
    period: Duration.minutes(1),
  });
  alarm("errors", "rollBack", `More than ${errorPercent} % of the requests of ${policy} fail.`, failing, errorPercent);
  if (throttles !== "none")
    alarm("throttles", throttles, `Requests of ${policy} are throttled.`, metric("Throttles", "Sum"), 0);
  if (p99)
    alarm(
      "latency",
      "rollBack",
      `The slowest hundredth of ${policy} takes longer than ${p99.toHumanString()}.`,
      metric("Duration", "p99"),
      p99.toMilliseconds(),
    );
  return made;
}

/** How a policy names an alarm that is made elsewhere; the name has to be known at synthesis. */
export function named(alarm: cloudwatch.IAlarm): PolicyAlarm {
  const made = alarm.node.defaultChild;
  const name =
    made instanceof cloudwatch.CfnAlarm || made instanceof cloudwatch.CfnCompositeAlarm
      ? made.alarmName
      : alarm.alarmName;
  if (name === undefined || Token.isUnresolved(name)) {
    throw new Error(
      `${alarm.node.path}: its name is not known before it is deployed; state its alarmName, by which the policy can name it`,
    );
  }
  return { name, action: "rollBack" };
}

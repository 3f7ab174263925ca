import { Duration, Stack, aws_cloudwatch as cloudwatch, aws_lambda as lambda, aws_sqs as sqs } from "aws-cdk-lib";
import { Construct } from "constructs";
import { dashboard } from "./dashboard";

export interface WatchProps {
  /** The installation's name. */
  readonly name: string;
  /** Where alarms about Tidegate itself go. */
  readonly topicArn: string;
  /** Every function, by its name in alarms. */
  readonly functions: Record<string, lambda.IFunction>;
  /** The queues of what could not be handled, by function, and what it means that something lies there. */
  readonly undelivered: Record<string, { readonly queue: sqs.IQueue; readonly means: string }>;
  /** The function that sweeps every minute. */
  readonly sweeper: lambda.IFunction;
}

const { GREATER_THAN_THRESHOLD, GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_THRESHOLD } =
  cloudwatch.ComparisonOperator;
const { BREACHING, NOT_BREACHING } = cloudwatch.TreatMissingData;

/** Who watches the watcher: alarms that say what is wrong, one of them all that pages, and the dashboard. */
export class Watch extends Construct {
  private readonly alarms: cloudwatch.Alarm[] = [];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: WatchProps,
  ) {
    super(scope, id);
    for (const [name, { queue, means }] of Object.entries(props.undelivered)) this.watchesQueue(name, queue, means);
    for (const [name, made] of Object.entries(props.functions)) this.watchesFunction(name, made);
    this.watchesSweep();
    this.watchesRollouts();
    this.pages();
    new cloudwatch.CfnDashboard(this, "Dashboard", {
      dashboardName: props.name,
      dashboardBody: Stack.of(this).toJsonString(dashboard(props.name)),
    });
  }

  private watchesQueue(name: string, queue: sqs.IQueue, alarmDescription: string): void {
    this.alarm(`${name}-undelivered`, {
      alarmDescription,
      metric: metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", { QueueName: queue.queueName }, "Maximum"),
      threshold: 0,
      evaluationPeriods: 1,
      comparisonOperator: GREATER_THAN_THRESHOLD,
      treatMissingData: NOT_BREACHING,
    });
  }

  private watchesFunction(name: string, made: lambda.IFunction): void {
    this.watchesMinutes(name, made, "Errors", "fails");
    this.watchesMinutes(name, made, "Throttles", "is throttled");
  }

  private watchesMinutes(name: string, made: lambda.IFunction, metricName: string, what: string): void {
    this.alarm(`${name}-${metricName.toLowerCase()}`, {
      alarmDescription: `${name} ${what} in three of five minutes.`,
      metric: metric("AWS/Lambda", metricName, { FunctionName: made.functionName }, "Sum"),
      threshold: 1,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      comparisonOperator: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: NOT_BREACHING,
    });
  }

  private watchesSweep(): void {
    this.alarm("sweep-stopped", {
      alarmDescription: "Nothing has swept for five minutes. Rollouts are not judged.",
      metric: metric(
        "AWS/Lambda",
        "Invocations",
        { FunctionName: this.props.sweeper.functionName },
        "Sum",
        Duration.minutes(5),
      ),
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: LESS_THAN_THRESHOLD,
      treatMissingData: BREACHING,
    });
  }

  private watchesRollouts(): void {
    this.alarm("rollouts-stuck", {
      alarmDescription: "Traffic should be back on stable and is not, for five minutes.",
      metric: metric("Tidegate", "RolloutsStuck", { Installation: this.props.name }, "Maximum"),
      threshold: 0,
      evaluationPeriods: 5,
      comparisonOperator: GREATER_THAN_THRESHOLD,
      treatMissingData: NOT_BREACHING,
    });
  }

  /** One message, however many alarms there are. */
  private pages(): void {
    new cloudwatch.CfnCompositeAlarm(this, "Unwell", {
      alarmName: `${this.props.name}-unwell`,
      alarmDescription: "Tidegate itself needs attention. The alarms that fire say where.",
      alarmRule: this.alarms.map((alarm) => `ALARM("${alarm.alarmName}")`).join(" OR "),
      alarmActions: [this.props.topicArn],
      okActions: [this.props.topicArn],
    });
  }

  private alarm(name: string, props: cloudwatch.AlarmProps): void {
    this.alarms.push(new cloudwatch.Alarm(this, name, { alarmName: `${this.props.name}-${name}`, ...props }));
  }
}

function metric(
  namespace: string,
  metricName: string,
  dimensionsMap: Record<string, string>,
  statistic: string,
  period = Duration.minutes(1),
): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace, metricName, dimensionsMap, statistic, period });
}

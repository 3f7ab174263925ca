import { Duration, aws_cloudwatch as cloudwatch, aws_lambda as lambda, aws_sqs as sqs } from "aws-cdk-lib";
import { Construct } from "constructs";

export interface WatchProps {
  /** The installation's name. */
  readonly name: string;
  /** Where alarms about Tidegate itself go. */
  readonly topicArn: string;
  /** Every function, by its name in alarms. */
  readonly functions: Record<string, lambda.IFunction>;
  /** What could not be handled, by function. */
  readonly undelivered: Record<string, sqs.IQueue>;
  /** The function that sweeps every minute. */
  readonly sweeper: lambda.IFunction;
}

const { GREATER_THAN_THRESHOLD, GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
const { BREACHING, NOT_BREACHING } = cloudwatch.TreatMissingData;

/** Who watches the watcher: alarms that say nothing by themselves, and one of them all that does. */
export class Watch extends Construct {
  private readonly alarms: cloudwatch.Alarm[] = [];

  constructor(scope: Construct, id: string, private readonly props: WatchProps) {
    super(scope, id);
    for (const [name, queue] of Object.entries(props.undelivered)) this.watchesQueue(name, queue);
    for (const [name, made] of Object.entries(props.functions)) this.watchesFunction(name, made);
    this.watchesSweep();
    this.watchesRollouts();
    this.tells();
  }

  private watchesQueue(name: string, queue: sqs.IQueue): void {
    this.alarm(`${name}-undelivered`, {
      alarmDescription: `An event for ${name} could not be handled. It lies in the dead-letter queue.`,
      metric: metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", { QueueName: queue.queueName }, "Maximum"),
      threshold: 0,
      evaluationPeriods: 1,
      comparisonOperator: GREATER_THAN_THRESHOLD,
      treatMissingData: NOT_BREACHING,
    });
  }

  private watchesFunction(name: string, made: lambda.IFunction): void {
    const dimensions = { FunctionName: made.functionName };
    this.alarm(`${name}-errors`, {
      alarmDescription: `${name} fails, three minutes out of five.`,
      metric: metric("AWS/Lambda", "Errors", dimensions, "Sum"),
      threshold: 1,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      comparisonOperator: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: NOT_BREACHING,
    });
    this.alarm(`${name}-throttles`, {
      alarmDescription: `${name} was throttled.`,
      metric: metric("AWS/Lambda", "Throttles", dimensions, "Sum"),
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: NOT_BREACHING,
    });
  }

  private watchesSweep(): void {
    this.alarm("sweep-stopped", {
      alarmDescription: "Nothing has swept for five minutes. Rollouts are not judged.",
      metric: metric("AWS/Lambda", "Invocations", { FunctionName: this.props.sweeper.functionName }, "Sum", Duration.minutes(5)),
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: LESS_THAN_THRESHOLD,
      treatMissingData: BREACHING,
    });
  }

  private watchesRollouts(): void {
    this.alarm("rollouts-stuck", {
      alarmDescription: "A way back does not come to its end.",
      metric: metric("Tidegate", "RolloutsStuck", { Installation: this.props.name }, "Maximum"),
      threshold: 0,
      evaluationPeriods: 5,
      comparisonOperator: GREATER_THAN_THRESHOLD,
      treatMissingData: NOT_BREACHING,
    });
  }

  /** One message, however many alarms there are. */
  private tells(): void {
    new cloudwatch.CfnCompositeAlarm(this, "Unwell", {
      alarmName: `${this.props.name}-unwell`,
      alarmDescription: "Something is wrong with Tidegate itself; the alarms below say what.",
      alarmRule: this.alarms.map((alarm) => `ALARM("${alarm.alarmName}")`).join(" OR "),
      alarmActions: [this.props.topicArn],
      okActions: [this.props.topicArn],
    });
  }

  private alarm(name: string, props: cloudwatch.AlarmProps): void {
    this.alarms.push(new cloudwatch.Alarm(this, name, { alarmName: `${this.props.name}-${name}`, ...props }));
  }
}

function metric(namespace: string, metricName: string, dimensionsMap: Record<string, string>, statistic: string, period = Duration.minutes(1)): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace, metricName, dimensionsMap, statistic, period });
}

import {
  Aws,
  Duration,
  RemovalPolicy,
  Validations,
  aws_events as events,
  aws_iam as iam,
  aws_kms as kms,
  aws_lambda as lambda,
  aws_logs as logs,
  aws_sqs as sqs,
} from "aws-cdk-lib";
import { Construct } from "constructs";
import { NOTHING_NARROWER, may, roleOf, type Right } from "./rights";
import { packageOf, type Package, type Settings } from "./settings";
import type { State } from "./state";

/** What every function is made in: the installation's settings, and what it shares. */
export interface House {
  readonly settings: Settings;
  readonly state: State;
}

export interface TideFunctionProps {
  readonly description: string;
  /** How many of it may run at once. */
  readonly concurrency: number;
  /** What it may do beside what all functions may. */
  readonly rights: Right[];
  readonly environment?: Record<string, string>;
  /**
   * What it means that something lies in its dead-letter queue, for people.
   * @default - that an event could not be handled
   */
  readonly whenUndelivered?: string;
}

/** No function runs longer: the way back counts on it (`LONGEST_FUNCTION_TIMEOUT` in shared/domain). */
const TIMEOUT = Duration.seconds(60);

/** A function with its role, its logs, and the queue for what it could not handle. Its rules are added with `hears`. */
export class TideFunction extends Construct {
  public readonly function: lambda.Function;
  public readonly undelivered: sqs.Queue;
  /** Its name without the installation's. */
  public readonly shortName: Package;
  public readonly whenUndelivered: string;
  private readonly role: iam.IRole;
  private readonly logs: logs.LogGroup;

  constructor(
    scope: Construct,
    id: string,
    protected readonly house: House,
    name: Package,
    private readonly props: TideFunctionProps,
  ) {
    super(scope, id);
    this.shortName = name;
    this.whenUndelivered =
      props.whenUndelivered ?? `An event for ${name} could not be handled. It lies in the dead-letter queue.`;
    this.logs = this.makeLogs();
    this.undelivered = this.makeQueue();
    this.role = roleOf(this, "Role", "lambda.amazonaws.com", name, [...this.commonRights(), ...props.rights]);
    this.function = this.makeFunction(
      "Function",
      `${house.settings.name}-${name}`,
      props.description,
      props.concurrency,
    );
  }

  /** The events of this pattern come to the function: those of the installation's bus, or of the account's default bus. */
  protected hears(id: string, on: "tidegate" | "default", eventPattern: Record<string, unknown>): void {
    const rule = new events.CfnRule(this, id, {
      eventBusName: on === "tidegate" ? this.house.state.bus.eventBusName : undefined,
      eventPattern,
      targets: [
        { id: "function", arn: this.function.functionArn, deadLetterConfig: { arn: this.undelivered.queueArn } },
      ],
    });
    new lambda.CfnPermission(this, `${id}Permission`, {
      action: "lambda:InvokeFunction",
      functionName: this.function.functionName,
      principal: "events.amazonaws.com",
      sourceArn: rule.attrArn,
    });
  }

  /** The function, or the same code once more by another name, with the same role, logs and queue. */
  protected makeFunction(id: string, functionName: string, description: string, concurrency: number): lambda.Function {
    const { settings, state } = this.house;
    const code = packageOf(settings.packages, this.shortName);
    if (code === undefined) throw new Error(`${settings.packages} has no package of ${this.shortName}`);
    const made = new lambda.Function(this, id, {
      functionName,
      description,
      // A zip of another build may lie beside the binary.
      code: lambda.Code.fromAsset(code, { exclude: ["*.zip"] }),
      runtime: lambda.Runtime.PROVIDED_AL2023,
      handler: "bootstrap",
      architecture: settings.architecture === "arm64" ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64,
      memorySize: 256,
      timeout: TIMEOUT,
      tracing: lambda.Tracing.ACTIVE,
      role: this.role,
      logGroup: this.logs,
      reservedConcurrentExecutions: settings.reserveConcurrency ? concurrency : undefined,
      environment: {
        TIDEGATE_TABLE: state.table.tableName,
        TIDEGATE_BUS: state.bus.eventBusName,
        TIDEGATE_TOPIC: state.topic.topicArn,
        TIDEGATE_LOG: settings.logLevel,
        TIDEGATE_INSTALLATION: settings.name,
        ...this.props.environment,
      },
    });
    new lambda.CfnEventInvokeConfig(made, "Retries", {
      functionName: made.functionName,
      qualifier: "$LATEST",
      maximumRetryAttempts: 2,
      destinationConfig: { onFailure: { destination: this.undelivered.queueArn } },
    });
    return made;
  }

  private commonRights(): Right[] {
    const { settings, state } = this.house;
    const rights = [
      may(
        ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
        state.table.tableArn,
      ),
      may("dynamodb:Query", `${state.table.tableArn}/index/shelf`),
      may("events:PutEvents", state.bus.eventBusArn, { conditions: { StringEquals: { "events:source": "tidegate" } } }),
      may(["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*", { wide: NOTHING_NARROWER }),
      may(["logs:CreateLogStream", "logs:PutLogEvents"], this.logs.logGroupArn),
      may("sqs:SendMessage", this.undelivered.queueArn),
    ];
    return settings.kmsKeyArn === undefined ? rights : [...rights, usesKey(state.key)];
  }

  private makeLogs(): logs.LogGroup {
    const { settings, state } = this.house;
    return new logs.LogGroup(this, "Logs", {
      logGroupName: `/aws/lambda/${settings.name}-${this.shortName}`,
      retention: settings.logRetentionDays,
      encryptionKey: settings.kmsKeyArn === undefined ? undefined : state.key,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  private makeQueue(): sqs.Queue {
    const { settings, state } = this.house;
    const queue = new sqs.Queue(this, "Undelivered", {
      queueName: `${settings.name}-${this.shortName}-undelivered`,
      retentionPeriod: Duration.days(14),
      ...(settings.kmsKeyArn === undefined
        ? { encryption: sqs.QueueEncryption.SQS_MANAGED }
        : { encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: state.key }),
    });
    Validations.of(queue).acknowledge({
      id: "AwsSolutions-SQS3",
      reason: "It is a dead-letter queue, of a function and its rules.",
    });
    queue.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [
          new iam.ServicePrincipal("events.amazonaws.com"),
          new iam.ServicePrincipal("scheduler.amazonaws.com"),
        ],
        actions: ["sqs:SendMessage"],
        resources: [queue.queueArn],
        conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
      }),
    );
    queue.addToResourcePolicy(
      new iam.PolicyStatement({
        effect: iam.Effect.DENY,
        principals: [new iam.AnyPrincipal()],
        actions: ["sqs:*"],
        resources: [queue.queueArn],
        conditions: { Bool: { "aws:SecureTransport": "false" } },
      }),
    );
    return queue;
  }
}

export const usesKey = (key: kms.IKey): Right => may(["kms:Decrypt", "kms:GenerateDataKey"], key.keyArn);

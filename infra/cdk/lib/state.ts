import {
  Aws,
  RemovalPolicy,
  aws_dynamodb as dynamodb,
  aws_events as events,
  aws_iam as iam,
  aws_kms as kms,
  aws_sns as sns,
} from "aws-cdk-lib";
import { Construct } from "constructs";
import type { Settings } from "./settings";

/** What outlives an invocation: the table, the bus, and the topic that people listen to. */
export class State extends Construct {
  public readonly table: dynamodb.Table;
  public readonly bus: events.EventBus;
  public readonly topic: sns.Topic;
  /** The key of the topic; of table, queues and logs too where it was given. */
  public readonly key: kms.IKey;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const given = settings.kmsKeyArn === undefined ? undefined : kms.Key.fromKeyArn(this, "Key", settings.kmsKeyArn);
    this.key = given ?? this.topicKey(settings.name);
    this.table = this.makeTable(settings.name, given);
    this.bus = new events.EventBus(this, "Bus", { eventBusName: settings.name });
    this.topic = this.makeTopic(settings.name);
  }

  private makeTable(tableName: string, encryptionKey?: kms.IKey): dynamodb.Table {
    const text = dynamodb.AttributeType.STRING;
    const table = new dynamodb.Table(this, "Table", {
      tableName,
      partitionKey: { name: "pk", type: text },
      sortKey: { name: "sk", type: text },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: "expires",
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
      ...(encryptionKey && { encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED, encryptionKey }),
    });
    // Sparse: of all items only what is under way has a shelf.
    table.addGlobalSecondaryIndex({
      indexName: "shelf",
      partitionKey: { name: "shelf", type: text },
      sortKey: { name: "since", type: text },
      projectionType: dynamodb.ProjectionType.INCLUDE,
      nonKeyAttributes: ["target"],
    });
    return table;
  }

  private makeTopic(name: string): sns.Topic {
    const topic = new sns.Topic(this, "OnCall", { topicName: `${name}-on-call`, masterKey: this.key });
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        effect: iam.Effect.DENY,
        principals: [new iam.AnyPrincipal()],
        actions: ["sns:Publish"],
        resources: [topic.topicArn],
        conditions: { Bool: { "aws:SecureTransport": "false" } },
      }),
    );
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions: ["sns:Publish"],
        resources: [topic.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
      }),
    );
    return topic;
  }

  /** Alarms of CloudWatch cannot publish to a topic under the key that AWS manages for SNS. */
  private topicKey(name: string): kms.Key {
    const key = new kms.Key(this, "TopicKey", {
      description: `Encrypts what ${name} tells on-call.`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    key.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions: ["kms:Decrypt", "kms:GenerateDataKey"],
        resources: ["*"],
        conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
      }),
    );
    return key;
  }
}

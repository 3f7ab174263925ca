import {
  CfnOutput,
  Fn,
  aws_appconfig as appconfig,
  aws_dynamodb as dynamodb,
  aws_events as events,
  aws_iam as iam,
  aws_lambda as lambda,
  aws_sns as sns,
} from "aws-cdk-lib";
import { Construct } from "constructs";
import { flagGuard } from "./flag-guard";
import { FeatureFlag } from "./functions/feature-flag";
import { HealthCheck } from "./functions/health-check";
import { Notify } from "./functions/notify";
import { Rollback } from "./functions/rollback";
import { TrafficShift } from "./functions/traffic-shift";
import { People } from "./people";
import { settle, type Package, type TidegateProps } from "./settings";
import { State } from "./state";
import { Watch } from "./watch";

/** An installation of Tidegate: what `infra/sam` makes, as one construct. */
export class Tidegate extends Construct {
  public readonly table: dynamodb.Table;
  public readonly bus: events.EventBus;
  /** Subscribe on-call to it. */
  public readonly topic: sns.Topic;
  public readonly functions: Readonly<Record<Package, lambda.Function>>;
  /** Name it as a lifecycle hook of CodeDeploy deployments. */
  public readonly codeDeployHook: lambda.Function;
  /** Associate it with AppConfig applications, environments or profiles whose deployments are to be judged. */
  public readonly flagGuard: appconfig.CfnExtension;
  /** Policies for whoever calls `tidegate`: a reader, an approver, an operator. */
  public readonly people: People;

  constructor(scope: Construct, id: string, props: TidegateProps) {
    super(scope, id);
    const settings = settle(props, this.node.path);
    const state = new State(this, "State", settings);
    const house = { settings, state };
    const healthCheck = new HealthCheck(this, house);
    const made = [
      new TrafficShift(this, house),
      healthCheck,
      new Rollback(this, house),
      new FeatureFlag(this, house),
      new Notify(this, house),
    ];

    this.table = state.table;
    this.bus = state.bus;
    this.topic = state.topic;
    this.functions = Object.fromEntries(made.map((one) => [one.shortName, one.function])) as Record<
      Package,
      lambda.Function
    >;
    this.codeDeployHook = healthCheck.codeDeployHook;
    this.flagGuard = flagGuard(this, settings, healthCheck.function);
    this.people = new People(this, "People", house);

    new Watch(this, "Watch", {
      name: settings.name,
      topicArn: settings.alarmTopicArn ?? state.topic.topicArn,
      functions: { ...this.functions, "code-deploy-hook": this.codeDeployHook },
      undelivered: Object.fromEntries(
        made.map((one) => [one.shortName, { queue: one.undelivered, means: one.whenUndelivered }]),
      ),
      sweeper: healthCheck.function,
    });
    this.says();
  }

  private says(): void {
    const output = (id: string, value: string, description: string) => new CfnOutput(this, id, { value, description });
    output("TableName", this.table.tableName, "The table. `tidegate --table` or TIDEGATE_TABLE.");
    output("BusName", this.bus.eventBusName, "The bus. `tidegate --bus` or TIDEGATE_BUS.");
    output(
      "CodeDeployHook",
      this.codeDeployHook.functionArn,
      "Name this function as a lifecycle hook of your deployments.",
    );
    output("FlagGuardArn", this.flagGuard.attrArn, "Associate this extension with what of AppConfig is to be judged.");
    output("OnCallTopic", this.topic.topicArn, "Subscribe on-call here.");
    const { reader, approver, operator } = this.people;
    const policies = (...of: iam.ManagedPolicy[]) =>
      Fn.join(
        ",",
        of.map((one) => one.managedPolicyArn),
      );
    output("ReaderPolicies", policies(reader), "Attach this policy to whoever looks.");
    output("ApproverPolicies", policies(reader, approver), "Attach these policies to whoever answers for rollouts.");
    output(
      "OperatorPolicies",
      policies(reader, approver, operator),
      "Attach these policies to whoever does everything.",
    );
  }
}

import { Tags, aws_cloudwatch as cloudwatch, aws_codedeploy as codedeploy, aws_lambda as lambda } from "aws-cdk-lib";
import { Construct } from "constructs";
import { aliasAlarms, named, type AliasAlarmsProps } from "./alarms";
import { putUnderPolicy } from "./guarded-alias";
import { PolicyFile, type PolicyProps } from "./policy";

export interface GuardedDeploymentGroupProps {
  /** The group whose deployments are judged. */
  readonly group: codedeploy.LambdaDeploymentGroup | codedeploy.EcsDeploymentGroup | codedeploy.ServerDeploymentGroup;

  /**
   * The alias that a group of Lambda moves. Its function is tagged too, so that Tidegate can ask it and take it back.
   * @default - none, for ECS and instances
   */
  readonly alias?: lambda.Alias;

  /** How new versions are judged. */
  readonly policy: PolicyProps;

  /**
   * The alarms that are made on the alias, and named in the policy.
   * @default - errors above 1 % roll back; none without an alias
   */
  readonly alarms?: AliasAlarmsProps;

  /**
   * Alarms of your own that take traffic back.
   * @default - none
   */
  readonly rollBackOn?: cloudwatch.IAlarm[];
}

/** A deployment group whose deployments CodeDeploy makes and Tidegate judges (guard): it stops those that do harm. */
export class GuardedDeploymentGroup extends Construct {
  /** The policy as it is written to the cloud assembly. */
  public readonly policy: Readonly<Record<string, unknown>>;

  constructor(scope: Construct, id: string, private readonly props: GuardedDeploymentGroupProps) {
    super(scope, id);
    const { group, alias, policy } = props;
    Tags.of(group).add("tidegate:policy", policy.name, { includeResourceTypes: ["AWS::CodeDeploy::DeploymentGroup"] });
    if (alias) putUnderPolicy(alias.lambda, policy.name);
    const alarms = [...(alias ? aliasAlarms(this, policy.name, alias, props.alarms ?? {}) : []), ...(props.rollBackOn ?? []).map(named)];
    this.policy = new PolicyFile(this, "Policy", "guard", policy, alarms).document;
    this.node.addValidation({ validate: () => this.faults() });
  }

  private faults(): string[] {
    const { group, alias, alarms } = this.props;
    const isLambda = group instanceof codedeploy.LambdaDeploymentGroup;
    if (isLambda && !alias) return [`${group.node.path}: it deploys to Lambda; name the alias that it moves`];
    if (!isLambda && alias) return [`alias ${alias.aliasName}: ${group.node.path} does not deploy to Lambda; leave it out`];
    if (!alias) return alarms ? [`alarms: ${group.node.path} has no alias that they could be made on; use rollBackOn`] : [];
    if (alarms?.throttles === "hold") return ["alarms.throttles: \"hold\" holds nothing, CodeDeploy goes on; state \"rollBack\" or \"none\""];
    const made = alias.node.defaultChild as lambda.CfnAlias;
    return made.cfnOptions.updatePolicy?.codeDeployLambdaAliasUpdate ? [] : [`alias ${alias.aliasName} (${alias.node.path}): no deployment group moves it`];
  }
}

import { Tags, aws_cloudwatch as cloudwatch, aws_codedeploy as codedeploy, aws_lambda as lambda } from "aws-cdk-lib";
import { Construct } from "constructs";
import { aliasAlarms, named, type AliasAlarmsProps } from "./alarms";
import { keep, putUnderPolicy } from "./guarded-alias";
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

  constructor(
    scope: Construct,
    id: string,
    private readonly props: GuardedDeploymentGroupProps,
  ) {
    super(scope, id);
    const { group, alias, policy } = props;
    Tags.of(group).add("tidegate:policy", policy.name, { includeResourceTypes: ["AWS::CodeDeploy::DeploymentGroup"] });
    if (alias) {
      putUnderPolicy(alias.lambda, policy.name);
      keep(alias.version);
    }
    const alarms = [
      ...(alias ? aliasAlarms(this, policy.name, alias, props.alarms ?? {}) : []),
      ...(props.rollBackOn ?? []).map(named),
    ];
    this.policy = new PolicyFile(this, "Policy", "guard", policy, alarms).document;
    this.node.addValidation({ validate: () => this.faults() });
  }

  private faults(): string[] {
    const { group, alias } = this.props;
    const isLambda = group instanceof codedeploy.LambdaDeploymentGroup;
    if (alias && isLambda) return this.faultsOfAlias(alias);
    if (alias) return [`alias ${alias.aliasName}: ${group.node.path} does not deploy to Lambda; leave it out`];
    if (isLambda) return [`${group.node.path}: it deploys to Lambda; name the alias that it moves`];
    return this.props.alarms ? [`alarms: ${group.node.path} has no alias to make them on; use rollBackOn`] : [];
  }

  private faultsOfAlias(alias: lambda.Alias): string[] {
    const { updatePolicy } = (alias.node.defaultChild as lambda.CfnAlias).cfnOptions;
    const place = `alias ${alias.aliasName} (${alias.node.path})`;
    const unmoved = updatePolicy?.codeDeployLambdaAliasUpdate ? [] : [`${place}: no deployment group moves it`];
    const holding = 'alarms.throttles: "hold" holds nothing, CodeDeploy goes on; state "rollBack" or "none"';
    return this.props.alarms?.throttles === "hold" ? [...unmoved, holding] : unmoved;
  }
}

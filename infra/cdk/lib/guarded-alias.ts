import { RemovalPolicy, Stack, Tags, aws_cloudwatch as cloudwatch, aws_lambda as lambda } from "aws-cdk-lib";
import { Construct } from "constructs";
import { aliasAlarms, named, type AliasAlarmsProps } from "./alarms";
import { PolicyFile, type PolicyProps } from "./policy";

export interface GuardedAliasProps {
  /**
   * A function, for which the alias is made; or an alias that is in the template already, whose version there is a number. A
   * version of the function is published with every change.
   */
  readonly target: lambda.Function | lambda.Alias;

  /**
   * What the alias is called that is made for a function.
   * @default "live"
   */
  readonly aliasName?: string;

  /**
   * The version on which that alias begins. Never change it: it is only right until the first rollout, and CloudFormation moves all
   * traffic to what is written here whenever it changes.
   * @default "1" - the first version of a new function
   */
  readonly firstVersion?: string;

  /** In which steps new versions are let in, and how they are judged. */
  readonly policy: PolicyProps;

  /**
   * The alarms that are made on the alias, and named in the policy.
   * @default - errors above 1 % roll back, throttles hold
   */
  readonly alarms?: AliasAlarmsProps;

  /**
   * Alarms of your own that take traffic back.
   * @default - none
   */
  readonly rollBackOn?: cloudwatch.IAlarm[];
}

/**
 * A Lambda alias whose traffic Tidegate moves (drive). CloudFormation makes the alias and never moves it: which version it is on is
 * Tidegate's to say from then on.
 */
export class GuardedAlias extends Construct {
  public readonly alias: lambda.Alias;
  /** The policy as it is written to the cloud assembly. */
  public readonly policy: Readonly<Record<string, unknown>>;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: GuardedAliasProps,
  ) {
    super(scope, id);
    const { target, policy, alarms, rollBackOn = [] } = props;
    this.alias = target instanceof lambda.Alias ? target : this.pinnedAlias(target);
    const guarded = putUnderPolicy(this.alias.lambda, policy.name);
    tag(guarded, "tidegate:alias", this.alias.aliasName);
    // Publishes a version with every change, which is what begins a rollout.
    keep(guarded.currentVersion);
    const made = aliasAlarms(this, policy.name, this.alias, { throttles: "hold", ...alarms });
    this.policy = new PolicyFile(this, "Policy", "drive", policy, [...made, ...rollBackOn.map(named)]).document;
    this.node.addValidation({ validate: () => [...this.faultsOfProps(), ...this.faultsOfAlias()] });
  }

  private pinnedAlias(target: lambda.Function): lambda.Alias {
    const { aliasName = "live", firstVersion = "1" } = this.props;
    const version = lambda.Version.fromVersionAttributes(this, "FirstVersion", {
      lambda: target,
      version: firstVersion,
    });
    const alias = new lambda.Alias(this, "Alias", { aliasName, version });
    // On creation the version has to be there; that another one is depended on later updates nothing.
    alias.node.addDependency(target.currentVersion);
    return alias;
  }

  private faultsOfProps(): string[] {
    const { target, aliasName, firstVersion } = this.props;
    const stated = Object.entries({ aliasName, firstVersion }).filter(([, value]) => value !== undefined);
    return target instanceof lambda.Alias
      ? stated.map(([prop, value]) => `${prop}: "${value}" is for a target that is a function; leave it out`)
      : [];
  }

  /** What in the template would move the alias past Tidegate. */
  private faultsOfAlias(): string[] {
    const made = this.alias.node.defaultChild as lambda.CfnAlias;
    const place = `alias ${this.alias.aliasName} (${this.alias.node.path})`;
    if (made.cfnOptions.updatePolicy?.codeDeployLambdaAliasUpdate) {
      return [`${place}: CodeDeploy moves it; use GuardedDeploymentGroup`];
    }
    const faults: string[] = [];
    const version: unknown = Stack.of(this).resolve(made.functionVersion);
    if (typeof version !== "string" || !/^[1-9]\d*$/.test(version)) {
      faults.push(
        `${place}: its version in the template is ${JSON.stringify(version)}, so that a deployment would move all ` +
          "traffic at once; give the function as target, or pin the alias to the number of the version that it is on: " +
          "Version.fromVersionAttributes(…)",
      );
    }
    if (made.routingConfig !== undefined) {
      faults.push(`${place}: additionalVersions would overwrite the weights that Tidegate sets; leave them out`);
    }
    return faults;
  }
}

/** Tags the function, which has to be made in this app. */
export function putUnderPolicy(target: lambda.IFunction, policy: string): lambda.Function {
  if (!(target instanceof lambda.Function)) {
    throw new Error(
      `${target.node.path}: a function that is made elsewhere cannot be tagged here; tag it there: tidegate:policy=${policy}`,
    );
  }
  tag(target, "tidegate:policy", policy);
  return target;
}

/** A way back needs the version before, which CloudFormation would delete. */
export function keep(version: lambda.IVersion): void {
  if (version instanceof lambda.Version) version.applyRemovalPolicy(RemovalPolicy.RETAIN);
}

function tag(target: lambda.Function, key: string, value: string): void {
  Tags.of(target).add(key, value, { includeResourceTypes: ["AWS::Lambda::Function"] });
}

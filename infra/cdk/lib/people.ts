import { Aws, aws_iam as iam } from "aws-cdk-lib";
import { Construct } from "constructs";
import { NOTHING_NARROWER, acknowledge, arnOf, may, reads, statementsOf, type Right } from "./rights";
import { PACKAGES } from "./settings";
import type { House } from "./tide-function";

const FUNCTIONS = arnOf("lambda", "function:*");

/** What those may do who call `tidegate`. Each policy adds to the one before it. */
export class People extends Construct {
  /** Attach it to whoever looks. */
  public readonly reader: iam.ManagedPolicy;
  /** Attach it to whoever answers for rollouts under way, and takes them back; beside the reader's. */
  public readonly approver: iam.ManagedPolicy;
  /** Attach it to whoever starts rollouts, switches flags and stores policies; beside the reader's and the approver's. */
  public readonly operator: iam.ManagedPolicy;

  constructor(
    scope: Construct,
    id: string,
    private readonly house: House,
  ) {
    super(scope, id);
    const { name } = house.settings;
    this.reader = this.policy("Reader", `Looks at the rollouts, flags and policies of ${name}.`, this.looks());
    this.approver = this.policy(
      "Approver",
      `Promotes, pauses, resumes, aborts and retries rollouts of ${name}. Beside the reader's policy.`,
      [this.says("Rollout Command")],
    );
    this.operator = this.policy(
      "Operator",
      `Starts rollouts of ${name}, switches flags, stores policies. Beside the reader's and the approver's policy.`,
      [
        this.says("Flag Toggle Requested", "Rollout Requested"),
        // A policy, and the items by which it is found. No person writes the document of a rollout.
        may("dynamodb:PutItem", house.state.table.tableArn, { conditions: ofItems("FREEZE", "GUARD#*", "KILL#*", "POLICY#*") }),
      ],
    );
  }

  private policy(id: string, description: string, rights: Right[]): iam.ManagedPolicy {
    const policy = new iam.ManagedPolicy(this, id, {
      description,
      document: new iam.PolicyDocument({ statements: statementsOf(rights), minimize: false }),
    });
    acknowledge(policy, rights);
    return policy;
  }

  private looks(): Right[] {
    const { settings, state } = this.house;
    const ownFunctions = [...PACKAGES].sort().map((one) => arnOf("lambda", `function:${settings.name}-${one}`));
    const onlyTagged = { Null: { "aws:ResourceTag/tidegate:policy": "false" } };
    const overTable = { StringEquals: { "kms:ViaService": `dynamodb.${Aws.REGION}.${Aws.URL_SUFFIX}` } };
    return [
      // Neither what hooks wait with, nor what only functions need of each other.
      may(["dynamodb:GetItem", "dynamodb:Query"], state.table.tableArn, {
        conditions: ofItems("FREEZE", "LOCK#*", "POLICY#*", "QUARANTINE", "ROLLOUT#*", "TOGGLE#*"),
      }),
      may("dynamodb:Query", `${state.table.tableArn}/index/shelf`),
      ...(settings.kmsKeyArn === undefined ? [] : [may("kms:Decrypt", settings.kmsKeyArn, { conditions: overTable })]),
      may("lambda:GetFunctionConfiguration", ownFunctions),
      reads(["lambda:GetAlias", "lambda:ListTags"], FUNCTIONS),
      // A function's configuration shows its environment.
      may(["lambda:GetFunctionConfiguration", "lambda:ListVersionsByFunction"], FUNCTIONS, {
        conditions: onlyTagged,
        wide: "Only of functions that are under Tidegate.",
      }),
      may("events:DescribeEventBus", state.bus.eventBusArn),
      may("events:DescribeRule", arnOf("events", "rule/*"), {
        wide: "On the installation's bus and on the default one, where CloudFormation names them.",
      }),
      reads("cloudwatch:DescribeAlarms", arnOf("cloudwatch", "alarm:*")),
      reads(
        [
          "appconfig:GetHostedConfigurationVersion",
          "appconfig:ListConfigurationProfiles",
          "appconfig:ListDeployments",
          "appconfig:ListEnvironments",
          "appconfig:ListHostedConfigurationVersions",
        ],
        arnOf("appconfig", "application/*"),
      ),
      may(["appconfig:ListApplications", "cloudwatch:GetMetricData", "events:ListRuleNamesByTarget"], "*", {
        wide: NOTHING_NARROWER,
      }),
    ];
  }

  /** One entry carries one source and one type, but IAM has both as lists: all of them have to fit, and one has to be there. */
  private says(...detailTypes: string[]): Right {
    return may("events:PutEvents", this.house.state.bus.eventBusArn, {
      conditions: {
        "ForAllValues:StringEquals": { "events:source": "tidegate", "events:detail-type": detailTypes },
        Null: { "events:source": "false", "events:detail-type": "false" },
      },
    });
  }
}

/** Of the table only items whose keys begin so. */
const ofItems = (...keys: string[]): Right["conditions"] => ({
  "ForAllValues:StringLike": { "dynamodb:LeadingKeys": keys },
  Null: { "dynamodb:LeadingKeys": "false" },
});

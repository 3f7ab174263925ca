import { Aws, Validations, aws_iam as iam } from "aws-cdk-lib";
import type { Construct } from "constructs";

/** A statement of a policy, written out: what a role may do is what stands in these files, and nothing that a construct grants. */
export interface Right {
  readonly actions: string[];
  readonly resources: string[];
  readonly conditions?: Record<string, Record<string, string | string[]>>;
  /** Why a `*` in its resources is right. */
  readonly wide?: string;
}

export function may(
  actions: string | string[],
  resources: string | string[],
  more: Pick<Right, "conditions" | "wide"> = {},
): Right {
  return { actions: [actions].flat(), resources: [resources].flat(), ...more };
}

export const statementsOf = (rights: Right[]): iam.PolicyStatement[] =>
  rights.map(({ actions, resources, conditions }) => new iam.PolicyStatement({ actions, resources, conditions }));

/** A role of one service with exactly these rights; constructs that are given it cannot add to it. */
export function roleOf(scope: Construct, id: string, service: string, policy: string, rights: Right[]): iam.IRole {
  const role = new iam.Role(scope, id, {
    assumedBy: new iam.ServicePrincipal(service),
    inlinePolicies: { [policy]: new iam.PolicyDocument({ statements: statementsOf(rights), minimize: false }) },
  });
  acknowledge(role, rights);
  return role.withoutPolicyUpdates();
}

/** Tells cdk-nag why each `*` is right. */
export function acknowledge(holder: Construct, rights: Right[]): void {
  for (const { resources, wide } of rights) {
    if (wide === undefined) continue;
    const ids = resources.map((resource) => `AwsSolutions-IAM5[Resource::${asCdkNagSays(resource)}]`);
    Validations.of(holder).acknowledge(...ids.map((id) => ({ id, reason: wide })));
  }
}

const asCdkNagSays = (resource: string): string =>
  resource
    .replace(Aws.PARTITION, "<AWS::Partition>")
    .replace(Aws.REGION, "<AWS::Region>")
    .replace(Aws.ACCOUNT_ID, "<AWS::AccountId>");

/** The ARN of something in this account and region. */
export const arnOf = (service: string, resource: string): string =>
  `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;

export const NOTHING_NARROWER = "IAM knows nothing narrower for these actions.";
const READS_ANY = "What is to be read is known when a tag or a policy names it; reading changes nothing.";
const TAGGED_ONLY = "The condition narrows it to what is tagged tidegate:policy.";

const FUNCTIONS = arnOf("lambda", "function:*");
const GROUPS = arnOf("codedeploy", "deploymentgroup:*");
const APPLICATIONS = arnOf("codedeploy", "application:*");
const SERVICES = arnOf("ecs", "service/*");

/** Of all such resources only those whose tag tidegate:policy has a value that matches one of the patterns. */
export const ofTagged = (actions: string | string[], resource: string, policies: string[]): Right =>
  may(actions, resource, {
    conditions: { StringLike: { "aws:ResourceTag/tidegate:policy": policies } },
    wide: TAGGED_ONLY,
  });

export const reads = (actions: string | string[], resources: string | string[]): Right =>
  may(actions, resources, { wide: READS_ANY });

export const readsTargets = (): Right =>
  reads(
    ["lambda:GetAlias", "lambda:GetFunctionConfiguration", "lambda:ListTags", "lambda:ListVersionsByFunction"],
    FUNCTIONS,
  );
export const readsAliases = (): Right => reads("lambda:GetAlias", FUNCTIONS);
export const readsTagsOfDeployments = (): Right[] => [
  reads("codedeploy:ListTagsForResource", GROUPS),
  reads("ecs:ListTagsForResource", SERVICES),
];

/** What it takes to say where a deployment of CodeDeploy stands, on any platform. */
export const readsDeployments = (): Right[] => [
  reads(
    [
      "codedeploy:BatchGetDeployments",
      "codedeploy:GetDeployment",
      "codedeploy:GetDeploymentGroup",
      "codedeploy:ListDeployments",
    ],
    GROUPS,
  ),
  reads("codedeploy:GetApplicationRevision", APPLICATIONS),
  may(["codedeploy:BatchGetDeploymentTargets", "codedeploy:ListDeploymentTargets"], "*", { wide: NOTHING_NARROWER }),
  reads("ecs:DescribeServices", SERVICES),
  reads("ecs:DescribeTaskSets", arnOf("ecs", "task-set/*")),
];

export const movesTaggedTargets = (policies: string[]): Right => ofTagged("lambda:UpdateAlias", FUNCTIONS, policies);
export const asksTaggedTargets = (policies: string[]): Right => ofTagged("lambda:InvokeFunction", FUNCTIONS, policies);
export const startsTaggedDeployments = (policies: string[]): Right =>
  ofTagged("codedeploy:CreateDeployment", GROUPS, policies);

export const registersRevisions = (): Right =>
  may("codedeploy:RegisterApplicationRevision", APPLICATIONS, {
    wide: "A creation demands it of whoever brings an AppSpec; it moves nothing.",
  });

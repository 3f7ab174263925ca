import assert from "node:assert/strict";
import { test } from "node:test";
import { App, Stack, Validations, aws_sqs as sqs } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { AwsSolutionsChecks } from "cdk-nag";
import { Tidegate, type TidegateProps } from "../lib";
import { madeUpPackages } from "./installation";

const KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555";
const packages = madeUpPackages();

function templateOf(props: Partial<TidegateProps> = {}): Template {
  const stack = new Stack(new App(), "s");
  new Tidegate(stack, "Tidegate", { packages, ...props });
  return Template.fromStack(stack);
}

const plain = templateOf();
const withKey = templateOf({ kmsKeyArn: KEY });

type Properties = Record<string, any>;
const propertiesOf = (template: Template, type: string): Properties[] =>
  Object.values(template.findResources(type)).map((resource) => resource.Properties as Properties);

/** Every statement of every role of a function. */
function statementsOf(template: Template): { Action: string | string[]; Resource: unknown; Condition?: unknown }[] {
  return propertiesOf(template, "AWS::IAM::Role").flatMap((role) =>
    (role.Policies as { PolicyDocument: { Statement: [] } }[]).flatMap((policy) => policy.PolicyDocument.Statement),
  );
}

test("everything is named after the installation", () => {
  const named = templateOf({ name: "tide-2" });
  const functions = propertiesOf(named, "AWS::Lambda::Function").map((made) => made.FunctionName as string);
  assert.deepEqual(functions.sort(), [
    "CodeDeployHook_tide-2",
    "tide-2-feature-flag",
    "tide-2-health-check",
    "tide-2-notify",
    "tide-2-rollback",
    "tide-2-traffic-shift",
  ]);
  named.hasResourceProperties("AWS::DynamoDB::Table", { TableName: "tide-2" });
  named.hasResourceProperties("AWS::Events::EventBus", { Name: "tide-2" });
  named.hasResourceProperties("AWS::SNS::Topic", { TopicName: "tide-2-on-call" });
  named.hasResourceProperties("AWS::Scheduler::Schedule", { Name: "tide-2-sweep" });
  assert.ok(!JSON.stringify(named.toJSON()).includes('"tidegate-shift'), "no name of the default installation is left");
});

test("only what is tagged is moved, started and asked, and the tag's value may be narrowed", () => {
  const narrowed = templateOf({ policies: ["checkout", "shop-*"] });
  const changing = ["lambda:UpdateAlias", "codedeploy:CreateDeployment"];
  const statements = statementsOf(narrowed).filter(({ Action }) => changing.includes(Action as string));
  assert.equal(statements.length, 3);
  for (const { Condition } of statements)
    assert.deepEqual(Condition, { StringLike: { "aws:ResourceTag/tidegate:policy": ["checkout", "shop-*"] } });
});

test("functions have the rights that are written out, and none that a construct granted", () => {
  assert.deepEqual(plain.findResources("AWS::IAM::Policy"), {});
  const roles = propertiesOf(plain, "AWS::IAM::Role");
  assert.ok(roles.every((role) => role.Policies.length === 1 && role.ManagedPolicyArns === undefined));
});

test("nothing but the installation's own functions runs in it", () => {
  const types = new Set(
    Object.values(plain.toJSON().Resources as Record<string, { Type: string }>).map(({ Type }) => Type),
  );
  assert.deepEqual(
    [...types].filter((type) => type.startsWith("Custom::") || type.startsWith("AWS::CloudFormation::")),
    [],
  );
  plain.resourceCountIs("AWS::Lambda::Function", 6);
});

test("every rule, function and schedule has a dead-letter queue", () => {
  for (const rule of propertiesOf(plain, "AWS::Events::Rule"))
    for (const target of rule.Targets as Properties[]) assert.ok(target.DeadLetterConfig);
  assert.equal(
    propertiesOf(plain, "AWS::Lambda::EventInvokeConfig").filter(
      (config) => (config.DestinationConfig as Properties).OnFailure,
    ).length,
    6,
  );
  plain.hasResourceProperties("AWS::Scheduler::Schedule", {
    Target: { DeadLetterConfig: Match.anyValue(), RetryPolicy: { MaximumRetryAttempts: 0 } },
  });
});

test("the table outlives its stack", () => {
  plain.hasResource("AWS::DynamoDB::Table", {
    DeletionPolicy: "Retain",
    UpdateReplacePolicy: "Retain",
    Properties: { DeletionProtectionEnabled: true },
  });
});

test("without a key of one's own only the topic has one, which alarms may use", () => {
  plain.resourceCountIs("AWS::KMS::Key", 1);
  plain.hasResourceProperties("AWS::SNS::Topic", { KmsMasterKeyId: Match.anyValue() });
  plain.hasResourceProperties("AWS::DynamoDB::Table", { SSESpecification: Match.absent() });
  plain.allResourcesProperties("AWS::SQS::Queue", { SqsManagedSseEnabled: true });
  assert.equal(statementsOf(plain).filter(({ Action }) => Action.includes("kms:Decrypt")).length, 1);
});

test("a key of one's own encrypts table, queues, topic and logs, and every function may use it", () => {
  withKey.resourceCountIs("AWS::KMS::Key", 0);
  withKey.hasResourceProperties("AWS::DynamoDB::Table", {
    SSESpecification: { KMSMasterKeyId: KEY, SSEEnabled: true, SSEType: "KMS" },
  });
  withKey.allResourcesProperties("AWS::SQS::Queue", { KmsMasterKeyId: KEY });
  withKey.hasResourceProperties("AWS::SNS::Topic", { KmsMasterKeyId: Match.stringLikeRegexp(KEY) });
  withKey.allResourcesProperties("AWS::Logs::LogGroup", { KmsKeyId: KEY });
  const using = statementsOf(withKey).filter(({ Action }) => Action.includes("kms:Decrypt"));
  assert.deepEqual(
    using.map(({ Resource }) => Resource),
    Array(5).fill(KEY),
  );
});

test("concurrency is reserved unless it is said not to be", () => {
  const reserved = (template: Template) =>
    propertiesOf(template, "AWS::Lambda::Function").map(
      (made) => made.ReservedConcurrentExecutions as number | undefined,
    );
  assert.equal(
    reserved(plain).reduce<number>((sum, one) => sum + (one ?? 0), 0),
    45,
  );
  assert.deepEqual(reserved(templateOf({ reserveConcurrency: false })), Array(6).fill(undefined));
});

test("one alarm of all alarms tells people, on the topic that was asked for", () => {
  const elsewhere = "arn:aws:sns:eu-west-1:123456789012:platform";
  const template = templateOf({ alarmTopicArn: elsewhere });
  template.hasResourceProperties("AWS::CloudWatch::CompositeAlarm", {
    AlarmActions: [elsewhere],
    OKActions: [elsewhere],
  });
  template.allResourcesProperties("AWS::CloudWatch::Alarm", { AlarmActions: Match.absent() });
  const rule = JSON.stringify(propertiesOf(template, "AWS::CloudWatch::CompositeAlarm")[0].AlarmRule);
  for (const alarm of Object.keys(template.findResources("AWS::CloudWatch::Alarm")))
    assert.ok(rule.includes(alarm), alarm);
});

/** Whether cdk-nag finds something in an app that nobody has acknowledged. */
function isRefusedByNag(props: Partial<TidegateProps>, addTo: (stack: Stack) => void = () => {}): boolean {
  const app = new App();
  const stack = new Stack(app, "s");
  new Tidegate(stack, "Tidegate", { packages, ...props });
  addTo(stack);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  try {
    app.synth();
  } catch {
    return true;
  }
  return false;
}

test("what cdk-nag finds is acknowledged, whatever the installation is told, and nothing besides", () => {
  assert.ok(!isRefusedByNag({}));
  assert.ok(!isRefusedByNag({ kmsKeyArn: KEY, checkFunctionPrefix: "ask-", policies: ["checkout"] }));
  const loose = (stack: Stack) => new sqs.Queue(stack, "Loose");
  assert.ok(isRefusedByNag({}, loose));
});

test("flags are guarded where a resource and a policy are named", () => {
  plain.resourceCountIs("AWS::AppConfig::ExtensionAssociation", 0);
  const guardedFlagsResource = "arn:aws:appconfig:eu-west-1:123456789012:application/abc1234";
  templateOf({ guardedFlagsResource, guardedFlagsPolicy: "flags" }).hasResourceProperties(
    "AWS::AppConfig::ExtensionAssociation",
    {
      ResourceIdentifier: guardedFlagsResource,
      Parameters: { Policy: "flags" },
    },
  );
});

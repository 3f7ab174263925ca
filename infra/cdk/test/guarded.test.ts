import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  App,
  Duration,
  Stack,
  Stage,
  aws_cloudwatch as cloudwatch,
  aws_codedeploy as codedeploy,
  aws_ec2 as ec2,
  aws_ecs as ecs,
  aws_elasticloadbalancingv2 as elb,
  aws_lambda as lambda,
} from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { GuardedAlias, GuardedDeploymentGroup } from "../lib";
import { schemaFaults } from "../lib/policy";

const STEPS = { name: "checkout", strategy: "Canary10Percent5Minutes" };

function shop(): { app: App; stack: Stack; checkout: lambda.Function } {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), "shop-")) });
  const stack = new Stack(app, "shop");
  return { app, stack, checkout: functionOf(stack, "checkout") };
}

function functionOf(stack: Stack, functionName?: string, code = "x"): lambda.Function {
  return new lambda.Function(stack, functionName ?? "Nameless", {
    functionName,
    runtime: lambda.Runtime.PYTHON_3_13,
    handler: "i.h",
    code: lambda.Code.fromInline(code),
  });
}

/** What synthesis says against the app. */
function refusalOf(app: App): string {
  try {
    app.synth();
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

const aliasIn = (stack: Stack): unknown =>
  Object.values(Template.fromStack(stack).findResources("AWS::Lambda::Alias"))[0].Properties;

test("a guarded function is tagged with its policy and its alias, and its role is not", () => {
  const { stack, checkout } = shop();
  new GuardedAlias(stack, "Live", { target: checkout, aliasName: "prod", policy: STEPS });
  const template = Template.fromStack(stack);
  template.hasResourceProperties("AWS::Lambda::Function", {
    Tags: [
      { Key: "tidegate:alias", Value: "prod" },
      { Key: "tidegate:policy", Value: "checkout" },
    ],
  });
  template.hasResourceProperties("AWS::IAM::Role", { Tags: Match.absent() });
});

test("new code publishes a version that is kept, and leaves the alias as it is", () => {
  const deployed = (code: string) => {
    const stack = new Stack(new App(), "shop");
    new GuardedAlias(stack, "Live", { target: functionOf(stack, "checkout", code), policy: STEPS });
    const versions = Template.fromStack(stack).findResources("AWS::Lambda::Version");
    return { alias: aliasIn(stack), versions };
  };
  const [before, after] = [deployed("x"), deployed("y")];
  assert.deepEqual(before.alias, after.alias);
  assert.notDeepEqual(Object.keys(before.versions), Object.keys(after.versions));
  assert.deepEqual(
    Object.values(after.versions).map(({ DeletionPolicy }) => DeletionPolicy),
    ["Retain"],
  );
});

test("an alias that every deployment would move is refused", () => {
  const { app, stack, checkout } = shop();
  new GuardedAlias(stack, "Live", { target: checkout.addAlias("live"), policy: STEPS });
  assert.match(
    refusalOf(app),
    /alias live \(shop\/checkout\/Aliaslive\): its version in the template is .* would move all traffic at once/,
  );
});

const versionOf = (target: lambda.Function, version: string) =>
  lambda.Version.fromVersionAttributes(target, `Version${version}`, { lambda: target, version });

test("an alias whose version is a number stays as it is, and versions are published and kept", () => {
  const { app, stack, checkout } = shop();
  const pinned = new lambda.Alias(stack, "Pinned", { aliasName: "live", version: versionOf(checkout, "7") });
  new GuardedAlias(stack, "Live", { target: pinned, policy: STEPS });
  assert.equal(refusalOf(app), "");
  assert.deepEqual((aliasIn(stack) as { FunctionVersion: string }).FunctionVersion, "7");
  Template.fromStack(stack).hasResource("AWS::Lambda::Version", { DeletionPolicy: "Retain" });
});

test("weights in the template are refused: they would overwrite those that Tidegate sets", () => {
  const { app, stack, checkout } = shop();
  const additionalVersions = [{ version: versionOf(checkout, "9"), weight: 0.1 }];
  const weighted = new lambda.Alias(stack, "Weighted", {
    aliasName: "beta",
    version: versionOf(checkout, "8"),
    additionalVersions,
  });
  new GuardedAlias(stack, "Live", { target: weighted, policy: STEPS });
  assert.match(refusalOf(app), /alias beta .*: additionalVersions would overwrite the weights/);
});

test("an alias that CodeDeploy moves belongs to its deployment group", () => {
  const { app, stack, checkout } = shop();
  const live = checkout.addAlias("live");
  new codedeploy.LambdaDeploymentGroup(stack, "Group", { alias: live });
  new GuardedAlias(stack, "Live", { target: live, policy: STEPS });
  assert.match(refusalOf(app), /alias live .*: CodeDeploy moves it; use GuardedDeploymentGroup/);
});

test("what an alias already says is not said again", () => {
  const { app, stack, checkout } = shop();
  const pinned = new lambda.Alias(stack, "Pinned", { aliasName: "live", version: versionOf(checkout, "7") });
  new GuardedAlias(stack, "Live", { target: pinned, aliasName: "prod", firstVersion: "8", policy: STEPS });
  const refusal = refusalOf(app);
  assert.match(refusal, /aliasName: "prod" is for a target that is a function/);
  assert.match(refusal, /firstVersion: "8" is for a target that is a function/);
});

test("each stage has its own policies, and says where they are", () => {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), "shop-")) });
  const stacks = ["Dev", "Prod"].map((name) => new Stack(new Stage(app, name), "shop"));
  for (const stack of stacks) {
    new GuardedAlias(stack, "Live", { target: functionOf(stack, "checkout"), policy: STEPS });
  }
  const { directory } = app.synth();
  for (const stack of stacks) {
    const assembly = `assembly-${stack.node.scope?.node.id}`;
    assert.ok(existsSync(join(directory, assembly, "policies/checkout.json")));
    const template = readFileSync(join(directory, assembly, stack.templateFile), "utf8");
    assert.ok(template.includes(`"tidegate policy apply cdk.out/${assembly}/policies/checkout.json"`));
  }
});

test("a function that is made elsewhere cannot be tagged here", () => {
  const { stack } = shop();
  const target = lambda.Function.fromFunctionName(stack, "Far", "far");
  const alias = new lambda.Alias(stack, "FarLive", {
    aliasName: "live",
    version: lambda.Version.fromVersionAttributes(stack, "V", { lambda: target, version: "1" }),
  });
  assert.throws(
    () => new GuardedAlias(stack, "Live", { target: alias, policy: STEPS }),
    /tag it there: tidegate:policy=checkout/,
  );
});

test("the policy is written to the cloud assembly, names the alarms that were made, and the schema takes it", () => {
  const { app, stack } = shop();
  const mine = new cloudwatch.Alarm(stack, "Mine", {
    alarmName: "orders-fall",
    metric: new cloudwatch.Metric({ namespace: "Shop", metricName: "Orders" }),
    threshold: 1,
    evaluationPeriods: 1,
  });
  const analysis = { guards: [{ errorRate: { above: "5%", for: "3 of 3" } }], alarms: [{ name: "old" }] };
  // Its name is not known at synthesis, and need not be: the tags say whose the policy is.
  new GuardedAlias(stack, "Live", {
    target: functionOf(stack),
    policy: { ...STEPS, analysis },
    alarms: { p99: Duration.seconds(2) },
    rollBackOn: [mine],
  });
  const written = JSON.parse(readFileSync(join(app.synth().directory, "policies/checkout.json"), "utf8")) as {
    mode: string;
    analysis: { alarms: { name: string }[] };
  };
  assert.deepEqual(schemaFaults(written), []);
  assert.equal(written.mode, "drive");
  assert.deepEqual(written.analysis.alarms, [
    { name: "old" },
    { name: "checkout-errors", action: "rollBack" },
    { name: "checkout-throttles", action: "hold" },
    { name: "checkout-latency", action: "rollBack" },
    { name: "orders-fall", action: "rollBack" },
  ]);
  const made = Object.values(Template.fromStack(stack).findResources("AWS::CloudWatch::Alarm")).map(
    ({ Properties }) => (Properties as { AlarmName: string }).AlarmName,
  );
  assert.deepEqual(made.sort(), ["checkout-errors", "checkout-latency", "checkout-throttles", "orders-fall"]);
});

test("alarms look at the alias, by the name that Lambda reports it under", () => {
  const { stack, checkout } = shop();
  new GuardedAlias(stack, "Live", { target: checkout, policy: STEPS });
  Template.fromStack(stack).hasResourceProperties("AWS::CloudWatch::Alarm", {
    AlarmName: "checkout-throttles",
    Dimensions: [
      { Name: "FunctionName", Value: Match.anyValue() },
      { Name: "Resource", Value: { "Fn::Join": ["", [{ Ref: Match.stringLikeRegexp("checkout") }, ":live"]] } },
    ],
  });
});

test("every fault of a policy is told at synthesis, with its place and its value", () => {
  const { app, stack, checkout } = shop();
  new GuardedAlias(stack, "Live", {
    target: checkout,
    policy: { name: "Check out", mode: "guard", strategy: "AllAtOnce", deadline: "soon", analysis: { warmup: "1m" } },
  });
  const refusal = refusalOf(app);
  assert.match(refusal, /policy\.mode: the construct states it/);
  assert.match(refusal, /policy\.name: "Check out" must match pattern/);
  assert.match(refusal, /policy\.deadline: "soon" must match pattern/);
  assert.match(refusal, /policy\.analysis: .* must NOT have additional properties: "warmup"/);
});

test("where Tidegate moves the traffic, a policy without steps is refused", () => {
  const { app, stack, checkout } = shop();
  new GuardedAlias(stack, "Live", { target: checkout, policy: { name: "checkout" } });
  assert.match(refusalOf(app), /policy: .* must have required property 'strategy'/);
});

test("two policies do not share a name", () => {
  const { app, stack, checkout } = shop();
  new GuardedAlias(stack, "Live", { target: checkout, policy: STEPS });
  new GuardedAlias(stack, "Other", { target: functionOf(stack, "other"), policy: STEPS });
  assert.match(refusalOf(app), /policy\.name: "checkout" is the name of shop\/Other\/Policy too/);
});

test("an alarm whose name is only known once it is deployed cannot be named in a policy", () => {
  const { stack, checkout } = shop();
  const nameless = new cloudwatch.Alarm(stack, "Nameless", {
    metric: new cloudwatch.Metric({ namespace: "Shop", metricName: "Orders" }),
    threshold: 1,
    evaluationPeriods: 1,
  });
  assert.throws(
    () => new GuardedAlias(stack, "Live", { target: checkout, policy: STEPS, rollBackOn: [nameless] }),
    /shop\/Nameless: .* state its alarmName/,
  );
});

test("a deployment group of Lambda is tagged with its function, and its policy guards", () => {
  const { app, stack, checkout } = shop();
  const alias = checkout.addAlias("live");
  const group = new codedeploy.LambdaDeploymentGroup(stack, "Group", { alias });
  const { policy } = new GuardedDeploymentGroup(stack, "Guarded", { group, alias, policy: { name: "checkout" } });
  assert.equal(refusalOf(app), "");
  assert.deepEqual(policy, {
    version: 1,
    name: "checkout",
    mode: "guard",
    analysis: { alarms: [{ name: "checkout-errors", action: "rollBack" }] },
  });
  const template = Template.fromStack(stack);
  const tagged = { Tags: Match.arrayWith([{ Key: "tidegate:policy", Value: "checkout" }]) };
  template.hasResourceProperties("AWS::CodeDeploy::DeploymentGroup", tagged);
  template.hasResourceProperties("AWS::Lambda::Function", tagged);
  template.hasResource("AWS::Lambda::Version", { DeletionPolicy: "Retain" });
});

test("a deployment group of instances is tagged, and judged by alarms of one's own", () => {
  const { app, stack } = shop();
  const group = new codedeploy.ServerDeploymentGroup(stack, "Group", {});
  const alarm = cloudwatch.Alarm.fromAlarmName(stack, "Far", "web-5xx");
  const { policy } = new GuardedDeploymentGroup(stack, "Guarded", {
    group,
    policy: { name: "web" },
    rollBackOn: [alarm],
  });
  assert.equal(refusalOf(app), "");
  assert.deepEqual(policy.analysis, { alarms: [{ name: "web-5xx", action: "rollBack" }] });
  Template.fromStack(stack).hasResourceProperties("AWS::CodeDeploy::DeploymentGroup", {
    Tags: Match.arrayWith([{ Key: "tidegate:policy", Value: "web" }]),
  });
});

/** A group as an app has it that knows its service, cluster and load balancer from elsewhere. */
function ecsGroup(stack: Stack): codedeploy.EcsDeploymentGroup {
  const arn = (rest: string) => `arn:aws:${rest}`;
  const targets = (id: string) =>
    elb.ApplicationTargetGroup.fromTargetGroupAttributes(stack, id, {
      targetGroupArn: arn(`elasticloadbalancing:eu-west-1:123456789012:targetgroup/${id}/0123456789abcdef`),
    });
  const vpc = ec2.Vpc.fromVpcAttributes(stack, "Vpc", { vpcId: "vpc-1", availabilityZones: ["eu-west-1a"] });
  return new codedeploy.EcsDeploymentGroup(stack, "Group", {
    service: ecs.FargateService.fromFargateServiceAttributes(stack, "Service", {
      serviceName: "web",
      cluster: ecs.Cluster.fromClusterAttributes(stack, "Cluster", { clusterName: "shop", vpc }),
    }),
    blueGreenDeploymentConfig: {
      blueTargetGroup: targets("blue"),
      greenTargetGroup: targets("green"),
      listener: elb.ApplicationListener.fromApplicationListenerAttributes(stack, "Listener", {
        listenerArn: arn(
          "elasticloadbalancing:eu-west-1:123456789012:listener/app/shop/0123456789abcdef/0123456789abcdef",
        ),
        securityGroup: ec2.SecurityGroup.fromSecurityGroupId(stack, "SecurityGroup", "sg-1"),
      }),
    },
  });
}

test("a deployment group of ECS is tagged, and its policy guards", () => {
  const { stack } = shop();
  const { policy } = new GuardedDeploymentGroup(stack, "Guarded", { group: ecsGroup(stack), policy: { name: "web" } });
  assert.deepEqual(policy, { version: 1, name: "web", mode: "guard", analysis: { alarms: [] } });
  Template.fromStack(stack).hasResourceProperties("AWS::CodeDeploy::DeploymentGroup", {
    Tags: Match.arrayWith([{ Key: "tidegate:policy", Value: "web" }]),
  });
});

test("where there is no alias, alarms cannot be made on it", () => {
  const { app, stack } = shop();
  const alarms = { errorPercent: 2 };
  new GuardedDeploymentGroup(stack, "Guarded", { group: ecsGroup(stack), policy: { name: "web" }, alarms });
  assert.match(refusalOf(app), /alarms: shop\/Group has no alias to make them on; use rollBackOn/);
});

test("a deployment group of Lambda names the alias that it moves", () => {
  const { app, stack, checkout } = shop();
  const moved = checkout.addAlias("live");
  const group = new codedeploy.LambdaDeploymentGroup(stack, "Group", { alias: moved });
  new GuardedDeploymentGroup(stack, "None", { group, policy: { name: "none" } });
  new GuardedDeploymentGroup(stack, "Wrong", { group, alias: checkout.addAlias("beta"), policy: { name: "wrong" } });
  const refusal = refusalOf(app);
  assert.match(refusal, /shop\/Group: it deploys to Lambda; name the alias that it moves/);
  assert.match(refusal, /alias beta .*: no deployment group moves it/);
});

import {
  Duration,
  Stack,
  Validations,
  aws_codedeploy as codedeploy,
  aws_iam as iam,
  aws_lambda as lambda,
  aws_logs as logs,
  type StackProps,
} from "aws-cdk-lib";
import type { Construct } from "constructs";
import { GuardedAlias, GuardedDeploymentGroup } from "../lib";

/** Two functions of a shop. Tidegate moves the traffic of one; CodeDeploy moves that of the other, and Tidegate judges it. */
export class Shop extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    this.checkout();
    this.search();
  }

  private checkout(): void {
    const checkout = this.makeFunction("Checkout", "checkout");
    new GuardedAlias(this, "CheckoutLive", {
      target: checkout,
      alarms: { p99: Duration.seconds(2) },
      policy: {
        name: "checkout",
        strategy: {
          steps: [
            { setWeight: 5 },
            { bake: "10m" },
            { setWeight: 25 },
            { bake: "10m" },
            { setWeight: 50 },
            { bake: "10m" },
          ],
          watch: "30m",
        },
        analysis: { guards: [{ errorRate: { above: "5%", for: "3 of 3" } }] },
      },
    });
  }

  private search(): void {
    const search = this.makeFunction("Search", "search");
    const live = search.addAlias("live");
    const group = new codedeploy.LambdaDeploymentGroup(this, "SearchDeployments", {
      alias: live,
      deploymentConfig: codedeploy.LambdaDeploymentConfig.CANARY_10PERCENT_10MINUTES,
      // No traffic before the checks of the policy passed. By its name: CDK cannot name a function of another stack here.
      preHook: lambda.Function.fromFunctionName(this, "CodeDeployHook", "CodeDeployHook_tidegate"),
    });
    new GuardedDeploymentGroup(this, "SearchGuarded", {
      group,
      alias: live,
      policy: {
        name: "search",
        checks: [
          { name: "answers", invoke: { payload: { rawPath: "/health" } }, expect: { status: 200, fasterThan: "2s" } },
        ],
      },
    });
    const hooks = "arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:CodeDeployHook_tidegate:*";
    const managed = "arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited";
    Validations.of(group).acknowledge(
      { id: `AwsSolutions-IAM4[Policy::${managed}]`, reason: "The rights that AWS made for CodeDeploy." },
      { id: `AwsSolutions-IAM5[Resource::${hooks}]`, reason: "All versions of one function." },
    );
  }

  private makeFunction(id: string, functionName: string): lambda.Function {
    const logGroup = new logs.LogGroup(this, `${id}Logs`, { retention: logs.RetentionDays.ONE_MONTH });
    const writesLogs = new iam.PolicyStatement({
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [logGroup.logGroupArn],
    });
    const made = new lambda.Function(this, id, {
      functionName,
      runtime: lambda.Runtime.PYTHON_3_13,
      handler: "index.handler",
      code: lambda.Code.fromInline('def handler(event, context):\n    return {"statusCode": 200, "body": "{}"}\n'),
      logGroup,
      role: new iam.Role(this, `${id}Role`, {
        assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com"),
        inlinePolicies: { logs: new iam.PolicyDocument({ statements: [writesLogs] }) },
      }),
    });
    Validations.of(made).acknowledge({ id: "AwsSolutions-L1", reason: "Any runtime will do here." });
    return made;
  }
}

import { Aws } from "aws-cdk-lib";
import type { Package } from "./settings";

/** A line of a widget: a metric with its dimension, or an expression over others. */
type Line = (string | Record<string, unknown>)[];

const RED = "#d62728";
const GREEN = "#2ca02c";
const MINUTE = 60;
const DAY = 86400;

/** The functions in the order in which people look for them. */
const FUNCTIONS: Package[] = ["health-check", "traffic-shift", "rollback", "feature-flag", "notify"];

/** What a dashboard of CloudWatch shows of the installation: how it runs, and how well software is delivered with it. */
export function dashboard(name: string): object {
  const own = (metric: string, more?: object): Line => [
    "Tidegate",
    metric,
    "Installation",
    name,
    ...(more ? [{ ...more }] : []),
  ];
  const ofFunctions = (metric: string): Line[] =>
    FUNCTIONS.map((one) => ["AWS/Lambda", metric, "FunctionName", `${name}-${one}`]);
  const queues: Line[] = FUNCTIONS.map((one) => [
    "AWS/SQS",
    "ApproximateNumberOfMessagesVisible",
    "QueueName",
    `${name}-${one}-undelivered`,
  ]);
  const hidden = (lines: Line[], prefix: string): Line[] =>
    lines.map((line, i) => [...line, { id: `${prefix}${i + 1}`, visible: false }]);
  const ofTable = (metric: string, id: string): Line => [
    "AWS/DynamoDB",
    metric,
    "TableName",
    name,
    { id, visible: false },
  ];

  return {
    widgets: [
      heading(0, "Operations"),
      graph(0, 1, 8, "Rollouts under way", { stat: "Maximum", period: MINUTE }, [
        own("RolloutsLive", { label: "live" }),
        own("RolloutsStuck", { label: "stuck", color: RED }),
      ]),
      graph(8, 1, 8, "Verdicts", { stacked: true, stat: "Sum", period: 5 * MINUTE }, [
        [{ expression: "all - promote - back", label: "hold", id: "hold" }],
        own("Verdicts", { id: "all", visible: false }),
        own("VerdictsPromote", { id: "promote", label: "promote", color: GREEN }),
        own("VerdictsRollBack", { id: "back", label: "roll back", color: RED }),
      ]),
      graph(16, 1, 8, "Seconds until all traffic was back", { period: 5 * MINUTE }, [
        own("RollbackSeconds", { stat: "p50", label: "median" }),
        own("RollbackSeconds", { stat: "Maximum", label: "slowest" }),
      ]),
      graph(0, 7, 8, "Invocations", { stat: "Sum", period: 5 * MINUTE }, ofFunctions("Invocations")),
      graph(8, 7, 8, "Duration, p99, and a sweep's", { stat: "p99", period: 5 * MINUTE }, [
        ...ofFunctions("Duration"),
        own("SweepMilliseconds", { label: "sweep" }),
      ]),
      graph(16, 7, 8, "Not handled: dead letters", { stat: "Maximum", period: MINUTE }, queues),
      // At the list prices of us-east-1: arm64 functions of 256 MB, requests to the table, metrics read, and events.
      graph(0, 13, 12, "Cost, dollars a day", { stacked: true, stat: "Sum", period: DAY }, [
        [
          {
            expression: "(d1 + d2 + d3 + d4 + d5) / 1000 * 0.25 * 0.0000133334 + (n1 + n2 + n3 + n4 + n5) * 0.0000002",
            label: "functions",
            id: "functions",
          },
        ],
        [{ expression: "writes * 0.000000625 + reads * 0.000000125", label: "table", id: "table" }],
        ...hidden(ofFunctions("Duration"), "d"),
        ...hidden(ofFunctions("Invocations"), "n"),
        ofTable("ConsumedWriteCapacityUnits", "writes"),
        ofTable("ConsumedReadCapacityUnits", "reads"),
      ]),
      graph(12, 13, 12, "AWS calls", { stat: "Sum", period: 5 * MINUTE }, [
        own("AwsCalls", { label: "of all functions" }),
      ]),

      heading(19, "Delivery"),
      graph(0, 20, 6, "Deployment frequency, a day", { stacked: true, stat: "Sum", period: DAY }, [
        [{ expression: "ended - good - back", label: "ended otherwise", id: "others" }],
        own("RolloutsEnded", { id: "ended", visible: false }),
        own("RolloutsSucceeded", { id: "good", label: "succeeded", color: GREEN }),
        own("RolloutsRolledBack", { id: "back", label: "rolled back", color: RED }),
      ]),
      graph(6, 20, 6, "Change failure rate, %", { stat: "Sum", period: 7 * DAY }, [
        [{ expression: "100 * back / (back + good)", label: "rolled back", id: "rate" }],
        own("RolloutsRolledBack", { id: "back", visible: false }),
        own("RolloutsSucceeded", { id: "good", visible: false }),
      ]),
      graph(12, 20, 6, "Lead time, start to all traffic, seconds", { period: DAY }, [
        own("LeadSeconds", { stat: "p50", label: "median" }),
        own("LeadSeconds", { stat: "p90", label: "p90" }),
      ]),
      graph(18, 20, 6, "Time to restore, decision to all traffic back, seconds", { period: DAY }, [
        own("RollbackSeconds", { stat: "p50", label: "median" }),
        own("RollbackSeconds", { stat: "p90", label: "p90" }),
      ]),
    ],
  };
}

const heading = (y: number, text: string): object => ({
  type: "text",
  x: 0,
  y,
  width: 24,
  height: 1,
  properties: { markdown: `# ${text}` },
});

const graph = (x: number, y: number, width: number, title: string, how: object, metrics: Line[]): object => ({
  type: "metric",
  x,
  y,
  width,
  height: 6,
  properties: { title, region: Aws.REGION, view: "timeSeries", ...how, metrics },
});

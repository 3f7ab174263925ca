import { statSync } from "node:fs";
import { join } from "node:path";
import { Token } from "aws-cdk-lib";
import { raise } from "./faults";

/** What an installation of Tidegate may be told. Everything but `packages` has a default. */
export interface TidegateProps {
  /**
   * The folder with the functions' packages, `<function>/bootstrap` or `<function>/bootstrap.zip`, as `cargo lambda build`
   * leaves them: `target/lambda`. Synthesis needs neither cargo nor docker.
   */
  readonly packages: string;

  /**
   * What the names of bus, table, functions, queues and alarms are made of. A second installation in the same account and
   * region needs another one.
   * @default "tidegate"
   */
  readonly name?: string;

  /**
   * What the functions run on; the packages have to be built for it.
   * @default "arm64"
   */
  readonly architecture?: Architecture;

  /**
   * How much the functions log.
   * @default "info"
   */
  readonly logLevel?: LogLevel;

  /**
   * How long logs are kept, in days; one of the numbers that CloudWatch Logs knows.
   * @default 30
   */
  readonly logRetentionDays?: number;

  /**
   * ARN of a key for table, queues, topic and logs.
   * @default - AWS-owned keys, and for the topic a key of the installation's own
   */
  readonly kmsKeyArn?: string;

  /**
   * ARN of the SNS topic that hears of Tidegate's own troubles.
   * @default - the on-call topic
   */
  readonly alarmTopicArn?: string;

  /**
   * Patterns (`*`, `?`) on the value of the tag `tidegate:policy`: only what has such a tag is touched.
   * @default ["*"] - everything that has the tag
   */
  readonly policies?: string[];

  /**
   * What the names of your own check functions begin with. health-check may invoke these, and tagged targets.
   * @default "tidegate-check-"
   */
  readonly checkFunctionPrefix?: string;

  /**
   * ARN of an AppConfig application, environment or profile whose deployments are judged. Needs `guardedFlagsPolicy`.
   * @default - none
   */
  readonly guardedFlagsResource?: string;

  /**
   * The name of the policy that judges them.
   * @default - none
   */
  readonly guardedFlagsPolicy?: string;

  /**
   * Whether concurrency is reserved for the functions; `false` for accounts whose limit is too low for it.
   * @default true
   */
  readonly reserveConcurrency?: boolean;
}

export const ARCHITECTURES = ["arm64", "x86_64"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

export const LOG_LEVELS = ["off", "error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const RETENTIONS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731];

/** The names of the packages, which are those of the binaries. */
export const PACKAGES = ["traffic-shift", "health-check", "rollback", "feature-flag", "notify"] as const;
export type Package = (typeof PACKAGES)[number];

/** Props with every default filled in. */
export type Settings = Required<Omit<TidegateProps, OptionalSetting>> & Pick<TidegateProps, OptionalSetting>;
type OptionalSetting = "kmsKeyArn" | "alarmTopicArn" | "guardedFlagsResource" | "guardedFlagsPolicy";

/** Fills in the defaults. Throws one error that names every fault. */
export function settle(props: TidegateProps, place: string): Settings {
  const settings: Settings = {
    name: "tidegate",
    architecture: "arm64",
    logLevel: "info",
    logRetentionDays: 30,
    policies: ["*"],
    checkFunctionPrefix: "tidegate-check-",
    reserveConcurrency: true,
    ...stated(props),
  };
  raise(place, faultsOf(settings));
  return settings;
}

/** Without the props that are there and undefined, which would overwrite defaults. */
function stated(props: TidegateProps): TidegateProps {
  return Object.fromEntries(
    Object.entries(props).filter(([, value]) => value !== undefined),
  ) as unknown as TidegateProps;
}

function faultsOf(settings: Settings): string[] {
  const faults: string[] = [];
  const expect = (right: boolean, prop: keyof TidegateProps, wanted: string): void => {
    if (!right) faults.push(`${prop}: ${JSON.stringify(settings[prop])} is not ${wanted}`);
  };
  const matches = (prop: "name" | "checkFunctionPrefix", pattern: RegExp): void =>
    expect(
      !Token.isUnresolved(settings[prop]) && pattern.test(settings[prop]),
      prop,
      `a text that matches ${pattern.source}`,
    );
  const isArn = (prop: OptionalSetting, service: string): void => {
    const value = settings[prop];
    const right =
      value === undefined ||
      Token.isUnresolved(value) ||
      new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:.+$`).test(value);
    expect(right, prop, `an ARN of ${service}`);
  };
  matches("name", /^[a-z][a-z0-9-]{0,31}$/);
  matches("checkFunctionPrefix", /^[a-zA-Z0-9_-]{1,63}$/);
  expect(ARCHITECTURES.includes(settings.architecture), "architecture", `one of ${ARCHITECTURES.join(", ")}`);
  expect(LOG_LEVELS.includes(settings.logLevel), "logLevel", `one of ${LOG_LEVELS.join(", ")}`);
  expect(RETENTIONS.includes(settings.logRetentionDays), "logRetentionDays", `one of ${RETENTIONS.join(", ")}`);
  isArn("kmsKeyArn", "kms");
  isArn("alarmTopicArn", "sns");
  isArn("guardedFlagsResource", "appconfig");
  expect(
    settings.policies.length > 0 && settings.policies.every((pattern) => /^[a-z0-9*?-]+$/.test(pattern)),
    "policies",
    "a list of patterns of a-z, 0-9, -, * and ?",
  );
  expect(
    (settings.guardedFlagsResource === undefined) === (settings.guardedFlagsPolicy === undefined),
    "guardedFlagsPolicy",
    "stated together with guardedFlagsResource",
  );
  for (const name of PACKAGES) {
    if (packageOf(settings.packages, name) === undefined) {
      faults.push(
        `packages: ${JSON.stringify(settings.packages)} has neither ${name}/bootstrap nor ${name}/bootstrap.zip; \`cargo lambda build\` makes them`,
      );
    }
  }
  return faults;
}

/** A function's code: its folder with the `bootstrap` in it, or the zip; where both are there, what was built last. */
export function packageOf(packages: string, name: Package): string | undefined {
  const folder = join(packages, name);
  const builtAt = (file: string): number => statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const [binary, zip] = [builtAt("bootstrap"), builtAt("bootstrap.zip")];
  if (binary + zip === 0) return undefined;
  return binary > zip ? folder : join(folder, "bootstrap.zip");
}

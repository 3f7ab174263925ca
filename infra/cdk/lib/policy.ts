import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { CfnOutput, Stage, attachCustomSynthesis } from "aws-cdk-lib";
import Ajv2020, { type ErrorObject } from "ajv/dist/2020";
import { Construct, type IConstruct } from "constructs";

/**
 * A policy: its name, and whatever else `shared/domain/policy.schema.json` knows, but for `version`, `mode` and `target`, which the
 * construct states. Faults are told at synthesis, all at once.
 */
export interface PolicyProps {
  /** By which the tag `tidegate:policy` refers to it. */
  readonly name: string;
  /** In which steps; needed where Tidegate moves the traffic. */
  readonly strategy?: unknown;
  /** How the candidate is judged. The construct's alarms are added to `alarms`. */
  readonly analysis?: { readonly alarms?: readonly PolicyAlarm[]; readonly [word: string]: unknown };
  readonly [word: string]: unknown;
}

/** An alarm as policies name it. */
export interface PolicyAlarm {
  readonly name: string;
  readonly action?: "hold" | "rollBack";
}

/** The words of a policy that say whose traffic it is about. */
const STATED_BY_CONSTRUCT = ["version", "mode", "target"];

/** Writes a policy into the cloud assembly, from where `tidegate policy apply` stores it. */
export class PolicyFile extends Construct {
  public readonly document: Readonly<Record<string, unknown>>;

  constructor(
    scope: Construct,
    id: string,
    mode: "drive" | "guard",
    private readonly policy: PolicyProps,
    alarms: readonly PolicyAlarm[],
  ) {
    super(scope, id);
    const analysis = { ...policy.analysis, alarms: [...(policy.analysis?.alarms ?? []), ...alarms] };
    this.document = { version: 1, ...policy, mode, analysis };
    this.node.addValidation({ validate: () => this.faults() });
    attachCustomSynthesis(this, { onSynthesize: ({ outdir }) => this.write(join(outdir, "policies")) });
    const stage = Stage.of(this);
    const assembly = stage ? relative((stage.node.root as Stage).outdir, stage.outdir) : "";
    new CfnOutput(this, "Apply", {
      value: `tidegate policy apply ${join("cdk.out", assembly, "policies", `${policy.name}.json`)}`,
      description: "Stores the policy. Run it before the deployment that it is for.",
    });
  }

  private faults(): string[] {
    const stated = STATED_BY_CONSTRUCT.filter((word) => word in this.policy);
    return [
      ...stated.map((word) => `policy.${word}: the construct states it; leave it out`),
      ...this.namesakes().map((other) => `policy.name: "${this.policy.name}" is the name of ${other.node.path} too`),
      ...schemaFaults(this.document),
    ];
  }

  /** Other policies that would be written to the same file. */
  private namesakes(): PolicyFile[] {
    const all = Stage.of(this)?.node.findAll() ?? [];
    const isNamesake = (other: IConstruct): other is PolicyFile =>
      other instanceof PolicyFile && other !== this && other.policy.name === this.policy.name;
    return all.filter(isNamesake);
  }

  private write(folder: string): void {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${this.policy.name}.json`), `${JSON.stringify(this.document, null, 2)}\n`);
  }
}

/** What the JSON Schema of policies has against a document. */
export function schemaFaults(document: unknown): string[] {
  const schema = JSON.parse(readFileSync(join(__dirname, "policy.schema.json"), "utf8")) as object;
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    strict: false,
    formats: { uint64: true, uint32: true, double: true },
  });
  const isRight = ajv.compile(schema);
  if (isRight(document)) return [];
  return [...new Set((isRight.errors ?? []).map(readable))];
}

function readable({ instancePath, data, message, params }: ErrorObject): string {
  const place = instancePath
    .slice(1)
    .replaceAll(/\/(\d+)/g, "[$1]")
    .replaceAll("/", ".");
  const wanted: unknown = params.additionalProperty ?? params.allowedValue ?? params.allowedValues;
  return `policy${place && `.${place}`}: ${JSON.stringify(data)} ${message}${wanted === undefined ? "" : `: ${JSON.stringify(wanted)}`}`;
}

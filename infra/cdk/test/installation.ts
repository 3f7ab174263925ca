// The installation by itself, with the values that its parity with the other templates is compared at.
//
//   CDK_OUTDIR=out node build/test/installation.js ['{"kmsKeyArn": "…"}']
//
// prints the path of its CloudFormation template, out/tidegate.template.json. The argument has props that differ from the defaults.
// The functions' packages do not matter there: they are made up.
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { Tidegate, type TidegateProps } from "../lib";
import { PACKAGES } from "../lib/settings";

/** A folder as `cargo lambda build` leaves it. */
export function madeUpPackages(file = "bootstrap"): string {
  const folder = mkdtempSync(join(tmpdir(), "packages-"));
  for (const name of PACKAGES) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, file), `#!/bin/sh\n# ${name}\n`);
  }
  return folder;
}

if (require.main === module) {
  const app = new App({ analyticsReporting: false });
  const stack = new Stack(app, "tidegate", { env: { account: "123456789012", region: "eu-west-1" } });
  const props = JSON.parse(process.argv[2] ?? "{}") as Partial<TidegateProps>;
  new Tidegate(stack, "Tidegate", { packages: madeUpPackages(), ...props });
  const { directory } = app.synth();
  console.log(join(directory, stack.templateFile));
}

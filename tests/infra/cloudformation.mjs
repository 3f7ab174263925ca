// Reading a translated CloudFormation template, for the lints beside this file.
import { readFileSync } from "node:fs";

/** The resources of the template that the command line names, as [logical id, resource] pairs. */
export function resourcesFromCommandLine(usage) {
  const [path] = process.argv.slice(2);
  if (!path) {
    console.error(`usage: ${usage}`);
    process.exit(2);
  }
  return Object.entries(JSON.parse(readFileSync(path, "utf8")).Resources);
}

/** CloudFormation and IAM write a list of one without its brackets. */
export const asList = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** Prints what was looked at and every fault; ends the process with 1 when there is one. */
export function report(name, looked, faults) {
  console.log(`${name}: ${looked}, ${faults.length === 0 ? "no faults" : `${faults.length} faults:`}`);
  for (const fault of faults) console.log(`  ${fault}`);
  process.exit(faults.length === 0 ? 0 : 1);
}

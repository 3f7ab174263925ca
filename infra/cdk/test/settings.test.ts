import assert from "node:assert/strict";
import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { App, Stack } from "aws-cdk-lib";
import { Tidegate, type TidegateProps } from "../lib";
import { packageOf } from "../lib/settings";
import { madeUpPackages } from "./installation";

const packages = madeUpPackages();

/** What is thrown, line by line: the place first, then its faults. */
function faultsOf(props: TidegateProps): string[] {
  try {
    new Tidegate(new Stack(new App(), "s"), "Tidegate", props);
  } catch (error) {
    return (error as Error).message.split("\n  ");
  }
  return [];
}

test("props that are right have no faults", () => {
  assert.deepEqual(faultsOf({ packages }), []);
  assert.deepEqual(
    faultsOf({
      packages,
      name: "tide-2",
      policies: ["checkout", "shop-*"],
      logRetentionDays: 365,
      kmsKeyArn: undefined,
    }),
    [],
  );
});

test("all faults are told at once, each with its prop, its value and what would be right", () => {
  const [place, ...faults] = faultsOf({
    packages,
    name: "Tide Gate",
    architecture: "arm" as "arm64",
    logLevel: "loud" as "info",
    logRetentionDays: 31,
    kmsKeyArn: "alias/shop",
    policies: [],
    guardedFlagsPolicy: "checkout",
  });
  assert.equal(place, "s/Tidegate:");
  assert.deepEqual(
    faults.map((fault) => fault.split(" is not ")[0]),
    [
      'name: "Tide Gate"',
      'architecture: "arm"',
      'logLevel: "loud"',
      "logRetentionDays: 31",
      'kmsKeyArn: "alias/shop"',
      "policies: []",
      'guardedFlagsPolicy: "checkout"',
    ],
  );
});

test("every package that is missing is named", () => {
  const [, ...faults] = faultsOf({ packages: "nowhere" });
  assert.equal(faults.length, 5);
  assert.match(faults[0], /"nowhere" has neither traffic-shift\/bootstrap nor traffic-shift\/bootstrap.zip/);
});

test("packages may be zips; of a binary and a zip what was built last is deployed", () => {
  assert.deepEqual(faultsOf({ packages: madeUpPackages("bootstrap.zip") }), []);
  const both = madeUpPackages();
  const [folder, binary, zip] = ["notify", "notify/bootstrap", "notify/bootstrap.zip"].map((file) => join(both, file));
  writeFileSync(zip, "");
  utimesSync(binary, 1000, 1000);
  utimesSync(zip, 2000, 2000);
  assert.equal(packageOf(both, "notify"), zip);
  utimesSync(binary, 3000, 3000);
  assert.equal(packageOf(both, "notify"), folder);
});

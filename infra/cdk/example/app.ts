// Tidegate, and a shop under it. `-c packages=FOLDER` says where the functions' packages are.
import { App, Stack, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { Tidegate } from "../lib";
import { Shop } from "./shop";

const app = new App();
const packages = (app.node.tryGetContext("packages") as string | undefined) ?? "../../target/lambda";
new Tidegate(new Stack(app, "tidegate"), "Tidegate", { packages });
new Shop(app, "shop");
// A finding that nobody has acknowledged ends the synthesis with an error.
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();

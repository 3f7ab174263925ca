// Checks the EventBridge patterns of a translated template against AWS's registry of events, offline.
//
//   node pattern_lint.mjs TEMPLATE.json
//
// A pattern with a misspelt key or path is valid and matches nothing, for ever and in silence. Found here:
//   - keys that no event has, and matching words that EventBridge does not know;
//   - detail-types that the AWS service of that source does not send;
//   - paths below `detail` that events of that type do not have.
// The registry of our own source is events/schemas.
import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import { readdirSync } from "node:fs";
import { asList, report, resourcesFromCommandLine } from "./cloudformation.mjs";

const EVENT_KEYS = new Set(["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"]);
const MATCHERS = new Set(["prefix", "suffix", "anything-but", "numeric", "exists", "cidr", "equals-ignore-case", "wildcard"]);

/** Documented by AWS, but missing in the registry. */
const NOT_IN_REGISTRY = new Set([
  // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
  "aws.ecs@ECS Deployment State Change",
  // https://docs.aws.amazon.com/appconfig/latest/userguide/working-with-appconfig-extensions-about-predefined-notification-eventbridge.html
  "aws.appconfig@On Deployment Start",
  "aws.appconfig@On Deployment Complete",
  "aws.appconfig@On Deployment Rollback",
]);

/** Every service's calls come as this type; its fields are those of a CloudTrail record:
 *  https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html */
const CLOUDTRAIL_CALL = "AWS API Call via CloudTrail";
const CLOUDTRAIL_RECORD = new Set([
  "additionalEventData", "addendum", "apiVersion", "awsRegion", "edgeDeviceDetails", "errorCode", "errorMessage",
  "eventCategory", "eventID", "eventName", "eventSource", "eventTime", "eventType", "eventVersion", "managementEvent",
  "readOnly", "recipientAccountId", "requestID", "requestParameters", "resources", "responseElements",
  "serviceEventDetails", "sessionCredentialFromConsole", "sharedEventID", "sourceIPAddress", "tlsDetails", "userAgent",
  "userIdentity", "vpcEndpointId",
]);

const registry = loadAwsServiceSpecSync();
const events = new Map(registry.all("event").map((event) => [`${event.source}@${event.detailType}`, event]));

/** The members of one level of a pattern; `$or` holds alternatives of the same level. */
function* membersOf(pattern) {
  for (const [key, value] of Object.entries(pattern)) {
    if (key === "$or") for (const alternative of value) yield* membersOf(alternative);
    else yield [key, value];
  }
}

/** The properties that the registry knows below a type; undefined where anything goes. */
function propertiesOf(type) {
  if (type?.type === "array") return propertiesOf(type.element); // patterns look through arrays
  if (type?.type === "ref") return registry.get("eventTypeDefinition", type.reference.$ref).properties;
  return undefined;
}

/** Faults in a pattern below `path`, whose level has these properties. */
function detailFaults(pattern, properties, path) {
  return [...membersOf(pattern)].flatMap(([key, value]) => {
    const here = `${path}.${key}`;
    if (properties && !(key in properties)) return [`${here}: such events have no "${key}"; known: ${Object.keys(properties).join(", ")}`];
    if (Array.isArray(value)) return matcherFaults(value, here);
    return detailFaults(value, propertiesOf(properties?.[key]?.type), here);
  });
}

function matcherFaults(alternatives, path) {
  return alternatives
    .filter((alternative) => alternative !== null && typeof alternative === "object")
    .flatMap((alternative) => Object.keys(alternative))
    .filter((word) => !MATCHERS.has(word))
    .map((word) => `${path}: EventBridge has no matcher "${word}"`);
}

const OURS = "tidegate";
const MESSAGES = new Set(readdirSync(new URL("../../events/schemas", import.meta.url)).map((file) => file.replace(/\.json$/, "")));

/** Faults in the detail types, those behind `anything-but` among them, of a pattern for what Tidegate itself says. */
function messageFaults(detailTypes) {
  const named = detailTypes.flatMap((type) => (typeof type === "string" ? [type] : asList(type["anything-but"])));
  const unknown = named.filter((type) => !MESSAGES.has(type.toLowerCase().replaceAll(" ", "-")));
  return unknown.map((type) => `"${type}" is no message of Tidegate's: events/schemas has ${[...MESSAGES].join(", ")}`);
}

function propertiesOfDetail(source, detailType) {
  if (detailType === CLOUDTRAIL_CALL) return { properties: Object.fromEntries([...CLOUDTRAIL_RECORD].map((key) => [key, {}])) };
  const event = events.get(`${source}@${detailType}`);
  if (event) return { properties: registry.get("eventTypeDefinition", event.rootProperty.$ref).properties };
  if (NOT_IN_REGISTRY.has(`${source}@${detailType}`)) return {};
  return { fault: `${source} sends no "${detailType}" that the registry knows; when AWS documents it, add it to NOT_IN_REGISTRY` };
}

function patternFaults(pattern) {
  const faults = [];
  for (const [key, value] of membersOf(pattern)) {
    if (!EVENT_KEYS.has(key)) faults.push(`events have no "${key}"`);
    else if (Array.isArray(value)) faults.push(...matcherFaults(value, key));
  }
  const detail = pattern.detail ?? {};
  const fromAws = asList(pattern.source).filter((source) => typeof source === "string" && source.startsWith("aws."));
  if (asList(pattern.source).includes(OURS)) faults.push(...messageFaults(asList(pattern["detail-type"])));
  if (fromAws.length === 0) return [...faults, ...detailFaults(detail, undefined, "detail")];
  for (const source of fromAws) {
    for (const detailType of asList(pattern["detail-type"])) {
      const { properties, fault } = propertiesOfDetail(source, detailType);
      faults.push(...(fault ? [fault] : detailFaults(detail, properties, `detail of "${detailType}"`)));
    }
  }
  return faults;
}

const faults = [];
let patterns = 0;
for (const [logicalId, { Type, Properties }] of resourcesFromCommandLine("pattern_lint.mjs TEMPLATE.json")) {
  if (Type !== "AWS::Events::Rule" || !Properties.EventPattern) continue;
  patterns += 1;
  faults.push(...patternFaults(Properties.EventPattern).map((fault) => `${logicalId}: ${fault}`));
}
report("pattern_lint", `${patterns} patterns`, faults);

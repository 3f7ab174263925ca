// The Node peer of the cold-start benchmark: looks one rollout up in DynamoDB, with one client made at load.
// The loop at the end stands in for AWS's runtime client for Node, which is a native module to be compiled.
import http from "node:http";
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";

const dynamodb = new DynamoDBClient({});

async function handler(event) {
  const rollout = event.rollout ?? "none";
  const { Item } = await dynamodb.send(
    new GetItemCommand({ TableName: process.env.TIDEGATE_TABLE, Key: { pk: { S: rollout } } }),
  );
  const phase = Item?.phase?.S;
  console.log(JSON.stringify({ level: "INFO", message: `rollout ${rollout}: ${phase}` }));
  return { rollout, phase };
}

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function runtimeApi(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, agent, path: `/2018-06-01/runtime/invocation/${path}` }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => resolve({ headers: answer.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.on("error", reject);
    request.end(body && JSON.stringify(body));
  });
}

for (;;) {
  const { headers, body } = await runtimeApi("GET", "next");
  const id = headers["lambda-runtime-aws-request-id"];
  try {
    await runtimeApi("POST", `${id}/response`, await handler(JSON.parse(body)));
  } catch (error) {
    await runtimeApi("POST", `${id}/error`, { errorType: error.name, errorMessage: String(error) });
  }
}

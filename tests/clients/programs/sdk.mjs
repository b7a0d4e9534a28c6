// AWS's SDK for JavaScript as it is shipped: its runtime client speaks HTTP/2.
import {
  BedrockClient,
  GetCustomModelCommand,
  ListFoundationModelsCommand,
  paginateListModelCustomizationJobs,
} from "@aws-sdk/client-bedrock";
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";

const bedrock = new BedrockClient({});
const runtime = new BedrockRuntimeClient({});
const asked = {
  modelId: process.argv[2],
  messages: [{ role: "user", content: [{ text: "What kind of document is an invoice?" }] }],
  inferenceConfig: { maxTokens: 8, temperature: 0 },
};

const models = (await bedrock.send(new ListFoundationModelsCommand({}))).modelSummaries;
let jobs = 0;
for await (const page of paginateListModelCustomizationJobs({ client: bedrock }, {})) {
  jobs += page.modelCustomizationJobSummaries.length;
}
const unknown = await bedrock
  .send(new GetCustomModelCommand({ modelIdentifier: "nosuch" }))
  .catch((error) => ({ name: error.name, status: error.$metadata.httpStatusCode }));
const answer = await runtime.send(new ConverseCommand(asked));
const events = [];
let streamed = "";
for await (const event of (await runtime.send(new ConverseStreamCommand(asked))).stream) {
  events.push(Object.keys(event)[0]);
  streamed += event.contentBlockDelta?.delta.text ?? "";
}
const refused = await runtime
  .send(new ConverseCommand({ ...asked, modelId: "amazon.nosuch-v1:0" }))
  .catch((error) => ({ name: error.name, status: error.$metadata.httpStatusCode }));
console.log(
  JSON.stringify({
    models: models.map((one) => one.modelId),
    jobs,
    unknown,
    text: answer.output.message.content[0].text,
    usage: answer.usage,
    stop: answer.stopReason,
    events,
    streamed,
    refused,
  }),
);
bedrock.destroy();
runtime.destroy();

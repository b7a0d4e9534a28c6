// AWS's SDK for JavaScript with a Bedrock API key in place of an access key.
import { BedrockClient, GetFoundationModelCommand, ListCustomModelsCommand } from "@aws-sdk/client-bedrock";
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";

const bedrock = new BedrockClient({});
const runtime = new BedrockRuntimeClient({});
const asked = {
  modelId: process.argv[2],
  messages: [{ role: "user", content: [{ text: "What kind of document is an invoice?" }] }],
  inferenceConfig: { maxTokens: 8, temperature: 0 },
};
const model = await bedrock.send(new GetFoundationModelCommand({ modelIdentifier: process.argv[2] }));
const denied = await bedrock
  .send(new ListCustomModelsCommand({}))
  .catch((error) => ({ name: error.name, status: error.$metadata.httpStatusCode, message: error.message }));
const answer = await runtime.send(new ConverseCommand(asked));
let streamed = "";
for await (const event of (await runtime.send(new ConverseStreamCommand(asked))).stream) {
  streamed += event.contentBlockDelta?.delta.text ?? "";
}
console.log(
  JSON.stringify({
    model: model.modelDetails.modelId,
    denied,
    text: answer.output.message.content[0].text,
    streamed,
  }),
);
bedrock.destroy();
runtime.destroy();

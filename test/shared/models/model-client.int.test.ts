import { modelClientContract } from '../../contracts/model-client-contract.ts';
import { completedWith, scriptedModelClient } from '../../fakes/scripted-model-client.ts';
import { chatRequest, modelClientRig } from './model-client-rig.ts';
import { completion, sendJson } from './scripted-model-server.ts';

modelClientContract('scripted', async () => {
  const { promise: arrived, resolve } = Promise.withResolvers<void>();
  let isHeld = false;
  const client = scriptedModelClient(async () => {
    if (isHeld) {
      resolve();
      await new Promise<never>(() => undefined);
    }
    return completedWith('Hello');
  });
  return {
    client,
    request: chatRequest(),
    holdCalls: () => {
      isHeld = true;
      return arrived;
    },
  };
});

modelClientContract('azure-openai', async (context) => {
  const { promise: arrived, resolve } = Promise.withResolvers<void>();
  let isHeld = false;
  const { client } = await modelClientRig(context, (response) => {
    if (isHeld) {
      resolve();
    } else {
      sendJson(response, 200, completion);
    }
  });
  return {
    client,
    request: chatRequest(),
    holdCalls: () => {
      isHeld = true;
      return arrived;
    },
  };
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { chooseFunctions } from '../../../local/azure-openai/chat/choose-functions.ts';
import { noTools, type ToolSettings } from '../../../local/azure-openai/chat/tool-settings.ts';

const functions = ['getWeather', 'list_open_orders', 'send_order', 'ping'].map((name) => ({
  name,
  parameters: undefined,
}));

function chosen(tools: Partial<ToolSettings>, text: string, last = 'user'): readonly string[] {
  const turns = [{ role: 'user', texts: [text] }, ...(last === 'user' ? [] : [{ role: last, texts: ['weather'] }])];
  const settings: ToolSettings = { ...noTools, functions, choice: { kind: 'auto' }, isParallel: true, ...tools };
  return chooseFunctions(settings, turns).map(({ name }) => name);
}

describe('the functions that are called', () => {
  test('have a word of their name in the prompt, those with more words first', () => {
    assert.deepEqual(chosen({}, 'How is the WEATHER?'), ['getWeather']);
    assert.deepEqual(chosen({}, 'Send the open order'), ['send_order', 'list_open_orders']);
    assert.deepEqual(chosen({}, 'get me a list'), []);
  });

  test('are one unless calls may be parallel', () => {
    assert.deepEqual(chosen({ isParallel: false }, 'Send the open order'), ['send_order']);
  });

  test('are none after the result of a tool, but with required', () => {
    assert.deepEqual(chosen({}, 'weather', 'tool'), []);
    assert.deepEqual(chosen({ choice: { kind: 'required' } }, 'weather', 'tool'), ['getWeather']);
    assert.deepEqual(chosen({ choice: { kind: 'required' } }, 'nothing'), ['getWeather']);
  });

  test('are the named one, or none with none', () => {
    assert.deepEqual(chosen({ choice: { kind: 'named', name: 'ping' } }, 'weather'), ['ping']);
    assert.deepEqual(chosen({ choice: { kind: 'none' } }, 'weather'), []);
  });
});

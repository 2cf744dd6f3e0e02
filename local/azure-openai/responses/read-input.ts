import { z } from 'zod';

import type { ChatMessage } from '../chat/chat-messages.ts';
import { readImage, type SentImage } from '../images/read-image.ts';
import type { ImageRule } from '../model-facts.ts';
import { parseRequest } from '../parse-request.ts';
import { invalidRequest, notCarried, type ServiceError } from '../service-error.ts';

/** The input as turns of a conversation, and as the items that `input_items` tells. */
export interface ReadInput {
  readonly turns: readonly ChatMessage[];
  readonly items: readonly Readonly<Record<string, unknown>>[];
  /** Of the calls in the input, and of the results. */
  readonly callIds: ReadonlySet<string>;
  readonly outputIds: ReadonlySet<string>;
}

type SentItem = { readonly type?: string | undefined } & Readonly<Record<string, unknown>>;

export function readInput(input: string | readonly SentItem[], rule: ImageRule): ReadInput {
  if (typeof input === 'string') {
    const content = [{ type: 'input_text', text: input }];
    const items = [{ type: 'message', role: 'user', status: 'completed', content }];
    return { turns: [turn('user', { texts: [input] })], items, callIds: new Set(), outputIds: new Set() };
  }
  const callIds = new Set<string>();
  const outputIds = new Set<string>();
  const turns = input.flatMap((item, index) => readItem(item, { at: `input[${index}]`, rule, callIds, outputIds }));
  const items = input.map((item) => ({ ...item, type: item.type ?? 'message' }));
  return { turns, items, callIds, outputIds };
}

interface Reading {
  readonly at: string;
  readonly rule: ImageRule;
  readonly callIds: Set<string>;
  readonly outputIds: Set<string>;
}

function readItem(item: SentItem, reading: Reading): readonly ChatMessage[] {
  switch (item.type ?? 'message') {
    case 'message':
      return [readMessage(parseRequest(messageItem, item, reading.at), reading)];
    case 'function_call': {
      const { arguments: sent, call_id: id, name } = parseRequest(callItem, item, reading.at);
      reading.callIds.add(id);
      return [{ ...turn('assistant', { texts: [] }), callsJson: JSON.stringify([{ name, arguments: sent }]) }];
    }
    case 'function_call_output': {
      const { call_id: id, output } = parseRequest(outputItem, item, reading.at);
      reading.outputIds.add(id);
      return [turn('tool', typeof output === 'string' ? { texts: [output] } : readParts(output, 'output', reading))];
    }
    case 'reasoning':
      return [];
    default:
      throw uncarriedItem(item.type ?? '', reading.at);
  }
}

const part = z.looseObject({ type: z.string() });
const messageItem = z.looseObject({
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: z.union([z.string(), z.array(part)]),
});
const callItem = z.looseObject({ call_id: z.string(), name: z.string(), arguments: z.string() });
const outputItem = z.looseObject({ call_id: z.string(), output: z.union([z.string(), z.array(part)]) });

function readMessage({ content, role }: z.infer<typeof messageItem>, reading: Reading): ChatMessage {
  return turn(role, typeof content === 'string' ? { texts: [content] } : readParts(content, 'content', reading));
}

interface Parts {
  readonly texts: readonly string[];
  readonly images?: readonly SentImage[];
}

function readParts(parts: readonly z.infer<typeof part>[], field: string, { at, rule }: Reading): Parts {
  const texts: string[] = [];
  const images: SentImage[] = [];
  for (const [index, sent] of parts.entries()) {
    const param = `${at}.${field}[${index}]`;
    const textField = textFields.get(sent.type);
    if (textField !== undefined) {
      texts.push(parseRequest(z.string(), sent[textField], `${param}.${textField}`));
    } else if (sent.type === 'input_image') {
      images.push(readSentImage(sent, { param, rule }));
    } else {
      throw uncarriedPart(sent.type, param);
    }
  }
  return { texts, ...(images.length === 0 ? {} : { images }) };
}

const textFields: ReadonlyMap<string, string> = new Map([
  ['input_text', 'text'],
  ['output_text', 'text'],
  ['refusal', 'refusal'],
]);

function readSentImage(
  sent: z.infer<typeof part>,
  at: { readonly param: string; readonly rule: ImageRule },
): SentImage {
  if ((sent['file_id'] ?? null) !== null) {
    throw notCarried('images of uploaded files', `${at.param}.file_id`);
  }
  return readImage({ url: sent['image_url'], detail: sent['detail'] }, { ...at, param: `${at.param}.image_url` });
}

function turn(role: string, parts: Parts): ChatMessage {
  return {
    role,
    texts: parts.texts,
    name: undefined,
    callsJson: undefined,
    ...(parts.images && { images: parts.images }),
  };
}

function uncarriedPart(type: string, param: string): ServiceError {
  return type === 'input_file' || type === 'input_audio'
    ? notCarried(type === 'input_file' ? 'file input' : 'audio input', param)
    : unknownType(type, {
        param,
        supported: "'input_text', 'input_image', 'output_text', 'refusal', and 'input_file'",
      });
}

const supportedItems = "'message', 'function_call', 'function_call_output', 'reasoning', and others";

function uncarriedItem(type: string, param: string): ServiceError {
  return /_call$|_call_output$|^item_reference$|^mcp_|^compaction$/u.test(type)
    ? notCarried(`input items of type ${type}`, `${param}.type`)
    : unknownType(type, { param, supported: supportedItems });
}

function unknownType(type: string, facts: { readonly param: string; readonly supported: string }): ServiceError {
  return invalidRequest({
    message: `Invalid value: '${type}'. Supported values are: ${facts.supported}.`,
    param: `${facts.param}.type`,
    code: 'invalid_value',
  });
}

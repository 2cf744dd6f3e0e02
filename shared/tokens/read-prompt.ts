import type { Json, JsonObject } from '../json.ts';
import { writeJson } from '../json/write-json.ts';
import type { YieldToEventLoop } from '../share-event-loop.ts';
import { imageTokens, type ImageRule } from './image-tokens.ts';
import { isDeeperThan, isJsonArray, isJsonObject, jsonAt, textAt } from './json-guards.ts';
import type { MalformedPrompt } from './prompt-count.ts';

/** Deepest nesting of a body that is counted; schemas in the wild stay far below. */
export const MAX_BODY_DEPTH = 100;

/** Tokens around each message, and before the reply; the role is a text of its own (OpenAI cookbook, token counting). */
const MESSAGE_OVERHEAD = 3;
const NAME_OVERHEAD = 1;
const REPLY_OVERHEAD = 3;
/** Wrapping of one tool call or tool definition. Not documented: an estimate. */
const TOOL_OVERHEAD = 7;

/** What there is to count in a body, still in the order of its messages or inputs. */
export interface PromptTexts {
  readonly parts: readonly TextPart[];
  /** Texts outside the messages, counted as an estimate: tool definitions and an answer schema. */
  readonly estimatedTexts: readonly string[];
  readonly overheadTokens: number;
}

interface TextPart {
  readonly role: string;
  readonly texts: readonly string[];
  readonly estimatedTexts: readonly string[];
  readonly overheadTokens: number;
  readonly estimatedTokens: number;
}

/** Messages, parts and inputs that are read in one turn of the event loop, and what one costs, in µs. */
const ITEMS_PER_TURN = 1000;
const US_PER_ITEM = 2;

/** Asks for turns while a list is read: lists of a hundred thousand messages are as easy to send as long texts. */
type Meter = (items: number) => Promise<void> | undefined;

function meterOf(yieldToEventLoop: YieldToEventLoop): Meter {
  let items = 0;
  return (more) => {
    items += more;
    if (items < ITEMS_PER_TURN) {
      return undefined;
    }
    items = 0;
    return yieldToEventLoop(ITEMS_PER_TURN * US_PER_ITEM);
  };
}

/** Collects what a chat completions body makes the model read. Fields that are not known add nothing. */
export async function readChatPrompt(
  body: JsonObject,
  imageRule: ImageRule,
  yieldToEventLoop: YieldToEventLoop,
): Promise<PromptTexts | MalformedPrompt> {
  if (isDeeperThan(body, MAX_BODY_DEPTH)) {
    return malformed('', `is nested more than ${MAX_BODY_DEPTH} deep`);
  }
  const messages = jsonAt(body, 'messages');
  if (!isJsonArray(messages) || messages.length === 0) {
    return malformed('messages', 'must be a list of at least one message');
  }
  const meter = meterOf(yieldToEventLoop);
  const parts: TextPart[] = [];
  for (const [index, message] of messages.entries()) {
    await meter(1);
    const part = await readMessage(message, `messages[${index}]`, { imageRule, meter, yieldToEventLoop });
    if ('kind' in part) {
      return part;
    }
    parts.push(part);
  }
  const definitions = await readDefinitions(body, yieldToEventLoop);
  return { parts, estimatedTexts: definitions, overheadTokens: REPLY_OVERHEAD };
}

/** Collects the inputs of an embeddings body: a text, texts, tokens, or lists of tokens. */
export async function readEmbeddingsPrompt(
  body: JsonObject,
  yieldToEventLoop: YieldToEventLoop,
): Promise<PromptTexts | MalformedPrompt> {
  const input = jsonAt(body, 'input');
  if (typeof input === 'string') {
    return embeddings([textPart(input)]);
  }
  if (!isJsonArray(input) || input.length === 0) {
    return malformed('input', 'must be a text, a list of texts, a list of tokens, or a list of lists of tokens');
  }
  if (isTokenList(input)) {
    return embeddings([tokenPart(input.length)]);
  }
  const meter = meterOf(yieldToEventLoop);
  const parts: TextPart[] = [];
  for (const [index, item] of input.entries()) {
    await meter(1);
    if (typeof item === 'string') {
      parts.push(textPart(item));
    } else if (isJsonArray(item) && item.length > 0 && isTokenList(item)) {
      parts.push(tokenPart(item.length));
    } else {
      return malformed(`input[${index}]`, 'must be a text or a list of tokens');
    }
  }
  return embeddings(parts);
}

interface Reading {
  readonly imageRule: ImageRule;
  readonly meter: Meter;
  readonly yieldToEventLoop: YieldToEventLoop;
}

async function readMessage(message: Json, path: string, reading: Reading): Promise<TextPart | MalformedPrompt> {
  const role = textAt(message, 'role');
  if (!isJsonObject(message) || role === undefined) {
    return malformed(path, 'must be an object with a role');
  }
  const content = await readContent(jsonAt(message, 'content'), `${path}.content`, reading);
  if ('kind' in content) {
    return content;
  }
  const name = textAt(message, 'name');
  const refusal = textAt(message, 'refusal');
  const calls = readToolCalls(message);
  return {
    role,
    texts: [role, ...content.texts, ...(name === undefined ? [] : [name]), ...(refusal === undefined ? [] : [refusal])],
    estimatedTexts: calls,
    overheadTokens: MESSAGE_OVERHEAD + (name === undefined ? 0 : NAME_OVERHEAD),
    estimatedTokens: content.estimatedTokens + Math.ceil(calls.length / 2) * TOOL_OVERHEAD,
  };
}

interface Content {
  readonly texts: readonly string[];
  readonly estimatedTokens: number;
}

async function readContent(
  content: Json | undefined,
  path: string,
  reading: Reading,
): Promise<Content | MalformedPrompt> {
  if (content === undefined || content === null) {
    return { texts: [], estimatedTokens: 0 };
  }
  if (typeof content === 'string') {
    return { texts: [content], estimatedTokens: 0 };
  }
  if (!isJsonArray(content)) {
    return malformed(path, 'must be a text or a list of parts');
  }
  const texts: string[] = [];
  let estimatedTokens = 0;
  for (const [index, part] of content.entries()) {
    await reading.meter(1);
    if (!isJsonObject(part)) {
      return malformed(`${path}[${index}]`, 'must be an object');
    }
    const text = textAt(part, 'text') ?? textAt(part, 'refusal');
    if (text === undefined) {
      estimatedTokens += await estimatePart(part, reading);
    } else {
      texts.push(text);
    }
  }
  return { texts, estimatedTokens };
}

/** Parts that are no text: images by their rule, anything else (audio, files) at four characters a token. */
async function estimatePart(part: JsonObject, { imageRule, yieldToEventLoop }: Reading): Promise<number> {
  const image = jsonAt(part, 'image_url');
  if (image === undefined) {
    return Math.ceil((await writeJson(part, yieldToEventLoop)).text.length / 4);
  }
  const url = typeof image === 'string' ? image : (textAt(image, 'url') ?? '');
  return imageTokens({ url, detail: textAt(image, 'detail'), rule: imageRule });
}

/** Name and arguments of each call, two texts a call. */
function readToolCalls(message: JsonObject): string[] {
  const calls = jsonAt(message, 'tool_calls');
  const legacy = jsonAt(message, 'function_call');
  const functions = [
    ...(isJsonArray(calls) ? calls.map((call) => jsonAt(call, 'function') ?? jsonAt(call, 'custom')) : []),
    legacy,
  ];
  return functions.flatMap((call) =>
    isJsonObject(call) ? [textAt(call, 'name') ?? '', textAt(call, 'arguments') ?? textAt(call, 'input') ?? ''] : [],
  );
}

/** Tool definitions as JSON, which is longer than the rendering that the service gives to the model. */
async function readDefinitions(body: JsonObject, yieldToEventLoop: YieldToEventLoop): Promise<readonly string[]> {
  const tools = [jsonAt(body, 'tools'), jsonAt(body, 'functions')].filter((list) => isJsonArray(list)).flat();
  const schema = jsonAt(jsonAt(jsonAt(body, 'response_format'), 'json_schema'), 'schema');
  const texts: string[] = [];
  for (const definition of [...tools, ...(schema === undefined ? [] : [schema])]) {
    texts.push((await writeJson(definition, yieldToEventLoop)).text);
  }
  return texts;
}

function embeddings(parts: readonly TextPart[]): PromptTexts {
  return { parts, estimatedTexts: [], overheadTokens: 0 };
}

function textPart(text: string): TextPart {
  return { role: 'input', texts: [text], estimatedTexts: [], overheadTokens: 0, estimatedTokens: 0 };
}

function tokenPart(tokens: number): TextPart {
  return { role: 'input', texts: [], estimatedTexts: [], overheadTokens: tokens, estimatedTokens: 0 };
}

function isTokenList(list: readonly Json[]): boolean {
  return list.every((token) => typeof token === 'number' && Number.isSafeInteger(token) && token >= 0);
}

function malformed(path: string, problem: string): MalformedPrompt {
  return { kind: 'malformed', path, problem };
}

import type { z } from 'zod';

import type { contentPart, messageSchema } from './chat-schema.ts';
import { readImage, type SentImage } from '../images/read-image.ts';
import type { ImageRule } from '../model-facts.ts';
import { invalidRequest, notCarried } from '../service-error.ts';
import { jsonOf } from './tool-settings.ts';

/** One message as it is counted and answered. Fields without a value are left out of what seeds an answer. */
export interface ChatMessage {
  readonly role: string;
  /** Text parts in their order: one for plain content. */
  readonly texts: readonly string[];
  readonly name: string | undefined;
  /** Tool calls of an assistant's turn as JSON. */
  readonly callsJson: string | undefined;
  readonly images?: readonly SentImage[] | undefined;
}

type SentMessage = z.infer<typeof messageSchema>;

export function readMessages(sent: readonly SentMessage[], rule: ImageRule): readonly ChatMessage[] {
  const messages = sent.map((message, index) => readMessage(message, { index, rule }));
  checkToolTurns(sent);
  return messages;
}

interface Place {
  readonly index: number;
  readonly rule: ImageRule;
}

function readMessage(message: SentMessage, place: Place): ChatMessage {
  const content = message.content ?? null;
  if (content === null && message.role !== 'assistant') {
    throw invalidRequest({
      message: "Invalid value for 'content': expected a string, got null.",
      param: `messages.[${place.index}].content`,
      code: null,
    });
  }
  const { name, role } = message;
  const callsJson = jsonOf(message.tool_calls);
  if (typeof content === 'string') {
    return { role, texts: [content], name, callsJson };
  }
  const texts: string[] = [];
  const images: SentImage[] = [];
  for (const [index, part] of (content ?? []).entries()) {
    const read = readPart(part, { ...place, param: `messages[${place.index}].content[${index}]`, role });
    if (typeof read === 'string') {
      texts.push(read);
    } else {
      images.push(read);
    }
  }
  return { role, texts, name, callsJson, ...(images.length === 0 ? {} : { images }) };
}

function readPart(
  part: z.infer<typeof contentPart>,
  at: Place & { readonly param: string; readonly role: string },
): string | SentImage {
  const { param, role, rule } = at;
  if (part.type === 'text' || part.type === 'refusal') {
    const text = part[part.type];
    if (typeof text !== 'string') {
      throw invalidRequest({
        message: `Missing required parameter: '${param}.${part.type}'.`,
        param: `${param}.${part.type}`,
        code: 'missing_required_parameter',
      });
    }
    return text;
  }
  if (part.type === 'image_url') {
    if (role !== 'user') {
      throw invalidRequest({
        message:
          `Invalid 'messages[${at.index}]'. Image URLs are only allowed for messages with role 'user', but this message ` +
          `with role '${role}' contains an image URL.`,
        param: `messages.[${at.index}]`,
        code: 'invalid_value',
      });
    }
    return readImage(part['image_url'], { param: `${param}.image_url`, rule });
  }
  const feature = uncarriedParts.get(part.type);
  throw feature === undefined
    ? invalidRequest({
        message: `Invalid value: '${part.type}'. Supported values are: 'text', 'image_url', 'input_audio', 'refusal', and 'file'.`,
        param: `${param}.type`,
        code: 'invalid_value',
      })
    : notCarried(feature, param);
}

const uncarriedParts: ReadonlyMap<string, string> = new Map([
  ['input_audio', 'audio input'],
  ['file', 'file input'],
]);

/** Every tool message answers a call just before it, and every call is answered. */
function checkToolTurns(sent: readonly SentMessage[]): void {
  let open = new Set<string>();
  let isAfterCalls = false;
  for (const [index, message] of sent.entries()) {
    if (message.role === 'tool') {
      if (message.tool_call_id === undefined) {
        throw invalidRequest({
          message: `Missing required parameter: 'messages[${index}].tool_call_id'.`,
          param: `messages[${index}].tool_call_id`,
          code: 'missing_required_parameter',
        });
      }
      if (!isAfterCalls) {
        throw invalidRequest({
          message:
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          param: `messages.[${index}].role`,
          code: null,
        });
      }
      open.delete(message.tool_call_id);
    } else {
      refuseOpenCalls(open);
      open = new Set((message.tool_calls ?? []).map(({ id }) => id));
      isAfterCalls = open.size > 0;
    }
  }
  refuseOpenCalls(open);
}

function refuseOpenCalls(open: ReadonlySet<string>): void {
  if (open.size > 0) {
    throw invalidRequest({
      message:
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
        `The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
      param: 'messages',
      code: null,
    });
  }
}

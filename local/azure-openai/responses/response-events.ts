import type { DraftChoice } from '../chat/draft-choice.ts';
import type { CallItem, MessageItem, OutputItem, ResponseBody } from './response-body.ts';

export interface ResponseEventSource {
  readonly open: ResponseBody;
  readonly end: ResponseBody;
  readonly choice: DraftChoice;
}

/**
 * The server-sent events of a streamed response, in steps that are due together: its beginning, one step a token, and
 * what ends it. Every event has the next `sequence_number`, from 0; there is no `[DONE]`.
 */
export function responseEvents({ choice, end, open }: ResponseEventSource): readonly string[] {
  const writer = new StepWriter();
  writer.add('response.created', { response: open });
  writer.add('response.in_progress', { response: open });
  const calls = choice.calls.values();
  for (const [place, item] of end.output.entries()) {
    switch (item.type) {
      case 'reasoning':
        writer.add('response.output_item.added', { output_index: place, item });
        writer.add('response.output_item.done', { output_index: place, item });
        break;
      case 'message':
        addMessage(writer, { item, pieces: choice.pieces, place });
        break;
      case 'function_call':
        addCall(writer, { item, pieces: calls.next().value?.pieces ?? [], place });
        break;
    }
  }
  writer.add(`response.${end.status}`, { response: end });
  writer.endStep();
  return writer.steps;
}

/** An error in the middle of a stream; `sent` is what came before. */
export function responseErrorEvent(body: unknown, sent: string): string {
  const number = sent.match(/^event: /gmu)?.length ?? 0;
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : body;
  return event('error', { type: 'error', sequence_number: number, error });
}

interface Streamed<Item extends OutputItem> {
  readonly item: Item;
  readonly pieces: readonly string[];
  readonly place: number;
}

function addMessage(writer: StepWriter, { item, pieces, place }: Streamed<MessageItem>): void {
  const [part] = item.content;
  const empty = { ...part, logprobs: [], text: '' };
  const at = { item_id: item.id, output_index: place, content_index: 0 };
  writer.add('response.output_item.added', {
    output_index: place,
    item: { ...item, status: 'in_progress', content: [] },
  });
  writer.add('response.content_part.added', { ...at, part: empty });
  writer.endStep();
  for (const [index, delta] of pieces.entries()) {
    const token = part?.logprobs[index];
    writer.add('response.output_text.delta', { ...at, delta, logprobs: token === undefined ? [] : [token] });
    writer.endStep();
  }
  writer.add('response.output_text.done', { ...at, text: part?.text ?? '', logprobs: part?.logprobs ?? [] });
  writer.add('response.content_part.done', { ...at, part });
  writer.add('response.output_item.done', { output_index: place, item });
}

function addCall(writer: StepWriter, { item, pieces, place }: Streamed<CallItem>): void {
  const at = { item_id: item.id, output_index: place };
  writer.add('response.output_item.added', {
    output_index: place,
    item: { ...item, status: 'in_progress', arguments: '' },
  });
  writer.endStep();
  for (const delta of pieces) {
    writer.add('response.function_call_arguments.delta', { ...at, delta });
    writer.endStep();
  }
  const { arguments: whole, name } = item;
  writer.add('response.function_call_arguments.done', { ...at, name, arguments: whole });
  writer.add('response.output_item.done', { output_index: place, item });
}

/** Numbers events and gathers them into steps. */
class StepWriter {
  readonly steps: string[] = [];
  #step = '';
  #number = 0;

  add(type: string, fields: Readonly<Record<string, unknown>>): void {
    this.#step += event(type, { type, sequence_number: this.#number, ...fields });
    this.#number += 1;
  }

  endStep(): void {
    this.steps.push(this.#step);
    this.#step = '';
  }
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

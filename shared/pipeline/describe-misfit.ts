import type { DeadLetter } from '../jobs/job-transitions.ts';
import type { JsonObject } from '../json.ts';
import type { Misfit, NoHelp } from '../models/fit-request.ts';
import type { PromptPart } from '../tokens/prompt-count.ts';

/** Why a job that does not fit its model's window is dead-lettered, and what would help. */
export function describeMisfit(model: string, { overflow, noHelp }: Misfit): DeadLetter {
  const { promptTokens, outputTokens, windowTokens, overByTokens } = overflow;
  const why = `The prompt has ${promptTokens} tokens and asks for ${outputTokens} of output: ${overByTokens} more than the window of ${model}, ${windowTokens}.`;
  const { text, figures } = tellNoHelp(noHelp);
  const largest = noHelp.kind === 'kept-too-long' ? noHelp.kept.largestMessages : overflow.largestMessages;
  return {
    reason: 'ContextLengthExceeded',
    description: `${why} ${text}`,
    figures: {
      promptTokens,
      outputTokens,
      windowTokens,
      overByTokens,
      largestMessages: largest.map(tellPart),
      ...figures,
    },
  };
}

function tellNoHelp(noHelp: NoHelp): { readonly text: string; readonly figures: JsonObject } {
  switch (noHelp.kind) {
    case 'not-asked':
      return { text: 'Shorten the largest messages or lower the maximum output.', figures: {} };
    case 'no-messages':
      return {
        text: 'onOverflow "trim" drops messages of a conversation, and the request has none: shorten the largest inputs.',
        figures: { onOverflow: 'trim' },
      };
    case 'kept-too-long': {
      const { kept, keptMessages, droppedMessages, droppedTokens } = noHelp;
      const keptTokens = kept.promptTokens;
      const text = `Trimming does not help: what is always kept, system and developer messages and the newest turn (messages: ${keptMessages}), has ${keptTokens} tokens, ${kept.overByTokens} too many; what may be dropped (messages: ${droppedMessages}) has ${droppedTokens}. Shorten the largest messages that are kept, or lower the maximum output.`;
      const keptOverByTokens = kept.overByTokens;
      return {
        text,
        figures: { onOverflow: 'trim', keptMessages, keptTokens, keptOverByTokens, droppedMessages, droppedTokens },
      };
    }
    case 'no-output-named':
      return {
        text: 'It names no maximum output that could be lowered. Shorten the largest messages, or use onOverflow "trim".',
        figures: { onOverflow: 'reduce-output' },
      };
    case 'no-room': {
      const { roomTokens, leastOutputTokens } = noHelp;
      const text = `The prompt leaves room for ${roomTokens} tokens of output, and an answer is not cut to fewer than ${leastOutputTokens}. Shorten the largest messages, or use onOverflow "trim".`;
      return { text, figures: { onOverflow: 'reduce-output', roomTokens, leastOutputTokens } };
    }
  }
}

export function tellPart({ index, role, tokens }: PromptPart): JsonObject {
  return { index, role, tokens };
}

import type { Refusal, ResultLine } from './app-api.ts';
import type { BatchLine } from './read-batch-file.ts';

/** How every line of the file ended. */
export interface Account {
  readonly completed: number;
  /** Lines by the code of their end, for every end without an answer of the model. */
  readonly deadLettered: Readonly<Record<string, number>>;
  /** Of those, lines that were refused when they were submitted. */
  readonly refusedAtSubmit: Readonly<Record<string, number>>;
  /** Lines without any end. */
  readonly lost: readonly BatchLine[];
  /** Ends that no line asked for, or a line's second one. */
  readonly surplus: readonly string[];
}

export interface Ends {
  /** Refused at once, by line number: such a line has no job. */
  readonly refused: ReadonlyMap<number, Refusal>;
  /** Dead-lettered before they became jobs, by line number. */
  readonly deadLetters: ReadonlyMap<number, Refusal>;
}

/** Takes the results one by one, then gives the lines for those that never became jobs, and the account. */
export interface Accountant {
  readonly take: (result: ResultLine) => void;
  readonly close: (ends: Ends) => { readonly account: Account; readonly rest: readonly ResultLine[] };
}

export function accountant(lines: readonly BatchLine[]): Accountant {
  const open = new Map(lines.map((line) => [line.customId, line]));
  const surplus: string[] = [];
  const deadLettered = new Map<string, number>();
  const refusedAtSubmit = new Map<string, number>();
  let completed = 0;
  const take = (result: ResultLine): void => {
    if (!open.delete(result.custom_id)) {
      surplus.push(result.custom_id);
    } else if (result.error === null) {
      completed += 1;
    } else {
      add(deadLettered, result.error.code);
    }
  };
  const close = ({ refused, deadLetters }: Ends) => {
    const rest: ResultLine[] = [];
    for (const line of open.values()) {
      const refusal = refused.get(line.number);
      const end = refusal ?? deadLetters.get(line.number);
      if (end !== undefined) {
        rest.push(errorLine(line, end));
      }
      if (refusal !== undefined) {
        add(refusedAtSubmit, refusal.reason);
      }
    }
    rest.forEach(take);
    const account = {
      completed,
      deadLettered: Object.fromEntries(deadLettered),
      refusedAtSubmit: Object.fromEntries(refusedAtSubmit),
      lost: [...open.values()],
      surplus,
    };
    return { account, rest };
  };
  return { take, close };
}

/** The shape of the app's own lines, for a line that never became a job. */
function errorLine(line: BatchLine, { reason, description }: Refusal): ResultLine {
  return {
    id: `batch_req_line-${line.number}`,
    custom_id: line.customId,
    response: null,
    error: { code: reason, message: description },
  };
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

import type { Finding, RunFacts } from './audit-run.ts';
import type { DeadMessage } from './queue-contents.ts';

/** Queues are empty but for dead letters; those and the documents match one to one, with equal reasons. */
export function auditMessages(facts: RunFacts): readonly Finding[] {
  const left = facts.queues.left.map(({ deliveryCount, messageId, queue, state }): Finding => ({
    kind: 'left-in-queue',
    jobId: jobIdOf(messageId),
    text: `${queue} still holds ${messageId} (${state}, delivered ${deliveryCount} times).`,
  }));
  const strays = new Set(facts.strays);
  const dead = facts.queues.dead.filter(({ messageId }) => !strays.has(messageId));
  const deadStrays = facts.queues.dead.filter(({ messageId }) => strays.has(messageId));
  return [...left, ...auditStrays(facts.strays, deadStrays), ...matchDeadLetters(facts, dead)];
}

/** The id of a message is the job's, or begins with it. */
function jobIdOf(messageId: string): string {
  return messageId.split(/[.~]/u)[0] ?? messageId;
}

/** What is no job is dead-lettered once, on the queue that it came by. */
function auditStrays(strays: readonly string[], dead: readonly DeadMessage[]): readonly Finding[] {
  const byId = Map.groupBy(dead, ({ messageId }) => messageId);
  return strays.flatMap((messageId): readonly Finding[] => {
    const found = byId.get(messageId) ?? [];
    const isRight = found.length === 1 && found[0]?.reason === 'InvalidJob';
    const reasons = found.map(({ reason }) => reason).join(', ');
    const text = `The message ${messageId}, which is no job, has ${found.length} dead letters${reasons === '' ? '' : ` (${reasons})`}, not one InvalidJob.`;
    return isRight ? [] : [{ kind: 'dead-letter', jobId: messageId, text }];
  });
}

function matchDeadLetters({ documents }: RunFacts, dead: readonly DeadMessage[]): readonly Finding[] {
  const byJob = Map.groupBy(dead, ({ jobId, messageId }) => jobId ?? jobIdOf(messageId));
  const expected = new Map(
    documents.filter(({ state }) => state === 'dead-lettered' || state === 'expired').map((one) => [one.id, one]),
  );
  const ofDocuments = [...expected.values()].flatMap(({ id, reason = '' }): readonly Finding[] => {
    const found = byJob.get(id) ?? [];
    const isRight = found.length === 1 && found[0]?.reason === reason;
    const told = found.map((one) => `${one.queue}: ${one.reason}`).join(', ');
    const text = `Its document says ${reason}, and it has ${found.length} dead letters${told === '' ? '' : ` (${told})`}.`;
    return isRight ? [] : [{ kind: 'dead-letter', jobId: id, text }];
  });
  const withoutDocument = [...byJob].flatMap(([jobId, [message]]): readonly Finding[] => {
    const text = `${message?.queue ?? ''} holds a dead letter of it (${message?.reason ?? ''}), and its document says nothing of that.`;
    return expected.has(jobId) ? [] : [{ kind: 'dead-letter', jobId, text }];
  });
  return [...ofDocuments, ...withoutDocument];
}

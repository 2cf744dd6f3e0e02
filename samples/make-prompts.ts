import { readFileSync, writeFileSync } from 'node:fs';

import { z } from 'zod';

import { accessLog, minutesOf, orderDocument, pick, seeded, serviceLog, type Random } from './long-documents.ts';

/**
 * Makes `prompts.jsonl`, the first thing that the demo runs: 320 requests as OpenAI batch lines, put together from the
 * texts in `material/`. The same file comes out each time. Run it with `node samples/make-prompts.ts`.
 */
export function makePrompts(): string {
  const random = seeded(20_250_106);
  const drafts = shuffle([...languageDrafts(random), ...inboxDrafts(), ...codeDrafts(), ...documentDrafts(), ...otherDrafts()], random);
  const lines = drafts.map((draft, index) => line(draft, index, random));
  return `${lines.map((value) => JSON.stringify(value)).join('\n')}\n`;
}

interface Message {
  readonly role: string;
  readonly content: string;
}

interface Draft {
  readonly kind: string;
  readonly messages: readonly Message[];
  readonly maxTokens: readonly number[];
  readonly temperatures: readonly number[];
  /** Set where it matters; otherwise the model is drawn. */
  readonly model?: string;
}

const sharp = [0, 0, 0.1, 0.2];
const free = [0.5, 0.7, 0.9, 1];

function line(draft: Draft, index: number, random: Random): Readonly<Record<string, unknown>> {
  const isStreamed = index % 8 === 3 && draft.model === undefined;
  const temperature = pick(draft.temperatures, random);
  const body = {
    model: draft.model ?? (random() < 0.7 ? 'gpt-4o-mini' : 'gpt-4o'),
    messages: draft.messages,
    max_tokens: pick(draft.maxTokens, random),
    temperature,
    ...(isStreamed ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
  const customId = `${draft.kind}-${String(index + 1).padStart(3, '0')}`;
  return { custom_id: customId, method: 'POST', url: '/v1/chat/completions', body };
}

const texts = z.array(z.string()).min(1);
const languageSchema = z.object({
  language: z.string(),
  /** The first for mails, the others for passages. */
  system: z.array(z.string()).min(2),
  classify: texts,
  reply: texts,
  extract: texts,
  summarise: texts,
  translate: texts,
  headline: texts,
  mails: texts,
  passages: texts,
});
const codeSchema = z.object({
  system: texts,
  tasks: texts,
  snippets: z.array(z.object({ language: z.string(), fence: z.string(), code: z.string() })),
});

const tasks = [
  { name: 'classify', of: 'mails', maxTokens: [64, 64, 80], temperatures: sharp },
  { name: 'reply', of: 'mails', maxTokens: [250, 300, 400], temperatures: free },
  { name: 'extract', of: 'mails', maxTokens: [160, 200, 256], temperatures: sharp },
  { name: 'summarise', of: 'passages', maxTokens: [128, 160, 200], temperatures: [0.2, 0.3] },
  { name: 'translate', of: 'passages', maxTokens: [300, 400, 500], temperatures: [0, 0.2] },
  { name: 'headline', of: 'passages', maxTokens: [80, 100], temperatures: free },
] as const;

const names = ['english', 'german', 'french', 'spanish', 'portuguese', 'japanese', 'chinese', 'arabic', 'hindi'];

/** The whole inbox of a language in one prompt, to be sorted. */
function inboxDrafts(): readonly Draft[] {
  return names.map((name): Draft => {
    const { language, mails } = read(name, languageSchema);
    const task =
      `Below are ${mails.length} mails in ${language}. Sort them by urgency and give for each, in English: ` +
      'a subject of at most six words, the team that should answer, and the reason in one sentence.';
    const content = [task, ...mails.map((mail, index) => `--- Mail ${index + 1} ---\n${mail}`)].join('\n\n');
    return { kind: `inbox-${name}`, messages: [{ role: 'user', content }], maxTokens: [400, 600], temperatures: sharp };
  });
}

/** Each mail classified, answered and mined; each passage summarised, translated and given headlines. */
function languageDrafts(random: Random): readonly Draft[] {
  return names.flatMap((name) => {
    const material = read(name, languageSchema);
    return tasks.flatMap((task) =>
      material[task.of].map((text, index) => {
        const instruction = material[task.name][index % material[task.name].length] ?? '{text}';
        const user = { role: 'user', content: instruction.replace('{text}', () => text) };
        const roles = task.of === 'mails' ? material.system.slice(0, 1) : material.system.slice(1);
        const system = { role: 'system', content: pick(roles, random) };
        const messages = random() < 0.6 ? [system, user] : [user];
        return { kind: `${task.name}-${name}`, messages, maxTokens: task.maxTokens, temperatures: task.temperatures };
      }),
    );
  });
}

function codeDrafts(): readonly Draft[] {
  const { snippets, system, tasks: wanted } = read('code', codeSchema);
  const drafts = snippets.flatMap((snippet, place) =>
    wanted.map((task, index) => {
      const content = task
        .replace('{language}', snippet.language)
        .replace('{fence}', snippet.fence)
        .replace('{code}', () => snippet.code);
      const user = { role: 'user', content };
      const role = { role: 'system', content: system[(place + index) % system.length] ?? '' };
      const messages = index % 2 === 0 ? [role, user] : [user];
      return { kind: `code-${snippet.fence}`, messages, maxTokens: [300, 500, 640, 800], temperatures: sharp };
    }),
  );
  return drafts;
}

/** Orders to be read, long documents to be condensed, and three that no 128k window holds. */
function documentDrafts(): readonly Draft[] {
  const orders = Array.from({ length: 17 }, (_, index): Draft => {
    const content = `${pick(orderTasks, seeded(index))}\n\n${orderDocument(seeded(500 + index))}`;
    return { kind: 'order', messages: [{ role: 'user', content }], maxTokens: [200, 300], temperatures: sharp };
  });
  const long = Array.from({ length: 12 }, (_, index): Draft => {
    const [kind, make, size, task] = longKinds[index % longKinds.length] ?? longKinds[0];
    const document = make(seeded(900 + index), Math.round(size * (0.25 + 0.25 * index)));
    const messages = [
      { role: 'system', content: 'You condense long documents for the management. Figures must be exact.' },
      { role: 'user', content: `${task}\n\n${document}` },
    ];
    return { kind: `long-${kind}`, messages, maxTokens: [400, 600, 800], temperatures: [0.2] };
  });
  const overflow = overflowKinds.map(([kind, make, size, task], index): Draft => {
    const content = `${task}\n\n${make(seeded(7000 + index), size)}`;
    const messages = [{ role: 'user', content }];
    return { kind: `overflow-${kind}`, messages, maxTokens: [500], temperatures: [0.2], model: 'gpt-4o-mini' };
  });
  return [...orders, ...long, ...overflow];
}

type DocumentKind = readonly [name: string, make: (random: Random, size: number) => string, size: number, task: string];

const orderTasks = [
  'Turn this order into JSON with the fields orderNumber, customer, city, contact, deliveryDate, positions and terms.',
  'Check this order: add up the positions, give the net total, and name anything that is unclear.',
  'Write a confirmation of this order to the customer, with the delivery date and the net total.',
  'Translate this order into Italian, keep the numbers and the layout.',
];
const longKinds: readonly [DocumentKind, ...DocumentKind[]] = [
  ['service-log', serviceLog, 60, 'Which five problems come up most often in this service log, and what would you change first?'],
  ['minutes', minutesOf, 110, 'List all decisions of these minutes with the person who is responsible and the date, as a table.'],
  ['access-log', accessLog, 45, 'Find what is unusual in this access log and suggest what to look at next.'],
];
const overflowKinds: readonly DocumentKind[] = [
  ['service-log', serviceLog, 1900, 'Summarise the service log of the whole winter: topics, trends and the three costliest cases.'],
  ['minutes', minutesOf, 3950, 'Write a chronicle of the year from all these minutes, two pages, chapter by chapter.'],
  ['access-log', accessLog, 2050, 'Explain from this access log why the shop was slow on 14 March.'],
];

function otherDrafts(): readonly Draft[] {
  const { prompts } = read('writing', z.object({ prompts: texts }));
  const { conversations } = read('conversations', z.object({ conversations: z.array(texts) }));
  const writing = prompts.map((content): Draft => {
    return { kind: 'write', messages: [{ role: 'user', content }], maxTokens: [200, 300, 450], temperatures: free };
  });
  const talks = conversations.map((turns): Draft => {
    const messages = turns.map((turn) => {
      const colon = turn.indexOf(':');
      return { role: turn.slice(0, colon), content: turn.slice(colon + 1) };
    });
    return { kind: 'talk', messages, maxTokens: [250, 350, 500], temperatures: [0.3, 0.7] };
  });
  const filtered: Draft = {
    kind: 'filtered',
    messages: [
      { role: 'system', content: 'You moderate the comments of a local newspaper.' },
      { role: 'user', content: 'Is this comment fit for publication? [[sluice:content-filter]]' },
    ],
    maxTokens: [64],
    temperatures: [0],
    model: 'gpt-4o',
  };
  return [...writing, ...talks, filtered];
}

function read<T>(name: string, schema: z.ZodType<T>): T {
  return schema.parse(JSON.parse(readFileSync(new URL(`material/${name}.json`, import.meta.url), 'utf8')));
}

function shuffle<T>(items: readonly T[], random: Random): readonly T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .toSorted((left, right) => left.place - right.place)
    .map(({ item }) => item);
}

if (import.meta.main) {
  writeFileSync(new URL('prompts.jsonl', import.meta.url), makePrompts());
}

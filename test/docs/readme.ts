import { readFileSync } from 'node:fs';

const readmeText = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The text below a heading, up to the next one of its level or above. */
export function section(heading: string): string {
  const level = /^#+/u.exec(heading)?.[0].length ?? 0;
  const lines = readmeText.split('\n');
  const start = lines.indexOf(heading);
  if (start === -1) {
    throw new Error(`The README has no heading "${heading}".`);
  }
  const end = lines.findIndex((line, index) => index > start && new RegExp(`^#{1,${level}} `, 'u').test(line));
  return lines.slice(start + 1, end === -1 ? undefined : end).join('\n');
}

/** The fenced blocks of a language. */
export function blocks(text: string, language: string): readonly string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gmu'))].map(
    (match) => match[1] ?? '',
  );
}

/** The jobs that the README shows as JSON in its message contract. */
export function readmeJobs(): readonly unknown[] {
  return blocks(section('## The message contract'), 'json').map((text): unknown => JSON.parse(text));
}

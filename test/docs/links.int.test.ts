import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root });

function textOf(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

function anchorsOf(page: string): readonly string[] {
  return [...textOf(page).matchAll(/^#+ (.+)$/gmu)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^\w\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
}

for (const page of pages) {
  test(`every link of ${page} leads somewhere`, () => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/gu)];
    const broken = links.filter(([, path = '', anchor]) => {
      const target = path === '' ? page : join(dirname(page), path);
      return !existsSync(join(root, target)) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
    });

    assert.deepEqual(
      broken.map(([link]) => link),
      [],
    );
  });

  test(`every file that ${page} names is there`, () => {
    const named = textOf(page).matchAll(/`((?:bench|docs|functions|local|samples|shared|test|tools)\/[\w./*-]*)`/gu);
    const missing = [...named]
      .map((match) => match[1] ?? '')
      .filter((path) => globSync(path, { cwd: root }).length === 0);

    assert.deepEqual(missing, []);
  });
}

test('the docs have pages', () => {
  assert.ok(pages.includes('README.md'));
  assert.ok(pages.length > 8);
});

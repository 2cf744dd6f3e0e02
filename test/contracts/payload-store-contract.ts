import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { requestName, resultName } from '../../shared/payloads/payload-name.ts';
import type { PayloadStore } from '../../shared/payloads/payload-store.ts';

const digest = 'd'.repeat(64);

/** What every payload store does. `open` gives an empty store, and what ends it. */
export function payloadStoreContract(
  name: string,
  open: () => Promise<{ readonly store: PayloadStore; readonly close: () => Promise<void> }>,
): void {
  describe(`payload store (${name})`, () => {
    const opening = open();
    after(async () => {
      await (await opening).close();
    });
    const opened = async (): Promise<PayloadStore> => (await opening).store;

    it('finds nothing before anything was stored', async () => {
      assert.deepEqual(await (await opened()).get(requestName('none', digest), 100), { kind: 'missing' });
    });

    it('gives back the text that was stored, whatever its characters', async () => {
      const store = await opened();
      const text = JSON.stringify({ text: 'Grüße 😀 \u0000 日本', quoted: '"' });
      await store.put(requestName('unicode', digest), text);
      assert.deepEqual(await store.get(requestName('unicode', digest), 1000), { kind: 'found', text });
    });

    it('gives back bytes as the text that they are', async () => {
      const store = await opened();
      await store.put(requestName('bytes', digest), new TextEncoder().encode('{"a":"ü"}'));
      assert.deepEqual(await store.get(requestName('bytes', digest), 1000), { kind: 'found', text: '{"a":"ü"}' });
    });

    it('keeps an empty text', async () => {
      const store = await opened();
      await store.put(requestName('empty', digest), '');
      assert.deepEqual(await store.get(requestName('empty', digest), 0), { kind: 'found', text: '' });
    });

    it('replaces what was stored under the same name', async () => {
      const store = await opened();
      await store.put(requestName('twice', digest), 'a long first text');
      await store.put(requestName('twice', digest), 'second');
      assert.deepEqual(await store.get(requestName('twice', digest), 100), { kind: 'found', text: 'second' });
    });

    it('reads a text of just the allowed size, and tells the size of a larger one without reading it', async () => {
      const store = await opened();
      const text = 'x'.repeat(3_000_000);
      await store.put(resultName('large', 'a1'), text);
      assert.deepEqual(await store.get(resultName('large', 'a1'), 3_000_000), { kind: 'found', text });
      assert.deepEqual(await store.get(resultName('large', 'a1'), 2_999_999), { kind: 'tooLarge', bytes: 3_000_000 });
    });

    it('removes everything of one job, and nothing of another', async () => {
      const store = await opened();
      const own = [requestName('mine', digest), requestName('mine', 'e'.repeat(64)), resultName('mine', 'a1')];
      const others = [requestName('mine.2', digest), resultName('min', 'a1')];
      await Promise.all([...own, ...others].map(async (payload) => store.put(payload, '{}')));

      assert.equal(await store.removeOf('mine'), 3);

      for (const payload of own) {
        assert.deepEqual(await store.get(payload, 10), { kind: 'missing' });
      }
      for (const payload of others) {
        assert.deepEqual(await store.get(payload, 10), { kind: 'found', text: '{}' });
      }
      assert.equal(await store.removeOf('mine'), 0);
      await assert.rejects(store.removeOf('../mine'), { code: 'payloads.invalid_name' });
    });

    it('removes what was stored, and removing it again changes nothing', async () => {
      const store = await opened();
      await store.put(requestName('gone', digest), 'x');
      await store.remove(requestName('gone', digest));
      await store.remove(requestName('gone', digest));
      assert.deepEqual(await store.get(requestName('gone', digest), 100), { kind: 'missing' });
    });

    it('keeps the requests, results and attempts of one job apart, ids of dots and colons included', async () => {
      const store = await opened();
      const names = ['a', 'a.1', '..', '.', 'a:b'].flatMap((id) => [
        requestName(id, digest),
        resultName(id, '1'),
        resultName(id, '2'),
      ]);
      await Promise.all(names.map((each) => store.put(each, each)));
      for (const each of names) {
        assert.deepEqual(await store.get(each, 1000), { kind: 'found', text: each });
      }
    });

    it('writes and removes nothing under a name that is not ours, and finds nothing there (S1)', async () => {
      const store = await opened();
      for (const foreign of [
        '',
        'x',
        '../x.json',
        'requests/../../x.json',
        'requests/a.json',
        'requests/a/b~1.json',
        '/requests/a.json',
        'http://host/a.json',
      ]) {
        await assert.rejects(store.put(foreign, 'x'), { code: 'payloads.invalid_name' });
        await assert.rejects(store.remove(foreign), { code: 'payloads.invalid_name' });
        assert.deepEqual(await store.get(foreign, 100), { kind: 'missing' });
      }
    });
  });
}

// Runs before the npm scripts, on whatever Node is there (20 and up): installs from the lockfile when the installed
// tree is missing or older than the lockfile. Plain JavaScript with no dependency, because nothing is installed yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tree = join(root, 'node_modules');
const stamp = join(tree, '.sluice-installed');
const lock = join(root, '.sluice-installing');
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

if (!isCurrent()) {
  takeLock();
  try {
    if (!isCurrent()) {
      install();
    }
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function isCurrent() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
}

function install() {
  if (lstatSync(tree, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    // npm would empty what it points to, under the feet of whoever works there.
    console.error(
      'sluice: node_modules is a link, and is older than package-lock.json. Run npm ci where it points to.',
    );
    process.exitCode = 1;
    return;
  }
  const started = Date.now();
  console.error('sluice: installing the dependencies of package-lock.json (about a minute the first time) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const done = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) {
    console.error(
      `sluice: npm ci failed (exit ${done.status ?? done.signal}). Check the network or the npm registry settings, then run the command again.`,
    );
    process.exitCode = 1;
    return;
  }
  writeFileSync(stamp, wanted);
  console.error(`sluice: installed in ${Math.round((Date.now() - started) / 1000)} s.`);
}

/** Two commands started together must not both run `npm ci`: the second waits for the first, ten minutes at most. */
function takeLock() {
  const deadline = Date.now() + 600_000;
  for (;;) {
    try {
      mkdirSync(lock);
      writeFileSync(join(lock, 'pid'), String(process.pid));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') {
        throw error;
      }
    }
    if (isStale() || Date.now() > deadline) {
      rmSync(lock, { recursive: true, force: true });
      continue;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  }
}

/** A lock is stale when the process that took it is gone, or never wrote its pid within ten seconds. */
function isStale() {
  try {
    process.kill(Number(readFileSync(join(lock, 'pid'), 'utf8')), 0);
    return false;
  } catch (error) {
    if (error.code === 'ENOENT') {
      return existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 10_000;
    }
    return error.code === 'ESRCH';
  }
}

// A site of its own for each file of tests: made from facts, served by the
// built program on a free port of this machine, and stopped by its own process.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

// How long the program may take for anything, in milliseconds.
const patience = 20_000;

const weir = process.env.WEIR ?? join(import.meta.dirname, '..', '..', 'bin', 'weir');

/**
 * Makes a site of these facts and serves it.
 *
 * @param {string} facts lines as `weir site edit` reads them
 * @param {{roleMode?: string, dialect?: string}} options how the site gives access to spaces, in the product's words
 *   (ROLES unless told), and whose API it speaks (cloud unless told)
 * @returns where the site is, how to get in, and `stop`, which ends the server
 */
export async function serve(facts, { roleMode, dialect = 'cloud' } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'weir-clients-'));
  let server;
  const stop = async () => {
    if (server) await ended(server);
    await rm(folder, { recursive: true });
  };
  try {
    if (roleMode) run(['site', 'reset', folder, '--role-mode', roleMode]);
    run(['site', 'edit', folder], facts);
    server = spawn(weir, ['site', 'serve', folder, '--dialect', dialect, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const said = await announced(server);
    return { url: said.address, account: said.account, token: said.token, org: said.org, orgKey: said.org_key, cloud: said.cloud, stop };
  } catch (e) {
    await stop();
    throw e;
  }
}

// ended ends a process that we started, and waits until it is gone.
async function ended(server) {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = once(server, 'exit');
  const timer = setTimeout(() => server.kill('SIGKILL'), patience);
  server.kill('SIGTERM');
  await gone;
  clearTimeout(timer);
}

function run(args, input = '') {
  const done = spawnSync(weir, args, { input, encoding: 'utf8', timeout: patience });
  if (done.status !== 0) throw new Error(`weir ${args.slice(0, 2).join(' ')}: ${done.error?.message ?? done.stderr}`);
}

// announced reads the line of JSON that the server prints when it is ready.
async function announced(server) {
  const timer = setTimeout(() => server.kill('SIGKILL'), patience);
  try {
    for await (const line of createInterface({ input: server.stdout })) return JSON.parse(line);
  } finally {
    clearTimeout(timer);
  }
  throw new Error('weir site serve ended before it was ready');
}

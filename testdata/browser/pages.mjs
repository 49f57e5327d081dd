// The pages that are looked at, made by the built program.

import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const weir = process.env.WEIR ?? join(root, 'bin', 'weir');

// How long the program may take for anything, in milliseconds.
const patience = 180_000;

// What people could call things so that a page does something else than show it.
const hostile = [
  '<script>alert(1)</script>', '</style><script>alert(2)</script>', '<img src=https://evil.example/x.png onerror=alert(3)>', '"><svg onload=alert(4)>',
  '<base href=https://evil.example/>', '<meta http-equiv=refresh content="0;url=https://evil.example/">', "' style='position:fixed", '\u202egnihtemos', 'שלום-עולם', '</bdi></li></ul></main>',
  'long'.repeat(60),
];

/**
 * Makes the pages in a folder of their own.
 *
 * @returns {Promise<{files: Record<string, string>, hostile: string[], remove: () => Promise<void>}>} the files by name
 */
export async function makePages() {
  const dir = await mkdtemp(join(tmpdir(), 'weir-pages-'));
  const files = {};
  const run = (cwd, codes, args, input = '') => {
    const done = spawnSync(weir, args, { cwd, input, encoding: 'utf8', timeout: patience, maxBuffer: 64 << 20 });
    if (!codes.includes(done.status)) throw new Error(`weir ${args.join(' ')}: ${done.error?.message ?? done.status} ${done.stderr}`);
    return done.stdout;
  };
  const page = async (name, cwd, codes, ...args) => {
    files[name] = join(dir, `${name}.html`);
    await writeFile(files[name], run(cwd, codes, [...args, '--format', 'html']));
  };

  const acme = join(dir, 'acme');
  await cp(join(root, 'examples', 'acme'), acme, { recursive: true, filter: path => !/[/\\](\.weir|weir\.lock)$/.test(path) });
  const facts = name => readFile(join(acme, name), 'utf8');
  run(acme, [0], ['site', 'edit'], await facts('site.facts'));
  await page('first', acme, [0], 'plan');
  run(acme, [0], ['apply', '--auto-approve']);
  await page('nothing', acme, [0], 'plan');
  run(acme, [0], ['site', 'edit'], await facts('drift.facts'));
  await page('drifted', acme, [0], 'plan');
  await page('matrix', acme, [0], 'matrix');

  const real = month => cp(join(root, 'testdata', 'access', month), join(dir, month), { recursive: true });
  await real('2024-01');
  await real('2024-03');
  const site = ['--site', join(dir, 'real.db')];
  run(join(dir, '2024-01'), [0], ['apply', '--auto-approve', ...site]);
  await page('real', join(dir, '2024-03'), [4], 'plan', ...site);
  await page('real-matrix', join(dir, '2024-03'), [0], 'matrix', ...site);

  // A company whose people have spaces of their own, and what becomes of them.
  const homes = join(dir, 'homes');
  await mkdir(homes);
  await writeFile(join(homes, 'site.weir.yaml'), 'weir: v1\nsite: {name: acme}\npersonal_spaces:\n  owner_left: {after: 30d, then: archive}\n  batch: 3\n');
  run(homes, [0], ['site', 'generate', '--people', '120', '--groups', '20', '--spaces', '20', '--personal', '60', '--orphaned', '9', '--seed', '3']);
  await page('homes', homes, [0], 'personal-spaces');

  const stranger = join(dir, 'stranger');
  await cp(join(import.meta.dirname, 'stranger'), stranger, { recursive: true });
  const edits = hostile.flatMap((name, n) => {
    // A fact quotes what is not one word, as Go does.
    const group = `group:${/[\s"'`=]/.test(name) ? JSON.stringify(name) : name}`;
    return [`+ exists ${group}`, `+ exists user:h${n}@acme.example`, `+ member ${group} user:h${n}@acme.example`, `+ role space:ENG ${group} = admin`];
  });
  run(stranger, [0], ['site', 'edit'], ['+ exists space:ENG', '+ exists group:staff', '+ product group:staff = user', ...edits, ''].join('\n'));
  await page('hostile', stranger, [0, 3, 4], 'plan');
  return { files, hostile, remove: () => rm(dir, { recursive: true }) };
}

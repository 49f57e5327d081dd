// weir's pages in a browser: nothing is loaded, nothing goes wrong, and everything
// can be seen, reached and read, with scripts and without, in light and in dark.

import assert from 'node:assert/strict';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { launch, missing } from './browser.mjs';
import { makePages } from './pages.mjs';

const shots = join(import.meta.dirname, '..', '..', 'bin', 'screenshots');
const axe = await readFile(join(import.meta.dirname, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');
const all = ['first', 'nothing', 'drifted', 'real', 'hostile', 'matrix', 'homes', 'real-matrix'];
const small = ['first', 'nothing', 'drifted', 'hostile', 'matrix', 'homes'];

if (missing) console.log(`make test-browser was not run: ${missing}`);

describe('pages in a browser', { skip: missing }, () => {
  let browser, made;
  const contexts = [];
  before(async () => {
    made = await makePages();
    browser = await launch();
    await mkdir(shots, { recursive: true });
  });
  afterEach(() => Promise.all(contexts.splice(0).map(c => c.close())));
  after(async () => {
    await browser?.close();
    await made?.remove();
  });

  /** Opens a page and keeps what it asks for and complains of. */
  async function open(name, { theme = 'light', width = 1400, scripts = true } = {}) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme, javaScriptEnabled: scripts, reducedMotion: 'reduce' });
    contexts.push(context);
    const page = await context.newPage();
    const url = pathToFileURL(made.files[name]).href;
    const troubles = [];
    page.on('console', m => troubles.push(`${m.type()}: ${m.text()}`));
    page.on('pageerror', e => troubles.push(`error: ${e.message}`));
    page.on('dialog', d => { troubles.push(`dialog: ${d.message()}`); return d.dismiss(); });
    page.on('request', r => { if (r.url() !== url && !r.url().startsWith('data:')) troubles.push(`request: ${r.url()}`); });
    page.on('requestfailed', r => troubles.push(`failed: ${r.url()}`));
    await page.goto(url);
    return { page, troubles };
  }

  const shown = (page, selector) => page.locator(selector).filter({ visible: true });

  for (const name of all) {
    test(`${name}: nothing is asked for and nothing goes wrong, at three widths`, async () => {
      for (const theme of ['light', 'dark']) {
        for (const width of [360, 800, 1400]) {
          const { page, troubles } = await open(name, { theme, width });
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.equal(wide, 0, `at ${width} the page is ${wide} pixels too wide`);
          const height = await page.evaluate(() => document.documentElement.scrollHeight);
          await page.screenshot({ path: join(shots, `${name}-${width}-${theme}.png`), fullPage: height < 8000 });
          assert.deepEqual(troubles, []);
        }
      }
    });

    test(`${name}: without scripts all of it is there`, async () => {
      const { page, troubles } = await open(name, { scripts: false });
      assert.ok(await page.locator('main h1').isVisible());
      assert.equal(await shown(page, '.scripted').count(), 0, 'a control that does nothing is shown');
      assert.equal(await page.locator('main > section:visible').count(), await page.locator('main > section').count());
      assert.deepEqual(troubles, []);
    });
  }

  // The large pages have nothing that the small ones have not, and take minutes.
  for (const name of small) {
    for (const theme of ['light', 'dark']) {
      test(`${name}: axe finds nothing in ${theme}, at two widths`, async () => {
        for (const width of [360, 1400]) {
          const { page } = await open(name, { theme, width });
          await page.evaluate(() => { for (const d of document.querySelectorAll('details')) d.open = true; });
          // The colours of before and after are the same on every page.
          for (const view of name === 'drifted' && width === 1400 ? ['change', 'before', 'after'] : ['change']) {
            const radio = page.locator(`#view-${view}`);
            if (await radio.count()) await radio.check();
            await page.evaluate(axe);
            const { violations, passes } = await page.evaluate(() => window.axe.run(document, {
              runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
              rules: { 'target-size': { enabled: true } },
            }));
            assert.deepEqual(violations.map(v => [v.id, v.help, v.nodes.slice(0, 5).map(n => `${n.html.slice(0, 160)} ${n.failureSummary}`)]), []);
            assert.ok(passes.some(p => p.id === 'color-contrast'), 'the contrast was not looked at');
          }
        }
      });
    }

    test(`${name}: a keyboard reaches everything, and shows where it is`, async () => {
      const { page } = await open(name);
      await page.keyboard.press('Tab');
      const skip = page.locator('.skip');
      assert.ok(await skip.evaluate(e => e === document.activeElement && e.getBoundingClientRect().top >= 0), 'the first stop is not the link that skips');
      await page.keyboard.press('Enter');
      assert.ok(await page.evaluate(() => document.activeElement.id === 'main'), 'the link does not lead to the main part');

      await page.goto(page.url().split('#')[0]);
      const wanted = await page.evaluate(() => {
        const radios = new Set();
        const stops = [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')].filter(e => {
          if (!e.checkVisibility({ visibilityProperty: true })) return false;
          if (e.type === 'radio' && !e.checked) return false;
          return true;
        });
        stops.forEach((e, n) => { e.dataset.stop = n; });
        return stops.length;
      });
      for (let n = 0; n < wanted; n++) {
        await page.keyboard.press('Tab');
        const at = await page.evaluate(() => {
          const e = document.activeElement;
          const style = getComputedStyle(e);
          return { stop: e.dataset.stop, html: e.outerHTML.slice(0, 120), ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
        });
        assert.equal(at.stop, String(n), `stop ${n} is ${at.html}`);
        assert.ok(at.ring, `${at.html} does not show that it has the focus`);
      }
    });
  }

  test('the filters find what they are asked for, and nothing else', async () => {
    const { page, troubles } = await open('drifted');
    const lines = '.lines > li, .heat tbody tr';
    const every = await shown(page, lines).count();
    const found = () => page.locator('#found').textContent();

    await page.locator('#text').fill('GUS');
    const gus = await shown(page, lines).allTextContents();
    assert.ok(gus.length > 0 && gus.length < every);
    for (const text of gus) assert.match(text.toLowerCase(), /gus/);
    assert.match(await found(), new RegExp(`^${gus.length} of ${every} lines$`));
    assert.equal(await shown(page, '#gains').count(), 0, 'a section with nothing in it is shown');
    assert.equal(await page.locator('nav a[href="#gains"]:visible').count(), 0);

    // A row of the heat map is found by a space in which something happens.
    await page.locator('#text').fill('fin');
    assert.deepEqual((await shown(page, '.heat tbody th').allTextContents()).sort(), ['Zoe Martin', 'nell@audit.example']);

    await page.locator('#text').fill('no such thing');
    assert.equal(await shown(page, lines).count(), 0);
    assert.match(await found(), /^0 of /);
    await page.locator('#clear').click();
    assert.equal(await shown(page, lines).count(), every);
    assert.equal(await found(), '');

    await page.locator('#class').selectOption('gains');
    assert.equal(await shown(page, '#losses').count(), 0);
    assert.ok(await shown(page, '#gains .lines > li').count() > 0);
    assert.deepEqual(await shown(page, '.heat tbody th').allTextContents(), ['nell@audit.example', 'Dina Haas']);
    await page.locator('#clear').click();

    await page.locator('#op').selectOption('removed');
    const ops = await shown(page, '#changes .lines > li').evaluateAll(list => list.map(e => e.dataset.op));
    assert.ok(ops.length > 0 && ops.every(op => op === 'removed'), `${ops}`);
    await page.locator('#type').selectOption('space');
    const both = await shown(page, '#changes .lines > li').evaluateAll(list => list.map(e => `${e.dataset.op} ${e.dataset.type}`));
    assert.deepEqual(both, ['removed space']);
    assert.deepEqual(troubles, []);
  });

  test('the filters of a large plan and of a site answer at once', async () => {
    for (const [name, text, lines] of [['real', 'p000e0c7a9e', '.lines > li'], ['real-matrix', 'kubernetes-members', '.heat tbody tr']]) {
      const { page, troubles } = await open(name);
      const every = await page.locator(lines).count();
      await page.locator('#text').fill(text);
      const some = await shown(page, lines).count();
      assert.ok(some > 0 && some < every, `${some} of ${every}`);
      assert.deepEqual(troubles, []);
      const { size } = await stat(made.files[name]);
      assert.ok(size < 3_000_000, `${name} has ${size} bytes`);
    }
  });

  test('a list is sorted by any of its columns, and filtered', async () => {
    const { page, troubles } = await open('homes');
    const rows = '.sorts tbody tr';
    const column = async name => {
      const heads = await page.locator('.sorts thead th').allInnerTexts();
      const n = heads.findIndex(h => h.trim().replace(/ [↑↓]$/, '').toLowerCase() === name);
      assert.ok(n >= 0, `${name} is not among ${heads}`);
      return { button: page.locator('.sorts thead th').nth(n).locator('button'), cells: () => shown(page, rows).evaluateAll((list, n) => list.map(e => e.children[n].innerText.trim()), n) };
    };
    const every = await page.locator(rows).count();
    assert.equal(every, 60);
    const owner = await column('owner');
    await owner.button.click();
    const up = await owner.cells();
    assert.deepEqual(up, [...up].sort((a, b) => a.localeCompare(b, undefined, { numeric: true })));
    await owner.button.click();
    assert.deepEqual(await owner.cells(), [...up].reverse());
    await page.locator('#text').fill('deactivated');
    const state = await column('state');
    const left = await state.cells();
    assert.ok(left.length > 0 && left.length < every && left.every(s => s === 'deactivated'), `${left}`);
    assert.deepEqual(troubles, []);
  });

  test('the heat map shows before, after and the change, without scripts as well', async () => {
    for (const scripts of [true, false]) {
      const { page } = await open('drifted', { scripts });
      const zoe = page.locator('.heat tbody tr', { hasText: 'Zoe Martin' });
      const seen = () => zoe.locator('.in i').filter({ visible: true }).allTextContents();
      assert.deepEqual(await seen(), ['E', '→', '–']);
      assert.match(await zoe.innerText(), /edit to nothing/);
      await page.locator('#view-before').check();
      assert.deepEqual(await seen(), ['E']);
      await page.locator('#view-after').check();
      assert.deepEqual(await seen(), ['–']);
      await page.locator('#view-change').check();
      assert.deepEqual(await seen(), ['E', '→', '–']);
    }
  });

  test('the theme is the system\'s until somebody chooses', async () => {
    const ground = page => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const { page } = await open('drifted');
    const light = await ground(page);
    await page.locator('#theme').click();
    const dark = await ground(page);
    assert.notEqual(light, dark);
    assert.equal(await page.locator('#theme').getAttribute('aria-pressed'), 'true');
    await page.reload();
    assert.equal(await ground(page), dark, 'the choice is forgotten');
    await page.locator('#theme').click();
    assert.equal(await ground(page), light);
    const system = await open('drifted', { theme: 'dark' });
    assert.equal(await ground(system.page), dark);
  });

  test('on paper nothing is folded away, and nothing is there that does nothing', async () => {
    const { page } = await open('drifted', { theme: 'dark' });
    await page.emulateMedia({ media: 'print' });
    for (const gone of ['nav', '.filters', '#theme', '.views', '.skip']) assert.equal(await shown(page, gone).count(), 0, `${gone} is printed`);
    assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('main section')).backgroundColor), 'rgb(255, 255, 255)');
    await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
    assert.equal(await page.locator('.lines details:not([open])').count(), 0);
    await page.evaluate(() => window.dispatchEvent(new Event('afterprint')));
    assert.ok(await page.locator('.lines details:not([open])').count() > 0);
    const pdf = await page.pdf({ path: join(shots, 'drifted.pdf') });
    assert.ok(pdf.length > 10_000);
  });

  test('a name is shown and does nothing', async () => {
    const { page, troubles } = await open('hostile');
    const said = await page.locator('main').innerText();
    for (const name of made.hostile.slice(0, 7)) assert.ok(said.includes(name), `${name} is not on the page`);
    assert.ok(said.includes('\\u202egnihtemos'), 'a rune that turns text round is not shown as an escape');
    assert.equal(await page.locator('script').count(), 1);
    assert.equal(await page.locator('main script, main img, main style, main base, main meta, main svg').count(), 0);
    assert.deepEqual(troubles, []);
  });
});

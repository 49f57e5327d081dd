(function () {
  'use strict';
  const root = document.documentElement;
  const all = (selector, within) => Array.from((within || document).querySelectorAll(selector));
  const byId = id => document.getElementById(id);

  for (const e of all('.scripted')) e.hidden = false;

  // The theme: the system's, until somebody chooses. A page opened from a file may
  // have no storage.
  const remembered = act => { try { return act(window.localStorage); } catch (e) { return null; } };
  const theme = byId('theme');
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const chosen = remembered(s => s.getItem('weir-theme'));
  if (chosen === 'dark' || chosen === 'light') root.dataset.theme = chosen;
  const isDark = () => root.dataset.theme ? root.dataset.theme === 'dark' : dark.matches;
  const showTheme = () => theme.setAttribute('aria-pressed', String(isDark()));
  theme.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    remembered(s => s.setItem('weir-theme', root.dataset.theme));
    showTheme();
  });
  dark.addEventListener('change', showTheme);
  showTheme();

  // On paper nothing is folded away but the names in a heat map, which stand in the
  // lines as well.
  let folded = [];
  window.addEventListener('beforeprint', () => {
    folded = all('.lines details:not([open]), details.group:not([open])');
    for (const d of folded) d.open = true;
  });
  window.addEventListener('afterprint', () => { for (const d of folded) d.open = false; });

  // The order of the rows of a table is that of the column whose head was chosen: of
  // numbers by size, of other words as they are read; what is empty comes last.
  for (const table of all('table.sorts')) {
    const heads = all('thead th', table);
    heads.forEach((head, n) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const down = head.getAttribute('aria-sort') === 'ascending';
        for (const h of heads) h.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        const rows = all('tbody tr', table).map(e => ({ e, key: e.children[n].textContent }));
        rows.sort((a, b) => {
          if (!a.key || !b.key) return (a.key ? 0 : 1) - (b.key ? 0 : 1);
          return (down ? -1 : 1) * a.key.localeCompare(b.key, 'en', { numeric: true });
        });
        for (const r of rows) r.e.parentElement.append(r.e);
      });
    });
  }

  // The filters. What has no word of a kind is not filtered by that kind.
  const text = byId('text');
  if (!text) return;
  const choices = ['class', 'op', 'type'].map(id => byId(id)).filter(Boolean);
  const lines = '.lines > li, .heat tbody tr, .plain tbody tr, .checklist > li';
  const wordsOf = e => {
    let words = e.textContent;
    const table = e.closest('.heat');
    const group = e.closest('.group');
    if (table) {
      const heads = all('thead th', table);
      e.querySelectorAll('td').forEach((cell, n) => { if (cell.firstChild) words += ' ' + heads[n + 1].textContent; });
    } else if (group) {
      words += ' ' + (group.querySelector('h4') || group).textContent;
    }
    return words.toLowerCase();
  };
  let items = null; // found when somebody filters: a large page opens without it
  const holders = all('.group, .part, section').reverse();
  const found = byId('found');
  const filter = () => {
    items = items || all(lines).map(e => ({ e, words: wordsOf(e) }));
    const wanted = text.value.trim().toLowerCase();
    const on = choices.filter(c => c.value);
    let shown = 0;
    for (const i of items) {
      const fits = i.words.includes(wanted) && on.every(c => {
        const has = i.e.dataset[c.id];
        return has === undefined || has.split(' ').includes(c.value);
      });
      i.e.hidden = !fits;
      if (fits) shown++;
    }
    for (const h of holders) {
      const mine = all(lines, h);
      h.hidden = mine.length > 0 && mine.every(e => e.hidden);
    }
    for (const a of all('nav a')) {
      const to = byId(a.hash.slice(1));
      a.parentElement.hidden = Boolean(to && to.hidden);
    }
    found.textContent = wanted || on.length ? shown.toLocaleString('en') + ' of ' + items.length.toLocaleString('en') + ' lines' : '';
  };
  text.addEventListener('input', filter);
  for (const c of choices) c.addEventListener('change', filter);
  byId('clear').addEventListener('click', () => {
    text.value = '';
    for (const c of choices) c.value = '';
    filter();
    text.focus();
  });
  // A browser that comes back to the page may have kept what was chosen.
  if (text.value || choices.some(c => c.value)) filter();
})();

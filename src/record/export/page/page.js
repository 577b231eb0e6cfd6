// What makes the page of a transcript search, filter and tell the reader's own time. Without it, the page can be read.
(() => {
  const TYPED_MS = 120;
  /** More marks than anybody looks at would hold up the browser. */
  const MOST_MARKS = 5000;
  const form = document.querySelector('#find');
  const search = document.querySelector('#search');
  const count = document.querySelector('#count');
  const chips = [...document.querySelectorAll('#find input[type=checkbox]')];
  const lines = [...document.querySelectorAll('#transcript > li')].map((item) => ({
    item,
    by: (item.getAttribute('data-by') ?? '').split(' '),
    body: item.querySelector('.body'),
    details: item.querySelector('details'),
    folded: undefined,
  }));
  const openedByHand = new Set();

  /** Without case and accents, so that "uber" finds "Über". */
  const fold = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const wordsOf = (text) => fold(text).split(/\s+/u).filter(Boolean);
  const foldedOf = (line) => (line.folded ??= fold(line.body.textContent).replace(/\s+/gu, ' '));

  function apply() {
    const words = wordsOf(search.value);
    const chosen = new Set(chips.filter(({ checked }) => checked).map(({ value }) => value));
    const shown = lines.filter((line) => {
      const isHidden =
        (chosen.size > 0 && !line.by.some((place) => chosen.has(place))) ||
        !words.every((word) => foldedOf(line).includes(word));
      line.item.hidden = isHidden;
      line.details?.toggleAttribute('open', (!isHidden && words.length > 0) || openedByHand.has(line.details));
      return !isHidden;
    });
    const isFiltered = words.length > 0 || chosen.size > 0;
    count.textContent = isFiltered ? `${shown.length} of ${lines.length} lines` : '';
    mark(shown, words);
  }

  function mark(shown, words) {
    if (typeof Highlight !== 'function' || !globalThis.CSS?.highlights) return;
    CSS.highlights.delete('found');
    if (words.length === 0) return;
    const ranges = [];
    for (const { body } of shown) {
      const texts = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
      while (texts.nextNode() && ranges.length < MOST_MARKS) ranges.push(...hitsIn(texts.currentNode, words));
    }
    CSS.highlights.set('found', new Highlight(...ranges));
  }

  /** Folding makes characters longer and shorter, so each keeps the place that it came from. */
  function hitsIn(node, words) {
    const text = node.data;
    let folded = '';
    const from = [];
    let at = 0;
    for (const sign of text) {
      for (const unit of fold(sign)) {
        for (let index = 0; index < unit.length; index += 1) from.push(at);
        folded += unit;
      }
      at += sign.length;
    }
    from.push(text.length);
    const hits = [];
    for (const word of words) {
      for (let hit = folded.indexOf(word); hit >= 0; hit = folded.indexOf(word, hit + word.length)) {
        const range = document.createRange();
        range.setStart(node, from[hit]);
        range.setEnd(node, from[hit + word.length]);
        hits.push(range);
      }
    }
    return hits;
  }

  function clear() {
    search.value = '';
    for (const chip of chips) chip.checked = false;
    apply();
  }

  function tellLocalTimes() {
    const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit', second: '2-digit' });
    const dayAndClock = new Intl.DateTimeFormat(undefined, {
      weekday: 'short',
      hour: 'numeric',
      minute: '2-digit',
      second: '2-digit',
    });
    let first;
    const forms = {
      moment: new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' }),
      minute: new Intl.DateTimeFormat(undefined, { timeStyle: 'short' }),
    };
    for (const time of document.querySelectorAll('time[datetime]')) {
      const at = new Date(time.getAttribute('datetime'));
      first ??= at.toDateString();
      const usual = at.toDateString() === first ? clock : dayAndClock;
      time.textContent = (forms[time.getAttribute('data-form')] ?? usual).format(at);
    }
    document.querySelector('#zone').textContent = `your time, ${clock.resolvedOptions().timeZone}`;
  }

  let typed;
  search.addEventListener('input', () => {
    clearTimeout(typed);
    typed = setTimeout(apply, TYPED_MS);
  });
  for (const chip of chips) chip.addEventListener('change', apply);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    apply();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && event.target === search) clear();
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target === search) return;
    event.preventDefault();
    search.focus();
  });
  // A find leads back to where it was said: its time shows it among the others again.
  document.querySelector('#transcript').addEventListener('click', (event) => {
    const link = event.target.closest('a.at');
    if (!link || count.textContent === '') return;
    clear();
    const item = link.closest('li');
    item.scrollIntoView({ block: 'center' });
    item.focus({ preventScroll: true });
  });
  for (const { details } of lines) {
    details?.querySelector('summary').addEventListener('click', () => {
      // The click comes before the change.
      if (details.hasAttribute('open')) openedByHand.delete(details);
      else openedByHand.add(details);
    });
  }
  window.addEventListener('beforeprint', () => {
    for (const { details } of lines) details?.setAttribute('open', '');
  });
  window.addEventListener('afterprint', apply);
  tellLocalTimes();
  form.hidden = false;
  apply();
})();

// The page: sections in their order, and links to them. The page of a run in progress is rebuilt at
// every event.

/**
 * Returns pairs of a key and an element. The same key finds the element after the page was rebuilt. It counts elements
 * within their table, since the content of unopened tables does not exist, or within their section outside of tables.
 */
function keyedElements(selector) {
  return [...document.querySelectorAll('section')].flatMap((part) => {
    const tables = [...part.querySelectorAll('details')];
    const counts = new Map();
    return [...part.querySelectorAll(selector)].map((each) => {
      const table = tables.indexOf(each.closest('details')), count = counts.get(table) ?? 0;
      counts.set(table, count + 1);
      return [`${part.id} ${table} ${count}`, each];
    });
  });
}

/** Records what a reader has opened, scrolled and focused. Returns a function that restores it on the rebuilt page. */
function captureViewState() {
  const open = new Set(keyedElements('details').filter(([, each]) => each.open).map(([key]) => key));
  const scrolled = new Map(keyedElements('.scroll').map(([key, each]) => [key, [each.scrollLeft, each.scrollTop]]));
  const [chosen] = keyedElements('summary, [tabindex]').find(([, each]) => each === document.activeElement) || [null];
  const link = document.activeElement.closest('nav a')?.getAttribute('href'), height = window.scrollY;
  return () => {
    for (const [key, each] of keyedElements('details')) {
      each.open = open.has(key);
      if (each.open) each.dispatchEvent(new Event('toggle'));  // makes its table now rather than later
    }
    for (const [key, each] of keyedElements('.scroll')) [each.scrollLeft, each.scrollTop] = scrolled.get(key) || [0, 0];
    keyedElements('summary, [tabindex]').find(([key]) => key === chosen)?.[1].focus({preventScroll: true});
    if (link) document.querySelector(`nav a[href="${link}"]`)?.focus({preventScroll: true});
    window.scrollTo(0, height);
  };
}

function show(report) {
  const main = document.getElementById('report'), isAgain = main.querySelector('section') !== null, goBack = captureViewState();
  disposeDrawings();
  const results = [confusionSection, regressionSection, importanceSection, dependenceSection, mistakesSection, calibrationSection, boundarySection];
  const signals = [momentsSection, predictedMomentsSection, histogramSection];
  // For a table, the results come first: they are what its owner asked.
  const order = report.is_table ? [...results, trainingSection, findingsSection, ...signals] :
    [findingsSection, trainingSection, ...signals, ...results];
  const made = [summarySection, comparisonSection, trialsSection, ...order, timeSection, networkSection, configurationSection].map((make) => make(report)).filter((each) => each !== null);
  main.replaceChildren(...made);
  document.querySelector('nav').replaceChildren(...made.map((each) =>
    element('a', {href: `#${each.id}`}, each.querySelector('h2').textContent)));
  if (isAgain) goBack();
}

/** Shows the events of the training until it ends. */
function follow() {
  const state = element('p', {role: 'status'}, 'Waiting for the training …');
  document.querySelector('header').append(state);
  const source = new EventSource('events');
  source.onmessage = (event) => {
    const report = JSON.parse(event.data);
    show(report);
    state.textContent = report.state;
    if (report.ended) source.close();
  };
  source.onerror = () => { state.textContent = 'The training does not respond. This page shows its last known state.'; };
}

const documentData = JSON.parse(document.getElementById('document').textContent);
if (documentData.live) follow();
else show(documentData);

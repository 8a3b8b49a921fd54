// The page: sections in their order, and links to them; of a run that goes on, again and again.

/** Tables by their section and their place in it. */
function tablesOf(root) {
  return [...root.querySelectorAll('section')].flatMap((part) =>
    [...part.querySelectorAll('details')].map((details, i) => [`${part.id} ${i}`, details]));
}

function show(report) {
  const main = document.getElementById('report'), open = new Set(tablesOf(main).filter(([, table]) => table.open).map(([key]) => key));
  forgetDrawings();
  const made = [summarySection, comparisonSection, findingsSection, trainingSection, momentsSection, predictionSection,
    histogramSection, confusionSection, regressionSection, mistakesSection, calibrationSection, importanceSection, boundarySection, timeSection,
    networkSection, configurationSection].map((make) => make(report)).filter((each) => each !== null);
  main.replaceChildren(...made);
  for (const [key, each] of tablesOf(main)) each.open = open.has(key);
  document.querySelector('nav').replaceChildren(...made.map((each) =>
    element('a', {href: `#${each.id}`}, each.querySelector('h2').textContent)));
}

/** Shows what the training tells, as long as it is there. */
function follow() {
  const state = element('p', {role: 'status'}, 'Waiting for the training …');
  document.querySelector('header').append(state);
  const source = new EventSource('events');
  source.onmessage = (event) => {
    const report = JSON.parse(event.data), place = window.scrollY;
    show(report);
    window.scrollTo(0, place);
    state.textContent = report.state;
    if (report.ended) source.close();
  };
  source.onerror = () => { state.textContent = 'The training does not answer; what is shown is its last state.'; };
}

const told = JSON.parse(document.getElementById('document').textContent);
if (told.live) follow();
else show(told);

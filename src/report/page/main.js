// The page: sections in their order, and links to them.

function show(report) {
  const main = document.getElementById('report');
  const made = [summarySection, comparisonSection, findingsSection, trainingSection, momentsSection, predictionSection,
    histogramSection, confusionSection, mistakesSection, calibrationSection, importanceSection, boundarySection, timeSection,
    networkSection, configurationSection].map((make) => make(report)).filter((each) => each !== null);
  main.replaceChildren(...made);
  document.querySelector('nav').replaceChildren(...made.map((each) =>
    element('a', {href: `#${each.id}`}, each.querySelector('h2').textContent)));
}

show(JSON.parse(document.getElementById('document').textContent));

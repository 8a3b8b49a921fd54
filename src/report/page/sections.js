// The sections of a report. A section without numbers is left out.

function section(title, ...children) {
  const id = title.toLowerCase().replace(/[^a-z]+/g, '-');
  return element('section', {id, 'aria-labelledby': `${id}-title`}, element('h2', {id: `${id}-title`}, title), ...children);
}

function facts(pairs) {
  return element('dl', {class: 'facts'}, ...pairs.map(([name, value]) =>
    element('div', {}, element('dt', {}, name), element('dd', {}, formatNumber(value)))));
}

function summarySection(report) {
  const verdict = element('ul', {class: 'verdict'}, ...report.verdict.map((each) =>
    element('li', {class: each.level}, each.level === 'good' ? each.text : `${each.level}: ${each.text}`)));
  return section('Summary', verdict, facts(report.facts));
}

function findingsSection(report) {
  if (!report.findings || report.findings.length === 0) return null;
  return section('Findings', ...report.findings.map((each) => element('div', {},
    element('h3', {class: each.severity}, `${each.severity}: ${each.code}`),
    element('p', {}, each.message), element('p', {}, `Fix: ${each.fix}`),
    each.layers.length > 0 ? collapsibleTable(each.layers.length === 1 ? '1 layer' : `${each.layers.length} layers`, ['layer', 'value', 'detail'],
      () => each.layers.map((layer, i) => [layer, each.values[i], each.details[i]])) : null)));
}

// ---- training ---------------------------------------------------------------------------------

function curveFigure(name, epochs) {
  const lines = [[name, 'training', false], [`validation_${name}`, 'validation', true]]
    .map(([key, label, dashed], i) => ({name: label, dashed, color: i, points: epochs.filter((e) => e.epoch > 0 && key in e).map((e) => [e.epoch, e[key]])}))
    .filter((line) => line.points.length > 0);
  return figure(`${name} by epoch`, lineChart(`${name} by epoch`, 'epoch', name, lines), '', `${name} as a table`,
    ['epoch', ...lines.map((line) => line.name)],
    () => [...new Set(lines.flatMap((line) => line.points.map(([epoch]) => epoch)))].map((epoch) =>
      [epoch, ...lines.map((line) => line.points.find(([x]) => x === epoch)?.[1] ?? null)]));
}

function trainingSection(report) {
  const epochs = report.epochs;
  if (!epochs || epochs.length === 0) return null;
  const known = new Set(['epoch', 'step', 'seconds', 'learning_rate', 'watch_seconds', 'evaluation_seconds']);
  const names = [...new Set(epochs.flatMap((e) => Object.keys(e)))].filter((key) => !known.has(key) && !key.startsWith('validation_'));
  return section('Training', element('div', {class: 'charts'}, ...names.map((name) => curveFigure(name, epochs))));
}

function timeSection(report) {
  const epochs = (report.epochs || []).filter((e) => e.epoch > 0);
  if (epochs.length === 0) return null;
  const lines = [{name: 'training steps', points: epochs.map((e) => [e.epoch, e.seconds])},
    {name: 'validation', points: epochs.filter((e) => 'evaluation_seconds' in e).map((e) => [e.epoch, e.evaluation_seconds])},
    {name: 'measuring', points: epochs.filter((e) => 'watch_seconds' in e).map((e) => [e.epoch, e.watch_seconds])}].filter((line) => line.points.length > 0);
  return section('Time',
    facts(report.time), element('div', {class: 'charts'},
      figure('Seconds by epoch', lineChart('Seconds by epoch', 'epoch', 'seconds', lines, {fromZero: true}),
        'Each epoch\'s time in training steps, in validation, and in measuring signals and weights.', 'Seconds as a table',
        ['epoch', 'training steps', 'validation', 'measuring'],
        () => epochs.map((e) => [e.epoch, e.seconds, e.evaluation_seconds ?? null, e.watch_seconds ?? null])),
      figure('Learning rate by epoch', lineChart('Learning rate by epoch', 'epoch', 'learning rate', [{name: 'learning rate', points: epochs.map((e) => [e.epoch, e.learning_rate])}],
        {fromZero: true}),
        'The learning rate of each epoch\'s last step.', 'Learning rates as a table', ['epoch', 'learning rate'],
        () => epochs.map((e) => [e.epoch, e.learning_rate]))));
}

// ---- moments ----------------------------------------------------------------------------------

/** The table has the exact first and last value of every layer, and approximate values from the cells in between. */
function heatMapFigure(map, title, caption) {
  const maxBetween = 8, inner = map.columns - 2;
  const between = [...Array(Math.max(0, Math.min(inner, maxBetween))).keys()].map((i) => 1 + Math.floor(i * inner / Math.min(inner, maxBetween)));
  const rows = () => {
    const cells = decodeBase64(map.cells), places = new Map(map.row_names.map((name, i) => [name, i]));
    const about = (name, column) => (places.has(name) ? dequantized(cells[places.get(name) * map.columns + column], map) : null);
    return map.names.map((name, i) => [name, map.first[i],
      ...between.map((column) => (about(name, column) === null ? null : formatNumber(about(name, column), 3))), map.last[i]]);
  };
  return figure(title, heatMap(title, map, map.row_names, map.column_names, 'epoch'), caption, 'Values as a table',
    ['layer', `epoch ${map.column_names[0]}`, ...between.map((column) => `epoch ${map.column_names[column]}, about`), `epoch ${map.column_names.at(-1)}`], rows);
}

/** Mean and standard deviation over each layer's units, for the last recorded weights. */
function unitWeightFigures(units, maps) {
  const kinds = [['tau', 'τ, the sum of a unit\'s squared weights', maps.tau.band], ['omega', 'ω, the sum of a unit\'s weights', maps.omega.band]];
  return kinds.map(([key, title, domain]) => {
    const mean = {name: 'mean of the units', marked: units.length < 80, points: units.map((each, i) => [i + 1, each[key]]),
      band: units.map((each, i) => [i + 1, each[key] - each[`${key}_deviation`], each[key] + each[`${key}_deviation`]])};
    const ends = domain.map((end) => ({name: `theorem's domain: ${end}`, dashed: true, color: 7, points: [[1, end], [Math.max(units.length, 2), end]]}));
    return figure(`${title}, by layer`, lineChart(`${title}, by layer`, 'layer with weights', key === 'tau' ? 'τ' : 'ω', [mean, ...ends]),
      'Mean over the units of each layer, for the last recorded weights. The band is one standard deviation to either side.', 'Layers as a table',
      ['layer', 'mean', 'standard deviation', 'fraction of units with τ outside'], () => units.map((each) => [each.layer, each[key], each[`${key}_deviation`], each.outside]));
  });
}

function momentsSection(report) {
  const maps = report.maps;
  if (!maps) return null;
  const texts = {
    mean: ['Mean of each layer\'s output', 'Look for layers that turn blue or red: their mean has moved away from 0.'],
    variance: ['Variance of each layer\'s output',
      'Look for layers that turn blue, where signals vanish, or red, where they explode. For SELU, theorem 1 keeps the variance within the band.'],
    tau: ['τ, the sum of a unit\'s squared weights, averaged over the units of each layer',
      'Look for layers that leave the band: only within it do theorems 2 and 3 bound the variance of signals.'],
    omega: ['ω, the sum of a unit\'s weights, averaged over the units of each layer',
      'Look for layers far from 0: they turn a nonzero mean of their input into a nonzero mean of their pre-activations.'],
    outside: ['Fraction of each layer\'s units with τ outside the theorems\' domain',
      'Look for layers that turn red: most of their units are outside the domain.'],
    gradient: ['Norm of the gradient of each layer\'s weights at the last step of the epoch',
      'Look for a trend from the first to the last layer: one learning rate does not fit layers with very different gradients.']};
  return section('Moment health',
    element('p', {}, 'Each map has one row per layer, in the order of computation from top to bottom, and one column per measurement. Means and variances are over the first 256 training rows, at inference.'),
    ...Object.keys(texts).filter((key) => maps[key]).map((key) => heatMapFigure(maps[key], ...texts[key])),
    report.units ? element('div', {class: 'charts'}, ...unitWeightFigures(report.units, maps)) : null);
}

function predictedMomentsSection(report) {
  const layers = report.layers;
  if (!layers || layers.length === 0) return null;
  // Includes the shift of the average for finite width, if it is known.
  const isInference = (key) => key === 'amplification';
  const predicted = (layer, key) => {
    const value = isInference(key) ? layer.inference?.[key] : layer[key];
    return (value ?? null) === null ? null : value + (layer.fluctuation?.[`${key}_shift`] ?? 0);
  };
  const points = (key, of) => layers.map((layer, i) => [i + 1, of(layer, key) ?? null]);
  const measured = (layer, key) => (isInference(key) ? layer.measured?.inference?.[key] : layer.measured?.[key]) ?? null;
  const isMeasured = (key) => layers.some((layer) => measured(layer, key) !== null);
  const lines = (key) => [{name: 'predicted', points: points(key, predicted)},
    ...(isMeasured(key) ? [{name: 'measured', dashed: true, marked: layers.length < 80, points: points(key, measured)}] : [])];
  const judged = layers.some((layer) => 'missed' in layer);
  const isAmplified = layers.some((layer) => Math.abs((layer.inference?.amplification ?? 1) - 1) > 0.005);
  const kinds = [['mean', 'Mean', false], ['variance', 'Variance', true], ['gradient_second_moment', 'Mean square of the gradient', true],
    ...(isAmplified ? [['amplification', 'Amplification at inference', true]] : [])];
  return section('Predicted and measured',
    element('p', {}, 'The moments of the network with initial weights, before training: what theory predicts for each layer and, if available, what was measured.'),
    element('div', {class: 'charts'}, ...kinds.map(([key, title, logarithmic]) =>
      figure(`${title} by layer`, lineChart(`${title} by layer`, 'layer', title, lines(key), {logarithmic}),
        isInference(key) ? 'The slope of the output at inference on its mean over the masks of training. Layers are numbered in the order of computation.' : 'Layers are numbered in the order of computation.',
        `${title} as a table`, ['layer', 'op', 'predicted', 'measured', ...(judged ? ['prediction'] : [])],
        () => layers.map((layer) => [layer.name, layer.op, predicted(layer, key), measured(layer, key),
          ...(judged ? [layer.missed ? 'missed' : 'within tolerance'] : [])])))));
}

function histogramSection(report) {
  const histograms = report.histograms;
  if (!histograms) return null;
  const middles = histograms.edges.slice(1).map((edge, i) => (edge + histograms.edges[i]) / 2);
  const one = (layer) => {
    const lines = [['before', layer.before], ['after', layer.after]].map(([name, shares]) =>
      ({name, points: middles.map((x, i) => [x, shares[i]])}));
    return figure(`${layer.name} (${layer.op})`, lineChart(`Outputs of ${layer.name}`, 'value', 'density', lines), '', 'As a table',
      ['value', 'before training', 'after training'], () => middles.map((x, i) => [x, layer.before[i], layer.after[i]]));
  };
  const {watched} = histograms;
  const which = watched > histograms.layers.length ? `${histograms.layers.length} of ${watched} layers, evenly chosen,` : 'each layer';
  return section('Distributions of activations',
    element('p', {}, `The outputs of ${which} over the first 256 training rows, before and after training. Values below ${histograms.edges[0]} or above ${histograms.edges.at(-1)} count in the first or last bin.`),
    element('div', {class: 'histograms'}, ...histograms.layers.map(one)));
}

// ---- mistakes ----------------------------------------------------------------------------------

function confusionSection(report) {
  const confusion = report.confusion;
  if (!confusion) return null;
  if (confusion.pairs) {
    return section('Confusion', element('p', {}, `The most frequent confusions among ${confusion.of}.`),
      table(['truth', 'prediction', 'rows'], confusion.pairs));
  }
  const names = confusion.classes;
  const count = (i, j) => confusion.counts[i][j], total = (i) => confusion.counts[i].reduce((a, b) => a + b, 0);
  const cells = names.map((name, i) => element('tr', {}, element('th', {scope: 'row'}, name),
    ...names.map((_, j) => element('td', {style: shade(count(i, j) / Math.max(1, total(i)), i === j)}, formatNumber(count(i, j))))));
  return section('Confusion',
    element('p', {}, `Rows are true classes and columns are predicted classes, for ${confusion.of}. Strong red marks classes that are often confused.`),
    element('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Confusion'}, element('table', {},
      element('thead', {}, element('tr', {}, element('th', {scope: 'col'}, 'truth'), ...names.map((name) => element('th', {scope: 'col'}, name)))),
      element('tbody', {}, ...cells))));
}

function shade(fraction, isRight) {
  const strength = Math.round(100 * Math.min(1, isRight ? 0.5 * fraction : 2 * fraction));
  return `background: color-mix(in srgb, var(--${isRight ? 'series-3' : 'error'}) ${strength / 2}%, transparent)`;
}

function imageCanvas(image) {
  const bytes = decodeBase64(image.bytes);
  const canvas = element('canvas', {width: image.width, height: image.height, role: 'img', 'aria-label': 'the input'});
  const pixels = new ImageData(image.width, image.height), area = image.width * image.height;
  for (let i = 0; i < area; ++i) {
    const channel = (k) => bytes[(image.channels >= 3 ? k : 0) * area + i];
    pixels.data.set([channel(0), channel(1), channel(2), 255], 4 * i);
  }
  canvas.getContext('2d').putImageData(pixels, 0, 0);
  return canvas;
}

function mistakeText(each) {
  const place = 'line' in each ? `line ${each.line}` : `row ${each.row}`;
  if ('probability' in each) return `${place}: ${each.truth}, predicted ${each.predicted} (${formatNumber(100 * each.probability, 3)} %)`;
  return `${place}: ${each.target} ${formatNumber(each.truth)}, predicted ${formatNumber(each.predicted)} (residual ${formatNumber(each.deviations, 3)} times the root mean square)`;
}

function mistakesSection(report) {
  const mistakes = report.mistakes;
  if (!mistakes || mistakes.rows.length === 0) return null;
  const one = (each) => element('li', {}, each.image ? imageCanvas(each.image) : null,
    element('div', {}, mistakeText(each)),
    ...(each.text || []).map((text) => element('div', {}, `“${text}”`)),
    each.values ? table(['column', 'value'], each.values) : null);
  return section('Worst mistakes', element('p', {}, report.regression ? `The largest residuals among ${mistakes.of}.` : `The most confident errors among ${mistakes.of}.`),
    element('ul', {class: mistakes.rows[0].image ? 'mistakes' : 'mistakes rows'}, ...mistakes.rows.map(one)));
}

function regressionFigures(target) {
  const ends = target.points.flat(), span = [Math.min(...ends), Math.max(...ends)];
  return [figure(`${target.name}: prediction by truth`, lineChart(`${target.name}: prediction by truth`, 'truth', 'prediction',
    [{name: target.name, scattered: true, points: target.points}, {name: 'perfect prediction', dashed: true, color: 7, points: span.map((x) => [x, x])}]),
  'Each point is a row.', 'Points as a table', ['truth', 'prediction'], () => target.points),
  target.residuals.length === 0 ? null : figure(`${target.name}: distribution of the residuals`,
    lineChart(`${target.name}: residuals`, 'residual', 'density', [{name: 'prediction − truth', points: target.residuals}], {fromZero: true}),
    `The root mean square of the residuals is ${formatNumber(target.deviation)}. Residuals beyond four times this value count in the first or last bin.`,
    'Residuals as a table', ['residual', 'density'], () => target.residuals)];
}

function regressionSection(report) {
  if (!report.regression) return null;
  return section('Predictions', element('p', {}, `Predictions for ${report.regression.of}.`),
    element('div', {class: 'charts'}, ...report.regression.targets.flatMap(regressionFigures)));
}

function calibrationSection(report) {
  const bins = report.calibration;
  if (!bins) return null;
  const used = bins.bins.filter((bin) => bin.rows > 0);
  return section('Calibration', figure('Accuracy by confidence', lineChart('Accuracy by confidence', 'confidence', 'accuracy',
    [{name: 'accuracy', points: used.map((bin) => [bin.confidence, bin.accuracy])},
      {name: 'perfect calibration', dashed: true, color: 7, points: [[0, 0], [1, 1]]}]),
  `The fraction of correct predictions at each confidence. The expected calibration error is ${formatNumber(bins.error, 3)} over ${bins.of}.${bins.temperature ? ` The outputs were divided by the temperature ${formatNumber(bins.temperature, 3)}, which fits the validation rows best.` : ''}`,
  'Bins as a table', ['confidence', 'accuracy', 'rows'], () => used.map((bin) => [bin.confidence, bin.accuracy, bin.rows])));
}

function importanceSection(report) {
  const importance = report.importance;
  if (!importance) return null;
  const shown = importance.columns.slice(0, 30);
  return section('Importance', figure('Importance of columns', barChart('Importance of columns', 'column', `increase of the ${importance.score}`, shown.map((each) => truncated(each.name, 24)),
    [{name: importance.score, values: shown.map((each) => each.value)}], {horizontal: true}),
  `The increase of the ${importance.score} on ${importance.of} when the values of a column are shuffled.${importance.columns.length > shown.length ? ` The chart shows the ${shown.length} most important columns.` : ''}`, 'All columns',
  ['column', importance.score], () => importance.columns.map((each) => [each.name, each.value])));
}

function dependenceSection(report) {
  const dependence = report.dependence;
  if (!dependence) return null;
  const figures = dependence.columns.map(({name, values, series: outputs}) => {
    const title = `${dependence.what}${outputs.length === 1 ? ` of ${outputs[0].name}` : ''} by ${name}`, isNumber = values.every((each) => typeof each === 'number');
    const picture = isNumber
      ? lineChart(title, name, dependence.what, outputs.map((each) => ({name: each.name, points: values.map((value, i) => [value, each.values[i]])})))
      : barChart(title, name, dependence.what, values.map((each) => truncated(String(each), 24)), outputs);
    return figure(title, picture, '', 'As a table', [name, ...outputs.map((each) => each.name)],
      () => values.map((value, i) => [value, ...outputs.map((each) => each.values[i])]));
  });
  return section('Partial dependence',
    element('p', {}, `The mean ${dependence.what} on ${dependence.of} when a column has the same value in all of them. It may mislead for columns that depend on each other, since it combines values that do not occur together.`),
    element('div', {class: 'charts'}, ...figures));
}

function boundaryFigure(map, name) {
  const draw = (context, width, height) => {
    const size = map.size, cells = decodeBase64(map.classes);
    const x = (value) => (value - map.x[0]) / (map.x[1] - map.x[0]) * width;
    const y = (value) => height - (value - map.y[0]) / (map.y[1] - map.y[0]) * height;
    const places = offscreenCanvas(size, size, (each) => cells.forEach((kind, i) => {
      each.fillStyle = series(kind);
      each.fillRect(i % size, size - 1 - Math.floor(i / size), 1, 1);
    }));
    context.globalAlpha = 0.3;
    context.imageSmoothingEnabled = false;
    context.drawImage(places, 0, 0, width, height);
    context.globalAlpha = 1;
    map.points.forEach(([px, py, kind]) => {
      context.fillStyle = series(kind);
      context.beginPath();
      context.arc(x(px), y(py), 2.5, 0, 7);
      context.fill();
    });
  };
  const legend = element('div', {class: 'legend'}, ...map.names.map((kind, i) =>
    element('span', {}, element('span', {class: 'swatch', style: `background: var(--series-${i % 8 + 1})`}), kind)));
  return figure(`${name}Predicted class by ${map.columns[0]} and ${map.columns[1]}`, element('div', {}, responsiveCanvas(`${name}Decision boundary`, 360, draw), legend),
    `The background has the color of the predicted class. The points come from ${map.of} and have the color of their true class. Horizontal axis: ${map.columns[0]}; vertical axis: ${map.columns[1]}.`,
    'Points as a table', [...map.columns, 'class'], () => map.points.map(([px, py, kind]) => [px, py, map.names[kind]]));
}

function boundarySection(report) {
  const figures = report.boundary ? [boundaryFigure(report.boundary, '')]
    : Object.entries(report.boundaries || {}).map(([name, map]) => boundaryFigure(map, `${name}: `));
  return figures.length === 0 ? null : section('Decision boundary', element('div', {class: 'charts'}, ...figures));
}

// ---- the rest ---------------------------------------------------------------------------------

function networkSection(report) {
  return report.network ? section('Network', networkDiagram(report.network)) : null;
}

function configurationSection(report) {
  if (!report.configuration) return null;
  return section('Configuration', ...report.configuration.map(({name, text}) =>
    element('div', {}, element('h3', {}, name), element('pre', {tabindex: '0'}, text))));
}

function comparisonSection(report) {
  const comparison = report.comparison;
  if (!comparison) return null;
  const lines = (axisName) => comparison.contenders.map((each) => ({name: each.name,
    points: each[axisName].map(([x, mean]) => [x, mean]),
    band: each[axisName].map(([x, mean, deviation]) => [x, mean - (deviation || 0), mean + (deviation || 0)])}));
  const byKey = (axisName, title) => figure(`${comparison.metric} by ${title}`, lineChart(`${comparison.metric} by ${title}`, title, comparison.metric, lines(axisName)),
    'Mean over the seeds. The band is one standard deviation to either side.', 'As a table',
    ['configuration', title, 'mean', 'standard deviation'], () => comparison.contenders.flatMap((each) => each[axisName].map((point) => [each.name, ...point])));
  return section('Comparison', element('div', {class: 'charts'}, byKey('by_epoch', 'epoch'), byKey('by_second', 'seconds of training')),
    element('h3', {}, 'Final scores'), table(comparison.head, comparison.rows),
    element('h3', {}, 'Significance'), element('p', {}, comparison.significance.text),
    table(comparison.significance.head, comparison.significance.rows));
}

function trialsSection(report) {
  const trials = report.trials;
  if (!trials) return null;
  return section('Trials', element('p', {}, trials.text),
    element('div', {class: 'charts'}, figure(`${trials.metric} of the best trial so far`,
      lineChart(`${trials.metric} of the best trial so far`, 'candidates', trials.metric, [{name: 'all epochs', points: trials.best}]),
      'The best score of a candidate that trained for all epochs, over the candidates so far.', 'As a table', ['candidates', trials.metric],
      () => trials.best)),
    element('h3', {}, 'All trials'), table(trials.head, trials.rows));
}

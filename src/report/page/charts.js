// Line and bar charts, drawn by Chart.js.

function axis(title, more, ticks) {
  return {title: {display: true, text: title, color: color('faint')}, ticks: {color: color('faint'), ...ticks},
    grid: {color: color('line')}, ...more};
}

/** Formats a tick. Ticks are round numbers, so six digits distinguish neighbors. */
function formatTick(value) {
  const size = Math.abs(value);
  return size === 0 || (size >= 1e-3 && size < 1e9) ? value.toLocaleString('en', {maximumSignificantDigits: 6}) : String(Number(value.toPrecision(6)));
}

function chartOptions(x, y) {
  return {
    animation: false, responsive: true, maintainAspectRatio: false, parsing: false, normalized: true,
    interaction: {mode: 'nearest', axis: 'x', intersect: false},
    elements: {point: {radius: 0, hitRadius: 8}, line: {borderWidth: 2, tension: 0}},
    plugins: {
      legend: {labels: {color: color('text'), usePointStyle: true, pointStyle: 'line', pointStyleWidth: 28, filter: (item) => item.text !== ''}},
      tooltip: {filter: (item) => item.dataset.label !== '', callbacks: {label: (item) => `${item.dataset.label}: ${formatNumber(item.parsed.y)}`}},
    },
    scales: {x, y},
  };
}

/** Returns a box with a chart. `make` returns the configuration for Chart.js in the current colors. */
function chart(label, make) {
  const canvas = element('canvas', {role: 'img', 'aria-label': label});
  const holder = element('div', {class: 'canvas'}, canvas);
  let drawn = null;
  const forget = () => { if (drawn !== null) drawn.destroy(); };
  const again = () => {
    forget();
    if (canvas.isConnected) drawn = new Chart(canvas, make());
  };
  onDispose(forget);
  requestAnimationFrame(again);
  onColorSchemeChange(again);
  return holder;
}

/**
 * Draws `lines`: [{name, points: [[x, y], …], band: [[x, low, high], …]}]. A missing y is null. A line with `scattered` has
 * marks only.
 */
function lineChart(label, xTitle, yTitle, lines, {logarithmic = false, fromZero = false} = {}) {
  const type = logarithmic ? 'logarithmic' : 'linear';
  const isWhole = lines.every((line) => line.points.every(([x]) => Number.isInteger(x)));
  const points = (list) => list.map(([x, y]) => ({x, y}));
  return chart(label, () => ({
    type: 'line',
    data: {datasets: lines.flatMap((line, i) => {
      const shown = {label: line.name, data: points(line.points), borderColor: series(line.color ?? i), backgroundColor: series(line.color ?? i),
        borderDash: line.dashed ? [6, 4] : [], spanGaps: true, showLine: !line.scattered,
        pointRadius: line.scattered ? 2 : line.marked || line.points.length < 2 ? 3 : 0};
      if (!line.band) return [shown];
      const edge = (k) => ({label: '', data: line.band.map((each) => ({x: each[0], y: each[k]})), borderWidth: 0,
        backgroundColor: `${series(i)}26`, fill: k === 2 ? '-1' : false});
      return [shown, edge(1), edge(2)];
    })},
    options: chartOptions(axis(xTitle, {type: 'linear'}, {callback: formatTick, ...(isWhole ? {precision: 0} : {})}),
      axis(yTitle, {type, beginAtZero: fromZero}, logarithmic ? {} : {callback: formatTick})),
  }));
}

/** Draws `bars`: [{name, values}], one value per label. */
function barChart(label, xTitle, yTitle, labels, bars, {horizontal = false} = {}) {
  return chart(label, () => {
    const value = axis(yTitle), place = axis(xTitle, {type: 'category'});
    const options = chartOptions(horizontal ? value : place, horizontal ? place : value);
    return {
      type: 'bar',
      data: {labels, datasets: bars.map((each, i) => ({label: each.name, data: each.values, backgroundColor: series(i)}))},
      options: {...options, parsing: undefined, normalized: false, indexAxis: horizontal ? 'y' : 'x',
        interaction: {mode: 'index', intersect: false},
        plugins: {legend: {display: bars.length > 1, labels: {color: color('text')}}}},
    };
  });
}

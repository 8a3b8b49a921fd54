// Elements of the page. All text is inserted as text, since names from data may look like markup.

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function svgElement(name, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Formats a number for readers. null represents a missing value, NaN or infinity. */
function formatNumber(value, digits = 4) {
  if (value === null || value === undefined) return '–';
  if (typeof value !== 'number') return String(value);
  if (Number.isInteger(value)) return value.toLocaleString('en');
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(digits - 2) : String(Number(value.toPrecision(digits)));
}

function table(head, rows) {
  const cells = (row) => row.map((cell, i) => element(i === 0 ? 'th' : 'td', i === 0 ? {scope: 'row'} : {}, formatNumber(cell)));
  return element('div', {class: 'scroll tall', tabindex: '0', role: 'region', 'aria-label': head.join(', ')},
    element('table', {},
      element('thead', {}, element('tr', {}, ...head.map((name) => element('th', {scope: 'col'}, name)))),
      element('tbody', {}, ...rows.map((row) => element('tr', {}, ...cells(row))))));
}

/** Returns a table of a chart's numbers. It is made when a reader opens it, since a large one takes time. */
function collapsibleTable(label, head, rowsOf) {
  const details = element('details', {}, element('summary', {}, label));
  details.addEventListener('toggle', () => {
    if (details.open && details.childElementCount === 1) details.append(table(head, rowsOf()));
  });
  return details;
}

/** Returns a picture below its title, with a caption (may be '') and a table of its numbers. */
function figure(title, picture, caption, label, head, rowsOf) {
  return element('figure', {}, element('h3', {}, title), picture, caption === '' ? null : element('figcaption', {}, caption),
    collapsibleTable(label, head, rowsOf));
}

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function series(index) { return color(`series-${index % 8 + 1}`); }

/** Returns a canvas that is redrawn when its width or the reader's color scheme changes. */
function responsiveCanvas(label, height, draw) {
  const canvas = element('canvas', {role: 'img', 'aria-label': label});
  const holder = element('div', {style: `height:${height}px`}, canvas);
  const again = () => {
    const width = holder.clientWidth, scale = window.devicePixelRatio || 1;
    if (width === 0) return;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const context = canvas.getContext('2d');
    context.scale(scale, scale);
    draw(context, width, height);
  };
  new ResizeObserver(again).observe(holder);
  onColorSchemeChange(again);
  return holder;
}

/** Returns a small picture that is drawn once, then copied into another at any size. */
function offscreenCanvas(width, height, draw) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  draw(canvas.getContext('2d'));
  return canvas;
}

let colorSchemeListeners = [], disposers = [];
function onColorSchemeChange(listener) { colorSchemeListeners.push(listener); }
function onDispose(chart) { disposers.push(chart); }

/** Releases all drawings before the page is rebuilt. */
function disposeDrawings() {
  disposers.forEach((forget) => forget());
  colorSchemeListeners = [];
  disposers = [];
}

for (const media of ['(prefers-color-scheme: dark)', 'print']) {
  matchMedia(media).addEventListener('change', () => colorSchemeListeners.forEach((each) => each()));
}

/** Returns whether the page is dark. On paper it is always light. */
function isDark() { return matchMedia('(prefers-color-scheme: dark)').matches && !matchMedia('print').matches; }

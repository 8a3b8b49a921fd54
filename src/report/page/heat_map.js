// Heat maps of layer × time. Chart.js has no such chart.

/** Decodes base64 into bytes. In a heat map, 255 represents a missing value. */
function decodeBase64(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Returns the value of a byte. `low` and `high` are logarithms to base 2 if `logarithmic`. */
function dequantized(byte, scale) {
  if (byte === 255) return null;
  const at = scale.low + (scale.high - scale.low) * byte / 254;
  return scale.logarithmic ? 2 ** at : at;
}

// Returns blue below the middle, white (or black) at the middle and red above. Equal steps look
// equally far apart.
function cellColor(byte, scale, isDark) {
  if (byte === 255) return isDark ? [90, 40, 90] : [200, 120, 200];
  const at = scale.low + (scale.high - scale.low) * byte / 254;
  const half = at < scale.middle ? scale.middle - scale.low : scale.high - scale.middle;
  const far = half > 0 ? Math.min(1, Math.abs(at - scale.middle) / half) : 0;
  const middle = isDark ? [21, 24, 28] : [250, 250, 250];
  const end = at < scale.middle ? (isDark ? [90, 160, 255] : [11, 80, 190]) : (isDark ? [255, 120, 90] : [190, 40, 20]);
  return middle.map((each, i) => Math.round(each + (end[i] - each) * far ** 0.7));
}

/** Draws `map`: {rows, columns, cells (base64), low, high, middle, logarithmic, band}. The first row is at the top. */
function heatMap(label, map, rowNames, columnNames, xTitle) {
  const cells = decodeBase64(map.cells);
  const left = 92, bottom = 40;
  const height = Math.max(140, Math.min(460, map.rows * 16)) + bottom;
  const draw = (context, width) => {
    const dark = isDark();
    const plain = offscreenCanvas(map.columns, map.rows, (each) => {
      const image = new ImageData(map.columns, map.rows);
      cells.forEach((byte, i) => image.data.set([...cellColor(byte, map, dark), 255], 4 * i));
      each.putImageData(image, 0, 0);
    });
    context.imageSmoothingEnabled = false;
    context.drawImage(plain, left, 0, width - left, height - bottom);
    outline(context, map, cells, left, width - left, height - bottom);
    context.fillStyle = color('faint');
    context.font = '11px system-ui, sans-serif';
    const rowStep = Math.ceil(map.rows / Math.max(1, (height - bottom) / 14));
    for (let i = 0; i < map.rows; i += rowStep) {
      context.fillText(truncated(rowNames[i], 15), 0, (i + 0.5) * (height - bottom) / map.rows + 4);
    }
    const columnStep = Math.ceil(map.columns / Math.max(1, (width - left) / 40));
    for (let i = 0; i < map.columns; i += columnStep) {
      context.fillText(columnNames[i], left + (i + 0.5) * (width - left) / map.columns - 4, height - bottom + 14);
    }
    context.fillText(xTitle, left, height - bottom + 32);
  };
  const holder = responsiveCanvas(label, height, draw);
  const readout = element('output', {class: 'text'}, '');
  addCellReadout(holder, map, (event) => {
    const box = holder.getBoundingClientRect();
    return [Math.floor((event.clientY - box.top) / (height - bottom) * map.rows),
      Math.floor((event.clientX - box.left - left) / (box.width - left) * map.columns)];
  }, (row, column) => {
    readout.textContent = `${rowNames[row]}, ${xTitle} ${columnNames[column]}: about ${formatNumber(dequantized(cells[row * map.columns + column], map), 3)}`;
  });
  return element('div', {}, holder, colorBar(map), colorLegend(map, cells.includes(255)), readout);
}

/** Describes the cell under the mouse, or the one selected with the arrow keys. */
function addCellReadout(holder, map, placeOf, tell) {
  let place = [0, 0];
  const go = ([row, column]) => {
    if (row < 0 || row >= map.rows || column < 0 || column >= map.columns) return;
    place = [row, column];
    tell(row, column);
  };
  const steps = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
  holder.setAttribute('tabindex', '0');
  holder.setAttribute('role', 'group');
  holder.setAttribute('aria-label', 'Heat map: select a cell with the arrow keys');
  holder.addEventListener('mousemove', (event) => go(placeOf(event)));
  holder.addEventListener('focus', () => go(place));
  holder.addEventListener('keydown', (event) => {
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    go([place[0] + step[0], place[1] + step[1]]);
  });
}

/** Returns a bar of the colors from low to high, with marks at the ends of the theorem's band. */
function colorBar(map) {
  const high = 12;
  const places = (map.band || []).map((value) => (map.logarithmic ? Math.log2(value) : value))
    .map((at) => (at - map.low) / (map.high - map.low));
  const draw = (context, width) => {
    for (let byte = 0; byte < 255; ++byte) {
      context.fillStyle = `rgb(${cellColor(byte, map, isDark()).join(',')})`;
      context.fillRect(byte * width / 255, 0, width / 255 + 1, high);
    }
    context.fillStyle = color('error');
    for (const place of places) context.fillRect(place * width - 1, 0, 2, high + 4);
  };
  const holder = responsiveCanvas('Colors from the lowest to the highest value', high + 4, draw);
  holder.classList.add('scale');
  return holder;
}

// Frames the cells outside the theorem's band if they are large enough.
function outline(context, map, cells, left, width, height) {
  const wide = width / map.columns, high = height / map.rows;
  if (!map.band || wide < 5 || high < 5) return;
  context.strokeStyle = color('error');
  cells.forEach((byte, i) => {
    const value = dequantized(byte, map);
    if (value === null || (value >= map.band[0] && value <= map.band[1])) return;
    context.strokeRect(left + (i % map.columns) * wide + 1, Math.floor(i / map.columns) * high + 1, wide - 2, high - 2);
  });
}

function colorLegend(map, hasGaps) {
  const [low, middle, high] = [map.low, map.middle, map.high].map((at) => formatNumber(map.logarithmic ? 2 ** at : at, 3));
  const below = map.low < map.middle ? `blue is ${low} or less, ` : '';
  const gaps = hasGaps ? ' Violet marks a missing or non-finite value.' : '';
  const band = map.band ? ` The marks show the ends of the theorem's band, ${formatNumber(map.band[0])} to ${formatNumber(map.band[1])}. Cells outside it have a frame if they are large enough.` : '';
  return element('div', {class: 'colors'}, `Colors: ${below}the background color is ${middle}, and red is ${high} or more.${gaps}${band}`);
}

function truncated(text, length) { return text.length <= length ? text : `${text.slice(0, length - 1)}…`; }

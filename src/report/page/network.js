// The network as a graph. Nodes are in the order of computation from top to bottom, with one column
// per path.

const kBox = {width: 210, height: 46, gapX: 26, gapY: 20};
const kMaxNodes = 160;

/** Places nodes: the row is the longest path from an input, the column the first free one from that of the inputs on. */
function placed(nodes) {
  const byName = new Map(), used = new Map();
  return nodes.map((node) => {
    const before = node.inputs.map((name) => byName.get(name)).filter((each) => each !== undefined);
    const row = 1 + Math.max(-1, ...before.map((each) => each.row));
    const taken = used.get(row) || new Set();
    let column = before.length > 0 ? Math.min(...before.map((each) => each.column)) : 0;
    while (taken.has(column)) ++column;
    used.set(row, taken.add(column));
    const place = {node, row, column};
    byName.set(node.name, place);
    return place;
  });
}

function corner(place) {
  return [10 + place.column * (kBox.width + kBox.gapX), 10 + place.row * (kBox.height + kBox.gapY)];
}

function edgePath(from, to) {
  const [x1, y1] = corner(from), [x2, y2] = corner(to);
  const start = [x1 + kBox.width / 2, y1 + kBox.height], end = [x2 + kBox.width / 2, y2];
  if (to.row - from.row <= 1) return `M${start} C${start[0]},${start[1] + 14} ${end[0]},${end[1] - 14} ${end}`;
  const side = Math.max(x1, x2) + kBox.width + 14;  // around the nodes between
  return `M${x1 + kBox.width},${y1 + kBox.height / 2} C${side + 20},${y1 + kBox.height / 2} ${side + 20},${y2 + kBox.height / 2} ${x2 + kBox.width},${y2 + kBox.height / 2}`;
}

function hasAbnormalVariance(node) { return typeof node.variance === 'number' && (node.variance < 0.5 || node.variance > 2); }

function box(place) {
  const [x, y] = corner(place), node = place.node;
  const moments = typeof node.variance === 'number' ? `mean ${formatNumber(node.mean, 2)}, variance ${formatNumber(node.variance, 3)}` : '';
  const facts = [node.shape, node.parameters > 0 ? `${formatNumber(node.parameters)} parameters` : ''].filter((each) => each).join(' · ');
  const line = (text, at) => svgElement('text', {x: x + 8, y: y + at}, truncated(text, 36));
  return svgElement('g', {}, svgElement('title', {}, `${node.name} (${node.op}) ${facts} ${moments}`),
    svgElement('rect', {class: hasAbnormalVariance(node) ? 'box off' : 'box', x, y, width: kBox.width, height: kBox.height, rx: 5}),
    line(node.name === node.op ? node.op : `${node.name} · ${node.op}`, 14), line(facts, 27), line(moments, 40));
}

/** Draws `nodes`: [{name, op, inputs, shape, parameters, mean, variance}], including the inputs of the network. */
function networkDiagram(nodes) {
  const shown = placed(nodes.slice(0, kMaxNodes));
  const byName = new Map(shown.map((place) => [place.node.name, place]));
  const edges = shown.flatMap((to) => to.node.inputs.filter((name) => byName.has(name)).map((name) =>
    svgElement('path', {class: 'edge', d: edgePath(byName.get(name), to)})));
  const columns = 1 + Math.max(...shown.map((each) => each.column)), rows = 1 + Math.max(...shown.map((each) => each.row));
  const width = 60 + columns * (kBox.width + kBox.gapX), height = 20 + rows * (kBox.height + kBox.gapY);
  const picture = svgElement('svg', {width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': 'The network as a graph'},
    ...edges, ...shown.map(box));
  const more = nodes.length > kMaxNodes ? ` The diagram shows the first ${kMaxNodes} of ${nodes.length} nodes, and the table shows all.` : '';
  return figure('Graph of the network', element('div', {class: 'scroll tall', tabindex: '0', role: 'region', 'aria-label': 'Scrollable graph of the network'}, picture),
    `Each box shows a node with its shape, number of parameters and, if known, predicted moments. A red frame marks a variance below 0.5 or above 2.${more}`,
    'Nodes', ['node', 'op', 'inputs', 'shape', 'parameters', 'mean', 'variance'],
    () => nodes.map((node) => [node.name, node.op, node.inputs.join(', '), node.shape, node.parameters, node.mean ?? null, node.variance ?? null]));
}

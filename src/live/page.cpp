#include "live/page.h"

namespace sinkmoe::live {

const std::string_view kPageHtml = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>sinkmoe</title>
<link rel="stylesheet" href="live.css">
<script src="live.js" defer></script>
</head>
<body>
<header>
<h1 id="name">sinkmoe</h1>
<label>Experiment <select id="experiments"></select></label>
</header>
<main>
<p id="title"></p>
<p id="states" role="status"></p>
<progress id="progress" max="1" value="0" aria-label="part of the runs that has ended"></progress>
<p id="problem" role="alert" hidden></p>
<section id="runs"></section>
</main>
<footer id="foot"></footer>
</body>
</html>
)html";

const std::string_view kPageStyle =
    R"css(:root { color-scheme: light dark; --line: #06c; --other: #b50; --edge: #8886; }
@media (prefers-color-scheme: dark) { :root { --line: #6bf; --other: #fa6; } }
body { font: 16px/1.4 system-ui, sans-serif; margin: 0 auto; max-width: 70rem; padding: 0 1rem 2rem; }
header { display: flex; flex-wrap: wrap; gap: 0 2rem; align-items: baseline; }
h1 { font-size: 1.4rem; } h2 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
progress { width: 100%; height: 1rem; }
article { border: 1px solid var(--edge); border-radius: 6px; padding: .7rem; margin: .8rem 0; }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: 1rem; }
figure { margin: .5rem 0 0; } svg { width: 100%; height: 7rem; }
polyline { fill: none; stroke: var(--line); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.imbalance polyline { stroke: var(--other); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td { padding: .1rem 1rem .1rem 0; } details { margin-top: .5rem; }
#problem { color: #c00; } footer { font-size: .85rem; opacity: .75; }
)css";

// Texts reach the document as text nodes only, so that a name in the database is never markup.
const std::string_view kPageScript = R"js('use strict';
const at = id => document.getElementById(id);
const svg = name => document.createElementNS('http://www.w3.org/2000/svg', name);
function node(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}
function clock(seconds) {
  if (seconds === null) return '?';
  const s = Math.round(seconds), pad = n => String(n).padStart(2, '0');
  const rest = pad(Math.floor(s / 60) % 60) + ':' + pad(s % 60);
  return Math.floor(s / 3600) + ':' + rest;
}
function amount(value, unit) {
  for (const [size, sign] of [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']])
    if (value >= size) return (value / size).toPrecision(3) + ' ' + sign + unit;
  return value.toPrecision(3) + ' ' + unit;
}
function curve(name, points) {
  const figure = node('figure', undefined, name), picture = svg('svg'), line = svg('polyline');
  const xs = points.map(p => p[0]), ys = points.map(p => p[1]);
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const place = p => [(p[0] - x0) / (x1 - x0 || 1) * 100, 38 - (p[1] - y0) / (y1 - y0 || 1) * 36];
  line.setAttribute('points', points.map(p => place(p).map(v => v.toFixed(2)).join(',')).join(' '));
  picture.setAttribute('viewBox', '0 0 100 40');
  picture.setAttribute('preserveAspectRatio', 'none');
  picture.setAttribute('role', 'img');
  const text = name + ' ' + ys[0].toPrecision(4) + ' to ' + ys[ys.length - 1].toPrecision(4) +
    ' (lowest ' + y0.toPrecision(4) + ', highest ' + y1.toPrecision(4) + ')';
  picture.setAttribute('aria-label', text);
  picture.append(line);
  figure.append(picture, node('figcaption', text));
  return figure;
}
function card(run, note) {
  const made = node('article');
  const head = node('h2', run.label || run.run);
  const facts = [run.run, note, run.steps ? 'step ' + run.step + ' of ' + run.steps : 'evaluates, no training'];
  if (run.tokens_per_second !== null) facts.push(amount(run.tokens_per_second, 'tokens/s'));
  if (run.flops_per_second !== null) facts.push(amount(run.flops_per_second, 'FLOP/s'));
  if (run.share_of_matrix_product !== null)
    facts.push((100 * run.share_of_matrix_product).toFixed(0) + '% of a matrix product');
  if (run.seconds_left !== null) facts.push(clock(run.seconds_left) + ' left');
  made.append(head, node('p', facts.filter(Boolean).join(' \u00b7 ')));
  const curves = node('div', undefined, 'curves');
  if (run.loss.length) curves.append(curve('loss', run.loss));
  if (run.imbalance.length) curves.append(curve('imbalance', run.imbalance));
  made.append(curves);
  if (run.evaluated_at !== null) {
    const more = node('details'), table = node('table');
    more.id = 'more-' + run.run;
    more.open = at(more.id) !== null && at(more.id).open;
    more.append(node('summary', 'evaluation at step ' + run.evaluated_at), table);
    for (const [name, value] of Object.entries(run.evaluation)) {
      const row = node('tr');
      row.append(node('td', name), node('td', Number(value).toPrecision(6)));
      table.append(row);
    }
    made.append(more);
  }
  return made;
}
function show(sweep) {
  document.title = sweep.experiment + ' - sinkmoe';
  at('name').textContent = sweep.experiment;
  at('title').textContent = sweep.title;
  const states = Object.entries(sweep.states).map(([name, count]) => count + ' ' + name);
  at('states').textContent = sweep.runs + (sweep.runs === 1 ? ' run: ' : ' runs: ') + states.join(', ') +
    (sweep.open ? '; ' + clock(sweep.seconds_left) + ' left' : '; ended');
  at('progress').value = sweep.runs ? (sweep.runs - sweep.open) / sweep.runs : 0;
  at('foot').textContent = sweep.database +
    (sweep.drill ? ' (a drill: the numbers are invented)' : '') +
    ', read at ' + new Date().toLocaleTimeString();
  const cards = sweep.running.map(run => card(run, ''));
  if (sweep.last) cards.push(card(sweep.last, 'ended last, ' + sweep.last.status));
  at('runs').replaceChildren(...cards);
}
async function get(path) {
  const answer = await fetch(path), value = await answer.json();
  if (!answer.ok) throw new Error(value.error);
  return value;
}
async function names() {
  const list = await get('experiments'), chosen = new URLSearchParams(location.search).get('experiment');
  const running = node('option', 'the one that runs');
  running.value = '';
  at('experiments').replaceChildren(running, ...list.map(([name]) => node('option', name)));
  at('experiments').value = chosen || '';
}
async function round() {
  try {
    const chosen = at('experiments').value;
    show(await get('sweep?experiment=' + encodeURIComponent(chosen)));
    at('problem').hidden = true;
  } catch (error) {
    at('problem').textContent = error.message;
    at('problem').hidden = false;
  }
  setTimeout(round, document.hidden ? 10000 : 1500);
}
at('experiments').addEventListener('change', event => {
  const chosen = event.target.value;
  location.search = chosen ? '?experiment=' + encodeURIComponent(chosen) : '';
});
names().catch(() => {}).then(round);
)js";

}  // namespace sinkmoe::live

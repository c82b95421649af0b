#include "report/page/assets.h"

namespace sinkmoe::report {

const std::string_view kPageStyle = R"css(
:root { color-scheme: light dark; --paper: #ffffff; --ink: #202020; --pale: #595959; --line: #d4d4d4; --strong: #444444;
  --link: #0b57a4; --good: #00694c; --bad: #a83c00; --mark: #fff3c4; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #15171a; --ink: #e4e4e4; --pale: #a8a8a8; --line: #3a3d42; --strong: #9a9a9a;
    --link: #83b8ff; --good: #58c9a0; --bad: #ff9d6b; --mark: #4a4012; }
  figure svg { filter: invert(0.915) hue-rotate(180deg); }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1em; }
body { overflow-wrap: anywhere; font: 15px/1.5 "DejaVu Sans", Verdana, Arial, sans-serif; color: var(--ink); background: var(--paper);
  margin: 0 auto; padding: 1em; max-width: 1400px; }
a { color: var(--link); }
a:focus-visible, button:focus-visible, svg:focus-visible, .scroll:focus-visible, summary:focus-visible {
  outline: 2px solid var(--link); outline-offset: 2px; }
h1 { font-size: 1.5em; margin: 0.3em 0; } h2 { font-size: 1.2em; margin: 0 0 0.4em; } h3 { font-size: 1em; }
section { margin-top: 2em; border-top: 1px solid var(--line); padding-top: 1em; }
.scroll { overflow-x: auto; max-width: 100%; }
/* Set by the script: more lies beyond the right edge. */
.scroll.more { mask-image: linear-gradient(to right, #000 calc(100% - 2.5em), transparent); }
table { overflow-wrap: normal; border-collapse: collapse; font-size: 13px; margin: 0.8em 0; }
th, td { padding: 3px 10px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid var(--strong); vertical-align: bottom; }
th button { all: unset; cursor: pointer; font-weight: bold; }
th button::after { content: "\00a0\2195"; color: var(--pale); font-weight: normal; }
th[aria-sort="ascending"] button::after { content: "\00a0\2191"; color: var(--ink); }
th[aria-sort="descending"] button::after { content: "\00a0\2193"; color: var(--ink); }
.r { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr:target td { background: var(--mark); }
.v { font-weight: bold; } .supported { color: var(--good); }
.contradicted, .excluded, .problem { color: var(--bad); }
.small { font-size: 12px; color: var(--pale); }
.up { float: right; font-size: 12px; margin-left: 1.5em; }
figure { margin: 1em 0; position: relative; }
figure svg { display: block; max-width: 100%; height: auto; }
figcaption { font-size: 12.5px; color: var(--pale); max-width: 75em; }
.tools button { font: inherit; font-size: 13px; min-width: 2.2em; margin-right: 0.4em; color: var(--ink);
  background: transparent; border: 1px solid var(--line); border-radius: 4px; cursor: pointer; }
.tip { position: absolute; pointer-events: none; background: var(--ink); color: var(--paper); font-size: 12px;
  padding: 2px 8px; border-radius: 4px; max-width: 22em; z-index: 1; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
nav ul { padding-left: 1.2em; } nav li { margin: 0.25em 0; font-size: 13px; }
@media (min-width: 1100px) {
  .columns { display: grid; grid-template-columns: 250px minmax(0, 1fr); gap: 2em; }
  .columns nav { grid-column: 1; grid-row: 1; position: sticky; top: 0; max-height: 100vh; overflow-y: auto; }
  .columns main { grid-column: 2; grid-row: 1; } .jump { display: none; }
}
@media (max-width: 760px) {
  body { padding: 0.7em; }
  .up { float: none; display: block; text-align: right; margin: 0 0 0.3em; }
  /* A drawing is shown whole, unless its letters (11 px) would become smaller than 7 px: then it scrolls sideways. */
  figure svg { max-width: none; width: min(var(--width), max(100%, 0.64 * var(--width))); }
  th, td { padding: 3px 6px; } table { width: max-content; } td { max-width: 16em; }
}
@media print { nav, .up, .tools { display: none; } .scroll.more { mask-image: none; } }
)css";

}  // namespace sinkmoe::report

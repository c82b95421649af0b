#include "report/page/assets.h"

namespace sinkmoe::report {

const std::string_view kPageScript = R"js(
(function () {
  "use strict";
  function each(list, visit) { Array.prototype.forEach.call(list, visit); }

  // Tables: numbers before words, empty cells last; the third press restores the first order.
  function valueOf(row, column) {
    var cell = row.cells[column], text = cell ? cell.textContent.trim() : "";
    var number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?(?![\w.-])/i.exec(text);
    return { empty: text === "" || text === "absent", text: text, number: number ? parseFloat(number[0]) : NaN };
  }
  function compare(a, b, direction) {
    if (a.empty !== b.empty) return a.empty ? 1 : -1;
    var words = isNaN(a.number), others = isNaN(b.number);
    if (words !== others) return words ? 1 : -1;
    return direction * (words ? a.text.localeCompare(b.text) : a.number - b.number);
  }
  each(document.querySelectorAll("table.sort"), function (table) {
    var body = table.tBodies[0], first = Array.prototype.slice.call(body.rows);
    var heads = table.tHead.rows[0].cells;
    each(heads, function (head, column) {
      var button = document.createElement("button"), direction = 0;
      button.type = "button";
      button.title = "sort by this column";
      while (head.firstChild) button.appendChild(head.firstChild);
      head.appendChild(button);
      button.addEventListener("click", function () {
        var was = head.getAttribute("aria-sort");
        direction = was === "ascending" ? -1 : was === "descending" ? 0 : 1;
        each(heads, function (other) { other.removeAttribute("aria-sort"); });
        var rows = first.slice();
        if (direction !== 0) {
          head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
          rows = rows.map(function (row, place) { return { row: row, place: place, value: valueOf(row, column) }; });
          rows.sort(function (a, b) { return compare(a.value, b.value, direction) || a.place - b.place; });
          rows = rows.map(function (entry) { return entry.row; });
        }
        each(rows, function (row) { body.appendChild(row); });
      });
    });
  });

  // Tables and figures that are wider than the page fade out at the right edge until they are scrolled to their end.
  var boxes = document.querySelectorAll(".scroll");
  function showMore() {
    each(boxes, function (box) {
      box.classList.toggle("more", box.scrollWidth - box.clientWidth - box.scrollLeft > 2);
    });
  }
  each(boxes, function (box) { box.addEventListener("scroll", showMore); });
  window.addEventListener("resize", showMore);
  showMore();

  // Figures: the value nearest to the pointer, arrow keys from mark to mark, and a size.
  var svgSpace = "http://www.w3.org/2000/svg";
  function addValues(figure, svg, frame) {
    var marks = JSON.parse(figure.getAttribute("data-marks")), at = -1;
    var tip = document.createElement("div"), ring = document.createElementNS(svgSpace, "circle");
    tip.className = "tip";
    tip.hidden = true;
    tip.setAttribute("role", "status");
    figure.appendChild(tip);
    ring.setAttribute("r", "6");
    ring.setAttribute("fill", "none");
    ring.setAttribute("stroke", "#000000");
    ring.setAttribute("visibility", "hidden");
    svg.appendChild(ring);
    function hide() { tip.hidden = true; ring.setAttribute("visibility", "hidden"); }
    function show(index) {
      var mark = marks[index], matrix = svg.getScreenCTM();
      at = index;
      ring.setAttribute("cx", mark[0]);
      ring.setAttribute("cy", mark[1]);
      ring.setAttribute("visibility", "visible");
      tip.textContent = mark[2];
      tip.hidden = false;
      var box = figure.getBoundingClientRect();
      var x = matrix.a * mark[0] + matrix.e - box.left, y = matrix.d * mark[1] + matrix.f - box.top;
      x = Math.min(x + 10, frame.clientWidth - tip.offsetWidth);
      tip.style.left = Math.max(0, x) + "px";
      tip.style.top = Math.max(0, y - tip.offsetHeight - 10) + "px";
    }
    svg.addEventListener("pointermove", function (event) {
      var matrix = svg.getScreenCTM().inverse(), best = -1, least = 30 * 30;
      var x = matrix.a * event.clientX + matrix.e, y = matrix.d * event.clientY + matrix.f;
      marks.forEach(function (mark, index) {
        var far = (mark[0] - x) * (mark[0] - x) + (mark[1] - y) * (mark[1] - y);
        if (far < least) { least = far; best = index; }
      });
      if (best < 0) hide(); else show(best);
    });
    svg.addEventListener("pointerleave", hide);
    svg.addEventListener("blur", hide);
    svg.addEventListener("keydown", function (event) {
      var step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") hide();
      if (!step) return;
      event.preventDefault();
      show((at + step + marks.length) % marks.length);
    });
  }
  each(document.querySelectorAll("figure"), function (figure) {
    var svg = figure.querySelector("svg"), frame = figure.querySelector(".scroll");
    if (!svg || !frame) return;
    svg.setAttribute("tabindex", "0");
    var tools = document.createElement("div"), size = 0, full = svg.viewBox.baseVal.width;
    tools.className = "tools";
    function add(sign, label, factor) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = sign;
      button.setAttribute("aria-label", label);
      button.addEventListener("click", function () {
        if (!size) size = svg.getBoundingClientRect().width / full;
        size = Math.min(4, Math.max(0.5, size * factor));
        svg.style.maxWidth = "none";
        svg.style.width = Math.round(full * size) + "px";
        showMore();
      });
      tools.appendChild(button);
    }
    add("+", "larger figure", 1.41421356);
    add("\u2212", "smaller figure", 0.70710678);
    figure.insertBefore(tools, frame.nextSibling);
    if (figure.hasAttribute("data-marks")) addValues(figure, svg, frame);
  });
})();
)js";

}  // namespace sinkmoe::report

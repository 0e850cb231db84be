import { h } from "./dom.js";

// A chart of some lines over the last minutes, drawn as SVG: it scales, prints, and takes the
// colours of the page.

const NS = "http://www.w3.org/2000/svg";
const keep = 150; // points
const fewest = 30; // that the width is divided among

export class Chart {
  // lines are [name, ...]; format makes text of a value.
  constructor(title, lines, format) {
    this.lines = lines.map(name => ({ name, points: [] }));
    this.format = format;
    this.values = h("span", { class: "values" });
    this.svg = document.createElementNS(NS, "svg");
    this.svg.setAttribute("viewBox", "0 0 300 90");
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.svg.setAttribute("role", "img");
    this.svg.setAttribute("aria-label", title);
    this.top = h("span", { class: "top muted" });
    this.element = h("section", { class: "card chart" }, h("h3", {}, title), this.values, h("div", { class: "plot" }, this.svg, this.top));
  }

  // add takes a value for each line, null where there is none.
  add(...values) {
    this.lines.forEach((l, i) => {
      l.points.push(values[i] ?? null);
      if (l.points.length > keep) l.points.shift();
    });
    this.draw();
  }

  draw() {
    const all = this.lines.flatMap(l => l.points).filter(v => v !== null);
    const max = nice(Math.max(...all, 0));
    this.top.textContent = this.format(max);
    const width = Math.max(fewest, ...this.lines.map(l => l.points.length));
    this.svg.replaceChildren(...[0.5, 1].map(y => shape("line", { x1: 0, x2: 300, y1: 90 - 85 * y, y2: 90 - 85 * y, class: "grid" })),
      ...this.lines.flatMap((l, i) => {
        let path = "", from = null, last = 0;
        l.points.forEach((v, at) => {
          if (v === null) return;
          const x = 300 * (at + width - l.points.length) / (width - 1), y = 90 - 85 * v / max;
          path += `${path ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
          from ??= x;
          last = x;
        });
        if (!path) return [];
        const line = shape("path", { d: path, class: `line c${i}` });
        return i ? [line] : [shape("path", { d: `${path}L${last} 90L${from} 90Z`, class: `area c${i}` }), line];
      }));
    this.values.replaceChildren(...this.lines.map((l, i) => {
      const v = l.points.at(-1);
      return h("span", { class: "value" }, h("i", { class: `dot c${i}` }), l.name ? `${l.name} ` : "", h("b", {}, v === null || v === undefined ? "–" : this.format(v)));
    }));
  }
}

function shape(tag, attributes) {
  const e = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  return e;
}

// nice rounds up to a number that people like at an axis.
function nice(v) {
  if (v <= 0) return 1;
  const scale = 10 ** Math.floor(Math.log10(v));
  return [1, 2, 5, 10].find(s => s * scale >= v) * scale;
}

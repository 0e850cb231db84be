import { config, run } from "./api.js";
import { h, attempt, note } from "./dom.js";

// Configuration: every parameter with what it means, and what differs from the defaults.

export function configuration(ctx) {
  const find = h("input", { type: "search", placeholder: "Find a parameter ( / )", "aria-label": "Find a parameter", oninput: () => draw() });
  const only = h("input", { type: "checkbox", onchange: () => draw() });
  const body = h("tbody");
  const told = h("span", { class: "muted" });
  const element = h("div", {}, h("h1", {}, "Configuration"),
    h("div", { class: "bar" }, find, h("label", {}, only, " only what differs from the default"), told,
      ctx.may("config|rewrite") ? h("button", { onclick: () => attempt(async () => { await run(0, "CONFIG", "REWRITE"); note("The file is written."); }) }, "Write into the file") : null),
    h("section", { class: "card scroll" }, h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, "parameter"), h("th", {}, "value"), h("th", {}, "default"), h("th", {}, ""))), body)));
  let all = [];

  function draw() {
    const word = find.value.trim().toLowerCase();
    const rows = all.filter(p => (!only.checked || p.changed) && (!word || p.name.includes(word) || p.doc.toLowerCase().includes(word)));
    told.textContent = `${rows.length} of ${all.length}`;
    body.replaceChildren(...rows.map(row));
    if (!rows.length) body.append(h("tr", {}, h("td", { class: "muted", colspan: "4" }, "None.")));
  }

  function row(p) {
    const cell = h("td", { class: "wide mono" }, p.value);
    const edit = !p.fixed && !p.effect && !p.secret && ctx.may("config|set") ? h("button", { class: "quiet", "aria-label": `Change ${p.name}`, onclick: () => change(p, cell) }, "Change") : h("span", { class: "muted" }, p.fixed ? "fixed at start-up" : p.effect ? "without effect" : "");
    return h("tr", { class: p.changed ? "changed" : null }, h("td", {}, h("b", {}, p.name), h("div", { class: "muted doc" }, p.doc, p.effect ? ` ${p.effect}.` : "")), cell, h("td", { class: "wide mono muted" }, p.default), h("td", {}, edit));
  }

  function change(p, cell) {
    const input = h("input", { value: p.value, "aria-label": p.name });
    const form = h("form", { class: "bar", onsubmit: e => {
      e.preventDefault();
      attempt(async () => { await run(0, "CONFIG", "SET", p.name, input.value); note(`${p.name} is set.`); await start(); });
    } }, input, h("button", { class: "primary" }, "Set"), h("button", { type: "button", onclick: () => { cell.replaceChildren(p.value); } }, "Leave"));
    cell.replaceChildren(form);
    input.focus();
  }

  async function start() {
    all = await config();
    draw();
  }
  return { element, start };
}

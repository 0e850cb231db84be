import { run, runAll, isError, text, number, toObject } from "./api.js";
import { h, attempt, table, bytes, micros, short, span } from "./dom.js";

// Views that are a list each: the slow log, hot and big keys, clients.

const words = args => args.map(a => { const t = text(a); return /^[^\s"]+$/.test(t) ? t : JSON.stringify(t); }).join(" ");
const lacks = what => h("p", { class: "muted" }, `This user may not see that: ${what}.`);

export function slowlog(ctx) {
  const content = h("div");
  const element = h("div", {}, h("h1", {}, "Slow log"), h("div", { class: "bar" }, h("button", { onclick: () => attempt(start) }, "Again"),
    ctx.may("slowlog|reset") ? h("button", { class: "danger", onclick: () => attempt(async () => { await run(0, "SLOWLOG", "RESET"); await start(); }) }, "Empty it") : null), h("section", { class: "card" }, content));
  async function start() {
    if (!ctx.may("slowlog|get")) { content.replaceChildren(lacks("SLOWLOG GET")); return; }
    const all = await run(0, "SLOWLOG", "GET", 256);
    content.replaceChildren(table([
      { title: "number", num: true, value: e => text(e[0]), sort: e => number(e[0]) },
      { title: "when", value: e => new Date(number(e[1]) * 1000).toLocaleString(), sort: e => number(e[1]) },
      { title: "took", num: true, value: e => micros(number(e[2])), sort: e => number(e[2]) },
      { title: "command", wide: true, value: e => h("code", {}, words(e[3])) },
      { title: "client", value: e => `${text(e[4])} ${text(e[5])}`.trim() },
    ], all, { empty: "No command was slow (slowlog-log-slower-than)." }));
  }
  return { element, start };
}

export function toplist(ctx) {
  const hot = h("div"), big = h("div"), said = h("p", { class: "muted" });
  const by = h("select", { "aria-label": "By", onchange: () => attempt(start) }, h("option", { value: "BYTES" }, "by memory"), h("option", { value: "ELEMENTS" }, "by elements"));
  const element = h("div", {}, h("h1", {}, "Hot and big keys"), h("div", { class: "bar" }, h("button", { onclick: () => attempt(start) }, "Again")), said,
    h("div", { class: "columns" }, h("section", { class: "card" }, h("h3", {}, "Used most"), hot), h("section", { class: "card" }, h("div", { class: "bar" }, h("h3", {}, "Largest"), by), big)));
  const go = k => ctx.go(`keys/${number(k.db)}/${encodeURIComponent(text(k.key))}`);
  let timer;
  async function start() {
    clearTimeout(timer);
    if (!ctx.may("toplist|hotkeys") || !ctx.may("toplist|bigkeys")) { said.replaceChildren(lacks("TOPLIST HOTKEYS, TOPLIST BIGKEYS")); return; }
    const [h1, b1] = await runAll([["TOPLIST", "HOTKEYS"], ["TOPLIST", "BIGKEYS", by.value]]);
    if (isError(h1)) {
      said.replaceChildren("The lists are not kept. They cost a command some nanoseconds. ",
        ctx.may("config|set") ? h("button", { class: "primary", onclick: () => attempt(async () => { await run(0, "CONFIG", "SET", "toplist-enabled", "yes"); await start(); }) }, "Keep them from now on") : "CONFIG SET toplist-enabled yes begins it.");
      return;
    }
    said.replaceChildren("Hot keys are counted in a sample: the error is told with each. Large keys are measured now, and found by walks through all keys.");
    hot.replaceChildren(table([
      { title: "key", wide: true, value: k => h("code", {}, text(k.key)), sort: k => text(k.key) }, { title: "db", num: true, value: k => text(k.db) },
      { title: "a second", num: true, value: k => short(number(k["per-second"])), sort: k => number(k["per-second"]) },
      { title: "uses", num: true, value: k => `${short(number(k.accesses))} ± ${short(number(k.error))}`, sort: k => number(k.accesses) },
      { title: "of all", num: true, value: k => `${number(k.percent).toFixed(1)} %`, sort: k => number(k.percent) },
    ], h1.map(toObject), { empty: "No key was seen yet.", onpick: go }));
    big.replaceChildren(table([
      { title: "key", wide: true, value: k => h("code", {}, text(k.key)), sort: k => text(k.key) }, { title: "db", num: true, value: k => text(k.db) },
      { title: "type", value: k => text(k.type), sort: k => text(k.type) }, { title: "memory", num: true, value: k => bytes(number(k.bytes)), sort: k => number(k.bytes) },
      { title: "elements", num: true, value: k => number(k.elements).toLocaleString("en"), sort: k => number(k.elements) },
    ], b1.map(toObject), { empty: "No key was seen yet.", onpick: go }));
    timer = setTimeout(() => { if (element.isConnected && !element.contains(document.activeElement)) attempt(start); }, 5000);
  }
  return { element, start, stop: () => clearTimeout(timer) };
}

export function clients(ctx) {
  const content = h("div");
  const element = h("div", {}, h("h1", {}, "Clients"), h("div", { class: "bar" }, h("button", { onclick: () => attempt(start) }, "Again")), h("section", { class: "card" }, content));
  async function start() {
    if (!ctx.may("client|list")) { content.replaceChildren(lacks("CLIENT LIST")); return; }
    const all = text(await run(0, "CLIENT", "LIST")).trim().split("\n").map(line => Object.fromEntries(line.trim().split(" ").map(p => { const at = p.indexOf("="); return [p.slice(0, at), p.slice(at + 1)]; })));
    const column = (title, field, format = v => v, num = false) => ({ title, num, value: c => format(c[field] ?? ""), sort: c => num ? Number(c[field]) : c[field] });
    content.replaceChildren(table([
      column("id", "id", undefined, true), column("address", "addr"), column("name", "name"), column("user", "user"), column("db", "db", undefined, true),
      column("last command", "cmd"), column("connected", "age", span, true), column("idle", "idle", span, true), column("memory", "tot-mem", bytes, true), column("flags", "flags"), column("library", "lib-name"),
      { title: "", value: c => ctx.may("client|kill") && c.name !== "http" ? h("button", { class: "quiet danger", onclick: () => attempt(async () => { await run(0, "CLIENT", "KILL", "ID", c.id); await start(); }) }, "Disconnect") : null },
    ], all));
  }
  return { element, start };
}

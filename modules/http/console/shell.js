import { run, runAll, isError, text, toObject, pairs } from "./api.js";
import { h, attempt } from "./dom.js";

// The command line: what redis-cli does, with completion from COMMAND DOCS.

let docs = null; // [{name, summary, syntax}], sorted
const history = [], said = [];

export function shell(ctx) {
  const out = h("div", { class: "out mono", role: "log", "aria-live": "polite", tabindex: "0" });
  const input = h("input", { autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-label": "Command", role: "combobox", "aria-expanded": "false", "aria-controls": "complete", placeholder: "A command: Tab completes, ↑ brings back" });
  const menu = h("ul", { class: "complete", id: "complete", role: "listbox", hidden: true });
  const syntax = h("div", { class: "syntax muted mono" });
  const prompt = h("span", { class: "mono muted" }, `db ${ctx.db}>`);
  const element = h("div", {}, h("h1", {}, "Command line"), h("section", { class: "card shell" }, out, syntax,
    h("form", { class: "line", onsubmit: e => { e.preventDefault(); attempt(enter); } }, menu, prompt, input, h("button", { class: "primary" }, "Run"))));
  let at = history.length, choices = [], chosen = -1;

  const say = (cls, content) => { const p = h("pre", { class: cls }, content); said.push(p); if (said.length > 400) said.shift(); out.append(p); out.scrollTop = out.scrollHeight; };

  async function enter() {
    close();
    const line = input.value.trim();
    if (!line) return;
    input.value = "";
    if (history.at(-1) !== line) history.push(line);
    at = history.length;
    say("said", `${prompt.textContent} ${line}`);
    let args;
    try { args = split(line); } catch (e) { say("bad", e.message); return; }
    const name = args[0].toLowerCase();
    if (name === "clear") { said.length = 0; out.replaceChildren(); return; }
    if (["monitor", "subscribe", "psubscribe", "ssubscribe", "multi"].includes(name)) { say("bad", `Each line has a connection of its own here: ${name.toUpperCase()} is for redis-cli.`); return; }
    try {
      const [reply] = await runAll([args], ctx.db);
      if (name === "select" && !isError(reply)) { ctx.db = Number(args[1]); prompt.textContent = `db ${ctx.db}>`; }
      say(isError(reply) ? "bad" : "", format(reply, ""));
    } catch (e) { say("bad", e.message); }
    tell();
  }

  function complete() {
    const before = input.value.slice(0, input.selectionStart);
    const word = before.trimStart().toLowerCase();
    choices = word && docs ? docs.filter(d => d.name.startsWith(word) && d.name !== word).slice(0, 40) : [];
    chosen = -1;
    menu.hidden = !choices.length;
    input.setAttribute("aria-expanded", String(!menu.hidden));
    menu.replaceChildren(...choices.map((d, i) => h("li", { role: "option", id: `c${i}`, onmousedown: e => { e.preventDefault(); take(i); } }, h("b", {}, d.name.toUpperCase()), h("span", {}, d.summary))));
    tell();
  }
  function tell() {
    const words = input.value.trimStart().toLowerCase().split(/\s+/);
    const d = docs && (docs.find(x => x.name === words.slice(0, 2).join(" ")) || docs.find(x => x.name === words[0]));
    syntax.textContent = d ? `${d.name.toUpperCase()} ${d.syntax}` : "";
  }
  function mark(i) {
    chosen = (i + choices.length) % choices.length;
    [...menu.children].forEach((li, j) => li.setAttribute("aria-selected", String(j === chosen)));
    menu.children[chosen].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", `c${chosen}`);
  }
  function take(i) { input.value = `${choices[i].name.toUpperCase()} `; close(); input.focus(); complete(); }
  function close() { menu.hidden = true; choices = []; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); }

  input.addEventListener("input", complete);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", e => {
    const openMenu = choices.length > 0;
    if (e.key === "Tab" && openMenu) { e.preventDefault(); take(Math.max(chosen, 0)); }
    else if (e.key === "Escape" && openMenu) { e.preventDefault(); close(); }
    else if (e.key === "Enter" && openMenu && chosen >= 0) { e.preventDefault(); take(chosen); }
    else if (e.key === "ArrowDown" && openMenu) { e.preventDefault(); mark(chosen + 1); }
    else if (e.key === "ArrowUp" && openMenu && chosen >= 0) { e.preventDefault(); mark(chosen - 1); }
    else if (e.key === "ArrowUp" && at > 0) { e.preventDefault(); close(); input.value = history[--at]; tell(); }
    else if (e.key === "ArrowDown" && at < history.length) { e.preventDefault(); close(); input.value = history[++at] ?? ""; tell(); }
  });

  async function start() {
    out.append(...said);
    out.scrollTop = out.scrollHeight;
    input.focus();
    if (docs || !ctx.may("command|docs")) return;
    docs = [];
    for (const [name, d] of pairs(await run(0, "COMMAND", "DOCS"))) add(text(name), toObject(d));
    docs = docs.filter(d => ctx.may(d.full)).sort((a, b) => a.name < b.name ? -1 : 1);
  }
  function add(full, d) {
    if (d.subcommands) for (const [name, sub] of pairs(d.subcommands)) add(text(name), toObject(sub));
    else docs.push({ full, name: full.replace("|", " "), summary: text(d.summary), syntax: (d.arguments || []).map(a => argument(toObject(a))).join(" ") });
  }
  return { element, start };
}

// argument writes an argument of COMMAND DOCS as one reads it in manuals.
function argument(a) {
  const flags = (a.flags || []).map(text);
  const inner = () => (a.arguments || []).map(x => argument(toObject(x)));
  let t;
  switch (text(a.type)) {
    case "pure-token": t = text(a.token) || '""'; break;
    case "oneof": t = `<${inner().join(" | ")}>`; break;
    case "block": t = inner().join(" "); break;
    default: t = a.display_text ? text(a.display_text) : text(a.name);
  }
  if (a.token !== undefined && text(a.type) !== "pure-token") t = `${text(a.token)} ${t}`;
  if (flags.includes("multiple")) t = `${t} [${t} ...]`;
  return flags.includes("optional") ? `[${t}]` : t;
}

// split cuts a line into words, with quotes as in redis-cli.
export function split(line) {
  const words = [];
  let i = 0;
  while (i < line.length) {
    while (/\s/.test(line[i] ?? "")) i++;
    if (i >= line.length) break;
    let word = "", bytes = false;
    const quote = line[i] === '"' || line[i] === "'" ? line[i++] : "";
    for (;;) {
      const ch = line[i];
      if (ch === undefined) { if (quote) throw new Error("A quote is not closed."); break; }
      if (quote ? ch === quote : /\s/.test(ch)) { i++; break; }
      if (quote === '"' && ch === "\\") {
        const x = /^x([0-9a-fA-F]{2})/.exec(line.slice(i + 1));
        if (x) { word += String.fromCharCode(parseInt(x[1], 16)); bytes ||= parseInt(x[1], 16) > 127; i += 4; continue; }
        word += { n: "\n", r: "\r", t: "\t", b: "\b", a: "\x07" }[line[i + 1]] ?? line[i + 1] ?? "";
        i += 2;
        continue;
      }
      if (quote === "'" && ch === "\\" && line[i + 1] === "'") { word += "'"; i += 2; continue; }
      word += ch;
      i++;
    }
    words.push(bytes ? { b64: btoa(word) } : word);
  }
  if (!words.length) throw new Error("There is no command.");
  if (typeof words[0] !== "string") throw new Error("That is no command.");
  return words;
}

// format writes a reply as redis-cli does.
export function format(r, indent) {
  if (r === null) return "(nil)";
  if (typeof r === "string") return r.includes("\n") && indent === "" ? r.replace(/\r/g, "") : JSON.stringify(r);
  if (typeof r === "number") return Number.isInteger(r) ? `(integer) ${r}` : `(double) ${r}`;
  if (typeof r === "boolean") return `(${r})`;
  if (isError(r)) return `(error) ${r.error}`;
  if ("b64" in r) return `"${text(r)}"`;
  if ("n" in r) return `(number) ${r.n}`;
  const all = Array.isArray(r) ? r.map(v => [null, v]) : pairs(r);
  if (!all.length) return Array.isArray(r) ? "(empty array)" : "(empty map)";
  const width = String(all.length).length;
  return all.map(([k, v], i) => {
    const head = `${i ? indent : ""}${String(i + 1).padStart(width)}${k === null ? ")" : "#"} ${k === null ? "" : `${format(k, "x")} => `}`;
    return head + format(v, indent + " ".repeat(width + 2));
  }).join("\n");
}

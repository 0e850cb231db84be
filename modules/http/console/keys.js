import { run, runAll, isError, text, number } from "./api.js";
import { h, attempt, bytes, span, short } from "./dom.js";
import { value } from "./value.js";

// Keys: found by SCAN, a page at a time, shown by their prefixes, and one of them with its
// value.

const page = 500; // keys that a look brings, about

const order = new Intl.Collator("en", { numeric: true }).compare;

export function keys(ctx, [db, wanted]) {
  if (db) ctx.db = Number(db);
  const pattern = h("input", { type: "search", placeholder: "Pattern: user:* or a part of the name ( / )", "aria-label": "Pattern" });
  const type = h("select", { "aria-label": "Type" }, ["", "string", "list", "set", "zset", "hash", "stream"].map(t => h("option", { value: t }, t || "every type")));
  const base = h("input", { type: "number", min: "0", value: String(ctx.db), "aria-label": "Database", title: "Database", size: "3" });
  const list = h("div", { class: "scroll" });
  const more = h("button", { onclick: () => attempt(() => look(false)) }, "More");
  const told = h("span", { class: "muted" });
  const detail = h("section", { class: "card detail" }, h("p", { class: "muted" }, "Choose a key."));
  const element = h("div", {}, h("h1", {}, "Keys"),
    h("form", { class: "bar", onsubmit: e => { e.preventDefault(); attempt(() => look(true)); } },
      pattern, type, h("label", { class: "muted" }, "db ", base), h("button", { class: "primary" }, "Search")),
    h("div", { class: "keys" }, h("section", { class: "card browse" }, list, h("p", { class: "bar" }, more, told)), detail));
  const wrap = element.querySelector(".keys");
  let cursor = "0", found = [], seen = new Set(), open = new Set();

  async function look(anew) {
    if (anew) { cursor = "0"; found = []; seen = new Set(); ctx.db = Number(base.value) || 0; }
    let match = pattern.value.trim();
    if (match && !/[*?[\]\\]/.test(match)) match = `*${match}*`;
    let brought = 0;
    do {
      const args = ["SCAN", cursor, "COUNT", "1000"];
      if (match) args.push("MATCH", match);
      if (type.value) args.push("TYPE", type.value);
      const [next, names] = await run(ctx.db, ...args);
      cursor = text(next);
      for (const name of names) {
        const id = JSON.stringify(name);
        if (!seen.has(id)) { seen.add(id); found.push({ name, shown: text(name) }); brought++; }
      }
    } while (cursor !== "0" && brought < page);
    await kinds(found.filter(k => !k.type));
    draw();
  }

  async function kinds(some) {
    if (!some.length || !ctx.may("type")) return;
    const replies = await runAll(some.map(k => ["TYPE", k.name]), ctx.db);
    some.forEach((k, i) => { k.type = isError(replies[i]) ? "?" : text(replies[i]); });
  }

  function draw() {
    more.hidden = cursor === "0";
    told.textContent = found.length ? `${found.length.toLocaleString("en")} keys${cursor === "0" ? "" : ", there are more"}` : "";
    list.replaceChildren(found.length ? branch(found, 0, "") : h("p", { class: "muted" }, "No key."));
  }

  // branch lists keys by the part of their names that follows; prefixes of one key alone are not
  // made branches.
  function branch(some, from, path) {
    const groups = new Map();
    for (const k of some) {
      const at = k.shown.indexOf(":", from);
      const group = at < 0 ? null : k.shown.slice(from, at + 1);
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(k);
    }
    const items = [];
    for (const [group, members] of [...groups].sort((a, b) => order(a[0] ?? "\uffff", b[0] ?? "\uffff"))) {
      if (group === null || members.length === 1) {
        items.push(...members.sort((a, b) => order(a.shown, b.shown)).map(k => leaf(k, k.shown.slice(from))));
        continue;
      }
      const id = path + group;
      const li = h("li", {}, h("button", { "aria-expanded": String(open.has(id)), onclick: () => { if (!open.delete(id)) open.add(id); draw(); refocus(id); }, "data-id": id },
        h("span", {}, open.has(id) ? "▾" : "▸"), h("span", { class: "name" }, group), h("span", { class: "count" }, short(members.length))));
      if (open.has(id)) li.append(branch(members, from + group.length, id));
      items.push(li);
    }
    return h("ul", { class: "tree" }, items);
  }
  const refocus = id => list.querySelector(`[data-id="${CSS.escape(id)}"]`)?.focus();

  function leaf(k, label) {
    return h("li", {}, h("button", { onclick: e => attempt(() => pick(k.name, e.currentTarget)) }, h("span", { class: "name" }, label || "(empty)"), h("span", { class: "tag" }, k.type || "")));
  }

  async function pick(name, button) {
    list.querySelectorAll("[aria-current]").forEach(b => b.removeAttribute("aria-current"));
    button?.setAttribute("aria-current", "true");
    const [type, ttl, memory, encoding] = await runAll([["TYPE", name], ["PTTL", name], ["MEMORY", "USAGE", name], ["OBJECT", "ENCODING", name]], ctx.db);
    const failed = [type, ttl].find(isError);
    if (failed) throw new Error(failed.error);
    if (text(type) === "none") { detail.replaceChildren(back(), h("p", { class: "muted" }, `There is no key ${text(name)}.`)); return; }
    const again = () => attempt(() => pick(name, button));
    const gone = () => { found = found.filter(k => JSON.stringify(k.name) !== JSON.stringify(name)); draw(); wrap.classList.remove("open"); detail.replaceChildren(h("p", { class: "muted" }, "It is deleted.")); };
    const facts = [["type", text(type)], ["encoding", isError(encoding) ? "–" : text(encoding)], ["memory", isError(memory) ? "–" : bytes(number(memory))], ["expires in", number(ttl) < 0 ? "never" : span(number(ttl) / 1000)]];
    detail.replaceChildren(back(), h("h2", { class: "mono" }, text(name)), h("dl", { class: "facts" }, facts.map(([t, v]) => h("div", {}, h("dt", {}, t), h("dd", {}, v)))),
      actions(name, number(ttl), again, gone), await value(ctx, name, text(type), again));
    wrap.classList.add("open");
    if (innerWidth <= 760) detail.scrollIntoView();
  }
  const back = () => h("button", { class: "back", onclick: () => wrap.classList.remove("open") }, "← Keys");

  function actions(name, ttl, again, gone) {
    const bar = h("div", { class: "bar" });
    if (ctx.may("expire")) {
      const seconds = h("input", { type: "number", min: "1", placeholder: "seconds", "aria-label": "Seconds to live", size: "8" });
      bar.append(h("form", { class: "bar", onsubmit: e => { e.preventDefault(); attempt(async () => { await run(ctx.db, "EXPIRE", name, seconds.value); again(); }); } }, seconds, h("button", {}, "Set expiry")));
      if (ttl >= 0 && ctx.may("persist")) bar.append(h("button", { onclick: () => attempt(async () => { await run(ctx.db, "PERSIST", name); again(); }) }, "Keep for ever"));
    }
    if (ctx.may("unlink")) {
      let sure = false;
      const b = h("button", { class: "danger", onclick: () => {
        if (!sure) { sure = true; b.textContent = "Really delete?"; setTimeout(() => { sure = false; b.textContent = "Delete"; }, 4000); return; }
        attempt(async () => { await run(ctx.db, "UNLINK", name); gone(); });
      } }, "Delete");
      bar.append(b);
    }
    return bar;
  }

  async function start() {
    if (wanted !== undefined) { pattern.value = ""; await pick(wanted); }
    await look(true);
  }
  return { element, start };
}

import { run, text, number, pairs, toObject } from "./api.js";
import { h, attempt, table, note } from "./dom.js";

// A key's value, by its type: a page at a time, and forms to change it for who may.

const page = 100;

export async function value(ctx, name, type, again) {
  const view = { string, list, hash, set, zset, stream }[type];
  if (!view) return h("p", { class: "muted" }, "The console knows no view of this type. The command line does: DUMP, OBJECT, the commands of its module.");
  return view(ctx, name, again);
}

// form makes a form of fields [[name, placeholder]] whose values go to a command.
function form(ctx, permission, label, fields, command, again) {
  if (!ctx.may(permission)) return null;
  const inputs = fields.map(f => h("input", { placeholder: f, "aria-label": f, class: "grow" }));
  return h("form", { class: "bar", onsubmit: e => {
    e.preventDefault();
    attempt(async () => { await run(ctx.db, ...command(...inputs.map(i => i.value))); again(); });
  } }, inputs, h("button", {}, label));
}

const remove = (ctx, permission, command, again) => ctx.may(permission)
  ? h("button", { class: "quiet danger", title: "Remove", "aria-label": "Remove", onclick: e => { e.stopPropagation(); attempt(async () => { await run(ctx.db, ...command); again(); }); } }, "✕") : null;

const pageBar = (from, n, total, go) => total > page ? h("div", { class: "bar" },
  h("button", { disabled: from === 0, onclick: () => attempt(() => go(Math.max(0, from - page))) }, "←"),
  h("span", { class: "muted" }, `${from + 1} to ${from + n} of ${total.toLocaleString("en")}`),
  h("button", { disabled: from + n >= total, onclick: () => attempt(() => go(from + page)) }, "→")) : null;

// paged fills an element with a page of elements, and again with another.
async function paged(total, load) {
  const element = h("div");
  const go = async from => {
    const [content, n] = await load(from);
    element.replaceChildren(...[pageBar(from, n, total, go), content].filter(Boolean));
  };
  await go(0);
  return element;
}

async function string(ctx, name, again) {
  const length = number(await run(ctx.db, "STRLEN", name));
  const most = 256 << 10;
  const v = await run(ctx.db, "GETRANGE", name, 0, most - 1);
  const whole = length <= most, plain = typeof v === "string";
  const area = h("textarea", { spellcheck: "false", "aria-label": "Value", readonly: !(plain && whole && ctx.may("set")), value: text(v) });
  const bar = h("div", { class: "bar" }, h("span", { class: "muted" }, `${length.toLocaleString("en")} bytes${whole ? "" : `, of which ${most.toLocaleString("en")} are shown`}${plain ? "" : ", not UTF-8"}`));
  if (plain && /^\s*[[{]/.test(v)) {
    bar.append(h("button", { onclick: () => { try { area.value = JSON.stringify(JSON.parse(area.value), null, 2); } catch (e) { note(e.message, true); } } }, "Indent JSON"));
  }
  if (plain && whole && ctx.may("set")) bar.append(h("button", { class: "primary", onclick: () => attempt(async () => { await run(ctx.db, "SET", name, area.value, "KEEPTTL"); again(); }) }, "Save"));
  return h("div", {}, area, bar);
}

async function list(ctx, name, again) {
  const total = number(await run(ctx.db, "LLEN", name));
  const rows = await paged(total, async from => {
    const all = await run(ctx.db, "LRANGE", name, from, from + page - 1);
    return [table([{ title: "index", num: true, value: r => String(r[0]) }, { title: "element", wide: true, value: r => text(r[1]) }], all.map((v, i) => [from + i, v])), all.length];
  });
  return h("div", {}, form(ctx, "rpush", "Append", ["element"], v => ["RPUSH", name, v], again), rows);
}

// scanned is a collection that is walked by a cursor: the first page, and more.
async function scanned(ctx, total, command, width, draw) {
  let cursor = "0", rows = [];
  const element = h("div");
  const go = async () => {
    const want = rows.length + page;
    do {
      const [next, flat] = await run(ctx.db, command[0], command[1], cursor, "COUNT", page);
      cursor = text(next);
      const items = flat.map ? flat.map(x => x) : flat;
      for (let i = 0; i < items.length; i += width) rows.push(items.slice(i, i + width));
    } while (cursor !== "0" && rows.length < want);
    element.replaceChildren(draw(rows), h("div", { class: "bar" }, h("span", { class: "muted" }, `${rows.length.toLocaleString("en")} of ${total.toLocaleString("en")}`),
      cursor === "0" ? "" : h("button", { onclick: () => attempt(go) }, "More")));
  };
  await go();
  return element;
}

async function hash(ctx, name, again) {
  const total = number(await run(ctx.db, "HLEN", name));
  return h("div", {}, form(ctx, "hset", "Set", ["field", "value"], (f, v) => ["HSET", name, f, v], again),
    await scanned(ctx, total, ["HSCAN", name], 2, rows => table([
      { title: "field", value: r => text(r[0]), sort: r => text(r[0]) }, { title: "value", wide: true, value: r => text(r[1]) },
      { title: "", value: r => remove(ctx, "hdel", ["HDEL", name, r[0]], again) }], rows)));
}

async function set(ctx, name, again) {
  const total = number(await run(ctx.db, "SCARD", name));
  return h("div", {}, form(ctx, "sadd", "Add", ["member"], v => ["SADD", name, v], again),
    await scanned(ctx, total, ["SSCAN", name], 1, rows => table([
      { title: "member", wide: true, value: r => text(r[0]), sort: r => text(r[0]) },
      { title: "", value: r => remove(ctx, "srem", ["SREM", name, r[0]], again) }], rows)));
}

async function zset(ctx, name, again) {
  const total = number(await run(ctx.db, "ZCARD", name));
  const rows = await paged(total, async from => {
    const all = await run(ctx.db, "ZRANGE", name, from, from + page - 1, "WITHSCORES");
    return [table([
      { title: "rank", num: true, value: r => String(r[2]) }, { title: "score", num: true, value: r => text(r[1]), sort: r => number(r[1]) },
      { title: "member", wide: true, value: r => text(r[0]), sort: r => text(r[0]) }, { title: "", value: r => remove(ctx, "zrem", ["ZREM", name, r[0]], again) }],
    all.map(([m, s], i) => [m, s, from + i])), all.length];
  });
  return h("div", {}, form(ctx, "zadd", "Add", ["score", "member"], (s, m) => ["ZADD", name, s, m], again), rows);
}

async function stream(ctx, name, again) {
  const [info, groups] = [toObject(await run(ctx.db, "XINFO", "STREAM", name)), await run(ctx.db, "XINFO", "GROUPS", name)];
  const element = h("div");
  const total = number(info.length);
  const go = async before => {
    const all = await run(ctx.db, "XREVRANGE", name, before, "-", "COUNT", page);
    element.replaceChildren(
      table([{ title: "ID", value: r => text(r[0]) }, { title: "fields", wide: true, value: r => pairs(r[1]).map(([f, v]) => `${text(f)}: ${text(v)}`).join("\n") },
        { title: "", value: r => remove(ctx, "xdel", ["XDEL", name, r[0]], again) }], all),
      all.length === page ? h("button", { onclick: () => attempt(() => go(`(${text(all.at(-1)[0])}`)) }, "Older") : "");
  };
  await go("+");
  return h("div", {},
    h("p", { class: "muted" }, `${total.toLocaleString("en")} entries, the last one ${text(info["last-generated-id"])}`),
    form(ctx, "xadd", "Add", ["field", "value"], (f, v) => ["XADD", name, "*", f, v], again),
    groups.length ? table([
      { title: "group", value: g => text(g.name) }, { title: "consumers", num: true, value: g => text(g.consumers) }, { title: "pending", num: true, value: g => text(g.pending) },
      { title: "lag", num: true, value: g => text(g.lag) }, { title: "last delivered", value: g => text(g["last-delivered-id"]) }], groups.map(toObject)) : null,
    element);
}

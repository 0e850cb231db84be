// Making and filling elements. Whatever comes from the server becomes text, never HTML.

// h makes an element: h("td", {class: "num"}, "text", otherElement, ...).
export function h(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else if (name === "value") e.value = value;
    else e.setAttribute(name, value === true ? "" : value);
  }
  e.append(...children.flat().filter(c => c !== null && c !== undefined && c !== false));
  return e;
}

let timer;
// note tells something for a moment.
export function note(message, bad = false) {
  const n = document.getElementById("note");
  n.textContent = message;
  n.className = bad ? "bad shown" : "shown";
  clearTimeout(timer);
  timer = setTimeout(() => { n.className = ""; }, bad ? 8000 : 3000);
}

// attempt runs something and tells what went wrong.
export async function attempt(fn) {
  try {
    return await fn();
  } catch (e) {
    note(e.message, true);
    return undefined;
  }
}

// table makes a table of columns {title, value(row), num, wide, sort(row)} that can be sorted.
export function table(columns, rows, { empty = "Nothing.", onpick, sortBy = -1, descending = false } = {}) {
  const body = h("tbody");
  let by = sortBy, down = descending;
  const heads = columns.map((c, i) => c.sort
    ? h("th", { class: c.num ? "num" : null, scope: "col" }, h("button", { class: "head", onclick: () => { down = by === i ? !down : !!c.num; by = i; fill(); } }, c.title))
    : h("th", { class: c.num ? "num" : null, scope: "col" }, c.title));
  function fill() {
    const sorted = [...rows];
    if (by >= 0) {
      const key = columns[by].sort;
      sorted.sort((a, b) => { const x = key(a), y = key(b); return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1); });
    }
    heads.forEach((th, i) => th.setAttribute("aria-sort", i === by ? (down ? "descending" : "ascending") : "none"));
    body.replaceChildren(...sorted.map(row => {
      const tr = h("tr", onpick ? { tabindex: "0", class: "pick" } : {}, columns.map(c => h("td", { class: [c.num && "num", c.wide && "wide"].filter(Boolean).join(" ") || null }, c.value(row))));
      if (onpick) {
        tr.addEventListener("click", () => onpick(row, tr));
        tr.addEventListener("keydown", e => {
          if (e.key === "Enter") onpick(row, tr);
          const next = e.key === "ArrowDown" ? tr.nextSibling : e.key === "ArrowUp" ? tr.previousSibling : null;
          if (next) { e.preventDefault(); next.focus(); }
        });
      }
      return tr;
    }));
    if (!rows.length) body.append(h("tr", {}, h("td", { colspan: String(columns.length), class: "muted" }, empty)));
  }
  fill();
  return h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, heads)), body));
}

const units = ["B", "kB", "MB", "GB", "TB"];
export function bytes(n) {
  n = Number(n);
  let i = 0;
  while (Math.abs(n) >= 1024 && i < units.length - 1) { n /= 1024; i++; }
  return `${i && Math.abs(n) < 100 ? n.toFixed(1) : Math.round(n)} ${units[i]}`;
}
export function short(n) {
  n = Number(n);
  const a = Math.abs(n);
  if (a >= 1e9) return `${(n / 1e9).toFixed(1)}G`;
  if (a >= 1e6) return `${(n / 1e6).toFixed(1)}M`;
  if (a >= 1e4) return `${(n / 1e3).toFixed(a >= 1e5 ? 0 : 1)}k`;
  return a >= 100 || Number.isInteger(n) ? String(Math.round(n)) : n.toFixed(1);
}
export function span(seconds) {
  const s = Math.max(0, Math.round(Number(seconds)));
  if (s < 120) return `${s} s`;
  if (s < 7200) return `${Math.floor(s / 60)} min`;
  if (s < 172800) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86400)} d`;
}
export function micros(us) {
  us = Number(us);
  if (us >= 1e6) return `${(us / 1e6).toFixed(2)} s`;
  if (us >= 1e3) return `${(us / 1e3).toFixed(us >= 1e4 ? 0 : 1)} ms`;
  return `${us >= 10 ? Math.round(us) : us.toFixed(1)} µs`;
}

// Talking to the server: every command runs as the user who has logged in, and is refused
// where redis-cli would be refused. Nothing is decided here.

const store = sessionStorage;
let credentials = store.getItem("ferrous") || "";
let askLogin = async () => {};

// onLogin says who asks for a name and a password; it is given the reason.
export const onLogin = fn => { askLogin = fn; };
export const loggedIn = () => credentials !== "";

// Characters beyond Latin-1 need UTF-8 first.
const base64 = bytes => btoa(String.fromCharCode(...bytes));

export function logIn(user, password) {
  credentials = base64(new TextEncoder().encode(`${user}:${password}`));
  store.setItem("ferrous", credentials);
}
export function logOut() {
  credentials = "";
  store.removeItem("ferrous");
}

let asking = null;
async function call(path, options = {}) {
  for (;;) {
    const headers = { "X-Ferrous": "1", ...options.headers };
    if (credentials) headers.Authorization = `Basic ${credentials}`;
    const r = await fetch(path, { ...options, headers, cache: "no-store" });
    if (r.status !== 401) {
      if (!r.ok) throw new Error((await r.text()).trim());
      return r;
    }
    const why = (await r.text()).trim();
    const wasKnown = loggedIn();
    logOut();
    asking ||= askLogin(wasKnown ? why : "").finally(() => { asking = null; });
    await asking;
  }
}

export const me = async () => (await call("api/me")).json();
export const config = async () => (await call("api/config")).json();

// figures returns INFO as an object of sections of fields.
export async function figures() {
  const all = {};
  let section = {};
  for (const line of (await (await call("api/figures")).text()).split("\r\n")) {
    if (line.startsWith("# ")) section = all[line.slice(2).toLowerCase()] = {};
    else {
      const at = line.indexOf(":");
      if (at > 0) section[line.slice(0, at)] = line.slice(at + 1);
    }
  }
  return all;
}

// Bytes are strings where they are UTF-8 and {b64} where they are not, both ways.
export class ReplyError extends Error {}
export const isError = r => r !== null && typeof r === "object" && "error" in r;

// runAll runs commands one after the other and returns their replies, errors among them.
export async function runAll(commands, db = 0) {
  const r = await call("api/run", {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ db, commands }),
  });
  return (await r.json()).replies;
}

// run runs one command; an error that it replies is thrown.
export async function run(db, ...command) {
  const [reply] = await runAll([command.map(a => typeof a === "number" ? String(a) : a)], db);
  if (isError(reply)) throw new ReplyError(reply.error);
  return reply;
}

// map makes an object or pairs of a map or a flat array.
export const pairs = r => {
  const flat = r && r.map ? r.map : r || [];
  const out = [];
  for (let i = 0; i + 1 < flat.length; i += 2) out.push([flat[i], flat[i + 1]]);
  return out;
};
export const toObject = r => Object.fromEntries(pairs(r));

// text shows bytes: what is no UTF-8 as \x.., as redis-cli does.
export function text(v) {
  if (v === null || v === undefined) return "(nil)";
  if (typeof v === "object" && "b64" in v) {
    return Array.from(atob(v.b64), c => {
      const n = c.charCodeAt(0);
      return n >= 32 && n < 127 ? c : `\\x${n.toString(16).padStart(2, "0")}`;
    }).join("");
  }
  if (typeof v === "object" && "n" in v) return v.n;
  return String(v);
}
export const number = v => Number(typeof v === "object" && v !== null && "n" in v ? v.n : v);

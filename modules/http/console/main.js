import { me, onLogin, logIn, logOut, loggedIn } from "./api.js";
import { h, note } from "./dom.js";
import { overview } from "./overview.js";
import { keys } from "./keys.js";
import { slowlog, toplist, clients } from "./lists.js";
import { configuration } from "./configuration.js";
import { shell } from "./shell.js";

// The frame: which view is shown, who looks, light or dark.

const views = [
  ["overview", "Overview", overview], ["keys", "Keys", keys], ["toplist", "Hot and big keys", toplist], ["slowlog", "Slow log", slowlog],
  ["clients", "Clients", clients], ["configuration", "Configuration", configuration], ["shell", "Command line", shell],
];
const root = document.documentElement;
const $ = id => document.getElementById(id);

const theme = t => { root.dataset.theme = t; };
const dark = matchMedia("(prefers-color-scheme: dark)");
theme(localStorage.getItem("ferrous-theme") || (dark.matches ? "dark" : "light"));
dark.addEventListener("change", () => { if (!localStorage.getItem("ferrous-theme")) theme(dark.matches ? "dark" : "light"); });
$("theme").addEventListener("click", () => {
  theme(root.dataset.theme === "dark" ? "light" : "dark");
  localStorage.setItem("ferrous-theme", root.dataset.theme);
});

onLogin(why => new Promise(done => {
  const dialog = $("login");
  $("login-why").textContent = why;
  dialog.addEventListener("close", () => {
    logIn($("login-user").value, $("login-password").value);
    $("login-password").value = "";
    done();
  }, { once: true });
  if (!dialog.open) dialog.showModal();
  ($("login-user").value && $("login-user").value !== "default" ? $("login-password") : $("login-user")).focus();
}));
$("login").addEventListener("cancel", e => e.preventDefault());
$("logout").addEventListener("click", () => { logOut(); location.reload(); });

const ctx = {
  user: "", db: 0, commands: new Map(),
  may: name => ctx.commands.get(name) === true, // has the user the permission for a command ("config|set")
  title: server => { document.title = `ferrous ${location.host}`; void server; },
  go: hash => { location.hash = hash; },
};

$("nav").append(...views.map(([id, title], i) => h("a", { href: `#${id}`, "data-view": id, title: `Alt+${i + 1}` }, title)));

let shown = { stop() {} };
function show() {
  const [id, ...rest] = (location.hash.slice(1) || "overview").split("/");
  const view = views.find(v => v[0] === id) || views[0];
  shown.stop();
  for (const a of $("nav").children) {
    if (a.dataset.view === view[0]) { a.setAttribute("aria-current", "page"); a.scrollIntoView({ block: "nearest", inline: "nearest" }); } else a.removeAttribute("aria-current");
  }
  shown = { stop() {}, start() {}, ...view[2](ctx, rest.map(decodeURIComponent)) };
  $("view").replaceChildren(shown.element);
  Promise.resolve(shown.start()).catch(e => note(e.message, true));
}
addEventListener("hashchange", show);
addEventListener("keydown", e => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName);
  if (e.altKey && views[e.key - 1]) { e.preventDefault(); ctx.go(views[e.key - 1][0]); }
  if (e.key === "/" && !typing && !e.ctrlKey && !e.metaKey) {
    const field = document.querySelector("main input[type=search], main .shell input");
    if (field) { e.preventDefault(); field.focus(); }
  }
});

async function begin() {
  const who = await me();
  ctx.user = who.user;
  ctx.commands = new Map(who.commands.map(c => [c, true]));
  $("who").textContent = ctx.may("set") ? who.user : `${who.user}, reads only`;
  $("logout").hidden = !loggedIn();
  show();
}
begin().catch(e => $("view").replaceChildren(h("p", { class: "bad" }, e.message)));

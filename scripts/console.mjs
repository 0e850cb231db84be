// The console as people see it, in headless Chromium: every view, by mouse, keyboard and on a
// telephone, for a user who may write and for one who may not. Pictures go to the directory in
// PICTURES. Run by scripts/console.sh, which starts the server at BASE.
import { chromium } from "playwright-core";

const base = process.env.BASE, pictures = process.env.PICTURES;
const failures = [];
const check = (what, ok) => { console.log(`${ok ? "ok  " : "FAIL"} ${what}`); if (!ok) failures.push(what); };

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
async function open(options, user, password) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(20000);
  page.on("pageerror", e => check(`no error in the page: ${e.message}`, false));
  page.on("request", r => { if (!r.url().startsWith(base) && !r.url().startsWith("data:")) check(`nothing is asked of others: ${r.url()}`, false); });
  page.on("console", m => { if (m.type() === "error" && /Content Security Policy/.test(m.text())) check(m.text(), false); });
  await page.goto(base);
  await page.waitForSelector("#login[open]");
  await page.fill("#login-user", user);
  await page.fill("#login-password", password);
  await page.keyboard.press("Enter");
  await page.waitForSelector("nav a[aria-current]");
  return page;
}
const shot = (page, name) => page.screenshot({ path: `${pictures}/${name}.png` });
const fits = (page, what) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth + 1).then(ok => check(`${what} is not wider than the screen`, ok));
const go = async (page, view) => { await page.click(`nav a[data-view=${view}]`); await page.waitForSelector(`nav a[data-view=${view}][aria-current]`); };

const page = await open({ viewport: { width: 1280, height: 820 }, deviceScaleFactor: Number(process.env.SCALE || 1), colorScheme: "light" }, "default", "secret");
await page.waitForSelector("path.line.c0");
await page.waitForTimeout(Number(process.env.WATCH || 9000)); // the charts fill
check("charts have lines", await page.locator("path.line").count() >= 6);
check("commands are told", await page.getByText("set", { exact: true }).count() > 0);
await shot(page, "overview");

await go(page, "keys");
await page.waitForSelector(".tree button");
for (const [key, want] of [["text", "some text"], ["list", "element 7"], ["hash", "field 3"], ["set", "member 3"], ["scores", "player 3"], ["events", "fields"], ["bytes", "\\xff"]]) {
  await page.fill("main input[type=search]", key);
  await page.click("main form button.primary");
  await page.locator(".tree button", { hasText: key }).first().click();
  await page.waitForSelector(".detail h2");
  await page.waitForFunction(([k, w]) => document.querySelector(".detail h2").textContent === k && (document.querySelector(".detail").textContent + (document.querySelector(".detail textarea")?.value ?? "")).includes(w), [key, want]);
  check(`the value of ${key} is shown`, true);
}
await page.fill("main input[type=search]", "");
await page.click("main form button.primary");
await page.locator(".tree button", { hasText: "user:" }).first().click();
await page.locator(".tree .tree button").first().click();
await page.locator(".tree .name", { hasText: /^hash$/ }).first().click();
await page.waitForFunction(() => document.querySelector(".detail h2")?.textContent === "hash");
await page.fill(".detail input[aria-label=field]", "new field");
await page.fill(".detail input[aria-label=value]", "<b>new</b>");
await page.locator(".detail form", { hasText: "Set" }).last().locator("button").click();
await page.waitForFunction(() => document.querySelector(".detail").textContent.includes("<b>new</b>"));
check("a field is set, and text stays text", await page.locator(".detail b").count() === 0);
await shot(page, "keys");

await go(page, "toplist");
await page.waitForFunction(() => /uses/.test(document.querySelector("main").textContent) && document.querySelectorAll("main tbody tr.pick").length > 3);
check("hot and big keys are listed", true);
await shot(page, "toplist");

await go(page, "slowlog");
await page.waitForSelector("main tbody code");
check("the slow log has commands", true);
await shot(page, "slowlog");

await go(page, "clients");
await page.waitForFunction(() => document.querySelectorAll("main tbody tr").length >= 1 && /127\.0\.0\.1/.test(document.querySelector("main").textContent));
check("clients are listed", true);
await shot(page, "clients");

await go(page, "configuration");
await page.waitForSelector("main tbody tr");
const every = await page.locator("main tbody tr").count();
await page.locator("main input[type=checkbox]").check();
const changed = await page.locator("main tbody tr").count();
check(`of ${every} parameters ${changed} differ from the default`, changed > 2 && changed < every / 2);
check("a password is not shown", !(await page.textContent("main")).includes("secret"));
await page.getByRole("button", { name: "Change slowlog-log-slower-than" }).click();
await page.fill("main td input", "5");
await page.keyboard.press("Enter");
await page.waitForFunction(() => /is set/.test(document.getElementById("note").textContent));
check("a parameter is set", true);
await shot(page, "configuration");

// By keyboard alone from here.
await page.keyboard.press("Alt+7");
await page.waitForSelector(".shell input:focus");
await page.waitForTimeout(500);
await page.keyboard.type("zadd");
await page.waitForFunction(() => /ZADD key/.test(document.querySelector(".syntax").textContent));
check("the syntax of a command is shown", true);
await page.keyboard.type(" scores 7 me");
await page.keyboard.press("Enter");
await page.waitForFunction(() => document.querySelector(".out").textContent.includes("(integer) 1"));
await page.keyboard.type("hgetall hash");
await page.keyboard.press("Enter");
await page.waitForFunction(() => document.querySelector(".out").textContent.includes("new field"));
await page.keyboard.type("nonsense");
await page.keyboard.press("Enter");
await page.waitForFunction(() => document.querySelector(".out").textContent.includes("unknown command"));
await page.keyboard.press("ArrowUp");
check("the last line comes back", await page.inputValue(".shell input") === "nonsense");
await page.fill(".shell input", "");
await page.keyboard.type("clie");
await page.waitForSelector(".complete li");
await page.keyboard.press("ArrowDown");
await shot(page, "shell");
await page.keyboard.press("Enter");
check("a command is completed", (await page.inputValue(".shell input")).startsWith("CLIENT "));
await page.click("#theme");
await page.keyboard.press("Alt+1");
await page.waitForSelector("path.line.c0");
await page.waitForTimeout(5000);
check("dark", await page.evaluate(() => document.documentElement.dataset.theme) === "dark");
await shot(page, "overview-dark");

const phone = await open({ viewport: { width: 390, height: 844 }, deviceScaleFactor: Number(process.env.SCALE || 2), isMobile: true, hasTouch: true, colorScheme: "dark" }, "reader", "r");
check("who may not write is told", (await phone.textContent("#who")).includes("reads only"));
await phone.waitForSelector(".facts dd");
for (const view of ["overview", "keys", "toplist", "slowlog", "clients", "configuration", "shell"]) {
  await go(phone, view);
  await phone.waitForTimeout(700);
  await fits(phone, view);
  await shot(phone, `phone-${view}`);
}
await go(phone, "keys");
await phone.waitForSelector(".tree button");
await phone.locator(".tree .name", { hasText: /^hash$/ }).first().click();
await phone.waitForFunction(() => document.querySelector(".detail h2")?.textContent === "hash");
check("who may not write has no forms to", await phone.locator(".detail form, .detail button.danger").count() === 0);
await shot(phone, "phone-key");

const wrong = await browser.newPage();
await wrong.goto(base);
await wrong.waitForSelector("#login[open]");
await wrong.fill("#login-password", "wrong");
await wrong.keyboard.press("Enter");
await wrong.waitForFunction(() => /WRONGPASS/.test(document.getElementById("login-why").textContent));
check("a wrong password is told", true);

await browser.close();
console.log(failures.length ? `${failures.length} failed` : "all is well");
process.exit(failures.length ? 1 : 0);

import { figures, runAll, isError, pairs, number } from "./api.js";
import { h, bytes, short, span, micros, note } from "./dom.js";
import { Chart } from "./chart.js";

// The overview: what the server is, and what it does now, in charts that go on while the page
// is looked at.

const every = 2000; // milliseconds between two looks
const n = v => Number(v ?? 0);

export function overview(ctx) {
  const facts = h("dl", { class: "facts" });
  const charts = {
    ops: new Chart("Commands a second", [""], short),
    latency: new Chart("Time of a command", ["p50", "p99", "p99.9"], micros),
    memory: new Chart("Memory", ["used", "resident"], bytes),
    hits: new Chart("Hits of lookups", [""], v => `${v.toFixed(1)} %`),
    clients: new Chart("Clients", ["connected", "blocked"], short),
    network: new Chart("Network, a second", ["in", "out"], bytes),
    lag: new Chart("Replication: bytes behind", [""], bytes),
    changes: new Chart("Changes since the last dump", [""], short),
  };
  const commands = h("tbody");
  const keyspace = h("div");
  const element = h("div", {}, h("h1", {}, "Overview"), facts,
    h("div", { class: "grid" }, Object.values(charts).map(c => c.element)),
    h("div", { class: "columns" },
      h("section", { class: "card" }, h("h3", {}, "Busiest commands, now"),
        h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, ["command", "a second", "mean time", "of the time"].map((t, i) => h("th", { class: i ? "num" : null }, t)))), commands))),
      h("section", { class: "card" }, h("h3", {}, "Databases"), keyspace)));
  let last = null, timer = 0, failed = false;

  async function look() {
    clearTimeout(timer);
    if (!document.hidden) {
      try {
        await tell();
        failed = false;
      } catch (e) {
        if (!failed) note(e.message, true);
        failed = true;
        last = null;
        Object.values(charts).forEach(c => c.add(...c.lines.map(() => null)));
      }
    }
    if (element.isConnected) timer = setTimeout(look, every);
  }

  async function tell() {
    const info = await figures();
    const at = performance.now();
    const { server, clients, memory, stats, replication, persistence } = info;
    let histogram = null;
    if (ctx.may("latency|histogram")) {
      const [r] = await runAll([["LATENCY", "HISTOGRAM"]]);
      if (!isError(r)) histogram = r;
    }
    const now = { at, stats, commands: info.commandstats || {}, buckets: sum(histogram) };
    tellFacts(info);
    charts.memory.add(n(memory.used_memory), n(memory.used_memory_rss));
    charts.clients.add(n(clients.connected_clients), n(clients.blocked_clients));
    charts.changes.add(n(persistence.rdb_changes_since_last_save));
    charts.lag.add(behind(replication));
    if (last) {
      const seconds = (at - last.at) / 1000;
      const rate = field => Math.max(0, n(stats[field]) - n(last.stats[field])) / seconds;
      charts.ops.add(rate("total_commands_processed"));
      charts.network.add(rate("total_net_input_bytes"), rate("total_net_output_bytes"));
      const hits = rate("keyspace_hits"), misses = rate("keyspace_misses");
      charts.hits.add(hits + misses ? 100 * hits / (hits + misses) : null);
      charts.latency.add(...[50, 99, 99.9].map(p => percentile(last.buckets, now.buckets, p)));
      tellCommands(last.commands, now.commands, seconds);
    }
    last = now;
    keyspace.replaceChildren(h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, ["database", "keys", "with an expiry", "mean time left"].map((t, i) => h("th", { class: i ? "num" : null }, t)))),
      h("tbody", {}, Object.entries(info.keyspace || {}).map(([db, v]) => {
        const f = fields(v);
        return h("tr", {}, h("td", {}, db), h("td", { class: "num" }, Number(f.keys).toLocaleString("en")), h("td", { class: "num" }, Number(f.expires).toLocaleString("en")), h("td", { class: "num" }, n(f.avg_ttl) ? span(f.avg_ttl / 1000) : "–"));
      })))));
    ctx.title(server);
  }

  function tellFacts({ server, memory, replication, persistence, keyspace }) {
    const keys = Object.values(keyspace || {}).reduce((a, v) => a + n(fields(v).keys), 0);
    const save = persistence.rdb_bgsave_in_progress === "1" ? "is being written" : `${span(Date.now() / 1000 - n(persistence.rdb_last_save_time))} ago${persistence.rdb_last_bgsave_status === "ok" ? "" : ", failed"}`;
    const all = [
      ["Version", `${server.ferrous_version} (Redis ${server.redis_version})`],
      ["Up", span(server.uptime_in_seconds)],
      ["Role", replication.role === "slave" ? `replica of ${replication.master_host}:${replication.master_port}, link ${replication.master_link_status}` : `master of ${replication.connected_slaves}`],
      ["Keys", keys.toLocaleString("en")],
      ["maxmemory", n(memory.maxmemory) ? `${(100 * n(memory.used_memory) / n(memory.maxmemory)).toFixed(0)} % of ${bytes(memory.maxmemory)}` : "no limit"],
      ["Last dump", save],
      ["Log", persistence.aof_enabled === "1" ? `${bytes(persistence.aof_current_size)}${persistence.aof_last_write_status === "ok" ? "" : ", failing"}` : "off"],
    ];
    facts.replaceChildren(...all.map(([t, v]) => h("div", {}, h("dt", {}, t), h("dd", {}, v))));
  }

  function tellCommands(before, after, seconds) {
    const rows = Object.entries(after).map(([name, v]) => {
      const a = fields(v), b = fields(before[name] || "");
      return { name: name.slice(8), calls: n(a.calls) - n(b.calls), usec: n(a.usec) - n(b.usec) };
    }).filter(r => r.calls > 0).sort((a, b) => b.usec - a.usec).slice(0, 8);
    commands.replaceChildren(...rows.map(r => h("tr", {}, h("td", {}, r.name), h("td", { class: "num" }, short(r.calls / seconds)), h("td", { class: "num" }, micros(r.usec / r.calls)), h("td", { class: "num" }, `${(r.usec / seconds / 1e4).toFixed(1)} %`))));
    if (!rows.length) commands.append(h("tr", {}, h("td", { colspan: "4", class: "muted" }, "None at the moment.")));
  }

  const stop = () => { clearTimeout(timer); document.removeEventListener("visibilitychange", look); };
  document.addEventListener("visibilitychange", look);
  return { element, start: look, stop };
}

const fields = v => Object.fromEntries(v.split(",").map(p => p.split("=")));

// behind is how many bytes the replica that is furthest behind lacks, or this one.
function behind(r) {
  if (r.role === "slave") return Math.max(0, n(r.slave_read_repl_offset) - n(r.slave_repl_offset));
  const offsets = Object.keys(r).filter(k => /^slave\d+$/.test(k)).map(k => n(fields(r[k]).offset));
  return offsets.length ? Math.max(0, n(r.master_repl_offset) - Math.min(...offsets)) : null;
}

// sum adds up the histograms of all commands: microseconds to how many took no longer.
function sum(histogram) {
  if (!histogram) return null;
  const all = new Map();
  for (const [, h] of pairs(histogram)) {
    let before = 0;
    for (const [us, count] of pairs(pairs(h).find(([k]) => k === "histogram_usec")?.[1])) {
      all.set(number(us), (all.get(number(us)) || 0) + number(count) - before);
      before = number(count);
    }
  }
  return all;
}

// percentile is that of the commands between two sums, microseconds; the bounds are powers of two, and
// within them it is taken to be even.
function percentile(before, after, p) {
  if (!before || !after) return null;
  const counts = [...after].map(([us, c]) => [us, c - (before.get(us) || 0)]).filter(([, c]) => c > 0).sort((a, b) => a[0] - b[0]);
  const total = counts.reduce((a, [, c]) => a + c, 0);
  let left = total * p / 100;
  for (const [us, c] of counts) {
    if (left <= c) return us / 2 + us / 2 * left / c;
    left -= c;
  }
  return null;
}

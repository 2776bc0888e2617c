"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const NAMES = { a: "agree", k: "known", d: "differ", f: "failed", m: "missing", b: "abstain", u: "unsupported" };
const RANK = "dfmkbua";
const SHORT = data.backends.map((name) => name[0].toUpperCase() + name.slice(1));
const byId = (id) => document.getElementById(id);

// Every text goes in as text: nothing that a sample or an error says is markup.
function node(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== undefined && value !== null) made.setAttribute(name, value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined) made.append(child);
  }
  return made;
}

const worst = (letters) => [...RANK].find((letter) => letters.includes(letter)) || "-";
const namespace = (name) => name.slice(0, name.lastIndexOf("."));
const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

// A row a symbol: the letters of each check by backend, the worst over its samples.
const rows = data.symbols.map(([name, kind, aliases, samples]) => {
  const cells = {};
  let text = [name, ...aliases].join(" ").toLowerCase();
  for (const place of samples) {
    const [sample, , call, , , asked] = data.samples[place];
    text += ` ${sample} ${call}`.toLowerCase();
    for (const [check, letters, , , , causes] of asked) {
      const have = (cells[check] ||= data.backends.map(() => ""));
      [...letters].forEach((letter, k) => { have[k] += letter; });
      for (const cause of causes) text += ` ${data.causes[cause][0]}`;
    }
  }
  for (const check of Object.keys(cells)) cells[check] = cells[check].map(worst);
  return { name, kind, aliases, samples, cells, text, space: namespace(name), covered: samples.some((s) => data.samples[s][5].length) };
});
const counts = {};
for (const [, , , , , asked] of data.samples) {
  for (const [, letters] of asked) {
    const letter = worst(letters);
    counts[letter] = (counts[letter] || 0) + 1;
  }
}

function lead() {
  const covered = rows.filter((row) => row.covered).length;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  byId("lead").append(
    `${covered} of ${rows.length} public symbols covered (${((100 * covered) / rows.length).toFixed(1)} %), `,
    `${plural(total, "check")} of ${plural(data.samples.length, "sample")}, ${data.date}. `,
    Object.entries(data.environments).map(([name, facts]) => `${name}: ${facts}`).join("; "),
  );
}

function coverage() {
  const spaces = [...new Set(rows.map((row) => row.space))].sort();
  const head = ["namespace", "symbols", "covered", ...data.backends.map((name) => `${name}: off`), "uncovered"];
  byId("coverage").append(
    node("thead", null, node("tr", null, head.map((text) => node("th", { scope: "col" }, text)))),
    node("tbody", null, spaces.map((space) => {
      const own = rows.filter((row) => row.space === space);
      const bare = own.filter((row) => !row.covered && !data.uncovered[row.name]);
      const off = data.backends.map((_, k) => own.filter((row) => Object.values(row.cells).some((cell) => "dfmk".includes(cell[k]))).length);
      const names = bare.map((row) => row.name.slice(space.length + 1)).join(", ");
      const cell = bare.length > 8 ? node("details", null, node("summary", null, plural(bare.length, "symbol")), names) : names;
      return node("tr", null, [space, own.length, own.filter((row) => row.covered).length, ...off, cell].map((each) => node("td", null, typeof each === "number" ? String(each) : each)));
    })),
  );
}

function history() {
  if (!data.earlier.length) return;
  byId("history").append(node("h2", null, "Other versions"), ...data.earlier.map((past) => node("details", null,
    node("summary", null, `Keras ${past.keras} (${past.date}): ${past.covered} of ${past.symbols} symbols covered, ${plural(past.changes.length, "answer")} changed since`),
    node("table", null, past.changes.map(([sample, check, backend, before, after]) => node("tr", null, [sample, check, backend, `${before || "not asked"} → ${after || "not asked"}`].map((text) => node("td", null, text))))),
  )));
}

const chosen = { text: "", space: "", check: "", backend: "", words: new Set() };

function shown(row) {
  if (chosen.text && !chosen.text.split(/\s+/).every((part) => row.text.includes(part))) return false;
  if (chosen.space && row.space !== chosen.space) return false;
  const checks = chosen.check ? [chosen.check] : Object.keys(row.cells);
  if (chosen.check && !row.cells[chosen.check]) return false;
  if (!chosen.words.size) return true;
  const at = data.backends.indexOf(chosen.backend);
  return checks.some((check) => (row.cells[check] || []).some((letter, k) => (at < 0 || k === at) && chosen.words.has(letter)));
}

// The word once where all backends have it, else those that are not like the most.
function cellText(cell) {
  const letters = [...new Set(cell.filter((letter) => letter !== "-"))];
  if (letters.length === 1) return letters[0] === "a" ? "✓" : NAMES[letters[0]];
  return cell.map((letter, k) => ("a-".includes(letter) ? "" : `${SHORT[k]} ${NAMES[letter]}`)).filter(Boolean).join(", ");
}

function matrix() {
  const checks = chosen.check ? [chosen.check] : data.checks;
  const some = rows.filter(shown);
  byId("matrix").replaceChildren(
    node("thead", null, node("tr", null, node("th", { scope: "col" }, "symbol"), checks.map((check) => node("th", { scope: "col" }, check)))),
    node("tbody", null, some.map((row) => node("tr", row.covered ? null : { class: "bare" },
      node("th", { scope: "row" }, node("a", { href: `#${row.name}` }, row.name.replace(/^keras\./, ""))),
      checks.map((check) => {
        const cell = row.cells[check];
        return cell ? node("td", { class: worst(cell.join("")) }, cellText(cell)) : node("td", { class: "none" }, "");
      })))),
  );
  byId("count").value = `${plural(some.length, "symbol")} shown`;
}

function tools() {
  const options = (id, first, values) => byId(id).append(node("option", { value: "" }, first), ...values.map((value) => node("option", null, value)));
  options("namespace", "every namespace", [...new Set(rows.map((row) => row.space))].sort());
  options("check", "every check", data.checks);
  options("backend", "any backend", data.backends);
  for (const letter of RANK) {
    if (!counts[letter]) continue;
    const button = node("button", { type: "button", class: letter, "aria-pressed": "false" }, `${NAMES[letter]} ${counts[letter].toLocaleString("en")}`);
    button.addEventListener("click", () => {
      const on = !chosen.words.has(letter);
      chosen.words[on ? "add" : "delete"](letter);
      button.setAttribute("aria-pressed", String(on));
      matrix();
    });
    byId("words").append(button);
  }
  const listen = (id, name, read) => byId(id).addEventListener("input", (event) => { chosen[name] = read(event.target.value); matrix(); });
  listen("search", "text", (value) => value.trim().toLowerCase());
  listen("namespace", "space", (value) => value);
  listen("check", "check", (value) => value);
  listen("backend", "backend", (value) => value);
  byId("tools").addEventListener("submit", (event) => event.preventDefault());
}

function causeArticle(place, samples) {
  const [id, reason, backends, reproducer, link] = data.causes[place];
  return node("article", { class: "k", id: `cause-${id}` },
    node("h3", null, id, " ", node("small", null, backends.join(", "))),
    node("p", null, reason),
    link ? node("p", null, node("a", { href: link, rel: "noreferrer" }, link)) : null,
    samples ? node("p", null, "Shows in: ", [...samples].sort().map((name, k) => [k ? ", " : "", node("a", { href: `#${name}` }, name.replace(/^keras\./, ""))]).flat()) : null,
    reproducer ? node("details", null, node("summary", null, "Reproducer: fails on the backends named, and on no other"), node("pre", null, reproducer)) : null,
  );
}

function causes() {
  const symbols = data.causes.map(() => new Set());
  for (const row of rows) {
    for (const place of row.samples) {
      for (const asked of data.samples[place][5]) asked[5].forEach((cause) => symbols[cause].add(row.name));
    }
  }
  const order = data.causes.map((_, k) => k).sort((one, other) => symbols[other].size - symbols[one].size);
  byId("list").append(...order.map((place) => causeArticle(place, symbols[place])));
  if (!data.causes.length) byId("list").append(node("p", null, "No known difference shows in this run."));
}

function page(row) {
  const used = new Set();
  const articles = row.samples.map((place) => {
    const [name, table, call, date, where, asked] = data.samples[place];
    const letter = worst(asked.map((each) => each[1]).join(""));
    return node("article", { class: letter },
      node("h3", null, name.replace(/^keras\./, "")),
      node("p", null, node("code", null, call)),
      node("p", null, node("small", null, `${table}, ${where}, measured ${date}`)),
      node("div", { class: "scroll" }, node("table", null,
        node("thead", null, node("tr", null, ["check", ...data.backends, "error / budget", ""].map((text) => node("th", { scope: "col" }, text)))),
        node("tbody", null, asked.map(([check, letters, kind, ratio, detail, own]) => {
          own.forEach((cause) => used.add(cause));
          return node("tr", null,
            node("th", { scope: "row" }, check),
            [...letters].map((each) => node("td", null, each === "-" ? "" : node("b", { class: `word ${each}` }, NAMES[each]))),
            node("td", null, ratio === null ? "" : ratio.toPrecision(2)),
            node("td", null, own.length ? own.map((cause) => node("a", { href: `#cause-${data.causes[cause][0]}` }, data.causes[cause][0], " ")) : `${kind ? `${kind}: ` : ""}${detail}`));
        })))));
  });
  byId("page").replaceChildren(...[
    node("p", null, node("a", { href: "#" }, "← all symbols")),
    node("h2", null, row.name),
    node("p", null, `${row.kind}${row.aliases.length ? `, also ${row.aliases.join(", ")}` : ""}; ${plural(row.samples.length, "sample")}`),
    row.covered ? null : node("p", null, data.uncovered[row.name] ? `No sample: ${data.uncovered[row.name]}` : "No sample yet."),
    ...articles,
    used.size ? node("h2", null, "Causes") : null,
    ...[...used].map((place) => causeArticle(place, null)),
  ].filter(Boolean));
}

function route() {
  const name = decodeURIComponent(location.hash.slice(1));
  const row = rows.find((each) => each.name === name);
  byId("overview").hidden = Boolean(row);
  byId("page").hidden = !row;
  if (row) {
    page(row);
    window.scrollTo(0, 0);
  } else if (name) {
    byId(name)?.scrollIntoView();
  }
}

lead();
coverage();
history();
tools();
matrix();
causes();
window.addEventListener("hashchange", route);
route();

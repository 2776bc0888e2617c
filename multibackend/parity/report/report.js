"use strict";
(() => {
  const buttons = [...document.querySelectorAll("[data-word], [data-backend]")];
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");
  const text = (node) => node.textContent.toLowerCase();
  // The backends that a cell or a heading names as off.
  const blamed = (node, names) =>
    [...node.querySelectorAll(names)].flatMap((name) => name.textContent.split(", "));

  // Made when first asked: a page of thousands opens without it.
  let index;

  function read() {
    const checks = [...document.querySelectorAll(".matrix thead th")].map(text);
    // A cell is found by its module, case, check, word and backends together.
    const groups = [...document.querySelectorAll(".matrix tbody")].map((body) => {
      const [head, ...rows] = body.rows;
      const cellsOf = (row) =>
        [...row.cells]
          .map((cell, i) => ({
            word: cell.className,
            backends: blamed(cell, "small"),
            text: `${text(head)} ${text(row.cells[0])} ${checks[i]} ${text(cell)}`,
          }))
          .slice(1)
          .filter(({ word }) => word !== "none");
      return { body, rows: rows.map((row) => ({ row, cells: cellsOf(row) })) };
    });
    const articles = [...document.querySelectorAll("article")].map((article) => ({
      article,
      word: article.className,
      backends: blamed(article, "h3 em"),
      // The command names the module.
      text: `${text(article.querySelector("h3"))} ${text(article.lastElementChild)}`,
    }));
    const total = groups.reduce((sum, { rows }) => sum + rows.length, 0);
    return { groups, articles, total };
  }

  function apply() {
    index ??= read();
    const { groups, articles, total } = index;
    const pressed = buttons.filter((b) => b.getAttribute("aria-pressed") === "true");
    const chosen = (name) => new Set(pressed.map((b) => b.dataset[name]).filter(Boolean));
    const [words, backends] = [chosen("word"), chosen("backend")];
    const terms = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = (item) =>
      (!words.size || words.has(item.word)) &&
      (!backends.size || item.backends.some((backend) => backends.has(backend))) &&
      terms.every((term) => item.text.includes(term));
    let visible = 0;
    for (const { body, rows } of groups) {
      for (const { row, cells } of rows) {
        row.hidden = !cells.some(matches);
        visible += !row.hidden;
      }
      body.hidden = rows.every(({ row }) => row.hidden);
    }
    for (const item of articles) item.article.hidden = !matches(item);
    const cases = `${total.toLocaleString("en")} case${total === 1 ? "" : "s"}`;
    shown.textContent = visible === total ? cases : `${visible.toLocaleString("en")} of ${cases}`;
    if (none) none.hidden = visible > 0;
  }

  for (const button of buttons) {
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") === "true";
      button.setAttribute("aria-pressed", String(!on));
      apply();
    });
  }
  search.addEventListener("input", apply);
  document.getElementById("reset")?.addEventListener("click", () => {
    for (const button of buttons) button.setAttribute("aria-pressed", "false");
    search.value = "";
    apply();
    search.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && document.activeElement === search) {
      search.value = "";
      apply();
    }
  });
  // What a browser kept of an earlier visit.
  if (search.value) apply();
})();

// What Datasette's own pages do in inline scripts and styles, which the policy of this server does not let run.
"use strict";
window.DATASETTE_ALLOW_FACET = true;

// A click beside an open menu closes it.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.nav-menu[open], details.actions-menu-links[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// On a telephone a table's rows are lists: each cell says which column it is of.
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("table.rows-and-columns")) {
    const names = [...table.querySelectorAll("thead th")].map((head) => head.dataset.column || head.textContent.trim());
    for (const row of table.querySelectorAll("tbody tr")) {
      [...row.cells].forEach((cell, place) => { cell.dataset.column ??= names[place] || ""; });
    }
  }
  const labels = new CSSStyleSheet();
  labels.replaceSync("@media only screen and (max-width: 576px) { .rows-and-columns td::before { content: attr(data-column); } }");
  document.adoptedStyleSheets.push(labels);
});

// Only comforts: every page works without this file.
"use strict";

// "/" leads to the search box, n and p to the next and the previous change.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, [contenteditable]")) return;
  if (event.key === "/") {
    const box = document.querySelector("input[type=search]");
    if (box) { event.preventDefault(); box.focus(); box.select(); }
  } else if (event.key === "n" || event.key === "p") {
    step(event.key === "n" ? 1 : -1);
  }
});

function step(by) {
  const changes = [...document.querySelectorAll(".change")];
  if (!changes.length) return;
  const at = changes.findIndex((change) => `#${change.id}` === location.hash);
  const next = changes[Math.min(Math.max(at + by, 0), changes.length - 1)];
  location.hash = next.id;
  next.focus({ preventScroll: true });
}

// A citation is copied by a button, where the browser allows it.
if (navigator.clipboard) {
  for (const text of document.querySelectorAll("pre[id^=cite]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    text.after(button);
  }
}

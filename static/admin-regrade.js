// Regrade preview: one box that ticks all of the page, and confirmations that close like a menu.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("#regrade-form");
  if (!form) return;
  const all = form.querySelector("[data-all]");
  const boxes = form.querySelectorAll("input[name=row]");
  if (all && boxes.length) {
    all.hidden = false;
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
    });
  }
  document.addEventListener("click", (event) => {
    for (const box of form.querySelectorAll(".ts-confirm[open]")) if (!box.contains(event.target)) box.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const box of form.querySelectorAll(".ts-confirm[open]")) {
      box.open = false;
      box.querySelector("summary").focus();
    }
  });
});

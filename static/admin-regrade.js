// Regrade preview: one box that ticks all of the page.
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
});

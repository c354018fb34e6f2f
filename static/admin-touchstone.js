// Review workspace and editor: keys that save, a warning before unsaved work is lost. And the words behind the key point one is looking at.
"use strict";

// Times are shown in the reader's time zone; the server learns it here.
document.cookie = `timezone=${Intl.DateTimeFormat().resolvedOptions().timeZone}; path=/; max-age=31536000; samesite=lax`;

// The theme's sign-in page often loses the browser's own focus while it is built.
window.addEventListener("load", () => {
  if (document.activeElement === document.body) document.querySelector("[autofocus]")?.focus();
});

// Signing in again in another tab changes the token; a page that stayed open sends the new one.
const newestToken = () => document.cookie.split("; ").find((part) => part.startsWith("csrftoken="))?.slice("csrftoken=".length);
document.addEventListener("submit", (event) => {
  const field = event.target.elements.csrfmiddlewaretoken;
  if (field) field.value = newestToken() || field.value;
}, true);
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const token = newestToken();
  if (token && detail.parameters.csrfmiddlewaretoken) detail.parameters.csrfmiddlewaretoken = token;
});

// The search boxes for related rows bear no name of their own: they get their field's. They are made when jQuery is ready, in this order.
window.addEventListener("load", () => window.django?.jQuery?.(() => {
  for (const field of document.querySelectorAll("select.admin-autocomplete[id]")) {
    const label = document.querySelector(`label[for="${field.id}"]`)?.firstChild.textContent.trim();
    const box = field.parentElement.querySelector(".select2");
    if (!label || !box) continue;
    for (const part of box.querySelectorAll("[role='combobox'], [type='search']")) part.setAttribute("aria-label", label);
  }
}));

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("#review-form, #editor-form");
  if (!form) return;
  const save = form.querySelector("[data-save]");
  const notice = form.querySelector(".ts-unsaved");
  let dirty = false;
  let leaving = false;

  const markDirty = () => {
    dirty = true;
    if (notice) notice.hidden = false;
  };
  form.addEventListener("input", (event) => {
    if (event.target.name !== "reason") markDirty();
  });
  if (form.dataset.dirty) markDirty();

  form.addEventListener("submit", (event) => {
    if (leaving) {
      event.preventDefault(); // a second press while the first one is on its way
      return;
    }
    leaving = true;
  });
  window.addEventListener("pageshow", () => { leaving = false; });
  window.addEventListener("beforeunload", (event) => {
    if (dirty && !leaving) event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    if (!save || event.isComposing || event.altKey || !(event.ctrlKey || event.metaKey)) return;
    if (event.key === "s" || event.key === "S" || event.key === "Enter") {
      event.preventDefault();
      if (!event.repeat) form.requestSubmit(save);
    }
  });

  // A box that asks for confirmation closes like a menu.
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

  for (const answer of form.querySelectorAll(".ts-answer")) {
    const text = answer.querySelector(".ts-answer-text");
    if (!text) continue;
    const light = (number) => {
      let lit = false;
      for (const mark of text.querySelectorAll(".ts-mark")) {
        const on = number !== null && mark.dataset.points.split(" ").includes(number);
        mark.classList.toggle("ts-lit", on);
        lit = lit || on;
      }
      text.classList.toggle("ts-faded", lit);
    };
    // Words selected in the answer belong to the verdict that is changed next.
    let selected = "";
    document.addEventListener("selectionchange", () => {
      const selection = document.getSelection();
      if (!selection || selection.isCollapsed || !text.contains(selection.anchorNode) || !text.contains(selection.focusNode)) return;
      const range = selection.getRangeAt(0).cloneContents();
      for (const number of range.querySelectorAll("sup")) number.remove();
      selected = range.textContent.trim();
    });
    for (const point of answer.querySelectorAll(".ts-review-point")) {
      const pointed = point.querySelector("[data-pointed]");
      const shown = point.querySelector(".ts-pointed");
      point.querySelector("select")?.addEventListener("change", () => {
        if (!pointed || selected.length > 300) return;
        pointed.value = selected;
        shown.hidden = !selected;
        shown.querySelector("q").textContent = selected;
        selected = "";
      });
      const on = () => light(point.dataset.point);
      const off = () => light(null);
      point.addEventListener("mouseenter", on);
      point.addEventListener("mouseleave", off);
      point.addEventListener("focusin", on);
      point.addEventListener("focusout", off);
    }
  }
});

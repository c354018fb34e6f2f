// On every page of the dashboard: fresh tokens, boxes that close. In the review workspace and the
// editor: keys that save, a warning before unsaved work is lost, the words behind a key point.
"use strict";

// The theme's sign-in page often loses the browser's own focus while it is built.
window.addEventListener("load", () => {
  if (document.activeElement === document.body) document.querySelector("[autofocus]")?.focus();
});

// A page that stayed open sends the newest token.
document.addEventListener(
  "submit",
  (event) => {
    const field = event.target.elements.csrfmiddlewaretoken;
    if (field) field.value = touchstone.csrfToken() || field.value;
  },
  true,
);
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const token = touchstone.csrfToken();
  if (token && detail.parameters.csrfmiddlewaretoken) detail.parameters.csrfmiddlewaretoken = token;
});

// A box that asks for confirmation closes like a menu.
document.addEventListener("click", (event) => {
  for (const box of document.querySelectorAll(".ts-confirm[open]"))
    if (!box.contains(event.target)) box.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const box of document.querySelectorAll(".ts-confirm[open]")) {
    box.open = false;
    box.querySelector("summary").focus();
  }
});

// The search boxes for related rows have no name of their own, so they get their field's. They are
// made when jQuery is ready; a callback given later runs after them.
window.addEventListener("load", () =>
  window.django?.jQuery?.(() => {
    for (const field of document.querySelectorAll("select.admin-autocomplete[id]")) {
      const label = document
        .querySelector(`label[for="${field.id}"]`)
        ?.firstChild.textContent.trim();
      const box = field.parentElement.querySelector(".select2");
      if (!label || !box) continue;
      for (const part of box.querySelectorAll("[role='combobox'], [type='search']"))
        part.setAttribute("aria-label", label);
    }
  }),
);

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
  window.addEventListener("pageshow", () => {
    leaving = false;
  });
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
      if (
        !selection ||
        selection.isCollapsed ||
        !text.contains(selection.anchorNode) ||
        !text.contains(selection.focusNode)
      )
        return;
      selected = touchstone.wordsOf(selection);
    });
    for (const point of answer.querySelectorAll(".ts-review-point")) {
      const pointed = point.querySelector("[data-pointed]");
      const shown = point.querySelector(".ts-pointed");
      point.querySelector("select")?.addEventListener("change", () => {
        if (!pointed || selected.length > pointed.dataset.maxLength) return;
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

// The test bench: selected words of the text become the wording to add, and a text that is opened
// from below comes into view.
"use strict";

document.addEventListener("selectionchange", () => {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || !selection.anchorNode) return;
  const text = selection.anchorNode.parentElement?.closest(".ts-trial .ts-answer-text");
  const field = text?.closest("form").querySelector("[name=wording]");
  if (!field || !text.contains(selection.focusNode)) return;
  const words = touchstone.wordsOf(selection).replace(/\s+/g, " ");
  if (words) field.value = words;
});

document.addEventListener("click", (event) => {
  const row = event.target.closest(".ts-trial tr[data-key]");
  const field = row?.closest("form").querySelector("select[name=key]");
  if (field && !event.target.closest("select, button")) field.value = row.dataset.key;
});

document.addEventListener("htmx:afterSettle", (event) => {
  const asked = event.detail.requestConfig?.elt;
  if (event.target.id === "trial" && asked?.matches("[data-shows-trial]"))
    event.target.scrollIntoView({ block: "start" });
});

// Enter in the wording field adds it; the form itself has nowhere to go.
document.addEventListener("submit", (event) => {
  if (!event.target.matches(".ts-trial")) return;
  event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (
    event.key !== "Enter" ||
    event.isComposing ||
    !event.target.matches(".ts-trial [name=wording]")
  )
    return;
  event.preventDefault();
  event.target.closest(".ts-add-phrase").querySelector("button").click();
});

// Said beside what was pressed when no good answer comes: htmx itself stays silent.
const forgetFailure = () => document.querySelector(".ts-bench-failed")?.remove();
document.addEventListener("htmx:beforeRequest", forgetFailure);
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const note = document.getElementById("bench-failed")?.content.firstElementChild.cloneNode(true);
    if (!note) return;
    forgetFailure();
    const asked = event.detail.elt;
    (asked.closest("form") || asked).append(note);
  });
}

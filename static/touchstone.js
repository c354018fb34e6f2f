// On every candidate page: one submit per form, links between key points and words, and tidying of
// saved drafts.
"use strict";

(() => {
  const DRAFT = "touchstone:draft:";
  const KEEP_MS = 7 * 24 * 3600 * 1000;

  document.documentElement.classList.add("js");

  // A double click must not start two sessions. Forms that look after themselves stop the event
  // before it gets here.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    for (const button of form.querySelectorAll("button"))
      button.setAttribute("aria-disabled", "true");
  });

  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    // Back to a page the browser kept: what it shows may be old by now.
    window.location.reload();
  });

  // The server has these answers for good, so no copy of them is left behind.
  function tidyDrafts() {
    try {
      for (const element of document.querySelectorAll("[data-handed-in]"))
        localStorage.removeItem(DRAFT + element.dataset.handedIn);
      for (const key of Object.keys(localStorage)) {
        if (!key.startsWith(DRAFT)) continue;
        const copy = JSON.parse(localStorage.getItem(key) || "{}");
        if (!(Date.now() - copy.at < KEEP_MS)) localStorage.removeItem(key);
      }
    } catch {
      // No storage here: then there is nothing to tidy.
    }
  }

  function light(card, number) {
    if (!card) return;
    for (const element of card.querySelectorAll(".lit")) element.classList.remove("lit");
    card.classList.toggle("has-lit", Boolean(number));
    if (!number) return;
    for (const element of card.querySelectorAll("mark")) {
      if (element.dataset.points.split(" ").includes(number)) element.classList.add("lit");
    }
    const point = card.querySelector(`[data-point="${CSS.escape(number)}"]`);
    if (point) point.classList.add("lit");
  }

  function numberAt(element) {
    const holder = element.closest("[data-point], [data-points]");
    if (!holder) return null;
    return holder.dataset.point || holder.dataset.points.split(" ")[0];
  }

  for (const type of ["mouseover", "focusin"]) {
    document.addEventListener(type, (event) => {
      if (!(event.target instanceof Element)) return;
      const card = event.target.closest(".card");
      for (const other of document.querySelectorAll(".card.has-lit"))
        if (other !== card) light(other, null);
      light(card, numberAt(event.target));
    });
  }

  tidyDrafts();
})();

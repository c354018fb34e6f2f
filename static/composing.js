// Loaded before the page's text boxes: an input method may be at work before room.js is.
"use strict";

(() => {
  const page = document.documentElement;
  document.addEventListener(
    "compositionstart",
    () => page.setAttribute("data-composing", ""),
    true,
  );
  document.addEventListener("compositionend", () => page.removeAttribute("data-composing"), true);
})();

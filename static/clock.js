// The time that is left, by the server's clock, on every page of a sitting. At 0 it finishes the
// session, and takes along what only this device has.
"use strict";

(() => {
  const box = document.getElementById("timer");
  if (!box) return;

  const JUMP_MS = 2000; // the clock on the wall may run ahead of the page's so far, not more
  const RETRY_MS = 2000;
  const words = box.dataset;
  const line = document.getElementById("clock-say");
  let endsAt = null; // on this page's own steady clock, which nobody can set
  let announced = Infinity;
  let over = false;
  let drift = Date.now() - performance.now();

  // `beforeTimeUp` is the room's: it puts the text in the box into the form that ends the session.
  touchstone.clock = { set, beforeTimeUp: null };

  function set(seconds) {
    endsAt = performance.now() + seconds * 1000;
  }

  function tick() {
    if (over) return;
    // While a machine sleeps, the page's own clock stands still on some systems.
    const now = Date.now() - performance.now();
    if (Math.abs(now - drift) > JUMP_MS) {
      drift = now;
      ask();
    }
    const left = Math.max(0, Math.ceil((endsAt - performance.now()) / 1000));
    const minutes = String(Math.floor(left / 60)).padStart(2, "0");
    const time = `${minutes}:${String(left % 60).padStart(2, "0")}`;
    document.getElementById("timer-text").textContent = words.tLeft.replace("{time}", time);
    document.getElementById("timer-bar").value = left;
    box.classList.toggle("short", left <= 60);
    for (const [at, text] of [
      [300, words.tFive],
      [60, words.tOne],
    ]) {
      if (left <= at && announced > at && Number(words.total) > at) {
        announced = at;
        if (left > at - 10) line.textContent = text;
      }
    }
    if (left === 0) timeUp();
  }

  async function ask() {
    const { kind, body } = await touchstone.ask(words.clockUrl);
    if (kind !== "ok" || over) return;
    if (body.remaining_s !== null) set(body.remaining_s);
    tick();
  }

  async function timeUp() {
    over = true;
    clearInterval(ticking);
    line.textContent = words.tUp;
    const form = document.getElementById("time-up");
    const handled = touchstone.clock.beforeTimeUp?.(form);
    touchstone.copies.attach(form, handled);
    for (;;) {
      const { kind } = await touchstone.ask(words.clockUrl);
      touchstone.line.show(kind);
      if (kind === "ok" || kind === "refused") break;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    const token = form.elements.csrfmiddlewaretoken;
    token.value = touchstone.csrfToken() || token.value;
    form.submit();
  }

  set(Number(words.remaining));
  const ticking = setInterval(tick, 1000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !over) ask();
  });
  window.addEventListener("online", () => {
    if (!over) ask();
  });
  tick();
})();

// The interview room: keeps what is typed, here and on the server, and never takes the reader's
// hands off the text.
"use strict";

(() => {
  const form = document.getElementById("room");
  if (!form) return;

  const DEBOUNCE_MS = 800;
  const LONGEST_MS = 2500; // typing on does not put a save off any longer
  const RETRY_FIRST_MS = 2000;
  const RETRY_LAST_MS = 30000;
  const SLOW_MS = 300; // a wait that is shorter is not worth a word
  const KEEPALIVE_BYTES = 60000; // browsers allow 64 KB for requests that outlive their page

  const { copies, line } = touchstone;
  const box = document.getElementById("text");
  const revisionField = document.getElementById("revision");
  const savedLine = document.getElementById("saved");
  const countLine = document.getElementById("count");
  const problemLine = document.getElementById("problem-live");
  const sayLine = document.getElementById("say");
  const conflictBox = document.getElementById("conflict");
  const words = form.dataset;
  const limit = Number(words.limit);

  let saved = box.defaultValue; // what the server holds
  let revision = Number(revisionField.value);
  // The text without what an input method has not finished. One that began before this script was
  // there is known from composing.js; what the server sent is then all that was finished.
  let beforeComposing = document.documentElement.hasAttribute("data-composing")
    ? box.defaultValue
    : null;
  let stopped = false; // the server takes no more drafts of this answer
  let conflict = null; // the text saved elsewhere: { text, revision, device, saved_at }
  let asideText = null; // the text that the server has set aside in this conflict
  let inFlight = null;
  let sentText = null; // what the save on its way carries
  let timer = null;
  let unsavedSince = null;
  let typedAt = new Date();
  let retryMs = RETRY_FIRST_MS;
  let pending = null; // the button that waits for the last save
  let cleared = false; // the form may go now
  let leaving = false; // by a button of this page, which takes the text along
  let gone = false;

  // A page sent back with a problem holds text the server has not stored.
  const sentBack = "sentBack" in words;
  if (sentBack) saved = null;

  // What is typed, without the unfinished text of an input method: that is no answer yet.
  function written() {
    return beforeComposing ?? box.value;
  }

  function writeCopy(sent) {
    copies.write(words.answer, { text: written(), base: revision, sent });
  }

  // What is shown --------------------------------------------------------------------------------

  const clock = (time) =>
    new Date(time).toLocaleTimeString(words.lang, {
      hour: "2-digit",
      minute: "2-digit",
      hour12: false,
    });

  function showSaved(text) {
    savedLine.textContent = text;
  }

  function showProblem(text) {
    if (problemLine.textContent !== text) problemLine.textContent = text;
  }

  function length(text) {
    let count = 0;
    for (const _character of text) count += 1;
    return count;
  }

  const countText = countLine.textContent; // "12 of 20000 characters" in the reader's language
  const countStart = countText.search(/\d/);
  const countEnd = countStart + countText.slice(countStart).search(/\D/);

  function showCount() {
    const count = length(box.value);
    countLine.textContent = countText.slice(0, countStart) + count + countText.slice(countEnd);
    countLine.classList.toggle("warn", count > limit * 0.9 && count <= limit);
    countLine.classList.toggle("bad", count > limit);
    box.classList.toggle("over", count > limit);
    if (count > limit) showProblem(words.tOver.replace("{n}", count - limit));
    return count;
  }

  // Saving ---------------------------------------------------------------------------------------

  function csrfToken() {
    return touchstone.csrfToken() || form.elements.csrfmiddlewaretoken.value;
  }

  // Soon after the last key, and at the latest LONGEST_MS after the first that is not saved.
  function saveSoon() {
    const now = performance.now();
    unsavedSince ??= now;
    clearTimeout(timer);
    timer = setTimeout(goOn, Math.max(0, Math.min(DEBOUNCE_MS, unsavedSince + LONGEST_MS - now)));
  }

  function saveLater() {
    clearTimeout(timer);
    timer = setTimeout(goOn, retryMs);
    retryMs = Math.min(retryMs * 2, RETRY_LAST_MS);
  }

  function goOn() {
    if (pending) tryToLeave();
    else save();
  }

  // What became of it: nothing_new, ok, conflict, failed, signed_out, too_long or stopped.
  async function save({ insist = false } = {}) {
    clearTimeout(timer);
    while (inFlight) await inFlight;
    const text = written();
    if (gone || stopped) return "stopped";
    if (length(text) > limit) return "too_long";
    if (conflict === null && text === saved) return "nothing_new";
    if (conflict !== null && !insist && text === asideText) return "conflict";
    inFlight = send(text, insist && conflict ? conflict.revision : revision, insist);
    try {
      return await inFlight;
    } finally {
      inFlight = null;
    }
  }

  function saveAtOnce() {
    // The page goes away, so nothing can wait for a save that is on its way. Once stored, that one
    // has raised the revision by one. With a conflict open, one's own words count.
    clearTimeout(timer);
    const text = written();
    if (gone || stopped || length(text) > limit) return;
    if (conflict === null && (text === saved || (inFlight && text === sentText))) return;
    send(text, inFlight ? revision + 1 : revision, conflict !== null);
    gone = true; // one last save, whatever becomes of the one before
  }

  async function send(text, base, insist) {
    sentText = text;
    unsavedSince = null;
    writeCopy(text);
    showSaved(words.tSaving);
    const body = new FormData();
    body.set("text", text);
    body.set("revision", String(base));
    if (insist) body.set("insist", "1");
    const {
      kind,
      status,
      body: answer,
    } = await touchstone.ask(words.draftUrl, {
      method: "POST",
      body,
      headers: { "X-CSRFToken": csrfToken() },
      keepalive: new Blob([text]).size < KEEPALIVE_BYTES,
    });
    line.show(kind);
    if (kind === "ok") {
      accepted(text, answer);
      return "ok";
    }
    if (kind === "refused" && answer.code === "draft_conflict") {
      if (text.startsWith(answer.text) && answer.revision > base) {
        revision = answer.revision; // nothing of the other text would be lost
        saved = answer.text;
        return send(text, revision, false);
      }
      meet(answer, text);
      return "conflict";
    }
    if (kind === "refused" && ["answer_submitted", "session_over"].includes(answer.code)) {
      stopped = true;
      box.readOnly = true;
      showSaved("");
      showProblem(answer.message);
      return "stopped";
    }
    // Signed out, offline, a server that restarts: the copy in this browser bridges it.
    showSaved(words.tUnsaved);
    showProblem(answer?.message || words.tFailed);
    if (status !== 422) saveLater();
    return kind === "signed_out" ? "signed_out" : "failed";
  }

  function accepted(text, answer) {
    if (answer.revision < revision) return; // overtaken by a later save
    if (conflict !== null) closeConflict();
    saved = text;
    revision = answer.revision;
    revisionField.value = String(revision);
    retryMs = RETRY_FIRST_MS;
    showSaved(words.tSaved.replace("{time}", clock(answer.saved_at)));
    showProblem("");
    if (answer.remaining_s !== null) touchstone.clock?.set(answer.remaining_s);
    copies.settle(words.answer, text);
    if (written() !== text) {
      writeCopy(null);
      saveSoon();
    }
  }

  // A conflict -----------------------------------------------------------------------------------
  //
  // Focus stays where it is, and nothing in the box changes. Until the writer chooses, their text
  // is set aside on the server whenever it changes.

  function meet(answer, text) {
    conflict = answer;
    asideText = text;
    showSaved(words.tUnsaved);
    if (beforeComposing === null) showConflict(); // else when the input method is done
  }

  function showConflict() {
    showSides();
    const from = conflict.device || words.tDevice;
    const at = conflict.saved_at ? words.tAt.replace("{time}", clock(conflict.saved_at)) : "";
    document.getElementById("other-by").textContent = at ? `${from}, ${at}` : from;
    document.getElementById("conflict-text").textContent = conflict.text;
    if (conflictBox.hidden) {
      conflictBox.hidden = false;
      sayLine.textContent = words.tConflict;
    }
  }

  function showSides() {
    document.getElementById("own-text").textContent = written();
    document.getElementById("own-time").textContent = words.tAt.replace("{time}", clock(typedAt));
  }

  function closeConflict() {
    conflict = null;
    asideText = null;
    conflictBox.hidden = true;
    sayLine.textContent = "";
  }

  function goOnFrom(other, text) {
    box.value = text;
    revision = other.revision;
    revisionField.value = String(revision);
    saved = other.text;
    closeConflict();
    showCount();
    if (text === saved) {
      showSaved("");
      copies.settle(words.answer, text);
    } else {
      writeCopy(null);
      save();
    }
  }

  async function takeOther() {
    // One's own text first: on the server among the earlier versions, or in this browser.
    box.readOnly = true;
    const own = written();
    const isAside = own === asideText || (await save()) === "conflict";
    box.readOnly = false;
    if (conflict === null) return;
    if (isAside) copies.settle(words.answer, own);
    else copies.putAside(words.answer);
    goOnFrom(conflict, conflict.text);
  }

  conflictBox.addEventListener("click", async (event) => {
    const choice = event.target.dataset?.keep;
    if (!choice || conflict === null || beforeComposing !== null) return;
    if (choice === "mine") await save({ insist: true });
    if (choice === "other") await takeOther();
    if (choice === "both") goOnFrom(conflict, `${box.value}\n\n${conflict.text}`);
    box.focus();
  });

  // Typing ---------------------------------------------------------------------------------------

  function typed() {
    const count = showCount();
    typedAt = new Date();
    if (beforeComposing !== null) return;
    if (pending?.button.value === "submit") stayHere(); // who writes on does not submit yet
    writeCopy(null);
    if (conflict !== null) showSides();
    if (count <= limit && !stopped) {
      if (box.value !== saved) showSaved(words.tUnsaved);
      if (retryMs === RETRY_FIRST_MS && conflict === null) showProblem("");
      saveSoon();
    }
  }

  box.addEventListener("input", typed);
  box.addEventListener("compositionstart", () => {
    beforeComposing = box.value; // a save that is due now sends this much
  });
  box.addEventListener("compositionend", () => {
    beforeComposing = null;
    typed();
    if (conflict !== null) showConflict();
  });
  box.addEventListener("blur", () => save());
  window.addEventListener("online", () => goOn());
  window.addEventListener("offline", () => line.show("failed"));
  window.addEventListener("pagehide", () => {
    if (!leaving) saveAtOnce();
  });
  document.addEventListener("visibilitychange", () => {
    if (!leaving) goOn(); // going away; or coming back, say from signing in again in another tab
  });

  // Leaving --------------------------------------------------------------------------------------
  //
  // A button waits until the server has the text, and says so. When the server can't be reached the
  // page stays, says that, and goes on by itself.

  function leaveBy(button, go) {
    if (pending?.button === button) return;
    stayHere();
    pending = { button, go, knew: conflict !== null, label: button.textContent };
    pending.slow = setTimeout(() => {
      button.textContent = words.tWaiting;
      button.setAttribute("aria-disabled", "true");
      sayLine.textContent = words.tWaiting;
    }, SLOW_MS);
    tryToLeave();
  }

  function stayHere() {
    if (!pending) return;
    clearTimeout(pending.slow);
    pending.button.textContent = pending.label;
    pending.button.removeAttribute("aria-disabled");
    pending = null;
  }

  async function tryToLeave() {
    const mine = pending;
    const outcome = await reachServer(mine);
    if (pending !== mine || outcome === "failed") return; // the next try is on its way
    if (outcome === "ok" && written() !== saved) {
      tryToLeave(); // typed on meanwhile
      return;
    }
    stayHere();
    if (outcome === "ok" || outcome === "stopped") leave(mine.go);
    if (outcome === "conflict") {
      sayLine.textContent = words.tLook;
      showProblem(words.tLook);
    }
  }

  // Save what is typed; with nothing new to save, ask whether the server is there.
  async function reachServer(mine) {
    const submits = mine.button.value === "submit";
    let outcome = await save({ insist: mine.knew && conflict !== null });
    if (outcome === "conflict" && !submits && pending === mine) {
      outcome = await save({ insist: true }); // walking away: one's own words count
    }
    if (outcome !== "nothing_new" || pending !== mine) return outcome;
    const { kind } = await touchstone.ask(words.clockUrl);
    line.show(kind);
    if (kind === "failed") saveLater();
    return kind === "refused" ? "ok" : kind;
  }

  function leave(go) {
    form.elements.csrfmiddlewaretoken.value = csrfToken();
    go();
  }

  form.addEventListener("submit", (event) => {
    if (cleared) {
      cleared = false;
      leaving = true;
      return;
    }
    event.preventDefault();
    if (leaving) return;
    const button = event.submitter || document.getElementById("submit");
    leaveBy(button, () => {
      cleared = true;
      form.requestSubmit(button);
    });
  });

  for (const back of document.querySelectorAll("form.restore")) {
    back.addEventListener("submit", (event) => {
      event.preventDefault();
      leaveBy(back.querySelector("button"), () => {
        leaving = true;
        back.elements.csrfmiddlewaretoken.value = csrfToken();
        back.submit();
      });
    });
  }

  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("a[href]") && !navigator.onLine) {
      event.preventDefault(); // it would lead to the browser's error page
      line.show("failed");
    }
  });

  document.addEventListener("keydown", (event) => {
    if (
      event.key === "Enter" &&
      (event.ctrlKey || event.metaKey) &&
      !event.isComposing &&
      beforeComposing === null
    ) {
      event.preventDefault();
      form.requestSubmit(document.getElementById("submit"));
    }
  });

  // At the end -----------------------------------------------------------------------------------

  if (touchstone.clock) {
    touchstone.clock.beforeTimeUp = (end) => {
      const text = written();
      writeCopy(null);
      stayHere();
      clearTimeout(timer);
      stopped = true;
      leaving = true;
      box.readOnly = true;
      if (text !== saved && length(text) <= limit) copies.carry(end, words.number, text);
      return words.answer;
    };
  }

  // At the start ---------------------------------------------------------------------------------

  if (words.savedAt) showSaved(words.tSaved.replace("{time}", clock(words.savedAt)));
  if (saved !== null) copies.settle(words.answer, saved);
  const copy = sentBack ? null : copies.of(words.answer)[0];
  if (copy) {
    const server = saved;
    box.value = copy.text;
    typedAt = new Date(copy.at);
    if (copy.base === revision || copy.sent === server || copy.text.startsWith(server)) {
      showSaved(words.tRestored);
      saveSoon();
    } else {
      meet({ text: server, revision, saved_at: words.savedAt, device: words.savedFrom }, null);
      revision = copy.base;
      saveSoon(); // to have it set aside
    }
  }
  if (sentBack) {
    writeCopy(null);
    showSaved(words.tUnsaved);
  }
  showCount();
  if (!copy && !sentBack && box.value !== saved) typed(); // typed before this script was there
  box.focus({ preventScroll: true });
})();

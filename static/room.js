// The interview room: keeps what is typed, counts characters, and shows the time that is left by
// the server's clock.
"use strict";

(() => {
  const form = document.getElementById("room");
  if (!form) return;

  const DEBOUNCE_MS = 800;
  const RETRY_FIRST_MS = 2000;
  const RETRY_LAST_MS = 30000;
  const KEEPALIVE_BYTES = 60000; // browsers allow 64 KB for requests that outlive their page
  const KEY = `touchstone:draft:${form.dataset.answer}`;

  const box = document.getElementById("text");
  const revisionField = document.getElementById("revision");
  const savedLine = document.getElementById("saved");
  const countLine = document.getElementById("count");
  const problemLine = document.getElementById("problem-live");
  const conflictBox = document.getElementById("conflict");
  const words = form.dataset;
  const limit = Number(words.limit);

  let saved = box.defaultValue; // what the server holds
  let revision = Number(revisionField.value);
  // An input method's unfinished text is not an answer yet. One that began before this script was
  // there is known from composing.js.
  let composing = document.documentElement.hasAttribute("data-composing");
  let stopped = false; // the server takes no more drafts of this answer
  let conflict = null;
  let inFlight = null;
  let sentText = null; // what the save on its way carries
  let timer = null;
  let retryMs = RETRY_FIRST_MS;
  let leaving = false; // by a button of this page, which takes the text along
  let gone = false;

  // A page sent back with a problem holds text the server has not stored.
  const sentBack = "sentBack" in words;
  if (sentBack) saved = null;

  // The copy in this browser ---------------------------------------------------------------------

  function readCopy() {
    try {
      return JSON.parse(localStorage.getItem(KEY));
    } catch {
      return null;
    }
  }

  function writeCopy(sent) {
    try {
      localStorage.setItem(
        KEY,
        JSON.stringify({ text: box.value, base: revision, sent, at: Date.now() }),
      );
    } catch {
      // Storage is full or forbidden: the server's copy is the only one then.
    }
  }

  function dropCopy() {
    try {
      localStorage.removeItem(KEY);
    } catch {
      // As above.
    }
  }

  // What is shown --------------------------------------------------------------------------------

  const clock = (iso) =>
    new Date(iso).toLocaleTimeString(words.lang, {
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

  function later(milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(save, milliseconds);
  }

  function mustWait() {
    return (
      gone ||
      composing ||
      stopped ||
      conflict !== null ||
      box.value === saved ||
      length(box.value) > limit
    );
  }

  async function save() {
    clearTimeout(timer);
    if (inFlight) {
      await inFlight;
      return save();
    }
    if (mustWait()) return undefined;
    inFlight = send(box.value, revision).finally(() => {
      inFlight = null;
    });
    await inFlight;
    return undefined;
  }

  function saveAtOnce() {
    // The page goes away, so nothing can wait for a save that is on its way. Once stored, that one
    // has raised the revision by one.
    clearTimeout(timer);
    if (mustWait() || (inFlight && box.value === sentText)) return;
    send(box.value, inFlight ? revision + 1 : revision);
    gone = true; // one last save, whatever becomes of the one before
  }

  async function send(text, base) {
    sentText = text;
    writeCopy(text);
    showSaved(words.tSaving);
    const body = new FormData();
    body.set("text", text);
    body.set("revision", String(base));
    let response = null;
    let answer = null;
    try {
      response = await fetch(words.draftUrl, {
        method: "POST",
        body,
        headers: {
          "X-CSRFToken": csrfToken(),
          "X-Requested-With": "fetch",
          Accept: "application/json",
        },
        credentials: "same-origin",
        keepalive: new Blob([text]).size < KEEPALIVE_BYTES,
        redirect: "error",
      });
      answer = await response.json();
    } catch {
      answer = null;
    }
    if (response?.ok && answer) {
      accepted(text, answer);
    } else if (answer?.code === "draft_conflict") {
      showConflict(answer);
    } else if (answer && (answer.code === "answer_submitted" || answer.code === "session_over")) {
      stopped = true;
      box.readOnly = true;
      showSaved("");
      showProblem(answer.message);
    } else {
      // Signed out, offline, a server that restarts: the copy in this browser bridges it.
      showSaved(words.tUnsaved);
      showProblem(answer?.message || words.tFailed);
      if (!answer || response.status !== 422) {
        later(retryMs);
        retryMs = Math.min(retryMs * 2, RETRY_LAST_MS);
      }
    }
  }

  function accepted(text, answer) {
    if (answer.revision < revision) return; // overtaken by a later save
    saved = text;
    revision = answer.revision;
    revisionField.value = String(revision);
    retryMs = RETRY_FIRST_MS;
    showSaved(words.tSaved.replace("{time}", clock(answer.saved_at)));
    showProblem("");
    if (answer.remaining_s !== null) setRemaining(answer.remaining_s);
    if (box.value === text) {
      dropCopy();
    } else {
      writeCopy(null);
      later(DEBOUNCE_MS);
    }
  }

  function showConflict(answer) {
    conflict = { text: answer.text, revision: answer.revision };
    document.getElementById("conflict-text").textContent = conflict.text;
    conflictBox.hidden = false;
    showSaved(words.tUnsaved);
    conflictBox.querySelector("button").focus();
  }

  conflictBox.addEventListener("click", (event) => {
    const choice = event.target.dataset ? event.target.dataset.keep : undefined;
    if (!choice || conflict === null) return;
    if (choice === "other") box.value = conflict.text;
    if (choice === "both") box.value = `${box.value}\n\n${conflict.text}`;
    revision = conflict.revision;
    revisionField.value = String(revision);
    saved = conflict.text;
    conflict = null;
    conflictBox.hidden = true;
    showCount();
    box.focus();
    if (box.value === saved) {
      dropCopy();
      showSaved("");
    } else {
      writeCopy(null);
      save();
    }
  });

  function typed() {
    const count = showCount();
    if (composing) return;
    writeCopy(null);
    if (count <= limit && !stopped) {
      if (box.value !== saved) showSaved(words.tUnsaved);
      if (retryMs === RETRY_FIRST_MS && conflict === null) showProblem("");
      later(DEBOUNCE_MS);
    }
  }

  box.addEventListener("input", typed);
  box.addEventListener("compositionstart", () => {
    composing = true;
    clearTimeout(timer);
  });
  box.addEventListener("compositionend", () => {
    composing = false;
    typed();
  });
  box.addEventListener("blur", () => save());
  window.addEventListener("online", () => save());
  window.addEventListener("pagehide", () => {
    if (!leaving) saveAtOnce();
  });
  document.addEventListener("visibilitychange", () => {
    if (!leaving) save(); // going away; or coming back, say from signing in again in another tab
  });

  // Leaving by a button --------------------------------------------------------------------------

  form.addEventListener("submit", (event) => {
    if (leaving) {
      event.preventDefault();
      return;
    }
    clearTimeout(timer);
    if (inFlight) {
      // The save on its way raises the revision; a submit with the old one would look like another
      // window's.
      event.preventDefault();
      const { submitter } = event;
      inFlight.then(() => form.requestSubmit(submitter));
      return;
    }
    if (conflict !== null) {
      event.preventDefault();
      conflictBox.querySelector("button").focus();
      return;
    }
    form.elements.csrfmiddlewaretoken.value = csrfToken();
    if (box.value !== saved) writeCopy(box.value);
    leaving = true;
  });

  document.addEventListener("keydown", (event) => {
    if (
      event.key === "Enter" &&
      (event.ctrlKey || event.metaKey) &&
      !event.isComposing &&
      !composing
    ) {
      event.preventDefault();
      form.requestSubmit(document.getElementById("submit"));
    }
  });

  // Time -----------------------------------------------------------------------------------------

  const timerBox = document.getElementById("timer");
  let endsAt = null; // on this page's own steady clock, which nobody can set
  let announced = Infinity;

  function setRemaining(seconds) {
    endsAt = performance.now() + seconds * 1000;
  }

  function tick() {
    const left = Math.max(0, Math.ceil((endsAt - performance.now()) / 1000));
    const minutes = String(Math.floor(left / 60)).padStart(2, "0");
    const time = `${minutes}:${String(left % 60).padStart(2, "0")}`;
    document.getElementById("timer-text").textContent = words.tLeft.replace("{time}", time);
    document.getElementById("timer-bar").value = left;
    timerBox.classList.toggle("short", left <= 60);
    for (const [at, text] of [
      [300, words.tFive],
      [60, words.tOne],
    ]) {
      if (left <= at && announced > at && Number(timerBox.dataset.total) > at) {
        announced = at;
        if (left > at - 10) showProblem(text);
      }
    }
    if (left === 0) {
      clearInterval(ticking);
      timeUp();
    }
  }

  async function timeUp() {
    box.readOnly = true;
    await save();
    showProblem(words.tUp);
    if (leaving) return;
    leaving = true;
    const end = document.getElementById("time-up");
    end.elements.csrfmiddlewaretoken.value = csrfToken();
    end.submit();
  }

  let ticking = null;
  if (timerBox) {
    setRemaining(Number(timerBox.dataset.remaining));
    ticking = setInterval(tick, 1000);
    tick();
  }

  // At the start ---------------------------------------------------------------------------------

  if (words.savedAt) showSaved(words.tSaved.replace("{time}", clock(words.savedAt)));
  const copy = readCopy();
  if (copy && !sentBack && copy.text !== saved) {
    const server = saved;
    box.value = copy.text;
    if (copy.base === revision || copy.sent === server) {
      showSaved(words.tRestored);
      later(DEBOUNCE_MS);
    } else {
      showConflict({ text: server, revision });
    }
  } else if (copy && copy.text === saved) {
    dropCopy();
  }
  if (sentBack) {
    writeCopy(null);
    showSaved(words.tUnsaved);
  }
  showCount();
  if (!copy && !sentBack && box.value !== saved) typed(); // typed before this script was there
  if (conflict === null) box.focus({ preventScroll: true });
})();

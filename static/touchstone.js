// On every candidate page: one submit per form, asking the server within a time limit, the copies
// of drafts in this browser, the undo of a submit, and links between key points and words.
"use strict";

(() => {
  const DRAFT = "touchstone:draft:";
  const TAB = "touchstone:tab";
  const LIMIT_MS = 8000; // a request that takes longer counts as failed
  const RETRY_MS = 2000;

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

  // Asking the server ---------------------------------------------------------------------------

  // `kind` is ok, refused, signed_out or failed; `body` is what the server answered in JSON.
  touchstone.ask = async (url, options = {}) => {
    const controller = new AbortController();
    const limit = setTimeout(() => controller.abort(), LIMIT_MS);
    try {
      const response = await fetch(url, {
        credentials: "same-origin",
        redirect: "manual",
        signal: controller.signal,
        ...options,
        headers: {
          "X-Requested-With": "fetch",
          Accept: "application/json",
          ...options.headers,
        },
      });
      const closed = response.status === 401 || response.status === 403;
      if (closed || response.type === "opaqueredirect") {
        const body = await response.json().catch(() => null);
        return { kind: "signed_out", body };
      }
      const body = await response.json();
      if (response.status >= 500) return { kind: "failed", body };
      return { kind: response.ok ? "ok" : "refused", status: response.status, body };
    } catch {
      return { kind: "failed", body: null };
    } finally {
      clearTimeout(limit);
    }
  };

  // What is said while the server can't be reached.
  touchstone.line = {
    show(kind) {
      const line = document.getElementById("line");
      const door = document.getElementById("sign-in");
      if (!line) return;
      let text = "";
      if (kind === "failed") {
        text = navigator.onLine ? line.dataset.tUnreachable : line.dataset.tOffline;
      }
      if (line.textContent !== text) line.textContent = text;
      door.hidden = kind !== "signed_out";
    },
  };

  // Copies of drafts in this browser -------------------------------------------------------------
  //
  // One for each answer and tab: { text, base, sent, at }. `base` is the server's revision that the
  // text started from, `sent` the text last sent. A copy goes only when the server has its text, or
  // when its writer says so.

  const crcTable = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let bit = 0; bit < 8; bit += 1) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    return c;
  });

  // The same as `checksum_of` in interview/models.py.
  function checksum(text) {
    let crc = 0xffffffff;
    for (const byte of new TextEncoder().encode(text))
      crc = (crc >>> 8) ^ crcTable[(crc ^ byte) & 0xff];
    let length = 0;
    for (const _character of text) length += 1;
    return `${length}-${(crc ^ 0xffffffff) >>> 0}`;
  }

  function tabName() {
    let name = sessionStorage.getItem(TAB);
    if (!name) {
      name = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
      sessionStorage.setItem(TAB, name);
    }
    return name;
  }

  // Storage may be full or forbidden. The server's copy is the only one then.
  function withStorage(act, otherwise) {
    try {
      return act();
    } catch {
      return otherwise;
    }
  }

  const tab = withStorage(tabName, "tab");

  touchstone.copies = {
    checksum,

    // All copies of an answer: this tab's own first, then the newest.
    of(answer) {
      return withStorage(() => {
        const start = `${DRAFT}${answer}`;
        const own = `${start}:${tab}`;
        const found = [];
        for (const key of Object.keys(localStorage)) {
          if (key !== start && !key.startsWith(`${start}:`)) continue;
          const copy = withStorage(() => JSON.parse(localStorage.getItem(key)), null);
          if (typeof copy?.text === "string") found.push({ ...copy, key, own: key === own });
        }
        return found.sort((a, b) => b.own - a.own || b.at - a.at);
      }, []);
    },

    write(answer, copy) {
      const item = JSON.stringify({ ...copy, at: Date.now() });
      withStorage(() => localStorage.setItem(`${DRAFT}${answer}:${tab}`, item));
    },

    // Keep this tab's copy when the tab goes on with another text.
    putAside(answer) {
      withStorage(() => {
        const key = `${DRAFT}${answer}:${tab}`;
        const copy = localStorage.getItem(key);
        if (copy !== null) localStorage.setItem(`${key}-${Date.now()}`, copy);
      });
    },

    remove(key) {
      withStorage(() => localStorage.removeItem(key));
    },

    // The server has this text.
    settle(answer, text) {
      for (const copy of touchstone.copies.of(answer))
        if (copy.text === text) touchstone.copies.remove(copy.key);
    },

    // The copies that are not what the server has, of the answers that the page names.
    unsent() {
      const found = [];
      const seen = new Set();
      for (const place of document.querySelectorAll("[data-place]")) {
        const { answer } = place.dataset;
        if (seen.has(answer)) continue;
        seen.add(answer);
        for (const copy of touchstone.copies.of(answer)) {
          if (checksum(copy.text) === place.dataset.checksum) {
            touchstone.copies.remove(copy.key);
          } else if (copy.text.trim()) {
            const savedAt = Number(place.dataset.savedAt || 0) * 1000;
            const newer = copy.base === Number(place.dataset.revision) || copy.at > savedAt;
            found.push({ ...copy, place, newer });
          }
        }
      }
      return found;
    },

    // Let a form that ends the session take along what only this device has.
    attach(form, except) {
      const newest = new Map();
      for (const copy of touchstone.copies.unsent()) {
        const { place, answer, submitted } = copy.place.dataset;
        if (!copy.newer || submitted !== undefined || answer === except) continue;
        if (!(newest.get(place)?.at > copy.at)) newest.set(place, copy);
      }
      for (const [place, copy] of newest) touchstone.copies.carry(form, place, copy.text);
    },

    carry(form, place, text) {
      const field = document.createElement("textarea");
      field.name = `text-${place}`;
      field.value = text;
      field.hidden = true;
      form.append(field);
    },
  };

  function listCopies(section) {
    const list = section.querySelector("ul");
    const words = section.dataset;
    const over = words.over !== undefined;
    list.replaceChildren();
    for (const copy of touchstone.copies.unsent()) {
      const { place, submitted } = copy.place.dataset;
      const goesAlong = copy.newer && !over && submitted === undefined;
      const time = new Date(copy.at).toLocaleString(words.lang, { hour12: false });
      const item = document.createElement("li");
      const line = document.createElement("p");
      line.textContent = (goesAlong ? words.tNewer : words.tOther)
        .replace("{n}", place)
        .replace("{time}", time);
      const whole = document.createElement("details");
      const title = document.createElement("summary");
      title.textContent = words.tShow;
      const text = document.createElement("pre");
      text.className = "other";
      text.tabIndex = 0;
      text.textContent = copy.text;
      const gone = document.createElement("button");
      gone.type = "button";
      gone.textContent = words.tRemove;
      gone.addEventListener("click", () => {
        touchstone.copies.remove(copy.key);
        listCopies(section);
      });
      whole.append(title, text, gone);
      item.append(line, whole);
      if (!over && submitted === undefined) {
        const link = document.createElement("a");
        link.href = copy.place.querySelector("a")?.href || "";
        link.textContent = words.tOpen.replace("{n}", place);
        item.append(link);
      }
      list.append(item);
    }
    section.hidden = list.children.length === 0;
  }

  // A form that ends the session: it takes along what only this device has, and waits for the
  // server rather than leave the page for an error.
  function guard(form) {
    const button = form.querySelector("button[type=submit]");
    const label = button.textContent;
    let asking = false;
    let sure = false;
    form.addEventListener("submit", async (event) => {
      if (sure) return;
      event.preventDefault();
      if (asking) return;
      asking = true;
      const slow = setTimeout(() => {
        button.textContent = form.dataset.tWaiting;
        button.setAttribute("aria-disabled", "true");
      }, 300);
      for (;;) {
        const { kind } = await touchstone.ask(form.dataset.clockUrl);
        touchstone.line.show(kind);
        if (kind !== "failed") {
          sure = kind !== "signed_out";
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
      clearTimeout(slow);
      asking = false;
      button.textContent = label;
      button.removeAttribute("aria-disabled");
      if (!sure) return;
      touchstone.copies.attach(form);
      form.elements.csrfmiddlewaretoken.value =
        touchstone.csrfToken() || form.elements.csrfmiddlewaretoken.value;
      form.requestSubmit(button);
    });
  }

  // The time to take a submitted answer back is short; then the offer goes.
  function endUndo(form) {
    const say = document.getElementById("say");
    const offer = form.querySelector("span").textContent;
    if (say) setTimeout(() => (say.textContent ||= offer), 500); // read out once the page stands
    setTimeout(() => {
      if (form.contains(document.activeElement)) document.getElementById("main").focus();
      form.hidden = true;
    }, Number(form.dataset.leftMs));
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

  for (const form of document.querySelectorAll("form[data-ends]")) guard(form);
  const undo = document.getElementById("undo");
  if (undo) endUndo(undo);
  touchstone.copies.unsent(); // what the server has needs no copy any more
  const copies = document.getElementById("copies");
  if (copies) listCopies(copies);
})();

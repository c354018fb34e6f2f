// The editor: key points are added, removed and moved on the page. The form sends them in the order
// they stand in.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("editor-form");
  if (!form) return;
  const points = document.getElementById("points");
  const outline = document.getElementById("outline");
  const blank = document.getElementById("blank-point");
  const words = form.dataset;
  const cards = () => [...points.querySelectorAll(".ts-edit-point")];

  const say = (text, values) => {
    document.getElementById("announcer").textContent = text.replace(
      /\{(\w+)\}/g,
      (_, name) => values[name],
    );
  };
  // Whatever happens to the list counts as typing, for the warning about unsaved work and for the
  // engine's advice.
  const changed = () => points.dispatchEvent(new Event("input", { bubbles: true }));

  const titleOf = (card) => {
    const texts = [
      ...card.querySelectorAll("textarea[name$='-text_zh'], textarea[name$='-text_en']"),
    ].map((field) => field.value.trim());
    if (document.documentElement.lang.startsWith("en")) texts.reverse();
    return texts.find(Boolean) || words.tUntitled;
  };

  const smallButton = (text, label, attribute, value) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "ts-button ts-small";
    button.textContent = text;
    button.setAttribute("aria-label", label);
    button.dataset[attribute] = value;
    return button;
  };

  const drawOutline = () => {
    outline.replaceChildren(
      ...cards().map((card, place) => {
        card.querySelector(".ts-number").textContent = place + 1;
        const item = document.createElement("li");
        item.dataset.number = card.dataset.number;
        const handle = document.createElement("span");
        handle.className = "ts-handle material-symbols-outlined";
        handle.textContent = "drag_indicator";
        handle.setAttribute("aria-hidden", "true");
        const link = document.createElement("a");
        link.href = `#${card.id}`;
        link.textContent = `${place + 1}. ${titleOf(card)}`;
        item.append(handle, link);
        if (card.querySelector(".errorlist")) item.classList.add("ts-bad-text");
        item.append(
          smallButton("↑", words.tUp, "move", "-1"),
          smallButton("↓", words.tDown, "move", "1"),
        );
        return item;
      }),
    );
  };

  const move = (card, by) => {
    const all = cards();
    const from = all.indexOf(card);
    const to = from + by;
    if (to < 0 || to >= all.length) {
      say(words.tEdge, { to: from + 1, total: all.length });
      return;
    }
    if (by < 0) points.insertBefore(card, all[to]);
    else points.insertBefore(card, all[to].nextSibling);
    drawOutline();
    changed();
    say(words.tMoved, { from: from + 1, to: to + 1, total: all.length });
  };

  const cardNumbered = (number) => {
    points.dataset.next = Math.max(Number(points.dataset.next), number + 1);
    const holder = document.createElement("div");
    holder.innerHTML = blank.innerHTML.replaceAll("__n__", number);
    return holder.firstElementChild;
  };

  const add = () => {
    const card = cardNumbered(Number(points.dataset.next));
    points.append(card);
    drawOutline();
    card.querySelector("textarea").focus();
    card.scrollIntoView({ block: "center" });
    say(words.tAdded, { to: cards().length });
  };

  const remove = (card) => {
    const place = cards().indexOf(card) + 1;
    const strip = document.createElement("p");
    strip.className = "ts-panel ts-bar ts-removed";
    const text = document.createElement("span");
    text.textContent = words.tRemoved.replace("{from}", place);
    const undo = document.createElement("button");
    undo.type = "button";
    undo.className = "ts-button ts-small";
    undo.textContent = words.tUndo;
    undo.addEventListener("click", () => {
      strip.replaceWith(card);
      drawOutline();
      changed();
      card.focus();
      say(words.tBack, { to: cards().indexOf(card) + 1 });
    });
    strip.append(text, undo);
    card.replaceWith(strip);
    drawOutline();
    changed();
    undo.focus();
    say(words.tRemoved, { from: place });
  };

  document.getElementById("add-point").addEventListener("click", add);

  points.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const card = event.target.closest(".ts-edit-point");
    if (!button || !card) return;
    if (button.dataset.move) {
      move(card, Number(button.dataset.move));
      button.focus();
    } else if ("remove" in button.dataset) remove(card);
  });

  outline.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-move]");
    if (!button) return;
    const number = button.closest("li").dataset.number;
    move(document.getElementById(`point-${number}`), Number(button.dataset.move));
    outline
      .querySelector(`li[data-number="${number}"] [data-move="${button.dataset.move}"]`)
      .focus();
  });

  let held = ""; // the number of the point that the pointer took hold of
  outline.addEventListener("pointerdown", (event) => {
    held = event.target.closest("li")?.dataset.number;
  });
  outline.addEventListener("ts-sorted", () => {
    const card = document.getElementById(`point-${held}`);
    const from = cards().indexOf(card);
    const order = [...outline.querySelectorAll("li")].map((item) =>
      document.getElementById(`point-${item.dataset.number}`),
    );
    const to = order.indexOf(card);
    if (from === to) return;
    points.append(...order);
    drawOutline();
    changed();
    say(words.tMoved, { from: from + 1, to: to + 1, total: order.length });
  });

  form.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    const card = event.target.closest(".ts-edit-point");
    if (card && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      const held = document.activeElement;
      move(card, event.key === "ArrowUp" ? -1 : 1);
      held.focus(); // moving a field takes the cursor out of it
      held.scrollIntoView({ block: "nearest" });
    } else if (event.code === "KeyN") {
      event.preventDefault();
      add();
    }
  });

  points.addEventListener("input", (event) => {
    if (/-text_(zh|en)$/.test(event.target.name || "")) drawOutline();
  });

  // A saved page opens where its author was, and says there that it is saved. What was refused is
  // told at the top.
  form.addEventListener("submit", () =>
    sessionStorage.setItem("editor-place", JSON.stringify([location.pathname, window.scrollY])),
  );
  try {
    const [path, top] = JSON.parse(sessionStorage.getItem("editor-place")) || [];
    if (path === location.pathname && form.dataset.saved) {
      window.scrollTo(0, top);
      form.querySelector(".ts-saved").hidden = false;
    }
  } catch {
    /* nothing kept */
  }
  sessionStorage.removeItem("editor-place");

  // What is typed is kept in this browser until it is saved: a crash or a sign-in that ran out
  // takes nothing away.
  const keptKey = `editor:${location.pathname}`;
  const base = form.elements.base;
  const fields = () =>
    [...new FormData(form)].filter(([name]) =>
      /^(point|points-.*|prompt_.*|model_answer_.*|reason)$/.test(name),
    );
  const keep = (more = {}) => {
    try {
      localStorage.setItem(
        keptKey,
        JSON.stringify({ base: base.value, at: Date.now(), fields: fields(), ...more }),
      );
    } catch {
      /* the browser keeps nothing; the page still warns before it is left */
    }
  };
  const forget = () => {
    try {
      localStorage.removeItem(keptKey);
    } catch {
      /* nothing kept */
    }
  };
  const fillFrom = (kept) => {
    const byNumber = new Map(cards().map((card) => [card.dataset.number, card]));
    points.replaceChildren(
      ...kept.fields
        .filter(([name]) => name === "point")
        .map(([, number]) => byNumber.get(number) || cardNumbered(Number(number))),
    );
    for (const box of points.querySelectorAll("[type='checkbox']")) box.checked = false;
    for (const [name, value] of kept.fields) {
      const field = name === "point" ? null : form.elements[name];
      if (!field) continue;
      if (field.type === "checkbox") field.checked = true;
      else field.value = value;
    }
    base.value = kept.base;
    drawOutline();
    changed();
  };

  let timer = 0;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, 500);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    keep({ submitted: true });
  });
  const offer = () => {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(keptKey));
    } catch {
      /* nothing kept */
    }
    if (!kept || form.dataset.dirty) return;
    const saved = kept.submitted && kept.base !== base.value;
    if (saved || JSON.stringify(kept.fields) === JSON.stringify(fields())) {
      forget();
      return;
    }
    const box = document.getElementById("kept-typing");
    box.hidden = false;
    box.querySelector("span").textContent = box.dataset.text.replace(
      "{when}",
      new Date(kept.at).toLocaleString(document.documentElement.lang),
    );
    box.addEventListener("click", (event) => {
      const choice = event.target.dataset.kept;
      if (!choice) return;
      box.hidden = true;
      if (choice === "back") fillFrom(kept);
      else forget();
    });
  };
  offer();

  const preview = document.getElementById("preview");
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "preview-body" && !preview.open) preview.showModal();
  });

  drawOutline();
  const wrong = form.querySelector(".errorlist");
  if (wrong) {
    const field = wrong.parentElement.querySelector("textarea, input:not([type='hidden'])");
    if (field) field.focus();
  }
});

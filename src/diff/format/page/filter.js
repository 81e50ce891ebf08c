"use strict";
// The page is complete without this script, so what needs it is hidden until it runs.
(() => {
  const form = document.getElementById("filter");
  const status = document.getElementById("shown");
  if (!form || !status) {
    return;
  }
  const text = document.getElementById("filter-text");
  const layer = document.getElementById("filter-layer");
  const layers = Array.from(document.querySelectorAll("details.layer"));
  const folds = Array.from(document.querySelectorAll("details.layer, details.alike, details.content"));

  const containers = new Map();
  for (const element of document.querySelectorAll("section.profile, details.layer, .preset, details.alike")) {
    containers.set(element, { all: 0, shown: 0, label: element.querySelector(":scope > summary > .count") });
  }
  const changes = Array.from(document.querySelectorAll("article.change"), (element) => {
    const around = [];
    for (let parent = element.parentElement; parent; parent = parent.parentElement) {
      if (containers.has(parent)) {
        around.push(parent);
        containers.get(parent).all += 1;
      }
    }
    // Read when a text is first searched for: a long page need not pay for it when it opens.
    return { element, around, ids: new Set(around.map((parent) => parent.id)), impact: element.dataset.impact, words: null };
  });

  const count = (shown, all) => {
    const noun = all === 1 ? "change" : "changes";
    return shown === all ? `${all} ${noun}` : `${shown} of ${all} ${noun}`;
  };

  const apply = () => {
    const unwanted = new Set(Array.from(form.querySelectorAll("input[name=impact]:not(:checked)"), (box) => box.value));
    const terms = text.value.toLowerCase().split(/\s+/u).filter(Boolean);
    const matches = (change) => {
      if (unwanted.has(change.impact) || (layer.value && !change.ids.has(layer.value))) {
        return false;
      }
      if (terms.length === 0) {
        return true;
      }
      change.words ??= change.element.textContent.toLowerCase();
      return terms.every((term) => change.words.includes(term));
    };
    for (const container of containers.values()) {
      container.shown = 0;
    }
    let shown = 0;
    for (const change of changes) {
      const visible = matches(change);
      change.element.hidden = !visible;
      if (visible) {
        shown += 1;
        for (const parent of change.around) {
          containers.get(parent).shown += 1;
        }
      }
    }
    for (const [element, container] of containers) {
      element.hidden = container.shown === 0;
      if (container.label) {
        container.label.textContent = count(container.shown, container.all);
      }
      // What is looked for must not stay folded.
      if (terms.length > 0 && container.shown > 0 && element.matches("details.alike")) {
        element.open = true;
      }
    }
    const all = changes.length;
    status.textContent = shown === all ? `${count(all, all)}, all shown` : `${count(shown, all)} shown`;
  };

  let waiting = 0;
  const applySoon = () => {
    clearTimeout(waiting);
    // A screen reader should hear the count when a person has finished typing, not at every key.
    waiting = setTimeout(apply, 150);
  };
  text.addEventListener("input", applySoon);
  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
  // The fields have their first values only after the event.
  form.addEventListener("reset", () => setTimeout(apply));

  const setOpen = (all, open) => {
    for (const details of all) {
      details.open = open;
    }
  };
  document.getElementById("open-all").addEventListener("click", () => setOpen(folds, true));
  document.getElementById("close-all").addEventListener("click", () => setOpen(layers, false));

  // A link may lead to what is closed or filtered out.
  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target) {
      return;
    }
    if (target.closest("[hidden]")) {
      form.reset();
      apply();
    }
    const around = [target.closest("details.alike"), target.closest("details.layer")].filter(Boolean);
    if (around.length > 0) {
      setOpen(around, true);
      target.scrollIntoView();
    }
  };
  window.addEventListener("hashchange", reveal);

  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = folds.filter((details) => !details.open);
    setOpen(folds, true);
  });
  window.addEventListener("afterprint", () => {
    for (const details of closed) {
      details.open = false;
    }
    closed = [];
  });

  form.hidden = false;
  // A browser may have kept the fields from the last visit.
  apply();
  reveal();
})();

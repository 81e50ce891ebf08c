"use strict";
// Tells how the page looks in numbers, to the page that holds it if there is one.
(() => {
  const root = document.documentElement;
  const measures = {
    width: root.clientWidth,
    overflow: root.scrollWidth - root.clientWidth,
    wide: Array.from(document.querySelectorAll("body *:not(.hidden-text, .hidden-text *, .skip, thead, thead *)"))
      .filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1)
      .map((element) => element.outerHTML.slice(0, 80)),
    background: getComputedStyle(document.body).backgroundColor,
    color: getComputedStyle(document.body).color,
  };
  root.dataset.measures = JSON.stringify(measures);
  parent.postMessage(measures, "*");
})();

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
    // Short words and numbers that stand on two lines.
    torn: Array.from(document.querySelectorAll(".layers tbody *, .counts *, .versions, .kind, .step"))
      .flatMap((element) => Array.from(element.childNodes))
      .filter((node) => node.nodeType === Node.TEXT_NODE)
      .flatMap((node) => Array.from(node.data.matchAll(/[\p{L}\p{N}._]{1,24}(?![\p{L}\p{N}._])/gu), (word) => {
        const range = document.createRange();
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        const tops = new Set(Array.from(range.getClientRects(), (rect) => Math.round(rect.top)));
        return tops.size > 1 && !/[\p{L}\p{N}._]$/u.test(node.data.slice(0, word.index)) ? word[0] : "";
      }))
      .filter((word) => word !== ""),
    background: getComputedStyle(document.body).backgroundColor,
    color: getComputedStyle(document.body).color,
  };
  root.dataset.measures = JSON.stringify(measures);
  parent.postMessage(measures, "*");
})();

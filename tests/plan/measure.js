// Tells what does not fit its box and what lies outside its drawing, to the page that holds it if there is one.
const wrong = [];
for (const svg of document.querySelectorAll("svg")) {
  const frame = svg.viewBox.baseVal;
  for (const group of svg.querySelectorAll("g")) {
    const box = group.querySelector("rect").getBBox();
    if (box.x < 0 || box.y < 0 || box.x + box.width > frame.width || box.y + box.height > frame.height) {
      wrong.push(`${group.textContent} lies outside`);
    }
    const texts = [...group.querySelectorAll("text")].map((text) => text.getBBox());
    for (const text of texts) {
      if (text.width && (text.x < box.x || text.x + text.width > box.x + box.width)) {
        wrong.push(`${group.textContent} is wider than its box`);
      }
    }
    const [name, detail] = texts;
    const apart = name.x + name.width <= detail.x || name.y + name.height <= detail.y + 2;
    if (detail.width && !apart) {
      wrong.push(`${group.textContent} runs together`);
    }
  }
}
// A range, a network or a name that goes on in the next line cannot be read at a glance.
for (const word of document.querySelectorAll("td span, p span")) {
  if (word.getClientRects().length > 1) {
    wrong.push(`${word.textContent} is broken`);
  }
}
if (document.documentElement.scrollWidth > document.documentElement.clientWidth) {
  wrong.push("the page is wider than its window");
}
const measures = {
  width: document.documentElement.clientWidth,
  boxes: document.querySelectorAll("svg rect").length,
  wrong,
};
document.documentElement.dataset.measures = JSON.stringify(measures);
parent.postMessage(measures, "*");

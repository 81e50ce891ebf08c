"use strict";
// Uses the filter as a person would and notes what the page shows after each step.
(async () => {
  const steps = [];
  const wait = (time) => new Promise((done) => setTimeout(done, time));
  const visible = (selector) =>
    Array.from(document.querySelectorAll(selector)).filter((element) => element.checkVisibility({ contentVisibilityAuto: false }));
  const note = (step) =>
    steps.push({
      step,
      status: document.getElementById("shown").textContent,
      changes: visible("article.change").map((element) => element.id),
      impacts: Array.from(new Set(visible("article.change").map((element) => element.dataset.impact))).sort(),
      layers: visible("details.layer").map((element) => element.querySelector("h4").textContent),
      counts: visible("details.layer > summary > .count").map((element) => element.textContent),
      profiles: visible("section.profile").length,
    });
  const text = document.getElementById("filter-text");
  const layer = document.getElementById("filter-layer");
  const type = async (words) => {
    text.value = words;
    text.dispatchEvent(new Event("input", { bubbles: true }));
    await wait(400);
  };
  const choose = (label) => {
    layer.value = Array.from(layer.options).find((option) => option.label === label).value;
    layer.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const press = async (selector) => {
    document.querySelector(selector).click();
    await wait(50);
  };

  note("opened");
  for (const impact of ["restart", "new-objects", "live", "review"]) {
    document.getElementById(`filter-${impact}`).click();
  }
  note("repave only");
  choose("ubuntu-maas");
  note("repave in ubuntu-maas");
  await type("MULTIPATH  pure");
  note("text");
  await type("no such words");
  note("nothing");
  await press("button[type=reset]");
  note("reset");
  choose("All of VMO-RA-Core-PXKE");
  note("one profile");
  await press("button[type=reset]");
  await press("#close-all");
  note("closed");
  await press(".layers a[href^='#']");
  await wait(50);
  note("link");
  dispatchEvent(new Event("beforeprint"));
  note("printing");
  dispatchEvent(new Event("afterprint"));
  note("printed");
  choose("kubernetes");
  location.hash = document.querySelector("article.change").id;
  await wait(50);
  note("link to what was filtered out");
  // A submitted form would leave the page.
  document.getElementById("filter").requestSubmit();
  await wait(50);
  document.documentElement.dataset.title = document.title;
  document.documentElement.dataset.steps = JSON.stringify(steps);
})();

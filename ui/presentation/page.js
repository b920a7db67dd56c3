"use strict";
// A chart's values as tooltips: its marks carry them for screen readers.
for (const mark of document.querySelectorAll("svg.chart [role=graphics-symbol][aria-label]")) {
  if (mark.tagName !== "path" || mark.closest(".role-axis, .role-legend")) continue;
  const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
  title.textContent = mark.getAttribute("aria-label");
  mark.append(title);
}

const form = document.getElementById("filters");
if (form) {
  const questions = [...document.querySelectorAll("details.q")].map(element => ({
    element,
    words: element.textContent.toLowerCase(),
    groups: JSON.parse(element.dataset.groups),
    outcomes: JSON.parse(element.dataset.outcomes),
  }));
  const value = id => { const field = document.getElementById(id); return field ? field.value : ""; };

  const filter = () => {
    const words = value("f-words").toLowerCase().split(/\s+/).filter(Boolean);
    const groups = [...form.querySelectorAll("select[data-field]")]
      .filter(select => select.value).map(select => `${select.dataset.field}: ${select.value}`);
    const outcome = value("f-outcome"), run = value("f-run");
    let count = 0;
    for (const question of questions) {
      const fits = words.every(word => question.words.includes(word))
        && groups.every(group => question.groups.includes(group))
        && ((!outcome && !run) || question.outcomes.some(([name, result]) =>
          (!outcome || result === outcome) && (!run || name === run)));
      question.element.hidden = !fits;
      count += fits;
    }
    document.getElementById("f-count").value = `${count} of ${questions.length}`;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", event => event.preventDefault());

  const follow = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (target && target.matches("details.q")) {
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", follow);
  follow();
}

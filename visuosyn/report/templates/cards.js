"use strict";
// The pictures: loaded when they come into view, and what answers to pointer and keyboard.

const cards = new Map(); // key -> { element, data, maps, canvas, shown, kept }
const view = { mask: VISUOSYN.mask, rule: VISUOSYN.mask, show: "heat", common: false, relation: "" };

const make = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};
const percent = (thousandths) => (thousandths === null ? "undefined (empty area)" : `${(thousandths / 10).toFixed(1)} %`);

// A picture's own file calls this with its data.
VISUOSYN.receive = async (key, data) => {
  const card = { element: document.getElementById(`picture-${key}`), data, shown: null, kept: null };
  card.maps = await decodeMaps(data);
  cards.set(key, card);
  build(card);
};

function load(element) {
  const { key } = element.dataset;
  const inline = document.getElementById(`data-${key}`);
  if (inline) VISUOSYN.receive(key, JSON.parse(inline.textContent));
  else document.head.append(make("script", { src: `images/${key}.js` }));
}

function build(card) {
  const { element, data } = card;
  const stage = element.querySelector(".stage");
  const image = stage.querySelector("img");
  card.canvas = make("canvas", { width: Math.min(image.width, 384) });
  card.canvas.height = Math.round((card.canvas.width * image.height) / image.width);
  card.canvas.setAttribute("aria-hidden", "true");
  stage.append(card.canvas);
  card.readout = make("p", { className: "readout" });
  card.readout.setAttribute("role", "status");
  const scroll = make("div", { className: "tree-scroll" });
  scroll.innerHTML = data.tree; // made and escaped by the report's writer
  card.svg = scroll.querySelector("svg");
  card.strip = make("div", { className: "strip" });
  card.strip.setAttribute("role", "group");
  card.strip.setAttribute("aria-label", "Words and their maps");
  data.words.forEach((_, word) => card.strip.append(thumbnail(card, word)));
  element.querySelector(".panel").append(scroll, card.readout, card.strip);
  if (data.missing.length) {
    const words = new Map();
    for (const [text, reason] of data.missing) words.set(reason, [...(words.get(reason) ?? []), text]);
    for (const [reason, texts] of words) {
      element.querySelector(".panel").append(make("p", { className: "missing" }, `Without a map, ${reason}: ${texts.join(", ")}`));
    }
  }
  wire(card);
  if (data.pairs.length && !document.querySelector(".explain")) element.append(pairList(card));
  showCard(card);
}

function thumbnail(card, word) {
  const [text, top] = card.data.words[word];
  const canvas = make("canvas", { width: 72, height: Math.round((72 * card.canvas.height) / card.canvas.width) });
  paintHeat(canvas, card, word, { opaque: true });
  const button = make("button", { type: "button", title: `${text}: maximum ${top.toPrecision(3)}` }, canvas, text);
  button.dataset.row = word;
  button.setAttribute("aria-pressed", "false");
  return button;
}

// What each part of the tree and of the strip shows, and moving among them with the arrow keys.
function wire(card) {
  const measured = new Map(card.data.pairs.map((pair) => [String(pair[0]), pair]));
  const parts = [];
  for (const part of all(".word, .arc", card.svg)) {
    const pair = part.dataset.pair && measured.get(part.dataset.pair);
    const what = pair ? { pair } : part.dataset.row ? { word: Number(part.dataset.row) } : null;
    if (!what) continue;
    if (pair) part.classList.add("measured");
    part.setAttribute("role", "button");
    part.setAttribute("aria-pressed", "false");
    parts.push(answer(card, part, what));
  }
  roving(parts);
  roving(all("button", card.strip).map((button) => answer(card, button, { word: Number(button.dataset.row) })));
  markRelation(card);
}

function answer(card, part, what) {
  const show = () => { card.shown = what; showCard(card); };
  const leave = () => { card.shown = card.kept; showCard(card); };
  const keep = () => { card.kept = same(card.kept, what) ? null : what; show(); };
  part.addEventListener("pointerenter", show);
  part.addEventListener("pointerleave", leave);
  part.addEventListener("focus", show);
  part.addEventListener("blur", leave);
  part.addEventListener("click", keep);
  part.addEventListener("keydown", (event) => {
    if (part.tagName !== "BUTTON" && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); keep(); }
    if (event.key === "Escape") { card.kept = null; card.shown = null; showCard(card); }
  });
  return part;
}

const same = (a, b) => a && b && a.word === b.word && a.pair?.[0] === b.pair?.[0];

function roving(parts) {
  parts.forEach((part, place) => {
    part.setAttribute("tabindex", place ? "-1" : "0");
    part.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const to = { Home: 0, End: parts.length - 1 }[event.key] ?? (step && (place + step + parts.length) % parts.length);
      if (to === undefined) return;
      event.preventDefault();
      part.setAttribute("tabindex", "-1");
      parts[to].setAttribute("tabindex", "0");
      parts[to].focus();
    });
  });
}

// Paint and say what a card shows now.
function showCard(card) {
  const { canvas, readout, shown } = card;
  all(".on, .as-head, .as-dependent", card.svg).forEach((part) => part.classList.remove("on", "as-head", "as-dependent"));
  const pressed = (part, on) => part.setAttribute("aria-pressed", String(on));
  all("[aria-pressed]", card.element).forEach((part) => {
    const what = part.dataset.pair ? card.kept?.pair?.[0] === Number(part.dataset.pair)
      : card.kept?.word === Number(part.dataset.row);
    pressed(part, what);
  });
  if (!shown) {
    clearCanvas(canvas);
    readout.replaceChildren();
  } else if (shown.pair) {
    showPair(card, shown.pair);
  } else {
    showWord(card, shown.word);
  }
}

function showWord(card, word) {
  const [text, top] = card.data.words[word];
  all(`.word[data-row="${word}"]`, card.svg).forEach((part) => part.classList.add("on"));
  const name = make("strong", {}, text);
  if (view.show === "area") {
    paintArea(card.canvas, card, word, view.rule);
    const inside = area(card, word, view.rule).reduce((sum, value) => sum + value, 0) / card.maps[word].length;
    card.readout.replaceChildren(name, `: area under ${view.rule}, ${percent(1000 * inside)} of the picture`);
  } else {
    paintHeat(card.canvas, card, word, { common: view.common });
    const scale = view.common ? "on the picture's common scale" : "scaled by its own maximum";
    card.readout.replaceChildren(name, `: heat map ${scale}; its maximum is ${top.toPrecision(3)} of the attention`);
  }
}

function showPair(card, [number, relation, head, dependent, values]) {
  paintPair(card.canvas, card, head, dependent, view.rule);
  card.svg.querySelector(`.arc[data-pair="${number}"]`)?.classList.add("on");
  card.svg.querySelector(`.word[data-row="${head}"]`)?.classList.add("as-head");
  card.svg.querySelector(`.word[data-row="${dependent}"]`)?.classList.add("as-dependent");
  const place = VISUOSYN.masks.indexOf(view.rule);
  const measured = place >= 0 && values[place];
  const numbers = measured || overlap(area(card, head, view.rule), area(card, dependent, view.rule));
  const swatch = (colour) => {
    const box = make("span", { className: "swatch" });
    box.style.background = colour;
    return box;
  };
  const word = (row) => card.data.words[row][0];
  card.readout.replaceChildren(
    swatch(`rgb(${HEAD})`), `head ${word(head)}`, swatch(`rgb(${DEPENDENT})`), `dependent ${word(dependent)}`,
    swatch(`rgb(${BOTH})`), "both", make("br"), make("strong", {}, relation), ` under ${view.rule}: `,
    `IoU ${percent(numbers[0])}, IoD ${percent(numbers[1])}, IoH ${percent(numbers[2])}`,
    measured ? "" : " (about, from the maps of this page)",
  );
}

// The pairs of a picture under the chosen rule, all or those of the chosen relation; the table is made when opened.
function pairList(card) {
  card.details = make("details", { open: Boolean(view.relation) }, make("summary"));
  card.details.addEventListener("toggle", () => fillPairs(card));
  fillPairs(card);
  return card.details;
}

function fillPairs(card) {
  const { details } = card;
  const { pairs } = card.data;
  const chosen = pairs.filter(([, relation]) => !view.relation || relation === view.relation);
  details.firstElementChild.textContent = view.relation
    ? `${view.relation}: ${chosen.length} of ${pairs.length} measured pairs of this picture`
    : `All ${pairs.length} measured pairs of this picture`;
  if (!details.open) return;
  const place = VISUOSYN.masks.indexOf(view.mask);
  const head = make("tr");
  ["Relation", "Head", "Dependent"].forEach((name) => head.append(make("th", { scope: "col" }, make("button", { type: "button", className: "sort" }, name))));
  ["IoU", "IoD", "IoH"].forEach((name) => head.append(make("th", { scope: "col", className: "number" }, make("button", { type: "button", className: "sort" }, name))));
  const body = make("tbody");
  for (const [, relation, headRow, dependentRow, values] of chosen) {
    const row = make("tr", {}, make("td", {}, relation));
    [headRow, dependentRow].forEach((word) => row.append(make("td", {}, card.data.words[word][0])));
    (values[place] ?? [null, null, null]).forEach((value) => {
      const cell = make("td", { className: "number" }, value === null ? "–" : (value / 10).toFixed(1));
      cell.dataset.value = value ?? "";
      row.append(cell);
    });
    body.append(row);
  }
  const caption = make("caption", {}, `In per cent, under ${view.mask}`);
  const scroll = make("div", { className: "scroll" }, make("table", { className: "sortable" }, caption, make("thead", {}, head), body));
  details.replaceChildren(details.firstElementChild, scroll);
}

function markRelation(card) {
  const relations = new Map(card.data.pairs.map((pair) => [String(pair[0]), pair[1]]));
  all(".arc", card.svg).forEach((arc) => {
    arc.classList.toggle("wanted", Boolean(view.relation) && relations.get(arc.dataset.pair) === view.relation);
  });
}

// The tools above the pictures.
function refresh() {
  for (const card of cards.values()) {
    showCard(card);
    if (card.details) fillPairs(card);
  }
}

function chooseRule(rule) {
  view.rule = rule;
  if (VISUOSYN.masks.includes(rule)) view.mask = rule;
  all("select.mask").forEach((select) => {
    const has = [...select.options].some((option) => option.value === rule);
    if (has) select.value = rule;
    else if ([...select.options].some((option) => option.value === "")) select.value = "";
  });
  const [kind, level] = rule.split(":");
  const slider = document.querySelector(".threshold");
  if (slider && kind === "relative") {
    slider.value = level;
    document.querySelector(".threshold-value").textContent = Number(level).toFixed(2);
  }
  showMask(view.mask);
  refresh();
}

document.addEventListener("input", ({ target }) => {
  if (target.classList.contains("threshold")) chooseRule(`relative:${Number(target.value)}`);
});
document.addEventListener("change", ({ target }) => {
  if (target.classList.contains("mask")) chooseRule(target.value || `relative:${Number(document.querySelector(".threshold").value)}`);
  if (target.name === "show") { view.show = target.value; refresh(); }
  if (target.classList.contains("common")) { view.common = target.checked; refresh(); }
});

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    seen.unobserve(entry.target);
    load(entry.target);
  }
}, { rootMargin: "600px" });
all(".card").forEach((element) => seen.observe(element));

"use strict";
// What only this page has: the search of the table of relations, and of the pictures by caption and relation.
// It stands after the shell's scripts and uses what they name.

// Only the relations whose name or gloss has what was typed, under every rule; rows to compare with stay.
function findRelations() {
  const find = document.querySelector(".find-relation");
  if (!find) return;
  const wanted = find.value.trim().toLowerCase();
  const rows = all("#relation-table tbody tr:not(.pinned)");
  rows.forEach((row) => { row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted); });
  const here = rows.filter((row) => !row.parentElement.hidden);
  const found = here.filter((row) => !row.hidden).length;
  document.querySelector(".relations-found").textContent =
    found === here.length ? `${found} relations` : `${found} of ${here.length} relations`;
}

function filterCards() {
  const wanted = document.querySelector(".find").value.trim().toLowerCase();
  const { value } = document.querySelector("select.relation");
  if (value !== view.relation) chooseRelation(value);
  let found = 0;
  for (const element of all(".card")) {
    const caption = element.firstElementChild.textContent.toLowerCase();
    const fits = caption.includes(wanted) && (!view.relation || JSON.parse(element.dataset.relations).includes(view.relation));
    element.hidden = !fits;
    found += fits;
  }
  const total = all(".card").length;
  document.querySelector(".found").textContent = found === total ? `${total} pictures` : `${found} of ${total} pictures`;
}

// Its arcs stand out and its pairs are listed at once.
function chooseRelation(relation) {
  view.relation = relation;
  for (const card of cards.values()) {
    markRelation(card);
    if (!card.details) continue;
    card.details.open = Boolean(relation);
    fillPairs(card);
  }
}

document.addEventListener("mask-shown", findRelations);
document.addEventListener("input", ({ target }) => {
  if (target.classList.contains("find-relation")) findRelations();
  if (target.classList.contains("find") || target.classList.contains("relation")) filterCards();
});
document.addEventListener("click", ({ target }) => {
  const button = target.closest("button.show-relation");
  if (!button) return;
  document.querySelector(".find").value = "";
  document.querySelector("select.relation").value = button.dataset.relation;
  filterCards();
  document.getElementById("pictures").scrollIntoView();
});

"use strict";
// Tables that sort, the choice of the mask rule, and text to copy. All of it works without the pictures.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

function sortTable(header) {
  const table = header.closest("table");
  const column = [...header.parentElement.children].indexOf(header);
  const numeric = header.classList.contains("number");
  const down = header.getAttribute("aria-sort") === (numeric ? null : "ascending")
    || header.getAttribute("aria-sort") === "ascending";
  all("th[aria-sort]", table).forEach((other) => other.removeAttribute("aria-sort"));
  header.setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = (row) => {
    const cell = row.children[column];
    const text = cell.dataset.value ?? cell.textContent.trim();
    return numeric ? parseFloat(text) : text;
  };
  const order = (a, b) => {
    const [x, y] = [value(a), value(b)];
    if (numeric) { // what is missing stands last, whichever way
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
      return down ? y - x : x - y;
    }
    if (x === "" || y === "") return (x === "") - (y === "");
    return down ? y.localeCompare(x) : x.localeCompare(y);
  };
  for (const body of table.tBodies) {
    const rows = [...body.rows];
    const pinned = rows.filter((row) => row.classList.contains("pinned"));
    body.append(...pinned, ...rows.filter((row) => !row.classList.contains("pinned")).sort(order));
  }
}

function showMask(mask) {
  if (!mask) return;
  all("tbody[data-mask]").forEach((body) => { body.hidden = body.dataset.mask !== mask; });
  document.dispatchEvent(new CustomEvent("mask-shown"));
}

async function copyText(button) {
  const text = document.getElementById(button.dataset.copies);
  try {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = "Copied";
  } catch { // no clipboard for this page: select the text instead
    getSelection().selectAllChildren(text);
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.classList.contains("sort")) sortTable(button.closest("th"));
  if (button.dataset.copies) copyText(button);
});

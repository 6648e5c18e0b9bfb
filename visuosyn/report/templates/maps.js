"use strict";
// From a picture's data to pixels: levels of a word's map, areas under a rule, and what is painted over the picture.

const COLOURS = Uint8Array.from(VISUOSYN.colours.match(/../g), (pair) => parseInt(pair, 16));
const HEAD = [0, 114, 178], DEPENDENT = [213, 94, 0], BOTH = [240, 228, 66];

// The maps of a picture: words below one another in a greyscale image, 255 being each word's own maximum.
async function decodeMaps(data) {
  const [rows, columns] = data.grid;
  if (!data.words.length) return [];
  const image = new Image();
  image.src = data.sprite;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [columns, rows * data.words.length];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
  const size = rows * columns;
  return data.words.map((_, word) => Float32Array.from({ length: size }, (_, i) => pixels[4 * (word * size + i)] / 255));
}

// A word's area under a mask rule, as in visuosyn/data/masks.py; "soft" gives the levels themselves.
function area(card, word, rule) {
  const [kind, text] = rule.split(":");
  const level = parseFloat(text);
  const map = card.maps[word];
  const top = card.data.words[word][1];
  if (kind === "soft") return map;
  if (kind === "area") {
    const order = [...map.keys()].sort((a, b) => map[b] - map[a] || a - b);
    const mask = new Float32Array(map.length);
    order.slice(0, Math.max(1, Math.round(level * map.length))).forEach((i) => { mask[i] = top > 0 ? 1 : 0; });
    return mask;
  }
  const bound = { relative: level, absolute: level / top, summed: level / card.data.steps / top }[kind];
  return map.map((value) => (value >= bound - 1e-6 && value > 0 ? 1 : 0));
}

// IoU, IoD, IoH of two areas in thousandths; null where there is nothing to divide by.
function overlap(head, dependent) {
  let [both, either, inHead, inDependent] = [0, 0, 0, 0];
  head.forEach((value, i) => {
    both += Math.min(value, dependent[i]);
    either += Math.max(value, dependent[i]);
    inHead += value;
    inDependent += dependent[i];
  });
  return [[both, either], [both, inDependent], [both, inHead]].map(([x, y]) => (y > 0 ? (1000 * x) / y : null));
}

// Four grid points and their weights for each of `size` pixels: Keys' cubic kernel, as in visuosyn/data/resize.py.
function cubic(size, grid) {
  const weight = (d) => (d <= 1 ? (1.25 * d - 2.25) * d * d + 1 : d < 2 ? -0.75 * (((d - 5) * d + 8) * d - 4) : 0);
  return Array.from({ length: size }, (_, pixel) => {
    const middle = ((pixel + 0.5) * grid) / size - 0.5;
    const first = Math.floor(middle) - 1;
    return [0, 1, 2, 3].map((tap) => [
      Math.min(Math.max(first + tap, 0), grid - 1), weight(Math.abs(middle - first - tap)),
    ]);
  });
}

// A map at width x height: between grid points (smooth), or each grid point as a block.
function enlarge(map, [rows, columns], width, height, smooth) {
  const out = new Float32Array(width * height);
  const block = (size, grid) => Array.from({ length: size }, (_, pixel) => [[Math.floor((pixel * grid) / size), 1]]);
  const [across, down] = [[width, columns], [height, rows]].map((sizes) => (smooth ? cubic : block)(...sizes));
  const wide = new Float32Array(rows * width);
  for (let row = 0; row < rows; row += 1) {
    across.forEach((taps, x) => {
      for (const [at, weight] of taps) wide[row * width + x] += weight * map[row * columns + at];
    });
  }
  down.forEach((taps, y) => {
    for (const [at, weight] of taps) {
      for (let x = 0; x < width; x += 1) out[y * width + x] += weight * wide[at * width + x];
    }
  });
  return out;
}

// Paint on a canvas what colour(i) says: [red, green, blue, opacity 0 to 1] of each pixel.
function paint(canvas, colour) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < canvas.width * canvas.height; i += 1) {
    const [red, green, blue, opacity] = colour(i);
    image.data.set([red, green, blue, Math.round(255 * opacity)], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

function paintHeat(canvas, card, word, { common = false, opaque = false } = {}) {
  const tops = card.data.words.map(([, top]) => top);
  const share = common ? tops[word] / Math.max(...tops) : 1;
  const levels = enlarge(card.maps[word], card.data.grid, canvas.width, canvas.height, true);
  paint(canvas, (i) => {
    const level = Math.min(Math.max(levels[i] * share, 0), 1);
    const at = 3 * Math.round(255 * level);
    return [COLOURS[at], COLOURS[at + 1], COLOURS[at + 2], opaque ? 1 : 0.85 * level];
  });
}

function paintArea(canvas, card, word, rule) {
  const mask = enlarge(area(card, word, rule), card.data.grid, canvas.width, canvas.height, rule === "soft");
  paint(canvas, (i) => [...DEPENDENT, 0.65 * Math.min(Math.max(mask[i], 0), 1)]);
}

function paintPair(canvas, card, head, dependent, rule) {
  const large = (map) => enlarge(map, card.data.grid, canvas.width, canvas.height, rule === "soft");
  const [a, b] = [large(area(card, dependent, rule)), large(area(card, head, rule))];
  paint(canvas, (i) => {
    const both = Math.max(Math.min(a[i], b[i]), 0);
    const either = Math.min(Math.max(a[i], b[i]), 1);
    if (either <= 0) return [0, 0, 0, 0];
    const single = a[i] > b[i] ? DEPENDENT : HEAD;
    return [...BOTH.map((c, k) => (c * both + single[k] * (either - both)) / either), 0.68 * either];
  });
}

function clearCanvas(canvas) {
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
}

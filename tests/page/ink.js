// Looks at a picture of a figure (base64 PNG): how much of it is not paper, in how many colours, and how many marks show in it.
// Evaluated in an empty page of its own. `marks`: box in px of the picture, and the colours one of which it should show.
async (png, paper, marks) => {
  const bitmap = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height), context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const { data, width, height } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const apart = (i, c) => Math.abs(data[i] - c[0]) + Math.abs(data[i + 1] - c[1]) + Math.abs(data[i + 2] - c[2]);
  const kinds = new Set();
  let ink = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (apart(i, paper) < 48) continue;
    ink++;
    kinds.add((data[i] >> 5) << 6 | (data[i + 1] >> 5) << 3 | data[i + 2] >> 5);
  }
  // A thin line is mixed with the paper: what counts is that a pixel has gone from the paper towards the mark's colour.
  const towards = (i, c) => {
    const way = [0, 1, 2].map(k => c[k] - paper[k]), gone = [0, 1, 2].map(k => data[i + k] - paper[k]);
    const length = way.reduce((s, x) => s + x * x, 0), along = way.reduce((s, x, k) => s + x * gone[k], 0) / length;
    const beside = Math.sqrt(gone.reduce((s, x, k) => s + (x - along * way[k]) ** 2, 0));
    return length > 900 && along > 0.2 && beside < 60;
  };
  const shows = mark => {
    const [x, y, w, h] = mark.box;
    for (let row = Math.max(0, Math.floor(y) - 1); row <= Math.min(height - 1, Math.ceil(y + h) + 1); row++)
      for (let column = Math.max(0, Math.floor(x) - 1); column <= Math.min(width - 1, Math.ceil(x + w) + 1); column++)
        if (mark.colours.some(c => towards(4 * (row * width + column), c))) return true;
    return false;
  };
  return { ink: ink / (width * height), kinds: kinds.size, seen: marks.filter(shows).length };
}

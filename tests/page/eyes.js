// What a page looks like, measured in it. `eyes` is evaluated in the page under test by page_test.py; each function returns a list of what is
// wrong, in words, or a table of what there is. Nothing of it is ever part of a page.
const eyes = (() => {
  const parse = text => { // rgb(r, g, b), rgba(r, g, b, a); color(srgb r g b / a)
    const n = (text.match(/-?[\d.]+(e-?\d+)?/g) || []).map(Number);
    if (n.length < 3) return null;
    const unit = text.startsWith("color(") ? 255 : 1;
    return [n[0] * unit, n[1] * unit, n[2] * unit, n.length > 3 ? n[3] : 1];
  };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const luminance = c => {
    const [r, g, b] = c.map(x => x / 255).map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  const background = element => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c && c[3] > 0) layers.push(c);
      if (c && c[3] === 1) break;
    }
    return layers.reduceRight((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const name = element => element.tagName.toLowerCase() + (element.id ? "#" + element.id : "") + (element.className && element.className.baseVal === undefined ?
    "." + element.className : "");
  const shown = element => element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true });
  const figures = () => [...document.querySelectorAll("figure[data-marks]")];
  const unfold = () => document.querySelectorAll("details").forEach(d => { d.open = true; });
  const width = () => document.documentElement.clientWidth;

  // What lies beyond the page's edges. What scrolls in a box of its own may.
  const overflow = () => {
    const found = [], scrolls = document.scrollingElement.scrollWidth;
    if (scrolls > width() + 1) found.push(`the page is ${scrolls} px wide in ${width()}`);
    for (const element of document.body.querySelectorAll("*:not(svg *)")) {
      if (!shown(element) || element.closest(".skip") || element.closest(".wide") && !element.matches(".wide") && getComputedStyle(element.closest(".wide")).overflowX === "auto" || element.closest("pre"))
        continue;
      const box = element.getBoundingClientRect();
      if (box.width && (box.right > width() + 1 || box.left < -1)) found.push(`${name(element)} reaches from ${box.left} to ${box.right} px of ${width()}`);
    }
    return found.slice(0, 5);
  };

  // Each figure has a place on the page, and its text is within it.
  const placed = () => {
    const found = [];
    for (const figure of figures()) {
      const plot = figure.querySelector(".plot svg"), box = plot ? plot.getBoundingClientRect() : { width: 0, height: 0 };
      if (!plot || !shown(plot) || box.width < 200 || box.height < 60) {
        found.push(`${figure.id}: ${box.width} x ${box.height} px`);
        continue;
      }
      if (box.left < -0.5 || box.right > width() + 0.5) found.push(`${figure.id}: from ${box.left} to ${box.right} px of ${width()}`);
      for (const text of plot.querySelectorAll("text")) {
        const t = text.getBoundingClientRect();
        if (t.width && (t.left < box.left - 1 || t.right > box.right + 1 || t.top < box.top - 1 || t.bottom > box.bottom + 1))
          found.push(`${figure.id}: "${text.textContent.trim()}" is cut`);
      }
      if (!figure.querySelector("figcaption").textContent.trim()) found.push(`${figure.id}: no caption`);
      if (!figure.querySelector("[role=img]").getAttribute("aria-label")) found.push(`${figure.id}: no words for who cannot see it`);
    }
    return found;
  };

  const colours = mark => {
    const style = getComputedStyle(mark), all = [];
    for (const kind of ["stroke", "fill"]) {
      const c = style[kind] === "none" ? null : parse(style[kind]);
      if (c && c[3] * parseFloat(style[kind + "Opacity"]) > 0.05) all.push(c);
    }
    return all;
  };

  // Each figure's marks: where they are (px of the page) and what colours they should show.
  const marks = () => figures().map(figure => {
    const plot = figure.querySelector(".plot svg"), box = plot.getBoundingClientRect();
    const list = [];
    for (const mark of plot.querySelectorAll(".mark")) {
      const leaves = mark.matches("g") ? [...mark.querySelectorAll("path,rect,circle,line,polygon,polyline,ellipse,use")] : [mark];
      let b = mark.getBoundingClientRect();
      const inside = b.right >= box.left && b.left <= box.right && b.bottom >= box.top && b.top <= box.bottom && b.width + b.height > 0;
      if (inside && shown(mark))
        list.push({ box: [b.left + scrollX, b.top + scrollY, b.width, b.height], colours: leaves.concat(mark).flatMap(colours).slice(0, 4) });
    }
    return {
      id: figure.id, wanted: Number(figure.dataset.marks), marks: list, paper: background(figure),
      words: [...plot.querySelectorAll("text")].filter(shown).map(t => t.textContent.trim()),
      simulated: figure.textContent.includes("SIMULATED") || (plot.querySelector("title") || { textContent: "" }).textContent.includes("SIMULATED"),
      box: [box.left + scrollX, box.top + scrollY, box.width, box.height],
    };
  });

  // Text that can hardly be read: WCAG 2, 1.4.3.
  const faint = () => {
    const found = new Set(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode());) {
      const element = node.parentElement;
      if (!node.data.trim() || element.closest("style,title,desc") || !shown(element) || element.closest(".skip")) continue;
      const style = getComputedStyle(element), svg = element.closest("svg");
      const colour = parse(svg ? style.fill : style.color), paper = background(svg ? svg.parentElement : element);
      const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      if (!colour) continue;
      const ratio = contrast(over(colour, paper), paper);
      if (ratio < (large ? 3 : 4.5)) found.add(`${name(element)} "${node.data.trim().slice(0, 30)}": contrast ${ratio.toFixed(2)}`);
    }
    return [...found].slice(0, 8);
  };

  // What the structure must be for who does not see it.
  const structure = () => {
    const found = [], ids = new Set(), headings = [...document.querySelectorAll("h1,h2,h3,h4,h5,h6")];
    if (document.documentElement.lang !== "en") found.push("no language");
    if (document.querySelectorAll("h1").length !== 1 || document.querySelectorAll("main").length !== 1) found.push("not one h1, one main");
    headings.reduce((above, heading) => {
      const level = Number(heading.tagName[1]);
      if (level > above + 1) found.push(`h${level} "${heading.textContent}" below h${above}`);
      return level;
    }, 0);
    for (const th of document.querySelectorAll("th")) if (!th.scope) found.push(`th "${th.textContent}" without scope`);
    for (const element of document.querySelectorAll("[id]")) {
      if (ids.has(element.id)) found.push(`id ${element.id} twice`);
      ids.add(element.id);
    }
    for (const link of document.querySelectorAll("a")) if (!ids.has(link.getAttribute("href").slice(1))) found.push(`${link.href} leads nowhere`);
    for (const use of document.querySelectorAll("use")) {
      const to = (use.getAttribute("href") || use.getAttribute("xlink:href") || "").slice(1);
      if (!ids.has(to)) found.push(`a drawing uses ${to}, which is not there`);
    }
    const focused = document.querySelector("nav a");
    focused.focus();
    if (getComputedStyle(focused).outlineStyle === "none") found.push("focus cannot be seen");
    focused.blur();
    return found;
  };

  const tags = () => [...new Set([...document.querySelectorAll("*:not(svg *)")].map(e => e.tagName.toLowerCase()))];
  const attributes = () => [...new Set([...document.querySelectorAll("*:not(svg, svg *)")].flatMap(e => e.getAttributeNames()))];
  const handlers = () => [...document.querySelectorAll("*")].flatMap(e => [...e.attributes].filter(a => /^on/i.test(a.name)).map(a => name(e) + " " + a.name));

  // In print: nothing is higher than a page's `height` px, and what is drawn does not break.
  const print = height => {
    const found = [];
    for (const figure of figures()) {
      const box = figure.getBoundingClientRect();
      if (!figure.checkVisibility()) continue;
      if (box.height > height) found.push(`${figure.id}: ${box.height} px high on pages of ${height}`);
      if (getComputedStyle(figure).breakInside !== "avoid") found.push(`${figure.id} may be cut by the end of a page`);
    }
    for (const wide of document.querySelectorAll(".wide, pre")) {
      const box = wide.getBoundingClientRect();
      if (wide.checkVisibility() && wide.scrollWidth > box.width + 1) found.push(`${name(wide)} "${wide.getAttribute("aria-label")}": ${wide.scrollWidth} px of ${box.width} are printed`);
    }
    return found;
  };

  const data = element => [...element.querySelectorAll("data")].map(d => [d.dataset.figure, d.getAttribute("value"), d.dataset.u, d.dataset.low, d.dataset.high, d.textContent]);
  const rows = (selector, key) => [...document.querySelectorAll(selector)].map(e => ({ key: e.dataset[key], phase: e.dataset.phase, data: data(e), text: e.textContent }));
  const banner = () => {
    const b = document.querySelector(".banner"), box = b && b.getBoundingClientRect();
    return b ? [b.textContent, box.top, box.height, box.width, contrast(parse(getComputedStyle(b).color), background(b))] : null;
  };
  return { unfold, overflow, placed, marks, faint, structure, tags, attributes, handlers, print, rows, banner };
})();

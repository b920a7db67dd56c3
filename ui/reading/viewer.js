// The viewer of a document: pages below each other, which are asked for when they come into view.
const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3];
const AHEAD = 0.75;  // windows beyond the visible part that are asked for
const PAGES = 4, THUMBNAILS = 12;  // at once, the nearest first
const PATIENCE = 120;  // milliseconds without scrolling before pages are asked for

class Viewer {
  constructor(root) {
    this.root = root;
    this.sheets = new Map();
    this.thumbnails = new Map();
    this.zoom = 1;
    this.hit = 0;
    for (const name of ["pages", "thumbs", "page", "of", "find", "hits", "hit-count", "marks",
      "to-mark", "selection", "fit"]) this[name.replaceAll("-", "_")] = root.querySelector(`.${name}`);
    this.viewer = root;
    this.listen();
  }

  button(name, action) { this.root.querySelector(`.${name}`).onclick = action; }

  listen() {
    this.button("smaller", () => this.step(-1));
    this.button("larger", () => this.step(1));
    this.button("fit", () => this.setZoom(1));
    this.button("mark-back", () => this.goMark(-1));
    this.button("mark-next", () => this.goMark(1));
    this.button("to-mark", () => this.goMark(0));
    this.button("hit-back", () => this.goHit(this.hit - 1));
    this.button("hit-next", () => this.goHit(this.hit + 1));
    this.button("toggle-thumbs", () => this.toggleThumbnails());
    this.button("link", () => this.copy(this.address(), this.root.querySelector(".link")));
    this.button("pin", () => {
      this.send.trigger("pin", { page: this.selected.page, text: this.selected.text, at: Date.now() });
      this.selection.hidden = true;
    });
    this.button("copy", () => this.copy(this.selected.text, this.root.querySelector(".copy")));
    this.page.onchange = () => this.goPage(Number.parseInt(this.page.value, 10));
    let typing = 0;
    this.find.oninput = () => {
      clearTimeout(typing);
      typing = setTimeout(() => this.search(), 400);
    };
    this.find.onkeydown = event => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (this.find.value.trim() !== this.searched) this.search();
      else this.goHit(this.hit + (event.shiftKey ? -1 : 1));
    };
    let scrolling = 0;
    this.pages.onscroll = () => {
      this.showNumber();
      clearTimeout(scrolling);
      scrolling = setTimeout(() => this.request(), PATIENCE);
    };
    this.thumbs.onscroll = this.pages.onscroll;
    for (const name of ["wheel", "pointerdown", "keydown", "input", "touchmove"])
      this.root.addEventListener(name, () => { this.opening = this.pending = undefined; },
        { capture: true, passive: true });
    this.pages.onkeydown = event => this.key(event);
    this.pages.onpointerup = () => setTimeout(() => this.offerSelection(), 10);
    this.pages.onkeyup = event => { if (event.shiftKey) this.offerSelection(); };
    new ResizeObserver(() => { this.fitWords(); this.request(); }).observe(this.pages);
  }

  update(data, send) {
    this.send = send;
    this.data = data;
    if (this.document !== data.document) this.build();
    this.label();
    for (const [number, content] of Object.entries(data.contents)) this.fill(Number(number), content);
    for (const [number, url] of Object.entries(data.thumbnails)) {
      const image = this.thumbnails.get(Number(number))?.querySelector("img");
      if (image && image.getAttribute("src") !== url) image.src = url;
    }
    this.requested = undefined;
    this.drawMarks();
    if (this.pending && this.sheets.get(this.pending.page)?.dataset.filled)
      this.goPlace(this.pending);
    if (this.token !== data.token) {
      this.token = data.token;
      this.places = data.places;
      this.open(data.page);
    }
    if (data.found && data.found.query === this.searched && this.answered !== data.found.query) {
      this.answered = data.found.query;
      this.showCount();
      if (data.found.places.length) this.goHit(0);
    }
    requestAnimationFrame(() => this.request());
  }

  build() {
    const data = this.data;
    this.document = data.document;
    this.token = this.searched = this.answered = this.at = undefined;
    this.find.value = "";
    this.hits.hidden = true;
    this.sheets.clear();
    this.thumbnails.clear();
    const sheets = data.sizes.map(([width, height], index) => {
      const sheet = document.createElement("div");
      sheet.className = data.is_text ? "sheet text" : "sheet";
      sheet.dataset.page = index + 1;
      if (!data.is_text) sheet.style.aspectRatio = `${width} / ${height}`;
      else sheet.style.minHeight = "4rem";
      this.sheets.set(index + 1, sheet);
      return sheet;
    });
    this.pages.replaceChildren(...sheets);
    this.thumbs.replaceChildren(...data.sizes.map(([width, height], index) => {
      const button = document.createElement("button"), image = document.createElement("img");
      button.type = "button";
      button.dataset.page = index + 1;
      image.alt = "";
      image.style.aspectRatio = `${width} / ${height}`;
      button.append(image, String(index + 1));
      button.onclick = () => this.goPage(index + 1);
      this.thumbnails.set(index + 1, button);
      return button;
    }));
    this.setZoom(1);
  }

  label() {
    const { labels, sizes, places } = this.data;
    for (const [name, text] of Object.entries(labels.buttons)) {
      const button = this.root.querySelector(`.${name}`);
      button.setAttribute("aria-label", text);
      button.title = text;
    }
    this.labelFit();
    this.of.textContent = `/ ${sizes.length}`;
    this.page.setAttribute("aria-label", labels.page);
    this.find.placeholder = labels.find;
    this.find.setAttribute("aria-label", labels.find);
    this.pages.setAttribute("aria-label", labels.region);
    this.root.querySelector(".bar").setAttribute("aria-label", labels.region);
    this.root.querySelector(".pin").textContent = labels.pin;
    this.root.querySelector(".pin").hidden = !this.data.can_pin;
    this.root.querySelector(".copy").textContent = labels.copy;
    this.to_mark.textContent = labels.quote;
    this.marks.hidden = !places.length;
    for (const name of ["mark-back", "mark-next"])
      this.root.querySelector(`.${name}`).hidden = places.length < 2;
  }

  // What a screen reader says begins with what is seen.
  labelFit() {
    this.fit.textContent = `${Math.round(100 * this.zoom)} %`;
    this.fit.setAttribute("aria-label", `${this.fit.textContent} ${this.data.labels.buttons.fit}`);
  }

  fill(number, content) {
    const sheet = this.sheets.get(number);
    if (!sheet) return;
    if (sheet.dataset.filled === content.key) {  // perhaps in another language
      sheet.querySelector(".number").textContent = content.label;
      if (content.alt) sheet.querySelector("img").alt = content.alt;
      return;
    }
    sheet.dataset.filled = content.key;
    const label = document.createElement("span");
    label.className = "number";
    label.textContent = content.label;
    if (content.error) {
      sheet.classList.add("text");
      sheet.replaceChildren(content.error, label);
      return;
    }
    if (content.html !== undefined) {
      sheet.innerHTML = content.html;  // escaped by the program
      sheet.append(label);
      return;
    }
    const image = document.createElement("img");
    image.alt = content.alt;
    image.src = content.url;
    const words = document.createElement("div");
    words.className = "words";
    words.append(...content.words.flatMap(([left, top, width, height, text]) => {
      const span = document.createElement("span");
      span.textContent = text;
      Object.assign(span.style, { left: `${left}%`, top: `${top}%` });
      span.dataset.width = width;
      span.dataset.height = height;
      return [span, " "];
    }));
    if (content.ratio) sheet.style.aspectRatio = content.ratio;
    sheet.replaceChildren(image, words, label);
    this.fitWords(sheet);
  }

  // Transparent words over the picture, each as wide as on the page, so that text can be selected.
  fitWords(only) {
    for (const sheet of only ? [only] : this.sheets.values()) {
      const spans = sheet.querySelectorAll(".words span");
      if (!spans.length) continue;
      const { clientWidth, clientHeight } = sheet;
      for (const span of spans) {
        span.style.transform = "";
        span.style.fontSize = `${span.dataset.height / 100 * clientHeight}px`;
      }
      const widths = [...spans].map(span => span.offsetWidth);
      spans.forEach((span, index) => {
        const wanted = span.dataset.width / 100 * clientWidth;
        if (widths[index]) span.style.transform = `scaleX(${wanted / widths[index]})`;
      });
    }
  }

  drawMarks() {
    for (const sheet of this.sheets.values()) sheet.querySelectorAll(".box").forEach(box => box.remove());
    for (const [kind, places] of [["other", this.data.others], ["current", this.data.places],
      ["found", this.data.found?.places ?? []]])
      places.forEach((place, index) => {
        const sheet = this.sheets.get(place.page);
        if (!sheet || this.data.is_text) return;
        for (const [left, top, width, height] of place.boxes) {
          const box = document.createElement("div");
          box.className = `box ${kind}${kind === "found" && index === this.hit ? " chosen" : ""}`;
          Object.assign(box.style, { left: `${left}%`, top: `${top}%`, width: `${width}%`,
            height: `${height}%` });
          sheet.append(box);
        }
      });
  }

  // ---- where the reader is ----

  // The page that the reader went to, until they scroll; else that at a third of the window.
  current() {
    if (this.at && Math.abs(this.pages.scrollTop - this.at.top) < 2) return this.at.page;
    const middle = this.pages.scrollTop + this.pages.clientHeight / 3;
    let number = 1;
    for (const [page, sheet] of this.sheets) {
      if (sheet.offsetTop - this.pages.offsetTop > middle) break;
      number = page;
    }
    return number;
  }

  showNumber() {
    const number = this.current();
    if (this.root.getRootNode().activeElement !== this.page) this.page.value = number;
    if (this.shown === number) return;
    this.shown = number;
    for (const [page, button] of this.thumbnails) {
      button.setAttribute("aria-current", String(page === number));
      if (page === number && !this.thumbs.hidden) button.scrollIntoView({ block: "nearest" });
    }
  }

  inside(elements, box) {
    const top = box.scrollTop - AHEAD * box.clientHeight;
    const bottom = box.scrollTop + (1 + AHEAD) * box.clientHeight;
    return [...elements].filter(([, element]) => {
      const start = element.offsetTop - box.offsetTop;
      return start + element.offsetHeight > top && start < bottom;
    }).map(([page]) => page);
  }

  request() {
    if (!this.pages.clientHeight) return;
    this.showNumber();
    const pages = this.inside(this.sheets, this.pages)
      .filter(page => !this.sheets.get(page).dataset.filled);
    const thumbnails = this.thumbs.hidden ? [] : this.inside(this.thumbnails, this.thumbs)
      .filter(page => !this.thumbnails.get(page).querySelector("img").getAttribute("src"));
    const here = this.current(), distance = (a, b) => Math.abs(a - here) - Math.abs(b - here);
    pages.sort(distance).splice(PAGES);
    thumbnails.sort(distance).splice(THUMBNAILS);
    const request = JSON.stringify([this.document, pages, thumbnails]);
    if (!(pages.length || thumbnails.length) || request === this.requested) return;
    this.requested = request;
    this.send.trigger("request", { document: this.document, pages, thumbnails });
  }

  // ---- going somewhere ----

  open(page) {
    const [place] = this.places ?? [];
    if (place) this.goPlace(place); else this.goPage(page);
    this.opening = this.token;  // until the reader acts: what is above may still get its size
    setTimeout(() => { if (place && this.opening === this.token) this.goPlace(place); }, 300);
  }

  goPage(number) {
    const page = Math.min(Math.max(number || 1, 1), this.sheets.size);
    const sheet = this.sheets.get(page);
    if (sheet) this.pages.scrollTop = sheet.offsetTop - this.pages.offsetTop - 6;
    this.at = { page, top: this.pages.scrollTop };  // near the end several pages have one place
    this.page.value = page;
    this.request();
  }

  goPlace(place) {
    const sheet = this.sheets.get(place.page);
    if (!sheet) return;
    const mark = sheet.querySelectorAll("mark")[place.nth ?? 0];
    const [box] = place.boxes;
    this.pending = sheet.dataset.filled ? undefined : place;
    if (this.data.is_text && mark) {
      const frame = this.pages.getBoundingClientRect(), rect = mark.getBoundingClientRect();
      this.pages.scrollTop += rect.top - frame.top - frame.height / 3;
    } else if (box) {
      const top = sheet.offsetTop - this.pages.offsetTop + box[1] / 100 * sheet.offsetHeight;
      this.pages.scrollTop = top - this.pages.clientHeight / 3;
      const left = sheet.offsetLeft - this.pages.offsetLeft + box[0] / 100 * sheet.offsetWidth;
      const right = left + box[2] / 100 * sheet.offsetWidth;
      if (right > this.pages.clientWidth || left < this.pages.scrollLeft)
        this.pages.scrollLeft = (left + right - this.pages.clientWidth) / 2;
    } else this.goPage(place.page);
    this.at = { page: place.page, top: this.pages.scrollTop };
    this.request();
  }

  goMark(by) {
    const { places } = this.data;
    if (!places.length) return;
    this.mark = (((this.mark ?? 0) + by) % places.length + places.length) % places.length;
    this.goPlace(places[this.mark]);
  }

  search() {
    this.searched = this.find.value.trim();
    this.answered = undefined;
    this.hits.hidden = true;
    this.send.trigger("search", { document: this.document, text: this.searched });
  }

  goHit(index) {
    const places = this.data.found?.places ?? [];
    if (!places.length) return;
    this.hit = (index % places.length + places.length) % places.length;
    this.showCount();
    this.drawMarks();
    this.goPlace(places[this.hit]);
  }

  showCount() {
    const number = this.data.found.places.length;
    this.hits.hidden = !this.searched;
    this.hit_count.textContent = number ? `${Math.min(this.hit, number - 1) + 1} / ${number}` : "0";
  }

  step(by) {
    const index = ZOOMS.findIndex(zoom => zoom >= this.zoom - 0.01);
    this.setZoom(ZOOMS[Math.min(Math.max(index + by, 0), ZOOMS.length - 1)]);
  }

  setZoom(zoom) {
    const page = this.current(), sheet = this.sheets.get(page);
    this.at = undefined;
    const share = sheet ? (this.pages.scrollTop - sheet.offsetTop) / (sheet.offsetHeight || 1) : 0;
    this.zoom = zoom;
    for (const one of this.sheets.values()) {
      if (this.data.is_text) one.style.fontSize = `${zoom}em`; else one.style.width = `${100 * zoom}%`;
    }
    this.labelFit();
    if (sheet) this.pages.scrollTop = sheet.offsetTop + share * sheet.offsetHeight;
    this.fitWords();
    this.request();
  }

  toggleThumbnails() {
    this.thumbs.hidden = !this.thumbs.hidden;
    this.root.querySelector(".toggle-thumbs").setAttribute("aria-pressed", String(!this.thumbs.hidden));
    this.shown = undefined;
    this.showNumber();
    this.request();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = {
      ArrowRight: () => this.goPage(this.current() + 1),
      ArrowLeft: () => this.goPage(this.current() - 1),
      Home: () => this.goPage(1),
      End: () => this.goPage(this.sheets.size),
      "+": () => this.step(1), "-": () => this.step(-1), 0: () => this.setZoom(1),
      f: () => this.find.focus(), m: () => this.goMark(1), t: () => this.toggleThumbnails(),
    };
    const action = actions[event.key];
    if (!action) return;
    action();
    event.preventDefault();
  }

  // ---- words ----

  offerSelection() {
    const root = this.root.getRootNode();
    const selection = root.getSelection ? root.getSelection() : document.getSelection();
    const text = (selection?.toString() ?? "").replace(/\s+/g, " ").trim();
    if (!text || !selection.rangeCount) { this.selection.hidden = true; return; }
    const anchor = selection.anchorNode;
    const element = anchor?.nodeType === 1 ? anchor : anchor?.parentElement;
    const sheet = element?.closest(".sheet");
    if (!sheet) { this.selection.hidden = true; return; }
    this.selected = { page: Number(sheet.dataset.page), text };
    const frame = this.viewer.getBoundingClientRect();
    const rect = element.getBoundingClientRect();
    this.selection.hidden = false;
    this.selection.style.left = `${Math.max(4, Math.min(rect.left - frame.left, frame.width - 220))}px`;
    this.selection.style.top = `${Math.max(40, rect.top - frame.top - 48)}px`;
  }

  address() {
    const base = location.origin + this.data.library;
    return `${base}?lecture=${this.data.document.slice(0, 16)}&page=${this.current()}`;
  }

  async copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {  // a page that is not on this machine and has no TLS
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const content = [...button.childNodes];
    button.replaceChildren("✓");
    setTimeout(() => button.replaceChildren(...content), 1200);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".viewer");
  root.katheder ??= new Viewer(root);
  root.katheder.update(data, { trigger: setTriggerValue });
}

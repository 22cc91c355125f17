// The page works without this script: links lead to cases by :target. The script adds filters kept in the fragment, keys, and copying.
(() => {
  "use strict";
  const form = document.getElementById("filters");
  const rows = [...document.querySelectorAll("tr.row")];
  const groups = [...document.querySelectorAll("tbody[data-area]")];
  const nothing = document.getElementById("nothing");
  const pages = new Map([...document.querySelectorAll("article.case")].map((page) => [page.dataset.id, page]));
  const run = document.getElementById("run");
  const views = new Map([...document.querySelectorAll("section.view")].map((view) => [view.id.slice("view=".length), view]));
  const title = document.title;
  let matrixScroll = 0;
  let lastCase = "";

  // The fragment is key=value pairs: view, show, area, verdict (several, comma between), q, case. Defaults are left out.
  function readFragment() {
    const state = { view: "scenarios", show: run.dataset.show, area: "", verdict: [], q: "", case: "" };
    for (const pair of location.hash.slice(1).split("&")) {
      const at = pair.indexOf("=");
      if (at < 0) continue;
      const key = pair.slice(0, at);
      let value = pair.slice(at + 1);
      try { value = decodeURIComponent(value); } catch { continue; }
      if (key === "verdict") state.verdict = value.split(",").filter(Boolean);
      else if (key in state) state[key] = value;
    }
    return state;
  }

  function encode(text) {
    return encodeURIComponent(text).replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%2C", ",");
  }

  function writeFragment(state) {
    const pairs = [];
    if (state.case) pairs.push("case=" + encode(state.case));
    if (state.view !== "scenarios") pairs.push("view=" + encode(state.view));
    if (state.show !== run.dataset.show) pairs.push("show=" + encode(state.show));
    if (state.area) pairs.push("area=" + encode(state.area));
    if (state.verdict.length) pairs.push("verdict=" + encode(state.verdict.join(",")));
    if (state.q) pairs.push("q=" + encode(state.q));
    return "#" + pairs.join("&");
  }

  function fillForm(state) {
    for (const radio of form.elements.show) radio.checked = radio.value === state.show;
    form.elements.area.value = state.area;
    if (form.elements.q.value !== state.q) form.elements.q.value = state.q;
    for (const box of form.querySelectorAll("[name=verdict]")) box.checked = state.verdict.includes(box.value);
  }

  function filter(state) {
    const terms = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const group of groups) {
      let any = false;
      for (const row of group.querySelectorAll("tr.row")) {
        const data = row.dataset;
        const have = data.verdicts.split(" ");
        row.hidden = !(
          (state.show === "all" || (state.show === "differ" ? data.differs : data.notable) === "true") &&
          (!state.area || group.dataset.area === state.area) &&
          (!state.verdict.length || state.verdict.some((v) => have.includes(v))) &&
          terms.every((t) => data.search.includes(t)));
        if (!row.hidden) { any = true; shown++; }
      }
      group.hidden = !any;
    }
    nothing.hidden = shown > 0;
    const narrowed = state.area || state.verdict.length || state.q;
    nothing.textContent = narrowed ? "No scenario matches these filters."
      : state.show === "differ" ? "The targets agree on every scenario." : nothing.dataset.notable;
  }

  // choose shows one view of the run. An unknown name is the matrix.
  function choose(name) {
    const chosen = views.get(name) || views.get("scenarios");
    run.classList.add("chosen");
    for (const view of views.values()) view.classList.toggle("open", view === chosen);
    for (const link of document.querySelectorAll("nav.views a")) {
      if (link.hash === "#" + chosen.id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  const linkID = (link) => decodeURIComponent(link.getAttribute("href").slice("#case=".length));
  const shownLinks = () => [...document.querySelectorAll('.view.open a[href^="#case="]')].filter((link) => link.checkVisibility());
  const visibleIDs = () => rows.filter((row) => !row.hidden).map((row) => linkID(row.querySelector("a")));

  // show brings the page to the state in the fragment: the matrix, or one case.
  function show() {
    const state = readFragment();
    const page = pages.get(state.case);
    fillForm(state);
    filter(state);
    choose(state.view);
    for (const open of document.querySelectorAll("article.case.open")) open.classList.remove("open");
    if (!page) {
      const returning = document.body.classList.contains("in-case");
      document.body.classList.remove("in-case");
      document.title = title;
      if (returning) {
        scrollTo(0, matrixScroll);
        const link = shownLinks().find((l) => linkID(l) === lastCase);
        if (link) link.focus({ preventScroll: true });
      }
      return;
    }
    if (!document.body.classList.contains("in-case")) matrixScroll = scrollY;
    lastCase = state.case;
    document.body.classList.add("in-case");
    page.classList.add("open");
    document.title = state.case + " · " + title;
    page.querySelector(".back").href = writeFragment({ ...state, case: "" });
    const ids = visibleIDs();
    const at = ids.indexOf(state.case);
    for (const [name, id] of [["prev", ids[at - 1]], ["next", at >= 0 ? ids[at + 1] : ids[0]]]) {
      const link = page.querySelector("." + name);
      link.hidden = !id;
      if (id) link.href = writeFragment({ ...state, case: id });
    }
    page.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  // stateOfForm reads what the filters say now. A verdict that a narrower switch would hide widens it.
  function stateOfForm(changed) {
    const state = readFragment();
    const data = new FormData(form);
    state.case = "";
    state.view = "scenarios";
    state.show = data.get("show");
    state.area = data.get("area");
    state.q = data.get("q").trim();
    state.verdict = data.getAll("verdict");
    if (changed === "verdict" && state.verdict.length) state.show = "all";
    return state;
  }

  function refilter(event) {
    history.replaceState(null, "", writeFragment(stateOfForm(event.target.name)));
    show();
  }

  function move(step) {
    const open = document.querySelector("article.case.open");
    if (open) {
      const link = open.querySelector(step > 0 ? ".next" : ".prev");
      if (!link.hidden) location.hash = link.getAttribute("href");
      return;
    }
    const links = shownLinks();
    const at = links.indexOf(document.activeElement);
    const link = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step];
    if (link) {
      link.focus();
      link.closest("tr, li").scrollIntoView({ block: "nearest" });
    }
  }

  function turnTo(view) {
    const state = readFragment();
    if (state.case || state.view !== view) location.hash = writeFragment({ ...state, view, case: "" });
    choose(view);
  }

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    u: () => { const open = document.querySelector("article.case.open"); if (open) open.querySelector(".back").click(); },
    a: () => { const state = readFragment(); state.show = state.show === "all" ? "notable" : "all"; state.view = "scenarios"; location.hash = writeFragment(state); },
    "/": () => { if (!document.body.classList.contains("in-case")) { turnTo("scenarios"); form.elements.q.focus(); } },
  };
  [...views.keys()].forEach((name, i) => { keys[i + 1] = () => turnTo(name); });
  keys.Escape = keys.u;

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const act = keys[event.key];
    if (act) { event.preventDefault(); act(); }
  }

  async function copy(button) {
    const text = button.previousElementSibling;
    let done = false;
    try { await navigator.clipboard.writeText(text.textContent); done = true; } catch {
      // A page opened from a file may lack the clipboard interface: select the text and ask the old way.
      getSelection().selectAllChildren(text);
      done = document.execCommand("copy");
    }
    button.textContent = done ? "Copied" : "Selected";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  }

  function onClick(event) {
    const button = event.target.closest(".copy");
    if (button) { copy(button); return; }
    const turn = event.target.closest("nav.views a");
    if (turn && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); turnTo(turn.hash.slice("#view=".length)); return; }
    const link = event.target.closest('a[href^="#case="]');
    const row = event.target.closest("tr.row");
    if (event.ctrlKey || event.metaKey || event.shiftKey || (!link && (!row || String(getSelection())))) return;
    const target = link || row.querySelector("a");
    if (target.closest("nav.walk")) return;
    event.preventDefault();
    location.hash = writeFragment({ ...readFragment(), case: linkID(target) });
  }

  if (!form) return;
  form.addEventListener("input", refilter);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", show);
  addEventListener("keydown", onKey);
  addEventListener("click", onClick);
  history.scrollRestoration = "manual";
  show();
})();

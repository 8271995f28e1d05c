// Keeps an open page true: asks for it again when the server says that something has changed, and swaps what is marked
// `data-live`. Everything else works without this file.
"use strict";
(() => {
  const news = document.getElementById("news");
  const address = document.body.dataset.events;
  let seen = document.body.dataset.seen;
  let source = null;
  let busy = false;
  let again = false;
  let waiting = 0;

  const lost = (is) => {
    const notice = document.getElementById("lost");
    if (notice && notice.hidden === is) notice.hidden = !is;
  };

  // What a screen reader is told of the old page and of the new one.
  const spoken = (root) =>
    new Map(Array.from(root.querySelectorAll("[data-live] [data-says]"), (one) => [one.id, one.dataset.says]));

  const say = (before, after) => {
    const words = [];
    const plain = (text) => text.trim().replace(/\.$/, "");
    for (const [id, text] of after) {
      const was = before.get(id);
      if (was === undefined) words.push(text + ", new");
      else if (was !== text) words.push(text);
    }
    for (const [id, text] of before) if (!after.has(id)) words.push(text + ", gone");
    if (words.length > 0) news.textContent = words.slice(0, 4).map(plain).join(". ") + (words.length > 4 ? ". And more." : ".");
  };

  // What somebody has done to the old part is done to the new one too.
  const keep = (old, fresh) => {
    const controls = [old, ...old.querySelectorAll("[id]")];
    for (const was of controls) {
      const now = fresh.id === was.id ? fresh : fresh.querySelector("#" + CSS.escape(was.id));
      if (!now) continue;
      if (was.matches("input[type=checkbox], input[type=radio]")) now.checked = was.checked;
      else if (was.matches("input, textarea")) now.value = was.value;
      else if (was.matches("select")) {
        if (Array.from(now.options).some((option) => option.value === was.value)) now.value = was.value;
      } else if (was.matches("details")) now.open = was.open;
    }
  };

  const swap = (page) => {
    const before = spoken(document);
    for (const old of document.querySelectorAll("[data-live][id]")) {
      const fresh = page.getElementById(old.id);
      if (!fresh) continue;
      const here = document.importNode(fresh, true);
      if (here.isEqualNode(old)) continue;
      keep(old, here);
      if (here.isEqualNode(old)) continue;
      const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
      old.replaceWith(here);
      if (focused) (document.getElementById(focused) || document.getElementById("main")).focus({ preventScroll: true });
    }
    arm(document);
    say(before, spoken(document));
  };

  const refresh = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch(location.href, { redirect: "error" });
      lost(answer.status === 403);
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (page.body.dataset.scope !== document.body.dataset.scope) {
          // Another tab shows another region or account: so does this one, and its forms are made anew.
          location.reload();
          return;
        }
        seen = page.body.dataset.seen || seen;
        swap(page);
      }
    } catch {
      // The lab has ended, or is busy: the next event asks again.
    }
    busy = false;
    if (again) {
      again = false;
      refresh();
    }
  };

  // A browser has few connections for one server: only pages that are seen hold one.
  const listen = () => {
    if (document.hidden || source || !address) return;
    source = new EventSource(address + "?seen=" + encodeURIComponent(seen));
    source.addEventListener("open", () => {
      clearTimeout(waiting);
      lost(false);
    });
    // A connection that breaks is made again by itself: it is lost when that takes long.
    source.addEventListener("error", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => lost(true), 2000);
    });
    source.addEventListener("changed", (event) => {
      if (event.data !== seen) refresh();
    });
  };
  const rest = () => {
    clearTimeout(waiting);
    if (source) source.close();
    source = null;
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
  window.addEventListener("pagehide", rest);
  window.addEventListener("pageshow", (event) => {
    listen();
    if (event.persisted) refresh();
  });
  listen();

  // The coach is asked without leaving the page: what is being typed into a form stays.
  document.addEventListener("submit", async (event) => {
    if (!event.target.closest("[data-quiet]")) return;
    event.preventDefault();
    const form = event.target;
    try {
      await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
      refresh();
    } catch {
      form.submit();
    }
  });

  // Buttons that copy a command are there only where they work.
  const arm = (root) => {
    if (!navigator.clipboard) return;
    for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    news.textContent = "Copied.";
  });
  arm(document);
})();

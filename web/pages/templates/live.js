// Renews the parts of #live as often as it says. A part in which somebody types is left alone; a button keeps its focus.
(() => {
  const live = document.getElementById("live");
  let pressed = false;
  addEventListener("pointerdown", () => { pressed = true; }, true);
  for (const over of ["pointerup", "pointercancel", "blur"]) addEventListener(over, () => { pressed = false; }, true);

  const written = (field) =>
    field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
  function busy(part) {
    const typing = document.activeElement?.matches("input:not([type=checkbox]), textarea, select") && part.contains(document.activeElement);
    const chosen = getSelection();
    return typing || [...part.querySelectorAll("input, textarea")].some(written)
      || (!chosen.isCollapsed && part.contains(chosen.anchorNode));
  }

  function place(fresh) {
    const names = new Set(fresh.map((part) => part.id));
    for (const old of [...live.children]) if (!names.has(old.id) && !busy(old)) old.remove();
    let here = live.firstElementChild;
    for (const part of fresh) {
      const old = document.getElementById(part.id);
      let now = old ?? part;
      if (old && old.outerHTML !== part.outerHTML && !busy(old)) {
        const focus = old.contains(document.activeElement) ? document.activeElement.id : "";
        const top = old.scrollTop;
        if (here === old) here = part;
        old.replaceWith(part);
        part.scrollTop = top;
        if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
        now = part;
      }
      if (now === here) here = here.nextElementSibling;
      else if (!old || !busy(now)) live.insertBefore(now, here);
    }
  }

  async function renew() {
    try {
      if (!document.hidden && !pressed) {
        const answer = await fetch(live.dataset.url, { cache: "no-store" });
        if (answer.redirected) return location.reload(); // the log-in is over
        if (!answer.ok) throw new Error(answer.status);
        const text = await answer.text();
        if (!pressed) place([...new DOMParser().parseFromString(text, "text/html").body.children]);
        live.classList.remove("stale");
      }
    } catch {
      live.classList.add("stale");
    }
    setTimeout(renew, live.dataset.every * 1000);
  }
  setTimeout(renew, live.dataset.every * 1000);
})();

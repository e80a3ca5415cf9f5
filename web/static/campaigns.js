// What these pages do beyond htmx: placeholders go to where one writes, and who is logged out sees the log-in.
(() => {
  let last = null;
  addEventListener("focusin", (event) => { if (event.target.matches("textarea")) last = event.target; });

  addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    event.preventDefault();
    const field = last?.isConnected && !button.dataset.into ? last : document.getElementById(button.dataset.into);
    field.focus();
    field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // What is said of a form is of what was stored.
  addEventListener("input", (event) => event.target.form?.querySelectorAll("[data-unsaved]").forEach((one) => { one.hidden = false; }));

  addEventListener("htmx:beforeSwap", (event) => {
    if (!new URL(event.detail.xhr.responseURL || location.href).pathname.startsWith("/campaigns")) {
      event.detail.shouldSwap = false;
      location.reload();
      return;
    }
    // A no as a page of its own must not take the place of what somebody has typed.
    const { xhr, elt } = event.detail;
    if (xhr.status < 400 || !/^\s*<!doctype/i.test(xhr.responseText)) return;
    const answer = new DOMParser().parseFromString(xhr.responseText, "text/html");
    const part = elt.closest("[hx-select]")?.getAttribute("hx-select");
    if (part && answer.querySelector(part)) return;
    event.detail.shouldSwap = false;
    if (elt.matches("[hx-trigger*=every]")) stale(true);
    else alert((answer.querySelector("main") ?? answer.body).innerText.trim().split("\n")[0]);
  });

  const stale = (on) => document.querySelectorAll("[data-stale]").forEach((one) => { one.hidden = !on; });
  for (const wrong of ["htmx:sendError", "htmx:responseError"]) addEventListener(wrong, () => stale(true));
  addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) stale(false); });
})();

// From a row to the page of ours that tells more of it. The server says which tables have one for this role (screen.js keeps it
// in data-pages of the root): {words, address}, where {0} in the address is the row's id.
(() => {
  const root = document.documentElement;
  let waiting = false;

  // The stock screen uses a row again for another record: each link is looked at again, and never more than one beside a name.
  function lead(place, page, id, kind) {
    const link = place.querySelector(":scope > .regulars_page") ?? place.appendChild(document.createElement("a"));
    const address = page.address.replace("{0}", id);
    if (link.getAttribute("href") === address) return;
    link.className = `regulars_page ${kind}`;
    link.textContent = page.words;
    link.setAttribute("href", address);
  }

  function look() {
    waiting = false;
    const [, table, row] = location.hash.split("?")[0].split("/");
    const page = JSON.parse(root.dataset.pages ?? "{}")[table];
    if (page && /^\d+$/.test(row)) {
      const header = document.querySelector("#app div.header:has(> h1)");
      if (header) lead(header.querySelector("h1"), page, row, "beside");
    } else document.querySelectorAll("#app div.header > h1 > .regulars_page").forEach((link) => link.remove());
    for (const line of document.querySelectorAll("#app .table_wrapper tbody tr:has(> td:first-child > input[type=checkbox])")) {
      const id = line.querySelector("td:first-child > input").value;
      const name = line.querySelector(`.link:has(> a[href="#/${table}/${id}/"])`);
      if (page && name) lead(name, page, id, "within");
      else line.querySelectorAll(".regulars_page").forEach((link) => link.remove());
    }
  }

  new MutationObserver(() => {
    if (!waiting) requestAnimationFrame(look);
    waiting = true;
  }).observe(document, { subtree: true, childList: true, attributeFilter: ["href", "data-pages"] });
})();
